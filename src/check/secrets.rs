//! Keys, tokens and passwords that stand in pages and rule files. No output ever shows the value.

use std::ops::Range;

use super::{OfPage, Sheet};
use crate::diagnostic::{Code, Diagnostic};
use crate::path::RelPath;

pub(super) const RULES: OfPage = OfPage {
    codes: &[Code::Secret],
    check,
};

/// A kind of secret that begins with a word of its own.
struct Kind {
    name: &'static str,
    start: &'static str,
    /// What it is made of besides letters and digits.
    also: &'static str,
    /// How many characters follow the start, at least.
    least: usize,
}

/// The forms that their makers document; each is long enough to be no word.
const KINDS: &[Kind] = &[
    Kind {
        name: "an AWS access key",
        start: "AKIA",
        also: "",
        least: 16,
    },
    Kind {
        name: "a temporary AWS access key",
        start: "ASIA",
        also: "",
        least: 16,
    },
    Kind {
        name: "a Google API key",
        start: "AIza",
        also: "-_",
        least: 35,
    },
    Kind {
        name: "a Google OAuth token",
        start: "ya29.",
        also: "-_.",
        least: 40,
    },
    Kind {
        name: "a GitHub token",
        start: "ghp_",
        also: "",
        least: 36,
    },
    Kind {
        name: "a GitHub token",
        start: "gho_",
        also: "",
        least: 36,
    },
    Kind {
        name: "a GitHub token",
        start: "ghu_",
        also: "",
        least: 36,
    },
    Kind {
        name: "a GitHub token",
        start: "ghs_",
        also: "",
        least: 36,
    },
    Kind {
        name: "a GitHub token",
        start: "github_pat_",
        also: "_",
        least: 60,
    },
    Kind {
        name: "a GitLab token",
        start: "glpat-",
        also: "-_",
        least: 20,
    },
    Kind {
        name: "a Slack token",
        start: "xoxb-",
        also: "-",
        least: 20,
    },
    Kind {
        name: "a Slack token",
        start: "xoxp-",
        also: "-",
        least: 20,
    },
    Kind {
        name: "a Slack webhook",
        start: "hooks.slack.com/services/T",
        also: "/",
        least: 30,
    },
    Kind {
        name: "a Stripe key",
        start: "sk_live_",
        also: "",
        least: 20,
    },
    Kind {
        name: "an npm token",
        start: "npm_",
        also: "",
        least: 36,
    },
    Kind {
        name: "a Grafana token",
        start: "glsa_",
        also: "_",
        least: 32,
    },
    Kind {
        name: "a Vault token",
        start: "hvs.",
        also: "-_",
        least: 24,
    },
    Kind {
        name: "a DigitalOcean token",
        start: "dop_v1_",
        also: "",
        least: 64,
    },
    Kind {
        name: "a SendGrid key",
        start: "SG.",
        also: "-_.",
        least: 60,
    },
    Kind {
        name: "a PyPI token",
        start: "pypi-AgEIcHlwaS5vcmc",
        also: "-_",
        least: 50,
    },
];

fn check(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    scan(&sheet.page.facts.path, sheet.text, found);
}

/// Looks for secrets in a text, whatever it is.
pub(super) fn scan(file: &RelPath, text: &str, found: &mut Vec<Diagnostic>) {
    if !may_hold_one(text) {
        return;
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        for (range, name) in line_secrets(line) {
            found.push(
                Diagnostic::new(Code::Secret, format!("this looks like {name}"))
                    .at(file, at + range.start..at + range.end)
                    .help(
                        "whoever reads the page has it, and git keeps it: make it invalid, then write a placeholder such \
                         as `<token>` and declare it as `secret` under `params`",
                    ),
            );
        }
        at += line.len();
    }
}

/// A text without the secrets in it, as long as it was; `None` when it has none.
pub fn mask(text: &str) -> Option<String> {
    if !may_hold_one(text) {
        return None;
    }
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mut from = 0;
        for (range, _) in line_secrets(line) {
            if range.start >= from {
                shown.push_str(&line[from..range.start]);
                // As long as it was, so that every place in the file stays where it is.
                shown.extend(std::iter::repeat_n('*', range.len()));
                from = range.end;
                at += 1;
            }
        }
        shown.push_str(&line[from..]);
    }
    (at > 0).then_some(shown)
}

/// Whether a text may hold a secret at all, as nearly none does: whether something stands in it that one begins with.
fn may_hold_one(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(2).enumerate().any(|(at, pair)| {
        let (first, second) = (usize::from(pair[0] & 127), pair[1] & 127);
        if FIRST_LETTERS[first] & 1 << second == 0 {
            return false;
        }
        let rest = &bytes[at..];
        if let Some(after) = rest.strip_prefix(ADDRESS.as_bytes()) {
            let mut word = after.iter().take_while(|byte| !byte.is_ascii_whitespace());
            return word.any(|byte| *byte == b'@');
        }
        let mut starts = KINDS.iter().map(|kind| kind.start).chain([KEY]);
        starts.any(|start| rest.starts_with(start.as_bytes()))
    })
}

/// What a private key begins with, and what stands before an address that may hold a password.
const KEY: &str = "-----BEGIN ";
const ADDRESS: &str = "://";

/// The pairs of letters that secrets begin with: of each first one, which ones come second.
const FIRST_LETTERS: [u128; 128] = {
    let mut pairs = [0; 128];
    let mut at = 0;
    while at < KINDS.len() {
        let start = KINDS[at].start.as_bytes();
        pairs[start[0] as usize] |= 1 << start[1];
        at += 1;
    }
    let (key, address) = (KEY.as_bytes(), ADDRESS.as_bytes());
    pairs[key[0] as usize] |= 1 << key[1];
    pairs[address[0] as usize] |= 1 << address[1];
    pairs
};

fn line_secrets(line: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut all = Vec::new();
    if !may_hold_one(line) {
        return all;
    }
    for kind in KINDS {
        for (at, _) in line.match_indices(kind.start) {
            let free = line[..at].chars().next_back();
            if free.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                continue;
            }
            let rest = &line[at + kind.start.len()..];
            let length = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && !kind.also.contains(c))
                .unwrap_or(rest.len());
            let value = &rest[..length];
            if length >= kind.least && !is_example(value) {
                all.push((at..at + kind.start.len() + length, kind.name));
            }
        }
    }
    if let Some(at) = line.find(KEY)
        && line[at..].contains("PRIVATE KEY-----")
    {
        all.push((at..at + line[at..].trim_end().len(), "a private key"));
    }
    all.extend(url_password(line));
    all.sort_by_key(|(range, _)| range.start);
    all
}

/// `scheme://user:password@host`.
fn url_password(line: &str) -> Option<(Range<usize>, &'static str)> {
    let scheme = line.find(ADDRESS)? + ADDRESS.len();
    let rest = &line[scheme..];
    let end = rest
        .find(|c: char| {
            c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | ')' | '>' | '?' | '#')
        })
        .unwrap_or(rest.len());
    let (user, _) = rest[..end].rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    // Placeholders and variables are how it should be.
    let stands_for_another = password.contains(['<', '$', '{', '[', '*', '%', '…'])
        || password
            .chars()
            .all(|c| matches!(c, '.' | 'x' | 'X' | '_' | '-'))
        || is_example(password)
        || is_word(password)
        || password.eq_ignore_ascii_case(name);
    let start = scheme + name.len() + 1;
    (!stands_for_another).then(|| (start..start + password.len(), "a password in an address"))
}

/// Words that stand where a password would.
fn is_word(password: &str) -> bool {
    let lower = password.to_lowercase();
    [
        "password", "passwd", "pass", "pwd", "secret", "token", "changeme", "redacted", "hidden",
        "user", "example",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// The examples of manuals: `AKIAIOSFODNN7EXAMPLE`, `xxxxxxxx`, `1234567890`.
fn is_example(value: &str) -> bool {
    let lower = value.to_lowercase();
    let mut letters: Vec<char> = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    letters.sort_unstable();
    letters.dedup();
    lower.contains("example")
        || lower.contains("xxxx")
        || lower.contains("your")
        || lower.contains("0000000")
        || lower.contains("1234567")
        || lower.contains("abcdef")
        || letters.len() < 5
}

#[cfg(test)]
mod tests {
    use super::{line_secrets, mask};

    #[test]
    fn secrets_and_their_likes() {
        let key = ["AKIA", "J7Q2MZ4R8T5W9KLP"].concat();
        let token = ["ghp_", "k3J9xQ2mZ7vB4nT8wR5cY1fH6dL0sPgA2eUi"].concat();
        for (line, is) in [
            (format!("export KEY={key}"), true),
            (format!("token: {token}."), true),
            (format!("x{key}"), false),
            ("AKIAIOSFODNN7EXAMPLE".to_owned(), false),
            ("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_owned(), false),
            (["-----BEGIN RSA PRIV", "ATE KEY-----"].concat(), true),
            ("-----BEGIN PUBLIC KEY-----".to_owned(), false),
            ("postgres://app:h7Kq-2z!@db/x".to_owned(), true),
            ("postgres://app:<password>@db/x".to_owned(), false),
            ("postgres://app:$PASS@db/x".to_owned(), false),
            ("https://user:password@host/".to_owned(), false),
            ("https://example.com:8080/a@b".to_owned(), false),
            ("git@github.com:a/b.git".to_owned(), false),
        ] {
            assert_eq!(!line_secrets(&line).is_empty(), is, "{line}");
        }
    }

    #[test]
    fn a_masked_text_keeps_its_length() {
        let line = "a\nurl: postgres://app:h7Kq-2z!@db/x\nb\n";
        let masked = mask(line).unwrap();
        assert_eq!(masked.len(), line.len());
        assert!(!masked.contains("h7Kq") && masked.contains("postgres://app:********@db/x"));
        assert_eq!(mask("nothing here\n"), None);
    }
}
