//! What surrounds a prompt may not change how it is mended: each rewrite, in each host that the examples of the rules show, gives
//! exactly the same bytes between line breaks of Windows, behind a byte order mark, indented by tabs, among characters outside the
//! basic plane, under decorators and below comments. Syntax that cuts a text into pieces is mended to the byte or refused with the reason.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail by panic

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use prompt_lint::cli::engine::{Engine, FixLevel};
use prompt_lint::cli::examples::Bench;
use prompt_lint::config::nearest::Discovery;
use prompt_lint::config::{Configs, Date, Overrides, SettingsMap};
use prompt_lint::fix::apply::apply;
use prompt_lint::model::prompt::Confidence;
use prompt_lint::project::Project;
use prompt_lint::report::Severity;
use prompt_lint::rule::{Example, ExampleKind, RuleSet};

/// A way to write the same file otherwise; `None` where it has no such thing. A fix must make the one of the other, whichever way
/// round: what is put around the file first is around it afterwards.
struct Guard {
    name: &'static str,
    put: fn(host: &str, text: &str) -> Option<String>,
    /// The new text is handed over without it.
    comes_off: bool,
}

const GUARDS: &[Guard] = &[
    Guard { name: "line breaks of Windows", put: |_, text| Some(text.replace('\n', "\r\n")), comes_off: false },
    Guard { name: "byte order mark", put: |_, text| Some(format!("\u{feff}{text}")), comes_off: true },
    Guard { name: "tabs", put: tabs, comes_off: false },
    Guard { name: "astral characters", put: astral, comes_off: false },
    Guard { name: "decorators", put: decorated, comes_off: false },
    Guard { name: "a comment above", put: commented, comes_off: false },
];

fn tabs(host: &str, text: &str) -> Option<String> {
    let step = match host {
        "py" => "    ",
        "ts" | "tsx" | "js" | "mjs" => "  ",
        _ => return None,
    };
    let indented = |line: &str| {
        let depth = line.len() - line.trim_start_matches(' ').len();
        format!("{}{}", "\t".repeat(depth / step.len()), &line[depth - depth % step.len()..])
    };
    Some(text.split('\n').map(indented).collect::<Vec<_>>().join("\n"))
}

fn astral(_: &str, text: &str) -> Option<String> {
    text.contains(" the ").then(|| text.replace(" the ", " the 😀 "))
}

fn decorated(host: &str, text: &str) -> Option<String> {
    (host == "py" && text.contains("\ndef ")).then(|| text.replace("\ndef ", "\n@traced(\"def\")\ndef "))
}

fn commented(host: &str, text: &str) -> Option<String> {
    match host {
        "py" => Some(format!("# 😀 of the desk: {{now}}\n{text}")),
        "ts" | "tsx" | "js" | "mjs" => Some(format!("/* 😀 of the desk: ${{now}} */\n{text}")),
        "j2" => Some(format!("{{# 😀 of the desk #}}{text}")),
        "yaml" => Some(format!("# 😀 of the desk\n{text}")),
        _ => None,
    }
}

/// The ending of a path, which says the host.
fn host(path: &str) -> &str {
    Path::new(path).extension().and_then(|ending| ending.to_str()).unwrap_or("")
}

#[test]
fn each_rewrite_in_each_host_withstands_each_guard() {
    let rules = Arc::new(RuleSet::builtin().unwrap());
    let bench = Bench::new(rules.clone(), true);
    let (mut failed, mut cells): (String, BTreeMap<(String, String), BTreeSet<&str>>) = Default::default();
    for rule in rules.iter() {
        let Some(rewrite) = &rule.rewrite else { continue };
        for example in rule.examples.iter() {
            let ExampleKind::Bad { fixed: Some(fixed) } = &example.kind else { continue };
            let host = host(&example.file);
            for guard in GUARDS {
                let (Some(text), Some(mended)) = ((guard.put)(host, &example.text), (guard.put)(host, fixed)) else { continue };
                // Of a fix that writes or takes away such a word itself the two do not correspond.
                if guard.name == "astral characters" && example.text.matches(" the ").count() != fixed.matches(" the ").count() {
                    continue;
                }
                // The value of a literal of Python has no line breaks of Windows: what is looked for byte by byte is not found in it.
                if guard.name == "line breaks of Windows"
                    && host == "py"
                    && ["collapse-space", "drop-duplicate"].contains(&rewrite.as_str())
                {
                    continue;
                }
                let fixed = if guard.comes_off { fixed.clone() } else { mended };
                let guarded = Example { text, kind: ExampleKind::Bad { fixed: Some(fixed) }, ..example.clone() };
                cells.entry((rewrite.to_string(), host.to_owned())).or_default().insert(guard.name);
                for fault in bench.run(rule, &guarded).expect("the config of an example is valid").faults {
                    failed += &format!("{rewrite} of {} in {}, {}: {fault}\n", rule.id, example.file, guard.name);
                }
            }
        }
    }
    for ((rewrite, host), guards) in &cells {
        println!("{rewrite} in {host}: {guards:?}");
    }
    assert!(failed.is_empty(), "\n{failed}");
    assert!(cells.len() > 20, "only {} rewrites in hosts were seen", cells.len());
}

/// What comes of a file in which syntax cuts a text into pieces.
enum Mended {
    /// Exactly so.
    To(String),
    /// Not at all, with this in the reason.
    Refused(&'static str),
}

use Mended::{Refused, To};

/// Text that is the same in every request, a line each, long enough to be worth a cache.
const RULES: [&str; 6] = [
    "Answer questions about bicycles in the language of the question and in no more than five sentences.",
    "Name the price of a repair only if it stands in the price list, and say that it is without spare parts.",
    "Never promise a date of collection: the mechanics decide it when they have seen the bicycle.",
    "If somebody reports an accident with an injury, ask whether help is on its way before anything else.",
    "Do not advise on the brakes of electric bicycles; offer an appointment for them instead.",
    "Complaints about a mechanic are passed on to the head of the workshop and not judged by you.",
];

/// The rules as the lines of one text, `first` and `last` of them what a case is about.
fn lines(parts: &[&str]) -> String {
    let rules = RULES.join("\n");
    parts.iter().map(|part| part.replace("RULES", &rules)).collect::<Vec<_>>().concat()
}

fn python(prompt: &str) -> String {
    format!(
        "import os\nfrom datetime import datetime\n\nfrom openai import OpenAI\n\nclient = OpenAI()\n\n\ndef answer(question, user_name):\n{prompt}\n    \
         return client.chat.completions.create(\n        model=os.environ[\"MODEL\"],\n        max_completion_tokens=300,\n        \
         messages=[{{\"role\": \"system\", \"content\": prompt}}, {{\"role\": \"user\", \"content\": question}}],\n    )\n"
    )
}

fn script(prompt: &str) -> String {
    format!(
        "import OpenAI from \"openai\";\n\nconst client = new OpenAI();\n\nexport async function answer(question: string, names: string[]) {{\n{prompt}\n  \
         return client.chat.completions.create({{\n    model: process.env.MODEL,\n    max_completion_tokens: 300,\n    \
         messages: [{{ role: \"system\", content: prompt }}, {{ role: \"user\", content: question }}],\n  }});\n}}\n"
    )
}

const CLOCK: &str = "It is {datetime.now():%H:%M:%S}.";

/// Name, file, rule, text before and what comes of it.
fn cases() -> Vec<(&'static str, &'static str, &'static str, String, Mended)> {
    let moves = "cache/unstable-prefix";
    let tokens = |open: &str, join: &str, close: &str| RULES.map(|rule| format!("{open}{rule}{close}")).join(join);
    vec![
        (
            "a raw string",
            "desk/a.py",
            moves,
            python(&lines(&["    prompt = rf\"\"\"", CLOCK, "\nNever write \\d or \\\\.\nRULES\n\"\"\""])),
            To(python(&lines(&["    prompt = rf\"\"\"Never write \\d or \\\\.\nRULES\n", CLOCK, "\n\"\"\""]))),
        ),
        (
            "a string in a slot",
            "desk/a.py",
            moves,
            python(&lines(&["    prompt = f\"\"\"It is {f'{datetime.now():%H}' + 'h'}.\nRULES\n\"\"\""])),
            To(python(&lines(&["    prompt = f\"\"\"RULES\nIt is {f'{datetime.now():%H}' + 'h'}.\n\"\"\""]))),
        ),
        (
            "implicit concatenation",
            "desk/a.py",
            moves,
            python(&format!(
                "    prompt = (\n        f\"{CLOCK}\\n\"\n{}\n        f\"For {{user_name}}.\"\n    )",
                tokens("        \"", "\n", "\\n\"")
            )),
            To(python(&format!(
                "    prompt = (\n{}\n        f\"{CLOCK}\\n\"\n        f\"For {{user_name}}.\"\n    )",
                tokens("        \"", "\n", "\\n\"")
            ))),
        ),
        (
            "implicit concatenation with a comment in the way",
            "desk/a.py",
            moves,
            python(&format!("    prompt = (\n        f\"{CLOCK}\\n\"  # the clock\n{}\n    )", tokens("        \"", "\n", "\\n\""))),
            Refused("its line is not one string on a line of its own"),
        ),
        (
            "continued lines",
            "desk/a.py",
            moves,
            python(&format!("    prompt = f\"{CLOCK}\\n\" \\\n{}", tokens("        \"", " \\\n", "\\n\""))),
            Refused("its line is not one string on a line of its own"),
        ),
        (
            "a line that goes on behind a backslash",
            "desk/a.py",
            moves,
            python(&lines(&["    prompt = f\"\"\"\\\n", CLOCK, "\nBe kind \\\nand brief.\nRULES\n\"\"\""])),
            To(python(&lines(&["    prompt = f\"\"\"\\\nBe kind \\\nand brief.\nRULES\n", CLOCK, "\n\"\"\""]))),
        ),
        (
            "braces that stand for themselves",
            "desk/a.py",
            moves,
            python(&lines(&["    prompt = f\"\"\"", CLOCK, "\nAnswer as {{\"desk\": \"name\"}} alone.\nRULES\n\"\"\""])),
            To(python(&lines(&["    prompt = f\"\"\"Answer as {{\"desk\": \"name\"}} alone.\nRULES\n", CLOCK, "\n\"\"\""]))),
        ),
        (
            "slots that are filled in by their order",
            "desk/a.py",
            moves,
            python(&lines(&["    prompt = \"\"\"It is {}.\nRULES\nFor {}.\n\n", "RULES\n\"\"\".format(datetime.now(), user_name)"])),
            Refused("filled in by their order"),
        ),
        (
            "directives that are filled in by their order",
            "desk/a.py",
            moves,
            python(&lines(&["    prompt = \"\"\"It is %s.\nRULES\nFor %s.\n\n", "RULES\n\"\"\" % (datetime.now(), user_name)"])),
            Refused("filled in by their order"),
        ),
        (
            "a template literal in a template literal",
            "desk/a.ts",
            moves,
            script(&lines(&["  const prompt = `Seen ${new Date()}: ${names.map((n) => `\\n- ${n}`).join(\"\")}.\nWrite \\${x} and \\`y\\`.\nRULES\n`;"])),
            To(script(&lines(&["  const prompt = `Write \\${x} and \\`y\\`.\nRULES\nSeen ${new Date()}: ${names.map((n) => `\\n- ${n}`).join(\"\")}.\n`;"]))),
        ),
        (
            "a template",
            "prompts/a.system.j2",
            moves,
            lines(&["You are kind.\nIt is {{ current_time }}.\nRULES\n"]),
            To(lines(&["You are kind.\nRULES\nIt is {{ current_time }}.\n"])),
        ),
        (
            "white space control",
            "prompts/a.system.j2",
            moves,
            lines(&["It is {{ current_time -}}\n.\nYou are kind.\nRULES\n"]),
            To(lines(&["You are kind.\nRULES\nIt is {{ current_time -}}\n.\n"])),
        ),
        (
            "white space control beside its line",
            "prompts/a.system.j2",
            moves,
            lines(&["You are kind.\n{%- if question %}{% endif %}\nIt is {{ current_time }}.\n{%- set x = 1 %}\nRULES\n"]),
            Refused("a loop or branch begins or ends in the midst of its line"),
        ),
        (
            "white space control where it would go",
            "prompts/a.system.j2",
            moves,
            lines(&["You are kind.\nIt is {{ current_time }}.\nRULES\nBe brief.\n{%- if question %}\nQuestion: {{ question }}{% endif %}\n"]),
            To(lines(&["You are kind.\nRULES\nIt is {{ current_time }}.\nBe brief.\n{%- if question %}\nQuestion: {{ question }}{% endif %}\n"])),
        ),
        (
            "a trailing comma",
            "desk/a.py",
            "output/missing-cap",
            capped("reply = client.chat.completions.create(\n    model=\"gpt-4.1\",\n    messages=[{\"role\": \"user\", \"content\": f\"Name {x} in one word.\"}],\n)\n"),
            To(capped(
                "reply = client.chat.completions.create(\n    model=\"gpt-4.1\",\n    messages=[{\"role\": \"user\", \"content\": f\"Name {x} in one word.\"}],\n    max_completion_tokens=50,\n)\n",
            )),
        ),
        (
            "no trailing comma, and a comment behind the last argument",
            "desk/a.py",
            "output/missing-cap",
            capped("reply = client.chat.completions.create(\n    model=\"gpt-4.1\",\n    messages=[{\"role\": \"user\", \"content\": f\"Name {x} in one word.\"}]  # of the desk, (x)\n)\n"),
            To(capped(
                "reply = client.chat.completions.create(\n    model=\"gpt-4.1\",\n    messages=[{\"role\": \"user\", \"content\": f\"Name {x} in one word.\"}],  # of the desk, (x)\n    max_completion_tokens=50\n)\n",
            )),
        ),
        (
            "a decorated method",
            "desk/a.py",
            "output/missing-cap",
            "from openai import OpenAI\n\n\nclass Desk:\n    client = OpenAI()\n\n    @retry(tries=3, on=(OSError,))\n    def ask(self, x):\n        return self.client.chat.completions.create(model=\"gpt-4.1\", messages=[{\"role\": \"user\", \"content\": f\"Name {x} in one word.\"}])\n".into(),
            To("from openai import OpenAI\n\n\nclass Desk:\n    client = OpenAI()\n\n    @retry(tries=3, on=(OSError,))\n    def ask(self, x):\n        return self.client.chat.completions.create(model=\"gpt-4.1\", messages=[{\"role\": \"user\", \"content\": f\"Name {x} in one word.\"}], max_completion_tokens=50)\n".into()),
        ),
        (
            "JSX around the call",
            "desk/a.tsx",
            "output/missing-cap",
            "import OpenAI from \"openai\";\n\nconst client = new OpenAI();\n\nexport function Ask({ x }: { x: string }) {\n  return (\n    <button title=\"it's > {1}\" onClick={async () => {\n      await client.chat.completions.create({\n        model: \"gpt-4.1\",\n        messages: [{ role: \"user\", content: `Name ${x} in one word.` }],\n      });\n    }}>\n      Ask {x} /* not a comment */\n    </button>\n  );\n}\n".into(),
            To("import OpenAI from \"openai\";\n\nconst client = new OpenAI();\n\nexport function Ask({ x }: { x: string }) {\n  return (\n    <button title=\"it's > {1}\" onClick={async () => {\n      await client.chat.completions.create({\n        model: \"gpt-4.1\",\n        messages: [{ role: \"user\", content: `Name ${x} in one word.` }],\n        max_completion_tokens: 50,\n      });\n    }}>\n      Ask {x} /* not a comment */\n    </button>\n  );\n}\n".into()),
        ),
        (
            "a literal scalar of YAML",
            "prompts/desk.yaml",
            moves,
            yaml("|", &lines(&["You are kind.\nIt is {{$current_time}}.\nRULES\n"])),
            To(yaml("|", &lines(&["You are kind.\nRULES\nIt is {{$current_time}}.\n"]))),
        ),
        (
            "a folded scalar of YAML",
            "prompts/desk.yaml",
            moves,
            yaml(">", &lines(&["You are kind.\n\nIt is {{$current_time}}.\n\nRULES\n"])),
            Refused("can't be written there"),
        ),
    ]
}

fn capped(call: &str) -> String {
    format!("from openai import OpenAI\n\nclient = OpenAI()\nx = input()\n{call}print(reply.choices[0].message.content)\n")
}

/// A prompt of Semantic Kernel in a scalar of this style.
fn yaml(style: &str, prompt: &str) -> String {
    let prompt: String = prompt.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "name: Desk # of the workshop\ntemplate: {style}\n{prompt}template_format: semantic-kernel\nexecution_settings:\n  default:\n    \
         max_tokens: 300\n"
    )
}

fn settings(rule: &str) -> SettingsMap {
    let overrides = Overrides {
        select: vec![rule.into()],
        preview: true,
        min_severity: Severity::Info,
        min_confidence: Confidence::Low,
        ..Overrides::defaults("2026-11-22".parse::<Date>().unwrap())
    };
    let folder = std::env::temp_dir();
    let mut configs = Configs::new(Engine::new().names(), Discovery::None, folder.clone());
    SettingsMap::new(configs.for_folder(&folder).unwrap().settings(&folder.join("a.py"), &overrides))
}

#[test]
fn syntax_around_a_text_is_kept_or_the_fix_refused() {
    let mut failed = String::new();
    for (name, file, rule, before, mended) in cases() {
        let project = Project::in_memory([(file, before.as_str())]);
        let settings = settings(rule);
        let report = (Engine::new().lint)(&project, &settings);
        let patch = (Engine::new().fix)(&project, &settings, FixLevel::Unsafe, &|_, _| ());
        let id = project.find(file).unwrap();
        let written = patch.texts.get(&id).map(|text| project.source(id).unwrap().write_back(text).unwrap());
        let after = &written.map_or_else(|| before.clone(), |bytes| String::from_utf8(bytes).unwrap());
        let helps: Vec<&str> = report.findings.iter().map(|finding| finding.help.as_str()).collect();
        match mended {
            To(expected) if *after == expected && expected != before => {}
            To(expected) => failed += &format!("{name}: instead of\n{expected}\n{after}\n{helps:?}\n{:?}\n", patch.notes),
            Refused(reason) => {
                if *after != before || !helps.iter().any(|help| help.contains("(not fixed: ") && help.contains(reason)) {
                    failed += &format!("{name}: not refused, {reason}:\n{after}\n{helps:?}\n{:?}\n", patch.notes);
                }
            }
        }
        // Bytes that no edit of the report names are the same behind it.
        for fix in report.findings.iter().filter_map(|finding| finding.fix.as_ref()) {
            let mut edits = fix.edits.clone();
            edits.sort_by_key(|edit| edit.span);
            // In a file that holds prompts the text is that of the prompts.
            let read = project.text(edits[0].file);
            let mut rest = apply(project.source(edits[0].file).unwrap(), &edits.iter().collect::<Vec<_>>()).unwrap();
            let mut at = 0;
            for edit in &edits {
                let kept = &read[at..edit.span.start as usize];
                rest = rest
                    .strip_prefix(kept)
                    .and_then(|rest| rest.strip_prefix(edit.text.as_str()))
                    .expect("a byte outside the edits changed")
                    .into();
                at = edit.span.end as usize;
            }
            assert_eq!(rest, read[at..], "{name}");
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}
