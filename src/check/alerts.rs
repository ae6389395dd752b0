//! Alerts: whether whoever is woken by one finds the runbook that its annotation promises.

use std::collections::{BTreeMap, BTreeSet};

use super::likely::{Likely, Names, by_address};
use super::{OfSite, Subject, annotation};
use crate::alert::Rule;
use crate::alert::patch::ByHand;
use crate::config::Base;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::path::RelPath;
use crate::runbook::{Severity, Status};
use crate::site::{Alert, Lead, RuleId};

/// How many findings get a suggestion: a search costs a comparison with every page, or with every alert.
const SUGGESTIONS: usize = 100;

pub(super) const RULES: OfSite = OfSite {
    codes: &[
        Code::DeadRunbookUrl,
        Code::RunbookUrlAnchor,
        Code::AlertWithoutRunbook,
        Code::RunbookUrlMissing,
        Code::UnknownAlert,
        Code::SeverityDiffers,
        Code::AlertToDraft,
        Code::AlertToDeprecated,
        Code::RunbookUrlsDiffer,
        Code::UnmappedUrl,
    ],
    check,
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let alerts = &subject.site.alerts;
    if alerts.files.iter().all(|file| file.rules.is_empty()) {
        return;
    }
    let mut checker = Checker {
        subject,
        found: Vec::new(),
        suggested: 0,
        names: None,
        by_hand: BTreeMap::new(),
        unmapped: BTreeMap::new(),
    };
    for (number, file) in alerts.files.iter().enumerate() {
        for (at, rule) in file.rules.iter().enumerate() {
            if let Some(lead) = alerts.lead((number, at)) {
                checker.rule((number, at), rule, lead);
            }
        }
    }
    checker.unmapped();
    for alert in alerts.known.values() {
        checker.differ(alert);
    }
    checker.pages();
    found.append(&mut checker.found);
}

struct Checker<'a> {
    subject: &'a Subject<'a>,
    found: Vec<Diagnostic>,
    suggested: usize,
    names: Option<Names>,
    /// What a patch would leave to do, by the file's number.
    by_hand: BTreeMap<usize, Vec<ByHand>>,
    /// Servers that are not known to be this site: where their addresses stand first, how often, and what all begin with.
    unmapped: BTreeMap<String, (Span, usize, String)>,
}

impl<'a> Checker<'a> {
    fn rule(&mut self, id: RuleId, rule: &Rule, lead: &Lead) {
        let site = self.subject.site;
        let name = &rule.name.value;
        let said = rule.runbook.as_ref();
        let at = said.map_or(&rule.name.span, |said| &said.span);
        let report = |code, message: String| Diagnostic::new(code, message).at_span(at);
        let diagnostic = match lead {
            Lead::Template | Lead::Other => return,
            Lead::Unsaid => return self.unsaid(id, rule),
            Lead::Alert(_) => {
                let answered = site.alerts.known.get(&name.to_lowercase());
                if answered.is_some_and(|alert| !alert.pages.is_empty()) || !self.must_have(rule) {
                    return;
                }
                report(
                    Code::AlertWithoutRunbook,
                    format!("the page of `{name}` has no runbook to show"),
                )
                .help("write one, and name the alert in its front matter: `alerts = [...]`")
            }
            Lead::Unmapped => {
                let url = said.map_or("", |said| said.value.as_str());
                let entry = self.unmapped.entry(origin(url));
                let (_, count, start) = entry.or_insert((at.clone(), 0, url.to_owned()));
                *count += 1;
                let shared = start.floor_char_boundary(shared_folder(start, url));
                start.truncate(shared);
                return;
            }
            Lead::Nowhere(wanted) => {
                let help = self.suggestion(rule, wanted);
                report(
                    Code::DeadRunbookUrl,
                    format!(
                        "the runbook of `{name}` is not there: no page has the address `{wanted}`"
                    ),
                )
                .help(help)
            }
            Lead::Case(page) => report(
                Code::DeadRunbookUrl,
                format!("the runbook of `{name}` is not there: addresses are in lower case"),
            )
            .help(format!("write `{}`", site.pages[*page].address.href)),
            Lead::NoHeading(page, fragment) => {
                let facts = &site.pages[*page].facts;
                let ids = facts.headings.iter().map(|heading| heading.id.as_str());
                let help = match nearest(fragment, ids.clone()) {
                    Some(near) => format!("did you mean `#{near}`?"),
                    None => {
                        let some: Vec<String> = ids.take(8).map(|id| format!("`#{id}`")).collect();
                        format!("it has {}", some.join(", "))
                    }
                };
                report(
                    Code::RunbookUrlAnchor,
                    format!("the runbook of `{name}` has no heading `#{fragment}`"),
                )
                .help(help)
                .related(Span::start(&facts.path), "this is the runbook")
            }
            Lead::Draft(path) => report(
                Code::AlertToDraft,
                format!("the runbook of `{name}` is a draft, which is not published"),
            )
            .help("finish it, and let its front matter no longer say that its `status` is `draft`")
            .related(Span::start(path), "this is the draft"),
            Lead::Page(page) => return self.leads_to(rule, *page),
        };
        self.found.push(diagnostic);
    }

    /// A rule without an annotation.
    fn unsaid(&mut self, id: RuleId, rule: &Rule) {
        let site = self.subject.site;
        let name = &rule.name.value;
        let known = site.alerts.known.get(&name.to_lowercase());
        let key = annotation::key(&self.subject.config.alerts);
        let must = self.must_have(rule);
        let severity = rule.severity.as_ref().map_or("", |said| &said.value);
        let diagnostic = match known.and_then(|alert| Some((alert, alert.answer(&site.pages)?))) {
            None if !must => return,
            None => {
                let without = |what: &str, help: String| {
                    let message = format!("the {severity} alert `{name}` has no runbook{what}");
                    Diagnostic::new(Code::AlertWithoutRunbook, message).help(help)
                };
                let draft = known.and_then(|alert| alert.drafts.first());
                let old = known.and_then(|alert| alert.pages.first());
                match (draft, old.map(|page| &site.pages[*page].facts.path)) {
                    (Some(draft), _) => without(
                        " but a draft, which is not published",
                        format!(
                            "finish `{draft}`, and let its front matter no longer say that its `status` is `draft`; then name it in \
                             the annotation `{key}`"
                        ),
                    )
                    .related(Span::start(draft), "this is the draft"),
                    (None, Some(old)) => without(
                        " that is still to be used",
                        format!(
                            "`{old}` is deprecated: write what takes its place, and name that in the annotation `{key}`"
                        ),
                    )
                    .related(Span::start(old), "this is the page"),
                    (None, None) => without(
                        "",
                        format!(
                            "write one, and name it in the annotation `{key}`; site.toml says which severities must have \
                             one, by `severities` under `[alerts]`"
                        ),
                    ),
                }
            }
            Some((alert, page)) => {
                let path = &site.pages[page].facts.path;
                let (code, severity) = if must {
                    (Code::AlertWithoutRunbook, format!("{severity} "))
                } else {
                    (Code::RunbookUrlMissing, String::new())
                };
                let message = format!("the {severity}alert `{name}` does not lead to its runbook");
                let answers = format!("`{path}{}` answers it", alert.fragment(page));
                let help = match self.by_hand(id) {
                    None => format!(
                        "{answers}: add the annotation `{key}`; `bindery alerts --patch` writes it for you"
                    ),
                    Some(why) => format!("{answers}: add the annotation `{key}` by hand, as {why}"),
                };
                Diagnostic::new(code, message)
                    .help(help)
                    .related(Span::start(path), "this runbook answers it")
            }
        };
        self.found.push(diagnostic.at_span(&rule.name.span));
    }

    /// Why `bindery alerts --patch` cannot write the annotation of a rule, if it cannot.
    fn by_hand(&mut self, (file, rule): RuleId) -> Option<&str> {
        let Subject {
            config,
            site,
            snapshot,
            ..
        } = self.subject;
        let left = self.by_hand.entry(file).or_insert_with(|| {
            let path = site.alerts.files.get(file).map(|file| &file.path);
            let text = path
                .and_then(|path| snapshot.text(path))
                .unwrap_or_default();
            // Where the site is published makes no difference.
            let base = Base {
                url: "https://example.com/".to_owned(),
                folder: String::new(),
            };
            annotation::patch(site, file, (&text, ""), &base, &config.alerts).left
        });
        let left = left.iter().find(|left| left.rule == rule);
        left.map(|left| left.why.as_str())
    }

    /// A rule whose annotation leads to a page.
    fn leads_to(&mut self, rule: &Rule, page: usize) {
        let site = self.subject.site;
        let name = &rule.name.value;
        let at = rule
            .runbook
            .as_ref()
            .map_or(&rule.name.span, |said| &said.span);
        let target = &site.pages[page];
        if target.facts.matter.status == Status::Deprecated {
            self.found.push(
                Diagnostic::new(
                    Code::AlertToDeprecated,
                    format!("the runbook of `{name}` is deprecated: it is no longer to be used"),
                )
                .at_span(at)
                .help("name the page that took its place")
                .related(Span::start(&target.facts.path), "this is the page"),
            );
        }
        // Only what pages say themselves counts here: of two pages with like names either may be meant.
        let claims = site.terms.alerts.get(&name.to_lowercase());
        if let Some(claims) = claims
            && let Some(first) = claims.pages.first()
            && !claims.pages.contains(&page)
        {
            let path = &site.pages[*first].facts.path;
            self.found.push(
                Diagnostic::new(
                    Code::RunbookUrlMissing,
                    format!(
                        "the alert `{name}` leads to `{}`, but `{path}` says that it answers it",
                        target.facts.path
                    ),
                )
                .at_span(at)
                .help("let the annotation name that page, or take the alert out of its `alerts`")
                .related(Span::start(path), "this page names the alert"),
            );
        }
    }

    /// Whether an alert of this severity must have a runbook.
    fn must_have(&self, rule: &Rule) -> bool {
        let severities = &self.subject.config.alerts.severities;
        rule.severity.as_ref().is_some_and(|said| {
            severities
                .iter()
                .any(|must| must.eq_ignore_ascii_case(&said.value))
        })
    }

    /// The page that was likely meant by an address that leads nowhere.
    fn suggestion(&mut self, rule: &Rule, wanted: &str) -> String {
        let site = self.subject.site;
        let describe = |page: usize| {
            let page = &site.pages[page];
            format!(
                "`{}`, whose address is `{}`",
                page.facts.path, page.address.href
            )
        };
        let known = site.alerts.known.get(&rule.name.value.to_lowercase());
        if let Some(page) = known.and_then(|alert| alert.pages.first()) {
            return format!("did you mean {}?", describe(*page));
        }
        self.suggested += 1;
        if self.suggested <= SUGGESTIONS {
            let names = self.names.get_or_insert_with(|| Names::new(site));
            let last = wanted.rsplit('/').next().unwrap_or(wanted);
            let near = by_address(site, wanted);
            let likely = match near {
                Some(Likely { sure: true, .. }) => near,
                _ => (names.likely(&rule.name.value))
                    .or_else(|| names.likely(last))
                    .or(near),
            };
            match likely {
                Some(Likely { page, sure: true }) => {
                    return format!("did you mean {}?", describe(page));
                }
                Some(Likely { page, sure: false }) => {
                    return format!("the page nearest to it is {}", describe(page));
                }
                None => {}
            }
        }
        "write that runbook, or let the annotation name one that is there".to_owned()
    }

    fn unmapped(&mut self) {
        for (origin, (span, count, start)) in std::mem::take(&mut self.unmapped) {
            // Of one address nobody can tell where the site begins.
            let base = match count {
                1 => &origin,
                _ => &start,
            };
            let rules = match count {
                1 => "the runbook URL of a rule leads".to_owned(),
                count => format!("the runbook URLs of {count} rules lead"),
            };
            self.found.push(
                Diagnostic::new(
                    Code::UnmappedUrl,
                    format!("{rules} to `{origin}`, which is not known to be this site"),
                )
                .at_span(&span)
                .help(format!(
                    "if it is, say so in site.toml: `base_urls = [\"{base}\"]` under `[alerts]`"
                )),
            );
        }
    }

    /// Rules of one name that lead to different runbooks.
    fn differ(&mut self, alert: &Alert) {
        let alerts = &self.subject.site.alerts;
        let said = |id: &RuleId| {
            let said = alerts.rule(*id)?.runbook.as_ref()?;
            Some((said, alerts.lead(*id)?))
        };
        let mut all = alert.rules.iter().filter_map(said);
        let Some((first, first_lead)) = all.next() else {
            return;
        };
        for (other, lead) in all {
            let same_page = matches!((first_lead, lead), (Lead::Page(a), Lead::Page(b)) if a == b);
            if other.value != first.value && !same_page {
                self.found.push(
                    Diagnostic::new(
                        Code::RunbookUrlsDiffer,
                        format!("two rules of `{}` name different runbooks", alert.name),
                    )
                    .at_span(&other.span)
                    .help("whoever is woken knows only the alert's name: let both lead to one page")
                    .related(first.span.clone(), "this is what the other rule says"),
                );
            }
        }
    }

    /// What pages say of alerts.
    fn pages(&mut self) {
        let site = self.subject.site;
        let names: BTreeSet<&str> = (site.alerts.known.values())
            .filter(|alert| !alert.rules.is_empty())
            .map(|alert| alert.name.as_str())
            .collect();
        for (number, page) in site.pages.iter().enumerate() {
            let matter = &page.facts.matter;
            let mut fires: BTreeMap<String, Span> = BTreeMap::new();
            for alert in &matter.alerts {
                let known = site.alerts.known.get(&alert.value.to_lowercase());
                let rules = known.map_or(&[][..], |known| &known.rules);
                if rules.is_empty() {
                    self.suggested += 1;
                    let near = match self.suggested {
                        ..=SUGGESTIONS => nearest(&alert.value, names.iter().copied()),
                        _ => None,
                    };
                    let help = match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => {
                            "was it renamed, or taken out? then this runbook is found by nobody"
                                .to_owned()
                        }
                    };
                    self.found.push(
                        Diagnostic::new(
                            Code::UnknownAlert,
                            format!("no rule fires an alert `{}`", alert.value),
                        )
                        .at_span(&alert.span)
                        .help(help),
                    );
                }
                for rule in rules.iter().filter_map(|id| site.alerts.rule(*id)) {
                    if let Some(severity) = &rule.severity {
                        let word = severity.value.to_lowercase();
                        fires.entry(word).or_insert(severity.span.clone());
                    }
                }
            }
            if let Some(severity) = matter.severity {
                self.severity(number, severity, &fires);
            }
        }
    }

    /// A page's severity against those of the alerts it names.
    fn severity(&mut self, page: usize, severity: Severity, fires: &BTreeMap<String, Span>) {
        let word = severity.word();
        // Houses have severities of their own, `page` or `sev1`, which are not compared.
        let comparable: Vec<(&String, &Span)> = fires
            .iter()
            .filter(|(fires, _)| matches!(fires.as_str(), "critical" | "warning" | "info"))
            .collect();
        if fires.contains_key(word) || comparable.len() < fires.len() {
            return;
        }
        let Some((other, span)) = comparable.first() else {
            return;
        };
        let facts = &self.subject.site.pages[page].facts;
        let at: (&RelPath, _) = match facts.matter.alerts.first() {
            Some(first) => (&first.span.file, first.span.range.clone()),
            None => (&facts.path, 0..0),
        };
        self.found.push(
            Diagnostic::new(
                Code::SeverityDiffers,
                format!("this runbook says `{word}`, but its alert fires as `{other}`"),
            )
            .at(at.0, at.1)
            .help("let both say the same: it decides who gets up")
            .related((*span).clone(), "the rule says so here"),
        );
    }
}

/// How much of two URLs of one server is the same folder; that of the server itself at least.
fn shared_folder(a: &str, b: &str) -> usize {
    let path = |url: &str| url.find(['?', '#', '{']).unwrap_or(url.len());
    let shared = (a.bytes().take(path(a)).zip(b.bytes().take(path(b))))
        .take_while(|(a, b)| a == b)
        .count();
    let server = a.find("://").map_or(0, |at| at + 3);
    match a.as_bytes()[..shared]
        .iter()
        .rposition(|byte| *byte == b'/')
    {
        Some(slash) if slash >= server => slash + 1,
        _ => shared,
    }
}

/// The address of the server in a URL, with a slash at its end.
fn origin(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.split('/').next().unwrap_or_default();
            format!("{scheme}://{host}/")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::shared_folder;

    #[test]
    fn urls_share_a_folder() {
        for (a, b, shared) in [
            (
                "https://e.org/a/b/x",
                "https://e.org/a/b/y",
                "https://e.org/a/b/",
            ),
            ("https://e.org/a/b/x", "https://e.org/c", "https://e.org/"),
            (
                "https://e.org/x.md#a",
                "https://e.org/x.md#b",
                "https://e.org/",
            ),
            (
                "https://e.org/a?x=/1",
                "https://e.org/a?x=/2",
                "https://e.org/",
            ),
            ("https://e.org/ä/x", "https://e.org/ö/x", "https://e.org/"),
            ("https://e.org", "https://e.org/x", "https://e.org"),
        ] {
            assert_eq!(&a[..shared_folder(a, b)], shared, "{a} {b}");
        }
    }
}
