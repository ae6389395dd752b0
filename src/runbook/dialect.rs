//! Where our Markdown means more than the parser sees.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, Tag, TagEnd};

use super::html;
use crate::config::runs_programs;

/// Longest rest of an address that is looked at: browsers take no more either.
const LONGEST: usize = 2048;

type Placed<'t> = (Event<'t>, Range<usize>);

/// Where in `rest`, which follows what a heading holds, text in braces stands that the parser took for attributes: of
/// `## Path /api/{id}` it leaves `/api/`. Whoever calls knows that it names no id and no class.
pub(super) fn braces(rest: &str) -> Option<Range<usize>> {
    let line = rest.lines().next()?;
    let start = line.find('{').filter(|start| {
        let before = &line[..*start];
        before.chars().all(|c| matches!(c, '#' | ' ' | '\t'))
    })?;
    // Python-Markdown's attributes may have any name: `{: data-toc-label="x" }`.
    let is_text = !line[start..].starts_with("{:");
    let end = line.rfind('}').filter(|_| is_text)? + 1;
    // The space before it belongs to the text, unless the heading begins here.
    let is_whole = line.starts_with('#');
    Some(if is_whole { start } else { 0 }..end)
}

/// Whether the target of `<host:port>`, a link to the parser, is two words to fill in. What has one of `schemes` is a link.
pub(super) fn is_placeholder(target: &str, schemes: &[String]) -> bool {
    let is_word = |word: &str| {
        let mut letters = word.chars();
        letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    target.split_once(':').is_some_and(|(first, second)| {
        let first = first.to_ascii_lowercase();
        // What a browser would run is a link too: one that is reported.
        let is_scheme = schemes.contains(&first) || runs_programs(&first);
        let is_free = !is_scheme && html::is_placeholder(&first);
        is_free && is_word(&first) && !second.is_empty() && is_word(second)
    })
}

/// The bare address that `text` breaks off in, where emphasis may begin: `https://example.com/pkg/` before `__init__.py`.
pub(super) fn address(text: &str) -> Option<&str> {
    let word = text
        .rsplit(|c: char| c.is_whitespace() || c == '<')
        .next()?;
    let start = word.find("http").filter(|_| word.contains("://"))?;
    let address = &word[start..];
    // After the end of a sentence emphasis is emphasis, whatever GitHub makes of it.
    let goes_on = !address.ends_with([')', '.', ',', ';', ':', '!', '?']);
    (address.is_ascii() && goes_on).then_some(address)
}

/// Makes addresses whole that the parser took for the border of emphasis: GitHub looks for addresses first.
pub(super) fn addresses<'t>(events: &[Placed<'t>], source: &str) -> Vec<Placed<'t>> {
    let mut whole: Vec<Placed<'t>> = Vec::with_capacity(events.len());
    let mut links = 0_usize;
    let mut at = 0;
    while let Some((event, range)) = events.get(at) {
        match event {
            Event::Start(Tag::Link { .. }) => links += 1,
            Event::End(TagEnd::Link) => links = links.saturating_sub(1),
            Event::Text(text) if links == 0 && address(text).is_some() => {
                if let Some((event, after)) =
                    rest_of_address(&events[at + 1..], range, text, source)
                {
                    whole.push(event);
                    at += 1 + after;
                    continue;
                }
            }
            _ => {}
        }
        whole.push((event.clone(), range.clone()));
        at += 1;
    }
    whole
}

/// `text`, which breaks off in an address, with the rest of that, and how many events hold the rest.
fn rest_of_address<'t>(
    events: &[Placed<'_>],
    range: &Range<usize>,
    text: &str,
    source: &str,
) -> Option<(Placed<'t>, usize)> {
    let rest = source.get(range.end..)?;
    let mut letters = rest.char_indices().take(LONGEST);
    let border = letters.find(|(_, c)| c.is_whitespace() || *c == '<');
    let end = match border {
        Some((length, _)) => range.end + length,
        None if rest.len() <= LONGEST => source.len(),
        None => return None,
    };
    let mut depth = 0_usize;
    for (number, (event, inner)) in events.iter().enumerate() {
        let follows = number > 0 || inner.start == range.end;
        match event {
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough)
                if follows && inner.end <= end =>
            {
                depth += 1;
            }
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough) if depth > 0 => {
                depth -= 1;
            }
            // What comes after the address may hold escapes, which the source does not show undone.
            Event::Text(after)
                if number > 0 && (inner.end <= end || source.get(inner.clone()) == Some(after)) => {
            }
            _ => return None,
        }
        if depth == 0 && inner.end >= end {
            let whole = format!("{text}{}", source.get(range.end..inner.end)?);
            let event = Event::Text(whole.into());
            return Some(((event, range.start..inner.end), number + 1));
        }
    }
    None
}

/// Makes `H~2~O` and `x^2^` what they mean: the parser sees such marks only at the border of a word.
pub(super) fn scripts<'t>(events: Vec<Placed<'t>>, source: &str) -> Vec<Placed<'t>> {
    let mut whole = Vec::with_capacity(events.len());
    let mut in_code = false;
    for (event, range) in events {
        in_code = match event {
            Event::Start(Tag::CodeBlock(_)) => true,
            Event::End(TagEnd::CodeBlock) => false,
            _ => in_code,
        };
        let escapes = source.get(range.clone()).is_some_and(|written| {
            let escaped = |mark| written.contains(mark);
            ["\\~", "\\^"].into_iter().any(escaped)
        });
        match event {
            Event::Text(text) if !in_code && !escapes => part(&text, &range, &mut whole),
            event => whole.push((event, range)),
        }
    }
    whole
}

/// Parts a text at what stands between two marks, each part with the range of the whole.
fn part(text: &str, range: &Range<usize>, events: &mut Vec<Placed<'_>>) {
    let mut rest = text;
    let mut push = |event| events.push((event, range.clone()));
    while let Some((before, mark, inside, after)) = script(rest) {
        let (start, end) = match mark {
            '~' => (Tag::Subscript, TagEnd::Subscript),
            _ => (Tag::Superscript, TagEnd::Superscript),
        };
        push(Event::Text(CowStr::from(before.to_owned())));
        push(Event::Start(start));
        push(Event::Text(CowStr::from(inside.to_owned())));
        push(Event::End(end));
        rest = after;
    }
    if !rest.is_empty() {
        push(Event::Text(CowStr::from(rest.to_owned())));
    }
}

/// The first script within a word of `text`: what stands before it, its mark, its own text and what follows.
fn script(text: &str) -> Option<(&str, char, &str, &str)> {
    let is_mark = |c| matches!(c, '~' | '^');
    let mut from = 0;
    loop {
        let start = from + text[from..].find(is_mark)?;
        let mark = text[start..].chars().next()?;
        let inner = &text[start + 1..];
        // Neither a sentence nor a path stands there: `~/bin and ~/etc`.
        let end = inner.find(|c: char| is_mark(c) || c.is_whitespace() || c == '/')?;
        if end > 0 && inner[end..].starts_with(mark) {
            return Some((&text[..start], mark, &inner[..end], &inner[end + 1..]));
        }
        from = start + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{address, braces, script};

    #[test]
    fn a_text_may_break_off_in_an_address() {
        for (text, expected) in [
            ("see https://x.org/pkg/", Some("https://x.org/pkg/")),
            ("(http://x.org/?q='", Some("http://x.org/?q='")),
            ("https://x.org/ and ", None),
            ("https://x.org.", None),
            ("a/b", None),
        ] {
            assert_eq!(address(text), expected, "{text}");
        }
    }

    #[test]
    fn braces_after_a_heading_are_text() {
        for (rest, expected) in [
            ("{id}\n", Some("{id}")),
            (" {bar} ##\n", Some(" {bar}")),
            ("## {only}\n", Some("{only}")),
            (" {a}\n---\n", Some(" {a}")),
            (" {: data-x=\"1\" }\n", None),
            (" ##\n", None),
            ("", None),
        ] {
            let found = braces(rest).and_then(|range| rest.get(range));
            assert_eq!(found, expected, "{rest:?}");
        }
    }

    #[test]
    fn scripts_stand_within_words() {
        for (text, expected) in [
            ("H~2~O", Some(("H", '~', "2", "O"))),
            ("(10^-3^)", Some(("(10", '^', "-3", ")"))),
            ("a^b and x^2^", Some(("a^b and x", '^', "2", ""))),
            ("~/bin and ~/etc", None),
            ("5~10 and 3~4", None),
            ("a~~b", None),
        ] {
            assert_eq!(script(text), expected, "{text}");
        }
    }
}
