//! Links that open a file in the writer's editor.

use std::path::Path;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What may not stand in a path of an editor's address; `/` stays.
const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'`');

/// The address that opens `file` at a line and column, both counted from one.
///
/// `pattern` holds `{path}`, and maybe `{line}` and `{column}`.
pub(super) fn link(pattern: &str, file: &Path, line: usize, column: usize) -> String {
    let path = file.to_string_lossy();
    // The path comes last: a file may be called `{line}`.
    pattern
        .replace("{line}", &line.to_string())
        .replace("{column}", &column.to_string())
        .replace("{path}", &utf8_percent_encode(&path, UNSAFE).to_string())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::link;

    #[test]
    fn paths_are_encoded_and_nothing_else_is_replaced() {
        for (pattern, file, address) in [
            (
                "vscode://file{path}:{line}:{column}",
                "/srv/run books/a.md",
                "vscode://file/srv/run%20books/a.md:3:7",
            ),
            (
                "idea://open?file={path}&line={line}",
                "/srv/a&line=9#x.md",
                "idea://open?file=/srv/a%26line=9%23x.md&line=3",
            ),
            (
                "x://{path}",
                "/srv/{line}\"><b>.md",
                "x:///srv/{line}%22%3E%3Cb%3E.md",
            ),
        ] {
            assert_eq!(link(pattern, Path::new(file), 3, 7), address);
        }
    }
}
