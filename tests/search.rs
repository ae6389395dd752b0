//! The search in a real browser, over HTTP and from disk: what is typed finds what it should, in the right order, and
//! nothing but keys is needed.
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
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use browser::{Browser, Page};
use serde_json::{Value, json};
use support::{Scratch, Serving};

const CONFIG: &str = "title = \"Test\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n";

/// A site with something for each way of searching.
const PAGES: &[(&str, &str)] = &[
    ("_index.md", "# Home\n\nStart here.\n"),
    (
        "kube/crash.md",
        "---\nalerts: [KubePodCrashLooping]\ntags: [pods]\nowner: platform-crew\n---\n# A pod restarts again and again\n\nThe kubelet gives up.\n\n## Diagnosis\n\n```console\n$ kubectl describe pod api-0\nBack-off restarting failed container\nError: ImagePullBackOff\n```\n\n## Mitigation\n\nDelete the pod.\n",
    ),
    (
        "kube/about.md",
        "# Names of alerts\n\nText.\n\n## List\n\nKubePodCrashLooping and KubeNodeNotReady are names.\n",
    ),
    (
        "git/push.md",
        "---\nscope: maintenance\n---\n# Push after a rebase\n\nRun `git push --force-with-lease`, never plain force.\n",
    ),
    (
        "db/activity.md",
        "# Find what is slow\n\nAsk first.\n\n## Ask the server\n\n```sql\nSELECT pid FROM pg_stat_activity WHERE state = 'active';\n```\n",
    ),
    (
        "db/limit.md",
        "---\nalerts: [ERR-1042]\n---\n# Too many connections\n\nThe pool is empty.\n",
    ),
    (
        "db/upgrade.md",
        "---\nscope: [maintenance]\n---\n# Upgrade PostgreSQL\n\nPlan it.\n\n## Replace the pool\n\nThe old pool goes.\n",
    ),
    (
        "etcd/member.md",
        "# Replace a member\n\nThe key is `etcd.io/foo`, the image gcr.io/etcd-development/etcd:v3.5.\n\n## Quorum\n\nThree of five.\n",
    ),
    ("etcd/quorum.md", "# Quorum lost\n\nText.\n"),
    (
        "etcd/notes.md",
        "# Notes\n\nWithout quorum nothing is written; quorum, quorum, quorum.\n",
    ),
    (
        "old/quorum.md",
        "---\nstatus: deprecated\n---\n# Quorum of old\n\nText.\n",
    ),
    (
        "ja/db.md",
        "# データベース復旧手順\n\n本文です。\n\n## 確認\n\n接続数を確認する。\n",
    ),
    (
        "ko/db.md",
        "# 데이터베이스 복구\n\n클러스터를 다시 시작한다.\n",
    ),
    (
        "de/weg.md",
        "# Rückgängig machen\n\nÜberprüfung der Größe.\n",
    ),
    (
        "hostile.md",
        "---\ntitle: '<img src=x onerror=\"window.hacked = 1\"> trap'\ntags: ['<b>bold</b>']\nservice: '\"><script>window.hacked = 2</script>'\n---\n\nBefore `<script>window.hacked = 3</script>` snare &amp; &lt;i&gt; after.\n\n## <u onclick=\"window.hacked = 4\">under</u> `</ul><script>`\n\nMore snare.\n",
    ),
];

fn site(config: &str) -> Scratch {
    let scratch = Scratch::new();
    scratch.write("site.toml", config);
    for (name, text) in PAGES {
        scratch.write(&format!("content/{name}"), text);
    }
    scratch
}

fn built(config: &str) -> Scratch {
    let scratch = site(config);
    scratch.build(&[]).expect(0);
    scratch
}

/// Serves a folder with the policy that the pages promise to work under.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            std::thread::spawn(move || answer(&stream, &folder));
        }
    });
    url
}

fn answer(mut stream: &TcpStream, folder: &Path) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    for line in lines {
        if line.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or("/");
    let path = path.split('?').next().unwrap_or_default();
    let kind = match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        _ => "text/html",
    };
    let (status, body) = match fs::read(folder.join(path.trim_start_matches('/'))) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nContent-Security-Policy: default-src 'self'\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
}

const DIALOG: &str = "document.querySelector('dialog[data-search]')";

/// Types a query into the open search and waits for its answer.
#[track_caller]
fn ask(page: &Page, query: &str) -> Value {
    page.eval(&format!(
        "(() => {{ const input = document.querySelector('[data-search-input]');
            document.querySelector('[data-search-status]').textContent = '';
            input.value = {}; input.dispatchEvent(new Event('input')); }})()",
        json!(query)
    ));
    page.wait(
        "document.querySelector('[data-search-status]').textContent.match(/page|Nothing|hint|could/)",
        &format!("an answer to {query}"),
    );
    page.eval(
        "Array.from(document.querySelectorAll('[data-search-results] > li'), (item) => ({
            title: item.querySelector('.result-title').textContent,
            href: item.querySelector('a').href,
            marks: Array.from(item.querySelectorAll('mark'), (mark) => mark.textContent),
            headings: Array.from(item.querySelectorAll('.result-heading'), (name) => name.textContent),
            places: Array.from(item.querySelectorAll('ul a'), (link) => link.href),
            text: item.textContent,
        }))",
    )
}

fn titles(answer: &Value) -> Vec<&str> {
    let items = answer.as_array().expect("a list");
    items
        .iter()
        .map(|item| item["title"].as_str().expect("a title"))
        .collect()
}

fn strings(value: &Value) -> Vec<&str> {
    let items = value.as_array().expect("a list");
    items.iter().filter_map(Value::as_str).collect()
}

#[track_caller]
fn opened(browser: &Browser, url: &str) -> Page {
    let page = browser.page(1000, 800);
    page.go(url);
    page.press("/");
    page.wait(&format!("{DIALOG}.open"), "the search");
    page
}

#[track_caller]
fn quiet(page: &Page) {
    assert_eq!(page.console(), Vec::<String>::new());
}

/// A query, the title of the first page it finds, and what is marked there.
const QUERIES: &[(&str, &str, &str)] = &[
    // Identifiers, whole and by their parts.
    // What is found by its alert shows it.
    (
        "KubePodCrashLooping",
        "A pod restarts again and again",
        "KubePodCrashLooping",
    ),
    ("crashloop", "A pod restarts again and again", "CrashLoop"),
    ("kubepod", "A pod restarts again and again", "KubePod"),
    ("pods", "A pod restarts again and again", "pods"),
    ("crash looping", "A pod restarts again and again", ""),
    (
        "--force-with-lease",
        "Push after a rebase",
        "force-with-lease",
    ),
    ("force-with", "Push after a rebase", "force-with"),
    ("with-lease", "Push after a rebase", "with-lease"),
    ("lease", "Push after a rebase", "lease"),
    ("pg_stat_activity", "Find what is slow", "pg_stat_activity"),
    ("stat_activity", "Find what is slow", "stat_activity"),
    ("activity", "Find what is slow", "activity"),
    ("ERR-1042", "Too many connections", "ERR-1042"),
    ("err 1042", "Too many connections", ""),
    ("1042", "Too many connections", ""),
    ("etcd.io/foo", "Replace a member", "etcd.io/foo"),
    (
        "gcr.io/etcd-development",
        "Replace a member",
        "gcr.io/etcd-development",
    ),
    (
        "ImagePullBackOff",
        "A pod restarts again and again",
        "ImagePullBackOff",
    ),
    // Text of an error, inside code.
    (
        "back-off restarting failed",
        "A pod restarts again and again",
        "Back-off",
    ),
    // Fields.
    ("platform-crew", "A pod restarts again and again", ""),
    // Beginnings and slips.
    ("conn", "Too many connections", "conn"),
    ("postg", "Upgrade PostgreSQL", "Postg"),
    ("postgers", "Upgrade PostgreSQL", "PostgreSQL"),
    ("conections", "Too many connections", "connections"),
    (
        "KubePodCrahsLooping",
        "A pod restarts again and again",
        "KubePodCrashLooping",
    ),
    ("pg_stat_actvity", "Find what is slow", "pg_stat_activity"),
    ("qurum", "Quorum lost", "Quorum"),
    // Scripts.
    ("復旧", "データベース復旧手順", "復旧"),
    (
        "データベース復旧",
        "データベース復旧手順",
        "データベース復旧",
    ),
    ("接続数", "データベース復旧手順", "接続数"),
    ("데이터베이스", "데이터베이스 복구", "데이터베이스"),
    ("클러스터", "데이터베이스 복구", "클러스터"),
    ("복구", "데이터베이스 복구", "복구"),
    ("rückgängig", "Rückgängig machen", "Rückgängig"),
    ("ruckgangig", "Rückgängig machen", "Rückgängig"),
    ("GRÖSSE", "Rückgängig machen", "Größe"),
];

fn finds(page: &Page) {
    for (query, title, mark) in QUERIES {
        let found = ask(page, query);
        assert_eq!(titles(&found).first(), Some(title), "{query}: {found:#}");
        if !mark.is_empty() {
            let marks = strings(&found[0]["marks"]);
            assert!(marks.contains(mark), "{query}: {marks:?} in {found:#}");
        }
    }
    for nothing in ["zzzzqqqq", "ERR-1043", "復活祭"] {
        let found = ask(page, nothing);
        assert!(titles(&found).is_empty(), "{nothing}: {found:#}");
    }
}

#[test]
fn finds_over_http_and_from_disk() {
    let scratch = built(CONFIG);
    let folder = scratch.path().join("public");
    let browser = Browser::start();
    let http = serve(folder.clone());
    for url in [
        format!("{http}db/limit.html"),
        format!("file://{}/db/limit.html", folder.display()),
        format!("file://{}/index.html", folder.display()),
    ] {
        let page = opened(&browser, &url);
        finds(&page);
        quiet(&page);
        page.close();
    }
}

#[test]
fn ranks_titles_before_headings_before_text() {
    let scratch = built(CONFIG);
    let browser = Browser::start();
    let page = opened(
        &browser,
        &format!("file://{}/public/index.html", scratch.path().display()),
    );
    let found = ask(&page, "quorum");
    assert_eq!(
        titles(&found),
        ["Quorum lost", "Quorum of old", "Replace a member", "Notes"]
    );
    assert!(found[1]["text"].as_str().unwrap().contains("deprecated"));
    // The section is named, and the link leads to it.
    assert_eq!(strings(&found[2]["headings"]), ["Quorum"]);
    assert!(
        found[2]["places"][0]
            .as_str()
            .unwrap()
            .ends_with("etcd/member.html#quorum")
    );
    // An alert's own page stands before one that names it.
    let found = ask(&page, "KubePodCrashLooping");
    assert_eq!(
        titles(&found),
        ["A pod restarts again and again", "Names of alerts"]
    );
    // All words count; the page that has both stands alone.
    assert_eq!(titles(&ask(&page, "replace quorum")), ["Replace a member"]);
    let said = "document.querySelector('[data-search-status]').textContent";
    assert_eq!(page.eval(said), json!("1 page"));
    // Where no page has all of them, those with the most, and it is said.
    assert_eq!(
        titles(&ask(&page, "majority quorum replace")),
        ["Replace a member"]
    );
    assert!(
        page.eval(said)
            .as_str()
            .unwrap()
            .starts_with("No page has every word")
    );
    // Excerpts show the place.
    let text = ask(&page, "pool")[0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("The old pool goes."), "{text}");
    quiet(&page);
}

#[test]
fn filters_by_scope_and_service() {
    let scratch = built(CONFIG);
    let browser = Browser::start();
    let page = opened(
        &browser,
        &format!("file://{}/public/index.html", scratch.path().display()),
    );
    let choose = |name: &str, label: &str| {
        page.eval(&format!(
            "(() => {{ const list = document.querySelector('[data-search-{name}]');
                list.value = Array.from(list.options).find((option) => option.textContent === {}).value; }})()",
            json!(label)
        ));
    };
    assert_eq!(
        titles(&ask(&page, "pool")),
        ["Upgrade PostgreSQL", "Too many connections"]
    );
    choose("scope", "operation");
    assert_eq!(titles(&ask(&page, "pool")), ["Too many connections"]);
    choose("scope", "maintenance");
    assert_eq!(titles(&ask(&page, "pool")), ["Upgrade PostgreSQL"]);
    choose("scope", "any");
    choose("service", "git");
    assert!(titles(&ask(&page, "pool")).is_empty());
    choose("service", "db");
    assert_eq!(titles(&ask(&page, "pool")).len(), 2);
    assert_eq!(titles(&ask(&page, "replace")), ["Upgrade PostgreSQL"]);
    quiet(&page);
}

#[test]
fn keys_are_enough() {
    let scratch = built(CONFIG);
    let browser = Browser::start();
    let page = browser.page(1000, 800);
    let root = format!("file://{}/public/", scratch.path().display());
    page.go(&format!("{root}etcd/notes.html"));
    let focus = |what: &str| format!("document.activeElement.matches('{what}')");
    // Nothing of the index is loaded before it is wanted.
    assert!(!page.requests().iter().any(|url| url.contains("/search/")));
    page.press("/");
    page.wait(&focus("[data-search-input]"), "the field");
    page.type_text("quorum");
    page.wait(
        "document.querySelectorAll('[data-search-results] > li').length === 4",
        "results",
    );
    assert_eq!(
        page.eval("document.querySelector('[data-search-input]').value"),
        json!("quorum")
    );
    page.press("ArrowDown");
    page.wait(
        &focus("[data-search-results] > li:first-child a"),
        "the first",
    );
    page.press("ArrowDown");
    page.wait(
        &focus("[data-search-results] > li:nth-child(2) a"),
        "the second",
    );
    page.press("ArrowUp");
    page.press("ArrowUp");
    page.wait(&focus("[data-search-input]"), "the field again");
    page.press("ArrowDown");
    page.type_text("x");
    page.wait(
        "document.querySelector('[data-search-input]').value === 'quorumx'",
        "typing goes on",
    );
    page.press("Escape");
    page.wait(&format!("!{DIALOG}.open"), "closed");
    // A slash in a field is a slash.
    page.eval("(() => { const field = document.createElement('input'); document.querySelector('main').append(field); field.focus(); })()");
    page.press("/");
    page.rest(Duration::from_millis(200));
    assert_eq!(page.eval(&format!("{DIALOG}.open")), json!(false));
    page.eval("document.querySelector('main input').remove()");
    // The button does what the key does, and Enter opens the first result.
    page.click("[data-search-open]");
    page.wait(&focus("[data-search-input]"), "the field");
    page.type_text("ERR-1042");
    page.press("Enter");
    page.wait("location.pathname.endsWith('/db/limit.html')", "the page");
    // A place in the page that is open: the dialog goes.
    page.go(&format!("{root}etcd/member.html"));
    page.press("/");
    page.type_text("three of five");
    page.wait(
        "document.querySelector('[data-search-results] li li a')",
        "a section",
    );
    page.press("ArrowDown");
    page.press("ArrowDown");
    page.press("Enter");
    page.wait(
        &format!("location.hash === '#quorum' && !{DIALOG}.open"),
        "the heading",
    );
    quiet(&page);
}

#[test]
fn hostile_text_is_text() {
    let scratch = site(CONFIG);
    scratch.build(&["--lenient"]).expect(0);
    let browser = Browser::start();
    let http = serve(scratch.path().join("public"));
    for url in [
        format!("{http}index.html"),
        format!("file://{}/public/index.html", scratch.path().display()),
    ] {
        let page = opened(&browser, &url);
        for query in [
            "trap", "snare", "onerror", "bold", "script", "under", "<script>", "hacked", "&amp;",
        ] {
            let found = ask(&page, query);
            if query == "&amp;" {
                continue;
            }
            let title = "<img src=x onerror=\"window.hacked = 1\"> trap";
            assert!(titles(&found).contains(&title), "{query}: {found:#}");
        }
        let found = ask(&page, "snare");
        let text = found[0]["text"].as_str().unwrap();
        assert!(
            text.contains("<script>window.hacked = 3</script> snare & <i> after."),
            "{text}"
        );
        assert_eq!(
            page.eval("[window.hacked === undefined, document.querySelectorAll('dialog :is(img, script, b, u, i)').length]"),
            json!([true, 0])
        );
        quiet(&page);
        page.close();
    }
}

#[test]
fn nothing_is_offered_that_cannot_be() {
    let scratch = built(CONFIG);
    let browser = Browser::start();
    let page = browser.page(1000, 800);
    let url = format!("file://{}/public/index.html", scratch.path().display());
    page.scripts(false);
    page.go(&url);
    let shown = "Array.from(document.querySelectorAll('[data-search-open], dialog')).filter((element) => element.checkVisibility()).length";
    assert_eq!(page.eval(shown), json!(0));
    page.scripts(true);
    page.go(&url);
    // In the head and among the home page's ways in.
    assert_eq!(page.eval(shown), json!(2));
    quiet(&page);
    // A site whose index is gone says so.
    fs::remove_dir_all(scratch.path().join("public/search")).unwrap();
    page.press("/");
    page.type_text("quorum");
    page.wait(
        "document.querySelector('[data-search-status]').textContent.includes('could not be loaded')",
        "the excuse",
    );
}

/// An open page never shows old results with a new site, and finds what was just published.
#[test]
fn a_new_site_is_searched_at_once() {
    let scratch = built(CONFIG);
    let browser = Browser::start();
    let http = serve(scratch.path().join("public"));
    let page = opened(&browser, &format!("{http}index.html"));
    assert_eq!(titles(&ask(&page, "quorum lost")), ["Quorum lost"]);
    // The site changes while the search is open: pages move, words go.
    scratch.write(
        "content/aaa/first.md",
        "# Gryphon\n\nquorum lost and found\n",
    );
    scratch.write("content/etcd/quorum.md", "# Majority lost\n\nWombat.\n");
    scratch.build(&[]).expect(0);
    // What is not loaded yet is of the new site, and the search notices.
    let found = ask(&page, "wombat");
    assert_eq!(titles(&found), Vec::<&str>::new());
    page.press("Escape");
    page.wait(&format!("!{DIALOG}.open"), "closed");
    page.press("/");
    page.wait(
        "document.querySelector('[data-search-results] .result-title')?.textContent === 'Majority lost'",
        "the answer of the new site",
    );
    assert_eq!(titles(&ask(&page, "gryphon")), ["Gryphon"]);
    quiet(&page);
}

#[test]
fn the_preview_finds_what_was_just_written() {
    let scratch = site(CONFIG);
    let server = Serving::of(scratch.path(), &["--lenient", "--port", "0"]);
    let url = server.url.as_str();
    let browser = Browser::start();
    let page = opened(&browser, url);
    assert!(titles(&ask(&page, "gryphon")).is_empty());
    page.press("Escape");
    page.wait(&format!("!{DIALOG}.open"), "closed");
    scratch.write("content/etcd/notes.md", "# Notes\n\nA gryphon.\n");
    page.wait(
        "fetch('etcd/notes.html').then((page) => page.text()).then((text) => text.includes('gryphon'))",
        "the edit",
    );
    page.press("/");
    page.wait(
        "document.querySelector('[data-search-results] .result-title')?.textContent === 'Notes'",
        "the new answer",
    );
    quiet(&page);
}
