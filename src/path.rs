//! Paths as values: `RelPath` names an input inside the project, `OutPath` names a file of the site.
//!
//! Both are relative, `/`-separated and normalised, so that no path can leave its root.

use std::fmt;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

/// The longest file name that common file systems take, in bytes (`NAME_MAX` of ext4, xfs, tmpfs, APFS).
const NAME_MAX: usize = 255;

/// A normalised path of an input, relative to the project's root: `content/db/failover.md`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(Arc<str>);

impl RelPath {
    /// Normalises `text`; `None` when it is absolute, climbs above the root or holds NUL.
    pub fn new(text: &str) -> Option<Self> {
        if text.starts_with('/') || text.contains('\0') {
            return None;
        }
        normalise("", text).map(|path| Self(path.into()))
    }

    /// The path of a file outside the project, which only the command line can name: relative to the root with `..`,
    /// for reading it and for messages. Nothing is ever joined to it.
    pub fn outside(text: &str) -> Self {
        Self(text.into())
    }

    /// The root itself.
    pub fn root() -> Self {
        Self("".into())
    }

    /// The path as written in messages.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Resolves `relative` (which may hold `.` and `..`) against this folder; `None` when it leaves the root.
    pub fn join(&self, relative: &str) -> Option<Self> {
        if relative.contains('\0') {
            return None;
        }
        normalise(&self.0, relative).map(|path| Self(path.into()))
    }

    /// The folder this path lies in; the root is its own parent.
    pub fn parent(&self) -> Self {
        Self(self.folder().into())
    }

    /// The path of the folder this path lies in; empty for the root.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The last segment.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&*self.0, |(_, name)| name)
    }

    /// The file name up to its last dot.
    pub fn stem(&self) -> &str {
        let name = self.file_name();
        match name.rfind('.') {
            Some(dot) if dot > 0 => &name[..dot],
            _ => name,
        }
    }

    /// The file name after its last dot, as written.
    pub fn extension(&self) -> Option<&str> {
        let name = self.file_name();
        match name.rfind('.') {
            Some(dot) if dot > 0 => Some(&name[dot + 1..]),
            _ => None,
        }
    }

    /// What remains of this path below `folder`.
    pub fn below(&self, folder: &RelPath) -> Option<&str> {
        if folder.0.is_empty() {
            return Some(&self.0);
        }
        self.0.strip_prefix(&*folder.0)?.strip_prefix('/')
    }
}

/// Joins two relative paths and folds `.` and `..`; `None` when the result climbs above the root.
fn normalise(base: &str, relative: &str) -> Option<String> {
    let mut segments: Vec<&str> = Vec::new();
    for segment in base.split('/').chain(relative.split('/')) {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            name => segments.push(name),
        }
    }
    Some(segments.join("/"))
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// A file of the site, relative to the output folder: `db/failover.html`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutPath(Arc<str>);

impl OutPath {
    /// Validates `text`; `None` when a segment is empty, `.`, `..`, hidden, too long or holds a control
    /// character or a backslash (promise: nothing is ever written outside the output folder).
    pub fn new(text: &str) -> Option<Self> {
        let fine = |segment: &str| {
            !segment.is_empty()
                && !segment.starts_with('.')
                && segment.len() <= NAME_MAX
                && !segment.chars().any(|c| c.is_control() || c == '\\')
        };
        (text.len() <= 4000 && text.split('/').all(fine)).then(|| Self(text.into()))
    }

    /// A path that is always valid, for what is an error already.
    pub fn placeholder() -> Self {
        Self("_.html".into())
    }

    /// The path as written in messages and manifests.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Two outputs with the same key are one file on some file system or web server: case is folded and
    /// Unicode composed.
    pub fn collision_key(&self) -> String {
        if self.0.is_ascii() {
            return self.0.to_ascii_lowercase();
        }
        self.0.nfc().flat_map(char::to_lowercase).nfc().collect()
    }

    /// The `../` steps from this file's folder to the root of the site, `./` when it lies there.
    pub fn to_root(&self) -> String {
        match self.0.matches('/').count() {
            0 => "./".to_owned(),
            depth => "../".repeat(depth),
        }
    }
}

impl fmt::Display for OutPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OutPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl serde::Serialize for RelPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl serde::Serialize for OutPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for RelPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // Of a file outside there may be a finding, which is remembered with those of its build.
        if text.starts_with("../") && !text.contains('\0') {
            return Ok(Self::outside(&text));
        }
        Self::new(&text).ok_or_else(|| serde::de::Error::custom("not a path inside the project"))
    }
}
