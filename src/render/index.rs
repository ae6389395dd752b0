//! The machine index, `runbooks.json`: what other programs may know of the site. Its form is versioned.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use crate::check::secrets::masked;
use crate::config::Config;
use crate::runbook::{Checklist, FollowUp, Kind, Risk, Scope, Severity, Status};
use crate::site::{Alert, Page, RuleId, Site};

/// The version of the form. It rises when a key goes away or changes its meaning; new keys do not raise it.
const VERSION: u32 = 1;

/// Bytes that the entry of a runbook takes, about.
const TO_A_RUNBOOK: usize = 1280;

#[derive(Serialize)]
struct Index<'a> {
    version: u32,
    site: &'a str,
    #[serde(serialize_with = "entries")]
    runbooks: &'a Site,
    alerts: Vec<AlertEntry<'a>>,
}

/// Makes each entry when it is written: all of them together take as much memory as the whole index.
fn entries<S: Serializer>(site: &&Site, serializer: S) -> Result<S::Ok, S::Error> {
    let pages = site.pages.iter().enumerate();
    let runbooks = pages.filter(|(_, page)| page.is_runbook());
    serializer.collect_seq(runbooks.map(|(number, page)| entry(site, number, page)))
}

/// An alert that rules fire or runbooks name.
#[derive(Serialize)]
struct AlertEntry<'a> {
    name: &'a str,
    address: Option<&'a str>,
    runbooks: Vec<&'a str>,
    rules: Vec<RuleEntry<'a>>,
}

#[derive(Serialize)]
struct RuleEntry<'a> {
    file: &'a str,
    group: &'a str,
    severity: Option<&'a str>,
    owner: Option<&'a str>,
    runbook_url: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    title: Cow<'a, str>,
    scope: &'a [Scope],
    service: &'a [String],
    every_service: bool,
    task: Option<&'a str>,
    alerts: Vec<&'a str>,
    severity: Option<Severity>,
    owner: Option<Cow<'a, str>>,
    risk: Option<Risk>,
    kind: Option<Kind>,
    status: Status,
    checklist: Option<Checklist>,
    steps: usize,
    tags: &'a [String],
    follow_up: Vec<&'a str>,
    no_follow_up: Option<Cow<'a, str>>,
    last_reviewed: Option<String>,
    last_exercised: Option<String>,
    review_due: Option<String>,
    last_changed: Option<String>,
    last_changed_by: Option<&'a str>,
    revision: Option<&'a str>,
    changes_since_review: usize,
    source: &'a str,
    address: &'a str,
    headings: Vec<Heading<'a>>,
}

#[derive(Serialize)]
struct Heading<'a> {
    level: u8,
    id: &'a str,
    title: &'a str,
}

fn alert_entry<'a>(site: &'a Site, alert: &'a Alert) -> AlertEntry<'a> {
    let rule = |id: &RuleId| {
        let rule = site.alerts.rule(*id)?;
        Some(RuleEntry {
            file: site.alerts.files.get(id.0)?.path.as_str(),
            group: &rule.group,
            severity: rule.severity.as_ref().map(|said| said.value.as_str()),
            owner: rule.owner.as_deref(),
            runbook_url: rule.runbook.as_ref().map(|said| masked(&said.value)),
        })
    };
    AlertEntry {
        name: &alert.name,
        address: alert.address.as_ref().map(|address| &*address.href),
        runbooks: (alert.pages.iter())
            .map(|page| site.pages[*page].id.as_str())
            .collect(),
        rules: alert.rules.iter().filter_map(rule).collect(),
    }
}

fn entry<'a>(site: &'a Site, number: usize, page: &'a Page) -> Entry<'a> {
    let matter = &page.facts.matter;
    let date = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string());
    Entry {
        id: &page.id,
        title: masked(&page.facts.title),
        scope: &matter.scope,
        service: &page.services,
        every_service: page.generic,
        task: matter.task.as_deref(),
        alerts: matter
            .alerts
            .iter()
            .map(|alert| alert.value.as_str())
            .collect(),
        severity: matter.severity,
        owner: page.owner.as_deref().map(masked),
        risk: matter.risk,
        kind: matter.kind,
        status: matter.status,
        checklist: matter.checklist,
        steps: page.facts.steps.len(),
        tags: &matter.tags,
        follow_up: site.follow_ups[number]
            .iter()
            .map(|page| site.pages[*page].id.as_str())
            .collect(),
        no_follow_up: match &matter.follow_up {
            FollowUp::None(reason) => Some(masked(reason)),
            _ => None,
        },
        last_reviewed: date(matter.last_reviewed),
        last_exercised: date(matter.last_exercised),
        review_due: date(page.review_due),
        last_changed: date(page.changed),
        last_changed_by: page.revision.as_ref().map(|commit| commit.author.as_str()),
        revision: page.revision.as_ref().map(|commit| commit.id.as_str()),
        changes_since_review: page.since_review.len(),
        source: page.facts.path.as_str(),
        address: &page.address.href,
        // The id of a heading is made of its text, so one that holds a secret is left out.
        headings: (page.facts.headings.iter())
            .filter(|heading| matches!(masked(&heading.title), Cow::Borrowed(_)))
            .map(|heading| Heading {
                level: heading.level,
                id: &heading.id,
                title: &heading.title,
            })
            .collect(),
    }
}

/// The index as JSON, an entry a line so that a diff of it can be read.
pub fn json(site: &Site, config: &Config) -> Vec<u8> {
    let index = Index {
        version: VERSION,
        site: &config.title,
        runbooks: site,
        alerts: site
            .alerts
            .known
            .values()
            .map(|alert| alert_entry(site, alert))
            .collect(),
    };
    // Strings, numbers and lists always serialise.
    let mut json = Vec::with_capacity(site.pages.len() * TO_A_RUNBOOK);
    let _ = serde_json::to_writer(&mut json, &index);
    json.push(b'\n');
    json
}
