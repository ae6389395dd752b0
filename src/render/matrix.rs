//! Coverage for programs: `coverage.json`, and the command that begins a runbook where there is none.

use serde::Serialize;

use crate::config::Config;
use crate::runbook::Scope;
use crate::site::Site;

/// The version of the form. It rises when a key goes away or changes its meaning; new keys do not raise it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Matrix<'a> {
    version: u32,
    site: &'a str,
    covered: usize,
    count: usize,
    tasks: Vec<Task<'a>>,
    services: Vec<ServiceEntry<'a>>,
}

#[derive(Serialize)]
struct Task<'a> {
    name: &'a str,
    scope: Scope,
}

#[derive(Serialize)]
struct ServiceEntry<'a> {
    name: &'a str,
    tier: Option<&'a str>,
    owner: Option<&'a str>,
    cells: Vec<CellEntry<'a>>,
}

#[derive(Serialize)]
struct CellEntry<'a> {
    task: &'a str,
    scope: Scope,
    state: &'static str,
    required: bool,
    inherited: bool,
    runbooks: Vec<&'a str>,
    draft: Option<&'a str>,
    reason: Option<&'a str>,
}

/// The matrix as JSON.
pub fn json(site: &Site, config: &Config) -> Vec<u8> {
    let coverage = &site.coverage;
    let (covered, count) = coverage.count();
    let services = coverage.rows.iter().filter_map(|row| {
        let known = site.services.known.get(&row.key)?;
        let said = known.said.as_ref();
        Some(ServiceEntry {
            name: &known.name,
            tier: said.and_then(|said| said.tier.as_deref()),
            owner: said.and_then(|said| said.owner.as_deref()),
            cells: (row.cells.iter().zip(&coverage.tasks))
                .map(|(cell, (scope, task))| CellEntry {
                    task,
                    scope: *scope,
                    state: cell.state.word(),
                    required: cell.required,
                    inherited: cell.inherited,
                    runbooks: (cell.pages.iter())
                        .map(|page| site.pages[*page].id.as_str())
                        .collect(),
                    draft: cell.draft.as_ref().map(|path| path.as_str()),
                    reason: cell.reason.as_deref(),
                })
                .collect(),
        })
    });
    let matrix = Matrix {
        version: VERSION,
        site: &config.title,
        covered,
        count,
        tasks: (coverage.tasks.iter())
            .map(|(scope, name)| Task {
                name,
                scope: *scope,
            })
            .collect(),
        services: services.collect(),
    };
    // Strings, numbers and lists always serialise.
    let mut json = serde_json::to_vec(&matrix).unwrap_or_default();
    json.push(b'\n');
    json
}

/// What to type to begin a runbook for a task of a service.
pub fn command(service: &str, task: &str) -> String {
    // A name that begins like an option is taken for one, unless it is tied to its own.
    let tie = if service.starts_with('-') { '=' } else { ' ' };
    format!(
        "bindery new --service{tie}{} --task {}",
        quoted(service),
        quoted(task)
    )
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@".contains(c);
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with('-') {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn commands_can_be_pasted() {
        for (service, expected) in [
            ("db", "bindery new --service db --task restore"),
            (
                "orders db",
                "bindery new --service 'orders db' --task restore",
            ),
            ("-x", "bindery new --service='-x' --task restore"),
            (
                "a'b; rm",
                "bindery new --service 'a'\\''b; rm' --task restore",
            ),
        ] {
            assert_eq!(command(service, "restore"), expected);
        }
    }
}
