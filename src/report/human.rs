//! Diagnostics for people, as rustc shows them: what is wrong, the line it stands in, what to do.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use annotate_snippets::renderer::DEFAULT_EMPHASIS_STYLE;
use rayon::prelude::*;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Padding, Renderer, Snippet};

use crate::diagnostic::{Code, Diagnostic, Severity, Span};

use super::{Files, Lines, Source, shown, visible};

/// How findings look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour them with ANSI escapes.
    pub color: bool,
    /// The width of the terminal, in columns; longer source lines are cut.
    pub width: usize,
    /// How many findings of one class are shown; the rest is counted.
    pub limit: Option<usize>,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 120,
            limit: None,
        }
    }
}

/// The most that is shown of a source line, in columns, however wide the terminal is: more is not read.
const WIDEST: usize = 200;

/// The least that is shown of a source line, however narrow the terminal is.
const NARROWEST: usize = 20;

/// What stands left of a source line: its number, ` | `, and room for a bracket around several lines.
const GUTTER: usize = 10;

/// A span over more lines is shown by its first.
const MOST_LINES: usize = 6;

/// Most findings that one thread lays out at once.
const AT_ONCE: usize = 64;

/// Each finding followed by an empty line.
pub fn human(diagnostics: &[Diagnostic], source: Source<'_, '_>, style: Style) -> String {
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    // The lines are cut before, without reading them whole.
    let renderer = renderer.term_width(WIDEST * 100);
    let mut seen: BTreeMap<Code, usize> = BTreeMap::new();
    let told: Vec<&Diagnostic> = shown(diagnostics)
        .into_iter()
        .filter(|diagnostic| {
            let seen = seen.entry(diagnostic.code).or_default();
            *seen += 1;
            style.limit.is_none_or(|limit| *seen <= limit)
        })
        .collect();
    let parts = told.par_chunks(AT_ONCE).map(|told| {
        let mut files = Files::new(source);
        let mut out = String::new();
        for diagnostic in told {
            out.push_str(&renderer.render(&groups(diagnostic, &mut files, style)));
            out.push_str("\n\n");
        }
        out
    });
    let mut out: String = parts.collect();
    for (code, seen) in seen {
        let more = style.limit.map_or(0, |limit| seen.saturating_sub(limit));
        if more > 0 {
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "… and {more} more like these: {}[{}]",
                code.class(),
                code.id()
            );
        }
    }
    out
}

/// A finding in the pieces that annotate-snippets lays out. A group each for title, place and source: a
/// snippet with a path would count its columns in the cut line.
fn groups<'d>(
    diagnostic: &'d Diagnostic,
    files: &mut Files<'d, '_, '_>,
    style: Style,
) -> Vec<Group<'static>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning | Severity::Off => Level::WARNING,
    };
    let title = title(&diagnostic.message, style);
    let title = level
        .clone()
        .secondary_title(title)
        .id(diagnostic.code.id());
    let mut groups = vec![Group::with_title(title)];
    if let Some(span) = &diagnostic.span {
        place(&mut groups, span, level, files, style);
    }
    if let Some(help) = &diagnostic.help {
        let help = Level::HELP.message(visible::text(help));
        if let Some(last) = groups.pop() {
            groups.push(last.element(Padding).element(help));
        }
    }
    for (span, note) in &diagnostic.related {
        let title = Level::NOTE.secondary_title(visible::text(note));
        groups.push(Group::with_title(title));
        place(&mut groups, span, Level::NOTE, files, style);
    }
    groups
}

/// The message, each of its lines in bold.
fn title(message: &str, style: Style) -> String {
    let message = visible::text(message);
    if !style.color {
        return message;
    }
    let bold = DEFAULT_EMPHASIS_STYLE;
    let lines: Vec<String> = message
        .split('\n')
        .map(|line| format!("{bold}{line}{bold:#}"))
        .collect();
    lines.join("\n")
}

/// Adds ` --> file:line:column` and the source, as far as they are known.
fn place<'d>(
    groups: &mut Vec<Group<'static>>,
    span: &'d Span,
    level: Level<'static>,
    files: &mut Files<'d, '_, '_>,
    style: Style,
) {
    let name = match span.file.as_str() {
        "" => ".".to_owned(),
        name => visible::name(name),
    };
    let origin = Origin::path(name);
    let group = Group::with_level(level.clone());
    let Some(lines) = files.lines(&span.file) else {
        groups.push(group.element(origin));
        return;
    };
    let (start, _) = lines.span(span.range.clone());
    let origin = origin.line(start.line).char_column(start.column);
    groups.push(group.element(origin));

    let width = style.width.saturating_sub(GUTTER).clamp(NARROWEST, WIDEST);
    let excerpt = Excerpt::of(lines, span.range.clone(), width);
    let mark = AnnotationKind::Primary
        .span(excerpt.range)
        .label(excerpt.label);
    groups.push(
        Group::with_level(level).element(
            Snippet::source(excerpt.text)
                .line_start(start.line)
                .annotation(mark),
        ),
    );
}

/// The lines around a span, visible and cut.
#[derive(Debug)]
struct Excerpt {
    text: String,
    /// The span in `text`.
    range: Range<usize>,
    label: Option<String>,
}

impl Excerpt {
    /// Reads no more of the text than it shows.
    fn of(lines: &Lines<'_>, range: Range<usize>, width: usize) -> Self {
        let mut range = lines.clamp(range);
        let first = lines.line(range.start);
        let mut last = lines.line(range.end);
        let mut label = None;
        if last - first >= MOST_LINES {
            label = Some(format!("… up to line {}", last + 1));
            last = first;
            range.end = lines.content(first).end.max(range.start);
        }
        let mut text = String::new();
        let mut start = 0;
        let mut end = 0;
        for line in first..=last {
            let content = lines.content(line);
            let from = range.start.clamp(content.start, content.end);
            let to = range.end.clamp(content.start, content.end);
            // What must be seen of this line: where the span starts, or on its last line where it ends.
            let focus = if line == last && line > first {
                to
            } else {
                from
            };
            let cut = cut(lines.text(), &content, focus, width);
            let (from, to) = (from.clamp(cut.start, cut.end), to.clamp(cut.start, cut.end));
            if line > first {
                text.push('\n');
            }
            if cut.start > content.start {
                text.push('…');
            }
            visible::push_text(&mut text, &lines.text()[cut.start..from]);
            if line == first {
                start = text.len();
            }
            visible::push_text(&mut text, &lines.text()[from..to]);
            end = text.len();
            visible::push_text(&mut text, &lines.text()[to..cut.end]);
            if cut.end < content.end {
                text.push('…');
            }
        }
        Self {
            text,
            range: start..end,
            label,
        }
    }
}

/// The part of a line that is shown: about `width` columns, of which a third stands before `focus` when the
/// line goes on on both sides.
fn cut(text: &str, line: &Range<usize>, focus: usize, width: usize) -> Range<usize> {
    let back = |from: usize, columns: usize| {
        let before = text[line.start..from].char_indices().rev();
        within(before, columns).map_or(from, |(at, _)| line.start + at)
    };
    let forth = |from: usize, columns: usize| {
        let after = text[from..line.end].char_indices();
        within(after, columns).map_or(from, |(at, c)| from + at + c.len_utf8())
    };
    let columns = |range: Range<usize>| text[range].chars().map(visible::width).sum::<usize>();

    let start = back(focus, width / 3);
    let end = forth(start, width);
    if end < line.end {
        return start..end;
    }
    // The line ends inside the window: what is left over goes before.
    let left = width.saturating_sub(columns(start..end));
    back(start, left)..end
}

/// The last of `characters` that still lies within so many columns.
fn within(
    characters: impl Iterator<Item = (usize, char)>,
    mut columns: usize,
) -> Option<(usize, char)> {
    let mut last = None;
    for (at, c) in characters {
        columns = match columns.checked_sub(visible::width(c)) {
            Some(left) => left,
            None => break,
        };
        last = Some((at, c));
    }
    last
}

#[cfg(test)]
mod tests {
    use super::{Excerpt, Lines, Style, human};
    use crate::diagnostic::{Code, Diagnostic, Severity, Span};
    use crate::path::RelPath;
    use crate::report::visible;

    fn file(name: &str) -> RelPath {
        RelPath::new(name).unwrap()
    }

    fn link() -> Diagnostic {
        Diagnostic::new(Code::BrokenLink, "`failover.md` is not there")
    }

    /// Shows findings over one text; the expected text is indented by twelve columns.
    fn check(text: Option<&str>, diagnostics: &[Diagnostic], expected: &str) {
        let found = human(diagnostics, &|_| text, Style::default());
        let expected: String = expected
            .lines()
            .skip(1)
            .flat_map(|line| [line.get(12..).unwrap_or(""), "\n"])
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn everything() {
        let text = "# Failover\n\nSee [it](failover.md).\n";
        let here = file("content/db/index.md");
        let diagnostic = link()
            .at(&here, 16..33)
            .help("did you mean `fail-over.md`?")
            .related(Span::new(&file("content/db/b.md"), 2..10), "it was here");
        check(
            Some(text),
            &[
                diagnostic,
                Diagnostic::new(Code::NoConfig, "there is no `site.toml`").help("run init"),
            ],
            "
            error[BND0104]: there is no `site.toml`
             |
             = help: run init

            error[BND0301]: `failover.md` is not there
             --> content/db/index.md:3:5
              |
            3 | See [it](failover.md).
              |     ^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `fail-over.md`?
            note: it was here
             --> content/db/b.md:1:3
              |
            1 | # Failover
              |   ^^^^^^^^

",
        );
    }

    #[test]
    fn without_a_place_or_a_text() {
        check(None, &[], "");
        check(
            None,
            &[link()],
            "\n            error[BND0301]: `failover.md` is not there\n\n",
        );
        let mut warning = link();
        warning.severity = Severity::Warning;
        check(
            None,
            &[warning],
            "\n            warning[BND0301]: `failover.md` is not there\n\n",
        );
        check(
            None,
            &[
                link().at(&file("a.bin"), 3..9).help("use UTF-8"),
                link().at(&RelPath::root(), 0..0),
            ],
            "
            error[BND0301]: `failover.md` is not there
            --> .

            error[BND0301]: `failover.md` is not there
            --> a.bin
             |
             = help: use UTF-8

",
        );
    }

    #[test]
    fn colour() {
        let style = Style {
            color: true,
            ..Style::default()
        };
        let text = human(&[link().at(&file("a.md"), 0..1)], &|_| Some("ab"), style);
        let title =
            "\x1b[1m\x1b[91merror[BND0301]\x1b[0m: \x1b[1m`failover.md` is not there\x1b[0m\n";
        assert!(text.starts_with(title), "{text:?}");
    }

    #[test]
    fn limit() {
        let all: Vec<_> = (0..5)
            .map(|at| link().at(&file("a.md"), at..at))
            .chain([Diagnostic::new(Code::EmptyPage, "no text").at(&file("b.md"), 0..0)])
            .collect();
        let shown = |limit| {
            human(
                &all,
                &|_| None,
                Style {
                    limit,
                    ..Style::default()
                },
            )
        };
        let more = "… and 3 more like these: broken-link[BND0301]\n";
        assert_eq!(shown(Some(2)).matches("error[BND0301]: ").count(), 2);
        assert!(shown(Some(2)).contains("BND0007") && shown(Some(2)).ends_with(more));
        assert_eq!(shown(None).matches("error[BND0301]").count(), 5);
        assert!(!shown(None).contains('…') && !shown(Some(5)).contains('…'));
        assert!(shown(Some(0)).starts_with("… and 1 more like these: empty-page[BND0007]\n"));
    }

    #[test]
    fn excerpts() {
        // Text, bytes, what is shown with the span in brackets, label.
        let many = "a\n".repeat(9);
        let cases: &[(&str, std::ops::Range<usize>, &str, Option<&str>)] = &[
            ("", 0..0, "[]", None),
            ("", 7..9, "[]", None),
            ("ab", 1..2, "a[b]", None),
            ("ab", 2..2, "ab[]", None),
            ("ab", 0..99, "[ab]", None),
            ("ab\n", 3..3, "[]", None),
            ("ab\ncd\n", 1..4, "a[b\nc]d", None),
            ("ab\ncd\n", 0..3, "[ab]", None),
            // CRLF.
            ("ab\r\ncd\r\n", 0..8, "[ab\ncd]", None),
            ("ab\r\ncd", 3..3, "ab[]", None),
            ("ab\r\ncd", 3..5, "ab[\nc]d", None),
            // A byte order mark is not shown, one inside the text is.
            ("\u{feff}ab", 0..4, "[a]b", None),
            ("a\u{feff}", 0..1, "[a]<U+FEFF>", None),
            // Characters of several bytes are taken whole.
            ("日本", 1..2, "[日]本", None),
            ("日本", 2..4, "[日本]", None),
            // What would steer the terminal is visible, and the span still fits.
            ("\x1b[1m\r\tx\u{202e}y", 4..7, "␛[1m[␍\tx]<U+202E>y", None),
            ("\u{9b}x", 0..2, "[<U+009B>]x", None),
            // Long spans.
            (&many[..11], 0..11, "[a\na\na\na\na\na]", None),
            (&many[..13], 0..13, "[a]", Some("… up to line 7")),
            (&many[..15], 3..13, "a[\na\na\na\na\na]", None),
            (&many, 3..18, "a[]", Some("… up to line 9")),
        ];
        for (text, range, expected, label) in cases {
            let excerpt = Excerpt::of(&Lines::new(text), range.clone(), 80);
            assert_eq!(&marked(&excerpt), expected, "{text:?} {range:?}");
            assert_eq!(excerpt.label.as_deref(), *label, "{text:?} {range:?}");
        }
    }

    fn marked(excerpt: &Excerpt) -> String {
        let mut marked = excerpt.text.clone();
        marked.insert(excerpt.range.end, ']');
        marked.insert(excerpt.range.start, '[');
        marked
    }

    #[test]
    fn long_lines_are_cut() {
        let digits = "0123456789".repeat(9);
        let wide = "語".repeat(90);
        let both = format!("{digits}\n{digits}");
        let cases: &[(&str, std::ops::Range<usize>, &str)] = &[
            (&digits[..30], 29..30, "01234567890123456789012345678[9]"),
            (&digits, 0..3, "[012]345678901234567890123456789…"),
            (&digits, 40..43, "…0123456789[012]34567890123456789…"),
            (&digits, 40..90, "…0123456789[01234567890123456789]…"),
            (&digits, 88..90, "…0123456789012345678901234567[89]"),
            (&digits, 90..90, "…012345678901234567890123456789[]"),
            (&wide, 0..3, "[語]語語語語語語語語語語語語語語…"),
        ];
        for (text, range, expected) in cases {
            let excerpt = Excerpt::of(&Lines::new(text), range.clone(), 30);
            assert_eq!(&marked(&excerpt), expected, "{range:?}");
        }
        let two = Excerpt::of(&Lines::new(&both), 80..101, 30);
        assert_eq!(
            marked(&two),
            "…01234567890123456789[0123456789\n0123456789]01234567890123456789…"
        );
    }

    #[test]
    fn a_huge_line_prints_little() {
        let text = "{\"a\":1},".repeat(1 << 17);
        let all: Vec<_> = (0..2000)
            .map(|n| link().at(&file("a.json"), n * 500..n * 500 + 900))
            .collect();
        let out = human(
            &all,
            &|_| Some(&text),
            Style {
                width: 9999,
                ..Style::default()
            },
        );
        assert!(out.len() < all.len() * 700, "{}", out.len());
        assert!(out.contains(" --> a.json:1:999501\n"));
    }

    #[test]
    fn nothing_hostile_reaches_the_terminal() {
        let hostile = "x\x1b]0;owned\x07\u{9b}2J\u{202e}\r\u{2066}\0";
        let place = file(&format!("{}\ny", hostile.replace('\0', "")));
        let diagnostic = Diagnostic::new(Code::BrokenLink, hostile)
            .at(&place, 0..9)
            .help(hostile)
            .related(Span::new(&place, 3..5), hostile);
        let out = human(&[diagnostic], &|_| Some(hostile), Style::default());
        let fine = |c: char| c == '\n' || !(c.is_control() || visible::hides(c));
        assert!(out.chars().all(fine), "{out:?}");
        assert!(
            out.contains("--> x␛]0;owned␇<U+009B>2J<U+202E>␍<U+2066>␊y:1:1\n"),
            "{out}"
        );
    }

    /// Any span over any text is shown: random, but the same in every run.
    #[test]
    fn never_panics() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 16).unwrap() % below.max(1)
        };
        let pieces = [
            "a",
            " ",
            "    ",
            "\t",
            "\n",
            "\n",
            "\r\n",
            "\r",
            "ä",
            "日",
            "🦀",
            "👩\u{200d}🚒",
            "e\u{301}",
            "\u{feff}",
            "\u{202e}",
            "\x1b[1m",
            "\0",
            "\u{9b}",
            "\u{200b}",
            "word word",
            "\n\n\n\n\n\n\n",
            "(",
            "// x\n",
            "}\n",
            "                              ",
        ];
        for round in 0..4000 {
            let length = random(if round % 50 == 0 { 2000 } else { 25 });
            let text: String = (0..length).map(|_| pieces[random(pieces.len())]).collect();
            let mut span = || {
                let start = random(text.len() + 9);
                let end = if random(2) == 0 {
                    start + random(12)
                } else {
                    random(text.len() + 9)
                };
                Span::new(&file("a.md"), start..end)
            };
            let diagnostic = Diagnostic::new(Code::BrokenLink, "m")
                .at_span(&span())
                .related(span(), "n")
                .help("h");
            let style = Style {
                color: random(2) == 0,
                width: random(300),
                limit: None,
            };
            let all = [diagnostic];
            let source = |_: &RelPath| Some(text.as_str());
            assert!(human(&all, &source, style).ends_with("\n\n"));
            crate::report::github(&all, &source, &crate::report::Root::default());
            let json = crate::report::json(&all, &source);
            serde_json::from_str::<serde_json::Value>(&json).unwrap();
        }
    }
}
