//! `bindery doctor`: what about this machine and this site keeps Bindery from working well.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that looks at the machine"
)]

use std::fs;
use std::io::Write;
use std::process::Command;

use clap::Args;
use walkdir::WalkDir;

use super::Exit;
use super::options::Place;
use super::words::{counted, shown};
use crate::build::{has_errors, plan};
use crate::diagnostic::Severity;
use crate::history::History;
use crate::source::Touched;

/// Looks at the machine and the site, and says what keeps Bindery from working well.
///
/// It reads only. Each line is `ok`, `note` (it works, but less well) or `fail` (it does not work), with what to do.
#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    place: Place,
}

/// How it is with one thing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    Note,
    Fail,
}

struct Report(Vec<(State, String)>);

impl Report {
    fn say(&mut self, state: State, text: impl Into<String>) {
        self.0.push((state, text.into()));
    }
}

impl Doctor {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        self.place.set_threads();
        let mut report = Report(Vec::new());
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        report.say(
            State::Ok,
            format!(
                "bindery {}, {}",
                env!("CARGO_PKG_VERSION"),
                counted(threads, "core")
            ),
        );
        self.site(&mut report);
        let failed = report.0.iter().any(|(state, _)| *state == State::Fail);
        let mut out = anstream::stdout().lock();
        for (state, text) in &report.0 {
            let word = match state {
                State::Ok => "ok  ",
                State::Note => "note",
                State::Fail => "fail",
            };
            // A reader that went away is no error of the site's.
            let _ = writeln!(out, "{word}  {text}");
        }
        if failed { Exit::Errors } else { Exit::Success }
    }

    fn site(&self, report: &mut Report) {
        let project = match self.place.project(None) {
            Ok(project) => project,
            Err(diagnostic) => {
                let help = diagnostic.help.unwrap_or_default();
                return report.say(State::Fail, format!("{}; {help}", diagnostic.message));
            }
        };
        report.say(State::Ok, format!("the site is {}", project.root.display()));
        let env = match self.place.env(&project, &mut History::default()) {
            Ok(env) => env,
            Err(diagnostic) => return report.say(State::Fail, diagnostic.message),
        };
        if std::env::var_os("SOURCE_DATE_EPOCH").is_some() {
            report.say(
                State::Note,
                format!("SOURCE_DATE_EPOCH is set: today counts as {}", env.today),
            );
        }
        git(&project.root, env.log.is_empty(), report);
        let snapshot = project.snapshot(None, &Touched::Everything);
        let planned = plan(snapshot, &env, &mut crate::build::Memo::default());
        let (findings, planned) = (planned.diagnostics, planned.value);
        let (site, config) = (&planned.site, &planned.config);
        let count = |severity| {
            findings
                .iter()
                .filter(|found| found.severity == severity)
                .count()
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        report.say(
            if has_errors(&findings) {
                State::Fail
            } else {
                State::Ok
            },
            format!(
                "{}, {}, {}{}",
                counted(site.pages.len(), "page"),
                counted(errors, "error"),
                counted(warnings, "warning"),
                if errors > 0 {
                    ": `bindery build` shows them"
                } else {
                    ""
                },
            ),
        );
        let rules: usize = site.alerts.files.iter().map(|file| file.rules.len()).sum();
        match rules {
            0 => report.say(
                State::Note,
                "no alert rules are read, so nobody sees an alert that leads nowhere: set `rules` under `[alerts]`",
            ),
            rules => report.say(State::Ok, format!("{} read", counted(rules, "alert rule"))),
        }
        if site.services.declared {
            let said = site.services.counted().count();
            report.say(State::Ok, format!("{} described", counted(said, "service")));
        } else {
            report.say(
                State::Note,
                "no file describes services, so they are the names of folders: write a services.toml",
            );
        }
        if config.base_url.is_none() {
            report.say(
                State::Note,
                "`base_url` is not set, so there is no feed and no sitemap",
            );
        }
        let target = project.target();
        match crate::publish::refuse(&target) {
            Some(diagnostic) => report.say(State::Fail, diagnostic.message),
            None => report.say(
                State::Ok,
                format!("it is published to {}", shown(&project.output)),
            ),
        }
        watches(&project.root, report);
    }
}

/// Whether git can say when pages changed.
fn git(root: &std::path::Path, unknown: bool, report: &mut Report) {
    let ask = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(root)
            .args(arguments)
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Some((
            output.status.success(),
            text,
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ))
    };
    match ask(&["rev-parse", "--is-shallow-repository"]) {
        None => report.say(State::Note, "git is not installed, so no page says when it changed"),
        Some((false, _, error)) if error.contains("safe.directory") => report.say(
            State::Note,
            "git does not trust this folder, as another user owns it: `git config --global --add safe.directory .`",
        ),
        Some((false, _, _)) => report.say(State::Note, "this is no git repository, so no page says when it changed"),
        Some((true, shallow, _)) if shallow == "true" => report.say(
            State::Note,
            "the clone is shallow, so no page says when it changed: `git fetch --unshallow`, or `fetch-depth: 0` in CI",
        ),
        Some(_) if unknown => report.say(State::Note, "git knows no change of a page yet"),
        Some(_) => report.say(State::Ok, "git says when each page changed"),
    }
}

/// Whether there are enough watches for `serve` and `watch` (Linux).
fn watches(root: &std::path::Path, report: &mut Report) {
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_user_watches").ok();
    let Some(limit) = limit.and_then(|limit| limit.trim().parse::<usize>().ok()) else {
        return;
    };
    let folders = ["content", "themes"]
        .into_iter()
        .flat_map(|name| WalkDir::new(root.join(name)));
    let folders = folders
        .flatten()
        .filter(|entry| entry.file_type().is_dir())
        .count();
    if folders * 2 > limit {
        report.say(
            State::Note,
            format!(
                "{} are to be watched and the system allows {limit} in all: raise fs.inotify.max_user_watches, or use `--poll`",
                counted(folders, "folder")
            ),
        );
    } else {
        report.say(
            State::Ok,
            format!("{} can be watched", counted(folders, "folder")),
        );
    }
}
