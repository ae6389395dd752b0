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

/// A small generator with a fixed seed: the same run every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

type Files = BTreeMap<String, Vec<u8>>;

const CONFIG: &str = "title = \"Test\"\nbase_url = \"https://example.com/docs/\"\ntheme = \"ours\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n";
const FOLDERS: &[&str] = &["", "db/", "db/deep/", "web/"];
const NAMES: &[&str] = &["a", "b", "c", "index", "_index", "README"];
const TAGS: &[&str] = &["disk", "Disk", "net", "x y"];

fn path(dice: &mut Dice) -> String {
    format!("content/{}{}.md", dice.pick(FOLDERS), dice.pick(NAMES))
}

/// A page that may be wrong in any way that a page can be.
fn page(dice: &mut Dice) -> Vec<u8> {
    let mut text = String::new();
    if dice.roll(2) == 0 {
        text.push_str("---\n");
        for line in [
            format!("title: T{}\n", dice.roll(4)),
            format!(
                "scope: {}\n",
                dice.pick(&["operation", "maintenance", "[operation, maintenance]"])
            ),
            format!("id: {}\n", dice.pick(&["one", "two", "three"])),
            format!("tags: [{}]\n", dice.pick(TAGS)),
            format!("service: {}\n", dice.pick(&["db", "web", "DB"])),
            format!("alerts: [{}]\n", dice.pick(&["Down", "Full"])),
            format!("follow_up: [{}]\n", dice.pick(&["one", "two"])),
            format!(
                "aliases: [{}]\n",
                dice.pick(&["old/x.md", "a.md#gone", "b.html"])
            ),
            format!(
                "status: {}\n",
                dice.pick(&["active", "draft", "deprecated"])
            ),
            format!("weight: {}\n", dice.roll(3)),
            "last_reviewed: 2020-01-01\n".to_owned(),
        ] {
            if dice.roll(4) == 0 {
                text.push_str(&line);
            }
        }
        text.push_str("---\n");
    }
    for _ in 0..dice.roll(6) {
        let piece = match dice.roll(9) {
            0 => format!("# H{}\n\n", dice.roll(3)),
            1 => format!("## Part {}\n\n", dice.roll(3)),
            2 => format!(
                "[x]({}{}.md)\n\n",
                dice.pick(&["", "../", "db/", "/"]),
                dice.pick(NAMES)
            ),
            3 => format!("[x]({}.md#part-{})\n\n", dice.pick(NAMES), dice.roll(3)),
            4 => format!("![[{}]]\n\n", dice.pick(&["a", "b#Part 1", "db/a", "c"])),
            5 => format!("[[{}]]\n\n", dice.pick(&["one", "T1", "c"])),
            6 => "![p](p.png)\n\n".to_owned(),
            7 => "<b>raw <ns></b> {{< param title >}}\n\n".to_owned(),
            _ => format!("Words {}.\n\n", dice.roll(100)),
        };
        text.push_str(&piece);
    }
    text.into_bytes()
}

fn edit(dice: &mut Dice, files: &mut Files) {
    let pages: Vec<String> = files
        .keys()
        .filter(|name| name.ends_with(".md"))
        .cloned()
        .collect();
    let some = |dice: &mut Dice| pages.get(dice.roll(pages.len().max(1))).cloned();
    match dice.roll(12) {
        0 | 1 => {
            let path = path(dice);
            files.insert(path, page(dice));
        }
        2..=4 => {
            if let Some(name) = some(dice) {
                files.insert(name, page(dice));
            }
        }
        5 => {
            if let Some(name) = some(dice) {
                files.remove(&name);
            }
        }
        6 => {
            if let Some(bytes) = some(dice).and_then(|name| files.remove(&name)) {
                files.insert(path(dice), bytes);
            }
        }
        7 => {
            let (from, to) = (
                dice.pick(&["content/db/", "content/web/"]),
                "content/other/",
            );
            let moved: Vec<String> = files
                .keys()
                .filter(|name| name.starts_with(from))
                .cloned()
                .collect();
            for name in moved {
                let bytes = files.remove(&name).expect("it was there");
                files.insert(name.replacen(from, to, 1), bytes);
            }
        }
        8 => {
            let more = dice.pick(&[
                "",
                "addresses = \"directory\"\n",
                "raw_html = 3\n",
                "nonsense\n",
                "description = \"D\"\n",
            ]);
            files.insert(
                "site.toml".to_owned(),
                format!("{more}{CONFIG}").into_bytes(),
            );
        }
        9 => {
            let name = dice.pick(&["card.html", "sidebar.html", "redirect.html"]);
            let text = dice.pick(&[
                "<li>{{ root }}</li>",
                "{{ site.title }}",
                "{{ nothing }}",
                "{% broken",
            ]);
            files.insert(format!("themes/ours/templates/{name}"), text.into());
        }
        10 => {
            let css = format!("body {{ margin: {}px }}", dice.roll(9));
            files.insert("themes/ours/assets/style.css".to_owned(), css.into_bytes());
        }
        _ => {
            let picture = format!("content/{}p.png", dice.pick(FOLDERS));
            if files.remove(&picture).is_none() {
                files.insert(picture, vec![dice.roll(9) as u8]);
            }
        }
    }
}

fn snapshot(files: &Files, theme: &Files) -> Arc<Snapshot> {
    let mut snapshot = Snapshot::default();
    for (name, bytes) in files.iter().chain(theme) {
        let path = RelPath::new(name).expect("a path");
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
    let sequences = if long { 2000 } else { 60 };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes/default");
    let theme: Files = support::files(&root)
        .into_iter()
        .map(|(name, bytes)| (format!("themes/default/{name}"), bytes))
        .collect();
    let env = Env {
        today: jiff::civil::date(2026, 11, 23),
        changed: Arc::default(),
        drafts: false,
        lenient: true,
        base_url: None,
    };
    for seed in 1..=sequences {
        let mut dice = Dice(seed * 0x9E37_79B9_7F4A_7C15);
        let mut files = Files::new();
        files.insert("site.toml".to_owned(), CONFIG.into());
        files.insert(
            "themes/ours/theme.toml".to_owned(),
            "name = \"ours\"\nextends = \"default\"\n".into(),
        );
        for _ in 0..6 {
            let path = path(&mut dice);
            files.insert(path, page(&mut dice));
        }
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
