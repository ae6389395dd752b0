//! Slugs: the ids of headings as GitHub makes them, and lower-case segments for addresses.

use rustc_hash::FxHashMap;

/// The id GitHub gives a heading with this text: lower case, spaces to hyphens, punctuation dropped,
/// every script kept (a transliteration would turn CJK into something else).
pub fn heading(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            ' ' => slug.push('-'),
            '-' | '_' => slug.push(c),
            c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            c if c.is_alphanumeric() || is_mark(c) => slug.extend(c.to_lowercase()),
            _ => {}
        }
    }
    slug
}

/// A segment of an address: like a heading's, but dots stay, and runs of hyphens are one hyphen.
pub fn segment(text: &str) -> String {
    if is_segment(text) {
        return text.to_owned();
    }
    hyphenated(text, &['.', '_'])
}

/// Letters and digits in lower case and what is in `kept`; of all else, runs of it are one hyphen.
fn hyphenated(text: &str, kept: &[char]) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            c if kept.contains(&c) => slug.push(c),
            c if !c.is_ascii() && (c.is_alphanumeric() || is_mark(c)) => {
                slug.extend(c.to_lowercase());
            }
            '\'' | '"' | '’' => {}
            _ if slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    let trimmed = slug.trim_matches('-').trim_start_matches('.');
    trimmed.to_owned()
}

/// Whether `text` is a segment already; most names are, and need no second look at each letter.
fn is_segment(text: &str) -> bool {
    let plain =
        |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_' | b'.');
    text.bytes().all(plain)
        && !text.starts_with(['-', '.'])
        && !text.ends_with('-')
        && !text.contains("--")
}

/// An id: what remains of `text` as `[a-z0-9-]`, other scripts kept.
pub fn id(text: &str) -> String {
    hyphenated(text, &[])
}

/// Combining marks belong to the letter before them (Thai, Devanagari, decomposed Latin).
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// Makes ids unique within one page as GitHub does: `steps`, `steps-1`, `steps-2`.
#[derive(Default)]
pub struct Unique {
    seen: FxHashMap<String, usize>,
}

impl Unique {
    /// The id itself the first time, a numbered one after that.
    pub fn claim(&mut self, id: &str) -> String {
        let base = if id.is_empty() { "section" } else { id };
        if !self.seen.contains_key(base) {
            self.seen.insert(base.to_owned(), 0);
            return base.to_owned();
        }
        loop {
            let count = self.seen.entry(base.to_owned()).or_insert(0);
            *count += 1;
            let numbered = format!("{base}-{count}");
            if !self.seen.contains_key(&numbered) {
                self.seen.insert(numbered.clone(), 0);
                return numbered;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Unique, heading, id, segment};

    #[test]
    fn headings_are_githubs() {
        for (text, slug) in [
            ("Hello, World!", "hello-world"),
            ("Step 1: `kubectl get`", "step-1-kubectl-get"),
            ("A & B", "a--b"),
            ("snake_case -- twice", "snake_case----twice"),
            ("데이터베이스 복구", "데이터베이스-복구"),
            ("  Ünïcode  ", "ünïcode"),
        ] {
            assert_eq!(heading(text), slug, "{text}");
        }
    }

    #[test]
    fn segments_are_lower_case() {
        for (text, slug) in [
            ("Failover Plan", "failover-plan"),
            ("KubePodCrashLooping", "kubepodcrashlooping"),
            ("v1.2 (old)", "v1.2-old"),
            ("..hidden", "hidden"),
        ] {
            assert_eq!(segment(text), slug, "{text}");
        }
        assert_eq!(id("db/Failover Plan.v2"), "db-failover-plan-v2");
    }

    #[test]
    fn repeated_ids_are_numbered() {
        let mut unique = Unique::default();
        let claimed: Vec<_> = ["a", "a", "a-1", "a"]
            .iter()
            .map(|id| unique.claim(id))
            .collect();
        assert_eq!(claimed, ["a", "a-1", "a-1-1", "a-2"]);
    }
}
