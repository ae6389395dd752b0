//! Clearing up: what a killed build has left, and the old site once the new one has taken its place.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::disk::{self, failed};
use super::manifest::{Found, MANIFEST, Manifest};
use super::stage::{FORWARD, OLD, SWAP, TREE};
use super::survey::{Kind, Node, walk};
use super::swap;
use crate::diagnostic::{Code, Diagnostic};

/// What came of clearing up.
pub(super) enum Recovered {
    /// The stage is gone. Foreign files that came into the old site while it was replaced, and for which there was
    /// no room in the new one, were put into these folders.
    Done(Vec<PathBuf>),
    /// The old site was put back at its path.
    PutBack,
}

/// Clears up the stage in `folder` of a build that is dead.
pub(super) fn recover(folder: &Path, output: &Path) -> Result<Recovered, Diagnostic> {
    let fail = |error: io::Error| failed("clear up", folder, &error);
    let owner = Node::at(folder).map_err(fail)?.owner.0;
    if owner != rustix::process::geteuid().as_raw() {
        // It may be a trap in a folder that others can write to.
        let message = format!("`{}` belongs to another user", folder.display());
        return Err(Diagnostic::new(Code::Publish, message)
            .help("it was left by a build that was killed: remove it, or build as that user"));
    }
    let there = |name: &str| Node::at(&folder.join(name)).is_ok();
    let (old, tree) = (folder.join(OLD), folder.join(TREE));
    let mut kept = Vec::new();
    if there(FORWARD) {
        swap::forward(&tree, output)?;
    } else if there(SWAP) {
        if there(OLD) && there(TREE) {
            // Killed between the two renames. The lock's own empty folder may be in its place.
            disk::rename(&old, output).map_err(|error| {
                failed("put back", output, &error)
                    .help(format!("the site is in `{}`", old.display()))
            })?;
            return Ok(Recovered::PutBack);
        }
        let left = if there(OLD) { old } else { tree };
        kept.extend(discard(&left, output).map_err(fail)?);
    }
    disk::remove_stage(folder).map_err(fail)?;
    Ok(Recovered::Done(kept))
}

/// Removes `tree`, which is a site that was replaced by the one in `output`, or was to replace it.
///
/// Only what its manifest names is deleted, and what `output` has too. Anything else came in after the last look;
/// it moves to `output`, or with the tree to a folder of its own, which is then the result.
pub(super) fn discard(tree: &Path, output: &Path) -> io::Result<Option<PathBuf>> {
    if let Err(error) = Node::at(tree)
        && error.kind() == io::ErrorKind::NotFound
    {
        return Ok(None);
    }
    let ours = match Manifest::read(tree)? {
        Found::Whole(manifest) => manifest,
        Found::Nothing | Found::Damaged => Manifest::default(),
    };
    let ours: HashSet<&str> = ours.iter().map(|(path, _)| path.as_str()).collect();
    let entries = walk(tree)?.entries;
    entries
        .par_iter()
        .with_min_len(64)
        .filter(|(_, kind)| !kind.is_dir())
        .try_for_each(|(name, kind)| {
            let path = tree.join(name);
            let listed = kind.is_file() && name.to_str().is_some_and(|name| ours.contains(name));
            if listed || same(&path, &output.join(name)) {
                return remove_file(&path);
            }
            match disk::rename_new(&path, &output.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::StorageFull => Err(error),
                // Seen below, as its folder cannot be removed.
                _ => Ok(()),
            }
        })?;
    for (name, kind) in entries.iter().rev() {
        if kind.is_dir() {
            remove_folder(&tree.join(name))?;
        }
    }
    // Last, as it says what may be deleted should this be cut short.
    match disk::remove_file(&tree.join(MANIFEST)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    match disk::remove_folder(tree) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
            let number = Node::at(tree)?.stat.inode;
            let mut name = output.file_name().unwrap_or_default().to_owned();
            name.push(format!(".bindery-kept-{number}"));
            let kept = output.with_file_name(name);
            disk::rename_new(tree, &kept)?;
            Ok(Some(kept))
        }
        done => done.map(|()| None),
    }
}

/// Whether two paths lead to one file.
fn same(one: &Path, other: &Path) -> bool {
    match (Node::at(one), Node::at(other)) {
        (Ok(one), Ok(other)) => {
            one.kind != Kind::Folder && other.kind == one.kind && one.stat.inode == other.stat.inode
        }
        _ => false,
    }
}

/// Removes a file, from a read-only folder too: the folder is about to be removed as well.
fn remove_file(path: &Path) -> io::Result<()> {
    match disk::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            if let Some(folder) = path.parent() {
                disk::set_mode(folder, 0o700)?;
            }
            disk::remove_file(path)
        }
        done => done,
    }
}

/// Removes a folder if it is empty.
fn remove_folder(path: &Path) -> io::Result<()> {
    match disk::remove_folder(path) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            if let Some(folder) = path.parent() {
                disk::set_mode(folder, 0o700)?;
            }
            disk::remove_folder(path)
        }
        done => done,
    }
}
