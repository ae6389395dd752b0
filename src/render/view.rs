//! Views: what a template sees. One view a job; its hash is the key that tells whether to render again.
//!
//! Every `href` in a view is relative to the site's root; templates put `root` before it.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;
use tera::{Context, Value};

use super::Renderer;
use super::content::Content;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::hash::Digest;
use crate::path::OutPath;
use crate::plan::Listing;
use crate::runbook::{FollowUp, Scope, Status};
use crate::site::address::encode;
use crate::site::{Alias, Role, Site, Term};
use crate::snapshot::Env;
use crate::theme::Theme;

/// Most runbooks that the home page and the feed list as recently changed.
const RECENT: usize = 10;
/// Most entries of the feed.
const FEED: usize = 50;

/// A variable of a template's context, for the guide and the test that keeps it true.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
}

macro_rules! contexts {
    ($($template:literal: [$($name:literal $about:literal)*])*) => {
        /// What each template is given, besides what all are given, which is listed under `*`.
        pub const CONTEXTS: &[(&str, &[Variable])] =
            &[$(($template, &[$(Variable { name: $name, about: $about }),*])),*];
    };
}

contexts! {
    "*": [
        "site" "title, description, language, base_url, addresses, extra, version"
        "nav" "scopes, sections, services, tags: the lists that every page can show"
        "assets" "the published name of each asset of the theme: `assets['style.css']`"
        "theme" "extra: the theme's own settings, site.toml's `[extra]` on top"
        "root" "the steps up to the root of the site: `../`, or `./`"
        "path" "where this page lies below the root"
    ]
    "page.html": [
        "page" "everything the front matter says, and title, id, href, source, edit_link, summary, changed, review_due, overdue, heading_id, toc (level, id, title of each heading), old_fragments"
        "heading" "the HTML of the heading that opens the body, or nothing; the body does not repeat it"
        "content" "the body's HTML"
        "breadcrumbs" "title and href of each step from the home page to the section"
        "section" "title, href, pages, sections and count of the section"
        "sidebar" "the HTML of `sidebar.html` for the section, with the link to this page marked as current"
        "previous" "the card of the runbook before this one in the section, or nothing"
        "next" "the card of the one after it, or nothing"
        "backlinks" "cards of the pages that link here"
        "related" "cards of pages with the same alerts, tags or service"
        "follow_ups" "cards of the runbooks that `follow_up` names"
        "followed" "cards of the runbooks that this one follows"
        "related_list" "the HTML list of `related`, or nothing: `card.html` for each, rendered once for the whole site"
        "follow_ups_list" "the same of `follow_ups`"
        "followed_list" "the same of `followed`"
        "moved" "headings that moved to other pages: id, title, href"
    ]
    "section.html": [
        "page" "as in page.html, or nothing where no file describes the section"
        "heading" "as in page.html"
        "content" "the body's HTML, or nothing"
        "breadcrumbs" "as in page.html"
        "section" "as in page.html"
        "sidebar" "as in page.html"
        "backlinks" "as in page.html"
        "related" "as in page.html"
        "follow_ups" "as in page.html"
        "followed" "as in page.html"
        "related_list" "as in page.html"
        "follow_ups_list" "as in page.html"
        "followed_list" "as in page.html"
        "pages_list" "the HTML list of `section.pages`, as in page.html"
        "previous" "as in page.html"
        "next" "as in page.html"
        "moved" "as in page.html"
    ]
    "home.html": [
        "page" "as in section.html"
        "heading" "as in page.html"
        "content" "as in section.html"
        "section" "the root section"
        "sidebar" "as in page.html"
        "recent" "cards of the runbooks changed last, by git's dates; empty without a history"
        "recent_list" "the HTML list of `recent`, as in page.html"
        "breadcrumbs" "nothing, so that a base template may ask for it"
        "backlinks" "as in page.html"
        "related" "as in page.html"
        "follow_ups" "as in page.html"
        "followed" "as in page.html"
        "related_list" "as in page.html"
        "follow_ups_list" "as in page.html"
        "followed_list" "as in page.html"
        "pages_list" "the HTML list of `section.pages`, as in page.html"
        "previous" "as in page.html"
        "next" "as in page.html"
        "moved" "as in page.html"
    ]
    "card.html": [
        "card" "the runbook: title, href, id, scope, services, severity, status, task, owner, alerts, summary, overdue, is_runbook; `root` may only be written before an address"
    ]
    "sidebar.html": [
        "section" "as in page.html; the template is rendered once for all pages of a section, and is not given the page"
    ]
    "listing.html": [
        "listing" "kind (scope, tag, tags, service, services), name, title, count, groups (title, href, count, pages, and list: the HTML list of pages)"
        "breadcrumbs" "as in page.html"
    ]
    "404.html": [
        "breadcrumbs" "nothing"
    ]
    "redirect.html": [
        "redirect" "href, title, and fragments (id, href) that moved elsewhere"
    ]
    "atom.xml": [
        "feed" "updated and entries (card, changed)"
    ]
    "sitemap.xml": [
        "pages" "href and changed of every page"
    ]
}

/// A value that was converted once and is shared by many views.
#[derive(Clone)]
struct SharedValue {
    value: Value,
    hash: Digest,
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
pub(super) struct Shared {
    site: SharedValue,
    nav: SharedValue,
    assets: SharedValue,
    theme: SharedValue,
    cards: Vec<SharedValue>,
    sections: Vec<SharedValue>,
    today: jiff::civil::Date,
}

/// A runbook as lists show it.
#[derive(Serialize, Hash)]
struct Card<'a> {
    title: &'a str,
    href: String,
    id: &'a str,
    scope: &'a [Scope],
    services: &'a [String],
    severity: Option<crate::runbook::Severity>,
    status: Status,
    task: Option<&'a str>,
    owner: Option<&'a str>,
    alerts: Vec<&'a str>,
    summary: &'a str,
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
struct Nav {
    scopes: Vec<NavTerm>,
    sections: Vec<NavSection>,
    services: Vec<NavService>,
    tags: Vec<NavTerm>,
    home_href: String,
    tags_href: String,
    services_href: String,
    count: usize,
}

#[derive(Serialize, Hash)]
struct NavTerm {
    name: String,
    href: String,
    count: usize,
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
struct NavSection {
    title: String,
    href: String,
    count: usize,
}

#[derive(Serialize, Hash)]
struct Crumb {
    title: String,
    href: String,
}

#[derive(Serialize, Hash)]
struct HeadingView<'a> {
    level: u8,
    id: &'a str,
    title: &'a str,
}

/// Front matter and what the site knows of the page.
#[derive(Serialize, Hash)]
struct PageView<'a> {
    title: &'a str,
    id: &'a str,
    href: String,
    source: &'a str,
    edit_link: Option<String>,
    role: &'static str,
    scope: &'a [Scope],
    services: Vec<NavTerm>,
    task: Option<&'a str>,
    alerts: Vec<&'a str>,
    severity: Option<crate::runbook::Severity>,
    owner: Option<&'a str>,
    access: &'a [String],
    risk: Option<crate::runbook::Risk>,
    duration: Option<String>,
    kind: Option<crate::runbook::Kind>,
    params: &'a [(String, crate::runbook::Param)],
    no_follow_up: Option<&'a str>,
    tags: Vec<NavTerm>,
    last_reviewed: Option<String>,
    last_exercised: Option<String>,
    review_every: &'a crate::duration::Duration,
    review_due: Option<String>,
    overdue: bool,
    status: Status,
    checklist: Option<crate::runbook::Checklist>,
    description: Option<&'a str>,
    summary: &'a str,
    extra: &'a crate::value::Table,
    changed: Option<String>,
    heading_id: &'a str,
    toc: Vec<HeadingView<'a>>,
    old_fragments: Vec<&'a str>,
}

#[derive(Serialize, Hash)]
struct Moved {
    id: String,
    title: String,
    href: String,
}

#[derive(Serialize, Hash)]
struct RedirectView {
    href: String,
    title: String,
    fragments: Vec<Moved>,
}

#[derive(Serialize, Hash)]
struct SitemapEntry {
    href: String,
    changed: Option<String>,
}

impl Shared {
    pub(super) fn new(config: &Config, site: &Site, theme: &Theme, env: &Env) -> Self {
        let cards = site
            .pages
            .par_iter()
            .map(|page| {
                let matter = &page.facts.matter;
                SharedValue::new(&Card {
                    title: &page.facts.title,
                    href: encode(&page.address.href),
                    id: &page.id,
                    scope: &matter.scope,
                    services: &page.services,
                    severity: matter.severity,
                    status: matter.status,
                    task: matter.task.as_deref(),
                    owner: matter.owner.as_deref(),
                    alerts: matter
                        .alerts
                        .iter()
                        .map(|alert| alert.value.as_str())
                        .collect(),
                    summary: matter.description.as_deref().unwrap_or(&page.facts.summary),
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
            theme: SharedValue::new(&BTreeMap::from([("extra", extra)])),
            cards,
            sections,
            today: env.today,
        }
    }
}

impl Shared {
    /// What every template is given, besides `root` and `path`.
    fn globals(&self) -> [(&'static str, &SharedValue); 4] {
        [
            ("site", &self.site),
            ("nav", &self.nav),
            ("assets", &self.assets),
            ("theme", &self.theme),
        ]
    }

    /// The same, as values for a context.
    pub(super) fn everywhere(&self) -> impl Iterator<Item = (&'static str, Value)> {
        self.globals()
            .into_iter()
            .map(|(name, shared)| (name, shared.value.clone()))
    }

    /// A page's card.
    pub(super) fn card(&self, number: usize) -> Value {
        self.cards[number].value.clone()
    }

    /// A section with its pages.
    pub(super) fn section(&self, number: usize) -> Value {
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

fn href_of(listing: &Listing, config: &Config) -> String {
    listing
        .address(config.addresses)
        .map(|address| encode(&address.href))
        .unwrap_or_default()
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
        services: terms
            .services
            .iter()
            .map(|(key, term)| NavService {
                name: term.name.clone(),
                href: href_of(&Listing::Service(key.clone()), config),
                count: term.pages.len(),
                operation: in_scope(Scope::Operation, &term.pages),
                maintenance: in_scope(Scope::Maintenance, &term.pages),
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
        count: site.pages.iter().filter(|page| page.is_runbook()).count(),
    }
}

/// The template of a page that comes from a file.
pub(super) fn template_of(role: Role) -> &'static str {
    match role {
        Role::Runbook => "page.html",
        Role::Section => "section.html",
        Role::Home => "home.html",
    }
}

/// What one template is given.
pub(super) struct View<'a> {
    values: Vec<(&'static str, Value)>,
    content: Option<Content<'a>>,
    sidebar: Option<Beside>,
    lists: Vec<(&'static str, Vec<usize>)>,
    listing: Option<ListingView>,
    root: String,
    key: Digest,
    /// What is being rendered, for messages.
    subject: String,
}

/// Whose sidebar stands beside a page, and how the page is found in it. Its identity is in those of `section`,
/// `root` and all that every template is given, which it is made of.
struct Beside {
    section: usize,
    own: bool,
    href: String,
}

/// Gathers a view's values and the hash of each.
struct Builder<'a> {
    values: Vec<(&'static str, Value)>,
    hashes: Vec<Digest>,
    content: Option<Content<'a>>,
    sidebar: Option<Beside>,
    /// Lists of cards, which are put together only when the view is rendered.
    lists: Vec<(&'static str, Vec<usize>)>,
    listing: Option<ListingView>,
    root: String,
    subject: String,
}

impl<'a> Builder<'a> {
    fn new(renderer: &Renderer, out: &OutPath, subject: String) -> Self {
        let mut builder = Self {
            values: Vec::new(),
            hashes: Vec::new(),
            content: None,
            sidebar: None,
            lists: Vec::new(),
            listing: None,
            root: out.to_root(),
            subject,
        };
        let shared = &renderer.shared;
        for (name, value) in shared.globals() {
            builder.share(name, value);
        }
        let root = builder.root.clone();
        builder.add("root", &root);
        let path = if out.as_str() == "index.html" {
            ""
        } else {
            out.as_str()
        };
        builder.add("path", &path);
        builder
    }

    fn share(&mut self, name: &'static str, shared: &SharedValue) {
        self.values.push((name, shared.value.clone()));
        self.hashes.push(shared.hash);
    }

    fn add<T: Serialize + std::hash::Hash>(&mut self, name: &'static str, data: &T) {
        self.values.push((name, Value::from_serializable(data)));
        self.hashes.push(Digest::of(data));
    }

    fn cards(&mut self, name: &'static str, renderer: &Renderer, pages: &[usize]) {
        let cards: Vec<&SharedValue> = pages
            .iter()
            .map(|page| &renderer.shared.cards[*page])
            .collect();
        self.hashes.push(Digest::of(
            &cards.iter().map(|card| card.hash).collect::<Vec<_>>(),
        ));
        let values: Vec<Value> = cards.into_iter().map(|card| card.value.clone()).collect();
        self.values.push((name, Value::from(values)));
    }

    fn card(&mut self, name: &'static str, renderer: &Renderer, page: Option<usize>) {
        match page.and_then(|page| renderer.shared.cards.get(page)) {
            Some(card) => self.share(name, card),
            None => self.nothing(name),
        }
    }

    /// Cards, as values and as a list.
    fn listed(
        &mut self,
        name: &'static str,
        list: &'static str,
        renderer: &Renderer,
        pages: &[usize],
    ) {
        self.cards(name, renderer, pages);
        self.lists.push((list, pages.to_vec()));
    }

    fn beside(&mut self, section: usize, own: bool, href: String) {
        self.sidebar = Some(Beside { section, own, href });
    }

    fn nothing(&mut self, name: &'static str) {
        self.values.push((name, Value::none()));
        self.hashes.push(Digest::default());
    }

    fn finish(self) -> View<'a> {
        let key = Digest::of(&(self.hashes, &self.content));
        View {
            values: self.values,
            content: self.content,
            sidebar: self.sidebar,
            lists: self.lists,
            listing: self.listing,
            root: self.root,
            key,
            subject: self.subject,
        }
    }
}

impl<'a> View<'a> {
    /// The identity of all that the template sees.
    pub(super) fn key(&self) -> Digest {
        self.key
    }

    /// The context for Tera, what is being rendered, and what was found while the content was put together.
    pub(super) fn into_context(self, renderer: &Renderer) -> (Context, String, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut context = Context::new();
        for (name, value) in self.values {
            context.insert_value(name, value);
        }
        if let Some(content) = self.content {
            context.insert_value(
                "content",
                Value::safe_string(&content.html(&mut diagnostics)),
            );
            context.insert_value("heading", Value::safe_string(&content.heading()));
        }
        if let Some(beside) = self.sidebar {
            let (section, own) = (beside.section, beside.own);
            let sidebar = renderer
                .sidebars
                .marked(renderer, section, own, &self.root, &beside.href)
                .collect_into(&mut diagnostics);
            context.insert_value("sidebar", Value::safe_string(&sidebar));
        }
        let mut list = |pages: &[usize]| {
            let cards = &renderer.cards;
            cards.list(renderer, pages, &self.root, &mut diagnostics)
        };
        for (name, pages) in &self.lists {
            context.insert_value(*name, list(pages));
        }
        if let Some(listing) = self.listing {
            context.insert_value("listing", listing.into_value(renderer, list));
        }
        (context, self.subject, diagnostics)
    }

    /// A page that comes from a file.
    pub(super) fn page(renderer: &'a Renderer, number: usize, out: &OutPath) -> Self {
        let (site, config) = (&renderer.site, &renderer.config);
        let page = &site.pages[number];
        let matter = &page.facts.matter;
        let moved = moved(site, number);
        let has_heading =
            !renderer.bodies[number].heading.html.is_empty() && !page.facts.headings.is_empty();
        let mut view = Builder::new(renderer, out, page.facts.path.to_string());
        let term = |name: &String, listing: Listing| NavTerm {
            name: name.clone(),
            href: href_of(&listing, config),
            count: 0,
        };
        view.add(
            "page",
            &PageView {
                title: &page.facts.title,
                id: &page.id,
                href: encode(&page.address.href),
                source: page.facts.path.as_str(),
                edit_link: config
                    .edit_link
                    .as_ref()
                    .map(|link| link.replace("{path}", &encode(page.facts.path.as_str()))),
                role: match page.role {
                    Role::Runbook => "runbook",
                    Role::Section => "section",
                    Role::Home => "home",
                },
                scope: &matter.scope,
                // A page that is no runbook is in no list, so its terms may have none.
                services: page
                    .services
                    .iter()
                    .map(|name| (name, crate::site::term_key(name)))
                    .filter(|(_, key)| site.terms.services.contains_key(key))
                    .map(|(name, key)| term(name, Listing::Service(key)))
                    .collect(),
                task: matter.task.as_deref(),
                alerts: matter
                    .alerts
                    .iter()
                    .map(|alert| alert.value.as_str())
                    .collect(),
                severity: matter.severity,
                owner: matter.owner.as_deref(),
                access: &matter.access,
                risk: matter.risk,
                duration: matter.duration.as_ref().map(ToString::to_string),
                kind: matter.kind,
                params: &matter.params,
                no_follow_up: match &matter.follow_up {
                    FollowUp::None(reason) => Some(reason),
                    _ => None,
                },
                tags: matter
                    .tags
                    .iter()
                    .map(|name| (name, crate::site::term_key(name)))
                    .filter(|(_, key)| site.terms.tags.contains_key(key))
                    .map(|(name, key)| term(name, Listing::Tag(key)))
                    .collect(),
                last_reviewed: matter.last_reviewed.map(|date| date.to_string()),
                last_exercised: matter.last_exercised.map(|date| date.to_string()),
                review_every: &matter.review_every,
                review_due: page.review_due.map(|date| date.to_string()),
                overdue: page
                    .review_due
                    .is_some_and(|due| due < renderer.shared.today),
                status: matter.status,
                checklist: matter.checklist,
                description: matter.description.as_deref(),
                summary: &page.facts.summary,
                extra: &matter.extra,
                changed: page.changed.map(|date| date.to_string()),
                heading_id: if has_heading {
                    &page.facts.headings[0].id
                } else {
                    "top"
                },
                toc: headings(&page.facts.headings[usize::from(has_heading)..]),
                old_fragments: (site.old_fragments.get(&number).into_iter().flatten())
                    .map(String::as_str)
                    .filter(|id| !moved.iter().any(|moved| moved.id == *id))
                    .collect(),
            },
        );
        let section = &site.sections[page.section];
        let at = section.pages.iter().position(|other| *other == number);
        view.card(
            "previous",
            renderer,
            at.and_then(|at| at.checked_sub(1))
                .map(|at| section.pages[at]),
        );
        view.card(
            "next",
            renderer,
            at.and_then(|at| section.pages.get(at + 1).copied()),
        );
        view.cards("backlinks", renderer, &site.backlinks[number]);
        for (name, list, pages) in [
            ("related", "related_list", &site.related),
            ("follow_ups", "follow_ups_list", &site.follow_ups),
            ("followed", "followed_list", &site.followed),
        ] {
            view.listed(name, list, renderer, &pages[number]);
        }
        view.add("moved", &moved);
        let trail = trail(site, page.section, page.role == Role::Runbook);
        view.add("breadcrumbs", &trail);
        view.share("section", &renderer.shared.sections[page.section]);
        let own = page.role != Role::Runbook;
        view.beside(page.section, own, encode(&page.address.href));
        if page.role != Role::Runbook {
            view.lists.push(("pages_list", section.pages.clone()));
        }
        if page.role == Role::Home {
            view.listed("recent", "recent_list", renderer, &recent(site, RECENT));
        }
        view.content = Some(Content::new(site, &renderer.bodies, number, out));
        view.finish()
    }

    /// A section that no file describes.
    pub(super) fn section(renderer: &'a Renderer, number: usize, out: &OutPath) -> Self {
        let site = &renderer.site;
        let mut view = Builder::new(
            renderer,
            out,
            format!("the folder {}", site.sections[number].path),
        );
        for name in [
            "page",
            "heading",
            "content",
            "previous",
            "next",
            "related_list",
            "follow_ups_list",
            "followed_list",
        ] {
            view.nothing(name);
        }
        let pages = site.sections[number].pages.clone();
        view.lists.push(("pages_list", pages));
        for name in ["backlinks", "related", "follow_ups", "followed", "moved"] {
            view.cards(name, renderer, &[]);
        }
        view.add("breadcrumbs", &trail(site, number, false));
        view.share("section", &renderer.shared.sections[number]);
        view.beside(number, true, encode(&site.sections[number].address.href));
        if number == 0 {
            view.listed("recent", "recent_list", renderer, &recent(site, RECENT));
        }
        view.finish()
    }

    /// A list of runbooks.
    pub(super) fn listing(renderer: &'a Renderer, listing: &Listing, out: &OutPath) -> Self {
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
                    title.to_owned(),
                    by_service(&pages),
                )
            }
            Listing::Tag(key) => {
                let (name, pages) = pages_of(&terms.tags, key);
                ("tag", name.clone(), name, by_scope(&pages))
            }
            Listing::Service(key) => {
                let (name, pages) = pages_of(&terms.services, key);
                ("service", name.clone(), name, by_scope(&pages))
            }
            Listing::Tags => (
                "tags",
                String::new(),
                "Tags".to_owned(),
                all(&terms.tags, Listing::Tag),
            ),
            Listing::Services => (
                "services",
                String::new(),
                "Services".to_owned(),
                all(&terms.services, Listing::Service),
            ),
        };
        let names_only = matches!(listing, Listing::Tags | Listing::Services);
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
                .filter(|group| !group.pages.is_empty())
                .collect(),
            names_only,
        };
        view.hashes.push(shown.key(renderer));
        view.listing = Some(shown);
        let mut crumbs = vec![home_crumb(site)];
        match listing {
            Listing::Tag(_) => crumbs.push(Crumb {
                title: "Tags".to_owned(),
                href: href_of(&Listing::Tags, config),
            }),
            Listing::Service(_) => {
                crumbs.push(Crumb {
                    title: "Services".to_owned(),
                    href: href_of(&Listing::Services, config),
                });
            }
            _ => {}
        }
        view.add("breadcrumbs", &crumbs);
        view.finish()
    }

    /// A page that shows nothing but what all pages show.
    pub(super) fn plain(renderer: &'a Renderer, out: &OutPath) -> Self {
        let mut view = Builder::new(renderer, out, out.to_string());
        view.add("breadcrumbs", &Vec::<Crumb>::new());
        view.finish()
    }

    /// An address that only leads on.
    pub(super) fn redirect(renderer: &'a Renderer, alias: &Alias, out: &OutPath) -> Self {
        let site = &renderer.site;
        let mut view = Builder::new(renderer, out, out.to_string());
        let page = alias.page.and_then(|page| site.pages.get(page));
        view.add(
            "redirect",
            &RedirectView {
                href: page
                    .map(|page| encode(&page.address.href))
                    .unwrap_or_default(),
                title: page
                    .map(|page| page.facts.title.clone())
                    .unwrap_or_default(),
                fragments: fragments(site, alias),
            },
        );
        view.finish()
    }

    /// The Atom feed.
    pub(super) fn feed(renderer: &'a Renderer, out: &OutPath) -> Self {
        let site = &renderer.site;
        let mut view = Builder::new(renderer, out, out.to_string());
        let recent = recent(site, FEED);
        let entries: Vec<Value> = recent
            .iter()
            .map(|page| {
                let changed = site.pages[*page]
                    .changed
                    .map(|date| date.to_string())
                    .unwrap_or_default();
                Value::from(BTreeMap::from([
                    ("card", renderer.shared.cards[*page].value.clone()),
                    ("changed", Value::from(changed)),
                ]))
            })
            .collect();
        let hashes: Vec<_> = recent
            .iter()
            .map(|page| (renderer.shared.cards[*page].hash, site.pages[*page].changed))
            .collect();
        view.hashes.push(Digest::of(&hashes));
        let updated = recent
            .first()
            .and_then(|page| site.pages[*page].changed)
            .unwrap_or(renderer.shared.today);
        view.hashes.push(Digest::of(&updated));
        let feed = BTreeMap::from([
            ("updated", Value::from(updated.to_string())),
            ("entries", Value::from(entries)),
        ]);
        view.values.push(("feed", Value::from(feed)));
        view.finish()
    }

    /// The sitemap.
    pub(super) fn sitemap(renderer: &'a Renderer, out: &OutPath) -> Self {
        let site = &renderer.site;
        let mut view = Builder::new(renderer, out, out.to_string());
        let pages: Vec<SitemapEntry> =
            (site.pages.iter().map(|page| (&page.address, page.changed)))
                .chain(
                    site.sections
                        .iter()
                        .filter(|section| section.index.is_none())
                        .map(|section| (&section.address, None)),
                )
                .map(|(address, changed)| SitemapEntry {
                    href: encode(&address.href),
                    changed: changed.map(|date| date.to_string()),
                })
                .collect();
        view.add("pages", &pages);
        view.finish()
    }
}

fn headings(all: &[crate::runbook::Heading]) -> Vec<HeadingView<'_>> {
    all.iter()
        .map(|heading| HeadingView {
            level: heading.level,
            id: &heading.id,
            title: &heading.title,
        })
        .collect()
}

/// Some runbooks under a title.
struct Group {
    title: String,
    href: String,
    pages: Vec<usize>,
}

/// A list of runbooks in groups; it becomes a value only when it is rendered.
struct ListingView {
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
        let cards = &renderer.shared.cards;
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

    fn into_value(self, renderer: &Renderer, mut list: impl FnMut(&[usize]) -> Value) -> Value {
        let cards = &renderer.shared.cards;
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

fn home_crumb(site: &Site) -> Crumb {
    let root = &site.sections[0];
    Crumb {
        title: root.title.clone(),
        href: encode(&root.address.href),
    }
}

/// The steps from the home page to a section; the section itself only when `whole`.
fn trail(site: &Site, section: usize, whole: bool) -> Vec<Crumb> {
    let mut trail: Vec<Crumb> = site
        .trail(section)
        .into_iter()
        .map(|number| {
            let section = &site.sections[number];
            Crumb {
                title: section.title.clone(),
                href: encode(&section.address.href),
            }
        })
        .collect();
    if !whole {
        trail.pop();
    }
    trail
}

/// Runbooks changed last, newest first.
fn recent(site: &Site, most: usize) -> Vec<usize> {
    let mut dated: Vec<(jiff::civil::Date, usize)> = site
        .pages
        .iter()
        .enumerate()
        .filter(|(_, page)| page.is_runbook())
        .filter_map(|(number, page)| Some((page.changed?, number)))
        .collect();
    dated.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    dated
        .into_iter()
        .take(most)
        .map(|(_, number)| number)
        .collect()
}

/// Headings of a page that moved to others.
fn moved(site: &Site, number: usize) -> Vec<Moved> {
    let out = &site.pages[number].address.out;
    site.aliases
        .get(out)
        .map(|alias| fragments(site, alias))
        .unwrap_or_default()
}

fn fragments(site: &Site, alias: &Alias) -> Vec<Moved> {
    let moved = alias.fragments.iter().filter_map(|(id, page)| {
        let page = site.pages.get(*page)?;
        Some(Moved {
            id: id.clone(),
            title: page.facts.title.clone(),
            href: encode(&page.address.href),
        })
    });
    moved.collect()
}
