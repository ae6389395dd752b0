//! Steps: which lists of a page are checklists, and what each of their items says.
//!
//! The parser's events are surveyed once; where there is a checklist they are written anew, so that whoever turns
//! them into HTML meets whole paragraphs and is told what each of them is.

pub(super) mod html;
mod lines;
mod number;
mod rewrite;
mod survey;

use std::ops::Range;

use pulldown_cmark::Event;
use serde::{Deserialize, Serialize};

use super::text::Prepared;
use crate::config::Checklists;
use crate::diagnostic::Span;
use crate::hash::Digest;

/// A step: an item of a checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its id on the page: made from its section and its own first line, or said with `{#id}`.
    pub id: String,
    /// Its first line as plain text, marks left out.
    pub text: String,
    /// The heading it stands under, by its number among the facts' headings.
    pub section: Option<u32>,
    /// The checklist it belongs to, counted from 0 in the order of the page.
    pub checklist: u32,
    /// Its number as the page shows it: `3`, or `3.2` for a sub-step.
    pub number: String,
    /// The number of its checklist's last step; sub-steps are not counted.
    pub of: u64,
    /// The step it is a part of, by its number among the facts' steps.
    pub parent: Option<u32>,
    /// Whether it says what should be seen.
    pub expect: bool,
    /// Whether it says what to do when that is not seen.
    pub if_not: bool,
    /// Whether it says how to take it back.
    pub undo: bool,
    /// Whether a caution stands before it.
    pub caution: bool,
    /// Whether everyone stops here, or right after it, and confirms.
    pub pause: bool,
    /// When it must be settled, where it says so.
    pub when: Option<When>,
    /// Its first line, in the file.
    pub span: Span,
}

impl Step {
    /// All that it is but its place.
    pub(super) fn identity(&self) -> impl std::hash::Hash + '_ {
        (
            (&self.id, &self.text, self.section, self.checklist),
            (&self.number, self.of, self.parent),
            [
                self.expect,
                self.if_not,
                self.undo,
                self.caution,
                self.pause,
            ],
            self.when,
        )
    }
}

/// When something must be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// At once: what follows depends on it.
    Now,
    /// It can be added later.
    Later,
}

impl When {
    /// The class of its mark.
    pub fn class(self) -> &'static str {
        match self {
            Self::Now => "decide-now",
            Self::Later => "can-wait",
        }
    }
}

/// A step or any other item that says when it must be settled.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// Its id on the page.
    pub id: String,
    /// Its first line as plain text.
    pub text: String,
    /// When.
    pub when: When,
}

/// What the HTML of a step needs beside its facts.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Whether the author ticked it.
    pub checked: bool,
    /// Classes that the author gave it.
    pub classes: Vec<String>,
    /// The identity of all it says: a tick holds as long as this stays.
    pub digest: Digest,
}

/// What an event is, or what stands before it.
#[derive(Debug)]
pub(super) enum At {
    /// HTML of ours before it.
    Html(&'static str),
    /// Text of ours before it.
    Text(String),
    /// It opens an element with this class.
    Class(&'static str),
    /// It opens the item of this step.
    Step(usize),
    /// It opens the first line of this step.
    First(usize),
    /// It opens the item of this decision.
    Decision(usize),
}

/// The steps of a body.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) steps: Vec<Step>,
    pub(super) looks: Vec<Look>,
    pub(super) decisions: Vec<Decision>,
    /// By the number of an event, in order.
    pub(super) marks: Vec<(usize, At)>,
}

/// Parser events and where they stand in the prepared text.
pub(super) type Events<'t> = Vec<(Event<'t>, Range<usize>)>;

/// Whether the text under a heading belongs on the sheet of the checklist alone.
pub(super) fn on_sheet(title: &str, level: u8, words: &Checklists) -> bool {
    lines::names_steps(title, level, &words.sheet)
}

/// Finds the steps of a body; the events that are given back are those to write.
pub(super) fn find<'t>(
    events: Events<'t>,
    prepared: &Prepared,
    words: &Checklists,
) -> (Events<'t>, Found) {
    let survey = survey::survey(&events, words);
    if survey.is_plain() {
        return (events, Found::default());
    }
    let numbered = number::number(&survey, prepared);
    rewrite::rewrite(events, &survey, numbered, prepared, words)
}
