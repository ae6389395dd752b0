//! The report: what `check` finds in the whole site, by class and by owner, for whoever answers for it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::page::home_crumb;
use super::{Builder, View};
use crate::alert::Rule;
use crate::check::secrets::masked;
use crate::check::{self, OfPages, Subject};
use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::path::{OutPath, RelPath};
use crate::render::Renderer;
use crate::site::Page;
use crate::site::address::encode;
use crate::snapshot::Snapshot;

/// Most findings of a class that are shown; the rest is counted.
const SHOWN: usize = 100;

#[derive(Serialize, Hash)]
struct Report<'a> {
    errors: usize,
    warnings: usize,
    classes: Vec<Class>,
    owners: Vec<Owner<'a>>,
}

#[derive(Serialize, Hash)]
struct Class {
    code: &'static str,
    class: &'static str,
    about: &'static str,
    errors: usize,
    warnings: usize,
    files: usize,
    findings: Vec<Finding>,
    more: usize,
}

#[derive(Serialize, Hash)]
struct Finding {
    severity: &'static str,
    message: String,
    /// The message, its names apart from its words.
    parts: Vec<Part>,
    help: Option<String>,
    source: Option<String>,
    /// The line in the source, from 1.
    line: Option<usize>,
    title: Option<String>,
    href: Option<String>,
}

/// A piece of a message: words, or a name that stands in backticks.
#[derive(Serialize, Hash, Debug, PartialEq)]
struct Part {
    text: String,
    code: bool,
}

#[derive(Serialize, Hash, Default)]
struct Owner<'a> {
    name: Cow<'a, str>,
    errors: usize,
    warnings: usize,
    runbooks: usize,
}

impl<'a> View<'a> {
    /// The report of the site.
    pub(in crate::render) fn report(
        renderer: &'a Renderer,
        snapshot: &Snapshot,
        out: &OutPath,
    ) -> Self {
        let (site, config) = (&renderer.site, &renderer.config);
        let mut view = Builder::new(renderer, out, out.to_string());
        let subject = Subject {
            config,
            site,
            snapshot,
            today: renderer.frame.shared.today,
        };
        let findings = check::judge(Vec::new(), &subject, false, &mut OfPages::default());
        let pages: BTreeMap<&RelPath, &Page> = (site.pages.iter())
            .map(|page| (&page.facts.path, page))
            .collect();
        let page_of = |found: &Diagnostic| pages.get(&found.span.as_ref()?.file).copied();
        let mut classes: BTreeMap<Code, Vec<&Diagnostic>> = BTreeMap::new();
        let mut owners: BTreeMap<&str, (Owner<'_>, BTreeSet<&RelPath>)> = BTreeMap::new();
        for found in &findings {
            classes.entry(found.code).or_default().push(found);
            let page = page_of(found);
            let name = match page {
                Some(page) => page.owner.as_deref(),
                None => found
                    .span
                    .as_ref()
                    .and_then(|span| owner_of_rule(renderer, span)),
            };
            let name = name.unwrap_or_default();
            let (owner, files) = owners.entry(name).or_default();
            owner.name = masked(name);
            owner.errors += usize::from(found.severity == Severity::Error);
            owner.warnings += usize::from(found.severity == Severity::Warning);
            files.extend(page.map(|page| &page.facts.path));
            owner.runbooks = files.len();
        }
        let (errors, warnings) = count(findings.iter());
        let classes = classes.into_iter().map(|(code, found)| {
            let (errors, warnings) = count(found.iter().copied());
            let files: BTreeSet<&RelPath> = (found.iter())
                .filter_map(|found| Some(&found.span.as_ref()?.file))
                .collect();
            Class {
                code: code.id(),
                class: code.class(),
                about: code.about(),
                errors,
                warnings,
                files: files.len(),
                more: found.len().saturating_sub(SHOWN),
                findings: (found.iter().take(SHOWN))
                    .map(|found| finding(found, page_of(found), snapshot))
                    .collect(),
            }
        });
        view.add(
            "report",
            &Report {
                errors,
                warnings,
                classes: classes.collect(),
                owners: owners.into_values().map(|(owner, _)| owner).collect(),
            },
        );
        view.add("breadcrumbs", &[home_crumb(site)]);
        view.finish()
    }
}

fn finding(found: &Diagnostic, page: Option<&Page>, snapshot: &Snapshot) -> Finding {
    let line = found.span.as_ref().and_then(|span| {
        let bytes = snapshot.files.get(&span.file)?.bytes.as_deref()?;
        let before = bytes.get(..span.range.start)?;
        Some(memchr::memchr_iter(b'\n', before).count() + 1)
    });
    Finding {
        parts: parts(&found.message),
        line,
        severity: match found.severity {
            Severity::Error => "error",
            Severity::Warning | Severity::Off => "warning",
        },
        message: found.message.clone(),
        help: found.help.clone(),
        source: found.span.as_ref().map(|span| span.file.to_string()),
        title: page.map(|page| masked(&page.facts.title).into_owned()),
        href: page.map(|page| encode(&page.address.href)),
    }
}

/// Whom a rule's label names, or who owns the runbooks for its alert; of a finding in a file of alert rules.
fn owner_of_rule<'a>(renderer: &'a Renderer, span: &Span) -> Option<&'a str> {
    let alerts = &renderer.site.alerts;
    let file = alerts.files.iter().find(|file| file.path == span.file)?;
    let stands = |rule: &&Rule| {
        let whole = &rule.layout.rule;
        whole.start <= span.range.start && span.range.start < whole.end
    };
    let rule = file.rules.iter().find(stands)?;
    let alert = alerts.known.get(&rule.name.value.to_lowercase());
    (rule.owner.as_deref()).or_else(|| super::alert::owner(renderer, alert?))
}

/// Takes a message apart at its backticks; one that is never closed is text.
fn parts(message: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((name, after)) = after.split_once('`') else {
            break;
        };
        parts.push((before, false));
        parts.push((name, true));
        rest = after;
    }
    parts.push((rest, false));
    let said = parts.into_iter().filter(|(text, _)| !text.is_empty());
    said.map(|(text, code)| Part {
        text: text.to_owned(),
        code,
    })
    .collect()
}

/// How many are errors, and how many are warnings.
fn count<'f>(findings: impl Iterator<Item = &'f Diagnostic>) -> (usize, usize) {
    let (mut errors, mut warnings) = (0, 0);
    for found in findings {
        match found.severity {
            Severity::Error => errors += 1,
            Severity::Warning | Severity::Off => warnings += 1,
        }
    }
    (errors, warnings)
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn messages_come_apart_at_their_names() {
        for (message, expected) in [
            ("plain", "plain"),
            ("no `a.md` and `b`", "no [a.md] and [b]"),
            ("`a` first", "[a] first"),
            ("one ` alone", "one ` alone"),
            ("`a` and ` alone", "[a] and ` alone"),
            ("", ""),
        ] {
            let shown = parts(message).into_iter().map(|part| match part.code {
                true => format!("[{}]", part.text),
                false => part.text,
            });
            assert_eq!(shown.collect::<String>(), expected);
        }
    }
}
