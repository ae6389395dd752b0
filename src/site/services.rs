//! Services: what files say of them and what pages do, put together; who depends on whom.

use std::collections::{BTreeMap, BTreeSet};

use super::coverage::EVERY;
use super::terms::key;
use super::{Page, Terms};
use crate::config::Service;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};

/// A service that a file describes or runbooks name.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// What a file says of it.
    pub said: Option<Service>,
    /// Its runbooks, in reading order.
    pub pages: Vec<usize>,
    /// What it cannot do without.
    pub dependencies: Vec<Dependency>,
    /// The keys of the services that cannot do without it.
    pub dependents: Vec<String>,
}

/// Something that a service cannot do without.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// Its key, where it is a service that is known.
    pub key: Option<String>,
}

/// Every service that is known, by key.
#[derive(Clone, Debug, Default)]
pub struct Services {
    /// By key.
    pub known: BTreeMap<String, Known>,
    /// Whether a file says which services there are, so that those only named by pages are none of them.
    pub declared: bool,
}

/// What files say, by key: our own descriptions first, with what another tool's catalog adds.
pub(super) fn merged(
    said: &[Service],
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Service> {
    let mut merged: BTreeMap<String, Service> = BTreeMap::new();
    let (foreign, own): (Vec<&Service>, Vec<&Service>) =
        said.iter().partition(|service| service.foreign);
    for service in own {
        let key = key(&service.name.value);
        if let Some(first) = merged.get(&key) {
            let (name, other) = (&service.name.value, &first.name.value);
            let (message, help) = if name.to_lowercase() == other.to_lowercase() {
                (
                    format!("the service `{name}` stands twice"),
                    "put what is said of it into one place",
                )
            } else {
                (
                    format!("the services `{name}` and `{other}` are one to Bindery"),
                    "rename one of them: only letters and digits tell names apart",
                )
            };
            diagnostics.push(
                Diagnostic::new(Code::ServiceTwice, message)
                    .at_span(&service.name.span)
                    .help(help)
                    .related(first.name.span.clone(), "it stands here"),
            );
            continue;
        }
        merged.insert(key, service.clone());
    }
    for service in foreign {
        let entry = merged
            .entry(key(&service.name.value))
            .or_insert_with(|| service.clone());
        entry.owner = entry.owner.take().or_else(|| service.owner.clone());
        entry.tier = entry.tier.take().or_else(|| service.tier.clone());
        entry.description = entry
            .description
            .take()
            .or_else(|| service.description.clone());
        if entry.contacts.is_empty() {
            entry.contacts.clone_from(&service.contacts);
        }
        if entry.dependencies.is_empty() {
            entry.dependencies.clone_from(&service.dependencies);
        }
    }
    merged
}

impl Services {
    pub(super) fn new(
        merged: BTreeMap<String, Service>,
        terms: &Terms,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let declared = !merged.is_empty();
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        for (key, term) in &terms.services {
            known.insert(
                key.clone(),
                Known {
                    name: term.name.clone(),
                    said: None,
                    pages: term.pages.clone(),
                    dependencies: Vec::new(),
                    dependents: Vec::new(),
                },
            );
        }
        for (key, service) in merged {
            let entry = known.entry(key).or_insert_with(|| Known {
                name: String::new(),
                said: None,
                pages: Vec::new(),
                dependencies: Vec::new(),
                dependents: Vec::new(),
            });
            entry.name.clone_from(&service.name.value);
            entry.said = Some(service);
        }
        let mut services = Self { known, declared };
        services.connect(diagnostics);
        services
    }

    fn connect(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        let mut dependents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut dependencies: BTreeMap<String, Vec<Dependency>> = BTreeMap::new();
        for (of, known) in &self.known {
            for said in known.said.iter().flat_map(|said| &said.dependencies) {
                let to = key(&said.value);
                let other = self.known.get(&to);
                // Another tool's catalog knows more than what has runbooks.
                if other.is_none() && said.span.file.extension() == Some("toml") {
                    let names = self.known.values().map(|known| known.name.as_str());
                    let message = format!("there is no service `{}`", said.value);
                    diagnostics.push(
                        Diagnostic::new(Code::UnknownService, message)
                            .at_span(&said.span)
                            .help(did_you_mean(
                                &said.value,
                                names,
                                "describe it too, with a `[[services]]` of its own",
                            )),
                    );
                }
                let list = dependencies.entry(of.clone()).or_default();
                let name = other.map_or(&said.value, |other| &other.name).clone();
                if to == *of || list.iter().any(|known| known.name == name) {
                    continue;
                }
                let found = other.is_some();
                if found {
                    dependents.entry(to.clone()).or_default().insert(of.clone());
                }
                list.push(Dependency {
                    name,
                    key: found.then_some(to),
                });
            }
        }
        for (key, list) in dependencies {
            if let Some(known) = self.known.get_mut(&key) {
                known.dependencies = list;
            }
        }
        for (key, of) in dependents {
            if let Some(known) = self.known.get_mut(&key) {
                known.dependents = of.into_iter().collect();
            }
        }
    }

    /// Says which runbooks name a service that is described nowhere: the coverage does not speak of it, and its page
    /// stands alone. Another tool's catalog describes what it likes, so it takes descriptions of our own.
    pub(super) fn undeclared(&self, pages: &[Page], diagnostics: &mut Vec<Diagnostic>) {
        if !self.described() {
            return;
        }
        let is = |known: &Known| known.said.is_some();
        let otherwise = "describe it too, with a `[[services]]` of its own";
        let names = || self.names();
        let mut folders: BTreeMap<String, (&str, Vec<&Page>)> = BTreeMap::new();
        for page in pages {
            // The folder names the service of a runbook that names none.
            if page.is_runbook() && page.facts.matter.service.is_empty() {
                for name in &page.services {
                    let key = key(name);
                    if !self.known.get(&key).is_some_and(is) {
                        let entry = folders.entry(key).or_insert((name, Vec::new()));
                        entry.1.push(page);
                    }
                }
            }
            for said in &page.facts.matter.service {
                if said.value == EVERY || self.known.get(&key(&said.value)).is_some_and(is) {
                    continue;
                }
                let message = format!("no service `{}` is described", said.value);
                diagnostics.push(
                    Diagnostic::new(Code::UnknownService, message)
                        .at_span(&said.span)
                        .help(did_you_mean(&said.value, names(), otherwise)),
                );
            }
        }
        // Once for each folder: what is to be mended is one thing.
        for (name, of) in folders.values() {
            let Some(first) = of.first() else { continue };
            let message = match of.len() {
                1 => format!("no service `{name}` is described; the folder names it"),
                many => format!(
                    "no service `{name}` is described; the folder names it for {many} runbooks"
                ),
            };
            let otherwise = format!(
                "{otherwise}, or say `service` in the front matter or in `[[defaults]]`; `[\"*\"]` is every service"
            );
            diagnostics.push(
                Diagnostic::new(Code::UnknownService, message)
                    .at(&first.facts.path, 0..0)
                    .help(did_you_mean(name, names(), &otherwise)),
            );
        }
    }

    /// Whether a file of our own says which services there are. Another tool's catalog describes what it likes.
    pub fn described(&self) -> bool {
        let mut said = self.known.values().filter_map(|known| known.said.as_ref());
        said.any(|service| !service.foreign)
    }

    /// The names of the services that files describe.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let said = self.known.values().filter_map(|known| known.said.as_ref());
        said.map(|service| service.name.value.as_str())
    }

    /// The services that the coverage speaks of: those that files describe, or all where none does.
    pub fn counted(&self) -> impl Iterator<Item = (&String, &Known)> {
        self.known
            .iter()
            .filter(|(_, known)| !self.declared || known.said.is_some())
    }
}
