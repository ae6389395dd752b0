//! Every form of rule file, and what is none.

use super::RuleFile;
use crate::config::Config;
use crate::path::RelPath;
use crate::value::Spanned;

/// `alert severity runbook` of each rule, then the class of each finding.
fn read(name: &str, text: &str) -> Vec<String> {
    let site = RelPath::new("site.toml").unwrap();
    let config = Config::read(&site, "").value;
    let file = RelPath::new(name).unwrap();
    let read = RuleFile::read(&file, text.as_bytes(), &config.alerts);
    let said = |said: &Option<Spanned<String>>| match said {
        Some(said) => {
            let marked = &text[said.span.range.clone()];
            assert!(marked.contains(&*said.value), "{marked:?}");
            said.value.clone()
        }
        None => "-".to_owned(),
    };
    let rules = read.rules.iter().map(|rule| {
        let (severity, runbook) = (said(&rule.severity), said(&rule.runbook));
        format!("{} {severity} {runbook}", rule.name.value)
    });
    let classes = read.diagnostics.iter().map(|found| found.code.class());
    rules.chain(classes.map(str::to_owned)).collect()
}

const RULES: &str = "\
groups:
- name: g
  rules:
  - record: x:y
    expr: sum(y)
  - alert: Down
    expr: up == 0
    for: 5m
    labels: {severity: critical, team: web}
    annotations:
      summary: It is down
      runbook_url: https://example.com/down
  - alert: Slow
    expr: |
      latency > 1
";

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}\n")).collect()
}

#[test]
fn every_form_is_read() {
    let both = ["Down critical https://example.com/down", "Slow - -"];
    let spec = format!("spec:\n{}", indented(RULES, "  "));
    let resource = |kind: &str| {
        format!("apiVersion: monitoring.coreos.com/v1\nkind: {kind}\nmetadata: {{name: x}}\n{spec}")
    };
    let item = indented(&resource("PrometheusRule"), "  ").replacen("  ", "- ", 1);
    let four: Vec<&str> = both.iter().chain(&both).copied().collect();
    let cases: &[(&str, String, &[&str])] = &[
        ("rules.yml", RULES.to_owned(), &both),
        // Mimir's and Loki's ruler.
        ("mimir.yaml", format!("namespace: n\n{RULES}"), &both),
        ("rule.yaml", resource("PrometheusRule"), &both),
        ("vm.yaml", resource("VMRule"), &both),
        (
            "many.yaml",
            format!(
                "---\n{}---\nkind: Service\n---\n{}...\n",
                resource("PrometheusRule"),
                resource("VMRule")
            ),
            &four,
        ),
        (
            "list.yaml",
            format!("apiVersion: v1\nkind: List\nitems:\n{item}{item}"),
            &four,
        ),
        (
            "grafana.yaml",
            "apiVersion: 1\ngroups:\n- orgId: 1\n  name: g\n  folder: f\n  rules:\n  - uid: a\n    title: Disk is full\n    \
             condition: C\n    data:\n    - refId: A\n      model: {expr: 'x > 1'}\n    annotations:\n      runbook: \
             https://example.com/disk\n    labels:\n      severity: warning\n"
                .to_owned(),
            &["Disk is full warning https://example.com/disk"],
        ),
        (
            "rules.json",
            r#"{"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "1", "labels": {"severity": 2}}]}]}"#
                .to_owned(),
            &["A 2 -"],
        ),
        // An empty annotation says nothing.
        (
            "empty.yml",
            "groups: [{name: g, rules: [{alert: A, expr: 1, annotations: {runbook_url: }}]}]".to_owned(),
            &["A - -"],
        ),
        ("other.yaml", "kind: Deployment\nspec: {replicas: 2}\n".to_owned(), &[]),
        ("nothing.yaml", String::new(), &[]),
        ("words.yaml", "just words\n".to_owned(), &[]),
    ];
    for (name, text, expected) in cases {
        assert_eq!(read(name, text), *expected, "{name}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    for (name, text, class) in [
        ("a.libsonnet", "{ prometheusAlerts+:: {} }", "rule-template"),
        (
            "helm.yaml",
            "{{- if .Values.rules }}\ngroups: []\n{{- end }}\n",
            "rule-template",
        ),
        (
            "named.yaml",
            "metadata:\n  name: {{ .Release.Name }}\nspec: {}\n",
            "rule-template",
        ),
        ("wrong.yaml", "groups: [\n", "rule-file"),
        ("twice.yaml", "groups: []\ngroups: []\n", "rule-file"),
        (
            "bomb.yaml",
            "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
             d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
            "rule-file",
        ),
    ] {
        assert_eq!(read(name, text), [class], "{name}");
    }
    // Prometheus' own templates are no Helm.
    let labels = "groups:\n- rules:\n  - alert: A\n    annotations:\n      summary: |\n        {{ $labels.instance }} is down\n";
    assert_eq!(read("a.yml", labels), ["A - -"]);
}
