//! Every frontend survives any text, and what it says lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prompt_lint::project::Project;

const NAMES: [&str; 9] = ["a.py", "a.ipynb", "a.js", "a.ts", "a.tsx", "a.j2", "a.prompty", "a.poml", "a.prompt.yml"];

fuzz_target!(|data: &[u8]| {
    let Some((first, text)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    let project = Project::in_memory([(NAMES[*first as usize % NAMES.len()], text.as_ref())]);
    for id in project.ids() {
        let length = project.text(id).len();
        let module = project.module(id);
        assert!(module.comments.iter().all(|comment| comment.end as usize <= length && comment.start <= comment.end));
        let _ = project.definitions(id);
        let _ = project.template(id);
    }
});
