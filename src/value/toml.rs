//! TOML as spanned values.

use std::borrow::Cow;
use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::{Codes, DEEPEST, Data, Key, Language, Table, Value};
use crate::diagnostic::{Checked, Code, Diagnostic};
use crate::path::RelPath;

/// Reads `text`, which starts at byte `offset` of `file`. `None` on a syntax error.
pub fn from_toml(
    text: &str,
    offset: usize,
    file: &RelPath,
    codes: Codes,
) -> Checked<Option<Table>> {
    match DeTable::parse(text) {
        Ok(table) => {
            let mut reader = Reader {
                text,
                offset,
                file,
                diagnostics: Vec::new(),
            };
            let table = reader.table(table.get_ref(), 0);
            Checked::new(Some(table), reader.diagnostics)
        }
        Err(error) => {
            let mut fault = fault(text, &error);
            if fault.help == YAML && codes.syntax != Code::MatterSyntax {
                "TOML writes `key = \"value\"`".clone_into(&mut fault.help);
            }
            let code = if fault.deep {
                Code::TooDeep
            } else {
                codes.syntax
            };
            let diagnostic = Diagnostic::new(code, fault.message)
                .at(file, offset + fault.range.start..offset + fault.range.end)
                .help(fault.help);
            Checked::new(None, vec![diagnostic])
        }
    }
}

/// What is said of YAML between `+++`.
const YAML: &str =
    "TOML writes `key = \"value\"`; for `key: value` open and close the front matter with `---`";

/// What is wrong, in words.
struct Fault {
    range: Range<usize>,
    deep: bool,
    message: String,
    help: String,
}

/// The parser's message, or a plainer one where its own misleads: `title = Foo` is `invalid boolean` to it.
fn fault(text: &str, error: &Error) -> Fault {
    let message = error.message().lines().next().unwrap_or("not valid TOML");
    let span = match error.span() {
        Some(span) if text.get(span.clone()).is_some() => span,
        _ => 0..0,
    };
    let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let fault = |range: Range<usize>, message: &str, help: &str| Fault {
        range,
        deep: false,
        message: message.to_owned(),
        help: help.to_owned(),
    };
    if message.contains("recurs") {
        // Of a path of too many keys the parser does not say where it is.
        let range = match span.is_empty() {
            true => deepest_line(text),
            false => span,
        };
        return Fault {
            range,
            deep: true,
            message: format!("values are nested more than {DEEPEST} levels deep"),
            help: "write it flatter".to_owned(),
        };
    }
    if message == "duplicate key" {
        return Fault {
            message: format!("the key `{}` stands twice", &text[span.clone()]),
            range: span,
            deep: false,
            help: "a key may stand only once in its table".to_owned(),
        };
    }
    if line.contains(':') && !line.contains('=') {
        let help = YAML;
        let whole = line_start..line_start + line.trim_end().len();
        return fault(whole, "expected `key = value`", help);
    }
    let word = &text[span.clone()];
    if matches!(
        word,
        "True"
            | "TRUE"
            | "False"
            | "FALSE"
            | "yes"
            | "Yes"
            | "no"
            | "No"
            | "on"
            | "On"
            | "off"
            | "Off"
    ) {
        let message = format!("`{word}` is not a value");
        let help = "write `true` or `false`, or put the word in double quotes";
        return fault(span, &message, help);
    }
    let unquoted = message.starts_with("string values must be quoted")
        || message.starts_with("invalid boolean")
        || message.starts_with("invalid float, expected `nan`")
        || message.starts_with("invalid float, expected `inf`");
    let help = if unquoted && word.is_empty() {
        return fault(
            span,
            "a value is missing",
            "write one after the `=`, or take the key away",
        );
    } else if unquoted && word.starts_with(['“', '”', '„', '«', '‘', '’']) {
        "write straight double quotes: `\"`"
    } else if unquoted {
        "text stands in double quotes, lists in square brackets: `tags = [\"db\", \"disk\"]`"
    } else if message.starts_with("missing escaped value") || message.contains("unicode") {
        "in single quotes a backslash is only a backslash: 'C:\\logs'"
    } else if message.starts_with("unexpected leading zero") {
        "a number does not start with 0; put a code or version in double quotes"
    } else if message.starts_with("invalid date") {
        "a date is written year, month, day: `2026-01-31`"
    } else if message.starts_with("invalid unquoted key") {
        "a key with letters other than a-z, or with spaces, stands in double quotes"
    } else if message.starts_with("invalid basic string")
        || message.starts_with("invalid literal string")
    {
        "close the quote on its line; text over several lines stands in three double quotes"
    } else if message.starts_with("unclosed") {
        "close the bracket"
    } else if message.starts_with("missing comma") {
        "put a comma between the items of a list"
    } else if message.starts_with("unexpected key or value") {
        "one `key = value` to a line; several values stand in square brackets, a quote inside text in the other kind of quotes"
    } else {
        "TOML writes `key = \"value\"`, lists in square brackets: `tags = [\"db\", \"disk\"]`"
    };
    if unquoted {
        fault(span, "text is not in quotes", help)
    } else {
        fault(span, message, help)
    }
}

/// The line with the most dots.
fn deepest_line(text: &str) -> Range<usize> {
    let mut start = 0;
    let mut deepest = (0, 0..0);
    for line in text.split_inclusive('\n') {
        let dots = line.matches('.').count();
        if dots > deepest.0 {
            deepest = (dots, start..start + line.trim_end().len());
        }
        start += line.len();
    }
    deepest.1
}

struct Reader<'a> {
    text: &'a str,
    offset: usize,
    file: &'a RelPath,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn range(&self, span: Range<usize>) -> Range<usize> {
        self.offset + span.start..self.offset + span.end
    }

    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Table {
        // The parser lets no key stand twice.
        let entries = table
            .iter()
            .map(|(key, value)| {
                let key = Key {
                    name: key.get_ref().to_string(),
                    span: self.range(key.span()),
                };
                (key, self.value(value, depth + 1))
            })
            .collect();
        Table {
            entries,
            language: Language::Toml,
        }
    }

    // The parser stops at 80 levels, so this recursion does too.
    fn value(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Value {
        let span = self.range(value.span());
        // A number's text is what is written, with its underscores and its zeros at the end.
        let written = || self.text.get(value.span()).unwrap_or_default().to_owned();
        let data = match value.get_ref() {
            DeValue::String(text) => Data::String(unix(text).into_owned()),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(value) => Data::Integer(value, written()),
                    Err(_) => Data::Float(number.as_str().parse().unwrap_or(f64::NAN), written()),
                }
            }
            DeValue::Float(number) => {
                Data::Float(number.as_str().parse().unwrap_or(f64::NAN), written())
            }
            DeValue::Boolean(value) => Data::Bool(*value),
            DeValue::Datetime(moment) => {
                let date = moment.date.and_then(|date| {
                    let (month, day) = (i8::try_from(date.month), i8::try_from(date.day));
                    Date::new(i16::try_from(date.year).ok()?, month.ok()?, day.ok()?).ok()
                });
                match date {
                    Some(date) => Data::Date(date, written()),
                    None => Data::String(written()),
                }
            }
            DeValue::Array(_) | DeValue::Table(_) if depth > DEEPEST => {
                // One finding says it; the levels below are not read.
                if self.diagnostics.is_empty() {
                    let message = format!("values are nested more than {DEEPEST} levels deep");
                    self.diagnostics.push(
                        Diagnostic::new(Code::TooDeep, message)
                            .at(self.file, span.clone())
                            .help("write it flatter"),
                    );
                }
                Data::Null
            }
            DeValue::Array(items) => Data::List(
                items
                    .iter()
                    .map(|item| self.value(item, depth + 1))
                    .collect(),
            ),
            DeValue::Table(table) => Data::Table(self.table(table, depth)),
        };
        Value { data, span }
    }
}

/// Line ends as `\n`: where a file was edited makes no difference.
fn unix(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CODES, file};
    use super::super::{Data, Table};
    use super::from_toml;

    /// Reads `text` after 100 bytes of something else; each finding as `id [marked text] message`.
    fn check(text: &str, expected: &[&str]) {
        let read = from_toml(text, 100, &file(), CODES);
        let found: Vec<String> = read
            .diagnostics
            .iter()
            .map(|finding| {
                assert!(finding.help.is_some(), "{text:?}: no help");
                let range = finding.span.clone().unwrap().range;
                let marked = &text[range.start - 100..range.end - 100];
                format!("{} [{marked}] {}", finding.code.id(), finding.message)
            })
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn syntax_errors_say_where_and_what() {
        for (text, expected) in [
            (
                "é = 1",
                "BND0201 [é] invalid unquoted key, expected letters, numbers, `-`, `_`",
            ),
            (
                "# é\na = Foo Bar # x",
                "BND0201 [Foo Bar] text is not in quotes",
            ),
            ("a = foo\n", "BND0201 [foo] text is not in quotes"),
            ("a = no", "BND0201 [no] `no` is not a value"),
            ("a = True", "BND0201 [True] `True` is not a value"),
            ("a = “b”", "BND0201 [“b”] text is not in quotes"),
            ("a =\nb = 1", "BND0201 [] a value is missing"),
            ("a = 1\r\na = 2", "BND0201 [a] the key `a` stands twice"),
            (
                "title: Foo\n",
                "BND0201 [title: Foo] expected `key = value`",
            ),
            (
                "a = 010",
                "BND0201 [0] unexpected leading zero, expected nothing",
            ),
            (
                "a = 2026-02-30",
                "BND0201 [2026-02-30] invalid date, expected day between 01 and 28",
            ),
        ] {
            check(text, &[expected]);
        }
    }

    #[test]
    fn spans_are_those_of_the_file() {
        let text = "# é\nü = 1".replace('ü', "\"ü\"") + "\nb = [ 'é', {c = 1.10} ]\n[t]\nd = 1_0\n";
        let table = from_toml(&text, 7, &file(), CODES).value.unwrap();
        let mut found = Vec::new();
        walk(&table, &mut |range| {
            found.push(text[range.start - 7..range.end - 7].to_owned())
        });
        assert_eq!(
            found,
            [
                "\"ü\"",
                "1",
                "b",
                "[ 'é', {c = 1.10} ]",
                "'é'",
                "{c = 1.10}",
                "c",
                "1.10",
                "t",
                "[t]",
                "d",
                "1_0"
            ]
        );
    }

    fn walk(table: &Table, see: &mut impl FnMut(&std::ops::Range<usize>)) {
        for (key, value) in table.iter() {
            see(&key.span);
            walk_value(value, see);
        }
    }

    fn walk_value(value: &super::Value, see: &mut impl FnMut(&std::ops::Range<usize>)) {
        see(&value.span);
        match &value.data {
            Data::List(items) => items.iter().for_each(|item| walk_value(item, see)),
            Data::Table(table) => walk(table, see),
            _ => {}
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| format!("a = {}1{}", "[".repeat(depth), "]".repeat(depth));
        check(&nested(64), &[]);
        for text in [
            nested(65),
            nested(79),
            nested(20_000),
            format!("a = {}", "[".repeat(20_000)),
            format!("a = {}", "{a = ".repeat(20_000)),
            format!("{}a = 1", "a.".repeat(20_000)),
            format!("b = 1\n[{}a]\n", "a.".repeat(20_000)),
        ] {
            let read = from_toml(&text, 0, &file(), CODES);
            let found: Vec<_> = read.diagnostics.iter().map(|d| d.code.id()).collect();
            assert_eq!(found, ["BND0006"], "{}", &text[..20]);
        }
    }

    #[test]
    fn line_ends_and_a_mark_make_no_difference() {
        let text = "a = 'é'\nb = '''x\ny'''\n";
        let unix = from_toml(text, 0, &file(), CODES).value;
        for text in [text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
            assert_eq!(from_toml(&text, 0, &file(), CODES).value, unix);
        }
    }
}
