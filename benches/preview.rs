//! The preview's benchmark: from a save to the new text over HTTP, Bindery's server against Hugo's in one run.

#![expect(
    clippy::disallowed_methods,
    reason = "a program that runs others, edits files and reads the clock"
)]
#![expect(clippy::print_stdout, reason = "the table goes to standard output")]
#![expect(clippy::print_stderr, reason = "progress goes to standard error")]

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use walkdir::WalkDir;

/// The memory file system of Linux.
const MEMORY: &str = "/dev/shm";
/// How often a page is asked for until it shows the edit.
const LOOK: Duration = Duration::from_millis(1);
/// How long an edit may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long nothing happens between two edits, so that each is a save of its own.
const BETWEEN: Duration = Duration::from_millis(300);

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Measures how long an edit takes to show in the preview, and prints a table in Markdown.
///
/// Build first: cargo build --profile dist --bin bindery --examples
#[derive(Parser)]
struct Options {
    /// How many pages the sites have
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000])]
    pages: Vec<usize>,
    /// How many edits of a page each server gets; the median counts
    #[arg(long, default_value_t = 21)]
    edits: usize,
    /// How many edits Hugo gets
    #[arg(long, default_value_t = 5)]
    hugo_edits: usize,
    /// How many edits more Bindery gets, one right after the other, to see whether its memory grows
    #[arg(long, default_value_t = 1_000)]
    endurance: usize,
    /// The Hugo to run; the program itself, see benches/README.md
    #[arg(long, value_name = "PROGRAM")]
    hugo: Option<PathBuf>,
    /// The Bindery to run [default: the one that was built beside this program]
    #[arg(long, value_name = "PROGRAM")]
    bindery: Option<PathBuf>,
}

/// What was measured of one server on one site.
struct Row {
    pages: usize,
    program: &'static str,
    first: Duration,
    text: Vec<Duration>,
    title: Vec<Duration>,
    template: Vec<Duration>,
    /// Largest resident memory in KiB, and what was resident before and after the endurance run.
    peak: u64,
    before: u64,
    after: u64,
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
    let own = std::env::current_exe()?;
    let examples = own.parent().unwrap_or(Path::new("."));
    let bindery = match &options.bindery {
        Some(path) => path.clone(),
        None => examples.with_file_name("bindery"),
    };
    let generate = |pages: usize, flavour: &str, out: &Path| -> Outcome<()> {
        let status = Command::new(examples.join("generate"))
            .args(["--pages", &pages.to_string(), "--flavour", flavour, "--out"])
            .arg(out)
            .stdout(Stdio::null())
            .status()?;
        status
            .success()
            .then_some(())
            .ok_or("no site was made".into())
    };
    let work = match Path::new(MEMORY).is_dir() {
        true => PathBuf::from(MEMORY),
        false => std::env::temp_dir(),
    };
    let mut rows = Vec::new();
    for &pages in &options.pages {
        let folder = tempfile::Builder::new()
            .prefix("bindery-preview-")
            .tempdir_in(&work)?;
        let site = folder.path().join("bindery");
        generate(pages, "bindery", &site)?;
        eprintln!("{pages} pages: Bindery");
        rows.push(measure_bindery(&bindery, &site, pages, options)?);
        if let Some(hugo) = &options.hugo {
            let site = folder.path().join("hugo");
            generate(pages, "hugo", &site)?;
            eprintln!("{pages} pages: Hugo");
            rows.push(measure_hugo(hugo, &site, pages, options)?);
        }
    }
    print(&rows);
    Ok(())
}

fn measure_bindery(bindery: &Path, site: &Path, pages: usize, options: &Options) -> Outcome<Row> {
    // A theme of the site's own, whose template can be edited.
    let theme = site.join("themes/ours");
    fs::create_dir_all(theme.join("templates"))?;
    fs::write(
        theme.join("theme.toml"),
        "name = \"ours\"\nextends = \"default\"\n",
    )?;
    let template = theme.join("templates/page.html");
    fs::copy("themes/default/templates/page.html", &template)?;
    let config = fs::read_to_string(site.join("site.toml"))?;
    fs::write(
        site.join("site.toml"),
        format!("theme = \"ours\"\n{config}"),
    )?;

    let port = free_port()?;
    let start = Instant::now();
    let server = Server::start(
        Command::new(bindery)
            .args(["serve", "--port", &port.to_string(), "--root"])
            .arg(site),
        port,
    )?;
    let (page, address) = edited_page(site)?;
    let list = format!("/{}/index.html", parent(&address));
    let address = format!("/{address}.html");
    server.until(&address, "</html>")?;
    let first = start.elapsed();
    let text = edits(&server, &page, &address, options.edits)?;
    let title = titles(&server, &page, &list, options.edits)?;
    let template = templates(&server, &template, &address, options.edits)?;
    let before = server.memory("VmRSS")?;
    for number in 0..options.endurance {
        let mark = format!("endures-{number}-");
        append(&page, &mark, number)?;
        server.until(&address, &mark)?;
    }
    Ok(Row {
        pages,
        program: "Bindery",
        first,
        text,
        title,
        template,
        peak: server.memory("VmHWM")?,
        before,
        after: server.memory("VmRSS")?,
    })
}

fn measure_hugo(hugo: &Path, site: &Path, pages: usize, options: &Options) -> Outcome<Row> {
    let port = free_port()?;
    let start = Instant::now();
    let server = Server::start(
        Command::new(hugo)
            .args(["server", "--port", &port.to_string(), "--baseURL"])
            .arg(format!("http://127.0.0.1:{port}/"))
            .arg("--source")
            .arg(site)
            .arg("--cacheDir")
            .arg(site.join("cache")),
        port,
    )?;
    let (page, address) = edited_page(site)?;
    let list = format!("/{}/", parent(&address));
    let address = format!("/{address}/");
    server.until(&address, "</html>")?;
    let first = start.elapsed();
    let text = edits(&server, &page, &address, options.hugo_edits)?;
    let title = titles(&server, &page, &list, options.hugo_edits)?;
    let template = site.join("layouts/page.html");
    let template = templates(&server, &template, &address, options.hugo_edits)?;
    let resident = server.memory("VmRSS")?;
    Ok(Row {
        pages,
        program: "Hugo",
        first,
        text,
        title,
        template,
        peak: server.memory("VmHWM")?,
        before: resident,
        after: resident,
    })
}

/// Times from the save of a page's text to the answer that shows it.
fn edits(server: &Server, page: &Path, address: &str, count: usize) -> Outcome<Vec<Duration>> {
    let mut times = Vec::new();
    for number in 0..count {
        thread::sleep(BETWEEN);
        let mark = format!("edited-{number}-");
        let start = Instant::now();
        append(page, &mark, number)?;
        server.until(address, &mark)?;
        times.push(start.elapsed());
    }
    Ok(times)
}

/// Times from the save of a page's title to the answer that shows it in its section's list, which is another page.
fn titles(server: &Server, page: &Path, list: &str, count: usize) -> Outcome<Vec<Duration>> {
    let original = fs::read_to_string(page)?;
    let (start, rest) = original
        .split_once("title")
        .ok_or("the page has no title")?;
    let (_, rest) = rest.split_once('\n').ok_or("the page is its title")?;
    let assign = if original.starts_with("+++") {
        " ="
    } else {
        ":"
    };
    let mut times = Vec::new();
    for number in 0..count {
        thread::sleep(BETWEEN);
        let mark = format!("Titled {number} again");
        let begun = Instant::now();
        fs::write(page, format!("{start}title{assign} \"{mark}\"\n{rest}"))?;
        server.until(list, &mark)?;
        times.push(begun.elapsed());
    }
    fs::write(page, original)?;
    thread::sleep(BETWEEN);
    Ok(times)
}

/// Times from the save of a template to the answer that shows it.
fn templates(server: &Server, file: &Path, address: &str, count: usize) -> Outcome<Vec<Duration>> {
    let original = fs::read_to_string(file)?;
    let mut times = Vec::new();
    for number in 0..count {
        thread::sleep(BETWEEN);
        let mark = format!("template-{number}-");
        let edited = original.replacen("<article", &format!("<article data-mark=\"{mark}\""), 1);
        let start = Instant::now();
        fs::write(file, edited)?;
        server.until(address, &mark)?;
        times.push(start.elapsed());
    }
    fs::write(file, original)?;
    thread::sleep(BETWEEN);
    Ok(times)
}

/// A page in the middle of the site, and its address without an ending.
fn edited_page(site: &Path) -> Outcome<(PathBuf, String)> {
    let content = site.join("content");
    let mut pages: Vec<PathBuf> = WalkDir::new(&content)
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .filter(|path| path.file_name().is_some_and(|name| name != "_index.md"))
        .collect();
    pages.sort();
    let page = pages.swap_remove(pages.len() / 2);
    let below = page.strip_prefix(&content)?.with_extension("");
    Ok((page.clone(), below.to_string_lossy().into_owned()))
}

fn parent(address: &str) -> &str {
    address.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Writes the page with another last paragraph.
fn append(page: &Path, mark: &str, number: usize) -> io::Result<()> {
    let text = fs::read_to_string(page)?;
    let original = text.split("\n\nMarked ").next().unwrap_or_default();
    fs::write(
        page,
        format!("{original}\n\nMarked {mark} for the {number}th time.\n"),
    )
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A server that ends with the measurement.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(command: &mut Command, port: u16) -> Outcome<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(said) = child.stdout.take() {
            // Read to its end, or a full pipe would stop the server.
            thread::spawn(move || BufReader::new(said).lines().for_each(drop));
        }
        Ok(Self { child, port })
    }

    /// Asks for a page until it holds `mark`.
    fn until(&self, address: &str, mark: &str) -> Outcome<()> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(body) = self.get(address)
                && body.contains(mark)
            {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
        Err(format!("{address} did not show `{mark}` in {PATIENCE:?}").into())
    }

    fn get(&self, address: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
            self.port
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// A line of /proc/PID/status, in KiB.
    fn memory(&self, name: &str) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim_matches([':', ' ', '\t']).split(' ').next());
        Ok(number.ok_or("no such line")?.trim().parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn print(rows: &[Row]) {
    println!(
        "| Pages | Server | First page | Edit of a page: median, 90 % within | Edit of a title, seen in a list: median | Edit of a template: median | Peak memory | Resident before and after the endurance run |"
    );
    println!("|---:|---|---:|---:|---:|---:|---:|---:|");
    for row in rows {
        println!(
            "| {} | {} | {} | {}, {} | {} | {} | {} MiB | {} and {} MiB |",
            row.pages,
            row.program,
            millis(row.first),
            millis(part(&row.text, 0.5)),
            millis(part(&row.text, 0.9)),
            millis(part(&row.title, 0.5)),
            millis(part(&row.template, 0.5)),
            row.peak / 1024,
            row.before / 1024,
            row.after / 1024,
        );
    }
}

/// The time that this part of all times is within.
fn part(times: &[Duration], part: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = (sorted.len() as f64 * part) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

fn millis(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1000.0)
}
