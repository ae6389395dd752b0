//! Publishing: a built site goes into its folder whole or not at all.
//!
//! 1. `open` takes the lock, clears what a killed run left, reads the manifest.
//! 2. `keep` and `put` are called for every output, in any order, from many threads. New bytes go into a stage, a
//!    hidden sibling of the output folder.
//! 3. `commit` links what is unchanged and what is not ours into the stage and exchanges the two folders in one
//!    step of the file system. A kill before it leaves the old site, a kill after it the new one.
//!
//! Where a file system cannot exchange folders, two renames do it, and the next run mends a kill between them.
//! Where the output folder cannot be renamed at all (a mount point, no hard links), files are renamed into it
//! one by one: no file is ever half written, but a kill can leave some old and some new.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that writes the disk"
)]
#![expect(
    clippy::disallowed_types,
    reason = "this is the edge that writes the disk"
)]

mod cache;
mod lock;
mod manifest;
mod refuse;
mod swap;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;

use self::cache::Cache;
use self::lock::Lock;
use self::manifest::{Entry, Manifest};
use crate::diagnostic::{Code, Diagnostic};
use crate::hash::Digest;
use crate::path::OutPath;

pub use self::cache::LastBuild;
pub use self::refuse::refuse;

/// Where a site is published.
#[derive(Clone, Debug)]
pub struct Target {
    /// The output folder.
    pub output: PathBuf,
    /// The project's root.
    pub root: PathBuf,
    /// The reader's home folder, which is never an output folder.
    pub home: Option<PathBuf>,
    /// Where the stat cache lies; it may always be deleted.
    pub cache: PathBuf,
}

/// What a commit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that are new or have new bytes.
    pub written: usize,
    /// Files that were right already and were not touched.
    pub unchanged: usize,
    /// Files of ours that are gone.
    pub removed: usize,
    /// Files in the folder that are not ours, which were kept.
    pub foreign: Vec<String>,
}

/// A run that writes to an output folder.
pub struct Publisher {
    output: PathBuf,
    stage: PathBuf,
    cache_path: PathBuf,
    manifest: Manifest,
    cache: Cache,
    done: Mutex<BTreeMap<OutPath, Done>>,
    folders: Mutex<HashSet<PathBuf>>,
    committed: bool,
    _lock: Lock,
}

/// An output that is settled.
#[derive(Clone, Copy)]
struct Done {
    entry: Entry,
    key: Digest,
    written: bool,
}

impl Publisher {
    /// Gets ready to write to `target`.
    ///
    /// # Errors
    ///
    /// When the folder is refused, another run holds it, or it cannot be read.
    pub fn open(target: &Target) -> Result<Self, Diagnostic> {
        if let Some(diagnostic) = refuse(target) {
            return Err(diagnostic);
        }
        let output = target.output.clone();
        let parent = output.parent().unwrap_or(Path::new(".")).to_owned();
        fs::create_dir_all(&parent).map_err(|error| failed("make", &parent, &error))?;
        let lock = Lock::take(&parent, &output)?;
        let stage = sibling(&output, "stage");
        swap::recover(&output, &stage).map_err(|error| failed("clear", &stage, &error))?;
        let manifest = Manifest::read(&output);
        Ok(Self {
            cache: Cache::read(&target.cache, &output),
            cache_path: target.cache.clone(),
            output,
            stage,
            manifest,
            done: Mutex::new(BTreeMap::new()),
            folders: Mutex::new(HashSet::new()),
            committed: false,
            _lock: lock,
        })
    }

    /// Whether the file at `path` was made from the same view before and is still what was written then. If so it is
    /// settled; if not, `put` it.
    pub fn keep(&self, path: &OutPath, key: Digest) -> bool {
        let Some(entry) = self.manifest.get(path) else {
            return false;
        };
        if !self.cache.was_made_from(path, key) || !self.is_whole(path, entry) {
            return false;
        }
        self.settle(
            path,
            Done {
                entry,
                key,
                written: false,
            },
        );
        true
    }

    /// The last build, if it was made of these inputs and every file of it is still what was written then. If so all
    /// is settled, and what is left is to `commit`.
    pub fn keep_all(&self, inputs: Digest) -> Option<LastBuild> {
        let last = self.cache.last_build(inputs)?;
        let paths: Vec<&OutPath> = self.manifest.paths().collect();
        let kept: Option<BTreeMap<OutPath, Done>> = paths
            .par_iter()
            .map(|path| {
                let entry = self.manifest.get(path)?;
                let key = self.cache.key(path)?;
                let done = Done {
                    entry,
                    key,
                    written: false,
                };
                self.is_whole(path, entry).then(|| ((*path).clone(), done))
            })
            .collect();
        *lock(&self.done) = kept?;
        Some(last.clone())
    }

    /// Settles `path` with `bytes`. A file that holds them already is not touched.
    ///
    /// # Errors
    ///
    /// When the bytes cannot be written, or a file that is not ours is in the way.
    pub fn put(&self, path: &OutPath, key: Digest, bytes: &[u8]) -> Result<(), Diagnostic> {
        let entry = Entry {
            digest: Digest::of_bytes(bytes),
            size: bytes.len() as u64,
        };
        let old = self.manifest.get(path);
        if old == Some(entry) && self.is_whole(path, entry) {
            self.settle(
                path,
                Done {
                    entry,
                    key,
                    written: false,
                },
            );
            return Ok(());
        }
        if old.is_none() {
            self.check_foreign(path, entry)?;
        }
        let file = self.stage.join(path.as_str());
        self.make_folder(file.parent().unwrap_or(&self.stage))?;
        fs::write(&file, bytes).map_err(|error| failed("write", &file, &error))?;
        self.settle(
            path,
            Done {
                entry,
                key,
                written: true,
            },
        );
        Ok(())
    }

    /// Puts everything that was settled in place, and takes away what was not. `last` is remembered for
    /// [`Publisher::keep_all`].
    ///
    /// # Errors
    ///
    /// When a step fails; the old site is still whole then.
    pub fn commit(mut self, last: Option<LastBuild>) -> Result<Summary, Diagnostic> {
        let done = std::mem::take(&mut *lock(&self.done));
        let foreign = swap::foreign(&self.output, &self.manifest)
            .map_err(|error| failed("read", &self.output, &error))?;
        let removed: BTreeSet<OutPath> = self
            .manifest
            .paths()
            .filter(|path| !done.contains_key(*path))
            .cloned()
            .collect();
        let written: Vec<OutPath> = done
            .iter()
            .filter(|(_, done)| done.written)
            .map(|(path, _)| path.clone())
            .collect();
        // A file of someone else's that already held our bytes becomes ours.
        let foreign: Vec<String> = foreign
            .into_iter()
            .filter(|name| OutPath::new(name).is_none_or(|path| !done.contains_key(&path)))
            .collect();
        let manifest = Manifest::of(done.iter().map(|(path, done)| (path.clone(), done.entry)));
        let exists = self.output.is_dir();
        let step = swap::Step {
            output: &self.output,
            stage: &self.stage,
            before: &self.manifest,
            after: &manifest,
            written: &written,
            removed: &removed,
            foreign: &foreign,
        };
        let result = match (exists, written.as_slice(), removed.len()) {
            (false, _, _) => step.create(),
            (true, [], 0) if manifest == self.manifest => Ok(()),
            (true, [path], 0) => step.replace_one(path),
            _ => step.exchange(),
        };
        result.map_err(|(what, path, error)| failed(what, &path, &error))?;
        self.committed = true;
        swap::clear(&self.stage);
        // Nothing was touched and nothing is new: the cache says so already.
        let is_known =
            last.as_ref().is_some_and(|last| self.cache.knows(last)) && written.is_empty();
        if !is_known || !removed.is_empty() {
            let keys = done.iter().map(|(path, done)| (path, done.key, done.entry));
            Cache::write(&self.cache_path, &self.output, last, keys);
        }
        Ok(Summary {
            unchanged: done.len() - written.len(),
            written: written.len(),
            removed: removed.len(),
            foreign,
        })
    }

    fn settle(&self, path: &OutPath, done: Done) {
        lock(&self.done).insert(path.clone(), done);
    }

    /// Whether the file on disk is what the manifest says: by its stat where that can be trusted, else by its bytes.
    fn is_whole(&self, path: &OutPath, entry: Entry) -> bool {
        let file = self.output.join(path.as_str());
        let Ok(meta) = fs::symlink_metadata(&file) else {
            return false;
        };
        if !meta.is_file() || meta.len() != entry.size {
            return false;
        }
        self.cache.trusts(path, &meta, entry)
            || fs::read(&file).is_ok_and(|bytes| Digest::of_bytes(&bytes) == entry.digest)
    }

    /// A file that is not ours may not be written over, unless it holds the same bytes.
    fn check_foreign(&self, path: &OutPath, entry: Entry) -> Result<(), Diagnostic> {
        let mut at = self.output.clone();
        let mut segments = path.as_str().split('/').peekable();
        while let Some(segment) = segments.next() {
            at.push(segment);
            let Ok(meta) = fs::symlink_metadata(&at) else {
                return Ok(());
            };
            let is_last = segments.peek().is_none();
            if meta.is_dir() && !is_last {
                continue;
            }
            let same = is_last
                && meta.is_file()
                && fs::read(&at).is_ok_and(|bytes| Digest::of_bytes(&bytes) == entry.digest);
            // What was ours makes room: a page that became a folder, or a folder that became a page.
            let below = at
                .strip_prefix(&self.output)
                .ok()
                .and_then(Path::to_str)
                .and_then(OutPath::new);
            let ours = below.is_some_and(|below| {
                self.manifest.get(&below).is_some() || self.manifest.has_below(&below)
            });
            if same || ours {
                return Ok(());
            }
            return Err(Diagnostic::new(
                Code::Publish,
                format!(
                    "`{}` is in the way, and Bindery did not make it",
                    at.display()
                ),
            )
            .help("move it away, or choose another output folder with `--output`"));
        }
        Ok(())
    }

    fn make_folder(&self, folder: &Path) -> Result<(), Diagnostic> {
        if lock(&self.folders).contains(folder) {
            return Ok(());
        }
        swap::start_stage(&self.stage)
            .and_then(|()| fs::create_dir_all(folder))
            .map_err(|error| failed("make", folder, &error))?;
        lock(&self.folders).insert(folder.to_owned());
        Ok(())
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        if !self.committed {
            swap::clear(&self.stage);
        }
    }
}

/// A lock that a panic elsewhere cannot poison: what it guards is only ever added to.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A hidden folder beside the output folder, so on the same file system.
fn sibling(output: &Path, what: &str) -> PathBuf {
    let name = output
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    output.with_file_name(format!(".{name}.bindery-{what}"))
}

/// An error of the system's as a diagnostic.
fn failed(what: &str, path: &Path, error: &io::Error) -> Diagnostic {
    let text = error.to_string();
    let reason = text
        .split(" (os error")
        .next()
        .unwrap_or(&text)
        .to_lowercase();
    Diagnostic::new(
        Code::Publish,
        format!("could not {what} `{}`: {reason}", path.display()),
    )
    .help("the site that was there before is still whole")
}

#[cfg(test)]
mod tests;
