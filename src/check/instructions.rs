//! Sentences and titles that say what to do, by the verbs they begin with.

/// Verbs that begin a sentence which says what to do.
const VERBS: &[&str] = &[
    "add",
    "adjust",
    "apply",
    "ask",
    "bring",
    "call",
    "cancel",
    "change",
    "check",
    "choose",
    "clean",
    "clear",
    "click",
    "collect",
    "compare",
    "configure",
    "confirm",
    "connect",
    "contact",
    "copy",
    "cordon",
    "correct",
    "create",
    "decrease",
    "delete",
    "deploy",
    "determine",
    "disable",
    "drain",
    "edit",
    "enable",
    "ensure",
    "enter",
    "escalate",
    "evict",
    "examine",
    "execute",
    "expand",
    "export",
    "fail",
    "find",
    "fix",
    "follow",
    "force",
    "free",
    "gather",
    "generate",
    "get",
    "give",
    "identify",
    "import",
    "increase",
    "inspect",
    "install",
    "investigate",
    "isolate",
    "kill",
    "label",
    "let",
    "list",
    "log",
    "login",
    "look",
    "lower",
    "make",
    "migrate",
    "modify",
    "monitor",
    "mount",
    "move",
    "navigate",
    "notify",
    "open",
    "patch",
    "pause",
    "place",
    "press",
    "promote",
    "provide",
    "prune",
    "purge",
    "put",
    "query",
    "raise",
    "read",
    "reassign",
    "reboot",
    "rebuild",
    "reconnect",
    "recover",
    "recreate",
    "reduce",
    "refer",
    "reinstall",
    "reload",
    "remove",
    "renew",
    "repair",
    "replace",
    "replay",
    "report",
    "reset",
    "resize",
    "resolve",
    "restart",
    "restore",
    "resume",
    "retrieve",
    "retry",
    "return",
    "revert",
    "review",
    "roll",
    "rotate",
    "run",
    "scale",
    "search",
    "see",
    "select",
    "send",
    "set",
    "shut",
    "sign",
    "start",
    "stop",
    "study",
    "switch",
    "tail",
    "take",
    "tell",
    "test",
    "trace",
    "trigger",
    "try",
    "turn",
    "unmount",
    "update",
    "upgrade",
    "use",
    "validate",
    "verify",
    "view",
    "wait",
    "watch",
    "write",
];

/// Whether a title begins by saying what to do: "Restart the web server". A verb alone may be a noun: "Review".
pub(super) fn is_instruction(title: &str) -> bool {
    begins_with_verb(title).is_some_and(|more| more)
}

/// How many sentences of a text begin by saying what to do.
pub(super) fn instructions(text: &str) -> usize {
    let sentences = text.split(['.', ':', ';', '!', '?', '\n']);
    sentences
        .filter(|sentence| begins_with_verb(sentence).is_some())
        .count()
}

/// Whether more words follow the verb that a sentence begins with, if it does.
fn begins_with_verb(sentence: &str) -> Option<bool> {
    let polite = [
        "", "please", "then", "first", "next", "finally", "also", "now",
    ];
    let mut words = sentence
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .map(str::to_lowercase)
        .filter(|word| !polite.contains(&&**word));
    VERBS.binary_search(&&*words.next()?).ok()?;
    Some(words.next().is_some())
}

#[cfg(test)]
mod tests {
    use super::{VERBS, instructions, is_instruction};

    #[test]
    fn sentences_that_say_what_to_do() {
        assert!(VERBS.is_sorted());
        for (sentence, is) in [
            ("Restart the web server", true),
            ("Please check the log", true),
            ("Then, increase the limit", true),
            ("Somebody should restart it", false),
            ("Testing is fun", false),
            ("Restart", false),
        ] {
            assert_eq!(is_instruction(sentence), is, "{sentence}");
        }
        assert_eq!(
            instructions("Check the log. It is long. Try more memory."),
            2
        );
    }
}
