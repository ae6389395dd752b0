//! Whether somebody looked at a runbook lately, and followed it.

use super::{OfSite, Subject};
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::{Checklist, Status};
use crate::site::Page;

pub(super) const RULES: OfSite = OfSite {
    codes: &[
        Code::ReviewOverdue,
        Code::NeverReviewed,
        Code::NeverExercised,
        Code::ChangedSinceReview,
        Code::FutureDate,
    ],
    check,
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for page in &subject.site.pages {
        if page.is_runbook() && page.facts.matter.status == Status::Active {
            of_page(subject, page, found);
        }
    }
}

fn of_page(subject: &Subject<'_>, page: &Page, found: &mut Vec<Diagnostic>) {
    let matter = &page.facts.matter;
    let owner = match &page.owner {
        Some(owner) => format!("; {owner} owns it"),
        None => String::new(),
    };
    let day = |key: &str| subject.as_written(&page.facts.path, key, "2026-01-31");
    let mut report = |code, message: String, help: &str| {
        found.push(
            Diagnostic::new(code, message)
                .at(&page.facts.path, 0..0)
                .help(help),
        );
    };
    let dates = [
        ("last_reviewed", matter.last_reviewed),
        ("last_exercised", matter.last_exercised),
    ];
    for (key, date) in dates {
        if let Some(date) = date.filter(|date| days_between(subject.today, *date) > AHEAD) {
            report(
                Code::FutureDate,
                format!("`{key}` says {date}, which is yet to come{owner}"),
                &format!("write the day on which it was done: {}", day(key)),
            );
        }
    }
    match (matter.last_reviewed, page.review_due) {
        (None, _) => report(
            Code::NeverReviewed,
            format!("nobody ever said that this runbook is right{owner}"),
            &format!(
                "read it, mend it, and write the day: {}",
                day("last_reviewed")
            ),
        ),
        (Some(last), Some(due)) if due < subject.today => report(
            Code::ReviewOverdue,
            format!("the review of this runbook was due on {due}; the last was on {last}{owner}"),
            "read it, mend it, and set `last_reviewed` to the day",
        ),
        (Some(last), _) => {
            // Whoever writes the day of a review or a drill changes the file on that day or soon after.
            let is_note = |changed| {
                let days = [Some(last), matter.last_exercised].into_iter().flatten();
                days.map(|day| days_between(day, changed))
                    .any(|days| (0..=SAME).contains(&days))
            };
            if let Some(changed) = page.changed.filter(|changed| *changed > last)
                && !is_note(changed)
            {
                report(
                    Code::ChangedSinceReview,
                    format!(
                        "this runbook changed on {changed}, and was last reviewed on {last}{owner}"
                    ),
                    "read what changed, and set `last_reviewed` to the day",
                );
            }
        }
    }
    // A page to be read is never followed.
    if matter.last_exercised.is_none() && matter.checklist != Some(Checklist::None) {
        report(
            Code::NeverExercised,
            format!("nobody ever said that this runbook was followed to its end{owner}"),
            &format!(
                "try it in a drill, and write the day: {}",
                day("last_exercised")
            ),
        );
    }
}

/// How many days a date may be ahead of the day in UTC: in the east it is tomorrow already.
const AHEAD: i32 = 1;
/// How many days may lie between a review or a drill and the commit that writes it down.
const SAME: i32 = 7;

fn days_between(from: jiff::civil::Date, to: jiff::civil::Date) -> i32 {
    (to - from).get_days()
}
