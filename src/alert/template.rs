//! Sources of rule files that are no rule files yet: Helm's templates and jsonnet.

use crate::diagnostic::{Code, Diagnostic};
use crate::path::RelPath;

/// What to say of a file that jsonnet makes rules of.
pub(super) fn jsonnet(path: &RelPath) -> Option<Diagnostic> {
    let ending = path.extension()?.to_ascii_lowercase();
    matches!(&*ending, "jsonnet" | "libsonnet").then(|| {
        Diagnostic::new(
            Code::RuleTemplate,
            "this is jsonnet, which makes alert rules and holds none",
        )
        .at(path, 0..0)
        .help("render it first, and name what comes of it: `jsonnet -S -e 'std.manifestYamlDoc((import \"mixin.libsonnet\").prometheusAlerts)'`")
    })
}

/// What to say of a text that is no YAML because it is a template of Helm.
pub(super) fn helm(path: &RelPath, text: &str) -> Option<Diagnostic> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        at += line.len();
        // Prometheus' own templates are `{{ $labels.x }}` inside values.
        let opens = line.trim_start().starts_with("{{");
        let helms = [".Values", ".Release", ".Chart", ".Capabilities", "{{- "]
            .iter()
            .any(|sign| line.contains(sign))
            || line.contains("include \"");
        if line.contains("{{") && (helms || opens) {
            let end = start + line.trim().len();
            return Some(
                Diagnostic::new(
                    Code::RuleTemplate,
                    "this is a template of Helm, which makes alert rules and holds none that can be read",
                )
                .at(path, start..end)
                .help("render it first, and name what comes of it: `helm template RELEASE CHART > rules.yaml`"),
            );
        }
    }
    None
}
