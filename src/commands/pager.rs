//! Long texts for people: through their pager when the terminal is too short for it.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads the environment"
)]

use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

use anstream::ColorChoice;

/// How many lines a terminal has that does not say it.
const LINES: usize = 24;

/// Shows a text on standard output; one that is longer than the terminal through `$PAGER`, or `less`, where `paged`.
pub(super) fn show(text: &str, paged: bool) {
    let long = || text.lines().count() >= lines();
    if paged && std::io::stdout().is_terminal() && long() && through(text) {
        return;
    }
    // A reader that went away is no error of the site's.
    let _ = anstream::stdout().lock().write_all(text.as_bytes());
}

/// Whether a pager took the text.
fn through(text: &str) -> bool {
    let said = std::env::var("PAGER").unwrap_or_default();
    let pager = match said.trim() {
        "" => "less",
        // What people write when they want none.
        "cat" => return false,
        pager => pager,
    };
    // It may have arguments, as for git and man.
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("exec {pager}")])
        .stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // Colours as they are, and no page of its own for what is short after all.
        command.env("LESS", "FRX");
    }
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    if let Some(mut input) = child.stdin.take() {
        let plain = anstream::AutoStream::choice(&std::io::stdout()) == ColorChoice::Never;
        // Whoever leaves the pager early has read enough.
        let _ = match plain {
            true => write!(input, "{}", anstream::adapter::strip_str(text)),
            false => input.write_all(text.as_bytes()),
        };
    }
    // 127: there is no such program.
    child
        .wait()
        .is_ok_and(|status| status.code() != Some(127) && status.code() != Some(126))
}

/// How many lines the terminal has.
fn lines() -> usize {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout())
        && size.ws_row > 0
    {
        return usize::from(size.ws_row);
    }
    let said = std::env::var("LINES").ok();
    said.and_then(|lines| lines.parse().ok()).unwrap_or(LINES)
}
