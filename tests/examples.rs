//! The guide's examples of every class of findings are true: the bad one has it, the good one has not.
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

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use bindery::check::explain::{explain, section};
use bindery::diagnostic::Code;
use rayon::prelude::*;
use support::{Scratch, bindery};

/// Classes whose examples take what a test cannot have, and what that is.
const NOT_RUN: &[(Code, &str)] = &[
    (Code::Unreadable, "a user whom permissions hold back"),
    (Code::DeadUrl, "the network"),
    (Code::Publish, "a disk that cannot be written"),
    (Code::Locked, "two builds at one instant"),
];

/// The project that examples are put into.
const PROJECT: &[(&str, &str)] = &[
    (
        "site.toml",
        "base_url = \"https://runbooks.example.com/\"\n[levels]\nhiding-words = \"warn\"\n",
    ),
    (
        "content/web/down.md",
        "alerts = [\"WebDown\"]\nservice = \"*\"\n",
    ),
    (
        "content/web/slow.md",
        "alerts = [\"WebSlow\"]\nservice = \"*\"\n",
    ),
    (
        "content/web/old-way.md",
        "status = \"deprecated\"\nservice = \"*\"\n",
    ),
    ("content/web/new-way.md", "service = \"*\"\n"),
    ("content/disk.md", ""),
    ("content/storage.md", ""),
    ("content/failover.md", ""),
    ("content/restart.md", ""),
    ("content/old-restart.md", "status = \"deprecated\"\n"),
    (
        "rules/web.yaml",
        "groups:\n- name: web\n  rules:\n  - alert: WebDown\n    expr: up == 0\n    labels: {severity: critical}\n    annotations:\n      runbook_url: https://runbooks.example.com/web/down.html\n  - alert: WebSlow\n    expr: up == 0\n    annotations:\n      runbook_url: https://runbooks.example.com/web/slow.html\n",
    ),
];

/// A page of that project in which nothing is wrong.
fn page(name: &str, front: &str) -> String {
    let stem = name
        .rsplit('/')
        .next()
        .and_then(|name| name.strip_suffix(".md"));
    let title = stem.unwrap_or(name);
    format!(
        "+++\nscope = \"operation\"\nrisk = \"low\"\nlast_reviewed = 2026-11-20\nlast_exercised = 2026-11-20\nowner = \"Web team\"\nfollow_up = {{ none = \"a test\" }}\n{front}+++\n# {title}\n\n## Mitigation\n\n1. Verify that it runs.\n\n## At once\n\nCall the web team.\n"
    )
}

/// What a site says of its pages where the example does not.
const DEFAULTS: &str = "\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n";

/// A code block of the guide.
struct Block<'a> {
    language: &'a str,
    title: Option<&'a str>,
    text: String,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, Block<'_>)> = None;
    for line in text.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match &mut open {
            Some((fence, _)) if ticks >= *fence && line.len() == ticks => {
                found.extend(open.take().map(|(_, block)| block));
            }
            Some((_, block)) => {
                block.text += line;
                block.text.push('\n');
            }
            None if ticks >= 3 => {
                let (language, rest) = line[ticks..]
                    .split_once(' ')
                    .unwrap_or((&line[ticks..], ""));
                let title = rest
                    .strip_prefix("title=\"")
                    .and_then(|rest| rest.strip_suffix('"'));
                open = Some((
                    ticks,
                    Block {
                        language,
                        title,
                        text: String::new(),
                    },
                ));
            }
            None => {}
        }
    }
    found
}

/// The bad and the good example of a class.
fn examples(code: Code) -> (&'static str, &'static str) {
    let id = code.id();
    let section = section(code).unwrap_or_else(|| panic!("the guide has no section on {id}"));
    let (why, rest) =
        (section.split_once("\nBad:\n")).unwrap_or_else(|| panic!("{id}: no bad example"));
    let (bad, good) =
        (rest.split_once("\nGood:\n")).unwrap_or_else(|| panic!("{id}: no good example"));
    assert!(why.trim().len() > 30, "{id} does not say why");
    for example in [bad, good] {
        assert!(
            !blocks(example).is_empty(),
            "{id}: an example without a block"
        );
    }
    (bad.trim(), good.trim())
}

/// Every class, without exception, says why it matters and shows a bad and a good example; `--explain` says all of it.
#[test]
fn every_class_is_explained() {
    for code in Code::ALL {
        let (bad, good) = examples(*code);
        let said = explain(*code);
        assert!(
            said.contains(code.class()) && said.contains(bad) && said.contains(good),
            "{said}"
        );
        assert!(
            !said.contains("<!-- bindery: off") || code.id() >= "BND0900",
            "{said}"
        );
    }
}

#[test]
fn examples_are_true() {
    let all: Vec<Code> = (Code::ALL.iter().copied())
        .filter(|code| NOT_RUN.iter().all(|(known, _)| known != code))
        .collect();
    let wrong: Vec<String> = (all.par_iter())
        .flat_map_iter(|code| {
            let (bad, good) = examples(*code);
            [(bad, true), (good, false)].map(|(example, fires)| {
                let told = run(*code, example);
                (told.contains(code.id()) != fires).then(|| {
                    let what = if fires {
                        "bad example is quiet"
                    } else {
                        "good example fires"
                    };
                    format!("{}: the {what}\n{example}\n{told}\n", code.id())
                })
            })
        })
        .flatten()
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What Bindery says of a project with this example in it.
fn run(code: Code, example: &str) -> String {
    let scratch = Scratch::new();
    for (name, text) in PROJECT {
        let is_page = name.ends_with(".md");
        scratch.write(
            name,
            if is_page {
                page(name, text)
            } else {
                (*text).to_owned()
            },
        );
    }
    let build_finds =
        code.id() < "BND0700" && !(312..=316).contains(&code.id()[3..].parse().unwrap_or(0));
    let mut defaults = if code == Code::NoScope { "" } else { DEFAULTS };
    let site = PROJECT[0].1;
    if code != Code::NoConfig {
        scratch.write("site.toml", format!("{site}{defaults}"));
    }
    let mut told = String::new();
    for block in blocks(example) {
        if build_finds && block.language == "bash" && block.title.is_none() {
            told += &script(scratch.path(), &block.text);
            continue;
        }
        let (name, text) = placed(&block);
        let text = if name == "site.toml" {
            text + std::mem::take(&mut defaults)
        } else {
            text
        };
        scratch.write(&name, text);
    }
    if code == Code::ChangedSinceReview {
        script(
            scratch.path(),
            "git init -q && git add . && git -c user.name=T -c user.email=t@example.com commit -q -m one --date 2026-10-02T10:00:00Z",
        );
    }
    told += &bindery_says(scratch.path(), &["check", "--rules", "rules/*.yaml"]);
    // What fails while pages are rendered and written is found by a build alone.
    if build_finds && code.id() >= "BND0500" {
        told += &bindery_says(scratch.path(), &["build"]);
    }
    told
}

fn bindery_says(folder: &Path, arguments: &[&str]) -> String {
    let output = (bindery().current_dir(folder).args(arguments))
        .output()
        .expect("it runs");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs the commands of an example in the project.
fn script(folder: &Path, commands: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_bindery"))
        .parent()
        .expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-c", commands])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", program.display()))
        .env("SOURCE_DATE_EPOCH", "1795392000")
        .env("GIT_COMMITTER_DATE", "2026-10-02T10:00:00Z")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("bash runs");
    let mut told = String::new();
    for stream in [&output.stdout, &output.stderr] {
        let _ = write!(told, "{}", String::from_utf8_lossy(stream));
    }
    told
}

/// The file that a block stands for.
fn placed(block: &Block<'_>) -> (String, String) {
    let text = &block.text;
    if let Some(title) = block.title {
        return (title.to_owned(), text.clone());
    }
    let page = |text: String| ("content/a.md".to_owned(), text);
    match block.language {
        "markdown" => page(text.clone()),
        // Front matter of the page that the alert `WebDown` leads to.
        "toml" => (
            "content/web/down.md".to_owned(),
            format!("+++\n{text}+++\n# The web server is down\n\n1. Start it.\n"),
        ),
        "yaml" => {
            let rules = match text {
                text if text.starts_with("- alert") => {
                    format!("groups:\n- name: web\n  rules:\n{}", indented(text, 2))
                }
                text if text.starts_with("runbook_url") => {
                    format!(
                        "groups:\n- name: web\n  rules:\n  - alert: WebDown\n    annotations:\n{}",
                        indented(text, 6)
                    )
                }
                text => text.clone(),
            };
            ("rules/web.yaml".to_owned(), rules)
        }
        language => page(format!("# A\n\n```{language}\n{text}```\n")),
    }
}

fn indented(text: &str, by: usize) -> String {
    text.lines()
        .map(|line| format!("{}{line}\n", " ".repeat(by)))
        .collect()
}
