//! Commands that destroy, on pages that tell no way back.

use super::commands::{Kind, command, kind};
use super::words::{is_rollback, tells_irreversible};
use super::{OfPage, Sheet};
use crate::config::headings;
use crate::diagnostic::{Code, Diagnostic};

/// Commands that take something away for good, word by word; `*` stands for any words, `~` before a word for one that
/// begins with it. The guide lists them: "no-rollback" in checks.md.
pub(super) const DESTRUCTIVE: &[&str] = &[
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

pub(super) const RULES: OfPage = OfPage {
    codes: &[Code::NoRollback],
    check,
};

fn check(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    let (page, outline) = (sheet.page, &sheet.outline);
    let words = &sheet.subject.config.headings.rollback;
    let is_way_back = |title: &str| is_rollback(title) || headings::names(title, words);
    let mut parts = outline.parts.iter();
    if !page.is_runbook()
        || page.facts.steps.iter().any(|step| step.undo)
        || parts.any(|part| is_way_back(&part.title))
    {
        return;
    }
    let mut first = None;
    for block in &outline.blocks {
        let kind = kind(block);
        for (at, line) in &block.lines {
            let (start, text) = match (kind, command(line)) {
                (Kind::Console, None) => continue,
                (_, Some(command)) if kind != Kind::Shell || line.trim_start().starts_with('$') => {
                    command
                }
                _ => (0, line.as_str()),
            };
            // A language that is not known may be anything; SQL is a language.
            let commands =
                kind != Kind::Other || block.language.is_empty() || is_sql(&block.language);
            if let Some(what) = destructive(text).filter(|_| commands) {
                first.get_or_insert((at + start..at + line.trim_end().len(), what));
            }
        }
    }
    let Some((range, what)) = first else { return };
    let lower = sheet.text.to_lowercase();
    if tells_irreversible(&lower) || tells_undo(&lower) {
        return;
    }
    found.push(
        Diagnostic::new(
            Code::NoRollback,
            format!("`{what}` destroys, and this page tells no way back"),
        )
        .at(&page.facts.path, range)
        .help("add a section `Rollback`, or `Undo:` to the step; where there is none, say that it is irreversible"),
    );
}

/// Whether some step says how it is taken back.
fn tells_undo(lower: &str) -> bool {
    lower.lines().any(|line| {
        let line = line.trim_start_matches([' ', '\t', '-', '*', '>']);
        line.starts_with("undo:") || line.starts_with("**undo")
    })
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
        let words: Vec<String> = command
            .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | '`'))
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        // A rehearsal destroys nothing.
        if words
            .iter()
            .any(|word| word.starts_with("--dry-run") || word == "--help")
        {
            return None;
        }
        if comes_back(&words) || !DESTRUCTIVE.iter().any(|pattern| fits(pattern, &words)) {
            return None;
        }
        let mut short: String = command.trim().chars().take(SHOWN).collect();
        if command.trim().chars().count() > SHOWN {
            short.push('…');
        }
        Some(short)
    })
}

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

/// Whether the words of a command fit a pattern, from its first word or what runs it.
fn fits(pattern: &str, words: &[String]) -> bool {
    let mut wanted = pattern.split(' ');
    let Some(first) = wanted.next() else {
        return false;
    };
    let is = |wanted: &str, word: &str| match wanted.strip_prefix('~') {
        Some(start) => word.starts_with(start),
        None => word == wanted,
    };
    let is_first = |word: &str| is(first, word.rsplit('/').next().unwrap_or(word));
    let Some(at) = words.iter().position(|word| is_first(word)) else {
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
