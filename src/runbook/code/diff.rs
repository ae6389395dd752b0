//! Diffs: lines added and taken away.

use super::paint::{Painter, Sink, Token, has, line_end};

/// Paints a diff.
pub(super) fn paint(painter: &mut Painter<'_>) {
    let bytes = painter.source.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let (end, next) = line_end(bytes, at);
        let starts = |prefixes: &[&[u8]]| prefixes.iter().any(|prefix| has(bytes, at, prefix));
        let token = if starts(&[b"+++ ", b"--- ", b"diff ", b"Only in "]) {
            Some(Token::Keyword)
        } else if starts(&[b"@@", b"index ", b"\\ No newline"]) {
            Some(Token::Name)
        } else if starts(&[b"+", b">"]) {
            Some(Token::Inserted)
        } else if starts(&[b"-", b"<"]) {
            Some(Token::Deleted)
        } else {
            None
        };
        painter.to(token, end);
        painter.to(None, next);
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn tokens() {
        check(
            "diff",
            &[(
                "--- a\n+++ b\n@@ -1 +1 @@\n c\n-d\n+e\n",
                "k‹--- a›\nk‹+++ b›\nv‹@@ -1 +1 @@›\n c\ndel‹-d›\nins‹+e›\n",
            )],
        );
    }
}
