//! Going on with a stream that was cut.

use super::request;
use super::stream::{Decoder, Encoder};
use crate::dialect::members::{Members, appended, is_void, may_begin, string};
use crate::dialect::sse::Frame;
use crate::dialect::told::{Told, wants_plain_text};
use crate::dialect::{Reply, Resumed, Target};

/// What chunks, candidates and parts of plain text hold, in either spelling. Others must be empty.
const CHUNK: &[&str] = &[
    "candidates",
    "usageMetadata",
    "usage_metadata",
    "modelVersion",
    "model_version",
    "responseId",
    "response_id",
    "createTime",
    "create_time",
];
const CANDIDATE: &[&str] =
    &["content", "index", "safetyRatings", "safety_ratings", "tokenCount", "token_count", "avgLogprobs"];
const PART: &[&str] = &["text"];

/// This API goes on with the model's last words, as far as the model is known to.
pub(super) fn continues(target: &Target<'_>) -> bool {
    target.capabilities.prefill && target.capabilities.continues
}

pub(super) fn resume(body: &[u8], sent: &[u8]) -> Option<Resumed<Encoder>> {
    request::decode(body).ok().filter(wants_plain_text)?;
    let told = Told::read(Decoder::default(), sent, &mut look)?;
    let reply = Reply::new(told.model.unwrap_or_default(), 0);
    let encoder = Encoder::resumed(reply, told.id, &told.text);
    Some(Resumed::new(told.text, told.usage, encoder))
}

fn look(frame: &Frame<'_>) -> Option<()> {
    let chunk = Members::read(frame.data.as_deref()?.trim_ascii()).filter(|chunk| holds(chunk, CHUNK))?;
    let candidates: Vec<Members<'_>> = serde_json::from_str(chunk.get("candidates").unwrap_or("[]")).ok()?;
    let [candidate] = &candidates[..] else { return candidates.is_empty().then_some(()) };
    let content: Members<'_> = serde_json::from_str(candidate.get("content").unwrap_or("{}")).ok()?;
    let parts: Vec<Members<'_>> = serde_json::from_str(content.get("parts").unwrap_or("[]")).ok()?;
    (holds(candidate, CANDIDATE) && parts.iter().all(|part| holds(part, PART))).then_some(())
}

fn holds(members: &Members<'_>, known: &[&str]) -> bool {
    members.iter().all(|(name, value)| known.contains(&name) || is_void(value))
}

pub(super) fn continue_request(body: &[u8], text: &str) -> Option<Vec<u8>> {
    request::decode(body).ok().filter(may_begin)?;
    let mut members = Members::read(body)?;
    let turn = format!(r#"{{"role":"model","parts":[{{"text":{}}}]}}"#, string(text));
    let contents = appended(members.get("contents")?, &turn)?;
    members.set("contents", contents);
    for name in ["generationConfig", "generation_config"] {
        let Some(config) = members.get(name) else { continue };
        let mut config: Members<'_> = serde_json::from_str(config).ok()?;
        config.spend("maxOutputTokens", text);
        config.spend("max_output_tokens", text);
        let config = config.write();
        members.set(name, config);
    }
    Some(members.write().into_bytes())
}
