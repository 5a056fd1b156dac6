//! What changed since a git revision, owner by owner.
//!
//! git is asked for revisions and old texts alone: nothing of the work tree or of hooks and filters is run, and the comparison is
//! ours. So it is the text at hand that is compared, from the disk or not, and a notebook by its cells.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::project::Project;
use crate::report::{Finding, Note};
use crate::source::Source;
use crate::span::{FileId, Place};

/// Why nothing can be compared with a revision.
#[derive(Debug, thiserror::Error)]
pub enum SinceError {
    #[error("`git` could not be run: {0}")]
    NoGit(std::io::Error),
    #[error("`{folder}` is not in the work tree of a git repository: {reason}")]
    NoRepository { folder: String, reason: String },
    #[error("`{rev}` is no commit that this clone holds")]
    NoCommit { rev: String, shallow: bool },
    #[error("git did not say what `{rev}` holds: {reason}")]
    Failed { rev: String, reason: String },
}

/// A revision to compare with.
#[derive(Debug)]
pub struct Since {
    folder: PathBuf,
    /// Of the work tree, without symbolic links.
    top: PathBuf,
    rev: String,
    commit: String,
    /// From the new path to the old one.
    renamed: BTreeMap<String, String>,
    /// Old texts by their new paths from the top; `None` where there was no file.
    old: RefCell<HashMap<String, Old>>,
}

#[derive(Debug, Clone)]
enum Old {
    Text(String),
    /// There was no such file.
    None,
    /// There was one, and its text is not in this clone.
    Unknown,
}

impl Since {
    /// Looks a revision up in the repository of `folder`. Where HEAD has left it, the last commit that they share is compared
    /// with; a note says so when that can't be found.
    pub fn new(folder: &Path, rev: &str) -> Result<(Self, Option<Note>), SinceError> {
        let git = |arguments: &[&str]| git(folder, arguments);
        let top = git(&["rev-parse", "--show-toplevel"])?;
        if !top.worked {
            return Err(SinceError::NoRepository { folder: folder.display().to_string(), reason: top.reason() });
        }
        let shallow = git(&["rev-parse", "--is-shallow-repository"])?.line() == "true";
        // What begins with a dash would be an option.
        let named = (!rev.is_empty() && !rev.starts_with('-')).then(|| format!("{rev}^{{commit}}"));
        let commit = named.map(|named| git(&["rev-parse", "--verify", "--quiet", &named])).transpose()?;
        let Some(commit) = commit.filter(|commit| commit.worked).map(|commit| commit.line()) else {
            return Err(SinceError::NoCommit { rev: rev.to_owned(), shallow });
        };
        let base = git(&["merge-base", &commit, "HEAD"])?;
        let note = (!base.worked).then(|| Note {
            path: format!("--since {rev}"),
            message: match shallow {
                true => "compared with it as it stands: where HEAD left it is not in this clone, which is shallow".to_owned(),
                false => "compared with it as it stands: HEAD shares no commit with it".to_owned(),
            },
        });
        let commit = if base.worked { base.line() } else { commit };
        let renames = git(&["diff-index", "--cached", "-M", "--diff-filter=R", "--name-status", "--ignore-submodules", "-z", &commit])?;
        let top = PathBuf::from(top.line());
        let since = Since {
            folder: folder.to_owned(),
            top: top.canonicalize().unwrap_or(top),
            rev: rev.to_owned(),
            commit,
            renamed: renamed(&renames.out),
            old: RefCell::default(),
        };
        Ok((since, note))
    }

    /// Takes out the findings whose owner, and whose own place, did not change.
    pub fn narrow(&self, project: &Project, findings: &mut Vec<Finding>) -> Result<(), SinceError> {
        let files: BTreeSet<FileId> = findings.iter().flat_map(|finding| [finding.owner.place.file, finding.place.file]).collect();
        let paths: BTreeMap<FileId, String> = files.into_iter().filter_map(|file| Some((file, self.path(project, file)?))).collect();
        self.fetch(paths.values())?;
        let old = self.old.borrow();
        // By file: the lines that changed. A file that is not here is new, or outside of the repository.
        let changes: BTreeMap<FileId, Changes> = paths
            .into_iter()
            .filter_map(|(file, path)| match old.get(&path)? {
                Old::Text(text) => Some((file, Changes::between(text, project.source(file).ok()?)?)),
                Old::None | Old::Unknown => None,
            })
            .collect();
        let changed = |place: Place| match (changes.get(&place.file), project.source(place.file)) {
            (Some(changes), Ok(source)) => changes.touch(source, place),
            _ => true,
        };
        findings.retain(|finding| changed(finding.owner.place) || changed(finding.place));
        Ok(())
    }

    /// Files whose old text is not in this clone: all that is found in them is taken for changed.
    pub fn notes(&self) -> Vec<Note> {
        let old = self.old.borrow();
        let unknown = old.iter().filter(|(_, old)| matches!(old, Old::Unknown));
        let message = format!("its text at `{}` is not in this clone: all of it is taken for changed", self.rev);
        unknown.map(|(path, _)| Note { path: path.clone(), message: message.clone() }).collect()
    }

    /// The folder from which the paths of its notes start.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// From the top of the work tree; `None` outside of it.
    fn path(&self, project: &Project, file: FileId) -> Option<String> {
        let file = project.file(file);
        let file = self.folder.join(file.file.as_deref().unwrap_or(Path::new(&file.path)));
        let folder = file.parent()?.canonicalize().ok()?;
        let path = folder.strip_prefix(&self.top).ok()?.join(file.file_name()?);
        let path = path.to_str()?.replace(std::path::MAIN_SEPARATOR, "/");
        // git would read a line break as the end of the name.
        (!path.contains('\n')).then_some(path)
    }

    /// Reads the old texts that were not read before, in one go.
    fn fetch<'p>(&self, paths: impl Iterator<Item = &'p String>) -> Result<(), SinceError> {
        let mut old = self.old.borrow_mut();
        let wanted: Vec<&String> = paths.filter(|path| !old.contains_key(*path)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let name = |path: &str| format!("{}:{}", self.commit, self.renamed.get(path).map_or(path, String::as_str));
        let asked: String = wanted.iter().map(|path| name(path) + "\n").collect();
        let answer = piped(&self.folder, &["cat-file", "--batch"], asked.as_bytes())?;
        let failed = |reason: String| SinceError::Failed { rev: self.rev.clone(), reason };
        let mut rest = answer.out.as_slice();
        for path in wanted {
            let Some(end) = memchr::memchr(b'\n', rest) else { return Err(failed(answer.reason())) };
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            rest = &rest[end + 1..];
            if head.ends_with(" missing") {
                let listed = git(&self.folder, &["rev-parse", "--verify", "--quiet", &name(path)])?.worked;
                old.insert(path.clone(), if listed { Old::Unknown } else { Old::None });
                continue;
            }
            let size = head.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
            let Some((bytes, more)) = size.and_then(|size| rest.split_at_checked(size)) else { return Err(failed(head)) };
            rest = more.strip_prefix(b"\n").unwrap_or(more);
            old.insert(path.clone(), Old::Text(String::from_utf8_lossy(bytes).into_owned()));
        }
        Ok(())
    }
}

/// The lines of a text that are not as they were.
#[derive(Debug, Default)]
struct Changes {
    /// 1-based lines that are new or other.
    lines: Vec<Range<usize>>,
    /// 1-based lines in front of which lines were taken out.
    gaps: Vec<usize>,
}

impl Changes {
    /// `None` if the old text can't be read as what the new one is.
    fn between(old: &str, new: &Source) -> Option<Self> {
        let old = Source::of_file(new.path.clone(), old).ok()?;
        // An end of line is no change: git may turn them on the way to the disk.
        let before: Vec<&str> = old.text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
        let after: Vec<&str> = new.text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
        let mut changes = Changes::default();
        for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
            match op {
                DiffOp::Equal { .. } => {}
                DiffOp::Delete { new_index, .. } => changes.gaps.push(new_index + 1),
                DiffOp::Insert { new_index, new_len, .. } | DiffOp::Replace { new_index, new_len, .. } => {
                    changes.lines.push(new_index + 1..new_index + 1 + new_len);
                }
            }
        }
        Some(changes)
    }

    fn touch(&self, source: &Source, place: Place) -> bool {
        let first = source.line(place.span.start);
        let last = source.line(place.span.end.saturating_sub(1).max(place.span.start));
        self.lines.iter().any(|lines| lines.start <= last && first < lines.end) || self.gaps.iter().any(|gap| first < *gap && *gap <= last)
    }
}

/// `R100 NUL old NUL new NUL …`
fn renamed(out: &[u8]) -> BTreeMap<String, String> {
    let mut fields = out.split(|byte| *byte == 0).map(|field| String::from_utf8_lossy(field).into_owned());
    let mut renamed = BTreeMap::new();
    while let (Some(_), Some(old), Some(new)) = (fields.next(), fields.next(), fields.next()) {
        renamed.insert(new, old);
    }
    renamed
}

struct Answer {
    worked: bool,
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Answer {
    fn line(&self) -> String {
        String::from_utf8_lossy(&self.out).trim_end_matches(['\n', '\r']).to_owned()
    }

    /// The first line of what git complained of.
    fn reason(&self) -> String {
        let err = String::from_utf8_lossy(&self.err);
        let line = err.lines().next().unwrap_or("git gives no reason");
        line.trim_start_matches("fatal: ").chars().filter(|letter| !letter.is_control()).collect()
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<Answer, SinceError> {
    piped(folder, arguments, b"")
}

fn piped(folder: &Path, arguments: &[&str], input: &[u8]) -> Result<Answer, SinceError> {
    let mut git = Command::new("git");
    // Nothing is written, asked for or fetched, and no configured program is run.
    git.args(["--no-pager", "-c", "core.fsmonitor=false"]).args(arguments).current_dir(folder);
    git.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(SinceError::NoGit)?;
    let (mut stdin, mut stdout, mut stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    // All three at once: a pipe that is full on one side would stop the others.
    let read = std::thread::scope(|scope| {
        scope.spawn(move || {
            // git may have given up before the end, and says why on its own.
            let _ = stdin.as_mut().map(|stdin| stdin.write_all(input));
            drop(stdin);
        });
        let errors = scope.spawn(|| stderr.as_mut().map(|stderr| stderr.read_to_end(&mut err)));
        let read = stdout.as_mut().map(|stdout| stdout.read_to_end(&mut out)).transpose();
        let _ = errors.join();
        read
    });
    read.map_err(SinceError::NoGit)?;
    let status = child.wait().map_err(SinceError::NoGit)?;
    Ok(Answer { worked: status.success(), out, err })
}
