//! Cases: a folder of input, the real binary, and what came out. Adding a case means adding a folder.
//!
//! `tests/cases/NAME/site` is a project. `expect.toml` says how the binary is run (`command` is `build` unless it is said)
//! and what the HTML must hold; `[quiet]` names for a rule a file that comes near it and in which it must not fire;
//! `findings.txt` holds every finding, and is written anew when BINDERY_UPDATE is set.
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

use std::fs;
use std::path::Path;

use scraper::{ElementRef, Html, Selector};
use support::{Scratch, copy};
use toml::{Table, Value};

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let only = std::env::var("BINDERY_CASE").ok();
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("tests/cases")
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| only.as_ref().is_none_or(|only| name.contains(only)))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    let mut failures = Vec::new();
    for name in &names {
        if let Err(failure) = case(&folder.join(name)) {
            failures.push(format!("{name}: {failure}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases failed\n{}",
        failures.len(),
        names.len(),
        failures.join("\n")
    );
}

/// Every rule of `bindery check` fires in some case, and in some case a file that comes near it is quiet.
#[test]
fn every_rule_has_a_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let (mut findings, mut quiet) = (String::new(), Vec::new());
    for entry in fs::read_dir(folder).expect("tests/cases").flatten() {
        let read = |name| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        findings += &read("findings.txt");
        let expect: Table = read("expect.toml").parse().expect("TOML");
        let near = expect.get("quiet").and_then(Value::as_table);
        quiet.extend(near.into_iter().flat_map(Table::keys).cloned());
    }
    let rules: Vec<&str> = (bindery::diagnostic::Code::ALL.iter())
        .map(|code| code.id())
        // What a build finds has cases of its own.
        .filter(|id| ("BND0312".."BND0400").contains(id) || *id >= "BND0700")
        // They take a network and a history, and tests/check.rs has them, both ways.
        .filter(|id| !["BND0316", "BND0824"].contains(id))
        .collect();
    let silent = rules.iter().filter(|id| !findings.contains(**id));
    let loud = rules
        .iter()
        .filter(|id| !quiet.iter().any(|code| code == **id));
    let (silent, loud): (Vec<_>, Vec<_>) = (silent.collect(), loud.collect());
    assert!(silent.is_empty(), "no case has {silent:?}");
    assert!(loud.is_empty(), "no case is near {loud:?} and quiet");
}

fn case(folder: &Path) -> Result<(), String> {
    let expect: Table = fs::read_to_string(folder.join("expect.toml"))
        .map_err(|error| error.to_string())?
        .parse()
        .map_err(|error| format!("expect.toml: {error}"))?;
    let scratch = Scratch::new();
    copy(&folder.join("site"), scratch.path());
    let strings = |key: &str| -> Vec<String> {
        let list = expect
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        list.iter()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    };
    let arguments = strings("args");
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--format", "json"]);
    let command = expect
        .get("command")
        .and_then(Value::as_str)
        .unwrap_or("build");
    let run = scratch.run(command, &arguments);
    let code = expect.get("exit").and_then(Value::as_integer).unwrap_or(0);
    if run.code.map(i64::from) != Some(code) {
        return Err(format!(
            "exit {:?}, expected {code}\n{}\n{}",
            run.code,
            run.findings().join("\n"),
            run.stderr
        ));
    }
    let found: String = run
        .findings()
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    let file = folder.join("findings.txt");
    if std::env::var_os("BINDERY_UPDATE").is_some() {
        fs::write(&file, &found).map_err(|error| error.to_string())?;
    }
    let wanted = fs::read_to_string(&file).unwrap_or_default();
    if found != wanted {
        return Err(format!(
            "findings differ\n--- expected\n{wanted}--- found\n{found}"
        ));
    }
    let quiet = expect.get("quiet").and_then(Value::as_table);
    for (code, file) in quiet.into_iter().flatten() {
        let file = file.as_str().ok_or("[quiet] names files")?;
        if !folder.join("site").join(file).is_file() {
            return Err(format!("there is no `{file}` to be quiet"));
        }
        if found.contains(&format!(" {code} {file}:")) {
            return Err(format!("{code} fires in `{file}`"));
        }
    }
    let site = scratch.site();
    for name in strings("files") {
        if !site.contains_key(&name) {
            return Err(format!("no file `{name}` among {:?}", site.keys()));
        }
    }
    for name in strings("absent") {
        if site.contains_key(&name) {
            return Err(format!("`{name}` should not be there"));
        }
    }
    for check in expect
        .get("html")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let check = check.as_table().ok_or("[[html]] is a table")?;
        let name = check.get("file").and_then(Value::as_str).ok_or("file")?;
        let bytes = site
            .get(name)
            .ok_or_else(|| format!("no file `{name}` among {:?}", site.keys()))?;
        html(check, &String::from_utf8_lossy(bytes))
            .map_err(|failure| format!("{name}: {failure}"))?;
    }
    for check in expect
        .get("json")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let check = check.as_table().ok_or("[[json]] is a table")?;
        let name = check.get("file").and_then(Value::as_str).ok_or("file")?;
        let json: serde_json::Value = serde_json::from_slice(site.get(name).ok_or("no such file")?)
            .map_err(|error| error.to_string())?;
        let pointer = check.get("at").and_then(Value::as_str).ok_or("at")?;
        let found = json.pointer(pointer).cloned().unwrap_or_default();
        let wanted = check.get("is").and_then(Value::as_str).ok_or("is")?;
        let found = found.to_string();
        if found != wanted {
            return Err(format!("{name} {pointer} is {found}, expected {wanted}"));
        }
    }
    Ok(())
}

/// One assertion on a page: how many elements a selector finds, and what the first of them holds.
fn html(check: &Table, text: &str) -> Result<(), String> {
    let page = Html::parse_document(text);
    let select = check
        .get("select")
        .and_then(Value::as_str)
        .ok_or("select")?;
    let selector = Selector::parse(select).map_err(|error| format!("{select}: {error}"))?;
    let found: Vec<ElementRef<'_>> = page.select(&selector).collect();
    if let Some(count) = check.get("count").and_then(Value::as_integer)
        && found.len() as i64 != count
    {
        let shown: Vec<String> = found.iter().map(|element| element.html()).collect();
        return Err(format!(
            "`{select}` found {} elements, expected {count}\n{}",
            found.len(),
            shown.join("\n")
        ));
    }
    let wants_content = ["text", "contains", "attr"]
        .iter()
        .any(|key| check.contains_key(*key));
    if !wants_content {
        return Ok(());
    }
    let first = found
        .first()
        .ok_or_else(|| format!("`{select}` found nothing in\n{text}"))?;
    let content: String = first.text().collect();
    let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(wanted) = check.get("text").and_then(Value::as_str)
        && content != wanted
    {
        return Err(format!("`{select}` says `{content}`, expected `{wanted}`"));
    }
    if let Some(wanted) = check.get("contains").and_then(Value::as_str)
        && !content.contains(wanted)
    {
        return Err(format!(
            "`{select}` says `{content}`, which lacks `{wanted}`"
        ));
    }
    for (name, wanted) in check
        .get("attr")
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
    {
        let found = first.value().attr(name);
        if found != wanted.as_str() {
            return Err(format!(
                "`{select}` has {name}={found:?}, expected {wanted:?}"
            ));
        }
    }
    Ok(())
}
