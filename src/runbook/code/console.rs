//! Sessions at a prompt: what was typed is told apart from the prompt and from what was printed.

use super::paint::{Painter, Token};
use super::shell::Shell;

/// Whether a shell block is really a session. One line with `$ ` says so; `# ` does only where every line that
/// is not indented starts with it or a prompt has a name, since `# ` is how scripts write comments.
pub(super) fn has_prompts(source: &str) -> bool {
    source
        .lines()
        .any(|line| line.starts_with("$ ") || named_prompt(line).is_some())
}

/// Paints a session. In a block that only calls itself a shell's, `# ` stays a comment.
pub(super) fn paint(source: &str, in_script: bool, painter: &mut Painter<'_>) {
    let mut open: Option<Shell> = None;
    for line in source.split_inclusive('\n') {
        if let Some(shell) = &mut open
            && shell.is_open()
        {
            let continuation = line.starts_with("> ");
            let text = if continuation {
                painter.end_command();
                painter.token(Token::Prompt, "> ");
                painter.start_command();
                &line[2..]
            } else {
                line
            };
            command_line(shell, text, painter);
            continue;
        }
        painter.end_command();
        open = None;
        match prompt_end(line, in_script) {
            Some(end) => {
                painter.token(Token::Prompt, &line[..end]);
                painter.start_command();
                let mut shell = Shell::new();
                command_line(&mut shell, &line[end..], painter);
                open = Some(shell);
            }
            None if in_script && line.starts_with('#') => painter.token(Token::Comment, line),
            None => painter.token(Token::Output, line),
        }
    }
}

/// A line of a command; where it ends the command, the line's end stays outside.
fn command_line(shell: &mut Shell, line: &str, painter: &mut Painter<'_>) {
    let bare = line.trim_end_matches(['\n', '\r']);
    shell.line(bare, painter);
    if !shell.is_open() {
        painter.end_command();
    }
    painter.plain(&line[bare.len()..]);
}

/// Where the prompt of `line` ends, if it starts with one.
fn prompt_end(line: &str, in_script: bool) -> Option<usize> {
    for prompt in ["$ ", "% ", "~ $ ", "❯ ", "➜ "] {
        if line.starts_with(prompt) {
            return Some(prompt.len());
        }
    }
    if !in_script && line.starts_with("# ") {
        return Some(2);
    }
    if line.trim_end() == "$" {
        return Some(1);
    }
    named_prompt(line)
}

/// `user@host:~$ `, `[root@host ~]# `, `PS C:\> `, `postgres=# `, `mysql> `, `(venv) $ `.
fn named_prompt(line: &str) -> Option<usize> {
    /// Longest prompt, in bytes; beyond it, it is text.
    const LONGEST: usize = 80;
    let head = &line[..line.floor_char_boundary(LONGEST.min(line.len()))];
    let first = head.split(' ').next()?;
    let ends = |marks: &[char]| {
        head.match_indices(marks)
            .map(|(at, mark)| at + mark.len())
            .find(|end| head[*end..].starts_with(' '))
            .map(|end| end + 1)
    };
    if head.starts_with("PS ") && head.contains("> ") {
        return ends(&['>']);
    }
    if head.starts_with('[') && first.contains('@') {
        return ends(&['$', '#']).filter(|end| head[..*end].contains(']'));
    }
    if head.starts_with('(') && first.ends_with(')') {
        let rest = head[first.len()..].trim_start();
        let skipped = head.len() - rest.len();
        return ["$ ", "# "]
            .iter()
            .find(|mark| rest.starts_with(**mark))
            .map(|mark| skipped + mark.len());
    }
    let word =
        |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | ':' | '~' | '/');
    let name_end = head.find(|c| !word(c))?;
    let (name, rest) = head.split_at(name_end);
    if name.contains('@')
        && name.contains(':')
        && (rest.starts_with("$ ") || rest.starts_with("# "))
    {
        return Some(name_end + 2);
    }
    let client = [
        "mysql",
        "MariaDB",
        "mongo",
        "mongosh",
        "redis-cli",
        "sqlite",
        "psql",
        "sftp",
        "ftp",
        "telnet",
    ];
    if rest.starts_with("> ")
        && (client.contains(&name) || name.starts_with("127.0.0.1:") || name.starts_with("redis"))
    {
        return Some(name_end + 2);
    }
    (!name.is_empty() && (rest.starts_with("=# ") || rest.starts_with("=> ")))
        .then_some(name_end + 3)
}
