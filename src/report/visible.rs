//! Text that may be shown: what would steer a terminal, or hide from the reader, is made visible.

use std::fmt::Write;

/// Text of several lines: line ends and tabs stay.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_text(&mut out, text);
    out
}

/// Appends text of several lines.
pub(super) fn push_text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            _ => push(out, c),
        }
    }
}

/// The name of a file: it is one line, whatever stands in it.
pub(super) fn name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    name.chars().for_each(|c| push(&mut out, c));
    out
}

/// Whether a character steers or hides without a picture of its own: C1 controls (U+009B begins an escape
/// sequence as ESC does), text direction, line separators, and what has no width.
pub(super) fn hides(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// About how many columns a character takes once it is visible.
pub(super) fn width(c: char) -> usize {
    match c {
        '\t' => 4,
        c if hides(c) => 8,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

fn push(out: &mut String, c: char) {
    match c {
        // The pictures of the control characters stand in the same order at U+2400.
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
        '\u{7f}' => out.push('␡'),
        c if hides(c) => {
            // Writing to a String cannot fail.
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::{hides, name, text};

    #[test]
    fn texts_and_names() {
        let cases = [
            ("plain ä 日本 🦀", "plain ä 日本 🦀", "plain ä 日本 🦀"),
            ("a\tb\nc", "a\tb\nc", "a␉b␊c"),
            (
                "\x1b[31mred\x1b[0m\r\x07",
                "␛[31mred␛[0m␍␇",
                "␛[31mred␛[0m␍␇",
            ),
            ("\u{9b}2J", "<U+009B>2J", "<U+009B>2J"),
            ("\u{7f}\0", "␡␀", "␡␀"),
            (
                "a\u{202e}b\u{2066}",
                "a<U+202E>b<U+2066>",
                "a<U+202E>b<U+2066>",
            ),
            ("\u{e0041}", "<U+E0041>", "<U+E0041>"),
        ];
        for (raw, as_text, as_name) in cases {
            assert_eq!(text(raw), as_text);
            assert_eq!(name(raw), as_name);
        }
    }

    #[test]
    fn nothing_that_steers_is_left() {
        let all: String = ('\0'..=char::MAX).collect();
        assert!(!name(&all).chars().any(|c| c.is_control() || hides(c)));
    }
}
