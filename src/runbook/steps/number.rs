//! Numbers of steps: lists that go on after a block between them are one checklist.

use rustc_hash::FxHashMap;

use super::survey::{Before, List, Survey};
use crate::hash::Digest;
use crate::runbook::text::Prepared;

/// A step's place and number.
#[derive(Debug)]
pub(super) struct Numbered {
    /// The list and the item.
    pub(super) place: (usize, usize),
    pub(super) checklist: u32,
    pub(super) number: String,
    pub(super) of: u64,
    pub(super) parent: Option<usize>,
    pub(super) digest: Digest,
}

/// A checklist that may go on.
struct Sequence {
    ordered: bool,
    section: Option<usize>,
    last: u64,
    /// The number that its last item is written with.
    written: u64,
    steps: Vec<usize>,
}

/// Numbers the steps of a body, in its order.
pub(super) fn number(survey: &Survey, prepared: &Prepared) -> Vec<Numbered> {
    let mut places: Vec<(usize, (usize, usize))> = Vec::new();
    for (list, found) in survey.lists.iter().enumerate() {
        let steps = (0..found.items.len()).filter(|item| found.is_step(*item));
        places.extend(steps.map(|item| (found.items[item].open, (list, item))));
    }
    places.sort_unstable();
    let places: Vec<(usize, usize)> = places.into_iter().map(|(_, place)| place).collect();
    let mut steps: Vec<Numbered> = Vec::with_capacity(places.len());
    let mut sequences: Vec<Sequence> = Vec::new();
    // The sequence that a list belongs to, and how many parts a step has.
    let mut of_list: Vec<Option<usize>> = vec![None; survey.lists.len()];
    let mut top: Option<usize> = None;
    let mut parts: Vec<u64> = Vec::new();
    let mut by_place: FxHashMap<(usize, usize), usize> = FxHashMap::default();
    for (number, place) in places.iter().copied().enumerate() {
        let list = &survey.lists[place.0];
        let parent = list
            .parent
            .and_then(|parent| by_place.get(&parent).copied());
        by_place.insert(place, number);
        parts.push(0);
        let (checklist, shown) = match parent {
            Some(parent) => {
                parts[parent] += 1;
                let shown = format!("{}.{}", steps[parent].number, parts[parent]);
                (steps[parent].checklist as usize, shown)
            }
            None => {
                let sequence = match of_list[place.0] {
                    Some(sequence) => sequence,
                    None => {
                        let known = top.filter(|known| goes_on(&sequences[*known], list));
                        known.unwrap_or_else(|| {
                            sequences.push(Sequence {
                                ordered: list.start.is_some(),
                                section: list.section,
                                last: list.start.unwrap_or(1).saturating_sub(1),
                                written: 0,
                                steps: Vec::new(),
                            });
                            sequences.len() - 1
                        })
                    }
                };
                of_list[place.0] = Some(sequence);
                if list.parent.is_none() {
                    top = Some(sequence);
                }
                let found = &mut sequences[sequence];
                found.last = found.last.saturating_add(1);
                found.section = list.section;
                found.written = written(list, place.1, prepared);
                found.steps.push(number);
                (sequence, found.last.to_string())
            }
        };
        steps.push(Numbered {
            place,
            checklist: checklist as u32,
            number: shown,
            of: 0,
            parent,
            digest: digest(survey, place, prepared),
        });
    }
    for number in 0..steps.len() {
        steps[number].of = sequences[steps[number].checklist as usize].last;
    }
    steps
}

/// Whether `list` continues `sequence`, which came last.
fn goes_on(sequence: &Sequence, list: &List) -> bool {
    if list.parent.is_some() || list.start.is_some() != sequence.ordered {
        return false;
    }
    let same_section = list.section == sequence.section;
    match list.start {
        Some(1) => {
            // Restarted by the block between: its author wrote `1.` before every item.
            same_section && sequence.written == 1 && list.before != Before::Colon && !list.marked
        }
        Some(start) => {
            start == sequence.last.saturating_add(1)
                || (same_section && start == sequence.written.saturating_add(1))
        }
        None => same_section && list.before != Before::Colon && list.before != Before::List,
    }
}

/// The number that an item is written with; 0 where it is none.
fn written(list: &List, item: usize, prepared: &Prepared) -> u64 {
    let range = list.items[item].range.clone();
    let text = prepared.text.get(range).unwrap_or_default().trim_start();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    text[..digits].parse().unwrap_or(0)
}

/// The identity of what a step says: its text without its parts, its number and its white space.
fn digest(survey: &Survey, (list, item): (usize, usize), prepared: &Prepared) -> Digest {
    let found = &survey.lists[list];
    let range = found.items[item].range.clone();
    let mut words = Vec::with_capacity(range.len() + 1);
    let mut add = |from: usize, to: usize| {
        let text = prepared.text.get(from..to).unwrap_or_default();
        // One space stands behind each word, the last one too.
        for byte in text.bytes().chain([b' ']) {
            if !byte.is_ascii_whitespace() {
                words.push(byte);
            } else if words.last().is_some_and(|last| *last != b' ') {
                words.push(b' ');
            }
        }
    };
    let mut at = range.start;
    let open = found.items[item].open;
    let first = survey
        .lists
        .partition_point(|inner| inner.events.start < open);
    for inner in &survey.lists[first..] {
        let Some(first) = inner.items.first().map(|item| item.range.start) else {
            continue;
        };
        if first >= range.end {
            break;
        }
        for (number, part) in inner.items.iter().enumerate() {
            if inner.is_step(number) && part.range.start >= at {
                add(at, part.range.start);
                at = part.range.end;
            }
        }
    }
    add(at, range.end);
    if item + 1 == found.items.len() && found.parent.is_none() {
        add(range.end, found.tail);
    }
    let words = std::str::from_utf8(&words).unwrap_or_default();
    let bare = words.trim_start_matches(|c: char| c.is_ascii_digit());
    let bare = bare.trim_start_matches(['.', ')', '-', '*', '+', ' ']);
    let bare = bare
        .strip_prefix("[ ] ")
        .or_else(|| bare.strip_prefix("[] "))
        .or_else(|| bare.strip_prefix("[x] "))
        .unwrap_or(bare);
    Digest::of_bytes(bare.trim_end().as_bytes())
}
