//! Keeps the architecture: a module uses only rows above its own, and only the edge touches the world.

#![expect(
    clippy::disallowed_methods,
    reason = "the test reads the sources it judges"
)]

use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

/// The rows of the design, from the values everything is made of down to the binary. Data runs down; a module
/// may use only modules of rows with smaller numbers, and its own. Numbers leave room between.
const ROWS: &[(u32, &[&str])] = &[
    (
        0,
        &[
            "path", "hash", "duration", "pixels", "qr", "shards", "slug", "token",
        ],
    ),
    (3, &["lexicon"]),
    (5, &["diagnostic"]),
    (8, &["value"]),
    (10, &["config", "snapshot"]),
    (20, &["alert", "runbook"]),
    (30, &["theme", "site"]),
    (40, &["check", "plan"]),
    (50, &["render"]),
    (60, &["build"]),
    (EDGE, &["notes"]),
    (72, &["external", "source", "history", "publish", "report"]),
    (80, &["preview"]),
    (90, &["commands"]),
    (95, &["lib", "main"]),
];

/// From this row on modules may touch disk, network, clock and terminal.
const EDGE: u32 = 70;

/// The lints that hold the core pure.
const PURE: &[&str] = &["disallowed_methods", "disallowed_types"];

#[test]
fn every_file_keeps_the_architecture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, "", &mut files).unwrap();
    assert!(!files.is_empty(), "no sources below {}", root.display());
    let mut faults = String::new();
    for (path, text) in &files {
        for fault in judge(path, text) {
            let _ = writeln!(faults, "src/{path}: {fault}");
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// Every `.rs` file below `folder`, by its path from `src/`.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if path.ends_with(".rs") {
            files.push((path, fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

/// What is wrong with a file.
fn judge(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//! ") {
        faults.push("the first line is to name the subject with `//!`".to_owned());
    }
    // A file that is only compiled for tests (`#[cfg(test)] mod tests;`) is none of the architecture.
    if path.ends_with("/tests.rs") {
        return faults;
    }
    let module = module(path);
    let own = module.first().copied().unwrap_or_default();
    let Some(row) = row(own) else {
        faults.push(format!(
            "module `{own}` is in no row: add it to ROWS in tests/layers.rs"
        ));
        return faults;
    };
    let code = without_tests(&code_only(text));
    let uses = scan(&code, &module);
    for target in uses.modules {
        match self::row(&target) {
            _ if target == own => {}
            None => faults.push(format!(
                "uses `crate::{target}`, which is in no row: add it to ROWS in tests/layers.rs"
            )),
            Some(above) if above < row => {}
            Some(above) => faults.push(format!(
                "uses `crate::{target}` of row {above}, but `{own}` is in row {row} and may only use rows above"
            )),
        }
    }
    for glob in uses.globs {
        faults.push(format!("`use {glob}` hides what is used: name it"));
    }
    if row < EDGE {
        for lint in PURE.iter().filter(|lint| code.contains(**lint)) {
            faults.push(format!(
                "opts out of `{lint}`, which only the edge may (rows {EDGE} and on)"
            ));
        }
    }
    faults
}

fn row(module: &str) -> Option<u32> {
    ROWS.iter()
        .find(|(_, modules)| modules.contains(&module))
        .map(|(row, _)| *row)
}

/// `site/graph.rs` is `[site, graph]`, `site/mod.rs` is `[site]`.
fn module(path: &str) -> Vec<&str> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    path.strip_suffix("/mod")
        .unwrap_or(path)
        .split('/')
        .collect()
}

/// What a file uses of its own crate.
#[derive(Debug, Default, PartialEq)]
struct Uses {
    /// The modules right below the crate's root, sorted, each once.
    modules: Vec<String>,
    /// The glob imports, as `crate::site::*`.
    globs: Vec<String>,
}

/// Finds `crate::a`, `crate::{a, b::c}`, `bindery::a` (as the binary says it) and `super::` where it climbs to
/// the root, in `use` or in line, in code without comments.
fn scan(code: &str, module: &[&str]) -> Uses {
    let tokens = tokens(code);
    let mut uses = Uses::default();
    for (at, token) in tokens.iter().enumerate() {
        // Inside a path it is another's name; a leading `::` is not inside.
        if at > 1 && tokens[at - 1] == "::" && is_word(tokens[at - 2]) && tokens[at - 2] != "use" {
            continue;
        }
        // How deep below the crate's root the path begins.
        let mut depth = match *token {
            "crate" | "bindery" => 0,
            "super" => module.len().saturating_sub(1),
            _ => continue,
        };
        let mut next = at + 1;
        while tokens.get(next) == Some(&"::") && tokens.get(next + 1) == Some(&"super") {
            depth = depth.saturating_sub(1);
            next += 2;
        }
        if depth == 0 && tokens.get(next) == Some(&"::") {
            heads(&tokens[next + 1..], &mut uses.modules);
        }
    }
    uses.modules.sort();
    uses.modules.dedup();

    for (at, _) in tokens.iter().enumerate().filter(|(_, t)| **t == "use") {
        let statement: Vec<&str> = tokens[at + 1..]
            .iter()
            .take_while(|t| **t != ";")
            .copied()
            .collect();
        // `impl Trait + use<'a>` imports nothing.
        let imports = statement.first() != Some(&"<");
        let ours = statement
            .iter()
            .any(|t| ["crate", "bindery", "super", "self"].contains(t));
        if imports && ours && statement.contains(&"*") {
            uses.globs.push(statement.concat());
        }
    }
    uses
}

/// The first segments of a use tree: one, or those of a group.
fn heads(tokens: &[&str], found: &mut Vec<String>) {
    if tokens.first() != Some(&"{") {
        found.extend(tokens.first().map(|head| (*head).to_owned()));
        return;
    }
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            head if depth == 1 && matches!(tokens[at - 1], "{" | ",") => {
                found.push(head.to_owned())
            }
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Identifiers, `::`, and every other character by itself.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let length = match word {
            0 if rest.starts_with("::") => 2,
            0 => first.len_utf8(),
            length => length,
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

/// The text with comments and the insides of literals blanked.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word_before = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if first == '"' {
            string(rest)
        } else if let Some(length) = (!word_before).then(|| raw_string(rest)).flatten() {
            length
        } else if first == '\'' {
            character(rest)
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.push(' ');
        rest = &rest[length..];
    }
    code
}

/// The length of a block comment, which may hold others.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a string with its quotes.
fn string(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => {
                characters.next();
            }
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"…"`, `br#"…"#` and so on; `None` when it is not one.
fn raw_string(text: &str) -> Option<usize> {
    let prefix = text.len() - text.trim_start_matches(['b', 'c']).len();
    let after = text[prefix..].strip_prefix('r').filter(|_| prefix <= 1)?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(prefix + 1 + hashes + 1 + length)
}

/// The length of a character literal, or of the quote alone when it begins a lifetime.
fn character(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => text[3.min(text.len())..].find('\'').map_or(1, |at| at + 4),
        Some(_) => match characters.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// `code` without the items under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const ATTRIBUTE: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(ATTRIBUTE) {
        kept.push_str(&rest[..at]);
        rest = &rest[at + ATTRIBUTE.len()..];
        let mut depth = 0;
        let end = rest.char_indices().find_map(|(at, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            (matches!(c, '}' | ';') && depth == 0).then_some(at + 1)
        });
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    kept + rest
}

#[test]
fn scanner_finds_uses() {
    // The module, its code, the modules it uses, its globs.
    let cases: &[(&str, &str, &[&str], &[&str])] = &[
        ("site", "use crate::path::RelPath;", &["path"], &[]),
        ("site", "pub(crate) use crate::path;", &["path"], &[]),
        ("site", "use crate :: path ;", &["path"], &[]),
        (
            "site",
            "use crate::{path::{RelPath, OutPath}, hash, value as v};",
            &["hash", "path", "value"],
            &[],
        ),
        (
            "site",
            "use {crate::path, std::fmt, crate::hash};",
            &["hash", "path"],
            &[],
        ),
        (
            "site",
            "fn f() -> crate::render::X { crate::build::y() }",
            &["build", "render"],
            &[],
        ),
        ("site", "let x: Vec<crate::path::RelPath>;", &["path"], &[]),
        (
            "site",
            "use ::bindery::path; fn f() -> ::bindery::hash::Digest {}",
            &["hash", "path"],
            &[],
        ),
        ("main", "use bindery::commands;", &["commands"], &[]),
        (
            "site",
            "fn f(&self) -> impl X + use<'_> { self.a * b; }",
            &[],
            &[],
        ),
        (
            "site",
            "macro_rules! m { () => { $crate::path::x } }",
            &["path"],
            &[],
        ),
        // `super` counts only where it reaches the root.
        ("site", "use super::render;", &["render"], &[]),
        ("site/mod", "use super::render;", &["render"], &[]),
        ("site/graph", "use super::address;", &[], &[]),
        (
            "site/graph",
            "use super::super::render::X;",
            &["render"],
            &[],
        ),
        (
            "site/a/b",
            "use super::super::render; use super::super::super::{plan};",
            &["plan"],
            &[],
        ),
        // Not a use of the crate.
        (
            "site",
            "pub(crate) fn f() {} mod crate_ish {} use std::path::Path; use serde::crate_x;",
            &[],
            &[],
        ),
        (
            "site",
            "// crate::render\n//! crate::render\n/// [`crate::render`]\n",
            &[],
            &[],
        ),
        (
            "site",
            "/* crate::a /* crate::b */ crate::c */ use crate::path;",
            &["path"],
            &[],
        ),
        (
            "site",
            r##"let a = "crate::a \" crate::b"; let b = r#"crate::c " crate::d"#; let c = br"crate::e\"; crate::path::x"##,
            &["path"],
            &[],
        ),
        (
            "site",
            r#"let a = '"'; crate::a::x; let b = '"'; let c = '\''; crate::b::x; let d = '\u{22}'; crate::c::x"#,
            &["a", "b", "c"],
            &[],
        ),
        (
            "site",
            "fn f<'a>(x: &'a str) { crate::path::x('\"') }",
            &["path"],
            &[],
        ),
        // Tests.
        (
            "site",
            "use crate::path;\n#[cfg(test)]\nmod tests {\n use crate::render; fn f() { \"}\" }\n}\n",
            &["path"],
            &[],
        ),
        (
            "site",
            "#[cfg(test)]\nmod tests;\nuse crate::path;",
            &["path"],
            &[],
        ),
        (
            "site",
            "#[cfg(test)]\nuse crate::render::{X};\nuse crate::path;",
            &["path"],
            &[],
        ),
        (
            "site",
            "#[cfg(not(test))]\nuse crate::render;",
            &["render"],
            &[],
        ),
        // Globs.
        (
            "site",
            "use crate::path::*;",
            &["path"],
            &["crate::path::*"],
        ),
        (
            "site",
            "use crate::{path::{self, *}};",
            &["path"],
            &["crate::{path::{self,*}}"],
        ),
        ("site", "use crate::*;", &["*"], &["crate::*"]),
        (
            "site/graph",
            "pub use super::*; use self::x::*; use std::fmt::*; let a = b * crate::path::C;",
            &["path"],
            &["super::*", "self::x::*"],
        ),
    ];
    for (path, code, modules, globs) in cases {
        let found = scan(&without_tests(&code_only(code)), &module(path));
        assert_eq!(found.modules, *modules, "{code}");
        assert_eq!(found.globs, *globs, "{code}");
    }
}

#[test]
fn judge_finds_faults() {
    let subject = "//! A subject.\n";
    // The file, what stands under its first line, a part of the only fault or nothing.
    let cases: &[(&str, &str, &str)] = &[
        ("site/graph.rs", "use crate::{path, site::address};", ""),
        ("path.rs", "use crate::render;", "`crate::render` of row 50"),
        (
            "runbook/links.rs",
            "use crate::site::Site;",
            "`crate::site` of row 30",
        ),
        // The same row is not above.
        ("plan.rs", "use crate::check;", "`crate::check` of row 40"),
        ("config.rs", "use crate::value;", ""),
        (
            "value/toml.rs",
            "use crate::config;",
            "`crate::config` of row 10",
        ),
        ("main.rs", "use bindery::commands;", ""),
        ("lib.rs", "pub mod whatever;", ""),
        ("attic.rs", "", "module `attic` is in no row"),
        ("attic/mod.rs", "", "module `attic` is in no row"),
        (
            "site.rs",
            "use crate::attic;",
            "`crate::attic`, which is in no row",
        ),
        (
            "site.rs",
            "use crate::{self as root};",
            "`crate::self`, which is in no row",
        ),
        ("site/graph.rs", "use super::*;", "`use super::*` hides"),
        (
            "site.rs",
            "#![expect(clippy::disallowed_methods, reason = \"r\")]",
            "opts out of `disallowed_methods`",
        ),
        (
            "build.rs",
            "#[allow(clippy::disallowed_types)] fn f() {}",
            "opts out of `disallowed_types`",
        ),
        (
            "publish/lock.rs",
            "#![expect(clippy::disallowed_methods, reason = \"r\")]",
            "",
        ),
        ("site.rs", "// disallowed_methods", ""),
        ("site/tests.rs", "use super::*; use crate::render;", ""),
    ];
    for (path, code, fault) in cases {
        let faults = judge(path, &format!("{subject}{code}\n"));
        match *fault {
            "" => assert!(faults.is_empty(), "{path}: {code}: {faults:?}"),
            fault => assert!(
                faults.len() == 1 && faults[0].contains(fault),
                "{path}: {code}: {faults:?}"
            ),
        }
    }
    for text in [
        "",
        "use std::fmt;\n//! Late.\n",
        "// No subject.\n",
        "\n//! Late.\n",
    ] {
        let faults = judge("site.rs", text);
        assert!(
            faults.len() == 1 && faults[0].contains("first line"),
            "{text:?}: {faults:?}"
        );
    }
}

#[test]
fn no_module_is_in_two_rows() {
    let mut modules: Vec<&str> = ROWS
        .iter()
        .flat_map(|(_, modules)| *modules)
        .copied()
        .collect();
    let count = modules.len();
    modules.sort_unstable();
    modules.dedup();
    assert_eq!(modules.len(), count);
    assert!(ROWS.is_sorted_by(|a, b| a.0 < b.0));
}
