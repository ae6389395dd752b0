//! Spanned values: the one tree that front matter, `[[defaults]]`, site.toml and theme.toml are read into.

mod fields;
mod toml;
mod yaml;

use std::hash::{Hash, Hasher};
use std::ops::Range;

use jiff::civil::Date;
use serde::Serialize;

pub use self::fields::{Codes, Fields, Spanned};
pub use self::toml::from_toml;
pub use self::yaml::from_yaml;

/// Deepest nesting of lists and tables (front matter written by people stays below five).
const DEEPEST: usize = 64;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// What a value is. Numbers keep their text: `1.10` is a version to whoever asks for a string.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    entries: Vec<(Key, Value)>,
}

/// A key and where it stands.
#[derive(Clone, Debug)]
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

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
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

// Two values are equal when they say the same, wherever they stand: an edit that only moves a value changes
// nothing that depends on it.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

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

impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.data {
            Data::Null => serializer.serialize_unit(),
            Data::Bool(value) => serializer.serialize_bool(*value),
            Data::Integer(value, _) => serializer.serialize_i64(*value),
            Data::Float(value, _) => serializer.serialize_f64(*value),
            Data::String(text) | Data::Date(_, text) => serializer.serialize_str(text),
            Data::List(items) => serializer.collect_seq(items),
            Data::Table(table) => table.serialize(serializer),
        }
    }
}

impl Serialize for Table {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.entries.iter().map(|(key, value)| (&key.name, value)))
    }
}
