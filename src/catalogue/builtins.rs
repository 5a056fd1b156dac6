//! What a library function means for the value it returns: `rules/catalogue/builtins/<language>.yaml`.

use serde::Deserialize;

use crate::model::prompt::{SizeClass, Volatility};

/// A function or method of a library, and what it does.
#[derive(Debug, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Builtin {
    pub effect: Effect,
    /// How often the result changes; absent: as its receiver and arguments.
    pub volatility: Option<Volatility>,
    /// What comes out; absent: as its receiver.
    pub size: Option<SizeClass>,
}

#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// A value from outside: a clock, an id, a file, a page (`volatility` and `size` say more).
    Source,
    /// The text of its receiver or first argument, hardly changed (`strip`, `str`, `dedent`).
    Same,
    /// The value, cut to a length or to a few of its parts (`textwrap.shorten`, `splitter.split_text`, `islice`).
    Limits,
    /// The value in a fixed order (`sorted`).
    Sorts,
    /// JSON text of its first argument (`json.dumps`).
    Json,
    /// The text of a file named by its argument (`open(…).read()`, `Path(…).read_text()`).
    ReadsFile,
    /// A count or a flag (`len`).
    Scalar,
    /// A list that holds so many items at most (`deque(maxlen=…)`).
    BoundedList,
    /// A template object from the file named by its argument (`env.get_template`).
    LoadsTemplate,
    /// A template object from the text of its argument (`jinja2.Template`).
    MakesTemplate,
    /// A value of the deployment: environment variable, setting (`os.environ.get`).
    Setting,
    /// Value unknown, and its arguments may have been shortened (`trim_messages`, `compact`).
    Trims,
}

/// The functions and methods of one language.
#[derive(Debug, Default)]
pub struct Builtins {}
