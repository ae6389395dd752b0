//! YAML as spanned values: the core schema of YAML 1.2, so `no` is a word and not `false`.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span};
use jiff::civil::Date;

use super::{Codes, DEEPEST, Data, Key, Table, Value};
use crate::diagnostic::{Checked, Code, Diagnostic};
use crate::path::RelPath;

/// Most values that aliases may expand to (a bomb has billions, a person a few).
const BUDGET: usize = 10_000;

/// Reads `text`, which starts at byte `offset` of `file`. `None` on a syntax error.
pub fn from_yaml(
    text: &str,
    offset: usize,
    file: &RelPath,
    codes: Codes,
) -> Checked<Option<Table>> {
    let mut options = Options::default();
    options.flow_nesting_limit = DEEPEST;
    options.block_nesting_limit = DEEPEST;
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options),
        text,
        offset,
        file,
        codes,
        anchors: BTreeMap::new(),
        spent: 0,
        diagnostics: Vec::new(),
    };
    let table = reader.document().unwrap_or_else(|failure| {
        reader.diagnostics.push(*failure);
        None
    });
    Checked::new(table, reader.diagnostics)
}

type Read<T> = Result<T, Box<Diagnostic>>;

struct Reader<'a> {
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    text: &'a str,
    offset: usize,
    file: &'a RelPath,
    codes: Codes,
    anchors: BTreeMap<usize, Value>,
    spent: usize,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Read<Option<Table>> {
        let mut table = None;
        let mut documents = 0;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Box::new(
                            Diagnostic::new(
                                self.codes.syntax,
                                "there is more than one document here",
                            )
                            .at(self.file, self.range(&span))
                            .help("front matter is one document; take the inner `---` away"),
                        ));
                    }
                }
                Event::MappingStart(..)
                | Event::SequenceStart(..)
                | Event::Scalar(..)
                | Event::Alias(..) => {
                    let value = self.value(event, span, 0)?;
                    match value.data {
                        Data::Table(read) => table = Some(read),
                        Data::Null => {}
                        _ => {
                            return Err(Box::new(
                                Diagnostic::new(
                                    self.codes.syntax,
                                    format!("expected `key: value` lines, found {}", value.data.name()),
                                )
                                .at(self.file, value.span)
                                .help("write front matter as `title: Restart the web server`, a key to a line"),
                            ));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(Some(table.unwrap_or_default()))
    }

    fn next(&mut self) -> Read<Option<(Event<'a>, Span)>> {
        loop {
            match self.parser.next_event() {
                None | Some(Ok((Event::StreamEnd, _))) => return Ok(None),
                // Comments and the like are no values.
                Some(Ok((Event::Anchor(..), _))) => {}
                Some(Ok(next)) => return Ok(Some(next)),
                Some(Err(error)) => {
                    let place = error
                        .marker()
                        .byte_offset()
                        .unwrap_or(0)
                        .min(self.text.len());
                    let info = error.info();
                    let deep = info.contains("nest")
                        || info.contains("recursion")
                        || info.contains("depth");
                    let code = if deep {
                        Code::TooDeep
                    } else {
                        self.codes.syntax
                    };
                    return Err(Box::new(
                        Diagnostic::new(code, info.to_lowercase())
                            .at(self.file, self.offset + place..self.offset + place)
                            .help(help(self.text, place)),
                    ));
                }
            }
        }
    }

    fn range(&self, span: &Span) -> Range<usize> {
        let start = span.start.byte_offset().unwrap_or(0).min(self.text.len());
        let end = span
            .end
            .byte_offset()
            .unwrap_or(start)
            .clamp(start, self.text.len());
        // A block scalar's or mapping's span runs on to the next token.
        let trimmed = start
            + self
                .text
                .get(start..end)
                .map_or(0, |text| text.trim_end().len());
        self.offset + start..self.offset + trimmed
    }

    fn spend(&mut self, range: &Range<usize>, count: usize) -> Read<()> {
        self.spent += count;
        if self.spent > BUDGET {
            return Err(Box::new(
                Diagnostic::new(
                    self.codes.syntax,
                    format!("aliases expand to more than {BUDGET} values"),
                )
                .at(self.file, range.clone())
                .help("write the values out where they are needed"),
            ));
        }
        Ok(())
    }

    // Nesting is bounded by the parser's own limits, so this recursion is too.
    fn value(&mut self, event: Event<'a>, span: Span, depth: usize) -> Read<Value> {
        let mut range = self.range(&span);
        self.spend(&range, 1)?;
        if depth > DEEPEST {
            return Err(Box::new(
                Diagnostic::new(
                    Code::TooDeep,
                    format!("values are nested more than {DEEPEST} levels deep"),
                )
                .at(self.file, range),
            ));
        }
        let (data, anchor) = match event {
            Event::Alias(anchor) => {
                let Some(value) = self.anchors.get(&anchor).cloned() else {
                    return Err(Box::new(
                        Diagnostic::new(
                            self.codes.syntax,
                            "an alias stands inside the value it names",
                        )
                        .at(self.file, range),
                    ));
                };
                self.spend(&range, weight(&value))?;
                return Ok(Value {
                    data: value.data,
                    span: range,
                });
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let plain = style == ScalarStyle::Plain && !is_text;
                let data = if plain {
                    scalar(&text)
                } else {
                    Data::String(text.into_owned())
                };
                (data, anchor)
            }
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                while let Some((event, span)) = self.next()? {
                    if matches!(event, Event::SequenceEnd) {
                        range.end = self.range(&span).end.max(range.end);
                        break;
                    }
                    items.push(self.value(event, span, depth + 1)?);
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
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn table(&mut self, range: &mut Range<usize>, depth: usize) -> Read<Table> {
        let mut table = Table::default();
        let mut merged = Vec::new();
        while let Some((event, span)) = self.next()? {
            if matches!(event, Event::MappingEnd) {
                range.end = self.range(&span).end.max(range.end);
                break;
            }
            let key = self.value(event, span, depth + 1)?;
            let name = match key.data {
                Data::String(text)
                | Data::Integer(_, text)
                | Data::Float(_, text)
                | Data::Date(_, text) => text,
                Data::Bool(value) => value.to_string(),
                other => {
                    return Err(Box::new(
                        Diagnostic::new(
                            self.codes.syntax,
                            format!("a key is a word, this is {}", other.name()),
                        )
                        .at(self.file, key.span)
                        .help("a value that starts with `{` or `[` stands in quotes"),
                    ));
                }
            };
            let Some((event, span)) = self.next()? else {
                break;
            };
            let value = self.value(event, span, depth + 1)?;
            if name == "<<" {
                merged.push(value);
                continue;
            }
            let key = Key {
                name,
                span: key.span,
            };
            let (name, span) = (key.name.clone(), key.span.clone());
            if let Some(first) = table.insert(key, value) {
                self.diagnostics.push(
                    Diagnostic::new(
                        self.codes.duplicate,
                        format!("the key `{name}` stands twice"),
                    )
                    .at(self.file, span)
                    .help("keep one of them; the last one counts")
                    .related(
                        crate::diagnostic::Span::new(self.file, first),
                        "it stands here first",
                    ),
                );
            }
        }
        for value in merged {
            let sources = match value.data {
                Data::Table(source) => vec![source],
                Data::List(items) => items
                    .into_iter()
                    .filter_map(|item| {
                        if let Data::Table(source) = item.data {
                            Some(source)
                        } else {
                            None
                        }
                    })
                    .collect(),
                _ => Vec::new(),
            };
            for (key, value) in sources.into_iter().flat_map(|source| source.entries) {
                if table.get(&key.name).is_none() {
                    table.insert(key, value);
                }
            }
        }
        Ok(table)
    }
}

/// How many values `value` holds, itself included.
fn weight(value: &Value) -> usize {
    match &value.data {
        Data::List(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Data::Table(table) => {
            1 + table
                .iter()
                .map(|(_, value)| 1 + weight(value))
                .sum::<usize>()
        }
        _ => 1,
    }
}

/// A plain scalar by YAML 1.2's core schema, and dates.
fn scalar(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        _ => {}
    }
    if let Some(date) = date(text) {
        return Data::Date(date, text.to_owned());
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Data::String(text.to_owned());
    }
    if digits.bytes().all(|b| b.is_ascii_digit())
        && let Ok(number) = text.parse()
    {
        return Data::Integer(number, text.to_owned());
    }
    let is_float = digits
        .bytes()
        .all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    match text.parse() {
        Ok(number) if is_float => Data::Float(number, text.to_owned()),
        _ => Data::String(text.to_owned()),
    }
}

/// `2026-01-31`, alone or before a time.
fn date(text: &str) -> Option<Date> {
    let day = text.get(..10)?;
    let rest = &text[10..];
    let fine = day.bytes().enumerate().all(|(i, b)| {
        if i == 4 || i == 7 {
            b == b'-'
        } else {
            b.is_ascii_digit()
        }
    });
    (fine && (rest.is_empty() || rest.starts_with(['T', 't', ' ']))).then(|| day.parse().ok())?
}

/// What to do about a syntax error at `place`.
fn help(text: &str, place: usize) -> String {
    let floor = text[..text.floor_char_boundary(place)]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let line = text[floor..].lines().next().unwrap_or_default();
    let value = line.split_once(": ").map_or("", |(_, value)| value.trim());
    if line.contains('\t') {
        "indent with spaces: YAML takes no tabs".to_owned()
    } else if line.contains(" = ") && !line.contains(": ") {
        "YAML writes `key: value`; for `key = \"value\"` open and close the front matter with `+++`"
            .to_owned()
    } else if value.contains(": ")
        || value.starts_with(['@', '`', '%', '*', '&', '!', '|', '>', '{', '[', '"', '\''])
    {
        format!(
            "put the value in single quotes: '{}'",
            value.trim_matches(['\'', '"']).replace('\'', "''")
        )
    } else {
        "a value with `: `, `#`, quotes or brackets in it stands in single quotes".to_owned()
    }
}
