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
use super::project::Project;
use super::serve::cannot_watch;
use crate::history;
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
        let mut project = match self.build.project() {
            Ok(project) => project,
            Err(diagnostic) => {
                options.report(&[diagnostic], &Snapshot::default());
                return Exit::Usage;
            }
        };
        let moves = history::moves(&project.root);
        // Before the first build, so that no change is missed in between.
        let mut watcher = match Watcher::start(project.watched(moves.clone()), self.poll) {
            Ok(watcher) => watcher,
            Err(error) => {
                options.report(&[cannot_watch(&error)], &Snapshot::default());
                return Exit::Errors;
            }
        };
        let mut narrator = Narrator::new(options, self.json);
        let mut kept = Kept::default();
        let first = self.rebuild(&project, &Touched::Everything, &mut kept, &mut narrator);
        if first == Exit::Usage {
            return Exit::Usage;
        }
        loop {
            if let Some(notice) = watcher.notice.take() {
                narrator.notice(&notice);
            }
            let Some(touched) = watcher.wait(|| ()) else {
                return Exit::Errors;
            };
            // A site.toml that is gone is an error like any other: what is read says so.
            project = self.build.project().unwrap_or(project);
            let others = watcher.turn_to(project.watched(moves.clone()));
            let touched = if others { Touched::Everything } else { touched };
            self.rebuild(&project, &touched, &mut kept, &mut narrator);
        }
    }

    fn rebuild(
        &self,
        project: &Project,
        touched: &Touched,
        kept: &mut Kept,
        narrator: &mut Narrator<'_>,
    ) -> Exit {
        let start = Instant::now();
        let before = kept.snapshot.clone();
        let built = self.build.make(project, touched, kept);
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
