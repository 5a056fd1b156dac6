//! Splitting one system prompt or message in two blocks: the static head, which is marked for the cache, and the rest, which varies.

use crate::catalogue::MarkerStyle;
use crate::model::call::Call;
use crate::model::prompt::Segment;
use crate::report::Edit;
use crate::span::{Place, Span};
use crate::syntax::{DictItem, Expr, ExprKind, StmtKind};

use super::add_argument::Site;
use super::add_breakpoint::{LINE_WIDTH, notation};
use super::evict_in_blocks::has_word;
use super::find::{self, Seen};
use super::flat::Flat;
use super::insert::Brackets;
use super::move_behind_static::{stable_places, text_from_elsewhere};
use super::notation::Notation;
use super::plan::static_head;
use super::{Declined, Target};

const VARIES: &str = "the prompt varies: what changes has to go behind the static text, and that into a block of its own";

const ELSEWHERE: &str = "the prompt is made in one piece by other code or a template: what changes has to become a block of its own";

/// The edits that split the string in `value` (itself, the text of the only block in its list, or a local name for it).
pub(super) fn split(target: &Target, site: &Site, style: MarkerStyle, call: &Call, value: &Expr) -> Result<Vec<Edit>, Declined> {
    let (text, block) = match (style, &value.kind) {
        (MarkerStyle::CachePoint | MarkerStyle::CachePointKey | MarkerStyle::CacheControl, ExprKind::List(items)) => {
            let [block @ Expr { kind: ExprKind::Dict(entries), .. }] = &items[..] else { return Declined::because(VARIES) };
            // A marker behind the text is taken away by who asks for another one.
            let keeps =
                |item: &&DictItem| target.at.is_none_or(|at| !matches!(item, DictItem::Entry { value, .. } if value.span == at.span));
            let kept: Vec<&DictItem> = entries.iter().filter(keeps).collect();
            let Some(DictItem::Entry { key, value }) = kept.last() else { return Declined::because(VARIES) };
            let expected = if style == MarkerStyle::CacheControl { 2 } else { 1 };
            if key.as_text().as_deref() != Some("text") || kept.len() != expected {
                return Declined::because(VARIES);
            }
            (value, Some(block))
        }
        (MarkerStyle::CacheControl, _) => (value, None),
        _ => return Declined::because(VARIES),
    };
    let notation = notation(target, site, call, value);
    match &text.kind {
        ExprKind::Str(_) => in_place(target, site, (style, notation), text, block),
        ExprKind::Name(name) => through_name(target, site, (style, notation), (text, name), block.map(|block| (value, block))),
        _ => Declined::because(ELSEWHERE),
    }
}

/// Where a literal of one token is cut in two, with the quotes that close and open it there.
struct Cut {
    /// What stands before it.
    head: Span,
    at: u32,
    close: String,
    open: String,
    /// Takes the `f` off the head, if that has no slot.
    plain: Option<Edit>,
}

fn cut(target: &Target, site: &Site, literal: &Expr) -> Result<Cut, Declined> {
    let varies = || Declined(VARIES.into());
    let ExprKind::Str(inner) = &literal.kind else { return Declined::because(ELSEWHERE) };
    let [token] = &inner.tokens[..] else { return Declined::because("the prompt is written in several strings") };
    let stable = stable_places(target.request, Place::new(site.file, literal.span));
    let whole = Place::new(site.file, literal.span);
    let fixed = |span: Span| {
        stable
            .iter()
            .find(|(place, _)| *place == span)
            .map(|(_, bytes)| *bytes)
            .or_else(|| text_from_elsewhere(target.request, whole, span))
    };
    let flat = Flat::of_literal(inner, token.content, &[], Span::default(), &fixed);
    let at = static_head(&flat).and_then(|end| flat.source_end(end)).ok_or_else(varies)?;
    let opening = site.text.get(token.span.start as usize..token.content.start as usize).ok_or_else(varies)?;
    let close = site.text.get(token.content.end as usize..token.span.end as usize).ok_or_else(varies)?;
    let head = site.text.get(token.content.start as usize..at as usize).ok_or_else(varies)?;
    let letter = opening.find(['f', 'F']).filter(|_| !head.contains(['{', '}']));
    let plain = letter.map(|letter| {
        let start = token.span.start as usize + letter;
        Edit { file: site.file, span: Span::new(start, start + 1), text: String::new() }
    });
    let whole = Span { start: token.content.start, end: at };
    Ok(Cut { head: whole, at, close: close.into(), open: opening.into(), plain })
}

/// The literal stands in the call: two blocks come of it right there.
fn in_place(
    target: &Target,
    site: &Site,
    (style, notation): (MarkerStyle, Notation),
    text: &Expr,
    block: Option<&Expr>,
) -> Result<Vec<Edit>, Declined> {
    let Cut { at, close, open, plain, .. } = cut(target, site, text)?;
    let mut edits: Vec<Edit> = plain.into_iter().collect();
    let (head, control, end_block) = (notation.head(style), notation.control(style), notation.close());
    let (kind, text_key) = (notation.type_text(), notation.key("text"));
    let (between, around) = match (style, block) {
        (MarkerStyle::CachePoint, Some(block)) => {
            let gap = match site.own_line(block.span.start as usize, notation) {
                Some((indent, _)) => format!("\n{indent}"),
                None => " ".into(),
            };
            (format!("{end_block},{gap}{},{gap}{}", notation.point(), notation.head(style)), None)
        }
        (_, Some(block)) => {
            let gap = match site.own_line(block.span.start as usize, notation) {
                Some((indent, _)) => format!("\n{indent}"),
                None => " ".into(),
            };
            (format!(", {control}{end_block},{gap}{head}"), None)
        }
        (_, None) => match site.own_line(text.span.start as usize, notation) {
            Some((indent, step)) => {
                let (block, key) = (format!("{indent}{step}"), format!("{indent}{step}{step}"));
                (
                    format!(",\n{key}{control},\n{block}}},\n{block}{{\n{key}{kind},\n{key}{text_key}"),
                    Some((format!("[\n{block}{{\n{key}{kind},\n{key}{text_key}"), format!(",\n{block}}},\n{indent}]"))),
                )
            }
            None => {
                let (start, gap, end) = elements(site, notation, text);
                (format!(", {control}{end_block},{gap}{head}"), Some((format!("[{start}{head}"), format!("{end_block}{end}]"))))
            }
        },
    };
    if let Some((before, _)) = &around {
        edits.push(site.insert(text.span.start, before.clone()));
    }
    edits.push(site.insert(at, format!("{close}{between}{open}")));
    if let Some((_, after)) = around {
        edits.push(site.insert(text.span.end, after));
    }
    edits.sort_by_key(|edit| edit.span);
    Ok(edits)
}

/// What stands before, between and behind the two elements of a list that takes the place of `text`: line breaks where its line
/// would be too long.
fn elements(site: &Site, notation: Notation, text: &Expr) -> (String, String, String) {
    let start = text.span.start as usize;
    let line = site.text[..start].rfind('\n').map_or(0, |at| at + 1);
    let width = site.text[line..].find('\n').unwrap_or(site.text.len() - line);
    let added = 2 * notation.head(MarkerStyle::CacheControl).len() + notation.control(MarkerStyle::CacheControl).len();
    if width + added <= LINE_WIDTH {
        return (String::new(), " ".into(), String::new());
    }
    let rest = &site.text[line..];
    let indent = &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()];
    let step = if indent.contains('\t') { "\t" } else { notation.step };
    (format!("\n{indent}{step}"), format!("\n{indent}{step}"), format!(",\n{indent}"))
}

/// The literal is bound to a local name that only this call uses: the name keeps the head, a second one takes the rest.
fn through_name(
    target: &Target,
    site: &Site,
    (style, notation): (MarkerStyle, Notation),
    (text, name): (&Expr, &str),
    list: Option<(&Expr, &Expr)>,
) -> Result<Vec<Edit>, Declined> {
    let function = find::function_around(site.module, text.span).filter(|function| function.params.iter().all(|param| param.name != name));
    let body = &function.ok_or_else(|| Declined(VARIES.into()))?.body;
    let literal = find::bound_once_in(body, name).ok_or_else(|| Declined(VARIES.into()))?;
    let mut uses = 0;
    find::visit_body(body, &mut |seen| {
        if let Seen::Expr(one) = seen {
            uses += matches!(&one.kind, ExprKind::Name(used) if used == name) as usize;
        }
    });
    let Some((statement, false)) = find::statement_around(site.module, literal.span) else { return Declined::because(VARIES) };
    let start = statement.span.start as usize;
    let line = site.text[..start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &site.text[line..start];
    let written = site.text.get(statement.span.range()).unwrap_or("");
    let declared = !site.in_script || ["const ", "let "].iter().any(|word| written.starts_with(word));
    let behind = site.text.get(literal.span.end as usize..statement.span.end as usize).unwrap_or("-");
    let ends_there = behind.is_empty() || (site.in_script && behind == ";");
    let simple = matches!(&statement.kind, StmtKind::Assign { targets, .. } if targets.len() == 1) && declared && ends_there;
    // At the top of a module other files may use the name too.
    if uses != 2 || !simple || indent.is_empty() || !indent.trim().is_empty() {
        return Declined::because("the prompt varies, and its name is used in several places");
    }
    let cut = cut(target, site, literal)?;
    if let Some(edits) = without_constant(target, site, (style, notation), (text, literal), list.map(|(_, block)| block), &cut) {
        return Ok(edits);
    }
    let suffix = match (name.chars().any(char::is_lowercase), notation.is_script()) {
        (true, true) => "Context",
        (true, false) => "_context",
        (false, _) => "_CONTEXT",
    };
    let rest = format!("{name}{suffix}");
    if has_word(site.text, &rest) {
        return Declined::because(format!("the name `{rest}` is taken"));
    }
    let Cut { at, close, open, plain, .. } = cut;
    let mut edits: Vec<Edit> = plain.into_iter().collect();
    let declared = if notation.is_script() { format!(";\n{indent}const {rest}") } else { format!("\n{indent}{rest}") };
    edits.push(site.insert(at, format!("{close}{declared} = {open}")));
    match (style, list) {
        (MarkerStyle::CachePoint, Some((list, block))) => {
            let brackets =
                Brackets { file: site.file, text: site.text, span: list.span, after: Some(block.span), comments: &site.module.comments };
            edits.extend(brackets.insert(&format!("{}, {}{rest}{}", notation.point(), notation.head(style), notation.close())));
        }
        (_, Some(_)) => {
            edits.push(
                site.insert(text.span.end, format!(", {}{}, {}{rest}", notation.control(style), notation.close(), notation.head(style))),
            );
        }
        (_, None) => edits.extend(two_blocks(site, notation, text, name, &rest)),
    }
    edits.sort_by_key(|edit| edit.span);
    Ok(edits)
}

/// If the head is nothing but a constant, that becomes a block of its own, and the literal keeps the rest.
fn without_constant(
    target: &Target,
    site: &Site,
    (style, notation): (MarkerStyle, Notation),
    (text, literal): (&Expr, &Expr),
    block: Option<&Expr>,
    cut: &Cut,
) -> Option<Vec<Edit>> {
    let head = site.text.get(cut.head.range())?;
    let constant = head.trim().strip_prefix(if notation.is_script() { "${" } else { "{" })?.strip_suffix('}')?;
    if constant.is_empty() || !constant.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') {
        return None;
    }
    // The line breaks between the two may go where the constant ends with one.
    let inside = |segment: &Segment| segment.place().is_some_and(|place| place.file == site.file && literal.span.contains(place.span));
    let block_of = target.request.blocks.iter().find(|block| block.segments.iter().any(inside))?;
    let ends_line = matches!(block_of.segments.first(), Some(Segment::Text(text)) if text.text.ends_with('\n'));
    let mut end = cut.head.start as usize + head.trim_end().len();
    if ends_line {
        let rest = site.text.get(cut.at as usize..)?;
        end = cut.at as usize + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    }
    let gone = Edit { file: site.file, span: Span::new(cut.head.start as usize, end), text: String::new() };
    let mut edits = vec![gone];
    let (head, end) = (notation.head(style), notation.close());
    let marked = format!("{head}{constant}, {}{end}", notation.control(style));
    match (style, block) {
        (MarkerStyle::CachePoint, Some(block)) => {
            edits.push(
                site.insert(block.span.start, format!("{}{constant}{}, {}, ", notation.head(style), notation.close(), notation.point())),
            );
        }
        (_, Some(block)) => {
            edits.push(site.insert(block.span.start, format!("{marked}, ")));
        }
        (_, None) => {
            let (start, gap, after) = elements(site, notation, text);
            let named = site.named(text);
            edits.push(site.insert(text.span.start, format!("{named}[{start}{marked},{gap}{head}")));
            edits.push(site.insert(text.span.end, format!("{end}{after}]")));
        }
    }
    edits.sort_by_key(|edit| edit.span);
    Some(edits)
}

/// `name` becomes a list of two blocks, on one line if that is short enough.
fn two_blocks(site: &Site, notation: Notation, text: &Expr, name: &str, rest: &str) -> Vec<Edit> {
    let (head, named) = (notation.head(MarkerStyle::CacheControl), site.named(text));
    let marked = format!(", {}{}", notation.control(MarkerStyle::CacheControl), notation.close());
    let second = format!("{head}{rest}{}", notation.close());
    let start = text.span.start as usize;
    if let Some((indent, step)) = site.own_line(start, notation) {
        let column = indent.len() + step.len();
        if column + head.len() + name.len() + marked.len() <= LINE_WIDTH + 20 {
            return vec![
                site.insert(text.span.start, format!("{named}[\n{indent}{step}{head}")),
                site.insert(text.span.end, format!("{marked},\n{indent}{step}{second},\n{indent}]")),
            ];
        }
    }
    vec![site.insert(text.span.start, format!("{named}[{head}")), site.insert(text.span.end, format!("{marked}, {second}]"))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Api;
    use crate::report::Applicability;
    use crate::rewrite::add_breakpoint::apply;
    use crate::rewrite::testing::*;

    fn split_at(api: &'static Api, before: &str) -> Result<String, Declined> {
        let project = python(before);
        let request = lowered(&project);
        let call = call(&project, api, request.clone());
        let outcome = apply(&target(&project, &request, Some(&call))).unwrap();
        edited(&project, &outcome).map(|(text, applicability)| {
            assert_eq!(applicability, Applicability::Unsafe);
            text
        })
    }

    fn check(api: &'static Api, before: &str, after: &str) {
        assert_eq!(split_at(api, before), Ok(after.to_string()), "{before}");
    }

    #[test]
    fn a_string_in_the_call() {
        check(
            anthropic(),
            "c.create(\n    system=f\"\"\"Be kind.\nToday is {now}.\n\"\"\",\n)\n",
            r#"c.create(
    system=[
        {
            "type": "text",
            "text": """Be kind.
""",
            "cache_control": {"type": "ephemeral"},
        },
        {
            "type": "text",
            "text": f"""Today is {now}.
""",
        },
    ],
)
"#,
        );
        check(
            anthropic(),
            "r = c.create(model=m, system=f'Be {{kind}}.\\nNow: {now}')\n",
            "r = c.create(model=m, system=[\n    {'type': 'text', 'text': f'Be {{kind}}.\\n', 'cache_control': {'type': 'ephemeral'}},\n    {'type': 'text', 'text': f'Now: {now}'},\n])\n",
        );
    }

    #[test]
    fn a_string_in_a_block() {
        check(
            converse(),
            "c.converse(\r\n    system=[\r\n        {\"text\": f\"Be kind.\\nToday is {now}.\"},\r\n    ],\r\n)\r\n",
            "c.converse(\r\n    system=[\r\n        {\"text\": \"Be kind.\\n\"},\r\n        {\"cachePoint\": {\"type\": \"default\"}},\r\n        {\"text\": f\"Today is {now}.\"},\r\n    ],\r\n)\r\n",
        );
        check(
            anthropic(),
            "c.create(system=[{\"type\": \"text\", \"text\": f\"Be kind.\\nToday is {now}.\"}])\n",
            "c.create(system=[{\"type\": \"text\", \"text\": \"Be kind.\\n\", \"cache_control\": {\"type\": \"ephemeral\"}}, {\"type\": \"text\", \"text\": f\"Today is {now}.\"}])\n",
        );
        check(
            invoke_model(),
            "c.invoke_model(body=json.dumps({'system': [{'text': f'Be kind.\\nToday is {now}.'}], 'inferenceConfig': v}))\n",
            "c.invoke_model(body=json.dumps({'system': [{'text': 'Be kind.\\n', 'cachePoint': {'type': 'default'}}, {'text': f'Today is {now}.'}], 'inferenceConfig': v}))\n",
        );
    }

    #[test]
    fn a_string_with_a_name() {
        check(
            converse(),
            "def f():\n    prompt = f\"\"\"Be kind.\n\nQuestion:\n{q}\"\"\"\n    return c.converse(system=[{\"text\": prompt}])\n",
            "def f():\n    prompt = \"\"\"Be kind.\n\"\"\"\n    prompt_context = f\"\"\"\nQuestion:\n{q}\"\"\"\n    return c.converse(system=[{\"text\": prompt}, {\"cachePoint\": {\"type\": \"default\"}}, {\"text\": prompt_context}])\n",
        );
        check(
            anthropic(),
            "def f():\n    prompt = f\"Be kind.\\nToday is {now}.\"\n    return c.create(\n        system=prompt,\n    )\n",
            "def f():\n    prompt = \"Be kind.\\n\"\n    prompt_context = f\"Today is {now}.\"\n    return c.create(\n        system=[\n            {\"type\": \"text\", \"text\": prompt, \"cache_control\": {\"type\": \"ephemeral\"}},\n            {\"type\": \"text\", \"text\": prompt_context},\n        ],\n    )\n",
        );
    }

    fn check_script(api: &'static Api, before: &str, after: &str) {
        let project = script(before);
        let request = lowered(&project);
        let call = call(&project, api, request.clone());
        let outcome = apply(&target(&project, &request, Some(&call))).unwrap();
        assert_eq!(edited(&project, &outcome), Ok((after.to_string(), Applicability::Unsafe)), "{before}");
    }

    #[test]
    fn a_template_literal() {
        check_script(
            anthropic_script(),
            "c.create({\n  system: `Be kind.\nToday is ${now}.\n`,\n});\n",
            "c.create({\n  system: [\n    {\n      type: \"text\",\n      text: `Be kind.\n`,\n      cache_control: { type: \"ephemeral\" },\n    },\n    {\n      type: \"text\",\n      text: `Today is ${now}.\n`,\n    },\n  ],\n});\n",
        );
        check_script(
            converse_script(),
            "c.converse({ system: [{ text: `Be kind.\nToday is ${now}.` }] });\n",
            "c.converse({ system: [{ text: `Be kind.\n` }, { cachePoint: { type: \"default\" } }, { text: `Today is ${now}.` }] });\n",
        );
    }

    #[test]
    fn a_template_literal_with_a_name() {
        check_script(
            anthropic_script(),
            "async function f() {\n  const system = `Be kind.\nToday is ${now}.`;\n  return c.create({ system });\n}\n",
            "async function f() {\n  const system = `Be kind.\n`;\n  const systemContext = `Today is ${now}.`;\n  return c.create({ system: [{ type: \"text\", text: system, cache_control: { type: \"ephemeral\" } }, { type: \"text\", text: systemContext }] });\n}\n",
        );
        check_script(
            converse_script(),
            "app.post(async () => {\n  const text = `Be kind.\nToday is ${now}.`;\n  return c.converse({ system: [{ text }] });\n});\n",
            "app.post(async () => {\n  const text = `Be kind.\n`;\n  const textContext = `Today is ${now}.`;\n  return c.converse({ system: [{ text }, { cachePoint: { type: \"default\" } }, { text: textContext }] });\n});\n",
        );
    }

    #[test]
    fn declines_what_is_used_elsewhere_or_has_no_static_line() {
        for before in [
            "def f():\n    prompt = f\"Be kind.\\nToday is {now}.\"\n    log(prompt)\n    return c.create(system=prompt)\n",
            "prompt = f\"Be kind.\\nToday is {now}.\"\nc.create(system=prompt)\n",
            "def f():\n    prompt = f\"Be kind.\\nToday is {now}.\".strip()\n    return c.create(system=prompt)\n",
            "c.create(system=f\"Be kind. Today is {now}.\")\n",
            "c.create(system=f\"Be kind.\\n\" f\"Today is {now}.\")\n",
        ] {
            assert!(split_at(anthropic(), before).is_err(), "{before}");
        }
    }
}
