//! Going on with a stream that was cut.

use super::stream::{Decoder, Encoder};
use super::{request, response};
use crate::dialect::members::{Members, appended, is_void, may_begin, string};
use crate::dialect::sse::Frame;
use crate::dialect::told::{Told, wants_plain_text};
use crate::dialect::{Flavour, Reply, Resumed, Target, Vendor};

/// What a delta of plain text holds. What stands in others is read by the decoder, or by nobody.
const DELTA: &[&str] = &["role", "content"];

/// Who goes on with the assistant's last words. Mistral is told to by a mark of its own; OpenRouter passes them on
/// to models that can. OpenAI's models, and servers that nobody has said more of, answer them.
pub(super) fn continues(target: &Target<'_>) -> bool {
    let known = target.capabilities;
    match target.flavour {
        Flavour::Mistral => known.prefill,
        Flavour::OpenRouter => known.prefill && known.vendor == Some(Vendor::Anthropic),
        _ => false,
    }
}

pub(super) fn resume(body: &[u8], sent: &[u8]) -> Option<Resumed<Encoder>> {
    let asked = request::decode(body).ok().filter(wants_plain_text)?;
    let mut created = None;
    let told = Told::read(Decoder::default(), sent, &mut |frame| look(frame, &mut created))?;
    let reply = Reply::new(told.model.unwrap_or_default(), created.unwrap_or_default());
    let reply = reply.with_usage(asked.wants_usage);
    let id = told.id.unwrap_or_else(|| response::answer_id(None, &reply).into_owned());
    let encoder = Encoder::resumed(reply, &id, &told.text);
    Some(Resumed::new(told.text, told.usage, encoder))
}

/// Notes when the answer was made, and refuses what an answer of text does not hold.
fn look(frame: &Frame<'_>, created: &mut Option<u64>) -> Option<()> {
    let chunk = Members::read(frame.data.as_deref()?.trim_ascii())?;
    *created = created.or_else(|| chunk.get("created")?.parse().ok());
    let choices: Vec<Members<'_>> = serde_json::from_str(chunk.get("choices").unwrap_or("[]")).ok()?;
    let delta = match &choices[..] {
        [] => return Some(()),
        [choice] => choice.get("delta")?,
        _ => return None,
    };
    let delta: Members<'_> = serde_json::from_str(delta).ok()?;
    delta.iter().all(|(name, value)| DELTA.contains(&name) || is_void(value)).then_some(())
}

pub(super) fn continue_request(body: &[u8], text: &str) -> Option<Vec<u8>> {
    request::decode(body).ok().filter(may_begin)?;
    let mut members = Members::read(body)?;
    let turn = format!(r#"{{"role":"assistant","content":{}}}"#, string(text));
    let messages = appended(members.get("messages")?, &turn)?;
    members.set("messages", messages);
    members.spend("max_tokens", text);
    members.spend("max_completion_tokens", text);
    Some(members.write().into_bytes())
}
