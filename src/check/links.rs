//! Links that work today and fail whoever follows them: by case alone, to what is deprecated, out of the site.

use std::collections::BTreeMap;

use super::{OfPage, OfSite, Sheet, Subject};
use crate::config;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::path::RelPath;
use crate::runbook::links::parts;
use crate::runbook::{LinkKind, Status};
use crate::site::Resolved;

pub(super) const OF_SITE: OfSite = OfSite {
    codes: &[Code::LinkCase, Code::LinkToDeprecated, Code::DuplicateTitle],
    check,
};

pub(super) const OF_PAGE: OfPage = OfPage {
    codes: &[Code::BadUrl, Code::UndefinedReference],
    check: |sheet, found| {
        outside(sheet, found);
        references(sheet, found);
    },
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let site = subject.site;
    for (page, links) in site.pages.iter().zip(&site.links) {
        for (link, resolved) in page.facts.links.iter().zip(links) {
            let Resolved::Page(target, _) = resolved else {
                continue;
            };
            let target = &site.pages[*target].facts;
            let deprecated =
                |facts: &crate::runbook::Facts| facts.matter.status == Status::Deprecated;
            if deprecated(target) && !deprecated(&page.facts) {
                found.push(
                    Diagnostic::new(
                        Code::LinkToDeprecated,
                        format!(
                            "`{}` is deprecated: it is no longer to be used",
                            target.path
                        ),
                    )
                    .at_span(&link.span)
                    .help("link to the page that took its place")
                    .related(Span::start(&target.path), "this is the page"),
                );
            }
            if link.kind == LinkKind::Page
                && let Some(right) = other_case(&page.facts.path, &link.target, &target.path)
            {
                found.push(
                    Diagnostic::new(
                        Code::LinkCase,
                        format!("`{}` differs from the file's name in case", link.target),
                    )
                    .at_span(&link.span)
                    .help(format!(
                        "write `{right}`: on GitHub, and on most disks, the other is no file"
                    )),
                );
            }
        }
    }
    titles(subject, found);
}

/// The name of the file that a link means, where only the case differs.
fn other_case<'a>(from: &RelPath, target: &str, file: &'a RelPath) -> Option<&'a str> {
    let path = parts(target).path.into_owned();
    let meant = match path.strip_prefix('/') {
        Some(rest) => config::content().join(rest)?,
        None => from.parent().join(&path)?,
    };
    let differs = meant != *file && meant.as_str().to_lowercase() == file.as_str().to_lowercase();
    differs.then(|| file.file_name())
}

/// Runbooks of one service with one title: whoever searches cannot tell them apart.
fn titles(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut known: BTreeMap<(String, &[String]), &RelPath> = BTreeMap::new();
    for page in &subject.site.pages {
        if !page.is_runbook() || page.facts.matter.status == Status::Deprecated {
            continue;
        }
        let key = (page.facts.title.to_lowercase(), &*page.services);
        match known.get(&key) {
            Some(first) => found.push(
                Diagnostic::new(
                    Code::DuplicateTitle,
                    format!("the title `{}` is taken", page.facts.title),
                )
                .at(&page.facts.path, 0..0)
                .help("say in each what it is for, so that whoever searches takes the right one")
                .related(Span::start(first), "it is the title of this page"),
            ),
            None => {
                known.insert(key, &page.facts.path);
            }
        }
    }
}

/// Links out of the site that no browser can open.
fn outside(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    for (range, target) in &sheet.outline.links {
        if let Some(why) = wrong(target) {
            found.push(
                Diagnostic::new(Code::BadUrl, format!("`{target}` is no address: {why}"))
                    .at(&sheet.page.facts.path, range.clone())
                    .help("write it whole, as a browser shows it"),
            );
        }
    }
}

/// What is wrong with an address of the web, as far as its text tells.
fn wrong(target: &str) -> Option<&'static str> {
    let lower = target.to_ascii_lowercase();
    for scheme in ["http:/", "https:/"] {
        if (lower.strip_prefix(scheme)).is_some_and(|rest| !rest.starts_with('/')) {
            return Some("there is a slash too few");
        }
    }
    if let Some(rest) = lower.strip_prefix("mailto:") {
        let (whom, _) = rest.split_once('?').unwrap_or((rest, ""));
        let fine = whom.contains('@') || whom.contains(['<', '{', '$', '%', '[']);
        return (!fine).then_some("it names no mailbox");
    }
    let rest = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or(host);
    // `{{< param >}}`, `<host>` and `$HOST` are filled in by somebody.
    if target.contains(['<', '{', '$', '%', '[']) {
        return None;
    }
    match () {
        () if host.is_empty() => Some("it names no server"),
        () if matches!(host, "http:" | "https:") => Some("it begins twice"),
        () if !is_port(host) => Some("its port is not a number up to 65535"),
        () if host.contains("..") || host.starts_with('.') => Some("its server has an empty part"),
        () if host.contains(|c: char| {
            c.is_whitespace() || c == ',' || c == '_' && !host.contains('.')
        }) =>
        {
            Some("its server's name holds what none may")
        }
        () => None,
    }
}

/// Whether a server's name ends with a port that there can be, or with none.
fn is_port(host: &str) -> bool {
    match host.rsplit_once(':') {
        Some((_, port)) => port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0),
        None => true,
    }
}

/// `[text][label]` where nothing says where `label` leads: it is shown with its brackets.
fn references(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    for (range, label) in &sheet.outline.undefined {
        found.push(
            Diagnostic::new(
                Code::UndefinedReference,
                format!("`{label}` is defined nowhere, so the link is shown as text"),
            )
            .at(&sheet.page.facts.path, range.clone())
            .help(format!(
                "add a line `[{label}]: path-or-address`, or write `[text](path-or-address)`"
            )),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn addresses_by_their_text() {
        for (target, is_wrong) in [
            ("https://example.com/a", false),
            ("http://localhost:8080", false),
            ("https://<host>/x", false),
            ("https:/example.com", true),
            ("https://", true),
            ("https:///path", true),
            ("https://a..b/", true),
            ("https://http://example.com", true),
            ("https://https://example.com", true),
            ("http://https://example.com", true),
            ("https://example.com/?to=https://example.org", false),
            ("https://example.com:99999/", true),
            ("https://example.com:http/", true),
            ("https://example.com:8443/", false),
            ("https://example.com:$PORT/", false),
            ("mailto:", true),
            ("mailto:?subject=x", true),
            ("mailto:team", true),
            ("mailto:<address>", false),
            ("mailto:a@b", false),
            ("a.md", false),
        ] {
            assert_eq!(wrong(target).is_some(), is_wrong, "{target}");
        }
    }
}
