//! Who hands a conversation over, where a template or a route of a server takes it: whether nothing of it is seen to be left out there.

use crate::document::tree::{self, Node};
use crate::project::{Language, Project};
use crate::rewrite::find::{self, Seen};
use crate::span::FileId;
use crate::syntax::{DictItem, Expr, ExprKind, Module, Stmt, StmtKind};

/// Files in which Prompt flow says what goes into which template
/// (<https://microsoft.github.io/promptflow/how-to-guides/develop-a-dag-flow/index.html>, seen 2026-11-23).
const FLOW: &str = "flow.dag.yaml";
/// The input to which the runtime of a flow adds each turn, and that it hands over whole, unless another one is marked for it.
const FLOW_HISTORY: &str = "chat_history";
/// Folders above a template that are looked at for its flow.
const FOLDERS: usize = 3;
/// The endpoint of `useChat` where none is named (<https://ai-sdk.dev/docs/reference/ai-sdk-ui/use-chat>, seen 2026-11-23).
const CHAT_ENDPOINT: &str = "/api/chat";
/// Hooks of libraries that send all messages of the conversation that they keep (AI SDK, assistant-ui).
const CHAT_HOOKS: [&str; 2] = ["useChat", "useChatRuntime"];
/// Words of a function that leaves something out.
const CUTS: [&str; 13] =
    ["slice(", "splice(", "shift(", "pop(", ".at(", "filter(", "break", "trim", "trunc", "limit", "max", "token", "recent"];

/// Whether a flow fills a slot of the template with all of a conversation.
pub(super) fn by_flow(project: &Project, template: FileId, slot: &str) -> bool {
    let key = &project.file(template).key;
    let mut folder = key.as_str();
    for _ in 0..FOLDERS {
        folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        let within = |name: &str| if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
        if let Some(flow) = project.find(&within(FLOW)) {
            let relative = key.strip_prefix(folder).unwrap_or(key).trim_start_matches('/');
            let tree = tree::yaml(project.text(flow), 0);
            return tree.roots.first().is_some_and(|root| fills_whole(root, relative, slot));
        }
        if folder.is_empty() {
            break;
        }
    }
    false
}

fn fills_whole(flow: &Node, template: &str, slot: &str) -> bool {
    let is_history = |name: &str| {
        let marked = |input: &Node| input.get("is_chat_history").and_then(Node::text) == Some("true");
        name == FLOW_HISTORY || flow.get("inputs").and_then(|inputs| inputs.get(name)).is_some_and(marked)
    };
    flow.at("nodes[]").into_iter().any(|node| {
        let uses =
            node.at("source.path").first().and_then(|path| path.text()).is_some_and(|path| path.trim_start_matches("./") == template);
        let given = node.get("inputs").and_then(|inputs| inputs.get(slot)).and_then(Node::text);
        let input = given.and_then(|given| given.trim().strip_prefix("${inputs.")?.strip_suffix('}'));
        uses && input.is_some_and(is_history)
    })
}

/// Whether a client in the same repository is seen to send all of its conversation to the route that a file answers.
pub(super) fn by_client(project: &Project, route: FileId) -> bool {
    let key = &project.file(route).key;
    let Some((url, application)) = url_of(key) else { return false };
    let quoted = ['\'', '"', '`'].map(|quote| format!("{quote}{url}{quote}"));
    let mut whole = false;
    for file in project.ids().filter(|file| *file != route && is_of_application(project, *file, application)) {
        let speaks = |text: &str| quoted.iter().any(|url| text.contains(url)) || (url == CHAT_ENDPOINT && text.contains(CHAT_HOOKS[0]));
        if project.peek(file, speaks) != Some(true) {
            continue;
        }
        match sends_all(project, file, &quoted) {
            Some(true) => whole = true,
            // One client that cuts is enough for there to be a way that is bounded.
            Some(false) => return false,
            None => {}
        }
    }
    whole
}

/// Whether a file is code of the application in a folder.
fn is_of_application(project: &Project, file: FileId, folder: &str) -> bool {
    let file = project.file(file);
    file.language == Language::JavaScript && file.key.starts_with(folder)
}

/// The path under which Next.js serves a file, and the folder of its application: `web/app/(chat)/api/chat/route.ts`, `pages/api/chat.ts`.
fn url_of(key: &str) -> Option<(String, &str)> {
    let stem = key.rsplit_once('.')?.0;
    let parts: Vec<&str> = stem.split('/').collect();
    let (after, path) = match parts.iter().rposition(|part| *part == "app") {
        Some(at) if parts.last() == Some(&"route") => (at + 1, parts.len() - 1),
        _ => (parts.iter().rposition(|part| *part == "pages")? + 1, parts.len()),
    };
    let served = parts.get(after..path)?.iter().filter(|part| !part.starts_with('('));
    let url = served.fold(String::new(), |url, part| url + "/" + part);
    let folder: usize = parts.get(..after - 1)?.iter().map(|part| part.len() + 1).sum();
    let folder = key.get(..folder)?;
    let application = folder.strip_suffix("src/").unwrap_or(folder);
    url.starts_with("/api/").then_some((url, application))
}

/// Whether what a client sends is its whole conversation; `None` if it sends none, as far as can be seen.
fn sends_all(project: &Project, file: FileId, quoted: &[String]) -> Option<bool> {
    let text = project.text(file);
    let module = project.module(file);
    let mut sent: Option<bool> = None;
    let mut note = |all: bool| sent = Some(sent.unwrap_or(true) && all);
    find::visit(module, &mut |seen| {
        let Seen::Expr(Expr { kind: ExprKind::Call(call), span }) = seen else { return };
        let written = text.get(span.start as usize..span.end as usize).unwrap_or_default();
        if matches!(&call.callee.kind, ExprKind::Name(name) if CHAT_HOOKS.contains(&name.as_str()) && is_of_library(project, file, name)) {
            // The hook sends all messages, unless it is told how to make the body.
            let elsewhere = written.contains("api:") && !quoted.iter().any(|url| written.contains(url.as_str()));
            if !elsewhere {
                note(!written.contains("prepare") && !written.contains("fetch:"));
            }
            return;
        }
        for arg in &call.args {
            let ExprKind::Dict(items) = &arg.value.kind else { continue };
            for item in items {
                if let DictItem::Entry { key, value } = item
                    && key.as_text().as_deref() == Some("messages")
                {
                    note(is_whole(project, file, module, value, 0));
                }
            }
        }
    });
    sent
}

/// Whether a value is made of all of a list, by functions that leave nothing out.
fn is_whole(project: &Project, file: FileId, module: &Module, value: &Expr, depth: usize) -> bool {
    if depth > 4 {
        return false;
    }
    match &value.kind {
        ExprKind::Name(name) => {
            let mut made = Vec::new();
            find::visit(module, &mut |seen| {
                if let Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, value }, .. }) = seen
                    && targets.iter().any(|target| matches!(&target.kind, ExprKind::Name(bound) if bound == name))
                {
                    made.push(value);
                }
            });
            made.iter().all(|made| is_whole(project, file, module, made, depth + 1))
        }
        ExprKind::Await(inner) | ExprKind::Starred(inner) => is_whole(project, file, module, inner, depth + 1),
        ExprKind::List(items) => {
            items.iter().all(|item| !matches!(item.kind, ExprKind::Starred(_)) || is_whole(project, file, module, item, depth + 1))
        }
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Name(name) => {
                leaves_nothing_out(project, file, name)
                    && call.args.iter().all(|arg| is_whole(project, file, module, &arg.value, depth + 1))
            }
            ExprKind::Attribute { base, name } => {
                matches!(name.as_str(), "map" | "concat") && is_whole(project, file, module, base, depth + 1)
            }
            _ => false,
        },
        // One message that is added.
        ExprKind::Dict(_) => true,
        _ => false,
    }
}

/// Whether a function of the project, of this file or one that it imports, says nothing of a limit.
fn leaves_nothing_out(project: &Project, file: FileId, name: &str) -> bool {
    let body_of = |file: FileId| {
        let mut found = None;
        find::visit(project.module(file), &mut |seen| match seen {
            Seen::Stmt(Stmt { kind: StmtKind::Function(function), span }) if function.name == name => found = Some(*span),
            Seen::Stmt(Stmt { kind: StmtKind::Assign { targets, value: Expr { kind: ExprKind::Lambda(_), span } }, .. })
                if targets.iter().any(|target| matches!(&target.kind, ExprKind::Name(bound) if bound == name)) =>
            {
                found = Some(*span);
            }
            _ => {}
        });
        found.and_then(|span| project.text(file).get(span.start as usize..span.end as usize))
    };
    let imported = || {
        let from = imported_from(project, file, name)?;
        project.specified(file, from).filter(|file| project.file(*file).language == Language::JavaScript)
    };
    let body = body_of(file).or_else(|| imported().and_then(body_of));
    body.is_some_and(|body| {
        let body = body.to_lowercase();
        !CUTS.iter().any(|word| body.contains(word))
    })
}

/// The module that a name is imported from.
fn imported_from<'p>(project: &'p Project, file: FileId, name: &str) -> Option<&'p str> {
    let mut from = None;
    find::visit(project.module(file), &mut |seen| {
        if let Seen::Stmt(Stmt { kind: StmtKind::Import(import), .. }) = seen
            && import.names.iter().any(|imported| imported.alias.as_ref().unwrap_or(&imported.name) == name)
        {
            from = Some(import.module.as_str());
        }
    });
    from
}

/// Whether a name is imported from outside the project.
fn is_of_library(project: &Project, file: FileId, name: &str) -> bool {
    imported_from(project, file, name).is_some_and(|from| !from.starts_with(['.', '/']) && project.specified(file, from).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_served_under_its_folder() {
        assert_eq!(url_of("web/src/app/(desk)/api/chat/route.ts"), Some(("/api/chat".into(), "web/")));
        assert_eq!(url_of("pages/api/turn.js"), Some(("/api/turn".into(), "")));
        assert_eq!(url_of("src/server.ts"), None);
    }

    fn sends(page: &str) -> bool {
        let project = Project::in_memory([
            ("app/api/chat/route.ts", "export async function POST(req) {}\n"),
            ("app/page.tsx", page),
            (
                "lib/turns.ts",
                "export function plain(turns) { return turns.map((turn) => ({ role: turn.role })) }\nexport function fit(turns) { return turns.slice(-8) }\n",
            ),
        ]);
        let route = project.find("app/api/chat/route.ts").expect("it was put there");
        by_client(&project, route)
    }

    #[test]
    fn a_client_sends_all_unless_it_cuts() {
        assert!(sends(
            "import { useChat } from 'ai/react';\nexport default function Page() { const { messages } = useChat(); return null }\n"
        ));
        assert!(!sends(
            "import { useChat } from 'ai/react';\nconst { messages } = useChat({ prepareRequestBody: ({ messages }) => ({ last: messages.at(-1) }) });\n"
        ));
        let fetches = |made: &str| {
            format!(
                "import {{ plain, fit }} from '../lib/turns';\nasync function ask(messages) {{\n  const all = [...messages, {{ role: 'user' }}];\n  await fetch('/api/chat', {{ body: JSON.stringify({{ messages: {made} }}) }});\n}}\n"
            )
        };
        assert!(sends(&fetches("plain(all)")));
        assert!(sends(&fetches("all")));
        assert!(!sends(&fetches("fit(all)")));
        assert!(!sends(&fetches("all.slice(-8)")));
        assert!(!sends("fetch('/api/chat', { method: 'POST' });\n"));
        assert!(!sends("import { useChat } from './chat';\nuseChat();\n"));
    }

    #[test]
    fn a_flow_hands_over_what_it_keeps() {
        let flow = "inputs:\n  chat_history: {type: list}\n  past: {type: list, is_chat_history: true}\n  notes: {type: list}\nnodes:\n- name: answer\n  source: {path: prompts/answer.jinja2}\n  inputs: {chat_history: '${inputs.chat_history}', past: '${inputs.past}', notes: '${inputs.notes}', cut: '${shorten.output}'}\n";
        let project =
            Project::in_memory([("desk/flow.dag.yaml", flow), ("desk/prompts/answer.jinja2", ""), ("desk/prompts/other.jinja2", "")]);
        let template = |name: &str| project.find(&format!("desk/prompts/{name}.jinja2")).expect("it was put there");
        for (slot, whole) in [("chat_history", true), ("past", true), ("notes", false), ("cut", false)] {
            assert_eq!(by_flow(&project, template("answer"), slot), whole, "{slot}");
        }
        assert!(!by_flow(&project, template("other"), "chat_history"));
    }
}
