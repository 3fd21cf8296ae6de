//! Fields without effect, each for a reason: leaving them out loses nothing.

use serde_json::{Value, json};

use crate::audit::Pair;
use crate::leaves::{Leaf, leaves, pattern};
use crate::senses::{at, is_data, is_schema};

/// Does the field say what holds without it, too, or only how the dialect is written?
pub(crate) fn is_neutral(pair: Pair<'_>, leaf: &Leaf<'_>) -> bool {
    let path = &*pattern(&leaf.path);
    if is_not_allowed(&leaf.path, pair.asked) {
        return true;
    }
    if is_schema(path) {
        return is_of_schemas_only(leaf);
    }
    if is_data(path) {
        return false;
    }
    is_member_bound(pair.front, path)
        || is_absent(path, leaf.value)
        || is_form(pair.front, leaf)
        || is_default(pair, path, leaf.value)
        || is_default_of(pair, path, leaf.value)
        || holds_there_anyway(pair, path, leaf.value)
        || is_said_elsewhere(pair, path, leaf)
}

/// A schema as a whole says which edition of the language it is written in, and gives notes to those who keep it.
/// Neither is for the model.
fn is_of_schemas_only(leaf: &Leaf<'_>) -> bool {
    match leaf.key {
        "$schema" | "$comment" => true,
        // That it may be `null` says its type.
        "default" => leaf.value.is_null(),
        // Told by the order in which the properties are written.
        "propertyOrdering" | "property_ordering" => true,
        // Properties that are none, and none of them required.
        "properties" | "required" => *leaf.value == json!({}) || *leaf.value == json!([]),
        _ => false,
    }
}

/// A tool that the caller declares and does not allow in this call: a member may be shown the others only.
fn is_not_allowed(path: &str, asked: &Value) -> bool {
    let allowed = &asked["tool_choice"]["tools"];
    let index = path.strip_prefix("tools[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    let (Some(allowed), Some(index)) = (allowed.as_array(), index) else { return false };
    !allowed.iter().any(|tool| tool["name"] == asked["tools"][index]["name"])
}

/// What members of that dialect do without being told.
fn holds_there_anyway(pair: Pair<'_>, path: &str, value: &Value) -> bool {
    let is_openai = pair.member.starts_with("openai");
    match path {
        // The form of an answer is always enforced there, and only the vendor's own needs a name for it, which is
        // not for the model: its description is.
        "response_format.json_schema.strict" | "text.format.strict" => value == true && !is_openai,
        "response_format.json_schema.name" | "text.format.name" => !is_openai,
        // A model that does not think does as it is told.
        "reasoning_effort" | "reasoning.effort" => value == "none" && pair.model == "gpt-4.1",
        "thinking.type" => value == "disabled" && pair.model == "gpt-4.1",
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

/// `null`, and lists and texts with nothing in them, ask for nothing.
fn is_absent(path: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        // No arguments.
        Value::String(text) if text == "{}" && path.ends_with("arguments") => true,
        Value::String(text) => text.is_empty() || (text.trim().is_empty() && is_speech(path)),
        Value::Array(items) => items.is_empty(),
        // `{}` may well ask for something: `{"googleSearch": {}}`.
        Value::Object(fields) => {
            fields.is_empty()
                && matches!(
                    path.rsplit('.').next().unwrap_or_default(),
                    // No labels, no settings, no arguments, no schema.
                    "metadata"
                        | "labels"
                        | "logit_bias"
                        | "generationConfig"
                        | "text"
                        | "reasoning"
                        | "args"
                        | "input"
                        | "parameters"
                        | "toolConfig"
                        | "response"
                )
        }
        _ => false,
    }
}

/// White space is refused as a text of its own, where it says nothing.
fn is_speech(path: &str) -> bool {
    path.ends_with("content") || path.ends_with("text")
}

/// Words that say what kind of thing something is. The thing itself has other fields, and they are audited.
fn is_form(front: &str, leaf: &Leaf<'_>) -> bool {
    let path = &*pattern(&leaf.path);
    let word = leaf.value.as_str().unwrap_or_default();
    match leaf.key {
        "role" => {
            matches!(word, "system" | "developer" | "user" | "assistant" | "tool" | "function" | "model")
        }
        // Whether any JSON is wanted has no other field.
        "type" if word == "json_object" => false,
        "type" => kinds(front).contains(&word),
        // Where a tool call stands in its list.
        "index" => path == "messages[].tool_calls[].index",
        // Part of a whole answer once; every item of a finished one is.
        "status" => front == "openai-responses" && word == "completed",
        _ => false,
    }
}

fn kinds(front: &str) -> &'static [&'static str] {
    match front {
        "openai-chat" => {
            &["text", "image_url", "input_audio", "file", "refusal", "function", "json_schema", "thinking"]
        }
        "openai-responses" => &[
            "message",
            "input_text",
            "output_text",
            "input_image",
            "input_file",
            "refusal",
            "function",
            "function_call",
            "function_call_output",
            "custom_tool_call",
            "custom_tool_call_output",
            "reasoning_text",
            "reasoning",
            "summary_text",
            "json_schema",
        ],
        "anthropic-messages" => &[
            "text",
            "image",
            "document",
            "tool_use",
            "tool_result",
            "thinking",
            "redacted_thinking",
            "base64",
            "url",
            "file",
            "json_schema",
            "custom",
            "enabled",
        ],
        _ => &[],
    }
}

/// What is the same as nothing, by the vendors' references.
fn is_default(pair: Pair<'_>, path: &str, value: &Value) -> bool {
    let word = value.as_str().unwrap_or_default();
    let has_no_tools = pair.asked["tools"].as_array().is_none_or(Vec::is_empty);
    match path {
        "frequency_penalty" | "presence_penalty" => value.as_f64() == Some(0.0),
        "temperature" | "top_p" | "generationConfig.topP" | "generationConfig.temperature" => {
            value.as_f64() == Some(1.0)
        }
        "parallel_tool_calls" => value == true || has_no_tools,
        "tool_choice.disable_parallel_tool_use" => value == false || has_no_tools,
        "messages[].content[].image_url.detail" | "input[].content[].detail" => word == "auto",
        "service_tier" => matches!(word, "auto" | "default"),
        _ => false,
    }
}

fn is_default_of(pair: Pair<'_>, path: &str, value: &Value) -> bool {
    let word = value.as_str().unwrap_or_default();
    match (pair.front, path) {
        ("openai-chat", "n") => value == 1,
        ("openai-chat", "logprobs" | "store" | "messages[].prefix" | "tools[].function.strict") => {
            value == false
        }
        ("openai-chat", "top_logprobs") => value == 0,
        ("openai-chat", "modalities[]" | "response_format.type") => word == "text",
        ("openai-chat", "verbosity") | ("openai-responses", "text.verbosity") => word == "medium",
        // Think as you would by default: Groq's word.
        ("openai-chat", "reasoning_effort") => word == "default",
        ("openai-responses", "tools[].strict" | "background") => value == false,
        ("openai-responses", "text.format.type") => word == "text",
        ("openai-responses", "truncation") => word == "disabled",
        // Nothing is kept elsewhere.
        ("openai-responses", "store") => value == false,
        // Its seal is in every thought that callers get here.
        ("openai-responses", "include[]") => word == "reasoning.encrypted_content",
        // The ids of items are the caller's list's own; what pairs them is `call_id`.
        ("openai-responses", "input[].id") => true,
        ("anthropic-messages", "messages[].content[].is_error" | "tools[].strict") => value == false,
        ("anthropic-messages", "messages[].content[].citations.enabled") => value == false,
        ("anthropic-messages", "tools[].allowed_callers[]" | "messages[].content[].caller.type") => {
            word == "direct"
        }
        // It is what `source.type` says.
        ("anthropic-messages", "messages[].content[].source.media_type") => word == "text/plain",
        ("gemini", "generationConfig.candidateCount") => value == 1,
        (
            "gemini",
            "generationConfig.thinkingConfig.includeThoughts"
            | "generationConfig.thinkingConfig.include_thoughts"
            | "systemInstruction.parts[].thought"
            | "contents[].parts[].thought",
        ) => value == false,
        ("gemini", "generationConfig.responseMimeType" | "generationConfig.response_mime_type") => {
            // Beside a schema it says nothing more.
            word == "text/plain" || (word == "application/json" && has_schema(pair.asked))
        }
        ("gemini", "generationConfig.responseModalities[]") => word == "TEXT",
        _ => false,
    }
}

fn has_schema(asked: &Value) -> bool {
    let config = asked["generationConfig"].as_object().into_iter().flatten();
    config.into_iter().any(|(name, value)| name.to_lowercase().ends_with("schema") && !value.is_null())
}

/// What the request says twice, where the other place is audited.
fn is_said_elsewhere(pair: Pair<'_>, path: &str, leaf: &Leaf<'_>) -> bool {
    match (pair.front, path) {
        // Of a file at an address; whoever fetches it is told, and what kind of part it is says the rest.
        ("gemini", "contents[].parts[].fileData.mimeType" | "contents[].parts[].fileData.mime_type") => true,
        // The call that it answers, by its id or its place, names the function.
        (
            "gemini",
            "contents[].parts[].functionResponse.name" | "contents[].parts[].function_response.name",
        ) => calls(pair.asked, leaf.value),
        ("openai-chat", "messages[].name") => {
            let message = leaf.path.rsplit_once('.').and_then(|(message, _)| at(pair.asked, message));
            let is_result =
                message.is_some_and(|message| message["role"] == "tool" || message["role"] == "function");
            is_result && calls(pair.asked, leaf.value)
        }
        // OpenRouter tells a thought as text, and as details with its seal.
        ("openai-chat", "messages[].reasoning" | "messages[].reasoning_content") => {
            let message = leaf.path.rsplit_once('.').and_then(|(message, _)| at(pair.asked, message));
            let details = message.and_then(|message| message["reasoning_details"].as_array());
            let texts = details.into_iter().flatten();
            let texts: String = texts
                .filter_map(|detail| detail["text"].as_str().or_else(|| detail["summary"].as_str()))
                .collect();
            let is_twice = path.ends_with("reasoning")
                && message.is_some_and(|message| message["reasoning_content"] == *leaf.value);
            is_twice || leaf.value.as_str().is_some_and(|text| text == texts)
        }
        _ => false,
    }
}

/// Does a call in the conversation name this function?
fn calls(asked: &Value, name: &Value) -> bool {
    leaves(asked).iter().any(|leaf| {
        let is_call =
            ["tool_calls[].function.name", "function_call.name", "functionCall.name", "function_call.name"];
        is_call.iter().any(|end| pattern(&leaf.path).ends_with(end)) && leaf.value == name
    })
}
