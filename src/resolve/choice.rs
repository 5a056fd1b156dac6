//! What the form of an answer leaves to the model: a class whose fields are a yes or no, or a word of a list.

use super::eval::Evaluator;
use super::value::*;

/// Under what the form that an object was given for its answers stands among its settings.
pub const STRUCTURED: &str = "(structured output)";

/// Arguments that take a class of the project for the form of the answer.
const FORMS: [&str; 4] = ["response_model", "response_format", "text_format", STRUCTURED];

/// What one field of a form asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    YesOrNo,
    /// One of a list of words.
    Word,
    Number,
    /// A text that may be left out.
    Remark,
    More,
}

impl<'p> Evaluator<'p> {
    /// The task whose answers are all that the form of a call allows, if that is a class of the project with no more than a choice.
    pub fn choice(&mut self, args: &Args<'p>) -> Option<&'static str> {
        let form = FORMS.iter().find_map(|name| args.keyword(name))?;
        let Value::Class(class) = form else { return None };
        let class = *class;
        let mut asked = Vec::new();
        for field in &class.class.fields {
            asked.push(self.asks(&field.annotation, class));
        }
        // What it takes over from another class is not looked into: a plain model has no fields.
        let is_plain = class.class.bases.iter().all(|base| matches!(self.eval_in(class.file, base), Value::External(_)));
        let remarks = asked.iter().filter(|asks| **asks == Asks::Remark).count();
        if !is_plain || asked.contains(&Asks::More) || remarks > 1 {
            return None;
        }
        let of = |wanted: Asks| asked.contains(&wanted);
        match (of(Asks::Word), of(Asks::YesOrNo)) {
            (true, _) => Some("classification"),
            (false, true) => Some("a yes or no"),
            (false, false) => None,
        }
    }

    /// What a field with this annotation asks for, in a class of the project.
    fn asks(&mut self, annotation: &str, class: ClassRef<'p>) -> Asks {
        let written: String = annotation.chars().filter(|c| !c.is_whitespace()).collect();
        let written = written.as_str();
        let inside = |name: &str| {
            let rest = written.strip_prefix("typing.").unwrap_or(written).strip_prefix(name)?;
            rest.strip_prefix('[')?.strip_suffix(']')
        };
        let optional = inside("Optional").or_else(|| written.strip_suffix("|None"));
        if let Some(inner) = optional {
            return match inner {
                "str" => Asks::Remark,
                inner => self.asks(inner, class),
            };
        }
        if inside("Literal").is_some() {
            return Asks::Word;
        }
        match written {
            "bool" => Asks::YesOrNo,
            "int" | "float" => Asks::Number,
            name => match self.module_var(class.file, name) {
                Some(Value::Class(named)) if self.is_enumeration(named) => Asks::Word,
                _ => Asks::More,
            },
        }
    }

    fn is_enumeration(&mut self, class: ClassRef<'p>) -> bool {
        class.class.bases.iter().any(|base| {
            matches!(self.eval_in(class.file, base), Value::External(name) if matches!(name.rsplit('.').next(), Some("Enum" | "StrEnum" | "IntEnum")))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;
    use crate::project::Project;
    use crate::resolve::{self, Reach};

    /// What the form of the only call leaves, with this class for the form.
    fn choice(fields: &str, call: &str) -> Option<&'static str> {
        let forms = format!(
            "from enum import Enum\nfrom typing import Literal, Optional\nfrom pydantic import BaseModel\nclass Shelf(str, Enum):\n    TOP = 'top'\nclass Base(BaseModel):\n    note: str\nclass Form(BaseModel):\n{fields}"
        );
        let app = format!(
            "from forms import Form\nfrom openai import OpenAI\nfrom langchain_openai import ChatOpenAI\nclient = OpenAI()\ndef ask(text):\n    return {call}\n"
        );
        let project = Project::in_memory([("app.py", app.as_str()), ("forms.py", forms.as_str())]);
        let reach = Reach::new(&project, Catalogue::builtin());
        let calls = resolve::calls(&project, Catalogue::builtin(), &reach, project.find("app.py").unwrap()).calls;
        calls.iter().find_map(|call| call.choice)
    }

    #[test]
    fn the_form_of_an_answer_may_leave_no_more_than_a_choice() {
        let parse = "client.chat.completions.parse(model='gpt-4o', messages=[], response_format=Form)";
        for (fields, left) in [
            ("    fits: bool\n", Some("a yes or no")),
            ("    fits: bool\n    remark: Optional[str]\n    sure: float = 1.0\n", Some("a yes or no")),
            ("    fits: bool | None = None\n", Some("a yes or no")),
            ("    shelf: Literal['top', 'low']\n    fits: bool\n", Some("classification")),
            ("    shelf: Optional[Shelf]\n", Some("classification")),
            ("    fits: bool\n    grounds: str\n", None),
            ("    fits: bool\n    grounds: Optional[str]\n    advice: Optional[str]\n", None),
            ("    shelves: list[Shelf]\n", None),
            ("    height: int\n", None),
            ("    pass\n", None),
        ] {
            assert_eq!(choice(fields, parse), left, "{fields}");
        }
        // What stands in the class that it takes over.
        assert_eq!(choice("    pass\nclass Form(Base):\n    fits: bool\n", parse), None);
        let bound = "ChatOpenAI(model='gpt-4o').with_structured_output(Form).invoke(text)";
        assert_eq!(choice("    fits: bool\n", bound), Some("a yes or no"));
    }
}
