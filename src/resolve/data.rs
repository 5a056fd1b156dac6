//! Data that code reads from files of the project: the prompts in YAML, JSON and TOML become the values that code takes out of them.

use std::rc::Rc;

use crate::document::tree::{Kind, Node, Style};
use crate::model::prompt::{Segment, TextSegment};
use crate::span::{FileId, Place};
use crate::syntax::Expr;

use super::eval::Evaluator;
use super::value::*;

/// Values of one file that are followed.
const MOST: usize = 4_000;

impl<'p> Evaluator<'p> {
    /// What is read from the text of a file; `None` if a text is not all of a file, or that file holds no prompts.
    pub fn parsed(&mut self, text: &Value<'p>) -> Option<Value<'p>> {
        let Value::Text(segments) = text else { return None };
        let [Segment::Text(only)] = segments.as_slice() else { return None };
        let place = only.place?;
        let is_whole = place.span.start == 0 && place.span.end as usize == self.project.text(place.file).len();
        if is_whole { self.data_of(place.file) } else { None }
    }

    /// What a function that reads data gives for a text, an open file, or (`toml.load(path)`) the path of one.
    pub fn parsed_argument(&mut self, argument: &Value<'p>, function: &str, expr: &'p Expr) -> Option<Value<'p>> {
        let path = match argument {
            Value::Instance(file) if file.kind.ends_with("open") => file.args.positional.first().cloned()?,
            Value::Instance(path) if path.kind.ends_with("Path") => argument.clone(),
            Value::Text(_) => match self.parsed(argument) {
                None if function.ends_with(".load") => argument.clone(),
                data => return data,
            },
            _ => return None,
        };
        let text = self.read_file(&path, expr);
        self.parsed(&text)
    }

    /// What a file of data says.
    pub fn data_of(&mut self, file: FileId) -> Option<Value<'p>> {
        let root = self.project.data(file)?.roots.first()?;
        let mut left = MOST;
        self.data_at(file, root, &mut left)
    }

    fn data_at(&mut self, file: FileId, node: &'p Node, left: &mut usize) -> Option<Value<'p>> {
        *left = left.checked_sub(1)?;
        Some(match &node.kind {
            Kind::Map(entries) => {
                let mut dict = DictObj::default();
                for entry in entries {
                    let value = self.data_at(file, &entry.value, left)?;
                    dict.set(entry.key.as_str().into(), value, None);
                }
                Value::Ref(self.heap.add(Obj::Dict(dict)))
            }
            Kind::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.data_at(file, item, left)?);
                }
                self.new_list(values, None, None)
            }
            Kind::Text { text, style: Style::Plain } => match text.as_str() {
                "true" | "True" => Value::Bool(true),
                "false" | "False" => Value::Bool(false),
                number if number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty() => {
                    number.parse().map_or_else(|_| Value::text(number), Value::Int)
                }
                _ => self.text_at(file, node, text),
            },
            Kind::Text { text, .. } => self.text_at(file, node, text),
            Kind::Null => Value::Null,
            Kind::Elsewhere(_) | Kind::File(_) => Value::unknown("a value"),
        })
    }

    /// A text with its place: to the letter where the file shows it as it is.
    fn text_at(&self, file: FileId, node: &Node, text: &str) -> Value<'p> {
        let source = self.project.source(file).ok();
        let span = match source.and_then(|source| source.view.as_deref()) {
            Some(view) => view.page_of_raw(node.span).unwrap_or_else(|| view.text_span(node.span)),
            None => node.span,
        };
        let verbatim = source.and_then(|source| source.text.get(span.range())) == Some(text);
        let place = Some(Place::new(file, span));
        Value::Text(Rc::new(vec![Segment::Text(TextSegment { text: text.into(), place, verbatim })]))
    }
}
