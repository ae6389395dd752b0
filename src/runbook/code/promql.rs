//! PromQL, and its kin MetricsQL and LogQL: functions, aggregations, labels, durations.

use super::json::string_end;
use super::paint::{Finder, Painter, Sink, Token, has, run_end, table};

const OPERATORS: [bool; 256] = table(b"+-*/%^=!<>~|@&");

/// Paints PromQL.
pub(super) fn paint(painter: &mut Painter<'_>) {
    let source = painter.source;
    let bytes = source.as_bytes();
    let mut find = Finder::new(source);
    let mut at = 0;
    let mut selector = false;
    // `by`, `on` and the like are followed by labels in parentheses.
    let mut labels = false;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => {
                at = run_end(bytes, at, |byte| byte != b'\n');
                painter.to(Some(Token::Comment), at);
            }
            quote @ (b'"' | b'\'' | b'`') => {
                at = string_end(bytes, at, quote);
                painter.text(Some(Token::String), at, &mut find);
            }
            b'0'..=b'9' => {
                let digits = run_end(bytes, at, |byte| {
                    byte.is_ascii_alphanumeric() || byte == b'.'
                });
                let exponent = bytes[digits - 1].eq_ignore_ascii_case(&b'e')
                    && !has(bytes, at, b"0x")
                    && matches!(bytes.get(digits), Some(b'+' | b'-'));
                at = if exponent {
                    run_end(bytes, digits + 1, |byte| byte.is_ascii_digit())
                } else {
                    digits
                };
                painter.to(Some(Token::Number), at);
            }
            b'{' => match find.template(at) {
                Some(end) => {
                    painter.to(Some(Token::Name), end);
                    at = end;
                }
                None => {
                    selector = true;
                    at += 1;
                    painter.to(None, at);
                }
            },
            byte @ (b'}' | b')') => {
                if byte == b'}' {
                    selector = false;
                } else {
                    labels = false;
                }
                at += 1;
                painter.to(None, at);
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                let end = run_end(bytes, at, |byte| {
                    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':'
                });
                let word = &bytes[at..end];
                let after = run_end(bytes, end, |byte| byte.is_ascii_whitespace());
                let token = if selector || labels {
                    Some(Token::Name)
                } else if keyword(word) {
                    labels = takes_labels(word) && bytes.get(after) == Some(&b'(');
                    Some(Token::Keyword)
                } else if word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"nan") {
                    Some(Token::Number)
                } else if bytes.get(after) == Some(&b'(') || groups(bytes, after) {
                    Some(Token::Function)
                } else {
                    None
                };
                at = end;
                painter.to(token, at);
            }
            b'<' if let Some(end) = find.placeholder(at, false) => {
                painter.to(Some(Token::Placeholder), end);
                at = end;
            }
            byte if OPERATORS[usize::from(byte)] => {
                at += 1;
                painter.to(Some(Token::Operator), at);
            }
            _ => {
                at += 1;
                painter.to(None, at);
            }
        }
    }
}

fn takes_labels(word: &[u8]) -> bool {
    [
        b"by".as_slice(),
        b"without",
        b"on",
        b"ignoring",
        b"group_left",
        b"group_right",
    ]
    .iter()
    .any(|known| word.eq_ignore_ascii_case(known))
}

fn keyword(word: &[u8]) -> bool {
    takes_labels(word)
        || [
            b"and".as_slice(),
            b"or",
            b"unless",
            b"offset",
            b"bool",
            b"atan2",
            b"default",
            b"ifnot",
            b"keep_metric_names",
        ]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// `sum by (x) (...)`: an aggregation stands before its `by`.
fn groups(bytes: &[u8], at: usize) -> bool {
    let end = run_end(bytes, at, |byte| byte.is_ascii_alphabetic());
    matches!(&bytes[at..end], b"by" | b"BY" | b"without" | b"WITHOUT")
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn tokens() {
        check(
            "promql",
            &[
                (
                    "sum by (job, pod) (rate(up{job=~\"a|b\", x!=\"<y>\"}[5m] offset 1h)) > 0.5 # c\n",
                    "f‹sum› k‹by› (v‹job›, v‹pod›) (f‹rate›(up{v‹job›p‹=~›s‹\"a|b\"›, v‹x›p‹!=›s‹\"›h‹<y>›s‹\"›}[n‹5m›] k‹offset› n‹1h›)) p‹>› n‹0.5› c‹# c›\n",
                ),
                (
                    "topk(3, a) / on(b) group_left(c) d unless e\n",
                    "f‹topk›(n‹3›, a) p‹/› k‹on›(v‹b›) k‹group_left›(v‹c›) d k‹unless› e\n",
                ),
                (
                    "sum(x) without(y)\n{app=\"a\"} |= `b` | json\n",
                    "f‹sum›(x) k‹without›(v‹y›)\n{v‹app›p‹=›s‹\"a\"›} p‹|=› s‹`b`› p‹|› json\n",
                ),
                (
                    "a < 1e-3 == bool +Inf @ end()\n",
                    "a p‹<› n‹1e-3› p‹==› k‹bool› p‹+›n‹Inf› p‹@› f‹end›()\n",
                ),
            ],
        );
    }
}
