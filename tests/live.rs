//! The preview is never wrong: after any edit that is saved in any way, what `serve` answers and what `watch` keeps equal
//! a clean build, byte for byte, once both have looked.
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
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::edits::{Dice, Files, edit, start};
use support::{Run, Scratch, Serving, bindery, files_at_rest};

/// How long a change may take to show on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running command, ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `serve`, and gives its address and the path of its site.
fn serve(scratch: &Scratch) -> (Serving, String, String) {
    let serving = Serving::of(scratch.path(), &["--lenient", "--port", "0"]);
    let rest = serving.url.strip_prefix("http://").expect("an address");
    let (host, base) = rest.split_once('/').expect("a path");
    let (host, base) = (host.to_owned(), format!("/{base}"));
    (serving, host, base)
}

fn watch(scratch: &Scratch) -> Running {
    let child = bindery()
        .args(["watch", "--lenient", "--root"])
        .arg(scratch.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    Running(child)
}

/// What the server answers at a path: the status, and the body without what the preview adds.
fn get(host: &str, path: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(host).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let path: String = path
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                (byte as char).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let head = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a head");
    let status = std::str::from_utf8(&answer[9..12])
        .unwrap()
        .parse()
        .unwrap();
    (status, without_script(&answer[head + 4..]))
}

fn without_script(body: &[u8]) -> Vec<u8> {
    let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|part| part == what);
    let Some(from) = find(body, b"<script src=\"/.bindery/") else {
        return body.to_vec();
    };
    let to = from + find(&body[from..], b"</script>").expect("its end") + "</script>".len();
    [&body[..from], &body[to..]].concat()
}

/// Brings the disk from one state to the next, as an editor would.
fn save(root: &Path, old: &Files, new: &Files, dice: &mut Dice) {
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        let path = root.join(name);
        // A folder that moves as a whole is one rename.
        let moved = new.iter().find(|(to, bytes)| {
            to.rsplit('/').next() == name.rsplit('/').next()
                && **bytes == old[name]
                && !old.contains_key(*to)
        });
        match moved {
            Some((to, _)) => {
                fs::create_dir_all(root.join(to).parent().unwrap()).unwrap();
                fs::rename(&path, root.join(to)).unwrap();
            }
            None => fs::remove_file(&path).unwrap(),
        }
        let mut folder = path.parent().unwrap();
        while folder != root && fs::remove_dir(folder).is_ok() {
            folder = folder.parent().unwrap();
        }
    }
    for (name, bytes) in new {
        let path = root.join(name);
        if fs::read(&path).is_ok_and(|there| there == *bytes) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let beside = path.with_extension("tmp~");
        match dice.roll(3) {
            // `sed -i`, gedit, JetBrains.
            0 => {
                fs::write(&beside, bytes).unwrap();
                fs::rename(&beside, &path).unwrap();
            }
            // vim.
            1 if path.exists() => {
                fs::rename(&path, &beside).unwrap();
                fs::write(&path, bytes).unwrap();
                fs::remove_file(&beside).unwrap();
            }
            // VS Code, Emacs.
            _ => fs::write(&path, bytes).unwrap(),
        }
    }
}

/// The site without its manifest, which tells of files by their times.
fn published(folder: &Path) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut site = files_at_rest(folder)?;
    site.remove(".bindery-manifest");
    Some(site)
}

/// What is not right yet, if anything.
fn wrong(
    host: &str,
    base: &str,
    wanted: &BTreeMap<String, Vec<u8>>,
    seen: &BTreeMap<String, Vec<u8>>,
) -> Option<String> {
    for (name, bytes) in wanted {
        let (status, body) = get(host, &format!("{base}{name}"));
        if status != 200 || body != *bytes {
            return Some(format!("{name} is another one ({status})"));
        }
    }
    seen.keys()
        .filter(|name| !wanted.contains_key(*name))
        .find(|name| get(host, &format!("{base}{name}")).0 != 404)
        .map(|name| format!("{name} is still there"))
}

fn until(at: &str, mut wrong: impl FnMut() -> Option<String>) {
    let start = Instant::now();
    while let Some(what) = wrong() {
        assert!(start.elapsed() < PATIENCE, "{at}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn any_sequence_of_saves_equals_a_clean_build() {
    let long = std::env::var("BINDERY_LONG").is_ok_and(|long| long == "1");
    let sequences = if long { 100 } else { 5 };
    let from = std::env::var("BINDERY_SEED").map_or(1, |seed| seed.parse().unwrap());
    let compared: u64 = (from..from + sequences).map(sequence).sum();
    // Most states must be whole ones, or nothing was shown.
    assert!(
        compared > sequences * 4,
        "{compared} states in {sequences} sequences"
    );
}

/// Gives how many whole states were compared.
fn sequence(seed: u64) -> u64 {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut project = start(&mut dice);
    let scratch = Scratch::new();
    let root = scratch.path();
    save(root, &Files::new(), &project, &mut dice);
    let (_serving, host, base) = serve(&scratch);
    let _watching = watch(&scratch);
    let elsewhere = Scratch::new();
    // What was good last, for those who stay with it; none where nobody can say.
    let mut good: Option<BTreeMap<String, Vec<u8>>> = None;
    let mut kept: Option<BTreeMap<String, Vec<u8>>> = None;
    let mut seen = BTreeMap::new();
    let mut compared = 0;
    for step in 0..10 {
        let at = format!("seed {seed} step {step}");
        let clean = elsewhere.path().join(format!("{step}"));
        let mut command = bindery();
        command
            .args(["build", "--lenient", "--format", "json", "--root"])
            .arg(root)
            .arg("--output")
            .arg(&clean);
        let run = Run::of(&mut command);
        if run.code == Some(0) {
            compared += 1;
            let site = published(&clean).expect("a clean build");
            good = Some(site.clone());
            kept = Some(site);
        } else {
            // A page that cannot be rendered stops publishing. The server shows the other pages.
            if run.findings().iter().any(|found| found.contains("BND0503")) {
                good = None;
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        if let Some(good) = &good {
            until(&at, || wrong(&host, &base, good, &seen));
            seen.extend(good.clone());
        }
        if let Some(kept) = &kept {
            until(&at, || {
                (published(&root.join("public")).as_ref() != Some(kept))
                    .then(|| "the folder differs".to_owned())
            });
        }
        let mut next = project.clone();
        edit(&mut dice, &mut next);
        save(root, &project, &next, &mut dice);
        project = next;
    }
    compared
}
