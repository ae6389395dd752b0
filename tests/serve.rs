//! `bindery serve` through the front door: the real binary, spoken to over bare sockets.
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

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use scraper::{Html, Selector};
use serde_json::Value;

use support::{Scratch, bindery, files};

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an answer may take while somebody tries to stop it.
const PROMPT: Duration = Duration::from_secs(5);

const CONFIG: &str = "title = \"Test\"\naddresses = \"directory\"\n[preview]\neditor = \"vscode\"\n\
    [[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n";

/// Files of every kind, but for pages, with the type they are served as.
const FILES: &[(&str, &str)] = &[
    ("x.css", "text/css; charset=utf-8"),
    ("x.js", "text/javascript; charset=utf-8"),
    ("x.svg", "image/svg+xml"),
    ("x.png", "image/png"),
    ("x.pdf", "application/pdf"),
    ("x.json", "application/json"),
    ("x.unheard", "application/octet-stream"),
];

// -- The server under test -------------------------------------------------------------------------------------------

/// A running preview, ended with the test.
struct Serving {
    child: Child,
    port: u16,
    /// Where the site lies, beginning and ending in a slash.
    base: String,
    /// What it writes to standard output.
    events: Receiver<Value>,
    errors: Option<JoinHandle<String>>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let errors = self.errors.take().map(JoinHandle::join);
        if let Some(Ok(errors)) = errors
            && !std::thread::panicking()
        {
            assert!(!errors.contains("panicked"), "{errors}");
            self.events.iter().for_each(|event| check(&event));
        }
    }
}

/// Every line of standard output is an object that says what happened.
fn check(event: &Value) {
    assert!(event["event"].is_string(), "{event}");
}

impl Serving {
    /// Previews the project in `root`, on a port that is free.
    fn of(root: &Path) -> Self {
        Self::with(root, &["--port", "0"])
    }

    fn with(root: &Path, arguments: &[&str]) -> Self {
        let mut child = bindery()
            .args(["serve", "--json", "--root"])
            .arg(root)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (send, events) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout.expect("a pipe")).lines() {
                let line = line.expect("UTF-8");
                // What is no JSON is no event either.
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if send.send(event).is_err() {
                    return;
                }
            }
        });
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.expect("a pipe").read_to_string(&mut text);
            text
        });
        let mut serving = Self {
            child,
            port: 0,
            base: String::new(),
            events,
            errors: Some(errors),
        };
        let listening = serving.event("listening");
        let url = listening["url"].as_str().expect("an address");
        let rest = url.strip_prefix("http://127.0.0.1:").expect(url);
        let (port, base) = rest.split_at(rest.find('/').expect("a path"));
        serving.port = port.parse().expect("a port");
        base.clone_into(&mut serving.base);
        serving
    }

    /// The next event of this name.
    fn event(&self, name: &str) -> Value {
        let start = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(start.elapsed());
            let event = self.events.recv_timeout(left).expect(name);
            check(&event);
            if event["event"] == name {
                return event;
            }
        }
    }

    fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    fn connect(&self) -> Connection {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        Connection(BufReader::new(stream))
    }

    /// A whole request with a right `Host` and these headers.
    fn text(&self, method: &str, path: &str, headers: &[&str]) -> String {
        let host = format!("Host: {}", self.host());
        let lines = [&[&*host], headers, &["\r\n"]].concat().join("\r\n");
        format!("{method} {path} HTTP/1.1\r\n{lines}")
    }

    fn ask(&self, method: &str, path: &str, headers: &[&str]) -> Answer {
        let mut connection = self.connect();
        connection.send(self.text(method, path, headers));
        let answer = connection.answer(method);
        answer.unwrap_or_else(|| panic!("no answer to {method} {path} {headers:?}"))
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    /// Opens the channel of a tab that shows `path`.
    fn tab(&self, path: &str) -> Tab {
        let mut connection = self.connect();
        let path = format!("/.bindery/events?page={}", path.replace('%', "%25"));
        connection.send(self.text("GET", &path, &[]));
        let head = connection.head().expect("a head");
        assert_eq!((head.status, head.kind()), (200, "text/event-stream"));
        assert_eq!(head.header("cache-control"), Some("no-store"));
        let (send, told) = channel();
        std::thread::spawn(move || {
            while let Some(chunk) = connection.chunk() {
                let data = chunk.lines().filter_map(|line| line.strip_prefix("data: "));
                for data in data {
                    let value = serde_json::from_str(data).expect("JSON");
                    if send.send(value).is_err() {
                        return;
                    }
                }
            }
        });
        Tab(told)
    }
}

/// What a tab of the browser is told.
struct Tab(Receiver<Value>);

impl Tab {
    fn next(&self) -> Value {
        self.0.recv_timeout(PATIENCE).expect("a message")
    }

    /// The next message of which something holds.
    fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(start.elapsed());
            let told = self.0.recv_timeout(left).expect(what);
            if holds(&told) {
                return told;
            }
        }
    }

    fn is_silent(&self) -> bool {
        self.0.recv_timeout(Duration::from_secs(1)).is_err()
    }
}

struct Connection(BufReader<TcpStream>);

impl Connection {
    fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("it listens");
    }

    fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.0.get_mut().write_all(bytes.as_ref())
    }

    /// A line without its end; `None` when the connection was closed. Silence is a failure.
    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.0.read_until(b'\n', &mut line) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("silence"),
            Err(_) => return None,
            Ok(_) => {}
        }
        let line = String::from_utf8(line).expect("ASCII");
        line.strip_suffix("\r\n").map(str::to_owned)
    }

    /// An answer without its body; `None` when the connection was closed.
    fn head(&mut self) -> Option<Answer> {
        let line = self.line()?;
        let mut answer = Answer {
            status: line.split(' ').nth(1).expect("a status").parse().unwrap(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Some(answer);
            }
            let (name, value) = line.split_once(": ").expect("a header");
            let header = (name.to_ascii_lowercase(), value.to_owned());
            answer.headers.push(header);
        }
    }

    /// A whole answer to a request of this method.
    fn answer(&mut self, method: &str) -> Option<Answer> {
        let mut answer = self.head()?;
        let length = answer.header("content-length").map(str::parse);
        if method != "HEAD"
            && let Some(length) = length
        {
            answer.body = vec![0; length.expect("a number")];
            self.0.read_exact(&mut answer.body).ok()?;
        }
        Some(answer)
    }

    /// A piece of a body that has no length.
    fn chunk(&mut self) -> Option<String> {
        let mut size = String::new();
        // A silent channel is no failure.
        self.0.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim_end(), 16).ok()?;
        let mut bytes = vec![0; size + 2];
        self.0.read_exact(&mut bytes).ok()?;
        String::from_utf8(bytes).ok()
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter().filter(|header| header.0 == name);
        let first = all.next();
        assert!(all.next().is_none(), "{name} twice in {:?}", self.headers);
        first.map(|(_, value)| value.as_str())
    }

    fn refuses(&self, what: &str) {
        let refused = (400..500).contains(&self.status);
        assert!(refused, "{what}: {}", self.status);
    }

    fn kind(&self) -> &str {
        self.header("content-type").unwrap_or_default()
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    fn html(&self) -> Html {
        assert_eq!(self.kind(), "text/html; charset=utf-8");
        Html::parse_document(self.text())
    }

    /// An attribute of the preview's script.
    fn script(&self, attribute: &str) -> String {
        let html = self.html();
        let scripts = select(&html, "script[data-etag]");
        assert_eq!(scripts.len(), 1, "{}", self.text());
        scripts[0].attr(attribute).expect(attribute).to_owned()
    }

    fn heading(&self) -> String {
        let html = self.html();
        select(&html, "h1").first().expect("h1").text().collect()
    }

    /// The headers, but for the time.
    fn timeless(&self) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        headers.retain(|(name, _)| name != "date");
        headers.sort();
        headers
    }
}

/// The cells of a table: a line a row, `|` between columns.
fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = table.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| line.split('|').map(str::trim).collect())
}

fn select<'h>(html: &'h Html, selector: &str) -> Vec<scraper::ElementRef<'h>> {
    html.select(&Selector::parse(selector).expect("a selector"))
        .collect()
}

/// A small site with a file of each kind.
fn project() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("site.toml", CONFIG);
    fill(&scratch, "");
    scratch
}

/// Puts pages and files below `folder`, a project's root.
fn fill(scratch: &Scratch, folder: &str) {
    let mut page = "# A\n\nText.\n\n".to_owned();
    for (name, _) in FILES {
        page += &format!("- [file](files/{name})\n");
        scratch.write(&format!("{folder}content/files/{name}"), "0123456789");
    }
    scratch.write(&format!("{folder}content/a.md"), page);
    scratch.write(&format!("{folder}content/db/b.md"), "# B\n\nText.\n");
    scratch.write(&format!("{folder}content/db/c.md"), "# C\n\nText.\n");
}

// -- Who may ask, and for what ---------------------------------------------------------------------------------------

#[test]
fn a1_no_path_leads_out_of_the_site() {
    let scratch = Scratch::new();
    let config = format!("# the-configuration\n{CONFIG}");
    scratch.write("project/site.toml", config);
    scratch.write("project/notes.txt", "the-notes");
    scratch.write("secret.txt", "the-secret");
    fill(&scratch, "project/");
    let serving = Serving::of(&scratch.path().join("project"));
    let outside = scratch.path().to_str().expect("UTF-8");
    let host = serving.host();

    let mut targets: Vec<Vec<u8>> = Vec::new();
    let climbs = r"../ ..%2f ..%2F %2e%2e/ %2E%2e/ .%2e/ %2e%2e%2f %252e%252e/ %252e%252e%252f %25252e%25252e/
        ..\ ..%5c ..%5C %2e%2e%5c ..%255c ....// ..;/ ..%00/ ..%0a/ ..%09/ %c0%ae%c0%ae/ %c0%ae%c0%ae%c0%af
        %uff0e%uff0e/ ．．/ / // %2f %5c \ ./ %2e/ ~/ content/../ a/../ db/../../ db/b/../../../
        files/..%2f..%2f assets/../../ .bindery/../ .bindery/..%2f .bindery/%2e%2e/ files/x.css/../../";
    for climb in climbs.split_whitespace() {
        for name in ["site.toml", "secret.txt", "notes.txt", "content/a.md"] {
            for start in ["", "/"] {
                targets.push(format!("{start}{climb}{name}").into());
            }
            targets.push(format!("/{}{name}", climb.repeat(3)).into());
        }
        targets.push(format!("/{climb}{outside}/secret.txt").into());
    }
    let others = format!(
        r"http://{host}/ http://{host}/../site.toml http://{host}/site.toml http://evil.example/
        https://evil.example/site.toml file://{outside}/secret.txt {outside}/secret.txt /{outside}/secret.txt
        /proc/self/environ /proc/self/cwd/site.toml {host} * site.toml /site.toml /content/a.md
        /.bindery /.bindery/ /.bindery/client.js/ //evil.example/ //evil.example/.. /\evil.example/
        /db//evil.example /a/.. /a/. /a// /% /%2 /%zz /a/%ff /a/%00 /site.toml%00.html /site.toml?
        /../site.toml?/a/"
    );
    targets.extend(others.split_whitespace().map(Into::into));
    for bytes in [
        &b"/a/\0"[..],
        b"/site.toml\0.html",
        b"/\xff/../site.toml",
        b"/\xc0\xae\xc0\xae/site.toml",
    ] {
        targets.push(bytes.to_vec());
    }

    for target in &targets {
        let shown = String::from_utf8_lossy(target);
        let mut connection = serving.connect();
        let rest = format!(" HTTP/1.1\r\nHost: {host}\r\n\r\n");
        connection.send([b"GET ", &**target, rest.as_bytes()].concat());
        let answer = connection.answer("GET").expect(&shown);
        answer.refuses(&shown);
        assert_eq!(answer.header("location"), None, "{shown}");
        let body = String::from_utf8_lossy(&answer.body);
        for secret in ["the-configuration", "the-notes", "the-secret", "# A"] {
            assert!(!body.contains(secret), "{shown}: {body}");
        }
    }
    assert_eq!(serving.get("/a/").status, 200);
}

#[test]
fn a2_the_output_folder_is_not_served() {
    let scratch = project();
    let run = scratch.build(&[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let secret = Scratch::new();
    let secret_file = secret.write("secret.txt", "the-secret");
    let public = scratch.path().join("public");
    for (name, to) in [
        ("link.txt", &*secret_file),
        ("folder", secret.path()),
        ("files/link.css", &*secret_file),
    ] {
        std::os::unix::fs::symlink(to, public.join(name)).expect("a link");
    }
    scratch.write("public/strange.html", "the-secret");
    fs::remove_file(public.join("files/x.js")).unwrap();
    std::os::unix::fs::symlink(&secret_file, public.join("files/x.js")).expect("a link");

    let serving = Serving::of(scratch.path());
    for (path, status) in [
        ("/link.txt", 404),
        ("/folder/secret.txt", 404),
        ("/folder/", 404),
        ("/files/link.css", 404),
        ("/strange.html", 404),
        ("/public/link.txt", 404),
        ("/public/index.html", 404),
        ("/.bindery-manifest", 404),
        ("/files/x.js", 200),
    ] {
        let answer = serving.get(path);
        assert_eq!(answer.status, status, "{path}");
        assert!(!answer.text().contains("the-secret"), "{path}");
    }
}

#[test]
fn a3_other_sites_may_read_nothing() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    let own = format!("Origin: http://{}", serving.host());
    for row in rows(
        "GET     | /                        | 200
         GET     | /a/                      | 200
         HEAD    | /a/                      | 200
         GET     | /a                       | 302
         GET     | /nothing                 | 404
         GET     | /../site.toml            | 400
         GET     | /files/x.css             | 200
         GET     | /.bindery/client.js      | 200
         GET     | /.bindery/client.css     | 200
         GET     | /.bindery/nothing        | 404
         GET     | /.bindery/events?page=%2F | 200
         POST    | /                        | 405
         OPTIONS | /                        | 405
         OPTIONS | /.bindery/events         | 405
         OPTIONS | *                        | 405",
    ) {
        let (method, path, status) = (row[0], row[1], row[2].parse().unwrap());
        for (origin, foreign) in [
            (None, false),
            (Some(own.as_str()), false),
            (Some("Origin: http://evil.example"), true),
            (Some("Origin: null"), true),
        ] {
            let mut headers = vec![
                "Access-Control-Request-Method: GET",
                "Access-Control-Request-Headers: x-evil",
                "Access-Control-Request-Private-Network: true",
            ];
            headers.extend(origin);
            let mut connection = serving.connect();
            connection.send(serving.text(method, path, &headers));
            let answer = connection.head().expect(path);
            let expected = if foreign && status != 405 {
                403
            } else {
                status
            };
            assert_eq!(answer.status, expected, "{method} {path} {origin:?}");
            let allowed = |(name, _): &&(String, String)| name.starts_with("access-control-");
            assert_eq!(answer.headers.iter().find(allowed), None, "{path}");
            // What other sites may not read they may not show or run either.
            let header = |name| answer.header(name);
            assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
            let policy = header("cross-origin-resource-policy");
            assert_eq!(policy, Some("same-origin"), "{path}");
        }
    }
}

#[test]
fn a4_only_a_host_that_is_ours_is_answered() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    let table = "
        200 | localhost:PORT
        200 | LocalHost:PORT
        200 | 127.0.0.1:PORT
        200 | [::1]:PORT
        200 | localhost
        403 | evil.example:PORT
        403 | evil.example
        403 | localhost.evil.example:PORT
        403 | 127.0.0.1.evil.example:PORT
        403 | evil.example@localhost:PORT
        403 | localhost:PORT@evil.example
        403 | localhost:PORT, evil.example
        403 | 192.168.0.1
        403 | 0.0.0.0
        403 | [::]
        403 |
        400
        400 | localhost | localhost
        400 | localhost | evil.example";
    for row in rows(&table.replace("PORT", &serving.port.to_string())) {
        let (status, hosts): (u16, _) = (row[0].parse().unwrap(), &row[1..]);
        for path in ["/a/", "/.bindery/client.js", "/.bindery/events?page=/a/"] {
            for version in ["1.0", "1.1"] {
                let mut connection = serving.connect();
                let headers: String = hosts.iter().map(|h| format!("Host: {h}\r\n")).collect();
                connection.send(format!("GET {path} HTTP/{version}\r\n{headers}\r\n"));
                let answer = connection.head().expect(path);
                assert_eq!(answer.status, status, "{path} {hosts:?}");
                assert!(
                    status == 200 || answer.header("etag").is_none(),
                    "{hosts:?}"
                );
            }
        }
    }
}

#[test]
fn a5_other_sites_hear_of_no_changes() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    let table = "
        200
        200 | Origin: http://localhost:PORT
        200 | Sec-Fetch-Site: same-origin
        403 | Origin: http://evil.example
        403 | Origin: null
        403 | Origin:
        403 | Origin: file://
        403 | Origin: http://localhost:1
        403 | Origin: http://127.0.0.1:PORT
        400 | Origin: http://localhost:PORT  | Origin: http://evil.example
        403 | Sec-Fetch-Site: cross-site
        403 | Sec-Fetch-Site: same-site
        403 | Origin: http://localhost:PORT  | Sec-Fetch-Site: cross-site
        403 | Sec-Fetch-Site: cross-site     | Sec-Fetch-Mode: no-cors  | Sec-Fetch-Dest: script
        403 | Sec-Fetch-Site: cross-site     | Sec-Fetch-Mode: navigate | Sec-Fetch-Dest: iframe";
    for row in rows(&table.replace("PORT", &serving.port.to_string())) {
        let (status, headers): (u16, _) = (row[0].parse().unwrap(), &row[1..]);
        let mut connection = serving.connect();
        connection.send(serving.text("GET", "/.bindery/events?page=%2Fa%2F", headers));
        let answer = connection.head().expect("an answer");
        assert_eq!(answer.status, status, "{headers:?}");
        let told = answer.kind() == "text/event-stream";
        assert_eq!(told, status == 200, "{headers:?}");
    }
}

#[test]
fn a6_no_client_stops_the_preview() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    let host = serving.host();
    let fine = |what: &str| {
        let start = Instant::now();
        assert_eq!(serving.get("/a/").status, 200, "{what}");
        assert!(start.elapsed() < PROMPT, "{what}: {:?}", start.elapsed());
    };
    // These are looked at last: it takes a while until they are closed.
    let begin = |text: String| {
        let mut connection = serving.connect();
        connection.send(text);
        connection
    };
    let silent = [
        begin(String::new()),
        begin("GET /a/ HT".to_owned()),
        begin(format!("GET /a/ HTTP/1.1\r\nHost: {host}\r\n")),
        begin(format!("GET /a/ HTTP/1.1\r\nHost: {host}\r\nX-Half: ")),
    ];

    let request = |headers: &str| format!("GET /a/ HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
    let long = "a".repeat(1 << 20);
    let many: String = (0..10_000).map(|n| format!("X-{n}: {n}\r\n")).collect();
    // A linear congruence: junk, but the same in each run.
    let junk: Vec<u8> = std::iter::successors(Some(1_u32), |n| {
        Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
    })
    .map(|n| (n >> 24) as u8)
    .take(100_000)
    .collect();
    for (what, bytes) in [
        ("junk", junk),
        ("noughts", vec![0; 100_000]),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01".repeat(50)),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("HTTP/0.9", b"GET /a/\r\n\r\n".to_vec()),
        ("HTTP/9.9", b"GET /a/ HTTP/9.9\r\n\r\n".to_vec()),
        ("a long header", request(&format!("X: {long}\r\n")).into()),
        ("a long name", request(&format!("{long}: a\r\n")).into()),
        ("many headers", request(&many).into()),
        ("no colon", request("nothing\r\n").into()),
        ("a folded header", request("X: a\r\n b\r\n").into()),
        ("a NUL in a header", request("X: a\0b\r\n").into()),
        ("no length", request("Content-Length: -1\r\n").into()),
        (
            "two lengths",
            request("Content-Length: 1\r\nContent-Length: 2\r\n").into(),
        ),
        ("a long path", format!("GET /{long} HTTP/1.1\r\n").into()),
        ("no end", format!("GET /{}", long.repeat(64)).into()),
    ] {
        let mut connection = serving.connect();
        // It may hang up before it has heard all of it.
        let _ = connection.try_send(&bytes);
        if let Some(answer) = connection.answer("GET") {
            answer.refuses(what);
        }
        fine(what);
    }

    let idle: Vec<Connection> = (0..500).map(|_| serving.connect()).collect();
    fine("500 idle connections");
    drop(idle);
    fine("500 closed connections");

    for mut connection in silent {
        if let Some(answer) = connection.answer("GET") {
            answer.refuses("silence");
        }
    }
    fine("silence");
}

#[test]
fn a7_the_name_of_a_file_is_text() {
    let scratch = project();
    let name = "content/\"><img src=x onerror=alert(1)>.md";
    scratch.write(name, "# Name\n\nText.\n");
    let serving = Serving::of(scratch.path());
    let runbooks: Value = serde_json::from_slice(&serving.get("/runbooks.json").body).unwrap();
    let runbooks = runbooks["runbooks"].as_array().expect("a list");
    let own = runbooks.iter().find(|one| one["source"] == name);
    let address = own.expect(name)["address"].as_str().expect("an address");
    let path = format!("/{address}");

    let harmless = |answer: &Answer| {
        let html = answer.html();
        assert_eq!(
            select(&html, "[onerror], img").len(),
            0,
            "{}",
            answer.text()
        );
        assert_eq!(answer.script("data-source"), name);
        let editor = answer.script("data-editor");
        assert!(editor.starts_with("vscode://file/"), "{editor}");
        assert!(!editor.contains(['"', '<', '>', ' ']), "{editor}");
    };
    let before = serving.get(&path);
    assert_eq!(before.status, 200);
    harmless(&before);

    let tab = serving.tab(&path);
    assert_eq!(tab.next()["errors"], 0);
    scratch.write(
        name,
        "# Name\n\n[x](<no\"\\>\\<img src=x onerror=alert(2)\\>.md>)\n",
    );
    let told = tab.until("an error", |told| told["errors"] == 1);
    let finding = &told["findings"][0];
    assert_eq!(
        (&finding["file"], &finding["line"]),
        (&name.into(), &3.into())
    );
    let text = finding["text"].as_str().expect("text");
    assert!(text.contains(name), "{text}");
    assert!(text.contains("onerror=alert(2)"), "{text}");
    let editor = finding["editor"].as_str().expect("an address");
    assert!(editor.starts_with("vscode://file/"), "{editor}");
    assert!(editor.ends_with(".md:3:1"), "{editor}");
    assert!(!editor.contains(['"', '<', '>', ' ']), "{editor}");
    let after = serving.get(&path);
    assert_eq!(after.text(), before.text());
    harmless(&after);
}

#[test]
fn a8_a_port_that_is_taken() {
    let scratch = project();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = bindery();
    command.args(["serve", "--port", &port, "--root"]);
    command.arg(scratch.path()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{stderr}");
    assert!(ended.stdout.is_empty());
    let message = format!("port {port} is in use");
    assert!(stderr.contains(&message), "{}", stderr);
    assert!(stderr.contains("--port"), "{}", stderr);

    // When it cannot be taken here, somebody else has it.
    let first = TcpListener::bind(("127.0.0.1", 3131));
    let serving = Serving::with(scratch.path(), &[]);
    assert!((3132..=3151).contains(&serving.port), "{}", serving.port);
    assert_eq!(serving.get("/a/").status, 200);
    let next = Serving::with(scratch.path(), &[]);
    assert!(next.port > serving.port, "{} {}", next.port, serving.port);
    drop(first);
}

#[test]
fn a9_what_is_built_knows_nothing_of_the_preview() {
    let scratch = project();
    let before = files(scratch.path());
    let serving = Serving::of(scratch.path());
    let tab = serving.tab("/db/b/");
    let etag = tab.next()["etag"].clone();
    for path in [
        "/",
        "/a/",
        "/db/b/",
        "/nothing",
        "/files/x.css",
        "/.bindery/client.js",
    ] {
        serving.get(path);
    }
    scratch.write("content/db/b.md", "# B\n\nOther text.\n");
    tab.until("an edit", |told| told["etag"] != etag);
    scratch.write("content/db/b.md", &before["content/db/b.md"]);
    tab.until("the edit undone", |told| told["etag"] == etag);
    assert_eq!(files(scratch.path()), before);
    for folder in ["public", ".bindery"] {
        assert!(!scratch.path().join(folder).exists(), "{folder}");
    }

    let build = || {
        let run = scratch.build(&[]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        scratch.site()
    };
    let beside = build();
    assert_eq!(serving.get("/db/b/").status, 200);
    drop(serving);
    assert_eq!(build(), beside);
    fs::remove_dir_all(scratch.path().join("public")).unwrap();
    assert_eq!(build(), beside);
    let pages = beside.iter().filter(|(name, _)| name.ends_with(".html"));
    assert!(pages.clone().count() > 3);
    for (name, bytes) in pages {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        for word in [".bindery", "client.js", "data-etag", "data-editor"] {
            assert!(!text.contains(word), "{word} in {name}");
        }
    }
    assert!(beside.keys().all(|name| !name.contains("client.")));
}

// -- HTTP ------------------------------------------------------------------------------------------------------------

#[test]
fn only_get_and_head_are_answered() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    for method in [
        "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get",
    ] {
        let answer = serving.ask(method, "/a/", &["Content-Length: 0"]);
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method}");
    }
    let answer = serving.ask("CONNECT", "evil.example:80", &[]);
    assert_eq!(answer.status, 405);

    for path in [
        "/",
        "/a/",
        "/a?x",
        "/nothing",
        "/../site.toml",
        "/files/x.pdf",
        "/runbooks.json",
        "/.bindery/client.js",
        "/.bindery/nothing",
    ] {
        let get = serving.get(path);
        assert!(!get.body.is_empty(), "{path}");
        // A body would be taken for the next answer.
        let mut connection = serving.connect();
        let head = serving.text("HEAD", path, &[]);
        connection.send(head.repeat(2));
        for _ in 0..2 {
            let head = connection.answer("HEAD").expect(path);
            assert_eq!(head.status, get.status, "{path}");
            assert_eq!(head.timeless(), get.timeless(), "{path}");
        }
    }
    let mut connection = serving.connect();
    connection.send(serving.text("HEAD", "/.bindery/events?page=%2F", &[]));
    connection.send(serving.text("GET", "/a/", &[]));
    let head = connection.answer("HEAD").expect("an answer");
    assert_eq!((head.status, head.kind()), (200, "text/event-stream"));
    assert_eq!(connection.answer("GET").expect("an answer").status, 200);
}

#[test]
fn every_kind_of_file_has_its_type_and_an_etag() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    let files = FILES
        .iter()
        .map(|(name, kind)| (format!("/files/{name}"), *kind));
    let others = [
        ("/", "text/html; charset=utf-8"),
        ("/a/", "text/html; charset=utf-8"),
        ("/runbooks.json", "application/json"),
        ("/.bindery/client.js", "text/javascript; charset=utf-8"),
        ("/.bindery/client.css", "text/css; charset=utf-8"),
    ];
    for (path, kind) in files.chain(others.map(|(path, kind)| (path.to_owned(), kind))) {
        let answer = serving.get(&path);
        assert_eq!((answer.status, answer.kind()), (200, kind), "{path}");
        let etag = answer.header("etag").expect("an etag");
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{path}");
        for (known, status) in [
            (etag.to_owned(), 304),
            (format!("W/{etag}"), 304),
            (format!("\"other\", {etag}"), 304),
            ("*".to_owned(), 304),
            ("\"other\"".to_owned(), 200),
            (String::new(), 200),
        ] {
            let mut connection = serving.connect();
            let header = format!("If-None-Match: {known}");
            connection.send(serving.text("GET", &path, &[&header]));
            connection.send(serving.text("HEAD", &path, &[]));
            let again = connection.answer("GET").expect(&path);
            assert_eq!(again.status, status, "{path} {known}");
            assert_eq!(again.header("etag"), Some(etag), "{path} {known}");
            if status == 304 {
                assert_eq!(again.header("content-length"), None, "{path}");
            } else {
                assert_eq!(again.body, answer.body, "{path}");
            }
            assert_eq!(connection.answer("HEAD").expect(&path).status, 200);
        }
    }
    // What the page links to is there.
    let page = serving.get("/a/");
    let html = page.html();
    let sheets = select(&html, "link[rel=stylesheet]");
    assert!(!sheets.is_empty());
    for sheet in sheets {
        let path = sheet.attr("href").expect("href").replace("../", "/");
        assert_eq!(
            serving.get(&path).kind(),
            "text/css; charset=utf-8",
            "{path}"
        );
    }
}

#[test]
fn a_part_of_a_file_may_be_asked_for() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    let path = "/files/x.pdf";
    let whole = serving.get(path);
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let etag = whole.header("etag").expect("an etag");
    let table = r#"
        206 | 0-0/10 | 0          | Range: bytes=0-0
        206 | 2-5/10 | 2345       | Range: bytes=2-5
        206 | 7-9/10 | 789        | Range: bytes=7-
        206 | 8-9/10 | 89         | Range: bytes=-2
        206 | 5-9/10 | 56789      | Range: bytes=5-500
        206 | 0-9/10 | 0123456789 | Range: bytes=-500
        416 | */10   |            | Range: bytes=10-
        416 | */10   |            | Range: bytes=-0
        200 |        | 0123456789 | Range: bytes=5-2
        200 |        | 0123456789 | Range: bytes=0-1,3-4
        200 |        | 0123456789 | Range: lines=1-2
        200 |        | 0123456789 | Range:
        206 | 2-5/10 | 2345       | Range: bytes=2-5 | If-Range: ETAG
        200 |        | 0123456789 | Range: bytes=2-5 | If-Range: "old"
        200 |        | 0123456789 | Range: bytes=2-5 | If-Range: W/ETAG
        200 |        | 0123456789 | Range: bytes=2-5 | If-Range: Wed, 21 Oct 2015 07:28:00 GMT
        200 |        | 0123456789 | If-Range: ETAG"#;
    for row in rows(&table.replace("ETAG", etag)) {
        let answer = serving.ask("GET", path, &row[3..]);
        assert_eq!(answer.status.to_string(), row[0], "{row:?}");
        let range = answer.header("content-range").unwrap_or("bytes ");
        assert_eq!(range, format!("bytes {}", row[1]), "{row:?}");
        assert_eq!(answer.text(), row[2], "{row:?}");
        assert_eq!(answer.header("etag"), Some(etag), "{row:?}");
    }
    // A range is of a GET; HEAD has none.
    let head = serving.ask("HEAD", path, &["Range: bytes=2-5"]);
    assert_eq!((head.status, head.header("content-range")), (200, None));
    assert_eq!(head.header("content-length"), Some("10"));
    let missing = serving.ask("GET", "/nothing", &["Range: bytes=2-5"]);
    assert_eq!(
        (missing.status, missing.header("content-range")),
        (404, None)
    );
}

#[test]
fn a_connection_may_be_used_again() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    let pages = [
        ("/a/", "A"),
        ("/db/b/", "B"),
        ("/nothing", ""),
        ("/db/c/", "C"),
    ];
    let check = |(path, heading): (&str, &str), answer: Answer| {
        if !heading.is_empty() {
            assert_eq!(answer.heading(), heading, "{path}");
        }
        let expected = if heading.is_empty() { 404 } else { 200 };
        assert_eq!(answer.status, expected, "{path}");
    };
    let mut connection = serving.connect();
    for page in pages {
        connection.send(serving.text("GET", page.0, &[]));
        check(page, connection.answer("GET").expect("an answer"));
    }
    let pipelined: String = pages
        .map(|(path, _)| serving.text("GET", path, &[]))
        .concat();
    connection.send(pipelined.repeat(20));
    for page in pages.iter().cycle().take(20 * pages.len()) {
        check(*page, connection.answer("GET").expect("an answer"));
    }
    connection.send(serving.text("GET", "/a/", &["Connection: close"]));
    check(("/a/", "A"), connection.answer("GET").expect("an answer"));
    assert_eq!(connection.line(), None);
}

// -- The site --------------------------------------------------------------------------------------------------------

#[test]
fn addresses_are_those_of_the_site() {
    let scratch = project();
    scratch.write("content/über.md", "---\nalerts: [WebDown]\n---\n# Über\n");
    for (style, config, table) in [
        (
            "directory",
            "",
            "/                | 200 | Test
             /index.html      | 200 | Test
             /a/              | 200 | A
             /a/index.html    | 200 | A
             /a/?x=1          | 200 | A
             /a               | 302 | /a/
             /a?x=1&y=%2F     | 302 | /a/?x=1&y=%2F
             /db              | 302 | /db/
             /db?x            | 302 | /db/?x
             /db/b            | 302 | /db/b/
             /%C3%BCber/      | 200 | Über
             /%C3%BCber?x     | 302 | /%C3%BCber/?x
             /über/           | 200 | Über
             /über            | 302 | /%C3%BCber/
             /alerts/WebDown  | 302 | /alerts/webdown/
             /a.html          | 404
             /nothing/        | 404
             /files/x.css/    | 404",
        ),
        (
            "file",
            "",
            "/                | 200 | Test
             /a.html          | 200 | A
             /db/b.html       | 200 | B
             /db/             | 200 | Db
             /db              | 302 | /db/
             /db?x=1          | 302 | /db/?x=1
             /%C3%BCber.html  | 200 | Über
             /alerts/WebDown  | 302 | /alerts/webdown.html
             /alerts/WEBDOWN/ | 302 | /alerts/webdown.html
             /alerts/webdown?x | 302 | /alerts/webdown.html?x
             /Alerts/         | 302 | /alerts/
             /DB/B.html       | 302 | /db/b.html
             /alerts/Nothing  | 404
             /a/              | 404",
        ),
        (
            "directory",
            "base_url = \"https://example.com/docs/ops/\"\n",
            "/                   | 302 | /docs/ops/
             /?x=1               | 302 | /docs/ops/?x=1
             /docs/ops           | 302 | /docs/ops/
             /docs/ops/          | 200 | Test
             /docs/ops/db/b/     | 200 | B
             /docs/ops/db/b      | 302 | /docs/ops/db/b/
             /docs/ops/nothing   | 404
             /docs/              | 404
             /db/b/              | 404
             /docs/opsdb/b/      | 404
             /docs/ops/../ops/   | 400",
        ),
    ] {
        let config = CONFIG.replace("\"directory\"\n", &format!("\"{style}\"\n{config}"));
        scratch.write("site.toml", config);
        let serving = Serving::of(scratch.path());
        let missing = format!("{}nothing", serving.base);
        let missing = serving.get(&missing);
        assert_eq!(missing.heading(), "There is no page here");
        for row in rows(table) {
            let (path, status) = (row[0], row[1].parse::<u16>().unwrap());
            let answer = serving.get(path);
            assert_eq!(answer.status, status, "{style} {path}");
            match status {
                200 => assert_eq!(answer.heading(), row[2], "{style} {path}"),
                302 => assert_eq!(answer.header("location"), Some(row[2]), "{path}"),
                404 => assert_eq!(answer.text(), missing.text(), "{style} {path}"),
                _ => {}
            }
            if matches!(status, 200 | 404) {
                assert_eq!(answer.script("data-base"), serving.base);
                let told = serving.tab(path.split('?').next().unwrap()).next();
                assert_eq!(told["etag"], answer.script("data-etag"), "{path}");
            }
        }
    }
}

// -- Changes ---------------------------------------------------------------------------------------------------------

#[test]
fn a_tab_is_told_of_what_concerns_it() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    let (a, b, c) = (
        serving.tab("/a/"),
        serving.tab("/db/b/"),
        serving.tab("/db/c/"),
    );
    let first = a.next();
    assert_eq!(first["etag"], serving.get("/a/").script("data-etag"));
    assert_eq!(
        (&first["errors"], &first["warnings"]),
        (&0.into(), &0.into())
    );
    assert_eq!(first["findings"], Value::Array(Vec::new()));
    assert!(first["files"]["files/x.pdf"].is_string(), "{first}");
    b.next();
    c.next();

    // An edit.
    scratch.write("content/db/b.md", "# B\n\nText.\n\nMore.\n");
    let told = b.next();
    let page = serving.get("/db/b/");
    assert!(page.text().contains("More."));
    assert_eq!(told["etag"], page.script("data-etag"));
    assert!(a.is_silent() && c.is_silent());

    // A file that a page shows.
    scratch.write("content/files/x.pdf", "9876543210");
    let told = a.next();
    assert_ne!(told["files"]["files/x.pdf"], first["files"]["files/x.pdf"]);
    assert_eq!(told["etag"], first["etag"]);
    assert_eq!(serving.get("/files/x.pdf").text(), "9876543210");

    // An error: everybody hears of it, and the page stays.
    let before = serving.get("/db/b/");
    scratch.write("content/db/b.md", "# B\n\n[x](nowhere.md)\n");
    for (name, tab) in [("a", &a), ("b", &b), ("c", &c)] {
        let told = tab.until(name, |told| told["errors"] == 1);
        let finding = &told["findings"][0];
        assert_eq!(finding["severity"], "error");
        assert_eq!(finding["file"], "content/db/b.md");
        assert_eq!(
            (&finding["line"], &finding["column"]),
            (&3.into(), &1.into())
        );
        let text = finding["text"].as_str().expect("text");
        for part in ["nowhere.md", "content/db/b.md:3:1", "[x](nowhere.md)"] {
            assert!(text.contains(part), "{text}");
        }
    }
    assert_eq!(serving.get("/db/b/").text(), before.text());
    let late = serving.tab("/db/b/").next();
    assert_eq!(
        (&late["errors"], &late["etag"]),
        (&1.into(), &before.script("data-etag").into())
    );

    // It is mended.
    scratch.write("content/db/b.md", "# B\n\nMended.\n");
    for (name, tab) in [("a", &a), ("b", &b), ("c", &c)] {
        let told = tab.until(name, |told| told["errors"] == 0);
        assert_eq!(told["findings"], Value::Array(Vec::new()));
    }
    assert!(serving.get("/db/b/").text().contains("Mended."));

    // It is gone, and comes back.
    let good = serving.get("/db/b/");
    fs::remove_file(scratch.path().join("content/db/b.md")).unwrap();
    b.until("a page that is gone", |told| {
        let missing = serving.get("/db/b/");
        missing.status == 404 && told["etag"] == missing.script("data-etag")
    });
    scratch.write("content/db/b.md", "# B\n\nMended.\n");
    b.until("a page that is back", |told| {
        told["etag"] == good.script("data-etag")
    });
    assert_eq!(serving.get("/db/b/").status, 200);
}

#[test]
fn a_page_that_never_could_be_shown_shows_when_it_can() {
    let scratch = project();
    scratch.write(
        "themes/ours/theme.toml",
        "name = \"ours\"\nextends = \"default\"\n",
    );
    let template = "themes/ours/templates/page.html";
    scratch.write(template, "{{ throw(message=\"the-reason\") }}\n");
    scratch.write("site.toml", format!("theme = \"ours\"\n{CONFIG}"));
    let serving = Serving::of(scratch.path());
    let answer = serving.get("/a/");
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert_eq!(answer.script("data-source"), "content/a.md");
    let tab = serving.tab("/a/");
    let told = tab.next();
    assert!(told["errors"].as_u64() > Some(0), "{told}");
    assert_eq!(told["findings"][0]["file"], template);

    scratch.write(template, "<html><head></head><h1>Ours</h1></html>\n");
    let told = tab.until("a mended template", |told| told["errors"] == 0);
    let answer = serving.get("/a/");
    assert_eq!((answer.status, answer.heading()), (200, "Ours".to_owned()));
    assert_eq!(told["etag"], answer.script("data-etag"));
}

#[test]
fn a_tab_that_is_closed_makes_room() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    let open = || {
        let mut connection = serving.connect();
        connection.send(serving.text("GET", "/.bindery/events?page=%2F", &[]));
        let status = connection.head().expect("an answer").status;
        (status, connection)
    };
    let (mut tabs, mut full) = (Vec::new(), 0);
    while full == 0 {
        assert!(tabs.len() < 1000, "there is no end to tabs");
        match open() {
            (200, tab) => tabs.push(tab),
            (status, _) => full = status,
        }
    }
    assert_eq!(full, 503);
    assert_eq!(serving.get("/a/").status, 200);
    drop(tabs);
    // Sooner than a closed tab could be found by writing to it.
    let start = Instant::now();
    while open().0 != 200 {
        assert!(start.elapsed() < PROMPT, "no room");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn all_findings_have_a_page() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    let links: String = (0..250)
        .map(|number| format!("[x](gone-{number}.md)\n\n"))
        .collect();
    scratch.write("content/db/b.md", format!("# B\n\n{links}"));
    assert_eq!(serving.event("rebuilt")["errors"], 250);
    let answer = serving.get("/.bindery/findings");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let text = answer.text();
    for number in 0..250 {
        assert!(text.contains(&format!("`gone-{number}.md`")), "{number}");
    }
}

#[test]
fn no_finding_shows_a_secret() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    let tab = serving.tab("/a/");
    tab.next();
    let password = "h7Kq-2z!pW";
    let line = format!("[x](gone.md) of postgres://app:{password}@db/x");
    scratch.write("content/db/b.md", format!("# B\n\n{line}\n"));
    let told = tab.next();
    assert_eq!(told["errors"], 1, "{told}");
    let shown = told["findings"][0]["text"].as_str().expect("a text");
    assert!(shown.contains("[x](gone.md) of postgres://app:"), "{shown}");
    assert!(!told.to_string().contains(password), "{told}");
    let all = serving.get("/.bindery/findings");
    let all = all.text();
    assert!(all.contains("gone.md") && !all.contains(password), "{all}");
}

#[test]
fn a_file_of_services_may_change_go_and_come_again() {
    let scratch = project();
    let service = |owner: &str| {
        format!(
            "[[services]]\nname = \"db\"\nowner = \"{owner}\"\ncontacts = {{ phone = \"112\" }}\n"
        )
    };
    scratch.write("services.toml", service("First team"));
    let serving = Serving::of(scratch.path());
    let tab = serving.tab("/service/db/");
    tab.next();
    let shows = |text: &str| serving.get("/service/db/").text().contains(text);
    let alone = |text: &str, other: &str| shows(text) && !shows(other);
    assert!(alone("First team", "Second team"));

    // An edit; the open tab learns of it.
    scratch.write("services.toml", service("Second team"));
    tab.next();
    assert!(alone("Second team", "First team"));

    // Away: the service is what pages make of it, and nobody owns it.
    fs::remove_file(scratch.path().join("services.toml")).expect("it is there");
    tab.next();
    assert!(!shows("Second team") && !shows("112"));
    assert_eq!(serving.get("/service/db/").status, 200);

    // Broken: what was shown last stays, and the tab is told why.
    scratch.write("services.toml", "[[services]\nname = 1\n");
    let told = tab.next();
    assert_eq!(told["findings"][0]["file"], "services.toml", "{told}");
    assert_eq!(serving.get("/service/db/").status, 200);

    // Mended.
    scratch.write("services.toml", service("Third team"));
    let told = tab.next();
    assert_eq!(told["errors"], 0, "{told}");
    assert!(shows("Third team") && shows("112"));
}

#[test]
fn programs_read_events() {
    let scratch = project();
    let serving = Serving::of(scratch.path());
    for (text, shown, errors) in [
        ("# B\n\nEdited.\n", true, 0),
        ("# B\n\n[x](nowhere.md)\n", false, 1),
        ("# B\n\nMended.\n", true, 0),
    ] {
        scratch.write("content/db/b.md", text);
        let event = serving.event("rebuilt");
        assert_eq!(event["changed"], serde_json::json!(["content/db/b.md"]));
        assert_eq!(
            (&event["shown"], &event["errors"]),
            (&shown.into(), &errors.into())
        );
        assert_eq!(
            (&event["pages"], &event["warnings"]),
            (&3.into(), &0.into())
        );
        assert!(event["milliseconds"].is_u64(), "{event}");
        assert_eq!(event.get("written"), None, "{event}");
        let diagnostics = event["diagnostics"].as_array().expect("a list");
        assert_eq!(diagnostics.len(), errors, "{event}");
        for found in diagnostics {
            assert_eq!(
                (&found["file"], &found["line"]),
                (&"content/db/b.md".into(), &3.into())
            );
        }
    }
}
