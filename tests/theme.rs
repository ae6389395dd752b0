//! The default theme in a real browser: what is seen first, keys, the menu of a phone, light and dark, and a page that
//! needs nothing but itself.
#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    dead_code,
    unreachable_pub,
    reason = "tests read the disk and stop at the first surprise"
)]

#[path = "support/browser.rs"]
mod browser;
#[path = "support/host.rs"]
mod host;
mod support;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use browser::{Browser, Media, Page};
use host::Host;
use serde_json::{Value, json};
use support::{Run, Scratch, bindery, copy, corpora};

/// This repository's own site, built once.
fn own() -> &'static Path {
    static SITE: OnceLock<Scratch> = OnceLock::new();
    let scratch = SITE.get_or_init(|| {
        let scratch = Scratch::new();
        let output = scratch.path().join("public");
        let mut command = bindery();
        command.args(["build", "--root", env!("CARGO_MANIFEST_DIR")]);
        Run::of(command.arg("--output").arg(output)).expect(0);
        scratch
    });
    static PUBLIC: OnceLock<PathBuf> = OnceLock::new();
    PUBLIC.get_or_init(|| scratch.path().join("public"))
}

fn runbook(host: &Host) -> String {
    format!("{}site/roll-back.html", host.url)
}

const QUIET: Media = Media {
    dark: false,
    reduced_motion: true,
    forced_colors: false,
    print: false,
};

/// Opens a page and sees that nothing was wrong with it.
fn open(browser: &Browser, (width, height): (u32, u32), url: &str) -> Page {
    let page = browser.page(width, height);
    page.emulate(QUIET);
    page.go(url);
    page
}

/// The selectors of which no element is whole in the window.
fn unseen(page: &Page, wanted: &[&str]) -> Value {
    page.eval(&format!(
        "{}.filter((query) => {{
            const one = document.querySelector(query);
            const box = one && one.getBoundingClientRect();
            return !box || box.width === 0 || box.top < 0 || box.bottom > innerHeight || box.right > innerWidth + 1;
        }})",
        json!(wanted)
    ))
}

const SIZES: [(u32, u32); 2] = [(1280, 800), (390, 844)];

#[test]
fn the_first_screen_says_what_matters() {
    let browser = Browser::start();
    let host = Host::start(own());
    for size in SIZES {
        let page = open(&browser, size, &runbook(&host));
        let wanted = [
            "h1",
            ".head .scope.operation",
            ".head .service",
            ".glance div:nth-of-type(1) dd",
            ".glance a[href^='#']",
            ".glance div:nth-of-type(3) dd a",
        ];
        assert_eq!(unseen(&page, &wanted), json!([]), "{size:?}");
        assert_eq!(page.eval("scrollY"), 0);
        assert!(page.eval("document.documentElement.scrollWidth <= innerWidth") == true);
        let page = open(
            &browser,
            size,
            &format!("{}site/site-is-down.html", host.url),
        );
        let wanted = [
            "h1",
            ".scope",
            ".severity.critical, .severity.warning",
            ".glance",
            ".glance .none, .glance div:last-child",
        ];
        assert_eq!(unseen(&page, &wanted), json!([]), "{size:?}");
    }
}

#[test]
fn the_first_screen_of_real_runbooks() {
    let Some(folder) = corpora() else { return };
    let scratch = Scratch::new();
    copy(
        &folder.join("prometheus-operator-runbooks"),
        &scratch.path().join("content"),
    );
    scratch.write(
        "site.toml",
        "[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\nservice = \"kubernetes\"\n",
    );
    scratch.build(&["--lenient"]).expect(0);
    let public = scratch.path().join("public");
    let names: Vec<String> = support::files(&public)
        .into_keys()
        .filter(|name| {
            name.contains("runbooks/kubernetes/Kube") || name.contains("runbooks/kubernetes/kube")
        })
        .filter(|name| name.ends_with(".html"))
        .collect();
    assert!(names.len() > 20, "{} pages", names.len());
    let browser = Browser::start();
    let host = Host::start(&public);
    for size in SIZES {
        for name in names.iter().step_by(9) {
            let page = open(&browser, size, &format!("{}{name}", host.url));
            let wanted = [
                "h1",
                ".scope",
                ".service",
                ".glance dd",
                ".glance div:last-child",
            ];
            assert_eq!(unseen(&page, &wanted), json!([]), "{name} {size:?}");
            page.close();
        }
    }
}

/// Characters of the first line of each long paragraph; their mean is what a reader has before the eyes.
const LINES: &str = r#"(() => {
    const counts = [];
    for (const one of document.querySelectorAll(".text > p")) {
        const node = one.firstChild;
        if (!node || node.nodeType !== Node.TEXT_NODE || node.data.length < 120) continue;
        const range = document.createRange();
        range.setStart(node, 0);
        range.setEnd(node, 1);
        const top = range.getBoundingClientRect().top;
        let end = 1;
        for (; end < node.data.length; end += 1) {
            range.setStart(node, end);
            range.setEnd(node, end + 1);
            if (range.getBoundingClientRect().top > top + 5) break;
        }
        if (end < node.data.length) counts.push(end);
    }
    return counts;
})()"#;

#[test]
fn lines_are_60_to_75_characters_long() {
    let browser = Browser::start();
    let host = Host::start(own());
    let mut all = Vec::new();
    for name in [
        "guide/writing.html",
        "guide/checks.html",
        "guide/search.html",
        "guide/site-toml.html",
    ] {
        let page = open(&browser, (1600, 900), &format!("{}{name}", host.url));
        let counts = page.eval(LINES);
        all.extend(
            counts
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(Value::as_u64),
        );
    }
    assert!(all.len() > 8, "{all:?}");
    let mean = all.iter().sum::<u64>() as f64 / all.len() as f64;
    assert!(
        (60.0..=75.0).contains(&mean),
        "{mean} characters a line: {all:?}"
    );
    assert!(all.iter().all(|count| *count <= 80), "{all:?}");
}

#[test]
fn light_and_dark_are_switched_and_kept_without_a_flash() {
    let browser = Browser::start();
    let host = Host::start(own());
    let page = open(&browser, (1280, 800), &runbook(&host));
    let back = |page: &Page| page.eval("getComputedStyle(document.body).backgroundColor");
    assert_eq!(back(&page), "rgb(255, 255, 255)");
    page.click("button.theme");
    let dark = back(&page);
    assert_ne!(dark, "rgb(255, 255, 255)");
    // The first thing that is painted is dark already.
    page.before_load(
        "globalThis.first = null;
        requestAnimationFrame(function look() {
            if (document.body) globalThis.first ??= getComputedStyle(document.body).backgroundColor;
            else requestAnimationFrame(look);
        });",
    );
    page.go(&format!("{}site/publish.html", host.url));
    page.wait("globalThis.first", "a first picture");
    assert_eq!(page.eval("first"), dark);
    page.click("button.theme");
    page.reload();
    assert_eq!(back(&page), "rgb(255, 255, 255)");
    // Whoever never chose follows the system.
    page.eval("localStorage.clear()");
    page.emulate(Media {
        dark: true,
        ..QUIET
    });
    page.reload();
    assert_eq!(back(&page), dark);
    assert_eq!(page.console(), Vec::<String>::new());
}

#[test]
fn the_menu_of_a_phone_keeps_the_focus_and_gives_it_back() {
    let browser = Browser::start();
    let host = Host::start(own());
    for name in ["site/roll-back.html", "gap/index.html"] {
        let page = open(&browser, (390, 844), &format!("{}{name}", host.url));
        page.eval("document.querySelector('.menu').focus()");
        page.press("Enter");
        page.wait("document.querySelector('dialog.drawer[open]')", "the menu");
        assert!(
            page.eval("document.querySelectorAll('.drawer a').length > 4") == true,
            "{name}"
        );
        let links = page
            .eval("document.querySelectorAll('.drawer a, .drawer button, .drawer summary').length");
        for _ in 0..links.as_u64().unwrap_or(0) + 3 {
            page.press("Tab");
            // Past the last one the browser itself has the focus, never the page below.
            let inside = "document.activeElement === document.body || document.activeElement.closest('.drawer') !== null";
            assert!(
                page.eval(inside) == true,
                "{name}: {}",
                page.eval("document.activeElement.outerHTML")
            );
        }
        page.press("Escape");
        page.wait(
            "!document.querySelector('dialog.drawer')",
            "the menu to close",
        );
        assert!(
            page.eval("document.activeElement.matches('.menu')") == true,
            "{name}"
        );
        assert!(page.eval("document.querySelector('.top .lists') !== null") == true);
        page.click(".menu");
        page.wait(
            "document.querySelector('dialog.drawer[open]')",
            "the menu again",
        );
    }
}

#[test]
fn keys_lead_and_are_silent_while_somebody_types() {
    let browser = Browser::start();
    let host = Host::start(own());
    let page = open(&browser, (1280, 800), &runbook(&host));
    let focused = |page: &Page| page.eval("document.activeElement.closest('.step')?.id ?? null");
    page.press("n");
    let first = focused(&page);
    assert_eq!(first, page.eval("document.querySelector('.step').id"));
    page.press("n");
    assert_eq!(
        focused(&page),
        page.eval("document.querySelectorAll('.step')[1].id")
    );
    page.press("p");
    assert_eq!(focused(&page), first);
    // What has the focus shows it, and has a name.
    assert_ne!(
        page.eval("getComputedStyle(document.activeElement).outlineStyle"),
        "none"
    );
    let named = "document.activeElement.getAttribute('aria-label') || document.activeElement.getAttribute('aria-labelledby')";
    assert_ne!(page.eval(named), Value::Null);
    page.press("?");
    page.wait("document.querySelector('dialog.keys[open]')", "the keys");
    assert!(page.eval("document.querySelectorAll('.keys kbd').length >= 5") == true);
    page.press("n");
    assert!(page.eval("document.querySelector('dialog.keys[open]') !== null") == true);
    page.press("Escape");
    page.wait(
        "!document.querySelector('dialog.keys')",
        "the keys to close",
    );
    // In a field they are letters; with modifiers they are the browser's.
    page.eval("document.querySelector('.param-input').focus()");
    page.type_text("nph?/");
    assert_eq!(
        page.eval("document.querySelector('.param-input').value"),
        "nph?/"
    );
    assert!(page.eval("!document.querySelector('dialog[open]')") == true);
    page.eval("document.activeElement.blur()");
    page.press("Control+h");
    assert!(page.eval("location.pathname.endsWith('roll-back.html')") == true);
    page.press("/");
    page.wait(
        "document.querySelector('dialog.search[open]')",
        "the search",
    );
    page.type_text("rollback");
    page.wait("document.querySelector('.result')", "a result");
    page.press("Escape");
    page.press("h");
    page.wait("document.querySelector('article.home')", "the home page");
    // Without steps they turn pages.
    page.go(&format!("{}guide/writing.html", host.url));
    let next = page.eval("document.querySelector('[rel=next]').href");
    page.press("n");
    page.wait(&format!("location.href === {next}"), "the next page");
    assert_eq!(page.console(), Vec::<String>::new());
}

#[test]
fn a_page_needs_nothing_but_itself() {
    let browser = Browser::start();
    let host = Host::start(own());
    // Over HTTP the host sends `default-src 'self'`; on a stick there is no host at all.
    let disk = format!("file://{}/", own().display());
    for root in [host.url.as_str(), &disk] {
        for size in SIZES {
            let page = browser.page(size.0, size.1);
            page.emulate(QUIET);
            page.before_load(
                "globalThis.shift = 0;
                new PerformanceObserver((list) => { for (const one of list.getEntries()) shift += one.value; })
                    .observe({ type: 'layout-shift', buffered: true });",
            );
            for name in [
                "index.html",
                "site/roll-back.html",
                "guide/writing.html",
                "gap/index.html",
            ] {
                page.go(&format!("{root}{name}"));
                page.rest(std::time::Duration::from_millis(150));
                assert_eq!(page.eval("shift"), 0, "{name} jumps at {size:?}");
            }
            assert_eq!(page.console(), Vec::<String>::new(), "{root}");
            for address in page.requests() {
                assert!(
                    address.starts_with(root) || address.starts_with("data:"),
                    "{address}"
                );
            }
            page.close();
        }
    }
    let page = browser.page(390, 844);
    page.scripts(false);
    page.go(&runbook(&host));
    let wanted = ["h1", ".scope", ".glance dd", ".top .lists"];
    assert_eq!(unseen(&page, &wanted), json!([]), "without scripts");
    assert!(page.eval("document.querySelectorAll('button:not([hidden])').length === 0 || [...document.querySelectorAll('button')].every(one => one.getClientRects().length === 0)") == true);
    page.click(".step .tick");
    assert!(page.eval("document.querySelector('.step .tick').checked") == true);
}

#[test]
fn what_a_reader_prefers_is_kept_to() {
    let browser = Browser::start();
    let host = Host::start(own());
    let page = open(&browser, (1280, 800), &runbook(&host));
    assert_eq!(
        page.eval("getComputedStyle(document.documentElement).scrollBehavior"),
        "auto"
    );
    let moving = "[...document.querySelectorAll('*')].filter((one) => parseFloat(getComputedStyle(one).transitionDuration) > 0 || getComputedStyle(one).animationName !== 'none').length";
    assert_eq!(page.eval(moving), 0);
    page.emulate(Media {
        forced_colors: true,
        ..QUIET
    });
    // Scopes are told apart by a border that forced colours keep, and by words.
    assert_ne!(
        page.eval("getComputedStyle(document.querySelector('.scope')).borderTopStyle"),
        "none"
    );
    assert_eq!(
        page.eval("document.querySelector('.head .scope').textContent"),
        "operation"
    );
}

/// Names of alerts have no place to break, and titles, neighbours and lists are full of them.
#[test]
fn names_of_any_length_fit_a_phone() {
    let scratch = Scratch::new();
    let name = "OVNKubernetesControllerDisconnectedSouthboundDatabaseForTooLong";
    scratch.write(
        "site.toml",
        "title = \"Test\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n",
    );
    for at in 1..4 {
        let text = format!(
            "---\nalerts: [{name}{at}]\ntags: [{name}]\nservice: {name}\ntask: restore\n---\n# {name}{at}\n\n## Steps\n\n1. Look.\n"
        );
        scratch.write(&format!("content/network/page-{at}.md"), text);
    }
    scratch.build(&[]).expect(0);
    let public = scratch.path().join("public");
    let browser = Browser::start();
    let page = browser.page(390, 844);
    let files = support::files(&public);
    let pages = files.keys().filter(|name| {
        name.ends_with(".html") && !name.starts_with("404") && !name.starts_with("old")
    });
    let mut seen = 0;
    for name in pages {
        page.go(&format!("file://{}/{name}", public.display()));
        // The first is a phone whose letters are twice as large.
        for width in [195, 320, 390, 1000] {
            page.resize(width, 844);
            let wide = page.eval("document.documentElement.scrollWidth - innerWidth");
            assert_eq!(wide, 0, "{name} is too wide for {width}");
        }
        seen += 1;
    }
    assert!(seen > 12, "{seen} pages");
}

/// The list of pages stands below the text there, and so it comes after it for keys as well.
#[test]
fn on_a_phone_keys_go_down_the_page() {
    let browser = Browser::start();
    let host = Host::start(own());
    let page = open(&browser, (390, 844), &runbook(&host));
    // The skip link, the menu, home, the search, light and dark; then the page.
    for _ in 0..6 {
        page.press("Tab");
    }
    assert!(page.eval("!!document.activeElement.closest('main')") == true);
}

/// Who comes because of an alert has the search before their eyes.
#[test]
fn the_home_page_offers_the_search() {
    let browser = Browser::start();
    let host = Host::start(own());
    let page = open(&browser, (390, 844), &format!("{}index.html", host.url));
    assert_eq!(
        unseen(&page, &[".ways section:first-child [data-search-open]"]),
        json!([])
    );
    page.click(".ways [data-search-open]");
    page.wait("document.querySelector('dialog.search').open", "the search");
    page.press("Escape");
    page.wait("!document.querySelector('dialog.search').open", "its end");
    // The script has come meanwhile, and answers both buttons now.
    page.wait("globalThis.binderySearch", "the script");
    page.click(".ways [data-search-open]");
    page.wait("document.querySelector('dialog.search').open", "it again");
    let services = ".ways section:nth-child(2) a[href$='service/index.html']";
    assert_eq!(
        page.eval(&format!("document.querySelectorAll({services:?}).length")),
        1
    );
}

#[test]
fn anchors_pictures_and_lists_do_what_they_promise() {
    let scratch = Scratch::new();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web/zoo"),
        scratch.path(),
    );
    let many = (0..60).map(|n| {
        (
            format!("content/many/p{n:02}.md"),
            format!("+++\nscope = \"operation\"\n+++\n# Page {n}\n\nText.\n"),
        )
    });
    for (name, text) in many {
        scratch.write(&name, text);
    }
    scratch.build(&["--drafts", "--lenient"]).expect(0);
    let host = Host::start(&scratch.path().join("public"));
    let browser = Browser::start();
    let page = open(&browser, (1280, 800), &format!("{}db/whole.html", host.url));
    // A picture has its place before it comes: it is loaded late, and a click must not land where another thing was.
    assert_eq!(
        page.eval("(({ aspectRatio, maxWidth }) => [aspectRatio, maxWidth])(getComputedStyle(document.querySelector('article img')))"),
        json!(["auto 2400 / 600", "100%"])
    );
    // An anchor copies its link, and says so.
    page.click("h2 .anchor");
    page.wait(
        "document.querySelector('.said:not([hidden])')",
        "a word about the link",
    );
    assert!(page.eval("location.hash.length > 1") == true);
    // A wide picture can be enlarged by keys, and goes away again.
    page.wait(
        "document.querySelector('img.large')",
        "a picture that can be enlarged",
    );
    page.eval("document.querySelector('img.large').focus()");
    page.press("Enter");
    page.wait(
        "document.querySelector('dialog.picture[open] img').clientWidth > 2000",
        "the picture",
    );
    page.press("Escape");
    page.wait(
        "!document.querySelector('dialog.picture')",
        "the picture to go",
    );
    // A wide table scrolls in itself, on a phone too.
    let phone = open(&browser, (390, 844), &format!("{}db/whole.html", host.url));
    assert!(phone.eval("document.documentElement.scrollWidth <= innerWidth") == true);
    assert!(phone.eval("(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector('.text .table'))") == true);
    // Every box that can be ticked has a name.
    let nameless = "[...document.querySelectorAll('article input[type=checkbox]')].filter((one) => !one.getAttribute('aria-label') && !one.getAttribute('aria-labelledby') && !one.closest('label')).length";
    assert_eq!(phone.eval(nameless), 0);
    // The list of pages stays where it was scrolled to.
    page.go(&format!("{}many/p00.html", host.url));
    page.eval("document.querySelector('.sidebar').scrollTop = 700");
    let kept = page.eval("document.querySelector('.sidebar').scrollTop");
    page.eval("document.querySelector('.sidebar a[href$=\"p30.html\"]').click()");
    page.wait(
        "location.pathname.endsWith('p30.html') && document.readyState === 'complete'",
        "the page",
    );
    assert_eq!(
        page.eval("document.querySelector('.sidebar').scrollTop"),
        kept
    );
}
