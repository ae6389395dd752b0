//! Diagnostics as text: for people, for programs, for forges. Nothing here prints or reads a file.
//!
//! Every format shows the same findings: sorted, each once, without those whose level is `off`. Byte ranges
//! become lines and columns here and nowhere else.

mod github;
mod human;
mod json;
mod position;
mod root;
mod sarif;
mod sources;
mod summary;
mod visible;

use std::cmp::Ordering;
use std::collections::BTreeMap;

pub use github::github;
pub use human::{Style, human};
pub use json::json;
pub use position::{Lines, Position};
pub use root::Root;
pub use sarif::sarif;
pub use sources::Sources;
pub use summary::summary;

use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::path::RelPath;

/// For whom the findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A person at a terminal.
    #[default]
    Human,
    /// A program: see [`json`].
    Json,
    /// The log of a GitHub workflow, which shows them beside the lines of a pull request.
    Github,
    /// A code scanner: see [`sarif`].
    Sarif,
    /// A person who wants the numbers alone.
    Summary,
}

/// Gives the text of a file; `None` when it is gone or not UTF-8.
pub type Source<'s, 'a> = &'s (dyn Fn(&RelPath) -> Option<&'a str> + Sync);

/// Writes `diagnostics` in `format`; `style` matters to people only, `root` to forges.
pub fn report(
    format: Format,
    diagnostics: &[Diagnostic],
    source: Source<'_, '_>,
    style: Style,
    root: &Root,
) -> String {
    match format {
        Format::Human => human(diagnostics, source, style),
        Format::Json => json(diagnostics, source),
        Format::Github => github(diagnostics, source, root),
        Format::Sarif => sarif(diagnostics, source, root),
        Format::Summary => summary(diagnostics),
    }
}

/// What is shown, in order. Ties are broken by everything else a finding holds, so that the order in which
/// they were found does not matter.
fn shown(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    fn related(a: &Diagnostic, b: &Diagnostic) -> Ordering {
        fn key((span, note): &(Span, String)) -> (&RelPath, usize, usize, &str) {
            (&span.file, span.range.start, span.range.end, note)
        }
        a.related.iter().map(key).cmp(b.related.iter().map(key))
    }
    let mut shown: Vec<&Diagnostic> = diagnostics
        .iter()
        .filter(|d| d.severity != Severity::Off)
        .collect();
    shown.sort_by(|a, b| {
        a.order(b)
            .then_with(|| a.severity.cmp(&b.severity))
            .then_with(|| a.help.cmp(&b.help))
            .then_with(|| related(a, b))
    });
    shown.dedup();
    shown
}

/// The level as a word.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Off => "off",
    }
}

/// The files that were asked for, each indexed once.
struct Files<'d, 's, 'a> {
    source: Source<'s, 'a>,
    indexed: BTreeMap<&'d RelPath, Option<Lines<'a>>>,
}

impl<'d, 's, 'a> Files<'d, 's, 'a> {
    fn new(source: Source<'s, 'a>) -> Self {
        Self {
            source,
            indexed: BTreeMap::new(),
        }
    }

    /// The lines of a file, if its text is to be had.
    fn lines(&mut self, file: &'d RelPath) -> Option<&Lines<'a>> {
        self.indexed
            .entry(file)
            .or_insert_with(|| (self.source)(file).map(Lines::new))
            .as_ref()
    }

    /// Where a span starts and ends.
    fn span(&mut self, span: &'d Span) -> Option<(Position, Position)> {
        Some(self.lines(&span.file)?.span(span.range.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Style, human, shown};
    use crate::diagnostic::{Code, Diagnostic, Severity, Span};
    use crate::path::RelPath;

    #[test]
    fn sorted_once_and_not_off() {
        let file = |name| RelPath::new(name).unwrap();
        let at = |name, range| Diagnostic::new(Code::BrokenLink, "m").at(&file(name), range);
        let mut off = at("a.md", 0..1);
        off.severity = Severity::Off;
        let whole = Diagnostic::new(Code::NoConfig, "no site.toml");
        let helped = at("a.md", 4..5).help("h");
        let noted = at("a.md", 4..5).related(Span::start(&file("b.md")), "n");
        let plain = at("a.md", 4..5);
        let expected = vec![&whole, &plain, &noted, &helped];

        let mut all = vec![
            helped.clone(),
            plain.clone(),
            off,
            noted.clone(),
            helped.clone(),
            whole.clone(),
            plain.clone(),
            noted.clone(),
        ];
        assert_eq!(shown(&all), expected);
        all.reverse();
        assert_eq!(shown(&all), expected);
    }

    #[test]
    fn a_file_is_asked_for_once() {
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let source = |_: &RelPath| {
            asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            None
        };
        let file = RelPath::new("a.md").unwrap();
        let all: Vec<_> = (0..9)
            .map(|n| Diagnostic::new(Code::BrokenLink, "m").at(&file, n..n))
            .collect();
        human(&all, &source, Style::default());
        assert_eq!(asked.into_inner(), 1);
    }
}
