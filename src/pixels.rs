//! How large a picture is, as the head of its file says: a page that knows it keeps the place free, so that nothing
//! jumps when the picture arrives.

/// Width and height in pixels of CSS.
pub type Pixels = (u32, u32);

/// Where an Exif part begins, if a picture has one.
const EXIF: usize = 64;

/// The size of a PNG, GIF, JPEG, WebP or SVG file; nothing where the file does not say, or where a browser may turn it.
pub fn of(bytes: &[u8]) -> Option<Pixels> {
    if let Some(size) = svg(bytes) {
        return Some(size);
    }
    let head = &bytes[..bytes.len().min(EXIF)];
    if memchr::memmem::find(head, b"Exif").is_some() {
        return None;
    }
    let size = imagesize::blob_size(bytes).ok()?;
    let size = (size.width.try_into().ok()?, size.height.try_into().ok()?);
    (size.0 > 0 && size.1 > 0).then_some(size)
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
            (b"GIF89a\x40\x01\xf0\0\xf7\0\0;", Some((320, 240))),
            (
                b"\xff\xd8\xff\xe0\0\x04JF\xff\xc4\0\x02\xff\xc2\0\x11\x08\0\x10\x01\x20\x03",
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
