//! One file's text as a runbook: what others may know of it, and what only its page shows.

mod autolink;
pub mod body;
pub mod code;
mod code_block;
mod dialect;
mod front_matter;
mod html;
pub mod links;
mod markdown;
pub mod outline;
mod pattern;
mod placeholders;
mod prose;
mod steps;
mod text;

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::config::{Checklists, Config, RawHtml};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::hash::Digest;
use crate::lexicon::Lexicon;
use crate::path::RelPath;
use crate::value::{Data, Table};

pub use self::body::{Fragment, Hole, Word};
pub use self::front_matter::{
    Checklist, FollowUp, FrontMatter, Kind, Param, Risk, Scope, Severity, Status,
};
pub use self::links::{Embed, Link, LinkKind};
pub use self::steps::{Decision, Look, Step, When};

/// A file that was read.
#[derive(Clone, Debug)]
pub struct Runbook {
    /// What others may know.
    pub facts: Arc<Facts>,
    /// What only its page shows.
    pub body: Arc<Body>,
    /// What was found while reading it.
    pub diagnostics: Arc<[Diagnostic]>,
}

/// What other pages may know of a file. An edit of prose leaves it as it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// The file.
    pub path: RelPath,
    /// Its front matter, defaults filled in.
    pub matter: FrontMatter,
    /// Its title.
    pub title: String,
    /// Its headings, in order.
    pub headings: Vec<Heading>,
    /// Ids that can be linked to and are not those of headings, steps or decisions; see [`Facts::ids`].
    pub anchors: Vec<String>,
    /// Its links to other places in the site.
    pub links: Vec<Link>,
    /// Its embeds.
    pub embeds: Vec<Embed>,
    /// Its steps, in order; none where its front matter wants no checklist.
    pub steps: Vec<Step>,
    /// Its items besides steps that say when they must be settled.
    pub decisions: Vec<Decision>,
    /// Its first paragraph, shortened.
    pub summary: String,
    /// What is wrong for whom: the first paragraph under the heading that says so, shortened.
    pub impact: String,
    /// The heading that it stands under.
    pub impact_title: String,
    /// The identity of all this, places left out.
    pub hash: Digest,
    /// The identity of the places, for whoever reports them.
    pub places: Digest,
}

/// A heading.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its id on the page.
    pub id: String,
    /// Its text.
    pub title: String,
    /// Where it stands.
    pub span: Span,
}

/// What only the page itself shows.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its HTML, with holes.
    pub fragment: Fragment,
    /// Addresses outside the site that it links to.
    pub outside: Vec<String>,
    /// The HTML of the heading that is the page's title; empty when the body has none.
    pub heading: Fragment,
    /// How the steps look, by their numbers among the facts' steps.
    pub looks: Vec<Look>,
    /// The identity of all this.
    pub hash: Digest,
    /// The file's text, which is the snapshot's too.
    pub bytes: Arc<[u8]>,
    /// Its words, once somebody has asked for them.
    lexicon: OnceLock<Lexicon>,
}

impl Facts {
    /// All ids that can be linked to: headings' first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let headings = self.headings.iter().map(|heading| &heading.id);
        let steps = self.steps.iter().map(|step| &step.id);
        let decisions = self.decisions.iter().map(|decision| &decision.id);
        (headings.chain(&self.anchors).chain(steps).chain(decisions)).map(String::as_str)
    }
}

impl Body {
    /// The words of its text, those of its headings left out. They are gathered when they are first wanted: only a
    /// theme with a search wants them.
    pub fn lexicon(&self) -> &Lexicon {
        self.lexicon.get_or_init(|| prose::lexicon(&self.fragment))
    }

    /// The text of each section that has some. Section 0 is what stands before the first heading, section `n + 1`
    /// begins with the heading with number `n`. The words are gathered on the way, unless they are.
    pub fn texts(&self) -> Vec<(usize, String)> {
        let mut made = None;
        self.lexicon.get_or_init(|| {
            let (texts, lexicon) = prose::texts_and_lexicon(&self.fragment);
            made = Some(texts);
            lexicon
        });
        made.unwrap_or_else(|| prose::texts(&self.fragment))
    }
}

/// How files are read: the parts of the configuration that matter to one file alone.
pub struct Options {
    pub(crate) markdown: pulldown_cmark::Options,
    pub(crate) raw_html: RawHtml,
    pub(crate) wikilinks: bool,
    pub(crate) scripts: bool,
    pub(crate) autolinks: bool,
    pub(crate) schemes: Vec<String>,
    pub(crate) cleaner: html::Cleaner,
    pub(crate) checklists: Checklists,
    pub(crate) impact: Vec<String>,
}

impl Options {
    /// The options that `config` gives.
    pub fn new(config: &Config) -> Self {
        use pulldown_cmark::Options as Md;
        // Never all of them: smart punctuation turns `--flag` into a dash, and metadata blocks swallow text.
        let mut markdown = Md::ENABLE_TABLES
            | Md::ENABLE_FOOTNOTES
            | Md::ENABLE_STRIKETHROUGH
            | Md::ENABLE_TASKLISTS
            | Md::ENABLE_HEADING_ATTRIBUTES
            | Md::ENABLE_GFM;
        markdown.set(Md::ENABLE_DEFINITION_LIST, config.markdown.definition_lists);
        markdown.set(Md::ENABLE_WIKILINKS, config.markdown.wikilinks);
        markdown.set(
            Md::ENABLE_SUPERSCRIPT | Md::ENABLE_SUBSCRIPT,
            config.markdown.sub_superscript,
        );
        Self {
            markdown,
            raw_html: config.markdown.raw_html,
            wikilinks: config.markdown.wikilinks,
            scripts: config.markdown.sub_superscript,
            autolinks: config.markdown.autolinks,
            schemes: config.schemes.clone(),
            cleaner: html::Cleaner::new(),
            checklists: config.checklists.clone(),
            impact: config.headings.impact.clone(),
        }
    }
}

impl Runbook {
    /// What an earlier run knew of a file, without its body: whoever renders it has to read it again.
    pub fn recalled(facts: Facts, diagnostics: Vec<Diagnostic>) -> Self {
        let body = Body {
            fragment: Fragment::default(),
            outside: Vec::new(),
            heading: Fragment::default(),
            looks: Vec::new(),
            hash: Digest::default(),
            bytes: Arc::default(),
            lexicon: OnceLock::new(),
        };
        Self {
            facts: Arc::new(facts),
            body: Arc::new(body),
            diagnostics: diagnostics.into(),
        }
    }

    /// Reads the bytes of `path`. `identity` is that of all the arguments together: whoever remembers runbooks
    /// has it, and it stands for the body.
    pub fn read(
        path: &RelPath,
        bytes: &Arc<[u8]>,
        identity: Digest,
        options: &Options,
        config: &Config,
    ) -> Self {
        let mut diagnostics = Vec::new();
        let whole = text::decode(path, bytes, &mut diagnostics);
        let split = text::split(path, &whole, &mut diagnostics);
        let matter = front_matter::read(path, &whole, split.matter.as_ref(), config)
            .collect_into(&mut diagnostics);
        let body_text = whole.get(split.body..).unwrap_or_default();
        // An index may be there for its front matter alone: the list of its section is its text.
        let stem = path
            .file_name()
            .split('.')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if body_text.trim().is_empty() && !matches!(stem.as_str(), "_index" | "index" | "readme") {
            diagnostics.push(
                Diagnostic::new(Code::EmptyPage, "this page has no text")
                    .at(path, 0..0)
                    .help("write it, or take the file away; an empty page is a dead end at night"),
            );
        }
        let prepared = text::Prepared::new(path, body_text, split.body);
        let param = |name: &str| {
            let own = match name {
                "title" => matter.title.clone(),
                "description" => matter.description.clone(),
                "owner" => matter.owner.clone(),
                _ => text_of(&matter.extra, name),
            };
            own.or_else(|| text_of(&config.extra, name))
        };
        let mut read = markdown::read(&prepared, options, &param, &matter);
        diagnostics.append(&mut read.diagnostics);
        let (title, heading) = title(path, &matter, &mut read);
        let same = (identity, Arc::clone(bytes));
        let runbook = assemble(path, same, matter, title, heading, read);
        Self {
            diagnostics: diagnostics.into(),
            ..runbook
        }
    }
}

/// A value of a table as text, for `{{< param name >}}`; `a.b` is `b` in the table `a`.
fn text_of(table: &Table, name: &str) -> Option<String> {
    let inner = || {
        let (outer, name) = name.split_once('.')?;
        text_of(table.table(outer)?, name)
    };
    let Some(value) = table.get(name) else {
        return inner();
    };
    match &value.data {
        Data::String(text)
        | Data::Integer(_, text)
        | Data::Float(_, text)
        | Data::Date(_, text) => Some(text.clone()),
        Data::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The page's title, and the HTML of the heading that says it, which is taken out of the body.
///
/// A first heading of level 1 is the page's heading. Any other heading of level 1 moves down a level with all
/// the rest, so that a page has one.
fn title(path: &RelPath, matter: &FrontMatter, read: &mut markdown::Read) -> (String, Fragment) {
    let same = |a: &str, b: &str| {
        let letters = |text: &str| {
            text.chars()
                .filter(|c| c.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect::<String>()
        };
        letters(a) == letters(b)
    };
    let first = read.headings.first().filter(|heading| heading.level == 1);
    let opens = first.is_some_and(|_| {
        let hole = read
            .fragment
            .holes
            .iter()
            .find(|(_, hole)| *hole == Hole::Heading(0));
        hole.is_some_and(|(at, _)| *at == 0)
    });
    let is_title = first.is_some_and(|first| {
        matter
            .title
            .as_ref()
            .is_none_or(|title| same(title, &first.title))
    });
    let title = match (&matter.title, first) {
        (Some(title), _) => title.clone(),
        (None, Some(first)) if !first.title.is_empty() => first.title.clone(),
        _ => file_title(path),
    };
    let mut heading = Fragment::default();
    if opens && is_title {
        let html = &read.fragment.html;
        let inner_start = html.find('>').map_or(0, |end| end + 1);
        let inner_end = html
            .find(" <a class=\"anchor\"")
            .unwrap_or(inner_start)
            .max(inner_start);
        let end = html
            .find("</h1>\n")
            .map_or(inner_end, |at| at + "</h1>\n".len());
        heading = read.fragment.slice(inner_start..inner_end);
        // The hole of the heading itself stays, so that an embed of the whole page finds where it starts.
        read.fragment.cut(end);
        read.fragment.holes.insert(0, (0, Hole::Heading(0)));
    }
    let others = usize::from(opens && is_title);
    if read
        .headings
        .iter()
        .skip(others)
        .any(|heading| heading.level == 1)
    {
        move_down(read, others);
    }
    (title, heading)
}

/// Moves every heading after the first `from` down a level; the sixth is the last there is.
fn move_down(read: &mut markdown::Read, from: usize) {
    for (number, heading) in read.headings.iter_mut().enumerate().skip(from) {
        let (old, new) = (heading.level, (heading.level + 1).min(6));
        heading.level = new;
        let place = read
            .fragment
            .holes
            .iter()
            .find(|(_, hole)| *hole == Hole::Heading(number as u32));
        let Some((at, _)) = place.copied() else {
            continue;
        };
        // Both tags keep their length, so no hole moves.
        let open = format!("<h{old}");
        if read.fragment.html[at..].starts_with(&open) {
            read.fragment
                .html
                .replace_range(at..at + open.len(), &format!("<h{new}"));
            let close = format!("</h{old}>");
            if let Some(end) = read.fragment.html[at..].find(&close) {
                read.fragment
                    .html
                    .replace_range(at + end..at + end + close.len(), &format!("</h{new}>"));
            }
        }
    }
}

/// A title made from the file's name: `failover-plan.md` is "Failover plan"; an index is named by its folder.
fn file_title(path: &RelPath) -> String {
    let folder = path.parent();
    let stem = path
        .file_name()
        .split('.')
        .find(|part| !part.is_empty())
        .unwrap_or_default();
    let name = match stem.to_ascii_lowercase().as_str() {
        "index" | "_index" | "readme" => folder.file_name(),
        _ => stem,
    };
    words(name)
}

/// A file's or folder's name as words.
pub fn words(name: &str) -> String {
    let spaced = name.replace(['-', '_'], " ");
    let mut letters = spaced.trim().chars();
    match letters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + letters.as_str(),
        None => String::new(),
    }
}

fn assemble(
    path: &RelPath,
    (identity, bytes): (Digest, Arc<[u8]>),
    matter: FrontMatter,
    title: String,
    heading: Fragment,
    read: markdown::Read,
) -> Runbook {
    let headings: Vec<_> = read
        .headings
        .iter()
        .map(|h| (h.level, &h.id, &h.title))
        .collect();
    let links: Vec<_> = read
        .links
        .iter()
        .map(|link| (link.kind, &link.target))
        .collect();
    let embeds: Vec<_> = read.embeds.iter().map(|embed| &embed.target).collect();
    let steps: Vec<_> = read.steps.iter().map(Step::identity).collect();
    let hash = Digest::of(&(
        (path, &matter, &title),
        (headings, &read.anchors, links, embeds),
        (steps, &read.decisions),
        (&read.summary, &read.impact, &read.impact_title),
    ));
    // Nearly all of them lie in the file itself, whose path the other hash holds.
    let place = |span: &Span| {
        let elsewhere = (span.file != *path).then(|| span.file.clone());
        (elsewhere, span.range.clone())
    };
    let places: Vec<_> = (read.headings.iter().map(|heading| &heading.span))
        .chain(read.links.iter().map(|link| &link.span))
        .chain(read.embeds.iter().map(|embed| &embed.span))
        .chain(read.steps.iter().map(|step| &step.span))
        .chain(matter.related.iter().map(|id| &id.span))
        .chain(matter.aliases.iter().map(|alias| &alias.span))
        .chain(matter.id.iter().map(|id| &id.span))
        .chain(matter.service.iter().map(|name| &name.span))
        .chain(matter.alerts.iter().map(|name| &name.span))
        .map(place)
        .collect();
    let places = Digest::of(&places);
    let facts = Facts {
        path: path.clone(),
        matter,
        title,
        headings: read.headings,
        anchors: read.anchors,
        links: read.links,
        embeds: read.embeds,
        steps: read.steps,
        decisions: read.decisions,
        summary: read.summary,
        impact: read.impact,
        impact_title: read.impact_title,
        hash,
        places,
    };
    let body = Body {
        fragment: read.fragment.fitted(),
        outside: read.outside,
        heading,
        looks: read.looks,
        hash: identity,
        bytes,
        lexicon: OnceLock::new(),
    };
    Runbook {
        facts: Arc::new(facts),
        body: Arc::new(body),
        diagnostics: Arc::from([]),
    }
}
