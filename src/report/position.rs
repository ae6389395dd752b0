//! Lines and columns of byte offsets: one index per file, so that each look-up is cheap.

use std::ops::Range;

/// A place in a text as people and editors name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1. A line ends with `\n` or `\r\n`.
    pub line: usize,
    /// The column, from 1, in characters (Unicode scalar values): a tab is one, a byte order mark is none.
    pub column: usize,
}

/// Every so many bytes the characters before are written down: a place in a line of 200 MB is then found
/// without counting from the line's start.
const STEP: usize = 4096;

/// A text with the places of its lines. It takes any offset: one beyond the end is the end, one inside a
/// character is that character.
pub struct Lines<'a> {
    text: &'a str,
    /// Where each line starts; the first starts after a byte order mark.
    starts: Vec<usize>,
    /// How many characters start before each multiple of [`STEP`].
    marks: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Reads through `text` once.
    pub fn new(text: &'a str) -> Self {
        let first = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut starts = vec![first];
        starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        let mut marks = vec![0];
        let mut count = 0;
        for chunk in text.as_bytes().chunks(STEP) {
            count += characters(chunk);
            marks.push(count);
        }
        Self {
            text,
            starts,
            marks,
        }
    }

    /// Where `offset` stands. Inside a line's end it is the end of the line's text.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.clamp(offset..offset).start;
        let line = self.line(offset);
        let content = self.content(line);
        Position {
            line: line + 1,
            column: self.before(offset.min(content.end)) - self.before(content.start) + 1,
        }
    }

    /// Where `range` starts and ends; the end is exclusive, and line ends at its end are not counted in.
    pub fn span(&self, range: Range<usize>) -> (Position, Position) {
        let range = self.clamp(range);
        (self.position(range.start), self.position(range.end))
    }

    /// The text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// `range` made to lie inside the text, on whole characters, without line ends at its end.
    pub(super) fn clamp(&self, range: Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(range.start);
        let start = start.max(self.starts[0]);
        let mut end = self.text.ceil_char_boundary(range.end).max(start);
        while end > start && matches!(self.text.as_bytes()[end - 1], b'\r' | b'\n') {
            end -= 1;
        }
        start..end
    }

    /// The line, from 0, in which the clamped `offset` stands.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// The bytes of a line (from 0) without its end.
    pub(super) fn content(&self, line: usize) -> Range<usize> {
        let start = self.starts[line];
        let Some(next) = self.starts.get(line + 1) else {
            return start..self.text.len();
        };
        let end = next - 1;
        let carriage = end > start && self.text.as_bytes()[end - 1] == b'\r';
        start..end - usize::from(carriage)
    }

    /// How many characters start before `offset`.
    fn before(&self, offset: usize) -> usize {
        let mark = offset / STEP;
        self.marks[mark] + characters(&self.text.as_bytes()[mark * STEP..offset])
    }
}

/// How many characters start in `bytes`: those that do not continue one.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::{Lines, Position, STEP};
    use std::ops::Range;

    #[test]
    fn positions() {
        let cases: &[(&str, usize, (usize, usize))] = &[
            ("", 0, (1, 1)),
            ("", 9, (1, 1)),
            ("ab", 0, (1, 1)),
            ("ab", 1, (1, 2)),
            ("ab", 2, (1, 3)),
            ("ab", usize::MAX, (1, 3)),
            ("ab\ncd", 2, (1, 3)),
            ("ab\ncd", 3, (2, 1)),
            ("ab\ncd", 5, (2, 3)),
            ("ab\n", 3, (2, 1)),
            ("\n\n", 1, (2, 1)),
            ("\n\n", 2, (3, 1)),
            // CRLF: both bytes are the end of the line's text.
            ("ab\r\ncd", 2, (1, 3)),
            ("ab\r\ncd", 3, (1, 3)),
            ("ab\r\ncd", 4, (2, 1)),
            // A lone carriage return is a character.
            ("a\rb", 2, (1, 3)),
            ("ab\r", 3, (1, 4)),
            // Characters, not bytes; inside one it is that one.
            ("äöü", 2, (1, 2)),
            ("äöü", 3, (1, 2)),
            ("äöü", 6, (1, 4)),
            ("日本\n語x", 7, (2, 1)),
            ("日本\n語x", 9, (2, 1)),
            ("日本\n語x", 10, (2, 2)),
            ("🦀x", 3, (1, 1)),
            ("🦀x", 4, (1, 2)),
            ("\tx", 1, (1, 2)),
            // The byte order mark is no column.
            ("\u{feff}ab", 0, (1, 1)),
            ("\u{feff}ab", 1, (1, 1)),
            ("\u{feff}ab", 3, (1, 1)),
            ("\u{feff}ab", 4, (1, 2)),
            ("\u{feff}", 3, (1, 1)),
            ("\u{feff}\nx", 4, (2, 1)),
        ];
        for (text, offset, (line, column)) in cases {
            let (line, column) = (*line, *column);
            let found = Lines::new(text).position(*offset);
            assert_eq!(found, Position { line, column }, "{text:?} at {offset}");
        }
    }

    #[test]
    #[expect(
        clippy::reversed_empty_ranges,
        reason = "what is clamped may be reversed"
    )]
    fn clamps() {
        let cases: &[(&str, Range<usize>, Range<usize>)] = &[
            ("", 0..0, 0..0),
            ("", 3..9, 0..0),
            ("abc", 1..2, 1..2),
            ("abc", 2..1, 2..2),
            ("abc", 9..1, 3..3),
            ("abc", 1..99, 1..3),
            ("abc", usize::MAX..usize::MAX, 3..3),
            ("äb", 1..1, 0..2),
            ("äb", 0..1, 0..2),
            ("ab\n", 0..3, 0..2),
            ("ab\r\n\r\n", 0..6, 0..2),
            ("ab\ncd\n", 0..6, 0..5),
            ("\n\n", 0..2, 0..0),
            ("\u{feff}ab", 0..2, 3..3),
            ("\u{feff}ab", 0..4, 3..4),
        ];
        for (text, range, clamped) in cases {
            let found = Lines::new(text).clamp(range.clone());
            assert_eq!(&found, clamped, "{text:?} {range:?}");
        }
    }

    #[test]
    fn marks_do_not_change_columns() {
        let text = format!("x{}\n{}", "ä".repeat(STEP * 2), "日".repeat(STEP));
        let lines = Lines::new(&text);
        for offset in (0..text.len() + 5).step_by(331) {
            let floor = text.floor_char_boundary(offset);
            let line = &text[text[..floor].rfind('\n').map_or(0, |at| at + 1)..floor];
            assert_eq!(
                lines.position(offset).column,
                line.chars().count() + 1,
                "{offset}"
            );
        }
    }
}
