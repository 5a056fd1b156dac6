//! `add-argument`: gives a call the argument that it lacks, by the API's own name and shape.

use std::path::Path;

use crate::catalogue::{Text, Wording};
use crate::check::answer::{self, Answer};
use crate::check::arguments;
use crate::model::call::{Call, CapState, Known, LostCap};
use crate::model::prompt::Confidence;
use crate::model::request::BlockRole;
use crate::project::Language;
use crate::report::{Applicability, Edit};
use crate::span::{FileId, Span};
use crate::syntax::{self, ArgKind, DictItem, Expr, ExprKind, Module};
use crate::walk::is_test_code;

use super::insert::Brackets;
use super::{Declined, Delta, Outcome, Proposal, Target, find, layout, notation};

pub fn apply(target: &Target) -> Option<Outcome> {
    let call = target.call?;
    if call.cap.state == CapState::Present || call.cap.state == CapState::NotApplicable {
        return None;
    }
    let fitting = fitting(target, call);
    let cap = target.cap.or(fitting.as_ref().ok().copied()).unwrap_or(target.options.default_cap);
    Some(Outcome {
        mended: target.request.clone(),
        cap: Some(cap),
        delta: Delta { inserts: true, ..Delta::default() },
        edit: propose(target, call, fitting),
    })
}

fn propose<'p>(target: &Target<'_, 'p>, call: &Call<'p>, fitting: Result<u64, Declined>) -> Result<Proposal, Declined> {
    if let (None, Some(lost)) = (target.cap, &call.anchors.lost_cap) {
        return hand_on(target, call, lost);
    }
    let cap = match target.cap {
        Some(cap) => cap,
        None => fitting?,
    };
    if call.api.language == "file" {
        return in_document(target, call, cap);
    }
    let file = call.settings.map_or_else(|| Target::call_file(call), |settings| settings.place.file);
    let site = Site::of(target, file);
    let (path, edits) = site.add(call, &cap.to_string())?;
    let sure = target.cap.is_some() && call.cap.confidence == Confidence::High;
    Ok(Proposal {
        edits,
        applicability: if sure { Applicability::Safe } else { Applicability::Unsafe },
        title: format!("Set `{path}` to {cap}"),
    })
}

/// Sends what the project has as a setting.
fn hand_on<'p>(target: &Target<'_, 'p>, call: &Call<'p>, lost: &LostCap) -> Result<Proposal, Declined> {
    let Some(value) = lost.value.as_deref() else {
        return Declined::because(format!("`{}` has to be handed on, or the cap taken out of it", lost.name));
    };
    if call.reasoning == Known::Present(()) {
        return Declined::because("hidden reasoning counts against a cap, and the setting may leave no room for it");
    }
    let site = Site::of(target, call.place.file);
    if lost.sent_at.is_some_and(|sent| site.parted_by_model(call.place.span, sent.span)) {
        return Declined::because("another branch sends it, and which of them is taken depends on the model");
    }
    let (path, edits) = site.add(call, value)?;
    Ok(Proposal { edits, applicability: Applicability::Unsafe, title: format!("Set `{path}` to `{value}`") })
}

/// Words of a condition that asks which model it is, or what it can do.
const MODEL_WORDS: [&str; 12] =
    ["model", "models", "reasoning", "reasoner", "think", "thinking", "gpt", "claude", "gemini", "deepseek", "supports", "supported"];

/// The cap that fits the answer that a prompt asks for. How long others may be is for people to say: a cap that cuts an answer costs more
/// than it saves.
fn fitting(target: &Target, call: &Call) -> Result<u64, Declined> {
    let choose = |reason: &str| Err(Declined(format!("{reason}, so its size is for you to choose: set it under `caps:`")));
    if call.reasoning != Known::Absent {
        return choose("hidden reasoning counts against a cap");
    }
    if is_test_code(Path::new(&target.project.file(call.place.file).path)) {
        return choose("a test says what it needs");
    }
    let request = target.request;
    let is_formed = arguments::has_form(target.project, call);
    if !is_formed && request.blocks.iter().any(|block| block.kind == BlockRole::Tools) {
        return choose("the model calls tools, and a call that is cut is lost");
    }
    match answer::asked(Wording::builtin(), &answer::text_of(request)) {
        Some(Answer::Short { room }) => Ok(room.filter(|_| !is_formed).unwrap_or(target.options.default_cap)),
        Some(Answer::Long(much)) => choose(&format!("the prompt asks for much (`{much}`)")),
        None => choose("nothing says how long the answer may be"),
    }
}

/// A setting of a file that holds prompts.
fn in_document(target: &Target, call: &Call, cap: u64) -> Result<Proposal, Declined> {
    let elsewhere = || Declined("the settings of the request are written elsewhere".into());
    let document = target.project.document(call.place.file).ok_or_else(elsewhere)?;
    let request = document.request_at(call.place.span).ok_or_else(elsewhere)?;
    let gap = request.settings.cap_gap.as_ref().ok_or_else(elsewhere)?;
    let path = call.cap_paths.first().ok_or_else(elsewhere)?;
    Ok(Proposal {
        edits: vec![Edit {
            file: call.place.file,
            span: Span { start: gap.at, end: gap.at },
            text: format!("{}{cap}{}", gap.before, gap.after),
        }],
        // Who loads the file may set a cap that can't be seen here.
        applicability: if target.cap.is_some() { Applicability::Safe } else { Applicability::Unsafe },
        title: format!("Set `{path}` to {cap}"),
    })
}

/// The file that holds the call of the SDK.
pub(super) struct Site<'a> {
    pub file: FileId,
    pub text: &'a str,
    pub module: &'a Module,
    /// The keys of an object need no quotes.
    pub in_script: bool,
}

/// Where an argument is added: between the brackets of a call, or those of a dict.
enum Holder<'a> {
    Call(&'a syntax::Call),
    Dict(&'a [DictItem], &'a Expr),
}

impl<'a> Site<'a> {
    pub fn of(target: &Target<'_, 'a>, file: FileId) -> Self {
        let project = target.project;
        let in_script = project.file(file).language == Language::JavaScript;
        Site { file, text: project.text(file), module: project.module(file), in_script }
    }

    /// The edits that give `call` its cap, and the dotted path that they set.
    fn add(&self, call: &Call<'a>, value: &str) -> Result<(String, Vec<Edit>), Declined> {
        let body = self.body(call);
        let keys = body.map(|(items, _)| keys(items)).unwrap_or_default();
        let layout = layout(call, &keys).ok_or_else(|| Declined("the family of the model is not known".into()))?;
        let paths = if layout.body.is_some() { &layout.args.cap } else { &call.cap_paths };
        let path = self.as_elsewhere(call, paths).or(paths.first()).ok_or_else(|| Declined("the API has no argument for it".into()))?;
        let parts: Vec<&str> = path.split('.').collect();
        let edits = match (layout.body, body) {
            (Some(_), Some((items, whole))) => self.put(Holder::Dict(items, whole), &parts, value)?,
            (Some(_), None) => return Declined::because("the body of the request is not a literal dict here"),
            (None, _) => match &call.settings.map_or(call.syntax, |settings| settings.syntax).kind {
                ExprKind::Call(inner) if call.api.object_argument => {
                    if call.settings.is_none() && !call.api.positional.is_empty() {
                        return Declined::because("its arguments are no single object");
                    }
                    self.put(self.object(inner)?, &parts, value)?
                }
                ExprKind::Call(inner) => self.put(Holder::Call(inner), &parts, value)?,
                _ => return Declined::because("the call is not written out here"),
            },
        };
        Ok((path.to_string(), edits))
    }

    /// Whether two places stand in different branches of a condition that asks what a model can do.
    fn parted_by_model(&self, one: Span, other: Span) -> bool {
        let mut parted = false;
        find::visit(self.module, &mut |seen| {
            let find::Seen::Stmt(syntax::Stmt { kind: syntax::StmtKind::If { test, then, otherwise }, .. }) = seen else { return };
            let inside = |body: &[syntax::Stmt], span: Span| body.iter().any(|stmt| stmt.span.contains(span));
            let crossed =
                |from: Span, to: Span| inside(then, from) && !inside(then, to) || inside(otherwise, from) && !inside(otherwise, to);
            if crossed(one, other) || crossed(other, one) {
                let tested = self.text.get(test.span.range()).unwrap_or_default();
                parted |= crate::catalogue::names::words(tested).iter().any(|word| {
                    MODEL_WORDS.contains(&word.as_str())
                        || word.len() == 2 && word.starts_with('o') && word.ends_with(|c: char| c.is_ascii_digit())
                });
            }
        });
        parted
    }

    /// The name under which other calls of the file send their cap to the same method, where they agree: servers that speak the API of another,
    /// and older versions, do not know every name for it.
    fn as_elsewhere<'n>(&self, call: &Call<'a>, paths: &'n [Text]) -> Option<&'n Text> {
        let ExprKind::Call(own) = &call.syntax.kind else { return None };
        let method = find::called(&own.callee)?;
        let mut sent: Vec<&'n Text> = Vec::new();
        find::visit(self.module, &mut |seen| {
            let find::Seen::Expr(Expr { kind: ExprKind::Call(other), .. }) = seen else { return };
            if find::called(&other.callee) == Some(method) {
                let object =
                    other.args.first().and_then(|arg| if let ExprKind::Dict(items) = &arg.value.kind { Some(items) } else { None });
                let is_sent = |path: &Text| keyword(other, path).is_some() || object.is_some_and(|items| entry(items, path).is_some());
                sent.extend(paths.iter().find(|path| is_sent(path)));
            }
        });
        // An object that a request is made from is filled by its keys.
        if sent.is_empty() {
            find::visit(self.module, &mut |seen| {
                let key = match seen {
                    find::Seen::Stmt(syntax::Stmt { kind: syntax::StmtKind::Assign { targets, .. }, .. }) => match targets.as_slice() {
                        [Expr { kind: ExprKind::Index { index, .. }, .. }] => index.as_text(),
                        _ => None,
                    },
                    _ => None,
                };
                sent.extend(paths.iter().find(|path| key.as_deref() == Some(path.as_ref())));
            });
        }
        let first = sent.first().copied()?;
        sent.iter().all(|one| *one == first).then_some(first)
    }

    /// The entries of the object that holds the arguments of a call.
    pub fn argument_object(&self, call: &'a syntax::Call) -> Option<&'a [DictItem]> {
        match self.object(call) {
            Ok(Holder::Dict(items, _)) => Some(items),
            _ => None,
        }
    }

    /// The object that holds the arguments of a call.
    fn object(&self, call: &'a syntax::Call) -> Result<Holder<'a>, Declined> {
        let Some(first) = call.args.first().filter(|arg| arg.kind == ArgKind::Positional) else {
            return Err(Declined("the call is not given an object".into()));
        };
        let value = match &first.value.kind {
            ExprKind::Name(name) => find::bound_once(self.module, name).unwrap_or(&first.value),
            _ => &first.value,
        };
        match &value.kind {
            ExprKind::Dict(items) => Ok(Holder::Dict(items, value)),
            _ => Err(Declined("its arguments are made elsewhere".into())),
        }
    }

    /// The edits that give a call one more argument by keyword.
    pub fn argument(&self, call: &'a syntax::Call, name: &str, value: &str) -> Result<Vec<Edit>, Declined> {
        self.put(Holder::Call(call), &[name], value)
    }

    /// The dict that becomes the JSON body of the request.
    pub fn body(&self, call: &Call<'a>) -> Option<(&'a [DictItem], &'a Expr)> {
        let name = call.api.body.as_deref()?;
        if let Some(place) = call.anchors.cap_container
            && place.file == self.file
            && let Some(whole @ Expr { kind: ExprKind::Dict(items), .. }) = find::expr_at(self.module, place.span)
        {
            return Some((items, whole));
        }
        let ExprKind::Call(inner) = &call.syntax.kind else { return None };
        if call.api.object_argument {
            let Ok(Holder::Dict(items, _)) = self.object(inner) else { return None };
            return self.dict(self.through_json(entry(items, name)?));
        }
        self.dict(self.through_json(keyword(inner, name)?))
    }

    /// The value that becomes the JSON text, through `json.dumps({…}).encode()` and names that are bound once. Names may
    /// be bound to themselves, so the way is followed for a few steps only.
    fn through_json(&self, value: &'a Expr) -> &'a Expr {
        let mut value = value;
        for _ in 0..8 {
            let next = match &value.kind {
                ExprKind::Call(call) => match &call.callee.kind {
                    ExprKind::Attribute { base, name } if name == "encode" => Some(&**base),
                    ExprKind::Attribute { name, .. } | ExprKind::Name(name) if matches!(name.as_str(), "dumps" | "stringify") => {
                        call.args.first().map(|arg| &arg.value)
                    }
                    _ => None,
                },
                ExprKind::Name(name) => find::bound_once(self.module, name),
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None => break,
            }
        }
        value
    }

    fn dict(&self, value: &'a Expr) -> Option<(&'a [DictItem], &'a Expr)> {
        match &value.kind {
            ExprKind::Dict(items) => Some((items, value)),
            _ => None,
        }
    }

    fn put(&self, holder: Holder<'a>, path: &[&str], value: &str) -> Result<Vec<Edit>, Declined> {
        let Some((first, rest)) = path.split_first() else { return Declined::because("the API has no argument for it") };
        let existing = match &holder {
            Holder::Call(call) => keyword(call, first),
            Holder::Dict(items, _) => entry(items, first),
        };
        match existing {
            Some(there) => self.put_into(there, first, rest, value),
            None => self.put_beside(&holder, first, rest, value),
        }
    }

    /// The argument is there already: goes into its dict, or takes the place of `None`.
    fn put_into(&self, there: &'a Expr, name: &str, rest: &[&str], value: &str) -> Result<Vec<Edit>, Declined> {
        match &there.kind {
            ExprKind::Null => Ok(vec![Edit {
                file: self.file,
                span: there.span,
                text: self.nested(rest, value, notation::quote(self.module, self.text)),
            }]),
            ExprKind::Dict(items) if !rest.is_empty() => self.put(Holder::Dict(items, there), rest, value),
            ExprKind::Call(call) if !rest.is_empty() && call.callee.dotted().as_deref() == Some("dict") => {
                self.put(Holder::Call(call), rest, value)
            }
            ExprKind::Name(bound) if !rest.is_empty() => match find::bound_once(self.module, bound) {
                Some(whole @ Expr { kind: ExprKind::Dict(items), .. }) => self.put(Holder::Dict(items, whole), rest, value),
                _ => Declined::because(format!("`{name}` is made elsewhere")),
            },
            _ => Declined::because(format!("`{name}` is set by an expression")),
        }
    }

    fn put_beside(&self, holder: &Holder<'a>, name: &str, rest: &[&str], value: &str) -> Result<Vec<Edit>, Declined> {
        let (span, after, item) = match holder {
            Holder::Call(call) => {
                if let Some(last) = call.args.last()
                    && matches!(last.value.kind, ExprKind::Comprehension(_))
                    && last.kind == ArgKind::Positional
                {
                    return Declined::because("a bare generator must stay the only argument");
                }
                let last = call.args.last().map(|arg| arg.span);
                (call.args_span, last, format!("{name}={}", self.nested(rest, value, '"')))
            }
            Holder::Dict(items, whole) => {
                let quote = self.quote(items);
                let nested = self.nested(rest, value, quote);
                let item = if self.in_script { format!("{name}: {nested}") } else { format!("{quote}{name}{quote}: {nested}") };
                (whole.span, items.last().map(|item| self.item_span(item)), item)
            }
        };
        Ok(Brackets { file: self.file, text: self.text, span, after, comments: &self.module.comments }.insert(&item))
    }

    /// `value`, inside one dict for each further part of its path.
    fn nested(&self, path: &[&str], value: &str, quote: char) -> String {
        let around = |inner: String, name: &&str| match self.in_script {
            true => format!("{{ {name}: {inner} }}"),
            false => format!("{{{quote}{name}{quote}: {inner}}}"),
        };
        path.iter().rev().fold(value.to_string(), around)
    }

    pub fn item_span(&self, item: &DictItem) -> crate::span::Span {
        let span = item_span(item);
        // The dots of a spread are three.
        let dots = self.in_script && matches!(item, DictItem::Spread(_));
        crate::span::Span { start: span.start.saturating_sub(u32::from(dots)), ..span }
    }

    /// The quote that the keys of a dict are written in.
    pub fn quote(&self, items: &[DictItem]) -> char {
        let first = items.iter().find_map(|item| match item {
            DictItem::Entry { key, .. } => self.text.get(key.span.range())?.chars().next(),
            DictItem::Spread(_) => None,
        });
        match first {
            Some(quote @ ('\'' | '"')) => quote,
            _ => notation::quote(self.module, self.text),
        }
    }
}

/// The value of a keyword argument.
pub(super) fn keyword<'a>(call: &'a syntax::Call, name: &str) -> Option<&'a Expr> {
    call.args.iter().find(|arg| matches!(&arg.kind, ArgKind::Keyword(keyword) if keyword == name)).map(|arg| &arg.value)
}

/// The value of a literal key.
pub(super) fn entry<'a>(items: &'a [DictItem], name: &str) -> Option<&'a Expr> {
    items.iter().rev().find_map(|item| match item {
        DictItem::Entry { key, value } if key.as_text().as_deref() == Some(name) => Some(value),
        _ => None,
    })
}

fn keys(items: &[DictItem]) -> Vec<String> {
    items
        .iter()
        .filter_map(|item| match item {
            DictItem::Entry { key, .. } => key.as_text(),
            DictItem::Spread(_) => None,
        })
        .collect()
}

/// The span of an entry; of a spread without its stars, behind which nothing is inserted anyway.
pub(super) fn item_span(item: &DictItem) -> crate::span::Span {
    match item {
        DictItem::Entry { key, value } => key.span.join(value.span),
        DictItem::Spread(value) => crate::span::Span { start: value.span.start.saturating_sub(2), end: value.span.end },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Api;
    use crate::model::prompt::Segment;
    use crate::rewrite::testing::*;

    fn capped(api: &'static Api, before: &str, config: Option<u64>) -> Result<(String, Applicability), Declined> {
        let project = python(before);
        let request = system(vec![Segment::text("Be brief.")]);
        let call = call(&project, api, request.clone());
        let outcome = apply(&Target { cap: config, ..target(&project, &request, Some(&call)) }).unwrap();
        assert_eq!(outcome.cap, Some(config.unwrap_or(1024)));
        edited(&project, &outcome)
    }

    fn check(api: &'static Api, before: &str, after: &str) {
        assert_eq!(capped(api, before, Some(300)), Ok((after.to_string(), Applicability::Safe)), "{before}");
    }

    #[test]
    fn on_one_line() {
        check(openai(), "c.create(model=m)\n", "c.create(model=m, max_completion_tokens=300)\n");
        check(openai(), "c.create(model=m, )\n", "c.create(model=m, max_completion_tokens=300, )\n");
        check(openai(), "c.create()\n", "c.create(max_completion_tokens=300)\n");
        check(openai(), "c.create( )\n", "c.create(max_completion_tokens=300 )\n");
        check(openai(), "c.create(**options)\n", "c.create(**options, max_completion_tokens=300)\n");
        check(openai(), "c.create(messages=(a))\n", "c.create(messages=(a), max_completion_tokens=300)\n");
        check(openai(), "r = f(c.create(messages=[g(x)]), 1)\n", "r = f(c.create(messages=[g(x)], max_completion_tokens=300), 1)\n");
        check(openai(), "c.create(m=\"😀 é\")  # 😀\n", "c.create(m=\"😀 é\", max_completion_tokens=300)  # 😀\n");
    }

    #[test]
    fn it_is_called_as_other_calls_of_the_file_call_it() {
        check(
            openai(),
            "c.create(model=m)\nd.create(model=m, max_tokens=9)\n",
            "c.create(model=m, max_tokens=300)\nd.create(model=m, max_tokens=9)\n",
        );
        check(
            openai(),
            "c.create(model=m)\nd.other(model=m, max_tokens=9)\n",
            "c.create(model=m, max_completion_tokens=300)\nd.other(model=m, max_tokens=9)\n",
        );
        check(
            openai(),
            "c.create(model=m)\nrequest[\"max_tokens\"] = 9\n",
            "c.create(model=m, max_tokens=300)\nrequest[\"max_tokens\"] = 9\n",
        );
        let both = "d.create(max_tokens=9)\nd.create(max_completion_tokens=9)\n";
        check(openai(), &format!("c.create(model=m)\n{both}"), &format!("c.create(model=m, max_completion_tokens=300)\n{both}"));
    }

    #[test]
    fn no_value_is_guessed_for_a_long_answer() {
        let project = python("c.create(system=\"Translate the menu into Danish.\")\n");
        let request = lowered(&project);
        let call = call(&project, anthropic(), request.clone());
        let of = |cap| apply(&Target { cap, ..target(&project, &request, Some(&call)) }).unwrap().edit;
        assert!(of(None).unwrap_err().0.contains("`translate`"));
        assert!(of(Some(4000)).is_ok());
    }

    #[test]
    fn a_number_is_offered_where_the_answer_is_seen_to_be_short() {
        let offered = |text: &str, change: &dyn Fn(&mut crate::model::request::Request)| {
            let project = python(text);
            let mut request = lowered(&project);
            change(&mut request);
            let call = call(&project, anthropic(), request.clone());
            let outcome = apply(&target(&project, &request, Some(&call))).unwrap();
            outcome.edit.ok().and(outcome.cap)
        };
        let asked = |system: &str| offered(&format!("c.create(system=\"{system}\")\n"), &|_| {});
        assert_eq!(asked("Answer yes or no."), Some(50));
        assert_eq!(asked("Give it a title."), Some(200));
        assert_eq!(asked("Be brief."), Some(1024));
        assert_eq!(asked("Generate a title."), Some(100));
        assert_eq!(asked("Greet them in one sentence."), Some(200));
        assert_eq!(asked("Say it in at most five words."), Some(50));
        assert_eq!(asked("Greet them in 2-3 short sentences."), Some(500));
        assert_eq!(asked("Tell each of them in one sentence."), Some(1024));
        assert_eq!(asked("Classify the ticket and respond in JSON."), Some(1024));
        assert_eq!(asked("Be kind."), None);
        assert_eq!(asked("You are a helpful assistant."), None);
        assert_eq!(asked("Be brief: a table with the fares."), None);
        assert_eq!(offered("c.create(system=\"Answer yes or no.\")\n", &|request| request.open = true), Some(50));
        assert_eq!(offered("c.create(system=\"Answer yes or no.\", response_format=Fare)\n", &|_| {}), Some(1024));
        let tools = || block(BlockRole::Tools, crate::model::prompt::Role::System, Vec::new());
        assert_eq!(offered("c.create(system=\"Be brief.\")\n", &|request| request.blocks.push(tools())), None);
    }

    #[test]
    fn on_lines_of_their_own() {
        check(
            openai(),
            "c.create(\n    model=m,\n    messages=x,\n)\n",
            "c.create(\n    model=m,\n    messages=x,\n    max_completion_tokens=300,\n)\n",
        );
        check(
            openai(),
            "c.create(\n\tmodel=m,\n\tmessages=x\n)\n",
            "c.create(\n\tmodel=m,\n\tmessages=x,\n\tmax_completion_tokens=300\n)\n",
        );
        check(openai(), "c.create(\n    model=m)\n", "c.create(\n    model=m,\n    max_completion_tokens=300)\n");
        check(openai(), "c.create(\n    model=m,)\n", "c.create(\n    model=m,\n    max_completion_tokens=300,)\n");
        check(
            openai(),
            "c.create(model=m, messages=[\n    a,\n])\n",
            "c.create(model=m, messages=[\n    a,\n], max_completion_tokens=300)\n",
        );
    }

    #[test]
    fn windows_line_breaks_stay() {
        check(openai(), "c.create(\r\n    model=m,\r\n)\r\n", "c.create(\r\n    model=m,\r\n    max_completion_tokens=300,\r\n)\r\n");
        check(
            openai(),
            "c.create(\r\n    model=m  # why\r\n)\r\n",
            "c.create(\r\n    model=m,  # why\r\n    max_completion_tokens=300\r\n)\r\n",
        );
    }

    #[test]
    fn comments_stay_with_their_line() {
        check(
            openai(),
            "c.create(\n    model=m,  # cheap\n    # last\n)\n",
            "c.create(\n    model=m,  # cheap\n    max_completion_tokens=300,\n    # last\n)\n",
        );
        check(
            openai(),
            "c.create(\n    model=(\n        m  # a)\n    )  # b, c\n)\n",
            "c.create(\n    model=(\n        m  # a)\n    ),  # b, c\n    max_completion_tokens=300\n)\n",
        );
    }

    #[test]
    fn none_is_replaced() {
        check(openai(), "c.create(max_completion_tokens=None, model=m)\n", "c.create(max_completion_tokens=300, model=m)\n");
        check(converse(), "c.converse(inferenceConfig=None)\n", "c.converse(inferenceConfig={\"maxTokens\": 300})\n");
    }

    #[test]
    fn nested_paths() {
        check(converse(), "c.converse(modelId=m)\n", "c.converse(modelId=m, inferenceConfig={\"maxTokens\": 300})\n");
        check(
            converse(),
            "c.converse(inferenceConfig={'temperature': 0})\n",
            "c.converse(inferenceConfig={'temperature': 0, 'maxTokens': 300})\n",
        );
        check(converse(), "c.converse(inferenceConfig={})\n", "c.converse(inferenceConfig={\"maxTokens\": 300})\n");
        check(
            converse(),
            "c.converse(inferenceConfig={\n    \"topP\": 1,\n})\n",
            "c.converse(inferenceConfig={\n    \"topP\": 1,\n    \"maxTokens\": 300,\n})\n",
        );
        check(converse(), "c.converse(inferenceConfig=dict(topP=1))\n", "c.converse(inferenceConfig=dict(topP=1, maxTokens=300))\n");
        check(
            converse(),
            "CONFIG = {\"topP\": 1}\nc.converse(inferenceConfig=CONFIG)\n",
            "CONFIG = {\"topP\": 1, \"maxTokens\": 300}\nc.converse(inferenceConfig=CONFIG)\n",
        );
        check(converse(), "c.converse(inferenceConfig={**base})\n", "c.converse(inferenceConfig={**base, \"maxTokens\": 300})\n");
    }

    #[test]
    fn bodies_of_invoke_model() {
        check(
            invoke_model(),
            "c.invoke_model(body=json.dumps({\"inputText\": t}))\n",
            "c.invoke_model(body=json.dumps({\"inputText\": t, \"textGenerationConfig\": {\"maxTokenCount\": 300}}))\n",
        );
        check(
            invoke_model(),
            "def f():\n    body = {\n        'inputText': t,\n        'textGenerationConfig': {'topP': 1},\n    }\n    c.invoke_model(body=json.dumps(body).encode())\n",
            "def f():\n    body = {\n        'inputText': t,\n        'textGenerationConfig': {'topP': 1, 'maxTokenCount': 300},\n    }\n    c.invoke_model(body=json.dumps(body).encode())\n",
        );
        assert!(capped(invoke_model(), "c.invoke_model(body=make())\n", Some(300)).is_err());
    }

    #[test]
    fn a_default_cap_is_unsafe() {
        let (text, applicability) = capped(openai(), "c.create(model=m)\n", None).unwrap();
        assert_eq!(text, "c.create(model=m, max_completion_tokens=1024)\n");
        assert_eq!(applicability, Applicability::Unsafe);
    }

    #[test]
    fn declines_what_it_cannot_see() {
        assert!(capped(converse(), "c.converse(inferenceConfig=load())\n", Some(300)).is_err());
        assert!(capped(openai(), "c.create(x for x in y)\n", Some(300)).is_err());
        assert!(capped(openai(), "c.create(max_completion_tokens=limit)\n", Some(300)).is_err());
    }

    #[test]
    fn reasoning_wants_a_cap_from_config() {
        let project = python("c.create(model=m)\n");
        let request = crate::model::request::Request::default();
        for reasoning in [Known::Present(()), Known::Unknown] {
            let call = Call { reasoning, ..call(&project, openai(), request.clone()) };
            assert!(apply(&target(&project, &request, Some(&call))).unwrap().edit.is_err());
            let set = apply(&Target { cap: Some(300), ..target(&project, &request, Some(&call)) }).unwrap();
            assert_eq!(set.edit.unwrap().applicability, Applicability::Safe);
        }
    }
}
