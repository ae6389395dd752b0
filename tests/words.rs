//! The words of the interface: every language says all of them, and a page in one language says none of another.
#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    unreachable_pub,
    reason = "tests read the disk and stop at the first surprise"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use scraper::{Html, Node, Selector};
use support::Scratch;
use toml::{Table, Value};

/// Languages that the default theme says everything in.
const LANGUAGES: [&str; 3] = ["de", "ja", "ko"];

/// Words by their full names: `script.copy`.
type Words = BTreeMap<String, String>;

fn words(language: &str) -> Words {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes/default/words");
    let text = fs::read_to_string(folder.join(format!("{language}.toml"))).expect("a language");
    let mut words = Words::new();
    flatten("", &text.parse().expect("TOML"), &mut words);
    words
}

fn flatten(before: &str, table: &Table, words: &mut Words) {
    for (key, value) in table {
        match value {
            Value::Table(inner) => flatten(&format!("{before}{key}."), inner, words),
            Value::String(text) => {
                words.insert(format!("{before}{key}"), text.clone());
            }
            other => panic!("{before}{key} is {other:?}"),
        }
    }
}

/// The `{names}` that are filled in.
fn holes(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn every_language_says_everything() {
    let english = words("en");
    for language in LANGUAGES {
        let said = words(language);
        let keys = |words: &Words| words.keys().cloned().collect::<BTreeSet<_>>();
        let missing: Vec<String> = keys(&english).difference(&keys(&said)).cloned().collect();
        let unknown: Vec<String> = keys(&said).difference(&keys(&english)).cloned().collect();
        assert!(missing.is_empty(), "{language} does not say {missing:?}");
        assert!(unknown.is_empty(), "{language} says {unknown:?} for nobody");
        for (key, text) in &said {
            assert!(!text.trim().is_empty(), "{language}: {key} is empty");
            let wanted = holes(&english[key]);
            assert_eq!(holes(text), wanted, "{language}: {key}: {text}");
        }
    }
}

/// A site in `language` with a page of every kind; `name` is a title in its script.
fn site(language: &str, name: &str) -> Scratch {
    let scratch = Scratch::new();
    scratch.write(
        "site.toml",
        format!(
            "title = \"{name}\"\nlanguage = \"{language}\"\nbase_url = \"https://example.com/\"\n\
             review_every = \"30 days\"\n[tasks]\noperation = [\"{name}\"]\nmaintenance = [\"{name} 2\"]\n"
        ),
    );
    let page = |scope: &str, more: &str, body: &str| {
        format!(
            "+++\ntitle = \"{name}\"\nscope = \"{scope}\"\nservice = \"{name}\"\n{more}+++\n{body}"
        )
    };
    let whole = "severity = \"critical\"\nowner = \"9\"\nrisk = \"high\"\nduration = \"5m\"\n\
                 tags = [\"9\"]\naccess = [\"9\"]\nalerts = [\"9\"]\nlast_reviewed = 2020-01-01\n\
                 last_exercised = 2020-01-01\nfollow_up = [\"2\"]\nid = \"1\"\naliases = [\"/old/\"]\n\
                 [params.x]\ndescription = \"9\"\n";
    let body = format!(
        "# {name}\n\n{name}\n\n## {name} 1\n\n> [!NOTE]\n> 1\n\n> [!TIP]\n> 1\n\n> [!IMPORTANT]\n> 1\n\n\
         > [!WARNING]\n> 1\n\n> [!CAUTION]\n> 1\n\n## {name} 2\n\n1. {name}[^1]\n2. <x>\n\n## {name} 3\n\n1. {name}\n\n[^1]: 1\n"
    );
    scratch.write("content/a/1.md", page("operation", whole, &body));
    let second = "kind = \"corrective\"\nid = \"2\"\nfollow_up = { none = \"9\" }\n";
    scratch.write("content/a/2.md", page("maintenance", second, "1. 9\n"));
    let old = "id = \"3\"\nstatus = \"deprecated\"\n";
    scratch.write("content/a/3.md", page("operation", old, "9 [9](1.md)\n"));
    scratch.build(&["--lenient"]).expect(0);
    scratch
}

/// What a page says to its reader: text, labels, and what scripts say.
fn said(page: &str) -> Vec<String> {
    let html = Html::parse_document(page);
    let mut said = Vec::new();
    for node in html.tree.nodes() {
        match node.value() {
            Node::Text(text) => {
                let parent = node.parent().and_then(|parent| parent.value().as_element());
                if parent.is_none_or(|parent| {
                    !matches!(parent.name(), "script" | "style" | "code" | "noscript")
                }) {
                    said.push(text.to_string());
                }
            }
            Node::Element(element) => {
                let spoken = ["aria-label", "title", "alt", "placeholder"];
                let search = ["hint", "loading", "one", "many", "some", "none", "failed"];
                let search = search.map(|name| format!("data-{name}"));
                let names = spoken.into_iter().chain(search.iter().map(String::as_str));
                said.extend(
                    names
                        .filter_map(|name| element.attr(name))
                        .map(str::to_owned),
                );
            }
            _ => {}
        }
    }
    said
}

/// The HTML and the words of the scripts of a built site.
fn pages(scratch: &Scratch) -> Vec<(String, Vec<String>)> {
    let mut pages = Vec::new();
    for (name, bytes) in scratch.site() {
        let text = String::from_utf8_lossy(&bytes);
        if name.ends_with(".html") {
            pages.push((name, said(&text)));
        } else if name.starts_with("assets/words.") {
            let words = text
                .lines()
                .find_map(|line| line.trim().strip_prefix("words: "));
            let words: BTreeMap<String, String> =
                serde_json::from_str(words.expect("words").trim_end_matches(',')).expect("JSON");
            let mut spoken: Vec<String> = words.into_values().collect();
            for part in ["run: ", "print: "] {
                let form = text.lines().find_map(|line| line.trim().strip_prefix(part));
                let form = form.expect(part).trim_end_matches(',');
                spoken.extend(said(&serde_json::from_str::<String>(form).expect("JSON")));
            }
            pages.push((name, spoken));
        }
    }
    pages
}

/// In languages that are not written in Latin letters, a word in Latin letters is a word that nobody translated.
#[test]
fn a_page_in_another_script_has_no_english_word() {
    // Names, keys of the keyboard, and units that all languages write so.
    let same = ["Bindery", "UTC", "Enter", "Esc", "min"];
    for (language, name) in [("ja", "復旧"), ("ko", "복구")] {
        let scratch = site(language, name);
        let pages = pages(&scratch);
        assert!(pages.len() > 12, "{} pages", pages.len());
        for (file, said) in pages {
            for text in said {
                // Addresses, files and commands are the same everywhere.
                let named = [".md", "https://", "bindery new", ".json", ".ics"];
                if named.iter().any(|name| text.contains(name)) {
                    continue;
                }
                // What is filled in has an English name.
                let text: String = text
                    .split('{')
                    .map(|part| part.rsplit('}').next().unwrap_or(part))
                    .collect();
                let latin = text
                    .split(|c: char| !c.is_ascii_alphabetic())
                    .find(|word| word.len() > 2 && !same.contains(word));
                assert_eq!(latin, None, "{language}: {file} says {text:?}");
            }
        }
    }
}

/// No page says an English word that the language says otherwise.
#[test]
fn a_page_has_no_word_of_another_language() {
    let english = words("en");
    for language in LANGUAGES {
        let own = words(language);
        let other: BTreeSet<&str> = english
            .iter()
            .filter(|(key, text)| own[*key] != **text)
            .map(|(_, text)| text.as_str())
            .filter(|text| !own.values().any(|said| said == text))
            .collect();
        let scratch = site(language, "9");
        for (file, said) in pages(&scratch) {
            for text in said {
                assert!(
                    !other.contains(text.trim()),
                    "{language}: {file} says {text:?} in English"
                );
            }
        }
    }
}

/// A site brings a language of its own: what it does not say is said in English.
#[test]
fn a_site_brings_its_own_language() {
    let scratch = Scratch::new();
    scratch.write(
        "site.toml",
        "title = \"Guides\"\nlanguage = \"fr\"\ntheme = \"ours\"\n",
    );
    scratch.write("themes/ours/theme.toml", "extends = \"default\"\n");
    scratch.write(
        "themes/ours/words/fr.toml",
        "skip = \"Aller au texte\"\nservices = \"Services rendus\"\n[scope]\noperation = \"exploitation\"\n\
         [script]\ncopy = \"Copier\"\n[body]\nnote = \"Remarque\"\n",
    );
    scratch.write(
        "content/a.md",
        "+++\nscope = \"operation\"\n+++\n# A\n\n> [!NOTE]\n> B\n\n1. C\n",
    );
    scratch.build(&[]).expect(0);
    let site = scratch.site();
    let page = String::from_utf8_lossy(&site["a.html"]).into_owned();
    let html = Html::parse_document(&page);
    let text = |query: &str| -> String {
        let selector = Selector::parse(query).expect("a selector");
        let found = html
            .select(&selector)
            .next()
            .unwrap_or_else(|| panic!("{query}"));
        found.text().collect()
    };
    assert_eq!(text(".skip"), "Aller au texte");
    assert_eq!(text(".scope"), "exploitation");
    assert_eq!(text(".alert-title"), "Remarque");
    assert_eq!(text(".menu"), "Menu");
    assert!(text(".lists").contains("Services rendus"));
    assert_eq!(text("html > head > title"), "A · Guides");
    let scripts = site
        .iter()
        .find(|(name, _)| name.starts_with("assets/words."));
    let scripts = String::from_utf8_lossy(scripts.expect("words").1).into_owned();
    assert!(scripts.contains("\"copy\":\"Copier\""), "{scripts}");
    assert!(scripts.contains("\"cancel\":\"Cancel\""), "{scripts}");
}
