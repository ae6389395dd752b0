//! A body with its holes filled: links as the page that shows it must write them, embeds in their places.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use super::{short, step};
use crate::diagnostic::{Code, Diagnostic};
use crate::path::OutPath;
use crate::runbook::code::escape;
use crate::runbook::{Body, Fragment, Hole, LinkKind, Look, Step, Word};
use crate::site::Site;
use crate::site::address::{encode, relative};
use crate::site::{EmbedTarget, Resolved};
use crate::theme::Words;

/// Most HTML that embeds may bring to one page, in bytes: a page that embeds a page that embeds ten grows fast.
const LARGEST: usize = 8 * 1024 * 1024;

/// What a footnote begins with, up to its id.
const NOTE: &str = "<li id=\"";

/// What fills a body. Its hash stands for the HTML it will give.
pub(super) struct Content<'a> {
    body: &'a Body,
    /// The body's steps; its hash stands for them too.
    steps: &'a [Step],
    /// The part of the body that is shown.
    range: Range<usize>,
    /// ` href="..."` for each link.
    links: Vec<String>,
    /// What each embed shows, or its target as it is written, where there is nothing to show.
    embeds: Vec<Result<Embedded<'a>, &'a str>>,
    /// Keeps ids apart.
    prefix: String,
    /// The words of the interface; the theme's identity stands for them.
    words: &'a Words,
}

/// A page, or a section of it, inside another.
struct Embedded<'a> {
    content: Content<'a>,
    href: String,
    title: String,
}

impl Hash for Content<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.body.hash, &self.range, &self.links, &self.prefix).hash(state);
        for embedded in &self.embeds {
            embedded
                .as_ref()
                .map(|embedded| (&embedded.content, &embedded.href, &embedded.title))
                .hash(state);
        }
    }
}

impl<'a> Content<'a> {
    /// The content of page `number` as `out` shows it.
    pub(super) fn new(
        site: &'a Site,
        bodies: &'a [Arc<Body>],
        words: &'a Words,
        number: usize,
        out: &OutPath,
    ) -> Self {
        Self::part(site, bodies, words, number, None, out, String::new())
    }

    fn part(
        site: &'a Site,
        bodies: &'a [Arc<Body>],
        words: &'a Words,
        number: usize,
        heading: Option<usize>,
        out: &OutPath,
        prefix: String,
    ) -> Self {
        let body: &Body = &bodies[number];
        let page = &site.pages[number];
        let range = match heading {
            Some(heading) => section(&body.fragment, &page.facts.headings, heading),
            None => 0..body.fragment.html.len(),
        };
        let links = site.links[number]
            .iter()
            .zip(&page.facts.links)
            .map(|(resolved, link)| {
                let name = if matches!(link.kind, LinkKind::Image | LinkKind::WikiImage) {
                    "src"
                } else {
                    "href"
                };
                let own = prefix.is_empty();
                let mut written =
                    attribute(name, target(site, resolved, number, out, own).as_deref());
                if let Resolved::Asset(path, _) = resolved
                    && let Some((width, height)) = site.pictures.get(path).filter(|_| name == "src")
                {
                    written.push_str(&format!("{SIZE}\"{width}\" height=\"{height}\""));
                }
                if let Some(short) = called(site, resolved, number).filter(|_| name == "href") {
                    written.push_str(&attribute("data-to", Some(short)));
                }
                written
            })
            .collect();
        let embeds = site.embeds[number]
            .iter()
            .enumerate()
            .zip(&page.facts.embeds)
            .map(|((at, embed), said)| {
                let EmbedTarget { page, heading } = embed.as_ref().ok_or(said.target.as_str())?;
                let inner = format!("{prefix}{}-{}--", site.pages[*page].id, at + 1);
                let facts = &site.pages[*page].facts;
                let (fragment, title) = match heading {
                    Some(heading) => (
                        format!("#{}", facts.headings[*heading].id),
                        &facts.headings[*heading].title,
                    ),
                    None => (String::new(), &facts.title),
                };
                Ok(Embedded {
                    content: Self::part(site, bodies, words, *page, *heading, out, inner),
                    href: format!(
                        "{}{fragment}",
                        relative(out, &site.pages[*page].address.href)
                    ),
                    title: title.clone(),
                })
            })
            .collect();
        Self {
            body,
            steps: &page.facts.steps,
            range,
            links,
            embeds,
            prefix,
            words,
        }
    }

    /// The HTML of the body.
    pub(super) fn html(&self, diagnostics: &mut Vec<Diagnostic>) -> String {
        let mut html = String::with_capacity(self.range.len() * 2);
        let mut budget = LARGEST;
        self.fill(
            &self.body.fragment,
            self.range.clone(),
            &mut html,
            &mut budget,
        );
        if budget == 0 {
            diagnostics.push(
                Diagnostic::new(
                    Code::BrokenEmbed,
                    format!("embeds bring more than {} MiB to a page", LARGEST >> 20),
                )
                .help("embed sections instead of whole pages"),
            );
        }
        html
    }

    /// The HTML of the heading that is the page's title; empty where the body has none.
    pub(super) fn heading(&self) -> String {
        let mut html = String::new();
        self.fill(
            &self.body.heading,
            0..self.body.heading.html.len(),
            &mut html,
            &mut 0,
        );
        html
    }

    /// The footnotes that the part refers to, where it does not hold them itself.
    fn footnotes(&self, out: &mut String, budget: &mut usize) {
        let fragment = &self.body.fragment;
        let html = fragment.html.as_str();
        // Each reference and each note has a place for the prefix of its id.
        let prefixed = |before: &'static str, after: &'static str| {
            let places = fragment.holes.iter();
            places.filter_map(move |(at, hole)| {
                let fits = *hole == Hole::IdPrefix && html[..*at].ends_with(before);
                let number = html[*at..].strip_prefix(after)?.split('"').next()?;
                fits.then_some((*at, number))
            })
        };
        let wanted: BTreeSet<&str> = prefixed("href=\"#", "fn-")
            .filter(|(at, _)| self.range.contains(at))
            .map(|(_, number)| number)
            .collect();
        let notes: Vec<(usize, &str)> = prefixed(NOTE, "fn-").collect();
        let Some((first, _)) = notes.first() else {
            return;
        };
        if wanted.is_empty() || self.range.contains(first) {
            return;
        }
        out.push_str("<section class=\"footnotes\" aria-label=\"");
        escape(self.words.get(Word::Footnotes), out);
        out.push_str("\">\n<ol>\n");
        for (at, number) in notes.iter().filter(|(_, number)| wanted.contains(number)) {
            let rest = &html[*at..];
            let end = rest
                .find("</li>\n<li id=\"")
                .or_else(|| rest.rfind("</li>\n</ol>\n</section>"));
            let mut end = at + end.unwrap_or(rest.len());
            // The way back leads to the first reference, which may stand outside of the part.
            let back = html[*at..end].rfind("<a class=\"footnote-back\"");
            let returns = prefixed("id=\"", "fnref-")
                .any(|(place, of)| of == *number && self.range.contains(&place));
            if let Some(back) = back.filter(|_| !returns) {
                end = at + back;
            }
            out.push_str("<li value=\"");
            out.push_str(number);
            out.push_str("\" id=\"");
            self.fill(fragment, *at..end, out, budget);
            out.push_str("</li>\n");
        }
        out.push_str("</ol>\n</section>\n");
    }

    /// A step of the body, by its number.
    fn step(&self, number: u32) -> Option<(&'a Step, &'a Look)> {
        let number = number as usize;
        Some((self.steps.get(number)?, self.body.looks.get(number)?))
    }

    fn fill(&self, fragment: &Fragment, range: Range<usize>, out: &mut String, budget: &mut usize) {
        let mut at = range.start;
        let first = fragment
            .holes
            .partition_point(|(place, _)| *place < range.start);
        for (place, hole) in &fragment.holes[first..] {
            if *place >= range.end && !(range.end == fragment.html.len() && *place == range.end) {
                break;
            }
            out.push_str(&fragment.html[at..*place]);
            at = *place;
            match hole {
                Hole::Link(number) => {
                    let link = self.links.get(*number as usize).map(String::as_str);
                    let rest = fragment.html.get(*place..range.end).unwrap_or_default();
                    match (link.unwrap_or(BROKEN), rest_of_picture(rest)) {
                        (BROKEN, Some(rest)) if out.ends_with("<img") => {
                            out.truncate(out.len() - "<img".len());
                            let alt = rest
                                .split_once(" alt=\"")
                                .and_then(|(_, alt)| alt.split('"').next());
                            out.push_str(&format!(
                                "<span data-broken>{}</span>",
                                alt.unwrap_or_default()
                            ));
                            at += rest.len() + 1;
                        }
                        // What its author says of the size counts.
                        (link, Some(rest))
                            if out.ends_with("<img")
                                && [SIZE, " height="].iter().any(|said| rest.contains(said)) =>
                        {
                            out.push_str(link.split(SIZE).next().unwrap_or(link));
                        }
                        (link, _) => out.push_str(link),
                    }
                }
                Hole::Outside(number) => {
                    let href = self.body.outside.get(*number as usize).map(String::as_str);
                    let name = if out.ends_with("<img") { "src" } else { "href" };
                    out.push_str(&attribute(name, href));
                    let short = href.filter(|_| name == "href").map(short::address);
                    let rest = &fragment.html[*place..];
                    if let Some(short) = short.filter(|short| !short::says_itself(rest, short)) {
                        out.push_str(&attribute("data-to", Some(&short)));
                    }
                }
                Hole::IdPrefix => out.push_str(&self.prefix),
                Hole::Word(word) => escape(self.words.get(*word), out),
                Hole::Heading(_) => {}
                Hole::Step(number) => {
                    if let Some((step, look)) = self.step(*number) {
                        step::attributes(step, look, &self.prefix, out);
                    }
                }
                Hole::StepBox(number) => {
                    if let Some((step, look)) = self.step(*number) {
                        step::box_of(step, look, &self.prefix, out);
                    }
                }
                Hole::StepText(number) => {
                    if let Some((step, _)) = self.step(*number) {
                        step::text(step, &self.prefix, out);
                    }
                }
                Hole::Embed(number) => {
                    let embedded = match self.embeds.get(*number as usize) {
                        Some(Ok(embedded)) => embedded,
                        Some(Err(target)) => {
                            out.push_str("<p><span data-broken>![[");
                            escape(target, out);
                            out.push_str("]]</span></p>\n");
                            continue;
                        }
                        None => continue,
                    };
                    let length = embedded.content.range.len();
                    if *budget < length {
                        *budget = 0;
                        continue;
                    }
                    *budget -= length;
                    embedded.write(out, budget);
                }
            }
        }
        out.push_str(&fragment.html[at..range.end]);
    }
}

impl Embedded<'_> {
    fn write(&self, out: &mut String, budget: &mut usize) {
        out.push_str("<div class=\"embed\">\n");
        self.content.fill(
            &self.content.body.fragment,
            self.content.range.clone(),
            out,
            budget,
        );
        self.content.footnotes(out, budget);
        out.push_str("<p class=\"embed-source\"><a href=\"");
        escape(&self.href, out);
        out.push_str("\">");
        escape(&self.title, out);
        out.push_str("</a></p>\n</div>\n");
    }
}

/// ` name="value"`, or what marks a link that leads nowhere.
fn attribute(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => {
            let mut attribute = format!(" {name}=\"");
            escape(value, &mut attribute);
            attribute.push('"');
            attribute
        }
        None => BROKEN.to_owned(),
    }
}

/// What begins the size of a picture, after its address, which holds no quote.
const SIZE: &str = " width=";

/// What marks a link that leads nowhere.
const BROKEN: &str = " data-broken";

/// What is left of a tag that goes on with `html`, without its `>`.
fn rest_of_picture(html: &str) -> Option<&str> {
    let mut quote = None;
    let end = html.find(|letter| {
        match quote {
            Some(open) if open == letter => quote = None,
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            _ => {}
        }
        quote.is_none() && letter == '>'
    })?;
    Some(&html[..end])
}

/// How the page at `out` writes where a link leads. `own` says that the body is shown on its own page.
fn target(
    site: &Site,
    resolved: &Resolved,
    number: usize,
    out: &OutPath,
    own: bool,
) -> Option<String> {
    match resolved {
        Resolved::Page(page, fragment) => {
            let fragment = fragment
                .as_ref()
                .map(|fragment| format!("#{}", encode_fragment(fragment)))
                .unwrap_or_default();
            let here = own && *page == number && !fragment.is_empty();
            Some(if here {
                fragment
            } else {
                relative(out, &site.pages[*page].address.href) + &fragment
            })
        }
        Resolved::Section(section) => Some(relative(out, &site.sections[*section].address.href)),
        Resolved::Asset(path, suffix) => site
            .assets
            .get(path)
            .map(|address| relative(out, &address.href) + suffix),
        Resolved::Here(fragment) if own => Some(format!("#{}", encode_fragment(fragment))),
        Resolved::Here(fragment) => Some(format!(
            "{}#{}",
            relative(out, &site.pages[number].address.href),
            encode_fragment(fragment)
        )),
        Resolved::Nowhere => None,
    }
}

/// A fragment as a link holds it. Browsers know `:~:text=`, which marks words on a page, only by its colons.
fn encode_fragment(fragment: &str) -> String {
    match fragment.strip_prefix(":~:") {
        Some(directive) => format!(":~:{}", encode(directive)),
        None => encode(fragment),
    }
}

/// What a link's target is called where it cannot be followed: a page by its permanent id.
fn called<'s>(site: &'s Site, resolved: &'s Resolved, number: usize) -> Option<&'s str> {
    match resolved {
        Resolved::Page(page, _) if *page == number => None,
        Resolved::Page(page, _) => Some(&site.pages[*page].id),
        Resolved::Asset(path, _) => Some(path.file_name()),
        Resolved::Section(_) | Resolved::Here(_) | Resolved::Nowhere => None,
    }
}

/// Where a heading's section lies in a body: up to the next heading of its level or above, or the footnotes.
fn section(
    fragment: &Fragment,
    headings: &[crate::runbook::Heading],
    wanted: usize,
) -> Range<usize> {
    let place = |number: usize| {
        let hole = fragment
            .holes
            .iter()
            .find(|(_, hole)| *hole == Hole::Heading(number as u32));
        hole.map(|(at, _)| *at)
    };
    let start = place(wanted).unwrap_or(0);
    let level = headings.get(wanted).map_or(1, |heading| heading.level);
    let next = headings
        .iter()
        .enumerate()
        .skip(wanted + 1)
        .find(|(_, heading)| heading.level <= level)
        .and_then(|(number, _)| place(number));
    let end = next
        .or_else(|| fragment.html.find("<section class=\"footnotes\""))
        .unwrap_or(fragment.html.len());
    start..end.max(start)
}
