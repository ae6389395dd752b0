//! The lists of a body: where each stands, what makes it a checklist.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::lines;
use crate::config::Checklists;

/// What the lists of a body are.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) lists: Vec<List>,
    /// The titles of all headings, in order.
    pub(super) headings: Vec<String>,
    /// Events that only say what a list is, in order.
    dropped: Vec<usize>,
    /// Whether an item says when it must be settled.
    decides: bool,
}

/// A list.
#[derive(Debug)]
pub(super) struct List {
    /// The events that open and close it.
    pub(super) events: Range<usize>,
    /// The number it starts with, where it is ordered.
    pub(super) start: Option<u64>,
    /// The list and item that it stands in.
    pub(super) parent: Option<(usize, usize)>,
    pub(super) items: Vec<Item>,
    /// The heading it stands under.
    pub(super) section: Option<usize>,
    /// Whether its author, or a heading, marked it as a checklist.
    pub(super) marked: bool,
    /// Whether it stands under a heading whose ordered lists are steps.
    active: bool,
    /// Whether it stands in nothing but lists.
    free: bool,
    /// What stands right before it.
    pub(super) before: Before,
    /// Whether it is a checklist.
    pub(super) is_checklist: bool,
    /// Where the text ends that belongs to its last step, in the prepared text.
    pub(super) tail: usize,
}

/// An item of a list.
#[derive(Debug)]
pub(super) struct Item {
    /// The event that opens it.
    pub(super) open: usize,
    /// Where it stands in the prepared text.
    pub(super) range: Range<usize>,
    /// Whether it is ticked, where it has a box.
    pub(super) task: Option<bool>,
    empty: bool,
}

/// What stands before a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing that matters.
    #[default]
    Other,
    /// A paragraph that ends with a colon.
    Colon,
    /// An alert.
    Caution,
    /// Another list.
    List,
}

impl Survey {
    /// Whether there is nothing here to write anew.
    pub(super) fn is_plain(&self) -> bool {
        !self.decides && self.lists.iter().all(|list| !list.is_checklist)
    }

    /// Whether this event only says what a list is.
    pub(super) fn drops(&self, event: usize) -> bool {
        self.dropped.binary_search(&event).is_ok()
    }

    /// Whether this event opens a checklist.
    pub(super) fn opens_checklist(&self, event: usize) -> bool {
        let list = (self.lists).binary_search_by_key(&event, |list| list.events.start);
        list.is_ok_and(|list| self.lists[list].is_checklist)
    }
}

impl List {
    /// Whether an item of it is a step.
    pub(super) fn is_step(&self, item: usize) -> bool {
        let Some(item) = self.items.get(item) else {
            return false;
        };
        let counts = self.start.is_some() || self.marked || item.task.is_some();
        self.is_checklist && !item.empty && counts
    }
}

/// What is open.
enum Frame {
    List(usize),
    Item,
    Paragraph,
    Other,
}

struct Surveyor<'a, 't> {
    events: &'a [(Event<'t>, Range<usize>)],
    words: &'a Checklists,
    survey: Survey,
    open: Vec<Frame>,
    /// The headings around: level, whether lists under them are steps, whether they are marked.
    around: Vec<(u8, bool, bool)>,
    before: Before,
    /// Whether a mark stands right before.
    pending: bool,
    /// The last list that stands in nothing, and whether it was what came last.
    last: Option<(usize, bool)>,
}

/// Surveys the lists of a body.
pub(super) fn survey(events: &[(Event<'_>, Range<usize>)], words: &Checklists) -> Survey {
    let mut surveyor = Surveyor {
        events,
        words,
        survey: Survey::default(),
        open: Vec::new(),
        around: Vec::new(),
        before: Before::Other,
        pending: false,
        last: None,
    };
    for (at, (event, range)) in events.iter().enumerate() {
        match event {
            Event::Start(tag) => surveyor.start(at, tag, range),
            Event::End(tag) => surveyor.end(at, *tag, range),
            Event::TaskListMarker(done) => {
                if let Some(item) = surveyor.item() {
                    item.task = Some(*done);
                }
            }
            Event::Text(text) => surveyor.text(at, text),
            _ => {}
        }
    }
    surveyor.decide()
}

impl Surveyor<'_, '_> {
    fn start(&mut self, at: usize, tag: &Tag<'_>, range: &Range<usize>) {
        let top = self.open.is_empty();
        let frame = match tag {
            Tag::List(start) => {
                let number = self.list(at, *start, range);
                Frame::List(number)
            }
            Tag::Item => {
                let list = self.open.iter().rev().find_map(|frame| match frame {
                    Frame::List(list) => Some(*list),
                    _ => None,
                });
                if let Some(list) = list {
                    self.survey.lists[list].items.push(Item {
                        open: at,
                        range: range.clone(),
                        task: None,
                        empty: matches!(
                            self.events.get(at + 1),
                            Some((Event::End(TagEnd::Item), _))
                        ),
                    });
                }
                Frame::Item
            }
            Tag::Heading { level, classes, .. } => {
                let level = *level as u8;
                let title = title(&self.events[at + 1..]);
                let marked = classes.iter().any(|class| &**class == "checklist");
                self.around.retain(|(above, ..)| *above < level);
                let active = marked
                    || lines::names_steps(&title, level, &self.words.headings)
                    || self.around.iter().any(|(_, active, _)| *active);
                self.around.push((level, active, marked));
                self.survey.headings.push(title);
                self.last = None;
                Frame::Other
            }
            Tag::Paragraph => {
                if top && self.is_mark(at + 1) {
                    self.mark(at);
                    self.open.push(Frame::Paragraph);
                    return;
                }
                Frame::Paragraph
            }
            _ => Frame::Other,
        };
        if top && !matches!(frame, Frame::List(_)) {
            self.pending = false;
            if let Some((_, just)) = &mut self.last {
                *just = false;
            }
        }
        self.open.push(frame);
    }

    /// Whether the paragraph that begins with event `at` is nothing but a mark.
    fn is_mark(&self, at: usize) -> bool {
        matches!(
            self.events.get(at..at + 2),
            Some([(Event::Text(text), _), (Event::End(TagEnd::Paragraph), _)]) if lines::is_checklist_mark(text)
        )
    }

    /// A paragraph that is a mark: of the list that follows, else of the one before.
    fn mark(&mut self, at: usize) {
        let follows = matches!(
            self.events.get(at + 3),
            Some((Event::Start(Tag::List(_)), _))
        );
        if follows {
            self.pending = true;
        } else if let Some((list, true)) = self.last {
            self.survey.lists[list].marked = true;
        } else {
            return;
        }
        self.survey.dropped.extend(at..at + 3);
    }

    fn list(&mut self, at: usize, start: Option<u64>, range: &Range<usize>) -> usize {
        let number = self.survey.lists.len();
        let free = self
            .open
            .iter()
            .all(|frame| matches!(frame, Frame::List(_) | Frame::Item));
        let parent = self.open.iter().rev().find_map(|frame| match frame {
            Frame::List(list) => Some(*list),
            _ => None,
        });
        let top = self.open.is_empty();
        let heading = self.around.last().copied();
        // A list right after another is as separate from it as bullets make it.
        let before = match self.last {
            Some((_, true)) if top => Before::List,
            _ if top => self.before,
            _ => Before::Other,
        };
        self.survey.lists.push(List {
            events: at..at,
            start,
            parent: parent.map(|list| (list, self.survey.lists[list].items.len().max(1) - 1)),
            items: Vec::new(),
            section: self.survey.headings.len().checked_sub(1),
            marked: top && (self.pending || heading.is_some_and(|(_, _, marked)| marked)),
            active: heading.is_some_and(|(_, active, _)| active),
            free,
            before,
            is_checklist: false,
            tail: range.end,
        });
        self.pending = false;
        number
    }

    fn end(&mut self, at: usize, tag: TagEnd, range: &Range<usize>) {
        let frame = self.open.pop();
        if let (TagEnd::List(_), Some(Frame::List(list))) = (tag, frame) {
            self.survey.lists[list].events.end = at;
            if self.open.is_empty() {
                self.last = Some((list, true));
            }
        } else if self.open.is_empty()
            && let Some((list, _)) = self.last
        {
            // An alert belongs to what follows.
            self.before = match tag {
                TagEnd::BlockQuote(Some(_)) => Before::Caution,
                TagEnd::Paragraph if self.ends_with_colon(at) => Before::Colon,
                _ => Before::Other,
            };
            if self.before != Before::Caution {
                self.survey.lists[list].tail = range.end;
            }
        } else if self.open.is_empty() {
            self.before = match tag {
                TagEnd::BlockQuote(Some(_)) => Before::Caution,
                _ => Before::Other,
            };
        }
    }

    fn ends_with_colon(&self, at: usize) -> bool {
        matches!(
            at.checked_sub(1).and_then(|before| self.events.get(before)),
            Some((Event::Text(text), _)) if text.trim_end().ends_with([':', '：'])
        )
    }

    fn text(&mut self, at: usize, text: &str) {
        if !matches!(self.open.last(), Some(Frame::Item | Frame::Paragraph)) {
            return;
        }
        let first = |before: usize| {
            matches!(
                at.checked_sub(before).and_then(|at| self.events.get(at)),
                Some((Event::Start(Tag::Item), _))
            )
        };
        let opens = first(1)
            || (first(2)
                && matches!(
                    self.events[at - 1].0,
                    Event::Start(Tag::Paragraph) | Event::TaskListMarker(_)
                ));
        if opens {
            // Boxes that other programs draw.
            let task = match text.chars().next() {
                Some('☐') => Some(false),
                Some('☑' | '☒') => Some(true),
                _ => None,
            };
            if let (Some(item), Some(_)) = (self.item(), task) {
                item.task = task;
            }
        }
        self.survey.decides |= lines::when(text, self.words).is_some();
        // kramdown marks a list on the line after it, which CommonMark takes for the last item's.
        let after_break = at
            .checked_sub(1)
            .is_some_and(|before| self.events[before].0 == Event::SoftBreak);
        if after_break && lines::is_checklist_mark(text) {
            let list = self.open.iter().rev().find_map(|frame| match frame {
                Frame::List(list) => Some(*list),
                _ => None,
            });
            if let Some(list) = list {
                self.survey.lists[list].marked = true;
                self.survey.dropped.extend([at - 1, at]);
            }
        }
    }

    /// The innermost item that is open.
    fn item(&mut self) -> Option<&mut Item> {
        let list = self.open.iter().rev().find_map(|frame| match frame {
            Frame::List(list) => Some(*list),
            _ => None,
        })?;
        self.survey.lists[list].items.last_mut()
    }

    /// Says of each list whether it is a checklist.
    fn decide(mut self) -> Survey {
        for number in 0..self.survey.lists.len() {
            let list = &self.survey.lists[number];
            let tasks = list.items.iter().any(|item| item.task.is_some());
            let in_step = list
                .parent
                .is_some_and(|(parent, item)| self.survey.lists[parent].is_step(item));
            let ordered = list.start.is_some() && (list.active || in_step);
            self.survey.lists[number].is_checklist =
                list.free && (list.marked || ordered || tasks) && !list.items.is_empty();
        }
        self.survey
    }
}

/// The plain text of a heading whose first inner event comes first.
fn title(events: &[(Event<'_>, Range<usize>)]) -> String {
    let mut title = String::new();
    for (event, _) in events {
        match event {
            Event::End(TagEnd::Heading(_)) => break,
            Event::Text(text) | Event::Code(text) => title.push_str(text),
            Event::SoftBreak | Event::HardBreak => title.push(' '),
            _ => {}
        }
    }
    title.trim().to_owned()
}
