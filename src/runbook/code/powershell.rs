//! PowerShell, which the library lacks: cmdlets, parameters, variables, strings.

use super::paint::{Painter, Sink, Token, has, run_end, table};

const WORD_ENDS: [bool; 256] = table(b" \t\r\n\"'$`;|&(){}[]<>=,#@");

/// Paints a whole script.
pub(super) fn paint(painter: &mut Painter<'_>) {
    let bytes = painter.source.as_bytes();
    lex(painter, bytes, 0, bytes.len());
}

/// Reads `bytes` from `start` to `end`.
pub(super) fn lex(sink: &mut impl Sink, bytes: &[u8], start: usize, end: usize) {
    let bytes = &bytes[..end];
    let mut at = start;
    // A command may stand here.
    let mut command = true;
    // What was looked for once and is not there is not looked for again.
    let (mut comments_end, mut singles_end, mut doubles_end) = (true, true, true);
    while at < end {
        let byte = bytes[at];
        let in_word = at > start && !WORD_ENDS[usize::from(bytes[at - 1])];
        let (token, after) = match byte {
            b'#' if !in_word => (
                Some(Token::Comment),
                run_end(bytes, at, |byte| byte != b'\n'),
            ),
            b'<' if has(bytes, at, b"<#") => match close(bytes, at + 2, b"#>", &mut comments_end) {
                Some(after) => (Some(Token::Comment), after),
                None => (None, at + 2),
            },
            b'@' if has(bytes, at, b"@'") => {
                match close(bytes, at + 2, b"\n'@", &mut singles_end) {
                    Some(after) => (Some(Token::String), after),
                    None => (None, at + 1),
                }
            }
            b'@' if has(bytes, at, b"@\"") => {
                match close(bytes, at + 2, b"\n\"@", &mut doubles_end) {
                    Some(after) => (Some(Token::String), after),
                    None => (None, at + 1),
                }
            }
            b'\'' => (Some(Token::String), single_end(bytes, at)),
            b'"' => {
                at = double(sink, bytes, at);
                command = false;
                continue;
            }
            b'`' => (None, at + 2),
            b'$' => (Some(Token::Name), variable_end(bytes, at)),
            b';' | b'|' | b'&' | b'(' | b'{' | b'=' => {
                command = true;
                let operator = !matches!(byte, b'(' | b'{');
                sink.to(operator.then_some(Token::Operator), at + 1);
                at += 1;
                continue;
            }
            b'\n' => {
                command = true;
                sink.to(None, at + 1);
                at += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' => {
                sink.to(None, at + 1);
                at += 1;
                continue;
            }
            b'-' if !in_word && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) => (
                Some(Token::Option),
                run_end(bytes, at + 1, |byte| {
                    byte.is_ascii_alphanumeric() || byte == b'_'
                }),
            ),
            b'[' => {
                let close = run_end(bytes, at + 1, |byte| {
                    byte.is_ascii_alphanumeric() || byte == b'.'
                });
                let named = bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
                if named && bytes.get(close) == Some(&b']') {
                    (Some(Token::Type), close + 1)
                } else {
                    (None, at + 1)
                }
            }
            _ => {
                let after = run_end(bytes, at + 1, |byte| !WORD_ENDS[usize::from(byte)]);
                (word(&bytes[at..after], command && !in_word), after)
            }
        };
        let after = after.min(end);
        // `if` and the like are followed by another command.
        command = command && token == Some(Token::Keyword);
        sink.to(token, after);
        at = after;
    }
}

fn close(bytes: &[u8], at: usize, mark: &[u8], there: &mut bool) -> Option<usize> {
    if !*there {
        return None;
    }
    let found = bytes
        .get(at..)
        .and_then(|rest| rest.windows(mark.len()).position(|window| window == mark));
    *there = found.is_some();
    found.map(|found| at + found + mark.len())
}

/// A string in single quotes ends on its line, as far as runbooks go.
fn single_end(bytes: &[u8], at: usize) -> usize {
    let end = run_end(bytes, at + 1, |byte| byte != b'\'' && byte != b'\n');
    end + usize::from(bytes.get(end) == Some(&b'\''))
}

fn double(sink: &mut impl Sink, bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        at = run_end(bytes, at, |byte| !b"\"$`\n".contains(&byte));
        sink.to(Some(Token::String), at);
        match bytes.get(at) {
            Some(b'"') => {
                sink.to(Some(Token::String), at + 1);
                return at + 1;
            }
            Some(b'`') if bytes.get(at + 1).is_some_and(|byte| *byte != b'\n') => {
                sink.to(Some(Token::String), at + 2);
                at += 2;
            }
            Some(b'$') => {
                at = variable_end(bytes, at);
                sink.to(Some(Token::Name), at);
            }
            Some(b'`') => at += 1,
            _ => return at.min(bytes.len()),
        }
    }
}

/// The end of `$name`, `$env:NAME`, `${name}` or a lone `$`.
fn variable_end(bytes: &[u8], at: usize) -> usize {
    if has(bytes, at, b"${") {
        let end = run_end(bytes, at + 2, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':')
        });
        return end + usize::from(bytes.get(end) == Some(&b'}'));
    }
    let end = run_end(bytes, at + 1, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'?')
    });
    // `"$name: text"`: the colon is text.
    if bytes[end - 1] == b':' { end - 1 } else { end }
}

fn word(word: &[u8], command: bool) -> Option<Token> {
    const KEYWORDS: &[&str] = &[
        "begin", "break", "catch", "class", "continue", "do", "else", "elseif", "end", "exit",
        "filter", "finally", "for", "foreach", "function", "if", "in", "param", "process",
        "return", "switch", "throw", "try", "until", "using", "while",
    ];
    let is = |known: &&str| word.eq_ignore_ascii_case(known.as_bytes());
    let verb = run_end(word, 0, |byte| byte.is_ascii_alphabetic());
    let cmdlet = verb > 1
        && word.get(verb) == Some(&b'-')
        && word[verb + 1..]
            .first()
            .is_some_and(u8::is_ascii_alphabetic)
        && word[0].is_ascii_uppercase();
    if cmdlet {
        return Some(Token::Function);
    }
    if !command {
        return None;
    }
    if KEYWORDS.iter().any(is) {
        return Some(Token::Keyword);
    }
    (word[0].is_ascii_alphabetic() || word[0] == b'.').then_some(Token::Function)
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn tokens() {
        check(
            "powershell",
            &[
                (
                    "Get-Item -Path \"C:\\$x\" | Where-Object { $_.Name -eq 'a' } # b\n",
                    "f‹Get-Item› o‹-Path› s‹\"C:\\›v‹$x›s‹\"› p‹|› f‹Where-Object› { v‹$_›.Name o‹-eq› s‹'a'› } c‹# b›\n",
                ),
                (
                    "if ($env:A) { [int]$b = 1 } <# c #>\n$t = @\"\na \"b\"\n\"@\nfoo.exe -x\n",
                    "k‹if› (v‹$env:A›) { t‹[int]›v‹$b› p‹=› 1 } c‹<# c #>›\nv‹$t› p‹=› s‹@\"\na \"b\"\n\"@›\nf‹foo.exe› o‹-x›\n",
                ),
            ],
        );
    }
}
