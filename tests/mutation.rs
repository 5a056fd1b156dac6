//! Files that are damaged at random (bytes flipped, cut, spliced, repeated): no panic, no file that holds the run up, and no edit of
//! what did not parse. A case is its number, so a failing one is run again by it:
//!
//! `MUTATIONS=100000 cargo test --release --test mutation -- --nocapture`, `MUTATE_FROM=4711 MUTATIONS=1 …`
//!
//! `MUTATION_LOG=FILE` holds the number of the case that runs, for one that ends the process.

#![allow(clippy::unwrap_used)] // a test may fail by panic

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use prompt_lint::cli::engine::{Engine, FixLevel};
use prompt_lint::config::nearest::Discovery;
use prompt_lint::config::{Configs, Date, Overrides, SettingsMap};
use prompt_lint::model::prompt::Confidence;
use prompt_lint::project::{Language, Project};
use prompt_lint::report::{Severity, human, sarif};
use prompt_lint::rule::{ExampleKind, RuleSet};

/// The slowest case that is let pass, of a build with optimisation.
const PATIENCE: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

/// Pieces that mean something to one of the parsers.
const TOKENS: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "{% endfor %}",
    "{% raw %}",
    "`",
    "${",
    "}",
    "\"\"\"",
    "'",
    "\"",
    "\\",
    "\r\n",
    "\r",
    "\t",
    "\u{feff}",
    "\0",
    "\u{2028}",
    "😀",
    "é",
    "f\"",
    "rb'",
    "(",
    ")",
    "[",
    "]",
    "lambda: ",
    "await ",
    "yield ",
    "*",
    "**",
    ":=",
    " = ",
    "def f(): ",
    "class A: ",
    "return ",
    "if x: ",
    "else: ",
    "for x in y: ",
    "=> ",
    "...",
    "/*",
    "*/",
    "//",
    "#",
    "# prompt-lint: ignore[",
    "]",
    "<div>",
    "</",
    "async ",
    "import x",
    "from . import *",
    ".format(",
    "%s",
    "messages.append(",
    "self.",
    "datetime.now()",
    "system=",
    "max_tokens=",
    "\"cells\": [",
    "\\u0000",
    "\\ud800",
    "0x",
    "1e999",
    "-",
];

/// A generator that gives the same numbers everywhere.
struct Pick(u64);

impl Pick {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        if limit == 0 { 0 } else { (self.number() % limit as u64) as usize }
    }

    fn of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len())]
    }
}

/// Files of all kinds that hold calls and prompts: the examples of the rules and the inputs of the other tests.
fn corpus() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for rule in RuleSet::builtin().unwrap().iter() {
        for example in rule.examples.iter() {
            files.push((example.file.clone(), example.text.clone()));
            if let ExampleKind::Bad { fixed: Some(fixed) } = &example.kind {
                files.push((example.file.clone(), fixed.clone()));
            }
            files.extend(example.files.iter().map(|(path, text)| (path.clone(), text.clone())));
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_read = Language::of(&name).is_some_and(|language| language != Language::Text);
        if let (true, Ok(text)) = (is_read && entry.file_type().is_file(), std::fs::read_to_string(entry.path())) {
            files.push((name, text));
        }
    }
    files.retain(|(path, text)| text.len() < 20_000 && Language::of(path).is_some());
    files
}

fn mutated(corpus: &[(String, String)], pick: &mut Pick) -> (String, String) {
    let (path, text) = pick.of(corpus);
    let mut bytes = text.clone().into_bytes();
    for _ in 0..=pick.below(6) {
        let at = pick.below(bytes.len());
        let end = (at + pick.below(200)).min(bytes.len());
        match pick.below(9) {
            0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (at % 7)),
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..end)),
            3 | 4 => {
                let token = pick.of(TOKENS).as_bytes().repeat(1 + pick.below(3));
                bytes.splice(at..at, token);
            }
            5 => {
                let other = pick.of(corpus).1.as_bytes();
                let from = pick.below(other.len());
                let to = (from + pick.below(400)).min(other.len());
                bytes.splice(at..end.min(at + 20), other[from..to].iter().copied());
            }
            6 => {
                let piece = bytes[at..end].repeat(1 + pick.below(30));
                bytes.splice(at..at, piece);
            }
            7 => {
                // A line goes to another place.
                let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                let (from, to) = (pick.below(lines.len()), pick.below(lines.len()));
                let mut lines = lines;
                if !lines.is_empty() {
                    let line = lines.remove(from);
                    lines.insert(to.min(lines.len()), line);
                }
                bytes = lines.concat();
            }
            _ => {
                let token = pick.of(TOKENS).as_bytes();
                let times = 1 + pick.below(300);
                bytes.splice(at..at, token.repeat(times));
            }
        }
    }
    (path.clone(), String::from_utf8_lossy(&bytes).into_owned())
}

fn settings() -> SettingsMap {
    let overrides = Overrides {
        preview: true,
        min_severity: Severity::Info,
        min_confidence: Confidence::Low,
        ..Overrides::defaults("2026-11-22".parse::<Date>().unwrap())
    };
    let folder = std::env::temp_dir();
    let mut configs = Configs::new(Engine::new().names(), Discovery::None, folder.clone());
    SettingsMap::new(configs.for_folder(&folder).unwrap().settings(&folder.join("a.py"), &overrides))
}

/// Whether a file of the project did not parse.
fn is_broken(project: &Project, id: prompt_lint::span::FileId) -> bool {
    match project.file(id).language {
        _ if project.source(id).is_err() => true,
        Language::Python | Language::JavaScript => !project.module(id).errors.is_empty(),
        Language::Jinja => project.template(id).is_err(),
        Language::Text => true,
    }
}

/// Checks and fixes one project and renders what was found; what went wrong, in words.
fn run(files: &[(String, String)], settings: &SettingsMap) -> Result<(), String> {
    let engine = Engine::new();
    let project = Project::in_memory(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let report = (engine.lint)(&project, settings);
    if report.panics > 0 {
        return Err(format!("a panic: {:?}", report.notes));
    }
    let mut out = Vec::new();
    human::render(&project, &report, human::Style { colour: false, width: 100 }, &mut out).map_err(|error| error.to_string())?;
    sarif::render(&project, &report, &[], false, &mut out).map_err(|error| error.to_string())?;
    let patch = (engine.fix)(&project, settings, FixLevel::Unsafe, &|_, _| ());
    if patch.panics > 0 {
        return Err(format!("a panic in a fix: {:?}", patch.notes));
    }
    match patch.texts.keys().find(|id| is_broken(&project, **id)) {
        Some(id) => Err(format!("{} does not parse and was edited", project.file(*id).path)),
        None => Ok(()),
    }
}

#[test]
fn damaged_files_do_no_damage() {
    let number = |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (from, cases) = (number("MUTATE_FROM", 0), number("MUTATIONS", 400));
    let log = std::env::var_os("MUTATION_LOG");
    // As large as the program's own.
    let _ = rayon::ThreadPoolBuilder::new().stack_size(8 << 20).build_global();
    let (corpus, settings) = (corpus(), settings());
    assert!(corpus.len() > 300, "{}", corpus.len());
    let mut faults = Vec::new();
    let mut slowest = (Duration::ZERO, 0);
    for case in from..from + cases {
        if let Some(log) = &log {
            std::fs::write(log, case.to_string()).unwrap();
        }
        let mut pick = Pick(case);
        let mut files = vec![mutated(&corpus, &mut pick)];
        // Sometimes with another that it may import.
        if pick.below(4) == 0 {
            let other = if pick.below(2) == 0 { mutated(&corpus, &mut pick) } else { pick.of(&corpus).clone() };
            files.extend((other.0 != files[0].0).then_some(other));
        }
        if cases == 1 {
            files.iter().for_each(|(path, text)| println!("--- {path}\n{text}"));
        }
        let started = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| run(&files, &settings)));
        let took = started.elapsed();
        slowest = slowest.max((took, case));
        let fault = match outcome {
            Err(_) => Some("a panic that was not caught".to_owned()),
            Ok(Err(fault)) => Some(fault),
            Ok(Ok(())) if took > PATIENCE => Some(format!("it took {took:?}")),
            Ok(Ok(())) => None,
        };
        if let Some(fault) = fault {
            println!("case {case}: {fault}");
            faults.push(case);
        }
        if cases > 1000 && (case + 1 - from).is_multiple_of(10_000) {
            println!("{} cases, the slowest {slowest:?}", case + 1 - from);
        }
    }
    println!("{cases} cases, the slowest took {:?} (case {})", slowest.0, slowest.1);
    assert!(faults.is_empty(), "MUTATE_FROM={} MUTATIONS=1 runs the first of {} faults: {faults:?}", faults[0], faults.len());
}
