//! Paper: runbooks printed by real Chromium, and what stands on each sheet, by its text and its places.
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

use std::path::{Path, PathBuf};
use std::process::Command;

use browser::{Browser, Media, Page, Paper};
use scraper::{ElementRef, Html, Selector};
use serde_json::json;
use support::{Scratch, copy, corpora};

/// A point of paper is 1/72 inch; `pdftotext` measures in these.
const MM: f64 = 72.0 / 25.4;
const A4: (f64, f64) = (8.27, 11.69);
const LETTER: (f64, f64) = (8.5, 11.0);
/// Words of the frame around a page, which no sheet shows.
const FRAME: [&str; 5] = [
    "Skiptothetext",
    "Onthispage",
    "Allsections",
    "Linkedfrom",
    "Stopsitcomingback",
];

/// A printed sheet.
#[derive(Debug, Default)]
struct Sheet {
    size: (f64, f64),
    words: Vec<Word>,
    /// All its words without the space between them.
    text: String,
}

/// A word and the box around it, in points from the upper left.
#[derive(Debug)]
struct Word {
    text: String,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

fn run(program: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .arg(file)
        .arg("-")
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; install Debian's `poppler-utils`"));
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The sheets of a PDF, by `pdftotext -bbox`.
fn sheets(file: &Path) -> Vec<Sheet> {
    let html = Html::parse_document(&run("pdftotext", &["-bbox"], file));
    let selector = |text: &str| Selector::parse(text).expect("a selector");
    let number = |element: ElementRef<'_>, name: &str| -> f64 {
        element.attr(name).expect(name).parse().expect("a number")
    };
    html.select(&selector("page"))
        .map(|page| {
            let words: Vec<Word> = page
                .select(&selector("word"))
                .map(|word| Word {
                    text: word.text().collect(),
                    left: number(word, "xmin"),
                    top: number(word, "ymin"),
                    right: number(word, "xmax"),
                    bottom: number(word, "ymax"),
                })
                .collect();
            Sheet {
                size: (number(page, "width"), number(page, "height")),
                text: words.iter().map(|word| word.text.as_str()).collect(),
                words,
            }
        })
        .collect()
}

/// The sizes of type in a PDF, in points, smallest first, and the size that a line with `text` is in.
fn sizes(file: &Path, text: &str) -> (Vec<u32>, u32) {
    let output = Command::new("pdftohtml")
        .args(["-xml", "-i", "-stdout", "-zoom", "1"])
        .arg(file)
        .output()
        .expect("pdftohtml");
    let html = Html::parse_fragment(&String::from_utf8_lossy(&output.stdout));
    let fonts: Vec<(String, u32)> = html
        .select(&Selector::parse("fontspec").unwrap())
        .map(|font| {
            let size = font.attr("size").unwrap().parse().expect("a size");
            (font.attr("id").unwrap().to_owned(), size)
        })
        .collect();
    let of = |id: &str| {
        fonts
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, size)| *size)
    };
    let line = html
        .select(&Selector::parse("text").unwrap())
        .find(|line| line.text().collect::<String>().contains(text))
        .unwrap_or_else(|| panic!("no line says {text}"));
    let own = of(line.attr("font").unwrap()).expect("a font");
    let mut all: Vec<u32> = fonts.iter().map(|(_, size)| *size).collect();
    all.sort_unstable();
    (all, own)
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// A step as its page has it: its number, its total where it has one, and the pieces of its text.
struct Step {
    number: String,
    of: Option<String>,
    parts: Vec<String>,
}

fn steps(html: &str) -> Vec<Step> {
    let page = Html::parse_document(html);
    page.select(&Selector::parse(".step").unwrap())
        .map(|step| Step {
            number: step.attr("data-step").unwrap().to_owned(),
            of: step.attr("data-of").map(str::to_owned),
            // The pieces of its text as they lie between links and marks, each line of code by itself.
            parts: step
                .text()
                .flat_map(str::lines)
                .map(bare)
                .filter(|text| text.len() > 6 && !text.contains("....") && !text.starts_with('<'))
                .collect(),
        })
        .collect()
}

struct Press {
    browser: Browser,
    folder: tempfile::TempDir,
}

impl Press {
    fn new() -> Self {
        Self {
            browser: Browser::start(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn open(&self, file: &Path) -> Page {
        let page = self.browser.page(1000, 900);
        page.emulate(Media {
            reduced_motion: true,
            ..Media::default()
        });
        page.go(&format!("file://{}", file.display()));
        page
    }

    fn print(&self, page: &Page, size: (f64, f64)) -> PathBuf {
        let file = self.folder.path().join("sheet.pdf");
        let paper = Paper {
            size,
            ..Paper::default()
        };
        page.pdf(&file, &paper);
        file
    }
}

/// Asserts that the foot of a sheet is the last on it, at its bottom, with nothing of the text in it.
fn foot(place: &str, sheet: &Sheet, number: &str) {
    let begins = sheet.words.iter().filter(|one| one.text == "Uncontrolled");
    let top = begins.map(|one| one.top).fold(0.0, f64::max);
    let margin = sheet.size.1 - 20.0 * MM;
    assert!(top > margin, "{place}: the foot is at {top}");
    let mut words: Vec<&Word> = sheet
        .words
        .iter()
        .filter(|one| one.bottom > top + 1.0)
        .collect();
    words.sort_by(|a, b| {
        (a.top, a.left)
            .partial_cmp(&(b.top, b.left))
            .expect("places")
    });
    let text: String = words.iter().map(|one| one.text.as_str()).collect();
    let whole = text.starts_with("Uncontrolledwhenprinted.Printed") && text.contains(number);
    assert!(whole, "{place}: the foot is {text}");
    let above = sheet.words.iter().filter(|one| one.bottom <= top + 1.0);
    let lowest = above.map(|one| one.bottom).fold(0.0, f64::max);
    assert!(lowest < margin + 1.0, "{place}: text at {lowest}");
}

/// Asserts what holds for every printed runbook with steps.
fn check(name: &str, html: &str, file: &Path, size: (f64, f64)) {
    let sheets = sheets(file);
    let steps = steps(html);
    let count = sheets.len();
    assert!(count > 0 && !steps.is_empty(), "{name}");
    let tail = bare("Uncontrolled when printed.");
    for (at, sheet) in sheets.iter().enumerate() {
        let place = format!("{name}, sheet {} of {count}", at + 1);
        assert!(
            (sheet.size.0 - size.0 * 72.0).abs() < 2.0,
            "{place}: {:?}",
            sheet.size
        );
        assert!(
            sheet.text.contains(&format!("Page{}of{count}", at + 1)),
            "{place} has no number: {}",
            sheet.text
        );
        assert!(
            sheet.text.contains(&tail),
            "{place} is not marked: {}",
            sheet.text
        );
        assert!(sheet.text.contains("revision"), "{place} has no revision");
        for words in FRAME {
            assert!(!sheet.text.contains(words), "{place} shows {words}");
        }
        for word in &sheet.words {
            let fits = word.left >= 20.0 * MM - 1.0
                && word.right <= sheet.size.0 - 12.0 * MM + 2.0
                && word.top >= 8.0 * MM
                && word.bottom <= sheet.size.1 - 4.0 * MM;
            assert!(fits, "{place}: {word:?} runs out of the sheet");
        }
        assert!(sheet.words.len() > 20, "{place} is empty");
        foot(&place, sheet, &format!("Page{}of{count}", at + 1));
    }
    // Every step with its number, each below the one before.
    let mut at = (0, 0.0);
    for step in &steps {
        let number = match &step.of {
            Some(of) => format!("{}/{of}", step.number),
            None => step.number.clone(),
        };
        let places = sheets
            .iter()
            .enumerate()
            .skip(at.0)
            .flat_map(|(sheet, printed)| {
                let words = printed.words.iter().filter(|word| word.text == number);
                words.map(move |word| (sheet, word.top))
            });
        let below = places.filter(|(sheet, top)| *sheet > at.0 || *top > at.1);
        at = below
            .min_by(|a, b| a.partial_cmp(b).expect("numbers"))
            .unwrap_or_else(|| panic!("{name}: no step {number} after {at:?}"));
        let sheet = &sheets[at.0];
        let whole: usize = step.parts.iter().map(String::len).sum();
        // What is longer than a sheet has to be split.
        if whole < 1500 {
            for part in &step.parts {
                assert!(
                    sheet.text.contains(&part[..part.floor_char_boundary(24)]),
                    "{name}: step {number} on sheet {} is split: {part}\nis not in {}",
                    at.0 + 1,
                    sheet.text
                );
            }
        }
    }
    let ends: Vec<usize> = sheets
        .iter()
        .map(|sheet| sheet.text.matches("ENDOFCHECKLIST").count())
        .collect();
    assert_eq!(
        (ends.iter().sum::<usize>(), ends[count - 1]),
        (1, 1),
        "{name}: {ends:?}"
    );
    for field in [
        "Incidentorchange",
        "Operator",
        "Verifier",
        "Start(UTC)",
        "End(UTC)",
    ] {
        assert!(sheets[0].text.contains(field), "{name}: no {field}");
    }
    assert!(sheets[count - 1].text.contains("Sign-off"), "{name}");
}

/// Prints pages of a built site on both sizes.
fn print_all(press: &Press, site: &Path, pages: &[&str]) {
    for name in pages {
        let file = site.join(name);
        assert!(file.is_file(), "{name}");
        let page = press.open(&file);
        // As it stands in the browser: values are filled in.
        let html = page.eval("document.documentElement.outerHTML");
        let html = html.as_str().expect("HTML");
        for size in [A4, LETTER] {
            let pdf = press.print(&page, size);
            check(name, html, &pdf, size);
        }
        page.close();
    }
}

#[test]
fn our_own_runbooks_are_sheets() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = Scratch::new();
    copy(&root.join("content"), &scratch.path().join("content"));
    std::fs::copy(root.join("site.toml"), scratch.path().join("site.toml")).unwrap();
    scratch
        .build(&["--base-url", "https://runbooks.example.com/"])
        .expect(0);
    let site = scratch.path().join("public");
    let press = Press::new();
    let pages = [
        "site/publish.html",
        "site/restore.html",
        "site/roll-back.html",
        "site/recovery-drill.html",
        "site/upgrade-bindery.html",
        "web-host/patch.html",
        "web-host/free-disk-space.html",
        "web-host/rotate-deploy-key.html",
        "repository/cut-a-release.html",
        "repository/rename-a-page.html",
        "repository/build-fails-in-ci.html",
        "theme/upgrade-the-theme.html",
    ];
    print_all(&press, &site, &pages);

    // Sizes of type, the code to the page, its address and the count.
    let page = press.open(&site.join("site/publish.html"));
    let pdf = press.print(&page, A4);
    let (all, step) = sizes(&pdf, "Choose the name of the release.");
    assert_eq!((all[0] >= 10, step), (true, 14), "{all:?}");
    assert_eq!(sizes(&pdf, "a name such as").1, 12);
    let text: String = sheets(&pdf)
        .iter()
        .map(|sheet| sheet.text.clone())
        .collect();
    assert!(text.contains("https://runbooks.example.com/site/publish.html"));
    assert!(text.contains("Steps:6steps"), "{text}");
    // A link says where it leads, by the id that the other sheet has at its head.
    assert!(
        text.contains("Rollbackabadpublish(roll-back-a-publish)"),
        "{text}"
    );
    assert!(
        page.eval("document.querySelector('.qr svg').getBoundingClientRect() !== null") == true
    );
}

#[test]
fn runbooks_of_others_are_sheets() {
    let Some(corpora) = corpora() else { return };
    let press = Press::new();
    for (name, pages) in [
        (
            "openshift-runbooks",
            &[
                "alerts/cluster-logging-operator/collectornodedown.html",
                "alerts/openshift-virtualization-operator/persistentvolumefillingup.html",
            ][..],
        ),
        (
            "prometheus-operator-runbooks",
            &["content/runbooks/kubernetes/kubeapierrorbudgetburn.html"],
        ),
        (
            "moj-modernisation-platform",
            &[
                "source/runbooks/backup-restore-process.html",
                "source/user-guide/production-ready-checklist.html",
            ],
        ),
        (
            "pagerduty-incident-response",
            &["docs/during/during_an_incident.html"],
        ),
        (
            "aws-incident-response-playbooks",
            &["playbooks/irp-personaldatabreach.html"],
        ),
    ] {
        let scratch = Scratch::new();
        copy(&corpora.join(name), &scratch.path().join("content"));
        scratch.write(
            "site.toml",
            "title = \"Theirs\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n",
        );
        scratch.build(&["--lenient"]).expect(0);
        print_all(&press, &scratch.path().join("public"), pages);
    }
}

const FOLDED: &str = "---\nparams:\n  host: Name of the host\n---\n# Folded\n\n## Background\n\nNobody needs this at night.\n\n\
## Steps\n\n1. Look at <host>.\n\n   Expect: it answers.\n2. Decide now: who leads.\n3. Can wait: a report.\n\n\
<details><summary>More</summary>\n\nhidden words\n\n</details>\n\n## Escalation\n\nCall the owner.\n";

#[test]
fn a_sheet_is_blank_or_filled_whole_or_the_checklist_alone() {
    let scratch = Scratch::new();
    scratch.write(
        "site.toml",
        "title = \"T\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n",
    );
    scratch.write("content/a.md", FOLDED);
    scratch.build(&[]).expect(0);
    let file = scratch.path().join("public/a.html");
    let press = Press::new();
    let page = press.open(&file);
    let text = |page: &Page| -> String {
        let pdf = press.print(page, A4);
        sheets(&pdf).into_iter().map(|sheet| sheet.text).collect()
    };
    let blank = text(&page);
    for wanted in [
        "hiddenwords",
        "Nobodyneeds",
        "Lookat<host>.",
        "<host>",
        "Nameofthehost",
        "ENDOFCHECKLIST",
        "Callthe",
    ] {
        assert!(blank.contains(wanted), "{wanted} is not in {blank}");
    }
    // What must be decided comes before the text, what can wait behind it.
    let place = |text: &str, wanted: &str| {
        text.find(wanted)
            .unwrap_or_else(|| panic!("no {wanted} in {text}"))
    };
    assert!(place(&blank, "Decidenow2:wholeads") < place(&blank, "BackgroundNobodyneeds"));
    assert!(place(&blank, "Canwait3:areport.") > place(&blank, "Callthe"));
    assert!(
        !blank.contains("Startarun") && !blank.contains("Copy"),
        "{blank}"
    );

    // The checklist alone.
    page.eval("window.print = () => { window.printed = true; }; true");
    page.click("[data-act=print-checklist]");
    assert_eq!(page.eval("window.printed"), true);
    let alone = text(&page);
    assert!(!alone.contains("BackgroundNobody"), "{alone}");
    assert!(
        alone.contains("Callthe") && alone.contains("Lookat"),
        "{alone}"
    );
    page.click("[data-act=print-all]");
    assert!(text(&page).contains("BackgroundNobody"));

    // With a run: who, what, when.
    page.click("[data-run=details] > summary");
    for (name, value) in [
        ("operator", "Ada"),
        ("incident", "INC-7"),
        ("verifier", "Bob"),
    ] {
        page.eval(&format!(
            "document.querySelector('[data-run={name}]').focus()"
        ));
        page.type_text(value);
    }
    page.press("Enter");
    page.eval("document.querySelector('#_param-host').focus()");
    page.type_text("db9");
    page.click(".step .tick");
    page.click("[id=\"steps.who-leads\"] .act-skip");
    page.type_text("alone here");
    page.press("Enter");
    let filled = text(&page);
    let time = page.eval("document.querySelector('.step-time').textContent");
    for wanted in [
        "Ada",
        "INC-7",
        "Bob",
        "Lookatdb9.",
        "✓",
        "skipped:alonehere",
        time.as_str().unwrap(),
    ] {
        assert!(filled.contains(wanted), "{wanted} is not in {filled}");
    }
    assert!(
        !filled.contains("Skip") && filled.contains("UTCfrom"),
        "{filled}"
    );
    assert_eq!(page.console(), Vec::<String>::new());
    // Back to the blank form, which is as it was.
    page.eval(&format!(
        "(() => {{ const one = document.querySelector('[data-run=choice]'); one.value = {}; one.dispatchEvent(new Event('change')); }})()",
        json!("")
    ));
    assert!(!text(&page).contains("INC-7"));
}

/// Builds one page and prints it on A4.
fn print_page(press: &Press, text: &str) -> (PathBuf, Vec<Sheet>) {
    let scratch = Scratch::new();
    scratch.write(
        "site.toml",
        "title = \"T\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n",
    );
    scratch.write("content/a.md", text);
    scratch.build(&[]).expect(0);
    let page = press.open(&scratch.path().join("public/a.html"));
    let pdf = press.folder.path().join("page.pdf");
    // With what a browser leaves out unless it is asked: nothing may be lost by it, and nothing gained.
    let paper = Paper {
        size: A4,
        backgrounds: true,
        ..Paper::default()
    };
    page.pdf(&pdf, &paper);
    page.close();
    let sheets = sheets(&pdf);
    (pdf, sheets)
}

#[test]
fn a_wide_table_leaves_the_sheet_as_it_is() {
    let press = Press::new();
    let row = |cell: &dyn Fn(usize) -> String, columns: usize| {
        format!(
            "|{}\n",
            (0..columns)
                .map(|at| format!(" {} |", cell(at)))
                .collect::<String>()
        )
    };
    let many = [
        row(&|at| format!("Heading{at}"), 14),
        row(&|_| "---".to_owned(), 14),
        row(&|at| format!("measurement{at}"), 14),
    ]
    .concat();
    let long = format!(
        "| Alert | Expression |\n|---|---|\n| Full | `{}` |\n",
        "kubelet_volume_stats_available_bytes/".repeat(5)
    );
    let plain = format!(
        "| Alert | Name |\n|---|---|\n| Full | {} |\n",
        "x".repeat(200)
    );
    for table in [many, long, plain] {
        let (pdf, sheets) = print_page(
            &press,
            &format!("# T\n\n## Steps\n\n1. Do it now.\n\n## Alerts\n\n{table}"),
        );
        assert_eq!(sizes(&pdf, "Do it now.").1, 14, "{table}");
        for word in sheets.iter().flat_map(|sheet| &sheet.words) {
            assert!(word.right <= sheets[0].size.0 - 12.0 * MM + 2.0, "{word:?}");
        }
    }
}

#[test]
fn a_caution_stays_with_a_long_step() {
    let press = Press::new();
    let code = "   echo line\n".repeat(12);
    for before in [6, 10, 14, 18, 22] {
        let text = format!(
            "# T\n\n{}## Steps\n\n> [!CAUTION]\n> Careful.\n\n1. Do it.\n\n   ```bash\n{code}   ```\n\n   Expect: fine\n2. Next.\n",
            "Filler.\n\n".repeat(before),
        );
        let (_, sheets) = print_page(&press, &text);
        let on = |words: &str| sheets.iter().position(|sheet| sheet.text.contains(words));
        let place = on("Careful.");
        assert!(place.is_some() && place == on("Expect:fine"), "{before}");
        assert_eq!(place, on("Doit."), "{before}");
        assert!(
            sheets[0].text.contains("Filler."),
            "{before}: an empty sheet"
        );
        let whole = sheets
            .iter()
            .filter(|sheet| sheet.text.contains("echoline"))
            .count();
        assert_eq!(whole, 1, "{before}: the step is split");
    }
}

#[test]
fn the_foot_of_a_short_sheet_and_of_a_long_address_is_at_the_bottom() {
    let press = Press::new();
    let scratch = Scratch::new();
    scratch.write(
        "site.toml",
        "title = \"T\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n",
    );
    let long = "a-name-that-goes-on/".repeat(9);
    let steps: String = (1..=60).map(|at| format!("{at}. Step.\n")).collect();
    for name in ["a", &format!("{long}b")] {
        for (kind, steps) in [("one", "1. Step.\n"), ("many", &steps)] {
            let text = format!("# T\n\n## Steps\n\n{steps}");
            scratch.write(&format!("content/{name}-{kind}.md"), &text);
        }
    }
    scratch.build(&[]).expect(0);
    for name in ["a", &format!("{long}b")] {
        for kind in ["one", "many"] {
            let page = press.open(&scratch.path().join(format!("public/{name}-{kind}.html")));
            for size in [A4, LETTER] {
                let sheets = sheets(&press.print(&page, size));
                assert_eq!(sheets.len() > 1, kind == "many", "{name} {kind}");
                for (at, sheet) in sheets.iter().enumerate() {
                    let number = format!("Page{}of{}", at + 1, sheets.len());
                    foot(&format!("{name} {kind} {}", at + 1), sheet, &number);
                }
            }
            page.close();
        }
    }
}

#[test]
fn a_pause_point_may_be_the_last_of_a_sheet() {
    let press = Press::new();
    let mut last = 0;
    for before in [12, 13, 14, 15, 16] {
        let steps = |from: usize, to: usize| -> String {
            (from..=to).map(|at| format!("{at}. Word{at}.\n")).collect()
        };
        let text = format!(
            "# T\n\n## Steps\n\n{}\nPause: look.\n\n{}",
            steps(1, before),
            steps(before + 1, 40)
        );
        let (_, sheets) = print_page(&press, &text);
        let on = |words: &str| sheets.iter().position(|sheet| sheet.text.contains(words));
        let place = on("Pause:look.");
        assert!(place.is_some(), "{before}");
        assert_eq!(place, on(&format!("Word{before}.")), "{before}");
        last += usize::from(place != on(&format!("Word{}.", before + 1)));
    }
    assert!(last > 0, "the next step is always on the pause's sheet");
}

#[test]
fn a_line_of_code_that_goes_on_is_marked() {
    let press = Press::new();
    let words: String = (1..=40).map(|at| format!(" word{at}")).collect();
    let text = format!(
        "# T\n\n## Steps\n\n1. Do it.\n\n   ```bash\n   first{words}\n   short\n   last\n   ```\n"
    );
    let (pdf, sheets) = print_page(&press, &text);
    let words = &sheets[0].words;
    let find = |text: &str| words.iter().find(|one| one.text == text).expect("a word");
    let edge = find("first").left;
    // What goes on hangs; a line that begins does not.
    let begin =
        |one: &&Word| one.top > find("first").top + 2.0 && one.top < find("short").top - 2.0;
    let hanging = words.iter().filter(begin).map(|one| one.left);
    let hanging = hanging.fold(f64::MAX, f64::min);
    assert!(hanging > edge + 10.0, "{hanging} {edge}");
    for line in ["short", "last"] {
        assert!((find(line).left - edge).abs() < 0.5, "{line}");
    }
    // And a bar stands before it: where a line that begins has letters, and for as long as it goes on.
    let picture = Command::new("pdftoppm")
        .args(["-r", "144", "-gray", "-f", "1", "-l", "1"])
        .arg(&pdf)
        .output()
        .expect("pdftoppm runs")
        .stdout;
    let width = (sheets[0].size.0 * 2.0).ceil() as usize;
    let rows = picture.len() / width;
    let pixels = &picture[picture.len() - rows * width..];
    let bar = |word: &Word| -> bool {
        let row = (f64::midpoint(word.top, word.bottom) * 2.0) as usize;
        let column = (edge * 2.0) as usize;
        let dark = |row: usize| (column - 1..column + 4).any(|at| pixels[row * width + at] < 0x80);
        (row - 8..row + 8).all(dark)
    };
    let lines = words.iter().filter(begin);
    assert!(lines.filter(|one| one.left < hanging + 1.0).all(bar));
    assert!(!bar(find("short")));
}

#[test]
fn a_long_step_number_stands_beside_its_text() {
    let steps: String = (1..=120)
        .map(|at| format!("{at}. Word{at} follows.\n"))
        .collect();
    let (_, sheets) = print_page(&Press::new(), &format!("# T\n\n## Steps\n\n{steps}"));
    for number in [1, 10, 100, 120] {
        let find = |text: &str| {
            let words = sheets.iter().flat_map(|sheet| &sheet.words);
            words
                .into_iter()
                .find(|word| word.text == text)
                .unwrap_or_else(|| panic!("no {text}"))
        };
        let (count, word) = (
            find(&format!("{number}/120")),
            find(&format!("Word{number}")),
        );
        assert!(count.right + 2.0 < word.left, "{count:?} {word:?}");
    }
}

#[test]
fn a_sheet_is_black_on_white() {
    let text = "---\nseverity: critical\nstatus: deprecated\nchecklist: do-confirm\nparams:\n  host: { description: Name, default: db1 }\n---\n\
        # T\n\n> [!NOTE]\n> One.\n\n> [!TIP]\n> Two.\n\n> [!IMPORTANT]\n> Three.\n\n> [!WARNING]\n> Four.\n\n\
        ## Steps\n\n> [!CAUTION]\n> Careful.\n\n1. Decide now: go to <host>.\n\n   ```bash title=\"a.sh\"\n   rm -rf /srv/<host> # all\n   ```\n\n   \
        Expect: fine\n\n   If not: stop\n\n   Undo: none\n\nPause: look.\n\n2. Can wait: see <other>.\n\n   ```diff\n   - a\n   + b\n   ```\n\n   ~~Gone~~ and `code`.\n";
    let press = Press::new();
    let (pdf, sheets) = print_page(&press, text);
    for number in 1..=sheets.len() {
        grey(&pdf, number);
    }
}

/// Asserts that a page of a PDF has no colour and is not filled.
fn grey(pdf: &Path, number: usize) {
    let number = number.to_string();
    let picture = Command::new("pdftoppm")
        .args(["-r", "40", "-f", &number, "-l", &number])
        .arg(pdf)
        .output()
        .expect("pdftoppm runs")
        .stdout;
    // A PPM's head is three lines; then three bytes for each pixel.
    let mut dark = 0;
    let pixels = picture.len() / 3;
    let head = picture
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .nth(2)
        .expect("a head")
        .0;
    for pixel in picture[head + 1..].chunks_exact(3) {
        dark += usize::from(pixel[0] < 0xf8);
        let (least, most) = (pixel.iter().min(), pixel.iter().max());
        let spread = most.expect("three") - least.expect("three");
        assert!(spread < 12, "page {number} has a colour: {pixel:?}");
    }
    assert!(
        dark > 0 && dark * 4 < pixels,
        "{dark} of {pixels} are filled"
    );
}

#[test]
fn only_a_step_that_is_longer_than_a_sheet_is_split() {
    let parts: String = (1..=70)
        .map(|at| format!("   Paragraph {at} of the long step.\n\n"))
        .collect();
    let text = format!(
        "# T\n\n## Steps\n\n1. Before it.\n2. Long.\n\n{parts}3. After it.\n\n   Expect: seen.\n"
    );
    let press = Press::new();
    let scratch = Scratch::new();
    scratch.write(
        "site.toml",
        "title = \"T\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n",
    );
    scratch.write("content/a.md", &text);
    scratch.build(&[]).expect(0);
    // With scripts and without, the sheet is whole.
    for scripts in [true, false] {
        let page = press.browser.page(1000, 900);
        page.scripts(scripts);
        page.go(&format!(
            "file://{}",
            scratch.path().join("public/a.html").display()
        ));
        let found = sheets(&press.print(&page, A4));
        page.close();
        let on = |words: &str| {
            let places: Vec<usize> = (0..found.len())
                .filter(|at| found[*at].text.contains(words))
                .collect();
            assert!(!places.is_empty(), "no {words}, scripts: {scripts}");
            places
        };
        for at in 1..=70 {
            assert_eq!(on(&format!("Paragraph{at}ofthelongstep.")).len(), 1);
        }
        assert!(on("ofthelongstep.").len() > 1);
        assert_eq!(on("Afterit."), on("Expect:seen."));
        assert_eq!(on("ENDOFCHECKLIST"), [found.len() - 1]);
        assert_eq!(on("Uncontrolledwhenprinted.").len(), found.len());
        assert_eq!(on("3/3"), on("Afterit."));
        for (at, sheet) in found.iter().enumerate() {
            assert!(
                sheet
                    .text
                    .contains(&format!("Page{}of{}", at + 1, found.len()))
            );
            for word in FRAME {
                assert!(!sheet.text.contains(word), "{word}");
            }
        }
    }
}
