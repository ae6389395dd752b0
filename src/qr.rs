//! QR codes as pictures, for paper.

use std::fmt::Write;

/// Light modules around a code (ISO/IEC 18004, 5.3.8: four).
const QUIET: usize = 4;

/// `text` as a QR code, an SVG of one path that takes the colour of the text around it. `None` when it is too long.
pub fn svg(text: &str) -> Option<String> {
    let code = fast_qr::QRBuilder::new(text)
        // A crease or a stain takes no more than this of a sheet.
        .ecl(fast_qr::ECL::M)
        .build()
        .ok()?;
    let size = code.size;
    let side = size + 2 * QUIET;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" \
         aria-hidden=\"true\"><path fill=\"currentColor\" d=\""
    );
    for row in 0..size {
        let mut column = 0;
        while column < size {
            let run = (column..size)
                .take_while(|at| code[row][*at].value())
                .count();
            if run > 0 {
                let (x, y) = (column + QUIET, row + QUIET);
                // Writing into a string cannot fail.
                let _ = write!(svg, "M{x} {y}h{run}v1h-{run}z");
            }
            column += run.max(1);
        }
    }
    svg.push_str("\"/></svg>");
    Some(svg)
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn codes_are_one_path_of_runs() {
        let code = svg("https://runbooks.example.com/db/failover.html").expect("a code");
        // The upper left finder pattern: seven dark modules, after the quiet zone.
        assert!(code.contains("d=\"M4 4h7v1h-7z"), "{code}");
        assert_eq!(code.matches("<path").count(), 1);
        assert!(svg(&"x".repeat(5000)).is_none());
    }
}
