//! What a tab of the browser is told: the identity of the page it shows, and what is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::editor;
use super::stage::{Scene, Stage};
use super::target::{Target, target};
use crate::diagnostic::{Diagnostic, Severity};
use crate::path::OutPath;
use crate::plan::Job;
use crate::report::{self, Lines, Sources, Style};
use crate::site::Resolved;
use crate::site::address::encode;
use crate::snapshot::Snapshot;

/// Most findings that are sent to a tab; a page of their own has all.
const MOST: usize = 200;
/// How wide the text of a finding may be, in columns.
const WIDTH: usize = 100;

/// A finding as the browser shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Finding {
    severity: &'static str,
    code: &'static str,
    message: String,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    /// What the terminal shows of it.
    text: String,
    /// The address that opens the place in the writer's editor.
    editor: Option<String>,
}

impl Finding {
    /// Findings, errors first; `snapshot` holds the lines they are about.
    pub(super) fn all(
        diagnostics: &[Diagnostic],
        snapshot: &Snapshot,
        root: &Path,
        editor: Option<&str>,
    ) -> Vec<Self> {
        let mut shown: Vec<&Diagnostic> = diagnostics.iter().collect();
        shown.sort_by_key(|found| found.severity);
        shown.truncate(MOST);
        let sources = Sources::of(shown.iter().copied(), snapshot);
        shown
            .into_iter()
            .map(|found| Self::new(found, &sources, root, editor))
            .collect()
    }

    fn new(found: &Diagnostic, sources: &Sources<'_>, root: &Path, editor: Option<&str>) -> Self {
        let place = found.span.as_ref().map(|span| {
            let text = sources.text(&span.file);
            let position = text.map(|text| Lines::new(text).position(span.range.start));
            (&span.file, position)
        });
        let position = place.as_ref().and_then(|(_, position)| *position);
        let text = written(std::slice::from_ref(found), sources);
        Self {
            severity: match found.severity {
                Severity::Error => "error",
                Severity::Warning | Severity::Off => "warning",
            },
            code: found.code.id(),
            message: found.message.clone(),
            file: place.as_ref().map(|(file, _)| file.to_string()),
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            text: text.trim_end().to_owned(),
            editor: editor.zip(place).map(|(pattern, (file, _))| {
                let (line, column) = position.map_or((1, 1), |at| (at.line, at.column));
                editor::link(pattern, &root.join(file.as_str()), line, column)
            }),
        }
    }
}

/// Findings as the terminal shows them.
pub(super) fn text(diagnostics: &[Diagnostic], snapshot: &Snapshot) -> String {
    written(diagnostics, &Sources::of(diagnostics, snapshot))
}

fn written(diagnostics: &[Diagnostic], sources: &Sources<'_>) -> String {
    let style = Style {
        color: false,
        width: WIDTH,
        limit: None,
    };
    report::human(diagnostics, &|path| sources.text(path), style)
}

/// What a tab is told. It is sent again when it has changed.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Told {
    /// The identity of the page at the tab's address, or of the page that says there is none.
    etag: String,
    /// The identity of each file that the page shows or links to, by its address from the site's root.
    files: BTreeMap<String, String>,
    errors: usize,
    warnings: usize,
    findings: Vec<Finding>,
}

/// What the tab that shows `path` is told of a scene.
pub(super) fn told(stage: &Stage, scene: &Scene, path: &str) -> Told {
    let planned = &scene.planned;
    let out = match target(path, scene.base(), &planned.plan.jobs) {
        Target::Output(out) => Some(out),
        Target::Elsewhere(_) | Target::Missing | Target::Bad => OutPath::new("404.html"),
    };
    let shown = out.as_ref().and_then(|out| stage.show(scene, out));
    let mut told = Told {
        etag: String::new(),
        files: BTreeMap::new(),
        errors: scene.errors,
        warnings: scene.warnings,
        findings: scene.findings.to_vec(),
    };
    if let Some(shown) = shown {
        let editor = planned.config.editor.as_deref();
        let own = Finding::all(&shown.findings, scene.snapshot(), stage.root(), editor);
        let errors = own.iter().filter(|found| found.severity == "error").count();
        told.errors += errors;
        told.warnings += own.len() - errors;
        // What stops the page that is looked at comes first.
        told.findings.splice(0..0, own);
        told.etag = shown.digest.short(16);
    }
    if let Some(Job::Page(page)) = out.and_then(|out| planned.plan.jobs.get(&out)) {
        files(scene, *page, &mut BTreeSet::new(), &mut told.files);
    }
    told
}

/// The files that a page and what it embeds lead to.
fn files(
    scene: &Scene,
    page: usize,
    seen: &mut BTreeSet<usize>,
    files_of: &mut BTreeMap<String, String>,
) {
    let site = &scene.planned.site;
    if !seen.insert(page) {
        return;
    }
    for link in site.links.get(page).into_iter().flatten() {
        if let Resolved::Asset(path, _) = link
            && let Some(address) = site.assets.get(path)
            && let Some(input) = scene.snapshot().files.get(path)
        {
            files_of.insert(encode(&address.href), input.hash.short(16));
        }
    }
    for embed in site.embeds.get(page).into_iter().flatten().flatten() {
        files(scene, embed.page, seen, files_of);
    }
}
