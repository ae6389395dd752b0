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
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use support::{Scratch, bindery};

/// How long a change may take to show on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

const CONFIG: &str = "title = \"Test\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n";

/// Long enough that what was about to happen has happened.
const WHILE: Duration = Duration::from_millis(700);

/// A watching process, ended with the test, and what it tells.
struct Watching {
    child: Child,
    events: Receiver<serde_json::Value>,
}

impl Watching {
    fn of(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (send, events) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = send.send(serde_json::from_str(&line).expect("JSON"));
            }
        });
        Self { child, events }
    }

    /// The rebuilds told of since the last look, once there are no more.
    fn rebuilds(&self) -> Vec<serde_json::Value> {
        let mut all = Vec::new();
        while let Ok(event) = self.events.recv_timeout(WHILE) {
            if event["event"] == "rebuilt" {
                all.push(event);
            }
        }
        all
    }

    /// The words of the next notice.
    fn notice(&self) -> String {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(event) = self.events.recv_timeout(WHILE)
                && event["event"] == "notice"
            {
                return event["message"].as_str().expect("words").to_owned();
            }
        }
        panic!("nothing was said in {PATIENCE:?}")
    }

    /// A number of /proc/PID/status, and how many files are open.
    fn uses(&self) -> (u64, usize) {
        let process = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = line.unwrap().trim().strip_suffix(" kB").unwrap();
        let files = fs::read_dir(format!("{process}/fd")).unwrap().count();
        (memory.parse().unwrap(), files)
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let done = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn watch(scratch: &Scratch, arguments: &[&str]) -> Watching {
    let mut command = bindery();
    command
        .args(["watch", "--json", "--root"])
        .arg(scratch.path())
        .args(arguments);
    Watching::of(&mut command)
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

/// Saves as editors make them, recorded with strace (vim 9.0, sed 4.8, Emacs 28.2, GLib 2.74 for gedit and GNOME's
/// text editor, nano 7.2), or as their makers describe them (JetBrains' safe write, VS Code). `NEW` is the new text.
const SAVES: &[(&str, &str)] = &[
    (
        "vim, writing in place",
        "write .a.md.swp swap; open a.md; put NEW; close; remove .a.md.swp",
    ),
    (
        "vim, with a new file",
        "write .a.md.swp swap; write 4913; remove 4913; rename a.md a.md~; open a.md; put NEW; close; \
         remove a.md~; remove .a.md.swp",
    ),
    ("sed -i", "write sedQVWZFg NEW; rename sedQVWZFg a.md"),
    (
        "Emacs, first save",
        "symlink .#a.md; rename a.md a.md~; open a.md; put NEW; close; remove .#a.md; remove a.md~",
    ),
    (
        "Emacs, later saves",
        "symlink .#a.md; open a.md; put NEW; close; touch a.md; remove .#a.md",
    ),
    (
        "gedit",
        "write .goutputstream-MJKNZ3 NEW; link a.md a.md~; rename .goutputstream-MJKNZ3 a.md; remove a.md~",
    ),
    (
        "JetBrains",
        "write a.md___jb_tmp___ NEW; rename a.md a.md___jb_old___; rename a.md___jb_tmp___ a.md; \
         remove a.md___jb_old___",
    ),
    ("VS Code", "open a.md; put NEW; close; touch a.md"),
    (
        "nano",
        "write .a.md.swp swap; open a.md; put NEW; close; remove .a.md.swp",
    ),
    (
        "an upload in two parts",
        "open a.md; put # A half; pause; put NEW; close",
    ),
];

/// Does what a recorded save does to the folder.
fn save(folder: &Path, steps: &str, text: &str) {
    let mut open = None;
    for step in steps.split(';').map(str::trim) {
        let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
        let (name, other) = rest.split_once(' ').unwrap_or((rest, ""));
        let path = folder.join(name);
        let text = |said: &str| {
            if said == "NEW" {
                text.to_owned()
            } else {
                format!("{said}\n")
            }
        };
        match verb {
            "write" => fs::write(path, text(other)).unwrap(),
            "open" => open = Some(fs::File::create(path).unwrap()),
            "put" => open
                .as_mut()
                .unwrap()
                .write_all(text(rest).as_bytes())
                .unwrap(),
            "close" => open = None,
            "pause" => std::thread::sleep(Duration::from_millis(400)),
            "rename" => fs::rename(path, folder.join(other)).unwrap(),
            "link" => fs::hard_link(path, folder.join(other)).unwrap(),
            "remove" => fs::remove_file(path).unwrap(),
            "symlink" => std::os::unix::fs::symlink("someone@somewhere.1234", path).unwrap(),
            "touch" => {
                let file = fs::File::options().append(true).open(path).unwrap();
                file.set_modified(std::time::SystemTime::now()).unwrap();
            }
            other => panic!("no step is called {other}"),
        }
    }
}

#[test]
fn d1_a_save_is_one_rebuild_in_every_editor() {
    let scratch = scratch();
    let watching = watch(&scratch, &[]);
    until_clean("the first build", &scratch);
    watching.rebuilds();
    for (number, (editor, steps)) in SAVES.iter().enumerate() {
        let text = format!("# A by {editor}\n\nSave {number}. [b](db/b.md)\n");
        save(&scratch.path().join("content"), steps, &text);
        let rebuilds = watching.rebuilds();
        assert_eq!(rebuilds.len(), 1, "{editor}: {rebuilds:#?}");
        assert_eq!(
            rebuilds[0]["changed"],
            serde_json::json!(["content/a.md"]),
            "{editor}"
        );
        assert_eq!(rebuilds[0]["errors"], 0, "{editor}: {rebuilds:#?}");
        until_clean(editor, &scratch);
    }
}

#[test]
fn d5_a_checkout_is_at_most_two_rebuilds() {
    let scratch = scratch();
    let page = |number: u32, word: &str| format!("# Page {number}\n\n{word} [a](../a.md)\n");
    let all = |word: &str| {
        for number in 0..5000 {
            let name = format!("content/s{}/p{number}.md", number / 50);
            scratch.write(&name, page(number, word));
        }
    };
    all("first");
    let watching = watch(&scratch, &[]);
    until_clean("the first build", &scratch);
    watching.rebuilds();
    all("second");
    fs::remove_dir_all(scratch.path().join("content/s7")).unwrap();
    until_clean("the checkout", &scratch);
    let rebuilds = watching.rebuilds();
    assert!(
        (1..=2).contains(&rebuilds.len()),
        "{} rebuilds",
        rebuilds.len()
    );
}

#[test]
fn d6_lost_events_lose_no_change() {
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    let scratch = scratch();
    for number in 0..100 {
        scratch.write(
            &format!("content/s/p{number}.md"),
            format!("# Page {number}\n"),
        );
    }
    let watching = watch(&scratch, &[]);
    until_clean("the first build", &scratch);
    // It sleeps while more happens than the system remembers. Each write is at least three events.
    watching.signal("-STOP");
    for round in 0..limit / 3 / 100 + 2 {
        for number in 0..100 {
            let text = format!("# Page {number}\n\nRound {round}.\n");
            scratch.write(&format!("content/s/p{number}.md"), text);
        }
    }
    scratch.write("content/new/last.md", "# The last\n");
    fs::remove_file(scratch.path().join("content/s/p7.md")).unwrap();
    watching.signal("-CONT");
    until_clean("after the overflow", &scratch);
}

#[test]
fn d7_without_room_for_watches_it_looks_at_the_files() {
    let scratch = scratch();
    // A namespace of its own has limits of its own; not every system lets everyone make one.
    let own = |command: &str| {
        let mut unshare = Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "sh", "-c"]);
        unshare.arg(format!(
            "echo 2 >/proc/sys/user/max_inotify_watches && {command}"
        ));
        unshare
    };
    if !own("true")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        eprintln!("SKIPPED: no namespace can be made here, so the limit of watches was not tried");
        return;
    }
    let program = env!("CARGO_BIN_EXE_bindery");
    let root = scratch.path().display();
    let mut command = own(&format!("exec {program} watch --json --root {root}"));
    command.env("SOURCE_DATE_EPOCH", "1795392000");
    let watching = Watching::of(&mut command);
    let said = watching.notice();
    assert_eq!(
        said,
        "the system's limit of watched folders is reached: looking at the files every second instead"
    );
    until_clean("the first build", &scratch);
    scratch.write("content/a.md", "# A, seen without events\n");
    until_clean("an edit", &scratch);
}

#[test]
fn d8_what_it_writes_itself_is_no_change() {
    // Outside the project, in it, and where the names of folders that are read begin.
    let outside = Scratch::new();
    let elsewhere = outside.path().join("site").display().to_string();
    for output in ["public", "contents", "themes-out", &elsewhere] {
        let scratch = scratch();
        scratch.write("site.toml", format!("output = \"{output}\"\n{CONFIG}"));
        let watching = watch(&scratch, &[]);
        assert_eq!(watching.rebuilds().len(), 1, "{output}");
        scratch.write("content/a.md", "# A again\n");
        assert_eq!(watching.rebuilds().len(), 1, "{output}");
        assert_eq!(watching.rebuilds().len(), 0, "{output}");
    }
    // What is read is no place to write to.
    for output in ["content/site", "themes/site"] {
        let scratch = scratch();
        scratch.write("site.toml", format!("output = \"{output}\"\n{CONFIG}"));
        let mut watching = watch(&scratch, &[]);
        assert_eq!(watching.child.wait().unwrap().code(), Some(2), "{output}");
        assert!(!scratch.path().join(output).exists());
    }
}

#[test]
fn d9_everything_may_break_and_be_mended() {
    let scratch = scratch();
    scratch.write(
        "themes/ours/theme.toml",
        "name = \"ours\"\nextends = \"default\"\n",
    );
    let config = format!("theme = \"ours\"\n{CONFIG}");
    scratch.write("site.toml", &config);
    let watching = watch(&scratch, &[]);
    until_clean("the first build", &scratch);
    let good = site(&scratch.path().join("public"));
    let card = "themes/ours/templates/card.html";
    let breaks: &[(&str, &str, &str)] = &[
        ("site.toml", "title = \n", &config),
        ("site.toml", "title = 1\nno_such_key = 2\n", &config),
        (card, "{% if %}", "<li>{{ card.title }}</li>"),
        (
            card,
            "{{ card.nothing.at.all }}",
            "<li>{{ card.title }}</li>",
        ),
        (
            "themes/ours/theme.toml",
            "extends = \"nothing\"\n",
            "extends = \"default\"\n",
        ),
        ("content/a.md", "+++\nscope = \n+++\n# A\n", "# A\n"),
        ("content/a.md", "# A \u{0}\n", "# A\n"),
    ];
    watching.rebuilds();
    let mut last = good;
    for (file, broken, mended) in breaks {
        scratch.write(file, broken);
        let rebuilds = watching.rebuilds();
        assert_eq!(rebuilds.len(), 1, "{file}: {broken}");
        assert_eq!(rebuilds[0]["shown"], false, "{file}: {broken}");
        assert!(rebuilds[0]["errors"].as_u64() > Some(0), "{file}: {broken}");
        assert_eq!(
            site(&scratch.path().join("public")),
            last,
            "{file}: {broken}"
        );
        scratch.write(file, mended);
        until_clean(&format!("{file} is mended"), &scratch);
        watching.rebuilds();
        last = site(&scratch.path().join("public"));
    }
}

#[test]
fn d9_a_site_toml_that_is_gone_is_an_error() {
    let scratch = scratch();
    let watching = watch(&scratch, &[]);
    until_clean("the first build", &scratch);
    let good = site(&scratch.path().join("public"));
    watching.rebuilds();
    let file = scratch.path().join("site.toml");
    fs::rename(&file, scratch.path().join("away")).unwrap();
    let rebuilds = watching.rebuilds();
    assert_eq!(rebuilds.len(), 1, "{rebuilds:#?}");
    assert_eq!(
        rebuilds[0]["diagnostics"][0]["code"], "BND0104",
        "{rebuilds:#?}"
    );
    assert_eq!(site(&scratch.path().join("public")), good);
    fs::rename(scratch.path().join("away"), &file).unwrap();
    scratch.write("content/a.md", "# A, after that\n");
    until_clean("site.toml is back", &scratch);
}

#[test]
fn a_commit_is_a_change() {
    let scratch = scratch();
    let git = |arguments: &[&str], day: &str| {
        let done = Command::new("git")
            .arg("-C")
            .arg(scratch.path())
            .args(["-c", "user.name=T", "-c", "user.email=t@example.com"])
            .args(arguments)
            .env("GIT_AUTHOR_DATE", format!("{day}T00:00:00Z"))
            .env("GIT_COMMITTER_DATE", format!("{day}T00:00:00Z"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "-q"], "2026-01-01");
    git(&["add", "content"], "2026-01-01");
    git(&["commit", "-qm", "first"], "2026-01-01");
    let _watching = watch(&scratch, &[]);
    until_clean("the first build", &scratch);
    scratch.write("content/a.md", "# A, edited\n");
    until_clean("an edit", &scratch);
    git(&["commit", "-qam", "second"], "2026-02-02");
    until_clean("the commit", &scratch);
    let page = fs::read_to_string(scratch.path().join("public/a.html")).unwrap();
    assert!(page.contains("2026-02-02"), "{page}");
}

#[test]
fn d11_many_edits_leave_memory_and_files_as_they_were() {
    let long = std::env::var("BINDERY_LONG").is_ok_and(|long| long == "1");
    let edits = if long { 10_000 } else { 300 };
    let scratch = scratch();
    for number in 0..200 {
        scratch.write(
            &format!("content/s/p{number}.md"),
            format!("# Page {number}\n"),
        );
    }
    let watching = watch(&scratch, &[]);
    until_clean("the first build", &scratch);
    let published = scratch.path().join("public/a.html");
    let edit = |number: usize| {
        let mark = format!("Edit {number} of many.");
        scratch.write("content/a.md", format!("# A\n\n{mark}\n\n[b](db/b.md)\n"));
        until(&mark, || {
            fs::read_to_string(&published).is_ok_and(|text| text.contains(&mark))
        });
    };
    (0..edits / 10).for_each(edit);
    // What the last edit opened is closed again once nothing happens any more.
    watching.rebuilds();
    let (memory, files) = watching.uses();
    (edits / 10..edits).for_each(edit);
    watching.rebuilds();
    let (memory_after, files_after) = watching.uses();
    assert!(
        memory_after as f64 <= memory as f64 * 1.1 && files_after <= files,
        "memory {memory} to {memory_after} KiB, files {files} to {files_after}"
    );
    until_clean("the last edit", &scratch);
}
