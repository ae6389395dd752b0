//! Stable hashing: the same value has the same 128 bits in every run and at any thread count.

use std::fmt;
use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use twox_hash::xxhash3_128::{
    DEFAULT_SECRET_LENGTH, Hasher as WholeHasher, RawHasher, SecretBuffer,
};

/// 128 bits of XXH3: the identity of inputs, views and outputs. Nobody gains by a collision, as whoever could make one
/// can write to the site anyway; and a cryptographic hash took a twentieth of a cold build (benches/README.md).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(WholeHasher::oneshot(bytes).to_be_bytes())
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

/// Feeds `#[derive(Hash)]` into XXH3. The many small writes of a derive are gathered first: each write to
/// XXH3 costs more than a copy of a few bytes.
pub struct StableHasher {
    inner: RawHasher<&'static [u8; DEFAULT_SECRET_LENGTH]>,
    gathered: [u8; GATHER],
    length: usize,
}

/// How many bytes are gathered; a few of XXH3's stripes of 64.
const GATHER: usize = 512;

impl StableHasher {
    /// Nothing is fed yet.
    pub fn new() -> Self {
        Self {
            inner: RawHasher::new(SecretBuffer::default()),
            gathered: [0; GATHER],
            length: 0,
        }
    }

    fn flush(&mut self) {
        self.inner.write(&self.gathered[..self.length]);
        self.length = 0;
    }

    /// The digest of all that was fed.
    pub fn digest(mut self) -> Digest {
        self.flush();
        Digest(self.inner.finish_128().to_be_bytes())
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
                self.inner.write(bytes);
                return;
            }
        }
        self.gathered[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    /// Only for whoever asks through the trait; a digest has all the bits.
    fn finish(&self) -> u64 {
        let mut inner = self.inner.clone();
        inner.write(&self.gathered[..self.length]);
        inner.finish_128() as u64
    }
}
