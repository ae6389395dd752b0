//! The long tail of languages: syntect's grammars, their many scopes folded into our few classes.

use std::sync::LazyLock;

use syntect::parsing::{ParseState, ScopeStack, ScopeStackOp, SyntaxSet};

use super::paint::{Painter, Token};

/// Largest block that is highlighted, in bytes: the library takes about a second for a megabyte.
const LARGEST: usize = 64 * 1024;
/// Longest line that is highlighted, in bytes: some grammars are quadratic in a line's length.
const LONGEST: usize = 4 * 1024;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Paints `source` by the grammar that the library knows as `token`; plainly where it fails.
pub(super) fn paint(token: &str, source: &str, painter: &mut Painter<'_>) {
    if source.len() > LARGEST || source.lines().any(|line| line.len() > LONGEST) {
        return painter.plain(source);
    }
    let Some(syntax) = SYNTAXES.find_syntax_by_token(token) else {
        return painter.plain(source);
    };
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    // What was not painted yet: tokens of the same class run together.
    let mut pending: (Option<Token>, std::ops::Range<usize>) = (None, 0..0);
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let ops: Vec<(usize, ScopeStackOp)> = state.parse_line(line, &SYNTAXES).unwrap_or_default();
        let mut at = 0;
        for (place, op) in ops {
            extend(
                &mut pending,
                class(&stack),
                start + at..start + place,
                source,
                painter,
            );
            at = at.max(place);
            // A grammar that pops too much has lost its way; its text is still whole.
            if stack.apply(&op).is_err() {
                stack = ScopeStack::new();
            }
        }
        extend(
            &mut pending,
            class(&stack),
            start + at..start + line.len(),
            source,
            painter,
        );
        start += line.len();
    }
    flush(&pending, source, painter);
}

fn extend(
    pending: &mut (Option<Token>, std::ops::Range<usize>),
    token: Option<Token>,
    range: std::ops::Range<usize>,
    source: &str,
    painter: &mut Painter<'_>,
) {
    if range.is_empty() {
        return;
    }
    if pending.0 != token {
        flush(pending, source, painter);
        *pending = (token, range);
    } else {
        pending.1.end = range.end;
    }
}

fn flush(
    pending: &(Option<Token>, std::ops::Range<usize>),
    source: &str,
    painter: &mut Painter<'_>,
) {
    let text = &source[pending.1.clone()];
    match pending.0 {
        Some(token) => painter.token(token, text),
        None => painter.plain(text),
    }
}

/// Scopes by their first words, the more telling first (TextMate's naming conventions).
const CLASSES: &[(&str, Option<Token>)] = &[
    ("comment", Some(Token::Comment)),
    ("constant.numeric", Some(Token::Number)),
    ("constant.language", Some(Token::Keyword)),
    ("constant.character", Some(Token::String)),
    ("string", Some(Token::String)),
    ("entity.name.function", Some(Token::Function)),
    ("support.function", Some(Token::Function)),
    ("variable.function", Some(Token::Function)),
    ("entity.name.type", Some(Token::Type)),
    ("entity.name.class", Some(Token::Type)),
    ("support.type", Some(Token::Type)),
    ("support.class", Some(Token::Type)),
    ("storage", Some(Token::Keyword)),
    ("keyword.operator", None),
    ("keyword", Some(Token::Keyword)),
    ("entity.name.tag", Some(Token::Keyword)),
    ("entity.other.attribute-name", Some(Token::Name)),
    ("entity.name", Some(Token::Name)),
    ("variable.parameter", Some(Token::Operator)),
    ("variable", Some(Token::Name)),
    ("markup.inserted", Some(Token::Inserted)),
    ("markup.deleted", Some(Token::Deleted)),
    ("markup.heading", Some(Token::Keyword)),
];

/// The class of the innermost scope that has one.
fn class(stack: &ScopeStack) -> Option<Token> {
    for scope in stack.as_slice().iter().rev() {
        let name = scope.build_string();
        if let Some((_, token)) = CLASSES.iter().find(|(prefix, _)| name.starts_with(prefix)) {
            return *token;
        }
    }
    None
}
