//! What lies in a folder, by `lstat` alone: no symbolic link is followed.
#![expect(
    clippy::disallowed_methods,
    reason = "the output folder is read in publish/"
)]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, FileType, Metadata};
use std::io;
use std::ops::Bound;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rayon::prelude::*;

use super::manifest::MANIFEST;
use super::stage::STAGE;

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, FIFO, socket or device.
    Other,
}

/// What changes when a file's bytes do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    /// Bytes.
    pub(super) size: u64,
    /// When the bytes were changed: seconds, nanoseconds.
    pub(super) modified: (i64, i64),
    /// When anything was changed, which nobody can set at will.
    pub(super) changed: (i64, i64),
    /// The file's number on its file system.
    pub(super) inode: u64,
}

/// One thing in a folder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// What it is.
    pub(super) kind: Kind,
    /// Its size and times.
    pub(super) stat: Stat,
    /// Its permission bits.
    pub(super) mode: u32,
    /// User and group.
    pub(super) owner: (u32, u32),
}

impl Stat {
    /// The part of `metadata` that matters.
    pub(super) fn new(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }
}

impl Node {
    /// What lies at `path` itself.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        let kind = match metadata.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Folder,
            _ => Kind::Other,
        };
        Ok(Self {
            kind,
            stat: Stat::new(&metadata),
            mode: metadata.mode() & 0o7777,
            owner: (metadata.uid(), metadata.gid()),
        })
    }
}

/// Everything in a folder but Bindery's own manifest and stage, by path.
#[derive(Debug, Default)]
pub(super) struct Survey {
    nodes: BTreeMap<OsString, Node>,
    /// Whether a folder could not be looked into, like the `lost+found` of a volume.
    pub(super) sealed: bool,
}

impl Survey {
    /// Looks at everything in `folder`.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let Walk { entries, sealed } = walk(folder)?;
        let nodes: Vec<Option<(OsString, Node)>> = entries
            .into_par_iter()
            .with_min_len(256)
            .map(|(name, _)| match Node::at(&folder.join(&name)) {
                Ok(node) => Ok(Some((name, node))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            nodes: nodes.into_iter().flatten().collect(),
            sealed,
        })
    }

    /// What lies at `path`.
    pub(super) fn get(&self, path: &str) -> Option<&Node> {
        self.nodes.get(OsStr::new(path))
    }

    /// Everything, folders before what they hold.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&OsStr, &Node)> {
        self.nodes
            .iter()
            .map(|(path, node)| (path.as_os_str(), node))
    }

    /// Everything below the folder `path`.
    pub(super) fn below(&self, path: &str) -> impl Iterator<Item = (&OsStr, &Node)> {
        let (from, to) = (OsString::from(format!("{path}/")), format!("{path}0"));
        // `0` is the character after `/`.
        let range = (Bound::Excluded(from), Bound::Excluded(OsString::from(to)));
        self.nodes
            .range(range)
            .map(|(path, node)| (path.as_os_str(), node))
    }

    /// Takes note of what is at `path` now.
    pub(super) fn look_again(&mut self, folder: &Path, path: &str) -> io::Result<()> {
        let node = Node::at(&folder.join(path))?;
        self.nodes.insert(OsString::from(path), node);
        Ok(())
    }
}

/// The names in a folder.
pub(super) struct Walk {
    /// Everything at any depth, folders before what they hold.
    pub(super) entries: Vec<(OsString, FileType)>,
    /// Whether a folder could not be looked into.
    pub(super) sealed: bool,
}

/// Names everything in `folder` but Bindery's own manifest and stage.
pub(super) fn walk(folder: &Path) -> io::Result<Walk> {
    let mut found = Walk {
        entries: Vec::new(),
        sealed: false,
    };
    // Level by level, as folders may be nested deeper than a stack is.
    let mut level = vec![OsString::new()];
    while !level.is_empty() {
        let lists: Vec<_> = level
            .par_iter()
            .map(|inner| match list(folder, inner) {
                // The folder itself has to be readable.
                Err(error) if !inner.is_empty() => match error.kind() {
                    io::ErrorKind::PermissionDenied => Ok(None),
                    io::ErrorKind::NotFound => Ok(Some(Vec::new())),
                    _ => Err(error),
                },
                done => done.map(Some),
            })
            .collect::<io::Result<_>>()?;
        level.clear();
        for list in lists {
            found.sealed |= list.is_none();
            for (name, kind) in list.unwrap_or_default() {
                if kind.is_dir() {
                    level.push(name.clone());
                }
                found.entries.push((name, kind));
            }
        }
    }
    Ok(found)
}

/// Names what lies in the folder `inner` of `folder`, not deeper.
fn list(folder: &Path, inner: &OsStr) -> io::Result<Vec<(OsString, FileType)>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.join(inner))? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = entry.file_name();
        if !inner.is_empty() {
            let mut path = inner.to_owned();
            path.push("/");
            path.push(name);
            names.push((path, kind));
        } else if name != MANIFEST && name != STAGE {
            names.push((name, kind));
        }
    }
    Ok(names)
}
