//! The stat cache: by what each output was made, and how its file looked when it was. It may always be deleted.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that writes the disk"
)]

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::manifest::Entry;
use crate::diagnostic::Diagnostic;
use crate::hash::Digest;
use crate::path::OutPath;

const HEADER: &str = "bindery outputs 2";
/// A file changed this shortly before the cache was written may change again within the same tick of the file
/// system's clock (4 ms on Linux), so its stat proves nothing. In nanoseconds.
const TICK: i128 = 20_000_000;

/// What is known of each file in the output folder.
#[derive(Default)]
pub(super) struct Cache {
    files: HashMap<OutPath, Stat>,
    written: i128,
    last: Option<LastBuild>,
}

/// The last build as a whole: from equal inputs the same site comes, with the same findings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LastBuild {
    /// The identity of all inputs, as hexadecimal digits.
    pub inputs: String,
    /// How many pages were built.
    pub pages: usize,
    /// What was found.
    pub findings: Vec<Diagnostic>,
}

struct Stat {
    key: Digest,
    digest: Digest,
    size: u64,
    modified: i128,
    inode: u64,
}

impl Cache {
    /// Reads the cache for `output`; one that is not whole, of another version or folder, is empty.
    pub(super) fn read(path: &Path, output: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_default();
        Self::parse(&text, output).unwrap_or_default()
    }

    fn parse(text: &str, output: &Path) -> Option<Self> {
        let mut lines = text.strip_suffix("end\n")?.lines();
        if lines.next()? != header(output) {
            return None;
        }
        let written = lines.next()?.parse().ok()?;
        let last = serde_json::from_str(lines.next()?).ok()?;
        let stat = |line: &str| {
            let mut fields = line.splitn(6, ' ');
            let stat = Stat {
                key: Digest::from_hex(fields.next()?)?,
                digest: Digest::from_hex(fields.next()?)?,
                size: fields.next()?.parse().ok()?,
                modified: fields.next()?.parse().ok()?,
                inode: fields.next()?.parse().ok()?,
            };
            Some((OutPath::new(fields.next()?)?, stat))
        };
        Some(Self {
            files: lines.map(stat).collect::<Option<_>>()?,
            written,
            last,
        })
    }

    /// The last build, if it was made of these inputs.
    pub(super) fn last_build(&self, inputs: Digest) -> Option<&LastBuild> {
        self.last
            .as_ref()
            .filter(|last| last.inputs == inputs.to_string())
    }

    /// Whether it holds just this build, written long enough ago for its stats to be trusted.
    pub(super) fn knows(&self, last: &LastBuild) -> bool {
        self.last
            .as_ref()
            .is_some_and(|known| known.inputs == last.inputs)
            && self
                .files
                .values()
                .all(|stat| stat.modified < self.written - TICK)
    }

    /// The key of the view that an output was made from.
    pub(super) fn key(&self, path: &OutPath) -> Option<Digest> {
        self.files.get(path).map(|stat| stat.key)
    }

    /// Whether the output was made from the view with this key.
    pub(super) fn was_made_from(&self, path: &OutPath, key: Digest) -> bool {
        self.files.get(path).is_some_and(|stat| stat.key == key)
    }

    /// Whether a file's stat alone proves that it holds what `entry` says.
    pub(super) fn trusts(&self, path: &OutPath, meta: &Metadata, entry: Entry) -> bool {
        self.files.get(path).is_some_and(|stat| {
            stat.digest == entry.digest
                && stat.size == meta.len()
                && stat.modified == modified(meta)
                && stat.inode == meta.ino()
                && stat.modified < self.written - TICK
        })
    }

    /// Writes what is known now. That it cannot be written is no error: the next build is slower.
    pub(super) fn write<'a>(
        path: &Path,
        output: &Path,
        last: Option<LastBuild>,
        files: impl Iterator<Item = (&'a OutPath, Digest, Entry)>,
    ) {
        let files: Vec<_> = files.collect();
        let lines: Vec<String> = files
            .par_iter()
            .filter_map(|(path, key, entry)| {
                let meta = fs::symlink_metadata(output.join(path.as_str())).ok()?;
                let (digest, size, inode) = (entry.digest, meta.len(), meta.ino());
                Some(format!(
                    "{key} {digest} {size} {} {inode} {path}\n",
                    modified(&meta)
                ))
            })
            .collect();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| now.as_nanos());
        let last = serde_json::to_string(&last).unwrap_or_else(|_| "null".to_owned());
        let text = format!("{}\n{now}\n{last}\n{}end\n", header(output), lines.concat());
        let Some(folder) = path.parent() else { return };
        let new = path.with_extension("new");
        let written = fs::create_dir_all(folder)
            .and_then(|()| fs::write(&new, text))
            .and_then(|()| fs::rename(&new, path));
        if written.is_err() {
            // An old cache beside a new site is refused file by file; none at all is simpler.
            let _ = fs::remove_file(path);
        }
    }
}

/// The first line: a cache is good for one version of Bindery and one folder.
fn header(output: &Path) -> String {
    format!(
        "{HEADER} {} {}",
        env!("CARGO_PKG_VERSION"),
        output.display()
    )
}

fn modified(meta: &Metadata) -> i128 {
    i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec())
}
