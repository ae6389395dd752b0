//! The report: what `check` finds in the whole site, by class and by owner, for whoever answers for it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::page::home_crumb;
use super::{Builder, View};
use crate::check::secrets::masked;
use crate::check::{self, Subject};
use crate::diagnostic::{Code, Diagnostic, Severity};
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
    help: Option<String>,
    source: Option<String>,
    title: Option<String>,
    href: Option<String>,
}

#[derive(Serialize, Hash, Default)]
struct Owner<'a> {
    name: &'a str,
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
        let findings = check::judge(Vec::new(), &subject, false);
        let pages: BTreeMap<&RelPath, &Page> = (site.pages.iter())
            .map(|page| (&page.facts.path, page))
            .collect();
        let page_of = |found: &Diagnostic| pages.get(&found.span.as_ref()?.file).copied();
        let mut classes: BTreeMap<Code, Vec<&Diagnostic>> = BTreeMap::new();
        let mut owners: BTreeMap<&str, (Owner<'_>, BTreeSet<&RelPath>)> = BTreeMap::new();
        for found in &findings {
            classes.entry(found.code).or_default().push(found);
            if let Some(page) = page_of(found) {
                let name = page.facts.matter.owner.as_deref().unwrap_or_default();
                let (owner, files) = owners.entry(name).or_default();
                owner.name = name;
                owner.errors += usize::from(found.severity == Severity::Error);
                owner.warnings += usize::from(found.severity == Severity::Warning);
                files.insert(&page.facts.path);
                owner.runbooks = files.len();
            }
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
                    .map(|found| finding(found, page_of(found)))
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

fn finding(found: &Diagnostic, page: Option<&Page>) -> Finding {
    Finding {
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
