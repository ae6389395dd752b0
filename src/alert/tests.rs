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
        (
            "tests.yaml",
            "rule_files: [a.yaml]\ntests: [{interval: 1m}]\n".to_owned(),
            &[],
        ),
        ("none.yaml", "groups: []\n".to_owned(), &[]),
        ("recording.yaml", "groups: [{name: g, rules: [{record: x, expr: 1}]}]\n".to_owned(), &[]),
        // Files of Mimir's and Cortex' tools, and what the ruler's API tells.
        ("space.yaml", format!("space:\n{}", indented(RULES, "  ")), &both),
        ("ruler.yaml", RULES.replace("groups:", "space:") + "other:\n- name: h\n  rules: []\n", &both),
        // What Prometheus' API tells.
        (
            "api.json",
            r#"{"status": "success", "data": {"groups": [{"name": "g", "rules": [{"type": "alerting", "name": "A", "query": "1"}, {"type": "recording", "name": "x", "query": "1"}]}]}}"#.to_owned(),
            &["A - -"],
        ),
        // Rules without a group, and one rule alone.
        ("rules-alone.yaml", RULES.split_once("name: g\n").expect("a name").1.to_owned(), &both),
        ("rule-alone.yaml", "alert: A\nexpr: 1\n".to_owned(), &["A - -"]),
        // What Grafana's API tells: a list of rules; and its ruler, by folder.
        (
            "grafana.json",
            r#"[{"uid": "a", "title": "Disk is full", "data": [{"model": {"expr": "x > 1"}}], "labels": {"severity": "warning"}}, {"title": "B", "data": []}]"#.to_owned(),
            &["Disk is full warning -", "B - -"],
        ),
        (
            "grafana-ruler.json",
            r#"{"folder": [{"name": "g", "rules": [{"annotations": {"runbook_url": "https://e.org/d"}, "grafana_alert": {"title": "Disk is full", "data": [{"model": {"expr": "x"}}]}}]}]}"#.to_owned(),
            &["Disk is full - https://e.org/d"],
        ),
        (
            "map.yaml",
            format!("kind: ConfigMap\ndata:\n  nginx.conf: |\n    a {{}}\n  web.rules: |\n{}", indented(RULES, "    ")),
            &both,
        ),
        // Its places are those of the whole text.
        (
            "one-line.yaml",
            "kind: ConfigMap\ndata: {a.yaml: \"groups:\\n- rules:\\n  - alert: A\\n    labels: {severity: page}\\n\"}\n".to_owned(),
            &["A page -"],
        ),
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
    for (name, text, said) in [
        (
            "map.yaml",
            "groups:\n- name: g\n  rules: {A: {expr: 1}}\n",
            "the rules of the group `g` are a table",
        ),
        ("groups.yaml", "groups: {g: []}\n", "`groups` is a table"),
        (
            "group.yaml",
            "groups: [g]\n",
            "a string stands where a group",
        ),
        (
            "rule.yaml",
            "groups: [{rules: [A]}]\n",
            "a string stands where a rule",
        ),
        (
            "list.yaml",
            "groups: [{rules: [{alert: [a], expr: 1}]}]\n",
            "`alert` is a list",
        ),
        (
            "null.yaml",
            "groups: [{rules: [{alert: , expr: 1}]}]\n",
            "`alert` says nothing",
        ),
        (
            "blank.yaml",
            "groups: [{rules: [{alert: '', expr: 1}]}]\n",
            "`alert` is empty",
        ),
        (
            "neither.yaml",
            "groups: [{rules: [{expr: 1}]}]\n",
            "neither `alert` nor `record`",
        ),
        ("nothing.yaml", "", "is empty"),
        ("comment.yaml", "# nothing\n", "is empty"),
        ("words.yaml", "just words\n", "nothing in this file"),
        (
            "route.yaml",
            "route: {receiver: x}\nreceivers: [{name: x}]\n",
            "nothing in this file",
        ),
        (
            "strings.json",
            "[1]\n",
            "a whole number stands where a rule",
        ),
    ] {
        assert_eq!(read(name, text), ["rules-not-read"], "{name}");
        let file = RelPath::new(name).unwrap();
        let site = RelPath::new("site.toml").unwrap();
        let config = Config::read(&site, "").value;
        let read = RuleFile::read(&file, text.as_bytes(), &config.alerts);
        let message = &read.diagnostics[0].message;
        assert!(message.contains(said), "{name}: {message}");
    }
    let labels = "groups: [{rules: [{alert: A, labels: [x], annotations: y}]}]\n";
    assert_eq!(
        read("a.yml", labels),
        ["A - -", "rules-not-read", "rules-not-read"]
    );
    // What is wrong in a ConfigMap is said of its own line.
    let map = "kind: ConfigMap\ndata:\n  a.yaml: |\n    groups:\n    - rules:\n      - alert: A\n        alert: B\n";
    let site = RelPath::new("site.toml").unwrap();
    let config = Config::read(&site, "").value;
    let read_map = RuleFile::read(&site, map.as_bytes(), &config.alerts);
    let range = read_map.diagnostics[0].span.clone().unwrap().range;
    assert_eq!(&map[range.start..], "alert: B\n");
    assert_eq!(&map[range], "alert");
    // Prometheus' own templates are no Helm.
    let labels = "groups:\n- rules:\n  - alert: A\n    annotations:\n      summary: |\n        {{ $labels.instance }} is down\n";
    assert_eq!(read("a.yml", labels), ["A - -"]);
}
