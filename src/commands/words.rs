//! Numbers, times and paths as the commands say them.

#![expect(
    clippy::disallowed_methods,
    reason = "paths are shown from the working folder"
)]

use std::path::Path;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

/// How many findings there are, after what else there is to say.
pub(super) fn found(errors: usize, warnings: usize) -> String {
    match (errors, warnings) {
        (0, 0) => String::new(),
        (0, warnings) => format!("; {}", counted(warnings, "warning")),
        (errors, 0) => format!("; {}", counted(errors, "error")),
        (errors, warnings) => format!(
            "; {}, {}",
            counted(errors, "error"),
            counted(warnings, "warning")
        ),
    }
}

/// `1 page`, `2 pages`.
pub(super) fn counted(number: usize, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}

/// How many columns of the terminal a text takes: one of Chinese or Japanese takes two for each character.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// A text with blanks after it, so that it takes this many columns; nothing in it can steer the terminal.
pub(super) fn padded(text: &str, width: usize) -> String {
    let mut text: String = text.chars().filter(|c| !c.is_control()).collect();
    let missing = width.saturating_sub(columns(&text));
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// A time as people say it.
pub(super) fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// A path as people write it: relative to the working folder where it lies below it.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here)
        .unwrap_or(path)
        .display()
        .to_string()
}
