//! Commands that cannot be pasted: letters that look like a shell's own, prompts.

use std::ops::Range;

use super::{OfPage, Sheet};
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::code::typed::{Kind, command};

pub(super) const RULES: OfPage = OfPage {
    codes: &[Code::Unpastable, Code::PromptInCommand],
    check,
};

fn check(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    let path = &sheet.page.facts.path;
    for block in &sheet.outline.blocks {
        let kind = Kind::of(&block.language);
        if kind == Kind::Other {
            continue;
        }
        for (at, line) in &block.lines {
            let (start, text) = match (kind, command(line)) {
                (Kind::Console, None) => continue,
                (Kind::Console, Some(command)) => command,
                _ => (0, line.as_str()),
            };
            if let Some((range, what, help)) = unpastable(text) {
                let at = at + start;
                found.push(
                    Diagnostic::new(Code::Unpastable, format!("{what} in a command"))
                        .at(path, at + range.start..at + range.end)
                        .help(help),
                );
            }
        }
        if kind == Kind::Shell
            && let Some((at, line)) = block.lines.iter().find(|(_, line)| is_prompt(line))
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

/// `$ ` or `user@host:~$ ` before a command; `# ` begins a comment.
fn is_prompt(line: &str) -> bool {
    let trimmed = line.trim_start();
    match trimmed.strip_prefix("$ ") {
        Some(rest) => rest.starts_with(|c: char| c.is_alphabetic() || matches!(c, '.' | '/' | '_')),
        None => !trimmed.starts_with(['#', '>', '%']) && command(line).is_some(),
    }
}

/// The first character of a command that a shell does not take as it is meant, outside quotes and comments.
fn unpastable(line: &str) -> Option<(Range<usize>, &'static str, &'static str)> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    let mut quote = None;
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
    None
}

#[cfg(test)]
mod tests {
    use super::{command, is_prompt, unpastable};

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
            let found = unpastable(line).map(|(range, ..)| &line[range]);
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
            assert_eq!(is_prompt(line), is, "{line}");
            assert_eq!(command(line).map(|(_, command)| command), told, "{line}");
        }
    }
}
