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

use support::edits::{Dice, Files, edit, start};
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

/// Forges name files from the root of the repository, wherever in it the site lies.
#[test]
fn forges_are_told_paths_from_the_repository() {
    let scratch = Scratch::new();
    scratch.write("docs/my ops/site.toml", SITE);
    scratch.write("docs/my ops/content/a.md", page("") + "\n[Gone](gone.md)\n");
    scratch.write(
        "rules/a.yaml",
        "groups: [{name: g, rules: [{alert: WebDown, labels: {severity: critical}}]}]\n",
    );
    let run = |format: &str| {
        let mut command = bindery();
        command
            .current_dir(scratch.path().join("docs/my ops/content"))
            .args([
                "check",
                "--rules",
                "../../../rules/*.yaml",
                "--format",
                format,
            ]);
        Run::of(&mut command).expect(1).stdout
    };
    // Without a repository, from the site.
    assert!(run("github").contains("file=content/a.md,line="));
    let log: serde_json::Value = serde_json::from_str(&run("sarif")).expect("JSON");
    assert_eq!(log["runs"][0].get("originalUriBaseIds"), None);
    git(&scratch, "", &["init", "-q"]);
    let text = run("github");
    for file in ["docs/my ops/content/a.md", "rules/a.yaml"] {
        assert!(text.contains(&format!("file={file},line=")), "{text}");
    }
    let log: serde_json::Value = serde_json::from_str(&run("sarif")).expect("JSON");
    let one = &log["runs"][0];
    let root = std::fs::canonicalize(scratch.path()).expect("the folder");
    assert_eq!(
        one["originalUriBaseIds"]["%SRCROOT%"]["uri"],
        format!("file://{}/", root.display())
    );
    let places = one["results"].as_array().expect("a list").iter();
    let mut places: Vec<_> = places
        .map(|found| &found["locations"][0]["physicalLocation"]["artifactLocation"])
        .map(|place| (place["uri"].as_str(), place["uriBaseId"].as_str()))
        .collect();
    places.sort_unstable();
    assert_eq!(
        places,
        ["docs/my%20ops/content/a.md", "rules/a.yaml"].map(|uri| (Some(uri), Some("%SRCROOT%")))
    );
    for rule in one["tool"]["driver"]["rules"].as_array().expect("a list") {
        let why = rule["fullDescription"]["text"].as_str().expect("a text");
        assert!(!why.is_empty(), "{rule}");
        let help = rule["help"]["markdown"].as_str().expect("a text");
        let id = rule["id"].as_str().expect("an id");
        assert!(id < "BND0700" || help.contains("Good:"), "{rule}");
        assert!(
            rule["help"]["text"]
                .as_str()
                .expect("a text")
                .starts_with(id)
        );
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

#[test]
fn a_comment_is_used_when_only_a_build_finds_what_it_silences() {
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    let silenced = "\n## See\n\n<!-- bindery: off broken-link until 2027-01-31: the page is on its way -->\n\n[Gone](gone.md)\n";
    scratch.write("content/a.md", page("") + silenced);
    let run = scratch.run("check", &["--format", "json"]).expect(0);
    assert_eq!(run.findings(), Vec::<String>::new());
}

/// Bindery's own findings of a run, each without its place and help.
fn messages(run: &Run) -> Vec<String> {
    let findings = run.findings();
    let message = |line: &String| {
        let (place, rest) = line.split_once(".md:").unwrap_or((line, ""));
        let file = place.rsplit('/').next().unwrap_or_default();
        let text = rest.split_once(' ').map_or("", |(_, text)| text);
        format!("{file}: {}", text.split(" | ").next().unwrap_or_default())
    };
    findings.iter().map(message).collect()
}

#[test]
fn a_baseline_hides_what_is_known_and_shrinks_by_itself() {
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    let empty = |names: &[&str]| {
        let sections: String = names.iter().map(|name| format!("\n## {name}\n")).collect();
        page("") + &sections
    };
    let check = |arguments: &[&str]| {
        let arguments: Vec<&str> = arguments
            .iter()
            .chain(&["--format", "json"])
            .copied()
            .collect();
        scratch.run("check", &arguments)
    };
    let file = scratch.path().join("bindery-baseline.json");
    let known = || {
        let text = std::fs::read_to_string(&file).expect("the baseline");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        json["findings"].as_array().expect("a list").len()
    };
    scratch.write("content/a.md", empty(&["One", "Two"]));
    scratch.write(
        "content/b.md",
        page("title = \"B\"\n") + "\n[Gone](gone.md)\n",
    );
    assert_eq!(check(&[]).expect(1).findings().len(), 3);
    let written = check(&["--write-baseline"]).expect(0);
    assert_eq!(written.findings(), Vec::<String>::new());
    assert!(
        written.stderr.contains("wrote 3 findings"),
        "{}",
        written.stderr
    );
    assert_eq!(known(), 3);
    // What is new is shown, wherever the known ones went.
    scratch.write("content/a.md", empty(&["Three", "Two", "One"]));
    let run = check(&[]).expect(0);
    assert_eq!(messages(&run), ["a: there is nothing under `Three`"]);
    assert!(
        run.stderr.contains("3 more in `bindery-baseline.json`"),
        "{}",
        run.stderr
    );
    // What is mended leaves the baseline, and may not come back.
    scratch.write("content/a.md", empty(&["Two"]));
    let run = check(&[]).expect(0);
    assert!(
        run.stderr
            .contains("1 finding was mended and taken out of `bindery-baseline.json`"),
        "{}",
        run.stderr
    );
    assert_eq!(known(), 2);
    scratch.write("content/a.md", empty(&["One", "Two"]));
    assert_eq!(
        messages(&check(&[]).expect(0)),
        ["a: there is nothing under `One`"]
    );
    // A build stops at errors whatever the baseline says.
    scratch.build(&[]).expect(1);
    std::fs::write(&file, "{").expect("the baseline");
    assert!(check(&[]).expect(2).stdout.contains("BND0001"));
}

/// What a run did not look for is not mended.
/// Another owner, and another day of the last change, make no new finding of one that is known.
#[test]
fn a_baseline_knows_a_finding_whose_details_change() {
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    scratch.write(
        "content/a.md",
        "+++\n+++\n# T\n\n1. Run `uptime`.\n2. Verify it.\n",
    );
    let run = || {
        scratch
            .run("check", &["--format", "json"])
            .expect(0)
            .findings()
    };
    let before = run();
    assert!(
        before.iter().any(|finding| finding.contains("BND0822")),
        "{before:?}"
    );
    scratch.run("check", &["--write-baseline"]).expect(0);
    scratch.write("site.toml", SITE.replace("Team", "Database team"));
    assert_eq!(run(), [""; 0]);
}

#[test]
fn a_baseline_keeps_what_was_not_looked_for() {
    let (scratch, rules) = (Scratch::new(), Scratch::new());
    scratch.write("site.toml", SITE);
    let page = |front: &str| page(front) + "\n## Empty\n";
    scratch.write(
        "content/a.md",
        page("title = \"A\"\nalerts = [\"Renamed\"]\n"),
    );
    scratch.write("content/b.md", page("title = \"B\"\nstatus = \"draft\"\n"));
    let rule = |name: &str| {
        format!(
            "groups: [{{name: g, rules: [{{alert: {name}, labels: {{severity: critical}}}}]}}]\n"
        )
    };
    rules.write("one.yaml", rule("WebDown"));
    rules.write("two.yaml", rule("WebSlow"));
    let all = format!("{}/*.yaml", rules.path().display());
    let one = format!("{}/one.yaml", rules.path().display());
    let file = scratch.path().join("bindery-baseline.json");
    let known = || {
        let text = std::fs::read_to_string(&file).expect("the baseline");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let findings = json["findings"].as_array().expect("a list");
        let codes = findings
            .iter()
            .map(|found| found["code"].as_str().expect("a code"));
        codes.map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    let check = |arguments: &[&str]| {
        let run = scratch.run("check", arguments);
        assert!(
            !run.stderr.contains("mended"),
            "{arguments:?}: {}",
            run.stderr
        );
        run
    };
    let everything = ["--drafts", "--rules", &all];
    check(&["--write-baseline", "--drafts", "--rules", &all]).expect(0);
    // Two alerts without a runbook, a page for one that is gone, two empty sections.
    let before = known();
    assert_eq!(before.split(' ').count(), 5, "{before}");
    check(&[]).expect(0);
    assert_eq!(known(), before);
    // From the cache, too.
    check(&[]).expect(0);
    check(&["--drafts", "--rules", &one]).expect(0);
    check(&["--rules", &all]).expect(0);
    check(&["--drafts", "--rules", &all, "--base-url", "https://e.org/"]).expect(0);
    scratch.write(
        "site.toml",
        format!("{SITE}[levels]\nempty-section = \"off\"\n"),
    );
    check(&everything).expect(0);
    scratch.write("site.toml", SITE);
    check(&["--write-baseline"]).expect(0);
    assert_eq!(known(), before);
    // A file that is gone is mended where it would have been read.
    std::fs::remove_file(rules.path().join("two.yaml")).expect("the file");
    check(&["--drafts", "--rules", &one]).expect(0);
    let run = scratch.run("check", &everything).expect(0);
    assert!(run.stderr.contains("1 finding was"), "{}", run.stderr);
    std::fs::remove_file(scratch.path().join("content/b.md")).expect("the file");
    let run = scratch.run("check", &[]).expect(0);
    assert!(run.stderr.contains("1 finding was"), "{}", run.stderr);
    assert_eq!(known().split(' ').count(), 3, "{}", known());
}

#[test]
fn a_baseline_keeps_dead_addresses_until_they_are_asked() {
    let (address, _) = server();
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    let with = |path: &str| page("") + &format!("\n[there]({address}/{path})\n");
    scratch.write("content/a.md", with("404"));
    scratch
        .run("check", &["--external=all", "--write-baseline"])
        .expect(0);
    let run = scratch.run("check", &[]).expect(0);
    assert!(!run.stderr.contains("mended"), "{}", run.stderr);
    // An address of this machine is not asked unless it is wanted.
    let run = scratch.run("check", &["--external"]).expect(0);
    assert!(!run.stderr.contains("mended"), "{}", run.stderr);
    let run = scratch.run("check", &["--external=all"]).expect(0);
    assert!(run.stderr.contains("1 more in"), "{}", run.stderr);
    scratch.write("content/a.md", with("200"));
    let run = scratch.run("check", &["--external=all"]).expect(0);
    assert!(run.stderr.contains("1 finding was"), "{}", run.stderr);
}

#[test]
fn a_branch_is_shown_what_it_touched_and_what_leads_there() {
    let scratch = Scratch::new();
    scratch.write(
        "site.toml",
        format!("{SITE}[alerts]\nrules = [\"rules.yaml\"]\nbase_urls = [\"https://e.org/\"]\n"),
    );
    let bad =
        |title: &str, more: &str| page(&format!("title = \"{title}\"\n")) + more + "\n## Empty\n";
    scratch.write("content/changed.md", bad("Changed", ""));
    scratch.write("content/leads.md", bad("Leads", "\n[there](changed.md)\n"));
    scratch.write("content/other.md", bad("Other", ""));
    scratch.write("content/gone.md", bad("Gone", ""));
    scratch.write("content/lost.md", bad("Lost", "\n[there](gone.md)\n"));
    scratch.write(
        "rules.yaml",
        "groups: [{name: g, rules: [{alert: WebDown, annotations: {runbook_url: \"https://e.org/gone\"}}]}]\n",
    );
    let day = "2026-10-01T10:00:00Z";
    git(&scratch, day, &["init", "-q", "-b", "main"]);
    git(&scratch, day, &["add", "."]);
    git(&scratch, day, &["commit", "-q", "-m", "one"]);
    let check =
        |revision: &str| scratch.run("check", &["--format", "json", "--changed-since", revision]);
    assert_eq!(messages(&check("main").expect(0)), Vec::<String>::new());
    git(&scratch, day, &["checkout", "-q", "-b", "work"]);
    scratch.write("content/changed.md", bad("Changed", "\nMore.\n"));
    scratch.write("content/new.md", bad("New", ""));
    let expected =
        ["changed", "leads", "new"].map(|name| format!("{name}: there is nothing under `Empty`"));
    assert_eq!(messages(&check("main").expect(0)), expected);
    git(&scratch, day, &["add", "."]);
    git(&scratch, day, &["commit", "-q", "-m", "two"]);
    assert_eq!(messages(&check("main").expect(0)), expected);
    assert_eq!(messages(&check("HEAD").expect(0)), Vec::<String>::new());
    // A page that goes away takes along what leads to it.
    std::fs::remove_file(scratch.path().join("content/gone.md")).expect("the file");
    let run = check("HEAD").expect(1);
    let codes: Vec<&str> = ["BND0301 content/lost.md", "BND0704 rules.yaml"].into();
    let findings = run.findings();
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings
            .iter()
            .zip(codes)
            .all(|(line, code)| line.contains(code)),
        "{findings:?}"
    );
    let wrong = check("nowhere").expect(2);
    assert!(
        wrong.stdout.contains("git knows no commit"),
        "{}",
        wrong.stdout
    );
    assert!(check("--output=x").expect(2).stderr.len() > 1);
}

/// A code block of the guide's page on CI, by its title.
fn from_guide(title: &str) -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/content/guide/ci.md");
    let text = std::fs::read_to_string(file).expect("the guide");
    let start = text.find(&format!("title=\"{title}\"\n")).expect(title);
    let (_, block) = text[start..].split_once('\n').expect("a line");
    block.split("\n```").next().expect("a fence").to_owned() + "\n"
}

/// The hook of the guide, in a real repository: it stops a commit with an error, and lets one without pass.
#[test]
fn the_guides_hook_stops_a_commit() {
    use std::os::unix::fs::PermissionsExt;

    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    scratch.write("content/a.md", page("title = \"A\"\n"));
    git(&scratch, "", &["init", "-q"]);
    git(&scratch, "", &["add", "."]);
    git(&scratch, "", &["commit", "-q", "-m", "one"]);
    let hook = scratch.write(".git/hooks/pre-commit", from_guide(".git/hooks/pre-commit"));
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("the hook");
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_bindery"))
        .parent()
        .expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let commit = || {
        let mut command = Command::new("git");
        command
            .current_dir(scratch.path())
            .args(["-c", "user.name=T", "-c", "user.email=t@example.com"])
            .args(["commit", "-q", "-a", "-m", "two"])
            .env("PATH", format!("{}:{path}", folder.display()));
        command.output().expect("git runs")
    };
    scratch.write(
        "content/a.md",
        page("title = \"A\"\n") + "\n[Gone](gone.md)\n",
    );
    let stopped = commit();
    assert!(!stopped.status.success());
    assert!(
        String::from_utf8_lossy(&stopped.stderr).contains("BND0301"),
        "{stopped:?}"
    );
    scratch.write("content/a.md", page("title = \"A\"\n") + "\nMore.\n");
    let passed = commit();
    assert!(passed.status.success(), "{passed:?}");
}

/// Before the first commit there is nothing to compare with, and everything is new.
#[test]
fn the_first_commit_is_checked_too() {
    let scratch = Scratch::new();
    scratch.write("docs/site.toml", SITE);
    scratch.write(
        "docs/content/a.md",
        page("title = \"A\"\n") + "\n[Gone](gone.md)\n",
    );
    git(&scratch, "", &["init", "-q"]);
    git(&scratch, "", &["add", "."]);
    let check = |revision: &str| {
        let mut command = bindery();
        command
            .current_dir(scratch.path())
            .args(["check", "--root", "docs", "--format", "json"])
            .args(["--changed-since", revision]);
        Run::of(&mut command)
    };
    let run = check("HEAD").expect(1);
    assert_eq!(run.findings().len(), 1, "{:?}", run.findings());
    assert!(
        check("main")
            .expect(2)
            .stdout
            .contains("git knows no commit")
    );
    // What Bindery notes down is nothing for git.
    let run = Command::new("git")
        .current_dir(scratch.path())
        .args(["status", "--porcelain", "--untracked-files=all"])
        .output()
        .expect("git runs");
    let status = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(!status.contains(".bindery"), "{status}");
}

/// A calendar has a component, whatever is due (RFC 5545, 3.6).
#[test]
fn a_calendar_is_one_when_nothing_is_due() {
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    let calendar = |front: &str| {
        scratch.write(
            "content/a.md",
            format!("+++\n{front}+++\n# A\n\n1. Verify it.\n"),
        );
        scratch.build(&[]).expect(0);
        let text = std::fs::read_to_string(scratch.path().join("public/reviews.ics"));
        text.expect("the calendar")
    };
    let has = |text: &str, line: &str| text.split("\r\n").any(|found| found == line);
    let due = calendar("last_reviewed = 2026-05-01\n");
    assert!(
        has(&due, "BEGIN:VEVENT") && has(&due, "METHOD:PUBLISH") && !has(&due, "BEGIN:VTIMEZONE")
    );
    let none = calendar("");
    assert!(has(&none, "BEGIN:VTIMEZONE") && has(&none, "END:VTIMEZONE"));
    assert!(!has(&none, "BEGIN:VEVENT") && !has(&none, "METHOD:PUBLISH"));
}

/// Every command that notes something down tells git to pass it over.
#[test]
fn the_folder_of_notes_is_ignored() {
    for command in ["check", "build"] {
        let scratch = Scratch::new();
        scratch.write("site.toml", SITE);
        scratch.write("content/a.md", page(""));
        scratch.run(command, &[]).expect(0);
        let ignore = scratch.path().join(".bindery/.gitignore");
        let text = std::fs::read_to_string(ignore).expect("the file");
        assert!(text.lines().any(|line| line == "*"), "{command}: {text}");
    }
}

/// A folder stands for all its rule files.
#[test]
fn rules_may_be_a_folder() {
    let scratch = Scratch::new();
    scratch.write(
        "site.toml",
        format!("{SITE}[alerts]\nrules = [\"mine/prod\"]\n"),
    );
    scratch.write("content/a.md", page(""));
    let rule = "groups: [{rules: [{alert: WebDown, labels: {severity: critical}}]}]\n";
    scratch.write("mine/prod/deep/a.yaml", rule);
    scratch.write("mine/prod/notes.txt", "no rules");
    scratch.write("more/web.rules", rule);
    let more = scratch.path().join("more");
    let more = more.to_str().expect("UTF-8");
    let run = scratch
        .run("check", &["--format", "json", "--rules", more])
        .expect(1);
    let findings = run.findings();
    assert_eq!(findings.len(), 2, "{findings:?}");
    for (line, file) in findings
        .iter()
        .zip(["mine/prod/deep/a.yaml", "more/web.rules"])
    {
        assert!(line.contains(&format!("BND0706 {file}:")), "{line}");
    }
}

/// The commands of the guide's jobs are those of this program, and do what they are there for.
#[test]
fn the_guides_jobs_run() {
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    scratch.write("content/a.md", page(""));
    let jobs = [
        ".github/workflows/runbooks.yml",
        ".github/workflows/code-scanning.yml",
        ".gitlab-ci.yml",
        ".pre-commit-config.yaml",
    ];
    let mut run = 0;
    git(&scratch, "", &["init", "-q"]);
    git(&scratch, "", &["add", "."]);
    git(&scratch, "", &["commit", "-q", "-m", "one"]);
    for job in jobs {
        for line in from_guide(job).lines() {
            let line = line.trim().trim_start_matches("- ");
            let line = line
                .trim_start_matches("run: ")
                .trim_start_matches("entry: ");
            let Some(arguments) = line.strip_prefix("bindery ") else {
                continue;
            };
            let arguments = arguments.split(" > ").next().expect("a command");
            let mut command = bindery();
            command
                .current_dir(scratch.path())
                .args(arguments.split(' '));
            Run::of(&mut command).expect(0);
            run += 1;
        }
    }
    assert_eq!(run, 5);
    // pre-commit does not count files that are taken away.
    assert!(from_guide(".pre-commit-config.yaml").contains("always_run: true"));
    // They are whole workflows: what is copied from the guide runs.
    for job in &jobs[..2] {
        let text = from_guide(job);
        for key in [
            "name:",
            "on:",
            "permissions:",
            "jobs:",
            "    runs-on:",
            "    steps:",
        ] {
            assert!(
                text.lines().any(|line| line.starts_with(key)),
                "{job}: {key}"
            );
        }
    }
    assert!(scratch.path().join("public/index.html").is_file());
}

#[test]
fn nothing_changed_is_told_from_the_cache() {
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    scratch.write("content/a.md", page("") + "\n## Empty\n");
    let first = scratch.run("check", &["--format", "json"]).expect(0);
    assert!(scratch.path().join(".bindery/check.json").is_file());
    let again = scratch.run("check", &["--format", "json"]).expect(0);
    assert_eq!(first.stdout, again.stdout);
    scratch.write("content/a.md", page(""));
    let mended = scratch.run("check", &["--format", "json"]).expect(0);
    assert_eq!(mended.findings(), Vec::<String>::new());
    // Another program may find something else, though it is of the same version.
    let cache = scratch.path().join(".bindery/check.json");
    let text = std::fs::read_to_string(&cache).expect("the cache");
    let found = text.replace("\"findings\":[]", "\"findings\":[FOUND]");
    let known = "{\"span\":null,\"code\":\"NoSteps\",\"severity\":\"Warning\",\"message\":\"kept\",\"help\":null,\"related\":[]}";
    std::fs::write(&cache, found.replace("FOUND", known)).expect("the cache");
    let kept = scratch.run("check", &["--format", "json"]).expect(0);
    assert_eq!(kept.findings().len(), 1, "{}", kept.stdout);
    let other = scratch.path().join("another-bindery");
    std::fs::copy(env!("CARGO_BIN_EXE_bindery"), &other).expect("a copy");
    let mut command = Command::new(&other);
    command.args(["check", "--format", "json", "--root"]);
    let anew = Run::of(command.arg(scratch.path())).expect(0);
    assert_eq!(anew.findings(), Vec::<String>::new());
    // A broken cache is no cache.
    std::fs::write(scratch.path().join(".bindery/check.json"), "{").expect("the cache");
    scratch.run("check", &[]).expect(0);
}

/// Brings the disk to a state of files.
fn save(scratch: &Scratch, old: &Files, new: &Files) {
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        std::fs::remove_file(scratch.path().join(name)).expect("it was there");
    }
    for (name, bytes) in new {
        scratch.write(name, bytes);
    }
}

#[test]
fn what_is_remembered_of_pages_changes_no_answer() {
    let (mut warm, mut differed) = (0, 0);
    for seed in 1..=8 {
        let mut dice = Dice(u64::wrapping_mul(seed, 0x9E37_79B9_7F4A_7C15));
        let scratch = Scratch::new();
        let mut project = start(&mut dice);
        save(&scratch, &Files::new(), &project);
        let mut last = String::new();
        for step in 0..12 {
            let old = project.clone();
            match dice.roll(6) {
                // Who owns a service is said elsewhere, and a rule asks whether a page has an owner.
                0 => {
                    let name = "services.toml".to_owned();
                    if project.remove(&name).is_none() {
                        let text = "[[services]]\nname = \"db\"\nowner = \"Team\"\n";
                        project.insert(name, text.into());
                    }
                }
                1 => {
                    let levels = "\n[levels]\nno-escalation = \"error\"\nempty-section = \"off\"\n";
                    let config = project.get_mut("site.toml").expect("site.toml");
                    config.extend_from_slice(levels.as_bytes());
                }
                _ => edit(&mut dice, &mut project),
            }
            save(&scratch, &old, &project);
            let remembered = scratch.run("check", &["--format", "json"]);
            let notes = scratch.path().join(".bindery");
            let pages = std::fs::read(notes.join("pages"));
            std::fs::remove_dir_all(&notes).ok();
            let fresh = scratch.run("check", &["--format", "json"]);
            assert_eq!(remembered.stdout, fresh.stdout, "seed {seed}, step {step}");
            assert_eq!(remembered.code, fresh.code, "seed {seed}, step {step}");
            if let Ok(mut pages) = pages {
                warm += 1;
                // Sometimes what was kept is damaged.
                if dice.roll(4) == 0 && !pages.is_empty() {
                    let at = dice.roll(pages.len());
                    pages.truncate(at);
                }
                std::fs::write(notes.join("pages"), pages).expect("what was remembered");
            }
            differed += usize::from(fresh.stdout != last);
            last = fresh.stdout;
        }
    }
    assert!(warm > 60 && differed > 40, "{warm} {differed}");
}

#[test]
fn an_owner_from_elsewhere_counts_for_a_page_that_did_not_change() {
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE.replace("owner = \"Team\"\n", ""));
    scratch.write("content/a.md", page("service = \"db\"\n"));
    let lacks = |scratch: &Scratch| {
        let run = scratch.run("check", &["--format", "json"]);
        (run.findings().iter()).any(|found| found.contains("BND0807"))
    };
    assert!(lacks(&scratch));
    let file = scratch.write(
        "services.toml",
        "[[services]]\nname = \"db\"\nowner = \"Team\"\n",
    );
    assert!(!lacks(&scratch));
    std::fs::remove_file(file).expect("it was there");
    assert!(lacks(&scratch));
}

/// A server that knows what its paths say: `/200`, `/404`, `/302`, and `/503`; it counts what it is asked.
fn server() -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use std::io::{Read, Write};
    use std::sync::atomic::{AtomicUsize, Ordering};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = std::sync::Arc::new(AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
            count.fetch_add(1, Ordering::SeqCst);
            let status = path[1..]
                .split(['/', '?'])
                .next()
                .unwrap_or("200")
                .to_owned();
            let more = if status == "302" {
                "Location: /200\r\n"
            } else {
                ""
            };
            let answer = format!(
                "HTTP/1.1 {status} X\r\n{more}Content-Length: 2\r\nConnection: close\r\n\r\nok"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, asked)
}

#[test]
fn the_network_is_asked_only_when_it_is_wanted() {
    use std::sync::atomic::Ordering;

    let (address, asked) = server();
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    let links: String = ["200", "200/other#part", "302", "404", "410/x", "503"]
        .iter()
        .map(|path| format!("[{path}]({address}/{path})\n"))
        .collect();
    let bare = format!("\nSee {address}/404/bare for more. https://docs.invalid/ is not asked.\n");
    scratch.write("content/a.md", page("") + "\n" + &links + &bare);
    scratch.run("check", &[]).expect(0);
    // This machine is nobody else's, unless it is wanted.
    scratch.run("check", &["--external"]).expect(0);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let run = scratch
        .run("check", &["--external=all", "--format", "json"])
        .expect(1);
    let found: Vec<String> = run.findings();
    let dead = |path: &str| {
        let name = format!("`{address}/{path}` leads nowhere");
        found
            .iter()
            .any(|line| line.contains("BND0316") && line.contains(&name))
    };
    assert!(
        dead("404") && dead("410/x") && dead("404/bare"),
        "{found:?}"
    );
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        run.stderr.contains("/503` today: the server says 503"),
        "{}",
        run.stderr
    );
    // What was fine is not asked again.
    let before = asked.swap(0, Ordering::SeqCst);
    assert_eq!(before, 8);
    scratch.run("check", &["--external=all"]).expect(1);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

/// A server that says that it was asked too much is left in peace.
#[test]
fn a_server_that_asks_for_patience_gets_it() {
    use std::sync::atomic::Ordering;

    let (address, asked) = server();
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    let links: String = (0..30)
        .map(|at| format!("[{at}]({address}/429/{at})\n"))
        .collect();
    scratch.write("content/a.md", page("") + "\n" + &links);
    let run = scratch.run("check", &["--external=all"]).expect(0);
    let times = asked.load(Ordering::SeqCst);
    assert!((1..=5).contains(&times), "{times}: {}", run.stderr);
    assert!(run.stderr.contains("asks for patience"), "{}", run.stderr);
}

/// Without a network no link is to blame, and that is said once.
#[test]
fn a_machine_without_a_network_calls_no_link_dead() {
    let scratch = Scratch::new();
    scratch.write("site.toml", SITE);
    let links =
        "\n[a](https://docs.rs/a) [b](https://www.rust-lang.org/b) [c](https://crates.io/c)\n";
    scratch.write("content/a.md", page("") + links);
    let mut command = bindery();
    // Nobody listens there, so nobody is reached.
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:1");
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    command.args(["check", "--external", "--format", "json", "--root"]);
    let run = Run::of(command.arg(scratch.path())).expect(0);
    assert_eq!(run.findings(), Vec::<String>::new());
    let said = "the network cannot be reached";
    assert_eq!(run.stderr.matches(said).count(), 1, "{}", run.stderr);
    assert!(!run.stderr.contains("nobody can tell"), "{}", run.stderr);
}
