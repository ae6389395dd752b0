//! What is typed in a block of code, read line by line: commands, or a session with prompts.

use super::Language;
use super::paint::{Finder, Nowhere};
use super::programs::well_known;
use super::shell::{LastQuotes, Shell};

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

/// A line that a shell reads: with those that follow a backslash at its end, without the texts of here-documents.
#[derive(Debug, Default)]
pub struct Line {
    /// What is typed, a space for each backslash and line end.
    pub text: String,
    /// Where each line of the source begins: in `text`, and in the source.
    places: Vec<(usize, usize)>,
    /// Whether it begins a command, rather than going on with a loop or a string.
    pub begins: bool,
    /// Whether it is a command for sure: the block says so, or a prompt, or the program.
    pub sure: bool,
}

impl Line {
    /// Where a byte of the text stands in the source.
    pub fn place(&self, at: usize) -> usize {
        let known = self.places.partition_point(|(text, _)| *text <= at);
        let (text, source) = self
            .places
            .get(known.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        source + at.saturating_sub(text)
    }

    /// Where its first line ends, in `text`.
    pub fn first_end(&self) -> usize {
        let end = self
            .places
            .get(1)
            .map_or(self.text.len(), |(text, _)| text - 1);
        self.text[..end].trim_end().len()
    }

    fn push(&mut self, text: &str, place: usize) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.places.push((self.text.len(), place));
        self.text.push_str(text);
    }
}

/// The lines that are typed in a block, by the language that its fence names; each comes with the place where it begins.
/// Of a session what is printed is left out; of other languages, SQL aside, everything is.
pub fn lines(language: &str, block: &[(usize, &str)]) -> Vec<Line> {
    let kind = Kind::of(language);
    if kind == Kind::Other && !language.is_empty() {
        return if is_sql(language) {
            plain(block)
        } else {
            Vec::new()
        };
    }
    let prompted = |(_, line): &(usize, &str)| is_prompted(line);
    // A block that has prompts is a session, whatever it is called.
    let session = kind == Kind::Console || block.iter().any(prompted);
    let mut source = String::new();
    for (_, line) in block {
        source += line;
        source.push('\n');
    }
    let bytes = source.as_bytes();
    let find = Finder::new(&source);
    let new = || Shell::new(bytes, &find, LastQuotes::of(bytes, 0, bytes.len()));
    let mut shell = new();
    let mut all: Vec<Line> = Vec::new();
    let mut start = 0;
    for (at, line) in block {
        let from = start;
        start += line.len() + 1;
        let prompt = match (session, command(line)) {
            (true, Some((cut, _))) if kind == Kind::Console || is_prompted(line) => Some(cut),
            _ => None,
        };
        if prompt.is_some() && !shell.in_heredoc() {
            shell = new();
        }
        let (open, continued, heredoc) =
            (shell.is_open(), shell.is_continued(), shell.in_heredoc());
        let cut = prompt.filter(|_| !heredoc).unwrap_or(0);
        let text = &line[cut..];
        let bare = text.trim_start();
        if !open {
            // Between prompts of what is called a script there are commands without one.
            let is_output = session
                && prompt.is_none()
                && (kind != Kind::Shell || !well_known(text.as_bytes()));
            let typed = !bare.is_empty() && !bare.starts_with('#') && !is_output;
            if !typed {
                continue;
            }
        }
        shell.line(&mut Nowhere, from + cut, from + line.len());
        if heredoc || open && bare.starts_with('#') {
            continue;
        }
        let typed = text.strip_suffix('\\').unwrap_or(text);
        match all.last_mut() {
            Some(last) if continued => last.push(typed, at + cut),
            _ => {
                let sure = kind == Kind::Shell || prompt.is_some() || well_known(text.as_bytes());
                let mut next = Line {
                    begins: !open,
                    sure,
                    ..Line::default()
                };
                next.push(typed, at + cut);
                all.push(next);
            }
        }
    }
    all
}

/// Lines as they are.
fn plain(block: &[(usize, &str)]) -> Vec<Line> {
    let each = block.iter().map(|(at, text)| {
        let mut line = Line {
            begins: true,
            ..Line::default()
        };
        line.push(text, *at);
        line
    });
    each.collect()
}

/// Whether a line stands behind a prompt that is nothing else: `$ ` or `user@host:~$ `.
pub fn is_prompted(line: &str) -> bool {
    let trimmed = line.trim_start();
    match trimmed.strip_prefix("$ ") {
        Some(rest) => rest.starts_with(|c: char| c.is_alphabetic() || matches!(c, '.' | '/' | '_')),
        None => !trimmed.starts_with(['#', '>', '%']) && command(line).is_some(),
    }
}

fn is_sql(language: &str) -> bool {
    matches!(
        language,
        "sql" | "postgres" | "postgresql" | "mysql" | "psql"
    )
}

/// Whether code in a line of text is a command: a program that is known and a word more.
pub fn is_command(code: &str) -> bool {
    well_known(code.as_bytes()) && code.split_whitespace().nth(1).is_some()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn lines_of_blocks() {
        type Expected<'a> = &'a [(&'a str, bool, bool)];
        let cases: &[(&str, &str, Expected<'_>)] = &[
            (
                "bash",
                "ls -l\n# no\n\nrm x",
                &[("ls -l", true, true), ("rm x", true, true)],
            ),
            ("bash", "ls \\\n  -l", &[("ls    -l", true, true)]),
            (
                "bash",
                "cat <<EOF > x\nit\u{2019}s\nEOF\nls",
                &[("cat <<EOF > x", true, true), ("ls", true, true)],
            ),
            (
                "bash",
                "for x in a b; do\n  rm $x\ndone",
                &[
                    ("for x in a b; do", true, true),
                    ("  rm $x", false, true),
                    ("done", false, true),
                ],
            ),
            (
                "console",
                "$ ls\nx\n$ rm x",
                &[("ls", true, true), ("rm x", true, true)],
            ),
            (
                "",
                "kubectl get pod\nNAME READY\n",
                &[("kubectl get pod", true, true), ("NAME READY", true, false)],
            ),
            ("", "$ ls\nx", &[("ls", true, true)]),
            ("yaml", "rm: x", &[]),
            ("sql", "DROP TABLE x;", &[("DROP TABLE x;", true, false)]),
        ];
        for (language, text, expected) in cases {
            let block: Vec<(usize, &str)> = text
                .lines()
                .map(|line| (line.as_ptr() as usize - text.as_ptr() as usize, line))
                .collect();
            let found = lines(language, &block);
            let shown: Vec<(&str, bool, bool)> = found
                .iter()
                .map(|line| (&*line.text, line.begins, line.sure))
                .collect();
            assert_eq!(shown, *expected, "{text}");
            for line in &found {
                let word = line.text.trim_start();
                let at = line.place(line.text.len() - word.len());
                assert!(
                    text[at..].starts_with(word.split(' ').next().unwrap()),
                    "{text}"
                );
            }
        }
    }
}
