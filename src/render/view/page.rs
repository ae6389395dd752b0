//! The views of pages: runbooks, sections and the home page.

use serde::Serialize;

use super::shared::{NavTerm, href_of};
use super::{Builder, RECENT, View};
use crate::config::{Config, headings as words};
use crate::path::OutPath;
use crate::plan::Listing;
use crate::render::Renderer;
use crate::render::content::Content;
use crate::render::view::steps::{
    ChecklistView, DecisionView, StepView, checklist, checklists, decisions,
};
use crate::runbook::{Checklist, Facts, FollowUp, Scope, Status, Step, When};
use crate::site::address::encode;
use crate::site::{Alias, Role, Site};
use crate::snapshot::{Commit, is_blob};

#[derive(Serialize, Hash)]
pub(super) struct Crumb {
    pub(super) title: String,
    pub(super) href: String,
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
    url: Option<String>,
    source: &'a str,
    edit_link: Option<String>,
    role: &'static str,
    scope: &'a [Scope],
    services: Vec<NavTerm>,
    every_service: bool,
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
    steps: Vec<StepView<'a>>,
    checklists: Vec<ChecklistView<'a>>,
    back_steps: Vec<&'a str>,
    decide_now: Vec<DecisionView<'a>>,
    can_wait: Vec<DecisionView<'a>>,
    description: Option<&'a str>,
    summary: &'a str,
    impact: &'a str,
    impact_title: &'a str,
    first: Option<First<'a>>,
    way_back: Option<HeadingView<'a>>,
    extra: &'a crate::value::Table,
    changed: Option<String>,
    revision: Option<CommitView<'a>>,
    edited: bool,
    since_review: Vec<CommitView<'a>>,
    heading_id: &'a str,
    toc: Vec<HeadingView<'a>>,
    old_fragments: Vec<&'a str>,
}

/// The ids of the steps under a heading that is the way back, or under one below it: no run goes through them.
fn back_steps<'a>(facts: &'a Facts, config: &Config) -> Vec<&'a str> {
    let is_back = under_rollback(facts, config);
    let steps = facts.steps.iter().filter(|step| {
        let section = step.section.map(|number| number as usize);
        section.is_some_and(|number| is_back.get(number).copied().unwrap_or_default())
    });
    steps.map(|step| step.id.as_str()).collect()
}

/// Of each heading whether it is the way back, or stands below one that is.
fn under_rollback(facts: &Facts, config: &Config) -> Vec<bool> {
    // The headings around, outermost first.
    let mut around: Vec<(u8, bool)> = Vec::new();
    let headings = facts.headings.iter().map(|heading| {
        while around
            .pop_if(|(level, _)| *level >= heading.level)
            .is_some()
        {}
        let own = heading.level > 1 && words::names(&heading.title, &config.headings.rollback);
        let is_back = own || around.last().is_some_and(|(_, is_back)| *is_back);
        around.push((heading.level, is_back));
        is_back
    });
    headings.collect()
}

/// The first thing to do: a step, or the heading under which it is told.
#[derive(Serialize, Hash)]
struct First<'a> {
    id: &'a str,
    text: &'a str,
    is_step: bool,
}

impl<'a> First<'a> {
    fn of(facts: &'a Facts, config: &Config) -> Option<Self> {
        let title = |step: &Step| {
            let heading = step
                .section
                .map(|number| facts.headings.get(number as usize));
            heading
                .flatten()
                .map_or("", |heading| heading.title.as_str())
        };
        // The way back and the look afterwards are not where anybody starts.
        let later = [&config.headings.rollback, &config.headings.verification];
        let step = (facts.steps.iter())
            .find(|step| !later.iter().any(|words| words::names(title(step), words)));
        let step = step.map(|step| Self {
            id: &step.id,
            // A colon leads to what stands below the step.
            text: step.text.trim_end_matches([':', '：']),
            is_step: true,
        });
        step.or_else(|| {
            let wanted = facts.matter.checklist != Some(Checklist::None);
            let heading = part(facts, &config.checklists.headings).filter(|_| wanted)?;
            Some(Self {
                id: heading.id,
                text: heading.title,
                is_step: false,
            })
        })
    }
}

/// The first heading, the page's own aside, that is one of `words`.
fn part<'a>(facts: &'a Facts, words: &[String]) -> Option<HeadingView<'a>> {
    let heading = (facts.headings.iter())
        .find(|heading| heading.level > 1 && words::names(&heading.title, words))?;
    Some(HeadingView {
        level: heading.level,
        id: &heading.id,
        title: &heading.title,
    })
}

/// The id of a title that the body does not hold: `top`, unless the page has something by that name.
fn title_id(facts: &Facts) -> &'static str {
    if facts.ids().any(|id| id == "top") {
        "_title"
    } else {
        "top"
    }
}

/// A commit that changed the page.
#[derive(Serialize, Hash)]
pub(super) struct CommitView<'a> {
    commit: &'a str,
    date: String,
    author: &'a str,
    subject: &'a str,
}

impl<'a> CommitView<'a> {
    pub(super) fn new(commit: &'a Commit) -> Self {
        Self {
            commit: &commit.id,
            date: commit.date.to_string(),
            author: &commit.author,
            subject: &commit.subject,
        }
    }
}

#[derive(Serialize, Hash)]
pub(super) struct Moved {
    id: String,
    title: String,
    href: String,
}

impl<'a> View<'a> {
    /// A page that comes from a file.
    pub(in crate::render) fn page(renderer: &'a Renderer, number: usize, out: &OutPath) -> Self {
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
                url: (config.base_url.as_ref())
                    .map(|base| format!("{base}{}", encode(&page.address.href))),
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
                every_service: page.generic,
                task: matter.task.as_deref(),
                alerts: matter
                    .alerts
                    .iter()
                    .map(|alert| alert.value.as_str())
                    .collect(),
                severity: matter.severity,
                owner: page.owner.as_deref(),
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
                    .is_some_and(|due| due < renderer.frame.shared.today),
                status: matter.status,
                checklist: checklist(&page.facts),
                steps: page.facts.steps.iter().map(StepView::new).collect(),
                back_steps: back_steps(&page.facts, config),
                checklists: checklists(&page.facts),
                decide_now: decisions(&page.facts, When::Now),
                can_wait: decisions(&page.facts, When::Later),
                description: matter.description.as_deref(),
                summary: &page.facts.summary,
                impact: &page.facts.impact,
                impact_title: &page.facts.impact_title,
                first: First::of(&page.facts, config),
                way_back: part(&page.facts, &config.headings.rollback),
                extra: &matter.extra,
                changed: page.changed.map(|date| date.to_string()),
                revision: page.revision.as_deref().map(CommitView::new),
                edited: (page.committed.as_ref())
                    .is_some_and(|id| !is_blob(&renderer.bodies[number].bytes, id)),
                since_review: (page.since_review.iter())
                    .map(|commit| CommitView::new(commit))
                    .collect(),
                heading_id: if has_heading {
                    &page.facts.headings[0].id
                } else {
                    title_id(&page.facts)
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
        view.share("section", &renderer.frame.shared.sections[page.section]);
        let own = page.role != Role::Runbook;
        view.beside(page.section, own, encode(&page.address.href));
        if page.role != Role::Runbook {
            view.lists.push(("pages_list", section.pages.clone()));
        }
        if page.role == Role::Home {
            view.listed("recent", "recent_list", renderer, &recent(site, RECENT));
            view.share("ways", &renderer.frame.shared.ways);
        }
        view.content = Some(Content::new(
            site,
            &renderer.bodies,
            &renderer.theme.words,
            number,
            out,
        ));
        view.finish()
    }

    /// A section that no file describes.
    pub(in crate::render) fn section(renderer: &'a Renderer, number: usize, out: &OutPath) -> Self {
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
        view.share("section", &renderer.frame.shared.sections[number]);
        view.beside(number, true, encode(&site.sections[number].address.href));
        if number == 0 {
            view.listed("recent", "recent_list", renderer, &recent(site, RECENT));
            view.share("ways", &renderer.frame.shared.ways);
        }
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

pub(super) fn home_crumb(site: &Site) -> Crumb {
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
pub(super) fn recent(site: &Site, most: usize) -> Vec<usize> {
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

pub(super) fn fragments(site: &Site, alias: &Alias) -> Vec<Moved> {
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
