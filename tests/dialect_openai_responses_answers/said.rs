//! What an answer says, read plainly and independently of the crate, from the forms of three APIs.

use serde_json::{Value, json};

/// What every dialect can say of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) refusal: String,
    pub(crate) thoughts: Vec<String>,
    /// Id, name and arguments.
    pub(crate) calls: Vec<[String; 3]>,
    pub(crate) finish: String,
    /// Input, of it cached, output, of it reasoning.
    pub(crate) usage: Option<[u64; 4]>,
}

impl Said {
    pub(crate) fn says_something(&self) -> bool {
        let is_cut = matches!(&*self.finish, "length" | "incomplete");
        is_cut || !self.text.is_empty() || !self.refusal.is_empty() || !self.calls.is_empty()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn joined(parts: &Value) -> String {
    list(parts).iter().map(|part| text(&part["text"])).collect::<Vec<_>>().join("\n\n")
}

/// Of a response of this dialect.
pub(crate) fn of_response(response: &Value) -> Said {
    let mut said = Said::default();
    for item in list(&response["output"]) {
        match item["type"].as_str() {
            Some("message") => {
                for part in list(&item["content"]) {
                    said.text += part["text"].as_str().unwrap_or("");
                    said.refusal += part["refusal"].as_str().unwrap_or("");
                }
            }
            Some("function_call") => {
                said.calls.push(["call_id", "name", "arguments"].map(|name| text(&item[name])));
            }
            Some("reasoning") => {
                let summary = joined(&item["summary"]);
                let thought = if summary.is_empty() { joined(&item["content"]) } else { summary };
                said.thoughts.extend((!thought.is_empty()).then_some(thought));
            }
            _ => {}
        }
    }
    said.finish = match (&*text(&response["status"]), response["incomplete_details"]["reason"].as_str()) {
        ("incomplete", Some("max_output_tokens")) => "length",
        ("incomplete", Some("content_filter")) => "refused",
        ("incomplete", _) => "incomplete",
        ("completed", _) if !said.calls.is_empty() => "calls",
        ("completed", _) if !said.refusal.is_empty() => "refused",
        ("completed", _) => "stop",
        // A server that is not the vendor has a word of its own for it.
        ("complete", _) => "stop",
        _ => "?",
    }
    .to_owned();
    let usage = &response["usage"];
    said.usage = usage.is_object().then(|| {
        [
            &usage["input_tokens"],
            &usage["input_tokens_details"]["cached_tokens"],
            &usage["output_tokens"],
            &usage["output_tokens_details"]["reasoning_tokens"],
        ]
        .map(|count| count.as_u64().unwrap_or(0))
    });
    said
}

/// Does the model wait for what only callers of this dialect can give it? Others are not served such an answer.
pub(crate) fn waits(response: &Value) -> bool {
    let own = ["custom_tool_call", "computer_call", "mcp_approval_request"];
    list(&response["output"]).iter().any(|item| own.contains(&item["type"].as_str().unwrap_or_default()))
}

/// The response that a stream ends with; its items as they were told to be done.
pub(crate) fn recorded_stream(stream: &str) -> Option<Value> {
    let (mut items, mut response) = (Vec::new(), None);
    for line in stream.lines() {
        let Some(data) = line.strip_prefix("data:") else { continue };
        let Ok(data) = serde_json::from_str::<Value>(data) else { continue };
        match data["type"].as_str() {
            Some("response.output_item.done") => items.push(data["item"].clone()),
            Some("response.completed" | "response.incomplete") => response = Some(data["response"].clone()),
            _ => {}
        }
    }
    let mut response = response?;
    response["output"] = items.into();
    Some(response)
}

/// Of an answer of OpenAI Chat.
pub(crate) fn of_chat(answer: &Value) -> Said {
    let (choice, usage) = (&answer["choices"][0], &answer["usage"]);
    let message = &choice["message"];
    let mut calls: Vec<[String; 3]> = Vec::new();
    for call in list(&message["tool_calls"]) {
        let function = &call["function"];
        let arguments = match text(&function["arguments"]) {
            // No arguments, in the words of some models.
            none if none == "null" => "{}".to_owned(),
            arguments => arguments,
        };
        calls.push([text(&call["id"]), text(&function["name"]), arguments]);
    }
    let legacy = &message["function_call"];
    if !text(&legacy["name"]).is_empty() {
        calls.push([String::new(), text(&legacy["name"]), text(&legacy["arguments"])]);
    }
    Said {
        // Some servers parse what they were to produce as JSON.
        text: match &message["content"] {
            content @ Value::Object(_) => content.to_string(),
            // Sound is for those who hear; the others get its words.
            Value::Null => text(&message["audio"]["transcript"]),
            content => text(content),
        },
        refusal: text(&message["refusal"]),
        thoughts: message["reasoning_content"].as_str().map(str::to_owned).into_iter().collect(),
        calls,
        finish: match choice["finish_reason"].as_str() {
            Some("tool_calls") => "calls",
            Some("content_filter") => "refused",
            Some(word @ ("stop" | "length")) => word,
            _ => "?",
        }
        .to_owned(),
        usage: usage.is_object().then(|| {
            [
                &usage["prompt_tokens"],
                &usage["prompt_tokens_details"]["cached_tokens"],
                &usage["completion_tokens"],
                &usage["completion_tokens_details"]["reasoning_tokens"],
            ]
            .map(|count| count.as_u64().unwrap_or(0))
        }),
    }
}

/// The answer that a stream of OpenAI Chat adds up to.
pub(crate) fn chat_stream(stream: &[u8]) -> Value {
    let mut answer = json!({"choices": [{"message": {}}]});
    let mut calls: Vec<Value> = Vec::new();
    for line in String::from_utf8_lossy(stream).lines() {
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let Ok(chunk) = serde_json::from_str::<Value>(data) else { continue };
        if chunk["usage"].is_object() {
            answer["usage"] = chunk["usage"].clone();
        }
        // The first answer, where there are several.
        let choices = list(&chunk["choices"]);
        let Some(choice) = choices.iter().find(|choice| choice["index"].as_u64().unwrap_or(0) == 0) else {
            continue;
        };
        for field in ["content", "refusal", "reasoning_content"] {
            if let Some(delta) = choice["delta"][field].as_str().filter(|delta| !delta.is_empty()) {
                let message = &mut answer["choices"][0]["message"];
                message[field] = (text(&message[field]) + delta).into();
            }
        }
        if let Some(words) = choice["delta"]["audio"]["transcript"].as_str() {
            let message = &mut answer["choices"][0]["message"];
            message["content"] = (text(&message["content"]) + words).into();
        }
        for call in list(&choice["delta"]["tool_calls"]) {
            let at = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            if at == calls.len() {
                calls.push(call.clone());
            } else {
                let arguments = &mut calls[at]["function"]["arguments"];
                *arguments = (text(arguments) + &text(&call["function"]["arguments"])).into();
            }
        }
        if choice["finish_reason"].is_string() {
            answer["choices"][0]["finish_reason"] = choice["finish_reason"].clone();
        }
    }
    answer["choices"][0]["message"]["tool_calls"] = calls.into();
    answer
}

/// Of an answer of Anthropic.
pub(crate) fn of_anthropic(answer: &Value) -> Said {
    let mut said = Said::default();
    for block in list(&answer["content"]) {
        match block["type"].as_str() {
            Some("text") => said.text += block["text"].as_str().unwrap(),
            Some("thinking") => {
                said.thoughts.extend(Some(text(&block["thinking"])).filter(|text| !text.is_empty()));
            }
            Some("tool_use") => {
                let input = match &block["input"] {
                    Value::String(text) => text.clone(),
                    input => input.to_string(),
                };
                said.calls.push([text(&block["id"]), text(&block["name"]), input]);
            }
            _ => {}
        }
    }
    said.finish = match answer["stop_reason"].as_str() {
        Some("end_turn") => "stop",
        Some("max_tokens") => "length",
        Some("tool_use") => "calls",
        Some("refusal") => "refused",
        _ => "?",
    }
    .to_owned();
    said.refusal = text(&answer["stop_details"]["explanation"]);
    let usage = &answer["usage"];
    let count = |name: &str| usage[name].as_u64().unwrap_or(0);
    let cached = count("cache_read_input_tokens");
    said.usage = Some([
        count("input_tokens") + cached + count("cache_creation_input_tokens"),
        cached,
        count("output_tokens"),
        usage["output_tokens_details"]["thinking_tokens"].as_u64().unwrap_or(0),
    ]);
    said
}

/// The answer that a stream of Anthropic adds up to.
pub(crate) fn anthropic_stream(stream: &[u8]) -> Value {
    let mut answer = Value::Null;
    let mut blocks: Vec<Value> = Vec::new();
    for line in String::from_utf8_lossy(stream).lines() {
        let Some(data) = line.strip_prefix("data: ") else { continue };
        let data: Value = serde_json::from_str(data).unwrap();
        match data["type"].as_str() {
            Some("message_start") => answer = data["message"].clone(),
            Some("content_block_start") => {
                blocks.push(data["content_block"].clone());
                if blocks.last().unwrap()["type"] == "tool_use" {
                    blocks.last_mut().unwrap()["input"] = "".into();
                }
            }
            Some("content_block_delta") => {
                let (block, delta) = (blocks.last_mut().unwrap(), &data["delta"]);
                for (field, name) in [("text", "text"), ("thinking", "thinking"), ("partial_json", "input")] {
                    if let Some(more) = delta[field].as_str() {
                        block[name] = (text(&block[name]) + more).into();
                    }
                }
            }
            Some("message_delta") => {
                answer["stop_reason"] = data["delta"]["stop_reason"].clone();
                answer["stop_details"] = data["delta"]["stop_details"].clone();
                answer["usage"] = data["usage"].clone();
            }
            _ => {}
        }
    }
    answer["content"] = blocks.into();
    answer
}
