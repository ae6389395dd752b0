//! Where a link leads, in a few words: what paper shows, where no link can be followed.

/// Longest address that is shown whole, in characters: a line of a sheet holds about 70.
const LONGEST: usize = 56;

/// An address outside the site without what a reader need not type.
pub(super) fn address(href: &str) -> String {
    let bare = ["https://", "http://", "mailto:", "tel:"]
        .iter()
        .find_map(|scheme| href.strip_prefix(scheme))
        .unwrap_or(href);
    let whole = bare.strip_prefix("www.").unwrap_or(bare);
    let path = whole.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/');
    let cut = path.len() < whole.trim_end_matches('/').len();
    if path.chars().count() <= LONGEST {
        return format!("{path}{}", if cut { "…" } else { "" });
    }
    let host = path.split('/').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let room = LONGEST.saturating_sub(host.chars().count());
    let tail: String = match last.char_indices().rev().nth(room) {
        Some((at, c)) => last[at + c.len_utf8()..].to_owned(),
        None => last.to_owned(),
    };
    format!("{host}/…/{tail}")
}

/// Whether the text of a link, the HTML that follows its opening tag's name, already says where it leads.
pub(super) fn says_itself(html: &str, short: &str) -> bool {
    let Some(text) = html.strip_prefix('>') else {
        return false;
    };
    let text = text.split('<').next().unwrap_or_default();
    let bare = text.split_once("://").map_or(text, |(_, bare)| bare);
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    let short = short.trim_end_matches('…');
    !short.is_empty() && bare.starts_with(short)
}

#[cfg(test)]
mod tests {
    use super::{address, says_itself};

    #[test]
    fn addresses_are_short() {
        for (href, short) in [
            ("https://example.com/", "example.com"),
            ("https://www.example.com/a?b=c", "example.com/a…"),
            ("mailto:ops@example.com", "ops@example.com"),
            ("tel:+441234", "+441234"),
            (
                "https://grafana.example.com/d/0123456789abcdef0123456789abcdef0123456789/overview",
                "grafana.example.com/…/overview",
            ),
        ] {
            assert_eq!(address(href), short);
        }
        assert!(
            address(&format!("https://example.com/{}", "é".repeat(500)))
                .chars()
                .count()
                < 62
        );
    }

    #[test]
    fn a_bare_address_says_itself() {
        assert!(says_itself(">https://example.com/a</a>", "example.com/a"));
        assert!(!says_itself(">the manual</a>", "example.com/a"));
        assert!(!says_itself(" title=\"x\">y</a>", "example.com/a"));
    }
}
