//! What is due for review, by day and by owner: as a page, and as a calendar that others subscribe to.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::civil::Date;
use serde::Serialize;

use super::page::home_crumb;
use super::{Builder, View};
use crate::config::Config;
use crate::path::OutPath;
use crate::render::Renderer;
use crate::runbook::Status;
use crate::site::address::encode;
use crate::site::{Page, Site};

/// Longest line of a calendar file, in bytes (RFC 5545, 3.1).
const LINE: usize = 75;

#[derive(Serialize, Hash)]
struct Due<'a> {
    due: String,
    overdue: bool,
    title: &'a str,
    href: String,
    owner: Option<&'a str>,
    last_reviewed: Option<String>,
}

#[derive(Serialize, Hash, Default)]
struct Owner<'a> {
    name: &'a str,
    runbooks: usize,
    overdue: usize,
    never: usize,
    next: Option<String>,
}

#[derive(Serialize, Hash)]
struct Reviews<'a> {
    due: Vec<Due<'a>>,
    never: Vec<Due<'a>>,
    owners: Vec<Owner<'a>>,
    calendar: &'static str,
}

/// Runbooks that are to be reviewed.
fn reviewed(site: &Site) -> impl Iterator<Item = &Page> {
    let is = |page: &&Page| page.is_runbook() && page.facts.matter.status != Status::Deprecated;
    site.pages.iter().filter(is)
}

impl<'a> View<'a> {
    /// The page of what is due.
    pub(in crate::render) fn reviews(renderer: &'a Renderer, out: &OutPath) -> Self {
        let (site, today) = (&renderer.site, renderer.frame.shared.today);
        let mut view = Builder::new(renderer, out, out.to_string());
        let mut owners: BTreeMap<&str, Owner<'_>> = BTreeMap::new();
        let (mut due, mut never) = (Vec::new(), Vec::new());
        for page in reviewed(site) {
            let matter = &page.facts.matter;
            let name = page.owner.as_deref().unwrap_or_default();
            let owner = owners.entry(name).or_insert(Owner {
                name,
                ..Owner::default()
            });
            owner.runbooks += 1;
            let overdue = page.review_due.is_some_and(|due| due < today);
            let day = page.review_due.map(|due| due.to_string());
            owner.overdue += usize::from(overdue);
            owner.never += usize::from(day.is_none());
            if let Some(day) = &day
                && owner.next.as_ref().is_none_or(|next| day < next)
            {
                owner.next = Some(day.clone());
            }
            let list = if day.is_some() { &mut due } else { &mut never };
            list.push(Due {
                due: day.unwrap_or_default(),
                overdue,
                title: &page.facts.title,
                href: encode(&page.address.href),
                owner: page.owner.as_deref(),
                last_reviewed: matter.last_reviewed.map(|day| day.to_string()),
            });
        }
        due.sort_by(|a: &Due<'_>, b| a.due.cmp(&b.due));
        view.add(
            "reviews",
            &Reviews {
                due,
                never,
                owners: owners.into_values().collect(),
                calendar: "reviews.ics",
            },
        );
        view.add("breadcrumbs", &[home_crumb(site)]);
        view.finish()
    }
}

/// What a calendar without events holds: it must have a component (RFC 5545, 3.6), and this one shows nothing.
const NOTHING: [&str; 8] = [
    "BEGIN:VTIMEZONE",
    "TZID:UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
];

/// The calendar: an all-day event for each review that is due (RFC 5545).
pub(in crate::render) fn calendar(site: &Site, config: &Config) -> Vec<u8> {
    let is_due =
        |page: &Page| page.facts.matter.last_reviewed.is_some() && page.review_due.is_some();
    let is_empty = !reviewed(site).any(is_due);
    let mut out = String::new();
    for fixed in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Bindery//Reviews//EN",
        "CALSCALE:GREGORIAN",
    ] {
        line(fixed, &mut out);
    }
    // What is published has an event (RFC 5546, 3.2.1).
    if !is_empty {
        line("METHOD:PUBLISH", &mut out);
    }
    let name = format!(
        "X-WR-CALNAME:{}",
        escaped(&format!("Reviews: {}", config.title))
    );
    line(&name, &mut out);
    let host = config.base_url.as_deref().unwrap_or_default();
    let host = host.split('/').nth(2).filter(|host| !host.is_empty());
    let host = host.unwrap_or("bindery.invalid");
    if is_empty {
        NOTHING.iter().for_each(|fixed| line(fixed, &mut out));
    }
    for page in reviewed(site) {
        let matter = &page.facts.matter;
        let (Some(last), Some(due)) = (matter.last_reviewed, page.review_due) else {
            continue;
        };
        line("BEGIN:VEVENT", &mut out);
        line(&format!("UID:{}@{host}", escaped(&page.id)), &mut out);
        // The day of the review, not of the build: the same inputs make the same bytes.
        line(&format!("DTSTAMP:{}T000000Z", day(last)), &mut out);
        line(&format!("DTSTART;VALUE=DATE:{}", day(due)), &mut out);
        line(
            &format!(
                "SUMMARY:{}",
                escaped(&format!("Review: {}", page.facts.title))
            ),
            &mut out,
        );
        let mut about = format!("Last reviewed on {last}. Source: {}", page.facts.path);
        if let Some(owner) = &page.owner {
            let _ = write!(about, ". Owner: {owner}");
        }
        line(&format!("DESCRIPTION:{}", escaped(&about)), &mut out);
        if let Some(base) = &config.base_url {
            let url = format!("URL:{base}{}", encode(&page.address.href));
            line(&url, &mut out);
        }
        line("TRANSP:TRANSPARENT", &mut out);
        line("END:VEVENT", &mut out);
    }
    line("END:VCALENDAR", &mut out);
    out.into_bytes()
}

fn day(date: Date) -> String {
    date.to_string().replace('-', "")
}

/// Text as a value (RFC 5545, 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Writes a line, folded where it is too long, on whole characters.
fn line(text: &str, out: &mut String) {
    let mut length = 0;
    for c in text.chars() {
        if length + c.len_utf8() > LINE {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(c);
        length += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::{escaped, line};

    #[test]
    fn lines_are_folded_on_whole_characters() {
        let mut out = String::new();
        line(&"ä".repeat(100), &mut out);
        let lines: Vec<&str> = out.split_terminator("\r\n").collect();
        assert!(lines.len() > 2 && lines.iter().all(|line| line.len() <= 75));
        assert!(lines[1..].iter().all(|line| line.starts_with(' ')));
        let whole: String = lines.iter().map(|line| line.trim_start()).collect();
        assert_eq!(whole, "ä".repeat(100));
        assert_eq!(escaped("a,b;c\\d\ne\r"), "a\\,b\\;c\\\\d\\ne");
    }
}
