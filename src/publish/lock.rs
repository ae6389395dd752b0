//! One build at a time: an advisory lock on the output folder itself.
//!
//! The kernel drops a lock with the process that holds it, so a dead build locks nobody out and no lock file is left
//! behind. Publishing puts another folder at the same path; therefore whoever gets a lock looks whether the path
//! still leads to what was locked, and a swap locks the new folder before it takes the old one's place. The stage
//! is locked too, because [`Method::Renames`](super::Method) leaves the path empty for an instant.
#![expect(
    clippy::disallowed_methods,
    reason = "the output folder is locked in publish/"
)]

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags, flock, fstat, open};
use rustix::io::Errno;

use super::disk::failed;
use super::recover::{self, Recovered};
use super::stage;
use crate::diagnostic::{Code, Diagnostic};

/// How often to look whether the lock is free.
const PAUSE: Duration = Duration::from_millis(20);

/// The output folder, held.
#[derive(Debug)]
pub(super) struct Lock {
    /// Held until this is closed.
    _folder: OwnedFd,
    /// Folders that were made to have something to lock; removed again if nothing came into them.
    made: Vec<PathBuf>,
    /// Folders that hold what a killed build's recovery could not put back.
    pub(super) kept: Vec<PathBuf>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        for folder in self.made.iter().rev() {
            // Fails when something is in it, as it should.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// What came of one try to lock a folder.
pub(super) enum Try {
    /// It is ours.
    Held(OwnedFd),
    /// Another has it; the folder's number tells who.
    Busy(u64),
    /// There is no such folder, or no longer the one that was opened.
    Gone,
}

/// Takes the lock, makes the output folder if need be and clears up after killed builds.
pub(super) fn acquire(output: &Path, wait: Duration) -> Result<Lock, Diagnostic> {
    let mut made = Vec::new();
    let mut kept = Vec::new();
    let mut waited = Duration::ZERO;
    loop {
        make(output, &mut made).map_err(|error| failed("make", output, &error))?;
        match attempt(output, &mut kept)? {
            Try::Held(folder) => {
                return Ok(Lock {
                    _folder: folder,
                    made,
                    kept,
                });
            }
            Try::Busy(inode) if waited >= wait => return Err(locked(output, inode)),
            // Counted also when a folder is gone, lest two builds dance forever.
            Try::Busy(_) | Try::Gone => {
                thread::sleep(PAUSE);
                waited += PAUSE;
            }
        }
    }
}

/// Tries once to lock the output folder and what a killed build has left, and clears that up.
fn attempt(output: &Path, kept: &mut Vec<PathBuf>) -> Result<Try, Diagnostic> {
    let folder = match lock(output).map_err(|error| failed("lock", output, &error))? {
        Try::Held(folder) => folder,
        other => return Ok(other),
    };
    for left in [stage::beside(output), stage::inside(output)] {
        let _left = match lock(&left) {
            Ok(Try::Held(left)) => left,
            Ok(Try::Gone) => continue,
            Ok(busy) => return Ok(busy),
            Err(error) => return Err(failed("open", &left, &error)),
        };
        match recover::recover(&left, output)? {
            Recovered::Done(mut folders) => kept.append(&mut folders),
            // The path leads to another folder now.
            Recovered::PutBack => return Ok(Try::Gone),
        }
    }
    Ok(Try::Held(folder))
}

/// Tries to lock one folder.
pub(super) fn lock(path: &Path) -> io::Result<Try> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = match open(path, flags, Mode::empty()) {
        Err(Errno::NOENT | Errno::NAMETOOLONG) => return Ok(Try::Gone),
        folder => folder?,
    };
    let inode = fstat(&folder)?.st_ino;
    match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => return Ok(Try::Busy(inode)),
        // A file system without locks: better to build than not to.
        Err(Errno::OPNOTSUPP | Errno::NOLCK | Errno::NOSYS | Errno::BADF) => {}
        done => done?,
    }
    match fs::symlink_metadata(path) {
        Ok(now) if now.is_dir() && now.ino() == inode => Ok(Try::Held(folder)),
        Ok(_) => Ok(Try::Gone),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Try::Gone),
        Err(error) => Err(error),
    }
}

/// Makes the output folder and those above it, and takes note of which.
fn make(folder: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let Some(parent) = folder.parent() else {
                return Err(error);
            };
            make(parent, made)?;
            fs::create_dir(folder)?;
        }
        done => done?,
    }
    if !made.iter().any(|one| one == folder) {
        made.push(folder.to_owned());
    }
    Ok(())
}

fn locked(output: &Path, inode: u64) -> Diagnostic {
    let who = match holder(inode) {
        Some(process) => format!("another build (process {process})"),
        None => "another build".to_owned(),
    };
    Diagnostic::new(
        Code::Locked,
        format!("{who} is writing to `{}`", output.display()),
    )
    .help("wait until it has ended, or stop it")
}

/// The process that holds a lock on the file `inode`, as far as the kernel tells.
fn holder(inode: u64) -> Option<u32> {
    // `1: FLOCK  ADVISORY  WRITE 4711 fe:00:12345 0 EOF`; the device is left out, as btrfs says another one there.
    let locks = fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let is_ours = fields.next()? == "FLOCK";
        let process = fields.nth(2)?.parse().ok()?;
        let its: u64 = fields.next()?.rsplit(':').next()?.parse().ok()?;
        (is_ours && its == inode && process != 0).then_some(process)
    })
}
