//! Writing a file whole or not at all, and only over what was read.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::frontend::notebook::WriteBackError;

/// Why a file was not written. It is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("it changed on the disk since it was read")]
    Changed,
    #[error("it is read-only")]
    ReadOnly,
    #[error(transparent)]
    Notebook(WriteBackError),
    #[error("{action}: {error}")]
    Io { action: &'static str, error: io::Error },
}

/// Held while a file is written.
static WRITING: Mutex<()> = Mutex::new(());

/// Waits for the file that is being written, and keeps others from being begun while it is held.
pub fn between_writes() -> MutexGuard<'static, ()> {
    // It guards no data that a panic could have left in two minds.
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(action: &'static str) -> impl Fn(io::Error) -> WriteError {
    move |error| WriteError::Io { action, error }
}

/// Replaces the content of an existing file by `bytes`, if the disk still holds `expected_old`. The permissions stay; a symbolic
/// link stays one, and the file that it leads to is replaced.
pub fn write(path: &Path, bytes: &[u8], expected_old: &[u8]) -> Result<(), WriteError> {
    let target = path.canonicalize().map_err(failed("it cannot be found"))?;
    let permissions = fs::metadata(&target).map_err(failed("it cannot be read"))?.permissions();
    if permissions.readonly() {
        return Err(WriteError::ReadOnly);
    }
    replace(&target, bytes, Some(permissions), || match fs::read(&target) {
        Ok(now) if now == expected_old => Ok(()),
        Ok(_) => Err(WriteError::Changed),
        Err(error) => Err(failed("it cannot be read")(error)),
    })
}

/// Writes a file of our own, such as a report, over whatever stands there.
pub fn write_report(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let old = fs::metadata(&target).ok();
    // A pipe, a device or an open stream (`/dev/stdout`) is written to: a rename would take its place.
    let is_stream = path.starts_with("/dev") || path.starts_with("/proc") || old.as_ref().is_some_and(|old| !old.is_file());
    if is_stream {
        let mut stream = File::options().append(true).open(path).map_err(failed("it cannot be opened"))?;
        return stream.write_all(bytes).map_err(failed("it cannot be written"));
    }
    replace(&target, bytes, old.map(|old| old.permissions()), || Ok(()))
}

/// Writes a file where none stands; `false` if one does.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<bool, WriteError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _writing = between_writes();
    let mut temporary = new_file(folder, true).map_err(failed("a temporary file beside it cannot be made"))?;
    temporary.write_all(bytes).map_err(failed("it cannot be written"))?;
    match temporary.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed("it cannot be made")(error.error)),
    }
}

/// Temporary file in the same folder, to the disk, check, rename.
fn replace(
    target: &Path,
    bytes: &[u8],
    permissions: Option<fs::Permissions>,
    check: impl FnOnce() -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let _writing = between_writes();
    let mut temporary = new_file(&folder, permissions.is_none()).map_err(failed("a temporary file beside it cannot be made"))?;
    temporary.write_all(bytes).map_err(failed("it cannot be written"))?;
    if let Some(permissions) = permissions {
        temporary.as_file().set_permissions(permissions).map_err(failed("its permissions cannot be kept"))?;
    }
    temporary.as_file().sync_all().map_err(failed("it cannot be written"))?;
    check()?;
    temporary.persist(target).map_err(|error| failed("it cannot be replaced")(error.error))?;
    // The rename itself reaches the disk with the folder; not every file system can do that, and the file is whole either way.
    if let Ok(folder) = File::open(&folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// `shared`: with the permissions that a new file gets, not those of a private temporary one.
fn new_file(folder: &Path, shared: bool) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".prompt-lint-");
    #[cfg(unix)]
    if shared {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let _ = shared;
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_what_was_read_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.py");
        fs::write(&file, "old").unwrap();
        write(&file, b"new", b"old").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(matches!(write(&file, b"newer", b"old"), Err(WriteError::Changed)));
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["app.py"]);
        assert!(write(&folder.path().join("gone.py"), b"", b"").is_err());
        assert_eq!(names(folder.path()), ["app.py"]);
    }

    #[cfg(unix)]
    #[test]
    fn keeps_mode_bits_and_links() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        let file = folder.path().join("real/app.py");
        let link = folder.path().join("app.py");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o751)).unwrap();
        std::os::unix::fs::symlink("real/app.py", &link).unwrap();
        write(&link, b"new", b"old").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o751);
    }

    #[cfg(unix)]
    #[test]
    fn read_only_files_and_folders_are_left_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.py");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(matches!(write(&file, b"new", b"old"), Err(WriteError::ReadOnly)));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
        // Root may write everywhere.
        let may_write = File::create(folder.path().join("probe")).is_ok();
        let result = write(&file, b"new", b"old");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        if !may_write {
            assert!(matches!(result, Err(WriteError::Io { .. })));
            assert_eq!(fs::read(&file).unwrap(), b"old");
        }
    }

    #[test]
    fn reports_are_made_or_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.json");
        write_report(&file, b"1").unwrap();
        write_report(&file, b"2").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"2");
        assert!(write_report(&folder.path().join("none/report.json"), b"1").is_err());
    }
}
