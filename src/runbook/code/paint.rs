//! Writes tokens as HTML: escaped text, short classes, marks around highlighted lines.

use std::ops::RangeInclusive;

/// What a token is; each has a short class that themes style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `c`: a comment.
    Comment,
    /// `k`: a keyword, a constant, a section's name.
    Keyword,
    /// `s`: a string.
    String,
    /// `n`: a number, a duration.
    Number,
    /// `v`: a variable, a key, a label, an attribute.
    Name,
    /// `f`: a command, a function.
    Function,
    /// `o`: an option, an operator that matters.
    Operator,
    /// `t`: a type.
    Type,
    /// `ins`: a line added.
    Inserted,
    /// `del`: a line taken away.
    Deleted,
    /// `placeholder`: `<namespace>`, to be filled in.
    Placeholder,
    /// `prompt`: a shell's prompt, not to be copied.
    Prompt,
    /// `output`: what a command printed, not to be copied.
    Output,
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
            Self::Operator => "<span class=\"o\">",
            Self::Type => "<span class=\"t\">",
            Self::Inserted => "<span class=\"ins\">",
            Self::Deleted => "<span class=\"del\">",
            Self::Placeholder => "<span class=\"placeholder\">",
            Self::Prompt => "<span class=\"prompt\">",
            Self::Output => "<span class=\"output\">",
        }
    }
}

/// The lines of a block that are highlighted, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(Vec<RangeInclusive<usize>>);

impl Lines {
    /// Reads `1,3-5`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut ranges = Vec::new();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            if first == 0 || first > last {
                return None;
            }
            ranges.push(first..=last);
        }
        Some(Self(ranges))
    }

    fn contain(&self, line: usize) -> bool {
        self.0.iter().any(|range| range.contains(&line))
    }
}

/// Escapes text for HTML: `&`, `<`, `>` and `"`.
pub fn escape(text: &str, out: &mut String) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(entity);
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

/// Takes tokens in order and writes them.
pub(super) struct Painter<'a> {
    lines: &'a Lines,
    out: &'a mut String,
    line: usize,
    marked: bool,
    in_command: bool,
}

impl<'a> Painter<'a> {
    pub(super) fn new(lines: &'a Lines, out: &'a mut String) -> Self {
        Self {
            lines,
            out,
            line: 1,
            marked: false,
            in_command: false,
        }
    }

    /// Text that is nothing in particular.
    pub(super) fn plain(&mut self, text: &str) {
        self.write(None, text);
    }

    /// A token.
    pub(super) fn token(&mut self, token: Token, text: &str) {
        self.write(Some(token), text);
    }

    /// What follows is a command, up to [`Painter::end_command`].
    pub(super) fn start_command(&mut self) {
        self.mark();
        self.in_command = true;
        self.out.push_str("<span class=\"command\">");
    }

    /// The command ends.
    pub(super) fn end_command(&mut self) {
        if self.in_command {
            self.in_command = false;
            self.out.push_str("</span>");
        }
    }

    /// Closes what is open.
    pub(super) fn finish(mut self) {
        self.end_command();
        if self.marked {
            self.out.push_str("</mark>");
        }
    }

    /// Opens or closes the mark, as the line wants it. A command is closed around it, so that both nest.
    fn mark(&mut self) {
        let wanted = self.lines.contain(self.line);
        if wanted == self.marked {
            return;
        }
        let command = self.in_command;
        self.end_command();
        self.out.push_str(if wanted { "<mark>" } else { "</mark>" });
        self.marked = wanted;
        if command {
            self.start_command();
        }
    }

    fn write(&mut self, token: Option<Token>, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.lines.0.is_empty() {
            return self.run(token, text);
        }
        for line in text.split_inclusive('\n') {
            self.mark();
            match line.strip_suffix('\n') {
                Some(bare) => {
                    self.run(token, bare);
                    self.out.push('\n');
                    self.line += 1;
                }
                None => self.run(token, line),
            }
        }
        if text.ends_with('\n') && self.marked && !self.lines.contain(self.line) {
            self.mark();
        }
    }

    fn run(&mut self, token: Option<Token>, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(token) = token {
            self.out.push_str(token.open());
        }
        escape(text, self.out);
        if token.is_some() {
            self.out.push_str("</span>");
        }
    }
}

/// The end of the run of bytes from `at` that fit.
pub(super) fn run_end(bytes: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> usize {
    at + bytes[at..].iter().take_while(|byte| fits(**byte)).count()
}

/// The end of a `<placeholder>` that starts at `at`: words of letters, digits and hyphens between angle
/// brackets. `<file.txt` and `<<EOF` are none.
pub(super) fn placeholder_end(bytes: &[u8], at: usize) -> Option<usize> {
    /// Longest text between the brackets, in bytes: beyond that it is more likely a comparison or a redirect.
    const LONGEST: usize = 60;
    let first = *bytes.get(at + 1)?;
    if !first.is_ascii_alphabetic() {
        return None;
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_ ./:'|".contains(&b);
    let limit = bytes.len().min(at + 1 + LONGEST);
    let end = at
        + 1
        + bytes[at + 1..limit]
            .iter()
            .take_while(|b| fits(**b))
            .count();
    (bytes.get(end) == Some(&b'>') && bytes[end - 1] != b' ').then_some(end + 1)
}
