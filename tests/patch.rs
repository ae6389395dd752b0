//! `bindery alerts --patch`: whatever a rule file looks like, what it prints applies, parses, and says what was missing.
#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    unreachable_pub,
    reason = "tests read the disk and stop at the first surprise"
)]

mod support;

use std::process::Command;

use support::{Run, Scratch, bindery};

const SITE: &str = "base_url = \"https://e.org/\"\n[alerts]\nrules = [\"rules/*\"]\nseverities = []\n[[defaults]]\nmatch = \"**\"\n\
    scope = \"operation\"\nowner = \"Team\"\nfollow_up = {none = \"a test\"}\nlast_reviewed = 2026-11-01\nlast_exercised = 2026-11-01\n";

/// A file of rules, and what is left to be written by hand: the alerts' names and a part of why.
struct Shape {
    name: &'static str,
    text: &'static str,
    added: usize,
    left: &'static [(&'static str, &'static str)],
}

const ELSEWHERE: &str = "from elsewhere in the file";

const ODD: &str = "a form that nothing can be added to";

const SHAPES: &[Shape] = &[
    Shape {
        name: "empty-annotation.yaml",
        text: "groups:\n- name: g\n  rules:\n  - alert: One\n    annotations:\n      runbook_url: \"\"\n      summary: x\n  - alert: Two\n    annotations:\n      summary: x\n      runbook_url:\n  - alert: Three\n    annotations: {runbook_url: , summary: x}\n  - alert: Four\n    annotations: {summary: x, runbook_url: ''}\n",
        added: 4,
        left: &[],
    },
    Shape {
        name: "null-annotation.yaml",
        text: "groups:\n- name: g\n  rules:\n  - alert: One\n    annotations:\n      runbook_url: ~\n  - alert: Two\n    annotations:\n      runbook_url: null  # later\n  - alert: Three\n    annotations:\n      runbook_url:  # later\n      summary: x\n",
        added: 3,
        left: &[],
    },
    Shape {
        name: "empty-annotations.yaml",
        text: "groups:\n- name: g\n  rules:\n  - alert: One\n    annotations: {}\n  - alert: Two\n    annotations:\n  - alert: Three\n    annotations: { }  # none\n    expr: 1\n  - {alert: Four, annotations: {}, expr: 1}\n  - {alert: One, annotations: , expr: 2}\n",
        added: 5,
        left: &[],
    },
    Shape {
        name: "shared.yaml",
        text: "groups:\n- name: g\n  rules:\n  - alert: One\n    annotations: &ann\n      summary: x\n  - alert: Two\n    annotations: *ann\n  - alert: Three\n    annotations:\n      summary: y\n",
        added: 1,
        left: &[("One", "`Two` shares its lines"), ("Two", ELSEWHERE)],
    },
    Shape {
        name: "merged.yaml",
        text: "x: &d\n  summary: x\ny: &rule\n  for: 5m\n  annotations: {summary: x}\ngroups:\n- name: g\n  rules:\n  - alert: One\n    annotations:\n      <<: *d\n      description: y\n  - alert: Two\n    annotations:\n      <<: *d\n  - <<: *rule\n    alert: Three\n  - alert: Four\n    annotations: {<<: *d}\n",
        added: 2,
        left: &[("Three", ELSEWHERE), ("Four", ELSEWHERE)],
    },
    Shape {
        name: "merged-rule.yaml",
        text: "groups:\n- name: g\n  rules:\n  - &one\n    alert: One\n    expr: 1\n  - <<: *one\n    alert: Two\n  - &three\n    alert: Three\n  - *three\n",
        added: 1,
        left: &[
            ("One", "`Two` shares its lines"),
            ("Three", "`Three` shares its lines"),
            ("Three", ELSEWHERE),
        ],
    },
    Shape {
        name: "block.yaml",
        text: "groups:\n- name: g\n  rules:\n  - alert: One\n    expr: up == 0\n    annotations:\n      summary: It is \"down\"\n  - alert: Two  # the name\n    expr: |\n      up == 0\n  - alert:\n      Three\n    expr: 1\n  -   expr: 1\n      alert: Four\n",
        added: 4,
        left: &[],
    },
    Shape {
        name: "flow.yaml",
        text: "groups:\n- name: g\n  rules:\n  - {alert: One, expr: 2}\n  - alert: Two\n    annotations: {\n      summary: x,\n      description: y\n    }\n  - {\n      alert: Three,\n      expr: 1\n    }\n",
        added: 3,
        left: &[],
    },
    Shape {
        name: "no end.yaml",
        text: "groups:\n- rules:\n  - expr: 1\n    alert: One",
        added: 1,
        left: &[],
    },
    Shape {
        name: "no-end-blank.yaml",
        text: "groups:\n- rules:\n  - alert: One\n    annotations:\n      runbook_url:",
        added: 1,
        left: &[],
    },
    Shape {
        name: "min.json",
        text: r#"{"groups": [{"rules": [{"alert": "One", "annotations": {"a": "b"}}, {"alert": "Two", "expr": "1"}, {"alert": "Three", "annotations": {}}, {"alert": "Four", "annotations": {"runbook_url": ""}}]}]}"#,
        added: 4,
        left: &[],
    },
    Shape {
        name: "pretty.json",
        text: "{\n  \"groups\": [\n    {\n      \"rules\": [\n        {\n          \"alert\": \"One\",\n          \"annotations\": {\n            \"a\": \"b\"\n          }\n        },\n        {\n          \"alert\": \"Two\",\n          \"expr\": \"1\"\n        },\n        {\n          \"alert\": \"Three\",\n          \"annotations\": {}\n        }\n      ]\n    }\n  ]\n}\n",
        added: 3,
        left: &[],
    },
    Shape {
        name: "odd.yaml",
        text: "groups:\n- name: g\n  rules:\n  - ? alert\n    : One\n  - alert: Two\n    annotations: !!map {}\n  - \"alert\": Three\n    annotations:\n      ? summary\n      : x\n",
        added: 0,
        left: &[("One", ODD), ("Two", ODD), ("Three", ODD)],
    },
    Shape {
        name: "configmap.yaml",
        text: "kind: ConfigMap\ndata:\n  a.yaml: |\n    groups:\n    - rules:\n      - alert: One\n      - alert: Two\n        annotations:\n          summary: x\n\n      - alert: Three\n        annotations: {}\n  b.yaml: \"groups: [{rules: [{alert: Four}]}]\"\n",
        added: 3,
        left: &[("Four", "a form that nothing can be added to")],
    },
    Shape {
        name: "grafana.json",
        text: "[{\"title\": \"One\", \"data\": []}, {\"title\": \"Two\", \"data\": [], \"annotations\": null}]",
        added: 2,
        left: &[],
    },
    Shape {
        name: "ruler.yaml",
        text: "space:\n- name: g\n  rules:\n  - alert: One\n  - grafana_alert: {title: Two, data: []}\n",
        added: 2,
        left: &[],
    },
    Shape {
        name: "heading.yaml",
        text: "groups:\n- name: g\n  rules:\n  - alert: FiveInAll\n  - alert: SixInAll\n",
        added: 2,
        left: &[],
    },
    Shape {
        name: "old.yaml",
        text: "groups:\n- name: g\n  rules:\n  - alert: Old\n  - alert: Drafted\n",
        added: 0,
        left: &[],
    },
];

fn site() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    let page = |front: &str, title: &str, more: &str| {
        format!("+++\n{front}+++\n# {title}\n\n1. Run `uptime`.\n2. Verify it.\n{more}")
    };
    for name in ["One", "Two", "Three", "Four"] {
        let front = format!("alerts = [\"{name}\"]\n");
        scratch.write(
            &format!("content/{}.md", name.to_lowercase()),
            page(&front, &format!("{name} page"), ""),
        );
    }
    let more = "\n## FiveInAll\n\n1. Verify it.\n\n## SixInAll\n\n1. Verify it.\n";
    scratch.write(
        "content/all.md",
        page("alerts = [\"SixInAll\"]\n", "All", more),
    );
    let old = "alerts = [\"Old\"]\nstatus = \"deprecated\"\n";
    scratch.write("content/old.md", page(old, "Old page", ""));
    let draft = "alerts = [\"Drafted\"]\nstatus = \"draft\"\n";
    scratch.write("content/draft.md", page(draft, "Draft", ""));
    scratch
}

fn run(scratch: &Scratch, arguments: &[&str]) -> Run {
    let mut command = bindery();
    command.current_dir(scratch.path()).args(arguments);
    Run::of(&mut command)
}

/// Findings that an annotation is missing, each with its help.
fn missing(scratch: &Scratch) -> Vec<String> {
    let run = run(scratch, &["check", "--format", "json"]);
    let mut findings = run.findings();
    findings.retain(|line| line.contains("BND0707"));
    findings
}

fn apply(scratch: &Scratch, program: &str, arguments: &[&str], diff: &std::path::Path) {
    let mut command = Command::new(program);
    command
        .current_dir(scratch.path())
        .args(arguments)
        .arg(diff);
    let applied = command.output().expect("the program runs");
    assert!(applied.status.success(), "{program}: {applied:?}");
}

#[test]
fn every_shape_is_patched_or_told() {
    for shape in SHAPES {
        for text in [shape.text.to_owned(), shape.text.replace('\n', "\r\n")] {
            let name = shape.name;
            let scratch = site();
            scratch.write(&format!("rules/{name}"), &text);
            let before = missing(&scratch);
            let expected = shape.added + shape.left.len();
            assert_eq!(before.len(), expected, "{name}: {before:?}");
            // What the finding promises is what the patch does.
            let by_hand = before.iter().filter(|line| line.contains("by hand, as"));
            assert_eq!(by_hand.count(), shape.left.len(), "{name}: {before:?}");
            let patch = run(&scratch, &["alerts", "--patch"]).expect(0);
            let told: Vec<&str> = patch
                .stderr
                .lines()
                .filter(|line| line.contains("by hand: "))
                .collect();
            assert_eq!(told.len(), shape.left.len(), "{name}: {told:?}");
            for ((alert, why), told) in shape.left.iter().zip(&told) {
                let start = format!("rules/{name}: add `runbook_url` of `{alert}` by hand: ");
                assert!(
                    told.starts_with(&start) && told.contains(why),
                    "{name}: {told}"
                );
            }
            let plural = if shape.added == 1 { "" } else { "s" };
            let count = format!("{} annotation{plural} to add", shape.added);
            assert!(patch.stderr.contains(&count), "{name}: {}", patch.stderr);
            if shape.added == 0 {
                assert_eq!(patch.stdout, "", "{name}");
                continue;
            }
            let diff = scratch.write("missing.diff", &patch.stdout);
            // Both programs that people apply it with.
            let copy = site();
            copy.write(&format!("rules/{name}"), &text);
            apply(&scratch, "git", &["apply", "--whitespace=nowarn"], &diff);
            apply(&copy, "patch", &["-p1", "--binary", "-s", "-i"], &diff);
            let read = |scratch: &Scratch| {
                std::fs::read_to_string(scratch.path().join("rules").join(name)).expect("rules")
            };
            assert_eq!(read(&scratch), read(&copy), "{name}");
            let patched = read(&scratch);
            let urls = patched.matches("https://e.org/").count();
            assert_eq!(urls, shape.added, "{name}\n{patched}");
            if text.contains('\r') {
                let ends = patched.matches("\r\n").count();
                assert_eq!(patched.matches('\n').count(), ends, "{name}\n{patched}");
            }
            if name.ends_with(".json") {
                let json: Result<serde_json::Value, _> = serde_json::from_str(&patched);
                assert!(json.is_ok(), "{name}\n{patched}");
            }
            let run = run(&scratch, &["check", "--format", "json"]);
            let mut rest = run.findings();
            // The site has pages for alerts of other shapes.
            rest.retain(|line| line.contains("BND07") && !line.contains("BND0708"));
            assert_eq!(rest.len(), shape.left.len(), "{name}: {rest:?}\n{patched}");
        }
    }
}

#[test]
fn a_heading_is_named_by_its_fragment() {
    let scratch = site();
    let heading = SHAPES.iter().find(|shape| shape.name == "heading.yaml");
    scratch.write("rules/heading.yaml", heading.expect("a shape").text);
    let patch = run(&scratch, &["alerts", "--patch"]).expect(0);
    for id in ["fiveinall", "sixinall"] {
        let url = format!("\"https://e.org/all.html#{id}\"");
        assert!(patch.stdout.contains(&url), "{}", patch.stdout);
    }
}

/// What is deprecated or a draft answers no alert, and it is said that it is there.
#[test]
fn what_is_not_to_be_used_is_not_recommended() {
    let scratch = site();
    scratch.write("site.toml", SITE.replace("severities = []\n", ""));
    scratch.write(
        "rules/a.yaml",
        "groups:\n- rules:\n  - alert: Old\n    labels: {severity: critical}\n  - alert: Drafted\n    labels: {severity: critical}\n",
    );
    let check = run(&scratch, &["check", "--format", "json"]).expect(1);
    let findings = check.findings();
    let says = |part: &str| {
        findings
            .iter()
            .any(|line| line.contains("BND0706") && line.contains(part))
    };
    assert!(
        says("`Old` has no runbook that is still to be used"),
        "{findings:?}"
    );
    assert!(says("`Drafted` has no runbook but a draft"), "{findings:?}");
    assert!(says("finish `content/draft.md`"), "{findings:?}");
    assert_eq!(run(&scratch, &["alerts", "--patch"]).expect(0).stdout, "");
}
