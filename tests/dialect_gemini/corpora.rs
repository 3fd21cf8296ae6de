//! Recorded traffic and the vendor's API description, which are not in this repository: `CORPORA` and `SPECS`
//! name the folders they are in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{AnyDialect, Dialect};
use tower_failover::failure::Class;

use super::{encode, plain};

fn folder(variable: &str, default: &str) -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(default);
    std::env::var_os(variable).map_or(default, PathBuf::from)
}

/// The requests of one API, by the names of their recordings.
fn requests(api: &str) -> Vec<(String, Value)> {
    let folder = folder("CORPORA", "corpora").join(api);
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no recordings in {}", folder.display());
        return Vec::new();
    };
    let paths = files.map(|file| file.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut requests: Vec<_> = paths
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()).unwrap())
        })
        .filter(|(_, recording)| recording["request"]["body"].is_object())
        .collect();
    requests.sort_by(|one, other| one.0.cmp(&other.0));
    requests
}

fn report(what: &str, passed: usize, failures: &[String]) {
    println!("{what}: {passed} of {} pass", passed + failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_recorded_request_is_written_as_it_was_read() {
    let (mut passed, mut failures) = (0, Vec::new());
    for (name, recording) in requests("gemini.generateContent") {
        let body = &recording["request"]["body"];
        let bytes = body.to_string();
        let written = Gemini
            .decode_request(bytes.as_bytes())
            .map_err(|invalid| invalid.to_string())
            .and_then(|request| {
                encode(&request, "gemini-3-pro").map_err(|failure| {
                    format!("{failure} {:?}", failure.report().map(|report| &report.message))
                })
            });
        match written {
            Ok((written, losses, _)) if plain(&written) == plain(body) && losses.is_empty() => passed += 1,
            Ok((written, losses, _)) => {
                failures.push(format!("{name}: {losses} {}", difference(&plain(body), &plain(&written))));
            }
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    report("recorded requests, read and written", passed, &failures);
}

/// Where two texts part.
fn difference(read: &Value, written: &Value) -> String {
    let (read, written) = (read.to_string(), written.to_string());
    let at = read.bytes().zip(written.bytes()).position(|(one, other)| one != other).unwrap_or(0);
    let clip = |text: &str| text.chars().skip(at.saturating_sub(60)).take(160).collect::<String>();
    format!("\n  read    {}\n  written {}", clip(&read), clip(&written))
}

/// The vendor's schemas, by name.
fn schemas() -> Option<Value> {
    let path = folder("SPECS", "specs").join("google-discovery.json");
    let Ok(text) = std::fs::read(&path) else {
        eprintln!("skipped: no API description at {}", path.display());
        return None;
    };
    Some(super::json(&text)["schemas"].take())
}

/// Is the value one of this schema? A field that the schema does not name is a 400.
fn fits(schemas: &Value, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        return fits(schemas, &schemas[name], value, path);
    }
    let wrong = || Err(format!("{path}: {value} is no {}", schema["type"]));
    match schema["type"].as_str().unwrap() {
        "object" => {
            let Some(fields) = value.as_object() else { return wrong() };
            let Some(known) = schema.get("properties") else { return Ok(()) };
            for (name, value) in fields {
                let Some(schema) = known.get(name) else {
                    return Err(format!("{path}: unknown name {name}"));
                };
                fits(schemas, schema, value, &format!("{path}.{name}"))?;
            }
            Ok(())
        }
        "array" => {
            let Some(items) = value.as_array() else { return wrong() };
            items.iter().try_for_each(|item| fits(schemas, &schema["items"], item, &format!("{path}[]")))
        }
        "string" => {
            let Some(text) = value.as_str() else { return wrong() };
            let Some(known) = schema["enum"].as_array() else { return Ok(()) };
            if known.iter().any(|known| known == text) { Ok(()) } else { wrong() }
        }
        "integer" if value.is_i64() => Ok(()),
        "number" if value.is_number() => Ok(()),
        "boolean" if value.is_boolean() => Ok(()),
        "any" => Ok(()),
        _ => wrong(),
    }
}

fn count(content: &Value, kind: &str) -> usize {
    content["parts"].as_array().unwrap().iter().filter(|part| part.get(kind).is_some()).count()
}

/// What the API demands beside its schemas.
pub(crate) fn obeys(body: &Value, is_recent: bool) -> Result<(), String> {
    let contents = body["contents"].as_array().unwrap();
    let is_named = |name: &Value| {
        let name = name.as_str().unwrap();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
        (1..=128).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(is_plain)
    };
    let last_question =
        contents.iter().rposition(|c| c["role"] == "user" && count(c, "functionResponse") == 0);
    for (index, content) in contents.iter().enumerate() {
        let parts = content["parts"].as_array().unwrap();
        if parts.is_empty() {
            return Err(format!("contents[{index}] is empty"));
        }
        if index > 0 && contents[index - 1]["role"] == content["role"] {
            return Err(format!("contents[{index}] is of the same role as the one before"));
        }
        for part in parts {
            let data = ["text", "inlineData", "fileData", "functionCall", "functionResponse"];
            if data.iter().filter(|kind| part.get(**kind).is_some()).count() != 1 {
                return Err(format!("contents[{index}]: a part of several kinds, or of none"));
            }
            for kind in ["functionCall", "functionResponse"] {
                if part.get(kind).is_some_and(|call| !is_named(&call["name"])) {
                    return Err(format!(
                        "contents[{index}]: a name that is not taken: {}",
                        part[kind]["name"]
                    ));
                }
            }
        }
        let calls = count(content, "functionCall");
        let results = contents.get(index + 1).map(|next| count(next, "functionResponse"));
        if results.is_some_and(|results| results != calls) {
            return Err(format!("contents[{index}]: {calls} calls have {results:?} results"));
        }
        let is_current = last_question.is_none_or(|question| index > question);
        let first = parts.iter().find(|part| part.get("functionCall").is_some());
        if is_recent && is_current && first.is_some_and(|call| call.get("thoughtSignature").is_none()) {
            return Err(format!("contents[{index}]: a call without a seal"));
        }
    }
    let declared = body["tools"].as_array().map_or(&[][..], Vec::as_slice);
    if declared.len() > 1 {
        return Err("functions in several entries".to_owned());
    }
    let config = &body["generationConfig"];
    if config.get("responseJsonSchema").is_some() && config["responseMimeType"] != "application/json" {
        return Err("a schema without a type".to_owned());
    }
    Ok(())
}

/// Requests of callers of `front`, as two generations of models are sent them.
fn translated(front: &AnyDialect, api: &str) {
    let Some(schemas) = schemas() else { return };
    let request_schema = serde_json::json!({"$ref": "GenerateContentRequest"});
    let (mut passed, mut failures, mut refused) = (0, Vec::new(), BTreeMap::<String, usize>::new());
    for (name, recording) in requests(api) {
        if recording["response"]["status"] != 200 {
            continue;
        }
        let bytes = recording["request"]["body"].to_string();
        let Ok(request) = front.decode_request(bytes.as_bytes()) else { continue };
        for model in ["gemini-2.5-flash", "gemini-3-pro-preview"] {
            let (body, _, _) = match encode(&request, model) {
                Ok(encoded) => encoded,
                Err(failure) if failure.class() == Class::Unsupported => {
                    let why = &failure.report().unwrap().message;
                    let why = why.split_once(": ").map_or(&**why, |(_, why)| why);
                    *refused.entry(why.to_owned()).or_default() += 1;
                    continue;
                }
                Err(failure) => {
                    failures.push(format!("{name}: {failure}"));
                    continue;
                }
            };
            let checked = fits(&schemas, &request_schema, &body, "body");
            match checked.and_then(|()| obeys(&body, model.contains("gemini-3"))) {
                Ok(()) => passed += 1,
                Err(error) => failures.push(format!("{name} to {model}: {error}")),
            }
        }
    }
    println!("{api}: refused {refused:?}");
    report(&format!("recorded requests of {api}, to Gemini"), passed, &failures);
}

#[test]
fn what_callers_of_openai_chat_ask_is_what_the_api_takes() {
    translated(&OpenAiChat.into(), "openai.chat");
    translated(&OpenAiChat.into(), "openai_compat.chat");
}

#[test]
fn what_callers_of_anthropic_ask_is_what_the_api_takes() {
    translated(&AnthropicMessages.into(), "anthropic.messages");
}

#[test]
fn what_callers_of_openai_responses_ask_is_what_the_api_takes() {
    translated(&OpenAiResponses.into(), "openai.responses");
    translated(&OpenAiResponses.into(), "openai_compat.responses");
}
