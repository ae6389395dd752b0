//! Checklists in a real browser: ticked, reloaded, edited, handed over, filled in, copied, under a strict policy.
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
#[path = "support/host.rs"]
mod host;
mod support;

use browser::{Browser, Media, Page};
use host::Host;
use serde_json::{Value, json};
use support::{Scratch, Serving};

const CONFIG: &str = "title = \"Test\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n";
const RUNBOOK: &str = r#"---
owner: Storage
params:
  host: { description: Name of the host, pattern: "[a-z0-9.-]+", default: db1 }
  note: { description: What to write }
  site: { description: Where, options: [north, south] }
  password: { description: Of the account, secret: true }
---
# Fail over

Go to <site> and do it.

## Steps

1. Stop the service on <host>.

   ```bash
   ssh <host> systemctl stop db # it's <note>
   echo <note> "say <note>" 'quote <note>' > log
   ```

   Expect: it is gone.
2. Replication lag ..... below 5 s
3. Log in.

   ```console
   $ psql --password=<password> -h <host> <database>
   db=>
   ```
4. Can wait: tell the others.

## Rollback

1. Start it again.
"#;

/// A tab whose reader wants nothing to move: what scrolls slowly would run away from the mouse.
fn tab(browser: &Browser) -> Page {
    let page = browser.page(1000, 900);
    page.emulate(Media {
        reduced_motion: true,
        ..Media::default()
    });
    page
}

/// A built site behind a server that allows nothing but the site's own files.
struct Shown {
    scratch: Scratch,
    host: Host,
    browser: Browser,
}

impl Shown {
    fn new(runbook: &str) -> Self {
        let scratch = Scratch::new();
        scratch.write("site.toml", CONFIG);
        scratch.write("content/a.md", runbook);
        scratch.write("content/b.md", "# B\n\n## Steps\n\n1. Only step.\n");
        scratch.build(&[]).expect(0);
        let host = Host::start(&scratch.path().join("public"));
        Self {
            scratch,
            host,
            browser: Browser::start(),
        }
    }

    /// Writes the runbook anew and builds.
    fn edit(&self, runbook: &str) {
        self.scratch.write("content/a.md", runbook);
        self.scratch.build(&[]).expect(0);
    }

    fn open(&self) -> Page {
        let page = tab(&self.browser);
        // What is copied is kept where the test can see it.
        page.before_load(
            "if (navigator.clipboard) navigator.clipboard.writeText = async (text) => { window.copied = text; };
             document.addEventListener('copy', () => { window.copied = document.activeElement.value; });",
        );
        page.go(&format!("{}a.html", self.host.url));
        page
    }
}

fn step(id: &str) -> String {
    format!("[id=\"{id}\"]")
}

fn tick(page: &Page, id: &str) {
    page.click(&format!("{} > .step-box > .tick", step(id)));
}

fn states(page: &Page) -> Value {
    page.eval("[...document.querySelectorAll('.step')].map(one => one.dataset.state || 'none')")
}

fn ticks(page: &Page) -> Value {
    page.eval("[...document.querySelectorAll('.tick')].map(one => one.checked)")
}

fn text(page: &Page, selector: &str) -> String {
    let found = page.eval(&format!(
        "document.querySelector({}).textContent.trim()",
        json!(selector)
    ));
    found.as_str().expect("text").to_owned()
}

fn press(page: &Page, act: &str) {
    page.eval("document.querySelector('[data-run=details]').open = true");
    page.click(&format!("[data-act=\"{act}\"]"));
}

#[track_caller]
fn quiet(page: &Page) {
    assert_eq!(page.console(), Vec::<String>::new());
}

/// Types over what a field of a form holds.
fn enter(page: &Page, selector: &str, value: &str) {
    page.eval(&format!(
        "(() => {{ const one = document.querySelector({}); one.focus(); one.value = ''; \
         one.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()",
        json!(selector)
    ));
    page.type_text(value);
}

const STOP: &str = "steps.stop-the-service-on-host";
const LAG: &str = "steps.replication-lag-below-5-s";
const LOGIN: &str = "steps.log-in";

#[test]
fn a_run_is_kept_and_handed_over() {
    let shown = Shown::new(RUNBOOK);
    let page = shown.open();
    page.click("[data-run=details] > summary");
    enter(&page, "[data-run=operator]", "Ada");
    enter(&page, "[data-run=incident]", "INC-7");
    page.press("Enter");
    page.wait(
        "document.querySelector('.run-bar').dataset.state === 'running'",
        "a run",
    );
    assert!(page.eval("document.querySelector('.step.next').id") == STOP);
    tick(&page, STOP);
    assert_eq!(page.eval("document.querySelector('.step.next').id"), LAG);
    // Skipped for a reason, failed with what happened, noted.
    page.click(&format!("{} .act-skip", step(LAG)));
    page.type_text("no replica");
    page.press("Enter");
    page.click(&format!("{} .act-fail", step(LOGIN)));
    page.type_text("refused");
    page.press("Enter");
    page.click(&format!("{} .act-note", step(STOP)));
    page.type_text("took | long");
    page.press("Enter");
    let expected = json!(["done", "skipped", "failed", "open", "open"]);
    assert_eq!(states(&page), expected);
    assert_eq!(
        text(&page, "[data-run=text]"),
        "1 of 4 done, 1 skipped, 1 failed"
    );
    assert!(text(&page, &format!("{} > .step-time", step(STOP))).ends_with('Z'));

    // Reloaded, and seen in another tab at once.
    page.reload();
    assert_eq!(states(&page), expected);
    assert!(text(&page, "[data-run=who]").starts_with("INC-7 · Ada"));
    let other = shown.open();
    assert_eq!(states(&other), expected);
    tick(&other, "rollback.start-it-again");
    page.wait(
        "document.querySelectorAll('.step[data-state=done]').length === 2",
        "the other tab's tick",
    );
    tick(&other, "rollback.start-it-again");
    page.wait(
        "document.querySelectorAll('.step[data-state=done]').length === 1",
        "its end",
    );

    // The report, also where there is no clipboard. A tab that is hidden by others is slow to take a click.
    page.front();
    // One click, with the form of the run folded.
    assert_eq!(
        page.eval("document.querySelector('[data-run=details]').open"),
        false
    );
    page.click("[data-act=copy]");
    page.wait("window.copied", "the report");
    page.wait(
        "document.querySelector('[data-run=message]').textContent",
        "that it was copied",
    );
    let report = page.eval("window.copied").as_str().unwrap().to_owned();
    for wanted in [
        "# Fail over",
        "- Operator: Ada",
        "- Incident or change: INC-7",
        "- `<host>`: db1",
        "| 1 | Stop the service on db1. | done |",
        "took \\| long |",
        "| 2 | Replication lag ..... below 5 s | skipped |",
        "| refused |",
        "## Timeline",
        "step 2 skipped (Replication lag ..... below 5 s): no replica",
    ] {
        assert!(report.contains(wanted), "{wanted} is not in\n{report}");
    }
    let plain = tab(&shown.browser);
    plain.before_load(
        "Object.defineProperty(window, 'isSecureContext', { value: false });
         document.addEventListener('copy', () => { window.copied = document.activeElement.value; });",
    );
    plain.go(&format!("{}a.html", shown.host.url));
    press(&plain, "copy");
    plain.wait(
        "window.copied && window.copied.includes('# Fail over')",
        "the report without a clipboard",
    );

    // Handed over: a fresh profile takes the run up.
    page.front();
    let file = saved(&page);
    assert!(
        !file.contains("secret") && file.contains("\"bindery-run\""),
        "{file}"
    );
    let elsewhere = Browser::start();
    let theirs = tab(&elsewhere);
    theirs.go(&format!("{}a.html", shown.host.url));
    for wrong in [
        "no json",
        "{}",
        "{\"format\":\"bindery-run\",\"version\":1,\"page\":\"b\",\"title\":\"B\"}",
    ] {
        theirs.eval("document.querySelector('[data-run=message]').textContent = ''");
        give(&theirs, wrong);
        theirs.wait(
            "document.querySelector('[data-run=message]').textContent",
            "a refusal",
        );
        assert_eq!(
            states(&theirs),
            json!(["none", "none", "none", "none", "none"])
        );
    }
    give(&theirs, &file);
    theirs.wait(
        "document.querySelector('.run-bar').dataset.state === 'running'",
        "the run that was taken over",
    );
    assert_eq!(states(&theirs), expected);
    tick(&theirs, "steps.tell-the-others");
    assert_eq!(states(&theirs)[3], "done");

    // Several runs; deleting one asks.
    press(&page, "new");
    assert_eq!(ticks(&page), json!([false, false, false, false, false]));
    // What was said about the run before is not said about this one.
    assert_eq!(text(&page, "[data-run=message]"), "");
    tick(&page, LAG);
    assert_eq!(states(&page)[1], "done");
    assert_eq!(
        page.eval("document.querySelectorAll('[data-run=choice] option').length"),
        3
    );
    press(&page, "reset");
    page.click("dialog.ask .no");
    assert_eq!(states(&page)[1], "done");
    press(&page, "reset");
    page.click("dialog.ask .yes");
    page.wait(
        "document.querySelector('.run-bar').dataset.state === 'none'",
        "the end of the run",
    );
    assert_eq!(
        page.eval("document.querySelectorAll('[data-run=choice] option').length"),
        2
    );
    quiet(&page);
    quiet(&theirs);
    quiet(&plain);
}

#[test]
fn ticks_hold_for_the_words_that_they_were_given_for() {
    let shown = Shown::new(RUNBOOK);
    let page = shown.open();
    for id in [STOP, LAG, LOGIN] {
        tick(&page, id);
    }
    // A step more before them, a heading more above: all keep their ticks.
    let more = RUNBOOK
        .replace("1. Stop", "1. Look around.\n2. Stop")
        .replace("## Steps", "## Impact\n\nNone.\n\n## Steps");
    shown.edit(&more);
    page.reload();
    assert_eq!(
        states(&page),
        json!(["open", "done", "done", "done", "open", "open"])
    );
    // Another expectation: the step's id stays, its tick goes. Other words: another id, and it says what it said.
    let changed = more
        .replace("it is gone.", "it is stopped.")
        .replace(
            "3. Replication lag ..... below 5 s",
            "3. Replication lag ..... below 1 s",
        )
        .replace(
            "2. Replication lag ..... below 5 s",
            "2. Replication lag ..... below 1 s",
        );
    shown.edit(&changed);
    page.reload();
    assert_eq!(
        states(&page),
        json!(["open", "open", "open", "done", "open", "open"])
    );
    let said = text(&page, &format!("{} > .step-status", step(STOP)));
    assert!(said.contains("has changed"), "{said}");
    let said = text(
        &page,
        &format!("{} > .step-status", step("steps.replication-lag-below-1-s")),
    );
    assert!(said.contains("Replication lag ..... below 5 s"), "{said}");
    // Ticked again, it is done again.
    tick(&page, STOP);
    page.reload();
    assert_eq!(states(&page)[1], "done");
    // A step that went away is not forgotten.
    shown.edit(
        &changed
            .replace("3. Log in.", "3. Log in somewhere else entirely.")
            .replace("4. Can wait: tell the others.\n", ""),
    );
    page.reload();
    shown.edit("# Fail over\n\n## Steps\n\n1. Something else.\n");
    page.reload();
    assert!(text(&page, "[data-run=gone]").contains("Stop the service"));
    quiet(&page);
}

#[test]
fn a_browser_that_keeps_nothing_says_so() {
    let shown = Shown::new(RUNBOOK);
    let page = tab(&shown.browser);
    page.refuse_storage();
    page.go(&format!("{}a.html", shown.host.url));
    tick(&page, STOP);
    assert_eq!(states(&page)[0], "done");
    assert_eq!(
        page.eval("document.querySelector('[data-run=refused]').hidden"),
        false
    );
    quiet(&page);
}

#[test]
fn without_scripts_the_page_is_whole() {
    let shown = Shown::new(RUNBOOK);
    let page = tab(&shown.browser);
    page.scripts(false);
    page.go(&format!("{}a.html", shown.host.url));
    tick(&page, STOP);
    assert_eq!(ticks(&page)[0], true);
    assert_eq!(
        page.eval("document.querySelectorAll('.run-bar, .param-input, .copy').length"),
        0
    );
    assert!(text(&page, "article").contains("<host>"));
}

#[test]
fn values_are_filled_in() {
    let shown = Shown::new(RUNBOOK);
    let page = shown.open();
    let code = format!("{} code", step(STOP));
    // A default stands in the text from the start.
    assert_eq!(
        text(&page, &format!("{} > .step-text", step(STOP))),
        "Stop the service on db1."
    );
    assert!(text(&page, &code).contains("ssh db1 systemctl stop db"));
    assert!(text(&page, &code).contains("echo <note>"));
    // What is not filled in warns when it is copied.
    page.click(&format!("{} .copy button", step(STOP)));
    page.wait("window.copied", "the code");
    assert!(text(&page, &format!("{} .copy-note", step(STOP))).contains("<note>"));
    // Values are quoted as the place asks for.
    enter(&page, "#_param-note", "it's $HOME; rm");
    assert_eq!(
        text(&page, &code),
        "ssh db1 systemctl stop db # it's 'it'\\''s $HOME; rm'\necho 'it'\\''s $HOME; rm' \"say it's \\$HOME; rm\" 'quote it'\\''s $HOME; rm' > log"
    );
    page.eval("window.copied = ''");
    page.click(&format!("{} .copy button", step(STOP)));
    page.wait("window.copied", "the code");
    assert_eq!(page.eval("window.copied"), text(&page, &code).as_str());
    // Within quotes another shell may read them once more.
    assert!(text(&page, &format!("{} .copy-note", step(STOP))).contains("<note>"));
    // Refused: what does not fit the pattern; then the place is open again.
    enter(&page, "#_param-host", "db1; reboot");
    assert!(text(&page, "#_wrong-host").contains("[a-z0-9.-]+"));
    assert_eq!(
        text(&page, &format!("{} > .step-text", step(STOP))),
        "Stop the service on <host>."
    );
    enter(&page, "#_param-host", "db2");
    assert_eq!(text(&page, "#_wrong-host"), "");
    page.eval("(() => { const one = document.querySelector('#_param-site'); one.value = 'south'; one.dispatchEvent(new Event('input')); })()");
    assert!(text(&page, "article").contains("Go to south and do it."));
    // A secret is copied, and kept, shown, exported and linked nowhere.
    enter(&page, "#_param-password", "hunter two");
    assert!(!text(&page, "article").contains("hunter"));
    page.eval("window.copied = ''");
    page.click(&format!("{} .copy button", step(LOGIN)));
    page.wait("window.copied", "the command");
    assert_eq!(
        page.eval("window.copied"),
        "psql --password='hunter two' -h db2 <database>"
    );
    assert!(text(&page, &format!("{} .copy-note", step(LOGIN))).contains("<database>"));
    tick(&page, STOP);
    press(&page, "copy");
    page.wait("window.copied.includes('# Fail over')", "the report");
    let report = page.eval("window.copied").to_string();
    assert!(
        report.contains("db2") && !report.contains("hunter"),
        "{report}"
    );
    page.click(".param-link");
    page.wait("window.copied.startsWith('http')", "the link");
    let link = page.eval("window.copied").as_str().unwrap().to_owned();
    assert!(
        link.contains("#p.host=db2&") && !link.contains("hunter"),
        "{link}"
    );
    assert!(
        !page
            .eval("JSON.stringify(localStorage)")
            .to_string()
            .contains("hunter")
    );
    page.reload();
    assert_eq!(
        page.eval("document.querySelector('#_param-password').value"),
        ""
    );
    assert_eq!(
        page.eval("document.querySelector('#_param-host').value"),
        "db2"
    );
    quiet(&page);

    // A link fills in when the reader agrees, and only what may be filled in.
    let base = format!("{}a.html", shown.host.url);
    let hash = "#p.host=db3&p.note=two%20words%0Abad&p.password=x&p.site=nowhere&p.other=1";
    for (answer, host) in [("no", "db2"), ("yes", "db3")] {
        page.go("about:blank");
        page.go(&format!("{base}{hash}"));
        assert_eq!(
            text(&page, "dialog.ask p"),
            "The link that brought you here fills in values:\nhost = db3\n\
             Refused from that link:\nnote: A value is one line of text.\n\
             password: a secret is typed, and taken from no link.\n\
             site: This is none of the values to choose from.\nother: this page has no such value."
        );
        page.click(&format!("dialog.ask .{answer}"));
        page.wait(
            &format!("document.querySelector('#_param-host').value === '{host}'"),
            "the answer",
        );
        assert_eq!(page.eval("location.hash"), "");
    }
    // When nothing is left of it, there is nothing to ask.
    page.go("about:blank");
    page.go(&format!("{base}#p.host=A%20B"));
    assert_eq!(
        text(&page, ".link-refused"),
        "Refused from that link:\nhost: This does not fit the pattern [a-z0-9.-]+"
    );
    assert_eq!(
        page.eval("document.querySelector('dialog.ask')"),
        Value::Null
    );
    quiet(&page);
}

#[test]
fn an_edit_in_the_preview_leaves_the_run_as_it_is() {
    let scratch = Scratch::new();
    scratch.write("site.toml", CONFIG);
    scratch.write("content/a.md", RUNBOOK);
    let server = Serving::of(scratch.path(), &["--port", "0"]);
    let url = server.url.as_str();
    let browser = Browser::start();
    let page = tab(&browser);
    page.go(&format!("{url}a.html"));
    page.wait(
        "document.documentElement.dataset.binderyPreview === 'connected'",
        "the channel",
    );
    for id in [STOP, LAG, LOGIN] {
        tick(&page, id);
    }
    // Half typed: a note on a step that is reworded next, and a name in the form of the run.
    page.click("[data-run=details] > summary");
    enter(&page, "[data-run=verifier]", "Gra");
    page.click(&format!("{} .act-note", step(LOGIN)));
    page.type_text("it to");
    let edited = RUNBOOK
        .replace(
            "1. Stop the service on <host>.",
            "1. Look at <host> first.\n2. Stop the service on <host>.",
        )
        .replace("Go to <site> and do it.", "Go to <site>, and see <host>.")
        .replace("3. Log in.", "3. Log in again.");
    scratch.write("content/a.md", &edited);
    page.wait(
        "document.querySelectorAll('.step').length === 6",
        "the edit",
    );
    page.wait(
        "document.querySelectorAll('.step[data-state=done]').length === 2",
        "the run",
    );
    assert_eq!(
        states(&page),
        json!(["open", "done", "done", "open", "open", "open"])
    );
    assert_eq!(
        ticks(&page),
        json!([false, true, true, false, false, false])
    );
    assert!(
        text(
            &page,
            &format!("{} > .step-status", step("steps.log-in-again"))
        )
        .contains("Log in.")
    );
    assert_eq!(
        text(&page, "[id=\"steps.look-at-host-first\"] > .step-text"),
        "Look at db1 first."
    );
    assert!(text(&page, "article").contains("Go to <site>, and see db1."));
    assert_eq!(
        page.eval("document.querySelector('[id=\"steps.log-in-again\"] .step-form input').value"),
        "it to"
    );
    page.type_text("ok long");
    page.press("Enter");
    assert!(text(&page, "[id=\"steps.log-in-again\"] .note").ends_with("it took long"));
    assert_eq!(
        page.eval("document.querySelector('[data-run=verifier]').value"),
        "Gra"
    );
    // And back again.
    scratch.write("content/a.md", RUNBOOK);
    page.wait(
        "document.querySelectorAll('.step').length === 5",
        "the way back",
    );
    assert!(text(&page, "article").contains("Go to <site> and do it."));
    assert!(
        text(&page, &format!("{} code", step(STOP)))
            .starts_with("ssh db1 systemctl stop db # it's <note>\necho <note>")
    );
    quiet(&page);
}

#[test]
fn at_a_pause_point_a_group_is_confirmed() {
    let shown = Shown::new(
        "---\nchecklist: do-confirm\n---\n# Handover\n\n## Steps\n\n1. One.\n2. Two.\n\nPause: read one and two aloud.\n\n3. Three.\n4. Four.\n",
    );
    let page = shown.open();
    let next = "[...document.querySelectorAll('.step.next')].map(one => one.dataset.step)";
    tick(&page, "steps.two");
    assert_eq!(page.eval(next), json!(["1"]));
    tick(&page, "steps.two");
    assert_eq!(page.eval(next), json!(["1", "2"]));
    tick(&page, "steps.one");
    tick(&page, "steps.two");
    assert_eq!(page.eval(next), json!(["3", "4"]));
    assert!(text(&page, ".how").contains("pause point"));
    quiet(&page);
}

const SAFE: &str = r#"---
params:
  host: { description: Name of the host, default: db1 }
  word: { description: Of the account }
  constructor: { description: Who built it }
  odd: { description: Odd, pattern: "[a-z]+" }
---
# Careful

## Steps

1. Look at <host> of <constructor>. {#constructor}

   ```bash
   cat <<EOF
   x: <word>
   EOF
   echo `echo <word>`
   echo "$(echo <word>)"
   echo <word>
   ```

   ```bash
   ssh host echo <word>
   ```

   ```bash
   echo <word>
   ```
2. Go on with <odd>. {#valueOf}

## Rollback

1. Go back.
"#;

fn choose(page: &Page, number: usize) {
    page.eval(&format!(
        "(() => {{ const one = document.querySelector('[data-run=choice]'); one.selectedIndex = {number}; \
         one.dispatchEvent(new Event('change')); }})()"
    ));
}

fn value(page: &Page, name: &str) -> Value {
    page.eval(&format!("document.querySelector('#_param-{name}').value"))
}

#[test]
fn runs_keep_their_values_apart() {
    let shown = Shown::new(SAFE);
    let page = shown.open();
    assert_eq!(text(&page, "[data-run=text]"), "2 steps. No run is open.");
    enter(&page, "#_param-host", "one");
    enter(&page, "#_param-word", "first");
    tick(&page, "constructor");
    tick(&page, "valueOf");
    assert_eq!(states(&page), json!(["done", "done", "open"]));
    // The way back is no part of it: the run is whole, and nothing asks.
    press(&page, "finish");
    page.wait(
        "document.querySelector('.run-bar').dataset.state === 'ended'",
        "the end",
    );
    assert_eq!(text(&page, "[data-field=stopped]"), "");
    assert_eq!(
        page.eval("document.querySelector('#_param-host').disabled"),
        true
    );
    // A new run has nothing of the old one, and the old one nothing of the new one.
    press(&page, "new");
    assert_eq!(
        (value(&page, "host"), value(&page, "word")),
        (json!("db1"), json!(""))
    );
    tick(&page, "valueOf");
    enter(&page, "#_param-word", "second");
    choose(&page, 1);
    assert_eq!(
        (value(&page, "host"), value(&page, "word")),
        (json!("one"), json!("first"))
    );
    assert_eq!(states(&page), json!(["done", "done", "open"]));

    // Another tab goes on with another run, and this one stays with its own.
    let other = shown.open();
    choose(&other, 2);
    assert_eq!(value(&other, "word"), "second");
    tick(&other, "constructor");
    page.reload();
    assert_eq!(value(&page, "word"), "first");
    assert_eq!(
        text(&page, "[data-run=text]"),
        "2 of 2 done, 0 skipped, 0 failed"
    );

    // What becomes a secret is forgotten.
    enter(&other, "#_param-word", "second");
    let kept = |page: &Page| page.eval("JSON.stringify(localStorage)").to_string();
    assert!(kept(&page).contains("first") && kept(&page).contains("second"));
    shown.edit(
        &SAFE
            .replace("(?#x)", "")
            .replace("Of the account }", "Of the account, secret: true }"),
    );
    page.reload();
    other.reload();
    let kept = kept(&page);
    assert!(
        !kept.contains("first") && !kept.contains("second") && kept.contains("db1"),
        "{kept}"
    );
    quiet(&page);
    quiet(&other);
}

#[test]
fn where_no_quotes_help_copying_warns() {
    let shown = Shown::new(SAFE);
    let page = shown.open();
    enter(&page, "#_param-word", "a $(b)");
    let typed = |block: usize| {
        page.eval(&format!(
            "bindery.typed(document.querySelectorAll('.code code')[{block}])"
        ))
    };
    assert_eq!(
        typed(0)["text"].as_str().unwrap().trim_end(),
        "cat <<EOF\nx: a $(b)\nEOF\necho `echo a $(b)`\necho \"$(echo a $(b))\"\necho 'a $(b)'"
    );
    for (block, risky) in [
        (0, json!(["<word>"])),
        (1, json!(["<word>"])),
        (2, json!([])),
    ] {
        assert_eq!(typed(block)["risky"], risky, "{block}");
    }
    enter(&page, "#_param-word", "plain");
    assert_eq!(typed(0)["risky"], json!([]));
    quiet(&page);
}

#[test]
fn the_checklist_alone_is_printed_once() {
    let shown = Shown::new(RUNBOOK);
    let page = shown.open();
    page.eval("window.print = () => {}; true");
    page.click("[data-act=print-checklist]");
    assert_eq!(
        page.eval("document.documentElement.dataset.paper"),
        "checklist"
    );
    page.eval("dispatchEvent(new Event('afterprint')); true");
    assert_eq!(
        page.eval("'paper' in document.documentElement.dataset"),
        false
    );
}

#[test]
fn a_pattern_that_nobody_can_read_lets_nothing_through() {
    // What Bindery reports is let through by `--lenient`; this one only a browser knows.
    let shown = Shown::new(&SAFE.replace("[a-z]+", "(?<a>.)(?<a>.)"));
    let page = shown.open();
    enter(&page, "#_param-odd", "ab");
    assert!(text(&page, "#_wrong-odd").contains("cannot read the pattern"));
    assert_eq!(
        text(&page, "[id=valueOf] > .step-text"),
        "Go on with <odd>."
    );
    quiet(&page);
}

/// Hands a file of a saved run to the page.
fn give(page: &Page, text: &str) {
    page.eval(&format!(
        "(() => {{ const data = new DataTransfer(); data.items.add(new File([{}], 'run.json'));
         const input = document.querySelector('[data-run=file]'); input.files = data.files;
         input.dispatchEvent(new Event('change')); }})()",
        json!(text)
    ));
}

/// The file of the run that is open.
fn saved(page: &Page) -> String {
    page.eval(
        "URL.createObjectURL = (blob) => { blob.text().then((text) => { window.saved = text; }); return '#saved'; }; true",
    );
    press(page, "file");
    page.wait("window.saved", "the file");
    page.eval("window.saved").as_str().unwrap().to_owned()
}

#[test]
fn a_run_taken_over_by_another_page_says_what_it_lost() {
    let shown = Shown::new(RUNBOOK);
    let page = shown.open();
    enter(&page, "#_param-host", "db7");
    for id in [STOP, LAG, LOGIN] {
        tick(&page, id);
    }
    let file = saved(&page);
    // The colleague's site is newer: a step says something else, one is gone, and a value no longer fits.
    shown.edit(
        &RUNBOOK
            .replace("it is gone.", "it is stopped.")
            .replace("2. Replication lag ..... below 5 s\n", "")
            .replace("[a-z0-9.-]+", "[a-z]+")
            .replace(", default: db1", ""),
    );
    let elsewhere = Browser::start();
    let theirs = tab(&elsewhere);
    theirs.go(&format!("{}a.html", shown.host.url));
    give(&theirs, &file);
    theirs.wait(
        "document.querySelector('.run-bar').dataset.state === 'running'",
        "the run that was taken over",
    );
    assert_eq!(states(&theirs), json!(["open", "done", "open", "open"]));
    let said = text(&theirs, "[data-run=message]");
    for wanted in [
        "goes on here",
        "1 “Stop the service on <host>.”",
        "2 “Replication lag ..... below 5 s” (no longer on the page)",
        "<host>.",
    ] {
        assert!(said.contains(wanted), "{wanted} is not in {said}");
    }
    assert!(!said.contains("Log in"), "{said}");
    // A file may hold anything.
    let odd = file.replace("\"digest\": \"", "\"digest\": \"(((");
    give(&theirs, &odd);
    theirs.wait("document.querySelector('dialog.ask .yes')", "the question");
    theirs.click("dialog.ask .yes");
    theirs.wait(
        "[...document.querySelectorAll('.step')].every(one => one.dataset.state === 'open')",
        "a run whose ticks are all lost",
    );
    quiet(&theirs);
}

#[test]
fn a_step_that_says_the_same_takes_no_tick_of_another() {
    const WAIT: &str = "1. Wait a minute.\n1. Stop it.\n1. Wait a minute.\n1. Start it.\n";
    let page_of = |steps: &str| format!("# Wait\n\n## Steps\n\n{steps}\n## After\n\nNothing.\n");
    let shown = Shown::new(&page_of(WAIT));
    let page = shown.open();
    let tick_number = |number: &str| {
        page.click(&format!("[data-step=\"{number}\"] > .step-box > .tick"));
    };
    tick_number("1");
    assert_eq!(states(&page), json!(["done", "open", "open", "open"]));
    let after = |steps: &str, expected: Value| {
        shown.edit(&page_of(steps));
        page.reload();
        assert_eq!(states(&page), expected, "{steps}");
        text(&page, "[data-run=message]")
    };
    // One more between others: the old ones stay where they were.
    let said = after(
        "1. Wait a minute.\n1. Stop it.\n1. Wait a minute.\n1. Start it.\n1. Wait a minute.\n",
        json!(["done", "open", "open", "open", "open"]),
    );
    assert_eq!(said, "");
    // The first one is another now, and the tick goes on with its neighbours.
    let said = after(
        "1. Wait a minute.\n1. Look.\n1. Wait a minute.\n1. Stop it.\n1. Wait a minute.\n1. Start it.\n1. Wait a minute.\n",
        json!(["open", "open", "open", "open", "open", "open", "open"]),
    );
    assert!(
        said.contains("“Wait a minute.” (several say the same)"),
        "{said}"
    );
    tick_number("3");
    let said = after(
        "1. Look.\n1. Wait a minute.\n1. Stop it.\n1. Start it.\n",
        json!(["open", "done", "open", "open"]),
    );
    assert_eq!(said, "");
    // It goes, and one that says the same comes elsewhere: that is not done.
    let said = after(
        "1. Look.\n1. Stop it.\n1. Start it.\n1. Look.\n",
        json!(["open", "open", "open", "open"]),
    );
    assert!(said.contains("no longer on the page"), "{said}");
    quiet(&page);
}

#[test]
fn copying_by_hand_warns_of_what_is_not_filled_in() {
    let shown = Shown::new(RUNBOOK);
    let page = shown.open();
    let copy = |selector: &str| {
        page.eval(&format!(
            "document.querySelector('.said').textContent = '';
             getSelection().selectAllChildren(document.querySelector({}));
             document.execCommand('copy'); document.querySelector('.said').textContent",
            json!(selector)
        ))
    };
    assert_eq!(copy("[id=\"steps.log-in:text\"]"), "");
    assert_eq!(
        copy(&format!("{} code", step(STOP))),
        "Copied, but <note> is not filled in."
    );
    assert_eq!(
        copy(&format!("{} code", step(LOGIN))),
        "Copied, but <password>, <database> is not filled in."
    );
    enter(&page, "#_param-note", "x");
    assert_eq!(copy(&format!("{} code", step(STOP))), "");
    quiet(&page);
}

#[test]
fn a_report_is_markdown_that_a_ticket_takes() {
    let shown = Shown::new(
        "---\nparams:\n  host: { description: Name }\n---\n# Move\n\n## Steps\n\n\
         1. Stop <host> with `a|b` and `x_*`.\n   1. The first part.\n   2. The other part.\n2. Look.\n\n\
         ## Rollback\n\n1. Start it.\n",
    );
    let page = shown.open();
    page.click("[data-step=\"2\"] > .step-box > .tick");
    assert_eq!(
        text(&page, "[data-run=text]"),
        "1 of 4 done, 0 skipped, 0 failed (2 steps and 2 sub-steps)"
    );
    press(&page, "copy");
    page.wait("window.copied", "the report");
    let report = page.eval("window.copied").as_str().unwrap().to_owned();
    let events = pulldown_cmark::Parser::new_ext(&report, pulldown_cmark::Options::ENABLE_TABLES);
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    for wanted in [
        "<h2>Steps</h2>",
        "<td>Stop <strong><code>&lt;host&gt;</code></strong> with a|b and x_*.</td>",
        "<td>1.2</td><td>The other part.</td><td>open</td>",
        "<h2>Rollback</h2>",
        "<li>Not filled in: <strong><code>&lt;host&gt;</code></strong></li>",
    ] {
        assert!(html.contains(wanted), "{wanted} is not in\n{html}");
    }
    quiet(&page);
}

#[test]
fn a_long_step_number_stands_beside_its_text_and_progress_in_view() {
    let steps: String = (1..=120)
        .map(|at| format!("{at}. Word{at} follows.\n"))
        .collect();
    let shown = Shown::new(&format!("# T\n\n## Steps\n\n{steps}"));
    let page = shown.open();
    for number in [9, 10, 100, 120] {
        let room = page.eval(&format!(
            "(() => {{ const item = document.querySelector('[data-step=\"{number}\"]');
             const words = document.createRange(); words.selectNodeContents(item.querySelector('.step-text'));
             return words.getBoundingClientRect().left - item.querySelector('.step-number').getBoundingClientRect().right; }})()"
        ));
        assert!(
            room.as_f64().is_some_and(|room| room >= 4.0),
            "{number}: {room}"
        );
    }
    // The head of the run stays in view, with its form open too, and leaves room for the steps.
    page.click("[data-run=details] > summary");
    page.eval("scrollTo({ top: 2000, behavior: 'instant' }); true");
    let place = page.eval(
        "(() => { const one = document.querySelector('.run-bar').getBoundingClientRect(); return [one.top, one.bottom / innerHeight]; })()",
    );
    assert!(
        place[0]
            .as_f64()
            .is_some_and(|top| (0.0..120.0).contains(&top))
            && place[1].as_f64().is_some_and(|bottom| bottom < 0.7),
        "{place}"
    );
    quiet(&page);
}
