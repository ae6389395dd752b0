//! `[checklists]` of site.toml: the words by which steps are found in a page.

use super::vocabulary::{self, Vocabulary};
use crate::value::Fields;

/// The words that make a list a checklist, and a line of a step what it is. They are compared without case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checklists {
    /// Headings whose ordered lists are steps, in lower case: the whole heading, its first words or its last ones.
    pub headings: Vec<String>,
    /// Headings whose text is on the sheet of the checklist alone, besides those with steps.
    pub sheet: Vec<String>,
    /// What should be seen.
    pub expect: Vec<String>,
    /// What to do when it is not.
    pub if_not: Vec<String>,
    /// How to take a step back.
    pub undo: Vec<String>,
    /// Where everyone stops and confirms.
    pub pause: Vec<String>,
    /// What must be settled at once.
    pub decide_now: Vec<String>,
    /// What can be added later.
    pub can_wait: Vec<String>,
}

impl Checklists {
    /// Reads the table `[checklists]`; a list that is left out holds the words of the site's language.
    pub(super) fn read(fields: &mut Fields<'_>, language: &str) -> Self {
        let of = |lists: &[fn(&Vocabulary) -> &'static [&'static str]]| -> Vec<String> {
            let words = vocabulary::of(language)
                .flat_map(|words| lists.iter().flat_map(move |list| list(words)));
            words.map(ToString::to_string).collect()
        };
        let mut words = Self {
            headings: of(&[
                |words| words.preconditions,
                |words| words.steps,
                |words| words.verification,
                |words| words.rollback,
            ]),
            // What must be at hand with the steps, whether it is a list or not.
            sheet: of(&[
                |words| words.preconditions,
                |words| words.verification,
                |words| words.rollback,
                |words| words.escalation,
            ]),
            expect: of(&[|words| words.expect]),
            if_not: of(&[|words| words.if_not]),
            undo: of(&[|words| words.undo]),
            pause: of(&[|words| words.pause]),
            decide_now: of(&[|words| words.decide_now]),
            can_wait: of(&[|words| words.can_wait]),
        };
        if let Some((table, file)) = fields.table("checklists") {
            let mut inner = fields.inner(table, file);
            for (key, list) in [
                ("headings", &mut words.headings),
                ("sheet", &mut words.sheet),
                ("expect", &mut words.expect),
                ("if_not", &mut words.if_not),
                ("undo", &mut words.undo),
                ("pause", &mut words.pause),
                ("decide_now", &mut words.decide_now),
                ("can_wait", &mut words.can_wait),
            ] {
                let said = inner.strings(key);
                if !said.is_empty() {
                    *list = said.into_iter().map(|word| word.value).collect();
                }
            }
            fields.absorb(inner);
        }
        // Headings are only compared, and there are many.
        for word in words.headings.iter_mut().chain(&mut words.sheet) {
            *word = word.to_lowercase();
        }
        words
    }
}
