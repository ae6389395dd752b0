//! Where the project lies in its repository: forges name files from there.

use std::path::{Component, Path};

use crate::path::RelPath;

/// The repository that a project lies in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Root {
    /// The project's folder from the root of the repository, ending in a slash; empty where it is that root, or where
    /// there is no repository.
    pub prefix: String,
    /// The root itself, as a path from the root of the disk; `None` where nobody knows it.
    pub path: Option<String>,
}

impl Root {
    /// The name of a file from the root of the repository.
    pub(super) fn name(&self, file: &RelPath) -> String {
        let whole = format!("{}{file}", self.prefix);
        let mut parts: Vec<&str> = Vec::new();
        for part in Path::new(&whole).components() {
            match part {
                Component::ParentDir if parts.last().is_some_and(|last| *last != "..") => {
                    parts.pop();
                }
                Component::Normal(_) | Component::ParentDir => {
                    parts.extend(part.as_os_str().to_str());
                }
                _ => {}
            }
        }
        parts.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::Root;
    use crate::path::RelPath;

    #[test]
    fn names_start_at_the_repository() {
        for (prefix, file, name) in [
            ("", "content/a.md", "content/a.md"),
            ("docs/ops/", "content/a.md", "docs/ops/content/a.md"),
            ("docs/ops/", "../../rules/a.yaml", "rules/a.yaml"),
            // Outside of the repository.
            ("docs/", "../../rules/a.yaml", "../rules/a.yaml"),
            ("", "../rules/a.yaml", "../rules/a.yaml"),
        ] {
            let root = Root {
                prefix: prefix.to_owned(),
                path: None,
            };
            assert_eq!(root.name(&RelPath::outside(file)), name);
        }
    }
}
