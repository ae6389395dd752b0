//! Judges from outside: axe for accessibility, the Nu HTML checker for markup, Lighthouse for all of it, and a crawl of
//! every link. They come from npm (`npm ci --ignore-scripts --prefix tests/web`); tests/run installs them.
#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    dead_code,
    unreachable_pub,
    reason = "tests read the disk and stop at the first surprise"
)]

#[path = "support/browser.rs"]
mod browser;
#[path = "support/host.rs"]
mod host;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use browser::{Browser, Media, Page};
use host::Host;
use scraper::{Html, Selector};
use serde_json::Value;
use support::{Run, Scratch, bindery, copy, corpora};

/// A package of tests/web, or how to get it.
fn package(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web/node_modules");
    let path = path.join(name);
    assert!(
        path.exists(),
        "{} is missing: run `npm ci --ignore-scripts --prefix tests/web`, or tests/run",
        path.display()
    );
    path
}

/// This repository's own site, built once.
fn own() -> &'static Path {
    static SITE: OnceLock<Scratch> = OnceLock::new();
    let scratch = SITE.get_or_init(|| {
        let scratch = Scratch::new();
        let output = scratch.path().join("public");
        let mut command = bindery();
        command.args(["build", "--root", env!("CARGO_MANIFEST_DIR")]);
        Run::of(command.arg("--output").arg(output)).expect(0);
        scratch
    });
    static PUBLIC: OnceLock<PathBuf> = OnceLock::new();
    PUBLIC.get_or_init(|| scratch.path().join("public"))
}

/// This repository's own site in the theme that has no script.
fn plain() -> &'static Path {
    static SITE: OnceLock<Scratch> = OnceLock::new();
    let scratch = SITE.get_or_init(|| {
        let scratch = Scratch::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&root.join("content"), &scratch.path().join("content"));
        let services = fs::read(root.join("services.toml")).expect("services.toml");
        scratch.write("services.toml", services);
        let config = fs::read_to_string(root.join("site.toml")).expect("site.toml");
        let plain = config.replace("theme = \"default\"", "theme = \"plain\"");
        assert_ne!(config, plain);
        scratch.write("site.toml", plain);
        scratch.build(&[]).expect(0);
        scratch
    });
    static PUBLIC: OnceLock<PathBuf> = OnceLock::new();
    PUBLIC.get_or_init(|| scratch.path().join("public"))
}

/// A site with what this repository's own does not need: every banner, every alert, pictures, wide tables, moved pages.
fn zoo() -> &'static Path {
    static SITE: OnceLock<Scratch> = OnceLock::new();
    let scratch = SITE.get_or_init(|| {
        let scratch = Scratch::new();
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web/zoo"),
            scratch.path(),
        );
        scratch.build(&["--drafts", "--lenient"]).expect(0);
        scratch
    });
    static PUBLIC: OnceLock<PathBuf> = OnceLock::new();
    PUBLIC.get_or_init(|| scratch.path().join("public"))
}

fn html_files(folder: &Path) -> Vec<String> {
    let files = support::files(folder);
    files
        .into_keys()
        .filter(|name| name.ends_with(".html"))
        .collect()
}

// -- axe ---------------------------------------------------------------------------------------------------------------

/// What axe finds: the rules of WCAG 2.2 A and AA, its best practices, and AAA for the contrast of text.
const AXE: &str = r#"axe.run(document, {
    runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
    rules: { "color-contrast-enhanced": { enabled: true } },
    resultTypes: ["violations"],
}).then(({ violations }) => violations.map(({ id, nodes }) =>
    `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join("\n    ")}`))"#;

struct Judge {
    browser: Browser,
    source: String,
    found: Vec<String>,
    looks: usize,
}

impl Judge {
    fn new() -> Self {
        let source = fs::read_to_string(package("axe-core").join("axe.min.js")).expect("axe");
        Self {
            browser: Browser::start(),
            source,
            found: Vec::new(),
            looks: 0,
        }
    }

    /// Looks at a page wide and narrow, light and dark, each time after `act`.
    fn look(&mut self, what: &str, url: &str, act: impl Fn(&Page)) {
        for (width, height) in [(1280, 800), (390, 844)] {
            let page = self.browser.page(width, height);
            page.emulate(Media {
                reduced_motion: true,
                ..Media::default()
            });
            page.go(url);
            page.eval(&self.source);
            act(&page);
            for dark in [false, true] {
                page.emulate(Media {
                    dark,
                    reduced_motion: true,
                    ..Media::default()
                });
                self.looks += 1;
                let found = page.eval(AXE);
                for one in found.as_array().expect("a list") {
                    let one = one.as_str().expect("text");
                    self.found
                        .push(format!("{what}, {width} wide, dark: {dark}: {one}"));
                }
            }
            page.eval("localStorage.clear()");
            page.close();
        }
    }

    fn done(self) {
        assert!(
            self.found.is_empty(),
            "axe finds {} in {} looks\n{}",
            self.found.len(),
            self.looks,
            self.found.join("\n")
        );
    }
}

fn nothing(_: &Page) {}

#[test]
fn axe_finds_nothing_on_any_kind_of_page() {
    let mut judge = Judge::new();
    let host = Host::start(own());
    let mut kinds: BTreeMap<&str, String> = BTreeMap::new();
    for name in html_files(own()) {
        // One of each folder: the lists of a kind look alike.
        let kind = match name.split_once('/') {
            None => name.clone(),
            Some((folder, "index.html")) => format!("{folder}/index.html"),
            Some((folder, _)) => folder.to_owned(),
        };
        let kind: &str = Box::leak(kind.into_boxed_str());
        kinds.entry(kind).or_insert(name);
    }
    kinds.insert("site", "site/roll-back.html".to_owned());
    assert!(kinds.len() >= 12, "{kinds:?}");
    for (kind, name) in kinds {
        judge.look(kind, &format!("{}{name}", host.url), nothing);
    }
    judge.done();
}

#[test]
fn axe_finds_nothing_in_what_scripts_open() {
    let mut judge = Judge::new();
    let host = Host::start(own());
    let runbook = format!("{}site/roll-back.html", host.url);
    judge.look("the search", &runbook, |page| {
        page.press("/");
        page.type_text("rollback");
        page.wait("document.querySelector('.result')", "a result");
    });
    judge.look("the keys", &runbook, |page| {
        page.press("?");
        page.wait("document.querySelector('dialog.keys[open]')", "the keys");
    });
    judge.look("a run", &runbook, |page| {
        page.click(".step > .step-box > .tick");
        page.click(".step-tools .act-note");
        page.eval("document.querySelector('.run-bar details').open = true");
    });
    let plain = Host::start(self::plain());
    for name in ["index.html", "site/roll-back.html", "coverage/index.html"] {
        judge.look(
            &format!("plain {name}"),
            &format!("{}{name}", plain.url),
            nothing,
        );
    }
    judge.look("the menu", &runbook, |page| {
        if page.eval("document.querySelector('.menu').getClientRects().length > 0") == true {
            page.click(".menu");
            page.wait("document.querySelector('dialog.drawer[open]')", "the menu");
        }
    });
    let zoo = Host::start(zoo());
    for name in [
        "index.html",
        "db/index.html",
        "db/whole.html",
        "db/later.html",
        "db/gone.html",
    ] {
        judge.look(name, &format!("{}{name}", zoo.url), nothing);
    }
    // A redirect without its way on, so that somebody can look.
    let still = Scratch::new();
    copy(self::zoo(), still.path());
    let text = fs::read_to_string(still.path().join("old.html")).expect("the redirect");
    let text = text.replace("redirect.", "no-script.");
    still.write("old.html", text);
    let host = Host::start(still.path());
    let page = judge.browser.page(390, 844);
    page.go(&format!("{}old.html", host.url));
    page.eval(&judge.source);
    let found = page.eval(AXE);
    assert_eq!(found, serde_json::json!([]), "the redirect");
    judge.done();
}

// -- the Nu HTML checker -------------------------------------------------------------------------------------------------

fn vnu(folders: &[PathBuf]) -> Vec<String> {
    let jar = package("vnu-jar").join("build/dist/vnu.jar");
    let output = Command::new("java")
        .args(["-Xss2m", "-jar"])
        .arg(jar)
        .args(["--skip-non-html", "--errors-only", "--format", "gnu"])
        .args(folders)
        .output()
        .unwrap_or_else(|error| {
            panic!("cannot run java: {error}; install Debian's `default-jre-headless`, or run tests/run")
        });
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert!(
        output.status.success() != lines.iter().any(|line| line.contains("error")),
        "{}: {text}",
        output.status
    );
    lines
}

/// The messages, a page for each kind.
fn shown(lines: &[String]) -> String {
    let mut kinds: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for line in lines {
        let kind = line.rsplit("error: ").next().unwrap_or(line);
        kinds.entry(kind).or_insert((0, line)).0 += 1;
    }
    let kinds = kinds.into_values();
    kinds
        .map(|(count, line)| format!("{count} times: {line}\n"))
        .collect()
}

#[test]
fn the_nu_checker_finds_no_error() {
    let found = vnu(&[own().to_owned(), zoo().to_owned(), plain().to_owned()]);
    assert!(found.is_empty(), "{}", shown(&found));
}

/// Without the HTML that their authors wrote, all of a page is ours.
#[test]
fn the_nu_checker_finds_no_error_on_real_runbooks() {
    let Some(folder) = corpora() else { return };
    let mut sites = Vec::new();
    for entry in fs::read_dir(&folder).expect("the corpora").flatten() {
        if !entry.path().is_dir() || entry.path().join("manifests").is_dir() {
            continue;
        }
        let scratch = Scratch::new();
        copy(&entry.path(), &scratch.path().join("content"));
        scratch.write(
            "site.toml",
            "[markdown]\nraw_html = \"off\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n",
        );
        scratch.build(&["--lenient"]).expect(0);
        sites.push(scratch);
    }
    assert!(sites.len() > 3, "{} corpora", sites.len());
    let folders: Vec<PathBuf> = sites
        .iter()
        .map(|site| site.path().join("public"))
        .collect();
    let mut found = vnu(&folders);
    // Levels of headings and addresses of other hosts are as their authors wrote them.
    found.retain(|line| {
        !line.contains("The heading “h") && !line.contains("for attribute “href” on element “a”")
    });
    assert!(found.is_empty(), "{}", shown(&found));
}

// -- Links ---------------------------------------------------------------------------------------------------------------

/// Every address of every page leads to a file that is there, and every fragment to an id.
#[test]
fn every_link_and_anchor_leads_somewhere() {
    for folder in [own(), zoo(), plain()] {
        let files = support::files(folder);
        let mut ids: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let mut wanted = Vec::new();
        let every = Selector::parse("[id], [href], [src]").expect("a selector");
        for (name, bytes) in &files {
            if !name.ends_with(".html") {
                continue;
            }
            let page = Html::parse_document(&String::from_utf8_lossy(bytes));
            for element in page.select(&every) {
                if let Some(id) = element.attr("id") {
                    let fresh = ids.entry(name).or_default().insert(id.to_owned());
                    assert!(fresh, "{name}: the id {id} is there twice");
                }
                for address in [element.attr("href"), element.attr("src")]
                    .into_iter()
                    .flatten()
                {
                    wanted.push((name, address.to_owned()));
                }
            }
        }
        let mut dead = Vec::new();
        let mut followed = 0;
        for (name, address) in wanted {
            let base = url::join(name, &address);
            let Some((target, fragment)) = base else {
                continue;
            };
            followed += 1;
            let file = [target.clone(), format!("{target}index.html")]
                .into_iter()
                .find(|file| files.contains_key(file) && !file.is_empty());
            let Some(file) = file else {
                dead.push(format!("{name}: {address}"));
                continue;
            };
            let known = |id: &str| ids.get(&*file).is_some_and(|ids| ids.contains(id));
            if !fragment.is_empty() && !known(&fragment) {
                dead.push(format!("{name}: {address}: no such id"));
            }
        }
        assert!(followed > 100, "{followed} links");
        assert!(dead.is_empty(), "{}", dead.join("\n"));
    }
}

/// Addresses, as far as a site needs them.
mod url {
    /// The file that an address on a page leads to, and its fragment; nothing for another host.
    pub fn join(page: &str, address: &str) -> Option<(String, String)> {
        let (path, fragment) = address.split_once('#').unwrap_or((address, ""));
        let path = path.split('?').next().unwrap_or_default();
        let scheme = path
            .split_once(':')
            .is_some_and(|(scheme, _)| !scheme.contains('/'));
        if scheme || path.starts_with("//") {
            return None;
        }
        let fragment = decode(fragment);
        if path.is_empty() {
            return Some((page.to_owned(), fragment));
        }
        let mut parts: Vec<&str> = page.split('/').collect();
        parts.pop();
        // The page that is shown for any address that is not there begins its links at the root.
        if path.starts_with('/') {
            parts.clear();
        }
        for part in path.trim_start_matches('/').split('/') {
            match part {
                "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        let folder = path.ends_with(['/', '.']) && !parts.is_empty() && parts.last() != Some(&"");
        let joined = parts.join("/") + if folder { "/" } else { "" };
        Some((decode(&joined), fragment))
    }

    fn decode(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let coded = rest.as_slice_pair().filter(|_| byte == b'%');
            match coded {
                Some(value) => {
                    bytes.push(value);
                    rest.nth(1);
                }
                None => bytes.push(byte),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    trait Pair {
        fn as_slice_pair(&self) -> Option<u8>;
    }

    impl Pair for std::str::Bytes<'_> {
        /// The value of the two hexadecimal digits that come next.
        fn as_slice_pair(&self) -> Option<u8> {
            let mut next = self.clone();
            let digits = [next.next()?, next.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()
        }
    }
}

// -- Weight ----------------------------------------------------------------------------------------------------------------

/// Most that a runbook's page loads over the wire, compressed, the search index aside, in bytes.
const BUDGET: usize = 35 * 1024;

fn compressed(bytes: &[u8]) -> usize {
    let mut gzip = Command::new("gzip")
        .arg("-6c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip runs");
    let mut input = gzip.stdin.take().expect("its input");
    let bytes = bytes.to_owned();
    let writer = std::thread::spawn(move || input.write_all(&bytes));
    let output = gzip.wait_with_output().expect("gzip ends");
    writer.join().expect("a thread").expect("gzip reads");
    output.stdout.len()
}

#[test]
fn a_runbook_weighs_at_most_35_kb() {
    let browser = Browser::start();
    let host = Host::start(own());
    for name in [
        "site/roll-back.html",
        "site/restore.html",
        "guide/themes.html",
    ] {
        let page = browser.page(1280, 800);
        page.go(&format!("{}{name}", host.url));
        let mut loaded: Vec<String> = page.requests();
        loaded.sort();
        loaded.dedup();
        let mut weights = Vec::new();
        for address in loaded {
            let file = address.strip_prefix(&host.url);
            let file = file.unwrap_or_else(|| panic!("{name} asks another host: {address}"));
            let bytes = fs::read(own().join(file)).expect("a file of the site");
            weights.push((compressed(&bytes), file.to_owned()));
        }
        let whole: usize = weights.iter().map(|(weight, _)| weight).sum();
        assert!(weights.len() > 4, "{weights:?}");
        eprintln!("{name}: {whole} bytes compressed");
        assert!(whole <= BUDGET, "{name}: {whole} bytes: {weights:#?}");
    }
}

/// Most that a page of the plain theme adds to its own text: HTML and style sheet, not compressed, in bytes.
const PLAIN: usize = 10 * 1024;

#[test]
fn the_plain_theme_is_small_and_has_no_script() {
    let files = support::files(plain());
    let style = files.iter().find(|(name, _)| name.ends_with(".css"));
    let style = style.expect("a style sheet").1.len();
    assert!(
        !files.keys().any(|name| name.ends_with(".js")),
        "there is a script"
    );
    let scripts = Selector::parse("script, [onclick], [onload], [style]").expect("a selector");
    let text = Selector::parse("article").expect("a selector");
    let mut pages = 0;
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".html")) {
        let html = Html::parse_document(&String::from_utf8_lossy(bytes));
        assert_eq!(html.select(&scripts).count(), 0, "{name} has a script");
        let own: usize = html.select(&text).map(|text| text.html().len()).sum();
        let added = bytes.len().saturating_sub(own) + style;
        assert!(added <= PLAIN, "{name}: {added} bytes besides its text");
        pages += 1;
    }
    assert!(pages > 30, "{pages} pages");
    let page = String::from_utf8_lossy(&files["site/roll-back.html"]).into_owned();
    let html = Html::parse_document(&page);
    let facts = Selector::parse("h1, .scope, .facts dt").expect("a selector");
    let said: Vec<String> = html
        .select(&facts)
        .map(|one| one.text().collect())
        .collect();
    for wanted in [
        "Roll back a bad publish",
        "Operation",
        "Impact",
        "Start with",
        "Way back",
        "Owner",
        "Risk",
    ] {
        assert!(
            said.iter().any(|one| one == wanted),
            "{wanted} among {said:?}"
        );
    }
}

// -- SARIF -------------------------------------------------------------------------------------------------------------------

/// What the standard's schema says of logs, a line for each fault.
fn judged(logs: &[PathBuf]) -> String {
    package("ajv-draft-04");
    let mut child = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web/sarif/judge.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs: install Debian's `nodejs`, or run tests/run");
    let paths: Vec<String> = logs.iter().map(|log| log.display().to_string()).collect();
    let mut stdin = child.stdin.take().expect("its input");
    stdin
        .write_all(paths.join("\n").as_bytes())
        .expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the judge failed");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Whatever is found in any case, the log is valid against the schema of SARIF 2.1.0.
#[test]
fn sarif_is_valid_by_its_schema() {
    let scratch = Scratch::new();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut logs = Vec::new();
    let mut classes = BTreeSet::new();
    for entry in fs::read_dir(cases).expect("the cases").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let site = entry.path().join("site");
        if !site.join("site.toml").is_file() {
            continue;
        }
        let root = scratch.path().join(&name);
        copy(&site, &root);
        let mut check = bindery();
        check
            .args(["check", "--format", "sarif", "--root"])
            .arg(&root);
        let text = Run::of(&mut check).stdout;
        let log: Value = serde_json::from_str(&text).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("results");
        classes.extend(results.iter().map(|found| found["ruleId"].to_string()));
        logs.push(scratch.write(&format!("{name}.sarif"), text));
    }
    assert!(classes.len() > 60, "only {} classes", classes.len());
    assert_eq!(judged(&logs), "");
    // The judge finds what is wrong.
    let text = fs::read_to_string(&logs[0]).expect("a log");
    let bad = scratch.write("bad.sarif", text.replace("\"2.1.0\"", "\"2.0.0\""));
    assert!(judged(&[bad]).contains("/version must be equal"));
}

// -- Lighthouse --------------------------------------------------------------------------------------------------------------

#[test]
fn lighthouse_gives_full_marks() {
    let mut server = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web/serve.mjs"))
        .arg(own())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs: install Debian's `nodejs`, or run tests/run");
    let mut url = String::new();
    BufReader::new(server.stdout.take().expect("its output"))
        .read_line(&mut url)
        .expect("its address");
    let scratch = Scratch::new();
    let report = scratch.path().join("report.json");
    let run = Command::new("node")
        .arg(package("lighthouse").join("cli/index.js"))
        .arg(format!("{}site/roll-back.html", url.trim()))
        .args(["--quiet", "--output=json", "--only-categories=accessibility,best-practices,performance"])
        .arg(format!("--output-path={}", report.display()))
        .arg("--chrome-flags=--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking --disable-component-update --disable-sync --no-first-run")
        .env("CHROME_PATH", std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()))
        .env("HOME", scratch.path())
        .env("CI", "1")
        .output();
    let _ = server.kill();
    let _ = server.wait();
    let run = run.expect("node runs");
    let text = fs::read_to_string(&report).unwrap_or_else(|error| {
        panic!(
            "no report: {error}\n{}",
            String::from_utf8_lossy(&run.stderr)
        )
    });
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let mut poor = Vec::new();
    for (name, least) in [
        ("accessibility", 1.0),
        ("best-practices", 1.0),
        ("performance", 0.98),
    ] {
        let category = &report["categories"][name];
        let score = category["score"].as_f64().unwrap_or(-1.0);
        eprintln!("Lighthouse: {name} {score}");
        if score < least {
            let audits = category["auditRefs"].as_array().expect("audits");
            let failed = audits.iter().filter_map(|audit| {
                let audit = &report["audits"][audit["id"].as_str()?];
                let score = audit["score"].as_f64()?;
                (score < 1.0).then(|| {
                    format!(
                        "{}: {} {}",
                        audit["id"], audit["displayValue"], audit["details"]["items"]
                    )
                })
            });
            poor.push(format!(
                "{name} is {score}\n{}",
                failed.collect::<Vec<_>>().join("\n")
            ));
        }
    }
    assert!(poor.is_empty(), "{}", poor.join("\n"));
}
