//! Terms: runbooks by scope, tag, service and alert, and what is related to what.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{Page, Section};
use crate::runbook::Scope;
use crate::slug;

/// Most pages that are shown as related.
const MOST_RELATED: usize = 6;
/// Most neighbours that one shared term brings in, so that a big tag does not crowd out the rest.
const MOST_BY_TERM: usize = 3;

/// A tag, service or alert, and the runbooks that name it.
#[derive(Clone, Debug)]
pub struct Term {
    /// Its name as most write it.
    pub name: String,
    /// The runbooks, in reading order.
    pub pages: Vec<usize>,
}

/// Runbooks by what they say of themselves. Keys are slugs, so `Disk Full` and `disk-full` are one.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// By scope.
    pub scopes: BTreeMap<Scope, Vec<usize>>,
    /// By tag.
    pub tags: BTreeMap<String, Term>,
    /// By service.
    pub services: BTreeMap<String, Term>,
    /// By task.
    pub tasks: BTreeMap<String, Term>,
    /// By alert; names are compared without case.
    pub alerts: BTreeMap<String, Term>,
}

impl Terms {
    /// Gathers the terms of all runbooks.
    pub(super) fn new(pages: &[Page], sections: &[Section]) -> Self {
        let mut scopes: BTreeMap<Scope, Vec<usize>> = BTreeMap::new();
        let (mut tags, mut services, mut tasks, mut alerts) = (
            Gathered::new(key),
            Gathered::new(key),
            Gathered::new(key),
            Gathered::new(str::to_lowercase),
        );
        let in_order = sections
            .iter()
            .flat_map(|section| section.index.iter().chain(&section.pages));
        for number in in_order.copied() {
            let page = &pages[number];
            if !page.is_runbook() {
                continue;
            }
            let matter = &page.facts.matter;
            for scope in &matter.scope {
                scopes.entry(*scope).or_default().push(number);
            }
            for tag in &matter.tags {
                tags.add(tag, number);
            }
            for service in &page.services {
                services.add(service, number);
            }
            if let Some(task) = &matter.task {
                tasks.add(task, number);
            }
            for alert in &matter.alerts {
                alerts.add(&alert.value, number);
            }
        }
        Self {
            scopes,
            tags: tags.terms(),
            services: services.terms(),
            tasks: tasks.terms(),
            alerts: alerts.terms(),
        }
    }
}

/// Terms of one kind, while they are gathered. There are few names and many runbooks: each name's key is made once.
struct Gathered<'a> {
    key: fn(&str) -> String,
    /// The term of each spelling, and how often it is used.
    names: FxHashMap<&'a str, (usize, usize)>,
    by_key: BTreeMap<String, usize>,
    pages: Vec<Vec<usize>>,
}

impl<'a> Gathered<'a> {
    fn new(key: fn(&str) -> String) -> Self {
        Self {
            key,
            names: FxHashMap::default(),
            by_key: BTreeMap::new(),
            pages: Vec::new(),
        }
    }

    fn add(&mut self, name: &'a str, page: usize) {
        let (term, used) = self.names.entry(name).or_insert_with(|| {
            let next = self.pages.len();
            let term = *self.by_key.entry((self.key)(name)).or_insert(next);
            if term == next {
                self.pages.push(Vec::new());
            }
            (term, 0)
        });
        *used += 1;
        if let Some(pages) = self.pages.get_mut(*term)
            && pages.last() != Some(&page)
        {
            pages.push(page);
        }
    }

    /// The terms, each by the spelling used most; of equals, the first in the alphabet.
    fn terms(mut self) -> BTreeMap<String, Term> {
        let mut best: Vec<(usize, &str)> = vec![(0, ""); self.pages.len()];
        let mut names: Vec<_> = self.names.into_iter().collect();
        names.sort_unstable();
        for (name, (term, used)) in names {
            if used > best[term].0 {
                best[term] = (used, name);
            }
        }
        let mut term = |number: usize| Term {
            name: best[number].1.to_owned(),
            pages: std::mem::take(&mut self.pages[number]),
        };
        self.by_key
            .into_iter()
            .map(|(key, number)| (key, term(number)))
            .collect()
    }
}

/// The key of a tag or service: its slug, or itself where nothing of it can stand in an address.
pub(crate) fn key(name: &str) -> String {
    let spoken = name.trim_end_matches(['+', '#']);
    let symbols = name[spoken.len()..]
        .replace('+', "plus")
        .replace('#', "sharp");
    // `C`, `C++` and `C#` are three things.
    let slug = slug::segment(&format!("{spoken}{symbols}"));
    if slug.is_empty() {
        format!("_{}", crate::hash::Digest::of(name).short(8))
    } else {
        slug
    }
}

/// Pages worth a look after each page: those it names, then its neighbours in the rarest terms it shares.
pub(super) fn related(pages: &[Page], terms: &Terms, named: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let around = |number: usize, page: &Page| {
        let mut chosen: Vec<usize> = named[number].clone();
        if page.is_runbook() {
            let mut seen: BTreeSet<usize> = chosen.iter().copied().chain([number]).collect();
            let matter = &page.facts.matter;
            let mut shared: Vec<&Term> = (matter
                .alerts
                .iter()
                .filter_map(|a| terms.alerts.get(&a.value.to_lowercase())))
            .chain(
                matter
                    .tags
                    .iter()
                    .filter_map(|tag| terms.tags.get(&key(tag))),
            )
            .chain(
                page.services
                    .iter()
                    .filter_map(|service| terms.services.get(&key(service))),
            )
            .collect();
            shared.sort_by_key(|term| term.pages.len());
            for term in shared {
                let start = term
                    .pages
                    .iter()
                    .position(|page| *page == number)
                    .unwrap_or(0);
                let around = term
                    .pages
                    .iter()
                    .cycle()
                    .skip(start + 1)
                    .take(term.pages.len().saturating_sub(1));
                let fresh: Vec<usize> = around
                    .copied()
                    .filter(|page| !seen.contains(page))
                    .take(MOST_BY_TERM)
                    .collect();
                seen.extend(&fresh);
                chosen.extend(fresh);
                if chosen.len() >= MOST_RELATED {
                    break;
                }
            }
            chosen.truncate(MOST_RELATED.max(named[number].len()));
        }
        chosen
    };
    pages
        .par_iter()
        .enumerate()
        .map(|(number, page)| around(number, page))
        .collect()
}
