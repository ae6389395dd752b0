//! Shell: commands, options, quotes, variables, here-documents. It reads line by line and remembers what is open.

use std::collections::VecDeque;

use super::paint::{Finder, Painter, Sink, Token, has, line_end, run_end, table};

/// What ends a word or changes what it is.
const WORD_ENDS: [bool; 256] = table(b" \t\r\n\"'$`;|&()<>\\");
const DOUBLE_STOPS: [bool; 256] = table(b"\"\\$`<");
const BRACE_STOPS: [bool; 256] = table(b"}\"\\$");
const HEREDOC_STOPS: [bool; 256] = table(b"\\$<");

/// What is open, innermost last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// `$(...)`, `<(...)` or `(...)`, with what comes back after it.
    Parens(Place),
    /// `((...))`, once for each parenthesis.
    Arithmetic,
    /// `name=(...)`.
    Array,
    /// `${...}`.
    Brace,
    /// `"..."`.
    Double,
    /// `'...'`.
    Single,
    /// `$'...'`, which knows backslashes.
    Ansi,
    /// `` `...` ``, with what comes back after it.
    Backticks(Place),
    /// `case x in ... esac`; between patterns and `)` the flag is set.
    Case(bool),
}

/// Where in a simple command the next word stands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Place {
    /// It is the command itself.
    command: bool,
    /// `sudo` or its like stands before it.
    prefixed: bool,
    /// It is an argument of the prefix's option: `sudo -u postgres`.
    argument: bool,
    /// It may be `NAME=value`, as after `export`.
    assigns: bool,
    /// It is the target of a redirect.
    target: bool,
    /// It is the variable of `for`, or the `in` after it.
    header: Header,
    /// What comes next goes on with the same word.
    in_word: bool,
}

/// What comes before `in`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Header {
    #[default]
    None,
    For,
    Case,
}

impl Place {
    const START: Self = Self {
        command: true,
        prefixed: false,
        argument: false,
        assigns: false,
        target: false,
        header: Header::None,
        in_word: false,
    };
}

/// A here-document that was announced: its last line, as a range of the source.
struct HereDoc {
    from: usize,
    to: usize,
    /// With quotes around its end, variables in it are text.
    quoted: bool,
}

/// Where the last quotes of each kind are. A quote that nothing closes, as in `echo don't`, is a character; to
/// know that, one need not look ahead.
#[derive(Clone, Copy)]
pub(super) struct LastQuotes {
    single: usize,
    double: usize,
    backtick: usize,
}

impl LastQuotes {
    /// Those of `bytes` before `end`.
    pub(super) fn of(bytes: &[u8], start: usize, end: usize) -> Self {
        let last = |quote: u8| {
            // `contains` is quicker, and most blocks lack one kind or another.
            bytes[start..end]
                .contains(&quote)
                .then(|| bytes[start..end].iter().rposition(|byte| *byte == quote))
                .flatten()
                .map_or(0, |at| at + start)
        };
        Self {
            single: last(b'\''),
            double: last(b'"'),
            backtick: last(b'`'),
        }
    }
}

/// What is open at the end of the lines read so far.
pub(super) struct Shell<'a> {
    bytes: &'a [u8],
    find: &'a Finder<'a>,
    last: LastQuotes,
    modes: Vec<Mode>,
    backticks: usize,
    heredocs: VecDeque<HereDoc>,
    place: Place,
    /// The line ended with a backslash.
    continued: bool,
    /// The line ended with `|`, `&&` or `||`.
    dangling: bool,
    /// How many `if`, `for`, `case` and `{` are not ended yet.
    compounds: usize,
}

/// Paints a whole script.
pub(super) fn paint(painter: &mut Painter<'_>) {
    let bytes = painter.source.as_bytes();
    let find = Finder::new(painter.source);
    let last = LastQuotes::of(bytes, 0, bytes.len());
    let mut shell = Shell::new(bytes, &find, last);
    let mut at = 0;
    while at < bytes.len() {
        let (end, next) = line_end(bytes, at);
        shell.line(painter, at, end);
        // Within a string the line's end is part of it; the painter joins equal neighbours.
        painter.to(shell.inside(), next);
        at = next;
    }
}

impl<'a> Shell<'a> {
    pub(super) fn new(bytes: &'a [u8], find: &'a Finder<'a>, last: LastQuotes) -> Self {
        Self {
            bytes,
            find,
            last,
            modes: Vec::new(),
            backticks: 0,
            heredocs: VecDeque::new(),
            place: Place::START,
            continued: false,
            dangling: false,
            compounds: 0,
        }
    }

    /// Whether the next line still belongs to the command.
    pub(super) fn is_open(&self) -> bool {
        self.continued
            || self.dangling
            || self.compounds > 0
            || !self.heredocs.is_empty()
            || !self.modes.is_empty()
    }

    /// Whether the line ended with a backslash.
    pub(super) fn is_continued(&self) -> bool {
        self.continued
    }

    /// Whether the next line belongs to a here-document.
    pub(super) fn in_heredoc(&self) -> bool {
        !self.heredocs.is_empty()
    }

    /// What the end of the line is part of.
    pub(super) fn inside(&self) -> Option<Token> {
        match self.modes.last() {
            Some(Mode::Double | Mode::Single | Mode::Ansi) => Some(Token::String),
            _ => None,
        }
    }

    /// Reads the line from `start` to `end`, which is before the newline.
    pub(super) fn line(&mut self, sink: &mut impl Sink, start: usize, end: usize) {
        if let Some(doc) = self.heredocs.front() {
            let (from, to, quoted) = (doc.from, doc.to, doc.quoted);
            // Blocks in lists are indented whole, so white space before the end is passed over.
            let text = self.bytes[start..end].trim_ascii();
            if text == &self.bytes[from..to] {
                self.heredocs.pop_front();
                sink.to(Some(Token::Operator), end);
            } else {
                self.heredoc_line(sink, start, end, quoted);
            }
            return;
        }
        let in_string = matches!(
            self.modes.last(),
            Some(Mode::Double | Mode::Single | Mode::Ansi)
        );
        if !in_string {
            let continued = self.continued;
            self.place.in_word = false;
            if !continued {
                self.place = Place {
                    command: self.modes.last() != Some(&Mode::Array),
                    ..Place::default()
                };
            }
        }
        self.continued = false;
        let mut at = start;
        while at < end {
            at = match self.modes.last() {
                Some(Mode::Single) => self.single(sink, at, end),
                Some(Mode::Double) => self.double(sink, at, end),
                Some(Mode::Ansi) => self.ansi(sink, at, end),
                Some(Mode::Brace) => self.brace(sink, at, end),
                _ => self.code(sink, at, end),
            };
        }
        // `${` goes over no line's end in practice; an open one is a slip.
        while self.modes.last() == Some(&Mode::Brace) {
            self.modes.pop();
        }
    }

    fn heredoc_line(&self, sink: &mut impl Sink, start: usize, end: usize, quoted: bool) {
        let mut at = start;
        let mut braces_end = true;
        while at < end {
            at = run_end(&self.bytes[..end], at, |byte| {
                !HEREDOC_STOPS[usize::from(byte)]
            });
            sink.to(Some(Token::String), at);
            at = match self.bytes[..end].get(at) {
                Some(b'<') => match self.find.placeholder(at, true) {
                    Some(end) => {
                        sink.to(Some(Token::Placeholder), end);
                        end
                    }
                    None => at + 1,
                },
                Some(b'$') if !quoted => {
                    let name = if has(&self.bytes[..end], at, b"${") {
                        let close = braces_end
                            .then(|| self.bytes[at..end].iter().position(|byte| *byte == b'}'))
                            .flatten();
                        braces_end = close.is_some();
                        close.map(|close| at + close + 1)
                    } else {
                        Some(run_end(&self.bytes[..end], at + 1, is_name)).filter(|to| *to > at + 1)
                    };
                    if let Some(name) = name {
                        sink.to(Some(Token::Name), name);
                    }
                    name.unwrap_or(at + 1)
                }
                Some(_) => (at + 2).min(end),
                None => end,
            };
        }
        sink.to(Some(Token::String), end);
    }

    fn single(&mut self, sink: &mut impl Sink, at: usize, end: usize) -> usize {
        let text = run_end(&self.bytes[..end], at, |byte| byte != b'\'' && byte != b'<');
        sink.to(Some(Token::String), text);
        if text == end {
            return end;
        }
        if self.bytes[text] == b'<' {
            return self.quoted_less(sink, text);
        }
        sink.to(Some(Token::String), text + 1);
        self.modes.pop();
        text + 1
    }

    /// `<` in a string: a placeholder or nothing.
    fn quoted_less(&self, sink: &mut impl Sink, at: usize) -> usize {
        match self.find.placeholder(at, true) {
            Some(end) => {
                sink.to(Some(Token::Placeholder), end);
                end
            }
            None => {
                sink.to(Some(Token::String), at + 1);
                at + 1
            }
        }
    }

    fn ansi(&mut self, sink: &mut impl Sink, at: usize, end: usize) -> usize {
        let text = run_end(&self.bytes[..end], at, |byte| {
            byte != b'\'' && byte != b'\\'
        });
        let after = match self.bytes[..end].get(text) {
            Some(b'\\') => (text + 2).min(end),
            Some(_) => {
                self.modes.pop();
                text + 1
            }
            None => end,
        };
        sink.to(Some(Token::String), after);
        after
    }

    /// Inside double quotes: up to a variable, a command or the closing quote.
    fn double(&mut self, sink: &mut impl Sink, at: usize, end: usize) -> usize {
        let text = run_end(&self.bytes[..end], at, |byte| {
            !DOUBLE_STOPS[usize::from(byte)]
        });
        sink.to(Some(Token::String), text);
        let after = match self.bytes[..end].get(text) {
            None => return end,
            Some(b'"') => {
                self.modes.pop();
                text + 1
            }
            Some(b'\\') => (text + 2).min(end),
            Some(b'<') => return self.quoted_less(sink, text),
            Some(_) if self.expands(text, end) => return self.expansion(sink, text, end),
            Some(_) => text + 1,
        };
        sink.to(Some(Token::String), after);
        after
    }

    /// Inside `${...}`.
    fn brace(&mut self, sink: &mut impl Sink, at: usize, end: usize) -> usize {
        let text = run_end(&self.bytes[..end], at, |byte| {
            !BRACE_STOPS[usize::from(byte)]
        });
        sink.to(Some(Token::Name), text);
        let after = match self.bytes[..end].get(text) {
            None => return end,
            Some(b'}') => {
                self.modes.pop();
                text + 1
            }
            Some(b'\\') => (text + 2).min(end),
            Some(b'"') if text < self.last.double => {
                self.modes.push(Mode::Double);
                sink.to(Some(Token::String), text + 1);
                return text + 1;
            }
            Some(b'$') if self.expands(text, end) => return self.expansion(sink, text, end),
            Some(_) => text + 1,
        };
        sink.to(Some(Token::Name), after);
        after
    }

    /// Whether the `$` or backtick at `at` starts an expansion.
    fn expands(&self, at: usize, end: usize) -> bool {
        if self.bytes[at] == b'`' {
            return self.backticks > 0 || at < self.last.backtick;
        }
        self.bytes[..end]
            .get(at + 1)
            .is_some_and(|byte| is_name(*byte) || b"{(@*#?!$-".contains(byte))
    }

    /// `$NAME`, `${`, `$(`, `$((` or a backtick.
    fn expansion(&mut self, sink: &mut impl Sink, at: usize, end: usize) -> usize {
        if self.bytes[at] == b'`' {
            sink.to(Some(Token::Operator), at + 1);
            self.backtick();
            return at + 1;
        }
        let outer = Place {
            in_word: true,
            ..self.place
        };
        let after = match self.bytes[at + 1] {
            b'(' if has(&self.bytes[..end], at, b"$((") => {
                sink.to(Some(Token::Operator), at + 3);
                self.modes.extend([Mode::Arithmetic; 2]);
                return at + 3;
            }
            b'(' => {
                sink.to(Some(Token::Operator), at + 2);
                self.modes.push(Mode::Parens(outer));
                self.place = Place::START;
                return at + 2;
            }
            b'{' => {
                self.modes.push(Mode::Brace);
                at + 2
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                run_end(&self.bytes[..end], at + 1, is_name)
            }
            _ => at + 2,
        };
        sink.to(Some(Token::Name), after);
        after
    }

    fn backtick(&mut self) {
        if self.backticks == 0 {
            self.backticks = 1;
            let outer = Place {
                in_word: true,
                ..self.place
            };
            self.modes.push(Mode::Backticks(outer));
            self.place = Place::START;
            return;
        }
        // Whatever is open inside ends with it.
        while let Some(mode) = self.modes.pop() {
            if let Mode::Backticks(outer) = mode {
                self.backticks = 0;
                self.place = outer;
                return;
            }
        }
    }

    /// A word starts or goes on here with something that is not plain text.
    fn in_word(&mut self) {
        if !self.place.in_word {
            if self.place.target || self.place.argument {
                self.place.target = false;
                self.place.argument = false;
            } else {
                self.place.command = false;
            }
            self.place.in_word = true;
        }
    }

    fn code(&mut self, sink: &mut impl Sink, at: usize, end: usize) -> usize {
        let byte = self.bytes[at];
        if matches!(byte, b' ' | b'\t' | b'\r') {
            let after = run_end(&self.bytes[..end], at, |byte| {
                matches!(byte, b' ' | b'\t' | b'\r')
            });
            sink.to(None, after);
            self.place.in_word = false;
            return after;
        }
        let arithmetic = self.modes.last() == Some(&Mode::Arithmetic);
        if byte == b'#' && !self.place.in_word && !arithmetic {
            sink.to(Some(Token::Comment), end);
            return end;
        }
        self.dangling = false;
        match byte {
            b'\'' if at < self.last.single => {
                self.in_word();
                self.modes.push(Mode::Single);
                sink.to(Some(Token::String), at + 1);
                at + 1
            }
            b'"' if at < self.last.double => {
                self.in_word();
                self.modes.push(Mode::Double);
                sink.to(Some(Token::String), at + 1);
                at + 1
            }
            b'\\' if at + 1 == end => {
                self.continued = true;
                sink.to(Some(Token::Operator), end);
                end
            }
            b'\\' => {
                self.in_word();
                sink.to(None, at + 2);
                at + 2
            }
            b'$' if has(&self.bytes[..end], at, b"$'") && at + 1 < self.last.single => {
                self.in_word();
                self.modes.push(Mode::Ansi);
                sink.to(Some(Token::String), at + 2);
                at + 2
            }
            b'$' | b'`' if self.expands(at, end) => {
                // A backtick that closes belongs to the word outside.
                if byte == b'$' || self.backticks == 0 {
                    self.in_word();
                }
                self.expansion(sink, at, end)
            }
            b'\'' | b'"' | b'$' | b'`' => {
                self.in_word();
                sink.to(None, at + 1);
                at + 1
            }
            _ if arithmetic => self.arithmetic(sink, at, end),
            b';' | b'|' | b'&' => self.operator(sink, at, end),
            b'(' => self.open(sink, at, end),
            b')' => {
                self.close();
                sink.to(Some(Token::Operator), at + 1);
                at + 1
            }
            b'<' => self.less(sink, at, end),
            b'>' => {
                let after = run_end(&self.bytes[..end], at, |byte| {
                    matches!(byte, b'>' | b'&' | b'|')
                });
                sink.to(Some(Token::Operator), after);
                self.place.in_word = false;
                self.place.target = true;
                after
            }
            _ => self.word(sink, at, end),
        }
    }

    fn operator(&mut self, sink: &mut impl Sink, at: usize, end: usize) -> usize {
        let byte = self.bytes[at];
        let after = run_end(&self.bytes[..end], at, |next| next == byte);
        sink.to(Some(Token::Operator), after);
        if byte == b'&' && self.bytes[..end].get(after) == Some(&b'>') {
            // `&>file`.
            return after;
        }
        if let Some(Mode::Case(pattern)) = self.modes.last_mut() {
            if *pattern {
                return after;
            }
            *pattern = byte == b';' && after - at > 1;
        }
        self.dangling = byte == b'|' || (byte == b'&' && after - at == 2);
        self.place = Place::START;
        after
    }

    /// `(`: a subshell, an array, a function's parentheses, arithmetic.
    fn open(&mut self, sink: &mut impl Sink, at: usize, end: usize) -> usize {
        let bytes = &self.bytes[..end];
        if self.modes.last() == Some(&Mode::Case(true)) {
            sink.to(Some(Token::Operator), at + 1);
            return at + 1;
        }
        if has(bytes, at, b"((") && self.place.command && !self.place.in_word {
            sink.to(Some(Token::Operator), at + 2);
            self.modes.extend([Mode::Arithmetic; 2]);
            self.place.command = false;
            return at + 2;
        }
        if has(bytes, at, b"()") && self.place.in_word {
            sink.to(Some(Token::Operator), at + 2);
            self.place = Place::START;
            return at + 2;
        }
        sink.to(Some(Token::Operator), at + 1);
        if self.place.in_word {
            self.modes.push(Mode::Array);
            self.place.in_word = false;
        } else {
            let outer = Place {
                in_word: true,
                ..Place::default()
            };
            self.modes.push(Mode::Parens(outer));
            self.place = Place {
                command: self.place.command,
                ..Place::START
            };
        }
        at + 1
    }

    fn close(&mut self) {
        match self.modes.last_mut() {
            Some(Mode::Parens(outer)) => {
                self.place = *outer;
                self.modes.pop();
            }
            Some(Mode::Array) => {
                self.place.in_word = true;
                self.modes.pop();
            }
            // The `)` of `case x in a)` closes nothing.
            Some(Mode::Case(pattern)) if *pattern => {
                *pattern = false;
                self.place = Place::START;
            }
            _ => self.place.in_word = true,
        }
    }

    fn arithmetic(&mut self, sink: &mut impl Sink, at: usize, end: usize) -> usize {
        match self.bytes[at] {
            b'(' => {
                self.modes.push(Mode::Arithmetic);
                sink.to(Some(Token::Operator), at + 1);
                at + 1
            }
            b')' => {
                self.modes.pop();
                self.place.in_word = true;
                sink.to(Some(Token::Operator), at + 1);
                at + 1
            }
            _ => {
                let after = run_end(&self.bytes[..end], at + 1, |byte| {
                    !WORD_ENDS[usize::from(byte)] || matches!(byte, b'<' | b'>' | b'&' | b'|')
                });
                sink.to(None, after);
                after
            }
        }
    }

    /// `<placeholder>`, `<<EOF`, `<<<word`, `<(command)` or a redirect.
    fn less(&mut self, sink: &mut impl Sink, at: usize, end: usize) -> usize {
        let bytes = &self.bytes[..end];
        if let Some(after) = self.find.placeholder(at, true) {
            self.in_word();
            sink.to(Some(Token::Placeholder), after);
            return after;
        }
        if has(bytes, at, b"<(") {
            let outer = Place {
                command: false,
                in_word: true,
                ..self.place
            };
            self.modes.push(Mode::Parens(outer));
            self.place = Place::START;
            sink.to(Some(Token::Operator), at + 2);
            return at + 2;
        }
        if has(bytes, at, b"<<")
            && !has(bytes, at, b"<<<")
            && let Some((doc, after)) = announced(bytes, at)
        {
            self.heredocs.push_back(doc);
            self.place.in_word = true;
            sink.to(Some(Token::Operator), after);
            return after;
        }
        let after = run_end(bytes, at, |byte| byte == b'<' || byte == b'&');
        sink.to(Some(Token::Operator), after);
        self.place.in_word = false;
        self.place.target = true;
        after
    }

    fn word(&mut self, sink: &mut impl Sink, at: usize, end: usize) -> usize {
        let after = run_end(&self.bytes[..end], at + 1, |byte| {
            !WORD_ENDS[usize::from(byte)]
        });
        let word = &self.bytes[at..after];
        let place = self.place;
        self.place.in_word = true;
        if place.in_word || self.modes.last() == Some(&Mode::Array) {
            sink.to(None, after);
            return after;
        }
        if place.target {
            self.place.target = false;
            sink.to(None, after);
            return after;
        }
        // Only a whole word is a keyword: `if"x"` is none.
        let whole = self.bytes[..end]
            .get(after)
            .is_none_or(|byte| b" \t\r;|&()<>".contains(byte));
        if let Some(Mode::Case(pattern)) = self.modes.last()
            && (*pattern || place.command)
        {
            if word == b"esac" {
                self.modes.pop();
                self.compounds = self.compounds.saturating_sub(1);
                self.place.command = false;
                sink.to(Some(Token::Keyword), after);
                return after;
            }
            if *pattern {
                sink.to(None, after);
                return after;
            }
        }
        if place.header != Header::None {
            let token = self.header(word);
            sink.to(token, after);
            return after;
        }
        if place.command {
            return self.command_word(sink, at, after, whole);
        }
        if let [b'-', second, ..] = word
            && (*second != b'-' || word.len() > 2)
        {
            self.option(sink, at, after);
        } else if place.assigns
            && let Some(equals) = assignment(word)
        {
            sink.to(Some(Token::Name), at + equals);
            sink.to(None, after);
        } else {
            sink.to((word == b"]]").then_some(Token::Keyword), after);
        }
        after
    }

    /// The words between `for` or `case` and what comes after `in`.
    fn header(&mut self, word: &[u8]) -> Option<Token> {
        match (self.place.header, word) {
            (header, b"in") => {
                self.place.header = Header::None;
                self.place.command = false;
                if header == Header::Case {
                    self.modes.push(Mode::Case(true));
                }
                Some(Token::Keyword)
            }
            (Header::For, b"do") => {
                self.place = Place::START;
                Some(Token::Keyword)
            }
            (Header::For, _) => Some(Token::Name),
            _ => None,
        }
    }

    fn option(&self, sink: &mut impl Sink, at: usize, after: usize) {
        let flag = run_end(&self.bytes[..after], at, |byte| byte != b'=');
        sink.to(Some(Token::Option), flag);
        sink.to(None, after);
    }

    fn command_word(
        &mut self,
        sink: &mut impl Sink,
        at: usize,
        after: usize,
        whole: bool,
    ) -> usize {
        let word = &self.bytes[at..after];
        let place = self.place;
        if place.argument {
            self.place.argument = false;
            sink.to(None, after);
            return after;
        }
        if let Some(equals) = assignment(word) {
            sink.to(Some(Token::Name), at + equals);
            sink.to(None, after);
            return after;
        }
        if whole && let Some(next) = keyword(word) {
            match word {
                b"if" | b"for" | b"while" | b"until" | b"case" | b"select" | b"{" => {
                    self.compounds += 1;
                }
                b"fi" | b"done" | b"esac" | b"}" => {
                    self.compounds = self.compounds.saturating_sub(1);
                }
                _ => {}
            }
            self.place = Place {
                in_word: true,
                ..next
            };
            sink.to(Some(Token::Keyword), after);
            return after;
        }
        if word[0] == b'-' && word.len() > 1 {
            // An option of the prefix; these have an argument.
            self.place.argument = place.prefixed && matches!(word, b"-u" | b"-g");
            self.place.command = place.prefixed;
            self.option(sink, at, after);
            return after;
        }
        if place.prefixed && (word[0].is_ascii_digit() || matches!(word[0], b'{' | b'%')) {
            sink.to(None, after);
            return after;
        }
        self.place.command = is_prefix(word);
        self.place.prefixed = self.place.command;
        let named = word[0].is_ascii_alphanumeric() || b"_./~:[".contains(&word[0]);
        let name = named && word.iter().any(|byte| !b"./:".contains(byte)) || word == b".";
        sink.to(name.then_some(Token::Function), after);
        after
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Commands that run the command after them.
fn is_prefix(word: &[u8]) -> bool {
    matches!(
        word,
        b"sudo"
            | b"doas"
            | b"env"
            | b"nohup"
            | b"xargs"
            | b"watch"
            | b"command"
            | b"nice"
            | b"timeout"
            | b"builtin"
            | b"strace"
    )
}

/// Whether `word` is a keyword, and what comes after it.
fn keyword(word: &[u8]) -> Option<Place> {
    let header = |header| Place {
        header,
        ..Place::default()
    };
    match word {
        b"if" | b"then" | b"else" | b"elif" | b"while" | b"until" | b"do" | b"{" | b"!"
        | b"time" | b"eval" | b"exec" => Some(Place::START),
        b"for" | b"select" => Some(header(Header::For)),
        b"case" => Some(header(Header::Case)),
        b"export" | b"local" | b"declare" | b"readonly" | b"typeset" => Some(Place {
            assigns: true,
            ..Place::default()
        }),
        b"fi" | b"done" | b"esac" | b"}" | b"in" | b"function" | b"[[" | b"]]" | b"return"
        | b"exit" | b"set" | b"unset" | b"source" | b"break" | b"continue" | b"trap" | b"shift" => {
            Some(Place::default())
        }
        _ => None,
    }
}

/// Where the `=` of `NAME=value` or `NAME+=value` is.
fn assignment(word: &[u8]) -> Option<usize> {
    let name = run_end(word, 0, |byte| is_name(byte) || matches!(byte, b'[' | b']'));
    let equals = name + usize::from(word.get(name) == Some(&b'+'));
    (word.get(equals) == Some(&b'=') && !word[0].is_ascii_digit() && name > 0).then_some(equals)
}

/// The here-document that the `<<` at `at` announces, and where its announcement ends.
fn announced(bytes: &[u8], at: usize) -> Option<(HereDoc, usize)> {
    let start = at + 2 + usize::from(bytes.get(at + 2) == Some(&b'-'));
    let start = run_end(bytes, start, |byte| byte == b' ');
    let quote = *bytes.get(start)?;
    if matches!(quote, b'\'' | b'"') {
        let to = run_end(bytes, start + 1, |byte| byte != quote);
        return (to < bytes.len()).then_some((
            HereDoc {
                from: start + 1,
                to,
                quoted: true,
            },
            to + 1,
        ));
    }
    let from = start + usize::from(quote == b'\\');
    let to = run_end(bytes, from, |byte| {
        is_name(byte) || matches!(byte, b'-' | b'.' | b'!')
    });
    // `1 << 2` is arithmetic: a here-document's end is a word.
    let word = bytes
        .get(from)
        .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    word.then_some((
        HereDoc {
            from,
            to,
            quoted: quote == b'\\',
        },
        to,
    ))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn tokens() {
        check(
            "shell",
            &[
                (
                    "ls -la --color=auto /tmp # all\n",
                    "f‹ls› o‹-la› o‹--color›=auto /tmp c‹# all›\n",
                ),
                ("A=b C+=d cmd x=y\n", "v‹A›=b v‹C+›=d f‹cmd› x=y\n"),
                (
                    "export A=1 B=\"$C\"\n",
                    "k‹export› v‹A›=1 v‹B›=s‹\"›v‹$C›s‹\"›\n",
                ),
                (
                    "sudo -u postgres psql -c 'select 1'\n",
                    "f‹sudo› o‹-u› postgres f‹psql› o‹-c› s‹'select 1'›\n",
                ),
                (
                    "xargs -I {} kubectl get {}\n",
                    "f‹xargs› o‹-I› {} f‹kubectl› get {}\n",
                ),
                ("watch -n 5 date\n", "f‹watch› o‹-n› 5 f‹date›\n"),
                (
                    "if [ -f x ]; then echo hi; fi\n",
                    "k‹if› f‹[› o‹-f› x ]p‹;› k‹then› f‹echo› hip‹;› k‹fi›\n",
                ),
                (
                    "for x in a b; do\n  echo $x\ndone\n",
                    "k‹for› v‹x› k‹in› a bp‹;› k‹do›\n  f‹echo› v‹$x›\nk‹done›\n",
                ),
                (
                    "case $1 in\n  start|up) run;;\n  *) echo if;;\nesac\n",
                    "k‹case› v‹$1› k‹in›\n  startp‹|›upp‹)› f‹run›p‹;;›\n  *p‹)› f‹echo› ifp‹;;›\nk‹esac›\n",
                ),
                (
                    "echo \"a $b ${c:-\"d\"} $(e -f \"g\") h\"\n",
                    "f‹echo› s‹\"a ›v‹$b›s‹ ›v‹${c:-›s‹\"d\"›v‹}›s‹ ›p‹$(›f‹e› o‹-f› s‹\"g\"›p‹)›s‹ h\"›\n",
                ),
                (
                    "echo 'a $b' $'c\\'d' `e f`\n",
                    "f‹echo› s‹'a $b'› s‹$'c\\'d'› p‹`›f‹e› fp‹`›\n",
                ),
                ("echo don't\nls\n", "f‹echo› don't\nf‹ls›\n"),
                (
                    "echo if then # not # keywords\n",
                    "f‹echo› if then c‹# not # keywords›\n",
                ),
                (
                    "cat <<EOF | tee x\n$a ${b}\n<c>\nEOF\nls\n",
                    "f‹cat› p‹<<EOF› p‹|› f‹tee› x\nv‹$a›s‹ ›v‹${b}›\nh‹<c>›\np‹EOF›\nf‹ls›\n",
                ),
                (
                    "cat <<'A' <<-\"B C\"\n$a\nA\nb\n\tB C\nls\n",
                    "f‹cat› p‹<<'A'› p‹<<-\"B C\"›\ns‹$a›\np‹A›\ns‹b›\np‹\tB C›\nf‹ls›\n",
                ),
                (
                    "echo $((1 << 2)) <<<x\n",
                    "f‹echo› p‹$((›1 << 2p‹))› p‹<<<›x\n",
                ),
                (
                    "kubectl -n <name space> logs <pod> < in > out 2>&1\n",
                    "f‹kubectl› o‹-n› h‹<name space>› logs h‹<pod>› p‹<› in p‹>› out 2p‹>&›1\n",
                ),
                (
                    "diff <(a b) <(c)\n",
                    "f‹diff› p‹<(›f‹a› bp‹)› p‹<(›f‹c›p‹)›\n",
                ),
                (
                    "a && b || c | d & e\n",
                    "f‹a› p‹&&› f‹b› p‹||› f‹c› p‹|› f‹d› p‹&› f‹e›\n",
                ),
                (
                    "x=(a b)\ny() { z; }\n",
                    "v‹x›=p‹(›a bp‹)›\nf‹y›p‹()› k‹{› f‹z›p‹;› k‹}›\n",
                ),
                (
                    "[[ -n $a && b =~ c ]]\n",
                    "k‹[[› o‹-n› v‹$a› p‹&&› f‹b› =~ c k‹]]›\n",
                ),
                ("a \\\n  --b c\n", "f‹a› p‹\\›\n  o‹--b› c\n"),
                ("curl http://x/#y?a\n", "f‹curl› http://x/#y?a\n"),
                ("\"$BIN\" run\n", "s‹\"›v‹$BIN›s‹\"› run\n"),
                ("./a/b.sh ... é\n", "f‹./a/b.sh› ... é\n"),
            ],
        );
    }
}
