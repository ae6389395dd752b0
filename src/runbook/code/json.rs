//! JSON, forgiving of comments, `...` and trailing commas, as runbooks abbreviate it.

use super::paint::{Finder, Painter, Sink, Token, has, run_end, table};

/// Where something other than punctuation starts.
const STARTS: [bool; 256] =
    table(b"\"'/#<-{0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");

/// Paints JSON.
pub(super) fn paint(painter: &mut Painter<'_>) {
    let source = painter.source;
    let bytes = source.as_bytes();
    let mut find = Finder::new(source);
    let mut comments_end = true;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                let end = string_end(bytes, at, quote);
                let after = run_end(bytes, end, |byte| byte == b' ' || byte == b'\t');
                let key = bytes.get(after) == Some(&b':');
                at = end;
                painter.text(
                    Some(if key { Token::Name } else { Token::String }),
                    at,
                    &mut find,
                );
            }
            b'/' if has(bytes, at, b"//") => at = comment(bytes, at, painter),
            b'#' => at = comment(bytes, at, painter),
            b'/' if comments_end && has(bytes, at, b"/*") => match source[at + 2..].find("*/") {
                Some(length) => {
                    at += length + 4;
                    painter.to(Some(Token::Comment), at);
                }
                None => comments_end = false,
            },
            b'0'..=b'9' | b'-' => {
                at = run_end(bytes, at + 1, |byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
                });
                painter.to(Some(Token::Number), at);
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                let end = run_end(bytes, at, |byte| {
                    byte.is_ascii_alphanumeric() || byte == b'_'
                });
                let token = matches!(&bytes[at..end], b"true" | b"false" | b"null")
                    .then_some(Token::Keyword);
                at = end;
                painter.to(token, at);
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
                at = run_end(bytes, at + 1, |byte| !STARTS[usize::from(byte)]);
                painter.to(None, at);
            }
        }
    }
}

fn comment(bytes: &[u8], at: usize, painter: &mut Painter<'_>) -> usize {
    let end = run_end(bytes, at, |byte| byte != b'\n');
    painter.to(Some(Token::Comment), end);
    end
}

/// The end of the string that starts at `at`; it does not go past its line.
pub(super) fn string_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    loop {
        end = run_end(bytes, end, |byte| {
            byte != quote && byte != b'\\' && byte != b'\n'
        });
        match bytes.get(end) {
            Some(b'\\') if bytes.get(end + 1).is_some_and(|byte| *byte != b'\n') => end += 2,
            Some(b'\\') => end += 1,
            Some(b'\n') | None => return end.min(bytes.len()),
            Some(_) => return end + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn tokens() {
        check(
            "json",
            &[
                (
                    "{\"a\": [1, -2.5e+3, true, null], // c\n ...}\n",
                    "{v‹\"a\"›: [n‹1›, n‹-2.5e+3›, k‹true›, k‹null›], c‹// c›\n ...}\n",
                ),
                (
                    "{'a' : \"b\\\"c\", /* d */ e: <f>}\n",
                    "{v‹'a'› : s‹\"b\\\"c\"›, c‹/* d */› e: h‹<f>›}\n",
                ),
                (
                    "[\"a\n\", \"{{ b }} <c>\"] # d\n",
                    "[s‹\"a›\ns‹\", \"›v‹{{ b }}› h‹<c>›s‹\"] # d›\n",
                ),
                ("/* a\n", "/* a\n"),
            ],
        );
    }
}
