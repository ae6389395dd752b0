//! Whether addresses out of the site lead anywhere: curl asks them, as it knows proxies and certificates.
//!
//! Servers are asked side by side, and each of them one address after the other. What was fine a few days ago is not asked
//! again.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that uses the network, and keeps what it was told"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Most servers that are asked at once.
const SIDE_BY_SIDE: usize = 8;
/// Days for which an address that was fine is not asked again.
const FRESH: i32 = 7;
/// Where answers are kept, below the root of the project.
const CACHE: &str = ".bindery/external.json";
/// What curl is told besides the addresses: seconds, and hops of redirects.
const SETTINGS: &str = "silent\nlocation\nmax-redirs = 5\nconnect-timeout = 5\nmax-time = 20\nrange = \"0-0\"\n\
    proto = \"=http,https\"\nproto-redir = \"=http,https\"\nwrite-out = \"%{http_code} %{exitcode}\\n\"\n";

/// What an address is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// It leads somewhere.
    Fine,
    /// It leads nowhere; this is why.
    Dead(String),
    /// Nobody can tell today: the server is slow, or wants a login.
    Unknown(String),
}

/// Whether an address is one that can be asked: the names of examples and of this machine are not.
pub fn is_askable(url: &str) -> bool {
    let Some(host) = host(url) else { return false };
    let name = host.rsplit('@').next().unwrap_or(host);
    let bare = name.split(':').next().unwrap_or(name).to_lowercase();
    // RFC 2606 and 6761.
    let reserved = [
        "example.com",
        "example.net",
        "example.org",
        "example",
        "invalid",
        "test",
        "localhost",
    ];
    let is_reserved = reserved.iter().any(|end| {
        bare.strip_suffix(end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    let strange = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '"' | '\\' | '<' | '>' | '{' | '}' | '$')
    };
    // A password is nobody's business.
    bare.contains('.') && !is_reserved && !host.contains('@') && !url.contains(strange)
}

fn host(url: &str) -> Option<&str> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    rest.split(['/', '?', '#'])
        .next()
        .filter(|host| !host.is_empty())
}

/// Asks each address, but for those of which the answer is known.
///
/// # Errors
/// When there is no curl.
pub fn ask(
    root: &Path,
    urls: &BTreeSet<String>,
    today: Date,
) -> Result<BTreeMap<String, Answer>, String> {
    let mut known = read(root, today);
    known.retain(|url, _| urls.contains(url));
    let mut by_host: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for url in urls.iter().filter(|url| !known.contains_key(*url)) {
        by_host
            .entry(host(url).unwrap_or_default())
            .or_default()
            .push(url);
    }
    let queue = Mutex::new(by_host.into_values().collect::<Vec<_>>());
    let answers = Mutex::new(BTreeMap::new());
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().ok().and_then(|mut queue| queue.pop());
                    let Some(urls) = next else { return };
                    match curl(&urls) {
                        Ok(told) => {
                            if let Ok(mut answers) = answers.lock() {
                                answers.extend(urls.into_iter().cloned().zip(told));
                            }
                        }
                        Err(why) => {
                            if let Ok(mut failure) = failure.lock() {
                                *failure = Some(why);
                            }
                            return;
                        }
                    }
                }
            });
        }
    });
    if let Ok(Some(why)) = failure.into_inner() {
        return Err(why);
    }
    let mut all: BTreeMap<String, Answer> = answers.into_inner().unwrap_or_default();
    let fresh: Vec<String> = (all.iter())
        .filter(|(_, answer)| **answer == Answer::Fine)
        .map(|(url, _)| url.clone())
        .collect();
    let mut kept = known.clone();
    kept.extend(fresh.into_iter().map(|url| (url, today)));
    write(root, &kept);
    all.extend(known.into_keys().map(|url| (url, Answer::Fine)));
    Ok(all)
}

/// Asks the addresses of one server, one after the other.
fn curl(urls: &[&String]) -> Result<Vec<Answer>, String> {
    let mut config = SETTINGS.to_owned();
    config += &format!(
        "user-agent = \"bindery/{} (link check)\"\n",
        env!("CARGO_PKG_VERSION")
    );
    for url in urls {
        // What follows `#` is for the reader's browser.
        let url = url.split('#').next().unwrap_or(url);
        config += &format!("url = \"{url}\"\noutput = \"/dev/null\"\n");
    }
    let started = Command::new("curl")
        // What the user set for other purposes stays out of it.
        .args(["--disable", "--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = started.map_err(|error| match error.kind() {
        ErrorKind::NotFound => "there is no `curl` here; install it".to_owned(),
        _ => error.to_string(),
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(config.as_bytes())
            .map_err(|error| error.to_string())?;
    }
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = told.lines();
    let answer = |_| match lines.next() {
        Some(line) => answer(line),
        None => Answer::Unknown("curl said nothing of it".to_owned()),
    };
    Ok(urls.iter().map(answer).collect())
}

/// Reads `404 0`: the status, and curl's own exit code.
fn answer(line: &str) -> Answer {
    let (status, exit) = line.split_once(' ').unwrap_or((line, ""));
    match (status, exit) {
        ("404" | "410", _) => Answer::Dead(format!("the server says {status}")),
        // 416: there is a page, but no first byte of it.
        ("416", _) => Answer::Fine,
        (_, "6") => Answer::Dead("there is no such server".to_owned()),
        ("000", exit) => Answer::Unknown(format!("curl ended with {exit}")),
        (status, _) if status.starts_with(['2', '3']) => Answer::Fine,
        (status, _) => Answer::Unknown(format!("the server says {status}")),
    }
}

/// The addresses that were fine, and when; those of too long ago are left out.
fn read(root: &Path, today: Date) -> BTreeMap<String, Date> {
    let text = fs::read_to_string(root.join(CACHE)).unwrap_or_default();
    let known: BTreeMap<String, String> = serde_json::from_str(&text).unwrap_or_default();
    let dated = known.into_iter().filter_map(|(url, day)| {
        let day: Date = day.parse().ok()?;
        let age = (today - day).get_days();
        (0..FRESH).contains(&age).then_some((url, day))
    });
    dated.collect()
}

/// That it cannot be written is no error: everything is asked again.
fn write(root: &Path, known: &BTreeMap<String, Date>) {
    let known: BTreeMap<&String, String> = (known.iter())
        .map(|(url, day)| (url, day.to_string()))
        .collect();
    if let Ok(text) = serde_json::to_string(&known) {
        let path = root.join(CACHE);
        if let Some(folder) = path.parent() {
            crate::notes::make(folder);
        }
        let _ = fs::write(path, text);
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, answer, is_askable};

    #[test]
    fn what_is_asked() {
        for (url, is) in [
            ("https://docs.rs/a", true),
            ("http://10.0.0.1:8080/", true),
            ("https://example.com/", false),
            ("https://a.example.com/", false),
            ("https://notexample.com/", true),
            ("https://runbooks.invalid/", false),
            ("http://localhost:3000/", false),
            ("http://web/", false),
            ("https://me:secret@docs.rs/", false),
            ("https://docs.rs/\"\nurl = \"file:///etc/passwd", false),
            ("https://<host>/", false),
            ("mailto:a@b.c", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_askable(url), is, "{url}");
        }
    }

    #[test]
    fn answers() {
        for (line, is_dead, is_fine) in [
            ("200 0", false, true),
            ("206 0", false, true),
            ("301 47", false, true),
            ("404 0", true, false),
            ("410 0", true, false),
            ("403 0", false, false),
            ("503 0", false, false),
            ("000 6", true, false),
            ("000 28", false, false),
        ] {
            let found = answer(line);
            assert_eq!(matches!(found, Answer::Dead(_)), is_dead, "{line}");
            assert_eq!(found == Answer::Fine, is_fine, "{line}");
        }
    }
}
