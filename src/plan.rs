//! The plan: every output's address and how to make it. Nothing is rendered here; collisions are found here.

use std::collections::BTreeMap;

use crate::config::{Addresses, Config};
use crate::diagnostic::{Checked, Code, Diagnostic, Span};
use crate::path::{OutPath, RelPath};
use crate::runbook::Scope;
use crate::shards::Shard;
use crate::site::address::Address;
use crate::site::{Alias, Site};
use crate::theme::Theme;

/// How an output is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// A page that comes from a file: a runbook, a section's page, the home page.
    Page(usize),
    /// A section that no file describes.
    Section(usize),
    /// A list of runbooks.
    Listing(Listing),
    /// The page of an alert, by its name in lower case.
    Alert(String),
    /// The index of all alerts.
    Alerts,
    /// What is due for review.
    Reviews,
    /// The same as a calendar, `reviews.ics`.
    Calendar,
    /// What must be decided now and what can wait.
    Decisions,
    /// The matrix of services and tasks.
    Coverage,
    /// The same for programs, `coverage.json`.
    Matrix,
    /// The findings of `check`, where site.toml wants them shown.
    Report,
    /// What is shown for an address that leads nowhere.
    NotFound,
    /// The Atom feed.
    Feed,
    /// The sitemap.
    Sitemap,
    /// The machine index, `runbooks.json`.
    Index,
    /// An address that only leads on.
    Redirect(Alias),
    /// A file of the content folder, as it is.
    File(RelPath),
    /// An asset of the theme, by name.
    Asset(String),
    /// A file of the search index.
    Search(Shard),
}

/// What a list of runbooks has in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listing {
    /// Runbooks of a scope.
    Scope(Scope),
    /// All tags.
    Tags,
    /// Runbooks with a tag, by its key.
    Tag(String),
    /// All services.
    Services,
    /// Runbooks of a service, by its key.
    Service(String),
    /// All tasks.
    Tasks,
    /// Runbooks for a task, by its key.
    Task(String),
    /// Runbooks that lack something, by what they lack.
    Gaps,
}

impl Listing {
    /// Where a list lies. Its folder's name is in the singular, so that it stays out of the way of content
    /// folders such as `services`.
    pub fn address(&self, style: Addresses) -> Option<Address> {
        let (segments, is_index) = match self {
            Self::Scope(scope) => (vec!["scope".to_owned(), scope.word().to_owned()], false),
            Self::Tags => (vec!["tag".to_owned()], true),
            Self::Tag(key) => (vec!["tag".to_owned(), key.clone()], false),
            Self::Services => (vec!["service".to_owned()], true),
            Self::Service(key) => (vec!["service".to_owned(), key.clone()], false),
            Self::Tasks => (vec!["task".to_owned()], true),
            Self::Task(key) => (vec!["task".to_owned(), key.clone()], false),
            Self::Gaps => (vec!["gap".to_owned()], true),
        };
        Address::page(&segments, is_index, style)
    }
}

/// Every output and how it is made.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Jobs by address.
    pub jobs: BTreeMap<OutPath, Job>,
}

/// Plans a site.
pub fn plan(site: &Site, theme: &Theme, config: &Config) -> Checked<Plan> {
    let mut planner = Planner {
        site,
        jobs: BTreeMap::new(),
        keys: BTreeMap::new(),
        diagnostics: Vec::new(),
    };
    for (number, page) in site.pages.iter().enumerate() {
        planner.add(page.address.out.clone(), Job::Page(number));
    }
    for (number, section) in site.sections.iter().enumerate() {
        if section.index.is_none() {
            planner.add(section.address.out.clone(), Job::Section(number));
        }
    }
    let terms = &site.terms;
    let listings = (Scope::ALL.into_iter().map(Listing::Scope))
        .chain([
            Listing::Tags,
            Listing::Services,
            Listing::Tasks,
            Listing::Gaps,
        ])
        .chain(terms.tasks.keys().cloned().map(Listing::Task))
        .chain(terms.tags.keys().cloned().map(Listing::Tag))
        .chain(site.services.known.keys().cloned().map(Listing::Service));
    for listing in listings {
        match listing.address(config.addresses) {
            Some(address) => planner.add(address.out, Job::Listing(listing)),
            None => planner.diagnostics.push(unwritable(&listing)),
        }
    }
    let alerts = &site.alerts;
    if !alerts.known.is_empty()
        && let Some(index) = alerts.index(config)
    {
        planner.add(index.out, Job::Alerts);
    }
    for (key, alert) in &alerts.known {
        if let Some(address) = &alert.address {
            planner.add(address.out.clone(), Job::Alert(key.clone()));
        }
    }
    if config.report
        && let Some(address) = report(config.addresses)
    {
        planner.add(address.out, Job::Report);
    }
    if let Some(address) = reviews(config.addresses) {
        planner.add(address.out, Job::Reviews);
    }
    if let Some(address) = coverage(config.addresses) {
        planner.add(address.out, Job::Coverage);
    }
    if let Some(address) = decisions(config.addresses) {
        planner.add(address.out, Job::Decisions);
    }
    let fixed = [
        ("reviews.ics", Some(Job::Calendar)),
        ("coverage.json", Some(Job::Matrix)),
        ("404.html", Some(Job::NotFound)),
        ("runbooks.json", Some(Job::Index)),
        (
            "sitemap.xml",
            config.base_url.as_ref().map(|_| Job::Sitemap),
        ),
        ("atom.xml", config.base_url.as_ref().map(|_| Job::Feed)),
    ];
    for (name, job) in fixed {
        if let (Some(out), Some(job)) = (OutPath::new(name), job) {
            planner.add(out, job);
        }
    }
    if theme.search {
        for shard in Shard::all(site.pages.len()) {
            if let Some(out) = OutPath::new(&shard.path()) {
                planner.add(out, Job::Search(shard));
            }
        }
    }
    for (path, address) in &site.assets {
        planner.add(address.out.clone(), Job::File(path.clone()));
    }
    for (name, asset) in &theme.assets {
        match OutPath::new(&asset.href) {
            Some(out) => planner.add(out, Job::Asset(name.clone())),
            None => planner.diagnostics.push(
                Diagnostic::new(
                    Code::BadAddress,
                    format!("`{}` cannot be made an address", asset.source),
                )
                .at(&asset.source, 0..0)
                .help("give the asset a name without a leading dot or control characters"),
            ),
        }
    }
    for (out, alias) in &site.aliases {
        if alias.page.is_some() {
            planner.add(out.clone(), Job::Redirect(alias.clone()));
        }
    }
    Checked::new(Plan { jobs: planner.jobs }, planner.diagnostics)
}

/// Where the page lies that shows what is due for review.
pub fn reviews(style: Addresses) -> Option<Address> {
    Address::page(&["review".to_owned()], true, style)
}

/// Where the list lies of what must be decided now and what can wait.
pub fn decisions(style: Addresses) -> Option<Address> {
    Address::page(&["decision".to_owned()], true, style)
}

/// Where the matrix of services and tasks lies.
pub fn coverage(style: Addresses) -> Option<Address> {
    Address::page(&["coverage".to_owned()], true, style)
}

/// Where the page lies that shows the findings of `check`.
pub fn report(style: Addresses) -> Option<Address> {
    Address::page(&["report".to_owned()], true, style)
}

fn unwritable(listing: &Listing) -> Diagnostic {
    let (what, name) = match listing {
        Listing::Tag(name) => ("tag", name.as_str()),
        Listing::Service(name) => ("service", name.as_str()),
        Listing::Task(name) => ("task", name.as_str()),
        _ => ("list", ""),
    };
    Diagnostic::new(
        Code::BadAddress,
        format!("the {what} `{name}` cannot be made an address"),
    )
    .help("make it shorter than 250 bytes")
}

struct Planner<'a> {
    site: &'a Site,
    jobs: BTreeMap<OutPath, Job>,
    /// The address that took each key; see [`OutPath::collision_key`].
    keys: BTreeMap<String, OutPath>,
    diagnostics: Vec<Diagnostic>,
}

impl Planner<'_> {
    fn add(&mut self, out: OutPath, job: Job) {
        // A file and a folder of one name cannot both be.
        let key = out.collision_key();
        if let Some(taken) = self.keys.get(&key) {
            let first = self.jobs.get(taken).map(|job| self.source(job));
            let (first_name, first_span) = first.unwrap_or_default();
            let (name, span) = self.source(&job);
            let mut diagnostic = Diagnostic::new(
                Code::Collision,
                format!("{name} and {first_name} both want the address `{out}`"),
            )
            .help("rename one of them; addresses are compared without case");
            if let Some(span) = span.clone().or_else(|| first_span.clone()) {
                diagnostic = diagnostic.at_span(&span);
            }
            if let (Some(_), Some(first)) = (span, first_span) {
                diagnostic = diagnostic.related(first, "the address is taken by this file");
            }
            self.diagnostics.push(diagnostic);
            return;
        }
        self.keys.insert(key, out.clone());
        self.jobs.insert(out, job);
    }

    /// What a job's output comes from, for messages.
    fn source(&self, job: &Job) -> (String, Option<Span>) {
        let file = |path: &RelPath| (format!("`{path}`"), Some(Span::start(path)));
        match job {
            Job::Page(page) => file(&self.site.pages[*page].facts.path),
            Job::Section(section) => (
                format!("the folder `{}`", self.site.sections[*section].path),
                None,
            ),
            Job::Listing(Listing::Scope(scope)) => {
                (format!("the list of {} runbooks", scope.word()), None)
            }
            Job::Listing(Listing::Tags) => ("the list of tags".to_owned(), None),
            Job::Listing(Listing::Tag(tag)) => (format!("the list of the tag `{tag}`"), None),
            Job::Listing(Listing::Services) => ("the list of services".to_owned(), None),
            Job::Listing(Listing::Service(service)) => {
                (format!("the list of the service `{service}`"), None)
            }
            Job::Listing(Listing::Tasks) => ("the list of tasks".to_owned(), None),
            Job::Listing(Listing::Task(task)) => (format!("the list of the task `{task}`"), None),
            Job::Listing(Listing::Gaps) => ("the list of gaps".to_owned(), None),
            Job::Alert(name) => (format!("the page of the alert `{name}`"), None),
            Job::Alerts => ("the list of alerts".to_owned(), None),
            Job::Reviews => ("the list of reviews".to_owned(), None),
            Job::Report => ("the report".to_owned(), None),
            Job::Calendar => ("the calendar of reviews".to_owned(), None),
            Job::Decisions => ("the list of decisions".to_owned(), None),
            Job::Coverage => ("the page of coverage".to_owned(), None),
            Job::Matrix => ("the coverage for programs".to_owned(), None),
            Job::NotFound => ("the 404 page".to_owned(), None),
            Job::Feed => ("the feed".to_owned(), None),
            Job::Sitemap => ("the sitemap".to_owned(), None),
            Job::Index => ("the machine index".to_owned(), None),
            Job::Redirect(alias) => (
                format!("an alias in `{}`", alias.said.file),
                Some(alias.said.clone()),
            ),
            Job::File(path) => file(path),
            Job::Asset(name) => (format!("the theme's asset `{name}`"), None),
            Job::Search(_) => ("the search index".to_owned(), None),
        }
    }
}
