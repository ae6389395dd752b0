//! Sections that hold nothing for whoever came for help: empty, still to be written, nothing but links, next to nothing.

use super::words::{is_action, is_diagnosis, is_reference, is_rollback};
use super::{OfPage, Sheet};
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::Status;
use crate::runbook::outline::Part;

/// Fewest words that say what to do (counted: 40 of 108 public runbooks have a mitigation below this).
const FEWEST: usize = 12;
/// Most words of a section that is nothing but links: "See", "Follow these:".
const AROUND_LINKS: usize = 3;
/// Most words of a section that is nothing but a note that it is missing.
const AROUND_TODO: usize = 15;
/// Most words of a heading that was meant as one.
const SLIP: usize = 6;

pub(super) const RULES: OfPage = OfPage {
    codes: &[
        Code::EmptySection,
        Code::TodoSection,
        Code::LinkOnlySection,
        Code::DeadEnd,
    ],
    check,
};

fn check(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    if sheet.page.facts.matter.status == Status::Deprecated {
        return;
    }
    let outline = &sheet.outline;
    for (number, part) in outline.parts.iter().enumerate() {
        if part.level == 0 {
            continue;
        }
        let next = outline.parts.get(number + 1);
        // Under a title, or before numbered headings of its own level, what follows is its text.
        let has_parts = next.is_some_and(|next| {
            let numbered = next.title.starts_with(|c: char| c.is_ascii_digit());
            next.level > part.level || part.level == 1 || numbered
        });
        let diagnostic = match () {
            () if has_parts => None,
            () if is_empty(part) && !embeds(sheet, part) => Some(
                Diagnostic::new(Code::EmptySection, format!("there is nothing under `{}`", part.title))
                    .help(if is_slip(sheet, part) {
                        "a line of hyphens right below a text makes a heading of it: put an empty line between them"
                    } else {
                        "write it, or take the heading away: whoever looks for it stops here"
                    }),
            ),
            () if is_todo(part) => Some(
                Diagnostic::new(
                    Code::TodoSection,
                    format!("`{}` is still to be written", part.title),
                )
                .help("write what is known by now, even if it is one sentence, or take the heading away"),
            ),
            () if is_links(sheet, part) => Some(
                Diagnostic::new(
                    Code::LinkOnlySection,
                    format!("`{}` is nothing but links out of the site", part.title),
                )
                .help("say here what is to be done; what it links to may be down, or gone, when it is needed"),
            ),
            () => None,
        };
        let diagnostic = diagnostic.or_else(|| dead_end(sheet, number, part));
        if let Some(diagnostic) = diagnostic {
            found.push(diagnostic.at(&sheet.page.facts.path, part.heading.clone()));
        }
    }
}

/// Whether a paragraph became a heading by the rule below it: what is written in many words is no heading.
fn is_slip(sheet: &Sheet<'_>, part: &Part) -> bool {
    let source = sheet.text.get(part.heading.clone()).unwrap_or_default();
    !source.trim_start().starts_with('#') && part.title.split_whitespace().count() > SLIP
}

fn is_empty(part: &Part) -> bool {
    // A list of changes begins with this, whether there are any or not.
    let is_waiting = part
        .title
        .trim_matches(['[', ']'])
        .eq_ignore_ascii_case("unreleased");
    !is_waiting && part.text.is_empty() && part.links == 0 && part.items == 0 && !part.shows
}

/// Whether an embed stands in a part: it shows what another page says.
fn embeds(sheet: &Sheet<'_>, part: &Part) -> bool {
    let mut embeds = sheet.page.facts.embeds.iter();
    embeds.any(|embed| part.range.contains(&embed.span.range.start))
}

fn is_todo(part: &Part) -> bool {
    if part.shows || part.links > 0 || part.items > 1 {
        return false;
    }
    let mut words = part
        .text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    if words.count() >= AROUND_TODO {
        return false;
    }
    let lower = part.text.to_lowercase();
    matches!(
        first,
        "TODO" | "Todo" | "TBD" | "Tbd" | "FIXME" | "WIP" | "XXX"
    ) || [
        "to be done",
        "to be written",
        "to be defined",
        "to be determined",
        "to be added",
        "coming soon",
        "work in progress",
        "under construction",
        "not yet written",
    ]
    .iter()
    .any(|phrase| lower.starts_with(phrase))
}

fn is_links(sheet: &Sheet<'_>, part: &Part) -> bool {
    let says = is_action(&part.title) || is_diagnosis(&part.title) || is_rollback(&part.title);
    if !says || is_reference(&part.title) || part.links == 0 || part.shows {
        return false;
    }
    let words = part.text.split_whitespace();
    let words = words.filter(|word| word.chars().any(char::is_alphanumeric));
    words.count() <= AROUND_LINKS && !leads_inside(sheet, part)
}

/// Whether a part has a link to another page of the site: that is help.
pub(super) fn leads_inside(sheet: &Sheet<'_>, part: &Part) -> bool {
    let inside = |target: &str| !target.contains("://") && !target.starts_with("mailto:");
    let mut links = sheet.outline.links.iter();
    links.any(|(range, target)| part.range.contains(&range.start) && inside(target))
}

/// A section that should say what to do, with all below it, and says next to nothing.
fn dead_end(sheet: &Sheet<'_>, number: usize, part: &Part) -> Option<Diagnostic> {
    if !sheet.page.is_runbook() || part.level < 2 || !is_action(&part.title) {
        return None;
    }
    let end = sheet.outline.section_end(number);
    let parts = sheet.outline.parts.iter().skip(number);
    let whole: Vec<&Part> = parts.take_while(|part| part.range.start < end).collect();
    let helps = |part: &&Part| {
        part.shows || part.items > 0 || embeds(sheet, part) || leads_inside(sheet, part)
    };
    let words: usize = whole
        .iter()
        .map(|part| part.text.split_whitespace().count() + part.linked)
        .sum();
    if words >= FEWEST || words == 0 || whole.iter().any(helps) {
        return None;
    }
    let message = format!("`{}` says next to nothing", part.title);
    Some(
        Diagnostic::new(Code::DeadEnd, message).help(
            "say what to do first, which command to run, and whom to call when it does not help",
        ),
    )
}
