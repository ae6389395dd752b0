//! `bindery completions` and `bindery man`: what shells and `man` read, made from the arguments themselves.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::files::begin_anew;
use super::words::shown;
use super::{Cli, Exit};

/// Prints the completions for a shell.
///
/// For bash: `bindery completions bash > ~/.local/share/bash-completion/completions/bindery`; for zsh, fish, elvish and
/// PowerShell where each of them looks for such files.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// Prints the manual page, or writes the pages of all commands into a folder.
#[derive(Debug, Args)]
pub struct Man {
    /// The folder to write `bindery.1` and a page for each command to
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Completions {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "bindery", &mut text);
        // A reader that went away is no error of the site's.
        let _ = std::io::stdout().lock().write_all(&text);
        Exit::Success
    }
}

impl Man {
    /// Runs it.
    pub(super) fn run(&self) -> Exit {
        // `help` has no page of its own.
        let mut command = Cli::command().disable_help_subcommand(true);
        command.build();
        let Some(dir) = &self.dir else {
            let _ = std::io::stdout().lock().write_all(&page(&command));
            return Exit::Success;
        };
        let pages = command.get_subcommands().map(|inner| {
            let name = format!("bindery-{}", inner.get_name());
            (name, page(inner))
        });
        let all = [("bindery".to_owned(), page(&command))];
        for (name, text) in all.into_iter().chain(pages) {
            let file = dir.join(format!("{name}.1"));
            if let Err(error) = begin_anew(&file, &text) {
                let mut err = anstream::stderr().lock();
                let _ = writeln!(err, "{} cannot be written: {error}", shown(&file));
                return Exit::Errors;
            }
            let _ = writeln!(anstream::stdout().lock(), "{}", shown(&file));
        }
        Exit::Success
    }
}

fn page(command: &clap::Command) -> Vec<u8> {
    let mut text = Vec::new();
    // Writing into memory does not fail.
    let _ = clap_mangen::Man::new(command.clone()).render(&mut text);
    let text = String::from_utf8_lossy(&text);
    // What follows the options are examples wherever it says so, and `man` has a section for them.
    let text = text.replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n");
    text.into_bytes()
}
