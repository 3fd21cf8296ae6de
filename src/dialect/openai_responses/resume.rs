//! Going on with a stream that was cut.

use bytes::Bytes;

use super::request;
use super::response::envelope::Envelope;
use super::stream::{Decoder, Encoder};
use crate::dialect::members::{Members, appended, is_void, may_begin, string};
use crate::dialect::openai::leaf;
use crate::dialect::sse::{Frame, Splitter};
use crate::dialect::told::{Told, wants_plain_text};
use crate::dialect::{Reply, Resumed};

pub(super) fn resume(body: &[u8], sent: &[u8]) -> Option<Resumed<Encoder>> {
    request::decode(body).ok().filter(wants_plain_text)?;
    let mut begun = Begun::default();
    let told = Told::read(Decoder::default(), sent, &mut |frame| begun.look(frame))?;
    let (envelope, item) = (envelope(&begun.response?)?, begun.item?);
    let encoder = Encoder::resumed(envelope, begun.next, item, &told.text);
    Some(Resumed::new(told.text, told.usage, encoder))
}

/// What was begun: a response, in it a message, in it a text. More than that is not gone on with.
#[derive(Debug, Default)]
struct Begun {
    /// The number of the next event.
    next: u64,
    response: Option<String>,
    /// The id of the message.
    item: Option<String>,
    has_part: bool,
}

impl Begun {
    fn look(&mut self, frame: &Frame<'_>) -> Option<()> {
        let event = Members::read(frame.data.as_deref()?.trim_ascii())?;
        let number = |name| event.get(name).and_then(|number| number.parse::<u64>().ok());
        self.next = number("sequence_number")? + 1;
        let is_first = |name| number(name) == Some(0);
        let is_known = match event.get("type")? {
            "\"keepalive\"" | "\"ping\"" => true,
            "\"response.created\"" | "\"response.queued\"" | "\"response.in_progress\"" => {
                let response = event.get("response")?;
                self.response.get_or_insert_with(|| response.to_owned());
                true
            }
            "\"response.output_item.added\"" => {
                let item: Members<'_> = serde_json::from_str(event.get("item")?).ok()?;
                let is_next = self.response.is_some() && self.item.is_none() && is_first("output_index");
                self.item = leaf::unquoted(item.get("id")?).map(|id| id.into_owned());
                is_next && item.get("type") == Some("\"message\"") && item.get("content").is_none_or(is_void)
            }
            "\"response.content_part.added\"" => {
                let part: Members<'_> = serde_json::from_str(event.get("part")?).ok()?;
                let is_plain = |(name, value): (&str, &str)| name == "type" || is_void(value);
                let is_next = self.item.is_some() && !std::mem::replace(&mut self.has_part, true);
                is_next
                    && is_first("content_index")
                    && part.get("type") == Some("\"output_text\"")
                    && part.iter().all(is_plain)
            }
            "\"response.output_text.delta\"" => {
                let is_plain = event.get("logprobs").is_none_or(is_void);
                self.has_part && is_first("output_index") && is_first("content_index") && is_plain
            }
            _ => false,
        };
        is_known.then_some(())
    }
}

/// The number of the event that comes after `sent`, the end of a stream.
pub(super) fn next_number(sent: &[u8]) -> u64 {
    let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
    splitter.push(Bytes::copy_from_slice(sent));
    let frames = std::iter::from_fn(|| splitter.next_frame()?.ok());
    let last = frames.filter_map(|frame| number_of(&frame.parse())).last();
    last.map_or(0, |last| last.saturating_add(1))
}

fn number_of(frame: &Frame<'_>) -> Option<u64> {
    let event: Members<'_> = serde_json::from_slice(frame.data.as_deref()?.trim_ascii()).ok()?;
    event.get("sequence_number")?.parse().ok()
}

/// The response as it was told at first: the same again, with another status.
fn envelope(response: &str) -> Option<Envelope> {
    let members: Members<'_> = serde_json::from_str(response).ok()?;
    let text = |name| members.get(name).and_then(leaf::unquoted);
    let created = members.get("created_at").and_then(|created| created.parse::<f64>().ok()).unwrap_or(0.0);
    let echo = response.trim().strip_prefix('{')?.strip_suffix('}')?;
    let reply = Reply::default().with_echo(echo);
    // Casts of floats saturate; some servers tell parts of seconds.
    Some(Envelope::new(text("id")?, created as u64, &text("model").unwrap_or_default(), &reply))
}

pub(super) fn continue_request(body: &[u8], text: &str) -> Option<Vec<u8>> {
    request::decode(body).ok().filter(may_begin)?;
    let mut members = Members::read(body)?;
    let text_part = format!(r#"{{"type":"output_text","text":{},"annotations":[]}}"#, string(text));
    let turn = format!(r#"{{"type":"message","role":"assistant","content":[{text_part}]}}"#);
    let input = members.get("input")?;
    let input = if input.starts_with('"') {
        format!(r#"[{{"type":"message","role":"user","content":{input}}},{turn}]"#)
    } else {
        appended(input, &turn)?
    };
    members.set("input", input);
    members.spend("max_output_tokens", text);
    Some(members.write().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_number_follows_that_of_the_last_whole_event_of_the_stream() {
        let event = |number: u64| {
            let nested = r#""response":{"tools":[{"parameters":{"sequence_number":99}}]},"delta":"\"sequence_number\":98""#;
            format!("event: e\ndata: {{\"type\":\"e\",{nested},\"sequence_number\":{number}}}\n\n")
        };
        let next = |sent: &str| next_number(sent.as_bytes());
        assert_eq!(next(""), 0);
        assert_eq!(next(": nothing yet\n\n"), 0);
        assert_eq!(next(&event(6)), 7);
        assert_eq!(next(&format!("{}{}: comment\n\n", event(6), event(7))), 8);
        assert_eq!(next(&format!("{}data: {{\"type\":\"ping\"}}\n\n", event(6))), 7);
        assert_eq!(next(&format!("{}{}", event(6), &event(7)[..20])), 7, "of what was cut nobody knows");
        assert_eq!(next(&format!("half\"}}\n\n{}", event(6))), 7);
        assert_eq!(next("data: {\"sequence_number\":18446744073709551615}\n\n"), u64::MAX);
    }
}
