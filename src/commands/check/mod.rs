//! `bindery check`: what would fail someone at three in the morning, found without building anything.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads the clock"
)]

mod baseline;
mod branch;
mod cache;
mod looked;
mod pages;

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use self::baseline::Baseline;
use self::cache::Checked;
use self::looked::{Looked, Where};
use self::pages::Recalled;
use super::Exit;
use super::options::Options;
use super::project::Project;
use super::words::{counted, found, seconds};
use crate::build::{Planned, has_errors, plan};
use crate::check::{self, OfPages, Subject, explain};
use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean};
use crate::external::{self, Answer};
use crate::hash::Digest;
use crate::history::{Changes, History};
use crate::snapshot::{Env, Snapshot};
use crate::source::Touched;

/// Most addresses of which it is said that nobody can tell.
const UNKNOWN: usize = 10;

/// Finds what would fail someone who follows a runbook: dead links, alerts that lead nowhere, steps without a way back.
///
/// Nothing is built, nothing is published and no network is used unless `--external` says so. What a build finds is found here too.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    options: Options,
    /// Say what a class of findings is, why it matters and how it is mended: `--explain BND0704`
    #[arg(long, value_name = "CODE")]
    explain: Option<String>,
    /// Ask the network, too, whether links out of the site lead anywhere; what was fine is not asked again for a week
    ///
    /// Addresses of this machine and of private networks are asked only with `--external=all`.
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "public")]
    external: Option<Which>,
    /// Show only findings in files that differ from this commit, and in those that lead to them: `--changed-since main`
    #[arg(long, value_name = "REV")]
    changed_since: Option<String>,
    /// Write all findings of today to `bindery-baseline.json`, so that from now on only new ones are shown
    #[arg(long, conflicts_with = "changed_since")]
    write_baseline: bool,
}

impl Check {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        if let Some(name) = &self.explain {
            return self.explain(name);
        }
        self.options.set_threads();
        let start = Instant::now();
        let project = match self.options.project(None) {
            Ok(project) => project,
            Err(diagnostic) => return self.refuse(diagnostic),
        };
        let env = match self.options.env(&project, &mut History::default()) {
            Ok(env) => env,
            Err(diagnostic) => return self.refuse(diagnostic),
        };
        let changes = match &self.changed_since {
            None => None,
            Some(revision) => match Changes::since(&project.root, revision) {
                Ok(changes) => Some(changes),
                Err(why) => {
                    let message = format!("nobody can tell what changed since `{revision}`: {why}");
                    return self.refuse(Diagnostic::new(Code::Unreadable, message));
                }
            },
        };
        let snapshot = project.snapshot(None, &Touched::Everything);
        let how = How {
            changes: changes.as_ref(),
            external: self.external,
        };
        let checked = match judge(&project, &snapshot, &env, how) {
            Ok(checked) => checked,
            Err(diagnostic) => return self.refuse(diagnostic),
        };
        self.conclude(&project, &snapshot, checked, changes.is_none(), start)
    }

    /// Takes out what is known, and reports the rest. `whole` says whether these are all findings there are.
    fn conclude(
        &self,
        project: &Project,
        snapshot: &Snapshot,
        checked: Checked,
        whole: bool,
        start: Instant,
    ) -> Exit {
        let root = &project.root;
        let run = Where {
            project,
            snapshot,
            looked: &checked.looked,
        };
        if self.write_baseline {
            let mut baseline = Baseline::of(&checked.findings, &checked.looked.scope);
            // One that cannot be read is what it takes the place of.
            if let Ok(Some(old)) = Baseline::read(root) {
                baseline = baseline.keeping(&old, run);
            }
            if let Err(error) = baseline.write(root) {
                let message = format!("`{}` cannot be written: {error}", baseline::NAME);
                return self.refuse(Diagnostic::new(Code::Unreadable, message));
            }
            say(&format!(
                "wrote {} to `{}`: from now on only new ones are shown",
                counted(baseline.len(), "finding"),
                baseline::NAME,
            ));
        }
        let known = match Baseline::read(root) {
            Ok(known) => known,
            Err(diagnostic) => return self.refuse(diagnostic),
        };
        let hidden;
        let findings = if let Some(known) = known {
            // It shrinks by itself: what was mended is not allowed to come back.
            if whole {
                let shrunk = known.shrunk(&checked.findings, run);
                let gone = known.len() - shrunk.len();
                if gone > 0 && shrunk.write(root).is_ok() {
                    say(&format!(
                        "{} mended and taken out of `{}`",
                        match gone {
                            1 => "1 finding was".to_owned(),
                            gone => format!("{gone} findings were"),
                        },
                        baseline::NAME,
                    ));
                }
            }
            let compared = known.compare(checked.findings);
            hidden = compared.hidden;
            compared.new
        } else {
            hidden = 0;
            checked.findings
        };
        self.options.report(&findings, snapshot);
        let count = |severity| {
            let is = |found: &&Diagnostic| found.severity == severity;
            findings.iter().filter(is).count()
        };
        let rules = match checked.rules {
            0 => String::new(),
            rules => format!(" and {}", counted(rules, "alert rule")),
        };
        let hidden = match hidden {
            0 => String::new(),
            hidden => format!("; {hidden} more in `{}`", baseline::NAME),
        };
        say(&format!(
            "checked {}{rules} in {}{}{hidden}",
            counted(checked.pages, "page"),
            seconds(start.elapsed()),
            found(count(Severity::Error), count(Severity::Warning)),
        ));
        if has_errors(&findings) {
            Exit::Errors
        } else {
            Exit::Success
        }
    }

    fn refuse(&self, diagnostic: Diagnostic) -> Exit {
        self.options.report(&[diagnostic], &Snapshot::default());
        Exit::Usage
    }

    fn explain(&self, name: &str) -> Exit {
        let Some(code) = Code::named(name) else {
            let known = Code::ALL.iter().map(|code| code.id());
            let classes = Code::ALL.iter().map(|code| code.class());
            let help = did_you_mean(
                name,
                known.chain(classes),
                "the guide's page on diagnostics lists them all",
            );
            let message = format!("there is no class of findings `{name}`");
            return self.refuse(Diagnostic::new(Code::ConfigValue, message).help(help));
        };
        let text = explain::explain(code);
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
        Exit::Success
    }
}

/// Says a line to people.
fn say(line: &str) {
    // A reader that went away is no error of the site's.
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Which addresses are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Which {
    /// Those that anybody can reach.
    Public,
    /// Those of this machine and of private networks, too.
    All,
}

/// How a project is judged.
#[derive(Clone, Copy)]
struct How<'a> {
    /// What alone is shown.
    changes: Option<&'a Changes>,
    /// What of the network is asked.
    external: Option<Which>,
}

/// Everything that is found in a project.
fn judge(
    project: &Project,
    snapshot: &Arc<Snapshot>,
    env: &Env,
    how: How<'_>,
) -> Result<Checked, Diagnostic> {
    // The network may say something else each time.
    let is_all = how.changes.is_none() && how.external.is_none();
    let inputs = Digest::of(&(snapshot.hash(), env));
    if is_all && let Some(checked) = Checked::read(&project.root, inputs) {
        return Ok(checked);
    }
    let before = pages::read(&project.root);
    let Recalled {
        config,
        mut memo,
        mut judged,
    } = pages::recall(&before, snapshot);
    let planned = plan(Arc::clone(snapshot), env, &mut memo);
    let (mut found, planned) = (planned.diagnostics, planned.value);
    if planned.config.hash != config {
        judged.clear();
    }
    let mut looked = Looked::new(&planned, env, how.external.is_some());
    if let Some(which) = how.external {
        found.extend(outside(project, &planned, env, which, &mut looked)?);
    }
    let findings = with_rules(found, &planned, env, &mut judged);
    pages::write(&project.root, &before, planned.config.hash, &memo, &judged);
    let files = planned.site.alerts.files.iter();
    let rules = files.map(|file| file.rules.len()).sum();
    let pages = planned.site.pages.len();
    let findings = match how.changes {
        None => findings,
        Some(changes) => branch::touched(findings, &planned.site, changes),
    };
    let checked = Checked::new(inputs, (pages, rules), findings, looked);
    if is_all {
        checked.write(&project.root);
    }
    // The process ends soon, and the system takes its memory back at once.
    std::mem::forget((planned, memo, judged));
    Ok(checked)
}

/// Asks the network about the links out of the site.
fn outside(
    project: &Project,
    planned: &Planned,
    env: &Env,
    which: Which,
    looked: &mut Looked,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let links = check::outside(&subject(planned, env));
    let (urls, passed): (BTreeSet<String>, BTreeSet<String>) = (links.iter())
        .filter(|(url, _)| external::is_askable(url))
        .map(|(url, _)| url.clone())
        .partition(|url| which == Which::All || !external::is_private(url));
    looked.unknown.extend(passed);
    let answers = external::ask(&project.root, &urls, env.today).map_err(|why| {
        Diagnostic::new(
            Code::Unreadable,
            format!("the network cannot be asked: {why}"),
        )
    })?;
    let Some(answers) = answers else {
        looked.unknown.extend(urls);
        say("the network cannot be reached from here, so no link out of the site was looked at");
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (url, span) in &links {
        if let Some(Answer::Dead(why)) = answers.get(url) {
            found.push(
                Diagnostic::new(Code::DeadUrl, format!("`{url}` leads nowhere: {why}"))
                    .at_span(span)
                    .help("find where it went, or say here what is needed of it"),
            );
        }
    }
    let unknown: Vec<String> = (answers.iter())
        .filter_map(|(url, answer)| match answer {
            Answer::Unknown(why) => {
                looked.unknown.insert(url.clone());
                Some(format!("nobody can tell of `{url}` today: {why}"))
            }
            _ => None,
        })
        .collect();
    for line in unknown.iter().take(UNKNOWN) {
        say(line);
    }
    if unknown.len() > UNKNOWN {
        say(&format!("… and of {} more", unknown.len() - UNKNOWN));
    }
    Ok(found)
}

/// What a build found, and what the rules find, at its levels and without what is silenced.
fn with_rules(
    mut findings: Vec<Diagnostic>,
    planned: &Planned,
    env: &Env,
    judged: &mut OfPages,
) -> Vec<Diagnostic> {
    // Whether a comment silences something is seen here, where all is together.
    findings.extend(planned.silenced.iter().cloned());
    check::judge(findings, &subject(planned, env), env.lenient, judged)
}

fn subject<'a>(planned: &'a Planned, env: &Env) -> Subject<'a> {
    Subject {
        config: &planned.config,
        site: &planned.site,
        snapshot: &planned.snapshot,
        today: env.today,
    }
}
