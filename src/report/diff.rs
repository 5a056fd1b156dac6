//! The `--diff` report: what a fix would change, as a unified diff that `git apply` and `patch -p1` read.

use std::collections::BTreeMap;
use std::io::{self, Write};

use similar::{Algorithm, TextDiff};

use super::plain;
use crate::project::Project;
use crate::span::FileId;

/// Prints the changes of every file that has a new text (without its byte order mark), in the order of their paths.
pub fn render(project: &Project, texts: &BTreeMap<FileId, String>, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut files: Vec<_> = texts.iter().collect();
    files.sort_by_key(|(file, _)| &project.file(**file).path);
    for (file, new) in files {
        let Ok(source) = project.source(*file) else { continue };
        if source.text == *new {
            continue;
        }
        let old = source.to_bytes();
        let new = source.write_back(new).map_err(io::Error::other)?;
        let (old, new) = (String::from_utf8_lossy(&old), String::from_utf8_lossy(&new));
        let path = plain::line(&project.file(*file).path);
        let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_lines(old.as_ref(), new.as_ref());
        let text = diff.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string();
        match colour {
            false => out.write_all(text.as_bytes())?,
            // Where it is read and not applied, nothing in it may act on the terminal.
            true => coloured(&plain::plain(&text), out)?,
        }
    }
    Ok(())
}

fn coloured(diff: &str, out: &mut dyn Write) -> io::Result<()> {
    for (at, line) in diff.split_inclusive('\n').enumerate() {
        let code = match line.as_bytes().first() {
            _ if at < 2 => "1",
            Some(b'+') => "32",
            Some(b'-') => "31",
            Some(b'@') => "36",
            _ => {
                out.write_all(line.as_bytes())?;
                continue;
            }
        };
        let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
        write!(out, "\u{1b}[{code}m{text}\u{1b}[0m{end}")?;
    }
    Ok(())
}
