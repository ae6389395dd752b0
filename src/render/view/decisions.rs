//! What must be decided now and what can wait, over all runbooks, by owner and service.

use std::collections::BTreeMap;

use serde::Serialize;

use super::page::home_crumb;
use super::steps::{DecisionView, decisions};
use super::{Builder, View};
use crate::path::OutPath;
use crate::render::Renderer;
use crate::runbook::{Status, When};
use crate::site::address::encode;

#[derive(Serialize, Hash)]
struct Decisions<'a> {
    now: usize,
    later: usize,
    owners: Vec<Owner<'a>>,
}

/// What somebody has to settle; the name is empty where nobody owns it.
#[derive(Serialize, Hash)]
struct Owner<'a> {
    name: &'a str,
    services: Vec<Service<'a>>,
}

#[derive(Serialize, Hash)]
struct Service<'a> {
    name: &'a str,
    runbooks: Vec<Runbook<'a>>,
}

#[derive(Serialize, Hash)]
struct Runbook<'a> {
    title: &'a str,
    href: String,
    now: Vec<DecisionView<'a>>,
    later: Vec<DecisionView<'a>>,
}

impl<'a> View<'a> {
    /// The page of decisions.
    pub(in crate::render) fn decisions(renderer: &'a Renderer, out: &OutPath) -> Self {
        let site = &renderer.site;
        let mut view = Builder::new(renderer, out, out.to_string());
        let mut owners: BTreeMap<&str, BTreeMap<&str, Vec<Runbook<'_>>>> = BTreeMap::new();
        let (mut all_now, mut all_later) = (0, 0);
        for page in &site.pages {
            if page.facts.matter.status == Status::Deprecated {
                continue;
            }
            let now = decisions(&page.facts, When::Now);
            let later = decisions(&page.facts, When::Later);
            if now.is_empty() && later.is_empty() {
                continue;
            }
            all_now += now.len();
            all_later += later.len();
            // Under the first of its services: a decision is to be made once.
            let service = page.services.first().map_or("", String::as_str);
            let owner = page.owner.as_deref().unwrap_or_default();
            let services = owners.entry(owner).or_default();
            services.entry(service).or_default().push(Runbook {
                title: &page.facts.title,
                href: encode(&page.address.href),
                now,
                later,
            });
        }
        let owners = owners.into_iter().map(|(name, services)| Owner {
            name,
            services: (services.into_iter())
                .map(|(name, runbooks)| Service { name, runbooks })
                .collect(),
        });
        view.add(
            "decisions",
            &Decisions {
                now: all_now,
                later: all_later,
                owners: owners.collect(),
            },
        );
        view.add("breadcrumbs", &[home_crumb(site)]);
        view.finish()
    }
}
