//! Patterns of parameters: whether a browser can read one, and whether a default keeps to it.

use syntect::parsing::Regex;

/// Why a browser cannot read `pattern` as it is meant; nothing where no reason is known.
pub(super) fn trouble(pattern: &str) -> Option<String> {
    let mut open = 0usize;
    // Whether there is something that can be repeated.
    let mut repeatable = false;
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                None => return Some("it ends in a backslash".to_owned()),
                Some(c @ ('A' | 'z' | 'Z')) => {
                    return Some(format!("a browser does not know `\\{c}`"));
                }
                Some(_) => repeatable = true,
            },
            '[' => {
                letters.next_if_eq(&'^');
                let mut closed = false;
                while let Some(letter) = letters.next() {
                    match letter {
                        '\\' => {
                            letters.next();
                        }
                        '[' if letters.peek() == Some(&':') => {
                            return Some("a browser does not know `[:...:]`".to_owned());
                        }
                        ']' => {
                            closed = true;
                            break;
                        }
                        _ => {}
                    }
                }
                if !closed {
                    return Some("a `[` is never closed".to_owned());
                }
                repeatable = true;
            }
            '(' => {
                open += 1;
                repeatable = false;
                if letters.next_if_eq(&'?').is_some() {
                    match letters.next() {
                        Some(':' | '=' | '!' | '<') => {}
                        Some(c) => return Some(format!("a browser does not know `(?{c}...)`")),
                        None => return Some("a `(` is never closed".to_owned()),
                    }
                }
            }
            ')' => {
                let Some(left) = open.checked_sub(1) else {
                    return Some("a `)` closes nothing".to_owned());
                };
                open = left;
                repeatable = true;
            }
            '|' | '^' => repeatable = false,
            '*' | '+' | '?' if !repeatable => {
                return Some(format!("`{letter}` repeats nothing"));
            }
            // Once more, `?` makes it take as little as it can.
            '*' | '+' | '?' => {
                letters.next_if_eq(&'?');
                repeatable = false;
            }
            '}' => {
                letters.next_if_eq(&'?');
            }
            _ => repeatable = true,
        }
    }
    (open > 0).then(|| "a `(` is never closed".to_owned())
}

/// Whether the whole of `value` fits; also where this program cannot read the pattern and a browser might.
pub(super) fn fits(pattern: &str, value: &str) -> bool {
    let whole = format!("^(?:{pattern})$");
    Regex::try_compile(&whole).is_some() || Regex::new(whole).is_match(value)
}

#[cfg(test)]
mod tests {
    use super::{fits, trouble};

    #[test]
    fn what_browsers_read() {
        for fine in [
            "[a-z0-9.-]+",
            "a{2,3}?b*?",
            "(?:a|b)+",
            "(?<year>\\d{4})-(?!x)\\d",
            "[^]\\]]x?",
            "\\(\\[",
            "^a$",
            "",
        ] {
            assert_eq!(trouble(fine), None, "{fine}");
        }
        for wrong in [
            "(?i)[a-z]+",
            "[[:alpha:]]+",
            "[a-z",
            "(a",
            "a)",
            "a\\",
            "\\Aa",
            "*a",
            "a++",
            "(?P<x>a)",
            "a|+",
        ] {
            assert!(trouble(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn a_value_fits_as_a_whole() {
        assert!(fits("[a-z]+|[0-9]", "abc"));
        assert!(!fits("[a-z]+|[0-9]", "abc1"));
        assert!(fits("[a-z", "anything"));
    }
}
