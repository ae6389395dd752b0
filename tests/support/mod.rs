//! What tests through the front door share: a scratch copy of a site, the real binary, what came out.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub mod edits;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A folder that is gone when this is dropped.
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path
    }

    /// Runs `bindery build` here with these arguments.
    pub fn build(&self, arguments: &[&str]) -> Run {
        self.run("build", arguments)
    }

    /// Runs a command of the binary here with these arguments.
    pub fn run(&self, name: &str, arguments: &[&str]) -> Run {
        let mut command = bindery();
        command
            .arg(name)
            .arg("--root")
            .arg(self.path())
            .args(arguments);
        Run::of(&mut command)
    }

    /// Every file of the published site, manifest included, with its bytes.
    pub fn site(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.path().join("public"))
    }
}

/// The binary under test, in a plain environment.
pub fn bindery() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bindery"));
    command
        .env("SOURCE_DATE_EPOCH", "1795392000")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "120");
    command
}

/// What a run printed and how it ended.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn of(command: &mut Command) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().expect("the binary runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let run = Self {
            code: status.code(),
            stdout: text(stdout),
            stderr: text(stderr),
        };
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run
    }

    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self
    }

    /// The findings of a run with `--format json`, a line each.
    pub fn findings(&self) -> Vec<String> {
        let json: serde_json::Value =
            serde_json::from_str(&self.stdout).expect("JSON on standard output");
        let findings = json["diagnostics"].as_array().expect("a list");
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        findings
            .iter()
            .map(|found| {
                format!(
                    "{} {} {}:{}:{} {} | {}",
                    text(&found["severity"]),
                    text(&found["code"]),
                    text(&found["file"]),
                    found["line"],
                    found["column"],
                    text(&found["message"]),
                    text(&found["help"]).replace('\n', " "),
                )
            })
            .collect()
    }
}

/// A running `bindery serve`, ended with the test.
pub struct Serving {
    child: Child,
    /// Its address, with the path of the site.
    pub url: String,
}

impl Serving {
    /// Serves the site in `root`, on a port of its own unless the arguments name one.
    pub fn of(root: &Path, arguments: &[&str]) -> Self {
        let mut child = bindery()
            .args(["serve", "--json", "--root"])
            .arg(root)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let event: serde_json::Value = serde_json::from_str(&line).expect("JSON");
                Some(event["url"].as_str()?.to_owned())
            })
            .expect("an address");
        // Whoever stops reading stops the program.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, url }
    }

    /// Ends it at once, as a reboot would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Every file below `folder` with its bytes.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    files_at_rest(folder).expect("files that nobody takes away")
}

/// The same of a folder that somebody may be writing to; nothing where a file went away meanwhile.
pub fn files_at_rest(folder: &Path) -> Option<BTreeMap<String, Vec<u8>>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry
                .path()
                .strip_prefix(folder)
                .expect("below")
                .to_str()
                .expect("UTF-8")
                .to_owned();
            Some((name, fs::read(entry.path()).ok()?))
        })
        .collect()
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    for (name, bytes) in files(from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
}

/// The corpora of real runbooks, where they are at hand; says aloud when they are not.
pub fn corpora() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: ../shared/corpora is not here, so nothing was tried on real runbooks");
    None
}
