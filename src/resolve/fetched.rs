//! Conversations that are fetched by their id from where they are kept, out of sight: `load_messages(session_id)`, `read_chat(id).messages`.

use std::rc::Rc;

use crate::catalogue::names::words;
use crate::model::prompt::SizeClass;
use crate::model::request::HistorySource;
use crate::rewrite::find::{self, Seen};
use crate::syntax::{self, ExprKind};

use super::eval::Evaluator;
use super::expr::name_of;
use super::value::*;

/// What begins the name of a function that fetches something.
const FETCHES: [&str; 6] = ["get", "load", "read", "fetch", "find", "retrieve"];
/// What is fetched.
const CONVERSATION: [&str; 5] = ["history", "messages", "chat", "conversation", "thread"];
/// Words of a name, or of an argument, by which no more than a part is fetched, or something else about a conversation.
const PART: [&str; 39] = [
    "last",
    "recent",
    "latest",
    "limit",
    "max",
    "window",
    "top",
    "count",
    "page",
    "offset",
    "since",
    "before",
    "after",
    "tokens",
    "summary",
    "summarized",
    "summarised",
    "summarize",
    "trimmed",
    "truncated",
    "filtered",
    "relevant",
    "similar",
    "search",
    "query",
    "question",
    "system",
    "error",
    "commit",
    "git",
    "title",
    "name",
    "model",
    "metadata",
    "participants",
    "new",
    "create",
    "completion",
    "template",
];

impl<'p> Evaluator<'p> {
    /// Marks what a call of a function fetches, if it fetches a conversation by an id alone.
    pub fn fetched(&self, call: &'p syntax::Call, callee: &Value<'p>, answer: Value<'p>) -> Value<'p> {
        let Value::Unknown(origin) = &answer else { return answer };
        if origin.param || origin.limited || origin.client || origin.rows || origin.grows.is_some() || origin.fetched {
            return answer;
        }
        if !fetches(call) || self.limits_something() || self.is_cut_inside(callee) {
            return answer;
        }
        Value::origin(Origin { fetched: true, place: Some(self.statement), size: None, ..(**origin).clone() })
    }

    /// Whether a function of the project speaks of a limit in its own text.
    fn is_cut_inside(&self, callee: &Value<'p>) -> bool {
        callee.alternatives().into_iter().any(|callee| match callee {
            Value::Function(function) | Value::Method(_, function) => self.speaks_of_limit(function.file, Some(function.func)),
            _ => false,
        })
    }

    /// Whether `path` of what was fetched is the conversation itself.
    pub fn is_fetched(&self, origin: &Origin, path: &str) -> bool {
        let last = path.rsplit('.').next().unwrap_or(path);
        origin.fetched && self.catalogue.names.hint(last).is_some_and(|hint| hint.size == SizeClass::History)
    }

    /// All that is kept of a conversation grows from one question to the next.
    pub fn growth_of_fetched(&self, origin: &Origin) -> Option<Rc<GrowthOrigin>> {
        (origin.fetched && !origin.limited).then(|| {
            Rc::new(GrowthOrigin {
                loops: vec![LoopId::Turns],
                grows_at: origin.place,
                trim: Trim::None,
                source: HistorySource::Fetched,
                said: true,
            })
        })
    }
}

/// Whether a call is named and asked like one that fetches a conversation.
fn fetches(call: &syntax::Call) -> bool {
    let (ExprKind::Name(name) | ExprKind::Attribute { name, .. }) = &call.callee.kind else { return false };
    let named = words(name);
    let says = |words: &[String], known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let begins = named.first().is_some_and(|first| FETCHES.contains(&first.as_str()));
    if !begins || !says(&named, &CONVERSATION) || says(&named, &PART) {
        return false;
    }
    // An id is what is asked about; more than that may say how much is wanted.
    let mut by_id = named.last().is_some_and(|last| last == "id") && !call.args.is_empty();
    let mut other = false;
    for arg in &call.args {
        if let syntax::ArgKind::Keyword(keyword) = &arg.kind {
            other |= says(&words(keyword), &PART);
        }
        find::visit_expr(&arg.value, &mut |seen| {
            let Seen::Expr(expr) = seen else { return };
            other |= matches!(expr.kind, ExprKind::Int(_));
            let (ExprKind::Name(_) | ExprKind::Attribute { .. }) = &expr.kind else { return };
            let read = words(&name_of(expr));
            other |= says(&read, &PART);
            by_id |= read.last().is_some_and(|last| matches!(last.as_str(), "id" | "key" | "uuid" | "sid"));
        });
    }
    by_id && !other
}
