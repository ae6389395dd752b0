//! `bindery watch`: build, and build again whenever something changed.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads the clock"
)]

use std::time::Instant;

use clap::Args;

use super::Exit;
use super::build::{Build, Kept};
use super::narrator::{Narrator, Rebuilt};
use super::serve::cannot_watch;
use crate::preview::watcher::Watcher;
use crate::snapshot::Snapshot;
use crate::source::Touched;

/// Keeps the output folder up to date: builds at once, and again after every change.
///
/// For people with a web server of their own. An error leaves the site as it was; the next change that mends it
/// publishes again. Ctrl-C ends it.
#[derive(Debug, Args)]
pub struct Watch {
    #[command(flatten)]
    build: Build,
    /// Look at the files every second instead of trusting the system's events: for network folders and containers
    #[arg(long)]
    poll: bool,
    /// Write an event a line to standard output, for editors and other programs
    #[arg(long)]
    json: bool,
}

impl Watch {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        let options = &self.build.options;
        options.set_threads();
        let project = match self.build.project() {
            Ok(project) => project,
            Err(diagnostic) => {
                options.report(&[diagnostic], &Snapshot::default());
                return Exit::Usage;
            }
        };
        // Before the first build, so that no change is missed in between.
        let mut watcher = match Watcher::start(
            &project.root,
            &project.output,
            project.rule_folders(),
            self.poll,
        ) {
            Ok(watcher) => watcher,
            Err(error) => {
                options.report(&[cannot_watch(&error)], &Snapshot::default());
                return Exit::Errors;
            }
        };
        let mut narrator = Narrator::new(options, self.json);
        let mut kept = Kept::default();
        if self.rebuild(&Touched::Everything, &mut kept, &mut narrator) == Exit::Usage {
            return Exit::Usage;
        }
        loop {
            if let Some(notice) = watcher.notice.take() {
                narrator.notice(&notice);
            }
            let Some(touched) = watcher.wait(|| ()) else {
                return Exit::Errors;
            };
            self.rebuild(&touched, &mut kept, &mut narrator);
            if let Ok(project) = self.build.project()
                && watcher.watch_rules(project.rule_folders())
            {
                self.rebuild(&Touched::Everything, &mut kept, &mut narrator);
            }
        }
    }

    fn rebuild(&self, touched: &Touched, kept: &mut Kept, narrator: &mut Narrator<'_>) -> Exit {
        let start = Instant::now();
        // A site.toml that went away for a moment leaves everything as it was.
        let project = match self.build.project() {
            Ok(project) => project,
            Err(_) if kept.snapshot.is_some() => return Exit::Errors,
            Err(diagnostic) => {
                let options = &self.build.options;
                options.report(&[diagnostic], &Snapshot::default());
                return Exit::Usage;
            }
        };
        let before = kept.snapshot.clone();
        let built = self.build.make(&project, touched, kept);
        let snapshot = kept.snapshot.clone().unwrap_or_default();
        let changed = before
            .as_ref()
            .map(|before| snapshot.changed_since(before))
            .unwrap_or_default();
        let written = built
            .summary
            .as_ref()
            .map(|summary| summary.written + summary.removed);
        // Nothing changed that matters, and nothing was wrong before either.
        let quiet = before.is_some() && changed.is_empty() && written == Some(0);
        if !quiet {
            narrator.rebuilt(&Rebuilt {
                changed: &changed,
                findings: &built.findings,
                snapshot: &snapshot,
                pages: built.pages,
                written,
                shown: built.summary.is_some(),
                time: start.elapsed(),
            });
        }
        if built.usage {
            Exit::Usage
        } else {
            Exit::Success
        }
    }
}
