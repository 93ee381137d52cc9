//! The JSON-RPC 2.0 envelope (jsonrpc.org/specification): from text to requests, and from answers to text.
//!
//! Batches are served, up to [`MAX_BATCH`] calls; a notification (a call without an id) is run and not answered.
//! Nothing here knows a method.

use serde_json::{Map, Value, json};

use crate::model::job::{Fault, FaultKind};

use super::event::Event;

/// Most calls that one batch may hold.
pub const MAX_BATCH: usize = 64;

/// Longest line that an engine reads, in bytes.
pub const MAX_LINE: usize = 1 << 20;

/// What a text of the peer holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// One call.
    One(Entry),
    /// Several, to be answered together.
    Batch(Vec<Entry>),
    /// Nothing that could be run; this is the answer.
    Refused(Value),
}

/// A call, or why this part of the text is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A well-formed call.
    Call(Envelope),
    /// The answer to something that is none.
    Refused(Value),
}

/// A well-formed call whose method and params have not been looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Id to answer under, a string or a number; `None` for a notification.
    pub id: Option<Value>,
    /// Method name.
    pub method: String,
    /// Params; `null` where there were none.
    pub params: Value,
}

/// Reads a text. Never fails: what can't be run comes with its answer.
pub fn parse(text: &str) -> Incoming {
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(error) => {
            let fault = Fault::new(FaultKind::Malformed, format!("this is not JSON: {error}"))
                .with_hint("send one JSON-RPC 2.0 request on a line");
            return Incoming::Refused(error_answer(&Value::Null, &fault));
        }
    };
    match value {
        Value::Array(calls) if calls.is_empty() => {
            Incoming::Refused(not_a_request(&Value::Null, "the batch is empty"))
        }
        Value::Array(calls) if calls.len() > MAX_BATCH => Incoming::Refused(not_a_request(
            &Value::Null,
            &format!("the batch holds {} calls; {MAX_BATCH} is the most", calls.len()),
        )),
        Value::Array(calls) => Incoming::Batch(calls.into_iter().map(entry).collect()),
        single => Incoming::One(entry(single)),
    }
}

fn entry(value: Value) -> Entry {
    let Value::Object(mut fields) = value else {
        return Entry::Refused(not_a_request(&Value::Null, "a request is an object"));
    };
    let id = fields.remove("id");
    let shown = match &id {
        Some(id @ (Value::String(_) | Value::Number(_))) => id.clone(),
        _ => Value::Null,
    };
    let refused = |why: &str| Entry::Refused(not_a_request(&shown, why));
    if !matches!(id, None | Some(Value::String(_) | Value::Number(_) | Value::Null)) {
        return refused("the id must be a string or a number");
    }
    if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return refused("\"jsonrpc\" must be \"2.0\"");
    }
    let Some(Value::String(method)) = fields.remove("method") else {
        return refused("\"method\" must be a string");
    };
    let params = fields.remove("params").unwrap_or(Value::Null);
    if !matches!(params, Value::Null | Value::Object(_) | Value::Array(_)) {
        return refused("\"params\" must be an object");
    }
    Entry::Call(Envelope { id, method, params })
}

fn not_a_request(id: &Value, why: &str) -> Value {
    let fault = Fault::new(FaultKind::Malformed, format!("this is not a request: {why}"))
        .with_hint("send {\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"engine/ping\"}");
    let mut answer = error_answer(id, &fault);
    // The text was JSON, so the specification wants -32600 here and -32700 only for what does not parse.
    if let Some(code) = answer.pointer_mut("/error/code") {
        *code = json!(-32_600);
    }
    answer
}

/// The answer of a call that went well.
pub fn result_answer(id: &Value, result: Value) -> Value {
    let mut answer = Map::new();
    answer.insert("jsonrpc".into(), "2.0".into());
    answer.insert("id".into(), id.clone());
    answer.insert("result".into(), result);
    Value::Object(answer)
}

/// The answer of a call that went wrong: the message for people, `data.kind` and `data.hint` for programs.
pub fn error_answer(id: &Value, fault: &Fault) -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": id,
        "error": {
            "code": fault.kind.rpc_code(),
            "message": fault.message,
            "data": { "kind": fault.kind, "hint": fault.hint },
        },
    })
}

/// The answer of a call, either way.
pub fn answer(id: &Value, outcome: Result<Value, Fault>) -> Value {
    match outcome {
        Ok(result) => result_answer(id, result),
        Err(fault) => error_answer(id, &fault),
    }
}

/// A call as text, on one line.
pub fn request(id: u64, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

/// What an engine sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Outgoing {
    /// The answer to a call that was sent under this id.
    Answer(u64, Result<Value, Fault>),
    /// Something has happened.
    Event(Box<Event>),
    /// Nothing that this version knows: an event of a newer engine, or an answer to nobody.
    Unknown,
}

/// Reads a line of an engine. Errors: `Malformed` where it is not JSON.
pub fn read_outgoing(line: &str) -> Result<Outgoing, Fault> {
    let mut value = serde_json::from_str::<Value>(line).map_err(|error| {
        Fault::new(FaultKind::Malformed, format!("the engine sent what is not JSON: {error}"))
    })?;
    if value.get("method").is_some() {
        let event = serde_json::from_value::<Event>(value);
        return Ok(event.map_or(Outgoing::Unknown, |event| Outgoing::Event(Box::new(event))));
    }
    let Some(id) = value.get("id").and_then(Value::as_u64) else { return Ok(Outgoing::Unknown) };
    if let Some(result) = value.get_mut("result") {
        return Ok(Outgoing::Answer(id, Ok(result.take())));
    }
    Ok(Outgoing::Answer(id, Err(fault_of(&value))))
}

/// The fault in an error answer.
fn fault_of(answer: &Value) -> Fault {
    let text = |path: &str| answer.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let kind = answer.pointer("/error/data/kind").cloned().unwrap_or_default();
    let kind = serde_json::from_value(kind).unwrap_or(FaultKind::Internal);
    Fault::new(kind, text("/error/message")).with_hint(text("/error/data/hint"))
}

/// An event as a notification.
pub fn notification(event: &Event) -> Value {
    let mut value = serde_json::to_value(event).unwrap_or_else(|_| json!({}));
    if let Value::Object(fields) = &mut value {
        fields.insert("jsonrpc".into(), "2.0".into());
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<i64> {
        let refused = match parse(text) {
            Incoming::Refused(answer) | Incoming::One(Entry::Refused(answer)) => answer,
            _ => return None,
        };
        refused.pointer("/error/code").and_then(Value::as_i64)
    }

    #[test]
    fn calls_and_notifications_are_told_apart() {
        let Incoming::One(Entry::Call(call)) =
            parse(r#"{"jsonrpc":"2.0","id":"a","method":"engine/ping"}"#)
        else {
            panic!("a call")
        };
        assert_eq!(
            call,
            Envelope { id: Some("a".into()), method: "engine/ping".into(), params: Value::Null }
        );
        let Incoming::One(Entry::Call(call)) =
            parse(r#"{"jsonrpc":"2.0","method":"engine/ping","params":{}}"#)
        else {
            panic!("a notification")
        };
        assert_eq!(call.id, None);
    }

    #[test]
    fn what_is_no_request_gets_the_code_of_the_specification() {
        for text in ["", "{", "nul", "{\"a\":}", "\u{0}"] {
            assert_eq!(code(text), Some(-32_700), "{text:?}");
        }
        for text in [
            "1",
            "null",
            "\"x\"",
            "[]",
            "{}",
            r#"{"jsonrpc":"1.0","id":1,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"m","params":"x"}"#,
        ] {
            assert_eq!(code(text), Some(-32_600), "{text}");
        }
    }

    #[test]
    fn a_batch_keeps_its_bad_parts_in_place_and_has_a_limit() {
        let Incoming::Batch(entries) =
            parse(r#"[{"jsonrpc":"2.0","id":1,"method":"m"}, 7, {"jsonrpc":"2.0","method":"n"}]"#)
        else {
            panic!("a batch")
        };
        assert!(matches!(entries.as_slice(), [Entry::Call(_), Entry::Refused(_), Entry::Call(_)]));
        let many = format!("[{}]", vec!["1"; MAX_BATCH + 1].join(","));
        assert_eq!(code(&many), Some(-32_600));
    }

    #[test]
    fn what_is_sent_is_read_as_it_was_meant() {
        let fault = Fault::new(FaultKind::Busy, "too much").with_hint("later");
        for outcome in [Ok(json!({"x": 0.1})), Ok(Value::Null), Err(fault)] {
            let line = answer(&json!(7), outcome.clone()).to_string();
            assert_eq!(read_outgoing(&line), Ok(Outgoing::Answer(7, outcome)));
        }
        let event = Event::TakeDeleted(super::super::event::TakeDeleted { id: "a".into() });
        let line = notification(&event).to_string();
        assert_eq!(read_outgoing(&line), Ok(Outgoing::Event(Box::new(event))));
        for line in
            [r#"{"method":"later/invention","params":{}}"#, "{}", r#"{"id":null,"error":{}}"#]
        {
            assert_eq!(read_outgoing(line), Ok(Outgoing::Unknown), "{line}");
        }
        assert_eq!(read_outgoing("nonsense").unwrap_err().kind, FaultKind::Malformed);
        let Incoming::One(Entry::Call(call)) = parse(&request(3, "m", &json!({"a": "\n"}))) else {
            panic!("a call")
        };
        assert_eq!((call.id, call.params), (Some(json!(3)), json!({"a": "\n"})));
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow_the_stack() {
        assert_eq!(code(&"[".repeat(100_000)), Some(-32_700));
    }

    #[test]
    fn faults_carry_kind_and_hint() {
        let fault = Fault::new(FaultKind::NotFound, "no such take").with_hint("timbre ls");
        let answer = error_answer(&json!(3), &fault);
        assert_eq!(answer.pointer("/error/code"), Some(&json!(-32_004)));
        assert_eq!(
            answer.pointer("/error/data"),
            Some(&json!({"kind": "not_found", "hint": "timbre ls"}))
        );
    }
}
