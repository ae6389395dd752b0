//! What people call the tasks of the vocabulary.

use crate::diagnostic::did_you_mean;

/// What else people call the tasks: what they say, and what it is in the vocabulary.
const ALSO: [(&str, &str); 26] = [
    ("alert", "alert-response"),
    ("certificate", "cert-rotation"),
    ("certificate-rotation", "cert-rotation"),
    ("credential-rotation", "secret-rotation"),
    ("dr-test", "recovery-drill"),
    ("drill", "recovery-drill"),
    ("eol", "dependency-eol"),
    ("healthcheck", "health-check"),
    ("incident", "alert-response"),
    ("key-rotation", "secret-rotation"),
    ("migration", "schema-change"),
    ("password-rotation", "secret-rotation"),
    ("patching", "patch"),
    ("reboot", "start-stop"),
    ("recover", "restore"),
    ("recovery", "restore"),
    ("release", "deploy"),
    ("rerun", "batch-rerun"),
    ("restart", "start-stop"),
    ("revert", "rollback"),
    ("rotation", "secret-rotation"),
    ("start", "start-stop"),
    ("stop", "start-stop"),
    ("switchover", "failover"),
    ("update", "upgrade"),
    ("vacuum", "data-cleanup"),
];

/// Help for a task that the vocabulary does not have: what it calls the same, else the nearest word, else `otherwise`.
pub fn meant_task<'a>(
    said: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    otherwise: &str,
) -> String {
    let lower = said.to_lowercase().replace([' ', '_'], "-");
    let same = known.clone().find(|task| *task == lower);
    let also = ALSO.iter().find(|(name, _)| *name == lower);
    let also = also.and_then(|(_, task)| known.clone().find(|known| known == task));
    match same.or(also) {
        Some(task) => format!("did you mean `{task}`?"),
        None => did_you_mean(said, known, otherwise),
    }
}
