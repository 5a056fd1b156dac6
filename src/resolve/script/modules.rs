//! JavaScript's modules: what imports bind, what a module exports, and what a handler reads from its request.

use crate::model::prompt::SizeClass;
use crate::project::Language;
use crate::span::FileId;
use crate::syntax::*;

use super::super::eval::{Evaluator, Pending};
use super::super::expr::setting;
use super::super::value::*;

/// The name of a request's body, which no source can hold: what is read from it is named by itself.
const BODY: &str = "#body";
/// Modules of which names are worked out for one file.
const MAX_MODULES: usize = 300;

impl<'p> Evaluator<'p> {
    /// Makes a module ready to be asked for its names, which is when they are worked out; whether there is room for it.
    pub fn begin_script(&mut self, file: FileId) -> bool {
        if self.modules.contains_key(&file) {
            return true;
        }
        if self.modules.len() > MAX_MODULES {
            return false;
        }
        self.modules.insert(file, Vars::default());
        let project = self.project;
        let body = &project.module(file).body;
        let stars = project.definitions(file).stars().iter().filter_map(|at| match &body.get(*at)?.kind {
            StmtKind::Import(import) => self.imported_file(file, import),
            _ => None,
        });
        let stars: Vec<FileId> = stars.collect();
        if !stars.is_empty() {
            self.handed_on.insert(file, stars);
        }
        true
    }

    /// The file that an import means; the SDKs are what they are, also in their own repository.
    fn imported_file(&self, file: FileId, import: &Import) -> Option<FileId> {
        if self.catalogue.is_sdk(&import.module) { None } else { self.project.specified(file, &import.module) }
    }

    /// Binds what an import takes, or one name of it.
    pub fn import_specifier(&mut self, import: &'p Import, only: Option<usize>) {
        let file = self.file();
        let found = self.imported_file(file, import);
        let text = found.filter(|found| self.project.file(*found).language == Language::Text);
        if let Some(text) = text {
            let name = import.alias.as_ref().or_else(|| import.names.first().map(|name| name.alias.as_ref().unwrap_or(&name.name)));
            if let Some(name) = name {
                let is_data = self.project.file(text).key.ends_with(".json");
                let value = if is_data { self.data_of(text) } else { self.file_text(text) };
                self.bind(name, value.unwrap_or_else(|| setting(name)));
            }
            return;
        }
        if !import.from {
            if let Some(alias) = &import.alias {
                self.bind(alias, found.map_or_else(|| Value::External(import.module.as_str().into()), Value::Module));
            }
            return;
        }
        if import.star {
            if let Some(found) = found {
                self.handed_on.entry(file).or_default().push(found);
            }
            return;
        }
        let at_import = self.frame().at_import;
        let is_own = found.is_some() || import.module.starts_with('.');
        let names = import.names.iter().enumerate().filter(|(at, _)| only.is_none_or(|only| only == *at));
        for (_, imported) in names {
            let name = imported.alias.as_ref().unwrap_or(&imported.name);
            if let (Some(found), true) = (found, at_import) {
                self.pending.insert((file, name), Pending::Import { own: name, found, wanted: &imported.name });
                continue;
            }
            let value = found.and_then(|found| self.exported(found, &imported.name));
            let value = value.unwrap_or_else(|| {
                // A name of the project that could not be found (bound dynamically, or a cycle).
                if is_own { Value::unknown(name.as_str()) } else { Value::External(format!("{}.{}", import.module, imported.name).into()) }
            });
            self.bind(name, value);
        }
    }

    /// A name that a module imports or hands on: its value, once it is asked for.
    pub fn pending_import(&mut self, file: FileId, name: &str) -> Option<Value<'p>> {
        let (key, found, wanted) = match self.pending.get(&(file, name)) {
            Some(Pending::Followed(value)) => return value.clone(),
            Some(Pending::Import { own, found, wanted }) => ((file, *own), *found, *wanted),
            None => {
                if name == "default" || self.handed_on.is_empty() {
                    return None;
                }
                // Taken out meanwhile, as modules may hand on each other's.
                let sources = self.handed_on.remove(&file)?;
                let value = sources.iter().find_map(|source| self.exported(*source, name));
                self.handed_on.insert(file, sources);
                return value;
            }
        };
        self.pending.insert(key, Pending::Followed(None));
        // A name of the project that could not be found is bound dynamically.
        let value = Some(self.exported(found, wanted).unwrap_or_else(|| Value::unknown(key.1)));
        self.pending.insert(key, Pending::Followed(value.clone()));
        value
    }

    /// What a module exports under a name; what `module.exports` holds counts as exported.
    pub fn exported(&mut self, file: FileId, name: &str) -> Option<Value<'p>> {
        if let Some(value) = self.module_var(file, name) {
            return Some(value);
        }
        match self.module_var(file, "default")? {
            Value::Ref(id) => self.heap.dict(id)?.get(name).map(|entry| entry.value.clone()),
            _ => None,
        }
    }

    /// Whether `origin.path` is the conversation that a client sends whole with each request: the messages of a request's body.
    pub fn is_client_held(&self, origin: &Origin, path: &str) -> bool {
        let in_body = match path.strip_prefix("body.") {
            _ if origin.client => true,
            Some(_) => origin.param && self.in_script() && matches!(&*origin.name, "req" | "request"),
            None => &*origin.name == BODY,
        };
        let last = path.rsplit('.').next().unwrap_or(path);
        in_body && self.catalogue.names.hint(last).is_some_and(|hint| hint.size == SizeClass::History)
    }

    /// What a handler reads from its request: `await req.json()`, `await readBody(event)`.
    pub(super) fn request_body(&self, callee: &Value<'p>) -> Option<Value<'p>> {
        let is_request = |name: &str| matches!(name.rsplit('.').next(), Some("req" | "request"));
        let is_body = match callee {
            Value::Member(base, method) if &**method == "json" => match &**base {
                Value::Unknown(origin) => origin.param && is_request(&origin.name),
                // A handler that is given an event or context with the request in it.
                Value::Member(base, path) => matches!(&**base, Value::Unknown(origin) if origin.param) && is_request(path),
                _ => false,
            },
            Value::External(name) => matches!(&**name, "readBody" | "h3.readBody"),
            _ => false,
        };
        is_body.then(|| Value::origin(Origin { reason: "sent by the client".into(), place: Some(self.statement), ..Origin::named(BODY) }))
    }
}
