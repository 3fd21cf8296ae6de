//! Fields without effect, each for a reason: leaving them out loses nothing.

use serde_json::Value;

use crate::audit::Pair;
use crate::leaves::{Leaf, pattern};

/// Does the field say what holds without it, too, or only how the dialect is written?
pub(crate) fn is_neutral(pair: Pair<'_>, leaf: &Leaf<'_>, caller: &Value) -> bool {
    let (front, path) = (pair.front, &*pattern(&leaf.path));
    is_member_bound(front, path)
        || is_absent(path, leaf.value)
        || is_form(front, path, leaf)
        || is_default(front, path, leaf.value, caller)
        || holds_there_anyway(pair, path, leaf.value)
        || is_not_allowed(&leaf.path, caller)
}

/// A tool that the caller declares and does not allow in this call: a member may be shown the others only.
fn is_not_allowed(path: &str, caller: &Value) -> bool {
    let allowed = &caller["tool_choice"]["tools"];
    let index = path.strip_prefix("tools[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    let (Some(allowed), Some(index)) = (allowed.as_array(), index) else { return false };
    !allowed.iter().any(|tool| tool["name"] == caller["tools"][index]["name"])
}

/// What members of that dialect do without being told.
fn holds_there_anyway(pair: Pair<'_>, path: &str, value: &Value) -> bool {
    let is_openai = pair.member.starts_with("openai");
    match path {
        // A schema is always enforced, and a name for it has no place.
        "response_format.json_schema.strict" | "text.format.strict" => value == true && !is_openai,
        "response_format.json_schema.name" | "text.format.name" => !is_openai,
        // Models that think do it as they see fit, unless they are told otherwise.
        "thinking.type" => value == "adaptive" && pair.model != "gpt-4.1",
        "reasoning_effort" | "reasoning.effort" => value == "none" && pair.model == "gpt-4.1",
        "generationConfig.thinkingConfig.thinkingBudget"
        | "generationConfig.thinkingConfig.thinking_budget" => value == 0 && pair.model == "gpt-4.1",
        _ => false,
    }
}

/// The member's own.
fn is_member_bound(front: &str, path: &str) -> bool {
    match path {
        // The class decides.
        "model" => true,
        // Stands in the path there.
        "stream" => true,
        // Told to the caller's encoder, who asks every member.
        "stream_options.include_usage" => front == "openai-chat",
        _ => false,
    }
}

/// Is it a JSON Schema, or the caller's own data?
pub(crate) fn is_free_form(path: &str) -> bool {
    const FREE: [&str; 9] = [
        "parameters",
        "schema",
        "input_schema",
        "parametersJsonSchema",
        "parameters_json_schema",
        "responseSchema",
        "responseJsonSchema",
        "response_schema",
        "response_json_schema",
    ];
    const DATA: [&str; 3] = ["args", "response", "input"];
    let names = path.split('.').map(|name| name.trim_end_matches("[]"));
    let names: Vec<&str> = names.collect();
    let above = &names[..names.len().saturating_sub(1)];
    above.iter().any(|name| FREE.contains(name)) || above.iter().skip(1).any(|name| DATA.contains(name))
}

/// `null`, and lists and objects with nothing in them, ask for nothing.
fn is_absent(path: &str, value: &Value) -> bool {
    if is_free_form(path) {
        return false;
    }
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        // `{}` as a tool is one: `{"googleSearch": {}}`.
        Value::Object(fields) => fields.is_empty() && !path.starts_with("tools"),
        _ => false,
    }
}

/// Words that say what kind of thing something is. The thing itself has other fields, and they are audited.
fn is_form(front: &str, path: &str, leaf: &Leaf<'_>) -> bool {
    let word = leaf.value.as_str().unwrap_or_default();
    if is_free_form(path) {
        return false;
    }
    match leaf.key {
        "role" => {
            matches!(word, "system" | "developer" | "user" | "assistant" | "tool" | "function" | "model")
        }
        "type" => match front {
            "openai-chat" => matches!(
                word,
                "text"
                    | "image_url"
                    | "input_audio"
                    | "file"
                    | "refusal"
                    | "function"
                    | "json_schema"
                    | "json_object"
            ),
            "openai-responses" => matches!(
                word,
                "message"
                    | "input_text"
                    | "output_text"
                    | "input_image"
                    | "input_file"
                    | "refusal"
                    | "function"
                    | "function_call"
                    | "function_call_output"
                    | "custom_tool_call"
                    | "custom_tool_call_output"
                    | "reasoning_text"
                    | "allowed_tools"
                    | "reasoning"
                    | "summary_text"
                    | "json_schema"
                    | "json_object"
            ),
            "anthropic-messages" => matches!(
                word,
                "text"
                    | "image"
                    | "document"
                    | "tool_use"
                    | "tool_result"
                    | "thinking"
                    | "redacted_thinking"
                    | "base64"
                    | "url"
                    | "file"
                    | "json_schema"
                    | "custom"
                    | "tool"
                    | "enabled"
            ),
            _ => false,
        },
        // Where a tool call stands in its list.
        "index" => path == "messages[].tool_calls[].index",
        // Part of a whole answer once; every item of a finished one is.
        "status" => front == "openai-responses" && word == "completed",
        _ => false,
    }
}

fn is_default(front: &str, path: &str, value: &Value, caller: &Value) -> bool {
    let word = value.as_str().unwrap_or_default();
    match (front, path) {
        ("openai-chat", "n") => value == 1,
        ("openai-chat", "logprobs" | "store") => value == false,
        ("openai-chat", "top_logprobs") => value == 0,
        ("openai-chat" | "openai-responses", "service_tier") => matches!(word, "auto" | "default"),
        ("openai-chat" | "openai-responses", "parallel_tool_calls") => {
            value == true || caller["tools"].is_null()
        }
        (_, "frequency_penalty" | "presence_penalty") => value.as_f64() == Some(0.0),
        (_, "temperature" | "top_p" | "generationConfig.topP") => value.as_f64() == Some(1.0),
        ("openai-chat", "messages[].prefix") => value == false,
        // Any object.
        ("openai-chat", "tools[].function.parameters") => true,
        // It is what `source.type` says.
        ("anthropic-messages", "messages[].content[].source.media_type") => word == "text/plain",
        ("openai-chat", "response_format.type") => word == "text",
        ("openai-chat" | "openai-responses", "tool_choice") => {
            word == "auto" || (word == "none" && caller["tools"].is_null())
        }
        ("openai-chat", "modalities[]") => word == "text",
        ("openai-chat", "verbosity") | ("openai-responses", "text.verbosity") => word == "medium",
        ("openai-chat", "tools[].function.strict") => value == false,
        ("openai-responses", "tools[].strict") => value == false,
        (_, "messages[].content[].image_url.detail" | "input[].content[].detail") => word == "auto",
        ("openai-responses", "text.format.type") => word == "text",
        ("openai-responses", "truncation") => word == "disabled",
        ("openai-responses", "background") => value == false,
        // Nothing is kept elsewhere.
        ("openai-responses", "store") => value == false,
        // Its seal is in every thought that callers get here.
        ("openai-responses", "include[]") => word == "reasoning.encrypted_content",
        // The ids of items are the caller's list's own; what pairs them is `call_id`.
        ("openai-responses", "input[].id") => true,
        ("anthropic-messages", "tool_choice.type") => word == "auto",
        ("anthropic-messages", "tool_choice.disable_parallel_tool_use") => value == false,
        ("anthropic-messages", "messages[].content[].is_error") => value == false,
        ("anthropic-messages", "tools[].strict") => value == false,
        ("anthropic-messages", "service_tier") => word == "auto",
        ("anthropic-messages", "tools[].allowed_callers[]" | "messages[].content[].caller.type") => {
            word == "direct"
        }
        ("anthropic-messages", "messages[].content[].citations.enabled") => value == false,
        ("gemini", "generationConfig.candidateCount") => value == 1,
        // Of a file at an address; whoever fetches it is told.
        ("gemini", "contents[].parts[].fileData.mimeType" | "contents[].parts[].fileData.mime_type") => true,
        (
            "gemini",
            "generationConfig.thinkingConfig.includeThoughts"
            | "generationConfig.thinkingConfig.include_thoughts",
        ) => value == false,
        ("gemini", "generationConfig.responseMimeType" | "generationConfig.response_mime_type") => {
            // Beside a schema it says nothing more.
            word == "text/plain" || word == "application/json"
        }
        ("gemini", "generationConfig.responseModalities[]") => word == "TEXT",
        ("gemini", "systemInstruction.parts[].thought" | "contents[].parts[].thought") => value == false,
        ("gemini", "toolConfig.functionCallingConfig.mode") => word == "AUTO",
        _ => false,
    }
}

/// What a word is called elsewhere.
pub(crate) fn translated<'a>(key: &str, word: &'a str) -> &'a str {
    match (key, word) {
        ("tool_choice", "required") => "any",
        ("tool_choice" | "type" | "mode", "any" | "ANY") => "required",
        ("mode", "required") => "ANY",
        ("mode", "explicit") => "ephemeral",
        ("format", "mp3") => "audio/mpeg",
        ("mimeType" | "mime_type", "audio/mpeg" | "audio/mp3") => "mp3",
        ("mimeType" | "mime_type", "audio/wav" | "audio/x-wav") => "wav",
        (_, word) => word,
    }
}

/// The same said the other way round: a name and a value, in one form.
pub(crate) fn inverted(key: String, value: String) -> (String, String) {
    match (&*key, &*value) {
        ("disableparalleltooluse", "true") => ("paralleltoolcalls".to_owned(), "false".to_owned()),
        ("disableparalleltooluse", "false") => ("paralleltoolcalls".to_owned(), "true".to_owned()),
        _ => (key, value),
    }
}
