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
const LAST_SECTION: u16 = (1 << 13) - 1;
/// How many groups the words of a text lie in, by their bucket. What is made of the words of many texts is made some
/// groups at a time.
pub const GROUPS: u32 = 16;

/// A section in which a word stands, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit(u16);

impl Hit {
    fn new(section: u16, weight: Weight) -> Self {
        Self(section.min(LAST_SECTION) << 3 | weight as u16)
    }

    /// The section: 0 is what stands before the first heading.
    pub fn section(self) -> u32 {
        u32::from(self.0 >> 3)
    }

    /// How it stands there.
    pub fn weight(self) -> Weight {
        Weight::ALL
            .get(usize::from(self.0 & 7))
            .copied()
            .unwrap_or(Weight::Body)
    }
}

/// The distinct words of a text, by bucket.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    text: Box<str>,
    heads: Box<[Head]>,
    hits: Box<[Hit]>,
    /// Where each group starts.
    groups: Box<[Place]>,
}

/// A word: the length of its text, and how many hits it has.
#[derive(Clone, Copy, Debug)]
struct Head {
    hits: u16,
    length: u8,
}

/// Where something starts among heads, text and hits.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    head: u32,
    text: u32,
    hits: u32,
}

/// The bucket of a word: words that begin with the same three letters share one, whatever their script.
fn bucket(word: &str) -> u16 {
    let end = word.char_indices().nth(3).map_or(word.len(), |(at, _)| at);
    // FNV-1a, folded: short input, and the same on every machine.
    let hash = word.as_bytes()[..end]
        .iter()
        .fold(0x811C_9DC5_u32, |hash, byte| {
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
    /// Calls `each` with the words of a group and their hits.
    pub fn group<'a>(&'a self, group: u32, mut each: impl FnMut(&'a str, &'a [Hit])) {
        let Some(place) = self.groups.get(group as usize) else {
            return;
        };
        let end = self.groups.get(group as usize + 1);
        let end = end.map_or(self.heads.len(), |next| next.head as usize);
        let heads = self.heads.get(place.head as usize..end);
        let (mut text, mut hits) = (place.text as usize, place.hits as usize);
        for head in heads.unwrap_or_default() {
            let ends = (
                text + usize::from(head.length),
                hits + usize::from(head.hits),
            );
            if let (Some(word), Some(found)) =
                (self.text.get(text..ends.0), self.hits.get(hits..ends.1))
            {
                each(word, found);
            }
            (text, hits) = ends;
        }
    }
}

/// Gathers the words of a text.
#[derive(Default)]
pub struct Gathered {
    /// The distinct words, end to end.
    text: String,
    words: Vec<Found>,
    hits: Vec<Counted>,
    /// Numbers of words by hash, plus one; 0 is a free slot. Its length is a power of two.
    slots: Vec<u32>,
}

struct Found {
    hash: u32,
    start: u32,
    length: u8,
    /// The word's last hit.
    last: u32,
    /// How many hits it has.
    hits: u16,
}

struct Counted {
    word: u32,
    section: u16,
    weight: Weight,
    count: u8,
}

impl Gathered {
    /// Adds every token of `text`, which stands in `section`: wholes count as `whole`, parts of them as `part`.
    pub fn add(&mut self, text: &str, section: usize, whole: Weight, part: Weight) {
        let section = u16::try_from(section)
            .unwrap_or(LAST_SECTION)
            .min(LAST_SECTION);
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
        let word = self.word(token);
        let found = &mut self.words[word as usize];
        if found.hits > 0
            && let Some(last) = self.hits.get_mut(found.last as usize)
            && last.section == section
        {
            last.weight = last.weight.max(weight);
            last.count = last.count.saturating_add(1);
            return;
        }
        if found.hits == u16::MAX {
            return;
        }
        found.hits += 1;
        found.last = self.hits.len() as u32;
        self.hits.push(Counted {
            word,
            section,
            weight,
            count: 1,
        });
    }

    /// The number of a word, a new one if it was not seen yet.
    fn word(&mut self, token: &str) -> u32 {
        if self.words.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = fx(token);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let number = self.slots[slot];
            if number == 0 {
                break;
            }
            let known = &self.words[number as usize - 1];
            let start = known.start as usize;
            if known.hash == hash
                && self
                    .text
                    .as_bytes()
                    .get(start..start + usize::from(known.length))
                    == Some(token.as_bytes())
            {
                return number - 1;
            }
            slot = (slot + 1) & mask;
        }
        let number = self.words.len() as u32;
        self.slots[slot] = number + 1;
        self.words.push(Found {
            hash,
            start: self.text.len() as u32,
            length: token.len().min(usize::from(u8::MAX)) as u8,
            last: 0,
            hits: 0,
        });
        self.text.push_str(token);
        number
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(1024);
        self.slots.clear();
        self.slots.resize(size, 0);
        for (number, word) in self.words.iter().enumerate() {
            let mut slot = word.hash as usize & (size - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = number as u32 + 1;
        }
    }

    /// Packs what was gathered.
    pub fn pack(&self) -> Lexicon {
        let of = |word: &Found| {
            let start = word.start as usize;
            self.text
                .get(start..start + usize::from(word.length))
                .unwrap_or_default()
        };
        let mut order: Vec<(u16, u32)> = (self.words.iter().zip(0..))
            .map(|(word, number)| (bucket(of(word)), number))
            .collect();
        order.sort_unstable();
        // Where each word's next hit goes.
        let mut next = vec![0_u32; self.words.len()];
        let mut place = Place::default();
        let mut groups = Vec::with_capacity(GROUPS as usize);
        let mut heads = Vec::with_capacity(order.len());
        let mut text = String::with_capacity(self.text.len());
        for (bucket, number) in order {
            let group = u32::from(bucket) / ((1 << 16) / GROUPS);
            while groups.len() as u32 <= group {
                groups.push(place);
            }
            let word = &self.words[number as usize];
            next[number as usize] = place.hits;
            heads.push(Head {
                hits: word.hits,
                length: word.length,
            });
            text.push_str(of(word));
            place.head += 1;
            place.text += u32::from(word.length);
            place.hits += u32::from(word.hits);
        }
        groups.resize(GROUPS as usize, place);
        let mut hits = vec![Hit(0); self.hits.len()];
        for hit in &self.hits {
            let often = hit.weight == Weight::Body && hit.count >= OFTEN;
            let weight = if often { Weight::Often } else { hit.weight };
            let at = &mut next[hit.word as usize];
            hits[*at as usize] = Hit::new(hit.section, weight);
            *at += 1;
        }
        Lexicon {
            text: text.into(),
            heads: heads.into(),
            hits: hits.into(),
            groups: groups.into(),
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
        let mut gathered = Gathered::default();
        let text: String = (0..700).map(|n| format!("word{n} x{n} 復{n} ")).collect();
        gathered.add("Disk full", 0, Weight::Title, Weight::Title);
        gathered.add(&text, 0, Weight::Body, Weight::Body);
        gathered.add("disk disk disk err-1042", 2, Weight::Body, Weight::Body);
        let words = gathered.pack();
        let mut once = BTreeMap::new();
        for group in 0..GROUPS {
            words.group(group, |word, hits| {
                for parts in [1, 4, GROUPS] {
                    assert_eq!(part_of(word, parts), group / (GROUPS / parts));
                }
                assert_eq!(part_of(word, 256) / (256 / GROUPS), group);
                let hits: Vec<_> = hits.iter().map(|h| (h.section(), h.weight())).collect();
                let before = once.insert(word.to_owned(), hits);
                assert!(before.is_none(), "{word} twice");
            });
        }
        assert_eq!(once["disk"], [(0, Weight::Title), (2, Weight::Often)]);
        assert_eq!(once["err-1042"], [(2, Weight::Body)]);
        assert_eq!(once["word699"], [(0, Weight::Body)]);
        assert!(!once.contains_key("x"));
    }
}
