use std::borrow::Cow;

use serde_json::value::RawValue;

use super::finish::Held;
use super::wire::{self, Item, Part, Parts, Response};
use super::{annotation, finish, ids, logprobs, usage};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Answer, Choice, Content, Reasoning, Text, ToolCall};
use crate::dialect::openai::leaf::{self, Raw, text};
use crate::dialect::openai_responses::{NAME, sealed};
use crate::dialect::surrogates::mended;

/// Reads a whole answer.
pub(crate) fn decode(body: &[u8]) -> Result<Answer<'_>, Invalid> {
    // Nearly every answer is a list of items of known kinds, and then one pass will do.
    if let Ok(response) = leaf::object::<Response<'_, Vec<Item<'_>>>>(body) {
        if response.output.iter().flatten().all(is_known) {
            let (output, response) = response.split();
            return answer(
                &response,
                output.map(|items| items.into_iter().map(|item| (item, None)).collect()),
            );
        }
    }
    let (output, response) = leaf::object::<Response<'_, Vec<&RawValue>>>(body)?.split();
    // An item that is not known may look as it likes, but one that is must not be left out.
    if output.iter().flatten().any(|item| leaf::read::<Item<'_>>(Some(item)).is_none() && has_halves(item)) {
        return Err(Invalid::new("The answer has half of a character in it.").at("output"));
    }
    let items = output.map(|items| items.into_iter().map(with_raw).collect());
    answer(&response, items)
}

fn has_halves(item: &RawValue) -> bool {
    mended(item.get().as_bytes()).is_some()
}

type Items<'a> = Vec<(Item<'a>, Raw<'a>)>;

impl<'a, O> Response<'a, O> {
    /// The output, and the rest.
    fn split(self) -> (Option<O>, Response<'a, ()>) {
        let Self { id, created_at, model, status, error, incomplete_details, usage, output } = self;
        (output, Response { id, created_at, model, status, error, incomplete_details, usage, output: None })
    }
}

fn is_known(item: &Item<'_>) -> bool {
    item.kind
        .is_some_and(|kind| matches!(kind.get(), r#""message""# | r#""function_call""# | r#""reasoning""#))
}

fn with_raw(raw: &RawValue) -> (Item<'_>, Raw<'_>) {
    (leaf::read(Some(raw)).unwrap_or_default(), Some(raw))
}

fn answer<'a>(response: &Response<'a, ()>, output: Option<Items<'a>>) -> Result<Answer<'a>, Invalid> {
    let status = text(response.status);
    if response.error.is_some() || status.as_deref() == Some("failed") {
        return Err(Invalid::new("The answer is an error.").at("error"));
    }
    let Some(items) = output else { return Err(Invalid::new("The answer has no output.").at("output")) };
    let id = text(response.id);
    let mut choice = said(items, id.as_deref().unwrap_or_default());
    choice.finish = finish::read(status, response.incomplete_details, Held::of(&choice.parts));
    Ok(Answer {
        id,
        model: text(response.model),
        created: leaf::count(response.created_at),
        choices: vec![choice],
        usage: usage::read(response.usage),
    })
}

/// What a list of items says, for streams that tell it only at their end.
pub(crate) fn output<'a>(output: Vec<&'a RawValue>, response: &str) -> Choice<'a> {
    said(output.into_iter().map(with_raw).collect(), response)
}

fn said<'a>(items: Items<'a>, response: &str) -> Choice<'a> {
    let (mut parts, mut tokens) = (Vec::new(), Vec::new());
    for (index, (item, raw)) in items.into_iter().enumerate() {
        let kind = text(item.kind);
        match kind.as_deref() {
            Some("message") => message(item.content, &mut parts, &mut tokens),
            Some("reasoning") => parts.extend(reasoning(item).map(Content::Reasoning)),
            Some("function_call") => parts.extend(call(&item, response, index).map(Content::ToolCall)),
            // Tools that the provider runs, and those of its own kinds: nothing that any caller takes for a call
            // of a function.
            _ => parts.extend(
                kind.zip(raw).map(|(kind, raw)| Content::Unknown { kind, value: Cow::Borrowed(raw) }),
            ),
        }
    }
    Choice { parts, finish: None, logprobs: logprobs::wrap(tokens) }
}

fn message<'a>(content: Parts<'a>, parts: &mut Vec<Content<'a>>, tokens: &mut Vec<&'a str>) {
    match content {
        Parts::None => {}
        Parts::Text(text) if text.is_empty() => {}
        Parts::Text(text) => parts.push(Content::Text(text)),
        Parts::List(list) => list.into_iter().for_each(|part| message_part(part, parts, tokens)),
    }
}

fn message_part<'a>(part: Part<'a>, parts: &mut Vec<Content<'a>>, tokens: &mut Vec<&'a str>) {
    if let Some(refusal) = part.refusal.0 {
        return parts.push(Content::Refusal(refusal));
    }
    let Some(text) = part.text.0 else { return };
    parts.push(Content::Text(text));
    if part.annotations.is_some_and(|list| list.get() != "[]") {
        let citations = wire::list(part.annotations).into_iter().map(annotation::read);
        parts.extend(citations.map(Content::Citation));
    }
    tokens.extend(part.logprobs.map(|list| list.get()));
}

/// A thought, if it shows or seals anything.
fn reasoning(item: Item<'_>) -> Option<Reasoning<'_>> {
    let signature = signature(&item);
    let text = reasoning_text(item.summary).or_else(|| reasoning_text(item.content));
    if text.is_none() && signature.is_none() {
        return None;
    }
    Some(Reasoning {
        text: text.unwrap_or_default(),
        signature,
        redacted: None,
        issuer: Some(Cow::Borrowed(NAME)),
    })
}

/// The text of a thought, its parts a paragraph each.
fn reasoning_text(parts: Parts<'_>) -> Option<Text<'_>> {
    let list = match parts {
        Parts::None => return None,
        Parts::Text(text) => return (!text.is_empty()).then_some(text),
        Parts::List(list) => list,
    };
    list.into_iter().filter_map(|part| part.text.0).reduce(|mut whole, part| {
        let said = whole.to_mut();
        said.push_str("\n\n");
        said.push_str(&part);
        whole
    })
}

/// The seal on a thought.
pub(crate) fn signature<'a>(item: &Item<'a>) -> Option<Text<'a>> {
    let encrypted = text(item.encrypted_content)?;
    sealed::pack(text(item.id).as_deref(), Some(&encrypted))
}

fn call<'a>(item: &Item<'a>, response: &str, index: usize) -> Option<ToolCall<'a>> {
    Some(ToolCall {
        id: call_id(item, response, index),
        name: text(item.name)?,
        arguments: item.arguments.map_or(Cow::Borrowed(""), leaf::json_text),
    })
}

/// The id that a call's result will name.
pub(crate) fn call_id<'a>(item: &Item<'a>, response: &str, index: usize) -> Text<'a> {
    let id = text(item.call_id).or_else(|| text(item.id));
    id.unwrap_or_else(|| Cow::Owned(ids::call(response, index)))
}
