//! Whether a list that grows is a conversation with somebody, or the steps of one run: what decides which of its turns could be dropped.

use crate::catalogue::Wording;
use crate::model::prompt::Role;
use crate::model::request::HistorySource;
use crate::project::Project;
use crate::rewrite::find::{self, Seen};
use crate::syntax::*;

use super::eval::Evaluator;
use super::recognise::ANSWER;
use super::value::*;

/// Whether somebody is asked for something in the loop, or waited for: in its own body, or in a function of the same file that it calls.
pub fn asks_in_loop(project: &Project, id: LoopId) -> bool {
    let LoopId::At(file, start) = id else { return true };
    let module = project.module(file);
    let mut found = None;
    find::visit(module, &mut |seen| {
        if let Seen::Stmt(stmt @ Stmt { kind: StmtKind::While { .. } | StmtKind::For { .. }, .. }) = seen
            && stmt.span.start == start
        {
            found = Some(stmt);
        }
    });
    let Some(stmt) = found else { return true };
    let mut called = Vec::new();
    names_called(std::slice::from_ref(stmt), &mut called);
    let words = Wording::builtin();
    if called.iter().any(|name| words.asks_somebody(name)) {
        return true;
    }
    let mut asks = false;
    find::visit(module, &mut |seen| {
        if let Seen::Stmt(Stmt { kind: StmtKind::Function(function), span }) = seen
            && !asks
            && !span.contains(stmt.span)
            && called.contains(&function.name.as_str())
        {
            let mut inner = Vec::new();
            names_called(&function.body, &mut inner);
            asks = inner.iter().any(|name| words.asks_somebody(name));
        }
    });
    asks
}

/// The last parts of the names of all that is called in a block.
fn names_called<'m>(stmts: &'m [Stmt], names: &mut Vec<&'m str>) {
    find::visit_body(stmts, &mut |seen| {
        if let Seen::Expr(Expr { kind: ExprKind::Call(call), .. }) = seen
            && let ExprKind::Name(name) | ExprKind::Attribute { name, .. } = &call.callee.kind
        {
            names.push(name);
        }
    });
}

impl<'p> Evaluator<'p> {
    /// Where a list that grows comes from, one to which only answers and results of tools are added being that of the steps of a run; and
    /// whether what is added as a turn of the user was handed in as it is.
    pub fn source_of(&self, list: &ListObj<'p>) -> (HistorySource, bool) {
        let grown = || list.items.iter().filter(|item| !item.grows_in.is_empty());
        let only_steps = !list.is_store && grown().next().is_some() && grown().all(|item| self.is_step(&item.value, 0));
        let source = if only_steps { HistorySource::Run } else { HistorySource::Kept };
        (source, list.is_store || grown().any(|item| self.is_said(&item.value)))
    }

    /// Whether a message is one of the user whose content is not made up by the program.
    fn is_said(&self, value: &Value<'p>) -> bool {
        let handed_in = |content: &Value<'p>| matches!(content, Value::Unknown(_) | Value::Member(..)) && !self.holds_results(content);
        let content = match value {
            Value::Ref(id) if let Some(dict) = self.heap.dict(*id) => {
                let is_user = dict.get("role").and_then(|entry| entry.value.as_text()).is_some_and(|role| role == "user");
                dict.get("content").filter(|_| is_user).map(|entry| entry.value.clone())
            }
            other => self.as_message(other).filter(|(role, ..)| *role == Role::User).map(|(_, content, _)| content),
        };
        content.is_some_and(|content| handed_in(&content))
    }

    /// Whether a message is surely none that somebody said.
    fn is_step(&self, value: &Value<'p>, depth: usize) -> bool {
        match value {
            Value::Unknown(origin) => &*origin.reason == ANSWER || Wording::builtin().is_answer(&origin.name),
            Value::Member(base, path) => depth < 6 && (Wording::builtin().is_answer(path) || self.is_step(base, depth + 1)),
            Value::Choice(choices) => depth < 6 && choices.iter().all(|choice| self.is_step(choice, depth + 1)),
            Value::Ref(id) if self.heap.dict(*id).is_some_and(|dict| self.is_result(dict)) => true,
            Value::Ref(id) if let Some(dict) = self.heap.dict(*id) => match dict.get("role").map(|entry| entry.value.as_text()) {
                Some(Some(role)) => match role.as_str() {
                    "assistant" | "model" | "tool" | "function" | "system" | "developer" => true,
                    _ => ["content", "parts"].iter().any(|key| dict.get(key).is_some_and(|entry| self.holds_results(&entry.value))),
                },
                _ => false,
            },
            other => self.as_message(other).is_some_and(|(role, ..)| matches!(role, Role::Assistant | Role::Tool | Role::System)),
        }
    }

    /// What a tool answered, as a message or a block of one.
    fn is_result(&self, dict: &DictObj<'p>) -> bool {
        let kind = dict.get("type").and_then(|entry| entry.value.as_text());
        kind.is_some_and(|kind| matches!(kind.as_str(), "tool_result" | "function_call_output" | "tool-result" | "computer_call_output"))
            || ["toolResult", "functionResponse", "function_response"].iter().any(|key| dict.get(key).is_some())
    }

    /// Whether the content of a message is what tools answered.
    fn holds_results(&self, content: &Value<'p>) -> bool {
        match content {
            Value::Ref(id) if let Some(list) = self.heap.list(*id) => list.items.iter().any(|item| match &item.value {
                Value::Ref(id) => self.heap.dict(*id).is_some_and(|dict| self.is_result(dict)),
                _ => false,
            }),
            Value::Unknown(origin) => {
                let name = origin.name.to_lowercase();
                ["tool_result", "toolresult", "tool_response", "tool_output", "function_response"].iter().any(|part| name.contains(part))
            }
            Value::Choice(choices) => choices.iter().any(|choice| self.holds_results(choice)),
            _ => false,
        }
    }
}
