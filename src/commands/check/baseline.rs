//! The baseline: findings that a team knows of and does not want to see again. It only ever shrinks by itself.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads and writes the baseline"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::looked::{Scope, Where};
use crate::config::may_pass;
use crate::diagnostic::{Code, Diagnostic};
use crate::path::RelPath;

/// The file, beside site.toml; it belongs into the repository.
pub(super) const NAME: &str = "bindery-baseline.json";
/// The version of the file's form.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    /// What the run knew of that wrote it; files from before it was written down have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<Scope>,
    findings: Vec<Entry>,
}

/// Findings that say the same of one file. Lines are left out: they move with every edit.
#[derive(Serialize, Deserialize)]
struct Entry {
    file: String,
    code: String,
    message: String,
    count: usize,
}

type Key = (String, String, String);

/// The findings that are known.
#[derive(Default)]
pub(super) struct Baseline {
    known: BTreeMap<Key, usize>,
    scope: Option<Scope>,
}

/// What is left of findings besides the known ones.
pub(super) struct Compared {
    pub(super) new: Vec<Diagnostic>,
    /// How many are known.
    pub(super) hidden: usize,
}

impl Baseline {
    /// The baseline of these findings. An error that loses pages is never a part of it.
    pub(super) fn of(findings: &[Diagnostic], scope: &Scope) -> Self {
        let mut known: BTreeMap<Key, usize> = BTreeMap::new();
        for found in findings.iter().filter(|found| may_pass(found.code)) {
            *known.entry(key(found)).or_default() += 1;
        }
        Self {
            known,
            scope: Some(scope.clone()),
        }
    }

    /// Adds what an older baseline knows and this run did not look for.
    pub(super) fn keeping(mut self, old: &Self, run: Where<'_>) -> Self {
        let mut kept = false;
        for (key, count) in &old.known {
            if !run.looked_for(borrowed(key), old.scope.as_ref()) {
                self.known.entry(key.clone()).or_insert(*count);
                kept = true;
            }
        }
        if let (Some(scope), Some(old), true) = (&mut self.scope, &old.scope, kept) {
            scope.rules.extend(old.rules.iter().cloned());
        }
        self
    }

    /// Reads the baseline of a project; `None` when it has none.
    pub(super) fn read(root: &Path) -> Result<Option<Self>, Diagnostic> {
        let text = match fs::read_to_string(root.join(NAME)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&error.to_string())),
        };
        let file: File =
            serde_json::from_str(&text).map_err(|error| unreadable(&error.to_string()))?;
        if file.version != VERSION {
            return Err(unreadable("it is of another version of Bindery"));
        }
        let entries = file.findings.into_iter();
        let known = entries.map(|entry| {
            // One that an older Bindery wrote holds the whole message.
            let message = match Code::named(&entry.code) {
                Some(code) => code.known_by(&entry.message).to_owned(),
                None => entry.message,
            };
            ((entry.file, entry.code, message), entry.count)
        });
        Ok(Some(Self {
            known: known.collect(),
            scope: file.scope,
        }))
    }

    /// Writes it.
    pub(super) fn write(&self, root: &Path) -> io::Result<()> {
        let entries = self
            .known
            .iter()
            .map(|((file, code, message), count)| Entry {
                file: file.clone(),
                code: code.clone(),
                message: message.clone(),
                count: *count,
            });
        let file = File {
            version: VERSION,
            scope: self.scope.clone(),
            findings: entries.collect(),
        };
        let mut text = serde_json::to_string_pretty(&file)?;
        text.push('\n');
        let new = root.join(format!("{NAME}.new"));
        fs::write(&new, text)?;
        fs::rename(&new, root.join(NAME))
    }

    /// How many findings it holds.
    pub(super) fn len(&self) -> usize {
        self.known.values().sum()
    }

    /// Takes the known ones out of `findings`.
    pub(super) fn compare(&self, findings: Vec<Diagnostic>) -> Compared {
        let mut left = self.known.clone();
        let (mut new, mut hidden) = (Vec::new(), 0);
        for found in findings {
            match left.get_mut(&key(&found)).filter(|count| **count > 0) {
                Some(count) => {
                    *count -= 1;
                    hidden += 1;
                }
                None => new.push(found),
            }
        }
        Compared { new, hidden }
    }

    /// This baseline without what is gone from `findings` though it was looked for.
    pub(super) fn shrunk(&self, findings: &[Diagnostic], run: Where<'_>) -> Self {
        let mut now: BTreeMap<Key, usize> = BTreeMap::new();
        for found in findings {
            *now.entry(key(found)).or_default() += 1;
        }
        let known = self.known.iter().filter_map(|(key, count)| {
            let left = (*count).min(now.get(key).copied().unwrap_or(0));
            let count = if left < *count && !run.looked_for(borrowed(key), self.scope.as_ref()) {
                *count
            } else {
                left
            };
            (count > 0).then(|| (key.clone(), count))
        });
        Self {
            known: known.collect(),
            scope: self.scope.clone(),
        }
    }
}

fn borrowed((file, code, message): &Key) -> (&str, &str, &str) {
    (file, code, message)
}

fn key(found: &Diagnostic) -> Key {
    let file = found.span.as_ref().map_or("", |span| span.file.as_str());
    (
        file.to_owned(),
        found.code.id().to_owned(),
        found.known_by().to_owned(),
    )
}

fn unreadable(why: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::Unreadable, format!("`{NAME}` cannot be read: {why}"))
        .help("mend it, or write it anew with `--write-baseline`");
    match RelPath::new(NAME) {
        Some(file) => diagnostic.at(&file, 0..0),
        None => diagnostic,
    }
}

#[cfg(test)]
mod tests {
    use super::Baseline;
    use crate::commands::check::looked::Scope;
    use crate::diagnostic::{Code, Diagnostic};
    use crate::path::RelPath;

    fn found(message: &str, at: usize) -> Diagnostic {
        let file = RelPath::new("content/a.md").unwrap();
        Diagnostic::new(Code::EmptySection, message).at(&file, at..at)
    }

    #[test]
    fn known_findings_may_move_but_not_multiply() {
        let scope = Scope::default();
        let baseline = Baseline::of(&[found("a", 1), found("a", 2), found("b", 3)], &scope);
        assert_eq!(baseline.len(), 3);
        let compared = baseline.compare(vec![found("a", 7), found("a", 8), found("a", 9)]);
        assert_eq!(compared.hidden, 2);
        assert_eq!(compared.new, [found("a", 9)]);
        // What loses pages is shown again and again.
        assert_eq!(
            Baseline::of(&[Diagnostic::new(Code::NoPages, "x")], &scope).len(),
            0
        );
    }
}
