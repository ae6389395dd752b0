//! Links as written: what kind they are and what their targets say, before anyone knows the other pages.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Span;

/// How a link was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LinkKind {
    /// `[text](target)`, a reference link, raw `<a href>` or a shortcode such as Hugo's `ref`.
    Page,
    /// `![alt](target)` or raw `<img src>`.
    Image,
    /// `[[target]]`.
    Wiki,
    /// `![[picture.png]]`.
    WikiImage,
}

/// A link to something inside the site, as its author wrote it. Links that leave the site are not kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Link {
    /// How it was written.
    pub kind: LinkKind,
    /// The target as written, entities decoded.
    pub target: String,
    /// Where the whole link stands.
    pub span: Span,
}

/// `![[path#heading]]` alone on a line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Embed {
    /// `path#heading` as written.
    pub target: String,
    /// Where it stands.
    pub span: Span,
}

/// Where a target leads, as far as its own text tells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Leads {
    /// Nowhere: it is empty.
    Nowhere,
    /// Inside the site.
    Inside,
    /// Out of the site, by an allowed scheme.
    Outside,
    /// Out of the site, by no scheme: `//host/path`.
    Schemeless,
    /// Out of the site, by a scheme that is not allowed.
    Forbidden(String),
}

impl Leads {
    /// Reads `target` as a browser would: it drops white space and control characters before it looks for a
    /// scheme, so `java\nscript:` is one too.
    pub(crate) fn of(target: &str, schemes: &[String]) -> Self {
        let is_seen = |c: &char| !c.is_control() && !c.is_whitespace();
        let seen: Cow<'_, str> = match target.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => target.into(),
            false => target.chars().filter(is_seen).collect(),
        };
        if seen.is_empty() {
            return Self::Nowhere;
        }
        if seen.starts_with("//") || seen.starts_with("\\\\") || seen.starts_with("/\\") {
            return Self::Schemeless;
        }
        match scheme(&seen) {
            None => Self::Inside,
            Some(scheme) if schemes.contains(&scheme) => Self::Outside,
            Some(scheme) => Self::Forbidden(scheme),
        }
    }
}

/// The scheme that `target` opens with, in lower case (RFC 3986, 3.1).
fn scheme(target: &str) -> Option<String> {
    let (scheme, _) = target.split_once(':')?;
    let mut letters = scheme.chars();
    let fine = letters.next()?.is_ascii_alphabetic()
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    fine.then(|| scheme.to_ascii_lowercase())
}

/// The parts of a target inside the site, percent-decoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The path; empty for the page itself.
    pub path: Cow<'a, str>,
    /// `?query` with its question mark, or nothing.
    pub query: &'a str,
    /// The fragment without `#`.
    pub fragment: Option<Cow<'a, str>>,
}

/// Splits a target into path, query and fragment, and decodes them.
pub fn parts(target: &str) -> Parts<'_> {
    let (rest, fragment) = match target.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (target, None),
    };
    let (path, query) = match rest.find('?') {
        Some(mark) => rest.split_at(mark),
        None => (rest, ""),
    };
    Parts {
        path: decode(path),
        query,
        fragment: fragment.map(decode),
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests {
    use super::{Leads, parts};

    #[test]
    fn schemes_are_read_as_browsers_read_them() {
        let allowed = ["https".to_owned(), "mailto".to_owned()];
        for (target, leads) in [
            ("https://example.com", Leads::Outside),
            ("HTTPS://example.com", Leads::Outside),
            ("//example.com", Leads::Schemeless),
            ("db/failover.md", Leads::Inside),
            ("#rollback", Leads::Inside),
            ("a:b.md", Leads::Forbidden("a".into())),
            (
                " java\nscript:alert(1)",
                Leads::Forbidden("javascript".into()),
            ),
            (
                "\u{1}javascript:alert(1)",
                Leads::Forbidden("javascript".into()),
            ),
            ("data:text/html,x", Leads::Forbidden("data".into())),
            ("", Leads::Nowhere),
        ] {
            assert_eq!(Leads::of(target, &allowed), leads, "{target:?}");
        }
    }

    #[test]
    fn targets_come_apart() {
        let all = parts("db/fail%20over.md?x=1#step-%C3%A9");
        assert_eq!(
            (&*all.path, all.query, all.fragment.as_deref()),
            ("db/fail over.md", "?x=1", Some("step-é"))
        );
        assert_eq!(parts("%ff").path, "%ff");
    }
}
