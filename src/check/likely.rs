//! The page that was likely meant by the name of an alert that none is written for.

use crate::site::Site;

/// Most slips of the fingers between a name and the one that was meant.
const SLIPS: usize = 2;
/// Letters that two words must share at their start to be forms of one: `Completed`, `Completion`.
const STEM: usize = 5;

/// A page, and whether it is surely about the alert or only about its subject.
pub(super) struct Likely {
    pub(super) page: usize,
    pub(super) sure: bool,
}

/// Names of pages as words, made once for many questions.
pub(super) struct Names {
    names: Vec<(String, Vec<String>)>,
}

impl Names {
    pub(super) fn new(site: &Site) -> Self {
        let names = site.pages.iter().map(|page| {
            let stem = page.facts.path.stem();
            (stem.to_lowercase(), words(stem))
        });
        Self {
            names: names.collect(),
        }
    }

    /// The page meant by a name: one that differs by a slip; one whose every word the name has; else the only one whose
    /// name begins with the same two words.
    pub(super) fn likely(&self, name: &str) -> Option<Likely> {
        let lower = name.to_lowercase();
        let slips = self
            .names
            .iter()
            .enumerate()
            // Whoever slips gets the first letter right.
            .filter(|(_, (stem, _))| {
                let length = stem.len().abs_diff(lower.len()) <= SLIPS;
                length && stem.as_bytes().first() == lower.as_bytes().first()
            })
            .map(|(page, (stem, _))| (strsim::damerau_levenshtein(stem, &lower), page))
            .filter(|(slips, _)| *slips <= SLIPS && slips * 4 < lower.len())
            .min();
        let sure = slips.map(|(_, page)| page).or_else(|| {
            let wanted = words(name);
            let holds = |(page, (_, words)): (usize, &(String, Vec<String>))| {
                let enough = words.len() >= 2 && words.len() * 2 >= wanted.len();
                (enough && in_order(words, &wanted)).then_some((words.len(), page))
            };
            let best = self.names.iter().enumerate().filter_map(holds);
            best.max().map(|(_, page)| page)
        });
        if let Some(page) = sure {
            return Some(Likely { page, sure: true });
        }
        let wanted = words(name);
        let start = wanted.get(..2)?;
        let mut alike =
            (self.names.iter().enumerate()).filter(|(_, (_, words))| words.starts_with(start));
        let (page, _) = alike.next()?;
        let only = alike.next().is_none();
        only.then_some(Likely { page, sure: false })
    }
}

/// Whether all `words` stand in `wanted`, in this order.
fn in_order(words: &[String], wanted: &[String]) -> bool {
    let mut rest = wanted.iter();
    words
        .iter()
        .all(|word| rest.any(|other| same_stem(word, other)))
}

fn same_stem(a: &str, b: &str) -> bool {
    let shared = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    a == b || (shared >= STEM && shared * 3 >= a.chars().count().max(b.chars().count()) * 2 - 1)
}

/// The words of a name in lower case: `KubeAPIDown` and `kube-api-down` are `kube`, `api`, `down`.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = vec![String::new()];
    for (at, c) in letters.iter().enumerate() {
        let next_is_small = letters.get(at + 1).is_some_and(|c| c.is_lowercase());
        let before_is_small = at > 0 && !letters[at - 1].is_uppercase();
        if !c.is_alphanumeric() || (c.is_uppercase() && (before_is_small || next_is_small)) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut()
            && c.is_alphanumeric()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::{Names, words};

    #[test]
    fn names_come_apart() {
        for (name, expected) in [
            ("KubeAPIDown", "kube api down"),
            ("NodeRAIDDiskFailure", "node raid disk failure"),
            ("kube-api_down", "kube api down"),
            ("etcdNoLeader", "etcd no leader"),
            ("", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn likely_pages() {
        let stems = [
            "KubePersistentVolumeFillingUp",
            "KubeJobCompletion",
            "KubeJobFailed",
            "KubeSchedulerDown",
            "KubeDaemonSetRolloutStuck",
            "AlertmanagerClusterDown",
            "AlertmanagerClusterFailedToSendAlerts",
            "DiskFull",
        ];
        let names = Names {
            names: (stems.iter())
                .map(|stem| (stem.to_lowercase(), words(stem)))
                .collect(),
        };
        for (name, expected) in [
            (
                "KubePersistentVolumeInodesFillingUp",
                Some(("KubePersistentVolumeFillingUp", true)),
            ),
            ("KubeJobNotCompleted", Some(("KubeJobCompletion", true))),
            (
                "KubeSchedulerInstanceUnreachable",
                Some(("KubeSchedulerDown", false)),
            ),
            ("DiskFul", Some(("DiskFull", true))),
            // Nearly the same letters, and another thing.
            ("KubeDeploymentRolloutStuck", None),
            ("AlertmanagerClusterFailedPeers", None),
            ("GrafanaRequestsFailing", None),
        ] {
            let found = names
                .likely(name)
                .map(|found| (stems[found.page], found.sure));
            assert_eq!(found, expected, "{name}");
        }
    }
}
