//! `bindery build`: plan, render what changed, publish.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads the clock"
)]

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use super::Exit;
use super::options::Options;
use super::project::Project;
use super::words::{counted, found, seconds, shown};
use crate::build::{Memo, Planned, has_errors, levelled, plan};
use crate::diagnostic::{Diagnostic, Severity};
use crate::hash::Digest;
use crate::history::History;
use crate::path::OutPath;
use crate::plan::Job;
use crate::publish::{LastBuild, Publisher, Summary};
use crate::shards::Shard;
use crate::snapshot::{Env, Snapshot};
use crate::source::Touched;

/// A build shorter than this shows no progress bar.
const QUIET: Duration = Duration::from_secs(1);

/// Builds the site into its output folder.
///
/// Nothing is published while there are errors: the site that was there before stays whole. Files that did not
/// change are not touched, and files that Bindery did not make are kept.
#[derive(Debug, Args)]
pub struct Build {
    #[command(flatten)]
    pub(super) options: Options,
    /// The folder to write to [default: `output` in site.toml, or `public`]
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Build {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        self.options.set_threads();
        let mut kept = Kept::default();
        let exit = self.once(&mut kept);
        // The process ends now, and the system takes its memory back at once: piece by piece costs a tenth of a build.
        std::mem::forget(kept);
        exit
    }

    /// The project that the arguments name.
    pub(super) fn project(&self) -> Result<Project, Diagnostic> {
        self.options.project(self.output.as_deref())
    }

    /// Builds, and says what came of it.
    fn once(&self, kept: &mut Kept) -> Exit {
        let start = Instant::now();
        let project = match self.project() {
            Ok(project) => project,
            Err(diagnostic) => {
                self.options.report(&[diagnostic], &Snapshot::default());
                return Exit::Usage;
            }
        };
        let built = self.make(&project, &Touched::Everything, kept);
        let snapshot = kept.snapshot.clone().unwrap_or_default();
        self.options.report(&built.findings, &snapshot);
        if built.usage {
            return Exit::Usage;
        }
        built.summarise(&project, start.elapsed())
    }

    /// Builds `project` once; what is `kept` of the build before is not done again, nor read again but for what was
    /// `touched`.
    pub(super) fn make(&self, project: &Project, touched: &Touched, kept: &mut Kept) -> Built {
        let target = project.target();
        let (env, refused) = match self.options.env(project, &mut kept.history) {
            Ok(env) => (Some(env), crate::publish::refuse(&target)),
            Err(diagnostic) => (None, Some(diagnostic)),
        };
        let (Some(env), None) = (env, &refused) else {
            return Built {
                findings: refused.into_iter().collect(),
                usage: true,
                ..Built::default()
            };
        };
        let snapshot = project.snapshot(kept.snapshot.as_deref(), touched);
        kept.snapshot = Some(Arc::clone(&snapshot));
        let inputs = Digest::of(&(snapshot.hash(), &env));
        let publisher = match Publisher::open(&target) {
            Ok(publisher) => publisher,
            Err(diagnostic) => {
                return Built {
                    findings: vec![diagnostic],
                    ..Built::default()
                };
            }
        };
        match publisher.keep_all(inputs) {
            Some(last) => again(publisher, last),
            None => anew(publisher, snapshot, &env, inputs, kept),
        }
    }
}

/// What one build leaves for the next in the same process.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) snapshot: Option<Arc<Snapshot>>,
    memo: Memo,
    history: History,
    /// Not used again, but its end can wait: see [`Build::run`].
    planned: Option<Planned>,
}

/// What a build came to.
#[derive(Default)]
pub(super) struct Built {
    /// What was published; `None` when nothing was.
    pub(super) summary: Option<Summary>,
    pub(super) findings: Vec<Diagnostic>,
    pub(super) pages: usize,
    /// Whether the command was used wrongly, so that nothing was even tried.
    pub(super) usage: bool,
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
        usage: false,
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
            usage: false,
        };
    }
    publisher.remember_build(inputs, pages, &findings);
    kept.planned = Some(planned);
    match publisher.commit() {
        Ok(summary) => Built {
            summary: Some(summary),
            findings,
            pages,
            usage: false,
        },
        Err(diagnostic) => {
            findings.push(diagnostic);
            Built {
                summary: None,
                findings,
                pages,
                usage: false,
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
        let findings = found(count(Severity::Error), count(Severity::Warning));
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
    // Text to be shown is made with the pages, and the words in it are gathered on the way.
    let is_text = |job: &Job| matches!(job, Job::Search(Shard::Pages(_)));
    let (search, pages): (Vec<_>, Vec<_>) = (planned.plan.jobs.iter())
        .partition(|(_, job)| matches!(job, Job::Search(_)) && !is_text(job));
    // A disk that takes one file no more will take none of the rest.
    let stopped = AtomicBool::new(false);
    let make = |(out, job): &(&OutPath, &Job)| {
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
    };
    let mut found: Vec<Diagnostic> = pages.par_iter().flat_map_iter(make).collect();
    let is_kept = |(out, job): &(&OutPath, &Job)| {
        let prepared = planned.renderer.prepare(job, out, &planned.snapshot);
        publisher.keep(out, prepared.key)
    };
    if !search.par_iter().all(is_kept) {
        planned.renderer.gather();
    }
    found.par_extend(search.par_iter().flat_map_iter(make));
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
