//! Front matter as types: what a machine asks about a runbook.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::pattern;
use super::text::{Matter, MatterFormat};
use crate::config::{Config, meant_task};
use crate::diagnostic::{Checked, Code, Diagnostic, Span};
use crate::duration::Duration;
use crate::path::RelPath;
use crate::value::{Codes, Data, Fields, Key, Spanned, Table, Value, from_toml, from_yaml};

/// The codes that front matter reports with.
pub(crate) const CODES: Codes = Codes {
    syntax: Code::MatterSyntax,
    duplicate: Code::MatterDuplicate,
    key: Code::MatterKey,
    value: Code::MatterValue,
};

/// What a runbook is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// It makes the service run now.
    Operation,
    /// It makes the service last.
    Maintenance,
}

impl Scope {
    /// Both, in the order in which they are shown.
    pub const ALL: [Scope; 2] = [Scope::Operation, Scope::Maintenance];

    /// The word in front matter and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Maintenance => "maintenance",
        }
    }
}

/// How grave it is when the alert fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Someone gets up at night.
    Critical,
    /// Today.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// The word in front matter and in labels of alert rules.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// What can go wrong when the runbook is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Little.
    Low,
    /// Some users notice.
    Medium,
    /// Data or the service can be lost.
    High,
}

/// The kinds of maintenance of ISO/IEC 14764.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Mends a fault that was found.
    Corrective,
    /// Mends a fault before it shows.
    Preventive,
    /// Follows a changed surrounding.
    Adaptive,
    /// Adds something.
    Additive,
    /// Makes it better.
    Perfective,
}

/// Where a runbook stands in its life.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not published unless drafts are asked for.
    Draft,
    /// In use.
    #[default]
    Active,
    /// Still there, but no longer to be used.
    Deprecated,
}

impl Status {
    /// The word in front matter.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Deprecated => "deprecated",
        }
    }
}

/// How a checklist is worked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checklist {
    /// Read a step, do it, tick it.
    ReadDo,
    /// Do several steps from memory, then confirm them.
    DoConfirm,
    /// No checklist.
    None,
}

/// A value that the reader fills in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Param {
    /// What it is.
    pub description: String,
    /// What stands in the form at first.
    pub default: Option<String>,
    /// A regular expression that a value must fit.
    pub pattern: Option<String>,
    /// The values to choose from.
    pub options: Vec<String>,
    /// Whether it is never stored.
    pub secret: bool,
}

/// What follows an operation runbook.
#[derive(Clone, Debug, PartialEq, Hash, Serialize, Deserialize)]
pub enum FollowUp {
    /// Nothing was said: a gap.
    Unsaid,
    /// Maintenance runbooks, by id.
    Runbooks(Vec<Spanned<String>>),
    /// Nothing, for this reason.
    None(String),
}

/// All front matter of one page, defaults filled in.
#[derive(Clone, Debug, PartialEq, Hash, Serialize, Deserialize)]
pub struct FrontMatter {
    /// `title`, when it is said.
    pub title: Option<String>,
    /// `scope`; empty when neither the page nor a default says one.
    pub scope: Vec<Scope>,
    /// Whether the page itself says its scope.
    pub own_scope: bool,
    /// Whether what is said of the scope could not be understood; that is reported already.
    pub wrong_scope: bool,
    /// `id`, when it is said.
    pub id: Option<Spanned<String>>,
    /// `service`, when it is said.
    pub service: Vec<Spanned<String>>,
    /// `task`.
    pub task: Option<String>,
    /// `alerts`.
    pub alerts: Vec<Spanned<String>>,
    /// `severity`.
    pub severity: Option<Severity>,
    /// `owner`.
    pub owner: Option<String>,
    /// `access`.
    pub access: Vec<String>,
    /// `risk`.
    pub risk: Option<Risk>,
    /// `duration`.
    pub duration: Option<Duration>,
    /// `kind`.
    pub kind: Option<Kind>,
    /// `params`, in the order written.
    pub params: Vec<(String, Param)>,
    /// `follow_up`.
    pub follow_up: FollowUp,
    /// `related`.
    pub related: Vec<Spanned<String>>,
    /// `aliases`.
    pub aliases: Vec<Spanned<String>>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `last_reviewed`.
    pub last_reviewed: Option<Date>,
    /// `last_exercised`.
    pub last_exercised: Option<Date>,
    /// `review_every`, or the site's.
    pub review_every: Duration,
    /// `status`.
    pub status: Status,
    /// `checklist`, when it is said.
    pub checklist: Option<Checklist>,
    /// `weight`.
    pub weight: i64,
    /// `description`.
    pub description: Option<String>,
    /// `extra`.
    pub extra: Table,
}

/// What another generator's key means here.
enum Foreign {
    /// Nothing, but it is no mistake; it is kept under `extra`.
    Kept,
    /// The same as this key of ours.
    Is(&'static str),
    /// `true` means a draft.
    Draft,
}

/// Keys of Hugo, Jekyll, MkDocs Material, Docusaurus, Middleman's tech-docs and GitHub's issue templates.
fn foreign(key: &str) -> Option<Foreign> {
    Some(match key {
        "draft" => Foreign::Draft,
        "last_reviewed_on" => Foreign::Is("last_reviewed"),
        "review_in" => Foreign::Is("review_every"),
        "owner_slack" => Foreign::Is("owner"),
        "redirect_from" => Foreign::Is("aliases"),
        "sidebar_position" | "nav_order" => Foreign::Is("weight"),
        "type"
        | "layout"
        | "slug"
        | "url"
        | "permalink"
        | "date"
        | "lastmod"
        | "publishDate"
        | "expiryDate"
        | "menu"
        | "linkTitle"
        | "linktitle"
        | "categories"
        | "keywords"
        | "author"
        | "authors"
        | "summary"
        | "images"
        | "toc"
        | "hide"
        | "icon"
        | "template"
        | "parent"
        | "has_children"
        | "sidebar_label"
        | "sidebar_class_name"
        | "hide_title"
        | "hide_table_of_contents"
        | "pagination_next"
        | "pagination_prev"
        | "hide_footer"
        | "cascade"
        | "outputs"
        | "markup"
        | "resources"
        | "name"
        | "about"
        | "labels"
        | "assignees"
        | "published"
        | "header"
        | "sidebar" => Foreign::Kept,
        // hugo-book's parameters.
        _ if key.starts_with("book") && key[4..].starts_with(|c: char| c.is_ascii_uppercase()) => {
            Foreign::Kept
        }
        _ => return None,
    })
}

const SCOPES: &[(&str, Scope)] = &[
    ("operation", Scope::Operation),
    ("maintenance", Scope::Maintenance),
];
const SEVERITIES: &[(&str, Severity)] = &[
    ("critical", Severity::Critical),
    ("warning", Severity::Warning),
    ("info", Severity::Info),
];
const RISKS: &[(&str, Risk)] = &[
    ("low", Risk::Low),
    ("medium", Risk::Medium),
    ("high", Risk::High),
];
const KINDS: &[(&str, Kind)] = &[
    ("corrective", Kind::Corrective),
    ("preventive", Kind::Preventive),
    ("adaptive", Kind::Adaptive),
    ("additive", Kind::Additive),
    ("perfective", Kind::Perfective),
];
const STATUSES: &[(&str, Status)] = &[
    ("draft", Status::Draft),
    ("active", Status::Active),
    ("deprecated", Status::Deprecated),
];
const CHECKLISTS: &[(&str, Checklist)] = &[
    ("read-do", Checklist::ReadDo),
    ("do-confirm", Checklist::DoConfirm),
    ("none", Checklist::None),
];

/// Reads the front matter of `file`, whose whole text is `text`.
pub(crate) fn read(
    file: &RelPath,
    text: &str,
    matter: Option<&Matter>,
    config: &Config,
) -> Checked<FrontMatter> {
    let mut diagnostics = Vec::new();
    let own = match matter {
        None => Table::default(),
        Some(matter) => {
            let (inner, offset) = (&text[matter.range.clone()], matter.range.start);
            let table = match matter.format {
                MatterFormat::Toml => from_toml(inner, offset, file, CODES),
                MatterFormat::Yaml => from_yaml(inner, offset, file, CODES),
            };
            table.collect_into(&mut diagnostics).unwrap_or_default()
        }
    };
    let own = translated(own);
    let defaults = config.defaults_for(file);
    let site = RelPath::root()
        .join("site.toml")
        .unwrap_or_else(RelPath::root);
    let mut fields = Fields::new(&own, file, CODES).or(&defaults, &site);
    let read = from_fields(&mut fields, config);
    diagnostics.extend(fields.finish_but(|key| foreign(key).is_some()));
    Checked::new(read, diagnostics)
}

/// Renames other generators' keys to ours, where ours is not said, and keeps the rest under `extra`.
fn translated(own: Table) -> Table {
    if own.iter().all(|(key, _)| foreign(&key.name).is_none()) {
        return own;
    }
    let mut table = own.clone();
    let mut extra = match own.get("extra") {
        Some(Value {
            data: Data::Table(extra),
            ..
        }) => extra.clone(),
        _ => Table::default(),
    };
    let mut extra_span = None;
    for (key, value) in own.iter() {
        match foreign(&key.name) {
            Some(Foreign::Is(ours)) if own.get(ours).is_none() => {
                table.insert(
                    Key {
                        name: ours.to_owned(),
                        span: key.span.clone(),
                    },
                    value.clone(),
                );
            }
            Some(Foreign::Draft)
                if own.get("status").is_none() && value.data == Data::Bool(true) =>
            {
                let status = Value {
                    data: Data::String("draft".to_owned()),
                    span: value.span.clone(),
                };
                table.insert(
                    Key {
                        name: "status".to_owned(),
                        span: key.span.clone(),
                    },
                    status,
                );
            }
            Some(Foreign::Kept) if extra.get(&key.name).is_none() => {
                extra_span.get_or_insert(value.span.clone());
                extra.insert(key.clone(), value.clone());
            }
            _ => {}
        }
    }
    if let Some(span) = extra_span {
        let key = Key {
            name: "extra".to_owned(),
            span: span.clone(),
        };
        table.insert(
            key,
            Value {
                data: Data::Table(extra),
                span,
            },
        );
    }
    table
}

fn from_fields(fields: &mut Fields<'_>, config: &Config) -> FrontMatter {
    let own_scope = fields.says("scope");
    let found = fields.diagnostics.len();
    let scope = scope(fields);
    let wrong_scope = scope.is_empty() && fields.diagnostics.len() > found;
    let kind = fields.one_of("kind", KINDS);
    if let Some(kind) = &kind
        && scope == [Scope::Operation]
    {
        fields.diagnostics.push(
            Diagnostic::new(
                Code::KindOperation,
                "`kind` is maintenance's, and this page's scope is operation",
            )
            .at_span(&kind.span)
            .help("take it away, or set `scope = [\"operation\", \"maintenance\"]`"),
        );
    }
    let plain =
        |texts: Vec<Spanned<String>>| texts.into_iter().map(|text| text.value).collect::<Vec<_>>();
    FrontMatter {
        title: fields
            .string("title")
            .map(|text| text.value)
            .filter(|title| !title.trim().is_empty()),
        own_scope,
        wrong_scope,
        scope,
        id: id(fields),
        service: fields.strings("service"),
        task: task(fields, config),
        alerts: fields.strings("alerts"),
        severity: fields.one_of("severity", SEVERITIES).map(|word| word.value),
        owner: fields.string("owner").map(|text| text.value),
        access: plain(fields.strings("access")),
        risk: fields.one_of("risk", RISKS).map(|word| word.value),
        duration: fields.duration("duration").map(|duration| duration.value),
        kind: kind.map(|word| word.value),
        params: params(fields),
        follow_up: follow_up(fields),
        related: fields.strings("related"),
        aliases: fields.strings("aliases"),
        tags: tags(fields),
        last_reviewed: fields.date("last_reviewed").map(|date| date.value),
        last_exercised: fields.date("last_exercised").map(|date| date.value),
        review_every: fields
            .duration("review_every")
            .map_or_else(|| config.review_every.clone(), |duration| duration.value),
        status: fields
            .one_of("status", STATUSES)
            .map(|word| word.value)
            .unwrap_or_default(),
        checklist: fields
            .one_of("checklist", CHECKLISTS)
            .map(|word| word.value),
        weight: fields.integer("weight").unwrap_or(0),
        description: fields.string("description").map(|text| text.value),
        extra: fields
            .table("extra")
            .map(|(table, _)| table.clone())
            .unwrap_or_default(),
    }
}

fn scope(fields: &mut Fields<'_>) -> Vec<Scope> {
    let mut scope: Vec<Scope> = Vec::new();
    for word in fields.strings("scope") {
        if word.value == "both" {
            fields.diagnostics.push(
                Diagnostic::new(Code::MatterValue, "`both` is not a value of `scope`")
                    .at_span(&word.span)
                    .help("name the two: `[operation, maintenance]`, in TOML `[\"operation\", \"maintenance\"]`"),
            );
            continue;
        }
        if let Some(read) = fields.word("scope", &word, SCOPES)
            && !scope.contains(&read.value)
        {
            scope.push(read.value);
        }
    }
    scope.sort_unstable();
    scope
}

fn id(fields: &mut Fields<'_>) -> Option<Spanned<String>> {
    let id = fields.string("id")?;
    let fine = id
        .value
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if fine && !id.value.is_empty() {
        return Some(id);
    }
    fields.diagnostics.push(
        Diagnostic::new(Code::MatterValue, format!("`{}` is not an id", id.value))
            .at_span(&id.span)
            .help(format!(
                "an id is lower-case letters, digits and hyphens: `{}`",
                crate::slug::id(&id.value)
            )),
    );
    None
}

fn task(fields: &mut Fields<'_>, config: &Config) -> Option<String> {
    let task = fields.string("task")?;
    let (operation, maintenance) = &config.tasks;
    let known = || operation.iter().chain(maintenance).map(String::as_str);
    if known().any(|word| word == task.value) {
        return Some(task.value);
    }
    let otherwise = format!(
        "tasks are {}; `[tasks]` in site.toml changes them",
        known().collect::<Vec<_>>().join(", ")
    );
    fields.diagnostics.push(
        Diagnostic::new(Code::MatterValue, format!("`{}` is not a task", task.value))
            .at_span(&task.span)
            .help(meant_task(&task.value, known(), &otherwise)),
    );
    None
}

/// Tags, each once, in the order written.
fn tags(fields: &mut Fields<'_>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in fields.strings("tags") {
        let tag = tag.value.trim();
        if !tag.is_empty() && !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

fn follow_up(fields: &mut Fields<'_>) -> FollowUp {
    let Some((value, file)) = fields.any("follow_up") else {
        return FollowUp::Unsaid;
    };
    let unsaid = || {
        let message = "`follow_up` says neither what follows nor why nothing does";
        Diagnostic::new(Code::MatterValue, message)
            .at(file, value.span.clone())
            .help("write `follow_up = [\"an-id\"]` or `follow_up = { none = \"the reason\" }`")
    };
    match &value.data {
        Data::Table(table) => {
            let mut inner = fields.inner(table, file);
            let reason = inner.string("none");
            fields.absorb(inner);
            match reason {
                Some(reason) if !reason.value.trim().is_empty() => FollowUp::None(reason.value),
                _ => {
                    fields.diagnostics.push(unsaid());
                    FollowUp::Unsaid
                }
            }
        }
        Data::List(ids) if ids.is_empty() => {
            fields.diagnostics.push(unsaid());
            FollowUp::Unsaid
        }
        _ => FollowUp::Runbooks(fields.texts(value, file, "follow_up")),
    }
}

/// What of a parameter no browser could take.
fn wrong_param(
    default: Option<&Spanned<String>>,
    pattern: Option<&Spanned<String>>,
    options: &[Spanned<String>],
    secret: bool,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut wrong = |at: &Spanned<String>, message: String, help: &str| {
        let diagnostic = Diagnostic::new(Code::MatterValue, message).at_span(&at.span);
        found.push(diagnostic.help(help));
    };
    let unread = pattern.and_then(|pattern| pattern::trouble(&pattern.value));
    if let (Some(pattern), Some(trouble)) = (pattern, &unread) {
        wrong(
            pattern,
            format!("`pattern` is no regular expression that a browser can read: {trouble}"),
            "write it as JavaScript does, such as `[A-Za-z0-9.-]+`; the whole value must fit it",
        );
    }
    let Some(default) = default else { return found };
    let value = &default.value;
    if secret {
        wrong(
            default,
            "`default` of a secret would be read by everyone who can see the page".to_owned(),
            "take it away: whoever runs this fills it in, and it is never stored",
        );
    } else if value
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    {
        wrong(
            default,
            "`default` is not one line of text".to_owned(),
            "a value is put into commands, where a newline would end one",
        );
    } else if !options.is_empty() && !options.iter().any(|option| option.value == *value) {
        wrong(
            default,
            format!("`default` is `{value}`, which is none of its `options`"),
            "add it to `options`, or choose one of them",
        );
    } else if let Some(pattern) = pattern
        && unread.is_none()
        && !value.is_empty()
        && !pattern::fits(&pattern.value, value)
    {
        wrong(
            default,
            format!("`default` is `{value}`, which does not fit its `pattern`"),
            "the whole value must fit the pattern",
        );
    }
    found
}

fn params(fields: &mut Fields<'_>) -> Vec<(String, Param)> {
    let Some((table, file)) = fields.table("params") else {
        return Vec::new();
    };
    let mut params = Vec::new();
    let mut names: BTreeMap<&str, Span> = BTreeMap::new();
    for (key, value) in table.iter() {
        names.insert(&key.name, Span::new(file, key.span.clone()));
        let param = match &value.data {
            Data::Table(table) => {
                let mut inner = fields.inner(table, file);
                let description = inner.string("description");
                let default = inner.string("default");
                let pattern = inner.string("pattern");
                let options = inner.strings("options");
                let secret = inner.bool("secret").unwrap_or(false);
                let wrong = wrong_param(default.as_ref(), pattern.as_ref(), &options, secret);
                inner.diagnostics.extend(wrong);
                fields.absorb(inner);
                Param {
                    description: description.map(|text| text.value).unwrap_or_default(),
                    // Reported, and published nowhere.
                    default: default.filter(|_| !secret).map(|text| text.value),
                    pattern: pattern.map(|text| text.value),
                    options: options.into_iter().map(|text| text.value).collect(),
                    secret,
                }
            }
            Data::String(description) => Param {
                description: description.clone(),
                ..Param::default()
            },
            Data::Null => Param::default(),
            _ => {
                fields.wrong::<()>(
                    value,
                    file,
                    &key.name,
                    "a table",
                    "namespace = { description = \"...\" }",
                );
                continue;
            }
        };
        params.push((key.name.clone(), param));
    }
    params
}
