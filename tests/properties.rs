//! What must hold for any input: same bytes in any surroundings, incremental equals clean, no panics, whole sites.
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

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use support::{Run, Scratch, bindery};

/// A small generator with a fixed seed: the same run every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const CONFIG: &str = "title = \"Test\"\nbase_url = \"https://example.com\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n";

fn long() -> bool {
    std::env::var("BINDERY_LONG").is_ok_and(|value| value == "1")
}

/// A page that links, embeds and lists as pages do.
fn page(dice: &mut Dice, number: usize) -> String {
    let scope = dice.pick(&["operation", "maintenance"]);
    let tag = dice.pick(&["disk", "network", "memory"]);
    let words = dice.pick(&[
        "Restart it.",
        "Look at the *log*.",
        "Ask <team> first.",
        "Run `df -h` | <b>x</b>.",
    ]);
    let (a, b) = (dice.roll(12), dice.roll(12));
    let extra = match dice.roll(6) {
        0 => format!("![[page-{b}#steps]]\n"),
        1 => "```bash\n$ ls\nfile\n```\n".to_owned(),
        2 => format!("[[page-{b}]]\n"),
        3 => "> [!WARNING]\n> Careful.\n".to_owned(),
        _ => String::new(),
    };
    format!(
        "---\nscope: {scope}\ntags: [{tag}]\nalerts: [Alert{a}]\naliases: [old/{number}-{a}]\n---\n# Page {number} {a}\n\n\
         {words} See [that](page-{a}.md).\n\n## Steps\n\n1. One {b}\n2. [ ] Two\n\n{extra}"
    )
}

#[test]
fn same_inputs_same_bytes() {
    let mut dice = Dice(7);
    let pages: Vec<String> = (0..60).map(|number| page(&mut dice, number)).collect();
    let build = |order: &mut dyn Iterator<Item = usize>, jobs: &str, zone: &str, locale: &str| {
        let scratch = Scratch::new();
        scratch.write("site.toml", CONFIG);
        for number in order {
            scratch.write(&format!("content/page-{number}.md"), &pages[number]);
        }
        let mut command = bindery();
        command
            .env("TZ", zone)
            .env("LC_ALL", locale)
            .env("LANG", locale);
        command
            .args(["build", "--lenient", "--jobs", jobs, "--root"])
            .arg(scratch.path());
        Run::of(&mut command).expect(0);
        scratch.site()
    };
    let first = build(&mut (0..60), "1", "UTC", "C");
    assert!(first.len() > 120, "{}", first.len());
    assert!(first == build(&mut (0..60).rev(), "8", "Pacific/Kiritimati", "de_DE.UTF-8"));
    assert!(first == build(&mut (0..60), "3", "America/Los_Angeles", "tr_TR.UTF-8"));
}

#[test]
fn incremental_equals_clean() {
    let rounds = if long() { 40 } else { 4 };
    for seed in 1..=rounds {
        let mut dice = Dice(seed * 0x9E37_79B9);
        let scratch = Scratch::new();
        scratch.write("site.toml", CONFIG);
        for number in 0..12 {
            let text = page(&mut dice, number);
            scratch.write(&format!("content/page-{number}.md"), text);
        }
        for step in 0..15 {
            edit(&scratch, &mut dice);
            let run = scratch.build(&["--lenient"]);
            let clean = Scratch::new();
            let mut command = bindery();
            command
                .args(["build", "--lenient", "--root"])
                .arg(scratch.path());
            command.arg("--output").arg(clean.path().join("public"));
            // Its own output folder makes the cache another's, so nothing is taken from it.
            let other = Run::of(&mut command);
            assert_eq!(
                run.code, other.code,
                "seed {seed} step {step}\n{}\n{}",
                run.stderr, other.stderr
            );
            if run.code == Some(0) {
                let (mine, theirs) = (scratch.site(), clean.site());
                let names = |site: &std::collections::BTreeMap<String, Vec<u8>>| {
                    site.keys().cloned().collect::<Vec<_>>()
                };
                assert_eq!(names(&mine), names(&theirs), "seed {seed} step {step}");
                for (name, bytes) in &mine {
                    assert!(
                        bytes == &theirs[name],
                        "seed {seed} step {step}: {name} differs"
                    );
                }
            }
        }
    }
}

/// One random edit of a project.
fn edit(scratch: &Scratch, dice: &mut Dice) {
    let number = dice.roll(12);
    let name = format!("content/page-{number}.md");
    let path = scratch.path().join(&name);
    match dice.roll(9) {
        0 => drop(fs::remove_file(&path)),
        1 => drop(fs::rename(
            &path,
            scratch
                .path()
                .join(format!("content/page-{}.md", dice.roll(14))),
        )),
        2 => drop(scratch.write(
            &format!("content/deep/page-{number}.md"),
            page(dice, number + 50),
        )),
        3 => drop(fs::remove_dir_all(scratch.path().join("content/deep"))),
        4 => {
            let title = dice.pick(&["Test", "Another", "Third"]);
            scratch.write("site.toml", CONFIG.replace("Test", title));
        }
        5 => {
            scratch.write("themes/ours/theme.toml", "extends = \"default\"\n");
            let colour = dice.pick(&["red", "green"]);
            scratch.write(
                "themes/ours/assets/style.css",
                format!("body {{ color: {colour} }}"),
            );
            scratch.write("site.toml", format!("theme = \"ours\"\n{CONFIG}"));
        }
        6 => drop(scratch.write("content/_index.md", format!("# Home {number}\n\nText.\n"))),
        _ => drop(scratch.write(&name, page(dice, number))),
    }
}

#[test]
fn no_input_panics() {
    const PIECES: &[&str] = &[
        "---\n",
        "+++\n",
        "title: x\n",
        "title = \"x\"\n",
        "scope: operation\n",
        "tags: [a, b\n",
        "# T\n",
        "## H {#a .b}\n",
        "- [ ] x\n",
        "1. y\n",
        "   z\n",
        "```bash {1-2}\n",
        "```\n",
        "~~~\n",
        "> [!NOTE]\n",
        "> ",
        "| a | b |\n|---|---|\n",
        "[x](y.md#z)",
        "[[a|b]]",
        "![[a#b]]\n\n",
        "![i](j.png)",
        "[^1]",
        "[^1]: n\n",
        "<div>",
        "</div>",
        "<b",
        "<ns>",
        "<script>",
        "<!--",
        "-->",
        "&#x41;",
        "&amp;",
        "{{< ref \"a\" >}}",
        "{{% x %}}",
        "{{< param",
        "!!! note \"t\"\n    b\n",
        "https://e.org/(a)",
        "www.a.b",
        "a@b.c",
        "\\",
        "*",
        "**",
        "_",
        "`",
        "``",
        "~~",
        "^",
        "\n",
        "\n\n",
        "\r\n",
        "\t",
        "    ",
        "日本",
        "é",
        "\u{feff}",
        "\u{fdd0}1\u{fdd1}",
        "\u{200f}",
        "0",
        "-",
        ": d\n",
        "<a href=\"x&#10;y\" id=q>",
        "<img src=a b>",
        "<details>",
    ];
    let mut dice = Dice(0xC0FFEE);
    let rounds = if long() { 40 } else { 3 };
    for round in 0..rounds {
        let scratch = Scratch::new();
        scratch.write("site.toml", CONFIG);
        for number in 0..200 {
            let length = dice.roll(60);
            let text: String = (0..length).map(|_| dice.pick(PIECES)).collect();
            let mut bytes = text.into_bytes();
            if dice.roll(10) == 0 && !bytes.is_empty() {
                let at = dice.roll(bytes.len());
                bytes[at] = [0xFF, 0x00, 0x80][dice.roll(3)];
            }
            scratch.write(&format!("content/p{number}.md"), bytes);
        }
        let run = scratch.build(&["--lenient"]);
        assert_eq!(run.code, Some(0), "round {round}\n{}", run.stderr);
        for (name, bytes) in scratch.site() {
            if name.ends_with(".html") {
                let text = String::from_utf8(bytes).expect("UTF-8");
                assert!(
                    !text.contains(['\u{fdd0}', '\u{fdd1}']),
                    "{name} shows a mark"
                );
                assert!(text.trim_end().ends_with("</html>"), "{name}");
            }
        }
    }
}

/// Whatever lists a page holds: no word of it is lost, no id stands twice, and every step is told apart.
#[test]
fn steps_swallow_nothing() {
    const WORDS: &[&str] = &[
        "alpha",
        "beta",
        "Expect: see",
        "If not: stop",
        "Undo: back",
        "Pause: wait",
        "Decide now: who",
        "Can wait: what",
        "**Expect:** bold",
        "lag ..... below",
        "`code <x>`",
        "<ns>",
        "{#own}",
        "{.pause}",
        "{.checklist}",
        "{#a",
        "☐ box",
        "[ ] task",
        "[x] done",
        "**strong**",
        "*em* text",
        "漢字",
        "\\",
        "~~gone~~",
    ];
    const COUNTED: &[&str] = &[
        "alpha", "beta", "see", "stop", "back", "wait", "bold", "below", "box", "strong",
    ];
    let mut dice = Dice(41);
    let scratch = Scratch::new();
    scratch.write("site.toml", CONFIG);
    let mut sources = Vec::new();
    for number in 0..if long() { 2000 } else { 150 } {
        let mut text = format!("# Page {number}\n\n## Steps\n\n");
        for _ in 0..dice.roll(30) + 1 {
            let indent = " ".repeat([0, 0, 2, 3, 3, 6][dice.roll(6)]);
            let words: Vec<&str> = (0..dice.roll(6)).map(|_| dice.pick(WORDS)).collect();
            let line = words.join(" ");
            let marker = dice.pick(&["1. ", "2. ", "- ", "1) ", "10. "]);
            text += &match dice.roll(9) {
                0..=4 => format!("{indent}{marker}{line}\n"),
                5 => format!("{indent}```bash\n{indent}echo <x>\n{indent}```\n"),
                6 => format!("{indent}> [!WARNING]\n{indent}> {line}\n"),
                7 => "\n## Roll back\n\n".to_owned(),
                _ => format!("\n{indent}{line}\n"),
            };
        }
        scratch.write(&format!("content/page-{number}.md"), &text);
        sources.push(text);
    }
    scratch.build(&["--lenient"]).expect(0);
    let site = scratch.site();
    let select = |query: &str| scraper::Selector::parse(query).expect("a selector");
    for (number, source) in sources.iter().enumerate() {
        let html = String::from_utf8_lossy(&site[&format!("page-{number}.html")]).into_owned();
        let page = scraper::Html::parse_document(&html);
        let shown: String = page
            .select(&select(".text"))
            .flat_map(|text| text.text())
            .collect();
        for word in COUNTED {
            let (wanted, found) = (source.matches(word).count(), shown.matches(word).count());
            assert!(
                found >= wanted,
                "{word}: {found} of {wanted}\n{source}\n{html}"
            );
        }
        let mut ids: Vec<&str> = page
            .select(&select("[id]"))
            .filter_map(|one| one.attr("id"))
            .collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id stands twice\n{source}\n{html}");
        for step in page.select(&select(".step")) {
            let boxes = select(":scope > .step-box > input.tick");
            assert_eq!(step.select(&boxes).count(), 1, "{source}");
            assert!(
                step.attr("data-digest")
                    .is_some_and(|digest| digest.len() == 8),
                "{source}"
            );
        }
    }
}

#[test]
fn a_killed_build_leaves_a_whole_site() {
    let scratch = Scratch::new();
    scratch.write("site.toml", CONFIG);
    let version = |version: &str| {
        for number in 0..120 {
            scratch.write(
                &format!("content/p{number}.md"),
                format!("# P {number}\n\nThis is {version}.\n"),
            );
        }
    };
    let mut whole = Vec::new();
    for name in ["old", "new"] {
        version(name);
        scratch.build(&[]).expect(0);
        whole.push(without_manifest(scratch.site()));
    }
    let mut dice = Dice(42);
    let rounds = if long() { 300 } else { 40 };
    for round in 0..rounds {
        version(["old", "new"][round % 2]);
        let mut child = bindery()
            .args(["build", "--root"])
            .arg(scratch.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let wait = Duration::from_micros(dice.roll(60_000) as u64);
        let start = Instant::now();
        while start.elapsed() < wait {
            std::thread::yield_now();
        }
        drop(child.kill());
        drop(child.wait());
        let site = without_manifest(scratch.site());
        assert!(
            whole.contains(&site),
            "round {round}: a mixture of two sites"
        );
    }
    version("old");
    scratch.build(&[]).expect(0);
    assert!(without_manifest(scratch.site()) == whole[0]);
    let left: Vec<String> = fs::read_dir(scratch.path())
        .expect("the project")
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with(".public"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

fn without_manifest(
    mut site: std::collections::BTreeMap<String, Vec<u8>>,
) -> std::collections::BTreeMap<String, Vec<u8>> {
    site.remove(".bindery-manifest");
    site
}

#[test]
fn unchanged_files_are_not_touched() {
    use std::os::unix::fs::MetadataExt;
    let scratch = Scratch::new();
    scratch.write("site.toml", CONFIG);
    for number in 0..5 {
        scratch.write(
            &format!("content/p{number}.md"),
            format!("# P {number}\n\nText.\n"),
        );
    }
    scratch.build(&[]).expect(0);
    let stat = |name: &str| {
        let meta = fs::metadata(scratch.path().join("public").join(name)).expect("a file");
        (meta.ino(), meta.mtime(), meta.mtime_nsec())
    };
    let before: Vec<_> = ["p0.html", "p1.html", "index.html", "runbooks.json"]
        .iter()
        .map(|name| stat(name))
        .collect();
    // Prose alone: no list knows of it. The search does: its index, all words, where they stand, and the text.
    scratch.write("content/p4.md", "# P 4\n\nText.\n\nMore.\n");
    let run = scratch.build(&[]).expect(0);
    assert!(run.stderr.contains(": 5 written"), "{}", run.stderr);
    let after: Vec<_> = ["p0.html", "p1.html", "index.html", "runbooks.json"]
        .iter()
        .map(|name| stat(name))
        .collect();
    assert_eq!(before, after);
}

#[test]
fn time_grows_with_length_and_no_faster() {
    let units = [
        "[",
        "*a ",
        "`",
        "> ",
        "- ",
        "<a",
        "<!--",
        "[a](",
        "![",
        "|a|b\n|-|-\n",
        "[^a]",
        "{{< x ",
        "&",
        "https://a.b/(",
        "a@",
        "<b>",
        "**a",
        "[[a",
        "<details>",
        "#",
        "!!! a\n    ",
        "\n\n",
        "- [ ] a\n",
        "## Steps\n\n1. a\n   1. b\n",
    ];
    let build = |unit: &str, length: usize| {
        let scratch = Scratch::new();
        scratch.write("site.toml", CONFIG);
        scratch.write("content/a.md", format!("# A\n\n{}\n", unit.repeat(length)));
        let start = Instant::now();
        let run = scratch.build(&["--lenient"]);
        // Text that is nested too deeply is an error, and an error is an answer too.
        assert!(matches!(run.code, Some(0 | 1)), "{unit:?} {:?}", run.code);
        start.elapsed()
    };
    for unit in units {
        let (short, long) = (build(unit, 10_000), build(unit, 40_000));
        // Four times the text in far less than sixteen times the time; a quarter of a second is noise.
        assert!(
            long < short * 9 + Duration::from_millis(250),
            "{unit:?}: {short:?}, then {long:?}"
        );
    }
}
