//! A request as an answer: a pure function of what is on the stage.

use hyper::body::Bytes;
use hyper::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
    HeaderValue, IF_NONE_MATCH, IF_RANGE, LOCATION, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{StatusCode, Uri};
use percent_encoding::{CONTROLS, utf8_percent_encode};

use super::editor;
use super::guard::Refusal;
use super::range::{self, Asked};
use super::stage::{Scene, Shown, Stage};
use super::target::{Target, target};
use crate::hash::Digest;
use crate::path::OutPath;

/// Where what belongs to the preview itself lies; no output begins with a dot.
pub(super) const CLIENT: &str = "/.bindery/";
/// The address that tells tabs of changes.
pub(super) const EVENTS: &str = "/.bindery/events";
/// The address of all findings, as the terminal shows them.
const FINDINGS: &str = "/.bindery/findings";
const SCRIPT: &str = include_str!("client.js");
const STYLE: &str = include_str!("client.css");

/// An answer, but for the body of a HEAD request.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn new(
        status: StatusCode,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        // Kept, but asked about each time: an edit must show.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        );
        headers.insert(
            HeaderName::from_static("referrer-policy"),
            HeaderValue::from_static("same-origin"),
        );
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    /// A line of text.
    pub(super) fn text(status: StatusCode, text: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", format!("{text}\n"))
    }

    /// Why a request is refused.
    pub(super) fn refused((status, why): Refusal) -> Self {
        let mut answer = Self::text(status, why);
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = HeaderValue::from_static("GET, HEAD");
            answer.headers.insert(ALLOW, allowed);
        }
        answer
    }

    /// What is found at an address, with what the request asks of it: nothing if it has that already, or a part.
    fn found(mut self, request: &HeaderMap) -> Self {
        let etag = format!("\"{}\"", Digest::of_bytes(&self.body).short(16));
        let header = |name: &HeaderName| request.get(name).and_then(|value| value.to_str().ok());
        let known = header(&IF_NONE_MATCH).is_some_and(|known| {
            known
                .split(',')
                .map(|tag| tag.trim().trim_start_matches("W/"))
                .any(|tag| tag == etag || tag == "*")
        });
        if let Ok(value) = HeaderValue::from_str(&etag) {
            self.headers.insert(ETAG, value);
        }
        let whole = self.status == StatusCode::OK;
        if known && whole {
            self.status = StatusCode::NOT_MODIFIED;
            self.body = Bytes::new();
            return self;
        }
        if whole {
            let bytes = HeaderValue::from_static("bytes");
            self.headers.insert(ACCEPT_RANGES, bytes);
        }
        // A part of what has changed since fits no other part.
        let same = header(&IF_RANGE).is_none_or(|tag| tag == etag);
        let asked = header(&RANGE).filter(|_| whole && same);
        let length = self.body.len();
        let range = match range::asked(asked, length) {
            Asked::All => return self,
            Asked::Part(part) => {
                self.status = StatusCode::PARTIAL_CONTENT;
                self.body = self.body.slice(part.clone());
                format!("bytes {}-{}/{length}", part.start, part.end - 1)
            }
            Asked::Nothing => {
                self.status = StatusCode::RANGE_NOT_SATISFIABLE;
                self.body = Bytes::new();
                format!("bytes */{length}")
            }
        };
        if let Ok(value) = HeaderValue::from_str(&range) {
            self.headers.insert(CONTENT_RANGE, value);
        }
        self
    }
}

/// Answers a request for what belongs to the preview itself.
pub(super) fn client(uri: &Uri, headers: &HeaderMap) -> Option<Answer> {
    let name = uri.path().strip_prefix(CLIENT)?;
    if uri.path() == FINDINGS {
        return None;
    }
    Some(match name {
        "client.js" => {
            Answer::new(StatusCode::OK, "text/javascript; charset=utf-8", SCRIPT).found(headers)
        }
        "client.css" => {
            Answer::new(StatusCode::OK, "text/css; charset=utf-8", STYLE).found(headers)
        }
        _ => Answer::text(StatusCode::NOT_FOUND, "there is nothing here"),
    })
}

/// Answers a request for something of the site.
pub(super) fn answer(stage: &Stage, scene: &Scene, uri: &Uri, headers: &HeaderMap) -> Answer {
    if uri.path() == FINDINGS {
        let mut answer = Answer::text(StatusCode::OK, &scene.report());
        let fresh = HeaderValue::from_static("no-store");
        answer.headers.insert(CACHE_CONTROL, fresh);
        return answer;
    }
    let (out, status) = match target(uri.path(), scene.base(), &scene.planned.plan.jobs) {
        Target::Output(out) => (Some(out), StatusCode::OK),
        Target::Missing => (OutPath::new("404.html"), StatusCode::NOT_FOUND),
        Target::Bad => {
            return Answer::text(StatusCode::BAD_REQUEST, "this is no address of a page");
        }
        Target::Elsewhere(path) => {
            let query = uri.query().map(|query| format!("?{query}"));
            let to = format!("{path}{}", query.unwrap_or_default());
            // A browser has encoded it already; other clients may not.
            let to = HeaderValue::from_str(&utf8_percent_encode(&to, CONTROLS).to_string());
            let mut answer = Answer::text(StatusCode::FOUND, "it is somewhere else");
            if let Ok(to) = to {
                answer.headers.insert(LOCATION, to);
            }
            return answer;
        }
    };
    let shown = out.and_then(|out| Some((stage.show(scene, &out)?, out)));
    let Some((shown, out)) = shown else {
        return Answer::text(StatusCode::NOT_FOUND, "there is nothing here");
    };
    let Some(bytes) = &shown.bytes else {
        // The script shows what is wrong, and shows the page as soon as it can be rendered.
        let page = format!(
            "<!doctype html>\n<html lang=\"en\"><head>{}<meta charset=\"utf-8\">\
             <title>This page cannot be shown</title></head>\
             <body><main>This page cannot be shown: an error stops it.</main></body></html>\n",
            script(stage, scene, &shown)
        );
        return Answer::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "text/html; charset=utf-8",
            page,
        );
    };
    let body = if shown.is_page {
        Bytes::from(with_script(bytes, &script(stage, scene, &shown)))
    } else {
        Bytes::from_owner(std::sync::Arc::clone(bytes))
    };
    Answer::new(status, content_type(&out), body).found(headers)
}

/// The element that keeps a page up to date. It is added here: what is built never holds it.
fn script(stage: &Stage, scene: &Scene, shown: &Shown) -> String {
    let pattern = scene.planned.config.editor.as_deref();
    let (mut source, mut editor) = (String::new(), String::new());
    if let Some(path) = &shown.source {
        source = path.to_string();
        editor = pattern
            .map(|pattern| editor::link(pattern, &stage.root().join(path.as_str()), 1, 1))
            .unwrap_or_default();
    }
    format!(
        "<script src=\"{CLIENT}client.js\" defer data-etag=\"{}\" data-base=\"{}\" data-source=\"{}\" data-editor=\"{}\"></script>",
        shown.digest.short(16),
        escaped(scene.base()),
        escaped(&source),
        escaped(&editor),
    )
}

/// Puts `script` first in the page's head, so that it sees the page before any other script does.
fn with_script(page: &[u8], script: &str) -> Vec<u8> {
    let head = memchr::memmem::find_iter(page, b"<head").find_map(|at| {
        let rest = &page[at + 5..];
        let is_head = rest
            .first()
            .is_some_and(|byte| *byte == b'>' || byte.is_ascii_whitespace());
        let end = memchr::memchr(b'>', rest)?;
        is_head.then_some(at + 5 + end + 1)
    });
    let at = head.unwrap_or(page.len());
    [&page[..at], script.as_bytes(), &page[at..]].concat()
}

/// Text as the value of an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The type of a file, by its name.
fn content_type(out: &OutPath) -> &'static str {
    let ending = out
        .as_str()
        .rsplit_once('.')
        .map_or("", |(_, ending)| ending);
    match ending {
        "html" | "htm" => return "text/html; charset=utf-8",
        "css" => return "text/css; charset=utf-8",
        "js" | "mjs" => return "text/javascript; charset=utf-8",
        "json" => return "application/json",
        "xml" => return "application/xml",
        "svg" => return "image/svg+xml",
        "txt" | "md" | "log" | "conf" | "sh" | "yaml" | "yml" | "toml" | "ini" | "sql" | "tf"
        | "service" => return "text/plain; charset=utf-8",
        _ => {}
    }
    mime_guess::from_ext(ending)
        .first_raw()
        .unwrap_or("application/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::{content_type, with_script};
    use crate::path::OutPath;

    #[test]
    fn the_script_is_first_in_the_head() {
        for (page, expected) in [
            ("<html><head><title>", "<html><head>S<title>"),
            ("<html><head lang=x>\n", "<html><head lang=x>S\n"),
            ("<header>no head</header>", "<header>no head</header>S"),
            ("", "S"),
        ] {
            assert_eq!(with_script(page.as_bytes(), "S"), expected.as_bytes());
        }
    }

    #[test]
    fn types() {
        for (name, expected) in [
            ("a.html", "text/html; charset=utf-8"),
            ("a.png", "image/png"),
            ("a.woff2", "font/woff2"),
            ("a.pdf", "application/pdf"),
            ("a.mp4", "video/mp4"),
            ("a.webp", "image/webp"),
            ("a.sh", "text/plain; charset=utf-8"),
            ("a.unheard", "application/octet-stream"),
            ("Makefile", "application/octet-stream"),
        ] {
            assert_eq!(content_type(&OutPath::new(name).unwrap()), expected);
        }
    }
}
