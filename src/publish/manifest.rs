//! The manifest: which files in the output folder are ours, with their lengths and digests. It holds no times, so
//! the same site has the same manifest.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that writes the disk"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::hash::Digest;
use crate::path::OutPath;

/// The manifest's name in the output folder.
pub(super) const MANIFEST: &str = ".bindery-manifest";
const HEADER: &str = "bindery manifest 1";

/// What a file of ours holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) digest: Digest,
    pub(super) size: u64,
}

/// The files that are ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest(BTreeMap<OutPath, Entry>);

impl Manifest {
    pub(super) fn of(entries: impl Iterator<Item = (OutPath, Entry)>) -> Self {
        Self(entries.collect())
    }

    /// Reads the manifest in `folder`. One that is not whole says nothing: then nothing is ours to delete.
    pub(super) fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join(MANIFEST)).unwrap_or_default();
        Self::parse(&text).unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix("end\n")?.lines();
        if lines.next()? != HEADER {
            return None;
        }
        let entry = |line: &str| {
            let mut fields = line.splitn(3, ' ');
            let digest = Digest::from_hex(fields.next()?)?;
            let size = fields.next()?.parse().ok()?;
            Some((OutPath::new(fields.next()?)?, Entry { digest, size }))
        };
        lines.map(entry).collect::<Option<_>>().map(Self)
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.0.len() * 80);
        text.push_str(HEADER);
        text.push('\n');
        for (path, entry) in &self.0 {
            text.push_str(&format!("{} {} {path}\n", entry.digest, entry.size));
        }
        text.push_str("end\n");
        text
    }

    pub(super) fn get(&self, path: &OutPath) -> Option<Entry> {
        self.0.get(path).copied()
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &OutPath> {
        self.0.keys()
    }

    /// Whether anything of ours lies in a folder of this name.
    pub(super) fn has_below(&self, path: &OutPath) -> bool {
        let prefix = format!("{path}/");
        self.0
            .keys()
            .any(|other| other.as_str().starts_with(&prefix))
    }

    /// The files of either manifest: what is ours while one takes the other's place.
    pub(super) fn union(&self, other: &Self) -> Self {
        let mut all = self.0.clone();
        all.extend(other.0.iter().map(|(path, entry)| (path.clone(), *entry)));
        Self(all)
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Manifest};
    use crate::hash::Digest;
    use crate::path::OutPath;

    #[test]
    fn what_is_written_is_read() {
        let entry = Entry {
            digest: Digest::of_bytes(b"x"),
            size: 1,
        };
        let manifest = Manifest::of([(OutPath::new("a b/c.html").unwrap(), entry)].into_iter());
        assert_eq!(Manifest::parse(&manifest.text()), Some(manifest.clone()));
        assert!(manifest.has_below(&OutPath::new("a b").unwrap()));
        for text in [
            "",
            "bindery manifest 1\n",
            "bindery manifest 2\nend\n",
            "bindery manifest 1\nxx 1 a\nend\n",
        ] {
            assert_eq!(Manifest::parse(text), None);
        }
        let mut cut = manifest.text();
        cut.truncate(cut.len() - 3);
        assert_eq!(Manifest::parse(&cut), None);
    }
}
