//! A page's text taken apart for whoever judges it: what stands under each heading, code line by line, comments.
//!
//! It is made for `bindery check` alone, from the text that the page itself is made of, so that every place is a place in
//! the file. A build does without it.

use std::ops::Range;

use pulldown_cmark::{
    BrokenLink, CodeBlockKind, Event, HeadingLevel, LinkType, Parser, Tag, TagEnd,
};

use super::Options;
use super::text::{self, Prepared};
use crate::path::RelPath;

/// A page's text taken apart. Ranges are bytes of the file.
#[derive(Debug, Default)]
pub struct Outline {
    /// What stands before the first heading, then under each heading up to the next one.
    pub parts: Vec<Part>,
    /// Code blocks, in order.
    pub blocks: Vec<CodeBlock>,
    /// Code in lines of text, in order.
    pub spans: Vec<CodeSpan>,
    /// Targets of links as they are written, and where the links stand.
    pub links: Vec<(Range<usize>, String)>,
    /// List items, in order of their starts; one that stands in another comes after it.
    pub items: Vec<Range<usize>>,
    /// `[text][label]` of labels that nothing defines: where they stand, and the label.
    pub undefined: Vec<(Range<usize>, String)>,
    /// HTML comments outside code.
    pub comments: Vec<(Range<usize>, String)>,
    /// Where the body starts: before it is the front matter.
    pub body: usize,
}

/// A heading and what stands under it, up to the next heading of any level.
#[derive(Debug, Default)]
pub struct Part {
    /// 1 to 6; 0 before the first heading.
    pub level: u8,
    /// The heading's text.
    pub title: String,
    /// The heading.
    pub heading: Range<usize>,
    /// From its heading to the next one.
    pub range: Range<usize>,
    /// Its text but for what links and code say, white space folded to single spaces.
    pub text: String,
    /// How many links it has.
    pub links: usize,
    /// How many words its links say.
    pub linked: usize,
    /// How many list items it has.
    pub items: usize,
    /// Whether it has code, a table, a picture, an embed or raw HTML.
    pub shows: bool,
}

/// A code block.
#[derive(Debug)]
pub struct CodeBlock {
    /// The number of the part it stands in.
    pub part: usize,
    /// The language as its fence says, in lower case; empty without one.
    pub language: String,
    /// Its lines without line ends, and where each starts in the file.
    pub lines: Vec<(usize, String)>,
    /// The whole block.
    pub range: Range<usize>,
}

/// Code in a line of text.
#[derive(Debug)]
pub struct CodeSpan {
    /// The number of the part it stands in.
    pub part: usize,
    /// What it says.
    pub text: String,
    /// Where it stands, its backticks included.
    pub range: Range<usize>,
}

impl CodeBlock {
    /// Its lines and where each starts in the file.
    pub fn numbered(&self) -> Vec<(usize, &str)> {
        (self.lines.iter())
            .map(|(at, line)| (*at, &**line))
            .collect()
    }
}

impl Outline {
    /// Reads the bytes of `path`. What is wrong with them is for whoever builds the page to say.
    pub fn read(path: &RelPath, bytes: &[u8], options: &Options) -> Self {
        let mut unheard = Vec::new();
        let whole = text::decode(path, bytes, &mut unheard);
        let split = text::split(path, &whole, &mut unheard);
        let body = whole.get(split.body..).unwrap_or_default();
        let prepared = Prepared::new(path, body, split.body);
        let mut reader = Reader {
            prepared: &prepared,
            outline: Self {
                parts: vec![Part {
                    range: split.body..split.body,
                    ..Part::default()
                }],
                body: split.body,
                ..Self::default()
            },
            open: None,
            heading: None,
            links: 0,
            html: None,
        };
        let mut broken = Vec::new();
        let mut note = |link: BrokenLink<'_>| {
            if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
                broken.push((link.span, link.reference.into_string()));
            }
            None
        };
        let parser = Parser::new_with_broken_link_callback(
            &prepared.text,
            options.markdown,
            Some(&mut note),
        );
        for (event, range) in parser.into_offset_iter() {
            reader.event(event, range);
        }
        let mut outline = reader.finish(whole.len());
        for (range, label) in broken {
            // `list[0][1]` is code that nobody marked, and footnotes are no links.
            let before = prepared.text[..range.start].chars().next_back();
            let is_name = label.chars().any(char::is_alphabetic) && !label.starts_with('^');
            if is_name && !before.is_some_and(|c| c.is_alphanumeric() || c == ']') {
                let label = prepared.restore(&label).into_owned();
                outline.undefined.push((prepared.span(range).range, label));
            }
        }
        outline.undefined.sort_by_key(|(range, _)| range.start);
        outline.undefined.dedup();
        outline
    }

    /// The part that stands around a place.
    pub fn part_at(&self, at: usize) -> usize {
        let after = self.parts.partition_point(|part| part.range.start <= at);
        after.saturating_sub(1)
    }

    /// The list items that a place stands in, the outermost first.
    pub fn items_at(&self, at: usize) -> impl Iterator<Item = &Range<usize>> {
        let end = self.items.partition_point(|item| item.start <= at);
        self.items[..end]
            .iter()
            .filter(move |item| item.contains(&at))
    }

    /// The item that a step is, by a place in its first line.
    pub fn step_item(&self, at: usize) -> Option<&Range<usize>> {
        self.items_at(at).last()
    }

    /// The end of the section that a part opens: the next heading of its level or a higher one.
    pub fn section_end(&self, part: usize) -> usize {
        let Some(opens) = self.parts.get(part) else {
            return self.body;
        };
        let later = self.parts.iter().skip(part + 1);
        let next = later.clone().find(|later| later.level <= opens.level);
        match next {
            Some(next) => next.range.start,
            None => self.parts.last().map_or(self.body, |last| last.range.end),
        }
    }
}

struct Reader<'a> {
    prepared: &'a Prepared,
    outline: Outline,
    open: Option<CodeBlock>,
    /// The heading that is being read: its level and where it stands.
    heading: Option<(u8, Range<usize>)>,
    /// How many links and pictures are open: what they say is no text of the part.
    links: usize,
    /// An HTML block that is being read.
    html: Option<(Range<usize>, String)>,
}

impl Reader<'_> {
    fn part(&mut self) -> &mut Part {
        if self.outline.parts.is_empty() {
            self.outline.parts.push(Part::default());
        }
        let last = self.outline.parts.len() - 1;
        &mut self.outline.parts[last]
    }

    fn number(&self) -> usize {
        self.outline.parts.len().saturating_sub(1)
    }

    fn file(&self, range: Range<usize>) -> Range<usize> {
        self.prepared.span(range).range
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(&tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) => match &mut self.open {
                Some(_) => self.code(&text, range),
                None => {
                    if self.links == 0 {
                        for found in super::autolink::find(&text) {
                            let place = range.start + found.range.start;
                            let file = self.file(place..place + found.range.len());
                            self.outline.links.push((file, found.href));
                        }
                    }
                    self.words(&self.prepared.restore(&text));
                }
            },
            Event::Code(text) => {
                let text = self.prepared.restore(&text).into_owned();
                if let Some((_, html)) = &mut self.html {
                    html.push_str(&text);
                }
                if self.heading.is_some() {
                    self.words(&text);
                    return;
                }
                let span = CodeSpan {
                    part: self.number(),
                    range: self.file(range),
                    text,
                };
                self.outline.spans.push(span);
                self.part().shows = true;
            }
            Event::Html(raw) => match &mut self.html {
                Some((whole, text)) => {
                    whole.end = range.end;
                    text.push_str(&raw);
                }
                None => self.html(&raw, range),
            },
            Event::InlineHtml(raw) => self.html(&raw, range),
            Event::SoftBreak | Event::HardBreak => self.words(" "),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.words(&text),
            Event::FootnoteReference(_) | Event::Rule | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Heading { level, .. } => {
                let range = self.file(range);
                self.part().range.end = range.start;
                let level = number(*level);
                self.heading = Some((level, range.clone()));
                self.outline.parts.push(Part {
                    level,
                    heading: range.clone(),
                    range,
                    ..Part::default()
                });
            }
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => {
                        let info = self.prepared.restore(info);
                        super::code_block::Info::read(&info).language
                    }
                    CodeBlockKind::Indented => String::new(),
                };
                self.open = Some(CodeBlock {
                    part: self.number(),
                    language: language.to_lowercase(),
                    lines: Vec::new(),
                    range: self.file(range),
                });
                self.part().shows = true;
            }
            Tag::HtmlBlock => self.html = Some((range, String::new())),
            Tag::Item => {
                self.part().items += 1;
                let range = self.file(range);
                self.outline.items.push(range);
                self.words(" ");
            }
            Tag::Table(_) => self.part().shows = true,
            Tag::Image { .. } => {
                self.links += 1;
                self.part().shows = true;
            }
            Tag::Link { dest_url, .. } => {
                self.links += 1;
                let target = self.prepared.restore(dest_url).into_owned();
                let range = self.file(range);
                self.outline.links.push((range, target));
                self.part().links += 1;
            }
            Tag::Paragraph | Tag::TableCell | Tag::DefinitionListDefinition => self.words(" "),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, _: Range<usize>) {
        match tag {
            TagEnd::Heading(_) => self.heading = None,
            TagEnd::CodeBlock => {
                if let Some(block) = self.open.take() {
                    self.outline.blocks.push(block);
                }
            }
            TagEnd::HtmlBlock => {
                if let Some((range, text)) = self.html.take() {
                    self.html(&text, range);
                }
            }
            TagEnd::Link | TagEnd::Image => self.links = self.links.saturating_sub(1),
            _ => {}
        }
    }

    /// Lines of code. The parser gives them as they stand in the text, a piece or a line at a time.
    fn code(&mut self, text: &str, range: Range<usize>) {
        let start = self.prepared.span(range.clone()).range.start;
        let restored = self.prepared.restore(text).into_owned();
        let Some(block) = &mut self.open else { return };
        let mut at = 0;
        for line in restored.split_inclusive('\n') {
            let bare = line.trim_end_matches(['\n', '\r']);
            block.lines.push((start + at, bare.to_owned()));
            at += line.len();
        }
    }

    fn words(&mut self, text: &str) {
        let in_heading = self.heading.is_some();
        let silent = self.links > 0 && !in_heading;
        let part = self.part();
        if silent {
            part.linked += text.split_whitespace().count();
            return;
        }
        let target = if in_heading {
            &mut part.title
        } else {
            &mut part.text
        };
        let joins = !text.starts_with(char::is_whitespace);
        if !joins && !target.is_empty() && !target.ends_with(' ') {
            target.push(' ');
        }
        let mut words = text.split_whitespace();
        if let Some(first) = words.next() {
            target.push_str(first);
        }
        for word in words {
            target.push(' ');
            target.push_str(word);
        }
        if text.len() > 1 && text.ends_with(char::is_whitespace) && !target.ends_with(' ') {
            target.push(' ');
        }
    }

    /// Raw HTML: its comments are kept, anything else shows something.
    fn html(&mut self, raw: &str, range: Range<usize>) {
        let mut rest = raw;
        let mut at = range.start;
        let mut shows = false;
        while let Some(open) = rest.find("<!--") {
            shows |= !rest[..open].trim().is_empty();
            let inner = &rest[open + 4..];
            let (inside, length) = match inner.find("-->") {
                Some(end) => (&inner[..end], end + 7),
                None => (inner, inner.len() + 4),
            };
            let file = self.file(at + open..at + open + length);
            self.outline.comments.push((file, inside.to_owned()));
            rest = rest.get(open + length..).unwrap_or_default();
            at += open + length;
        }
        shows |= !rest.trim().is_empty();
        self.part().shows |= shows;
    }

    fn finish(mut self, end: usize) -> Outline {
        self.part().range.end = end;
        for part in &mut self.outline.parts {
            part.text.truncate(part.text.trim_end().len());
            part.title.truncate(part.title.trim_end().len());
        }
        self.outline
    }
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::Outline;
    use crate::config::Config;
    use crate::path::RelPath;
    use crate::runbook::Options;

    fn read(text: &str) -> Outline {
        let site = RelPath::new("site.toml").unwrap();
        let config = Config::read(&site, "").value;
        let file = RelPath::new("content/a.md").unwrap();
        Outline::read(&file, text.as_bytes(), &Options::new(&config))
    }

    #[test]
    fn parts_and_their_ends() {
        let text = "---\na: b\n---\nIntro [link](x).\r\n\r\n# T\n\n## A\n\ntext `code` more\n\n### B\n\n- one\n- [two](x)\n\n## C\n";
        let outline = read(text);
        let parts: Vec<(u8, &str, &str, usize, usize)> = outline
            .parts
            .iter()
            .map(|p| (p.level, &*p.title, &*p.text, p.links, p.items))
            .collect();
        assert_eq!(
            parts,
            [
                (0, "", "Intro .", 1, 0),
                (1, "T", "", 0, 0),
                (2, "A", "text more", 0, 0),
                (3, "B", "one", 1, 2),
                (2, "C", "", 0, 0),
            ]
        );
        for part in &outline.parts[1..] {
            assert!(text[part.heading.clone()].contains(&part.title));
            assert!(text[part.range.clone()].starts_with('#'));
        }
        let end = |part: usize| &text[outline.section_end(part)..];
        assert!(end(2).starts_with("## C"));
        assert!(end(1).is_empty() && end(4).is_empty());
        assert_eq!(outline.part_at(text.find("one").unwrap()), 3);
    }

    #[test]
    fn code_lines_know_their_places() {
        for text in [
            "```sh\nls -l\n  rm x\n```\n",
            "1. a\n\n   ```bash title=\"x\"\n   ls -l\n     rm x\n   ```\n",
            "# A\r\n\r\n```SH\r\nls -l\r\n  rm x\r\n```\r\n",
            "!!! note\n    ```sh\n    ls -l\n      rm x\n    ```\n",
        ] {
            let outline = read(text);
            let block = &outline.blocks[0];
            assert!(matches!(&*block.language, "sh" | "bash"), "{text:?}");
            let lines: Vec<&str> = block.lines.iter().map(|(_, line)| &**line).collect();
            assert_eq!(lines, ["ls -l", "  rm x"], "{text:?}");
            for (at, line) in &block.lines {
                assert!(
                    text[*at..].trim_start().starts_with(line.trim()),
                    "{text:?}: {}",
                    &text[*at..]
                );
            }
        }
    }

    #[test]
    fn comments_outside_code() {
        let text = "# A\n\n<!-- one -->\n\ntext <!-- two --> text\n\n```\n<!-- no -->\n```\n`<!-- no -->`\n\n<div>\n<!-- three -->\n</div>\n";
        let outline = read(text);
        let comments: Vec<&str> = outline
            .comments
            .iter()
            .map(|(_, text)| text.trim())
            .collect();
        assert_eq!(comments, ["one", "two", "three"]);
        for (range, inner) in &outline.comments {
            assert_eq!(text[range.clone()], format!("<!--{inner}-->"));
        }
    }
}
