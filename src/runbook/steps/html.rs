//! The HTML that opens the parts of a step.

use super::{At, Found, Look, Step};
use crate::runbook::body::{Fragment, Hole};

/// Opens an element as `at` says, or plainly.
pub(in crate::runbook) fn open(element: &str, at: Option<&At>, found: &Found, out: &mut Fragment) {
    out.push("<");
    out.push(element);
    match at {
        Some(At::Class(class)) => attribute("class", class, out),
        Some(At::Step(number)) => {
            if let (Some(step), Some(look)) = (found.steps.get(*number), found.looks.get(*number)) {
                return item(step, look, out);
            }
        }
        Some(At::First(number)) => {
            attribute("class", "step-text", out);
            if let Some(step) = found.steps.get(*number) {
                out.push(" id=\"");
                out.hole(Hole::IdPrefix);
                out.text(&step.id);
                out.push(":text\"");
            }
        }
        Some(At::Decision(number)) => {
            if let Some(decision) = found.decisions.get(*number) {
                out.push(" id=\"");
                out.hole(Hole::IdPrefix);
                out.text(&decision.id);
                out.push("\"");
                attribute("class", decision.when.class(), out);
            }
        }
        Some(At::Html(_) | At::Text(_)) | None => {}
    }
    out.push(">");
}

fn attribute(name: &str, value: &str, out: &mut Fragment) {
    out.push(" ");
    out.push(name);
    out.push("=\"");
    out.text(value);
    out.push("\"");
}

/// The rest of a step's opening tag, its box, its number, and the place for the time.
fn item(step: &Step, look: &Look, out: &mut Fragment) {
    let mut classes = vec!["step"];
    classes.extend(step.when.map(super::When::class));
    classes.extend(step.pause.then_some("pause-point"));
    classes.extend(step.parent.map(|_| "sub-step"));
    let own = look.classes.iter().map(String::as_str);
    for class in own {
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    out.push(" id=\"");
    out.hole(Hole::IdPrefix);
    out.text(&step.id);
    out.push("\"");
    attribute("class", &classes.join(" "), out);
    attribute("data-step", &step.number, out);
    if step.parent.is_none() {
        attribute("data-of", &step.of.to_string(), out);
    }
    attribute("data-digest", &look.digest, out);
    out.push("><span class=\"step-box\"><input type=\"checkbox\" class=\"tick\"");
    if step.text.is_empty() {
        attribute("aria-label", &step.number, out);
    } else {
        out.push(" aria-labelledby=\"");
        out.hole(Hole::IdPrefix);
        out.text(&step.id);
        out.push(":text\"");
    }
    out.push(if look.checked { " checked>" } else { ">" });
    out.push(" <span class=\"step-number\">");
    out.text(&step.number);
    if step.parent.is_none() {
        out.push("<span class=\"step-of\">/");
        out.push(&step.of.to_string());
        out.push("</span>");
    }
    out.push("</span></span><span class=\"step-time\"></span>\n");
}
