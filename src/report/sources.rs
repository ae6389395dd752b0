//! The texts that findings are about, as they may be shown: no output shows a key or a password.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::check::secrets;
use crate::diagnostic::Diagnostic;
use crate::path::RelPath;
use crate::snapshot::Snapshot;

/// The texts of the files that some findings point at.
#[derive(Debug)]
pub struct Sources<'s> {
    snapshot: &'s Snapshot,
    /// The files that are not shown as they are.
    changed: BTreeMap<&'s RelPath, Option<String>>,
}

impl<'s> Sources<'s> {
    /// Looks through every file that `diagnostics` point at.
    pub fn of<'d>(
        diagnostics: impl IntoIterator<Item = &'d Diagnostic>,
        snapshot: &'s Snapshot,
    ) -> Self {
        let mut files: BTreeSet<&RelPath> = BTreeSet::new();
        for found in diagnostics {
            let spans = found.related.iter().map(|(span, _)| span);
            files.extend(found.span.iter().chain(spans).map(|span| &span.file));
        }
        let changed = files.into_par_iter().filter_map(|file| {
            let (path, input) = snapshot.files.get_key_value(file)?;
            Some((path, masked(input.bytes.as_deref()?)))
        });
        Self {
            snapshot,
            changed: changed.collect(),
        }
    }

    /// The text of one of these files.
    pub fn text(&self, path: &RelPath) -> Option<&str> {
        if let Some(Some(text)) = self.changed.get(path) {
            return Some(text.as_str());
        }
        let bytes = self.snapshot.files.get(path)?.bytes.as_deref()?;
        std::str::from_utf8(bytes).ok()
    }
}

/// The text of a file as it may be shown; `None` when that is the file as it is.
fn masked(bytes: &[u8]) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => secrets::mask(text),
        // It is shown as far as it can be: up to the bad byte its places are right.
        Err(_) => {
            let text = String::from_utf8_lossy(bytes).into_owned();
            secrets::mask(&text).or(Some(text))
        }
    }
}
