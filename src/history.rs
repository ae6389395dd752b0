//! Git's history: when each file last changed. A project without git has none, and nothing is made up.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::path::RelPath;

/// The day on which each file below `root` last changed, by the committer's date in UTC.
///
/// Empty where there is no history to be trusted: no git, no repository, or a shallow clone, whose oldest commit
/// seems to have made every file.
pub fn changed(root: &Path) -> BTreeMap<RelPath, Date> {
    read(root).unwrap_or_default()
}

fn read(root: &Path) -> Option<BTreeMap<RelPath, Date>> {
    if git(root, &["rev-parse", "--is-shallow-repository"])?.trim() != "false" {
        return None;
    }
    let prefix = git(root, &["rev-parse", "--show-prefix"])?;
    let prefix = prefix.trim_end_matches('\n');
    let log = git(
        root,
        &[
            "-c",
            "core.quotePath=false",
            "log",
            "-z",
            "--format=%x01%ct",
            "--name-only",
            "--no-renames",
            "--",
            "content",
        ],
    )?;
    let mut changed = BTreeMap::new();
    let mut day = None;
    for field in log.split('\0') {
        let mut path = field;
        if let Some(mark) = field.find('\u{1}') {
            let stamp = &field[mark + 1..];
            let (seconds, rest) = stamp.split_once('\n').unwrap_or((stamp, ""));
            day = seconds
                .trim()
                .parse()
                .ok()
                .and_then(|seconds| Timestamp::from_second(seconds).ok());
            path = rest;
        }
        let path = path.trim_start_matches('\n');
        let Some(below) = path.strip_prefix(prefix) else {
            continue;
        };
        if let (Some(day), Some(path)) = (day, RelPath::new(below))
            && !below.is_empty()
        {
            // The log runs backwards: the first mention is the last change.
            changed
                .entry(path)
                .or_insert_with(|| TimeZone::UTC.to_datetime(day).date());
        }
    }
    Some(changed)
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        // No pager, no prompt, no hook of the project: this only reads.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
