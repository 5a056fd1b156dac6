//! Which files hold prompts, and where in them: the list `files` of `rules/catalogue/formats.yaml`.

use std::collections::HashMap;

use crate::catalogue::{Text, glob};
use crate::model::prompt::Role;
use crate::model::request::Growth;
use crate::span::Span;

pub use crate::catalogue::tables::formats::{Format, Holds, Language, Linked, LoadedWhen, Memory, Part, Roles, Where, Wired};

use super::tree::{Kind, Node};

/// A conversation that is kept, as a file says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept {
    pub growth: Growth,
    pub span: Span,
}

/// What is tied to the nodes of a graph, by where each of these begins.
#[derive(Debug, Default)]
pub struct Ties<'n> {
    to: HashMap<u32, Vec<&'n Node>>,
}

impl<'n> Ties<'n> {
    /// Takes in all that is tied to something below a root by its name.
    pub fn read(&mut self, wired: &Wired, root: &'n Node) {
        let connections = root.at(&wired.connections);
        let entries = connections.first().map_or(&[][..], |connections| connections.entries());
        let mut by_name: HashMap<&str, &'n Node> = HashMap::new();
        for entry in entries {
            by_name.entry(entry.key.as_str()).or_insert(&entry.value);
        }
        let mut named: HashMap<&str, Vec<u32>> = HashMap::new();
        for node in wired.nodes.each.iter().flat_map(|path| root.at(path)) {
            if let Some(name) = node.get(&wired.name).and_then(Node::text) {
                named.entry(name).or_default().push(node.span.start);
            }
        }
        for node in wired.nodes.find(root) {
            let Some(ties) = node.get(&wired.name).and_then(Node::text).and_then(|name| by_name.get(name).copied()) else { continue };
            for name in wired.to.iter().flat_map(|path| ties.at(path)).filter_map(Node::text) {
                named.get(name).into_iter().flatten().for_each(|start| self.tie(*start, node));
            }
        }
    }

    /// Takes in what the parts of a pipeline hand their output to, those by the names of which the links tell them.
    pub fn link(&mut self, linked: &Linked, root: &'n Node) {
        let parts = root.at(&linked.parts);
        let entries = || parts.iter().flat_map(|parts| parts.entries());
        let named = |name: &str| entries().find(|entry| entry.key == name).map(|entry| &entry.value);
        let takers = linked.takers.find(root);
        for link in root.at(&linked.links) {
            // `part.output`
            let of = |key: &str| link.get(key).and_then(Node::text).and_then(|end| named(end.split('.').next()?));
            let (Some(from), Some(to)) = (of(&linked.from), of(&linked.to)) else { continue };
            if takers.iter().any(|taker| std::ptr::eq(*taker, to)) {
                self.tie(from.span.start, to);
            }
        }
    }

    fn tie(&mut self, start: u32, node: &'n Node) {
        let tied = self.to.entry(start).or_default();
        if !tied.iter().any(|known| std::ptr::eq(*known, node)) {
            tied.push(node);
        }
    }

    /// Those that are tied to a node.
    pub fn of(&self, node: &Node) -> &[&'n Node] {
        self.to.get(&node.span.start).map_or(&[], Vec::as_slice)
    }
}

impl Memory {
    /// What is kept for a request, the nodes of which say how it is sent.
    pub fn of(&self, nodes: &[&Node]) -> Option<Kept> {
        let node = nodes.iter().find(|node| !self.kept.find(node).is_empty())?;
        let holds = |place: &Option<Where>| place.as_ref().is_some_and(|place| !place.find(node).is_empty());
        let turns = || self.turns.iter().find_map(|path| node.at(path).first()?.text()?.parse().ok());
        let growth = match () {
            () if holds(&self.window) => Growth::Sliding { turns: turns() },
            () if holds(&self.bounded) => Growth::Bounded { turns: None },
            () => Growth::Unbounded,
        };
        let span = node.at(&self.at).first().map_or(node.span, |at| at.span);
        Some(Kept { growth, span })
    }
}

impl Format {
    /// Whether a file of this path and text may be one.
    pub fn may_be(&self, path: &str, text: &str) -> bool {
        self.is_named(path) && self.signs.iter().all(|sign| memchr::memmem::find(text.as_bytes(), sign.as_bytes()).is_some())
    }

    pub fn is_named(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.names.iter().any(|pattern| {
            if pattern.contains('/') { glob(pattern, path) || glob(pattern.trim_start_matches("*/"), path) } else { glob(pattern, name) }
        })
    }
}

impl Where {
    /// The places of requests below a root.
    pub fn find<'n>(&self, root: &'n Node) -> Vec<&'n Node> {
        let mut found: Vec<&Node> = Vec::new();
        for path in self.each.iter() {
            // One path leads to each node once.
            let before = found.len();
            for node in root.at(path) {
                let holds = |path: &Text| !node.at(path).is_empty();
                let matches = self.matches.iter().all(|(path, globs)| {
                    node.at(path).iter().any(|at| at.text().is_some_and(|text| globs.iter().any(|pattern| glob(pattern, text))))
                });
                let fits = matches && self.has.iter().all(holds) && (self.has_one.is_empty() || self.has_one.iter().any(holds));
                if fits && !found.iter().take(before).any(|known| std::ptr::eq(*known, node)) {
                    found.push(node);
                }
            }
        }
        found
    }
}

impl Where {
    /// The definitions of tools of a request.
    pub fn tools<'n>(&self, request: &'n Node) -> Option<&'n Node> {
        let lists = self.tools.iter().flat_map(|path| request.at(path));
        lists.into_iter().find(|node| !node.items().is_empty())
    }
}

impl Part {
    /// The texts below a request, those in other files too, with who speaks each and whether it is the path of a file.
    pub fn find<'n>(&self, request: &'n Node) -> Vec<(&'n Node, Role, bool)> {
        let mut found = Vec::new();
        for at in request.at(&self.each) {
            let role = match (self.role, &self.role_at) {
                (Some(name), _) => name.into(),
                (None, Some(path)) => at.at(path).first().and_then(|node| node.text()).map_or(Role::Unknown, role_of),
                (None, None) => Role::Unknown,
            };
            let is_text = |node: &&Node| matches!(node.kind, Kind::Text { .. } | Kind::File(_));
            let texts = self.text.iter().map(|path| at.at(path)).find(|nodes| nodes.iter().any(is_text));
            found.extend(texts.into_iter().flatten().filter(is_text).map(|node| (node, role, false)));
            let files = self.file.iter().map(|path| at.at(path)).find(|nodes| nodes.iter().any(|node| node.text().is_some()));
            found.extend(files.into_iter().flatten().filter(|node| node.text().is_some()).map(|node| (node, role, true)));
        }
        found
    }
}

/// The role that a word stands for.
pub fn role_of(word: &str) -> Role {
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "system" | "developer" | "systemmessage" => Role::System,
        "user" | "human" => Role::User,
        "assistant" | "ai" | "model" | "bot" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => Role::Unknown,
    }
}
