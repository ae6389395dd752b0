//! The manifest: which files in the output folder are Bindery's. What is not in it is never deleted.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::io;
use std::path::Path;

use super::disk;
use crate::hash::Digest;
use crate::path::OutPath;

/// The manifest's name in the output folder. Hidden, so that no output can have it.
pub const MANIFEST: &str = ".bindery-manifest";

/// The first line: what the file is, and the version of its form.
const HEAD: &str = "bindery-manifest 1";

/// One file of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// The digest of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub length: u64,
}

/// The files of a site. The same site has the same manifest, byte for byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    files: BTreeMap<OutPath, Made>,
}

/// What was found where a manifest should be.
pub(super) enum Found {
    /// There is none.
    Nothing,
    /// It is whole.
    Whole(Manifest),
    /// It is cut off, changed, or of a version that is not known.
    Damaged,
}

impl Manifest {
    /// The file at `path`, if Bindery made one there.
    pub fn get(&self, path: &OutPath) -> Option<Made> {
        self.files.get(path).copied()
    }

    /// Every file, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&OutPath, Made)> {
        self.files.iter().map(|(path, made)| (path, *made))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// This manifest with those files of `other` that it does not have.
    pub(super) fn or(&self, other: &Self) -> Self {
        let mut both = other.clone();
        both.files
            .extend(self.files.iter().map(|(path, made)| (path.clone(), *made)));
        both
    }

    /// The folders in which the files lie, at any depth.
    pub(super) fn folders(&self) -> HashSet<&str> {
        let mut folders = HashSet::new();
        for path in self.files.keys() {
            for folder in ancestors(path.as_str()) {
                if !folders.insert(folder) {
                    break;
                }
            }
        }
        folders
    }

    /// Reads the manifest in `folder`.
    pub(super) fn read(folder: &Path) -> io::Result<Found> {
        match disk::read(&folder.join(MANIFEST)) {
            Ok(bytes) => Ok(Self::parse(&bytes).map_or(Found::Damaged, Found::Whole)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Reads what [`Manifest::to_text`] wrote; `None` unless every byte is as it was.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        let (body, end) = text.strip_suffix('\n')?.rsplit_once('\n')?;
        if Digest::from_hex(end.strip_prefix("end ")?)? != Digest::of_bytes(body.as_bytes()) {
            return None;
        }
        let mut lines = body.split('\n');
        if lines.next()? != HEAD {
            return None;
        }
        let files = lines.map(|line| {
            let mut fields = line.splitn(3, ' ');
            let digest = Digest::from_hex(fields.next()?)?;
            let length = fields.next()?.parse().ok()?;
            Some((OutPath::new(fields.next()?)?, Made { digest, length }))
        });
        Some(Self {
            files: files.collect::<Option<_>>()?,
        })
    }

    /// The text of the file: sorted, without times, closed by its own digest.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::with_capacity(64 + self.files.len() * 80);
        text.push_str(HEAD);
        for (path, made) in &self.files {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n{} {} {path}", made.digest, made.length);
        }
        let digest = Digest::of_bytes(text.as_bytes());
        let _ = writeln!(text, "\nend {digest}");
        text
    }
}

impl FromIterator<(OutPath, Made)> for Manifest {
    fn from_iter<T: IntoIterator<Item = (OutPath, Made)>>(files: T) -> Self {
        Self {
            files: files.into_iter().collect(),
        }
    }
}

/// The folders above a path, the nearest first, without the root.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').map(|(slash, _)| &path[..slash])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        ["b.html", "a/c d.html", "a/ü.html"]
            .into_iter()
            .map(|path| {
                let digest = Digest::of_bytes(path.as_bytes());
                let length = 7;
                (OutPath::new(path).unwrap(), Made { digest, length })
            })
            .collect()
    }

    #[test]
    fn reads_what_it_wrote() {
        for manifest in [sample(), Manifest::default()] {
            let text = manifest.to_text();
            assert_eq!(Manifest::parse(text.as_bytes()).unwrap(), manifest);
        }
    }

    #[test]
    fn is_damaged_by_any_cut_or_changed_byte() {
        let text = sample().to_text().into_bytes();
        for cut in 0..text.len() {
            assert!(Manifest::parse(&text[..cut]).is_none(), "cut at {cut}");
            let mut changed = text.clone();
            changed[cut] ^= 1;
            assert!(Manifest::parse(&changed).is_none(), "changed at {cut}");
        }
    }

    #[test]
    fn names_folders_at_any_depth() {
        let deep = ("x/y/z.html", "x/y/w.html");
        let manifest: Manifest = [deep.0, deep.1]
            .into_iter()
            .map(|path| {
                let made = Made {
                    digest: Digest::default(),
                    length: 0,
                };
                (OutPath::new(path).unwrap(), made)
            })
            .collect();
        assert_eq!(manifest.folders(), HashSet::from(["x", "x/y"]));
    }
}
