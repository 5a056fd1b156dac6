//! What the check and the inventory share: from arguments to a project with its settings, and from a report to its reader.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Color, Common, ConfigArgs, FailOn, SelectionArgs};
use super::progress::Bar;
use super::{CLEAN, FAILED, FINDINGS, Failure, Host};
use crate::atomic;
use crate::catalogue::Catalogue;
use crate::config::nearest::Discovery;
use crate::config::{Configs, Date, Overrides, RuleNames};
use crate::model::prompt::Confidence;
use crate::progress::Progress;
use crate::report::{Finding, Report, Severity};
use crate::source::{ReadError, Source};
use crate::span::FileId;
use crate::walk::{self, Request, TestCode, Walk};

/// Finds the files and their settings; the text of standard input is set in place of its file.
pub fn prepare(common: &Common, fix_outside: bool, host: &mut Host<'_>) -> Result<(Walk, Option<FileId>, Bar), Failure> {
    let threads = common.threads.map_or(0, std::num::NonZeroUsize::get);
    // The pool can be made once only; a second run in the same process (a test) uses the first.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(8 << 20).build_global();

    let progress = Arc::<Progress>::default();
    // Lines of what was skipped and a bar would write over each other.
    let bar = Bar::start(progress.clone(), host.stderr_is_terminal && !common.verbose);
    let stdin_name = stdin_name(common)?;
    let paths: &[PathBuf] = stdin_name.map_or(&common.paths, std::slice::from_ref);
    let mut configs = configs(&common.config, host)?;
    if !(common.selection.select.is_empty() && common.selection.ignore.is_empty()) {
        check_names(&common.selection, &names_for(paths, &mut configs, host)?)?;
    }
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
    let test_code = match (common.include_tests, common.exclude_tests) {
        (true, _) => TestCode::Always,
        (false, true) => TestCode::Never,
        (false, false) => TestCode::Named,
    };
    let request =
        Request { paths, working_dir: &host.working_dir, test_code, threads, in_memory: stdin_name.is_some(), verbose: common.verbose };
    let mut walk = walk::walk(&request, &mut configs, &overrides)?;
    walk.project.progress = progress;
    walk.settings.catalogue = catalogue(&configs)?;
    for skipped in &walk.skipped {
        writeln!(host.stderr, "skipped: {skipped}")?;
    }
    let Some(name) = stdin_name else { return Ok((walk, None, bar)) };
    let shown = walk::shown(&host.working_dir.join(name), &host.working_dir);
    let Some(id) = walk.project.ids().find(|id| walk.project.file(*id).path == shown) else {
        let message = format!("`{}` is no file of Python, JavaScript or TypeScript, no notebook and no Jinja template", name.display());
        return Err(Failure::usage(message, "--stdin-filename says what the text is"));
    };
    let _ = walk.project.file(id).source.set(read_stdin(host.stdin, &shown)?);
    Ok((walk, Some(id), bar))
}

/// The configs that the arguments ask for, with the rules of `--rules`.
pub fn configs(arguments: &ConfigArgs, host: &Host<'_>) -> Result<Configs, Failure> {
    let discovery = match (&arguments.config, arguments.no_config) {
        (Some(file), _) => Discovery::File(file.clone()),
        (None, true) => Discovery::None,
        (None, false) => Discovery::Nearest,
    };
    Ok(Configs::new(host.engine.names(), discovery, host.working_dir.clone()).with_rule_dirs(&arguments.rules)?)
}

/// The built-in catalogue with the entries over it that the configs name; `None` if they name none.
pub fn catalogue(configs: &Configs) -> Result<Option<Arc<Catalogue>>, Failure> {
    match configs.catalogue_files() {
        [] => Ok(None),
        files => Ok(Some(Arc::new(Catalogue::with_files(files).map_err(|error| Failure::usage(error.to_string(), None))?))),
    }
}

/// What no flag says.
pub fn overrides(min_confidence: Confidence, host: &Host<'_>) -> Result<Overrides, Failure> {
    Ok(Overrides { min_confidence, ..Overrides::defaults(today(None, host)?) })
}

/// The rules that may be named on the command line: those that hold for any of the paths.
fn names_for(paths: &[PathBuf], configs: &mut Configs, host: &Host<'_>) -> Result<RuleNames, Failure> {
    let mut names = host.engine.names();
    for path in paths {
        let path = walk::clean(&host.working_dir.join(path));
        let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(&host.working_dir) };
        if let Some(own) = configs.names_in(folder)? {
            names = names.with(&own);
        }
    }
    Ok(names)
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

pub fn today(given: Option<Date>, host: &Host<'_>) -> Result<Date, Failure> {
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

/// The exit code by all findings that are sure and large enough, listed or only counted.
pub fn exit_code(report: &Report, selection: &SelectionArgs, fail_on: FailOn) -> u8 {
    let min_confidence: Confidence = selection.min_confidence.into();
    if report.panics > 0 {
        return FAILED;
    }
    let counts = |finding: &&Finding| finding.confidence >= min_confidence && finding.may_save(selection.min_saving);
    let fails = |limit: Severity| report.findings.iter().filter(counts).any(|finding| finding.severity >= limit);
    if fail_on.severity().is_some_and(fails) { FINDINGS } else { CLEAN }
}
