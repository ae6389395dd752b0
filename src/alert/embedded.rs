//! A text inside a file: where its bytes stand in the file, so that what is said of them is said of the right line.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::path::RelPath;

/// The places of an embedded text in its file.
pub(super) struct Places {
    /// Where each line starts: in the text, and in the file. Empty where the text is not written line by line.
    lines: Vec<(usize, usize)>,
    /// The whole of it in the file.
    whole: Range<usize>,
}

impl Places {
    /// The places of `inner`, which is what the value at `span` of the file `text` says.
    pub(super) fn new(text: &str, span: &Range<usize>, inner: &str) -> Self {
        Self {
            lines: lines(text, span, inner).unwrap_or_default(),
            whole: span.clone(),
        }
    }

    /// Where a range of the embedded text stands in the file.
    pub(super) fn of(&self, range: &Range<usize>) -> Range<usize> {
        if self.lines.is_empty() {
            return self.whole.clone();
        }
        let place = |at: usize| {
            let line = self.lines.partition_point(|(start, _)| *start <= at);
            let (start, in_file) = self.lines[line.saturating_sub(1)];
            in_file + at - start
        };
        let start = place(range.start);
        // An end behind the end of a line belongs to that line.
        let end = if range.is_empty() {
            start
        } else {
            place(range.end - 1) + 1
        };
        start..end
    }
}

/// The lines of a block scalar that keeps its lines; `None` for any other form.
fn lines(text: &str, span: &Range<usize>, inner: &str) -> Option<Vec<(usize, usize)>> {
    let start = text.get(..span.start)?.rfind('\n')? + 1;
    let indent = span.start - start;
    let mut file = text.get(start..)?.split_inclusive('\n');
    let (mut at, mut in_file) = (0, start);
    let mut lines = Vec::new();
    for line in inner.split_inclusive('\n') {
        let whole = file.next()?;
        let said = line.trim_end_matches('\n');
        let written = whole.trim_end_matches(['\r', '\n']);
        let (before, rest) = match written.get(..indent) {
            Some(before) => (before, &written[indent..]),
            None => (written, ""),
        };
        if rest != said || !before.bytes().all(|b| b == b' ') {
            return None;
        }
        lines.push((at, in_file + before.len()));
        at += line.len();
        in_file += whole.len();
    }
    Some(lines)
}

/// Moves a finding in the embedded text to its place in the file.
pub(super) fn relocate(found: &mut Diagnostic, file: &RelPath, places: &Places) {
    let related = found.related.iter_mut().map(|(span, _)| span);
    for span in found.span.iter_mut().chain(related) {
        if span.file == *file {
            span.range = places.of(&span.range);
        }
    }
}
