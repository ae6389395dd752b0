//! Prompts: where they end, and what they wait for.

use super::paint::{has, run_end};

/// What kind of block a session stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// It says that it is a session.
    Console,
    /// It says that it is a shell's, and may be a script.
    Shell,
    /// It says that it is PowerShell's, and may be a script.
    PowerShell,
}

/// What a prompt waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A shell's command.
    Shell,
    /// A shell's command, but the prompt may be something else: `# `, `% `.
    Weak,
    /// PowerShell's or cmd's command.
    PowerShell,
    /// One line for a database's client.
    Client,
}

/// A prompt at the start of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) kind: Kind,
    /// Where the command starts.
    pub(super) end: usize,
}

/// The end of the spaces from `at`.
pub(super) fn after_spaces(line: &[u8], at: usize) -> usize {
    run_end(line, at, |byte| byte == b' ')
}

/// `# command`, but not `# A sentence.`
pub(super) fn root(line: &[u8]) -> bool {
    let word = match line {
        [b'#', b' ', rest @ ..] => rest.trim_ascii_start(),
        _ => return false,
    };
    let end = run_end(word, 0, |byte| !byte.is_ascii_whitespace());
    let word = &word[..end];
    let sentence = word.first().is_some_and(u8::is_ascii_uppercase) && !word.contains(&b'=');
    !sentence && word.iter().any(u8::is_ascii_alphanumeric) && !word.ends_with(b":")
}

/// A prompt that is nothing else.
pub(super) fn strong(bytes: &[u8], start: usize, end: usize, block: Block) -> Option<Prompt> {
    let line = &bytes[start..end];
    let prompt = |kind, at: usize| {
        Some(Prompt {
            kind,
            end: start + after_spaces(line, at),
        })
    };
    if has(line, 0, b"$ ") || line == b"$" {
        return prompt(Kind::Shell, 1);
    }
    for arrow in ["❯ ", "➜ ", "λ "] {
        if line.starts_with(arrow.as_bytes()) {
            return prompt(Kind::Shell, arrow.len());
        }
    }
    /// Longest prompt, in bytes; beyond it, it is text.
    const LONGEST: usize = 100;
    let head = &line[..line.len().min(LONGEST)];
    if let Some(at) = windows_prompt(head) {
        return prompt(Kind::PowerShell, at);
    }
    if let Some(at) = named(head) {
        return prompt(Kind::Shell, at);
    }
    if block == Block::Console
        && let Some(at) = client(head)
    {
        return prompt(Kind::Client, at);
    }
    None
}

/// Where `PS C:\>` or `C:\Users>` ends.
fn windows_prompt(head: &[u8]) -> Option<usize> {
    let drive =
        |at: usize| head.get(at).is_some_and(u8::is_ascii_alphabetic) && has(head, at + 1, b":\\");
    let path = if has(head, 0, b"PS ") {
        3
    } else if has(head, 0, b"PS>") {
        return head.get(3).is_none_or(|byte| *byte == b' ').then_some(3);
    } else if drive(0) {
        0
    } else {
        return None;
    };
    let close = run_end(head, path, |byte| !b">|\"'$".contains(&byte));
    let fine = head.get(close) == Some(&b'>')
        && (drive(path) || head.get(path).is_some_and(|byte| b"/~".contains(byte)));
    let spaced = path == 0 || head.get(close + 1).is_none_or(|byte| *byte == b' ');
    (fine && spaced).then_some(close + 1)
}

/// Where `user@host:~$`, `[root@host ~]#`, `(venv) $`, `sh-4.4$` or `~ $` ends.
fn named(head: &[u8]) -> Option<usize> {
    let venv = if head.first() == Some(&b'(') {
        let close = run_end(head, 0, |byte| byte != b')' && byte != b' ');
        if !has(head, close, b") ") {
            return None;
        }
        if matches!(head.get(close + 2), Some(b'$' | b'#')) {
            return ends(head, close + 2);
        }
        close + 2
    } else {
        0
    };
    let word_end = |at: usize| {
        run_end(head, at, |byte| {
            byte.is_ascii_alphanumeric() || b"-_.@:~/+".contains(&byte) || !byte.is_ascii()
        })
    };
    if head.get(venv) == Some(&b'[') {
        let close = run_end(head, venv, |byte| !b"]$#\"'".contains(&byte));
        return (has(head, close, b"]") && head[venv..close].contains(&b'@'))
            .then(|| ends(head, after_spaces(head, close + 1)))
            .flatten();
    }
    let name_end = word_end(venv);
    let name = &head[venv..name_end];
    let shell = [b"sh-".as_slice(), b"bash-", b"ash-", b"zsh-", b"ksh-"]
        .iter()
        .any(|shell| name.starts_with(shell) && name[shell.len()..].iter().all(version));
    if shell {
        return ends(head, name_end);
    }
    if name.contains(&b'@') && !name.starts_with(b"@") && !name.ends_with(b":") {
        // `user@host:~$` and, as on macOS, `user@host ~ %`.
        if let Some(end) = ends(head, name_end) {
            return Some(end);
        }
        let path = after_spaces(head, name_end);
        let path_end = word_end(path);
        return (path > name_end && path_end > path)
            .then(|| ends(head, after_spaces(head, path_end)))
            .flatten();
    }
    // `~ $` and `/ #`, as in containers.
    let path = matches!(name.first(), Some(b'~' | b'/')) && head.get(name_end) == Some(&b' ');
    path.then(|| ends(head, name_end + 1)).flatten()
}

fn version(byte: &u8) -> bool {
    byte.is_ascii_digit() || *byte == b'.'
}

/// The end of the `$`, `#` or `%` at `at`, if a space or the line's end follows.
fn ends(head: &[u8], at: usize) -> Option<usize> {
    (matches!(head.get(at), Some(b'$' | b'#' | b'%'))
        && head.get(at + 1).is_none_or(|byte| *byte == b' '))
    .then_some(at + 1)
}

/// Where the prompt of a database's client ends: `mysql>`, `postgres=#`, `MariaDB [(none)]>`.
fn client(head: &[u8]) -> Option<usize> {
    let name_end = run_end(head, 0, |byte| {
        byte.is_ascii_alphanumeric() || b"-_.:@".contains(&byte)
    });
    let name = &head[..name_end];
    let spaced = |at: usize| head.get(at).is_none_or(|byte| *byte == b' ').then_some(at);
    if name.is_empty() {
        return None;
    }
    if has(head, name_end, b"=#") || has(head, name_end, b"=>") {
        return spaced(name_end + 2);
    }
    if name == b"MariaDB" && has(head, name_end, b" [") {
        let close = run_end(head, name_end, |byte| byte != b'>');
        return spaced(close + 1).filter(|_| close < head.len());
    }
    let known = [
        b"mysql".as_slice(),
        b"mongo",
        b"mongosh",
        b"sqlite",
        b"psql",
        b"sftp",
        b"ftp",
        b"telnet",
        b"redis",
        b"cqlsh",
        b"etcdctl",
        b"influx",
        b"127.0.0.1:",
        b"localhost:",
        b"SQL",
    ];
    (head.get(name_end) == Some(&b'>') && known.iter().any(|known| name.starts_with(known)))
        .then(|| spaced(name_end + 1))
        .flatten()
}

/// A client's prompt for a further line: `    -> `, `postgres-# `, `   ...> `.
pub(super) fn client_goes_on(line: &[u8], start: usize) -> Option<Prompt> {
    let word = run_end(line, after_spaces(line, 0), |byte| {
        byte.is_ascii_alphanumeric() || byte == b'_'
    });
    let mark = [b"-> ".as_slice(), b"-# ", b"(# ", b"'# ", b"...> ", b"(> "]
        .into_iter()
        .find(|mark| has(line, word, mark))?;
    Some(Prompt {
        kind: Kind::Client,
        end: start + word + mark.len(),
    })
}
