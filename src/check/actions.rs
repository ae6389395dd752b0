//! Steps that hold several actions: whoever is interrupted in one cannot tell which of them are done.

use std::ops::Range;

use super::{OfPage, Sheet};
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::code::typed;

/// Commands in one step from which on it is several steps. A command with a look before it and one after it is one
/// action (counted: of 470 steps of public runbooks that hold commands, 461 hold fewer than this).
const MANY: usize = 5;

pub(super) const RULES: OfPage = OfPage {
    codes: &[Code::ManyActions],
    check,
};

fn check(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    let outline = &sheet.outline;
    let steps = &sheet.page.facts.steps;
    let items: Vec<Option<&Range<usize>>> = (steps.iter())
        .map(|step| outline.step_item(step.span.range.start))
        .collect();
    let mut counts = vec![0; steps.len()];
    // A command belongs to the innermost step around it.
    let step_of = |at: usize| {
        let around = items.iter().enumerate();
        let around = around.filter_map(|(step, item)| Some((step, (*item)?)));
        let around = around.filter(|(_, item)| item.contains(&at));
        around
            .max_by_key(|(_, item)| item.start)
            .map(|(step, _)| step)
    };
    for block in &outline.blocks {
        if let Some(step) = step_of(block.range.start) {
            counts[step] += commands(&block.language, &block.numbered());
        }
    }
    for span in sheet.spans_of_steps() {
        if let Some(step) = step_of(span.range.start)
            && typed::is_command(&span.text)
        {
            counts[step] += 1;
        }
    }
    for (step, count) in steps.iter().zip(counts) {
        if count >= MANY {
            found.push(
                Diagnostic::new(
                    Code::ManyActions,
                    format!("step {} holds {count} commands", step.number),
                )
                .at_span(&step.span)
                .help("make each a step of its own: whoever is interrupted must know what is done"),
            );
        }
    }
}

/// How many commands of a block do something. What only makes ready for the next one is not counted.
fn commands(language: &str, block: &[(usize, &str)]) -> usize {
    let lines = typed::lines(language, block).into_iter();
    let acts = |line: &typed::Line| {
        line.begins && line.sure && !is_preparation(&line.text) && !is_data(&line.text)
    };
    lines.filter(acts).count()
}

/// `status: ready`, `- name: web`: somebody called a block of data a shell's.
fn is_data(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    first.ends_with(':') || first.starts_with(['-', '|', '"', '}'])
}

/// `cd /srv`, `export NAME=value`, `NAME=value`.
fn is_preparation(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let alone = !line.contains(['|', ';']) && !line.contains("&&");
    let assigns = first.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    matches!(first, "cd" | "export" | "set" | "source" | "unset") && alone || assigns
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn commands_are_counted() {
        for (language, text, count) in [
            ("bash", "ls\nuptime", 2),
            ("bash", "cd /srv\nexport A=b\nA=$(date)\n./deploy", 1),
            ("bash", "for x in a b; do\n  ls $x\n  rm $x\ndone", 1),
            ("bash", "cat <<EOF\nls\nuptime\nEOF", 1),
            ("bash", "kubectl get pod \\\n  -n web", 1),
            ("console", "$ ls\na b\n$ uptime", 2),
            ("", "kubectl get pod\nNAME READY", 1),
            ("bash", "$ ls\na b\n$ uptime", 2),
            ("bash", "kubectl get pod -o yaml\nstatus:\n- name: x", 1),
            ("yaml", "ls: x", 0),
        ] {
            let lines: Vec<(usize, &str)> = text.lines().map(|line| (0, line)).collect();
            assert_eq!(commands(language, &lines), count, "{text}");
        }
    }
}
