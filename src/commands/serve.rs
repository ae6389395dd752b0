//! `bindery serve`: the site in the browser, from memory, and each edit at once.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads the clock"
)]

use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use super::Exit;
use super::narrator::{Narrator, Rebuilt};
use super::options::Options;
use super::project::Project;
use crate::build::{Memo, has_errors, plan};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::{self, History};
use crate::preview::server::Server;
use crate::preview::stage::Stage;
use crate::preview::watcher::Watcher;
use crate::snapshot::{Env, Snapshot};
use crate::source::Touched;

/// Shows the site in the browser, and each edit as soon as it is saved.
///
/// Nothing is written: pages are rendered when they are asked for. With an error in the content the last good page
/// stays, and the error is shown over it. Ctrl-C ends it.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    options: Options,
    /// The port [default: 3131, or the next one that is free]
    #[arg(long, short)]
    port: Option<u16>,
    /// The address to listen to; 127.0.0.1 is this machine alone
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    host: String,
    /// Open the site in the browser
    #[arg(long)]
    open: bool,
    /// Look at the files every second instead of trusting the system's events: for network folders and containers
    #[arg(long)]
    poll: bool,
    /// Write an event a line to standard output, for editors and other programs
    #[arg(long)]
    json: bool,
}

/// What one state leaves for the next.
#[derive(Default)]
struct Kept {
    memo: Memo,
    history: History,
    shown: Option<(Arc<Snapshot>, Env)>,
}

impl Serve {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        self.options.set_threads();
        let fail = |diagnostic: Diagnostic, exit| {
            self.options.report(&[diagnostic], &Snapshot::default());
            exit
        };
        let mut project = match self.options.project(None) {
            Ok(project) => project,
            Err(diagnostic) => return fail(diagnostic, Exit::Usage),
        };
        let server = match Server::bind(&self.host, self.port) {
            Ok(server) => server,
            Err(diagnostic) => return fail(diagnostic, Exit::Usage),
        };
        let moves = history::moves(&project.root);
        // Before anything is read, so that no change is missed in between.
        let mut watcher = match Watcher::start(project.watched(moves.clone()), self.poll) {
            Ok(watcher) => watcher,
            Err(error) => return fail(cannot_watch(&error), Exit::Errors),
        };
        let origin = server.origin();
        let is_open = server.is_open();
        let stage = Arc::new(Stage::new(&project.root));
        if let Err(error) = server.start(Arc::clone(&stage)) {
            let message = format!("the server cannot start: {error}");
            return fail(Diagnostic::new(Code::Unreadable, message), Exit::Errors);
        }
        let mut narrator = Narrator::new(&self.options, self.json);
        let mut kept = Kept::default();
        self.rebuild(
            &project,
            &Touched::Everything,
            &mut kept,
            &stage,
            &mut narrator,
        );
        let url = format!("{origin}{}", stage.base());
        narrator.listening(&url);
        if is_open {
            narrator.notice("other machines can see it: it listens to more than this machine");
        }
        if self.open && open::that_detached(&url).is_err() {
            narrator.notice("no browser could be opened");
        }
        loop {
            if let Some(notice) = watcher.notice.take() {
                narrator.notice(&notice);
            }
            let Some(touched) = watcher.wait(|| stage.expect(true)) else {
                return Exit::Errors;
            };
            // A site.toml that is gone is an error like any other: what is read says so.
            project = self.options.project(None).unwrap_or(project);
            let others = watcher.turn_to(project.watched(moves.clone()));
            let touched = if others { Touched::Everything } else { touched };
            self.rebuild(&project, &touched, &mut kept, &stage, &mut narrator);
            stage.expect(false);
        }
    }

    /// Reads what was touched, plans the site anew and shows it.
    fn rebuild(
        &self,
        project: &Project,
        touched: &Touched,
        kept: &mut Kept,
        stage: &Stage,
        narrator: &mut Narrator<'_>,
    ) {
        let start = Instant::now();
        let env = match self.options.env(project, &mut kept.history) {
            Ok(env) => env,
            Err(diagnostic) => return narrator.notice(&diagnostic.message),
        };
        let before = kept.shown.take();
        let snapshot = project.snapshot(before.as_ref().map(|(snapshot, _)| &**snapshot), touched);
        let mut changed = Vec::new();
        if let Some((before, old)) = &before {
            changed = snapshot.changed_since(before);
            if changed.is_empty() && *old == env && snapshot.diagnostics == before.diagnostics {
                kept.shown = Some((snapshot, env));
                return;
            }
        }
        let planned = plan(Arc::clone(&snapshot), &env, &mut kept.memo);
        let findings = planned.diagnostics.clone();
        let pages = planned.value.site.pages.len();
        stage.set(planned, env.clone());
        narrator.rebuilt(&Rebuilt {
            changed: &changed,
            findings: &findings,
            snapshot: &snapshot,
            pages,
            written: None,
            shown: !has_errors(&findings),
            time: start.elapsed(),
        });
        kept.shown = Some((snapshot, env));
    }
}

/// Why the files cannot be watched.
pub(super) fn cannot_watch(error: &notify::Error) -> Diagnostic {
    let message = format!("the project cannot be watched: {error}");
    Diagnostic::new(Code::Unreadable, message).help("check the permissions of its folders")
}
