//! `--baseline` and `--since`: what they leave of a report, and how a baseline is written and pruned.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::args::{Check, SelectionArgs};
use super::{Failure, Host, check};
use crate::baseline::{Baseline, BaselineError, Counts};
use crate::config::SettingsMap;
use crate::project::Project;
use crate::report::{Finding, Note, Report, Severity};
use crate::since::{Since, SinceError};
use crate::walk;

/// The baseline and the revision that were given.
pub struct Adopted<'a> {
    working_dir: PathBuf,
    selection: &'a SelectionArgs,
    /// Findings below this severity neither stand in a report nor fail it.
    severity: Severity,
    mode: Mode,
    shown: String,
    baseline: Option<Baseline>,
    since: Option<Since>,
    notes: Vec<Note>,
    /// Narrowing is done deep inside of fixing, where nothing can be returned.
    failure: RefCell<Option<SinceError>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Read,
    Write,
    Prune,
}

/// How many findings were taken out.
#[derive(Default)]
struct Narrowed {
    known: usize,
    unchanged: usize,
    /// Of all that count, before any was taken out.
    found: Counts,
}

impl<'a> Adopted<'a> {
    pub fn new(arguments: &'a Check, host: &Host<'_>) -> Result<Self, Failure> {
        let flags = &arguments.adoption;
        let mode = match (flags.write_baseline, flags.prune_baseline) {
            (true, _) => Mode::Write,
            (_, true) => Mode::Prune,
            _ => Mode::Read,
        };
        let shown = flags.baseline.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
        let baseline = flags.baseline.as_ref().map(|file| {
            let file = walk::clean(&host.working_dir.join(file));
            match Baseline::read(file.clone(), &shown) {
                Err(BaselineError::Missing { .. }) if mode == Mode::Write => Ok(Baseline::new(file)),
                read => read,
            }
        });
        let baseline = baseline.transpose().map_err(|error| {
            let help = matches!(error, BaselineError::Missing { .. }).then_some("--write-baseline makes it from what is found now");
            Failure::usage(error.to_string(), help)
        })?;
        let mut notes = Vec::new();
        let since = match &flags.since {
            None => None,
            Some(rev) => {
                let (since, note) = Since::new(&folder(arguments, host), rev).map_err(failure)?;
                notes.extend(note);
                Some(since)
            }
        };
        let listed: Severity = arguments.common.selection.min_severity.into();
        Ok(Adopted {
            working_dir: host.working_dir.clone(),
            selection: &arguments.common.selection,
            severity: arguments.fail_on.severity().map_or(listed, |failing| failing.min(listed)),
            mode,
            shown,
            baseline,
            since,
            notes,
            failure: RefCell::new(None),
        })
    }

    /// Whether a baseline is written.
    pub fn writes(&self) -> bool {
        self.mode != Mode::Read
    }

    fn counts(&self, finding: &Finding) -> bool {
        finding.severity >= self.severity && check::is_sure(finding, self.selection)
    }

    /// Takes out what the baseline holds, then what did not change. The order matters: a baseline counts all of a file.
    pub fn narrow(&self, project: &Project, findings: &mut Vec<Finding>) {
        self.narrowed(self.baseline.as_ref(), project, findings);
    }

    fn narrowed(&self, baseline: Option<&Baseline>, project: &Project, findings: &mut Vec<Finding>) -> Narrowed {
        let mut narrowed = Narrowed::default();
        if let Some(baseline) = baseline {
            narrowed.found = baseline.count(project, findings, &self.working_dir, |finding| self.counts(finding));
            let before = findings.len();
            findings.retain(|finding| {
                let path = || baseline.path(project, finding.place.file, &self.working_dir);
                !self.counts(finding) || !baseline.holds(&narrowed.found, &path(), &finding.rule)
            });
            narrowed.known = before - findings.len();
        }
        if let Some(since) = &self.since {
            let count = |findings: &[Finding]| findings.iter().filter(|finding| self.counts(finding)).count();
            let before = count(findings);
            if let Err(error) = since.narrow(project, findings) {
                self.failure.replace(Some(error));
            }
            narrowed.unchanged = before - count(findings);
        }
        narrowed
    }

    /// What went wrong while narrowing.
    pub fn failure(&self) -> Result<(), Failure> {
        self.failure.take().map_or(Ok(()), |error| Err(failure(error)))
    }

    /// Narrows a report and writes the baseline if asked to. Returns what is to be said of it.
    pub fn apply(&self, project: &Project, settings: &SettingsMap, report: &mut Report, host: &Host<'_>) -> Result<String, Failure> {
        let mut said = String::new();
        let mut findings = std::mem::take(&mut report.findings);
        let mut written = None;
        if self.writes() {
            let baseline = self.updated(project, settings, &findings, report, host)?;
            let verb = if self.mode == Mode::Write { "written" } else { "pruned" };
            let before = self.baseline.as_ref().map_or(0, Baseline::total);
            let (holds, files) = (baseline.total(), baseline.counts.len());
            let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
            said = format!("baseline {verb}: {} in {}", plural(holds, "finding"), plural(files, "file"));
            if before > holds {
                said += &format!(", {} fewer", before - holds);
            }
            written = Some(baseline);
        }
        let baseline = written.as_ref().or(self.baseline.as_ref());
        let narrowed = self.narrowed(baseline, project, &mut findings);
        self.failure()?;
        report.findings = findings;
        report.baseline = baseline.map(|_| narrowed.known);
        report.unchanged = self.since.as_ref().map(|_| narrowed.unchanged);
        if let Some(baseline) = baseline {
            let gone = baseline.total() - self.pruned(baseline, project, settings, &narrowed.found, report, host).total();
            if gone > 0 && !self.writes() {
                let them = if gone == 1 { "it" } else { "them" };
                said = format!("{gone} in the baseline no longer found: --prune-baseline takes {them} out");
            }
            let seen = |note| self.seen_from_here(baseline.folder(), note);
            report.notes.extend(baseline.notes(&narrowed.found).into_iter().map(seen));
        }
        report.notes.extend(self.notes.iter().cloned());
        if let Some(since) = &self.since {
            report.notes.extend(since.notes().into_iter().map(|note| self.seen_from_here(since.top(), note)));
        }
        Ok(said)
    }

    /// A note with its path from the working directory.
    fn seen_from_here(&self, folder: &Path, note: Note) -> Note {
        Note { path: walk::shown(&folder.join(note.path), &self.working_dir), ..note }
    }

    /// The baseline with what is gone taken out and, when a new one is written, with all that was found put in; on the disk.
    fn updated(
        &self,
        project: &Project,
        settings: &SettingsMap,
        findings: &[Finding],
        report: &Report,
        host: &Host<'_>,
    ) -> Result<Baseline, Failure> {
        let Some(old) = &self.baseline else {
            return Err(Failure::usage("--write-baseline needs --baseline".to_owned(), None));
        };
        if report.panics > 0 {
            let message = format!("`{}` was not written: the run has not done its whole job", self.shown);
            return Err(Failure::usage(message, "this is a defect of prompt-lint, please report it"));
        }
        let found = old.count(project, findings, &self.working_dir, |finding| self.counts(finding));
        let exists = host.working_dir.join(&self.shown).exists();
        let mut new = self.pruned(old, project, settings, &found, report, host);
        match (self.mode, exists) {
            (Mode::Write, false) => new.counts = found,
            (Mode::Write, true) => {
                if let Some(more) = old.excesses(&found, true).first() {
                    let message = format!(
                        "`{}` may only shrink: it holds {} of {} in `{}`, and there are {}",
                        self.shown, more.held, more.rule, more.path, more.found
                    );
                    return Err(Failure::usage(
                        message,
                        "mend what is new, or delete the file to start anew; --prune-baseline only lowers it",
                    ));
                }
            }
            _ => {}
        }
        new.write().map_err(|error| Failure::Write { path: self.shown.clone(), error })?;
        Ok(new)
    }

    /// Counts stay where this run could not have found anything: other files, files that were not read in whole, rules that were
    /// not asked for.
    fn pruned(
        &self,
        baseline: &Baseline,
        project: &Project,
        settings: &SettingsMap,
        found: &Counts,
        report: &Report,
        host: &Host<'_>,
    ) -> Baseline {
        let rules = (host.engine.rules)();
        let targets: BTreeMap<String, _> =
            project.ids().filter(|id| project.file(*id).target).map(|id| (baseline.path(project, id, &self.working_dir), id)).collect();
        let looked_at = |path: &str, rule: &str| {
            let Some(id) = targets.get(path) else { return !exists(baseline.folder(), path) };
            let file = project.file(*id);
            let whole = project.source(*id).is_ok() && !report.notes.iter().any(|note| note.path == file.path);
            let selection = &settings.for_file(&file.key).selection;
            let known = rules.iter().find(|known| known.id == rule);
            whole && known.is_none_or(|known| selection.selects(rule, known.preview))
        };
        baseline.pruned(found, looked_at)
    }
}

fn exists(folder: &Path, path: &str) -> bool {
    // What cannot be looked at may be there.
    folder.join(path).try_exists().unwrap_or(true)
}

/// The folder in whose repository a revision is looked up: that of the first path.
fn folder(arguments: &Check, host: &Host<'_>) -> PathBuf {
    // In a hook git may give its own folder by a path from the working directory.
    let first = arguments.common.paths.first().filter(|path| *path != Path::new("-") && (host.variable)("GIT_DIR").is_none());
    let path = first.map_or_else(|| host.working_dir.clone(), |path| host.working_dir.join(path));
    match path.is_dir() {
        true => path,
        false => path.parent().map_or_else(|| host.working_dir.clone(), Path::to_owned),
    }
}

fn failure(error: SinceError) -> Failure {
    let help = match &error {
        SinceError::NoCommit { rev, shallow: true } => {
            Some(format!("this clone is shallow: `git fetch --depth=1 origin {rev}` brings one commit, `fetch-depth: 0` at checkout all"))
        }
        SinceError::NoCommit { .. } => Some("a branch of the server is called `origin/NAME` here, once it is fetched".to_owned()),
        SinceError::NoGit(_) => Some("--since asks git for the old texts".to_owned()),
        SinceError::NoRepository { .. } | SinceError::Failed { .. } => None,
    };
    Failure::Usage { message: error.to_string(), help }
}
