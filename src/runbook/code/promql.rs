//! PromQL: functions, aggregations, labels, durations.

use super::json::string_end;
use super::paint::{Painter, Token, placeholder_end, run_end};

const KEYWORDS: &[&str] = &[
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "and",
    "or",
    "unless",
    "offset",
    "bool",
    "atan2",
    "start",
    "end",
];

/// Paints PromQL.
pub(super) fn paint(source: &str, painter: &mut Painter<'_>) {
    let bytes = source.as_bytes();
    let mut at = 0;
    let mut braces = 0_usize;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'#' => {
                at = run_end(bytes, at, |b| b != b'\n');
                painter.token(Token::Comment, &source[start..at]);
            }
            b'"' | b'\'' => {
                at = string_end(bytes, at);
                painter.token(Token::String, &source[start..at]);
            }
            b'0'..=b'9' => {
                at = run_end(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'.');
                painter.token(Token::Number, &source[start..at]);
            }
            b if b.is_ascii_alphabetic() || b == b'_' => {
                at = run_end(bytes, at, |b| {
                    b.is_ascii_alphanumeric() || b == b'_' || b == b':'
                });
                let word = &source[start..at];
                let next = run_end(bytes, at, |b| b" \t\n\r".contains(&b));
                let after = bytes.get(next).copied();
                if KEYWORDS.contains(&word.to_ascii_lowercase().as_str()) && braces == 0 {
                    painter.token(Token::Keyword, word);
                } else if braces > 0 && matches!(after, Some(b'=' | b'!')) {
                    painter.token(Token::Name, word);
                } else if braces == 0 && (after == Some(b'(') || aggregates(source, next)) {
                    painter.token(Token::Function, word);
                } else {
                    painter.plain(word);
                }
            }
            b'<' if placeholder_end(bytes, at).is_some() => {
                at = placeholder_end(bytes, at).unwrap_or(at + 1);
                painter.token(Token::Placeholder, &source[start..at]);
            }
            byte => {
                match byte {
                    b'{' => braces += 1,
                    b'}' => braces = braces.saturating_sub(1),
                    _ => {}
                }
                at += source[at..].chars().next().map_or(1, char::len_utf8);
                painter.plain(&source[start..at]);
            }
        }
    }
}

/// `sum by (x) (...)`: an aggregation stands before its `by`.
fn aggregates(source: &str, next: usize) -> bool {
    let rest = &source[next..];
    rest.starts_with("by ")
        || rest.starts_with("by(")
        || rest.starts_with("without ")
        || rest.starts_with("without(")
}
