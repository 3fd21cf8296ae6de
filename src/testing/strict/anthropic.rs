//! What Anthropic refuses in a request, as far as a translator is likely to get it wrong.

use serde_json::Value;

use crate::testing::wire::{Ask, Asked, Complaint, responses};

const KNOWN: &[&str] = &[
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];

/// What a request to count tokens may have.
const COUNTED: &[&str] = &[
    "cache_control",
    "context_management",
    "mcp_servers",
    "messages",
    "model",
    "output_config",
    "output_format",
    "speed",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];

pub(crate) fn read(asked: Asked<'_>) -> Result<Ask, Complaint> {
    if !asked.headers.contains_key("anthropic-version") {
        return Err(Complaint::new("anthropic-version", "header is required"));
    }
    let request: Value = serde_json::from_slice(asked.body)
        .map_err(|_| Complaint::new("", "The request body is not valid JSON"))?;
    fields(&request, asked.route.is_count)?;
    let messages = messages(&request)?;
    tool_turns(messages)?;
    tools(&request)?;
    let last = messages.last().unwrap_or(&Value::Null);
    let ends_with_result = blocks(last).iter().any(|block| block["type"] == "tool_result");
    Ok(Ask {
        model: request["model"].as_str().unwrap_or_default().to_owned(),
        stream: request["stream"].as_bool().unwrap_or(false),
        include_usage: true,
        may_call: !ends_with_result
            && request["tools"].is_array()
            && request["tool_choice"]["type"] != "none",
        prefill: prefill(last)?,
        shows_thoughts: matches!(request["thinking"]["type"].as_str(), Some("enabled" | "adaptive")),
        echo: Value::Null,
    })
}

fn fields(request: &Value, is_count: bool) -> Result<(), Complaint> {
    let known = if is_count { COUNTED } else { KNOWN };
    let object = request.as_object().ok_or_else(|| Complaint::new("", "Input should be an object"))?;
    if let Some(name) = object.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Complaint::new(name, "Extra inputs are not permitted"));
    }
    if request["model"].as_str().is_none_or(str::is_empty) {
        return Err(Complaint::new("model", "Field required"));
    }
    if !is_count && request["max_tokens"].as_u64().is_none() {
        return Err(Complaint::new("max_tokens", "Field required"));
    }
    if request["temperature"].as_f64().is_some_and(|heat| !(0.0..=1.0).contains(&heat)) {
        return Err(Complaint::new("temperature", "range: 0..1"));
    }
    Ok(())
}

fn messages(request: &Value) -> Result<&[Value], Complaint> {
    let messages = request["messages"].as_array().map_or(&[][..], Vec::as_slice);
    if messages.is_empty() {
        return Err(Complaint::new("messages", "at least one message is required"));
    }
    for (index, message) in messages.iter().enumerate() {
        let at = format!("messages.{index}");
        if message["role"] != "user" && message["role"] != "assistant" {
            return Err(Complaint::new(&format!("{at}.role"), "Input should be 'user' or 'assistant'"));
        }
        match &message["content"] {
            Value::String(text) if !text.is_empty() => {}
            Value::Array(blocks) if !blocks.is_empty() => {
                blocks.iter().enumerate().try_for_each(|(nth, block)| one_block(&at, nth, block))?;
            }
            _ => return Err(Complaint::new(&at, "all messages must have non-empty content")),
        }
    }
    Ok(messages)
}

fn one_block(message: &str, index: usize, block: &Value) -> Result<(), Complaint> {
    let at = format!("{message}.content.{index}");
    let is_id = |id: &Value| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        id.as_str().is_some_and(|id| !id.is_empty() && id.bytes().all(is_plain))
    };
    match block["type"].as_str() {
        None => Err(Complaint::new(&format!("{at}.type"), "Field required")),
        Some("text") if block["text"].as_str().is_none_or(str::is_empty) => {
            Err(Complaint::new("messages", "text content blocks must be non-empty"))
        }
        Some("tool_use") if !block["input"].is_object() => {
            Err(Complaint::new(&format!("{at}.tool_use.input"), "Input should be a valid dictionary"))
        }
        Some("tool_use") if !is_id(&block["id"]) => Err(Complaint::new(
            &format!("{at}.tool_use.id"),
            "String should match pattern '^[a-zA-Z0-9_-]+$'",
        )),
        Some("thinking") if is_foreign(&block["signature"]) => {
            Err(Complaint::new(&at, "Invalid `signature` in `thinking` block"))
        }
        Some("redacted_thinking") if is_foreign(&block["data"]) => {
            Err(Complaint::new(&at, "Invalid `data` in `redacted_thinking` block"))
        }
        Some("image_url" | "input_text" | "input_image" | "function") => {
            Err(Complaint::new(&at, "Input tag does not match any of the expected tags"))
        }
        Some(_) => Ok(()),
    }
}

/// A seal that the vendor cannot have set.
fn is_foreign(seal: &Value) -> bool {
    let is_own = |seal: &str| !seal.is_empty() && !seal.contains(':') && !seal.starts_with(responses::SEAL);
    !seal.as_str().is_some_and(is_own)
}

fn blocks(message: &Value) -> &[Value] {
    message["content"].as_array().map_or(&[], Vec::as_slice)
}

/// Each `tool_use` is answered in the very next message, and nothing is answered that was not used.
fn tool_turns(messages: &[Value]) -> Result<(), Complaint> {
    fn ids<'a>(message: &'a Value, kind: &str, field: &str) -> Vec<&'a str> {
        let of_kind = blocks(message).iter().filter(|block| block["type"] == kind);
        of_kind.filter_map(|block| block[field].as_str()).collect()
    }
    let mut open = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let results = ids(message, "tool_result", "tool_use_id");
        if let Some(id) = results.iter().find(|id| !open.contains(*id)) {
            let text = format!("unexpected `tool_use_id` found in `tool_result` blocks: {id}");
            return Err(Complaint::new(&format!("messages.{index}"), text));
        }
        if let Some(id) = open.iter().find(|id| !results.contains(id)) {
            let text =
                format!("`tool_use` ids were found without `tool_result` blocks immediately after: {id}");
            return Err(Complaint::new(&format!("messages.{}", index - 1), text));
        }
        open = ids(message, "tool_use", "id");
    }
    Ok(())
}

fn tools(request: &Value) -> Result<(), Complaint> {
    for (index, tool) in request["tools"].as_array().into_iter().flatten().enumerate() {
        // Tools of the vendor's own name their kind and need no schema.
        if tool["type"].as_str().is_some_and(|kind| kind != "custom") {
            continue;
        }
        let at = format!("tools.{index}.custom");
        let name = tool["name"].as_str().unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !(1..=128).contains(&name.len()) || !name.bytes().all(is_name) {
            let text = "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'";
            return Err(Complaint::new(&format!("{at}.name"), text));
        }
        if tool["input_schema"]["type"] != "object" {
            return Err(Complaint::new(&format!("{at}.input_schema.type"), "Field required"));
        }
    }
    let choice = &request["tool_choice"];
    if !choice.is_null() && !choice["type"].is_string() {
        return Err(Complaint::new("tool_choice", "Input should be an object with a `type`"));
    }
    Ok(())
}

/// The beginning of the answer that the last message puts into the assistant's mouth.
fn prefill(last: &Value) -> Result<String, Complaint> {
    if last["role"] != "assistant" {
        return Ok(String::new());
    }
    let texts = blocks(last).iter().filter_map(|block| block["text"].as_str());
    let text = last["content"].as_str().map_or_else(|| texts.collect(), ToOwned::to_owned);
    if text.ends_with(char::is_whitespace) {
        let message = "final assistant content cannot end with trailing whitespace";
        return Err(Complaint::new("messages", message));
    }
    Ok(text)
}
