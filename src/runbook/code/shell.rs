//! Shell: commands, options, quotes, variables, here-documents. It reads line by line and remembers what is open.

use std::collections::VecDeque;

use super::paint::{Painter, Token, placeholder_end, run_end};

const KEYWORDS: &[&str] = &[
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac",
    "in", "function", "select", "time", "{", "}", "!", "[[", "]]", "return", "exit", "export",
    "local", "declare", "readonly", "set", "unset", "source", "break", "continue", "trap", "eval",
    "exec",
];

/// Keywords after which another command stands.
const BEFORE_COMMAND: &[&str] = &[
    "if", "then", "else", "elif", "while", "until", "do", "time", "{", "!", "eval", "exec",
];

/// Commands that run the command after them.
const PREFIXES: &[&str] = &[
    "sudo", "env", "nohup", "xargs", "watch", "time", "command", "doas",
];

/// What is open, innermost last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// `$(...)` or `(...)`.
    Parens,
    /// `"..."`.
    Double,
    /// `'...'`.
    Single,
    /// `` `...` ``.
    Backticks,
}

/// A here-document that was announced.
struct HereDoc {
    end: String,
    strip_tabs: bool,
}

/// What is open at the end of the lines read so far.
#[derive(Default)]
pub(super) struct Shell {
    modes: Vec<Mode>,
    announced: VecDeque<HereDoc>,
    reading: Option<HereDoc>,
    continued: bool,
    /// A command may stand here.
    command: bool,
}

/// Paints a whole script.
pub(super) fn paint(source: &str, painter: &mut Painter<'_>) {
    let mut shell = Shell::new();
    for line in source.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        shell.line(bare, painter);
        painter.plain(&line[bare.len()..]);
    }
}

impl Shell {
    pub(super) fn new() -> Self {
        Self {
            command: true,
            ..Self::default()
        }
    }

    /// Whether the next line still belongs to the command.
    pub(super) fn is_open(&self) -> bool {
        self.continued || self.reading.is_some() || !self.modes.is_empty()
    }

    /// Paints a line without its end.
    pub(super) fn line(&mut self, bare: &str, painter: &mut Painter<'_>) {
        if let Some(doc) = &self.reading {
            let text = if doc.strip_tabs {
                bare.trim_start_matches('\t')
            } else {
                bare
            };
            if text == doc.end {
                self.reading = self.announced.pop_front();
            }
            painter.token(Token::String, bare);
            return;
        }
        if !self.continued
            && !self.modes.contains(&Mode::Double)
            && !self.modes.contains(&Mode::Single)
        {
            self.command = true;
        }
        self.continued = false;
        self.words(bare, painter);
        self.reading = self.announced.pop_front();
    }

    fn words(&mut self, line: &str, painter: &mut Painter<'_>) {
        let bytes = line.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            at = match self.modes.last() {
                Some(Mode::Single) => self.single(line, at, painter),
                Some(Mode::Double) => self.double(line, at, painter),
                _ => self.code(line, at, painter),
            };
        }
    }

    fn single(&mut self, line: &str, at: usize, painter: &mut Painter<'_>) -> usize {
        match line[at..].find('\'') {
            Some(end) => {
                painter.token(Token::String, &line[at..=at + end]);
                self.modes.pop();
                at + end + 1
            }
            None => {
                painter.token(Token::String, &line[at..]);
                line.len()
            }
        }
    }

    /// Inside double quotes: up to a variable, a command or the closing quote.
    fn double(&mut self, line: &str, start: usize, painter: &mut Painter<'_>) -> usize {
        let bytes = line.as_bytes();
        let mut at = start;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' => at = (at + 2).min(bytes.len()),
                b'"' => {
                    painter.token(Token::String, &line[start..=at]);
                    self.modes.pop();
                    return at + 1;
                }
                b'$' | b'`' if starts_expansion(bytes, at) => {
                    painter.token(Token::String, &line[start..at]);
                    return self.expansion(line, at, painter);
                }
                _ => at += 1,
            }
            // A multi-byte character after a backslash: land on its border.
            while at < bytes.len() && !line.is_char_boundary(at) {
                at += 1;
            }
        }
        painter.token(Token::String, &line[start..]);
        bytes.len()
    }

    /// `$NAME`, `${...}`, `$(`, or a backtick.
    fn expansion(&mut self, line: &str, at: usize, painter: &mut Painter<'_>) -> usize {
        let bytes = line.as_bytes();
        if bytes[at] == b'`' {
            painter.token(Token::Operator, "`");
            if self.modes.last() == Some(&Mode::Backticks) {
                self.modes.pop();
            } else if self.modes.contains(&Mode::Backticks) {
                // Closes the outer one through an open quote: nothing sensible nests here.
                while self.modes.pop().is_some_and(|mode| mode != Mode::Backticks) {}
            } else {
                self.modes.push(Mode::Backticks);
                self.command = true;
            }
            return at + 1;
        }
        match bytes.get(at + 1) {
            Some(b'(') => {
                painter.token(Token::Operator, "$(");
                self.modes.push(Mode::Parens);
                self.command = true;
                at + 2
            }
            Some(b'{') => {
                let end = bytes[at..]
                    .iter()
                    .position(|b| *b == b'}')
                    .map_or(bytes.len(), |end| at + end + 1);
                painter.token(Token::Name, &line[at..end]);
                end
            }
            _ => {
                let end =
                    run_end(bytes, at + 1, |b| b.is_ascii_alphanumeric() || b == b'_').max(at + 2);
                painter.token(Token::Name, &line[at..end]);
                end
            }
        }
    }

    fn code(&mut self, line: &str, at: usize, painter: &mut Painter<'_>) -> usize {
        let bytes = line.as_bytes();
        let byte = bytes[at];
        let word_start = at == 0 || b" \t;|&(){}`".contains(&bytes[at - 1]);
        match byte {
            b' ' | b'\t' => {
                let end = run_end(bytes, at, |b| b == b' ' || b == b'\t');
                painter.plain(&line[at..end]);
                end
            }
            b'#' if word_start => {
                painter.token(Token::Comment, &line[at..]);
                bytes.len()
            }
            b'\'' | b'"' => {
                self.command = false;
                self.modes.push(if byte == b'\'' {
                    Mode::Single
                } else {
                    Mode::Double
                });
                // The quote and what follows are one token.
                let inner = if byte == b'\'' {
                    line[at + 1..].find('\'')
                } else {
                    None
                };
                if let Some(end) = inner {
                    painter.token(Token::String, &line[at..=at + 1 + end]);
                    self.modes.pop();
                    return at + end + 2;
                }
                if byte == b'"' {
                    return self.opened_double(line, at, painter);
                }
                painter.token(Token::String, &line[at..]);
                bytes.len()
            }
            b'\\' => {
                if at + 1 == bytes.len() {
                    painter.plain("\\");
                    self.continued = true;
                    return bytes.len();
                }
                let next = line[at + 1..].chars().next().map_or(1, char::len_utf8);
                painter.plain(&line[at..at + 1 + next]);
                at + 1 + next
            }
            b'$' | b'`' if starts_expansion(bytes, at) => {
                if byte == b'$' && bytes.get(at + 1) != Some(&b'(') {
                    self.command = false;
                }
                self.expansion(line, at, painter)
            }
            b';' | b'|' | b'&' => {
                let end = run_end(bytes, at, |b| b == byte);
                painter.plain(&line[at..end]);
                self.command = true;
                end
            }
            b'(' => {
                painter.plain("(");
                self.modes.push(Mode::Parens);
                self.command = true;
                at + 1
            }
            b')' => {
                painter.plain(")");
                // A `)` of `case x in a)` closes nothing.
                if self.modes.last() == Some(&Mode::Parens) {
                    self.modes.pop();
                    self.command = false;
                } else {
                    self.command = true;
                }
                at + 1
            }
            b'<' => self.less(line, at, painter),
            b'>' => {
                let end = run_end(bytes, at, |b| b == b'>' || b == b'&');
                painter.plain(&line[at..end]);
                end
            }
            _ => self.word(line, at, word_start, painter),
        }
    }

    /// An opening double quote: its text up to the first variable is one token with it.
    fn opened_double(&mut self, line: &str, at: usize, painter: &mut Painter<'_>) -> usize {
        let bytes = line.as_bytes();
        let mut end = at + 1;
        while end < bytes.len() {
            match bytes[end] {
                b'\\' => end = (end + 2).min(bytes.len()),
                b'"' => {
                    painter.token(Token::String, &line[at..=end]);
                    self.modes.pop();
                    return end + 1;
                }
                b'$' | b'`' if starts_expansion(bytes, end) => {
                    painter.token(Token::String, &line[at..end]);
                    return self.expansion(line, end, painter);
                }
                _ => end += 1,
            }
            while end < bytes.len() && !line.is_char_boundary(end) {
                end += 1;
            }
        }
        painter.token(Token::String, &line[at..]);
        bytes.len()
    }

    /// `<placeholder>`, `<<EOF`, `<<<word` or a redirect.
    fn less(&mut self, line: &str, at: usize, painter: &mut Painter<'_>) -> usize {
        let bytes = line.as_bytes();
        if let Some(end) = placeholder_end(bytes, at) {
            painter.token(Token::Placeholder, &line[at..end]);
            self.command = false;
            return end;
        }
        if bytes[at..].starts_with(b"<<") && !bytes[at..].starts_with(b"<<<") {
            let dash = bytes.get(at + 2) == Some(&b'-');
            let mut start = at + 2 + usize::from(dash);
            start = run_end(bytes, start, |b| b == b' ');
            let quote = bytes
                .get(start)
                .copied()
                .filter(|b| *b == b'\'' || *b == b'"');
            let name = start + usize::from(quote.is_some());
            let mut end = run_end(bytes, name, |b| {
                b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
            });
            // `1 << 2` is arithmetic: a here-document's end is a word of letters.
            if end > name && bytes[name].is_ascii_alphabetic() {
                self.announced.push_back(HereDoc {
                    end: line[name..end].to_owned(),
                    strip_tabs: dash,
                });
                end += usize::from(quote.is_some() && bytes.get(end).copied() == quote);
                painter.plain(&line[at..end]);
                return end;
            }
        }
        let end = run_end(bytes, at, |b| b == b'<');
        painter.plain(&line[at..end]);
        end
    }

    fn word(
        &mut self,
        line: &str,
        at: usize,
        word_start: bool,
        painter: &mut Painter<'_>,
    ) -> usize {
        let bytes = line.as_bytes();
        let end = run_end(bytes, at, |b| !b" \t\"'$`;|&()<>\\".contains(&b)).max(at + 1);
        // A `$` that expands nothing is a character of the word.
        let end = (end..=line.len())
            .find(|end| line.is_char_boundary(*end))
            .unwrap_or(line.len());
        let word = &line[at..end];
        if !word_start {
            painter.plain(word);
            return end;
        }
        if self.command {
            if let Some(equals) = assignment(word) {
                painter.token(Token::Name, &word[..equals]);
                painter.plain(&word[equals..]);
                return end;
            }
            if KEYWORDS.contains(&word) {
                self.command = BEFORE_COMMAND.contains(&word);
                painter.token(Token::Keyword, word);
                return end;
            }
            self.command = PREFIXES.contains(&word);
            painter.token(Token::Function, word);
            return end;
        }
        match word {
            _ if word.starts_with('-') && word.len() > 1 => {
                let flag = word.find('=').unwrap_or(word.len());
                painter.token(Token::Operator, &word[..flag]);
                painter.plain(&word[flag..]);
            }
            "in" | "]]" | "}" => painter.token(Token::Keyword, word),
            "--" => painter.plain(word),
            _ => painter.plain(word),
        }
        end
    }
}

/// Whether the `$` or backtick at `at` starts an expansion.
fn starts_expansion(bytes: &[u8], at: usize) -> bool {
    bytes[at] == b'`'
        || bytes
            .get(at + 1)
            .is_some_and(|b| b.is_ascii_alphanumeric() || b"_{(@*#?!$-".contains(b))
}

/// Where the `=` of `NAME=value` is.
fn assignment(word: &str) -> Option<usize> {
    let equals = word.find('=')?;
    let name = word[..equals].trim_end_matches('+');
    let fine = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '[' | ']'));
    fine.then_some(equals)
}
