//! `limit-slot`: cuts a whole document to a length where it goes into the prompt.

use crate::catalogue::Wording;
use crate::check::wording::needs_all;
use crate::model::call::Call;
use crate::model::prompt::{BlockKind, Confidence, Segment, Slot, Volatility};
use crate::model::request::Request;
use crate::project::Language;
use crate::report::{Applicability, Edit};
use crate::span::{Place, Span};
use crate::syntax::{Expr, ExprKind, StmtKind};
use crate::template::{Node, Value, ValueKind};

use super::{Declined, Delta, Outcome, Proposal, Target, find};

/// Characters of English prose to a token, on average over the public encodings. A slice counts characters; the host
/// languages have no tokenizer at hand, and a limit needs no precision.
const CHARS_PER_TOKEN: u64 = 4;

pub fn apply(target: &Target) -> Option<Outcome> {
    let at = target.at?;
    let mut mended = target.request.clone();
    let (slot, of_many) = limit(&mut mended, at)?;
    let chars = target.options.limit_tokens.saturating_mul(CHARS_PER_TOKEN);
    Some(Outcome {
        mended,
        cap: target.call.and_then(|call| call.cap.value),
        delta: Delta { bounds: true, ..Delta::default() },
        edit: if slot.size_confidence < Confidence::High {
            Declined::because("only its name says that the value is long")
        } else if Wording::builtin().leads(&slot.name) || slot.volatility.is_some_and(|volatility| volatility <= Volatility::Deployment) {
            Declined::because("it is a text of the project itself")
        } else if let Some(task) = needs_all(target.request) {
            Declined::because(format!("the task (`{task}`) needs all of it"))
        } else if of_many && is_added(target, &slot) {
            Declined::because("each part would be cut, and not what they add up to: cut that where it goes in")
        } else {
            propose(target, &slot, chars)
        },
    })
}

/// Marks the slot at `at` limited; the slot as it was, and whether it is one of many that a loop adds up.
fn limit(request: &mut Request, at: Place) -> Option<(Slot, bool)> {
    fn walk(segments: &mut [Segment], at: Place, of_many: bool, found: &mut Option<(Slot, bool)>) {
        for segment in segments {
            match segment {
                Segment::Slot(slot) if !slot.limited && (slot.place == Some(at) || slot.expr == Some(at)) => {
                    found.get_or_insert_with(|| ((**slot).clone(), of_many));
                    slot.limited = true;
                }
                Segment::Block(block) => {
                    let of_many = of_many || block.kind == BlockKind::Loop;
                    block.arms.iter_mut().for_each(|arm| walk(arm, at, of_many, found));
                }
                _ => {}
            }
        }
    }
    let mut found = None;
    request.blocks.iter_mut().for_each(|block| walk(&mut block.segments, at, false, &mut found));
    found
}

/// Whether the value stands in a statement that adds to a text (`text += page`).
fn is_added(target: &Target, slot: &Slot) -> bool {
    let Some(place) = slot.expr.or(slot.place) else { return false };
    if target.project.file(place.file).language != Language::Python {
        return false;
    }
    let statement = find::statement_around(target.project.module(place.file), place.span);
    statement.is_some_and(|(statement, _)| matches!(statement.kind, StmtKind::Augment { .. }))
}

/// Whether the value is all the messages of a call: of a list so many messages would stay.
fn is_messages(target: &Target, place: Place) -> bool {
    let args = target.call.map(|call| &call.api.args);
    let is_named = |name: &str| args.is_some_and(|args| args.messages.first().is_some_and(|one| one == name) && args.prompt.is_empty());
    if !matches!(target.project.file(place.file).language, Language::Python | Language::JavaScript) {
        return false;
    }
    let mut found = false;
    find::visit(target.project.module(place.file), &mut |seen| {
        let find::Seen::Expr(one) = seen else { return };
        found |= match &one.kind {
            ExprKind::Call(call) => call
                .args
                .iter()
                .any(|arg| arg.value.span == place.span && matches!(&arg.kind, crate::syntax::ArgKind::Keyword(name) if is_named(name))),
            _ => false,
        };
    });
    found
}

fn propose(target: &Target, slot: &Slot, chars: u64) -> Result<Proposal, Declined> {
    let place = slot.expr.or(slot.place).ok_or_else(|| Declined("the value is not written in one place".into()))?;
    if is_messages(target, place) {
        return Declined::because("it may be a list of messages, and of a list so many messages would stay");
    }
    let language = target.project.file(place.file).language;
    if is_of_project(target, place, slot) {
        return Declined::because("the project makes the value itself, and may bound it there");
    }
    // What neither stands in a literal nor at the call comes through other code, which may look at all of it.
    if matches!(language, Language::Python | Language::JavaScript) && !goes_in_there(target, place, slot) {
        return Declined::because("the value comes through other code before it goes in");
    }
    let edits = match language {
        Language::Python => in_python(target, place, slot, chars)?,
        Language::JavaScript => in_script(target, place, slot, chars)?,
        Language::Jinja => in_template(target, place, chars)?,
        Language::Text => return Declined::because("its template language has no slices that are known here"),
    };
    Ok(Proposal { edits, applicability: Applicability::Unsafe, title: format!("Cut `{}` to {chars} characters", slot.name) })
}

/// Whether a value is by its name a text of the project itself, or comes out of one of the project's own functions.
fn is_of_project(target: &Target, place: Place, slot: &Slot) -> bool {
    if !matches!(target.project.file(place.file).language, Language::Python | Language::JavaScript) {
        return false;
    }
    let Ok(value) = value_of(target, place, slot) else { return false };
    let ExprKind::Name(name) = &value.kind else { return false };
    if Wording::builtin().leads(name) {
        return true;
    }
    let module = target.project.module(place.file);
    let function = find::function_around(module, place.span);
    let bound = function.map_or(&module.body, |function| &function.body);
    let made = find::bound_once_in(bound, name).map(|value| if let ExprKind::Await(inner) = &value.kind { inner } else { value });
    let Some(Expr { kind: ExprKind::Call(call), .. }) = made else { return false };
    let ExprKind::Name(callee) = &call.callee.kind else { return false };
    let mut own = false;
    find::visit(module, &mut |seen| {
        if let find::Seen::Stmt(stmt) = seen {
            own |= match &stmt.kind {
                StmtKind::Function(function) => function.name == *callee,
                StmtKind::Import(import) => {
                    let named = import.names.iter().any(|one| one.alias.as_ref().unwrap_or(&one.name) == callee);
                    let is_near = import.level > 0 || import.module.starts_with(['.', '~', '#']);
                    let file = || crate::resolve::imports::module(target.project, place.file, &import.module, import.level);
                    named && (is_near || file().is_some())
                }
                _ => false,
            };
        }
    });
    own
}

/// Whether a value is cut where it goes in: in a literal, or at the call.
fn goes_in_there(target: &Target, place: Place, slot: &Slot) -> bool {
    let in_literal = |at: Place| {
        let language = target.project.file(at.file).language;
        matches!(language, Language::Python | Language::JavaScript) && find::slot_expr(target.project.module(at.file), at.span).is_some()
    };
    // In the function of the call all that happens to it is in sight.
    let module = target.project.module(place.file);
    let function = |span: Span| find::function_around(module, span).map(|function| function.span);
    let at_call = |call: &Call| {
        call.place.file == place.file
            && (call.place.span.contains(place.span) || function(place.span).is_some() && function(place.span) == function(call.place.span))
    };
    in_literal(place) || slot.place.is_some_and(in_literal) || target.call.is_none_or(at_call)
}

fn in_python(target: &Target, place: Place, slot: &Slot, chars: u64) -> Result<Vec<Edit>, Declined> {
    let module = target.project.module(place.file);
    let text = target.project.text(place.file);
    let expr = value_of(target, place, slot)?;
    let rest = text.get(expr.span.end as usize..).unwrap_or("");
    if rest.trim_start().starts_with('=') && find::literal_around(module, expr.span).is_some() {
        return Declined::because("a `{value=}` slot prints its own expression");
    }
    let slice = format!("[:{chars}]");
    let insert = |at: u32, text: String| Edit { file: place.file, span: Span { start: at, end: at }, text };
    match &expr.kind {
        ExprKind::Slice { .. } => Declined::because("a slice is there already"),
        ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Call(_) | ExprKind::Index { .. } => {
            Ok(vec![insert(expr.span.end, slice)])
        }
        ExprKind::Str(_) | ExprKind::Dict(_) | ExprKind::List(_) | ExprKind::Starred(_) => {
            Declined::because("the value is not one document")
        }
        _ => Ok(vec![insert(expr.span.start, "(".into()), insert(expr.span.end, format!("){slice}"))]),
    }
}

/// The expression of a value, in its slot or where it is passed.
fn value_of<'p>(target: &Target<'_, 'p>, place: Place, slot: &Slot) -> Result<&'p Expr, Declined> {
    let module = target.project.module(place.file);
    find::slot_expr(module, place.span)
        .or_else(|| find::expr_at(module, place.span))
        .or_else(|| slot.place.filter(|at| at.file == place.file).and_then(|at| find::slot_expr(module, at.span)))
        .ok_or_else(|| Declined("the value is not written out where it goes in".into()))
}

/// `doc.slice(0, 8000)`
fn in_script(target: &Target, place: Place, slot: &Slot, chars: u64) -> Result<Vec<Edit>, Declined> {
    let module = target.project.module(place.file);
    let text = target.project.text(place.file);
    let expr = value_of(target, place, slot)?;
    // What may be absent is not cut: the text around it then says what it said before.
    let dot = if matches!(&expr.kind, ExprKind::Name(name) if may_be_absent(module, text, expr, name)) { "?." } else { "." };
    let slice = format!("{dot}slice(0, {chars})");
    let insert = |at: u32, text: String| Edit { file: place.file, span: Span { start: at, end: at }, text };
    let written = text.get(expr.span.range()).unwrap_or("");
    // `doc!`: the sign that a value is there stands behind what it is said of.
    let rest = text.get(expr.span.end as usize..).unwrap_or("");
    let end = expr.span.end + u32::from(rest.starts_with('!') && !rest.starts_with("!="));
    match &expr.kind {
        // A string is cut from a string only: of a list so many items would stay.
        ExprKind::Str(_) | ExprKind::Dict(_) | ExprKind::List(_) | ExprKind::Starred(_) | ExprKind::Lambda(_) => {
            Declined::because("the value is not one document")
        }
        ExprKind::Call(call) if matches!(&call.callee.kind, ExprKind::Attribute { name, .. } if is_cut(name)) => {
            Declined::because("a slice is there already")
        }
        ExprKind::Slice { .. } => Declined::because("a slice is there already"),
        ExprKind::Name(name) if find::is_shorthand(module, expr.span) => Ok(vec![insert(end, format!(": {name}{slice}"))]),
        ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Call(_) | ExprKind::Index { .. } if !written.starts_with("new ") => {
            Ok(vec![insert(end, slice)])
        }
        _ => Ok(vec![insert(expr.span.start, "(".into()), insert(end, format!("){slice}"))]),
    }
}

/// Whether the name is a parameter of the function around that its type lets be missing.
fn may_be_absent(module: &crate::syntax::Module, text: &str, at: &Expr, name: &str) -> bool {
    let Some(function) = find::function_around(module, at.span) else { return false };
    let Some(param) = function.params.iter().find(|param| param.name == name) else { return false };
    let written = text.get(param.span.range()).unwrap_or("");
    let by_type = |kind: &String| kind.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "undefined" | "null"));
    written.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('?')) || param.annotation.as_ref().is_some_and(by_type)
}

fn is_cut(method: &str) -> bool {
    matches!(method, "slice" | "substring" | "substr")
}

fn in_template(target: &Target, place: Place, chars: u64) -> Result<Vec<Edit>, Declined> {
    let Ok(template) = target.project.template(place.file) else { return Declined::because("the template does not parse") };
    let value = slot_value(&template.nodes, place.span).ok_or_else(|| Declined("the slot is not in this template".into()))?;
    bound_value(target.project.text(place.file), place, value, &format!("[:{chars}]"))
}

/// The edits that put a slice on the value: on the path in front of its filters, or around all of it.
pub(super) fn bound_value(text: &str, place: Place, value: &Value, slice: &str) -> Result<Vec<Edit>, Declined> {
    let insert = |at: u32, text: String| Edit { file: place.file, span: Span { start: at, end: at }, text };
    if value.slice.is_some() {
        return Declined::because("a slice is there already");
    }
    let written = text.get(value.span.range()).unwrap_or("");
    let path = path_length(written);
    match &value.kind {
        ValueKind::Path(_) if path > 0 && matches!(written[path..].trim_start().chars().next(), None | Some('|')) => {
            Ok(vec![insert(value.span.start + path as u32, slice.to_string())])
        }
        ValueKind::Literal(_) => Declined::because("the value is a literal"),
        _ if written.is_empty() => Declined::because("the value is not written out"),
        _ => Ok(vec![insert(value.span.start, "(".into()), insert(value.span.end, format!("){slice}"))]),
    }
}

/// Length of the path of names, attributes and items that the text begins with.
fn path_length(text: &str) -> usize {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            '.' | '_' => {}
            c if c.is_alphanumeric() => {}
            _ => return at,
        }
    }
    if depth == 0 { text.len() } else { 0 }
}

fn slot_value(nodes: &[Node], at: Span) -> Option<&Value> {
    nodes.iter().find_map(|node| match node {
        Node::Slot { value, span } => (*span == at || value.span == at).then_some(value),
        Node::Loop { body, .. } | Node::Set { body, .. } | Node::Block { body, .. } | Node::Macro { body, .. } => slot_value(body, at),
        Node::Branch { arms, .. } => arms.iter().find_map(|arm| slot_value(arm, at)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;
    use crate::rewrite::testing::*;

    fn limited(project: &Project, name: &str) -> Result<String, Declined> {
        let request = lowered(project);
        let at = Some(slot_named(&request, name));
        let outcome = apply(&Target { at, ..target(project, &request, None) }).unwrap();
        assert_ne!(outcome.mended, request);
        edited(project, &outcome).map(|(text, applicability)| {
            assert_eq!(applicability, Applicability::Unsafe);
            text
        })
    }

    fn check(before: &str, name: &str, after: &str) {
        assert_eq!(limited(&python(before), name), Ok(after.to_string()));
    }

    #[test]
    fn in_strings() {
        check("p = f\"Sum up: {document}\"\n", "document", "p = f\"Sum up: {document[:8000]}\"\n");
        check("p = f\"{{x}} 😀 {self.doc!s:>9}\"\r\n", "self.doc", "p = f\"{{x}} 😀 {self.doc[:8000]!s:>9}\"\r\n");
        check("p = f'{read(doc)}'\n", "read(doc)", "p = f'{read(doc)[:8000]}'\n");
        check("p = f'{a + doc}'\n", "a + doc", "p = f'{(a + doc)[:8000]}'\n");
        check("p = f'{await doc()}'\n", "await doc()", "p = f'{(await doc())[:8000]}'\n");
        check("p = f\"\"\"\n{doc}\n{{}}\n\"\"\"\n", "doc", "p = f\"\"\"\n{doc[:8000]}\n{{}}\n\"\"\"\n");
        assert!(limited(&python("p = f'{doc=}'\n"), "doc").is_err());
        assert!(limited(&python("p = f'{doc[:9]}'\n"), "doc[:9]").is_err());
    }

    #[test]
    fn in_template_literals() {
        for (before, name, after) in [
            ("const p = `Sum up: ${doc}`;\n", "doc", "const p = `Sum up: ${doc.slice(0, 8000)}`;\n"),
            ("const p = `😀 \\` ${this.doc.text}`;\r\n", "this.doc.text", "const p = `😀 \\` ${this.doc.text.slice(0, 8000)}`;\r\n"),
            ("const p = `${await doc()}`;\n", "await doc()", "const p = `${(await doc()).slice(0, 8000)}`;\n"),
            ("const p = `${a ?? doc}`;\n", "a ?? doc", "const p = `${(a ?? doc).slice(0, 8000)}`;\n"),
            ("const p = `${doc!}`;\n", "doc", "const p = `${doc!.slice(0, 8000)}`;\n"),
            ("const f = (doc?: string) => `${doc}`;\n", "doc", "const f = (doc?: string) => `${doc?.slice(0, 8000)}`;\n"),
            (
                "const f = (doc: string | undefined) => `${doc}`;\n",
                "doc",
                "const f = (doc: string | undefined) => `${doc?.slice(0, 8000)}`;\n",
            ),
            ("const p = `${read(doc)}`;\n", "read(doc)", "const p = `${read(doc).slice(0, 8000)}`;\n"),
        ] {
            let project = script(before);
            let request = lowered(&project);
            let named = slot_named_or_first(&request, name);
            let outcome = apply(&Target { at: Some(named), ..target(&project, &request, None) }).unwrap();
            assert_eq!(edited(&project, &outcome), Ok((after.to_string(), Applicability::Unsafe)), "{before}");
        }
        assert!(limited(&script("const p = `${doc.slice(0, 9)}`;\n"), "doc.slice(0, 9)").is_err());
    }

    #[test]
    fn what_the_project_makes_is_bounded_where_it_is_made() {
        let why = |text: &str, name: &str| limited(&python(text), name).unwrap_err().0;
        let made = "from .maps import draw\n\n\ndef ask():\n    doc = draw(9)\n    return f\"{doc}\"\n";
        assert!(why(made, "doc").contains("may bound it"));
        assert!(why("preamble = read()\np = f'{preamble}'\n", "preamble").contains("the project itself"));
        check(&made.replace(".maps", "maps"), "doc", &made.replace(".maps", "maps").replace("{doc}", "{doc[:8000]}"));
    }

    /// Of `doc!` the slot is named with its sign.
    fn slot_named_or_first(request: &Request, name: &str) -> Place {
        let slots = request.blocks.iter().flat_map(|block| &block.segments);
        let mut named = slots.filter_map(|segment| match segment {
            Segment::Slot(slot) if slot.name.starts_with(name) => slot.place,
            _ => None,
        });
        named.next().unwrap()
    }

    #[test]
    fn a_value_that_is_named_by_its_key() {
        let before = "const p = prompt.format({ topic, doc });\n";
        let project = script(before);
        let from = before.find("doc").unwrap();
        let place = Place::new(FILE, Span::new(from, from + 3));
        let template = lowered(&python("f'{doc}'\n"));
        let Segment::Slot(slot) = template.blocks[0].segments[0].clone() else { panic!() };
        let request = system(vec![Segment::Slot(Box::new(Slot { place: None, expr: Some(place), ..*slot }))]);
        let outcome = apply(&Target { at: Some(place), ..target(&project, &request, None) }).unwrap();
        assert_eq!(edited(&project, &outcome).unwrap().0, "const p = prompt.format({ topic, doc: doc.slice(0, 8000) });\n");
    }

    #[test]
    fn where_the_value_is_passed() {
        for (before, after) in [
            ("p = T.format(document=doc)\n", "p = T.format(document=doc[:8000])\n"),
            ("p = \"Sum up:\" + doc\n", "p = \"Sum up:\" + doc[:8000]\n"),
            ("p = render(a or doc)\n", "p = render((a or doc)[:8000])\n"),
        ] {
            let project = python(before);
            let from = before.find("a or doc").or(before.rfind("doc")).unwrap();
            let to = before.rfind("doc").unwrap() + 3;
            let place = Place::new(FILE, Span::new(from, to));
            let template = lowered(&python("f'{doc}'\n"));
            let Segment::Slot(slot) = template.blocks[0].segments[0].clone() else { panic!() };
            let request = system(vec![Segment::Slot(Box::new(Slot { place: None, expr: Some(place), ..*slot }))]);
            let outcome = apply(&Target { at: Some(place), ..target(&project, &request, None) }).unwrap();
            assert_eq!(edited(&project, &outcome).unwrap().0, after);
        }
    }

    #[test]
    fn in_templates() {
        for (before, name, after) in [
            ("Sum up:\n{{ document }}\n", "document", "Sum up:\n{{ document[:8000] }}\n"),
            ("{{- doc.text|upper -}}", "doc.text", "{{- doc.text[:8000]|upper -}}"),
            ("{% if x %}{{ doc | trim }}{% endif %}", "doc", "{% if x %}{{ doc[:8000] | trim }}{% endif %}"),
            ("{{ a ~ doc }}", "mixed", "{{ (a ~ doc)[:8000] }}"),
        ] {
            assert_eq!(limited(&jinja(before), name), Ok(after.to_string()));
        }
    }

    #[test]
    fn what_is_limited_is_left_alone() {
        let project = python("p = f'{doc}'\n");
        let mut request = lowered(&project);
        let at = slot_named(&request, "doc");
        limit(&mut request, at);
        assert_eq!(apply(&Target { at: Some(at), ..target(&project, &request, None) }), None);
    }

    #[test]
    fn finds_the_path_before_filters() {
        assert_eq!(path_length("doc.pages[0].text | upper"), 17);
        assert_eq!(path_length("doc"), 3);
        assert_eq!(path_length("load(x)"), 4);
        assert_eq!(path_length("(a ~ b)"), 0);
    }
}
