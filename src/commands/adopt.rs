//! A folder of Markdown that is there already becomes a site: what it is, where its pages lie, what they lack.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that looks at a folder and writes its site.toml"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

use walkdir::WalkDir;

use super::Exit;
use super::files::{begin, quoted};
use super::project::{Project, today};
use super::words::{counted, shown};
use crate::build::{Memo, Planned, plan};
use crate::config::{CATALOGS, may_pass};
use crate::diagnostic::{Checked, Code, Severity};
use crate::path::RelPath;
use crate::snapshot::Env;
use crate::source::Touched;
use crate::value::{Codes, Data, Table, documents_from_yaml, from_toml, from_yaml};

/// Folders that hold no runbooks, whatever Markdown lies in them.
const NOT_CONTENT: [&str; 10] = [
    "content",
    "themes",
    "public",
    "node_modules",
    "target",
    "vendor",
    "dist",
    "build",
    "templates",
    "site",
];
/// Endings of text that is no Markdown, or more than that.
const TEXTS: [&str; 6] = ["mdx", "rst", "adoc", "asciidoc", "org", "textile"];
/// Words in the name of a folder by which its runbooks are maintenance.
const MAINTENANCE: [&str; 12] = [
    "maintenance",
    "upgrade",
    "patch",
    "rotation",
    "rotate",
    "release",
    "migration",
    "decommission",
    "capacity",
    "architecture",
    "decision",
    "adr",
];
/// Rounds in which what is wrong is made a warning: a finding may hide others.
const ROUNDS: usize = 12;
/// The codes for files of other tools; what is wrong in them is theirs.
const CODES: Codes = Codes {
    syntax: Code::ConfigSyntax,
    duplicate: Code::ConfigSyntax,
    key: Code::ConfigKey,
    value: Code::ConfigValue,
};

/// What a folder was found to be.
struct Found {
    /// What made it.
    maker: &'static str,
    /// The file that says so.
    file: Option<&'static str>,
    title: Option<String>,
    base_url: Option<String>,
    language: Option<String>,
    description: Option<String>,
    edit_link: Option<String>,
    /// Where its pages lie, from its root; empty for the root itself.
    pages: String,
    /// Keys of its configuration that nothing was made of.
    left: Vec<String>,
    /// The service that its pages are about.
    service: Option<String>,
}

/// Makes a site of `root`.
pub(super) fn adopt(root: &Path, title: Option<&str>) -> Exit {
    let mut err = anstream::stderr().lock();
    if !root.is_dir() {
        let _ = writeln!(err, "there is no folder {}", shown(root));
        return Exit::Usage;
    }
    if root.join("site.toml").exists() {
        let _ = writeln!(err, "{} is there already", shown(&root.join("site.toml")));
        return Exit::Usage;
    }
    let found = look(root);
    let links = match place(root, &found.pages) {
        Ok(links) => links,
        Err(why) => {
            let _ = writeln!(err, "{why}");
            return Exit::Usage;
        }
    };
    let folders = folders(root, &found.pages);
    let mut levels: BTreeSet<Code> = BTreeSet::new();
    let mut text = site_toml(root, title, &found, &folders, &levels);
    let Ok(()) = begin(&root.join("site.toml"), &text) else {
        let _ = writeln!(err, "{} cannot be written", shown(&root.join("site.toml")));
        return Exit::Errors;
    };
    let mut planned = None;
    for _ in 0..ROUNDS {
        let Some(made) = planned_of(root) else { break };
        let errors: BTreeSet<Code> = (made.diagnostics.iter())
            .filter(|found| found.severity == Severity::Error && may_pass(found.code))
            .map(|found| found.code)
            .collect();
        let more = errors.iter().any(|code| levels.insert(*code));
        planned = Some(made);
        if !more {
            break;
        }
        text = site_toml(root, title, &found, &folders, &levels);
        // It is ours: it was made a moment ago.
        if fs::write(root.join("site.toml"), &text).is_err() {
            break;
        }
    }
    let _ = writeln!(
        anstream::stdout().lock(),
        "{}",
        shown(&root.join("site.toml"))
    );
    let left_out = left_out(&root.join(&found.pages));
    tell(&found, &links, &left_out, planned.as_ref(), &mut err);
    Exit::Success
}

fn planned_of(root: &Path) -> Option<Checked<Planned>> {
    let project = Project::find(Some(root), None, &[]).ok()?;
    let env = Env {
        today: today().ok()?,
        log: std::sync::Arc::default(),
        drafts: true,
        lenient: false,
        base_url: None,
    };
    let snapshot = project.snapshot(None, &Touched::Everything);
    Some(plan(snapshot, &env, &mut Memo::default()))
}

/// Says what was understood and what was not.
fn tell(
    found: &Found,
    links: &[String],
    left_out: &BTreeMap<String, usize>,
    planned: Option<&Checked<Planned>>,
    err: &mut impl Write,
) {
    let by = found
        .file
        .map(|file| format!(", as {file} says"))
        .unwrap_or_default();
    let _ = writeln!(err, "understood: {}{by}", found.maker);
    for (what, said) in [
        ("title", &found.title),
        ("base_url", &found.base_url),
        ("language", &found.language),
        ("edit_link", &found.edit_link),
        ("service", &found.service),
    ] {
        if let Some(said) = said {
            let _ = writeln!(err, "  {what}: {said}");
        }
    }
    if !links.is_empty() {
        let _ = writeln!(err, "  linked into `content`: {}", links.join(", "));
    }
    let Some(planned) = planned else { return };
    let site = &planned.value.site;
    let runbooks = site.pages.iter().filter(|page| page.is_runbook()).count();
    let _ = writeln!(
        err,
        "  {}, {}, {}",
        counted(runbooks, "runbook"),
        counted(site.sections.len(), "section"),
        counted(site.services.known.len(), "service"),
    );
    if !found.left.is_empty() {
        let _ = writeln!(
            err,
            "not understood: {} of {}",
            found.left.join(", "),
            found.file.unwrap_or("its configuration")
        );
    }
    for (ending, count) in left_out {
        let _ = writeln!(
            err,
            "left out: {}, which Bindery does not take for Markdown; `pages = [\"**/*.{ending}\"]` in site.toml takes them as it",
            counted(*count, &format!(".{ending} file")),
        );
    }
    let mut counts: BTreeMap<(Severity, Code), usize> = BTreeMap::new();
    for found in &planned.diagnostics {
        *counts.entry((found.severity, found.code)).or_default() += 1;
    }
    if !counts.is_empty() {
        let _ = writeln!(
            err,
            "to be mended in the pages (`bindery build` shows where):"
        );
        for ((severity, code), count) in counts {
            let level = match severity {
                Severity::Error => "error  ",
                _ => "warning",
            };
            let _ = writeln!(err, "  {level} {count:>5}  {}  {}", code.id(), code.about());
        }
    }
    let _ = writeln!(
        err,
        "every page counts as operation unless its folder's name says maintenance: look at `[[defaults]]` in site.toml"
    );
}

/// What a folder is.
fn look(root: &Path) -> Found {
    let read = |name: &str| fs::read_to_string(root.join(name)).ok();
    let mut found = Found {
        maker: "a folder of Markdown",
        file: None,
        title: None,
        base_url: None,
        language: None,
        description: None,
        edit_link: None,
        pages: String::new(),
        left: Vec::new(),
        service: None,
    };
    for name in ["mkdocs.yml", "mkdocs.yaml"] {
        if let Some(text) = read(name) {
            let table = yaml(&text);
            found.maker = if table_of(&table, "plugins", "techdocs-core")
                || root.join("catalog-info.yaml").is_file()
            {
                "Backstage TechDocs"
            } else {
                "MkDocs"
            };
            found.service = CATALOGS
                .iter()
                .find_map(|name| documented_here(&read(name)?));
            found.file = Some(name);
            found.pages = text_of(&table, "docs_dir").unwrap_or_else(|| "docs".to_owned());
            take(
                &mut found,
                &table,
                ["site_name", "site_url", "site_description", "docs_dir"],
            );
            let repository = text_of(&table, "repo_url");
            let edit = text_of(&table, "edit_uri")
                .unwrap_or_else(|| format!("edit/master/{}/", found.pages));
            found.edit_link = repository.map(|repository| {
                let base = format!(
                    "{}/{}",
                    repository.trim_end_matches('/'),
                    edit.trim_matches('/')
                );
                // MkDocs counts from the pages' folder, Bindery from the root.
                let base = base
                    .strip_suffix(found.pages.trim_matches('/'))
                    .unwrap_or(&base);
                format!("{}/{{path}}", base.trim_end_matches('/'))
            });
            let known = ["repo_url", "edit_uri"];
            found.left.retain(|key| !known.contains(&key.as_str()));
            return found;
        }
    }
    for name in [
        "hugo.toml",
        "config.toml",
        "hugo.yaml",
        "hugo.yml",
        "config.yaml",
        "config.yml",
    ] {
        let Some(text) = read(name) else { continue };
        let table = if name.ends_with("toml") {
            toml(&text)
        } else {
            yaml(&text)
        };
        if !root.join("content").is_dir() && text_of(&table, "contentDir").is_none() {
            continue;
        }
        found.maker = "Hugo";
        found.file = Some(name);
        found.pages = text_of(&table, "contentDir").unwrap_or_else(|| "content".to_owned());
        found.language = text_of(&table, "languageCode");
        take(
            &mut found,
            &table,
            ["title", "baseURL", "description", "contentDir"],
        );
        found.left.retain(|key| key != "languageCode");
        return found;
    }
    for name in [
        "docusaurus.config.js",
        "docusaurus.config.ts",
        "docusaurus.config.mjs",
    ] {
        let Some(text) = read(name) else { continue };
        found.maker = "Docusaurus";
        found.file = Some(name);
        found.title = js_string(&text, "title");
        found.base_url = js_string(&text, "url").map(|url| {
            let base = js_string(&text, "baseUrl").unwrap_or_default();
            format!(
                "{}/{}",
                url.trim_end_matches('/'),
                base.trim_start_matches('/')
            )
        });
        found.pages = js_string(&text, "path").unwrap_or_else(|| "docs".to_owned());
        found.left = vec!["everything but title, url, baseUrl and path".to_owned()];
        return found;
    }
    if root.join("config/tech-docs.yml").is_file() {
        let table = yaml(&read("config/tech-docs.yml").unwrap_or_default());
        found.maker = "a Middleman site of GOV.UK's tech-docs";
        found.file = Some("config/tech-docs.yml");
        found.pages = "source".to_owned();
        take(
            &mut found,
            &table,
            ["service_name", "host", "description", ""],
        );
        return found;
    }
    // GitLab keeps its documentation in `doc`, others in `docs`; a folder of them beside other text is taken whole.
    if let Some(folder) = ["content", "runbooks", "docs", "doc", "source"]
        .into_iter()
        .find(|name| root.join(name).is_dir() && holds_pages(&root.join(name)))
        && !others_hold_pages(root, folder)
    {
        found.maker = if folder == "doc" {
            "a repository that keeps its text in `doc`, as GitLab does"
        } else {
            "a repository with a folder of Markdown"
        };
        found.pages = folder.to_owned();
    }
    found
}

/// Takes over what every configuration says: title, address, description; the rest is left.
fn take(found: &mut Found, table: &Table, keys: [&str; 4]) {
    found.title = text_of(table, keys[0]);
    found.base_url =
        text_of(table, keys[1]).filter(|url| crate::config::base_address(url).is_some());
    found.description = text_of(table, keys[2]);
    let left = table.iter().map(|(key, _)| key.name.clone());
    found.left = left.filter(|key| !keys.contains(&key.as_str())).collect();
}

fn yaml(text: &str) -> Table {
    // MkDocs writes `!!python/name:`, which is no plain YAML; such a value is none of ours.
    let plain: String = (text.lines())
        .map(|line| match line.find("!!python") {
            Some(at) => format!("{}\n", &line[..at]),
            None => format!("{line}\n"),
        })
        .collect();
    from_yaml(&plain, 0, &RelPath::root(), CODES)
        .value
        .unwrap_or_default()
}

fn toml(text: &str) -> Table {
    from_toml(text, 0, &RelPath::root(), CODES)
        .value
        .unwrap_or_default()
}

fn text_of(table: &Table, key: &str) -> Option<String> {
    match &table.get(key)?.data {
        Data::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// Whether a list under `key` holds `name`, alone or as the key of a table.
fn table_of(table: &Table, key: &str, name: &str) -> bool {
    let Some(Data::List(items)) = table.get(key).map(|value| &value.data) else {
        return false;
    };
    items.iter().any(|item| match &item.data {
        Data::String(text) => text == name,
        Data::Table(inner) => inner.get(name).is_some(),
        _ => false,
    })
}

/// A string of a JavaScript object, as most write it: `title: 'Docs'`.
fn js_string(text: &str, key: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let rest = line
            .trim_start()
            .strip_prefix(key)?
            .trim_start()
            .strip_prefix(':')?;
        let rest = rest.trim_start();
        let quote = rest
            .chars()
            .next()
            .filter(|c| matches!(c, '\'' | '"' | '`'))?;
        let inner = &rest[1..];
        Some(inner[..inner.find(quote)?].to_owned())
    })
}

fn is_page(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.ends_with(".md") || lower.ends_with(".markdown") || lower.ends_with(".md.erb")
}

fn holds_pages(folder: &Path) -> bool {
    let hidden = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && entry.file_name().as_encoded_bytes().first() == Some(&b'.')
    };
    let mut entries = WalkDir::new(folder)
        .into_iter()
        .filter_entry(|entry| !hidden(entry))
        .flatten();
    entries
        .any(|entry| entry.file_type().is_file() && entry.file_name().to_str().is_some_and(is_page))
}

/// Files below a folder that hold text as other tools write it, by their ending: nobody should think they were taken.
fn left_out(folder: &Path) -> BTreeMap<String, usize> {
    let passes = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name.starts_with('.') || NOT_CONTENT.contains(&&*name))
    };
    let entries = WalkDir::new(folder).into_iter().filter_entry(passes);
    let mut found = BTreeMap::new();
    for entry in entries
        .flatten()
        .filter(|entry| entry.file_type().is_file())
    {
        let ending = entry.path().extension().and_then(|ending| ending.to_str());
        let ending = ending.map(str::to_lowercase).unwrap_or_default();
        if TEXTS.contains(&&*ending) {
            *found.entry(ending).or_default() += 1;
        }
    }
    found
}

/// The component whose documentation a catalog says lies beside it, where that is one alone.
fn documented_here(text: &str) -> Option<String> {
    let documents = documents_from_yaml(text, &RelPath::root(), CODES).value;
    let mut names = documents.iter().filter_map(|document| {
        let Data::Table(document) = &document.data else {
            return None;
        };
        let metadata = document.table("metadata")?;
        let place = text_of(metadata.table("annotations")?, "backstage.io/techdocs-ref")?;
        let is_here = matches!(place.trim_end_matches('/'), "dir:." | "dir:");
        let kind = text_of(document, "kind")?;
        (is_here && kind == "Component").then(|| text_of(metadata, "name"))?
    });
    let name = names.next()?;
    names.next().is_none().then_some(name)
}

/// Whether folders besides `own` hold pages.
fn others_hold_pages(root: &Path, own: &str) -> bool {
    entries(root)
        .iter()
        .any(|name| name != own && root.join(name).is_dir() && holds_pages(&root.join(name)))
}

/// What lies in a folder and may hold runbooks, by name.
fn entries(root: &Path) -> Vec<String> {
    let read = fs::read_dir(root).into_iter().flatten().flatten();
    let names = read.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| !name.starts_with('.') && !NOT_CONTENT.contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

/// Links the pages into `content`, where they do not lie there already. Gives what was linked.
fn place(root: &Path, pages: &str) -> Result<Vec<String>, String> {
    let pages = pages.trim_matches('/').trim_start_matches("./");
    let content = root.join("content");
    if pages == "content" {
        return Ok(Vec::new());
    }
    if content.exists() {
        return Err(format!(
            "{} is there already and holds something else",
            shown(&content)
        ));
    }
    let fail = |error: std::io::Error| format!("{} cannot be made: {error}", shown(&content));
    if !pages.is_empty() {
        if RelPath::new(pages).is_none() || !root.join(pages).is_dir() {
            return Err(format!("there is no folder {}", shown(&root.join(pages))));
        }
        symlink(pages, &content).map_err(fail)?;
        return Ok(vec![pages.to_owned()]);
    }
    let wanted: Vec<String> = entries(root)
        .into_iter()
        .filter(|name| {
            let path = root.join(name);
            (path.is_dir() && holds_pages(&path)) || (path.is_file() && is_page(name))
        })
        .collect();
    if wanted.is_empty() {
        return Err(format!("there is no Markdown in {}", shown(root)));
    }
    fs::create_dir(&content).map_err(fail)?;
    for name in &wanted {
        symlink(Path::new("..").join(name), content.join(name)).map_err(fail)?;
    }
    Ok(wanted)
}

/// The folders right below the pages', by name.
fn folders(root: &Path, pages: &str) -> Vec<String> {
    let folder = root.join(pages);
    let mut names = entries(&folder);
    names.retain(|name| folder.join(name).is_dir());
    names
}

fn site_toml(
    root: &Path,
    title: Option<&str>,
    found: &Found,
    folders: &[String],
    levels: &BTreeSet<Code>,
) -> String {
    let own = root
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("Runbooks");
    let title = title.map(str::to_owned).or_else(|| found.title.clone());
    let mut text = format!(
        "title = {}\n",
        quoted(&title.unwrap_or_else(|| crate::runbook::words(own)))
    );
    for (key, said) in [
        ("description", &found.description),
        ("base_url", &found.base_url),
        ("language", &found.language),
        ("edit_link", &found.edit_link),
    ] {
        if let Some(said) = said {
            text += &format!("{key} = {}\n", quoted(said));
        }
    }
    text += "\n# Links to files that are not published are shown as text.\n[links]\noutside = \"text\"\n";
    text += "\n# Make the service run now, unless the page or a later default says otherwise.\n\
             [[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n";
    if let Some(service) = &found.service {
        text += &format!("service = {}\n", quoted(service));
    }
    for folder in folders {
        let lower = folder.to_lowercase();
        let is = lower.split(|c: char| !c.is_alphanumeric()).any(|word| {
            MAINTENANCE
                .iter()
                .any(|known| word == *known || word.strip_suffix('s') == Some(known))
        });
        if is {
            let mut escaped = String::new();
            for c in folder.chars() {
                if "*?[]{}\\".contains(c) {
                    escaped.push('\\');
                }
                escaped.push(c);
            }
            let pattern = quoted(&format!("{escaped}/**"));
            text += &format!("\n[[defaults]]\nmatch = {pattern}\nscope = \"maintenance\"\n");
        }
    }
    if !levels.is_empty() {
        text += "\n# Found when this file was made. Mend the pages, and take these lines away one by one.\n[levels]\n";
        for code in levels {
            text += &format!("{} = \"warn\"\n", code.class());
        }
    }
    text
}
