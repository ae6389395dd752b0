//! Commands that take something away for good: what a page marks, and what `bindery check` wants a way back for.

use super::typed::{Kind, command};

/// Commands that take something away for good, word by word; `*` stands for any words, `~` before a word for one that
/// begins with it. The guide lists them: "no-rollback" in checks.md.
pub const DESTRUCTIVE: &[&str] = &[
    "rm ~-r",
    "rm ~-f",
    "shred",
    "~mkfs",
    "wipefs",
    "dd * ~of=/dev/",
    "truncate * -s",
    "kubectl * delete",
    "oc * delete",
    "kubectl drain * --force",
    "helm uninstall",
    "helm delete",
    "terraform destroy",
    "tofu destroy",
    "pulumi destroy",
    "docker system prune",
    "docker volume rm",
    "docker volume prune",
    "podman system prune",
    "git push * --force",
    "git push * -f",
    "git reset --hard",
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

/// Most characters of a command that a message shows.
const SHOWN: usize = 40;

/// The command of a line of a block that destroys, shortened, and where it stands in the line.
pub fn in_line(language: &str, line: &str) -> Option<(usize, String)> {
    if !may_begin_one(line) {
        return None;
    }
    let kind = Kind::of(language);
    let (start, text) = match (kind, command(line)) {
        (Kind::Console, None) => return None,
        (_, Some(command)) if kind != Kind::Shell || line.trim_start().starts_with('$') => command,
        _ => (0, line),
    };
    // A language that is not known may be anything; SQL is a language.
    let commands = kind != Kind::Other || language.is_empty() || is_sql(language);
    let found = destructive(text).filter(|_| commands)?;
    Some((start, found))
}

fn is_sql(language: &str) -> bool {
    matches!(
        language,
        "sql" | "postgres" | "postgresql" | "mysql" | "psql"
    )
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
    let mut commands = line.split(['|', ';', '&']);
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
            .collect();
        if comes_back(&words) || !(DESTRUCTIVE.iter()).any(|pattern| fits(pattern, &words, &names))
        {
            return None;
        }
        let mut short: String = command.trim().chars().take(SHOWN).collect();
        if command.trim().chars().count() > SHOWN {
            short.push('…');
        }
        Some(short)
    })
}

/// Whether some word of a line may be the first of a pattern. Every line of every block comes by, so this looks at
/// bytes, and at patterns only where two letters fit.
fn may_begin_one(line: &str) -> bool {
    let bytes = line.as_bytes();
    let mut between = true;
    for (at, byte) in bytes.iter().enumerate() {
        let starts = between;
        between = !byte.is_ascii_alphanumeric();
        if !starts || between {
            continue;
        }
        let next = bytes.get(at + 1).copied().unwrap_or_default();
        if FIRST_LETTERS[usize::from(byte & 31)] & 1 << (next & 31) == 0 {
            continue;
        }
        let rest = &bytes[at..];
        // The first word of a pattern ends at a space or with it; `~` is no letter of it.
        let begins = |pattern: &&'static str| {
            let letters = pattern.bytes().skip_while(|letter| *letter == b'~');
            letters
                .take_while(|letter| *letter != b' ')
                .zip(rest.iter().map(Some).chain(std::iter::repeat(None)))
                .all(|(letter, found)| {
                    found.is_some_and(|found| found.eq_ignore_ascii_case(&letter))
                })
        };
        if DESTRUCTIVE.iter().any(begins) {
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
fn fits(pattern: &str, words: &[String], names: &[&str]) -> bool {
    let mut wanted = pattern.split(' ');
    let Some(first) = wanted.next() else {
        return false;
    };
    let is = |wanted: &str, word: &str| match wanted.strip_prefix('~') {
        Some(start) => word.starts_with(start),
        None => word == wanted,
    };
    let Some(at) = names.iter().position(|name| is(first, name)) else {
        return false;
    };
    // SQL may stand behind a client; a program stands first, or behind sudo and its like.
    let runs = |word: &String| {
        matches!(
            &**word,
            "sudo"
                | "xargs"
                | "exec"
                | "time"
                | "env"
                | "then"
                | "do"
                | "--"
                | "-c"
                | "psql"
                | "mysql"
        ) || word.starts_with('-')
            || word.contains('=')
    };
    let sql = matches!(first, "drop" | "delete" | "truncate")
        && pattern.contains(' ')
        && !pattern.contains('*');
    if !sql
        && !words[..at].iter().all(runs)
        && !words[..at]
            .iter()
            .any(|word| word == "exec" || word == "xargs" || word == "ssh")
    {
        return false;
    }
    let mut rest = words[at + 1..].iter();
    let mut anywhere = false;
    for wanted in wanted {
        if wanted == "*" {
            anywhere = true;
            continue;
        }
        let found = if anywhere {
            rest.any(|word| is(wanted, word))
        } else {
            rest.next().is_some_and(|word| is(wanted, word))
        };
        if !found {
            return false;
        }
        anywhere = false;
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
        ] {
            assert_eq!(destructive(line).is_some(), destroys, "{line}");
        }
    }
}
