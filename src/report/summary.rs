//! Diagnostics as a table: how many of each class, and in how many files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::path::RelPath;

use super::{shown, word};

/// What there is of a class.
#[derive(Default)]
struct Count<'d> {
    errors: usize,
    warnings: usize,
    files: BTreeSet<&'d RelPath>,
}

/// A line for each class that was found, and one for all; nothing when there is nothing.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let shown = shown(diagnostics);
    let mut counts: BTreeMap<Code, Count<'_>> = BTreeMap::new();
    let mut all = Count::default();
    for found in &shown {
        for count in [counts.entry(found.code).or_default(), &mut all] {
            match found.severity {
                Severity::Error => count.errors += 1,
                Severity::Warning | Severity::Off => count.warnings += 1,
            }
            count
                .files
                .extend(found.span.as_ref().map(|span| &span.file));
        }
    }
    if shown.is_empty() {
        return String::new();
    }
    let width = counts.keys().map(|code| code.class().len()).max();
    let width = width.unwrap_or_default();
    let mut out = String::new();
    let mut line = |id: &str, class: &str, count: &Count<'_>| {
        let Count {
            errors,
            warnings,
            files,
        } = count;
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{id:<7}  {class:<width$}  {errors:>6}  {warnings:>8}  {:>5}",
            files.len()
        );
    };
    for (code, count) in &counts {
        line(code.id(), code.class(), count);
    }
    line("all", "", &all);
    let (error, warning) = (word(Severity::Error), word(Severity::Warning));
    let head = format!(
        "{:<7}  {:<width$}  {:>6}  {:>8}  {:>5}\n",
        "code",
        "class",
        format!("{error}s"),
        format!("{warning}s"),
        "files"
    );
    head + &out
}

#[cfg(test)]
mod tests {
    use super::summary;
    use crate::diagnostic::{Code, Diagnostic};
    use crate::path::RelPath;

    #[test]
    fn classes_are_counted() {
        let file = |name| RelPath::new(name).unwrap();
        let all = [
            Diagnostic::new(Code::BrokenLink, "a").at(&file("a.md"), 0..1),
            Diagnostic::new(Code::BrokenLink, "b").at(&file("b.md"), 0..1),
            Diagnostic::new(Code::LinkToDraft, "c").at(&file("b.md"), 2..3),
            Diagnostic::new(Code::NoConfig, "d"),
        ];
        let expected = "\
code     class          errors  warnings  files
BND0104  no-config           1         0      0
BND0301  broken-link         2         0      2
BND0310  link-to-draft       0         1      1
all                          3         1      2
";
        assert_eq!(summary(&all), expected);
        assert_eq!(summary(&[]), "");
    }
}
