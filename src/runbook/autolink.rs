//! Bare addresses in text, as GitHub Flavored Markdown links them (GFM spec, 6.9).

use std::ops::Range;

/// A bare address and what it leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Autolink {
    pub(crate) range: Range<usize>,
    pub(crate) href: String,
}

/// The bare addresses in `text`: `https://`, `http://`, `www.` and e-mail addresses.
pub(crate) fn find(text: &str) -> Vec<Autolink> {
    let mut found: Vec<Autolink> = Vec::new();
    let bytes = text.as_bytes();
    if !may_hold(bytes) {
        return found;
    }
    let mut at = 0;
    while at < bytes.len() {
        let link = match bytes[at] {
            b'h' | b'H' | b'w' | b'W' if starts_word(bytes, at) => address(text, at),
            b'@' => email(text, at, found.last().map_or(0, |last| last.range.end)),
            _ => None,
        };
        match link {
            Some(link) => {
                at = link.range.end;
                found.push(link);
            }
            None => at += 1,
        }
    }
    found
}

/// Whether a look at each byte is worth it: no address is without `:/`, `@` or `ww.`.
fn may_hold(bytes: &[u8]) -> bool {
    let follows = |at: usize, byte: u8| bytes.get(at + 1) == Some(&byte);
    let before = |at: usize| at > 0 && bytes[at - 1].eq_ignore_ascii_case(&b'w');
    memchr::memchr3_iter(b'@', b':', b'.', bytes).any(|at| match bytes[at] {
        b'@' => true,
        b':' => follows(at, b'/'),
        _ => before(at),
    })
}

/// An address may start after white space or one of `*_~(` and other punctuation, not inside a word.
fn starts_word(bytes: &[u8], at: usize) -> bool {
    at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || b"/@".contains(&bytes[at - 1]))
}

fn address(text: &str, start: usize) -> Option<Autolink> {
    let rest = &text[start..];
    let has_prefix = |prefix: &str| {
        rest.get(..prefix.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    let (skip, scheme) = match () {
        () if has_prefix("https://") => (8, ""),
        () if has_prefix("http://") => (7, ""),
        () if has_prefix("www.") => (0, "http://"),
        () => return None,
    };
    let length = rest
        .find(|c: char| c.is_whitespace() || c == '<' || c.is_control())
        .unwrap_or(rest.len());
    let end = start + trim(&rest[..length]);
    let host = text.get(start + skip..end)?.split(['/', '?', '#']).next()?;
    let host_name = host.split(':').next()?;
    let named = host_name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && host_name.chars().any(char::is_alphanumeric);
    if !named || (skip == 0 && host_name.matches('.').count() < 2) {
        return None;
    }
    Some(Autolink {
        range: start..end,
        href: format!("{scheme}{}", &text[start..end]),
    })
}

/// The length of an address without the punctuation of the sentence around it.
fn trim(address: &str) -> usize {
    let mut end = address.len();
    loop {
        let kept = &address[..end];
        let Some(last) = kept.chars().next_back() else {
            return end;
        };
        match last {
            '?' | '!' | '.' | ',' | ':' | '*' | '_' | '~' | '\'' | '"' => end -= 1,
            // CJK full stops and brackets end an address too, though the specification knows only ASCII.
            '。' | '、' | '，' | '」' | '）' | '』' => end -= last.len_utf8(),
            ')' if kept.matches(')').count() > kept.matches('(').count() => end -= 1,
            ']' | '}'
                if kept.matches(last).count()
                    > kept.matches(if last == ']' { '[' } else { '{' }).count() =>
            {
                end -= 1;
            }
            ';' => {
                let entity = kept[..end - 1].rfind('&').filter(|and| {
                    *and + 2 < end
                        && kept[and + 1..end - 1]
                            .chars()
                            .all(|c| c.is_ascii_alphanumeric())
                });
                end = entity.unwrap_or(end - 1);
            }
            _ => return end,
        }
    }
}

/// An e-mail address around the `@` at `at`; it may not start before `floor`.
fn email(text: &str, at: usize, floor: usize) -> Option<Autolink> {
    let local = |b: &u8| b.is_ascii_alphanumeric() || b".-_+".contains(b);
    let domain = |b: &u8| b.is_ascii_alphanumeric() || b".-_".contains(b);
    let bytes = text.as_bytes();
    let start = at
        - bytes[floor..at]
            .iter()
            .rev()
            .take_while(|b| local(b))
            .count();
    let mut end = at + 1 + bytes[at + 1..].iter().take_while(|b| domain(b)).count();
    while end > at + 1 && bytes[end - 1] == b'.' {
        end -= 1;
    }
    let host = &text[at + 1..end];
    let last = host.chars().next_back()?;
    let fine =
        start < at && host.contains('.') && last.is_ascii_alphanumeric() && !host.contains("..");
    // `git@host:path` and `scp user@host:/path` are no addresses of people.
    let remote = bytes.get(end) == Some(&b':') || bytes.get(end) == Some(&b'/');
    let inside = start > 0 && b"/:@".contains(&bytes[start - 1]);
    (fine && !remote && !inside).then(|| Autolink {
        range: start..end,
        href: format!("mailto:{}", &text[start..end]),
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn bare_addresses_end_where_the_sentence_goes_on() {
        for (text, expected) in [
            (
                "see https://example.com/a_(b).",
                vec!["https://example.com/a_(b)"],
            ),
            ("(https://example.com/a)", vec!["https://example.com/a"]),
            (
                "www.example.com, and HTTP://x.org/?q=1&copy;",
                vec!["www.example.com", "HTTP://x.org/?q=1"],
            ),
            ("write to ops@example.com.", vec!["ops@example.com"]),
            ("git@github.com:org/repo and xhttps://no.org", vec![]),
            ("https:// and http://", vec![]),
            (
                "http://localhost:9090/graph",
                vec!["http://localhost:9090/graph"],
            ),
            (
                "日本語https://example.com/日本。次",
                vec!["https://example.com/日本。次"],
            ),
            ("https://a.b/x<y>", vec!["https://a.b/x"]),
        ] {
            let found: Vec<&str> = find(text)
                .into_iter()
                .map(|link| &text[link.range])
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
