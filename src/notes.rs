//! Bindery's own notes in a project, the folder `.bindery`: it may always be deleted, and belongs into no repository.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that makes the folder of notes"
)]

use std::fs;
use std::path::Path;

/// The folder's name, below the root of the project.
pub const FOLDER: &str = ".bindery";
/// What git reads there: nothing in the folder is meant for it, this file neither.
const IGNORE: &str = "# Bindery's own notes: they may always be deleted.\n*\n";

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
