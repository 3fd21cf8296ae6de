//! Turns, written as messages.

use std::borrow::Cow;

use super::body::{Audio, Called, Content as WireContent, File, Image, Message, Part as WirePart, ToolCall};
use super::encode::Writer;
use super::thoughts::{self, Thoughts};
use crate::dialect::canonical::{Content, Part, Position, Role, Source, Text, ToolResult, Turn};
use crate::dialect::openai::media::{data_url, titled};
use crate::failure::{Class, Failure, Report};

/// What a tool is said to have answered where its answer cannot stand in its message.
const SEE_BELOW: &str = "(The result is attached to the next user message.)";
/// What stands between a result and the user's next words, where these must not follow each other.
pub(super) const UNDERSTOOD: &str = "Understood.";

/// Writes the conversation.
///
/// The results of a call must follow it directly, one message each, before anything else: so what a turn holds
/// beside results waits until the last of them is written.
pub(super) fn encode<'a>(writer: &mut Writer<'a, '_>) -> Result<Vec<Message<'a>>, Failure> {
    let mut messages = Vec::with_capacity(writer.request.turns.len());
    let mut waiting: Option<Message<'a>> = None;
    let loop_start = thoughts::loop_start(writer.request);
    for (index, turn) in writer.request.turns.iter().enumerate() {
        writer.is_in_loop = index >= loop_start;
        let has_result = turn.parts.iter().any(|part| matches!(part.content, Content::ToolResult(_)));
        if !has_result {
            messages.extend(waiting.take());
        }
        match turn.role {
            Role::User => user(writer, turn, &mut messages, &mut waiting)?,
            Role::Assistant => messages.extend(assistant(writer, turn)?),
            Role::System | Role::Developer => messages.extend(system(writer, turn)?),
        }
        if !has_result {
            messages.extend(waiting.take());
        }
    }
    messages.extend(waiting);
    if messages.is_empty() {
        return Err(nothing_said(writer.request.names.turns));
    }
    if writer.habits.is_strict {
        return Ok(ordered(writer, messages));
    }
    prefill(writer);
    Ok(messages)
}

/// Words of the assistant at the very end are to be continued. This API answers them afresh.
fn prefill(writer: &mut Writer<'_, '_>) {
    let last = writer.request.turns.last().filter(|turn| turn.role == Role::Assistant);
    let text =
        last.and_then(|turn| turn.parts.last()).filter(|part| matches!(part.content, Content::Text(_)));
    if let Some(part) = text {
        writer.losses.approximated(writer.request.names.part(part.position, ""));
    }
}

/// Mistral's order: the assistant speaks between a result and the user, and what it has begun at the very end it
/// goes on with.
fn ordered<'a>(writer: &mut Writer<'a, '_>, messages: Vec<Message<'a>>) -> Vec<Message<'a>> {
    let mut ordered: Vec<Message<'a>> = Vec::with_capacity(messages.len() + 1);
    for message in messages {
        if message.role == "user" && ordered.last().is_some_and(|last| last.role == "tool") {
            if let Some(position) = message.at {
                writer.losses.approximated(writer.request.names.part(position, ""));
            }
            let content = WireContent(vec![WirePart::text(UNDERSTOOD.into())]);
            ordered.push(Message { role: "assistant", content, ..Message::default() });
        }
        ordered.push(message);
    }
    if let Some(last) = ordered.last_mut().filter(|last| last.role == "assistant") {
        last.prefix = last.tool_calls.is_empty();
    }
    ordered
}

fn system<'a>(writer: &mut Writer<'a, '_>, turn: &'a Turn<'a>) -> Result<Option<Message<'a>>, Failure> {
    let is_newer = writer.known.developer && writer.habits.newer_words;
    let role = if is_newer { "developer" } else { "system" };
    let mut parts = Vec::new();
    for part in &turn.parts {
        parts.push(media(writer, part)?);
    }
    Ok(message(writer, role, turn, parts))
}

fn user<'a>(
    writer: &mut Writer<'a, '_>,
    turn: &'a Turn<'a>,
    messages: &mut Vec<Message<'a>>,
    waiting: &mut Option<Message<'a>>,
) -> Result<(), Failure> {
    let mut parts = Vec::new();
    let mut hoisted = Vec::new();
    for part in &turn.parts {
        if let Content::ToolResult(result) = &part.content {
            drop_cache(writer, part);
            messages.push(tool(writer, result, part.position, &mut hoisted)?);
        } else {
            parts.push(media(writer, part)?);
        }
    }
    hoisted.append(&mut parts);
    match waiting {
        Some(waiting) => waiting.content.0.append(&mut hoisted),
        None => *waiting = message(writer, "user", turn, hoisted),
    }
    Ok(())
}

/// The result of one call. Only text can stand in it: media goes into the user's message that follows.
fn tool<'a>(
    writer: &mut Writer<'a, '_>,
    result: &'a ToolResult<'a>,
    position: Position,
    hoisted: &mut Vec<WirePart<'a>>,
) -> Result<Message<'a>, Failure> {
    if result.is_error {
        writer.losses.dropped(writer.request.names.part(position, "is_error"));
    }
    let mut parts = Vec::new();
    for part in &result.parts {
        match media(writer, part)? {
            text @ WirePart::Text { .. } => parts.push(text),
            other => {
                writer.losses.approximated(writer.request.names.part(part.position, ""));
                hoisted.push(other);
            }
        }
    }
    if parts.is_empty() {
        let text = if result.parts.is_empty() { "" } else { SEE_BELOW };
        parts.push(WirePart::text(Cow::Borrowed(text)));
    }
    let names = writer.request.names;
    let tool_call_id = Some(writer.call_id(&result.id, || names.result_id(position)));
    Ok(Message { role: "tool", tool_call_id, content: WireContent(parts), ..Message::default() })
}

fn assistant<'a>(writer: &mut Writer<'a, '_>, turn: &'a Turn<'a>) -> Result<Option<Message<'a>>, Failure> {
    let mut parts = Vec::new();
    let mut tool_calls = Vec::new();
    let mut thoughts = Thoughts::default();
    for part in &turn.parts {
        match &part.content {
            Content::Reasoning(thought) => {
                drop_cache(writer, part);
                thoughts.add(writer, thought, part.position);
            }
            Content::Refusal(refusal) if writer.habits.refusals => {
                parts.push(WirePart::Refusal { refusal });
            }
            Content::ToolCall(call) => {
                drop_cache(writer, part);
                let arguments = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
                let (names, at) = (writer.request.names, part.position);
                let name = writer.tool_name(&call.name);
                if name != *call.name {
                    writer.losses.renamed(names.call_name(at));
                }
                let id = writer.call_id(&call.id, || names.call_id(at));
                tool_calls.push(ToolCall { id, kind: "function", function: Called { name, arguments } });
            }
            _ => match media(writer, part)? {
                text @ WirePart::Text { .. } => parts.push(text),
                _ => return Err(unsupported(writer, part.position, "")),
            },
        }
    }
    let message = message(writer, "assistant", turn, parts);
    if message.is_none() && tool_calls.is_empty() {
        return Ok(None);
    }
    let message = message.unwrap_or(Message { role: "assistant", ..Message::default() });
    Ok(Some(thoughts.written(Message { tool_calls, ..message })))
}

/// Text, or media that a message of the user can hold.
fn media<'a>(writer: &mut Writer<'a, '_>, part: &'a Part<'a>) -> Result<WirePart<'a>, Failure> {
    if let Content::Text(text) | Content::Refusal(text) = &part.content {
        let (names, position) = (writer.request.names, part.position);
        let cache = part.cache.as_ref();
        let cache_control =
            cache.and_then(|cache| writer.cache(&cache.wish, || names.cache(position, cache)));
        return Ok(WirePart::Text { text: Cow::Borrowed(text), cache_control });
    }
    drop_cache(writer, part);
    Ok(match &part.content {
        Content::Image { source, detail } => {
            let url = match source {
                Source::Url(url) => Cow::Borrowed(&**url),
                Source::Base64 { media_type, data } => Cow::Owned(data_url(media_type, data)),
                _ => return Err(unsupported(writer, part.position, "image")),
            };
            WirePart::ImageUrl { image_url: Image { url, detail: detail.as_deref() } }
        }
        Content::Document { source, name } if writer.habits.document_url => {
            by_url(source, name.as_ref()).ok_or_else(|| unsupported(writer, part.position, "file"))?
        }
        Content::Document { source, name } => {
            document(source, name.as_ref()).ok_or_else(|| unsupported(writer, part.position, "file"))?
        }
        Content::Audio { source: Source::Base64 { media_type, data } } => {
            let format = match &**media_type {
                "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
                "audio/mpeg" | "audio/mp3" => "mp3",
                _ => return Err(unsupported(writer, part.position, "input_audio")),
            };
            WirePart::InputAudio { input_audio: Audio { data, format } }
        }
        Content::Unknown { kind, .. } => return Err(unsupported(writer, part.position, kind)),
        _ => return Err(unsupported(writer, part.position, "")),
    })
}

/// A document, if the API takes it: a PDF in the request, or plain text. URLs and other files it does not.
fn document<'a>(source: &'a Source<'a>, name: Option<&'a Text<'a>>) -> Option<WirePart<'a>> {
    match source {
        Source::Text(text) => Some(WirePart::text(titled(text, name))),
        Source::Base64 { media_type, data } if media_type == "application/pdf" => {
            let filename = name.map_or("document.pdf", |name| &**name);
            Some(WirePart::File { file: File { filename, file_data: data_url(media_type, data) } })
        }
        _ => None,
    }
}

/// A document as Mistral takes it: by its URL.
fn by_url<'a>(source: &'a Source<'a>, name: Option<&'a Text<'a>>) -> Option<WirePart<'a>> {
    let document_url = match source {
        Source::Url(url) => Cow::Borrowed(&**url),
        Source::Base64 { media_type, data } if media_type == "application/pdf" => {
            Cow::Owned(data_url(media_type, data))
        }
        _ => return document(source, name),
    };
    Some(WirePart::DocumentUrl { document_url, document_name: name.map(|name| &**name) })
}

/// A message; none where there is nothing to say.
fn message<'a>(
    writer: &mut Writer<'a, '_>,
    role: &'static str,
    turn: &'a Turn<'a>,
    parts: Vec<WirePart<'a>>,
) -> Option<Message<'a>> {
    if parts.is_empty() {
        return None;
    }
    let at = turn.parts.iter().map(|part| part.position).find(|position| position.turn.is_some());
    let mut name = turn.name.as_deref();
    if let (false, Some(_), Some(at)) = (writer.habits.names, name, at.and_then(|at| at.turn)) {
        writer.losses.dropped(format!("{}[{at}].name", writer.request.names.turns));
        name = None;
    }
    Some(Message { role, name, content: WireContent(parts), at, ..Message::default() })
}

fn drop_cache(writer: &mut Writer<'_, '_>, part: &Part<'_>) {
    if let Some(cache) = &part.cache {
        writer.losses.dropped(writer.request.names.cache(part.position, cache));
    }
}

fn unsupported(writer: &Writer<'_, '_>, position: Position, field: &str) -> Failure {
    let path = writer.request.names.part(position, field);
    let mut report = Report::new(format!("This model cannot be sent '{path}'."));
    report.param = Some(path.into_owned());
    Failure::new(Class::Unsupported).with_report(report)
}

fn nothing_said(turns: &str) -> Failure {
    let report =
        Report { param: Some(turns.to_owned()), ..Report::new(format!("{turns}: nothing is said in them")) };
    Failure::new(Class::Unsupported).with_report(report)
}
