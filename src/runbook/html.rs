//! Raw HTML in a runbook: told apart into tags and text, placeholders kept, the rest made safe.
//!
//! What an author may write is a short list of elements and attributes. A tag that is no element at all is a
//! placeholder (`<namespace>`) and is shown as text; so is a tag that is not allowed, because dropping it
//! would lose what stands there. Ammonia has the last word on what passes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

/// What a run of raw HTML holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Text between tags, entities as written.
    Text(&'a str),
    /// `<!-- ... -->`, a declaration or a processing instruction.
    Comment,
    /// An opening tag.
    Open(Tag<'a>),
    /// A closing tag, name in lower case.
    Close(String),
}

/// An opening tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// In lower case.
    pub(crate) name: String,
    /// Name in lower case, value as written without its quotes.
    pub(crate) attributes: Vec<(String, &'a str)>,
}

/// Cuts `raw` into tokens with their ranges, which cover it whole.
pub(crate) fn tokens(raw: &str) -> Vec<(Token<'_>, Range<usize>)> {
    let mut tokens = Vec::new();
    let mut text = 0;
    let mut at = 0;
    // Once a search for an end has failed it fails for every later start as well: remembering that keeps a
    // page of unclosed `<!--` linear.
    let mut comments_end = true;
    while let Some(found) = raw[at..].find('<') {
        let start = at + found;
        let read = if raw[start..].starts_with("<!--") {
            let end = comments_end.then(|| raw[start + 4..].find("-->")).flatten();
            comments_end = end.is_some();
            end.map(|end| (Token::Comment, start + 4 + end + 3))
        } else {
            tag(raw, start)
        };
        match read {
            Some((token, end)) => {
                if text < start {
                    tokens.push((Token::Text(&raw[text..start]), text..start));
                }
                tokens.push((token, start..end));
                text = end;
                at = end;
            }
            None => at = start + 1,
        }
    }
    if text < raw.len() {
        tokens.push((Token::Text(&raw[text..]), text..raw.len()));
    }
    tokens
}

/// Reads a tag or declaration that starts at `start`.
fn tag(raw: &str, start: usize) -> Option<(Token<'_>, usize)> {
    let bytes = raw.as_bytes();
    let mut at = start + 1;
    match bytes.get(at)? {
        b'!' | b'?' => {
            let end = start + raw[start..].find('>')? + 1;
            return Some((Token::Comment, end));
        }
        b'/' => {
            let name_end = name_end(bytes, at + 1)?;
            let name = raw[at + 1..name_end].to_ascii_lowercase();
            let close = skip_space(bytes, name_end);
            return (bytes.get(close) == Some(&b'>')).then_some((Token::Close(name), close + 1));
        }
        _ => {}
    }
    let end = name_end(bytes, at)?;
    let name = raw[at..end].to_ascii_lowercase();
    let mut attributes = Vec::new();
    at = end;
    loop {
        let next = skip_space(bytes, at);
        match bytes.get(next)? {
            b'>' => return Some((Token::Open(Tag { name, attributes }), next + 1)),
            b'/' => at = next + 1,
            b'<' => return None,
            _ if next == at => return None,
            _ => {
                let key_end = next
                    + bytes[next..]
                        .iter()
                        .position(|b| b" \t\r\n=/>".contains(b))?;
                if key_end == next {
                    return None;
                }
                let key = raw[next..key_end].to_ascii_lowercase();
                let equals = skip_space(bytes, key_end);
                if bytes.get(equals) != Some(&b'=') {
                    attributes.push((key, ""));
                    at = key_end;
                    continue;
                }
                let value = skip_space(bytes, equals + 1);
                let (range, after) = match bytes.get(value)? {
                    quote @ (b'"' | b'\'') => {
                        let length = bytes[value + 1..].iter().position(|b| b == quote)?;
                        (value + 1..value + 1 + length, value + length + 2)
                    }
                    _ => {
                        let length = bytes[value..]
                            .iter()
                            .position(|b| b" \t\r\n>".contains(b))?;
                        (value..value + length, value + length)
                    }
                };
                attributes.push((key, &raw[range]));
                at = after;
            }
        }
    }
}

fn name_end(bytes: &[u8], start: usize) -> Option<usize> {
    if !bytes.get(start)?.is_ascii_alphabetic() {
        return None;
    }
    let rest = bytes[start..]
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || *b == b'-'));
    Some(rest.map_or(bytes.len(), |length| start + length))
}

fn skip_space(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start
        + rest
            .iter()
            .position(|b| !b.is_ascii_whitespace())
            .unwrap_or(rest.len())
}

/// The elements an author may write.
const ALLOWED: &[&str] = &[
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "nav",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Every other element of HTML, living and obsolete: a tag of that name is HTML that is not allowed, while any
/// name in neither list is a placeholder.
const OTHER: &[&str] = &[
    "acronym",
    "applet",
    "area",
    "audio",
    "base",
    "basefont",
    "big",
    "blink",
    "body",
    "button",
    "canvas",
    "circle",
    "data",
    "datalist",
    "dialog",
    "dir",
    "embed",
    "fieldset",
    "font",
    "form",
    "frame",
    "frameset",
    "g",
    "head",
    "html",
    "iframe",
    "input",
    "label",
    "legend",
    "line",
    "link",
    "main",
    "map",
    "marquee",
    "math",
    "menu",
    "meta",
    "meter",
    "noframes",
    "noscript",
    "object",
    "optgroup",
    "option",
    "output",
    "param",
    "path",
    "plaintext",
    "polygon",
    "progress",
    "rect",
    "script",
    "search",
    "select",
    "slot",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "track",
    "use",
    "video",
    "xmp",
];

/// Elements that need no closing tag.
const OPEN_ENDED: &[&str] = &[
    "br", "caption", "col", "colgroup", "dd", "dt", "hr", "img", "li", "p", "rp", "rt", "source",
    "tbody", "td", "tfoot", "th", "thead", "tr", "wbr",
];

/// Whether an element holds nothing, so that it never stays open.
pub(crate) fn is_void(name: &str) -> bool {
    matches!(name, "br" | "col" | "hr" | "img" | "source" | "wbr")
}

/// Elements whose names nobody writes as a placeholder.
const STRUCTURE: &[&str] = &[
    "blockquote",
    "center",
    "details",
    "div",
    "dl",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ol",
    "pre",
    "span",
    "ul",
];

/// Elements that are nothing without an attribute: `cp <source> <target>` means none of them.
const NEVER_BARE: &[&str] = &["img", "source"];

/// What a tag is to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// HTML that passes.
    Allowed,
    /// HTML that is shown as text, with a warning.
    Forbidden,
    /// No HTML at all: a word in angle brackets.
    Placeholder,
}

/// How often each name is closed on the page: an allowed tag without attributes that is never closed, such as
/// `<address>` in a sentence, is a placeholder too.
#[derive(Default)]
pub(crate) struct Closings(BTreeSet<String>);

impl Closings {
    /// Takes note of the closing tags in `raw`.
    pub(crate) fn add(&mut self, raw: &str) {
        for (token, _) in tokens(raw) {
            if let Token::Close(name) = token {
                self.0.insert(name);
            }
        }
    }

    /// What an opening tag is.
    pub(crate) fn standing(&self, tag: &Tag<'_>) -> Standing {
        let name = tag.name.as_str();
        if ALLOWED.contains(&name) {
            let word = !OPEN_ENDED.contains(&name) && !STRUCTURE.contains(&name);
            let alone = NEVER_BARE.contains(&name) || (word && !self.0.contains(name));
            return if tag.attributes.is_empty() && alone {
                Standing::Placeholder
            } else {
                Standing::Allowed
            };
        }
        if !OTHER.contains(&name) {
            return Standing::Placeholder;
        }
        Standing::Forbidden
    }

    /// Whether an element of this name is closed somewhere on the page: a custom element is, a placeholder is not.
    pub(crate) fn closes(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// What a closing tag is.
    pub(crate) fn standing_of_close(name: &str) -> Standing {
        match name {
            _ if ALLOWED.contains(&name) => Standing::Allowed,
            _ if OTHER.contains(&name) => Standing::Forbidden,
            _ => Standing::Placeholder,
        }
    }
}

/// Whether no element of HTML has this name.
pub(crate) fn is_placeholder(name: &str) -> bool {
    !ALLOWED.contains(&name) && !OTHER.contains(&name)
}

/// Whether `raw` is a tag that every setting shows as text.
pub(crate) fn is_shown(raw: &str) -> bool {
    let shown = |(token, _): &(Token<'_>, Range<usize>)| match token {
        Token::Open(tag) => is_placeholder(&tag.name),
        Token::Close(name) => is_placeholder(name),
        Token::Text(_) | Token::Comment => false,
    };
    tokens(raw).iter().any(shown)
}

/// Whether `raw`, which is shown to nobody, is no comment and not the first line of a document.
pub(crate) fn is_declaration(raw: &str) -> bool {
    let doctype = raw
        .get(2..9)
        .is_some_and(|name| name.eq_ignore_ascii_case("doctype"));
    !doctype && !raw.starts_with("<!--")
}

/// Whether an author may set this attribute on this element. Addresses are not among them: links and images
/// are written by us, once it is known where they lead.
pub(crate) fn attribute_allowed(element: &str, attribute: &str) -> bool {
    match attribute {
        "id" | "class" | "title" | "lang" | "dir" => true,
        "align" => matches!(
            element,
            "td" | "th" | "tr" | "p" | "div" | "img" | "table" | "h1" | "h2" | "h3"
        ),
        "open" => element == "details",
        "start" | "reversed" | "type" => element == "ol",
        "value" => element == "li",
        "colspan" | "rowspan" | "scope" => matches!(element, "td" | "th"),
        "width" | "height" => matches!(element, "img" | "td" | "th" | "table" | "col"),
        "alt" => element == "img",
        "datetime" => matches!(element, "time" | "del" | "ins"),
        "span" => matches!(element, "col" | "colgroup"),
        _ => false,
    }
}

/// Balances a page's HTML and drops whatever is not allowed.
pub(crate) struct Cleaner(ammonia::Builder<'static>);

impl Cleaner {
    /// The one cleaner there is. It lets no absolute address pass: links are filled in after it.
    pub(crate) fn new() -> Self {
        // What we write ourselves stands beside what the author wrote: task boxes, footnotes, broken links.
        let ours = [
            ("a", &["href", "aria-label", "data-broken"][..]),
            ("img", &["src", "loading", "data-broken"]),
            (
                "input",
                &[
                    "type",
                    "checked",
                    "disabled",
                    "aria-label",
                    "aria-labelledby",
                ],
            ),
            ("li", &["data-step", "data-of", "data-digest"]),
            ("h2", &["data-sheet"]),
            ("h3", &["data-sheet"]),
            ("h4", &["data-sheet"]),
            ("h5", &["data-sheet"]),
            ("h6", &["data-sheet"]),
            ("div", &["role", "tabindex"]),
            ("span", &["data-broken"]),
            ("section", &["aria-label"]),
        ];
        let specific = [
            "align", "open", "start", "reversed", "type", "value", "colspan", "rowspan", "scope",
            "width", "height", "alt", "datetime", "span",
        ];
        let mut by_tag: HashMap<&str, HashSet<&str>> = HashMap::new();
        for element in ALLOWED {
            let attributes = specific
                .iter()
                .copied()
                .filter(|name| attribute_allowed(element, name))
                .collect();
            by_tag.insert(element, attributes);
        }
        for (element, attributes) in ours {
            by_tag.entry(element).or_default().extend(attributes);
        }
        let mut builder = ammonia::Builder::empty();
        builder
            .tags(ALLOWED.iter().copied().chain(["input"]).collect())
            .tag_attributes(by_tag)
            .generic_attributes(HashSet::from(["id", "class", "title", "lang", "dir"]))
            .url_schemes(HashSet::new())
            .url_relative(ammonia::UrlRelative::PassThrough)
            .link_rel(None)
            .strip_comments(true);
        Self(builder)
    }

    /// `html` balanced and cleaned.
    pub(crate) fn clean(&self, html: &str) -> String {
        self.0.clean(html).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{Closings, Standing, Token, tokens};

    fn standing(page: &str) -> Vec<Standing> {
        let mut closings = Closings::default();
        closings.add(page);
        tokens(page)
            .iter()
            .filter_map(|(token, _)| match token {
                Token::Open(tag) => Some(closings.standing(tag)),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn words_in_angle_brackets_are_placeholders() {
        use Standing::{Allowed, Forbidden, Placeholder};
        for (page, expected) in [
            ("<namespace>", vec![Placeholder]),
            ("<pod-name>", vec![Placeholder]),
            ("<your name here>", vec![Placeholder]),
            ("<address>", vec![Placeholder]),
            ("<address>x</address>", vec![Allowed]),
            ("<source> <table>", vec![Placeholder, Placeholder]),
            ("<source srcset=x><table></table>", vec![Allowed, Allowed]),
            ("<br><BR/>", vec![Allowed, Allowed]),
            ("<script src=x>", vec![Forbidden]),
            ("<details open><summary>x</summary>", vec![Allowed, Allowed]),
        ] {
            assert_eq!(standing(page), expected, "{page}");
        }
    }

    #[test]
    fn tokens_cover_the_text() {
        for raw in [
            "a <b>c</b> <!-- d --> e",
            "<a href='x\"y' b=c d>",
            "< 3 <4 <",
            "<a",
            "<!--",
            "<a href=\"",
            "</x >y",
        ] {
            let all: String = tokens(raw)
                .iter()
                .map(|(_, range)| &raw[range.clone()])
                .collect();
            assert_eq!(all, raw);
        }
    }
}
