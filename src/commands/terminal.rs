//! Markdown for the terminal: headings, lists, code and links as text, with few escape codes and never one from a page.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

const BOLD: &str = "\u{1b}[1m";
const UNDERLINE: &str = "\u{1b}[4m";
const DIM: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// A page as text that is at most `width` characters wide; code is never broken.
pub(super) fn page(title: &str, facts: &[String], text: &str, width: usize) -> String {
    let mut out = format!("{BOLD}{UNDERLINE}{}{PLAIN}\n", clean(title));
    for fact in facts {
        out += &format!("{DIM}{}{PLAIN}\n", clean(fact));
    }
    out.push('\n');
    let mut writer = Writer {
        out,
        width: width.max(20),
        ..Writer::default()
    };
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM;
    let body = without_matter(text);
    for event in Parser::new_ext(body, options) {
        writer.event(event, title);
    }
    writer.flush();
    writer.out
}

/// The text after the front matter.
fn without_matter(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}');
    for fence in ["+++", "---"] {
        let rest = text.strip_prefix(fence);
        let Some(rest) = rest.filter(|rest| rest.starts_with(['\n', '\r'])) else {
            continue;
        };
        let mut at = text.len() - rest.len();
        for line in rest.split_inclusive('\n') {
            at += line.len();
            if line.trim_end() == fence {
                return &text[at..];
            }
        }
    }
    text
}

/// Text without control characters: a page must not steer the terminal.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || *c == '\n' || *c == '\t')
        .collect()
}

#[derive(Default)]
struct Writer {
    out: String,
    width: usize,
    /// The words of the block that is being read, with escape codes in them.
    line: String,
    /// What stands before the first line of the next block, and before its other lines.
    lead: Option<String>,
    indent: Vec<String>,
    /// The next number of each open list; `None` for one without numbers.
    lists: Vec<Option<u64>>,
    code: Option<String>,
    heading: bool,
    first_heading: bool,
    href: Vec<String>,
    cells: Vec<String>,
    rows: Vec<Vec<String>>,
    in_table: bool,
}

impl Writer {
    fn event(&mut self, event: Event<'_>, title: &str) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag, title),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.line += &clean(&text),
            },
            Event::Code(text) => self.line += &format!("{BOLD}{}{PLAIN}", clean(&text)),
            Event::Html(text) | Event::InlineHtml(text) => {
                if !text.trim_start().starts_with("<!--") {
                    self.line += &clean(&text);
                }
            }
            Event::SoftBreak => self.line.push(' '),
            Event::HardBreak => self.line.push('\n'),
            Event::Rule => {
                self.flush();
                self.out += &format!("{}{}\n\n", self.indent.concat(), "─".repeat(20));
            }
            Event::TaskListMarker(done) => self.line += if done { "[x] " } else { "[ ] " },
            Event::FootnoteReference(name) => self.line += &format!("[{}]", clean(&name)),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.line += &clean(&text),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.flush();
                self.heading = true;
            }
            Tag::Paragraph => self.flush(),
            Tag::List(start) => {
                self.flush();
                self.lists.push(start);
            }
            Tag::Item => {
                self.flush();
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let mark = format!("{number}. ");
                        *number += 1;
                        mark
                    }
                    _ => "• ".to_owned(),
                };
                self.lead = Some(mark.clone());
                self.indent.push(" ".repeat(mark.chars().count()));
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let _ = matches!(kind, CodeBlockKind::Fenced(_));
                self.code = Some(String::new());
            }
            Tag::BlockQuote(kind) => {
                self.flush();
                self.indent.push("│ ".to_owned());
                if let Some(kind) = kind {
                    self.line = format!("{BOLD}{}{PLAIN}", format!("{kind:?}").to_uppercase());
                    self.flush();
                }
            }
            Tag::Strong => self.line += BOLD,
            Tag::Emphasis => self.line += UNDERLINE,
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.href.push(clean(&dest_url));
            }
            Tag::Table(_) => {
                self.flush();
                self.in_table = true;
                self.rows.clear();
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, title: &str) {
        match tag {
            TagEnd::Heading(level) => {
                self.heading = false;
                let text = std::mem::take(&mut self.line);
                // The title stands at the top already.
                let again = !self.first_heading
                    && level == pulldown_cmark::HeadingLevel::H1
                    && text == clean(title);
                self.first_heading = true;
                if !again {
                    self.out += &format!("{BOLD}{}{PLAIN}\n\n", text.trim());
                }
            }
            TagEnd::Paragraph => self.flush(),
            TagEnd::Item => {
                self.flush();
                self.indent.pop();
                self.lead = None;
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                let indent = self.lead_or_indent();
                let mut first = Some(indent);
                for line in code.trim_end_matches('\n').split('\n') {
                    let before = first.take().unwrap_or_else(|| self.indent.concat());
                    self.out += &format!("{before}    {}\n", clean(line));
                }
                self.out.push('\n');
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.indent.pop();
            }
            TagEnd::Strong | TagEnd::Emphasis => self.line += PLAIN,
            TagEnd::Link | TagEnd::Image => {
                let href = self.href.pop().unwrap_or_default();
                if !href.is_empty() && !self.line.ends_with(&href) {
                    self.line += &format!(" {DIM}({href}){PLAIN}");
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.line);
                self.cells.push(cell.trim().to_owned());
            }
            TagEnd::TableRow | TagEnd::TableHead => {
                let cells = std::mem::take(&mut self.cells);
                self.rows.push(cells);
            }
            TagEnd::Table => self.table(),
            _ => {}
        }
    }

    fn lead_or_indent(&mut self) -> String {
        match self.lead.take() {
            Some(lead) => {
                let outer = &self.indent[..self.indent.len().saturating_sub(1)];
                format!("{}{lead}", outer.concat())
            }
            None => self.indent.concat(),
        }
    }

    /// Writes the block that was read, in lines.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.line);
        if text.trim().is_empty() {
            return;
        }
        let rest = self.indent.concat();
        let mut before = self.lead_or_indent();
        for part in text.trim().split('\n') {
            let mut line = String::new();
            let mut width = visible(&before);
            for word in part.split_whitespace() {
                let long = visible(word);
                if !line.is_empty() && width + 1 + long > self.width {
                    self.out += &format!("{before}{line}\n");
                    before.clone_from(&rest);
                    width = visible(&before);
                    line.clear();
                }
                if !line.is_empty() {
                    line.push(' ');
                    width += 1;
                }
                line.push_str(word);
                width += long;
            }
            self.out += &format!("{before}{line}\n");
            before.clone_from(&rest);
        }
        self.out.push('\n');
    }

    fn table(&mut self) {
        self.in_table = false;
        let rows = std::mem::take(&mut self.rows);
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| visible(cell)).max().unwrap_or(0)
            })
            .collect();
        let indent = self.indent.concat();
        for row in &rows {
            let mut line = indent.clone();
            for (cell, width) in row.iter().zip(&widths) {
                line += cell;
                line += &" ".repeat(width.saturating_sub(visible(cell)) + 2);
            }
            self.out += line.trim_end();
            self.out.push('\n');
        }
        self.out.push('\n');
    }
}

/// How many characters of a text are seen: escape codes are not.
fn visible(text: &str) -> usize {
    let mut count = 0;
    let mut in_code = false;
    for c in text.chars() {
        match c {
            '\u{1b}' => in_code = true,
            'm' if in_code => in_code = false,
            _ if in_code => {}
            _ => count += 1,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_page_is_text() {
        let text = "+++\nx = 1\n+++\n# T\n\nOne `two` [three](x.md).\n\n1. A\n\n   ```sh\n   ls -l\n   ```\n\n   Expect: b\n2. C\n   - d\n\n| a | bb |\n|---|---|\n| ccc | d |\n\n> [!NOTE]\n> e\n";
        let shown = page("T", &["Scope: operation".to_owned()], text, 60);
        let plain: String = anstream::adapter::strip_str(&shown).to_string();
        assert_eq!(
            plain,
            "T\nScope: operation\n\nOne two three (x.md).\n\n1. A\n\n       ls -l\n\n   Expect: b\n\n2. C\n\n   • d\n\na    bb\nccc  d\n\n│ NOTE\n\n│ e\n\n"
        );
    }

    #[test]
    fn a_page_does_not_steer_the_terminal() {
        let shown = page(
            "a\u{1b}]0;x\u{7}",
            &[],
            "# b\u{1b}[2J\n\n`c\u{1b}[31m`\n\n    d\u{1b}c\n",
            60,
        );
        let plain = anstream::adapter::strip_str(&shown).to_string();
        assert!(
            !plain.contains('\u{7}') && !shown.contains("\u{1b}]") && !shown.contains("\u{1b}c")
        );
        assert!(!shown.contains("\u{1b}[2J") && !shown.contains("\u{1b}[31m"));
    }
}
