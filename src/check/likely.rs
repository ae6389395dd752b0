//! The page that was likely meant by the name of an alert that none is written for.

use rustc_hash::FxHashMap;

use crate::site::Site;

/// Most slips of the fingers between a name and the one that was meant.
const SLIPS: usize = 2;
/// Letters of the shortest name that is looked for by its address: `db` is a slip for too much.
const SHORT: usize = 4;
/// Letters that two words must share at their start to be forms of one: `Completed`, `Completion`.
const STEM: usize = 5;

/// A page, and whether it is surely about the alert or only about its subject.
pub(super) struct Likely {
    pub(super) page: usize,
    pub(super) sure: bool,
}

/// Words that say the same of whatever a name is about.
const STATES: [(&str, &[&str]); 2] = [
    (
        "down",
        &[
            "unreachable",
            "unavailable",
            "absent",
            "offline",
            "dead",
            "gone",
            "lost",
            "disappeared",
        ],
    ),
    (
        "errors",
        &[
            "error", "errs", "err", "fail", "fails", "failed", "failing", "failure", "failures",
        ],
    ),
];
/// Words that make no difference to what a name is about.
const FILLERS: [&str; 11] = [
    "instance",
    "instances",
    "alert",
    "is",
    "are",
    "has",
    "have",
    "the",
    "a",
    "of",
    "too",
];
/// Words that say nothing of a name's subject.
const MEASURES: [&str; 6] = ["no", "not", "low", "high", "many", "extremely"];
/// The part of a name, by the weight of its words, that the name of a page about the same thing holds at least.
const SHARE: f64 = 0.6;

/// What two names about one subject share at least, of the weight of all their words.
const NEAR: f64 = 0.4;

/// The page meant by an address that leads nowhere: one in the same folder whose name differs by one slip, or else the only
/// one of this name, in another folder.
pub(super) fn by_address(site: &Site, wanted: &str) -> Option<Likely> {
    let addresses = site.pages.iter().map(|page| page.address.href.as_str());
    address(addresses, wanted)
}

fn address<'a>(addresses: impl Iterator<Item = &'a str>, wanted: &str) -> Option<Likely> {
    let wanted = wanted.to_lowercase();
    let (folder, name) = split(&wanted);
    if name.chars().count() < SHORT {
        return None;
    }
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
    let (mut slips, mut elsewhere) = (Vec::new(), Vec::new());
    for (page, address) in addresses.enumerate() {
        let (other, last) = split(address);
        if last == name {
            elsewhere.push(page);
        } else if other == folder
            && last.len().abs_diff(name.len()) <= SLIPS
            && digits(last) == digits(name)
            && strsim::damerau_levenshtein(last, name) == 1
        {
            slips.push(page);
        }
    }
    match (slips.as_slice(), elsewhere.as_slice()) {
        ([page], _) => Some(Likely {
            page: *page,
            sure: true,
        }),
        ([], [page]) => Some(Likely {
            page: *page,
            sure: false,
        }),
        _ => None,
    }
}

/// The folder and the name of an address, however it is written.
fn split(address: &str) -> (&str, &str) {
    let address = address.trim_matches('/');
    let address = address.strip_suffix("index.html").unwrap_or(address);
    let address = (address
        .strip_suffix(".html")
        .or(address.strip_suffix(".md")))
    .unwrap_or(address);
    let address = address.trim_end_matches('/');
    address.rsplit_once('/').unwrap_or(("", address))
}

/// A page's name.
struct Name {
    lower: String,
    words: Vec<String>,
}

/// Names of pages as words, made once for many questions.
pub(super) struct Names {
    names: Vec<Name>,
    /// In how many names each word stands.
    counts: FxHashMap<String, usize>,
}

impl Names {
    pub(super) fn new(site: &Site) -> Self {
        Self::of(site.pages.iter().map(|page| page.facts.path.stem()))
    }

    fn of<'a>(stems: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<Name> = stems
            .map(|stem| Name {
                lower: stem.to_lowercase(),
                words: meaning(stem),
            })
            .collect();
        let mut counts = FxHashMap::default();
        for name in &names {
            for word in &name.words {
                *counts.entry(word.clone()).or_insert(0) += 1;
            }
        }
        Self { names, counts }
    }

    /// The page meant by a name: one that differs by a slip; one that says the same in other words, or in another order;
    /// one whose words stand in the name, all but what weighs little. Else the one about the same subject that shares most.
    pub(super) fn likely(&self, name: &str) -> Option<Likely> {
        let wanted = meaning(name);
        let same = self
            .slip(&name.to_lowercase(), &wanted)
            .or_else(|| self.same(&wanted));
        if let Some(page) = same {
            return Some(Likely { page, sure: true });
        }
        if let Some(page) = self.part(&wanted) {
            // What tells other pages apart may tell these apart, too.
            let words = &self.names[page].words;
            let says_more = (wanted.iter())
                .filter(|word| !words.iter().any(|other| same_stem(word, other)))
                .filter(|word| !MEASURES.contains(&word.as_str()))
                .any(|word| self.counts.contains_key(word));
            return Some(Likely {
                page,
                sure: !says_more,
            });
        }
        let page = self.near(&wanted)?;
        Some(Likely { page, sure: false })
    }

    /// The name that differs by slips of the fingers. A word that other names have is none: `Node` is not meant for `Pod`.
    fn slip(&self, lower: &str, wanted: &[String]) -> Option<usize> {
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
        let near = (self.names.iter().enumerate())
            // Whoever slips gets the first letter right, and another number is another thing.
            .filter(|(_, name)| {
                name.lower.len().abs_diff(lower.len()) <= SLIPS
                    && name.lower.as_bytes().first() == lower.as_bytes().first()
                    && digits(&name.lower) == digits(lower)
                    && !(wanted.iter())
                        .any(|word| !name.words.contains(word) && self.counts.contains_key(word))
            })
            .map(|(page, name)| (strsim::damerau_levenshtein(&name.lower, lower), page))
            .filter(|(slips, page)| {
                *slips <= SLIPS
                    && slips * 4 < lower.len()
                    && (*slips == 1 || one_each(&self.names[*page].words, wanted))
            });
        near.min().map(|(_, page)| page)
    }

    /// The only name of the same words, in whatever order.
    fn same(&self, wanted: &[String]) -> Option<usize> {
        let mut same = (self.names.iter().enumerate()).filter(|(_, name)| {
            let words = &name.words;
            words.len() == wanted.len()
                && words.len() >= 2
                && (words.iter()).all(|word| wanted.iter().any(|other| same_stem(word, other)))
                && (wanted.iter()).all(|word| words.iter().any(|other| same_stem(word, other)))
        });
        let (page, _) = same.next()?;
        same.next().is_none().then_some(page)
    }

    /// The name whose words all stand in `wanted`, in this order, and weigh the most there.
    fn part(&self, wanted: &[String]) -> Option<usize> {
        let whole: f64 = wanted.iter().map(|word| self.weight(word)).sum();
        let mut best: Option<(f64, usize)> = None;
        let mut several = false;
        for (page, name) in self.names.iter().enumerate() {
            if name.words.len() < 2 {
                continue;
            }
            let Some(shared) = self.shared(&name.words, wanted) else {
                continue;
            };
            match best {
                Some((weight, _)) if shared < weight => {}
                Some((weight, _)) if shared <= weight => several = true,
                _ => (best, several) = (Some((shared, page)), false),
            }
        }
        let (shared, page) = best?;
        (!several && shared >= whole * SHARE).then_some(page)
    }

    /// The name that begins with the same two words and shares most with `wanted`, if that is enough.
    fn near(&self, wanted: &[String]) -> Option<usize> {
        let start = wanted.get(..2)?;
        if MEASURES.contains(&start[0].as_str()) {
            return None;
        }
        let weigh = |words: &mut dyn Iterator<Item = &String>| -> f64 {
            words.map(|word| self.weight(word)).sum()
        };
        let mut best: Option<(f64, usize)> = None;
        let mut several = false;
        for (page, name) in self.names.iter().enumerate() {
            if !name.words.starts_with(start) {
                continue;
            }
            let is_shared = |word: &&String| name.words.iter().any(|other| same_stem(word, other));
            let shared = weigh(&mut wanted.iter().filter(is_shared));
            let all = weigh(&mut wanted.iter()) + weigh(&mut name.words.iter()) - shared;
            let share = shared / all;
            match best {
                Some((most, _)) if share < most => {}
                Some((most, _)) if share <= most => several = true,
                _ => (best, several) = (Some((share, page)), false),
            }
        }
        let (share, page) = best?;
        (!several && share >= NEAR).then_some(page)
    }

    /// What of `wanted` weighs as `words` say it, if all of them stand there in order.
    fn shared(&self, words: &[String], wanted: &[String]) -> Option<f64> {
        let mut rest = wanted.iter();
        let mut weight = 0.0;
        for word in words {
            let found = rest.find(|other| same_stem(word, other))?;
            weight += self.weight(found);
        }
        Some(weight)
    }

    /// How much a word says: the fewer names have it, the more.
    fn weight(&self, word: &str) -> f64 {
        let count = self.counts.get(word).copied().unwrap_or(1);
        (1.0 + self.names.len() as f64 / count as f64).ln()
    }
}

/// Whether each of some words differs from its fellow by one slip at most: `egress` is not meant for `ingress`.
fn one_each(words: &[String], wanted: &[String]) -> bool {
    let mut pairs = words.iter().zip(wanted);
    words.len() == wanted.len() && pairs.all(|(a, b)| strsim::damerau_levenshtein(a, b) <= 1)
}

/// Whether two words are forms of one.
fn same_stem(a: &str, b: &str) -> bool {
    let shared = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    a == b || (shared >= STEM && shared * 3 >= a.chars().count().max(b.chars().count()) * 2 - 1)
}

/// The words of a name that say what it is about: fillers left out, one word for one state.
fn meaning(name: &str) -> Vec<String> {
    let mut words = words(name);
    words.retain(|word| !FILLERS.contains(&word.as_str()));
    for word in &mut words {
        let state = STATES
            .iter()
            .find(|(_, also)| also.contains(&word.as_str()));
        if let Some((state, _)) = state {
            *word = (*state).to_owned();
        }
    }
    words
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
    use super::{Names, address, words};

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
    fn likely_addresses() {
        let pages = [
            "index.html",
            "web/down.html",
            "web/slow.html",
            "db/slow.html",
            "db/failover.html",
            "db/restore/index.html",
            "web/node1.html",
        ];
        for (wanted, expected) in [
            ("web/dwon", Some(("web/down.html", true))),
            ("web/Downs.html", Some(("web/down.html", true))),
            ("failover", Some(("db/failover.html", false))),
            ("ops/restore/", Some(("db/restore/index.html", false))),
            ("db/restor", Some(("db/restore/index.html", true))),
            // Another thing, another number, two of them, and too short to tell.
            ("web/gone", None),
            ("web/node2", None),
            ("ops/slow", None),
            ("ops/dwon", None),
            ("inde", None),
            ("", None),
        ] {
            let found = address(pages.into_iter(), wanted);
            let found = found.map(|found| (pages[found.page], found.sure));
            assert_eq!(found, expected, "{wanted}");
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
            "KubeAPIDown",
            "KubeAPIErrorBudgetBurn",
            "KubeletDown",
            "KubeletTooManyPods",
            "KubePodNotReady",
            "KubeCPUOvercommit",
            "KubeQuotaExceeded",
            "KubeNodeUnreachable",
            "NodeClockSkewDetected",
            "ExternalIngressHighTrend",
            "LowVirtAPICount",
            "CPUThrottlingHigh",
        ];
        let names = Names::of(stems.into_iter());
        for (name, expected) in [
            (
                "KubePersistentVolumeInodesFillingUp",
                Some(("KubePersistentVolumeFillingUp", true)),
            ),
            ("KubeJobNotCompleted", Some(("KubeJobCompletion", true))),
            (
                "KubeSchedulerInstanceUnreachable",
                Some(("KubeSchedulerDown", true)),
            ),
            ("DiskFul", Some(("DiskFull", true))),
            // One state has many words, and an instance of something is that thing.
            ("KubeAPIInstanceUnreachable", Some(("KubeAPIDown", true))),
            ("KubeletInstanceUnreachable", Some(("KubeletDown", true))),
            ("KubeNodeDown", Some(("KubeNodeUnreachable", true))),
            ("HighCPUThrottling", Some(("CPUThrottlingHigh", true))),
            // What tells other pages apart makes it less sure.
            ("KubeCPUQuotaOvercommit", Some(("KubeCPUOvercommit", false))),
            ("KubeJobSuspended", Some(("KubeJobFailed", false))),
            // A word that is known is no slip, and neither is another thing.
            ("KubeJobNotReady", None),
            ("ExternalEgressHighTrend", None),
            ("LowVirtOperatorCount", None),
            ("NodeSystemSaturation", None),
            // Nearly the same letters, and another thing.
            ("KubeDeploymentRolloutStuck", None),
            (
                "AlertmanagerClusterFailedPeers",
                Some(("AlertmanagerClusterDown", false)),
            ),
            ("GrafanaRequestsFailing", None),
        ] {
            let found = names
                .likely(name)
                .map(|found| (stems[found.page], found.sure));
            assert_eq!(found, expected, "{name}");
        }
    }
}
