//! Gaps: what is still missing in which runbooks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Alerts, Page};
use crate::config::Config;
use crate::runbook::{Checklist, FollowUp, Risk, Scope, Status};

/// Something that a runbook lacks; the order is that of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gap {
    /// A band-aid: an alert calls for it, and it says neither what follows nor why nothing does.
    BandAid,
    /// Its review is due.
    Overdue,
    /// Nobody has reviewed it.
    NeverReviewed,
    /// Another operation runbook that says neither what follows it nor why nothing does.
    NoFollowUp,
    /// It is risky, and there is no way back in it.
    NoWayBack,
    /// It has no steps.
    NoSteps,
    /// Nobody owns it.
    NoOwner,
    /// Nobody has exercised it.
    NeverExercised,
}

impl Gap {
    /// Its name in templates and language files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::NeverReviewed => "never_reviewed",
            Self::BandAid => "band_aid",
            Self::NoFollowUp => "no_follow_up",
            Self::NoWayBack => "no_way_back",
            Self::NoSteps => "no_steps",
            Self::NoOwner => "no_owner",
            Self::NeverExercised => "never_exercised",
        }
    }
}

/// Operation runbooks that answer an alert and say neither what follows them nor why nothing does: someone gets up for
/// the same thing again and again.
pub(super) fn band_aids(pages: &[Page], alerts: &Alerts) -> BTreeSet<usize> {
    let answers: BTreeSet<usize> = (alerts.known.values())
        .flat_map(|alert| alert.pages.iter().copied())
        .collect();
    let is = |number: &usize| {
        let page = &pages[*number];
        let matter = &page.facts.matter;
        page.is_runbook()
            && matter.status != Status::Deprecated
            && matter.scope.contains(&Scope::Operation)
            && matter.follow_up == FollowUp::Unsaid
    };
    answers.into_iter().filter(is).collect()
}

/// The runbooks with each gap, in the order of the pages. Runbooks that are given up have none.
pub(super) fn gaps(
    pages: &[Page],
    band_aids: &BTreeSet<usize>,
    config: &Config,
    today: Date,
) -> BTreeMap<Gap, Vec<usize>> {
    let mut gaps: BTreeMap<Gap, Vec<usize>> = BTreeMap::new();
    for (number, page) in pages.iter().enumerate() {
        let matter = &page.facts.matter;
        if !page.is_runbook() || matter.status == Status::Deprecated {
            continue;
        }
        // A page that says it is no checklist is there to be read.
        let is_followed = matter.checklist != Some(Checklist::None);
        let found = [
            (Gap::Overdue, page.review_due.is_some_and(|due| due < today)),
            (Gap::NeverReviewed, matter.last_reviewed.is_none()),
            (Gap::BandAid, band_aids.contains(&number)),
            (
                Gap::NoFollowUp,
                !band_aids.contains(&number)
                    && matter.scope.contains(&Scope::Operation)
                    && matter.follow_up == FollowUp::Unsaid,
            ),
            (
                Gap::NoWayBack,
                matter.risk == Some(Risk::High) && !page.has_way_back(config),
            ),
            (Gap::NoSteps, is_followed && page.facts.steps.is_empty()),
            (Gap::NoOwner, page.owner.is_none()),
            (
                Gap::NeverExercised,
                is_followed && matter.last_exercised.is_none(),
            ),
        ];
        for (gap, _) in found.into_iter().filter(|(_, is)| *is) {
            gaps.entry(gap).or_default().push(number);
        }
    }
    gaps
}
