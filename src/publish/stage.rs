//! The stage: a folder in which the new site is made before it takes the old one's place.
//!
//! ```text
//! .public.bindery-stage/     beside the output folder, or .bindery-stage inside it
//!     tree/                  the new site; after an exchange the old one
//!     swap                   the tree is whole, and may or may not have been swapped
//!     old/                   the old site, between two renames
//!     forward                the tree is whole, and its files are being moved into the output folder
//! ```
//!
//! Without `swap` or `forward` everything in the stage is Bindery's own, or a hard link to what lies in the output
//! folder.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use super::Method;
use super::disk::{self, failed};
use super::lock::{self, Try};
use crate::diagnostic::{Code, Diagnostic};
use crate::path::OutPath;

/// The stage's name inside the output folder. Hidden, so that no output can have it.
pub(super) const STAGE: &str = ".bindery-stage";
/// See above.
pub(super) const TREE: &str = "tree";
/// See above.
pub(super) const OLD: &str = "old";
/// See above.
pub(super) const SWAP: &str = "swap";
/// See above.
pub(super) const FORWARD: &str = "forward";

/// A stage, removed when dropped unless it was disarmed.
#[derive(Debug)]
pub(super) struct Stage {
    /// The folder of all.
    pub(super) folder: PathBuf,
    /// The new site.
    pub(super) tree: PathBuf,
    /// Whether it lies inside the output folder, so that nothing can be swapped.
    pub(super) inside: bool,
    /// Whether dropping this removes it.
    pub(super) armed: bool,
    /// Held until this is closed.
    _lock: Option<OwnedFd>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.armed {
            // The next build does it otherwise.
            let _ = disk::remove_stage(&self.folder);
        }
    }
}

impl Stage {
    /// Makes the best stage that can be had for `method`.
    pub(super) fn new(output: &Path, method: Method) -> Result<Self, Diagnostic> {
        if method != Method::InPlace {
            let folder = beside(output);
            let stage = Self::make(folder.clone(), false);
            match stage.and_then(|stage| stage.reaches(output).map(|()| stage)) {
                Ok(stage) => return Ok(stage),
                Err(error) if disk::ruled_out(&error) => {}
                Err(error) => return Err(failed("make", &folder, &error)),
            }
        }
        let folder = inside(output);
        Self::make(folder.clone(), true).map_err(|error| failed("make", &folder, &error))
    }

    fn make(folder: PathBuf, inside: bool) -> io::Result<Self> {
        disk::make_folder(&folder)?;
        let mut stage = Self {
            tree: folder.join(TREE),
            inside,
            armed: true,
            _lock: None,
            folder,
        };
        if let Try::Held(lock) = lock::lock(&stage.folder)? {
            stage._lock = Some(lock);
        }
        disk::make_folder(&stage.tree)?;
        Ok(stage)
    }

    /// Whether things can be renamed from here into the output folder. They cannot when that is a mount point, a
    /// bind mount or under another quota, and only trying tells.
    fn reaches(&self, output: &Path) -> io::Result<()> {
        let (here, there) = (self.folder.join("probe"), inside(output));
        disk::make_folder(&here)?;
        disk::rename(&here, &there)?;
        disk::remove_folder(&there)
    }

    /// Writes one file of the new site.
    pub(super) fn write(&self, path: &OutPath, bytes: &[u8]) -> Result<(), Diagnostic> {
        match disk::write_new(&self.tree.join(path.as_str()), bytes) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Diagnostic::new(
                Code::Publish,
                format!("`{path}` was written twice"),
            )),
            done => done.map_err(|error| failed("write", Path::new(path.as_str()), &error)),
        }
    }

    /// Says in the stage how far things are.
    pub(super) fn mark(&self, marker: &str) -> io::Result<()> {
        disk::write_new(&self.folder.join(marker), b"")
    }
}

/// Where the stage of `output` lies, as long as it can lie there.
pub(super) fn beside(output: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(output.file_name().unwrap_or_default());
    name.push(STAGE);
    output.with_file_name(name)
}

/// Where the stage of `output` lies otherwise.
pub(super) fn inside(output: &Path) -> PathBuf {
    output.join(STAGE)
}
