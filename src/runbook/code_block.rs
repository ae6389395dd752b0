//! Code blocks: the info string of a fence, and the HTML around highlighted code.

use super::code::{self, Language, Lines};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, nearest};

/// What a fence's info string says: ```` ```bash title="restart.sh" {2,4-6} ````.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Info {
    /// The language as written.
    pub(crate) language: String,
    /// The title shown above the code.
    pub(crate) title: String,
    /// The lines to highlight.
    pub(crate) lines: Lines,
    /// What could not be understood.
    pub(crate) unknown: Vec<String>,
}

impl Info {
    /// Reads an info string, in our spelling or in Hugo's, MkDocs', Pandoc's, Docusaurus' or mdBook's.
    pub(crate) fn read(text: &str) -> Self {
        let mut info = Self::default();
        let text = text.trim();
        let first_end = text
            .find(|c: char| c.is_whitespace() || c == '{' || c == ',')
            .unwrap_or(text.len());
        let (language, mut rest) = text.split_at(first_end);
        let mut language = language.to_owned();
        // `language:title`, as some renderers have it.
        if let Some((name, title)) = language.clone().split_once(':')
            && !name.is_empty()
        {
            name.clone_into(&mut language);
            title.clone_into(&mut info.title);
        }
        info.language = language;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',', '{', '}']);
            if rest.is_empty() {
                return info;
            }
            let (word, after) = next_word(rest);
            rest = after;
            match word.split_once('=') {
                Some((key, value)) => info.set(key, value.trim_matches(['"', '\''])),
                None if word.starts_with(|c: char| c.is_ascii_digit()) => {
                    match Lines::parse(word) {
                        Some(lines) => info.lines = lines,
                        None => info.unknown.push(word.to_owned()),
                    }
                }
                // Pandoc: `{.bash .numberLines}`. mdBook and rustdoc: `rust,ignore`.
                None if word.starts_with('.') && info.language.is_empty() => {
                    word[1..].clone_into(&mut info.language)
                }
                None if word.starts_with(['.', '#']) => {}
                // What other programs read from an info string is no business of ours; a slip of the fingers is.
                None => {}
            }
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        match key {
            "title" | "name" | "filename" | "file" | "caption" => value.clone_into(&mut self.title),
            "hl_lines" | "lines" | "highlight" | "mark" => {
                let spec = value
                    .trim_matches(['[', ']'])
                    .replace(['"', '\''], "")
                    .replace(' ', ",");
                match Lines::parse(&spec) {
                    Some(lines) => self.lines = lines,
                    None => self.unknown.push(format!("{key}={value}")),
                }
            }
            // Numbering and styles of other generators change nothing that matters here.
            _ if nearest(key, ["title", "hl_lines", "highlight"]).is_some() => {
                self.unknown.push(format!("{key}={value}"))
            }
            _ => {}
        }
    }
}

/// The first word of `text`; quotes and brackets keep white space together.
fn next_word(text: &str) -> (&str, &str) {
    let mut quote = None;
    let mut brackets = 0_usize;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => brackets += 1,
            (None, ']') => brackets = brackets.saturating_sub(1),
            (None, '}') if brackets == 0 => return (&text[..at], &text[at..]),
            (None, c)
                if brackets == 0
                    && (c.is_whitespace() || (c == ',' && !digits_around(text, at))) =>
            {
                return (&text[..at], &text[at..]);
            }
            _ => {}
        }
    }
    (text, "")
}

/// A comma between digits belongs to a list of lines: `{1,3-5}`.
fn digits_around(text: &str, comma: usize) -> bool {
    text[..comma].ends_with(|c: char| c.is_ascii_digit())
        && text[comma + 1..].starts_with(|c: char| c.is_ascii_digit())
}

/// Writes the HTML of a code block and says what was wrong with its info string, without places.
pub(crate) fn write(info: Option<&str>, text: &str, out: &mut String) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let info = info.map(Info::read).unwrap_or_default();
    let language = Language::from_name(&info.language);
    if language.is_none() && !info.language.is_empty() {
        diagnostics.push(
            Diagnostic::new(
                Code::UnknownLanguage,
                format!("the language `{}` is not known", info.language),
            )
            .help(did_you_mean(
                &info.language,
                Language::names(),
                "use `text` for code that needs no highlighting",
            )),
        );
    }
    for word in &info.unknown {
        diagnostics.push(
            Diagnostic::new(
                Code::CodeInfo,
                format!("`{word}` in a code block's info string is not understood"),
            )
            .help("a title is written `title=\"restart.sh\"`, highlighted lines `{2,4-6}`"),
        );
    }
    out.push_str("<div class=\"code\"");
    if let Some(language) = &language {
        out.push_str(" data-lang=\"");
        code::escape(language.label(), out);
        out.push('"');
    }
    out.push('>');
    if !info.title.is_empty() {
        out.push_str("<p class=\"code-title\">");
        code::escape(&info.title, out);
        out.push_str("</p>");
    }
    out.push_str("<pre tabindex=\"0\"><code>");
    match &language {
        Some(language) => code::highlight(language, text, &info.lines, out),
        None => code::highlight_plain(text, &info.lines, out),
    }
    out.push_str("</code></pre></div>");
    diagnostics
}

/// Most destructive commands that a block's mark names; the block itself shows all of them.
const NAMED: usize = 3;

/// The commands of a block that take something away for good, shortened, each once.
pub(crate) fn destructive(info: Option<&str>, text: &str) -> Vec<String> {
    let language = info.map(Info::read).unwrap_or_default().language;
    let mut found: Vec<String> = Vec::new();
    let lines: Vec<(usize, &str)> = text.lines().map(|line| (0, line)).collect();
    for (_, command) in code::destructive::in_block(&language, &lines) {
        if !found.contains(&command) && found.len() < NAMED {
            found.push(command);
        }
    }
    found
}

/// Whether a fenced block's source ends with a closing fence.
pub(crate) fn is_closed(source: &str) -> bool {
    let fence = |line: &str| {
        let line = line.trim_start_matches(['>', ' ', '\t']).trim_end();
        let mark = line.chars().next().filter(|c| *c == '`' || *c == '~');
        mark.map(|mark| {
            (
                mark,
                line.chars().take_while(|c| *c == mark).count(),
                line.len(),
            )
        })
    };
    let mut lines = source.trim_end().lines();
    let Some((mark, length, _)) = lines.next().and_then(fence) else {
        return true;
    };
    lines
        .next_back()
        .and_then(fence)
        .is_some_and(|(last, run, whole)| last == mark && run >= length && run == whole)
}

#[cfg(test)]
mod tests {
    use super::{Info, is_closed};

    #[test]
    fn info_strings_of_many_houses() {
        for (text, language, title, unknown) in [
            ("bash", "bash", "", vec![]),
            (
                "bash title=\"re start.sh\" {2,4-6}",
                "bash",
                "re start.sh",
                vec![],
            ),
            (
                "yaml {linenos=table,hl_lines=[2,\"3-5\"]}",
                "yaml",
                "",
                vec![],
            ),
            ("{.python .numberLines}", "python", "", vec![]),
            ("rust,ignore", "rust", "", vec![]),
            ("js:src/app.js", "js", "src/app.js", vec![]),
            ("yaml hl_lines=\"1 3-4\" linenums=\"1\"", "yaml", "", vec![]),
            ("sh frobnicate x=y", "sh", "", vec![]),
            ("sh titel=\"a b\"", "sh", "", vec!["titel=a b"]),
            ("", "", "", vec![]),
        ] {
            let info = Info::read(text);
            assert_eq!((&*info.language, &*info.title), (language, title), "{text}");
            assert_eq!(info.unknown, unknown, "{text}");
        }
    }

    #[test]
    fn fences_are_closed_by_their_own_kind() {
        for (source, closed) in [
            ("```sh\nx\n```\n", true),
            ("```sh\nx\n", false),
            ("~~~\n```\n", false),
            ("````\n```\n````", true),
            ("```", false),
            ("> ```\n> x\n> ```", true),
        ] {
            assert_eq!(is_closed(source), closed, "{source:?}");
        }
    }
}
