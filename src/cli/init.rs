//! `prompt-lint init`: a config that says in comments what stands in the repository, written where none is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::args::Init;
use super::{CLEAN, Failure, Host, run, schema};
use crate::atomic;
use crate::config::nearest::{Discovery, FILE_NAMES};
use crate::config::{Configs, Sizes};
use crate::model::prompt::Confidence;
use crate::project::{Language, Project};
use crate::report::{Inventory, plain};
use crate::walk::{self, Request, TestCode};

/// Beside the config: editors read it without a network, and it is of the version that wrote it.
const SCHEMA: &str = "prompt-lint.schema.json";
/// Lines of a list, of which a large repository would have hundreds.
const MOST: usize = 8;

pub fn init(arguments: &Init, host: &mut Host<'_>) -> Result<u8, Failure> {
    let folder = walk::clean(&host.working_dir.join(&arguments.folder));
    if !folder.is_dir() {
        return Err(Failure::usage(format!("`{}` is not a folder", arguments.folder.display()), None));
    }
    let shown = |name: &str| walk::shown(&folder.join(name), &host.working_dir);
    let taken = |name: &str| Failure::usage(format!("`{}` exists already", shown(name)), "it is not written over");
    if let Some(name) = FILE_NAMES.iter().find(|name| folder.join(name).symlink_metadata().is_ok()) {
        return Err(taken(name));
    }

    let mut configs = Configs::new(host.engine.names(), Discovery::None, host.working_dir.clone());
    let paths = [arguments.folder.clone()];
    let request =
        Request { paths: &paths, working_dir: &host.working_dir, test_code: TestCode::Named, threads: 0, in_memory: false, verbose: false };
    let walk = walk::walk(&request, &mut configs, &run::overrides(Confidence::Medium, host)?)?;
    let report = (host.engine.lint)(&walk.project, &walk.settings);
    let seen = Seen::new(&walk.project, &report.inventory, &folder);

    let write = |name: &str, text: &str| {
        atomic::write_new(&folder.join(name), text.as_bytes()).map_err(|error| Failure::Write { path: shown(name), error })
    };
    if !write(FILE_NAMES[0], &config(&seen, !arguments.no_schema))? {
        return Err(taken(FILE_NAMES[0]));
    }
    writeln!(host.stdout, "{} written: {}.", shown(FILE_NAMES[0]), seen.summary())?;
    if !arguments.no_schema {
        let text = format!("{}\n", schema::config(&(host.engine.rules)()));
        if write(SCHEMA, &text)? {
            writeln!(host.stdout, "{} written: editors check and complete the config with it.", shown(SCHEMA))?;
        } else {
            writeln!(host.stdout, "{} is left as it is.", shown(SCHEMA))?;
        }
    }
    writeln!(host.stdout, "`prompt-lint` checks; `prompt-lint --baseline FILE --write-baseline` accepts what is there today.")?;
    Ok(CLEAN)
}

/// What stands in a repository, as counts.
#[derive(Default)]
struct Seen {
    calls: usize,
    files: usize,
    /// By provider and model; `None`: the code does not say it.
    models: BTreeMap<String, BTreeMap<Option<String>, usize>>,
    /// Calls that may write as much as the model can.
    uncapped: usize,
    /// By where they stand: `prompts/*.j2`, `src/app.py`.
    prompts: BTreeMap<String, usize>,
}

impl Seen {
    fn new(project: &Project, inventory: &Inventory, folder: &Path) -> Self {
        let mut seen = Seen { calls: inventory.calls.len(), ..Seen::default() };
        let mut files: Vec<_> = inventory.calls.iter().map(|call| call.place.file).collect();
        files.sort_unstable();
        files.dedup();
        seen.files = files.len();
        for call in &inventory.calls {
            let model = call.model.as_deref().map(|model| plain::line(model).into_owned());
            *seen.models.entry(plain::line(&call.provider).into_owned()).or_default().entry(model).or_default() += 1;
            seen.uncapped += usize::from(call.cap_state == "missing");
        }
        for prompt in &inventory.prompts {
            let file = project.file(prompt.place.file);
            let path = file.file.as_deref().and_then(|path| path.strip_prefix(folder).ok());
            let path = path.map_or(file.path.clone(), |path| path.to_string_lossy().replace('\\', "/"));
            let place = match (file.language, path.rsplit_once('.')) {
                // Templates come in folders.
                (Language::Jinja, Some((stem, ending))) => {
                    stem.rsplit_once('/').map_or(format!("*.{ending}"), |(around, _)| format!("{around}/*.{ending}"))
                }
                _ => path,
            };
            *seen.prompts.entry(plain::line(&place).into_owned()).or_default() += 1;
        }
        seen
    }

    fn summary(&self) -> String {
        let prompts = self.prompts.values().sum();
        format!("{} in {}, {}", count(self.calls, "call"), count(self.files, "file"), count(prompts, "prompt"))
    }

    fn unknown(&self) -> usize {
        self.models.values().filter_map(|models| models.get(&None)).sum()
    }

    /// The model that most calls name.
    fn usual(&self) -> Option<&str> {
        let models = self.models.values().flatten();
        let named = models.filter_map(|(model, number)| Some((*number, std::cmp::Reverse(model.as_deref()?))));
        named.max().map(|(_, model)| model.0)
    }
}

fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// The most frequent first.
fn listed<'n>(counts: impl IntoIterator<Item = (&'n str, usize)>) -> Vec<(&'n str, usize)> {
    let mut list: Vec<_> = counts.into_iter().collect();
    list.sort_by_key(|(name, number)| (std::cmp::Reverse(*number), *name));
    list
}

/// A value of YAML in one line.
fn scalar(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._/-:".contains(letter);
    let is_plain = text.starts_with(|letter: char| letter.is_ascii_alphabetic()) && text.chars().all(plain) && !text.ends_with(':');
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn config(seen: &Seen, with_schema: bool) -> String {
    let mut out = String::new();
    if with_schema {
        let _ = writeln!(out, "# yaml-language-server: $schema=./{SCHEMA}");
    }
    out += "# Settings of prompt-lint for the files below this folder. Keys behind a # say nothing: take the # away to set them.\n";
    out += "#\n# Seen when this was written:\n";
    let _ = writeln!(out, "#   {} of a model in {}", count(seen.calls, "call"), count(seen.files, "file"));
    for (provider, models) in &seen.models {
        let names = models.iter().map(|(model, number)| (model.as_deref().unwrap_or("not said in the code"), *number));
        let names = listed(names);
        let more = names.len().saturating_sub(MOST);
        let mut line: Vec<String> = names.iter().take(MOST).map(|(name, number)| format!("{name} ({number})")).collect();
        line.extend((more > 0).then(|| format!("{more} more")));
        let _ = writeln!(out, "#     {provider}: {}", line.join(", "));
    }
    let _ = writeln!(out, "#   {}", count(seen.prompts.values().sum(), "prompt"));
    let places = listed(seen.prompts.iter().map(|(place, number)| (place.as_str(), *number)));
    for (place, number) in places.iter().take(MOST) {
        let _ = writeln!(out, "#     {place} ({number})");
    }
    if places.len() > MOST {
        let _ = writeln!(out, "#     and {} more places", places.len() - MOST);
    }

    let unknown = match seen.unknown() {
        0 => String::new(),
        one_or_more => format!(" ({one_or_more} of those above)"),
    };
    let uncapped = match seen.uncapped {
        0 => String::new(),
        one_or_more => format!(" {} above {} none.", one_or_more, if one_or_more == 1 { "has" } else { "have" }),
    };
    let model = scalar(seen.usual().unwrap_or("gpt-4.1"));
    let prompts = seen.prompts.keys().find_map(|place| place.split_once("/*.")).map_or("prompts", |(folder, _)| folder);
    let prompts = serde_json::Value::from(format!("{prompts}/**"));
    let Sizes { scalar: _, list, history_turn, document, retrieval, media, schema } = Sizes::default();
    let _ = write!(
        out,
        r#"
# Files that are not checked, as globs of .gitignore. Test code, packages and what a build writes are left out anyway.
# exclude: ["vendor/**"]

# Rules or categories; without `select` all stable rules run. `prompt-lint rules` lists them.
# select: [cache, output, history, context]
# ignore: [text/repeated-paragraph]

# What changes of a rule: `off`, its severity, its options. `prompt-lint explain RULE` says what they are.
# rules:
#   output/missing-cap: {{ severity: error }}

# The model of calls whose code does not say it{unknown}: without it they have no price.
# model: {model}

# The tokens that an answer may have: `--fix` then writes them where a call has no limit.{uncapped}
# caps: {{ default: 800 }}

# The turns of a conversation, and the traffic of each call: with it, savings are shown as money a month.
# turns: 40
# traffic: {{ requests-per-month: 100000, turns-per-session: 12 }}

# The tokens that are assumed for what goes into a prompt.
# sizes: {{ document: {document}, retrieval: {retrieval}, history-turn: {history_turn}, list: {list}, media: {media}, schema: {schema} }}

# The tokens that a prompt may have.
# budgets: {{ {prompts}: 3000 }}
"#
    );
    out
}
