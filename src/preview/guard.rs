//! Who may ask: only the person at this machine, and only a page of the preview itself.
//!
//! Any web page may send requests to this machine. It must learn nothing by that, whatever name it reaches us by.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, StatusCode, Uri};

/// Why a request is refused.
pub(super) type Refusal = (StatusCode, &'static str);

/// The names by which the preview may be reached.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    /// What `--host` said.
    pub(super) named: String,
    /// Whether it listens to this machine alone.
    pub(super) loopback: bool,
}

impl Hosts {
    /// Whether `host`, as in a `Host` header, is one of ours. The port may be another: it is, behind a tunnel.
    ///
    /// A number cannot be made to mean another machine later (DNS rebinding), a name can.
    fn has(&self, host: &str) -> bool {
        let Some(name) = without_port(host) else {
            return false;
        };
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(number) = bare.parse::<IpAddr>() {
            return !self.loopback || number.is_loopback();
        }
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        name == "localhost"
            || name.ends_with(".localhost")
            || name == self.named.to_ascii_lowercase()
    }
}

/// `example.com:80` without `:80`; `None` when it is no host.
fn without_port(host: &str) -> Option<&str> {
    let end = match host.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => host.find(':').unwrap_or(host.len()),
    };
    let (name, port) = host.split_at(end);
    let port = port.strip_prefix(':').unwrap_or(port);
    let fine = !name.is_empty() && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit());
    fine.then_some(name)
}

/// Refuses whatever is no request of a browser that shows the preview.
pub(super) fn check(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    hosts: &Hosts,
) -> Result<(), Refusal> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err((
            StatusCode::METHOD_NOT_ALLOWED,
            "the preview answers GET and HEAD only",
        ));
    }
    if uri.authority().is_some() || !uri.path().starts_with('/') {
        return Err((StatusCode::BAD_REQUEST, "the preview is no proxy"));
    }
    let host = only(headers, &HOST)
        .map_err(|()| (StatusCode::BAD_REQUEST, "there is more than one Host"))?
        .ok_or((StatusCode::BAD_REQUEST, "there is no Host"))?;
    if !hosts.has(host) {
        return Err((
            StatusCode::FORBIDDEN,
            "the preview does not answer to this name: start it with `--host NAME` if it should",
        ));
    }
    let origin = only(headers, &ORIGIN)
        .map_err(|()| (StatusCode::BAD_REQUEST, "there is more than one Origin"))?;
    let foreign = origin.is_some_and(|origin| {
        let from = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        from.is_none_or(|from| !from.eq_ignore_ascii_case(host))
    });
    // A link from elsewhere may be followed; a picture, a script or a fetch from elsewhere may not.
    let header = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
    let elsewhere = matches!(header("sec-fetch-site"), Some("cross-site" | "same-site"));
    let followed = header("sec-fetch-mode") == Some("navigate")
        && header("sec-fetch-dest").is_none_or(|to| to == "document");
    if foreign || (elsewhere && !followed) {
        return Err((
            StatusCode::FORBIDDEN,
            "the preview does not answer to other sites",
        ));
    }
    Ok(())
}

/// The value of a header that stands at most once; one that is no text is none of ours.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, ()> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(());
    }
    Ok(first.map(|value| value.to_str().unwrap_or("?")))
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};
    use hyper::{Method, Uri};

    use super::{Hosts, check};

    fn status(hosts: &Hosts, headers: &[(&str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let uri = Uri::from_static("/db/");
        check(&Method::GET, &uri, &map, hosts).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn a4_names_that_are_not_ours() {
        let home = Hosts {
            named: "127.0.0.1".to_owned(),
            loopback: true,
        };
        let open = Hosts {
            named: "box.lan".to_owned(),
            loopback: false,
        };
        for (hosts, host, expected) in [
            (&home, "localhost:3131", 200),
            (&home, "LOCALHOST", 200),
            (&home, "localhost.", 200),
            (&home, "app.localhost:80", 200),
            (&home, "127.0.0.1:3131", 200),
            (&home, "127.8.9.1", 200),
            (&home, "[::1]:3131", 200),
            (&home, "192.168.1.5:3131", 403),
            (&home, "evil.example:3131", 403),
            (&home, "localhost.evil.example", 403),
            (&home, "127.0.0.1.evil.example", 403),
            (&home, "evil@localhost", 403),
            (&home, "localhost:evil", 403),
            (&home, "", 403),
            (&open, "192.168.1.5:3131", 200),
            (&open, "box.lan:3131", 200),
            (&open, "other.lan:3131", 403),
        ] {
            assert_eq!(status(hosts, &[("host", host)]), expected, "{host}");
        }
        assert_eq!(status(&home, &[]), 400);
        assert_eq!(
            status(&home, &[("host", "localhost"), ("host", "localhost")]),
            400
        );
    }

    #[test]
    fn a5_other_sites() {
        let home = Hosts {
            named: "127.0.0.1".to_owned(),
            loopback: true,
        };
        let host = ("host", "localhost:3131");
        for (headers, expected) in [
            (&[host, ("origin", "http://localhost:3131")][..], 200),
            (&[host, ("origin", "https://localhost:3131")], 200),
            (&[host, ("origin", "http://localhost:4000")], 403),
            (&[host, ("origin", "http://evil.example")], 403),
            (&[host, ("origin", "null")], 403),
            (&[host, ("sec-fetch-site", "same-origin")], 200),
            (&[host, ("sec-fetch-site", "none")], 200),
            (&[host, ("sec-fetch-site", "cross-site")], 403),
            (&[host, ("sec-fetch-site", "same-site")], 403),
            (
                &[
                    host,
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                ],
                200,
            ),
            (
                &[
                    host,
                    ("sec-fetch-site", "cross-site"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "iframe"),
                ],
                403,
            ),
        ] {
            assert_eq!(status(&home, headers), expected, "{headers:?}");
        }
    }
}
