//! The annotations that rules lack though a runbook answers their alert: one list for who tells and who writes them.

use crate::alert::patch::{self, Addition, Patch};
use crate::config::{Alerts, Base};
use crate::site::{Lead, Site};

/// The annotation that names a runbook where there is none yet.
pub fn key(config: &Alerts) -> &str {
    let key = config.annotations.first();
    key.map_or("runbook_url", String::as_str)
}

/// What is to be added to the rules of a file, by its number, for a site that is published at `base`.
pub fn missing(site: &Site, file: usize, base: &Base, config: &Alerts) -> Vec<Addition> {
    let rules = site.alerts.files.get(file).map(|file| file.rules.iter());
    let unsaid = (rules.into_iter().flatten().enumerate())
        .filter(|(rule, _)| site.alerts.lead((file, *rule)) == Some(&Lead::Unsaid));
    let additions = unsaid.filter_map(|(number, rule)| {
        let alert = site.alerts.known.get(&rule.name.value.to_lowercase())?;
        let page = alert.answer(&site.pages)?;
        let address = &site.pages[page].address.href;
        Some(Addition {
            rule: number,
            key: key(config).to_owned(),
            value: format!("{}{address}{}", base.url, alert.fragment(page)),
        })
    });
    additions.collect()
}

/// The diff that adds what is missing in a file, whose text is `text` and which is called `name` in it.
pub fn patch(
    site: &Site,
    file: usize,
    (text, name): (&str, &str),
    base: &Base,
    config: &Alerts,
) -> Patch {
    match site.alerts.files.get(file) {
        Some(rules) => patch::patch(
            rules,
            text,
            name,
            &missing(site, file, base, config),
            config,
        ),
        None => Patch::default(),
    }
}
