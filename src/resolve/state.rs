//! The state of a graph of steps (LangGraph): lists of messages that every step adds to.

use std::rc::Rc;

use crate::model::prompt::SizeClass;
use crate::syntax::Class;

use super::eval::Evaluator;
use super::value::*;

/// Words in a file that say that old messages are taken out of the state.
const TAKEN_OUT: [&str; 5] = ["RemoveMessage", "trim_messages", "Summariz", "summarize_messages", "REMOVE_ALL_MESSAGES"];

impl<'p> Evaluator<'p> {
    /// A state that is an instance of the class, if the class has messages that a reducer adds to.
    pub fn graph_state(&mut self, class: ClassRef<'p>) -> Option<Value<'p>> {
        let mut fields = Vec::new();
        self.added_fields(class, &mut fields, 0);
        let trimmed = TAKEN_OUT.iter().any(|word| self.project.text(class.file).contains(word));
        self.state_of(fields, trimmed)
    }

    /// The same of a class outside of the project, by its qualified name.
    pub fn library_state(&mut self, qualified: &str) -> Option<Value<'p>> {
        is_messages_state(qualified).then(|| self.state_of(vec!["messages".into()], false)).flatten()
    }

    fn state_of(&mut self, fields: Vec<String>, trimmed: bool) -> Option<Value<'p>> {
        if fields.is_empty() {
            return None;
        }
        let trimmed = trimmed || TAKEN_OUT.iter().any(|word| self.project.text(self.file()).contains(word));
        let mut state = DictObj { open: true, ..DictObj::default() };
        for name in fields {
            let held = Value::origin(Origin { size: Some(SizeClass::History), in_history: true, ..Origin::named(name.as_str()) });
            let list = self.new_list(vec![held], None, None);
            if let Value::Ref(id) = list
                && let Some(list) = self.heap.list_mut(id)
            {
                list.created = Rc::new(Vec::new());
                list.trim = if trimmed { Trim::Unknown } else { Trim::None };
                for item in &mut list.items {
                    item.many = true;
                    item.grows_in = Rc::new(vec![LoopId::Turns]);
                }
            }
            state.set(name.as_str().into(), list, None);
        }
        Some(Value::Ref(self.heap.add(Obj::Dict(state))))
    }

    fn added_fields(&mut self, class: ClassRef<'p>, fields: &mut Vec<String>, depth: usize) {
        if depth > 6 {
            return;
        }
        let written = self.project.text(class.file).get(class.class.span.start as usize..class.class.span.end as usize).unwrap_or_default();
        fields.extend(added(class.class, written, &|name| {
            self.catalogue.names.hint(name).is_some_and(|hint| hint.size == SizeClass::History)
        }));
        for base in &class.class.bases {
            match self.eval_in(class.file, base) {
                Value::Class(base) => self.added_fields(base, fields, depth + 1),
                Value::External(name) if is_messages_state(&name) => fields.push("messages".into()),
                _ => {}
            }
        }
    }
}

fn is_messages_state(qualified: &str) -> bool {
    qualified.starts_with("langgraph.") && qualified.ends_with(".MessagesState")
}

/// Fields with a reducer whose type or name speaks of messages: `turns: Annotated[list[AnyMessage], add_messages]`.
fn added(class: &Class, written: &str, is_history: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = written;
    while let Some(at) = rest.find("Annotated[") {
        let before = rest.get(..at).unwrap_or_default();
        let inside = bracketed(rest.get(at + "Annotated[".len()..).unwrap_or_default());
        rest = rest.get(at + "Annotated[".len()..).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let Some(name) = line.trim_end().strip_suffix(':').map(str::trim) else { continue };
        let Some((kind, reducer)) = inside.rsplit_once(',') else { continue };
        let reducer = reducer.trim();
        let is_name =
            |text: &str| !text.is_empty() && text.chars().all(|character| character.is_alphanumeric() || "._".contains(character));
        let is_list = ["list", "List", "Sequence"].iter().any(|word| kind.contains(word));
        if is_name(name) && is_name(reducer) && is_list && (kind.contains("Message") || is_history(name)) && name != class.name {
            found.push(name.to_string());
        }
    }
    found
}

/// The text up to the bracket that closes one opened before it.
fn bracketed(text: &str) -> &str {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        match character {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}
