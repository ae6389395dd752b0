//! Code highlighting at build time: exact small lexers for what runbooks are full of, a library for the rest.
//!
//! Nothing is ever rewritten: without its tags and entities the HTML is the source, byte for byte. Time is linear
//! in the source, whatever stands in it.

mod console;
pub mod destructive;
mod diff;
mod json;
mod library;
mod paint;
mod powershell;
mod programs;
mod prompt;
mod promql;
mod shell;
#[cfg(test)]
mod tests;
mod toml;
pub mod typed;
mod yaml;

use self::paint::Painter;
pub use self::paint::{Lines, Token, escape};
use self::prompt::Block;

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
    PowerShell,
    /// The library, by the full name of its grammar.
    Library(&'static str),
    /// Nobody: it is shown as it is.
    None,
}

/// Labels, lexers and the names that fences use.
const LANGUAGES: &[(&str, Lexer, &[&str])] = &[
    (
        "shell",
        Lexer::Shell,
        &[
            "shell",
            "sh",
            "bash",
            "zsh",
            "ksh",
            "ash",
            "dash",
            "fish",
            "csh",
            "tcsh",
            "shellscript",
            "shell-script",
            "bash-script",
            "busybox",
            "bats",
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
            "tty",
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
            "compose",
            "docker-compose",
        ],
    ),
    (
        "json",
        Lexer::Json,
        &[
            "json", "jsonc", "json5", "jsonl", "ndjson", "geojson", "hjson",
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
            "config",
            "properties",
            "env",
            "dotenv",
            "systemd",
            "unit",
            "service",
            "editorconfig",
            "desktop",
        ],
    ),
    (
        "promql",
        Lexer::Promql,
        &["promql", "prometheus", "prom", "metricsql", "logql"],
    ),
    ("diff", Lexer::Diff, &["diff", "patch", "udiff"]),
    (
        "powershell",
        Lexer::PowerShell,
        &["powershell", "ps1", "pwsh", "posh", "psm1"],
    ),
    (
        "sql",
        Lexer::Library("SQL"),
        &[
            "sql",
            "postgresql",
            "postgres",
            "psql",
            "mysql",
            "mariadb",
            "pgsql",
            "plpgsql",
            "sqlite",
            "cql",
            "influxql",
            "tsql",
        ],
    ),
    (
        "terraform",
        Lexer::Library("Terraform"),
        &[
            "terraform",
            "hcl",
            "tf",
            "tfvars",
            "hcl2",
            "nomad",
            "packer",
            "opentofu",
            "tofu",
        ],
    ),
    (
        "dockerfile",
        Lexer::Library("Dockerfile"),
        &["dockerfile", "docker", "containerfile"],
    ),
    (
        "python",
        Lexer::Library("Python"),
        &[
            "python", "py", "python3", "starlark", "bzl", "bazel", "pycon",
        ],
    ),
    ("go", Lexer::Library("Go"), &["go", "golang"]),
    ("rust", Lexer::Library("Rust"), &["rust", "rs"]),
    (
        "javascript",
        Lexer::Library("JavaScript"),
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
        Lexer::Library("TypeScript"),
        &["typescript", "ts", "mts", "cts"],
    ),
    ("tsx", Lexer::Library("TypeScriptReact"), &["tsx"]),
    (
        "xml",
        Lexer::Library("XML"),
        &["xml", "svg", "xsd", "xslt", "plist", "pom", "rss"],
    ),
    ("html", Lexer::Library("HTML"), &["html", "htm", "xhtml"]),
    ("vue", Lexer::Library("Vue Component"), &["vue"]),
    ("svelte", Lexer::Library("Svelte"), &["svelte"]),
    ("nginx", Lexer::Library("nginx"), &["nginx", "nginxconf"]),
    (
        "makefile",
        Lexer::Library("Makefile"),
        &["makefile", "make", "mk", "gnumake"],
    ),
    (
        "batch",
        Lexer::Library("Batch File"),
        &["batch", "bat", "cmd", "dos", "winbatch"],
    ),
    ("css", Lexer::Library("CSS"), &["css"]),
    ("scss", Lexer::Library("SCSS"), &["scss"]),
    ("sass", Lexer::Library("Sass"), &["sass"]),
    ("less", Lexer::Library("Less"), &["less"]),
    ("java", Lexer::Library("Java"), &["java"]),
    ("kotlin", Lexer::Library("Kotlin"), &["kotlin", "kt", "kts"]),
    (
        "groovy",
        Lexer::Library("Groovy"),
        &["groovy", "gradle", "jenkinsfile", "jenkins"],
    ),
    ("scala", Lexer::Library("Scala"), &["scala", "sbt"]),
    (
        "clojure",
        Lexer::Library("Clojure"),
        &["clojure", "clj", "edn"],
    ),
    ("c", Lexer::Library("C"), &["c", "h"]),
    (
        "cpp",
        Lexer::Library("C++"),
        &["cpp", "c++", "cc", "cxx", "hpp"],
    ),
    (
        "csharp",
        Lexer::Library("C#"),
        &["csharp", "cs", "c#", "dotnet"],
    ),
    ("fsharp", Lexer::Library("F#"), &["fsharp", "fs", "f#"]),
    (
        "objective-c",
        Lexer::Library("Objective-C"),
        &["objective-c", "objectivec", "objc"],
    ),
    (
        "ruby",
        Lexer::Library("Ruby"),
        &["ruby", "rb", "rake", "gemfile"],
    ),
    ("erb", Lexer::Library("HTML (Rails)"), &["erb"]),
    ("puppet", Lexer::Library("Puppet"), &["puppet", "pp"]),
    ("php", Lexer::Library("PHP"), &["php"]),
    ("perl", Lexer::Library("Perl"), &["perl", "pl"]),
    ("lua", Lexer::Library("Lua"), &["lua"]),
    ("r", Lexer::Library("R"), &["r", "rlang"]),
    ("swift", Lexer::Library("Swift"), &["swift"]),
    ("dart", Lexer::Library("Dart"), &["dart"]),
    ("julia", Lexer::Library("Julia"), &["julia", "jl"]),
    ("elixir", Lexer::Library("Elixir"), &["elixir", "ex", "exs"]),
    ("erlang", Lexer::Library("Erlang"), &["erlang", "erl"]),
    ("haskell", Lexer::Library("Haskell"), &["haskell", "hs"]),
    ("ocaml", Lexer::Library("OCaml"), &["ocaml", "ml"]),
    ("zig", Lexer::Library("Zig"), &["zig"]),
    ("graphql", Lexer::Library("GraphQL"), &["graphql", "gql"]),
    (
        "protobuf",
        Lexer::Library("Protocol Buffer"),
        &["protobuf", "proto"],
    ),
    (
        "textproto",
        Lexer::Library("Protocol Buffer (TEXT)"),
        &["textproto", "pbtxt", "prototext"],
    ),
    (
        "http",
        Lexer::Library("HTTP Request and Response"),
        &["http", "https"],
    ),
    (
        "jsonnet",
        Lexer::Library("jsonnet"),
        &["jsonnet", "libsonnet"],
    ),
    (
        "jinja",
        Lexer::Library("Jinja2"),
        &["jinja", "jinja2", "j2", "tera"],
    ),
    ("twig", Lexer::Library("HTML (Twig)"), &["twig"]),
    ("jq", Lexer::Library("JQ"), &["jq"]),
    ("awk", Lexer::Library("AWK"), &["awk", "gawk"]),
    ("rego", Lexer::Library("Rego"), &["rego", "opa"]),
    ("nix", Lexer::Library("Nix"), &["nix"]),
    ("cmake", Lexer::Library("CMake"), &["cmake"]),
    ("vim", Lexer::Library("VimL"), &["vim", "viml"]),
    ("latex", Lexer::Library("LaTeX"), &["latex", "tex"]),
    (
        "markdown",
        Lexer::Library("Markdown"),
        &["markdown", "md", "mdx", "gfm"],
    ),
    (
        "rst",
        Lexer::Library("reStructuredText"),
        &["rst", "restructuredtext"],
    ),
    (
        "asciidoc",
        Lexer::Library("AsciiDoc (Asciidoctor)"),
        &["asciidoc", "adoc"],
    ),
    (
        "apache",
        Lexer::Library("Apache Conf"),
        &["apache", "apacheconf", "htaccess", "httpd"],
    ),
    (
        "ssh-config",
        Lexer::Library("SSH Config"),
        &["ssh-config", "sshconfig", "ssh_config"],
    ),
    (
        "sshd-config",
        Lexer::Library("SSHD Config"),
        &["sshd-config", "sshd_config"],
    ),
    ("crontab", Lexer::Library("Crontab"), &["crontab", "cron"]),
    ("fstab", Lexer::Library("fstab"), &["fstab"]),
    (
        "gitconfig",
        Lexer::Library("Git Config"),
        &["gitconfig", "git-config"],
    ),
    (
        "gitignore",
        Lexer::Library("Git Ignore"),
        &["gitignore", "dockerignore"],
    ),
    ("strace", Lexer::Library("Strace"), &["strace"]),
    ("tcl", Lexer::Library("Tcl"), &["tcl"]),
    ("nim", Lexer::Library("Nim"), &["nim"]),
    ("lisp", Lexer::Library("Lisp"), &["lisp", "elisp", "scheme"]),
    (
        "assembly",
        Lexer::Library("x86_64 Assembly"),
        &["assembly", "asm", "nasm"],
    ),
    ("csv", Lexer::None, &["csv", "tsv"]),
    (
        "template",
        Lexer::None,
        &[
            "template",
            "gotemplate",
            "go-template",
            "gotmpl",
            "go-html-template",
            "tmpl",
            "mustache",
            "handlebars",
            "hbs",
        ],
    ),
    ("sed", Lexer::None, &["sed"]),
    ("cue", Lexer::None, &["cue"]),
    ("cel", Lexer::None, &["cel"]),
    ("kql", Lexer::None, &["kql", "kusto"]),
    ("spl", Lexer::None, &["spl", "splunk"]),
    ("bicep", Lexer::None, &["bicep"]),
    ("haproxy", Lexer::None, &["haproxy"]),
    ("regex", Lexer::None, &["regex", "regexp"]),
    ("mermaid", Lexer::None, &["mermaid"]),
    ("dot", Lexer::None, &["dot", "graphviz"]),
    ("plantuml", Lexer::None, &["plantuml", "puml"]),
    ("diagram", Lexer::None, &["diagram", "d2", "ascii", "ditaa"]),
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
    /// The language that a fence calls `name`, whatever its case: one of [`Language::names`], or a name or file
    /// extension that the library knows.
    pub fn from_name(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        LANGUAGES
            .iter()
            .find(|(_, _, names)| names.contains(&lower.as_str()))
            .map(|(label, lexer, _)| Self {
                label,
                lexer: *lexer,
            })
            .or_else(|| {
                library::find(&lower).map(|name| Self {
                    label: name,
                    lexer: Lexer::Library(name),
                })
            })
    }

    /// The names that people use, for suggestions. The library knows a few more.
    pub fn names() -> impl Iterator<Item = &'static str> {
        LANGUAGES
            .iter()
            .flat_map(|(_, _, names)| names.iter().copied())
    }

    /// The one name for it that pages use.
    pub fn label(&self) -> &'static str {
        self.label
    }

    /// Whether its blocks hold what is typed into a shell, as a script or as a session.
    pub fn is_shell(&self) -> bool {
        matches!(
            self.lexer,
            Lexer::Shell | Lexer::Console | Lexer::PowerShell
        )
    }
}

/// Writes `source` as highlighted HTML: escaped text in `<span>`s by [`Token`], nothing else but
/// `<mark class="line">` around each of `lines`, its newline included.
///
/// Sessions have three more spans around their tokens: `prompt`, `command` and `output`. What was typed in a
/// block is the text of its `command` spans, joined by newlines.
pub fn highlight(language: &Language, source: &str, lines: &Lines, out: &mut String) {
    let mut painter = Painter::new(source, lines, out);
    let session = |block| console::is_session(source, block).then_some(block);
    match language.lexer {
        Lexer::Shell => match session(Block::Shell) {
            Some(block) => console::paint(block, &mut painter),
            None => shell::paint(&mut painter),
        },
        Lexer::Console => match session(Block::Console) {
            Some(block) => console::paint(block, &mut painter),
            None if console::is_script(source) => shell::paint(&mut painter),
            None => {}
        },
        Lexer::PowerShell => match session(Block::PowerShell) {
            Some(block) => console::paint(block, &mut painter),
            None => powershell::paint(&mut painter),
        },
        Lexer::Yaml => yaml::paint(&mut painter),
        Lexer::Json => json::paint(&mut painter),
        Lexer::Toml => toml::paint(&mut painter),
        Lexer::Promql => promql::paint(&mut painter),
        Lexer::Diff => diff::paint(&mut painter),
        Lexer::Library(name) => library::paint(name, &mut painter),
        Lexer::None => {}
    }
    painter.finish();
}

/// Writes `source` as escaped text with `<mark class="line">` around each of `lines`.
pub fn highlight_plain(source: &str, lines: &Lines, out: &mut String) {
    Painter::new(source, lines, out).finish();
}
