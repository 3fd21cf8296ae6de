//! What OpenAI refuses in a request, as far as a translator is likely to get it wrong.

use serde_json::Value;

use crate::testing::wire::{Ask, Complaint};

const KNOWN: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

pub(crate) fn read(body: &[u8]) -> Result<Ask, Complaint> {
    let request: Value = serde_json::from_slice(body)
        .map_err(|_| Complaint::new("", "We could not parse the JSON body of your request."))?;
    fields(&request)?;
    let messages = messages(&request)?;
    tool_turns(messages)?;
    tools(&request)?;
    let stream = request["stream"].as_bool().unwrap_or(false);
    let ends_with_result = messages.last().is_some_and(|last| last["role"] == "tool");
    Ok(Ask {
        model: request["model"].as_str().unwrap_or_default().to_owned(),
        stream,
        include_usage: stream && request["stream_options"]["include_usage"] == true,
        may_call: !ends_with_result && request["tools"].is_array() && request["tool_choice"] != "none",
        ..Ask::default()
    })
}

fn fields(request: &Value) -> Result<(), Complaint> {
    let object = request.as_object().ok_or_else(|| Complaint::new("", "The body must be a JSON object."))?;
    if let Some(name) = object.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Complaint::new(name, format_args!("Unrecognized request argument supplied: {name}")));
    }
    if request["model"].as_str().is_none_or(str::is_empty) {
        return Err(Complaint::new("model", "you must provide a model parameter"));
    }
    if !request["stream_options"].is_null() && request["stream"] != true {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Complaint::new("stream_options", message));
    }
    Ok(())
}

fn messages(request: &Value) -> Result<&[Value], Complaint> {
    const ROLES: &[&str] = &["developer", "system", "user", "assistant", "tool", "function"];
    let messages = request["messages"].as_array().map_or(&[][..], Vec::as_slice);
    if messages.is_empty() {
        return Err(Complaint::new("messages", "Invalid 'messages': expected a non-empty array."));
    }
    for (index, message) in messages.iter().enumerate() {
        if !message["role"].as_str().is_some_and(|role| ROLES.contains(&role)) {
            return Err(Complaint::new(&format!("messages[{index}].role"), "Invalid value for 'role'."));
        }
        let content = &message["content"];
        let has_calls = message["tool_calls"].is_array() || message["function_call"].is_object();
        let fits = content.is_string()
            || content.as_array().is_some_and(|parts| parts.iter().all(|part| part["type"].is_string()))
            || (content.is_null() && has_calls);
        if !fits {
            let message = "Invalid value for 'content': expected a string or an array of parts.";
            return Err(Complaint::new(&format!("messages[{index}].content"), message));
        }
    }
    Ok(messages)
}

/// Each call is answered by a tool message before anything else is said, and nothing is answered that was not
/// called.
fn tool_turns(messages: &[Value]) -> Result<(), Complaint> {
    let mut open: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let at = format!("messages[{index}]");
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let Some(position) = open.iter().position(|open| *open == id) else {
                let text =
                    "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
                return Err(Complaint::new(&at, text));
            };
            open.remove(position);
            continue;
        }
        unanswered(&open)?;
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let id = call["id"].as_str().filter(|id| !id.is_empty());
            let is_whole = call["function"]["name"].is_string() && call["function"]["arguments"].is_string();
            match id {
                Some(id) if is_whole || call["type"] == "custom" => open.push(id),
                _ => return Err(Complaint::new(&format!("{at}.tool_calls"), "Invalid tool call.")),
            }
        }
    }
    unanswered(&open)
}

fn unanswered(open: &[&str]) -> Result<(), Complaint> {
    if open.is_empty() {
        return Ok(());
    }
    let message = "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
                   'tool_call_id'. The following tool_call_ids did not have response messages: ";
    Err(Complaint::new("messages", format_args!("{message}{}", open.join(", "))))
}

fn tools(request: &Value) -> Result<(), Complaint> {
    let tools = request["tools"].as_array().map_or(&[][..], Vec::as_slice);
    for (index, tool) in tools.iter().enumerate() {
        let name = tool["function"]["name"].as_str().or(tool["custom"]["name"].as_str()).unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !(1..=64).contains(&name.len()) || !name.bytes().all(is_name) {
            let param = format!("tools[{index}].function.name");
            return Err(Complaint::new(&param, "Expected a string of 1 to 64 letters, digits, '_' or '-'."));
        }
    }
    for param in ["tool_choice", "parallel_tool_calls"] {
        if tools.is_empty() && !request[param].is_null() && request[param] != "none" {
            let message = format!("'{param}' is only allowed when 'tools' are specified.");
            return Err(Complaint::new(param, message));
        }
    }
    Ok(())
}
