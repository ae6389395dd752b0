//! JSON, forgiving of comments, `...` and trailing commas, as runbooks abbreviate it.

use super::paint::{Painter, Token, placeholder_end, run_end};

/// Paints JSON.
pub(super) fn paint(source: &str, painter: &mut Painter<'_>) {
    let bytes = source.as_bytes();
    let mut at = 0;
    let mut comments_end = true;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'"' => {
                at = string_end(bytes, at);
                let after = run_end(bytes, at, |b| b" \t".contains(&b));
                let token = if bytes.get(after) == Some(&b':') {
                    Token::Name
                } else {
                    Token::String
                };
                painter.token(token, &source[start..at]);
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = run_end(bytes, at, |b| b != b'\n');
                painter.token(Token::Comment, &source[start..at]);
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') && comments_end => {
                match source[at + 2..].find("*/") {
                    Some(end) => {
                        at += end + 4;
                        painter.token(Token::Comment, &source[start..at]);
                    }
                    None => comments_end = false,
                }
            }
            b'0'..=b'9' | b'-' => {
                at = run_end(bytes, at + 1, |b| {
                    b.is_ascii_alphanumeric() || b"+-.".contains(&b)
                });
                painter.token(Token::Number, &source[start..at]);
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                at = run_end(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'_');
                match &source[start..at] {
                    word @ ("true" | "false" | "null") => painter.token(Token::Keyword, word),
                    word => painter.plain(word),
                }
            }
            b'<' if placeholder_end(bytes, at).is_some() => {
                at = placeholder_end(bytes, at).unwrap_or(at + 1);
                painter.token(Token::Placeholder, &source[start..at]);
            }
            _ => {
                at = run_end(bytes, at + 1, |b| {
                    !(b.is_ascii_alphanumeric() || b"\"/-_<".contains(&b))
                });
                painter.plain(&source[start..at]);
            }
        }
        if at == start {
            // A comment that never ends is punctuation.
            at += 1;
            painter.plain(&source[start..at]);
        }
    }
}

/// The end of the string that starts at `at`; it does not go past its line.
pub(super) fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() {
        match bytes[end] {
            b'\\'
                if end + 1 < bytes.len()
                    && bytes[end + 1].is_ascii()
                    && bytes[end + 1] != b'\n' =>
            {
                end += 2
            }
            b'\n' => return end,
            b if b == bytes[at] => return end + 1,
            _ => end += 1,
        }
    }
    bytes.len()
}
