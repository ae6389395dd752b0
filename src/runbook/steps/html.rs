//! The elements that are parts of a checklist, with holes where the page that shows them writes what a step is.

use super::{At, Found};
use crate::runbook::body::{Fragment, Hole};

/// Opens an element as `at` says, or plainly.
pub(in crate::runbook) fn open(element: &str, at: Option<&At>, found: &Found, out: &mut Fragment) {
    out.push("<");
    out.push(element);
    match at {
        Some(At::Class(class)) => attribute("class", class, out),
        Some(At::Step(number)) => {
            out.hole(Hole::Step(*number as u32));
            out.push(">");
            return out.hole(Hole::StepBox(*number as u32));
        }
        Some(At::First(number)) => out.hole(Hole::StepText(*number as u32)),
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
