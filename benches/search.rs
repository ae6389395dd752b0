//! The search against Pagefind on the same generated site: what the index costs, what is moved, what is found.

#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    dead_code,
    unreachable_pub,
    reason = "a program that runs others and steers a browser, which can more than is wanted here"
)]

#[path = "../tests/support/browser.rs"]
mod browser;
#[path = "compare/run.rs"]
mod run;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Parser;
use serde_json::{Value, json};
use walkdir::WalkDir;

use browser::{Browser, Page};
use run::{Run, measure};

type Outcome<T> = Result<T, Box<dyn Error>>;
/// Asks a page, and gives how many pages were found and the addresses of the first.
type Ask = fn(&Page, &str) -> (u64, Vec<String>);

/// What people type at night: identifiers of the generated pages, whole and in parts, errors, slips.
const QUERIES: &[&str] = &[
    "QuorumFailing1",
    "quorumfail",
    "rolloutstuck",
    "tls_certificate_expiry_seconds",
    "certificate_expiry",
    "expiry_seconds",
    "node_filesystem_avail_bytes",
    "filesystem_avail",
    "lag_bytes",
    "predict_linear",
    "catalogue-ctl",
    "payments-api-finance",
    "edge-048",
    "s3:GetObject",
    "arn:aws:s3",
    "/var/tmp",
    "--host",
    "8.26.6",
    "0/321A3",
    "team-granite",
    "certificate chain",
];

/// Slips, and what they mean.
const SLIPS: &[(&str, &str)] = &[
    ("QuorumFialing1", "QuorumFailing1"),
    ("tls_certifcate_expiry", "tls_certificate_expiry"),
    ("superusr", "superuser"),
    ("catalouge", "catalogue"),
];

/// Compares Bindery's search with Pagefind's on a generated site, and prints tables in Markdown.
///
/// Build first: cargo build --release --bin bindery --examples
#[derive(Parser)]
struct Options {
    /// How many pages the site has
    #[arg(long, default_value_t = 1000)]
    pages: usize,
    /// How often each program runs; the median counts
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..))]
    repeats: u8,
    /// The Pagefind to run; without it Bindery is measured alone
    #[arg(long, value_name = "PROGRAM")]
    pagefind: Option<PathBuf>,
    /// Where the site is made and deleted again [default: the folder for temporary files]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
}

fn main() -> ExitCode {
    match bench(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(options: &Options) -> Outcome<()> {
    let here = std::env::current_exe()?;
    let examples = here.parent().ok_or("no folder")?;
    let bindery = examples.parent().ok_or("no folder")?.join("bindery");
    let work = options.work.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new()
        .prefix("bindery-search-")
        .tempdir_in(work)?;
    let project = folder.path().join("site");
    eprintln!("making {} pages", options.pages);
    measure(
        Command::new(examples.join("generate"))
            .args(["--pages", &options.pages.to_string(), "--out"])
            .arg(&project),
    )?;
    let theme = project.join("themes/plain");
    fs::create_dir_all(&theme)?;
    fs::write(
        theme.join("theme.toml"),
        "extends = \"default\"\nsearch = false\n",
    )?;
    let config = fs::read_to_string(project.join("site.toml"))?;
    let (with, without) = (folder.path().join("with"), folder.path().join("without"));

    // Taking turns, so that a slow minute of the machine hits all.
    let (mut plain, mut searching, mut pagefind) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..options.repeats {
        eprintln!("round {} of {}", round + 1, options.repeats);
        for (theme, out, runs) in [
            ("theme = \"plain\"\n", &without, &mut plain),
            ("", &with, &mut searching),
        ] {
            let _ = fs::remove_dir_all(out);
            let _ = fs::remove_dir_all(project.join(".bindery"));
            fs::write(project.join("site.toml"), format!("{theme}{config}"))?;
            let mut build = Command::new(&bindery);
            build.arg("build").arg("--root").arg(&project);
            runs.push(measure(build.arg("--output").arg(out))?);
        }
        if let Some(program) = &options.pagefind {
            let _ = fs::remove_dir_all(without.join("pagefind"));
            pagefind.push(measure(Command::new(program).arg("--site").arg(&without))?);
        }
    }
    print_cost(&plain, &searching, &pagefind);

    let mut sizes = vec![("Bindery", size(&with.join("search"))?)];
    if options.pagefind.is_some() {
        sizes.push(("Pagefind", size(&without.join("pagefind"))?));
    }
    println!("| Index | Files | Raw | Each file compressed |\n|---|---:|---:|---:|");
    for (name, (files, raw, packed)) in sizes {
        println!("| {name} | {files} | {} | {} |", kilo(raw), kilo(packed));
    }
    println!();

    let texts = texts(&project.join("content"), &with)?;
    println!(
        "| Query | Pages that hold it | Bindery: found, first is right, moved raw, compressed | Pagefind: the same |"
    );
    println!("|---|---:|---|---|");
    let queries = (QUERIES.iter().map(|query| (*query, *query))).chain(SLIPS.iter().copied());
    let (bindery, pagefind) = (Server::start(with), Server::start(without));
    for (query, meant) in queries {
        let meant = meant.trim_start_matches(['-', '/']).to_lowercase();
        let holding = texts.values().filter(|text| text.contains(&meant)).count();
        if holding == 0 {
            return Err(format!("no page holds {meant}").into());
        }
        let mut cells = Vec::new();
        let pagefind = options.pagefind.is_some().then_some(&pagefind);
        let asked = [
            Some((&bindery, ask_bindery as Ask)),
            pagefind.map(|server| (server, ask_pagefind as Ask)),
        ];
        for (server, ask) in asked.into_iter().flatten() {
            // Nothing is left of the query before.
            let browser = Browser::start();
            let page = browser.page(1200, 900);
            page.go(&format!("{}index.html", server.url));
            server.forget();
            let (found, first) = ask(&page, query);
            let right = first
                .first()
                .and_then(|href| texts.get(href.strip_prefix(&server.url)?.split('#').next()?))
                .is_some_and(|text| text.contains(&meant));
            let (raw, packed) = server.moved()?;
            let right = if right { "yes" } else { "**no**" };
            cells.push(format!("{found}, {right}, {}, {}", kilo(raw), kilo(packed)));
        }
        println!("| `{query}` | {holding} | {} |", cells.join(" | "));
    }
    println!();
    keystrokes(&Browser::start(), &bindery.url);
    Ok(())
}

fn print_cost(plain: &[Run], searching: &[Run], pagefind: &[Run]) {
    let wall = |runs: &[Run]| median(runs.iter().map(|run| run.wall.as_secs_f64() * 1000.0));
    let processor = |runs: &[Run]| median(runs.iter().map(|run| run.processor * 1000.0));
    let memory = |runs: &[Run]| runs.iter().map(|run| run.memory >> 10).max().unwrap_or(0);
    println!("| Run | Time | Processor time | Peak memory |\n|---|---:|---:|---:|");
    for (name, runs) in [
        ("Bindery without search", plain),
        ("Bindery with search", searching),
        ("Pagefind alone, on the finished site", pagefind),
    ] {
        if !runs.is_empty() {
            println!(
                "| {name} | {:.0} ms | {:.0} ms | {} MiB |",
                wall(runs),
                processor(runs),
                memory(runs)
            );
        }
    }
    println!(
        "\nThe index costs {:.2} times the time and {:.2} times the processor time of the rest.\n",
        wall(searching) / wall(plain) - 1.0,
        processor(searching) / processor(plain) - 1.0,
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn kilo(bytes: u64) -> String {
    format!("{} KB", bytes.div_ceil(1000))
}

/// The files below a folder, their bytes, and the bytes of each compressed on its own.
fn size(folder: &Path) -> Outcome<(usize, u64, u64)> {
    let (mut files, mut raw, mut packed) = (0, 0, 0);
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() {
            files += 1;
            raw += entry.metadata()?.len();
            packed += compressed(entry.path())?;
        }
    }
    Ok((files, raw, packed))
}

/// How long a file is after gzip. Pagefind's own files are compressed already, and servers send them as they are.
fn compressed(path: &Path) -> Outcome<u64> {
    let out = Command::new("gzip").args(["-6", "-c"]).arg(path).output()?;
    Ok((out.stdout.len() as u64).min(fs::metadata(path)?.len()))
}

/// The source of each page in lower case, by the page's address.
fn texts(content: &Path, site: &Path) -> Outcome<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    for entry in WalkDir::new(content) {
        let entry = entry?;
        let below = entry.path().strip_prefix(content)?.with_extension("html");
        let href = below.to_string_lossy().replace("_index", "index");
        if entry.file_type().is_file() && site.join(&href).is_file() {
            texts.insert(href, fs::read_to_string(entry.path())?.to_lowercase());
        }
    }
    Ok(texts)
}

/// How many pages the dialog says it found, and the addresses of those it shows.
fn ask_bindery(page: &Page, query: &str) -> (u64, Vec<String>) {
    page.press("/");
    page.eval(&format!(
        "(() => {{ const input = document.querySelector('[data-search-input]');
            input.value = {}; input.dispatchEvent(new Event('input')); }})()",
        json!(query)
    ));
    page.wait(
        "/page|Nothing/.test(document.querySelector('[data-search-status]').textContent)",
        "an answer",
    );
    let answer = page.eval(
        "[document.querySelector('[data-search-status]').textContent,
          Array.from(document.querySelectorAll('[data-search-results] > li > a'), (link) => link.href)]",
    );
    let said = answer[0].as_str().unwrap_or_default();
    let count: String = said.chars().filter(char::is_ascii_digit).collect();
    (count.parse().unwrap_or(0), strings(&answer[1]))
}

/// The same of Pagefind, asked as its own documentation says, with the data of as many results.
fn ask_pagefind(page: &Page, query: &str) -> (u64, Vec<String>) {
    let answer = page.eval(&format!(
        "(async () => {{
            const pagefind = await import(new URL('pagefind/pagefind.js', location.href));
            await pagefind.init();
            const found = await pagefind.search({});
            const shown = await Promise.all(found.results.slice(0, 10).map((result) => result.data()));
            return [found.results.length, shown.map((data) => new URL(data.url, location.href).href)];
        }})()",
        json!(query)
    ));
    (answer[0].as_u64().unwrap_or(0), strings(&answer[1]))
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// How long each keystroke takes until its results are there, the index loaded.
fn keystrokes(browser: &Browser, url: &str) {
    let page = browser.page(1200, 900);
    page.go(&format!("{url}index.html"));
    ask_bindery(&page, "start");
    let mut times: Vec<f64> = Vec::new();
    for query in [
        "certificate expiry",
        "quorumfailing1",
        "superusr",
        "the steps of",
    ] {
        for end in 1..=query.len() {
            let time = page.eval(&format!(
                "new Promise((resolve) => {{
                    const list = document.querySelector('[data-search-results]');
                    const input = document.querySelector('[data-search-input]');
                    const start = performance.now();
                    const done = () => {{ seen.disconnect(); resolve(performance.now() - start); }};
                    const seen = new MutationObserver(done);
                    seen.observe(list, {{ childList: true }});
                    setTimeout(done, 1000);
                    input.value = {}; input.dispatchEvent(new Event('input'));
                }})",
                json!(query[..end])
            ));
            times.push(time.as_f64().unwrap_or(f64::NAN));
        }
    }
    // A query without results changes nothing that can be watched for.
    times.retain(|time| *time < 1000.0);
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get((times.len() - 1) * share / 100).copied();
    println!(
        "Keystrokes: {} measured, median {:.0} ms, 95 % below {:.0} ms, slowest {:.0} ms.",
        times.len(),
        at(50).unwrap_or(f64::NAN),
        at(95).unwrap_or(f64::NAN),
        at(100).unwrap_or(f64::NAN)
    );
}

/// Serves a folder on a port of its own until the program ends, and remembers what was asked for.
struct Server {
    url: String,
    folder: PathBuf,
    asked: Arc<Mutex<Vec<PathBuf>>>,
}

impl Server {
    fn start(folder: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let asked: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
        let (root, seen) = (folder.clone(), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (root, seen) = (root.clone(), Arc::clone(&seen));
                std::thread::spawn(move || answer(&stream, &root, &seen));
            }
        });
        Self { url, folder, asked }
    }

    fn forget(&self) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clear();
    }

    /// The bytes of what was asked for, raw and compressed.
    fn moved(&self) -> Outcome<(u64, u64)> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut raw, mut packed) = (0, 0);
        for path in asked.iter().filter(|path| self.folder.join(path).is_file()) {
            let file = self.folder.join(path);
            raw += fs::metadata(&file)?.len();
            packed += compressed(&file)?;
        }
        Ok((raw, packed))
    }
}

fn answer(mut stream: &TcpStream, folder: &Path, asked: &Mutex<Vec<PathBuf>>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let path = first.split(' ').nth(1).unwrap_or("/");
    let path = path
        .split('?')
        .next()
        .unwrap_or_default()
        .trim_start_matches('/');
    let kind = match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("html") => "text/html",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    asked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(path.into());
    let (status, body) = match fs::read(folder.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
}
