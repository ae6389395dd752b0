//! `bindery new`: begins a runbook from the template of its task.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads the site's own templates"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::Exit;
use super::files::{begin, quoted, template, templates};
use super::options::{Place, SCOPES};
use super::words::shown;
use crate::build::Planned;
use crate::config;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::path::RelPath;
use crate::runbook::{Scope, words};
use crate::site::{EVERY, term_key};
use crate::slug;
use crate::snapshot::Snapshot;

/// The folder of a site's own templates, beside site.toml.
const FOLDER: &str = "templates";

/// Begins a runbook: a skeleton for its task, as a draft that says what is still to be written.
///
/// There is a template for every task of the vocabulary; the site's own come first: `templates/restore.md`, or
/// `templates/operation.md` for any task of operation. Nothing is ever overwritten.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    bindery new --service db --task restore\n  \
    bindery new --service web --alert WebDown\n  \
    bindery new 'Rotate the signing key' --service web --task secret-rotation\n  \
    bindery new --list")]
pub struct New {
    #[command(flatten)]
    place: Place,
    /// Its title [default: made from the task and the service, or from the alert]
    title: Option<String>,
    /// The service it is for
    #[arg(long, short, value_hint = ValueHint::Other)]
    service: Option<String>,
    /// What is to be done: one of the tasks that `--list` shows
    #[arg(long, short, value_hint = ValueHint::Other)]
    task: Option<String>,
    /// An alert that it answers; may be given several times
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    alert: Vec<String>,
    /// `operation` or `maintenance`, where no task says it
    #[arg(long, value_parser = SCOPES, ignore_case = true)]
    scope: Option<String>,
    /// The file to write [default: in the folder of the service's runbooks]
    #[arg(long, value_name = "FILE")]
    path: Option<PathBuf>,
    /// List the tasks and where each one's template comes from
    #[arg(long)]
    list: bool,
    /// Print the runbook instead of writing it
    #[arg(long)]
    print: bool,
}

impl New {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        let (project, env, planned) = match self.place.planned() {
            Ok(planned) => planned,
            Err(exit) => return exit,
        };
        let mut out = anstream::stdout().lock();
        if self.list {
            let _ = out.write_all(list(&planned, &project.root).as_bytes());
            return Exit::Success;
        }
        match self.text(&planned, &project.root, &env.today.to_string()) {
            Ok((text, _)) if self.print => {
                let _ = out.write_all(text.as_bytes());
                Exit::Success
            }
            Ok((text, path)) => write(&path, &text),
            Err(diagnostic) => {
                self.place.complain(&[*diagnostic], &Snapshot::default());
                Exit::Usage
            }
        }
    }

    /// The runbook's text and where it goes.
    fn text(
        &self,
        planned: &Planned,
        root: &Path,
        today: &str,
    ) -> Result<(String, PathBuf), Box<Diagnostic>> {
        let wrong = |message: String, help: &str| {
            Box::new(Diagnostic::new(Code::ConfigValue, message).help(help))
        };
        let (operation, maintenance) = &planned.config.tasks;
        let known = || operation.iter().chain(maintenance).map(String::as_str);
        let task = match (&self.task, self.alert.is_empty()) {
            (Some(task), _) => Some(task.as_str()),
            // Who names an alert means a runbook that answers it.
            (None, false) => known().find(|task| *task == "alert-response"),
            (None, true) => None,
        };
        if let Some(task) = task
            && !known().any(|known| known == task)
        {
            let help = config::meant_task(task, known(), "`bindery new --list` shows the tasks");
            return Err(wrong(format!("`{task}` is not a task"), &help));
        }
        let of_task = task.map(|task| {
            if operation.iter().any(|known| known == task) {
                Scope::Operation
            } else {
                Scope::Maintenance
            }
        });
        let said = self.scope.as_deref();
        let said = Scope::ALL
            .into_iter()
            .find(|scope| said.is_some_and(|said| scope.word().eq_ignore_ascii_case(said)));
        let scope = match said.or(of_task) {
            Some(scope) => scope,
            None => {
                return Err(wrong(
                    "nothing says what is to be done".to_owned(),
                    "name a task with `--task restore` (`--list` shows them), an alert, or a scope",
                ));
            }
        };
        let service = self.service.as_deref().unwrap_or_default();
        let service = named(planned, service)?;
        // A runbook for every service is one for none by name.
        let one = if service == EVERY { "" } else { service };
        let title = self
            .title
            .clone()
            .unwrap_or_else(|| match (self.alert.first(), task) {
                (Some(alert), _) => alert.clone(),
                (None, task) => {
                    let what = words(task.unwrap_or("runbook"));
                    let of = if one.is_empty() { "" } else { ": " };
                    format!("{what}{of}{one}")
                }
            });
        let text = found(root, task, scope)
            .ok_or_else(|| wrong("there is no template for it".to_owned(), "see `--list`"))?;
        let list: Vec<String> = self.alert.iter().map(|alert| quoted(alert)).collect();
        let values = [
            ("title", quoted(&title)),
            ("service", quoted(service)),
            (
                "service_name",
                if one.is_empty() { "the service" } else { one }.to_owned(),
            ),
            (
                "task_line",
                task.map_or_else(String::new, |task| format!("task = {}", quoted(task))),
            ),
            ("task", task.map_or_else(|| quoted(""), quoted)),
            ("scope", quoted(scope.word())),
            ("alerts", format!("[{}]", list.join(", "))),
            ("today", today.to_owned()),
        ];
        let mut text = filled(&text, &values);
        if service.is_empty() {
            text = text.replacen("service = \"\"\n", "", 1);
        }
        if !self.alert.is_empty() && task != Some("alert-response") && !text.contains("\nalerts = ")
        {
            let line = format!("+++\nalerts = [{}]\n", list.join(", "));
            text = text.replacen("+++\n", &line, 1);
        }
        let path = match &self.path {
            Some(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            None => {
                let name = match (&self.title, self.alert.first(), task) {
                    (Some(title), _, _) => title.as_str(),
                    (None, Some(alert), _) => alert,
                    (None, None, task) => task.unwrap_or(scope.word()),
                };
                let folder = folder(planned, service);
                let file = |name: &str| folder.join(&format!("{}.md", file_name(name)));
                let own = file(name).filter(|file| !is_of_another(planned, root, file, one));
                let file = own.or_else(|| file(&format!("{one} {name}")));
                root.join(file.unwrap_or(folder).as_str())
            }
        };
        Ok((text, path))
    }
}

/// Writes it, and says what comes next.
fn write(path: &Path, text: &str) -> Exit {
    let mut err = anstream::stderr().lock();
    if let Err(error) = begin(path, text) {
        let why = match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                "it is there already; name another with `--path`".to_owned()
            }
            _ => error.to_string(),
        };
        let _ = writeln!(err, "{} was not written: {why}", shown(path));
        return Exit::Errors;
    }
    let _ = writeln!(anstream::stdout().lock(), "{}", shown(path));
    let _ = writeln!(
        err,
        "it is a draft: make it true, look at it with `bindery serve --drafts`, and take `status` out when it is right"
    );
    Exit::Success
}

/// The template for a task: the site's own, then the binary's; for the task, then for its scope.
fn found(root: &Path, task: Option<&str>, scope: Scope) -> Option<String> {
    let names = task.into_iter().chain([scope.word()]);
    let names: Vec<String> = names.map(|name| format!("{name}.md")).collect();
    let own = |name: &String| fs::read_to_string(root.join(FOLDER).join(name)).ok();
    let own = names.iter().find_map(own);
    own.or_else(|| names.iter().find_map(|name| template(name)))
}

/// The text with each `%name%` that is known replaced, all in one go, so that no value is read again.
fn filled(text: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let value = values.iter().find(|(name, _)| {
            after
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('%'))
        });
        match value {
            Some((name, value)) => {
                out.push_str(value);
                rest = &after[name.len() + 1..];
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A service by the name that files give it, whatever its case. Where files say which services there are, another name is
/// an error: the runbook would belong to none of them.
fn named<'a>(planned: &'a Planned, service: &'a str) -> Result<&'a str, Box<Diagnostic>> {
    let services = &planned.site.services;
    let known = services.known.get(&term_key(service));
    match known.filter(|known| known.said.is_some() || !services.described()) {
        Some(known) => Ok(known.name.as_str()),
        None if service.is_empty() || service == EVERY || !services.described() => Ok(service),
        None => {
            let message = format!("no service `{service}` is described");
            let otherwise = "describe it first, with a `[[services]]` of its own";
            let help = did_you_mean(service, services.names(), otherwise);
            Err(Box::new(
                Diagnostic::new(Code::ConfigValue, message).help(help),
            ))
        }
    }
}

/// Whether a file is there that is no runbook of this service, so that the new one needs another name.
fn is_of_another(planned: &Planned, root: &Path, file: &RelPath, service: &str) -> bool {
    if service.is_empty() || !root.join(file.as_str()).exists() {
        return false;
    }
    let (site, key) = (&planned.site, term_key(service));
    let page = site.pages.iter().find(|page| page.facts.path == *file);
    let is_its_page = page.is_some_and(|page| {
        let mut names = page.services.iter();
        names.any(|name| term_key(name) == key)
    });
    let mut cells = (site.coverage.rows.iter())
        .filter(|row| row.key == key)
        .flat_map(|row| &row.cells);
    !is_its_page && !cells.any(|cell| cell.draft.as_ref() == Some(file))
}

/// The folder where most of a service's runbooks lie, else one of its name.
fn folder(planned: &Planned, service: &str) -> RelPath {
    let site = &planned.site;
    let mut folders: BTreeMap<RelPath, usize> = BTreeMap::new();
    let key = term_key(service);
    let of = site.pages.iter().filter(|page| match service {
        EVERY => page.generic,
        _ => page.services.iter().any(|name| term_key(name) == key),
    });
    for page in of.filter(|page| page.is_runbook()) {
        *folders.entry(page.facts.path.parent()).or_default() += 1;
    }
    let most = folders
        .into_iter()
        .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
    let content = config::content();
    let own = || match service {
        "" | EVERY => Some(content.clone()),
        _ => content.join(&file_name(service)),
    };
    most.map(|(folder, _)| folder)
        .or_else(own)
        .unwrap_or(content)
}

/// A name as that of a file or folder: never hidden, never one that means something.
fn file_name(name: &str) -> String {
    let slug = slug::segment(name);
    let slug = slug.trim_matches(['-', '.']);
    match slug {
        "" | "index" | "_index" | "readme" => {
            format!("runbook-{slug}").trim_end_matches('-').to_owned()
        }
        _ => slug.to_owned(),
    }
}

fn list(planned: &Planned, root: &Path) -> String {
    let (operation, maintenance) = &planned.config.tasks;
    let in_binary = templates();
    let mut out = String::new();
    for (scope, tasks) in [("operation", operation), ("maintenance", maintenance)] {
        out += &format!("{scope}\n");
        for task in tasks {
            let own = |name: &str| root.join(FOLDER).join(format!("{name}.md")).is_file();
            let from = match () {
                () if own(task) => format!("{FOLDER}/{task}.md"),
                () if own(scope) => format!("{FOLDER}/{scope}.md"),
                () if in_binary.contains(&format!("{task}.md")) => "built in".to_owned(),
                () => format!("built in, for any task of {scope}"),
            };
            out += &format!("  {task:<18}  {from}\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{file_name, filled};

    #[test]
    fn what_is_not_known_stays() {
        let values = [
            ("title", "\"100 %task%\"".to_owned()),
            ("task", "x".to_owned()),
        ];
        assert_eq!(
            filled("%title% 5% %task% %other% %", &values),
            "\"100 %task%\" 5% x %other% %"
        );
    }

    #[test]
    fn names_of_files_are_harmless() {
        for (name, file) in [
            ("../../etc", "etc"),
            ("Disk Full!", "disk-full"),
            ("index", "runbook-index"),
            ("..", "runbook"),
        ] {
            assert_eq!(file_name(name), file, "{name}");
        }
    }
}
