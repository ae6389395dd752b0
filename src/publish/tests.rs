//! Publishing as a whole, on a real disk: what stays, what goes, and what a kill or a full disk leaves behind.
//!
//! Deaths and full disks happen in a process of their own, which is this test binary run again ([`child`]).
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests of the disk read and write it"
)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use rayon::prelude::*;
use tempfile::TempDir;

use super::manifest::ancestors;
use super::stage::{beside, inside};
use super::*;
use crate::diagnostic::{Code, Severity};

/// A project in a folder of its own.
struct Project {
    folder: TempDir,
    options: Options,
}

type Files = BTreeMap<String, String>;

fn files(pairs: &[(&str, &str)]) -> Files {
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    pairs.iter().map(own).collect()
}

impl Project {
    fn new() -> Self {
        Self::with(Method::Exchange)
    }

    fn with(method: Method) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), method)
    }

    /// In memory where that is possible, for what is done hundreds of times.
    fn in_memory(method: Method) -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self::in_folder(folder.unwrap(), method)
    }

    fn in_folder(folder: TempDir, method: Method) -> Self {
        fs::create_dir(folder.path().join("content")).unwrap();
        let options = options(method);
        Self { folder, options }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("public")
    }

    fn open(&self) -> Result<Publisher, Diagnostic> {
        Publisher::open_with(&target(self.folder.path()), &self.options)
    }

    fn publish(&self, site: &Files) -> Result<Summary, Diagnostic> {
        let publisher = self.open()?;
        fill(&publisher, site)?;
        publisher.commit()
    }

    /// What a reader finds: text of files, `-> target` for links, `/` for folders.
    fn shown(&self) -> Files {
        shown(&self.out())
    }

    /// Writes what is not Bindery's.
    fn plant(&self, path: &str, text: &str) {
        let path = self.out().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn assert_no_leftover(&self) {
        let stages = [beside(&self.out()), inside(&self.out())];
        assert!(
            !stages.iter().any(|stage| stage.exists()),
            "a stage is left"
        );
        let names: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .flatten()
            .collect();
        let kept = |name: String| name.contains("kept");
        assert!(
            !names
                .iter()
                .any(|name| kept(name.file_name().to_string_lossy().into_owned()))
        );
    }
}

fn options(method: Method) -> Options {
    Options {
        method,
        wait: Duration::from_millis(100),
    }
}

fn target(root: &Path) -> Target {
    Target {
        output: root.join("public"),
        root: root.to_owned(),
        home: None,
        cache: root.join(".bindery/outputs"),
    }
}

fn fill(publisher: &Publisher, site: &Files) -> Result<(), Diagnostic> {
    site.par_iter().try_for_each(|(path, text)| {
        publisher
            .put(&OutPath::new(path).unwrap(), key(text), text.as_bytes())
            .map(drop)
    })
}

/// What a page with this text was rendered from.
fn key(text: &str) -> Digest {
    Digest::of(text)
}

fn shown(folder: &Path) -> Files {
    let Ok(found) = Survey::of(folder) else {
        return Files::new();
    };
    let text = |path: &Path, node: &Node| match node.kind {
        Kind::File => String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned(),
        Kind::Folder => "/".to_owned(),
        Kind::Other => format!("-> {}", fs::read_link(path).unwrap().display()),
    };
    let name = |path: &OsStr| path.to_str().unwrap().to_owned();
    let show = |(path, node): (&OsStr, &Node)| (name(path), text(&folder.join(path), node));
    found.iter().map(show).collect()
}

/// As a reader finds it: with folders.
fn with_folders(site: &Files) -> Files {
    let mut all = site.clone();
    for path in site.keys() {
        all.extend(ancestors(path).map(|folder| (folder.to_owned(), "/".to_owned())));
    }
    all
}

/// What must not change when a file is left alone.
fn identity(path: &Path) -> (u64, i64, i64) {
    let metadata = fs::symlink_metadata(path).unwrap();
    (metadata.ino(), metadata.mtime(), metadata.mtime_nsec())
}

const EVERY: [Method; 3] = [Method::Exchange, Method::Renames, Method::InPlace];

fn old_site() -> Files {
    let mut site = files(&[
        ("index.html", "old index"),
        ("same.html", "same"),
        ("a/one.html", "old one"),
        ("a/same.html", "same too"),
        ("a/gone.html", "old"),
        ("gone/deep/x.html", "old x"),
        ("file", "becomes a folder"),
        ("folder/i.html", "becomes a file"),
    ]);
    site.insert("big.html".to_owned(), "old ".repeat(5000));
    site
}

fn new_site() -> Files {
    let mut site = files(&[
        ("index.html", "new index"),
        ("same.html", "same"),
        ("a/one.html", "new one"),
        ("a/same.html", "same too"),
        ("fresh/deep/y.html", "new y"),
        ("file/i.html", "was a file"),
        ("folder", "was a folder"),
    ]);
    site.insert("big.html".to_owned(), "new! ".repeat(5000));
    site
}

/// Plants foreign things, and gives them as a reader finds them.
fn plant_foreign(project: &Project) -> Files {
    let out = project.out();
    project.plant("CNAME", "example.org");
    project.plant("a/notes.txt", "mine");
    project.plant(".well-known/x/security.txt", "mail us");
    fs::create_dir_all(out.join("empty/inner")).unwrap();
    fs::set_permissions(out.join("empty"), fs::Permissions::from_mode(0o700)).unwrap();
    symlink("/etc/hostname", out.join("host")).unwrap();
    symlink("nowhere", out.join("a/dangling")).unwrap();
    symlink("/tmp", out.join("tmp")).unwrap();
    files(&[
        ("CNAME", "example.org"),
        (".well-known", "/"),
        (".well-known/x", "/"),
        (".well-known/x/security.txt", "mail us"),
        ("a", "/"),
        ("a/dangling", "-> nowhere"),
        ("a/notes.txt", "mine"),
        ("empty", "/"),
        ("empty/inner", "/"),
        ("host", "-> /etc/hostname"),
        ("tmp", "-> /tmp"),
    ])
}

#[test]
fn a_site_replaces_another_whole_and_leaves_alone_what_is_not_its_own() {
    for method in EVERY {
        let project = Project::with(method);
        let out = project.out();
        let first = project.publish(&old_site()).unwrap();
        assert_eq!((first.written, first.unchanged, first.removed), (9, 0, 0));
        assert_eq!(project.shown(), with_folders(&old_site()));

        let foreign = plant_foreign(&project);
        let mode = |path: &str| fs::metadata(out.join(path)).unwrap().mode() & 0o7777;
        fs::set_permissions(&out, fs::Permissions::from_mode(0o750)).unwrap();
        let same = identity(&out.join("a/same.html"));
        let mine = identity(&out.join("a/notes.txt"));
        let second = project.publish(&new_site()).unwrap();
        assert_eq!(second.method, Some(method));
        assert_eq!(
            (second.written, second.unchanged, second.removed),
            (6, 2, 4)
        );
        let named = [
            ".well-known/",
            "CNAME",
            "a/dangling",
            "a/notes.txt",
            "empty/",
            "host",
            "tmp",
        ];
        assert_eq!(second.foreign, named);
        let mut expected = with_folders(&new_site());
        expected.extend(foreign);
        assert_eq!(project.shown(), expected);
        assert_eq!(identity(&out.join("a/same.html")), same);
        assert_eq!(identity(&out.join("a/notes.txt")), mine);
        assert_eq!((mode(""), mode("empty")), (0o750, 0o700));
        assert_eq!(fs::metadata(out.join("a/notes.txt")).unwrap().nlink(), 1);
        project.assert_no_leftover();
    }
}

#[test]
fn nothing_is_touched_when_nothing_changed() {
    let project = Project::new();
    project.publish(&old_site()).unwrap();
    thread::sleep(Duration::from_millis(30));
    let all = || -> Vec<_> {
        let paths = old_site()
            .into_keys()
            .chain([String::new(), MANIFEST.to_owned()]);
        paths
            .map(|path| identity(&project.out().join(path)))
            .collect()
    };
    let before = all();
    for _ in 0..2 {
        let summary = project.publish(&old_site()).unwrap();
        assert_eq!(
            (summary.written, summary.unchanged, summary.removed),
            (0, 9, 0)
        );
        assert_eq!(summary.method, None);
        let publisher = project.open().unwrap();
        for (path, text) in &old_site() {
            let path = OutPath::new(path).unwrap();
            assert!(!publisher.keep(&path, key("another")));
            assert!(publisher.keep(&path, key(text)));
        }
        publisher.commit().unwrap();
        assert_eq!(all(), before);
    }
}

#[test]
fn one_changed_file_is_one_rename() {
    let project = Project::new();
    project.publish(&old_site()).unwrap();
    let folder = fs::metadata(project.out()).unwrap().ino();
    let mut site = old_site();
    for (path, text) in [("a/one.html", "edited"), ("a/added.html", "new")] {
        site.insert(path.to_owned(), text.to_owned());
        let summary = project.publish(&site).unwrap();
        assert_eq!((summary.written, summary.method), (1, None));
        assert_eq!(project.shown(), with_folders(&site));
        assert_eq!(fs::metadata(project.out()).unwrap().ino(), folder);
        project.assert_no_leftover();
    }
}

#[test]
fn the_same_site_has_the_same_manifest() {
    let [one, other] = [Project::new(), Project::with(Method::InPlace)];
    one.publish(&new_site()).unwrap();
    other.publish(&old_site()).unwrap();
    other.publish(&new_site()).unwrap();
    let text = |project: &Project| fs::read_to_string(project.out().join(MANIFEST)).unwrap();
    assert_eq!(text(&one), text(&other));
    assert_eq!(text(&one).lines().count(), 10);
}

#[test]
fn what_was_changed_by_hand_is_not_kept() {
    let project = Project::new();
    project.publish(&old_site()).unwrap();
    thread::sleep(Duration::from_millis(30));
    project.publish(&old_site()).unwrap();
    let path = project.out().join("index.html");
    let times = fs::metadata(&path).unwrap();
    // As long, and with the old time put back.
    fs::write(&path, "OLD index").unwrap();
    let set = fs::FileTimes::new().set_modified(times.modified().unwrap());
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_times(set)
        .unwrap();
    let publisher = project.open().unwrap();
    assert!(publisher.keep(&OutPath::new("same.html").unwrap(), key("same")));
    assert!(!publisher.keep(&OutPath::new("index.html").unwrap(), key("old index")));
    assert!(!publisher.keep(&OutPath::new("unknown.html").unwrap(), key("same")));
    drop(publisher);
    assert_eq!(project.publish(&old_site()).unwrap().written, 1);
    assert_eq!(project.shown(), with_folders(&old_site()));
}

#[test]
fn dropping_leaves_the_old_site() {
    for method in EVERY {
        let project = Project::with(method);
        fill(&project.open().unwrap(), &old_site()).unwrap();
        assert!(!project.out().exists(), "an empty folder is left");
        project.publish(&old_site()).unwrap();
        fill(&project.open().unwrap(), &new_site()).unwrap();
        assert_eq!(project.shown(), with_folders(&old_site()));
        project.assert_no_leftover();
    }
}

#[test]
fn foreign_files_are_in_the_way_unless_they_are_the_same() {
    let project = Project::new();
    project.plant("index.html", "theirs");
    project.plant("same.html", "same");
    let finding = project.publish(&old_site()).unwrap_err();
    assert_eq!(
        (finding.code, finding.severity),
        (Code::ForeignFile, Severity::Error)
    );
    assert!(
        finding.message.contains("`index.html`"),
        "{}",
        finding.message
    );
    assert_eq!(
        project.shown(),
        files(&[("index.html", "theirs"), ("same.html", "same")])
    );

    fs::remove_file(project.out().join("index.html")).unwrap();
    let summary = project.publish(&old_site()).unwrap();
    assert_eq!((summary.written, summary.unchanged), (8, 1));
    assert_eq!(summary.foreign, [""; 0]);
}

#[test]
fn nothing_is_written_through_a_planted_link() {
    for method in EVERY {
        let project = Project::with(method);
        let outside = project.folder.path().join("content");
        fs::write(outside.join("one.html"), "precious").unwrap();
        let precious = || assert_eq!(shown(&outside), files(&[("one.html", "precious")]));

        // Where a file shall be, and where a folder shall be; before Bindery's first site and after it.
        for (link, to) in [
            ("index.html", outside.join("one.html")),
            ("a", outside.clone()),
        ] {
            let planted = project.out().join(link);
            fs::create_dir_all(project.out()).unwrap();
            symlink(&to, &planted).unwrap();
            let finding = project.publish(&old_site()).unwrap_err();
            assert_eq!(finding.code, Code::ForeignFile);
            precious();
            fs::remove_file(&planted).unwrap();

            project.publish(&old_site()).unwrap();
            if to.is_dir() {
                fs::remove_dir_all(&planted).unwrap();
            } else {
                fs::remove_file(&planted).unwrap();
            }
            symlink(&to, &planted).unwrap();
            assert_eq!(
                project.publish(&new_site()).unwrap_err().code,
                Code::ForeignFile
            );
            precious();
            assert!(fs::symlink_metadata(&planted).unwrap().is_symlink());
            // What is no longer wanted is not removed through a link either.
            project
                .publish(&files(&[("z/new.html", "z"), ("z/two.html", "z")]))
                .unwrap();
            precious();
            assert!(fs::symlink_metadata(&planted).unwrap().is_symlink());
            fs::remove_dir_all(project.out()).unwrap();
        }
        // A hard link is replaced, not written to.
        project.publish(&old_site()).unwrap();
        fs::remove_file(project.out().join("index.html")).unwrap();
        fs::hard_link(outside.join("one.html"), project.out().join("index.html")).unwrap();
        project.publish(&new_site()).unwrap();
        precious();
    }
}

#[test]
fn planted_stages_and_manifests_are_not_followed() {
    let project = Project::new();
    let outside = project.folder.path().join("content");
    fs::write(outside.join("one.html"), "precious").unwrap();
    for planted in [
        beside(&project.out()),
        inside(&project.out()),
        project.out().join(MANIFEST),
    ] {
        fs::create_dir_all(project.out()).unwrap();
        symlink(&outside, &planted).unwrap();
        assert_eq!(
            project.publish(&old_site()).unwrap_err().code,
            Code::Publish
        );
        assert_eq!(shown(&outside), files(&[("one.html", "precious")]));
        fs::remove_file(planted).unwrap();
    }
    project.publish(&old_site()).unwrap();
}

#[test]
fn a_damaged_manifest_deletes_nothing() {
    let project = Project::new();
    project.publish(&old_site()).unwrap();
    let manifest = project.out().join(MANIFEST);
    let text = fs::read_to_string(&manifest).unwrap();
    for damage in [&text[..text.len() / 2], "", "bindery-manifest 9\nend 0\n"] {
        fs::write(&manifest, damage).unwrap();
        let publisher = project.open().unwrap();
        assert!(publisher.previous().is_empty());
        drop(publisher);
        let finding = project.publish(&new_site()).unwrap_err();
        assert_eq!(finding.code, Code::ForeignFile);
        assert!(finding.help.unwrap().contains("damaged"));
        assert_eq!(project.shown(), with_folders(&old_site()));
    }
    // The same site is taken over.
    let summary = project.publish(&old_site()).unwrap();
    assert_eq!((summary.written, summary.unchanged), (0, 9));
    assert_eq!(fs::read_to_string(&manifest).unwrap(), text);
    // Less than the same leaves what is no longer known as Bindery's.
    fs::write(&manifest, "").unwrap();
    let summary = project
        .publish(&files(&[("index.html", "old index")]))
        .unwrap();
    assert_eq!(summary.removed, 0);
    assert_eq!(project.shown(), with_folders(&old_site()));
}

#[test]
fn a_damaged_cache_is_none() {
    let project = Project::new();
    project.publish(&old_site()).unwrap();
    let cache = target(project.folder.path()).cache;
    let text = fs::read(&cache).unwrap();
    let mut changed = text.clone();
    changed[60] ^= 1;
    for damage in [&text[..100], b"", &[0xff; 9], &changed] {
        fs::write(&cache, damage).unwrap();
        let summary = project.publish(&old_site()).unwrap();
        assert_eq!((summary.written, summary.unchanged), (0, 9));
    }
    fs::remove_file(&cache).unwrap();
    fs::create_dir(&cache).unwrap();
    assert_eq!(project.publish(&old_site()).unwrap().written, 0);
    // A cache of another folder's files says nothing about these.
    let other = Project::new();
    other.publish(&old_site()).unwrap();
    fs::write(other.out().join("index.html"), "OLD index").unwrap();
    fs::copy(target(other.folder.path()).cache, cache.with_extension("x")).unwrap();
    fs::remove_dir(&cache).unwrap();
    fs::rename(cache.with_extension("x"), &cache).unwrap();
    assert_eq!(project.publish(&old_site()).unwrap().written, 0);
}

#[test]
fn dangerous_folders_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().canonicalize().unwrap();
    let root = home.join("work/project");
    for inner in ["content/db", "themes", ".git/hooks", "real", "../elsewhere"] {
        fs::create_dir_all(root.join(inner)).unwrap();
    }
    fs::write(root.join("file"), "").unwrap();
    symlink("content", root.join("to-content")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    symlink(root.join("real"), home.join("work/to-real")).unwrap();
    symlink(&root, home.join("work/to-project")).unwrap();
    let check = |output: PathBuf| {
        check_target(&Target {
            output,
            root: root.clone(),
            home: Some(home.clone()),
            cache: root.join(".bindery/outputs"),
        })
    };
    let refused = [
        "/",
        "..",
        "../..",
        ".",
        "content",
        "content/db",
        "content/new/deep",
        "themes",
        ".git",
        ".git/hooks",
        "content/../content",
        "real/../../project",
        "file",
        "file/inner",
        "to-content",
        "to-content/new",
        "dangling",
        "dangling/new",
        "../to-real",
        "../to-project",
        "../to-project/content",
        "x/.git/y",
    ];
    for output in refused {
        let finding = check(root.join(output)).expect_err(output);
        assert_eq!(finding.code, Code::OutputRefused, "{output}");
        assert!(finding.help.is_some());
    }
    let fine = [
        ("public", "public"),
        ("real", "real"),
        ("new/deep", "new/deep"),
        ("../elsewhere/site", "../elsewhere/site"),
        ("../to-project/public", "public"),
        ("content2", "content2"),
        ("new/../public", "public"),
    ];
    for (output, expected) in fine {
        let expected = std::path::absolute(root.join(expected)).unwrap();
        let expected = match expected.to_str().unwrap().split_once("/project/../") {
            Some((work, rest)) => PathBuf::from(work).join(rest),
            None => expected,
        };
        assert_eq!(check(root.join(output)).expect(output), expected);
    }
}

#[test]
fn a_live_build_holds_the_lock_and_a_dead_one_does_not() {
    let project = Project::new();
    let held = project.open().unwrap();
    let finding = project.open().unwrap_err();
    assert_eq!(finding.code, Code::Locked);
    let process = format!("process {}", std::process::id());
    assert!(finding.message.contains(&process), "{}", finding.message);
    drop(held);

    let mut child = spawn(&project, "hold", &[]);
    wait_for(|| {
        project
            .open()
            .is_err_and(|finding| finding.code == Code::Locked)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    project.publish(&old_site()).unwrap();
}

#[test]
fn builds_at_once_take_turns() {
    for method in EVERY {
        let mut project = Project::with(method);
        project.options.wait = Duration::from_secs(60);
        thread::scope(|scope| {
            for turn in 0..4 {
                let (project, site) = (&project, [old_site(), new_site()]);
                scope.spawn(move || {
                    for round in 0..8 {
                        project.publish(&site[(turn + round) % 2]).unwrap();
                    }
                });
            }
        });
        let shown = project.shown();
        assert!(shown == with_folders(&old_site()) || shown == with_folders(&new_site()));
        project.assert_no_leftover();
    }
}

/// Kills, or fails, a build at each of its calls to the disk in turn, and looks at what it leaves.
fn at_every_call(fault: &str, method: Method, old: &Files, new: &Files) -> u64 {
    for call in 1.. {
        let project = Project::in_memory(method);
        project.publish(old).unwrap();
        let foreign = plant_foreign(&project);
        let with_foreign = |site: &Files| {
            let mut all = with_folders(site);
            all.extend(foreign.clone());
            all
        };
        let (before, after) = (with_foreign(old), with_foreign(new));
        fs::write(project.folder.path().join("site"), pack(new)).unwrap();
        let status = run(
            &project,
            "publish",
            &[("BINDERY_FAULT", &format!("{fault}:{call}"))],
        );
        let shown = project.shown();
        let context = format!("{fault} at call {call}, {method:?}: {status}");
        if status.success() || status.code() == Some(ENDED) {
            assert_eq!(shown, after, "{context}");
        } else if method == Method::InPlace {
            for (path, text) in shown.iter().filter(|(_, text)| *text != "/") {
                let known = [before.get(path), after.get(path)].contains(&Some(text));
                assert!(known, "{context}: {path}");
            }
        } else {
            let none = fault == "kill" && method == Method::Renames && !project.out().exists();
            assert!(shown == before || shown == after || none, "{context}");
            assert!(fault == "kill" || shown == before, "{context}");
        }
        // Whatever comes next is right: the same site, the old one, or a third.
        match call % 3 {
            0 => {
                project.publish(new).expect(&context);
                assert_eq!(project.shown(), after, "{context}");
            }
            1 => {
                project.publish(old).expect(&context);
                assert_eq!(project.shown(), before, "{context}");
            }
            _ => {
                let third = |(path, text): (&String, &String)| (path.clone(), format!("3 {text}"));
                let third: Files = new.iter().map(third).collect();
                project.publish(&third).expect(&context);
                assert_eq!(project.shown(), with_foreign(&third), "{context}");
            }
        }
        project.assert_no_leftover();
        if status.code() == Some(ENDED) {
            return call;
        }
    }
    0
}

#[test]
fn a_kill_at_any_call_leaves_a_whole_site() {
    for method in EVERY {
        let calls = at_every_call("kill", method, &old_site(), &new_site());
        assert!(
            calls > 30,
            "{calls} calls of {method:?} are too few to be true"
        );
    }
}

#[test]
fn a_kill_while_one_file_is_replaced_leaves_a_whole_site() {
    let mut new = old_site();
    new.insert("a/one.html".to_owned(), "edited".to_owned());
    at_every_call("kill", Method::Exchange, &old_site(), &new);
    new = old_site();
    new.insert("a/added.html".to_owned(), "new".to_owned());
    at_every_call("kill", Method::Exchange, &old_site(), &new);
}

#[test]
fn a_full_disk_at_any_call_leaves_the_old_site() {
    for method in EVERY {
        at_every_call("full", method, &old_site(), &new_site());
    }
}

fn many(version: &str) -> Files {
    let numbers = if version == "A" { 0..300 } else { 40..330 };
    let page = |n: u32| {
        (
            format!("{}/page-{n}.html", n % 7),
            format!("{version} {n} ").repeat(200),
        )
    };
    numbers.map(page).collect()
}

#[test]
fn a_kill_at_any_instant_leaves_a_whole_site() {
    let mut seed = 20_261_123_u64;
    let mut random = || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        seed >> 33
    };
    let (a, b) = (with_folders(&many("A")), with_folders(&many("B")));
    for (method, rounds) in [(Method::Exchange, 40), (Method::Renames, 15)] {
        let project = Project::with(method);
        project.publish(&many("A")).unwrap();
        let mut seen = [0, 0];
        let mut round = 0;
        while round < rounds || seen.contains(&0) {
            assert!(round < rounds * 10, "kills came too early: {seen:?}");
            let mut child = spawn(&project, "alternate", &[]);
            // A busy machine may not get as far as the other site in so short a time: then there are more rounds, and longer ones.
            let longest = 60_000 * (1 + round / rounds);
            thread::sleep(Duration::from_micros(10_000 + random() % longest));
            child.kill().unwrap();
            child.wait().unwrap();
            let shown = project.shown();
            let none = method == Method::Renames && !project.out().exists();
            assert!(
                shown == a || shown == b || none,
                "a mixture in round {round} of {method:?}"
            );
            seen[usize::from(shown == b)] += 1;
            let version = if round % 2 == 0 { "A" } else { "B" };
            project.publish(&many(version)).unwrap();
            assert_eq!(project.shown(), with_folders(&many(version)));
            project.assert_no_leftover();
            round += 1;
        }
    }
}

#[test]
fn a_limit_on_files_leaves_the_old_site() {
    // Open files and, with the signal ignored, the size of a file.
    let limits = (4..16).map(|n| format!("ulimit -n {n}"));
    for limit in limits.chain(["trap '' XFSZ; ulimit -f 8".to_owned()]) {
        let project = Project::new();
        project.publish(&old_site()).unwrap();
        fs::write(project.folder.path().join("site"), pack(&new_site())).unwrap();
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("{limit}; exec \"$0\" \"$@\""))
            .arg(this_binary());
        let status = start(shell, project.folder.path(), "publish", &[])
            .wait()
            .unwrap();
        let expected = if status.success() {
            new_site()
        } else {
            old_site()
        };
        assert_eq!(project.shown(), with_folders(&expected), "{limit}");
        assert!(!limit.contains("XFSZ") || !status.success());
        project.publish(&new_site()).unwrap();
        project.assert_no_leftover();
    }
}

/// A small file system in a folder; `None`, said aloud, where that cannot be had.
struct Mounted(PathBuf);

impl Mounted {
    fn new(folder: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let size = format!("size={size}");
        let args = ["-t", "tmpfs", "-o", &size, "bindery-test"];
        let status = Command::new("mount")
            .args(args)
            .arg(folder)
            .stderr(Stdio::null())
            .status();
        if status.is_ok_and(|status| status.success()) {
            return Some(Self(folder.to_owned()));
        }
        eprintln!("skipped: nothing can be mounted here");
        None
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_file_system_leaves_the_old_site() {
    let folder = tempfile::tempdir().unwrap();
    for room in ["72k", "100k", "160k", "200k"] {
        let Some(mounted) = Mounted::new(folder.path(), "300k") else {
            return;
        };
        let publish = |site: &Files| {
            let publisher = Publisher::open(&target(&mounted.0))?;
            fill(&publisher, site)?;
            publisher.commit()
        };
        publish(&old_site()).unwrap();
        let used = 300 - room.trim_end_matches('k').parse::<usize>().unwrap();
        fs::write(
            mounted.0.join("ballast"),
            vec![0; used.saturating_sub(64) * 1024],
        )
        .unwrap();
        let large = (0..60)
            .map(|n| (format!("{n}.html"), "x".repeat(4096)))
            .collect();
        let finding = publish(&large).unwrap_err();
        assert_eq!(finding.code, Code::Publish);
        assert!(
            finding.message.contains("No space left"),
            "{}",
            finding.message
        );
        assert_eq!(shown(&mounted.0.join("public")), with_folders(&old_site()));
        assert!(!beside(&mounted.0.join("public")).exists());
        fs::remove_file(mounted.0.join("ballast")).unwrap();
        publish(&new_site()).unwrap();
        assert_eq!(shown(&mounted.0.join("public")), with_folders(&new_site()));
    }
}

#[test]
fn a_mount_point_is_written_in_place() {
    let project = Project::new();
    let Some(_mounted) = Mounted::new(&project.out(), "2m") else {
        return;
    };
    project.publish(&old_site()).unwrap();
    let foreign = plant_foreign(&project);
    let summary = project.publish(&new_site()).unwrap();
    assert_eq!(summary.method, Some(Method::InPlace));
    let mut expected = with_folders(&new_site());
    expected.extend(foreign);
    assert_eq!(project.shown(), expected);
    project.assert_no_leftover();
}

#[test]
fn other_users_have_what_they_can_have() {
    const NOBODY: u32 = 65534;
    let project = Project::new();
    let root = project.folder.path();
    let is_root = fs::metadata(root).unwrap().uid() == 0;
    fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(root.join("site"), pack(&new_site())).unwrap();
    let own = |path: &Path| std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY));
    let run = || {
        let mut command = Command::new(this_binary());
        command.uid(NOBODY).gid(NOBODY);
        command.args(CHILD_ARGS).current_dir("/");
        let child = command
            .env("BINDERY_CHILD", "publish")
            .env("BINDERY_ROOT", root);
        child.stdout(Stdio::null()).stderr(Stdio::null()).status()
    };
    fs::create_dir(project.out()).unwrap();
    if !is_root || own(&project.out()).is_err() || run().is_err() {
        eprintln!("skipped: this cannot be run as another user");
        return;
    }
    // The parent cannot be written to.
    assert_eq!(project.shown(), with_folders(&new_site()));
    // A foreign file of somebody else's that nobody may link, and a folder that nobody may look into.
    project.plant("theirs.txt", "theirs");
    project.plant("lost+found/x", "theirs");
    fs::set_permissions(
        project.out().join("lost+found"),
        fs::Permissions::from_mode(0o700),
    )
    .unwrap();
    own(root).unwrap();
    fs::write(root.join("site"), pack(&old_site())).unwrap();
    assert!(run().unwrap().success());
    let mut expected = with_folders(&old_site());
    expected.extend(files(&[
        ("theirs.txt", "theirs"),
        ("lost+found", "/"),
        ("lost+found/x", "theirs"),
    ]));
    assert_eq!(project.shown(), expected);
    // A site that cannot be written to at all.
    own(root).unwrap();
    std::os::unix::fs::chown(project.out(), Some(0), Some(0)).unwrap();
    fs::write(root.join("site"), pack(&new_site())).unwrap();
    assert!(!run().unwrap().success());
    assert_eq!(project.shown(), expected);
    assert!(!beside(&project.out()).exists());
}

#[test]
fn what_comes_in_while_a_site_is_replaced_is_kept() {
    let project = Project::new();
    project.publish(&old_site()).unwrap();
    let publisher = project.open().unwrap();
    fill(&publisher, &new_site()).unwrap();
    project.plant("late.txt", "mine");
    project.plant("fresh", "in the way of a folder");
    let summary = publisher.commit().unwrap();
    let late = fs::read_to_string(project.out().join("late.txt")).unwrap();
    assert_eq!(late, "mine");
    let [kept] = &summary.foreign[..] else {
        panic!("{:?}", summary.foreign);
    };
    let text = fs::read_to_string(Path::new(kept).join("fresh")).unwrap();
    assert_eq!(text, "in the way of a folder");
}

fn wait_for(mut come: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if come() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("it never came");
}

/// The child's exit code when it came to an end before the fault it was to have.
const ENDED: i32 = 100;

const CHILD_ARGS: [&str; 3] = ["--exact", "publish::tests::child", "--test-threads=1"];

fn this_binary() -> PathBuf {
    std::env::current_exe().unwrap()
}

fn start(mut command: Command, root: &Path, what: &str, env: &[(&str, &str)]) -> Child {
    command
        .args(CHILD_ARGS)
        .env("RUST_BACKTRACE", "0")
        .env("BINDERY_CHILD", what)
        .env("BINDERY_ROOT", root);
    command
        .envs(env.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

fn spawn(project: &Project, what: &str, env: &[(&str, &str)]) -> Child {
    let method = format!("{:?}", project.options.method);
    let mut all = env.to_vec();
    all.push(("BINDERY_METHOD", &method));
    start(
        Command::new(this_binary()),
        project.folder.path(),
        what,
        &all,
    )
}

fn run(project: &Project, what: &str, env: &[(&str, &str)]) -> ExitStatus {
    spawn(project, what, env).wait().unwrap()
}

/// A site as one text, for the child.
fn pack(site: &Files) -> String {
    site.iter()
        .map(|(path, text)| format!("{path}={text}\n"))
        .collect()
}

/// Not a test: what the tests above run as a process of its own.
#[test]
fn child() {
    let Ok(what) = std::env::var("BINDERY_CHILD") else {
        return;
    };
    let root = PathBuf::from(std::env::var("BINDERY_ROOT").unwrap());
    let method = match std::env::var("BINDERY_METHOD").as_deref() {
        Ok("Renames") => Method::Renames,
        Ok("InPlace") => Method::InPlace,
        _ => Method::Exchange,
    };
    let open = || Publisher::open_with(&target(&root), &options(method)).unwrap();
    match what.as_str() {
        "publish" => {
            let text = fs::read_to_string(root.join("site")).unwrap();
            let pairs: Vec<_> = text
                .lines()
                .filter_map(|line| line.split_once('='))
                .collect();
            let publisher = open();
            fill(&publisher, &files(&pairs)).unwrap();
            publisher.commit().unwrap();
            if std::env::var("BINDERY_FAULT").is_ok() && !disk::reached() {
                std::process::exit(ENDED);
            }
        }
        "alternate" => {
            for version in ["B", "A"].into_iter().cycle() {
                let publisher = open();
                fill(&publisher, &many(version)).unwrap();
                publisher.commit().unwrap();
            }
        }
        "hold" => {
            let mut patient = options(method);
            patient.wait = Duration::from_secs(60);
            let _held = Publisher::open_with(&target(&root), &patient).unwrap();
            thread::sleep(Duration::from_secs(60));
        }
        _ => panic!("a child that does not know what to do"),
    }
}
