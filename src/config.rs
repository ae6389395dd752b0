//! site.toml as values: what a site says of itself, with a place for each mistake.

mod alerts;
mod catalog;
mod checklists;
pub mod headings;
pub mod services;
mod tasks;
mod vocabulary;

use std::collections::BTreeMap;
use std::ops::Range;

use globset::{Glob, GlobBuilder, GlobMatcher};

use crate::diagnostic::{Checked, Code, Diagnostic, Severity, Span, did_you_mean};
use crate::duration::Duration;
use crate::hash::Digest;
use crate::path::RelPath;
use crate::value::{Codes, Data, Fields, Key, Table, Value, from_toml};

pub use self::alerts::{Alerts, Base, Pattern, RULES_BELOW, folder_of};

pub use self::catalog::read_catalogs;
pub use self::checklists::Checklists;
pub use self::headings::Headings;
pub use self::services::{CATALOGS, Coverage, Service, read_services};
pub use self::tasks::meant_task;

/// The codes that site.toml and theme.toml report with.
pub const CODES: Codes = Codes {
    syntax: Code::ConfigSyntax,
    duplicate: Code::ConfigSyntax,
    key: Code::ConfigKey,
    value: Code::ConfigValue,
};

/// Days after which a review is due when nobody says otherwise (runbooks.md: half a year).
const REVIEW_DAYS: i32 = 180;

/// Schemes that links may have when site.toml does not say.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// The address style: how a page's address looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Addresses {
    /// `db/failover.html`: works from disk.
    File,
    /// `db/failover/`.
    Directory,
}

/// What happens to raw HTML in runbooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RawHtml {
    /// What is safe passes, the rest is shown as text.
    Sanitized,
    /// All of it is shown as text.
    Off,
    /// All of it passes.
    On,
}

/// Options of the Markdown reader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Markdown {
    /// What happens to raw HTML.
    pub raw_html: RawHtml,
    /// `H~2~O` and `x^2^`.
    pub sub_superscript: bool,
    /// `[[id]]` and `![[path]]`.
    pub wikilinks: bool,
    /// Definition lists.
    pub definition_lists: bool,
    /// Bare addresses become links.
    pub autolinks: bool,
}

/// What happens to links that lead out of the content folder to files that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outside {
    /// They are errors: the published site has no such file.
    Error,
    /// They lead to the repository, by `edit_link`'s sibling `source_link`, or are left as text.
    Text,
}

/// Front matter that files get by their place.
#[derive(Clone, Debug)]
pub struct Defaults {
    matcher: GlobMatcher,
    /// The keys and values.
    pub table: Table,
}

/// Levels of classes of findings that differ from their own.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    /// Those of the whole site.
    site: BTreeMap<Code, Severity>,
    /// Those of files that fit a pattern; later ones win.
    by_path: Vec<(GlobMatcher, BTreeMap<Code, Severity>)>,
}

impl Levels {
    /// The level that site.toml gives findings of a class in a file; `None` where it says nothing.
    pub fn get(&self, code: Code, file: Option<&RelPath>) -> Option<Severity> {
        let by_path = file.and_then(|file| {
            let fits = |(matcher, levels): &(GlobMatcher, BTreeMap<Code, Severity>)| {
                let level = levels.get(&code)?;
                matches(matcher, file).then_some(*level)
            };
            self.by_path.iter().rev().find_map(fits)
        });
        by_path.or_else(|| self.site.get(&code).copied())
    }

    /// Whether a class is off everywhere, so that nobody need look for it.
    pub fn is_off(&self, code: Code) -> bool {
        let level = self.site.get(&code).copied().unwrap_or(code.level());
        let somewhere = |(_, levels): &(GlobMatcher, BTreeMap<Code, Severity>)| {
            levels
                .get(&code)
                .is_some_and(|level| *level != Severity::Off)
        };
        level == Severity::Off && !self.by_path.iter().any(somewhere)
    }
}

/// What site.toml says.
#[derive(Clone, Debug)]
pub struct Config {
    /// The name of the site.
    pub title: String,
    /// A sentence about it.
    pub description: String,
    /// Its language, a BCP 47 tag.
    pub language: String,
    /// Where it will be published, ending in a slash; feeds and sitemaps need it.
    pub base_url: Option<String>,
    /// The output folder, relative to the project.
    pub output: String,
    /// The theme's name.
    pub theme: String,
    /// Where that is said.
    pub theme_span: Option<Span>,
    /// The address style.
    pub addresses: Addresses,
    /// How long a review holds.
    pub review_every: Duration,
    /// Options of the Markdown reader.
    pub markdown: Markdown,
    /// The words by which steps are found.
    pub checklists: Checklists,
    /// The words by which the parts of a runbook are known.
    pub headings: Headings,
    /// The task vocabulary: tasks of operation, tasks of maintenance.
    pub tasks: (Vec<String>, Vec<String>),
    /// Required keys: by `all`, a scope or a severity.
    pub required: BTreeMap<String, Vec<String>>,
    /// Where a page's source can be edited; `{path}` stands for its path in the project.
    pub edit_link: Option<String>,
    /// How the preview opens a page's source: an address with `{path}`, maybe `{line}` and `{column}`.
    pub editor: Option<String>,
    /// Schemes that links may have.
    pub schemes: Vec<String>,
    /// What happens to links that leave the content folder.
    pub outside: Outside,
    /// Files of the content folder that are not looked at.
    pub ignore: Vec<GlobMatcher>,
    /// Files that are pages, besides `.md` and `.markdown`.
    pub pages: Vec<GlobMatcher>,
    /// Front matter by place, in order; later ones win.
    pub defaults: Vec<Defaults>,
    /// Levels of classes of findings that differ from their own.
    pub levels: Levels,
    /// Where alert rules lie and how they name their runbooks.
    pub alerts: Alerts,
    /// Services that site.toml itself describes.
    pub services: Vec<Service>,
    /// Where other catalogs of services lie.
    pub catalog: Vec<Pattern>,
    /// What services must have runbooks for.
    pub coverage: Coverage,
    /// Whether the site has a page with the findings of `check`.
    pub report: bool,
    /// Whatever the theme or a template wants to know.
    pub extra: Table,
    /// The identity of all this.
    pub hash: Digest,
}

/// Every key of front matter.
pub const MATTER_KEYS: &[&str] = &[
    "title",
    "scope",
    "id",
    "service",
    "task",
    "alerts",
    "severity",
    "owner",
    "access",
    "risk",
    "duration",
    "kind",
    "params",
    "follow_up",
    "related",
    "aliases",
    "tags",
    "last_reviewed",
    "last_exercised",
    "review_every",
    "status",
    "checklist",
    "weight",
    "description",
    "extra",
];

/// The words of a key that has a few.
type Words<T> = &'static [(&'static str, T)];

const ADDRESSES: Words<Addresses> = &[
    ("file", Addresses::File),
    ("directory", Addresses::Directory),
];
const RAW_HTML: Words<RawHtml> = &[
    ("sanitized", RawHtml::Sanitized),
    ("off", RawHtml::Off),
    ("on", RawHtml::On),
];
const OUTSIDE: Words<Outside> = &[("error", Outside::Error), ("text", Outside::Text)];
const LEVELS: Words<Severity> = &[
    ("error", Severity::Error),
    ("warn", Severity::Warning),
    ("warning", Severity::Warning),
    ("off", Severity::Off),
];

/// The addresses that open a file in an editor, as each one's manual gives them.
const EDITORS: &[(&str, &str)] = &[
    ("vscode", "vscode://file{path}:{line}:{column}"),
    (
        "vscode-insiders",
        "vscode-insiders://file{path}:{line}:{column}",
    ),
    ("vscodium", "vscodium://file{path}:{line}:{column}"),
    ("cursor", "cursor://file{path}:{line}:{column}"),
    ("windsurf", "windsurf://file{path}:{line}:{column}"),
    ("zed", "zed://file{path}:{line}:{column}"),
    (
        "idea",
        "idea://open?file={path}&line={line}&column={column}",
    ),
    (
        "sublime",
        "subl://open?url=file://{path}&line={line}&column={column}",
    ),
    (
        "textmate",
        "txmt://open?url=file://{path}&line={line}&column={column}",
    ),
];

/// Operation's tasks and maintenance's when site.toml does not say (runbooks.md, "Task vocabulary").
const TASKS: (&[&str], &[&str]) = (
    &[
        "health-check",
        "start-stop",
        "deploy",
        "rollback",
        "scale",
        "failover",
        "backup",
        "restore",
        "alert-response",
        "degrade",
        "access",
        "batch-rerun",
    ],
    &[
        "patch",
        "upgrade",
        "cert-rotation",
        "secret-rotation",
        "capacity",
        "data-cleanup",
        "schema-change",
        "recovery-drill",
        "dependency-eol",
        "defect-fix",
        "hardening",
        "decommission",
    ],
);

impl Config {
    /// Reads site.toml's text.
    pub fn read(file: &RelPath, text: &str) -> Checked<Self> {
        let mut diagnostics = Vec::new();
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let table = from_toml(text, 0, file, CODES)
            .collect_into(&mut diagnostics)
            .unwrap_or_default();
        let mut fields = Fields::new(&table, file, CODES);
        let config = Self::from_fields(&mut fields, &table);
        diagnostics.extend(fields.finish());
        Checked::new(config, diagnostics)
    }

    fn from_fields(fields: &mut Fields<'_>, table: &Table) -> Self {
        let text = |fields: &mut Fields<'_>, key| fields.string(key).map(|text| text.value);
        let language = language(fields);
        let title = text(fields, "title").unwrap_or_else(|| "Runbooks".to_owned());
        let base_url = fields.string("base_url").and_then(|url| {
            if let Some(address) = base_address(&url.value) {
                return Some(address);
            }
            fields.diagnostics.push(
                Diagnostic::new(Code::ConfigValue, "`base_url` is not an address")
                    .at_span(&url.span)
                    .help("write it whole: `base_url = \"https://runbooks.example.com/\"`"),
            );
            None
        });
        let (markdown, levels) = (markdown(fields), levels(fields));
        let (schemes, outside, broken) = links(fields);
        let (coverage, required_tasks) = services::coverage(fields);
        let mut config = Self {
            title,
            description: text(fields, "description").unwrap_or_default(),
            base_url,
            output: output(fields),
            theme_span: fields
                .any("theme")
                .map(|(value, file)| Span::new(file, value.span.clone())),
            theme: theme_name(fields),
            addresses: fields
                .one_of("addresses", ADDRESSES)
                .map_or(Addresses::File, |style| style.value),
            review_every: fields
                .duration("review_every")
                .map_or_else(|| Duration::days(REVIEW_DAYS), |duration| duration.value),
            markdown,
            checklists: Checklists::read(fields, &language),
            headings: Headings::read(fields, &language),
            language,
            tasks: tasks(fields),
            required: required(fields),
            edit_link: edit_link(fields),
            editor: preview(fields),
            schemes,
            outside,
            ignore: globs(fields, "ignore"),
            pages: globs(fields, "pages"),
            defaults: defaults(fields),
            levels,
            alerts: alerts::alerts(fields),
            services: services::services(fields),
            catalog: services::catalog(fields),
            coverage,
            report: fields.bool("report").unwrap_or(false),
            extra: fields
                .table("extra")
                .map(|(table, _)| table.clone())
                .unwrap_or_default(),
            hash: Digest::of(table),
        };
        let wrong = services::check_tasks(&required_tasks, &config);
        fields.diagnostics.extend(wrong);
        if let Some(level) = broken {
            for code in [
                Code::BrokenLink,
                Code::MissingAnchor,
                Code::BrokenImage,
                Code::BrokenEmbed,
            ] {
                config.levels.site.entry(code).or_insert(level);
            }
        }
        config
    }

    /// Where the site lies on its server: the path of `base_url`, beginning and ending in a slash.
    pub fn base_path(&self) -> &str {
        self.base_url
            .as_deref()
            .and_then(|url| url.split_once("://"))
            .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]))
            .unwrap_or("/")
    }

    /// Front matter that `path` gets by its place; later defaults win over earlier ones.
    pub fn defaults_for(&self, path: &RelPath) -> Table {
        let mut table = Table::default();
        for default in &self.defaults {
            if matches(&default.matcher, path) {
                for (key, value) in default.table.iter() {
                    table.insert(key.clone(), value.clone());
                }
            }
        }
        table
    }

    /// Whether `path`, below the content folder, is not to be looked at.
    pub fn ignores(&self, path: &RelPath) -> bool {
        self.ignore.iter().any(|matcher| matches(matcher, path))
    }

    /// Whether `path` is a page by its name or by `pages`.
    pub fn is_page(&self, path: &RelPath) -> bool {
        let ending = path.extension().map(str::to_ascii_lowercase);
        matches!(ending.as_deref(), Some("md" | "markdown"))
            // Middleman's `page.html.md.erb`.
            || path.file_name().ends_with(".md.erb")
            || self.pages.iter().any(|matcher| matches(matcher, path))
    }
}

/// Whether a glob fits a path below the content folder; it may also be written from the project's root.
fn matches(matcher: &GlobMatcher, path: &RelPath) -> bool {
    matcher.is_match(path.as_str())
        || path
            .below(&content())
            .is_some_and(|below| matcher.is_match(below))
}

/// The folder that holds the runbooks.
pub fn content() -> RelPath {
    RelPath::root()
        .join("content")
        .unwrap_or_else(RelPath::root)
}

fn glob(
    fields: &mut Fields<'_>,
    text: &str,
    file: &RelPath,
    span: Range<usize>,
) -> Option<GlobMatcher> {
    // A `*` stops at folders' borders, as in .gitignore; `**` does not.
    let built: Result<Glob, _> = GlobBuilder::new(text).literal_separator(true).build();
    match built {
        Ok(glob) => Some(glob.compile_matcher()),
        Err(error) => {
            fields.diagnostics.push(
                Diagnostic::new(
                    Code::ConfigValue,
                    format!("`{text}` is not a pattern: {}", error.kind()),
                )
                .at(file, span)
                .help("write it as `**/drafts/*.md`"),
            );
            None
        }
    }
}

fn globs(fields: &mut Fields<'_>, key: &'static str) -> Vec<GlobMatcher> {
    let texts = fields.strings(key);
    texts
        .iter()
        .filter_map(|text| {
            glob(
                fields,
                &text.value,
                &text.span.file,
                text.span.range.clone(),
            )
        })
        .collect()
}

/// The address of a site as it is used: whole, without what follows its path, ending in a slash. `None` when it is none.
pub fn base_address(text: &str) -> Option<String> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let host = rest.split('/').next().unwrap_or_default();
    let strange = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '"' | '<' | '>' | '\\')
    };
    let fine = !host.is_empty() && !text.contains(strange);
    fine.then(|| format!("{}/", text.trim_end_matches('/')))
}

/// The output folder: site.toml may not send the site out of the project.
fn output(fields: &mut Fields<'_>) -> String {
    const OUTPUT: &str = "public";
    let Some(output) = fields.string("output") else {
        return OUTPUT.to_owned();
    };
    if RelPath::new(&output.value).is_some() {
        return output.value;
    }
    fields.diagnostics.push(
        Diagnostic::new(
            Code::OutputRefused,
            format!("`output` leads out of the project: `{}`", output.value),
        )
        .at_span(&output.span)
        .help("name a folder of the project here; who runs Bindery may name any other with `--output`"),
    );
    OUTPUT.to_owned()
}

fn theme_name(fields: &mut Fields<'_>) -> String {
    let Some(name) = fields.string("theme") else {
        return "default".to_owned();
    };
    let fine = name
        .value
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    if fine && !name.value.is_empty() {
        return name.value;
    }
    fields.diagnostics.push(
        Diagnostic::new(
            Code::ConfigValue,
            format!("`{}` is not the name of a theme", name.value),
        )
        .at_span(&name.span)
        .help("a theme's name is its folder's in `themes`: letters, digits and hyphens"),
    );
    "default".to_owned()
}

fn edit_link(fields: &mut Fields<'_>) -> Option<String> {
    let link = fields.string("edit_link")?;
    if link.value.contains("{path}") {
        return Some(link.value);
    }
    fields.diagnostics.push(
        Diagnostic::new(
            Code::ConfigValue,
            "`edit_link` does not say where the path goes",
        )
        .at_span(&link.span)
        .help("write it as `https://git.example.com/ops/runbooks/edit/main/{path}`"),
    );
    None
}

/// The editor that the preview's links open.
fn preview(fields: &mut Fields<'_>) -> Option<String> {
    let (table, file) = fields.table("preview")?;
    let mut inner = fields.inner(table, file);
    let editor = inner.string("editor").and_then(|editor| {
        let known = EDITORS.iter().find(|(name, _)| *name == editor.value);
        if let Some((_, address)) = known {
            return Some((*address).to_owned());
        }
        let scheme = editor.value.split_once(':').map_or("", |(scheme, _)| scheme);
        let names_a_program = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
            && !["javascript", "data", "vbscript"].contains(&&*scheme.to_ascii_lowercase());
        if names_a_program && editor.value.contains("{path}") {
            return Some(editor.value);
        }
        let names: Vec<&str> = EDITORS.iter().map(|(name, _)| *name).collect();
        inner.diagnostics.push(
            Diagnostic::new(
                Code::ConfigValue,
                format!("`{}` is no editor that is known here", editor.value),
            )
            .at_span(&editor.span)
            .help(did_you_mean(
                &editor.value,
                names.iter().copied(),
                &format!(
                    "known are {}; for another write its address: `myeditor://open?file={{path}}&line={{line}}`",
                    names.join(", ")
                ),
            )),
        );
        None
    });
    fields.absorb(inner);
    editor
}

fn markdown(fields: &mut Fields<'_>) -> Markdown {
    let mut options = Markdown {
        raw_html: RawHtml::Sanitized,
        sub_superscript: false,
        wikilinks: true,
        definition_lists: true,
        autolinks: true,
    };
    if let Some((table, file)) = fields.table("markdown") {
        let mut inner = fields.inner(table, file);
        if let Some(raw_html) = inner.one_of("raw_html", RAW_HTML) {
            options.raw_html = raw_html.value;
        }
        let flags = [
            ("sub_superscript", &mut options.sub_superscript),
            ("wikilinks", &mut options.wikilinks),
            ("definition_lists", &mut options.definition_lists),
            ("autolinks", &mut options.autolinks),
        ];
        for (key, flag) in flags {
            *flag = inner.bool(key).unwrap_or(*flag);
        }
        fields.absorb(inner);
    }
    options
}

/// Whether a browser runs what a link of this scheme, in lower case, leads to. No site can allow one.
pub fn runs_programs(scheme: &str) -> bool {
    matches!(scheme, "javascript" | "data" | "vbscript")
}

fn links(fields: &mut Fields<'_>) -> (Vec<String>, Outside, Option<Severity>) {
    let mut schemes: Vec<String> = SCHEMES.iter().map(ToString::to_string).collect();
    let (mut outside, mut broken) = (Outside::Error, None);
    if let Some((table, file)) = fields.table("links") {
        let mut inner = fields.inner(table, file);
        // What a site allows comes on top: nobody means to forbid https by allowing ssh.
        for scheme in inner.strings("schemes") {
            let name = scheme.value.trim_end_matches("://").trim_end_matches(':');
            let name = name.to_ascii_lowercase();
            if runs_programs(&name) {
                let message = format!("`{name}:` links run programs in the reader's browser");
                inner.diagnostics.push(
                    Diagnostic::new(Code::ConfigValue, message)
                        .at_span(&scheme.span)
                        .help("take it away; no runbook needs it"),
                );
            }
            schemes.push(name);
        }
        outside = inner
            .one_of("outside", OUTSIDE)
            .map_or(outside, |word| word.value);
        broken = inner.one_of("broken", LEVELS).map(|level| level.value);
        fields.absorb(inner);
    }
    (schemes, outside, broken)
}

/// Whether a site with a finding of this class is whole, so that it may be a warning, off or silenced.
pub fn may_pass(code: Code) -> bool {
    code.lenient() || code.level() != Severity::Error
}

fn levels(fields: &mut Fields<'_>) -> Levels {
    let mut levels = Levels::default();
    let Some((table, file)) = fields.table("levels") else {
        return levels;
    };
    for (key, value) in table.iter() {
        if let Data::Table(inner) = &value.data {
            let mut here = BTreeMap::new();
            for (key, value) in inner.iter() {
                here.extend(level(fields, file, key, value));
            }
            if let Some(matcher) = glob(fields, &key.name, file, key.span.clone()) {
                levels.by_path.push((matcher, here));
            }
        } else {
            let said = level(fields, file, key, value);
            levels.site.extend(said);
        }
    }
    levels
}

/// A class and its level, as a line of `[levels]` says.
fn level(
    fields: &mut Fields<'_>,
    file: &RelPath,
    key: &Key,
    value: &Value,
) -> Option<(Code, Severity)> {
    let level = match &value.data {
        Data::String(word) => LEVELS
            .iter()
            .find(|(name, _)| name == word)
            .map(|(_, level)| *level),
        Data::Bool(false) => Some(Severity::Off),
        _ => None,
    };
    let diagnostic = match (Code::named(&key.name), level) {
        (Some(code), Some(level)) if level == Severity::Error || may_pass(code) => {
            return Some((code, level));
        }
        (Some(code), Some(_)) => {
            let message = format!("`{}` stays an error", code.class());
            Diagnostic::new(Code::ConfigValue, message)
                .at(file, key.span.clone())
                .help("a site with such an error is not whole: pages would be lost")
        }
        (None, _) => {
            let classes = Code::ALL.iter().map(|code| code.class());
            let help = did_you_mean(
                &key.name,
                classes,
                "the guide's page on diagnostics lists them all",
            );
            let message = format!("there is no class of findings `{}`", key.name);
            Diagnostic::new(Code::ConfigKey, message)
                .at(file, key.span.clone())
                .help(help)
        }
        (_, None) => Diagnostic::new(Code::ConfigValue, "a level is `error`, `warn` or `off`")
            .at(file, value.span.clone()),
    };
    fields.diagnostics.push(diagnostic);
    None
}

/// The language: a tag of BCP 47, as far as its form goes.
fn language(fields: &mut Fields<'_>) -> String {
    let Some(said) = fields.string("language") else {
        return "en".to_owned();
    };
    let mut parts = said.value.split('-');
    let is_part = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let primary = parts.next().unwrap_or_default();
    let fine = (2..=8).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| is_part(part, 8));
    if !fine {
        let message = format!("`{}` is no language", said.value);
        fields.diagnostics.push(
            Diagnostic::new(Code::ConfigValue, message)
                .at_span(&said.span)
                .help("write a tag such as `en`, `de-CH` or `ja`"),
        );
    }
    said.value
}

fn tasks(fields: &mut Fields<'_>) -> (Vec<String>, Vec<String>) {
    let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (mut operation, mut maintenance) = (owned(TASKS.0), owned(TASKS.1));
    if let Some((table, file)) = fields.table("tasks") {
        let mut inner = fields.inner(table, file);
        for (key, words) in [
            ("operation", &mut operation),
            ("maintenance", &mut maintenance),
        ] {
            let said = inner.strings(key);
            if !said.is_empty() {
                *words = said.into_iter().map(|word| word.value).collect();
            }
        }
        fields.absorb(inner);
    }
    (operation, maintenance)
}

fn required(fields: &mut Fields<'_>) -> BTreeMap<String, Vec<String>> {
    let mut required = BTreeMap::new();
    if let Some((table, file)) = fields.table("required") {
        let mut inner = fields.inner(table, file);
        for key in [
            "all",
            "operation",
            "maintenance",
            "critical",
            "warning",
            "info",
        ] {
            let keys = inner.strings(key);
            for word in &keys {
                if !MATTER_KEYS.contains(&word.value.as_str()) {
                    let help =
                        did_you_mean(&word.value, MATTER_KEYS.iter().copied(), "see the guide");
                    let message = format!("front matter has no key `{}`", word.value);
                    inner.diagnostics.push(
                        Diagnostic::new(Code::ConfigValue, message)
                            .at_span(&word.span)
                            .help(help),
                    );
                }
            }
            if !keys.is_empty() {
                required.insert(
                    key.to_owned(),
                    keys.into_iter().map(|word| word.value).collect(),
                );
            }
        }
        fields.absorb(inner);
    }
    required
}

fn defaults(fields: &mut Fields<'_>) -> Vec<Defaults> {
    let mut defaults = Vec::new();
    for (table, file, span) in fields.tables("defaults") {
        let Some(Value {
            data: Data::String(pattern),
            span,
        }) = table.get("match")
        else {
            fields.diagnostics.push(
                Diagnostic::new(
                    Code::ConfigValue,
                    "these defaults do not say which files they are for",
                )
                .at(file, span)
                .help("add `match = \"**\"` for all files, or `match = \"db/**\"` for a folder"),
            );
            continue;
        };
        if let Some(matcher) = glob(fields, pattern, file, span.clone()) {
            let mut kept = Table::default();
            for (key, value) in table.iter().filter(|(key, _)| key.name != "match") {
                if !MATTER_KEYS.contains(&key.name.as_str()) {
                    let help = did_you_mean(
                        &key.name,
                        MATTER_KEYS.iter().copied(),
                        "a key of your own belongs under `extra`",
                    );
                    let message = format!("front matter has no key `{}`", key.name);
                    fields.diagnostics.push(
                        Diagnostic::new(Code::ConfigKey, message)
                            .at(file, key.span.clone())
                            .help(help),
                    );
                }
                kept.insert(key.clone(), value.clone());
            }
            defaults.push(Defaults {
                matcher,
                table: kept,
            });
        }
    }
    defaults
}
