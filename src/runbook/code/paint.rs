//! Writes tokens as HTML: escaped text, short classes, marks around highlighted lines.
//!
//! Lexers never hand over text: they say where in the source a token ends, and the painter copies what lies
//! between. What a lexer passes over is still written, so the text of the HTML is always the source.

use std::cell::Cell;
use std::ops::RangeInclusive;

/// What a token is; each has a short class that themes style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `c`: a comment.
    Comment,
    /// `k`: a keyword, a constant, a section's name.
    Keyword,
    /// `s`: a string.
    String,
    /// `n`: a number, a duration.
    Number,
    /// `v`: a variable, a key, a label, an attribute, a template's `{{ }}`.
    Name,
    /// `f`: a command, a function.
    Function,
    /// `o`: an option of a command.
    Option,
    /// `p`: an operator, a pipe, a redirect, a dash of a list.
    Operator,
    /// `t`: a type, a tag, an anchor.
    Type,
    /// `ins`: a line added.
    Inserted,
    /// `del`: a line taken away.
    Deleted,
    /// `placeholder`: `<namespace>`, to be filled in.
    Placeholder,
}

impl Token {
    fn open(self) -> &'static str {
        match self {
            Self::Comment => "<span class=\"c\">",
            Self::Keyword => "<span class=\"k\">",
            Self::String => "<span class=\"s\">",
            Self::Number => "<span class=\"n\">",
            Self::Name => "<span class=\"v\">",
            Self::Function => "<span class=\"f\">",
            Self::Option => "<span class=\"o\">",
            Self::Operator => "<span class=\"p\">",
            Self::Type => "<span class=\"t\">",
            Self::Inserted => "<span class=\"ins\">",
            Self::Deleted => "<span class=\"del\">",
            Self::Placeholder => "<span class=\"placeholder\">",
        }
    }
}

/// A part of a session, around its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// A prompt, not to be copied.
    Prompt,
    /// A command, to be copied. It neither starts nor ends with the end of a line: the commands of a session
    /// are these spans' texts, joined by newlines.
    Command,
    /// What a command printed, not to be copied.
    Output,
}

impl Group {
    fn open(self) -> &'static str {
        match self {
            Self::Prompt => "<span class=\"prompt\">",
            Self::Command => "<span class=\"command\">",
            Self::Output => "<span class=\"output\">",
        }
    }
}

/// The lines of a block that are highlighted, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(Vec<RangeInclusive<usize>>);

impl Lines {
    /// Reads `1,3-5`; what is no such list is `None`, an empty list no lines.
    pub fn parse(text: &str) -> Option<Self> {
        let mut ranges = Vec::new();
        for part in text.split(',').map(str::trim) {
            if part.is_empty() {
                continue;
            }
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            if first == 0 || first > last {
                return None;
            }
            ranges.push(first..=last);
        }
        ranges.sort_unstable_by_key(|range: &RangeInclusive<usize>| *range.start());
        let mut merged: Vec<RangeInclusive<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if *range.start() <= last.end().saturating_add(1) => {
                    *last = *last.start()..=*last.end().max(range.end());
                }
                _ => merged.push(range),
            }
        }
        Some(Self(merged))
    }

    /// Whether no line is highlighted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `line` is highlighted.
    pub fn contains(&self, line: usize) -> bool {
        let after = self.0.partition_point(|range| *range.start() <= line);
        after > 0 && self.0[after - 1].contains(&line)
    }
}

/// Which bytes [`escape`] replaces.
const SPECIAL: [bool; 256] = table(b"&<>\"");

/// A table of the bytes that are in `set`.
pub(super) const fn table(set: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < set.len() {
        table[set[at] as usize] = true;
        at += 1;
    }
    table
}

/// Where the first byte of `bytes` is that [`escape`] replaces.
fn special(bytes: &[u8]) -> Option<usize> {
    let is_special = |byte: u8| (byte == b'&') | (byte == b'<') | (byte == b'>') | (byte == b'"');
    // Most text is plain. Within a chunk there is no early way out, so that the compiler can compare all of it at once.
    let (chunks, _) = bytes.as_chunks::<16>();
    let holds = |chunk: &[u8; 16]| {
        (chunk.iter()).fold(0, |seen, byte| seen | u8::from(is_special(*byte))) != 0
    };
    let plain = 16 * chunks.iter().take_while(|chunk| !holds(chunk)).count();
    let found = (bytes[plain..].iter()).position(|byte| SPECIAL[usize::from(*byte)])?;
    Some(plain + found)
}

/// Appends `text` with `&`, `<`, `>` and `"` escaped, fit for HTML text and quoted attributes.
pub fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = special(rest.as_bytes()) {
        // The byte is ASCII, so both sides of it are character borders.
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(match special.as_bytes()[0] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        rest = &special[1..];
    }
    out.push_str(rest);
}

/// Takes tokens in the order of the source.
pub(super) trait Sink {
    /// What lies between here and `end` is `token`, or nothing in particular.
    fn to(&mut self, token: Option<Token>, end: usize);
    /// What follows belongs to `group`.
    fn group(&mut self, group: Option<Group>);
}

/// Forgets everything: for looking ahead.
pub(super) struct Nowhere;

impl Sink for Nowhere {
    fn to(&mut self, _token: Option<Token>, _end: usize) {}
    fn group(&mut self, _group: Option<Group>) {}
}

/// Writes HTML. Neighbours of the same class become one span.
pub(super) struct Painter<'a> {
    pub(super) source: &'a str,
    lines: &'a Lines,
    out: &'a mut String,
    /// Written up to here.
    written: usize,
    /// Known up to here.
    known: usize,
    /// What lies between those two.
    token: Option<Token>,
    group: Option<Group>,
    group_open: bool,
    /// The current line; only counted when some are highlighted.
    line: usize,
    line_started: bool,
    marked: bool,
}

impl Sink for Painter<'_> {
    fn to(&mut self, token: Option<Token>, end: usize) {
        if end <= self.known {
            return;
        }
        if token != self.token {
            self.flush();
            self.token = token;
        }
        // A lexer counts bytes and may stop inside a character.
        self.known = self.source.ceil_char_boundary(end);
    }

    fn group(&mut self, group: Option<Group>) {
        if group == self.group {
            return;
        }
        self.flush();
        // An empty line of a command is still a line of it.
        if self.group == Some(Group::Command) && !self.group_open {
            self.open_group();
        }
        self.close_group();
        self.group = group;
    }
}

impl<'a> Painter<'a> {
    pub(super) fn new(source: &'a str, lines: &'a Lines, out: &'a mut String) -> Self {
        out.reserve(source.len() * 2);
        Self {
            source,
            lines,
            out,
            written: 0,
            known: 0,
            token: None,
            group: None,
            group_open: false,
            line: 1,
            line_started: false,
            marked: false,
        }
    }

    /// A string up to `end`, with the placeholders and templates in it told apart.
    pub(super) fn text(&mut self, token: Option<Token>, end: usize, find: &mut Finder<'_>) {
        const STOPS: [bool; 256] = table(b"<{");
        let bytes = self.source.as_bytes();
        let mut at = self.known;
        while at < end {
            at = run_end(&bytes[..end], at, |byte| !STOPS[usize::from(byte)]);
            if at >= end {
                break;
            }
            let (found, kind) = if bytes[at] == b'<' {
                (find.placeholder(at, true), Token::Placeholder)
            } else {
                (find.template(at), Token::Name)
            };
            match found.filter(|found| *found <= end) {
                Some(found) => {
                    self.to(token, at);
                    self.to(Some(kind), found);
                    at = found;
                }
                None => at += 1,
            }
        }
        self.to(token, end);
    }

    /// Whether the last token was a string.
    pub(super) fn is_string(&self) -> bool {
        self.token == Some(Token::String)
    }

    /// Writes what no lexer spoke of, and closes what is open.
    pub(super) fn finish(mut self) {
        self.to(None, self.source.len());
        self.group(None);
        self.flush();
        if self.marked {
            self.out.push_str("</mark>");
        }
    }

    fn open_group(&mut self) {
        if let Some(group) = self.group
            && !self.group_open
        {
            self.out.push_str(group.open());
            self.group_open = true;
        }
    }

    fn close_group(&mut self) {
        if self.group_open {
            self.out.push_str("</span>");
            self.group_open = false;
        }
    }

    fn flush(&mut self) {
        let source = self.source;
        let text = source.get(self.written..self.known).unwrap_or_default();
        self.written = self.known;
        if text.is_empty() {
            return;
        }
        if self.lines.is_empty() {
            self.open_group();
            return self.run(text);
        }
        // Everything is closed at the end of a line, so that marks nest with whatever is open.
        for line in text.split_inclusive('\n') {
            if !self.line_started {
                self.line_started = true;
                self.marked = self.lines.contains(self.line);
                if self.marked {
                    self.out.push_str("<mark class=\"line\">");
                }
            }
            self.open_group();
            match line.strip_suffix('\n') {
                Some(bare) => {
                    self.run(bare);
                    self.close_group();
                    self.out.push('\n');
                    if self.marked {
                        self.out.push_str("</mark>");
                        self.marked = false;
                    }
                    self.line += 1;
                    self.line_started = false;
                }
                None => self.run(line),
            }
        }
    }

    fn run(&mut self, text: &str) {
        match self.token {
            Some(token) if !text.is_empty() => {
                self.out.push_str(token.open());
                escape(text, self.out);
                self.out.push_str("</span>");
            }
            _ => escape(text, self.out),
        }
    }
}

/// The end of the run of bytes from `at` that fit.
pub(super) fn run_end(bytes: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> usize {
    bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| !fits(*byte)))
        .map_or(bytes.len(), |length| at + length)
}

/// The lines of `bytes` from `at` on: where each starts, where its text ends, where the next one starts.
pub(super) fn line_end(bytes: &[u8], at: usize) -> (usize, usize) {
    let end = run_end(bytes, at, |byte| byte != b'\n');
    let next = (end + 1).min(bytes.len());
    let bare = if end > at && bytes[end - 1] == b'\r' {
        end - 1
    } else {
        end
    };
    (bare, next)
}

/// Whether `bytes` has `prefix` at `at`.
pub(super) fn has(bytes: &[u8], at: usize, prefix: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(prefix))
}

/// Finds `<placeholders>` and `{{ templates }}`.
pub(super) struct Finder<'a> {
    bytes: &'a [u8],
    /// Whether the text has closing tags, so that what stands in angle brackets is markup; known once asked for.
    markup: Cell<Option<bool>>,
    /// Where the next `}}` is, if that is known: looked for once, not from each `{{` anew.
    close: usize,
}

impl<'a> Finder<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            bytes: source.as_bytes(),
            markup: Cell::new(None),
            close: 0,
        }
    }

    fn is_markup(&self) -> bool {
        self.markup.get().unwrap_or_else(|| {
            let tag = |name: &[u8]| {
                let end = run_end(name, 0, |byte| byte.is_ascii_alphanumeric());
                end > 0 && name.get(end) == Some(&b'>')
            };
            let markup = self
                .bytes
                .windows(2)
                .enumerate()
                .any(|(at, two)| two == b"</" && tag(&self.bytes[at + 2..]));
            self.markup.set(Some(markup));
            markup
        })
    }

    /// The end of the `<placeholder>` that starts at `at`: words between angle brackets. `<file.txt`, `<<EOF`,
    /// `<https://example.org>` and `a <b && c> d` are none.
    pub(super) fn placeholder(&self, at: usize, spaces: bool) -> Option<usize> {
        /// Longest text between the brackets, in bytes: beyond that it is more likely a comparison.
        const LONGEST: usize = 60;
        const FITS: [bool; 256] =
            table(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ ./:'|,");
        let bytes = self.bytes;
        if !bytes.get(at + 1)?.is_ascii_alphanumeric() || self.is_markup() {
            return None;
        }
        let limit = bytes.len().min(at + 2 + LONGEST);
        let end = run_end(&bytes[..limit], at + 1, |byte| FITS[usize::from(byte)]);
        let inside = &bytes[at + 1..end];
        let fine = bytes.get(end) == Some(&b'>')
            && inside.last() != Some(&b' ')
            && inside.iter().any(u8::is_ascii_alphabetic)
            && !inside.windows(3).any(|three| three == b"://")
            && inside.iter().filter(|byte| **byte == b' ').count() <= if spaces { 7 } else { 0 };
        fine.then_some(end + 1)
    }

    /// The end of the `{{ template }}` that starts at `at`, on one line.
    pub(super) fn template(&mut self, at: usize) -> Option<usize> {
        /// Longest text of a template, in bytes; a bound that keeps looking for the line's end cheap.
        const LONGEST: usize = 400;
        let bytes = self.bytes;
        if !has(bytes, at, b"{{") {
            return None;
        }
        if self.close < at + 2 {
            self.close = bytes[at + 2..]
                .windows(2)
                .position(|two| two == b"}}")
                .map_or(usize::MAX, |found| at + 2 + found);
        }
        let end = self.close.checked_add(2)?;
        (end - at <= LONGEST && !bytes[at..end].contains(&b'\n')).then_some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::{Finder, Lines, escape};

    #[test]
    fn lists_of_lines() {
        for (text, inside, outside) in [
            ("1,3-5", vec![1, 3, 4, 5], vec![0, 2, 6]),
            (" 7 , 2-2", vec![2, 7], vec![1, 3, 6]),
            ("1-5,2,4-9", vec![1, 5, 9], vec![10]),
            ("", vec![], vec![0, 1]),
        ] {
            let lines = Lines::parse(text).unwrap();
            assert!(inside.iter().all(|line| lines.contains(*line)), "{text}");
            assert!(!outside.iter().any(|line| lines.contains(*line)), "{text}");
        }
        for text in ["0", "5-3", "a", "1-", "-", "1;2", "99999999999999999999999"] {
            assert_eq!(Lines::parse(text), None, "{text}");
        }
    }

    #[test]
    fn special_characters_are_escaped() {
        for (text, wanted) in [
            ("", ""),
            ("a é 日", "a é 日"),
            ("<a b=\"c\">&'", "&lt;a b=&quot;c&quot;&gt;&amp;'"),
        ] {
            let mut out = String::new();
            escape(text, &mut out);
            assert_eq!(out, wanted);
        }
    }

    #[test]
    fn placeholders_are_words_in_angle_brackets() {
        for (text, wanted) in [
            ("<namespace>", Some(11)),
            ("<your pod's name>", Some(17)),
            ("<a|b>", Some(5)),
            ("<X.Y.Z>/", Some(7)),
            ("<5>", None),
            ("<in >out", None),
            ("<file", None),
            ("< a>", None),
            ("<https://example.org>", None),
            ("<a</b>", None),
        ] {
            let find = Finder::new(text);
            assert_eq!(find.placeholder(0, true), wanted, "{text}");
        }
        assert_eq!(Finder::new("<b>x</b>").placeholder(0, true), None);
        assert_eq!(Finder::new("<b and c>").placeholder(0, false), None);
    }
}
