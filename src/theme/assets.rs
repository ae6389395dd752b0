//! Assets: files of a theme, published under names that change with their bytes. Style sheets name each other and the
//! rest by the names that files have in the theme; what is published names what is published.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use tera::Tera;

use super::{Words, filters, locate, slim};
use crate::diagnostic::{Code, Diagnostic};
use crate::hash::Digest;
use crate::path::RelPath;
use crate::snapshot::Snapshot;

/// The ending of an asset that is a template.
pub(super) const TEMPLATE: &str = ".tera";

/// A file of a theme that is published under a name that changes with its bytes.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The file it comes from.
    pub source: RelPath,
    /// Its address: `assets/style.1a2b3c4d.css`.
    pub href: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// Gives every asset its published name. One whose file ends in `.tera` is a template, which is given the words of the
/// interface and nothing else.
pub(super) fn assets(
    snapshot: &Snapshot,
    files: &BTreeMap<String, RelPath>,
    words: &Words,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Asset> {
    let mut assets = BTreeMap::new();
    let mut styles = Vec::new();
    for (name, source) in files {
        let Some(bytes) = snapshot
            .files
            .get(source)
            .and_then(|input| input.bytes.clone())
        else {
            continue;
        };
        let bytes = if source.as_str().ends_with(TEMPLATE) {
            spoken(&bytes, source, words, diagnostics)
        } else {
            bytes
        };
        match std::str::from_utf8(&bytes) {
            Ok(text) if name.ends_with(".css") => {
                styles.push(Style::new(name, source, slim::style(text)));
            }
            Ok(text) if name.ends_with(".js") => {
                let text = slim::script(text);
                assets.insert(name.clone(), asset(name, source, text.as_bytes().into()));
            }
            _ => {
                assets.insert(name.clone(), asset(name, source, bytes));
            }
        }
    }
    // A style sheet comes after those that it names; of some that name each other in a circle, any comes first.
    while !styles.is_empty() {
        let waits = |style: &Style<'_>| {
            let others = styles.iter().filter(|other| other.name != style.name);
            others.into_iter().any(|other| style.names(other.name))
        };
        let ready = styles.iter().position(|style| !waits(style));
        let style = styles.remove(ready.unwrap_or(0));
        let text = style.renamed(&assets);
        let asset = asset(style.name, style.source, text.as_bytes().into());
        assets.insert(style.name.to_owned(), asset);
    }
    assets
}

fn asset(name: &str, source: &RelPath, bytes: Arc<[u8]>) -> Asset {
    let hash = Digest::of_bytes(&bytes).short(8);
    // What means something in an address would have to be escaped wherever the name is written.
    let name = name.replace(
        |c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && !"/._-".contains(c),
        "-",
    );
    let file = name.rfind('/').map_or(0, |slash| slash + 1);
    let href = match name[file..].rfind('.') {
        Some(dot) => {
            let (stem, ending) = name.split_at(file + dot);
            format!("assets/{stem}.{hash}{ending}")
        }
        None => format!("assets/{name}.{hash}"),
    };
    Asset {
        source: source.clone(),
        href,
        bytes,
    }
}

/// An asset that is a template, with the words of the interface in it.
fn spoken(
    bytes: &[u8],
    source: &RelPath,
    words: &Words,
    diagnostics: &mut Vec<Diagnostic>,
) -> Arc<[u8]> {
    let text = String::from_utf8_lossy(bytes);
    let mut tera = Tera::new();
    tera.autoescape_on([""]);
    filters(&mut tera);
    let mut context = tera::Context::new();
    context.insert("words", &words.table);
    let rendered = tera
        .add_raw_template(source.as_str(), &text)
        .and_then(|()| tera.render(source.as_str(), &context));
    match rendered {
        Ok(rendered) => Arc::from(rendered.into_bytes()),
        Err(error) => {
            let find = |_: &str| Some((source.clone(), text.len()));
            diagnostics.push(locate(&error, Code::ThemeSyntax, find));
            Arc::from([])
        }
    }
}

/// A style sheet that is not published yet.
struct Style<'a> {
    name: &'a str,
    source: &'a RelPath,
    text: String,
    /// Where it names other assets, and their names.
    names: Vec<(Range<usize>, RelPath)>,
}

impl<'a> Style<'a> {
    fn new(name: &'a str, source: &'a RelPath, text: String) -> Self {
        let folder = RelPath::root().join(name).map(|path| path.parent());
        let named = addresses(&text).into_iter().filter_map(|place| {
            // Behind the name may stand what only a browser needs: `font.woff2?#iefix`, `icons.svg#search`.
            let written = &text[place.clone()];
            let path = &written[..written.find(['?', '#']).unwrap_or(written.len())];
            let decoded = percent_decode_str(path).decode_utf8().ok()?;
            let asset = folder.as_ref()?.join(&decoded)?;
            Some((place.start..place.start + path.len(), asset))
        });
        let names = named.collect();
        Self {
            name,
            source,
            text,
            names,
        }
    }

    fn names(&self, other: &str) -> bool {
        self.names.iter().any(|(_, name)| name.as_str() == other)
    }

    /// Its text, with the published names.
    fn renamed(&self, assets: &BTreeMap<String, Asset>) -> String {
        let up = "../".repeat(self.name.matches('/').count());
        let mut renamed = String::with_capacity(self.text.len());
        let mut done = 0;
        for (place, name) in &self.names {
            let Some(asset) = assets.get(name.as_str()) else {
                continue;
            };
            renamed.push_str(&self.text[done..place.start]);
            renamed.push_str(&up);
            renamed.push_str(asset.href.trim_start_matches("assets/"));
            done = place.end;
        }
        renamed.push_str(&self.text[done..]);
        renamed
    }
}

/// Where a style sheet has addresses: in `url(...)`, and in the string behind `@import`.
fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(['"', '\'', '(', '/']).map(|next| at + next) {
        let (before, rest) = text.split_at(next);
        if rest.starts_with('/') {
            // A licence stays, with its apostrophes.
            let comment = rest.starts_with("/*").then(|| rest.find("*/"));
            at = next + comment.map_or(1, |end| end.unwrap_or(rest.len()));
        } else if let Some(inner) = rest.strip_prefix('(') {
            at = next + 1;
            let spaces = inner.len() - inner.trim_ascii_start().len();
            if ends_in(before, "url") && !inner[spaces..].starts_with(['"', '\'']) {
                let end = inner.find(')').unwrap_or(inner.len());
                let start = at + spaces.min(end);
                at += end;
                found.push(start..start + text[start..at].trim_ascii_end().len());
            }
        } else {
            at = next + slim::string_end(rest);
            let before = before.trim_ascii_end();
            let is_address = before
                .strip_suffix('(')
                .is_some_and(|before| ends_in(before, "url"))
                || ends_in(before, "@import");
            let inside = text.get(next + 1..at - 1).filter(|_| is_address);
            if let Some(inside) = inside.filter(|_| text[..at].ends_with(&rest[..1])) {
                found.push(next + 1..next + 1 + inside.len());
            }
        }
    }
    found
}

/// Whether `text` ends in `word`, in capitals or not.
fn ends_in(text: &str, word: &str) -> bool {
    let end = text.len().checked_sub(word.len());
    end.and_then(|end| text.get(end..))
        .is_some_and(|end| end.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_addresses() {
        let check = |text: &str, wanted: &[&str]| {
            let found: Vec<&str> = addresses(text).into_iter().map(|at| &text[at]).collect();
            assert_eq!(found, wanted, "{text}");
        };
        check("a{b:url(c.png)}", &["c.png"]);
        check(
            "a{b:URL( 'c d.png' ) x url( e.png )}",
            &["c d.png", "e.png"],
        );
        check(
            "@import \"a.css\";@import url(b.css) print;",
            &["a.css", "b.css"],
        );
        check("a{content:\"url(b)\";c:curl}", &[]);
        check("a{b:url(\"c", &[]);
        check("a{b:url(\"é", &[]);
        check("a{b:url('", &[]);
        check("/*! don't */a{b:url(c)}/*! url(d)", &["c"]);
        check("a{b:url(", &[""]);
        check("a{b:url(é.png),url('')}", &["é.png", ""]);
    }
}
