//! Publishing: the built site goes into its folder whole or not at all.
//!
//! 1. [`check_target`] refuses folders that are no place for a site.
//! 2. [`Publisher::open`] locks the folder, clears up after killed builds and looks at what is there.
//! 3. [`Publisher::keep`] and [`Publisher::put`], from many threads at once, say what shall be there. What is there
//!    already is left alone; anything else is written to a stage beside the folder.
//! 4. [`Publisher::commit`] puts the stage in the folder's place. Dropping the publisher instead leaves everything
//!    as it was.

mod disk;
mod foreign;
mod last;
mod lock;
mod manifest;
mod recover;
mod refuse;
mod stage;
mod stats;
mod survey;
mod swap;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rayon::prelude::*;

use crate::diagnostic::Diagnostic;
use crate::hash::Digest;
use crate::path::OutPath;
use disk::failed;
use lock::Lock;
use manifest::Found;
use stage::Stage;
use stats::Stats;
use survey::{Kind, Node, Survey};
use swap::{Change, Swapped};

pub use last::LastBuild;
pub use manifest::{MANIFEST, Made, Manifest};
pub use refuse::{Target, check_target, refuse};

/// How a site takes the place of another. Where one does not work the next is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// The two folders are exchanged: at every instant there is one whole site.
    #[default]
    Exchange,
    /// The old folder is renamed away and the new one into its place: never a mixture, but for an instant, or after
    /// a kill until the next build, no site at all. For file systems that cannot exchange.
    Renames,
    /// Each file is replaced in one instant, but not all in the same; a build that was killed meanwhile is
    /// completed by the next. For an output folder that has to stay the same folder: a mount point, or one whose
    /// parent cannot be written to.
    InPlace,
}

/// How to publish.
#[derive(Clone, Debug)]
pub struct Options {
    /// The first method to try.
    pub method: Method,
    /// How long to wait for another build to end.
    pub wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            method: Method::default(),
            wait: Duration::from_secs(10),
        }
    }
}

/// What publishing did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were written.
    pub written: usize,
    /// Files that were left alone.
    pub unchanged: usize,
    /// Stale files that were removed.
    pub removed: usize,
    /// What is in the output folder but not Bindery's, in order. A folder of which nothing is Bindery's is named
    /// once, with a `/`.
    pub foreign: Vec<String>,
    /// How the change was made; `None` when not more than one file changed, which takes no more than a rename.
    pub method: Option<Method>,
}

/// An output folder that is being written.
#[derive(Debug)]
pub struct Publisher {
    output: PathBuf,
    cache: PathBuf,
    method: Method,
    found: Survey,
    previous: Manifest,
    /// The folders of `previous`.
    folders: HashSet<String>,
    /// Whether the manifest is not what it was when it was written.
    damaged: bool,
    known: Stats,
    /// The cache to be, begun before the survey.
    seen: Stats,
    /// Whether `known` did not know something.
    learned: AtomicBool,
    state: Mutex<State>,
    // In this order: the stage goes before the lock does.
    stage: OnceLock<Stage>,
    staging: Mutex<()>,
    lock: Lock,
}

#[derive(Debug, Default)]
struct State {
    /// What shall be there.
    files: BTreeMap<OutPath, Settled>,
    /// What went wrong first.
    failed: Option<Diagnostic>,
}

/// One file that shall be there.
#[derive(Clone, Copy, Debug)]
struct Settled {
    made: Made,
    /// What it was rendered from.
    key: Digest,
    /// Whether it lies in the stage.
    written: bool,
}

impl Publisher {
    /// Opens `target` as usual: see [`Publisher::open_with`].
    ///
    /// # Errors
    ///
    /// Those of [`Publisher::open_with`].
    pub fn open(target: &Target) -> Result<Self, Diagnostic> {
        Self::open_with(target, &Options::default())
    }

    /// Locks the output folder, which is made if need be, and looks at what is there.
    ///
    /// # Errors
    ///
    /// What [`check_target`] finds; `Code::Locked` when another build has not ended in time;
    /// `Code::Publish` when the folder cannot be made, locked, read or cleared of what a killed build has left.
    pub fn open_with(target: &Target, options: &Options) -> Result<Self, Diagnostic> {
        let output = check_target(target)?;
        let lock = lock::acquire(&output, options.wait)?;
        let seen = Stats::now();
        let (found, (manifest, known)) = rayon::join(
            || Survey::of(&output),
            || (Manifest::read(&output), Stats::read(&target.cache)),
        );
        let found = found.map_err(|error| failed("read", &output, &error))?;
        let (previous, damaged) =
            match manifest.map_err(|error| failed("read", &output.join(MANIFEST), &error))? {
                Found::Whole(manifest) => (manifest, false),
                Found::Nothing => (Manifest::default(), false),
                Found::Damaged => (Manifest::default(), true),
            };
        Ok(Self {
            found,
            folders: previous.folders().into_iter().map(str::to_owned).collect(),
            previous,
            damaged,
            known,
            seen,
            learned: AtomicBool::new(false),
            state: Mutex::default(),
            stage: OnceLock::new(),
            staging: Mutex::default(),
            output,
            cache: target.cache.clone(),
            method: options.method,
            lock,
        })
    }

    /// What Bindery made in the output folder before.
    pub fn previous(&self) -> &Manifest {
        &self.previous
    }

    /// Keeps the file at `path` if it was rendered from `key` and is still what it was then; false when it has to be
    /// [`put`](Self::put).
    pub fn keep(&self, path: &OutPath, key: Digest) -> bool {
        let made = self
            .previous
            .get(path)
            .filter(|made| self.known.rendered(path.as_str(), made.digest, key));
        let node = self.found.get(path.as_str());
        let (Some(made), Some(node)) = (made, node) else {
            return false;
        };
        let kept = node.kind == Kind::File && self.holds(path, node, made);
        if kept {
            let written = false;
            self.state()
                .files
                .insert(path.clone(), Settled { made, key, written });
        }
        kept
    }

    /// Keeps every file, if the last build was made of these inputs and all that it made is still what it was. Then
    /// nothing has to be rendered, and what is left is to [`commit`](Self::commit).
    pub fn keep_all(&self, inputs: Digest) -> Option<LastBuild> {
        let last = LastBuild::read(&self.cache).filter(|last| last.was(inputs, &self.previous))?;
        let files: Vec<(&OutPath, Made)> = self.previous.iter().collect();
        let whole = files.par_iter().all(|(path, made)| {
            let key = self.known.key(path.as_str(), made.digest);
            key.is_some_and(|key| self.keep(path, key))
        });
        if !whole {
            self.state().files.clear();
        }
        whole.then_some(last)
    }

    /// Remembers what this build was made of and what was found, for [`keep_all`](Self::keep_all) of the next one.
    /// To be called before [`commit`](Self::commit): if that fails, the manifest is not the one remembered.
    pub fn remember_build(&self, inputs: Digest, pages: usize, findings: &[Diagnostic]) {
        let next: Manifest = (self.state().files.iter())
            .map(|(path, file)| (path.clone(), file.made))
            .collect();
        LastBuild::write(&self.cache, inputs, &next, pages, findings);
    }

    /// Sees to it that the file at `path` will have these bytes, which were rendered from `key`.
    ///
    /// # Errors
    ///
    /// `Code::Publish` when it cannot be written, `Code::ForeignFile` when something is in its place that is
    /// not Bindery's. Either way [`commit`](Self::commit) then does nothing but say it again.
    pub fn put(&self, path: &OutPath, key: Digest, bytes: &[u8]) -> Result<Digest, Diagnostic> {
        let made = Made {
            digest: Digest::of_bytes(bytes),
            length: bytes.len() as u64,
        };
        if !self.known.rendered(path.as_str(), made.digest, key) {
            self.learned.store(true, Ordering::Relaxed);
        }
        let done = self.settle(path, made, bytes);
        let mut state = self.state();
        match done {
            Ok(written) => {
                state
                    .files
                    .insert(path.clone(), Settled { made, key, written });
                Ok(made.digest)
            }
            Err(finding) => {
                state.failed.get_or_insert_with(|| finding.clone());
                Err(finding)
            }
        }
    }

    /// Puts everything in place: what was kept and put, and nothing else of Bindery's.
    ///
    /// # Errors
    ///
    /// What [`put`](Self::put) said, or `Code::Publish`. The site that was there then still is, unless it was
    /// replaced file by file ([`Method::InPlace`]): then the next build completes it.
    pub fn commit(mut self) -> Result<Summary, Diagnostic> {
        let State { files, failed } = std::mem::take(&mut *self.state());
        if let Some(finding) = failed {
            return Err(finding);
        }
        let next: Manifest = files
            .iter()
            .map(|(path, file)| (path.clone(), file.made))
            .collect();
        let written: Vec<&str> = files
            .iter()
            .filter(|(_, file)| file.written)
            .map(|(path, _)| path.as_str())
            .collect();
        let mut summary = Summary {
            written: written.len(),
            unchanged: files.len() - written.len(),
            removed: self.stale(&next),
            foreign: self.foreign(&next),
            method: None,
        };
        let change = Change {
            output: &self.output,
            found: &self.found,
            previous: &self.previous,
            next: &next,
            new_manifest: self.damaged || next != self.previous,
            written,
        };

        let idle = change.written.is_empty() && summary.removed == 0 && !change.new_manifest;
        let mut kept = std::mem::take(&mut self.lock.kept);
        let mut again = Vec::new();
        if !idle {
            let mut stage = match self.stage.take() {
                Some(stage) => stage,
                None => Stage::new(&self.output, self.method)?,
            };
            if change.is_small(summary.removed) {
                change.replace(&stage)?;
                again.extend(change.written.first().map(|path| (*path).to_owned()));
            } else {
                let Swapped { method, kept: more } = change.swap(&mut stage, self.method)?;
                summary.method = method;
                kept.extend(more);
            }
        }
        summary
            .foreign
            .extend(kept.iter().map(|path| format!("{}/", path.display())));
        if !idle || self.learned.load(Ordering::Relaxed) {
            self.remember(&files, summary.method.is_some(), &again);
        }
        Ok(summary)
    }

    /// Finds out whether the file is there already, and writes it to the stage otherwise.
    fn settle(&self, path: &OutPath, made: Made, bytes: &[u8]) -> Result<bool, Diagnostic> {
        let listed = self.previous.get(path);
        match self.found.get(path.as_str()) {
            Some(node) if node.kind == Kind::File => {
                if listed.is_none() {
                    if !self.holds(path, node, made) {
                        return Err(self.foreign_file(path.as_str()));
                    }
                    return Ok(false);
                }
                if listed == Some(made) && self.holds(path, node, made) {
                    return Ok(false);
                }
            }
            Some(node) if node.kind == Kind::Folder => self.would_vanish(path.as_str())?,
            Some(_) => return Err(self.foreign_file(path.as_str())),
            None => self.leads_through_folders(path)?,
        }
        self.stage()?.write(path, bytes)?;
        Ok(true)
    }

    /// Whether a file has these bytes; it is read only if the cache cannot tell.
    fn holds(&self, path: &OutPath, node: &Node, made: Made) -> bool {
        if node.stat.size != made.length {
            return false;
        }
        if let Some(digest) = self.known.digest(path.as_str(), &node.stat) {
            return digest == made.digest;
        }
        self.learned.store(true, Ordering::Relaxed);
        // What cannot be read is written anew.
        disk::read(&self.output.join(path.as_str()))
            .is_ok_and(|bytes| Digest::of_bytes(&bytes) == made.digest)
    }

    /// How many of Bindery's files have to go.
    fn stale(&self, next: &Manifest) -> usize {
        let is_file = |path: &str| {
            self.found
                .get(path)
                .is_some_and(|node| node.kind == Kind::File)
        };
        self.previous
            .iter()
            .filter(|(path, _)| next.get(path).is_none() && is_file(path.as_str()))
            .count()
    }

    /// Writes the cache. `whole` looks at every file again, as linking changes them all; otherwise only at `again`.
    fn remember(&mut self, files: &BTreeMap<OutPath, Settled>, whole: bool, again: &[String]) {
        if whole {
            self.seen = Stats::now();
            self.found = Survey::of(&self.output).unwrap_or_default();
        }
        for path in again {
            // If it is gone already, the next build will see.
            let _ = self.found.look_again(&self.output, path);
        }
        for (path, Settled { made, key, .. }) in files {
            if let Some(node) = self.found.get(path.as_str())
                && node.kind == Kind::File
                && node.stat.size == made.length
            {
                self.seen
                    .insert(path.as_str(), node.stat, made.digest, *key);
            }
        }
        self.seen.write(&self.cache);
    }

    /// The stage, which is made when it is first needed.
    fn stage(&self) -> Result<&Stage, Diagnostic> {
        let _one = match self.stage.get() {
            Some(stage) => return Ok(stage),
            None => self.staging.lock().unwrap_or_else(PoisonError::into_inner),
        };
        match self.stage.get() {
            Some(stage) => Ok(stage),
            None => {
                let stage = Stage::new(&self.output, self.method)?;
                Ok(self.stage.get_or_init(|| stage))
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
