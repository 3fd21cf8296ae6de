//! What Gemini refuses among the turns of a conversation.

use serde_json::Value;

use super::words::{field, invalid, known};
use crate::testing::wire::{Complaint, responses};

const PART: &[&str] = &[
    "codeExecutionResult",
    "executableCode",
    "fileData",
    "functionCall",
    "functionResponse",
    "inlineData",
    "mediaResolution",
    "partMetadata",
    "text",
    "thought",
    "thoughtSignature",
    "toolCall",
    "toolResponse",
    "videoMetadata",
];

/// The fields of a part of which it has exactly one.
const DATA: &[&str] = &[
    "codeExecutionResult",
    "executableCode",
    "fileData",
    "functionCall",
    "functionResponse",
    "inlineData",
    "text",
    "toolCall",
    "toolResponse",
];

/// Stands for a signature that the caller never had.
const SENTINEL: &str = "skip_thought_signature_validator";

/// The turns of a request, which are in order.
pub(super) fn read(request: &Value, generation: u32) -> Result<&[Value], Complaint> {
    let contents = request["contents"].as_array().map_or(&[][..], Vec::as_slice);
    if contents.is_empty() {
        return Err(Complaint::new("contents", "contents is not specified"));
    }
    for (index, content) in contents.iter().enumerate() {
        let at = format!("contents[{index}]");
        let role = &content["role"];
        if !role.is_null() && role != "user" && role != "model" {
            return Err(Complaint::new("", "Please use a valid role: user, model."));
        }
        one(&at, content)?;
    }
    let system = field(request, "systemInstruction");
    if !system.is_null() {
        one("systemInstruction", system)?;
    }
    pairs(contents)?;
    if generation >= 3 {
        signed(contents)?;
    }
    Ok(contents)
}

fn parts(content: &Value) -> &[Value] {
    content["parts"].as_array().map_or(&[], Vec::as_slice)
}

fn one(at: &str, content: &Value) -> Result<(), Complaint> {
    known(at, content, &["parts", "role"])?;
    // What was nothing may be said again.
    let may_be_empty = content["role"] == "model" || at == "systemInstruction";
    if parts(content).is_empty() && !may_be_empty {
        return Err(Complaint::new(&format!("{at}.parts"), "contents.parts must not be empty."));
    }
    for (index, part) in parts(content).iter().enumerate() {
        one_part(&format!("{at}.parts[{index}]"), part)?;
    }
    Ok(())
}

fn one_part(at: &str, part: &Value) -> Result<(), Complaint> {
    known(at, part, PART)?;
    if DATA.iter().filter(|name| !field(part, name).is_null()).count() != 1 {
        let message = "required oneof field 'data' must have one initialized field";
        return Err(Complaint::new(&format!("{at}.data"), message));
    }
    let signature = field(part, "thoughtSignature");
    if !signature.is_null() {
        check_signature(at, signature)?;
    }
    functions(at, part)?;
    media(at, part)
}

/// A call has arguments, or none; a result has a result; both have a name.
fn functions(at: &str, part: &Value) -> Result<(), Complaint> {
    const FIELDS: &[&str] = &["args", "id", "name", "parts", "response", "scheduling", "willContinue"];
    for (name, object) in [("functionCall", "args"), ("functionResponse", "response")] {
        let (value, at) = (field(part, name), format!("{at}.{name}"));
        if value.is_null() {
            continue;
        }
        known(&at, value, FIELDS)?;
        if value["name"].as_str().is_none_or(str::is_empty) {
            return Err(Complaint::new(&format!("{at}.name"), "Name cannot be empty."));
        }
        let may_lack = object == "args" && value[object].is_null();
        if !value[object].is_object() && !may_lack {
            return Err(invalid(&at, "(type.googleapis.com/google.protobuf.Struct)"));
        }
    }
    Ok(())
}

fn media(at: &str, part: &Value) -> Result<(), Complaint> {
    let (inline, file) = (field(part, "inlineData"), field(part, "fileData"));
    if !inline.is_null() {
        known(&format!("{at}.inlineData"), inline, &["data", "mimeType", "displayName"])?;
        let is_whole = inline["data"].as_str().is_some_and(|data| base64(data).is_some())
            && field(inline, "mimeType").is_string();
        if !is_whole {
            return Err(invalid(&format!("{at}.inlineData"), "(TYPE_BYTES), Base64 decoding failed"));
        }
    }
    if !file.is_null() {
        known(&format!("{at}.fileData"), file, &["fileUri", "mimeType", "displayName"])?;
        if !field(file, "fileUri").is_string() {
            return Err(Complaint::new(&format!("{at}.file_data.file_uri"), "missing field."));
        }
    }
    Ok(())
}

/// Bytes in base64, and none that another vendor wrote.
fn check_signature(at: &str, signature: &Value) -> Result<(), Complaint> {
    let Some(bytes) = signature.as_str().and_then(base64) else {
        return Err(invalid(&format!("{at}.thoughtSignature"), "(TYPE_BYTES), Base64 decoding failed"));
    };
    let text = signature.as_str().unwrap_or_default();
    if bytes.starts_with(b"failover:") || text.starts_with(responses::SEAL) {
        return Err(Complaint::new("", "Thought signature is not valid."));
    }
    Ok(())
}

/// Decodes either alphabet, with or without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    if text == SENTINEL {
        return Some(Vec::new());
    }
    let mut bytes = Vec::new();
    let (mut buffer, mut bits) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    // One letter alone makes no byte.
    (bits < 6).then_some(bytes)
}

fn names<'a>(content: &'a Value, kind: &str) -> Vec<&'a str> {
    let named = |part: &'a Value| field(part, kind)["name"].as_str();
    parts(content).iter().filter_map(named).collect()
}

/// The turn after one with calls has as many results, of the same names, and no other turn has any.
fn pairs(contents: &[Value]) -> Result<(), Complaint> {
    let mut open: Vec<&str> = Vec::new();
    for content in contents {
        let results = names(content, "functionResponse");
        if open.len() != results.len() {
            let message = if open.is_empty() {
                "Please ensure that function response turn comes immediately after a function call turn."
            } else {
                "Please ensure that the number of function response parts is equal to the number of function \
                 call parts of the function call turn."
            };
            return Err(Complaint::new("", message));
        }
        if let Some(name) = results.iter().find(|name| !open.contains(name)) {
            let message = format!("The function response {name} answers no function call.");
            return Err(Complaint::new("", message));
        }
        open = names(content, "functionCall");
    }
    if open.is_empty() {
        return Ok(());
    }
    let message = "Please ensure that function call turn comes before a function response turn.";
    Err(Complaint::new("", message))
}

/// In the turn that is under way, the first call of every step is signed.
fn signed(contents: &[Value]) -> Result<(), Complaint> {
    let is_question = |content: &Value| {
        content["role"] != "model"
            && parts(content).iter().any(|part| field(part, "functionResponse").is_null())
    };
    let begin = contents.iter().rposition(is_question).unwrap_or(0);
    for content in &contents[begin..] {
        let first = parts(content).iter().find(|part| !field(part, "functionCall").is_null());
        if first.is_some_and(|part| field(part, "thoughtSignature").is_null()) {
            let message = "Function call is missing a thought_signature in functionCall parts. This is required \
                           for tools to work correctly, and missing thought_signature may lead to degraded model \
                           performance.";
            return Err(Complaint::new("", message));
        }
    }
    Ok(())
}
