//! Cards: a runbook's entry in lists, rendered once and put into every list that shows it.

use std::sync::OnceLock;

use tera::{Context, Value};

use super::Renderer;
use crate::diagnostic::Diagnostic;

/// The template of a card.
pub(super) const TEMPLATE: &str = "card.html";
/// Stands for the steps to the root of the site while a card is rendered; a noncharacter, so no text holds it.
const ROOT: &str = "\u{FDD0}";

/// The cards of all pages.
pub(super) struct Cards(Vec<OnceLock<Card>>);

/// A card's HTML in pieces: between them stand the steps to the root, which each list writes in its own way.
struct Card {
    pieces: Vec<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Cards {
    /// Places for the cards of `pages` pages; none is rendered yet.
    pub(super) fn new(pages: usize) -> Self {
        Self((0..pages).map(|_| OnceLock::new()).collect())
    }

    /// The HTML of a list of cards, as a page shows it that is `root` away from the root of the site.
    pub(super) fn list(
        &self,
        renderer: &Renderer,
        pages: &[usize],
        root: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Value {
        // A theme need not have one.
        if pages.is_empty() || !renderer.theme.tera.contains_template(TEMPLATE) {
            return Value::none();
        }
        let mut html = String::from("<ul class=\"cards\">\n");
        for number in pages {
            let Some(place) = self.0.get(*number) else {
                continue;
            };
            let card = place.get_or_init(|| Card::render(renderer, *number));
            for (at, piece) in card.pieces.iter().enumerate() {
                if at > 0 {
                    html.push_str(root);
                }
                html.push_str(piece);
            }
            diagnostics.extend(card.diagnostics.iter().cloned());
        }
        html.push_str("</ul>");
        Value::safe_string(&html)
    }
}

impl Card {
    fn render(renderer: &Renderer, number: usize) -> Self {
        let mut context = Context::new();
        for (name, value) in renderer.frame.shared.everywhere() {
            context.insert_value(name, value);
        }
        context.insert("root", ROOT);
        context.insert_value("card", renderer.frame.shared.card(number));
        let subject = format!("the card of {}", renderer.site.pages[number].facts.path);
        let rendered = renderer.template(TEMPLATE, &context, &subject);
        let html = rendered.value.unwrap_or_default();
        Self {
            pieces: String::from_utf8_lossy(&html)
                .split(ROOT)
                .map(str::to_owned)
                .collect(),
            diagnostics: rendered.diagnostics,
        }
    }
}
