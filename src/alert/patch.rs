//! A diff that adds annotations to a file of alert rules, and changes nothing else.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Layout, RuleFile};

/// Lines shown around a change, as `diff -u` does.
const CONTEXT: usize = 3;

/// An annotation to add to a rule.
#[derive(Clone, Debug)]
pub struct Addition {
    /// The rule's number in its file.
    pub rule: usize,
    /// The annotation's name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// The unified diff that adds `additions` to the text of a file, which is called `name` in it. Gives the rules, too,
/// that nothing can be added to.
pub fn diff(
    file: &RuleFile,
    text: &str,
    name: &str,
    additions: &[Addition],
) -> (String, Vec<usize>) {
    let mut left = Vec::new();
    // What is put into the text at which place.
    let mut insertions: BTreeMap<usize, String> = BTreeMap::new();
    for addition in additions {
        let insertion = file
            .rules
            .get(addition.rule)
            .and_then(|rule| insertion(&rule.layout, text, addition));
        match insertion {
            Some((at, new)) => insertions.entry(at).or_default().push_str(&new),
            None => left.push(addition.rule),
        }
    }
    (unified(text, name, &insertions), left)
}

/// Where an annotation goes, and what is written there.
fn insertion(layout: &Layout, text: &str, addition: &Addition) -> Option<(usize, String)> {
    let (key, value) = (&addition.key, quoted(&addition.value));
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if let Some(at) = layout.annotation {
        let (start, indent) = indent(text, at)?;
        return Some(match indent {
            Some(indent) => (start, format!("{indent}{key}: {value}{end}")),
            None if json(text, at) => (at, format!("\"{key}\": {value}, ")),
            None => (at, format!("{key}: {value}, ")),
        });
    }
    let at = layout.key?;
    let (start, _) = indent(text, at)?;
    let before = text.get(start..at)?;
    // `- alert: x` and what follows begin in the column of the key.
    if before.chars().all(|c| matches!(c, ' ' | '-')) {
        let indent = " ".repeat(before.len());
        let line = text.get(layout.name_end..)?.find('\n');
        let after = line.map_or(text.len(), |line| layout.name_end + line + 1);
        // A last line without an end gets one.
        let first = if text.get(..after)?.ends_with('\n') {
            ""
        } else {
            end
        };
        let new = format!("{first}{indent}annotations:{end}{indent}  {key}: {value}{end}");
        return Some((after, new));
    }
    Some(if json(text, at) {
        (at, format!("\"annotations\": {{\"{key}\": {value}}}, "))
    } else {
        (at, format!("annotations: {{{key}: {value}}}, "))
    })
}

/// The start of the line that a place stands in, and what stands before it where that is white space alone.
fn indent(text: &str, at: usize) -> Option<(usize, Option<&str>)> {
    let before = text.get(..at)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let indent = &before[start..];
    Some((start, indent.chars().all(|c| c == ' ').then_some(indent)))
}

fn json(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with('"'))
}

/// A text in double quotes: it means the same in YAML and JSON.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A line of a diff.
struct Line<'a> {
    sign: char,
    text: std::borrow::Cow<'a, str>,
}

/// The unified diff from a text to itself with these insertions.
fn unified(text: &str, name: &str, insertions: &BTreeMap<usize, String>) -> String {
    if insertions.is_empty() {
        return String::new();
    }
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if let Some(new) = insertions.get(&at).filter(|new| new.ends_with('\n')) {
            let new = new.split_inclusive('\n');
            lines.extend(new.map(|new| Line {
                sign: '+',
                text: new.into(),
            }));
        }
        let inner: Vec<(&usize, &String)> = insertions
            .range(at..end)
            .filter(|(_, new)| !new.ends_with('\n'))
            .collect();
        if inner.is_empty() {
            lines.push(Line {
                sign: ' ',
                text: line.into(),
            });
        } else {
            let mut changed = line.to_owned();
            for (place, new) in inner.iter().rev() {
                changed.insert_str(*place - at, new);
            }
            lines.push(Line {
                sign: '-',
                text: line.into(),
            });
            lines.push(Line {
                sign: '+',
                text: changed.into(),
            });
        }
        at = end;
    }
    if let Some(new) = insertions.get(&at) {
        // Behind a last line without an end: that line changes too.
        let mut new = new.as_str();
        if let Some(rest) = new.strip_prefix("\r\n").or_else(|| new.strip_prefix('\n'))
            && let Some(last) = lines.pop()
        {
            let whole = format!("{}{}", last.text, &new[..new.len() - rest.len()]);
            lines.push(Line {
                sign: '-',
                text: last.text,
            });
            lines.push(Line {
                sign: '+',
                text: whole.into(),
            });
            new = rest;
        }
        lines.extend(new.split_inclusive('\n').map(|line| Line {
            sign: '+',
            text: line.to_owned().into(),
        }));
    }
    let mut out = format!("--- a/{name}\n+++ b/{name}\n");
    hunks(&lines, &mut out);
    out
}

fn hunks(lines: &[Line<'_>], out: &mut String) {
    let changed: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at].sign != ' ')
        .collect();
    let (mut old, mut new, mut counted) = (0, 0, 0);
    let mut next = 0;
    while let Some(first) = changed.get(next) {
        let start = first.saturating_sub(CONTEXT).max(counted);
        let mut end = first + 1 + CONTEXT;
        while let Some(more) = changed.get(next).filter(|more| **more <= end + CONTEXT) {
            end = more + 1 + CONTEXT;
            next += 1;
        }
        let end = end.min(lines.len());
        for line in &lines[counted..start] {
            old += usize::from(line.sign != '+');
            new += usize::from(line.sign != '-');
        }
        let hunk = &lines[start..end];
        let olds = hunk.iter().filter(|line| line.sign != '+').count();
        let news = hunk.iter().filter(|line| line.sign != '-').count();
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "@@ -{},{olds} +{},{news} @@",
            old + usize::from(olds > 0),
            new + usize::from(news > 0)
        );
        for line in hunk {
            out.push(line.sign);
            out.push_str(&line.text);
            if !line.text.ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
        (old, new, counted) = (old + olds, new + news, end);
    }
}
