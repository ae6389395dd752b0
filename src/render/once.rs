//! Fragments: the parts of pages that are the same on all, each rendered once for all pages that lie equally deep.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;
use tera::{Context, Value};

use super::Renderer;
use crate::diagnostic::Diagnostic;

/// The folder that a fragment's template lies in.
const FOLDER: &str = "once/";

/// The fragments that were rendered, by the steps from a page to the root of the site.
#[derive(Default)]
pub(super) struct Fragments(RwLock<FxHashMap<String, Rendered>>);

/// All fragments of pages that lie equally deep.
#[derive(Clone)]
struct Rendered {
    /// The HTML of each by the name of its template: `top` for `once/top.html`.
    html: Value,
    found: Arc<[Diagnostic]>,
}

impl Fragments {
    /// The fragments of a page that is `root` away from the root of the site.
    pub(super) fn of(
        &self,
        renderer: &Renderer,
        root: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Value {
        let Rendered { html, found } = self.known(root).unwrap_or_else(|| {
            let rendered = render(renderer, root);
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            known.entry(root.to_owned()).or_insert(rendered).clone()
        });
        diagnostics.extend(found.iter().cloned());
        html
    }

    fn known(&self, root: &str) -> Option<Rendered> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(root).cloned()
    }
}

fn render(renderer: &Renderer, root: &str) -> Rendered {
    let mut context = Context::new();
    for (name, value) in renderer.frame.shared.everywhere() {
        context.insert_value(name, value);
    }
    context.insert("root", root);
    let mut html = BTreeMap::new();
    let mut found = Vec::new();
    for template in renderer.theme.templates.keys() {
        // After the name of a theme; of the same template in several the nearest is rendered.
        let Some((_, template)) = template.split_once('/') else {
            continue;
        };
        let name = template.strip_prefix(FOLDER);
        let Some(name) = name.and_then(|name| name.strip_suffix(".html")) else {
            continue;
        };
        if !html.contains_key(name) {
            let rendered = renderer.template(template, &context, "what all pages show");
            let text = rendered.collect_into(&mut found).unwrap_or_default();
            let text = Value::safe_string(&String::from_utf8_lossy(&text));
            html.insert(name.to_owned(), text);
        }
    }
    Rendered {
        html: Value::from(html),
        found: Arc::from(found),
    }
}
