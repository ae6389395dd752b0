//! Git's history on pages, in the feed and in runbooks.json: who changed what when, and what since the last review.
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

use scraper::{Html, Selector};
use support::Scratch;

fn git(scratch: &Scratch, who: &str, date: &str, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(scratch.path())
        .args([
            "-c",
            &format!("user.name={who}"),
            "-c",
            "user.email=x@example.com",
        ])
        .args(arguments)
        .env("GIT_COMMITTER_DATE", date)
        .env("GIT_AUTHOR_DATE", date)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .trim()
        .to_owned()
}

fn commit(scratch: &Scratch, who: &str, day: &str, subject: &str) -> String {
    git(scratch, who, "", &["add", "."]);
    let date = format!("{day}T12:00:00Z");
    git(scratch, who, &date, &["commit", "-q", "-m", subject]);
    git(scratch, who, "", &["rev-parse", "--short", "HEAD"])
}

/// What a page says where a selector finds something, a line for each.
fn said(scratch: &Scratch, name: &str, select: &str) -> Vec<String> {
    let site = scratch.site();
    let page = Html::parse_document(&String::from_utf8_lossy(&site[name]));
    let selector = Selector::parse(select).expect("a selector");
    let text = |element: scraper::ElementRef<'_>| {
        let text: String = element.text().collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    page.select(&selector).map(text).collect()
}

fn page(body: &str) -> String {
    format!("+++\nscope = \"operation\"\nlast_reviewed = 2026-03-01\n+++\n# A\n\n1. {body}\n")
}

#[test]
fn a_page_says_who_changed_it_and_what_changed_since_its_review() {
    let scratch = Scratch::new();
    scratch.write("site.toml", "base_url = \"https://example.com/\"\n");
    scratch.write("content/db/a.md", page("One."));
    git(&scratch, "x", "", &["init", "-q"]);
    commit(&scratch, "Ann", "2026-02-01", "Write it");
    // The commit that writes the review down is no change since then.
    scratch.write("content/db/a.md", page("Two."));
    commit(&scratch, "Ann", "2026-03-03", "Review it");
    scratch.write("content/db/a.md", page("Three."));
    let third = commit(&scratch, "Béa & Co", "2026-04-01", "Say \"three\" & <more>");
    scratch.write("content/db/b.md", page("Other."));
    commit(&scratch, "Cy", "2026-05-01", "Write another");
    scratch.build(&[]).expect(0);

    let line = format!("Béa & Co ({third})");
    let source = said(&scratch, "db/a.html", ".source");
    assert!(
        source[0].contains("2026-04-01") && source[0].contains(&line),
        "{source:?}"
    );
    assert_eq!(
        said(
            &scratch,
            "db/a.html",
            "section[aria-labelledby='_since'] li"
        ),
        [format!("2026-04-01 Say \"three\" & <more> – {line}")]
    );
    let sheet = said(&scratch, "db/a.html", ".sheet-head p");
    assert!(
        sheet[1].contains(&format!("{third} 2026-04-01")),
        "{sheet:?}"
    );
    assert!(
        sheet[1].contains("Changed since its review: 1"),
        "{sheet:?}"
    );
    // What is edited since is not what that commit holds, and the page does not claim it, on paper neither.
    assert!(!source[0].contains("not committed"), "{source:?}");
    assert!(!sheet[1].contains("not committed"), "{sheet:?}");
    for (text, edited) in [
        (page("Four."), true),
        (page("Three.").replace('\n', "\r\n"), false),
        (page("Three."), false),
    ] {
        scratch.write("content/db/a.md", text);
        scratch.build(&[]).expect(0);
        for select in [".source", ".sheet-head p:last-of-type"] {
            let said = said(&scratch, "db/a.html", select).join(" ");
            assert!(said.contains(&third), "{said}");
            assert_eq!(
                said.contains("with edits that are not committed"),
                edited,
                "{said}"
            );
        }
    }
    let site = scratch.site();
    let feed = String::from_utf8_lossy(&site["atom.xml"]).into_owned();
    assert!(feed.contains("<name>Béa &amp; Co</name>"), "{feed}");
    assert!(feed.contains(&format!("({third})</content>")), "{feed}");
    let json: serde_json::Value = serde_json::from_slice(&site["runbooks.json"]).expect("JSON");
    let entry = &json["runbooks"][0];
    assert_eq!(entry["last_changed_by"], "Béa & Co");
    assert_eq!(entry["revision"], third.as_str());
    assert_eq!(entry["changes_since_review"], 1);
}

/// What is pasted from a terminal, colours and all, must not break the feed.
#[test]
fn a_feed_holds_no_control_characters() {
    let scratch = Scratch::new();
    scratch.write("site.toml", "base_url = \"https://example.com/\"\n");
    let text = "+++\nscope = \"operation\"\n+++\n# A\u{7}B\n\nIt says \u{1b}[31mred\u{1b}[0m.\n";
    scratch.write("content/a.md", text);
    git(&scratch, "x", "", &["init", "-q"]);
    commit(&scratch, "Ann", "2026-02-01", "Paste \u{1b}[1mit");
    scratch.build(&[]).expect(0);
    let site = scratch.site();
    let feed = String::from_utf8_lossy(&site["atom.xml"]).into_owned();
    assert!(feed.contains("[31mred"), "{feed}");
    let control = |c: char| c.is_control() && c != '\n';
    assert!(!feed.contains(control), "{feed:?}");
}

/// A folder that is given another name makes no text another one, and so does the day of a drill.
#[test]
fn a_page_that_moved_is_the_one_it_was() {
    let scratch = Scratch::new();
    scratch.write("site.toml", "review_every = \"3650 days\"\n");
    scratch.write("content/a.md", page("One."));
    scratch.write("content/twin.md", page("Twin."));
    scratch.write("content/twin2.md", page("Twin."));
    git(&scratch, "x", "", &["init", "-q"]);
    commit(&scratch, "Ann", "2026-03-01", "Write it");
    git(&scratch, "x", "", &["mv", "content/a.md", "content/b.md"]);
    commit(&scratch, "Béa", "2026-05-01", "Rename it");
    // The old name is taken by another text.
    scratch.write("content/a.md", page("Another."));
    commit(&scratch, "Béa", "2026-06-01", "Write another");
    std::fs::create_dir(scratch.path().join("content/db")).expect("a folder");
    // Nobody can tell which of two equal texts went where.
    for name in ["b.md", "twin.md", "twin2.md"] {
        let (from, to) = (format!("content/{name}"), format!("content/db/{name}"));
        git(&scratch, "x", "", &["mv", &from, &to]);
    }
    commit(&scratch, "Cy", "2026-07-01", "Move them");
    // Neither does the commit that writes a drill down.
    scratch.write("content/drill.md", page("Drill."));
    commit(&scratch, "Cy", "2026-03-02", "Write a drill");
    let drill = page("Drill.").replace("last_rev", "last_exercised = 2026-07-03\nlast_rev");
    scratch.write("content/drill.md", drill);
    commit(&scratch, "Cy", "2026-07-04", "Note the drill");
    let run = scratch.run("check", &["--format", "json"]);
    let changed: Vec<String> = (run.findings().into_iter())
        .filter(|finding| finding.contains("BND0824"))
        .map(|finding| finding.split(',').next().unwrap_or_default().to_owned())
        .collect();
    let says = |file: &str, day: &str| {
        format!("warning BND0824 content/{file}.md:1:1 this runbook changed on {day}")
    };
    assert_eq!(
        changed,
        [
            says("a", "2026-06-01"),
            says("db/twin", "2026-07-01"),
            says("db/twin2", "2026-07-01")
        ]
    );
}

#[test]
fn without_a_history_to_be_trusted_nothing_is_said() {
    let scratch = Scratch::new();
    scratch.write("site.toml", "base_url = \"https://example.com/\"\n");
    scratch.write("content/a.md", page("One."));
    let silent = |scratch: &Scratch| {
        scratch.build(&[]).expect(0);
        assert_eq!(
            said(scratch, "a.html", ".revision, .source time"),
            Vec::<String>::new()
        );
        let site = scratch.site();
        let json: serde_json::Value = serde_json::from_slice(&site["runbooks.json"]).expect("JSON");
        assert!(json["runbooks"][0]["revision"].is_null());
    };
    silent(&scratch);
    git(&scratch, "x", "", &["init", "-q"]);
    silent(&scratch);
    commit(&scratch, "Ann", "2026-04-01", "Write it");
    scratch.write("content/a.md", page("Two."));
    commit(&scratch, "Ann", "2026-04-02", "Write more");
    // A shallow clone seems to have made every file in its oldest commit.
    let clone = Scratch::new();
    let from = format!("file://{}", scratch.path().display());
    git(
        &clone,
        "x",
        "",
        &["clone", "-q", "--depth", "1", &from, "."],
    );
    silent(&clone);
}

#[test]
fn pages_behind_a_link_have_their_history() {
    let scratch = Scratch::new();
    scratch.write("docs/db/a.md", page("One."));
    scratch.write("mkdocs.yml", "site_name: Ops\n");
    git(&scratch, "x", "", &["init", "-q"]);
    let first = commit(&scratch, "Ann", "2026-04-01", "Write it");
    let from = scratch.path().to_str().expect("UTF-8").to_owned();
    let mut init = support::bindery();
    support::Run::of(init.args(["init", "--from", &from])).expect(0);
    scratch.build(&[]).expect(0);
    let source = said(&scratch, "db/a.html", ".source");
    assert!(source[0].contains(&first), "{source:?}");
}
