//! Alerts out of a YAML document, whichever of the known forms it has.

use super::{Layout, Rule, Slot};
use crate::config::Alerts;
use crate::diagnostic::Span;
use crate::path::RelPath;
use crate::value::{Data, Spanned, Table, Value};

/// Adds the alerts of a document. A document of another kind has none.
pub(super) fn document(
    document: &Table,
    file: &RelPath,
    text: &str,
    config: &Alerts,
    rules: &mut Vec<Rule>,
) {
    // Kubernetes: `kubectl get prometheusrules -o yaml` gives a List.
    if let Some(items) = list(document, "items") {
        for item in items {
            if let Data::Table(item) = &item.data {
                self::document(item, file, text, config, rules);
            }
        }
    }
    let inner = match document.get("spec").map(|spec| &spec.data) {
        Some(Data::Table(spec)) => spec,
        _ => document,
    };
    for group in list(inner, "groups").unwrap_or_default() {
        let Data::Table(group) = &group.data else {
            continue;
        };
        let name = self::text(group, "name").unwrap_or_default();
        for rule in list(group, "rules").unwrap_or_default() {
            rules.extend(self::rule(rule, &name, file, text, config));
        }
    }
}

fn rule(value: &Value, group: &str, file: &RelPath, whole: &str, config: &Alerts) -> Option<Rule> {
    let Data::Table(rule) = &value.data else {
        return None;
    };
    // Grafana calls it a title.
    let grafana = rule.get("alert").is_none() && rule.get("data").is_some();
    let name = spanned(rule, if grafana { "title" } else { "alert" }, file)?;
    let expression = if grafana {
        queries(rule)
    } else {
        text(rule, "expr").unwrap_or_default()
    };
    let name_end = name.span.range.end;
    let slot = Slot::of(value, &name.span.range, &config.annotations, whole);
    let (labels, annotations) = (table(rule, "labels"), table(rule, "annotations"));
    let annotation = |key: &str| annotations.and_then(|table| text(table, key));
    Some(Rule {
        name,
        group: group.to_owned(),
        expression: expression.trim().to_owned(),
        hold: text(rule, "for"),
        severity: labels.and_then(|labels| spanned(labels, &config.severity_label, file)),
        owner: labels.and_then(|labels| {
            let mut keys = config.owner_labels.iter();
            keys.find_map(|key| text(labels, key))
        }),
        summary: annotation("summary").or_else(|| annotation("message")),
        description: annotation("description"),
        runbook: annotations.and_then(|table| {
            let mut keys = config.annotations.iter();
            keys.find_map(|key| spanned(table, key, file))
        }),
        layout: Layout {
            rule: value.span.clone(),
            slot,
            name_end,
        },
    })
}

/// The expressions of Grafana's queries, a line each.
fn queries(rule: &Table) -> String {
    let data = list(rule, "data").unwrap_or_default();
    let expressions = data.iter().filter_map(|query| match &query.data {
        Data::Table(query) => {
            let model = table(query, "model")?;
            text(model, "expr").or_else(|| text(model, "expression"))
        }
        _ => None,
    });
    expressions.collect::<Vec<_>>().join("\n")
}

fn list<'t>(table: &'t Table, key: &str) -> Option<&'t [Value]> {
    match &table.get(key)?.data {
        Data::List(items) => Some(items),
        _ => None,
    }
}

fn table<'t>(table: &'t Table, key: &str) -> Option<&'t Table> {
    match &table.get(key)?.data {
        Data::Table(table) => Some(table),
        _ => None,
    }
}

/// A value as text, unless it is empty.
fn text(table: &Table, key: &str) -> Option<String> {
    let text = match &table.get(key)?.data {
        Data::String(text)
        | Data::Integer(_, text)
        | Data::Float(_, text)
        | Data::Date(_, text) => text.clone(),
        Data::Bool(value) => value.to_string(),
        Data::Null | Data::List(_) | Data::Table(_) => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

fn spanned(table: &Table, key: &str, file: &RelPath) -> Option<Spanned<String>> {
    let value = text(table, key)?.trim().to_owned();
    let span = Span::new(file, table.get(key)?.span.clone());
    Some(Spanned { value, span })
}
