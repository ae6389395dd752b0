//! The engine remembers nothing wrong: after any sequence of edits what it makes equals a clean build, byte for byte,
//! and equal render keys mean equal bytes.
#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    dead_code,
    unreachable_pub,
    reason = "tests read the disk and stop at the first surprise"
)]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use bindery::build::{Memo, Planned, plan};
use bindery::hash::Digest;
use bindery::path::RelPath;
use bindery::snapshot::{Env, Input, Snapshot};
use support::edits::{Dice, Files, edit, start};

fn snapshot(files: &Files, theme: &Files) -> Arc<Snapshot> {
    let mut snapshot = Snapshot::default();
    for (name, bytes) in files.iter().chain(theme) {
        let path = RelPath::new(name).expect("a path");
        if name.starts_with("rules/") {
            snapshot.rules.insert(path.clone());
        }
        snapshot.files.insert(path, Input::new(bytes.clone()));
    }
    Arc::new(snapshot)
}

/// Every output by its address, with its key: the bytes, or what was found instead.
fn outputs(planned: &Planned) -> BTreeMap<String, (Digest, Result<Vec<u8>, String>)> {
    let jobs = planned.plan.jobs.iter();
    jobs.map(|(out, job)| {
        let prepared = planned.renderer.prepare(job, out, &planned.snapshot);
        let key = prepared.key;
        let rendered = prepared.render();
        let bytes = rendered.value.map(|bytes| bytes.to_vec());
        let found = format!("{:?}", rendered.diagnostics);
        (out.to_string(), (key, bytes.ok_or(found)))
    })
    .collect()
}

#[test]
fn any_sequence_of_edits_equals_a_clean_build() {
    let long = std::env::var("BINDERY_LONG").is_ok_and(|long| long == "1");
    let sequences: u64 = if long { 2000 } else { 60 };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes/default");
    let theme: Files = support::files(&root)
        .into_iter()
        .map(|(name, bytes)| (format!("themes/default/{name}"), bytes))
        .collect();
    let env = Env {
        today: jiff::civil::date(2026, 11, 23),
        log: Arc::default(),
        drafts: false,
        lenient: true,
        base_url: None,
    };
    for seed in 1..=sequences {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut files = start(&mut dice);
        let mut memo = Memo::default();
        let mut seen: HashMap<(String, Digest), Result<Vec<u8>, String>> = HashMap::new();
        for step in 0..12 {
            let snapshot = snapshot(&files, &theme);
            let mine = plan(Arc::clone(&snapshot), &env, &mut memo);
            let theirs = plan(snapshot, &env, &mut Memo::default());
            let at = format!("seed {seed} step {step}");
            assert_eq!(mine.diagnostics, theirs.diagnostics, "{at}");
            let (mine, theirs) = (outputs(&mine.value), outputs(&theirs.value));
            assert_eq!(
                mine.keys().collect::<Vec<_>>(),
                theirs.keys().collect::<Vec<_>>(),
                "{at}"
            );
            for (name, (key, bytes)) in mine {
                assert!(bytes == theirs[&name].1, "{at}: {name} differs");
                let before = seen
                    .entry((name.clone(), key))
                    .or_insert_with(|| bytes.clone());
                // What could not be made has no bytes to remember.
                assert!(
                    *before == bytes || bytes.is_err(),
                    "{at}: {name} has an old key and new bytes"
                );
            }
            edit(&mut dice, &mut files);
        }
    }
}
