//! Which config holds for a path: the nearest one above it, with what it extends, resolved to settings.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::file::{self, ConfigError, File, RuleBody, RuleEntry, Table, Text};
use super::{Overrides, RuleNames, RuleSettings, Selection, Settings, Sizes, Traffic};
use crate::catalogue::Catalogue;
use crate::report::Note;
use crate::rule::RuleSet;

/// The names of a config file; one folder has one of them.
pub const FILE_NAMES: [&str; 2] = ["prompt-lint.yaml", ".prompt-lint.yaml"];

const MAX_EXTENDS: usize = 16;
/// Nobody writes a larger config, rule or catalogue.
pub const MAX_BYTES: u64 = 1 << 20;

/// One config with everything that it extends. Globs are those of `.gitignore`, from the folder of the file they stand in
/// (of a config given by `--config`, from the working directory).
#[derive(Debug, Default)]
pub struct Config {
    exclude: Vec<Globs>,
    select: Option<Vec<String>>,
    ignore: Vec<String>,
    rules: BTreeMap<String, RuleChange>,
    model: Option<String>,
    turns: Option<u32>,
    traffic: Traffic,
    sizes: Sizes,
    default_cap: Option<u64>,
    caps: Vec<(Globs, u64)>,
    budgets: Vec<(Globs, u64)>,
    tags: Vec<(String, String)>,
    own_rules: Option<Arc<RuleSet>>,
    catalogue: Vec<PathBuf>,
    per_path: Vec<PerPath>,
    notes: Vec<Note>,
}

#[derive(Debug, Clone, Default)]
struct RuleChange {
    off: bool,
    settings: RuleSettings,
}

#[derive(Debug)]
struct PerPath {
    paths: Globs,
    model: Option<String>,
    ignore: Vec<String>,
    rules: BTreeMap<String, RuleChange>,
}

#[derive(Debug)]
struct Globs {
    root: PathBuf,
    matcher: Gitignore,
}

impl Globs {
    fn matches(&self, path: &Path) -> bool {
        path.strip_prefix(&self.root).is_ok_and(|below| self.matcher.matched_path_or_any_parents(below, false).is_ignore())
    }
}

/// Where configs come from.
#[derive(Debug, Clone, Default)]
pub enum Discovery {
    /// The nearest above each file.
    #[default]
    Nearest,
    /// This one for all files (`--config`).
    File(PathBuf),
    /// None (`--no-config`).
    None,
}

/// Finds and keeps the configs of a run.
#[derive(Debug)]
pub struct Configs {
    names: RuleNames,
    discovery: Discovery,
    /// Folders of rules from the command line, which go before those of a config.
    rule_dirs: Vec<PathBuf>,
    /// Files of the catalogue that configs name, in the order in which they were read.
    catalogue: Vec<PathBuf>,
    /// What errors show paths relative to.
    working_dir: PathBuf,
    notes: Vec<Note>,
    by_folder: HashMap<PathBuf, Arc<Config>>,
    by_file: HashMap<PathBuf, Arc<Config>>,
    none: Arc<Config>,
}

impl Configs {
    pub fn new(names: RuleNames, discovery: Discovery, working_dir: PathBuf) -> Self {
        Configs {
            names,
            discovery,
            rule_dirs: Vec::new(),
            catalogue: Vec::new(),
            working_dir,
            notes: Vec::new(),
            by_folder: HashMap::new(),
            by_file: HashMap::new(),
            none: Arc::default(),
        }
    }

    /// Loads the rules of further folders, whatever configs say.
    pub fn with_rule_dirs(mut self, folders: &[PathBuf]) -> Result<Self, Box<ConfigError>> {
        self.rule_dirs = folders.iter().map(|folder| crate::walk::clean(&self.working_dir.join(folder))).collect();
        let own_rules = self.with_given(None)?;
        self.none = Arc::new(Config { own_rules, ..Config::default() });
        Ok(self)
    }

    /// The names that the command line may use in a folder, if `--rules` or its config add some to the built-in ones.
    pub fn names_in(&mut self, folder: &Path) -> Result<Option<RuleNames>, Box<ConfigError>> {
        let config = self.for_folder(folder)?;
        Ok(config.own_rules.as_deref().map(RuleNames::of))
    }

    /// Files of the catalogue that the configs name which were read up to now.
    pub fn catalogue_files(&self) -> &[PathBuf] {
        &self.catalogue
    }

    /// Puts the rules of the command line over those of a config.
    fn with_given(&self, own: Option<Arc<RuleSet>>) -> Result<Option<Arc<RuleSet>>, Box<ConfigError>> {
        if self.rule_dirs.is_empty() {
            return Ok(own);
        }
        let mut rules = own.as_deref().unwrap_or(RuleSet::shared()).clone();
        for folder in &self.rule_dirs {
            self.load_rules(&mut rules, folder, None)?;
        }
        Ok(Some(Arc::new(rules)))
    }

    /// Adds the rules of a folder; `named` is the config that names it, with the name as written.
    fn load_rules(&self, rules: &mut RuleSet, folder: &Path, named: Option<(&Text<'_>, &str)>) -> Result<(), Box<ConfigError>> {
        if !folder.is_dir() {
            let message = format!("`{}` is not a folder of rules", crate::walk::shown(folder, &self.working_dir));
            let help = "rules stand in <folder>/<category>/<name>.yaml".to_owned();
            return Err(match named {
                Some((text, name)) => text.error(message, text.find(name), "no such folder", Some(help)),
                None => file::plain_error(folder, message, Some(help)),
            });
        }
        let added = rules.load_dir(folder).map_err(|error| file::rule_error(&error, &self.working_dir))?;
        if added.is_empty() {
            let message = format!("`{}` holds no rule", crate::walk::shown(folder, &self.working_dir));
            let help = Some("rules stand in <folder>/<category>/<name>.yaml; `prompt-lint rule new ID` writes one".to_owned());
            return Err(match named {
                Some((text, name)) => text.error(message, text.find(name), "here", help),
                None => file::plain_error(folder, message, help),
            });
        }
        Ok(())
    }

    /// The config of the files in a folder (absolute).
    pub fn for_folder(&mut self, folder: &Path) -> Result<Arc<Config>, Box<ConfigError>> {
        match &self.discovery {
            Discovery::None => return Ok(self.none.clone()),
            Discovery::File(file) => {
                let file = crate::walk::clean(&self.working_dir.join(file));
                let globs_from = self.working_dir.clone();
                return self.load(&file, &globs_from);
            }
            Discovery::Nearest => {}
        }
        if let Some(known) = self.by_folder.get(folder) {
            return Ok(known.clone());
        }
        let is_config = |file: &PathBuf| std::fs::symlink_metadata(file).is_ok_and(|metadata| !metadata.is_dir());
        let own: Vec<PathBuf> = FILE_NAMES.iter().map(|name| folder.join(name)).filter(is_config).collect();
        let config = match (own.as_slice(), folder.parent()) {
            ([one, other, ..], _) => {
                let shown = |file: &Path| crate::walk::shown(file, &self.working_dir);
                let message = format!("`{}` and `{}` stand in one folder: which of them holds?", shown(one), shown(other));
                return Err(file::plain_error(one, message, Some("remove one of them".to_owned())));
            }
            ([file], _) => self.load(file, folder)?,
            ([], Some(parent)) => self.for_folder(parent)?,
            ([], None) => self.none.clone(),
        };
        self.by_folder.insert(folder.to_owned(), config.clone());
        Ok(config)
    }

    fn load(&mut self, file: &Path, globs_from: &Path) -> Result<Arc<Config>, Box<ConfigError>> {
        if let Some(known) = self.by_file.get(file) {
            return Ok(known.clone());
        }
        let mut config = self.read(file, globs_from, &mut Vec::new())?;
        config.own_rules = self.with_given(config.own_rules.take())?;
        for file in &config.catalogue {
            if !self.catalogue.contains(file) {
                self.catalogue.push(file.clone());
            }
        }
        let config = Arc::new(config);
        self.notes.extend(config.notes.iter().cloned());
        self.by_file.insert(file.to_owned(), config.clone());
        Ok(config)
    }

    /// What is doubtful in the configs that were read: said once, and no error.
    pub fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    fn read(&self, path: &Path, globs_from: &Path, extended_by: &mut Vec<PathBuf>) -> Result<Config, Box<ConfigError>> {
        let name = crate::walk::shown(path, &self.working_dir);
        if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(file::plain_error(path, format!("`{name}` cannot be read: it is not a file"), None));
        }
        let failed = |error: std::io::Error| file::plain_error(path, format!("`{name}` cannot be read: {error}"), None);
        if self.is_outside(path, path.parent().unwrap_or(path)) {
            let help = "its repository cannot say what is read elsewhere; --config uses it all the same".to_owned();
            return Err(file::plain_error(path, format!("`{name}` leads out of its repository"), Some(help)));
        }
        let size = std::fs::metadata(path).map_err(failed)?.len();
        if size > MAX_BYTES {
            return Err(file::plain_error(
                path,
                format!("`{name}` cannot be read: {size} bytes, more than the limit of {MAX_BYTES}"),
                None,
            ));
        }
        let bytes = std::fs::read(path).map_err(failed)?;
        let text = String::from_utf8(bytes)
            .map_err(|error| file::plain_error(path, format!("`{name}` is not UTF-8 (byte {})", error.utf8_error().valid_up_to()), None))?;
        let text = Text { name, text: text.strip_prefix('\u{feff}').unwrap_or(&text) };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        self.from(&text, path, &folder, globs_from, extended_by)
    }

    /// Whether a path leads out of the repository that a folder is in. A repository may be anybody's: what it says is read in it and
    /// nowhere else. Whoever runs the tool may name any file.
    fn is_outside(&self, path: &Path, folder: &Path) -> bool {
        if !matches!(self.discovery, Discovery::Nearest) {
            return false;
        }
        let Some(repository) = folder.ancestors().find(|at| at.join(".git").exists()) else { return false };
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        !real(path).starts_with(real(repository))
    }

    fn check_inside(&self, path: &Path, folder: &Path, text: &Text<'_>, name: &str) -> Result<(), Box<ConfigError>> {
        if std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() > MAX_BYTES) {
            return Err(text.error(format!("`{name}` is larger than {MAX_BYTES} bytes"), text.find(name), "not read", None));
        }
        if !self.is_outside(path, folder) {
            return Ok(());
        }
        let help = "a config that is found in a repository reads nothing outside it; --config and --rules may name any file".to_owned();
        Err(text.error(format!("`{name}` lies outside the repository"), text.find(name), "not read", Some(help)))
    }

    /// A config that stands in no file; its paths start from `folder`.
    pub fn from_text(&self, text: &str, folder: &Path) -> Result<Config, Box<ConfigError>> {
        let text = Text { name: FILE_NAMES[0].to_owned(), text };
        self.from(&text, &folder.join(FILE_NAMES[0]), folder, folder, &mut Vec::new())
    }

    fn from(
        &self,
        text: &Text<'_>,
        path: &Path,
        folder: &Path,
        globs_from: &Path,
        extended_by: &mut Vec<PathBuf>,
    ) -> Result<Config, Box<ConfigError>> {
        let own = file::parse(text)?;

        let mut config = Config::default();
        if let Some(base) = &own.extends {
            let base_path = crate::walk::clean(&folder.join(base));
            extended_by.push(crate::walk::clean(path));
            let refuse = |message: String, label, help: &str| Err(text.error(message, text.find(base), label, Some(help.to_owned())));
            if extended_by.contains(&base_path) {
                return refuse(format!("`{base}` extends itself"), "comes back to this file", "break the circle of `extends`");
            }
            if extended_by.len() > MAX_EXTENDS {
                return refuse(format!("more than {MAX_EXTENDS} files extend each other"), "too deep", "join some of them");
            }
            if !base_path.is_file() {
                return refuse(format!("`{base}` does not exist"), "no such file", "the path is relative to the folder of this file");
            }
            self.check_inside(&base_path, folder, text, base)?;
            config = self.read(&base_path, base_path.parent().unwrap_or(folder), extended_by)?;
        }
        if let Some(folders) = &own.rule_dirs {
            let mut rules = config.own_rules.as_deref().unwrap_or(RuleSet::shared()).clone();
            for name in folders {
                let path = crate::walk::clean(&folder.join(name));
                self.check_inside(&path, folder, text, name)?;
                self.load_rules(&mut rules, &path, Some((text, name)))?;
            }
            config.own_rules = Some(Arc::new(rules));
        }
        for name in own.catalogue.iter().flatten() {
            let path = crate::walk::clean(&folder.join(name));
            if !path.is_file() {
                let help = Some("the path is relative to the folder of this file".to_owned());
                return Err(text.error(format!("`{name}` does not exist"), text.find(name), "no such file", help));
            }
            self.check_inside(&path, folder, text, name)?;
            config.catalogue.push(path);
        }
        // Rules of the command line may be named too.
        match self.with_given(config.own_rules.clone())? {
            Some(rules) => text.check_names(&own, &RuleNames::of(&rules))?,
            None => text.check_names(&own, &self.names)?,
        }
        config.apply(own, globs_from, text)?;
        Ok(config)
    }
}

impl Config {
    /// The built-in rules with those that it names over them; `None` if it names none.
    pub fn own_rules(&self) -> Option<&RuleSet> {
        self.own_rules.as_deref()
    }

    /// Whether the config takes a file (absolute path) out of the run.
    pub fn excludes(&self, path: &Path) -> bool {
        self.exclude.iter().any(|globs| globs.matches(path))
    }

    /// Puts the keys of a file over those that it extends: single values and `select` replace, lists of globs and `ignore`
    /// are added to, entries of `rules`, `sizes` and `caps` replace the entry of the same name.
    fn apply(&mut self, file: File, folder: &Path, text: &Text<'_>) -> Result<(), Box<ConfigError>> {
        let globs = |lines: &[String]| build_globs(lines, folder, text);
        if let Some(exclude) = &file.exclude {
            self.exclude.push(globs(exclude)?);
        }
        if file.select.is_some() {
            self.select = file.select;
        }
        self.ignore.extend(file.ignore.into_iter().flatten());
        change_rules(&mut self.rules, file.rules);
        let models = file.model.iter().chain(file.per_path.iter().flatten().filter_map(|entry| entry.model.as_ref()));
        self.notes.extend(models.filter_map(|model| unknown_model(&text.name, model)));
        if file.model.is_some() {
            self.model = file.model;
        }
        if let Some(turns) = file.turns {
            self.turns = Some(turns.get());
        }
        if let Some(traffic) = file.traffic {
            self.traffic = Traffic {
                requests_per_month: traffic.requests_per_month.map(|number| number.get()).or(self.traffic.requests_per_month),
                turns_per_session: traffic.turns_per_session.map(|number| number.get()).or(self.traffic.turns_per_session),
            };
        }
        if let Some(sizes) = file.sizes {
            let over = |new: Option<std::num::NonZeroU64>, old: u64| new.map_or(old, std::num::NonZeroU64::get);
            self.sizes = Sizes {
                scalar: over(sizes.scalar, self.sizes.scalar),
                list: over(sizes.list, self.sizes.list),
                history_turn: over(sizes.history_turn, self.sizes.history_turn),
                document: over(sizes.document, self.sizes.document),
                retrieval: over(sizes.retrieval, self.sizes.retrieval),
                media: over(sizes.media, self.sizes.media),
                schema: over(sizes.schema, self.sizes.schema),
            };
        }
        for (glob, cap) in file.caps.into_iter().flat_map(|table| table.0) {
            match glob.as_str() {
                "default" => self.default_cap = Some(cap.get()),
                _ => self.caps.push((globs(std::slice::from_ref(&glob))?, cap.get())),
            }
        }
        for (key, value) in file.tags.into_iter().flat_map(|table| table.0) {
            self.tags.retain(|(known, _)| *known != key);
            self.tags.push((key, value));
        }
        for (glob, budget) in file.budgets.into_iter().flat_map(|table| table.0) {
            self.budgets.push((globs(std::slice::from_ref(&glob))?, budget.get()));
        }
        for entry in file.per_path.into_iter().flatten() {
            let mut rules = BTreeMap::new();
            change_rules(&mut rules, entry.rules);
            self.per_path.push(PerPath { paths: globs(&entry.paths)?, model: entry.model, ignore: entry.ignore, rules });
        }
        Ok(())
    }

    /// Which parts of the config that depend on the path hold for a file: files of equal marks have equal settings.
    pub(crate) fn marks(&self, path: &Path) -> Vec<bool> {
        self.caps
            .iter()
            .map(|(globs, _)| globs)
            .chain(self.budgets.iter().map(|(globs, _)| globs))
            .chain(self.per_path.iter().map(|entry| &entry.paths))
            .map(|globs| globs.matches(path))
            .collect()
    }

    /// The settings of a file (absolute path). Of several globs in `caps` or entries in `per-path` that match, the last wins.
    pub fn settings(&self, path: &Path, overrides: &Overrides) -> Settings {
        let mut rules = self.rules.clone();
        let mut model = self.model.clone();
        let mut ignore = self.ignore.clone();
        let mut ignore_here = overrides.ignore.clone();
        for entry in self.per_path.iter().filter(|entry| entry.paths.matches(path)) {
            for (rule, change) in &entry.rules {
                merge(rules.entry(rule.clone()).or_default(), change.clone());
            }
            ignore_here.extend(entry.ignore.iter().cloned());
            model = entry.model.clone().or(model);
        }
        ignore.extend(rules.iter().filter(|(_, change)| change.off).map(|(rule, _)| rule.clone()));
        // Who asks for a rule by its id on the command line gets it, whatever the config says of it in general.
        ignore.retain(|name| !overrides.select.contains(name));
        ignore.extend(ignore_here);
        let select = if overrides.select.is_empty() { self.select.clone() } else { Some(overrides.select.clone()) };
        Settings {
            selection: Selection { select, ignore, preview: overrides.preview },
            rules: rules.into_iter().map(|(rule, change)| (rule, change.settings)).collect(),
            min_severity: overrides.min_severity,
            min_confidence: overrides.min_confidence,
            min_saving: overrides.min_saving,
            default_model: model,
            turns: self.turns.unwrap_or(40),
            traffic: self.traffic,
            sizes: self.sizes,
            cap: self.caps.iter().rev().find(|(globs, _)| globs.matches(path)).map(|(_, cap)| *cap).or(self.default_cap),
            today: overrides.today,
            fix_outside: overrides.fix_outside,
            budget: self.budgets.iter().rev().find(|(globs, _)| globs.matches(path)).map(|(_, budget)| *budget),
            tags: self.tags.clone(),
            own_rules: self.own_rules.clone(),
        }
    }
}

/// A model that the catalogue does not know may be one of the house: it can be used, and nothing is known of its price.
fn unknown_model(config: &str, model: &str) -> Option<Note> {
    const MOST_WRONG_LETTERS: usize = 2;
    let models = &Catalogue::builtin().models;
    if models.find(model).is_some() {
        return None;
    }
    let meant = models.nearest(model, MOST_WRONG_LETTERS).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    let message = format!("model `{model}` is not in the catalogue: its prices and cache rules are unknown{meant}");
    Some(Note { path: config.to_owned(), message })
}

fn change_rules(rules: &mut BTreeMap<String, RuleChange>, table: Option<Table<RuleEntry>>) {
    for (rule, entry) in table.into_iter().flat_map(|table| table.0) {
        let change = match entry {
            RuleEntry::Off => RuleChange { off: true, settings: RuleSettings::default() },
            RuleEntry::On(RuleBody { severity, options }) => {
                let options = options.into_iter().flat_map(|table| table.0).collect();
                RuleChange { off: false, settings: RuleSettings { severity, options } }
            }
        };
        merge(rules.entry(rule).or_default(), change);
    }
}

fn merge(rule: &mut RuleChange, change: RuleChange) {
    rule.off = change.off;
    rule.settings.severity = change.settings.severity.or(rule.settings.severity);
    rule.settings.options.extend(change.settings.options);
}

fn build_globs(lines: &[String], folder: &Path, text: &Text<'_>) -> Result<Globs, Box<ConfigError>> {
    let mut builder = GitignoreBuilder::new(folder);
    for line in lines {
        if let Err(error) = builder.add_line(None, line) {
            return Err(text.error(format!("`{line}` is not a glob: {error}"), text.find(line), "here", None));
        }
    }
    let matcher = builder.build().map_err(|error| text.error(format!("globs that cannot be used: {error}"), None, "here", None))?;
    Ok(Globs { root: folder.to_owned(), matcher })
}
