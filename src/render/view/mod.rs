//! Views: what a template sees. One view a job; its hash is the key that tells whether to render again.
//!
//! Every `href` in a view is relative to the site's root; templates put `root` before it.

mod alert;
mod contexts;
mod coverage;
mod decisions;
mod listing;
mod page;
mod report;
mod reviews;
mod service;
mod shared;
mod steps;

use std::collections::BTreeMap;
use std::hash::Hash;

use percent_encoding::{CONTROLS, utf8_percent_encode};
use serde::Serialize;
use tera::{Context, Value};

pub use self::contexts::{CONTEXTS, Variable};
use self::listing::ListingView;
use self::page::{Crumb, Moved, fragments, recent};
pub(super) use self::reviews::calendar;
pub(super) use self::shared::Shared;
use self::shared::{SharedValue, printable};
use super::Renderer;
use super::content::Content;
use crate::config::Addresses;
use crate::diagnostic::Diagnostic;
use crate::hash::{Digest, StableHasher};
use crate::path::OutPath;
use crate::site::address::encode;
use crate::site::{Alias, Role};
use crate::snapshot::Commit;

/// Most runbooks that the home page and the feed list as recently changed.
const RECENT: usize = 10;
/// Most entries of the feed.
const FEED: usize = 50;

/// The template of a page that comes from a file.
pub(super) fn template_of(role: Role) -> &'static str {
    match role {
        Role::Runbook => "page.html",
        Role::Section => "section.html",
        Role::Home => "home.html",
    }
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
    hasher: StableHasher,
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
        Self::below(renderer, out, out.to_root(), subject)
    }

    fn below(renderer: &Renderer, out: &OutPath, root: String, subject: String) -> Self {
        let mut builder = Self {
            values: Vec::new(),
            hasher: StableHasher::new(),
            content: None,
            sidebar: None,
            lists: Vec::new(),
            listing: None,
            root,
            subject,
        };
        let shared = &renderer.frame.shared;
        for (name, value) in shared.globals() {
            builder.share(name, value);
        }
        let root = builder.root.clone();
        builder.add("root", &root);
        // As servers call it: a folder's page by the folder.
        let name = out.as_str();
        let path = match name.strip_suffix("index.html") {
            Some(folder)
                if folder.is_empty() || renderer.config.addresses == Addresses::Directory =>
            {
                folder
            }
            _ => name,
        };
        builder.add("path", &path);
        builder
    }

    fn share(&mut self, name: &'static str, shared: &SharedValue) {
        self.values.push((name, shared.value.clone()));
        shared.hash.hash(&mut self.hasher);
    }

    fn add<T: Serialize + std::hash::Hash>(&mut self, name: &'static str, data: &T) {
        self.values.push((name, Value::from_serializable(data)));
        data.hash(&mut self.hasher);
    }

    fn cards(&mut self, name: &'static str, renderer: &Renderer, pages: &[usize]) {
        pages.len().hash(&mut self.hasher);
        let mut values = Vec::with_capacity(pages.len());
        for page in pages {
            let card = &renderer.frame.shared.cards[*page];
            card.hash.hash(&mut self.hasher);
            values.push(card.value.clone());
        }
        self.values.push((name, Value::from(values)));
    }

    fn card(&mut self, name: &'static str, renderer: &Renderer, page: Option<usize>) {
        match page.and_then(|page| renderer.frame.shared.cards.get(page)) {
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
        name.hash(&mut self.hasher);
    }

    fn finish(mut self) -> View<'a> {
        self.content.hash(&mut self.hasher);
        let key = self.hasher.digest();
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
        let fragments = &renderer.frame.fragments;
        let once = fragments.of(renderer, &self.root, &mut diagnostics);
        context.insert_value("once", once);
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
                .frame
                .sidebars
                .marked(renderer, section, own, &self.root, &beside.href)
                .collect_into(&mut diagnostics);
            context.insert_value("sidebar", Value::safe_string(&sidebar));
        }
        let mut list = |pages: &[usize]| {
            let cards = &renderer.frame.cards;
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

    /// A page that shows nothing but what all pages show.
    ///
    /// It is shown at addresses of any depth, so its links begin at the server's root.
    pub(super) fn plain(renderer: &'a Renderer, out: &OutPath) -> Self {
        let root = renderer.config.base_path().to_owned();
        let mut view = Builder::below(renderer, out, root, out.to_string());
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
                let revision = site.pages[*page].revision.as_deref();
                let said = |text: fn(&Commit) -> &str| {
                    let text = printable(revision.map_or("", text));
                    Value::from(text.as_ref())
                };
                Value::from(BTreeMap::from([
                    ("commit", said(|commit| &commit.id)),
                    ("author", said(|commit| &commit.author)),
                    ("subject", said(|commit| &commit.subject)),
                    ("card", renderer.frame.shared.cards[*page].value.clone()),
                    ("changed", Value::from(changed)),
                ]))
            })
            .collect();
        let hashes: Vec<_> = recent
            .iter()
            .map(|page| {
                (
                    renderer.frame.shared.cards[*page].hash,
                    &site.pages[*page].revision,
                )
            })
            .collect();
        hashes.hash(&mut view.hasher);
        let updated = recent
            .first()
            .and_then(|page| site.pages[*page].changed)
            .unwrap_or(renderer.frame.shared.today);
        updated.hash(&mut view.hasher);
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
                    // A sitemap holds ASCII only (sitemaps.org, "Entity escaping").
                    href: utf8_percent_encode(&encode(&address.href), CONTROLS).to_string(),
                    changed: changed.map(|date| date.to_string()),
                })
                .collect();
        view.add("pages", &pages);
        view.finish()
    }
}
