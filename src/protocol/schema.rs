//! The text of docs/protocol.md, made from the method table and the schemas of its types.
//!
//! The page is checked in and a test compares it with this text, so it can't fall behind the code.

use std::fmt::Write as _;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::model::job::FaultKind;

use super::device::AudioStatus;
use super::engine::PROTOCOL_VERSION;
use super::event::{
    DeviceChanged, EngineXrun, GraphChanged, JobChanged, JobProgress, PlayerChanged,
    SessionChanged, SessionNoted, TakeChanged, TakeCreated, TakeDeleted, TransportChanged,
};
use super::methods::{MethodInfo, TABLE};
use super::player::NodeFault;

/// An exchange with a real engine, to be shown on the page: who speaks (`>` the program, `<` the engine), and the line.
pub type Exchange = (char, String);

/// The whole page. `example` is a recorded exchange.
pub fn page(example: &[Exchange]) -> String {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut text = String::new();
    text.push_str(&head());
    text.push_str(&overview());
    text.push_str(&methods(&mut generator));
    text.push_str(&events(&mut generator));
    text.push_str(&faults());
    text.push_str(&transcript(example));
    text.push_str(&types(&mut generator));
    text
}

/// The JSON Schema of every params, response and event type: `{"methods": {name: {params, response}}, "events", "$defs"}`.
pub fn json_schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let methods = TABLE
        .iter()
        .map(|info| {
            let mut entry = Map::new();
            entry.insert("class".into(), info.class.word().into());
            entry.insert("params".into(), (info.params)(&mut generator).to_value());
            entry.insert("response".into(), (info.response)(&mut generator).to_value());
            (info.name.to_owned(), Value::Object(entry))
        })
        .collect::<Map<_, _>>();
    let events = event_schemas(&mut generator)
        .into_iter()
        .map(|(name, _, schema)| (name.to_owned(), schema.to_value()))
        .collect::<Map<_, _>>();
    let mut root = Map::new();
    root.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    root.insert("methods".into(), Value::Object(methods));
    root.insert("events".into(), Value::Object(events));
    root.insert("$defs".into(), Value::Object(generator.take_definitions(true)));
    Value::Object(root)
}

fn head() -> String {
    format!(
        "# The engine protocol\n\n\
         <!-- Made from src/protocol/methods.rs; run the tests with TIMBRE_BLESS=1 to write it again. -->\n\n\
         Timbre's engine is driven by [JSON-RPC 2.0](https://www.jsonrpc.org/specification). The command line uses\n\
         nothing else. `timbre serve --stdio` reads one request on a line (at most 1 MiB) and writes one answer on a\n\
         line, and `timbre serve` does the same for any number of programs at once on a Unix socket\n\
         (`timbre serve --status` prints its path). Answers come when they are ready, so not always in the order of the\n\
         requests. Events are notifications that come in between. Batches of up to 64 calls are answered in one array.\n\
         A reader that leaves thousands of events unread is disconnected. This is version {PROTOCOL_VERSION}.\n\n\
         Params are passed by name, and a name that a method does not know is an error. Ids are strings. Times are\n\
         Unix seconds and end in `_at`; lengths in seconds end in `_s`. Where a take, job or session is named, its whole\n\
         id, a unique beginning or ending of it (four characters or more), or `last` will do.\n\n"
    )
}

fn overview() -> String {
    let mut text = String::from(
        "## Methods\n\n\
         A `read` method changes nothing and answers in milliseconds. A `mutate` method answers after its change is on\n\
         disk, and changes happen in the order of the calls. A `live` method changes what plays, and answers when\n\
         the audio engine has been told; if it fails, the sound goes on as it was. A `long` method reads, decodes or\n\
         renders whole files, or waits for a device; other calls go on meanwhile.\n\n\
         | method | class | what it does |\n| --- | --- | --- |\n",
    );
    for info in TABLE {
        let anchor = info.name.replace('/', "");
        let _ = writeln!(
            text,
            "| [`{}`](#{anchor}) | {} | {} |",
            info.name,
            info.class.word(),
            one_line(info.doc)
        );
    }
    text.push('\n');
    text
}

fn methods(generator: &mut SchemaGenerator) -> String {
    let mut text = String::new();
    for MethodInfo { name, class, doc, params, response } in TABLE {
        let _ = write!(text, "### {name}\n\n{} Class: {}.\n\n", one_line(doc), class.word());
        let params = resolved(generator, params);
        text.push_str(&fields("Params", &params, true));
        let response = resolved(generator, response);
        text.push_str(&fields("Response", &response, false));
    }
    text
}

fn event_schemas(generator: &mut SchemaGenerator) -> Vec<(&'static str, &'static str, Schema)> {
    vec![
        (
            "job/progress",
            "A running job has come further. A newer one takes the place of an older one that was not read in time.",
            generator.subschema_for::<JobProgress>(),
        ),
        (
            "job/changed",
            "A job has entered another phase; its last one is `ready`, `failed` or `cancelled`.",
            generator.subschema_for::<JobChanged>(),
        ),
        (
            "take/created",
            "A take is finished: its files are whole and checked, and it is in the library. Never dropped.",
            generator.subschema_for::<TakeCreated>(),
        ),
        (
            "take/changed",
            "A take was rated, tagged or named. A newer one takes the place of an older one that was not read in time.",
            generator.subschema_for::<TakeChanged>(),
        ),
        (
            "take/deleted",
            "A take is no longer in the library. Never dropped.",
            generator.subschema_for::<TakeDeleted>(),
        ),
        (
            "session/changed",
            "A session was begun, forked or renamed. A newer one takes the place of an older one that was not read in time.",
            generator.subschema_for::<SessionChanged>(),
        ),
        (
            "session/noted",
            "The user wrote something into a session. Never dropped.",
            generator.subschema_for::<SessionNoted>(),
        ),
        (
            "engine/status",
            "How the sound is, at most 60 times a second while something plays. A newer one takes the place of an \
             older one that was not read in time.",
            generator.subschema_for::<AudioStatus>(),
        ),
        (
            "transport/changed",
            "The transport was started, stopped or moved, or its loop, tempo or length changed. The latest counts.",
            generator.subschema_for::<TransportChanged>(),
        ),
        (
            "device/changed",
            "Another device plays, or the same one again. The latest counts.",
            generator.subschema_for::<DeviceChanged>(),
        ),
        (
            "engine/xrun",
            "Time was lost. Told at most four times a second; what is not read in time is added up.",
            generator.subschema_for::<EngineXrun>(),
        ),
        (
            "node/fault",
            "A node broke down (not a number, infinite, or far too loud) and is muted for a moment; the rest plays on.",
            generator.subschema_for::<NodeFault>(),
        ),
        (
            "player/changed",
            "Something else is opened, or a part, a comparison or a switch is another. The latest counts.",
            generator.subschema_for::<PlayerChanged>(),
        ),
        (
            "graph/changed",
            "The graph was edited; `graph/get` gives it. The latest counts.",
            generator.subschema_for::<GraphChanged>(),
        ),
    ]
}

fn events(generator: &mut SchemaGenerator) -> String {
    let mut text = String::from("## Events\n\n");
    for (name, doc, schema) in event_schemas(generator) {
        let _ = write!(text, "### {name}\n\n{doc}\n\n");
        let schema = follow(generator, &schema.to_value());
        text.push_str(&fields("Params", &schema, false));
    }
    text
}

fn faults() -> String {
    let mut text = String::from(
        "## Errors\n\n\
         An error has a `code`, a `message` for people, and `data` with the `kind` and a `hint` that says what to do\n\
         next (it may be empty). What is JSON but no request has the code -32600 and the kind `malformed`.\n\n\
         | code | kind | exit code of the command line | meaning |\n| --- | --- | --- | --- |\n",
    );
    let rows = [
        (FaultKind::Malformed, "Not JSON."),
        (FaultKind::UnknownMethod, "No such method."),
        (FaultKind::Invalid, "The request makes no sense as it stands: change it."),
        (FaultKind::Internal, "A failure of Timbre itself."),
        (FaultKind::Busy, "Too much at once: try again later."),
        (
            FaultKind::Unavailable,
            "The backend or its model is not there: choose another or set it up.",
        ),
        (
            FaultKind::NotFound,
            "A take, job, session, preset or file is not there or can't be read.",
        ),
        (FaultKind::Unwritable, "A file could not be written."),
        (FaultKind::Cancelled, "It was cancelled or interrupted."),
        (FaultKind::Conflict, "The state of the thing does not allow it."),
    ];
    for (kind, meaning) in rows {
        let word = serde_json::to_value(kind).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | `{}` | {} | {meaning} |",
            kind.rpc_code(),
            word.as_str().unwrap_or_default(),
            kind.exit_code()
        );
    }
    text.push('\n');
    text
}

fn transcript(example: &[Exchange]) -> String {
    if example.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "## An exchange\n\n\
         A recorded one, which the tests replay: `>` is the program, `<` the engine.\n\n```\n",
    );
    for (who, line) in example {
        let _ = writeln!(text, "{who} {line}");
    }
    text.push_str("```\n\n");
    text
}

/// Every named type that the methods use, but the params and responses themselves.
fn types(generator: &mut SchemaGenerator) -> String {
    let mut text = String::from("## Types\n\n");
    let definitions = generator.take_definitions(true);
    for (name, schema) in &definitions {
        if name.ends_with("Params") || name.ends_with("Response") {
            continue;
        }
        let _ = write!(text, "### {name}\n\n");
        if let Some(doc) = schema.get("description").and_then(Value::as_str) {
            let _ = write!(text, "{}\n\n", one_line(doc));
        }
        match schema.get("properties") {
            Some(_) => text.push_str(&fields("Fields", schema, false)),
            None => {
                let _ = write!(text, "{}\n\n", variants(schema));
            }
        }
    }
    while text.ends_with("\n\n") {
        text.pop();
    }
    text
}

/// A schema that is not a type with fields: its values, or its type.
fn variants(schema: &Value) -> String {
    let Some(options) = schema.get("oneOf").and_then(Value::as_array) else {
        return format!("Form: {}", type_of(schema));
    };
    let mut text = String::from("One of:\n");
    for option in options {
        let doc = option.get("description").and_then(Value::as_str).map(one_line);
        let form = match option.get("properties").and_then(Value::as_object) {
            Some(properties) => object_form(option, properties),
            None => type_of(option),
        };
        let _ = write!(text, "\n- {form}: {}", doc.unwrap_or_default());
    }
    text
}

/// An object with a few fields, such as `{"type": "reroll", "part": …}` with what stands for the dots.
fn object_form(option: &Value, properties: &Map<String, Value>) -> String {
    let (fixed, open): (Vec<_>, Vec<_>) =
        properties.iter().partition(|(_, inner)| inner.get("const").is_some());
    let mut inside = Vec::new();
    for (name, inner) in &fixed {
        inside.push(format!("\"{name}\": {}", inner.get("const").unwrap_or(&Value::Null)));
    }
    inside.extend(open.iter().map(|(name, _)| format!("\"{name}\": …")));
    let mut form = format!("`{{{}}}`", inside.join(", "));
    match (fixed.is_empty(), open.as_slice()) {
        (_, []) => {}
        // Where there is but one field, its type needs no name.
        (true, [(_, inner)]) => {
            let _ = write!(form, " ({})", type_of(inner));
        }
        (_, open) => {
            let types = open.iter().map(|(name, inner)| format!("`{name}`: {}", type_of(inner)));
            let _ = write!(form, " ({})", types.collect::<Vec<_>>().join(", "));
        }
    }
    if option.get("$ref").is_some() {
        let _ = write!(form, " with the fields of {}", type_of(&without_properties(option)));
    }
    form
}

fn without_properties(option: &Value) -> Value {
    let reference = option.get("$ref").cloned().unwrap_or_default();
    Value::Object(Map::from_iter([("$ref".to_owned(), reference)]))
}

fn resolved(generator: &mut SchemaGenerator, make: &fn(&mut SchemaGenerator) -> Schema) -> Value {
    let schema = make(generator);
    follow(generator, &schema.to_value())
}

/// The definition behind a `$ref`, or the schema itself.
fn follow(generator: &SchemaGenerator, schema: &Value) -> Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    name.and_then(|name| generator.definitions().get(name)).unwrap_or(schema).clone()
}

fn fields(title: &str, schema: &Value, openness: bool) -> String {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    if properties.is_empty() {
        return format!("{title}: none.\n\n");
    }
    let required = schema.get("required").and_then(Value::as_array);
    let mut text = format!("{title}:\n\n| name | type | meaning |\n| --- | --- | --- |\n");
    for (name, field) in properties {
        let is_required = required.is_some_and(|names| names.iter().any(|n| n == name));
        let mark = if openness && is_required { " (required)" } else { "" };
        let doc = field.get("description").and_then(Value::as_str).map(one_line);
        let _ = writeln!(
            text,
            "| `{name}`{mark} | {} | {} |",
            type_of(field).replace('|', "\\|"),
            doc.unwrap_or_default().replace('|', "\\|")
        );
    }
    text.push('\n');
    text
}

/// A schema in a few words, such as `string or null` or `list of Take`.
fn type_of(schema: &Value) -> String {
    if let Some(name) =
        schema.get("$ref").and_then(Value::as_str).and_then(|p| p.rsplit('/').next())
    {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", ");
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(options) = schema.get(key).and_then(Value::as_array) {
            return options.iter().map(type_of).collect::<Vec<_>>().join(" or ");
        }
    }
    match schema.get("type") {
        Some(Value::Array(types)) => types
            .iter()
            .map(|t| plain_type(t.as_str().unwrap_or_default(), schema))
            .collect::<Vec<_>>()
            .join(" or "),
        Some(Value::String(name)) => plain_type(name, schema),
        _ => "any JSON".to_owned(),
    }
}

fn plain_type(name: &str, schema: &Value) -> String {
    match name {
        "array" => match schema.get("items") {
            Some(items) => format!("list of {}", type_of(items)),
            None => "list".to_owned(),
        },
        "object" => match schema.get("additionalProperties") {
            Some(inner @ Value::Object(_)) => format!("map of {}", type_of(inner)),
            _ => "object".to_owned(),
        },
        other => other.to_owned(),
    }
}

/// Text without line breaks and without the brackets of links inside Rust documentation.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_method_and_no_dead_link() {
        let page = page(&[('>', "{}".into())]);
        for info in TABLE {
            assert!(page.contains(&format!("\n### {}\n", info.name)), "{}", info.name);
        }
        let headings = page
            .lines()
            .filter_map(|line| line.strip_prefix("### "))
            .map(|heading| heading.to_lowercase().replace('/', ""))
            .collect::<Vec<_>>();
        for target in page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(headings.iter().any(|h| h == target), "nothing is called {target}");
        }
    }

    #[test]
    fn the_schema_is_closed_against_unknown_params() {
        let schema = json_schema();
        let submit = schema.pointer("/$defs/JobSubmitParams/additionalProperties");
        assert_eq!(submit, Some(&Value::Bool(false)));
    }
}
