//! What is known of the output folder's files without reading or rendering them: a cache outside of it, like git's
//! index.
//!
//! A file whose size, times and inode are as they were when its digest was known still has that digest; and a page
//! whose render key is as it was has the digest that it had. The cache may always be deleted; a damaged one is
//! taken for none.
#![expect(
    clippy::disallowed_methods,
    reason = "the cache of the output folder is kept in publish/"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::survey::Stat;
use crate::hash::Digest;
use crate::notes;

/// The first line: what the file is, the version of its form, and that of the program, as another may render the same
/// key differently.
const HEAD: &str = concat!("bindery-outputs 1 ", env!("CARGO_PKG_VERSION"));

/// Seconds and nanoseconds since 1970.
type Time = (i64, i64);

/// What is known of one file.
#[derive(Clone, Copy, Debug)]
struct Known {
    stat: Stat,
    /// Of its bytes.
    digest: Digest,
    /// Of what it was rendered from.
    key: Digest,
}

/// What is known of files, by path.
#[derive(Debug, Default)]
pub(super) struct Stats {
    /// When the files were looked at, or just before.
    looked: Time,
    files: BTreeMap<String, Known>,
}

impl Stats {
    /// Starts anew, to be filled with what is seen from now on.
    pub(super) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            // A clock before 1970 makes that nothing is trusted.
            looked: since.map_or((0, 0), |since| {
                let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
                (seconds, since.subsec_nanos().into())
            }),
            files: BTreeMap::new(),
        }
    }

    /// Takes note of a file.
    pub(super) fn insert(&mut self, path: &str, stat: Stat, digest: Digest, key: Digest) {
        self.files
            .insert(path.to_owned(), Known { stat, digest, key });
    }

    /// Whether bytes of this digest were rendered from `key` for `path`.
    pub(super) fn rendered(&self, path: &str, digest: Digest, key: Digest) -> bool {
        self.files
            .get(path)
            .is_some_and(|known| known.digest == digest && known.key == key)
    }

    /// What the bytes of this digest were rendered from for `path`.
    pub(super) fn key(&self, path: &str, digest: Digest) -> Option<Digest> {
        let known = self.files.get(path)?;
        (known.digest == digest).then_some(known.key)
    }

    /// The digest of the file at `path`, which looks like `stat` now.
    pub(super) fn digest(&self, path: &str, stat: &Stat) -> Option<Digest> {
        let known = self.files.get(path)?;
        (known.stat == *stat && self.settled(stat)).then_some(known.digest)
    }

    /// Whether a later change would have shown: clocks of file systems have ticks, and what is written twice in one
    /// tick may look the same.
    fn settled(&self, stat: &Stat) -> bool {
        // Whole seconds mean a file system that has no smaller ones; FAT's tick is two seconds.
        let tick = match stat.modified.1 {
            0 => 2_000_000_000,
            _ => 20_000_000,
        };
        let nanos =
            |(seconds, nanos): Time| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        nanos(stat.modified) + tick < nanos(self.looked)
    }

    /// Reads the cache; whatever is wrong with it, it is then empty.
    pub(super) fn read(path: &Path) -> Self {
        fs::read_to_string(path)
            .ok()
            .and_then(|text| Self::parse(&text))
            .unwrap_or_default()
    }

    /// Writes the cache, through a file beside it.
    ///
    /// Nothing is said if that fails: the next build reads the files instead.
    pub(super) fn write(&self, path: &Path) {
        let new = path.with_added_extension("new");
        if let Some(folder) = path.parent() {
            notes::make(folder);
        }
        if fs::write(&new, self.to_text()).is_ok() {
            let _ = fs::rename(&new, path);
        } else {
            let _ = fs::remove_file(&new);
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (body, end) = text.strip_suffix('\n')?.rsplit_once('\n')?;
        if Digest::from_hex(end.strip_prefix("end ")?)? != Digest::of_bytes(body.as_bytes()) {
            return None;
        }
        let mut lines = body.split('\n');
        let mut head = lines.next()?.strip_prefix(HEAD)?.split(' ').skip(1);
        let looked = (number(head.next())?, number(head.next())?);
        let files = lines.map(|line| {
            let mut fields = line.splitn(9, ' ');
            let digest = Digest::from_hex(fields.next()?)?;
            let key = Digest::from_hex(fields.next()?)?;
            let stat = Stat {
                size: number(fields.next())?,
                modified: (number(fields.next())?, number(fields.next())?),
                changed: (number(fields.next())?, number(fields.next())?),
                inode: number(fields.next())?,
            };
            Some((fields.next()?.to_owned(), Known { stat, digest, key }))
        });
        Some(Self {
            looked,
            files: files.collect::<Option<_>>()?,
        })
    }

    fn to_text(&self) -> String {
        let mut text = String::with_capacity(64 + self.files.len() * 170);
        // Writing to a string cannot fail.
        let _ = write!(text, "{HEAD} {} {}", self.looked.0, self.looked.1);
        for (path, Known { stat, digest, key }) in &self.files {
            let (size, inode) = (stat.size, stat.inode);
            let _ = write!(
                text,
                "\n{digest} {key} {size} {} {}",
                stat.modified.0, stat.modified.1
            );
            let _ = write!(
                text,
                " {} {} {inode} {path}",
                stat.changed.0, stat.changed.1
            );
        }
        let digest = Digest::of_bytes(text.as_bytes());
        let _ = writeln!(text, "\nend {digest}");
        text
    }
}

fn number<T: std::str::FromStr>(field: Option<&str>) -> Option<T> {
    field?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(modified: Time) -> Stat {
        let (size, inode, changed) = (3, 9, (1, 1));
        Stat {
            size,
            modified,
            changed,
            inode,
        }
    }

    #[test]
    fn trusts_what_looks_the_same_and_is_old_enough() {
        let (digest, key) = (Digest::of_bytes(b"x"), Digest::of_bytes(b"key"));
        let check = |modified: Time, seen: Stat, trusted: bool| {
            let mut stats = Stats {
                looked: (100, 0),
                ..Stats::default()
            };
            stats.insert("a b.html", stat(modified), digest, key);
            let again = Stats::parse(&stats.to_text()).unwrap();
            let expected = trusted.then_some(digest);
            assert_eq!(
                again.digest("a b.html", &seen),
                expected,
                "{modified:?} {seen:?}"
            );
            assert!(again.rendered("a b.html", digest, key));
            assert!(
                !again.rendered("a b.html", key, key)
                    && !again.rendered("a b.html", digest, digest)
            );
        };
        check((99, 5), stat((99, 5)), true);
        check((99, 5), stat((99, 6)), false);
        check(
            (99, 5),
            Stat {
                changed: (1, 2),
                ..stat((99, 5))
            },
            false,
        );
        check(
            (99, 5),
            Stat {
                inode: 8,
                ..stat((99, 5))
            },
            false,
        );
        check((99, 990_000_000), stat((99, 990_000_000)), false);
        check((99, 0), stat((99, 0)), false);
        check((97, 0), stat((97, 0)), true);
        check((101, 5), stat((101, 5)), false);
    }

    #[test]
    fn is_empty_when_damaged() {
        let mut stats = Stats::now();
        stats.insert("a", stat((1, 1)), Digest::default(), Digest::default());
        let text = stats.to_text();
        for cut in 0..text.len() {
            assert!(Stats::parse(&text[..cut]).is_none(), "cut at {cut}");
        }
    }
}
