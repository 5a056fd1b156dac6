//! Prompt texts of a code file that no call is seen to send: literals whose name, or whose owner's name, says that they
//! are prompts, and whose words do not say otherwise.

use std::collections::HashSet;

use crate::catalogue::{Catalogue, names};
use crate::model::prompt::{Confidence, Role, Segment};
use crate::project::Project;
use crate::rewrite::find;
use crate::span::{FileId, Place, Span};
use crate::syntax::*;
use crate::template::kind::{self, PromptKind};
use crate::template::{Node, ValueKind, format};

use super::announced;
use super::eval::{Evaluator, Frame};
use super::expr::setting;
use super::text::TextMap;
use super::value::*;

/// Text that is shorter says too little of what it is for, in bytes.
const SHORTEST: usize = 200;
/// Texts of one file that are looked at.
const MOST: usize = 400;
/// Work for one function that builds a prompt, in steps of the evaluator.
const FUEL: u32 = 6_000;
/// Statements and expressions inside each other that are followed.
const DEEPEST: usize = 40;

/// A prompt that stands on its own in a code file.
pub struct PromptText {
    /// The literal, or the expression that joins several.
    pub place: Place,
    pub role: Role,
    pub segments: Vec<Segment>,
    pub confidence: Confidence,
}

/// Whether the text of a code file can hold such a prompt at all.
pub fn may_hold_prompt(path: &str, text: &str) -> bool {
    text.len() >= SHORTEST
        && (kind::says_prompt(path)
            || ["prompt", "PROMPT", "Prompt", "instructions", "INSTRUCTIONS", "SYSTEM"].iter().any(|word| text.contains(word)))
        && kind::has_strong_wording(text)
}

/// The prompts of a code file, but for those that hold one of the `sent` places.
pub fn prompts<'p>(project: &'p Project, catalogue: &'p Catalogue, file: FileId, sent: &[Span]) -> Vec<PromptText> {
    let module = project.module(file);
    let mut search = Search { file_says: kind::says_prompt(&project.file(file).key), found: Vec::new(), sent };
    let at = Around { name: "", says: false, function: None, class: None, depth: 0 };
    search.block(&module.body, at);
    if search.found.is_empty() {
        return Vec::new();
    }
    let settled = settled_fields(module);
    let mut evaluator = Evaluator::new(project, catalogue, file);
    evaluator.load_module(file);
    let mut prompts: Vec<PromptText> = Vec::new();
    let mut taken: HashSet<Span> = HashSet::new();
    let mut rest = search.found.as_slice();
    while let Some(first) = rest.first() {
        let same = rest.iter().take_while(|one| same_function(one.function, first.function)).count();
        let (here, after) = rest.split_at(same);
        rest = after;
        let mut evaluate = |evaluator: &mut Evaluator<'p>| {
            for text in here {
                prompts.extend(prompt(evaluator, text, file, sent, &settled, &mut taken));
            }
        };
        match first.function {
            None => {
                // What the body of a module reads, it reads once.
                let mut frame = Frame::new(file);
                frame.at_import = true;
                evaluator.frames.push(frame);
                evaluate(&mut evaluator);
                evaluator.frames.pop();
            }
            Some((function, class)) => {
                evaluator.frames.push(Frame::new(file));
                let class = class.map(|class| ClassRef { class, file });
                let reference = evaluator.function_value(function, class);
                evaluator.frames.pop();
                let Value::Function(reference) = reference else { continue };
                let this = class.filter(|_| reference.binding != Binding::Static).map(|_| Value::unknown("self"));
                let frame = evaluator.root_frame(&reference, this);
                evaluator.frames.push(frame);
                evaluator.within(FUEL, |evaluator| evaluator.run_block(&function.body));
                evaluate(&mut evaluator);
                evaluator.frames.pop();
            }
        }
    }
    prompts.sort_by_key(|prompt| prompt.place);
    prompts
}

fn same_function(one: Option<(&Function, Option<&Class>)>, other: Option<(&Function, Option<&Class>)>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some((one, _)), Some((other, _))) => std::ptr::eq(one, other),
        _ => false,
    }
}

/// A text that may be a prompt.
struct Text<'p> {
    name: &'p str,
    expr: &'p Expr,
    /// The variable of the function that holds it: what the function makes of it later counts.
    variable: bool,
    confidence: Confidence,
    function: Option<(&'p Function, Option<&'p Class>)>,
}

/// What stands around an expression.
#[derive(Clone, Copy)]
struct Around<'p> {
    /// What the text is bound to or passed as.
    name: &'p str,
    /// A name further out says that this is a prompt.
    says: bool,
    function: Option<(&'p Function, Option<&'p Class>)>,
    class: Option<&'p Class>,
    depth: usize,
}

struct Search<'p, 's> {
    file_says: bool,
    found: Vec<Text<'p>>,
    sent: &'s [Span],
}

impl<'p> Search<'p, '_> {
    fn block(&mut self, block: &'p [Stmt], around: Around<'p>) {
        if around.depth > DEEPEST {
            return;
        }
        let inner = Around { depth: around.depth + 1, ..around };
        for stmt in block {
            match &stmt.kind {
                StmtKind::Assign { targets, value } => {
                    let name = targets.first().map_or("", last_name);
                    self.value(value, Around { name, ..inner }, true);
                }
                StmtKind::Augment { target, value, .. } => self.value(value, Around { name: last_name(target), ..inner }, true),
                StmtKind::Return(Some(value)) => {
                    let name = around.function.map_or("", |(function, _)| function.name.as_str());
                    self.value(value, Around { name, ..inner }, false);
                }
                StmtKind::Expr(value) => match &value.kind {
                    // What stands alone is a docstring.
                    ExprKind::Str(_) => {}
                    _ => self.value(value, Around { name: "", ..inner }, false),
                },
                StmtKind::If { then, otherwise, .. } => [then, otherwise].into_iter().for_each(|block| self.block(block, inner)),
                StmtKind::For { body, otherwise, .. } | StmtKind::While { body, otherwise, .. } => {
                    [body, otherwise].into_iter().for_each(|block| self.block(block, inner));
                }
                StmtKind::With { body, .. } => self.block(body, inner),
                StmtKind::Try { body, handlers, otherwise, finally } => {
                    self.block(body, inner);
                    handlers.iter().for_each(|handler| self.block(handler, inner));
                    self.block(otherwise, inner);
                    self.block(finally, inner);
                }
                StmtKind::Match { cases, .. } => cases.iter().for_each(|case| self.block(case, inner)),
                StmtKind::Function(function) => {
                    let says = says_prompt(&function.name);
                    self.block(&function.body, Around { name: "", says, function: Some((function, around.class)), class: None, ..inner });
                }
                StmtKind::Class(class) => {
                    let says = says_prompt(&class.name);
                    self.block(&class.body, Around { name: "", says, class: Some(class), ..inner });
                }
                _ => {}
            }
        }
    }

    fn value(&mut self, expr: &'p Expr, around: Around<'p>, variable: bool) {
        if around.depth > DEEPEST || self.found.len() >= MOST {
            return;
        }
        let inner = Around { depth: around.depth + 1, ..around };
        let says = around.says || says_prompt(around.name);
        match &expr.kind {
            ExprKind::Str(_) | ExprKind::Binary { .. } => self.text(expr, around, variable),
            ExprKind::Call(call) => {
                // `"…".format(…)` and its like are text; what is passed to anything else is a text of its own.
                if let ExprKind::Attribute { base, .. } = &call.callee.kind
                    && written(base).len() >= SHORTEST
                {
                    self.text(expr, around, variable);
                    return;
                }
                for arg in &call.args {
                    match &arg.kind {
                        ArgKind::Keyword(name) => self.value(&arg.value, Around { name, says, ..inner }, false),
                        _ => self.value(&arg.value, inner, false),
                    }
                }
            }
            ExprKind::Dict(items) => {
                for item in items {
                    if let DictItem::Entry { key, value } = item {
                        let name = match &key.kind {
                            ExprKind::Str(literal) => match literal.pieces.as_slice() {
                                [Piece::Text { text, .. }] => text.as_str(),
                                _ => "",
                            },
                            ExprKind::Name(name) => name,
                            _ => "",
                        };
                        // A description belongs to a tool, whatever holds it.
                        if name != "description" {
                            self.value(value, Around { name, says, ..inner }, false);
                        }
                    }
                }
            }
            ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().for_each(|item| self.value(item, inner, false)),
            ExprKind::Conditional { then, otherwise, .. } => [then, otherwise].into_iter().for_each(|arm| self.value(arm, inner, variable)),
            ExprKind::Await(value) | ExprKind::Named { value, .. } => self.value(value, inner, variable),
            ExprKind::Lambda(function) => {
                self.block(&function.body, Around { name: "", says, function: Some((function, None)), class: None, ..inner });
            }
            ExprKind::Name(name) if says && around.function.is_some() && !variable => {
                // `return prompt`: what the function has built by then.
                self.found.push(Text { name, expr, variable: true, confidence: Confidence::Medium, function: around.function });
            }
            _ => {}
        }
    }

    fn text(&mut self, expr: &'p Expr, around: Around<'p>, variable: bool) {
        if self.sent.iter().any(|sent| expr.span.contains(*sent)) {
            return;
        }
        let text = written(expr);
        if text.len() < SHORTEST {
            return;
        }
        if let Some(confidence) = self.judge(&text, around) {
            let variable = variable && around.function.is_some();
            self.found.push(Text { name: around.name, expr, variable, confidence, function: around.function });
        }
    }

    /// How sure it is that a text of this name is a prompt.
    fn judge(&self, text: &str, around: Around<'p>) -> Option<Confidence> {
        let by_words = match kind::is_prompt("", text) {
            PromptKind::NotPrompt => return None,
            PromptKind::Prompt { confidence } => confidence,
            PromptKind::Unknown => Confidence::Low,
        };
        let named = around.says || says_prompt(around.name) || is_instruction(around.name) || self.file_says;
        match by_words {
            Confidence::Low => None,
            confidence if named => Some(confidence),
            // Instructions, templates and system texts are prompts if they speak like one.
            Confidence::High if kind::hints_at_prompt(&names::words(around.name)) => Some(Confidence::Medium),
            _ => None,
        }
    }
}

/// Whether a name says that this is what the system is told: `system_instruction`, `SYS_MSG`.
fn is_instruction(name: &str) -> bool {
    let words = names::words(name);
    let told = ["instruction", "instructions", "message", "msg", "preamble"];
    names::says_system(name) && words.iter().any(|word| told.contains(&word.as_str()))
}

/// The prompt that a text comes to; those that were taken before are left out.
fn prompt<'p>(
    evaluator: &mut Evaluator<'p>,
    text: &Text<'p>,
    file: FileId,
    sent: &[Span],
    settled: &HashSet<&str>,
    taken: &mut HashSet<Span>,
) -> Option<PromptText> {
    let is_taken = |taken: &HashSet<Span>, span: Span| taken.iter().any(|known| known.contains(span));
    let named = matches!(text.expr.kind, ExprKind::Name(_));
    if !named && is_taken(taken, text.expr.span) {
        return None;
    }
    let mut value = None;
    if text.variable {
        let held = evaluator.lookup(text.name);
        value = held.filter(|held| named || places(held, file).any(|place| text.expr.span.contains(place)));
    }
    let value = match value {
        Some(value) => value,
        None if named => return None,
        None => evaluator.eval(text.expr),
    };
    let Value::Text(segments) = &value else { return None };
    let inside: Vec<Span> = places(&value, file).collect();
    if inside.iter().any(|place| sent.iter().any(|sent| place.touches(*sent)) || is_taken(taken, *place)) {
        return None;
    }
    let place = if named {
        // It belongs to the literal that it begins with.
        let first = *inside.first()?;
        let literal = find::literal_around(evaluator.project.module(file), first)?;
        if kind::is_prompt("", &written(literal)) == PromptKind::NotPrompt {
            return None;
        }
        literal.span
    } else {
        text.expr.span
    };
    let mut segments = segments.to_vec();
    if segments.iter().all(|segment| matches!(segment, Segment::Text(_))) {
        segments = with_fields(evaluator, &segments, settled, text.expr);
    }
    let length: usize = segments.iter().map(|segment| if let Segment::Text(text) = segment { text.text.len() } else { 0 }).sum();
    if length < SHORTEST {
        return None;
    }
    announced::confirm(&mut segments);
    taken.insert(place);
    taken.extend(inside);
    let role = if names::says_system(text.name) { Role::System } else { Role::Unknown };
    Some(PromptText { place: Place::new(file, place), role, segments, confidence: text.confidence })
}

/// Where the text of a value is written in a file.
fn places<'v>(value: &'v Value<'_>, file: FileId) -> impl Iterator<Item = Span> + 'v {
    let segments: &[Segment] = match value {
        Value::Text(segments) => segments,
        _ => &[],
    };
    segments
        .iter()
        .filter_map(|segment| match segment {
            Segment::Text(text) => text.place,
            _ => None,
        })
        .filter(move |place| place.file == file)
        .map(|place| place.span)
}

/// A text without slots may be filled in elsewhere: its `{fields}` and `{{MARKS}}` are values of which only the name is known.
fn with_fields<'p>(evaluator: &mut Evaluator<'p>, segments: &[Segment], settled: &HashSet<&str>, expr: &'p Expr) -> Vec<Segment> {
    let map = TextMap::new(segments);
    // Braces are fields where they are what a language fills in by itself.
    let fields = if evaluator.in_script() { None } else { format::parse_fields(&map.text) };
    let are_marks = fields.is_none();
    let Some(template) = fields.or_else(|| format::parse_marks(&map.text)) else { return segments.to_vec() };
    let mut filled = Vec::new();
    for node in &template.nodes {
        match node {
            Node::Text { span, .. } => filled.extend(map.cut(*span)),
            Node::Slot { value, span } => {
                let ValueKind::Path(path) = &value.kind else { continue };
                let name = path.join(".");
                let place = map.place(*span);
                // The capitals of a mark say that it is one, and not that its value is settled.
                let called = if are_marks { name.to_lowercase() } else { name.clone() };
                let value = if settled.contains(name.as_str()) { setting(&name) } else { Value::field(called.as_str()) };
                evaluator.insert(&mut filled, &value, place, None, expr);
                if let Some(Segment::Slot(slot)) = filled.last_mut() {
                    slot.name = name.as_str().into();
                }
            }
            _ => {}
        }
    }
    filled
}

/// Names that stand for the same constant text wherever the file passes them on (`prompt.format(tone="plain")`).
fn settled_fields(module: &Module) -> HashSet<&str> {
    let mut settled = HashSet::new();
    let mut varying = HashSet::new();
    let mut note = |name, value: &Expr| {
        let is_constant = match &value.kind {
            ExprKind::Str(literal) => literal.pieces.iter().all(|piece| matches!(piece, Piece::Text { .. })),
            ExprKind::Name(name) | ExprKind::Attribute { name, .. } => name.chars().all(|letter| !letter.is_lowercase()),
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) => true,
            _ => false,
        };
        if is_constant {
            settled.insert(name)
        } else {
            varying.insert(name)
        };
    };
    find::visit(module, &mut |seen| {
        let find::Seen::Expr(expr) = seen else { return };
        match &expr.kind {
            ExprKind::Call(call) => {
                for arg in &call.args {
                    if let ArgKind::Keyword(name) = &arg.kind {
                        note(name.as_str(), &arg.value);
                    }
                }
            }
            ExprKind::Dict(items) => {
                for item in items {
                    if let DictItem::Entry { key: Expr { kind: ExprKind::Str(literal), .. }, value } = item
                        && let [Piece::Text { text, .. }] = literal.pieces.as_slice()
                    {
                        note(text.as_str(), value);
                    }
                }
            }
            _ => {}
        }
    });
    settled.retain(|name| !varying.contains(name));
    settled
}

/// The text that is written in an expression, values left out.
fn written(expr: &Expr) -> String {
    fn collect(expr: &Expr, text: &mut String, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match &expr.kind {
            ExprKind::Str(literal) if !literal.is_bytes => {
                for piece in &literal.pieces {
                    match piece {
                        Piece::Text { text: part, .. } => text.push_str(part),
                        Piece::Slot { .. } => text.push(' '),
                    }
                }
            }
            ExprKind::Binary { op: BinaryOp::Add, left, right } => {
                collect(left, text, depth + 1);
                collect(right, text, depth + 1);
            }
            ExprKind::Binary { op: BinaryOp::Mod, left, .. } => collect(left, text, depth + 1),
            ExprKind::Call(call) => {
                if let ExprKind::Attribute { base, .. } = &call.callee.kind {
                    collect(base, text, depth + 1);
                }
            }
            _ => {}
        }
    }
    let mut text = String::new();
    collect(expr, &mut text, 0);
    text
}

fn last_name(expr: &Expr) -> &str {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Attribute { name, .. } => name,
        _ => "",
    }
}

fn says_prompt(name: &str) -> bool {
    names::words(name).iter().any(|word| word.starts_with("prompt"))
}
