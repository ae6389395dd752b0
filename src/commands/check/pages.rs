//! What the last check read of each page, kept for the next one: a page that did not change is not read again. It may always
//! be deleted.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that keeps what was read"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

use crate::build::{Memo, Read};
use crate::check::{Judged, OfPages};
use crate::diagnostic::Diagnostic;
use crate::hash::Digest;
use crate::notes;
use crate::path::RelPath;
use crate::runbook::{Facts, Runbook};
use crate::snapshot::Snapshot;

/// Its name in the folder of notes.
const NAME: &str = "pages";

/// The file.
#[derive(Default, Serialize, Deserialize)]
struct Kept<'a> {
    /// The program that wrote it: another one may mean something else by the same bytes.
    program: Digest,
    /// The configuration that the pages were read with.
    config: Digest,
    #[serde(borrow)]
    pages: Vec<Packed<'a>>,
}

/// A page, read when it is wanted.
#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    path: RelPath,
    /// The identity of its text, and its length in bytes.
    hash: Digest,
    size: u64,
    #[serde(borrow, serialize_with = "as_bytes")]
    page: &'a [u8],
}

/// What a page holds. Its body is left out: a check shows none.
#[derive(Serialize, Deserialize)]
struct Page<F, D, J> {
    facts: F,
    diagnostics: D,
    judged: Option<J>,
}

fn as_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// What is known of pages that are as they were.
#[derive(Default)]
pub(super) struct Recalled {
    /// The configuration that it was read with.
    pub(super) config: Digest,
    /// For the plan.
    pub(super) memo: Memo,
    /// What the rules found.
    pub(super) judged: OfPages,
}

/// The bytes of the last check's file; empty when there is none.
pub(super) fn read(root: &Path) -> Vec<u8> {
    fs::read(root.join(notes::FOLDER).join(NAME)).unwrap_or_default()
}

fn unpack(bytes: &[u8]) -> Kept<'_> {
    let kept: Option<Kept<'_>> = postcard::from_bytes(bytes).ok();
    kept.filter(|kept| kept.program == notes::program())
        .unwrap_or_default()
}

/// What `bytes` know of the pages of `snapshot`.
pub(super) fn recall(bytes: &[u8], snapshot: &Snapshot) -> Recalled {
    let Kept { config, pages, .. } = unpack(bytes);
    let pages: Vec<(Read, Option<Judged>)> = pages
        .par_iter()
        .filter_map(|packed| {
            let input = snapshot.files.get(&packed.path)?;
            if (input.hash, input.size) != (packed.hash, packed.size) {
                return None;
            }
            let page: Page<Facts, Vec<Diagnostic>, Judged> =
                postcard::from_bytes(packed.page).ok()?;
            let read = Read {
                path: packed.path.clone(),
                hash: packed.hash,
                size: packed.size,
                runbook: Arc::new(Runbook::recalled(page.facts, page.diagnostics)),
            };
            Some((read, page.judged))
        })
        .collect();
    let mut judged = OfPages::new();
    let mut reads = Vec::with_capacity(pages.len());
    for (read, found) in pages {
        judged.extend(found.map(|found| (read.path.clone(), found)));
        reads.push(read);
    }
    Recalled {
        config,
        memo: Memo::recalled(config, reads),
        judged,
    }
}

/// Keeps what is known of pages now; what `before` says of those that are as they were is kept as it stands there.
///
/// That it cannot be written is no error: the next check is slower.
pub(super) fn write(root: &Path, before: &[u8], config: Digest, memo: &Memo, judged: &OfPages) {
    let old = unpack(before);
    let old: BTreeMap<&RelPath, &Packed<'_>> = (old.pages.iter())
        .filter(|_| old.config == config)
        .map(|packed| (&packed.path, packed))
        .collect();
    let made: Vec<(&Read, Option<Vec<u8>>)> = memo
        .runbooks()
        .par_iter()
        .map(|read| {
            let known = old.get(&read.path);
            if known.is_some_and(|known| (known.hash, known.size) == (read.hash, read.size)) {
                return (read, None);
            }
            let page = Page {
                facts: &*read.runbook.facts,
                diagnostics: &*read.runbook.diagnostics,
                judged: judged.get(&read.path),
            };
            (read, Some(postcard::to_allocvec(&page).unwrap_or_default()))
        })
        .collect();
    let pages = made.iter().map(|(read, made)| Packed {
        path: read.path.clone(),
        hash: read.hash,
        size: read.size,
        page: match made {
            Some(made) => made,
            None => old.get(&read.path).map_or(&[][..], |known| known.page),
        },
    });
    let kept = Kept {
        program: notes::program(),
        config,
        pages: pages.collect(),
    };
    if let Ok(bytes) = postcard::to_allocvec(&kept) {
        notes::keep(root, NAME, &bytes);
    }
}
