//! What OpenAI refuses among the items of a request for a response.

use serde_json::{Value, json};

use super::words::{choice, invalid_type, invalid_value, is_name, known, missing};
use crate::testing::wire::Complaint;
use crate::testing::wire::responses::SEAL;

/// Items whose insides are not looked at: tools that the vendor runs, and what comes of them.
const OTHERS: &[&str] = &[
    "additional_tools",
    "apply_patch_call",
    "apply_patch_call_output",
    "code_interpreter_call",
    "compaction",
    "compaction_trigger",
    "computer_call",
    "computer_call_output",
    "file_search_call",
    "image_generation_call",
    "item_reference",
    "local_shell_call",
    "local_shell_call_output",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
    "program",
    "program_output",
    "shell_call",
    "shell_call_output",
    "tool_search_call",
    "tool_search_output",
    "web_search_call",
];

/// The items of a request, which are in order.
pub(super) fn read(request: &Value) -> Result<Vec<Value>, Complaint> {
    let items = as_items(&request["input"]);
    let remembers =
        ["previous_response_id", "conversation", "prompt"].iter().any(|name| !request[*name].is_null());
    if items.is_empty() && !remembers {
        return Err(missing("input"));
    }
    if request["previous_response_id"].as_str().is_some_and(|id| !id.starts_with("resp_")) {
        let message = format!("Previous response with id {} not found.", request["previous_response_id"]);
        return Err(Complaint::new("previous_response_id", message).with_code("previous_response_not_found"));
    }
    for (index, item) in items.iter().enumerate() {
        one(&format!("input[{index}]"), item)?;
    }
    thoughts(&items)?;
    if !remembers {
        pairs(&items)?;
    }
    Ok(items)
}

/// A string is one message of the user.
fn as_items(input: &Value) -> Vec<Value> {
    match input {
        Value::String(text) => vec![json!({"role": "user", "content": text})],
        Value::Array(items) => items.clone(),
        _ => Vec::new(),
    }
}
fn kind(item: &Value) -> &str {
    item["type"].as_str().unwrap_or(if item["role"].is_string() { "message" } else { "" })
}

fn one(at: &str, item: &Value) -> Result<(), Complaint> {
    match kind(item) {
        "message" => message(at, item),
        "function_call" => {
            known(
                at,
                item,
                &["type", "id", "call_id", "name", "arguments", "status", "namespace", "caller"],
            )?;
            id(at, item, "fc_")?;
            call_id(at, item)?;
            is_name(&format!("{at}.name"), &item["name"])?;
            text(&format!("{at}.arguments"), &item["arguments"])
        }
        "function_call_output" => {
            known(at, item, &["type", "id", "call_id", "output", "status", "caller"])?;
            call_id(at, item)?;
            output(at, &item["output"])
        }
        "custom_tool_call" => {
            call_id(at, item)?;
            text(&format!("{at}.input"), &item["input"])
        }
        "custom_tool_call_output" => {
            call_id(at, item)?;
            output(at, &item["output"])
        }
        "reasoning" => reasoning(at, item),
        other if OTHERS.contains(&other) => Ok(()),
        _ => Err(invalid_value(&format!("{at}.type"), &item["type"], OTHERS)),
    }
}

fn message(at: &str, item: &Value) -> Result<(), Complaint> {
    known(at, item, &["type", "id", "role", "content", "status", "phase"])?;
    id(at, item, "msg_")?;
    let role = format!("{at}.role");
    if item["role"].is_null() {
        return Err(missing(&role));
    }
    choice(&role, &item["role"], &["assistant", "system", "developer", "user"])?;
    let (own, foreign): (&[&str], _) = if item["role"] == "assistant" {
        (&["output_text", "refusal"], "an assistant")
    } else {
        (&["input_text", "input_image", "input_file", "input_audio"], "anyone else")
    };
    match &item["content"] {
        Value::String(_) => Ok(()),
        Value::Array(parts) => {
            for (index, part) in parts.iter().enumerate() {
                let at = format!("{at}.content[{index}]");
                if !part["type"].as_str().is_some_and(|kind| own.contains(&kind)) {
                    let wanted = [own, &["for", foreign]].concat();
                    return Err(invalid_value(&format!("{at}.type"), &part["type"], &wanted));
                }
                one_part(&at, part)?;
            }
            Ok(())
        }
        _ => Err(invalid_type(&format!("{at}.content"), "one of an array of objects or string")),
    }
}

fn one_part(at: &str, part: &Value) -> Result<(), Complaint> {
    let field = |name: &str| format!("{at}.{name}");
    let has_any = |names: &[&str]| names.iter().any(|name| part[*name].is_string());
    match part["type"].as_str().unwrap_or_default() {
        "input_text" => {
            known(at, part, &["type", "text", "prompt_cache_breakpoint"])?;
            text(&field("text"), &part["text"])
        }
        "output_text" => {
            known(at, part, &["type", "text", "annotations", "logprobs"])?;
            text(&field("text"), &part["text"])
        }
        "refusal" => {
            known(at, part, &["type", "refusal"])?;
            text(&field("refusal"), &part["refusal"])
        }
        "input_image" => {
            known(at, part, &["type", "image_url", "file_id", "detail", "prompt_cache_breakpoint"])?;
            if part["image_url"].is_object() {
                return Err(invalid_type(&field("image_url"), "a string"));
            }
            choice(&field("detail"), &part["detail"], &["low", "high", "auto", "original"])?;
            if has_any(&["image_url", "file_id"]) { Ok(()) } else { Err(missing(&field("image_url"))) }
        }
        "input_file" => {
            let fields =
                ["type", "file_id", "file_url", "file_data", "filename", "detail", "prompt_cache_breakpoint"];
            known(at, part, &fields)?;
            if !has_any(&["file_id", "file_url", "file_data"]) {
                return Err(missing(&field("file_id")));
            }
            if part["file_data"].as_str().is_some_and(|data| !data.starts_with("data:")) {
                return Err(invalid_type(&field("file_data"), "a data URL"));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn reasoning(at: &str, item: &Value) -> Result<(), Complaint> {
    known(at, item, &["type", "id", "summary", "content", "encrypted_content", "status"])?;
    id(at, item, "rs_")?;
    if !item["summary"].is_array() {
        return Err(missing(&format!("{at}.summary")));
    }
    let sealed = &item["encrypted_content"];
    if !sealed.is_null() && !sealed.as_str().is_some_and(|sealed| sealed.starts_with(SEAL)) {
        let message = "The encrypted content could not be verified. Reason: Encrypted content could not be \
                       decrypted or parsed.";
        let param = format!("{at}.encrypted_content");
        return Err(Complaint::new(&param, message).with_code("invalid_encrypted_content"));
    }
    Ok(())
}

/// An id that the vendor gave says what it is the id of.
fn id(at: &str, item: &Value, prefix: &str) -> Result<(), Complaint> {
    let id = &item["id"];
    if id.is_null() || id.as_str().is_some_and(|id| id.starts_with(prefix) && id.len() <= 64) {
        return Ok(());
    }
    let message = format!("Invalid '{at}.id': {id}. Expected an ID that begins with '{prefix}'.");
    Err(Complaint::new(&format!("{at}.id"), message).with_code("invalid_value"))
}

fn call_id(at: &str, item: &Value) -> Result<(), Complaint> {
    let param = format!("{at}.call_id");
    let Some(id) = item["call_id"].as_str() else { return Err(missing(&param)) };
    if (1..=64).contains(&id.len()) {
        return Ok(());
    }
    let message = format!("Invalid '{param}': string too long or empty. Expected 1 to 64 letters.");
    Err(Complaint::new(&param, message).with_code("string_above_max_length"))
}

fn text(param: &str, value: &Value) -> Result<(), Complaint> {
    match value {
        Value::String(_) => Ok(()),
        Value::Null => Err(missing(param)),
        _ => Err(invalid_type(param, "a string")),
    }
}

fn output(at: &str, output: &Value) -> Result<(), Complaint> {
    let param = format!("{at}.output");
    let Value::Array(parts) = output else { return text(&param, output) };
    const OWN: &[&str] = &["input_text", "input_image", "input_file"];
    for (index, part) in parts.iter().enumerate() {
        let at = format!("{param}[{index}]");
        if part["type"].is_null() {
            return Err(missing(&format!("{at}.type")));
        }
        choice(&format!("{at}.type"), &part["type"], OWN)?;
        one_part(&at, part)?;
    }
    Ok(())
}

/// A thought that the vendor keeps goes before what came of it.
fn thoughts(items: &[Value]) -> Result<(), Complaint> {
    for (index, item) in items.iter().enumerate() {
        if kind(item) != "reasoning" || item["id"].is_null() {
            continue;
        }
        let next = items.get(index + 1);
        let is_followed = next.is_some_and(|next| match kind(next) {
            "message" => next["role"] == "assistant",
            other => !other.ends_with("_output"),
        });
        if !is_followed {
            let message = format!(
                "Item {} of type 'reasoning' was provided without its required following item.",
                item["id"]
            );
            return Err(Complaint::new("input", message));
        }
    }
    Ok(())
}

/// Every call has its result, and every result comes after its call.
fn pairs(items: &[Value]) -> Result<(), Complaint> {
    const CALLS: &[(&str, &str)] =
        &[("function_call", "function_call_output"), ("custom_tool_call", "custom_tool_call_output")];
    for (call, output) in CALLS {
        let mut open: Vec<&Value> = Vec::new();
        for item in items {
            if kind(item) == *call {
                open.push(&item["call_id"]);
            } else if kind(item) == *output {
                let position = open.iter().position(|id| *id == &item["call_id"]);
                let Some(position) = position else {
                    let message = format!(
                        "No tool call found for function call output with call_id {}.",
                        item["call_id"]
                    );
                    return Err(Complaint::new("input", message));
                };
                open.remove(position);
            }
        }
        if let Some(id) = open.first() {
            let message = format!("No tool output found for function call {id}.");
            return Err(Complaint::new("input", message));
        }
    }
    Ok(())
}
