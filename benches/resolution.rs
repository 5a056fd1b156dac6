//! How long checking repositories takes against parsing the files in them that are worth parsing.
//!
//! usage: `cargo bench --bench resolution -- FOLDER…`, each folder a repository, or one that holds repositories
//!
//! For each repository the median of five runs on one thread, with the disk's cache warm: `parse` reads and parses every file
//! that may reach a call of a model, `check` is the whole of what the program does with the default settings but for printing.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use prompt_lint::catalogue::Catalogue;
use prompt_lint::cli::engine::Engine;
use prompt_lint::config::nearest::Discovery;
use prompt_lint::config::{Configs, Date, Overrides};
use prompt_lint::project::Language;
use prompt_lint::resolve::Reach;
use prompt_lint::walk::{Request, TestCode, Walk, walk};

const RUNS: usize = 5;

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let given: Vec<PathBuf> = std::env::args_os().skip(1).filter(|argument| argument != "--bench").map(PathBuf::from).collect();
    if given.is_empty() {
        eprintln!("no folder given: cargo bench --bench resolution -- FOLDER…");
        // `cargo test` and a plain `cargo bench` have nothing to measure.
        return ExitCode::SUCCESS;
    }
    if let Err(error) = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(8 << 20).build_global() {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let (mut parsed, mut checked) = (Duration::ZERO, Duration::ZERO);
    println!("{:>10} {:>10} {:>6}  repository", "parse", "check", "ratio");
    for folder in given.iter().flat_map(|folder| repositories(folder)) {
        let Some((parse, check)) = measured(&folder) else { continue };
        println!("{} {}", row(parse, check), folder.file_name().unwrap_or_default().to_string_lossy());
        parsed += parse;
        checked += check;
    }
    println!("{} all", row(parsed, checked));
    ExitCode::SUCCESS
}

fn row(parse: Duration, check: Duration) -> String {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let ratio = check.as_secs_f64() / parse.as_secs_f64().max(1e-6);
    format!("{:>7.1} ms {:>7.1} ms {ratio:>6.2}", milliseconds(parse), milliseconds(check))
}

/// The folder, if it holds a repository or code of its own; else the folders in it.
fn repositories(folder: &Path) -> Vec<PathBuf> {
    let entries: Vec<PathBuf> = std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    let is_repository = entries.iter().any(|entry| entry.ends_with(".git") || Language::of(&entry.to_string_lossy()).is_some());
    if is_repository {
        return vec![folder.to_owned()];
    }
    let mut folders: Vec<PathBuf> = entries.into_iter().filter(|entry| entry.is_dir()).collect();
    folders.sort();
    folders
}

/// The medians of parsing and of checking; `None` for a folder that can't be walked.
fn measured(folder: &Path) -> Option<(Duration, Duration)> {
    let engine = Engine::new();
    let (mut parses, mut checks) = (Vec::new(), Vec::new());
    // The first turn fills the cache of the disk and loads what is loaded once in a process.
    for turn in 0..=RUNS {
        let fresh = walked(folder)?;
        let started = Instant::now();
        parse_candidates(&fresh);
        let parse = started.elapsed();
        let fresh = walked(folder)?;
        let started = Instant::now();
        std::hint::black_box((engine.lint)(&fresh.project, &fresh.settings));
        let check = started.elapsed();
        if turn > 0 {
            parses.push(parse);
            checks.push(check);
        }
    }
    parses.sort();
    checks.sort();
    Some((parses[RUNS / 2], checks[RUNS / 2]))
}

fn walked(folder: &Path) -> Option<Walk> {
    let overrides = Overrides::defaults(Date::now());
    let folder = folder.canonicalize().ok()?;
    let mut configs = Configs::new(Engine::new().names(), Discovery::None, folder.clone());
    let paths = [folder.clone()];
    let request = Request { paths: &paths, working_dir: &folder, test_code: TestCode::Named, threads: 1, in_memory: false, verbose: false };
    walk(&request, &mut configs, &overrides).ok()
}

fn parse_candidates(walk: &Walk) {
    let project = &walk.project;
    let reach = Reach::new(project, Catalogue::builtin());
    for file in project.ids().filter(|file| project.file(*file).target) {
        match project.file(file).language {
            Language::Python | Language::JavaScript if reach.reaches(file) => drop(std::hint::black_box(project.module(file))),
            Language::Jinja => drop(std::hint::black_box(project.template(file).is_ok())),
            _ => {}
        }
    }
}
