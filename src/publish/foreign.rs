//! What is in the output folder but not Bindery's: named, never deleted, never written over.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::Path;

use super::Publisher;
use super::manifest::{MANIFEST, Manifest, ancestors};
use super::survey::{Kind, Node};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::path::OutPath;

impl Publisher {
    /// A folder may become a file only if nothing in it will be left.
    pub(super) fn would_vanish(&self, path: &str) -> Result<(), Diagnostic> {
        if !self.folders.contains(path) {
            return Err(self.foreign_file(path));
        }
        match self
            .found
            .below(path)
            .find(|(path, node)| !self.is_ours(path, node))
        {
            Some((inner, _)) => Err(self.foreign_file(&inner.to_string_lossy())),
            None => Ok(()),
        }
    }

    /// What stands where a folder is needed must be a folder, or a file of Bindery's, which then goes.
    pub(super) fn leads_through_folders(&self, path: &OutPath) -> Result<(), Diagnostic> {
        let obstacle = ancestors(path.as_str())
            .find_map(|above| Some((above, self.found.get(above)?)))
            .filter(|(above, node)| {
                node.kind != Kind::Folder && !self.is_ours(OsStr::new(above), node)
            });
        match obstacle {
            Some((above, _)) => Err(self.foreign_file(above)),
            None => Ok(()),
        }
    }

    /// Whether Bindery made this: not what has since been put in its place.
    fn is_ours(&self, path: &OsStr, node: &Node) -> bool {
        let Some(path) = path.to_str() else {
            return false;
        };
        match node.kind {
            Kind::File => OutPath::new(path).is_some_and(|path| self.previous.get(&path).is_some()),
            Kind::Folder => self.folders.contains(path),
            Kind::Other => false,
        }
    }

    pub(super) fn foreign_file(&self, path: &str) -> Diagnostic {
        let output = self.output.display();
        let mut finding = Diagnostic::new(
            Code::ForeignFile,
            format!("`{path}` in `{output}` is in the way and not Bindery's"),
        )
        .help(if self.damaged {
            format!("`{MANIFEST}` is damaged: move `{output}` away or choose another folder")
        } else {
            "move it away or choose another folder".to_owned()
        });
        finding.severity = Severity::Error;
        finding
    }

    /// Names what is not Bindery's, nor will be.
    pub(super) fn foreign(&self, next: &Manifest) -> Vec<String> {
        let coming = next.folders();
        let ours = |path: &OsStr, node: &Node| {
            let text = path.to_str().unwrap_or_default();
            self.is_ours(path, node)
                || match node.kind {
                    Kind::Folder => coming.contains(text),
                    _ => OutPath::new(text).is_some_and(|path| next.get(&path).is_some()),
                }
        };
        let mut folders: HashSet<&Path> = HashSet::new();
        let mut names = Vec::new();
        for (path, node) in self.found.iter().filter(|(path, node)| !ours(path, node)) {
            let path = Path::new(path);
            let named = path.parent().is_some_and(|parent| folders.contains(parent));
            let name = path.to_string_lossy();
            if node.kind == Kind::Folder {
                folders.insert(path);
                if !named {
                    names.push(format!("{name}/"));
                }
            } else if !named {
                names.push(name.into_owned());
            }
        }
        names
    }
}
