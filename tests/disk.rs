//! What a disk can hold that is no runbook, and what a disk can refuse.
#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    unreachable_pub,
    reason = "tests read the disk and stop at the first surprise"
)]

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use support::{Run, Scratch, bindery};

const CONFIG: &str = "title = \"Test\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n";

fn project() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("site.toml", CONFIG);
    scratch.write("content/a.md", "# A\n\nText.\n");
    scratch
}

fn codes(run: &Run) -> Vec<String> {
    run.findings()
        .iter()
        .map(|line| line.split(' ').take(3).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn no_files_are_named_and_skipped() {
    let scratch = project();
    let made = Command::new("mkfifo")
        .arg(scratch.path().join("content/fifo.md"))
        .status()
        .expect("mkfifo");
    assert!(made.success());
    symlink("loop", scratch.path().join("content/loop")).expect("a link");
    symlink(".", scratch.path().join("content/self")).expect("a link");
    symlink("/nowhere", scratch.path().join("content/dangling.md")).expect("a link");
    symlink("a.md", scratch.path().join("content/inside.md")).expect("a link");
    let start = Instant::now();
    let run = scratch.build(&["--format", "json"]).expect(0);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(
        codes(&run),
        [
            "warning BND0005 content/dangling.md:null:null",
            "warning BND0005 content/fifo.md:null:null",
            "warning BND0005 content/loop:null:null",
            "warning BND0005 content/self:null:null",
        ]
    );
    assert!(scratch.site().contains_key("inside.html"));
}

#[test]
fn links_out_of_the_project_stop_the_build() {
    let outside = Scratch::new();
    outside.write("secret.md", "# Secret\n\nText.\n");
    for name in ["content/out.md", "content/folder", "themes"] {
        let scratch = project();
        let target = if name.ends_with(".md") {
            outside.path().join("secret.md")
        } else {
            outside.path().to_owned()
        };
        symlink(target, scratch.path().join(name)).expect("a link");
        let run = scratch.build(&["--format", "json"]).expect(1);
        assert!(
            codes(&run)[0].starts_with("error BND0004"),
            "{:?}",
            codes(&run)
        );
        assert!(!scratch.path().join("public").exists());
    }
}

#[test]
fn huge_and_deep_inputs_are_errors() {
    let scratch = project();
    let big = fs::File::create(scratch.path().join("content/big.md")).expect("a file");
    big.set_len(1 << 30).expect("a sparse file");
    scratch.write(
        "content/lists.md",
        format!("# Lists\n\n{}x\n", "- ".repeat(20_000)),
    );
    scratch.write(
        "content/quotes.md",
        format!("# Quotes\n\n{}x\n", "> ".repeat(20_000)),
    );
    scratch.write(
        "content/yaml.md",
        format!("---\na: {}\n---\n# Y\n\nText.\n", "[".repeat(20_000)),
    );
    scratch.write(
        "content/toml.md",
        format!("+++\na = {}\n+++\n# T\n\nText.\n", "[".repeat(20_000)),
    );
    let mut bomb = String::from("---\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let last = n - 1;
        bomb += &format!(
            "a{n}: &a{n} [*a{last}, *a{last}, *a{last}, *a{last}, *a{last}, *a{last}, *a{last}, *a{last}]\n"
        );
    }
    scratch.write("content/bomb.md", format!("{bomb}---\n# Bomb\n\nText.\n"));
    let start = Instant::now();
    let run = scratch.build(&["--format", "json"]).expect(1);
    assert!(start.elapsed() < Duration::from_secs(10));
    let codes = codes(&run);
    for wanted in [
        "error BND0003 content/big.md",
        "error BND0006 content/lists.md",
        "error BND0006 content/quotes.md",
        "content/yaml.md",
        "content/toml.md",
        "error BND0201 content/bomb.md",
    ] {
        assert!(
            codes.iter().any(|code| code.contains(wanted)),
            "{wanted} is not among {codes:#?}"
        );
    }
}

#[test]
fn deep_folders_do_not_overflow() {
    let scratch = project();
    let deep = "d/".repeat(500);
    scratch.write(&format!("content/{deep}x.md"), "# X\n\nText.\n");
    let run = scratch.build(&["--format", "json"]);
    assert_eq!(run.code, Some(1));
    assert!(
        codes(&run)[0].starts_with("error BND0006"),
        "{:?}",
        codes(&run)
    );
}

#[test]
fn names_that_are_not_utf8_are_named() {
    use std::os::unix::ffi::OsStrExt;
    let scratch = project();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.md");
    if fs::write(scratch.path().join("content").join(name), "# C\n").is_err() {
        eprintln!("SKIPPED: this file system takes no names that are not UTF-8");
        return;
    }
    let run = scratch.build(&["--format", "json"]).expect(1);
    assert!(
        codes(&run)[0].starts_with("error BND0002"),
        "{:?}",
        codes(&run)
    );
}

#[test]
fn dangerous_outputs_are_refused() {
    let scratch = project();
    let root = scratch.path().to_str().expect("UTF-8");
    for output in [
        "/",
        root,
        "content",
        "content/x",
        "themes",
        ".git",
        &format!("{root}/.."),
    ] {
        let mut command = bindery();
        command
            .current_dir(scratch.path())
            .args(["build", "--output", output]);
        let run = Run::of(&mut command);
        assert_eq!(run.code, Some(2), "{output}: {}", run.stderr);
        assert!(run.stderr.contains("BND0603"), "{output}: {}", run.stderr);
    }
    assert!(scratch.path().join("content/a.md").exists());
}

#[test]
fn foreign_files_are_kept_and_named() {
    let scratch = project();
    scratch.write("public/CNAME", "example.com");
    let run = scratch.build(&[]).expect(0);
    assert!(run.stderr.contains("kept `CNAME`"), "{}", run.stderr);
    fs::remove_file(scratch.path().join("content/a.md")).expect("gone");
    scratch.write("content/b.md", "# B\n\nText.\n");
    scratch.build(&[]).expect(0);
    let site = scratch.site();
    assert!(
        site.contains_key("CNAME") && site.contains_key("b.html") && !site.contains_key("a.html")
    );
}

#[test]
fn an_error_leaves_the_old_site() {
    let scratch = project();
    scratch.build(&[]).expect(0);
    let before = scratch.site();
    scratch.write("content/a.md", "# A\n\n[gone](gone.md)\n");
    let run = scratch.build(&[]).expect(1);
    assert!(run.stderr.contains("content/a.md:3:1"), "{}", run.stderr);
    assert!(scratch.site() == before);
}

#[test]
fn a_full_disk_leaves_the_old_site() {
    let scratch = project();
    let disk = scratch.path().join("disk");
    fs::create_dir(&disk).expect("a folder");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1500k", "tmpfs"])
        .arg(&disk)
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: a disk that fills up needs root to mount it");
        return;
    }
    let output = disk.join("site");
    let build = || {
        let mut command = bindery();
        command
            .args(["build", "--root"])
            .arg(scratch.path())
            .arg("--output")
            .arg(&output);
        Run::of(&mut command)
    };
    let first = build();
    let before = support::files(&output);
    for number in 0..400 {
        scratch.write(
            &format!("content/p{number}.md"),
            format!("# P {number}\n\n{}\n", "Words. ".repeat(600)),
        );
    }
    let second = build();
    let after = support::files(&output);
    let left: Vec<_> = fs::read_dir(&disk)
        .expect("the disk")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    drop(Command::new("umount").arg(&disk).status());
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(second.code, Some(1), "{}", second.stderr);
    assert!(second.stderr.contains("No space left"), "{}", second.stderr);
    assert!(before == after);
    assert_eq!(left, ["site"]);
}

#[test]
fn a_folder_that_may_not_be_written_is_an_error() {
    let scratch = project();
    let folder = scratch.path().join("locked");
    fs::create_dir(&folder).expect("a folder");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("permissions");
    if fs::write(folder.join("probe"), "").is_ok() {
        eprintln!("SKIPPED: root may write anywhere");
        return;
    }
    let run = scratch.build(&["--output", folder.join("site").to_str().expect("UTF-8")]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
}

#[test]
fn wrong_usage_is_told_apart() {
    let empty = Scratch::new();
    let run = empty.build(&[]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("there is no site.toml"),
        "{}",
        run.stderr
    );
    for arguments in [
        &["bild"][..],
        &["build", "--nope"],
        &["build", "--jobs", "0"],
        &[],
    ] {
        let run = Run::of(bindery().current_dir(empty.path()).args(arguments));
        assert_eq!(run.code, Some(2), "{arguments:?}");
    }
    let version = Run::of(bindery().arg("--version")).expect(0);
    assert_eq!(
        version.stdout.trim(),
        format!("bindery {}", env!("CARGO_PKG_VERSION"))
    );
    let help = Run::of(bindery().args(["build", "--help"])).expect(0);
    assert!(help.stdout.contains("--lenient"), "{}", help.stdout);
}

#[test]
fn the_site_is_found_upwards() {
    let scratch = project();
    let inner = scratch.path().join("content/deep");
    fs::create_dir(&inner).expect("a folder");
    Run::of(bindery().current_dir(&inner).arg("build")).expect(0);
    assert!(Path::new(&scratch.path().join("public/a.html")).exists());
}
