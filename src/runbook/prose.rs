//! Prose: the text of a body as its reader sees it, section by section, for the search.

use super::body::{Fragment, Hole};
use crate::lexicon::{Gathered, Lexicon, Weight};

/// Most text of one section that is kept for excerpts, in bytes; a section of more is a listing or a log.
const LONGEST: usize = 16 * 1024;

/// Longest entity that is looked for, in bytes.
const LONGEST_ENTITY: usize = 12;

/// Whether an element stands inside a word or a line: its tags break no word.
fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "cite"
            | "code"
            | "del"
            | "em"
            | "i"
            | "ins"
            | "kbd"
            | "mark"
            | "q"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "u"
            | "var"
    )
}

/// Bytes of HTML for each distinct word in it, about.
const TO_A_WORD: usize = 24;

/// The words of a body. The words of its headings are facts and not among them.
pub(super) fn lexicon(fragment: &Fragment) -> Lexicon {
    let mut words = Gathered::with_room(fragment.html.len() / TO_A_WORD);
    sections(fragment, |section, text| {
        words.add(text, section, Weight::Body, Weight::Body);
    });
    words.pack()
}

/// The text of each section that has some, white space folded: 0 is what stands before the first heading, the
/// heading with number `n` begins section `n + 1`.
pub(super) fn texts(fragment: &Fragment) -> Vec<(usize, String)> {
    let mut texts = Vec::new();
    sections(fragment, |section, text| {
        add_folded(section, text, &mut texts)
    });
    texts
}

/// Both at once, for half of the work.
pub(super) fn texts_and_lexicon(fragment: &Fragment) -> (Vec<(usize, String)>, Lexicon) {
    let mut texts = Vec::new();
    let mut words = Gathered::with_room(fragment.html.len() / TO_A_WORD);
    sections(fragment, |section, text| {
        add_folded(section, text, &mut texts);
        words.add(text, section, Weight::Body, Weight::Body);
    });
    (texts, words.pack())
}

fn add_folded(section: usize, text: &str, texts: &mut Vec<(usize, String)>) {
    let folded = folded(text);
    if !folded.is_empty() {
        texts.push((section, folded));
    }
}

/// As much of a text as is kept, with one space for all white space between two words.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len().min(LONGEST));
    let (mut start, mut in_space) = (0, true);
    for (at, byte) in text.bytes().enumerate() {
        let is_space = byte.is_ascii_whitespace();
        if is_space && (in_space || byte != b' ') {
            // Up to here the text is as it should be.
            folded.push_str(&text[start..at]);
            if !in_space {
                folded.push(' ');
            }
            start = at + 1;
        }
        in_space = is_space;
    }
    folded.push_str(&text[start..]);
    let end = match folded.as_bytes().get(..LONGEST + 2) {
        Some(longer) => memchr::memrchr(b' ', longer).unwrap_or(0),
        None => folded.trim_ascii_end().len(),
    };
    folded.truncate(end);
    folded
}

/// Calls `each` with the number and the text of every section.
fn sections(fragment: &Fragment, mut each: impl FnMut(usize, &str)) {
    let html = fragment.html.as_str();
    let mut text = String::with_capacity(html.len());
    let (mut at, mut section) = (0, 0);
    for (place, hole) in &fragment.holes {
        let Hole::Heading(number) = hole else {
            continue;
        };
        plain(html.get(at..*place).unwrap_or_default(), &mut text);
        each(section, &text);
        text.clear();
        section = *number as usize + 1;
        at = *place + heading(html.get(*place..).unwrap_or_default());
    }
    plain(html.get(at..).unwrap_or_default(), &mut text);
    each(section, &text);
}

/// The length of the heading that `html` begins with; 0 where it was taken out, as the page's title is.
fn heading(html: &str) -> usize {
    let level = html
        .strip_prefix("<h")
        .and_then(|rest| rest.bytes().next())
        .filter(u8::is_ascii_digit);
    let Some(level) = level else { return 0 };
    let close = format!("</h{}>", char::from(level));
    html.find(&close).map_or(0, |at| at + close.len())
}

/// Adds the text of `html`: tags are gone, entities are what they stand for.
fn plain(html: &str, text: &mut String) {
    let mut rest = html;
    while let Some(at) = memchr::memchr2(b'<', b'&', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('&') {
            rest = entity(rest, text);
            continue;
        }
        let end = memchr::memchr(b'>', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
        let (tag, after) = rest.split_at(end);
        rest = after;
        let name = name(tag);
        if is_inline(name) {
            continue;
        }
        text.push(' ');
        match name {
            "img" => {
                let alt = tag
                    .split_once(" alt=\"")
                    .and_then(|(_, alt)| alt.split('"').next());
                plain_attribute(alt.unwrap_or_default(), text);
                text.push(' ');
            }
            // Only where the site lets all HTML through.
            "script" | "style" if !tag.starts_with("</") => {
                let close = format!("</{name}");
                rest = rest.find(&close).map_or("", |at| &rest[at..]);
            }
            _ => {}
        }
    }
    text.push_str(rest);
}

/// The name of the element that a tag opens or closes.
fn name(tag: &str) -> &str {
    let bytes = tag.as_bytes();
    let is_before = |byte: &u8| matches!(byte, b'<' | b'/');
    let start = (bytes.iter().position(|byte| !is_before(byte))).unwrap_or(bytes.len());
    let name = &tag[start..];
    let end = name.bytes().position(|byte| !byte.is_ascii_alphanumeric());
    &name[..end.unwrap_or(name.len())]
}

/// Adds the text of an attribute's value.
fn plain_attribute(value: &str, text: &mut String) {
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = entity(&rest[at..], text);
    }
    text.push_str(rest);
}

/// Adds what the entity that `text` begins with stands for, and gives what follows it. One that is not known, and
/// what only looks like one, stays as it is.
fn entity<'t>(html: &'t str, text: &mut String) -> &'t str {
    let window = &html.as_bytes()[..html.len().min(LONGEST_ENTITY)];
    let known = memchr::memchr(b';', window).and_then(|end| {
        let c = super::markdown::entity(html.get(1..end)?)?;
        Some((c, end + 1))
    });
    let (c, length) = known.unwrap_or(('&', 1));
    text.push(c);
    &html[length..]
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, folded, texts};
    use crate::runbook::body::{Fragment, Hole};

    #[test]
    fn text_is_what_the_reader_sees() {
        for (html, text) in [
            (
                "<p>a &lt;b&gt; &amp;amp; &quot;c&quot;</p>",
                "a <b> &amp; \"c\"",
            ),
            ("<p>one</p>\n<p>two</p>", "one two"),
            (
                "pg_<span class=\"f\">stat</span>_activity",
                "pg_stat_activity",
            ),
            ("a<br>b<sup>1</sup>", "a b 1"),
            (
                "<img alt=\"the &amp; plan\" loading=\"lazy\">",
                "the & plan",
            ),
            ("<script>let x = 1 < 2;</script>y", "y"),
            ("AT&T & 日本&日本語日本語", "AT&T & 日本&日本語日本語"),
            ("a <", "a"),
        ] {
            let mut fragment = Fragment::default();
            fragment.push(html);
            let found: Vec<String> = texts(&fragment).into_iter().map(|(_, text)| text).collect();
            assert_eq!(found, [text], "{html}");
        }
    }

    #[test]
    fn white_space_is_folded_and_long_text_is_cut_between_words() {
        for (text, is) in [
            (" \t", ""),
            ("a", "a"),
            ("\na\nb  c \n d ", "a b c d"),
            ("a\u{A0} \u{2003}b", "a\u{A0} \u{2003}b"),
        ] {
            assert_eq!(folded(text), is, "{text:?}");
        }
        let words = "four ".repeat(LONGEST);
        let folded = folded(&words);
        assert!(folded.len() > LONGEST - 5 && folded.len() <= LONGEST + 1);
        assert!(folded.ends_with(" four"));
    }

    #[test]
    fn sections_begin_at_headings() {
        let mut fragment = Fragment::default();
        fragment.hole(Hole::Heading(0));
        fragment.push("<p>intro</p>");
        fragment.hole(Hole::Heading(1));
        fragment.push("<h2 id=\"");
        fragment.hole(Hole::IdPrefix);
        fragment.push("steps\">Steps</h2>\n<p>do</p>");
        let found = texts(&fragment);
        assert_eq!(found, [(1, "intro".to_owned()), (2, "do".to_owned())]);
    }
}
