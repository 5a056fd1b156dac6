//! Which file of the project a JavaScript module specifier names: relative paths, aliases of a tsconfig, packages of a workspace.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

use crate::project::{Language, Project};
use crate::span::FileId;

/// Endings that a specifier may leave out, in the order in which they are tried.
const ENDINGS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"];
/// What is written for a file that only exists once it is compiled, and what it is compiled from.
const COMPILED: [(&str, &[&str]); 4] = [(".js", &["ts", "tsx", "jsx"]), (".mjs", &["mts"]), (".cjs", &["cts"]), (".jsx", &["tsx"])];
/// Files that extend each other that are followed.
const MAX_EXTENDS: usize = 8;

/// What the configuration files of a project say about specifiers.
#[derive(Debug, Default)]
pub struct Specifiers {
    /// By the folder of their file.
    aliases: HashMap<String, Aliases>,
    /// Folders of the packages of the repository, by name.
    packages: BTreeMap<String, String>,
}

/// `baseUrl` and `paths` of a tsconfig, with folders from the root of the project.
#[derive(Debug, Default, Clone)]
struct Aliases {
    base: Option<String>,
    /// Pattern with at most one asterisk, and what it may stand for.
    paths: Vec<(String, Vec<String>)>,
}

impl Specifiers {
    pub fn new(project: &Project) -> Self {
        let mut specifiers = Specifiers::default();
        for id in project.ids() {
            let key = &project.file(id).key;
            let (folder, name) = key.rsplit_once('/').unwrap_or(("", key));
            if !name.ends_with(".json") {
                continue;
            }
            if name == "package.json" {
                let package: Option<Json> = project.peek(id, |text| serde_json::from_str(text).ok()).flatten();
                if let Some(name) = package.as_ref().and_then(|package| package.get("name")).and_then(Json::as_str) {
                    specifiers.packages.entry(name.to_string()).or_insert_with(|| folder.to_string());
                }
            } else if name == "jsconfig.json"
                || (name.starts_with("tsconfig") && !specifiers.aliases.contains_key(folder))
                || name == "tsconfig.json"
            {
                let aliases = aliases(project, id, 0);
                // `tsconfig.app.json` beside a `tsconfig.json` that only refers to it.
                if !aliases.paths.is_empty() || aliases.base.is_some() {
                    specifiers.aliases.insert(folder.to_string(), aliases);
                }
            }
        }
        specifiers
    }

    /// The file that `specifier` names where it stands in `from`.
    pub fn find(&self, project: &Project, from: FileId, specifier: &str) -> Option<FileId> {
        // Bundlers take notes on how to load a file: `./prompt.md?raw`.
        let specifier = specifier.split_once('?').map_or(specifier, |(path, _)| path);
        let folder = parent(&project.file(from).key);
        if specifier.starts_with("./") || specifier.starts_with("../") || matches!(specifier, "." | "..") {
            return at(project, &joined(folder, specifier)?).filter(|found| *found != from);
        }
        if specifier.is_empty() || specifier.contains(':') {
            return None;
        }
        let nearest = above(folder).find_map(|folder| self.aliases.get(folder));
        nearest
            .and_then(|aliases| aliases.find(project, specifier))
            .or_else(|| conventional(project, folder, specifier))
            .or_else(|| self.package(project, specifier))
            .filter(|found| *found != from)
    }

    /// A package of the workspace, or a file in one.
    fn package(&self, project: &Project, specifier: &str) -> Option<FileId> {
        let parts = if specifier.starts_with('@') { 2 } else { 1 };
        let end = specifier.match_indices('/').nth(parts - 1).map_or(specifier.len(), |(at, _)| at);
        let (name, inner) = specifier.split_at(end);
        let folder = self.packages.get(name)?;
        let inner = inner.trim_start_matches('/');
        // What a package is built from stands in `src` as a rule.
        [joined(folder, &format!("src/{inner}")), joined(folder, inner)].into_iter().flatten().find_map(|path| at(project, &path))
    }
}

impl Aliases {
    fn find(&self, project: &Project, specifier: &str) -> Option<FileId> {
        let matched = |pattern: &str| match pattern.split_once('*') {
            None => (pattern == specifier).then_some((usize::MAX, "")),
            Some((before, after)) => {
                let rest = specifier.strip_prefix(before)?.strip_suffix(after)?;
                Some((before.len(), rest))
            }
        };
        // The longest pattern counts.
        let best =
            self.paths.iter().filter_map(|(pattern, targets)| Some((matched(pattern)?, targets))).max_by_key(|((length, _), _)| *length);
        if let Some(((_, rest), targets)) = best
            && let Some(found) = targets.iter().find_map(|target| at(project, &target.replacen('*', rest, 1)))
        {
            return Some(found);
        }
        at(project, &joined(self.base.as_deref()?, specifier)?)
    }
}

/// What frameworks take for an alias without a tsconfig that says so: `@/` and `~/` for the sources, `$lib/`.
fn conventional(project: &Project, folder: &str, specifier: &str) -> Option<FileId> {
    let (roots, rest): (&[&str], &str) = match specifier.split_once('/')? {
        ("@" | "~" | "#", rest) => (&["src", "app", ""], rest),
        ("$lib", rest) => (&["src/lib"], rest),
        _ => return None,
    };
    above(folder).find_map(|folder| roots.iter().find_map(|root| at(project, &joined(&joined(folder, root)?, rest)?)))
}

/// The file at a path without its ending, or the index of the folder.
fn at(project: &Project, path: &str) -> Option<FileId> {
    let exact = project.find(path).filter(|id| {
        let file = project.file(*id);
        matches!(file.language, Language::JavaScript | Language::Text)
    });
    if exact.is_some() {
        return exact;
    }
    for (written, sources) in COMPILED {
        if let Some(stem) = path.strip_suffix(written)
            && let Some(found) = sources.iter().find_map(|ending| project.find(&format!("{stem}.{ending}")))
        {
            return Some(found);
        }
    }
    let beside = ENDINGS.iter().find_map(|ending| project.find(&format!("{path}.{ending}")));
    beside.or_else(|| {
        let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
        ENDINGS.iter().find_map(|ending| project.find(&format!("{folder}index.{ending}")))
    })
}

/// What a tsconfig and those that it extends say.
fn aliases(project: &Project, file: FileId, depth: usize) -> Aliases {
    let folder = parent(&project.file(file).key);
    let config: Json = project.peek(file, |text| serde_json::from_str(&plain_json(text)).ok()).flatten().unwrap_or(Json::Null);
    let mut result = Aliases::default();
    if depth < MAX_EXTENDS {
        let extended: Vec<&str> = match config.get("extends") {
            Some(Json::String(one)) => vec![one],
            Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        };
        for path in extended.into_iter().filter(|path| path.starts_with('.')) {
            let Some(path) = joined(folder, path) else { continue };
            let found = [path.clone(), format!("{path}.json"), format!("{path}/tsconfig.json")].iter().find_map(|path| project.find(path));
            if let Some(found) = found.filter(|found| *found != file) {
                let inherited = aliases(project, found, depth + 1);
                result.base = inherited.base.or(result.base);
                if !inherited.paths.is_empty() {
                    result.paths = inherited.paths;
                }
            }
        }
    }
    let Some(options) = config.get("compilerOptions") else { return result };
    if let Some(base) = options.get("baseUrl").and_then(Json::as_str).and_then(|base| joined(folder, base)) {
        result.base = Some(base);
    }
    if let Some(paths) = options.get("paths").and_then(Json::as_object) {
        let base = result.base.clone().unwrap_or_else(|| folder.to_string());
        let targets = |value: &Json| {
            value.as_array().map(|targets| targets.iter().filter_map(|target| joined(&base, target.as_str()?)).collect::<Vec<_>>())
        };
        result.paths = paths.iter().filter_map(|(pattern, value)| Some((pattern.clone(), targets(value)?))).collect();
    }
    result
}

/// JSON without the comments and trailing commas that a tsconfig may hold.
fn plain_json(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('"', _) => {
                plain.push('"');
                while let Some(inner) = characters.next() {
                    plain.push(inner);
                    match inner {
                        '\\' => plain.extend(characters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            ('/', Some('/')) => while characters.next_if(|next| *next != '\n').is_some() {},
            ('/', Some('*')) => {
                characters.next();
                let mut last = ' ';
                for inner in characters.by_ref() {
                    if (last, inner) == ('*', '/') {
                        break;
                    }
                    last = inner;
                }
            }
            ('}' | ']', _) => {
                let end = plain.trim_end().len();
                if plain[..end].ends_with(',') {
                    plain.truncate(end - 1);
                }
                plain.push(character);
            }
            _ => plain.push(character),
        }
    }
    plain
}

fn parent(key: &str) -> &str {
    key.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A folder and each one above it.
fn above(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| (!folder.is_empty()).then(|| parent(folder)))
}

/// A path from a folder, without dots; `None` if it leads out of the project.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)], from: &str, specifier: &str) -> Option<String> {
        let project = Project::in_memory(files.iter().copied());
        let from = project.find(from).unwrap();
        let found = Specifiers::new(&project).find(&project, from, specifier)?;
        Some(project.file(found).key.clone())
    }

    #[test]
    fn relative_paths() {
        let files = [
            ("src/a.ts", ""),
            ("src/b.tsx", ""),
            ("src/c.mjs", ""),
            ("src/lib/index.ts", ""),
            ("src/lib/prompts.ts", ""),
            ("src/lib/long.md", ""),
            ("index.ts", ""),
        ];
        for (specifier, expected) in [
            ("./b", Some("src/b.tsx")),
            ("./b.js", Some("src/b.tsx")),
            ("./c.mjs", Some("src/c.mjs")),
            ("./lib", Some("src/lib/index.ts")),
            ("./lib/", Some("src/lib/index.ts")),
            ("./lib/prompts", Some("src/lib/prompts.ts")),
            ("./lib/long.md?raw", Some("src/lib/long.md")),
            ("..", Some("index.ts")),
            ("../..", None),
            ("./a", None),
            ("./lib/missing", None),
            ("openai", None),
            ("node:fs", None),
        ] {
            assert_eq!(found(&files, "src/a.ts", specifier).as_deref(), expected, "{specifier}");
        }
    }

    #[test]
    fn aliases_of_the_nearest_tsconfig() {
        let files = [
            ("tsconfig.base.json", r#"{ "compilerOptions": { "paths": { "@shared/*": ["./libs/shared/*"] } } }"#),
            (
                "web/tsconfig.json",
                "{\n  // as the framework wants it\n  \"compilerOptions\": { /* all */ \"baseUrl\": \".\", \"paths\": { \"@/*\": [\"./src/*\"], \"@/db\": [\"./data/db\"], }, },\n}",
            ),
            ("api/tsconfig.json", r#"{ "extends": "../tsconfig.base" }"#),
            ("web/src/page.tsx", ""),
            ("web/src/lib/llm.ts", ""),
            ("web/data/db.ts", ""),
            ("web/util/text.ts", ""),
            ("api/main.ts", ""),
            ("libs/shared/prompts.ts", ""),
        ];
        for (from, specifier, expected) in [
            ("web/src/page.tsx", "@/lib/llm", Some("web/src/lib/llm.ts")),
            ("web/src/page.tsx", "@/db", Some("web/data/db.ts")),
            ("web/src/page.tsx", "util/text", Some("web/util/text.ts")),
            ("web/src/page.tsx", "@shared/prompts", None),
            ("api/main.ts", "@shared/prompts", Some("libs/shared/prompts.ts")),
        ] {
            assert_eq!(found(&files, from, specifier).as_deref(), expected, "{specifier}");
        }
    }

    #[test]
    fn packages_of_a_workspace_and_aliases_by_convention() {
        let files = [
            ("packages/core/package.json", r#"{ "name": "@acme/core" }"#),
            ("packages/core/src/index.ts", ""),
            ("packages/core/src/prompts.ts", ""),
            ("apps/web/src/routes/chat.ts", ""),
            ("apps/web/src/lib/llm.ts", ""),
        ];
        for (specifier, expected) in [
            ("@acme/core", Some("packages/core/src/index.ts")),
            ("@acme/core/prompts", Some("packages/core/src/prompts.ts")),
            ("@acme/other", None),
            ("@/lib/llm", Some("apps/web/src/lib/llm.ts")),
            ("$lib/llm", Some("apps/web/src/lib/llm.ts")),
        ] {
            assert_eq!(found(&files, "apps/web/src/routes/chat.ts", specifier).as_deref(), expected, "{specifier}");
        }
    }
}
