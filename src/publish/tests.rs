//! Publishing, tried on a real disk.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use super::{Publisher, Summary, Target, refuse};
use crate::hash::Digest;
use crate::path::OutPath;

fn target(root: &Path) -> Target {
    Target {
        output: root.join("public"),
        root: root.to_owned(),
        home: None,
        cache: root.join(".bindery/outputs"),
    }
}

fn publish(target: &Target, files: &[(&str, &str)]) -> Summary {
    let publisher = Publisher::open(target).unwrap();
    for (name, text) in files {
        let (path, key) = (OutPath::new(name).unwrap(), Digest::of(text));
        if !publisher.keep(&path, key) {
            publisher.put(&path, key, text.as_bytes()).unwrap();
        }
    }
    publisher.commit(None).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = walkdir::WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|entry| !entry.file_type().is_dir())
        .map(|entry| {
            entry
                .path()
                .strip_prefix(folder)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn only_what_changed_is_touched() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path());
    let first = publish(
        &target,
        &[("a.html", "a"), ("db/b.html", "b"), ("old/c.html", "c")],
    );
    assert_eq!((first.written, first.unchanged, first.removed), (3, 0, 0));
    let stat = |name: &str| {
        let meta = fs::metadata(target.output.join(name)).unwrap();
        (meta.ino(), meta.mtime_nsec())
    };
    let before = stat("a.html");
    let second = publish(&target, &[("a.html", "a"), ("db/b.html", "B")]);
    assert_eq!(
        (second.written, second.unchanged, second.removed),
        (1, 1, 1)
    );
    assert_eq!(stat("a.html"), before);
    assert_eq!(
        fs::read_to_string(target.output.join("db/b.html")).unwrap(),
        "B"
    );
    assert!(!target.output.join("old").exists());
    let third = publish(&target, &[("a.html", "a"), ("db/b.html", "B")]);
    assert_eq!((third.written, third.unchanged, third.removed), (0, 2, 0));
    let fourth = publish(&target, &[("a.html", "A"), ("db/b.html", "B")]);
    assert_eq!((fourth.written, fourth.unchanged), (1, 1));
    assert_eq!(
        names(root.path()),
        [
            ".bindery/outputs",
            "public/.bindery-manifest",
            "public/a.html",
            "public/db/b.html"
        ]
    );
}

#[test]
fn foreign_files_stay() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path());
    fs::create_dir_all(target.output.join("keep")).unwrap();
    fs::write(target.output.join("keep/CNAME"), "x").unwrap();
    symlink("/etc/passwd", target.output.join("link")).unwrap();
    let summary = publish(&target, &[("a.html", "a"), ("b.html", "b")]);
    assert_eq!(summary.foreign, ["keep/CNAME", "link"]);
    publish(&target, &[("c.html", "c"), ("d.html", "d")]);
    assert_eq!(
        names(&target.output),
        [
            ".bindery-manifest",
            "c.html",
            "d.html",
            "keep/CNAME",
            "link"
        ]
    );
    assert!(
        fs::symlink_metadata(target.output.join("link"))
            .unwrap()
            .is_symlink()
    );
}

#[test]
fn what_is_in_the_way_is_named_and_never_written_through() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path());
    publish(&target, &[("a.html", "a")]);
    let secret = root.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    symlink(&secret, target.output.join("b.html")).unwrap();
    symlink(root.path(), target.output.join("c")).unwrap();
    for name in ["b.html", "c/secret"] {
        let publisher = Publisher::open(&target).unwrap();
        let error = publisher
            .put(&OutPath::new(name).unwrap(), Digest::default(), b"x")
            .unwrap_err();
        assert!(error.message.contains("in the way"), "{}", error.message);
    }
    // Our own file, replaced by a link behind our back, is written anew.
    fs::remove_file(target.output.join("a.html")).unwrap();
    symlink(&secret, target.output.join("a.html")).unwrap();
    publish(&target, &[("a.html", "a")]);
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    assert!(
        fs::symlink_metadata(target.output.join("a.html"))
            .unwrap()
            .is_file()
    );
}

#[test]
fn a_page_may_become_a_folder_and_back() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path());
    publish(&target, &[("a", "a"), ("b", "b")]);
    publish(&target, &[("a/x.html", "x"), ("b", "b")]);
    assert_eq!(
        names(&target.output),
        [".bindery-manifest", "a/x.html", "b"]
    );
    publish(&target, &[("a", "a"), ("b", "b")]);
    assert_eq!(names(&target.output), [".bindery-manifest", "a", "b"]);
}

#[test]
fn a_run_that_is_dropped_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path());
    publish(&target, &[("a.html", "a")]);
    let publisher = Publisher::open(&target).unwrap();
    publisher
        .put(&OutPath::new("a.html").unwrap(), Digest::default(), b"new")
        .unwrap();
    drop(publisher);
    assert_eq!(
        fs::read_to_string(target.output.join("a.html")).unwrap(),
        "a"
    );
    assert_eq!(
        names(root.path()),
        [
            ".bindery/outputs",
            "public/.bindery-manifest",
            "public/a.html"
        ]
    );
}

#[test]
fn broken_books_are_not_believed() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path());
    publish(&target, &[("a.html", "a"), ("b.html", "b")]);
    for broken in ["", "junk", "bindery outputs 2\n"] {
        fs::write(&target.cache, broken).unwrap();
        fs::write(target.output.join("a.html"), "tampered").unwrap();
        publish(&target, &[("a.html", "a"), ("b.html", "b")]);
        assert_eq!(
            fs::read_to_string(target.output.join("a.html")).unwrap(),
            "a"
        );
    }
    // Without its manifest nothing in the folder is ours, so nothing is deleted, and equal files are taken over.
    fs::write(target.output.join(".bindery-manifest"), "junk").unwrap();
    let summary = publish(&target, &[("a.html", "a")]);
    assert_eq!(summary.foreign, ["b.html"]);
    assert_eq!(
        names(&target.output),
        [".bindery-manifest", "a.html", "b.html"]
    );
}

#[test]
fn folders_that_are_no_output_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let project = root.path().join("project");
    fs::create_dir_all(project.join("content")).unwrap();
    let home = root.path().join("home/me");
    fs::create_dir_all(&home).unwrap();
    symlink(&project, root.path().join("alias")).unwrap();
    let refused = |output: &str| {
        let output = if output.starts_with('/') {
            output.into()
        } else {
            project.join(output)
        };
        let target = Target {
            output,
            root: project.clone(),
            home: Some(home.clone()),
            cache: project.join(".bindery/outputs"),
        };
        refuse(&target).is_some()
    };
    for output in [
        "/",
        ".",
        "..",
        "content",
        "content/x",
        "themes",
        ".git",
        ".git/x",
        "../home",
        "../home/me",
        "../alias",
        "public/..",
    ] {
        assert!(refused(output), "{output}");
    }
    for output in ["public", "out/site", "../elsewhere", "../home/me/site"] {
        assert!(!refused(output), "{output}");
    }
}

#[test]
fn a_second_run_waits_for_the_first() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path());
    let first = Publisher::open(&target).unwrap();
    first
        .put(&OutPath::new("a.html").unwrap(), Digest::default(), b"1")
        .unwrap();
    let other = target.clone();
    let second = std::thread::spawn(move || publish(&other, &[("a.html", "2"), ("b.html", "2")]));
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert!(!second.is_finished());
    first.commit(None).unwrap();
    second.join().unwrap();
    assert_eq!(
        fs::read_to_string(target.output.join("a.html")).unwrap(),
        "2"
    );
}

#[test]
fn equal_inputs_need_no_second_look() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path());
    let inputs = Digest::of("inputs");
    let publisher = Publisher::open(&target).unwrap();
    publisher
        .put(&OutPath::new("a.html").unwrap(), Digest::default(), b"a")
        .unwrap();
    let last = super::LastBuild {
        inputs: inputs.to_string(),
        pages: 1,
        findings: Vec::new(),
    };
    publisher.commit(Some(last)).unwrap();
    let keeps = |inputs| {
        Publisher::open(&target)
            .unwrap()
            .keep_all(inputs)
            .map(|last| last.pages)
    };
    assert_eq!(keeps(inputs), Some(1));
    assert_eq!(keeps(Digest::of("others")), None);
    fs::write(target.output.join("a.html"), "b").unwrap();
    assert_eq!(keeps(inputs), None);
}
