//! Alerts: which rules fire them, which runbooks answer them, and where their annotations lead.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::address::{self, Address};
use super::{Alias, Page, Parts, Section, Terms};
use crate::alert::{Rule, RuleFile};
use crate::config::{self, Base};
use crate::hash::Digest;
use crate::path::{OutPath, RelPath};
use crate::runbook::links::parts;
use crate::runbook::{Facts, Status};
use crate::slug;

/// The folder of alerts' pages, and the one that is taken where the content has a folder of the first's name.
const FOLDERS: [&str; 2] = ["alerts", "alert"];

/// Most bytes of the name of an alert's page without its ending: file systems take 255.
const LONGEST: usize = 200;

/// A rule by its file's number and its own in the file.
pub type RuleId = (usize, usize);

/// An alert that rules fire or runbooks name.
#[derive(Clone, Debug, Default)]
pub struct Alert {
    /// Its name as the rules write it, else as the pages do.
    pub name: String,
    /// The rules that fire it.
    pub rules: Vec<RuleId>,
    /// The runbooks that answer it, the best first.
    pub pages: Vec<usize>,
    /// The ids of the headings under which those of them answer it that are about more.
    pub headings: BTreeMap<usize, String>,
    /// The drafts that name it, which are not published.
    pub drafts: Vec<RelPath>,
    /// Where its page lies.
    pub address: Option<Address>,
}

/// Where the annotation of a rule leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lead {
    /// The rule has none.
    Unsaid,
    /// It is a template whose value nobody knows before the alert fires.
    Template,
    /// To an address that is not known to be this site.
    Unmapped,
    /// To a page.
    Page(usize),
    /// To a page, but not to the heading that is named.
    NoHeading(usize, String),
    /// To a page, but a server that tells cases apart does not find it.
    Case(usize),
    /// To a section, a file or another page without a runbook's text.
    Other,
    /// To the page of an alert.
    Alert(String),
    /// To a draft.
    Draft(RelPath),
    /// Nowhere; this is what it names in the site.
    Nowhere(String),
}

/// Every alert that is known.
#[derive(Debug, Default)]
pub struct Alerts {
    /// The files of rules, sorted by path.
    pub files: Vec<Arc<RuleFile>>,
    /// Where each rule's annotation leads, in the order of the files.
    pub leads: Vec<Vec<Lead>>,
    /// Alerts by their names in lower case.
    pub known: BTreeMap<String, Alert>,
    /// The folder of their pages.
    pub folder: &'static str,
}

impl Alerts {
    /// A rule.
    pub fn rule(&self, (file, rule): RuleId) -> Option<&Rule> {
        self.files.get(file)?.rules.get(rule)
    }

    /// Where a rule's annotation leads.
    pub fn lead(&self, (file, rule): RuleId) -> Option<&Lead> {
        self.leads.get(file)?.get(rule)
    }

    /// Where the index of all alerts lies.
    pub fn index(&self, config: &config::Config) -> Option<Address> {
        Address::page(&[self.folder.to_owned()], true, config.addresses)
    }

    pub(super) fn new(
        parts: &Parts<'_>,
        pages: &[Page],
        sections: &[Section],
        terms: &Terms,
        aliases: &BTreeMap<OutPath, Alias>,
        old_fragments: &BTreeMap<usize, Vec<String>>,
    ) -> Self {
        let folder = folder(pages, sections);
        let mut known: BTreeMap<String, Alert> = BTreeMap::new();
        for (number, file) in parts.rules.iter().enumerate() {
            for (at, rule) in file.rules.iter().enumerate() {
                let key = rule.name.value.to_lowercase();
                let alert = known
                    .entry(key)
                    .or_insert_with(|| Alert::new(&rule.name.value));
                alert.rules.push((number, at));
            }
        }
        for (key, term) in &terms.alerts {
            let alert = known
                .entry(key.clone())
                .or_insert_with(|| Alert::new(&term.name));
            alert.pages.clone_from(&term.pages);
        }
        let mut taken = BTreeSet::new();
        for (key, alert) in &mut known {
            let page = |name: String| {
                let segments = [folder.to_owned(), name];
                Address::page(&segments, false, parts.config.addresses)
            };
            let name = slug::segment(&alert.name);
            let plain = !name.is_empty() && name.len() <= LONGEST && name != "index";
            // A name that is no address, or that of another, has an end that no other has.
            alert.address = page(name.clone())
                .filter(|address| plain && !taken.contains(address))
                .or_else(|| {
                    let start = &name[..name.floor_char_boundary(LONGEST - 9)];
                    let end = Digest::of(key);
                    page(
                        format!("{start}-{}", end.short(8))
                            .trim_start_matches('-')
                            .to_owned(),
                    )
                });
            taken.extend(alert.address.clone());
        }
        let leads = if parts.rules.is_empty() {
            Vec::new()
        } else {
            let index = Index::new(parts, pages, sections, aliases, old_fragments, &known);
            parts
                .rules
                .par_iter()
                .map(|file| file.rules.iter().map(|rule| index.lead(rule)).collect())
                .collect()
        };
        let mut alerts = Self {
            files: parts.rules.to_vec(),
            leads,
            known,
            folder,
        };
        alerts.answer(pages);
        alerts.draft(parts);
        alerts
    }

    /// Adds the drafts that name an alert.
    fn draft(&mut self, parts: &Parts<'_>) {
        for facts in drafts(parts) {
            for name in &facts.matter.alerts {
                if let Some(alert) = self.known.get_mut(&name.value.to_lowercase()) {
                    alert.drafts.push(facts.path.clone());
                }
            }
        }
    }

    /// Adds the runbooks that answer an alert without naming it in their front matter: those that its annotations lead
    /// to, else those that bear its name.
    fn answer(&mut self, pages: &[Page]) {
        if self.files.is_empty() {
            return;
        }
        let named = named(&self.known, pages);
        for (key, alert) in &mut self.known {
            for (file, rule) in &alert.rules {
                if let Lead::Page(page) | Lead::NoHeading(page, _) | Lead::Case(page) =
                    self.leads[*file][*rule]
                    && !alert.pages.contains(&page)
                {
                    alert.pages.push(page);
                }
            }
            for page in &alert.pages {
                let facts = &pages[*page].facts;
                let squashed = squash(key);
                if [facts.path.stem(), &facts.title]
                    .iter()
                    .all(|name| squash(name) != squashed)
                    && let Some(heading) =
                        (facts.headings.iter()).find(|heading| squash(&heading.title) == squashed)
                {
                    alert.headings.insert(*page, heading.id.clone());
                }
            }
            if alert.pages.is_empty() {
                for (page, heading) in named.get(key).into_iter().flatten() {
                    alert.pages.push(*page);
                    if let Some(id) = heading {
                        alert.headings.insert(*page, id.clone());
                    }
                }
            }
        }
    }
}

impl Alert {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// The page that its rules should lead to: the best one that is still to be used.
    pub fn answer(&self, pages: &[Page]) -> Option<usize> {
        let used = |page: &&usize| pages[**page].facts.matter.status != Status::Deprecated;
        self.pages.iter().find(used).copied()
    }

    /// Where it is answered on a page, as the end of the page's address: `#dbdown`, or nothing.
    pub fn fragment(&self, page: usize) -> String {
        let id = self.headings.get(&page);
        id.map(|id| format!("#{id}")).unwrap_or_default()
    }
}

/// The pages that are not published because they are drafts.
fn drafts<'a>(parts: &'a Parts<'_>) -> impl Iterator<Item = &'a Arc<Facts>> {
    (parts.facts.iter()).filter(|facts| !parts.env.drafts && facts.matter.status == Status::Draft)
}

fn folder(pages: &[Page], sections: &[Section]) -> &'static str {
    let first = FOLDERS[0];
    let taken = sections
        .iter()
        .any(|section| section.path.below(&config::content()) == Some(first))
        || pages.iter().any(|page| {
            let href = page.address.href.trim_end_matches('/');
            href == first || href.strip_suffix(".html") == Some(first)
        });
    if taken { FOLDERS[1] } else { first }
}

/// Pages by the alerts whose name they bear: as the name of their file, as their title, or in a heading, whose id is
/// told.
fn named(
    known: &BTreeMap<String, Alert>,
    pages: &[Page],
) -> BTreeMap<String, Vec<(usize, Option<String>)>> {
    let mut named: BTreeMap<String, Vec<(usize, Option<String>)>> = BTreeMap::new();
    let mut add = |key: &str, page: usize, heading: Option<&str>| {
        let pages = named.entry(key.to_owned()).or_default();
        if pages.iter().all(|(known, _)| *known != page) {
            pages.push((page, heading.map(str::to_owned)));
        }
    };
    let squashed: FxHashMap<String, &String> = known.keys().map(|key| (squash(key), key)).collect();
    for (number, page) in pages.iter().enumerate() {
        let facts = &page.facts;
        for name in [facts.path.stem(), &facts.title] {
            if let Some(key) = squashed.get(&squash(name)) {
                add(key, number, None);
            }
        }
        // Collections in one file have a heading for each alert: `Alert name: "KubeAPIDown"`.
        for heading in &facts.headings {
            let words = heading.title.split(|c: char| !c.is_alphanumeric());
            for word in words.filter(|word| is_camel(word)) {
                if let Some((key, alert)) = known.get_key_value(&word.to_lowercase())
                    && alert.name == *word
                {
                    add(key, number, Some(&heading.id));
                }
            }
        }
    }
    named
}

/// A name without what people put between its words: `Kube Pod-Crash_Looping` is `kubepodcrashlooping`.
fn squash(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a word is no plain word: it has a capital letter inside.
fn is_camel(word: &str) -> bool {
    word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase)
}

/// What an address in the site can lead to.
enum Target {
    Page(usize),
    Other,
    Draft(RelPath),
}

struct Index<'a> {
    pages: &'a [Page],
    old_fragments: &'a BTreeMap<usize, Vec<String>>,
    /// Addresses that lead here, the longest first, and whether the site is published there by its own addresses.
    bases: Vec<(Base, bool)>,
    /// What lies where; see [`key`].
    targets: FxHashMap<String, Target>,
    /// Pages by what lay where, and the headings there, in lower case, that they took over.
    moved: FxHashMap<(String, String), usize>,
    /// The alerts by their names in lower case, whose pages are targets, too.
    known: &'a BTreeMap<String, Alert>,
}

impl<'a> Index<'a> {
    fn new(
        parts: &Parts<'_>,
        pages: &'a [Page],
        sections: &[Section],
        aliases: &BTreeMap<OutPath, Alias>,
        old_fragments: &'a BTreeMap<usize, Vec<String>>,
        known: &'a BTreeMap<String, Alert>,
    ) -> Self {
        let mut targets = FxHashMap::default();
        let mut add = |name: &str, target: Target| {
            targets.entry(key(name)).or_insert(target);
        };
        let mut moved = FxHashMap::default();
        let content = config::content();
        for (number, page) in pages.iter().enumerate() {
            add(&page.address.href, Target::Page(number));
        }
        for section in sections {
            add(&section.address.href, Target::Other);
        }
        for (out, alias) in aliases {
            if let Some(page) = alias.page {
                add(out.as_str(), Target::Page(page));
            }
            for (fragment, page) in &alias.fragments {
                moved.insert((key(out.as_str()), fragment.to_lowercase()), *page);
            }
        }
        for (number, page) in pages.iter().enumerate() {
            add(
                page.facts.path.below(&content).unwrap_or_default(),
                Target::Page(number),
            );
        }
        for facts in drafts(parts) {
            let below = facts.path.below(&content).unwrap_or_default();
            let (segments, _) = address::segments(&facts.path, below);
            for name in [segments.join("/"), below.to_owned()] {
                add(&name, Target::Draft(facts.path.clone()));
            }
        }
        for path in parts.files {
            let below = path.below(&content).unwrap_or_default();
            if !parts.config.is_page(path) {
                add(below, Target::Other);
            }
        }
        let mut bases: Vec<(Base, bool)> = parts
            .config
            .alerts
            .bases
            .iter()
            .map(|base| (base.clone(), false))
            .collect();
        if let Some(url) = &parts.config.base_url {
            let own = Base {
                url: url.clone(),
                folder: String::new(),
            };
            bases.retain(|(base, _)| base.url != own.url);
            bases.push((own, true));
        }
        bases.sort_by_key(|(base, _)| std::cmp::Reverse(base.url.len()));
        Self {
            pages,
            old_fragments,
            bases,
            targets,
            moved,
            known,
        }
    }

    fn lead(&self, rule: &Rule) -> Lead {
        let Some(said) = &rule.runbook else {
            return Lead::Unsaid;
        };
        let Some(url) = expanded(&said.value, &rule.name.value) else {
            return Lead::Template;
        };
        let (rest, folder, own) = match without_scheme(&url) {
            // A path alone is one of this site.
            None => (url.clone(), "", false),
            Some(_) => match self.below_base(&url) {
                Some(found) => found,
                None => return Lead::Unmapped,
            },
        };
        let target = parts(&rest);
        let path = target.path.trim_matches('/');
        let name = if folder.is_empty() {
            path.to_owned()
        } else {
            format!("{folder}/{path}")
        };
        let wanted = key(&name);
        let page = match self.targets.get(&wanted) {
            Some(Target::Page(page)) => *page,
            Some(Target::Other) => return Lead::Other,
            Some(Target::Draft(path)) => return Lead::Draft(path.clone()),
            None => {
                let alert = self.known.get(&rule.name.value.to_lowercase());
                let address = alert.and_then(|alert| alert.address.as_ref());
                return if address.is_some_and(|address| key(&address.href) == wanted) {
                    Lead::Alert(rule.name.value.clone())
                } else {
                    Lead::Nowhere(name)
                };
            }
        };
        if own && path.chars().any(char::is_uppercase) {
            return Lead::Case(page);
        }
        match target.fragment.as_deref() {
            None | Some("" | "top") => Lead::Page(page),
            Some(fragment) => match self.moved.get(&(wanted, fragment.to_lowercase())) {
                Some(page) => Lead::Page(*page),
                None if self.has(page, fragment) => Lead::Page(page),
                None => Lead::NoHeading(page, fragment.to_owned()),
            },
        }
    }

    /// What of an address follows that of this site, the folder it stands in, and whether that is the site's own.
    fn below_base(&self, url: &str) -> Option<(String, &str, bool)> {
        let bare = bare(url)?;
        self.bases.iter().find_map(|(base, own)| {
            let base_bare = self::bare(&base.url)?;
            let start = bare.get(..base_bare.len());
            let rest = match start {
                Some(start) if start.eq_ignore_ascii_case(&base_bare) => &bare[base_bare.len()..],
                // The base itself, without its slash.
                _ if base_bare.trim_end_matches('/').eq_ignore_ascii_case(&bare) => "",
                _ => return None,
            };
            Some((rest.to_owned(), &*base.folder, *own))
        })
    }

    fn has(&self, page: usize, fragment: &str) -> bool {
        let wanted = fragment.strip_prefix("user-content-").unwrap_or(fragment);
        let wanted = wanted.to_lowercase();
        let facts = &self.pages[page].facts;
        let old = self.old_fragments.get(&page).into_iter().flatten();
        (facts.ids().chain(old.map(String::as_str))).any(|id| id.to_lowercase() == wanted)
    }
}

fn without_scheme(url: &str) -> Option<&str> {
    url.split_once("://").map(|(_, rest)| rest)
}

/// An address without its scheme, and without the port that the scheme means anyway.
fn bare(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let port = match &*scheme.to_ascii_lowercase() {
        "https" => ":443",
        "http" => ":80",
        _ => "",
    };
    let host = host.strip_suffix(port).unwrap_or(host);
    Some(format!("{host}{path}"))
}

/// An address in the site, whichever way it is written: without endings and indexes, in lower case.
fn key(name: &str) -> String {
    let mut key = name.trim_matches('/').to_lowercase();
    while let Some((head, ending)) = key.rsplit_once('.')
        && matches!(ending, "html" | "htm" | "md" | "markdown" | "erb")
    {
        key.truncate(head.len());
    }
    let (folder, last) = key.rsplit_once('/').unwrap_or(("", &key));
    if matches!(last, "index" | "_index" | "readme") {
        key.truncate(folder.len());
    }
    key
}

/// An annotation with the alert's own name filled in; `None` when the rest of it is known only once the alert fires.
fn expanded(said: &str, name: &str) -> Option<String> {
    let mut whole = String::with_capacity(said.len());
    let mut rest = said;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inner, after) = after.split_once("}}")?;
        whole.push_str(before);
        match inner.trim().trim_matches('-').trim() {
            "$labels.alertname" | ".Labels.alertname" => whole.push_str(name),
            "$labels.alertname | toLower" | ".Labels.alertname | toLower" => {
                whole.push_str(&name.to_lowercase());
            }
            _ => return None,
        }
        rest = after;
    }
    whole.push_str(rest);
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::{bare, expanded, is_camel, key, squash};

    #[test]
    fn addresses_have_one_key() {
        for (name, expected) in [
            ("db/failover.html", "db/failover"),
            ("/db/Failover/", "db/failover"),
            ("db/failover.html.md.erb", "db/failover"),
            ("db/index.html", "db"),
            ("db/README.md", "db"),
            ("index.html", ""),
            ("", ""),
            ("v1.2/notes", "v1.2/notes"),
        ] {
            assert_eq!(key(name), expected, "{name}");
        }
    }

    #[test]
    fn ports_that_go_without_saying_make_no_difference() {
        for (url, expected) in [
            ("https://e.org:443/a", Some("e.org/a")),
            ("HTTPS://e.org:443", Some("e.org")),
            ("http://e.org:80/a:80", Some("e.org/a:80")),
            ("https://e.org:80/", Some("e.org:80/")),
            ("https://e.org:8443/#a", Some("e.org:8443/#a")),
            ("/a", None),
        ] {
            assert_eq!(bare(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn templates_of_the_alerts_own_name_are_filled_in() {
        for (said, whole) in [
            ("https://e.org/a", Some("https://e.org/a")),
            (
                "https://e.org/{{ $labels.alertname }}.html",
                Some("https://e.org/Down.html"),
            ),
            (
                "https://e.org/{{$labels.alertname | toLower}}",
                Some("https://e.org/down"),
            ),
            ("https://e.org/{{ $labels.job }}", None),
            ("https://e.org/{{ oops", None),
        ] {
            assert_eq!(expanded(said, "Down").as_deref(), whole, "{said}");
        }
    }

    #[test]
    fn names_are_compared_without_what_stands_between_words() {
        assert_eq!(squash("Kube Pod-Crash_Looping"), "kubepodcrashlooping");
        assert!(is_camel("KubeAPIDown") && !is_camel("Down") && !is_camel("TODO"));
    }
}
