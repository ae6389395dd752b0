//! A file's bytes as text that the Markdown parser can take, with a way back to the place each byte came from.
//!
//! The parser sees a prepared text: line ends are `\n`, shortcodes of other generators are opaque marks, and
//! MkDocs admonitions are block quotes. Every edit is remembered, so that a diagnostic always points into the
//! file as its author sees it.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::path::RelPath;

/// Stands before the number of a mark; a noncharacter, so no text of a person holds it.
pub(crate) const MARK_OPEN: char = '\u{FDD0}';
/// Stands after the number of a mark.
pub(crate) const MARK_CLOSE: char = '\u{FDD1}';

/// Which front matter a file opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MatterFormat {
    /// Between `+++` lines.
    Toml,
    /// Between `---` lines.
    Yaml,
}

/// Front matter split off a file: its format and where its text lies in the file.
#[derive(Clone, Debug)]
pub(crate) struct Matter {
    pub(crate) format: MatterFormat,
    pub(crate) range: Range<usize>,
}

/// A file split into front matter and body.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) matter: Option<Matter>,
    /// Where the body starts in the file, in bytes.
    pub(crate) body: usize,
}

/// Reads `bytes` as UTF-8 without NUL. On an error the text is what can be shown of it.
pub(crate) fn decode<'b>(
    file: &RelPath,
    bytes: &'b [u8],
    diagnostics: &mut Vec<Diagnostic>,
) -> Cow<'b, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            if let Some(nul) = memchr::memchr(0, bytes) {
                diagnostics.push(
                    Diagnostic::new(Code::NotUtf8, "the file holds a NUL byte")
                        .at(file, nul..nul + 1)
                        .help("is this a binary file with the name of a page? move it, or add it to `ignore` in site.toml"),
                );
            }
            // NUL and the two marks become the replacement character: same meaning to a reader, and the
            // marks stay ours.
            if may_hold_marks(bytes) {
                without_marks(text).into()
            } else {
                text.into()
            }
        }
        Err(error) => {
            let start = error.valid_up_to();
            let len = error.error_len().unwrap_or(1);
            diagnostics.push(
                Diagnostic::new(Code::NotUtf8, "the file is not UTF-8")
                    .at(file, start..start + len)
                    .help("save it as UTF-8; `iconv -f WINDOWS-1252 -t UTF-8` converts the most common other encoding"),
            );
            // One replacement byte for each bad one would be kinder to positions, but the file is an error
            // anyway: only the first position counts.
            without_marks(&String::from_utf8_lossy(bytes)).into()
        }
    }
}

fn without_marks(text: &str) -> String {
    text.replace([MARK_OPEN, MARK_CLOSE], "\u{FFFD}")
        .replace('\0', " ")
}

/// Whether `bytes` hold a NUL or the first byte of a mark.
fn may_hold_marks(bytes: &[u8]) -> bool {
    let first = "\u{FDD0}".as_bytes()[0];
    memchr::memchr2(0, first, bytes).is_some()
}

/// `text` with its white space folded: one space between words, none around them.
pub(crate) fn folded(text: String) -> String {
    let mut before = b' ';
    let is_folded = text.bytes().all(|byte| {
        let fine = byte.is_ascii_graphic() || (byte == b' ' && before != b' ');
        before = byte;
        fine
    });
    if is_folded && before != b' ' {
        return text;
    }
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// Splits front matter off `text`. An unclosed one is reported, and the whole text is body.
pub(crate) fn split(file: &RelPath, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Split {
    let start = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
    let whole = Split {
        matter: None,
        body: start,
    };
    let first = text[start..].lines().next().unwrap_or_default();
    let (format, fence) = match first.trim_end() {
        "+++" => (MatterFormat::Toml, "+++"),
        "---" => (MatterFormat::Yaml, "---"),
        _ => return whole,
    };
    let inner = match text[start..].find('\n') {
        Some(newline) => start + newline + 1,
        None => text.len(),
    };
    let mut line_start = inner;
    for line in text[inner..].split_inclusive('\n') {
        let bare = line.trim_end();
        if bare == fence || (format == MatterFormat::Yaml && bare == "...") {
            let matter = Matter {
                format,
                range: inner..line_start,
            };
            return Split {
                matter: Some(matter),
                body: line_start + line.len(),
            };
        }
        line_start += line.len();
    }
    // A page may open with a thematic break: only what looks like front matter is called unclosed.
    let next = text[inner..]
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    if format == MatterFormat::Yaml && !next.contains(':') {
        return whole;
    }
    diagnostics.push(
        Diagnostic::new(Code::MatterUnclosed, "the front matter is never closed")
            .at(file, start..start + fence.len())
            .help(format!("end it with a line that holds only `{fence}`")),
    );
    whole
}

/// A shortcode of another generator, or text that means nothing to the parser, replaced by a mark in the prepared text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shortcode {
    /// Its text as written: `{{< ref "a.md" >}}`.
    pub(crate) raw: String,
    /// Its name: `ref`; none for mere text.
    pub(crate) name: String,
    /// What follows the name, quotes taken off: `a.md`.
    pub(crate) argument: String,
    /// Where it stands in the file.
    pub(crate) range: Range<usize>,
}

/// One change between the file and the prepared text.
#[derive(Debug)]
struct Edit {
    /// Where it lies in the prepared text.
    new: Range<usize>,
    /// What it replaced in the file.
    old: Range<usize>,
}

/// A body ready for the Markdown parser.
pub(crate) struct Prepared {
    pub(crate) text: String,
    pub(crate) shortcodes: Vec<Shortcode>,
    /// Titles of block quotes made from admonitions: place in the prepared text, title.
    pub(crate) titles: Vec<(usize, String)>,
    edits: Vec<Edit>,
    file: RelPath,
    offset: usize,
}

impl Prepared {
    /// Prepares `body`, which starts at byte `offset` of `file`.
    pub(crate) fn new(file: &RelPath, body: &str, offset: usize) -> Self {
        let mut prepared = Self {
            text: String::with_capacity(body.len() + 16),
            shortcodes: Vec::new(),
            titles: Vec::new(),
            edits: Vec::new(),
            file: file.clone(),
            offset,
        };
        if !needs_preparing(body) {
            prepared.text.push_str(body);
            return prepared;
        }
        let mut fence: Option<(char, usize)> = None;
        let mut admonition: Option<Admonition> = None;
        let mut follows_embed = false;
        let mut at = 0;
        for line in body.split_inclusive('\n') {
            let bare = line.trim_end_matches(['\n', '\r']);
            if admonition.as_ref().is_some_and(|open| open.ends_at(bare)) {
                admonition = None;
            }
            if let Some(open) = &admonition {
                prepared.quote_line(open, bare, at);
            } else if fence.is_none()
                && let Some((open, title)) = Admonition::open(bare)
            {
                // Two quotes that follow one another would be one.
                if prepared.last_line().trim_start().starts_with('>') {
                    prepared.replace("\n", at..at);
                }
                prepared
                    .titles
                    .push((prepared.text.len() + open.indent, title));
                let quote = format!("{}> [!{}]", " ".repeat(open.indent), open.kind);
                prepared.replace(&quote, at..at + bare.len());
                admonition = Some(open);
            } else {
                // Code is code: nothing in a fence is a shortcode. Inside an admonition fences are indented and
                // need no care, since no shortcode is looked for there that could not be restored.
                let inside = fence.is_some();
                // To the parser an embed is alone in its paragraph, to its author on its line.
                let is_embed = !inside && is_embed(bare);
                if (is_embed || follows_embed) && !prepared.last_line().trim().is_empty() {
                    prepared.replace("\n", at..at);
                }
                follows_embed = is_embed;
                fence = next_fence(fence, bare);
                if inside || fence.is_some() {
                    prepared.text.push_str(bare);
                } else if let Some(quote) = quote_of_embed(bare) {
                    prepared.replace(&format!("{quote}\n"), at..at);
                    prepared.text.push_str(bare);
                    let end = at + bare.len();
                    prepared.replace(&format!("\n{quote}"), end..end);
                } else {
                    prepared.copy_marking(bare, at);
                }
            }
            at += bare.len();
            let end = &line[bare.len()..];
            if end == "\n" {
                prepared.text.push('\n');
            } else if !end.is_empty() {
                prepared.replace("\n", at..at + end.len());
            }
            at += end.len();
        }
        prepared
    }

    /// The span in the file of `range` in the prepared text.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let start = self.back(range.start, false);
        let end = self.back(range.end, true).max(start);
        Span::new(&self.file, start..end)
    }

    /// The file this text came from.
    pub(crate) fn file(&self) -> &RelPath {
        &self.file
    }

    /// Puts shortcodes back where their marks stand in `text`.
    pub(crate) fn restore<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.shortcodes.is_empty() || !text.contains(MARK_OPEN) {
            return text.into();
        }
        let mut restored = String::with_capacity(text.len());
        for piece in self.marks(text) {
            match piece {
                Ok(plain) => restored.push_str(plain),
                Err(shortcode) => restored.push_str(&shortcode.raw),
            }
        }
        restored.into()
    }

    /// Splits `text` into plain runs and the shortcodes whose marks stand between them.
    pub(crate) fn marks<'t, 's>(&'s self, text: &'t str) -> Vec<Result<&'t str, &'s Shortcode>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(MARK_OPEN) {
            let after = &rest[open + MARK_OPEN.len_utf8()..];
            let Some(close) = after.find(MARK_CLOSE) else {
                break;
            };
            let shortcode = after[..close]
                .parse()
                .ok()
                .and_then(|n: usize| self.shortcodes.get(n));
            pieces.push(Ok(&rest[..open]));
            if let Some(shortcode) = shortcode {
                pieces.push(Err(shortcode));
            }
            rest = &after[close + MARK_CLOSE.len_utf8()..];
        }
        pieces.push(Ok(rest));
        pieces
    }

    /// The place in the file of `place` in the prepared text.
    fn back(&self, place: usize, end: bool) -> usize {
        let index = self
            .edits
            .partition_point(|edit| edit.new.start < place || (!end && edit.new.start == place));
        let Some(edit) = index.checked_sub(1).and_then(|last| self.edits.get(last)) else {
            return self.offset + place;
        };
        if place >= edit.new.end {
            return self.offset + edit.old.end + (place - edit.new.end);
        }
        self.offset + if end { edit.old.end } else { edit.old.start }
    }

    /// Writes `new` for `old` (a range of the body) and remembers it.
    fn replace(&mut self, new: &str, old: Range<usize>) {
        let start = self.text.len();
        self.text.push_str(new);
        self.edits.push(Edit {
            new: start..self.text.len(),
            old,
        });
    }

    /// The last whole line that was written.
    fn last_line(&self) -> &str {
        self.text.lines().next_back().unwrap_or_default()
    }

    /// Copies a line of an admonition's body as a line of a block quote.
    fn quote_line(&mut self, open: &Admonition, bare: &str, at: usize) {
        let indent = " ".repeat(open.indent);
        if bare.trim().is_empty() {
            self.replace(&format!("{indent}>"), at..at + bare.len());
        } else {
            let cut = bare.len() - bare.trim_start_matches(' ').len();
            let cut = cut.min(open.indent + 4);
            let quote = format!("{indent}>");
            if is_embed(bare) {
                self.replace(&format!("{quote}\n"), at..at);
            }
            self.replace(&format!("{quote} "), at..at + cut);
            self.copy_marking(&bare[cut..], at + cut);
            if is_embed(bare) {
                let end = at + bare.len();
                self.replace(&format!("\n{quote}"), end..end);
            }
        }
    }

    /// Copies text, with a mark for each shortcode in it that does not stand in a code span, and for what would make a
    /// wikilink of `[[1]](notes.md)`, which is a link.
    fn copy_marking(&mut self, bare: &str, at: usize) {
        let mut copied = 0;
        for bracket in bracketed(bare) {
            self.copy_shortcodes(&bare[copied..bracket], at + copied);
            copied = bracket + 1;
            let place = at + bracket..at + copied;
            self.mark(
                Shortcode::text(&bare[bracket..copied], &place, self.offset),
                place,
            );
        }
        self.copy_shortcodes(&bare[copied..], at + copied);
    }

    fn copy_shortcodes(&mut self, bare: &str, at: usize) {
        let mut copied = 0;
        let mut from = 0;
        let (mut ticks, mut counted) = (0, 0);
        // Once the end of a kind was looked for in vain there is none further on either.
        let mut unended: Vec<u8> = Vec::new();
        while let Some(found) = bare[from..].find("{{") {
            let start = from + found;
            from = start + 2;
            let Some(kind) = bare.as_bytes().get(from).copied() else {
                break;
            };
            if unended.contains(&kind) {
                continue;
            }
            let Some((shortcode, end)) = Shortcode::read(bare, start, self.offset + at) else {
                unended.push(kind);
                continue;
            };
            ticks += bare[counted..start].matches('`').count();
            counted = start;
            // An odd number of backticks before it: it stands in a code span.
            if ticks % 2 == 1 {
                continue;
            }
            self.text.push_str(&bare[copied..start]);
            self.mark(shortcode, at + start..at + end);
            copied = end;
            from = end;
        }
        self.text.push_str(&bare[copied..]);
    }

    /// Writes a mark for `shortcode`, which stands at `old`.
    fn mark(&mut self, shortcode: Shortcode, old: Range<usize>) {
        let mark = format!("{MARK_OPEN}{}{MARK_CLOSE}", self.shortcodes.len());
        self.replace(&mark, old);
        self.shortcodes.push(shortcode);
    }
}

/// Where in `line` the inner brackets of links such as `[[1]](notes.md)` stand, in order.
fn bracketed(line: &str) -> Vec<usize> {
    let mut brackets = Vec::new();
    let (mut from, mut ticks) = (0, 0);
    for (close, _) in line.match_indices("]](") {
        let before = &line[from..close];
        ticks += before.matches('`').count();
        from = close;
        let Some(end) = line[close..].find(')') else {
            break;
        };
        let Some((outside, inside)) = before.rsplit_once("[[") else {
            continue;
        };
        // An odd number of backticks before it: it stands in a code span.
        let in_code = (ticks - inside.matches('`').count()) % 2 == 1;
        let is_plain = !in_code && !outside.ends_with('!') && !inside.contains(['[', ']']);
        // A wikilink may be followed by a remark: `[[restart]](s)`.
        let target = &line[close + 3..close + end];
        let (address, title) = target.split_once(' ').unwrap_or((target, "\""));
        let leads = address.contains(['/', '.', '#', ':']) && title.starts_with(['"', '\'']);
        if is_plain && (leads || target.starts_with("{{")) {
            brackets.extend([close - inside.len() - 1, close]);
        }
    }
    brackets
}

/// Whether `line` holds nothing but the embed of a page.
fn is_embed(line: &str) -> bool {
    let inner = line.trim().strip_prefix("![[");
    let inner = inner.and_then(|rest| rest.strip_suffix("]]"));
    inner.is_some_and(|target| !target.contains(['[', ']']) && !is_picture(target))
}

/// What makes a block quote of a line that holds nothing else but an embed.
fn quote_of_embed(line: &str) -> Option<&str> {
    let (quote, inner) = line.split_at(line.rfind('>')? + 1);
    let is_quote = quote.chars().all(|c| matches!(c, ' ' | '>'));
    (is_quote && is_embed(inner)).then_some(quote)
}

/// Whether a wikilink's target is a picture, going by its name.
pub(crate) fn is_picture(target: &str) -> bool {
    let name = target.split(['#', '?']).next().unwrap_or_default();
    let ending = name
        .rsplit_once('.')
        .map_or("", |(_, ending)| ending)
        .to_ascii_lowercase();
    matches!(
        &*ending,
        "png" | "jpg" | "jpeg" | "gif" | "svg" | "webp" | "avif" | "bmp" | "ico"
    )
}

/// Whether anything in `body` would be changed: a shortcode, an admonition, an embed, a link of a bracketed text or a
/// carriage return.
fn needs_preparing(body: &str) -> bool {
    let bytes = body.as_bytes();
    let begins = |at: usize| {
        let opening = bytes.get(at..at + 3);
        matches!(opening, Some(b"{{<" | b"{{%" | b"!!!" | b"???" | b"![["))
    };
    memchr::memchr(b'\r', bytes).is_some()
        || memchr::memchr3_iter(b'{', b'!', b'?', bytes).any(begins)
        || memchr::memmem::find(bytes, b"]](").is_some()
}

impl Shortcode {
    /// Text that the parser must not read, at `place` of the body.
    fn text(raw: &str, place: &Range<usize>, offset: usize) -> Self {
        Self {
            raw: raw.to_owned(),
            name: String::new(),
            argument: String::new(),
            range: offset + place.start..offset + place.end,
        }
    }

    /// Reads a shortcode that starts at `start` of `line`: `{{< name args >}}` or `{{% name args %}}`.
    fn read(line: &str, start: usize, offset: usize) -> Option<(Self, usize)> {
        let inner = &line[start + 2..];
        let close = match inner.as_bytes().first()? {
            b'<' => ">}}",
            b'%' => "%}}",
            _ => return None,
        };
        let length = inner.find(close)?;
        let end = start + 2 + length + close.len();
        let words = inner[1..length].trim();
        let (name, argument) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        // Hugo's `path="a.md"` names what otherwise comes first.
        let argument = argument.trim();
        let argument = argument.strip_prefix("path=").unwrap_or(argument);
        let quote = argument
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\'' | '`'));
        let quoted = quote.and_then(|quote| argument[1..].split(quote).next());
        let argument = quoted.unwrap_or(argument);
        let shortcode = Self {
            raw: line[start..end].to_owned(),
            name: name.to_owned(),
            argument: argument.to_owned(),
            range: offset + start..offset + end,
        };
        Some((shortcode, end))
    }
}

/// An MkDocs admonition that is open: `!!! note "title"` and an indented body.
struct Admonition {
    indent: usize,
    kind: &'static str,
}

impl Admonition {
    /// Reads an opening line.
    fn open(line: &str) -> Option<(Self, String)> {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let rest = line[indent..]
            .strip_prefix("!!!")
            .or_else(|| line[indent..].strip_prefix("???"))?;
        let rest = rest.strip_prefix('+').unwrap_or(rest).trim();
        let (words, title) = match rest.split_once('"') {
            Some((words, quoted)) => (words, quoted.trim_end().strip_suffix('"')?.to_owned()),
            None => (rest, String::new()),
        };
        let mut words = words.split_whitespace();
        let name = words.next()?;
        // With no title the words after the name are a sentence, and losing them would turn `!!! Do not restart` round.
        if title.is_empty() && !words.all(|word| matches!(word, "inline" | "end")) {
            return None;
        }
        if !name.chars().all(|c| c.is_ascii_alphabetic() || c == '-') {
            return None;
        }
        let kind = match name.to_ascii_lowercase().as_str() {
            "tip" | "hint" | "success" | "check" | "done" => "TIP",
            "important" => "IMPORTANT",
            "warning" | "attention" | "question" | "help" | "faq" => "WARNING",
            "caution" | "danger" | "error" | "failure" | "fail" | "missing" | "bug" => "CAUTION",
            _ => "NOTE",
        };
        let title = if title.is_empty() {
            let mut letters = name.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())?
        } else {
            title
        };
        Some((Self { indent, kind }, title))
    }

    /// Whether `line` is no longer part of the body.
    fn ends_at(&self, line: &str) -> bool {
        let indent = line.len() - line.trim_start_matches(' ').len();
        !line.trim().is_empty() && indent < self.indent + 4 && !line.starts_with('\t')
    }
}

/// What `line` holds after the marks of list items: `1. - text`.
fn item(line: &str) -> &str {
    let mut text = line;
    loop {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let mark = match (digits, text.as_bytes().get(digits)) {
            (0, Some(b'-' | b'*' | b'+')) => 1,
            (1.., Some(b'.' | b')')) => digits + 1,
            _ => return text,
        };
        let rest = &text[mark..];
        if !rest.starts_with([' ', '\t']) {
            return text;
        }
        text = rest.trim_start();
    }
}

/// The code fence that is open after `line`.
fn next_fence(open: Option<(char, usize)>, line: &str) -> Option<(char, usize)> {
    // Fences inside quotes and list items are indented, the first one of an item follows its mark; what matters is the
    // run of fence characters.
    let text = line.trim_start_matches([' ', '\t', '>']);
    let text = if open.is_none() { item(text) } else { text };
    let mark = text.chars().next().filter(|c| *c == '`' || *c == '~');
    let run = mark.map_or(0, |mark| text.chars().take_while(|c| *c == mark).count());
    match (open, mark) {
        (None, Some(mark)) if run >= 3 && !(mark == '`' && text[run..].contains('`')) => {
            Some((mark, run))
        }
        (Some((fence, length)), Some(mark))
            if mark == fence && run >= length && text[run..].trim().is_empty() =>
        {
            None
        }
        _ => open,
    }
}
