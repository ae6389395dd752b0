//! Diagnostics as SARIF 2.1.0, which code scanners, editors and forges read.
//! The standard: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::hash::Digest;

use super::{Files, Root, Source, shown, visible};
use crate::check::explain;

/// The name under which consumers know the root of the repository.
const SRCROOT: &str = "%SRCROOT%";

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    /// Columns are counted in characters, as [`super::Position`] does.
    column_kind: &'static str,
    /// What [`SRCROOT`] stands for; without a repository nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    original_uri_base_ids: Option<BTreeMap<&'static str, Artifact>>,
    results: Vec<Finding>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    name: &'static str,
    short_description: Message,
    full_description: Message,
    help: Help,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    physical_location: Physical,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
    #[serde(rename = "uriBaseId", skip_serializing_if = "Option::is_none")]
    base: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// A log with one run, whose rules are the classes that were found.
pub fn sarif(diagnostics: &[Diagnostic], source: Source<'_, '_>, root: &Root) -> String {
    let mut files = (Files::new(source), root);
    let shown = shown(diagnostics);
    let mut codes: Vec<Code> = shown.iter().map(|found| found.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut seen: BTreeMap<Digest, usize> = BTreeMap::new();
    let results = shown
        .into_iter()
        .map(|found| finding(found, &codes, &mut files, &mut seen))
        .collect();
    let version = env!("CARGO_PKG_VERSION");
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "Bindery",
                    version,
                    semantic_version: version,
                    rules: codes.iter().map(|code| rule(*code)).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: root.path.as_ref().map(|path| {
                let uri = format!("file://{}/", uri(path.trim_end_matches('/')));
                BTreeMap::from([(SRCROOT, Artifact { uri, base: None })])
            }),
            results,
        }],
    };
    // Strings, numbers and lists always serialise.
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(code: Code) -> Rule {
    // The guide's section, which begins with why it matters.
    let said = explain::said(code).unwrap_or(code.about());
    let why = said.split("\n\n").next().unwrap_or(said);
    Rule {
        id: code.id(),
        name: code.class(),
        short_description: Message {
            text: code.about().to_owned(),
        },
        full_description: Message {
            text: why.split_whitespace().collect::<Vec<_>>().join(" "),
        },
        help: Help {
            text: explain::explain(code),
            markdown: format!("{}\n\n{said}", code.about()),
        },
        default_configuration: Configuration {
            level: level(code.level()),
        },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Off => "none",
    }
}

fn finding<'d>(
    found: &'d Diagnostic,
    codes: &[Code],
    files: &mut (Files<'d, '_, '_>, &Root),
    seen: &mut BTreeMap<Digest, usize>,
) -> Finding {
    let mut text = visible::text(&found.message);
    if let Some(help) = &found.help {
        text.push('\n');
        text.push_str(&visible::text(help));
    }
    // What stays the same when lines above it come and go; equal ones are told apart by their order.
    let file = found.span.as_ref().map(|span| &span.file);
    let identity = Digest::of(&(found.code.id(), file, found.known_by()));
    let count = seen.entry(identity).or_default();
    *count += 1;
    Finding {
        rule_id: found.code.id(),
        rule_index: codes.binary_search(&found.code).unwrap_or_default(),
        level: level(found.severity),
        message: Message { text },
        locations: (found.span.iter())
            .map(|span| location(span, files, None))
            .collect(),
        related_locations: (found.related.iter().zip(1..))
            .map(|((span, note), id)| location(span, files, Some((id, note))))
            .collect(),
        partial_fingerprints: BTreeMap::from([(
            "binderyFinding/v1",
            format!("{identity}:{count}"),
        )]),
    }
}

fn location<'d>(
    span: &'d Span,
    (files, root): &mut (Files<'d, '_, '_>, &Root),
    note: Option<(usize, &str)>,
) -> Location {
    let region = files.span(span).map(|(start, end)| Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    });
    Location {
        id: note.map(|(id, _)| id),
        message: note.map(|(_, note)| Message {
            text: visible::text(note),
        }),
        physical_location: Physical {
            artifact_location: Artifact {
                uri: uri(&root.name(&span.file)),
                base: root.path.as_ref().map(|_| SRCROOT),
            },
            region,
        },
    }
}

/// A path as a relative reference (RFC 3986, 4.2): all but unreserved characters and slashes are encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::super::Root;
    use super::{sarif, uri};
    use crate::diagnostic::{Code, Diagnostic, Span};
    use crate::path::RelPath;

    #[test]
    fn every_field() {
        let a = RelPath::new("a b.md").unwrap();
        let source = |file: &RelPath| (*file == a).then_some("ä [x](y)\nnext\n");
        let twice = Diagnostic::new(Code::BrokenLink, "no `y`").help("write it");
        let all = [
            Diagnostic::new(Code::NoConfig, "there is no `site.toml`"),
            twice.clone().at(&a, 3..9).related(
                Span::start(&RelPath::new("gone.md").unwrap()),
                "it was here",
            ),
            twice.at(&a, 4..9),
        ];
        let log: serde_json::Value =
            serde_json::from_str(&sarif(&all, &source, &Root::default())).unwrap();
        let run = &log["runs"][0];
        assert_eq!(log["version"], "2.1.0");
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), 2);
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 3);
        for result in results {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
        let found = &results[1];
        assert_eq!(found["level"], "error");
        assert_eq!(found["message"]["text"], "no `y`\nwrite it");
        let place = &found["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b.md");
        let region =
            serde_json::json!({"startLine": 1, "startColumn": 3, "endLine": 1, "endColumn": 9});
        assert_eq!(place["region"], region);
        let related = &found["relatedLocations"][0];
        assert_eq!(
            (&related["id"], &related["message"]["text"]),
            (&1.into(), &"it was here".into())
        );
        assert_eq!(related["physicalLocation"].get("region"), None);
        let print = |at: usize| &results[at]["partialFingerprints"]["binderyFinding/v1"];
        assert_ne!(print(1), print(2));
        assert_eq!(results[0].get("locations"), None);
    }

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("../a/b c#ä.md"), "../a/b%20c%23%C3%A4.md");
    }
}
