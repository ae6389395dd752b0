//! Steps that are hard to follow under stress: too many in a row, words that hide what to do.

use std::collections::BTreeMap;

use super::{OfPage, Sheet};
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::Step;

/// Most steps between two pause points (Gawande and Boorman: five to nine).
const LONGEST: usize = 9;

/// Words that hide what is to be done, or that it may fail.
const HIDING: &[&str] = &[
    "should",
    "normally",
    "usually",
    "as usual",
    "typically",
    "simply",
    "just",
    "easily",
    "obviously",
    "of course",
    "as needed",
    "if necessary",
    "appropriate",
    "appropriately",
    "properly",
    "somehow",
    "etc",
    "and so on",
    "as before",
    "the usual",
    "probably",
];

pub(super) const RULES: OfPage = OfPage {
    codes: &[Code::NoPause, Code::HidingWords],
    check,
};

fn check(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    let hiding = !sheet.subject.config.levels.is_off(Code::HidingWords);
    let steps = &sheet.page.facts.steps;
    for step in steps.iter().filter(|_| hiding) {
        if let Some(word) = hiding_word(&step.text, &prose(sheet.text, step)) {
            found.push(
                Diagnostic::new(
                    Code::HidingWords,
                    format!("`{word}` hides what is to be done in step {}", step.number),
                )
                .at_span(&step.span)
                .help("say what to do, and what is seen when it is done"),
            );
        }
    }
    no_pause(sheet.text, steps, found);
}

/// Reports each run of steps that is too long, at the step where a pause is due. Boxes to be ticked in any order are
/// no run: what is numbered follows one another.
fn no_pause(text: &str, steps: &[Step], found: &mut Vec<Diagnostic>) {
    let mut runs: BTreeMap<u32, Vec<&Step>> = BTreeMap::new();
    let mut reported: Vec<u32> = Vec::new();
    let numbered = |step: &&Step| {
        let line = text.get(step.span.range.clone()).unwrap_or_default();
        line.trim_start().starts_with(|c: char| c.is_ascii_digit()) || step.pause
    };
    for step in (steps.iter()).filter(|step| step.parent.is_none() && numbered(step)) {
        let run = runs.entry(step.checklist).or_default();
        run.push(step);
        if step.pause {
            run.clear();
        } else if run.len() > LONGEST && !reported.contains(&step.checklist) {
            reported.push(step.checklist);
            found.push(
                Diagnostic::new(
                    Code::NoPause,
                    format!("there are more than {LONGEST} steps without a pause point"),
                )
                .at_span(&step.span)
                .help("put a `Pause:` where everyone stops and confirms, or make two checklists of it"),
            );
        }
    }
}

/// A step as it is written, without code: a command may have any words.
fn prose(text: &str, step: &Step) -> String {
    let written = text.get(step.span.range.clone()).unwrap_or_default();
    // What stands between backticks has an odd number of them before it.
    let said = written.split('`').step_by(2);
    let words: Vec<&str> = said.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

/// The first word of the list that stands, whole, in a step's text and in its prose.
fn hiding_word(text: &str, prose: &str) -> Option<&'static str> {
    let (text, prose) = (text.to_lowercase(), prose.to_lowercase());
    let free = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '-');
    let has = |lower: &str, word: &str| {
        lower.match_indices(word).any(|(at, _)| {
            free(lower[..at].chars().next_back()) && free(lower[at + word.len()..].chars().next())
        })
    };
    HIDING
        .iter()
        .copied()
        .find(|word| has(&text, word) && has(&prose, word))
}

#[cfg(test)]
mod tests {
    use super::hiding_word;

    #[test]
    fn words_that_hide() {
        for (text, word) in [
            ("The lag should be gone", Some("should")),
            ("Simply restart it", Some("simply")),
            ("Adjust the value", None),
            ("Restart it as usual.", Some("as usual")),
            ("Restart it", None),
        ] {
            assert_eq!(hiding_word(text, text), word, "{text}");
        }
    }
}
