use std::borrow::Cow;

use crate::dialect::Invalid;
use crate::dialect::canonical::{Answer, Choice, Content, Finish, Text, ToolCall};
use crate::dialect::openai_chat::wire::{self, text};
use crate::dialect::openai_chat::{NAME, citation, names, reasoning};

/// Reads a whole answer.
pub(crate) fn decode(body: &[u8]) -> Result<Answer<'_>, Invalid> {
    let answer: wire::Answer<'_> = wire::object(body)?;
    let Some(choices) = answer.choices else {
        return Err(Invalid::new("The answer has no choices.").at("choices"));
    };
    let id = text(answer.id);
    Ok(Answer {
        choices: choices.into_iter().map(|each| choice(each, id.as_deref().unwrap_or_default())).collect(),
        id,
        model: text(answer.model),
        created: wire::count(answer.created),
        usage: super::read_usage(answer.usage),
    })
}

/// Reads one choice; in the order in which the model produced it, thoughts come first and calls last.
fn choice<'a>(choice: wire::Choice<'a>, id: &str) -> Choice<'a> {
    let message = choice.message.unwrap_or_default();
    let mut parts = Vec::new();
    thoughts(&message, &mut parts);
    content(&message, &mut parts);
    parts.extend(citation::read(message.annotations).into_iter().map(Content::Citation));
    if let Some(refusal) = text(message.refusal) {
        parts.push(Content::Refusal(refusal));
    }
    if let (Some(raw), Some(audio)) = (message.audio, wire::Audio::read(message.audio)) {
        let is_silent = !parts.iter().any(|part| matches!(part, Content::Text(_)));
        parts.extend(audio.transcript().filter(|_| is_silent).map(Content::Text));
        parts.push(Content::Unknown { kind: Cow::Borrowed("audio"), value: Cow::Borrowed(raw) });
    }
    let called = message.tool_calls.unwrap_or_default().into_iter().enumerate();
    parts.extend(called.filter_map(|(index, called)| call(index, called, id)).map(Content::ToolCall));
    if let Some(call) = message.function_call.and_then(|function| legacy(&function, id)) {
        parts.push(Content::ToolCall(call));
    }
    let finish = finish(text(choice.finish_reason), &parts);
    Choice { parts, finish, logprobs: wire::of_object(choice.logprobs) }
}

/// Where a server does not say it, a call is the reason itself. Of anything else it is not known.
fn finish<'a>(word: Option<Text<'a>>, parts: &[Content<'_>]) -> Option<Finish<'a>> {
    let has_calls = parts.iter().any(|part| matches!(part, Content::ToolCall(_)));
    match word {
        Some(word) => Some(super::read_finish(word, has_calls)),
        None => has_calls.then_some(Finish::ToolCalls),
    }
}

fn thoughts<'a>(message: &wire::Message<'a>, parts: &mut Vec<Content<'a>>) {
    let plain = text(message.reasoning_content).or_else(|| text(message.reasoning));
    let thoughts = reasoning::read(plain, message.reasoning_details);
    parts.extend(thoughts.into_iter().map(|mut thought| {
        thought.issuer.get_or_insert(Cow::Borrowed(NAME));
        Content::Reasoning(thought)
    }));
}

/// Content is a string; a list of pieces at Mistral; and some servers parse what they were to produce as JSON.
fn content<'a>(message: &wire::Message<'a>, parts: &mut Vec<Content<'a>>) {
    let Some(content) = message.content else { return };
    if content.get().starts_with('[') {
        let pieces: Vec<wire::Piece<'a>> = wire::read(message.content).unwrap_or_default();
        return parts.extend(pieces.iter().filter_map(piece));
    }
    let text = wire::json_text(content);
    if !text.is_empty() {
        parts.push(Content::Text(text));
    }
}

/// One piece of a list of content.
fn piece<'a>(piece: &wire::Piece<'a>) -> Option<Content<'a>> {
    if let Some(thought) = thinking(piece) {
        let thought = crate::dialect::canonical::Reasoning {
            text: thought,
            signature: wire::text(piece.signature),
            issuer: Some(Cow::Borrowed(NAME)),
            ..Default::default()
        };
        return Some(Content::Reasoning(thought));
    }
    let text = wire::text(piece.text).map(Content::Text);
    text.or_else(|| wire::text(piece.refusal).map(Content::Refusal))
}

/// The thought in a piece of kind `thinking`: a string, or a list of texts.
pub(crate) fn thinking<'a>(piece: &wire::Piece<'a>) -> Option<Text<'a>> {
    if wire::text(piece.kind).as_deref() != Some("thinking") {
        return None;
    }
    wire::thought(piece.thinking?)
}

fn call<'a>(index: usize, call: wire::ToolCall<'a>, answer: &str) -> Option<ToolCall<'a>> {
    let id = text(call.id).unwrap_or_else(|| Cow::Owned(names::invented_id(answer, index)));
    if let Some(name) = call.custom.as_ref().and_then(|custom| text(custom.name)) {
        // Its input is any text: as a JSON string it is at least arguments that parse.
        let arguments = call.custom.and_then(|custom| custom.input).map_or("", |input| input.get());
        return Some(ToolCall { id, name, arguments: Cow::Borrowed(arguments) });
    }
    let function = call.function?;
    Some(ToolCall { id, name: text(function.name)?, arguments: function.all_arguments() })
}

fn legacy<'a>(function: &wire::Function<'a>, answer: &str) -> Option<ToolCall<'a>> {
    let id = Cow::Owned(names::invented_id(answer, 0));
    Some(ToolCall { id, name: text(function.name)?, arguments: function.all_arguments() })
}
