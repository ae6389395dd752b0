//! QR codes as pictures, for paper.

use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

/// Light modules around a code (ISO/IEC 18004, 5.3.8: four).
const QUIET: i32 = 4;

/// `text` as a QR code, an SVG of one path that takes the colour of the text around it. `None` when it is too long.
pub fn svg(text: &str) -> Option<String> {
    let segments = QrSegment::make_segments(text);
    // A crease or a stain takes no more of a sheet than medium correction makes good. Readers take any mask; to weigh
    // all eight takes longer than all the rest of a page.
    let (correction, mask) = (QrCodeEcc::Medium, Mask::new(3));
    let (least, most) = (Version::MIN, Version::MAX);
    let code =
        QrCode::encode_segments_advanced(&segments, correction, least, most, Some(mask), true)
            .ok()?;
    let size = code.size();
    let side = size + 2 * QUIET;
    // Each run of dark modules is a line as thick as a module, through their middle.
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" \
         aria-hidden=\"true\"><path stroke=\"currentColor\" d=\""
    );
    for row in 0..size {
        let mut column = 0;
        while column < size {
            let run = (column..size)
                .take_while(|at| code.get_module(*at, row))
                .count() as i32;
            if run > 0 {
                svg.push('M');
                digits(column + QUIET, &mut svg);
                svg.push(' ');
                digits(row + QUIET, &mut svg);
                svg.push_str(".5h");
                digits(run, &mut svg);
            }
            column += run.max(1);
        }
    }
    svg.push_str("\"/></svg>");
    Some(svg)
}

/// Writes a number: a page has some hundreds, and formatting one takes longer.
fn digits(number: i32, out: &mut String) {
    if number >= 10 {
        digits(number / 10, out);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::svg;

    /// The picture as a camera sees it, four dots to a module.
    fn read(svg: &str) -> Option<String> {
        let side: usize = svg.split('"').nth(3)?.split(' ').nth(2)?.parse().ok()?;
        let path = svg.split(" d=\"").nth(1)?.split('"').next()?;
        let mut dark = vec![vec![false; side]; side];
        for run in path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ')?;
            let (y, length) = rest.split_once(".5h")?;
            let (x, y): (usize, usize) = (x.parse().ok()?, y.parse().ok()?);
            dark[y][x..x + length.parse::<usize>().ok()?].fill(true);
        }
        let dot = |x: usize, y: usize| if dark[y / 4][x / 4] { 0 } else { 255 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * 4, side * 4, dot);
        let (_, text) = image.detect_grids().first()?.decode().ok()?;
        Some(text)
    }

    #[test]
    fn codes_can_be_read() {
        for length in [20, 60, 140, 300, 700] {
            let address = "https://runbooks.example.com/postgres/fail-over/replica-lag/#steps.";
            let text: String = address.chars().cycle().take(length).collect();
            let code = svg(&text).expect("a code");
            assert_eq!(read(&code).as_deref(), Some(&*text), "{code}");
        }
    }

    #[test]
    fn codes_are_one_path_of_runs() {
        let code = svg("https://runbooks.example.com/db/failover.html").expect("a code");
        // The upper left finder pattern: seven dark modules, after the quiet zone.
        assert!(code.contains("d=\"M4 4.5h7M"), "{code}");
        assert_eq!(code.matches("<path").count(), 1);
        assert!(svg(&"x".repeat(5000)).is_none());
    }
}
