//! Recordings of servers that are only compatible, brought to the form of the vendor's own reference, so that the
//! same readers understand them. Written from what these servers document, and sharing nothing with the crate.

use serde_json::{Value, json};

use super::events;
use crate::support::{Api, Reading};

/// What a recording says; `None` (or a panic of the reader) where it is no whole answer.
pub(super) fn read(api: Api, is_stream: bool, body: &str) -> Option<Reading> {
    let whole = || serde_json::from_str::<Value>(body).expect("JSON");
    Some(match (api, is_stream) {
        (Api::OpenAi, false) => {
            let mut body = whole();
            plain_usage(&mut body);
            plain_message(&mut body["choices"][0]["message"]);
            Reading::of_chat(&body)
        }
        (Api::OpenAi, true) => Reading::of_chat_stream(&plain_stream(body)?),
        (Api::Responses, false) => Reading::of_response(&whole()),
        (Api::Responses, true) => return response_stream(body),
        (Api::Anthropic, false) => explained(Reading::of_message(&whole()), &whole()["stop_details"]),
        (Api::Anthropic, true) => {
            let events = events(body);
            let mut details = events.iter().map(|event| &event["delta"]["stop_details"]);
            let details = details.rfind(|details| details.is_object()).unwrap_or(&Value::Null);
            explained(Reading::of_message_stream(body), details)
        }
        (Api::Gemini, false) => Reading::of_gemini(&worded(camel(&whole()))),
        (Api::Gemini, true) => {
            let mut chunks: Vec<Value> = events(body).iter().map(camel).map(worded).collect();
            whole_calls(&mut chunks);
            Reading::of_gemini_stream(&Value::from(chunks).to_string())
        }
    })
}

/// What the provider says to its refusal is a refusal in words.
fn explained(mut reading: Reading, details: &Value) -> Reading {
    if reading.finish == "content_filter" {
        details["explanation"].as_str().unwrap_or_default().clone_into(&mut reading.refusal);
    }
    reading
}

/// Clients that ask for numbers get the reason by its number.
fn worded(mut chunk: Value) -> Value {
    for candidate in chunk["candidates"].as_array_mut().into_iter().flatten() {
        let word = match candidate["finishReason"].as_u64() {
            None => continue,
            Some(1) => "STOP",
            Some(2) => "MAX_TOKENS",
            Some(3) => "SAFETY",
            Some(other) => panic!("the number {other}"),
        };
        candidate["finishReason"] = word.into();
    }
    chunk
}

/// Calls that come in pieces, each with its path, as the call they come to, in place of the last.
fn whole_calls(chunks: &mut [Value]) {
    let mut open: Option<Value> = None;
    let candidates = chunks.iter_mut().flat_map(|chunk| chunk["candidates"].as_array_mut()).flatten();
    for part in candidates.flat_map(|candidate| candidate["content"]["parts"].as_array_mut()).flatten() {
        let Some(piece) = part.get("functionCall").cloned() else { continue };
        let goes_on = piece["willContinue"] == true;
        if piece["name"].is_string() && !goes_on && piece["partialArgs"].is_null() {
            continue;
        }
        let call = open.get_or_insert_with(|| json!({"name": piece["name"], "args": {}}));
        for value in piece["partialArgs"].as_array().into_iter().flatten() {
            let name = value["jsonPath"].as_str().and_then(|path| path.strip_prefix("$.")).expect("a path");
            assert!(!name.contains(['.', '[']), "a field of an object in it: {name}");
            let before = call["args"][name].as_str().unwrap_or_default().to_owned();
            call["args"][name] = (before + value["stringValue"].as_str().expect("a text")).into();
        }
        part["functionCall"] = Value::Null;
        if !goes_on {
            part["functionCall"] = open.take().unwrap_or_default();
        }
        if part["functionCall"].is_null() {
            part.as_object_mut().expect("a part").remove("functionCall");
        }
    }
}

/// `usage_metadata` as `usageMetadata`: both are taken on the wire. The caller's own data is left alone.
fn camel(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let value = if matches!(&**name, "args" | "response") { value.clone() } else { camel(value) };
                (camel_name(name), value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.iter().map(camel).collect(),
        other => other.clone(),
    }
}

fn camel_name(name: &str) -> String {
    let mut is_next_upper = false;
    let mut out = String::new();
    for c in name.chars() {
        match c {
            '_' => is_next_upper = true,
            c if is_next_upper => {
                out.push(c.to_ascii_uppercase());
                is_next_upper = false;
            }
            c => out.push(c),
        }
    }
    out
}

/// Deltas are left aside: what the last event says is what was said, and where it says nothing, its items.
fn response_stream(stream: &str) -> Option<Reading> {
    let events = events(stream);
    let is_last =
        |event: &&Value| matches!(event["type"].as_str(), Some("response.completed" | "response.incomplete"));
    let mut last = events.iter().find(is_last)?["response"].clone();
    if last["output"].as_array().is_none_or(Vec::is_empty) {
        let done = events.iter().filter(|event| event["type"] == "response.output_item.done");
        last["output"] = done.map(|event| event["item"].clone()).collect();
    }
    Some(Reading::of_response(&last))
}

/// xAI does not count thoughts as part of the answer, and its total says so. Vercel's gateway leaves them out of the
/// total, too, though its price has them: its thoughts outweigh what they should be a part of. Doubleword counts
/// them by another tokenizer, and comes to a few more than there are.
fn plain_usage(body: &mut Value) {
    if body["usage"].is_null() && body["x_groq"]["usage"].is_object() {
        body["usage"] = body["x_groq"]["usage"].clone();
    }
    let usage = &mut body["usage"];
    let count = |value: &Value| value.as_u64().unwrap_or_default();
    let thoughts = count(&usage["completion_tokens_details"]["reasoning_tokens"]);
    let (input, output, total) =
        (count(&usage["prompt_tokens"]), count(&usage["completion_tokens"]), count(&usage["total_tokens"]));
    let is_apart = input + output + thoughts == total || thoughts > 2 * output;
    if thoughts > 0 && is_apart {
        usage["completion_tokens"] = json!(output + thoughts);
    } else if thoughts > output {
        usage["completion_tokens_details"]["reasoning_tokens"] = json!(output);
    }
    if usage.is_object() && usage["prompt_tokens_details"]["cached_tokens"].is_null() {
        // DeepSeek's and Moonshot's words for it.
        let hit = [&usage["prompt_cache_hit_tokens"], &usage["cached_tokens"], &usage["num_cached_tokens"]];
        let hit = hit.into_iter().map(count).find(|hit| *hit > 0);
        if let Some(hit) = hit {
            usage["prompt_tokens_details"] = json!({"cached_tokens": hit});
        }
    }
}

/// Content in a list or parsed, thoughts in details, sound, the calls of old.
fn plain_message(message: &mut Value) {
    if message["content"].is_object() {
        message["content"] = message["content"].to_string().into();
    }
    if let Some(transcript) = message["audio"]["transcript"].as_str().filter(|text| !text.is_empty()) {
        message["content"] = transcript.into();
    }
    if message["function_call"]["name"].as_str().is_some_and(|name| !name.is_empty()) {
        message["tool_calls"] = json!([{"index": 0, "function": message["function_call"]}]);
    }
    if let Value::Array(chunks) = &message["content"] {
        let of = |kind: &str, field: &str| -> String {
            let chunks = chunks.iter().filter(|chunk| chunk["type"] == kind);
            chunks
                .map(|chunk| match &chunk[field] {
                    Value::Array(inner) => inner.iter().filter_map(|text| text["text"].as_str()).collect(),
                    text => text.as_str().unwrap_or_default().to_owned(),
                })
                .collect()
        };
        let (text, thought) = (of("text", "text"), of("thinking", "thinking"));
        message["content"] = text.into();
        message["reasoning_content"] = thought.into();
    }
    let has = |name: &str| message[name].as_str().is_some_and(|text| !text.is_empty());
    let (is_plain, is_worded) = (has("reasoning_content"), has("reasoning"));
    if !is_plain && is_worded {
        message["reasoning_content"] = message["reasoning"].clone();
    }
    if !is_plain && !is_worded {
        let details = message["reasoning_details"].as_array().into_iter().flatten();
        let thought: String = details
            .filter_map(|detail| detail["text"].as_str().or_else(|| detail["summary"].as_str()))
            .collect();
        if !thought.is_empty() {
            message["reasoning_content"] = thought.into();
        }
    }
    for call in message["tool_calls"].as_array_mut().into_iter().flatten() {
        if call["function"]["arguments"].is_object() {
            call["function"]["arguments"] = call["function"]["arguments"].to_string().into();
        }
    }
}

/// Calls are numbered, choices are, and the end is told: some leave one of these out.
fn plain_stream(stream: &str) -> Option<String> {
    let mut ids: Vec<String> = Vec::new();
    // Without a reason a call can be whole, and sound is; of text nobody knows.
    let mut is_finished = false;
    let mut is_whole = false;
    let mut out = String::new();
    for mut chunk in events(stream) {
        if !chunk["choices"].is_array() {
            chunk["choices"] = json!([]);
        }
        plain_usage(&mut chunk);
        for choice in chunk["choices"].as_array_mut().into_iter().flatten() {
            is_finished |= choice["finish_reason"].as_str().is_some_and(|reason| !reason.is_empty());
            if choice["finish_reason"] == "" {
                choice["finish_reason"] = Value::Null;
            }
            if choice["index"].is_null() {
                choice["index"] = json!(0);
            }
            let is_text = choice["delta"]["content"].as_str().is_some_and(|text| !text.is_empty());
            let is_other =
                ["audio", "tool_calls", "function_call"].iter().any(|name| !choice["delta"][name].is_null());
            is_whole = !is_text && (is_other || is_whole);
            plain_message(&mut choice["delta"]);
            if choice["index"] == 0 {
                number_calls(&mut choice["delta"]["tool_calls"], &mut ids);
            }
        }
        out.push_str(&format!("data: {chunk}\n\n"));
    }
    let is_done = crate::reading::data_lines(stream).iter().any(|data| data == "[DONE]");
    (is_finished || is_done && is_whole).then(|| out + "data: [DONE]\n\n")
}

/// By their ids: a new one begins a call, whatever its number says.
fn number_calls(calls: &mut Value, ids: &mut Vec<String>) {
    for call in calls.as_array_mut().into_iter().flatten() {
        let id = call["id"].as_str().unwrap_or_default().to_owned();
        let index = match ids.iter().position(|known| *known == id) {
            Some(index) => index,
            None if id.is_empty() && !ids.is_empty() => {
                call["index"].as_u64().map_or(ids.len() - 1, |index| index as usize).min(ids.len() - 1)
            }
            None => {
                ids.push(id);
                ids.len() - 1
            }
        };
        call["index"] = json!(index);
    }
}
