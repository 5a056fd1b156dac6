//! A rule of any content is taken or refused with a message, and one that is taken judges a prompt; neither panics.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use prompt_lint::catalogue::Catalogue;
use prompt_lint::check::{self, Knowledge, Rules};
use prompt_lint::cli::engine::Engine;
use prompt_lint::config::nearest::Discovery;
use prompt_lint::config::{Configs, Overrides, SettingsMap};
use prompt_lint::model::prompt::Confidence;
use prompt_lint::project::Project;
use prompt_lint::report::Severity;
use prompt_lint::rule::RuleSet;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("prompt-lint-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("own")).expect("a folder for the rule");
    folder
});

static SETTINGS: LazyLock<SettingsMap> = LazyLock::new(|| {
    let overrides = Overrides { preview: true, min_severity: Severity::Info, min_confidence: Confidence::Low, ..Overrides::defaults("2026-11-22".parse().expect("a date")) };
    let mut configs = Configs::new(Engine::new().names(), Discovery::None, FOLDER.clone());
    SettingsMap::new(configs.for_folder(&FOLDER).expect("no config").settings(&FOLDER.join("a.py"), &overrides))
});

const CODE: &str = "from openai import OpenAI\n\n\ndef answer(question, now):\n    messages.append({\"role\": \"user\", \"content\": question})\n    \
                    return OpenAI().chat.completions.create(model=\"gpt-4.1\", messages=[{\"role\": \"system\", \"content\": f\"It is {now}. Be \
                    kind.\"}] + messages)\n";

fuzz_target!(|text: &str| {
    if std::fs::write(FOLDER.join("own/rule.yaml"), text).is_err() {
        return;
    }
    let mut rules = RuleSet::default();
    if let Err(error) = rules.load_dir(&FOLDER) {
        let range = error.range();
        assert!(range.end <= error.text().len(), "{error}");
        return;
    }
    let project = Project::in_memory([("answer.py", CODE)]);
    let knowledge = Knowledge { catalogue: Catalogue::builtin(), rules: Rules::Of(&rules) };
    assert_eq!(check::lint(&project, &SETTINGS, &knowledge).report.panics, 0);
});
