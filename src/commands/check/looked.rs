//! What a run looked for: a finding that it did not look for is not mended because it is not there.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::build::Planned;
use crate::commands::project::Project;
use crate::diagnostic::{Code, Severity};
use crate::path::RelPath;
use crate::snapshot::{Env, Snapshot};

/// The rules of alerts and the address of the site that a run knew of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Scope {
    /// Where the site is published.
    pub(super) base_url: Option<String>,
    /// The files of alert rules that were read.
    pub(super) rules: BTreeSet<RelPath>,
}

/// What a run looked at.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Looked {
    pub(super) scope: Scope,
    /// Pages that are there and were not looked at: drafts.
    passed_over: BTreeSet<RelPath>,
    /// Whether there is a history to compare reviews with.
    history: bool,
    /// Whether the network was asked.
    external: bool,
    /// The addresses of which nobody could tell.
    pub(super) unknown: BTreeSet<String>,
}

/// Where and how a run looked.
#[derive(Clone, Copy)]
pub(super) struct Where<'a> {
    pub(super) project: &'a Project,
    pub(super) snapshot: &'a Snapshot,
    pub(super) looked: &'a Looked,
}

impl Looked {
    /// What is looked at in a project as it is planned.
    pub(super) fn new(planned: &Planned, env: &Env, external: bool) -> Self {
        let site = &planned.site;
        let pages: BTreeSet<&RelPath> = site.pages.iter().map(|page| &page.facts.path).collect();
        let passed_over = (planned.snapshot.files.keys())
            .filter(|path| planned.config.is_page(path) && !pages.contains(path));
        Self {
            scope: Scope {
                base_url: planned.config.base_url.clone(),
                rules: (site.alerts.files.iter())
                    .map(|file| file.path.clone())
                    .collect(),
            },
            passed_over: passed_over.cloned().collect(),
            history: !env.log.is_empty(),
            external,
            unknown: BTreeSet::new(),
        }
    }
}

impl Where<'_> {
    /// Whether a finding like this one would have been found if it were still there. `scope` is that of the run that
    /// wrote it down, where it is known.
    pub(super) fn looked_for(
        &self,
        (file, code, message): (&str, &str, &str),
        scope: Option<&Scope>,
    ) -> bool {
        let Some(code) = Code::named(code) else {
            return false;
        };
        let path = RelPath::new(file).unwrap_or_else(|| RelPath::outside(file));
        let at = (!file.is_empty()).then_some(&path);
        let level = self.project.config.levels.get(code, at);
        if level.unwrap_or(code.level()) == Severity::Off {
            return false;
        }
        let looked = self.looked;
        let of_alerts = code.id().starts_with("BND07") && code != Code::NoRules;
        match code {
            Code::ChangedSinceReview if !looked.history => return false,
            Code::DeadUrl => {
                let unknown = |url: &String| message.contains(&format!("`{url}`"));
                if !looked.external || looked.unknown.iter().any(unknown) {
                    return false;
                }
            }
            // What these say of one file hangs on others.
            Code::UnknownAlert
            | Code::SeverityDiffers
            | Code::RunbookUrlsDiffer
            | Code::UnmappedUrl => {
                let all = scope.is_none_or(|scope| scope.rules.iter().all(|file| self.reads(file)));
                if looked.scope.rules.is_empty() || !all {
                    return false;
                }
            }
            _ => {}
        }
        if of_alerts && scope.is_some_and(|scope| scope.base_url != looked.scope.base_url) {
            return false;
        }
        if looked.passed_over.contains(&path) {
            return false;
        }
        let is_rules = scope.is_some_and(|scope| scope.rules.contains(&path))
            || of_alerts && !self.project.config.is_page(&path);
        !is_rules || self.reads(&path)
    }

    /// Whether a file of rules was read, or would have been if it were still there.
    fn reads(&self, file: &RelPath) -> bool {
        let fits = || {
            let whole = crate::commands::project::folded(&self.project.root.join(file.as_str()));
            self.project.config.alerts.is_rules(file)
                || (self.project.rules.iter()).any(|pattern| pattern.fits(Path::new(&whole)))
        };
        self.looked.scope.rules.contains(file) || !self.snapshot.files.contains_key(file) && fits()
    }
}
