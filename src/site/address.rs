//! Addresses: where in the site a file of the content folder lies, and how one page points to another.

use crate::config::Addresses;
use crate::path::{OutPath, RelPath};
use crate::slug;

/// Where an output lies and what links to it look like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The file that is written.
    pub out: OutPath,
    /// The address relative to the site's root: `db/failover.html`, `db/failover/`, empty for the home page.
    pub href: String,
}

impl Address {
    /// The address of a page with these segments; the last is its own name, an index has none.
    pub fn page(segments: &[String], is_index: bool, style: Addresses) -> Option<Self> {
        let joined = segments.join("/");
        let slash = if joined.is_empty() { "" } else { "/" };
        let (out, href) = match (is_index, style) {
            (false, Addresses::File) => (format!("{joined}.html"), format!("{joined}.html")),
            (true, Addresses::File) => (
                format!("{joined}{slash}index.html"),
                format!("{joined}{slash}index.html"),
            ),
            (_, Addresses::Directory) => (
                format!("{joined}{slash}index.html"),
                format!("{joined}{slash}"),
            ),
        };
        Some(Self {
            out: OutPath::new(&out)?,
            href,
        })
    }

    /// The address of a file that is published as it is.
    pub fn file(path: &str) -> Option<Self> {
        Some(Self {
            out: OutPath::new(path)?,
            href: path.to_owned(),
        })
    }
}

/// A file's or folder's path below the content folder as segments of an address: lower case, endings of pages
/// dropped.
pub fn segments(path: &RelPath, below: &str) -> (Vec<String>, bool) {
    let mut segments: Vec<String> = below
        .split('/')
        .filter(|name| !name.is_empty())
        .map(slug::segment)
        .collect();
    let is_index = index_rank(path).is_some();
    if let Some(last) = segments.pop()
        && !is_index
    {
        segments.push(page_stem(&last).to_owned());
    }
    (segments, is_index)
}

/// A page's name without its endings: `failover.html.md.erb` is `failover`, `v1.2-notes.md` is `v1.2-notes`.
fn page_stem(name: &str) -> &str {
    let mut stem = name;
    while let Some((head, ending)) = stem.rsplit_once('.') {
        if head.is_empty()
            || !matches!(
                ending,
                "md" | "markdown" | "mdx" | "html" | "htm" | "erb" | "txt"
            )
        {
            break;
        }
        stem = head;
    }
    stem
}

/// How good a name is for a folder's index: the lowest wins. `None` for other names.
pub fn index_rank(path: &RelPath) -> Option<u8> {
    let lower = path.file_name().to_ascii_lowercase();
    match page_stem(&lower) {
        "_index" => Some(0),
        "index" => Some(1),
        "readme" => Some(2),
        _ => None,
    }
}

/// The address of a file that is copied: lower case, with hyphens for spaces, its ending kept.
pub fn asset(below: &str) -> Option<Address> {
    let segments: Vec<String> = below.split('/').map(slug::segment).collect();
    if segments.iter().any(String::is_empty) {
        return None;
    }
    Address::file(&segments.join("/"))
}

/// How a page at `from` writes the address `href`: relative, so that it works from any folder.
pub fn relative(from: &OutPath, href: &str) -> String {
    let from = from.as_str();
    // What follows the last shared `/` differs; a file's name is never shared.
    let shared = from
        .bytes()
        .zip(href.bytes())
        .take_while(|(a, b)| a == b)
        .enumerate()
        .filter(|(_, (byte, _))| *byte == b'/')
        .last()
        .map_or(0, |(at, _)| at + 1);
    let mut path = "../".repeat(from[shared..].matches('/').count());
    path.push_str(&encode(&href[shared..]));
    if path.is_empty() {
        path.push_str("./");
    }
    path
}

/// Percent-encodes what may not stand in a path of an address. Letters of other scripts stay readable: browsers
/// encode them on the way.
pub fn encode(path: &str) -> String {
    if !path.contains([' ', '%', '?', '#', '"', '<', '>', ':']) {
        return path.to_owned();
    }
    let mut encoded = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            ' ' => encoded.push_str("%20"),
            '%' => encoded.push_str("%25"),
            '?' => encoded.push_str("%3F"),
            '#' => encoded.push_str("%23"),
            '"' => encoded.push_str("%22"),
            '<' => encoded.push_str("%3C"),
            '>' => encoded.push_str("%3E"),
            ':' => encoded.push_str("%3A"),
            c => encoded.push(c),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{Address, index_rank, page_stem, relative};
    use crate::config::Addresses;
    use crate::path::{OutPath, RelPath};

    #[test]
    fn addresses_follow_the_style() {
        let db = ["db".to_owned(), "failover".to_owned()];
        for (segments, index, style, out, href) in [
            (
                &db[..],
                false,
                Addresses::File,
                "db/failover.html",
                "db/failover.html",
            ),
            (
                &db[..],
                false,
                Addresses::Directory,
                "db/failover/index.html",
                "db/failover/",
            ),
            (
                &db[..1],
                true,
                Addresses::File,
                "db/index.html",
                "db/index.html",
            ),
            (&db[..1], true, Addresses::Directory, "db/index.html", "db/"),
            (&[], true, Addresses::File, "index.html", "index.html"),
            (&[], true, Addresses::Directory, "index.html", ""),
        ] {
            let address = Address::page(segments, index, style).unwrap();
            assert_eq!((address.out.as_str(), &*address.href), (out, href));
        }
    }

    #[test]
    fn links_are_relative() {
        for (from, href, link) in [
            ("db/failover.html", "db/restore.html", "restore.html"),
            ("db/failover.html", "index.html", "../index.html"),
            ("index.html", "db/failover.html", "db/failover.html"),
            ("db/failover/index.html", "db/restore/", "../restore/"),
            ("db/failover/index.html", "db/failover/", "./"),
            ("db/failover/index.html", "", "../../"),
            ("index.html", "", "./"),
            ("a/b.html", "c/b d.png", "../c/b%20d.png"),
        ] {
            assert_eq!(
                relative(&OutPath::new(from).unwrap(), href),
                link,
                "{from} {href}"
            );
        }
    }

    #[test]
    fn names_of_pages() {
        for (name, stem) in [
            ("a.md", "a"),
            ("a.html.md.erb", "a"),
            ("v1.2.md", "v1.2"),
            (".md", ".md"),
            ("a", "a"),
        ] {
            assert_eq!(page_stem(name), stem);
        }
        let rank = |name| index_rank(&RelPath::new(name).unwrap());
        assert_eq!(
            (rank("a/_index.md"), rank("README.md"), rank("a.md")),
            (Some(0), Some(2), None)
        );
    }
}
