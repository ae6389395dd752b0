//! Takes comments out of style sheets and scripts, and the space that only lays them out: they are for whoever writes a
//! theme, and a reader on a phone waits for them. Nothing else is changed, and what begins with `!`, a licence, stays.

/// A style sheet without its comments, and without space that means nothing.
pub(super) fn style(text: &str) -> String {
    let mut slim = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, from) = rest.split_at(at);
        tighten(before, from.chars().next(), &mut slim);
        let length = match from.as_bytes() {
            [b'/', b'*', ..] => {
                let end = from[2..].find("*/").map_or(from.len(), |end| end + 4);
                // Of a comment that has lines of its own none is left.
                let alone = slim.is_empty() || slim.ends_with('\n');
                if from[2..].starts_with('!') {
                    slim.push_str(&from[..end]);
                    end
                } else {
                    end + usize::from(alone && from[end..].starts_with('\n'))
                }
            }
            [b'/', ..] => {
                slim.push('/');
                1
            }
            _ => {
                let end = string_end(from);
                slim.push_str(&from[..end]);
                end
            }
        };
        rest = &from[length..];
    }
    tighten(rest, None, &mut slim);
    slim
}

/// Adds a piece of a style sheet that has neither strings nor comments, before the letter `then`. Space stays where it may part two words or two
/// selectors; of a line's end behind a rule, so that a line is found again.
fn tighten(piece: &str, then: Option<char>, slim: &mut String) {
    let mut rest = piece;
    while let Some(at) = rest.find(|c: char| c.is_ascii_whitespace()) {
        slim.push_str(&rest[..at]);
        let after = rest[at..].trim_ascii_start();
        let space = &rest[at..rest.len() - after.len()];
        let next = after.chars().next().or(then);
        let kept = match (slim.chars().next_back(), next) {
            (Some('}'), _) if space.contains('\n') => "\n",
            (None | Some('{' | '}' | ';' | ',' | ' ' | '\n'), _) | (_, Some('{' | '}')) => "",
            // An empty property of one's own needs its space in old browsers.
            (Some(':'), Some(next)) if next != ';' && next != '/' => "",
            _ => " ",
        };
        slim.push_str(kept);
        rest = after;
    }
    slim.push_str(rest);
}

/// Where the string ends that `text` begins with.
pub(super) fn string_end(text: &str) -> usize {
    let mut letters = text.char_indices();
    let quote = letters.next().map(|(_, quote)| quote);
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if Some(letter) == quote {
            return at + letter.len_utf8();
        }
    }
    text.len()
}

/// A script without the lines that are comments or empty, and without what indents the others. Where text may go over lines, nobody who reads lines can tell, and
/// all of them stay.
pub(super) fn script(text: &str) -> String {
    // A backtick alone in quotes begins nothing.
    let backticks = |line: &str| line.matches('`').count() - line.matches("\"`\"").count();
    if text.lines().any(|line| backticks(line) % 2 == 1) {
        return text.to_owned();
    }
    let mut slim = String::with_capacity(text.len());
    let mut goes_on = false;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        let comment = bare.starts_with("//") && !bare.starts_with("//!") && !bare.contains("*/");
        if goes_on {
            slim.push_str(line);
        } else if !comment && !bare.is_empty() {
            slim.push_str(line.trim_start());
        }
        goes_on = bare.ends_with('\\');
    }
    slim
}

#[cfg(test)]
mod tests {
    use super::{script, style};

    #[test]
    fn comments_of_style_sheets() {
        for (text, wanted) in [
            ("/* a */\nb { c: d; } /* e */\n", "b{c:d;}\n"),
            ("/*! licence */\na {}", "/*! licence */ a{}"),
            ("a { content: \"/* b */\"; }", "a{content:\"/* b */\";}"),
            ("a { content: '\\'/*'; } /* b */", "a{content:'\\'/*';}"),
            ("a { b: url(c/d.svg); } /* e", "a{b:url(c/d.svg);}"),
            ("a { grid-area: 1 / 2; }", "a{grid-area:1 / 2;}"),
            ("a[b='c", "a[b='c"),
            ("a { content: \"x : { y\"; }", "a{content:\"x : { y\";}"),
        ] {
            assert_eq!(style(text), wanted, "{text}");
        }
    }

    #[test]
    fn space_of_style_sheets() {
        for (text, wanted) in [
            (
                "a,\n  b c { d: e  f,\n g; }\n\nh {}",
                "a,b c{d:e f,g;}\nh{}",
            ),
            (
                "@media (a: b) and (c) {\n  d :is(e, f) :hover { g: calc(1px + -2px) !important; }\n}\n",
                "@media (a:b) and (c){d :is(e,f) :hover{g:calc(1px + -2px) !important;}\n}\n",
            ),
            ("a { --b: ; --c:\t\"d\"; }", "a{--b: ;--c:\"d\";}"),
            ("a[b=\"c\" i] \"d\" 'e' {}", "a[b=\"c\" i] \"d\" 'e'{}"),
            ("a /* b */ c {}", "a c{}"),
            ("a > b + c ~ d {}", "a > b + c ~ d{}"),
        ] {
            assert_eq!(style(text), wanted, "{text}");
        }
    }

    #[test]
    fn comments_of_scripts() {
        for (text, wanted) in [
            ("// a\n  // b\nc(); // d\n", "c(); // d\n"),
            ("a {\n\n  b();\n}", "a {\nb();\n}"),
            ("a('\\\n  b');\n", "a('\\\n  b');\n"),
            ("//! licence\na();\n", "//! licence\na();\n"),
            ("a(`\n// b\n`);\n", "a(`\n// b\n`);\n"),
            ("a(\"`\");\n// b\n", "a(\"`\");\n"),
            ("a('\\\n// b');\n", "a('\\\n// b');\n"),
            ("/*\n// a */ b();\n", "/*\n// a */ b();\n"),
        ] {
            assert_eq!(script(text), wanted, "{text}");
        }
    }
}
