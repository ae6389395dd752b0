//! Files that commands begin: the templates in the binary, and writing without ever overwriting.

#![expect(
    clippy::disallowed_types,
    reason = "this is the edge that writes what a person asked to begin"
)]

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use rust_embed::RustEmbed;

/// Skeletons of runbooks by task, and the site that `init` begins with.
#[derive(RustEmbed)]
#[folder = "templates"]
struct Templates;

/// A template of the binary.
pub(super) fn template(name: &str) -> Option<String> {
    let file = Templates::get(name)?;
    Some(String::from_utf8_lossy(&file.data).into_owned())
}

/// The names of all templates of the binary.
pub(super) fn templates() -> Vec<String> {
    let mut names: Vec<String> = Templates::iter().map(|name| name.into_owned()).collect();
    names.sort();
    names
}

/// Writes a file that is not there yet, and the folders above it.
///
/// # Errors
/// When it is there already, or cannot be written.
pub(super) fn begin(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// Writes a file that a command makes anew each time, and the folders above it.
///
/// # Errors
/// When it cannot be written.
pub(super) fn begin_anew(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).open(path)?;
    file.write_all(bytes)
}

/// Text as a TOML string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                use std::fmt::Write as _;
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn any_text_is_a_toml_string() {
        for text in ["a", "a \"b\" \\ c", "é\n\t\u{1}", "%title%"] {
            let whole: toml::Table = format!("x = {}", quoted(text)).parse().unwrap();
            assert_eq!(whole["x"].as_str(), Some(text));
        }
    }
}
