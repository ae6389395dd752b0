//! YAML: keys, scalars, block scalars, anchors, templates. Line by line, with the indentation of a block scalar.

use super::paint::{Painter, Token, placeholder_end, run_end};

/// Paints YAML.
pub(super) fn paint(source: &str, painter: &mut Painter<'_>) {
    // The indentation of the line that opened a block scalar.
    let mut block: Option<usize> = None;
    let mut quote: Option<u8> = None;
    let mut flow = 0_usize;
    for line in source.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let indent = run_end(bare.as_bytes(), 0, |b| b == b' ');
        if let Some(parent) = block
            && (bare.trim().is_empty() || indent > parent)
        {
            painter.token(Token::String, line);
            continue;
        }
        let mut state = Line {
            quote,
            flow,
            opens_block: None,
        };
        state.paint(bare, indent, painter);
        (quote, flow) = (state.quote, state.flow);
        block = state.opens_block;
        painter.plain(&line[bare.len()..]);
    }
}

struct Line {
    /// The quote that is open.
    quote: Option<u8>,
    /// How many `{` and `[` are open.
    flow: usize,
    opens_block: Option<usize>,
}

impl Line {
    fn paint(&mut self, line: &str, indent: usize, painter: &mut Painter<'_>) {
        let bytes = line.as_bytes();
        let mut at = 0;
        if let Some(quote) = self.quote {
            at = self.quoted(line, 0, 0, quote, painter);
        } else {
            if line == "---" || line == "..." || line.starts_with("--- ") {
                painter.token(Token::Keyword, &line[..3]);
                at = 3;
            } else if indent == 0 && line.starts_with('%') {
                return painter.token(Token::Keyword, line);
            }
            painter.plain(&line[at..at.max(indent)]);
            at = at.max(indent);
        }
        // The indentation that a block scalar's lines must pass: that of the last `- ` or key on the line.
        let mut parent = indent;
        let mut may_be_key = true;
        while at < bytes.len() {
            let rest = &line[at..];
            match bytes[at] {
                b' ' | b'\t' => {
                    let end = run_end(bytes, at, |b| b == b' ' || b == b'\t');
                    painter.plain(&line[at..end]);
                    at = end;
                }
                b'#' if at == 0 || bytes[at - 1] == b' ' || bytes[at - 1] == b'\t' => {
                    return painter.token(Token::Comment, rest);
                }
                b'-' if may_be_key && (rest == "-" || rest.starts_with("- ")) => {
                    painter.plain("-");
                    parent = at;
                    at += 1;
                }
                b'?' if may_be_key && rest.starts_with("? ") => {
                    painter.plain("?");
                    at += 1;
                }
                b'{' if rest.starts_with("{{") => {
                    let end = rest.find("}}").map_or(bytes.len(), |end| at + end + 2);
                    painter.token(Token::Operator, &line[at..end]);
                    at = end;
                    may_be_key = false;
                }
                b'{' | b'[' => {
                    self.flow += 1;
                    painter.plain(&line[at..=at]);
                    at += 1;
                    may_be_key = true;
                }
                b'}' | b']' => {
                    self.flow = self.flow.saturating_sub(1);
                    painter.plain(&line[at..=at]);
                    at += 1;
                }
                b',' if self.flow > 0 => {
                    painter.plain(",");
                    at += 1;
                    may_be_key = true;
                }
                b':' => {
                    painter.plain(":");
                    at += 1;
                    may_be_key = self.flow > 0;
                }
                b'|' | b'>' if is_block_header(rest) && self.flow == 0 => {
                    let end = run_end(bytes, at, |b| b"|>+-0123456789".contains(&b));
                    painter.token(Token::Operator, &line[at..end]);
                    at = end;
                    self.opens_block = Some(parent);
                }
                b'&' | b'*' | b'!' if !rest[1..].starts_with(' ') && rest.len() > 1 => {
                    let end = run_end(bytes, at, |b| !b" \t,]}".contains(&b));
                    painter.token(Token::Type, &line[at..end]);
                    at = end;
                }
                quote @ (b'"' | b'\'') => at = self.quoted(line, at, at + 1, quote, painter),
                _ => {
                    at = self.scalar(line, at, may_be_key, painter);
                    may_be_key = self.flow > 0;
                }
            }
        }
    }

    /// A quoted scalar from `start`, whose text goes on at `from`; it may go on on the next line.
    fn quoted(
        &mut self,
        line: &str,
        start: usize,
        from: usize,
        quote: u8,
        painter: &mut Painter<'_>,
    ) -> usize {
        let bytes = line.as_bytes();
        let mut at = from;
        let mut end = None;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' if quote == b'"' => at += 2,
                b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 2,
                b if b == quote => {
                    end = Some(at + 1);
                    break;
                }
                _ => at += 1,
            }
        }
        self.quote = if end.is_some() { None } else { Some(quote) };
        let end = end.unwrap_or(bytes.len());
        let is_key = line[end..].trim_start_matches(' ').starts_with(':')
            && (line[end..].trim_start_matches(' ').len() == 1
                || line[end..].trim_start_matches(' ').starts_with(": "));
        painter.token(
            if is_key { Token::Name } else { Token::String },
            &line[start..end],
        );
        end
    }

    /// A plain scalar or a key.
    fn scalar(
        &mut self,
        line: &str,
        at: usize,
        may_be_key: bool,
        painter: &mut Painter<'_>,
    ) -> usize {
        let bytes = line.as_bytes();
        let mut end = at;
        let mut is_key = false;
        while end < bytes.len() {
            match bytes[end] {
                b':' if matches!(bytes.get(end + 1), None | Some(b' ' | b'\t'))
                    || (self.flow > 0
                        && matches!(bytes.get(end + 1), Some(b',' | b']' | b'}'))) =>
                {
                    is_key = may_be_key;
                    break;
                }
                b'#' if end > at && bytes[end - 1] == b' ' => break,
                b',' | b']' | b'}' | b'[' | b'{' if self.flow > 0 => break,
                b'{' if bytes.get(end + 1) == Some(&b'{') => break,
                b'<' if placeholder_end(bytes, end).is_some() => break,
                _ => end += 1,
            }
        }
        if end == at {
            if let Some(end) = placeholder_end(bytes, at).filter(|_| bytes[at] == b'<') {
                painter.token(Token::Placeholder, &line[at..end]);
                return end;
            }
            let end = at + line[at..].chars().next().map_or(1, char::len_utf8);
            painter.plain(&line[at..end]);
            return end;
        }
        let text = &line[at..end];
        let word = text.trim_end();
        match word {
            _ if is_key => painter.token(Token::Name, word),
            "true" | "false" | "null" | "~" | "True" | "False" | "yes" | "no" | "on" | "off" => {
                painter.token(Token::Keyword, word);
            }
            _ if is_number(word) => painter.token(Token::Number, word),
            _ => painter.plain(word),
        }
        painter.plain(&text[word.len()..]);
        end
    }
}

/// `|`, `>-`, `|2+` at the end of a line.
fn is_block_header(rest: &str) -> bool {
    let header = rest.split(" #").next().unwrap_or(rest).trim_end();
    header.len() <= 4 && header[1..].bytes().all(|b| b"+-0123456789".contains(&b))
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['-', '+']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || b"._xo+-".contains(&b))
        && digits.parse::<f64>().is_ok_and(f64::is_finite)
}
