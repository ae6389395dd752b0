//! TOML as spanned values.

use std::borrow::Cow;
use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Codes, DEEPEST, Data, Key, Table, Value};
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
                offset,
                file,
                diagnostics: Vec::new(),
            };
            let table = reader.table(table.get_ref(), 0);
            Checked::new(Some(table), reader.diagnostics)
        }
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let message = error
                .message()
                .lines()
                .next()
                .unwrap_or("not valid TOML")
                .to_owned();
            let diagnostic = Diagnostic::new(codes.syntax, message.clone())
                .at(file, offset + span.start..offset + span.end)
                .help(help(&message, text, span));
            Checked::new(None, vec![diagnostic])
        }
    }
}

fn help(message: &str, text: &str, span: Range<usize>) -> &'static str {
    let line_start = text[..span.start.min(text.len())]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    if message.contains("duplicate") {
        "a key may stand only once in its table"
    } else if line.contains(':') && !line.contains('=') {
        "TOML writes `key = \"value\"`; for `key: value` open and close the front matter with `---`"
    } else {
        "text stands in double quotes, lists in square brackets: `tags = [\"db\", \"disk\"]`"
    }
}

struct Reader<'a> {
    offset: usize,
    file: &'a RelPath,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn range(&self, span: Range<usize>) -> Range<usize> {
        self.offset + span.start..self.offset + span.end
    }

    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Table {
        let mut read = Table::default();
        for (key, value) in table {
            let key = Key {
                name: key.get_ref().to_string(),
                span: self.range(key.span()),
            };
            let value = self.value(value, depth + 1);
            read.insert(key, value);
        }
        read
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Value {
        let span = self.range(value.span());
        if depth > DEEPEST {
            let message = format!("values are nested more than {DEEPEST} levels deep");
            self.diagnostics
                .push(Diagnostic::new(Code::TooDeep, message).at(self.file, span.clone()));
            return Value {
                data: Data::Null,
                span,
            };
        }
        let data = match value.get_ref() {
            DeValue::String(text) => Data::String(unix(text).into_owned()),
            DeValue::Integer(number) => {
                let text = number.to_string();
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(value) => Data::Integer(value, text),
                    Err(_) => Data::String(text),
                }
            }
            DeValue::Float(number) => {
                let text = number.to_string();
                Data::Float(text.replace('_', "").parse().unwrap_or(f64::NAN), text)
            }
            DeValue::Boolean(value) => Data::Bool(*value),
            DeValue::Datetime(moment) => {
                let text = moment.to_string();
                let date = moment.date.and_then(|d| {
                    Date::new(i16::try_from(d.year).ok()?, d.month as i8, d.day as i8).ok()
                });
                match date {
                    Some(date) => Data::Date(date, text),
                    None => Data::String(text),
                }
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
