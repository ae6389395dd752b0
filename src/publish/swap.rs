//! The steps on disk: a stage beside the output folder, the exchange, and what is left of a killed run.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that writes the disk"
)]
#![expect(
    clippy::disallowed_types,
    reason = "this is the edge that writes the disk"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with, syncfs};
use rustix::io::Errno;
use walkdir::WalkDir;

use super::manifest::{MANIFEST, Manifest};
use super::sibling;
use crate::path::OutPath;

/// Lies in a stage while it is being filled: a folder with it is ours to delete whole.
const MARKER: &str = ".bindery-stage";

/// One commit: from what is there to what should be.
pub(super) struct Step<'a> {
    pub(super) output: &'a Path,
    pub(super) stage: &'a Path,
    pub(super) before: &'a Manifest,
    pub(super) after: &'a Manifest,
    /// Files whose new bytes lie in the stage.
    pub(super) written: &'a [OutPath],
    /// Files of ours that go.
    pub(super) removed: &'a BTreeSet<OutPath>,
    /// Files that are not ours and stay.
    pub(super) foreign: &'a [String],
}

/// What could not be done, to what, and why.
pub(super) type Failure = (&'static str, PathBuf, io::Error);

fn at<T>(what: &'static str, path: &Path, result: io::Result<T>) -> Result<T, Failure> {
    result.map_err(|error| (what, path.to_owned(), error))
}

impl Step<'_> {
    /// There is no output folder yet: the stage becomes it.
    pub(super) fn create(&self) -> Result<(), Failure> {
        at("make", self.stage, start_stage(self.stage))?;
        self.seal()?;
        at("rename", self.stage, fs::rename(self.stage, self.output))
    }

    /// One file has new bytes and nothing else changes: a rename is enough. The manifest goes first: a kill between
    /// the two leaves a file that is not what its manifest says, which the next build writes again.
    pub(super) fn replace_one(&self, path: &OutPath) -> Result<(), Failure> {
        let (from, to) = (
            self.stage.join(path.as_str()),
            self.output.join(path.as_str()),
        );
        let new_manifest = self.stage.join(MANIFEST);
        at(
            "write",
            &new_manifest,
            fs::write(&new_manifest, self.after.text()),
        )?;
        self.sync()?;
        if let Some(folder) = to.parent() {
            at("make", folder, fs::create_dir_all(folder))?;
        }
        at(
            "rename",
            &new_manifest,
            fs::rename(&new_manifest, self.output.join(MANIFEST)),
        )?;
        at("rename", &from, fs::rename(&from, &to))
    }

    /// Fills the stage up to the whole new site and exchanges the two folders.
    pub(super) fn exchange(&self) -> Result<(), Failure> {
        at("make", self.stage, start_stage(self.stage))?;
        match self.fill() {
            Ok(()) => {}
            // No hard links here, or not of files of another owner.
            Err((_, _, error)) if is_unsupported(&error) => return self.one_by_one(),
            Err(failure) => return Err(failure),
        }
        self.seal()?;
        match renameat_with(CWD, self.stage, CWD, self.output, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                let old = sibling(self.output, "old");
                at("rename", self.output, fs::rename(self.output, &old))?;
                at("rename", self.stage, fs::rename(self.stage, self.output))?;
                at("rename", &old, fs::rename(&old, self.stage))?;
            }
            // The output folder is a mount point, or its parent may not be changed.
            Err(Errno::BUSY | Errno::XDEV | Errno::PERM | Errno::ACCESS) => {
                at("make", self.stage, start_stage(self.stage))?;
                return self.one_by_one();
            }
            Err(error) => return at("exchange", self.output, Err(error.into())),
        }
        retire(self.stage, self.output, self.before);
        Ok(())
    }

    /// Links into the stage whatever of the old site stays.
    fn fill(&self) -> Result<(), Failure> {
        let written: BTreeSet<&OutPath> = self.written.iter().collect();
        let kept = self
            .after
            .paths()
            .filter(|path| !written.contains(path))
            .map(OutPath::as_str);
        let mut last_folder = PathBuf::new();
        for name in kept.chain(self.foreign.iter().map(String::as_str)) {
            let (from, to) = (self.output.join(name), self.stage.join(name));
            let folder = to.parent().unwrap_or(self.stage);
            if folder != last_folder {
                at("make", folder, fs::create_dir_all(folder))?;
                folder.clone_into(&mut last_folder);
            }
            let meta = at("read", &from, fs::symlink_metadata(&from))?;
            if meta.is_symlink() {
                // A link is kept as a link and never followed.
                let target = at("read", &from, fs::read_link(&from))?;
                at("make", &to, symlink(target, &to))?;
            } else {
                at("link", &to, fs::hard_link(&from, &to))?;
            }
        }
        Ok(())
    }

    /// Makes the stage a site: its manifest is written, its marker goes, and all of it is on disk.
    fn seal(&self) -> Result<(), Failure> {
        let manifest = self.stage.join(MANIFEST);
        at("write", &manifest, fs::write(&manifest, self.after.text()))?;
        let marker = self.stage.join(MARKER);
        at("remove", &marker, fs::remove_file(&marker))?;
        self.sync()
    }

    /// One sync of the file system: ten thousand of single files would take minutes.
    fn sync(&self) -> Result<(), Failure> {
        let folder = at("open", self.stage, fs::File::open(self.stage))?;
        match syncfs(&folder) {
            Ok(()) | Err(Errno::NOSYS | Errno::INVAL) => Ok(()),
            Err(error) => at("sync", self.stage, Err(error.into())),
        }
    }

    /// Renames file by file into an output folder that cannot be exchanged.
    fn one_by_one(&self) -> Result<(), Failure> {
        let manifest = self.output.join(MANIFEST);
        let new_manifest = self.stage.join(MANIFEST);
        // While both are there, both are ours.
        let both = self.before.union(self.after);
        at(
            "write",
            &new_manifest,
            fs::write(&new_manifest, both.text()),
        )?;
        self.sync()?;
        self.move_in(&new_manifest, &manifest)?;
        for path in self.removed {
            let file = self.output.join(path.as_str());
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return at("remove", &file, Err(error));
                }
                _ => remove_empty_folders(&file, self.output),
            }
        }
        for path in self.written {
            let (from, to) = (
                self.stage.join(path.as_str()),
                self.output.join(path.as_str()),
            );
            if let Some(folder) = to.parent() {
                at("make", folder, fs::create_dir_all(folder))?;
            }
            self.move_in(&from, &to)?;
        }
        at(
            "write",
            &new_manifest,
            fs::write(&new_manifest, self.after.text()),
        )?;
        self.move_in(&new_manifest, &manifest)
    }

    /// A rename, or where the output folder is another file system a copy beside the target and a rename there.
    fn move_in(&self, from: &Path, to: &Path) -> Result<(), Failure> {
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let name = to
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned())
                    .unwrap_or_default();
                let near = to.with_file_name(format!(".{name}.bindery-new"));
                at("write", &near, fs::copy(from, &near))?;
                at("rename", &near, fs::rename(&near, to))
            }
            result => at("rename", to, result),
        }
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(
            Errno::PERM | Errno::NOTSUP | Errno::NOSYS | Errno::XDEV | Errno::MLINK | Errno::ACCESS
        )
    )
}

/// Makes the stage, with its marker.
pub(super) fn start_stage(stage: &Path) -> io::Result<()> {
    fs::create_dir_all(stage)?;
    let marker = stage.join(MARKER);
    if marker.exists() {
        Ok(())
    } else {
        fs::write(marker, "")
    }
}

/// Takes away a stage that came to nothing.
pub(super) fn clear(stage: &Path) {
    if stage.join(MARKER).exists() {
        let _ = fs::remove_dir_all(stage);
    }
}

/// Mends what a killed run left: a site between two renames, a half-filled stage, an old site not yet taken away.
pub(super) fn recover(output: &Path, stage: &Path) -> io::Result<()> {
    let old = sibling(output, "old");
    if old.is_dir() {
        if output.exists() {
            retire(&old, output, &Manifest::read(&old));
        } else {
            fs::rename(&old, output)?;
        }
    }
    if stage.is_dir() {
        if stage.join(MARKER).exists() {
            fs::remove_dir_all(stage)?;
        } else if output.exists() {
            retire(stage, output, &Manifest::read(stage));
        } else {
            // Sealed, but never renamed: it is a whole site.
            fs::rename(stage, output)?;
        }
    }
    Ok(())
}

/// Takes away a folder whose place another has taken: what is ours, and links to what lives on. A file that came
/// in meanwhile is nobody's to delete: it moves along.
fn retire(folder: &Path, output: &Path, ours: &Manifest) {
    for entry in WalkDir::new(folder)
        .contents_first(true)
        .into_iter()
        .flatten()
    {
        let Ok(below) = entry.path().strip_prefix(folder) else {
            continue;
        };
        if entry.file_type().is_dir() {
            let _ = fs::remove_dir(entry.path());
            continue;
        }
        let name = below.to_str().and_then(OutPath::new);
        let is_ours =
            name.is_some_and(|name| ours.get(&name).is_some()) || below == Path::new(MANIFEST);
        let to = output.join(below);
        if is_ours || fs::symlink_metadata(&to).is_ok() {
            let _ = fs::remove_file(entry.path());
        } else {
            let made = to
                .parent()
                .is_some_and(|folder| fs::create_dir_all(folder).is_ok());
            if made {
                let _ = fs::rename(entry.path(), &to);
            }
        }
    }
    let _ = fs::remove_dir(folder);
}

/// Takes away the folders above `file` that it leaves empty, up to `output`.
fn remove_empty_folders(file: &Path, output: &Path) {
    let mut folder = file.parent();
    while let Some(path) = folder.filter(|path| *path != output && path.starts_with(output)) {
        if fs::remove_dir(path).is_err() {
            return;
        }
        folder = path.parent();
    }
}

/// Files in `output` that are not ours, by their paths below it.
pub(super) fn foreign(output: &Path, ours: &Manifest) -> io::Result<Vec<String>> {
    let mut foreign = Vec::new();
    if !output.is_dir() {
        return Ok(foreign);
    }
    for entry in WalkDir::new(output).min_depth(1).sort_by_file_name() {
        let entry = entry.map_err(io::Error::other)?;
        let below = entry.path().strip_prefix(output).unwrap_or(entry.path());
        let Some(name) = below.to_str() else {
            return Err(io::Error::other(format!(
                "the name of `{}` is not UTF-8",
                below.display()
            )));
        };
        let is_ours =
            name == MANIFEST || OutPath::new(name).is_some_and(|path| ours.get(&path).is_some());
        if !entry.file_type().is_dir() && !is_ours {
            foreign.push(name.to_owned());
        }
    }
    Ok(foreign)
}
