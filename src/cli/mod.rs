//! The command line: one file a command.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use miette::{GraphicalReportHandler, GraphicalTheme};

mod adoption;
pub mod args;
mod catalogue;
mod check;
pub mod docs;
pub mod engine;
pub mod examples;
mod explain;
mod facts;
mod init;
mod interrupt;
mod inventory;
mod man;
mod progress;
mod rule;
mod run;
mod schema;
#[cfg(test)]
mod tests;

use crate::atomic::WriteError;
use crate::config::ConfigError;
use crate::report::plain::Plain;
use crate::walk::WalkError;
use args::{Cli, Command};
use engine::Engine;

/// Nothing at or above `--fail-on`.
const CLEAN: u8 = 0;
/// Findings; with `--diff`: something would change.
const FINDINGS: u8 = 1;
/// The run could not do its job.
const FAILED: u8 = 2;

/// The process around a run, so that tests can stand in for it.
pub struct Host<'h> {
    pub engine: Engine,
    /// Absolute.
    pub working_dir: PathBuf,
    pub variable: fn(&str) -> Option<OsString>,
    pub stdin: &'h mut dyn Read,
    pub stdout: &'h mut dyn Write,
    pub stderr: &'h mut dyn Write,
    pub stdout_is_terminal: bool,
    pub stderr_is_terminal: bool,
}

/// Why a run could not do its job.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{message}")]
    Usage { message: String, help: Option<String> },
    #[error(transparent)]
    Config(Box<ConfigError>),
    #[error("`{path}` was not written: {error}")]
    Write { path: String, error: WriteError },
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Failure {
    fn usage(message: String, help: impl Into<Option<&'static str>>) -> Self {
        Failure::Usage { message, help: help.into().map(str::to_owned) }
    }
}

impl From<WalkError> for Failure {
    fn from(error: WalkError) -> Self {
        match error {
            WalkError::Config(error) => Failure::Config(error),
            // Options before a command make clap take the command for a path.
            WalkError::Missing { ref path } if Cli::command().find_subcommand(path).is_some() => {
                Failure::usage(error.to_string(), "options go behind the command, as in `prompt-lint inventory --format json`")
            }
            error => Failure::usage(error.to_string(), None),
        }
    }
}

impl From<Box<ConfigError>> for Failure {
    fn from(error: Box<ConfigError>) -> Self {
        Failure::Config(error)
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    // A panic is caught and said in one line: the trace is of no use to who reads it.
    std::panic::set_hook(Box::new(|_| {}));
    let Ok(working_dir) = std::env::current_dir() else {
        let _ = writeln!(io::stderr(), "error: the working directory does not exist");
        return ExitCode::from(FAILED);
    };
    let stdout = io::stdout();
    let stdout_is_terminal = stdout.is_terminal();
    let stderr_is_terminal = io::stderr().is_terminal();
    interrupt::finish_writing_first(stderr_is_terminal);
    let mut host = Host {
        engine: Engine::new(),
        working_dir,
        variable: |name| std::env::var_os(name),
        stdin: &mut io::stdin(),
        stdout: &mut io::BufWriter::new(stdout.lock()),
        stderr: &mut io::stderr(),
        stdout_is_terminal,
        stderr_is_terminal,
    };
    ExitCode::from(run(std::env::args_os(), &mut host))
}

/// Runs a command line and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>, host: &mut Host<'_>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        // clap knows where its text belongs: help on standard output, errors on the other.
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { FAILED } else { CLEAN };
        }
    };
    // Both hold names of files and texts of rules, which may be anybody's; only a report has colours.
    let mut stderr = Plain(host.stderr);
    let mut plain_stdout;
    let stdout: &mut dyn Write = if cli.command.as_ref().is_some_and(Command::is_plain) {
        plain_stdout = Plain(host.stdout);
        &mut plain_stdout
    } else {
        host.stdout
    };
    let mut host = Host {
        engine: host.engine,
        working_dir: host.working_dir.clone(),
        variable: host.variable,
        stdin: host.stdin,
        stdout,
        stderr: &mut stderr,
        stdout_is_terminal: host.stdout_is_terminal,
        stderr_is_terminal: host.stderr_is_terminal,
    };
    let host = &mut host;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let code = dispatch(&cli, host)?;
        host.stdout.flush()?;
        Ok(code)
    }));
    match outcome {
        Ok(Ok(code)) => code,
        Ok(Err(Failure::Io(error))) if error.kind() == io::ErrorKind::BrokenPipe => CLEAN,
        Ok(Err(failure)) => {
            let _ = host.stdout.flush();
            let _ = say(&failure, host);
            FAILED
        }
        Err(panic) => {
            let reason = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()));
            let reason = reason.unwrap_or_else(|| "no reason given".to_owned());
            let _ = writeln!(host.stderr, "error: a defect of prompt-lint, please report it: {reason}");
            FAILED
        }
    }
}

fn dispatch(cli: &Cli, host: &mut Host<'_>) -> Result<u8, Failure> {
    // Without its rules the tool would find nothing and call that clean.
    if (host.engine.rules)().is_empty() {
        return Err(Failure::usage("the built-in rules could not be read".to_owned(), "this is a defect of prompt-lint, please report it"));
    }
    match &cli.command {
        None => check::check(&cli.check, host),
        Some(Command::Inventory(arguments)) => inventory::inventory(arguments, host),
        Some(Command::Explain { rule, config }) => explain::explain(rule, config, host),
        Some(Command::Rules { config }) => explain::rules(config, host),
        Some(Command::Rule { command }) => rule::rule(command, host),
        Some(Command::Facts { place: None, .. }) => facts::schema(host),
        Some(Command::Facts { place: Some(place), config }) => facts::at(place, config, host),
        Some(Command::Catalogue { name, today, config }) => catalogue::catalogue(name.as_deref(), *today, config, host),
        Some(Command::Init(arguments)) => init::init(arguments, host),
        Some(Command::Schema { of }) => schema::schema(*of, host),
        Some(Command::Man { command }) => man::man(command.as_deref(), host),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "prompt-lint", &mut script);
            host.stdout.write_all(&script)?;
            Ok(CLEAN)
        }
    }
}

fn say(failure: &Failure, host: &mut Host<'_>) -> io::Result<()> {
    match failure {
        Failure::Config(error) => {
            let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_links(false).with_width(2000);
            let mut text = String::new();
            let rendered = handler.render_report(&mut text, error.as_ref());
            writeln!(host.stderr, "error: {error}")?;
            match rendered {
                // The message stands in the line above already.
                Ok(()) => host
                    .stderr
                    .write_all(text.split_once(&error.message).map_or(text.as_str(), |(_, rest)| rest.trim_start_matches('\n')).as_bytes()),
                Err(_) => Ok(()),
            }
        }
        failure => {
            writeln!(host.stderr, "error: {failure}")?;
            match failure {
                Failure::Usage { help: Some(help), .. } => writeln!(host.stderr, "  help: {help}"),
                _ => Ok(()),
            }
        }
    }
}
