//! Findings that are silenced in the text: `<!-- bindery: off no-rollback until 2027-03-01: the disk is scrap -->`.
//!
//! A comment says which classes, until when and why. In a page it covers the section it stands in, under the title or
//! before all headings the whole page; in a file of alert rules it covers the rule it stands in or before.

use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::yaml_comments::comments;
use crate::alert::RuleFile;
use crate::config::may_pass;
use crate::diagnostic::{Checked, Code, Diagnostic, did_you_mean};
use crate::path::RelPath;
use crate::runbook::outline::Outline;

/// What a comment begins with that is meant for us.
const WORD: &str = "bindery:";
/// What a comment begins with, in letters of either case, that somebody thought was.
const NAME: &str = "bindery";

/// A comment that silences findings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Silence {
    /// The file it stands in.
    pub file: RelPath,
    codes: Vec<Code>,
    until: Date,
    /// The comment.
    span: Range<usize>,
    /// Where findings are silenced.
    covers: Range<usize>,
}

/// Whether a file may hold such a comment.
pub fn may_hold(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, WORD.as_bytes()).is_some()
}

/// The comments of a page.
pub fn of_page(file: &RelPath, outline: &Outline) -> Checked<Vec<Silence>> {
    let mut read = Checked::default();
    for (span, text) in &outline.comments {
        let part = outline.part_at(span.start);
        let level = outline.parts.get(part).map_or(0, |part| part.level);
        let covers = match outline.parts.get(part) {
            Some(opens) if level > 1 => opens.range.start..outline.section_end(part),
            _ => 0..usize::MAX,
        };
        comment(file, text, span.clone(), covers, &mut read);
    }
    read
}

/// The comments of a file of alert rules.
pub fn of_rules(file: &RuleFile, text: &str) -> Checked<Vec<Silence>> {
    let mut read = Checked::default();
    for found in comments(text) {
        let said = &text[found.start + 1..found.end];
        if !said.trim_start().to_lowercase().starts_with(NAME) {
            continue;
        }
        let line = text[..found.start].rfind('\n').map_or(0, |end| end + 1);
        let rules = || file.rules.iter().map(|rule| &rule.layout.rule);
        // The span of a rule may end before a comment at the end of its last line.
        let around = rules().find(|rule| {
            rule.contains(&found.start) || (rule.end > line && rule.end <= found.start)
        });
        let covers = around.or_else(|| rules().find(|rule| rule.start > found.start));
        let covers = covers.cloned().unwrap_or(found.start..found.start);
        comment(&file.path, said, found.clone(), covers, &mut read);
    }
    read
}

fn comment(
    file: &RelPath,
    text: &str,
    span: Range<usize>,
    covers: Range<usize>,
    read: &mut Checked<Vec<Silence>>,
) {
    let Some(said) = text.trim().strip_prefix(WORD) else {
        if is_near(text) {
            let message = "this comment looks as if it should silence something, and does not";
            read.diagnostics.push(
                Diagnostic::new(Code::BadSilence, message)
                    .at(file, span)
                    .help(FORM),
            );
        }
        return;
    };
    match parse(said) {
        Ok((codes, until)) => read.value.push(Silence {
            file: file.clone(),
            codes,
            until,
            span,
            covers,
        }),
        Err((message, help)) => read.diagnostics.push(
            Diagnostic::new(Code::BadSilence, message)
                .at(file, span)
                .help(help),
        ),
    }
}

/// What to write instead of what cannot be understood.
const FORM: &str = "write `bindery: off no-rollback until 2027-03-01: why it is right as it is`";

/// Whether a comment is nearly one of ours: `bindery off no-rollback`, `Bindery: off`, `bindery-disable`.
fn is_near(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let Some(rest) = lower.strip_prefix(NAME) else {
        return false;
    };
    let rest = rest.trim_start_matches([' ', ':', '-', '_', ',', '=', '.', '/']);
    let verb = rest.split(|c: char| !c.is_alphanumeric()).next();
    verb.is_some_and(|verb| {
        matches!(
            verb,
            "off"
                | "of"
                | "disable"
                | "disabled"
                | "ignore"
                | "ignored"
                | "silence"
                | "silenced"
                | "allow"
                | "mute"
                | "skip"
                | "suppress"
                | "noqa"
                | "nolint"
                | "until"
        )
    })
}

/// Reads ` off CLASS, CLASS until DATE: REASON`.
fn parse(said: &str) -> Result<(Vec<Code>, Date), (String, String)> {
    let form = |message: &str| (message.to_owned(), FORM.to_owned());
    let rest = said
        .trim()
        .strip_prefix("off ")
        .ok_or_else(|| form("only `off` is understood here"))?;
    let (classes, rest) = rest
        .split_once(" until ")
        .ok_or_else(|| form("a silencing comment says until when it holds"))?;
    let (date, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let until = date
        .trim()
        .parse()
        .map_err(|_| form(&format!("`{}` is not a date", date.trim())))?;
    if reason.trim().is_empty() {
        return Err(form("a silencing comment says why"));
    }
    let mut codes = Vec::new();
    for name in classes.split(',').map(str::trim) {
        let Some(code) = Code::named(name) else {
            let known = Code::ALL.iter().map(|code| code.class());
            let message = format!("there is no class of findings `{name}`");
            let help = did_you_mean(
                name,
                known,
                "the guide's page on diagnostics lists them all",
            );
            return Err((message, help));
        };
        if !may_pass(code) {
            let message = format!("`{name}` cannot be silenced");
            let help = "a site with such an error is not whole: pages would be lost";
            return Err((message, help.to_owned()));
        }
        codes.push(code);
    }
    Ok((codes, until))
}

/// The findings that are not silenced on the day `today`; then those about the silencing comments themselves.
pub fn apply(findings: Vec<Diagnostic>, silences: &[Silence], today: Date) -> Silenced {
    let mut used: Vec<Vec<Code>> = vec![Vec::new(); silences.len()];
    let (kept, hidden) = findings.into_iter().partition(|found| {
        let Some(span) = &found.span else { return true };
        let mut loud = true;
        for (silence, used) in silences.iter().zip(&mut used) {
            let fits = silence.file == span.file
                && silence.codes.contains(&found.code)
                && silence.covers.contains(&span.range.start);
            if fits {
                used.push(found.code);
                loud &= silence.until < today;
            }
        }
        loud
    });
    let about = silences.iter().zip(used).flat_map(|(silence, used)| {
        let (used, idle): (Vec<Code>, Vec<Code>) =
            silence.codes.iter().partition(|code| used.contains(*code));
        let names = |codes: &[Code]| {
            let classes: Vec<&str> = codes.iter().map(|code| code.class()).collect();
            classes.join("`, `")
        };
        let expired = (!used.is_empty() && silence.until < today).then(|| {
            let message = format!(
                "`{}` is silenced until {}, which is over",
                names(&used),
                silence.until
            );
            Diagnostic::new(Code::SilenceExpired, message)
                .help("mend what it hides, or look at the reason again and set a new day")
        });
        let unused = (!idle.is_empty()).then(|| {
            let message = format!("there is no `{}` here to silence", names(&idle));
            let help = if used.is_empty() {
                "take the comment away"
            } else {
                "take it out of the comment"
            };
            Diagnostic::new(Code::SilenceUnused, message).help(help)
        });
        let at = |found: Diagnostic| found.at(&silence.file, silence.span.clone());
        expired
            .into_iter()
            .chain(unused)
            .map(at)
            .collect::<Vec<_>>()
    });
    Silenced {
        about: about.collect(),
        kept,
        hidden,
    }
}

/// What [`apply`] leaves.
pub struct Silenced {
    /// The findings that are not silenced.
    pub kept: Vec<Diagnostic>,
    /// Those that are.
    pub hidden: Vec<Diagnostic>,
    /// Findings about the comments: expired, or without effect.
    pub about: Vec<Diagnostic>,
}
