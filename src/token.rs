//! Tokens: the words and identifiers of a text, whole and in parts, as the search index keeps them.
//!
//! `pg_stat_activity` is a token and so are its parts `pg`, `stat` and `activity`; `KubePodCrashLooping` is cut at its
//! humps. Scripts that write no spaces are cut into pairs of letters. The theme's `search.js` cuts what is asked for
//! in the same way.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest token, in bytes. What is longer is a path, which is cut, or no word that a person would look for.
pub const LONGEST: usize = 64;

/// Whether a token is what stands in the text or a part of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// All that stands between spaces.
    Whole,
    /// A part of an identifier.
    Part,
}

/// Calls `found` with every token of `text`, in order, folded: lower case, no accents.
pub fn tokens(text: &str, mut found: impl FnMut(&str, Form)) {
    // Made for the whole text at once; what it changes stays where it was.
    let folded = text.to_ascii_lowercase();
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        match class(*byte) {
            Class::Lower | Class::Upper | Class::Other => {
                let run = run(text, at);
                if run.end == at {
                    // A character of several bytes that is no letter.
                    at += text[at..].chars().next().map_or(1, char::len_utf8);
                    continue;
                }
                let place = at..run.end;
                match run.form {
                    Letters::Word if place.len() <= LONGEST => found(&folded[place], Form::Whole),
                    // Longer than any name: a hash, a key, a picture in text.
                    Letters::Word => {}
                    Letters::Identifier => {
                        identifier(&text[place.clone()], &folded[place], &mut found)
                    }
                    Letters::Mixed => mixed(&text[place], &mut found),
                }
                at = run.end;
            }
            Class::Joint | Class::None => at += 1,
        }
    }
}

/// What a byte means to a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A small letter or a digit.
    Lower,
    Upper,
    /// Holds a token together when it stands alone between letters.
    Joint,
    /// A byte of a character outside ASCII.
    Other,
    None,
}

/// The class of each byte.
const CLASSES: [Class; 256] = {
    let mut classes = [Class::None; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'0'..=b'9' => Class::Lower,
            b'A'..=b'Z' => Class::Upper,
            b'_' | b'-' | b'.' | b'/' | b':' | b'@' | b'+' => Class::Joint,
            0x80.. => Class::Other,
            _ => Class::None,
        };
        byte += 1;
    }
    classes
};

fn class(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Letters that follow one another, and joints between them.
struct Run {
    end: usize,
    form: Letters,
}

/// What a run is made of.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Letters {
    /// ASCII without a joint or a hump: it has no parts.
    Word,
    /// ASCII.
    Identifier,
    /// Letters outside ASCII, too.
    Mixed,
}

/// The run that starts at `start`; it is empty where no letter stands.
fn run(text: &str, start: usize) -> Run {
    let bytes = text.as_bytes();
    let class_at = |at: usize| bytes.get(at).map(|byte| class(*byte));
    let is_letter_at = |at: usize| text[at..].chars().next().filter(|c| is_letter(*c));
    let (mut end, mut form) = (start, Letters::Word);
    loop {
        match class_at(end) {
            Some(Class::Lower) => end += 1,
            Some(Class::Upper) => {
                if end > start {
                    form = form.max(Letters::Identifier);
                }
                end += 1;
            }
            Some(Class::Other) => match is_letter_at(end) {
                Some(c) => {
                    form = Letters::Mixed;
                    end += c.len_utf8();
                }
                None => return Run { end, form },
            },
            Some(Class::Joint) if end > start => {
                let goes_on = match class_at(end + 1) {
                    Some(Class::Lower | Class::Upper) => true,
                    Some(Class::Other) => is_letter_at(end + 1).is_some(),
                    _ => false,
                };
                if !goes_on {
                    return Run { end, form };
                }
                form = form.max(Letters::Identifier);
                end += 1;
            }
            _ => return Run { end, form },
        }
    }
}

/// An ASCII identifier, as it stands in the text and in lower case.
fn identifier(mut text: &str, mut folded: &str, found: &mut impl FnMut(&str, Form)) {
    while text.len() > LONGEST {
        let last = |is: fn(u8) -> bool| {
            let bytes = &text.as_bytes()[..=LONGEST];
            bytes.iter().rposition(|byte| is(*byte))
        };
        let cut = last(|byte| byte == b'/').or_else(|| last(|byte| class(byte) == Class::Joint));
        let Some(cut) = cut else { return };
        short_identifier(&text[..cut], &folded[..cut], found);
        (text, folded) = (&text[cut + 1..], &folded[cut + 1..]);
    }
    short_identifier(text, folded, found);
}

fn short_identifier(text: &str, folded: &str, found: &mut impl FnMut(&str, Form)) {
    found(folded, Form::Whole);
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut digits = true;
    for (at, byte) in bytes.iter().enumerate() {
        let joint = class(*byte) == Class::Joint;
        let hump = at > start
            && byte.is_ascii_uppercase()
            && (!bytes[at - 1].is_ascii_uppercase()
                || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if joint || hump {
            part(&folded[start..at], digits, found);
            start = if joint { at + 1 } else { at };
            digits = true;
        }
        if !joint {
            digits &= byte.is_ascii_digit();
        }
    }
    if start > 0 {
        part(&folded[start..], digits, found);
    }
}

/// Numbers and single letters are found as what they are parts of.
fn part(part: &str, digits: bool, found: &mut impl FnMut(&str, Form)) {
    if part.len() > 1 && !digits {
        found(part, Form::Part);
    }
}

/// A word with letters outside ASCII; it may hold several scripts.
fn mixed(text: &str, found: &mut impl FnMut(&str, Form)) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let unspaced = is_unspaced(first);
        let end = rest
            .char_indices()
            .find(|(_, c)| is_unspaced(*c) != unspaced)
            .map_or(rest.len(), |(at, _)| at);
        let folded = fold(&rest[..end]);
        if unspaced {
            pairs(&folded, found);
        } else {
            let word =
                folded.trim_matches(|c: char| c.is_ascii() && class(c as u8) == Class::Joint);
            word_of_letters(word, found);
        }
        rest = &rest[end..];
    }
}

fn word_of_letters(word: &str, found: &mut impl FnMut(&str, Form)) {
    let cut = |c: char| c.is_ascii() && class(c as u8) == Class::Joint;
    if word.is_empty() {
        return;
    }
    if word.len() <= LONGEST {
        found(word, Form::Whole);
    }
    if word.contains(cut) {
        for part in word.split(cut) {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            if part.len() <= LONGEST {
                self::part(part, digits, found);
            }
        }
    } else if word.len() > LONGEST {
        // A script without spaces that is not cut in pairs, such as Thai: pieces are better than nothing.
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(LONGEST / 4) {
            found(&piece.iter().collect::<String>(), Form::Whole);
        }
    }
}

/// Pairs of letters that follow one another; a letter alone is itself.
fn pairs(word: &str, found: &mut impl FnMut(&str, Form)) {
    let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
    if starts.len() == 1 {
        return found(word, Form::Whole);
    }
    for (number, start) in starts.iter().enumerate().take(starts.len().max(1) - 1) {
        let end = starts.get(number + 2).copied().unwrap_or(word.len());
        found(&word[*start..end], Form::Whole);
    }
}

/// Han, Hiragana and Katakana, in which words are written without spaces. Korean has spaces.
pub fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3005}' | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}' | '\u{20000}'..='\u{3FFFF}')
}

/// Text as it is compared: one form of each letter, lower case, no accents. Nothing but letters and joints is left.
fn fold(text: &str) -> String {
    let keeps = |c: &char| is_letter(*c) || (c.is_ascii() && class(*c as u8) == Class::Joint);
    text.nfkd()
        .filter(|c| !('\u{300}'..='\u{36F}').contains(c))
        .flat_map(char::to_lowercase)
        .flat_map(alike)
        .nfc()
        .filter(keeps)
        .collect()
}

/// Letters that are another letter, or two, when the case does not matter.
fn alike(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ς' => ('σ', None),
        'ß' => ('s', Some('s')),
        c => (c, None),
    };
    std::iter::once(first).chain(second)
}

#[cfg(test)]
mod tests {
    use super::{Form, tokens};

    fn found(text: &str) -> String {
        let mut all = Vec::new();
        tokens(text, |token, form| {
            all.push(match form {
                Form::Whole => token.to_owned(),
                Form::Part => format!("({token})"),
            });
        });
        all.join(" ")
    }

    #[test]
    fn identifiers_are_kept_whole_and_in_parts() {
        for (text, tokens) in [
            ("Restart it, now.", "restart it now"),
            (
                "KubePodCrashLooping",
                "kubepodcrashlooping (kube) (pod) (crash) (looping)",
            ),
            (
                "--force-with-lease",
                "force-with-lease (force) (with) (lease)",
            ),
            (
                "pg_stat_activity",
                "pg_stat_activity (pg) (stat) (activity)",
            ),
            ("[ERR-1042]", "err-1042 (err)"),
            ("etcd.io/foo", "etcd.io/foo (etcd) (io) (foo)"),
            ("HTTPServer2x", "httpserver2x (http) (server2x)"),
            (
                "https://example.com/a?b=c-1",
                "https example.com/a (example) (com) b c-1",
            ),
            ("{job=\"db\"}[6h]", "job db 6h"),
            ("a..b --", "a b"),
            ("10.0.0.1:8080", "10.0.0.1:8080"),
            ("don't", "don t"),
        ] {
            assert_eq!(found(text), tokens, "{text}");
        }
    }

    #[test]
    fn every_script_is_found() {
        for (text, tokens) in [
            ("復旧手順", "復旧 旧手 手順"),
            ("DBの復旧。", "db の復 復旧"),
            ("火", "火"),
            ("ﾃﾞｰﾀ", "デー ータ"),
            ("데이터베이스를 복구", "데이터베이스를 복구"),
            ("Überprüfung ΟΔΟΣ Größe", "uberprufung οδοσ grosse"),
            ("ＡＢＣ１２３", "abc123"),
            ("rück-gängig", "ruck-gangig (ruck) (gangig)"),
            ("ﷺ ½ → x", "صلىاللهعليهوسلم 12 x"),
        ] {
            assert_eq!(found(text), tokens, "{text}");
        }
    }

    #[test]
    fn long_runs_are_cut_or_left_out() {
        let path =
            "/var/lib/some-service/with/a/very/long/path/that/goes/on/and/on/pg_wal/000000010000";
        let tokens = found(path);
        assert!(tokens.contains("pg_wal/000000010000"), "{tokens}");
        assert_eq!(found(&"x".repeat(500)), "");
        assert!(!found(&"ก".repeat(500)).is_empty());
    }
}
