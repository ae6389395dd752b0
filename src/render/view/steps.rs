//! The views of a page's steps, and of what must be decided.

use serde::Serialize;

use crate::runbook::{Checklist, Facts, Step, When};

/// A step, for lists of them.
#[derive(Serialize, Hash)]
pub(super) struct StepView<'a> {
    id: &'a str,
    text: &'a str,
    number: &'a str,
    of: u64,
}

impl<'a> StepView<'a> {
    pub(super) fn new(step: &'a Step) -> Self {
        Self {
            id: &step.id,
            text: &step.text,
            number: &step.number,
            of: step.of,
        }
    }
}

/// Something that must be decided now or can wait.
#[derive(Serialize, Hash)]
pub(super) struct DecisionView<'a> {
    id: &'a str,
    text: &'a str,
    number: &'a str,
    when: When,
}

/// How the page's steps are worked through; nothing where it has none.
pub(super) fn checklist(facts: &Facts) -> Option<Checklist> {
    let said = facts.matter.checklist;
    said.or((!facts.steps.is_empty()).then_some(Checklist::ReadDo))
}

/// Steps that say when they must be settled, then other items that do.
pub(super) fn decisions(facts: &Facts) -> Vec<DecisionView<'_>> {
    let steps = facts.steps.iter().filter_map(|step| {
        Some(DecisionView {
            id: &step.id,
            text: &step.text,
            number: &step.number,
            when: step.when?,
        })
    });
    let others = facts.decisions.iter().map(|decision| DecisionView {
        id: &decision.id,
        text: &decision.text,
        number: "",
        when: decision.when,
    });
    steps.chain(others).collect()
}
