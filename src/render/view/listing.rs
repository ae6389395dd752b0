//! The views of lists: the runbooks of a scope, a tag or a service, in groups.

use std::collections::BTreeMap;
use std::hash::Hash;

use tera::Value;

use super::page::{Crumb, home_crumb};
use super::shared::href_of;
use super::{Builder, View};
use crate::hash::Digest;
use crate::path::OutPath;
use crate::plan::Listing;
use crate::render::Renderer;
use crate::runbook::Scope;
use crate::site::Term;

/// Some runbooks under a title.
struct Group {
    title: String,
    href: String,
    pages: Vec<usize>,
}

/// A list of runbooks in groups; it becomes a value only when it is rendered.
pub(super) struct ListingView {
    kind: &'static str,
    name: String,
    title: String,
    count: usize,
    groups: Vec<Group>,
    /// Whether the groups are shown without their runbooks.
    names_only: bool,
}

impl ListingView {
    fn shown<'g>(&self, group: &'g Group) -> &'g [usize] {
        if self.names_only { &[] } else { &group.pages }
    }

    fn key(&self, renderer: &Renderer) -> Digest {
        let cards = &renderer.frame.shared.cards;
        let groups: Vec<_> = self
            .groups
            .iter()
            .map(|group| {
                let shown = self.shown(group).iter();
                let cards: Vec<Digest> = shown.map(|page| cards[*page].hash).collect();
                (&group.title, &group.href, group.pages.len(), cards)
            })
            .collect();
        Digest::of(&(self.kind, &self.name, &self.title, self.count, groups))
    }

    pub(super) fn into_value(
        self,
        renderer: &Renderer,
        mut list: impl FnMut(&[usize]) -> Value,
    ) -> Value {
        let cards = &renderer.frame.shared.cards;
        let mut groups = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let shown = self.shown(group);
            let pages: Vec<Value> = shown
                .iter()
                .map(|page| cards[*page].value.clone())
                .collect();
            groups.push(Value::from(BTreeMap::from([
                ("title", Value::from(group.title.as_str())),
                ("href", Value::from(group.href.as_str())),
                ("count", Value::from(group.pages.len())),
                ("pages", Value::from(pages)),
                ("list", list(shown)),
            ])));
        }
        Value::from(BTreeMap::from([
            ("kind", Value::from(self.kind)),
            ("name", Value::from(self.name)),
            ("title", Value::from(self.title)),
            ("count", Value::from(self.count)),
            ("groups", Value::from(groups)),
        ]))
    }
}

impl<'a> View<'a> {
    /// A list of runbooks.
    pub(in crate::render) fn listing(
        renderer: &'a Renderer,
        listing: &Listing,
        out: &OutPath,
    ) -> Self {
        let (site, config) = (&renderer.site, &renderer.config);
        let mut view = Builder::new(renderer, out, out.to_string());
        let terms = &site.terms;
        let by_service = |pages: &[usize]| {
            let mut groups: BTreeMap<String, Group> = BTreeMap::new();
            for page in pages {
                let names = &site.pages[*page].services;
                let names: Vec<Option<&String>> = if names.is_empty() {
                    vec![None]
                } else {
                    names.iter().map(Some).collect()
                };
                for name in names {
                    let key = name
                        .map(|name| crate::site::term_key(name))
                        .unwrap_or_default();
                    let group = groups.entry(key.clone()).or_insert_with(|| Group {
                        title: terms
                            .services
                            .get(&key)
                            .map(|term| term.name.clone())
                            .unwrap_or_default(),
                        href: name
                            .map(|_| href_of(&Listing::Service(key), config))
                            .unwrap_or_default(),
                        pages: Vec::new(),
                    });
                    group.pages.push(*page);
                }
            }
            groups.into_values().collect::<Vec<_>>()
        };
        let by_scope = |pages: &[usize]| {
            let mut groups: Vec<Group> = Scope::ALL
                .into_iter()
                .map(|scope| Group {
                    title: scope.word().to_owned(),
                    href: href_of(&Listing::Scope(scope), config),
                    pages: pages
                        .iter()
                        .copied()
                        .filter(|page| site.pages[*page].facts.matter.scope.contains(&scope))
                        .collect(),
                })
                .collect();
            let rest: Vec<usize> = pages
                .iter()
                .copied()
                .filter(|page| site.pages[*page].facts.matter.scope.is_empty())
                .collect();
            if !rest.is_empty() {
                groups.push(Group {
                    title: String::new(),
                    href: String::new(),
                    pages: rest,
                });
            }
            groups
        };
        let all = |map: &BTreeMap<String, Term>, listing: fn(String) -> Listing| {
            map.iter()
                .map(|(key, term)| Group {
                    title: term.name.clone(),
                    href: href_of(&listing(key.clone()), config),
                    pages: term.pages.clone(),
                })
                .collect::<Vec<_>>()
        };
        let pages_of = |map: &BTreeMap<String, Term>, key: &String| {
            map.get(key)
                .map(|term| (term.name.clone(), term.pages.clone()))
                .unwrap_or_default()
        };
        let said = |key, english| renderer.theme.words.text(key, english).to_owned();
        let (kind, name, title, groups) = match listing {
            Listing::Scope(scope) => {
                let pages = terms.scopes.get(scope).cloned().unwrap_or_default();
                let title = match scope {
                    Scope::Operation => "Operation",
                    Scope::Maintenance => "Maintenance",
                };
                (
                    "scope",
                    scope.word().to_owned(),
                    said(scope.word(), title),
                    by_service(&pages),
                )
            }
            Listing::Tag(key) => {
                let (name, pages) = pages_of(&terms.tags, key);
                ("tag", name.clone(), name, by_scope(&pages))
            }
            // It has a view of its own, with more than a list.
            Listing::Service(_) => ("service", String::new(), String::new(), Vec::new()),
            Listing::Task(key) => {
                let (name, pages) = pages_of(&terms.tasks, key);
                ("task", name.clone(), name, by_service(&pages))
            }
            Listing::Tasks => (
                "tasks",
                String::new(),
                said("tasks", "Tasks"),
                all(&terms.tasks, Listing::Task),
            ),
            Listing::Gaps => {
                let groups = site.gaps.iter().map(|(gap, pages)| Group {
                    title: gap.word().to_owned(),
                    href: String::new(),
                    pages: pages.clone(),
                });
                (
                    "gaps",
                    String::new(),
                    said("gaps", "Gaps"),
                    groups.collect(),
                )
            }
            Listing::Tags => (
                "tags",
                String::new(),
                said("tags", "Tags"),
                all(&terms.tags, Listing::Tag),
            ),
            Listing::Services => (
                "services",
                String::new(),
                said("services", "Services"),
                (site.services.known.iter())
                    .map(|(key, known)| Group {
                        title: known.name.clone(),
                        href: href_of(&Listing::Service(key.clone()), config),
                        pages: known.pages.clone(),
                    })
                    .collect(),
            ),
        };
        let names_only = matches!(listing, Listing::Tags | Listing::Services | Listing::Tasks);
        let mut all: Vec<usize> = groups
            .iter()
            .flat_map(|group| group.pages.iter().copied())
            .collect();
        all.sort_unstable();
        all.dedup();
        let shown = ListingView {
            kind,
            name,
            title,
            count: all.len(),
            groups: groups
                .into_iter()
                // A service without a runbook is a gap to be seen.
                .filter(|group| !group.pages.is_empty() || *listing == Listing::Services)
                .collect(),
            names_only,
        };
        shown.key(renderer).hash(&mut view.hasher);
        view.listing = Some(shown);
        let mut crumbs = vec![home_crumb(site)];
        if let Listing::Tag(_) = listing {
            crumbs.push(Crumb {
                title: said("tags", "Tags"),
                href: href_of(&Listing::Tags, config),
            });
        }
        view.add("breadcrumbs", &crumbs);
        view.finish()
    }
}
