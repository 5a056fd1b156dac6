//! Templates inside strings: `str.format`, `%` and `string.Template`.
//!
//! Each follows CPython's own scanner. All three say `None` where Python would raise, so that text which merely looks like
//! a template is never taken for one.

use crate::span::Span;

use super::{Node, Slice, Template, Value, ValueKind};

/// `"… {name} …".format(name=…)`; `None` if the text is not a valid format string.
///
/// A field must name its value (`{}`, `{0}`, `{user.name}`, `{rows[0][title]}`) and its format must be one of Python's own
/// or hold a `%` (dates), so that the braces of JSON and of code are refused. `{}` are numbered from 0 in their order.
pub fn parse_braces(text: &str) -> Option<Template> {
    let mut scan = Scan::new(text);
    let mut numbering = Numbering::default();
    while let Some(at) = scan.find(&['{', '}']) {
        if scan.rest(at).starts_with("{{") || scan.rest(at).starts_with("}}") {
            scan.escape(at)?;
            continue;
        }
        let (value, end) = field(text, at, &mut numbering)?;
        scan.slot(value, at, end)?;
    }
    scan.finish()
}

/// The `{name}` fields of a text that is filled in out of sight, by `str.format` or by replacing one after the other; `None` if there is
/// none. Where the whole is no valid format string, the braces of JSON and of code stay text and only plain names are fields.
pub fn parse_fields(text: &str) -> Option<Template> {
    let has_slot = |template: &Template| template.nodes.iter().any(|node| matches!(node, Node::Slot { .. }));
    if let Some(template) = parse_braces(text) {
        return has_slot(&template).then_some(template);
    }
    let mut scan = Scan::new(text);
    while let Some(at) = scan.find(&['{']) {
        let mut chars = Chars { text, at: at + 1 };
        if chars.eat('{') {
            // Doubled braces are another template's, or escaped: not a field of this text.
            scan.skip(chars.at);
            continue;
        }
        let start = chars.at;
        chars.take(|c| c.is_ascii_alphabetic() || c == '_');
        if chars.at > start {
            chars.skip(|c| c.is_ascii_alphanumeric() || c == '_');
        }
        let span = Span::new(start, chars.at);
        if span.is_empty() || !chars.eat('}') || scan.rest(chars.at).starts_with('}') {
            scan.skip(at + 1);
            continue;
        }
        let name = text.get(span.range())?.to_string();
        scan.slot(value(ValueKind::Path(vec![name]), span, None), at, chars.at)?;
    }
    let template = scan.finish()?;
    has_slot(&template).then_some(template)
}

/// The `{{NAME}}` marks of a text that somebody replaces; `None` if there is none. Other names in doubled braces may be what the text
/// speaks of: a template that is to be written, a property of a component.
pub fn parse_marks(text: &str) -> Option<Template> {
    const SHORTEST: usize = 3;
    let mut scan = Scan::new(text);
    let mut found = false;
    while let Some(at) = scan.find(&['{']) {
        let mut chars = Chars { text, at: at + 1 };
        if !chars.eat('{') {
            scan.skip(at + 1);
            continue;
        }
        chars.skip(|c| c == ' ');
        let start = chars.at;
        chars.skip(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let span = Span::new(start, chars.at);
        chars.skip(|c| c == ' ');
        if span.len() < SHORTEST || !scan.rest(chars.at).starts_with("}}") {
            scan.skip(at + 2);
            continue;
        }
        found = true;
        let name = text.get(span.range())?.to_string();
        scan.slot(value(ValueKind::Path(vec![name]), span, None), at, chars.at + 2)?;
    }
    let template = scan.finish()?;
    found.then_some(template)
}

/// `"… %s … %(name)s …" % values`; `None` without any conversion, or if Python would refuse the text.
///
/// Conversions without a name are the path `0`, `1`, … in their order; a `*` takes a number too.
pub fn parse_percent(text: &str) -> Option<Template> {
    let mut scan = Scan::new(text);
    let (mut next, mut named, mut slots) = (0, false, 0);
    while let Some(at) = scan.find(&['%']) {
        if scan.rest(at).starts_with("%%") {
            scan.escape(at)?;
            continue;
        }
        let mut chars = Chars { text, at: at + 1 };
        let key = percent_key(&mut chars)?;
        chars.skip(|c| "#0- +".contains(c));
        let mut stars = usize::from(chars.eat('*'));
        if stars == 0 {
            chars.skip(|c| c.is_ascii_digit());
        }
        let mut bound = None;
        if chars.eat('.') {
            if chars.eat('*') {
                stars += 1;
            } else {
                let digits = chars.at;
                chars.skip(|c| c.is_ascii_digit());
                bound = text.get(digits..chars.at)?.parse().ok();
            }
        }
        chars.take(|c| "hlL".contains(c));
        let letter = chars.take(|c| "diouxXeEfFgGcrsa".contains(c))?;
        let span = Span::new(at, chars.at);
        let (name, span) = match key {
            Some(key) => (text.get(key.range())?.to_string(), key),
            None => {
                next += stars + 1;
                ((next - 1).to_string(), span)
            }
        };
        if key.is_some() && stars > 0 {
            return None;
        }
        named |= key.is_some();
        slots += 1;
        let bound = bound.filter(|_| "sra".contains(letter));
        scan.slot(value(ValueKind::Path(vec![name]), span, bound), at, chars.at)?;
    }
    // A mapping and a tuple cannot both stand on the right.
    if slots == 0 || (named && next > 0) {
        return None;
    }
    scan.finish()
}

/// `string.Template("… $name ${name} …")`; `None` if a `${` names nothing. Any other `$` is text, as for
/// `safe_substitute`.
pub fn parse_dollar(text: &str) -> Option<Template> {
    let mut scan = Scan::new(text);
    while let Some(at) = scan.find(&['$']) {
        let mut chars = Chars { text, at: at + 1 };
        if chars.eat('$') {
            scan.escape(at)?;
            continue;
        }
        let braced = chars.eat('{');
        let start = chars.at;
        chars.take(|c| c.is_ascii_alphabetic() || c == '_');
        if chars.at > start {
            chars.skip(|c| c.is_ascii_alphanumeric() || c == '_');
        }
        let span = Span::new(start, chars.at);
        if braced && (span.is_empty() || !chars.eat('}')) {
            return None;
        }
        if span.is_empty() {
            scan.skip(at + 1);
            continue;
        }
        let name = text.get(span.range())?.to_string();
        scan.slot(value(ValueKind::Path(vec![name]), span, None), at, chars.at)?;
    }
    scan.finish()
}

fn value(kind: ValueKind, span: Span, bound: Option<i64>) -> Value {
    Value { span, kind, filters: Vec::new(), slice: bound.map(|bound| Slice { from_end: false, bound: Some(bound) }) }
}

/// Splits a text into nodes: what lies between the marks is verbatim.
struct Scan<'t> {
    text: &'t str,
    /// Where the text not yet in a node begins.
    run: usize,
    /// Where the search goes on.
    at: usize,
    nodes: Vec<Node>,
}

impl<'t> Scan<'t> {
    fn new(text: &'t str) -> Self {
        Scan { text, run: 0, at: 0, nodes: Vec::new() }
    }

    fn find(&self, marks: &[char]) -> Option<usize> {
        self.text.get(self.at..)?.find(marks).map(|found| self.at + found)
    }

    fn rest(&self, at: usize) -> &'t str {
        self.text.get(at..).unwrap_or("")
    }

    fn skip(&mut self, to: usize) {
        self.at = to;
    }

    /// Puts what was passed over into a node.
    fn flush(&mut self, to: usize) -> Option<()> {
        let text = self.text.get(self.run..to)?;
        if !text.is_empty() {
            self.nodes.push(Node::Text { text: text.to_string(), span: Span::new(self.run, to), verbatim: true });
        }
        Some(())
    }

    fn jump(&mut self, to: usize) {
        self.run = to;
        self.at = to;
    }

    /// A doubled mark that stands for one.
    fn escape(&mut self, at: usize) -> Option<()> {
        self.flush(at)?;
        let text = self.text.get(at..at + 1)?.to_string();
        self.nodes.push(Node::Text { text, span: Span::new(at, at + 2), verbatim: false });
        self.jump(at + 2);
        Some(())
    }

    fn slot(&mut self, value: Value, start: usize, end: usize) -> Option<()> {
        self.flush(start)?;
        self.nodes.push(Node::Slot { value, span: Span::new(start, end) });
        self.jump(end);
        Some(())
    }

    fn finish(mut self) -> Option<Template> {
        self.flush(self.text.len())?;
        Some(Template { nodes: self.nodes, comments: Vec::new() })
    }
}

struct Chars<'t> {
    text: &'t str,
    at: usize,
}

impl Chars<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let next = self.peek().filter(|next| wanted(*next))?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.take(|next| next == wanted).is_some()
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) {
        while self.take(&wanted).is_some() {}
    }
}

/// `(name)` after a `%`, with balanced brackets inside: `Some(None)` if there is none, `None` if it is never closed.
fn percent_key(chars: &mut Chars) -> Option<Option<Span>> {
    if !chars.eat('(') {
        return Some(None);
    }
    let start = chars.at;
    let mut open = 1;
    loop {
        let end = chars.at;
        match chars.take(|_| true)? {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(Some(Span::new(start, end)));
        }
    }
}

/// `{}` and `{0}` may not stand in one text.
#[derive(Default)]
struct Numbering {
    next: usize,
    by_hand: bool,
}

impl Numbering {
    fn name(&mut self, written: &str) -> Option<String> {
        if written.is_empty() {
            self.next += 1;
            return (!self.by_hand).then(|| (self.next - 1).to_string());
        }
        if written.bytes().all(|byte| byte.is_ascii_digit()) {
            self.by_hand = true;
            return (self.next == 0).then(|| written.to_string());
        }
        Some(written.to_string())
    }
}

/// A field from its `{` on: its value and the byte behind its `}`.
fn field(text: &str, open: usize, numbering: &mut Numbering) -> Option<(Value, usize)> {
    let mut chars = Chars { text, at: open };
    if !chars.eat('{') {
        return None;
    }
    let start = chars.at;
    let path = path(&mut chars, numbering)?;
    let span = Span::new(start, chars.at);
    if chars.eat('!') {
        chars.take(|letter| "rsa".contains(letter))?;
    }
    let mut bound = None;
    if chars.eat(':') {
        bound = spec(&mut chars, numbering)?;
    }
    chars.eat('}').then(|| (value(ValueKind::Path(path), span, bound), chars.at))
}

/// `user.rows[0][title]` is `user`, `rows[]`, `title`.
fn path(chars: &mut Chars, numbering: &mut Numbering) -> Option<Vec<String>> {
    let first = name(chars);
    let mut path = vec![numbering.name(first)?];
    loop {
        if chars.eat('.') {
            let attribute = name(chars);
            if attribute.is_empty() || attribute.starts_with(|c: char| c.is_ascii_digit()) {
                return None;
            }
            path.push(attribute.to_string());
        } else if chars.eat('[') {
            let start = chars.at;
            chars.skip(|c| !matches!(c, ']' | '{' | '}' | '"' | '\'' | '\n'));
            let key = chars.text.get(start..chars.at).filter(|key| !key.is_empty())?;
            if !chars.eat(']') {
                return None;
            }
            match path.last_mut() {
                Some(last) if key.bytes().all(|byte| byte.is_ascii_digit()) => last.push_str("[]"),
                _ => path.push(key.to_string()),
            }
        } else {
            return Some(path);
        }
    }
}

/// An identifier or a number, or nothing.
fn name<'t>(chars: &mut Chars<'t>) -> &'t str {
    let start = chars.at;
    if chars.peek().is_some_and(|c| c.is_ascii_digit()) {
        chars.skip(|c| c.is_ascii_digit());
    } else {
        chars.skip(|c| c.is_alphanumeric() || c == '_');
    }
    chars.text.get(start..chars.at).unwrap_or("")
}

/// What stands behind the `:`, up to the closing brace: the bound if it cuts a text short.
fn spec(chars: &mut Chars, numbering: &mut Numbering) -> Option<Option<i64>> {
    let start = chars.at;
    let mut nested = false;
    loop {
        match chars.peek()? {
            '}' => break,
            '{' => {
                // Python allows one level of fields in a format, and no field within those.
                let (_, end) = field_in_spec(chars, numbering)?;
                chars.at = end;
                nested = true;
            }
            '\n' => return None,
            _ => drop(chars.take(|_| true)),
        }
    }
    let written = chars.text.get(start..chars.at)?;
    if nested || written.contains('%') {
        return Some(None);
    }
    standard_spec(written)
}

fn field_in_spec(chars: &mut Chars, numbering: &mut Numbering) -> Option<(Vec<String>, usize)> {
    let mut inner = Chars { text: chars.text, at: chars.at + 1 };
    let path = path(&mut inner, numbering)?;
    if inner.eat('!') {
        inner.take(|letter| "rsa".contains(letter))?;
    }
    inner.eat('}').then_some((path, inner.at))
}

/// `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`; `None` if it is anything else.
fn standard_spec(written: &str) -> Option<Option<i64>> {
    let mut chars = Chars { text: written, at: 0 };
    let is_align = |c: char| "<>=^".contains(c);
    let mut ahead = written.chars();
    if let (Some(fill), Some(align)) = (ahead.next(), ahead.next())
        && is_align(align)
    {
        chars.at = fill.len_utf8();
    }
    chars.take(is_align);
    chars.take(|c| "+- ".contains(c));
    chars.eat('z');
    chars.eat('#');
    chars.skip(|c| c.is_ascii_digit());
    chars.take(|c| ",_".contains(c));
    let mut bound = None;
    if chars.eat('.') {
        let digits = chars.at;
        chars.skip(|c| c.is_ascii_digit());
        bound = Some(written.get(digits..chars.at)?.parse().ok()?);
        chars.take(|c| ",_".contains(c));
    }
    let letter = chars.take(|c| "bcdeEfFgGnosxX".contains(c));
    // Without a type it may as well be the digits of a number.
    (chars.at == written.len()).then_some(bound.filter(|_| letter == Some('s')))
}

#[cfg(test)]
mod tests;
