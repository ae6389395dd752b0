//! Beginning: init in an empty folder and around what is there, new runbooks from templates, and the ratchet.
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

use std::collections::BTreeMap;
use std::path::Path;

use support::{Run, Scratch, bindery, copy, corpora, files};

fn run(folder: &Path, arguments: &[&str]) -> Run {
    Run::of(bindery().current_dir(folder).args(arguments))
}

/// A site that was just begun.
fn begun() -> Scratch {
    let scratch = Scratch::new();
    run(scratch.path(), &["init", "--title", "Our \"runbooks\""]).expect(0);
    scratch
}

#[test]
fn a_new_site_builds_without_a_finding() {
    let scratch = begun();
    let built = scratch.build(&["--format", "json"]).expect(0);
    assert_eq!(built.findings(), Vec::<String>::new());
    let site = scratch.site();
    let page = String::from_utf8_lossy(&site["web/restart.html"]).into_owned();
    assert!(page.contains("fix-memory-leak.html"), "the pair is linked");
    assert!(page.contains("Web team"), "the owner is the service's");
    let home = String::from_utf8_lossy(&site["index.html"]).into_owned();
    assert!(home.contains("Our &quot;runbooks&quot;"), "{home}");
}

#[test]
fn what_is_there_is_never_overwritten() {
    let scratch = begun();
    let before = files(scratch.path());
    run(scratch.path(), &["init"]).expect(2);
    run(scratch.path(), &["init", "--from", "."]).expect(2);
    assert_eq!(files(scratch.path()), before);

    let other = Scratch::new();
    other.write("content/a.md", "# A\n\nText.\n");
    run(other.path(), &["init"]).expect(2);
    assert_eq!(files(other.path()).len(), 1);

    let new = ["new", "--service", "web", "--task", "restore"];
    run(scratch.path(), &new).expect(0);
    scratch.write("content/web/restore.md", "mine");
    let again = run(scratch.path(), &new).expect(1);
    assert!(again.stderr.contains("there already"), "{}", again.stderr);
    assert_eq!(
        files(scratch.path())["content/web/restore.md"],
        b"mine".to_vec()
    );
}

#[test]
fn every_task_has_a_skeleton_that_builds() {
    let scratch = begun();
    // The site that begins describes its services, so a new one is described too.
    let config = std::fs::read_to_string(scratch.path().join("site.toml")).expect("site.toml");
    scratch.write(
        "site.toml",
        format!("{config}\n[[services]]\nname = \"orders db\"\n"),
    );
    let listed = run(scratch.path(), &["new", "--list"]).expect(0).stdout;
    let tasks: Vec<&str> = (listed.lines())
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .collect();
    assert_eq!(tasks.len(), 24, "{listed}");
    assert!(!listed.contains("for any task"), "{listed}");
    for task in &tasks {
        let made = run(
            scratch.path(),
            &["new", "--service", "orders db", "--task", task],
        )
        .expect(0);
        assert_eq!(made.stdout.trim(), format!("content/orders-db/{task}.md"));
    }
    let built = scratch.build(&["--drafts", "--format", "json"]).expect(0);
    assert_eq!(built.findings(), Vec::<String>::new());
    let json: serde_json::Value =
        serde_json::from_slice(&scratch.site()["runbooks.json"]).expect("JSON");
    let drafts: Vec<&serde_json::Value> = (json["runbooks"].as_array().expect("a list").iter())
        .filter(|entry| entry["status"] == "draft")
        .collect();
    assert_eq!(drafts.len(), tasks.len());
    for entry in drafts {
        assert!(entry["steps"].as_u64() >= Some(3), "{entry}");
        assert_eq!(entry["service"][0], "orders db");
    }
}

#[test]
fn an_alert_a_title_and_a_template_of_the_site() {
    let scratch = begun();
    let new = |arguments: &[&str]| {
        let all: Vec<&str> = ["new", "--print"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        run(scratch.path(), &all)
    };
    let alert = new(&["--service", "web", "--alert", "Web\"Down"]).expect(0);
    assert!(
        alert.stdout.contains("alerts = [\"Web\\\"Down\"]"),
        "{}",
        alert.stdout
    );
    assert!(
        alert.stdout.contains("task = \"alert-response\""),
        "{}",
        alert.stdout
    );

    scratch.write(
        "templates/restore.md",
        "+++\ntitle = %title%\nscope = %scope%\nservice = %service%\n+++\nOurs, %service_name%: %unknown%.\n",
    );
    let own = new(&["Bring it back", "--service", "web", "--task", "restore"]).expect(0);
    assert_eq!(
        own.stdout,
        "+++\ntitle = \"Bring it back\"\nscope = \"operation\"\nservice = \"web\"\n+++\nOurs, web: %unknown%.\n"
    );
    // A runbook for every service is named after none.
    let every = new(&["--service", "*", "--task", "upgrade"]).expect(0);
    assert!(every.stdout.contains("service = \"*\""), "{}", every.stdout);
    assert!(!every.stdout.contains(": *"), "{}", every.stdout);
    assert!(!every.stdout.contains(" *"), "{}", every.stdout);
    let wrong = new(&["--task", "restart"]).expect(2);
    assert!(
        wrong.stderr.contains("did you mean `start-stop`?"),
        "{}",
        wrong.stderr
    );
    let wrong = new(&["--task", "restor"]).expect(2);
    assert!(
        wrong.stderr.contains("did you mean `restore`?"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn the_commands_that_coverage_gives_all_work() {
    let scratch = begun();
    scratch.write(
        "services.toml",
        "[[services]]\nname = \"Orders DB\"\n[[services]]\nname = \"web\"\n[[services]]\nname = \"-x\"\n[[services]]\nname = \"cache\"\n",
    );
    // Two services whose runbooks lie in one folder.
    scratch.write(
        "content/db/both.md",
        "+++\nscope = \"operation\"\nservice = [\"orders db\", \"cache\"]\ntask = \"scale\"\n+++\n# Both\n\n1. Do it.\n",
    );
    let new = |service: &str, task: &str| {
        let service = format!("--service={service}");
        run(scratch.path(), &["new", &service, "--task", task])
    };
    // The name is the one of the file, whatever is typed.
    assert_eq!(
        new("orders db", "restore").expect(0).stdout,
        "content/db/restore.md\n"
    );
    let text = std::fs::read_to_string(scratch.path().join("content/db/restore.md"));
    let text = text.expect("it is there");
    assert!(text.contains("service = \"Orders DB\""), "{text}");
    assert_eq!(
        new("cache", "restore").expect(0).stdout,
        "content/db/cache-restore.md\n"
    );
    let again = new("orders db", "restore").expect(1);
    assert!(again.stderr.contains("there already"), "{}", again.stderr);
    // What no file describes is no service here.
    let slip = new("cahce", "restore").expect(2);
    assert!(
        slip.stderr.contains("did you mean `cache`?"),
        "{}",
        slip.stderr
    );
    assert!(!files(scratch.path()).contains_key("content/cahce/restore.md"));

    let said = run(scratch.path(), &["coverage"]).expect(0).stdout;
    let lines = said
        .lines()
        .filter_map(|line| line.strip_prefix("  bindery "));
    let lines: Vec<&str> = lines.collect();
    assert!(lines.iter().any(|line| line.contains("-x")), "{said}");
    for line in lines {
        let words = line.replace("'", "\u{1}");
        let mut arguments: Vec<String> = vec![String::new()];
        let mut quoted = false;
        for c in words.chars() {
            match c {
                '\u{1}' => quoted = !quoted,
                ' ' if !quoted => arguments.push(String::new()),
                c => arguments.last_mut().expect("a word").push(c),
            }
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(scratch.path(), &arguments).expect(0);
    }
    let after = run(scratch.path(), &["coverage"]).expect(0).stdout;
    assert!(!after.contains("  bindery new"), "{after}");
}

#[test]
fn the_ratchet_only_turns_one_way() {
    let scratch = begun();
    let coverage = |more: &[&str]| {
        let all: Vec<&str> = (["coverage", "--ratchet", "coverage.lock"].iter())
            .chain(more)
            .copied()
            .collect();
        run(scratch.path(), &all)
    };
    let first = coverage(&[]).expect(0);
    assert!(
        first
            .stdout
            .contains("bindery new --service web --task health-check"),
        "{}",
        first.stdout
    );
    let recorded = || files(scratch.path())["coverage.lock"].clone();
    let before = recorded();
    coverage(&[]).expect(0);
    assert_eq!(recorded(), before, "nothing changed");

    scratch.write(
        "content/web/restore.md",
        "+++\nscope = \"operation\"\nservice = \"web\"\ntask = \"restore\"\n+++\n# Restore\n\n1. Do it.\n",
    );
    coverage(&[]).expect(0);
    let more = recorded();
    assert_ne!(more, before, "it is recorded");
    std::fs::remove_file(scratch.path().join("content/web/restore.md")).expect("gone");
    let fewer = coverage(&[]).expect(1);
    assert!(fewer.stderr.contains("web/restore"), "{}", fewer.stderr);
    assert_eq!(recorded(), more, "it does not turn back");
    // A reason why it does not apply settles it, as the message says.
    let services = std::fs::read_to_string(scratch.path().join("services.toml")).expect("services");
    scratch.write(
        "services.toml",
        format!("{services}\n[services.exempt]\nrestore = \"it holds nothing\"\n"),
    );
    let settled = coverage(&[]).expect(0);
    assert!(
        settled.stdout.contains("  web restore: it holds nothing\n"),
        "{}",
        settled.stdout
    );
    scratch.write("services.toml", services);
    coverage(&["--record"]).expect(0);
    assert_eq!(recorded(), before);

    let json = run(scratch.path(), &["coverage", "--format", "json"]).expect(0);
    scratch.build(&[]).expect(0);
    assert_eq!(json.stdout.as_bytes(), scratch.site()["coverage.json"]);
}

#[test]
fn the_matrix_fits_the_terminal_and_names_drafts() {
    let scratch = begun();
    run(
        scratch.path(),
        &["new", "--service", "web", "--task", "restore"],
    )
    .expect(0);
    let said = run(scratch.path(), &["coverage"]).expect(0).stdout;
    let line = |begins: &str| said.lines().find(|line| line.starts_with(begins));
    assert_eq!(line("operation"), Some("operation       web"), "{said}");
    assert_eq!(line("restore"), Some("restore         …"), "{said}");
    // What is begun is finished, and not begun again.
    assert!(said.contains("  finish content/web/restore.md\n"), "{said}");
    assert!(!said.contains("--task restore"), "{said}");

    scratch.write(
        "content/any.md",
        "+++\nscope = \"operation\"\nservice = [\"*\"]\ntask = \"access\"\n+++\n# Access\n\n1. Do it.\n",
    );
    let said = run(scratch.path(), &["coverage"]).expect(0).stdout;
    let line = |begins: &str| said.lines().find(|line| line.starts_with(begins));
    assert_eq!(line("access"), Some("access          ○*"), "{said}");
    assert!(
        said.contains("* by a runbook for every service\n"),
        "{said}"
    );

    // A character that is two columns wide does not push what stands after it out of line.
    scratch.write(
        "services.toml",
        "[[services]]\nname = \"web\"\n[[services]]\nname = \"決済\"\nexempt = { access = \"手で\" }\n[[services]]\nname = \"顧客\"\n",
    );
    let said = run(scratch.path(), &["coverage"]).expect(0).stdout;
    let line = |begins: &str| said.lines().find(|line| line.starts_with(begins));
    assert_eq!(
        line("operation"),
        Some("operation       web  決済  顧客"),
        "{said}"
    );
    assert_eq!(
        line("access"),
        Some("access          ○*   –     ○*"),
        "{said}"
    );

    let many: String = (0..40)
        .map(|number| format!("[[services]]\nname = \"service-{number}\"\n"))
        .collect();
    scratch.write("services.toml", many);
    let said = run(scratch.path(), &["coverage"]).expect(0).stdout;
    let widest = said.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(120), "{said}");
    assert!(
        said.lines().any(|line| line.starts_with("service-39  ")),
        "{said}"
    );
}

/// The files of a folder that are no links, and were there before.
fn without(all: &BTreeMap<String, Vec<u8>>, folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let now = files(folder);
    all.keys()
        .filter_map(|name| Some((name.clone(), now.get(name)?.clone())))
        .collect()
}

fn adopted(write: &[(&str, &str)]) -> (Scratch, Run) {
    let scratch = Scratch::new();
    for (name, text) in write {
        scratch.write(name, text);
    }
    let before = files(scratch.path());
    let run = run(scratch.path(), &["init", "--from", "."]).expect(0);
    assert_eq!(
        without(&before, scratch.path()),
        before,
        "no file is changed"
    );
    scratch.build(&[]).expect(0);
    (scratch, run)
}

#[test]
fn folders_of_other_tools_are_taken_as_they_are() {
    let page = "# Restart\n\nText, and [a page](b.md).\n";
    let (site, said) = adopted(&[
        (
            "mkdocs.yml",
            "site_name: Ops\nsite_url: https://ops.example.com/\nrepo_url: https://git.example.com/ops\nedit_uri: edit/main/handbook/\ndocs_dir: handbook\nmarkdown_extensions:\n  - x:\n      y: !!python/name:a.b\n",
        ),
        ("handbook/index.md", "# Home\n\nText.\n"),
        ("handbook/db/a.md", page),
        ("handbook/maintenance/patch.md", "# Patch\n\nText.\n"),
    ]);
    assert!(
        said.stderr.contains("understood: MkDocs"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("markdown_extensions"),
        "{}",
        said.stderr
    );
    let toml = String::from_utf8_lossy(&files(site.path())["site.toml"]).into_owned();
    assert!(toml.contains("title = \"Ops\""), "{toml}");
    assert!(
        toml.contains("edit_link = \"https://git.example.com/ops/edit/main/{path}\""),
        "{toml}"
    );
    assert!(toml.contains("broken-link = \"warn\""), "{toml}");
    let json: serde_json::Value =
        serde_json::from_slice(&site.site()["runbooks.json"]).expect("JSON");
    assert_eq!(json["runbooks"][0]["scope"][0], "operation");
    assert_eq!(json["runbooks"][1]["scope"][0], "maintenance");

    let (_, said) = adopted(&[
        (
            "hugo.toml",
            "title = \"Books\"\nbaseURL = \"https://b.example.com/\"\n[params]\nx = 1\n",
        ),
        ("content/a/b.md", "---\ntitle: B\nweight: 2\n---\nText.\n"),
    ]);
    assert!(
        said.stderr.contains("understood: Hugo, as hugo.toml says"),
        "{}",
        said.stderr
    );

    let (_, said) = adopted(&[
        (
            "docusaurus.config.js",
            "module.exports = {\n  title: 'My docs',\n  url: \"https://d.example.com\",\n  baseUrl: '/x/',\n};\n",
        ),
        ("docs/a.md", "---\nsidebar_position: 1\n---\n# A\n\nText.\n"),
        ("docs/b/c.mdx", "import X from 'x';\n\n# C\n\n<X />\n"),
        ("README.md", "# Read me\n"),
    ]);
    assert!(
        said.stderr.contains("base_url: https://d.example.com/x/"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("left out: 1 .mdx file,"),
        "{}",
        said.stderr
    );

    let (site, said) = adopted(&[
        (
            "mkdocs.yml",
            "site_name: Web\nplugins:\n  - techdocs-core\n",
        ),
        (
            "catalog-info.yaml",
            "kind: Component\nmetadata:\n  name: web\n  annotations:\n    backstage.io/techdocs-ref: dir:.\nspec:\n  owner: team-a\n---\nkind: Resource\nmetadata:\n  name: store\n",
        ),
        ("docs/index.md", "# Web\n\nText.\n"),
        ("docs/deploy.md", "# Deploy\n\nText.\n"),
        ("docs/web/restart.md", "# Restart\n\nText.\n"),
    ]);
    assert!(
        said.stderr.contains("Backstage TechDocs"),
        "{}",
        said.stderr
    );
    assert!(site.site().contains_key("service/web.html"));
    // The pages are those of the component that the catalog says they document.
    let json: serde_json::Value =
        serde_json::from_slice(&site.site()["runbooks.json"]).expect("JSON");
    for runbook in json["runbooks"].as_array().expect("a list") {
        assert_eq!(runbook["service"][0], "web", "{runbook}");
        assert_eq!(runbook["owner"], "team-a", "{runbook}");
    }

    let (site, said) = adopted(&[
        ("doc/administration/restart.md", "# Restart\n\nText.\n"),
        ("README.md", "# Us\n"),
        ("app/main.rb", "x\n"),
    ]);
    assert!(said.stderr.contains("GitLab"), "{}", said.stderr);
    assert!(site.site().contains_key("administration/restart.html"));

    let (site, _) = adopted(&[
        ("My notes/a b.md", "# A\n\nText.\n"),
        ("runbooks/c.md", "# C\n\n[a](<../My notes/a b.md>)\n"),
        ("README.md", "# Us\n\nText.\n"),
    ]);
    assert!(site.site().contains_key("my-notes/a-b.html"));
    assert!(site.site().contains_key("index.html"));
}

#[test]
fn nothing_is_made_of_nothing() {
    let scratch = Scratch::new();
    scratch.write("main.rs", "fn main() {}");
    let said = run(scratch.path(), &["init", "--from", "."]).expect(2);
    assert!(said.stderr.contains("no Markdown"), "{}", said.stderr);
    assert_eq!(files(scratch.path()).len(), 1);
    run(scratch.path(), &["init", "--from", "nowhere"]).expect(2);
}

#[test]
fn real_repositories_become_sites() {
    let Some(folder) = corpora() else { return };
    for name in [
        "mixin-runbooks",
        "pagerduty-incident-response",
        "prometheus-operator-runbooks",
    ] {
        let scratch = Scratch::new();
        copy(&folder.join(name), scratch.path());
        let before = files(scratch.path());
        let said = run(scratch.path(), &["init", "--from", "."]).expect(0);
        assert!(!said.stderr.contains("error  "), "{name}: {}", said.stderr);
        assert_eq!(without(&before, scratch.path()), before, "{name}");
        scratch.build(&[]).expect(0);
    }
}
