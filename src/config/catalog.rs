//! Backstage's catalog files, read as they are: components and resources are services, groups are those to call.

use std::collections::BTreeMap;

use super::services::Service;
use crate::diagnostic::{Checked, Code, Span};
use crate::path::RelPath;
use crate::value::{Codes, Data, Spanned, Table, Value, documents_from_yaml};

/// Whatever is wrong, the file cannot be read as it was meant.
const CODES: Codes = Codes {
    syntax: Code::ConfigSyntax,
    duplicate: Code::ConfigSyntax,
    key: Code::ConfigKey,
    value: Code::ConfigValue,
};

/// The kinds of entities that run and can fail.
const KINDS: [&str; 2] = ["Component", "Resource"];

/// Reads the catalog files of a project together, as one may speak of what another describes; what is none of Bindery's
/// business in them is no finding.
pub fn read_catalogs(files: &[(&RelPath, String)]) -> Checked<Vec<Service>> {
    let mut diagnostics = Vec::new();
    let mut entities: Vec<(&RelPath, Table)> = Vec::new();
    for (file, text) in files {
        let documents = documents_from_yaml(text, file, CODES).collect_into(&mut diagnostics);
        entities.extend(documents.into_iter().filter_map(|document| {
            let Data::Table(table) = document.data else {
                return None;
            };
            Some((*file, table))
        }));
    }
    let mut groups: BTreeMap<String, &Table> = BTreeMap::new();
    for (_, entity) in &entities {
        if matches!(text_of(entity, "kind").as_deref(), Some("Group" | "User"))
            && let Some(name) = entity
                .table("metadata")
                .and_then(|data| text_of(data, "name"))
        {
            groups.insert(name, entity);
        }
    }
    let runs: Vec<&(&RelPath, Table)> = (entities.iter())
        .filter(|(_, entity)| text_of(entity, "kind").is_some_and(|kind| KINDS.contains(&&*kind)))
        .collect();
    let mut services: Vec<Service> = (runs.iter())
        .filter_map(|(file, entity)| service(entity, &groups, file))
        .collect();
    for (name, needs) in said_elsewhere(&runs) {
        for service in &mut services {
            let known = service.dependencies.contains(&needs);
            if service.name.value == name && needs.value != name && !known {
                service.dependencies.push(needs.clone());
            }
        }
    }
    Checked::new(services, diagnostics)
}

/// Which service needs which other, where the other says so, or both speak of an API.
fn said_elsewhere(runs: &[&(&RelPath, Table)]) -> Vec<(String, Spanned<String>)> {
    let name = |entity: &Table| {
        entity
            .table("metadata")
            .and_then(|data| text_of(data, "name"))
    };
    let named = |(file, entity): &(&RelPath, Table), key: &str| {
        let spec = entity.table("spec");
        names(spec.map(|spec| list(spec, key)).unwrap_or_default(), file)
    };
    let mut providers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for run in runs {
        for api in named(run, "providesApis") {
            let providers = providers.entry(api.value).or_default();
            providers.extend(name(&run.1));
        }
    }
    let mut all = Vec::new();
    for run in runs {
        let Some(own) = name(&run.1) else { continue };
        for other in named(run, "dependencyOf") {
            let needs = Spanned {
                value: own.clone(),
                span: other.span,
            };
            all.push((other.value, needs));
        }
        for api in named(run, "consumesApis") {
            let providers = providers.get(&api.value).into_iter().flatten();
            all.extend(providers.map(|provider| {
                let needs = Spanned {
                    value: provider.clone(),
                    span: api.span.clone(),
                };
                (own.clone(), needs)
            }));
        }
    }
    all
}

fn service(document: &Table, groups: &BTreeMap<String, &Table>, file: &RelPath) -> Option<Service> {
    let metadata = document.table("metadata")?;
    let name = metadata.get("name")?;
    let spec = document.table("spec");
    let owner = spec.and_then(|spec| text_of(spec, "owner"));
    let owner = owner.map(|owner| entity(&owner).to_owned());
    let group = owner.as_ref().and_then(|owner| groups.get(owner));
    let profile = group
        .and_then(|group| group.table("spec"))
        .and_then(|spec| spec.table("profile"));
    let shown = profile.and_then(|profile| text_of(profile, "displayName"));
    let mut contacts = Vec::new();
    if let Some(email) = profile.and_then(|profile| text_of(profile, "email")) {
        contacts.push((shown.clone().unwrap_or_default(), email));
    }
    for link in list(metadata, "links") {
        if let Data::Table(link) = &link.data
            && let Some(url) = text_of(link, "url")
        {
            contacts.push((text_of(link, "title").unwrap_or_default(), url));
        }
    }
    let dependencies = spec.map(|spec| list(spec, "dependsOn")).unwrap_or_default();
    Some(Service {
        name: Spanned {
            value: text_of(metadata, "name")?,
            span: Span::new(file, name.span.clone()),
        },
        description: text_of(metadata, "description").or_else(|| text_of(metadata, "title")),
        owner: shown.or(owner),
        tier: tier(metadata),
        escalation: Vec::new(),
        contacts,
        dependencies: names(dependencies, file),
        exempt: Vec::new(),
        foreign: true,
    })
}

/// The entities that a list refers to.
fn names(list: &[Value], file: &RelPath) -> Vec<Spanned<String>> {
    let names = list.iter().filter_map(|value| match &value.data {
        Data::String(name) => Some(Spanned {
            value: entity(name).to_owned(),
            span: Span::new(file, value.span.clone()),
        }),
        _ => None,
    });
    names.collect()
}

/// The name in a reference to an entity: `db` of `resource:default/db`.
fn entity(reference: &str) -> &str {
    let name = reference
        .rsplit_once(':')
        .map_or(reference, |(_, name)| name);
    name.rsplit_once('/').map_or(name, |(_, name)| name)
}

/// Backstage has no tier; catalogs that have one say it in a label or an annotation of that name.
fn tier(metadata: &Table) -> Option<String> {
    ["labels", "annotations"].into_iter().find_map(|key| {
        let said = metadata.table(key)?;
        let is = |name: &str| name == "tier" || name.ends_with("/tier");
        let (key, _) = said.iter().find(|(key, _)| is(&key.name))?;
        text_of(said, &key.name)
    })
}

fn list<'t>(table: &'t Table, key: &str) -> &'t [Value] {
    match table.get(key).map(|value| &value.data) {
        Some(Data::List(items)) => items,
        _ => &[],
    }
}

fn text_of(table: &Table, key: &str) -> Option<String> {
    match &table.get(key)?.data {
        Data::String(text) | Data::Integer(_, text) | Data::Float(_, text) => {
            Some(text.trim().to_owned())
        }
        _ => None,
    }
    .filter(|text| !text.is_empty())
}
