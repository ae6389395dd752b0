//! What `--explain` says: the guide's own section on a class of findings.

use crate::diagnostic::{Code, Severity};

/// The guide's page on the rules, which the binary carries.
const GUIDE: &str = include_str!("../../content/guide/checks.md");

/// Why findings of a class matter, an example that has one, and one that has none.
pub fn explain(code: Code) -> String {
    let level = match code.level() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Off => "off",
    };
    let (id, class, about) = (code.id(), code.class(), code.about());
    let mut text = format!("{id} {class} ({level})\n\n{about}\n");
    if let Some(section) = section(code) {
        text.push('\n');
        text.push_str(section);
        text.push('\n');
    }
    text
}

/// The section of the guide about a class, without its heading.
pub fn section(code: Code) -> Option<&'static str> {
    let heading = format!("\n### {} `{}`\n", code.id(), code.class());
    let start = GUIDE.find(&heading)? + heading.len();
    let rest = &GUIDE[start..];
    let end = ["\n## ", "\n### "]
        .iter()
        .filter_map(|next| rest.find(next))
        .min()
        .unwrap_or(rest.len());
    Some(rest[..end].trim())
}
