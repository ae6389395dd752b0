//! Commands that destroy, on pages that tell no way back.

use super::words::{is_rollback, tells_irreversible};
use super::{OfPage, Sheet};
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::code::destructive;

pub(super) const RULES: OfPage = OfPage {
    codes: &[Code::NoRollback],
    check,
};

fn check(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    let (page, outline) = (sheet.page, &sheet.outline);
    // A section called `Restore` is a way back too, for whoever is only warned.
    if !page.is_runbook()
        || page.has_way_back(sheet.subject.config)
        || outline.parts.iter().any(|part| is_rollback(&part.title))
    {
        return;
    }
    let mut first = None;
    for block in &outline.blocks {
        for (at, line) in &block.lines {
            if let Some((start, what)) = destructive::in_line(&block.language, line) {
                first.get_or_insert((at + start..at + line.trim_end().len(), what));
            }
        }
    }
    let Some((range, what)) = first else { return };
    let lower = sheet.text.to_lowercase();
    if tells_irreversible(&lower) || tells_undo(&lower) {
        return;
    }
    found.push(
        Diagnostic::new(
            Code::NoRollback,
            format!("`{what}` destroys, and this page tells no way back"),
        )
        .at(&page.facts.path, range)
        .help("add a section `Rollback`, or `Undo:` to the step; where there is none, say that it is irreversible"),
    );
}

/// Whether some step says how it is taken back.
fn tells_undo(lower: &str) -> bool {
    lower.lines().any(|line| {
        let line = line.trim_start_matches([' ', '\t', '-', '*', '>']);
        line.starts_with("undo:") || line.starts_with("**undo")
    })
}
