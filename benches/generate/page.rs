//! One generated runbook: what it is about, its front matter and its text.

use std::fmt::Write;
use std::ops::Range;

use crate::words::*;

/// Sections are folders of this many pages.
pub(crate) const SECTION: usize = 50;

/// A small random number generator (xorshift64*): the same seed gives the same site everywhere.
struct Rng(u64);

impl Rng {
    /// Neighbouring pages start far apart.
    fn new(page: usize) -> Self {
        let mut rng = Self((page as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        rng.next();
        rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number from `from` up to and without `to`.
    fn range(&mut self, from: usize, to: usize) -> usize {
        from + (self.next() >> 33) as usize % (to - from)
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.range(0, list.len())]
    }

    /// `count` different items of a list.
    fn several<T: Copy>(&mut self, list: &[T], count: usize) -> Vec<T> {
        let chosen = self.numbers(0..list.len(), usize::MAX, count);
        chosen.into_iter().map(|at| list[at]).collect()
    }

    /// `count` different numbers of a range but for one, or all of them when there are fewer.
    fn numbers(&mut self, range: Range<usize>, without: usize, count: usize) -> Vec<usize> {
        let count = count.min(range.len() - usize::from(range.contains(&without)));
        let mut chosen = Vec::with_capacity(count);
        while chosen.len() < count {
            let number = self.range(range.start, range.end);
            if number != without && !chosen.contains(&number) {
                chosen.push(number);
            }
        }
        chosen
    }
}

/// What a runbook is for.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Operation,
    Maintenance,
    Both,
}

/// What other pages may know about a page: enough to link to it.
pub(crate) struct Plan {
    number: usize,
    scope: Scope,
    service: &'static str,
    owner: &'static str,
    component: &'static str,
    condition: &'static str,
    title: String,
    /// The file's name without its ending.
    slug: String,
}

impl Plan {
    pub(crate) fn new(number: usize) -> Self {
        let scope = match number % 10 {
            0..6 => Scope::Operation,
            6..9 => Scope::Maintenance,
            _ => Scope::Both,
        };
        // A walk through all combinations, so that 10,800 pages differ in their titles.
        let mix = number * 7919 % (OPERATION_VERBS.len() * COMPONENTS.len() * CONDITIONS.len());
        let verbs = match scope {
            Scope::Operation => &OPERATION_VERBS,
            Scope::Maintenance | Scope::Both => &MAINTENANCE_VERBS,
        };
        let verb = verbs[mix % verbs.len()];
        let component = COMPONENTS[mix / verbs.len() % COMPONENTS.len()];
        let condition = CONDITIONS[mix / verbs.len() / COMPONENTS.len()];
        let service = SERVICES[(number / SECTION * 7 + number % SECTION / 10) % SERVICES.len()];
        let capital = verb[..1].to_uppercase();
        Self {
            number,
            scope,
            service,
            owner: OWNERS[number / SECTION % OWNERS.len()],
            component,
            condition,
            title: format!(
                "{capital}{} the {component} of {service} {condition}",
                &verb[1..]
            ),
            slug: format!("{verb}-{component}-{:02}", number % SECTION + 1).replace(' ', "-"),
        }
    }

    fn section(&self) -> usize {
        self.number / SECTION
    }

    /// Where the page lies below `content/`.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}.md", section_folder(self.section()), self.slug)
    }

    fn id(&self) -> String {
        format!(
            "{}-{}-{}",
            self.service,
            self.component.replace(' ', "-"),
            self.number
        )
    }

    fn headings(&self) -> [&'static str; 6] {
        match self.scope {
            Scope::Operation => OPERATION_HEADINGS,
            Scope::Maintenance | Scope::Both => MAINTENANCE_HEADINGS,
        }
    }
}

/// The folder of a section.
pub(crate) fn section_folder(section: usize) -> String {
    let (area, subject, round) = section_words(section);
    match round {
        0 => format!("{area}-{subject}"),
        _ => format!("{area}-{subject}-{}", round + 1),
    }
}

/// The `_index.md` of a section.
pub(crate) fn section_index(section: usize) -> String {
    let (area, subject, round) = section_words(section);
    let subject = subject.replace('-', " ");
    let number = if round == 0 {
        String::new()
    } else {
        format!(" {}", round + 1)
    };
    format!(
        "+++\ntitle = \"{}{} {subject}{number}\"\ndescription = \"The {subject} of {area} and what keeps them \
         going\"\n+++\n\nEverything that is known about running the {subject} of {area}. The pages of both scopes \
         stand side by side: what to do now, and what keeps it from coming back.\n",
        area[..1].to_uppercase(),
        &area[1..],
    )
}

fn section_words(section: usize) -> (&'static str, &'static str, usize) {
    let (areas, subjects) = (AREAS.len(), SUBJECTS.len());
    (
        AREAS[section % areas],
        SUBJECTS[section / areas % subjects],
        section / areas / subjects,
    )
}

/// The text of page `number` of `plans`.
pub(crate) fn write(plans: &[Plan], number: usize) -> String {
    let mut page = Page {
        plan: &plans[number],
        plans,
        rng: Rng::new(number),
        alert: String::new(),
        namespace: AREAS[0],
        port: 0,
        out: String::with_capacity(6 << 10),
    };
    page.alert = format!(
        "{}{}{number}",
        page.rng.pick(&ALERT_SUBJECTS),
        page.rng.pick(&ALERT_STATES)
    );
    page.namespace = page.rng.pick(&AREAS);
    page.port = page.rng.range(3000, 9999);
    page.front_matter();
    page.body();
    page.out
}

struct Page<'a> {
    plan: &'a Plan,
    plans: &'a [Plan],
    rng: Rng,
    alert: String,
    namespace: &'static str,
    port: usize,
    out: String,
}

/// A value of front matter that TOML and YAML write the same way but for the sign before it.
enum Value {
    Text(String),
    List(Vec<String>),
    Date(String),
    /// A table with one text.
    Table(&'static str, String),
}

impl Page<'_> {
    fn front_matter(&mut self) {
        let toml = self.plan.number.is_multiple_of(2);
        self.out.push_str(if toml { "+++\n" } else { "---\n" });
        for (key, value) in self.matter() {
            let value = match value {
                Value::Text(text) => format!("\"{text}\""),
                Value::List(list) => format!("[\"{}\"]", list.join("\", \"")),
                Value::Date(date) => date,
                Value::Table(inner, text) if toml => format!("{{ {inner} = \"{text}\" }}"),
                Value::Table(inner, text) => format!("{{{inner}: \"{text}\"}}"),
            };
            _ = writeln!(self.out, "{key}{}{value}", if toml { " = " } else { ": " });
        }
        self.out.push_str(if toml { "+++\n\n" } else { "---\n\n" });
    }

    fn matter(&mut self) -> Vec<(&'static str, Value)> {
        let plan = self.plan;
        let list =
            |items: &[&str]| Value::List(items.iter().map(|&item| item.to_owned()).collect());
        let text = |text: &str| Value::Text(text.to_owned());
        let operation = plan.scope != Scope::Maintenance;
        let maintenance = plan.scope != Scope::Operation;

        let mut matter = vec![("title", text(&plan.title)), ("id", Value::Text(plan.id()))];
        matter.push((
            "scope",
            match plan.scope {
                Scope::Operation => text("operation"),
                Scope::Maintenance => text("maintenance"),
                Scope::Both => list(&["operation", "maintenance"]),
            },
        ));
        matter.push((
            "service",
            match plan.number % 8 {
                7 => list(&[
                    plan.service,
                    SERVICES[(plan.number / 8 + 11) % SERVICES.len()],
                ]),
                _ => text(plan.service),
            },
        ));
        let description = format!(
            "What to do about the {} of {} {}",
            plan.component, plan.service, plan.condition
        );
        matter.push(("description", Value::Text(description)));
        let tasks = if operation {
            &OPERATION_TASKS
        } else {
            &MAINTENANCE_TASKS
        };
        matter.push(("task", text(self.rng.pick(tasks))));
        if operation {
            let second = format!("{}Above{}", self.alert, self.rng.range(50, 99));
            let alerts = match plan.number % 3 {
                0 => vec![self.alert.clone(), second],
                _ => vec![self.alert.clone()],
            };
            matter.push(("alerts", Value::List(alerts)));
            matter.push((
                "severity",
                text(self.rng.pick(&["critical", "warning", "warning", "info"])),
            ));
            matter.push(("follow_up", self.follow_up()));
        }
        if maintenance {
            matter.push(("kind", text(self.rng.pick(&KINDS))));
        }
        matter.push(("owner", text(plan.owner)));
        matter.push(("access", list(&self.rng.several(&ACCESS, 2))));
        matter.push((
            "risk",
            text(self.rng.pick(&["low", "low", "medium", "high"])),
        ));
        matter.push((
            "duration",
            Value::Text(format!("{}m", self.rng.range(1, 12) * 10)),
        ));
        matter.push(("tags", list(&self.rng.several(&TAGS, 3))));
        matter.push(("last_reviewed", Value::Date(self.date("2026"))));
        matter.push(("last_exercised", Value::Date(self.date("2025"))));
        matter
    }

    /// The next maintenance runbook of the section, or why there is none.
    fn follow_up(&self) -> Value {
        let rest = &self.plans[self.plan.number..];
        let next = rest.iter().find(|plan| plan.scope != Scope::Operation);
        match next {
            Some(next)
                if !self.plan.number.is_multiple_of(5) && next.number != self.plan.number =>
            {
                Value::List(vec![next.id()])
            }
            _ => Value::Table(
                "none",
                format!("the cause lies outside {}", self.plan.service),
            ),
        }
    }

    fn date(&mut self, year: &str) -> String {
        format!(
            "{year}-{:02}-{:02}",
            self.rng.range(1, 10),
            self.rng.range(1, 29)
        )
    }

    /// Six headings, a table, two blocks of code, a task list, ordered steps, five links.
    fn body(&mut self) {
        let mut links = self.links().into_iter();
        let headings = self.plan.headings();
        let mut link = || links.next().unwrap_or_default();

        let lead = link();
        self.paragraph(2);
        self.heading(headings[0]);
        self.paragraph(3);
        self.raw(&format!("The wider picture is in {lead}.\n"));
        self.heading(headings[1]);
        self.paragraph(2);
        self.table();
        self.heading(headings[2]);
        if self.plan.scope == Scope::Operation {
            self.paragraph(2);
            self.code();
            self.raw(&format!(
                "If that shows nothing, go to {} or to {}.\n",
                link(),
                link()
            ));
            self.heading(headings[3]);
            self.paragraph(1);
            self.steps();
            self.heading(headings[4]);
            self.code();
            self.paragraph(2);
        } else {
            self.paragraph(1);
            self.steps();
            self.raw(&format!(
                "The same was done in {} and in {}.\n",
                link(),
                link()
            ));
            self.heading(headings[3]);
            self.paragraph(2);
            self.code();
            self.heading(headings[4]);
            self.code();
        }
        if self.plan.scope == Scope::Operation {
            self.heading(headings[5]);
            self.paragraph(1);
        } else {
            self.paragraph(1);
            self.heading(headings[5]);
        }
        self.tasks();
        self.raw(&format!(
            "Read on in {}, and when it comes back in {}.\n",
            link(),
            link()
        ));
    }

    /// Three pages of the same section and two of any; two of the five name a heading.
    fn links(&mut self) -> Vec<String> {
        let first = self.plan.section() * SECTION;
        let section = first..self.plans.len().min(first + SECTION);
        let mut targets = self.rng.numbers(section, self.plan.number, 3);
        for far in self.rng.numbers(0..self.plans.len(), self.plan.number, 5) {
            if targets.len() < 5 && !targets.contains(&far) {
                targets.push(far);
            }
        }
        (0..)
            .zip(targets)
            .map(|(at, number)| self.link(&self.plans[number], at % 2 == 1))
            .collect()
    }

    fn link(&mut self, target: &Plan, anchored: bool) -> String {
        let folder = match target.section() == self.plan.section() {
            true => String::new(),
            false => format!("../{}/", section_folder(target.section())),
        };
        let anchor = match anchored {
            true => {
                let heading = self.rng.pick(&target.headings());
                format!("#{}", heading.to_lowercase().replace(' ', "-"))
            }
            false => String::new(),
        };
        format!("[{}]({folder}{}.md{anchor})", target.title, target.slug)
    }

    fn raw(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.raw(&format!("## {heading}\n"));
    }

    fn paragraph(&mut self, sentences: usize) {
        let chosen = self.rng.several(&SENTENCES, sentences);
        let filled: Vec<_> = chosen
            .into_iter()
            .map(|sentence| self.fill(sentence))
            .collect();
        self.raw(&format!("{}\n", filled.join(" ")));
    }

    fn table(&mut self) {
        self.out
            .push_str("| Metric | Normal | Alarm | Who looks |\n|---|---:|---:|---|\n");
        for metric in self.rng.several(&METRICS, 4) {
            let (normal, owner) = (self.rng.range(1, 400), self.rng.pick(&OWNERS));
            _ = writeln!(
                self.out,
                "| `{metric}` | {normal} | {} | {owner} |",
                normal * 3
            );
        }
        self.out.push('\n');
    }

    /// About half of it shell, as in real runbooks.
    fn code(&mut self) {
        let (language, blocks): (_, &[&str]) = match self.rng.range(0, 100) {
            0..35 => ("bash", &BASH),
            35..50 => ("console", &CONSOLE),
            50..70 => ("yaml", &YAML),
            70..82 => ("promql", &PROMQL),
            82..93 => ("json", &JSON),
            _ => ("toml", &TOML),
        };
        let block = self.rng.pick(blocks);
        let block = self.fill(block);
        self.raw(&format!("```{language}\n{block}\n```\n"));
    }

    fn steps(&mut self) {
        for (at, (act, expect, otherwise)) in (1..).zip(self.rng.several(&STEPS, 5)) {
            let (act, expect, otherwise) =
                (self.fill(act), self.fill(expect), self.fill(otherwise));
            _ = writeln!(
                self.out,
                "{at}. {act}\n   Expect: {expect}\n   If not: {otherwise}"
            );
        }
        self.out.push('\n');
    }

    fn tasks(&mut self) {
        for task in self.rng.several(&TASKS, 4) {
            let task = self.fill(task);
            _ = writeln!(self.out, "- [ ] {task}");
        }
        self.out.push('\n');
    }

    /// Puts names and numbers of this page where `~name~` stands; any other `~` stays.
    fn fill(&mut self, template: &str) -> String {
        let mut filled = String::with_capacity(template.len() + 64);
        let mut rest = template;
        while let Some(at) = rest.find('~') {
            filled.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            match rest
                .split_once('~')
                .and_then(|(name, after)| Some((self.value(name)?, after)))
            {
                Some((value, after)) => {
                    filled.push_str(&value);
                    rest = after;
                }
                None => filled.push('~'),
            }
        }
        filled.push_str(rest);
        filled
    }

    fn value(&mut self, name: &str) -> Option<String> {
        let plan = self.plan;
        Some(match name {
            "service" => plan.service.to_owned(),
            "owner" => plan.owner.to_owned(),
            "component" => plan.component.to_owned(),
            "condition" => plan.condition.to_owned(),
            "alert" => self.alert.clone(),
            "metric" => self.rng.pick(&METRICS).to_owned(),
            "ns" => self.namespace.to_owned(),
            "host" => format!("{}-{:03}", self.namespace, plan.number % 1000),
            "pod" => format!("{}-{:08x}", plan.service, self.rng.next() >> 32),
            "port" => self.port.to_string(),
            "version" => format!(
                "{}.{}.{}",
                self.rng.range(1, 9),
                self.rng.range(0, 30),
                self.rng.range(0, 9)
            ),
            "n" => self.rng.range(100, 999).to_string(),
            "m" => self.rng.range(10, 60).to_string(),
            "k" => self.rng.range(2, 7).to_string(),
            _ => return None,
        })
    }
}
