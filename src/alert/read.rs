//! Alerts out of a file's documents, whichever of the known forms they have.

use std::ops::Range;

use super::embedded::{self, Places};
use super::{CODES, Layout, Rule, Slot};
use crate::config::Alerts;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::path::RelPath;
use crate::value::{Data, Spanned, Table, Value, documents_from_yaml};

/// How a rule is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As Prometheus' rule files have it: `alert`, `expr`.
    Prometheus,
    /// As Prometheus' API tells it: `name`, `query`, `type`.
    Api,
    /// As Grafana has it: `title`, `data`.
    Grafana,
}

/// Reads the documents of a file.
pub(super) struct Reader<'a> {
    file: &'a RelPath,
    text: &'a str,
    config: &'a Alerts,
    /// The alerts, in order.
    pub(super) rules: Vec<Rule>,
    /// What was seen and not understood.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether anything was known for what it is: rules, or something that has none.
    pub(super) known: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a RelPath, text: &'a str, config: &'a Alerts) -> Self {
        Self {
            file,
            text,
            config,
            rules: Vec::new(),
            diagnostics: Vec::new(),
            known: false,
        }
    }

    /// Adds the alerts of a document. One of another kind has none.
    pub(super) fn document(&mut self, document: &Value) {
        match &document.data {
            Data::Table(table) => self.table(table, document),
            // Grafana's API tells its rules as one list.
            Data::List(items) => {
                for item in items {
                    match &item.data {
                        Data::Table(table) => self.table(table, item),
                        other => self.not_read(
                            &item.span,
                            format!("{} stands where a rule is expected", other.name()),
                            "write each rule as a table: `- alert: WebDown`",
                        ),
                    }
                }
            }
            _ => {}
        }
    }

    fn table(&mut self, table: &Table, whole: &Value) {
        // Kubernetes: `kubectl get prometheusrules -o yaml` gives a List.
        if let Some(items) = list(table, "items") {
            self.known = true;
            for item in items {
                if let Data::Table(inner) = &item.data {
                    self.table(inner, item);
                }
            }
        }
        let kind = text(table, "kind");
        // Tests of rules, as promtool runs them, stand beside the rules.
        let tests = table.get("tests").is_some() && table.get("rule_files").is_some();
        self.known |= kind.is_some() || tests;
        if kind.as_deref() == Some("ConfigMap") {
            return self.config_map(table);
        }
        // `data` is what Prometheus' API puts its answer into.
        let below = ["spec", "data"].into_iter();
        let inner = below
            .filter_map(|key| self::table(table, key))
            .find(|inner| inner.get("groups").is_some())
            .unwrap_or(table);
        if let Some(groups) = inner.get("groups") {
            return self.groups(groups);
        }
        if table.get("rules").is_some() {
            return self.group(table);
        }
        if form(table).is_some() {
            self.known = true;
            return self.rule(whole, "");
        }
        if kind.is_none() {
            self.namespaces(table);
        }
    }

    /// `{namespace: [group, …]}`, as the ruler's API tells it, or `{namespace: {groups: […]}}`.
    fn namespaces(&mut self, table: &Table) {
        for (_, value) in table.iter() {
            match &value.data {
                Data::Table(inner) => {
                    if let Some(groups) = inner.get("groups") {
                        self.groups(groups);
                    }
                }
                Data::List(items) if items.iter().any(is_group) => self.groups(value),
                _ => {}
            }
        }
    }

    /// Rule files that a ConfigMap holds as text.
    fn config_map(&mut self, map: &Table) {
        let Some(data) = table(map, "data") else {
            return;
        };
        for (_, value) in data.iter() {
            let Data::String(inner) = &value.data else {
                continue;
            };
            let may_hold = ["groups:", "alert:", "\"groups\"", "\"alert\""];
            if !may_hold.iter().any(|sign| inner.contains(sign)) {
                continue;
            }
            let places = Places::new(self.text, &value.span, inner);
            let mut documents = documents_from_yaml(inner, self.file, CODES);
            for found in &mut documents.diagnostics {
                embedded::relocate(found, self.file, &places);
            }
            self.diagnostics.append(&mut documents.diagnostics);
            for mut document in documents.value {
                document.relocate(&|range| places.of(range));
                self.document(&document);
            }
        }
    }

    fn groups(&mut self, groups: &Value) {
        self.known = true;
        match &groups.data {
            Data::List(items) => {
                for item in items {
                    match &item.data {
                        Data::Table(group) => self.group(group),
                        other => self.not_read(
                            &item.span,
                            format!("{} stands where a group of rules is expected", other.name()),
                            GROUPS,
                        ),
                    }
                }
            }
            Data::Null => {}
            other => self.not_read(
                &groups.span,
                format!("`groups` is {}, where a list is expected", other.name()),
                GROUPS,
            ),
        }
    }

    fn group(&mut self, group: &Table) {
        self.known = true;
        let name = text(group, "name").unwrap_or_default();
        match group.get("rules").map(|rules| (&rules.data, &rules.span)) {
            Some((Data::List(rules), _)) => {
                for rule in rules {
                    self.rule(rule, &name);
                }
            }
            None | Some((Data::Null, _)) => {}
            Some((other, span)) => self.not_read(
                span,
                format!(
                    "the rules of the group `{name}` are {}, where a list is expected",
                    other.name()
                ),
                "write each rule as an item of a list: `- alert: WebDown`",
            ),
        }
    }

    fn rule(&mut self, value: &Value, group: &str) {
        const NAME: &str = "write the alert's name as one text: `alert: WebDown`";
        let Data::Table(rule) = &value.data else {
            let message = format!("{} stands where a rule is expected", value.data.name());
            return self.not_read(
                &value.span,
                message,
                "write a rule as a table: `- alert: WebDown`",
            );
        };
        let Some(form) = form(rule) else {
            // Recording rules fire nothing.
            if rule.get("record").is_none() && text(rule, "type").as_deref() != Some("recording") {
                self.not_read(
                    &value.span,
                    "this rule has neither `alert` nor `record`".to_owned(),
                    NAME,
                );
            }
            return;
        };
        // The ruler's API puts what is Grafana's own into a table.
        let own = table(rule, "grafana_alert").unwrap_or(rule);
        let key = match form {
            Form::Prometheus => "alert",
            Form::Api => "name",
            Form::Grafana => "title",
        };
        let Some(name) = spanned(own, key, self.file) else {
            if own.get("record").is_none() {
                let said = own.get(key);
                let what = match said.map(|said| &said.data) {
                    None | Some(Data::Null) => "says nothing".to_owned(),
                    Some(Data::String(_)) => "is empty".to_owned(),
                    Some(other) => format!("is {}", other.name()),
                };
                let span = said.map_or(&value.span, |said| &said.span);
                let span = if span.is_empty() { &value.span } else { span };
                self.not_read(
                    span,
                    format!("`{key}` {what}, so this rule has no name"),
                    NAME,
                );
            }
            return;
        };
        for key in ["labels", "annotations"] {
            if let Some(said) = rule.get(key)
                && !matches!(said.data, Data::Table(_) | Data::Null)
            {
                let what = said.data.name();
                self.not_read(
                    &said.span,
                    format!(
                        "the {key} of `{}` are {what}, where a table is expected",
                        name.value
                    ),
                    "write them as `key: value`, each on a line of its own",
                );
            }
        }
        let rule = self.read(value, rule, (form, own), (name, group));
        self.rules.push(rule);
    }

    fn read(
        &self,
        value: &Value,
        rule: &Table,
        (form, own): (Form, &Table),
        (name, group): (Spanned<String>, &str),
    ) -> Rule {
        let config = self.config;
        let expression = match form {
            Form::Prometheus => text(rule, "expr").unwrap_or_default(),
            Form::Api => text(rule, "query").unwrap_or_default(),
            Form::Grafana => queries(own),
        };
        let slot = Slot::of(value, &name.span.range, &config.annotations, self.text);
        let name_end = name.span.range.end;
        let (labels, annotations) = (table(rule, "labels"), table(rule, "annotations"));
        let annotation = |key: &str| annotations.and_then(|table| text(table, key));
        Rule {
            name,
            group: group.to_owned(),
            expression: expression.trim().to_owned(),
            hold: text(rule, "for"),
            severity: labels.and_then(|labels| spanned(labels, &config.severity_label, self.file)),
            owner: labels.and_then(|labels| {
                let mut keys = config.owner_labels.iter();
                keys.find_map(|key| text(labels, key))
            }),
            summary: annotation("summary").or_else(|| annotation("message")),
            description: annotation("description"),
            runbook: annotations.and_then(|table| {
                let mut keys = config.annotations.iter();
                keys.find_map(|key| spanned(table, key, self.file))
            }),
            layout: Layout {
                rule: value.span.clone(),
                slot,
                name_end,
            },
        }
    }

    fn not_read(&mut self, at: &Range<usize>, message: String, help: &str) {
        self.known = true;
        self.diagnostics.push(
            Diagnostic::new(Code::RulesNotRead, message)
                .at(self.file, at.clone())
                .help(help),
        );
    }
}

const GROUPS: &str = "write `groups:` as a list, each with its `name` and its `rules`";

/// How a rule is written, if it is one that fires an alert.
fn form(rule: &Table) -> Option<Form> {
    if rule.get("alert").is_some() {
        Some(Form::Prometheus)
    } else if rule.get("grafana_alert").is_some()
        || rule.get("title").is_some() && rule.get("data").is_some() && rule.get("record").is_none()
    {
        Some(Form::Grafana)
    } else if rule.get("query").is_some() && text(rule, "type").as_deref() == Some("alerting") {
        Some(Form::Api)
    } else {
        None
    }
}

fn is_group(value: &Value) -> bool {
    matches!(&value.data, Data::Table(group) if group.get("rules").is_some())
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
