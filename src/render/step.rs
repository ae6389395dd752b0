//! The HTML that opens a step. A body has holes there: it would be a third of what is kept of a page.

use crate::runbook::code::escape;
use crate::runbook::{Look, Step, When};

/// Hexadecimal digits of a step's digest: enough to tell the states of one step apart.
const DIGEST: usize = 8;

/// The attributes of a step's item. `prefix` keeps ids apart.
pub(super) fn attributes(step: &Step, look: &Look, prefix: &str, out: &mut String) {
    let mut classes = vec!["step"];
    classes.extend(step.when.map(When::class));
    classes.extend(step.pause.then_some("pause-point"));
    classes.extend(step.parent.map(|_| "sub-step"));
    for class in look.classes.iter().map(String::as_str) {
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    attribute("id", &[prefix, &step.id], out);
    attribute("class", &[&classes.join(" ")], out);
    attribute("data-step", &[&step.number], out);
    if step.parent.is_none() {
        attribute("data-of", &[&step.of.to_string()], out);
    }
    attribute("data-digest", &[&look.digest.short(DIGEST)], out);
}

/// A step's box, its number, and the place for the time.
pub(super) fn box_of(step: &Step, look: &Look, prefix: &str, out: &mut String) {
    out.push_str("<span class=\"step-box\"><input type=\"checkbox\" class=\"tick\"");
    if step.text.is_empty() {
        attribute("aria-label", &[&step.number], out);
    } else {
        attribute("aria-labelledby", &[prefix, &step.id, ":text"], out);
    }
    out.push_str(if look.checked { " checked>" } else { ">" });
    out.push_str(" <span class=\"step-number\">");
    escape(&step.number, out);
    if step.parent.is_none() {
        out.push_str("<span class=\"step-of\">/");
        out.push_str(&step.of.to_string());
        out.push_str("</span>");
    }
    out.push_str("</span></span><span class=\"step-time\"></span>\n");
}

/// The attributes of a step's first line.
pub(super) fn text(step: &Step, prefix: &str, out: &mut String) {
    attribute("class", &["step-text"], out);
    attribute("id", &[prefix, &step.id, ":text"], out);
}

fn attribute(name: &str, value: &[&str], out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for part in value {
        escape(part, out);
    }
    out.push('"');
}
