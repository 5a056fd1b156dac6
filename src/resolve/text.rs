//! The abstract evaluator: text methods, and templates rendered with values that may be unknown.

use std::collections::HashMap;
use std::rc::Rc;

use crate::catalogue::{Text, tables::Meaning};
use crate::document;
use crate::model::prompt::{BlockKind, BlockSegment, Segment, SizeClass, TextSegment};
use crate::span::{FileId, Place, Span};
use crate::syntax::*;
use crate::template::{self, Node, Template, ValueKind, format};

use super::eval::Evaluator;
use super::expr::{name_of, scalar};
use super::imports;
use super::value::*;

/// Stands in a template's text for a slot or block that is already in it.
const HOLE: char = '\u{fffc}';
/// Includes and macros followed from one template.
const MAX_INCLUDES: usize = 16;

/// The text of several segments as one string, and the way back from its offsets to the segments.
pub struct TextMap {
    pub text: String,
    /// Start in `text`, and the segment that begins there.
    parts: Vec<(usize, Segment)>,
}

impl TextMap {
    pub fn new(segments: &[Segment]) -> Self {
        let mut text = String::new();
        let mut parts = Vec::with_capacity(segments.len());
        for segment in segments {
            parts.push((text.len(), segment.clone()));
            match segment {
                Segment::Text(part) => text.push_str(&part.text),
                _ => text.push(HOLE),
            }
        }
        TextMap { text, parts }
    }

    /// A text that begins so far into the file that the spans of its template count from.
    pub fn at(start: usize, segment: Segment) -> Self {
        TextMap { text: String::new(), parts: vec![(start, segment)] }
    }

    /// The segments of a range of the text; pieces of verbatim text keep their places.
    pub fn cut(&self, span: Span) -> Vec<Segment> {
        let (start, end) = (span.start as usize, span.end as usize);
        let mut cut = Vec::new();
        for (at, segment) in &self.parts {
            match segment {
                Segment::Text(part) => {
                    let from = start.max(*at);
                    let to = end.min(at + part.text.len());
                    if from >= to {
                        continue;
                    }
                    let Some(text) = part.text.get(from - at..to - at) else { continue };
                    let whole = text.len() == part.text.len();
                    let place = match part.place {
                        Some(place) if part.verbatim => {
                            let base = place.span.start as usize;
                            Some(Place::new(place.file, Span::new(base + from - at, base + to - at)))
                        }
                        Some(place) if whole => Some(place),
                        _ => None,
                    };
                    cut.push(Segment::Text(TextSegment { text: text.into(), place, verbatim: part.verbatim }));
                }
                other => {
                    if *at >= start && *at < end {
                        cut.push(other.clone());
                    }
                }
            }
        }
        cut
    }

    /// The place of a range that lies in one verbatim piece.
    pub fn place(&self, span: Span) -> Option<Place> {
        match self.cut(span).as_slice() {
            [Segment::Text(part)] if part.verbatim && part.text.len() == span.len() => part.place,
            // Several verbatim pieces of one file that follow each other: the whole range, unless a break lies between.
            [Segment::Text(first), .., Segment::Text(last)] if first.verbatim && last.verbatim => match (first.place, last.place) {
                (Some(a), Some(b)) if a.file == b.file => Some(Place::new(a.file, a.span.join(b.span))),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Parameters, body and text of a macro, and the file that it stands in.
type Macro = (Vec<String>, Vec<Node>, Rc<TextMap>, FileId);

/// Names bound in a template.
pub struct Bindings<'p> {
    pub vars: HashMap<String, Value<'p>>,
    /// Blocks of a template that extends another.
    blocks: HashMap<String, Vec<Segment>>,
    macros: HashMap<String, Macro>,
    depth: usize,
    /// The expression that renders, for naming what has no name.
    expr: Option<&'p Expr>,
}

impl<'p> Bindings<'p> {
    pub fn new(vars: HashMap<String, Value<'p>>, expr: Option<&'p Expr>) -> Self {
        Bindings { vars, blocks: HashMap::new(), macros: HashMap::new(), depth: 0, expr }
    }
}

impl<'p> Evaluator<'p> {
    pub fn text_method(&mut self, base: &Value<'p>, name: &str, args: Args<'p>, expr: &'p Expr, call: &'p Call) -> Value<'p> {
        let segments = match base {
            Value::Text(segments) => segments.clone(),
            _ => {
                let builtin = self.builtins().method(name).cloned();
                return match builtin.map(|builtin| builtin.effect) {
                    Some(crate::catalogue::Effect::Same) => base.clone(),
                    _ => Value::unknown(name_of(expr)),
                };
            }
        };
        match name {
            "format" | "format_map" => {
                let map = TextMap::new(&segments);
                let Some(template) = format::parse_braces(&map.text) else { return base.clone() };
                let mut vars: HashMap<String, Value<'p>> = HashMap::new();
                for (at, value) in args.positional.iter().enumerate() {
                    vars.insert(at.to_string(), value.clone());
                }
                if let (true, Some(Value::Ref(id))) = (name == "format_map", args.positional.first())
                    && let Some(dict) = self.heap.dict(*id)
                {
                    vars.extend(dict.entries.iter().map(|entry| (entry.key.to_string(), entry.value.clone())));
                }
                let written: HashMap<String, &'p Expr> =
                    args.keywords.iter().filter_map(|(key, _, written)| Some((key.to_string(), (*written)?))).collect();
                vars.extend(args.keywords.into_iter().map(|(key, value, _)| (key.to_string(), value)));
                let positions: Vec<&'p Expr> =
                    call.args.iter().filter(|arg| arg.kind == ArgKind::Positional).map(|arg| &arg.value).collect();
                self.fill(&template, &map, &vars, &written, &positions, expr)
            }
            "join" => match args.positional.first() {
                Some(value) => {
                    let value = value.clone();
                    self.join_text(&segments, &value, expr)
                }
                None => base.clone(),
            },
            "replace" => self.replace_text(&segments, &args, expr, call),
            "split" | "splitlines" | "partition" | "rsplit" => {
                let origin = self.origin_of(base, expr);
                Value::origin(Origin { size: Some(SizeClass::List), ..origin })
            }
            "startswith" | "endswith" | "find" | "count" | "index" | "isdigit" => scalar("a condition"),
            _ => base.clone(),
        }
    }

    /// A filled format string: each slot keeps its place in the text, and the argument as its expression.
    fn fill(
        &mut self,
        template: &Template,
        map: &TextMap,
        vars: &HashMap<String, Value<'p>>,
        written: &HashMap<String, &'p Expr>,
        positions: &[&'p Expr],
        expr: &'p Expr,
    ) -> Value<'p> {
        let mut segments = Vec::new();
        for node in &template.nodes {
            match node {
                Node::Text { text, span, verbatim } => push_text(&mut segments, map, text, *span, *verbatim),
                Node::Slot { value, span } => {
                    let ValueKind::Path(path) = &value.kind else { continue };
                    let Some(first) = path.first() else { continue };
                    let argument = written.get(first).copied().or_else(|| positions.get(first.parse::<usize>().ok()?).copied());
                    let mut filled = vars.get(first).cloned().unwrap_or_else(|| Value::field(first.as_str()));
                    for part in path.iter().skip(1) {
                        filled = self.member(&filled, part);
                    }
                    let place = map.place(*span);
                    let inner = argument.map(|argument| self.place(argument.span));
                    self.insert(&mut segments, &filled, place, inner, argument.unwrap_or(expr));
                }
                _ => {}
            }
        }
        Value::Text(Rc::new(segments))
    }

    pub fn percent(&mut self, left: &Value<'p>, right: &Value<'p>, left_expr: &'p Expr, right_expr: &'p Expr) -> Value<'p> {
        let Value::Text(segments) = left else { return left.clone() };
        let map = TextMap::new(segments);
        let Some(template) = format::parse_percent(&map.text) else { return left.clone() };
        let mut vars = HashMap::new();
        let mut positions: Vec<&'p Expr> = Vec::new();
        match right {
            Value::Ref(id) => match self.heap.get(*id) {
                Obj::Dict(dict) => vars.extend(dict.entries.iter().map(|entry| (entry.key.to_string(), entry.value.clone()))),
                Obj::List(list) => {
                    vars.extend(list.items.iter().enumerate().map(|(at, item)| (at.to_string(), item.value.clone())));
                    if let ExprKind::Tuple(parts) = &right_expr.kind {
                        positions.extend(parts.iter());
                    }
                }
                Obj::Instance(_) => {}
            },
            other => {
                vars.insert("0".into(), other.clone());
                positions.push(right_expr);
            }
        }
        self.fill(&template, &map, &vars, &HashMap::new(), &positions, left_expr)
    }

    pub fn join_text(&mut self, separator: &[Segment], value: &Value<'p>, expr: &'p Expr) -> Value<'p> {
        let Value::Ref(id) = value else {
            let origin = self.origin_of(value, expr);
            let size = origin.size.or(Some(SizeClass::List));
            return Value::origin(Origin { size, ..origin });
        };
        let Some(list) = self.heap.list(*id).cloned() else { return Value::unknown(name_of(expr)) };
        let growth = self.growth_of(&list);
        let mut segments: Vec<Segment> = Vec::new();
        for (at, item) in list.items.iter().enumerate() {
            if at > 0 {
                segments.extend(separator.iter().cloned());
            }
            if item.many {
                let mut body = self.segments_of(&item.value, expr);
                body.extend(separator.iter().cloned());
                let mut origin = self.origin_of(&item.value, expr);
                let conversation = origin.grows.is_some()
                    || item.replays.as_ref().is_some_and(|_| self.is_conversation(&list, &origin.name))
                    || self.is_conversation(&list, &origin.name);
                origin.grows = if conversation { item.replays.clone().or_else(|| growth.clone()) } else { None };
                origin.size = Some(if origin.grows.is_some() { SizeClass::History } else { SizeClass::List });
                origin.limited |= list.trim != Trim::None;
                let place = list.literal.map(|(file, literal)| Place::new(file, literal.span));
                let subject = self.slot_of(&origin, place, None);
                segments.push(Segment::Block(Box::new(BlockSegment { kind: BlockKind::Loop, place, arms: vec![body], subject })));
            } else {
                let value = item.value.clone();
                self.insert(&mut segments, &value, list.literal.map(|(file, literal)| Place::new(file, literal.span)), None, expr);
            }
        }
        if let Some(open) = &list.open {
            if !segments.is_empty() {
                segments.extend(separator.iter().cloned());
            }
            let size = open.size.or(Some(SizeClass::List));
            let origin =
                Origin { size, limited: open.limited || list.trim != Trim::None, grows: open.grows.clone().or(growth), ..(**open).clone() };
            segments.push(Segment::Slot(Box::new(self.slot_of(&origin, None, None))));
        }
        Value::Text(Rc::new(segments))
    }

    /// `text.replace("{name}", value)`: a placeholder that is filled in, or words that are changed.
    fn replace_text(&mut self, segments: &[Segment], args: &Args<'p>, expr: &'p Expr, call: &'p Call) -> Value<'p> {
        let (Some(wanted), Some(value)) = (args.positional.first().and_then(Value::as_text), args.positional.get(1).cloned()) else {
            return Value::Text(Rc::new(segments.to_vec()));
        };
        let map = TextMap::new(segments);
        if wanted.is_empty() || !map.text.contains(&wanted) {
            return Value::Text(Rc::new(segments.to_vec()));
        }
        let argument = call.args.get(1).map_or(expr, |arg| &arg.value);
        let mut replaced = Vec::new();
        let mut from = 0;
        for (at, _) in map.text.match_indices(&wanted) {
            replaced.extend(map.cut(Span::new(from, at)));
            let place = map.place(Span::new(at, at + wanted.len()));
            let inner = Some(self.place(argument.span));
            self.insert(&mut replaced, &value, place, inner, argument);
            from = at + wanted.len();
        }
        replaced.extend(map.cut(Span::new(from, map.text.len())));
        Value::Text(Rc::new(replaced))
    }

    /// `value.name` or `value["name"]` in a template.
    fn member(&mut self, value: &Value<'p>, name: &str) -> Value<'p> {
        match value {
            Value::Ref(id) => match self.heap.get(*id) {
                Obj::Dict(dict) => dict.get(name).map_or_else(|| Value::unknown(name), |entry| entry.value.clone()),
                Obj::Instance(instance) => {
                    let class = instance.class;
                    match instance.fields.get(name).cloned() {
                        Some(value) => value,
                        None => match self.class_attribute(class, name, 0) {
                            Ok(Some(value @ (Value::Text(_) | Value::Int(_)))) => value,
                            _ => Value::unknown(name),
                        },
                    }
                }
                Obj::List(_) => Value::unknown(name),
            },
            Value::Unknown(origin) => Value::origin(self.member_origin(origin, name)),
            Value::Member(base, path) => match &**base {
                Value::Unknown(origin) => Value::origin(self.member_origin(origin, &format!("{path}.{name}"))),
                _ => Value::unknown(name),
            },
            Value::Choice(choices) => match choices.iter().find(|choice| !matches!(choice, Value::Null)).cloned() {
                Some(choice) => self.member(&choice, name),
                None => Value::unknown(name),
            },
            _ => Value::unknown(name),
        }
    }

    // --- templates -----------------------------------------------------------------------------------------------------

    pub fn render(&mut self, template: &TemplateRef<'p>, args: Args<'p>, expr: &'p Expr) -> Value<'p> {
        let mut vars: HashMap<String, Value<'p>> = HashMap::new();
        for value in &args.positional {
            if let Value::Ref(id) = value
                && let Some(dict) = self.heap.dict(*id)
            {
                vars.extend(dict.entries.iter().map(|entry| (entry.key.to_string(), entry.value.clone())));
            }
        }
        vars.extend(args.keywords.into_iter().map(|(key, value, _)| (key.to_string(), value)));
        let mut bindings = Bindings::new(vars, Some(expr));
        match template {
            TemplateRef::File(file) => match self.render_file(*file, &mut bindings) {
                Some(segments) => Value::Text(Rc::new(segments)),
                None => Value::unknown(name_of(expr)),
            },
            TemplateRef::Jinja(text) => {
                let Value::Text(segments) = &**text else { return (**text).clone() };
                let map = Rc::new(TextMap::new(segments));
                match template::jinja::parse(&map.text) {
                    Ok(parsed) => {
                        let file = self.file();
                        Value::Text(Rc::new(self.render_nodes(&parsed.nodes, &map, &mut bindings, file)))
                    }
                    Err(_) => (**text).clone(),
                }
            }
            TemplateRef::Dollar(text) => {
                let Value::Text(segments) = &**text else { return (**text).clone() };
                let map = TextMap::new(segments);
                match format::parse_dollar(&map.text) {
                    Some(parsed) => self.fill(&parsed, &map, &bindings.vars, &HashMap::new(), &[], expr),
                    None => (**text).clone(),
                }
            }
        }
    }

    /// A template file rendered with `bindings`; `None` if it cannot be parsed.
    pub fn render_file(&mut self, file: FileId, bindings: &mut Bindings<'p>) -> Option<Vec<Segment>> {
        if bindings.depth >= MAX_INCLUDES {
            return None;
        }
        let source = self.project.source(file).ok()?.text.as_str();
        let place = Some(Place::new(file, Span::new(0, source.len())));
        let whole = [Segment::Text(TextSegment { text: source.into(), place, verbatim: true })];
        let template = self.project.template(file).ok()?;
        let map = Rc::new(TextMap::new(&whole));
        bindings.depth += 1;
        let parent = template.nodes.iter().find_map(|node| match node {
            Node::Extends { name, .. } => Some(name.clone()),
            _ => None,
        });
        let segments = match parent {
            Some(name) => {
                // A child's blocks stand in for the parent's; its other text is not sent.
                for node in &template.nodes {
                    if let Node::Block { name, body, .. } = node {
                        if !bindings.blocks.contains_key(name) {
                            let body = self.render_nodes(body, &map, bindings, file);
                            bindings.blocks.insert(name.clone(), body);
                        }
                    } else if matches!(node, Node::Set { .. } | Node::Macro { .. } | Node::Import { .. }) {
                        self.render_nodes(std::slice::from_ref(node), &map, bindings, file);
                    }
                }
                name.and_then(|name| imports::file(self.project, file, &name)).and_then(|parent| self.render_file(parent, bindings))
            }
            None => Some(self.render_nodes(&template.nodes, &map, bindings, file)),
        };
        bindings.depth -= 1;
        segments
    }

    /// A part of a file that holds prompts, every name in it unknown but for those that the format's framework fills in.
    pub fn render_part(&mut self, nodes: &[Node], file: FileId) -> Vec<Segment> {
        let span = template::extent(nodes);
        let Some(text) = self.project.text(file).get(span.range()) else { return Vec::new() };
        let whole = TextSegment { text: text.into(), place: Some(Place::new(file, span)), verbatim: true };
        let map = Rc::new(TextMap::at(span.start as usize, Segment::Text(whole)));
        let format =
            self.project.document(file).and_then(|document| document::formats().iter().find(|format| format.id == document.format));
        let filled = format.map_or(&[][..], |format| &format.values);
        let value = |(name, meaning): &(Text, Meaning)| {
            let origin = Origin {
                volatility: meaning.volatility,
                size: Some(meaning.size),
                confidence: meaning.confidence,
                reason: "filled in by the framework".into(),
                ..Origin::named(&**name)
            };
            (name.to_string(), Value::origin(origin))
        };
        let mut bindings = Bindings::new(filled.iter().map(value).collect(), None);
        self.render_nodes(nodes, &map, &mut bindings, file)
    }

    fn render_nodes(&mut self, nodes: &[Node], map: &Rc<TextMap>, bindings: &mut Bindings<'p>, file: FileId) -> Vec<Segment> {
        let mut segments = Vec::new();
        for node in nodes {
            if self.fuel == 0 {
                break;
            }
            self.fuel = self.fuel.saturating_sub(1);
            match node {
                Node::Text { text, span, verbatim } => push_text(&mut segments, map, text, *span, *verbatim),
                Node::Slot { value, span } => {
                    if let ValueKind::Call { name, args } = &value.kind
                        && let [name] = name.as_slice()
                        && let Some((params, body, macro_map, macro_file)) =
                            bindings.macros.get(name).map(|known| (known.0.clone(), known.1.clone(), known.2.clone(), known.3))
                        && bindings.depth < MAX_INCLUDES
                    {
                        bindings.depth += 1;
                        for (param, arg) in params.iter().zip(args) {
                            let value = self.template_value(arg, bindings);
                            bindings.vars.insert(param.clone(), value);
                        }
                        segments.extend(self.render_nodes(&body, &macro_map, bindings, macro_file));
                        bindings.depth -= 1;
                        continue;
                    }
                    let filled = self.template_value(value, bindings);
                    let filled = of_caller(as_written(filled, value), value);
                    let place = map.place(*span);
                    let inner = map.place(value.span);
                    self.insert_template(&mut segments, &filled, place, inner, bindings);
                }
                Node::Loop { targets, over, body, span } => {
                    let iterated = self.template_value(over, bindings);
                    let mut origin = self.template_origin(&iterated);
                    if let (Value::Ref(id), ValueKind::Path(path)) = (&iterated, &over.kind) {
                        origin.name = path.join(".").into();
                        if self.heap.list(*id).is_some_and(|list| self.is_conversation(list, &origin.name)) {
                            origin.size = Some(SizeClass::History);
                        }
                    }
                    let subject = self.slot_of(
                        &Origin { size: self.loop_size(&origin), field: false, ..origin.clone() },
                        map.place(*span),
                        map.place(over.span),
                    );
                    let element = match &iterated {
                        Value::Ref(id) => self.heap.list(*id).and_then(|list| list.items.first().map(|item| item.value.clone())),
                        _ => None,
                    };
                    let saved: Vec<(String, Option<Value<'p>>)> =
                        targets.iter().map(|target| (target.clone(), bindings.vars.get(target).cloned())).collect();
                    for target in targets {
                        let value = element
                            .clone()
                            .unwrap_or_else(|| Value::origin(Origin { size: None, grows: None, ..origin.renamed(target.as_str()) }));
                        bindings.vars.insert(target.clone(), value);
                    }
                    let body = self.render_nodes(body, map, bindings, file);
                    for (target, value) in saved {
                        match value {
                            Some(value) => bindings.vars.insert(target, value),
                            None => bindings.vars.remove(&target),
                        };
                    }
                    segments.push(Segment::Block(Box::new(BlockSegment {
                        kind: BlockKind::Loop,
                        place: map.place(*span),
                        arms: vec![body],
                        subject,
                    })));
                }
                Node::Branch { tests, arms, span } => {
                    let test = tests.first().map(|test| self.template_value(test, bindings));
                    let origin = test.as_ref().map(|test| self.template_origin(test)).unwrap_or_else(|| Origin::named("a condition"));
                    let subject = self.slot_of(&Origin { size: Some(SizeClass::Scalar), field: false, ..origin }, map.place(*span), None);
                    let arms = arms.iter().map(|arm| self.render_nodes(arm, map, bindings, file)).collect();
                    segments.push(Segment::Block(Box::new(BlockSegment {
                        kind: BlockKind::Branch,
                        place: map.place(*span),
                        arms,
                        subject,
                    })));
                }
                Node::Set { name, value, body, .. } => {
                    let bound = match value {
                        Some(value) => self.template_value(value, bindings),
                        None => Value::Text(Rc::new(self.render_nodes(body, map, bindings, file))),
                    };
                    bindings.vars.insert(name.clone(), bound);
                }
                Node::Include { name, .. } => {
                    let included = name.as_ref().and_then(|name| imports::file(self.project, file, name));
                    match included.and_then(|included| self.include(included, bindings)) {
                        Some(body) => segments.extend(body),
                        None => {
                            let name = name.clone().unwrap_or_else(|| "an included template".into());
                            // A part that is not in the repository; which one it is, is fixed in the text.
                            let origin = Origin { volatility: Some(crate::model::prompt::Volatility::Deployment), ..Origin::named(name) };
                            segments.push(Segment::Slot(Box::new(self.slot_of(&origin, None, None))));
                        }
                    }
                }
                Node::Block { name, body, .. } => match bindings.blocks.get(name) {
                    Some(known) => segments.extend(known.clone()),
                    None => segments.extend(self.render_nodes(body, map, bindings, file)),
                },
                Node::Macro { name, params, body, .. } => {
                    bindings.macros.insert(name.clone(), (params.clone(), body.clone(), map.clone(), file));
                }
                Node::Import { name, .. } => {
                    if let Some(module) = name.as_ref().and_then(|name| imports::file(self.project, file, name))
                        && bindings.depth < MAX_INCLUDES
                    {
                        // Runs it for its macros; what it prints is not sent.
                        self.render_file(module, bindings);
                    }
                }
                Node::Extends { .. } => {}
            }
        }
        segments
    }

    fn include(&mut self, file: FileId, bindings: &mut Bindings<'p>) -> Option<Vec<Segment>> {
        if self.project.file(file).language == crate::project::Language::Jinja {
            return self.render_file(file, bindings);
        }
        match self.file_text(file)? {
            Value::Text(segments) => Some(segments.to_vec()),
            _ => None,
        }
    }

    fn loop_size(&self, origin: &Origin) -> Option<SizeClass> {
        if origin.grows.is_some() {
            return Some(SizeClass::History);
        }
        origin
            .size
            .or_else(|| {
                self.catalogue
                    .names
                    .hint(&origin.name)
                    .map(|hint| hint.size)
                    .filter(|size| !matches!(size, SizeClass::Unknown | SizeClass::Scalar))
            })
            .or(Some(SizeClass::List))
    }

    fn template_origin(&self, value: &Value<'p>) -> Origin {
        match value {
            Value::Unknown(origin) => (**origin).clone(),
            Value::Ref(id) => match self.heap.get(*id) {
                Obj::List(list) => {
                    let open = list.open.as_ref().map_or_else(|| Origin::named("a list"), |open| (**open).clone());
                    Origin { grows: self.growth_of(list), limited: list.trim != Trim::None, size: Some(SizeClass::List), ..open }
                }
                _ => Origin::named("a value"),
            },
            _ => Origin::named("a value"),
        }
    }

    fn insert_template(
        &mut self,
        segments: &mut Vec<Segment>,
        value: &Value<'p>,
        place: Option<Place>,
        inner: Option<Place>,
        bindings: &Bindings<'p>,
    ) {
        match (value, bindings.expr) {
            (value, Some(expr)) => self.insert(segments, value, place, inner, expr),
            (Value::Text(parts), None) => segments.extend(parts.iter().cloned()),
            (Value::Int(number), None) => segments.push(Segment::text(&number.to_string())),
            (other, None) => {
                let origin = self.template_origin(other);
                segments.push(Segment::Slot(Box::new(self.slot_of(&origin, place, inner))));
            }
        }
    }

    fn template_value(&mut self, value: &template::Value, bindings: &Bindings<'p>) -> Value<'p> {
        let mut result = match &value.kind {
            ValueKind::Path(path) => {
                let first = path.first().map(|first| first.trim_end_matches("[]").to_string()).unwrap_or_default();
                match bindings.vars.get(&first) {
                    Some(bound) => {
                        let mut bound = bound.clone();
                        for part in path.iter().skip(1) {
                            bound = self.member(&bound, part);
                        }
                        bound
                    }
                    None => Value::field(path.join(".")),
                }
            }
            ValueKind::Literal(text) => Value::text(text),
            ValueKind::Call { name, args } => {
                let known = args.first().map(|arg| self.template_value(arg, bindings));
                let full = name.join(".");
                let last = name.last().map(String::as_str).unwrap_or_default();
                match self.catalogue.python.function(&full).cloned().or_else(|| self.catalogue.python.method(last).cloned()) {
                    Some(builtin) if builtin.effect == crate::catalogue::Effect::Source => Value::origin(Origin {
                        volatility: builtin.volatility,
                        size: builtin.size,
                        confidence: crate::model::prompt::Confidence::Medium,
                        reason: "read when the template is rendered".into(),
                        ..Origin::named(format!("{full}()"))
                    }),
                    _ => match known {
                        Some(known @ Value::Unknown(_)) => known,
                        _ => Value::unknown(format!("{full}()")),
                    },
                }
            }
            ValueKind::Mixed(parts) => {
                let values: Vec<Value<'p>> = parts.iter().map(|part| self.template_value(part, bindings)).collect();
                // As volatile as its most volatile part, which a slot of the first unknown one stands for.
                values.iter().find(|value| matches!(value, Value::Unknown(_))).or(values.first()).cloned().unwrap_or(Value::Null)
            }
        };
        if let Some(slice) = value.slice {
            result = match result {
                Value::Unknown(origin) => {
                    let trim = if slice.from_end {
                        Trim::Sliding(slice.bound.and_then(|bound| u32::try_from(bound.unsigned_abs()).ok()))
                    } else {
                        Trim::Blocks
                    };
                    let grows =
                        origin.grows.as_ref().map(|grows| Rc::new(GrowthOrigin { trim: grows.trim.join(trim), ..(**grows).clone() }));
                    Value::origin(Origin { limited: true, grows, ..(*origin).clone() })
                }
                Value::Ref(id) => {
                    let copy = self.list_copy_for_template(id);
                    if let Value::Ref(copy) = copy
                        && let Some(list) = self.heap.list_mut(copy)
                    {
                        let trim = if slice.from_end { Trim::Sliding(None) } else { Trim::Blocks };
                        list.trim = list.trim.join(trim);
                    }
                    copy
                }
                Value::Text(_) => result,
                other => other,
            };
        }
        result
    }

    fn list_copy_for_template(&mut self, id: ObjId) -> Value<'p> {
        match self.heap.list(id).cloned() {
            Some(list) => Value::Ref(self.heap.add(Obj::List(ListObj { derived: Some(id), literal: None, ..list }))),
            None => Value::Ref(id),
        }
    }
}

/// What is put together from what a caller hands in is what the template calls it: whoever made it a field did so because it varies.
fn of_caller<'p>(filled: Value<'p>, value: &template::Value) -> Value<'p> {
    let (Value::Choice(choices), ValueKind::Path(path)) = (&filled, &value.kind) else { return filled };
    let root = |value: &Value<'p>| match value {
        Value::Unknown(origin) => Some(origin.clone()),
        Value::Member(base, _) => match &**base {
            Value::Unknown(origin) => Some(origin.clone()),
            _ => None,
        },
        _ => None,
    };
    let is_handed = |origin: &Rc<Origin>| origin.param && origin.volatility.is_none() && origin.default.is_none() && origin.grows.is_none();
    let handed = choices.iter().filter_map(root).find(|origin| is_handed(origin) && &*origin.name != "self");
    match handed {
        Some(origin) => Value::origin(Origin { field: true, reason: "a field of the template".into(), ..origin.renamed(path.join(".")) }),
        None => filled,
    }
}

/// An attribute of an object that could not be followed is called as the template writes it.
fn as_written<'p>(filled: Value<'p>, value: &template::Value) -> Value<'p> {
    match (&filled, &value.kind) {
        (Value::Unknown(origin), ValueKind::Path(path)) if origin.name.starts_with("self.") => {
            Value::origin(origin.renamed(path.join(".")))
        }
        (Value::Member(base, _), ValueKind::Path(path)) => match &**base {
            Value::Unknown(origin) if &*origin.name == "self" => Value::origin(origin.renamed(path.join("."))),
            _ => filled,
        },
        _ => filled,
    }
}

/// Text of a template: verbatim pieces keep their places, others (`{{` for `{`) only say where they come from.
fn push_text(segments: &mut Vec<Segment>, map: &TextMap, text: &str, span: Span, verbatim: bool) {
    if verbatim {
        segments.extend(map.cut(span));
        return;
    }
    let place = map.place(span);
    segments.push(Segment::Text(TextSegment { text: text.into(), place, verbatim: false }));
}
