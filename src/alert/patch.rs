//! A diff that adds annotations to a file of alert rules, and changes nothing else.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Place, RuleFile, Slot};
use crate::config::Alerts;

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

/// An annotation that has to be written by hand, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// The rule's number in its file.
    pub rule: usize,
    /// Why it cannot be added: `its annotations come from elsewhere in the file`.
    pub why: String,
}

/// A diff, and what is left to do.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// The unified diff; empty when nothing can be added.
    pub diff: String,
    /// How many annotations it adds.
    pub added: usize,
    /// The rules that nothing can be added to.
    pub left: Vec<ByHand>,
}

/// What is written into the text in place of what, by where it starts.
type Edits = BTreeMap<usize, (usize, String)>;

/// The unified diff that adds `additions` to the text of a file, which is called `name` in it.
///
/// What comes of it is read again: an annotation is added only if its rule then says it, and no other rule says
/// anything else than before.
pub fn patch(
    file: &RuleFile,
    text: &str,
    name: &str,
    additions: &[Addition],
    config: &Alerts,
) -> Patch {
    let mut patch = Patch::default();
    let mut wanted: Vec<(&Addition, (usize, usize, String))> = Vec::new();
    for addition in additions {
        let slot = (file.rules.get(addition.rule)).map(|rule| (&rule.layout.slot, rule));
        match slot.map(|(slot, rule)| (slot, edit(slot, rule.layout.name_end, text, addition))) {
            Some((_, Some(edit))) => wanted.push((addition, edit)),
            Some((Slot::Elsewhere, None)) | None => patch.left.push(ByHand {
                rule: addition.rule,
                why: "it takes its annotations from elsewhere in the file, where other alerts may take them from, too"
                    .to_owned(),
            }),
            Some(_) => patch.left.push(ByHand {
                rule: addition.rule,
                why: UNUSUAL.to_owned(),
            }),
        }
    }
    let mut edits = Edits::new();
    let all: Vec<&Addition> = wanted.iter().map(|(addition, _)| *addition).collect();
    let together = wanted.iter().all(|(_, edit)| insert(&mut edits, edit));
    if !together || judge(file, text, &edits, &all, config).is_err() {
        // One is to blame: each has to stand the test with those before it.
        edits.clear();
        let mut kept: Vec<&Addition> = Vec::new();
        wanted.retain(|(addition, edit)| {
            let mut more = edits.clone();
            kept.push(addition);
            let judged = if insert(&mut more, edit) {
                judge(file, text, &more, &kept, config)
            } else {
                Err("another alert has its annotation in the same place".to_owned())
            };
            match judged {
                Ok(()) => edits = more,
                Err(why) => {
                    kept.pop();
                    patch.left.push(ByHand {
                        rule: addition.rule,
                        why,
                    });
                    return false;
                }
            }
            true
        });
    }
    patch.added = wanted.len();
    patch.left.sort_by_key(|left| left.rule);
    patch.diff = unified(text, name, &edits);
    patch
}

const UNUSUAL: &str = "its lines have a form that nothing can be added to safely";

fn insert(edits: &mut Edits, (start, end, new): &(usize, usize, String)) -> bool {
    edits.insert(*start, (*end, new.clone())).is_none()
}

/// Whether the text with these edits says what it said, and the additions; else why it does not.
fn judge(
    file: &RuleFile,
    text: &str,
    edits: &Edits,
    additions: &[&Addition],
    config: &Alerts,
) -> Result<(), String> {
    let mut edited = text.to_owned();
    for (start, (end, new)) in edits.iter().rev() {
        edited.replace_range(*start..*end, new);
    }
    let read = RuleFile::read(&file.path, edited.as_bytes(), config);
    let same_form =
        read.rules.len() == file.rules.len() && read.diagnostics.len() == file.diagnostics.len();
    if !same_form {
        return Err(UNUSUAL.to_owned());
    }
    let added: BTreeMap<usize, &str> = (additions.iter())
        .map(|addition| (addition.rule, addition.value.as_str()))
        .collect();
    for (number, (before, after)) in file.rules.iter().zip(&read.rules).enumerate() {
        let says = after.runbook.as_ref().map(|said| said.value.as_str());
        let mut rest = (before.clone(), after.clone());
        if let Some(value) = added.get(&number) {
            if says != Some(value) {
                return Err(UNUSUAL.to_owned());
            }
            (rest.0.runbook, rest.1.runbook) = (None, None);
        }
        if rest.0 != rest.1 {
            let name = &before.name.value;
            return Err(format!("`{name}` shares its lines, and would change, too"));
        }
    }
    Ok(())
}

/// What is written where for an annotation: start and end of what it takes the place of, and the text.
fn edit(
    slot: &Slot,
    name_end: usize,
    text: &str,
    addition: &Addition,
) -> Option<(usize, usize, String)> {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let value = quoted(&addition.value);
    let pair = |at: usize| format!("{}: {value}", key(&addition.key, json(text, at)));
    let at_key = |key: usize, flow: bool, new: String| {
        let (start, indent) = indent(text, key)?;
        Some(match (indent, flow) {
            (Some(indent), false) => (start, start, format!("{indent}{new}{end}")),
            (Some(indent), true) => (start, start, format!("{indent}{new},{end}")),
            (None, true) => (key, key, format!("{new}, ")),
            (None, false) => return None,
        })
    };
    match slot {
        Slot::Elsewhere => None,
        Slot::Annotations { key, flow } => at_key(*key, *flow, pair(*key)),
        Slot::Rule { key, flow: true } => {
            let annotations = self::key("annotations", json(text, *key));
            at_key(*key, true, format!("{annotations}: {{{}}}", pair(*key)))
        }
        Slot::Rule { key, flow: false } => {
            let (start, _) = indent(text, *key)?;
            let before = text.get(start..*key)?;
            // `- alert: x` and what follows begin in the column of the key.
            if !before.chars().all(|c| matches!(c, ' ' | '-')) {
                return None;
            }
            let indent = " ".repeat(before.len());
            let line = text.get(name_end..)?.find('\n');
            let after = line.map_or(text.len(), |line| name_end + line + 1);
            // A last line without an end gets one.
            let first = if text.get(..after)?.ends_with('\n') {
                ""
            } else {
                end
            };
            let new = format!(
                "{first}{indent}annotations:{end}{indent}  {}{end}",
                pair(*key)
            );
            Some((after, after, new))
        }
        Slot::Empty(place) => in_place(text, place, &format!("{{{}}}", pair(place.key))),
        Slot::Blank(place) => in_place(text, place, &value),
    }
}

/// Writes the value of a key that has none, or one that says nothing and stands in its line.
fn in_place(text: &str, place: &Place, new: &str) -> Option<(usize, usize, String)> {
    let rest = text.get(place.key_end..)?;
    let colon = place.key_end + rest.len() - rest.trim_start_matches(' ').len();
    if !text.get(colon..)?.starts_with(':') {
        return None;
    }
    if place.value.is_empty() {
        return Some((colon + 1, colon + 1, format!(" {new}")));
    }
    let old = text.get(place.value.clone())?;
    let between = text.get(colon + 1..place.value.start)?;
    let plain = between.chars().all(|c| c == ' ') && !old.contains(['\n', '#']);
    plain.then(|| (place.value.start, place.value.end, new.to_owned()))
}

/// The start of the line that a place stands in, and what stands before it where that is white space alone.
fn indent(text: &str, at: usize) -> Option<(usize, Option<&str>)> {
    let before = text.get(..at)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let indent = &before[start..];
    let white = indent.chars().all(|c| matches!(c, ' ' | '\t'));
    Some((start, white.then_some(indent)))
}

fn json(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with('"'))
}

/// A key, in quotes where it needs them.
fn key(key: &str, json: bool) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !json && key.chars().all(plain) && key.starts_with(|c: char| c.is_ascii_alphabetic()) {
        key.to_owned()
    } else {
        quoted(key)
    }
}

/// A text in double quotes: it means the same in YAML and JSON.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A line of a diff.
struct Line {
    sign: char,
    text: String,
}

/// The unified diff from a text to itself with these edits, none of which takes away the end of a line.
fn unified(text: &str, name: &str, edits: &Edits) -> String {
    if edits.is_empty() {
        return String::new();
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut add = |sign: char, text: &str| {
        lines.push(Line {
            sign,
            text: text.to_owned(),
        });
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        // Whole lines before this one, then what changes inside it; behind a last line without an end, that changes.
        let whole = |(place, (_, new)): &(&usize, &(usize, String))| {
            **place == start && new.ends_with('\n')
        };
        let last = if at == text.len() && !line.ends_with('\n') {
            at + 1
        } else {
            at
        };
        let here: Vec<_> = edits.range(start..last).collect();
        for (_, (_, new)) in here.iter().filter(|edit| whole(edit)) {
            new.split_inclusive('\n').for_each(|new| add('+', new));
        }
        let inner: Vec<_> = here.iter().filter(|edit| !whole(edit)).collect();
        if inner.is_empty() {
            add(' ', line);
            continue;
        }
        let mut changed = line.to_owned();
        for (place, (end, new)) in inner.iter().rev() {
            changed.replace_range(**place - start..*end - start, new);
        }
        add('-', line);
        changed.split_inclusive('\n').for_each(|new| add('+', new));
    }
    if text.ends_with('\n') {
        let new = edits.get(&at).map_or("", |(_, new)| new);
        new.split_inclusive('\n').for_each(|new| add('+', new));
    }
    // `patch` ends a name at a tab, else at the first space.
    let tab = if name.contains(' ') { "\t" } else { "" };
    let mut out = format!("--- a/{name}{tab}\n+++ b/{name}{tab}\n");
    hunks(&lines, &mut out);
    out
}

fn hunks(lines: &[Line], out: &mut String) {
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
