//! `[alerts]` of site.toml: where alert rules lie, how they name their runbook, and which addresses are this site.

use globset::GlobMatcher;

use super::{base_address, glob};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::path::RelPath;
use crate::value::{Data, Fields, Spanned};

/// The annotations that name a runbook when site.toml does not say.
const ANNOTATIONS: [&str; 2] = ["runbook_url", "runbook"];
/// The severities that must have a runbook when site.toml does not say: someone gets up for these.
const SEVERITIES: [&str; 1] = ["critical"];

/// The rule files below a folder, for whoever names the folder.
pub const RULES_BELOW: &str = "**/*.{yaml,yml,json,rules,jsonnet,libsonnet}";

/// What site.toml says of alerts.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// The files of alert rules.
    pub rules: Vec<Pattern>,
    /// The annotations that name a runbook; the first one that a rule has counts.
    pub annotations: Vec<String>,
    /// The severities whose alerts must have a runbook.
    pub severities: Vec<String>,
    /// The label that says an alert's severity.
    pub severity_label: String,
    /// The labels that say who owns an alert; the first one that a rule has counts.
    pub owner_labels: Vec<String>,
    /// Addresses that lead into this site.
    pub bases: Vec<Base>,
}

/// An address that leads into this site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The address, ending in a slash.
    pub url: String,
    /// The folder of the content it stands for, without slashes around it; empty for all of it.
    pub folder: String,
}

/// A pattern of files below the project's root.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As it was written, and where.
    pub said: Spanned<String>,
    /// What fits it.
    pub matcher: GlobMatcher,
    /// The folder below which all that fits lies.
    pub folder: RelPath,
}

impl Alerts {
    /// Whether a file of the project is one of alert rules.
    pub fn is_rules(&self, path: &RelPath) -> bool {
        self.rules
            .iter()
            .any(|pattern| pattern.matcher.is_match(path.as_str()))
    }
}

/// The literal folder that a pattern begins with: `monitoring` of `monitoring/**/*.yaml`.
pub fn folder_of(pattern: &str) -> &str {
    let special = pattern
        .find(['*', '?', '[', '{', '\\'])
        .unwrap_or(pattern.len());
    pattern[..special]
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder)
}

pub(super) fn alerts(fields: &mut Fields<'_>) -> Alerts {
    let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut alerts = Alerts {
        rules: Vec::new(),
        annotations: owned(&ANNOTATIONS),
        severities: owned(&SEVERITIES),
        severity_label: "severity".to_owned(),
        owner_labels: owned(&["team", "owner", "service"]),
        bases: Vec::new(),
    };
    let Some((table, file)) = fields.table("alerts") else {
        return alerts;
    };
    let mut inner = fields.inner(table, file);
    for said in inner.strings("rules") {
        let whole = with_files(&said.value);
        alerts.rules.extend(pattern_of(&mut inner, said, &whole));
    }
    for (key, words) in [
        ("annotations", &mut alerts.annotations),
        ("severities", &mut alerts.severities),
        ("owner_labels", &mut alerts.owner_labels),
    ] {
        if inner.says(key) {
            *words = inner
                .strings(key)
                .into_iter()
                .map(|word| word.value)
                .collect();
        }
    }
    if let Some(label) = inner.string("severity_label") {
        alerts.severity_label = label.value;
    }
    alerts.bases = bases(&mut inner);
    fields.absorb(inner);
    alerts
}

/// A pattern of rule files; a folder stands for all of its own. Nobody here sees the disk: a name without an ending is one.
fn with_files(said: &str) -> String {
    let name = said.trim_end_matches('/');
    let last = name.rsplit('/').next().unwrap_or_default();
    if said.is_empty() || last.contains(['.', '*', '?', '[', '{', '\\']) {
        said.to_owned()
    } else {
        format!("{name}/{RULES_BELOW}")
    }
}

pub(super) fn pattern(fields: &mut Fields<'_>, said: Spanned<String>) -> Option<Pattern> {
    let text = said.value.clone();
    pattern_of(fields, said, &text)
}

fn pattern_of(fields: &mut Fields<'_>, said: Spanned<String>, text: &str) -> Option<Pattern> {
    let text = text.trim_start_matches("./").to_owned();
    let folder = RelPath::new(folder_of(&text));
    let (Some(folder), false) = (folder, text.split('/').any(|part| part == "..")) else {
        let message = format!("`{}` leads out of the project", said.value);
        fields.diagnostics.push(
            Diagnostic::new(Code::ConfigValue, message)
                .at_span(&said.span)
                .help(
                    "name files of the project here; who runs Bindery may name any others with `--rules`",
                ),
        );
        return None;
    };
    let Span { file, range } = said.span.clone();
    let matcher = glob(fields, &text, &file, range)?;
    Some(Pattern {
        said,
        matcher,
        folder,
    })
}

/// `base_urls`: a list of addresses, or a table from addresses to folders.
fn bases(fields: &mut Fields<'_>) -> Vec<Base> {
    let Some((value, file)) = fields.any("base_urls") else {
        return Vec::new();
    };
    let said: Vec<(String, String, Span)> = match &value.data {
        Data::Table(table) => table
            .iter()
            .filter_map(|(key, value)| {
                let span = Span::new(file, key.span.clone());
                match &value.data {
                    Data::String(folder) => Some((key.name.clone(), folder.clone(), span)),
                    _ => fields.wrong(
                        value,
                        file,
                        &key.name,
                        "the folder of `content` that the address stands for",
                        "\"https://runbooks.example.com/db/\" = \"db\"",
                    ),
                }
            })
            .collect(),
        _ => fields
            .texts(value, file, "base_urls")
            .into_iter()
            .map(|text| (text.value, String::new(), text.span))
            .collect(),
    };
    let mut bases = Vec::new();
    for (url, folder, span) in said {
        match base_address(&url) {
            Some(url) => bases.push(Base {
                url,
                folder: folder.trim_matches('/').to_owned(),
            }),
            None => fields.diagnostics.push(
                Diagnostic::new(Code::ConfigValue, format!("`{url}` is not an address"))
                    .at_span(&span)
                    .help("write it whole: `https://runbooks.example.com/`"),
            ),
        }
    }
    // The longest counts: it says most.
    bases.sort_by(|a, b| b.url.len().cmp(&a.url.len()).then(a.url.cmp(&b.url)));
    bases
}

#[cfg(test)]
mod tests {
    use super::{folder_of, with_files};

    #[test]
    fn folders_stand_for_their_files() {
        for (said, is_folder) in [
            ("monitoring", true),
            ("monitoring/prod/", true),
            ("monitoring/*", false),
            ("monitoring/a.yaml", false),
            ("alert.rules", false),
            ("**", false),
            ("", false),
        ] {
            assert_eq!(with_files(said) != said, is_folder, "{said}");
        }
    }

    #[test]
    fn folders_of_patterns() {
        for (pattern, folder) in [
            ("monitoring/**/*.yaml", "monitoring"),
            ("a/b/rules-*.yml", "a/b"),
            ("a/b/rules.yml", "a/b"),
            ("rules.yml", ""),
            ("**/*.yaml", ""),
            ("../x/{a,b}.yml", "../x"),
            ("/etc/prometheus/*.yml", "/etc/prometheus"),
        ] {
            assert_eq!(folder_of(pattern), folder, "{pattern}");
        }
    }
}
