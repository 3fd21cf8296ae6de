use std::borrow::Cow;

use crate::dialect::Reply;
use crate::dialect::canonical::{Answer, Choice, Citation, Content, Reasoning, Text, ToolCall};
use crate::dialect::cut;
use crate::dialect::openai_chat::{citation, json, reasoning};

/// Writes a whole answer.
pub(crate) fn encode(answer: &Answer<'_>, reply: &Reply) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(br#"{"id":"#);
    json::string(&mut out, &answer_id(answer.id.as_deref(), reply));
    out.extend_from_slice(br#","object":"chat.completion","created":"#);
    json::value(&mut out, &answer.created.unwrap_or(reply.created));
    out.extend_from_slice(br#","model":"#);
    json::string(&mut out, answer.model.as_deref().map_or(&*reply.model, cut::name));
    out.extend_from_slice(br#","choices":["#);
    for (index, each) in answer.choices.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        choice(&mut out, index, each, reply);
    }
    out.push(b']');
    if let Some(usage) = super::known_usage(answer.usage) {
        out.extend_from_slice(br#","usage":"#);
        super::write_usage(&mut out, usage);
    }
    out.push(b'}');
    out
}

/// The id as this dialect's begin. One is made up where the provider gave none: SDKs take it for present.
pub(crate) fn answer_id<'a>(id: Option<&'a str>, reply: &Reply) -> Cow<'a, str> {
    match id.map(cut::name) {
        Some(id) if id.starts_with("chatcmpl-") => Cow::Borrowed(id),
        Some(id) => Cow::Owned(format!("chatcmpl-{id}")),
        None => Cow::Owned(format!("chatcmpl-{:x}", reply.created)),
    }
}

fn choice(out: &mut Vec<u8>, index: usize, choice: &Choice<'_>, reply: &Reply) {
    let said = Said::of(&choice.parts);
    out.extend_from_slice(br#"{"index":"#);
    json::value(out, &index);
    out.extend_from_slice(br#","message":{"role":"assistant","content":"#);
    said.content(out);
    out.extend_from_slice(br#","refusal":"#);
    json::value(out, &said.refusal);
    said.thoughts(out, reply);
    if let Some(audio) = said.audio {
        out.extend_from_slice(br#","audio":"#);
        out.extend_from_slice(audio.as_bytes());
    }
    said.annotations(out);
    said.calls(out);
    out.extend_from_slice(br#"},"logprobs":"#);
    out.extend_from_slice(choice.logprobs.as_ref().map_or("null", |value| value.get()).as_bytes());
    out.extend_from_slice(br#","finish_reason":"#);
    let finish = choice.finish.as_ref();
    json::value(out, &finish.map(|finish| super::finish_word(finish)));
    out.push(b'}');
}

/// Joins texts; one alone is not copied.
fn append<'a>(said: &mut Option<Text<'a>>, text: &'a str) {
    match said {
        Some(said) => said.to_mut().push_str(text),
        None => *said = Some(Cow::Borrowed(text)),
    }
}

/// What was said, by the fields of a message: they keep no order among each other.
#[derive(Default)]
struct Said<'a> {
    text: Option<Text<'a>>,
    refusal: Option<Text<'a>>,
    thoughts: Vec<&'a Reasoning<'a>>,
    calls: Vec<&'a ToolCall<'a>>,
    audio: Option<&'a str>,
    /// With the part of the text that each is about.
    citations: Vec<(&'a Citation<'a>, u64, u64)>,
}

impl<'a> Said<'a> {
    fn of(parts: &'a [Content<'a>]) -> Self {
        let mut said = Self::default();
        let has_citations = parts.iter().any(|part| matches!(part, Content::Citation(_)));
        let (mut from, mut to) = (0, 0);
        for part in parts {
            match part {
                Content::Text(text) => {
                    append(&mut said.text, text);
                    from = to;
                    to += if has_citations { citation::length(text) } else { 0 };
                }
                Content::Citation(cited) => said.citations.push((cited, from, to)),
                Content::Refusal(refusal) => append(&mut said.refusal, refusal),
                Content::Reasoning(thought) => said.thoughts.push(thought),
                Content::ToolCall(call) => said.calls.push(call),
                Content::Unknown { kind, value } if kind == "audio" => said.audio = Some(value.get()),
                _ => {}
            }
        }
        said
    }

    /// `null` beside calls, a refusal or sound; else a string, be it empty: callers index it unasked.
    fn content(&self, out: &mut Vec<u8>) {
        let is_elsewhere = !self.calls.is_empty() || self.refusal.is_some() || self.audio.is_some();
        match &self.text {
            Some(text) => json::string(out, text),
            None if is_elsewhere => out.extend_from_slice(b"null"),
            None => out.extend_from_slice(b"\"\""),
        }
    }

    fn thoughts(&self, out: &mut Vec<u8>, reply: &Reply) {
        let readable: String = self.thoughts.iter().map(|thought| &*thought.text).collect();
        if !readable.is_empty() {
            out.extend_from_slice(br#","reasoning_content":"#);
            json::string(out, &readable);
        }
        let is_sealed = |thought: &&&Reasoning<'_>| thought.signature.is_some() || thought.redacted.is_some();
        for (index, thought) in self.thoughts.iter().filter(is_sealed).enumerate() {
            let start: &[u8] = if index == 0 { br#","reasoning_details":["# } else { b"," };
            out.extend_from_slice(start);
            reasoning::write(out, thought, reply.issuer.as_deref());
        }
        if self.thoughts.iter().any(|thought| is_sealed(&thought)) {
            out.push(b']');
        }
    }

    fn annotations(&self, out: &mut Vec<u8>) {
        let mut list = Vec::new();
        for (cited, from, to) in &self.citations {
            let before = list.len();
            list.push(if before == 0 { b'[' } else { b',' });
            if !citation::write(&mut list, cited, *from, *to) {
                list.truncate(before);
            }
        }
        if !list.is_empty() {
            out.extend_from_slice(br#","annotations":"#);
            out.extend_from_slice(&list);
            out.push(b']');
        }
    }

    fn calls(&self, out: &mut Vec<u8>) {
        for (index, call) in self.calls.iter().enumerate() {
            let start: &[u8] = if index == 0 { br#","tool_calls":[{"id":"# } else { br#",{"id":"# };
            out.extend_from_slice(start);
            json::string(out, &call.id);
            out.extend_from_slice(br#","type":"function","function":{"name":"#);
            json::string(out, &call.name);
            out.extend_from_slice(br#","arguments":"#);
            json::string(out, if call.arguments.is_empty() { "{}" } else { &call.arguments });
            out.extend_from_slice(b"}}");
        }
        if !self.calls.is_empty() {
            out.push(b']');
        }
    }
}
