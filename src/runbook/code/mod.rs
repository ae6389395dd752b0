//! Code highlighting at build time: exact small lexers for what runbooks are full of, a library for the rest.

mod console;
mod diff;
mod json;
mod library;
mod paint;
mod promql;
mod shell;
mod toml;
mod yaml;

use self::paint::Painter;
pub use self::paint::{Lines, escape};

/// A language that a fence may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    label: &'static str,
    lexer: Lexer,
}

/// Who tells a language's tokens apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lexer {
    Shell,
    Console,
    Yaml,
    Json,
    Toml,
    Promql,
    Diff,
    /// The library, by its own token for the language.
    Library(&'static str),
    /// Nobody: it is shown as it is.
    None,
}

/// Labels, lexers and the names that fences use.
const LANGUAGES: &[(&str, Lexer, &[&str])] = &[
    (
        "bash",
        Lexer::Shell,
        &[
            "bash",
            "sh",
            "shell",
            "zsh",
            "ksh",
            "ash",
            "dash",
            "shellscript",
            "shell-script",
            "bash-script",
        ],
    ),
    (
        "console",
        Lexer::Console,
        &[
            "console",
            "shell-session",
            "shellsession",
            "sh-session",
            "bash-session",
            "terminal",
            "session",
            "pycon-shell",
        ],
    ),
    (
        "yaml",
        Lexer::Yaml,
        &[
            "yaml",
            "yml",
            "helm",
            "k8s",
            "kubernetes",
            "ansible",
            "cloud-config",
            "openapi",
        ],
    ),
    (
        "json",
        Lexer::Json,
        &[
            "json",
            "jsonc",
            "json5",
            "jsonl",
            "ndjson",
            "geojson",
            "json-object",
        ],
    ),
    ("toml", Lexer::Toml, &["toml"]),
    (
        "ini",
        Lexer::Toml,
        &[
            "ini",
            "cfg",
            "conf",
            "properties",
            "env",
            "dotenv",
            "systemd",
            "unit",
            "service",
            "editorconfig",
            "desktop",
            "config",
        ],
    ),
    (
        "promql",
        Lexer::Promql,
        &["promql", "prometheus", "metricsql", "logql", "prom"],
    ),
    ("diff", Lexer::Diff, &["diff", "patch", "udiff"]),
    (
        "sql",
        Lexer::Library("sql"),
        &[
            "sql",
            "postgresql",
            "postgres",
            "psql",
            "mysql",
            "pgsql",
            "plpgsql",
            "sqlite",
            "cql",
            "influxql",
        ],
    ),
    (
        "hcl",
        Lexer::Library("tf"),
        &[
            "hcl",
            "terraform",
            "tf",
            "tfvars",
            "hcl2",
            "nomad",
            "packer",
        ],
    ),
    (
        "dockerfile",
        Lexer::Library("Dockerfile"),
        &["dockerfile", "docker", "containerfile"],
    ),
    (
        "python",
        Lexer::Library("py"),
        &["python", "py", "python3", "starlark", "bzl", "pycon"],
    ),
    ("go", Lexer::Library("go"), &["go", "golang"]),
    ("rust", Lexer::Library("rs"), &["rust", "rs"]),
    (
        "javascript",
        Lexer::Library("js"),
        &[
            "javascript",
            "js",
            "node",
            "jsx",
            "mjs",
            "cjs",
            "ecmascript",
        ],
    ),
    (
        "typescript",
        Lexer::Library("ts"),
        &["typescript", "ts", "tsx"],
    ),
    (
        "xml",
        Lexer::Library("xml"),
        &["xml", "svg", "xsd", "xslt", "plist", "pom", "rss"],
    ),
    (
        "html",
        Lexer::Library("html"),
        &["html", "htm", "xhtml", "vue", "svelte"],
    ),
    ("nginx", Lexer::Library("nginx"), &["nginx", "nginxconf"]),
    (
        "makefile",
        Lexer::Library("Makefile"),
        &["makefile", "make", "mk", "gnumake"],
    ),
    (
        "powershell",
        Lexer::Library("ps1"),
        &["powershell", "ps1", "pwsh", "posh", "ps"],
    ),
    (
        "batch",
        Lexer::Library("bat"),
        &["batch", "bat", "cmd", "dos"],
    ),
    ("fish", Lexer::Library("fish"), &["fish"]),
    ("css", Lexer::Library("css"), &["css", "scss", "less"]),
    ("csv", Lexer::None, &["csv", "tsv"]),
    ("java", Lexer::Library("java"), &["java"]),
    ("kotlin", Lexer::Library("kt"), &["kotlin", "kt", "kts"]),
    (
        "groovy",
        Lexer::Library("groovy"),
        &["groovy", "gradle", "jenkinsfile", "jenkins"],
    ),
    ("scala", Lexer::Library("scala"), &["scala", "sbt"]),
    ("c", Lexer::Library("c"), &["c", "h"]),
    (
        "cpp",
        Lexer::Library("cpp"),
        &["cpp", "c++", "cc", "cxx", "hpp"],
    ),
    (
        "csharp",
        Lexer::Library("cs"),
        &["csharp", "cs", "c#", "dotnet"],
    ),
    (
        "ruby",
        Lexer::Library("rb"),
        &["ruby", "rb", "rails", "erb", "puppet", "pp"],
    ),
    ("php", Lexer::Library("php"), &["php"]),
    ("perl", Lexer::Library("pl"), &["perl", "pl"]),
    ("lua", Lexer::Library("lua"), &["lua"]),
    ("r", Lexer::Library("r"), &["r", "rlang"]),
    ("swift", Lexer::Library("swift"), &["swift"]),
    ("elixir", Lexer::Library("ex"), &["elixir", "ex", "exs"]),
    ("erlang", Lexer::Library("erl"), &["erlang", "erl"]),
    ("haskell", Lexer::Library("hs"), &["haskell", "hs"]),
    ("graphql", Lexer::Library("graphql"), &["graphql", "gql"]),
    ("protobuf", Lexer::Library("proto"), &["protobuf", "proto"]),
    ("http", Lexer::Library("http"), &["http", "https", "rest"]),
    (
        "jsonnet",
        Lexer::Library("jsonnet"),
        &["jsonnet", "libsonnet"],
    ),
    (
        "jinja",
        Lexer::Library("jinja2"),
        &["jinja", "jinja2", "j2", "tera", "twig"],
    ),
    ("jq", Lexer::Library("jq"), &["jq"]),
    ("awk", Lexer::Library("awk"), &["awk", "gawk"]),
    ("vim", Lexer::Library("vim"), &["vim", "viml"]),
    ("latex", Lexer::Library("tex"), &["latex", "tex"]),
    (
        "markdown",
        Lexer::Library("md"),
        &["markdown", "md", "mdx", "gfm"],
    ),
    ("nix", Lexer::Library("nix"), &["nix"]),
    ("cmake", Lexer::Library("cmake"), &["cmake"]),
    (
        "apache",
        Lexer::Library("htaccess"),
        &["apache", "apacheconf", "htaccess", "httpd"],
    ),
    ("haproxy", Lexer::None, &["haproxy"]),
    (
        "ssh-config",
        Lexer::Library("ssh_config"),
        &["ssh-config", "sshconfig", "ssh_config"],
    ),
    ("crontab", Lexer::Library("crontab"), &["crontab", "cron"]),
    ("gitconfig", Lexer::Library("gitconfig"), &["gitconfig"]),
    (
        "template",
        Lexer::None,
        &[
            "gotemplate",
            "go-template",
            "gotmpl",
            "go-html-template",
            "tmpl",
            "template",
            "mustache",
            "handlebars",
        ],
    ),
    (
        "rego",
        Lexer::None,
        &["rego", "cue", "cel", "kql", "kusto", "spl", "bicep"],
    ),
    ("regex", Lexer::None, &["regex", "regexp"]),
    // Diagrams stay readable as text.
    ("mermaid", Lexer::None, &["mermaid"]),
    ("dot", Lexer::None, &["dot", "graphviz"]),
    (
        "plantuml",
        Lexer::None,
        &["plantuml", "puml", "d2", "ascii", "ditaa"],
    ),
    (
        "text",
        Lexer::None,
        &[
            "text",
            "txt",
            "plain",
            "plaintext",
            "none",
            "output",
            "log",
            "logs",
            "raw",
            "no-highlight",
            "nohighlight",
            "stdout",
            "message",
            "email",
            "prompt",
        ],
    ),
];

impl Language {
    /// The language that a fence calls `name`, whatever its case.
    pub fn from_name(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        LANGUAGES
            .iter()
            .find(|(_, _, names)| names.contains(&lower.as_str()))
            .map(|(label, lexer, _)| Self {
                label,
                lexer: *lexer,
            })
    }

    /// Every name that a fence may use.
    pub fn names() -> impl Iterator<Item = &'static str> {
        LANGUAGES
            .iter()
            .flat_map(|(_, _, names)| names.iter().copied())
    }

    /// The one name for it that pages use.
    pub fn label(&self) -> &'static str {
        self.label
    }
}

/// Writes `source` as highlighted HTML: escaped text in `<span>`s, nothing else but `<mark>` around `lines`.
/// The text of what is written is `source`, byte for byte.
pub fn highlight(language: &Language, source: &str, lines: &Lines, out: &mut String) {
    let mut painter = Painter::new(lines, out);
    match language.lexer {
        Lexer::Shell if console::has_prompts(source) => console::paint(source, true, &mut painter),
        Lexer::Shell => shell::paint(source, &mut painter),
        Lexer::Console => console::paint(source, false, &mut painter),
        Lexer::Yaml => yaml::paint(source, &mut painter),
        Lexer::Json => json::paint(source, &mut painter),
        Lexer::Toml => toml::paint(source, &mut painter),
        Lexer::Promql => promql::paint(source, &mut painter),
        Lexer::Diff => diff::paint(source, &mut painter),
        Lexer::Library(token) => library::paint(token, source, &mut painter),
        Lexer::None => painter.plain(source),
    }
    painter.finish();
}

/// Writes `source` as escaped text with `<mark>` around `lines`.
pub fn highlight_plain(source: &str, lines: &Lines, out: &mut String) {
    let mut painter = Painter::new(lines, out);
    painter.plain(source);
    painter.finish();
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{LANGUAGES, Language, Lines, highlight};

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
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&")
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
                "${",
                "}",
                ")",
                "(",
                "<<EOF\n",
                "<<-'E'\n",
                "EOF\n",
                "\\",
                "\n",
                "\n\n",
                "  ",
                "\t",
                "# ",
                "$ ",
                "> ",
                "|",
                "&&",
                ";",
                "a",
                "é",
                "日本",
                "--flag",
                "-x",
                "A=b",
                "key: ",
                "- ",
                "|\n",
                "[",
                "]",
                "{",
                "{{ ",
                " }}",
                "123",
                "1.5e3",
                "<ns>",
                "if ",
                "for ",
                "true",
                "null",
                "//",
                "/*",
                "*/",
                "@@",
                "+a\n",
                "-b\n",
                "\r\n",
                "\u{0}",
                "&amp;",
                "user@host:~$ ",
                "5m",
                "rate(",
                ",",
                ":",
                "=",
            ];
            let length = self.next() % 40;
            (0..length)
                .map(|_| PIECES[(self.next() % PIECES.len() as u64) as usize])
                .collect()
        }
    }

    #[test]
    fn every_language_keeps_the_text() {
        let mut soup = Soup(0x9E37_79B9_7F4A_7C15);
        for (label, lexer, names) in LANGUAGES {
            let language = Language::from_name(names[0]).unwrap();
            let rounds = if matches!(lexer, super::Lexer::Library(_)) {
                12
            } else {
                600
            };
            for round in 0..rounds {
                let source = soup.text();
                let lines = if round % 3 == 0 {
                    Lines::parse("1,3-4").unwrap()
                } else {
                    Lines::default()
                };
                let mut html = String::new();
                highlight(&language, &source, &lines, &mut html);
                assert_eq!(text(&html), source, "{label}: {html}");
            }
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "this test measures time")]
    fn time_grows_with_length_and_no_faster() {
        let units = [
            "\"", "$(", "{{", "'", "<<EOF\n", "\\", "(", "[", "- ", "a: ", "$ a\n", "{\"a\":", "#",
            "`", "<a",
        ];
        for name in ["bash", "console", "yaml", "json", "toml", "promql", "diff"] {
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
                let (short, long) = (time(20_000, unit), time(80_000, unit));
                // Four times the text may take four times as long, and noise twice that.
                assert!(
                    long < short * 9 + std::time::Duration::from_millis(20),
                    "{name} {unit:?}: {short:?} {long:?}"
                );
            }
        }
    }

    fn html(name: &str, source: &str) -> String {
        let mut html = String::new();
        highlight(
            &Language::from_name(name).unwrap(),
            source,
            &Lines::default(),
            &mut html,
        );
        html
    }

    #[test]
    fn tokens_are_what_they_are() {
        for (name, source, wanted) in [
            ("bash", "# note\n", "<span class=\"c\"># note</span>\n"),
            (
                "bash",
                "echo \"a $B\"",
                "<span class=\"f\">echo</span> <span class=\"s\">&quot;a </span><span class=\"v\">$B</span><span class=\"s\">&quot;</span>",
            ),
            (
                "bash",
                "A=1 kubectl -n <ns> get",
                "<span class=\"v\">A</span>=1 <span class=\"f\">kubectl</span> <span class=\"o\">-n</span> <span class=\"placeholder\">&lt;ns&gt;</span> get",
            ),
            (
                "bash",
                "if true; then",
                "<span class=\"k\">if</span> <span class=\"f\">true</span>; <span class=\"k\">then</span>",
            ),
            (
                "bash",
                "cat <<EOF\na # b\nEOF\nls",
                "<span class=\"f\">cat</span> &lt;&lt;EOF\n<span class=\"s\">a # b</span>\n<span class=\"s\">EOF</span>\n<span class=\"f\">ls</span>",
            ),
            (
                "console",
                "$ ls -l\ntotal 0\n",
                "<span class=\"prompt\">$ </span><span class=\"command\"><span class=\"f\">ls</span> <span class=\"o\">-l</span></span>\n<span class=\"output\">total 0\n</span>",
            ),
            (
                "bash",
                "$ ls\nfoo\n",
                "<span class=\"prompt\">$ </span><span class=\"command\"><span class=\"f\">ls</span></span>\n<span class=\"output\">foo\n</span>",
            ),
            (
                "yaml",
                "a: \"x\" # c\n",
                "<span class=\"v\">a</span>: <span class=\"s\">&quot;x&quot;</span> <span class=\"c\"># c</span>\n",
            ),
            (
                "yaml",
                "- n: 3\n  b: true\n",
                "- <span class=\"v\">n</span>: <span class=\"n\">3</span>\n  <span class=\"v\">b</span>: <span class=\"k\">true</span>\n",
            ),
            (
                "yaml",
                "x: |\n  a: b\ny: 1\n",
                "<span class=\"v\">x</span>: <span class=\"o\">|</span>\n<span class=\"s\">  a: b\n</span><span class=\"v\">y</span>: <span class=\"n\">1</span>\n",
            ),
            (
                "json",
                "{\"a\": [1, \"b\", null]}",
                "{<span class=\"v\">&quot;a&quot;</span>: [<span class=\"n\">1</span>, <span class=\"s\">&quot;b&quot;</span>, <span class=\"k\">null</span>]}",
            ),
            (
                "toml",
                "[a]\nb = \"c\" # d\n",
                "<span class=\"k\">[a]</span>\n<span class=\"v\">b</span> = <span class=\"s\">&quot;c&quot;</span> <span class=\"c\"># d</span>\n",
            ),
            (
                "promql",
                "rate(up{job=\"x\"}[5m]) > 1",
                "<span class=\"f\">rate</span>(up{<span class=\"v\">job</span>=<span class=\"s\">&quot;x&quot;</span>}[<span class=\"n\">5m</span>]) &gt; <span class=\"n\">1</span>",
            ),
        ] {
            assert_eq!(html(name, source), wanted, "{name}: {source}");
        }
        assert!(html("python", "def f(): return 'x'").contains("class=\"k\""));
    }

    #[test]
    fn highlighted_lines_are_marked() {
        let mut out = String::new();
        highlight(
            &Language::from_name("bash").unwrap(),
            "a\nb \"x\ny\"\n",
            &Lines::parse("2").unwrap(),
            &mut out,
        );
        assert_eq!(
            out,
            "<span class=\"f\">a</span>\n<mark><span class=\"f\">b</span> <span class=\"s\">&quot;x</span>\n</mark><span class=\"s\">y&quot;</span>\n"
        );
    }
}
