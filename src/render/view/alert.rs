//! The views of alerts: the page of one, which whoever is woken sees first, and the index of all.

use serde::Serialize;
use tera::Value;

use super::page::{Crumb, home_crumb};
use super::shared::{NavTerm, href_of};
use super::{Builder, View};
use crate::alert::Rule;
use crate::path::OutPath;
use crate::plan::Listing;
use crate::render::Renderer;
use crate::runbook::code::{self, Language, Lines};
use crate::site::address::{Address, encode};
use crate::site::{Alert, Lead, term_key};

/// A rule as an alert's page shows it.
#[derive(Serialize, Hash)]
struct RuleView<'a> {
    file: &'a str,
    group: &'a str,
    expression: &'a str,
    hold: Option<&'a str>,
    severity: Option<&'a str>,
    owner: Option<&'a str>,
    summary: Option<&'a str>,
    description: Option<&'a str>,
    /// The runbook that it names, where that is none of this site.
    astray: Option<Astray<'a>>,
}

/// A runbook URL that leads to no page of this site.
#[derive(Serialize, Hash)]
struct Astray<'a> {
    /// What the annotation says.
    url: &'a str,
    /// `nowhere`, `draft`, `anchor`, `case` or `elsewhere`.
    what: &'static str,
    /// Whether a browser can open it as it is.
    opens: bool,
}

#[derive(Serialize, Hash)]
struct AlertView<'a> {
    name: &'a str,
    href: String,
    severities: Vec<&'a str>,
    /// Whom the rules say, else who owns the runbooks.
    owner: Option<&'a str>,
    /// The service that the owner's label names, where there is one.
    service: Option<NavTerm>,
    rules: Vec<RuleView<'a>>,
    /// The headings under which runbooks answer it that are about more.
    places: Vec<Place<'a>>,
    /// Where a runbook for it would lie.
    file: String,
    /// The annotation that leads there, and what it would say.
    annotation: Option<(&'a str, String)>,
    /// Whether one of its rules has another runbook URL, which is to be changed.
    is_wrong: bool,
}

/// A part of a page.
#[derive(Serialize, Hash)]
struct Place<'a> {
    page: &'a str,
    heading: &'a str,
    href: String,
}

/// An alert as the index shows it.
#[derive(Serialize, Hash)]
struct Row<'a> {
    name: &'a str,
    href: String,
    severities: Vec<&'a str>,
    owner: Option<&'a str>,
    rules: usize,
    runbooks: Vec<Link<'a>>,
}

#[derive(Serialize, Hash)]
struct Link<'a> {
    title: &'a str,
    href: String,
}

#[derive(Serialize, Hash)]
struct Index<'a> {
    alerts: Vec<Row<'a>>,
    count: usize,
    without: usize,
}

impl<'a> View<'a> {
    /// The page of an alert, by its name in lower case.
    pub(in crate::render) fn alert(renderer: &'a Renderer, key: &str, out: &OutPath) -> Self {
        let site = &renderer.site;
        let mut view = Builder::new(renderer, out, out.to_string());
        let nothing = Alert::default();
        let alert = site.alerts.known.get(key).unwrap_or(&nothing);
        let owner = owner(renderer, alert);
        let service = owner.map(|owner| (owner, term_key(owner)));
        let service = service.filter(|(_, key)| site.terms.services.contains_key(key));
        let rules: Vec<RuleView<'_>> = (alert.rules.iter())
            .filter_map(|id| {
                let file = site.alerts.files.get(id.0)?;
                Some((&file.path, site.alerts.rule(*id)?, site.alerts.lead(*id)?))
            })
            .map(|(path, rule, lead)| RuleView {
                astray: astray(rule, lead),
                file: path.as_str(),
                group: &rule.group,
                expression: &rule.expression,
                hold: rule.hold.as_deref(),
                severity: rule.severity.as_ref().map(|said| said.value.as_str()),
                owner: rule.owner.as_deref(),
                summary: rule.summary.as_deref(),
                description: rule.description.as_deref(),
            })
            .collect();
        // The page's own name is one that can be written, whatever the alert's is.
        let page = alert
            .address
            .as_ref()
            .map(|address| address.href.trim_end_matches('/'));
        let file = page
            .and_then(|page| page.rsplit('/').next())
            .unwrap_or_default();
        let file = file.strip_suffix(".html").unwrap_or(file).to_owned();
        let expressions: Vec<Value> = rules.iter().map(|rule| promql(rule.expression)).collect();
        view.add(
            "alert",
            &AlertView {
                name: &alert.name,
                href: href(alert),
                severities: severities(renderer, alert),
                owner,
                service: service.map(|(name, key)| NavTerm {
                    name: name.to_owned(),
                    href: href_of(&Listing::Service(key), &renderer.config),
                    count: 0,
                }),
                places: places(renderer, alert),
                is_wrong: rules.iter().any(|rule| rule.astray.is_some()),
                rules,
                annotation: annotation(renderer, &file),
                file: format!("content/{file}.md"),
            },
        );
        // They are made of the rules' text, which is in the key already.
        view.values.push(("expressions", Value::from(expressions)));
        view.listed("runbooks", "runbooks_list", renderer, &alert.pages);
        let index = site.alerts.index(&renderer.config);
        view.add(
            "breadcrumbs",
            &[
                Some(home_crumb(site)),
                index.map(|index| Crumb {
                    title: renderer.theme.words.text("alerts", "Alerts").to_owned(),
                    href: encode(&index.href),
                }),
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>(),
        );
        view.finish()
    }

    /// The index of all alerts.
    pub(in crate::render) fn alerts(renderer: &'a Renderer, out: &OutPath) -> Self {
        let site = &renderer.site;
        let mut view = Builder::new(renderer, out, out.to_string());
        let alerts: Vec<Row<'_>> = (site.alerts.known.values())
            .map(|alert| Row {
                name: &alert.name,
                href: href(alert),
                severities: severities(renderer, alert),
                owner: owner(renderer, alert),
                rules: alert.rules.len(),
                runbooks: (alert.pages.iter())
                    .map(|page| (&site.pages[*page], alert.fragment(*page)))
                    .map(|(page, fragment)| Link {
                        title: &page.facts.title,
                        href: encode(&page.address.href) + &fragment,
                    })
                    .collect(),
            })
            .collect();
        let without = alerts.iter().filter(|row| row.runbooks.is_empty()).count();
        view.add(
            "index",
            &Index {
                count: alerts.len(),
                without,
                alerts,
            },
        );
        view.add("breadcrumbs", &[home_crumb(site)]);
        view.finish()
    }
}

fn places<'a>(renderer: &'a Renderer, alert: &Alert) -> Vec<Place<'a>> {
    let headings = alert.headings.iter().filter_map(|(number, id)| {
        let page = &renderer.site.pages[*number];
        let heading = (page.facts.headings.iter()).find(|heading| heading.id == *id)?;
        Some(Place {
            page: &page.facts.title,
            heading: &heading.title,
            href: encode(&page.address.href) + &alert.fragment(*number),
        })
    });
    headings.collect()
}

/// What a rule says of its runbook, unless that leads to a page.
fn astray<'a>(rule: &'a Rule, lead: &Lead) -> Option<Astray<'a>> {
    let what = match lead {
        Lead::Nowhere(_) => "nowhere",
        Lead::Draft(_) => "draft",
        Lead::NoHeading(..) => "anchor",
        Lead::Case(_) => "case",
        Lead::Unmapped => "elsewhere",
        Lead::Unsaid | Lead::Template | Lead::Page(_) | Lead::Other | Lead::Alert(_) => {
            return None;
        }
    };
    let url = rule.runbook.as_ref()?.value.as_str();
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    Some(Astray {
        url,
        what,
        opens: what == "elsewhere"
            && scheme.is_some_and(|scheme| matches!(scheme, "http" | "https")),
    })
}

/// The annotation that would lead to a page of this name, where it is known how the site is reached.
fn annotation<'a>(renderer: &'a Renderer, name: &str) -> Option<(&'a str, String)> {
    let config = &renderer.config;
    let base = config.base_url.as_ref()?;
    let page = Address::page(&[name.to_owned()], false, config.addresses)?;
    let key = config.alerts.annotations.first()?;
    Some((key, format!("{base}{}", encode(&page.href))))
}

fn href(alert: &Alert) -> String {
    let address = alert.address.as_ref();
    address
        .map(|address| encode(&address.href))
        .unwrap_or_default()
}

fn severities<'a>(renderer: &'a Renderer, alert: &Alert) -> Vec<&'a str> {
    let site = &renderer.site;
    let mut severities: Vec<&str> = (alert.rules.iter())
        .filter_map(|id| Some(site.alerts.rule(*id)?.severity.as_ref()?.value.as_str()))
        .collect();
    severities.sort_unstable();
    severities.dedup();
    severities
}

/// Who owns an alert: whom a label of its rules names, else the owner of a runbook for it.
pub(super) fn owner<'a>(renderer: &'a Renderer, alert: &Alert) -> Option<&'a str> {
    let site = &renderer.site;
    let mut rules = alert.rules.iter().filter_map(|id| site.alerts.rule(*id));
    rules.find_map(|rule| rule.owner.as_deref()).or_else(|| {
        let mut pages = alert.pages.iter().map(|page| &site.pages[*page]);
        pages.find_map(|page| page.owner.as_deref())
    })
}

fn promql(expression: &str) -> Value {
    let mut html = String::with_capacity(expression.len() * 3);
    match Language::from_name("promql") {
        Some(language) => code::highlight(&language, expression, &Lines::default(), &mut html),
        None => code::escape(expression, &mut html),
    }
    Value::safe_string(&html)
}
