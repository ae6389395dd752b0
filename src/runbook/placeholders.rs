//! Placeholders: words in angle brackets that a page leaves to its reader to fill in.

use std::collections::BTreeSet;
use std::ops::Range;

use super::html;
use crate::diagnostic::{Code, Diagnostic};

/// The placeholders that a body uses, each where it was met first.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    known: BTreeSet<String>,
    first: Vec<(String, Range<usize>)>,
}

impl Placeholders {
    /// Takes note of a placeholder in prose, brackets and all.
    pub(super) fn tag(&mut self, tag: &str, range: Range<usize>) {
        let name = tag.strip_prefix('<').and_then(|tag| tag.strip_suffix('>'));
        if let Some(name) = name.filter(|name| !name.starts_with('/')) {
            self.add(name, range);
        }
    }

    /// Takes note of those in a block of code: `html` is what highlighting made of it, `text` the prepared text
    /// where the block stands at `range`.
    pub(super) fn block(&mut self, html: &str, text: &str, range: &Range<usize>) {
        const OPEN: &str = "<span class=\"placeholder\">&lt;";
        let mut rest = html;
        while let Some(at) = memchr::memmem::find(rest.as_bytes(), OPEN.as_bytes()) {
            rest = &rest[at + OPEN.len()..];
            let Some(end) = rest.find("&gt;</span>") else {
                return;
            };
            let name = &rest[..end];
            if self.known.contains(name) {
                continue;
            }
            let place = text.get(range.clone()).and_then(|block| {
                let found = block.find(&format!("<{name}>"))?;
                Some(range.start + found..range.start + found + name.len() + 2)
            });
            self.add(name, place.unwrap_or_else(|| range.clone()));
        }
    }

    /// Takes note of those in code within a line.
    pub(super) fn span(&mut self, code: &str, range: &Range<usize>) {
        for (at, _) in code.match_indices('<') {
            // A type's parameter, `Vec<String>`, follows a word.
            let after_word = code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '<');
            let Some(end) = code[at..].find('>').filter(|_| !after_word) else {
                continue;
            };
            let name = &code[at + 1..at + end];
            let fine = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                && html::is_placeholder(&name.to_ascii_lowercase());
            // Markup is closed again.
            if fine && !code.contains(&format!("</{name}>")) {
                self.add(name, range.clone());
            }
        }
    }

    fn add(&mut self, name: &str, range: Range<usize>) {
        if self.known.insert(name.to_owned()) {
            self.first.push((name.to_owned(), range));
        }
    }

    /// What is wrong with those that nobody declared, and where.
    pub(super) fn undeclared(
        self,
        is_declared: impl Fn(&str) -> bool,
    ) -> Vec<(Diagnostic, Range<usize>)> {
        let undeclared = self
            .first
            .into_iter()
            .filter(|(name, _)| !is_declared(name));
        undeclared
            .map(|(name, range)| {
                let message = format!("`<{name}>` is to be filled in, but no parameter has that name");
                let plain = name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
                let key = if plain { name } else { format!("\"{name}\"") };
                let help = format!(
                    "declare it in the front matter: `params.{key} = \"what it is\"`; in YAML below `params:`, `{key}: what it is`"
                );
                (Diagnostic::new(Code::UndeclaredPlaceholder, message).help(help), range)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Placeholders;

    #[test]
    fn code_in_a_line_has_placeholders() {
        for (code, names) in [
            ("ssh deploy@<host> 'rm <folder>'", vec!["host", "folder"]),
            ("Vec<String>", vec![]),
            ("<details>", vec![]),
            ("<x>a</x>", vec![]),
            ("a < b > c", vec![]),
            ("<a b>", vec![]),
        ] {
            let mut found = Placeholders::default();
            found.span(code, &(0..1));
            let found: Vec<&str> = found.first.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(found, names, "{code}");
        }
    }
}
