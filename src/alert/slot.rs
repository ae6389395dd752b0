//! Where the annotation that a rule lacks would be written.

use std::ops::Range;

use crate::value::{Data, Table, Value};

/// A place in the text of a rule for an annotation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Slot {
    /// There is none: the rule takes its annotations, or itself, from elsewhere in the file, by an alias or `<<`.
    #[default]
    Elsewhere,
    /// Before this key of the rule, as there are no annotations yet.
    Rule {
        /// Where the rule's first key stands.
        key: usize,
        /// Whether brackets stand around the rule, and no lines.
        flow: bool,
    },
    /// Before this annotation.
    Annotations {
        /// Where the first annotation stands.
        key: usize,
        /// Whether brackets stand around them, and no lines.
        flow: bool,
    },
    /// As the value of `annotations`, which holds nothing.
    Empty(Place),
    /// As the value of the annotation, which is there and says nothing.
    Blank(Place),
}

/// A key with nothing after it, or with something that says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Where the key starts.
    pub key: usize,
    /// Where the key ends.
    pub key_end: usize,
    /// Its value, which may be empty.
    pub value: Range<usize>,
}

impl Slot {
    /// The place in a rule of the file `text`, whose `annotations` name a runbook by one of `keys`.
    pub(super) fn of(rule: &Value, name: &Range<usize>, keys: &[String], text: &str) -> Self {
        let Data::Table(table) = &rule.data else {
            return Self::Elsewhere;
        };
        if !within(name, &rule.span) || starts_with(text, rule, '*') {
            return Self::Elsewhere;
        }
        let own = |key: &str| table.iter().find(|(found, _)| found.name == key);
        let Some((key, annotations)) = own("annotations") else {
            return match first(table, &rule.span) {
                Some(key) => Self::Rule {
                    key,
                    flow: starts_with(text, rule, '{'),
                },
                None => Self::Elsewhere,
            };
        };
        if !within(&key.span, &rule.span) || starts_with(text, annotations, '*') {
            return Self::Elsewhere;
        }
        let place = |key: &Range<usize>, value: &Range<usize>| Place {
            key: key.start,
            key_end: key.end,
            value: value.clone(),
        };
        match &annotations.data {
            Data::Null => Self::Empty(place(&key.span, &annotations.span)),
            Data::Table(table) if table.is_empty() => {
                Self::Empty(place(&key.span, &annotations.span))
            }
            Data::Table(table) => {
                let blank = table.iter().find(|(key, value)| {
                    keys.contains(&key.name)
                        && within(&key.span, &annotations.span)
                        && says_nothing(value)
                });
                if let Some((key, value)) = blank {
                    return if starts_with(text, value, '*') {
                        Self::Elsewhere
                    } else {
                        Self::Blank(place(&key.span, &value.span))
                    };
                }
                let flow = starts_with(text, annotations, '{');
                // Where all of them come by `<<`, the first key is that.
                let merge = (!flow).then_some(annotations.span.start);
                match first(table, &annotations.span).or(merge) {
                    Some(key) => Self::Annotations { key, flow },
                    None => Self::Elsewhere,
                }
            }
            _ => Self::Elsewhere,
        }
    }
}

/// Where the first key of a table stands that is written in it.
fn first(table: &Table, span: &Range<usize>) -> Option<usize> {
    let own = table.iter().filter(|(key, _)| within(&key.span, span));
    own.map(|(key, _)| key.span.start).min()
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn starts_with(text: &str, value: &Value, sign: char) -> bool {
    text.get(value.span.clone())
        .is_some_and(|text| text.starts_with(sign))
}

fn says_nothing(value: &Value) -> bool {
    match &value.data {
        Data::Null => true,
        Data::String(text) => text.trim().is_empty(),
        _ => false,
    }
}
