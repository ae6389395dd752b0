//! The result of the last check: from equal inputs come equal findings. It may always be deleted.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that keeps the cache"
)]

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::looked::Looked;
use crate::diagnostic::Diagnostic;
use crate::hash::Digest;
use crate::notes;

/// Its name in the folder of notes.
const NAME: &str = "check.json";

/// What came of a check.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Checked {
    program: String,
    inputs: String,
    pub(super) pages: usize,
    pub(super) rules: usize,
    pub(super) findings: Vec<Diagnostic>,
    pub(super) looked: Looked,
}

impl Checked {
    /// What came of these inputs.
    pub(super) fn new(
        inputs: Digest,
        (pages, rules): (usize, usize),
        findings: Vec<Diagnostic>,
        looked: Looked,
    ) -> Self {
        Self {
            program: notes::program().to_string(),
            inputs: inputs.to_string(),
            pages,
            rules,
            findings,
            looked,
        }
    }

    /// What came of these inputs the last time, if they were the same.
    pub(super) fn read(root: &Path, inputs: Digest) -> Option<Self> {
        let text = fs::read_to_string(root.join(notes::FOLDER).join(NAME)).ok()?;
        let checked: Self = serde_json::from_str(&text).ok()?;
        let same = checked.program == notes::program().to_string();
        (same && checked.inputs == inputs.to_string()).then_some(checked)
    }

    /// Remembers it. That it cannot be written is no error: the next check is slower.
    pub(super) fn write(&self, root: &Path) {
        if let Ok(text) = serde_json::to_string(self) {
            notes::keep(root, NAME, text.as_bytes());
        }
    }
}
