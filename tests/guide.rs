//! The guide's tables say what the code says. BINDERY_UPDATE writes them anew.
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

use std::fs;
use std::path::{Path, PathBuf};

use bindery::diagnostic::{Code, Severity};
use bindery::render::CONTEXTS;

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("content/guide")
        .join(name)
}

/// The page's text with what stands between the two comments replaced.
fn replaced(text: &str, name: &str, table: &str) -> String {
    let (open, close) = (
        format!("<!-- {name} -->\n"),
        format!("<!-- end of {name} -->"),
    );
    let start = text.find(&open).unwrap_or_else(|| panic!("no {open}")) + open.len();
    let end = text.find(&close).unwrap_or_else(|| panic!("no {close}"));
    format!("{}\n{table}\n{}", &text[..start], &text[end..])
}

fn check(file: &str, name: &str, table: &str) {
    let path = page(file);
    let text = fs::read_to_string(&path).expect("the guide");
    let wanted = replaced(&text, name, table);
    if std::env::var_os("BINDERY_UPDATE").is_some() {
        fs::write(&path, &wanted).expect("the guide");
    }
    assert!(
        text == wanted,
        "{file} is not what the code says; BINDERY_UPDATE=1 cargo test writes it anew"
    );
}

#[test]
fn diagnostics_are_all_there() {
    let mut table =
        "| Code | Class | Level | Lenient | Meaning |\n|---|---|---|---|---|\n".to_owned();
    for code in Code::ALL {
        let level = match code.level() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Off => "off",
        };
        let lenient = if code.lenient() && level == "error" {
            "yes"
        } else {
            "no"
        };
        let (id, class, about) = (code.id(), code.class(), code.about());
        table += &format!("| {id} | `{class}` | {level} | {lenient} | {about} |\n");
    }
    check("diagnostics.md", "codes", &table);
    let mut ids: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    let mut classes: Vec<&str> = Code::ALL.iter().map(|code| code.class()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    classes.sort_unstable();
    classes.dedup();
    assert_eq!((ids.len(), classes.len()), (count, count));
}

#[test]
fn contexts_are_all_there() {
    let mut tables = String::new();
    for (template, variables) in CONTEXTS {
        let title = if *template == "*" {
            "Every template"
        } else {
            template
        };
        tables += &format!("## {title}\n\n| Variable | What it is |\n|---|---|\n");
        for variable in *variables {
            tables += &format!("| `{}` | {} |\n", variable.name, variable.about);
        }
        tables.push('\n');
    }
    check("themes.md", "contexts", tables.trim_end());
}

#[test]
fn keys_are_all_there() {
    let text = fs::read_to_string(page("writing.md")).expect("the guide");
    for key in bindery::config::MATTER_KEYS {
        assert!(
            text.contains(&format!("| `{key}` |")),
            "writing.md says nothing of `{key}`"
        );
    }
}

/// What templates are really given is what the table says: a template that asks for all of it renders.
#[test]
fn contexts_are_true() {
    let scratch = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = scratch.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write(
        "site.toml",
        "title = \"T\"\nreport = true\ntheme = \"ours\"\nbase_url = \"https://e.org\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n",
    );
    write("content/_index.md", "# Home\n\nText.\n");
    write("content/db/_index.md", "# Db\n\nText.\n");
    write(
        "content/db/a.md",
        "---\naliases: [old]\ntags: [x]\nalerts: [Down]\n---\n# A\n\nText.\n",
    );
    write("content/bare/b.md", "# B\n\nText.\n");
    write("themes/ours/theme.toml", "extends = \"default\"\n");
    let everywhere = CONTEXTS
        .iter()
        .find(|(name, _)| *name == "*")
        .expect("a row")
        .1;
    for (template, variables) in CONTEXTS.iter().filter(|(name, _)| *name != "*") {
        let asked: String = everywhere
            .iter()
            .chain(*variables)
            .map(|variable| format!("{{% set copy = {} %}}", variable.name))
            .collect();
        write(
            &format!("themes/ours/templates/{template}"),
            &format!("{asked}rendered"),
        );
    }
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_bindery"))
        .args(["build", "--root"])
        .arg(scratch.path())
        .output()
        .expect("the binary runs");
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{stderr}");
    for name in [
        "index.html",
        "db/index.html",
        "bare/index.html",
        "db/a.html",
        "tag/x.html",
        "service/db.html",
        "coverage/index.html",
        "decision/index.html",
        "old.html",
        "alerts/down.html",
        "alerts/index.html",
        "review/index.html",
        "report/index.html",
        "404.html",
        "atom.xml",
    ] {
        let text = fs::read_to_string(scratch.path().join("public").join(name)).expect(name);
        assert_eq!(text, "rendered", "{name}");
    }
}
