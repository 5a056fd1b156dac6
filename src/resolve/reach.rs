//! Which files can reach a call of a model at all: those that name an SDK, and those that import one that does.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::catalogue::Catalogue;
use crate::project::{Language, Project};
use crate::span::FileId;

use super::imports;

/// Imports followed from a file to one that names an SDK.
const MAX_STEPS: usize = 4;

/// Answers for one project, each worked out once.
pub struct Reach<'p> {
    project: &'p Project,
    finders: Vec<memchr::memmem::Finder<'static>>,
    /// By file and remaining steps.
    known: Mutex<HashMap<(FileId, usize), bool>>,
}

impl<'p> Reach<'p> {
    pub fn new(project: &'p Project, catalogue: &Catalogue) -> Self {
        let finders = catalogue.prefilter_words().into_iter().map(|word| memchr::memmem::Finder::new(word).into_owned()).collect();
        Reach { project, finders, known: Mutex::new(HashMap::new()) }
    }

    /// Whether the file itself holds a word that stands in every file with a call.
    pub fn names_sdk(&self, file: FileId) -> bool {
        let text = self.project.text(file).as_bytes();
        self.finders.iter().any(|finder| finder.find(text).is_some())
    }

    /// Whether the file, or one that it imports, names an SDK.
    pub fn reaches(&self, file: FileId) -> bool {
        self.within(file, MAX_STEPS)
    }

    fn within(&self, file: FileId, steps: usize) -> bool {
        if self.project.file(file).language != Language::Python {
            return false;
        }
        if let Some(known) = self.known.lock().ok().and_then(|known| known.get(&(file, steps)).copied()) {
            return known;
        }
        // A cycle of imports adds nothing to what its members reach otherwise.
        self.remember(file, steps, false);
        let found =
            self.names_sdk(file) || (steps > 0 && imported(self.project, file).into_iter().any(|import| self.within(import, steps - 1)));
        self.remember(file, steps, found);
        found
    }

    fn remember(&self, file: FileId, steps: usize, found: bool) {
        if let Ok(mut known) = self.known.lock() {
            known.insert((file, steps), found);
        }
    }
}

/// The files of the project that a file imports, read off its import lines without parsing it.
fn imported(project: &Project, file: FileId) -> Vec<FileId> {
    let mut found = Vec::new();
    let mut lines = project.text(file).lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("from ") {
            let Some((module, names)) = rest.split_once(" import ").or_else(|| rest.split_once(" import(")) else { continue };
            let mut names = names.to_string();
            if names.contains('(') || rest.contains("import(") {
                while !names.contains(')') {
                    let Some(more) = lines.next() else { break };
                    names.push(',');
                    names.push_str(more);
                }
            }
            let module = module.trim();
            let level = module.chars().take_while(|c| *c == '.').count();
            let module = &module[level..];
            found.extend(imports::module(project, file, module, level));
            for name in names.split([',', '(', ')']) {
                let name = name.split_whitespace().next().unwrap_or_default();
                if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                    let full = if module.is_empty() { name.to_string() } else { format!("{module}.{name}") };
                    found.extend(imports::module(project, file, &full, level));
                }
            }
        } else if let Some(rest) = line.strip_prefix("import ") {
            for module in rest.split(',') {
                let module = module.split_whitespace().next().unwrap_or_default();
                found.extend(imports::module(project, file, module, 0));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_imports_in_every_form() {
        let project = Project::in_memory([
            ("app/__init__.py", ""),
            ("app/llm.py", "import anthropic\n"),
            ("app/a.py", "from .llm import ask\n"),
            ("app/b.py", "from app import (\n    llm,\n)\n"),
            ("app/c.py", "from app.a import run as go\n"),
            ("app/d.py", "import app.llm as llm\n"),
            ("app/e.py", "import json\nfrom app import missing\n"),
            ("app/loop.py", "from app import loop2\n"),
            ("app/loop2.py", "from app import loop\n"),
        ]);
        let reach = Reach::new(&project, Catalogue::builtin());
        let reaches = |key: &str| project.find(key).is_some_and(|file| reach.reaches(file));
        for key in ["app/llm.py", "app/a.py", "app/b.py", "app/c.py", "app/d.py"] {
            assert!(reaches(key), "{key}");
        }
        for key in ["app/e.py", "app/loop.py"] {
            assert!(!reaches(key), "{key}");
        }
    }
}
