//! Sessions at a prompt: what was typed is told apart from the prompt and from what was printed.
//!
//! Which lines are commands:
//!
//! 1. A shell's block is a session when its first line that is neither blank nor a comment starts with a prompt
//!    other than `# `; else it is a script. A console's block is one when any line starts with a prompt; where
//!    that is only `# `, its first line must, and no line may be a bare command if that line is not surely one.
//! 2. A prompt stands as far in as the block's first line. `$ `, a prompt with a name in it (`user@host:~$ `,
//!    `[root@host ~]# `, `sh-4.4$ `, `/ # `, `PS C:\> `) and, in a console's block, that of a database's client
//!    always count; `% ` only where no line starts with `$ `.
//! 3. `# ` is how comments are written, so it is a root's prompt only if what follows does not read as a sentence
//!    (`# Check the node`) and either the console's block has no `$ ` at all, or the command before it opened
//!    another shell (`oc debug`, `ssh`, `sudo -i`). In a shell's block it must also stand right under that
//!    command and start with the name of a well-known program.
//! 4. A command goes on over backslashes, open quotes, here-documents, compounds and pipes, with or without
//!    `> ` before each line. If what is open never closes, the command is its first line.

use std::ops::Range;

use super::paint::{Finder, Group, Nowhere, Painter, Sink, Token, has, line_end, run_end};
use super::powershell;
use super::programs::{opens_shell, well_known};
use super::prompt::{Block, Kind, Prompt, after_spaces, client_goes_on, root, strong};
use super::shell::{LastQuotes, Shell};

/// How much of a command is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All that is open, if it closes.
    Whole,
    /// The first line and what its backslashes add.
    Line,
}

/// A block that is a session.
struct Session<'a> {
    bytes: &'a [u8],
    find: Finder<'a>,
    last: LastQuotes,
    block: Block,
    /// How far in the block as a whole stands.
    indent: usize,
    /// Some line starts with `$ `.
    dollars: bool,
    /// How many bytes may still be looked at ahead, so that time is linear whatever is open.
    budget: usize,
}

/// Whether a block is a session.
pub(super) fn is_session(source: &str, block: Block) -> bool {
    let bytes = source.as_bytes();
    let indent = indent(bytes);
    let mut at = 0;
    // Of a console's block: whether its first line may be a root's, surely is, and others are bare commands.
    let (mut first, mut rooted, mut sure, mut bare) = (true, false, false, false);
    while at < bytes.len() {
        let (end, next) = line_end(bytes, at);
        let start = at + prefix(bytes, at, end, indent);
        let line = &bytes[start..end];
        at = next;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let prompt = strong(bytes, start, end, block);
        match block {
            Block::PowerShell => {
                return prompt.is_some_and(|prompt| prompt.kind == Kind::PowerShell);
            }
            _ if prompt.is_some() || (first && has(line, 0, b"% ")) => return true,
            Block::Shell if line[0] != b'#' => return false,
            Block::Shell => {}
            Block::Console => {
                if first && root(line) {
                    rooted = true;
                    sure = well_known(&line[2..]);
                }
                bare |= well_known(line);
            }
        }
        first = false;
    }
    rooted && (sure || !bare)
}

/// Whether a console's block without prompts holds commands rather than output, YAML or a query.
pub(super) fn is_script(source: &str) -> bool {
    source
        .lines()
        .map(str::trim_start)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .is_some_and(|line| well_known(line.as_bytes()))
}

/// Paints a session.
pub(super) fn paint(block: Block, painter: &mut Painter<'_>) {
    let bytes = painter.source.as_bytes();
    let indent = indent(bytes);
    let mut session = Session {
        bytes,
        find: Finder::new(painter.source),
        last: LastQuotes::of(bytes, 0, bytes.len()),
        block,
        indent,
        dollars: false,
        budget: bytes.len() * 2,
    };
    session.dollars = session.has_dollars();
    // Whether the command before opened another shell, and whether it stands right above.
    let (mut entered, mut above) = (false, false);
    // Whether the line before was a client's.
    let mut client = false;
    let mut at = 0;
    while at < bytes.len() {
        let (end, next) = line_end(bytes, at);
        let start = at + prefix(bytes, at, end, indent);
        let line = &bytes[start..end];
        let prompt = session
            .prompt(start, end, entered && (above || block == Block::Console))
            .or_else(|| client.then(|| client_goes_on(line, start)).flatten());
        client = prompt.is_some_and(|prompt| prompt.kind == Kind::Client);
        let Some(prompt) = prompt else {
            if line.trim_ascii().is_empty() {
                above = false;
            } else if line.first() == Some(&b'#') {
                above = false;
                painter.group(None);
                painter.to(Some(Token::Comment), end);
            } else {
                painter.group(Some(Group::Output));
            }
            painter.to(None, next);
            at = next;
            continue;
        };
        if prompt.kind == Kind::Weak {
            above = true;
        } else {
            entered = opens_shell(&bytes[prompt.end..end]);
            above = entered;
        }
        painter.group(Some(Group::Prompt));
        painter.to(None, prompt.end);
        painter.group(None);
        at = if prompt.end < end {
            session.command(painter, prompt, start, end)
        } else {
            end
        };
        let (_, after) = line_end(bytes, at);
        painter.to(None, after);
        at = after;
    }
}

impl Session<'_> {
    fn has_dollars(&self) -> bool {
        let mut at = 0;
        while at < self.bytes.len() {
            let (end, next) = line_end(self.bytes, at);
            if has(
                self.bytes,
                at + prefix(self.bytes, at, end, self.indent),
                b"$ ",
            ) {
                return true;
            }
            at = next;
        }
        false
    }

    /// The prompt at the start of the line, if there is one.
    fn prompt(&self, start: usize, end: usize, entered: bool) -> Option<Prompt> {
        if let Some(prompt) = strong(self.bytes, start, end, self.block) {
            return Some(prompt);
        }
        let line = &self.bytes[start..end];
        let weak = if has(line, 0, b"% ") {
            !self.dollars
        } else {
            root(line)
                && match self.block {
                    Block::Console => entered || !self.dollars,
                    Block::Shell => entered && well_known(&line[2..]),
                    Block::PowerShell => false,
                }
        };
        weak.then(|| Prompt {
            kind: Kind::Weak,
            end: start + after_spaces(line, 1),
        })
    }

    /// Paints the command after `prompt`; gives where its last line ends.
    fn command(
        &mut self,
        painter: &mut Painter<'_>,
        prompt: Prompt,
        start: usize,
        end: usize,
    ) -> usize {
        match prompt.kind {
            Kind::Client => {
                painter.group(Some(Group::Command));
                painter.to(None, end);
                painter.group(None);
                return end;
            }
            Kind::PowerShell => {
                painter.group(Some(Group::Command));
                powershell::lex(painter, self.bytes, prompt.end, end);
                painter.group(None);
                return end;
            }
            Kind::Shell | Kind::Weak => {}
        }
        let typed = (prompt.end, end);
        let prompt = start..prompt.end;
        let extent = match self.lines(&mut Nowhere, typed, &prompt, Extent::Whole) {
            Ok(_) => Extent::Whole,
            Err(seen) => {
                // What was looked at in vain will be looked at again.
                self.budget = self.budget.saturating_sub(seen - end);
                Extent::Line
            }
        };
        let (Ok(done) | Err(done)) = self.lines(painter, typed, &prompt, extent);
        painter.group(None);
        done
    }

    /// Reads a command's lines, the first of which is `typed`; gives where the last ends, as an error if
    /// what is open never closes.
    fn lines(
        &self,
        sink: &mut impl Sink,
        (from, first_end): (usize, usize),
        prompt: &Range<usize>,
        extent: Extent,
    ) -> Result<usize, usize> {
        let last = match extent {
            Extent::Whole => self.last,
            Extent::Line => LastQuotes::of(self.bytes, from, first_end),
        };
        let mut shell = Shell::new(self.bytes, &self.find, last);
        sink.group(Some(Group::Command));
        shell.line(sink, from, first_end);
        let mut end = first_end;
        // Whether lines that go on start with `> `; the first of them says so.
        let mut angles = None;
        let mut passed = false;
        while match extent {
            Extent::Whole => shell.is_open(),
            Extent::Line => shell.is_continued(),
        } {
            let (_, start) = line_end(self.bytes, end);
            if start >= self.bytes.len() {
                // The block shows the start of it only.
                let cut = shell.in_heredoc() && !passed;
                return if cut || shell.is_continued() {
                    Ok(end)
                } else {
                    Err(end)
                };
            }
            if start - first_end > self.budget {
                return Err(end);
            }
            let (line, _) = line_end(self.bytes, start);
            let mut text = start + prefix(self.bytes, start, line, self.indent);
            if self.ends_before(text, line, prompt) {
                if !shell.in_heredoc() {
                    return if shell.is_continued() {
                        Ok(end)
                    } else {
                        Err(end)
                    };
                }
                passed = true;
            }
            let indented = text;
            let angle =
                has(&self.bytes[..line], text, b"> ") || &self.bytes[text..line] == b">".as_slice();
            if angle && *angles.get_or_insert(angle) {
                text = (text + 2).min(line);
            }
            angles.get_or_insert(angle);
            if text == start {
                sink.to(shell.inside(), start);
            } else {
                sink.group(None);
                sink.to(None, indented);
                sink.group((text > indented).then_some(Group::Prompt));
                sink.to(None, text);
                sink.group(Some(Group::Command));
            }
            shell.line(sink, text, line);
            end = line;
        }
        Ok(end)
    }

    /// Whether a line starts the next command, whatever is open.
    fn ends_before(&self, start: usize, end: usize, prompt: &Range<usize>) -> bool {
        let same = &self.bytes[prompt.clone()];
        strong(self.bytes, start, end, self.block).is_some() || has(self.bytes, start, same)
    }
}

/// How far in the first line that is not blank stands.
fn indent(bytes: &[u8]) -> usize {
    let text = run_end(bytes, 0, |byte| byte.is_ascii_whitespace());
    let start = bytes[..text]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    text - start
}

/// How much of a line's white space belongs to the block's indentation.
fn prefix(bytes: &[u8], start: usize, end: usize, indent: usize) -> usize {
    let limit = end.min(start + indent);
    run_end(&bytes[..limit], start, |byte| byte == b' ' || byte == b'\t') - start
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn sessions() {
        check(
            "console",
            &[
                ("$ ls\na b\n", "P‹$ ›C‹f‹ls››\nO‹a b\n›"),
                (
                    "# ls -la\nx\n# pwd\n",
                    "P‹# ›C‹f‹ls› o‹-la››\nO‹x\n›P‹# ›C‹f‹pwd››\n",
                ),
                (
                    "# Check the node\n$ ls\n# not a command\n",
                    "c‹# Check the node›\nP‹$ ›C‹f‹ls››\nc‹# not a command›\n",
                ),
                (
                    "$ oc debug node/x\nStarting\n# chroot /host\n# Then do this\n# ls\n$ ls\n# ls\n",
                    "P‹$ ›C‹f‹oc› debug node/x›\nO‹Starting\n›P‹# ›C‹f‹chroot› /host›\nc‹# Then do this›\nP‹# ›C‹f‹ls››\nP‹$ ›C‹f‹ls››\nc‹# ls›\n",
                ),
                (
                    "$ a \\\n  -b\nout\n$ c\n",
                    "P‹$ ›C‹f‹a› p‹\\›\n  o‹-b››\nO‹out\n›P‹$ ›C‹f‹c››\n",
                ),
                (
                    "$ cat <<EOF\n$ a\n# b\nEOF\nout\n",
                    "P‹$ ›C‹f‹cat› p‹<<EOF›\ns‹$ a›\ns‹# b›\np‹EOF››\nO‹out\n›",
                ),
                (
                    "$ cat <<EOF\n> a\n>\n> EOF\nout\n",
                    "P‹$ ›C‹f‹cat› p‹<<EOF››\nP‹> ›C‹s‹a››\nP‹>›C‹›\nP‹> ›C‹p‹EOF››\nO‹out\n›",
                ),
                (
                    "$ echo don't\nout\n$ ls\n",
                    "P‹$ ›C‹f‹echo› don't›\nO‹out\n›P‹$ ›C‹f‹ls››\n",
                ),
                (
                    "$ echo 'a\nb'\nout\n",
                    "P‹$ ›C‹f‹echo› s‹'a\nb'››\nO‹out\n›",
                ),
                (
                    "$ for x in a; do\n> b\n> done\nout\n",
                    "P‹$ ›C‹k‹for› v‹x› k‹in› ap‹;› k‹do››\nP‹> ›C‹f‹b››\nP‹> ›C‹k‹done››\nO‹out\n›",
                ),
                ("$ a |\n  b\nout\n", "P‹$ ›C‹f‹a› p‹|›\n  f‹b››\nO‹out\n›"),
                ("  $ a\n  out\n    b\n", "P‹  $ ›C‹f‹a››\nO‹  out\n    b\n›"),
                (
                    "user@host:~/x$ a\n[root@host ~]# b\nroot@p-1:/# c\nme@mac ~ % d\n(venv) $ e\n(venv) u@h:~$ f\n/ # g\n~ $ h\nsh-4.4$ i\n",
                    "P‹user@host:~/x$ ›C‹f‹a››\nP‹[root@host ~]# ›C‹f‹b››\nP‹root@p-1:/# ›C‹f‹c››\nP‹me@mac ~ % ›C‹f‹d››\nP‹(venv) $ ›C‹f‹e››\nP‹(venv) u@h:~$ ›C‹f‹f››\nP‹/ # ›C‹f‹g››\nP‹~ $ ›C‹f‹h››\nP‹sh-4.4$ ›C‹f‹i››\n",
                ),
                (
                    "PS C:\\x> Get-Item -Path y\nout\nC:\\x>dir\n",
                    "P‹PS C:\\x> ›C‹f‹Get-Item› o‹-Path› y›\nO‹out\n›P‹C:\\x>›C‹f‹dir››\n",
                ),
                (
                    "mysql> select 1\n    -> from t;\n| 1 |\npostgres=# \\d\nMariaDB [(none)]> x\n127.0.0.1:6379> get a\n",
                    "P‹mysql> ›C‹select 1›\nP‹    -> ›C‹from t;›\nO‹| 1 |\n›P‹postgres=# ›C‹\\d›\nP‹MariaDB [(none)]> ›C‹x›\nP‹127.0.0.1:6379> ›C‹get a›\n",
                ),
                ("% a\nb\n", "P‹% ›C‹f‹a››\nO‹b\n›"),
                ("$ curl x\n% Total\n", "P‹$ ›C‹f‹curl› x›\nO‹% Total\n›"),
                (
                    "oc get pods\noc get nodes\n",
                    "f‹oc› get pods\nf‹oc› get nodes\n",
                ),
                ("apiVersion: v1\n", "apiVersion: v1\n"),
                ("$\n$ \n$ a\n", "P‹$›\nP‹$ ›\nP‹$ ›C‹f‹a››\n"),
                ("$ a\r\nb\r\n", "P‹$ ›C‹f‹a››\r\nO‹b\r\n›"),
                ("$   a\n", "P‹$   ›C‹f‹a››\n"),
                (
                    "$ grep 'x\nout\n$ b\n",
                    "P‹$ ›C‹f‹grep› 'x›\nO‹out\n›P‹$ ›C‹f‹b››\n",
                ),
                ("➜ a\n❯ b\n", "P‹➜ ›C‹f‹a››\nP‹❯ ›C‹f‹b››\n"),
            ],
        );
    }

    #[test]
    fn sessions_in_shell_blocks() {
        check(
            "bash",
            &[
                (
                    "$ ls\nout\n# comment\n",
                    "P‹$ ›C‹f‹ls››\nO‹out\n›c‹# comment›\n",
                ),
                ("# comment\n$ ls\n", "c‹# comment›\nP‹$ ›C‹f‹ls››\n"),
                ("ls\n$ ls\n", "f‹ls›\n$ ls\n"),
                ("# ls\n# pwd\n", "c‹# ls›\nc‹# pwd›\n"),
                (
                    "$ oc debug x\n# chroot /host\n# spec.x\n",
                    "P‹$ ›C‹f‹oc› debug x›\nP‹# ›C‹f‹chroot› /host›\nc‹# spec.x›\n",
                ),
                ("user@host:~$ a\nb\n", "P‹user@host:~$ ›C‹f‹a››\nO‹b\n›"),
                (
                    "$ a <b> 'c\n$ d\n",
                    "P‹$ ›C‹f‹a› h‹<b>› 'c›\nP‹$ ›C‹f‹d››\n",
                ),
                ("cat <<EOF\n$ a\nEOF\n", "f‹cat› p‹<<EOF›\ns‹$ a›\np‹EOF›\n"),
            ],
        );
    }
}
