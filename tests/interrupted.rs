//! A run of `--fix` that is killed leaves every file as it was or as it is to be.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const FILES: usize = 24;

/// Prompts with a clock in front of text that could be cached.
fn prompts(folder: &Path) {
    let rules = "Answer in whole sentences, name the source of every figure, and say so when a question cannot be answered.\n".repeat(6);
    for at in 0..FILES {
        fs::write(folder.join(format!("desk{at}.system.j2")), format!("Today is {{{{ now }}}}.\nYou are desk {at}.\n{rules}")).unwrap();
    }
}

fn texts(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let names = files.map(|file| (file.file_name().into_string().unwrap(), file.path()));
    names.filter(|(name, _)| name.ends_with(".j2")).map(|(name, path)| (name, fs::read_to_string(path).unwrap())).collect()
}

fn fix(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prompt-lint"));
    command.args(["--fix", "--min-severity", "info", "--no-config", "--today", "2026-11-22", "."]).current_dir(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn every_file_is_old_or_new() {
    let folder = tempfile::tempdir().unwrap();
    prompts(folder.path());
    let old = texts(folder.path());
    let began = Instant::now();
    fix(folder.path()).status().unwrap();
    let whole = began.elapsed();
    let new = texts(folder.path());
    assert!(old.iter().all(|(name, text)| new[name] != *text), "nothing was fixed");

    const KILLS: u32 = 6;
    for at in 0..KILLS {
        prompts(folder.path());
        let mut run = fix(folder.path()).spawn().unwrap();
        // The second half of a run is when it writes.
        std::thread::sleep(whole / 2 + whole / 2 * at / KILLS);
        let _ = run.kill();
        run.wait().unwrap();
        for (name, text) in texts(folder.path()) {
            assert!(text == old[&name] || text == new[&name], "{name} is neither old nor new after kill {at}");
        }
    }

    // What a killed run leaves beside the files is in nobody's way.
    prompts(folder.path());
    fix(folder.path()).status().unwrap();
    assert_eq!(texts(folder.path()), new);
}
