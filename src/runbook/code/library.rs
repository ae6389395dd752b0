//! The long tail of languages: syntect's grammars, their many scopes folded into our few classes.

use std::sync::LazyLock;

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use super::paint::{Painter, Sink, Token};

/// Largest block that is highlighted, in bytes. The library takes 1 to 10 microseconds a byte for ordinary code,
/// and 100 for what its grammars are slowest at, so this keeps the worst block under three seconds.
const LARGEST: usize = 16 * 1024;
/// Longest line that is highlighted, in bytes. Many grammars are quadratic in a line's length, some in that of a
/// single word or gap: 1,600 letters in a row take JavaScript's half a second. Code that people read has no such
/// lines; what goes beyond is data or prose, and stays plain.
const LONGEST_LINE: usize = 512;
/// Longest word or gap in a highlighted line, in bytes.
const LONGEST_RUN: usize = 96;
/// Most scopes within each other. A grammar that goes deeper has lost its way.
const DEEPEST: usize = 200;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Scopes by their first words (TextMate's naming conventions); of two that fit the longer one counts.
const CLASSES: &[(&str, Option<Token>)] = &[
    ("comment", Some(Token::Comment)),
    ("constant.numeric", Some(Token::Number)),
    ("constant.language", Some(Token::Keyword)),
    ("constant.character", Some(Token::String)),
    ("constant.other.placeholder", Some(Token::Name)),
    ("string", Some(Token::String)),
    ("meta.interpolation", None),
    ("entity.name.function", Some(Token::Function)),
    ("support.function", Some(Token::Function)),
    ("variable.function", Some(Token::Function)),
    ("entity.name.type", Some(Token::Type)),
    ("entity.name.class", Some(Token::Type)),
    ("entity.name.struct", Some(Token::Type)),
    ("entity.name.enum", Some(Token::Type)),
    ("entity.other.inherited-class", Some(Token::Type)),
    ("support.type", Some(Token::Type)),
    ("support.class", Some(Token::Type)),
    ("storage", Some(Token::Keyword)),
    ("keyword.operator", Some(Token::Operator)),
    ("keyword.operator.word", Some(Token::Keyword)),
    ("keyword.operator.logical.python", Some(Token::Keyword)),
    ("keyword", Some(Token::Keyword)),
    ("entity.name.tag", Some(Token::Keyword)),
    ("entity.other.attribute-name", Some(Token::Name)),
    ("entity.name", Some(Token::Name)),
    ("support.constant", Some(Token::Keyword)),
    ("support.variable", Some(Token::Name)),
    ("variable.parameter.option", Some(Token::Option)),
    ("variable.language", Some(Token::Keyword)),
    ("variable", Some(Token::Name)),
    ("markup.inserted", Some(Token::Inserted)),
    ("markup.deleted", Some(Token::Deleted)),
    ("markup.heading", Some(Token::Keyword)),
    ("markup.raw", Some(Token::String)),
];

/// [`CLASSES`] as scopes, the longer first.
static SCOPES: LazyLock<Vec<(Scope, Option<Token>)>> = LazyLock::new(|| {
    let mut scopes: Vec<_> = CLASSES
        .iter()
        .filter_map(|(name, token)| Some((Scope::new(name).ok()?, *token)))
        .collect();
    scopes.sort_by_key(|(scope, _)| std::cmp::Reverse(scope.len()));
    scopes
});

/// The full name of the grammar that the library finds by a name or a file extension.
pub(super) fn find(name: &str) -> Option<&'static str> {
    // There is hardly a short word that is not some extension: `bsh` is a slip, not BeanShell.
    if name.len() < 4 {
        return None;
    }
    SYNTAXES
        .find_syntax_by_token(name)
        .filter(|syntax| !syntax.hidden)
        .map(|syntax| syntax.name.as_str())
}

/// Paints by the grammar of this full name. What is too large, or what a grammar fails on, stays plain.
pub(super) fn paint(name: &str, painter: &mut Painter<'_>) {
    let source = painter.source;
    if source.len() > LARGEST {
        return;
    }
    let Some(syntax) = SYNTAXES.find_syntax_by_name(name) else {
        return;
    };
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    // The class of each scope of the stack: its own, or that of what it stands in.
    let mut classes: Vec<Option<Token>> = Vec::new();
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        if is_too_long(line) {
            start += line.len();
            painter.to(None, start);
            continue;
        }
        let Ok(ops) = state.parse_line(line, &SYNTAXES) else {
            return;
        };
        let mut at = start;
        for (place, op) in ops {
            let place = start + place.min(line.len());
            painter.to(
                class(&classes, &source.as_bytes()[at.min(place)..place]),
                place,
            );
            at = place;
            if stack.apply(&op).is_err() || stack.len() > DEEPEST {
                return;
            }
            // An operation changes the top of the stack only.
            classes.truncate(stack.len());
            for scope in &stack.as_slice()[classes.len()..] {
                let own = SCOPES
                    .iter()
                    .find(|(prefix, _)| prefix.is_prefix_of(*scope));
                let outer = classes.last().copied().flatten();
                classes.push(own.map_or(outer, |(_, token)| *token));
            }
        }
        start += line.len();
        let rest = at.min(start)..start;
        painter.to(class(&classes, &source.as_bytes()[rest]), start);
    }
}

/// The class of `text` within these scopes. Operators that are words, as SQL's, are keywords.
fn class(classes: &[Option<Token>], text: &[u8]) -> Option<Token> {
    match classes.last().copied().flatten() {
        Some(Token::Operator) if text.iter().all(u8::is_ascii_alphabetic) => Some(Token::Keyword),
        token => token,
    }
}

/// Whether a line is longer than [`LONGEST_LINE`], or a word or gap of it than [`LONGEST_RUN`].
fn is_too_long(line: &str) -> bool {
    let (mut run, mut longest, mut kind) = (0, 0, 0);
    for byte in line.bytes() {
        let this = match byte {
            b' ' | b'\t' => 1,
            b'_' | 0x80.. => 2,
            _ if byte.is_ascii_alphanumeric() => 2,
            _ => 3,
        };
        run = if this == kind { run + 1 } else { 1 };
        kind = this;
        longest = longest.max(run);
    }
    line.len() > LONGEST_LINE || longest > LONGEST_RUN
}

#[cfg(test)]
mod tests {
    use super::{CLASSES, SCOPES, SYNTAXES};

    #[test]
    fn every_class_is_a_scope() {
        assert_eq!(SCOPES.len(), CLASSES.len());
    }

    #[test]
    #[cfg_attr(
        debug_assertions,
        ignore = "half a minute unoptimised; run when the library changes"
    )]
    fn every_grammar_compiles() {
        let mut painted = 0;
        for syntax in SYNTAXES.syntaxes() {
            let mut out = String::new();
            let lines = super::super::Lines::default();
            let source = "# a 'b' \"c\" 12 (d) { e: f } <g h=\"i\"/> // j\n/* k */ -- l\n";
            let mut painter = super::Painter::new(source, &lines, &mut out);
            super::paint(&syntax.name, &mut painter);
            painter.finish();
            painted += usize::from(out.contains("<span"));
        }
        assert!(painted > 100, "{painted}");
    }
}
