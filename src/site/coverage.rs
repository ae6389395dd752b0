//! Coverage: for each service and task, whether there is a runbook and whether it can be trusted.

use jiff::civil::Date;

use super::services::Services;
use super::terms::key;
use super::{Page, Parts};
use crate::path::RelPath;
use crate::runbook::{Scope, Status};

/// What front matter says in `service` for a runbook that holds for all of them.
pub const EVERY: &str = "*";

/// How well a task is covered, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Reviewed in time and exercised.
    Current,
    /// Reviewed in time, but nobody has exercised it.
    NeverExercised,
    /// Its review is overdue, or nobody has reviewed it.
    Stale,
    /// There is a draft.
    Draft,
    /// There is nothing.
    Missing,
    /// It does not apply to this service.
    Exempt,
}

impl State {
    /// All, in the order of the legend.
    pub const ALL: [State; 6] = [
        Self::Current,
        Self::NeverExercised,
        Self::Stale,
        Self::Draft,
        Self::Missing,
        Self::Exempt,
    ];

    /// Its name in templates, language files and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::NeverExercised => "never_exercised",
            Self::Stale => "stale",
            Self::Draft => "draft",
            Self::Missing => "missing",
            Self::Exempt => "exempt",
        }
    }

    /// Whether somebody who needs a runbook finds one.
    pub fn is_covered(self) -> bool {
        matches!(self, Self::Current | Self::NeverExercised | Self::Stale)
    }
}

/// A task of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// How well it is covered.
    pub state: State,
    /// Whether site.toml requires it.
    pub required: bool,
    /// Whether its runbook is one for all services.
    pub inherited: bool,
    /// Its runbooks, the best first.
    pub pages: Vec<usize>,
    /// The draft, where that is all there is.
    pub draft: Option<RelPath>,
    /// Why it does not apply.
    pub reason: Option<String>,
}

/// A service and its tasks.
#[derive(Clone, Debug)]
pub struct Row {
    /// The service's key.
    pub key: String,
    /// A cell for each task, in the order of the tasks.
    pub cells: Vec<Cell>,
}

/// The matrix of services and tasks.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The tasks of the vocabulary: operation's first.
    pub tasks: Vec<(Scope, String)>,
    /// The services.
    pub rows: Vec<Row>,
}

impl Coverage {
    pub(super) fn new(parts: &Parts<'_>, pages: &[Page], services: &Services) -> Self {
        let (operation, maintenance) = &parts.config.tasks;
        let of = |scope: Scope, tasks: &[String]| {
            let tasks = tasks.iter().map(move |task| (scope, task.clone()));
            tasks.collect::<Vec<_>>()
        };
        let mut tasks = of(Scope::Operation, operation);
        tasks.extend(of(Scope::Maintenance, maintenance));
        let mut rows: Vec<Row> = services
            .counted()
            .map(|(key, known)| Row {
                key: key.clone(),
                cells: (tasks.iter())
                    .map(|(_, task)| empty(parts, known.said.as_ref(), task))
                    .collect(),
            })
            .collect();
        let mut coverage = Fill {
            tasks: &tasks,
            rows: &mut rows,
        };
        for (number, page) in pages.iter().enumerate() {
            let matter = &page.facts.matter;
            if !page.is_runbook() || matter.status == Status::Deprecated {
                continue;
            }
            if let Some(task) = &matter.task {
                let state = state(page, parts.env.today);
                let found = Found {
                    state,
                    page: Some(number),
                    draft: None,
                };
                coverage.add(task, &page.services, page.generic, &found);
            }
        }
        // Drafts are no pages unless they are published.
        for facts in parts.facts {
            let matter = &facts.matter;
            if matter.status != Status::Draft || parts.env.drafts {
                continue;
            }
            if let Some(task) = &matter.task {
                let folder = facts.path.parent();
                let named = match matter.service.is_empty() {
                    true => vec![folder.file_name().to_owned()],
                    false => matter
                        .service
                        .iter()
                        .map(|name| name.value.clone())
                        .collect(),
                };
                let generic = named.iter().any(|name| name == EVERY);
                let found = Found {
                    state: State::Draft,
                    page: None,
                    draft: Some(&facts.path),
                };
                coverage.add(task, &named, generic, &found);
            }
        }
        Self { tasks, rows }
    }

    /// How many cells are covered, and how many there are: those that do not apply are not counted.
    pub fn count(&self) -> (usize, usize) {
        let cells = || self.rows.iter().flat_map(|row| &row.cells);
        let counted = |is: fn(&Cell) -> bool| cells().filter(|cell| is(cell)).count();
        (
            counted(|cell| cell.state.is_covered()),
            counted(|cell| cell.state != State::Exempt),
        )
    }

    /// The cells that are required and not covered: the service's key and the task.
    pub fn missing(&self) -> impl Iterator<Item = (&str, &str, &Cell)> {
        let cells = self.rows.iter().flat_map(|row| {
            let cells = row.cells.iter().zip(&self.tasks);
            cells.map(|(cell, (_, task))| (row.key.as_str(), task.as_str(), cell))
        });
        cells.filter(|(_, _, cell)| {
            cell.required && !cell.state.is_covered() && cell.state != State::Exempt
        })
    }
}

/// How far a runbook can be trusted.
fn state(page: &Page, today: Date) -> State {
    let matter = &page.facts.matter;
    match () {
        () if matter.status == Status::Draft => State::Draft,
        () if page.review_due.is_none_or(|due| due < today) => State::Stale,
        () if matter.last_exercised.is_none() => State::NeverExercised,
        () => State::Current,
    }
}

fn empty(parts: &Parts<'_>, said: Option<&crate::config::Service>, task: &str) -> Cell {
    let exempt = said.and_then(|said| {
        let exempt = said.exempt.iter().find(|(name, _)| name.value == task);
        exempt.map(|(_, reason)| reason.clone())
    });
    let tier = said.and_then(|said| said.tier.as_deref());
    Cell {
        state: match exempt {
            Some(_) => State::Exempt,
            None => State::Missing,
        },
        required: exempt.is_none() && parts.config.coverage.requires(tier, task),
        inherited: false,
        pages: Vec::new(),
        draft: None,
        reason: exempt,
    }
}

struct Found<'a> {
    state: State,
    page: Option<usize>,
    draft: Option<&'a RelPath>,
}

struct Fill<'a> {
    tasks: &'a [(Scope, String)],
    rows: &'a mut Vec<Row>,
}

impl Fill<'_> {
    fn add(&mut self, task: &str, services: &[String], generic: bool, found: &Found<'_>) {
        let columns: Vec<usize> = (self.tasks.iter().enumerate())
            .filter(|(_, (_, name))| name == task)
            .map(|(number, _)| number)
            .collect();
        for column in columns {
            if generic {
                for row in self.rows.iter_mut() {
                    put(&mut row.cells[column], found, true);
                }
            }
            for service in services.iter().filter(|name| *name != EVERY) {
                let key = key(service);
                // Rows are sorted by key.
                if let Ok(row) = self.rows.binary_search_by(|row| row.key.cmp(&key)) {
                    put(&mut self.rows[row].cells[column], found, false);
                }
            }
        }
    }
}

/// Puts a runbook into a cell: one of the service's own comes before one for all, then the better one.
fn put(cell: &mut Cell, found: &Found<'_>, inherited: bool) {
    let first = !cell.state.is_covered() && cell.state != State::Draft;
    // What does not apply to a service is not made to by a runbook for all of them.
    if cell.state == State::Exempt && inherited {
        return;
    }
    let better = first || (inherited, found.state) < (cell.inherited, cell.state);
    if let Some(page) = found.page {
        let at = if better { 0 } else { cell.pages.len() };
        if !cell.pages.contains(&page) {
            cell.pages.insert(at, page);
        }
    }
    if better {
        cell.state = found.state;
        cell.inherited = inherited;
        cell.draft = found.draft.cloned();
    }
}
