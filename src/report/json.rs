//! Diagnostics as JSON: one object with everything that is known, for programs.

use std::fmt::Write;

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Span};
use crate::path::RelPath;

use super::{Files, Source, shown, visible, word};

/// Grows when a field changes its meaning or goes away; new fields do not count.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'d> {
    version: u32,
    diagnostics: Vec<Entry<'d>>,
}

#[derive(Serialize)]
struct Entry<'d> {
    code: &'static str,
    class: &'static str,
    severity: &'static str,
    message: &'d str,
    #[serde(flatten)]
    place: Place<'d>,
    help: Option<&'d str>,
    related: Vec<Related<'d>>,
}

/// Lines and columns as in [`super::Position`], the end exclusive; `null` when the text is not to be had.
#[derive(Serialize, Default)]
struct Place<'d> {
    file: Option<&'d RelPath>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
}

#[derive(Serialize)]
struct Related<'d> {
    message: &'d str,
    #[serde(flatten)]
    place: Place<'d>,
}

impl<'d> Place<'d> {
    fn of(span: &'d Span, files: &mut Files<'d, '_, '_>) -> Self {
        let (start, end) = files.span(span).unzip();
        Self {
            file: Some(&span.file),
            line: start.map(|p| p.line),
            column: start.map(|p| p.column),
            end_line: end.map(|p| p.line),
            end_column: end.map(|p| p.column),
        }
    }
}

/// `{"version":1,"diagnostics":[…]}` on one line.
pub fn json(diagnostics: &[Diagnostic], source: Source<'_, '_>) -> String {
    let mut files = Files::new(source);
    let report = Report {
        version: VERSION,
        diagnostics: shown(diagnostics)
            .into_iter()
            .map(|d| entry(d, &mut files))
            .collect(),
    };
    // A value of strings and numbers always serialises.
    let text = serde_json::to_string(&report).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c == '\u{7f}' || visible::hides(c) {
            // Such a character can only stand inside a string. Writing to a String cannot fail.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

fn entry<'d>(diagnostic: &'d Diagnostic, files: &mut Files<'d, '_, '_>) -> Entry<'d> {
    Entry {
        code: diagnostic.code.id(),
        class: diagnostic.code.class(),
        severity: word(diagnostic.severity),
        message: &diagnostic.message,
        place: match &diagnostic.span {
            Some(span) => Place::of(span, files),
            None => Place::default(),
        },
        help: diagnostic.help.as_deref(),
        related: diagnostic
            .related
            .iter()
            .map(|(span, message)| Related {
                message,
                place: Place::of(span, files),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::json;
    use crate::diagnostic::{Code, Diagnostic, Span};
    use crate::path::RelPath;
    use crate::report::visible;

    fn source(file: &RelPath) -> Option<&'static str> {
        match file.as_str() {
            "a.md" => Some("ä [x](y)\nnext\n"),
            _ => None,
        }
    }

    #[test]
    fn every_field() {
        let a = RelPath::new("a.md").unwrap();
        let gone = RelPath::new("gone.md").unwrap();
        let all = [
            Diagnostic::new(Code::NoConfig, "there is no `site.toml`"),
            Diagnostic::new(Code::LinkToDraft, "draft")
                .at(&a, 3..13)
                .help("publish it")
                .related(Span::start(&gone), "the draft"),
        ];
        let found: serde_json::Value = serde_json::from_str(&json(&all, &source)).unwrap();
        let expected = serde_json::json!({
            "version": 1,
            "diagnostics": [
                {
                    "code": "BND0104", "class": "no-config", "severity": "error",
                    "message": "there is no `site.toml`",
                    "file": null, "line": null, "column": null, "end_line": null, "end_column": null,
                    "help": null, "related": []
                },
                {
                    "code": "BND0310", "class": "link-to-draft", "severity": "warning",
                    "message": "draft",
                    "file": "a.md", "line": 1, "column": 3, "end_line": 2, "end_column": 4,
                    "help": "publish it",
                    "related": [{
                        "message": "the draft",
                        "file": "gone.md", "line": null, "column": null, "end_line": null, "end_column": null
                    }]
                }
            ]
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn hostile_text_comes_back_whole_and_steers_nothing() {
        for hostile in [
            "\"\\\u{8}\x1b[31m\0\r\n",
            "\u{9b}2J\u{7f}",
            "\u{202e}\u{2028}\u{e0041}",
            "ä 日本 🦀",
        ] {
            let file = RelPath::new(&hostile.replace('\0', "")).unwrap();
            let all = [Diagnostic::new(Code::BrokenLink, hostile)
                .at(&file, 0..1)
                .help(hostile)
                .related(Span::start(&file), hostile)];
            let text = json(&all, &source);
            assert!(
                !text
                    .trim_end()
                    .chars()
                    .any(|c| c.is_control() || visible::hides(c))
            );
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            let found = &value["diagnostics"][0];
            assert_eq!(found["message"], hostile);
            assert_eq!(found["help"], hostile);
            assert_eq!(found["file"], file.as_str());
            assert_eq!(found["related"][0]["message"], hostile);
        }
    }

    #[test]
    fn nothing() {
        assert_eq!(json(&[], &source), "{\"version\":1,\"diagnostics\":[]}\n");
    }
}
