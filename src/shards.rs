//! Shards: the files that the search index is cut into, so that little of it has to be loaded for an answer.

use std::ops::Range;

/// Pages whose text one file holds. An answer shows about ten pages, each of which may lie in another file.
const PAGES: usize = 8;
/// Pages for each file of words: with 4 KB of text a page, such a file has about 60 KB.
const PAGES_TO_WORDS: usize = 128;
/// Most files of words.
const MOST_WORDS: u32 = 256;

/// One file of the search index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shard {
    /// Which files there are, and the version of each. It is asked for anew each time the search is opened.
    Index,
    /// Every word there is, and what has to be known of every page.
    Terms,
    /// Where the words of one part stand.
    Words(u32),
    /// Titles, headings and text of some pages.
    Pages(u32),
}

impl Shard {
    /// The files of the index of a site with so many pages.
    pub fn all(pages: usize) -> impl Iterator<Item = Self> {
        let texts = pages.div_ceil(PAGES) as u32;
        [Self::Index, Self::Terms]
            .into_iter()
            .chain((0..words(pages)).map(Self::Words))
            .chain((0..texts).map(Self::Pages))
    }

    /// Where the file lies.
    pub fn path(self) -> String {
        match self {
            Self::Index => "search/index.js".to_owned(),
            Self::Terms => "search/terms.js".to_owned(),
            Self::Words(number) => format!("search/words-{number}.js"),
            Self::Pages(number) => format!("search/pages-{number}.js"),
        }
    }
}

/// How many files of words the index of a site with so many pages has: a power of two.
pub fn words(pages: usize) -> u32 {
    u32::try_from(pages / PAGES_TO_WORDS)
        .unwrap_or(MOST_WORDS)
        .next_power_of_two()
        .clamp(1, MOST_WORDS)
}

/// The pages in file `number` of pages.
pub fn pages(number: u32, pages: usize) -> Range<usize> {
    let start = (number as usize * PAGES).min(pages);
    start..(start + PAGES).min(pages)
}

/// How many pages a file of pages has.
pub fn per_file() -> usize {
    PAGES
}
