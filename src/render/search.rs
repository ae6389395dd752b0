//! The search index: which words stand where, and the text to show for it, as scripts that work from disk too.
//!
//! 1. The words of each body are gathered once and kept with it; those of the facts are kept with the site.
//! 2. Words lie in parts by their first letters. Parts are put together when a file of one is asked for.
//! 3. Each file is a call of `binderySearch` with its version; `search/index.js` says which versions belong together.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::Renderer;
use crate::hash::Digest;
use crate::lexicon::{self, GROUPS, Gathered, Hit, Lexicon, Weight};
use crate::runbook::{Body, Scope, Status};
use crate::shards::{self, Shard};
use crate::site::{Page, Site, term_key};
use crate::token;

/// The version of the files' form, for a script of another version of the theme.
const FORM: u32 = 1;
/// In a site of more sections than this, a word that stands in more than a quarter of them finds nothing that a
/// reader would look for, and only its places in titles, headings and fields are kept.
const MANY: usize = 1000;
/// How many words the facts of a page have, as a guess.
const NAMED: usize = 128;
/// Hexadecimal digits of a version.
const DIGITS: usize = 8;

/// The words of every page's facts: title, alerts, headings, tags and the like. They are gathered when they are first
/// wanted, and stay as long as the site does.
pub(super) struct Named(Vec<OnceLock<Lexicon>>);

impl Named {
    /// Places for the words of `pages` pages; none is filled yet.
    pub(super) fn new(pages: usize) -> Self {
        Self((0..pages).map(|_| OnceLock::new()).collect())
    }

    fn lexicon(&self, number: usize, page: &Page) -> Option<&Lexicon> {
        Some(self.0.get(number)?.get_or_init(|| named(page)))
    }
}

/// The words that a page's facts give it.
fn named(page: &Page) -> Lexicon {
    let (facts, matter) = (&page.facts, &page.facts.matter);
    let mut words = Gathered::with_room(NAMED);
    // A name of one word is what somebody types who knows what they want.
    let mut name = |text: &str, otherwise: Weight| {
        let mut count = 0;
        token::tokens(text, |_, form| {
            count += usize::from(form == token::Form::Whole);
        });
        let whole = if count == 1 { Weight::Name } else { otherwise };
        words.add(text, 0, whole, otherwise);
    };
    name(&facts.title, Weight::Title);
    for alert in &matter.alerts {
        name(&alert.value, Weight::Title);
    }
    name(&page.id, Weight::Field);
    let fields = (page.services.iter().chain(&matter.tags).map(String::as_str))
        .chain(matter.task.as_deref())
        .chain(page.owner.as_deref())
        .chain([facts.path.stem()]);
    for field in fields {
        words.add(field, 0, Weight::Field, Weight::Field);
    }
    let texts =
        (matter.description.as_deref().into_iter()).chain(matter.access.iter().map(String::as_str));
    for text in texts {
        words.add(text, 0, Weight::Body, Weight::Body);
    }
    for (number, heading) in facts.headings.iter().enumerate() {
        words.add(&heading.title, number + 1, Weight::Heading, Weight::Heading);
    }
    words.pack()
}

/// The index of a site, made piece by piece as its files are asked for.
pub(super) struct Search {
    /// The number of the first section of each page, and of one page more.
    sections: Vec<u32>,
    /// How many parts there are.
    parts: u32,
    /// The parts, equally many in each place: all pages are gone through once a place.
    made: Vec<OnceLock<Vec<Part>>>,
    terms: OnceLock<(String, String)>,
    /// The identity of all that words are made of.
    key: Digest,
}

/// The words that begin in some ways.
#[derive(Default)]
struct Part {
    /// The words in order, each as the number of letters that it shares with the one before, and the rest.
    terms: String,
    /// Where each of them stands, in the same order.
    places: String,
}

impl Search {
    /// The index of a site with these bodies; nothing of it is made yet.
    pub(super) fn new(site: &Site, bodies: &[Arc<Body>]) -> Self {
        let mut sections = Vec::with_capacity(site.pages.len() + 1);
        let mut next = 0;
        for page in &site.pages {
            sections.push(next);
            next += page.facts.headings.len() as u32 + 1;
        }
        sections.push(next);
        let parts = shards::words(site.pages.len());
        let bodies: Vec<Digest> = bodies.iter().map(|body| body.hash).collect();
        Self {
            sections,
            parts,
            made: (0..parts.min(GROUPS)).map(|_| OnceLock::new()).collect(),
            terms: OnceLock::new(),
            key: Digest::of(&("search", FORM, site.hash, bodies)),
        }
    }

    /// What tells whether a file has to be made again.
    pub(super) fn key(&self, renderer: &Renderer, shard: Shard) -> Digest {
        match shard {
            Shard::Index | Shard::Terms | Shard::Words(_) => Digest::of(&(self.key, shard)),
            Shard::Pages(number) => texts_key(renderer, number),
        }
    }

    /// Makes every part. Each thread makes its own, so that none waits for another within a part.
    pub(super) fn gather(&self, renderer: &Renderer) {
        renderer.bodies.par_iter().for_each(|body| {
            body.lexicon();
        });
        (0..self.made.len() as u32)
            .into_par_iter()
            .for_each(|place| {
                self.place(renderer, place);
            });
    }

    /// A file's bytes.
    pub(super) fn file(&self, renderer: &Renderer, shard: Shard) -> Vec<u8> {
        match shard {
            Shard::Index => self.index(renderer),
            Shard::Terms => {
                let (text, version) = self.terms(renderer);
                call("terms", 0, version, text)
            }
            Shard::Words(number) => match self.part(renderer, number) {
                Some(part) => call("words", number, &version(&part.places), &json(&part.places)),
                None => Vec::new(),
            },
            Shard::Pages(number) => {
                let version = texts_key(renderer, number).short(DIGITS);
                call("pages", number, &version, &texts(renderer, number))
            }
        }
    }

    /// Which files there are and their versions.
    fn index(&self, renderer: &Renderer) -> Vec<u8> {
        #[derive(Serialize)]
        struct Index<'a> {
            form: u32,
            terms: &'a str,
            words: Vec<String>,
            pages: Vec<String>,
            per: usize,
        }
        let words = (0..self.parts).filter_map(|number| self.part(renderer, number));
        let pages = (0_u32..)
            .take_while(|number| !shards::pages(*number, renderer.site.pages.len()).is_empty())
            .map(|number| texts_key(renderer, number).short(DIGITS));
        let index = Index {
            form: FORM,
            words: words.map(|part| version(&part.places)).collect(),
            pages: pages.collect(),
            terms: &self.terms(renderer).1,
            per: shards::per_file(),
        };
        let all = json(&index);
        call("index", 0, &version(&all), &all)
    }

    /// Every word, and what has to be known of every page, as JSON; and the version of that.
    fn terms(&self, renderer: &Renderer) -> &(String, String) {
        #[derive(Serialize)]
        struct Terms<'a> {
            words: Vec<&'a str>,
            pages: String,
            services: Vec<&'a str>,
        }
        // Another thread may be waiting for the same; the parts that both want are made only once.
        self.terms.get_or_init(|| {
            let parts = (0..self.parts).filter_map(|part| self.part(renderer, part));
            let site = &renderer.site;
            let services = &site.terms.services;
            let terms = json(&Terms {
                words: parts.map(|part| part.terms.as_str()).collect(),
                pages: pages(site),
                services: services.values().map(|term| term.name.as_str()).collect(),
            });
            let version = version(&terms);
            (terms, version)
        })
    }

    fn part(&self, renderer: &Renderer, number: u32) -> Option<&Part> {
        let together = self.parts / self.made.len() as u32;
        let parts = self.place(renderer, number / together)?;
        parts.get((number % together) as usize)
    }

    /// The parts of one place.
    fn place(&self, renderer: &Renderer, place: u32) -> Option<&Vec<Part>> {
        let together = self.parts / self.made.len() as u32;
        let parts = self.made.get(place as usize)?;
        Some(parts.get_or_init(|| self.put_together(renderer, place, together)))
    }

    /// Gathers the words of the parts of one place from all pages; there are `count` of them.
    fn put_together(&self, renderer: &Renderer, place: u32, count: u32) -> Vec<Part> {
        let (bodies, pages) = (&renderer.bodies, &renderer.site.pages);
        // Whoever comes first finds the words of no body gathered. Threads that begin at different pages share that.
        let start = bodies.len() * place as usize / self.made.len();
        for body in bodies[start..].iter().chain(&bodies[..start]) {
            body.lexicon();
        }
        let groups = GROUPS / self.made.len() as u32;
        let groups = place * groups..(place + 1) * groups;
        let mut found: FxHashMap<&[u8], Vec<u32>> = FxHashMap::default();
        for (at, (body, page)) in bodies.iter().zip(pages).enumerate() {
            let first = self.sections[at];
            let mut add = |word, hits: &[Hit]| {
                // The section above, the weight below: in this order they sort.
                let hits = hits
                    .iter()
                    .map(|hit| (first + u32::from(hit.section)) << 3 | hit.weight as u32);
                found.entry(word).or_default().extend(hits);
            };
            let named = renderer.frame.named.lexicon(at, page);
            for lexicon in named.into_iter().chain([body.lexicon()]) {
                groups
                    .clone()
                    .for_each(|group| lexicon.group(group, &mut add));
            }
        }
        let sections = self.sections.last().copied().unwrap_or_default() as usize;
        let mut words: Vec<(u32, &str, Vec<u32>)> = (found.into_iter())
            .filter_map(|(word, places)| {
                let word = std::str::from_utf8(word).ok()?;
                Some((lexicon::part_of(word, self.parts), word, places))
            })
            .collect();
        words.sort_unstable();
        let mut made: Vec<Part> = (0..count).map(|_| Part::default()).collect();
        let mut before = (0, "");
        for (number, word, mut places) in words {
            let Some(part) = made.get_mut((number % count) as usize) else {
                continue;
            };
            let shared = match before {
                (same, before) if same == number => shared(before, word),
                _ => (0, 0),
            };
            before = (number, word);
            digits(shared.1, &mut part.terms);
            part.terms.push_str(&word[shared.0..]);
            part.terms.push(' ');
            write_places(&mut places, sections, &mut part.places);
            part.places.push(' ');
        }
        made
    }
}

/// Writes the sections in which a word stands: the way from the one before, doubled; a weight other than that of the
/// text makes it odd and follows.
fn write_places(places: &mut Vec<u32>, sections: usize, out: &mut String) {
    if !places.is_sorted() {
        places.sort_unstable();
    }
    // Facts and text may both name a section: the greater weight, which comes last, counts.
    places.dedup_by(|later, earlier| {
        let same = *later >> 3 == *earlier >> 3;
        if same {
            *earlier = *later;
        }
        same
    });
    let everywhere = sections > MANY && places.len() > sections / 4;
    let mut last = 0;
    for place in places.iter() {
        let (section, weight) = (place >> 3, place & 7);
        if everywhere && weight < Weight::Field as u32 {
            continue;
        }
        digits((section - last) << 1 | u32::from(weight > 0), out);
        if weight > 0 {
            digits(weight, out);
        }
        last = section;
    }
}

/// What the search has to know of every page: flags, words of the title, sections, services.
fn pages(site: &Site) -> String {
    let services: FxHashMap<&str, u32> = site
        .terms
        .services
        .keys()
        .map(String::as_str)
        .zip(0..)
        .collect();
    let mut out = String::with_capacity(site.pages.len() * 5);
    for page in &site.pages {
        let matter = &page.facts.matter;
        let has = |scope: Scope| u32::from(matter.scope.contains(&scope));
        let flags = has(Scope::Operation)
            | has(Scope::Maintenance) << 1
            | u32::from(matter.status == Status::Deprecated) << 2
            | u32::from(!page.is_runbook()) << 3;
        digits(flags, &mut out);
        digits(page.facts.title.split_whitespace().count() as u32, &mut out);
        digits(page.facts.headings.len() as u32 + 1, &mut out);
        let own: Vec<u32> = (page.services.iter())
            .filter_map(|name| services.get(term_key(name).as_str()).copied())
            .collect();
        digits(own.len() as u32, &mut out);
        for service in own {
            digits(service, &mut out);
        }
    }
    out
}

/// The identity of all that file `number` of pages is made of.
fn texts_key(renderer: &Renderer, number: u32) -> Digest {
    let pages = shards::pages(number, renderer.site.pages.len());
    let made_of: Vec<_> = pages
        .map(|at| {
            let page = &renderer.site.pages[at];
            (
                page.facts.hash,
                &page.address.href,
                renderer.bodies[at].hash,
            )
        })
        .collect();
    Digest::of(&("search pages with names", FORM, made_of))
}

/// Title, address, sections and names of some pages; of a section its id, heading and text. Names find a page and stand
/// nowhere in its text.
fn texts(renderer: &Renderer, number: u32) -> String {
    let pages: Vec<_> = shards::pages(number, renderer.site.pages.len())
        .map(|at| {
            let (page, body) = (&renderer.site.pages[at], &renderer.bodies[at]);
            let headings = &page.facts.headings;
            let mut sections = vec![("", "", String::new()); headings.len() + 1];
            // The title's own section is the page itself.
            let own = usize::from(!body.heading.html.is_empty());
            for (heading, section) in headings.iter().zip(&mut sections[1..]).skip(own) {
                (section.0, section.1) = (&heading.id, &heading.title);
            }
            for (section, text) in body.texts() {
                if let Some(place) = sections.get_mut(section) {
                    place.2 = text;
                }
            }
            let href = crate::site::address::encode(&page.address.href);
            let matter = &page.facts.matter;
            let names: Vec<&str> = (matter.alerts.iter().map(|alert| alert.value.as_str()))
                .chain(matter.id.iter().map(|id| id.value.as_str()))
                .chain(matter.task.as_deref())
                .chain(matter.tags.iter().map(String::as_str))
                .collect();
            (&page.facts.title, href, sections, names)
        })
        .collect();
    json(&pages)
}

/// What two words have in common at their beginning: in bytes, and in the units of UTF-16 that scripts count in.
fn shared(before: &str, word: &str) -> (usize, u32) {
    let same = before.chars().zip(word.chars()).take_while(|(a, b)| a == b);
    same.fold((0, 0), |(bytes, units), (c, _)| {
        (bytes + c.len_utf8(), units + c.len_utf16() as u32)
    })
}

/// Writes a number in digits that need no escape in a script, the highest first. The last digit is one of the lower
/// half, all others are of the upper half, so that no number needs an end.
fn digits(number: u32, out: &mut String) {
    const BASE: u32 = 46;
    if number >= BASE {
        upper(number / BASE, out);
    }
    out.push(digit(number % BASE));

    fn upper(number: u32, out: &mut String) {
        if number >= BASE {
            upper(number / BASE, out);
        }
        out.push(digit(number % BASE + BASE));
    }
}

/// A digit of 92: the visible letters of ASCII without `"` and `\`.
fn digit(value: u32) -> char {
    let code = 33 + value as u8;
    let code = code + u8::from(code >= b'"');
    char::from(code + u8::from(code >= b'\\'))
}

fn version(text: &str) -> String {
    Digest::of_bytes(text.as_bytes()).short(DIGITS)
}

/// A script that hands `data` over.
fn call(kind: &str, number: u32, version: &str, data: &str) -> Vec<u8> {
    format!("binderySearch(\"{kind}\",{number},\"{version}\",{data})\n").into_bytes()
}

/// Strings, numbers and lists always serialise.
fn json(data: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{digit, digits, shared};

    #[test]
    fn digits_are_visible_and_need_no_escape() {
        let all: String = (0..92).map(digit).collect();
        assert!(all.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(!all.contains(['"', '\\']));
        let mut sorted: Vec<char> = all.chars().collect();
        sorted.dedup();
        assert_eq!(sorted.len(), 92);
    }

    #[test]
    fn numbers_end_by_themselves() {
        let mut out = String::new();
        for number in [0, 45, 46, 46 * 46 + 1, u32::MAX] {
            digits(number, &mut out);
        }
        // As the script reads them.
        let mut read = Vec::new();
        let mut value = 0_u64;
        for c in out.chars() {
            let found = (0..92).find(|d| digit(*d) == c).unwrap();
            value = value * 46 + u64::from(found % 46);
            if found < 46 {
                read.push(value);
                value = 0;
            }
        }
        assert_eq!(read, [0, 45, 46, 46 * 46 + 1, u64::from(u32::MAX)]);
    }

    #[test]
    fn words_share_whole_letters() {
        for (before, word, bytes, units) in [
            ("pg_stat", "pg_size", 4, 4),
            ("復旧", "復元", 3, 1),
            ("é", "è", 0, 0),
            ("\u{20000}a", "\u{20000}b", 4, 2),
        ] {
            assert_eq!(shared(before, word), (bytes, units), "{before} {word}");
        }
    }
}
