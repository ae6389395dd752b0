//! The rules of `bindery check`: each reads the site and says what would fail someone who follows a runbook at night.
//!
//! A file holds one rule, or a few that look at the same thing. What a build finds anyway is not looked for again.

mod alerts;
pub mod explain;
mod likely;

use rayon::prelude::*;

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::site::Site;
use crate::snapshot::{Env, Snapshot};

/// What rules may read.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The site.
    pub site: &'a Site,
    /// The inputs, for rules about the text itself.
    pub snapshot: &'a Snapshot,
    /// The world.
    pub env: &'a Env,
}

/// Some rules and the classes of what they find.
struct Family {
    codes: &'static [Code],
    check: fn(&Subject<'_>) -> Vec<Diagnostic>,
}

/// The rules that need only what the site knows.
const FAMILIES: &[Family] = &[alerts::FAMILY];

/// Everything that the rules find, in no order, at the classes' own levels.
pub fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let wanted = |family: &&Family| {
        let mut codes = family.codes.iter();
        codes.any(|code| !subject.config.levels.is_off(*code))
    };
    let families: Vec<&Family> = FAMILIES.iter().filter(wanted).collect();
    families
        .par_iter()
        .flat_map_iter(|family| (family.check)(subject))
        .collect()
}
