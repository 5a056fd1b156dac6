//! The baseline: findings that a repository had when it took the tool up, counted by file and rule, so that only new ones are listed.
//!
//! Counts hold when lines move. A count may fall and never rise; above it, all findings of that file and rule are listed, since
//! nobody can tell which of them is the new one.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::atomic::{self, WriteError};
use crate::project::Project;
use crate::report::{Finding, Note};
use crate::span::FileId;
use crate::walk;

const VERSION: u32 = 1;

/// How many findings there are of each file (its path from the folder of the baseline, with `/`) and rule.
pub type Counts = BTreeMap<String, BTreeMap<String, usize>>;

/// A baseline as it stands on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    file: PathBuf,
    pub counts: Counts,
}

/// Why a baseline could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    #[error("the baseline `{path}` does not exist")]
    Missing { path: String },
    #[error("the baseline `{path}` cannot be read: {error}")]
    Io { path: String, error: io::Error },
    #[error("`{path}` is no baseline: {error}")]
    Malformed { path: String, error: serde_json::Error },
    #[error("the baseline `{path}` is of version {version}; this release reads version {VERSION}")]
    Version { path: String, version: u32 },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<C> {
    version: u32,
    findings: C,
}

/// A file and a rule that have more findings than the baseline holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    pub path: String,
    pub rule: String,
    pub held: usize,
    pub found: usize,
}

impl Baseline {
    /// An empty one, to be written to `file` (absolute).
    pub fn new(file: PathBuf) -> Self {
        Baseline { file, counts: Counts::new() }
    }

    /// Reads `file` (absolute); `shown` is its name in errors.
    pub fn read(file: PathBuf, shown: &str) -> Result<Self, BaselineError> {
        let path = || shown.to_owned();
        let bytes = std::fs::read(&file).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => BaselineError::Missing { path: path() },
            _ => BaselineError::Io { path: path(), error },
        })?;
        let malformed = |error| BaselineError::Malformed { path: path(), error };
        // A later version may hold what this one can't read, so its number is looked at first.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let version = serde_json::from_slice::<Versioned>(&bytes).map_err(malformed)?.version;
        if version != VERSION {
            return Err(BaselineError::Version { path: path(), version });
        }
        let document: Document<Counts> = serde_json::from_slice(&bytes).map_err(malformed)?;
        Ok(Baseline { file, counts: document.findings })
    }

    /// Writes it whole or not at all.
    pub fn write(&self) -> Result<(), WriteError> {
        let failed = |error: serde_json::Error| WriteError::Io { action: "it cannot be put into words", error: error.into() };
        let mut bytes = serde_json::to_vec_pretty(&Document { version: VERSION, findings: &self.counts }).map_err(failed)?;
        bytes.push(b'\n');
        atomic::write_report(&self.file, &bytes)
    }

    /// The path of a file as the baseline names it.
    pub fn path(&self, project: &Project, file: FileId, working_dir: &Path) -> String {
        let file = project.file(file);
        let path = file.file.clone().unwrap_or_else(|| PathBuf::from(&file.path));
        walk::shown(&working_dir.join(path), self.file.parent().unwrap_or(working_dir))
    }

    /// The counts of those findings that `counts` says yes to.
    pub fn count(&self, project: &Project, findings: &[Finding], working_dir: &Path, counts: impl Fn(&Finding) -> bool) -> Counts {
        let mut found = Counts::new();
        for finding in findings.iter().filter(|finding| counts(finding)) {
            let path = self.path(project, finding.place.file, working_dir);
            *found.entry(path).or_default().entry(finding.rule.clone()).or_default() += 1;
        }
        found
    }

    fn held(&self, path: &str, rule: &str) -> usize {
        self.counts.get(path).and_then(|rules| rules.get(rule)).copied().unwrap_or(0)
    }

    /// Whether all of `found` of a file and rule are held.
    pub fn holds(&self, found: &Counts, path: &str, rule: &str) -> bool {
        let found = found.get(path).and_then(|rules| rules.get(rule)).copied().unwrap_or(0);
        found <= self.held(path, rule)
    }

    /// What `found` has more of than the baseline; without `new`, only where the baseline holds some.
    pub fn excesses(&self, found: &Counts, new: bool) -> Vec<Excess> {
        let all = found.iter().flat_map(|(path, rules)| rules.iter().map(move |(rule, found)| (path, rule, *found)));
        let excess = |(path, rule, found): (&String, &String, usize)| {
            let held = self.held(path, rule);
            (found > held && (new || held > 0)).then(|| Excess { path: path.clone(), rule: rule.clone(), held, found })
        };
        all.filter_map(excess).collect()
    }

    /// What the reader is told of a file and rule that are listed whole.
    pub fn notes(&self, found: &Counts) -> Vec<Note> {
        let note = |excess: Excess| Note {
            message: format!("{} findings of {}, and the baseline holds {}: all are listed", excess.found, excess.rule, excess.held),
            path: excess.path,
        };
        self.excesses(found, false).into_iter().map(note).collect()
    }

    /// The baseline without what is gone. `looked_at` says whether a run would have found a rule in a file; other counts stay.
    pub fn pruned(&self, found: &Counts, looked_at: impl Fn(&str, &str) -> bool) -> Baseline {
        let mut counts = Counts::new();
        for (path, rules) in &self.counts {
            for (rule, held) in rules {
                let found = found.get(path).and_then(|rules| rules.get(rule)).copied().unwrap_or(0);
                let left = if looked_at(path, rule) { found.min(*held) } else { *held };
                if left > 0 {
                    counts.entry(path.clone()).or_default().insert(rule.clone(), left);
                }
            }
        }
        Baseline { file: self.file.clone(), counts }
    }

    /// The number of findings that it holds.
    pub fn total(&self) -> usize {
        self.counts.values().flat_map(BTreeMap::values).fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The folder from which its paths start.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("/"))
    }
}
