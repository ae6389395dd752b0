//! Diagnostics as values: what is wrong, where, and what to do about it. Nothing here prints.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::path::RelPath;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Stops publishing.
    Error,
    /// Shown, but the site is published.
    Warning,
    /// Not shown at all; only a class's level can be this.
    Off,
}

/// A byte range in one file, as it lies on disk.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The file the text was written in.
    pub file: RelPath,
    /// The bytes meant; may be empty.
    pub range: Range<usize>,
}

impl Span {
    /// A span over `range` of `file`.
    pub fn new(file: &RelPath, range: Range<usize>) -> Self {
        Self {
            file: file.clone(),
            range,
        }
    }

    /// The very start of `file`, for what concerns a file as a whole.
    pub fn start(file: &RelPath) -> Self {
        Self::new(file, 0..0)
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Where it was found; `None` when it concerns no file.
    pub span: Option<Span>,
    /// The class it belongs to.
    pub code: Code,
    /// How much it matters here.
    pub severity: Severity,
    /// What is wrong: lower case, names in backticks, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that have a part in it.
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    /// A finding of class `code`, at its default level, without a place.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            span: None,
            code,
            severity: code.level(),
            message: message.into(),
            help: None,
            related: Vec::new(),
        }
    }

    /// Says where.
    pub fn at(mut self, file: &RelPath, range: Range<usize>) -> Self {
        self.span = Some(Span::new(file, range));
        self
    }

    /// Says where, by a span that is already at hand.
    pub fn at_span(mut self, span: &Span) -> Self {
        self.span = Some(span.clone());
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What tells it from others of its file, and stays when a day, an owner or another detail changes that the message
    /// names: the classes that a file has but once are known by themselves.
    pub fn known_by(&self) -> &str {
        self.code.known_by(&self.message)
    }

    /// The order in which findings are shown: those without a place first, then by file, place and class.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        fn key(d: &Diagnostic) -> (Option<(&RelPath, usize, usize)>, Code, &str) {
            (
                d.span
                    .as_ref()
                    .map(|s| (&s.file, s.range.start, s.range.end)),
                d.code,
                &d.message,
            )
        }
        key(self).cmp(&key(other))
    }

    /// Points at another place that has a part in it.
    pub fn related(mut self, span: Span, note: impl Into<String>) -> Self {
        self.related.push((span, note.into()));
        self
    }
}

/// A value together with what was found while making it: stages collect, they do not stop at the first error.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Checked<T> {
    /// The best value that could be made.
    pub value: T,
    /// What was found on the way.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Checked<T> {
    /// A value with its findings.
    pub fn new(value: T, diagnostics: Vec<Diagnostic>) -> Self {
        Self { value, diagnostics }
    }

    /// Moves the findings into `all` and gives the value.
    pub fn collect_into(mut self, all: &mut Vec<Diagnostic>) -> T {
        all.append(&mut self.diagnostics);
        self.value
    }
}

/// The name among `known` that is nearest to `name`, if one is near enough to be a slip of the fingers.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let (length, letters) = (lower.chars().count(), letters(&lower));
    known
        .into_iter()
        .filter_map(|candidate| {
            // One letter in three: of a short name nothing else would be left.
            let most = length.max(candidate.chars().count()) / 3;
            let other = candidate.to_lowercase();
            if apart(&letters, &self::letters(&other)) > most {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&lower, &other);
            (distance <= most).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters of each kind a text has; kinds are few.
fn letters(text: &str) -> [usize; 32] {
    let mut letters = [0; 32];
    for letter in text.chars() {
        letters[letter as usize % 32] += 1;
    }
    letters
}

/// The least distance of two texts with these letters: a slip adds a letter, takes one away, or puts one for another.
fn apart(a: &[usize; 32], b: &[usize; 32]) -> usize {
    let more = |a: &[usize; 32], b: &[usize; 32]| -> usize {
        (a.iter().zip(b)).map(|(a, b)| a.saturating_sub(*b)).sum()
    };
    more(a, b).max(more(b, a))
}

/// Help that names the nearest known name first, then says `otherwise`.
pub fn did_you_mean<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => otherwise.to_owned(),
    }
}

macro_rules! codes {
    ($($variant:ident $id:literal $class:literal $level:ident $lenient:literal $about:literal)*) => {
        /// The classes of findings. An id is never given to another class.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $(#[doc = $about] $variant,)*
        }

        impl Code {
            /// Every class, in order of id.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// What stays of the message of a finding of this class; see [`Diagnostic::known_by`].
            pub fn known_by(self, message: &str) -> &str {
                match self {
                    Self::ReviewOverdue
                    | Self::NeverReviewed
                    | Self::NeverExercised
                    | Self::ChangedSinceReview => self.about(),
                    _ => message,
                }
            }

            /// The class that a person names by its id or its name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL
                    .iter()
                    .find(|code| code.class() == name || code.id().eq_ignore_ascii_case(name))
                    .copied()
            }

            /// The stable id: `BND0301`.
            pub fn id(self) -> &'static str {
                match self { $(Code::$variant => $id),* }
            }

            /// The name by which `[levels]` in site.toml knows the class: `broken-link`.
            pub fn class(self) -> &'static str {
                match self { $(Code::$variant => $class),* }
            }

            /// The level when site.toml says nothing.
            pub fn level(self) -> Severity {
                match self { $(Code::$variant => Severity::$level),* }
            }

            /// Whether `--lenient` turns an error of this class into a warning: the site can still be made
            /// whole without what was meant.
            pub fn lenient(self) -> bool {
                match self { $(Code::$variant => $lenient),* }
            }

            /// What the class is, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $(Code::$variant => $about),* }
            }
        }
    };
}

codes! {
    Unreadable      "BND0001" "unreadable"        Error   false "A file or folder could not be read."
    NotUtf8         "BND0002" "not-utf8"          Error   true  "A text file, or the name of a file, is not UTF-8 or holds a NUL byte."
    TooLarge        "BND0003" "too-large"         Error   false "A file is over the size limit."
    OutsideLink     "BND0004" "outside-symlink"   Error   false "A symbolic link leaves the project."
    NotAFile        "BND0005" "not-a-file"        Warning false "A FIFO, socket, device or symbolic link loop was skipped."
    TooDeep         "BND0006" "too-deep"          Error   false "Text or folders are nested too deeply."
    EmptyPage       "BND0007" "empty-page"        Warning false "A page has no text at all."

    ConfigSyntax    "BND0101" "config-syntax"     Error   false "site.toml, theme.toml or services.toml is not valid TOML, or a catalog is not valid YAML."
    ConfigKey       "BND0102" "config-key"        Error   false "site.toml, theme.toml or services.toml has a key that does not exist."
    ConfigValue     "BND0103" "config-value"      Error   false "A value in site.toml, theme.toml or services.toml is of the wrong type or out of range."
    NoPages         "BND0105" "no-pages"          Error   false "The content folder holds not one page to publish."
    NoConfig        "BND0104" "no-config"         Error   false "There is no site.toml."
    ServiceTwice    "BND0106" "service-twice"     Error   true  "A service is described twice."
    UnknownService  "BND0107" "unknown-service"   Warning true  "A runbook names, or a service depends on, a service that is described nowhere."

    MatterSyntax    "BND0201" "front-matter-syntax"   Error true  "The front matter is not valid TOML or YAML."
    MatterUnclosed  "BND0202" "front-matter-unclosed" Error true  "The front matter is never closed."
    MatterKey       "BND0203" "front-matter-key"      Error true  "The front matter has a key that does not exist."
    MatterValue     "BND0204" "front-matter-value"    Error true  "A value in the front matter is of the wrong type or not one of those allowed."
    MatterDuplicate "BND0205" "duplicate-key"         Error true  "A key stands twice in the front matter."
    NoScope         "BND0206" "missing-scope"         Error true  "A page says no scope and no default gives it one."
    MissingKey      "BND0207" "missing-key"           Error true  "A key that site.toml requires is missing."
    DuplicateId     "BND0208" "duplicate-id"          Error true  "Two runbooks have the same id."
    KindOperation   "BND0209" "kind-without-maintenance" Error true "`kind` is set on a page whose scope is operation only."

    BrokenLink      "BND0301" "broken-link"       Error   true  "A link leads to no page or file."
    MissingAnchor   "BND0302" "missing-anchor"    Error   true  "A link's fragment names no heading or anchor of its page."
    BrokenImage     "BND0303" "broken-image"      Error   true  "An image is not there."
    LinkScheme      "BND0304" "link-scheme"       Error   true  "A link's scheme is not allowed."
    BrokenEmbed     "BND0305" "broken-embed"      Error   true  "An embed names no page or section."
    EmbedCycle      "BND0306" "embed-cycle"       Error   true  "Pages embed each other in a circle."
    AmbiguousLink   "BND0307" "ambiguous-link"    Error   true  "A wikilink fits several pages."
    BrokenFollowUp  "BND0308" "broken-follow-up"  Error   true  "`follow_up` or `related` names no runbook, or `follow_up` one that is no maintenance."
    BrokenAlias     "BND0309" "broken-alias"      Error   true  "An alias is not an address inside the site."
    LinkToDraft     "BND0310" "link-to-draft"     Warning true  "A link leads to a draft, which is not published."
    OutsideTarget   "BND0311" "outside-target"    Error   true  "A link leads to a file outside the content folder."
    LinkCase        "BND0312" "link-case"         Warning true  "A link differs from the name of its file in case alone."
    LinkToDeprecated "BND0313" "link-to-deprecated" Warning true "A link leads to a page that is no longer to be used."
    DuplicateTitle  "BND0314" "duplicate-title"   Warning true  "Two runbooks have the same title."
    BadUrl          "BND0315" "bad-url"           Error   true  "A link out of the site is no address that a browser can open."
    DeadUrl         "BND0316" "dead-url"          Error   true  "A link out of the site leads nowhere; it is looked for only with `--external`."
    UndefinedReference "BND0317" "undefined-reference" Warning true "A link names a reference that is defined nowhere, so it is shown as text."

    UnknownLanguage "BND0401" "unknown-language"  Warning true  "A code block's language is not known, so it is not highlighted."
    UnclosedFence   "BND0402" "unclosed-fence"    Warning true  "A code block is never closed."
    Shortcode       "BND0403" "unknown-shortcode" Warning true  "A shortcode of another generator is shown as text."
    UnsafeHtml      "BND0404" "unsafe-html"       Warning true  "Raw HTML that is not allowed is shown as text."
    CodeInfo        "BND0405" "code-info"         Warning true  "A code block's info string cannot be understood."
    UndeclaredPlaceholder "BND0406" "undeclared-placeholder" Warning true "A page uses a placeholder that its front matter does not declare."

    ThemeMissing    "BND0501" "theme-missing"     Error   false "The theme, or one it extends, is not there."
    ThemeSyntax     "BND0502" "theme-syntax"      Error   false "A template cannot be parsed."
    TemplateError   "BND0503" "template-error"    Error   false "A template failed while a page was rendered."
    TemplateMissing "BND0504" "template-missing"  Error   false "The theme has no template of a name that is needed."

    Collision       "BND0601" "address-collision" Error   false "Two sources want the same address."
    BadAddress      "BND0602" "bad-address"       Error   false "A file's address cannot be written."
    OutputRefused   "BND0603" "output-refused"    Error   false "The output folder is one that must not be written to."
    Publish         "BND0604" "publish"           Error   false "The site could not be written."
    ForeignFile     "BND0605" "foreign-file"      Warning false "A file in the output folder is not Bindery's."
    Locked          "BND0606" "locked"            Error   false "Another build is writing to the output folder."

    RuleFile        "BND0701" "rule-file"         Error   true  "A file of alert rules cannot be read."
    RuleTemplate    "BND0702" "rule-template"     Warning true  "A file of alert rules is a template: it must be rendered before it can be read."
    NoRules         "BND0703" "no-rules"          Warning true  "A pattern of rule files fits no file with an alert."
    DeadRunbookUrl  "BND0704" "dead-runbook-url"  Error   true  "An alert's runbook URL leads to no page."
    RunbookUrlAnchor "BND0705" "runbook-url-anchor" Error  true "The fragment of an alert's runbook URL names no heading."
    AlertWithoutRunbook "BND0706" "alert-without-runbook" Error true "An alert of a severity that must have a runbook has none."
    RunbookUrlMissing "BND0707" "runbook-url-missing" Warning true "A runbook exists for an alert, but the alert's annotation is missing or leads to another page."
    UnknownAlert    "BND0708" "unknown-alert"     Warning true  "A page names an alert that no rule file has."
    SeverityDiffers "BND0709" "severity-differs"  Warning true  "An alert and its runbook say different severities."
    AlertToDraft    "BND0710" "alert-to-draft"    Error   true  "An alert's runbook URL leads to a draft, which is not published."
    AlertToDeprecated "BND0711" "alert-to-deprecated" Warning true "An alert's runbook URL leads to a page that is no longer to be used."
    RunbookUrlsDiffer "BND0712" "runbook-urls-differ" Warning true "Rules of one alert name different runbooks."
    UnmappedUrl     "BND0713" "unmapped-url"      Warning true  "Runbook URLs lead to an address that is not known to be this site, so they cannot be checked."
    RulesNotRead    "BND0714" "rules-not-read"    Warning true  "Something in a file of alert rules was seen and not understood, so nobody checks it."

    EmptySection    "BND0801" "empty-section"     Warning true  "A heading has nothing under it."
    TodoSection     "BND0802" "todo-section"      Warning true  "A section says only that it is still to be written."
    LinkOnlySection "BND0803" "link-only-section" Warning true  "A section that should say what to do holds nothing but links."
    DeadEnd         "BND0804" "dead-end"          Warning true  "The section that should say what to do says next to nothing."
    NoSteps         "BND0805" "no-steps"          Warning true  "A runbook has nothing that can be done: no step, no list, no command."
    NoVerification  "BND0806" "no-verification"   Warning true  "A runbook does not say how to see that it worked."
    NoEscalation    "BND0807" "no-escalation"     Warning true  "A runbook does not say whom to call when it does not work."
    NoRollback      "BND0808" "no-rollback"       Warning true  "A destructive command has no way back, and nobody says that there is none."
    Unpastable      "BND0810" "unpastable-command" Error  true  "A command holds characters that a shell does not understand as they are meant."
    PromptInCommand "BND0811" "prompt-in-command" Warning true  "A block of shell code holds prompts, so it cannot be pasted."
    ManyActions     "BND0812" "many-actions"      Warning true  "A step has several commands."
    NoPause         "BND0813" "no-pause"          Warning true  "Many steps follow one another without a pause point."
    NoFollowUp      "BND0814" "no-follow-up"      Warning true  "An operation runbook does not say what maintenance follows it."
    HidingWords     "BND0815" "hiding-words"      Off     true  "A step uses a word that hides what is to be done."

    ReviewOverdue   "BND0821" "review-overdue"    Warning true  "The review of a runbook is overdue."
    NeverReviewed   "BND0822" "never-reviewed"    Warning true  "Nobody ever said that a runbook is right."
    NeverExercised  "BND0823" "never-exercised"   Warning true  "Nobody ever said that a runbook was followed to its end."
    ChangedSinceReview "BND0824" "changed-since-review" Warning true "The text of a runbook changed after its last review."
    FutureDate      "BND0825" "future-date"       Warning true  "A runbook was reviewed or exercised on a day that is yet to come."

    Secret          "BND0831" "secret"            Error   true  "A key, token or password stands in a file."

    BadSilence      "BND0901" "bad-silence"       Error   true  "A comment that should silence a finding cannot be understood."
    SilenceExpired  "BND0902" "silence-expired"   Warning true  "A comment that silenced a finding has expired."
    SilenceUnused   "BND0903" "silence-unused"    Warning true  "A comment silences nothing."
}
