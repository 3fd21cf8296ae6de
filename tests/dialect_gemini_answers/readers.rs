//! What an answer says, read with nothing of the crate: of Gemini, and of the fronts it is told to.

use serde_json::Value;

/// The words, the calls, the end and the cost.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) thoughts: String,
    pub(crate) calls: Vec<(String, Value)>,
    /// `None` for an answer that was cut off.
    pub(crate) finish: Option<String>,
    pub(crate) cost: Cost,
}

/// Input, of it from a cache, output, of it thoughts. Zero and not known are the same to most fronts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cost(pub(crate) [u64; 4]);

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// The data of all frames that have any.
fn frames(stream: &str) -> impl Iterator<Item = Value> {
    stream.lines().filter_map(|line| serde_json::from_str(line.trim_end().strip_prefix("data:")?).ok())
}

fn field<'a>(value: &'a Value, camel: &str, snake: &str) -> &'a Value {
    value.get(camel).or_else(|| value.get(snake)).unwrap_or(&Value::Null)
}

/// Chunks of Gemini, or a whole answer as one.
pub(crate) fn gemini(chunks: &[Value]) -> Said {
    let (mut said, mut usage) = (Said::default(), &Value::Null);
    for chunk in chunks {
        // Cumulative: the last one that counts anything holds.
        let counts = field(chunk, "usageMetadata", "usage_metadata");
        if ["promptTokenCount", "candidatesTokenCount"].iter().any(|name| counts[name].is_u64()) {
            usage = counts;
        }
        if field(chunk, "promptFeedback", "prompt_feedback")["blockReason"].is_string() {
            said.finish = Some("filter".to_owned());
        }
        let is_first = |candidate: &&Value| candidate["index"].as_u64().unwrap_or(0) == 0;
        let candidates = chunk["candidates"].as_array();
        let Some(candidate) = candidates.and_then(|all| all.iter().find(is_first)) else { continue };
        for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
            let to = if part["thought"] == true { &mut said.thoughts } else { &mut said.text };
            to.push_str(text(&part["text"]));
            let call = field(part, "functionCall", "function_call");
            let pieces = field(call, "partialArgs", "partial_args").as_array();
            for piece in pieces.into_iter().flatten() {
                // Those that were recorded are texts of the call's own fields.
                let name = text(&piece["jsonPath"]).strip_prefix("$.").unwrap();
                let args = &mut said.calls.last_mut().unwrap().1;
                args[name] = (text(&args[name]).to_owned() + text(&piece["stringValue"])).into();
            }
            if call["name"].is_string() {
                let args = call.get("args").cloned().unwrap_or_else(|| Value::Object(Default::default()));
                said.calls.push((text(&call["name"]).to_owned(), args));
            }
        }
        let reason = field(candidate, "finishReason", "finish_reason");
        if !reason.is_null() {
            said.finish = Some(reason_of_gemini(reason).to_owned());
        }
    }
    if said.finish.as_deref() == Some("stop") && !said.calls.is_empty() {
        said.finish = Some("calls".to_owned());
    }
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let zero = |name: &str| count(name).unwrap_or(0);
    let input = zero("promptTokenCount") + zero("toolUsePromptTokenCount");
    let output = match (count("candidatesTokenCount"), count("thoughtsTokenCount")) {
        (None, None) => zero("totalTokenCount").saturating_sub(input),
        (said, thought) => said.unwrap_or(0) + thought.unwrap_or(0),
    };
    said.cost = Cost([input, zero("cachedContentTokenCount"), output, zero("thoughtsTokenCount")]);
    said
}

fn reason_of_gemini(reason: &Value) -> &'static str {
    match (reason.as_str(), reason.as_u64()) {
        (Some("STOP"), _) | (_, Some(1)) => "stop",
        (Some("MAX_TOKENS"), _) | (_, Some(2)) => "length",
        (Some(word), _) if word.starts_with("MALFORMED") => "error",
        (Some("SAFETY" | "RECITATION" | "PROHIBITED_CONTENT"), _) => "filter",
        _ => "other",
    }
}

pub(crate) fn gemini_stream(stream: &str) -> Said {
    gemini(&frames(stream).collect::<Vec<_>>())
}

fn chat_cost(usage: &Value) -> Cost {
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    Cost([
        count(&usage["prompt_tokens"]),
        count(&usage["prompt_tokens_details"]["cached_tokens"]),
        count(&usage["completion_tokens"]),
        count(&usage["completion_tokens_details"]["reasoning_tokens"]),
    ])
}

fn reason_of_chat(reason: &Value) -> Option<String> {
    let word = match reason.as_str()? {
        "tool_calls" => "calls",
        "content_filter" => "filter",
        other => other,
    };
    Some(word.to_owned())
}

fn arguments(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::from(json))
}

pub(crate) fn chat(answer: &Value) -> Said {
    let (choice, message) = (&answer["choices"][0], &answer["choices"][0]["message"]);
    let calls = message["tool_calls"].as_array().into_iter().flatten().map(|call| &call["function"]);
    Said {
        text: text(&message["content"]).to_owned(),
        thoughts: text(&message["reasoning_content"]).to_owned(),
        calls: calls
            .map(|call| (text(&call["name"]).to_owned(), arguments(text(&call["arguments"]))))
            .collect(),
        finish: reason_of_chat(&choice["finish_reason"]),
        cost: chat_cost(&answer["usage"]),
    }
}

pub(crate) fn chat_stream(stream: &str) -> Said {
    let (mut said, mut calls) = (Said::default(), Vec::<(String, String)>::new());
    for chunk in frames(stream) {
        if chunk["usage"].is_object() {
            said.cost = chat_cost(&chunk["usage"]);
        }
        let choice = &chunk["choices"][0];
        if choice["index"] != 0 {
            continue;
        }
        let delta = &choice["delta"];
        said.text.push_str(text(&delta["content"]));
        said.thoughts.push_str(text(&delta["reasoning_content"]));
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let at = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            if at == calls.len() {
                assert!(!text(&call["id"]).is_empty());
                calls.push(Default::default());
            }
            calls[at].0.push_str(text(&call["function"]["name"]));
            calls[at].1.push_str(text(&call["function"]["arguments"]));
        }
        said.finish = reason_of_chat(&choice["finish_reason"]).or(said.finish);
    }
    assert_eq!(said.finish.is_some(), stream.ends_with("data: [DONE]\n\n"));
    said.calls = calls.into_iter().map(|(name, json)| (name, arguments(&json))).collect();
    said
}

fn anthropic_cost(usage: &Value) -> Cost {
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    let cached = count(&usage["cache_read_input_tokens"]);
    Cost([
        count(&usage["input_tokens"]) + cached + count(&usage["cache_creation_input_tokens"]),
        cached,
        count(&usage["output_tokens"]),
        count(&usage["output_tokens_details"]["thinking_tokens"]),
    ])
}

fn reason_of_anthropic(reason: &Value) -> Option<String> {
    let word = match reason.as_str()? {
        "end_turn" => "stop",
        "tool_use" => "calls",
        "max_tokens" => "length",
        "refusal" => "filter",
        other => other,
    };
    Some(word.to_owned())
}

fn anthropic_block(said: &mut Said, block: &Value) {
    said.text.push_str(text(&block["text"]));
    said.thoughts.push_str(text(&block["thinking"]));
    if block["type"] == "tool_use" {
        said.calls.push((text(&block["name"]).to_owned(), block["input"].clone()));
    }
}

pub(crate) fn anthropic(answer: &Value) -> Said {
    let mut said = Said {
        finish: reason_of_anthropic(&answer["stop_reason"]),
        cost: anthropic_cost(&answer["usage"]),
        ..Said::default()
    };
    for block in answer["content"].as_array().unwrap() {
        anthropic_block(&mut said, block);
    }
    said
}

pub(crate) fn anthropic_stream(stream: &str) -> Said {
    let (mut said, mut json) = (Said::default(), String::new());
    for event in frames(stream) {
        match event["type"].as_str().unwrap() {
            "content_block_start" => anthropic_block(&mut said, &event["content_block"]),
            "content_block_delta" => {
                said.text.push_str(text(&event["delta"]["text"]));
                said.thoughts.push_str(text(&event["delta"]["thinking"]));
                json.push_str(text(&event["delta"]["partial_json"]));
            }
            "content_block_stop" if !json.is_empty() => {
                said.calls.last_mut().unwrap().1 = arguments(&std::mem::take(&mut json));
            }
            "message_delta" => {
                said.finish = reason_of_anthropic(&event["delta"]["stop_reason"]);
                said.cost = anthropic_cost(&event["usage"]);
            }
            _ => {}
        }
    }
    assert_eq!(said.finish.is_some(), stream.ends_with("\"message_stop\"}\n\n"));
    said
}

pub(crate) fn responses(answer: &Value) -> Said {
    let usage = &answer["usage"];
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    let mut said = Said {
        cost: Cost([
            count(&usage["input_tokens"]),
            count(&usage["input_tokens_details"]["cached_tokens"]),
            count(&usage["output_tokens"]),
            count(&usage["output_tokens_details"]["reasoning_tokens"]),
        ]),
        ..Said::default()
    };
    for item in answer["output"].as_array().unwrap() {
        let texts = |field: &str| -> String {
            item[field].as_array().into_iter().flatten().map(|part| text(&part["text"])).collect()
        };
        match text(&item["type"]) {
            "message" => said.text.push_str(&texts("content")),
            "reasoning" => said.thoughts.push_str(&(texts("content") + &texts("summary"))),
            "function_call" => {
                said.calls.push((text(&item["name"]).to_owned(), arguments(text(&item["arguments"]))));
            }
            other => panic!("an item of type {other}"),
        }
    }
    let reason = text(&answer["incomplete_details"]["reason"]);
    said.finish = match (text(&answer["status"]), reason) {
        ("completed", _) if !said.calls.is_empty() => Some("calls".to_owned()),
        ("completed", _) => Some("stop".to_owned()),
        ("incomplete", "max_output_tokens") => Some("length".to_owned()),
        ("incomplete", "content_filter") => Some("filter".to_owned()),
        ("failed", _) => Some("error".to_owned()),
        _ => None,
    };
    said
}

/// The last event repeats the whole answer; what was told piece by piece has to be the same.
pub(crate) fn responses_stream(stream: &str) -> Said {
    let (mut said, mut deltas) = (Said::default(), Said::default());
    for event in frames(stream) {
        match text(&event["type"]) {
            "response.output_text.delta" => deltas.text.push_str(text(&event["delta"])),
            "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => {
                deltas.thoughts.push_str(text(&event["delta"]));
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                said = responses(&event["response"]);
                assert_eq!((&said.text, &said.thoughts), (&deltas.text, &deltas.thoughts));
            }
            _ => {}
        }
    }
    if said.finish.is_none() {
        said = deltas;
    }
    said
}
