//! What must hold for every language: the text stays, tags nest, time is linear; and what each lexer makes of a line.

use std::time::Instant;

use super::{LANGUAGES, Language, Lexer, Lines, highlight};

/// The text of HTML as a browser's `textContent` gives it; also checks that tags nest.
fn text(html: &str) -> String {
    let (mut text, mut open, mut rest) = (String::new(), Vec::new(), html);
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{html}"),
            None => open.push(tag.split(' ').next().unwrap()),
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{html}");
    text.push_str(rest);
    assert!(!text.contains(['>', '"']), "{html}");
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// What a reader of the page copies: the `command` spans' texts, joined by newlines.
fn commands(html: &str) -> String {
    let commands: Vec<String> = html
        .split("<span class=\"command\">")
        .skip(1)
        .map(|rest| {
            let (mut depth, mut at) = (1, 0);
            while depth > 0 {
                at += rest[at..].find('<').unwrap();
                depth = if rest[at..].starts_with("</") {
                    depth - 1
                } else {
                    depth + 1
                };
                at += 1;
            }
            text(&rest[..at - 1])
        })
        .collect();
    commands.join("\n")
}

/// A small generator with a fixed seed: the same soup in every run.
struct Soup(u64);

impl Soup {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn text(&mut self) -> String {
        const PIECES: &[&str] = &[
            "\"",
            "'",
            "`",
            "$",
            "$(",
            "$((",
            "${",
            "$'",
            "}",
            ")",
            "(",
            "<<EOF\n",
            "<<-'E E'\n",
            "<<\"",
            "EOF\n",
            "\\",
            "\n",
            "\n",
            "\n\n",
            "  ",
            "\t",
            "# ",
            "\n# ",
            "\n$ ",
            "$ ",
            "> ",
            "\n> ",
            "| ",
            "&&",
            ";",
            ";;",
            "a",
            "é",
            "日本",
            "𝄞",
            "--flag",
            "-x",
            "A=b",
            "key: ",
            "- ",
            "|\n",
            "|-\n",
            "[",
            "]",
            "{",
            "{{ ",
            " }}",
            "123",
            "1.5e3",
            "<ns>",
            "<",
            ">",
            "if ",
            "for x in ",
            "case x in ",
            "esac",
            "done\n",
            "true",
            "null",
            "//",
            "/*",
            "*/",
            "<#",
            "#>",
            "@\"\n",
            "\n\"@",
            "@@",
            "+a\n",
            "-b\n",
            "\r\n",
            "\u{0}",
            "&amp;",
            "\nuser@host:~$ ",
            "\n[root@h ~]# ",
            "\nPS C:\\> ",
            "\nmysql> ",
            "\n    -> ",
            "5m",
            "rate(",
            "by (",
            ",",
            ":",
            "=",
            "\"\"\"",
            "'''",
            "&a ",
            "*b",
            "!c ",
            "---\n",
            "%",
            "</a>",
            "<a href=\"b\">",
            "@",
            "λ ",
            "❯ ",
        ];
        let length = self.next() % 40;
        (0..length)
            .map(|_| PIECES[(self.next() % PIECES.len() as u64) as usize])
            .collect()
    }
}

fn html(name: &str, source: &str) -> String {
    let mut html = String::new();
    let language = Language::from_name(name).unwrap();
    highlight(&language, source, &Lines::default(), &mut html);
    html
}

#[test]
fn every_language_keeps_the_text() {
    // Grammars are slow to compile, and what paints by them is the same for all: a sixth of them will do.
    let mut libraries = 0;
    keeps_the_text(|lexer| match lexer {
        Lexer::Library(_) => {
            libraries += 1;
            usize::from(libraries % 6 == 1)
        }
        _ => 400,
    });
}

#[test]
#[cfg_attr(
    debug_assertions,
    ignore = "half a minute unoptimised; run when a lexer or the library changes"
)]
fn every_language_keeps_much_text() {
    keeps_the_text(|lexer| match lexer {
        Lexer::Library(_) => 10,
        _ => 10_000,
    });
}

fn keeps_the_text(mut rounds: impl FnMut(&Lexer) -> usize) {
    let mut soup = Soup(0x9E37_79B9_7F4A_7C15);
    for (label, lexer, names) in LANGUAGES {
        let language = Language::from_name(names[0]).unwrap();
        for _ in 0..rounds(lexer) {
            let source = soup.text();
            let mut plain = String::new();
            highlight(&language, &source, &Lines::default(), &mut plain);
            assert_eq!(text(&plain), source, "{label}: {plain}");
            let mut marked = String::new();
            let lines = Lines::parse("1,3-4,6").unwrap();
            highlight(&language, &source, &lines, &mut marked);
            assert_eq!(text(&marked), source, "{label}: {marked}");
            // Marks change nothing about what is copied.
            assert_eq!(commands(&marked), commands(&plain), "{label}: {source:?}");
            let there = source.split_inclusive('\n').count();
            let wanted = (1..=there).filter(|line| lines.contains(*line)).count();
            assert_eq!(
                marked.matches("<mark class=\"line\">").count(),
                wanted,
                "{marked}"
            );
        }
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "what is tested is the time it takes"
)]
fn time_grows_with_length_and_no_faster() {
    let units = [
        "\"",
        "$(",
        "{{",
        "'",
        "<<EOF\n",
        "\\",
        "(",
        "[",
        "- ",
        "a: ",
        "$ a\n",
        "{\"a\":",
        "#",
        "`",
        "<a",
        "${",
        "\"$(",
        "$ a <<E\n",
        "$ '\n",
        "# a <<E\n",
        "<<'",
        "{{ }\n",
        "/*",
        "<#",
        "@\"",
        "\"\"\"",
        "[[ ",
        "case x in ",
        "$((",
        "${\"",
        "`\"",
        "a   ",
        "a \n",
        "| ",
        "|\n ",
        "> ",
        "</a",
        "''",
        "\r",
        "$ for\n",
    ];
    let names = [
        "bash",
        "console",
        "yaml",
        "json",
        "toml",
        "promql",
        "diff",
        "powershell",
    ];
    for name in names {
        let language = Language::from_name(name).unwrap();
        let time = |length: usize, unit: &str| {
            let source = unit.repeat(length);
            (0..3)
                .map(|_| {
                    let start = Instant::now();
                    highlight(&language, &source, &Lines::default(), &mut String::new());
                    start.elapsed()
                })
                .min()
                .unwrap()
        };
        for unit in units {
            // Four times the text may take four times as long, and noise twice that. What is really slow is slow each
            // time; a machine that does something else is not.
            let slow = (0..4).map(|_| (time(2_000, unit), time(8_000, unit)));
            let mut slow = slow.take_while(|(short, long)| {
                *long >= *short * 9 + std::time::Duration::from_millis(30)
            });
            assert!(slow.nth(3).is_none(), "{name} {unit:?}");
        }
    }
}

#[test]
fn names_are_known_in_any_case() {
    for (name, label) in [
        ("Bash", "shell"),
        ("fish", "shell"),
        ("YML", "yaml"),
        ("Dockerfile", "dockerfile"),
        ("tf", "terraform"),
        ("shell-session", "console"),
        ("txt", "text"),
        ("mermaid", "mermaid"),
        ("pwsh", "powershell"),
        ("crystal", "Crystal"),
    ] {
        let language = Language::from_name(name).map(|language| language.label());
        assert_eq!(language, Some(label), "{name}");
    }
    for name in ["", "frobnicate", "1", "bsh", "C:\\", "bash "] {
        assert_eq!(Language::from_name(name), None, "{name}");
    }
    let mut names: Vec<_> = Language::names().collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|two| two[0] != two[1]));
    assert!(names.iter().all(|name| *name == name.to_lowercase()));
    assert!(Language::from_name("ksh").unwrap().is_shell());
    assert!(!Language::from_name("awk").unwrap().is_shell());
}

#[test]
fn the_library_knows_its_languages() {
    let syntaxes = two_face::syntax::extra_newlines();
    for (label, lexer, _) in LANGUAGES {
        if let Lexer::Library(name) = lexer {
            let found = syntaxes.find_syntax_by_name(name).is_some();
            assert!(found, "{label}");
        }
    }
    assert!(html("python", "def f(): return 'x'").contains("<span class=\"k\">return</span>"));
    assert!(html("sql", "select 1 from t -- c").contains("<span class=\"c\">-- c</span>"));
}

#[test]
fn what_is_too_large_for_the_library_stays_plain() {
    for source in [
        "x = 1\n".repeat(20_000),
        "x = ".repeat(2_000),
        "x".repeat(100),
    ] {
        assert!(!html("python", &source).contains('<'));
    }
    let after = format!("# {}\nreturn 1\n", "x".repeat(100));
    assert!(html("python", &after).contains("<span class=\"k\">return</span>"));
}

#[test]
fn highlighted_lines_are_marked() {
    let mut out = String::new();
    let language = Language::from_name("bash").unwrap();
    highlight(
        &language,
        "a\nb \"x\ny\"\n",
        &Lines::parse("2").unwrap(),
        &mut out,
    );
    assert_eq!(
        out,
        "<span class=\"f\">a</span>\n<mark class=\"line\"><span class=\"f\">b</span> <span class=\"s\">&quot;x</span>\n</mark><span class=\"s\">y&quot;</span>\n"
    );
}

/// HTML in a short hand, entities decoded: `f‹ls›` is `<span class="f">ls</span>`; `h` is a placeholder, `P`, `C`
/// and `O` are prompt, command and output.
fn brief(html: &str) -> String {
    let (mut out, mut open, mut rest) = (String::new(), Vec::new(), html);
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        if tag.starts_with('/') {
            out.push('›');
            open.pop();
        } else {
            let class = tag.split('"').nth(1).unwrap();
            open.push(class);
            out.push_str(match class {
                "placeholder" => "h",
                "prompt" => "P",
                "command" => "C",
                "output" => "O",
                class => class,
            });
            out.push('‹');
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Asserts what a lexer makes of some sources, in the short hand of [`brief`].
#[track_caller]
pub(super) fn check(name: &str, cases: &[(&str, &str)]) {
    for (source, wanted) in cases {
        assert_eq!(brief(&html(name, source)), *wanted, "{name}: {source}");
    }
}
