//! A theme: templates, assets and words of the site's theme and of those it extends, nearest first.

mod assets;
mod slim;
mod words;

use std::collections::BTreeMap;

use tera::{Kwargs, State, Tera, Value as TeraValue};

use crate::config::{CODES, Config};
use crate::diagnostic::{Checked, Code, Diagnostic, did_you_mean};
use crate::hash::Digest;
use crate::path::RelPath;
use crate::snapshot::Snapshot;
use crate::value::{Fields, Table, from_toml};

use self::assets::{TEMPLATE, assets};

pub use self::assets::Asset;
pub use self::words::Words;

/// Longest chain of themes that extend each other; more is a circle.
const LONGEST_CHAIN: usize = 8;

/// Templates that every theme, or one it extends, has.
pub const TEMPLATES: &[&str] = &[
    "404.html",
    "alert.html",
    "alerts.html",
    "coverage.html",
    "decisions.html",
    "home.html",
    "listing.html",
    "page.html",
    "redirect.html",
    "report.html",
    "reviews.html",
    "section.html",
    "service.html",
    "atom.xml",
    "sitemap.xml",
];

/// Templates and assets, ready for use.
pub struct Theme {
    /// The templates. `page.html` is the nearest one; `default/page.html` is that of a theme by name.
    pub tera: Tera,
    /// The file and length of each template, for whoever reports an error in one.
    pub templates: BTreeMap<String, (RelPath, usize)>,
    /// Assets by name: `style.css`.
    pub assets: BTreeMap<String, Asset>,
    /// Defaults for `[extra]`, nearest theme's first, merged.
    pub extra: Table,
    /// The words of the interface, in the site's language.
    pub words: Words,
    /// Whether its pages search the site, so that there has to be an index: what the nearest theme says.
    pub search: bool,
    /// The identity of templates, `[extra]`, words and `search`.
    pub hash: Digest,
}

impl Theme {
    /// Reads the theme that `config` names out of a snapshot's files.
    pub fn read(snapshot: &Snapshot, config: &Config) -> Checked<Self> {
        let mut diagnostics = Vec::new();
        let chain = chain(snapshot, config, &mut diagnostics);
        // What a theme lacks that is not there nobody can say.
        let broken = !diagnostics.is_empty();
        let mut tera = Tera::new();
        // Every name is escaped, whatever its ending: a `.txt` that a page includes is text too.
        tera.autoescape_on([""]);
        filters(&mut tera);
        let mut files = BTreeMap::new();
        let mut extra = Table::default();
        let mut sources: Vec<(String, String, RelPath)> = Vec::new();
        let mut hashed = Vec::new();
        for theme in &chain {
            for (path, input) in snapshot.files.range(theme.folder.clone()..) {
                let Some(inside) = path.below(&theme.folder) else {
                    break;
                };
                if is_backup(path.file_name()) {
                    continue;
                }
                if let Some(asset) = inside.strip_prefix("assets/") {
                    // `words.js` of a theme takes the place of `words.js.tera` in one that it extends.
                    let asset = asset.strip_suffix(TEMPLATE).unwrap_or(asset);
                    files
                        .entry(asset.to_owned())
                        .or_insert_with(|| path.clone());
                } else if let Some(name) = inside.strip_prefix("templates/") {
                    hashed.push((path.clone(), input.hash));
                    let bytes = input.bytes.as_deref().unwrap_or_default();
                    if let Err(error) = std::str::from_utf8(bytes) {
                        let at = error.valid_up_to();
                        diagnostics.push(
                            Diagnostic::new(Code::ThemeSyntax, "the template is not UTF-8")
                                .at(path, at..at + 1)
                                .help("save it as UTF-8"),
                        );
                    }
                    if let Some(text) = snapshot.text(path) {
                        sources.push((format!("{}/{name}", theme.name), text, path.clone()));
                    }
                }
            }
            for (key, value) in theme.extra.iter() {
                if extra.get(&key.name).is_none() {
                    extra.insert(key.clone(), value.clone());
                }
            }
        }
        let prefixes: Vec<String> = chain
            .iter()
            .map(|theme| format!("{}/", theme.name))
            .collect();
        if let Err(error) = tera.set_fallback_prefixes(prefixes) {
            diagnostics.push(Diagnostic::new(Code::ThemeSyntax, error.to_string()));
        }
        if let Err(error) = tera.add_raw_templates(
            sources
                .iter()
                .map(|(name, text, _)| (name.as_str(), text.as_str())),
        ) {
            diagnostics.push(syntax(&error, &sources));
        } else if !chain.is_empty() && !broken {
            for name in TEMPLATES
                .iter()
                .filter(|name| !tera.contains_template(name))
            {
                diagnostics.push(
                    Diagnostic::new(Code::TemplateMissing, format!("the theme has no template `{name}`"))
                        .at(&chain[0].file, 0..0)
                        .help("add it, or extend the default theme: `extends = \"default\"` in theme.toml"),
                );
            }
        }
        let folders: Vec<RelPath> = chain.iter().map(|theme| theme.folder.clone()).collect();
        let words = Words::read(snapshot, &folders, &config.language, &mut diagnostics);
        let assets = assets(snapshot, &files, &words, &mut diagnostics);
        let names: Vec<&String> = assets.values().map(|asset| &asset.href).collect();
        let templates = sources
            .into_iter()
            .map(|(name, text, path)| (name, (path, text.len())))
            .collect();
        let search = chain.iter().find_map(|theme| theme.search).unwrap_or(false);
        let hash = Digest::of(&(hashed, &extra, &words, names, search));
        Checked::new(
            Self {
                tera,
                templates,
                assets,
                extra,
                words,
                search,
                hash,
            },
            diagnostics,
        )
    }
}

/// One theme of a chain.
struct Link {
    name: String,
    folder: RelPath,
    file: RelPath,
    extra: Table,
    search: Option<bool>,
}

/// Whether an editor left a file of this name beside the one it saved.
fn is_backup(name: &str) -> bool {
    name.ends_with('~') || name.starts_with('#') && name.ends_with('#')
}

/// The themes from the site's own to the last that is extended.
fn chain(snapshot: &Snapshot, config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Vec<Link> {
    let mut chain: Vec<Link> = Vec::new();
    let said = config.theme_span.as_ref();
    let mut wanted = Some((
        config.theme.clone(),
        RelPath::root().join("site.toml"),
        said.map_or(0..0, |span| span.range.clone()),
    ));
    while let Some((name, said_in, span)) = wanted.take() {
        let folder = RelPath::root()
            .join(&format!("themes/{name}"))
            .unwrap_or_else(RelPath::root);
        let Some(file) = folder.join("theme.toml") else {
            break;
        };
        let Some(text) = snapshot.text(&file) else {
            let known = snapshot.files.keys().filter_map(|path| {
                let below = path.as_str().strip_prefix("themes/")?;
                Some(below.split_once('/')?.0)
            });
            let known: std::collections::BTreeSet<&str> = known.collect();
            let bare = snapshot
                .files
                .keys()
                .any(|path| path.below(&folder).is_some());
            let help = if bare {
                "its folder has no `theme.toml`; one line is enough: `extends = \"default\"`"
                    .to_owned()
            } else {
                did_you_mean(
                    &name,
                    known,
                    "a theme is a folder in `themes` with a `theme.toml`",
                )
            };
            let mut diagnostic =
                Diagnostic::new(Code::ThemeMissing, format!("there is no theme `{name}`"))
                    .help(help);
            if let Some(said_in) = said_in {
                diagnostic = diagnostic.at(&said_in, span);
            }
            diagnostics.push(diagnostic);
            break;
        };
        if chain.len() == LONGEST_CHAIN || chain.iter().any(|link| link.name == name) {
            diagnostics.push(
                Diagnostic::new(
                    Code::ThemeMissing,
                    format!("the theme `{name}` extends itself"),
                )
                .at(&file, 0..0)
                .help("take `extends` out of one of the themes in the circle"),
            );
            break;
        }
        let table = from_toml(&text, 0, &file, CODES)
            .collect_into(diagnostics)
            .unwrap_or_default();
        let mut fields = Fields::new(&table, &file, CODES);
        fields.string("name");
        fields.string("description");
        let extends = fields.string("extends");
        let search = fields.bool("search");
        let extra = fields
            .table("extra")
            .map(|(table, _)| table.clone())
            .unwrap_or_default();
        diagnostics.extend(fields.finish());
        wanted = extends.map(|name| (name.value, Some(file.clone()), name.span.range));
        chain.push(Link {
            name,
            folder,
            file,
            extra,
            search,
        });
    }
    chain
}

/// A load error as a diagnostic at its place in the template.
fn syntax(error: &tera::Error, sources: &[(String, String, RelPath)]) -> Diagnostic {
    let find = |name: &str| sources.iter().find(|(known, _, _)| known == name);
    let mut diagnostic = locate(error, Code::ThemeSyntax, |name| {
        find(name).map(|(_, text, path)| (path.clone(), text.len()))
    });
    if diagnostic.span.is_some() {
        return diagnostic;
    }
    // What is wrong between templates Tera tells as text: ` --> theme/page.html:2:19`, the line, `^^^^`.
    if let Some(message) = diagnostic.message.strip_prefix("error: ") {
        diagnostic.message = message.to_owned();
    }
    let help = diagnostic.help.take().unwrap_or_default();
    let place = help.split_once("--> ").and_then(|(_, rest)| {
        let mut parts = rest.lines().next()?.trim().rsplitn(3, ':');
        let (column, line): (usize, usize) =
            (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let (_, text, path) = find(parts.next()?)?;
        let before: usize = text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let inside = text[before..].chars().take(column.saturating_sub(1));
        let start = before + inside.map(char::len_utf8).sum::<usize>();
        let length = help.matches('^').count();
        Some((path, start..(start + length).min(text.len())))
    });
    if let Some((path, range)) = place {
        return diagnostic.at(path, range);
    }
    let named = sources
        .iter()
        .find(|(name, _, _)| diagnostic.message.contains(name.as_str()));
    if let Some((_, _, path)) = named {
        diagnostic = diagnostic.at(path, 0..0);
    }
    if help.trim().is_empty() {
        diagnostic
    } else {
        diagnostic.help(help)
    }
}

/// An error of Tera's as a diagnostic; `find` gives a template's file and length by its name.
pub fn locate(
    error: &tera::Error,
    code: Code,
    find: impl Fn(&str) -> Option<(RelPath, usize)>,
) -> Diagnostic {
    match error.kind() {
        tera::ErrorKind::SyntaxError(report) | tera::ErrorKind::RenderingError(report) => {
            let diagnostic =
                Diagnostic::new(code, report.message().trim_end_matches('.').to_owned());
            match find(report.filename()) {
                Some((path, length)) => {
                    let range = report.span().range.clone();
                    let start = range.start.min(length);
                    diagnostic.at(&path, start..range.end.clamp(start, length))
                }
                None => diagnostic.help(format!("it is in the template `{}`", report.filename())),
            }
        }
        other => {
            let text = other.to_string();
            let mut lines = text.lines();
            let message = lines
                .next()
                .unwrap_or("the template failed")
                .trim_end_matches('.')
                .to_owned();
            let rest = lines.collect::<Vec<_>>().join("\n");
            let diagnostic = Diagnostic::new(code, message);
            if rest.trim().is_empty() {
                diagnostic
            } else {
                diagnostic.help(rest)
            }
        }
    }
}

/// What templates may call besides Tera's own filters. None of them knows anything but its arguments.
fn filters(tera: &mut Tera) {
    tera.register_filter("json", |value: TeraValue, _: Kwargs, _: &State| {
        serde_json::to_string(&value).map_err(|error| tera::Error::message(error.to_string()))
    });
    tera.register_filter("slug", |text: &str, _: Kwargs, _: &State| {
        crate::slug::segment(text)
    });
    tera.register_filter("qr", |text: &str, _: Kwargs, _: &State| {
        TeraValue::safe_string(&crate::qr::svg(text).unwrap_or_default())
    });
    tera.register_filter(
        "date",
        |text: &str, kwargs: Kwargs, _: &State| -> tera::TeraResult<String> {
            let format = kwargs
                .get::<String>("format")?
                .unwrap_or_else(|| "%-d %B %Y".to_owned());
            let date: jiff::civil::Date = text
                .parse()
                .map_err(|_| tera::Error::message(format!("`{text}` is not a date")))?;
            jiff::fmt::strtime::format(&format, date)
                .map_err(|error| tera::Error::message(error.to_string()))
        },
    );
    // Tera's own groups in random order; here groups keep the order of their first members.
    tera.register_filter(
        "group_by",
        |items: Vec<TeraValue>, kwargs: Kwargs, _: &State| -> tera::TeraResult<TeraValue> {
            let attribute = kwargs.must_get::<String>("attribute")?;
            let mut groups: Vec<(String, Vec<TeraValue>)> = Vec::new();
            for item in items {
                let key = item
                    .get_from_path(&attribute)
                    .map(ToString::to_string)
                    .unwrap_or_default();
                match groups.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, members)) => members.push(item),
                    None => groups.push((key, vec![item])),
                }
            }
            let mut map = serde_json::Map::new();
            for (key, members) in groups {
                let members = serde_json::to_value(&members)
                    .map_err(|e| tera::Error::message(e.to_string()))?;
                map.insert(key, members);
            }
            Ok(TeraValue::from_serializable(&map))
        },
    );
}
