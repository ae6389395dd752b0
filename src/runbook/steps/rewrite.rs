//! The events of a body with checklists, written anew: each line of a step is a paragraph that is told what it is.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{BlockQuoteKind, CowStr, Event, Tag, TagEnd};

use super::lines::{self, Attributes, Role};
use super::number::Numbered;
use super::survey::{Before, Survey};
use super::{At, Decision, Events, Found, Look, Step, When};
use crate::config::Checklists;
use crate::runbook::html;
use crate::runbook::text::{Prepared, folded};
use crate::slug;

/// Longest part of an id that comes from a heading, and from a step's text, in characters.
const ID: (usize, usize) = (24, 48);

/// An event and where it stands in the prepared text.
type Piece<'t> = (Event<'t>, Range<usize>);

/// What is open around an event.
#[derive(Clone, Copy)]
enum Frame {
    /// A step's item, and whether its first line was read.
    Step(usize),
    /// Another item, by the event that opens it; whether its list is a part of a step.
    Item(usize, Option<usize>),
    Other,
}

struct Rewriter<'a, 't> {
    survey: &'a Survey,
    prepared: &'a Prepared,
    words: &'a Checklists,
    /// The events that open the items of steps, in order.
    items: Vec<usize>,
    out: Events<'t>,
    found: Found,
    open: Vec<Frame>,
    /// Ids that steps and decisions ask for.
    wanted: Vec<Option<String>>,
    has_text: Vec<bool>,
    /// Where a step's first line was written.
    first_lines: Vec<Range<usize>>,
    /// Where the alert was opened that is a part of a step.
    alert: usize,
    /// The step that unindented text belongs to.
    last: Option<usize>,
}

/// Writes the events anew.
pub(super) fn rewrite<'t>(
    mut events: Events<'t>,
    survey: &Survey,
    numbered: Vec<Numbered>,
    prepared: &Prepared,
    words: &Checklists,
) -> (Events<'t>, Found) {
    let mut items = Vec::with_capacity(numbered.len());
    let mut found = Found::default();
    for step in numbered {
        let (list, item) = step.place;
        let (list, item) = (&survey.lists[list], &survey.lists[list].items[item]);
        items.push(item.open);
        let first = list.items.first().map(|item| item.open) == Some(item.open);
        found.steps.push(Step {
            id: String::new(),
            text: String::new(),
            section: list.section.map(|section| section as u32),
            checklist: step.checklist,
            number: step.number,
            of: step.of,
            parent: step.parent.map(|parent| parent as u32),
            expect: false,
            if_not: false,
            undo: false,
            caution: first && list.before == Before::Caution,
            pause: false,
            when: None,
            span: prepared.span(item.range.start..first_line(prepared, &item.range)),
        });
        found.looks.push(Look {
            checked: item.task == Some(true),
            classes: Vec::new(),
            digest: step.digest,
        });
    }
    let count = found.steps.len();
    let mut rewriter = Rewriter {
        survey,
        prepared,
        words,
        items,
        out: Vec::with_capacity(events.len() + count * 4),
        found,
        open: Vec::new(),
        wanted: vec![None; count],
        has_text: vec![false; count],
        first_lines: vec![0..0; count],
        alert: 0,
        last: None,
    };
    let mut next = 0;
    while let Some((event, range)) = events.get(next) {
        let at = next;
        next += 1;
        if survey.drops(at) {
            continue;
        }
        let tight = matches!(rewriter.open.last(), Some(Frame::Step(_) | Frame::Item(..)));
        // Text before the first step of its section belongs to none.
        let top = rewriter.open.is_empty() && rewriter.last.is_some();
        let loose = matches!(event, Event::Start(Tag::Paragraph)) && (tight || top);
        let opens_run = loose || (tight && is_inline(event));
        if !opens_run {
            rewriter.event(at, taken(&mut events[at]));
            continue;
        }
        let paragraph = loose.then(|| range.clone());
        let start = if loose { next } else { at };
        let rest = events[start..].iter();
        next = start + rest.take_while(|(event, _)| is_inline(event)).count();
        let mut end = next;
        for dropped in (start..end).rev().filter(|at| survey.drops(*at)) {
            events[dropped..end].rotate_left(1);
            end -= 1;
        }
        rewriter.run(&mut events[start..end], paragraph);
        // What ends a paragraph is no part of the run.
        next += usize::from(loose && is_paragraphs_end(events.get(next)));
    }
    rewriter.finish()
}

/// Takes a piece out of its place, where nobody looks for it again.
fn taken<'t>(piece: &mut Piece<'t>) -> Piece<'t> {
    std::mem::replace(piece, (Event::Rule, 0..0))
}

fn is_paragraphs_end(piece: Option<&Piece<'_>>) -> bool {
    matches!(piece, Some((Event::End(TagEnd::Paragraph), _)))
}

/// Where the first line of an item ends.
fn first_line(prepared: &Prepared, range: &Range<usize>) -> usize {
    let text = prepared.text.get(range.clone()).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    range.start + line.trim_end().len()
}

fn is_inline(event: &Event<'_>) -> bool {
    match event {
        Event::Text(_)
        | Event::Code(_)
        | Event::InlineMath(_)
        | Event::DisplayMath(_)
        | Event::InlineHtml(_)
        | Event::FootnoteReference(_)
        | Event::SoftBreak
        | Event::HardBreak
        | Event::TaskListMarker(_) => true,
        Event::Start(tag) => matches!(
            tag,
            Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Superscript
                | Tag::Subscript
                | Tag::Link { .. }
                | Tag::Image { .. }
        ),
        Event::End(tag) => matches!(
            tag,
            TagEnd::Emphasis
                | TagEnd::Strong
                | TagEnd::Strikethrough
                | TagEnd::Superscript
                | TagEnd::Subscript
                | TagEnd::Link
                | TagEnd::Image
        ),
        Event::Html(_) | Event::Rule => false,
    }
}

/// A part of a text, without a copy where that is possible.
fn part<'t>(text: &CowStr<'t>, range: Range<usize>) -> CowStr<'t> {
    match text {
        CowStr::Borrowed(text) => CowStr::Borrowed(&text[range]),
        other => CowStr::from(other[range].to_owned()),
    }
}

/// The plain text of inline events.
fn plain(run: &[Piece<'_>], prepared: &Prepared) -> String {
    let mut text = String::new();
    for (event, _) in run {
        match event {
            Event::Text(piece) | Event::Code(piece) => text.push_str(&prepared.restore(piece)),
            Event::InlineHtml(raw) => {
                // A placeholder is a word; markup is none.
                let name = raw.trim_start_matches(['<', '/']);
                let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
                let name = name[..end.unwrap_or(name.len())].to_ascii_lowercase();
                if !name.is_empty() && html::is_placeholder(&name) {
                    text.push_str(raw);
                }
            }
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    folded(text)
}

impl<'t> Rewriter<'_, 't> {
    fn mark(&mut self, at: At) {
        self.found.marks.push((self.out.len(), at));
    }

    fn event(&mut self, at: usize, (event, range): Piece<'t>) {
        match &event {
            Event::Start(tag) => {
                let frame = self.start(at, tag);
                self.open.push(frame);
            }
            Event::End(tag) => {
                let frame = self.open.pop();
                if let (TagEnd::Item, Some(Frame::Step(step))) = (tag, frame)
                    && self.open.len() == 1
                {
                    self.last = Some(step);
                }
            }
            _ => {}
        }
        let warns = matches!(
            event,
            Event::End(TagEnd::BlockQuote(Some(
                BlockQuoteKind::Caution | BlockQuoteKind::Warning
            )))
        );
        self.out.push((event, range));
        if let (true, Some(Frame::Step(step))) = (warns, self.open.last()) {
            self.raise(*step);
        }
    }

    /// Puts the alert that was just written before the first line of its step, where it follows that: who reads a step and
    /// does it must have been warned.
    fn raise(&mut self, step: usize) {
        let Range { start, end } = self.first_lines[step];
        if end == 0 || end != self.alert {
            return;
        }
        let (line, alert) = (end - start, self.out.len() - end);
        self.out[start..].rotate_left(line);
        for (at, _) in self.found.marks.iter_mut().filter(|(at, _)| *at >= start) {
            *at = if *at < end { *at + alert } else { *at - line };
        }
        self.first_lines[step] = start + alert..end + alert;
        self.found.steps[step].caution = true;
    }

    fn start(&mut self, at: usize, tag: &Tag<'_>) -> Frame {
        match tag {
            Tag::List(_) => {
                if self.survey.opens_checklist(at) {
                    self.mark(At::Class("steps"));
                }
                Frame::Other
            }
            Tag::Item => match self.items.binary_search(&at) {
                Ok(step) => {
                    self.mark(At::Step(step));
                    Frame::Step(step)
                }
                Err(_) => Frame::Item(self.out.len(), self.step()),
            },
            Tag::Heading { .. } => {
                if self.open.is_empty() {
                    self.last = None;
                }
                Frame::Other
            }
            Tag::BlockQuote(Some(_)) => {
                if let Some(Frame::Step(step)) = self.open.last() {
                    self.found.steps[*step].caution |= !self.has_text[*step];
                    self.alert = self.out.len();
                }
                Frame::Other
            }
            _ => Frame::Other,
        }
    }

    /// The step that what comes next belongs to.
    fn step(&self) -> Option<usize> {
        let inner = self.open.iter().rev().find_map(|frame| match frame {
            Frame::Step(step) => Some(*step),
            Frame::Item(_, step) => *step,
            Frame::Other => None,
        });
        inner.or(self.last)
    }

    /// The inline events of one paragraph, or of a tight item. `paragraph` is where it stands, if it is one.
    fn run(&mut self, mut run: &mut [Piece<'t>], paragraph: Option<Range<usize>>) {
        let frame = self.open.last().copied();
        let step = self.step();
        if let (Some(Frame::Step(_)), Some((Event::TaskListMarker(_), _))) = (frame, run.first()) {
            run = &mut run[1..];
        }
        let paragraph_range = paragraph.clone().unwrap_or_else(|| {
            let start = run.first().map_or(0, |(_, range)| range.start);
            start..run.last().map_or(start, |(_, range)| range.end)
        });
        let breaks = match step {
            Some(_) => breaks_of(run, self.words),
            None => Vec::new(),
        };
        let is_whole = breaks.is_empty();
        let mut start = 0;
        for end in breaks.into_iter().chain([run.len()]) {
            let line = &mut run[start..end];
            if is_whole || !line.is_empty() {
                self.line(line, frame, step, paragraph.is_some(), &paragraph_range);
            }
            start = end + 1;
        }
    }

    fn line(
        &mut self,
        line: &mut [Piece<'t>],
        frame: Option<Frame>,
        step: Option<usize>,
        loose: bool,
        range: &Range<usize>,
    ) {
        let role = step.and_then(|_| role_of(line, self.words));
        let first = match frame {
            Some(Frame::Step(step))
                if !self.has_text[step] && role.is_none_or(|(role, _)| role == Role::Pause) =>
            {
                Some(step)
            }
            _ => None,
        };
        let item = matches!(frame, Some(Frame::Step(_) | Frame::Item(..)));
        let mut when = None;
        if let Some(step) = first {
            self.has_text[step] = true;
            self.first_line(step, line);
        }
        if item && role.is_none() {
            when = when_of(line, self.words);
        }
        let said = self.found.looks_when(first);
        if let Some(step) = step
            && let Some((role, _)) = role
        {
            let facts = &mut self.found.steps[step];
            match role {
                Role::Expect => facts.expect = true,
                Role::IfNot => facts.if_not = true,
                Role::Undo => facts.undo = true,
                Role::Pause => facts.pause = true,
            }
        }
        let wraps = loose || role.is_some() || matches!(frame, Some(Frame::Step(_)));
        let start = self.out.len();
        if wraps {
            match (first, role) {
                (Some(step), _) => self.mark(At::First(step)),
                (None, Some((role, _))) => self.mark(At::Class(role.class())),
                (None, None) => {}
            }
            self.out.push((Event::Start(Tag::Paragraph), range.clone()));
        }
        let leader = frame.is_some_and(|frame| matches!(frame, Frame::Step(_)))
            && (first.is_some() || role.is_some());
        let label = role
            .map(|(_, length)| length)
            .or(when.map(|(_, length)| length));
        let body = self.labelled(line, label, when.map(|(when, _)| when), said);
        let decides = first.is_none() && when.is_some() && matches!(frame, Some(Frame::Item(..)));
        let text = if first.is_some() || decides {
            plain(body, self.prepared)
        } else {
            String::new()
        };
        if let Some(step) = first {
            self.found.steps[step].text.clone_from(&text);
            self.found.steps[step].when = when.map(|(when, _)| when).or(said);
        }
        if let (None, Some((when, _)), Some(Frame::Item(open, _))) = (first, when, frame) {
            self.found
                .marks
                .push((open, At::Decision(self.found.decisions.len())));
            self.found.decisions.push(Decision {
                id: String::new(),
                text,
                when,
            });
        }
        self.words(body, leader);
        if wraps {
            self.out
                .push((Event::End(TagEnd::Paragraph), range.clone()));
        }
        if let Some(step) = first {
            self.first_lines[step] = start..self.out.len();
        }
    }

    /// Takes the box and the braces off a step's first line.
    fn first_line(&mut self, step: usize, line: &mut [Piece<'t>]) {
        if let Some((Event::Text(text), _)) = line.first_mut() {
            let bare = text.trim_start_matches(['☐', '☑', '☒']).trim_start();
            if bare.len() < text.len() && text.starts_with(['☐', '☑', '☒']) {
                let start = text.len() - bare.len();
                *text = part(text, start..text.len());
            }
        }
        if let Some((Event::Text(text), _)) = line.last_mut()
            && let Some((attributes, end)) = Attributes::at_end(text)
        {
            *text = part(text, 0..end);
            self.wanted[step] = attributes.id;
            self.found.looks[step].classes = attributes.classes;
            let pause = self.found.looks[step]
                .classes
                .iter()
                .any(|class| class == "pause");
            self.found.steps[step].pause |= pause;
        }
    }

    /// Writes what a line begins with: the word that says what it is, and the mark that says when. What is given back
    /// remains to be written.
    fn labelled<'l>(
        &mut self,
        line: &'l mut [Piece<'t>],
        label: Option<usize>,
        when: Option<When>,
        said: Option<When>,
    ) -> &'l mut [Piece<'t>] {
        let class = |when: When| match when {
            When::Now => "<span class=\"when decide-now\">",
            When::Later => "<span class=\"when can-wait\">",
        };
        if let (None, Some(said)) = (when, said) {
            let words = match said {
                When::Now => &self.words.decide_now,
                When::Later => &self.words.can_wait,
            };
            let word = words.first().cloned().unwrap_or_default();
            self.mark(At::Html(class(said)));
            self.mark(At::Text(word));
            self.mark(At::Html("</span> "));
        }
        let Some(length) = label else { return line };
        let open = when.map_or("<span class=\"label\">", class);
        // The word may stand alone in bold: `**Expect:** ...`.
        let at = usize::from(matches!(line.first(), Some((Event::Start(_), _))));
        let Some((Event::Text(text), range)) = line.get_mut(at) else {
            return line;
        };
        self.mark(At::Html(open));
        if at == 0 {
            let inner = length.min(text.len());
            self.out
                .push((Event::Text(part(text, 0..inner)), range.clone()));
            self.mark(At::Html("</span>"));
            *text = part(text, inner..text.len());
            return line;
        }
        // Bold is what a label is anyway; a colon behind it comes with it.
        self.out.push(taken(&mut line[at]));
        let rest = line.get_mut(at + 2..).unwrap_or_default();
        if let Some((Event::Text(after), range)) = rest.first_mut()
            && let Some(colon) = colon(after)
        {
            self.out
                .push((Event::Text(part(after, 0..colon)), range.clone()));
            *after = part(after, colon..after.len());
        }
        self.mark(At::Html("</span>"));
        rest
    }

    /// Writes the words of a line, with its leader where it has one.
    fn words(&mut self, body: &mut [Piece<'t>], leads: bool) {
        let dots = if leads { leader_of(body) } else { None };
        let body = body.iter_mut().map(taken);
        let Some((at, dots)) = dots else {
            self.out.extend(body);
            return;
        };
        self.mark(At::Html(
            "<span class=\"leader\"><span class=\"challenge\">",
        ));
        for (number, (event, range)) in body.enumerate() {
            match event {
                Event::Text(text) if number == at => {
                    let before = text[..dots.start].trim_end().len();
                    self.out
                        .push((Event::Text(part(&text, 0..before)), range.clone()));
                    self.mark(At::Html("</span> <span class=\"dots\">"));
                    self.out
                        .push((Event::Text(part(&text, dots.clone())), range.clone()));
                    self.mark(At::Html("</span> <span class=\"response\">"));
                    let after = text.len() - text[dots.end..].trim_start().len();
                    self.out
                        .push((Event::Text(part(&text, after..text.len())), range));
                }
                event => self.out.push((event, range)),
            }
        }
        self.mark(At::Html("</span></span>"));
    }

    fn finish(mut self) -> (Events<'t>, Found) {
        let mut ids = slug::Unique::default();
        let mut slugs = slug::Unique::default();
        // Ids of headings are GitHub's, whatever a step is called.
        if self.wanted.iter().any(Option::is_some) {
            for title in &self.survey.headings {
                ids.claim(&slug::heading(title));
            }
        }
        // A made id holds a full stop, which no heading's does.
        let mut sections: Vec<Option<String>> = vec![None; self.survey.headings.len()];
        let made: Vec<String> = self
            .found
            .steps
            .iter()
            .map(|step| made(step, &self.survey.headings, &mut sections))
            .collect();
        let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for id in &made {
            *counts.entry(id).or_default() += 1;
        }
        for (number, step) in self.found.steps.iter_mut().enumerate() {
            step.id = match &self.wanted[number] {
                Some(id) => ids.claim(id),
                // What says the same is told apart by all it says, so that another one in between changes nothing.
                None if counts
                    .get(made[number].as_str())
                    .is_some_and(|count| *count > 1) =>
                {
                    slugs.claim(&format!(
                        "{}-{}",
                        made[number],
                        self.found.looks[number].digest.short(4)
                    ))
                }
                None => slugs.claim(&made[number]),
            };
        }
        for decision in &mut self.found.decisions {
            let text = slug::id(&decision.text);
            let text = shortened(&text, ID.1);
            decision.id = slugs.claim(&format!("{}.{text}", decision.when.class()));
        }
        self.found.marks.sort_by_key(|(at, _)| *at);
        (self.out, self.found)
    }
}

impl Found {
    /// When a step must be settled by its class.
    fn looks_when(&self, step: Option<usize>) -> Option<When> {
        let classes = &self.looks.get(step?)?.classes;
        let has = |name: &str| classes.iter().any(|class| class == name);
        if has(When::Now.class()) {
            return Some(When::Now);
        }
        has(When::Later.class()).then_some(When::Later)
    }
}

/// An id made of a step's section and its text; `sections` remembers what headings give.
fn made(step: &Step, headings: &[String], sections: &mut [Option<String>]) -> String {
    let place = step.section.map(|section| section as usize);
    let known = place.and_then(|place| Some((headings.get(place)?, sections.get_mut(place)?)));
    let section = match known {
        Some((title, known)) => {
            known.get_or_insert_with(|| shortened(&slug::id(title), ID.0).to_owned())
        }
        None => "step",
    };
    let text = slug::id(&step.text);
    let parts = [section, shortened(&text, ID.1)];
    parts
        .map(|part| if part.is_empty() { "step" } else { part })
        .join(".")
}

/// A slug cut at a hyphen near `most` characters.
fn shortened(slug: &str, most: usize) -> &str {
    let slug = slug.trim_matches('-');
    let Some((end, _)) = slug.char_indices().nth(most) else {
        return slug;
    };
    let cut = &slug[..end];
    let whole = cut.rfind('-').filter(|at| *at > 0).unwrap_or(end);
    slug[..whole].trim_end_matches('-')
}

/// The breaks that cut inline events of a step into lines: a new one begins after a break where a word says what it is.
fn breaks_of(run: &[Piece<'_>], words: &Checklists) -> Vec<usize> {
    let mut depth = 0_usize;
    let mut breaks = Vec::new();
    for (at, (event, _)) in run.iter().enumerate() {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::SoftBreak | Event::HardBreak
                if depth == 0 && role_of(&run[at + 1..], words).is_some() =>
            {
                breaks.push(at);
            }
            _ => {}
        }
    }
    breaks
}

/// What a line is, and how long the word is that says so.
fn role_of(line: &[Piece<'_>], words: &Checklists) -> Option<(Role, usize)> {
    opening(line).and_then(|text| Role::of(&text, words))
}

fn when_of(line: &[Piece<'_>], words: &Checklists) -> Option<(When, usize)> {
    opening(line).and_then(|text| lines::when(&text, words))
}

/// The text that a line begins with; a bold word with the colon that follows it.
fn opening<'l>(line: &'l [Piece<'_>]) -> Option<Cow<'l, str>> {
    match line {
        [(Event::Text(text), _), ..] => Some(Cow::Borrowed(text)),
        [
            (Event::Start(Tag::Strong | Tag::Emphasis), _),
            (Event::Text(text), _),
            (Event::End(TagEnd::Strong | TagEnd::Emphasis), _),
            rest @ ..,
        ] => {
            let after = match rest.first() {
                Some((Event::Text(after), _)) => colon(after).map_or("", |end| &after[..end]),
                _ => "",
            };
            Some(Cow::Owned(format!("{text}{after}")))
        }
        _ => None,
    }
}

/// Where a colon ends that text begins with.
fn colon(text: &str) -> Option<usize> {
    let rest = text.trim_start();
    let first = rest.chars().next().filter(|c| matches!(c, ':' | '：'))?;
    Some(text.len() - rest.len() + first.len_utf8())
}

/// The text, among events that nothing is around, that holds a leader.
fn leader_of(line: &[Piece<'_>]) -> Option<(usize, Range<usize>)> {
    let mut depth = 0_usize;
    let mut found = None;
    for (number, (event, _)) in line.iter().enumerate() {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Text(text) if depth == 0 => {
                found = lines::leader(text).map(|dots| (number, dots)).or(found);
            }
            _ => {}
        }
    }
    found
}
