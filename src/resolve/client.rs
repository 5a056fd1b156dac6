//! What a client sends with its request to a server written in Python: a body, or an object that is made of it.

use crate::model::prompt::SizeClass;
use crate::syntax::*;

use super::eval::Evaluator;
use super::value::*;

impl<'p> Evaluator<'p> {
    /// Whether requests of clients are answered by the function.
    fn answers_requests(&self, function: &Function) -> bool {
        function.decorators.iter().any(|decorator| {
            let name = match &decorator.kind {
                ExprKind::Call(call) => call.callee.dotted(),
                _ => decorator.dotted(),
            };
            name.is_some_and(|name| self.builtins().is_route(&name))
        })
    }

    /// The object that a parameter of such a function gets, where its class is one of the project.
    pub fn sent_by_client(&mut self, function: &Function, class: ClassRef<'p>) -> Option<Value<'p>> {
        if !self.answers_requests(function) {
            return None;
        }
        let Value::Ref(made) = self.generic_instance(class) else { return None };
        let object = InstanceObj { from_client: true, ..self.heap.instance(made)?.clone() };
        Some(Value::Ref(self.heap.add(Obj::Instance(object))))
    }

    /// The conversation that such an object holds: the client sends all of it each time.
    pub fn held_by_client(&self, id: ObjId, name: &str) -> Option<Value<'p>> {
        self.heap.instance(id).filter(|object| object.from_client)?;
        let sent = Origin { client: true, place: Some(self.statement), reason: SENT.into(), ..Origin::named("request") };
        self.catalogue.names.hint(name).filter(|hint| hint.size == SizeClass::History)?;
        Some(Value::origin(self.member_origin(&sent, name)))
    }

    /// The body of the request, where `value` is read, called or indexed for it.
    pub fn body_of_request(&self, value: &Value<'p>) -> Option<Value<'p>> {
        let is_body = match value {
            Value::External(name) => self.builtins().is_request_body(name),
            Value::Member(base, method) => match &**base {
                Value::Unknown(origin) => {
                    origin.param && matches!(&*origin.name, "request" | "req") && matches!(&**method, "json" | "get_json")
                }
                _ => false,
            },
            _ => false,
        };
        is_body.then(|| self.sent_body())
    }

    /// `event["body"]` of a function that a gateway calls.
    pub fn body_of_event(&self, origin: &Origin, key: &str) -> Option<Value<'p>> {
        (key == "body" && origin.param && &*origin.name == "event").then(|| self.sent_body())
    }

    fn sent_body(&self) -> Value<'p> {
        Value::origin(Origin { client: true, place: Some(self.statement), reason: SENT.into(), ..Origin::named("body") })
    }
}

const SENT: &str = "sent by the client";
