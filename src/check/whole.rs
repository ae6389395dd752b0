//! What a whole runbook must tell: something to do, how to see that it worked, whom to call, what maintenance follows.

use super::instructions::{instructions, is_instruction};
use super::sections::leads_inside;
use super::words::{is_action, is_diagnosis, is_rollback, tells_escalation, tells_verification};
use super::{OfPage, Sheet};
use crate::config::headings;
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::outline::{Outline, Part};
use crate::runbook::{Checklist, FollowUp, Scope, Status};

/// Most words of a page that only leads on.
const POINTER: usize = 30;
/// Fewest sentences that say what to do in a runbook without lists and commands.
const INSTRUCTIONS: usize = 2;
/// Most words of a heading that names a part of a runbook: "How to fix it".
const HEADING: usize = 4;

pub(super) const RULES: OfPage = OfPage {
    codes: &[
        Code::NoSteps,
        Code::NoVerification,
        Code::NoEscalation,
        Code::NoFollowUp,
    ],
    check,
};

fn check(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    let (page, outline) = (sheet.page, &sheet.outline);
    let matter = &page.facts.matter;
    let body = sheet.text.get(outline.body..).unwrap_or_default();
    // A page that says it is no checklist is there to be read; one without text is reported as that.
    if !page.is_runbook()
        || matter.checklist == Some(Checklist::None)
        || matter.status == Status::Deprecated
        || body.trim().is_empty()
    {
        return;
    }
    let written = |key: &str, value: &str| sheet.subject.as_written(&page.facts.path, key, value);
    let report = |code, message: &str, help: &str| {
        Diagnostic::new(code, message)
            .at(&page.facts.path, title(sheet))
            .help(help)
    };
    let words = &sheet.subject.config.headings;
    let has = |words: &[String]| {
        let mut headings = page.facts.headings.iter();
        headings.any(|heading| headings::names(&heading.title, words))
    };
    let acts = !page.facts.steps.is_empty()
        || !outline.blocks.is_empty()
        || !outline.spans.is_empty()
        || !page.facts.embeds.is_empty()
        || outline.parts.iter().any(|part| part.items > 0);
    let shows = acts || outline.parts.iter().any(|part| part.shows);
    // With a scope that site.toml gives to a whole folder, a page may be one to be read without saying so.
    let is_followed = !page.facts.steps.is_empty() || is_procedure(sheet);
    if !is_followed {
        return;
    }
    if !shows && !is_pointer(outline) && !instructs(sheet) {
        found.push(report(
            Code::NoSteps,
            "this runbook has no steps: no list and no command",
            &format!(
                "write the steps as a numbered list, with the commands to run; for a page that is only there to be read say {}",
                written("checklist", "\"none\"")
            ),
        ));
    }
    let lower = body.to_lowercase();
    let expects = page.facts.steps.iter().any(|step| step.expect);
    if acts && !expects && !has(&words.verification) && !tells_verification(&lower) {
        found.push(report(
            Code::NoVerification,
            "this runbook does not say how to see that it worked",
            "add a section `Verification`, or `Expect:` to a step",
        ));
    }
    let operates = matter.scope.contains(&Scope::Operation);
    let calls = page.owner.is_some() || has(&words.escalation) || tells_escalation(&lower);
    if operates && !calls {
        found.push(report(
            Code::NoEscalation,
            "this runbook does not say whom to call",
            "add a section `Escalation`, or `owner` to the front matter",
        ));
    }
    let required = &sheet.subject.config.required;
    let asked = ["all", "operation"].iter().any(|group| {
        let keys = required.get(*group);
        keys.is_some_and(|keys| keys.iter().any(|key| key == "follow_up"))
    });
    // Where site.toml requires the key, it is missed already.
    if matter.scope == [Scope::Operation] && matter.follow_up == FollowUp::Unsaid && !asked {
        found.push(report(
            Code::NoFollowUp,
            "this runbook does not say what maintenance follows it",
            &format!(
                "add {}, or {}; an operation that nobody follows up is a band-aid",
                written("follow_up", "[\"id-of-a-maintenance-runbook\"]"),
                written("follow_up", "{ none = \"why none is needed\" }"),
            ),
        ));
    }
}

/// Whether a page shows itself as one to be followed: by its front matter, its title, or its headings.
fn is_procedure(sheet: &Sheet<'_>) -> bool {
    let facts = &sheet.page.facts;
    let matter = &facts.matter;
    let says = matter.own_scope
        || !matter.alerts.is_empty()
        || matter.task.is_some()
        || matter.severity.is_some()
        || matter.risk.is_some()
        || matter.duration.is_some()
        || matter.kind.is_some();
    let words = &sheet.subject.config.headings;
    // "What we are trying to fix" is a story.
    let of_runbooks = |title: &str| {
        let short = title.split_whitespace().count() <= HEADING;
        short && (is_action(title) || is_diagnosis(title) || is_rollback(title))
            || headings::names(title, &words.verification)
            || headings::names(title, &words.escalation)
    };
    // A list of what to do under any other heading.
    let lists =
        |part: &Part| part.items >= INSTRUCTIONS && instructions(&part.text) >= INSTRUCTIONS;
    says || is_instruction(&facts.title)
        || sheet.outline.parts.iter().any(lists)
        || facts
            .headings
            .iter()
            .any(|heading| of_runbooks(&heading.title))
}

/// Whether sentences say what to do, where help is looked for: "Increase the memory. Try a larger disk." A link to a page of
/// the site, which has the steps, does as well.
fn instructs(sheet: &Sheet<'_>) -> bool {
    let outline = &sheet.outline;
    let helps = |title: &str| is_action(title) || is_diagnosis(title);
    let sections: Vec<_> = (outline.parts.iter().enumerate())
        .filter(|(_, part)| helps(&part.title))
        .map(|(number, part)| part.range.start..outline.section_end(number))
        .collect();
    let told = outline.parts.iter().filter(|part| {
        sections.is_empty()
            || sections
                .iter()
                .any(|section| section.contains(&part.range.start))
    });
    let mut count = 0;
    for part in told {
        if part.level > 0 && !sections.is_empty() && leads_inside(sheet, part) {
            return true;
        }
        count += instructions(&part.text) + usize::from(is_instruction(&part.title));
    }
    count >= INSTRUCTIONS
}

/// Whether a page only leads on: "This alert has moved to".
fn is_pointer(outline: &Outline) -> bool {
    let parts = || outline.parts.iter();
    let words = parts().map(|part| part.text.split_whitespace().count());
    words.sum::<usize>() <= POINTER && parts().any(|part| part.links > 0)
}

/// What stands for the page as a whole: its first heading, else its start.
fn title(sheet: &Sheet<'_>) -> std::ops::Range<usize> {
    let parts = &sheet.outline.parts;
    match parts.iter().find(|part| part.level > 0) {
        Some(first) if first.level == 1 => first.heading.clone(),
        _ => 0..0,
    }
}
