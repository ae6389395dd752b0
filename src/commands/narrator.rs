//! What watch and serve say while they run: a line for people, or an event for programs.

use std::io::Write;
use std::time::Duration;

use serde::Serialize;

use super::options::{self, Options};
use super::words::{counted, found, seconds};
use crate::diagnostic::{Diagnostic, Severity};
use crate::path::RelPath;
use crate::report;
use crate::snapshot::Snapshot;

/// Grows when an event or a field of one changes its meaning or goes away; new ones do not count.
const VERSION: u32 = 1;
/// Most files that a line names.
const NAMED: usize = 2;

/// Says what happens.
pub(super) struct Narrator<'a> {
    options: &'a Options,
    json: bool,
    /// The warnings that were shown and still hold: saying them again at each edit would hide the new ones.
    shown: Vec<Diagnostic>,
}

/// What there is to say of one rebuild.
pub(super) struct Rebuilt<'r> {
    /// The files that changed; empty the first time.
    pub(super) changed: &'r [RelPath],
    pub(super) findings: &'r [Diagnostic],
    /// Where the lines of the findings are.
    pub(super) snapshot: &'r Snapshot,
    pub(super) pages: usize,
    /// How many outputs were written, where they are written.
    pub(super) written: Option<usize>,
    /// Whether what is shown is the newest state; it is not when there are errors.
    pub(super) shown: bool,
    pub(super) time: Duration,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event<'e> {
    Listening {
        version: u32,
        url: &'e str,
    },
    Notice {
        message: &'e str,
    },
    Rebuilt {
        changed: &'e [RelPath],
        pages: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        written: Option<usize>,
        milliseconds: u128,
        shown: bool,
        errors: usize,
        warnings: usize,
        diagnostics: serde_json::Value,
    },
}

impl<'a> Narrator<'a> {
    /// Speaks to people, or with `json` to programs.
    pub(super) fn new(options: &'a Options, json: bool) -> Self {
        Self {
            options,
            json,
            shown: Vec::new(),
        }
    }

    /// Says where the preview is.
    pub(super) fn listening(&self, url: &str) {
        if self.json {
            return event(&Event::Listening {
                version: VERSION,
                url,
            });
        }
        line(&format!("the preview is at {url}"));
    }

    /// Says what the user should know, once.
    pub(super) fn notice(&self, message: &str) {
        if self.json {
            return event(&Event::Notice { message });
        }
        line(message);
    }

    /// Says what came of a rebuild.
    pub(super) fn rebuilt(&mut self, rebuilt: &Rebuilt<'_>) {
        let count = |severity| {
            let is = |found: &&Diagnostic| found.severity == severity;
            rebuilt.findings.iter().filter(is).count()
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        if self.json {
            let report = options::text(
                report::Format::Json,
                rebuilt.findings,
                rebuilt.snapshot,
                &report::Root::default(),
            );
            let mut report: serde_json::Value = serde_json::from_str(&report).unwrap_or_default();
            return event(&Event::Rebuilt {
                changed: rebuilt.changed,
                pages: rebuilt.pages,
                written: rebuilt.written,
                milliseconds: rebuilt.time.as_millis(),
                shown: rebuilt.shown,
                errors,
                warnings,
                diagnostics: report["diagnostics"].take(),
            });
        }
        let new: Vec<Diagnostic> = rebuilt
            .findings
            .iter()
            .filter(|found| found.severity == Severity::Error || !self.shown.contains(found))
            .cloned()
            .collect();
        self.options.report(&new, rebuilt.snapshot);
        self.shown = rebuilt.findings.to_vec();
        let what = match rebuilt.changed {
            [] => String::new(),
            [first, rest @ ..] if rest.len() < NAMED => {
                rest.iter()
                    .fold(first.to_string(), |names, name| format!("{names}, {name}"))
                    + ": "
            }
            [first, rest @ ..] => format!("{first} and {} more: ", rest.len()),
        };
        let time = seconds(rebuilt.time);
        let findings = found(errors, warnings);
        let pages = counted(rebuilt.pages, "page");
        line(&match (rebuilt.shown, rebuilt.written) {
            (true, Some(written)) => {
                format!("{what}{pages}, {written} written in {time}{findings}")
            }
            (true, None) => format!("{what}{pages} ready in {time}{findings}"),
            (false, _) => format!("{what}not shown{findings}; the last good pages stay"),
        });
    }
}

/// Writes a line for people. A terminal that went away is no error of the site's.
fn line(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Writes an event for programs.
fn event(event: &Event<'_>) {
    // A value of strings and numbers always serialises.
    let text = serde_json::to_string(event).unwrap_or_default();
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
