//! `[[services]]` of site.toml and services.toml, and `[coverage]`: which services there are and what each must have.

use std::collections::BTreeMap;

use super::alerts::{Pattern, pattern};
use super::tasks::meant_task;
use super::{CODES, Config};
use crate::diagnostic::{Checked, Code, Diagnostic};
use crate::path::RelPath;
use crate::value::{Data, Fields, Spanned, Table, from_toml};

/// The file of the project's root that holds nothing but services.
pub const SERVICES: &str = "services.toml";
/// Backstage's name for its catalog files.
pub const CATALOGS: [&str; 2] = ["catalog-info.yaml", "catalog-info.yml"];

/// A service as a file describes it.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Service {
    /// Its name: what pages say in `service`.
    pub name: Spanned<String>,
    /// What it is, in a sentence.
    pub description: Option<String>,
    /// Who owns it, and its runbooks where they do not say.
    pub owner: Option<String>,
    /// How much depends on it; `[coverage.required]` speaks of it.
    pub tier: Option<String>,
    /// Whom to call, in this order.
    pub escalation: Vec<String>,
    /// Where people are reached: what it is, and the address or number.
    pub contacts: Vec<(String, String)>,
    /// The services it cannot do without.
    pub dependencies: Vec<Spanned<String>>,
    /// Tasks that it never needs, and why.
    pub exempt: Vec<(Spanned<String>, String)>,
    /// Whether it comes from another tool's catalog, so that a description of our own adds to it.
    pub foreign: bool,
}

/// What site.toml says of coverage.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The tasks that a service must have runbooks for, by tier; `all` is every tier.
    pub required: BTreeMap<String, Vec<String>>,
}

impl Coverage {
    /// Whether a service of this tier must have a runbook for `task`.
    pub fn requires(&self, tier: Option<&str>, task: &str) -> bool {
        let has = |key: &str| {
            let tasks = self.required.get(key);
            tasks.is_some_and(|tasks| tasks.iter().any(|wanted| wanted == task))
        };
        has(ALL) || tier.is_some_and(has)
    }
}

/// The key of `[coverage.required]` that concerns every tier.
const ALL: &str = "all";

impl Config {
    /// Whether a file of the project describes services in our own way.
    pub fn is_services(&self, path: &RelPath) -> bool {
        path.as_str() == SERVICES
    }

    /// Whether a file of the project is a catalog of Backstage's.
    pub fn is_catalog(&self, path: &RelPath) -> bool {
        CATALOGS.contains(&path.as_str())
            || (self.catalog.iter()).any(|pattern| pattern.matcher.is_match(path.as_str()))
    }

    /// Every task with its scope's number: 0 is operation, 1 maintenance.
    fn knows_task(&self, task: &str) -> bool {
        let (operation, maintenance) = &self.tasks;
        operation
            .iter()
            .chain(maintenance)
            .any(|known| known == task)
    }
}

/// Reads services.toml.
pub fn read_services(file: &RelPath, text: &str, config: &Config) -> Checked<Vec<Service>> {
    let mut diagnostics = Vec::new();
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let table = from_toml(text, 0, file, CODES)
        .collect_into(&mut diagnostics)
        .unwrap_or_default();
    let mut fields = Fields::new(&table, file, CODES);
    let services = services(&mut fields);
    diagnostics.extend(fields.finish());
    diagnostics.extend(unknown_tasks(&services, config));
    Checked::new(services, diagnostics)
}

/// The services of `[[services]]`.
pub(super) fn services(fields: &mut Fields<'_>) -> Vec<Service> {
    let mut services = Vec::new();
    for (table, file, span) in fields.tables("services") {
        let mut inner = fields.inner(table, file);
        let text = |fields: &mut Fields<'_>, key| fields.string(key).map(|text| text.value);
        let name = inner
            .string("name")
            .filter(|name| !name.value.trim().is_empty());
        if let Some(name) = &name
            && let Some((message, help)) = no_name(&name.value)
        {
            inner.diagnostics.push(
                Diagnostic::new(Code::ConfigValue, message)
                    .at_span(&name.span)
                    .help(help),
            );
        }
        let service = name.map(|name| Service {
            name,
            description: text(&mut inner, "description"),
            owner: text(&mut inner, "owner"),
            tier: tier(&mut inner),
            escalation: (inner.strings("escalation").into_iter())
                .map(|line| line.value)
                .collect(),
            contacts: contacts(&mut inner),
            dependencies: inner.strings("dependencies"),
            exempt: exempt(&mut inner),
            foreign: false,
        });
        match service {
            Some(service) => services.push(service),
            None => {
                // Without a name the rest says nothing; asking for it keeps its keys from being unknown.
                inner.diagnostics.push(
                    Diagnostic::new(Code::ConfigValue, "this service has no name")
                        .at(file, span)
                        .help("add `name = \"orders-db\"`; it is what pages say in `service`"),
                );
                let asked = ["description", "owner", "tier", "escalation", "contacts"];
                for key in asked.into_iter().chain(["dependencies", "exempt"]) {
                    inner.any(key);
                }
            }
        }
        fields.absorb(inner);
    }
    services
}

/// What is wrong with a name that no page could say, and what to do.
fn no_name(name: &str) -> Option<(String, &'static str)> {
    if name.trim() == "*" {
        let message = "`*` is every service, and no name of one".to_owned();
        return Some((message, "call it what people call it"));
    }
    name.contains(char::is_control).then(|| {
        let message = "this name holds a line break or another control character".to_owned();
        (message, "write it on one line")
    })
}

/// A word or a number: shops call their tiers `1` or `gold`.
fn tier(fields: &mut Fields<'_>) -> Option<String> {
    let (value, file) = fields.any("tier")?;
    match &value.data {
        Data::String(text) | Data::Integer(_, text) => Some(text.clone()),
        _ => fields.wrong(
            value,
            file,
            "tier",
            "a string or a whole number",
            "tier = 1",
        ),
    }
}

/// A table from what it is to the address, or a list of addresses.
fn contacts(fields: &mut Fields<'_>) -> Vec<(String, String)> {
    let Some((value, file)) = fields.any("contacts") else {
        return Vec::new();
    };
    match &value.data {
        Data::Table(table) => pairs(fields, table, file, "contacts")
            .into_iter()
            .map(|(what, address)| (what.value, address))
            .collect(),
        _ => fields
            .texts(value, file, "contacts")
            .into_iter()
            .map(|text| (String::new(), text.value))
            .collect(),
    }
}

fn exempt(fields: &mut Fields<'_>) -> Vec<(Spanned<String>, String)> {
    let Some((table, file)) = fields.table("exempt") else {
        return Vec::new();
    };
    let exempt = pairs(fields, table, file, "exempt");
    for (task, reason) in &exempt {
        if reason.trim().is_empty() {
            let message = format!("nothing says why `{}` does not apply", task.value);
            fields.diagnostics.push(
                Diagnostic::new(Code::ConfigValue, message)
                    .at_span(&task.span)
                    .help("give the reason: `exempt = { scale = \"one node by design\" }`"),
            );
        }
    }
    exempt
}

/// The keys of a table with the texts they have.
fn pairs(
    fields: &mut Fields<'_>,
    table: &Table,
    file: &RelPath,
    name: &str,
) -> Vec<(Spanned<String>, String)> {
    let mut pairs = Vec::new();
    for (key, value) in table.iter() {
        let text = match &value.data {
            Data::String(text) | Data::Integer(_, text) | Data::Float(_, text) => text.clone(),
            _ => {
                let example = format!("{name} = {{ {} = \"...\" }}", key.name);
                fields.wrong::<()>(value, file, &key.name, "a string", &example);
                continue;
            }
        };
        let span = crate::diagnostic::Span::new(file, key.span.clone());
        let value = key.name.clone();
        pairs.push((Spanned { value, span }, text));
    }
    pairs
}

/// Reports tasks that the vocabulary does not have.
pub(super) fn unknown_tasks(services: &[Service], config: &Config) -> Vec<Diagnostic> {
    let exempt = services.iter().flat_map(|service| &service.exempt);
    exempt
        .filter(|(task, _)| !config.knows_task(&task.value))
        .map(|(task, _)| unknown_task(task, config))
        .collect()
}

fn unknown_task(task: &Spanned<String>, config: &Config) -> Diagnostic {
    let (operation, maintenance) = &config.tasks;
    let known = operation.iter().chain(maintenance).map(String::as_str);
    let help = meant_task(&task.value, known, "`[tasks]` in site.toml changes them");
    Diagnostic::new(Code::ConfigValue, format!("`{}` is not a task", task.value))
        .at_span(&task.span)
        .help(help)
}

/// `catalog`: patterns of Backstage's files.
pub(super) fn catalog(fields: &mut Fields<'_>) -> Vec<Pattern> {
    let said = fields.strings("catalog");
    (said.into_iter())
        .filter_map(|said| pattern(fields, said))
        .collect()
}

/// `[coverage]`, and the tasks in it, which are compared with the vocabulary once that is known.
pub(super) fn coverage(fields: &mut Fields<'_>) -> (Coverage, Vec<Spanned<String>>) {
    let mut coverage = Coverage::default();
    let mut said = Vec::new();
    if let Some((table, file)) = fields.table("coverage") {
        let mut inner = fields.inner(table, file);
        if let Some((required, file)) = inner.table("required") {
            for (tier, value) in required.iter() {
                let tasks = inner.texts(value, file, &tier.name);
                said.extend(tasks.iter().cloned());
                let tasks = tasks.into_iter().map(|task| task.value).collect();
                coverage.required.insert(tier.name.clone(), tasks);
            }
        }
        fields.absorb(inner);
    }
    (coverage, said)
}

/// Reports what the vocabulary does not have.
pub(super) fn check_tasks(said: &[Spanned<String>], config: &Config) -> Vec<Diagnostic> {
    let unknown = said.iter().filter(|task| !config.knows_task(&task.value));
    let mut found: Vec<Diagnostic> = unknown.map(|task| unknown_task(task, config)).collect();
    found.extend(unknown_tasks(&config.services, config));
    found
}
