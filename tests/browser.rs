//! The preview in a real browser: an edit shows without touching it, and nothing of the reader's is lost.
#![allow(
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "tests read the disk and stop at the first surprise"
)]

#[path = "support/browser.rs"]
mod browser;
mod support;

use std::fs;
use std::time::Duration;

use browser::{Browser, Page};
use serde_json::json;
use support::{Scratch, Serving};

const CONFIG: &str = "title = \"Test\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n";
/// Long enough that what was about to happen has happened.
const WHILE: Duration = Duration::from_millis(700);

/// A site that is served, and a browser.
struct Preview {
    scratch: Scratch,
    server: Serving,
    browser: Browser,
}

impl Preview {
    fn new(files: &[(&str, &str)]) -> Self {
        let scratch = Scratch::new();
        scratch.write("site.toml", CONFIG);
        scratch.write("content/_index.md", "# Home\n\n[a](a.md)\n");
        for (name, text) in files {
            scratch.write(name, text);
        }
        let server = Serving::of(scratch.path(), &["--port", "0"]);
        Self {
            scratch,
            server,
            browser: Browser::start(),
        }
    }

    /// Opens a page and waits until it is told of changes.
    fn open(&self, path: &str) -> Page {
        let page = self.browser.page(1000, 700);
        page.go(&format!("{}{path}", self.server.url));
        connected(&page);
        page
    }

    fn write(&self, name: &str, text: &str) {
        self.scratch.write(name, text);
    }
}

fn connected(page: &Page) {
    page.wait(
        "document.documentElement.dataset.binderyPreview === 'connected'",
        "the channel",
    );
}

/// What the overlay and the badge show.
fn panel(query: &str) -> String {
    format!("document.querySelector('bindery-preview').shadowRoot.querySelector('{query}')")
}

fn shows(text: &str) -> String {
    format!(
        "document.querySelector('main').textContent.includes({})",
        json!(text)
    )
}

#[track_caller]
fn quiet(page: &Page) {
    assert_eq!(page.console(), Vec::<String>::new());
}

#[test]
fn an_edit_shows_and_nothing_else_changes() {
    let paragraphs = |from: u32, to: u32| {
        (from..to)
            .map(|number| format!("Paragraph {number} of many, which say little.\n\n"))
            .collect::<String>()
    };
    let body = "\n- [ ] one\n- [ ] two\n\n<details><summary>More</summary>\n\nhidden text\n\n</details>\n\n";
    let text = |before: &str, after: &str| {
        format!(
            "# A\n\n{before}{}## Steps\n{body}{}{after}",
            paragraphs(0, 40),
            paragraphs(40, 80)
        )
    };
    let preview = Preview::new(&[
        ("content/a.md", &text("", "")),
        ("content/b.md", "# B\n\ntext\n"),
    ]);
    let page = preview.open("a.html");
    let other = preview.browser.page(800, 600);
    other.go(&format!("{}b.html", preview.server.url));
    connected(&other);
    other.eval(
        "new MutationObserver(() => window.stirred = true).observe(document, \
        {subtree: true, childList: true, attributes: true, characterData: true}); true",
    );
    other.forget();
    page.front();
    // The reader's marks: on nodes, in boxes, in an open element, in the focus, in where the page is scrolled to.
    page.eval(
        "window.stays = true;
         document.querySelector('main').mark = 1;
         for (const p of document.querySelectorAll('main p')) p.mark = 1;
         for (const box of document.querySelectorAll('main .tick')) { box.disabled = false; }
         document.querySelectorAll('main .tick')[1].checked = true;
         document.querySelectorAll('main .tick')[1].focus();
         document.querySelector('details').open = true;
         window.first = [...document.querySelectorAll('main p')].find(p => p.textContent.includes('Paragraph 60 '));
         scrollTo({top: first.getBoundingClientRect().top + scrollY - 100, behavior: 'instant'});
         window.top60 = first.getBoundingClientRect().top; true",
    );
    preview.write(
        "content/a.md",
        &text(
            "Something new at the start.\n\nAnd more of it.\n\n",
            "The end.\n",
        ),
    );
    page.wait(&shows("Something new at the start."), "the edit");
    page.wait(&shows("The end."), "the edit's other half");
    let state = page.eval(
        "[window.stays, document.querySelector('main').mark,
          document.querySelectorAll('main p').length,
          [...document.querySelectorAll('main p')].filter(p => !p.mark).map(p => p.textContent),
          [...document.querySelectorAll('main .tick')].map(box => box.checked),
          document.activeElement === document.querySelectorAll('main .tick')[1],
          document.querySelector('details').open,
          Math.abs(first.getBoundingClientRect().top - top60) <= 2]",
    );
    assert_eq!(state[0], true, "{state}");
    assert_eq!(state[1], 1, "{state}");
    assert_eq!(
        state[3],
        json!(["Something new at the start.", "And more of it.", "The end."])
    );
    assert_eq!(state[4], json!([false, true]));
    assert_eq!(
        (&state[5], &state[6], &state[7]),
        (&json!(true), &json!(true), &json!(true)),
        "{state}"
    );
    // A step whose text changes is another step and loses its tick; the others keep theirs.
    let changed = text(
        "Something new at the start.\n\nAnd more of it.\n\n",
        "The end.\n",
    )
    .replace("one", "one, said better");
    let ticks = "[...document.querySelectorAll('main .tick')].map(box => box.checked)";
    preview.write("content/a.md", &changed);
    page.wait(&shows("one, said better"), "a changed step");
    assert_eq!(page.eval(ticks), json!([false, true]));
    preview.write("content/a.md", &changed.replace("two", "two, said better"));
    page.wait(&shows("two, said better"), "another changed step");
    assert_eq!(page.eval(ticks), json!([false, false]));
    // The other tab was told nothing and asked for nothing.
    other.rest(WHILE);
    assert_eq!(other.eval("window.stirred === true"), false);
    assert_eq!(other.requests(), Vec::<String>::new());
    quiet(&page);
    quiet(&other);
}

#[test]
fn an_error_comes_and_goes() {
    let good = "# A\n\n[b](b.md)\n";
    let preview = Preview::new(&[("content/a.md", good), ("content/b.md", "# B\n")]);
    preview.write(
        "site.toml",
        &format!("{CONFIG}[preview]\neditor = \"vscode\"\n"),
    );
    let page = preview.open("a.html");
    page.wait(
        &format!("{}.href.startsWith('vscode://file/')", panel(".edit")),
        "the link to the editor",
    );
    let file = preview.scratch.path().join("content/a.md");
    assert_eq!(
        page.eval(&format!("{}.href", panel(".edit"))),
        format!("vscode://file{}:1:1", file.display())
    );
    assert_eq!(page.eval(&format!("{}.hidden", panel(".panel"))), true);
    assert_eq!(page.eval(&format!("{}.hidden", panel(".badge"))), true);

    preview.write("content/a.md", "# A, broken\n\n[b](gone.md)\n");
    page.wait(&format!("!{}.hidden", panel(".panel")), "the error");
    let shown = page.eval(&format!("{}.textContent", panel(".panel")));
    let shown = shown.as_str().expect("text");
    for part in [
        "1 error",
        "content/a.md:3:1",
        "there is no page or file `gone.md`",
        "[b](gone.md)",
        "help:",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert_eq!(
        page.eval(&format!("{}.href", panel(".place"))),
        format!("vscode://file{}:3:1", file.display())
    );
    // The last good page is under it.
    assert_eq!(page.eval(&shows("broken")), false);
    if let Ok(folder) = std::env::var("BINDERY_SHOTS") {
        for (width, dark) in [(1000, false), (1000, true), (400, false)] {
            page.resize(width, 700);
            page.emulate(browser::Media {
                dark,
                ..Default::default()
            });
            page.screenshot(format!("{folder}/overlay-{width}-{dark}.png"));
        }
        page.resize(1000, 700);
    }
    page.press("Escape");
    page.wait(&format!("{}.hidden", panel(".panel")), "the panel closed");
    assert_eq!(
        page.eval(&format!("{}.textContent", panel(".badge"))),
        "1 error"
    );
    page.click("bindery-preview >>> .badge");
    page.wait(&format!("!{}.hidden", panel(".panel")), "the panel again");

    preview.write("content/a.md", "# A, mended\n\n[b](b.md)\n");
    page.wait(&shows("A, mended"), "the mended page");
    page.wait(
        &format!("{0}.hidden && {1}.hidden", panel(".panel"), panel(".badge")),
        "no error",
    );

    // A warning is a badge and no more, until it is asked for.
    preview.write("content/a.md", "# A\n\n```nolanguage\nx\n```\n");
    page.wait(
        &format!("{}.textContent === '1 warning'", panel(".badge")),
        "the badge",
    );
    assert_eq!(page.eval(&format!("{}.hidden", panel(".panel"))), true);
    page.click("bindery-preview >>> .badge");
    page.wait(
        &format!("{}.textContent.includes('nolanguage')", panel(".panel")),
        "the warning",
    );
    quiet(&page);
}

#[test]
fn a7_a_hostile_name_in_the_overlay_is_text() {
    let preview = Preview::new(&[("content/a.md", "# A\n")]);
    let page = preview.open("a.html");
    page.eval("window.ran = 0; true");
    preview.write(
        "content/\"><img src=x onerror=ran=1>.md",
        "# <img src=x onerror=ran=1>\n\n[x](<img src=x onerror=ran=1>.md) [y](gone.md)\n",
    );
    page.wait(&format!("!{}.hidden", panel(".panel")), "the error");
    page.rest(WHILE);
    assert_eq!(page.eval("window.ran"), 0);
    assert_eq!(
        page.eval(&format!(
            "{}.querySelectorAll('img').length",
            panel(".panel")
        )),
        0
    );
    let shown = page.eval(&format!("{}.textContent", panel(".panel")));
    assert!(
        shown.as_str().expect("text").contains("onerror=ran=1"),
        "{shown}"
    );
}

#[test]
fn pages_go_and_come_back() {
    let preview = Preview::new(&[("content/a.md", "# A\n\nfirst\n")]);
    let page = preview.open("a.html");
    preview.write("content/_index.md", "# Home\n");
    fs::remove_file(preview.scratch.path().join("content/a.md")).unwrap();
    page.wait(&shows("There is no page here"), "the 404 page");
    preview.write("content/a.md", "# A\n\nback\n");
    page.wait(&shows("back"), "the page that came back");
    // The browser logs the 404 itself; nothing else was amiss.
    let console = page.console();
    assert!(
        console.iter().all(|line| line.contains("404 (Not Found)")),
        "{console:?}"
    );
    page.forget();
    page.front();

    // A hidden tab lets go of its connection, and is up to date when it is seen again.
    page.eval("window.stays = true");
    let other = preview.open("index.html");
    other.front();
    page.rest(WHILE);
    preview.write("content/a.md", "# A\n\nwhile nobody looked\n");
    page.front();
    page.wait(&shows("while nobody looked"), "the edit, once seen");
    assert_eq!(page.eval("window.stays"), true);
    quiet(&page);
}

#[test]
fn styles_templates_and_pictures_show_without_a_reload() {
    const DOT: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" width="SIZE" height="SIZE"/>"#;
    let preview = Preview::new(&[
        ("content/a.md", "# A\n\n![dot](dot.svg)\n"),
        ("content/dot.svg", &DOT.replace("SIZE", "10")),
        (
            "themes/ours/theme.toml",
            "name = \"ours\"\nextends = \"default\"\n",
        ),
        (
            "themes/ours/assets/style.css",
            "main { color: rgb(1, 2, 3) }",
        ),
    ]);
    preview.write("site.toml", &format!("theme = \"ours\"\n{CONFIG}"));
    let page = preview.open("a.html");
    let color = "getComputedStyle(document.querySelector('main')).color";
    page.wait(&format!("{color} === 'rgb(1, 2, 3)'"), "the first style");
    page.eval("window.stays = true; document.querySelector('main').mark = 1");
    preview.write(
        "themes/ours/assets/style.css",
        "main { color: rgb(4, 5, 6) }",
    );
    page.wait(&format!("{color} === 'rgb(4, 5, 6)'"), "the other style");

    page.wait(
        "document.querySelector('main img').naturalWidth === 10",
        "the picture",
    );
    preview.write("content/dot.svg", &DOT.replace("SIZE", "20"));
    page.wait(
        "document.querySelector('main img').naturalWidth === 20",
        "the other picture",
    );

    let template = fs::read_to_string("themes/default/templates/page.html").unwrap();
    let template = template.replace("{{ page.source }}", "From the template {{ page.source }}");
    preview.write("themes/ours/templates/page.html", &template);
    page.wait(
        "document.body.textContent.includes('From the template')",
        "the template",
    );
    assert_eq!(
        page.eval("[window.stays, document.querySelector('main').mark]"),
        json!([true, 1])
    );
    quiet(&page);
}

#[test]
fn the_server_starts_again() {
    let mut preview = Preview::new(&[("content/a.md", "# A\n\nfirst\n")]);
    let page = preview.open("a.html");
    page.eval("window.stays = true");
    let port = preview
        .server
        .url
        .trim_end_matches('/')
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    preview.server.kill();
    preview.write("content/a.md", "# A\n\nmeanwhile\n");
    page.rest(WHILE);
    preview.server = Serving::of(preview.scratch.path(), &["--port", &port]);
    page.wait(&shows("meanwhile"), "the edit made meanwhile");
    assert_eq!(page.eval("window.stays"), true);
}

/// An alert is found however its name is written: whoever is woken types what the message says.
#[test]
fn names_of_alerts_answer_in_any_case() {
    let preview = Preview::new(&[(
        "content/web.md",
        "---\nalerts: [WebServerDown]\n---\n# Restart the web server\n",
    )]);
    let page = preview.browser.page(1000, 700);
    page.go(&preview.server.url);
    // The page that is asked for makes place for another before it has loaded.
    let ask = |path: &str| {
        page.eval(&format!(
            "void setTimeout(() => {{ location.href = '/{path}' }}, 0)"
        ))
    };
    for asked in [
        "alerts/WebServerDown.html",
        "alerts/WEBSERVERDOWN",
        "alerts/WebServerDown/",
    ] {
        ask(asked);
        page.wait("location.pathname === '/alerts/webserverdown.html'", asked);
        page.wait(&shows("Restart the web server"), asked);
        page.go(&preview.server.url);
    }
    // What is not there stays what it is, and is asked for no more.
    ask("alerts/Nothing");
    page.wait(
        "location.pathname === '/alerts/nothing.html'",
        "the last try",
    );
    page.wait(
        "document.title.startsWith('There is no page here')",
        "the page that says so",
    );
}
