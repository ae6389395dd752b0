//! What `--explain` says: the guide's own section on a class of findings.

use crate::diagnostic::{Code, Severity};

/// The guide's pages on what a build finds and on the rules, which the binary carries.
const GUIDE: [&str; 2] = [
    include_str!("../../content/guide/build-findings.md"),
    include_str!("../../content/guide/checks.md"),
];

/// Why findings of a class matter, an example that has one, and one that has none.
pub fn explain(code: Code) -> String {
    let level = match code.level() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Off => "off",
    };
    let (id, class, about) = (code.id(), code.class(), code.about());
    let mut text = format!("{id} {class} ({level})\n\n{about}\n");
    if let Some(said) = said(code) {
        text.push('\n');
        text.push_str(said);
        text.push('\n');
    }
    text
}

/// What the guide says of a class: why it matters, a bad example and a good one.
pub fn said(code: Code) -> Option<&'static str> {
    let section = section(code)?;
    // The guide silences its own bad examples.
    let said = match section.strip_prefix("<!--") {
        Some(comment) => comment.split_once("-->").map_or("", |(_, rest)| rest),
        None => section,
    };
    Some(said.trim())
}

/// The section of the guide about a class, without its heading.
pub fn section(code: Code) -> Option<&'static str> {
    let heading = format!("\n### {} `{}`\n", code.id(), code.class());
    let rest = (GUIDE.iter()).find_map(|page| page.split_once(&heading).map(|(_, rest)| rest))?;
    let mut at = 0;
    // A heading in an example is none of ours.
    let mut fence = None;
    for line in rest.split_inclusive('\n') {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            Some(open) if ticks >= open => fence = None,
            None if line.starts_with("## ") || line.starts_with("### ") => break,
            _ => {}
        }
        at += line.len();
    }
    Some(rest[..at].trim())
}
