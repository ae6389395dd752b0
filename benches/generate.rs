//! A generator of realistic runbook sites: the same pages for Bindery and for Hugo, the same on every machine.

#![expect(clippy::disallowed_methods, reason = "a program that writes files")]

#[path = "generate/page.rs"]
mod page;
#[path = "generate/words.rs"]
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use rayon::prelude::*;

use page::{Plan, SECTION, section_folder, section_index};

/// Writes a site of runbooks that is as large and as mixed as one wants, and the same every time.
#[derive(Parser)]
struct Options {
    /// How many runbooks; the index pages of the sections come on top
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pages: u32,
    /// The folder to make; it must not hold a site yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Whose site it is
    #[arg(long, value_enum, default_value_t = Flavour::Bindery)]
    flavour: Flavour,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Flavour {
    /// site.toml and content/; Bindery's own theme
    Bindery,
    /// hugo.toml, the same content/, and a theme that shows the same things
    Hugo,
}

const SITE: &str =
    "title = \"Runbooks of the benchmark\"\ndescription = \"Generated pages for measuring\"\n";

/// The home page's text; the lists below it are the theme's.
const HOME: &str =
    "+++\ntitle = \"Runbooks of the benchmark\"\n+++\n\nGenerated runbooks, for measuring only.\n";

macro_rules! theme {
    ($($path:literal),* $(,)?) => { [$(($path, include_str!(concat!("hugo/", $path)))),*] };
}

/// What makes the same site with Hugo.
const HUGO: [(&str, &str); 19] = theme![
    "hugo.toml",
    "assets/style.css",
    "layouts/404.html",
    "layouts/baseof.html",
    "layouts/home.html",
    "layouts/home.json",
    "layouts/page.html",
    "layouts/section.html",
    "layouts/taxonomy.html",
    "layouts/term.html",
    "layouts/_markup/render-link.html",
    "layouts/_partials/breadcrumbs.html",
    "layouts/_partials/card.html",
    "layouts/_partials/footer.html",
    "layouts/_partials/head.html",
    "layouts/_partials/related.html",
    "layouts/_partials/sections.html",
    "layouts/_partials/section-pages.html",
    "layouts/_partials/top.html",
];

fn main() -> io::Result<()> {
    let options = Options::parse();
    let count = options.pages as usize;
    let settings: &[(&str, &str)] = match options.flavour {
        Flavour::Bindery => &[("site.toml", SITE)],
        Flavour::Hugo => &HUGO,
    };
    let content = options.out.join("content");
    if content.exists() {
        let text = format!("{} is there already", content.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    for (path, text) in settings {
        put(&options.out.join(path), text)?;
    }

    let plans: Vec<_> = (0..count).map(Plan::new).collect();
    put(&content.join("_index.md"), HOME)?;
    let sections: BTreeSet<_> = (0..count).map(|number| number / SECTION).collect();
    for section in sections {
        put(
            &content.join(section_folder(section)).join("_index.md"),
            &section_index(section),
        )?;
    }
    (0..count).into_par_iter().try_for_each(|number| {
        fs::write(
            content.join(plans[number].path()),
            page::write(&plans, number),
        )
    })
}

/// Writes a file and makes its folder.
fn put(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}
