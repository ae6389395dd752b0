//! The comments of a YAML file: what stands behind `#`, outside texts in quotes and in blocks.

use std::ops::Range;

/// The comments of `text`, each from its `#` to the end of its line.
pub(super) fn comments(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut quote = None;
    // The column of the key whose block text goes on.
    let mut block: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim_end();
        let indent = bare.len() - bare.trim_start_matches(' ').len();
        if let Some(column) = block {
            if bare.is_empty() || indent > column {
                continue;
            }
            block = None;
        }
        let comment = comment(bare, &mut quote);
        if let Some(comment) = comment {
            found.push(start + comment..start + bare.len());
        }
        let code = bare[..comment.unwrap_or(bare.len())].trim_end();
        if quote.is_none() && opens_block(code) {
            block = Some(key_column(code));
        }
    }
    found
}

/// Where the comment of a line begins. `quote` is the one that is open before the line, then after it.
fn comment(line: &str, quote: &mut Option<char>) -> Option<usize> {
    let mut before = ' ';
    // The last character that was no space: a quote opens a text only where a value begins.
    let mut last = None;
    let mut letters = line.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        match (*quote, c) {
            (Some('"'), '\\') => {
                letters.next();
            }
            // Two of them are one in the text.
            (Some('\''), '\'') if letters.peek().is_some_and(|(_, next)| *next == '\'') => {
                letters.next();
            }
            (Some(open), c) if c == open => *quote = None,
            (Some(_), _) => {}
            (None, '#') if before.is_whitespace() => return Some(at),
            (None, '"' | '\'') if matches!(last, None | Some(':' | '-' | '[' | '{' | ',')) => {
                *quote = Some(c);
            }
            (None, _) => {}
        }
        before = c;
        if !c.is_whitespace() {
            last = Some(c);
        }
    }
    None
}

/// Whether a line ends with the sign of a text in a block: `expr: |`, `- >-`, `summary: |2`.
fn opens_block(code: &str) -> bool {
    let head = code.trim_end_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    let Some(before) = head.strip_suffix(['|', '>']) else {
        return false;
    };
    before.ends_with(": ") || before.ends_with("- ") || before.trim().is_empty()
}

/// The column in which the key of a line stands: what its text holds is indented more.
fn key_column(code: &str) -> usize {
    let key = code.trim_start_matches([' ', '-']);
    if key.starts_with(['|', '>']) {
        // `- |`: more than the hyphen.
        return code.len() - code.trim_start_matches(' ').len();
    }
    code.len() - key.len()
}

#[cfg(test)]
mod tests {
    use super::comments;

    #[test]
    fn only_comments_are_comments() {
        let text = "\
# one
a: b # two
c: \"d # no\"
e: 'it''s # no'
f: |
  # no
   # no

  # no
# three
- expr: >-
    x # no
  for: 5m # four
- |
  # no
- \"a
  # no
  b\" # five
g: don't # six
h: a#no
";
        let found: Vec<&str> = comments(text)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(
            found,
            ["# one", "# two", "# three", "# four", "# five", "# six"]
        );
    }
}
