//! Going on with a stream that was cut.

use super::request;
use super::stream::{Decoder, Encoder};
use crate::dialect::members::{Members, appended, is_void, may_begin, string};
use crate::dialect::sse::Frame;
use crate::dialect::told::{Told, wants_plain_text};
use crate::dialect::{Resumed, Target};

/// This API goes on with what the assistant has begun, as far as the model does. Of one that is not known to do so
/// that is not presumed: servers that imitate the API answer afresh.
pub(super) fn continues(target: &Target<'_>) -> bool {
    target.capabilities.prefill && target.capabilities.continues
}

pub(super) fn resume(body: &[u8], sent: &[u8]) -> Option<Resumed<Encoder>> {
    request::decode(body).ok().filter(wants_plain_text)?;
    let mut blocks = Blocks::default();
    let told = Told::read(Decoder::new(), sent, &mut |frame| blocks.look(frame))?;
    let encoder = Encoder::resumed(blocks.count, blocks.is_open);
    Some(Resumed::new(told.text, told.usage, encoder))
}

/// The blocks of a stream that tells text only, numbered without gaps.
#[derive(Debug, Default)]
struct Blocks {
    has_started: bool,
    count: u64,
    is_open: bool,
}

impl Blocks {
    fn look(&mut self, frame: &Frame<'_>) -> Option<()> {
        let event = Members::read(frame.data.as_deref()?.trim_ascii())?;
        let is_of = |block: u64| event.get("index").and_then(|index| index.parse().ok()) == Some(block);
        let is_last = self.is_open && is_of(self.count.wrapping_sub(1));
        let is_known = match event.get("type")? {
            "\"ping\"" => true,
            "\"message_start\"" => !std::mem::replace(&mut self.has_started, true),
            "\"content_block_start\"" => {
                let is_next = self.has_started && !self.is_open && is_of(self.count);
                self.count += 1;
                self.is_open = true;
                is_next && is_text_block(event.get("content_block")?)
            }
            "\"content_block_delta\"" => {
                let delta: Members<'_> = serde_json::from_str(event.get("delta")?).ok()?;
                is_last && delta.get("type") == Some("\"text_delta\"")
            }
            "\"content_block_stop\"" => {
                self.is_open = false;
                is_last
            }
            _ => false,
        };
        is_known.then_some(())
    }
}

fn is_text_block(block: &str) -> bool {
    let Ok(block) = serde_json::from_str::<Members<'_>>(block) else { return false };
    let is_plain = |(name, value): (&str, &str)| matches!(name, "type" | "text") || is_void(value);
    block.get("type") == Some("\"text\"") && block.iter().all(is_plain)
}

/// The thinking is over: what was begun is text, and cannot be gone on with while the model is told to think.
pub(super) fn continue_request(body: &[u8], text: &str) -> Option<Vec<u8>> {
    request::decode(body).ok().filter(may_begin)?;
    let mut members = Members::read(body)?;
    let turn = format!(r#"{{"role":"assistant","content":{}}}"#, string(text));
    let messages = appended(members.get("messages")?, &turn)?;
    members.set("messages", messages);
    members.spend("max_tokens", text);
    members.remove("thinking");
    Some(members.write().into_bytes())
}
