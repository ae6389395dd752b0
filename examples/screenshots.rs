//! Makes pictures of every kind of page of a built site, wide and narrow, light and dark, to be looked at by people:
//! `cargo run --example screenshots -- SITE DIR`. `tests/screenshots` builds this repository's site for it.
#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    unreachable_pub,
    reason = "a tool for people, made of what the tests steer a browser with"
)]

#[path = "../tests/support/browser.rs"]
mod browser;

use std::path::{Path, PathBuf};
use std::time::Duration;

use browser::{Browser, Media, Page};

/// What is done to a page before its picture is taken.
#[derive(Clone, Copy)]
enum Act {
    Nothing,
    Search(&'static str),
    Keys,
    Menu,
    /// A run with two steps done.
    Run,
    Scroll(&'static str),
}

/// Pictures of this repository's own site: name, address, what is done.
const SHOTS: &[(&str, &str, Act)] = &[
    ("home", "index.html", Act::Nothing),
    ("runbook", "site/roll-back.html", Act::Nothing),
    (
        "runbook-steps",
        "site/roll-back.html",
        Act::Scroll("ol.steps"),
    ),
    ("runbook-end", "site/roll-back.html", Act::Scroll("footer")),
    ("runbook-run", "site/roll-back.html", Act::Run),
    (
        "runbook-long",
        "repository/cut-a-release.html",
        Act::Nothing,
    ),
    (
        "runbook-maintenance",
        "web-host/rotate-deploy-key.html",
        Act::Nothing,
    ),
    ("section", "site/index.html", Act::Nothing),
    ("guide", "guide/writing.html", Act::Nothing),
    ("guide-code", "guide/writing.html", Act::Scroll(".alert")),
    ("guide-table", "guide/site-toml.html", Act::Scroll(".table")),
    ("scope", "scope/operation.html", Act::Nothing),
    ("services", "service/index.html", Act::Nothing),
    ("service", "service/site.html", Act::Nothing),
    ("tasks", "task/index.html", Act::Nothing),
    ("task", "task/deploy.html", Act::Nothing),
    ("tags", "tag/index.html", Act::Nothing),
    ("tag", "tag/theme.html", Act::Nothing),
    ("gaps", "gap/index.html", Act::Nothing),
    ("alerts", "alerts/index.html", Act::Nothing),
    ("alert", "alerts/runbooksitedown.html", Act::Nothing),
    ("reviews", "review/index.html", Act::Nothing),
    ("coverage", "coverage/index.html", Act::Nothing),
    ("not-found", "404.html", Act::Nothing),
    (
        "search",
        "site/roll-back.html",
        Act::Search("previous site"),
    ),
    (
        "search-nothing",
        "site/roll-back.html",
        Act::Search("qqqqxyz"),
    ),
    ("keys", "index.html", Act::Keys),
    ("menu", "site/roll-back.html", Act::Menu),
];

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(site), Some(folder)) = (arguments.next(), arguments.next()) else {
        panic!("usage: screenshots SITE DIR [NAME...]")
    };
    let only: Vec<PathBuf> = arguments.collect();
    let site = site.canonicalize().expect("the built site");
    std::fs::create_dir_all(&folder).expect("a folder for the pictures");
    let browser = Browser::start();
    let mut count = 0;
    for (name, address, act) in SHOTS {
        let wanted = only.is_empty() || only.iter().any(|one| one == Path::new(name));
        let file = [*address, &address.replace("/index.html", ".html")]
            .iter()
            .map(|address| site.join(address))
            .find(|file| file.is_file());
        let Some(file) = file.filter(|_| wanted) else {
            if wanted {
                println!("no page {address}: no picture {name}");
            }
            continue;
        };
        for (size, width, height) in [("wide", 1280, 800), ("narrow", 390, 844)] {
            for (colours, dark) in [("light", false), ("dark", true)] {
                let page = browser.page(width, height);
                page.emulate(Media {
                    dark,
                    reduced_motion: true,
                    ..Media::default()
                });
                page.go(&format!("file://{}", file.display()));
                if prepare(&page, *act) {
                    page.rest(Duration::from_millis(120));
                    page.screenshot(folder.join(format!("{name}-{size}-{colours}.png")));
                    count += 1;
                }
                page.eval("localStorage.clear()");
                page.close();
            }
        }
    }
    println!("{count} pictures in {}", folder.display());
}

/// Whether there is something to see.
fn prepare(page: &Page, act: Act) -> bool {
    let has = |query: &str| page.eval(&format!("Boolean(document.querySelector('{query}'))"));
    match act {
        Act::Nothing => {}
        Act::Search(query) => {
            page.press("/");
            page.type_text(query);
            page.wait(
                "!/…/.test(document.querySelector('[data-search-status]').textContent)",
                "the answers",
            );
            page.rest(Duration::from_millis(400));
        }
        Act::Keys => page.press("?"),
        Act::Menu => {
            if page.eval("getComputedStyle(document.querySelector('.menu')).display === 'none'")
                == true
            {
                return false;
            }
            page.click(".menu");
        }
        Act::Run => {
            if has("[data-run]") != true {
                return false;
            }
            page.click(".step:nth-of-type(1) > .step-box > .tick");
            page.click(".step:nth-of-type(2) > .step-box > .tick");
            page.eval("document.querySelector('.run-bar').scrollIntoView()");
        }
        Act::Scroll(query) => {
            if has(query) != true {
                return false;
            }
            page.eval(&format!(
                "document.querySelector('{query}').scrollIntoView()"
            ));
        }
    }
    true
}
