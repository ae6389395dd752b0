//! `bindery build`: plan, render what changed, publish.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads the clock"
)]

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use super::Exit;
use super::project::{self, Project};
use crate::build::{Memo, Planned, has_errors, levelled, plan};
use crate::diagnostic::{Diagnostic, Severity};
use crate::hash::Digest;
use crate::path::RelPath;
use crate::publish::{LastBuild, Publisher, Summary};
use crate::report::{self, Style};
use crate::snapshot::{Env, Snapshot};

/// A build shorter than this shows no progress bar.
const QUIET: Duration = Duration::from_secs(1);

/// Builds the site into its output folder.
///
/// Nothing is published while there are errors: the site that was there before stays whole. Files that did not
/// change are not touched, and files that Bindery did not make are kept.
#[derive(Debug, Args)]
pub struct Build {
    /// The folder that holds site.toml [default: this folder, or the nearest one above that has it]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The folder to write to [default: `output` in site.toml, or `public`]
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Where the site will be published, for the feed and the sitemap; instead of site.toml's `base_url`
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Publish drafts too
    #[arg(long)]
    drafts: bool,
    /// Make errors warnings wherever the site can still be made whole: broken links, missing scopes, unknown keys
    #[arg(long)]
    lenient: bool,
    /// How many threads to use [default: as many as there are cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    /// How findings are written: `json` is one object on standard output, `github` annotates a pull request
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Github,
}

impl Build {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        self.set_threads();
        let mut kept = Kept::default();
        let exit = self.once(&mut kept);
        // The process ends now, and the system takes its memory back at once: piece by piece costs a tenth of a build.
        std::mem::forget(kept);
        exit
    }

    /// Sets how many threads there are, before any is made.
    pub(super) fn set_threads(&self) {
        if let Some(jobs) = self.jobs {
            // It fails only when a pool was made before, and none was.
            let _ = rayon::ThreadPoolBuilder::new()
                .num_threads(jobs.into())
                .build_global();
        }
    }

    /// The project that the arguments name.
    pub(super) fn project(&self) -> Result<Project, Diagnostic> {
        Project::find(self.root.as_deref(), self.output.as_deref())
    }

    /// Builds once; what is `kept` of the build before is not done again.
    pub(super) fn once(&self, kept: &mut Kept) -> Exit {
        let start = Instant::now();
        let found = self.project();
        let (project, env) = match found.and_then(|project| Ok((self.env(&project)?, project))) {
            Ok((env, project)) => (project, env),
            Err(diagnostic) => {
                self.report(&[diagnostic], &Snapshot::default());
                return Exit::Usage;
            }
        };
        if let Some(diagnostic) = crate::publish::refuse(&project.target()) {
            self.report(&[diagnostic], &Snapshot::default());
            return Exit::Usage;
        }
        let snapshot = project.snapshot(kept.snapshot.as_deref());
        kept.snapshot = Some(Arc::clone(&snapshot));
        let inputs = Digest::of(&(snapshot.hash(), &env));
        let publisher = match Publisher::open(&project.target()) {
            Ok(publisher) => publisher,
            Err(diagnostic) => {
                self.report(&[diagnostic], &snapshot);
                return Exit::Errors;
            }
        };
        let built = match publisher.keep_all(inputs) {
            Some(last) => again(publisher, last),
            None => anew(publisher, Arc::clone(&snapshot), &env, inputs, kept),
        };
        self.report(&built.findings, &snapshot);
        built.summarise(&project, start.elapsed())
    }

    fn env(&self, project: &Project) -> Result<Env, Diagnostic> {
        Ok(Env {
            today: project::today()?,
            changed: project::changed(&project.root),
            drafts: self.drafts,
            lenient: self.lenient,
            base_url: self
                .base_url
                .as_ref()
                .map(|url| format!("{}/", url.trim_end_matches('/'))),
        })
    }

    /// Writes findings: for people to standard error, for programs to standard output.
    pub(super) fn report(&self, diagnostics: &[Diagnostic], snapshot: &Snapshot) {
        // A file that is not UTF-8 is shown as far as it can be: up to the bad byte its places are right.
        let lossy: BTreeMap<&RelPath, String> = diagnostics
            .iter()
            .filter_map(|found| snapshot.files.get_key_value(&found.span.as_ref()?.file))
            .filter_map(|(path, input)| Some((path, input.bytes.as_deref()?)))
            .filter(|(_, bytes)| std::str::from_utf8(bytes).is_err())
            .map(|(path, bytes)| (path, String::from_utf8_lossy(bytes).into_owned()))
            .collect();
        let source = |path: &RelPath| {
            let bytes = snapshot.files.get(path)?.bytes.as_deref()?;
            std::str::from_utf8(bytes)
                .ok()
                .or_else(|| lossy.get(path).map(String::as_str))
        };
        let color =
            anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
        let width = terminal_width();
        let style = Style {
            color,
            width,
            limit: None,
        };
        let (format, to_stdout) = match self.format {
            Format::Human => (report::Format::Human, false),
            Format::Json => (report::Format::Json, true),
            Format::Github => (report::Format::Github, true),
        };
        let text = report::report(format, diagnostics, &source, style);
        // A reader that went away is no error of the site's.
        let _ = if to_stdout {
            std::io::stdout().lock().write_all(text.as_bytes())
        } else {
            anstream::stderr().lock().write_all(text.as_bytes())
        };
    }
}

/// What one build leaves for the next in the same process.
#[derive(Default)]
pub(super) struct Kept {
    snapshot: Option<Arc<Snapshot>>,
    memo: Memo,
    /// Not used again, but its end can wait: see [`Build::run`].
    planned: Option<Planned>,
}

/// What a build came to.
struct Built {
    /// What was published; `None` when nothing was.
    summary: Option<Summary>,
    findings: Vec<Diagnostic>,
    pages: usize,
}

/// The inputs are those of the last build, and all it made is still there.
fn again(publisher: Publisher, last: LastBuild) -> Built {
    let (mut findings, pages) = (last.findings, last.pages);
    let summary = match publisher.commit() {
        Ok(summary) => Some(summary),
        Err(diagnostic) => {
            findings.push(diagnostic);
            None
        }
    };
    Built {
        summary,
        findings,
        pages,
    }
}

/// Plans, renders what changed, and publishes it if there is no error.
fn anew(
    publisher: Publisher,
    snapshot: Arc<Snapshot>,
    env: &Env,
    inputs: Digest,
    kept: &mut Kept,
) -> Built {
    // Two sites at once would take twice the memory.
    kept.planned = None;
    let planned = plan(snapshot, env, &mut kept.memo);
    let (mut findings, planned) = (planned.diagnostics, planned.value);
    let pages = planned.site.pages.len();
    if !has_errors(&findings) {
        findings.extend(render(&planned, &publisher));
        findings = levelled(findings, &planned.config, env);
    }
    if has_errors(&findings) {
        return Built {
            summary: None,
            findings,
            pages,
        };
    }
    publisher.remember_build(inputs, pages, &findings);
    kept.planned = Some(planned);
    match publisher.commit() {
        Ok(summary) => Built {
            summary: Some(summary),
            findings,
            pages,
        },
        Err(diagnostic) => {
            findings.push(diagnostic);
            Built {
                summary: None,
                findings,
                pages,
            }
        }
    }
}

impl Built {
    /// Says in a line what came of it.
    fn summarise(&self, project: &Project, time: Duration) -> Exit {
        let count = |severity| {
            self.findings
                .iter()
                .filter(|found| found.severity == severity)
                .count()
        };
        let findings = findings(count(Severity::Error), count(Severity::Warning));
        let mut err = anstream::stderr().lock();
        let _ = match &self.summary {
            Some(summary) => {
                for name in summary.foreign.iter().take(5) {
                    let _ = writeln!(err, "kept `{name}`, which Bindery did not make");
                }
                if summary.foreign.len() > 5 {
                    let _ = writeln!(
                        err,
                        "kept {} more files that Bindery did not make",
                        summary.foreign.len() - 5
                    );
                }
                writeln!(
                    err,
                    "built {} into {} in {}: {} written, {} unchanged, {} removed{findings}",
                    counted(self.pages, "page"),
                    shown(&project.output),
                    seconds(time),
                    summary.written,
                    summary.unchanged,
                    summary.removed,
                )
            }
            None => writeln!(
                err,
                "nothing was published{findings}; the site that was there before is untouched"
            ),
        };
        if has_errors(&self.findings) || self.summary.is_none() {
            Exit::Errors
        } else {
            Exit::Success
        }
    }
}

/// Renders what the publisher does not have yet, and gives what was found on the way.
fn render(planned: &Planned, publisher: &Publisher) -> Vec<Diagnostic> {
    let bar = progress(planned.plan.jobs.len() as u64);
    let jobs: Vec<_> = planned.plan.jobs.iter().collect();
    // A disk that takes one file no more will take none of the rest.
    let stopped = AtomicBool::new(false);
    let found: Vec<Diagnostic> = jobs
        .par_iter()
        .flat_map_iter(|(out, job)| {
            let mut found = Vec::new();
            if stopped.load(Ordering::Relaxed) {
                return found;
            }
            let prepared = planned.renderer.prepare(job, out, &planned.snapshot);
            let key = prepared.key;
            if !publisher.keep(out, key) {
                let rendered = prepared.render();
                found = rendered.diagnostics;
                if let Some(bytes) = rendered.value
                    && let Err(diagnostic) = publisher.put(out, key, &bytes)
                {
                    stopped.store(true, Ordering::Relaxed);
                    found.push(diagnostic);
                }
            }
            bar.inc(1);
            found
        })
        .collect();
    bar.finish_and_clear();
    found
}

/// A bar on standard error, once the build has taken a second, where that is a terminal.
fn progress(length: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} pages")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar =
        ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden()).with_style(style);
    let shown = bar.clone();
    std::thread::spawn(move || {
        std::thread::sleep(QUIET);
        if !shown.is_finished() {
            shown.set_draw_target(ProgressDrawTarget::stderr());
        }
    });
    bar
}

fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    columns.unwrap_or(120)
}

fn findings(errors: usize, warnings: usize) -> String {
    match (errors, warnings) {
        (0, 0) => String::new(),
        (0, warnings) => format!("; {}", counted(warnings, "warning")),
        (errors, 0) => format!("; {}", counted(errors, "error")),
        (errors, warnings) => format!(
            "; {}, {}",
            counted(errors, "error"),
            counted(warnings, "warning")
        ),
    }
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}

fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// A path as people write it: relative to the working folder where it lies below it.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here)
        .unwrap_or(path)
        .display()
        .to_string()
}
