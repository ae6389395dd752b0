//! `bindery open`: finds a runbook by alert, id or words, and shows it in the terminal.

use std::io::Write;

use clap::{Args, ValueHint};

use super::Exit;
use super::options::{Place, terminal_width};
use super::pager;
use super::terminal;
use crate::build::Planned;
use crate::runbook::FollowUp;
use crate::site::address::encode;
use crate::site::{Page, Site, term_key};

/// Longest line of text, in characters; longer ones are hard to read.
const WIDEST: usize = 88;
/// Most runbooks that are named when several fit.
const MOST: usize = 12;

/// Finds a runbook and shows it in the terminal, rendered: for the night when there is no browser.
///
/// NAME is an alert, an id, a file, an address or any words of its title, alerts and headings. When several fit equally
/// well they are listed. A text that is longer than the terminal is shown with $PAGER, or less. NO_COLOR leaves all
/// colours away.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    bindery open PostgresDown\n  \
    bindery open restore orders\n  \
    bindery open db-failover --browser")]
pub struct Open {
    #[command(flatten)]
    place: Place,
    /// An alert, an id, a file, an address or words
    #[arg(required = true, value_hint = ValueHint::Other)]
    name: Vec<String>,
    /// Open the built page in the browser instead
    #[arg(long)]
    browser: bool,
    /// Write the whole text at once, however long it is
    #[arg(long)]
    no_pager: bool,
}

impl Open {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        let (project, planned) = match self.place.planned() {
            Ok((project, _, planned)) => (project, planned),
            Err(exit) => return exit,
        };
        let site = &planned.site;
        let name = self.name.join(" ");
        let found = find(site, &name);
        let mut err = anstream::stderr().lock();
        let [page] = found.as_slice() else {
            if found.is_empty() {
                let _ = writeln!(
                    err,
                    "nothing fits `{name}`; `bindery list` shows all runbooks"
                );
                return Exit::Errors;
            }
            let _ = writeln!(err, "{} fit `{name}`:", found.len());
            let mut out = anstream::stdout().lock();
            for page in found.iter().take(MOST) {
                let page = &site.pages[*page];
                let _ = writeln!(out, "{}  {}", page.id, page.facts.title);
            }
            return Exit::Errors;
        };
        let page = &site.pages[*page];
        if self.browser {
            let file = project.output.join(&page.address.href);
            let file = if file.is_dir() {
                file.join("index.html")
            } else {
                file
            };
            if !file.is_file() {
                let _ = writeln!(err, "it is not built yet: `bindery build` first");
                return Exit::Errors;
            }
            return match open::that_detached(&file) {
                Ok(()) => Exit::Success,
                Err(error) => {
                    let _ = writeln!(err, "no browser could be opened: {error}");
                    Exit::Errors
                }
            };
        }
        drop(err);
        pager::show(&shown(&planned, page), !self.no_pager);
        Exit::Success
    }
}

/// The runbooks that fit best: one when it is clear which is meant.
fn find(site: &Site, name: &str) -> Vec<usize> {
    let wanted = name.to_lowercase();
    if let Some(alert) = site.alerts.known.get(&wanted)
        && !alert.pages.is_empty()
    {
        return alert.pages.clone();
    }
    let exact = |page: &Page| {
        let path = page.facts.path.as_str();
        page.id == wanted
            || path == name
            || path.strip_prefix("content/") == Some(name)
            || encode(&page.address.href) == name.trim_start_matches('/')
            || page.facts.title.to_lowercase() == wanted
    };
    if let Some(page) = site.pages.iter().position(exact) {
        return vec![page];
    }
    let words: Vec<&str> = wanted.split_whitespace().collect();
    let mut best = 0;
    let mut found: Vec<usize> = Vec::new();
    for (number, page) in site.pages.iter().enumerate() {
        let score = score(page, &words);
        if score > best {
            best = score;
            found.clear();
        }
        if score > 0 && score == best {
            found.push(number);
        }
    }
    found
}

/// How well a page fits; 0 where a word is found nowhere.
fn score(page: &Page, words: &[&str]) -> usize {
    let facts = &page.facts;
    let title = facts.title.to_lowercase();
    let id = page.id.to_lowercase();
    let alerts: Vec<String> = facts
        .matter
        .alerts
        .iter()
        .map(|alert| alert.value.to_lowercase())
        .collect();
    let terms = page
        .services
        .iter()
        .chain(&facts.matter.tags)
        .chain(&facts.matter.task);
    let terms: Vec<String> = terms.map(|term| term.to_lowercase()).collect();
    let headings: Vec<String> = facts
        .headings
        .iter()
        .map(|heading| heading.title.to_lowercase())
        .collect();
    let summary = facts.summary.to_lowercase();
    let mut sum = 0;
    for word in words {
        let has = |texts: &[String]| texts.iter().any(|text| text.contains(word));
        let one = match () {
            () if title
                .split(|c: char| !c.is_alphanumeric())
                .any(|own| own == *word) =>
            {
                9
            }
            () if title.contains(word) => 8,
            () if has(&alerts) => 8,
            () if id.contains(word) => 6,
            () if has(&terms) => 5,
            () if has(&headings) => 2,
            () if summary.contains(word) => 1,
            () => return 0,
        };
        sum += one;
    }
    // Of equals the one that begins with what was asked for, and a runbook before a section's page.
    let begins = words.first().is_some_and(|word| title.starts_with(word));
    sum * 4 + 2 * usize::from(begins) + usize::from(page.is_runbook())
}

/// A page as text: what stands at its top, then its Markdown, rendered.
fn shown(planned: &Planned, page: &Page) -> String {
    let matter = &page.facts.matter;
    let mut facts: Vec<String> = Vec::new();
    let scope: Vec<&str> = matter.scope.iter().map(|scope| scope.word()).collect();
    let mut add = |what: &str, said: String| {
        if !said.is_empty() {
            facts.push(format!("{what}: {said}"));
        }
    };
    add("Scope", scope.join(", "));
    add("Service", page.services.join(", "));
    add("Owner", page.owner.clone().unwrap_or_default());
    for service in &page.services {
        let known = planned.site.services.known.get(&term_key(service));
        if let Some(said) = known.and_then(|known| known.said.as_ref()) {
            let contacts = said.contacts.iter().map(|(what, address)| {
                let colon = if what.is_empty() { "" } else { ": " };
                format!("{what}{colon}{address}")
            });
            let call: Vec<String> = said.escalation.iter().cloned().chain(contacts).collect();
            add("Call", call.join("; "));
        }
    }
    let alerts: Vec<&str> = matter.alerts.iter().map(|alert| &*alert.value).collect();
    add("Alerts", alerts.join(", "));
    add(
        "Risk",
        matter
            .risk
            .map(|risk| format!("{risk:?}").to_lowercase())
            .unwrap_or_default(),
    );
    add(
        "Takes",
        matter
            .duration
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    );
    add("You need", matter.access.join(", "));
    add(
        "Review due",
        page.review_due
            .map(|due| due.to_string())
            .unwrap_or_default(),
    );
    add(
        "Exercised",
        matter
            .last_exercised
            .map(|day| day.to_string())
            .unwrap_or_default(),
    );
    let named = |pages: &[usize]| {
        let names = pages.iter().map(|number| {
            let other = &planned.site.pages[*number];
            format!("{} ({})", other.facts.title, other.id)
        });
        names.collect::<Vec<_>>().join("; ")
    };
    let site = &planned.site;
    if let Some(own) = (site.pages.iter()).position(|other| other.facts.path == page.facts.path) {
        let pairs = |all: &[Vec<usize>]| all.get(own).map(|pages| named(pages));
        add(
            "Stops the pain now",
            pairs(&site.followed).unwrap_or_default(),
        );
        add(
            "Stops it coming back",
            pairs(&site.follow_ups).unwrap_or_default(),
        );
    }
    if let FollowUp::None(reason) = &matter.follow_up {
        add("Stops it coming back", reason.clone());
    }
    add("File", page.facts.path.to_string());
    let text = planned.snapshot.text(&page.facts.path).unwrap_or_default();
    let width = terminal_width().min(WIDEST);
    terminal::page(&page.facts.title, &facts, &text, width)
}
