//! What the check and the inventory share: from arguments to a project with its settings, and from a report to its reader.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::args::{Color, Common, SelectionArgs};
use super::{Failure, Host};
use crate::atomic;
use crate::config::nearest::Discovery;
use crate::config::{Configs, Date, Overrides, RuleNames};
use crate::report::Report;
use crate::source::{ReadError, Source};
use crate::span::FileId;
use crate::walk::{self, Request, Walk};

/// Finds the files and their settings; the text of standard input is set in place of its file.
pub fn prepare(common: &Common, fix_outside: bool, host: &mut Host<'_>) -> Result<(Walk, Option<FileId>), Failure> {
    let names = host.engine.names();
    check_names(&common.selection, &names)?;
    let threads = common.threads.map_or(0, std::num::NonZeroUsize::get);
    // The pool can be made once only; a second run in the same process (a test) uses the first.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(8 << 20).build_global();

    let stdin_name = stdin_name(common)?;
    let paths: &[PathBuf] = stdin_name.map_or(&common.paths, std::slice::from_ref);
    let discovery = match (&common.config, common.no_config) {
        (Some(file), _) => Discovery::File(file.clone()),
        (None, true) => Discovery::None,
        (None, false) => Discovery::Nearest,
    };
    let overrides = Overrides {
        select: common.selection.select.clone(),
        ignore: common.selection.ignore.clone(),
        preview: common.selection.preview,
        min_severity: common.selection.min_severity.into(),
        min_confidence: common.selection.min_confidence.into(),
        min_saving: common.selection.min_saving,
        today: today(common.today, host)?,
        fix_outside,
    };
    let mut configs = Configs::new(names, discovery, host.working_dir.clone());
    let request =
        Request { paths, working_dir: &host.working_dir, include_tests: common.include_tests, threads, in_memory: stdin_name.is_some() };
    let walk = walk::walk(&request, &mut configs, &overrides)?;
    let Some(name) = stdin_name else { return Ok((walk, None)) };
    let shown = walk::shown(&host.working_dir.join(name), &host.working_dir);
    let Some(id) = walk.project.ids().find(|id| walk.project.file(*id).path == shown) else {
        let message = format!("`{}` is neither a Python file, a notebook nor a Jinja template", name.display());
        return Err(Failure::usage(message, "--stdin-filename says what the text is"));
    };
    let _ = walk.project.file(id).source.set(read_stdin(host.stdin, &shown)?);
    Ok((walk, Some(id)))
}

/// The name of the file on standard input, if it is to be read.
fn stdin_name(common: &Common) -> Result<Option<&PathBuf>, Failure> {
    let dash = Path::new("-");
    match (common.paths.iter().any(|path| path == dash), &common.stdin_filename) {
        (false, None) => Ok(None),
        (false, Some(_)) => Err(Failure::usage("--stdin-filename is for `-`".to_owned(), "give `-` as the path to read standard input")),
        (true, _) if common.paths.len() > 1 => Err(Failure::usage("`-` cannot be checked together with other paths".to_owned(), None)),
        (true, None) => {
            Err(Failure::usage("`-` needs --stdin-filename".to_owned(), "the name says what the text is and which config holds"))
        }
        (true, Some(name)) => Ok(Some(name)),
    }
}

fn read_stdin(stdin: &mut dyn Read, shown: &str) -> io::Result<Result<Source, ReadError>> {
    let mut bytes = Vec::new();
    let limit = Source::limit(shown);
    stdin.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Ok(Err(ReadError::TooLarge { bytes: bytes.len() as u64, limit }));
    }
    let text = String::from_utf8(bytes).map_err(|error| ReadError::NotUtf8(error.utf8_error().valid_up_to()));
    Ok(text.and_then(|text| Source::of_file(shown, text)))
}

fn check_names(selection: &SelectionArgs, names: &RuleNames) -> Result<(), Failure> {
    for (flag, given) in [("--select", &selection.select), ("--ignore", &selection.ignore)] {
        if let Some(name) = given.iter().find(|name| !names.knows(name)) {
            return Err(unknown_rule(&format!("unknown rule or category `{name}` in {flag}"), name, names));
        }
    }
    Ok(())
}

/// An error with the name that was most likely meant.
pub fn unknown_rule(message: &str, name: &str, names: &RuleNames) -> Failure {
    let list = "`prompt-lint rules` lists them all";
    let help = names.nearest(name).map_or(list.to_owned(), |meant| format!("did you mean `{meant}`? {list}"));
    Failure::Usage { message: message.to_owned(), help: Some(help) }
}

fn today(given: Option<Date>, host: &Host<'_>) -> Result<Date, Failure> {
    if let Some(day) = given {
        return Ok(day);
    }
    let Some(epoch) = (host.variable)("SOURCE_DATE_EPOCH").filter(|epoch| !epoch.is_empty()) else { return Ok(Date::now()) };
    match epoch.to_str().and_then(|epoch| epoch.parse::<u32>().ok()) {
        Some(seconds) => Ok(Date::from_unix(i64::from(seconds))),
        None => Err(Failure::usage(
            format!("SOURCE_DATE_EPOCH is `{}`", epoch.to_string_lossy()),
            "it is a number of seconds since the start of 1970; --today DATE goes before it",
        )),
    }
}

/// Takes out of a report what is not to be listed, and counts it.
pub fn hide(report: &mut Report, selection: &SelectionArgs) {
    let (severity, confidence) = (selection.min_severity.into(), selection.min_confidence.into());
    let all = report.findings.len();
    report.findings.retain(|finding| finding.severity >= severity && finding.confidence >= confidence);
    let grave = report.findings.len();
    report.hidden += all - grave;
    report.findings.retain(|finding| finding.may_save(selection.min_saving));
    report.too_small += grave - report.findings.len();
}

/// Whether the report is printed in colours.
pub fn colour(common: &Common, host: &Host<'_>) -> bool {
    let set = |name| (host.variable)(name).is_some_and(|value| !value.is_empty());
    match common.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let dumb = (host.variable)("TERM").is_some_and(|term| term == "dumb");
            host.stdout_is_terminal && common.output.is_none() && !set("NO_COLOR") && !dumb
        }
    }
}

/// How wide the printed report may be, in characters: what the terminal has, within what reads well.
pub fn width(common: &Common, host: &Host<'_>) -> usize {
    const READS_WELL: usize = 110;
    if !host.stdout_is_terminal || common.output.is_some() {
        return READS_WELL;
    }
    let said = (host.variable)("COLUMNS").and_then(|columns| columns.to_str()?.parse::<usize>().ok());
    let asked = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    said.filter(|columns| *columns > 0).or_else(asked).unwrap_or(READS_WELL).clamp(40, READS_WELL)
}

/// Prints to `--output`, whole or not at all, or to standard output.
pub fn print(common: &Common, host: &mut Host<'_>, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let Some(file) = &common.output else { return Ok(render(host.stdout)?) };
    let mut bytes = Vec::new();
    render(&mut bytes)?;
    let path = host.working_dir.join(file);
    atomic::write_report(&path, &bytes).map_err(|error| Failure::Write { path: file.to_string_lossy().into_owned(), error })
}
