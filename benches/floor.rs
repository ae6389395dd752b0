//! The floor for any generator: reads and parses every source, and writes as many files of the same size.

#![expect(
    clippy::disallowed_methods,
    reason = "a program that reads and writes files"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Parser;
use pulldown_cmark::{Options, Parser as Markdown, html};
use rayon::prelude::*;
use walkdir::WalkDir;

/// Reads the Markdown below DIR/content, renders it, and writes the files of another output folder.
///
/// There are no templates, no links and no highlighting. A page that comes out shorter than the file it stands for
/// is filled up with spaces.
#[derive(Parser)]
struct Floor {
    /// The site's folder
    #[arg(long, value_name = "DIR")]
    site: PathBuf,
    /// Which files to write: a folder that was made from the site, or a list of it (see --list)
    #[arg(long, value_name = "PATH")]
    like: PathBuf,
    /// The folder to write to
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    out: Option<PathBuf>,
    /// Writes the list of the folder --like to this file, and does nothing else
    ///
    /// So the walk through that folder, which a generator need not do, is not part of the measured run.
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// How many threads to use
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

/// A file to write.
struct Output {
    path: PathBuf,
    length: usize,
}

fn main() -> io::Result<()> {
    let floor = Floor::parse();
    let outputs = if floor.like.is_dir() {
        walk(&floor.like)?
    } else {
        read_list(&floor.like)?
    };
    if let Some(list) = &floor.list {
        let lines: Vec<_> = outputs
            .iter()
            .map(|o| format!("{} {}\n", o.length, o.path.display()))
            .collect();
        return fs::write(list, lines.concat());
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(floor.jobs)
        .build_global()
        .map_err(io::Error::other)?;
    build(&floor.site, &outputs, &floor.out.unwrap_or_default())
}

/// The work of the floor. The n-th source goes into the n-th output; outputs beyond the last source are filler.
fn build(site: &Path, outputs: &[Output], out: &Path) -> io::Result<()> {
    let sources = walk(&site.join("content"))?;
    let folders: BTreeSet<_> = outputs
        .iter()
        .filter_map(|output| output.path.parent())
        .collect();
    for folder in folders {
        fs::create_dir_all(out.join(folder))?;
    }
    (0..sources.len().max(outputs.len()))
        .into_par_iter()
        .try_for_each(|at| {
            let html = match sources.get(at) {
                Some(source) => render(&fs::read_to_string(
                    site.join("content").join(&source.path),
                )?),
                None => String::new(),
            };
            let Some(output) = outputs.get(at) else {
                return Ok(());
            };
            let mut bytes = html.into_bytes();
            bytes.resize(output.length, b' ');
            fs::write(out.join(&output.path), bytes)
        })
}

fn render(source: &str) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_WIKILINKS;
    let mut out = String::with_capacity(source.len() * 2);
    html::push_html(&mut out, Markdown::new_ext(body(source), options));
    out
}

/// What stands after the front matter.
fn body(source: &str) -> &str {
    for fence in ["+++\n", "---\n"] {
        if let Some(rest) = source.strip_prefix(fence) {
            let end = rest.find(&format!("\n{fence}"));
            return end.map_or(rest, |end| &rest[end + 1 + fence.len()..]);
        }
    }
    source
}

/// Every file below a folder, in order.
fn walk(folder: &Path) -> io::Result<Vec<Output>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file()
            && let Ok(path) = entry.path().strip_prefix(folder)
        {
            let length = entry.metadata()?.len() as usize;
            files.push(Output {
                path: path.to_owned(),
                length,
            });
        }
    }
    Ok(files)
}

/// Reads what `--list` wrote: a length and a path on each line.
fn read_list(list: &Path) -> io::Result<Vec<Output>> {
    let read = |line: &str| {
        let (length, path) = line.split_once(' ')?;
        Some(Output {
            path: path.into(),
            length: length.parse().ok()?,
        })
    };
    let text = fs::read_to_string(list)?;
    let outputs: Option<_> = text.lines().map(read).collect();
    outputs.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the list is damaged"))
}
