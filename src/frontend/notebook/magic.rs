//! What in a cell is IPython's and not Python: magics, shell commands, questions; and cells that cannot be Python at all.

use std::ops::Range;

/// Cell magics whose cell is Python that runs in the notebook's own namespace.
const PYTHON_CELL_MAGICS: [&str; 6] = ["time", "timeit", "capture", "prun", "memit", "snakeviz"];
/// Line magics behind which a Python statement stands.
const PYTHON_LINE_MAGICS: [&str; 4] = ["time", "timeit", "prun", "memit"];
/// Line magics that, on the first line, give the whole cell to another language (as Databricks exports it).
const LANGUAGE_MAGICS: [&str; 6] = ["md", "sql", "scala", "sh", "r", "fs"];
/// Stands for a value that a magic gives.
const MAGIC_VALUE: &str = "get_ipython()";

/// A part of a cell, and what is read in its place. Line breaks are never replaced, so the lines of a cell keep their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    pub range: Range<usize>,
    pub with: &'static str,
}

/// What is replaced in a cell, in its order; `None` if no Python is in it that could run.
pub fn replaced(cell: &str) -> Option<Vec<Replaced>> {
    let mut state = State::default();
    let mut found: Vec<Replaced> = Vec::new();
    let mut is_first = true;
    let mut in_magic = false;
    let mut at = 0;
    for line in cell.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let code = line.trim_end_matches(['\n', '\r']);
        let indent = code.len() - code.trim_start().len();
        let words = &code[indent..];
        let whole = start + indent..start + code.len();
        if in_magic {
            in_magic = code.ends_with('\\');
            found.push(Replaced { range: start..start + code.len(), with: "" });
            continue;
        }
        if !state.is_between_statements() || words.is_empty() {
            state.read(code);
            continue;
        }
        let was_first = std::mem::take(&mut is_first);
        // A block may consist of nothing else.
        let nothing = if indent > 0 { "pass" } else { "" };
        if let Some(magic) = words.strip_prefix("%%") {
            if was_first && !PYTHON_CELL_MAGICS.contains(&name(magic)) {
                return None;
            }
            in_magic = code.ends_with('\\');
            found.push(Replaced { range: whole, with: nothing });
        } else if let Some(magic) = words.strip_prefix('%') {
            if was_first && is_other_language(magic) {
                return None;
            }
            let statement = magic[name(magic).len()..].trim_start();
            if PYTHON_LINE_MAGICS.contains(&name(magic)) && !statement.is_empty() && !statement.starts_with('-') {
                let from = start + code.len() - statement.len();
                found.push(Replaced { range: whole.start..from, with: "" });
                state.read(statement);
                continue;
            }
            in_magic = code.ends_with('\\');
            found.push(Replaced { range: whole, with: nothing });
        } else if words.starts_with(['!', '?']) || is_question(words) {
            in_magic = code.ends_with('\\');
            found.push(Replaced { range: whole, with: nothing });
        } else if let Some(value) = assigned_magic(words) {
            in_magic = code.ends_with('\\');
            found.push(Replaced { range: whole.start + value..whole.end, with: MAGIC_VALUE });
        } else {
            state.read(code);
        }
    }
    // Python refuses such a cell as a whole, and its open string would swallow the cells behind it.
    state.is_closed().then_some(found)
}

fn name(magic: &str) -> &str {
    let end = magic.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(magic.len());
    &magic[..end]
}

fn is_other_language(magic: &str) -> bool {
    let name = name(magic);
    // `%sql` with a query behind it is a line magic elsewhere.
    LANGUAGE_MAGICS.contains(&name) && (name == "md" || magic[name.len()..].trim().is_empty())
}

/// `name?`, `a.b??`
fn is_question(words: &str) -> bool {
    let words = words.trim_end();
    let asked = words.trim_end_matches('?');
    asked.len() < words.len() && asked.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '%' | '*'))
}

/// Where the magic begins in `files = !ls` or `here = %pwd`.
fn assigned_magic(words: &str) -> Option<usize> {
    let equals = words.find('=')?;
    let targets = &words[..equals];
    let is_target = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ',' | ' ' | '*');
    if targets.trim().is_empty() || !targets.chars().all(is_target) {
        return None;
    }
    let value = words[equals + 1..].trim_start_matches([' ', '\t']);
    let is_magic = match value.as_bytes() {
        [b'!', next, ..] => *next != b'=',
        [b'%', next, ..] => next.is_ascii_alphabetic(),
        _ => false,
    };
    is_magic.then_some(words.len() - value.len())
}

/// How far a statement has been read: just enough of Python to know where the next one begins.
#[derive(Default)]
struct State {
    /// The quote of the open string of three, and whether it is one of three.
    string: Option<(u8, bool)>,
    brackets: usize,
    continued: bool,
}

impl State {
    fn is_between_statements(&self) -> bool {
        self.string.is_none() && self.brackets == 0 && !self.continued
    }

    fn is_closed(&self) -> bool {
        self.string.is_none() && self.brackets == 0
    }

    /// Reads a line without its line break.
    fn read(&mut self, line: &str) {
        let bytes = line.as_bytes();
        let is_triple = |at: usize, quote: u8| bytes.get(at..at + 3) == Some(&[quote; 3]);
        self.continued = false;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            match (self.string, byte) {
                (_, b'\\') => {
                    self.continued = at == bytes.len();
                    at += 1;
                }
                (Some((quote, true)), _) if is_triple(at - 1, quote) => {
                    self.string = None;
                    at += 2;
                }
                (Some((quote, false)), _) if byte == quote => self.string = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => {
                    let triple = is_triple(at - 1, byte);
                    self.string = Some((byte, triple));
                    at += if triple { 2 } else { 0 };
                }
                (None, b'#') => break,
                (None, b'(' | b'[' | b'{') => self.brackets += 1,
                (None, b')' | b']' | b'}') => self.brackets = self.brackets.saturating_sub(1),
                _ => {}
            }
        }
        // A string in one quote ends with its line, whether it is closed or not.
        if matches!(self.string, Some((_, false))) && !self.continued {
            self.string = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cell as it is read.
    fn read(cell: &str) -> Option<String> {
        let mut text = String::new();
        let mut at = 0;
        for one in replaced(cell)? {
            text += &cell[at..one.range.start];
            text += one.with;
            at = one.range.end;
        }
        Some(text + &cell[at..])
    }

    #[track_caller]
    fn check(cell: &str, expected: &str) {
        assert_eq!(read(cell).as_deref(), Some(expected));
    }

    #[test]
    fn lines_that_are_not_python() {
        check("!pip install -q openai \\\n  anthropic\nimport openai\n", "\n\nimport openai\n");
        check("if is_colab:\n    !ls\nelse:\n    %cd /data\nx = 1", "if is_colab:\n    pass\nelse:\n    pass\nx = 1");
        check("client?\nclient.messages??\n?client\n%matplotlib inline\r\nx", "\n\n\n\r\nx");
        check("files = !ls -l\nhere = %pwd\na, b = !date", "files = get_ipython()\nhere = get_ipython()\na, b = get_ipython()");
    }

    #[test]
    fn python_behind_a_magic() {
        check("%time answer = ask(q)\n%timeit -n 3 ask(q)\n", "answer = ask(q)\n\n");
        check("%%time\nask(q)", "\nask(q)");
        check("\n%%capture out\nask(q)\n", "\n\nask(q)\n");
    }

    #[test]
    fn python_that_looks_like_a_magic() {
        for cell in [
            "text = '''\n%d files\n!important\nwhy?\n'''\n",
            "x = (a\n  % b)\n",
            "x = a \\\n  % b\n",
            "f(\n  # ) why\n  \"(\",\n)\n",
            "a = b == c\nx %= 3\ny != x\n",
            "print('50 %') # really?\n",
            "s = \"\\\"\"\nt = 'it''s'\n",
            "s = 'never closed\nx = 1\n",
        ] {
            check(cell, cell);
        }
    }

    #[test]
    fn cells_that_are_not_python() {
        for cell in [
            "%%bash\nls",
            "%%writefile app.py\nx = 1",
            "\n\n%%html\n<b>",
            "%md\n# Head",
            "%md # Head",
            "%sql\nselect 1",
            "x = '''open\n",
            "f(\n",
        ] {
            assert_eq!(read(cell), None, "{cell}");
        }
        check("%sql select 1\nx = 1", "\nx = 1");
    }
}
