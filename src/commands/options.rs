//! What build, watch and serve are all told, and how they report.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads the environment"
)]

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};

use super::Exit;
use super::project::{self, Project};
use crate::build::{Memo, Planned, has_errors, plan};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::history::{self, History};
use crate::report::{self, Root, Sources, Style};
use crate::snapshot::{Env, Snapshot};
use crate::source::Touched;

/// What every command that plans a site is told.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) place: Place,
    /// How findings are written: `json` is one object on standard output, `github` annotates a pull request, `sarif` is
    /// for code scanners, `summary` is a table of numbers
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Which site it is, and how it is read.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The folder that holds site.toml [default: this folder, or the nearest one above that has it]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    root: Option<PathBuf>,
    /// Where the site will be published, for the feed and the sitemap; instead of site.toml's `base_url`
    #[arg(long, value_name = "URL", value_parser = address)]
    base_url: Option<String>,
    /// Files of alert rules, besides those of `[alerts]` in site.toml: `--rules 'monitoring/**/*.yaml'`
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    rules: Vec<String>,
    /// Publish drafts too
    #[arg(long)]
    drafts: bool,
    /// Make errors warnings wherever the site can still be made whole: broken links, missing scopes, unknown keys
    #[arg(long)]
    lenient: bool,
    /// How many threads to use [default: as many as there are cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
}

/// The words for `--scope`.
pub(super) const SCOPES: [&str; 2] = ["operation", "maintenance"];

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Github,
    Sarif,
    Summary,
}

/// Reads `--base-url`.
fn address(text: &str) -> Result<String, String> {
    crate::config::base_address(text)
        .ok_or_else(|| "write it whole, as in `https://runbooks.example.com/`".to_owned())
}

impl Place {
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
    pub(super) fn project(&self, output: Option<&Path>) -> Result<Project, Diagnostic> {
        Project::find(self.root.as_deref(), output, &self.rules)
    }

    /// The repository that the project lies in.
    fn repository(&self) -> Root {
        let known = project::root(self.root.as_deref()).and_then(|root| history::repository(&root));
        known.map_or_else(Root::default, |(top, prefix)| Root {
            prefix,
            path: Some(top),
        })
    }

    /// The world of a project.
    pub(super) fn env(&self, project: &Project, history: &mut History) -> Result<Env, Diagnostic> {
        Ok(Env {
            today: project::today()?,
            log: history.log(&project.root),
            drafts: self.drafts,
            lenient: self.lenient,
            base_url: self.base_url.clone(),
        })
    }

    /// Plans the site, for commands that tell something of it and build nothing; else how they end.
    ///
    /// What is wrong with pages is for `check` to say; without site.toml and the files beside it there is nothing to tell.
    pub(super) fn planned(&self) -> Result<(Project, Env, Planned), Exit> {
        self.planned_with(false)
    }

    /// The same, with drafts too where they are wanted.
    pub(super) fn planned_with(&self, drafts: bool) -> Result<(Project, Env, Planned), Exit> {
        self.set_threads();
        let refuse = |diagnostic: Diagnostic| {
            self.complain(&[diagnostic], &Snapshot::default());
            Exit::Usage
        };
        let project = self.project(None).map_err(refuse)?;
        let mut env = self
            .env(&project, &mut History::default())
            .map_err(refuse)?;
        env.drafts |= drafts;
        let snapshot = project.snapshot(None, &Touched::Everything);
        let planned = plan(snapshot, &env, &mut Memo::default());
        let (mut findings, planned) = (planned.diagnostics, planned.value);
        findings.retain(|found| {
            let file = found.span.as_ref().map(|span| span.file.as_str());
            file.is_none_or(|file| !file.starts_with("content/"))
                && found.severity == Severity::Error
                && found.code != Code::NoPages
        });
        if has_errors(&findings) {
            self.complain(&findings, &planned.snapshot);
            return Err(Exit::Errors);
        }
        Ok((project, env, planned))
    }

    /// Writes findings to standard error.
    pub(super) fn complain(&self, diagnostics: &[Diagnostic], snapshot: &Snapshot) {
        let text = text(
            report::Format::Human,
            diagnostics,
            snapshot,
            &Root::default(),
        );
        // A reader that went away is no error of the site's.
        let _ = anstream::stderr().lock().write_all(text.as_bytes());
    }
}

impl Options {
    /// Sets how many threads there are, before any is made.
    pub(super) fn set_threads(&self) {
        self.place.set_threads();
    }

    /// The project that the arguments name.
    pub(super) fn project(&self, output: Option<&Path>) -> Result<Project, Diagnostic> {
        self.place.project(output)
    }

    /// The world of a project.
    pub(super) fn env(&self, project: &Project, history: &mut History) -> Result<Env, Diagnostic> {
        self.place.env(project, history)
    }

    /// Writes findings: for people to standard error, for programs to standard output.
    pub(super) fn report(&self, diagnostics: &[Diagnostic], snapshot: &Snapshot) {
        let (format, to_stdout) = match self.format {
            Format::Human => (report::Format::Human, false),
            Format::Json => (report::Format::Json, true),
            Format::Github => (report::Format::Github, true),
            Format::Sarif => (report::Format::Sarif, true),
            Format::Summary => (report::Format::Summary, true),
        };
        let root = match format {
            report::Format::Github | report::Format::Sarif => self.place.repository(),
            _ => Root::default(),
        };
        let text = text(format, diagnostics, snapshot, &root);
        // A reader that went away is no error of the site's.
        let _ = if to_stdout {
            std::io::stdout().lock().write_all(text.as_bytes())
        } else {
            anstream::stderr().lock().write_all(text.as_bytes())
        };
    }
}

/// Findings as text, with the lines of `snapshot` that they are about.
pub(super) fn text(
    format: report::Format,
    diagnostics: &[Diagnostic],
    snapshot: &Snapshot,
    root: &Root,
) -> String {
    let sources = Sources::of(diagnostics, snapshot);
    let color = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let style = Style {
        color,
        width: terminal_width(),
        limit: None,
    };
    report::report(format, diagnostics, &|path| sources.text(path), style, root)
}

pub(super) fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    columns.unwrap_or(120)
}
