//! The site: all facts together. Addresses, sections, terms and links; no page's text.

pub mod address;
mod alerts;
mod coverage;
mod gaps;
mod graph;
mod services;
mod terms;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use jiff::civil::Date;

use crate::alert::RuleFile;
use crate::config::{self, Config, Service, headings};
use crate::diagnostic::{Checked, Code, Diagnostic, Span};
use crate::hash::Digest;
use crate::path::{OutPath, RelPath};
use crate::pixels::Pixels;
use crate::runbook::{Facts, FollowUp, Scope, Status, words};
use crate::slug;
use crate::snapshot::{Commit, Env};

use self::address::Address;
pub use self::alerts::{Alert, Alerts, Lead, RuleId};
pub use self::coverage::{Cell, Coverage, EVERY, Row, State};
pub use self::gaps::Gap;
pub use self::graph::{EmbedTarget, Resolved};
pub use self::services::{Dependency, Known, Services};
pub(crate) use self::terms::key as term_key;
pub use self::terms::{Term, Terms};

/// A page that comes from a file.
#[derive(Clone, Debug)]
pub struct Page {
    /// What is known of its file.
    pub facts: Arc<Facts>,
    /// What it is in the site.
    pub role: Role,
    /// Its section.
    pub section: usize,
    /// Where it lies.
    pub address: Address,
    /// Its permanent id.
    pub id: String,
    /// Its services.
    pub services: Vec<String>,
    /// Whether it holds for every service.
    pub generic: bool,
    /// Who owns it: whom it says, else the owner of its service.
    pub owner: Option<String>,
    /// When its text last changed, where that is known.
    pub changed: Option<Date>,
    /// The commit that did, where that is known.
    pub revision: Option<Arc<Commit>>,
    /// The id of its text as it was committed last, where that is known.
    pub committed: Option<String>,
    /// The commits after the day of its last review, the newest first.
    pub since_review: Vec<Arc<Commit>>,
    /// When its next review is due.
    pub review_due: Option<Date>,
}

/// What a page is in the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A runbook.
    Runbook,
    /// The page of its section.
    Section,
    /// The home page.
    Home,
}

impl Page {
    /// Whether it says how to go back: under a heading that names it, or in a step.
    pub fn has_way_back(&self, config: &Config) -> bool {
        self.facts.steps.iter().any(|step| step.undo) || self.has_rollback(config)
    }

    /// Whether a section says how to go back.
    pub fn has_rollback(&self, config: &Config) -> bool {
        let is_way_back = |title: &str| headings::names(title, &config.headings.rollback);
        (self.facts.headings.iter()).any(|heading| is_way_back(&heading.title))
    }

    /// Whether it is listed among runbooks: every runbook is, and an index that says a scope of its own.
    pub fn is_runbook(&self) -> bool {
        self.role == Role::Runbook || self.facts.matter.own_scope
    }
}

/// A folder of the content.
#[derive(Clone, Debug)]
pub struct Section {
    /// The folder.
    pub path: RelPath,
    /// Its title.
    pub title: String,
    /// Where its page lies.
    pub address: Address,
    /// The section it lies in; the root has none.
    pub parent: Option<usize>,
    /// The page that describes it.
    pub index: Option<usize>,
    /// Its pages in reading order, the index left out.
    pub pages: Vec<usize>,
    /// The sections in it, in reading order.
    pub sections: Vec<usize>,
    /// How many runbooks lie in it and below.
    pub count: usize,
}

/// All facts together.
#[derive(Debug)]
pub struct Site {
    /// Pages, sorted by path.
    pub pages: Vec<Page>,
    /// Sections, sorted by path; the first is the root.
    pub sections: Vec<Section>,
    /// Runbooks by scope, tag, service and alert.
    pub terms: Terms,
    /// Services: what files and pages say of them.
    pub services: Services,
    /// Which tasks of which services have runbooks.
    pub coverage: Coverage,
    /// Alerts by name: their rules, their runbooks.
    pub alerts: Alerts,
    /// Where each page's links lead, in the order of its facts.
    pub links: Vec<Vec<Resolved>>,
    /// Where each page's embeds lead.
    pub embeds: Vec<Vec<Option<EmbedTarget>>>,
    /// The pages that link to each page.
    pub backlinks: Vec<Vec<usize>>,
    /// Runbooks that follow each page: its `follow_up`, resolved.
    pub follow_ups: Vec<Vec<usize>>,
    /// Runbooks that each page follows: `follow_up` the other way round.
    pub followed: Vec<Vec<usize>>,
    /// Band-aids: operation runbooks bound to alerts that say neither what follows them nor why nothing does.
    pub band_aids: BTreeSet<usize>,
    /// The runbooks with each gap.
    pub gaps: BTreeMap<Gap, Vec<usize>>,
    /// Pages worth a look after each page.
    pub related: Vec<Vec<usize>>,
    /// Files that are published because a page links to them.
    pub assets: BTreeMap<RelPath, Address>,
    /// How large the pictures among them are.
    pub pictures: BTreeMap<RelPath, Pixels>,
    /// Addresses that lead on to a page, by where they lie: the page, and fragments that moved with them.
    pub aliases: BTreeMap<OutPath, Alias>,
    /// Fragments that a page answers to besides its own ids.
    pub old_fragments: BTreeMap<usize, Vec<String>>,
    /// The identity of all this.
    pub hash: Digest,
    /// The identity of the places that diagnostics name.
    pub places: Digest,
}

/// An address that only leads on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Alias {
    /// The page it leads to; `None` where only fragments do.
    pub page: Option<usize>,
    /// Fragments and the pages they moved to.
    pub fragments: BTreeMap<String, usize>,
    /// Who asked for it.
    pub said: Span,
}

/// What a site is made of.
pub struct Parts<'a> {
    /// What is known of every page file, sorted by path.
    pub facts: &'a [Arc<Facts>],
    /// What is known of every file of alert rules, sorted by path.
    pub rules: &'a [Arc<RuleFile>],
    /// What files say of services, in the order in which they are read.
    pub services: &'a [Service],
    /// Every file of the content folder.
    pub files: &'a BTreeSet<RelPath>,
    /// How large the pictures among them are.
    pub pictures: &'a BTreeMap<RelPath, Pixels>,
    /// The configuration.
    pub config: &'a Config,
    /// The world.
    pub env: &'a Env,
}

impl Parts<'_> {
    /// The identity of a site made of these parts, and of the places in them.
    pub fn identity(&self) -> (Digest, Digest) {
        let facts: Vec<Digest> = self.facts.iter().map(|facts| facts.hash).collect();
        let places: Vec<Digest> = self.facts.iter().map(|facts| facts.places).collect();
        let rules: Vec<Digest> = self.rules.iter().map(|file| file.hash).collect();
        let rule_places: Vec<Digest> = self.rules.iter().map(|file| file.places).collect();
        let service_places: Vec<_> = (self.services.iter())
            .map(|service| (&service.name.span, service.dependencies.iter()))
            .map(|(name, needs)| (name, needs.map(|name| &name.span).collect::<Vec<_>>()))
            .collect();
        (
            Digest::of(&(
                (facts, rules, self.files, self.pictures),
                (self.services, self.config.hash, self.env),
            )),
            Digest::of(&(places, rule_places, service_places)),
        )
    }
}

impl Site {
    /// Makes a site of its parts.
    pub fn new(parts: &Parts<'_>) -> Checked<Self> {
        let mut diagnostics = Vec::new();
        let (hash, places) = parts.identity();
        let published: Vec<&Arc<Facts>> = parts
            .facts
            .iter()
            .filter(|facts| parts.env.drafts || facts.matter.status != Status::Draft)
            .collect();
        let drafts: BTreeSet<&RelPath> = parts
            .facts
            .iter()
            .filter(|facts| !parts.env.drafts && facts.matter.status == Status::Draft)
            .map(|facts| &facts.path)
            .collect();
        let mut sections = sections(parts, &published, &mut diagnostics);
        let merged = services::merged(parts.services, &mut diagnostics);
        let pages = pages(parts, &published, &merged, &mut sections, &mut diagnostics);
        order(&mut sections, &pages);
        check_matter(parts.config, &pages, &mut diagnostics);
        let (terms, graph) = rayon::join(
            || Terms::new(&pages, &sections),
            || graph::Graph::new(parts, &pages, &sections, &drafts),
        );
        let graph = graph.collect_into(&mut diagnostics);
        let related = terms::related(&pages, &terms, &graph.related);
        let services = Services::new(merged, &terms, &mut diagnostics);
        services.undeclared(&pages, &mut diagnostics);
        let alerts = Alerts::new(
            parts,
            &pages,
            &sections,
            &terms,
            &graph.aliases,
            &graph.old_fragments,
        );
        let band_aids = gaps::band_aids(&pages, &alerts);
        let site = Self {
            coverage: Coverage::new(parts, &pages, &services),
            services,
            alerts,
            links: graph.links,
            embeds: graph.embeds,
            backlinks: graph.backlinks,
            follow_ups: graph.follow_ups,
            followed: graph.followed,
            related,
            gaps: gaps::gaps(&pages, &band_aids, parts.config, parts.env.today),
            band_aids,
            pictures: (parts.pictures.iter())
                .filter(|(path, _)| graph.assets.contains_key(*path))
                .map(|(path, size)| (path.clone(), *size))
                .collect(),
            assets: graph.assets,
            aliases: graph.aliases,
            old_fragments: graph.old_fragments,
            terms,
            pages,
            sections,
            hash,
            places,
        };
        Checked::new(site, diagnostics)
    }

    /// The sections from the root down to `section`.
    pub fn trail(&self, section: usize) -> Vec<usize> {
        let mut trail = vec![section];
        while let Some(parent) = trail.last().and_then(|last| self.sections[*last].parent) {
            trail.push(parent);
        }
        trail.reverse();
        trail
    }
}

/// Every folder that holds a page, or a folder that does, as a section.
fn sections(
    parts: &Parts<'_>,
    published: &[&Arc<Facts>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Section> {
    let root = config::content();
    let mut folders: BTreeSet<RelPath> = BTreeSet::from([root.clone()]);
    let mut last = "";
    for facts in published {
        // Paths are sorted: the files of a folder mostly follow one another.
        if facts.path.folder() == last {
            continue;
        }
        last = facts.path.folder();
        let mut folder = facts.path.parent();
        while folder.below(&root).is_some_and(|below| !below.is_empty())
            && folders.insert(folder.clone())
        {
            folder = folder.parent();
        }
    }
    let number: BTreeMap<RelPath, usize> = folders.iter().cloned().zip(0..).collect();
    let mut sections = Vec::with_capacity(folders.len());
    for folder in &folders {
        let below = folder.below(&root).unwrap_or_default();
        let segments: Vec<String> = below
            .split('/')
            .filter(|name| !name.is_empty())
            .map(slug::segment)
            .collect();
        let address = Address::page(&segments, true, parts.config.addresses).unwrap_or_else(|| {
            diagnostics.push(bad_address(folder));
            fallback_address(folder)
        });
        let is_root = folder == &root;
        sections.push(Section {
            path: folder.clone(),
            title: if is_root {
                parts.config.title.clone()
            } else {
                words(folder.file_name())
            },
            address,
            parent: if is_root {
                None
            } else {
                number.get(&folder.parent()).copied()
            },
            index: None,
            pages: Vec::new(),
            sections: Vec::new(),
            count: 0,
        });
    }
    for at in 0..sections.len() {
        if let Some(parent) = sections[at].parent {
            sections[parent].sections.push(at);
        }
    }
    sections
}

fn bad_address(path: &RelPath) -> Diagnostic {
    Diagnostic::new(
        Code::BadAddress,
        format!("`{path}` cannot be made an address"),
    )
    .at(path, 0..0)
    .help("give it a name with letters or digits, shorter than 250 bytes")
}

/// An address for what has none of its own: it is an error already, and nothing is published.
fn fallback_address(path: &RelPath) -> Address {
    let name = format!("_{}.html", Digest::of(path).short(16));
    match Address::file(&name) {
        Some(address) => address,
        None => Address {
            out: OutPath::placeholder(),
            href: name,
        },
    }
}

fn pages(
    parts: &Parts<'_>,
    published: &[&Arc<Facts>],
    known: &BTreeMap<String, Service>,
    sections: &mut [Section],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Page> {
    let root = config::content();
    let paths: Vec<RelPath> = sections
        .iter()
        .map(|section| section.path.clone())
        .collect();
    let number: FxHashMap<&str, usize> = paths.iter().map(RelPath::as_str).zip(0..).collect();
    // The best index of each folder; others of the same folder are pages like any other.
    let mut best: BTreeMap<usize, (u8, &RelPath)> = BTreeMap::new();
    let mut others: BTreeMap<usize, usize> = BTreeMap::new();
    for facts in published {
        let Some(section) = number.get(facts.path.folder()) else {
            continue;
        };
        match address::index_rank(&facts.path) {
            Some(rank) => {
                let entry = best.entry(*section).or_insert((rank, &facts.path));
                *entry = (*entry).min((rank, &facts.path));
            }
            None => *others.entry(*section).or_default() += 1,
        }
    }
    let best: BTreeSet<&RelPath> = best.values().map(|(_, path)| *path).collect();
    let mut ids: FxHashMap<&str, &Span> = FxHashMap::default();
    let mut taken = slug::Unique::default();
    for facts in published {
        if let Some(id) = &facts.matter.id {
            taken.claim(&id.value);
        }
    }
    let places: Vec<_> = published
        .par_iter()
        .map(|facts| place(&facts.path, &root, best.contains(&facts.path), parts.config))
        .collect();
    let mut pages = Vec::with_capacity(published.len());
    for (facts, (id_from_path, address)) in published.iter().zip(places) {
        let Some(section) = number.get(facts.path.folder()).copied() else {
            continue;
        };
        let is_index = best.contains(&facts.path);
        let address = address.unwrap_or_else(|| {
            diagnostics.push(bad_address(&facts.path));
            fallback_address(&facts.path)
        });
        // A folder that holds one `index.md` and nothing else is a runbook with its pictures, not a section.
        let alone = !others.contains_key(&section) && sections[section].sections.is_empty();
        let leaf = is_index && alone && address::index_rank(&facts.path) == Some(1) && section != 0;
        let role = match () {
            () if is_index && section == 0 => Role::Home,
            () if is_index && !leaf => Role::Section,
            () => Role::Runbook,
        };
        let id = match &facts.matter.id {
            Some(id) => {
                if let Some(first) = ids.insert(&id.value, &id.span) {
                    diagnostics.push(
                        Diagnostic::new(
                            Code::DuplicateId,
                            format!("the id `{}` is taken", id.value),
                        )
                        .at_span(&id.span)
                        .help("give one of the two runbooks another id")
                        .related(first.clone(), "it is taken here"),
                    );
                }
                id.value.clone()
            }
            None => taken.claim(&match role {
                Role::Home => "home".to_owned(),
                _ => id_from_path,
            }),
        };
        if is_index {
            sections[section].index = Some(pages.len());
            if section != 0 || facts.matter.title.is_some() {
                sections[section].title.clone_from(&facts.title);
            }
            sections[section].address = address.clone();
        } else {
            sections[section].pages.push(pages.len());
        }
        let services = services(facts, &sections[section], section == 0);
        let commits = parts.env.log.of(&facts.path);
        pages.push(Page {
            role,
            section,
            address,
            id,
            owner: owner(facts, &services, known),
            generic: facts
                .matter
                .service
                .iter()
                .any(|name| name.value == coverage::EVERY),
            services,
            changed: commits.first().map(|commit| commit.date),
            revision: commits.first().cloned(),
            committed: parts.env.log.blob(&facts.path).map(str::to_owned),
            since_review: (facts.matter.last_reviewed.iter())
                .flat_map(|last| commits.iter().filter(move |commit| is_after(*last, commit)))
                .cloned()
                .collect(),
            review_due: facts
                .matter
                .last_reviewed
                .and_then(|last| facts.matter.review_every.after(last)),
            facts: Arc::clone(facts),
        });
    }
    pages
}

/// The id that a page's path gives it, and its address; `None` where its name leaves nothing of one.
fn place(
    path: &RelPath,
    root: &RelPath,
    is_index: bool,
    config: &Config,
) -> (String, Option<Address>) {
    let below = path.below(root).unwrap_or_default();
    let (mut segments, named_index) = address::segments(path, below);
    if named_index && !is_index {
        let name = path.file_name().split('.').next().unwrap_or_default();
        segments.push(slug::segment(name));
    }
    let address = Address::page(&segments, is_index, config.addresses)
        .filter(|_| !segments.iter().any(String::is_empty));
    (slug::id(&segments.join("-")), address)
}

/// The services a page says, else its folder.
fn services(facts: &Facts, section: &Section, in_root: bool) -> Vec<String> {
    if !facts.matter.service.is_empty() {
        let named = facts.matter.service.iter().map(|name| &name.value);
        return named
            .filter(|name| *name != coverage::EVERY)
            .cloned()
            .collect();
    }
    if in_root {
        Vec::new()
    } else {
        vec![section.path.file_name().to_owned()]
    }
}

/// Days that may lie between a review and the commit that writes it down; such a commit is no change since then.
const WRITTEN_DOWN: i32 = 7;

/// Whether a commit changed a page after its last review.
fn is_after(reviewed: Date, commit: &Commit) -> bool {
    (commit.date - reviewed).get_days() > WRITTEN_DOWN
}

/// The owner a page says, else that of the first of its services that has one.
fn owner(facts: &Facts, named: &[String], known: &BTreeMap<String, Service>) -> Option<String> {
    facts.matter.owner.clone().or_else(|| {
        let said = named.iter().filter_map(|name| known.get(&term_key(name)));
        said.filter_map(|service| service.owner.clone()).next()
    })
}

/// Puts pages and sections into reading order: by weight, where there is one, then by title.
fn order(sections: &mut [Section], pages: &[Page]) {
    let key = |page: &Page| {
        let matter = &page.facts.matter;
        (
            matter.weight == 0,
            matter.weight,
            page.facts.title.to_lowercase(),
            page.facts.path.clone(),
        )
    };
    let keys: Vec<_> = sections
        .iter()
        .map(|section| match section.index {
            Some(index) => key(&pages[index]),
            None => (true, 0, section.title.to_lowercase(), section.path.clone()),
        })
        .collect();
    for section in sections.iter_mut() {
        section.pages.sort_by_cached_key(|page| key(&pages[*page]));
        section.sections.sort_by(|a, b| keys[*a].cmp(&keys[*b]));
    }
    for at in (0..sections.len()).rev() {
        let own = sections[at]
            .pages
            .iter()
            .chain(&sections[at].index)
            .filter(|page| pages[**page].is_runbook())
            .count();
        sections[at].count += own;
        let count = sections[at].count;
        if let Some(parent) = sections[at].parent {
            sections[parent].count += count;
        }
    }
}

/// What every runbook must say: a scope, and what site.toml requires.
fn check_matter(config: &Config, pages: &[Page], diagnostics: &mut Vec<Diagnostic>) {
    for page in pages {
        let matter = &page.facts.matter;
        if page.role == Role::Runbook && matter.scope.is_empty() && !matter.wrong_scope {
            diagnostics.push(
                Diagnostic::new(Code::NoScope, "this page says no scope")
                    .at(&page.facts.path, 0..0)
                    .help(
                        "let its front matter say the `scope`: `operation` (make the service run now) or `maintenance` (make it \
                         last), or give a whole folder one with `[[defaults]]` in site.toml",
                    ),
            );
        }
        if !page.is_runbook() {
            continue;
        }
        let severity = matter.severity.map(|severity| severity.word());
        let groups = ["all"]
            .into_iter()
            .chain(matter.scope.iter().map(|scope| scope.word()))
            .chain(severity);
        for group in groups {
            for key in config
                .required
                .get(group)
                .into_iter()
                .flatten()
                .filter(|key| !says(page, key))
            {
                let whom = if group == "all" {
                    "every runbook".to_owned()
                } else {
                    format!("{group} runbooks")
                };
                diagnostics.push(
                    Diagnostic::new(Code::MissingKey, format!("`{key}` is missing"))
                        .at(&page.facts.path, 0..0)
                        .help(format!("site.toml requires it of {whom}")),
                );
            }
        }
    }
}

/// Whether a page's front matter says `key`.
fn says(page: &Page, key: &str) -> bool {
    let matter = &page.facts.matter;
    match key {
        "title" => matter.title.is_some() || !page.facts.title.is_empty(),
        "scope" => !matter.scope.is_empty(),
        "id" => matter.id.is_some(),
        "service" => !matter.service.is_empty(),
        "task" => matter.task.is_some(),
        "alerts" => !matter.alerts.is_empty(),
        "severity" => matter.severity.is_some(),
        "owner" => page.owner.is_some(),
        "access" => !matter.access.is_empty(),
        "risk" => matter.risk.is_some(),
        "duration" => matter.duration.is_some(),
        "kind" => matter.kind.is_some() || !matter.scope.contains(&Scope::Maintenance),
        "params" => !matter.params.is_empty(),
        "follow_up" => {
            matter.follow_up != FollowUp::Unsaid || !matter.scope.contains(&Scope::Operation)
        }
        "related" => !matter.related.is_empty(),
        "aliases" => !matter.aliases.is_empty(),
        "tags" => !matter.tags.is_empty(),
        "last_reviewed" => matter.last_reviewed.is_some(),
        "last_exercised" => matter.last_exercised.is_some(),
        "checklist" => matter.checklist.is_some(),
        "description" => matter.description.is_some(),
        _ => true,
    }
}
