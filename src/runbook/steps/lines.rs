//! What a line of text says of itself: a word with a colon before it, a mark in braces behind it, a leader in it.

use std::ops::Range;

use super::When;
use crate::config::{Checklists, headings};

/// Dots that lead from a challenge to its response: fewer are an ellipsis.
const LEADER: usize = 4;

/// What a line of a step says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Expect,
    IfNot,
    Undo,
    Pause,
}

impl Role {
    /// The class of its paragraph.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Expect => "expect",
            Self::IfNot => "if-not",
            Self::Undo => "undo",
            Self::Pause => "pause",
        }
    }

    /// The role of a line that begins with `text`, and how long the word is that says so.
    pub(super) fn of(text: &str, words: &Checklists) -> Option<(Self, usize)> {
        [
            (Self::Expect, &words.expect),
            (Self::IfNot, &words.if_not),
            (Self::Undo, &words.undo),
            (Self::Pause, &words.pause),
        ]
        .into_iter()
        .find_map(|(role, words)| Some((role, label(text, words)?)))
    }
}

/// When a line that begins with `text` must be settled, and how long the word is that says so.
pub(super) fn when(text: &str, words: &Checklists) -> Option<(When, usize)> {
    [
        (When::Now, &words.decide_now),
        (When::Later, &words.can_wait),
    ]
    .into_iter()
    .find_map(|(when, words)| Some((when, label(text, words)?)))
}

/// The length of one of `words` with its colon, where `text` begins with it.
fn label(text: &str, words: &[String]) -> Option<usize> {
    words.iter().find_map(|word| {
        let length = begins(text, word)?;
        let rest = &text[length..];
        let colon = rest.trim_start_matches([' ', '\u{A0}']);
        let colon = colon
            .chars()
            .next()
            .filter(|c| matches!(c, ':' | '：'))
            .map(|c| rest.len() - colon.len() + c.len_utf8())?;
        Some(length + colon)
    })
}

/// The length of `word` in `text`, where it begins with it in any case.
fn begins(text: &str, word: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    for wanted in word.chars() {
        let (_, found) = letters.next()?;
        let same = if found.is_ascii() && wanted.is_ascii() {
            found.eq_ignore_ascii_case(&wanted)
        } else {
            found == wanted || found.to_lowercase().eq(wanted.to_lowercase())
        };
        if !same {
            return None;
        }
    }
    Some(letters.next().map_or(text.len(), |(at, _)| at))
}

/// Whether a heading is one of `words`, which are in lower case: whole, or as its first or last words. A page's title must be one whole.
pub(super) fn names_steps(title: &str, level: u8, words: &[String]) -> bool {
    if level > 1 {
        headings::names(title, words)
    } else {
        headings::is(title, words)
    }
}

/// `{.checklist}`, or kramdown's `{: .checklist}`, alone.
pub(super) fn is_checklist_mark(text: &str) -> bool {
    Attributes::read(text)
        .is_some_and(|attributes| attributes.classes.iter().any(|class| class == "checklist"))
}

/// What stands in braces at a line's end.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Attributes {
    pub(super) id: Option<String>,
    pub(super) classes: Vec<String>,
}

impl Attributes {
    /// Reads `{#id .class}`; `None` when anything else stands in it.
    fn read(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
        let inner = inner.strip_prefix(':').unwrap_or(inner);
        let mut attributes = Self::default();
        let plain = |name: &str| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'))
        };
        for word in inner.split_whitespace() {
            match (word.strip_prefix('#'), word.strip_prefix('.')) {
                (Some(id), _) if plain(id) => attributes.id = Some(id.to_owned()),
                (_, Some(class)) if plain(class) => attributes.classes.push(class.to_owned()),
                _ => return None,
            }
        }
        let empty = attributes.id.is_none() && attributes.classes.is_empty();
        (!empty).then_some(attributes)
    }

    /// The attributes at the end of `text`, and where what is before them ends.
    pub(super) fn at_end(text: &str) -> Option<(Self, usize)> {
        let trimmed = text.trim_end();
        if !trimmed.ends_with('}') {
            return None;
        }
        let open = trimmed.rfind('{')?;
        let attributes = Self::read(&trimmed[open..])?;
        Some((attributes, trimmed[..open].trim_end().len()))
    }
}

/// The dots of a leader in `text`: white space around them, something before and behind.
pub(super) fn leader(text: &str) -> Option<Range<usize>> {
    let ellipsis = "…".as_bytes()[0];
    let mut at = 0;
    let mut found = None;
    while let Some(start) = memchr::memchr2(b'.', ellipsis, &text.as_bytes()[at..]) {
        let start = at + start;
        let rest = &text[start..];
        let length = rest.len() - rest.trim_start_matches(['.', '…']).len();
        if length == 0 {
            // Another character that begins with the same byte.
            at = start + '…'.len_utf8();
            continue;
        }
        at = start + length;
        // An ellipsis is three dots in one, and as many bytes.
        let spaced = text[..start].ends_with([' ', '\u{A0}']) || start == 0;
        let spaced = spaced && (text[at..].starts_with([' ', '\u{A0}']) || at == text.len());
        if length >= LEADER && spaced {
            found = Some(start..at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Attributes, is_checklist_mark, label, leader, names_steps};

    #[test]
    fn labels_are_words_with_a_colon() {
        let words = ["If not".to_owned(), "Expect".to_owned()];
        for (text, length) in [
            ("If not: stop", Some(7)),
            ("if NOT : stop", Some(8)),
            ("Expect:", Some(7)),
            ("Expect the worst", None),
            ("Expectation: x", None),
            ("Exp", None),
        ] {
            assert_eq!(label(text, &words), length, "{text}");
        }
    }

    #[test]
    fn headings_are_steps_by_their_words() {
        let words = ["steps".to_owned(), "roll back".to_owned()];
        for (title, level, is) in [
            ("Steps", 2, true),
            ("Steps:", 2, true),
            ("steps for the scribe", 3, true),
            ("Release steps", 3, true),
            ("Missteps", 2, false),
            ("Steps-like", 2, false),
            ("Roll back the database", 2, true),
            ("Roll back the database", 1, false),
            ("Steps", 1, true),
        ] {
            assert_eq!(names_steps(title, level, &words), is, "{title}");
        }
    }

    #[test]
    fn attributes_stand_in_braces() {
        let (found, end) = Attributes::at_end("Restart it. {#restart .pause}").expect("attributes");
        assert_eq!(
            (found.id.as_deref(), found.classes.as_slice(), end),
            (Some("restart"), &["pause".to_owned()][..], 11)
        );
        for text in ["Run ${HOME}", "x {a}", "{}", "x {#a b}", "{#a\"b}"] {
            assert_eq!(Attributes::at_end(text), None, "{text}");
        }
        assert!(is_checklist_mark("{: .checklist}") && is_checklist_mark(" {.checklist} "));
        assert!(!is_checklist_mark("see {.checklist}"));
    }

    #[test]
    fn leaders_are_dots_between_words() {
        for (text, dots) in [
            ("Replication lag ..... below 5 s", Some(".....")),
            ("wait for it ... then", None),
            ("a....b", None),
            ("no", None),
            ("a .... b ...... c", Some("......")),
            ("Lag …… below 5 s", Some("……")),
            ("wait for it … then", None),
        ] {
            assert_eq!(leader(text).map(|range| &text[range]), dots, "{text}");
        }
    }
}
