//! Fixes of any code: none panics, each file still parses, a second run changes nothing.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use prompt_lint::cli::engine::{Engine, FixLevel};
use prompt_lint::config::nearest::Discovery;
use prompt_lint::config::{Configs, Overrides, SettingsMap};
use prompt_lint::fix::prove::is_clean;
use prompt_lint::model::prompt::Confidence;
use prompt_lint::project::Project;
use prompt_lint::report::Severity;

const NAMES: [&str; 8] =
    ["answer.py", "answer.ts", "guide.system.j2", "answer.js", "answer.ipynb", "guide.prompty", "guide.poml", "guide.prompt.yml"];

static SETTINGS: LazyLock<SettingsMap> = LazyLock::new(|| {
    let overrides = Overrides {
        preview: true,
        min_severity: Severity::Info,
        min_confidence: Confidence::Low,
        ..Overrides::defaults("2026-11-22".parse().expect("a date"))
    };
    let folder = std::env::temp_dir();
    let mut configs = Configs::new(Engine::new().names(), Discovery::None, folder.clone());
    SettingsMap::new(configs.for_folder(&folder).expect("no config").settings(&folder.join("a.py"), &overrides))
});

fuzz_target!(|data: &[u8]| {
    let Some((first, text)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    let name = NAMES[*first as usize % NAMES.len()];
    let project = Project::in_memory([(name, text.as_ref())]);
    let fix = |project: &Project| (Engine::new().fix)(project, &SETTINGS, FixLevel::Unsafe, &|_, _| ());
    let patch = fix(&project);
    assert_eq!(patch.panics, 0, "{:?}", patch.notes);
    // What is written is read again: the text of a notebook or of a scalar is not what stands in the file.
    let mended = project.with_texts(&patch.texts.clone().into_iter().collect());
    assert!(patch.texts.keys().all(|id| is_clean(&mended, *id)), "no longer parses: {:?}", patch.texts);
    let again = fix(&mended);
    assert!(
        again.texts.iter().all(|(id, second)| mended.text(*id) == *second),
        "a second run makes of\n{:?}\n{:?}",
        patch.texts,
        again.texts
    );
});
