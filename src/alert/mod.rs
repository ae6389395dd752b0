//! One file of alert rules as values: Prometheus, Loki and Mimir rule files, PrometheusRule and VMRule, Grafana's
//! provisioning.

mod embedded;
pub mod patch;
mod read;
mod slot;
mod template;

use std::ops::Range;

use self::read::Reader;
pub use self::slot::{Place, Slot};
use crate::config::Alerts;
use crate::diagnostic::{Code, Diagnostic};
use crate::hash::Digest;
use crate::path::RelPath;
use crate::value::{Codes, Spanned, documents_from_yaml};

/// The codes that rule files report with: whatever is wrong, the file cannot be read as it was meant.
const CODES: Codes = Codes {
    syntax: Code::RuleFile,
    duplicate: Code::RuleFile,
    key: Code::RuleFile,
    value: Code::RuleFile,
};

/// A file that was read.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// The file.
    pub path: RelPath,
    /// Its alerts, in order; recording rules are none.
    pub rules: Vec<Rule>,
    /// What was found while reading it.
    pub diagnostics: Vec<Diagnostic>,
    /// The identity of the rules, places left out.
    pub hash: Digest,
    /// The identity of the places.
    pub places: Digest,
}

/// A rule that fires an alert.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Rule {
    /// The alert's name.
    pub name: Spanned<String>,
    /// The group it stands in.
    pub group: String,
    /// When it fires: an expression, or several of Grafana's queries, a line each.
    pub expression: String,
    /// How long the expression must hold.
    pub hold: Option<String>,
    /// What its severity label says.
    pub severity: Option<Spanned<String>>,
    /// Who owns it, as a label says.
    pub owner: Option<String>,
    /// The annotation `summary`, else `message`.
    pub summary: Option<String>,
    /// The annotation `description`.
    pub description: Option<String>,
    /// What the annotation says that names its runbook.
    pub runbook: Option<Spanned<String>>,
    /// Where things stand, for whoever silences or mends them.
    pub layout: Layout,
}

/// Where a rule and its parts stand in their file. It makes no difference to what the rule says.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The whole rule.
    pub rule: Range<usize>,
    /// Where the annotation that names its runbook can be written when it has none.
    pub slot: Slot,
    /// The end of its name, behind which whole lines can be added.
    pub name_end: usize,
}

impl PartialEq for Layout {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl std::hash::Hash for Layout {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

impl RuleFile {
    /// Reads the bytes of `path`.
    pub fn read(path: &RelPath, bytes: &[u8], config: &Alerts) -> Self {
        let mut file = Self {
            path: path.clone(),
            rules: Vec::new(),
            diagnostics: Vec::new(),
            hash: Digest::default(),
            places: Digest::default(),
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => file.text(text, config),
            Err(error) => {
                let at = error.valid_up_to();
                file.diagnostics.push(
                    Diagnostic::new(Code::RuleFile, "the file is not UTF-8")
                        .at(path, at..at + 1)
                        .help("save it as UTF-8"),
                );
            }
        }
        let places: Vec<_> = file
            .rules
            .iter()
            .map(|rule| {
                let of =
                    |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.span.clone());
                let Layout {
                    rule: whole,
                    slot,
                    name_end,
                } = &rule.layout;
                (
                    (&rule.name.span, of(&rule.severity), of(&rule.runbook)),
                    (whole, slot, name_end),
                )
            })
            .collect();
        file.places = Digest::of(&places);
        file.hash = Digest::of(&(path, &file.rules));
        file
    }

    fn text(&mut self, text: &str, config: &Alerts) {
        if let Some(diagnostic) = template::jsonnet(&self.path) {
            self.diagnostics.push(diagnostic);
            return;
        }
        let documents = documents_from_yaml(text, &self.path, CODES);
        let broken = documents
            .diagnostics
            .iter()
            .any(|found| found.related.is_empty());
        if broken && let Some(diagnostic) = template::helm(&self.path, text) {
            self.diagnostics.push(diagnostic);
            return;
        }
        let unread = !documents.diagnostics.is_empty();
        self.diagnostics.extend(documents.diagnostics);
        let mut reader = Reader::new(&self.path, text, config);
        for document in &documents.value {
            reader.document(document);
        }
        if !reader.known && !unread {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::RulesNotRead,
                    if documents.value.is_empty() {
                        "this file of alert rules is empty"
                    } else {
                        "nothing in this file looks like alert rules"
                    },
                )
                .at(&self.path, 0..0)
                .help("if it has none, let the pattern of rule files pass it over"),
            );
        }
        self.rules = reader.rules;
        self.diagnostics.append(&mut reader.diagnostics);
    }
}

#[cfg(test)]
mod tests;
