//! The view of coverage: the matrix of services and tasks, and what to type for each cell that is empty.

use serde::Serialize;

use super::page::home_crumb;
use super::shared::href_of;
use super::{Builder, View};
use crate::path::OutPath;
use crate::plan::Listing;
use crate::render::Renderer;
use crate::render::matrix::command;
use crate::runbook::Scope;
use crate::site::address::encode;
use crate::site::{Row, State};

#[derive(Serialize, Hash)]
struct CoverageView<'a> {
    covered: usize,
    count: usize,
    required: usize,
    required_covered: usize,
    states: Vec<StateCount>,
    tables: Vec<TableView<'a>>,
    missing: Vec<CellView<'a>>,
    optional: Vec<ServiceMissing<'a>>,
    /// The cells that do not apply.
    exempt: Vec<CellView<'a>>,
    json: &'static str,
}

#[derive(Serialize, Hash)]
struct StateCount {
    name: &'static str,
    count: usize,
}

/// The part of the matrix that concerns one scope.
#[derive(Serialize, Hash)]
struct TableView<'a> {
    scope: Scope,
    tasks: Vec<&'a str>,
    rows: Vec<RowView<'a>>,
}

#[derive(Serialize, Hash)]
struct RowView<'a> {
    name: &'a str,
    href: String,
    tier: Option<&'a str>,
    cells: Vec<CellView<'a>>,
}

/// A task of a service.
#[derive(Serialize, Hash)]
pub(super) struct CellView<'a> {
    service: &'a str,
    task: &'a str,
    scope: Scope,
    state: &'static str,
    required: bool,
    inherited: bool,
    title: Option<&'a str>,
    href: Option<String>,
    /// How many runbooks there are for it.
    count: usize,
    draft: Option<&'a str>,
    reason: Option<&'a str>,
    /// What to type to begin a runbook, where there is none.
    command: Option<String>,
}

impl CellView<'_> {
    /// Whether it is required and there is nothing, or a draft alone.
    pub(super) fn is_missing(&self) -> bool {
        self.required && (self.command.is_some() || self.draft.is_some())
    }
}

/// The cells of a service that are empty and need not be filled.
#[derive(Serialize, Hash)]
struct ServiceMissing<'a> {
    name: &'a str,
    cells: Vec<CellView<'a>>,
}

/// The cells of a row, in the order of the tasks.
pub(super) fn cells<'a>(
    renderer: &'a Renderer,
    row: &'a Row,
) -> impl Iterator<Item = CellView<'a>> {
    let site = &renderer.site;
    let name = site.services.known.get(&row.key);
    let service = name.map_or("", |known| known.name.as_str());
    row.cells
        .iter()
        .zip(&site.coverage.tasks)
        .map(move |(cell, (scope, task))| {
            let page = cell.pages.first().map(|page| &site.pages[*page]);
            CellView {
                service,
                task,
                scope: *scope,
                state: cell.state.word(),
                required: cell.required,
                inherited: cell.inherited,
                title: page.map(|page| page.facts.title.as_str()),
                href: page.map(|page| encode(&page.address.href)),
                count: cell.pages.len(),
                draft: cell.draft.as_ref().map(|path| path.as_str()),
                reason: cell.reason.as_deref(),
                command: (cell.state == State::Missing).then(|| command(service, task)),
            }
        })
}

impl<'a> View<'a> {
    /// The matrix.
    pub(in crate::render) fn coverage(renderer: &'a Renderer, out: &OutPath) -> Self {
        let (site, config) = (&renderer.site, &renderer.config);
        let mut view = Builder::new(renderer, out, out.to_string());
        let coverage = &site.coverage;
        let all = || coverage.rows.iter().flat_map(|row| &row.cells);
        let (covered, count) = coverage.count();
        let tables = Scope::ALL.into_iter().map(|scope| TableView {
            scope,
            tasks: (coverage.tasks.iter())
                .filter(|(of, _)| *of == scope)
                .map(|(_, task)| task.as_str())
                .collect(),
            rows: (coverage.rows.iter())
                .filter_map(|row| Some((row, site.services.known.get(&row.key)?)))
                .map(|(row, known)| RowView {
                    name: &known.name,
                    href: href_of(&Listing::Service(row.key.clone()), config),
                    tier: known.said.as_ref().and_then(|said| said.tier.as_deref()),
                    cells: cells(renderer, row)
                        .filter(|cell| cell.scope == scope)
                        .collect(),
                })
                .collect(),
        });
        let missing = (coverage.rows.iter())
            .flat_map(|row| cells(renderer, row))
            .filter(CellView::is_missing);
        let exempt = (coverage.rows.iter())
            .flat_map(|row| cells(renderer, row))
            .filter(|cell| cell.state == State::Exempt.word());
        let optional = (coverage.rows.iter())
            .map(|row| {
                let empty = |cell: &CellView<'_>| !cell.required && cell.command.is_some();
                cells(renderer, row).filter(empty).collect::<Vec<_>>()
            })
            .filter_map(|cells| {
                Some(ServiceMissing {
                    name: cells.first()?.service,
                    cells,
                })
            });
        view.add(
            "coverage",
            &CoverageView {
                covered,
                count,
                required: all().filter(|cell| cell.required).count(),
                required_covered: all()
                    .filter(|cell| cell.required && cell.state.is_covered())
                    .count(),
                states: (State::ALL.into_iter())
                    .map(|state| StateCount {
                        name: state.word(),
                        count: all().filter(|cell| cell.state == state).count(),
                    })
                    .collect(),
                tables: tables.collect(),
                missing: missing.collect(),
                optional: optional.collect(),
                exempt: exempt.collect(),
                json: "coverage.json",
            },
        );
        view.add("breadcrumbs", &[home_crumb(site)]);
        view.finish()
    }
}
