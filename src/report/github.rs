//! Diagnostics as commands to a GitHub workflow, one a line:
//! `::error file=…,line=…,col=…,endLine=…,endColumn=…,title=…::message`.

use std::fmt::Write;

use crate::diagnostic::{Diagnostic, Span};

use super::{Files, Root, Source, shown, visible, word};

/// One command for each finding; help and related places follow the message on lines of their own. File
/// names start at the root of the repository.
pub fn github(diagnostics: &[Diagnostic], source: Source<'_, '_>, root: &Root) -> String {
    let mut files = Files::new(source);
    let mut out = String::new();
    for diagnostic in shown(diagnostics) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "::{} {}title={}::{}",
            word(diagnostic.severity),
            place(diagnostic, &mut files, root),
            diagnostic.code.id(),
            data(&message(diagnostic, &mut files, root)),
        );
    }
    out
}

/// The properties that say where, each with a comma after it. GitHub refuses columns when a place has several
/// lines.
fn place<'d>(diagnostic: &'d Diagnostic, files: &mut Files<'d, '_, '_>, root: &Root) -> String {
    let Some(span) = &diagnostic.span else {
        return String::new();
    };
    let file = property(&root.name(&span.file));
    match files.span(span) {
        None => format!("file={file},"),
        Some((start, end)) if start.line == end.line => format!(
            "file={file},line={},col={},endLine={},endColumn={},",
            start.line, start.column, end.line, end.column
        ),
        Some((start, end)) => format!("file={file},line={},endLine={},", start.line, end.line),
    }
}

fn message<'d>(diagnostic: &'d Diagnostic, files: &mut Files<'d, '_, '_>, root: &Root) -> String {
    let mut message = diagnostic.message.clone();
    let mut add = |word: &str, text: &str| {
        let _ = write!(message, "\n{word}: {text}");
    };
    if let Some(help) = &diagnostic.help {
        add("help", help);
    }
    for (span, note) in &diagnostic.related {
        add("note", &format!("{note} ({})", named(span, files, root)));
    }
    message
}

/// `db/failover.md:12:5`.
fn named<'d>(span: &'d Span, files: &mut Files<'d, '_, '_>, root: &Root) -> String {
    let file = root.name(&span.file);
    match files.span(span) {
        Some((start, _)) => format!("{file}:{}:{}", start.line, start.column),
        None => file,
    }
}

/// Escapes what stands after the second `::`.
fn data(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(['%', '\r', '\n']) {
        let (text, last) = match piece.as_bytes().last() {
            Some(b'%') => (&piece[..piece.len() - 1], "%25"),
            Some(b'\r') => (&piece[..piece.len() - 1], "%0D"),
            Some(b'\n') => (&piece[..piece.len() - 1], "%0A"),
            _ => (piece, ""),
        };
        out.push_str(&visible::text(text));
        out.push_str(last);
    }
    out
}

/// Escapes the value of a property.
fn property(value: &str) -> String {
    data(value).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::Root;
    use super::{data, github, property};
    use crate::diagnostic::{Code, Diagnostic, Span};
    use crate::path::RelPath;

    fn source(file: &RelPath) -> Option<&'static str> {
        match file.as_str() {
            "a.md" => Some("ä [x](y)\nnext\n"),
            _ => None,
        }
    }

    fn file(name: &str) -> RelPath {
        RelPath::new(name).unwrap()
    }

    #[test]
    fn commands() {
        let link = || Diagnostic::new(Code::BrokenLink, "`y` is not there");
        let cases = [
            (
                Diagnostic::new(Code::NoConfig, "m"),
                "::error title=BND0104::m\n",
            ),
            (
                link().at(&file("a.md"), 3..9),
                "::error file=a.md,line=1,col=3,endLine=1,endColumn=9,title=BND0301::`y` is not there\n",
            ),
            // Columns are for one line; the line end at the end of a span is not counted.
            (
                link().at(&file("a.md"), 3..12),
                "::error file=a.md,line=1,endLine=2,title=BND0301::`y` is not there\n",
            ),
            (
                link().at(&file("a.md"), 0..10),
                "::error file=a.md,line=1,col=1,endLine=1,endColumn=9,title=BND0301::`y` is not there\n",
            ),
            (
                link().at(&file("gone.md"), 3..9),
                "::error file=gone.md,title=BND0301::`y` is not there\n",
            ),
            (
                Diagnostic::new(Code::EmptyPage, "50% of\r\nnothing: a, b")
                    .at(&file("a,b: 100%.md"), 0..0)
                    .help("write")
                    .related(Span::new(&file("a.md"), 10..11), "as here")
                    .related(Span::start(&file("gone.md")), "or here"),
                "::warning file=a%2Cb%3A 100%25.md,title=BND0007::50%25 of%0D%0Anothing: a, b\
                 %0Ahelp: write%0Anote: as here (a.md:2:1)%0Anote: or here (gone.md)\n",
            ),
        ];
        for (diagnostic, expected) in cases {
            assert_eq!(github(&[diagnostic], &source, &Root::default()), expected);
        }
        assert_eq!(github(&[], &source, &Root::default()), "");
    }

    #[test]
    fn nothing_starts_a_command_of_its_own() {
        let hostile = "x\n::set-output name=a::b\r\x1b[31m\u{9b}2J\u{202e}";
        let file = file(hostile);
        let text = github(
            &[Diagnostic::new(Code::BrokenLink, hostile)
                .at(&file, 0..1)
                .help(hostile)
                .related(Span::start(&file), hostile)],
            &source,
            &Root::default(),
        );
        assert_eq!(text.lines().count(), 1);
        assert!(!text.trim_end().chars().any(char::is_control));
    }

    #[test]
    fn escapes() {
        assert_eq!(data("a%b\rc\nd:e,f\x1b"), "a%25b%0Dc%0Ad:e,f␛");
        assert_eq!(property("a%b\rc\nd:e,f\x1b"), "a%25b%0Dc%0Ad%3Ae%2Cf␛");
        assert_eq!(data("%25%\n"), "%2525%25%0A");
        assert_eq!(data(""), "");
    }
}
