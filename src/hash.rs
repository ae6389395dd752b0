//! Stable hashing: the same value has the same 128 bits in every run and at any thread count.

use std::fmt;
use std::hash::Hasher;

use serde::{Deserialize, Serialize};

/// 128 bits of BLAKE3: the identity of inputs, views and outputs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::shorten(&blake3::hash(bytes))
    }

    /// The digest of any value that can be hashed. Types that iterate in random order do not implement
    /// `Hash`, so the result is stable.
    pub fn of<T: std::hash::Hash + ?Sized>(value: &T) -> Self {
        let mut hasher = StableHasher::new();
        value.hash(&mut hasher);
        hasher.digest()
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
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Feeds `#[derive(Hash)]` into BLAKE3. The many small writes of a derive are gathered first: each update of
/// BLAKE3 costs more than a copy of a few bytes.
pub struct StableHasher {
    inner: blake3::Hasher,
    gathered: [u8; GATHER],
    length: usize,
}

/// How many bytes are gathered; a few of BLAKE3's blocks of 64.
const GATHER: usize = 512;

impl StableHasher {
    /// Nothing is fed yet.
    pub fn new() -> Self {
        Self {
            inner: blake3::Hasher::new(),
            gathered: [0; GATHER],
            length: 0,
        }
    }

    fn flush(&mut self) {
        self.inner.update(&self.gathered[..self.length]);
        self.length = 0;
    }

    /// The digest of all that was fed.
    pub fn digest(mut self) -> Digest {
        self.flush();
        Digest::shorten(&self.inner.finalize())
    }
}

impl Default for StableHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl Hasher for StableHasher {
    fn write(&mut self, bytes: &[u8]) {
        if bytes.len() > GATHER - self.length {
            self.flush();
            if bytes.len() > GATHER {
                self.inner.update(bytes);
                return;
            }
        }
        self.gathered[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    /// Only for whoever asks through the trait; a digest has all the bits.
    fn finish(&self) -> u64 {
        let mut inner = self.inner.clone();
        inner.update(&self.gathered[..self.length]);
        let mut word = [0; 8];
        word.copy_from_slice(&inner.finalize().as_bytes()[..8]);
        u64::from_le_bytes(word)
    }
}
