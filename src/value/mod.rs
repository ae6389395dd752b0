//! Spanned values: the one tree that front matter, `[[defaults]]`, site.toml and theme.toml are read into.

mod fields;
mod toml;
mod yaml;

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use self::fields::{Codes, Fields, Spanned};
pub use self::toml::from_toml;
pub use self::yaml::{documents_from_yaml, from_yaml};

/// Deepest nesting of lists and tables below a document's own (front matter written by people stays below five).
const DEEPEST: usize = 64;

/// Which language a table was written in: help shows examples in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Language {
    #[default]
    Toml,
    Yaml,
}

/// A value and where it stands.
#[derive(Clone, Debug, Deserialize)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// What a value is. Numbers keep their text: `1.10` is a version to whoever asks for a string.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Data {
    /// YAML's `null`, or nothing after the colon.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number and its text.
    Integer(i64, String),
    /// Another number and its text.
    Float(f64, String),
    /// Text.
    String(String),
    /// A date; of a date with a time, the date and the whole text.
    Date(Date, String),
    /// A list.
    List(Vec<Value>),
    /// A table.
    Table(Table),
}

impl Data {
    /// What the value is, for messages: `a date`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Integer(..) => "a whole number",
            Self::Float(..) => "a number",
            Self::String(_) => "a string",
            Self::Date(..) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Keys and values in the order they were written.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Table {
    entries: Vec<(Key, Value)>,
    language: Language,
}

/// A key and where it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Key {
    /// The name.
    pub name: String,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

impl Table {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries
            .iter()
            .find(|(key, _)| key.name == name)
            .map(|(_, value)| value)
    }

    /// The table inside by that name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        match &self.get(name)?.data {
            Data::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// This table, and from `defaults` the keys it does not have. Tables inside are not merged.
    pub fn merged_over(&self, defaults: &Table) -> Table {
        let own: BTreeSet<&str> = self.entries.iter().map(|(key, _)| &*key.name).collect();
        let missing = defaults
            .entries
            .iter()
            .filter(|(key, _)| !own.contains(&*key.name));
        Table {
            entries: self.entries.iter().chain(missing).cloned().collect(),
            language: self.language,
        }
    }

    /// Sets `key`; gives where it stood before, if it did.
    pub fn insert(&mut self, key: Key, value: Value) -> Option<Range<usize>> {
        match self
            .entries
            .iter_mut()
            .find(|(old, _)| old.name == key.name)
        {
            Some(entry) => {
                let before = entry.0.span.clone();
                *entry = (key, value);
                Some(before)
            }
            None => {
                self.entries.push((key, value));
                None
            }
        }
    }
}

impl Value {
    /// Moves this value, and all in it, to where `to` says that its bytes stand.
    pub fn relocate(&mut self, to: &impl Fn(&Range<usize>) -> Range<usize>) {
        self.span = to(&self.span);
        match &mut self.data {
            Data::List(items) => items.iter_mut().for_each(|item| item.relocate(to)),
            Data::Table(table) => {
                for (key, value) in &mut table.entries {
                    key.span = to(&key.span);
                    value.relocate(to);
                }
            }
            _ => {}
        }
    }
}

// Two values are equal when they say the same, wherever they stand: an edit that only moves a value changes
// nothing that depends on it.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl Eq for Value {}

// Floats by their bits: what is not a number would differ from itself, and its page from the page of the last build.
impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Integer(a, text), Self::Integer(b, other)) => a == b && text == other,
            (Self::Float(a, text), Self::Float(b, other)) => {
                a.to_bits() == b.to_bits() && text == other
            }
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Date(a, text), Self::Date(b, other)) => a == b && text == other,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Table(a), Self::Table(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Data {}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Key {}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Eq for Table {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(&self.data).hash(state);
        match &self.data {
            Data::Null => {}
            Data::Bool(value) => value.hash(state),
            Data::Integer(_, text)
            | Data::Float(_, text)
            | Data::Date(_, text)
            | Data::String(text) => {
                text.hash(state);
            }
            Data::List(items) => items.hash(state),
            Data::Table(table) => table.hash(state),
        }
    }
}

impl Hash for Table {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.entries.len().hash(state);
        for (key, value) in &self.entries {
            key.name.hash(state);
            value.hash(state);
        }
    }
}

// People and templates see what a value says; what is kept between runs is all that it is.
impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return (&self.data, &self.span).serialize(serializer);
        }
        match &self.data {
            Data::Null => serializer.serialize_unit(),
            Data::Bool(value) => serializer.serialize_bool(*value),
            Data::Integer(value, _) => serializer.serialize_i64(*value),
            Data::Float(value, _) if value.is_finite() => serializer.serialize_f64(*value),
            // JSON has no infinity: what is not finite is shown as written.
            Data::Float(_, text) | Data::String(text) | Data::Date(_, text) => {
                serializer.serialize_str(text)
            }
            Data::List(items) => serializer.collect_seq(items),
            Data::Table(table) => table.serialize(serializer),
        }
    }
}

impl Serialize for Table {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return (&self.entries, self.language).serialize(serializer);
        }
        serializer.collect_map(self.entries.iter().map(|(key, value)| (&key.name, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Codes, Table, from_toml, from_yaml};
    use crate::diagnostic::Code;
    use crate::hash::Digest;
    use crate::path::RelPath;

    /// The codes of front matter, for all tests of this module.
    pub(super) const CODES: Codes = Codes {
        syntax: Code::MatterSyntax,
        duplicate: Code::MatterDuplicate,
        key: Code::MatterKey,
        value: Code::MatterValue,
    };

    /// A file to speak of.
    pub(super) fn file() -> RelPath {
        RelPath::new("a.md").unwrap()
    }

    fn toml(text: &str) -> Table {
        from_toml(text, 0, &file(), CODES).value.unwrap()
    }

    fn yaml(text: &str) -> Table {
        from_yaml(text, 0, &file(), CODES).value.unwrap()
    }

    #[test]
    fn both_languages_make_one_tree() {
        // TOML, YAML, what templates see.
        for (toml_text, yaml_text, json) in [
            ("", "", "{}"),
            ("a = 'x'", "a: x", r#"{"a":"x"}"#),
            ("a = 1\nb = -2.5", "a: 1\nb: -2.5", r#"{"a":1,"b":-2.5}"#),
            (
                "a = 0x1F\nb = 0o17",
                "a: 0x1F\nb: 0o17",
                r#"{"a":31,"b":15}"#,
            ),
            ("a = inf", "a: .inf", ""),
            ("a = true", "a: true", r#"{"a":true}"#),
            ("a = 2026-01-31", "a: 2026-01-31", r#"{"a":"2026-01-31"}"#),
            (
                "a = 2026-01-31 10:00:00\n",
                "a: 2026-01-31 10:00:00",
                r#"{"a":"2026-01-31 10:00:00"}"#,
            ),
            (
                "z = [1, 'b']\n[t]\na = 1\n[[l]]\nx = 1\n[[l]]",
                "z: [1, b]\nt:\n  a: 1\nl:\n- x: 1\n- {}",
                r#"{"z":[1,"b"],"t":{"a":1},"l":[{"x":1},{}]}"#,
            ),
        ] {
            let (toml, yaml) = (toml(toml_text), yaml(yaml_text));
            if !json.is_empty() {
                assert_eq!(toml, yaml, "{toml_text}");
                assert_eq!(Digest::of(&toml), Digest::of(&yaml), "{toml_text}");
                assert_eq!(serde_json::to_string(&yaml).unwrap(), json);
            }
        }
    }

    #[test]
    fn what_is_not_a_number_equals_itself() {
        for (text, json) in [
            ("a = nan", r#"{"a":"nan"}"#),
            ("a = -inf", r#"{"a":"-inf"}"#),
            ("a = 1e999", r#"{"a":"1e999"}"#),
        ] {
            assert_eq!(toml(text), toml(text));
            assert_eq!(serde_json::to_string(&toml(text)).unwrap(), json);
        }
        assert_ne!(toml("a = 1.10"), toml("a = 1.1"));
        assert_ne!(Digest::of(&toml("a = 1.10")), Digest::of(&toml("a = 1.1")));
        assert_ne!(toml("a = 1"), toml("a = '1'"));
        // Where a value stands makes no difference.
        assert_eq!(toml("a = 1"), toml("\n\na   =   1"));
    }

    #[test]
    fn own_keys_win_over_defaults() {
        let merged = toml("b = 1\na = {x = 1}").merged_over(&toml("a = {y = 2}\nc = 3"));
        assert_eq!(
            serde_json::to_string(&merged).unwrap(),
            r#"{"b":1,"a":{"x":1},"c":3}"#
        );
    }
}
