//! `bindery check`: what would fail someone at three in the morning, found without building anything.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads the clock"
)]

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use super::Exit;
use super::options::Options;
use super::words::{counted, found, seconds};
use crate::build::{Memo, has_errors, levelled, plan};
use crate::check::{self, Subject, explain, silence};
use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean};
use crate::history::History;
use crate::snapshot::Snapshot;
use crate::source::Touched;

/// Finds what would fail someone who follows a runbook: dead links, alerts that lead nowhere, steps without a way back.
///
/// Nothing is built, nothing is published and no network is used. What a build finds is found here too.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    options: Options,
    /// Say what a class of findings is, why it matters and how it is mended: `--explain BND0704`
    #[arg(long, value_name = "CODE")]
    explain: Option<String>,
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
        let snapshot = project.snapshot(None, &Touched::Everything);
        let planned = plan(Arc::clone(&snapshot), &env, &mut Memo::default());
        let (mut findings, planned) = (planned.diagnostics, planned.value);
        let (site, config) = (&planned.site, &planned.config);
        let subject = Subject {
            config,
            site,
            snapshot: &snapshot,
            env: &env,
        };
        let silences = check::check(&subject).collect_into(&mut findings);
        let silenced = silence::apply(levelled(findings, config, &env), &silences, env.today);
        let (mut findings, about) = (silenced.kept, silenced.about);
        findings.extend(levelled(about, config, &env));
        self.options.report(&findings, &snapshot);
        let count = |severity| {
            let is = |found: &&Diagnostic| found.severity == severity;
            findings.iter().filter(is).count()
        };
        let rules: usize = site.alerts.files.iter().map(|file| file.rules.len()).sum();
        let rules = match rules {
            0 => String::new(),
            rules => format!(" and {}", counted(rules, "alert rule")),
        };
        // A reader that went away is no error of the site's.
        let _ = writeln!(
            anstream::stderr().lock(),
            "checked {}{rules} in {}{}",
            counted(site.pages.len(), "page"),
            seconds(start.elapsed()),
            found(count(Severity::Error), count(Severity::Warning)),
        );
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
