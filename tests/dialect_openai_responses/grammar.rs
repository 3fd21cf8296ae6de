//! What the API takes: the rules of its reference, as far as a request written here can break them.

use serde_json::Value;

const TOP: [&str; 23] = [
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "metadata",
    "model",
    "parallel_tool_calls",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// The first rule that a request breaks.
pub(crate) fn check(body: &Value) -> Result<(), String> {
    let unknown = body.as_object().unwrap().keys().find(|key| !TOP.contains(&key.as_str()));
    is(unknown.is_none(), || format!("unknown field {unknown:?}"))?;
    is(body["model"].is_string(), || "no model".into())?;
    is(body["instructions"].is_null() || body["instructions"].is_string(), || "instructions".into())?;
    is(body["max_output_tokens"].as_u64().is_none_or(|limit| limit >= 16), || "a limit below 16".into())?;
    is(body["store"].is_boolean(), || "whether to store is not said".into())?;
    let items = body["input"].as_array().ok_or("the input is no list")?;
    is(!items.is_empty(), || "an empty input".into())?;
    for (index, item) in items.iter().enumerate() {
        check_item(item, items.get(index + 1)).map_err(|why| format!("input[{index}]: {why}"))?;
    }
    for tool in list(&body["tools"]) {
        is(tool["type"] == "function", || format!("a tool that is no function: {tool}"))?;
        is(is_word(&tool["name"]), || format!("the name of a tool: {}", tool["name"]))?;
        is(tool["strict"].is_boolean(), || "strict is left to the API".into())?;
        is(tool["parameters"].is_object(), || format!("parameters: {}", tool["parameters"]))?;
    }
    check_choice(&body["tool_choice"], list(&body["tools"]))?;
    check_format(&body["text"]["format"])
}

fn check_item(item: &Value, next: Option<&Value>) -> Result<(), String> {
    match item["type"].as_str() {
        None | Some("message") => check_message(item),
        Some("function_call") => {
            is(is_id(&item["call_id"]), || format!("call_id {}", item["call_id"]))?;
            is(is_word(&item["name"]), || format!("name {}", item["name"]))?;
            is(item["arguments"].is_string(), || "arguments are no string".into())
        }
        Some("function_call_output") => {
            is(is_id(&item["call_id"]), || format!("call_id {}", item["call_id"]))?;
            match &item["output"] {
                Value::String(_) => Ok(()),
                Value::Array(parts) => parts.iter().try_for_each(|part| check_part(part, false)),
                other => Err(format!("output {other}")),
            }
        }
        Some("reasoning") => {
            is(item["id"].is_string() && item["summary"].is_array(), || {
                "a thought without id or summary".into()
            })?;
            is(item["encrypted_content"].is_string(), || "a thought that is stored nowhere".into())?;
            let follows =
                next.is_some_and(|next| next["role"] == "assistant" || next["type"] == "function_call");
            is(follows, || "a thought without what it led to".into())
        }
        Some(kind) => Err(format!("an item of type {kind}")),
    }
}

fn check_message(item: &Value) -> Result<(), String> {
    let role = item["role"].as_str().ok_or("no role")?;
    is(["user", "assistant", "system", "developer"].contains(&role), || format!("role {role}"))?;
    match &item["content"] {
        Value::String(_) => Ok(()),
        Value::Array(parts) if role == "assistant" => {
            // With a list it is a message of the model's own, which has an id and a state.
            is(item["type"] == "message" && item["status"].is_string(), || {
                "no message of the model's".into()
            })?;
            is(item["id"].as_str().is_some_and(|id| id.starts_with("msg_") && id.len() <= 64), || {
                "id".into()
            })?;
            parts.iter().try_for_each(|part| check_part(part, true))
        }
        Value::Array(parts) => {
            is(!parts.is_empty(), || "no content".into())?;
            parts.iter().try_for_each(|part| check_part(part, false))
        }
        other => Err(format!("content {other}")),
    }
}

fn check_part(part: &Value, is_models: bool) -> Result<(), String> {
    let kind = part["type"].as_str().unwrap_or_default();
    let fits = match (kind, is_models) {
        ("output_text", true) => part["text"].is_string() && part["annotations"].is_array(),
        ("refusal", true) => part["refusal"].is_string(),
        ("input_text", false) => part["text"].is_string(),
        ("input_image", false) => {
            part["detail"].is_string() && (part["image_url"].is_string() || part["file_id"].is_string())
        }
        ("input_file", false) => {
            let is_data = part["file_data"].as_str().is_some_and(|data| data.starts_with("data:"));
            (is_data && part["filename"].is_string())
                || part["file_url"].is_string()
                || part["file_id"].is_string()
        }
        _ => false,
    };
    is(fits, || format!("a part {part}"))
}

fn check_choice(choice: &Value, tools: &[Value]) -> Result<(), String> {
    let is_known = |name: &Value| tools.iter().any(|tool| tool["name"] == *name);
    let fits = match choice {
        Value::Null => true,
        Value::String(word) => !tools.is_empty() && ["auto", "required", "none"].contains(&word.as_str()),
        choice if choice["type"] == "function" => is_known(&choice["name"]),
        choice if choice["type"] == "allowed_tools" => {
            list(&choice["tools"]).iter().all(|tool| tool["type"] == "function" && is_known(&tool["name"]))
                && ["auto", "required"].contains(&choice["mode"].as_str().unwrap_or_default())
        }
        _ => false,
    };
    is(fits, || format!("tool_choice {choice}"))
}

fn check_format(format: &Value) -> Result<(), String> {
    let fits = match format["type"].as_str() {
        Some("json_schema") => is_word(&format["name"]) && format["schema"].is_object(),
        kind => matches!(kind, None | Some("json_object")),
    };
    is(fits, || format!("text.format {format}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn is_id(id: &Value) -> bool {
    id.as_str().is_some_and(|id| (1..=64).contains(&id.len()))
}

fn is_word(name: &Value) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    name.as_str().is_some_and(|name| (1..=64).contains(&name.len()) && name.bytes().all(is_plain))
}

fn is(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}
