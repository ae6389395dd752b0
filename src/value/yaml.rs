//! YAML as spanned values: the core schema of YAML 1.2, so `no` is a word and not `false`.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput};
use jiff::civil::Date;

use super::{Codes, DEEPEST, Data, Key, Language, Table, Value};
use crate::diagnostic::{self, Checked, Code, Diagnostic};
use crate::path::RelPath;

/// Most values in front matter, with aliases written out (a bomb has billions, a person a few).
const MOST_VALUES: usize = 10_000;

/// Most bytes of text that anchors and aliases may copy.
const MOST_COPIED: usize = 1 << 20;

/// Reads `text`, which starts at byte `offset` of `file`. `None` on a syntax error.
pub fn from_yaml(
    text: &str,
    offset: usize,
    file: &RelPath,
    codes: Codes,
) -> Checked<Option<Table>> {
    let mut reader = Reader::new(text, offset, file, codes);
    let table = reader.document().unwrap_or_else(|failure| {
        reader.diagnostics.push(*failure);
        None
    });
    Checked::new(table, reader.diagnostics)
}

/// Reads the documents of a whole file in turn; those that say nothing are left out. What stands before a syntax error
/// is kept.
pub fn documents_from_yaml(text: &str, file: &RelPath, codes: Codes) -> Checked<Vec<Value>> {
    let mut reader = Reader::new(text, 0, file, codes);
    // A value that is written out takes a byte at least, so only aliases can reach this.
    reader.most_values = MOST_VALUES + text.len();
    let mut documents = Vec::new();
    if let Err(failure) = reader.documents(&mut documents) {
        reader.diagnostics.push(*failure);
    }
    Checked::new(documents, reader.diagnostics)
}

type Read<T> = Result<T, Box<Diagnostic>>;

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    text: &'a str,
    offset: usize,
    file: &'a RelPath,
    codes: Codes,
    anchors: BTreeMap<usize, (Value, Size)>,
    values: usize,
    most_values: usize,
    copied: usize,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, offset: usize, file: &'a RelPath, codes: Codes) -> Self {
        let mut options = Options::default();
        // A list that is a table's value opens a level of each kind.
        options.flow_nesting_limit = DEEPEST + 1;
        options.block_nesting_limit = DEEPEST + 1;
        options.set_emit_comments(false);
        Self {
            parser: Parser::new_from_str_with_options(text, options),
            text,
            offset,
            file,
            codes,
            anchors: BTreeMap::new(),
            values: 0,
            most_values: MOST_VALUES,
            copied: 0,
            diagnostics: Vec::new(),
        }
    }

    fn documents(&mut self, documents: &mut Vec<Value>) -> Read<()> {
        while let Some((event, span)) = self.next()? {
            match event {
                // Anchors are a document's own.
                Event::DocumentStart(..) => self.anchors.clear(),
                Event::MappingStart(..)
                | Event::SequenceStart(..)
                | Event::Scalar(..)
                | Event::Alias(..) => {
                    let document = self.value(event, span, 0)?;
                    if !matches!(document.data, Data::Null) {
                        documents.push(document);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn document(&mut self) -> Read<Option<Table>> {
        let mut table = Table::default();
        let mut documents = 0;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(self.fault(
                            self.range(&span),
                            "there is more than one document here",
                            if self.in_matter() {
                                "front matter is one document; take the inner `---` away"
                            } else {
                                "this file is one document; take the inner `---` away"
                            },
                        ));
                    }
                }
                Event::MappingStart(..)
                | Event::SequenceStart(..)
                | Event::Scalar(..)
                | Event::Alias(..) => {
                    let value = self.value(event, span, 0)?;
                    match value.data {
                        Data::Table(read) => table = read,
                        Data::Null => {}
                        other => return Err(self.no_table(value.span, &other)),
                    }
                }
                _ => {}
            }
        }
        Ok(Some(table))
    }

    fn next(&mut self) -> Read<Option<(Event<'a>, Span)>> {
        match self.parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => Ok(None),
            Some(Ok(next)) => Ok(Some(next)),
            Some(Err(error)) => Err(self.syntax(&error)),
        }
    }

    /// Whether it is front matter that is read, rather than a file of rules or a catalog.
    fn in_matter(&self) -> bool {
        self.codes.syntax == Code::MatterSyntax
    }

    /// A syntax error over `range`, which lies in the file.
    fn fault(
        &self,
        range: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::new(self.codes.syntax, message)
                .at(self.file, range)
                .help(help),
        )
    }

    fn too_deep(&self, range: Range<usize>) -> Box<Diagnostic> {
        let message = format!("values are nested more than {DEEPEST} levels deep");
        Box::new(
            Diagnostic::new(Code::TooDeep, message)
                .at(self.file, range)
                .help("write it flatter"),
        )
    }

    /// The bytes of an event in the file, without the white space that a block scalar's span runs on over.
    fn range(&self, span: &Span) -> Range<usize> {
        let start = span.start.byte_offset().unwrap_or(0).min(self.text.len());
        let end = span
            .end
            .byte_offset()
            .unwrap_or(start)
            .clamp(start, self.text.len());
        let length = self
            .text
            .get(start..end)
            .map_or(0, |text| text.trim_end().len());
        self.offset + start..self.offset + start + length
    }

    fn spend(&mut self, range: &Range<usize>, values: usize, copied: usize) -> Read<()> {
        self.values += values;
        self.copied += copied;
        let message = if self.values > self.most_values {
            format!(
                "there are more than {} values here, aliases written out",
                self.most_values
            )
        } else if self.copied > MOST_COPIED {
            format!("aliases copy more than {MOST_COPIED} bytes of text")
        } else {
            return Ok(());
        };
        Err(self.fault(
            range.clone(),
            message,
            if self.in_matter() {
                "aliases of aliases make a short text a huge one: write fewer of them; in front matter, what is this \
                 long belongs in the page's text"
            } else {
                "aliases of aliases make a short text a huge one: write fewer of them"
            },
        ))
    }

    // The parser bounds nesting, so this recursion is bounded.
    fn value(&mut self, event: Event<'a>, span: Span, depth: usize) -> Read<Value> {
        let mut range = self.range(&span);
        self.spend(&range, 1, 0)?;
        let inside = matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
        if inside && depth > DEEPEST {
            return Err(self.too_deep(range));
        }
        let (data, anchor) = match event {
            Event::Alias(anchor) => {
                let Some((_, size)) = self.anchors.get(&anchor) else {
                    return Err(self.fault(
                        range,
                        "an alias stands inside the value it names",
                        "write the value out where it is needed",
                    ));
                };
                let size = *size;
                if depth + size.levels > DEEPEST + 1 {
                    return Err(self.too_deep(range));
                }
                self.spend(&range, size.values, size.bytes)?;
                let copy = self.anchors.get(&anchor).map(|(value, _)| &value.data);
                let data = copy.cloned().unwrap_or(Data::Null);
                return Ok(Value { data, span: range });
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let data = match style {
                    // Where nothing is written the parser says `~`.
                    ScalarStyle::Plain if range.is_empty() && is_text => {
                        Data::String(String::new())
                    }
                    ScalarStyle::Plain if !is_text => scalar(&text),
                    _ => Data::String(text.into_owned()),
                };
                (data, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                while let Some((event, span)) = self.next()? {
                    if matches!(event, Event::SequenceEnd) {
                        self.close(&mut range, &span);
                        break;
                    }
                    let item = self.value(event, span, depth + 1)?;
                    range.end = range.end.max(item.span.end);
                    items.push(item);
                }
                (Data::List(items), anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                let table = self.table(&mut range, depth)?;
                (Data::Table(table), anchor)
            }
            _ => (Data::Null, 0),
        };
        let value = Value { data, span: range };
        if anchor > 0 {
            let size = Size::of(&value);
            self.spend(&value.span, 0, size.bytes)?;
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok(value)
    }

    /// Ends a list or table: at its bracket, or, when it has none, where its last value ends.
    fn close(&self, range: &mut Range<usize>, end: &Span) {
        let end = self.range(end);
        if !end.is_empty() {
            range.end = range.end.max(end.end);
        }
    }

    fn table(&mut self, range: &mut Range<usize>, depth: usize) -> Read<Table> {
        let mut entries: Vec<(Key, Value)> = Vec::new();
        // Where each key stands in `entries`, and where it stood first in the file.
        let mut places: BTreeMap<String, (usize, Range<usize>)> = BTreeMap::new();
        let mut merged: Option<(Range<usize>, Value)> = None;
        while let Some((event, span)) = self.next()? {
            if matches!(event, Event::MappingEnd) {
                self.close(range, &span);
                break;
            }
            let merges =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.value(event, span, depth + 1)?;
            let name = match key.data {
                Data::String(text)
                | Data::Integer(_, text)
                | Data::Float(_, text)
                | Data::Date(_, text) => text,
                Data::Bool(value) => value.to_string(),
                other => return Err(self.no_key(key.span, &other)),
            };
            let Some((event, span)) = self.next()? else {
                break;
            };
            let value = self.value(event, span, depth + 1)?;
            range.end = range.end.max(key.span.end).max(value.span.end);
            let first = if merges {
                let first = merged.as_ref().map(|(first, _)| first.clone());
                merged = Some((first.clone().unwrap_or(key.span.clone()), value));
                first
            } else if let Some((at, first)) = places.get(&name) {
                let first = first.clone();
                if let Some(entry) = entries.get_mut(*at) {
                    *entry = (
                        Key {
                            name: name.clone(),
                            span: key.span.clone(),
                        },
                        value,
                    );
                }
                Some(first)
            } else {
                places.insert(name.clone(), (entries.len(), key.span.clone()));
                let span = key.span.clone();
                let name = name.clone();
                entries.push((Key { name, span }, value));
                None
            };
            if let Some(first) = first {
                self.diagnostics.push(
                    Diagnostic::new(
                        self.codes.duplicate,
                        format!("the key `{name}` stands twice"),
                    )
                    .at(self.file, key.span)
                    .help("keep one of them; the last one counts")
                    .related(
                        diagnostic::Span::new(self.file, first),
                        "it stands here first",
                    ),
                );
            }
        }
        if let Some((_, value)) = merged {
            for (key, value) in self.merged(value) {
                if !places.contains_key(&key.name) {
                    places.insert(key.name.clone(), (entries.len(), key.span.clone()));
                    entries.push((key, value));
                }
            }
        }
        Ok(Table {
            entries,
            language: Language::Yaml,
        })
    }

    /// What the value of `<<` brings, those that count more first.
    fn merged(&mut self, value: Value) -> Vec<(Key, Value)> {
        let sources = match value.data {
            Data::List(items) => items,
            _ => vec![value],
        };
        let mut entries = Vec::new();
        for source in sources {
            match source.data {
                Data::Table(table) => entries.extend(table.entries),
                other => {
                    let message = format!("`<<` takes a table, not {}", other.name());
                    let help = "write `<<: *name`, where `name: &name` stands before a table";
                    let fault = self.fault(source.span, message, help);
                    self.diagnostics.push(*fault);
                }
            }
        }
        entries
    }

    fn no_table(&self, range: Range<usize>, found: &Data) -> Box<Diagnostic> {
        let help = match found {
            Data::String(text) if text.contains(" = ") => {
                if self.in_matter() {
                    "YAML writes `key: value`; for `key = \"value\"` open and close the front matter with `+++`"
                } else {
                    "YAML writes `key: value`"
                }
            }
            Data::String(text) if text.contains(':') => {
                "put a space after the colon: `title: Restart the web server`"
            }
            _ if self.in_matter() => {
                "write front matter as `title: Restart the web server`, a key to a line"
            }
            _ => "write `key: value`, a key to a line",
        };
        let message = format!("expected `key: value` lines, found {}", found.name());
        self.fault(range, message, help)
    }

    fn no_key(&self, range: Range<usize>, found: &Data) -> Box<Diagnostic> {
        let line = Line::at(self.text, range.start.saturating_sub(self.offset));
        let value = self.text.get(line.value.clone()).unwrap_or_default();
        if value.starts_with("{{") || value.starts_with("{%") {
            return self.fault(
                self.offset + line.value.start..self.offset + line.value.end,
                "a value that starts with `{` is a table in YAML",
                format!(
                    "{} is no template; to mean the text itself, {}",
                    if self.in_matter() {
                        "front matter"
                    } else {
                        "this file"
                    },
                    quote(value)
                ),
            );
        }
        let message = format!("a key is a word, not {}", found.name());
        self.fault(
            range,
            message,
            "put a key that is not a plain word in quotes",
        )
    }

    /// The parser's errors in words: what is wrong, which bytes it concerns, how it is mended.
    fn syntax(&self, error: &ScanError) -> Box<Diagnostic> {
        let text = self.text;
        let place = text.floor_char_boundary(error.marker().byte_offset().unwrap_or(0));
        let line = Line::at(text, place);
        let value = text.get(line.value.clone()).unwrap_or_default();
        let within = !value.is_empty() && line.value.start <= place;
        let quoted = quote(value);
        // The value on this line, the word at the place.
        let whole = self.offset + line.value.start..self.offset + line.value.end;
        let here = text.get(place..line.end).unwrap_or_default();
        let here = here.split(char::is_whitespace).next().unwrap_or_default();
        let here = self.offset + place..self.offset + place + here.len();
        match error.kind() {
            ErrorKind::RecursionLimitExceeded => self.too_deep(here),
            ErrorKind::MappingValueNotAllowed if within => self.fault(
                whole,
                "there is a `: ` inside a value that is not in quotes",
                quoted,
            ),
            ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidIndentation => self.fault(
                here,
                "this line is indented as if it belonged to the value above",
                "the keys of one table begin in the same column",
            ),
            ErrorKind::UnexpectedCharacter { character } if character.is_control() => self.fault(
                here,
                format!("there is a control character, U+{:04X}", *character as u32),
                "take it away; it does not show in most editors",
            ),
            ErrorKind::UnexpectedCharacter { character } if within => self.fault(
                whole,
                format!("a value that is not in quotes cannot start with `{character}`"),
                quoted,
            ),
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar => self.fault(
                here,
                "there is a tab where YAML takes only spaces",
                "indent with spaces: YAML takes no tabs",
            ),
            ErrorKind::UnknownAnchor if within => self.fault(
                whole,
                "a value that starts with `*` is an alias, and nothing has this name",
                quoted,
            ),
            ErrorKind::MissingAnchorOrAliasName if within => self.fault(
                whole,
                "a value that starts with `*` or `&` is an alias or an anchor, and this has no name",
                quoted,
            ),
            ErrorKind::UnclosedQuotedScalar => self.fault(
                here,
                "a quote is opened here and never closed",
                "close it; inside single quotes a quote itself is written twice: 'it''s'",
            ),
            ErrorKind::InvalidTrailingSingleQuotedScalar
            | ErrorKind::InvalidTrailingDoubleQuotedScalar
                if within && place == line.value.start + 1 =>
            {
                self.fault(
                    whole,
                    "this quote closes one that was opened on a line above",
                    "close that one on its own line",
                )
            }
            ErrorKind::InvalidTrailingSingleQuotedScalar
            | ErrorKind::InvalidTrailingDoubleQuotedScalar
                if within =>
            {
                self.fault(whole, "there is text after the closing quote", quoted)
            }
            ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape
                if within =>
            {
                self.fault(
                    whole,
                    "there is a backslash that YAML does not know in double quotes",
                    format!("{quoted}; there a backslash is only a backslash"),
                )
            }
            ErrorKind::UnclosedFlowCollection { open } => self.fault(
                here,
                format!("the bracket `{open}` is never closed"),
                if within {
                    format!("close it, or {quoted}")
                } else {
                    "close it".to_owned()
                },
            ),
            ErrorKind::ExpectedBlockMappingKey if within && value.starts_with(['[', '{']) => {
                self.fault(whole, "there is text after the closing bracket", quoted)
            }
            ErrorKind::BlockSequenceEntryNotAllowed if within => self.fault(
                whole,
                "a value that is not in quotes cannot start with `-`",
                format!("{quoted}; the items of a list stand each on a line of its own"),
            ),
            ErrorKind::SimpleKeyExpected => self.fault(
                here,
                "there is a line without a key",
                "write `key: value`; further lines of a value are indented",
            ),
            ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry => {
                self.fault(
                    here,
                    "a key is expected here",
                    "the keys of one table begin in the same column, each followed by a colon and a space",
                )
            }
            _ => self.fault(
                here,
                error.info(),
                if within {
                    quoted
                } else {
                    "write `key: value`, a key to a line".to_owned()
                },
            ),
        }
    }
}

/// The line around a place, and the value on it: what follows the first `: `, without a comment.
struct Line {
    end: usize,
    value: Range<usize>,
}

impl Line {
    fn at(text: &str, place: usize) -> Self {
        let place = text.floor_char_boundary(place);
        let start = text[..place].rfind('\n').map_or(0, |at| at + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        let end = start + line.len();
        let value = match line.find(": ") {
            Some(colon) => {
                let rest = &line[colon + 1..];
                let rest = rest.split(" #").next().unwrap_or_default();
                let value = rest.trim();
                let before = rest.len() - rest.trim_start().len();
                let begin = start + colon + 1 + before;
                begin..begin + value.len()
            }
            None => end..end,
        };
        Self { end, value }
    }
}

/// Help that shows `value` in single quotes, if it is short enough to be shown.
fn quote(value: &str) -> String {
    if value.len() > 80 {
        return "put the value in single quotes".to_owned();
    }
    let inner = value.trim_matches(['\'', '"']).replace('\'', "''");
    format!("put the value in single quotes: '{inner}'")
}

/// How much a value holds.
#[derive(Clone, Copy)]
struct Size {
    values: usize,
    bytes: usize,
    levels: usize,
}

impl Size {
    fn of(value: &Value) -> Self {
        let mut size = Self {
            values: 1,
            bytes: 0,
            levels: 0,
        };
        match &value.data {
            Data::Null | Data::Bool(_) => {}
            Data::Integer(_, text)
            | Data::Float(_, text)
            | Data::Date(_, text)
            | Data::String(text) => size.bytes = text.len(),
            Data::List(items) => items.iter().for_each(|item| size.add(item)),
            Data::Table(table) => {
                for (key, value) in &table.entries {
                    size.values += 1;
                    size.bytes += key.name.len();
                    size.add(value);
                }
            }
        }
        if matches!(value.data, Data::List(_) | Data::Table(_)) {
            size.levels += 1;
        }
        size
    }

    fn add(&mut self, value: &Value) {
        let inner = Self::of(value);
        self.values += inner.values;
        self.bytes += inner.bytes;
        self.levels = self.levels.max(inner.levels);
    }
}

/// A plain scalar by YAML 1.2's core schema, and dates.
fn scalar(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Data::Float(f64::NAN, text.to_owned()),
        _ => {}
    }
    if let Some(date) = date(text) {
        return Data::Date(date, text.to_owned());
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(digits, ".inf" | ".Inf" | ".INF") {
        let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
        return Data::Float(sign * f64::INFINITY, text.to_owned());
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(rest) = text.strip_prefix(prefix)
            && rest.starts_with(|c: char| c.is_ascii_hexdigit())
            && let Ok(number) = i64::from_str_radix(rest, radix)
        {
            return Data::Integer(number, text.to_owned());
        }
    }
    if digits.bytes().all(|b| b.is_ascii_digit())
        && let Ok(number) = text.parse()
    {
        return Data::Integer(number, text.to_owned());
    }
    let is_float = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    match text.parse() {
        Ok(number) if is_float => Data::Float(number, text.to_owned()),
        _ => Data::String(text.to_owned()),
    }
}

/// `2026-01-31`, alone or before a time.
fn date(text: &str) -> Option<Date> {
    let (day, rest) = (text.get(..10)?, text.get(10..)?);
    let is_day = day.bytes().enumerate().all(|(i, b)| {
        if i == 4 || i == 7 {
            b == b'-'
        } else {
            b.is_ascii_digit()
        }
    });
    let is_time = rest.starts_with(['T', 't', ' '])
        && rest.contains(':')
        && rest
            .bytes()
            .all(|b| b.is_ascii_digit() || b"TtZz :.+-".contains(&b));
    (is_day && (rest.is_empty() || is_time)).then(|| day.parse().ok())?
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::super::tests::{CODES, file};
    use super::super::{Data, Table, Value};
    use super::from_yaml;
    use crate::diagnostic::Diagnostic;

    /// Where the text stands in its file.
    const OFFSET: usize = 100;

    fn show(text: &str, finding: &Diagnostic) -> String {
        assert!(finding.help.is_some(), "{text:?}: no help");
        let range = finding.span.clone().unwrap().range;
        let marked = &text[range.start - OFFSET..range.end - OFFSET];
        format!("{} [{marked}] {}", finding.code.id(), finding.message)
    }

    /// Reads `text`; each finding is expected as `id [marked text] message`.
    fn check(text: &str, expected: &[&str]) {
        let read = from_yaml(text, OFFSET, &file(), CODES);
        let found: Vec<_> = read.diagnostics.iter().map(|d| show(text, d)).collect();
        let short: String = text.chars().take(40).collect();
        assert_eq!(found, expected, "{short:?}");
    }

    #[test]
    fn scalars_are_those_of_the_core_schema() {
        let string = |text: &str| Data::String(text.to_owned());
        let date = jiff::civil::date(2026, 1, 31);
        for (text, expected) in [
            ("no", string("no")),
            ("yes", string("yes")),
            ("on", string("on")),
            ("off", string("off")),
            ("~", Data::Null),
            ("", Data::Null),
            ("!!str", string("")),
            ("\"\"", string("")),
            ("True", Data::Bool(true)),
            ("'true'", string("true")),
            ("1.10", Data::Float(1.1, "1.10".into())),
            ("010", Data::Integer(10, "010".into())),
            ("!!str 010", string("010")),
            ("-7", Data::Integer(-7, "-7".into())),
            ("0x1F", Data::Integer(31, "0x1F".into())),
            ("0o17", Data::Integer(15, "0o17".into())),
            ("0x-1", string("0x-1")),
            ("1e3", Data::Float(1000.0, "1e3".into())),
            ("-.inf", Data::Float(f64::NEG_INFINITY, "-.inf".into())),
            (".nan", Data::Float(f64::NAN, ".nan".into())),
            ("1_000", string("1_000")),
            ("1.2.3", string("1.2.3")),
            ("10:30", string("10:30")),
            ("+", string("+")),
            (".", string(".")),
            ("2026-01-31", Data::Date(date, "2026-01-31".into())),
            (
                "2026-01-31T10:00:00Z",
                Data::Date(date, "2026-01-31T10:00:00Z".into()),
            ),
            ("2026-02-30", string("2026-02-30")),
            ("2026-01-31 outage", string("2026-01-31 outage")),
            ("50% off", string("50% off")),
            ("é # c", string("é")),
        ] {
            let read = from_yaml(&format!("a: {text}\n"), 0, &file(), CODES);
            assert!(read.diagnostics.is_empty(), "{text}");
            assert_eq!(
                read.value.unwrap().get("a").unwrap().data,
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn spans_are_those_of_the_file() {
        for (text, expected) in [
            ("é: é\nb: 'ü'", &["é", "é", "b", "'ü'"][..]),
            ("\u{feff}é: x # c\n\n", &["é", "x"]),
            ("a: &x !!str 1\nb: *x", &["a", "1", "b", "*x"]),
            ("a: [1, é ]  # c\nb:", &["a", "[1, é ]", "1", "é", "b", ""]),
            // A list or table in block style ends with its last value, not before the next key.
            (
                "a:\n- x\n- é # z\n\n# c\nb: 1",
                &["a", "x\n- é", "x", "é", "b", "1"],
            ),
            (
                "a:\r\n  b: c\r\n\r\nd: {e: f}\r\n",
                &["a", "b: c", "b", "c", "d", "{e: f}", "e", "f"],
            ),
            (
                "a: |\n  x\n\n  y\n\nb: p\n  q\n",
                &["a", "x\n\n  y", "b", "p\n  q"],
            ),
        ] {
            let read = from_yaml(text, OFFSET, &file(), CODES);
            assert!(read.diagnostics.is_empty(), "{text:?}");
            let mut found = Vec::new();
            walk(&read.value.unwrap(), &mut |range| {
                found.push(&text[range.start - OFFSET..range.end - OFFSET]);
            });
            assert_eq!(found, expected, "{text:?}");
        }
    }

    fn walk(table: &Table, see: &mut impl FnMut(std::ops::Range<usize>)) {
        for (key, value) in table.iter() {
            see(key.span.clone());
            walk_value(value, see);
        }
    }

    fn walk_value(value: &Value, see: &mut impl FnMut(std::ops::Range<usize>)) {
        see(value.span.clone());
        match &value.data {
            Data::List(items) => items.iter().for_each(|item| walk_value(item, see)),
            Data::Table(table) => walk(table, see),
            _ => {}
        }
    }

    #[test]
    fn syntax_errors_say_where_and_how_to_mend_it() {
        // The text, the finding, a part of its help.
        for (text, finding, help) in [
            (
                "é: 1\ntitle: Foo: bar # c",
                "[Foo: bar] there is a `: ` inside a value that is not in quotes",
                "'Foo: bar'",
            ),
            (
                "title: It's: so",
                "[It's: so] there is a `: ` inside a value that is not in quotes",
                "'It''s: so'",
            ),
            (
                "a: @b",
                "[@b] a value that is not in quotes cannot start with `@`",
                "'@b'",
            ),
            (
                "a: `b`",
                "[`b`] a value that is not in quotes cannot start with ```",
                "'`b`'",
            ),
            (
                "a: %b",
                "[%b] a value that is not in quotes cannot start with `%`",
                "'%b'",
            ),
            (
                "a: *b*",
                "[*b*] a value that starts with `*` is an alias, and nothing has this name",
                "'*b*'",
            ),
            (
                "a: - b",
                "[- b] a value that is not in quotes cannot start with `-`",
                "'- b'",
            ),
            (
                "a: [b] c\nd: 1",
                "[[b] c] there is text after the closing bracket",
                "'[b] c'",
            ),
            (
                "a: \"b\" c",
                "[\"b\" c] there is text after the closing quote",
                "'b\" c'",
            ),
            (
                "a: 'it's'",
                "['it's'] there is text after the closing quote",
                "'it''s'",
            ),
            (
                "a: 'b\nc: 'd'\n",
                "['d'] this quote closes one that was opened on a line above",
                "own line",
            ),
            (
                "a: \"C:\\dir\"",
                "[\"C:\\dir\"] there is a backslash that YAML does not know in double quotes",
                "'C:\\dir'",
            ),
            (
                "a: 'b\n",
                "['b] a quote is opened here and never closed",
                "close it",
            ),
            ("a: [b\n", "[[b] the bracket `[` is never closed", "'[b'"),
            (
                "a: {{ b }}\n",
                "[{{ b }}] a value that starts with `{` is a table in YAML",
                "'{{ b }}'",
            ),
            (
                "a:\n\tb: c",
                "[b:] there is a tab where YAML takes only spaces",
                "spaces",
            ),
            (
                "a: b\n  c: d",
                "[:] this line is indented as if it belonged to the value above",
                "same column",
            ),
            (
                "a: 1\nbc",
                "[bc] there is a line without a key",
                "key: value",
            ),
            (
                "a: \u{7}b",
                "[\u{7}b] there is a control character, U+0007",
                "take it away",
            ),
            (
                "a: b\0",
                "[\0] there is a control character, U+0000",
                "take it away",
            ),
            (
                "- a\n- é\n",
                "[- a\n- é] expected `key: value` lines, found a list",
                "a key to a line",
            ),
            (
                "words",
                "[words] expected `key: value` lines, found a string",
                "a key to a line",
            ),
            (
                "a = \"b\"",
                "[a = \"b\"] expected `key: value` lines, found a string",
                "`+++`",
            ),
            (
                "a:b",
                "[a:b] expected `key: value` lines, found a string",
                "a space after the colon",
            ),
            (
                "a: 1\n---\nb: 2\n",
                "[---] there is more than one document here",
                "inner `---`",
            ),
            ("[a]: b", "[[a]] a key is a word, not a list", "quotes"),
            (
                "a: &x [*x]",
                "[*x] an alias stands inside the value it names",
                "write the value out",
            ),
            (
                "<<: 3",
                "[3] `<<` takes a table, not a whole number",
                "`<<: *name`",
            ),
        ] {
            let read = from_yaml(text, OFFSET, &file(), CODES);
            let found: Vec<_> = read.diagnostics.iter().map(|d| show(text, d)).collect();
            assert_eq!(found, [format!("BND0201 {finding}")], "{text:?}");
            let found = read.diagnostics[0].help.clone().unwrap();
            assert!(found.contains(help), "{text:?}: {found}");
        }
    }

    #[test]
    fn the_last_of_two_keys_counts() {
        let text = "é: 1\nb: 2\né: 3\né: 4\n";
        check(text, &["BND0205 [é] the key `é` stands twice"; 2]);
        let read = from_yaml(text, OFFSET, &file(), CODES);
        for (finding, start) in read.diagnostics.iter().zip([11, 17]) {
            assert_eq!(
                finding.span.as_ref().unwrap().range,
                OFFSET + start..OFFSET + start + 2
            );
            assert_eq!(finding.related[0].0.range, OFFSET..OFFSET + 2);
        }
        assert_eq!(
            serde_json::to_string(&read.value).unwrap(),
            r#"{"é":4,"b":2}"#
        );
    }

    #[test]
    fn aliases_and_merge_keys() {
        for (text, json) in [
            ("a: &x [1]\nb: *x", r#"{"a":[1],"b":[1]}"#),
            ("&x a: *x", r#"{"a":"a"}"#),
            (
                "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3",
                r#"{"a":{"p":1,"q":2},"b":{"q":3,"p":1}}"#,
            ),
            ("<<: [{p: 1}, {p: 2, q: 2}]", r#"{"p":1,"q":2}"#),
            ("\"<<\": {p: 1}", r#"{"<<":{"p":1}}"#),
        ] {
            check(text, &[]);
            let table = from_yaml(text, 0, &file(), CODES).value.unwrap();
            assert_eq!(serde_json::to_string(&table).unwrap(), json, "{text}");
        }
    }

    #[test]
    fn bombs_are_found_before_they_go_off() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for n in 1..30 {
            let aliases = vec![format!("*a{}", n - 1); 9].join(", ");
            let _ = writeln!(bomb, "a{n}: &a{n} [{aliases}]");
        }
        let long = "x".repeat(1 << 19);
        let text = format!("a: &a {long}\nb: [{}]\n", "*a, ".repeat(5000));
        let nested = format!("a: {}{long}{}\n", "&a [".repeat(30), "]".repeat(30));
        let many: String = (0..20_000).map(|n| format!("k{n}: 1\n")).collect();
        let quadratic = (1..400).fold("a0: &a0 x\n".to_owned(), |mut text, n| {
            let _ = writeln!(text, "a{n}: &a{n} [*a{}]", n - 1);
            text
        });
        for (text, message) in [
            (bomb, "more than 10000 values"),
            (text, "aliases copy more than"),
            (nested, "aliases copy more than"),
            (many, "more than 10000 values"),
            // Each alias adds a level to the one before it.
            (quadratic, "levels deep"),
        ] {
            let read = from_yaml(&text, 0, &file(), CODES);
            assert!(read.value.is_none());
            assert_eq!(read.diagnostics.len(), 1);
            assert!(
                read.diagnostics[0].message.contains(message),
                "{:?}",
                read.diagnostics
            );
        }
    }

    #[test]
    fn depth_is_bounded() {
        let flow = |depth| format!("a: {}1{}", "[".repeat(depth), "]".repeat(depth));
        let block = |depth| {
            (0..=depth)
                .map(|n| format!("{}a:\n", " ".repeat(n)))
                .collect::<String>()
        };
        check(&flow(64), &[]);
        check(&block(64), &[]);
        for text in [
            flow(65),
            flow(20_000),
            block(65),
            block(2_000),
            "[".repeat(20_000),
            "a: ".to_owned() + &"[".repeat(20_000),
            "- ".repeat(20_000),
            "? ".repeat(20_000),
            "{a: ".repeat(20_000),
            // Half in block style, half in flow style.
            block(40) + &" ".repeat(42) + &"[".repeat(40) + &"]".repeat(40),
        ] {
            let read = from_yaml(&text, 0, &file(), CODES);
            let found: Vec<_> = read.diagnostics.iter().map(|d| d.code.id()).collect();
            assert_eq!(
                found,
                ["BND0006"],
                "{}",
                text.chars().take(40).collect::<String>()
            );
            assert!(read.diagnostics[0].help.as_ref().unwrap().len() < 200);
        }
    }

    #[test]
    fn nothing_is_an_empty_table() {
        for text in ["", "\n", "# c\n", "~\n", "---\n", "{}", "\u{feff}", "\r\n"] {
            let read = from_yaml(text, 0, &file(), CODES);
            assert!(read.diagnostics.is_empty(), "{text:?}");
            assert!(read.value.unwrap().is_empty(), "{text:?}");
        }
    }

    #[test]
    fn line_ends_and_a_mark_make_no_difference() {
        let text = "a: é\nb: |\n  x\n  y\nc: [1,\n 2]\nd: 'p\n  q'\n";
        let unix = from_yaml(text, 0, &file(), CODES).value;
        for text in [text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
            assert_eq!(from_yaml(&text, 0, &file(), CODES).value, unix);
        }
    }
}
