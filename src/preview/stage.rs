//! The stage: the newest site that is whole, and what is wrong with what came after it.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::watch;

use super::tab::{self, Finding};
use crate::build::{Planned, has_errors, levelled};
use crate::diagnostic::{Checked, Diagnostic, Severity};
use crate::hash::Digest;
use crate::path::{OutPath, RelPath};
use crate::plan::Job;
use crate::snapshot::{Env, Snapshot};

/// How many bytes of rendered pages are kept, for pages that are asked for again or cannot be rendered any more.
const KEPT: usize = 16 << 20;

/// What is shown now, and who wants to know of it.
pub struct Stage {
    root: PathBuf,
    scene: RwLock<Option<Arc<Scene>>>,
    now: watch::Sender<Now>,
    kept: Mutex<Kept>,
}

/// How far the stage is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Now {
    /// How many scenes there were.
    pub(super) generation: u64,
    /// Whether something has changed that is not shown yet.
    pub(super) pending: bool,
}

/// One state of the project.
pub(super) struct Scene {
    /// The site that is shown.
    pub(super) planned: Arc<Planned>,
    /// Whether that site is whole; it is not only when there was none before.
    whole: bool,
    /// What was found in the newest state, ready for the browser.
    pub(super) findings: Arc<[Finding]>,
    /// All of it, and the lines it is about.
    newest: (Vec<Diagnostic>, Arc<Snapshot>),
    pub(super) errors: usize,
    pub(super) warnings: usize,
    env: Env,
}

/// An output as it is shown.
pub(super) struct Shown {
    /// Its bytes; `None` when it cannot be rendered and never could.
    pub(super) bytes: Option<Arc<[u8]>>,
    pub(super) digest: Digest,
    /// Whether a person looks at it, so that it is kept up to date in the browser.
    pub(super) is_page: bool,
    /// The file it is made of.
    pub(super) source: Option<RelPath>,
    /// What was found while it was rendered.
    pub(super) findings: Vec<Diagnostic>,
}

impl Stage {
    /// An empty stage for the project in `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            scene: RwLock::new(None),
            now: watch::Sender::new(Now::default()),
            kept: Mutex::new(Kept::default()),
        }
    }

    /// Says that something has changed and a new scene is on its way, or that there is none after all.
    pub fn expect(&self, pending: bool) {
        self.now.send_modify(|now| now.pending = pending);
    }

    /// Shows what was planned. With errors the last site that was whole stays, and the errors are shown with it.
    pub fn set(&self, planned: Checked<Planned>, env: Env) {
        let Checked {
            value: planned,
            diagnostics,
        } = planned;
        let snapshot = Arc::clone(&planned.snapshot);
        let whole = !has_errors(&diagnostics);
        let before = self.scene().filter(|scene| !whole && scene.whole);
        let (planned, whole, env) = match before {
            Some(before) => (Arc::clone(&before.planned), true, before.env.clone()),
            None => (Arc::new(planned), whole, env),
        };
        let count = |severity| {
            let is = |found: &&Diagnostic| found.severity == severity;
            diagnostics.iter().filter(is).count()
        };
        let editor = planned.config.editor.as_deref();
        let scene = Scene {
            findings: Finding::all(&diagnostics, &snapshot, &self.root, editor).into(),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            newest: (diagnostics, snapshot),
            whole,
            planned,
            env,
        };
        let before = self
            .scene
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(Arc::new(scene));
        self.now.send_modify(|now| {
            now.generation += 1;
            now.pending = false;
        });
        // Nobody waits for the old one to be taken apart.
        drop(before);
    }

    /// Where the site lies on its server, beginning and ending in a slash.
    pub fn base(&self) -> String {
        self.scene()
            .map_or_else(|| "/".to_owned(), |scene| scene.base().to_owned())
    }

    /// Tells of changes.
    pub(super) fn now(&self) -> watch::Receiver<Now> {
        self.now.subscribe()
    }

    /// The scene of this moment; `None` before the first.
    pub(super) fn scene(&self) -> Option<Arc<Scene>> {
        self.scene
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The project's folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Renders an output of a scene; `None` when there is no such output.
    pub(super) fn show(&self, scene: &Scene, out: &OutPath) -> Option<Shown> {
        let planned = &*scene.planned;
        let job = planned.plan.jobs.get(out)?;
        let (is_page, source) = match job {
            Job::Page(page) => {
                let path = &planned.site.pages.get(*page)?.facts.path;
                (true, Some(path.clone()))
            }
            Job::Section(_)
            | Job::Listing(_)
            | Job::Alert(_)
            | Job::Alerts
            | Job::Coverage
            | Job::Decisions
            | Job::Reviews
            | Job::Report
            | Job::NotFound => (true, None),
            Job::Feed
            | Job::Calendar
            | Job::Matrix
            | Job::Sitemap
            | Job::Index
            | Job::Redirect(_)
            | Job::File(_)
            | Job::Asset(_)
            | Job::Search(_) => (false, None),
        };
        let prepared = planned.renderer.prepare(job, out, &planned.snapshot);
        let key = prepared.key;
        let known = self.kept().pages.get(out).cloned();
        if let Some(known) = known.as_ref().filter(|known| known.key == key) {
            return Some(Shown {
                bytes: Some(Arc::clone(&known.bytes)),
                digest: known.digest,
                is_page,
                source,
                findings: known.findings.clone(),
            });
        }
        if matches!(job, Job::Search(_)) {
            planned.renderer.gather();
        }
        let rendered = prepared.render();
        let findings = levelled(rendered.diagnostics, &planned.config, &scene.env);
        let failed = has_errors(&findings);
        let (bytes, digest) = match rendered.value.filter(|_| !failed) {
            Some(bytes) => {
                let bytes = bytes.shared();
                let digest = Digest::of_bytes(&bytes);
                // What is published as it is lies in memory already.
                if !matches!(job, Job::File(_) | Job::Asset(_)) {
                    self.kept().keep(
                        out,
                        Known {
                            key,
                            digest,
                            bytes: Arc::clone(&bytes),
                            findings: findings.clone(),
                        },
                    );
                }
                (Some(bytes), digest)
            }
            None => match known {
                Some(known) => (Some(known.bytes), known.digest),
                None => (None, Digest::default()),
            },
        };
        Some(Shown {
            bytes,
            digest,
            is_page,
            source,
            findings,
        })
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scene {
    pub(super) fn base(&self) -> &str {
        self.planned.config.base_path()
    }

    /// All that was found in the newest state, as the terminal shows it.
    pub(super) fn report(&self) -> String {
        let (diagnostics, snapshot) = &self.newest;
        tab::text(diagnostics, snapshot)
    }

    /// The inputs of what is shown.
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.planned.snapshot
    }
}

/// What was rendered last, by address.
#[derive(Default)]
struct Kept {
    pages: BTreeMap<OutPath, Known>,
    /// The oldest first.
    order: VecDeque<OutPath>,
    size: usize,
}

#[derive(Clone)]
struct Known {
    key: Digest,
    digest: Digest,
    bytes: Arc<[u8]>,
    findings: Vec<Diagnostic>,
}

impl Kept {
    fn keep(&mut self, out: &OutPath, known: Known) {
        self.size += known.bytes.len();
        match self.pages.insert(out.clone(), known) {
            Some(before) => self.size -= before.bytes.len(),
            None => self.order.push_back(out.clone()),
        }
        while self.size > KEPT {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            if let Some(gone) = self.pages.remove(&oldest) {
                self.size -= gone.bytes.len();
            }
        }
    }
}
