//! `bindery watch`: build, and build again whenever something changed.

use std::io::Write;

use clap::Args;

use super::Exit;
use super::build::{Build, Kept};
use crate::diagnostic::{Code, Diagnostic};
use crate::preview::watcher::Watcher;
use crate::snapshot::Snapshot;

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
}

impl Watch {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        self.build.set_threads();
        let project = match self.build.project() {
            Ok(project) => project,
            Err(diagnostic) => {
                self.build.report(&[diagnostic], &Snapshot::default());
                return Exit::Usage;
            }
        };
        // Before the first build, so that no change is missed in between.
        let mut watcher = match Watcher::start(&project.root, &project.output, self.poll) {
            Ok(watcher) => watcher,
            Err(error) => {
                let message = format!("the project cannot be watched: {error}");
                let diagnostic = Diagnostic::new(Code::Unreadable, message)
                    .help("check the permissions of its folders");
                self.build.report(&[diagnostic], &Snapshot::default());
                return Exit::Errors;
            }
        };
        if let Some(notice) = &watcher.notice {
            // A terminal that went away is no error of the site's.
            let _ = writeln!(anstream::stderr(), "{notice}");
        }
        let mut kept = Kept::default();
        if self.build.once(&mut kept) == Exit::Usage {
            return Exit::Usage;
        }
        while watcher.wait() {
            self.build.once(&mut kept);
        }
        Exit::Errors
    }
}
