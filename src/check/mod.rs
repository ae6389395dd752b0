//! The rules of `bindery check`: each reads the site and says what would fail someone who follows a runbook at night.
//!
//! A file holds one rule, or a few that look at the same thing. What a build finds anyway is not looked for again.

mod actions;
mod alerts;
pub mod annotation;
mod commands;
pub mod explain;
mod freshness;
mod instructions;
mod likely;
mod links;
mod rollback;
pub mod secrets;
mod sections;
pub mod silence;
mod steps;
mod whole;
mod words;
mod yaml_comments;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::silence::Silence;
use crate::config::Config;
use crate::diagnostic::{Checked, Code, Diagnostic, Severity, Span};
use crate::path::RelPath;
use crate::runbook::Options;
use crate::runbook::outline::{CodeSpan, Outline};
use crate::site::{Lead, Page, Site};
use crate::snapshot::Snapshot;

/// What rules may read.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The site.
    pub site: &'a Site,
    /// The inputs, for rules about the text itself.
    pub snapshot: &'a Snapshot,
    /// Today's date in UTC.
    pub today: Date,
}

impl Subject<'_> {
    /// A key of a page's front matter with its value, as the page writes it: `key = value`, in YAML `key: value`.
    fn as_written(&self, path: &RelPath, key: &str, value: &str) -> String {
        let text = self.snapshot.text(path).unwrap_or_default();
        if text.trim_start_matches('\u{feff}').starts_with("---") {
            format!("`{key}: {}`", value.replace(" = ", ": "))
        } else {
            format!("`{key} = {value}`")
        }
    }
}

/// A page's own text, for the rules about it.
struct Sheet<'a> {
    subject: &'a Subject<'a>,
    page: &'a Page,
    outline: Outline,
    /// The whole file.
    text: &'a str,
}

impl Sheet<'_> {
    /// Code in the lines of steps.
    fn spans_of_steps(&self) -> Vec<&CodeSpan> {
        let steps = self.page.facts.steps.iter();
        let steps: Vec<_> =
            (steps.filter_map(|step| self.outline.step_item(step.span.range.start))).collect();
        let spans = self.outline.spans.iter();
        let inside = |span: &&CodeSpan| steps.iter().any(|step| step.contains(&span.range.start));
        spans.filter(inside).collect()
    }
}

/// Some rules that need only what the site knows.
struct OfSite {
    /// The classes of what they find.
    codes: &'static [Code],
    check: fn(&Subject<'_>, &mut Vec<Diagnostic>),
}

/// Some rules that need a page's text. Of the site they ask nothing but whether the page has an owner: see [`Judged`].
struct OfPage {
    /// The classes of what they find.
    codes: &'static [Code],
    check: fn(&Sheet<'_>, &mut Vec<Diagnostic>),
}

const OF_SITE: &[OfSite] = &[alerts::RULES, freshness::RULES, links::OF_SITE];
const OF_PAGE: &[OfPage] = &[
    sections::RULES,
    whole::RULES,
    commands::RULES,
    actions::RULES,
    rollback::RULES,
    steps::RULES,
    links::OF_PAGE,
    secrets::RULES,
];

/// Whether any of these classes is looked for.
fn wanted(codes: &[Code], config: &Config) -> bool {
    codes.iter().any(|code| !config.levels.is_off(*code))
}

/// Gives findings the levels of their classes in site.toml; with `lenient` an error is a warning wherever the site can
/// still be made whole. Sorted, each once, without those that are off, and without the secrets they are about.
pub fn levelled(
    mut diagnostics: Vec<Diagnostic>,
    config: &Config,
    lenient: bool,
) -> Vec<Diagnostic> {
    for diagnostic in &mut diagnostics {
        // Words may quote what they are about.
        let notes = diagnostic.related.iter_mut().map(|(_, note)| note);
        let words = [&mut diagnostic.message].into_iter();
        for text in words.chain(&mut diagnostic.help).chain(notes) {
            if let Some(masked) = secrets::mask(text) {
                *text = masked;
            }
        }
        let file = diagnostic.span.as_ref().map(|span| &span.file);
        if let Some(level) = config.levels.get(diagnostic.code, file) {
            diagnostic.severity = level;
        }
        if lenient && diagnostic.code.lenient() && diagnostic.severity == Severity::Error {
            diagnostic.severity = Severity::Warning;
        }
    }
    diagnostics.retain(|diagnostic| diagnostic.severity != Severity::Off);
    diagnostics.sort_by(Diagnostic::order);
    diagnostics.dedup();
    diagnostics
}

/// What the rules found in the text of each page. It holds as long as the texts and the configuration stay the same.
pub type OfPages = BTreeMap<RelPath, Judged>;

/// What the rules found in the text of a page, and the comments there that silence some of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judged {
    /// Whether the site knew an owner of the page: the one thing that its rules ask of the site.
    owned: bool,
    found: Checked<Vec<Silence>>,
}

/// What the rules find besides `others`, at the levels of site.toml and without what is silenced in the text. Pages that
/// are `known` are not looked at again; afterwards all are known.
pub fn judge(
    mut others: Vec<Diagnostic>,
    subject: &Subject<'_>,
    lenient: bool,
    known: &mut OfPages,
) -> Vec<Diagnostic> {
    let silences = check(subject, known).collect_into(&mut others);
    let findings = levelled(others, subject.config, lenient);
    let silenced = silence::apply(findings, &silences, subject.today);
    let mut findings = silenced.kept;
    findings.extend(levelled(silenced.about, subject.config, lenient));
    findings
}

/// Everything that the rules find, in no order, at the classes' own levels; and the comments that silence some of it.
fn check(subject: &Subject<'_>, known: &mut OfPages) -> Checked<Vec<Silence>> {
    let families: Vec<&OfSite> = OF_SITE
        .iter()
        .filter(|family| wanted(family.codes, subject.config))
        .collect();
    let (mut found, pages) = rayon::join(
        || {
            let families = families.par_iter().flat_map_iter(|family| {
                let mut found = Vec::new();
                (family.check)(subject, &mut found);
                found
            });
            families.collect::<Vec<Diagnostic>>()
        },
        || of_pages(subject, known),
    );
    let mut silences = Vec::new();
    *known = pages.into_iter().collect();
    for page in known.values() {
        found.extend(page.found.diagnostics.iter().cloned());
        silences.extend(page.found.value.iter().cloned());
    }
    for file in &subject.site.alerts.files {
        let bytes = bytes(subject.snapshot, &file.path);
        if let Some(text) = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()) {
            silences.extend(silence::of_rules(file, text).collect_into(&mut found));
            secrets::scan(&file.path, text, &mut found);
        }
    }
    Checked::new(silences, found)
}

/// What is found in the text of each page, sorted by path.
fn of_pages(subject: &Subject<'_>, known: &OfPages) -> Vec<(RelPath, Judged)> {
    let families: Vec<&OfPage> = OF_PAGE
        .iter()
        .filter(|family| wanted(family.codes, subject.config))
        .collect();
    let options = Options::new(subject.config);
    let pages = subject.site.pages.par_iter().filter_map(|page| {
        let path = &page.facts.path;
        let owned = page.owner.is_some();
        if let Some(known) = known.get(path).filter(|known| known.owned == owned) {
            return Some((path.clone(), known.clone()));
        }
        let text = std::str::from_utf8(bytes(subject.snapshot, path)?).ok()?;
        let outline = Outline::read(path, text.as_bytes(), &options);
        let mut found = silence::of_page(path, &outline);
        let sheet = Sheet {
            subject,
            page,
            outline,
            text,
        };
        for family in &families {
            (family.check)(&sheet, &mut found.diagnostics);
        }
        Some((path.clone(), Judged { owned, found }))
    });
    pages.collect()
}

/// The links out of the site, and the runbook URLs that are not known to lead into it: where they lead, and where they
/// stand.
pub fn outside(subject: &Subject<'_>) -> Vec<(String, Span)> {
    let options = Options::new(subject.config);
    let pages = subject.site.pages.par_iter().flat_map_iter(|page| {
        let path = &page.facts.path;
        let bytes = bytes(subject.snapshot, path).unwrap_or_default();
        let outline = Outline::read(path, bytes, &options);
        let links = outline.links.into_iter();
        links.map(|(range, target)| (target, Span::new(path, range)))
    });
    let mut all: Vec<(String, Span)> = pages.collect();
    let alerts = &subject.site.alerts;
    for (file, leads) in alerts.files.iter().zip(&alerts.leads) {
        for (rule, lead) in file.rules.iter().zip(leads) {
            if let (Some(said), Lead::Unmapped) = (&rule.runbook, lead) {
                all.push((said.value.clone(), said.span.clone()));
            }
        }
    }
    all
}

fn bytes<'a>(snapshot: &'a Snapshot, path: &RelPath) -> Option<&'a [u8]> {
    snapshot.files.get(path)?.bytes.as_deref()
}

/// The comments in those files that `findings` are about: a build looks at no others.
pub fn silences_of(findings: &[Diagnostic], subject: &Subject<'_>) -> Vec<Silence> {
    let mut files: Vec<_> = (findings.iter())
        .filter_map(|found| found.span.as_ref().map(|span| &span.file))
        .collect();
    files.sort();
    files.dedup();
    let mut options = None;
    let mut silences = Vec::new();
    for file in files {
        let Some(bytes) = bytes(subject.snapshot, file).filter(|bytes| silence::may_hold(bytes))
        else {
            continue;
        };
        let rules = subject.site.alerts.files.iter();
        if let Some(rules) = rules.into_iter().find(|rules| rules.path == *file) {
            let text = String::from_utf8_lossy(bytes);
            silences.extend(silence::of_rules(rules, &text).value);
        } else if subject.config.is_page(file) {
            let options = options.get_or_insert_with(|| Options::new(subject.config));
            let outline = Outline::read(file, bytes, options);
            silences.extend(silence::of_page(file, &outline).value);
        }
    }
    silences
}
