//! The calls that change the disk. Tests make any one of them fail or die: nothing else here writes.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the output folder is written in publish/"
)]

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{CWD, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::diagnostic::{Code, Diagnostic};

/// A finding that says which call failed, on what and why.
pub(super) fn failed(doing: &str, path: &Path, error: &io::Error) -> Diagnostic {
    let finding = Diagnostic::new(
        Code::Publish,
        format!("cannot {doing} `{}`: {error}", path.display()),
    );
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            finding.help("make room and build again")
        }
        _ => finding,
    }
}

/// Whether a file system or the rights on a folder rule a call out, so that another way may do.
pub(super) fn ruled_out(error: &io::Error) -> bool {
    // OPNOTSUPP and NOTSUP are one number on Linux and two on others.
    matches!(
        Errno::from_io_error(error),
        Some(Errno::NOSYS | Errno::INVAL | Errno::XDEV | Errno::BUSY | Errno::PERM | Errno::ACCESS)
            | Some(Errno::OPNOTSUPP | Errno::MLINK | Errno::ROFS | Errno::NAMETOOLONG)
    )
}

/// Makes one folder.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    step()?;
    fs::create_dir(path)
}

/// Makes a folder unless it is there.
pub(super) fn ensure_folder(path: &Path) -> io::Result<()> {
    match make_folder(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done,
    }
}

/// Writes a file that is not there yet, and the folders it lies in.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    step()?;
    let mut file = match File::create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            File::create_new(path)?
        }
        file => file?,
    };
    step()?;
    file.write_all(bytes)
}

/// Reads a regular file, not through a symbolic link.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.cast_signed())
        .open(path)?;
    bytes.reserve(usize::try_from(file.metadata()?.len()).unwrap_or(0));
    io::Read::read_to_end(&mut file, &mut bytes)?;
    Ok(bytes)
}

/// Renames over whatever file, or empty folder, is there.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    fs::rename(from, to)
}

/// Renames unless something is there.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Where the file system cannot do both in one.
        Err(Errno::INVAL | Errno::NOSYS) if fs::symlink_metadata(to).is_err() => {
            fs::rename(from, to)
        }
        done => Ok(done?),
    }
}

/// Exchanges two folders in one instant.
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    step()?;
    Ok(rustix::fs::renameat_with(
        CWD,
        one,
        CWD,
        other,
        RenameFlags::EXCHANGE,
    )?)
}

/// Gives a file another name; a symbolic link is not followed.
pub(super) fn link(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    fs::hard_link(from, to)
}

/// Removes one file.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    step()?;
    fs::remove_file(path)
}

/// Removes one empty folder.
pub(super) fn remove_folder(path: &Path) -> io::Result<()> {
    step()?;
    fs::remove_dir(path)
}

/// Removes a folder that holds nothing but what Bindery made, or hard links to what lies elsewhere too.
pub(super) fn remove_stage(folder: &Path) -> io::Result<()> {
    step()?;
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // The copy of a foreign folder may be read-only as that is.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            for (name, kind) in super::survey::walk(folder)?.entries {
                if kind.is_dir() {
                    set_mode(&folder.join(name), 0o700)?;
                }
            }
            fs::remove_dir_all(folder)
        }
        done => done,
    }
}

/// Sets a folder's mode.
pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    step()?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Sets a folder's owner and group.
pub(super) fn set_owner(path: &Path, (user, group): (u32, u32)) -> io::Result<()> {
    step()?;
    std::os::unix::fs::chown(path, Some(user), Some(group))
}

/// Waits until a file's bytes are on the disk.
pub(super) fn sync_file(path: &Path) -> io::Result<()> {
    step()?;
    File::open(path)?.sync_data()
}

/// Waits until everything written to the file system of `folder` is on the disk.
pub(super) fn sync_file_system(folder: impl AsFd) -> io::Result<()> {
    step()?;
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(folder)?;
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        rustix::fs::sync();
    }
    Ok(())
}

#[cfg(not(test))]
fn step() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(super) use fault::{reached, step};

#[cfg(test)]
mod fault {
    //! `BINDERY_FAULT=kill:7` dies at the seventh call, `BINDERY_FAULT=full:7` finds the disk full there.

    use std::io;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static FAULT: OnceLock<Option<(bool, u64)>> = OnceLock::new();
    static CALLS: AtomicU64 = AtomicU64::new(0);

    /// Whether there have been so many calls.
    pub(in super::super) fn reached() -> bool {
        let when = FAULT.get().copied().flatten().map(|(_, when)| when);
        when.is_some_and(|when| CALLS.load(Ordering::Relaxed) >= when)
    }

    pub(in super::super) fn step() -> io::Result<()> {
        let fault = FAULT.get_or_init(|| {
            let text = std::env::var("BINDERY_FAULT").ok()?;
            let (what, when) = text.split_once(':')?;
            Some((what == "kill", when.parse().ok()?))
        });
        let Some((kill, when)) = fault else {
            return Ok(());
        };
        if CALLS.fetch_add(1, Ordering::Relaxed) + 1 == *when {
            if *kill {
                let this = rustix::process::getpid();
                rustix::process::kill_process(this, rustix::process::Signal::KILL)?;
            }
            return Err(rustix::io::Errno::NOSPC.into());
        }
        Ok(())
    }
}
