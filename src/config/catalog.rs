//! Backstage's catalog files, read as they are: components and resources are services, groups are those to call.

use std::collections::BTreeMap;

use super::services::Service;
use crate::diagnostic::{Checked, Code, Span};
use crate::path::RelPath;
use crate::value::{Codes, Data, Spanned, Table, documents_from_yaml};

/// Whatever is wrong, the file cannot be read as it was meant.
const CODES: Codes = Codes {
    syntax: Code::ConfigSyntax,
    duplicate: Code::ConfigSyntax,
    key: Code::ConfigKey,
    value: Code::ConfigValue,
};

/// The kinds of entities that run and can fail.
const KINDS: [&str; 2] = ["Component", "Resource"];

/// Reads a catalog file; what is none of Bindery's business in it is no finding.
pub fn read_catalog(file: &RelPath, text: &str) -> Checked<Vec<Service>> {
    let mut diagnostics = Vec::new();
    let documents = documents_from_yaml(text, file, CODES).collect_into(&mut diagnostics);
    let documents: Vec<Table> = (documents.into_iter())
        .filter_map(|document| match document.data {
            Data::Table(table) => Some(table),
            _ => None,
        })
        .collect();
    let mut groups: BTreeMap<String, &Table> = BTreeMap::new();
    for document in &documents {
        if matches!(text_of(document, "kind").as_deref(), Some("Group" | "User"))
            && let Some(name) = table(document, "metadata").and_then(|data| text_of(data, "name"))
        {
            groups.insert(name, document);
        }
    }
    let services = documents
        .iter()
        .filter(|document| text_of(document, "kind").is_some_and(|kind| KINDS.contains(&&*kind)))
        .filter_map(|document| service(document, &groups, file))
        .collect();
    Checked::new(services, diagnostics)
}

fn service(document: &Table, groups: &BTreeMap<String, &Table>, file: &RelPath) -> Option<Service> {
    let metadata = table(document, "metadata")?;
    let name = metadata.get("name")?;
    let spec = table(document, "spec");
    let owner = spec.and_then(|spec| text_of(spec, "owner"));
    let owner = owner.map(|owner| entity(&owner).to_owned());
    let group = owner.as_ref().and_then(|owner| groups.get(owner));
    let profile = group
        .and_then(|group| table(group, "spec"))
        .and_then(|spec| table(spec, "profile"));
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
        dependencies: dependencies
            .iter()
            .filter_map(|value| match &value.data {
                Data::String(name) => Some(Spanned {
                    value: entity(name).to_owned(),
                    span: Span::new(file, value.span.clone()),
                }),
                _ => None,
            })
            .collect(),
        exempt: Vec::new(),
        foreign: true,
    })
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
        let said = table(metadata, key)?;
        let is = |name: &str| name == "tier" || name.ends_with("/tier");
        let (key, _) = said.iter().find(|(key, _)| is(&key.name))?;
        text_of(said, &key.name)
    })
}

fn table<'t>(table: &'t Table, key: &str) -> Option<&'t Table> {
    match &table.get(key)?.data {
        Data::Table(table) => Some(table),
        _ => None,
    }
}

fn list<'t>(table: &'t Table, key: &str) -> &'t [crate::value::Value] {
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
