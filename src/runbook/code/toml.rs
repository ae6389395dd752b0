//! TOML and INI: sections, keys, values, comments.

use super::json::string_end;
use super::paint::{Finder, Painter, Sink, Token, has, line_end, run_end, table};

const KEY: [bool; 256] =
    table(b" _-.\"'/%[]:@ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
const PLAIN: [bool; 256] =
    table(b"#\"'-+<{[]ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

/// What is open at the end of a line.
#[derive(Default)]
struct Open {
    /// The three quotes of a string that goes on.
    quotes: Option<&'static [u8]>,
    /// How many brackets of arrays.
    brackets: usize,
}

/// Paints TOML, INI, systemd units, properties and env files.
pub(super) fn paint(painter: &mut Painter<'_>) {
    let bytes = painter.source.as_bytes();
    let mut find = Finder::new(painter.source);
    let mut open = Open::default();
    let mut at = 0;
    while at < bytes.len() {
        let (end, next) = line_end(bytes, at);
        line(painter, &bytes[..end], at, &mut open, &mut find);
        painter.to(open.quotes.map(|_| Token::String), next);
        at = next;
    }
}

fn line(
    painter: &mut Painter<'_>,
    bytes: &[u8],
    start: usize,
    open: &mut Open,
    find: &mut Finder<'_>,
) {
    let end = bytes.len();
    if let Some(quotes) = open.quotes {
        let Some(close) = position(bytes, start, quotes) else {
            painter.text(Some(Token::String), end, find);
            return;
        };
        painter.text(Some(Token::String), close + 3, find);
        open.quotes = None;
        return value(painter, bytes, close + 3, open, find);
    }
    let mut at = run_end(bytes, start, |byte| byte == b' ' || byte == b'\t');
    painter.to(None, at);
    match bytes.get(at) {
        Some(b';' | b'!') => return painter.to(Some(Token::Comment), end),
        Some(b'[') if open.brackets == 0 => {
            // The last bracket of `[a]`, `[[a]]` or `[a] # b`.
            let close = run_end(bytes, at, |byte| byte != b'#');
            let close = bytes[at..close]
                .iter()
                .rposition(|byte| *byte == b']')
                .map_or(at + 1, |close| at + close + 1);
            painter.to(Some(Token::Keyword), close);
            at = close;
        }
        _ if open.brackets == 0 => {
            if has(bytes, at, b"export ") {
                at += 7;
                painter.to(Some(Token::Keyword), at - 1);
                painter.to(None, at);
            }
            let equals = run_end(bytes, at, |byte| KEY[usize::from(byte)] || byte >= 0x80);
            if equals > at && bytes.get(equals) == Some(&b'=') {
                at += bytes[at..equals].trim_ascii_end().len();
                painter.to(Some(Token::Name), at);
            }
        }
        _ => {}
    }
    value(painter, bytes, at, open, find);
}

fn position(bytes: &[u8], at: usize, mark: &[u8]) -> Option<usize> {
    bytes
        .get(at..)?
        .windows(mark.len())
        .position(|window| window == mark)
        .map(|found| at + found)
}

/// The rest of a line.
fn value(
    painter: &mut Painter<'_>,
    bytes: &[u8],
    mut at: usize,
    open: &mut Open,
    find: &mut Finder<'_>,
) {
    while at < bytes.len() {
        let before = at.checked_sub(1).map_or(b'\n', |before| bytes[before]);
        let word_start = !(before.is_ascii_alphanumeric() || before == b'_' || before >= 0x80);
        match bytes[at] {
            b'#' if b" \t,]}\"'\n".contains(&before) => {
                return painter.to(Some(Token::Comment), bytes.len());
            }
            quote @ (b'"' | b'\'') if word_start => {
                let three: &'static [u8] = if quote == b'"' { b"\"\"\"" } else { b"'''" };
                at = if !has(bytes, at, three) {
                    string_end(bytes, at, quote)
                } else if let Some(close) = position(bytes, at + 3, three) {
                    close + 3
                } else {
                    open.quotes = Some(three);
                    bytes.len()
                };
                painter.text(Some(Token::String), at, find);
            }
            b'0'..=b'9' | b'-' | b'+' if b" \t=[,".contains(&before) => {
                let after = run_end(bytes, at + 1, |byte| {
                    byte.is_ascii_alphanumeric() || b"._:+-".contains(&byte)
                });
                let number = bytes[at..after].iter().any(u8::is_ascii_digit);
                at = after;
                painter.to(number.then_some(Token::Number), at);
            }
            byte if byte.is_ascii_alphanumeric() => {
                let after = run_end(bytes, at, |byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
                });
                let constant = word_start && matches!(&bytes[at..after], b"true" | b"false");
                at = after;
                painter.to(constant.then_some(Token::Keyword), at);
            }
            byte @ (b'[' | b']') => {
                if byte == b'[' {
                    open.brackets += 1;
                } else {
                    open.brackets = open.brackets.saturating_sub(1);
                }
                at += 1;
                painter.to(None, at);
            }
            b'<' | b'{' => {
                let (found, token) = if bytes[at] == b'<' {
                    (find.placeholder(at, true), Token::Placeholder)
                } else {
                    (find.template(at), Token::Name)
                };
                at = found.unwrap_or(at + 1);
                painter.to(found.map(|_| token), at);
            }
            _ => {
                at = run_end(bytes, at + 1, |byte| !PLAIN[usize::from(byte)]);
                painter.to(None, at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn tokens() {
        check(
            "toml",
            &[
                (
                    "[a.\"b\"] # c\nd-e = \"f\" # g\n",
                    "k‹[a.\"b\"]› c‹# c›\nv‹d-e› = s‹\"f\"› c‹# g›\n",
                ),
                (
                    "a = [1, 2.5, true]\nb = [\n  \"[c]\",\n]\n[[d]]\n",
                    "v‹a› = [n‹1›, n‹2.5›, k‹true›]\nv‹b› = [\n  s‹\"[c]\"›,\n]\nk‹[[d]]›\n",
                ),
                (
                    "a = \"\"\"b\nc = d\n\"\"\"\ne = 1979-05-27T07:32:00Z\n",
                    "v‹a› = s‹\"\"\"b\nc = d\n\"\"\"›\nv‹e› = n‹1979-05-27T07:32:00Z›\n",
                ),
                (
                    "; x\nexport A=b c\nUser=<name>\n",
                    "c‹; x›\nk‹export› v‹A›=b c\nv‹User›=h‹<name>›\n",
                ),
            ],
        );
    }
}
