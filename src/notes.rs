//! Bindery's own notes in a project, the folder `.bindery`: it may always be deleted, and belongs into no repository.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that makes the folder of notes"
)]

use std::fs;
use std::path::Path;

use crate::hash::Digest;

/// The folder's name, below the root of the project.
pub const FOLDER: &str = ".bindery";
/// What git reads there: nothing in the folder is meant for it, this file neither.
const IGNORE: &str = "# Bindery's own notes: they may always be deleted.\n*\n";

/// The identity of the program that runs: what another one, or another build of it, kept may mean something else.
pub fn program() -> Digest {
    let file = std::env::current_exe().and_then(fs::metadata);
    let file = file.ok().map(|file| (file.len(), file.modified().ok()));
    Digest::of(&(env!("CARGO_PKG_VERSION"), file))
}

/// Makes the folder of notes, and tells git to pass it over.
///
/// Nothing is said if that fails: whoever then writes a note finds out.
pub fn make(folder: &Path) {
    let _ = fs::create_dir_all(folder);
    let ignore = folder.join(".gitignore");
    if folder.file_name().is_some_and(|name| name == FOLDER) && !ignore.exists() {
        let _ = fs::write(ignore, IGNORE);
    }
}

/// Keeps a note of the project below `root`, whole or not at all.
///
/// That it cannot be written is no error: an older one is taken away, and the next run is slower.
pub fn keep(root: &Path, name: &str, bytes: &[u8]) {
    let folder = root.join(FOLDER);
    let (path, new) = (folder.join(name), folder.join(format!("{name}.new")));
    make(&folder);
    if fs::write(&new, bytes)
        .and_then(|()| fs::rename(&new, &path))
        .is_err()
    {
        let _ = fs::remove_file(&new);
        let _ = fs::remove_file(&path);
    }
}
