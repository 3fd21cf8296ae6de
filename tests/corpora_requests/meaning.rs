//! Wishes that a member is told in words of his dialect which share nothing with the caller's.

use serde_json::{Value, json};

use crate::audit::Pair;
use crate::leaves::{Leaf, leaves, pattern};
use crate::senses::{at, is_data, is_schema};

/// Does the member's request say the same in words of its own?
pub(crate) fn is_said(pair: Pair<'_>, leaf: &Leaf<'_>) -> bool {
    let path = pattern(&leaf.path);
    if is_schema(&path) {
        return is_told(pair.sent, leaf);
    }
    if is_data(&path) {
        return is_answer(pair.sent, leaf.value);
    }
    let sent = pair.sent;
    let is = |path: &str, value: &str| at(sent, path).is_some_and(|held| held == value);
    let config = |name: &str| &sent["generationConfig"][name];
    match (leaf.key, leaf.value) {
        // What the answer is for, in its schema where there is no other place.
        ("description", Value::String(text)) => leaves(sent).iter().any(|leaf| {
            leaf.key == "description" && leaf.value.as_str().is_some_and(|held| held.contains(&**text))
        }),
        // Token probabilities.
        ("logprobs" | "responseLogprobs" | "include", Value::Bool(true) | Value::String(_)) => {
            let includes = sent["include"].as_array().into_iter().flatten();
            includes.into_iter().any(|word| word == "message.output_text.logprobs")
                || sent["logprobs"] == true
                || *config("responseLogprobs") == true
        }
        // Thoughts are to be seen.
        ("includeThoughts" | "include_thoughts", Value::Bool(true)) => shows(sent),
        ("display", Value::String(word)) => (word == "summarized") == shows(sent),
        // No thoughts are to be had.
        ("type", Value::String(word)) if path == "thinking.type" && word == "disabled" => is_off(sent),
        ("thinkingBudget" | "thinking_budget", Value::Number(none)) if none.as_i64() == Some(0) => {
            is_off(sent)
        }
        ("reasoning_effort" | "effort", Value::String(word)) if word == "none" => is_off(sent),
        // As many as the model likes.
        ("thinkingBudget" | "thinking_budget", Value::Number(own)) if own.as_i64() == Some(-1) => {
            is("thinking.type", "adaptive") || is_as_it_likes(sent)
        }
        ("type", Value::String(word)) if path == "thinking.type" && word == "adaptive" => {
            config("thinkingConfig")["thinkingBudget"] == json!(-1) || is_as_it_likes(sent)
        }
        // Tools are held to their schemas.
        ("strict", Value::Bool(true)) if path.starts_with("tools") => {
            let mode = &sent["toolConfig"]["functionCallingConfig"]["mode"];
            mode == "VALIDATED" || mode == "ANY"
        }
        // Any JSON is wanted.
        ("type", Value::String(word)) if word == "json_object" => is_any_json(sent),
        ("responseMimeType" | "response_mime_type", Value::String(word)) if word == "application/json" => {
            is_any_json(sent)
        }
        ("is_error", Value::Bool(true)) => {
            leaves(sent).iter().any(|leaf| pattern(&leaf.path).contains("functionResponse.response.error"))
        }
        // Text that was sent as data.
        ("data", Value::String(data)) => {
            base64(data).is_some_and(|text| leaves(sent).iter().any(|leaf| *leaf.value == *text))
        }
        _ => false,
    }
}

/// Is the member asked to show its thoughts?
fn shows(sent: &Value) -> bool {
    let is_claude = matches!(sent["thinking"]["type"].as_str(), Some("adaptive" | "enabled"));
    // These two show them to whoever asks for thinking.
    let is_on = |wanted: &Value| wanted.is_object() && wanted["enabled"] != false;
    let is_router = sent["model"] == "anthropic/claude-sonnet-4.5" && is_on(&sent["reasoning"]);
    let is_deepseek = sent["model"] == "deepseek-chat";
    is_router
        || is_deepseek
        || sent["reasoning"]["summary"].is_string()
        || sent["generationConfig"]["thinkingConfig"]["includeThoughts"] == true
        || (is_claude && sent["thinking"]["display"] != "omitted")
}

fn is_off(sent: &Value) -> bool {
    sent["reasoning_effort"] == "none"
        || sent["reasoning"]["enabled"] == false
        || sent["reasoning"]["effort"] == "none"
        || sent["thinking"]["type"] == "disabled"
        || sent["generationConfig"]["thinkingConfig"]["thinkingBudget"] == 0
        // Claude thinks where it is asked to.
        || (sent["model"].as_str().is_some_and(|model| model.contains("claude-sonnet-4"))
            && sent["thinking"].is_null()
            && sent["reasoning"].is_null())
}

/// Models that think do it as they see fit, in the measure that they are told.
fn is_as_it_likes(sent: &Value) -> bool {
    sent["model"].as_str().is_none_or(|model| model != "gpt-4.1")
}

fn is_any_json(sent: &Value) -> bool {
    let format = [&sent["response_format"]["type"], &sent["text"]["format"]["type"]];
    format.iter().any(|word| **word == "json_object" || **word == "json_schema")
        || sent["generationConfig"]["responseMimeType"] == "application/json"
        || !sent["output_config"]["format"].is_null()
}

/// A keyword that the member's subset has no place for is told to the model: in the description of its schema, or
/// with the whole schema in the instructions.
fn is_told(sent: &Value, leaf: &Leaf<'_>) -> bool {
    let told = format!("{}: {}", leaf.key, leaf.value);
    let is_it = |held: &Leaf<'_>| {
        let text = held.value.as_str().unwrap_or_default();
        match held.key {
            "description" => text.contains(&told),
            _ => false,
        }
    };
    leaves(sent).iter().any(is_it)
}

/// The only value of an object that a function answered is told alone.
fn is_answer(sent: &Value, value: &Value) -> bool {
    let text = value.to_string();
    leaves(sent).iter().any(|leaf| *leaf.value == *text)
}

fn base64(data: &str) -> Option<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for digit in data.trim_end_matches('=').bytes() {
        bits = bits << 6 | u32::try_from(DIGITS.iter().position(|known| *known == digit)?).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}
