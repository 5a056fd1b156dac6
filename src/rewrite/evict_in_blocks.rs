//! `evict-in-blocks`: drops the oldest turns of a conversation a block at a time, so that the prefix stays the same in between.

use crate::catalogue::{MarkerStyle, MessageShape};
use crate::model::call::{Call, HistoryState};
use crate::model::request::{Growth, HistorySource, Request};
use crate::project::Language;
use crate::report::{Applicability, Edit};
use crate::span::{Place, Span};
use crate::syntax::{Expr, ExprKind, Module, StmtKind};

use super::find::Seen;
use super::notation::Notation;
use super::{Declined, Delta, Outcome, Proposal, Target, find, layout, slice};

pub fn apply(target: &Target) -> Option<Outcome> {
    let in_template = target.at.is_some_and(|at| target.project.file(at.file).language == Language::Jinja);
    let Some(call) = target.call.filter(|_| !in_template) else { return slice::apply(target) };
    let window = Window::of(call, target.options.keep_messages);
    let mut mended = target.request.clone();
    if !bound(&mut mended, window.most) {
        return None;
    }
    Some(Outcome { mended, cap: call.cap.value, delta: Delta { bounds: true, ..Delta::default() }, edit: propose(target, call, window) })
}

fn bound(request: &mut Request, most: u32) -> bool {
    let mut changed = false;
    for history in request.blocks.iter_mut().filter_map(|block| block.history.as_mut()) {
        if !matches!(history.growth, Growth::Bounded { .. }) {
            history.growth = Growth::Bounded { turns: Some((most / 2).max(1)) };
            changed = true;
        }
    }
    changed
}

/// Messages in the largest request, and how many are left when old ones go.
#[derive(Clone, Copy)]
struct Window {
    most: u32,
    keep: u32,
}

impl Window {
    /// Eviction goes downwards: a window that was there stays the largest request.
    fn of(call: &Call, keep: u32) -> Self {
        let old = call.request.blocks.iter().filter_map(|block| block.history.as_ref()).find_map(|history| match history.growth {
            Growth::Sliding { turns } => turns.map(|turns| turns.saturating_mul(2)),
            _ => None,
        });
        match old {
            Some(most) if most >= 4 => Window { most, keep: most / 2 },
            _ => Window { most: keep.saturating_mul(2), keep },
        }
    }
}

fn propose(target: &Target, call: &Call, window: Window) -> Result<Proposal, Declined> {
    if call.api.message_objects {
        return Declined::because("its messages are objects, and which of them is a turn of the user depends on their classes");
    }
    let source = target.request.blocks.iter().find_map(|block| block.history.as_ref()).map(|history| history.source);
    match source {
        Some(HistorySource::Client) => {
            return Declined::because("it comes in whole with each request: who sends it has to drop what is old");
        }
        Some(HistorySource::Run) => return Declined::because("it ends with the run, and holds no second turn that could be dropped"),
        _ => {}
    }
    let window_cut = (call.history.state == HistoryState::Sliding).then(|| cut_at_call(target, call)).transpose()?;
    let named = match &window_cut {
        Some((name, _)) => Some(name.as_str()),
        None => call.anchors.history_name.as_deref(),
    };
    let Some(list) = named else {
        return Declined::because("the list that holds the conversation has no name at the call");
    };
    if !list.chars().all(|c| c.is_alphanumeric() || "_.[]\"'".contains(c)) {
        return Declined::because("the list that holds the conversation is made by an expression");
    }
    let last = list.rsplit('.').next().unwrap_or(list);
    if list.contains('.')
        && [format!("def {last}("), format!("get {last}(")].iter().any(|made| target.project.text(call.place.file).contains(made))
    {
        return Declined::because("the list is made anew each time that it is asked for");
    }
    if target.project.file(call.place.file).key.ends_with(".ipynb") {
        return Declined::because("it would be most of the cell, which somebody runs by hand");
    }
    if is_made_here(target.project.module(call.place.file), call.place.span, list) {
        return Declined::because("the list is made anew in the function of the call, from what is kept elsewhere");
    }
    if is_parameter(target.project.module(call.place.file), call.place.span, list) {
        return Declined::because("it is handed in: the code that keeps it has to drop what is old");
    }
    if is_looped_over(target.project.module(call.place.file), list) {
        return Declined::because("the list is read in a loop too, and what is dropped would be missing there");
    }
    let body_keys = Vec::new();
    let shape = layout(call, &body_keys).map_or(call.api.shape, |layout| layout.shape);
    let mut outer = (call.place.file, call.place.span);
    if !mentions(target.project.text(outer.0), call.place.span, list) {
        outer = (Target::call_file(call), call.syntax.span);
    }
    let (file, span) = outer;
    let text = target.project.text(file);
    let at = insertion_point(target, Place::new(file, span), list)?;
    let notation = Notation::at(target.project, file, span, None);
    let step = notation.step;
    let tools = has_tools(call, text.get(span.range()).unwrap_or_default(), text);
    let code = match target.project.file(file).language {
        Language::JavaScript => {
            if is_state(text, list) {
                return Declined::because("the list is the state of a component, which must not be changed in place");
            }
            // In the messages of a library for all providers tools have a role of their own.
            let own_role = shape == MessageShape::Anthropic && call.api.marker == MarkerStyle::None;
            in_script(list, shape, own_role, tools, window, text, notation)?.replace('\t', step)
        }
        _ if list.contains(['"', '\'']) => code(list, shape, tools, window, text)?,
        _ => code(list, shape, tools, window, text)?.replace('"', &notation.quote.to_string()),
    };
    let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line..at];
    // Where a blank line sets the statement off from what stands above, another one sets it off from the eviction.
    let set_off = text[..line].ends_with("\n\n") || text[..line].ends_with("\n\r\n");
    let by_tabs = |line: &str| {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        format!("{}{}", "\t".repeat(blanks / step.len()), &line[blanks..])
    };
    let lines = code.lines().map(|line| if indent.starts_with('\t') { by_tabs(line) } else { line.to_string() });
    let lines = lines.collect::<Vec<String>>().join(&format!("\n{indent}"));
    let end = if set_off { "\n\n" } else { "\n" };
    let mut edits = vec![Edit { file, span: Span::new(at, at), text: format!("{lines}{end}{indent}") }];
    edits.extend(window_cut.as_ref().map(|(_, edit)| edit.clone()));
    Ok(Proposal {
        edits,
        applicability: Applicability::Unsafe,
        title: format!("Drop the oldest turns of `{list}` in blocks, {} messages at most", window.most),
    })
}

/// Whether the function around the call gets the list from a method of its own object, which puts it together: `messages = self._format(state)`.
fn is_made_here(module: &Module, at: Span, list: &str) -> bool {
    let Some(function) = find::function_around(module, at) else { return false };
    let value = find::bound_once_in(&function.body, list).map(|value| if let ExprKind::Await(inner) = &value.kind { inner } else { value });
    let Some(Expr { kind: ExprKind::Call(made), .. }) = value else { return false };
    let of_self = matches!(&made.callee.kind, ExprKind::Attribute { base, .. }
        if matches!(&base.kind, ExprKind::Name(name) if name == "self" || name == "this"));
    of_self && !made.args.is_empty()
}

/// Whether the function around the call takes the list as a parameter.
fn is_parameter(module: &Module, at: Span, list: &str) -> bool {
    find::function_around(module, at).is_some_and(|function| function.params.iter().any(|param| param.name == list))
}

/// Whether a statement goes through the messages, as a page does that shows them.
fn is_looped_over(module: &Module, list: &str) -> bool {
    let mut found = false;
    find::visit(module, &mut |seen| {
        if let Seen::Stmt(stmt) = seen
            && let StmtKind::For { iter, .. } = &stmt.kind
        {
            found |= iter.dotted().as_deref() == Some(list);
        }
    });
    found
}

/// The list of which a window is sent (`history[-20:]`), and the edit that sends all that is left of it.
fn cut_at_call(target: &Target, call: &Call) -> Result<(String, Edit), Declined> {
    let elsewhere = || Declined("the window is cut by an expression that has to go as well".into());
    let place = call.anchors.messages.filter(|_| call.via.is_none()).ok_or_else(elsewhere)?;
    let module = target.project.module(place.file);
    let Some(Expr { kind: ExprKind::Slice { base, lower, upper: None, step: None }, span }) = find::expr_at(module, place.span) else {
        return Err(elsewhere());
    };
    if !lower.as_ref().is_some_and(|lower| matches!(lower.kind, ExprKind::Negative(_))) {
        return Err(elsewhere());
    }
    let name = base.dotted().ok_or_else(elsewhere)?;
    Ok((name.clone(), Edit { file: place.file, span: *span, text: name }))
}

fn mentions(text: &str, span: Span, name: &str) -> bool {
    text.get(span.range()).is_some_and(|written| written.contains(name))
}

/// The start of the statement that calls the model, if code may stand in front of it.
fn insertion_point(target: &Target, call: Place, list: &str) -> Result<usize, Declined> {
    let module = target.project.module(call.file);
    let text = target.project.text(call.file);
    let Some((stmt, deferred)) = find::statement_around(module, call.span) else {
        return Declined::because("the statement of the call was not found");
    };
    if deferred {
        return Declined::because("the call stands in a comprehension or lambda");
    }
    if matches!(stmt.kind, StmtKind::While { .. }) {
        return Declined::because("the call is the condition of a loop");
    }
    let start = stmt.span.start as usize;
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let alone = text[line..start].chars().all(|c| c == ' ' || c == '\t');
    let in_script = target.project.file(call.file).language == Language::JavaScript;
    if !alone
        || text[start..].starts_with("elif")
        || text[start..].starts_with('@')
        || (in_script && !starts_statement(module, text, start))
    {
        return Declined::because("no statement may stand in front of the call there");
    }
    // A list that the statement itself makes does not exist in front of it.
    if let StmtKind::Assign { targets, .. } = &stmt.kind
        && targets.iter().filter_map(Expr::dotted).any(|name| name == list)
    {
        return Declined::because("the statement of the call makes the list anew");
    }
    Ok(above_comments(text, module, start))
}

/// Where the comments begin that stand right above a statement, each on a line of its own: they speak of it.
fn above_comments(text: &str, module: &Module, start: usize) -> usize {
    let line_start = |at: usize| text[..at].rfind('\n').map_or(0, |at| at + 1);
    let mut at = start;
    while let Some(above) = line_start(at).checked_sub(1).map(line_start) {
        let indent = text[above..].len() - text[above..].trim_start_matches([' ', '\t']).len();
        let same = text[above..above + indent] == text[line_start(start)..start];
        if !same || !module.comments.iter().any(|comment| comment.start as usize == above + indent) {
            break;
        }
        at = above + indent;
    }
    at
}

/// The code that evicts, for a list with messages in the given shape. It imports nothing and works in place, so that
/// every name of the list sees the same; it takes content that is a string or a list of blocks.
fn code(list: &str, shape: MessageShape, tools: bool, window: Window, module: &str) -> Result<String, Declined> {
    let is_turn = match shape {
        MessageShape::Converse | MessageShape::Anthropic if !tools => "m[\"role\"] == \"user\"",
        MessageShape::Converse => "m[\"role\"] == \"user\" and not any(\"toolResult\" in block for block in m[\"content\"])",
        MessageShape::Anthropic => {
            "m[\"role\"] == \"user\"\n        and not any(isinstance(block, dict) and block.get(\"type\") == \"tool_result\" for block in m[\"content\"])"
        }
        // The SDK's own objects stand in the list as answers, dicts as everything else.
        MessageShape::OpenaiChat | MessageShape::OpenaiResponses => "isinstance(m, dict) and m.get(\"role\") == \"user\"",
        MessageShape::Text => return Declined::because("the API takes no list of messages"),
    };
    let drop = match shape {
        MessageShape::OpenaiChat | MessageShape::OpenaiResponses => {
            format!(
                "{list}[:cut] = [\n        m\n        for m in {list}[:cut]\n        \
                 if isinstance(m, dict) and m.get(\"role\") in (\"system\", \"developer\")\n    ]"
            )
        }
        _ => format!("del {list}[:cut]"),
    };
    let turns = match is_turn.len() {
        0..=20 => format!("turns = [i for i, m in enumerate({list}) if {is_turn}]\n    "),
        _ => format!("turns = [\n        i\n        for i, m in enumerate({list})\n        if {is_turn}\n    ]\n    "),
    };
    let Window { most, keep } = window;
    let reason = if tools { ", so that no tool call loses its result" } else { "" };
    let code = format!(
        "# Drop old turns many at once, so that the prompt cache keeps its prefix in between,\n\
         # and only up to a turn of the user{reason}.\n\
         if len({list}) > {most}:\n    \
             {turns}\
             cut = next((i for i in turns if i >= len({list}) - {keep}), turns[-1] if turns else 0)\n    \
             {drop}\n"
    );
    Ok(["turns", "cut"].iter().fold(code, |code, name| rename(&code, name, module)))
}

/// Whether what begins at `start` stands in braces or at the top, with statements beside it: the body of an `if` may have none.
fn starts_statement(module: &Module, text: &str, start: usize) -> bool {
    let mut before = text[..start].trim_end();
    while let Some(comment) = module.comments.iter().find(|comment| comment.end as usize == before.len()) {
        before = text[..comment.start as usize].trim_end();
    }
    if before.is_empty() || before.ends_with(['{', '}', ';', ':']) {
        return true;
    }
    // Without a semicolon, where a statement ends that does not go on.
    let mut ends = false;
    find::visit(module, &mut |seen| {
        if let Seen::Stmt(stmt) = seen {
            ends |= stmt.span.end as usize == before.len();
        }
    });
    ends
}

/// Whether the list comes from a hook that hands out a state and the function that sets it: `[messages, setMessages]`.
fn is_state(text: &str, list: &str) -> bool {
    let next = |at: usize| text[at + list.len()..].trim_start().strip_prefix(',').map(str::trim_start);
    text.match_indices(list).any(|(at, _)| text[..at].trim_end().ends_with('[') && next(at).is_some_and(|rest| rest.starts_with("set")))
}

/// The same for a list in JavaScript, indented with tabs. What goes is counted in whole blocks from the beginning of the
/// conversation, so that a list which a client sends anew with each request keeps its prefix as well.
fn in_script(
    list: &str,
    shape: MessageShape,
    own_role: bool,
    tools: bool,
    window: Window,
    module: &str,
    notation: Notation,
) -> Result<String, Declined> {
    if list.contains(['"', '\'']) {
        return Declined::because("the list that holds the conversation is made by an expression");
    }
    let is_turn = match shape {
        MessageShape::Converse | MessageShape::Anthropic if !tools => "m.role === \"user\"",
        MessageShape::Converse => "m.role === \"user\" && !m.content?.some((block) => block.toolResult)",
        MessageShape::Anthropic if own_role => "m.role === \"user\"",
        MessageShape::Anthropic => {
            "m.role === \"user\" && !(Array.isArray(m.content) && m.content.some((block) => block.type === \"tool_result\"))"
        }
        MessageShape::OpenaiChat => "m.role === \"user\"",
        // Items of other kinds than messages stand in the same list.
        MessageShape::OpenaiResponses => "\"role\" in m && m.role === \"user\"",
        MessageShape::Text => return Declined::because("the API takes no list of messages"),
    };
    let kept = match shape {
        MessageShape::Anthropic if own_role => format!(", ...{list}.slice(0, cut).filter((m) => m.role === \"system\")"),
        MessageShape::OpenaiChat => {
            format!(", ...{list}.slice(0, cut).filter((m) => m.role === \"system\" || m.role === \"developer\")")
        }
        MessageShape::OpenaiResponses => {
            format!(", ...{list}.slice(0, cut).filter((m) => \"role\" in m && (m.role === \"system\" || m.role === \"developer\"))")
        }
        _ => String::new(),
    };
    let Window { most, keep } = window;
    let picked = match is_turn.len() {
        0..=40 => format!("({is_turn} ? [i] : [])"),
        _ => format!("\n\t\t{is_turn}\n\t\t\t? [i]\n\t\t\t: [],\n\t"),
    };
    let reason = if tools { ", so that no tool call loses its result" } else { "" };
    let gap = if picked.starts_with('\n') { "" } else { " " };
    let code = format!(
        "// Drop old turns many at once, so that the prompt cache keeps its prefix in between,\n\
         // and only up to a turn of the user{reason}.\n\
         if ({list}.length > {most}) {{\n\
         \tconst turns = {list}.flatMap((m, i) =>{gap}{picked});\n\
         \tconst least = (Math.floor({list}.length / {keep}) - 1) * {keep};\n\
         \tconst cut = turns.find((i) => i >= least) ?? turns[turns.length - 1] ?? 0;\n\
         \t{list}.splice(0, cut{kept});\n\
         }}\n"
    );
    let code = code.replace('"', &notation.quote.to_string());
    let code = if notation.semicolons { code } else { code.replace(";\n", "\n") };
    Ok(["turns", "least", "cut"].iter().fold(code, |code, name| rename(&code, name, module)))
}

/// Whether the file speaks of tools, or the call may be told of some elsewhere: without them every message of the user begins a turn.
fn has_tools(call: &Call<'_>, written: &str, module: &str) -> bool {
    let told_elsewhere = call.via.is_some() || written.contains("**") || written.contains("...");
    told_elsewhere || module.to_ascii_lowercase().contains("tool")
}

/// Gives a variable another name if the module uses it.
fn rename(code: &str, name: &str, module: &str) -> String {
    if !has_word(module, name) {
        return code.to_string();
    }
    let fresh = ["old_", "history_", "evicted_", "kept_"]
        .iter()
        .map(|prefix| format!("{prefix}{name}"))
        .find(|fresh| !has_word(module, fresh))
        .unwrap_or_else(|| format!("_history_{name}"));
    let mut out = String::with_capacity(code.len());
    for line in code.lines() {
        if line.starts_with(['#', '/']) {
            out.push_str(line);
        } else {
            let mut word = String::new();
            for c in line.chars().chain(['\n']) {
                if c.is_alphanumeric() || c == '_' {
                    word.push(c);
                    continue;
                }
                // `self.turns` is the list of the module, not the variable.
                let is_variable = word == name && !out.ends_with('.');
                out.push_str(if is_variable { &fresh } else { &word });
                word.clear();
                if c != '\n' {
                    out.push(c);
                }
            }
        }
        out.push('\n');
    }
    out
}

pub(super) fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !joins(text[..at].chars().next_back()) && !joins(text[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::catalogue::Api;
    use crate::rewrite::testing::*;

    fn evicting(api: &'static Api, before: &str) -> Result<String, Declined> {
        let project = python(before);
        let request = replayed();
        let call = call(&project, api, request.clone());
        let outcome = apply(&target(&project, &request, Some(&call))).unwrap();
        assert_eq!(apply(&target(&project, &outcome.mended, Some(&call))), None);
        edited(&project, &outcome).map(|(text, applicability)| {
            assert_eq!(applicability, Applicability::Unsafe);
            text
        })
    }

    #[test]
    fn stands_in_front_of_the_call() {
        let text = evicting(converse(), "def f(self):\n    if x:\n        r = c.converse(messages=self.history)\n").unwrap();
        assert_eq!(
            text,
            r#"def f(self):
    if x:
        # Drop old turns many at once, so that the prompt cache keeps its prefix in between,
        # and only up to a turn of the user.
        if len(self.history) > 40:
            turns = [i for i, m in enumerate(self.history) if m["role"] == "user"]
            cut = next((i for i in turns if i >= len(self.history) - 20), turns[-1] if turns else 0)
            del self.history[:cut]
        r = c.converse(messages=self.history)
"#
        );
    }

    #[test]
    fn comments_stay_above_the_call_that_they_speak_of() {
        let text = evicting(
            converse(),
            "def f():\n    x = 1  # one\n    # The desk answers\n    # in time.\n    r = c.converse(messages=history)\n",
        )
        .unwrap();
        assert!(text.starts_with("def f():\n    x = 1  # one\n    # Drop old turns"), "{text}");
        assert!(text.ends_with("\n    # The desk answers\n    # in time.\n    r = c.converse(messages=history)\n"), "{text}");
    }

    #[test]
    fn a_list_that_is_put_together_for_the_call_is_not_cut() {
        let made = "def f(self, state):\n    messages = self.formatted(state)\n    return c.create(messages=messages)\n";
        assert!(evicting(openai(), made).unwrap_err().0.contains("made anew"));
        assert!(evicting(openai(), &made.replace("self.formatted(state)", "session.get('messages')")).is_ok());
    }

    #[test]
    fn keeps_tabs_line_breaks_and_other_names() {
        let text = evicting(openai(), "def f():\r\n\tturns = 1\r\n\treturn c.create(messages=messages)\r\n").unwrap();
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        assert!(text.contains("\r\n\tif len(messages) > 40:\r\n"));
        assert!(text.contains("old_turns = ["));
        assert!(text.ends_with("\r\n\treturn c.create(messages=messages)\r\n"));
    }

    #[test]
    fn a_list_that_is_called_like_a_variable_of_the_rewrite_keeps_its_name() {
        let text = evicting(openai(), "class A:\n    def f(self):\n        return c.create(messages=self.turns)\n").unwrap();
        assert!(text.contains("if len(self.turns) > 40:"), "{text}");
        assert!(text.contains("old_turns = ["));
        assert!(!text.contains("self.old_turns"));
    }

    #[test]
    fn declines_where_no_statement_may_stand() {
        for before in [
            "if x: c.create(messages=messages)\n",
            "f = lambda: c.create(messages=messages)\n",
            "while c.create(messages=messages): pass\n",
            "r = [c.create(messages=messages) for _ in x]\n",
            "if x:\n    pass\nelif c.create(messages=messages):\n    pass\n",
            "messages = c.create(messages=messages)\n",
            "for m in self.messages:\n    show(m)\nc.create(messages=self.messages)\n",
            "c.create(messages=build(history))\n",
            "def f(messages):\n    c.create(messages=messages)\n",
        ] {
            assert!(evicting(openai(), before).is_err(), "{before}");
        }
    }

    fn evicting_script(api: &'static Api, before: &str) -> Result<String, Declined> {
        let project = script(before);
        let request = replayed();
        let call = call(&project, api, request.clone());
        let outcome = apply(&target(&project, &request, Some(&call))).unwrap();
        edited(&project, &outcome).map(|(text, applicability)| {
            assert_eq!(applicability, Applicability::Unsafe);
            text
        })
    }

    #[test]
    fn stands_in_front_of_a_call_in_script() {
        let text =
            evicting_script(anthropic_script(), "async function f(tools) {\n  const r = await c.create({ messages: messages });\n}\n")
                .unwrap();
        assert_eq!(
            text,
            r#"async function f(tools) {
  // Drop old turns many at once, so that the prompt cache keeps its prefix in between,
  // and only up to a turn of the user, so that no tool call loses its result.
  if (messages.length > 40) {
    const turns = messages.flatMap((m, i) =>
      m.role === "user" && !(Array.isArray(m.content) && m.content.some((block) => block.type === "tool_result"))
        ? [i]
        : [],
    );
    const least = (Math.floor(messages.length / 20) - 1) * 20;
    const cut = turns.find((i) => i >= least) ?? turns[turns.length - 1] ?? 0;
    messages.splice(0, cut);
  }
  const r = await c.create({ messages: messages });
}
"#
        );
        let chat = "export async function f() {\r\n  const cut = 1\r\n  return c.create({ messages: messages })\r\n}\r\n";
        let text = evicting_script(openai_script(), chat).unwrap();
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        assert!(text.contains("    const old_cut = turns.find("), "{text}");
        assert!(text.contains("messages.splice(0, old_cut, ...messages.slice(0, old_cut).filter("), "{text}");
        assert!(!text.contains(';'), "{text}");
        let quoted = "const model = 'm';\nfunction f() {\n  g();\n\n  return c.create({ messages: messages });\n}\n";
        let text = evicting_script(openai_script(), quoted).unwrap();
        assert!(!text.contains('"') && text.contains("m.role === 'user'"), "{text}");
        assert!(text.contains("\n\n  // Drop") && text.contains("  }\n\n  return"), "{text}");
    }

    #[test]
    fn declines_where_no_statement_may_stand_in_script() {
        for before in [
            "if (x) c.create({ messages: messages });\n",
            "if (x)\n  c.create({ messages: messages });\n",
            "if (x) y();\nelse\n  c.create({ messages: messages });\n",
            "const f = () => g(() => c.create({ messages: messages }));\n",
            "while (c.create({ messages: messages })) {}\n",
            "c.create({ messages: build(history) });\n",
            "const [messages, setMessages] = useState([]);\nc.create({ messages: messages });\n",
        ] {
            assert!(evicting_script(openai_script(), before).is_err(), "{before}");
        }
    }

    /// Runs a script with the eviction in it, where Node is at hand.
    fn run_script(api: &'static Api, script: &str) {
        let Ok(found) = Command::new("node").arg("--version").output() else { return };
        if !found.status.success() {
            return;
        }
        let text = evicting_script(api, script).unwrap();
        let done = Command::new("node").args(["-e", &text]).output().unwrap();
        assert!(done.status.success(), "{text}\n{}", String::from_utf8_lossy(&done.stderr));
    }

    #[test]
    fn forty_turns_in_script() {
        let tail = r#"
const history = [];
const sizes = [];
for (let turn = 0; turn < 40; turn++) {
  history.push({ role: "user", content: [{ text: "question " + turn }] });
  send();
  for (let step = 0; step < turn % 3; step++) {
    const id = turn + "." + step;
    history.push({ role: "assistant", content: [{ text: "let me see" }, { toolUse: { id } }] });
    history.push({ role: "user", content: [{ toolResult: { id } }] });
    send();
  }
  history.push({ role: "assistant", content: [{ text: "answer" }] });
}
const ids = (key) => (m) => m.content.flatMap((block) => (block[key] ? [block[key].id] : []));
function check({ messages }) {
  sizes.push(messages.length);
  const [first] = messages;
  if (first.role !== "user" || !first.content[0].text) throw new Error("begins with a result");
  const [uses, results] = ["toolUse", "toolResult"].map((key) => messages.flatMap(ids(key)).join());
  if (uses !== results) throw new Error(uses + " but " + results);
  if (messages.length > 40) throw new Error("too long");
}
"#;
        let tail = tail.replace("const ids", "var ids");
        let (head, body) = tail.split_once("for (let turn").unwrap();
        let ids = "var ids = (key) => (m) => m.content.flatMap((block) => (block[key] ? [block[key].id] : []));\n";
        let script = format!(
            "const c = {{ converse: check }};\n{ids}function send() {{\n  c.converse({{ messages: history }});\n}}\n{head}for (let turn{body}\
             const drops = sizes.filter((size, i) => i > 0 && size < sizes[i - 1]).length;\n\
             if (drops < 2 || drops > 8) throw new Error(\"drops: \" + drops);\n"
        );
        run_script(converse_script(), &script);
    }

    /// Forty turns with tools, in the shape of each API; the list is checked at each call.
    fn run(api: &'static Api, script: &str) {
        let Ok(found) = Command::new("python3").arg("--version").output() else { return };
        if !found.status.success() {
            return;
        }
        let client = "class C:\n    def __getattr__(self, name):\n        return lambda messages: check(messages)\nc = C()\nsizes = []\n";
        let text = evicting(api, &format!("{client}{script}")).unwrap();
        let end =
            "assert 38 <= max(sizes) <= 40, sizes\ndrops = sum(b < a for a, b in zip(sizes, sizes[1:]))\nassert 2 <= drops <= 8, drops\n";
        let done = Command::new("python3").args(["-c", &format!("{text}{end}")]).output().unwrap();
        assert!(done.status.success(), "{text}\n{}", String::from_utf8_lossy(&done.stderr));
    }

    #[test]
    fn forty_turns_of_converse() {
        run(
            converse(),
            r#"
def check(messages):
    sizes.append(len(messages))
    first = messages[0]
    assert first["role"] == "user" and "text" in first["content"][0], first
    uses = [b["toolUse"]["id"] for m in messages for b in m["content"] if "toolUse" in b]
    results = [b["toolResult"]["id"] for m in messages for b in m["content"] if "toolResult" in b]
    assert uses == results, (uses, results)

def send():
    c.converse(messages=history)

history = []
for turn in range(40):
    history.append({"role": "user", "content": [{"text": f"question {turn}"}]})
    send()
    for step in range(turn % 3):
        name = f"{turn}.{step}"
        history.append({"role": "assistant", "content": [{"text": "let me see"}, {"toolUse": {"id": name}}]})
        history.append({"role": "user", "content": [{"toolResult": {"id": name}}]})
        send()
    history.append({"role": "assistant", "content": [{"text": "answer"}]})
"#,
        );
    }

    #[test]
    fn forty_turns_of_anthropic() {
        run(
            anthropic(),
            r#"
class Block:
    def __init__(self, kind, name=None):
        self.type, self.id = kind, name

def check(messages):
    sizes.append(len(messages))
    first = messages[0]
    assert first["role"] == "user" and isinstance(first["content"], (str, list))
    assert isinstance(first["content"], str) or first["content"][0]["type"] == "text", first
    uses = [b.id for m in messages for b in m["content"] if isinstance(b, Block) and b.type == "tool_use"]
    results = [b["id"] for m in messages for b in m["content"] if isinstance(b, dict) and b["type"] == "tool_result"]
    assert uses == results, (uses, results)

def send():
    c.create(messages=history)

history = []
for turn in range(40):
    text = f"question {turn}"
    history.append({"role": "user", "content": text if turn % 2 else [{"type": "text", "text": text}]})
    send()
    for step in range(turn % 3):
        name = f"{turn}.{step}"
        history.append({"role": "assistant", "content": [Block("text"), Block("tool_use", name)]})
        history.append({"role": "user", "content": [{"type": "tool_result", "id": name}]})
        send()
    history.append({"role": "assistant", "content": "answer"})
"#,
        );
    }

    #[test]
    fn forty_turns_of_chat() {
        run(
            openai(),
            r#"
class Message:
    role = "assistant"
    def __init__(self, name=None):
        self.name = name

def check(messages):
    sizes.append(len(messages))
    assert messages[0]["role"] == "system" and messages[0]["content"] == "Be kind."
    assert sum(isinstance(m, dict) and m["role"] == "developer" for m in messages) == 1
    first = next(m for m in messages if not (isinstance(m, dict) and m["role"] in ("system", "developer")))
    assert isinstance(first, dict) and first["role"] == "user", first
    uses = [m.name for m in messages if isinstance(m, Message) and m.name]
    results = [m["id"] for m in messages if isinstance(m, dict) and m["role"] == "tool"]
    assert uses == results, (uses, results)

def send():
    c.create(messages=history)

history = [{"role": "system", "content": "Be kind."}, {"role": "developer", "content": "No jokes."}]
for turn in range(40):
    history.append({"role": "user", "content": f"question {turn}"})
    send()
    for step in range(turn % 3):
        name = f"{turn}.{step}"
        history.append(Message(name))
        history.append({"role": "tool", "id": name, "content": "result"})
        send()
    history.append(Message())
"#,
        );
    }
}
