//! `bindery init`: begins a site, in an empty folder or around Markdown that is there already.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Exit;
use super::adopt;
use super::files::{begin, quoted, template, templates};
use super::words::shown;

/// The folder of the binary's templates that holds the site to begin with.
const SITE: &str = "site/";

/// Begins a site: a site.toml, a home page, and two runbooks that belong together.
///
/// With `--from` it takes a folder of Markdown as it is: a Hugo, MkDocs, Docusaurus or TechDocs repository, or any other.
/// It writes a site.toml beside it, changes none of its files, and says what it understood. Nothing is ever overwritten.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    bindery init runbooks && cd runbooks && bindery serve --open\n  \
    bindery init --from ~/git/our-wiki")]
pub struct Init {
    /// The folder to begin it in; it is made if it is not there [default: this folder]
    folder: Option<PathBuf>,
    /// The name of the site
    #[arg(long)]
    title: Option<String>,
    /// A folder of Markdown to make a site of; the site.toml is written there
    #[arg(long, value_name = "DIR", conflicts_with = "folder")]
    from: Option<PathBuf>,
}

impl Init {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        if let Some(from) = &self.from {
            let from = std::path::absolute(from).unwrap_or_else(|_| from.clone());
            return adopt::adopt(&super::project::folded(&from), self.title.as_deref());
        }
        let folder = self.folder.clone().unwrap_or_else(|| PathBuf::from("."));
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        self.begin(&super::project::folded(&folder))
    }

    fn begin(&self, folder: &Path) -> Exit {
        let mut err = anstream::stderr().lock();
        let files: Vec<String> = templates()
            .into_iter()
            .filter_map(|name| name.strip_prefix(SITE).map(str::to_owned))
            .collect();
        // All or nothing: half a site beside somebody's files helps nobody.
        if let Some(there) = files.iter().find(|name| folder.join(name).exists()) {
            let _ = writeln!(
                err,
                "{} is there already, so nothing was written; `bindery init --from` makes a site of what is there",
                shown(&folder.join(there))
            );
            return Exit::Usage;
        }
        if folder.join("content").exists() {
            let _ = writeln!(
                err,
                "{} is there already; `bindery init --from {}` makes a site of it",
                shown(&folder.join("content")),
                shown(folder)
            );
            return Exit::Usage;
        }
        let title = self.title.as_deref().unwrap_or("Runbooks");
        for name in &files {
            let text = template(&format!("{SITE}{name}")).unwrap_or_default();
            let text = text.replace("%title%", &quoted(title));
            if let Err(error) = begin(&folder.join(name), &text) {
                let _ = writeln!(
                    err,
                    "{} cannot be written: {error}",
                    shown(&folder.join(name))
                );
                return Exit::Errors;
            }
        }
        let ignored = folder.join(".gitignore");
        if !ignored.exists() && begin(&ignored, "/public/\n/.bindery/\n").is_err() {
            let _ = writeln!(err, "{} cannot be written", shown(&ignored));
        }
        let mut out = anstream::stdout().lock();
        for name in &files {
            let _ = writeln!(out, "{}", shown(&folder.join(name)));
        }
        let _ = writeln!(
            err,
            "`bindery serve --open` shows it; `bindery new --service web --task restore` begins a runbook"
        );
        Exit::Success
    }
}
