//! The words of the interface: language files of the themes, put together for the site's language.

use crate::config::CODES;
use crate::diagnostic::Diagnostic;
use crate::path::RelPath;
use crate::runbook::Word;
use crate::snapshot::Snapshot;
use crate::value::{Data, Table, from_toml};

/// The language that every theme can fall back on.
const FALLBACK: &str = "en";

/// The words for one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Words {
    /// All of them, as templates see them.
    pub table: Table,
}

impl Words {
    /// Puts the language files of `folders` together, the nearest theme's first: what the language's own files do not
    /// say is in English.
    pub(super) fn read(
        snapshot: &Snapshot,
        folders: &[RelPath],
        language: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let language = language.to_lowercase();
        let primary = language.split('-').next().unwrap_or_default().to_owned();
        let mut languages = vec![language, primary, FALLBACK.to_owned()];
        languages.dedup();
        let mut words = Self::default();
        for language in languages {
            for folder in folders {
                let file = folder.join(&format!("words/{language}.toml"));
                let text = file.as_ref().and_then(|file| snapshot.text(file));
                if let (Some(file), Some(text)) = (file, text) {
                    let table = from_toml(&text, 0, &file, CODES).collect_into(diagnostics);
                    add(&mut words.table, &table.unwrap_or_default());
                }
            }
        }
        words
    }

    /// A word of the interface, else `english`.
    pub fn text<'a>(&'a self, key: &str, english: &'a str) -> &'a str {
        match self.table.get(key).map(|value| &value.data) {
            Some(Data::String(said)) => said,
            _ => english,
        }
    }

    /// A word of a body.
    pub fn get(&self, word: Word) -> &str {
        let (key, english) = word.key();
        let body = self.table.get("body").map(|value| &value.data);
        let said = match body {
            Some(Data::Table(body)) => body.get(key).map(|value| &value.data),
            _ => None,
        };
        match said {
            Some(Data::String(said)) => said,
            _ => english,
        }
    }
}

/// Adds to a table what it does not have, in its inner tables too.
fn add(words: &mut Table, more: &Table) {
    for (key, value) in more.iter() {
        let merged = match (words.get(&key.name), &value.data) {
            (None, _) => value.clone(),
            (Some(known), Data::Table(more)) => {
                let Data::Table(inner) = &known.data else {
                    continue;
                };
                let mut inner = inner.clone();
                add(&mut inner, more);
                let mut known = known.clone();
                known.data = Data::Table(inner);
                known
            }
            (Some(_), _) => continue,
        };
        words.insert(key.clone(), merged);
    }
}
