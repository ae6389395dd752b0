//! TOML and INI: sections, keys, values, comments.

use super::json::string_end;
use super::paint::{Painter, Token, run_end};

/// Paints TOML, INI, systemd units, properties and env files.
pub(super) fn paint(source: &str, painter: &mut Painter<'_>) {
    // The three quotes of a string that goes on over lines.
    let mut open: Option<&str> = None;
    for line in source.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let mut at;
        if let Some(quotes) = open {
            let end = bare.find(quotes).map(|end| end + 3);
            painter.token(Token::String, &bare[..end.unwrap_or(bare.len())]);
            at = end.unwrap_or(bare.len());
            if end.is_some() {
                open = None;
            }
        } else {
            let start = bare.len() - bare.trim_start().len();
            let text = &bare[start..];
            painter.plain(&bare[..start]);
            at = start;
            if text.starts_with('[') && !text.contains('=') {
                let end = bare.rfind(']').map_or(bare.len(), |end| end + 1);
                painter.token(Token::Keyword, &bare[at..end]);
                at = end;
            } else if text.starts_with(';') {
                painter.token(Token::Comment, text);
                at = bare.len();
            } else if let Some(equals) = key_end(text) {
                let key = text[..equals].trim_end();
                painter.token(Token::Name, key);
                at += key.len();
            }
        }
        open = open.or_else(|| value(bare, at, painter));
        painter.plain(&line[bare.len()..]);
    }
}

/// Where the `=` after a key is.
fn key_end(text: &str) -> Option<usize> {
    let equals = text.find('=')?;
    let fine = |c: char| c.is_alphanumeric() || " _-.\"'/%[]:@".contains(c);
    (equals > 0 && text[..equals].chars().all(fine)).then_some(equals)
}

/// Paints the rest of a line; gives the quotes of a string that it leaves open.
fn value(line: &str, mut at: usize, painter: &mut Painter<'_>) -> Option<&'static str> {
    let bytes = line.as_bytes();
    while at < bytes.len() {
        let start = at;
        let rest = &line[at..];
        match bytes[at] {
            b'#' if at == 0 || b" \t,]}\"'".contains(&bytes[at - 1]) => {
                painter.token(Token::Comment, rest);
                return None;
            }
            b'"' | b'\'' => {
                let quotes = if rest.starts_with("\"\"\"") {
                    Some("\"\"\"")
                } else if rest.starts_with("'''") {
                    Some("'''")
                } else {
                    None
                };
                if let Some(quotes) = quotes {
                    match rest[3..].find(quotes) {
                        Some(end) => at += end + 6,
                        None => {
                            painter.token(Token::String, rest);
                            return Some(quotes);
                        }
                    }
                } else {
                    at = string_end(bytes, at);
                }
                painter.token(Token::String, &line[start..at]);
            }
            b'0'..=b'9' | b'-' | b'+' if start == 0 || b" =[,\t".contains(&bytes[start - 1]) => {
                at = run_end(bytes, at + 1, |b| {
                    b.is_ascii_alphanumeric() || b"._:+-".contains(&b)
                });
                painter.token(Token::Number, &line[start..at]);
            }
            b if b.is_ascii_alphabetic() => {
                at = run_end(bytes, at, |b| {
                    b.is_ascii_alphanumeric() || b == b'_' || b == b'-' || b == b'.'
                });
                match &line[start..at] {
                    word @ ("true" | "false") => painter.token(Token::Keyword, word),
                    word => painter.plain(word),
                }
            }
            _ => {
                at = run_end(bytes, at + 1, |b| {
                    !(b.is_ascii_alphanumeric() || b"#\"'-+".contains(&b))
                });
                painter.plain(&line[start..at]);
            }
        }
    }
    None
}
