//! Which file of the project an import, a template name or a path names.

use crate::project::{Language, Project};
use crate::span::FileId;
use crate::syntax::Import;

/// The file of the project that an import of either language names.
pub fn of(project: &Project, from: FileId, import: &Import) -> Option<FileId> {
    match project.file(from).language {
        Language::JavaScript => project.specified(from, &import.module),
        _ => module(project, from, &import.module, import.level),
    }
}

/// The file of the dotted module `module`, imported in `from` with `level` leading dots.
pub fn module(project: &Project, from: FileId, module: &str, level: usize) -> Option<FileId> {
    let key = &project.file(from).key;
    let mut folder: Vec<&str> = key.split('/').collect();
    folder.pop();
    let parts: Vec<&str> = module.split('.').filter(|part| !part.is_empty()).collect();
    if parts.first().is_some_and(|first| !project.has_name(first)) {
        return None;
    }
    if level > 0 {
        for _ in 1..level {
            folder.pop()?;
        }
        return in_folder(project, &folder, &parts).filter(|found| *found != from || parts.is_empty());
    }
    // The folder of the file and each one above it, as `sys.path` may hold any of them; then the usual source roots.
    let mut base = folder;
    loop {
        match in_folder(project, &base, &parts) {
            // A module does not import itself: `ollama.py` that wraps the library of this name imports the library.
            Some(found) if found == from => return None,
            Some(found) => return Some(found),
            None => {}
        }
        if base.pop().is_none() {
            break;
        }
    }
    let usual = ["src", "lib", "app", "backend"].iter().find_map(|root| in_folder(project, &[root], &parts));
    usual.or_else(|| in_other_package(project, &parts)).filter(|found| *found != from)
}

/// A module of a package that stands elsewhere in the repository (`packages/billing/billing/__init__.py`): the only one of its name.
fn in_other_package(project: &Project, parts: &[&str]) -> Option<FileId> {
    let roots = project.package_roots(parts.first()?);
    let mut found =
        roots.iter().filter_map(|root| in_folder(project, &root.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>(), parts));
    match (found.next(), found.next()) {
        (Some(found), None) => Some(found),
        _ => None,
    }
}

fn in_folder(project: &Project, folder: &[&str], parts: &[&str]) -> Option<FileId> {
    let mut path = folder.join("/");
    for part in parts {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(part);
    }
    if path.is_empty() {
        return project.find("__init__.py");
    }
    project.find(&format!("{path}.py")).or_else(|| project.find(&format!("{path}/__init__.py")))
}

/// Whether a dotted module names a folder of the project (a namespace package).
pub fn submodule(project: &Project, package: FileId, name: &str) -> Option<FileId> {
    let key = &project.file(package).key;
    let folder = key.strip_suffix("/__init__.py").or(if key == "__init__.py" { Some("") } else { None })?;
    let folder: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    in_folder(project, &folder, &[name])
}

/// The file that a path or template name in `from` means: relative to the file's folder, to a folder above it, or of those
/// whose path ends so the only one in the innermost folder that holds both. A copy of the application next door is not meant.
pub fn file(project: &Project, from: FileId, path: &str) -> Option<FileId> {
    let wanted: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
    let wanted: Vec<&str> = wanted.into_iter().skip_while(|part| *part == "..").collect();
    if wanted.is_empty() {
        return None;
    }
    let wanted = wanted.join("/");
    let mut folder: Vec<&str> = project.file(from).key.split('/').collect();
    folder.pop();
    loop {
        let prefix = folder.join("/");
        let key = if prefix.is_empty() { wanted.clone() } else { format!("{prefix}/{wanted}") };
        if let Some(found) = project.find(&key) {
            return Some(found);
        }
        if folder.pop().is_none() {
            break;
        }
    }
    let ending = format!("/{wanted}");
    let own: Vec<&str> = project.file(from).key.split('/').collect();
    let shared = |id: FileId| project.file(id).key.split('/').zip(&own).take_while(|(one, other)| one == *other).count();
    let mut nearest: Option<(usize, FileId)> = None;
    let mut is_alone = true;
    for found in project.called(&wanted).filter(|id| project.file(*id).key.ends_with(&ending)) {
        let folders = shared(found);
        match nearest {
            Some((most, _)) if folders < most => {}
            Some((most, _)) if folders == most => is_alone = false,
            _ => (nearest, is_alone) = (Some((folders, found)), true),
        }
    }
    nearest.filter(|_| is_alone).map(|(_, found)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_named_like_a_library_imports_the_library() {
        let project = Project::in_memory([("desk/clients/ollama.py", ""), ("desk/ollama.py", ""), ("desk/ask.py", "")]);
        let meant = |from: &str| module(&project, project.find(from).unwrap(), "ollama", 0).map(|found| project.file(found).key.clone());
        assert_eq!(meant("desk/clients/ollama.py"), None);
        assert_eq!(meant("desk/ask.py").as_deref(), Some("desk/ollama.py"));
    }

    #[test]
    fn of_several_files_of_a_name_the_one_of_the_same_application_is_meant() {
        let project = Project::in_memory([
            ("shop/src/ask.py", ""),
            ("shop/templates/ask.j2", "A"),
            ("desk/src/ask.py", ""),
            ("desk/templates/ask.j2", "B"),
            ("other/ask.py", ""),
            ("twice/src/ask.py", ""),
            ("twice/old/ask.j2", "C"),
            ("twice/new/ask.j2", "D"),
        ]);
        let meant = |from: &str| {
            let from = project.find(from).unwrap();
            file(&project, from, "ask.j2").map(|found| project.file(found).key.clone())
        };
        assert_eq!(meant("shop/src/ask.py").as_deref(), Some("shop/templates/ask.j2"));
        assert_eq!(meant("desk/src/ask.py").as_deref(), Some("desk/templates/ask.j2"));
        assert_eq!(meant("other/ask.py"), None);
        assert_eq!(meant("twice/src/ask.py"), None);
    }
}
