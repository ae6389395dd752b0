//! Keys, tokens and passwords that stand in pages and rule files. No output ever shows the value.

use std::borrow::Cow;
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
        name: "a Grafana Cloud token",
        start: "glc_",
        also: "+/=_-",
        least: 32,
    },
    Kind {
        name: "an OpenAI key",
        start: "sk-",
        also: "-_",
        least: 32,
    },
    Kind {
        name: "a Hugging Face token",
        start: "hf_",
        also: "",
        least: 30,
    },
    Kind {
        name: "a JSON Web Token",
        start: JWT,
        also: "-_.",
        least: 40,
    },
    Kind {
        name: "a Stripe key",
        start: "rk_live_",
        also: "",
        least: 20,
    },
    Kind {
        name: "a Slack token",
        start: "xapp-",
        also: "-",
        least: 20,
    },
    Kind {
        name: "an age key",
        start: "AGE-SECRET-KEY-1",
        also: "",
        least: 50,
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

/// A word behind which a value stands that is a secret by that word alone.
struct Named {
    name: &'static str,
    /// How it is written; letters may be of either case.
    words: &'static [&'static str],
    /// What stands between it and the value, spaces and quotes aside.
    sign: &'static [char],
    /// How many characters the value has, at least.
    least: usize,
}

/// Values without a form of their own. What stands for one, such as `$TOKEN` or `<token>`, is passed over.
const NAMED: &[Named] = &[
    Named {
        name: "an AWS secret key",
        words: &[
            "secret_access_key",
            "SECRET_ACCESS_KEY",
            "SecretAccessKey",
            "secretAccessKey",
        ],
        sign: &['=', ':'],
        least: 40,
    },
    Named {
        name: "a key of an Azure account",
        words: &["AccountKey", "SharedAccessKey"],
        sign: &['='],
        least: 40,
    },
    Named {
        name: "a password",
        words: &["PGPASSWORD", "MYSQL_PWD", "REDISCLI_AUTH"],
        sign: &['=', ':'],
        least: 3,
    },
    Named {
        name: "a token",
        words: &[
            "Authorization: Bearer",
            "authorization: bearer",
            "authorization: Bearer",
            "Authorization: Token",
            "Authorization: Basic",
        ],
        sign: &[' '],
        least: 12,
    },
];

/// What an option of `curl` is written as that has a user and a password.
const USER: [&str; 2] = ["-u", "--user"];
/// How a JSON Web Token begins: `{"` in base 64.
const JWT: &str = "eyJ";

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
    let mut in_key = false;
    for line in text.split_inclusive('\n') {
        // The key itself stands in the lines below its name, which hold nothing else.
        if in_key && line.trim_start_matches([' ', '\t', '>', '#']).len() > 30 && is_base64(line) {
            shown.extend(
                line.chars()
                    .map(|c| if c.is_whitespace() { c } else { '*' }),
            );
            continue;
        }
        in_key =
            line.contains(KEY) && line.contains(PRIVATE) || in_key && !line.contains("-----END");
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

/// A text as it may be shown.
pub fn masked(text: &str) -> Cow<'_, str> {
    mask(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whether a line holds nothing but letters of base 64, and what may stand before them.
fn is_base64(line: &str) -> bool {
    line.trim()
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"+/= \t>#".contains(&byte))
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
        let kinds = KINDS.iter().map(|kind| kind.start);
        let words = NAMED.iter().flat_map(|named| named.words.iter().copied());
        let mut starts = kinds.chain(words).chain(USER).chain([KEY]);
        starts.any(|start| rest.starts_with(start.as_bytes()))
    })
}

/// What a private key begins with, and what stands before an address that may hold a password.
const KEY: &str = "-----BEGIN ";
const PRIVATE: &str = "PRIVATE KEY";
const ADDRESS: &str = "://";

/// The pairs of letters that secrets begin with: of each first one, which ones come second.
const FIRST_LETTERS: [u128; 128] = {
    let mut pairs = [0; 128];
    let mut at = 0;
    while at < KINDS.len() {
        pair(&mut pairs, KINDS[at].start);
        at += 1;
    }
    at = 0;
    while at < NAMED.len() {
        let mut word = 0;
        while word < NAMED[at].words.len() {
            pair(&mut pairs, NAMED[at].words[word]);
            word += 1;
        }
        at += 1;
    }
    pair(&mut pairs, KEY);
    pair(&mut pairs, ADDRESS);
    pair(&mut pairs, USER[0]);
    pair(&mut pairs, USER[1]);
    pairs
};

const fn pair(pairs: &mut [u128; 128], start: &str) {
    let start = start.as_bytes();
    pairs[start[0] as usize] |= 1 << start[1];
}

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
            let value = rest[..length].trim_end_matches('.');
            let length = value.len();
            if length >= kind.least && !is_example(value) && has_form(kind, value) {
                all.push((at..at + kind.start.len() + length, kind.name));
            }
        }
    }
    if let Some(at) = line.find(KEY)
        && [PRIVATE, "PRIVATE KEY BLOCK"]
            .iter()
            .any(|what| line[at..].contains(&format!("{what}-----")))
    {
        all.push((at..at + line[at..].trim_end().len(), "a private key"));
    }
    for named in NAMED {
        for word in named.words {
            for (at, _) in line.match_indices(word) {
                let value = value_after(line, at + word.len(), named);
                all.extend(value.map(|range| (range, named.name)));
            }
        }
    }
    for (at, _) in line.match_indices(ADDRESS) {
        all.extend(url_password(line, at + ADDRESS.len()));
    }
    all.extend(user_option(line).map(|range| (range, "a password")));
    all.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    all.dedup_by(|next, last| next.0.start < last.0.end);
    all
}

/// What else is true of the values of some kinds.
fn has_form(kind: &Kind, value: &str) -> bool {
    match kind.start {
        // Two objects and a signature. The token of the manual names John Doe, number 1234567890.
        JWT => {
            let parts: Vec<&str> = value.split('.').collect();
            parts.len() == 3
                && parts[1].starts_with(JWT)
                && parts.iter().all(|part| part.len() > 8)
                && !parts[1].starts_with("eyJzdWIiOiIxMjM0NTY3ODkw")
        }
        // `sk-` begins words too.
        "sk-" => {
            value.contains(|c: char| c.is_ascii_digit())
                && value.contains(|c: char| c.is_ascii_uppercase())
        }
        _ => true,
    }
}

/// The value that stands behind a word: `WORD=value`, `"word": "value"`.
fn value_after(line: &str, at: usize, named: &Named) -> Option<Range<usize>> {
    let quotes = |c: char| matches!(c, '"' | '\'' | '`');
    let mut rest = line[at..].trim_start_matches(quotes);
    if named.sign != [' '] {
        rest = rest.trim_start_matches(' ').strip_prefix(named.sign)?;
    } else if !rest.starts_with(' ') {
        return None;
    }
    rest = rest.trim_start_matches(' ').trim_start_matches(quotes);
    let end = rest
        .find(|c: char| c.is_whitespace() || quotes(c) || matches!(c, ';' | ',' | ')' | '\\'))
        .unwrap_or(rest.len());
    let value = &rest[..end];
    let start = line.len() - rest.len();
    (value.len() >= named.least && !stands_for_another(value)).then(|| start..start + end)
}

/// The password of `curl -u name:password`.
fn user_option(line: &str) -> Option<Range<usize>> {
    let curl = line.find("curl")?;
    USER.iter().find_map(|option| {
        let (at, _) = line[curl..].match_indices(option).find(|(at, _)| {
            let before = line[curl..curl + at].chars().next_back();
            before.is_some_and(char::is_whitespace)
        })?;
        let rest = line[curl + at + option.len()..].trim_start_matches([' ', '=']);
        let bare = rest.trim_start_matches(['"', '\'']);
        let end = bare
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'))
            .unwrap_or(bare.len());
        let (name, password) = bare[..end].split_once(':')?;
        let start = line.len() - bare.len() + name.len() + 1;
        let told = !password.is_empty()
            && !stands_for_another(password)
            && !stands_for_another(name)
            && !password.eq_ignore_ascii_case(name);
        told.then(|| start..start + password.len())
    })
}

/// `scheme://user:password@host`, from behind the slashes.
fn url_password(line: &str, scheme: usize) -> Option<(Range<usize>, &'static str)> {
    let rest = &line[scheme..];
    let end = rest
        .find(|c: char| {
            c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | ')' | '>' | '?' | '#')
        })
        .unwrap_or(rest.len());
    let (user, _) = rest[..end].rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let start = scheme + name.len() + 1;
    let told = !stands_for_another(password) && !password.eq_ignore_ascii_case(name);
    told.then(|| (start..start + password.len(), "a password in an address"))
}

/// Whether a value is a placeholder or a variable, which is how it should be.
fn stands_for_another(value: &str) -> bool {
    // `p%40ss` is a password with an `@` in it; `%PASSWORD%` and `%s` are to be filled in.
    let percent = value.split('%').skip(1).any(|after| {
        let code = after.bytes().take(2);
        code.len() < 2 || !code.into_iter().all(|byte| byte.is_ascii_hexdigit())
    });
    percent
        || value.contains(['<', '>', '$', '{', '[', '*', '…'])
        || value.contains("...")
        || value
            .chars()
            .all(|c| matches!(c, '.' | 'x' | 'X' | '_' | '-'))
        || is_example(value)
        || is_word(value)
}

/// Words that stand where a password would.
fn is_word(password: &str) -> bool {
    let lower = password.to_lowercase();
    [
        "password",
        "passwd",
        "pass",
        "pwd",
        "secret",
        "token",
        "changeme",
        "change-me",
        "redacted",
        "hidden",
        "user",
        "example",
        "value",
        "placeholder",
        "credential",
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

    /// As long as a secret key of AWS.
    const RANDOM: &str = "k3J9xQ2mZ7vB4nT8wR5cY1fH6dL0sPgA2eUi9oQt";

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
            (["-----BEGIN PGP PRIV", "ATE KEY BLOCK-----"].concat(), true),
            ("-----BEGIN PGP PUBLIC KEY BLOCK-----".to_owned(), false),
            (["aws_secret_access_key = ", RANDOM].concat(), true),
            (
                ["export AWS_SECRET_ACCESS_KEY=\"", RANDOM, "\""].concat(),
                true,
            ),
            (
                "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
                false,
            ),
            (
                "aws_secret_access_key = $AWS_SECRET_ACCESS_KEY".to_owned(),
                false,
            ),
            (
                "export AWS_SECRET_ACCESS_KEY=<the key of the break-glass account>".to_owned(),
                false,
            ),
            (
                [
                    "AccountName=web;AccountKey=",
                    RANDOM,
                    RANDOM,
                    "==;EndpointSuffix=x",
                ]
                .concat(),
                true,
            ),
            ("AccountKey=<key>".to_owned(), false),
            (["glc", "_", RANDOM].concat(), true),
            (
                ["glsa", "_k3J9xQ2mZ7vB4nT8wR5cY1fH6dL0sPgA_5e1fd4b2"].concat(),
                true,
            ),
            (
                [
                    "eyJhbGciOiJIUzI1NiJ9.eyJ",
                    "pc3MiOiJ3ZWIifQ.k3J9xQ2mZ7vB4nT8wR5cY1fH6dL0sPgA",
                ]
                .concat(),
                true,
            ),
            (
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
                    .to_owned(),
                false,
            ),
            ("eyJhbGciOiJIUzI1NiJ9 is the header".to_owned(), false),
            (
                [
                    "curl -H 'Authorization: Bearer ",
                    "k3J9xQ2mZ7vB4nT8",
                    "' https://x",
                ]
                .concat(),
                true,
            ),
            (
                "curl -H 'Authorization: Bearer $TOKEN' https://x".to_owned(),
                false,
            ),
            (
                "curl -H \"Authorization: Bearer ${TOKEN}\" https://x".to_owned(),
                false,
            ),
            (
                "curl -H 'Authorization: Bearer <token>' https://x".to_owned(),
                false,
            ),
            ("Authorization: Bearer xxxxxxxxxxxxxxxx".to_owned(), false),
            (["curl -s -u admin:", "h7Kq-2z! https://x"].concat(), true),
            (
                ["curl --user 'admin:", "h7Kq-2z!' https://x"].concat(),
                true,
            ),
            ("curl -u admin:$PASSWORD https://x".to_owned(), false),
            ("curl -u admin:changeme https://x".to_owned(), false),
            ("curl -u admin https://x:9090/y".to_owned(), false),
            ("docker run -u 1000:1000 web".to_owned(), false),
            (["PGPASSWORD=", "h7Kq2z psql -h db"].concat(), true),
            ("PGPASSWORD=$(vault read x) psql".to_owned(), false),
            ("PGPASSWORD=*** psql".to_owned(), false),
            ("PGPASSWORD=… psql".to_owned(), false),
            (
                ["sk-", "proj-k3J9xQ2mZ7vB4nT8wR5cY1fH6dL0sPgA2eUi"].concat(),
                true,
            ),
            (
                "sk-your-key-goes-here-and-nowhere-else-at-all".to_owned(),
                false,
            ),
            (
                "the disk-encryption-and-its-keys-and-more-of-that-kind".to_owned(),
                false,
            ),
            (["hf", "_k3J9xQ2mZ7vB4nT8wR5cY1fH6dL0sPgA2e"].concat(), true),
            (["postgres://app:", "h7%40Kq%21z@db/x"].concat(), true),
            ("postgres://app:%PASSWORD%@db/x".to_owned(), false),
            (
                "https://a.example.com and postgres://app:h7Kq-2z!@db/x".to_owned(),
                true,
            ),
        ] {
            assert_eq!(!line_secrets(&line).is_empty(), is, "{line}");
        }
    }

    #[test]
    fn a_private_key_is_masked_whole() {
        let begin = ["-----BEGIN RSA PRIV", "ATE KEY-----"].concat();
        let body = "MIIEowIBAAKCAQEAk3J9xQ2mZ7vB4nT8wR5cY1fH6dL0sPgA2eUi";
        let text = format!(
            "a\n{begin}\n{body}\n-----END RSA PRIVATE KEY-----\nmore words than that are in this line of text\n"
        );
        let masked = mask(&text).unwrap();
        assert_eq!(masked.len(), text.len());
        assert!(
            !masked.contains("MIIE") && masked.contains("more words"),
            "{masked}"
        );
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
