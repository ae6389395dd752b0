//! The command line: what may be asked for, and how a run ends.

mod adopt;
mod alerts;
mod build;
mod check;
mod coverage;
mod doctor;
mod files;
mod generate;
mod init;
mod list;
mod narrator;
mod new;
mod open;
mod options;
mod pager;
mod project;
mod serve;
mod terminal;
mod watch;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use self::alerts::Alerts;
pub use self::build::Build;
pub use self::check::Check;
pub use self::coverage::Coverage;
pub use self::doctor::Doctor;
pub use self::generate::{Completions, Man};
pub use self::init::Init;
pub use self::list::List;
pub use self::new::New;
pub use self::open::Open;
pub use self::serve::Serve;
pub use self::watch::Watch;

/// Turns a folder of Markdown runbooks into a linked static site.
///
/// A site is a folder with a `site.toml` and runbooks in `content/`. Every runbook says its scope: `operation` (make
/// the service run now) or `maintenance` (make it last).
#[derive(Debug, Parser)]
#[command(
    name = "bindery",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
#[command(
    after_help = "Exit codes: 0 when all is well, 1 for errors in the content, 2 for wrong usage.\n\
    Each finding has a code such as BND0301; the guide explains them all."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(Init),
    New(New),
    Build(Build),
    Check(Check),
    Alerts(Alerts),
    List(List),
    Open(Open),
    Coverage(Coverage),
    Serve(Serve),
    Watch(Watch),
    Doctor(Doctor),
    Completions(Completions),
    Man(Man),
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Success,
    /// There are errors in the content, or the site could not be written.
    Errors,
    /// The command was used wrongly.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Errors => Self::from(1),
            Exit::Usage => Self::from(2),
        }
    }
}

/// Runs the command that the arguments ask for.
pub fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let is_error = error.use_stderr();
            // Nothing can be done about a terminal that takes no text.
            let _ = error.print();
            return if is_error { Exit::Usage } else { Exit::Success };
        }
    };
    match cli.command {
        Command::Init(init) => init.run(),
        Command::New(new) => new.run(),
        Command::Build(build) => build.run(),
        Command::Check(check) => check.run(),
        Command::Alerts(alerts) => alerts.run(),
        Command::Coverage(coverage) => coverage.run(),
        Command::List(list) => list.run(),
        Command::Open(open) => open.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
        Command::Serve(serve) => serve.run(),
        Command::Watch(watch) => watch.run(),
    }
}
