//! A job becomes bytes: one view, one template, nothing else.

mod card;
mod content;
mod index;
pub mod matrix;
mod once;
mod picture;
mod search;
mod short;
mod sidebar;
mod step;
mod view;

use std::sync::Arc;

use tera::Context;

use crate::config::Config;
use crate::diagnostic::{Checked, Code, Diagnostic};
use crate::hash::Digest;
use crate::plan::{Job, Listing};
use crate::runbook::Body;
use crate::shards::Shard;
use crate::site::Site;
use crate::snapshot::{Env, Snapshot};
use crate::theme::{self, Theme};

use self::card::Cards;
pub use self::index::json as runbooks_json;
use self::once::Fragments;
use self::search::{Named, Search};
use self::sidebar::Sidebars;
pub use self::view::{CONTEXTS, Variable};
use self::view::{Shared, View};

/// Largest output of a template, in bytes: more is a template that runs away.
const LARGEST: usize = 64 * 1024 * 1024;

/// All that views are made of.
pub struct Renderer {
    config: Arc<Config>,
    site: Arc<Site>,
    theme: Arc<Theme>,
    bodies: Vec<Arc<Body>>,
    frame: Frame,
    /// The search index, where the theme wants one.
    search: Option<Search>,
}

/// What pages share: lists that were converted once; cards, sidebars and fragments that were rendered once. It is the same as
/// long as the site and the theme are, whatever the pages' text says.
#[derive(Clone)]
pub struct Frame {
    shared: Arc<Shared>,
    sidebars: Arc<Sidebars>,
    cards: Arc<Cards>,
    fragments: Arc<Fragments>,
    named: Arc<Named>,
}

impl Frame {
    /// The frame of a site in a theme.
    pub fn new(config: &Config, site: &Site, theme: &Theme, env: &Env) -> Self {
        Self {
            shared: Arc::new(Shared::new(config, site, theme, env)),
            sidebars: Arc::new(Sidebars::new(site.sections.len())),
            cards: Arc::new(Cards::new(site.pages.len())),
            fragments: Arc::default(),
            named: Arc::new(Named::new(if theme.search { site.pages.len() } else { 0 })),
        }
    }
}

/// A job's view, ready to be rendered, and the key that tells whether that is needed.
pub struct Prepared<'a> {
    renderer: &'a Renderer,
    kind: Kind<'a>,
    /// Equal keys, equal bytes.
    pub key: Digest,
}

enum Kind<'a> {
    Template(&'static str, Box<View<'a>>),
    Bytes(Arc<[u8]>),
    Index,
    Search(&'a Search, Shard),
    Calendar,
    Matrix,
    Missing(Diagnostic),
}

impl Renderer {
    /// Gets ready to render `site` in its `frame`; `bodies` lie in the order of its pages.
    pub fn new(
        config: &Arc<Config>,
        site: &Arc<Site>,
        theme: &Arc<Theme>,
        bodies: Vec<Arc<Body>>,
        frame: Frame,
    ) -> Self {
        Self {
            search: theme.search.then(|| Search::new(site, &bodies)),
            config: Arc::clone(config),
            site: Arc::clone(site),
            theme: Arc::clone(theme),
            bodies,
            frame,
        }
    }

    /// Gathers what the search index is made of on all threads at once: whoever asks for a file of it would do so alone.
    pub fn gather(&self) {
        if let Some(search) = &self.search {
            search.gather(self);
        }
    }

    /// The view of a job and its key.
    pub fn prepare<'a>(
        &'a self,
        job: &'a Job,
        out: &crate::path::OutPath,
        snapshot: &Snapshot,
    ) -> Prepared<'a> {
        let template = |name: &'static str, view: View<'a>| {
            let key = Digest::of(&(self.theme.hash, name, view.key()));
            (Kind::Template(name, Box::new(view)), key)
        };
        let (kind, key) = match job {
            Job::Page(page) => {
                let view = View::page(self, *page, out);
                template(view::template_of(self.site.pages[*page].role), view)
            }
            Job::Section(section) => {
                let name = if *section == 0 {
                    "home.html"
                } else {
                    "section.html"
                };
                template(name, View::section(self, *section, out))
            }
            Job::Listing(Listing::Service(key)) => {
                template("service.html", View::service(self, key, out))
            }
            Job::Listing(listing) => template("listing.html", View::listing(self, listing, out)),
            Job::Alert(key) => template("alert.html", View::alert(self, key, out)),
            Job::Alerts => template("alerts.html", View::alerts(self, out)),
            Job::Reviews => template("reviews.html", View::reviews(self, out)),
            Job::Decisions => template("decisions.html", View::decisions(self, out)),
            Job::Coverage => template("coverage.html", View::coverage(self, out)),
            Job::Matrix => (Kind::Matrix, Digest::of(&("coverage.json", self.site.hash))),
            Job::Report => template("report.html", View::report(self, snapshot, out)),
            Job::NotFound => template("404.html", View::plain(self, out)),
            Job::Feed => template("atom.xml", View::feed(self, out)),
            Job::Sitemap => template("sitemap.xml", View::sitemap(self, out)),
            Job::Redirect(alias) => template("redirect.html", View::redirect(self, alias, out)),
            Job::Calendar => (Kind::Calendar, Digest::of(&("reviews.ics", self.site.hash))),
            Job::Index => (Kind::Index, Digest::of(&("runbooks.json", self.site.hash))),
            Job::Search(shard) => match &self.search {
                Some(search) => (Kind::Search(search, *shard), search.key(self, *shard)),
                None => missing("the search index is gone".to_owned()),
            },
            Job::Asset(name) => match self.theme.assets.get(name) {
                Some(asset) => (
                    Kind::Bytes(Arc::clone(&asset.bytes)),
                    Digest::of(&("asset", &asset.href)),
                ),
                None => missing(format!("the theme's asset `{name}` is gone")),
            },
            Job::File(path) => match snapshot.files.get(path) {
                Some(crate::snapshot::Input {
                    bytes: Some(bytes),
                    hash,
                    ..
                }) => (Kind::Bytes(Arc::clone(bytes)), Digest::of(&("file", hash))),
                Some(input) => {
                    let diagnostic = Diagnostic::new(
                        Code::TooLarge,
                        format!(
                            "`{path}` is too large to be published: {} MiB",
                            input.size >> 20
                        ),
                    )
                    .at(path, 0..0)
                    .help("put it on a file server and link to it there");
                    (Kind::Missing(diagnostic), Digest::default())
                }
                None => missing(format!("`{path}` is gone")),
            },
        };
        Prepared {
            renderer: self,
            kind,
            key,
        }
    }

    /// Renders a template; `subject` says in messages what was being rendered.
    fn template(&self, name: &str, context: &Context, subject: &str) -> Checked<Option<Vec<u8>>> {
        let mut out = Limited(Vec::with_capacity(32 * 1024));
        let Err(error) = self.theme.tera.render_to(name, context, &mut out) else {
            return Checked::new(Some(out.0), Vec::new());
        };
        let find = |name: &str| self.theme.templates.get(name).cloned();
        let mut diagnostic = theme::locate(&error, Code::TemplateError, find);
        if matches!(error.kind(), tera::ErrorKind::Io(_)) {
            let message = format!("`{name}` writes more than {} MiB", LARGEST >> 20);
            diagnostic = Diagnostic::new(Code::TemplateError, message)
                .help("does it loop over more than it means to?");
        }
        let note = format!("this happened while `{subject}` was rendered with `{name}`");
        diagnostic.help = Some(match diagnostic.help {
            Some(help) => format!("{help}\n{note}"),
            None => note,
        });
        Checked::new(None, vec![diagnostic])
    }
}

fn missing<'a>(message: String) -> (Kind<'a>, Digest) {
    (
        Kind::Missing(Diagnostic::new(Code::Unreadable, message)),
        Digest::default(),
    )
}

impl Prepared<'_> {
    /// Renders the view.
    pub fn render(self) -> Checked<Option<Bytes>> {
        let renderer = self.renderer;
        match self.kind {
            Kind::Bytes(bytes) => Checked::new(Some(Bytes::Shared(bytes)), Vec::new()),
            Kind::Missing(diagnostic) => Checked::new(None, vec![diagnostic]),
            Kind::Index => Checked::new(
                Some(Bytes::Own(index::json(&renderer.site, &renderer.config))),
                Vec::new(),
            ),
            Kind::Matrix => Checked::new(
                Some(Bytes::Own(matrix::json(&renderer.site, &renderer.config))),
                Vec::new(),
            ),
            Kind::Search(search, shard) => {
                Checked::new(Some(Bytes::Own(search.file(renderer, shard))), Vec::new())
            }
            Kind::Calendar => Checked::new(
                Some(Bytes::Own(view::calendar(&renderer.site, &renderer.config))),
                Vec::new(),
            ),
            Kind::Template(name, view) => {
                let (context, subject, mut diagnostics) = view.into_context(renderer);
                let bytes = renderer
                    .template(name, &context, &subject)
                    .collect_into(&mut diagnostics);
                Checked::new(bytes.map(Bytes::Own), diagnostics)
            }
        }
    }
}

/// An output's bytes.
pub enum Bytes {
    /// An input, published as it is.
    Shared(Arc<[u8]>),
    /// What was made of inputs.
    Own(Vec<u8>),
}

impl Bytes {
    /// The bytes, for whoever keeps them.
    pub fn shared(self) -> Arc<[u8]> {
        match self {
            Self::Shared(bytes) => bytes,
            Self::Own(bytes) => bytes.into(),
        }
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Shared(bytes) => bytes,
            Self::Own(bytes) => bytes,
        }
    }
}

/// Takes output up to a limit.
struct Limited(Vec<u8>);

impl std::io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST {
            return Err(std::io::Error::from(std::io::ErrorKind::FileTooLarge));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
