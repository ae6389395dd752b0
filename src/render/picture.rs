//! A picture of what depends on a service and on what it depends, as SVG without script or style.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::runbook::code;
use crate::site::Services;
use crate::theme::Words;

/// How far from the service services are drawn.
const FURTHEST: i32 = 3;
/// Most services that stand in one column.
const MOST: usize = 10;
/// Longest name that is written whole, in characters.
const LONGEST: usize = 22;
/// The height of a box, and the room between boxes, in pixels.
const HIGH: i32 = 32;
const GAP: (i32, i32) = (36, 12);
/// The most that a letter of 14 px takes, in pixels; of those that are twice as wide, half of one.
const LETTER: i32 = 8;
/// Least width of a box, and the room beside its name, in pixels.
const LEAST: i32 = 56;
const BESIDE: i32 = 16;
/// How far an edge is drawn down to run past a box in its row: three quarters of it are between the rows.
const PAST: i32 = (HIGH + GAP.1) * 2 / 3;
/// Room around it all.
const MARGIN: i32 = 4;
/// Room above the columns for what they are.
const HEAD: i32 = 26;

/// A service in the picture.
struct Node<'a> {
    /// Its key, or its name where it has no page.
    key: &'a str,
    name: &'a str,
    column: i32,
    row: i32,
}

/// The picture for a service; nothing where nothing depends on it and it depends on nothing.
pub(super) fn dependencies(services: &Services, key: &str, words: &Words) -> Option<String> {
    let (nodes, hidden) = nodes(services, key);
    if nodes.len() < 2 {
        return None;
    }
    let first = nodes.iter().map(|node| node.column).min().unwrap_or(0);
    let last = nodes.iter().map(|node| node.column).max().unwrap_or(0);
    let tallest = (first..=last)
        .map(|column| nodes.iter().filter(|node| node.column == column).count() as i32)
        .max()
        .unwrap_or(1);
    let columns = last - first + 1;
    let wide = wide(&nodes);
    let width = columns * wide + (columns - 1) * GAP.0 + 2 * MARGIN;
    // Below the last row an edge may run past a box.
    let height = HEAD + tallest * HIGH + tallest * GAP.1 + 2 * MARGIN;
    let in_column = |column: i32| nodes.iter().filter(|node| node.column == column).count() as i32;
    let place = |node: &Node<'_>| {
        let rows = in_column(node.column);
        let above = (tallest - rows) * (HIGH + GAP.1) / 2;
        (
            MARGIN + (node.column - first) * (wide + GAP.0),
            MARGIN + HEAD + above + node.row * (HIGH + GAP.1),
        )
    };
    let mut svg = format!(
        "<svg class=\"depends\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-labelledby=\"_picture-title _picture-about\">\n<title id=\"_picture-title\">"
    );
    code::escape(words.text("depends", "What depends on what"), &mut svg);
    svg.push_str("</title>\n<desc id=\"_picture-about\">");
    code::escape(&described(services, &nodes), &mut svg);
    svg.push_str("</desc>\n");
    for (column, word) in [
        (first, words.text("dependents", "Depends on it")),
        (last, words.text("dependencies", "It depends on")),
    ] {
        let side = column.signum();
        if side == 0 || (column == first && first > 0) || (column == last && last < 0) {
            continue;
        }
        // Over the whole side, from its edge on.
        let (x, anchor) = match side {
            -1 => (MARGIN, "start"),
            _ => (width - MARGIN, "end"),
        };
        let _ = write!(
            svg,
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\" font-size=\"13\" fill=\"currentColor\">",
            MARGIN + 14
        );
        code::escape(word, &mut svg);
        svg.push_str("</text>\n");
    }
    edges(services, &nodes, wide, &place, &mut svg);
    for node in &nodes {
        let (x, y) = place(node);
        let is_own = node.key == key;
        let (stroke, radius) = if is_own { (3, 0) } else { (1, 6) };
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{HIGH}\" rx=\"{radius}\" fill=\"none\" stroke=\"currentColor\" \
             stroke-width=\"{stroke}\">"
        );
        // What is shortened is told whole to whoever points at it.
        svg.push_str("<title>");
        code::escape(node.name, &mut svg);
        svg.push_str("</title></rect>");
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"14\"{} \
             fill=\"currentColor\">",
            x + wide / 2,
            y + HIGH / 2 + 5,
            if is_own { " font-weight=\"700\"" } else { "" },
        );
        code::escape(&shortened(node.name), &mut svg);
        svg.push_str("</text>\n");
    }
    svg.push_str("</svg>");
    if hidden > 0 {
        let more = words.text("more_services", "More services that are not drawn");
        let _ = write!(svg, "\n<p class=\"count\">");
        code::escape(&format!("{more}: {hidden}"), &mut svg);
        svg.push_str("</p>");
    }
    Some(svg)
}

/// The services that are drawn, column by column, and how many more there are.
fn nodes<'a>(services: &'a Services, key: &'a str) -> (Vec<Node<'a>>, usize) {
    let mut nodes = Vec::new();
    let Some(own) = services.known.get(key) else {
        return (nodes, 0);
    };
    nodes.push(Node {
        key,
        name: &own.name,
        column: 0,
        row: 0,
    });
    let mut seen: BTreeSet<&str> = BTreeSet::from([key]);
    let mut hidden = 0;
    for side in [-1, 1] {
        let mut edge: Vec<&str> = vec![key];
        for step in 1..=FURTHEST {
            let mut next: Vec<(&str, &str)> = Vec::new();
            for known in edge.iter().filter_map(|key| services.known.get(*key)) {
                if side < 0 {
                    for key in &known.dependents {
                        if let Some(other) = services.known.get(key) {
                            next.push((key, &other.name));
                        }
                    }
                } else {
                    for needs in &known.dependencies {
                        next.push((needs.key.as_deref().unwrap_or(&needs.name), &needs.name));
                    }
                }
            }
            next.retain(|(key, _)| seen.insert(key));
            hidden += next.len().saturating_sub(MOST);
            next.truncate(MOST);
            for (row, (key, name)) in next.iter().enumerate() {
                nodes.push(Node {
                    key,
                    name,
                    column: side * step,
                    row: row as i32,
                });
            }
            edge = next.into_iter().map(|(key, _)| key).collect();
        }
    }
    (nodes, hidden)
}

/// The edges between services that are drawn: who, and what it needs.
fn pairs<'a>(services: &'a Services, nodes: &'a [Node<'a>]) -> Vec<(&'a Node<'a>, &'a Node<'a>)> {
    let by_key: BTreeMap<&str, &Node<'_>> = nodes.iter().map(|node| (node.key, node)).collect();
    let mut pairs = Vec::new();
    for node in nodes {
        let needs = services.known.get(node.key);
        for needs in needs.iter().flat_map(|known| &known.dependencies) {
            let key = needs.key.as_deref().unwrap_or(&needs.name);
            if let Some(other) = by_key.get(key) {
                pairs.push((node, *other));
            }
        }
    }
    pairs
}

fn edges(
    services: &Services,
    nodes: &[Node<'_>],
    wide: i32,
    place: &impl Fn(&Node<'_>) -> (i32, i32),
    svg: &mut String,
) {
    for (from, to) in pairs(services, nodes) {
        let ((ax, ay), (bx, by)) = (place(from), place(to));
        let (ay, by) = (ay + HIGH / 2, by + HIGH / 2);
        // Out of the side that is nearer, into the side that is nearer.
        let (start, end, head) = match from.column.cmp(&to.column) {
            std::cmp::Ordering::Less => (ax + wide, bx, -1),
            std::cmp::Ordering::Greater => (ax, bx + wide, 1),
            std::cmp::Ordering::Equal => (ax + wide, bx + wide, 1),
        };
        let bend = match head {
            -1 => (end - start) / 2,
            _ if from.column == to.column => GAP.0 / 2,
            _ => -(start - end) / 2,
        };
        let back = if from.column == to.column {
            bend
        } else {
            -bend
        };
        // An edge that runs past a column between goes below the boxes of its row, and not through them.
        let past = (from.column - to.column).abs() > 1 && ay == by;
        let low = if past { PAST } else { 0 };
        let (ac, bc) = (ay + low, by + low);
        let _ = writeln!(
            svg,
            "<path d=\"M{start} {ay}C{} {ac} {} {bc} {} {by}\" fill=\"none\" stroke=\"currentColor\"/>\
             <path d=\"M{end} {by}l{} -4v8z\" fill=\"currentColor\"/>",
            start + bend,
            end + back,
            end + head * 7,
            head * 8,
        );
    }
}

/// The same in words, for whoever does not see it.
fn described(services: &Services, nodes: &[Node<'_>]) -> String {
    let said: Vec<String> = pairs(services, nodes)
        .iter()
        .map(|(from, to)| format!("{} → {}", from.name, to.name))
        .collect();
    said.join("; ")
}

/// The width of each box: that of the longest name.
fn wide(nodes: &[Node<'_>]) -> i32 {
    let names = nodes.iter().map(|node| shortened(node.name).width() as i32);
    let longest = names.max().unwrap_or_default();
    (longest * LETTER + BESIDE).max(LEAST)
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    // Names of one kind differ at the end.
    let (before, after) = (LONGEST / 2 - 1, LONGEST / 2);
    let mut short: String = name.chars().take(before).collect();
    short.push('…');
    short.extend(name.chars().skip(name.chars().count() - after));
    short
}
