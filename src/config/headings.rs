//! `[headings]` of site.toml: the words by which the parts of a runbook are known.

use super::vocabulary::{self, Vocabulary};
use crate::token::is_unspaced;
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
    /// Reads the table `[headings]`; a list that is left out holds the words of the site's language.
    pub(super) fn read(fields: &mut Fields<'_>, language: &str) -> Self {
        let of = |list: fn(&Vocabulary) -> &'static [&'static str]| -> Vec<String> {
            let words = vocabulary::of(language).flat_map(list);
            words.map(|word| word.to_lowercase()).collect()
        };
        let mut words = Self {
            impact: of(|words| words.impact),
            rollback: of(|words| words.rollback),
            verification: of(|words| words.verification),
            escalation: of(|words| words.escalation),
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

/// Whether a heading is one of `words`, which are in lower case: whole, or as its first or last words. In a language
/// without spaces its last word has no edge: 手順 in 復旧手順.
pub fn names(title: &str, words: &[String]) -> bool {
    rank(title, words).is_some()
}

/// The place among `words` of the first one that a heading is.
pub fn rank(title: &str, words: &[String]) -> Option<usize> {
    let title = plain(title);
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '-');
    words.iter().position(|word| {
        let first = title.strip_prefix(&**word).map(|rest| rest.chars().next());
        let last = title
            .strip_suffix(&**word)
            .map(|rest| rest.chars().next_back());
        let unspaced = last.is_some() && word.starts_with(is_unspaced);
        !word.is_empty() && (first.is_some_and(edge) || last.is_some_and(edge) || unspaced)
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
