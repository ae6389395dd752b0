//! What headings and sentences are about, by the words that runbooks use.

/// Whether a section with this heading should say what to do.
pub(super) fn is_action(title: &str) -> bool {
    any(
        title,
        &[
            "mitigation",
            "mitigate",
            "remediation",
            "remediate",
            "resolution",
            "resolve",
            "resolving",
            "fix",
            "solution",
            "steps",
            "procedure",
            "actions",
            "what to do",
            "workaround",
            "recovery steps",
            "instructions",
        ],
    )
}

/// Whether a section with this heading should help to find out.
pub(super) fn is_diagnosis(title: &str) -> bool {
    any(
        title,
        &[
            "diagnosis",
            "diagnose",
            "diagnostics",
            "investigation",
            "investigate",
            "troubleshooting",
        ],
    )
}

/// Whether a section with this heading is a list of links by right.
pub(super) fn is_reference(title: &str) -> bool {
    any(
        title,
        &[
            "reference",
            "references",
            "link",
            "links",
            "see also",
            "further reading",
            "related",
            "resources",
            "documentation",
            "docs",
            "more information",
            "additional",
            "contents",
            "appendix",
            "dashboards",
            "dashboard",
            "sources",
            "learn more",
            "other",
            "more",
            "useful",
            "external",
        ],
    )
}

/// Whether a section with this heading says how to go back.
pub(super) fn is_rollback(title: &str) -> bool {
    any(
        title,
        &[
            "rollback",
            "roll back",
            "rolling back",
            "undo",
            "revert",
            "back out",
            "backout",
            "restore",
            "restoring",
            "way back",
        ],
    )
}

/// Whether a text, in lower case, tells how to see that something worked.
pub(super) fn tells_verification(lower: &str) -> bool {
    [
        "verif",
        "confirm",
        "validat",
        "make sure",
        "ensure that",
        "should see",
        "expect",
        "check that",
        "check if",
        "check whether",
        "double check",
        "double-check",
        "should be ",
        "should now",
        "should return",
        "health check",
        "smoke test",
        "alert clears",
        "alert resolves",
        "alert is resolved",
        "alert should",
        "alert will resolve",
        "resolve itself",
        "resolves itself",
        "monitor the",
    ]
    .iter()
    .any(|word| holds(lower, word))
}

/// Whether a text, in lower case, tells whom to call.
pub(super) fn tells_escalation(lower: &str) -> bool {
    [
        "escalat",
        "on-call",
        "on call",
        "oncall",
        "contact",
        "pager",
        "slack",
        "reach out",
        "ask the",
        "ask for help",
        "phone",
        "support case",
        "support ticket",
        "support team",
        "open a case",
        "open a ticket",
        "raise a ticket",
        "file a ticket",
        "open an issue",
        "notify",
        "inform the",
        "hand over to",
        "incident commander",
        "consult",
        "technical support",
        "get help",
        "call the",
        "page the",
        "mailto:",
        "e-mail",
        "email",
    ]
    .iter()
    .any(|word| holds(lower, word))
}

/// Whether a text, in lower case, says that something cannot be taken back.
pub(super) fn tells_irreversible(lower: &str) -> bool {
    [
        "irreversible",
        "cannot be undone",
        "can't be undone",
        "can not be undone",
        "no way back",
        "not reversible",
        "unrecoverable",
        "cannot be recovered",
        "permanently",
        "data loss",
        "lose data",
        "lost data",
    ]
    .iter()
    .any(|word| holds(lower, word))
}

fn holds(text: &str, word: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

/// Whether a title holds one of these words or phrases whole.
fn any(title: &str, words: &[&str]) -> bool {
    let lower = title.to_lowercase();
    words.iter().any(|word| {
        lower.match_indices(word).any(|(at, _)| {
            let free = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            free(lower[..at].chars().next_back()) && free(lower[at + word.len()..].chars().next())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{is_action, is_reference, is_rollback};

    #[test]
    fn headings_are_read_by_whole_words() {
        for (title, action, reference, rollback) in [
            ("Mitigation", true, false, false),
            ("Possible fixes", false, false, false),
            ("How to fix it", true, false, false),
            ("Prefixes", false, false, false),
            ("Further reading", false, true, false),
            ("Steps to roll back", true, false, true),
            ("Undo:", false, false, true),
        ] {
            assert_eq!(
                (is_action(title), is_reference(title), is_rollback(title)),
                (action, reference, rollback),
                "{title}"
            );
        }
    }
}
