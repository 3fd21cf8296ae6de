//! Recorded traffic, which is not in this repository: `CORPORA` names the folder it is in.

use std::path::PathBuf;

use http::Uri;
use serde_json::{Value, json};
use tower_failover::dialect::Dialect;
use tower_failover::dialect::Reply;
use tower_failover::dialect::Target;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::facts::Losses;

use super::{grammar, recode};

fn recordings() -> Vec<(String, Value)> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let folder = std::env::var_os("CORPORA").map_or(default, PathBuf::from).join("anthropic.messages");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no recordings in {}", folder.display());
        return Vec::new();
    };
    let mut recordings: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())
        })
        .collect();
    recordings.sort_by(|one, other| one.0.cmp(&other.0));
    recordings
}

fn own() -> Reply {
    Reply::new("model", 0).issued_by("anthropic-messages")
}

fn is_carried(block: &Value) -> bool {
    matches!(block["type"].as_str(), Some("text" | "tool_use" | "thinking" | "redacted_thinking"))
        && block["text"] != ""
}

/// The blocks that a caller of another dialect could be told, without what only this one has.
fn blocks(content: &Value) -> Vec<Value> {
    let mut blocks: Vec<Value> =
        content.as_array().unwrap().iter().filter(|block| is_carried(block)).cloned().collect();
    for block in &mut blocks {
        let has_none = |block: &Value| block["citations"].as_array().is_none_or(Vec::is_empty);
        if has_none(block) {
            block.as_object_mut().unwrap().remove("citations");
        }
        let block = block.as_object_mut().unwrap();
        block.remove("caller");
    }
    blocks
}

/// A refusal is told in words, wherever the caller reads them: they are the last text of the answer.
fn explained(mut blocks: Vec<Value>, details: &Value) -> Vec<Value> {
    blocks.extend(details["explanation"].as_str().map(|text| json!({"type": "text", "text": text})));
    blocks
}

fn report(what: &str, passed: usize, failures: &[String]) {
    println!("{what}: {passed} of {} pass", passed + failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_recorded_answer_keeps_what_it_says() {
    let (mut passed, mut failures) = (0, Vec::new());
    for (name, recording) in recordings() {
        let (response, body) = (&recording["response"], &recording["response"]["body"]);
        if response["status"] != 200 || !body.is_object() {
            continue;
        }
        let bytes = serde_json::to_vec(body).unwrap();
        let written = match AnthropicMessages.decode_answer(&bytes) {
            Ok(answer) => super::json(&AnthropicMessages.encode_answer(&answer, &own())),
            Err(error) => {
                failures.push(format!("{name}: {error}"));
                continue;
            }
        };
        let usage =
            ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens"];
        let counts = |body: &Value| usage.map(|name| body["usage"][name].as_u64());
        let ends = |body: &Value| match body["stop_reason"].as_str() {
            Some("compaction") => json!("end_turn"),
            _ => body["stop_reason"].clone(),
        };
        let said = explained(blocks(&body["content"]), &body["stop_details"]);
        let same = said == blocks(&written["content"])
            && ["id", "model", "stop_sequence"]
                .iter()
                .all(|field| body.get(field).unwrap_or(&Value::Null) == &written[field])
            && ends(body) == ends(&written)
            && counts(body) == counts(&written);
        let checked = AnthropicMessages.check_answer(&bytes);
        match (same, checked) {
            (true, Ok(())) => passed += 1,
            (same, checked) => failures.push(format!("{name}: same {same}, {checked:?}\n{body}\n{written}")),
        }
    }
    report("answers", passed, &failures);
}

/// A plain sum of a stream, independent of the decoder under test.
fn sum(stream: &str) -> (Vec<Value>, Value, bool) {
    let (mut blocks, mut texts, mut is_over) = (Vec::new(), Vec::new(), false);
    let (mut reason, mut details) = (Value::Null, Value::Null);
    for line in stream.lines() {
        let Some(data) = line.trim_end().strip_prefix("data:") else { continue };
        let Ok(data) = serde_json::from_str::<Value>(data) else { continue };
        let at = data["index"].as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or(0);
        match data["type"].as_str() {
            Some("content_block_start") => {
                blocks.push(data["content_block"].clone());
                texts.push(String::new());
            }
            Some("content_block_delta") => {
                let delta = &data["delta"];
                if let Some(signature) = delta["signature"].as_str() {
                    blocks[at]["signature"] = signature.into();
                }
                if delta["citation"].is_object() {
                    if !blocks[at]["citations"].is_array() {
                        blocks[at]["citations"] = json!([]);
                    }
                    blocks[at]["citations"].as_array_mut().unwrap().push(delta["citation"].clone());
                }
                for field in ["text", "thinking", "partial_json"] {
                    texts[at].push_str(delta[field].as_str().unwrap_or(""));
                }
            }
            Some("message_delta") => {
                reason = data["delta"]["stop_reason"].clone();
                details = data["delta"]["stop_details"].clone();
            }
            Some("message_stop") => is_over = true,
            _ => {}
        }
    }
    for (block, text) in blocks.iter_mut().zip(texts) {
        match block["type"].as_str() {
            Some("text") => block["text"] = (block["text"].as_str().unwrap_or("").to_owned() + &text).into(),
            Some("thinking") => block["thinking"] = text.into(),
            Some("tool_use") => block["input"] = serde_json::from_str(&text).unwrap_or(Value::String(text)),
            _ => {}
        }
    }
    (explained(super::corpora::blocks(&Value::Array(blocks)), &details), reason, is_over)
}

#[test]
fn every_recorded_stream_keeps_what_it_says() {
    let (mut passed, mut failures, mut ended) = (0, Vec::new(), 0);
    for (name, recording) in recordings() {
        let Some(stream) = recording["response"]["sse_text"].as_str().filter(|text| !text.is_empty()) else {
            continue;
        };
        let (blocks, reason, is_over) = sum(stream);
        let (out, is_complete) = recode(stream, own());
        ended += usize::from(is_complete);
        match grammar::check(&out) {
            // An answer that was cut has an open block, which the grammar does not add up.
            Ok(_) if !is_over && !is_complete => passed += 1,
            Ok(message)
                if is_complete
                    && message.blocks == blocks
                    && (message.stop_reason == reason || reason == "compaction") =>
            {
                passed += 1;
            }
            other => failures.push(format!("{name}: {is_complete} {reason} {other:?}\n{blocks:?}")),
        }
    }
    println!("streams that came to an end: {ended}");
    report("streams", passed, &failures);
}

#[test]
fn every_recorded_request_is_read() {
    let (mut passed, mut failures) = (0, Vec::new());
    for (name, recording) in recordings() {
        let body = &recording["request"]["body"];
        if !body.is_object() {
            continue;
        }
        let bytes = serde_json::to_vec(body).unwrap();
        let request = match AnthropicMessages.decode_request(&bytes) {
            Ok(request) => request,
            Err(error) => {
                // What the vendor refused may be refused here.
                if recording["response"]["status"] == 200 {
                    failures.push(format!("{name}: {error}"));
                } else {
                    println!("{name}: refused, and by the vendor too: {error}");
                }
                continue;
            }
        };
        let uri = Uri::from_static("/");
        let peek = AnthropicMessages.peek(&uri, &bytes).unwrap();
        assert_eq!((&*peek.model, peek.stream), (&*request.model, request.stream));
        assert!(!AnthropicMessages.holds_foreign(&bytes, &Target::new("m")), "{name}");
        let model = body["model"].as_str().unwrap();
        match AnthropicMessages.encode_request(&request, &Target::new(model), &mut Losses::new()) {
            Ok(encoded) => {
                let written = super::json(&encoded.body);
                let again = AnthropicMessages.decode_request(&encoded.body).unwrap();
                assert_eq!(again.turns.is_empty(), written["messages"] == json!([]), "{name}");
                passed += 1;
            }
            Err(failure)
                if failure.report().is_some_and(|report| report.message.contains("does not continue")) =>
            {
                passed += 1;
            }
            Err(failure) => {
                failures.push(format!("{name}: {:?}", failure.report().map(|report| report.message.clone())));
            }
        }
    }
    report("requests", passed, &failures);
}

#[test]
fn every_recorded_error_is_read() {
    for (name, recording) in recordings() {
        let status = recording["response"]["status"].as_u64().unwrap();
        if status < 400 {
            continue;
        }
        let status = http::StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap();
        let body = &recording["response"]["body"];
        let failure = AnthropicMessages.decode_error(Some(status), body.to_string().as_bytes());
        let report = failure.report().unwrap();
        assert_eq!(report.kind.as_deref(), body["error"]["type"].as_str(), "{name}");
        assert_eq!(Some(&*report.message), body["error"]["message"].as_str(), "{name}");
        assert_eq!(report.request_id.as_deref(), body["request_id"].as_str(), "{name}");
    }
}
