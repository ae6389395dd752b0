//! Output folders that must not be written to, whatever road leads to them.
#![expect(
    clippy::disallowed_methods,
    reason = "the output folder is looked at in publish/"
)]

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use super::disk::failed;
use crate::diagnostic::{Code, Diagnostic};

/// Folders of a project that are inputs, or Bindery's own.
const INPUTS: &[&str] = &["content", "themes", "src", ".git", ".bindery"];

/// Folders that are the system's, with all that lies in them.
const SYSTEM: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/sbin",
    "/sys",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/sbin",
    "/System",
];

/// Where the site goes, and what must not be harmed.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The output folder; need not exist.
    pub output: PathBuf,
    /// The project's root.
    pub root: PathBuf,
    /// The user's home directory, if known.
    pub home: Option<PathBuf>,
    /// A file, outside of the output folder, that remembers what the site's files were made from and looked like, so
    /// that they need not be rendered or read to see that they are unchanged. It may always be deleted.
    pub cache: PathBuf,
}

/// Why the output folder must not be written to, if it must not: see [`check_target`].
pub fn refuse(target: &Target) -> Option<Diagnostic> {
    check_target(target).err()
}

/// Says where the output folder truly lies, every symbolic link on the way resolved.
///
/// A link as the output folder itself is refused, and so is a link inside the project on the way to it: it may have
/// come with the content, and would send the site anywhere. Links above the project are followed.
///
/// # Errors
///
/// [`Code::OutputRefused`] for `/`, the home directory, the project's root and whatever holds one of these; for
/// what is protected, what holds it and what lies in it; for anything in a `.git` folder; and when something other
/// than a folder is in the way. [`Code::Publish`] when a folder on the way cannot be looked at.
pub fn check_target(target: &Target) -> Result<PathBuf, Diagnostic> {
    let root = real(&target.root)?;
    let output = resolve(&target.output, &root)?;
    let refuse = |why: &str| Err(refused(target, why));
    if output.parent().is_none() {
        return refuse("it is the root of the file system");
    }
    if output.components().any(|part| part.as_os_str() == ".git") {
        return refuse("it lies in a `.git` folder");
    }
    // `/dev/shm` is a memory file system for everybody.
    let shared = output.starts_with("/dev/shm/");
    if !shared && SYSTEM.iter().any(|system| output.starts_with(system)) {
        return refuse("it is, or lies in, a folder of the system");
    }
    // `/var`, `/home`, `/srv`: others live there.
    if output.ancestors().count() == 2 && output.is_dir() {
        return refuse("it is a folder that others share");
    }
    let chain = Chain::of(&output);
    let kept = [
        (target.home.as_ref(), "the home directory"),
        (Some(&target.root), "the project's root"),
    ];
    for (folder, name) in kept {
        match folder
            .map(|folder| chain.relation(&output, folder))
            .transpose()?
        {
            Some(Relation::Same) => return refuse(&format!("it is {name}")),
            Some(Relation::Holds) => return refuse(&format!("it holds {name}")),
            _ => {}
        }
    }
    for input in INPUTS {
        let how = match chain.relation(&output, &target.root.join(input))? {
            Relation::Same => "is",
            Relation::Holds => "holds",
            Relation::Inside => "lies in",
            Relation::None => continue,
        };
        return refuse(&format!("it {how} `{input}`, which is the project's"));
    }
    Ok(output)
}

/// How the output folder lies to another.
enum Relation {
    Same,
    Holds,
    Inside,
    None,
}

/// The numbers of the output folder and of those above it: a folder may have two names, by a bind mount or on a
/// file system that ignores case.
struct Chain {
    itself: Option<(u64, u64)>,
    above: Vec<(u64, u64)>,
}

impl Chain {
    fn of(output: &Path) -> Self {
        Self {
            itself: number(output),
            above: output.ancestors().skip(1).filter_map(number).collect(),
        }
    }

    fn relation(&self, output: &Path, folder: &Path) -> Result<Relation, Diagnostic> {
        let folder = real(folder)?;
        let its = number(&folder);
        let above = || folder.ancestors().skip(1).filter_map(number);
        Ok(
            if output == folder || (its.is_some() && its == self.itself) {
                Relation::Same
            } else if output.starts_with(&folder)
                || its.is_some_and(|its| self.above.contains(&its))
            {
                Relation::Inside
            } else if folder.starts_with(output) || above().any(|one| Some(one) == self.itself) {
                Relation::Holds
            } else {
                Relation::None
            },
        )
    }
}

fn number(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

fn refused(target: &Target, why: &str) -> Diagnostic {
    Diagnostic::new(
        Code::OutputRefused,
        format!(
            "`{}` cannot be the output folder: {why}",
            target.output.display()
        ),
    )
    .help("choose a folder of its own, such as `public`")
}

/// A path with every link resolved; what does not exist is taken as written.
fn real(path: &Path) -> Result<PathBuf, Diagnostic> {
    walk(path, |_, _| Ok(()))
}

/// Where `output` lies, if it may be reached that way.
fn resolve(output: &Path, root: &Path) -> Result<PathBuf, Diagnostic> {
    let refuse = |why: String, help: &str| {
        let message = format!("`{}` cannot be the output folder: {why}", output.display());
        Diagnostic::new(Code::OutputRefused, message).help(help)
    };
    let found = walk(output, |link, last| {
        if last {
            let help = "give the folder that the link leads to";
            Err(refuse("it is a symbolic link".to_owned(), help))
        } else if link.starts_with(root) {
            let why = format!("`{}` is a symbolic link", link.display());
            Err(refuse(why, "replace the link by a folder"))
        } else {
            Ok(())
        }
    })?;
    // Whatever is a folder on the way; the first thing that is none is in the way.
    for part in found.ancestors() {
        match fs::symlink_metadata(part) {
            Ok(metadata) if metadata.is_dir() => break,
            Ok(_) => {
                let why = format!("`{}` is in the way", part.display());
                return Err(refuse(why, "move it away or choose another folder"));
            }
            // Something above is a file.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed("look at", part, &error)),
        }
    }
    Ok(found)
}

/// Follows `path` step by step; `on_link` may object to a symbolic link and is told whether it is the last step.
fn walk(
    path: &Path,
    on_link: impl Fn(&Path, bool) -> Result<(), Diagnostic>,
) -> Result<PathBuf, Diagnostic> {
    let absolute = std::path::absolute(path).map_err(|error| failed("look at", path, &error))?;
    let mut found = PathBuf::from("/");
    let mut parts = absolute.components().peekable();
    while let Some(part) = parts.next() {
        match part {
            Component::ParentDir => {
                found.pop();
            }
            Component::Normal(name) => {
                let step = found.join(name);
                match fs::symlink_metadata(&step) {
                    Ok(metadata) if metadata.is_symlink() => {
                        on_link(&step, parts.peek().is_none())?;
                        found = fs::canonicalize(&step)
                            .map_err(|error| failed("look at", &step, &error))?;
                    }
                    _ => found = step,
                }
            }
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    Ok(found)
}
