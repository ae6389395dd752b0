//! A lexicon: which tokens a text holds, and in which of its sections, packed for as long as the text is kept.

use crate::token::{Form, tokens};

/// How much it says about a page that a word stands in some place. The search ranks by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Weight {
    /// In the text.
    Body = 0,
    /// In the text of one section, often.
    Often = 1,
    /// In a field such as the service, a tag or the owner.
    Field = 2,
    /// In a heading.
    Heading = 3,
    /// In the title, or a part of an alert's name.
    Title = 4,
    /// The whole of an alert's name, an error code or an id.
    Name = 5,
}

impl Weight {
    const ALL: [Self; 6] = [
        Self::Body,
        Self::Often,
        Self::Field,
        Self::Heading,
        Self::Title,
        Self::Name,
    ];
}

/// A word in a section counts as often from so many times on.
const OFTEN: u8 = 3;
/// The last section that is told apart: a page with more headings than this has one long last section.
const LAST_SECTION: u16 = u16::MAX;
/// How many groups the words of a text lie in, by their bucket. What is made of the words of many texts is made some
/// groups at a time.
pub const GROUPS: u32 = 16;

/// A section in which a word stands, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The section: 0 is what stands before the first heading.
    pub section: u16,
    /// How it stands there.
    pub weight: Weight,
}

/// The distinct words of a text, by group. They are kept as long as the text is, so they are packed: of a word its
/// length, its letters and its hits, see [`Hit::write`].
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    bytes: Box<[u8]>,
    /// Where each group starts.
    groups: [u32; GROUPS as usize],
}

impl Hit {
    /// Bits of the byte that a hit is: whether more hits of the word follow, the weight, the section.
    const MORE: u8 = 0x80;
    const WEIGHT: u8 = 4;
    /// In the place of the section: it follows, in two bytes.
    const FAR: u8 = 0x0F;

    fn write(self, more: bool, out: &mut Vec<u8>) {
        let near = u8::try_from(self.section)
            .unwrap_or(Self::FAR)
            .min(Self::FAR);
        let more = if more { Self::MORE } else { 0 };
        out.push(more | (self.weight as u8) << Self::WEIGHT | near);
        if near == Self::FAR {
            out.extend(self.section.to_le_bytes());
        }
    }

    /// The hit that `bytes` begin with, whether more follow, and the rest.
    fn read(bytes: &[u8]) -> Option<(Self, bool, &[u8])> {
        let (first, mut rest) = bytes.split_first()?;
        let mut section = u16::from(first & Self::FAR);
        if section == u16::from(Self::FAR) {
            let (far, after) = rest.split_first_chunk()?;
            (section, rest) = (u16::from_le_bytes(*far), after);
        }
        let weight = usize::from((first & !Self::MORE) >> Self::WEIGHT);
        let weight = *Weight::ALL.get(weight)?;
        Some((Self { section, weight }, first & Self::MORE != 0, rest))
    }
}

/// The bucket of a word: words that begin with the same three letters share one, whatever their script.
fn bucket(word: &str) -> u16 {
    let bytes = word.as_bytes();
    let start = match bytes.first_chunk::<3>() {
        Some(three) if three.is_ascii() => three,
        _ => {
            let end = word.char_indices().nth(3).map_or(word.len(), |(at, _)| at);
            &bytes[..end]
        }
    };
    // FNV-1a, folded: short input, and the same on every machine.
    let hash = start.iter().fold(0x811C_9DC5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    (hash >> 16) as u16 ^ hash as u16
}

/// The part, of `parts` in all, that a word belongs to. `parts` is a power of two, at most 2^16. With more parts than
/// [`GROUPS`] each group holds equally many, with fewer each part holds equally many groups; both in order.
pub fn part_of(word: &str, parts: u32) -> u32 {
    u32::from(bucket(word)) / ((1 << 16) / parts.clamp(1, 1 << 16))
}

impl Lexicon {
    /// Calls `each` with the words of a group, which are text, and their hits.
    pub fn group<'a>(&'a self, group: u32, mut each: impl FnMut(&'a [u8], &[Hit])) {
        let start = |group: u32| self.groups.get(group as usize).map(|start| *start as usize);
        let end = start(group + 1).unwrap_or(self.bytes.len());
        let bytes = start(group).and_then(|start| self.bytes.get(start..end));
        let mut rest = bytes.unwrap_or_default();
        let mut hits = Vec::new();
        while let Some((word, after)) = word(rest) {
            rest = after;
            hits.clear();
            let mut more = true;
            while more && let Some((hit, follows, after)) = Hit::read(rest) {
                hits.push(hit);
                (more, rest) = (follows, after);
            }
            each(word, &hits);
        }
    }
}

/// The word that `bytes` begin with, and what follows.
fn word(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

/// Gathers the words of a text.
pub struct Gathered {
    /// The distinct words, end to end.
    text: String,
    words: Vec<Found>,
    hits: Vec<Counted>,
    /// Numbers of words by hash, [`NONE`] in a free slot. Its length is a power of two.
    slots: Vec<u32>,
    /// The last word of each group.
    groups: [u32; GROUPS as usize],
}

/// In the place of a number: there is none.
const NONE: u32 = u32::MAX;

struct Found {
    hash: u32,
    start: u32,
    length: u8,
    /// The word before it in its group.
    before: u32,
    /// Its first hit and its last.
    first: u32,
    last: u32,
}

struct Counted {
    section: u16,
    weight: Weight,
    count: u8,
    /// The next hit of the same word.
    next: u32,
}

impl Gathered {
    /// Nothing yet, with room for so many distinct words; it grows when there are more.
    pub fn with_room(words: usize) -> Self {
        Self {
            text: String::with_capacity(words * 8),
            words: Vec::with_capacity(words),
            hits: Vec::with_capacity(words * 2),
            slots: vec![NONE; (words * 2).max(16).next_power_of_two()],
            groups: [NONE; GROUPS as usize],
        }
    }

    /// Adds every token of `text`, which stands in `section`: wholes count as `whole`, parts of them as `part`.
    pub fn add(&mut self, text: &str, section: usize, whole: Weight, part: Weight) {
        let section = u16::try_from(section).unwrap_or(LAST_SECTION);
        tokens(text, |token, form| {
            let weight = match form {
                Form::Whole => whole,
                Form::Part => part,
            };
            self.token(token, section, weight);
        });
    }

    fn token(&mut self, token: &str, section: u16, weight: Weight) {
        // A letter alone says nothing, but in scripts whose letters are words.
        if token.len() == 1 && token.as_bytes()[0].is_ascii_alphabetic() {
            return;
        }
        let new = self.hits.len() as u32;
        let hash = fx(token);
        match self.find(token, hash) {
            Ok(number) => {
                let word = &mut self.words[number as usize];
                let last = &mut self.hits[word.last as usize];
                if last.section == section {
                    last.weight = last.weight.max(weight);
                    last.count = last.count.saturating_add(1);
                    return;
                }
                last.next = new;
                word.last = new;
            }
            Err(slot) => self.word(token, hash, slot, new),
        }
        self.hits.push(Counted {
            section,
            weight,
            count: 1,
            next: NONE,
        });
    }

    /// The number of a word, or the free slot where it belongs.
    fn find(&self, token: &str, hash: u32) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let number = self.slots[slot];
            let Some(known) = self.words.get(number as usize) else {
                return Err(slot);
            };
            if known.hash == hash && self.text(known) == token.as_bytes() {
                return Ok(number);
            }
            slot = (slot + 1) & mask;
        }
    }

    fn text(&self, word: &Found) -> &[u8] {
        let start = word.start as usize;
        &self.text.as_bytes()[start..start + usize::from(word.length)]
    }

    /// Adds a word that was not seen yet, whose first hit is `hit`.
    fn word(&mut self, token: &str, hash: u32, slot: usize, hit: u32) {
        let number = self.words.len() as u32;
        let last = &mut self.groups[part_of(token, GROUPS) as usize];
        self.words.push(Found {
            hash,
            start: self.text.len() as u32,
            length: token.len().min(usize::from(u8::MAX)) as u8,
            before: std::mem::replace(last, number),
            first: hit,
            last: hit,
        });
        self.text.push_str(token);
        self.slots[slot] = number;
        if self.words.len() * 2 > self.slots.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        self.slots.clear();
        self.slots.resize(size, NONE);
        for (number, word) in self.words.iter().enumerate() {
            let mut slot = word.hash as usize & (size - 1);
            while self.slots[slot] != NONE {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = number as u32;
        }
    }

    /// Packs what was gathered.
    pub fn pack(&self) -> Lexicon {
        let room = self.text.len() + self.words.len() + self.hits.len() * 5 / 4;
        let mut bytes = Vec::with_capacity(room);
        let mut groups = [0; GROUPS as usize];
        for (start, last) in groups.iter_mut().zip(self.groups) {
            *start = bytes.len() as u32;
            let mut next = last;
            while let Some(word) = self.words.get(next as usize) {
                next = word.before;
                bytes.push(word.length);
                bytes.extend_from_slice(self.text(word));
                self.write_hits(word, &mut bytes);
            }
        }
        Lexicon {
            bytes: bytes.into(),
            groups,
        }
    }

    fn write_hits(&self, word: &Found, out: &mut Vec<u8>) {
        let mut next = self.hits.get(word.first as usize);
        while let Some(hit) = next {
            next = self.hits.get(hit.next as usize);
            let often = hit.weight == Weight::Body && hit.count >= OFTEN;
            let weight = if often { Weight::Often } else { hit.weight };
            let hit = Hit {
                section: hit.section,
                weight,
            };
            hit.write(next.is_some(), out);
        }
    }
}

/// A quick hash; its values never leave the table.
fn fx(token: &str) -> u32 {
    use std::hash::Hasher;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(token.as_bytes());
    let hash = hasher.finish();
    (hash >> 32) as u32 ^ hash as u32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{GROUPS, Gathered, Weight, part_of};

    #[test]
    fn every_group_holds_its_own_words() {
        let mut gathered = Gathered::with_room(0);
        let text: String = (0..700).map(|n| format!("word{n} x{n} 復{n} ")).collect();
        gathered.add("Disk full", 0, Weight::Title, Weight::Title);
        gathered.add(&text, 0, Weight::Body, Weight::Body);
        gathered.add("disk disk disk err-1042", 2, Weight::Body, Weight::Body);
        gathered.add("disk", 15, Weight::Body, Weight::Body);
        gathered.add("disk", 70_000, Weight::Heading, Weight::Heading);
        let words = gathered.pack();
        let mut once = BTreeMap::new();
        for group in 0..GROUPS {
            words.group(group, |word, hits| {
                let word = std::str::from_utf8(word).unwrap();
                for parts in [1, 4, GROUPS] {
                    assert_eq!(part_of(word, parts), group / (GROUPS / parts));
                }
                assert_eq!(part_of(word, 256) / (256 / GROUPS), group);
                let hits: Vec<_> = hits.iter().map(|h| (h.section, h.weight)).collect();
                let before = once.insert(word.to_owned(), hits);
                assert!(before.is_none(), "{word} twice");
            });
        }
        let disk = [
            (0, Weight::Title),
            (2, Weight::Often),
            (15, Weight::Body),
            (u16::MAX, Weight::Heading),
        ];
        assert_eq!(once["disk"], disk);
        assert_eq!(once["err-1042"], [(2, Weight::Body)]);
        assert_eq!(once["word699"], [(0, Weight::Body)]);
        assert!(!once.contains_key("x"));
    }
}
