//! Which files can reach a call of a model at all: those that name an SDK, and those that import one that does.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use crate::catalogue::Catalogue;
use crate::project::{Language, Project};
use crate::span::FileId;

use super::{imports, prompts};

/// Imports followed from a file to one that names an SDK.
const MAX_STEPS: usize = 4;

/// What every suppression comment holds.
const TOOL: &[u8] = b"prompt-lint";

/// Answers for one project, each worked out once.
pub struct Reach<'p> {
    project: &'p Project,
    python: Words,
    javascript: Words,
    catalogue: &'p Catalogue,
    files: Vec<OnceLock<Seen>>,
    methods: OnceLock<Arc<Methods>>,
}

/// Where each method stands whose name is that of one class alone, among the files that name an SDK.
#[derive(Default)]
pub struct Methods(HashMap<String, Option<FileId>>);

impl Methods {
    /// The file whose class has the only method of this name.
    pub fn file_of(&self, method: &str) -> Option<FileId> {
        self.0.get(method).copied().flatten()
    }
}

/// What one look at a file's text shows.
#[derive(Default)]
struct Seen {
    /// It holds a word that stands in every file with a call.
    names_sdk: bool,
    may_hold_prompt: bool,
    names_tool: bool,
    /// Files of the project that it imports.
    imports: Vec<FileId>,
    readable: bool,
}

/// Looks for many words in one pass.
enum Words {
    /// By the vector instructions of the processor: about ten times as fast.
    Packed(aho_corasick::packed::Searcher),
    Automaton(aho_corasick::AhoCorasick),
    /// No words that can be looked for: every file is worth parsing.
    Unknown,
}

/// Whether a script was written by a bundler or minifier, whose lines nobody reads: they are long, with hardly a blank in them.
/// Judged by its beginning.
pub fn is_bundled(text: &str) -> bool {
    const SAMPLE: usize = 64 * 1024;
    /// Bytes of an average line, and bytes to a blank. Prose has a blank in six bytes, code with its indentation one in four.
    const LONG_LINE: usize = 250;
    const FEW_BLANKS: usize = 12;
    let bytes = text.as_bytes();
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let count = |wanted: &[u8]| sample.iter().filter(|byte| wanted.contains(byte)).count();
    sample.len() > 8 * LONG_LINE && sample.len() / (count(b"\n") + 1) > LONG_LINE && sample.len() / (count(b" \t\n") + 1) > FEW_BLANKS
}

impl Words {
    fn new(words: &[&str]) -> Self {
        match (aho_corasick::packed::Searcher::new(words), aho_corasick::AhoCorasick::new(words)) {
            (Some(searcher), _) => Words::Packed(searcher),
            (None, Ok(automaton)) => Words::Automaton(automaton),
            (None, Err(_)) => Words::Unknown,
        }
    }

    fn are_in(&self, text: &str) -> bool {
        match self {
            Words::Packed(searcher) => searcher.find(text).is_some(),
            Words::Automaton(automaton) => automaton.is_match(text),
            Words::Unknown => true,
        }
    }
}

impl<'p> Reach<'p> {
    pub fn new(project: &'p Project, catalogue: &'p Catalogue) -> Self {
        let words = |language: &str| Words::new(&catalogue.prefilter_words(language));
        let files = project.files.iter().map(|_| OnceLock::new()).collect();
        Reach { project, python: words("python"), javascript: words("javascript"), catalogue, files, methods: OnceLock::new() }
    }

    fn seen(&self, file: FileId) -> &Seen {
        self.files[file.0 as usize].get_or_init(|| {
            let language = self.project.file(file).language;
            let words = if language == Language::JavaScript { &self.javascript } else { &self.python };
            let look = |text: &str| {
                if language == Language::JavaScript && is_bundled(text) {
                    return Seen { readable: true, ..Seen::default() };
                }
                let names_sdk = words.are_in(text);
                let imports = match language {
                    _ if names_sdk => Vec::new(),
                    Language::JavaScript => self.specified(file, text),
                    _ => imported(self.project, file, text),
                };
                let may_hold_prompt = prompts::may_hold_prompt(&self.project.file(file).key, text);
                let names_tool = memchr::memmem::find(text.as_bytes(), TOOL).is_some();
                Seen { names_sdk, may_hold_prompt, names_tool, imports, readable: true }
            };
            match language {
                Language::Python | Language::JavaScript => self.project.peek(file, look).unwrap_or_default(),
                _ => Seen { readable: true, ..Seen::default() },
            }
        })
    }

    /// Whether a file of code may hold a prompt that no call is seen to send.
    pub fn may_hold_prompt(&self, file: FileId) -> bool {
        self.seen(file).may_hold_prompt
    }

    /// Whether this tool is named in the file, as suppressions do.
    pub fn names_tool(&self, file: FileId) -> bool {
        match self.project.file(file).language.in_catalogue() {
            Some(_) => self.seen(file).names_tool,
            None => self.project.peek(file, |text| memchr::memmem::find(text.as_bytes(), TOOL).is_some()) == Some(true),
        }
    }

    /// Whether a specifier is that of a client library.
    pub fn is_sdk(&self, specifier: &str) -> bool {
        self.catalogue.is_sdk(specifier)
    }

    /// The files of the project whose specifiers stand in a file of JavaScript, behind `from`, `import` or `require`.
    fn specified(&self, file: FileId, text: &str) -> Vec<FileId> {
        let mut found = Vec::new();
        for word in ["from", "import", "require"] {
            for at in memchr::memmem::find_iter(text.as_bytes(), word) {
                let rest = text.get(at + word.len()..).unwrap_or_default().trim_start_matches([' ', '\t', '(', '\n', '\r']);
                let Some(quote @ ('"' | '\'' | '`')) = rest.chars().next() else { continue };
                let Some((specifier, _)) = rest.get(1..).and_then(|rest| rest.split_once(quote)) else { continue };
                if specifier.len() < 200 && !self.catalogue.is_sdk(specifier) {
                    found.extend(self.project.specified(file, specifier));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Methods that can be told by their names, whatever they are called on. Reads every file of Python on first use.
    pub fn methods(&self) -> &Arc<Methods> {
        self.methods.get_or_init(|| {
            let mut found: HashMap<String, Option<FileId>> = HashMap::new();
            for file in self.project.ids().filter(|file| self.project.file(*file).language == Language::Python) {
                if !self.seen(file).names_sdk {
                    continue;
                }
                self.project.peek(file, |text| {
                    for name in methods_of(text) {
                        // Of two, none can be told from the other.
                        found.entry(name.to_string()).and_modify(|known| *known = None).or_insert(Some(file));
                    }
                });
            }
            Arc::new(Methods(found))
        })
    }

    /// Whether the text of a file can be had at all; [`Project::source`] says why not.
    pub fn is_readable(&self, file: FileId) -> bool {
        self.seen(file).readable
    }

    /// Whether the file, or one that it imports over a few steps, names an SDK.
    pub fn reaches(&self, file: FileId) -> bool {
        let mut visited = HashSet::from([file]);
        let mut next = vec![file];
        for step in 0..=MAX_STEPS {
            if next.iter().any(|file| self.seen(*file).names_sdk) {
                return true;
            }
            if step < MAX_STEPS {
                let imports = next.iter().flat_map(|file| &self.seen(*file).imports).copied();
                next = imports.filter(|import| visited.insert(*import)).collect();
            }
        }
        self.tells(file)
    }

    /// Whether the file calls a method on something named like a model that is told by its name: it may have been handed an object of
    /// a class that it does not import.
    fn tells(&self, file: FileId) -> bool {
        if self.project.file(file).language != Language::Python {
            return false;
        }
        // The text that is looked at is let go of before others are read.
        let names = self.project.peek(file, |text| {
            let after = |receiver: &'static str| {
                memchr::memmem::find_iter(text.as_bytes(), receiver).filter_map(move |at| text.get(at + receiver.len()..))
            };
            let called = |rest: &str| {
                let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
                (is_telling(name) && rest.get(name.len()..)?.starts_with('(')).then(|| name.to_string())
            };
            ["model.", "llm."].into_iter().flat_map(after).filter_map(called).collect::<Vec<_>>()
        });
        names.unwrap_or_default().iter().any(|name| self.methods().file_of(name).is_some())
    }
}

/// Whether the name of a method says enough to tell it by: `send_with_retries`, not `run` or `get_name`.
pub fn is_telling(method: &str) -> bool {
    !method.starts_with('_') && method.split('_').filter(|word| !word.is_empty()).count() >= 3
}

/// Names of methods that say enough, read off the lines that define them without parsing the file.
fn methods_of(text: &str) -> impl Iterator<Item = &str> {
    memchr::memmem::find_iter(text.as_bytes(), "def ").filter_map(|at| {
        let line = memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1);
        let before = text.get(line..at)?;
        let name = text.get(at + "def ".len()..)?.split(['(', '[']).next()?;
        let rest = text.get(at + "def ".len() + name.len()..)?;
        let takes_self = rest.trim_start_matches('(').trim_start().starts_with("self");
        (before.starts_with([' ', '\t']) && matches!(before.trim(), "" | "async") && takes_self && is_telling(name)).then_some(name)
    })
}

/// The files of the project that a file imports, read off its import lines without parsing it.
fn imported(project: &Project, file: FileId, text: &str) -> Vec<FileId> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), "import") {
        let start = memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1);
        let end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |end| at + end);
        let before = text.get(start..at).unwrap_or_default().trim_start();
        let after = text.get(at + "import".len()..end).unwrap_or_default();
        if let Some(module) = before.strip_prefix("from ") {
            let opens = after.contains('(') && !after.contains(')');
            let more = if opens { text.get(end..).and_then(|rest| rest.split(')').next()).unwrap_or_default() } else { "" };
            imported_names(project, file, module.trim(), after.split(['\n', ',', '(', ')']).chain(more.split([',', '\n'])), &mut found);
        } else if before.is_empty() {
            for module in after.split(',') {
                let module = module.split_whitespace().next().unwrap_or_default();
                found.extend(imports::module(project, file, module, 0));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// `from module import names`: the module, and those names that are modules of it.
fn imported_names<'t>(project: &Project, file: FileId, module: &str, names: impl Iterator<Item = &'t str>, found: &mut Vec<FileId>) {
    let level = module.chars().take_while(|c| *c == '.').count();
    let module = &module[level..];
    let own = imports::module(project, file, module, level);
    found.extend(own);
    // Of a plain module every name is its own; only a package or a folder holds others.
    let is_package = own.is_none_or(|own| project.file(own).key.ends_with("__init__.py"));
    for name in names.filter(|_| is_package) {
        let name = name.split_whitespace().next().unwrap_or_default();
        if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            let full = if module.is_empty() { name.to_string() } else { format!("{module}.{name}") };
            found.extend(imports::module(project, file, &full, level));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_are_told_from_code_and_from_prose() {
        let bundle = "var a=require('openai'),b=new a;function c(d){return b.chat.completions.create({messages:d})}".repeat(40);
        assert!(is_bundled(&bundle));
        assert!(!is_bundled("import OpenAI from 'openai';\n"));
        let prompt = format!("export const RULES = `{}`;\n", "You answer questions about orders, kindly and briefly. ".repeat(80));
        assert!(!is_bundled(&prompt));
        let project = Project::in_memory([("a.js", bundle.as_str())]);
        assert!(!Reach::new(&project, Catalogue::builtin()).reaches(FileId(0)));
    }

    #[test]
    fn follows_specifiers_in_every_form() {
        let project = Project::in_memory([
            ("src/llm.ts", "import OpenAI from 'openai';\n"),
            ("src/a.ts", "import {\n  ask,\n} from './llm.js';\n"),
            ("src/b.ts", "export * from \"./a\";\n"),
            ("src/c.js", "const { ask } = require('./b');\n"),
            ("src/d.mjs", "const llm = await import(`./llm`);\n"),
            ("src/e.ts", "import 'react';\nimport x from './missing';\n"),
        ]);
        let reach = Reach::new(&project, Catalogue::builtin());
        let reaches = |key: &str| project.find(key).is_some_and(|file| reach.reaches(file));
        for key in ["src/llm.ts", "src/a.ts", "src/b.ts", "src/c.js", "src/d.mjs"] {
            assert!(reaches(key), "{key}");
        }
        assert!(!reaches("src/e.ts"));
    }

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
