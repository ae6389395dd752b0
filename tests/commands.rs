//! The command line: list, open, doctor, completions and man pages.
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

use std::collections::BTreeSet;

use support::{Run, Scratch, bindery, files};

fn site() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("site.toml", "title = \"T\"\n");
    scratch.write(
        "services.toml",
        "[[services]]\nname = \"db\"\nowner = \"Database team\"\nescalation = [\"On-call\"]\ncontacts = { phone = \"+44 20 7946 0958\" }\n[[services]]\nname = \"web\"\n",
    );
    let page = |name: &str, matter: &str, body: &str| {
        scratch.write(
            &format!("content/{name}.md"),
            format!("+++\n{matter}+++\n{body}\n"),
        );
    };
    page(
        "db/restore",
        "scope = \"operation\"\ntask = \"restore\"\nalerts = [\"DbLost\"]\ntags = [\"Data\"]\nlast_reviewed = 2020-01-01\nlast_exercised = 2020-01-01\n",
        "# Restore the database\n\nText.\n\n## Steps\n\n1. Stop writes:\n\n   ```console\n   $ stop it\n   ```\n\n   Expect: \u{1b}[2Jsilence.",
    );
    page(
        "db/failover",
        "scope = \"operation\"\nalerts = [\"DbSlow\"]\nseverity = \"critical\"\nlast_reviewed = 2026-11-01\nfollow_up = { none = \"it is rare\" }\n",
        "# Fail over the database\n\n1. Do it.",
    );
    page(
        "web/patch",
        "scope = \"maintenance\"\nservice = [\"web\"]\nowner = \"Web team\"\n",
        "# Patch the web\n\n1. Do it.",
    );
    page(
        "web/any",
        "scope = \"operation\"\nservice = [\"*\"]\n",
        "# Look at anything\n\n1. Do it.",
    );
    page(
        "web/new",
        "scope = \"operation\"\nservice = [\"web\"]\nstatus = \"draft\"\n",
        "# A draft\n\n1. Do it.",
    );
    scratch
}

/// The ids that `list` gives with these filters.
fn listed(scratch: &Scratch, filters: &[&str]) -> BTreeSet<String> {
    let all: Vec<&str> = (["--format", "json"].iter())
        .chain(filters)
        .copied()
        .collect();
    let run = scratch.run("list", &all).expect(0);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let runbooks = json["runbooks"].as_array().expect("a list");
    (runbooks.iter())
        .map(|entry| entry["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn filters_narrow_the_list() {
    let scratch = site();
    let all = ["db-failover", "db-restore", "web-any", "web-patch"];
    for (filters, ids) in [
        (&[] as &[&str], all.as_slice()),
        (&["--scope", "maintenance"], &["web-patch"]),
        (
            &["--service", "DB"],
            &["db-failover", "db-restore", "web-any"],
        ),
        (&["--service", "web", "--scope", "operation"], &["web-any"]),
        (&["--task", "restore"], &["db-restore"]),
        (&["--tag", "data"], &["db-restore"]),
        (&["--owner", "database"], &["db-failover", "db-restore"]),
        (&["--status", "draft"], &["web-new"]),
        (&["--severity", "critical"], &["db-failover"]),
        (&["--alert", "dblost"], &["db-restore"]),
        (&["--overdue"], &["db-restore"]),
        (&["--never-reviewed"], &["web-any", "web-patch"]),
        (
            &["--never-exercised", "--service", "db"],
            &["db-failover", "web-any"],
        ),
        (&["--band-aids"], &["db-restore"]),
        (&["the", "database"], &["db-failover", "db-restore"]),
        (&["nothing like it"], &[]),
    ] {
        let wanted: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(listed(&scratch, filters), wanted, "{filters:?}");
    }
    // A slip is no empty list.
    for (filters, said) in [
        (
            ["--scope", "operations"],
            "possible values: operation, maintenance",
        ),
        (
            ["--status", "drafts"],
            "possible values: draft, active, deprecated",
        ),
        (
            ["--severity", "page"],
            "possible values: critical, warning, info",
        ),
        (["--task", "restor"], "did you mean `restore`?"),
        (["--task", "Restart"], "did you mean `start-stop`?"),
        (["--service", "wev"], "did you mean `web`?"),
        (["--tag", "dat"], "did you mean `Data`?"),
    ] {
        let run = scratch.run("list", &filters).expect(2);
        assert!(run.stderr.contains(said), "{filters:?}: {}", run.stderr);
    }
    let table = scratch.run("list", &["--overdue"]).expect(0);
    assert!(
        table.stdout.contains("db-restore") && table.stdout.contains("2020-06-29"),
        "{}",
        table.stdout
    );
    assert!(table.stderr.contains("1 runbook\n"), "{}", table.stderr);
}

#[test]
fn a_runbook_is_found_by_whatever_one_remembers() {
    let scratch = site();
    for name in [
        "DbLost",
        "dblost",
        "db-restore",
        "content/db/restore.md",
        "db/restore.md",
        "db/restore.html",
        "restore database",
        "lost",
    ] {
        let run = scratch.run("open", &[name]).expect(0);
        assert!(
            run.stdout.starts_with("Restore the database\n"),
            "{name}: {}",
            run.stdout
        );
        assert!(
            run.stdout.contains("1. Stop writes:\n\n       $ stop it\n"),
            "{}",
            run.stdout
        );
        assert!(
            run.stdout.contains("Owner: Database team"),
            "{}",
            run.stdout
        );
        assert!(!run.stdout.contains('\u{1b}'), "{:?}", run.stdout);
    }
    // Whoever has no browser is told whom to call, and what stops it coming back.
    let facts = scratch.run("open", &["DbLost"]).expect(0).stdout;
    assert!(
        facts.contains("\nCall: On-call; phone: +44 20 7946 0958\nAlerts: DbLost\n"),
        "{facts}"
    );
    let facts = scratch.run("open", &["DbSlow"]).expect(0).stdout;
    assert!(
        facts.contains("\nStops it coming back: it is rare\n"),
        "{facts}"
    );
    let several = scratch.run("open", &["database"]).expect(1);
    assert_eq!(several.stdout.lines().count(), 2, "{}", several.stdout);
    let none = scratch.run("open", &["database", "zebra"]).expect(1);
    assert!(none.stderr.contains("nothing fits"), "{}", none.stderr);
}

/// What a person sees who types this at a terminal of 24 lines; `script` is the terminal.
fn at_a_terminal(scratch: &Scratch, line: &str, pager: &str, no_color: bool) -> String {
    let mut command = std::process::Command::new("script");
    command
        .args(["-qec", line, "/dev/null"])
        .current_dir(scratch.path())
        .env("BINDERY", bindery().get_program())
        .env("PAGER", pager)
        .env("LINES", "24")
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .stdin(std::process::Stdio::null());
    if no_color {
        command.env("NO_COLOR", "1");
    }
    let output = command.output().expect("script runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
#[cfg(target_os = "linux")]
fn a_long_runbook_is_shown_in_a_pager() {
    if std::process::Command::new("script")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("skipped: there is no `script`, which makes terminals");
        return;
    }
    let scratch = site();
    let lines: String = (0..40).map(|line| format!("Line {line}.\n\n")).collect();
    let long = format!("+++\nscope = \"operation\"\n+++\n# Long\n\n{lines}");
    scratch.write("content/db/long.md", long);
    let pager = "sed 's/^/paged> /'";
    let open = |line: &str, no_color| at_a_terminal(&scratch, line, pager, no_color);
    let shown = open("\"$BINDERY\" open long", false);
    assert!(shown.contains("paged> Line 39."), "{shown}");
    assert!(shown.contains("\u{1b}[1m"), "{shown:?}");
    let shown = open("\"$BINDERY\" open long", true);
    assert!(
        shown.contains("paged> Line 39.") && !shown.contains('\u{1b}'),
        "{shown:?}"
    );
    // Short, not wanted, or not a terminal.
    for line in [
        "\"$BINDERY\" open db-failover",
        "\"$BINDERY\" open long --no-pager",
        "\"$BINDERY\" open long | tail -n 9",
    ] {
        let shown = open(line, false);
        assert!(!shown.contains("paged>"), "{line}: {shown}");
        assert!(
            shown.contains("Do it.") || shown.contains("Line 39."),
            "{line}: {shown}"
        );
    }
    // A pager that is not there is no reason to show nothing.
    let shown = at_a_terminal(&scratch, "\"$BINDERY\" open long", "no-such-pager", false);
    assert!(shown.contains("Line 39."), "{shown}");
}

#[test]
fn the_doctor_says_what_is_wrong() {
    let scratch = site();
    let fine = scratch.run("doctor", &[]).expect(0);
    assert!(
        fine.stdout.contains("note  no alert rules are read"),
        "{}",
        fine.stdout
    );
    assert!(
        fine.stdout.contains("ok    2 services described"),
        "{}",
        fine.stdout
    );
    assert!(
        fine.stdout.contains("this is no git repository"),
        "{}",
        fine.stdout
    );
    scratch.write("content/bad.md", "no scope\n");
    let broken = scratch.run("doctor", &[]).expect(1);
    assert!(
        broken.stdout.contains("fail  5 pages, 1 error"),
        "{}",
        broken.stdout
    );
    let nowhere = Scratch::new();
    let none = nowhere.run("doctor", &[]).expect(1);
    assert!(none.stdout.contains("bindery init"), "{}", none.stdout);
}

#[test]
fn shells_and_man_are_told() {
    let run = |arguments: &[&str]| Run::of(bindery().args(arguments)).expect(0).stdout;
    for (shell, word) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef bindery"),
        ("fish", "complete -c bindery"),
    ] {
        let text = run(&["completions", shell]);
        assert!(text.contains(word) && text.contains("coverage"), "{shell}");
    }
    // Words that are settled are completed, and nothing else is taken for a file.
    let bash = run(&["completions", "bash"]);
    assert!(bash.contains("\"operation maintenance\""), "{bash}");
    assert!(bash.contains("\"draft active deprecated\""), "{bash}");
    assert!(run(&["man"]).contains(".TH bindery 1"));
    assert!(!run(&["man"]).contains("help(1)"), "it has no page");
    let scratch = Scratch::new();
    let dir = scratch.path().join("man1");
    run(&["man", "--dir", dir.to_str().expect("UTF-8")]);
    let pages = files(&dir);
    let new = String::from_utf8_lossy(&pages["bindery-new.1"]);
    assert!(new.contains(".SH EXAMPLES\n  bindery new"), "{new}");
    let help = run(&["--help"]);
    let commands = help.split("Commands:").nth(1).expect("commands");
    let commands = commands.split("\n\n").next().expect("a list").lines();
    // Longer sentences go on below, further in.
    let commands = commands.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = commands.filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| *name != "help") {
        assert!(
            pages.contains_key(&format!("bindery-{name}.1")),
            "{name}: {:?}",
            pages.keys()
        );
        // What it says of itself is a sentence, and more than its name.
        let own = run(&[name, "--help"]);
        assert!(
            own.lines().next().is_some_and(|line| line.len() > 30),
            "{name}: {own}"
        );
    }
}
