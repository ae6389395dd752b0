//! Markdown to HTML with holes: one pass over the parser's events.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{
    Alignment, BlockQuoteKind, CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Parser, Tag,
    TagEnd,
};

use super::autolink;
use super::body::{Fragment, Hole, Word, opaque_mark};
use super::code_block;
use super::dialect;
use super::html::{self, Closings, Standing, Token};
use super::links::{Embed, Leads, Link, LinkKind};
use super::placeholders::Placeholders;
use super::steps::{self, At, Decision, Look, Step};
use super::text::{Prepared, Shortcode, folded, is_picture};
use super::{Checklist, FrontMatter, Heading, Options, RawHtml};
use crate::config::headings;
use crate::diagnostic::{Code, Diagnostic};
use crate::slug;

/// Deepest nesting of lists and quotes that is rendered (a person's text stays below ten).
const DEEPEST: usize = 200;
/// Longest summary of a page, in characters.
const SUMMARY: usize = 200;

/// All that a body's text tells.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) fragment: Fragment,
    pub(crate) headings: Vec<Heading>,
    /// Ids that can be linked to and are not those of headings, steps or decisions.
    pub(crate) anchors: Vec<String>,
    pub(crate) links: Vec<Link>,
    pub(crate) outside: Vec<String>,
    pub(crate) embeds: Vec<Embed>,
    pub(crate) steps: Vec<Step>,
    pub(crate) looks: Vec<Look>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) summary: String,
    /// The first paragraph under the heading that says what is wrong for whom, shortened.
    pub(crate) impact: String,
    /// The heading that the impact stands under.
    pub(crate) impact_title: String,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Reads a prepared body. `param` looks up what `{{< param name >}}` asks for; `matter` says whether the page's lists
/// may be checklists, and which placeholders it declares.
pub(crate) fn read(
    prepared: &Prepared,
    options: &Options,
    param: &dyn Fn(&str) -> Option<String>,
    matter: &FrontMatter,
) -> Read {
    let parser = Parser::new_ext(&prepared.text, options.markdown).into_offset_iter();
    let mut depth = 0_usize;
    let mut too_deep = None;
    let mut events = Events::new(&prepared.text, &options.schemes);
    for (event, range) in parser {
        let deep = match event {
            Event::Start(_) => {
                depth += 1;
                depth > DEEPEST
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                depth >= DEEPEST
            }
            _ => depth > DEEPEST,
        };
        if deep {
            too_deep.get_or_insert(range);
        } else {
            events.push(event, range);
        }
    }
    let cuts_address = events.cuts_address && options.autolinks;
    let mut events = events.finish();
    if cuts_address {
        events = dialect::addresses(&events, &prepared.text);
    }
    if options.scripts {
        events = dialect::scripts(events, &prepared.text);
    }
    let mut writer = Writer::new(prepared, options, param);
    // A page without a checklist speaks of placeholders rather than using them.
    let is_followed = matter.checklist != Some(Checklist::None);
    if is_followed {
        (events, writer.steps) = steps::find(events, prepared, &options.checklists);
    }
    if let Some(range) = too_deep {
        let diagnostic = Diagnostic::new(
            Code::TooDeep,
            format!("nested more than {DEEPEST} levels deep"),
        )
        .at_span(&prepared.span(range))
        .help("what lies deeper is not shown; split the text up");
        writer.read.diagnostics.push(diagnostic);
    }
    for (event, _) in &events {
        if let Event::Html(raw) | Event::InlineHtml(raw) = event {
            writer.closings.add(raw);
            writer.holds_html = true;
        }
    }
    let mut index = 0;
    while let Some((event, range)) = events.get(index) {
        writer.marks(index);
        index += match embed_at(&events[index..]) {
            Some((target, length)) if options.wikilinks => {
                writer.embed(target, range.clone());
                length
            }
            _ => {
                writer.event(event, range.clone());
                1
            }
        };
    }
    if is_followed {
        let declared = |name: &str| matter.params.iter().any(|(known, _)| known == name);
        let placeholders = std::mem::take(&mut writer.placeholders);
        for (diagnostic, range) in placeholders.undeclared(declared) {
            writer.report(diagnostic, range);
        }
    }
    writer.finish()
}

/// Events with neighbouring texts made one, so that an address which the parser cut in two is seen whole.
struct Events<'t> {
    source: &'t str,
    /// The schemes that links may have.
    schemes: &'t [String],
    events: Vec<(Event<'t>, Range<usize>)>,
    run: Option<Run<'t>>,
    /// Whether the heading at hand says an id or a class.
    has_attributes: bool,
    /// Whether emphasis begins where an address goes on.
    cuts_address: bool,
    /// Whether a link is open that is a placeholder.
    placeholder: bool,
}

/// Texts that follow one another: as they stand in the source where that is possible, else put together.
struct Run<'t> {
    first: CowStr<'t>,
    whole: String,
    range: Range<usize>,
}

impl<'t> Events<'t> {
    fn new(source: &'t str, schemes: &'t [String]) -> Self {
        Self {
            source,
            schemes,
            events: Vec::with_capacity(source.len() / 6),
            run: None,
            has_attributes: false,
            cuts_address: false,
            placeholder: false,
        }
    }

    fn push(&mut self, event: Event<'t>, range: Range<usize>) {
        let event = match event {
            Event::Start(Tag::Link {
                link_type: LinkType::Autolink,
                dest_url,
                ..
            }) if dialect::is_placeholder(&dest_url, self.schemes) => {
                self.placeholder = true;
                let written = self.source.get(range.clone()).unwrap_or_default();
                Event::Text(written.into())
            }
            // What the placeholder reads stands in it.
            Event::Text(_) if self.placeholder => return,
            Event::End(TagEnd::Link) if self.placeholder => {
                self.placeholder = false;
                return;
            }
            event => event,
        };
        match &event {
            Event::Start(Tag::Heading { id, classes, .. }) => {
                self.has_attributes = id.is_some() || !classes.is_empty();
            }
            Event::End(TagEnd::Heading(_)) if !self.has_attributes => self.braces(&range),
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough) => {
                let run = self.run.as_ref();
                let text = run.map(|run| {
                    if run.whole.is_empty() {
                        &*run.first
                    } else {
                        &run.whole
                    }
                });
                self.cuts_address |= text.is_some_and(|text| dialect::address(text).is_some());
            }
            _ => {}
        }
        let Event::Text(text) = event else {
            self.end_run();
            self.events.push((event, range));
            return;
        };
        let Some(run) = &mut self.run else {
            self.run = Some(Run {
                first: text,
                whole: String::new(),
                range,
            });
            return;
        };
        let both = run.range.start..range.end;
        let source = self.source.get(both.clone());
        let source = source.filter(|source| {
            let rest = source.strip_prefix(&*run.first);
            run.whole.is_empty() && rest == Some(&*text)
        });
        match source {
            Some(source) => run.first = CowStr::Borrowed(source),
            _ => {
                if run.whole.is_empty() {
                    run.whole.push_str(&run.first);
                }
                run.whole.push_str(&text);
            }
        }
        run.range = both;
    }

    /// Gives a heading back the text in braces at its end.
    fn braces(&mut self, heading: &Range<usize>) {
        let start = match (&self.run, self.events.last()) {
            (Some(run), _) => run.range.end,
            (None, Some((Event::Start(_), _)) | None) => heading.start,
            (None, Some((_, last))) => last.end,
        };
        let rest = self.source.get(start..heading.end);
        let Some(braces) = rest.and_then(dialect::braces) else {
            return;
        };
        let range = start + braces.start..start + braces.end;
        if let Some(text) = self.source.get(range.clone()) {
            self.push(Event::Text(CowStr::Borrowed(text)), range);
        }
    }

    fn end_run(&mut self) {
        let Some(run) = self.run.take() else { return };
        let text = if run.whole.is_empty() {
            run.first
        } else {
            run.whole.into()
        };
        self.events.push((Event::Text(text), run.range));
    }

    fn finish(mut self) -> Vec<(Event<'t>, Range<usize>)> {
        self.end_run();
        self.events
    }
}

/// The target of an embed that is alone in its paragraph, and how many events it takes.
fn embed_at<'e>(events: &'e [(Event<'_>, Range<usize>)]) -> Option<(&'e str, usize)> {
    let [
        (Event::Start(Tag::Paragraph), _),
        (
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                ..
            }),
            _,
        ),
        rest @ ..,
    ] = events
    else {
        return None;
    };
    if !matches!(link_type, LinkType::WikiLink { .. }) || is_picture(dest_url) {
        return None;
    }
    let end = rest
        .iter()
        .position(|(event, _)| matches!(event, Event::End(TagEnd::Image)))?;
    matches!(rest.get(end + 1), Some((Event::End(TagEnd::Paragraph), _)))
        .then_some((dest_url, end + 4))
}

/// What to do about a link whose scheme is not allowed.
fn scheme_help(scheme: &str) -> String {
    if matches!(scheme, "javascript" | "vbscript" | "data") {
        return "such a link runs what it holds; write what is to be done as text".to_owned();
    }
    if scheme.chars().count() == 1 {
        return "this is a path on one machine; write it as code, or put the file beside the page"
            .to_owned();
    }
    format!("if it is meant, add \"{scheme}\" to `schemes` under `[links]` in site.toml")
}

/// A code block that is open.
struct OpenCode {
    info: Option<String>,
    text: String,
    range: Range<usize>,
}

/// A heading that is open.
struct OpenHeading {
    level: u8,
    id: Option<String>,
    classes: Vec<String>,
    range: Range<usize>,
}

/// An image whose alternative text is being read.
struct OpenImage {
    kind: LinkKind,
    target: String,
    title: String,
    range: Range<usize>,
    /// Where in the plain text its own starts.
    plain: usize,
    /// Whether the plain text is read for the image alone.
    own_plain: bool,
}

struct Writer<'a> {
    prepared: &'a Prepared,
    options: &'a Options,
    param: &'a dyn Fn(&str) -> Option<String>,
    read: Read,
    closings: Closings,
    /// Where HTML goes; the last is the one being written. Headings, footnotes and titles are set aside.
    stack: Vec<Fragment>,
    ids: slug::Unique,
    code: Option<OpenCode>,
    heading: Option<OpenHeading>,
    /// Plain text of the heading, image or summary being read.
    plain: Option<String>,
    /// Images whose alternative text is being read, and the link depth: no links inside links.
    images: Vec<OpenImage>,
    in_link: usize,
    depth: usize,
    in_summary: bool,
    /// The heading whose first paragraph is the impact, while that is awaited and while it is read.
    awaits_impact: Option<String>,
    in_impact: Option<String>,
    /// The rank of the best heading for the impact so far: its place among the names that site.toml gives.
    impact_rank: usize,
    table: Vec<Alignment>,
    column: usize,
    in_table_head: bool,
    html_block: Option<(String, Vec<(usize, usize)>)>,
    /// Footnotes by name: number in order of first reference, how often referred to.
    notes: BTreeMap<String, (usize, usize)>,
    note_bodies: BTreeMap<String, Fragment>,
    open_notes: Vec<String>,
    /// Whether the parser saw HTML, which may need cleaning.
    holds_html: bool,
    raw_html: bool,
    /// How many raw elements are open: what cleans them is slow on deep nesting.
    raw_depth: usize,
    opaque: Vec<String>,
    placeholders: Placeholders,
    steps: steps::Found,
    /// How many marks of steps were met, and what the event at hand opens.
    met: usize,
    opens: Option<At>,
}

impl<'a> Writer<'a> {
    fn new(
        prepared: &'a Prepared,
        options: &'a Options,
        param: &'a dyn Fn(&str) -> Option<String>,
    ) -> Self {
        Self {
            prepared,
            options,
            param,
            read: Read::default(),
            closings: Closings::default(),
            stack: vec![Fragment {
                html: String::with_capacity(prepared.text.len() * 2),
                holes: Vec::new(),
            }],
            ids: slug::Unique::default(),
            code: None,
            heading: None,
            plain: None,
            images: Vec::new(),
            in_link: 0,
            depth: 0,
            in_summary: false,
            awaits_impact: None,
            in_impact: None,
            impact_rank: usize::MAX,
            table: Vec::new(),
            column: 0,
            in_table_head: false,
            html_block: None,
            notes: BTreeMap::new(),
            note_bodies: BTreeMap::new(),
            open_notes: Vec::new(),
            holds_html: false,
            raw_html: false,
            raw_depth: 0,
            opaque: Vec::new(),
            placeholders: Placeholders::default(),
            steps: steps::Found::default(),
            met: 0,
            opens: None,
        }
    }

    fn out(&mut self) -> &mut Fragment {
        top(&mut self.stack)
    }

    fn push(&mut self, html: &str) {
        self.out().push(html);
    }

    fn pop(&mut self) -> Fragment {
        self.stack.pop().unwrap_or_default()
    }

    fn report(&mut self, diagnostic: Diagnostic, range: Range<usize>) {
        let span = self.prepared.span(range);
        self.read.diagnostics.push(diagnostic.at_span(&span));
    }

    /// Writes what stands before an event of this number, and learns what it opens.
    fn marks(&mut self, number: usize) {
        self.opens = None;
        while self
            .steps
            .marks
            .get(self.met)
            .is_some_and(|(at, _)| *at <= number)
        {
            let at = std::mem::replace(&mut self.steps.marks[self.met].1, At::Html(""));
            match at {
                At::Html(html) => self.push(html),
                At::Text(text) => self.out().text(&text),
                at => self.opens = Some(at),
            }
            self.met += 1;
        }
    }

    fn event(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                self.start(tag, range);
            }
            Event::End(tag) => {
                self.depth = self.depth.saturating_sub(1);
                self.end(*tag);
            }
            Event::Text(text) => self.text(text, range),
            Event::Code(text) => {
                let text = self.prepared.restore(text);
                self.placeholders.span(&text, &range);
                if let Some(plain) = &mut self.plain {
                    plain.push_str(&text);
                }
                if self.images.is_empty() {
                    self.push("<code>");
                    self.out().text(&text);
                    self.push("</code>");
                }
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text(text, range),
            Event::Html(raw) => match &mut self.html_block {
                Some((text, places)) => {
                    places.push((text.len(), range.start));
                    text.push_str(raw);
                }
                None => self.raw(raw, &[(0, range.start)]),
            },
            Event::InlineHtml(raw) => {
                if self.images.is_empty() {
                    self.raw(raw, &[(0, range.start)]);
                } else if let Some(plain) = &mut self.plain
                    && (self.options.raw_html == RawHtml::Off || html::is_shown(raw))
                {
                    plain.push_str(&self.prepared.restore(raw));
                }
            }
            Event::FootnoteReference(name) => self.footnote_reference(name),
            Event::SoftBreak => self.line_break("\n"),
            Event::HardBreak => self.line_break("<br>\n"),
            Event::Rule => self.push("<hr>\n"),
            Event::TaskListMarker(done) => {
                let done = if *done { " checked" } else { "" };
                self.push(&format!("<input type=\"checkbox\" disabled{done}> "));
            }
        }
    }

    fn line_break(&mut self, html: &str) {
        if let Some(plain) = &mut self.plain {
            plain.push(' ');
        }
        if self.images.is_empty() {
            self.push(html);
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Paragraph => {
                if self.depth == 1 && self.plain.is_none() {
                    self.in_summary = self.read.summary.is_empty();
                    self.in_impact = self.awaits_impact.take();
                    if self.in_summary || self.in_impact.is_some() {
                        self.plain = Some(String::new());
                    }
                }
                self.open("p");
            }
            Tag::Heading {
                level, id, classes, ..
            } => {
                self.heading = Some(OpenHeading {
                    level: number(*level),
                    id: id.as_ref().map(ToString::to_string),
                    classes: classes.iter().map(ToString::to_string).collect(),
                    range,
                });
                self.plain = Some(String::new());
                self.stack.push(Fragment::default());
            }
            Tag::BlockQuote(kind) => self.quote(*kind, &range),
            Tag::CodeBlock(kind) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => Some(self.prepared.restore(info).into_owned()),
                    CodeBlockKind::Indented => None,
                };
                self.code = Some(OpenCode {
                    info,
                    text: String::new(),
                    range,
                });
            }
            Tag::HtmlBlock => self.html_block = Some((String::new(), Vec::new())),
            Tag::List(start) => {
                self.open(match start {
                    None => "ul",
                    Some(_) => "ol",
                });
                if let Some(start) = start.filter(|start| *start != 1) {
                    // The tag was just closed.
                    self.out().html.pop();
                    self.push(&format!(" start=\"{start}\">"));
                }
                self.push("\n");
            }
            Tag::Item => self.open("li"),
            Tag::FootnoteDefinition(name) => {
                self.open_notes.push(name.to_string());
                self.stack.push(Fragment::default());
            }
            Tag::DefinitionList => self.push("<dl>\n"),
            Tag::DefinitionListTitle => self.push("<dt>"),
            Tag::DefinitionListDefinition => self.push("<dd>"),
            Tag::Table(alignments) => {
                self.table.clone_from(alignments);
                self.push("<div class=\"table\" tabindex=\"0\"><table>\n");
            }
            Tag::TableHead => {
                self.in_table_head = true;
                self.column = 0;
                self.push("<thead><tr>");
            }
            Tag::TableRow => {
                self.column = 0;
                self.push("<tr>");
            }
            Tag::TableCell => {
                let class = match self.table.get(self.column) {
                    Some(Alignment::Left) => " class=\"left\"",
                    Some(Alignment::Center) => " class=\"center\"",
                    Some(Alignment::Right) => " class=\"right\"",
                    _ => "",
                };
                self.push(if self.in_table_head { "<th" } else { "<td" });
                self.push(class);
                self.push(">");
                self.column += 1;
            }
            Tag::Emphasis => self.markup("<em>"),
            Tag::Strong => self.markup("<strong>"),
            Tag::Strikethrough => self.markup("<del>"),
            Tag::Superscript => self.markup("<sup>"),
            Tag::Subscript => self.markup("<sub>"),
            Tag::Link {
                link_type,
                dest_url,
                title,
                ..
            } => self.link(*link_type, dest_url, title, range),
            Tag::Image {
                link_type,
                dest_url,
                title,
                ..
            } => {
                let kind = match link_type {
                    LinkType::WikiLink { .. } => LinkKind::WikiImage,
                    _ => LinkKind::Image,
                };
                if self.images.is_empty() {
                    self.stack.push(Fragment::default());
                }
                let own_plain = self.plain.is_none();
                let plain = self.plain.get_or_insert_default().len();
                let (target, title) = (
                    dest_url.to_string(),
                    self.prepared.restore(title).into_owned(),
                );
                self.images.push(OpenImage {
                    kind,
                    target,
                    title,
                    range,
                    plain,
                    own_plain,
                });
            }
            Tag::MetadataBlock(_) => {}
        }
    }

    /// Opens an element, as the mark before it says.
    fn open(&mut self, element: &str) {
        let opens = self.opens.take();
        let out = top(&mut self.stack);
        steps::html::open(element, opens.as_ref(), &self.steps, out);
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                let summary = self.in_summary;
                if (summary || self.in_impact.is_some()) && self.depth == 0 {
                    self.in_summary = false;
                    let text = shorten(self.plain.take().unwrap_or_default());
                    if let Some(title) = self.in_impact.take() {
                        self.read.impact.clone_from(&text);
                        self.read.impact_title = title;
                    }
                    if summary {
                        self.read.summary = text;
                    }
                }
                self.push("</p>\n");
            }
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::BlockQuote(kind) => {
                let is_alert = kind.is_some();
                self.push(if is_alert {
                    "</div>\n"
                } else {
                    "</blockquote>\n"
                });
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => {
                if let Some((raw, places)) = self.html_block.take() {
                    self.raw(&raw, &places);
                }
            }
            TagEnd::List(true) => self.push("</ol>\n"),
            TagEnd::List(false) => self.push("</ul>\n"),
            TagEnd::Item => self.push("</li>\n"),
            TagEnd::FootnoteDefinition => {
                let body = self.pop();
                if let Some(name) = self.open_notes.pop() {
                    self.note_bodies.entry(name).or_insert(body);
                }
            }
            TagEnd::DefinitionList => self.push("</dl>\n"),
            TagEnd::DefinitionListTitle => self.push("</dt>\n"),
            TagEnd::DefinitionListDefinition => self.push("</dd>\n"),
            TagEnd::Table => self.push("</tbody></table></div>\n"),
            TagEnd::TableHead => {
                self.in_table_head = false;
                self.push("</tr></thead><tbody>\n");
            }
            TagEnd::TableRow => self.push("</tr>\n"),
            TagEnd::TableCell => self.push(if self.in_table_head { "</th>" } else { "</td>" }),
            TagEnd::Emphasis => self.markup("</em>"),
            TagEnd::Strong => self.markup("</strong>"),
            TagEnd::Strikethrough => self.markup("</del>"),
            TagEnd::Superscript => self.markup("</sup>"),
            TagEnd::Subscript => self.markup("</sub>"),
            TagEnd::Link => {
                self.in_link = self.in_link.saturating_sub(1);
                self.markup("</a>");
            }
            TagEnd::Image => self.end_image(),
            TagEnd::MetadataBlock(_) => {}
        }
    }

    /// Inline markup, which an image's alternative text has none of.
    fn markup(&mut self, html: &str) {
        if self.images.is_empty() {
            self.push(html);
        }
    }

    fn text(&mut self, text: &CowStr<'_>, range: Range<usize>) {
        if let Some(code) = &mut self.code {
            code.text.push_str(text);
            return;
        }
        let prepared = self.prepared;
        if prepared.shortcodes.is_empty() {
            return self.words(text);
        }
        for piece in prepared.marks(text) {
            match piece {
                Ok(run) => self.words(run),
                Err(shortcode) => self.shortcode(shortcode, range.clone()),
            }
        }
    }

    /// Plain words: bare addresses in them become links.
    fn words(&mut self, run: &str) {
        if let Some(plain) = &mut self.plain {
            plain.push_str(run);
        }
        if !self.images.is_empty() {
            return;
        }
        if self.in_link > 0 || !self.options.autolinks {
            self.out().text(run);
            return;
        }
        let mut at = 0;
        for found in autolink::find(run) {
            self.out().text(&run[at..found.range.start]);
            self.push("<a");
            self.outside(found.href);
            self.push(">");
            self.out().text(&run[found.range.clone()]);
            self.push("</a>");
            at = found.range.end;
        }
        self.out().text(&run[at..]);
    }

    /// A shortcode outside code: a reference, a parameter, or text that stays visible.
    fn shortcode(&mut self, shortcode: &Shortcode, range: Range<usize>) {
        match shortcode.name.as_str() {
            "" => self.words(&shortcode.raw),
            "ref" | "relref" => {
                let title = shortcode.argument.rsplit('/').next().unwrap_or_default();
                self.link(
                    LinkType::Inline,
                    &CowStr::from(shortcode.argument.as_str()),
                    &CowStr::from(""),
                    range,
                );
                // The parser has no range for it: it stands where its mark does.
                if let Some(link) = self.read.links.last_mut() {
                    link.span.range = shortcode.range.clone();
                }
                self.out().text(title);
                self.in_link = self.in_link.saturating_sub(1);
                self.push("</a>");
            }
            "param" => match (self.param)(&shortcode.argument) {
                Some(value) => self.words(&value),
                None => {
                    self.unknown_param(shortcode);
                    self.words(&shortcode.raw);
                }
            },
            _ => {
                let diagnostic = Diagnostic::new(
                    Code::Shortcode,
                    format!(
                        "the shortcode `{}` is not known and is shown as text",
                        shortcode.name
                    ),
                )
                .at(self.prepared.file(), shortcode.range.clone())
                .help("write it as plain Markdown");
                self.read.diagnostics.push(diagnostic);
                self.words(&shortcode.raw);
            }
        }
    }

    fn unknown_param(&mut self, shortcode: &Shortcode) {
        let diagnostic = Diagnostic::new(
            Code::Shortcode,
            format!(
                "no parameter is named `{}`, so its shortcode is shown as text",
                shortcode.argument
            ),
        )
        .at(self.prepared.file(), shortcode.range.clone())
        .help("give it a value under `[extra]`, in the page's front matter or in site.toml");
        self.read.diagnostics.push(diagnostic);
    }

    /// Puts what shortcodes stand for into a link's target; `None` when one of them stands for nothing known, which
    /// is reported: where such a link leads nobody can say.
    fn target(&mut self, target: &str) -> Option<String> {
        let mut known = true;
        let prepared = self.prepared;
        let mut whole = String::with_capacity(target.len());
        // The parser does not touch marks, but an editor's percent-encoding of them is undone here.
        for piece in prepared.marks(target) {
            match piece {
                Ok(plain) => whole.push_str(plain),
                Err(shortcode) => match shortcode.name.as_str() {
                    "ref" | "relref" => whole.push_str(&shortcode.argument),
                    "param" => match (self.param)(&shortcode.argument) {
                        Some(value) => whole.push_str(&value),
                        None => {
                            self.unknown_param(shortcode);
                            known = false;
                        }
                    },
                    _ => whole.push_str(&shortcode.raw),
                },
            }
        }
        known.then_some(whole)
    }

    fn link(
        &mut self,
        link_type: LinkType,
        target: &CowStr<'_>,
        title: &CowStr<'_>,
        range: Range<usize>,
    ) {
        self.in_link += 1;
        if !self.images.is_empty() {
            return;
        }
        let target = self.target(target);
        self.push("<a");
        match (link_type, target) {
            (_, None) => self.push(" data-broken"),
            (LinkType::Email, Some(target)) => self.outside(format!("mailto:{target}")),
            (LinkType::WikiLink { .. }, Some(target)) => self.leads(LinkKind::Wiki, target, range),
            (_, Some(target)) => self.leads(LinkKind::Page, target, range),
        }
        if !title.is_empty() {
            self.push(" title=\"");
            let title = self.prepared.restore(title);
            self.out().text(&title);
            self.push("\"");
        }
        self.push(">");
    }

    /// Writes the hole for a link's address, or nothing when it must not be one.
    fn leads(&mut self, kind: LinkKind, target: String, range: Range<usize>) {
        let leads = match kind {
            LinkKind::Wiki | LinkKind::WikiImage => Leads::Inside,
            _ => Leads::of(&target, &self.options.schemes),
        };
        match leads {
            Leads::Outside => self.outside(target),
            Leads::Inside => {
                let number = self.read.links.len() as u32;
                let span = self.prepared.span(range);
                self.read.links.push(Link { kind, target, span });
                self.out().hole(Hole::Link(number));
            }
            Leads::Schemeless => {
                let diagnostic = Diagnostic::new(
                    Code::LinkScheme,
                    "a link that begins with `//` has no scheme, so it leads nowhere from disk",
                )
                .help("write `https:` before it");
                self.report(diagnostic, range);
                self.push(" data-broken");
            }
            Leads::Nowhere => {
                let diagnostic = Diagnostic::new(Code::BrokenLink, "the link has no target")
                    .help("write where it leads between the round brackets");
                self.report(diagnostic, range);
                self.push(" data-broken");
            }
            Leads::Forbidden(scheme) => {
                let diagnostic = Diagnostic::new(
                    Code::LinkScheme,
                    format!("links with `{scheme}:` are not allowed"),
                )
                .help(scheme_help(&scheme));
                self.report(diagnostic, range);
                self.push(" data-broken");
            }
        }
    }

    fn outside(&mut self, target: String) {
        let number = self.read.outside.len() as u32;
        self.read.outside.push(target);
        self.out().hole(Hole::Outside(number));
    }

    fn end_image(&mut self) {
        let Some(image) = self.images.pop() else {
            return;
        };
        if !self.images.is_empty() {
            return;
        }
        self.pop();
        let plain = self.plain.as_deref().unwrap_or_default();
        let alt = plain.get(image.plain..).unwrap_or_default().to_owned();
        if image.own_plain {
            self.plain = None;
        }
        let Some(target) = self.target(&image.target) else {
            self.push("<span data-broken>");
            self.out().text(&alt);
            return self.push("</span>");
        };
        self.push("<img");
        self.leads(image.kind, target, image.range);
        self.push(" alt=\"");
        self.out().text(&alt);
        self.push("\"");
        if !image.title.is_empty() {
            self.push(" title=\"");
            self.out().text(&image.title);
            self.push("\"");
        }
        self.push(" loading=\"lazy\">");
    }

    fn embed(&mut self, target: &str, range: Range<usize>) {
        let number = self.read.embeds.len() as u32;
        let span = self.prepared.span(range);
        self.read.embeds.push(Embed {
            target: target.to_owned(),
            span,
        });
        self.out().hole(Hole::Embed(number));
    }

    fn quote(&mut self, kind: Option<BlockQuoteKind>, range: &Range<usize>) {
        let (class, word) = match kind {
            None => return self.push("<blockquote>\n"),
            Some(BlockQuoteKind::Note) => ("note", Word::Note),
            Some(BlockQuoteKind::Tip) => ("tip", Word::Tip),
            Some(BlockQuoteKind::Important) => ("important", Word::Important),
            Some(BlockQuoteKind::Warning) => ("warning", Word::Warning),
            Some(BlockQuoteKind::Caution) => ("caution", Word::Caution),
        };
        self.push(&format!(
            "<div class=\"alert {class}\" role=\"note\">\n<p class=\"alert-title\">"
        ));
        let titles = &self.prepared.titles;
        let title = titles
            .iter()
            .find(|(place, _)| *place == range.start)
            .map(|(_, title)| title.clone());
        match title {
            Some(title) => self.out().text(&title),
            None => self.out().hole(Hole::Word(word)),
        }
        self.push("</p>\n");
    }

    fn end_heading(&mut self) {
        let mut inner = self.pop();
        let Some(open) = self.heading.take() else {
            return;
        };
        let title = self.plain.take().unwrap_or_default().trim().to_owned();
        self.awaits_impact = match headings::rank(&title, &self.options.impact) {
            // Of two such headings the better name wins: Meaning mostly stands before Impact, and says less.
            Some(rank) if rank < self.impact_rank || self.read.impact.is_empty() => {
                self.impact_rank = rank;
                Some(title.clone())
            }
            _ => None,
        };
        let wanted = open.id.clone().unwrap_or_else(|| slug::heading(&title));
        let id = self.ids.claim(&wanted);
        // Old pages put an anchor of the same name into the heading.
        inner.give_up_id(&id);
        let number = self.read.headings.len() as u32;
        let level = open.level;
        let on_sheet = steps::on_sheet(&title, level, &self.options.checklists);
        let out = self.out();
        out.hole(Hole::Heading(number));
        out.push(heading_tag(level).0);
        out.push(" id=\"");
        out.hole(Hole::IdPrefix);
        out.text(&id);
        out.push("\"");
        if !open.classes.is_empty() {
            out.push(" class=\"");
            out.text(&open.classes.join(" "));
            out.push("\"");
        }
        if on_sheet {
            out.push(" data-sheet");
        }
        out.push(">");
        out.append(inner);
        out.push(" <a class=\"anchor\" href=\"#");
        out.hole(Hole::IdPrefix);
        out.text(&id);
        out.push("\" aria-label=\"");
        out.text(&title);
        out.push("\"></a>");
        out.push(heading_tag(level).1);
        out.push("\n");
        let span = self.prepared.span(open.range);
        self.read.headings.push(Heading {
            level,
            id,
            title,
            span,
        });
    }

    fn end_code(&mut self) {
        let Some(open) = self.code.take() else { return };
        let text = self.prepared.restore(&open.text);
        self.destructive(open.info.as_deref(), &text);
        let mut block = String::with_capacity(text.len() * 2 + 256);
        let diagnostics = code_block::write(open.info.as_deref(), &text, &mut block);
        self.placeholders
            .block(&block, &self.prepared.text, &open.range);
        let line_end = self.prepared.text[open.range.clone()]
            .find('\n')
            .map_or(open.range.end, |n| open.range.start + n);
        for diagnostic in diagnostics {
            self.report(diagnostic, open.range.start..line_end);
        }
        if open.info.is_some() && !code_block::is_closed(&self.prepared.text[open.range.clone()]) {
            let diagnostic = Diagnostic::new(Code::UnclosedFence, "this code block is never closed")
                .help("everything after it is code; end it with a line of as many backticks as it starts with");
            self.report(diagnostic, open.range.start..line_end);
        }
        if self.holds_html && self.options.raw_html == RawHtml::Sanitized {
            // Kept out of the cleaner's sight: it is ours and it is long.
            let mark = opaque_mark(self.opaque.len());
            self.opaque.push(block);
            self.push(&mark);
        } else {
            self.push(&block);
        }
        self.push("\n");
    }

    /// Says above a block which of its commands take something away for good.
    fn destructive(&mut self, info: Option<&str>, text: &str) {
        let found = code_block::destructive(info, text);
        if found.is_empty() {
            return;
        }
        let out = self.out();
        out.push("<p class=\"destructive\"><strong>");
        out.hole(Hole::Word(Word::Destructive));
        out.push("</strong>");
        for command in found {
            out.push(" <code>");
            out.text(&command);
            out.push("</code>");
        }
        out.push("</p>\n");
    }

    fn footnote_reference(&mut self, name: &str) {
        let next = self.notes.len() + 1;
        let (number, count) = self.notes.entry(name.to_owned()).or_insert((next, 0));
        *count += 1;
        let (number, count) = (*number, *count);
        let again = if count > 1 {
            format!("-{count}")
        } else {
            String::new()
        };
        let out = self.out();
        out.push("<sup class=\"footnote\"><a id=\"");
        out.hole(Hole::IdPrefix);
        out.push(&format!("fnref-{number}{again}\" href=\"#"));
        out.hole(Hole::IdPrefix);
        out.push(&format!("fn-{number}\">{number}</a></sup>"));
        self.read.anchors.push(format!("fnref-{number}{again}"));
    }

    fn footnotes(&mut self) {
        if self.notes.is_empty() && self.note_bodies.is_empty() {
            return;
        }
        let mut notes: Vec<(usize, String)> = self
            .notes
            .iter()
            .map(|(name, (n, _))| (*n, name.clone()))
            .collect();
        notes.sort();
        self.push("<section class=\"footnotes\" aria-label=\"");
        self.out().hole(Hole::Word(Word::Footnotes));
        self.push("\">\n<ol>\n");
        for (number, name) in notes {
            let body = self.note_bodies.remove(&name).unwrap_or_default();
            let out = self.out();
            out.push("<li id=\"");
            out.hole(Hole::IdPrefix);
            out.push(&format!("fn-{number}\">"));
            out.append(body);
            out.push("<a class=\"footnote-back\" href=\"#");
            out.hole(Hole::IdPrefix);
            out.push(&format!("fnref-{number}\" aria-label=\""));
            out.hole(Hole::Word(Word::Back));
            out.push("\">↩</a></li>\n");
            self.read.anchors.push(format!("fn-{number}"));
        }
        // A note that nothing refers to is a note all the same.
        for (name, body) in std::mem::take(&mut self.note_bodies) {
            let number = self.notes.len() + 1;
            self.notes.insert(name, (number, 0));
            let out = self.out();
            out.push("<li id=\"");
            out.hole(Hole::IdPrefix);
            out.push(&format!("fn-{number}\">"));
            out.append(body);
            out.push("</li>\n");
            self.read.anchors.push(format!("fn-{number}"));
        }
        self.push("</ol>\n</section>\n");
    }

    /// Raw HTML; `places` says where in the prepared text each part of `raw` stands.
    fn raw(&mut self, raw: &str, places: &[(usize, usize)]) {
        let at = |place: usize| {
            let index = places.partition_point(|(start, _)| *start <= place);
            places
                .get(index.saturating_sub(1))
                .map_or(0, |(start, source)| source + (place - start))
        };
        match self.options.raw_html {
            RawHtml::Off => return self.out().text(raw),
            RawHtml::On => return self.raw_on(raw, &at),
            RawHtml::Sanitized => {}
        }
        for (token, range) in html::tokens(raw) {
            let source = at(range.start)..at(range.end.saturating_sub(1)) + 1;
            match token {
                Token::Text(text) => {
                    if let Some(plain) = &mut self.plain {
                        plain.push_str(text);
                    }
                    // Entities are the author's; a lone `<` is not a tag.
                    let restored = self.prepared.restore(text).replace('<', "&lt;");
                    self.push(&restored);
                }
                // `<!channel>` and `<?x?>` declare nothing in a page: they are what somebody wrote.
                Token::Comment if html::is_declaration(&raw[range.clone()]) => {
                    self.words(&raw[range]);
                }
                Token::Comment => {}
                Token::Open(tag) => match self.closings.standing(&tag) {
                    Standing::Allowed if self.raw_depth >= DEEPEST => {
                        self.too_deep(source);
                        self.words(&raw[range]);
                    }
                    Standing::Allowed => self.open_tag(&tag, source),
                    standing => self.shown(&raw[range], standing, &tag.name, source),
                },
                Token::Close(name) => match Closings::standing_of_close(&name) {
                    Standing::Allowed => {
                        self.raw_html = true;
                        self.raw_depth = self.raw_depth.saturating_sub(1);
                        self.push(&format!("</{name}>"));
                    }
                    Standing::Forbidden => {
                        let text = raw[range].to_owned();
                        self.words(&text);
                    }
                    Standing::Placeholder => {
                        self.shown(&raw[range], Standing::Placeholder, &name, source)
                    }
                },
            }
        }
    }

    /// Raw HTML of an author who is trusted: all of it passes but words in angle brackets, which a browser would
    /// swallow.
    fn raw_on(&mut self, raw: &str, at: &dyn Fn(usize) -> usize) {
        // A script's text is its own: tags in it are strings.
        let mut script = None;
        for (token, range) in html::tokens(raw) {
            let source = at(range.start)..at(range.end.saturating_sub(1)) + 1;
            let text = &raw[range];
            if script.is_some() {
                let restored = self.prepared.restore(text);
                self.push(&restored);
                script = script.filter(|name| token != Token::Close(String::clone(name)));
                continue;
            }
            let name = match &token {
                Token::Open(tag) if matches!(&*tag.name, "script" | "style") => {
                    script = Some(tag.name.clone());
                    None
                }
                Token::Open(tag) if self.leads_inside(tag) => {
                    self.inside_tag(tag, source);
                    continue;
                }
                Token::Open(tag) => {
                    let named = tag
                        .attributes
                        .iter()
                        .filter(|(key, _)| key == "id" || key == "name");
                    self.read
                        .anchors
                        .extend(named.map(|(_, value)| value.to_string()));
                    Some((&tag.name, tag.attributes.is_empty()))
                }
                Token::Close(name) => Some((name, true)),
                Token::Text(_) | Token::Comment => None,
            };
            match name {
                Some((name, bare))
                    if html::is_placeholder(name) && bare && !self.closings.closes(name) =>
                {
                    self.shown(text, Standing::Placeholder, &name.clone(), source);
                }
                _ => {
                    let restored = self.prepared.restore(text);
                    self.push(&restored);
                }
            }
        }
    }

    /// Whether a tag links to something in the site.
    fn leads_inside(&self, tag: &html::Tag<'_>) -> bool {
        address(tag)
            .is_some_and(|(_, target)| Leads::of(&target, &self.options.schemes) == Leads::Inside)
    }

    /// A trusted author's link into the site: all of it passes, and its target is looked for.
    fn inside_tag(&mut self, tag: &html::Tag<'_>, source: Range<usize>) {
        self.push(&format!("<{}", tag.name));
        self.tag_address(tag, source);
        for (name, value) in &tag.attributes {
            if name == "id" || name == "name" {
                self.read.anchors.push(value.to_string());
            }
            if !matches!(name.as_str(), "href" | "src") {
                let value = self.prepared.restore(value).replace('"', "&quot;");
                self.push(&format!(" {name}=\"{value}\""));
            }
        }
        self.push(">");
    }

    /// Writes the hole for where a tag leads, if it leads anywhere.
    fn tag_address(&mut self, tag: &html::Tag<'_>, source: Range<usize>) {
        let Some((kind, target)) = address(tag) else {
            return;
        };
        match self.target(&target) {
            Some(target) => self.leads(kind, target, source),
            None => self.push(" data-broken"),
        }
    }

    /// Reports raw HTML that is nested too deeply, once a page.
    fn too_deep(&mut self, source: Range<usize>) {
        if (self.read.diagnostics.iter()).any(|found| found.code == Code::TooDeep) {
            return;
        }
        let message = format!("raw HTML is nested more than {DEEPEST} levels deep");
        let diagnostic = Diagnostic::new(Code::TooDeep, message)
            .help("close the elements; what lies deeper is shown as text");
        self.report(diagnostic, source);
    }

    /// Shows a tag as the text it is.
    fn shown(&mut self, tag: &str, standing: Standing, name: &str, source: Range<usize>) {
        if standing == Standing::Forbidden {
            let diagnostic = Diagnostic::new(Code::UnsafeHtml, format!("`<{name}>` is not allowed and is shown as text"))
                .help("write it as Markdown, or set `raw_html = \"on\"` under `[markdown]` in site.toml if you trust every author");
            self.report(diagnostic, source);
            self.words(tag);
            return;
        }
        if let Some(plain) = &mut self.plain {
            plain.push_str(tag);
        }
        self.push("<span class=\"placeholder\">");
        let tag = self.prepared.restore(tag);
        self.placeholders.tag(&tag, source);
        self.out().text(&tag);
        self.push("</span>");
    }

    /// An allowed tag, written anew with the attributes that are allowed.
    fn open_tag(&mut self, tag: &html::Tag<'_>, source: Range<usize>) {
        self.raw_html = true;
        self.raw_depth += usize::from(!html::is_void(&tag.name));
        self.push(&format!("<{}", tag.name));
        self.tag_address(tag, source);
        let mut written: Vec<&str> = Vec::new();
        for (name, raw) in &tag.attributes {
            // `name` on an anchor is how old pages spell `id`.
            let name = if tag.name == "a" && name == "name" {
                "id"
            } else {
                name.as_str()
            };
            if !html::attribute_allowed(&tag.name, name) || written.contains(&name) {
                continue;
            }
            written.push(name);
            let value = decode_entities(raw);
            self.push(&format!(" {name}=\""));
            if name == "id" {
                self.out().hole(Hole::IdPrefix);
                self.read.anchors.push(value.clone());
            }
            let value = self.prepared.restore(&value);
            self.out().text(&value);
            self.push("\"");
        }
        self.push(">");
    }

    fn finish(mut self) -> Read {
        self.footnotes();
        let mut whole = Fragment::default();
        for part in std::mem::take(&mut self.stack) {
            whole.append(part);
        }
        let opaque = std::mem::take(&mut self.opaque);
        whole = if self.raw_html {
            whole.cleaned(&opaque, |html| self.options.cleaner.clean(html))
        } else if opaque.is_empty() {
            whole
        } else {
            whole.cleaned(&opaque, str::to_owned)
        };
        self.read.fragment = whole;
        let mut found = self.steps;
        // Kept for as long as the site: what doubling grew too far is given back.
        found.steps.shrink_to_fit();
        found.looks.shrink_to_fit();
        (self.read.steps, self.read.looks) = (found.steps, found.looks);
        self.read.decisions = found.decisions;
        self.read
    }
}

/// The fragment that is being written.
fn top(stack: &mut Vec<Fragment>) -> &mut Fragment {
    if stack.is_empty() {
        stack.push(Fragment::default());
    }
    let last = stack.len() - 1;
    &mut stack[last]
}

/// How a heading's tag begins, and the one that closes it.
fn heading_tag(level: u8) -> (&'static str, &'static str) {
    match level {
        1 => ("<h1", "</h1>"),
        2 => ("<h2", "</h2>"),
        3 => ("<h3", "</h3>"),
        4 => ("<h4", "</h4>"),
        5 => ("<h5", "</h5>"),
        _ => ("<h6", "</h6>"),
    }
}

/// Where a tag leads, and how.
fn address(tag: &html::Tag<'_>) -> Option<(LinkKind, String)> {
    let (kind, key) = match tag.name.as_str() {
        "a" => (LinkKind::Page, "href"),
        "img" => (LinkKind::Image, "src"),
        _ => return None,
    };
    let value = tag.attributes.iter().find(|(name, _)| name == key);
    value.map(|(_, value)| (kind, decode_entities(value)))
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

/// `text` up to a word's end near [`SUMMARY`] characters, white space folded.
fn shorten(text: String) -> String {
    let text = folded(text);
    if text.len() <= SUMMARY {
        return text;
    }
    let mut short = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let word_length = word.chars().count();
        if length + word_length > SUMMARY {
            // A word of its own length, as in CJK text, is cut.
            if short.is_empty() {
                short.extend(word.chars().take(SUMMARY));
            }
            short.push('…');
            break;
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
        length += word_length + 1;
    }
    short
}

/// Decodes the entities in an attribute's value that can matter to where a link leads. What is not decoded
/// is escaped again when it is written, so it stays inert.
fn decode_entities(value: &str) -> String {
    let mut decoded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find('&') {
        decoded.push_str(&rest[..start]);
        rest = &rest[start..];
        let entity = rest
            .find(';')
            .filter(|end| *end < 12)
            .and_then(|end| Some((entity(&rest[1..end])?, end + 1)));
        let (c, length) = entity.unwrap_or(('&', 1));
        decoded.push(c);
        rest = &rest[length..];
    }
    decoded.push_str(rest);
    decoded
}

/// What the entity with this name stands for, for those that can matter to a link or are common in text.
pub(super) fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "colon" => Some(':'),
        "Tab" => Some('\t'),
        "NewLine" => Some('\n'),
        "nbsp" => Some('\u{A0}'),
        _ => None,
    }
}
