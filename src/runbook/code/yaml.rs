//! YAML: keys, scalars, block scalars, templates. It reads line by line, as people do.

use super::paint::{Finder, Painter, Sink, Token, has, line_end, run_end, table};

/// Where a plain scalar may end or change.
const STOPS: [bool; 256] = table(b":#<{");
const FLOW_STOPS: [bool; 256] = table(b":#<{}[],");
const DOUBLE_STOPS: [bool; 256] = table(b"\"\\");

/// What is open at the end of a line.
struct Yaml<'a> {
    bytes: &'a [u8],
    find: Finder<'a>,
    /// A quoted scalar.
    quote: Option<u8>,
    /// A block scalar: its lines stand further in than this.
    block: Option<usize>,
    /// How many brackets and braces.
    flow: usize,
    /// Where the last quotes are; one that nothing closes does not swallow the rest.
    last_single: usize,
    last_double: usize,
}

/// Paints YAML.
pub(super) fn paint(painter: &mut Painter<'_>) {
    let bytes = painter.source.as_bytes();
    let last = |quote: u8| {
        bytes
            .iter()
            .rposition(|byte| *byte == quote)
            .unwrap_or_default()
    };
    let mut yaml = Yaml {
        bytes,
        find: Finder::new(painter.source),
        quote: None,
        block: None,
        flow: 0,
        last_single: last(b'\''),
        last_double: last(b'"'),
    };
    let mut at = 0;
    while at < bytes.len() {
        let (end, next) = line_end(bytes, at);
        yaml.line(painter, at, end);
        let inside = yaml.quote.is_some() || (yaml.block.is_some() && painter.is_string());
        painter.to(inside.then_some(Token::String), next);
        at = next;
    }
}

impl Yaml<'_> {
    fn line(&mut self, painter: &mut Painter<'_>, start: usize, end: usize) {
        let text = run_end(&self.bytes[..end], start, |byte| byte == b' ');
        if let Some(indent) = self.block {
            // The parent's place counts from 1, so that a scalar of the document itself may start at 0.
            if text == end || text - start >= indent {
                return painter.text(Some(Token::String), end, &mut self.find);
            }
            self.block = None;
        }
        let mut at = start;
        // Brackets that were never closed end where another key starts.
        if text == start
            && self.bytes[..end]
                .get(start)
                .is_some_and(u8::is_ascii_alphanumeric)
        {
            self.flow = 0;
        }
        if let Some(quote) = self.quote {
            at = self.quoted(painter, start, end, quote);
            if self.quote.is_some() {
                return;
            }
        } else if self.flow == 0 && text == start {
            let marker =
                has(&self.bytes[..end], start, b"---") || has(&self.bytes[..end], start, b"...");
            if marker
                && self.bytes[..end]
                    .get(start + 3)
                    .is_none_or(u8::is_ascii_whitespace)
            {
                painter.to(Some(Token::Operator), start + 3);
                at = start + 3;
            } else if self.bytes[..end].get(start) == Some(&b'%') {
                return painter.to(Some(Token::Keyword), end);
            }
        }
        self.nodes(painter, start, at, end);
    }

    /// The rest of a line.
    fn nodes(&mut self, painter: &mut Painter<'_>, start: usize, mut at: usize, end: usize) {
        let bytes = &self.bytes[..end];
        // Where the node stands that a block scalar would belong to, counted from 1; and where the current one
        // starts, of which a template may be the first part.
        let (mut parent, mut node) = (0, None);
        // A key, a dash or a scalar may still start; after a scalar only `:` and comments follow.
        let mut fresh = true;
        while at < end {
            let byte = bytes[at];
            let before = if at > start { bytes[at - 1] } else { b' ' };
            let spaced = matches!(before, b' ' | b'\t');
            let ends = bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
            match byte {
                b' ' | b'\t' => {
                    at = run_end(bytes, at, |byte| byte == b' ' || byte == b'\t');
                    painter.to(None, at);
                }
                b'#' if spaced => return painter.to(Some(Token::Comment), end),
                b'-' | b'?' if fresh && ends && self.flow == 0 => {
                    parent = at - start + 1;
                    node = None;
                    at += 1;
                    painter.to(Some(Token::Operator), at);
                }
                b':' if ends || self.flow > 0 => {
                    fresh = true;
                    at += 1;
                    painter.to(None, at);
                }
                b'&' | b'*' | b'!' if fresh && !ends => {
                    at = run_end(bytes, at, |byte| {
                        !byte.is_ascii_whitespace() && !b",[]{}".contains(&byte)
                    });
                    painter.to(Some(Token::Type), at);
                }
                b'|' | b'>' if fresh && self.flow == 0 && block_header(bytes, at + 1) => {
                    at = run_end(bytes, at, |byte| !byte.is_ascii_whitespace());
                    painter.to(Some(Token::Operator), at);
                    self.block = Some(parent);
                    fresh = false;
                }
                quote @ (b'"' | b'\'') if fresh => {
                    let from = at;
                    let key = self.is_key(from, end, quote);
                    if key {
                        parent = *node.get_or_insert(from) - start + 1;
                        at = quoted_end(bytes, from + 1, quote).unwrap_or(end);
                        painter.text(Some(Token::Name), at, &mut self.find);
                    } else {
                        painter.to(Some(Token::String), at + 1);
                        at = self.quoted(painter, at + 1, end, quote);
                        if self.quote.is_some() {
                            return;
                        }
                    }
                    fresh = false;
                }
                b'{' if let Some(close) = self.find.template(at) => {
                    node.get_or_insert(at);
                    at = close;
                    painter.to(Some(Token::Name), at);
                    // A template may be the start of a key or of a value.
                    fresh = true;
                }
                b'[' | b'{' if fresh => {
                    self.flow += 1;
                    at += 1;
                    painter.to(None, at);
                }
                b']' | b'}' | b',' if self.flow > 0 => {
                    self.flow -= usize::from(byte != b',');
                    fresh = byte == b',';
                    at += 1;
                    painter.to(None, at);
                }
                b'<' if let Some(close) = self.find.placeholder(at, true) => {
                    node.get_or_insert(at);
                    at = close;
                    painter.to(Some(Token::Placeholder), at);
                    fresh = true;
                }
                _ => {
                    let from = at;
                    at = self.plain_end(at, end);
                    let text = bytes[from..at].trim_ascii_end();
                    let after = from + text.len();
                    let next = bytes.get(at);
                    let from_node = *node.get_or_insert(from);
                    let token = if next == Some(&b':') {
                        parent = from_node - start + 1;
                        Token::Name
                    } else if matches!(next, None | Some(b'#' | b',' | b']' | b'}'))
                        && b" \t[{,:".contains(&before)
                    {
                        scalar(text)
                    } else {
                        // `5 <unit>` and `{{ x }}m` are neither numbers nor constants.
                        Token::String
                    };
                    painter.to(Some(token), after);
                    painter.to(None, at);
                    fresh = false;
                }
            }
        }
    }

    /// Paints a quoted scalar from after its quote; gives where it or the line ends.
    fn quoted(&mut self, painter: &mut Painter<'_>, at: usize, end: usize, quote: u8) -> usize {
        let close = quoted_end(&self.bytes[..end], at, quote);
        let last = if quote == b'"' {
            self.last_double
        } else {
            self.last_single
        };
        self.quote = (close.is_none() && last > end).then_some(quote);
        let to = close.unwrap_or(end);
        painter.text(Some(Token::String), to, &mut self.find);
        to
    }

    /// Whether the quoted scalar at `at` is a key.
    fn is_key(&self, at: usize, end: usize, quote: u8) -> bool {
        let bytes = &self.bytes[..end];
        quoted_end(bytes, at + 1, quote).is_some_and(|close| {
            let colon = run_end(bytes, close, |byte| byte == b' ');
            bytes.get(colon) == Some(&b':')
                && (self.flow > 0 || bytes.get(colon + 1).is_none_or(u8::is_ascii_whitespace))
        })
    }

    /// Where a plain scalar ends: before `: `, ` #`, a placeholder, a template and, within brackets, a comma.
    fn plain_end(&mut self, start: usize, end: usize) -> usize {
        let bytes = &self.bytes[..end];
        let stops = if self.flow > 0 { &FLOW_STOPS } else { &STOPS };
        let mut at = start + 1;
        loop {
            at = run_end(bytes, at, |byte| !stops[usize::from(byte)]);
            let next = bytes.get(at + 1);
            let stop = match bytes.get(at) {
                None => return end,
                Some(b':') => {
                    next.is_none_or(u8::is_ascii_whitespace)
                        || (self.flow > 0 && next.is_some_and(|next| b",[]{}\"".contains(next)))
                }
                Some(b'#') => matches!(bytes[at - 1], b' ' | b'\t'),
                Some(b'<') => self.find.placeholder(at, true).is_some(),
                Some(b'{') => self.flow > 0 || self.find.template(at).is_some(),
                Some(_) => true,
            };
            if stop {
                return at;
            }
            at += 1;
        }
    }
}

/// The end of a quoted scalar, from after its opening quote, if it ends in `bytes`.
fn quoted_end(bytes: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    loop {
        at = if quote == b'"' {
            run_end(bytes, at, |byte| !DOUBLE_STOPS[usize::from(byte)])
        } else {
            run_end(bytes, at, |byte| byte != b'\'')
        };
        match bytes.get(at)? {
            b'\\' => at += 2,
            _ if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 2,
            _ => return Some(at + 1),
        }
    }
}

/// Whether the rest of a line after `|` or `>` is that of a block scalar: digits, signs, a comment.
fn block_header(bytes: &[u8], at: usize) -> bool {
    let at = run_end(bytes, at, |byte| {
        byte.is_ascii_digit() || matches!(byte, b'+' | b'-')
    });
    let rest = bytes.get(at..).unwrap_or_default();
    let text = rest.trim_ascii_start();
    text.is_empty() || (text[0] == b'#' && text.len() < rest.len())
}

/// What a plain scalar is.
fn scalar(text: &[u8]) -> Token {
    match text {
        b"true" | b"false" | b"null" | b"~" | b"yes" | b"no" | b"on" | b"off" | b"True"
        | b"False" | b"Null" | b"Yes" | b"No" | b"On" | b"Off" | b"TRUE" | b"FALSE" | b"NULL" => {
            Token::Keyword
        }
        [b'+' | b'-', rest @ ..] if is_number(rest) => Token::Number,
        _ if is_number(text) => Token::Number,
        _ => Token::String,
    }
}

fn is_number(text: &[u8]) -> bool {
    if let [b'0', b'x' | b'o', rest @ ..] = text {
        return !rest.is_empty() && rest.iter().all(u8::is_ascii_hexdigit);
    }
    let mut dots = 0;
    let mut exponent = false;
    text.first().is_some_and(u8::is_ascii_digit)
        && text.iter().enumerate().all(|(at, byte)| match byte {
            b'0'..=b'9' | b'_' => true,
            b'.' => {
                dots += 1;
                dots == 1 && !exponent
            }
            b'e' | b'E' => {
                let first = !exponent;
                exponent = true;
                first && at + 1 < text.len()
            }
            b'+' | b'-' => exponent && matches!(text[at - 1], b'e' | b'E'),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn tokens() {
        check(
            "yaml",
            &[
                ("a: b\n", "v‹a›: s‹b›\n"),
                (
                    "- a: \"b\" # c\n  d: 'e''f'\n",
                    "p‹-› v‹a›: s‹\"b\"› c‹# c›\n  v‹d›: s‹'e''f'›\n",
                ),
                ("? a\n: b\n", "p‹?› s‹a›\n: s‹b›\n"),
                (
                    "n: [1, -2.5e3, true, x]\n",
                    "v‹n›: [n‹1›, n‹-2.5e3›, k‹true›, s‹x›]\n",
                ),
                (
                    "{a: b, \"c\": {d: null}}\n",
                    "{v‹a›: s‹b›, v‹\"c\"›: {v‹d›: k‹null›}}\n",
                ),
                (
                    "a: |-\n  b: c\n\n  # d\ne: f\n",
                    "v‹a›: p‹|-›\ns‹  b: c\n\n  # d\n›v‹e›: s‹f›\n",
                ),
                ("- |\n b\n- c\n", "p‹-› p‹|›\ns‹ b\n›p‹-› s‹c›\n"),
                (
                    "--- # x\na: &x !y z\nb: *x\n...\n",
                    "p‹---› c‹# x›\nv‹a›: t‹&x› t‹!y› s‹z›\nv‹b›: t‹*x›\np‹...›\n",
                ),
                (
                    "a: b#c # d\nurl: http://x:1/y\n",
                    "v‹a›: s‹b#c› c‹# d›\nv‹url›: s‹http://x:1/y›\n",
                ),
                (
                    "a: {{ .b }}c\n{{- if x }}\n{{ y }}-z: 1\n",
                    "v‹a›: v‹{{ .b }}›s‹c›\nv‹{{- if x }}›\nv‹{{ y }}-z›: n‹1›\n",
                ),
                (
                    "a: \"b {{ c }} <d>\"\n",
                    "v‹a›: s‹\"b ›v‹{{ c }}›s‹ ›h‹<d>›s‹\"›\n",
                ),
                ("a: <b> c\n", "v‹a›: h‹<b>› s‹c›\n"),
                (
                    "a: \"b\n  c\" # d\ne: don't 'f'\n",
                    "v‹a›: s‹\"b\n  c\"› c‹# d›\nv‹e›: s‹don't 'f'›\n",
                ),
                ("\"k\": v\n'l' : w\n", "v‹\"k\"›: s‹v›\nv‹'l'› : s‹w›\n"),
                (
                    "a: 1.2.3\nb: 0x1F\nc: 5m\nd: ~\n",
                    "v‹a›: s‹1.2.3›\nv‹b›: n‹0x1F›\nv‹c›: s‹5m›\nv‹d›: k‹~›\n",
                ),
                ("- - a\n-b\n", "p‹-› p‹-› s‹a›\ns‹-b›\n"),
                ("# a: b\n%YAML 1.2\n", "c‹# a: b›\nk‹%YAML 1.2›\n"),
                ("a: > # c\n  b\n", "v‹a›: p‹>› c‹# c›\ns‹  b\n›"),
                (
                    "a: [\n  b,\n  {c: d}\n]\ne: f\n",
                    "v‹a›: [\n  s‹b›,\n  {v‹c›: s‹d›}\n]\nv‹e›: s‹f›\n",
                ),
            ],
        );
    }
}
