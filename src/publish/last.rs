//! The last build as a whole: from equal inputs comes the same site, with the same findings. A cache, like the
//! stats: it may always be deleted.

#![expect(
    clippy::disallowed_methods,
    reason = "the cache of the output folder is kept in publish/"
)]

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::manifest::Manifest;
use crate::diagnostic::Diagnostic;
use crate::hash::Digest;
use crate::notes;

/// What the last build was made of and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LastBuild {
    /// The program that made it: another build of the same version may make something else.
    program: String,
    inputs: String,
    manifest: String,
    /// How many pages were built.
    pub pages: usize,
    /// What was found.
    pub findings: Vec<Diagnostic>,
}

impl LastBuild {
    /// Reads what was remembered beside the stat cache, if this program left it.
    pub(super) fn read(cache: &Path) -> Option<Self> {
        let text = fs::read_to_string(file(cache)).ok()?;
        let last: Self = serde_json::from_str(&text).ok()?;
        (last.program == notes::program().to_string()).then_some(last)
    }

    /// Whether it was made of these inputs and gave this manifest.
    pub(super) fn was(&self, inputs: Digest, manifest: &Manifest) -> bool {
        self.inputs == inputs.to_string() && self.manifest == identity(manifest)
    }

    /// Remembers a build. That it cannot be written is no error: the next build is slower.
    pub(super) fn write(
        cache: &Path,
        inputs: Digest,
        manifest: &Manifest,
        pages: usize,
        findings: &[Diagnostic],
    ) {
        let last = Self {
            program: notes::program().to_string(),
            inputs: inputs.to_string(),
            manifest: identity(manifest),
            pages,
            findings: findings.to_vec(),
        };
        let (path, new) = (file(cache), cache.with_added_extension("last-new"));
        let Ok(text) = serde_json::to_string(&last) else {
            return;
        };
        if let Some(folder) = path.parent() {
            notes::make(folder);
        }
        if fs::write(&new, text)
            .and_then(|()| fs::rename(&new, &path))
            .is_err()
        {
            let _ = fs::remove_file(&new);
            let _ = fs::remove_file(&path);
        }
    }
}

fn file(cache: &Path) -> std::path::PathBuf {
    cache.with_added_extension("last")
}

fn identity(manifest: &Manifest) -> String {
    Digest::of_bytes(manifest.to_text().as_bytes()).to_string()
}
