//! `bindery coverage`: which tasks of which services have runbooks, as a table, as JSON, and as a ratchet.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads and writes the ratchet's file"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::Exit;
use super::options::{Place, terminal_width};
use super::words::{columns, counted, padded, shown};
use crate::build::Planned;
use crate::render::matrix;
use crate::runbook::Scope;
use crate::site::{Cell, Coverage as Matrix, State};

/// Shows which tasks of which services have a runbook, and whether it can be trusted.
///
/// A cell is current, reviewed but never exercised, stale, a draft, missing, or does not apply. With `--ratchet` it fails
/// when fewer cells are covered than the file says, and writes the file when more are: commit it.
#[derive(Debug, Args)]
pub struct Coverage {
    #[command(flatten)]
    place: Place,
    /// How it is written: `json` is what `coverage.json` of the site holds
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Fail when fewer cells are covered than this file says; write it when more are
    #[arg(long, value_name = "FILE")]
    ratchet: Option<PathBuf>,
    /// Write the ratchet's file whatever it said before
    #[arg(long, requires = "ratchet")]
    record: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// What the ratchet remembers.
#[derive(Debug, Serialize, Deserialize)]
struct Recorded {
    version: u32,
    covered: usize,
    /// `service/task` of each covered cell.
    cells: BTreeSet<String>,
}

impl Coverage {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        let planned = match self.place.planned() {
            Ok((_, _, planned)) => planned,
            Err(exit) => return exit,
        };
        let text = match self.format {
            Format::Human => table(&planned, terminal_width()).into_bytes(),
            Format::Json => matrix::json(&planned.site, &planned.config),
        };
        // A reader that went away is no error of the site's.
        let _ = anstream::stdout().lock().write_all(&text);
        let (covered, count) = planned.site.coverage.count();
        let mut err = anstream::stderr().lock();
        let _ = writeln!(err, "{covered} of {} covered", counted(count, "cell"));
        match &self.ratchet {
            Some(file) => {
                let exempt = cells(&planned, |cell| cell.state == State::Exempt);
                self.hold(file, &now(&planned), &exempt, &mut err)
            }
            None => Exit::Success,
        }
    }

    /// Compares with what was recorded, and records what is better.
    fn hold(
        &self,
        file: &Path,
        now: &Recorded,
        exempt: &BTreeSet<String>,
        err: &mut impl Write,
    ) -> Exit {
        let before: Option<Recorded> = match fs::read(file) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(before) => Some(before),
                Err(_) if self.record => None,
                Err(error) => {
                    let _ = writeln!(
                        err,
                        "{} is no record of a ratchet: {error}; `--record` writes it anew",
                        shown(file)
                    );
                    return Exit::Usage;
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                let _ = writeln!(err, "{} cannot be read: {error}", shown(file));
                return Exit::Errors;
            }
        };
        if let Some(before) = &before
            && !self.record
        {
            // What no longer applies is not lost: a reason was given for it.
            let settled = before.cells.intersection(exempt).count();
            if now.covered + settled < before.covered {
                let _ = writeln!(
                    err,
                    "fewer than the {} of {}; no longer covered:",
                    before.covered,
                    shown(file)
                );
                for cell in before.cells.difference(&now.cells) {
                    if !exempt.contains(cell) {
                        let _ = writeln!(err, "  {cell}");
                    }
                }
                let _ = writeln!(
                    err,
                    "bring them back, say in `exempt` why they do not apply, or write the file anew with `--record`"
                );
                return Exit::Errors;
            }
            if before.cells == now.cells {
                return Exit::Success;
            }
        }
        let mut json = serde_json::to_vec_pretty(now).unwrap_or_default();
        json.push(b'\n');
        if let Err(error) = fs::write(file, json) {
            let _ = writeln!(err, "{} cannot be written: {error}", shown(file));
            return Exit::Errors;
        }
        let _ = writeln!(err, "wrote {}", shown(file));
        Exit::Success
    }
}

fn now(planned: &Planned) -> Recorded {
    Recorded {
        version: 1,
        covered: planned.site.coverage.count().0,
        cells: cells(planned, |cell| cell.state.is_covered()),
    }
}

/// `service/task` of each cell that is so.
fn cells(planned: &Planned, is: impl Fn(&Cell) -> bool) -> BTreeSet<String> {
    let coverage = &planned.site.coverage;
    let mut found = BTreeSet::new();
    for row in &coverage.rows {
        for (cell, (_, task)) in row.cells.iter().zip(&coverage.tasks) {
            if is(cell) {
                found.insert(format!("{}/{task}", row.key));
            }
        }
    }
    found
}

/// The sign of a cell; they are those of the page. What comes from a runbook for every service bears an asterisk.
fn sign(cell: &Cell) -> String {
    let inherited = if cell.inherited { "*" } else { "" };
    format!("{}{inherited}", letter(cell))
}

fn letter(cell: &Cell) -> char {
    match cell.state {
        State::Current => '●',
        State::NeverExercised => '◐',
        State::Stale => '○',
        State::Draft => '…',
        State::Missing if cell.required => '✕',
        State::Missing => '·',
        State::Exempt => '–',
    }
}

/// The matrix, a table for each scope, at most `width` characters wide where that is possible, and what is to be done
/// first.
fn table(planned: &Planned, width: usize) -> String {
    let site = &planned.site;
    let coverage = &site.coverage;
    let name = |key: &str| {
        let known = site.services.known.get(key);
        known.map_or(key, |known| known.name.as_str()).to_owned()
    };
    if coverage.rows.is_empty() {
        return "there is no service: describe one in services.toml, or say `service` in a runbook\n"
            .to_owned();
    }
    let services: Vec<String> = coverage.rows.iter().map(|row| name(&row.key)).collect();
    let mut out = String::new();
    for scope in Scope::ALL {
        let tasks: Vec<usize> = (coverage.tasks.iter().enumerate())
            .filter(|(_, (of, _))| *of == scope)
            .map(|(number, _)| number)
            .collect();
        if tasks.is_empty() {
            continue;
        }
        let by_task = by_task(coverage, scope, &tasks, &services);
        if by_task.lines().all(|line| columns(line) <= width) {
            out += &by_task;
        } else {
            out += &by_service(coverage, scope, &tasks, &services);
        }
        out.push('\n');
    }
    out += "● current  ◐ reviewed, never exercised  ○ stale  … draft  ✕ required and missing  · missing  – does not apply\n";
    if (coverage.rows.iter()).any(|row| row.cells.iter().any(|cell| cell.inherited)) {
        out += "* by a runbook for every service\n";
    }
    let reasons = cells_with_reasons(coverage, &name);
    if !reasons.is_empty() {
        out += "\ndoes not apply:\n";
        out += &reasons;
    }
    let missing: Vec<(&str, &str, &Cell)> = coverage.missing().collect();
    if !missing.is_empty() {
        out += &format!("\nrequired and missing: {}\n", missing.len());
        for (key, task, cell) in missing {
            match &cell.draft {
                Some(draft) => out += &format!("  finish {}\n", draft.as_str()),
                None => out += &format!("  {}\n", matrix::command(&name(key), task)),
            }
        }
    }
    out
}

/// A line for each cell that does not apply, with the reason.
fn cells_with_reasons(coverage: &Matrix, name: &dyn Fn(&str) -> String) -> String {
    let mut out = String::new();
    for row in &coverage.rows {
        for (cell, (_, task)) in row.cells.iter().zip(&coverage.tasks) {
            if let (State::Exempt, Some(reason)) = (cell.state, &cell.reason) {
                out += &format!("  {} {task}: {reason}\n", name(&row.key));
            }
        }
    }
    out
}

/// A line for each task and a column for each service: the form that is easily read, where it is not too wide.
fn by_task(coverage: &Matrix, scope: Scope, tasks: &[usize], services: &[String]) -> String {
    let first = tasks.iter().map(|task| columns(&coverage.tasks[*task].1));
    let first = first.max().unwrap_or(0).max(scope.word().len());
    let mut out = padded(scope.word(), first);
    for service in services {
        out += &format!("  {service}");
    }
    out.push('\n');
    for task in tasks {
        out += &padded(&coverage.tasks[*task].1, first);
        let mut gap = String::from("  ");
        for (row, service) in coverage.rows.iter().zip(services) {
            let sign = sign(&row.cells[*task]);
            out += &format!("{gap}{sign}");
            gap = " ".repeat((columns(service) + 2).saturating_sub(columns(&sign)));
        }
        out.push('\n');
    }
    out
}

/// A line for each service. The names of tasks are longer than what stands below them: they are read downwards.
fn by_service(coverage: &Matrix, scope: Scope, tasks: &[usize], services: &[String]) -> String {
    let first = services.iter().map(|name| columns(name)).max();
    let first = first.unwrap_or(0).max("service".len());
    let names: Vec<Vec<char>> = (tasks.iter())
        .map(|task| coverage.tasks[*task].1.chars().collect())
        .collect();
    let height = names.iter().map(Vec::len).max().unwrap_or(0);
    let mut out = format!("{}\n", scope.word());
    for line in 0..height {
        let letters: String = names
            .iter()
            .map(|name| {
                let above = height - name.len();
                let letter = line.checked_sub(above).and_then(|at| name.get(at));
                let letter = letter.unwrap_or(&' ').to_string();
                format!(
                    "{}{letter}",
                    " ".repeat(3usize.saturating_sub(columns(&letter)))
                )
            })
            .collect();
        let label = if line + 1 == height { "service" } else { "" };
        out += format!("{label:<first$}{letters}").trim_end();
        out.push('\n');
    }
    for (row, service) in coverage.rows.iter().zip(services) {
        out += &padded(service, first);
        let mut gap = "  ";
        for task in tasks {
            let cell = &row.cells[*task];
            out += &format!("{gap}{}", sign(cell));
            gap = if cell.inherited { " " } else { "  " };
        }
        out.push('\n');
    }
    out
}
