//! One build at a time: a lock on the folder that the output folder lies in. The system drops it when its holder
//! dies, so a dead lock is no lock.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that writes the disk"
)]
#![expect(
    clippy::disallowed_types,
    reason = "this is the edge that writes the disk"
)]

use std::fs::File;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::failed;
use crate::diagnostic::{Code, Diagnostic};

/// How long a build waits for another.
const PATIENCE: Duration = Duration::from_secs(20);

/// The lock; it ends when this is dropped.
pub(super) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    /// Takes the lock for `output`, whose parent folder is `parent`.
    pub(super) fn take(parent: &Path, output: &Path) -> Result<Self, Diagnostic> {
        let folder = File::open(parent).map_err(|error| failed("open", parent, &error))?;
        let start = Instant::now();
        loop {
            match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self(folder)),
                // Some network file systems have no locks; then there is none to wait for.
                Err(
                    rustix::io::Errno::NOTSUP | rustix::io::Errno::NOSYS | rustix::io::Errno::NOLCK,
                ) => {
                    return Ok(Self(folder));
                }
                Err(_) if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(20)),
                Err(_) => {
                    return Err(Diagnostic::new(
                        Code::Locked,
                        format!("another build has been writing to `{}` for {} s", output.display(), PATIENCE.as_secs()),
                    )
                    .help("wait for it, or stop it; `fuser` on the folder above says which process it is"));
                }
            }
        }
    }
}
