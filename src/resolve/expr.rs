//! The abstract evaluator: expressions, texts and what is done to them.

use std::rc::Rc;

use crate::catalogue::NameHint;
use crate::model::prompt::{BlockKind, BlockSegment, Confidence, Segment, SizeClass, Slot, TextSegment, Volatility};
use crate::span::Place;
use crate::syntax::*;

use super::eval::Evaluator;
use super::slices;
use super::value::*;

/// Expression nesting beyond which values are unknown.
const MAX_NESTING: usize = 400;
/// Containers inside each other that are looked into for one value.
const MAX_CONTAINERS: usize = 16;
/// Segments of a text, those in branches included, beyond which it is no longer followed.
const MAX_SEGMENTS: usize = 20_000;
/// Items of a list beyond which the rest is not told apart.
const MAX_ITEMS: usize = 2_000;

/// Pieces of text in the ways of a choice beyond which it is one unknown value: text that is added to itself on one of two
/// ways doubles each time.
const MAX_CHOICE: usize = 400;

/// How many pieces a text has, with those inside of branches and loops, up to a limit.
fn weight(value: &Value<'_>, limit: usize) -> usize {
    fn count(segments: &[Segment], limit: usize) -> usize {
        let mut sum = 0;
        for segment in segments {
            sum += match segment {
                Segment::Block(block) => 1 + block.arms.iter().map(|arm| count(arm, limit)).sum::<usize>(),
                _ => 1,
            };
            if sum > limit {
                break;
            }
        }
        sum
    }
    match value {
        Value::Text(segments) => count(segments, limit),
        _ => 1,
    }
}

/// A text that is itself but a value, such as a date composed of its parts: the part that changes most often. Whoever writes it into
/// a prompt puts one value there.
fn composed(parts: &[Segment]) -> Option<&Slot> {
    /// Bytes of text between the parts.
    const MOST_TEXT: usize = 24;
    /// Words between them: "3 of March at 10" is a value still, "Greet Ann in one sentence" is a prompt.
    const MOST_WORDS: usize = 2;
    // What could not be followed is less certain to stay than what does.
    let changes = |slot: &Slot| (slot.volatility > Some(Volatility::Deployment), slot.volatility.is_none(), slot.volatility);
    let mut text = 0;
    let mut words = 0;
    let mut most: Option<&Slot> = None;
    for part in parts {
        match part {
            Segment::Text(part) => {
                text += if part.text.contains('\n') { MOST_TEXT + 1 } else { part.text.len() };
                words += part.text.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().nth(1).is_some()).count();
            }
            Segment::Slot(slot) if slot.size == SizeClass::Scalar && slot.growth.is_none() => {
                most = Some(most.map_or(&**slot, |most| if changes(slot) > changes(most) { slot } else { most }));
            }
            _ => return None,
        }
    }
    most.filter(|_| text <= MOST_TEXT && words <= MOST_WORDS)
}

impl<'p> Evaluator<'p> {
    pub fn eval(&mut self, expr: &'p Expr) -> Value<'p> {
        if self.fuel == 0 || self.nesting > MAX_NESTING {
            return Value::unknown("");
        }
        self.fuel -= 1;
        self.nesting += 1;
        let value = self.eval_inner(expr);
        self.nesting -= 1;
        value
    }

    fn eval_inner(&mut self, expr: &'p Expr) -> Value<'p> {
        match &expr.kind {
            ExprKind::Str(literal) => self.string(literal),
            ExprKind::Int(value) => Value::Int(*value),
            ExprKind::Float(value) => Value::Float(*value),
            ExprKind::Bool(value) => Value::Bool(*value),
            ExprKind::Null => Value::Null,
            ExprKind::Name(name) => match self.lookup(name) {
                Some(value) => value,
                None => Value::External(name.as_str().into()),
            },
            ExprKind::Attribute { base, name } => {
                let object = self.eval(base);
                if self.in_script() { self.script_attribute(&object, name, expr) } else { self.attribute(&object, name, expr.span) }
            }
            ExprKind::Index { base, index } => {
                let object = self.eval(base);
                let index_value = self.eval(index);
                self.index(&object, &index_value, expr)
            }
            ExprKind::Slice { base, lower, upper, step } => {
                let object = self.eval(base);
                let bounds = [lower, upper].map(|bound| bound.as_ref().map(|bound| self.eval(bound)));
                // A part of a known text is known: the end of a model's name, say.
                if step.is_none()
                    && let Some(part) = object.part_of_text(&bounds)
                {
                    return part;
                }
                self.slice(&object, lower.as_deref(), upper.as_deref())
            }
            ExprKind::Call(call) => self.call(expr, call),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right),
            ExprKind::Compare { op, left, right } => {
                let left = self.eval(left);
                let right = self.eval(right);
                compare(*op, &left, &right).map_or_else(|| scalar("a comparison"), Value::Bool)
            }
            ExprKind::And(parts) if self.in_script() => self.script_and(parts),
            ExprKind::Or(parts) if self.in_script() => self.script_or(parts),
            ExprKind::And(parts) => {
                let mut values: Vec<Value<'p>> = parts.iter().map(|part| self.eval(part)).collect();
                values.pop().unwrap_or(Value::Null)
            }
            ExprKind::Or(parts) => {
                let mut values = parts.iter().map(|part| self.eval(part)).collect::<Vec<_>>().into_iter().peekable();
                let mut joined: Option<Value<'p>> = None;
                while let Some(value) = values.next() {
                    let last = values.peek().is_none();
                    match (self.truth(&value), last) {
                        (Some(false), false) => continue,
                        (Some(true), _) if joined.is_none() => return value,
                        _ => {}
                    }
                    joined = Some(match joined {
                        None => value,
                        Some(known) => known.join(value),
                    });
                }
                joined.unwrap_or(Value::Null)
            }
            ExprKind::Not(inner) => {
                let value = self.eval(inner);
                self.truth(&value).map_or_else(|| scalar("a condition"), |known| Value::Bool(!known))
            }
            ExprKind::Negative(inner) => match self.eval(inner) {
                Value::Int(value) => Value::Int(value.saturating_neg()),
                Value::Float(value) => Value::Float(-value),
                other => other,
            },
            ExprKind::Conditional { test, then, otherwise } => {
                let test = self.eval(test);
                let then = self.eval(then);
                let otherwise = self.eval(otherwise);
                match self.truth(&test) {
                    Some(true) => then,
                    Some(false) => otherwise,
                    None => then.join(otherwise),
                }
            }
            ExprKind::Dict(items) => self.dict(items, expr),
            ExprKind::List(parts) | ExprKind::Tuple(parts) => self.list(parts, expr, false),
            ExprKind::Set(parts) => self.list(parts, expr, true),
            ExprKind::Comprehension(comprehension) => self.comprehension(comprehension, expr),
            ExprKind::Lambda(lambda) if self.in_script() => self.lambda(lambda),
            ExprKind::Lambda(lambda) => {
                // Calls inside are seen once, with unknown parameters.
                let frame = self.frame();
                let before: Vec<(&'p str, Option<Value<'p>>)> =
                    lambda.params.iter().map(|param| (param.name.as_str(), frame.vars.get(param.name.as_str()).cloned())).collect();
                for param in &lambda.params {
                    frame.vars.insert(&param.name, Value::unknown(param.name.as_str()));
                }
                if let Some(value) = lambda.as_expression() {
                    self.eval(value);
                }
                let frame = self.frame();
                for (name, value) in before {
                    match value {
                        Some(value) => frame.vars.insert(name, value),
                        None => frame.vars.remove(name),
                    };
                }
                Value::unknown("a function")
            }
            ExprKind::Await(inner) => self.eval(inner),
            ExprKind::Starred(inner) => self.eval(inner),
            ExprKind::Named { name, value } => {
                let value = self.eval(value);
                let value = self.name_origin(value, name);
                self.bind(name, value.clone());
                value
            }
            ExprKind::Yield(inner) => {
                if let Some(inner) = inner {
                    let value = self.eval(inner);
                    let each = matches!(inner.kind, ExprKind::Starred(_));
                    self.hand_out(value, each);
                }
                Value::unknown("a value sent in")
            }
            ExprKind::Opaque(children) => {
                for child in children {
                    self.eval(child);
                }
                Value::unknown("")
            }
        }
    }

    // --- texts ---------------------------------------------------------------------------------------------------

    fn string(&mut self, literal: &'p StrLit) -> Value<'p> {
        let mut segments = Vec::with_capacity(literal.pieces.len());
        for piece in &literal.pieces {
            match piece {
                Piece::Text { text, span, verbatim } => {
                    if !text.is_empty() {
                        let place = Some(self.place(*span));
                        segments.push(Segment::Text(TextSegment { text: text.as_str().into(), place, verbatim: *verbatim }));
                    }
                }
                Piece::Slot { expr, span, format, .. } => {
                    let value = self.eval(expr);
                    let value = match format {
                        Some(format) => in_date_format(value, format),
                        None => value,
                    };
                    let slot_place = self.place(*span);
                    let expr_place = self.place(expr.span);
                    self.insert(&mut segments, &value, Some(slot_place), Some(expr_place), expr);
                }
            }
        }
        Value::Text(Rc::new(segments))
    }

    /// Appends what `value` contributes to a text. A value known to the letter is spliced in with its own places; one
    /// that is not becomes a slot at `place`.
    pub fn insert(&mut self, segments: &mut Vec<Segment>, value: &Value<'p>, place: Option<Place>, inner: Option<Place>, expr: &'p Expr) {
        match value {
            Value::Text(_) if segments.len() + weight(value, MAX_SEGMENTS) > MAX_SEGMENTS => {
                let slot = self.slot_of(&Origin::named(name_of(expr)), place, inner);
                segments.push(Segment::Slot(Box::new(slot)));
            }
            Value::Text(parts) => match composed(parts).filter(|_| place.is_some()) {
                Some(value) => segments.push(Segment::Slot(Box::new(Slot { place, expr: inner, ..value.clone() }))),
                None => segments.extend(parts.iter().cloned()),
            },
            Value::Int(number) => segments.push(Segment::text(&number.to_string())),
            Value::Float(number) => segments.push(Segment::text(&number.to_string())),
            Value::Bool(flag) => segments.push(Segment::text(if *flag { "True" } else { "False" })),
            Value::Null => segments.push(Segment::text("None")),
            Value::Choice(choices) => {
                let known: Vec<&Value<'p>> = choices.iter().filter(|choice| !matches!(choice, Value::Null)).collect();
                if let [only] = known.as_slice() {
                    let only = (*only).clone();
                    self.insert(segments, &only, place, inner, expr);
                    return;
                }
                if let Some(text) = value.default_text().filter(|_| !known.iter().any(|choice| self.is_input(choice))) {
                    self.reads_param.set(true);
                    let text = text.clone();
                    self.insert(segments, &text, place, inner, expr);
                    return;
                }
                let texts = known.iter().all(|choice| matches!(choice, Value::Text(_)));
                let weight: usize = known.iter().map(|choice| weight(choice, MAX_CHOICE)).sum();
                if texts && weight <= MAX_CHOICE {
                    let arms = known.iter().map(|choice| self.segments_of(choice, expr)).collect();
                    let mut subject = self.slot_of(&Origin::named(name_of(expr)), place, inner);
                    // Which of several constant texts it is follows the value that it was chosen by, which is not known.
                    subject.confidence = Confidence::Low;
                    segments.push(Segment::Block(Box::new(BlockSegment { kind: BlockKind::Branch, place, arms, subject })));
                    return;
                }
                let origin = known.iter().find_map(|choice| match choice {
                    Value::Unknown(origin) => Some((**origin).clone()),
                    _ => None,
                });
                let mut origin = origin.unwrap_or_else(|| Origin::named(name_of(expr)));
                // `if len(text) > most: text = text[:most] + "…"`
                let is_cut = |choice: &Value<'p>| match choice {
                    Value::Unknown(origin) => origin.limited,
                    Value::Text(parts) => parts.iter().any(|part| matches!(part, Segment::Slot(slot) if slot.limited)),
                    _ => false,
                };
                origin.limited |= known.iter().any(|choice| is_cut(choice));
                segments.push(Segment::Slot(Box::new(self.slot_of(&origin, place, inner))));
            }
            Value::Json(inner_value) => {
                let origin = self.json_origin(inner_value, expr);
                segments.push(Segment::Slot(Box::new(self.slot_of(&origin, place, inner))));
            }
            Value::Unknown(origin) => {
                // One message of those handed in, written into a prompt of its own, is what that prompt is about.
                let one = origin.in_history && origin.loop_id.is_none();
                let mut slot = if one {
                    self.slot_of(&Origin { in_history: false, ..(**origin).clone() }, place, inner)
                } else {
                    self.slot_of(origin, place, inner)
                };
                if let Some(name) = self.name_here(origin, expr) {
                    // Whoever wrote the prompt says what goes in; a caller's name for it may say less.
                    let hint = self.catalogue.names.hint(&name).filter(|hint| hint.size == SizeClass::Document);
                    if let Some(hint) = hint.filter(|_| origin.size.is_none() && slot.size != SizeClass::History) {
                        slot.size = hint.size;
                        slot.size_confidence = hint.size_confidence;
                    }
                    slot.name = name.as_str().into();
                }
                segments.push(Segment::Slot(Box::new(slot)));
            }
            other => {
                let origin = self.origin_of(other, expr);
                let slot = self.slot_of(&origin, place, inner);
                segments.push(Segment::Slot(Box::new(slot)));
            }
        }
    }

    /// Whether a value is called like something that a prompt is about: what stands there without it says that there is none
    /// (`transcript or "none"`), and is not what is sent as a rule.
    fn is_input(&self, value: &Value<'p>) -> bool {
        let Value::Unknown(origin) = value else { return false };
        let hint = self.name_hint(&origin.name).filter(|hint| hint.confidence >= Confidence::Medium);
        hint.is_some_and(|hint| {
            matches!(hint.size, SizeClass::Document | SizeClass::History | SizeClass::Retrieval)
                && hint.volatility.is_some_and(|volatility| volatility >= Volatility::Turn)
        })
    }

    /// What a value is called where it is used, if its own name is that of a caller: a parameter goes by its name.
    fn name_here(&self, origin: &Origin, expr: &Expr) -> Option<String> {
        if origin.name.is_empty() {
            return Some(name_of(expr));
        }
        let ExprKind::Name(name) = &expr.kind else { return None };
        let function = self.frames.last().filter(|_| !self.stack.is_empty())?.function?;
        let is_param = function.params.iter().any(|param| param.name == *name);
        (is_param && !origin.name.ends_with("()") && origin.volatility.is_none()).then(|| name.clone())
    }

    /// The segments of a value that is used as text, `expr` being where it is used.
    pub fn segments_of(&mut self, value: &Value<'p>, expr: &'p Expr) -> Vec<Segment> {
        let mut segments = Vec::new();
        let place = self.place(expr.span);
        self.insert(&mut segments, value, Some(place), Some(place), expr);
        segments
    }

    /// What is known of a value that is no text, for a slot that it goes into.
    pub fn origin_of(&self, value: &Value<'p>, expr: &Expr) -> Origin {
        let name = name_of(expr);
        match value {
            Value::Unknown(origin) => (**origin).clone(),
            Value::Ref(id) => {
                let mut origin = Origin { size: Some(SizeClass::List), ..Origin::named(name) };
                match self.heap.get(*id) {
                    Obj::List(list) => {
                        // A list that grows is a conversation only if it holds turns, or is called so.
                        if self.is_conversation(list, &origin.name) {
                            origin.grows = self.growth_of(list);
                        }
                        if origin.grows.is_some() {
                            origin.size = Some(SizeClass::History);
                        }
                        if let Some(open) = &list.open {
                            origin = Origin { grows: origin.grows, ..(**open).clone() };
                        } else if list.items.iter().all(|item| self.is_constant(&item.value)) {
                            origin.volatility = Some(crate::model::prompt::Volatility::Constant);
                            origin.confidence = Confidence::Medium;
                        }
                    }
                    Obj::Dict(dict) => {
                        if !dict.open && dict.entries.iter().all(|entry| self.is_constant(&entry.value)) {
                            origin.volatility = Some(crate::model::prompt::Volatility::Constant);
                            origin.confidence = Confidence::Medium;
                            origin.size = Some(SizeClass::Schema);
                        }
                    }
                    Obj::Instance(_) => origin.size = None,
                }
                origin
            }
            Value::Member(base, path) => match &**base {
                // An attribute of an object is called as it is written where it is used.
                Value::Unknown(origin) if &*origin.name == "self" => match expr.dotted() {
                    Some(written) => origin.renamed(written),
                    None => origin.renamed(path.clone()),
                },
                Value::Unknown(origin) => self.member_origin(origin, path),
                _ => Origin::named(name),
            },
            _ => Origin::named(name),
        }
    }

    fn json_origin(&self, value: &Value<'p>, expr: &Expr) -> Origin {
        self.origin_of(value, expr)
    }

    /// Whether a value is the same in every process.
    pub fn is_constant(&self, value: &Value<'p>) -> bool {
        self.is_constant_to(value, MAX_CONTAINERS)
    }

    /// A list may hold itself: looked into only so many containers deep.
    fn is_constant_to(&self, value: &Value<'p>, depth: usize) -> bool {
        let inside = |value: &Value<'p>| depth > 0 && self.is_constant_to(value, depth - 1);
        match value {
            Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Null => true,
            Value::Text(segments) => segments.iter().all(|segment| matches!(segment, Segment::Text(_) | Segment::Breakpoint(_))),
            Value::Ref(id) => match self.heap.get(*id) {
                Obj::List(list) => {
                    list.open.is_none() && list.items.len() < 500 && list.items.iter().all(|item| !item.many && inside(&item.value))
                }
                Obj::Dict(dict) => !dict.open && dict.entries.len() < 500 && dict.entries.iter().all(|entry| inside(&entry.value)),
                Obj::Instance(_) => false,
            },
            Value::Json(inner) => self.is_constant_to(inner, depth),
            _ => false,
        }
    }

    /// What a name says of a value.
    pub fn name_hint(&self, name: &Rc<str>) -> Option<NameHint> {
        if let Some(known) = self.hints.borrow().get(name) {
            return *known;
        }
        let hint = self.catalogue.names.hint(name);
        self.hints.borrow_mut().insert(name.clone(), hint);
        hint
    }

    /// What the name of a template's field says: how long a value is that is named in capitals is said by its name as that of any other
    /// (`{{CHAT_HISTORY}}`), how often it changes is not.
    fn field_hint(&self, name: &Rc<str>) -> Option<NameHint> {
        let known = self.name_hint(name)?;
        if !name.chars().any(char::is_uppercase) || name.chars().any(char::is_lowercase) {
            return Some(known);
        }
        let said = self.name_hint(&name.to_lowercase().into()).filter(|said| said.size == SizeClass::History);
        Some(said.map_or(known, |said| NameHint { size: said.size, size_confidence: said.size_confidence, ..known }))
    }

    /// The slot that a value of this origin makes: data flow first, then its name.
    pub fn slot_of(&self, origin: &Origin, place: Option<Place>, inner: Option<Place>) -> Slot {
        if origin.param {
            self.reads_param.set(true);
        }
        if origin.in_history {
            // It changes as the conversation does, and no faster: how fast is not known here.
            return Slot {
                name: origin.name.as_ref().into(),
                place,
                expr: inner,
                volatility: None,
                size: SizeClass::History,
                limited: origin.limited,
                growth: Some(crate::model::request::Growth::Unknown),
                confidence: Confidence::Low,
                size_confidence: Confidence::Medium,
                reason: "a part of the conversation".into(),
            };
        }
        let hint = match origin.field {
            true => self.field_hint(&origin.name),
            false => self.name_hint(&origin.name),
        };
        let mut volatility = origin.volatility;
        let mut confidence = if origin.volatility.is_some() { origin.confidence } else { Confidence::Low };
        let mut reason = origin.reason.clone();
        if volatility.is_none() {
            let in_loop = origin.loop_id.is_some_and(|id| self.loops.iter().any(|info| info.id == id && info.kind == LoopShape::Items));
            // Of each of several models, say: what is cached is cached for each of them.
            let of_settings = || origin.name.split('.').any(|part| self.is_setting(part));
            if in_loop && !of_settings() {
                volatility = Some(crate::model::prompt::Volatility::Request);
                confidence = Confidence::High;
                reason = IN_LOOP.into();
            } else if hint.is_none() && origin.varies_by_caller() && !self.catalogue.names.may_be_settled(&origin.name) {
                volatility = Some(crate::model::prompt::Volatility::Request);
                confidence = Confidence::Medium;
            } else if let (None, Some(source)) = (hint, &origin.made_of) {
                volatility = Some(Volatility::Request);
                confidence = Confidence::Medium;
                reason = format!("made of `{source}`").into();
            } else if let Some(hint) = hint {
                volatility = hint.volatility;
                confidence = hint.confidence;
                if reason.is_empty() {
                    reason = "by its name".into();
                }
            }
        }
        let (size, size_confidence) = match (origin.size, hint) {
            _ if origin.grows.is_some() => (SizeClass::History, Confidence::High),
            (Some(size), _) if size != SizeClass::Unknown => (size, Confidence::High),
            // Whoever fills in a field out of sight may shorten it there.
            (_, Some(hint)) if origin.field && hint.size == SizeClass::Document => (hint.size, Confidence::Low),
            (_, Some(hint)) => (hint.size, hint.size_confidence),
            _ => (SizeClass::Unknown, Confidence::Low),
        };
        Slot {
            name: origin.name.as_ref().into(),
            place,
            expr: inner,
            volatility,
            size,
            limited: origin.limited,
            growth: origin.grows.as_ref().map(|grows| self.growth(grows, Trim::None).growth),
            confidence,
            size_confidence,
            reason: reason.as_ref().into(),
        }
    }

    /// Whether something of this name is settled when the application is deployed.
    fn is_setting(&self, name: &str) -> bool {
        let volatility = self.catalogue.names.hint(name).and_then(|hint| hint.volatility);
        volatility.is_some_and(|volatility| volatility <= Volatility::Deployment)
    }

    /// Whether a value that could not be followed is a conversation, or a part of one.
    pub fn is_history(&self, origin: &Origin) -> bool {
        origin.in_history
            || origin.size == Some(SizeClass::History)
            || (matches!(origin.size, None | Some(SizeClass::Unknown | SizeClass::List))
                && self.catalogue.names.hint(&origin.name).is_some_and(|hint| hint.size == SizeClass::History))
    }

    /// One turn of a conversation that was handed in.
    pub fn turn_of(&self, origin: &Origin) -> Origin {
        Origin {
            in_history: true,
            volatility: None,
            size: None,
            default: None,
            grows: None,
            fetched: false,
            ..origin.renamed(origin.name.clone())
        }
    }

    pub fn add(&mut self, left: Value<'p>, right: Value<'p>, left_expr: &'p Expr, right_expr: &'p Expr) -> Value<'p> {
        match (&left, &right) {
            (Value::Int(a), Value::Int(b)) => return Value::Int(a.saturating_add(*b)),
            (Value::Ref(a), _) if self.heap.list(*a).is_some() => return self.concat_lists(Some(*a), &left, &right, left_expr, right_expr),
            (_, Value::Ref(b)) if self.heap.list(*b).is_some() => return self.concat_lists(None, &left, &right, left_expr, right_expr),
            _ => {}
        }
        let textual = |value: &Value<'p>| match value {
            Value::Text(_) | Value::Json(_) => true,
            Value::Choice(choices) => choices.iter().any(|choice| matches!(choice, Value::Text(_))),
            _ => false,
        };
        if textual(&left) || textual(&right) {
            let mut segments = self.segments_of(&left, left_expr);
            segments.extend(self.segments_of(&right, right_expr));
            return Value::Text(Rc::new(segments));
        }
        match (left, right) {
            (Value::Unknown(a), Value::Unknown(b)) => {
                let grows = a.grows.clone().or_else(|| b.grows.clone());
                // A title and its document are a document.
                let is_document = |origin: &Origin| origin.size == Some(SizeClass::Document);
                let kept = if is_document(&b) && !is_document(&a) { b } else { a };
                Value::origin(Origin { grows, ..kept.renamed(kept.name.clone()) })
            }
            (Value::Unknown(a), _) | (_, Value::Unknown(a)) => Value::Unknown(a),
            _ => Value::unknown(""),
        }
    }

    fn concat_lists(
        &mut self,
        first: Option<ObjId>,
        left: &Value<'p>,
        right: &Value<'p>,
        left_expr: &'p Expr,
        right_expr: &'p Expr,
    ) -> Value<'p> {
        let result = self.new_list(Vec::new(), None, None);
        if let Value::Ref(id) = result {
            self.extend_from(id, left, left_expr);
            self.extend_from(id, right, right_expr);
            let trim = [left, right]
                .iter()
                .filter_map(|value| match value {
                    Value::Ref(id) => self.heap.list(*id).map(|list| list.trim),
                    _ => None,
                })
                .fold(Trim::None, Trim::join);
            if let Some(list) = self.heap.list_mut(id) {
                list.trim = trim;
                list.derived = first;
            }
        }
        result
    }

    fn binary(&mut self, op: BinaryOp, left: &'p Expr, right: &'p Expr) -> Value<'p> {
        // A long sum is a chain to the left: walk it without going deep.
        if op == BinaryOp::Add {
            let mut chain = vec![right];
            let mut head = left;
            while let ExprKind::Binary { op: BinaryOp::Add, left, right } = &head.kind {
                chain.push(right);
                head = left;
            }
            let mut value = self.eval(head);
            for part in chain.into_iter().rev() {
                let added = self.eval(part);
                value = self.add(value, added, head, part);
                head = part;
            }
            return value;
        }
        let left_value = self.eval(left);
        let right_value = self.eval(right);
        if op == BinaryOp::Or
            && let Some(chain) = self.pipe(&left_value, &right_value)
        {
            return chain;
        }
        match (op, &left_value, &right_value) {
            (BinaryOp::Mod, Value::Text(_), _) => self.percent(&left_value, &right_value, left, right),
            (BinaryOp::Mul, Value::Text(_), Value::Int(times)) if *times >= 0 => {
                let Some(text) = left_value.as_text() else { return left_value };
                let times = usize::try_from(*times).unwrap_or(0);
                if text.len().saturating_mul(times) <= 200_000 {
                    Value::text(&text.repeat(times))
                } else {
                    Value::unknown("a repeated text")
                }
            }
            (BinaryOp::Mul, Value::Int(a), Value::Int(b)) => Value::Int(a.saturating_mul(*b)),
            (BinaryOp::Sub, Value::Int(a), Value::Int(b)) => Value::Int(a.saturating_sub(*b)),
            (BinaryOp::Div, Value::Int(a), Value::Int(b)) if *b != 0 => Value::Int(a / b),
            (BinaryOp::Or, Value::Ref(a), Value::Ref(b)) if self.heap.dict(*a).is_some() => {
                let mut merged = self.heap.dict(*a).cloned().unwrap_or_default();
                merged.literal = None;
                let id = self.heap.add(Obj::Dict(merged));
                self.update_dict(id, *b);
                Value::Ref(id)
            }
            (BinaryOp::Div, Value::Instance(_) | Value::Member(..), part) if left_value.path_parts().is_some() => {
                let mut parts = left_value.path_parts().unwrap_or_default();
                parts.push(part.clone());
                path_of(parts)
            }
            (BinaryOp::Other, Value::Member(..), _) | (_, _, Value::Member(..)) => Value::unknown("a path"),
            (_, Value::Unknown(origin), _) | (_, _, Value::Unknown(origin)) => Value::Unknown(origin.clone()),
            _ => scalar("a number"),
        }
    }

    // --- containers ------------------------------------------------------------------------------------------------

    fn dict(&mut self, items: &'p [DictItem], expr: &'p Expr) -> Value<'p> {
        let file = self.file();
        let created = Some(self.current_loops());
        let mut dict = DictObj { literal: Some((file, expr)), created, ..DictObj::default() };
        for item in items {
            match item {
                DictItem::Entry { key, value } => {
                    let key = self.eval(key);
                    let evaluated = self.eval(value);
                    match key.as_text() {
                        Some(key) => dict.set(key.into(), evaluated, Some((file, value))),
                        None => dict.open = !matches!(key, Value::Int(_)) || dict.open,
                    }
                }
                DictItem::Spread(value) => match self.eval(value) {
                    Value::Ref(id) => match self.heap.dict(id).cloned() {
                        Some(other) => put_all(&mut dict, other, false),
                        None => dict.open = true,
                    },
                    Value::Choice(choices) => {
                        for choice in choices.iter() {
                            match choice {
                                Value::Ref(id) => {
                                    if let Some(other) = self.heap.dict(*id).cloned() {
                                        put_all(&mut dict, other, true);
                                    } else {
                                        dict.open = true;
                                    }
                                }
                                Value::Null => {}
                                field if field.is_empty_by_default() => dict.configurable = true,
                                _ => dict.open = true,
                            }
                        }
                    }
                    field if field.is_empty_by_default() => dict.configurable = true,
                    Value::Null => {}
                    _ => dict.open = true,
                },
            }
        }
        Value::Ref(self.heap.add(Obj::Dict(dict)))
    }

    pub fn update_dict(&mut self, id: ObjId, other: ObjId) {
        let Some(other) = self.heap.dict(other).cloned() else {
            if let Some(dict) = self.heap.dict_mut(id) {
                dict.open = true;
            }
            return;
        };
        if let Some(dict) = self.heap.dict_mut(id) {
            put_all(dict, other, false);
        }
    }

    fn list(&mut self, parts: &'p [Expr], expr: &'p Expr, is_set: bool) -> Value<'p> {
        let file = self.file();
        let result = self.new_list(Vec::new(), None, Some((file, expr)));
        let Value::Ref(id) = result else { return result };
        for part in parts {
            if let ExprKind::Starred(inner) = &part.kind {
                let value = self.eval(inner);
                let trim = match &value {
                    Value::Ref(source) => self.heap.list(*source).map_or(Trim::None, |list| list.trim),
                    _ => Trim::None,
                };
                self.extend_from(id, &value, inner);
                if let Some(list) = self.heap.list_mut(id) {
                    list.trim = list.trim.join(trim);
                }
            } else {
                let value = self.eval(part);
                self.push_item(id, value, false);
            }
        }
        if let Some(list) = self.heap.list_mut(id) {
            list.is_set = is_set;
        }
        result
    }

    /// Adds one item; what grows is known from the loops that run now and those that ran when the list was made.
    pub fn push_item(&mut self, id: ObjId, value: Value<'p>, at_front: bool) {
        let uid = self.heap.uid();
        let running = self.loops.clone();
        let statement = self.statement;
        let fuel_left = self.fuel > 0;
        if let Some(list) = self.heap.list_mut(id) {
            let grows_in: Vec<LoopId> = running.iter().map(|info| info.id).filter(|id| !list.created.contains(id)).collect();
            if !grows_in.is_empty() {
                list.grows_at.get_or_insert(statement);
            }
            // Both passes over a loop's body add the same item: one stands for all.
            let repeated = !grows_in.is_empty()
                && list.items.iter().filter(|item| *item.grows_in == grows_in && same_shape(&item.value, &value)).count() >= 2;
            if repeated || !fuel_left || list.items.len() > MAX_ITEMS {
                return;
            }
            let item = Item { value, uid, many: !grows_in.is_empty(), grows_in: Rc::new(grows_in), maybe: false, replays: None };
            let item = self.carried(id, item);
            let Some(list) = self.heap.list_mut(id) else { return };
            if at_front { list.items.insert(0, item) } else { list.items.push(item) }
        }
    }

    pub fn extend_list(&mut self, id: ObjId, added: &Value<'p>, expr: Option<&'p Expr>) {
        match (added, expr) {
            (Value::Ref(source), _) if self.heap.list(*source).is_some() => self.push_items(id, *source),
            (other, expr) => {
                let origin = match other {
                    Value::Unknown(origin) => (**origin).clone(),
                    // `extend(turn.items or [])`
                    Value::Choice(choices) => match choices.iter().find(|choice| choice.is_out_of_sight()) {
                        Some(Value::Unknown(origin)) => (**origin).clone(),
                        Some(Value::Member(_, path)) => Origin::named(path.clone()),
                        _ => Origin::named(expr.map(name_of).unwrap_or_default()),
                    },
                    _ => Origin::named(expr.map(name_of).unwrap_or_default()),
                };
                self.push_item(id, Value::origin(Origin { size: Some(SizeClass::List), ..origin }), false);
            }
        }
    }

    /// Copies the items of `value` into a list that is being made: what grew goes on growing.
    pub fn extend_from(&mut self, id: ObjId, value: &Value<'p>, expr: &'p Expr) {
        match value {
            Value::Ref(source) => {
                if let Some(list) = self.heap.list(*source).cloned() {
                    let growth = self.growth_of(&list);
                    if let Some(target) = self.heap.list_mut(id) {
                        for mut item in list.items {
                            if target.items.len() > MAX_ITEMS {
                                target.open.get_or_insert_with(|| Rc::new(Origin::named(name_of(expr))));
                                break;
                            }
                            if item.replays.is_none() && !item.grows_in.is_empty() {
                                item.replays = growth.clone();
                            }
                            target.items.push(item);
                        }
                        if let Some(open) = list.open {
                            target.open.get_or_insert(open);
                        }
                        target.grows_at = target.grows_at.or(list.grows_at);
                    }
                } else {
                    self.push_item(id, value.clone(), false);
                }
            }
            Value::Choice(choices) => {
                // The longest way stands for all: what it holds may be sent.
                let choice = choices.iter().max_by_key(|choice| match choice {
                    Value::Ref(id) => self.heap.list(*id).map_or(0, |list| list.items.len() + 1),
                    _ => 0,
                });
                let trims = choices
                    .iter()
                    .filter_map(|choice| match choice {
                        Value::Ref(id) => self.heap.list(*id).map(|list| list.trim),
                        _ => None,
                    })
                    .fold(Trim::None, Trim::join);
                if let Some(choice) = choice.cloned() {
                    self.extend_from(id, &choice, expr);
                }
                if let Some(list) = self.heap.list_mut(id) {
                    list.trim = list.trim.join(trims);
                }
            }
            Value::Null => {}
            other => {
                // An unknown number of items, at this place of the list.
                let value = Value::origin(self.origin_of(other, expr));
                let uid = self.heap.uid();
                if let Some(list) = self.heap.list_mut(id) {
                    list.items.push(Item { value, uid, grows_in: Rc::new(Vec::new()), many: true, maybe: false, replays: None });
                }
            }
        }
    }

    /// Whether a list holds the turns of a conversation: by what is in it, or by its name.
    pub fn is_conversation(&self, list: &ListObj<'p>, name: &str) -> bool {
        let is_turn = |value: &Value<'p>| match value {
            Value::Unknown(origin) => origin.in_history,
            Value::Ref(id) if self.heap.dict(*id).is_some() => self.heap.dict(*id).is_some_and(|dict| dict.get("role").is_some()),
            Value::Instance(_) | Value::Ref(_) => self.as_message(value).is_some(),
            _ => false,
        };
        list.is_store
            || list.items.iter().any(|item| is_turn(&item.value))
            || self.catalogue.names.hint(name).is_some_and(|hint| hint.size == SizeClass::History)
    }

    /// What a list that grows hands on to what is made of it.
    pub fn growth_of(&self, list: &ListObj<'p>) -> Option<Rc<GrowthOrigin>> {
        if let Some(known) = list.items.iter().find_map(|item| item.replays.clone()) {
            return Some(Rc::new(GrowthOrigin { trim: known.trim.join(list.trim), ..(*known).clone() }));
        }
        let mut loops: Vec<LoopId> = list.items.iter().flat_map(|item| item.grows_in.iter().copied()).collect();
        if loops.is_empty() {
            return list.open.as_ref().and_then(|open| open.grows.clone());
        }
        loops.sort_unstable();
        loops.dedup();
        let (source, said) = self.source_of(list);
        Some(Rc::new(GrowthOrigin { loops, grows_at: list.grows_at, trim: list.trim, source, said }))
    }

    fn comprehension(&mut self, comprehension: &'p Comprehension, expr: &'p Expr) -> Value<'p> {
        let before = self.frame().vars.clone();
        let mut growth = None;
        let mut rows = None;
        let mut source: Option<Origin> = None;
        let mut pushed = 0;
        let mut trim = Trim::None;
        for clause in &comprehension.clauses {
            let iterated = self.eval(&clause.iter);
            if let Some(messages) = self.comprehend_messages(comprehension, &iterated, expr) {
                return messages;
            }
            if let Value::Ref(id) = &iterated
                && let Some(list) = self.heap.list(*id)
            {
                trim = trim.join(list.trim);
            }
            growth = growth.or(self.growth_in(&iterated));
            rows = rows.or(self.growth_of_rows(&iterated));
            if source.is_none() {
                source = Some(self.origin_of(&iterated, &clause.iter));
            }
            let id = LoopId::At(self.file(), clause.target.span.start);
            let element = self.element_of(&iterated, &clause.iter, id);
            let kind = self.comprehension_shape(&clause.iter, &iterated);
            self.loops.push(LoopInfo { id, kind, depth: self.stack.len() });
            pushed += 1;
            let target = self.item_target(&clause.target, &clause.iter);
            self.assign(target, element, None);
            for condition in &clause.conditions {
                self.eval(condition);
            }
        }
        if let Some(key) = &comprehension.key {
            self.eval(key);
        }
        let element = self.eval(&comprehension.element);
        for _ in 0..pushed {
            self.loops.pop();
        }
        self.frame().vars = before;
        let growth = growth.or(rows.filter(|_| self.speaks_by_row(&element)));
        if comprehension.kind == ComprehensionKind::Dict {
            return Value::Ref(self.heap.add(Obj::Dict(DictObj { open: true, ..DictObj::default() })));
        }
        let uid = self.heap.uid();
        let created = self.current_loops();
        let item = Item { value: element, uid, grows_in: Rc::new(Vec::new()), many: true, maybe: false, replays: growth.clone() };
        let list = ListObj {
            items: vec![item],
            open: None,
            trim,
            created,
            derived: None,
            grows_at: growth.and_then(|growth| growth.grows_at),
            literal: Some((self.file(), expr)),
            is_set: comprehension.kind == ComprehensionKind::Set,
            is_store: false,
        };
        Value::Ref(self.heap.add(Obj::List(list)))
    }

    fn comprehension_shape(&self, iter: &Expr, _value: &Value<'p>) -> LoopShape {
        match &iter.kind {
            ExprKind::Call(call) if call.callee.dotted().as_deref() == Some("range") => LoopShape::Range(None),
            _ => LoopShape::Items,
        }
    }

    pub fn index(&mut self, object: &Value<'p>, index: &Value<'p>, expr: &'p Expr) -> Value<'p> {
        match object {
            Value::Ref(id) => match (self.heap.get(*id), index) {
                (Obj::Dict(dict), _) => match index.as_text() {
                    Some(key) => match dict.get(&key) {
                        Some(entry) => entry.value.clone(),
                        None if dict.each.is_some() => {
                            let id = *id;
                            self.kept(id, index).unwrap_or_else(|| Value::unknown(key))
                        }
                        None => Value::unknown(key),
                    },
                    None if dict.each.is_some() => {
                        let id = *id;
                        self.kept(id, index).unwrap_or_else(|| Value::unknown(name_of(expr)))
                    }
                    None => {
                        // Any of them: a registry of prompts or settings.
                        let values: Vec<Value<'p>> = dict.entries.iter().map(|entry| entry.value.clone()).collect();
                        let open = dict.open;
                        let mut joined: Option<Value<'p>> = None;
                        for value in values {
                            joined = Some(match joined {
                                None => value,
                                Some(known) => known.join(value),
                            });
                        }
                        match joined {
                            Some(joined) if !open => joined,
                            _ => Value::unknown(name_of(expr)),
                        }
                    }
                },
                (Obj::List(list), Value::Int(at)) => {
                    let position =
                        if *at < 0 { list.items.len().checked_sub(at.unsigned_abs() as usize) } else { usize::try_from(*at).ok() };
                    match position.and_then(|position| list.items.get(position)) {
                        Some(item) if list.open.is_none() && !list.items.iter().any(|item| item.many) => item.value.clone(),
                        _ => Value::unknown(name_of(expr)),
                    }
                }
                _ => Value::unknown(name_of(expr)),
            },
            Value::Choice(choices) => {
                let choices = choices.clone();
                let mut joined: Option<Value<'p>> = None;
                for choice in choices.iter().filter(|choice| !matches!(choice, Value::Null)) {
                    let value = self.index(choice, index, expr);
                    joined = Some(match joined {
                        None => value,
                        Some(known) => known.join(value),
                    });
                }
                joined.unwrap_or_else(|| Value::unknown(name_of(expr)))
            }
            Value::Unknown(origin)
                if index.as_text().is_some_and(|key| self.is_client_held(origin, &key) || self.is_fetched(origin, &key)) =>
            {
                Value::origin(self.member_origin(origin, &index.as_text().unwrap_or_default()))
            }
            Value::Unknown(origin) if index.as_text().is_some_and(|key| self.body_of_event(origin, &key).is_some()) => {
                self.body_of_event(origin, "body").unwrap_or(Value::Null)
            }
            // The last turn is what is asked now; one from the front, or from anywhere, is replayed.
            Value::Unknown(origin) if self.is_history(origin) && !matches!(index, Value::Int(at) if *at < 0) => {
                let turn = self.turn_of(origin);
                Value::origin(match index.as_text() {
                    Some(key) => turn.renamed(key),
                    None => turn,
                })
            }
            Value::Unknown(origin) => {
                let name = match index.as_text() {
                    Some(key) => key,
                    None => format!("{}[]", origin.name),
                };
                // One field of what was parsed is as long as its name says; the text that it was parsed from says nothing of it.
                let says_document = |key: &str| self.catalogue.names.hint(key).is_some_and(|hint| hint.size == SizeClass::Document);
                let is_part = index.as_text().is_some_and(|key| !says_document(&key));
                // `text.split(marker)[0]`: the part of a text that is wanted.
                let is_cut = matches!(&expr.kind, ExprKind::Index { base, .. } if is_split(base));
                let size = match origin.size {
                    Some(SizeClass::Document) if is_part || is_cut => None,
                    size => size.filter(|size| matches!(size, SizeClass::Document | SizeClass::Retrieval)),
                };
                // What a query of DynamoDB answers.
                let rows = name == "Items" && self.builtins().finds_rows("Items") && !self.limits_something();
                Value::origin(Origin { size, rows, ..origin.renamed(name) })
            }
            other => match index.as_text() {
                Some(key) => {
                    if let Some(key) = self.persistent_key(other, &key)
                        && let Some(value) = self.persistent_load(&key)
                    {
                        return value;
                    }
                    if let Some(Value::Unknown(body)) = self.body_of_request(other) {
                        return self.index(&Value::Unknown(body), index, expr);
                    }
                    let base = self.qualified(other);
                    match base.as_deref() {
                        Some("os.environ" | "process.env" | "import.meta.env") => setting(&key),
                        _ => Value::unknown(key),
                    }
                }
                None => Value::unknown(name_of(expr)),
            },
        }
    }

    pub fn slice(&mut self, object: &Value<'p>, lower: Option<&'p Expr>, upper: Option<&'p Expr>) -> Value<'p> {
        match object {
            Value::Ref(id) => {
                let Some(list) = self.heap.list(*id).cloned() else { return Value::unknown("a slice") };
                let trim = match (lower, upper) {
                    (None, None) => Trim::None,
                    (Some(lower), None) => match &lower.kind {
                        ExprKind::Negative(inner) => Trim::Sliding(match self.eval(inner) {
                            Value::Int(count) => u32::try_from(count).ok(),
                            _ => None,
                        }),
                        // Skips the first few (a system message): no bound.
                        ExprKind::Int(count) if *count >= 0 => Trim::None,
                        _ => match self.eval(lower) {
                            Value::Int(count) if count < 0 => Trim::Sliding(u32::try_from(count.unsigned_abs()).ok()),
                            _ => Trim::Unknown,
                        },
                    },
                    (_, Some(upper)) if slices::keeps_beginning(lower, upper) => Trim::None,
                    (Some(Expr { kind: ExprKind::Negative(_), .. }), Some(_)) => Trim::Sliding(None),
                    (_, Some(_)) => Trim::Blocks,
                };
                let open = list
                    .open
                    .clone()
                    .map(|open| if trim == Trim::None { open } else { Rc::new(Origin { limited: true, ..(*open).clone() }) });
                let created = self.current_loops();
                let growth = self.growth_of(&list);
                let mut items = list.items.clone();
                for item in &mut items {
                    if item.replays.is_none() && !item.grows_in.is_empty() {
                        item.replays = growth.clone();
                    }
                }
                let sliced = ListObj { items, open, trim: list.trim.join(trim), created, derived: Some(*id), literal: None, ..list };
                Value::Ref(self.heap.add(Obj::List(sliced)))
            }
            Value::Unknown(origin) => {
                let rewound = |upper| origin.is_of_conversation() && slices::keeps_beginning(lower, upper);
                let bounded =
                    upper.is_some_and(|upper| !rewound(upper)) || matches!(lower.map(|lower| &lower.kind), Some(ExprKind::Negative(_)));
                Value::origin(Origin { limited: origin.limited || bounded, ..(**origin).clone() })
            }
            Value::Choice(choices) => match choices.iter().find(|choice| !matches!(choice, Value::Null)).cloned() {
                Some(first) => self.slice(&first, lower, upper),
                None => Value::unknown("a slice"),
            },
            Value::Text(segments) => Value::Text(Rc::new(super::call::limited_slots(segments))),
            Value::Member(base, path) => match &**base {
                Value::Unknown(origin) => {
                    let member = Value::origin(self.member_origin(origin, path));
                    self.slice(&member, lower, upper)
                }
                _ => object.clone(),
            },
            other => other.clone(),
        }
    }

    /// The qualified name of something outside the project.
    pub fn qualified(&self, value: &Value<'p>) -> Option<Rc<str>> {
        match value {
            Value::External(name) => Some(name.clone()),
            Value::Member(base, path) => match &**base {
                Value::External(name) => Some(format!("{name}.{path}").into()),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Adds all of another dict; `maybe` where that happens on one way only.
fn put_all<'p>(dict: &mut DictObj<'p>, other: DictObj<'p>, maybe: bool) {
    dict.open |= other.open;
    dict.configurable |= other.configurable;
    for entry in other.entries {
        let maybe = maybe || entry.maybe;
        put(dict, DictEntry { maybe, ..entry });
    }
}

/// Adds an entry to a dict: one that may be absent does not hide what was there.
fn put<'p>(dict: &mut DictObj<'p>, entry: DictEntry<'p>) {
    match dict.entries.iter_mut().find(|known| known.key == entry.key) {
        Some(known) if entry.maybe => {
            known.value = known.value.clone().join(entry.value);
        }
        Some(known) => *known = entry,
        None => dict.entries.push(entry),
    }
}

fn same_shape(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Ref(_), Value::Ref(_)) => true,
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

/// Why a value changes that is bound anew by a loop.
pub const IN_LOOP: &str = "another one on each pass of the loop";

/// A moment as it is written by a format of `strftime`: one that holds nothing shorter than a day leaves the day.
pub fn in_date_format<'p>(value: Value<'p>, format: &str) -> Value<'p> {
    /// Directives of dates: years, months, weeks and days, and a literal `%`.
    const DATES: &str = "YyGCmbBhdejaAuwUWVDxFn%";
    let Value::Unknown(origin) = &value else { return value };
    let mut directives = format.split('%').skip(1).peekable();
    let is_date = directives.peek().is_some()
        && directives.all(|rest| {
            rest.trim_start_matches(['-', '_', '0', '^', '#', 'E', 'O']).chars().next().is_none_or(|letter| DATES.contains(letter))
        });
    if is_date && origin.volatility == Some(crate::model::prompt::Volatility::Request) && origin.size == Some(SizeClass::Scalar) {
        return Value::origin(Origin { volatility: Some(crate::model::prompt::Volatility::Period), ..(**origin).clone() });
    }
    value
}

pub fn scalar<'p>(name: &str) -> Value<'p> {
    Value::origin(Origin { size: Some(SizeClass::Scalar), ..Origin::named(name) })
}

pub fn setting<'p>(name: &str) -> Value<'p> {
    Value::origin(Origin {
        volatility: Some(crate::model::prompt::Volatility::Deployment),
        size: Some(SizeClass::Scalar),
        confidence: Confidence::High,
        reason: "a setting of the deployment".into(),
        ..Origin::named(name)
    })
}

/// What a person would call the expression.
pub fn name_of(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Call(call) => match (&call.callee.kind, call.args.first().and_then(|arg| arg.value.as_text())) {
            // `state.get("draft")` is called as `state["draft"]` is.
            (ExprKind::Attribute { base, name }, Some(key)) if name == "get" && !key.is_empty() && base.dotted().is_some() => key,
            _ => format!("{}()", name_of(&call.callee)),
        },
        ExprKind::Index { base, index } => match index.as_text() {
            Some(key) => key,
            None => format!("{}[]", name_of(base)),
        },
        ExprKind::Slice { base, .. } => name_of(base),
        ExprKind::Await(inner) | ExprKind::Starred(inner) => name_of(inner),
        ExprKind::Attribute { base, name } => match base.dotted() {
            Some(base) => format!("{base}.{name}"),
            None => name.clone(),
        },
        ExprKind::Name(name) => name.clone(),
        _ => "a value".into(),
    }
}

fn compare(op: CompareOp, left: &Value<'_>, right: &Value<'_>) -> Option<bool> {
    let known = |value: &Value<'_>| matches!(value, Value::Int(_) | Value::Bool(_) | Value::Null | Value::Text(_) | Value::Ref(_));
    match op {
        CompareOp::Is | CompareOp::Equal if matches!(right, Value::Null) && known(left) => Some(matches!(left, Value::Null)),
        CompareOp::IsNot | CompareOp::NotEqual if matches!(right, Value::Null) && known(left) => Some(!matches!(left, Value::Null)),
        CompareOp::Equal => Some(left.as_text()? == right.as_text()?),
        CompareOp::NotEqual => Some(left.as_text()? != right.as_text()?),
        _ => None,
    }
}

/// Whether a text is cut into parts: `text.split(marker)`, `file.readlines()`.
fn is_split(expr: &Expr) -> bool {
    let ExprKind::Call(call) = &expr.kind else { return false };
    let ExprKind::Attribute { name, .. } = &call.callee.kind else { return false };
    matches!(name.as_str(), "split" | "rsplit" | "partition" | "rpartition" | "splitlines" | "readlines")
}
