//! The path of a request as an output of the site. Nothing here, nor behind it, touches the disk.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::path::OutPath;
use crate::plan::Job;
use crate::site::address::encode;
use crate::slug;

/// Where a request leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// To an output.
    Output(OutPath),
    /// To another address: a folder's, which ends in a slash, or the site's own.
    Elsewhere(String),
    /// Nowhere.
    Missing,
    /// It is no path that a browser sends.
    Bad,
}

/// Finds what `path`, as it stands in the request, means in a site that lies at `base`.
pub(super) fn target(path: &str, base: &str, jobs: &BTreeMap<OutPath, Job>) -> Target {
    let Some(decoded) = decoded(path) else {
        return Target::Bad;
    };
    if base != "/" && (path == "/" || base.strip_suffix('/') == Some(path)) {
        return Target::Elsewhere(base.to_owned());
    }
    let Some(below) = path.strip_prefix(base) else {
        return Target::Missing;
    };
    // The base is as long decoded as it is written, unless it holds escapes itself.
    let name = match decoded.strip_prefix(base) {
        Some(name) => name.to_owned(),
        None => match percent_decode_str(below).decode_utf8() {
            Ok(name) => name.into_owned(),
            Err(_) => return Target::Bad,
        },
    };
    let output = |name: String| OutPath::new(&name).filter(|out| jobs.contains_key(out));
    let folder = name.is_empty() || name.ends_with('/');
    let as_asked = if folder {
        output(format!("{name}index.html"))
    } else {
        output(name.clone())
    };
    match as_asked {
        Some(out) => Target::Output(out),
        None if !folder && output(format!("{name}/index.html")).is_some() => {
            Target::Elsewhere(format!("{path}/"))
        }
        None => match as_written(&name, jobs) {
            Some(href) => Target::Elsewhere(format!("{base}{}", encode(&href))),
            None => Target::Missing,
        },
    }
}

/// The address of a page as it is written, of a name as people write it: `alerts/WebDown` is `alerts/webdown.html`.
fn as_written(name: &str, jobs: &BTreeMap<OutPath, Job>) -> Option<String> {
    let asked = name.trim_end_matches('/');
    let written: Vec<String> = asked.split('/').map(slug::segment).collect();
    let written = written.join("/");
    let found = [
        (written.clone(), written.clone()),
        (format!("{written}.html"), format!("{written}.html")),
        (format!("{written}/index.html"), format!("{written}/")),
    ];
    found.into_iter().find_map(|(out, href)| {
        let job = jobs.get(&OutPath::new(&out)?)?;
        // Whoever is woken types an alert's name, and not how it ends.
        (asked != written || matches!(job, Job::Alert(_))).then_some(href)
    })
}

/// The path without its escapes; `None` where it may mean two things, or climbs.
fn decoded(path: &str) -> Option<String> {
    let rest = path.strip_prefix('/')?;
    let escaped_slash = path
        .as_bytes()
        .windows(3)
        .any(|escape| escape.eq_ignore_ascii_case(b"%2f"));
    let decoded = percent_decode_str(rest).decode_utf8().ok()?;
    let strange = decoded.chars().any(|c| c == '\\' || c.is_control());
    let folders = decoded.strip_suffix('/').unwrap_or(&decoded);
    let climbs = folders
        .split('/')
        .any(|name| name == "." || name == ".." || (name.is_empty() && !folders.is_empty()));
    // `%252e` is an escape of an escape: nobody but who wants to fool somebody writes it.
    let twice = percent_decode_str(&decoded)
        .decode_utf8()
        .map_or(true, |again| {
            again != decoded && again.split(['/', '\\']).any(|name| name == "..")
        });
    let fine = !escaped_slash && !strange && !climbs && !twice && decoded != "/";
    fine.then(|| format!("/{decoded}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Target, target};
    use crate::path::OutPath;
    use crate::plan::Job;

    #[test]
    fn paths_lead_to_outputs() {
        let out = |name: &str| OutPath::new(name).unwrap();
        let jobs: BTreeMap<_, _> = [
            "index.html",
            "db/index.html",
            "db/a b.html",
            "100%.html",
            "é.html",
            "alerts/webdown.html",
            "alerts/disk-is-full.html",
        ]
        .into_iter()
        .map(|name| match name.strip_prefix("alerts/") {
            Some(alert) => (out(name), Job::Alert(alert.to_owned())),
            None => (out(name), Job::NotFound),
        })
        .collect();
        let elsewhere = |path: &str| Target::Elsewhere(path.to_owned());
        for (path, base, expected) in [
            ("/", "/", Target::Output(out("index.html"))),
            ("/index.html", "/", Target::Output(out("index.html"))),
            ("/db/", "/", Target::Output(out("db/index.html"))),
            ("/db", "/", elsewhere("/db/")),
            ("/db/a%20b.html", "/", Target::Output(out("db/a b.html"))),
            ("/100%25.html", "/", Target::Output(out("100%.html"))),
            ("/%C3%A9.html", "/", Target::Output(out("é.html"))),
            ("/db/nothing.html", "/", Target::Missing),
            // Names in any case, and as people write them.
            ("/DB/", "/", elsewhere("/db/")),
            ("/Db", "/", elsewhere("/db/")),
            ("/alerts/WebDown", "/", elsewhere("/alerts/webdown.html")),
            ("/alerts/WebDown/", "/", elsewhere("/alerts/webdown.html")),
            (
                "/Alerts/WEBDOWN.html",
                "/",
                elsewhere("/alerts/webdown.html"),
            ),
            ("/alerts/webdown", "/", elsewhere("/alerts/webdown.html")),
            (
                "/alerts/Disk%20is%20full",
                "/",
                elsewhere("/alerts/disk-is-full.html"),
            ),
            ("/docs/%C3%89.html", "/docs/", elsewhere("/docs/é.html")),
            ("/alerts/Nothing", "/", Target::Missing),
            ("/100%25", "/", Target::Missing),
            ("/.git/config", "/", Target::Missing),
            // A site below a path.
            ("/", "/docs/", elsewhere("/docs/")),
            ("/docs", "/docs/", elsewhere("/docs/")),
            ("/docs/", "/docs/", Target::Output(out("index.html"))),
            ("/docs/db", "/docs/", elsewhere("/docs/db/")),
            ("/db/", "/docs/", Target::Missing),
            (
                "/a%20b/db/",
                "/a%20b/",
                Target::Output(out("db/index.html")),
            ),
            // Attempts.
            ("/../site.toml", "/", Target::Bad),
            ("/db/../index.html", "/", Target::Bad),
            ("/%2e%2e/site.toml", "/", Target::Bad),
            ("/..%2fsite.toml", "/", Target::Bad),
            ("/%252e%252e/site.toml", "/", Target::Bad),
            ("/%252e%252e%252fsite.toml", "/", Target::Bad),
            ("/..\\site.toml", "/", Target::Bad),
            ("/%5c..%5csite.toml", "/", Target::Bad),
            ("//etc/passwd", "/", Target::Bad),
            ("/db//index.html", "/", Target::Bad),
            ("//", "/", Target::Bad),
            ("/db/%00", "/", Target::Bad),
            ("/db/%ff", "/", Target::Bad),
            ("db", "/", Target::Bad),
            ("", "/", Target::Bad),
        ] {
            assert_eq!(target(path, base, &jobs), expected, "{path} below {base}");
        }
    }
}
