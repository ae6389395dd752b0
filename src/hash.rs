//! Stable hashing: the same value has the same 128 bits in every run and at any thread count.

use std::fmt;
use std::hash::Hasher;

/// 128 bits of BLAKE3: the identity of inputs, views and outputs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::shorten(&blake3::hash(bytes))
    }

    /// The digest of any value that can be hashed. Types that iterate in random order do not implement
    /// `Hash`, so the result is stable.
    pub fn of<T: std::hash::Hash + ?Sized>(value: &T) -> Self {
        let mut hasher = StableHasher(blake3::Hasher::new());
        value.hash(&mut hasher);
        Self::shorten(&hasher.0.finalize())
    }

    /// Reads what [`fmt::Display`] wrote.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The first `digits` hexadecimal digits, for content-hashed file names.
    pub fn short(&self, digits: usize) -> String {
        let mut text = self.to_string();
        text.truncate(digits);
        text
    }

    fn shorten(hash: &blake3::Hash) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_bytes()[..16]);
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Feeds `#[derive(Hash)]` into BLAKE3.
struct StableHasher(blake3::Hasher);

impl Hasher for StableHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let mut word = [0; 8];
        word.copy_from_slice(&self.0.finalize().as_bytes()[..8]);
        u64::from_le_bytes(word)
    }
}
