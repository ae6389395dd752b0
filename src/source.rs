//! The disk as a snapshot: walks the project, reads every input, skips and names what is no file.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is the edge that reads the disk"
)]

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use globset::GlobMatcher;
use rayon::prelude::*;
use rust_embed::RustEmbed;
use walkdir::WalkDir;

use crate::config::services::{CATALOGS, SERVICES};
use crate::config::{Pattern, RULES_BELOW, folder_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::hash::Digest;
use crate::path::RelPath;
use crate::snapshot::{Input, Snapshot, Stamp};

/// Largest page that is read, in bytes: the largest of 4,470 public runbooks has 453 KB.
const LARGEST_PAGE: u64 = 16 << 20;
/// Largest other file that is read, in bytes; outputs are held in memory while they are written.
const LARGEST_FILE: u64 = 256 << 20;
/// The system's error for a link that names itself, whichever way round it goes.
const ELOOP: i32 = rustix::io::Errno::LOOP.raw_os_error();
/// How long after its last change a file's times are trusted: ten ticks of the slowest kernel (100 Hz).
const SETTLED: Duration = Duration::from_millis(100);
/// Deepest folder that is walked.
const DEEPEST: usize = 100;
/// Most files that one thread takes on at once, so that none is left with a long rest at the end.
const AT_ONCE: usize = 32;

/// The themes in the binary, `default` and `plain`: a site needs nothing but its content.
#[derive(RustEmbed)]
#[folder = "themes"]
struct Themes;

/// What the walk leaves out.
pub struct Skip<'a> {
    /// Patterns of site.toml's `ignore`.
    pub ignore: &'a [GlobMatcher],
    /// The output folder, which may lie inside the content.
    pub output: Option<PathBuf>,
    /// The files of alert rules, which are read besides.
    pub rules: Rules<'a>,
    /// Patterns of site.toml's `catalog`: files that describe services.
    pub catalogs: &'a [Pattern],
}

/// Which files hold alert rules.
#[derive(Clone, Copy, Default)]
pub struct Rules<'a> {
    /// Patterns of site.toml, which name files of the project.
    pub inside: &'a [Pattern],
    /// Patterns of the command line, which name files anywhere: absolute, without `..`.
    pub anywhere: &'a [Anywhere],
}

/// A pattern of files anywhere on the disk.
pub struct Anywhere {
    /// As it was written.
    pub said: String,
    /// The folder below which all that fits lies.
    pub folder: PathBuf,
    matcher: GlobMatcher,
}

impl Anywhere {
    /// Reads a pattern, relative to the working folder `here`.
    ///
    /// # Errors
    /// Says why it is no pattern.
    pub fn new(here: &Path, said: &str) -> Result<Self, String> {
        let mut whole = PathBuf::new();
        for part in here.join(said).components() {
            match part {
                std::path::Component::ParentDir => {
                    whole.pop();
                }
                std::path::Component::CurDir => {}
                part => whole.push(part),
            }
        }
        // A folder stands for all its rule files.
        if whole.is_dir() {
            whole.push(RULES_BELOW);
        }
        let text = whole.to_str().ok_or("it is not UTF-8")?;
        let glob = globset::GlobBuilder::new(text)
            .literal_separator(true)
            .build()
            .map_err(|error| error.kind().to_string())?;
        Ok(Self {
            said: said.to_owned(),
            folder: PathBuf::from(folder_of(text)),
            matcher: glob.compile_matcher(),
        })
    }

    /// Whether a file fits it, by its whole path.
    pub fn fits(&self, path: &Path) -> bool {
        self.matcher.is_match(path)
    }
}

/// Where something may have changed since the last reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touched {
    /// At these paths, and nowhere else.
    Paths(BTreeSet<RelPath>),
    /// Who knows.
    Everything,
}

/// Reads again what was `touched` since `previous` was read. The result equals that of [`read`].
pub fn refresh(root: &Path, skip: &Skip<'_>, previous: &Snapshot, touched: &Touched) -> Snapshot {
    match touched {
        Touched::Paths(paths) => reread(root, skip, previous, paths),
        Touched::Everything => None,
    }
    .unwrap_or_else(|| read(root, skip, Some(previous)))
}

/// Reads the files at `paths` again; `None` where that is not enough to know all that changed.
fn reread(
    root: &Path,
    skip: &Skip<'_>,
    previous: &Snapshot,
    paths: &BTreeSet<RelPath>,
) -> Option<Snapshot> {
    // A link shows a file in two places. A finding may be about any of these paths.
    if previous.has_links || !previous.diagnostics.is_empty() {
        return None;
    }
    let mut snapshot = previous.clone();
    for path in paths {
        // What is left out may change with the one; the other takes the place of a theme in the binary.
        let theme = path.as_str().strip_prefix("themes/").unwrap_or_default();
        if path.as_str() == "site.toml"
            || theme.starts_with("default")
            || theme.starts_with("plain")
        {
            return None;
        }
        if hidden(path) || skip.leaves_out(root, path) {
            continue;
        }
        // Which files hold rules, and which of them are read at all, is for the walk to say.
        let is_rules = |pattern: &Pattern| pattern.matcher.is_match(path.as_str());
        if previous.rules.contains(path)
            || skip.catalogs.iter().any(is_rules)
            || skip.rules.inside.iter().any(is_rules)
            || !path.as_str().starts_with("content/") && !path.as_str().starts_with("themes/")
        {
            return None;
        }
        let full = root.join(path.as_str());
        match fs::symlink_metadata(&full) {
            Ok(metadata) if metadata.is_file() => {
                let depth = path.as_str().matches('/').count();
                if depth > DEEPEST || below(&snapshot, path) {
                    return None;
                }
                let input = read_file(&full, limit(path), None).ok()?;
                snapshot.files.insert(path.clone(), input);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // What was a folder took its files along.
                let had = snapshot.files.remove(path).is_some();
                if !had && below(&snapshot, path) {
                    return None;
                }
            }
            _ => return None,
        }
    }
    Some(snapshot)
}

/// Whether any file lies below the folder `path`.
fn below(snapshot: &Snapshot, path: &RelPath) -> bool {
    snapshot
        .files
        .range(path.clone()..)
        .take_while(|(file, _)| file.as_str().starts_with(path.as_str()))
        .any(|(file, _)| file.below(path).is_some())
}

/// Whether a path is that of a hidden file, or lies in a hidden folder.
fn hidden(path: &RelPath) -> bool {
    path.as_str().split('/').any(|name| name.starts_with('.'))
}

impl Skip<'_> {
    /// Whether a path, or a folder it lies in, is not looked at.
    fn leaves_out(&self, root: &Path, path: &RelPath) -> bool {
        let mut path = path.clone();
        while !path.as_str().is_empty() {
            if self.ignores(&path) || self.output.as_deref() == Some(&root.join(path.as_str())) {
                return true;
            }
            path = path.parent();
        }
        false
    }

    fn ignores(&self, path: &RelPath) -> bool {
        let below = path.as_str().strip_prefix("content/");
        self.ignore.iter().any(|glob| {
            glob.is_match(path.as_str()) || below.is_some_and(|below| glob.is_match(below))
        })
    }
}

/// Reads site.toml, the content and the themes below `root`, and the alert rules. What the file system says is unchanged since `previous`
/// is not read again.
pub fn read(root: &Path, skip: &Skip<'_>, previous: Option<&Snapshot>) -> Snapshot {
    let mut walk = Walk {
        root,
        real_root: fs::canonicalize(root).unwrap_or_else(|_| root.to_owned()),
        skip,
        found: Vec::new(),
        has_links: false,
        diagnostics: Vec::new(),
    };
    walk.file("site.toml");
    for name in [SERVICES].into_iter().chain(CATALOGS) {
        walk.file(name);
    }
    for pattern in skip.catalogs {
        let fits = |path: &RelPath| pattern.matcher.is_match(path.as_str());
        walk.folder(pattern.folder.as_str(), &fits);
    }
    walk.folder("content", &|_| true);
    walk.folder("themes", &|_| true);
    let rules = walk.rules(skip.rules);
    let Walk {
        mut found,
        has_links,
        mut diagnostics,
        ..
    } = walk;
    found.extend(rules.iter().cloned());
    found.sort();
    found.dedup();
    let read: Vec<(RelPath, io::Result<Input>)> = found
        .into_par_iter()
        .with_max_len(AT_ONCE)
        .map(|path| {
            let before = previous.and_then(|previous| previous.files.get(&path));
            let input = read_file(&root.join(path.as_str()), limit(&path), before);
            (path, input)
        })
        .collect();
    let mut snapshot = Snapshot {
        has_links,
        rules,
        ..Snapshot::default()
    };
    for (path, input) in read {
        match input {
            Ok(input) => {
                snapshot.files.insert(path, input);
            }
            // A file that vanished between the walk and the read was never there.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => diagnostics.push(unreadable(&path, &error)),
        }
    }
    embed_themes(&mut snapshot);
    diagnostics.sort_by(Diagnostic::order);
    snapshot.diagnostics = diagnostics;
    snapshot
}

/// The files that fit a pattern of the command line, by their paths from the root of the project.
fn anywhere(pattern: &Anywhere, real_root: &Path) -> Vec<RelPath> {
    let hidden = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && entry.file_name().as_encoded_bytes().first() == Some(&b'.')
    };
    let mut found = Vec::new();
    let walk = WalkDir::new(&pattern.folder)
        .follow_links(true)
        .max_depth(DEEPEST)
        .into_iter()
        .filter_entry(|entry| !hidden(entry));
    for entry in walk.flatten() {
        if !entry.file_type().is_file() || !pattern.matcher.is_match(entry.path()) {
            continue;
        }
        let Ok(real) = fs::canonicalize(entry.path()) else {
            continue;
        };
        found.extend(from_root(&real, real_root));
    }
    found
}

/// The path of a file from the root of the project, which need not hold it; both are real paths.
fn from_root(file: &Path, root: &Path) -> Option<RelPath> {
    if let Ok(below) = file.strip_prefix(root) {
        return below.to_str().and_then(RelPath::new);
    }
    let shared = root
        .components()
        .zip(file.components())
        .take_while(|(a, b)| a == b)
        .count();
    let mut path = PathBuf::new();
    path.extend(root.components().skip(shared).map(|_| ".."));
    path.extend(file.components().skip(shared));
    path.to_str().map(RelPath::outside)
}

/// Adds the themes from the binary, except those that the project has its own copy of. A folder of the same name that is
/// no theme of its own, as it has no `theme.toml`, takes the place of the binary's file by file.
fn embed_themes(snapshot: &mut Snapshot) {
    let mut own = std::collections::BTreeMap::new();
    for name in Themes::iter() {
        let theme = name.split('/').next().unwrap_or_default();
        let has_own = own.entry(theme.to_owned()).or_insert_with(|| {
            RelPath::new(&format!("themes/{theme}/theme.toml"))
                .is_some_and(|path| snapshot.files.contains_key(&path))
        });
        if *has_own {
            continue;
        }
        if let (Some(path), Some(file)) =
            (RelPath::new(&format!("themes/{name}")), Themes::get(&name))
        {
            let files = snapshot.files.entry(path);
            files.or_insert_with(|| Input::new(Arc::<[u8]>::from(file.data.as_ref())));
        }
    }
}

fn limit(path: &RelPath) -> u64 {
    match path.extension() {
        Some("md" | "markdown" | "erb" | "toml") => LARGEST_PAGE,
        _ => LARGEST_FILE,
    }
}

/// What the file system says of a file, unless that may still change without a trace: file times are as coarse as the
/// kernel's tick, and a file that was written a moment ago may be written again within it.
fn stamp(metadata: &Metadata, now: SystemTime) -> Option<Stamp> {
    let nanoseconds =
        |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    let changed = nanoseconds(metadata.ctime(), metadata.ctime_nsec());
    let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos();
    let settled = i128::try_from(now).ok()? - changed > SETTLED.as_nanos() as i128;
    settled.then(|| {
        [
            i128::from(metadata.dev()),
            i128::from(metadata.ino()),
            i128::from(metadata.len()),
            nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed,
        ]
    })
}

fn read_file(path: &Path, limit: u64, before: Option<&Input>) -> io::Result<Input> {
    if let Some(before) = before
        && before.stamp.is_some()
        && before.stamp == stamp(&fs::metadata(path)?, SystemTime::now())
    {
        return Ok(before.clone());
    }
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    // Taken before the bytes are read: a change on the way makes it stale, never the bytes.
    let stamp = stamp(&metadata, SystemTime::now());
    let size = metadata.len();
    if size > limit {
        // Its size and time stand for its bytes: whoever needs them gets an error anyway.
        return Ok(Input {
            bytes: None,
            size,
            hash: Digest::of(&size),
            stamp: None,
        });
    }
    // One byte more than the file has, so that one read finds its end too; what grows meanwhile is read on.
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0) + 1];
    let length = loop {
        match file.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read?,
        }
    };
    if length == bytes.len() {
        file.by_ref()
            .take((limit + 1).saturating_sub(size + 1))
            .read_to_end(&mut bytes)?;
    } else {
        bytes.truncate(length);
        if length as u64 != size {
            file.by_ref().take(limit + 1).read_to_end(&mut bytes)?;
        }
    }
    if bytes.len() as u64 > limit {
        return Ok(Input {
            bytes: None,
            size: bytes.len() as u64,
            hash: Digest::of(&bytes.len()),
            stamp: None,
        });
    }
    Ok(Input {
        stamp,
        ..Input::new(bytes)
    })
}

fn unreadable(path: &RelPath, error: &io::Error) -> Diagnostic {
    Diagnostic::new(
        Code::Unreadable,
        format!("`{path}` cannot be read: {}", reason(error)),
    )
    .at(path, 0..0)
    .help("check the file's permissions and the disk")
}

/// The system's words for an error, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or(&text)
        .to_lowercase()
}

struct Walk<'a> {
    root: &'a Path,
    real_root: PathBuf,
    skip: &'a Skip<'a>,
    found: Vec<RelPath>,
    has_links: bool,
    diagnostics: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn file(&mut self, name: &str) {
        let full = self.root.join(name);
        if let Some(path) = RelPath::new(name)
            && full.is_file()
        {
            self.has_links |= full.is_symlink();
            if full.is_symlink() && !self.inside(&full) {
                return self.leaves(&full);
            }
            self.found.push(path);
        }
    }

    /// The files of alert rules.
    fn rules(&mut self, rules: Rules<'_>) -> BTreeSet<RelPath> {
        let before = std::mem::take(&mut self.found);
        for pattern in rules.inside {
            let fits = |path: &RelPath| pattern.matcher.is_match(path.as_str());
            self.folder(pattern.folder.as_str(), &fits);
        }
        let mut all: BTreeSet<RelPath> = std::mem::replace(&mut self.found, before)
            .into_iter()
            .collect();
        for pattern in rules.anywhere {
            let found = anywhere(pattern, &self.real_root);
            if found.is_empty() {
                let message = format!("`{}` fits no file", pattern.said);
                self.diagnostics.push(
                    Diagnostic::new(Code::NoRules, message).help(
                        "put the pattern in quotes, so that it is not the shell that reads it",
                    ),
                );
            }
            all.extend(found);
        }
        all
    }

    /// Adds the `wanted` files below a folder.
    fn folder(&mut self, name: &str, wanted: &dyn Fn(&RelPath) -> bool) {
        let start = self.root.join(name);
        self.has_links |= start.is_symlink();
        if !start.is_dir() {
            return;
        }
        if !self.inside(&start) {
            return self.leaves(&start);
        }
        let output = self.skip.output.clone();
        let mut walk = WalkDir::new(&start)
            .follow_links(true)
            .max_depth(DEEPEST)
            .into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.failed(&error);
                    continue;
                }
            };
            let hidden =
                entry.depth() > 0 && entry.file_name().as_encoded_bytes().first() == Some(&b'.');
            let is_output = output.as_deref() == Some(entry.path());
            let kind = entry.file_type();
            if hidden || is_output {
                if kind.is_dir() {
                    walk.skip_current_dir();
                }
                continue;
            }
            let Some(path) = self.relative(entry.path()) else {
                if kind.is_dir() {
                    walk.skip_current_dir();
                }
                continue;
            };
            if self.skip.ignores(&path) {
                if kind.is_dir() {
                    walk.skip_current_dir();
                }
                continue;
            }
            if !kind.is_dir() && !wanted(&path) {
                continue;
            }
            self.has_links |= entry.path_is_symlink();
            if entry.path_is_symlink() && !self.inside(entry.path()) {
                self.leaves(entry.path());
                if kind.is_dir() {
                    walk.skip_current_dir();
                }
                continue;
            }
            if kind.is_dir() {
                if entry.depth() == DEEPEST {
                    self.diagnostics.push(
                        Diagnostic::new(
                            Code::TooDeep,
                            format!("folders are nested more than {DEEPEST} levels deep"),
                        )
                        .at(&path, 0..0)
                        .help("what lies deeper is not read"),
                    );
                }
            } else if kind.is_file() {
                self.found.push(path);
            } else {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::NotAFile,
                        format!("`{path}` is no file and is skipped"),
                    )
                    .at(&path, 0..0)
                    .help("it is a FIFO, a socket or a device"),
                );
            }
        }
    }

    /// The path below the project's root; reports names that are not UTF-8.
    fn relative(&mut self, path: &Path) -> Option<RelPath> {
        let below = path.strip_prefix(self.root).unwrap_or(path);
        if let Some(path) = below.to_str().and_then(RelPath::new) {
            return Some(path);
        }
        let shown = below.to_string_lossy();
        self.diagnostics.push(
            Diagnostic::new(
                Code::NotUtf8,
                format!("the name of `{shown}` is not UTF-8, so it is skipped"),
            )
            .help("rename it; a name of plain letters works everywhere"),
        );
        None
    }

    /// Whether a path, its links followed, lies in the project.
    fn inside(&self, path: &Path) -> bool {
        fs::canonicalize(path).is_ok_and(|real| real.starts_with(&self.real_root))
    }

    fn leaves(&mut self, path: &Path) {
        let Some(path) = self.relative(path) else {
            return;
        };
        self.diagnostics.push(
            Diagnostic::new(
                Code::OutsideLink,
                format!("the symbolic link `{path}` leaves the project"),
            )
            .at(&path, 0..0)
            .help("copy what it points to into the project, or take the link away"),
        );
    }

    fn failed(&mut self, error: &walkdir::Error) {
        let Some(path) = error.path().map(Path::to_owned) else {
            return;
        };
        if error
            .io_error()
            .is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
        {
            // A dangling link, or a file that vanished.
            if fs::symlink_metadata(&path).is_ok()
                && let Some(path) = self.relative(&path)
            {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::NotAFile,
                        format!("the symbolic link `{path}` leads nowhere and is skipped"),
                    )
                    .at(&path, 0..0)
                    .help("mend it or take it away"),
                );
            }
            return;
        }
        let Some(shown) = self.relative(&path) else {
            return;
        };
        match error.io_error() {
            Some(error) if error.raw_os_error() != Some(ELOOP) => {
                self.diagnostics.push(unreadable(&shown, error));
            }
            _ => self.diagnostics.push(
                Diagnostic::new(
                    Code::NotAFile,
                    format!("the symbolic link `{shown}` leads into itself and is skipped"),
                )
                .at(&shown, 0..0)
                .help("take the link away"),
            ),
        }
    }
}
