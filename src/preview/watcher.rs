//! The file watcher: says when the project's files may differ from what was last read.
//!
//! Events only tell when to look. What changed is found by reading the project again, so that no kind of event, none
//! that was lost and none that was misunderstood can leave a page stale.

#![expect(
    clippy::disallowed_methods,
    reason = "this is an edge: it reads the clock and asks the disk what a folder is"
)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{Config, Event, EventKind, PollWatcher, RecursiveMode};

use crate::config::services::{CATALOGS, SERVICES};
use crate::path::RelPath;
use crate::source::Touched;

/// How long nothing may happen before a save counts as complete.
const QUIET: Duration = Duration::from_millis(20);
/// The same for a burst of changes, and for a file that went away: a checkout pauses between its files, and an editor
/// between putting the old file aside and writing the new one.
const QUIET_BURST: Duration = Duration::from_millis(150);
/// Most paths that one save touches: the file, its backup and a temporary one (vim, JetBrains).
const SAVE: usize = 3;
/// How long a file that is open for writing is waited for, after its last change.
const OPEN: Duration = Duration::from_secs(2);
/// How long a burst may go on before what is there is looked at.
const LONGEST: Duration = Duration::from_secs(5);
/// How often files are looked at where the system tells of no changes.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is asked whether the watched folders are still those that were watched.
const CHECK: Duration = Duration::from_secs(1);

/// A running watcher. Dropping it ends it.
pub struct Watcher {
    watcher: Box<dyn notify::Watcher + Send>,
    events: Receiver<notify::Result<Event>>,
    watched: Watched,
    polling: bool,
    /// The folders that are read, and the project's own, with what they were when they were last watched.
    folders: Vec<(PathBuf, Option<Identity>)>,
    /// What the user should know, in one line; taken by whoever shows it.
    pub notice: Option<String>,
}

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The project.
    pub root: PathBuf,
    /// Where changes are our own: the output folder.
    pub output: PathBuf,
    /// Folders that hold alert rules.
    pub rules: Vec<PathBuf>,
    /// Git's log of moves of its head, as pages say when they changed.
    pub moves: Option<PathBuf>,
}

/// What tells a folder from another one that takes its name: device and inode.
type Identity = (u64, u64);

impl Watcher {
    /// Starts to watch a project. `poll` looks at the files again and again instead of trusting the system's events.
    /// What changes after this returns is seen, so read afterwards.
    ///
    /// # Errors
    /// When neither events nor looking at the files work.
    pub fn start(watched: Watched, poll: bool) -> notify::Result<Self> {
        let (watcher, events) = source(poll)?;
        let mut watcher = Self {
            watcher,
            events,
            folders: watched.folders(),
            watched,
            polling: poll,
            notice: None,
        };
        watcher.watch_folders()?;
        Ok(watcher)
    }

    /// Watches this from now on: site.toml may name other folders than it did. Gives whether they are others, so that
    /// what changed in them before now is looked for.
    pub fn turn_to(&mut self, watched: Watched) -> bool {
        if watched == self.watched {
            return false;
        }
        for (folder, _) in &self.folders {
            let _ = self.watcher.unwatch(folder);
        }
        self.folders = watched.folders();
        self.watched = watched;
        if self.watch_folders().is_err() {
            for (_, known) in &mut self.folders {
                *known = None;
            }
        }
        true
    }

    /// Watches the folders that are there. A folder that was made anew is another one, which is not watched yet.
    fn watch_folders(&mut self) -> notify::Result<()> {
        match self.try_folders() {
            Err(error) if !self.polling => {
                let why = match error.kind {
                    notify::ErrorKind::MaxFilesWatch => {
                        "the system's limit of watched folders is reached".to_owned()
                    }
                    _ => format!("the system tells of no changes ({error})"),
                };
                self.notice = Some(format!("{why}: looking at the files every second instead"));
                (self.watcher, self.events) = source(true)?;
                self.polling = true;
                self.try_folders()
            }
            done => done,
        }
    }

    fn try_folders(&mut self) -> notify::Result<()> {
        for (folder, known) in &mut self.folders {
            let _ = self.watcher.unwatch(folder);
            *known = identity(folder);
            if known.is_some() {
                let mode = if self.watched.is_shallow(folder) {
                    RecursiveMode::NonRecursive
                } else {
                    RecursiveMode::Recursive
                };
                match self.watcher.watch(folder, mode) {
                    // It went away in this moment: it is looked for again soon.
                    Err(_) if identity(folder) != *known => *known = None,
                    done => done?,
                }
            }
        }
        Ok(())
    }

    /// Whether a watched folder is gone, or another one has its name: no event tells of that.
    fn moved(&self) -> bool {
        self.folders
            .iter()
            .any(|(folder, known)| identity(folder) != *known)
    }

    /// Waits until something may have changed and nothing goes on any more, and tells where; `None` when no change
    /// will ever be told. `begun` is called at the first sign of a change.
    pub fn wait(&mut self, mut begun: impl FnMut()) -> Option<Touched> {
        let mut burst = Burst::default();
        loop {
            let now = Instant::now();
            let due = burst.due();
            let event = match due {
                None => self.events.recv_timeout(CHECK),
                Some(due) if due <= now => break,
                Some(due) => self.events.recv_timeout(due - now),
            };
            match event {
                Ok(Ok(event)) => {
                    if event.need_rescan() {
                        burst.everything(Instant::now());
                    }
                    for path in event.paths.iter().filter(|path| self.matters(path)) {
                        burst.add(path, &event.kind, Instant::now());
                    }
                }
                // Something could not be told: it may have been a change.
                Ok(Err(_)) => burst.everything(Instant::now()),
                Err(RecvTimeoutError::Timeout) => {
                    if due.is_none() && self.moved() {
                        burst.everything(Instant::now());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return None,
            }
            if due.is_none() && burst.due().is_some() {
                begun();
            }
        }
        // A new folder is watched a moment after it was told of, or not at all when there is no room for it:
        // so all are watched again before anything is read.
        let folder = burst.paths.iter().any(|path| path.is_dir());
        if (folder || burst.everything || self.moved()) && self.watch_folders().is_err() {
            // Those that are there are looked for again soon.
            for (_, known) in &mut self.folders {
                *known = None;
            }
        }
        Some(burst.touched(&self.watched.root, folder))
    }

    /// Whether a change at `path` may matter: not in the output or among hidden files, which are never read.
    fn matters(&self, path: &Path) -> bool {
        let watched = &self.watched;
        if let Some(moves) = &watched.moves
            && moves.parent() == path.parent()
        {
            return moves == path;
        }
        let Ok(below) = path.strip_prefix(&watched.root) else {
            return true;
        };
        let rules = watched.rules.iter().any(|folder| path.starts_with(folder));
        let hidden = below
            .components()
            .any(|part| part.as_os_str().as_encoded_bytes().first() == Some(&b'.'));
        let read = rules
            || below.as_os_str().is_empty()
            || below.starts_with("content")
            || below.starts_with("themes")
            || below == Path::new("site.toml")
            || below == Path::new(SERVICES)
            || CATALOGS.iter().any(|name| below == Path::new(name));
        read && !hidden && !path.starts_with(&watched.output)
    }
}

impl Watched {
    /// The folders to watch, none of them twice.
    fn folders(&self) -> Vec<(PathBuf, Option<Identity>)> {
        let root = &self.root;
        let mut folders = vec![root.clone(), root.join("content"), root.join("themes")];
        let log = self.moves.as_deref().and_then(Path::parent);
        for folder in self.rules.iter().map(PathBuf::as_path).chain(log) {
            if !folders.iter().any(|known| known == folder) {
                folders.push(folder.to_owned());
            }
        }
        folders.into_iter().map(|folder| (folder, None)).collect()
    }

    /// Whether what lies deeper in a folder is of no interest.
    fn is_shallow(&self, folder: &Path) -> bool {
        let log = self.moves.as_deref().and_then(Path::parent);
        let rules = self.rules.iter().any(|known| known == folder);
        (folder == self.root || Some(folder) == log) && !rules
    }
}

/// Where changes are told: by the system, or by looking at the files.
#[expect(
    clippy::type_complexity,
    reason = "one place makes it and one takes it apart"
)]
fn source(
    poll: bool,
) -> notify::Result<(
    Box<dyn notify::Watcher + Send>,
    Receiver<notify::Result<Event>>,
)> {
    let (send, events) = mpsc::channel();
    let watcher: Box<dyn notify::Watcher + Send> = if poll {
        let config = Config::default()
            .with_poll_interval(LOOK)
            .with_compare_contents(true);
        Box::new(PollWatcher::new(send, config)?)
    } else {
        Box::new(notify::recommended_watcher(send)?)
    };
    Ok((watcher, events))
}

fn identity(folder: &Path) -> Option<Identity> {
    let metadata = fs::metadata(folder).ok()?;
    metadata.is_dir().then(|| (metadata.dev(), metadata.ino()))
}

/// Changes that belong together.
#[derive(Default)]
struct Burst {
    first: Option<Instant>,
    last: Option<Instant>,
    paths: BTreeSet<PathBuf>,
    /// Files that are being written.
    open: BTreeSet<PathBuf>,
    /// Files that came within the burst: an editor's own, often.
    born: BTreeSet<PathBuf>,
    /// Files that went away and may come back: vim puts the old file aside before it writes the new one.
    gone: BTreeSet<PathBuf>,
    /// Whether something was not told.
    everything: bool,
}

impl Burst {
    fn add(&mut self, path: &Path, kind: &EventKind, now: Instant) {
        match kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                self.open.remove(path);
            }
            // Our own reading; and both halves of a rename were told before.
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => return,
            EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(RenameMode::To)) => {
                if *kind == EventKind::Create(CreateKind::File) {
                    self.open.insert(path.to_owned());
                }
                if !self.gone.remove(path) {
                    self.born.insert(path.to_owned());
                }
            }
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {
                self.open.remove(path);
                if !self.born.remove(path) {
                    self.gone.insert(path.to_owned());
                }
            }
            EventKind::Modify(ModifyKind::Data(_)) => {
                self.open.insert(path.to_owned());
            }
            _ => {}
        }
        self.paths.insert(path.to_owned());
        self.first.get_or_insert(now);
        self.last = Some(now);
    }

    /// Something happened, and nobody knows where.
    fn everything(&mut self, now: Instant) {
        self.everything = true;
        self.first.get_or_insert(now);
        self.last = Some(now);
    }

    /// When the burst is over, going by what is known now; `None` before the first change.
    fn due(&self) -> Option<Instant> {
        let quiet = if !self.open.is_empty() {
            OPEN
        } else if self.paths.len() > SAVE || !self.gone.is_empty() {
            QUIET_BURST
        } else {
            QUIET
        };
        Some((self.last? + quiet).min(self.first? + LONGEST))
    }

    /// Where something happened. Whatever concerns a folder may concern anything below it.
    fn touched(self, root: &Path, folder: bool) -> Touched {
        if self.everything || folder {
            return Touched::Everything;
        }
        let paths = self.paths.iter().map(|path| {
            let below = path.strip_prefix(root).ok()?.to_str()?;
            RelPath::new(below).filter(|path| !path.as_str().is_empty())
        });
        paths
            .collect::<Option<BTreeSet<_>>>()
            .map_or(Touched::Everything, Touched::Paths)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use notify::EventKind;
    use notify::event::{
        AccessKind, AccessMode, CreateKind, DataChange, ModifyKind, RemoveKind, RenameMode,
    };

    use super::{Burst, LONGEST, OPEN, QUIET, QUIET_BURST};

    const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const CLOSED: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));

    #[test]
    fn d2_a_file_is_waited_for_until_it_is_closed() {
        let start = Instant::now();
        let later = start + Duration::from_millis(5);
        let mut burst = Burst::default();
        assert_eq!(burst.due(), None);
        burst.add(Path::new("a"), &EventKind::Create(CreateKind::File), start);
        burst.add(Path::new("a"), &WRITTEN, start);
        assert_eq!(burst.due(), Some(start + OPEN));
        burst.add(Path::new("a"), &CLOSED, later);
        assert_eq!(burst.due(), Some(later + QUIET));
    }

    #[test]
    fn d5_a_burst_is_one_change_and_ends() {
        let start = Instant::now();
        let mut burst = Burst::default();
        for number in 0..1000_u32 {
            let now = start + number * Duration::from_millis(10);
            burst.add(Path::new(&format!("{number}")), &CLOSED, now);
        }
        assert_eq!(burst.due(), Some(start + LONGEST));
        let mut burst = Burst::default();
        for name in ["a", "b", "c", "d"] {
            burst.add(Path::new(name), &CLOSED, start);
        }
        assert_eq!(burst.due(), Some(start + QUIET_BURST));
    }

    #[test]
    fn d1_a_save_is_not_held_up_by_the_editors_own_files() {
        let start = Instant::now();
        let rename = |mode| EventKind::Modify(ModifyKind::Name(mode));
        let mut burst = Burst::default();
        burst.add(Path::new("a"), &rename(RenameMode::From), start);
        burst.add(Path::new("a~"), &rename(RenameMode::To), start);
        assert_eq!(burst.due(), Some(start + QUIET_BURST));
        burst.add(Path::new("a"), &EventKind::Create(CreateKind::File), start);
        burst.add(Path::new("a"), &WRITTEN, start);
        burst.add(Path::new("a"), &CLOSED, start);
        burst.add(Path::new("a~"), &EventKind::Remove(RemoveKind::File), start);
        assert_eq!(burst.due(), Some(start + QUIET));
    }

    #[test]
    fn d8_reading_is_no_change() {
        let mut burst = Burst::default();
        let read = EventKind::Access(AccessKind::Close(AccessMode::Read));
        burst.add(Path::new("a"), &read, Instant::now());
        assert_eq!(burst.due(), None);
    }
}
