//! `[headings]` of site.toml: the words by which the parts of a runbook are known.

use crate::value::Fields;

/// Headings that say what their section is for, in lower case: they are compared without case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Headings {
    /// What is wrong for whom.
    pub impact: Vec<String>,
    /// The way back.
    pub rollback: Vec<String>,
    /// How to see that it worked.
    pub verification: Vec<String>,
    /// Whom to call.
    pub escalation: Vec<String>,
}

impl Headings {
    /// Reads the table `[headings]`; a list that is left out stays as it is.
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| word.to_lowercase()).collect();
        // The headings of the field (runbooks.md, "What a good runbook holds") and what public collections call the
        // same.
        let mut words = Self {
            impact: owned(&["Impact", "Meaning"]),
            rollback: owned(&["Rollback", "Roll back", "Rolling back", "Back out", "Undo"]),
            verification: owned(&["Verification", "Verify", "Validation", "Confirm"]),
            escalation: owned(&["Escalation", "Escalate", "Contacts"]),
        };
        if let Some((table, file)) = fields.table("headings") {
            let mut inner = fields.inner(table, file);
            for (key, list) in [
                ("impact", &mut words.impact),
                ("rollback", &mut words.rollback),
                ("verification", &mut words.verification),
                ("escalation", &mut words.escalation),
            ] {
                let said = inner.strings(key);
                if !said.is_empty() {
                    *list = said.iter().map(|word| word.value.to_lowercase()).collect();
                }
            }
            fields.absorb(inner);
        }
        words
    }
}

/// Whether a heading is one of `words`, which are in lower case: whole, or as its first or last words.
pub fn names(title: &str, words: &[String]) -> bool {
    let title = plain(title);
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '-');
    words.iter().any(|word| {
        let first = title.strip_prefix(&**word).map(|rest| rest.chars().next());
        let last = title
            .strip_suffix(&**word)
            .map(|rest| rest.chars().next_back());
        !word.is_empty() && (first.is_some_and(edge) || last.is_some_and(edge))
    })
}

/// Whether a heading is one of `words`, which are in lower case, and nothing else.
pub fn is(title: &str, words: &[String]) -> bool {
    let title = plain(title);
    words.iter().any(|word| !word.is_empty() && title == *word)
}

fn plain(title: &str) -> String {
    title.trim().trim_end_matches([':', '.']).to_lowercase()
}
