//! The link graph: where each link, embed, alias and follow-up leads, and what points back.

use std::cell::LazyCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::address::{self, Address, index_rank};
use super::{Alias, Page, Parts, Section};
use crate::config::{self, Addresses, Outside};
use crate::diagnostic::{Checked, Code, Diagnostic, Span, nearest};
use crate::path::{OutPath, RelPath};
use crate::runbook::links::{Parts as TargetParts, parts};
use crate::runbook::{Facts, FollowUp, Link, LinkKind, Scope};
use crate::slug;
use crate::value::Spanned;

/// How many broken links get a suggestion from the whole site: a search costs a comparison with every page.
const SUGGESTIONS: usize = 200;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resolved {
    /// A page, maybe a place on it.
    Page(usize, Option<String>),
    /// A section without a page of its own text.
    Section(usize),
    /// A file that is published as it is, with the query and fragment of the link.
    Asset(RelPath, String),
    /// A place on the page itself.
    Here(String),
    /// Nowhere: it is shown without a link.
    Nowhere,
}

/// What an embed shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmbedTarget {
    /// The page.
    pub page: usize,
    /// The number of the heading whose section is shown; `None` for the whole page.
    pub heading: Option<usize>,
}

/// All that links say.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) links: Vec<Vec<Resolved>>,
    pub(super) embeds: Vec<Vec<Option<EmbedTarget>>>,
    pub(super) backlinks: Vec<Vec<usize>>,
    pub(super) follow_ups: Vec<Vec<usize>>,
    pub(super) followed: Vec<Vec<usize>>,
    pub(super) related: Vec<Vec<usize>>,
    pub(super) assets: BTreeMap<RelPath, Address>,
    pub(super) aliases: BTreeMap<OutPath, Alias>,
    pub(super) old_fragments: BTreeMap<usize, Vec<String>>,
}

/// Everything a target can be looked up in.
struct Index<'a> {
    parts: &'a Parts<'a>,
    pages: &'a [Page],
    drafts: &'a BTreeSet<&'a RelPath>,
    by_path: FxHashMap<&'a RelPath, usize>,
    sections: BTreeMap<&'a RelPath, usize>,
    section_list: &'a [Section],
    /// Pages by their path without endings, in lower case: other generators write links so.
    by_stem: FxHashMap<String, usize>,
    by_id: FxHashMap<&'a str, usize>,
    by_title: FxHashMap<String, Vec<usize>>,
    by_name: FxHashMap<String, Vec<usize>>,
    /// Pages by the old paths that they answer to, written as in `by_stem`, and by the old headings there.
    by_alias: FxHashMap<(String, Option<String>), usize>,
    /// Fragments that a page answers to besides its own ids.
    old_fragments: &'a BTreeMap<usize, Vec<String>>,
}

impl Graph {
    pub(super) fn new(
        parts: &Parts<'_>,
        pages: &[Page],
        sections: &[Section],
        drafts: &BTreeSet<&RelPath>,
    ) -> Checked<Self> {
        let mut diagnostics = Vec::new();
        let mut graph = Self::default();
        let none = BTreeMap::new();
        let index = Index::new(parts, pages, sections, drafts, &none);
        let (aliases, old_fragments) = index.aliases(&mut diagnostics);
        graph.aliases = aliases;
        let index = Index {
            old_fragments: &old_fragments,
            ..index
        };

        let resolved: Vec<_> = pages.par_iter().map(|page| index.page(page)).collect();
        let mut suggested = 0;
        graph.backlinks = vec![Vec::new(); pages.len()];
        for (number, (links, embeds, found)) in resolved.into_iter().enumerate() {
            for (mut diagnostic, wanted) in found {
                if let Some(wanted) = wanted
                    && diagnostic.help.is_none()
                {
                    let image = diagnostic.code == Code::BrokenImage;
                    diagnostic.help = Some(index.suggestion(
                        &pages[number].facts,
                        &wanted,
                        image,
                        &mut suggested,
                    ));
                }
                diagnostics.push(diagnostic);
            }
            let targets = links
                .iter()
                .filter_map(|link| {
                    if let Resolved::Page(page, _) = link {
                        Some(*page)
                    } else {
                        None
                    }
                })
                .chain(embeds.iter().flatten().map(|embed| embed.page));
            for target in targets {
                let list = &mut graph.backlinks[target];
                if target != number && list.last() != Some(&number) {
                    list.push(number);
                }
            }
            for link in &links {
                if let Resolved::Asset(path, _) = link
                    && !graph.assets.contains_key(path)
                    && let Some(address) = path.below(&config::content()).and_then(address::asset)
                {
                    graph.assets.insert(path.clone(), address);
                }
            }
            graph.links.push(links);
            graph.embeds.push(embeds);
        }
        break_cycles(pages, &mut graph.embeds, &mut diagnostics);
        graph.name_runbooks(&index, &mut diagnostics);
        graph.old_fragments = old_fragments;
        Checked::new(graph, diagnostics)
    }

    /// Resolves `follow_up` and `related`.
    fn name_runbooks(&mut self, index: &Index<'_>, diagnostics: &mut Vec<Diagnostic>) {
        let pages = index.pages;
        self.followed = vec![Vec::new(); pages.len()];
        for (number, page) in pages.iter().enumerate() {
            let matter = &page.facts.matter;
            let mut resolve = |key: &str, ids: &[crate::value::Spanned<String>]| {
                let mut found = Vec::new();
                for id in ids {
                    match index.by_id.get(id.value.as_str()) {
                        Some(target) if *target != number && !found.contains(target) => {
                            found.push(*target)
                        }
                        Some(_) => {}
                        None => {
                            let known = index.by_id.keys().copied();
                            let help = match nearest(&id.value, known) {
                                Some(near) => format!("did you mean `{near}`?"),
                                None => "write the `id` of a runbook; without one it is its path with hyphens".to_owned(),
                            };
                            let message =
                                format!("`{key}` names `{}`, which is no runbook's id", id.value);
                            diagnostics.push(
                                Diagnostic::new(Code::BrokenFollowUp, message)
                                    .at_span(&id.span)
                                    .help(help),
                            );
                        }
                    }
                }
                found
            };
            let related = resolve("related", &matter.related);
            let follow_ups = match &matter.follow_up {
                FollowUp::Runbooks(ids) => {
                    let found = resolve("follow_up", ids);
                    for id in ids {
                        let target = index.by_id.get(id.value.as_str());
                        diagnostics.extend(no_follow_up(id, target.map(|at| &pages[*at]), page));
                    }
                    found
                }
                _ => Vec::new(),
            };
            for target in &follow_ups {
                self.followed[*target].push(number);
            }
            self.related.push(related);
            self.follow_ups.push(follow_ups);
        }
    }
}

/// Whether a fragment means something on every page.
fn is_of_browser(fragment: &str) -> bool {
    fragment.is_empty() || fragment == "top" || fragment.starts_with(":~:")
}

/// What is wrong with a follow-up that is there: what operates the service again stops nothing from coming back.
fn no_follow_up(id: &Spanned<String>, target: Option<&Page>, of: &Page) -> Option<Diagnostic> {
    let target = target?;
    let scope = &target.facts.matter.scope;
    let message = match () {
        () if target.facts.path == of.facts.path => {
            "`follow_up` names this runbook itself".to_owned()
        }
        () if !scope.is_empty() && !scope.contains(&Scope::Maintenance) => {
            format!("`follow_up` names `{}`, which is no maintenance", id.value)
        }
        () => return None,
    };
    let help = "name the maintenance that makes this unnecessary, or write \
                `follow_up = { none = \"why none is needed\" }`; `related` names what else belongs to it";
    Some(
        Diagnostic::new(Code::BrokenFollowUp, message)
            .at_span(&id.span)
            .help(help),
    )
}

/// A finding, and the path it wanted, for a suggestion.
type Found = Vec<(Diagnostic, Option<String>)>;

impl<'a> Index<'a> {
    fn new(
        parts: &'a Parts<'a>,
        pages: &'a [Page],
        sections: &'a [Section],
        drafts: &'a BTreeSet<&'a RelPath>,
        old_fragments: &'a BTreeMap<usize, Vec<String>>,
    ) -> Self {
        let paths = || pages.iter().map(|page| &page.facts.path).zip(0..);
        let by_path = || paths().collect();
        let by_stem = || {
            let mut by_stem = FxHashMap::default();
            for (path, number) in paths() {
                by_stem.entry(stem(path.as_str())).or_insert(number);
            }
            by_stem
        };
        let by_id = || {
            let mut by_id = FxHashMap::default();
            for (number, page) in pages.iter().enumerate() {
                by_id.entry(page.id.as_str()).or_insert(number);
            }
            by_id
        };
        let by_title = || {
            let mut by_title: FxHashMap<String, Vec<usize>> = FxHashMap::default();
            for (number, page) in pages.iter().enumerate() {
                let title = page.facts.title.to_lowercase();
                by_title.entry(title).or_default().push(number);
            }
            by_title
        };
        let by_name = || {
            let mut by_name: FxHashMap<String, Vec<usize>> = FxHashMap::default();
            for (path, number) in paths() {
                let name = match index_rank(path) {
                    Some(_) => path.parent().file_name().to_lowercase(),
                    None => stem(path.file_name()),
                };
                by_name.entry(name).or_default().push(number);
            }
            by_name
        };
        let ((by_path, by_stem), (by_id, (by_title, by_name))) = rayon::join(
            || rayon::join(by_path, by_stem),
            || rayon::join(by_id, || rayon::join(by_title, by_name)),
        );
        Self {
            parts,
            pages,
            drafts,
            by_path,
            sections: sections
                .iter()
                .map(|section| &section.path)
                .zip(0..)
                .collect(),
            section_list: sections,
            by_stem,
            by_id,
            by_title,
            by_name,
            by_alias: by_alias(pages),
            old_fragments,
        }
    }

    /// Resolves the links and embeds of a page.
    fn page(&self, page: &Page) -> (Vec<Resolved>, Vec<Option<EmbedTarget>>, Found) {
        let facts = &page.facts;
        let mut found = Vec::new();
        let links = facts
            .links
            .iter()
            .map(|link| self.link(facts, link, &mut found))
            .collect();
        let embeds = facts
            .embeds
            .iter()
            .map(|embed| self.embed(facts, &embed.target, &embed.span, &mut found))
            .collect();
        (links, embeds, found)
    }

    fn link(&self, facts: &Facts, link: &Link, found: &mut Found) -> Resolved {
        let target = parts(&link.target);
        match link.kind {
            LinkKind::Wiki => self.wiki(facts, link, &target, found),
            LinkKind::Page | LinkKind::Image | LinkKind::WikiImage => {
                self.path_link(facts, link, &target, found)
            }
        }
    }

    fn path_link(
        &self,
        facts: &Facts,
        link: &Link,
        target: &TargetParts<'_>,
        found: &mut Found,
    ) -> Resolved {
        let image = matches!(link.kind, LinkKind::Image | LinkKind::WikiImage);
        if target.path.is_empty() && !image {
            let Some(fragment) = &target.fragment else {
                return Resolved::Here(String::new());
            };
            let here = self.by_path.get(&facts.path).copied();
            return match self.fragment(here, facts, fragment, link, found) {
                Some(fragment) => Resolved::Here(fragment),
                None => Resolved::Nowhere,
            };
        }
        let resolved = self.sibling(&facts.path, &target.path).or_else(|| {
            candidates(&facts.path, &target.path)
                .into_iter()
                .find_map(|path| self.lookup(&path, target, image))
        });
        // The page that took over an old path is there, so the link leads straight to it.
        let old = |fragment: Option<String>| {
            let paths = candidates(&facts.path, &target.path).into_iter();
            let mut old = paths.map(|path| (stem(path.as_str()), fragment.clone()));
            old.find_map(|old| self.by_alias.get(&old).copied())
        };
        let resolved = match resolved {
            None if !image => {
                let heading = target.fragment.as_ref().map(ToString::to_string);
                if let Some(page) = heading.and_then(|heading| old(Some(heading))) {
                    return Resolved::Page(page, None);
                }
                old(None).map(|page| Resolved::Page(page, None))
            }
            resolved => resolved,
        };
        match resolved {
            // Nothing but a file can be a picture.
            Some(Resolved::Page(..) | Resolved::Section(_)) if image => {
                self.report_broken(facts, link, target, image, found);
                Resolved::Nowhere
            }
            Some(Resolved::Page(page, _)) => {
                let fragment = match &target.fragment {
                    None => None,
                    Some(fragment) => {
                        self.fragment(Some(page), &self.pages[page].facts, fragment, link, found)
                    }
                };
                Resolved::Page(page, fragment)
            }
            Some(Resolved::Section(section)) => {
                if let Some(fragment) = target.fragment.as_deref().filter(|f| !is_of_browser(f)) {
                    let folder = &self.section_list[section].path;
                    let message =
                        format!("there is no heading `#{fragment}` on the page of `{folder}`");
                    let help = "Bindery makes that page: write an `index.md` with this heading, or leave the heading out";
                    let diagnostic = Diagnostic::new(Code::MissingAnchor, message);
                    found.push((diagnostic.at_span(&link.span).help(help), None));
                }
                Resolved::Section(section)
            }
            Some(resolved) => resolved,
            None => {
                self.report_broken(facts, link, target, image, found);
                Resolved::Nowhere
            }
        }
    }

    /// The page that a relative path names letter by letter: nearly all links are such.
    fn sibling(&self, source: &RelPath, path: &str) -> Option<Resolved> {
        if path.starts_with('/') {
            return None;
        }
        let path = RelPath::new(source.folder())?.join(path)?;
        let page = self.by_path.get(&path)?;
        Some(Resolved::Page(*page, None))
    }

    /// What lies at `path`, if anything does.
    fn lookup(&self, path: &RelPath, target: &TargetParts<'_>, image: bool) -> Option<Resolved> {
        if let Some(page) = self.by_path.get(path) {
            return Some(Resolved::Page(*page, None));
        }
        if let Some(section) = self.sections.get(path) {
            return Some(match self.section_list[*section].index {
                Some(page) => Resolved::Page(page, None),
                None => Resolved::Section(*section),
            });
        }
        let is_file = self.parts.files.contains(path);
        if is_file && !self.drafts.contains(path) && !self.parts.config.is_page(path) {
            let mut suffix = target.query.to_owned();
            if let Some(fragment) = &target.fragment {
                suffix.push('#');
                suffix.push_str(&address::encode(fragment));
            }
            return Some(Resolved::Asset(path.clone(), suffix));
        }
        if image {
            return None;
        }
        // `failover`, `failover.html`, `Failover.md`, `failover/`: what other generators and file systems take.
        let stem = stem(path.as_str());
        if let Some(page) = self.by_stem.get(&stem) {
            return Some(Resolved::Page(*page, None));
        }
        let folder = stem.strip_suffix("/index").unwrap_or(&stem);
        self.sections
            .iter()
            .find(|(path, _)| {
                path.as_str().len() == folder.len() && path.as_str().to_lowercase() == folder
            })
            .map(|(_, section)| match self.section_list[*section].index {
                Some(page) => Resolved::Page(page, None),
                None => Resolved::Section(*section),
            })
    }

    /// The id on a page that `fragment` means; reports it when there is none.
    fn fragment(
        &self,
        page: Option<usize>,
        facts: &Facts,
        fragment: &str,
        link: &Link,
        found: &mut Found,
    ) -> Option<String> {
        if is_of_browser(fragment) {
            return Some(fragment.to_owned());
        }
        let wanted = fragment.strip_prefix("user-content-").unwrap_or(fragment);
        let old = page
            .and_then(|page| self.old_fragments.get(&page))
            .into_iter()
            .flatten();
        let ids: Vec<&str> = facts.ids().chain(old.map(String::as_str)).collect();
        let exact = ids.iter().find(|id| **id == wanted);
        let lower = wanted.to_lowercase();
        if let Some(id) = exact.or_else(|| ids.iter().find(|id| id.to_lowercase() == lower)) {
            return Some((*id).to_owned());
        }
        // GitHub makes `a---b` of `A - B`, and MkDocs makes `a-b` of it.
        let lower = squeezed(&lower);
        if let Some(id) = ids.iter().find(|id| squeezed(&id.to_lowercase()) == lower) {
            return Some((*id).to_owned());
        }
        let whose = match page {
            Some(page) if self.pages[page].facts.path == link.span.file => "this page".to_owned(),
            _ => format!("`{}`", facts.path),
        };
        let help = match nearest(wanted, ids.iter().copied()) {
            // Docsify and its like show a page by a script that reads the fragment.
            _ if wanted.starts_with('/') => "write the path of the page's file instead".to_owned(),
            Some(near) => format!("did you mean `#{near}`?"),
            None if ids.is_empty() => "that page has no headings".to_owned(),
            None => {
                let some: Vec<String> = ids.iter().take(8).map(|id| format!("`#{id}`")).collect();
                format!("it has {}", some.join(", "))
            }
        };
        let message = format!("there is no heading `#{wanted}` on {whose}");
        found.push((
            Diagnostic::new(Code::MissingAnchor, message)
                .at_span(&link.span)
                .help(help),
            None,
        ));
        None
    }

    fn report_broken(
        &self,
        facts: &Facts,
        link: &Link,
        target: &TargetParts<'_>,
        image: bool,
        found: &mut Found,
    ) {
        let first = candidates(&facts.path, &target.path).into_iter().next();
        if let Some(path) = &first
            && self.drafts.contains(path)
        {
            return found.push((to_draft(path, &link.span), None));
        }
        // No path at all means the page itself, which is inside.
        let inside = target.path.is_empty()
            || first
                .as_ref()
                .is_some_and(|path| path.below(&config::content()).is_some());
        if !inside {
            if self.parts.config.outside == Outside::Error {
                let diagnostic =
                    Diagnostic::new(Code::OutsideTarget, format!("`{}` leads out of the content folder", link.target))
                        .at_span(&link.span)
                        .help(
                            "the published site has no such file; link to it in the repository, or set `outside = \
                             \"text\"` under `[links]` in site.toml to show such links as text",
                        );
                found.push((diagnostic, None));
            }
            return;
        }
        let is_page = first
            .as_ref()
            .is_some_and(|path| self.by_path.contains_key(path));
        if link.kind == LinkKind::Image && is_page {
            let message = format!("`{}` is a page, and no picture", link.target);
            let help = format!(
                "to link to it leave the `!` out; to show its text here write `![[{}]]` on a line of its own",
                link.target
            );
            let diagnostic = Diagnostic::new(Code::BrokenImage, message);
            return found.push((diagnostic.at_span(&link.span).help(help), None));
        }
        let is_named = || !self.named(&target.path).is_empty();
        if link.kind == LinkKind::WikiImage && (is_page || is_named()) {
            let message = format!(
                "`{}` is a page, and a page cannot stand inside a line",
                link.target
            );
            let diagnostic = Diagnostic::new(Code::BrokenEmbed, message)
                .at_span(&link.span)
                .help("to embed it give it a line of its own; to link to it leave the `!` out");
            return found.push((diagnostic, None));
        }
        let (code, what) = if image {
            (Code::BrokenImage, "image")
        } else {
            (Code::BrokenLink, "page or file")
        };
        let path = first.map_or_else(|| link.target.clone(), |path| path.as_str().to_owned());
        let mut diagnostic = Diagnostic::new(code, format!("there is no {what} `{}`", link.target))
            .at_span(&link.span);
        if begins_with_server(&link.target) {
            diagnostic = diagnostic.help(format!(
                "an address out of the site begins with its scheme: write `https://{}`",
                link.target
            ));
        }
        found.push((diagnostic, Some(path)));
    }

    /// The draft that a name fits: its id, its title or its file's name.
    fn draft(&self, name: &str) -> Option<&'a RelPath> {
        let lower = name.to_lowercase();
        let mut drafts = self
            .parts
            .facts
            .iter()
            .filter(|facts| self.drafts.contains(&facts.path));
        let draft = drafts.find(|facts| {
            let id = facts.matter.id.as_ref();
            id.is_some_and(|id| id.value == name)
                || facts.title.to_lowercase() == lower
                || stem(facts.path.file_name()) == stem(&lower)
        })?;
        self.drafts.get(&draft.path).copied()
    }

    /// Pages that a wikilink's name fits: an id, else a title, else a file name.
    fn named(&self, name: &str) -> Vec<usize> {
        if let Some(page) = self.by_id.get(name) {
            return vec![*page];
        }
        let lower = name.trim().to_lowercase();
        let by_title = self.by_title.get(&lower).cloned().unwrap_or_default();
        if !by_title.is_empty() {
            return by_title;
        }
        let mut path = stem(&lower);
        if let Some(stripped) = path.strip_prefix('/') {
            path = stripped.to_owned();
        }
        if path.contains('/') {
            let whole = format!("{}/{path}", config::content());
            return self
                .by_stem
                .get(&whole)
                .map(|page| vec![*page])
                .unwrap_or_default();
        }
        self.by_name.get(&path).cloned().unwrap_or_default()
    }

    fn wiki(
        &self,
        facts: &Facts,
        link: &Link,
        target: &TargetParts<'_>,
        found: &mut Found,
    ) -> Resolved {
        if target.path.is_empty() {
            return self.path_link(facts, link, target, found);
        }
        let named = self.named(&target.path);
        match named.as_slice() {
            [page] => {
                let fragment = target.fragment.as_ref().and_then(|fragment| {
                    let facts = &self.pages[*page].facts;
                    let by_title = facts
                        .headings
                        .iter()
                        .find(|heading| heading.title == **fragment);
                    match by_title {
                        Some(heading) => Some(heading.id.clone()),
                        None => self.fragment(Some(*page), facts, fragment, link, found),
                    }
                });
                Resolved::Page(*page, fragment)
            }
            [] => {
                // A path is a name too.
                let mut quiet = Vec::new();
                let resolved = self.path_link(facts, link, target, &mut quiet);
                if resolved == Resolved::Nowhere {
                    if let Some(draft) = self.draft(&target.path) {
                        found.push((to_draft(draft, &link.span), None));
                        return resolved;
                    }
                    let message = format!(
                        "no runbook has the id, title or file name `{}`",
                        target.path
                    );
                    let diagnostic = Diagnostic::new(Code::BrokenLink, message).at_span(&link.span);
                    found.push((diagnostic, Some(target.path.to_string())));
                } else {
                    found.append(&mut quiet);
                }
                resolved
            }
            [first, ..] => {
                let ids: Vec<String> = named
                    .iter()
                    .map(|page| format!("`{}`", self.pages[*page].id))
                    .collect();
                let message = format!("`{}` is the name of {} runbooks", target.path, named.len());
                let help = format!("write the id of the one you mean: {}", ids.join(", "));
                found.push((
                    Diagnostic::new(Code::AmbiguousLink, message)
                        .at_span(&link.span)
                        .help(help),
                    None,
                ));
                Resolved::Page(*first, None)
            }
        }
    }

    fn embed(
        &self,
        facts: &Facts,
        written: &str,
        span: &Span,
        found: &mut Found,
    ) -> Option<EmbedTarget> {
        let target = parts(written);
        let lookup = || {
            candidates(&facts.path, &target.path)
                .into_iter()
                .find_map(|path| match self.lookup(&path, &target, false) {
                    Some(Resolved::Page(page, _)) => Some(page),
                    _ => None,
                })
        };
        let here = || self.by_path.get(&facts.path).copied();
        let page = if target.path.is_empty() {
            here()
        } else {
            lookup().or_else(|| self.named(&target.path).first().copied())
        };
        let Some(page) = page else {
            let mut paths = candidates(&facts.path, &target.path).into_iter();
            let draft = paths
                .find_map(|path| self.drafts.get(&path).copied())
                .or_else(|| self.draft(&target.path));
            if let Some(draft) = draft {
                found.push((to_draft(draft, span), None));
                return None;
            }
            let message = format!("there is no page `{}` to embed", target.path);
            let diagnostic = Diagnostic::new(Code::BrokenEmbed, message).at_span(span);
            found.push((diagnostic, Some(target.path.to_string())));
            return None;
        };
        let Some(fragment) = &target.fragment else {
            return Some(EmbedTarget {
                page,
                heading: None,
            });
        };
        let headings = &self.pages[page].facts.headings;
        let wanted = slug::heading(fragment);
        let heading = headings.iter().position(|heading| {
            heading.id == **fragment || heading.id == wanted || heading.title == **fragment
        });
        if heading.is_none() {
            let help = match nearest(fragment, headings.iter().map(|heading| heading.id.as_str())) {
                Some(near) => format!("did you mean `#{near}`?"),
                None => "write the id of a heading of that page".to_owned(),
            };
            let message = format!(
                "`{}` has no section `{fragment}` to embed",
                self.pages[page].facts.path
            );
            found.push((
                Diagnostic::new(Code::BrokenEmbed, message)
                    .at_span(span)
                    .help(help),
                None,
            ));
            return None;
        }
        Some(EmbedTarget { page, heading })
    }

    /// What to write instead of a path that leads nowhere.
    fn suggestion(
        &self,
        facts: &Facts,
        wanted: &str,
        image: bool,
        suggested: &mut usize,
    ) -> String {
        let otherwise = "write the path of a file, relative to this one".to_owned();
        *suggested += 1;
        if *suggested > SUGGESTIONS {
            return otherwise;
        }
        if wanted
            .split('/')
            .any(|name| name.starts_with('.') && !matches!(name, "." | ".."))
        {
            return "files and folders whose names begin with a dot are left out; move it, or link to it in the repository"
                .to_owned();
        }
        let name = wanted.rsplit('/').next().unwrap_or(wanted);
        if image {
            let files = || {
                self.parts
                    .files
                    .iter()
                    .filter(|path| !self.parts.config.is_page(path))
            };
            let near = nearest(name, files().map(RelPath::file_name));
            let near = near.and_then(|near| files().find(|path| path.file_name() == near));
            return match near.and_then(|near| Some((OutPath::new(facts.path.as_str())?, near))) {
                Some((from, near)) => format!(
                    "did you mean `{}`?",
                    address::relative(&from, near.as_str())
                ),
                None => {
                    "put the file beside the page, and write its path relative to it".to_owned()
                }
            };
        }
        let lower = wanted.to_lowercase();
        let mut files = self.parts.files.iter();
        if let Some(twin) = files.find(|path| path.as_str().to_lowercase() == lower)
            && let Some(from) = OutPath::new(facts.path.as_str())
        {
            let twin = address::relative(&from, twin.as_str());
            return format!("did you mean `{twin}`? upper and lower case are not the same");
        }
        // The same name in another folder is the likeliest slip; then a name like it nearby; then anywhere.
        let same = self
            .by_name
            .get(&stem(name))
            .and_then(|pages| pages.first().copied());
        let near = same.or_else(|| {
            let folder = facts.path.parent();
            let nearby = self
                .pages
                .iter()
                .filter(|page| page.facts.path.parent() == folder && page.facts.path != facts.path);
            // Endings are equal and no slip: they would make any two short names alike.
            let names: Vec<(String, &RelPath)> = nearby
                .map(|page| (stem(page.facts.path.file_name()), &page.facts.path))
                .collect();
            let wanted_name = stem(name);
            let best = nearest(&wanted_name, names.iter().map(|(name, _)| name.as_str()))
                .and_then(|best| names.iter().find(|(name, _)| *name == best))
                .map(|(_, path)| *path);
            let best = best.or_else(|| {
                let paths = || self.pages.iter().map(|page| &page.facts.path);
                let stems: Vec<(String, &RelPath)> =
                    paths().map(|path| (stem(path.file_name()), path)).collect();
                let all = nearest(&wanted_name, stems.iter().map(|(name, _)| name.as_str()))?;
                let found = stems.iter().find(|(name, _)| *name == all);
                found.map(|(_, path)| *path)
            });
            best.and_then(|path| self.by_path.get(path).copied())
        });
        match near {
            Some(page) => {
                let from = OutPath::new(facts.path.as_str());
                let to = self.pages[page].facts.path.as_str();
                let written =
                    from.map_or_else(|| to.to_owned(), |from| address::relative(&from, to));
                format!("did you mean `{written}`?")
            }
            None => otherwise,
        }
    }

    /// Old addresses and old fragments.
    fn aliases(
        &self,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (BTreeMap<OutPath, Alias>, BTreeMap<usize, Vec<String>>) {
        let mut aliases: BTreeMap<OutPath, Alias> = BTreeMap::new();
        let mut fragments: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let mut taken: BTreeMap<(OutPath, Option<String>), (usize, &Span)> = BTreeMap::new();
        let page_at = LazyCell::new(|| {
            let pages = self.pages.iter().enumerate();
            let addresses = pages.map(|(number, page)| (&page.address.out, number));
            addresses.collect::<FxHashMap<_, _>>()
        });
        for (number, page) in self.pages.iter().enumerate() {
            for alias in &page.facts.matter.aliases {
                let target = parts(&alias.value);
                let bad = || {
                    Diagnostic::new(Code::BrokenAlias, format!("`{}` is not an address inside the site", alias.value))
                        .at_span(&alias.span)
                        .help("write an old path of this page, `db/old-name.md`, or an old heading, `db/failover.md#old`")
                };
                let path = target.path.trim_matches('/');
                if alias.value.contains("://")
                    || target.path.contains(['\\', '\0'])
                    || path.split('/').any(|s| s == "..")
                {
                    diagnostics.push(bad());
                    continue;
                }
                let fragment = target.fragment.as_ref().map(ToString::to_string);
                // `db/failover.md#old`, or `db/#old`, where that page is still there: it answers to the old heading itself.
                let by_path = || {
                    let path = RelPath::root().join(&format!("{}/{path}", config::content()))?;
                    self.by_stem.get(&stem(path.as_str())).copied()
                };
                let address = alias_address(&target.path, self.parts.config.addresses);
                let by_address = || page_at.get(&address.as_ref()?.out).copied();
                let there = match &fragment {
                    Some(_) if path.is_empty() => Some(number),
                    Some(_) => by_path().or_else(by_address),
                    None => None,
                };
                let address = match there {
                    Some(there) => self.pages[there].address.out.clone(),
                    None => match address {
                        Some(address) => address.out,
                        None => {
                            diagnostics.push(bad());
                            continue;
                        }
                    },
                };
                if let (Some(there), Some(fragment)) = (there, &fragment)
                    && let facts = &self.pages[there].facts
                    && facts.ids().any(|id| id == fragment)
                {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::Collision,
                            format!("an alias and a heading of `{}` both want the address `{address}#{fragment}`", facts.path),
                        )
                        .at_span(&alias.span)
                        .help("rename the heading, or take the alias away"),
                    );
                    continue;
                }
                match taken.entry((address.clone(), fragment.clone())) {
                    Entry::Vacant(free) => {
                        free.insert((number, &alias.span));
                    }
                    Entry::Occupied(first) => {
                        let (first, said) = *first.get();
                        if first != number {
                            diagnostics.push(
                                Diagnostic::new(
                                    Code::Collision,
                                    format!("two pages want the alias `{}`", alias.value),
                                )
                                .at_span(&alias.span)
                                .help("an address leads to one page; take it away from one of them")
                                .related(said.clone(), "it is taken here"),
                            );
                        }
                        continue;
                    }
                }
                if let (Some(there), Some(fragment)) = (there, &fragment) {
                    fragments.entry(there).or_default().push(fragment.clone());
                    if there == number {
                        continue;
                    }
                }
                let entry = aliases.entry(address).or_insert_with(|| Alias {
                    page: None,
                    fragments: BTreeMap::new(),
                    said: alias.span.clone(),
                });
                match fragment {
                    Some(fragment) => {
                        entry.fragments.insert(fragment, number);
                        // A page that is still there shows where its headings went, and leads nowhere else.
                        if there.is_none() {
                            entry.page.get_or_insert(number);
                        }
                    }
                    None => entry.page = Some(number),
                }
            }
        }
        (aliases, fragments)
    }
}

/// An id with one hyphen for each run of them.
fn squeezed(id: &str) -> String {
    let parts: Vec<&str> = id.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

/// Pages by the old paths and headings that they say in `aliases`.
fn by_alias(pages: &[Page]) -> FxHashMap<(String, Option<String>), usize> {
    let mut known = FxHashMap::default();
    for (number, page) in pages.iter().enumerate() {
        for alias in &page.facts.matter.aliases {
            let target = parts(&alias.value);
            let path = target.path.trim_matches('/');
            if !path.is_empty() {
                let whole = format!("{}/{path}", config::content());
                let heading = target.fragment.as_ref().map(ToString::to_string);
                known.entry((stem(&whole), heading)).or_insert(number);
            }
        }
    }
    known
}

/// Whether a target begins with the name of a server: `www.example.com/x`, `grafana.example.com/d/web`.
fn begins_with_server(target: &str) -> bool {
    /// Endings of files that are endings of servers too, or look like one.
    const FILES: &[&str] = &[
        "md", "markdown", "mdx", "html", "htm", "erb", "txt", "sh", "py", "rs", "pl", "ps", "png",
        "jpg", "jpeg", "gif", "svg", "webp", "pdf", "zip", "gz", "tar", "yaml", "yml", "json",
        "toml", "csv", "xml", "css", "js", "log", "conf", "tf", "sql",
    ];
    let (host, has_path) = match target.split_once(['/', '?', '#']) {
        Some((host, _)) => (host, true),
        None => (target, false),
    };
    let labels: Vec<&str> = host.split('.').collect();
    let fine = labels.iter().all(|label| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    });
    let end = labels
        .last()
        .copied()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_end = end.len() > 1 && end.chars().all(|c| c.is_ascii_alphabetic());
    let common = matches!(
        &*end,
        "com" | "org" | "net" | "io" | "dev" | "cloud" | "internal" | "local"
    );
    fine && is_end
        && !FILES.contains(&&*end)
        && (labels.len() > 2 || labels.len() == 2 && (has_path || common))
}

/// A link to a page that is not published yet.
fn to_draft(draft: &RelPath, span: &Span) -> Diagnostic {
    let message = format!("`{draft}` is a draft and is not published");
    Diagnostic::new(Code::LinkToDraft, message)
        .at_span(span)
        .help("it is shown as text or left out; `--drafts` publishes drafts too")
}

/// The address that an alias means, in whichever way it is written.
fn alias_address(written: &str, style: Addresses) -> Option<Address> {
    let path = written.trim_matches('/');
    if path.is_empty() {
        return None;
    }
    // A file's old path has the address that such a file would have; an old address is kept as it was.
    let is_address =
        written.ends_with('/') || written.ends_with(".html") || written.ends_with(".htm");
    let segments: Vec<String> = stem(path)
        .split('/')
        .map(|segment| {
            if is_address {
                segment.to_owned()
            } else {
                slug::segment(segment)
            }
        })
        .collect();
    let is_index = segments.last().is_some_and(|last| last == "index");
    if is_index {
        return Address::page(&segments[..segments.len() - 1], true, style);
    }
    // An address is kept as it was: `/old/` and `/old.html` are what other sites link to.
    if written.ends_with('/') {
        return Address::page(&segments, true, Addresses::File);
    }
    if written.ends_with(".html") || written.ends_with(".htm") {
        return Address::file(path);
    }
    Address::page(&segments, false, style)
}

/// A path without the endings of pages, in lower case: `db/Failover.html.md` is `db/failover`.
fn stem(path: &str) -> String {
    let lower = path.to_lowercase();
    let mut stem = lower.trim_end_matches('/');
    let name_start = stem.rfind('/').map_or(0, |slash| slash + 1);
    while let Some(dot) = stem[name_start..].rfind('.') {
        let ending = &stem[name_start + dot + 1..];
        if dot == 0 || !matches!(ending, "md" | "markdown" | "mdx" | "html" | "htm" | "erb") {
            break;
        }
        stem = &stem[..name_start + dot];
    }
    stem.to_owned()
}

/// Folders that other generators take for the root of a site.
const ROOTS: &[&str] = &[
    "content", "docs", "doc", "source", "src", "pages", "static", "public", "website",
];

/// The paths that a link's path may mean, likeliest first.
fn candidates(source: &RelPath, path: &str) -> Vec<RelPath> {
    // An editor on Windows writes backslashes.
    let path = path.replace('\\', "/");
    let content = config::content();
    let mut candidates = Vec::new();
    if let Some(rooted) = path.strip_prefix('/') {
        candidates.extend(content.join(rooted));
        candidates.extend(RelPath::root().join(rooted));
        // A whole repository of another generator, copied in: its own content folder is the root its links mean.
        let mut folder = source.parent();
        while folder
            .below(&content)
            .is_some_and(|below| !below.is_empty())
        {
            if ROOTS.contains(&folder.file_name()) {
                candidates.extend(folder.join(rooted));
            }
            folder = folder.parent();
        }
    } else {
        candidates.extend(source.parent().join(&path));
        // Hugo's own way: relative to the page's address, which is a folder.
        if let Some(up) = path.strip_prefix("../")
            && index_rank(source).is_none()
        {
            candidates.extend(source.parent().join(up));
        }
    }
    candidates
}

/// Takes embeds out that would show a page inside itself, and reports them.
fn break_cycles(
    pages: &[Page],
    embeds: &mut [Vec<Option<EmbedTarget>>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    // 0: not seen, 1: on the way, 2: done. The way is kept on a list, not on the stack: chains may be long.
    let mut state = vec![0_u8; pages.len()];
    for start in 0..pages.len() {
        if state[start] != 0 || embeds[start].is_empty() {
            continue;
        }
        state[start] = 1;
        let mut way = vec![(start, 0)];
        while let Some((page, next)) = way.last_mut() {
            let (page, at) = (*page, *next);
            *next += 1;
            let Some(embed) = embeds[page].get(at) else {
                state[page] = 2;
                way.pop();
                continue;
            };
            let Some(target) = embed.as_ref().map(|embed| embed.page) else {
                continue;
            };
            match state[target] {
                0 => {
                    state[target] = 1;
                    way.push((target, 0));
                }
                1 => {
                    let written = &pages[page].facts.embeds[at];
                    let from = way
                        .iter()
                        .position(|(page, _)| *page == target)
                        .unwrap_or(0);
                    let circle: Vec<String> = way[from..]
                        .iter()
                        .map(|(page, _)| format!("`{}`", pages[*page].facts.path))
                        .chain([format!("`{}`", pages[target].facts.path)])
                        .collect();
                    diagnostics.push(
                        Diagnostic::new(
                            Code::EmbedCycle,
                            "this page would show itself inside itself",
                        )
                        .at_span(&written.span)
                        .help(format!(
                            "take one of the embeds out: {}",
                            circle.join(" embeds ")
                        )),
                    );
                    embeds[page][at] = None;
                }
                _ => {}
            }
        }
    }
}
