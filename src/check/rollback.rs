//! Commands that destroy, on pages that tell no way back.

use std::ops::Range;

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
        || page.has_rollback(sheet.subject.config)
        || outline.parts.iter().any(|part| is_rollback(&part.title))
    {
        return;
    }
    let mut commands = commands(sheet);
    if commands.is_empty() || tells_irreversible(&sheet.text.to_lowercase()) {
        return;
    }
    commands.sort_by_key(|(range, _)| range.start);
    let undone = commands.len();
    commands.retain(|(range, _)| !is_undone(sheet, range.start));
    let nothing = undone == commands.len();
    let Some((range, what)) = commands.into_iter().next() else {
        return;
    };
    let whole = if nothing {
        "this page tells no way back"
    } else {
        "its step tells no way back"
    };
    found.push(
        Diagnostic::new(Code::NoRollback, format!("`{what}` destroys, and {whole}"))
            .at(&page.facts.path, range)
            .help("add a section `Rollback`, or `Undo:` to the step; where there is none, say that it is irreversible"),
    );
}

/// The commands that destroy: those of blocks, and those in the lines of steps.
fn commands(sheet: &Sheet<'_>) -> Vec<(Range<usize>, String)> {
    let outline = &sheet.outline;
    let mut all = Vec::new();
    for block in &outline.blocks {
        for (line, what) in destructive::in_block(&block.language, &block.numbered()) {
            let start = line.place(line.text.len() - line.text.trim_start().len());
            all.push((start..line.place(line.first_end()), what));
        }
    }
    for span in sheet.spans_of_steps() {
        if let Some(what) = destructive::in_span(&span.text)
            && !is_warned_of(sheet.text, span.range.start)
        {
            all.push((span.range.clone(), what));
        }
    }
    all
}

/// Whether the words before code say that it is not to be run: "never run `rm -rf`".
fn is_warned_of(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let sentence = before.rsplit(['.', '\n', ';']).next().unwrap_or_default();
    let lower = sentence.to_lowercase();
    ["never ", "not ", "n't ", "avoid ", "instead of "]
        .iter()
        .any(|word| lower.contains(word))
}

/// Whether the step around a command, or the section where no step is, says how it is taken back.
fn is_undone(sheet: &Sheet<'_>, at: usize) -> bool {
    let outline = &sheet.outline;
    let words = &sheet.subject.config.checklists.undo;
    let around: Vec<&Range<usize>> = outline.items_at(at).collect();
    if around.is_empty() {
        let part = &outline.parts[outline.part_at(at)];
        return tells_undo(sheet, &part.range, at, words);
    }
    around.iter().any(|item| tells_undo(sheet, item, at, words))
}

/// Whether a line of a range says how something is taken back. Items in it that do not hold `at` speak for themselves.
fn tells_undo(sheet: &Sheet<'_>, range: &Range<usize>, at: usize, words: &[String]) -> bool {
    let text = sheet.text.get(range.clone()).unwrap_or_default();
    let mut start = range.start;
    text.split_inclusive('\n').any(|line| {
        let place = start;
        start += line.len();
        let said = line.trim_start_matches([' ', '\t', '-', '*', '+', '>', '_']);
        let lower = said.to_lowercase();
        let is_undo = words.iter().any(|word| {
            let rest = lower.strip_prefix(&word.to_lowercase());
            rest.is_some_and(|rest| rest.trim_start_matches(['*', '_', ' ']).starts_with(':'))
        });
        is_undo && speaks_for(sheet, range, place + line.len() - said.len(), at)
    })
}

/// Whether what stands at `line` is said of what stands at `at`: no item of the range lies around the one and not the other.
fn speaks_for(sheet: &Sheet<'_>, range: &Range<usize>, line: usize, at: usize) -> bool {
    let inner =
        (sheet.outline.items_at(line)).filter(|item| item.start >= range.start && *item != range);
    // `- Undo: …` below a step is a line of the step, written as an item.
    let mut strangers = inner.filter(|item| !item.contains(&at)).peekable();
    let Some(first) = strangers.next() else {
        return true;
    };
    strangers.next().is_none()
        && sheet.text.get(first.start..line).is_some_and(|before| {
            before
                .trim_matches([' ', '\t', '-', '*', '+', '>', '_'])
                .is_empty()
        })
}
