//! `bindery check` through the front door: what a folder of input alone cannot show.
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

const SITE: &str = "[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\nowner = \"Team\"\nfollow_up = {none = \"a test\"}\n";

/// A page in which nothing is wrong.
fn page(front: &str) -> String {
    format!(
        "+++\nlast_reviewed = 2026-11-01\nlast_exercised = 2026-11-01\n{front}+++\n# T\n\n1. Run `uptime`.\n2. Verify it.\n"
    )
}

fn git(scratch: &Scratch, date: &str, arguments: &[&str]) {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(scratch.path())
        .args(["-c", "user.name=T", "-c", "user.email=t@example.com"])
        .args(arguments)
        .env("GIT_COMMITTER_DATE", date)
        .env("GIT_AUTHOR_DATE", date)
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = command.output().expect("git runs");
    assert!(output.status.success(), "{output:?}");
}

/// A secret of a form that is known, put together so that nobody takes this file for one that holds it.
fn secret() -> String {
    ["ghp_", "k3J9xQ2mZ7vB4nT8wR5cY1fH6dL0sPgA2eUi"].concat()
}

#[test]
fn a_text_that_changed_after_its_review_is_told() {
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    for (name, reviewed) in [("before", "2026-05-01"), ("after", "2026-06-28")] {
        let text = format!(
            "+++\nlast_reviewed = {reviewed}\nlast_exercised = 2026-05-01\nreview_every = \"1 year\"\n+++\n# {name}\n\n1. Verify it.\n"
        );
        scratch.write(&format!("content/{name}.md"), text);
    }
    let quiet = scratch.run("check", &["--format", "json"]).expect(0);
    assert_eq!(quiet.findings(), Vec::<String>::new());
    git(&scratch, "", &["init", "-q"]);
    git(&scratch, "", &["add", "."]);
    git(
        &scratch,
        "2026-06-30T10:00:00Z",
        &["commit", "-q", "-m", "one"],
    );
    let run = scratch.run("check", &["--format", "json"]).expect(0);
    let findings = run.findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0].starts_with("warning BND0824 content/before.md"),
        "{findings:?}"
    );
}

#[test]
fn no_format_shows_a_secret() {
    let scratch = Scratch::new();
    let secret = secret();
    scratch.write("site.toml", SITE);
    // Another finding stands in the same line.
    scratch.write(
        "content/a.md",
        format!(
            "{}\nToken {secret} and [gone](gone.md?{secret}).\n",
            page("")
        ),
    );
    for command in ["check", "build"] {
        for format in ["human", "json", "github", "sarif", "summary"] {
            let run = scratch.run(command, &["--format", format]).expect(1);
            let all = format!("{}{}", run.stdout, run.stderr);
            assert!(all.contains("BND0301"), "{command} {format}: {all}");
            assert!(!all.contains(&secret[8..]), "{command} {format}: {all}");
        }
    }
}

#[test]
fn a_build_passes_over_what_is_silenced() {
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    let silenced = "\n## See\n\n<!-- bindery: off broken-link until 2027-01-31: the page is on its way -->\n\n[Gone](gone.md)\n";
    scratch.write("content/a.md", page("") + silenced);
    scratch.build(&[]).expect(0);
    scratch.run("check", &[]).expect(0);
    // The day after it is over.
    let mut command = bindery();
    command
        .arg("build")
        .arg("--root")
        .arg(scratch.path())
        .env("SOURCE_DATE_EPOCH", "1801440000");
    let run = Run::of(&mut command).expect(1);
    assert!(run.stderr.contains("BND0301"), "{}", run.stderr);
}

#[test]
fn classes_are_explained_by_code_and_by_name() {
    for name in ["BND0704", "bnd0704", "dead-runbook-url"] {
        let run = Run::of(bindery().args(["check", "--explain", name])).expect(0);
        assert!(run.stdout.starts_with("BND0704 dead-runbook-url (error)\n"));
        for part in ["139 rules", "Bad:", "Good:", "runbook_url: "] {
            assert!(run.stdout.contains(part), "{}", run.stdout);
        }
    }
    let run = Run::of(bindery().args(["check", "--explain", "BND0301"])).expect(0);
    assert!(run.stdout.contains("A link leads to no page or file."));
    let run = Run::of(bindery().args(["check", "--explain", "dead-runbok-url"])).expect(2);
    assert!(run.stderr.contains("did you mean `dead-runbook-url`?"));
}

#[test]
fn rules_are_named_on_the_command_line_wherever_they_lie() {
    let (scratch, rules) = (Scratch::new(), Scratch::new());
    scratch.write("site.toml", SITE);
    scratch.write("content/a.md", page(""));
    rules.write(
        "deep/er/a.yaml",
        "groups: [{name: g, rules: [{alert: WebDown, labels: {severity: critical}}]}]\n",
    );
    let pattern = format!("{}/**/*.yaml", rules.path().display());
    let run = scratch
        .run("check", &["--format", "json", "--rules", &pattern])
        .expect(1);
    let findings = run.findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    let line = &findings[0];
    assert!(
        line.contains("BND0706") && line.contains("deep/er/a.yaml:1:36"),
        "{line}"
    );
    let none = format!("{}/*.yml", rules.path().display());
    let run = scratch
        .run("check", &["--format", "json", "--rules", &none])
        .expect(0);
    assert!(
        run.findings()[0].contains("BND0703"),
        "{:?}",
        run.findings()
    );
    // From the working folder.
    let mut command = bindery();
    command
        .current_dir(rules.path())
        .args(["check", "--rules", "deep/**/*.yaml", "--root"])
        .arg(scratch.path());
    assert!(Run::of(&mut command).expect(1).stderr.contains("BND0706"));
    // What site.toml names may not lie outside.
    scratch.write(
        "site.toml",
        format!("{SITE}[alerts]\nrules = [\"../*.yaml\"]\n"),
    );
    let run = scratch.run("check", &["--format", "json"]).expect(1);
    assert!(run.findings()[0].contains("leads out of the project"));
}

/// A diff applies, and what it adds is what was missing.
#[test]
fn missing_annotations_are_patched() {
    let block = "\
groups:
- name: g
  rules:
  - alert: First
    expr: up == 0
    labels:
      severity: critical
    annotations:
      summary: It is \"down\"
  - alert: Second  # the name
    expr: |
      up == 0
    labels: {severity: warning}
  - alert: Unknown
    expr: 1
  - expr: 1
    alert: Third
    annotations: {summary: x}
  - {alert: First, expr: 2}
  - alert: Good
    annotations:
      runbook_url: https://runbooks.example.com/good.html
";
    let last = "groups:\n- rules:\n  - expr: 1\n    alert: Second";
    let json = r#"{"groups": [{"rules": [{"alert": "First", "annotations": {"a": "b"}}, {"alert": "Second", "expr": "1"}]}]}"#;
    let scratch = Scratch::new();
    let config = "base_url = \"https://runbooks.example.com/\"\n[alerts]\nrules = [\"rules/*\"]\n";
    scratch.write("site.toml", format!("{config}{SITE}"));
    for name in ["First", "Second", "Third", "Good"] {
        let file = format!("content/{}.md", name.to_lowercase());
        scratch.write(
            &file,
            page(&format!("title = \"{name} page\"\nalerts = [\"{name}\"]\n")),
        );
    }
    scratch.write("rules/a.yaml", block);
    scratch.write("rules/crlf.yaml", block.replace('\n', "\r\n"));
    scratch.write("rules/last.yaml", last);
    scratch.write("rules/min.json", json);
    let missing = |run: &Run| {
        let classes = ["BND0706", "BND0707"];
        let findings = run.findings();
        let of = |line: &&String| classes.iter().any(|class| line.contains(class));
        findings.iter().filter(of).count()
    };
    let before = scratch.run("check", &["--format", "json"]).expect(1);
    assert_eq!(missing(&before), 4 + 4 + 1 + 2);
    let run = |arguments: &[&str]| {
        let mut command = bindery();
        command.current_dir(scratch.path()).args(arguments);
        Run::of(&mut command)
    };
    let patch = run(&["alerts", "--patch"]).expect(0);
    assert!(
        patch.stderr.contains("11 annotations to add"),
        "{}",
        patch.stderr
    );
    let file = scratch.write("missing.diff", &patch.stdout);
    let mut apply = Command::new("git");
    apply
        .current_dir(scratch.path())
        .args(["apply", "--whitespace=nowarn"])
        .arg(&file);
    let applied = apply.output().expect("git runs");
    assert!(applied.status.success(), "{applied:?}\n{}", patch.stdout);
    let after = scratch.run("check", &["--format", "json"]).expect(0);
    assert_eq!(after.findings(), Vec::<String>::new());
    let again = run(&["alerts", "--patch"]).expect(0);
    assert_eq!(again.stdout, "");
    let crlf = std::fs::read_to_string(scratch.path().join("rules/crlf.yaml")).expect("the file");
    assert_eq!(crlf.matches('\n').count(), crlf.matches("\r\n").count());
    // A list of all, for people.
    let list = run(&["alerts"]).expect(0);
    assert!(list.stdout.contains("Unknown"), "{}", list.stdout);
    assert!(
        list.stderr
            .contains("5 alerts, 4 with a runbook, 1 without"),
        "{}",
        list.stderr
    );
}
