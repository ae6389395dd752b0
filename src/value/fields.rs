//! Typed fields out of a table: each key is asked for once, and what nobody asked for is unknown.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use jiff::civil::Date;

use super::{Data, Table, Value};
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
#[derive(Clone, Debug)]
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

    /// A string; numbers and dates count as what is written.
    pub fn string(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let (value, file) = self.any(key)?;
        match as_text(value) {
            Some(text) => Some(Spanned {
                value: text,
                span: Span::new(file, value.span.clone()),
            }),
            None => self.wrong(value, file, key, "a string", &format!("{key} = \"...\"")),
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
            match as_text(item) {
                Some(text) => texts.push(Spanned {
                    value: text,
                    span: Span::new(file, item.span.clone()),
                }),
                None if item.data == Data::Null => {}
                None => {
                    self.wrong::<()>(
                        item,
                        file,
                        key,
                        "a string",
                        &format!("{key} = [\"one\", \"two\"]"),
                    );
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
            None => self.wrong(value, file, key, "a date", "2026-01-31"),
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
            _ => self.wrong(value, file, key, "a whole number", "20"),
        }
    }

    /// True or false.
    pub fn bool(&mut self, key: &'static str) -> Option<bool> {
        let (value, file) = self.any(key)?;
        match &value.data {
            Data::Bool(value) => Some(*value),
            _ => self.wrong(value, file, key, "true or false", "true"),
        }
    }

    /// A table.
    pub fn table(&mut self, key: &'static str) -> Option<(&'a Table, &'a RelPath)> {
        let (value, file) = self.any(key)?;
        match &value.data {
            Data::Table(table) => Some((table, file)),
            _ => self.wrong(value, file, key, "a table", &format!("[{key}]")),
        }
    }

    /// A list of tables.
    pub fn tables(&mut self, key: &'static str) -> Vec<(&'a Table, &'a RelPath, Range<usize>)> {
        let Some((value, file)) = self.any(key) else {
            return Vec::new();
        };
        let Data::List(items) = &value.data else {
            self.wrong::<()>(value, file, key, "a list of tables", &format!("[[{key}]]"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match &item.data {
                Data::Table(table) => tables.push((table, file, item.span.clone())),
                _ => {
                    self.wrong::<()>(item, file, key, "a table", &format!("[[{key}]]"));
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
        let message = format!("`{key}` is {expected}, not {}", value.data.name());
        self.diagnostics.push(
            Diagnostic::new(self.codes.value, message)
                .at(file, value.span.clone())
                .help(format!("write it like this: `{example}`")),
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
                let help =
                    did_you_mean(&key.name, known, "a key of your own belongs under `extra`");
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
    use super::super::{from_toml, from_yaml};
    use super::{Codes, Fields};
    use crate::diagnostic::Code;
    use crate::path::RelPath;

    const CODES: Codes = Codes {
        syntax: Code::MatterSyntax,
        duplicate: Code::MatterDuplicate,
        key: Code::MatterKey,
        value: Code::MatterValue,
    };

    fn file() -> RelPath {
        RelPath::new("a.md").unwrap()
    }

    #[test]
    fn both_languages_say_the_same() {
        let file = file();
        let toml = "title = \"é\"\nversion = 1.10\nlast_reviewed = 2026-01-31\ntags = [\"a\", \"no\"]\nreview_every = \"90d\"\n";
        let yaml = "title: é\nversion: 1.10\nlast_reviewed: 2026-01-31\ntags: [a, no]\nreview_every: 90d\n";
        for (text, table) in [
            (toml, from_toml(toml, 4, &file, CODES)),
            (yaml, from_yaml(yaml, 4, &file, CODES)),
        ] {
            assert!(table.diagnostics.is_empty(), "{:?}", table.diagnostics);
            let table = table.value.unwrap();
            let mut fields = Fields::new(&table, &file, CODES);
            let title = fields.string("title").unwrap();
            assert_eq!(title.value, "é");
            assert!(
                text[title.span.range.start - 4..]
                    .trim_start_matches('"')
                    .starts_with('é')
            );
            assert_eq!(fields.string("version").unwrap().value, "1.10");
            assert_eq!(
                fields.date("last_reviewed").unwrap().value.to_string(),
                "2026-01-31"
            );
            assert_eq!(
                fields
                    .strings("tags")
                    .iter()
                    .map(|t| &*t.value)
                    .collect::<Vec<_>>(),
                ["a", "no"]
            );
            assert!(fields.duration("review_every").is_some());
            assert!(fields.finish().is_empty());
        }
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_located() {
        let file = file();
        let text = "scop: operation\ntitle: [a]\nlast_reviewed: soon\n";
        let table = from_yaml(text, 0, &file, CODES).value.unwrap();
        let mut fields = Fields::new(&table, &file, CODES);
        fields.string("scope");
        fields.string("title");
        fields.date("last_reviewed");
        let mut found: Vec<_> = fields
            .finish()
            .into_iter()
            .map(|d| {
                (
                    d.code.id(),
                    text[d.span.unwrap().range].to_owned(),
                    d.help.unwrap_or_default(),
                )
            })
            .collect();
        found.sort();
        assert_eq!(
            found[0],
            ("BND0203", "scop".into(), "did you mean `scope`?".into())
        );
        assert_eq!((found[1].0, &*found[1].1), ("BND0204", "[a]"));
        assert_eq!((found[2].0, &*found[2].1), ("BND0204", "soon"));
    }

    #[test]
    fn duplicates_bombs_and_depth_are_findings() {
        let file = file();
        let twice = from_yaml("a: 1\nb: 2\na: 3\n", 0, &file, CODES);
        assert_eq!(twice.diagnostics.len(), 1);
        assert_eq!(twice.diagnostics[0].code, Code::MatterDuplicate);
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            let last = n - 1;
            bomb += &format!(
                "a{n}: &a{n} [*a{last}, *a{last}, *a{last}, *a{last}, *a{last}, *a{last}, *a{last}]\n"
            );
        }
        assert!(!from_yaml(&bomb, 0, &file, CODES).diagnostics.is_empty());
        for deep in [
            "[".repeat(20_000),
            "a: ".to_owned() + &"[".repeat(20_000),
            "- ".repeat(20_000),
            "{a: ".repeat(20_000),
        ] {
            assert!(!from_yaml(&deep, 0, &file, CODES).diagnostics.is_empty());
            assert!(
                !from_toml(&format!("a = {deep}"), 0, &file, CODES)
                    .diagnostics
                    .is_empty()
            );
        }
        let indented: String = (0..5000)
            .map(|n| format!("{}a:\n", " ".repeat(n)))
            .collect();
        assert!(!from_yaml(&indented, 0, &file, CODES).diagnostics.is_empty());
        for text in ["title: Foo: bar", "a: @b", "a: 'b", "- a", "just words"] {
            assert_eq!(
                from_yaml(text, 0, &file, CODES).diagnostics.len(),
                1,
                "{text}"
            );
        }
        assert!(from_yaml("", 0, &file, CODES).value.unwrap().is_empty());
        assert!(
            from_yaml("# only a comment\n", 0, &file, CODES)
                .value
                .unwrap()
                .is_empty()
        );
    }
}
