//! A snapshot: every input of a build as a value. It is made at the edge and never changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use sha1::{Digest as _, Sha1};

use crate::diagnostic::Diagnostic;
use crate::hash::Digest;
use crate::path::RelPath;

/// One input file.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its bytes; `None` when it is over its size limit, so that only who needs it complains.
    pub bytes: Option<Arc<[u8]>>,
    /// Its length in bytes.
    pub size: u64,
    /// The identity of its bytes.
    pub hash: Digest,
    /// What the file system said of it when it was read; `None` when that is no proof of its bytes.
    pub stamp: Option<Stamp>,
}

/// What changes with a file's bytes, as far as a file system tells: device, inode, length, and the times of the last
/// change of its bytes and of its entry.
pub type Stamp = [i128; 5];

impl Input {
    /// An input that holds `bytes`.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self {
            size: bytes.len() as u64,
            hash: Digest::of_bytes(&bytes),
            bytes: Some(bytes),
            stamp: None,
        }
    }
}

/// Every input of a build.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Files by path: site.toml, content, themes, alert rules.
    pub files: BTreeMap<RelPath, Input>,
    /// The files of alert rules among them.
    pub rules: BTreeSet<RelPath>,
    /// Whether symbolic links were followed: then one file may be seen at several paths.
    pub has_links: bool,
    /// What was found while reading the disk.
    pub diagnostics: Vec<Diagnostic>,
}

impl Snapshot {
    /// A file's bytes as text, for showing its lines.
    pub fn text(&self, path: &RelPath) -> Option<String> {
        let bytes = self.files.get(path)?.bytes.as_ref()?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    /// The files that are not the same in `before`, in order.
    pub fn changed_since(&self, before: &Self) -> Vec<RelPath> {
        let differs = |path: &RelPath, input: &Input, other: &Self| {
            let same = |other: &Input| (other.hash, other.size) == (input.hash, input.size);
            !other.files.get(path).is_some_and(same)
        };
        let new = self
            .files
            .iter()
            .filter(|(path, input)| differs(path, input, before));
        let gone = before
            .files
            .keys()
            .filter(|path| !self.files.contains_key(*path));
        let mut changed: Vec<RelPath> = new.map(|(path, _)| path).chain(gone).cloned().collect();
        changed.sort();
        changed
    }

    /// The identity of all of it.
    pub fn hash(&self) -> Digest {
        let files: Vec<_> = self
            .files
            .iter()
            .map(|(path, input)| (path, input.hash, input.size))
            .collect();
        Digest::of(&(files, &self.rules, &self.diagnostics))
    }
}

/// Whether git would give this id to a text: as it is, or with its line ends as git keeps them. Of an id of another kind
/// than SHA-1 nothing is known, and it is taken for the same.
pub fn is_blob(bytes: &[u8], id: &str) -> bool {
    let whole = blob_id(bytes);
    if id.len() != whole.len() || id == whole {
        return true;
    }
    if !bytes.contains(&b'\r') {
        return false;
    }
    let mut plain = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            plain.push(*byte);
        }
    }
    id == blob_id(&plain)
}

/// SHA-1 over git's header and the text, in hexadecimal digits.
fn blob_id(bytes: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", bytes.len()));
    hash.update(bytes);
    let digits = |byte: u8| format!("{byte:02x}");
    hash.finalize().into_iter().map(digits).collect()
}

/// A commit that changed a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Commit {
    /// Its id, shortened as git shortens it.
    pub id: String,
    /// The committer's date in UTC.
    pub date: Date,
    /// Who wrote it.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
}

/// The commits of each file, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    files: BTreeMap<RelPath, Vec<Arc<Commit>>>,
    /// The id that git gives to the committed text of each file.
    blobs: BTreeMap<RelPath, String>,
    hash: Digest,
}

impl Log {
    /// A log of these files, with the ids of their texts as they were committed last.
    pub fn new(
        files: BTreeMap<RelPath, Vec<Arc<Commit>>>,
        blobs: BTreeMap<RelPath, String>,
    ) -> Self {
        Self {
            hash: Digest::of(&(&files, &blobs)),
            files,
            blobs,
        }
    }

    /// The id of a file's text as it was committed last.
    pub fn blob(&self, path: &RelPath) -> Option<&str> {
        self.blobs.get(path).map(String::as_str)
    }

    /// The commits of a file, the newest first.
    pub fn of(&self, path: &RelPath) -> &[Arc<Commit>] {
        self.files.get(path).map_or(&[], Vec::as_slice)
    }

    /// Whether nothing is known of any file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

// A log is long and asked for its identity at each edit.
impl std::hash::Hash for Log {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

/// The world as far as a build may know it: dates come in here, never from the clock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Env {
    /// Today's date in UTC, or what SOURCE_DATE_EPOCH says.
    pub today: Date,
    /// What git says of each file; empty where there is no history.
    pub log: Arc<Log>,
    /// Whether drafts are published.
    pub drafts: bool,
    /// Whether errors without which a site can still be made are warnings.
    pub lenient: bool,
    /// What the command line says instead of site.toml's `base_url`.
    pub base_url: Option<String>,
}
