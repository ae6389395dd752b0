//! Random edits of a small project, right and wrong, the same in every run.

use std::collections::BTreeMap;

/// A small generator with a fixed seed: the same run every time.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

/// A project: files by path.
pub type Files = BTreeMap<String, Vec<u8>>;

const CONFIG: &str = "title = \"Test\"\nreport = true\nbase_url = \"https://example.com/docs/\"\ntheme = \"ours\"\n[[defaults]]\nmatch = \"**\"\nscope = \"operation\"\n[alerts]\nrules = [\"rules/*.yaml\"]\nbase_urls = [\"https://old.example.com/\"]\n";
const FOLDERS: &[&str] = &["", "db/", "db/deep/", "web/"];
const NAMES: &[&str] = &["a", "b", "c", "index", "_index", "README"];
const TAGS: &[&str] = &["disk", "Disk", "net", "x y"];

fn path(dice: &mut Dice) -> String {
    format!("content/{}{}.md", dice.pick(FOLDERS), dice.pick(NAMES))
}

/// A page that may be wrong in any way that a page can be.
fn page(dice: &mut Dice) -> Vec<u8> {
    let mut text = String::new();
    if dice.roll(2) == 0 {
        text.push_str("---\n");
        for line in [
            format!("title: T{}\n", dice.roll(4)),
            format!(
                "scope: {}\n",
                dice.pick(&["operation", "maintenance", "[operation, maintenance]"])
            ),
            format!("id: {}\n", dice.pick(&["one", "two", "three"])),
            format!("tags: [{}]\n", dice.pick(TAGS)),
            format!("service: {}\n", dice.pick(&["db", "web", "DB"])),
            format!("alerts: [{}]\n", dice.pick(&["Down", "Full"])),
            format!("follow_up: [{}]\n", dice.pick(&["one", "two"])),
            format!(
                "aliases: [{}]\n",
                dice.pick(&["old/x.md", "a.md#gone", "b.html"])
            ),
            format!(
                "status: {}\n",
                dice.pick(&["active", "draft", "deprecated"])
            ),
            format!("weight: {}\n", dice.roll(3)),
            "last_reviewed: 2020-01-01\n".to_owned(),
        ] {
            if dice.roll(4) == 0 {
                text.push_str(&line);
            }
        }
        text.push_str("---\n");
    }
    for _ in 0..dice.roll(6) {
        let piece = match dice.roll(9) {
            0 => format!("# H{}\n\n", dice.roll(3)),
            1 => format!("## Part {}\n\n", dice.roll(3)),
            2 => format!(
                "[x]({}{}.md)\n\n",
                dice.pick(&["", "../", "db/", "/"]),
                dice.pick(NAMES)
            ),
            3 => format!("[x]({}.md#part-{})\n\n", dice.pick(NAMES), dice.roll(3)),
            4 => format!("![[{}]]\n\n", dice.pick(&["a", "b#Part 1", "db/a", "c"])),
            5 => format!("[[{}]]\n\n", dice.pick(&["one", "T1", "c"])),
            6 => "![p](p.png)\n\n".to_owned(),
            7 => "<b>raw <ns></b> {{< param title >}}\n\n".to_owned(),
            _ => format!("Words {}.\n\n", dice.roll(100)),
        };
        text.push_str(&piece);
    }
    text.into_bytes()
}

/// Alert rules, right or wrong.
fn rules(dice: &mut Dice) -> Vec<u8> {
    let mut text = dice
        .pick(&[
            "groups:\n- rules:\n",
            "# A comment.\ngroups:\n- rules:\n",
            "{{- if }}\n",
        ])
        .to_owned();
    for _ in 0..dice.roll(4) {
        text += &format!(
            "  - alert: {}\n",
            dice.pick(&["Down", "Full", "Lost", "down"])
        );
        if dice.roll(2) == 0 {
            text += &format!("    expr: up == {}\n", dice.roll(3));
        }
        if dice.roll(2) == 0 {
            let silence = dice.pick(&[
                "",
                "  # bindery: off dead-runbook-url until 2027-01-31: a test",
            ]);
            let url = dice.pick(&[
                "https://example.com/docs",
                "https://old.example.com",
                "https://else.example.org",
            ]);
            text += &format!(
                "    annotations:\n      runbook_url: {url}/db/{}{silence}\n",
                dice.pick(NAMES)
            );
        }
    }
    text.into_bytes()
}

/// Changes a project in some way.
pub fn edit(dice: &mut Dice, files: &mut Files) {
    let pages: Vec<String> = files
        .keys()
        .filter(|name| name.ends_with(".md"))
        .cloned()
        .collect();
    let some = |dice: &mut Dice| pages.get(dice.roll(pages.len().max(1))).cloned();
    match dice.roll(13) {
        0 | 1 => {
            let path = path(dice);
            files.insert(path, page(dice));
        }
        2..=4 => {
            if let Some(name) = some(dice) {
                files.insert(name, page(dice));
            }
        }
        5 => {
            if let Some(name) = some(dice) {
                files.remove(&name);
            }
        }
        6 => {
            if let Some(bytes) = some(dice).and_then(|name| files.remove(&name)) {
                files.insert(path(dice), bytes);
            }
        }
        7 => {
            let (from, to) = (
                dice.pick(&["content/db/", "content/web/"]),
                "content/other/",
            );
            let moved: Vec<String> = files
                .keys()
                .filter(|name| name.starts_with(from))
                .cloned()
                .collect();
            for name in moved {
                let bytes = files.remove(&name).expect("it was there");
                files.insert(name.replacen(from, to, 1), bytes);
            }
        }
        8 => {
            let more = dice.pick(&[
                "",
                "addresses = \"directory\"\n",
                "raw_html = 3\n",
                "nonsense\n",
                "description = \"D\"\n",
            ]);
            files.insert(
                "site.toml".to_owned(),
                format!("{more}{CONFIG}").into_bytes(),
            );
        }
        9 => {
            let name = dice.pick(&["card.html", "sidebar.html", "redirect.html"]);
            let text = dice.pick(&[
                "<li>{{ root }}</li>",
                "{{ site.title }}",
                "{{ nothing }}",
                "{% broken",
            ]);
            files.insert(format!("themes/ours/templates/{name}"), text.into());
        }
        10 => {
            let css = format!("body {{ margin: {}px }}", dice.roll(9));
            files.insert("themes/ours/assets/style.css".to_owned(), css.into_bytes());
        }
        11 => {
            files.insert("rules/a.yaml".to_owned(), rules(dice));
        }
        _ => {
            let picture = format!("content/{}p.png", dice.pick(FOLDERS));
            if files.remove(&picture).is_none() {
                files.insert(picture, vec![dice.roll(9) as u8]);
            }
        }
    }
}

/// A project to begin with.
pub fn start(dice: &mut Dice) -> Files {
    let mut files = Files::new();
    files.insert("site.toml".to_owned(), CONFIG.into());
    files.insert(
        "themes/ours/theme.toml".to_owned(),
        "name = \"ours\"\nextends = \"default\"\n".into(),
    );
    for _ in 0..6 {
        let path = path(dice);
        files.insert(path, page(dice));
    }
    files
}
