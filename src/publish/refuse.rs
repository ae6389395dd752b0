//! Output folders that must not be written to.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that writes the disk"
)]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::Target;
use crate::diagnostic::{Code, Diagnostic};

/// Folders of a project that are inputs.
const INPUTS: &[&str] = &["content", "themes", "src", ".git", ".bindery"];

/// Why `target`'s output folder must not be written to, if it must not.
pub fn refuse(target: &Target) -> Option<Diagnostic> {
    let output = real(&target.output);
    let root = real(&target.root);
    let reason = if output.parent().is_none() {
        "it is the root of the file system".to_owned()
    } else if output == root {
        "it is the project itself".to_owned()
    } else if root.starts_with(&output) {
        "the project lies in it".to_owned()
    } else if target
        .home
        .as_deref()
        .map(real)
        .is_some_and(|home| home.starts_with(&output))
    {
        "it is a home folder, or one lies in it".to_owned()
    } else if let Some(input) = INPUTS
        .iter()
        .find(|name| output.starts_with(root.join(name)))
    {
        format!("it lies in `{input}`, which a build reads")
    } else if output.components().any(|part| part.as_os_str() == ".git") {
        "it lies in a git repository's own folder".to_owned()
    } else if fs::symlink_metadata(&target.output).is_ok_and(|meta| meta.is_symlink()) {
        "it is a symbolic link; name the folder it points to".to_owned()
    } else if fs::symlink_metadata(&output).is_ok_and(|meta| !meta.is_dir()) {
        "there is a file of that name".to_owned()
    } else {
        return None;
    };
    Some(
        Diagnostic::new(
            Code::OutputRefused,
            format!(
                "`{}` is no output folder: {reason}",
                target.output.display()
            ),
        )
        .help("name another with `output` in site.toml or `--output`; `public` is usual"),
    )
}

/// The path with links followed as far as it exists, and `.` and `..` folded after that.
fn real(path: &Path) -> PathBuf {
    let mut existing = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut rest: Vec<OsString> = Vec::new();
    loop {
        if let Ok(mut real) = fs::canonicalize(&existing) {
            for name in rest.iter().rev() {
                if name == ".." {
                    real.pop();
                } else {
                    real.push(name);
                }
            }
            return real;
        }
        match existing.components().next_back() {
            Some(last) => rest.push(last.as_os_str().to_owned()),
            None => return path.to_owned(),
        }
        if !existing.pop() {
            return path.to_owned();
        }
    }
}
