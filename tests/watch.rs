//! `bindery watch` through the front door: after every kind of change the folder equals a clean build, byte for byte.
#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "tests read the disk and stop at the first surprise"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::{Scratch, bindery};

/// How long a change may take to show on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

const CONFIG: &str = "title = \"Test\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n";

/// A watching process, ended with the test.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn watch(scratch: &Scratch, arguments: &[&str]) -> Watching {
    let child = bindery()
        .arg("watch")
        .arg("--root")
        .arg(scratch.path())
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    Watching(child)
}

/// The site in `folder`, but for what is being put in place at this moment.
fn site(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.path().strip_prefix(folder).ok()?.to_str()?.to_owned();
            Some((name, fs::read(entry.path()).ok()?))
        })
        .filter(|(name, _)| name != ".bindery-manifest")
        .collect()
}

/// What a clean build of the same inputs makes.
fn clean(scratch: &Scratch) -> BTreeMap<String, Vec<u8>> {
    let other = Scratch::new();
    let output = other.path().join("site");
    let run = scratch.build(&["--output", output.to_str().expect("UTF-8")]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    site(&output)
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(
            start.elapsed() < PATIENCE,
            "{what}: not within {PATIENCE:?}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn until_clean(what: &str, scratch: &Scratch) {
    let wanted = clean(scratch);
    until(what, || site(&scratch.path().join("public")) == wanted);
}

fn scratch() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("site.toml", CONFIG);
    scratch.write("content/a.md", "# A\n\n[b](db/b.md)\n");
    scratch.write("content/db/b.md", "# B\n");
    scratch
}

#[test]
fn d1_d3_every_kind_of_change_shows() {
    let scratch = scratch();
    let root = scratch.path();
    let content = root.join("content");
    let _watching = watch(&scratch, &[]);
    until_clean("the first build", &scratch);

    scratch.write("content/a.md", "# A again\n\n[b](db/b.md)\n");
    until_clean("an edit", &scratch);

    // vim: the old file becomes a backup, a new one is written, the backup goes.
    fs::write(content.join("4913"), "").unwrap();
    fs::remove_file(content.join("4913")).unwrap();
    fs::rename(content.join("a.md"), content.join("a.md~")).unwrap();
    scratch.write("content/a.md", "# A by vim\n\n[b](db/b.md)\n");
    fs::remove_file(content.join("a.md~")).unwrap();
    until_clean("vim", &scratch);

    // gedit, JetBrains, `sed -i`: a temporary file takes the place of the old one.
    scratch.write("content/.a.md.tmp", "# A by sed\n\n[b](db/b.md)\n");
    fs::rename(content.join(".a.md.tmp"), content.join("a.md")).unwrap();
    until_clean("sed -i", &scratch);

    scratch.write("content/new/deep/c.md", "# C\n\n[a](../../a.md)\n");
    until_clean("d4: a file in a new folder", &scratch);

    fs::rename(content.join("new"), content.join("moved")).unwrap();
    until_clean("a folder that moved", &scratch);
    scratch.write("content/moved/deep/c.md", "# C, moved\n");
    until_clean("an edit in a folder that moved", &scratch);

    fs::remove_dir_all(content.join("moved")).unwrap();
    until_clean("a folder that is gone", &scratch);

    scratch.write("site.toml", CONFIG.replace("Test", "Other"));
    until_clean("site.toml", &scratch);

    scratch.write(
        "themes/ours/theme.toml",
        "name = \"ours\"\nextends = \"default\"\n",
    );
    scratch.write(
        "themes/ours/templates/card.html",
        "<li>{{ card.title }}</li>\n",
    );
    scratch.write("site.toml", format!("theme = \"ours\"\n{CONFIG}"));
    until_clean("a theme", &scratch);
    scratch.write(
        "themes/ours/templates/card.html",
        "<li>* {{ card.title }}</li>\n",
    );
    until_clean("a template", &scratch);

    fs::rename(&content, root.join("elsewhere")).unwrap();
    fs::rename(root.join("elsewhere"), &content).unwrap();
    scratch.write("content/a.md", "# A, back\n\n[b](db/b.md)\n");
    until_clean("the whole content, away and back", &scratch);
    scratch.write("content/db/b.md", "# B, after that\n");
    until_clean("an edit after that", &scratch);
}

#[test]
fn d9_an_error_leaves_the_last_good_site() {
    let scratch = scratch();
    let _watching = watch(&scratch, &[]);
    until_clean("the first build", &scratch);
    let good = site(&scratch.path().join("public"));

    scratch.write("content/a.md", "# A\n\n[b](nowhere.md)\n");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(site(&scratch.path().join("public")), good);

    scratch.write("content/a.md", "# A, mended\n\n[b](db/b.md)\n");
    until_clean("the mended page", &scratch);
}

#[test]
fn d2_a_half_written_file_is_not_published() {
    let scratch = scratch();
    let _watching = watch(&scratch, &[]);
    until_clean("the first build", &scratch);
    let good = site(&scratch.path().join("public"));

    let mut file = fs::File::create(scratch.path().join("content/a.md")).unwrap();
    file.write_all(b"# Half\n\n").unwrap();
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(site(&scratch.path().join("public")), good);
    }
    file.write_all(b"[b](db/b.md)\n").unwrap();
    drop(file);
    until_clean("the whole file", &scratch);
}

#[test]
fn d7_d10_looking_at_the_files_finds_changes_too() {
    let scratch = scratch();
    let _watching = watch(&scratch, &["--poll"]);
    until_clean("the first build", &scratch);
    // The same size, and the time set back.
    let path = scratch.write("content/db/b.md", "# C\n");
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    drop(file);
    until_clean("an edit", &scratch);
}
