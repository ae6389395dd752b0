//! Git's history: who changed each file when, and what for. A project without git has none, and nothing is made up.

#![expect(
    clippy::disallowed_methods,
    reason = "this is an edge: it asks git and looks at its files"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::path::RelPath;
use crate::snapshot::{Commit, Log};

/// The folder whose files have a history that matters.
const CONTENT: &str = "content";
/// Most commits that are kept of a file: nobody reads further back on its page.
const MOST: usize = 50;

/// The history of a project, read again when it has grown.
#[derive(Default)]
pub struct History {
    known: Option<(Mark, Arc<Log>)>,
    /// Where git writes down each move of its head.
    log: Option<PathBuf>,
}

/// What is another when the history is: the commit, and git's log of moves of its head.
type Mark = (Option<String>, Option<(u64, i64, i64)>);

/// The file in which git writes down each move of its head: a commit, a checkout, a pull. `None` without a repository.
pub fn moves(root: &Path) -> Option<PathBuf> {
    let path = git(
        root,
        &[
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "logs/HEAD",
        ],
    )?;
    Some(PathBuf::from(path.trim_end_matches('\n')))
}

/// The root of the repository that a folder lies in, and the folder's path from there, ending in a slash or empty.
pub fn repository(folder: &Path) -> Option<(String, String)> {
    let told = git(folder, &["rev-parse", "--show-toplevel", "--show-prefix"])?;
    let mut lines = told.lines();
    let top = lines.next()?.to_owned();
    Some((top, lines.next().unwrap_or_default().to_owned()))
}

impl History {
    /// The commits that changed each file of the content below `root`.
    ///
    /// Empty where there is no history to be trusted: no git, no repository, or a shallow clone, whose oldest commit
    /// seems to have made every file.
    pub fn log(&mut self, root: &Path) -> Arc<Log> {
        // The log of moves is looked at first, as asking git takes longer than all else after a small edit.
        let log = self.log.as_deref().and_then(size_and_time);
        if let Some((mark, changed)) = &self.known
            && log.is_some()
            && mark.1 == log
        {
            return Arc::clone(changed);
        }
        self.log = moves(root);
        let log = self.log.as_deref().and_then(size_and_time);
        let mark = (git(root, &["rev-parse", "HEAD"]), log);
        if let Some((known, changed)) = &mut self.known
            && known.0 == mark.0
        {
            known.1 = mark.1;
            return Arc::clone(changed);
        }
        let changed = Arc::new(match mark.0 {
            Some(_) => read(root).unwrap_or_default(),
            None => Log::default(),
        });
        self.known = Some((mark, Arc::clone(&changed)));
        changed
    }
}

fn size_and_time(path: &Path) -> Option<(u64, i64, i64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.mtime(), metadata.mtime_nsec()))
}

fn read(root: &Path) -> Option<Log> {
    if git(root, &["rev-parse", "--is-shallow-repository"])?.trim() != "false" {
        return None;
    }
    let prefix = git(root, &["rev-parse", "--show-prefix"])?;
    let prefix = prefix.trim_end_matches('\n');
    let places = places(root);
    let mut arguments = vec![
        "-c",
        "core.quotePath=false",
        "log",
        "-z",
        "--format=%x01%h%x1f%ct%x1f%aN%x1f%s",
        "--raw",
        "--no-renames",
        "--",
    ];
    arguments.extend(places.iter().map(|(real, _)| real.as_str()));
    let log = git(root, &arguments)?;
    let mut files: BTreeMap<RelPath, Vec<Arc<Commit>>> = BTreeMap::new();
    // Where a file of an older commit lies by now.
    let mut moved: BTreeMap<String, String> = BTreeMap::new();
    // What comes before the first mark belongs to no commit.
    for part in log.split('\u{1}').skip(1) {
        let (said, rest) = part.split_once('\0').unwrap_or((part, ""));
        let Some(commit) = self::commit(said).map(Arc::new) else {
            continue;
        };
        let changes = changes(rest);
        let moves = moves_of(&changes);
        let arrived: BTreeSet<&str> = moves.values().copied().collect();
        for change in changes {
            // A file that moved is the one it was.
            if moves.contains_key(change.path) || arrived.contains(change.path) {
                continue;
            }
            let path = moved.get(change.path).map_or(change.path, String::as_str);
            let Some(below) = path.strip_prefix(prefix).filter(|below| !below.is_empty()) else {
                continue;
            };
            for path in seen(below, &places) {
                // The log runs backwards: the first mention is the last change.
                let commits = files.entry(path).or_default();
                if commits.len() < MOST {
                    commits.push(Arc::clone(&commit));
                }
            }
        }
        // Before this commit it had the other name, and what had that name after it was another file.
        let moves: Vec<(String, String)> = (moves.into_iter())
            .map(|(from, to)| {
                let now = moved.get(to).map_or(to, String::as_str);
                (from.to_owned(), now.to_owned())
            })
            .collect();
        moved.extend(moves);
    }
    Some(Log::new(files, blobs(root, &places)))
}

/// The id of each file's text as it was committed last.
fn blobs(root: &Path, places: &[(String, String)]) -> BTreeMap<RelPath, String> {
    let mut arguments = vec!["ls-tree", "-r", "-z", "HEAD", "--"];
    arguments.extend(places.iter().map(|(real, _)| real.as_str()));
    let tree = git(root, &arguments).unwrap_or_default();
    let mut blobs = BTreeMap::new();
    for entry in tree.split('\0') {
        let Some((kind, path)) = entry.split_once('\t') else {
            continue;
        };
        let Some((mode, id)) = kind.split_once(" blob ") else {
            continue;
        };
        // What git keeps of a symbolic link is where it leads.
        if !mode.starts_with("100") {
            continue;
        }
        for path in seen(path, places) {
            blobs.insert(path, id.to_owned());
        }
    }
    blobs
}

/// The paths in the content at which a file is seen that lies at `real` below the root.
fn seen(real: &str, places: &[(String, String)]) -> Vec<RelPath> {
    let paths = places.iter().filter_map(|(place, shown)| {
        let rest = real.strip_prefix(place.as_str())?;
        (rest.is_empty() || rest.starts_with('/'))
            .then(|| RelPath::new(&format!("{shown}{rest}")))?
    });
    paths.collect()
}

/// What a commit did to a file.
struct Change<'a> {
    /// The hashes of the text before and after it.
    before: &'a str,
    after: &'a str,
    /// `A` for one that is new, `D` for one that is gone.
    kind: &'a str,
    path: &'a str,
}

/// Reads `:100644 100644 BEFORE AFTER M`, a path, and so on.
fn changes(told: &str) -> Vec<Change<'_>> {
    let mut fields = told.split('\0');
    let mut changes = Vec::new();
    while let (Some(what), Some(path)) = (fields.next(), fields.next()) {
        let mut words = what.trim_start().split(' ').skip(2);
        if let (Some(before), Some(after), Some(kind)) = (words.next(), words.next(), words.next())
        {
            changes.push(Change {
                before,
                after,
                kind,
                path,
            });
        }
    }
    changes
}

/// The files that a commit gave another name and left as they were: the old name, and the new one. Of several equal texts
/// nobody can tell which of them went where.
fn moves_of<'a>(changes: &[Change<'a>]) -> BTreeMap<&'a str, &'a str> {
    let mut gone: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    let mut new: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    for change in changes {
        match change.kind {
            "D" => gone.entry(change.before).or_default().push(change.path),
            "A" => new.entry(change.after).or_default().push(change.path),
            _ => {}
        }
    }
    gone.into_iter()
        .filter_map(
            |(text, from)| match (from.as_slice(), new.get(text)?.as_slice()) {
                ([from], [to]) => Some((*from, *to)),
                _ => None,
            },
        )
        .collect()
}

/// A commit as the format above writes it.
fn commit(said: &str) -> Option<Commit> {
    let mut parts = said.splitn(4, '\u{1f}');
    let id = parts.next()?.trim().to_owned();
    let seconds = parts.next()?.trim().parse().ok()?;
    let stamp = Timestamp::from_second(seconds).ok()?;
    Some(Commit {
        id,
        date: TimeZone::UTC.to_datetime(stamp).date(),
        author: parts.next()?.trim().to_owned(),
        subject: parts.next().unwrap_or_default().trim().to_owned(),
    })
}

/// Where the files of the content lie, from the root, and where they are seen: git knows no way through a symbolic link.
fn places(root: &Path) -> Vec<(String, String)> {
    let real_root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let real = |path: &Path| {
        let real = fs::canonicalize(path).ok()?;
        real.strip_prefix(&real_root)
            .ok()?
            .to_str()
            .map(str::to_owned)
    };
    let content = root.join(CONTENT);
    let mut places = vec![(CONTENT.to_owned(), CONTENT.to_owned())];
    if content.is_symlink() {
        let real = real(&content).map(|real| (real, CONTENT.to_owned()));
        return real.into_iter().chain(places).collect();
    }
    let links = fs::read_dir(&content).into_iter().flatten().flatten();
    for link in links.filter(|entry| entry.path().is_symlink()) {
        if let (Some(real), Some(name)) = (real(&link.path()), link.file_name().to_str()) {
            places.push((real, format!("{CONTENT}/{name}")));
        }
    }
    places.sort();
    places
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

/// What differs from another commit.
#[derive(Debug, Default)]
pub struct Changes {
    /// The files that were added, changed or removed; by their paths from the root of the project.
    pub paths: BTreeSet<RelPath>,
    /// Whether one of them is gone.
    pub removed: bool,
}

impl Changes {
    /// What differs between the files on disk and the commit at which this branch left that of `revision`.
    ///
    /// # Errors
    /// Says why git cannot tell.
    pub fn since(root: &Path, revision: &str) -> Result<Self, String> {
        let commit = format!("{revision}^{{commit}}");
        let verify = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ];
        if git(root, &["rev-parse", "--git-dir"]).is_none() {
            return Err("there is no git repository here".to_owned());
        }
        let commit = git(root, &verify).or_else(|| {
            // Before the first commit everything is new: what it is compared with is the tree that holds nothing.
            let unborn = matches!(revision, "HEAD" | "@")
                && git(root, &["symbolic-ref", "--quiet", "HEAD"]).is_some();
            let empty = ["hash-object", "-t", "tree", "--stdin"];
            unborn.then(|| git(root, &empty)).flatten()
        });
        let Some(commit) = commit else {
            return Err(format!("git knows no commit `{revision}`"));
        };
        let commit = commit.trim();
        // Without a common ancestor, as in a shallow clone, the commit itself is what is compared with.
        let base = git(root, &["merge-base", commit, "HEAD"]).unwrap_or_else(|| commit.to_owned());
        let unreadable = || "git does not tell what changed".to_owned();
        let diff = [
            "diff",
            "--name-status",
            "-z",
            "--no-renames",
            base.trim(),
            "--",
        ];
        let diff = git(root, &diff).ok_or_else(unreadable)?;
        let up = git(root, &["rev-parse", "--show-cdup"]).ok_or_else(unreadable)?;
        let prefix = git(root, &["rev-parse", "--show-prefix"]).ok_or_else(unreadable)?;
        let (up, prefix) = (up.trim_end_matches('\n'), prefix.trim_end_matches('\n'));
        let mut changes = Self::default();
        let mut fields = diff.split('\0');
        while let (Some(status), Some(path)) = (fields.next(), fields.next()) {
            changes.removed |= status.starts_with('D');
            changes.paths.insert(match path.strip_prefix(prefix) {
                Some(below) => RelPath::outside(below),
                None => RelPath::outside(&format!("{up}{path}")),
            });
        }
        let new = ["ls-files", "--others", "--exclude-standard", "-z"];
        let new = git(root, &new).ok_or_else(unreadable)?;
        let new = new.split('\0').filter(|path| !path.is_empty());
        changes.paths.extend(new.map(RelPath::outside));
        Ok(changes)
    }
}
