//! A body: HTML with holes where only the site knows what belongs there.

use std::ops::Range;

use super::text::{MARK_CLOSE, MARK_OPEN};

/// What belongs at a place in a body's HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hole {
    /// ` href="..."` or ` src="..."` of the link with this number among the facts' links.
    Link(u32),
    /// ` href="..."` to the address outside the site with this number.
    Outside(u32),
    /// The embed with this number.
    Embed(u32),
    /// What keeps ids apart when this body is embedded in another page; nothing on its own page.
    IdPrefix,
    /// Nothing: the heading with this number starts here.
    Heading(u32),
    /// A word of the interface.
    Word(Word),
    /// The attributes of the item of the step with this number.
    Step(u32),
    /// The box, the number and the place for the time of that step.
    StepBox(u32),
    /// The attributes of that step's first line.
    StepText(u32),
}

impl Hole {
    /// The attribute that stands for the hole while it is cleaned, where it lies in a tag: it must look like one to
    /// survive. `before` is what stands before it.
    fn attribute(self, before: &str) -> Option<&'static str> {
        match self {
            Self::Link(_) | Self::Outside(_) if before.ends_with("<img") => Some("src"),
            Self::Link(_) | Self::Outside(_) => Some("href"),
            Self::Step(_) | Self::StepText(_) => Some("class"),
            _ => None,
        }
    }
}

/// A word that stands in the HTML of a body, where no template is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// The title of a note.
    Note,
    /// The title of a tip.
    Tip,
    /// The title of something important.
    Important,
    /// The title of a warning.
    Warning,
    /// The title of a caution.
    Caution,
    /// What the list of footnotes is called.
    Footnotes,
    /// What leads from a footnote back to the text.
    Back,
    /// What stands before a command that takes something away for good.
    Destructive,
}

impl Word {
    /// Its key in the table `body` of a language file, and what it is in English.
    pub fn key(self) -> (&'static str, &'static str) {
        match self {
            Self::Note => ("note", "Note"),
            Self::Tip => ("tip", "Tip"),
            Self::Important => ("important", "Important"),
            Self::Warning => ("warning", "Warning"),
            Self::Caution => ("caution", "Caution"),
            Self::Footnotes => ("footnotes", "Footnotes"),
            Self::Back => ("back", "Back to the text"),
            Self::Destructive => ("destructive", "Destructive:"),
        }
    }
}

/// HTML with holes, in order of their places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fragment {
    /// The HTML around the holes.
    pub html: String,
    /// Where in `html` each hole is.
    pub holes: Vec<(usize, Hole)>,
}

impl Fragment {
    /// Adds HTML.
    pub(crate) fn push(&mut self, html: &str) {
        self.html.push_str(html);
    }

    /// Adds text, escaped.
    pub(crate) fn text(&mut self, text: &str) {
        super::code::escape(text, &mut self.html);
    }

    /// Adds a hole.
    pub(crate) fn hole(&mut self, hole: Hole) {
        self.holes.push((self.html.len(), hole));
    }

    /// The same in memory of its own size: bodies are kept as long as the site is, and what they were written into
    /// is twice as large.
    pub(crate) fn fitted(&self) -> Fragment {
        Fragment {
            html: self.html.as_str().to_owned(),
            holes: self.holes.as_slice().to_owned(),
        }
    }

    /// Takes the first `length` bytes of HTML away, and the holes in them.
    pub(crate) fn cut(&mut self, length: usize) {
        self.html.drain(..length);
        self.holes.retain_mut(|(at, _)| {
            let stays = *at >= length;
            *at = at.saturating_sub(length);
            stays
        });
    }

    /// Takes the first ` id="..."` with this id away: something else has it.
    pub(crate) fn give_up_id(&mut self, id: &str) {
        let attribute = format!(" id=\"{id}\"");
        let Some(start) = self.html.find(&attribute) else {
            return;
        };
        let end = start + attribute.len();
        self.html.replace_range(start..end, "");
        self.holes.retain_mut(|(at, _)| {
            let inside = (start + 1..end).contains(at);
            if *at >= end {
                *at -= attribute.len();
            }
            !inside
        });
    }

    /// Adds all of `other`.
    pub(crate) fn append(&mut self, other: Fragment) {
        if self.html.is_empty() && self.holes.is_empty() {
            *self = other;
            return;
        }
        let base = self.html.len();
        self.holes
            .extend(other.holes.into_iter().map(|(at, hole)| (base + at, hole)));
        self.html.push_str(&other.html);
    }

    /// The part of it in `range`.
    pub fn slice(&self, range: Range<usize>) -> Fragment {
        // A hole at the very end belongs to the part that ends there.
        let last = range.end == self.html.len();
        let inside = |at: usize| range.contains(&at) || (last && at == range.end);
        let holes = self.holes.iter().filter(|(at, _)| inside(*at));
        let holes = holes.map(|(at, hole)| (at - range.start, *hole)).collect();
        Fragment {
            html: self.html[range.clone()].to_owned(),
            holes,
        }
    }

    /// Passes the HTML through `clean` with each hole, and each block of `opaque` HTML, kept out of its sight.
    pub(crate) fn cleaned(self, opaque: &[String], clean: impl Fn(&str) -> String) -> Fragment {
        let mut marked = String::with_capacity(self.html.len() + self.holes.len() * 16);
        let mut at = 0;
        for (number, (place, hole)) in self.holes.iter().enumerate() {
            marked.push_str(&self.html[at..*place]);
            let mark = format!("{MARK_OPEN}{number}{MARK_CLOSE}");
            match hole.attribute(&self.html[..*place]) {
                Some(name) => marked.push_str(&format!(" {name}=\"{mark}\"")),
                None => marked.push_str(&mark),
            }
            at = *place;
        }
        marked.push_str(&self.html[at..]);
        let cleaned = clean(&marked);

        let mut fragment = Fragment::default();
        let mut rest = cleaned.as_str();
        while let Some(open) = rest.find(MARK_OPEN) {
            let (before, after) = rest.split_at(open);
            let Some(close) = after.find(MARK_CLOSE) else {
                break;
            };
            let number = &after[MARK_OPEN.len_utf8()..close];
            let mut next = &after[close + MARK_CLOSE.len_utf8()..];
            let hole = number
                .parse()
                .ok()
                .and_then(|number: usize| self.holes.get(number));
            match hole {
                Some((place, hole)) => {
                    let name = hole.attribute(&self.html[..*place]);
                    let bare = name.and_then(|name| {
                        let before = before.strip_suffix("=\"")?.strip_suffix(name)?;
                        before.strip_suffix(' ')
                    });
                    fragment.push(bare.unwrap_or(before));
                    fragment.hole(*hole);
                    if bare.is_some() {
                        next = next.strip_prefix('"').unwrap_or(next);
                    }
                }
                None => {
                    fragment.push(before);
                    let block = number
                        .strip_prefix('c')
                        .and_then(|number| opaque.get(number.parse::<usize>().ok()?));
                    fragment.push(block.map_or("", String::as_str));
                }
            }
            rest = next;
        }
        fragment.push(rest);
        fragment
    }
}

/// The mark for block `number` of opaque HTML; see [`Fragment::cleaned`].
pub(crate) fn opaque_mark(number: usize) -> String {
    format!("{MARK_OPEN}c{number}{MARK_CLOSE}")
}

#[cfg(test)]
mod tests {
    use super::{Fragment, Hole, opaque_mark};

    #[test]
    fn holes_survive_cleaning() {
        let mut fragment = Fragment::default();
        fragment.push("<p><a");
        fragment.hole(Hole::Link(7));
        fragment.push(">x</a><img");
        fragment.hole(Hole::Link(8));
        fragment.push(" alt=\"\">");
        fragment.hole(Hole::Heading(0));
        fragment.push(&opaque_mark(0));
        fragment.push("<i");
        fragment.hole(Hole::Step(9));
        fragment.push(">");
        fragment.hole(Hole::StepBox(9));
        fragment.push("</i></p>");
        let opaque = ["<pre>code</pre>".to_owned()];
        let cleaned = fragment.clone().cleaned(&opaque, str::to_owned);
        assert_eq!(
            cleaned.html,
            "<p><a>x</a><img alt=\"\"><pre>code</pre><i></i></p>"
        );
        assert_eq!(
            cleaned
                .holes
                .iter()
                .map(|(_, hole)| *hole)
                .collect::<Vec<_>>(),
            [
                Hole::Link(7),
                Hole::Link(8),
                Hole::Heading(0),
                Hole::Step(9),
                Hole::StepBox(9)
            ]
        );
        assert_eq!(cleaned.slice(5..6).holes, [(0, Hole::Link(7))]);
    }
}
