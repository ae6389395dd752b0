//! How large a picture is, as the head of its file says: a page that knows it keeps the place free, so that nothing
//! jumps when the picture arrives.

/// Width and height in pixels of CSS.
pub type Pixels = (u32, u32);

/// The size of a PNG, GIF, JPEG, WebP or SVG file; nothing where the file does not say, or where a browser may turn it.
pub fn of(bytes: &[u8]) -> Option<Pixels> {
    let size = match bytes {
        [0x89, b'P', b'N', b'G', ..] => {
            let at = |from| Some(u32::from_be_bytes(four(bytes, from)?));
            (at(16)?, at(20)?)
        }
        [b'G', b'I', b'F', b'8', ..] => (low(bytes, 6, 2)?, low(bytes, 8, 2)?),
        [0xff, 0xd8, 0xff, ..] => jpeg(bytes)?,
        [b'R', b'I', b'F', b'F', ..] if bytes.get(8..12) == Some(b"WEBP") => webp(bytes)?,
        _ => svg(bytes)?,
    };
    (size.0 > 0 && size.1 > 0).then_some(size)
}

fn four(bytes: &[u8], from: usize) -> Option<[u8; 4]> {
    bytes.get(from..from + 4)?.try_into().ok()
}

/// The number in `length` bytes, the lowest first.
fn low(bytes: &[u8], from: usize, length: usize) -> Option<u32> {
    let digits = bytes.get(from..from + length)?.iter().rev();
    Some(digits.fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// The size in the header of the first frame. Before it an Exif part may tell browsers to turn the picture.
fn jpeg(bytes: &[u8]) -> Option<Pixels> {
    let mut at = 2;
    loop {
        let &[0xff, kind] = bytes.get(at..at + 2)? else {
            return None;
        };
        let high = |from: usize| {
            let pair: [u8; 2] = bytes.get(from..from + 2)?.try_into().ok()?;
            Some(u16::from_be_bytes(pair))
        };
        match kind {
            0xff => at += 1,
            0xe1 if bytes.get(at + 4..at + 8) == Some(b"Exif") => return None,
            // Of C0 to CF these three are tables.
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&kind) => {
                return Some((high(at + 7)?.into(), high(at + 5)?.into()));
            }
            0xd9 | 0xda => return None,
            _ => at += 2 + usize::from(high(at + 2)?),
        }
    }
}

fn webp(bytes: &[u8]) -> Option<Pixels> {
    match bytes.get(12..16)? {
        // The third bit of the flags announces an Exif part.
        b"VP8X" if bytes.get(20)? & 8 == 0 => {
            Some((low(bytes, 24, 3)? + 1, low(bytes, 27, 3)? + 1))
        }
        b"VP8L" => {
            let bits = low(bytes, 21, 4)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => Some((low(bytes, 26, 2)? & 0x3fff, low(bytes, 28, 2)? & 0x3fff)),
        _ => None,
    }
}

/// What `width` and `height` of the root element say, in pixels. Other units are as large as the reader's window or text.
fn svg(bytes: &[u8]) -> Option<Pixels> {
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(4096))?);
    let (before, tag) = head.split_once("<svg")?;
    // A picture inside a page of HTML is none.
    if before.contains("<html") {
        return None;
    }
    let tag = tag.split_once('>')?.0;
    let number = |name: &str| {
        let (_, rest) = tag
            .match_indices(name)
            .map(|(at, _)| tag.split_at(at))
            .find(|(before, _)| before.ends_with(char::is_whitespace))?;
        let value = rest[name.len()..].trim_start().strip_prefix('=')?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let value = value[1..].split_once(quote)?.0.trim();
        let number: f64 = value.strip_suffix("px").unwrap_or(value).parse().ok()?;
        (0.5..=65_535.0)
            .contains(&number)
            .then(|| number.round() as u32)
    };
    Some((number("width")?, number("height")?))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn sizes_of_pictures() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02";
        let exif = b"\xff\xd8\xff\xe1\0\x0aExif\0\0\xff\xff\xff\xc0\0\x11\x08\0\x10\0\x20";
        for (bytes, wanted) in [
            (&png[..], Some((640, 480))),
            (&png[..20], None),
            (b"GIF89a\x40\x01\xf0\0\xf7", Some((320, 240))),
            (
                b"\xff\xd8\xff\xe0\0\x04JF\xff\xc4\0\x02\xff\xff\xc2\0\x11\x08\0\x10\x01\x20\x03",
                Some((288, 16)),
            ),
            (exif, None),
            (b"\xff\xd8\xff\xda\0\x04", None),
            (b"\xff\xd8\xff", None),
            (
                b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0",
                Some((640, 480)),
            ),
            (
                b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x7f\xc2\x77\0",
                Some((640, 480)),
            ),
            (
                b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01",
                Some((640, 480)),
            ),
            (
                b"<?xml version='1.0'?><svg stroke-width='3' width = \"24.6px\"\n height='12' viewBox='0 0 9 9'>",
                Some((25, 12)),
            ),
            (b"<svg width='100%' height='12'>", None),
            (b"<svg viewBox='0 0 9 9'>", None),
            (b"<svg width='0' height='0'>", None),
            (b"<!doctype html><html><svg width='9' height='9'>", None),
            (b"<svg width='9' height='", None),
            (b"", None),
        ] {
            assert_eq!(of(bytes), wanted, "{}", String::from_utf8_lossy(bytes));
        }
    }

    /// A file may end anywhere, and say anything.
    #[test]
    fn nothing_is_read_beyond_the_end() {
        for start in [
            &b"\x89PNG"[..],
            b"GIF8",
            b"\xff\xd8\xff",
            b"RIFF\0\0\0\0WEBPVP8X",
            b"RIFF\0\0\0\0WEBPVP8L",
            b"RIFF\0\0\0\0WEBPVP8 ",
            b"<svg width='",
        ] {
            for fill in [0, b'1', 0xff] {
                for length in 0..48 {
                    let mut bytes = start.to_vec();
                    bytes.resize(start.len() + length, fill);
                    let _ = of(&bytes);
                }
            }
        }
    }
}
