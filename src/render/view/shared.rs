//! What many views share: the site, its navigation, every card and every section, converted once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;
use tera::Value;

use crate::config::Config;
use crate::hash::Digest;
use crate::plan::Listing;
use crate::runbook::{Scope, Status};
use crate::site::Site;
use crate::site::address::encode;
use crate::snapshot::Env;
use crate::theme::Theme;

/// Text without control characters, which a terminal leaves in what is pasted from it: in XML there may be none.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let unfit = |c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    if text.contains(unfit) {
        Cow::Owned(text.replace(unfit, " "))
    } else {
        Cow::Borrowed(text)
    }
}

/// A value that was converted once and is shared by many views.
#[derive(Clone)]
pub(super) struct SharedValue {
    pub(super) value: Value,
    pub(super) hash: Digest,
}

impl SharedValue {
    fn new<T: Serialize + std::hash::Hash>(data: &T) -> Self {
        Self {
            value: Value::from_serializable(data),
            hash: Digest::of(data),
        }
    }
}

/// Lists that many views share.
pub(in crate::render) struct Shared {
    site: SharedValue,
    nav: SharedValue,
    assets: SharedValue,
    theme: SharedValue,
    words: SharedValue,
    pub(super) ways: SharedValue,
    pub(super) cards: Vec<SharedValue>,
    pub(super) sections: Vec<SharedValue>,
    pub(super) today: jiff::civil::Date,
}

/// A runbook as lists show it.
#[derive(Serialize, Hash)]
struct Card<'a> {
    title: Cow<'a, str>,
    href: String,
    id: &'a str,
    scope: &'a [Scope],
    services: &'a [String],
    severity: Option<crate::runbook::Severity>,
    status: Status,
    task: Option<&'a str>,
    owner: Option<&'a str>,
    alerts: Vec<&'a str>,
    summary: Cow<'a, str>,
    overdue: bool,
    is_runbook: bool,
}

#[derive(Serialize, Hash)]
struct SiteView<'a> {
    title: &'a str,
    description: &'a str,
    language: &'a str,
    base_url: Option<&'a str>,
    addresses: &'static str,
    extra: &'a crate::value::Table,
    version: &'static str,
}

#[derive(Serialize, Hash)]
struct ThemeView {
    extra: crate::value::Table,
    search: bool,
}

#[derive(Serialize, Hash)]
struct Nav {
    scopes: Vec<NavTerm>,
    sections: Vec<NavSection>,
    services: Vec<NavService>,
    tags: Vec<NavTerm>,
    home_href: String,
    tags_href: String,
    services_href: String,
    tasks_href: String,
    gaps_href: String,
    alerts_href: Option<String>,
    alerts_count: usize,
    reviews_href: String,
    coverage_href: String,
    decisions_href: String,
    report_href: Option<String>,
    count: usize,
}

#[derive(Serialize, Hash)]
pub(super) struct NavTerm {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) count: usize,
}

#[derive(Serialize, Hash)]
struct NavService {
    name: String,
    href: String,
    count: usize,
    operation: usize,
    maintenance: usize,
}

#[derive(Serialize, Hash)]
struct NavTask {
    name: String,
    href: String,
    count: usize,
    /// The scope that the vocabulary has it in.
    scope: Option<Scope>,
}

/// The ways in to the site: by an alert, by a task, by what is missing.
#[derive(Serialize, Hash)]
struct Ways {
    alerts: Vec<NavLink>,
    tasks: Vec<NavTask>,
    gaps: Vec<NavGap>,
}

/// Something that leads to a page.
#[derive(Serialize, Hash)]
struct NavLink {
    name: String,
    href: String,
}

/// How many runbooks lack something.
#[derive(Serialize, Hash)]
struct NavGap {
    name: &'static str,
    count: usize,
}

#[derive(Serialize, Hash)]
struct NavSection {
    title: String,
    href: String,
    count: usize,
}

impl Shared {
    pub(in crate::render) fn new(config: &Config, site: &Site, theme: &Theme, env: &Env) -> Self {
        let cards = site
            .pages
            .par_iter()
            .map(|page| {
                let matter = &page.facts.matter;
                SharedValue::new(&Card {
                    title: printable(&page.facts.title),
                    href: encode(&page.address.href),
                    id: &page.id,
                    scope: &matter.scope,
                    services: &page.services,
                    severity: matter.severity,
                    status: matter.status,
                    task: matter.task.as_deref(),
                    owner: page.owner.as_deref(),
                    alerts: matter
                        .alerts
                        .iter()
                        .map(|alert| alert.value.as_str())
                        .collect(),
                    summary: printable(
                        matter.description.as_deref().unwrap_or(&page.facts.summary),
                    ),
                    overdue: page.review_due.is_some_and(|due| due < env.today),
                    is_runbook: page.is_runbook(),
                })
            })
            .collect::<Vec<_>>();
        let sections = site
            .sections
            .par_iter()
            .map(|section| section_view(site, section, &cards))
            .collect();
        let assets: BTreeMap<&String, &String> = theme
            .assets
            .iter()
            .map(|(name, asset)| (name, &asset.href))
            .collect();
        let mut extra = theme.extra.clone();
        for (key, value) in config.extra.iter() {
            extra.insert(key.clone(), value.clone());
        }
        let base_url = env.base_url.as_deref().or(config.base_url.as_deref());
        Self {
            site: SharedValue::new(&SiteView {
                title: &config.title,
                description: &config.description,
                language: &config.language,
                base_url,
                addresses: match config.addresses {
                    crate::config::Addresses::File => "file",
                    crate::config::Addresses::Directory => "directory",
                },
                extra: &config.extra,
                version: env!("CARGO_PKG_VERSION"),
            }),
            nav: SharedValue::new(&nav(config, site)),
            assets: SharedValue::new(&assets),
            theme: SharedValue::new(&ThemeView {
                extra,
                search: theme.search,
            }),
            words: SharedValue::new(&theme.words.table),
            ways: SharedValue::new(&ways(config, site)),
            cards,
            sections,
            today: env.today,
        }
    }
}

impl Shared {
    /// What every template is given, besides `root` and `path`.
    pub(super) fn globals(&self) -> [(&'static str, &SharedValue); 5] {
        [
            ("site", &self.site),
            ("nav", &self.nav),
            ("assets", &self.assets),
            ("theme", &self.theme),
            ("words", &self.words),
        ]
    }

    /// The same, as values for a context.
    pub(in crate::render) fn everywhere(&self) -> impl Iterator<Item = (&'static str, Value)> {
        self.globals()
            .into_iter()
            .map(|(name, shared)| (name, shared.value.clone()))
    }

    /// A page's card.
    pub(in crate::render) fn card(&self, number: usize) -> Value {
        self.cards[number].value.clone()
    }

    /// A section with its pages.
    pub(in crate::render) fn section(&self, number: usize) -> Value {
        self.sections[number].value.clone()
    }
}

/// A section with the cards of its pages: the cards are shared, so they are put together and not converted.
fn section_view(site: &Site, section: &crate::site::Section, cards: &[SharedValue]) -> SharedValue {
    let pages: Vec<&SharedValue> = section.pages.iter().map(|page| &cards[*page]).collect();
    let sections: Vec<NavSection> = section
        .sections
        .iter()
        .map(|number| nav_section(&site.sections[*number]))
        .collect();
    let href = encode(&section.address.href);
    let hashes: Vec<Digest> = pages.iter().map(|card| card.hash).collect();
    let hash = Digest::of(&(&section.title, &href, section.count, hashes, &sections));
    let values: Vec<Value> = pages.iter().map(|card| card.value.clone()).collect();
    let map = BTreeMap::from([
        ("title", Value::from(section.title.as_str())),
        ("href", Value::from(href)),
        ("count", Value::from(section.count)),
        ("is_root", Value::from(section.parent.is_none())),
        ("pages", Value::from(values)),
        ("sections", Value::from_serializable(&sections)),
    ]);
    SharedValue {
        value: Value::from(map),
        hash,
    }
}

fn nav_section(section: &crate::site::Section) -> NavSection {
    NavSection {
        title: section.title.clone(),
        href: encode(&section.address.href),
        count: section.count,
    }
}

pub(super) fn href_of(listing: &Listing, config: &Config) -> String {
    listing
        .address(config.addresses)
        .map(|address| encode(&address.href))
        .unwrap_or_default()
}

/// The ways in that the home page shows.
fn ways(config: &Config, site: &Site) -> Ways {
    let terms = &site.terms;
    Ways {
        alerts: terms
            .alerts
            .values()
            .filter_map(|term| {
                let page = term.pages.first()?;
                Some(NavLink {
                    name: term.name.clone(),
                    href: encode(&site.pages[*page].address.href),
                })
            })
            .collect(),
        gaps: (site.gaps.iter())
            .map(|(gap, pages)| NavGap {
                name: gap.word(),
                count: pages.len(),
            })
            .collect(),
        tasks: terms
            .tasks
            .iter()
            .map(|(key, term)| NavTask {
                name: term.name.clone(),
                href: href_of(&Listing::Task(key.clone()), config),
                count: term.pages.len(),
                scope: task_scope(config, &term.name),
            })
            .collect(),
    }
}

/// The scope that the vocabulary has a task in.
fn task_scope(config: &Config, task: &str) -> Option<Scope> {
    let has = |tasks: &[String]| tasks.iter().any(|known| known == task);
    match () {
        () if has(&config.tasks.0) => Some(Scope::Operation),
        () if has(&config.tasks.1) => Some(Scope::Maintenance),
        () => None,
    }
}

fn nav(config: &Config, site: &Site) -> Nav {
    let terms = &site.terms;
    let in_scope = |scope: Scope, pages: &[usize]| {
        pages
            .iter()
            .filter(|page| site.pages[**page].facts.matter.scope.contains(&scope))
            .count()
    };
    Nav {
        scopes: Scope::ALL
            .into_iter()
            .map(|scope| NavTerm {
                name: scope.word().to_owned(),
                href: href_of(&Listing::Scope(scope), config),
                count: terms.scopes.get(&scope).map_or(0, Vec::len),
            })
            .collect(),
        sections: site.sections[0]
            .sections
            .iter()
            .map(|number| nav_section(&site.sections[*number]))
            .collect(),
        services: (site.services.known.iter())
            .map(|(key, known)| NavService {
                name: known.name.clone(),
                href: href_of(&Listing::Service(key.clone()), config),
                count: known.pages.len(),
                operation: in_scope(Scope::Operation, &known.pages),
                maintenance: in_scope(Scope::Maintenance, &known.pages),
            })
            .collect(),
        tags: terms
            .tags
            .iter()
            .map(|(key, term)| NavTerm {
                name: term.name.clone(),
                href: href_of(&Listing::Tag(key.clone()), config),
                count: term.pages.len(),
            })
            .collect(),
        home_href: encode(&site.sections[0].address.href),
        tags_href: href_of(&Listing::Tags, config),
        services_href: href_of(&Listing::Services, config),
        tasks_href: href_of(&Listing::Tasks, config),
        gaps_href: href_of(&Listing::Gaps, config),
        alerts_href: (site.alerts.index(config))
            .filter(|_| !site.alerts.known.is_empty())
            .map(|index| encode(&index.href)),
        alerts_count: site.alerts.known.len(),
        report_href: (crate::plan::report(config.addresses))
            .filter(|_| config.report)
            .map(|address| encode(&address.href)),
        reviews_href: (crate::plan::reviews(config.addresses))
            .map(|address| encode(&address.href))
            .unwrap_or_default(),
        decisions_href: (crate::plan::decisions(config.addresses))
            .map(|address| encode(&address.href))
            .unwrap_or_default(),
        coverage_href: (crate::plan::coverage(config.addresses))
            .map(|address| encode(&address.href))
            .unwrap_or_default(),
        count: site.pages.iter().filter(|page| page.is_runbook()).count(),
    }
}
