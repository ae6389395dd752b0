//! The project a command works on: its root, its configuration, its surroundings.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the edge that reads the environment and the clock"
)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::path::RelPath;
use crate::preview::watcher::Watched;
use crate::publish::Target;
use crate::snapshot::Snapshot;
use crate::source::{self, Anywhere, Rules, Skip, Touched};

/// A project on disk.
pub(super) struct Project {
    pub(super) root: PathBuf,
    pub(super) output: PathBuf,
    pub(super) config: Config,
    /// Files of alert rules that the command line names.
    pub(super) rules: Vec<Anywhere>,
}

impl Project {
    /// What tells that it has changed; `moves` is git's log of moves of its head, which is asked for once.
    pub(super) fn watched(&self, moves: Option<PathBuf>) -> Watched {
        Watched {
            root: self.root.clone(),
            output: self.output.clone(),
            rules: self.rule_folders(),
            moves,
        }
    }

    /// The project in `root`, or in the folder above the working folder that holds a site.toml.
    pub(super) fn find(
        root: Option<&Path>,
        output: Option<&Path>,
        rules: &[String],
    ) -> Result<Self, Diagnostic> {
        let here = here();
        let root = self::root(root).ok_or_else(no_site)?;
        let file = root.join("site.toml");
        let text = fs::read(&file).map_err(|_| no_site())?;
        let name = RelPath::new("site.toml").unwrap_or_else(RelPath::root);
        // Its findings are reported by the build, which reads it from the snapshot.
        let config = Config::read(&name, &String::from_utf8_lossy(&text)).value;
        let output = match output {
            Some(output) => std::path::absolute(output).unwrap_or_else(|_| output.to_owned()),
            None => root.join(&config.output),
        };
        let rules = rules.iter().map(|rules| {
            Anywhere::new(&here, rules).map_err(|why| {
                Diagnostic::new(
                    Code::ConfigValue,
                    format!("`{rules}` is not a pattern: {why}"),
                )
            })
        });
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
            root,
            output: folded(&output),
            config,
        })
    }

    /// The folders in which rule files and catalogs lie, for whoever watches them.
    pub(super) fn rule_folders(&self) -> Vec<PathBuf> {
        let inside = (self.config.alerts.rules.iter()).chain(&self.config.catalog);
        inside
            .map(|pattern| self.root.join(pattern.folder.as_str()))
            .chain(self.rules.iter().map(|rules| rules.folder.clone()))
            .collect()
    }

    /// Reads the project; `previous` is what was read before, and what was `touched` since is read again.
    pub(super) fn snapshot(&self, previous: Option<&Snapshot>, touched: &Touched) -> Arc<Snapshot> {
        let skip = Skip {
            ignore: &self.config.ignore,
            output: Some(self.output.clone()),
            rules: Rules {
                inside: &self.config.alerts.rules,
                anywhere: &self.rules,
            },
            catalogs: &self.config.catalog,
        };
        Arc::new(match previous {
            Some(previous) => source::refresh(&self.root, &skip, previous, touched),
            None => source::read(&self.root, &skip, None),
        })
    }

    /// Where the project is published.
    pub(super) fn target(&self) -> Target {
        Target {
            output: self.output.clone(),
            root: self.root.clone(),
            home: env::var_os("HOME")
                .filter(|home| !home.is_empty())
                .map(PathBuf::from),
            cache: self.root.join(crate::notes::FOLDER).join("outputs"),
        }
    }
}

/// `..` and `.` folded, as people mean them.
pub(super) fn folded(path: &Path) -> PathBuf {
    let mut folded = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                folded.pop();
            }
            std::path::Component::CurDir => {}
            part => folded.push(part),
        }
    }
    folded
}

fn here() -> PathBuf {
    env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
}

/// The folder of the project: the one that is named, or the nearest one that holds a site.toml.
pub(super) fn root(named: Option<&Path>) -> Option<PathBuf> {
    match named {
        Some(root) => Some(std::path::absolute(root).unwrap_or_else(|_| root.to_owned())),
        None => above(&here()),
    }
}

fn above(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .find(|folder| folder.join("site.toml").is_file())
        .map(Path::to_owned)
}

fn no_site() -> Diagnostic {
    Diagnostic::new(
        Code::NoConfig,
        "there is no site.toml here, nor in a folder above",
    )
    .help("change to the folder of a site, name it with `--root`, or begin one with `bindery init`")
}

/// Today in UTC, or the day that SOURCE_DATE_EPOCH names.
pub(super) fn today() -> Result<Date, Diagnostic> {
    let stamp = match env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => {
            let seconds = seconds
                .trim()
                .parse()
                .ok()
                .and_then(|seconds| Timestamp::from_second(seconds).ok());
            seconds.ok_or_else(|| {
                Diagnostic::new(
                    Code::ConfigValue,
                    "SOURCE_DATE_EPOCH is not a number of seconds",
                )
                .help("unset it, or set it with `date +%s`")
            })?
        }
        Err(_) => Timestamp::now(),
    };
    Ok(TimeZone::UTC.to_datetime(stamp).date())
}
