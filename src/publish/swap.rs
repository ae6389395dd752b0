//! Putting the new site in the old one's place.
//!
//! | way | a reader sees | after a kill |
//! |---|---|---|
//! | one file | the old file or the new one | the same; the next build sees which |
//! | exchange | the old site or the new one | the same |
//! | two renames | the old site, for an instant none, the new one | the old site, the new one, or none until the next build puts the old one back |
//! | in place | each file old or new | each file old or new, until the next build moves the rest |
//!
//! Whatever the way, the manifest names every file of Bindery's at every instant, so that a kill never makes one of
//! them look foreign.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::Method;
use super::disk::{self, failed};
use super::lock;
use super::manifest::{Found, MANIFEST, Manifest, ancestors};
use super::recover::discard;
use super::stage::{FORWARD, OLD, SWAP, Stage};
use super::survey::{Kind, Node, Survey};
use crate::diagnostic::{Code, Diagnostic};

/// Up to so many files are synced one by one; with more it is cheaper to sync the file system, even if others have
/// much to write there.
const SYNC_ONE_BY_ONE: usize = 32;

/// What is to be put in place.
pub(super) struct Change<'a> {
    /// The output folder.
    pub(super) output: &'a Path,
    /// What was in it when the build began.
    pub(super) found: &'a Survey,
    /// What of that is Bindery's.
    pub(super) previous: &'a Manifest,
    /// What shall be.
    pub(super) next: &'a Manifest,
    /// What of that lies in the stage.
    pub(super) written: Vec<&'a str>,
    /// Whether the manifest in the output folder is another one, or damaged.
    pub(super) new_manifest: bool,
}

/// How it was put in place.
pub(super) struct Swapped {
    /// The way it went; `None` when none was needed.
    pub(super) method: Option<Method>,
    /// See [`discard`].
    pub(super) kept: Option<PathBuf>,
}

impl Change<'_> {
    /// Whether renaming one file does it all: its folder is there, and nothing but a file in its place.
    pub(super) fn is_small(&self, removed: usize) -> bool {
        let fits = |path: &str| {
            let folder = ancestors(path).next();
            let is = |path: &str, kind| self.found.get(path).is_some_and(|node| node.kind == kind);
            folder.is_none_or(|folder| is(folder, Kind::Folder)) && !is(path, Kind::Folder)
        };
        removed == 0
            && match self.written[..] {
                [] => true,
                [path] => fits(path),
                _ => false,
            }
    }

    /// Renames the one file that was written, and the manifest, into place.
    pub(super) fn replace(&self, stage: &Stage) -> Result<Swapped, Diagnostic> {
        let names: Vec<&str> = if self.new_manifest {
            self.write_manifest(stage)?;
            // The manifest first: a file that it names and that is not there yet is merely written again, but a
            // file that it does not name would be foreign.
            [MANIFEST]
                .into_iter()
                .chain(self.written.iter().copied())
                .collect()
        } else {
            self.written.clone()
        };
        for name in &names {
            disk::sync_file(&stage.tree.join(name))
                .map_err(|e| failed("sync", Path::new(name), &e))?;
        }
        for name in names {
            disk::rename(&stage.tree.join(name), &self.output.join(name))
                .map_err(|error| failed("write", Path::new(name), &error))?;
        }
        Ok(Swapped {
            method: None,
            kept: None,
        })
    }

    /// Puts the whole site in place, by `method` or the next best that works.
    pub(super) fn swap(&self, stage: &mut Stage, method: Method) -> Result<Swapped, Diagnostic> {
        let fail = |error: io::Error| failed("replace", self.output, &error);
        self.write_manifest(stage)?;
        if stage.inside || self.found.sealed {
            return self.in_place(stage);
        }
        match self.fill(stage) {
            Err((_, error)) if disk::ruled_out(&error) => return self.in_place(stage),
            Err((path, error)) => return Err(failed("link", &path, &error)),
            Ok(()) => {}
        }
        stage.mark(SWAP).map_err(fail)?;
        // Held until the end: the new folder has to be locked when it appears.
        let _lock = lock::lock(&stage.tree).map_err(fail)?;
        self.sync(stage)?;

        let old = stage.folder.join(OLD);
        let mut done = None;
        if method == Method::Exchange {
            match disk::exchange(&stage.tree, self.output) {
                Ok(()) => done = Some(Method::Exchange),
                Err(error) if disk::ruled_out(&error) => {}
                Err(error) => return Err(fail(error)),
            }
        }
        if done.is_none() {
            match self.rename_twice(stage, &old) {
                Ok(()) => done = Some(Method::Renames),
                Err(error) if !stage.armed => {
                    let where_it_is = format!("the site is in `{}`", old.display());
                    return Err(fail(error).help(where_it_is));
                }
                Err(error) if disk::ruled_out(&error) => return self.in_place(stage),
                Err(error) => return Err(fail(error)),
            }
        }
        // The new site is there: what goes wrong from here on is for the next build to clear up.
        stage.armed = false;
        let replaced = match done {
            Some(Method::Exchange) => &stage.tree,
            _ => &old,
        };
        let discarded = discard(replaced, self.output);
        if discarded.is_ok() {
            let _ = disk::remove_stage(&stage.folder);
        }
        Ok(Swapped {
            method: done,
            kept: discarded.unwrap_or_default(),
        })
    }

    /// Leaves the stage disarmed if the old site could not be put back.
    fn rename_twice(&self, stage: &mut Stage, old: &Path) -> io::Result<()> {
        disk::rename(self.output, old)?;
        let Err(error) = disk::rename(&stage.tree, self.output) else {
            return Ok(());
        };
        stage.armed = disk::rename(old, self.output).is_ok();
        Err(error)
    }

    /// Moves file by file, as this is all that is left.
    fn in_place(&self, stage: &mut Stage) -> Result<Swapped, Diagnostic> {
        let fail = |error: io::Error| failed("replace", self.output, &error);
        self.sync(stage)?;
        stage.mark(FORWARD).map_err(fail)?;
        // From here on there is only forward; if it fails, the next build goes on.
        stage.armed = false;
        forward(&stage.tree, self.output)?;
        let _ = disk::remove_stage(&stage.folder);
        Ok(Swapped {
            method: Some(Method::InPlace),
            kept: None,
        })
    }

    fn write_manifest(&self, stage: &Stage) -> Result<(), Diagnostic> {
        let path = stage.tree.join(MANIFEST);
        disk::write_new(&path, self.next.to_text().as_bytes())
            .map_err(|error| failed("write", Path::new(MANIFEST), &error))
    }

    /// Sees to it that what was written outlasts a loss of power. When there is no site yet there is none to lose,
    /// and what is not whole then is written again by the next build.
    fn sync(&self, stage: &Stage) -> Result<(), Diagnostic> {
        if self.previous.is_empty() {
            return Ok(());
        }
        if self.written.len() > SYNC_ONE_BY_ONE {
            let folder = rustix::fs::open(
                &stage.folder,
                rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC,
                rustix::fs::Mode::empty(),
            );
            return folder
                .map_err(io::Error::from)
                .and_then(disk::sync_file_system)
                .map_err(|error| failed("sync", &stage.folder, &error));
        }
        for path in self.written.iter().chain(&[MANIFEST]) {
            disk::sync_file(&stage.tree.join(path))
                .map_err(|error| failed("sync", Path::new(path), &error))?;
        }
        Ok(())
    }

    /// Links into the stage whatever of the output folder stays as it is.
    fn fill(&self, stage: &Stage) -> Result<(), (PathBuf, io::Error)> {
        let written: HashSet<&OsStr> = self.written.iter().map(OsStr::new).collect();
        let (ours, next) = (listed(self.previous), listed(self.next));
        let stays = |path: &OsStr, node: &Node| {
            let stale = node.kind == Kind::File && ours.contains(path) && !next.contains(path);
            node.kind != Kind::Folder && !written.contains(path) && !stale
        };
        let files: Vec<&OsStr> = self
            .found
            .iter()
            .filter(|(path, node)| stays(path, node))
            .map(|(path, _)| path)
            .collect();

        // A folder goes with Bindery's last file in it, unless something else is there.
        let emptied = self.previous.folders();
        let mut needed: HashSet<&Path> = HashSet::new();
        for file in files.iter().chain(&written) {
            for folder in Path::new(file).ancestors().skip(1) {
                if !needed.insert(folder) {
                    break;
                }
            }
        }
        let folders: Vec<(PathBuf, &Node)> = self
            .found
            .iter()
            .filter(|(path, node)| {
                let foreign = !path.to_str().is_some_and(|path| emptied.contains(path));
                node.kind == Kind::Folder && (foreign || needed.contains(Path::new(path)))
            })
            .map(|(path, node)| (stage.tree.join(path), node))
            .collect();

        for (path, _) in &folders {
            disk::ensure_folder(path).map_err(|error| (path.clone(), error))?;
        }
        files.par_iter().with_min_len(64).try_for_each(|path| {
            let from = self.output.join(path);
            match disk::link(&from, &stage.tree.join(path)) {
                // A foreign file may come and go.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !next.contains(path) => {
                    Ok(())
                }
                done => done.map_err(|error| (from, error)),
            }
        })?;
        // Last and inside out, as a folder may be read-only.
        let root = Node::at(self.output).map_err(|error| (self.output.to_owned(), error))?;
        let tree = (stage.tree.clone(), &root);
        for (path, node) in folders.iter().rev().chain([&tree]) {
            like(path, node).map_err(|error| (path.clone(), error))?;
        }
        Ok(())
    }
}

/// The paths in a manifest.
fn listed(manifest: &Manifest) -> HashSet<&OsStr> {
    let paths = manifest.iter().map(|(path, _)| path.as_str());
    paths.map(OsStr::new).collect()
}

/// Gives a folder the owner and mode of the one it replaces.
fn like(folder: &Path, node: &Node) -> io::Result<()> {
    let new = Node::at(folder)?;
    if new.owner != node.owner {
        disk::set_owner(folder, node.owner)?;
    }
    if new.mode != node.mode {
        disk::set_mode(folder, node.mode)?;
    }
    Ok(())
}

/// Moves the files of a whole tree into the output folder, and removes what has become stale there. May be cut short
/// anywhere and begun again.
pub(super) fn forward(tree: &Path, output: &Path) -> Result<(), Diagnostic> {
    let fail = |error: io::Error| failed("replace", output, &error);
    let Found::Whole(next) = Manifest::read(tree).map_err(fail)? else {
        // The manifest moves last, so all is done.
        return Ok(());
    };
    let now = match Manifest::read(output).map_err(fail)? {
        Found::Whole(manifest) => manifest,
        Found::Nothing | Found::Damaged => Manifest::default(),
    };
    let found = Survey::of(output).map_err(fail)?;
    let is = |path: &str, kind| found.get(path).is_some_and(|node| node.kind == kind);

    // Meanwhile the files of both sites are Bindery's.
    let both = next.or(&now);
    if both != now {
        let text = tree.with_file_name(MANIFEST);
        // Left by a build that was killed here.
        let _ = disk::remove_file(&text);
        disk::write_new(&text, both.to_text().as_bytes()).map_err(fail)?;
        disk::rename(&text, &output.join(MANIFEST)).map_err(fail)?;
    }

    let stale: Vec<&str> = now
        .iter()
        .map(|(path, _)| path)
        .filter(|path| next.get(path).is_none())
        .map(|path| path.as_str())
        .collect();
    let (folders, names) = (next.folders(), listed(&next));
    // Sorted, so that from the end inner folders come first.
    let emptied: BTreeSet<&str> = now.folders().difference(&folders).copied().collect();
    let remove = || -> Result<(), Diagnostic> {
        for path in stale.iter().filter(|path| is(path, Kind::File)) {
            disk::remove_file(&output.join(path))
                .map_err(|error| failed("remove", Path::new(path), &error))?;
        }
        for folder in emptied
            .iter()
            .rev()
            .filter(|folder| is(folder, Kind::Folder))
        {
            match disk::remove_folder(&output.join(folder)) {
                // Something foreign is in it.
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                done => done.map_err(|error| failed("remove", Path::new(folder), &error))?,
            }
        }
        Ok(())
    };
    // New files come before old ones go, unless a file becomes a folder or the reverse.
    let clash = stale.iter().any(|path| {
        folders.contains(path) || ancestors(path).any(|folder| names.contains(OsStr::new(folder)))
    });
    if clash {
        remove()?;
    }

    let moved: Vec<&str> = next
        .iter()
        .map(|(path, _)| path.as_str())
        .filter(|path| Node::at(&tree.join(path)).is_ok())
        .collect();
    let folders: BTreeSet<&str> = moved.iter().flat_map(|path| ancestors(path)).collect();
    for folder in folders {
        let path = output.join(folder);
        let there = Node::at(&path).map(|node| node.kind);
        match there {
            Ok(Kind::Folder) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                disk::make_folder(&path)
                    .map_err(|error| failed("make", Path::new(folder), &error))?;
            }
            Ok(_) => {
                let message = format!("`{folder}` in `{}` is not a folder", output.display());
                return Err(Diagnostic::new(Code::Publish, message).help("move it away"));
            }
            Err(error) => return Err(failed("look at", Path::new(folder), &error)),
        }
    }
    for path in moved {
        disk::rename(&tree.join(path), &output.join(path))
            .map_err(|error| failed("write", Path::new(path), &error))?;
    }
    if !clash {
        remove()?;
    }
    disk::rename(&tree.join(MANIFEST), &output.join(MANIFEST)).map_err(fail)
}
