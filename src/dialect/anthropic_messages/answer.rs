//! Whole answers.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::finish::{self, Held};
use super::glance::glance;
use super::request::{Blocks, is_plain, read_block, read_blocks};
use super::wire::{self, Block, Object, Str, Tokens};
use super::{citation, error, json, peek, provenance};
use crate::dialect::canonical::{Answer, Choice, Content, Reasoning, ToolCall, Usage};
use crate::dialect::hash::hash;
use crate::dialect::scan::Scan;
use crate::dialect::{Invalid, Reply};
use crate::failure::{Class, Failure, Report};

#[derive(serde::Deserialize)]
struct Message<'a, C> {
    #[serde(borrow, default)]
    id: Option<Str<'a>>,
    #[serde(borrow, default)]
    model: Option<Str<'a>>,
    content: C,
    #[serde(borrow, default)]
    stop_reason: Option<Str<'a>>,
    #[serde(borrow, default)]
    stop_sequence: Option<Str<'a>>,
    #[serde(borrow, default)]
    stop_details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
}

/// Reads a whole answer.
pub(super) fn decode(body: &[u8]) -> Result<Answer<'_>, Invalid> {
    let text = peek::text(body)?;
    // Nearly every answer is a list of blocks of known kinds, and then one pass will do.
    if let Ok(Object(message)) = serde_json::from_str::<Object<Message<'_, Vec<Object<Block<'_>>>>>>(text) {
        if message.content.iter().all(|Object(block)| is_plain(block)) {
            let (blocks, message) = message.split();
            let mut parts = Vec::with_capacity(blocks.len());
            blocks.into_iter().for_each(|Object(block)| read_into(&mut parts, block, None));
            return Ok(answer(message, parts));
        }
    }
    let Object(message): Object<Message<'_, &RawValue>> =
        serde_json::from_str(text).map_err(|error| wire::invalid("", &error))?;
    let (raw, message) = message.split();
    Ok(answer(message, contents(raw)?))
}

impl<'a, C> Message<'a, C> {
    /// The content, and the rest.
    fn split(self) -> (C, Message<'a, ()>) {
        let Self { id, model, content, stop_reason, stop_sequence, stop_details, usage } = self;
        (content, Message { id, model, content: (), stop_reason, stop_sequence, stop_details, usage })
    }
}

fn answer<'a>(message: Message<'a, ()>, mut parts: Vec<Content<'a>>) -> Answer<'a> {
    let reason = message.stop_reason.map(|Str(reason)| reason);
    if reason.as_deref() == Some("refusal") {
        parts.extend(explanation(message.stop_details).map(Content::Refusal));
    }
    let sequence = message.stop_sequence.map(|Str(sequence)| sequence);
    let finish = reason.map(|reason| finish::decode(reason, sequence));
    let id = message.id.map(|Str(id)| id);
    name_calls(&mut parts, id.as_deref().unwrap_or_default());
    Answer {
        id,
        model: message.model.map(|Str(model)| model),
        created: None,
        choices: vec![Choice { parts, finish, logprobs: None }],
        usage: Tokens::of(message.usage).map(Tokens::usage),
    }
}

/// A call without a name is none, and one without an id gets one that its result can name.
fn name_calls(parts: &mut Vec<Content<'_>>, answer: &str) {
    let mut index = 0;
    parts.retain_mut(|part| {
        let Content::ToolCall(call) = part else { return true };
        if call.id.is_empty() {
            call.id = invented_id(answer, index).into();
        }
        index += u32::from(!call.name.is_empty());
        !call.name.is_empty()
    });
}

/// An id for a call that came without one, the same whenever it is made up again.
pub(super) fn invented_id(answer: &str, index: u32) -> String {
    format!("toolu_{:024x}", hash(&format!("{answer}#{index}")) >> 32)
}

/// What the provider says to its refusal.
pub(super) fn explanation(details: Option<&RawValue>) -> Option<Cow<'_, str>> {
    #[derive(serde::Deserialize)]
    struct Details<'a> {
        #[serde(borrow, default)]
        explanation: Option<Str<'a>>,
    }
    let Object(details) = serde_json::from_str::<Object<Details<'_>>>(details?.get()).ok()?;
    details.explanation.map(|Str(text)| text).filter(|text| !text.is_empty())
}

fn contents(raw: &RawValue) -> Result<Vec<Content<'_>>, Invalid> {
    let mut parts = Vec::new();
    match read_blocks("content", raw)? {
        Blocks::Text(text) => parts.push(Content::Text(text)),
        Blocks::Known(blocks) => {
            blocks.into_iter().for_each(|Object(block)| read_into(&mut parts, block, None));
        }
        Blocks::Mixed(blocks) => {
            for raw in blocks {
                match read_block("content", raw)? {
                    (_, Some(block)) => read_into(&mut parts, block, Some(raw)),
                    (kind, None) => parts.push(Content::Unknown { kind, value: Cow::Borrowed(raw) }),
                }
            }
        }
    }
    Ok(parts)
}

/// Reads a block, and the citations in it.
fn read_into<'a>(parts: &mut Vec<Content<'a>>, block: Block<'a>, raw: Option<&'a RawValue>) {
    let citations = citation::read_all(block.citations.filter(|_| block.kind == "text"));
    parts.push(content(block, raw));
    parts.extend(citations.into_iter().map(Content::Citation));
}

/// Answers are read more generously than requests: what a provider left out is empty.
fn content<'a>(block: Block<'a>, raw: Option<&'a RawValue>) -> Content<'a> {
    let text = |field: Option<Str<'a>>| field.map(|Str(text)| text).unwrap_or_default();
    match &*block.kind {
        "text" => Content::Text(text(block.text)),
        "tool_use" => Content::ToolCall(ToolCall {
            id: text(block.id),
            name: text(block.name),
            arguments: Cow::Borrowed(block.input.map_or("{}", RawValue::get)),
        }),
        "thinking" => {
            let (issuer, signature) = provenance::unseal(text(block.signature));
            Content::Reasoning(Reasoning {
                text: text(block.thinking),
                signature,
                redacted: None,
                issuer: Some(issuer),
            })
        }
        "redacted_thinking" => {
            let (issuer, redacted) = provenance::unseal(text(block.data));
            let redacted = Some(redacted.unwrap_or_default());
            Content::Reasoning(Reasoning { issuer: Some(issuer), redacted, ..Reasoning::default() })
        }
        // No answer holds any other kind; a provider that sends one gets it carried.
        _ => {
            let value = raw.map_or_else(|| Cow::Borrowed(RawValue::NULL), Cow::Borrowed);
            Content::Unknown { kind: block.kind, value }
        }
    }
}

/// Writes a whole answer.
pub(super) fn encode(answer: &Answer<'_>, reply: &Reply) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(b"{\"id\":");
    json::string(&mut out, &finish::message_id(answer.id.as_deref(), reply.created));
    out.extend_from_slice(b",\"type\":\"message\",\"role\":\"assistant\"");
    json::string_field(&mut out, "model", answer.model.as_deref().unwrap_or(&reply.model));
    json::raw_field(&mut out, "content", "[");
    let choice = answer.choices.first();
    let mut held = Held::default();
    let mut parts = choice.map_or(&[][..], |choice| &choice.parts);
    while let [part, rest @ ..] = parts {
        let is_cited = |part: &Content<'_>| matches!(part, Content::Citation(_));
        let (cited, rest) = rest.split_at(rest.iter().take_while(|part| is_cited(part)).count());
        block(&mut out, (part, cited), &mut held, reply);
        parts = rest;
    }
    out.push(b']');
    let ending = choice.and_then(|choice| choice.finish.as_ref()).and_then(|end| finish::encode(end, held));
    json::key(&mut out, "stop_reason");
    json::string_or_null(&mut out, ending.map(|(reason, _)| reason));
    json::key(&mut out, "stop_sequence");
    json::string_or_null(&mut out, ending.and_then(|(_, sequence)| sequence));
    json::key(&mut out, "usage");
    usage(&mut out, answer.usage.unwrap_or_default());
    out.push(b'}');
    out
}

/// Writes a part, and the citations that follow it.
fn block(out: &mut Vec<u8>, (part, cited): (&Content<'_>, &[Content<'_>]), held: &mut Held, reply: &Reply) {
    let start = |out: &mut Vec<u8>, kind: &str| {
        out.extend_from_slice(if out.last() == Some(&b'[') { b"{" } else { b",{" });
        json::string_field(out, "type", kind);
    };
    match part {
        Content::Text(text) | Content::Refusal(text) => {
            held.refusal |= matches!(part, Content::Refusal(_));
            if text.is_empty() {
                return;
            }
            start(out, "text");
            json::string_field(out, "text", text);
            citations(out, cited);
        }
        Content::ToolCall(call) => {
            held.calls = true;
            start(out, "tool_use");
            json::string_field(out, "id", &call.id);
            json::string_field(out, "name", &call.name);
            json::key(out, "input");
            arguments(out, &call.arguments);
        }
        Content::Reasoning(thought) => {
            let kind = if thought.redacted.is_some() { "redacted_thinking" } else { "thinking" };
            start(out, kind);
            reasoning(out, thought, reply);
        }
        // Media and parts of other dialects have no place in an answer of this one.
        _ => return,
    }
    out.push(b'}');
}

fn citations(out: &mut Vec<u8>, cited: &[Content<'_>]) {
    let mut list = Vec::new();
    for part in cited {
        let Content::Citation(cited) = part else { continue };
        let before = list.len();
        list.push(if before == 0 { b'[' } else { b',' });
        if !citation::write(&mut list, cited) {
            list.truncate(before);
        }
    }
    if !list.is_empty() {
        json::key(out, "citations");
        out.extend_from_slice(&list);
        out.push(b']');
    }
}

fn reasoning(out: &mut Vec<u8>, thought: &Reasoning<'_>, reply: &Reply) {
    let issuer = thought.issuer.as_deref().or(reply.issuer.as_deref());
    if let Some(data) = &thought.redacted {
        return json::string_field(out, "data", &provenance::seal(issuer, Some(data)));
    }
    json::string_field(out, "thinking", &thought.text);
    json::string_field(out, "signature", &provenance::seal(issuer, thought.signature.as_deref()));
}

/// Arguments are an object here. Text that is none, as when the model was cut off, is kept under a key that
/// no schema has: the caller's validation fails on it, as it should, and the text is not lost.
fn arguments(out: &mut Vec<u8>, arguments: &str) {
    match json::object(arguments) {
        Some(object) => out.extend_from_slice(object.get().as_bytes()),
        None if arguments.trim().is_empty() => out.extend_from_slice(b"{}"),
        None => {
            out.extend_from_slice(b"{\"_raw\":");
            json::string(out, arguments);
            out.push(b'}');
        }
    }
}

/// Writes usage. The SDKs want integers for input and output; what went through the cache may be `null`.
pub(super) fn usage(out: &mut Vec<u8>, usage: Usage) {
    let input = usage.input.unwrap_or(0);
    // Some servers tell more cached tokens than the prompt has; the three fields still add up to the prompt.
    let read = usage.cache_read.map(|read| read.min(input));
    let plain = input - read.unwrap_or(0);
    let write = usage.cache_write.map(|write| write.min(plain));
    out.extend_from_slice(b"{\"input_tokens\":");
    json::number(out, plain - write.unwrap_or(0));
    for (name, count) in [("cache_creation_input_tokens", write), ("cache_read_input_tokens", read)] {
        match count {
            Some(count) => json::number_field(out, name, count),
            None => json::raw_field(out, name, "null"),
        }
    }
    json::number_field(out, "output_tokens", usage.output.unwrap_or(0));
    if let Some(reasoning) = usage.reasoning {
        json::raw_field(out, "output_tokens_details", "{\"thinking_tokens\":");
        json::number(out, reasoning);
        out.push(b'}');
    }
    out.push(b'}');
}

/// Reads a 200 far enough to know that it is an answer.
///
/// An answer without content is one only if its end explains that: a stop sequence or the limit came first,
/// or the model refused. `end_turn` does not, although the API does it now and then after results of tools:
/// whoever asked got nothing, and the same question asked again gets an answer.
pub(super) fn check(body: &[u8]) -> Result<(), Failure> {
    let useless = |why: &str| Err(Failure::new(Class::InvalidOutput).with_report(Report::new(why)));
    let Some(scan) = Scan::new(body) else { return useless("the answer is not UTF-8") };
    let Some(seen) = glance(scan) else { return useless("the answer is not a JSON object") };
    if seen.has_error || seen.kind == "error" {
        return Err(error::decode(None, body));
    }
    if !seen.has_content || seen.kind != "message" {
        return useless("the answer is no message");
    }
    match &*seen.stop_reason {
        _ if seen.says_something => Ok(()),
        "refusal" | "max_tokens" | "stop_sequence" | "pause_turn" | "model_context_window_exceeded" => Ok(()),
        _ => useless("the answer is empty"),
    }
}
