//! Terms: runbooks by scope, tag, service and alert, and what is related to what.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

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
    /// By alert; names are compared without case.
    pub alerts: BTreeMap<String, Term>,
}

impl Terms {
    /// Gathers the terms of all runbooks.
    pub(super) fn new(pages: &[Page], sections: &[Section]) -> Self {
        let mut terms = Self::default();
        let mut order: Vec<usize> = Vec::with_capacity(pages.len());
        for section in sections {
            order.extend(section.index.iter().chain(&section.pages));
        }
        let mut names: BTreeMap<(u8, String), BTreeMap<&str, usize>> = BTreeMap::new();
        for number in order {
            let page = &pages[number];
            if !page.is_runbook() {
                continue;
            }
            let matter = &page.facts.matter;
            for scope in &matter.scope {
                terms.scopes.entry(*scope).or_default().push(number);
            }
            let kinds = [
                (
                    0,
                    &mut terms.tags,
                    matter.tags.iter().map(String::as_str).collect::<Vec<_>>(),
                ),
                (
                    1,
                    &mut terms.services,
                    page.services.iter().map(String::as_str).collect(),
                ),
                (
                    2,
                    &mut terms.alerts,
                    matter
                        .alerts
                        .iter()
                        .map(|alert| alert.value.as_str())
                        .collect(),
                ),
            ];
            for (kind, map, said) in kinds {
                for name in said {
                    let key = match kind {
                        2 => name.to_lowercase(),
                        _ => key(name),
                    };
                    *names
                        .entry((kind, key.clone()))
                        .or_default()
                        .entry(name)
                        .or_default() += 1;
                    let term = map.entry(key).or_insert_with(|| Term {
                        name: name.to_owned(),
                        pages: Vec::new(),
                    });
                    if term.pages.last() != Some(&number) {
                        term.pages.push(number);
                    }
                }
            }
        }
        for ((kind, key), spellings) in names {
            let map = [&mut terms.tags, &mut terms.services, &mut terms.alerts];
            // The spelling used most; of equals, the first in the alphabet.
            let best = spellings
                .iter()
                .max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))
                .map(|(name, _)| *name);
            if let (Some(term), Some(best)) = (
                map.into_iter()
                    .nth(kind.into())
                    .and_then(|map| map.get_mut(&key)),
                best,
            ) {
                best.clone_into(&mut term.name);
            }
        }
        terms
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
