//! Diffs: lines added and taken away.

use super::paint::{Painter, Token};

/// Paints a diff.
pub(super) fn paint(source: &str, painter: &mut Painter<'_>) {
    for line in source.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let token = match bare {
            _ if bare.starts_with("+++ ")
                || bare.starts_with("--- ")
                || bare.starts_with("diff ") =>
            {
                Some(Token::Keyword)
            }
            _ if bare.starts_with("@@") || bare.starts_with("index ") => Some(Token::Name),
            _ if bare.starts_with(['+', '>']) => Some(Token::Inserted),
            _ if bare.starts_with(['-', '<']) => Some(Token::Deleted),
            _ => None,
        };
        match token {
            Some(token) => painter.token(token, bare),
            None => painter.plain(bare),
        }
        painter.plain(&line[bare.len()..]);
    }
}
