//! The views of alerts: the page of one, which whoever is woken sees first, and the index of all.

use serde::Serialize;
use tera::Value;

use super::page::{Crumb, home_crumb};
use super::shared::{NavTerm, href_of};
use super::{Builder, View};
use crate::path::OutPath;
use crate::plan::Listing;
use crate::render::Renderer;
use crate::runbook::code::{self, Language, Lines};
use crate::site::address::encode;
use crate::site::{Alert, term_key};
use crate::slug;

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
    /// Where a runbook for it would lie.
    file: String,
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
            .filter_map(|id| Some((&site.alerts.files.get(id.0)?.path, site.alerts.rule(*id)?)))
            .map(|(path, rule)| RuleView {
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
                rules,
                file: format!("content/{}.md", slug::segment(&alert.name)),
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
fn owner<'a>(renderer: &'a Renderer, alert: &Alert) -> Option<&'a str> {
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
