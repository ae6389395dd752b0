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
use std::net::{Ipv4Addr, Ipv6Addr, ToSocketAddrs};
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
/// Addresses of one server that are asked in one go; between two of them it is seen whether it can bear more.
const AT_ONCE: usize = 5;
/// Answers that were waited for in vain before a server is left in peace.
const PATIENCE: usize = 2;
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
    /// Nobody answered; this is curl's exit code. It stays so only while it is not known whether there is a network.
    Silent(u8),
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

/// Whether an address is one of this machine or of a private network, which nobody else reaches.
pub fn is_private(url: &str) -> bool {
    let Some(host) = host(url) else { return false };
    let name = host.rsplit('@').next().unwrap_or(host).to_lowercase();
    if let Some((address, _)) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let known = address.parse::<Ipv6Addr>();
        return known.is_ok_and(|address| match address.to_ipv4_mapped() {
            Some(address) => is_private_v4(address),
            None => {
                address.is_loopback()
                    || address.is_unspecified()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
            }
        });
    }
    let name = name.split(':').next().unwrap_or_default();
    match name.parse::<Ipv4Addr>() {
        Ok(address) => is_private_v4(address),
        // Names that RFC 6762, RFC 8375 and ICANN keep for private networks.
        Err(_) => [".local", ".internal", ".home.arpa", ".lan", ".localdomain"]
            .iter()
            .any(|end| name.ends_with(end)),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || first == 0
        // RFC 6598: between a provider and its customers.
        || first == 100 && (64..128).contains(&second)
}

/// Asks each address, but for those of which the answer is known. Gives nothing where no server can be reached at all: then
/// no address is to blame.
///
/// # Errors
/// When there is no curl.
pub fn ask(
    root: &Path,
    urls: &BTreeSet<String>,
    today: Date,
) -> Result<Option<BTreeMap<String, Answer>>, String> {
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
                    match server(&urls) {
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
    if is_unreachable(&all) {
        return Ok(None);
    }
    for answer in all.values_mut() {
        *answer = match answer {
            Answer::Silent(UNRESOLVED) => Answer::Dead("there is no such server".to_owned()),
            Answer::Silent(exit) => Answer::Unknown(format!("curl ended with {exit}")),
            _ => continue,
        };
    }
    let fresh: Vec<String> = (all.iter())
        .filter(|(_, answer)| **answer == Answer::Fine)
        .map(|(url, _)| url.clone())
        .collect();
    let mut kept = known.clone();
    kept.extend(fresh.into_iter().map(|url| (url, today)));
    write(root, &kept);
    all.extend(known.into_keys().map(|url| (url, Answer::Fine)));
    Ok(Some(all))
}

/// What curl ends with when it cannot tell the address of a server by its name.
const UNRESOLVED: u8 = 6;

/// Whether there is no network: nobody answered, and it was not for the names alone.
fn is_unreachable(answers: &BTreeMap<String, Answer>) -> bool {
    let silent = |answer: &Answer| matches!(answer, Answer::Silent(_));
    if answers.is_empty() || !answers.values().all(silent) {
        return false;
    }
    let unresolved = answers
        .iter()
        .find(|(_, answer)| **answer == Answer::Silent(UNRESOLVED));
    match unresolved.and_then(|(url, _)| host(url)) {
        // A server of names that says that there is no such name is a network.
        Some(name) => {
            let name = name.split(':').next().unwrap_or(name);
            let asked = (name, 443).to_socket_addrs();
            asked.is_err_and(|error| {
                let told = error.to_string().to_lowercase();
                told.contains("temporary failure") || told.contains("try again")
            })
        }
        // One server that does not answer may be down.
        None => {
            let hosts: BTreeSet<_> = answers.keys().map(|url| host(url)).collect();
            hosts.len() > 1
        }
    }
}

/// Asks the addresses of one server, until it asks for patience or is too slow for all of them.
fn server(urls: &[&String]) -> Result<Vec<Answer>, String> {
    let mut told = Vec::with_capacity(urls.len());
    for some in urls.chunks(AT_ONCE) {
        if let Some(why) = is_enough(&told) {
            told.extend(some.iter().map(|_| Answer::Unknown(why.to_owned())));
        } else {
            told.extend(curl(some)?);
        }
    }
    Ok(told)
}

/// Why a server that gave these answers is asked no more.
fn is_enough(told: &[Answer]) -> Option<&'static str> {
    let slow = told
        .iter()
        .filter(|answer| **answer == Answer::Silent(TIMED_OUT));
    if told.contains(&busy()) {
        Some("it was not asked, as its server asks for patience")
    } else if slow.count() >= PATIENCE {
        Some("it was not asked, as its server does not answer in time")
    } else {
        None
    }
}

/// What a server says that was asked too much.
fn busy() -> Answer {
    Answer::Unknown("the server says 429".to_owned())
}

/// What curl ends with when time has run out.
const TIMED_OUT: u8 = 28;
/// What curl ends with after too many redirects.
const TOO_MANY_REDIRECTS: &str = "47";

/// Asks addresses, one after the other.
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
        ("000", exit) => match exit.parse() {
            Ok(exit) => Answer::Silent(exit),
            Err(_) => Answer::Unknown("curl did not say why".to_owned()),
        },
        (_, TOO_MANY_REDIRECTS) => Answer::Dead("its redirects do not end".to_owned()),
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
    use super::{
        Answer, TIMED_OUT, answer, busy, is_askable, is_enough, is_private, is_unreachable,
    };

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
    fn private_networks() {
        for (url, is) in [
            ("http://127.0.0.1:3000/", true),
            ("http://10.0.0.1:8080/", true),
            ("http://172.20.1.1/", true),
            ("http://172.32.1.1/", false),
            ("http://192.168.1.1/", true),
            ("http://169.254.169.254/latest", true),
            ("http://100.64.0.1/", true),
            ("http://[::1]:3000/", true),
            ("http://[fd00::1]/", true),
            ("http://[::ffff:10.0.0.1]/", true),
            ("http://[2606:4700::1111]/", false),
            ("https://wiki.internal/x", true),
            ("https://printer.local/", true),
            ("https://docs.rs/a", false),
            ("http://8.8.8.8/", false),
        ] {
            assert_eq!(is_private(url), is, "{url}");
        }
    }

    #[test]
    fn nobody_answers() {
        let all = |told: &[(&str, Answer)]| {
            let told = told
                .iter()
                .map(|(url, answer)| ((*url).to_owned(), answer.clone()));
            is_unreachable(&told.collect())
        };
        let silent = Answer::Silent(7);
        assert!(all(&[
            ("https://a.net/", silent.clone()),
            ("https://b.net/", silent.clone())
        ]));
        assert!(!all(&[
            ("https://a.net/1", silent.clone()),
            ("https://a.net/2", silent.clone())
        ]));
        assert!(!all(&[
            ("https://a.net/", silent),
            ("https://b.net/", Answer::Fine)
        ]));
        assert!(!all(&[]));
    }

    #[test]
    fn a_server_is_left_in_peace() {
        let slow = Answer::Silent(TIMED_OUT);
        assert_eq!(answer("429 0"), busy());
        assert!(is_enough(&[]).is_none());
        assert!(is_enough(&[Answer::Fine, slow.clone()]).is_none());
        assert!(is_enough(&[slow.clone(), Answer::Fine, slow]).is_some());
        assert!(is_enough(&[Answer::Fine, busy()]).is_some());
    }

    #[test]
    fn answers() {
        for (line, is_dead, is_fine) in [
            ("200 0", false, true),
            ("206 0", false, true),
            ("301 47", true, false),
            ("404 0", true, false),
            ("410 0", true, false),
            ("403 0", false, false),
            ("503 0", false, false),
        ] {
            let found = answer(line);
            assert_eq!(matches!(found, Answer::Dead(_)), is_dead, "{line}");
            assert_eq!(found == Answer::Fine, is_fine, "{line}");
        }
    }
}
