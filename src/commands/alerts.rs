//! `bindery alerts`: which alerts there are, which runbooks answer them, and the annotations that are missing.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::Exit;
use super::options::Options;
use super::words::{columns, counted, padded, shown};
use crate::build::{Memo, Planned, has_errors, plan};
use crate::check::annotation;
use crate::config::Base;
use crate::diagnostic::{Code, Diagnostic};
use crate::history::History;
use crate::path::RelPath;
use crate::site::Alert;
use crate::snapshot::Snapshot;
use crate::source::Touched;

/// Lists the alerts of rule files and pages, and the runbooks that answer them.
#[derive(Debug, Args)]
pub struct Alerts {
    #[command(flatten)]
    options: Options,
    /// Print the annotations that are missing as a diff, for `git apply` or `patch -p1`
    #[arg(long)]
    patch: bool,
}

impl Alerts {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        self.options.set_threads();
        let refuse = |diagnostic: Diagnostic| {
            self.options.report(&[diagnostic], &Snapshot::default());
            Exit::Usage
        };
        let project = match self.options.project(None) {
            Ok(project) => project,
            Err(diagnostic) => return refuse(diagnostic),
        };
        let env = match self.options.env(&project, &mut History::default()) {
            Ok(env) => env,
            Err(diagnostic) => return refuse(diagnostic),
        };
        let snapshot = project.snapshot(None, &Touched::Everything);
        let planned = plan(snapshot, &env, &mut Memo::default());
        let (findings, planned) = (planned.diagnostics, planned.value);
        // What is wrong elsewhere is for `check` to say; without rules and pages there is nothing to list.
        let serious: Vec<Diagnostic> = (findings.into_iter())
            .filter(|found| {
                let span = found.span.as_ref().map(|span| span.file.as_str());
                span.is_none_or(|file| file == "site.toml")
                    || matches!(found.code, Code::RuleFile | Code::RulesNotRead)
            })
            .collect();
        self.options.report(&serious, &planned.snapshot);
        let exit = if has_errors(&serious) {
            Exit::Errors
        } else {
            Exit::Success
        };
        if !self.patch {
            list(&planned);
            return exit;
        }
        let Some(base) = base(&planned) else {
            return refuse(
                Diagnostic::new(Code::ConfigValue, "nobody says where the site is published").help(
                    "set `base_url` in site.toml, or name it with `--base-url https://runbooks.example.com/`",
                ),
            );
        };
        write_patch(&planned, &project.root, &base);
        exit
    }
}

/// The address that annotations begin with: the site's own, else the first that stands for all of it.
fn base(planned: &Planned) -> Option<Base> {
    let config = &planned.config;
    if let Some(url) = &config.base_url {
        return Some(Base {
            url: url.clone(),
            folder: String::new(),
        });
    }
    let mut bases = config.alerts.bases.iter();
    bases.find(|base| base.folder.is_empty()).cloned()
}

/// A line for each alert: its name, its severities, how many rules it has, and its first runbook.
fn list(planned: &Planned) {
    let site = &planned.site;
    let severities = |alert: &Alert| {
        let rules = alert.rules.iter().filter_map(|id| site.alerts.rule(*id));
        let mut all: Vec<&str> = rules
            .filter_map(|rule| Some(rule.severity.as_ref()?.value.as_str()))
            .collect();
        all.sort_unstable();
        all.dedup();
        all.join(",")
    };
    let width = |text: fn(&Alert) -> usize| site.alerts.known.values().map(text).max().unwrap_or(0);
    let name_width = width(|alert| columns(&alert.name));
    let severity_width = site
        .alerts
        .known
        .values()
        .map(|alert| severities(alert).len());
    let severity_width = severity_width.max().unwrap_or(0);
    let mut out = String::new();
    let mut answered = 0;
    for alert in site.alerts.known.values() {
        let page = alert.pages.first();
        answered += usize::from(page.is_some());
        let page = page.map_or("no runbook".to_owned(), |page| {
            format!("{}{}", site.pages[*page].facts.path, alert.fragment(*page))
        });
        out += &format!(
            "{}  {:<severity_width$}  {:>2}  {page}\n",
            padded(&alert.name, name_width),
            severities(alert),
            alert.rules.len(),
        );
    }
    // A reader that went away is no error of the site's.
    let _ = anstream::stdout().lock().write_all(out.as_bytes());
    let known = site.alerts.known.len();
    let _ = writeln!(
        anstream::stderr().lock(),
        "{}, {answered} with a runbook, {} without",
        counted(known, "alert"),
        known - answered
    );
}

/// Prints the diff of each file whose rules lack an annotation that a page of the site could be.
fn write_patch(planned: &Planned, root: &Path, base: &Base) {
    let site = &planned.site;
    let config = &planned.config.alerts;
    let key = annotation::key(config);
    let (mut added, mut left) = (0, Vec::new());
    for (number, file) in site.alerts.files.iter().enumerate() {
        let Some(text) = text(planned, &file.path) else {
            continue;
        };
        let name = name(root, &file.path);
        let patch = annotation::patch(site, number, (&text, &name), base, config);
        added += patch.added;
        let rules = patch.left.into_iter().map(|left| (file, left));
        left.extend(rules.map(|(file, left)| (&file.rules[left.rule].name, left.why)));
        let _ = std::io::stdout().lock().write_all(patch.diff.as_bytes());
    }
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{} to add", counted(added, "annotation"));
    for (name, why) in left {
        let (file, name) = (&name.span.file, &name.value);
        let _ = writeln!(err, "{file}: add `{key}` of `{name}` by hand: {why}");
    }
}

fn text(planned: &Planned, file: &RelPath) -> Option<Arc<str>> {
    let bytes = planned.snapshot.files.get(file)?.bytes.as_deref()?;
    Some(std::str::from_utf8(bytes).ok()?.into())
}

/// A file's name in a diff: from the working folder where it lies below it, as that is where diffs are applied.
fn name(root: &Path, file: &RelPath) -> String {
    let whole = super::project::folded(&root.join(file.as_str()));
    let shown = shown(&whole);
    if Path::new(&shown).is_absolute() {
        file.as_str().to_owned()
    } else {
        shown
    }
}
