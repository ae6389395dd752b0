//! Commands that take something away for good: what a page marks, and what `bindery check` wants a way back for.

use std::sync::LazyLock;

use super::paint::table;
use super::typed::{self, Line};

/// Commands that take something away for good, word by word; `*` stands for any words, `~` before a word for one that
/// begins with it, `@` before letters for short options with one of them. Options may stand between a program and what
/// it is told to do. The guide lists them: "no-rollback" in checks.md.
pub const DESTRUCTIVE: &[&str] = &[
    "rm * @rf",
    "rm * --recursive",
    "rm * --force",
    "shred",
    "~mkfs",
    "wipefs",
    "dd * ~of=/dev/",
    "truncate * -s",
    "truncate * ~--size",
    "kubectl delete",
    "oc delete",
    "kubectl drain * --force",
    "helm uninstall",
    "helm delete",
    "terraform destroy",
    "terraform apply * -destroy",
    "terraform apply * --destroy",
    "tofu destroy",
    "tofu apply * -destroy",
    "tofu apply * --destroy",
    "pulumi destroy",
    "docker system prune",
    "docker volume rm",
    "docker volume prune",
    "podman system prune",
    "git push * --force",
    "git push * -f",
    "git reset * --hard",
    "aws s3 rm",
    "aws s3 rb",
    "aws * ~delete-",
    "aws * ~terminate-",
    "gcloud * delete",
    "az * delete",
    "gsutil rm",
    "etcdctl del",
    "etcdctl member remove",
    "lvremove",
    "vgremove",
    "zfs destroy",
    "zpool destroy",
    "dropdb",
    "redis-cli * flushall",
    "redis-cli * flushdb",
    "kafka-topics * --delete",
    "drop table",
    "drop database",
    "drop schema",
    "truncate table",
    "delete from",
];

/// [`DESTRUCTIVE`], each cut into its first word and those that follow it.
static PATTERNS: LazyLock<Vec<(&str, Vec<&str>)>> = LazyLock::new(|| {
    let cut = |pattern: &&'static str| {
        let mut words = pattern.split(' ');
        (words.next().unwrap_or_default(), words.collect())
    };
    DESTRUCTIVE.iter().map(cut).collect()
});

/// The first words of patterns, each once.
static FIRST_WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let first = PATTERNS
        .iter()
        .map(|(first, _)| first.trim_start_matches('~'));
    let mut words: Vec<&str> = first.collect();
    words.sort_unstable();
    words.dedup();
    words
});

/// Most characters of a command that a message shows.
const SHOWN: usize = 40;

/// The commands of a block that destroy, shortened, and the lines they stand in; each line of the block comes with its place.
pub fn in_block(language: &str, block: &[(usize, &str)]) -> Vec<(Line, String)> {
    if !block.iter().any(|(_, line)| may_begin_one(line)) {
        return Vec::new();
    }
    let lines = typed::lines(language, block).into_iter();
    let found = lines.filter_map(|line| destructive(&line.text).map(|what| (line, what)));
    found.collect()
}

/// The command in a line of text that destroys, shortened.
pub fn in_span(code: &str) -> Option<String> {
    destructive(code).filter(|_| code.split_whitespace().nth(1).is_some())
}

/// What Kubernetes makes anew when it is deleted: that is a restart.
const COMES_BACK: &[&str] = &[
    "pod", "pods", "po", "job", "jobs", "lease", "leases", "event", "events",
];

/// The command of a line that fits the list, shortened.
fn destructive(line: &str) -> Option<String> {
    if line.trim_start().starts_with('#') || line.trim_start().starts_with("--") {
        return None;
    }
    // Each command of a line stands for itself.
    let mut commands = line.split(['|', ';', '&', '\n']);
    commands.find_map(|command| {
        if !may_begin_one(command) {
            return None;
        }
        let between = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | '`');
        let words: Vec<String> = (command.split(between).filter(|word| !word.is_empty()))
            .map(str::to_lowercase)
            .collect();
        // A rehearsal destroys nothing.
        if words
            .iter()
            .any(|word| word.starts_with("--dry-run") || word == "--help")
        {
            return None;
        }
        let names: Vec<&str> = (words.iter())
            .map(|word| word.rsplit_once('/').map_or(&**word, |(_, name)| name))
            .map(|name| name.strip_suffix(".sh").unwrap_or(name))
            .collect();
        let fits = |(first, later): &(&str, Vec<&str>)| fits(first, later, &words, &names);
        if comes_back(&words) || !PATTERNS.iter().any(fits) {
            return None;
        }
        let command: Vec<&str> = command.split_whitespace().collect();
        let command = command.join(" ");
        let mut short: String = command.chars().take(SHOWN).collect();
        if command.chars().count() > SHOWN {
            short.push('…');
        }
        Some(short)
    })
}

/// Whether some word of a line may be the first of a pattern. Every line of every block comes by, so this looks at
/// bytes, and at patterns only where two letters fit.
fn may_begin_one(line: &str) -> bool {
    const LETTERS: [bool; 256] =
        table(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    let bytes = line.as_bytes();
    let mut between = true;
    for (at, byte) in bytes.iter().enumerate() {
        let starts = between;
        between = !LETTERS[usize::from(*byte)];
        if !starts || between {
            continue;
        }
        let next = bytes.get(at + 1).copied().unwrap_or_default();
        if FIRST_LETTERS[usize::from(byte & 31)] & 1 << (next & 31) == 0 {
            continue;
        }
        let rest = &bytes[at..];
        let begins = |word: &&str| {
            let found = rest.get(..word.len());
            found.is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
        };
        if FIRST_WORDS.iter().any(begins) {
            return true;
        }
    }
    false
}

/// The letters that patterns begin with: of each first one, by its last five bits, which ones come second.
const FIRST_LETTERS: [u32; 32] = {
    let mut pairs = [0; 32];
    let mut at = 0;
    while at < DESTRUCTIVE.len() {
        let pattern = DESTRUCTIVE[at].as_bytes();
        let start = if pattern[0] == b'~' { 1 } else { 0 };
        pairs[(pattern[start] & 31) as usize] |= 1 << (pattern[start + 1] & 31);
        at += 1;
    }
    pairs
};

fn comes_back(words: &[String]) -> bool {
    let Some(at) = words.iter().position(|word| word == "delete") else {
        return false;
    };
    // The kind stands behind `delete`, options and their values aside.
    let mut rest = words[at + 1..].iter();
    let mut kind = "";
    while let Some(word) = rest.next() {
        match &**word {
            "-n" | "--namespace" | "-l" | "-c" | "--context" => {
                rest.next();
            }
            word if word.starts_with('-') => {}
            word => {
                kind = word.split('/').next().unwrap_or(word);
                break;
            }
        }
    }
    // What stands for any kind may be one that comes back.
    COMES_BACK.contains(&kind)
        || kind.starts_with(['<', '$', '{'])
        || words.iter().any(|word| word == "can-i")
}

/// Whether the words of a command fit a pattern, from its first word or what runs it. `names` are the words without
/// the folders before them.
fn fits(first: &str, later: &[&str], words: &[String], names: &[&str]) -> bool {
    // SQL may stand behind a client; a program stands first, or behind sudo and its like.
    let sql = matches!(first, "drop" | "delete" | "truncate") && later.len() == 1;
    (0..names.len()).any(|at| {
        is(first, names[at]) && (sql || runs(&words[..at])) && follows(later, &words[at + 1..])
    })
}

/// Whether a word is the one that a pattern wants.
fn is(wanted: &str, word: &str) -> bool {
    match wanted.as_bytes().first() {
        Some(b'~') => word.starts_with(&wanted[1..]),
        Some(b'@') => {
            let letters = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
            letters.is_some_and(|letters| letters.contains(|c| wanted[1..].contains(c)))
        }
        _ => word == wanted,
    }
}

/// Whether the rest of a command is what a pattern wants. Options of the program may stand between.
fn follows(wanted: &[&str], words: &[String]) -> bool {
    let Some((first, later)) = wanted.split_first() else {
        return true;
    };
    if *first == "*" {
        return (0..words.len()).any(|at| follows(later, &words[at..]));
    }
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        if is(first, word) {
            return follows(later, after);
        }
        if !word.starts_with('-') {
            return false;
        }
        rest = after;
        // `-n web` has a value, `--namespace=web` and `--debug --now` have none.
        let value = rest.first().filter(|_| !word.contains('='));
        if value.is_some_and(|value| !value.starts_with('-') && !is(first, value)) {
            rest = &rest[1..];
        }
    }
    false
}

/// Programs that run another one, their options that take a value, and how many words stand before the other one.
const RUNNERS: &[(&str, &[&str], usize)] = &[
    (
        "sudo",
        &[
            "-u", "-g", "-h", "-p", "-c", "-r", "-t", "-d", "--user", "--group", "--host",
        ],
        0,
    ),
    ("doas", &["-u", "-c"], 0),
    ("env", &["-u", "-c", "-s", "--unset", "--chdir"], 0),
    ("timeout", &["-k", "-s", "--kill-after", "--signal"], 1),
    ("nice", &["-n", "--adjustment"], 0),
    ("ionice", &["-c", "-n", "-p"], 0),
    ("chroot", &[], 1),
    ("nohup", &[], 0),
    ("time", &["-f", "-o"], 0),
    ("command", &[], 0),
    ("then", &[], 0),
    ("else", &[], 0),
    ("do", &[], 0),
    ("if", &[], 0),
    ("while", &[], 0),
    ("!", &[], 0),
    ("{", &[], 0),
];

/// Whether what stands before a program runs it: nothing at all, sudo and its like, variables, a shell elsewhere.
fn runs(before: &[String]) -> bool {
    let elsewhere = |word: &String| {
        matches!(
            &**word,
            "exec" | "xargs" | "ssh" | "--" | "-c" | "-exec" | "-execdir"
        )
    };
    if before.iter().skip(1).any(elsewhere) || before.first().is_some_and(elsewhere) {
        return true;
    }
    let mut rest = before;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        if word.contains('=') && !word.starts_with('-') {
            continue;
        }
        let name = word.rsplit_once('/').map_or(&**word, |(_, name)| name);
        let Some((_, valued, count)) = RUNNERS.iter().find(|(runner, ..)| *runner == name) else {
            return false;
        };
        while let Some((option, after)) =
            rest.split_first().filter(|(word, _)| word.starts_with('-'))
        {
            let value = usize::from(valued.contains(&&**option));
            let Some(after) = after.get(value..) else {
                return false;
            };
            rest = after;
        }
        let Some(after) = rest.get(*count..) else {
            return false;
        };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::destructive;

    #[test]
    fn what_destroys() {
        for (line, destroys) in [
            ("rm -rf /var/lib/x", true),
            ("sudo rm -f /x", true),
            ("cd /x && rm -rf *", true),
            ("kubectl delete pod x", false),
            ("kubectl delete pvc x", true),
            ("kubectl auth can-i delete pvc", false),
            ("kubectl -n x delete deployment y", true),
            ("kubectl delete --force pod/x", false),
            ("oc delete -n $NS <pod>", false),
            ("kubectl get pod x", false),
            ("kubectl delete pod x --dry-run=client", false),
            ("# rm -rf /", false),
            ("psql -c 'DROP TABLE x;'", true),
            ("DELETE FROM x WHERE y = 1;", true),
            ("aws ec2 terminate-instances --instance-ids i-1", true),
            ("git push origin main --force", true),
            ("git push origin main", false),
            ("echo rm -rf", false),
            ("find . | xargs rm -f", true),
            ("mkfs.ext4 /dev/sdb", true),
            ("oc exec x -- etcdctl member remove 1", true),
            ("grep 'rm' file", false),
            ("terraform -chdir=x destroy", true),
            ("terraform apply -auto-approve -destroy", true),
            ("terraform plan -destroy", false),
            ("etcdctl --endpoints=x del /key", true),
            ("etcdctl --endpoints x:2379 get /key", false),
            ("helm -n x delete web", true),
            ("helm -n web list delete", false),
            ("kubectl -n x delete pvc y", true),
            ("kubectl --context prod -n x get delete", false),
            (
                "kafka-topics.sh --bootstrap-server x --delete --topic y",
                true,
            ),
            ("bin/kafka-topics.sh --topic y --describe", false),
            ("sudo -u postgres dropdb x", true),
            ("sudo -u dropdb ls", false),
            ("timeout 5 rm -rf /x", true),
            ("timeout -k 1 5 rm -rf /x", true),
            ("env A=b rm -rf /x", true),
            ("A=b rm -rf /x", true),
            ("rm --recursive /x", true),
            ("rm -i /x", false),
            ("rm -v -R /x", true),
            ("rm /x --force", true),
            ("docker compose rm", false),
            ("git -C /x reset --hard", true),
            ("find /x -exec rm -rf {} +", true),
            ("ssh web-1 rm -rf /x", true),
            ("bash -c 'rm -rf /x'", true),
        ] {
            assert_eq!(destructive(line).is_some(), destroys, "{line}");
        }
    }
}
