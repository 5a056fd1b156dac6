//! The files of one run, each read and parsed at most once, on first need.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::document::{self, Document, tree::Tree};
use crate::progress::Progress;
use crate::resolve::definitions::Definitions;
use crate::resolve::requirements::Requirements;
use crate::resolve::specifiers::Specifiers;
use crate::source::{ReadError, Source};
use crate::span::{FileId, Place};
use crate::syntax::Module;
use crate::template::{Node, Template};

/// The files of a repository: those to be linted, and the rest, which may be followed into.
#[derive(Debug)]
pub struct Project {
    /// Sorted by path.
    pub files: Vec<ProjectFile>,
    by_path: OnceLock<FxHashMap<String, FileId>>,
    /// Files by the last part of their path.
    by_name: OnceLock<FxHashMap<String, Vec<FileId>>>,
    /// Names of all folders and of files without their ending: what the first name of an import can be.
    names: OnceLock<FxHashSet<String>>,
    specifiers: OnceLock<Arc<Specifiers>>,
    script_requirements: OnceLock<Arc<Requirements>>,
    python_requirements: OnceLock<Arc<Requirements>>,
    /// The folders that hold an outermost package of this name.
    package_roots: OnceLock<HashMap<String, Vec<String>>>,
    at_hand: OnceLock<bool>,
    /// How far the run has come with them.
    pub progress: Arc<Progress>,
}

#[derive(Debug)]
pub struct ProjectFile {
    /// Relative to the root of the repository, with `/`: what imports and template names resolve against.
    pub key: String,
    /// Relative to the working directory, with `/`: what reports show.
    pub path: String,
    /// On the disk; `None` for a text that was handed in.
    pub file: Option<PathBuf>,
    pub language: Language,
    /// Asked for on the command line; the others are only followed into.
    pub target: bool,
    pub source: OnceLock<Result<Source, ReadError>>,
    pub module: OnceLock<Arc<Module>>,
    pub definitions: OnceLock<Arc<Definitions>>,
    pub template: OnceLock<Result<Template, String>>,
    pub document: OnceLock<Option<Document>>,
    data: OnceLock<Option<Tree>>,
    /// Hashes of the words of its text, sorted.
    words: OnceLock<Box<[u32]>>,
}

/// Files of code beside those that are linted, which are read for what only all of them tell.
const MOST_BESIDE: usize = 300;

fn hash(word: &str) -> u32 {
    use std::hash::BuildHasher;
    rustc_hash::FxBuildHasher.hash_one(word) as u32
}

fn words(text: &str) -> Box<[u32]> {
    let mut words: Vec<u32> = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).map(hash).collect();
    words.sort_unstable();
    words.dedup();
    words.into()
}

/// What a file is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A notebook too: its cells are one module.
    Python,
    /// TypeScript and JavaScript, with and without JSX.
    JavaScript,
    Jinja,
    /// May be opened by code as a prompt (`.txt`, `.md`, `.yaml`, …); never linted on its own.
    Text,
}

/// What a walk hands over of one file.
#[derive(Debug, Clone)]
pub struct FileEntry {
    pub key: String,
    pub path: String,
    pub file: Option<PathBuf>,
    pub language: Language,
    pub target: bool,
}

impl Project {
    pub fn new(mut entries: Vec<FileEntry>) -> Self {
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        entries.dedup_by(|a, b| a.key == b.key);
        let files: Vec<ProjectFile> = entries
            .into_iter()
            .map(|entry| ProjectFile {
                key: entry.key,
                path: entry.path,
                file: entry.file,
                language: entry.language,
                target: entry.target,
                source: OnceLock::new(),
                module: OnceLock::new(),
                definitions: OnceLock::new(),
                template: OnceLock::new(),
                document: OnceLock::new(),
                data: OnceLock::new(),
                words: OnceLock::new(),
            })
            .collect();
        Project {
            files,
            by_path: OnceLock::new(),
            by_name: OnceLock::new(),
            names: OnceLock::new(),
            specifiers: OnceLock::new(),
            script_requirements: OnceLock::new(),
            python_requirements: OnceLock::new(),
            package_roots: OnceLock::new(),
            at_hand: OnceLock::new(),
            progress: Arc::default(),
        }
    }

    /// A project of texts that never touches the disk: examples of rules, tests, standard input.
    pub fn in_memory<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let texts: BTreeMap<&str, &str> = texts.into_iter().collect();
        let entries = texts.keys().map(|path| FileEntry {
            key: path.to_string(),
            path: path.to_string(),
            file: None,
            language: Language::of(path).unwrap_or(Language::Text),
            target: true,
        });
        let project = Project::new(entries.collect());
        for file in &project.files {
            let text = texts.get(file.key.as_str()).copied().unwrap_or_default();
            let _ = file.source.set(Source::of_file(file.path.clone(), text));
        }
        project
    }

    /// The same project with other texts in some of its files; the rest is read again on need.
    pub fn with_texts(&self, texts: &HashMap<FileId, String>) -> Self {
        let entries = self.files.iter().map(|file| FileEntry {
            key: file.key.clone(),
            path: file.path.clone(),
            file: file.file.clone(),
            language: file.language,
            target: file.target,
        });
        let mut project = Project::new(entries.collect());
        project.progress = self.progress.clone();
        if let Some(known) = self.specifiers.get() {
            // No edit changes how modules are found.
            let _ = project.specifiers.set(known.clone());
        }
        for (known, again) in
            [(&self.script_requirements, &project.script_requirements), (&self.python_requirements, &project.python_requirements)]
        {
            if let Some(known) = known.get() {
                // Nor what is asked for.
                let _ = again.set(known.clone());
            }
        }
        for (at, file) in project.files.iter().enumerate() {
            let id = FileId(at as u32);
            if let Some(text) = texts.get(&id) {
                let source = self.source(id).map_or_else(|_| Source::of_file(file.path.clone(), text.clone()), |old| old.with_text(text));
                let _ = file.source.set(source);
            } else if let Some(Ok(old)) = self.files[at].source.get() {
                let _ = file.source.set(Ok(old.clone()));
                // Reading is the greater part of a check, and the same text reads the same.
                if let Some(module) = self.files[at].module.get() {
                    let _ = file.module.set(module.clone());
                }
                if let Some(definitions) = self.files[at].definitions.get() {
                    let _ = file.definitions.set(definitions.clone());
                }
            }
        }
        project
    }

    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len() as u32).map(FileId)
    }

    pub fn file(&self, id: FileId) -> &ProjectFile {
        &self.files[id.0 as usize]
    }

    /// Whether any folder or file is called so: if not, an import that begins with the name leads out of the project.
    pub fn has_name(&self, name: &str) -> bool {
        let names = self.names.get_or_init(|| {
            let mut names = FxHashSet::default();
            let mut last = "";
            for file in self.files.iter().filter(|file| file.language != Language::Text) {
                let (folder, own) = file.key.rsplit_once('/').unwrap_or(("", &file.key));
                if folder != last {
                    names.extend(folder.split('/').map(str::to_string));
                    last = folder;
                }
                names.insert(own.split('.').next().unwrap_or(own).to_string());
            }
            names
        });
        names.contains(name)
    }

    /// The file that a JavaScript module specifier names where it stands in `from`.
    pub fn specified(&self, from: FileId, specifier: &str) -> Option<FileId> {
        self.specifiers.get_or_init(|| Arc::new(Specifiers::new(self))).find(self, from, specifier)
    }

    /// The folders in which a package of this name stands that is part of no other: what `sys.path` holds once it is installed.
    pub fn package_roots(&self, package: &str) -> &[String] {
        let roots = self.package_roots.get_or_init(|| {
            let mut roots: HashMap<String, Vec<String>> = HashMap::new();
            for file in &self.files {
                let Some(folder) = file.key.strip_suffix("/__init__.py") else { continue };
                let (parent, name) = folder.rsplit_once('/').unwrap_or(("", folder));
                if !parent.is_empty() && self.find(&format!("{parent}/__init__.py")).is_none() {
                    roots.entry(name.to_string()).or_default().push(parent.to_string());
                }
            }
            roots
        });
        roots.get(package).map_or(&[], Vec::as_slice)
    }

    /// Whether the files around one ask for a version of a package that is surely below another (`1.45.0`).
    pub fn depends_below(&self, from: FileId, package: &str, limit: &str) -> bool {
        let file = self.file(from);
        let requirements = match file.language {
            Language::JavaScript => self.script_requirements.get_or_init(|| Arc::new(Requirements::of_scripts(self))),
            _ => self.python_requirements.get_or_init(|| Arc::new(Requirements::of_python(self))),
        };
        requirements.is_below(&file.key, package, limit)
    }

    /// The file with this key (path from the root of the repository).
    pub fn find(&self, key: &str) -> Option<FileId> {
        let by_path = self.by_path.get_or_init(|| self.ids().map(|id| (self.file(id).key.clone(), id)).collect());
        by_path.get(key).copied()
    }

    /// The files that are called like the last part of a path, whatever their folder.
    pub fn called(&self, path: &str) -> impl Iterator<Item = FileId> {
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_string();
        let by_name = self.by_name.get_or_init(|| {
            let mut files: FxHashMap<String, Vec<FileId>> = FxHashMap::default();
            for id in self.ids() {
                files.entry(name(&self.file(id).key)).or_default().push(id);
            }
            files
        });
        by_name.get(&name(path)).into_iter().flatten().copied()
    }

    pub fn source(&self, id: FileId) -> Result<&Source, &ReadError> {
        let file = self.file(id);
        file.source
            .get_or_init(|| match &file.file {
                Some(on_disk) => Source::read(on_disk, &file.path),
                None => Err(ReadError::Io("no such text".into())),
            })
            .as_ref()
    }

    /// The text of a file, empty if it could not be read.
    pub fn text(&self, id: FileId) -> &str {
        self.source(id).map_or("", |source| source.text.as_str())
    }

    /// Looks at the text of a file without keeping it, as most files hold nothing of interest. `None` if it can't be read:
    /// [`Project::source`] says why.
    pub fn peek<R>(&self, id: FileId, look: impl FnOnce(&str) -> R) -> Option<R> {
        thread_local! {
            static BUFFER: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
        }
        let file = self.file(id);
        match (&file.file, file.source.get()) {
            (Some(on_disk), None) if !crate::frontend::notebook::is_notebook(&file.path) => {
                // One look may lead to another: each has a buffer of its own.
                let mut bytes = BUFFER.take();
                let read = Source::read_bytes(on_disk, &file.path, &mut bytes);
                let seen = if read.is_ok() { std::str::from_utf8(&bytes).ok().map(look) } else { None };
                BUFFER.set(bytes);
                seen
            }
            _ => self.source(id).ok().map(|source| look(&source.text)),
        }
    }

    /// Whether a word (letters, digits, underscores) may stand in the text of a file: `false` is sure, and `true` all but sure. Each file is
    /// read once for all words. What can't be read may hold anything.
    pub fn may_say(&self, id: FileId, word: &str) -> bool {
        let words = self.file(id).words.get_or_init(|| self.peek(id, words).unwrap_or_default());
        words.is_empty() || words.binary_search(&hash(word)).is_ok()
    }

    /// Whether all code is linted, or the rest of it is quickly read: else a commit of a few files does not wait for what only all of it
    /// tells.
    pub fn is_at_hand(&self) -> bool {
        *self.at_hand.get_or_init(|| {
            // Tests are not asked who uses what.
            let is_test = |file: &&ProjectFile| crate::walk::is_test_code(std::path::Path::new(&file.key));
            let beside = self.files.iter().filter(|file| !file.target && file.language.in_catalogue().is_some() && !is_test(file));
            beside.take(MOST_BESIDE + 1).count() <= MOST_BESIDE
        })
    }

    /// The syntax tree of a code file; empty if it could not be read.
    pub fn module(&self, id: FileId) -> &Module {
        let file = self.file(id);
        file.module.get_or_init(|| Arc::new(self.parse(id)))
    }

    fn parse(&self, id: FileId) -> Module {
        let file = self.file(id);
        match (self.source(id), file.language) {
            (Ok(source), Language::Python) => {
                let mut module = crate::frontend::python::parse(&source.text);
                if let Some(notebook) = &source.notebook {
                    // Run by hand, from its first cell to its last.
                    module.is_script = true;
                    module.comments.retain(|comment| !notebook.is_separator(*comment));
                }
                module
            }
            (Ok(source), Language::JavaScript) => {
                crate::frontend::javascript::parse(&source.text, crate::frontend::javascript::Dialect::of(&file.key))
            }
            _ => Module::default(),
        }
    }

    /// Which statements of a code file bind which of its names.
    pub fn definitions(&self, id: FileId) -> &Definitions {
        self.file(id).definitions.get_or_init(|| Arc::new(Definitions::of(self.module(id))))
    }

    /// What a file that is no code says of prompts; `None` if it is of no known format.
    pub fn document(&self, id: FileId) -> Option<&Document> {
        let file = self.file(id);
        if file.language != Language::Text {
            return None;
        }
        let read = || {
            let own = self.own_document(id)?;
            // Functions name clients and types that stand in other files of the same folder or of those around it.
            if !own.names_others() {
                return Some(own);
            }
            let ending = file.key.rsplit('.').next().unwrap_or_default();
            let folder = file.key.rsplit_once('/').map_or("", |(folder, _)| folder);
            let top = folder.find("baml_src").map_or(folder, |at| &folder[..at + "baml_src".len()]);
            let beside = |other: &FileId| {
                let key = self.file(*other).key.as_str();
                *other != id && key.ends_with(ending) && key.strip_prefix(top).is_some_and(|rest| top.is_empty() || rest.starts_with('/'))
            };
            let others: Vec<(FileId, Document)> =
                self.ids().filter(beside).filter_map(|other| Some((other, self.own_document(other)?))).collect();
            let mut own = own;
            own.join_declared(id, &others);
            Some(own)
        };
        file.document.get_or_init(read).as_ref()
    }

    fn own_document(&self, id: FileId) -> Option<Document> {
        let file = self.file(id);
        if !document::is_named(&file.key) || self.peek(id, |text| document::may_hold(&file.key, text)) != Some(true) {
            return None;
        }
        let source = self.source(id).ok()?;
        let sibling = |name: &str| {
            let beside = file.key.rsplit_once('/').map_or(name.to_owned(), |(folder, _)| format!("{folder}/{name}"));
            self.find(&beside).map(|beside| self.text(beside).to_owned())
        };
        document::read(&file.key, &source.text, source.view.as_deref(), &sibling)
    }

    /// What a file of data says, if it is one that may hold prompts; spans are of the file as it stands on the disk.
    pub fn data(&self, id: FileId) -> Option<&Tree> {
        let file = self.file(id);
        let read = || {
            let source = self.source(id).ok()?;
            document::data(&file.key, source.view.as_ref().map_or(&source.text, |view| &view.raw))
        };
        if file.language == Language::Text { file.data.get_or_init(read).as_ref() } else { None }
    }

    /// The parsed template that a place stands in, of a template file or of a text within a file; its spans are offsets into the file.
    pub fn template_at(&self, place: Place) -> Result<&[Node], &str> {
        match self.file(place.file).language {
            Language::Jinja => self.template(place.file).map(|template| template.nodes.as_slice()),
            _ => match self.document(place.file) {
                Some(document) if document.problem.is_some() => Err("the file does not parse"),
                Some(document) => document.part_at(place.span).map(|part| part.nodes.as_slice()).ok_or("no template stands there"),
                None => Err("its file is not code"),
            },
        }
    }

    /// The template in a template file, or why it could not be parsed.
    pub fn template(&self, id: FileId) -> Result<&Template, &str> {
        let file = self.file(id);
        file.template
            .get_or_init(|| match self.source(id) {
                Ok(source) => crate::template::jinja::parse(&source.text).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            })
            .as_ref()
            .map_err(String::as_str)
    }
}

impl Language {
    /// The name that the catalogue gives the language of code; `None` for what is no code.
    pub fn in_catalogue(self) -> Option<&'static str> {
        match self {
            Language::Python => Some("python"),
            Language::JavaScript => Some("javascript"),
            Language::Jinja | Language::Text => None,
        }
    }

    /// By the end of the name; `None` for what is neither linted nor followed.
    pub fn of(path: &str) -> Option<Language> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (stem, ending) = name.rsplit_once('.').map(|(stem, ending)| (stem, ending.to_ascii_lowercase()))?;
        match ending.as_str() {
            "py" | "pyi" | "ipynb" => Some(Language::Python),
            // Declarations hold no code, and what is minified is not what anybody wrote.
            "ts" | "mts" | "cts" if stem.ends_with(".d") => None,
            "js" | "mjs" | "cjs" if stem.ends_with(".min") => None,
            "ts" | "mts" | "cts" | "tsx" | "js" | "mjs" | "cjs" | "jsx" => Some(Language::JavaScript),
            "j2" | "jinja" | "jinja2" => Some(Language::Jinja),
            "txt" | "md" | "prompt" | "yaml" | "yml" | "json" | "toml" | "html" | "xml" | "tmpl" => Some(Language::Text),
            "mdc" | "cursorrules" | "windsurfrules" | "prompty" | "baml" | "jsonl" | "hbs" | "handlebars" | "mustache" | "liquid"
            | "st" | "gotmpl" | "erb" | "tf" | "poml" | "template" => Some(Language::Text),
            _ => None,
        }
    }
}
