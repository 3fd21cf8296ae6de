//! The grammar of a stream, as strict as the official SDKs read it, and what a stream adds up to.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

/// What a stream adds up to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Message {
    pub(crate) blocks: Vec<Value>,
    pub(crate) stop_reason: Value,
    pub(crate) stop_sequence: Value,
    pub(crate) usage: BTreeMap<String, u64>,
    pub(crate) is_complete: bool,
}

#[derive(Default)]
struct Checker {
    message: Option<Message>,
    next: u64,
    open: Option<(Value, String)>,
    has_delta: bool,
    is_over: bool,
}

/// Adds a stream up.
///
/// # Errors
/// At the first event that stands where none of its kind may stand.
pub(crate) fn check(stream: &[u8]) -> Result<Message, String> {
    let (frames, is_whole) = super::frames([Bytes::copy_from_slice(stream)]);
    if !is_whole {
        return Err("the last frame was cut".to_owned());
    }
    let mut checker = Checker::default();
    for frame in frames {
        let frame = frame.parse();
        let event = frame.event.ok_or("a frame without an event")?;
        let event = std::str::from_utf8(event).map_err(|error| error.to_string())?;
        let data = frame.data.ok_or("a frame without data")?;
        let data: Value = serde_json::from_slice(&data).map_err(|error| error.to_string())?;
        if data["type"] != event {
            return Err(format!("{event} and {} are two kinds", data["type"]));
        }
        checker.event(event, &data).map_err(|error| format!("{error} at {event}: {data}"))?;
    }
    Ok(checker.message.unwrap_or_default())
}

impl Checker {
    fn event(&mut self, event: &str, data: &Value) -> Result<(), String> {
        if self.is_over {
            return Err("after the end".to_owned());
        }
        match (event, self.message.is_some()) {
            ("ping", _) => Ok(()),
            ("message_start", false) => self.start(&data["message"]),
            ("message_start", true) => Err("a second start".to_owned()),
            (_, false) => Err("before the start".to_owned()),
            ("content_block_start", _) => self.open(data),
            ("content_block_delta", _) => self.delta(data),
            ("content_block_stop", _) => self.close(data),
            ("message_delta", _) => self.ending(data),
            ("message_stop", _) if !self.has_delta => Err("an end without a reason".to_owned()),
            ("message_stop", _) => {
                self.is_over = true;
                self.message.as_mut().unwrap().is_complete = true;
                Ok(())
            }
            _ => Err("an unknown event".to_owned()),
        }
    }

    fn start(&mut self, message: &Value) -> Result<(), String> {
        let is_new = message["id"].as_str().is_some_and(|id| id.starts_with("msg_"))
            && message["role"] == "assistant"
            && message["type"] == "message"
            && message["model"].is_string()
            && message["content"] == json!([])
            && message["stop_reason"].is_null();
        let mut start = Message::default();
        count(&mut start.usage, &message["usage"])?;
        self.message = Some(start);
        is_new.then_some(()).ok_or("a start that is none".to_owned())
    }

    fn open(&mut self, data: &Value) -> Result<(), String> {
        if self.open.is_some() || self.has_delta {
            return Err("a block inside a block, or after the reason for the end".to_owned());
        }
        if data["index"] != self.next {
            return Err(format!("not block {}", self.next));
        }
        self.next += 1;
        let block = &data["content_block"];
        let is_empty = match block["type"].as_str() {
            Some("text") => block["text"] == "",
            Some("thinking") => block["thinking"] == "" && block["signature"] == "",
            Some("tool_use") => {
                block["input"] == json!({}) && block["id"].is_string() && block["name"].is_string()
            }
            Some("redacted_thinking") => block["data"].is_string(),
            _ => false,
        };
        self.open = Some((block.clone(), String::new()));
        is_empty.then_some(()).ok_or("a block that starts with content, or lacks a field".to_owned())
    }

    fn delta(&mut self, data: &Value) -> Result<(), String> {
        let (block, text) = self.open.as_mut().ok_or("no block is open")?;
        if data["index"] != self.next - 1 {
            return Err("of another block".to_owned());
        }
        let delta = &data["delta"];
        let kinds = (block["type"].as_str().unwrap_or(""), delta["type"].as_str().unwrap_or(""));
        let more = match kinds {
            ("text", "text_delta") => &delta["text"],
            ("thinking", "thinking_delta") => &delta["thinking"],
            ("tool_use", "input_json_delta") => &delta["partial_json"],
            ("thinking", "signature_delta") if block["signature"] == "" => {
                block["signature"] = delta["signature"].clone();
                return delta["signature"].is_string().then_some(()).ok_or("no signature".to_owned());
            }
            ("text", "citations_delta") => {
                let citation = delta["citation"].clone();
                match &mut block["citations"] {
                    Value::Array(citations) => citations.push(citation),
                    none => *none = json!([citation]),
                }
                return delta["citation"]["type"].is_string().then_some(()).ok_or("no citation".to_owned());
            }
            _ => return Err("a delta of the wrong kind".to_owned()),
        };
        if kinds.0 == "thinking" && block["signature"] != "" {
            return Err("a thought after its seal".to_owned());
        }
        if kinds.0 == "tool_use" {
            block["started"] = Value::Bool(true);
        }
        text.push_str(more.as_str().ok_or("no text")?);
        Ok(())
    }

    fn close(&mut self, data: &Value) -> Result<(), String> {
        let (mut block, text) = self.open.take().ok_or("no block is open")?;
        if data["index"] != self.next - 1 {
            return Err("of another block".to_owned());
        }
        match block["type"].as_str() {
            Some("text") if text.is_empty() => return Err("an empty text".to_owned()),
            Some("text") => block["text"] = text.into(),
            Some("thinking") if block["signature"] == "" => return Err("a thought without a seal".to_owned()),
            Some("thinking") => block["thinking"] = text.into(),
            Some("tool_use") => {
                if block.as_object_mut().unwrap().remove("started").is_none() {
                    return Err("a call without input_json_delta".to_owned());
                }
                block["input"] = serde_json::from_str(&text).unwrap_or(Value::String(text));
            }
            _ => {}
        }
        self.message.as_mut().unwrap().blocks.push(block);
        Ok(())
    }

    fn ending(&mut self, data: &Value) -> Result<(), String> {
        if self.open.is_some() || self.has_delta {
            return Err("a block is open, or a reason was given".to_owned());
        }
        self.has_delta = true;
        let message = self.message.as_mut().unwrap();
        message.stop_reason = data["delta"]["stop_reason"].clone();
        message.stop_sequence = data["delta"]["stop_sequence"].clone();
        count(&mut message.usage, &data["usage"])?;
        message.stop_reason.is_string().then_some(()).ok_or("no reason".to_owned())
    }
}

fn count(usage: &mut BTreeMap<String, u64>, counts: &Value) -> Result<(), String> {
    for (name, value) in counts.as_object().ok_or("no usage")? {
        if let Some(count) = value.as_u64() {
            usage.insert(name.clone(), count);
        }
    }
    let has_all = ["input_tokens", "output_tokens"].iter().all(|name| usage.contains_key(*name));
    has_all.then_some(()).ok_or("usage without input or output".to_owned())
}
