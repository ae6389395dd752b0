//! The pipeline: the only place that calls the stages in order, and the memo that spares work done before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::alert::RuleFile;
use crate::check::silence::Silenced;
use crate::check::{self, Subject};
use crate::config::{self, Config, Service};
use crate::diagnostic::{Checked, Code, Diagnostic, Severity};
use crate::hash::Digest;
use crate::path::RelPath;
use crate::pixels::{self, Pixels};
use crate::plan::{self, Plan};
use crate::render::{Frame, Renderer};
use crate::runbook::{Body, Facts, Options, Runbook};
use crate::site::{Parts, Site};
use crate::snapshot::{Env, Snapshot};
use crate::theme::Theme;

/// Most pages that one thread takes on at once, so that none is left with a long rest at the end.
const AT_ONCE: usize = 32;

/// Everything that is known before anything is rendered.
pub struct Planned {
    /// The configuration.
    pub config: Arc<Config>,
    /// The site.
    pub site: Arc<Site>,
    /// Every output.
    pub plan: Arc<Plan>,
    /// Makes views of jobs.
    pub renderer: Renderer,
    /// The inputs.
    pub snapshot: Arc<Snapshot>,
    /// Findings that are silenced in the text.
    pub silenced: Vec<Diagnostic>,
}

/// What was made before, by what it was made of. It may be thrown away at any time.
#[derive(Default)]
pub struct Memo {
    runbooks: Known,
    rules: Vec<(Digest, Arc<RuleFile>)>,
    services: Option<(Digest, Checked<Arc<[Service]>>)>,
    site: Option<(Digest, Digest, Checked<Arc<Site>>)>,
    theme: Option<(Digest, Checked<Arc<Theme>>)>,
    outline: Option<(Digest, Outline)>,
}

/// What follows from a site and a theme alone.
#[derive(Clone)]
struct Outline {
    plan: Checked<Arc<Plan>>,
    frame: Frame,
}

/// Runbooks, sorted by path, and the identity of the configuration they were read with.
#[derive(Default)]
struct Known {
    config: Digest,
    runbooks: Vec<Read>,
}

/// A runbook and the file it was read from.
pub struct Read {
    /// The file.
    pub path: RelPath,
    /// The identity of its bytes.
    pub hash: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// What was read.
    pub runbook: Arc<Runbook>,
}

impl Memo {
    /// What an earlier run read with this configuration, sorted by path. Where nothing is rendered, runbooks may be
    /// without their bodies.
    pub fn recalled(config: Digest, runbooks: Vec<Read>) -> Self {
        Self {
            runbooks: Known { config, runbooks },
            ..Self::default()
        }
    }

    /// The pages that the last plan read or knew, sorted by path.
    pub fn runbooks(&self) -> &[Read] {
        &self.runbooks.runbooks
    }
}

/// Plans a build of `snapshot`. Findings are sorted, at the levels that site.toml and `env` give them.
pub fn plan(snapshot: Arc<Snapshot>, env: &Env, memo: &mut Memo) -> Checked<Planned> {
    let mut diagnostics = snapshot.diagnostics.clone();
    let file = RelPath::root()
        .join("site.toml")
        .unwrap_or_else(RelPath::root);
    let text = snapshot.text(&file);
    diagnostics.extend(not_utf8(&snapshot, &file));
    if text.is_none() {
        diagnostics.push(
            Diagnostic::new(Code::NoConfig, "there is no site.toml").help(
                "a site begins with a `site.toml` that holds a line like `title = \"Runbooks\"`",
            ),
        );
    }
    let mut config = Config::read(&file, &text.unwrap_or_default()).collect_into(&mut diagnostics);
    if let Some(base_url) = &env.base_url {
        config.base_url = Some(base_url.clone());
    }
    // What is wrong with site.toml makes everything else look wrong.
    let readable = diagnostics
        .iter()
        .all(|found| found.code != Code::ConfigSyntax && found.code != Code::NoConfig);
    let first = diagnostics.clone();
    let config = Arc::new(config);

    let (runbooks, (theme, rules)) = rayon::join(
        || read_runbooks(&snapshot, &config, &memo.runbooks),
        || {
            rayon::join(
                || read_theme(&snapshot, &config, memo.theme.as_ref()),
                || read_rules(&snapshot, &config, &memo.rules),
            )
        },
    );
    memo.rules = rules;
    let rules: Vec<Arc<RuleFile>> = (memo.rules.iter())
        .map(|(_, file)| Arc::clone(file))
        .collect();
    diagnostics.extend(rules.iter().flat_map(|file| file.diagnostics.clone()));
    diagnostics.extend(without_rules(&config, &rules));
    // Only this generation is kept: what is gone is forgotten.
    memo.runbooks = Known {
        config: config.hash,
        runbooks,
    };
    let has_runbooks = !memo.runbooks.runbooks.is_empty();
    let runbooks = memo.runbooks.runbooks.iter().map(|read| &read.runbook);
    for runbook in runbooks.clone() {
        diagnostics.extend(runbook.diagnostics.iter().cloned());
    }
    memo.theme = Some(theme.clone());
    let (theme_hash, theme) = theme;
    let theme = theme.collect_into(&mut diagnostics);
    let facts: Vec<Arc<Facts>> = runbooks
        .clone()
        .map(|runbook| Arc::clone(&runbook.facts))
        .collect();
    let services =
        read_services(&snapshot, &config, &mut memo.services).collect_into(&mut diagnostics);
    let known = (facts.as_slice(), rules.as_slice(), &*services);
    let site =
        make_site(&snapshot, known, &config, env, &mut memo.site).collect_into(&mut diagnostics);
    // Both are sorted by path.
    let mut runbooks = runbooks;
    let bodies: Vec<Arc<Body>> = site
        .pages
        .iter()
        .filter_map(|page| runbooks.find(|runbook| runbook.facts.path == page.facts.path))
        .map(|runbook| Arc::clone(&runbook.body))
        .collect();
    let key = Digest::of(&(site.hash, theme_hash));
    let known = memo.outline.take().filter(|(known, outline)| {
        // Findings name places, which may move without a change of the site.
        *known == key && outline.plan.diagnostics.is_empty()
    });
    let (_, outline) = memo.outline.insert(known.unwrap_or_else(|| {
        let (plan, frame) = rayon::join(
            || plan::plan(&site, &theme, &config),
            || Frame::new(&config, &site, &theme, env),
        );
        let plan = Checked::new(Arc::new(plan.value), plan.diagnostics);
        (key, Outline { plan, frame })
    }));
    let Outline { plan, frame } = outline.clone();
    let renderer = Renderer::new(&config, &site, &theme, bodies, frame);
    let plan = plan.collect_into(&mut diagnostics);
    if site.pages.is_empty() && readable {
        diagnostics.push(no_pages(has_runbooks));
    }
    let diagnostics = if readable { diagnostics } else { first };
    let diagnostics = levelled(diagnostics, &config, env);
    let Silenced { kept, hidden, .. } = audible(diagnostics, &snapshot, &config, &site, env);
    Checked::new(
        Planned {
            config,
            site,
            plan,
            renderer,
            snapshot,
            silenced: hidden,
        },
        kept,
    )
}

/// Publishing nothing would take the whole site away, and nobody means that.
fn no_pages(drafts: bool) -> Diagnostic {
    if drafts {
        return Diagnostic::new(
            Code::NoPages,
            "every page is a draft, so there is nothing to publish",
        )
        .help("finish one and take its `status` out, or publish drafts too with `--drafts`");
    }
    Diagnostic::new(Code::NoPages, "there is no page in `content`")
        .help("write a first runbook there, such as `content/restart.md`; if there were some, where are they?")
}

/// Sorts findings and gives each its level: the class's own, site.toml's, a lenient run's.
pub fn levelled(diagnostics: Vec<Diagnostic>, config: &Config, env: &Env) -> Vec<Diagnostic> {
    check::levelled(diagnostics, config, env.lenient)
}

/// The findings that are silenced in the text, and those that are not.
fn audible(
    diagnostics: Vec<Diagnostic>,
    snapshot: &Snapshot,
    config: &Config,
    site: &Site,
    env: &Env,
) -> Silenced {
    let subject = Subject {
        config,
        site,
        snapshot,
        today: env.today,
    };
    let silences = check::silences_of(&diagnostics, &subject);
    check::silence::apply(diagnostics, &silences, env.today)
}

/// Whether any finding stops publishing.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Reports site.toml when it is no text.
fn not_utf8(snapshot: &Snapshot, file: &RelPath) -> Option<Diagnostic> {
    let bytes = snapshot.files.get(file)?.bytes.as_deref()?;
    let error = std::str::from_utf8(bytes).err()?;
    let at = error.valid_up_to();
    let diagnostic = Diagnostic::new(Code::ConfigSyntax, "the file is not UTF-8");
    Some(diagnostic.at(file, at..at + 1).help("save it as UTF-8"))
}

/// Every page of the content folder, sorted by path; those that did not change are `known`.
fn read_runbooks(snapshot: &Snapshot, config: &Config, known: &Known) -> Vec<Read> {
    let content = config::content();
    let options = Options::new(config);
    let pages: Vec<_> = snapshot
        .files
        .range(content.clone()..)
        .take_while(|(path, _)| path.below(&content).is_some())
        .filter(|(path, _)| config.is_page(path) && !config.ignores(path))
        .collect();
    let known = match known {
        Known {
            config: of,
            runbooks,
        } if *of == config.hash => runbooks.as_slice(),
        _ => &[],
    };
    pages
        .par_iter()
        .with_max_len(AT_ONCE)
        .map(|(path, input)| {
            let unchanged = known
                .binary_search_by(|known| known.path.cmp(path))
                .ok()
                .map(|at| &known[at])
                .filter(|known| (known.hash, known.size) == (input.hash, input.size));
            let runbook = match unchanged {
                Some(known) => Arc::clone(&known.runbook),
                None => {
                    let key = Digest::of(&(path, input.hash, input.size, config.hash));
                    Arc::new(read_runbook(path, input, key, &options, config))
                }
            };
            Read {
                path: (*path).clone(),
                hash: input.hash,
                size: input.size,
                runbook,
            }
        })
        .collect()
}

fn read_runbook(
    path: &RelPath,
    input: &crate::snapshot::Input,
    identity: Digest,
    options: &Options,
    config: &Config,
) -> Runbook {
    let Some(bytes) = &input.bytes else {
        let mut runbook = Runbook::read(path, &Arc::default(), identity, options, config);
        let message = format!(
            "this page is too large to be read: {} MiB",
            input.size >> 20
        );
        runbook.diagnostics = Arc::from([Diagnostic::new(Code::TooLarge, message)
            .at(path, 0..0)
            .help("a page is text that a person wrote; is this another kind of file?")]);
        return runbook;
    };
    Runbook::read(path, bytes, identity, options, config)
}

/// The files of alert rules with the identity of each, sorted by path; those that did not change are `known`.
fn read_rules(
    snapshot: &Snapshot,
    config: &Config,
    known: &[(Digest, Arc<RuleFile>)],
) -> Vec<(Digest, Arc<RuleFile>)> {
    let rules: Vec<&RelPath> = snapshot.rules.iter().collect();
    rules
        .par_iter()
        .filter_map(|path| {
            let input = snapshot.files.get(*path)?;
            let key = Digest::of(&(path, input.hash, input.size, config.hash));
            if let Some((_, file)) = known.iter().find(|(known, _)| *known == key) {
                return Some((key, Arc::clone(file)));
            }
            let mut file = RuleFile::read(
                path,
                input.bytes.as_deref().unwrap_or_default(),
                &config.alerts,
            );
            if input.bytes.is_none() {
                let message = format!(
                    "these rules are too large to be read: {} MiB",
                    input.size >> 20
                );
                file.diagnostics
                    .push(Diagnostic::new(Code::TooLarge, message).at(path, 0..0));
            }
            Some((key, Arc::new(file)))
        })
        .collect()
}

/// What site.toml, services.toml and catalogs say of services, `known` if the files are the same.
fn read_services(
    snapshot: &Snapshot,
    config: &Config,
    known: &mut Option<(Digest, Checked<Arc<[Service]>>)>,
) -> Checked<Arc<[Service]>> {
    let is = |path: &RelPath| config.is_services(path) || config.is_catalog(path);
    let files: Vec<_> = snapshot.files.iter().filter(|(path, _)| is(path)).collect();
    let hashes: Vec<_> = files
        .iter()
        .map(|(path, input)| (path, input.hash))
        .collect();
    let key = Digest::of(&(hashes, config.hash));
    if let Some((known, services)) = known
        && *known == key
    {
        return services.clone();
    }
    let mut diagnostics = Vec::new();
    let mut services = config.services.clone();
    let text = |path| snapshot.text(path).unwrap_or_default();
    let (ours, catalogs): (Vec<&RelPath>, Vec<&RelPath>) = (files.into_iter())
        .map(|(path, _)| path)
        .partition(|path| config.is_services(path));
    for path in ours {
        let read = config::read_services(path, &text(path), config);
        services.extend(read.collect_into(&mut diagnostics));
    }
    let catalogs: Vec<_> = (catalogs.into_iter())
        .map(|path| (path, text(path)))
        .collect();
    services.extend(config::read_catalogs(&catalogs).collect_into(&mut diagnostics));
    let read = Checked::new(Arc::from(services), diagnostics);
    *known = Some((key, read.clone()));
    read
}

/// Reports the patterns of site.toml by which no alert was found.
fn without_rules(config: &Config, rules: &[Arc<RuleFile>]) -> Vec<Diagnostic> {
    let patterns = config.alerts.rules.iter().filter(|pattern| {
        let fits = |file: &&Arc<RuleFile>| pattern.matcher.is_match(file.path.as_str());
        !rules
            .iter()
            .filter(fits)
            .any(|file| !file.rules.is_empty() || !file.diagnostics.is_empty())
    });
    let reports = patterns.map(|pattern| {
        let message = format!("no file that fits `{}` has an alert", pattern.said.value);
        Diagnostic::new(Code::NoRules, message)
            .at_span(&pattern.said.span)
            .help(
                "it is read from the folder of site.toml; `*` stops at the border of a folder, and `**` does not",
            )
    });
    reports.collect()
}

/// The theme with its identity, `known` if that is the same.
fn read_theme(
    snapshot: &Snapshot,
    config: &Config,
    known: Option<&(Digest, Checked<Arc<Theme>>)>,
) -> (Digest, Checked<Arc<Theme>>) {
    let themes = RelPath::root().join("themes").unwrap_or_else(RelPath::root);
    let files: Vec<_> = snapshot
        .files
        .range(themes.clone()..)
        .take_while(|(path, _)| path.below(&themes).is_some())
        .map(|(path, input)| (path, input.hash))
        .collect();
    let key = Digest::of(&(files, &config.theme, &config.language));
    if let Some(known) = known
        && known.0 == key
    {
        return known.clone();
    }
    let theme = Theme::read(snapshot, config);
    (key, Checked::new(Arc::new(theme.value), theme.diagnostics))
}

fn make_site(
    snapshot: &Snapshot,
    (facts, rules, services): (&[Arc<Facts>], &[Arc<RuleFile>], &[Service]),
    config: &Config,
    env: &Env,
    memo: &mut Option<(Digest, Digest, Checked<Arc<Site>>)>,
) -> Checked<Arc<Site>> {
    let content = config::content();
    let inside = || {
        let files = snapshot.files.range(content.clone()..);
        files.take_while(|(path, _)| path.below(&content).is_some())
    };
    let files: BTreeSet<RelPath> = inside().map(|(path, _)| path.clone()).collect();
    let pictures: BTreeMap<RelPath, Pixels> = inside()
        .filter(|(path, _)| !config.is_page(path))
        .filter_map(|(path, input)| Some((path.clone(), pixels::of(input.bytes.as_deref()?)?)))
        .collect();
    let parts = Parts {
        facts,
        rules,
        services,
        files: &files,
        pictures: &pictures,
        config,
        env,
    };
    let (hash, places) = parts.identity();
    if let Some((known, known_places, site)) = memo
        && *known == hash
        // Findings name places: with any, or with a report of some, the places must be the same as well.
        && (site.diagnostics.is_empty() && !config.report || *known_places == places)
    {
        return site.clone();
    }
    let site = Site::new(&parts);
    let site = Checked::new(Arc::new(site.value), site.diagnostics);
    *memo = Some((hash, places, site.clone()));
    site
}
