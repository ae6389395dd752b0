//! The views of a page's steps, and of what must be decided.

use std::collections::BTreeMap;

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

/// A checklist of the page.
#[derive(Serialize, Hash)]
pub(super) struct ChecklistView<'a> {
    title: &'a str,
    count: usize,
}

/// Something that must be decided now, or can wait.
#[derive(Serialize, Hash)]
pub(super) struct DecisionView<'a> {
    id: &'a str,
    text: &'a str,
    number: &'a str,
    /// The heading of its checklist, where the page has several.
    list: Option<&'a str>,
}

/// How the page's steps are worked through; nothing where it has none.
pub(super) fn checklist(facts: &Facts) -> Option<Checklist> {
    let said = facts.matter.checklist;
    said.or((!facts.steps.is_empty()).then_some(Checklist::ReadDo))
}

/// The page's checklists, each by the heading that it begins under, and how many steps it has; sub-steps are not
/// counted.
pub(super) fn checklists(facts: &Facts) -> Vec<ChecklistView<'_>> {
    numbered(facts).into_values().collect()
}

/// The same by their numbers.
fn numbered(facts: &Facts) -> BTreeMap<u32, ChecklistView<'_>> {
    let mut lists: BTreeMap<u32, ChecklistView<'_>> = BTreeMap::new();
    for step in facts.steps.iter().filter(|step| step.parent.is_none()) {
        let heading = (step.section).and_then(|heading| facts.headings.get(heading as usize));
        let title = heading.map_or(facts.title.as_str(), |heading| heading.title.as_str());
        let list = lists.entry(step.checklist);
        list.or_insert(ChecklistView { title, count: 0 }).count += 1;
    }
    lists
}

/// Steps that must be settled then, and after them other items that must.
pub(super) fn decisions(facts: &Facts, when: When) -> Vec<DecisionView<'_>> {
    let lists = numbered(facts);
    let several = lists.len() > 1;
    let steps = facts.steps.iter().filter(|step| step.when == Some(when));
    let steps = steps.map(|step| DecisionView {
        id: &step.id,
        text: &step.text,
        number: &step.number,
        list: lists
            .get(&step.checklist)
            .map(|list| list.title)
            .filter(|_| several),
    });
    let others = facts.decisions.iter().filter(|other| other.when == when);
    let others = others.map(|other| DecisionView {
        id: &other.id,
        text: &other.text,
        number: "",
        list: None,
    });
    steps.chain(others).collect()
}
