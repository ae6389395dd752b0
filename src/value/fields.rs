//! Typed fields out of a table: each key is asked for once, and what nobody asked for is unknown.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Data, Language, Table, Value};
use crate::diagnostic::{Code, Diagnostic, Span, did_you_mean};
use crate::duration::Duration;
use crate::path::RelPath;

/// Which classes of findings a reader uses: front matter and configuration have their own.
#[derive(Clone, Copy, Debug)]
pub struct Codes {
    /// The text is not valid.
    pub syntax: Code,
    /// A key stands twice.
    pub duplicate: Code,
    /// A key does not exist.
    pub key: Code,
    /// A value is of the wrong type or not allowed.
    pub value: Code,
}

/// A value and where it stands; two are equal when the values are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Hash> Hash for Spanned<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

/// Reads fields from a table, and from a table of defaults for what the first does not say.
pub struct Fields<'a> {
    tables: Vec<(&'a Table, &'a RelPath)>,
    codes: Codes,
    asked: Vec<&'static str>,
    /// What was found so far.
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Fields<'a> {
    /// Reads `table`, which stands in `file`.
    pub fn new(table: &'a Table, file: &'a RelPath, codes: Codes) -> Self {
        Self {
            tables: vec![(table, file)],
            codes,
            asked: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Falls back on `table`, which stands in `file`. Its unknown keys are the business of whoever reads it first.
    pub fn or(mut self, table: &'a Table, file: &'a RelPath) -> Self {
        self.tables.push((table, file));
        self
    }

    /// The value of `key` as it is, with its file.
    pub fn any(&mut self, key: &'static str) -> Option<(&'a Value, &'a RelPath)> {
        self.asked.push(key);
        self.tables.iter().find_map(|(table, file)| {
            // `tags:` with nothing after it says nothing.
            table
                .get(key)
                .filter(|value| value.data != Data::Null)
                .map(|value| (value, *file))
        })
    }

    /// Whether the first table itself says `key`.
    pub fn says(&self, key: &str) -> bool {
        self.tables
            .first()
            .is_some_and(|(table, _)| table.get(key).is_some())
    }

    /// A string. In front matter numbers and dates count as what is written: `1.10` is a version that nobody quotes.
    pub fn string(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let (value, file) = self.any(key)?;
        match self.text_of(value) {
            Some(text) => Some(Spanned {
                value: text,
                span: Span::new(file, value.span.clone()),
            }),
            None => self.mismatch(value, file, key, "a string", "\"...\""),
        }
    }

    /// A list of strings, or one string.
    pub fn strings(&mut self, key: &'static str) -> Vec<Spanned<String>> {
        let Some((value, file)) = self.any(key) else {
            return Vec::new();
        };
        self.texts(value, file, key)
    }

    /// The strings in `value`, which is the value of `key`.
    pub fn texts(&mut self, value: &Value, file: &RelPath, key: &str) -> Vec<Spanned<String>> {
        let items = match &value.data {
            Data::List(items) => items.as_slice(),
            _ => std::slice::from_ref(value),
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match self.text_of(item) {
                Some(text) => texts.push(Spanned {
                    value: text,
                    span: Span::new(file, item.span.clone()),
                }),
                None if item.data == Data::Null => {}
                None => {
                    self.mismatch::<()>(item, file, key, "a string", "[\"one\", \"two\"]");
                }
            }
        }
        texts
    }

    /// One of a few words.
    pub fn one_of<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Option<Spanned<T>> {
        let text = self.string(key)?;
        self.word(key, &text, words)
    }

    /// `text`, which is the value of `key`, as one of a few words.
    pub fn word<T: Copy>(
        &mut self,
        key: &str,
        text: &Spanned<String>,
        words: &[(&str, T)],
    ) -> Option<Spanned<T>> {
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(Spanned {
                value: *value,
                span: text.span.clone(),
            });
        }
        let all = words
            .iter()
            .map(|(word, _)| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let help = did_you_mean(
            &text.value,
            words.iter().map(|(word, _)| *word),
            &format!("it is one of {all}"),
        );
        self.diagnostics.push(
            Diagnostic::new(
                self.codes.value,
                format!("`{}` is not a value of `{key}`", text.value),
            )
            .at_span(&text.span)
            .help(help),
        );
        None
    }

    /// A date.
    pub fn date(&mut self, key: &'static str) -> Option<Spanned<Date>> {
        let (value, file) = self.any(key)?;
        let date = match &value.data {
            Data::Date(date, _) => Some(*date),
            Data::String(text) => text.parse().ok(),
            _ => None,
        };
        match date {
            Some(date) => Some(Spanned {
                value: date,
                span: Span::new(file, value.span.clone()),
            }),
            None if looks_like_date(value) => {
                let text = as_text(value).unwrap_or_default();
                let help = "a date is written year, month, day: `2026-01-31`";
                self.report(value, file, format!("there is no day `{text}`"), help)
            }
            None => self.mismatch(value, file, key, "a date", "2026-01-31"),
        }
    }

    /// A length of time.
    pub fn duration(&mut self, key: &'static str) -> Option<Spanned<Duration>> {
        let text = self.string(key)?;
        match Duration::read(&text.value) {
            Some(duration) => Some(Spanned {
                value: duration,
                span: text.span,
            }),
            None => {
                self.diagnostics.push(
                    Diagnostic::new(
                        self.codes.value,
                        format!("`{}` is not a length of time", text.value),
                    )
                    .at_span(&text.span)
                    .help("write it as `15m`, `2h`, `90 days` or `6 months`; it is more than zero"),
                );
                None
            }
        }
    }

    /// A whole number.
    pub fn integer(&mut self, key: &'static str) -> Option<i64> {
        let (value, file) = self.any(key)?;
        match &value.data {
            Data::Integer(number, _) => Some(*number),
            _ => self.mismatch(value, file, key, "a whole number", "20"),
        }
    }

    /// A number, whole or not.
    pub fn float(&mut self, key: &'static str) -> Option<f64> {
        let (value, file) = self.any(key)?;
        match &value.data {
            Data::Integer(number, _) => Some(*number as f64),
            Data::Float(number, _) if number.is_finite() => Some(*number),
            _ => self.mismatch(value, file, key, "a number", "2.5"),
        }
    }

    /// True or false.
    pub fn bool(&mut self, key: &'static str) -> Option<bool> {
        let (value, file) = self.any(key)?;
        let meant = match &value.data {
            Data::Bool(value) => return Some(*value),
            Data::String(text) => switch(text),
            _ => None,
        };
        match meant {
            Some(meant) => {
                let message = mismatch(key, "true or false", &value.data);
                let help = format!(
                    "`yes`, `no`, `on`, `off` and words in quotes are text: write `{meant}`"
                );
                self.report(value, file, message, &help)
            }
            None => self.mismatch(value, file, key, "true or false", "true"),
        }
    }

    /// A table.
    pub fn table(&mut self, key: &'static str) -> Option<(&'a Table, &'a RelPath)> {
        let (value, file) = self.any(key)?;
        match &value.data {
            Data::Table(table) => Some((table, file)),
            _ => self.mismatch(value, file, key, "a table", ""),
        }
    }

    /// A list of tables.
    pub fn tables(&mut self, key: &'static str) -> Vec<(&'a Table, &'a RelPath, Range<usize>)> {
        let Some((value, file)) = self.any(key) else {
            return Vec::new();
        };
        let Data::List(items) = &value.data else {
            self.mismatch::<()>(value, file, key, "a list of tables", "");
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match &item.data {
                Data::Table(table) => tables.push((table, file, item.span.clone())),
                _ => {
                    self.mismatch::<()>(item, file, key, "a list of tables", "");
                }
            }
        }
        tables
    }

    /// A reader for a table inside this one; give its findings back with [`Fields::absorb`].
    pub fn inner(&self, table: &'a Table, file: &'a RelPath) -> Fields<'a> {
        Fields::new(table, file, self.codes)
    }

    /// Ends an inner reader: its unknown keys are reported, its findings become ours.
    pub fn absorb(&mut self, inner: Fields<'_>) {
        self.diagnostics.extend(inner.finish());
    }

    /// Reports a value of the wrong type and gives nothing.
    pub fn wrong<T>(
        &mut self,
        value: &Value,
        file: &RelPath,
        key: &str,
        expected: &str,
        example: &str,
    ) -> Option<T> {
        let message = mismatch(key, expected, &value.data);
        let help = format!("write it like this: `{example}`");
        self.report(value, file, message, &help)
    }

    /// Reports a value of the wrong type; `right` is a right one, shown in the language of its file.
    fn text_of(&self, value: &Value) -> Option<String> {
        let quoted = matches!(value.data, Data::String(_));
        as_text(value).filter(|_| quoted || self.codes.value != Code::ConfigValue)
    }

    fn language(&self, file: &RelPath) -> Language {
        let mut tables = self.tables.iter();
        tables
            .find(|(_, of)| *of == file)
            .map(|(table, _)| table.language)
            .unwrap_or_default()
    }

    fn mismatch<T>(
        &mut self,
        value: &Value,
        file: &RelPath,
        key: &str,
        expected: &str,
        right: &str,
    ) -> Option<T> {
        let language = self.language(file);
        let example = match (language, expected) {
            (Language::Toml, "a table") => format!("[{key}]"),
            (Language::Toml, "a list of tables") => format!("[[{key}]]"),
            (Language::Toml, _) => format!("{key} = {right}"),
            (Language::Yaml, "a table") => format!("{key}: {{name: \"...\"}}"),
            (Language::Yaml, "a list of tables") => format!("{key}: [{{name: \"...\"}}]"),
            (Language::Yaml, _) => format!("{key}: {right}"),
        };
        self.wrong(value, file, key, expected, &example)
    }

    /// Reports `value` and gives nothing.
    fn report<T>(
        &mut self,
        value: &Value,
        file: &RelPath,
        message: String,
        help: &str,
    ) -> Option<T> {
        self.diagnostics.push(
            Diagnostic::new(self.codes.value, message)
                .at(file, value.span.clone())
                .help(help),
        );
        None
    }

    /// Every finding, unknown keys included.
    pub fn finish(self) -> Vec<Diagnostic> {
        self.finish_but(|_| false)
    }

    /// Every finding, with unknown keys but those that `passes`.
    pub fn finish_but(mut self, passes: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
        if let Some((table, file)) = self.tables.first() {
            for (key, _) in table.iter() {
                if self.asked.contains(&key.name.as_str()) || passes(&key.name) {
                    continue;
                }
                let known = self.asked.iter().copied();
                let otherwise = "a key of your own belongs under `extra`";
                // `reviewed` is no slip of the fingers, but half of a name.
                let whole =
                    (known.clone()).find(|known| known.split('_').any(|part| part == key.name));
                let help = match whole {
                    Some(whole) => format!("did you mean `{whole}`?"),
                    None => did_you_mean(&key.name, known, otherwise),
                };
                self.diagnostics.push(
                    Diagnostic::new(self.codes.key, format!("there is no key `{}`", key.name))
                        .at(file, key.span.clone())
                        .help(help),
                );
            }
        }
        self.diagnostics
    }
}

fn mismatch(key: &str, expected: &str, found: &Data) -> String {
    format!("`{key}`: expected {expected}, found {}", found.name())
}

/// What someone meant who wrote a switch as a word, as YAML 1.1 took it.
fn switch(word: &str) -> Option<bool> {
    match &*word.to_lowercase() {
        "yes" | "on" | "true" => Some(true),
        "no" | "off" | "false" => Some(false),
        _ => None,
    }
}

/// Whether a date was meant that the calendar does not have: `2026-02-30`, `2026-1-3`.
fn looks_like_date(value: &Value) -> bool {
    let Data::String(text) = &value.data else {
        return false;
    };
    text.split('-').count() == 3
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

fn as_text(value: &Value) -> Option<String> {
    match &value.data {
        Data::String(text)
        | Data::Integer(_, text)
        | Data::Float(_, text)
        | Data::Date(_, text) => Some(text.clone()),
        Data::Bool(value) => Some(value.to_string()),
        Data::Null | Data::List(_) | Data::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CODES, file};
    use super::super::{from_toml, from_yaml};
    use super::Fields;

    /// Asks one thing of a document; its answer is expected as text, or the findings as `[marked] message; help`.
    fn check(text: &str, yaml: bool, ask: impl Fn(&mut Fields<'_>) -> String, expected: &str) {
        let file = file();
        let table = match yaml {
            true => from_yaml(text, 0, &file, CODES),
            false => from_toml(text, 0, &file, CODES),
        };
        assert!(
            table.diagnostics.is_empty(),
            "{text}: {:?}",
            table.diagnostics
        );
        let table = table.value.unwrap();
        let mut fields = Fields::new(&table, &file, CODES);
        let mut found = ask(&mut fields);
        for finding in fields.finish() {
            let marked = &text[finding.span.unwrap().range];
            let help = finding.help.unwrap();
            found += &format!("[{marked}] {}; {help}", finding.message);
        }
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn values_are_taken_as_what_is_asked_for() {
        type Ask = fn(&mut Fields<'_>) -> String;
        fn shown<T: ToString>(value: Option<T>) -> String {
            value.map(|value| value.to_string()).unwrap_or_default()
        }
        let string: Ask = |fields| shown(fields.string("k").map(|text| text.value));
        let strings: Ask = |fields| {
            let texts = fields.strings("k").into_iter().map(|text| text.value);
            texts.collect::<Vec<_>>().join("|")
        };
        let date: Ask = |fields| shown(fields.date("k").map(|date| date.value));
        let duration: Ask = |fields| shown(fields.duration("k").map(|long| long.value));
        let integer: Ask = |fields| shown(fields.integer("k"));
        let float: Ask = |fields| shown(fields.float("k"));
        let bool: Ask = |fields| shown(fields.bool("k"));
        let word: Ask = |fields| {
            let words = [("draft", 1), ("active", 2)];
            shown(fields.one_of("k", &words).map(|word| word.value))
        };
        let table: Ask = |fields| shown(fields.table("k").map(|(table, _)| table.iter().count()));
        let tables: Ask = |fields| fields.tables("k").len().to_string();
        // The value in TOML, in YAML, and what comes of it; an empty text is not asked.
        let cases: &[(Ask, &str, &str, &str)] = &[
            (string, "'é'", "é", "é"),
            (string, "1.10", "1.10", "1.10"),
            (string, "", "010", "010"),
            (string, "1_000", "", "1_000"),
            (string, "", "no", "no"),
            (string, "true", "true", "true"),
            (string, "2026-01-31", "2026-01-31", "2026-01-31"),
            (string, "", "~", ""),
            (strings, "['a', 1.10]", "[a, 1.10]", "a|1.10"),
            (strings, "'a, b'", "a, b", "a, b"),
            (strings, "[]", "", ""),
            (strings, "", "[a, ~]", "a"),
            (date, "2026-01-31", "2026-01-31", "2026-01-31"),
            (date, "'2026-01-31'", "'2026-01-31'", "2026-01-31"),
            (
                date,
                "2026-01-31T10:00:00Z",
                "2026-01-31 10:00:00",
                "2026-01-31",
            ),
            (duration, "'90 days'", "90 days", "90 days"),
            (integer, "0x1F", "31", "31"),
            (float, "2", "2", "2"),
            (float, "2.5", "2.5", "2.5"),
            (bool, "false", "False", "false"),
            (word, "'active'", "active", "2"),
            (table, "{a = 1}", "{a: 1}", "1"),
            (tables, "[{a = 1}, {}]", "[{a: 1}, {}]", "2"),
            // What is wrong.
            (
                string,
                "['a']",
                "",
                "[['a']] `k`: expected a string, found a list; write it like this: `k = \"...\"`",
            ),
            (
                string,
                "",
                "[a]",
                "[[a]] `k`: expected a string, found a list; write it like this: `k: \"...\"`",
            ),
            (
                strings,
                "[{}]",
                "",
                "[{}] `k`: expected a string, found a table; write it like this: `k = [\"one\", \"two\"]`",
            ),
            (
                date,
                "",
                "soon",
                "[soon] `k`: expected a date, found a string; write it like this: `k: 2026-01-31`",
            ),
            (
                date,
                "",
                "2026-02-30",
                "[2026-02-30] there is no day `2026-02-30`; a date is written year, month, day: `2026-01-31`",
            ),
            (
                date,
                "20",
                "",
                "[20] `k`: expected a date, found a whole number; write it like this: `k = 2026-01-31`",
            ),
            (
                duration,
                "",
                "soon",
                "[soon] `soon` is not a length of time; write it as `15m`, `2h`, `90 days` or `6 months`; it is more than zero",
            ),
            (
                duration,
                "90",
                "",
                "[90] `90` is not a length of time; write it as `15m`, `2h`, `90 days` or `6 months`; it is more than zero",
            ),
            (
                integer,
                "'2'",
                "",
                "['2'] `k`: expected a whole number, found a string; write it like this: `k = 20`",
            ),
            (
                integer,
                "2.5",
                "",
                "[2.5] `k`: expected a whole number, found a number; write it like this: `k = 20`",
            ),
            (
                float,
                "inf",
                "",
                "[inf] `k`: expected a number, found a number; write it like this: `k = 2.5`",
            ),
            (
                bool,
                "",
                "yes",
                "[yes] `k`: expected true or false, found a string; `yes`, `no`, `on`, `off` and words in quotes are text: write `true`",
            ),
            (
                bool,
                "'false'",
                "",
                "['false'] `k`: expected true or false, found a string; `yes`, `no`, `on`, `off` and words in quotes are text: write `false`",
            ),
            (
                bool,
                "1",
                "",
                "[1] `k`: expected true or false, found a whole number; write it like this: `k = true`",
            ),
            (
                word,
                "",
                "Draft",
                "[Draft] `Draft` is not a value of `k`; did you mean `draft`?",
            ),
            (
                word,
                "",
                "unknown",
                "[unknown] `unknown` is not a value of `k`; it is one of `draft`, `active`",
            ),
            (
                table,
                "1",
                "",
                "[1] `k`: expected a table, found a whole number; write it like this: `[k]`",
            ),
            (
                table,
                "",
                "1",
                "[1] `k`: expected a table, found a whole number; write it like this: `k: {name: \"...\"}`",
            ),
            (
                tables,
                "[1]",
                "",
                "0[1] `k`: expected a list of tables, found a whole number; write it like this: `[[k]]`",
            ),
        ];
        for (ask, toml, yaml, expected) in cases {
            if !toml.is_empty() {
                check(&format!("k = {toml}"), false, ask, expected);
            }
            if !yaml.is_empty() {
                check(&format!("k: {yaml}"), true, ask, expected);
            }
        }
    }

    #[test]
    fn what_nobody_asked_for_is_unknown() {
        for (text, expected) in [
            ("scope: x", ""),
            (
                "scop: x",
                "[scop] there is no key `scop`; did you mean `scope`?",
            ),
            (
                "é: x",
                "[é] there is no key `é`; a key of your own belongs under `extra`",
            ),
        ] {
            let ask = |fields: &mut Fields<'_>| {
                fields.string("scope");
                fields.strings("tags");
                String::new()
            };
            check(text, true, ask, expected);
        }
    }

    #[test]
    fn defaults_answer_for_what_is_not_said() {
        let (file, site) = (file(), crate::path::RelPath::new("site.toml").unwrap());
        let own = from_yaml("a: 1\nb:\n", 0, &file, CODES).value.unwrap();
        let defaults = from_toml("a = 2\nb = 3\nc = [1]", 0, &site, CODES)
            .value
            .unwrap();
        let mut fields = Fields::new(&own, &file, CODES).or(&defaults, &site);
        assert_eq!(fields.string("a").unwrap().value, "1");
        let b = fields.string("b").unwrap();
        assert_eq!((b.value.as_str(), b.span.file), ("3", site.clone()));
        assert_eq!(fields.integer("c"), None);
        assert!(fields.says("b") && !fields.says("c"));
        let findings = fields.finish();
        assert_eq!(findings.len(), 1);
        // The example is in the language of the file that is wrong.
        assert!(findings[0].help.as_ref().unwrap().contains("c = 20"));
    }

    #[test]
    fn no_text_makes_the_readers_panic() {
        let toml = "title = \"é: b\"\ntags = [\"a\", 'b']\nd = 2026-01-31\n[params]\nx = { y = 1.10 }\n[[l]]\nz = \"\"\"q\"\"\"\n";
        let yaml = "title: \"é: b\"\ntags: [a, 'b']\nd: 2026-01-31\nparams: &p\n  x: {y: 1.10}\nl:\n- <<: *p\n- |\n  q\n";
        let scraps = [
            "", ":", ": ", "\n", "\t", "'", "\"", "[", "}", "#", "&", "*", "<<", "---\n", "=", "é",
            "\0", "\r", "\u{feff}", "%", "!", "|", "-", ".",
        ];
        let file = file();
        let mut state = 1_u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        for _ in 0..200 {
            for text in [toml, yaml] {
                let mut text = text.to_owned();
                for _ in 0..=random(3) {
                    let start = text.floor_char_boundary(random(text.len() + 1));
                    let end = text.floor_char_boundary((start + random(4)).min(text.len()));
                    text.replace_range(start..end.max(start), scraps[random(scraps.len())]);
                }
                for read in [from_toml, from_yaml] {
                    let read = read(&text, 5, &file, CODES);
                    for finding in &read.diagnostics {
                        let range = finding.span.clone().unwrap().range;
                        assert!(
                            text.get(range.start - 5..range.end - 5).is_some(),
                            "{text:?}"
                        );
                    }
                    assert!(
                        read.value.is_some() || !read.diagnostics.is_empty(),
                        "{text:?}"
                    );
                    let table = read.value.unwrap_or_default();
                    let mut fields = Fields::new(&table, &file, CODES);
                    fields.string("title");
                    fields.strings("tags");
                    fields.date("d");
                    fields.table("params");
                    fields.tables("l");
                    fields.finish();
                }
            }
        }
    }
}
