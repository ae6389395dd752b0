//! `bindery list`: which runbooks there are, by what they say of themselves.

use std::collections::BTreeSet;
use std::io::Write;

use clap::{Args, ValueEnum, ValueHint};

use super::Exit;
use super::options::{Place, SCOPES};
use super::words::{columns, counted, padded};
use crate::build::Planned;
use crate::config::meant_task;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::render::runbooks_json;
use crate::site::{EVERY, Page, term_key};
use crate::snapshot::Snapshot;

/// Lists runbooks. Filters narrow the list together; without one it is whole.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    bindery list --scope operation --service db\n  \
    bindery list --overdue --owner 'Database team'\n  \
    bindery list --alert PostgresDown --format json\n  \
    bindery list --band-aids")]
pub struct List {
    #[command(flatten)]
    place: Place,
    /// Words that the title, the id, the summary or the file's path must hold
    #[arg(value_hint = ValueHint::Other)]
    words: Vec<String>,
    /// Runbooks of this scope
    #[arg(long, value_parser = SCOPES, ignore_case = true)]
    scope: Option<String>,
    /// Runbooks of this service, those for every service too
    #[arg(long, short, value_hint = ValueHint::Other)]
    service: Option<String>,
    /// Runbooks for this task
    #[arg(long, short, value_hint = ValueHint::Other)]
    task: Option<String>,
    /// Runbooks with this tag
    #[arg(long, value_hint = ValueHint::Other)]
    tag: Option<String>,
    /// Runbooks of this owner, by name or a part of it
    #[arg(long, value_hint = ValueHint::Other)]
    owner: Option<String>,
    /// Runbooks in this state; drafts are listed only when they are asked for
    #[arg(long, value_parser = ["draft", "active", "deprecated"], ignore_case = true)]
    status: Option<String>,
    /// Runbooks whose alert is this urgent
    #[arg(long, value_parser = ["critical", "warning", "info"], ignore_case = true)]
    severity: Option<String>,
    /// Runbooks that answer this alert
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    alert: Option<String>,
    /// Runbooks whose review is overdue
    #[arg(long)]
    overdue: bool,
    /// Runbooks that nobody has reviewed
    #[arg(long)]
    never_reviewed: bool,
    /// Runbooks that nobody has exercised
    #[arg(long)]
    never_exercised: bool,
    /// Band-aids: operation runbooks bound to alerts that say neither what follows nor why nothing does
    #[arg(long)]
    band_aids: bool,
    /// How it is written: `json` has the form of runbooks.json
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

impl List {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        let drafts = (self.status.as_ref()).is_some_and(|said| said.eq_ignore_ascii_case("draft"));
        let planned = match self.place.planned_with(drafts) {
            Ok((_, _, planned)) => planned,
            Err(exit) => return exit,
        };
        // An empty list would say that there is no such runbook, and not that the name was a slip.
        if let Some(unknown) = self.unknown(&planned) {
            self.place.complain(&[unknown], &Snapshot::default());
            return Exit::Usage;
        }
        let site = &planned.site;
        let found: Vec<usize> = (site.pages.iter().enumerate())
            .filter(|(number, page)| page.is_runbook() && self.fits(&planned, *number, page))
            .map(|(number, _)| number)
            .collect();
        let text = match self.format {
            Format::Human => table(&planned, &found).into_bytes(),
            Format::Json => json(&planned, &found),
        };
        // A reader that went away is no error of the site's.
        let _ = anstream::stdout().lock().write_all(&text);
        if self.format == Format::Human {
            let _ = writeln!(
                anstream::stderr().lock(),
                "{}",
                counted(found.len(), "runbook")
            );
        }
        Exit::Success
    }

    /// The first filter that names a task, a service or a tag that there is not.
    fn unknown(&self, planned: &Planned) -> Option<Diagnostic> {
        let (site, (operation, maintenance)) = (&planned.site, &planned.config.tasks);
        let wrong = |message: String, help: String| {
            Some(Diagnostic::new(Code::ConfigValue, message).help(help))
        };
        if let Some(task) = &self.task {
            let known = || operation.iter().chain(maintenance).map(String::as_str);
            if !known().any(|known| known.eq_ignore_ascii_case(task)) {
                let help = meant_task(task, known(), "`bindery new --list` shows the tasks");
                return wrong(format!("`{task}` is not a task"), help);
            }
        }
        if let Some(service) = &self.service {
            let known = &site.services.known;
            if !known.contains_key(&term_key(service)) && service != EVERY {
                let names = known.values().map(|known| known.name.as_str());
                let help = did_you_mean(service, names, "`bindery coverage` shows the services");
                return wrong(format!("there is no service `{service}`"), help);
            }
        }
        if let Some(tag) = &self.tag
            && !site.terms.tags.contains_key(&term_key(tag))
        {
            let names = site.terms.tags.values().map(|term| term.name.as_str());
            let help = did_you_mean(tag, names, "the page `tag/` of the site shows the tags");
            return wrong(format!("no runbook has the tag `{tag}`"), help);
        }
        None
    }

    fn fits(&self, planned: &Planned, number: usize, page: &Page) -> bool {
        let (site, matter) = (&planned.site, &page.facts.matter);
        let same = |wanted: &Option<String>, said: Option<&str>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| said.is_some_and(|said| said.eq_ignore_ascii_case(wanted)))
        };
        let scope = self.scope.as_ref().is_none_or(|wanted| {
            matter
                .scope
                .iter()
                .any(|scope| scope.word().eq_ignore_ascii_case(wanted))
        });
        let service = self.service.as_ref().is_none_or(|wanted| {
            let key = term_key(wanted);
            page.generic || page.services.iter().any(|name| term_key(name) == key)
        });
        let tag = self.tag.as_ref().is_none_or(|wanted| {
            let key = term_key(wanted);
            matter.tags.iter().any(|name| term_key(name) == key)
        });
        let owner = self.owner.as_ref().is_none_or(|wanted| {
            let owner = page.owner.as_ref().map(|owner| owner.to_lowercase());
            owner.is_some_and(|owner| owner.contains(&wanted.to_lowercase()))
        });
        let alert = self.alert.as_ref().is_none_or(|wanted| {
            let alert = site.alerts.known.get(&wanted.to_lowercase());
            alert.is_some_and(|alert| alert.pages.contains(&number))
        });
        let words = self.words.iter().all(|word| {
            let summary = matter.description.as_deref().unwrap_or(&page.facts.summary);
            let text = format!(
                "{} {} {summary} {}",
                page.facts.title, page.id, page.facts.path
            );
            text.to_lowercase().contains(&word.to_lowercase())
        });
        let is_overdue =
            (site.gaps.get(&crate::site::Gap::Overdue)).is_some_and(|all| all.contains(&number));
        let severity = matter.severity.map(|severity| severity.word());
        scope
            && service
            && tag
            && owner
            && alert
            && words
            && same(&self.task, matter.task.as_deref())
            && same(&self.severity, severity)
            && same(&self.status, Some(matter.status.word()))
            && (!self.overdue || is_overdue)
            && (!self.never_reviewed || matter.last_reviewed.is_none())
            && (!self.never_exercised || matter.last_exercised.is_none())
            && (!self.band_aids || site.band_aids.contains(&number))
    }
}

fn json(planned: &Planned, found: &[usize]) -> Vec<u8> {
    let whole = runbooks_json(&planned.site, &planned.config);
    let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(&whole) else {
        return Vec::new();
    };
    let ids: BTreeSet<&str> = (found.iter())
        .map(|page| planned.site.pages[*page].id.as_str())
        .collect();
    if let Some(runbooks) = value
        .get_mut("runbooks")
        .and_then(|list| list.as_array_mut())
    {
        runbooks.retain(|entry| entry["id"].as_str().is_some_and(|id| ids.contains(id)));
    }
    if let Some(table) = value.as_object_mut() {
        table.shift_remove("alerts");
    }
    let mut json = serde_json::to_vec(&value).unwrap_or_default();
    json.push(b'\n');
    json
}

/// A line a runbook: id, scope, services, task, owner, review, title.
fn table(planned: &Planned, found: &[usize]) -> String {
    let rows: Vec<[String; 7]> = (found.iter())
        .map(|number| {
            let page = &planned.site.pages[*number];
            let matter = &page.facts.matter;
            let scope: Vec<&str> = matter.scope.iter().map(|scope| scope.word()).collect();
            let mut services = page.services.clone();
            if page.generic {
                services.push("*".to_owned());
            }
            let due = page
                .review_due
                .map_or("never reviewed".to_owned(), |due| due.to_string());
            [
                page.id.clone(),
                scope.join(","),
                services.join(","),
                matter.task.clone().unwrap_or_default(),
                page.owner.clone().unwrap_or_default(),
                due,
                page.facts.title.clone(),
            ]
        })
        .collect();
    let heads = [
        "id",
        "scope",
        "service",
        "task",
        "owner",
        "review due",
        "title",
    ]
    .map(str::to_owned);
    let mut out = String::new();
    if rows.is_empty() {
        return out;
    }
    let width = |column: usize| {
        let cells = rows.iter().chain([&heads]).map(|row| columns(&row[column]));
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    for row in [&heads].into_iter().chain(&rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line += &padded(cell, *width);
            line += "  ";
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}
