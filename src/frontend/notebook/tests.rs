//! Reading cells and writing them back, byte for byte.

use proptest::prelude::*;

use super::*;
use crate::source::{ReadError, Source};

/// A notebook of code cells, each given as the JSON of its `source`.
fn notebook(sources: &[&str]) -> String {
    let cell = |source: &&str| {
        format!("  {{\n   \"cell_type\": \"code\",\n   \"metadata\": {{}},\n   \"outputs\": [],\n   \"source\": {source}\n  }}")
    };
    let cells: Vec<String> = sources.iter().map(cell).collect();
    format!("{{\n \"cells\": [\n{}\n ],\n \"nbformat\": 4\n}}\n", cells.join(",\n"))
}

fn read(raw: &str) -> Source {
    Source::notebook("demo.ipynb", raw).unwrap()
}

/// What `old` of a notebook becomes when `from` in its joined text is replaced.
#[track_caller]
fn edited(raw: &str, from: &str, to: &str) -> String {
    let source = read(raw);
    assert_eq!(source.text.matches(from).count(), 1, "{from:?} in {:?}", source.text);
    let new = source.text.replacen(from, to, 1);
    let written = String::from_utf8(source.write_back(&new).unwrap()).unwrap();
    assert_eq!(read(&written).text, new);
    let start = source.text.find(from).unwrap();
    let (range, json) = source.edit_on_disk(Span::new(start, start + from.len()), to).unwrap();
    let mut by_edit = raw.to_owned();
    by_edit.replace_range(range, &json);
    assert_eq!(read(&by_edit).text, new);
    written
}

#[track_caller]
fn check_edit(source: &str, from: &str, to: &str, expected: &str) {
    assert_eq!(edited(&notebook(&[source]), from, to), notebook(&[expected]));
}

#[test]
fn strings_and_lists_are_joined() {
    let raw = notebook(&[r#"["import openai\n", "client = openai.OpenAI()"]"#, r#""x = 1\ny = 2\n""#, "[]", r#"["z = 3"]"#]);
    let source = read(&raw);
    assert_eq!(source.text, "import openai\nclient = openai.OpenAI()\n# %% [1]\nx = 1\ny = 2\n\n# %% [3]\nz = 3");
    assert_eq!(source.to_bytes(), raw.as_bytes());
}

#[test]
fn escapes_are_read_and_lead_back() {
    let raw = notebook(&[r#"["s = \"\u00e9\ud83d\ude00é\\n\"\t# \/\n", "lone = '\ud83d'\n", "end"]"#]);
    let source = read(&raw);
    assert_eq!(source.text, "s = \"é😀é\\n\"\t# /\nlone = '\u{fffd}'\nend");
    for (text, json) in
        [("é😀", r"\u00e9\ud83d\ude00"), ("😀é", r"\ud83d\ude00é"), ("s = \"", r#"s = \""#), ("end", "end"), ("/\n", r"\/\n")]
    {
        let start = source.text.find(text).unwrap();
        let raw_span = source.notebook.as_ref().unwrap().raw_span(Span::new(start, start + text.len()));
        assert_eq!(&raw[raw_span.range()], json);
    }
}

#[test]
fn only_python_cells_are_read() {
    let raw = r##"{"cells": [
        {"cell_type": "markdown", "source": ["# import openai"]},
        {"source": "x = 1", "outputs": [{"data": {"v": [NaN, -1.5e3, {"a": "\\\""}]}}], "cell_type": "code"},
        {"cell_type": "raw", "source": "y"},
        {"cell_type": "code", "source": ["%%bash\n", "ls"]},
        {"cell_type": "code", "source": [], "metadata": {"tags": []}},
        {"cell_type": "code", "metadata": {"vscode": {"languageId": "csharp"}}, "source": "var x;"},
        {"cell_type": "code", "metadata": {"vscode": {"languageId": "python"}}, "source": "x = 2"}
    ], "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python"}}}"##;
    assert_eq!(read(raw).text, "x = 1\n# %% [6]\nx = 2");
    let other = raw.replace("\"language\": \"python\"", "\"language\": \"C#\"");
    assert_eq!(read(&other).text, "");
    let pages = r#"{"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"]}]}], "nbformat": 3}"#;
    assert_eq!(read(pages).text, "x = 1");
}

#[test]
fn magics_are_left_out_and_stay() {
    let raw = notebook(&[r#"["!pip install openai\n", "%time x = ask(1)\n", "here = %pwd\n", "y = 2"]"#]);
    let source = read(&raw);
    assert_eq!(source.text, "\nx = ask(1)\nhere = get_ipython()\ny = 2");
    assert_eq!(edited(&raw, "ask(1)", "ask(1, 2)"), raw.replace("ask(1)", "ask(1, 2)"));
    assert_eq!(edited(&raw, "y = 2", "y = 3"), raw.replace("y = 2", "y = 3"));
    let refused = |new: &str| assert_eq!(source.write_back(new), Err(WriteBackError::Magic), "{new:?}");
    refused("\nx = ask(1)\nhere = 3\ny = 2");
    refused("\nx = ask(1,\n  2)\nhere = get_ipython()\ny = 2");
    refused("y = 2");
}

#[test]
fn a_changed_line_changes_alone() {
    check_edit(r#"["a = 1\n", "b = \"é\"\n", "c\n"]"#, "b = \"é\"", "b = \"ü\\n\"", r#"["a = 1\n", "b = \"ü\\n\"\n", "c\n"]"#);
    let list = "[\n    \"f(\\n\",\n    \"  a\\n\",\n    \")\"\n   ]";
    check_edit(list, "  a\n", "  a,\n  b=1,\n", "[\n    \"f(\\n\",\n    \"  a,\\n\",\n    \"  b=1,\\n\",\n    \")\"\n   ]");
    check_edit(list, "\n)", "\n)\ng()", "[\n    \"f(\\n\",\n    \"  a\\n\",\n    \")\\n\",\n    \"g()\"\n   ]");
    check_edit(list, "  a\n", "", "[\n    \"f(\\n\",\n    \")\"\n   ]");
    check_edit("[\n    \"f()\"\n   ]", "f()", "f()\ng()", "[\n    \"f()\\n\",\n    \"g()\"\n   ]");
    check_edit(r#"["a\n","b"]"#, "a\n", "", r#"["b"]"#);
    check_edit(r#"["a\n","b"]"#, "b", "", r#"["a\n"]"#);
    check_edit(r#""a\nb""#, "a", "a\nx", r#""a\nx\nb""#);
    check_edit(r#"["a\nb"]"#, "a", "a\nx", r#"["a\nx\nb"]"#);
    check_edit(r#"["a = '''\r\n", "b\r\n", "'''"]"#, "b\r\n", "b\r\nc\r\n", r#"["a = '''\r\n", "b\r\n", "c\r\n", "'''"]"#);
}

#[test]
fn characters_are_written_as_the_file_does() {
    check_edit(r#"["a\n", "b"]"#, "b", "'é'", r#"["a\n", "'é'"]"#);
    check_edit(r#"["'\u00fc'\n", "b"]"#, "b", "'é😀'", r#"["'\u00fc'\n", "'\u00e9\ud83d\ude00'"]"#);
    check_edit(r#"["'\u00fcö'\n", "b"]"#, "b", "'é\u{1}'", r#"["'\u00fcö'\n", "'é\u0001'"]"#);
}

#[test]
fn a_change_stays_in_its_cell() {
    let raw = notebook(&[r#"["a\n", "b"]"#, r#"["c"]"#]);
    let source = read(&raw);
    let written = |from: &str, to: &str| String::from_utf8(source.write_back(&source.text.replace(from, to)).unwrap()).unwrap();
    assert_eq!(written("b\n#", "b\nx\n#"), raw.replace(r#""b""#, r#""b\n", "x""#), "a line at the end");
    assert_eq!(written("]\nc", "]\nx\nc"), raw.replace(r#""c""#, r#""x\n", "c""#), "a line at the beginning");
    assert_eq!(source.write_back("a\nb\nc"), Err(WriteBackError::AcrossCells));
    assert_eq!(source.edit_on_disk(Span::new(2, 5), "x"), Err(WriteBackError::AcrossCells));
}

#[test]
fn a_mark_that_the_notebook_has_is_not_used() {
    let raw = notebook(&["\"# %% [1]\\nx\"", "\"y\""]);
    assert_eq!(read(&raw).text, "# %% [1]\nx\n# %%% [1]\ny");
    assert_eq!(edited(&raw, "x", "z"), raw.replace("nx", "nz"));
}

#[test]
fn places_are_those_of_the_json_and_of_the_cell() {
    let raw = format!("\u{feff}{}", notebook(&[r#""x""#, "[\n    \"é = 1\\n\",\n    \"f(a)\"\n   ]"]));
    let source = read(&raw);
    assert!(source.has_bom);
    assert_eq!(source.to_bytes(), raw.as_bytes());
    let at = source.text.find("f(a)").unwrap();
    let (start, end) = source.positions(Span::new(at, at + 4));
    assert_eq!(&raw[start.offset..end.offset], "f(a)");
    assert_eq!((start.line, start.column, start.cell), (15, 6, Some(CellLine { cell: 1, line: 2 })));
    assert_eq!(source.shown_place(at as u32), "cell 1:2:1");
    let (_, end) = source.positions(Span::new(at - 4, at));
    assert_eq!((end.line, &raw[..end.offset]), (14, &raw[..start.offset - "\",\n    \"".len()]));
}

#[test]
fn separators_are_no_comments_of_a_cell() {
    let raw = notebook(&[r##""# a\nx # b""##, r##""# c""##]);
    let source = read(&raw);
    let of = |text: &str| {
        let start = source.text.find(text).unwrap();
        source.notebook.as_ref().unwrap().is_separator(Span::new(start, start + text.len()))
    };
    assert_eq!(["# a", "# b", "# c", "# %% [1]"].map(of), [false, false, false, true]);
}

#[test]
fn what_is_broken_is_said() {
    let whole = notebook(&[r#"["a\n"]"#]);
    for (raw, line) in [
        ("", 1),
        ("[]", 1),
        ("{\"cells\": [\n{\"source\": \"a", 2),
        ("{\"cells\": 1}", 1),
        ("{\"cells\": []}\n}", 2),
        ("{\"cells\": [\n<<<<<<< HEAD\n", 2),
        ("{\"cells\": [{\"source\": [1]}]}", 1),
        ("{\"cells\": [{\"cell_type\": \"code\",\n \"source\": \"\\q\"}]}", 2),
        ("{\"cells\": [{\"cell_type\": \"code\", \"outputs\": [1 2]}]}", 1),
        ("{\"a\" 1}", 1),
    ] {
        match Source::notebook("x.ipynb", raw) {
            Err(ReadError::NotANotebook { line: at, .. }) => assert_eq!(at, line, "{raw}"),
            other => panic!("{raw}: {other:?}"),
        }
    }
    for end in 0..whole.len() - 2 {
        assert!(Source::notebook("x.ipynb", &whole[..end]).is_err());
    }
}

#[test]
fn deep_and_large_outputs_are_stepped_over() {
    let deep = format!("{{\"x\": {}1{}, \"cells\": []}}", "[{\"a\":".repeat(200_000), "}]".repeat(200_000));
    assert_eq!(read(&deep).text, "");
    let large = "A".repeat(20 << 20);
    let raw = format!("{{\"cells\": [{{\"cell_type\": \"code\", \"outputs\": [\"{large}\"], \"source\": \"x = 1\"}}]}}");
    assert_eq!(read(&raw).text, "x = 1");
}

/// A line of a cell and its JSON, with escapes or without.
fn line() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "a",
        "f(",
        ")",
        " ",
        "%time ",
        "!ls",
        "é",
        r"\u00e9",
        r"\ud83d\ude00",
        r"\ud83d",
        "\\\"",
        r"\\",
        r"\t",
        "'''",
        "#",
    ]);
    prop::collection::vec(scrap, 0..6).prop_map(|scraps| scraps.concat())
}

fn cells() -> impl Strategy<Value = String> {
    let end = prop::sample::select(vec![r"\n", r"\r\n", ""]);
    let list = prop::collection::vec((line(), end), 0..5).prop_map(|lines| {
        let strings: Vec<String> = lines.into_iter().map(|(line, end)| format!("\"{line}{end}\"")).collect();
        format!("[{}]", strings.join(",\n "))
    });
    let whole = prop::collection::vec(line(), 0..4).prop_map(|lines| format!("\"{}\"", lines.join(r"\n")));
    prop::collection::vec(prop_oneof![list, whole], 0..4).prop_map(|cells| notebook(&cells.iter().map(String::as_str).collect::<Vec<_>>()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_text_gives_the_same_bytes(raw in cells()) {
        let source = read(&raw);
        prop_assert_eq!(source.write_back(&source.text).unwrap(), raw.as_bytes());
        for at in (0..=source.text.len()).filter(|at| source.text.is_char_boundary(*at)) {
            let (start, end) = source.positions(Span::new(at, source.text.len()));
            prop_assert!(start.offset <= end.offset && raw.is_char_boundary(start.offset) && raw.is_char_boundary(end.offset));
        }
    }

    /// What is written is what is read again; and every byte outside the change stays.
    #[test]
    fn a_change_is_read_again(raw in cells(), at in 0usize..80, length in 0usize..12, with in "[a-z\"\\\\é😀\\n]{0,6}") {
        let source = read(&raw);
        let at = (0..=at.min(source.text.len())).rev().find(|at| source.text.is_char_boundary(*at)).unwrap();
        let end = (at..=(at + length).min(source.text.len())).rev().find(|at| source.text.is_char_boundary(*at)).unwrap();
        let new = format!("{}{with}{}", &source.text[..at], &source.text[end..]);
        if let Ok(written) = source.write_back(&new) {
            let written = String::from_utf8(written).unwrap();
            let head = raw.bytes().zip(written.bytes()).take_while(|(a, b)| a == b).count();
            let tail = raw[head..].bytes().rev().zip(written[head..].bytes().rev()).take_while(|(a, b)| a == b).count();
            // Quotes, escapes and separators, at most.
            prop_assert!(raw.len() - head - tail <= 12 * (end - at) + 40, "{raw} → {written}");
            prop_assert!(serde_json::from_str::<serde_json::Value>(&written).is_ok() || raw.contains(r"\ud83d"), "{}", written);
            if let Ok(again) = source.with_text(&new) {
                prop_assert_eq!(again.raw(), written);
            }
        }
    }

    #[test]
    fn any_text_is_read(raw in "[\\[\\]{}\":,a-z\\\\ \n]{0,80}") {
        let _ = Source::notebook("x.ipynb", raw);
    }
}
