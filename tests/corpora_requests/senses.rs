//! What a leaf is about, in one word for all dialects: two leaves say the same where both the word and the value
//! are the same. A `"high"` that is an effort is none that is a level of detail.

use serde_json::Value;

use crate::leaves::{Leaf, leaves, pattern};

/// A leaf and what it is about.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) sense: String,
    pub(crate) value: String,
    /// Prose, which may be joined with other prose of the same sense.
    pub(crate) is_prose: bool,
    /// The same in its pieces, where what is one string here is several leaves there: a `data:` URL, JSON in a
    /// string.
    pub(crate) pieces: Vec<(String, String)>,
}

/// Names of fields that hold a JSON Schema.
const SCHEMAS: [&str; 11] = [
    "parameters",
    "schema",
    "input_schema",
    "parametersJsonSchema",
    "parameters_json_schema",
    "responseSchema",
    "responseJsonSchema",
    "response_schema",
    "response_json_schema",
    "_responseJsonSchema",
    "output_schema",
];

/// Does it stand in a JSON Schema?
pub(crate) fn is_schema(path: &str) -> bool {
    above(path).any(|name| SCHEMAS.contains(&name))
}

/// Does it stand in the caller's own data: the arguments of a call, what a function answered?
pub(crate) fn is_data(path: &str) -> bool {
    let is_call = |name: &str| matches!(name, "args" | "response");
    let is_input = |path: &str| path.starts_with("messages[].content[].input.");
    !is_schema(path) && (above(path).any(is_call) || is_input(path))
}

fn above(path: &str) -> impl Iterator<Item = &str> {
    let mut names: Vec<&str> = path.split('.').map(|name| name.trim_end_matches("[]")).collect();
    names.pop();
    names.into_iter()
}

/// What the leaf is about, in a request of this dialect.
pub(crate) fn said(dialect: &str, root: &Value, leaf: &Leaf<'_>) -> Said {
    let path = pattern(&leaf.path);
    let sense = sense(dialect, root, &path, leaf);
    let is_prose = sense.starts_with("text ") || matches!(&*sense, "schema description" | "form description");
    let value = match leaf.value {
        Value::Bool(is_off) if leaf.key == "disable_parallel_tool_use" => (!is_off).to_string(),
        other => value(&sense, other),
    };
    Said { value, pieces: pieces(&sense, leaf), sense, is_prose }
}

fn sense(dialect: &str, root: &Value, path: &str, leaf: &Leaf<'_>) -> String {
    if is_schema(path) {
        return format!("schema {}", keyword(leaf.key));
    }
    if let Some(sense) = answered(dialect, root, path, leaf) {
        return sense;
    }
    if is_data(path) {
        let of = if above(path).any(|name| name == "response") { "result" } else { "argument" };
        return format!("{of} {}", leaf.key);
    }
    let name = name(dialect, path, leaf.key);
    match &*name {
        // What answers a call names it a second time in some dialects.
        "name" if path.ends_with("functionResponse.name") || path.ends_with("function_response.name") => {
            "answering".to_owned()
        }
        "name" if path == "messages[].name" && speaker(dialect, root, &leaf.path) == "tool" => {
            "answering".to_owned()
        }
        // A document that is text.
        "data" if path.ends_with("source.data") && is_text_source(root, &leaf.path) => {
            format!("text {}", speaker(dialect, root, &leaf.path))
        }
        "text" => format!("text {}", speaker(dialect, root, &leaf.path)),
        "arguments" => "text arguments".to_owned(),
        _ => name,
    }
}

/// What a function of Gemini's callers answered: an object is demanded, so that a text alone gets one around it.
fn answered(dialect: &str, root: &Value, path: &str, leaf: &Leaf<'_>) -> Option<String> {
    let (above, name) = path.rsplit_once('.')?;
    let is_alone = dialect == "gemini"
        && (above.ends_with(".functionResponse.response") || above.ends_with(".function_response.response"));
    if !is_alone || !matches!(name, "output" | "error" | "result") || !leaf.value.is_string() {
        return None;
    }
    let (place, _) = leaf.path.rsplit_once('.')?;
    (at(root, place)?.as_object()?.len() == 1).then(|| "text tool".to_owned())
}

/// One word for keywords that say the same.
fn keyword(key: &str) -> &str {
    match key {
        "exclusiveMinimum" => "minimum",
        "exclusiveMaximum" => "maximum",
        "const" => "enum",
        "any_of" => "anyOf",
        "ref" => "$ref",
        "min_items" => "minItems",
        "max_items" => "maxItems",
        "additional_properties" => "additionalProperties",
        "property_ordering" => "propertyOrdering",
        key => key,
    }
}

/// One name for all fields that mean the same.
fn name(dialect: &str, path: &str, key: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or_default();
    let plain: String = key.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
    let is_call = match dialect {
        "openai-chat" => path == "messages[].tool_calls[].id",
        "openai-responses" => false,
        _ => last == "id",
    };
    if is_call {
        return "call".to_owned();
    }
    let is_form = path.starts_with("response_format.") || path.starts_with("text.format.");
    if path == "reasoning.max_tokens" {
        return "budget".to_owned();
    }
    let name = match &*plain {
        "maxtokens" | "maxcompletiontokens" | "maxoutputtokens" => "maxtokens",
        "budgettokens" | "thinkingbudget" => "budget",
        "n" | "candidatecount" => "n",
        "logprobs" | "toplogprobs" | "responselogprobs" => "logprobs",
        "stop" | "stopsequences" => "stop",
        "seed" | "randomseed" => "seed",
        "toolcallid" | "tooluseid" | "callid" => "call",
        "user" | "userid" | "safetyidentifier" => "user",
        "reasoningeffort" | "effort" | "thinkinglevel" => "effort",
        "type" | "display" if path.starts_with("thinking.") => "thinking",
        "reasoningcontent" | "reasoning" | "thinking" => "text",
        "text" | "content" | "instructions" | "input" | "output" | "refusal" | "system" => "text",
        "systeminstruction" => "text",
        "imageurl" | "url" | "fileurl" | "fileuri" | "documenturl" => "address",
        "data" | "filedata" | "inputaudio" => "data",
        "mimetype" | "mediatype" => "kind",
        "filename" | "displayname" | "title" | "documentname" => "title",
        "signature" | "thoughtsignature" | "encryptedcontent" => "seal",
        "format" if path.ends_with("input_audio.format") => "kind",
        // Of the form of the answer, not of a tool.
        "name" if is_form => "form name",
        "strict" if is_form => "form strict",
        "description" if is_form => "form description",
        "promptcachebreakpoint" | "cachecontrol" => "cache",
        "disableparalleltooluse" => "paralleltoolcalls",
        _ => &plain,
    };
    name.to_owned()
}

fn is_text_source(root: &Value, path: &str) -> bool {
    let source = path.rsplit_once('.').and_then(|(source, _)| at(root, source));
    source.is_some_and(|source| source["type"] == "text")
}

/// Who says the text at this path: words of one speaker do not become those of another unnoticed.
fn speaker(dialect: &str, root: &Value, path: &str) -> &'static str {
    let (list, index) = match path.split_once('[') {
        Some((list, rest)) => (list, rest.split(']').next().and_then(|at| at.parse::<usize>().ok())),
        None => (path, None),
    };
    if list.starts_with("system") || list == "instructions" {
        return "system";
    }
    let turn = &root[list][index.unwrap_or_default()];
    let role = match turn["role"].as_str().unwrap_or_default() {
        "system" | "developer" => "system",
        "assistant" | "model" => "assistant",
        "tool" | "function" => "tool",
        _ => "user",
    };
    match dialect {
        "openai-chat" if path.contains("].reasoning") || path.contains(".thinking") => "thought",
        "openai-responses" => match turn["type"].as_str() {
            Some("reasoning") => "thought",
            Some("function_call_output" | "custom_tool_call_output") => "tool",
            Some("function_call" | "custom_tool_call") => "arguments",
            _ => role,
        },
        "anthropic-messages" => match part(turn, "content", path)["type"].as_str() {
            Some("thinking") => "thought",
            Some("tool_result") => "tool",
            _ => role,
        },
        "gemini" if part(turn, "parts", path)["thought"] == true => "thought",
        _ => role,
    }
}

/// The part of a turn that a path leads to.
fn part<'v>(turn: &'v Value, list: &str, path: &str) -> &'v Value {
    let index = path.split_once(&format!("].{list}[")).and_then(|(_, rest)| rest.split(']').next());
    &turn[list][index.and_then(|at| at.parse::<usize>().ok()).unwrap_or(usize::MAX)]
}

/// The value at a path as paths are written here.
pub(crate) fn at<'v>(root: &'v Value, path: &str) -> Option<&'v Value> {
    root.pointer(&format!("/{}", path.replace('[', "/").replace(']', "").replace('.', "/")))
}

/// A value in one form.
fn value(sense: &str, value: &Value) -> String {
    match value {
        // Words of prose are kept to the letter, those of an API are the same in either case.
        Value::String(text) if is_word(sense) => word(sense, &text.to_lowercase()).to_owned(),
        Value::String(text) => text.clone(),
        // By their value: `1`, `1.0` and `1e0` are the same.
        // Some clients write the numbers of the protocol.
        Value::Number(number) if sense == "schema type" => {
            let words = ["", "string", "number", "integer", "boolean", "array", "object"];
            let word = number.as_u64().and_then(|at| words.get(usize::try_from(at).ok()?));
            word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
        }
        other => other.as_f64().map_or_else(|| other.to_string(), |number| number.to_string()),
    }
}

fn is_word(sense: &str) -> bool {
    matches!(sense, "effort" | "kind" | "schema type" | "detail" | "servicetier" | "mode" | "type")
}

/// One word for those that mean the same.
fn word<'w>(sense: &str, word: &'w str) -> &'w str {
    match (sense, word) {
        ("kind", "mp3" | "audio/mp3") => "audio/mpeg",
        ("kind", "wav" | "audio/x-wav") => "audio/wav",
        ("kind", "image/jpg") => "image/jpeg",
        (_, word) => word,
    }
}

fn pieces(sense: &str, leaf: &Leaf<'_>) -> Vec<(String, String)> {
    let Value::String(text) = leaf.value else { return Vec::new() };
    if sense == "address" || sense == "data" {
        let url = text.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
        return url.map_or_else(Vec::new, |(kind, data)| {
            let kind = word("kind", &kind.to_lowercase()).to_owned();
            vec![("kind".to_owned(), kind), ("data".to_owned(), data.to_owned())]
        });
    }
    // Arguments and results of tools are JSON in a string in some dialects.
    let of = match sense {
        "text arguments" => "argument",
        "text tool" => "result",
        // What is no object has been given one around it.
        "argument _raw" => {
            let said = match inner(text) {
                Some(Value::String(said)) => said,
                _ => text.clone(),
            };
            return vec![("text arguments".to_owned(), said)];
        }
        _ => return Vec::new(),
    };
    match inner(text) {
        // The input of a custom tool is any text: elsewhere it is JSON as all arguments are.
        Some(Value::String(text)) => vec![(sense.to_owned(), text)],
        Some(inner) => data_of(of, &inner),
        None => Vec::new(),
    }
}

/// The leaves of data, as they are called wherever it stands.
fn data_of(of: &str, inner: &Value) -> Vec<(String, String)> {
    let leaves = leaves(inner).into_iter();
    leaves.map(|leaf| (format!("{of} {}", leaf.key), value("data", leaf.value))).collect()
}

fn inner(text: &str) -> Option<Value> {
    let looks = text.trim_start().starts_with(['{', '[', '"']);
    looks.then(|| serde_json::from_str(text).ok()).flatten()
}
