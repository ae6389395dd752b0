//! What is typed in a block of code, read line by line: commands, or a session with prompts.

use super::Language;

/// What a block of code is to whoever runs it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Commands.
    Shell,
    /// Commands behind prompts, and what they print.
    Console,
    /// Nothing to run in a shell, or nobody knows.
    Other,
}

impl Kind {
    /// What a block is, by the language that its fence names.
    pub fn of(language: &str) -> Self {
        match Language::from_name(language) {
            Some(language) if language.label() == "console" => Self::Console,
            Some(language) if language.is_shell() => Self::Shell,
            _ => Self::Other,
        }
    }
}

/// The command of a line of a session; `None` for what was printed.
pub fn command(line: &str) -> Option<(usize, &str)> {
    let start = line.len() - line.trim_start().len();
    let rest = &line[start..];
    for prompt in ["$ ", "# ", "% ", "> "] {
        if let Some(command) = rest.strip_prefix(prompt) {
            return Some((start + prompt.len(), command));
        }
    }
    // `user@host:~$ `, `[root@host ~]# `.
    if !rest.contains('@') {
        return None;
    }
    let end = ["$ ", "# "].iter().filter_map(|end| rest.find(end)).min()?;
    let before = &rest[..end];
    let is_prompt = before.contains('@') && (before.contains(':') || before.contains(']'));
    (is_prompt && !before.starts_with(['-', '/'])).then(|| (start + end + 2, &rest[end + 2..]))
}
