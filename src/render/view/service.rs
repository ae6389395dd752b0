//! The view of a service: what to do now, what keeps it alive, whom to call, and what depends on it.

use std::collections::BTreeSet;

use serde::Serialize;
use tera::Value;

use super::coverage::{CellView, cells};
use super::page::{Crumb, home_crumb};
use super::shared::href_of;
use super::{Builder, View};
use crate::config::Service;
use crate::path::OutPath;
use crate::plan::Listing;
use crate::render::Renderer;
use crate::render::picture;
use crate::runbook::{Scope, Status};
use crate::site::address::encode;
use crate::site::{Alert, Known, Site, term_key};

/// Most reviews that are shown.
const REVIEWS: usize = 8;

#[derive(Serialize, Hash)]
struct ServiceView<'a> {
    name: &'a str,
    href: String,
    description: Option<&'a str>,
    owner: Option<&'a str>,
    tier: Option<&'a str>,
    escalation: &'a [String],
    contacts: Vec<Contact<'a>>,
    /// Whether a file describes it.
    declared: bool,
    count: usize,
    dependencies: Vec<Link<'a>>,
    dependents: Vec<Link<'a>>,
    alerts: Vec<Link<'a>>,
    reviews: Vec<Review<'a>>,
    gaps: Vec<GapView<'a>>,
    /// The required tasks without a runbook that can be used.
    missing: Vec<CellView<'a>>,
    coverage: Vec<CellView<'a>>,
}

/// Where people are reached.
#[derive(Serialize, Hash)]
struct Contact<'a> {
    what: &'a str,
    text: &'a str,
    href: Option<String>,
}

#[derive(Serialize, Hash)]
struct Link<'a> {
    name: &'a str,
    href: Option<String>,
}

#[derive(Serialize, Hash)]
struct Review<'a> {
    title: &'a str,
    href: String,
    due: String,
    overdue: bool,
}

#[derive(Serialize, Hash)]
struct GapView<'a> {
    name: &'static str,
    pages: Vec<Link<'a>>,
}

impl<'a> View<'a> {
    /// The page of a service, by its key.
    pub(in crate::render) fn service(renderer: &'a Renderer, key: &str, out: &OutPath) -> Self {
        let (site, config) = (&renderer.site, &renderer.config);
        let mut view = Builder::new(renderer, out, out.to_string());
        let Some(known) = site.services.known.get(key) else {
            return view.finish();
        };
        let said = known.said.as_ref();
        let pages: BTreeSet<usize> = known.pages.iter().copied().collect();
        let service_href = |key: &str| href_of(&Listing::Service(key.to_owned()), config);
        let row = site.coverage.rows.iter().find(|row| row.key == key);
        view.add(
            "service",
            &ServiceView {
                name: &known.name,
                href: service_href(key),
                description: said.and_then(|said| said.description.as_deref()),
                owner: said.and_then(|said| said.owner.as_deref()),
                tier: said.and_then(|said| said.tier.as_deref()),
                escalation: said.map_or(&[], |said| &said.escalation),
                contacts: said.map(contacts).unwrap_or_default(),
                declared: said.is_some(),
                count: known.pages.len(),
                dependencies: (known.dependencies.iter())
                    .map(|needs| Link {
                        name: &needs.name,
                        href: needs.key.as_deref().map(service_href),
                    })
                    .collect(),
                dependents: (known.dependents.iter())
                    .filter_map(|key| Some((key, site.services.known.get(key)?)))
                    .map(|(key, other)| Link {
                        name: &other.name,
                        href: Some(service_href(key)),
                    })
                    .collect(),
                alerts: (site.alerts.known.values())
                    .filter(|alert| is_of(site, alert, key, &pages))
                    .map(|alert| alert_link(site, alert))
                    .collect(),
                reviews: reviews(site, known, renderer.frame.shared.today),
                gaps: (site.gaps.iter())
                    .map(|(gap, all)| GapView {
                        name: gap.word(),
                        pages: (all.iter().filter(|page| pages.contains(page)))
                            .map(|page| page_link(site, *page))
                            .collect(),
                    })
                    .filter(|gap| !gap.pages.is_empty())
                    .collect(),
                missing: row
                    .map(|row| cells(renderer, row).filter(CellView::is_missing).collect())
                    .unwrap_or_default(),
                coverage: row
                    .map(|row| cells(renderer, row).collect())
                    .unwrap_or_default(),
            },
        );
        let of = |scope: Scope, pages: &[usize]| -> Vec<usize> {
            let is = |page: &&usize| site.pages[**page].facts.matter.scope.contains(&scope);
            pages.iter().filter(is).copied().collect()
        };
        let generic: Vec<usize> = (site.pages.iter().enumerate())
            .filter(|(_, page)| page.generic && page.is_runbook())
            .map(|(number, _)| number)
            .collect();
        let unscoped: Vec<usize> = (known.pages.iter())
            .filter(|page| site.pages[**page].facts.matter.scope.is_empty())
            .copied()
            .collect();
        for (name, list, pages) in [
            ("do_now", "do_now_list", of(Scope::Operation, &known.pages)),
            (
                "keep_alive",
                "keep_alive_list",
                of(Scope::Maintenance, &known.pages),
            ),
            ("others", "others_list", unscoped),
            ("generic", "generic_list", generic),
        ] {
            view.listed(name, list, renderer, &pages);
        }
        let words = &renderer.theme.words;
        let picture = picture::dependencies(&site.services, key, words);
        std::hash::Hash::hash(&picture, &mut view.hasher);
        view.values.push((
            "picture",
            picture.map_or_else(Value::none, |svg| Value::safe_string(&svg)),
        ));
        view.add(
            "breadcrumbs",
            &[
                home_crumb(site),
                Crumb {
                    title: words.text("services", "Services").to_owned(),
                    href: href_of(&Listing::Services, config),
                },
            ],
        );
        view.finish()
    }
}

fn contacts(service: &Service) -> Vec<Contact<'_>> {
    (service.contacts.iter())
        .map(|(what, text)| Contact {
            what,
            text,
            href: href_of_contact(text),
        })
        .collect()
}

/// The address that a contact's text is, where it is one that opens something.
fn href_of_contact(text: &str) -> Option<String> {
    let scheme = |scheme: &str| {
        text.get(..scheme.len())
            .is_some_and(|s| s.eq_ignore_ascii_case(scheme))
    };
    if text.contains(char::is_whitespace) && !text.starts_with('+') {
        return None;
    }
    match () {
        () if ["https://", "http://", "mailto:", "tel:"]
            .into_iter()
            .any(scheme) =>
        {
            Some(text.to_owned())
        }
        () if text.contains('@') && !text.contains(['/', ':']) => Some(format!("mailto:{text}")),
        () if text.starts_with('+') => {
            // The zero in brackets is dialled only within the country.
            let text = &text.replace("(0)", "");
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let plain = |c: char| c.is_ascii_digit() || " ()-./+".contains(c);
            text.chars().all(plain).then(|| format!("tel:+{digits}"))
        }
        () => None,
    }
}

/// Whether an alert is a service's: one of its runbooks answers it, or a rule's label names it.
fn is_of(site: &Site, alert: &Alert, key: &str, pages: &BTreeSet<usize>) -> bool {
    let mut rules = alert.rules.iter().filter_map(|id| site.alerts.rule(*id));
    alert.pages.iter().any(|page| pages.contains(page))
        || rules.any(|rule| {
            rule.owner
                .as_ref()
                .is_some_and(|owner| term_key(owner) == key)
        })
}

fn alert_link<'a>(site: &'a Site, alert: &'a Alert) -> Link<'a> {
    let page = alert.pages.first().map(|page| &site.pages[*page].address);
    let address = alert.address.as_ref().or(page);
    Link {
        name: &alert.name,
        href: address.map(|address| encode(&address.href)),
    }
}

fn page_link(site: &Site, page: usize) -> Link<'_> {
    let page = &site.pages[page];
    Link {
        name: &page.facts.title,
        href: Some(encode(&page.address.href)),
    }
}

/// The reviews that come next, the earliest first.
fn reviews<'a>(site: &'a Site, known: &Known, today: jiff::civil::Date) -> Vec<Review<'a>> {
    let mut due: Vec<_> = (known.pages.iter())
        .map(|page| &site.pages[*page])
        .filter(|page| page.facts.matter.status != Status::Deprecated)
        .filter_map(|page| Some((page.review_due?, page)))
        .collect();
    due.sort_by_key(|(due, page)| (*due, page.facts.path.clone()));
    (due.into_iter().take(REVIEWS))
        .map(|(due, page)| Review {
            title: &page.facts.title,
            href: encode(&page.address.href),
            due: due.to_string(),
            overdue: due < today,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::href_of_contact;

    #[test]
    fn only_what_opens_something_is_a_link() {
        for (text, href) in [
            ("https://example.com/x", Some("https://example.com/x")),
            ("db@example.com", Some("mailto:db@example.com")),
            ("+44 20 7946 0958", Some("tel:+442079460958")),
            ("#db-oncall", None),
            ("javascript:alert(1)", None),
            ("ask @ann in the office", None),
        ] {
            assert_eq!(href_of_contact(text).as_deref(), href, "{text}");
        }
    }
}
