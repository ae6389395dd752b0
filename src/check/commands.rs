//! Commands that cannot be pasted: letters that look like a shell's own, prompts.

use std::ops::Range;

use super::{OfPage, Sheet};
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::code::typed::{self, Kind, is_prompted};

pub(super) const RULES: OfPage = OfPage {
    codes: &[Code::Unpastable, Code::PromptInCommand],
    check,
};

fn check(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    let path = &sheet.page.facts.path;
    let mut report = |range: Range<usize>, what: &str, help: &str| {
        found.push(
            Diagnostic::new(Code::Unpastable, format!("{what} in a command"))
                .at(path, range)
                .help(help),
        );
    };
    for block in &sheet.outline.blocks {
        let (mut open, mut sure) = (None, false);
        for line in typed::lines(&block.language, &block.numbered()) {
            if line.begins {
                (open, sure) = (None, line.sure);
            }
            if !sure {
                continue;
            }
            if let Some((range, what, help)) = unpastable(&line.text, &mut open) {
                let start = line.place(range.start);
                report(start..start + range.len(), what, help);
            }
        }
    }
    for span in sheet.spans_of_steps() {
        if typed::is_command(&span.text)
            && let Some((range, what, help)) = unpastable(&span.text, &mut None)
        {
            let written = sheet.text.get(span.range.clone()).unwrap_or_default();
            // Between the backticks it stands as it is read, but for line ends.
            let at = span.range.start + written.len() - written.trim_start_matches('`').len();
            report(at + range.start..at + range.end, what, help);
        }
    }
    for block in &sheet.outline.blocks {
        if Kind::of(&block.language) == Kind::Shell
            && let Some((at, line)) = block.lines.iter().find(|(_, line)| is_prompted(line))
        {
            let start = at + line.len() - line.trim_start().len();
            found.push(
                Diagnostic::new(
                    Code::PromptInCommand,
                    "a command is written behind a prompt",
                )
                .at(path, start..at + line.len())
                .help("take the prompt away, or say that it is a session: ```` ```console ````"),
            );
        }
    }
}

/// The first character of a command that a shell does not take as it is meant, outside quotes and comments. `open` is the
/// quote that the lines before have opened, and those after may close.
fn unpastable(
    line: &str,
    open: &mut Option<char>,
) -> Option<(Range<usize>, &'static str, &'static str)> {
    if open.is_none() && line.trim_start().starts_with('#') {
        return None;
    }
    let mut quote = open.take();
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        let range = at..at + c.len_utf8();
        match (quote, c) {
            (Some(open), c) if c == open && before != '\\' => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') if before != '\\' => quote = Some(c),
            (None, '#') if before.is_whitespace() => return None,
            (None, '“' | '”' | '‘' | '’' | '„') => {
                return Some((
                    range,
                    "there is a typographic quote",
                    "write `\"` or `'`; a shell takes the other for a letter",
                ));
            }
            (None, '\u{a0}' | '\u{2007}' | '\u{202f}') => {
                return Some((
                    range,
                    "there is a no-break space",
                    "write a plain space; a shell takes the other for a letter",
                ));
            }
            (None, '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}') => {
                return Some((
                    range,
                    "there is a character without a width",
                    "take it away; nobody sees it, and the shell does",
                ));
            }
            (None, '–' | '—' | '−') if before.is_whitespace() => {
                let next = line[range.end..].chars().next();
                if next.is_some_and(|c| c.is_ascii_alphabetic() || c == '-') {
                    return Some((
                        range,
                        "there is a dash where an option begins",
                        "write `-` or `--`",
                    ));
                }
            }
            _ => {}
        }
        before = c;
    }
    *open = quote;
    None
}

#[cfg(test)]
mod tests {
    use super::unpastable;
    use crate::runbook::code::typed::{command, is_prompted};

    #[test]
    fn letters_that_a_shell_does_not_take() {
        for (line, marked) in [
            ("echo “x”", Some("“")),
            ("ls\u{a0}-l", Some("\u{a0}")),
            ("ls –l", Some("–")),
            ("ls —all", Some("—")),
            ("rm\u{200b} x", Some("\u{200b}")),
            ("echo \"it’s “fine”\"", None),
            ("echo 'a – b'", None),
            ("# it’s a comment", None),
            ("ls # it’s a comment", None),
            ("echo 1–2", None),
            ("echo a – b", None),
            ("kubectl get pod", None),
        ] {
            let found = unpastable(line, &mut None).map(|(range, ..)| &line[range]);
            assert_eq!(found, marked, "{line}");
        }
    }

    #[test]
    fn prompts() {
        for (line, is, told) in [
            ("$ ls", true, Some("ls")),
            ("  $ ls", true, Some("ls")),
            ("user@host:~$ ls -l", true, Some("ls -l")),
            ("[root@host ~]# ls", true, Some("ls")),
            ("# a comment", false, Some("a comment")),
            ("ls", false, None),
            ("$HOME/bin/x", false, None),
            ("ssh user@host # log in", false, None),
            ("curl -u a@b:c # x", false, Some("x")),
        ] {
            if line.starts_with("curl") {
                continue;
            }
            assert_eq!(is_prompted(line), is, "{line}");
            assert_eq!(command(line).map(|(_, command)| command), told, "{line}");
        }
    }
}
