//! Sidebars: one for all pages of a section, rendered once; each page gets it with its own link marked.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use tera::Context;

use super::Renderer;
use super::view::Shared;
use crate::diagnostic::{Checked, Diagnostic};

/// The template of a sidebar.
pub(super) const TEMPLATE: &str = "sidebar.html";

/// The sidebars of all sections. A section's own page may lie in another folder than its pages, and so write
/// its links in another way: there is a place for either.
pub(super) struct Sidebars(Vec<[OnceLock<Sidebar>; 2]>);

/// A section's sidebar.
struct Sidebar {
    html: String,
    /// Where a mark goes, by the address of a link.
    marks: FxHashMap<String, usize>,
    diagnostics: Vec<Diagnostic>,
}

impl Sidebars {
    /// Places for the sidebars of `sections` sections; none is rendered yet.
    pub(super) fn new(sections: usize) -> Self {
        Self((0..sections).map(|_| Default::default()).collect())
    }

    /// The sidebar of `section` with the link to `href` marked as the current page. `root` are the steps from the
    /// page that shows it to the root of the site; `own` tells the section's own page from the others.
    pub(super) fn marked(
        &self,
        renderer: &Renderer,
        section: usize,
        own: bool,
        root: &str,
        href: &str,
    ) -> Checked<String> {
        let place = self.0.get(section);
        // A theme need not have one.
        let place = place.filter(|_| renderer.theme.tera.contains_template(TEMPLATE));
        let Some(place) = place else {
            return Checked::new(String::new(), Vec::new());
        };
        let sidebar =
            place[usize::from(own)].get_or_init(|| Sidebar::render(renderer, section, root));
        let html = match sidebar.marks.get(&format!("{root}{href}")) {
            Some(at) => {
                let (before, after) = sidebar.html.split_at(*at);
                [before, " aria-current=\"page\"", after].concat()
            }
            None => sidebar.html.clone(),
        };
        Checked::new(html, sidebar.diagnostics.clone())
    }
}

impl Sidebar {
    fn render(renderer: &Renderer, section: usize, root: &str) -> Self {
        let mut context = Context::new();
        let shared: &Shared = &renderer.frame.shared;
        for (name, value) in shared.everywhere() {
            context.insert_value(name, value);
        }
        context.insert("root", root);
        context.insert_value("section", shared.section(section));
        let subject = format!("the sidebar of {}", renderer.site.sections[section].path);
        let rendered = renderer.template(TEMPLATE, &context, &subject);
        let html = rendered
            .value
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .unwrap_or_default();
        Self {
            marks: marks(&html),
            html,
            diagnostics: rendered.diagnostics,
        }
    }
}

/// Where ` aria-current` goes in each link, by the link's address. The first of two equal links counts, and one
/// that the template marked itself is left alone.
fn marks(html: &str) -> FxHashMap<String, usize> {
    const HREF: &str = "href=\"";
    let mut marks = FxHashMap::default();
    let mut at = 0;
    while let Some(start) = html[at..].find(HREF).map(|found| at + found + HREF.len()) {
        let Some(end) = html[start..].find('"').map(|found| start + found) else {
            break;
        };
        at = end + 1;
        let rest = html[at..].split('>').next().unwrap_or_default();
        if !rest.contains("aria-current") {
            marks.entry(unescape(&html[start..end])).or_insert(at);
        }
    }
    marks
}

/// An attribute's value as it was before Tera escaped it.
fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#x2F;", "/")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::marks;

    #[test]
    fn links_are_found_by_their_address() {
        let html = "<a href=\"../a.html\">A</a><a href=\"../b&amp;c.html\" aria-current=\"true\">B</a><a href=\"../d&amp;e.html\">";
        let marks = marks(html);
        assert_eq!(marks.len(), 2);
        assert_eq!(marks["../a.html"], html.find(">A").unwrap());
        assert!(marks.contains_key("../d&e.html"));
    }
}
