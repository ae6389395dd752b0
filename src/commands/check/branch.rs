//! What a branch touched: the findings in files that changed, and in those that lead to them.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::history::Changes;
use crate::path::RelPath;
use crate::site::{Lead, Site};

/// The findings that changes may have to do with.
pub(super) fn touched(
    findings: Vec<Diagnostic>,
    site: &Site,
    changes: &Changes,
) -> Vec<Diagnostic> {
    let mut files: BTreeSet<&RelPath> = changes.paths.iter().collect();
    let is_changed = |page: &usize| {
        let page = site.pages.get(*page);
        page.is_some_and(|page| changes.paths.contains(&page.facts.path))
    };
    for (number, page) in site.pages.iter().enumerate() {
        if is_changed(&number) {
            let backlinks = site.backlinks[number].iter();
            files.extend(backlinks.map(|from| &site.pages[*from].facts.path));
        }
        let names = site.follow_ups[number].iter().chain(&site.related[number]);
        if names.into_iter().any(is_changed) {
            files.insert(&page.facts.path);
        }
    }
    for (file, leads) in site.alerts.files.iter().zip(&site.alerts.leads) {
        let leads_to_changed = leads.iter().any(|lead| match lead {
            Lead::Page(page) | Lead::NoHeading(page, _) | Lead::Case(page) => is_changed(page),
            Lead::Draft(path) => changes.paths.contains(path),
            _ => false,
        });
        if leads_to_changed {
            files.insert(&file.path);
        }
    }
    let mut kept = findings;
    kept.retain(|found| match &found.span {
        None => true,
        Some(span) => {
            files.contains(&span.file)
                || found.related.iter().any(|(span, _)| changes.paths.contains(&span.file))
                // What led to a file that is gone leads nowhere, and nobody can tell any more that it led there.
                || (changes.removed && leads(found.code))
        }
    });
    kept
}

/// Whether findings of a class are about something that leads somewhere.
fn leads(code: Code) -> bool {
    matches!(
        code,
        Code::BrokenLink
            | Code::BrokenImage
            | Code::BrokenEmbed
            | Code::BrokenFollowUp
            | Code::LinkToDraft
            | Code::OutsideTarget
            | Code::DeadRunbookUrl
            | Code::AlertWithoutRunbook
    )
}
