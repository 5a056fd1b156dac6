//! Which versions of packages a project asks for: `package.json` with pnpm's catalogs, requirements files, `pyproject.toml`.

use std::collections::HashMap;

use serde_json::Value as Json;
use toml_edit::{Document, Item, Value};

use crate::project::{Language, Project};

/// A version of three parts; `u32::MAX` where a part may be any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u32; 3]);

/// For the name of each package the highest version that is allowed, or nothing where no bound is told.
type Asked = HashMap<String, Option<Version>>;

/// What the files of a project say about versions, by the folder of the file.
#[derive(Debug, Default)]
pub struct Requirements {
    folders: HashMap<String, Asked>,
}

impl Version {
    /// A version as it is written: `5`, `1.45.0`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::padded(text, 0)
    }

    fn padded(text: &str, rest: u32) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        let mut parts = [rest; 3];
        let written = text.split('.').map_while(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).map_or(part, |end| &part[..end]);
            digits.parse().ok()
        });
        let mut some = false;
        for (part, number) in parts.iter_mut().zip(written) {
            *part = number;
            some = true;
        }
        some.then_some(Self(parts))
    }

    /// The version with every part from the `kept`-th on free.
    fn free_from(self, kept: usize) -> Self {
        Self(std::array::from_fn(|at| if at < kept { self.0.get(at).copied().unwrap_or_default() } else { u32::MAX }))
    }

    /// The highest version below this one.
    fn before(self) -> Option<Self> {
        let last = self.0.iter().rposition(|part| *part > 0)?;
        let Self(mut parts) = self.free_from(last + 1);
        *parts.get_mut(last)? -= 1;
        Some(Self(parts))
    }
}

/// The highest version that a requirement allows: of `==1.3.0`, `^4.3`, `>=1,<2`, `~=1.40`, `4.x`. `None` where it sets no bound, or is
/// no number (a tag, a path, a link).
fn highest(written: &str) -> Option<Version> {
    let written = written.trim();
    if written.contains(" - ") || written.contains("://") || written.contains('@') {
        return None;
    }
    // Each of the alternatives has to be bounded.
    written.split("||").map(bound).collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// The lowest of the bounds that conditions set which hold together.
fn bound(written: &str) -> Option<Version> {
    const OPERATORS: [char; 6] = ['=', '<', '>', '~', '^', '!'];
    let mut rest = written.trim();
    let mut lowest: Option<Version> = None;
    while !rest.is_empty() {
        let at = rest.find(|c| !OPERATORS.contains(&c)).unwrap_or(rest.len());
        let (operator, after) = rest.split_at(at);
        let after = after.trim_start();
        let end = after.find(|c: char| c == ',' || c.is_whitespace() || OPERATORS.contains(&c)).unwrap_or(after.len());
        let (version, left) = after.split_at(end);
        let known = version.split('.').take_while(|part| part.starts_with(|c: char| c.is_ascii_digit()) || part.starts_with('v')).count();
        let found = Version::parse(version);
        let bound = match operator {
            "" | "=" | "==" | "===" if known < 3 => found.map(|found| found.free_from(known)),
            "" | "=" | "==" | "===" | "<=" => found,
            "<" => found.and_then(Version::before),
            "^" => found.map(|found| found.free_from(found.0.iter().position(|part| *part > 0).unwrap_or(2) + 1)),
            "~" => found.map(|found| found.free_from(known.min(2))),
            "~=" => found.map(|found| found.free_from(known.saturating_sub(1).max(1))),
            _ => None,
        };
        lowest = [lowest, bound].into_iter().flatten().min();
        rest = left.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
    }
    lowest
}

impl Requirements {
    /// What the `package.json` files of a project ask for.
    pub fn of_scripts(project: &Project) -> Self {
        let mut catalogs: Vec<(String, serde_yaml::Value)> = Vec::new();
        let mut requirements = Self::default();
        let mut packages = Vec::new();
        for id in project.ids() {
            let (folder, name) = parted(&project.file(id).key);
            match name {
                "package.json" => {
                    packages.extend(project.peek(id, |text| serde_json::from_str::<Json>(text).ok()).flatten().map(|json| (folder, json)))
                }
                "pnpm-workspace.yaml" => {
                    catalogs
                        .extend(project.peek(id, |text| serde_yaml::from_str(text).ok()).flatten().map(|yaml| (folder.to_string(), yaml)));
                }
                _ => {}
            }
        }
        for (folder, package) in packages {
            let asked = requirements.folders.entry(folder.to_string()).or_default();
            for kind in ["peerDependencies", "devDependencies", "dependencies"] {
                for (name, version) in package.get(kind).and_then(Json::as_object).into_iter().flatten() {
                    let Some(written) = version.as_str() else { continue };
                    let found = match written.strip_prefix("catalog:") {
                        Some(catalog) => above(folder)
                            .find_map(|above| catalogs.iter().find(|(folder, _)| folder == above))
                            .and_then(|(_, yaml)| highest(in_catalog(yaml, catalog, name)?)),
                        None => highest(written),
                    };
                    asked.insert(name.clone(), found);
                }
            }
        }
        requirements
    }

    /// What requirements files and `pyproject.toml` ask for.
    pub fn of_python(project: &Project) -> Self {
        let mut requirements = Self::default();
        for id in project.ids() {
            let file = project.file(id);
            let (folder, name) = parted(&file.key);
            if file.language != Language::Text {
                continue;
            }
            let found: Option<Vec<(String, Option<Version>)>> = if name == "pyproject.toml" {
                project.peek(id, of_pyproject)
            } else if name.ends_with(".txt") && (name.contains("requirements") || file.key.contains("requirements/")) {
                project.peek(id, |text| text.lines().filter_map(of_line).collect())
            } else {
                None
            };
            let asked = requirements.folders.entry(folder.to_string()).or_default();
            for (name, version) in found.into_iter().flatten() {
                // Of two files of a folder the one that allows more counts.
                asked.entry(name).and_modify(|known| *known = (*known).zip(version).map(|(one, other)| one.max(other))).or_insert(version);
            }
        }
        requirements
    }

    /// Whether the file with this key runs with a version of `package` that is surely below another: what the nearest file above it
    /// says that names the package, else what all files of the project say.
    pub fn is_below(&self, key: &str, package: &str, limit: &str) -> bool {
        let Some(limit) = Version::parse(limit) else { return false };
        let nearest = above(parted(key).0).find_map(|folder| self.folders.get(folder)?.get(package));
        let highest = match nearest {
            Some(highest) => *highest,
            None => {
                let all: Vec<_> = self.folders.values().filter_map(|asked| asked.get(package)).copied().collect();
                all.into_iter().collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max())
            }
        };
        highest.is_some_and(|highest| highest < limit)
    }
}

/// The version of a package in one of pnpm's catalogs, or in the one without a name.
fn in_catalog<'y>(workspace: &'y serde_yaml::Value, catalog: &str, package: &str) -> Option<&'y str> {
    let named = match catalog.trim() {
        "" | "default" => workspace.get("catalog").or_else(|| workspace.get("catalogs")?.get("default")),
        name => workspace.get("catalogs")?.get(name),
    };
    named?.get(package)?.as_str()
}

/// What a line of a requirements file asks for: `openai[voice]==1.3.0 ; python_version < "3.9"`.
fn of_line(line: &str) -> Option<(String, Option<Version>)> {
    let line = line.split(['#', ';']).next().unwrap_or_default().split(" --").next().unwrap_or_default().trim();
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(rest, |(_, rest)| rest);
    Some((normal(name), highest(rest.trim_matches(['(', ')', ' ']))))
}

/// What a `pyproject.toml` asks for, by the standard's tables or by Poetry's.
fn of_pyproject(text: &str) -> Vec<(String, Option<Version>)> {
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    let root = document.as_item();
    let mut found = Vec::new();
    let mut lines = |item: Option<&Item>| {
        let texts = item.and_then(Item::as_array).into_iter().flatten().filter_map(Value::as_str);
        found.extend(texts.filter_map(of_line));
    };
    let project = root.get("project");
    lines(project.and_then(|project| project.get("dependencies")));
    for groups in [project.and_then(|project| project.get("optional-dependencies")), root.get("dependency-groups")] {
        for (_, group) in groups.and_then(Item::as_table_like).into_iter().flat_map(|groups| groups.iter()) {
            lines(Some(group));
        }
    }
    let poetry = root.get("tool").and_then(|tool| tool.get("poetry")).and_then(|poetry| poetry.get("dependencies"));
    for (name, asked) in poetry.and_then(Item::as_table_like).into_iter().flat_map(|asked| asked.iter()) {
        let version = asked.as_str().or_else(|| asked.get("version")?.as_str());
        found.push((normal(name), version.and_then(highest)));
    }
    found
}

/// A name as PyPI compares it.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

/// The folder and the name of a file.
fn parted(key: &str) -> (&str, &str) {
    key.rsplit_once('/').unwrap_or(("", key))
}

/// A folder and those above it.
fn above(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| (!folder.is_empty()).then(|| parted(folder).0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_that_a_requirement_allows() {
        const ANY: u32 = u32::MAX;
        for (written, expected) in [
            ("==1.3.0", Some([1, 3, 0])),
            ("== 1.3.0", Some([1, 3, 0])),
            ("==1.3.*", Some([1, 3, ANY])),
            ("1.3.0", Some([1, 3, 0])),
            ("4", Some([4, ANY, ANY])),
            ("4.x", Some([4, ANY, ANY])),
            ("^4.3.17", Some([4, ANY, ANY])),
            ("^0.3.1", Some([0, 3, ANY])),
            ("^0.0.3", Some([0, 0, 3])),
            ("~4.3.17", Some([4, 3, ANY])),
            ("~4", Some([4, ANY, ANY])),
            ("~=1.40", Some([1, ANY, ANY])),
            ("~=1.40.2", Some([1, 40, ANY])),
            (">=1.0,<2", Some([1, ANY, ANY])),
            (">=1.0 <1.45.0", Some([1, 44, ANY])),
            (">=1.0, !=1.2, <=1.45", Some([1, 45, 0])),
            ("^3 || ^4", Some([4, ANY, ANY])),
            ("5.0.0-beta.2", Some([5, 0, 0])),
            (">=1.0", None),
            ("^3 || >=4", None),
            ("", None),
            ("*", None),
            ("latest", None),
            ("workspace:*", None),
            ("npm:other@^4", None),
            ("git+https://host/ai.git", None),
            ("1.2 - 2.3", None),
        ] {
            assert_eq!(highest(written), expected.map(Version), "{written}");
        }
    }

    #[test]
    fn lines_of_requirements() {
        let of = |line: &str| of_line(line).map(|(name, version)| (name, version.map(|version| version.0)));
        assert_eq!(of("openai==1.3.0"), Some(("openai".into(), Some([1, 3, 0]))));
        assert_eq!(of("Open_AI[voice] == 1.3.1 ; python_version < '3.9'  # why"), Some(("open-ai".into(), Some([1, 3, 1]))));
        assert_eq!(of("openai==1.3.0 --hash=sha256:00"), Some(("openai".into(), Some([1, 3, 0]))));
        assert_eq!(of("openai @ https://host/openai-1.3.0.whl"), Some(("openai".into(), None)));
        assert_eq!(of("openai"), Some(("openai".into(), None)));
        assert_eq!(of("-r base.txt"), None);
        assert_eq!(of("# openai==1.3.0"), None);
    }

    fn project(files: &[(&str, &str)]) -> Project {
        Project::in_memory(files.iter().copied())
    }

    #[test]
    fn what_is_nearest_counts_and_else_all() {
        let project = project(&[
            ("server/requirements.txt", "openai==1.3.0\n"),
            ("client/pyproject.toml", "[project]\ndependencies = [\"openai==1.9.0\", \"httpx\"]\n"),
            ("desk/pyproject.toml", "[tool.poetry.dependencies]\nopenai = { version = \"^2.1\", extras = [\"voice\"] }\n"),
            ("loose/requirements.txt", "openai\nhttpx==0.1\n"),
        ]);
        let asked = Requirements::of_python(&project);
        let below = |key: &str, limit: &str| asked.is_below(key, "openai", limit);
        assert!(below("server/app/main.py", "1.45") && !below("server/app/main.py", "1.3"));
        assert!(below("client/main.py", "1.45") && !below("desk/main.py", "1.45") && below("desk/main.py", "3"));
        assert!(!below("loose/main.py", "1.45"), "any version may be installed");
        assert!(!below("scripts/main.py", "9"), "one of the folders names no bound");
        assert!(!asked.is_below("scripts/main.py", "httpx", "0.2"), "the client names no bound");
    }

    #[test]
    fn a_catalog_of_pnpm_tells_the_version() {
        let project = project(&[
            ("pnpm-workspace.yaml", "packages: ['*']\ncatalog:\n  ai: ^4.3.17\ncatalogs:\n  next:\n    ai: ^5.0.0\n"),
            ("old/package.json", "{ \"dependencies\": { \"ai\": \"catalog:\" } }"),
            ("new/package.json", "{ \"dependencies\": { \"ai\": \"catalog:next\" } }"),
            ("none/package.json", "{ \"dependencies\": { \"ai\": \"catalog:other\" } }"),
        ]);
        let asked = Requirements::of_scripts(&project);
        assert!(asked.is_below("old/src/a.ts", "ai", "5"));
        assert!(!asked.is_below("new/src/a.ts", "ai", "5"));
        assert!(!asked.is_below("none/src/a.ts", "ai", "5"));
    }
}
