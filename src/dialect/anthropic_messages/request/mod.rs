//! A caller's request, read.

mod blocks;
mod settings;
mod tools;
mod top;

pub(super) use self::blocks::{Blocks, is_plain, read_block, read_blocks};

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use self::top::{Message, Top};
use super::wire::{self, Object, Str};
use super::{NAMES, json, peek};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Extra, Part, Position, Request, Role, Turn};

/// Reads a whole request.
pub(super) fn decode(body: &[u8]) -> Result<Request<'_>, Invalid> {
    let text = peek::text(body)?;
    let mut top: Top<'_> = serde_json::from_str(text).map_err(|error| locate(text, &error))?;
    let required = |field: &str| wire::wrong(field, "Field required");
    let model = top.model.ok_or_else(|| required("model"))?;
    let Str(model) = wire::read("model", model)?;
    let mut request = Request::new(&NAMES, model);
    request.wants_usage = true;
    request.stream = optional("stream", top.stream)?.unwrap_or(false);
    let max_tokens = top.max_tokens.ok_or_else(|| required("max_tokens"))?;
    request.max_tokens = Some(wire::read("max_tokens", max_tokens)?);
    let messages = top.messages.take().ok_or_else(|| required("messages"))?;
    request.turns.reserve(messages.len() + 1);
    request.turns.extend(system(top.system, &mut request.extra)?);
    for (index, Object(message)) in messages.into_iter().enumerate() {
        request.turns.push(turn(index, message, &mut request.extra)?);
    }
    tools::read(&mut top, &mut request)?;
    settings::read(&mut top, &mut request)?;
    thread(top.thread, &mut request)?;
    Ok(request)
}

#[derive(serde::Deserialize)]
struct Thread<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

/// What the provider keeps of the conversation. One that begins is all here, and anybody can answer it; one that
/// goes on is not.
fn thread<'a>(thread: Option<&'a RawValue>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let Some(raw) = thread else { return Ok(()) };
    let Object(Thread { kind }) = wire::read("thread", raw)?;
    let extra = Extra::new("thread", Cow::Borrowed(raw));
    if kind == "create" {
        request.extra.push(extra);
    } else {
        request.state = Some(extra);
    }
    Ok(())
}

/// Reads a field that need not be there.
fn optional<'a, T>(path: &str, raw: Option<&'a RawValue>) -> Result<Option<T>, Invalid>
where
    T: serde::Deserialize<'a>,
{
    raw.map(|raw| wire::read(path, raw)).transpose()
}

fn system<'a>(system: Option<&'a RawValue>, extra: &mut Vec<Extra<'a>>) -> Result<Option<Turn<'a>>, Invalid> {
    let Some(raw) = system else { return Ok(None) };
    let at = Position { turn: None, field: "system", index: None };
    let parts = blocks::parts("system", raw, at, extra)?;
    Ok((!parts.is_empty()).then_some(Turn { role: Role::System, name: None, parts }))
}

fn turn<'a>(index: usize, message: Message<'a>, extra: &mut Vec<Extra<'a>>) -> Result<Turn<'a>, Invalid> {
    let role = match &*message.role {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => {
            let path = format!("messages.{index}.role");
            return Err(wire::wrong(&path, "Input should be 'user' or 'assistant'"));
        }
    };
    let at = Position { turn: u32::try_from(index).ok(), field: "content", index: None };
    let path = Path { turn: index };
    let parts: Vec<Part<'a>> = blocks::parts(&path, message.content, at, extra)?;
    for (name, value) in message.rest {
        note(extra, format!("messages[{index}].{name}"), Some(value));
    }
    Ok(Turn { role, name: None, parts })
}

/// Where something is, spelled out only when it is wrong.
pub(super) trait Place {
    fn spell(&self) -> Cow<'_, str>;
}

impl Place for str {
    fn spell(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

struct Path {
    turn: usize,
}

impl Place for Path {
    fn spell(&self) -> Cow<'_, str> {
        Cow::Owned(format!("messages.{}.content", self.turn))
    }
}

/// Notes a field that the hub has no place for, unless it says nothing.
fn note<'a>(extra: &mut Vec<Extra<'a>>, path: impl Into<Cow<'a, str>>, value: Option<&'a RawValue>) {
    if let Some(value) = value.filter(|value| !json::is_void(value)) {
        extra.push(Extra::new(path, Cow::Borrowed(value)));
    }
}

/// The fields of a small object, for which one more look costs nothing, that are none of `known`.
fn note_rest<'a>(
    extra: &mut Vec<Extra<'a>>,
    raw: &'a RawValue,
    known: &[&str],
    path: &dyn Fn(&str) -> Cow<'static, str>,
) {
    let Ok(fields) = serde_json::from_str::<BTreeMap<Str<'a>, &'a RawValue>>(raw.get()) else { return };
    for (Str(name), value) in fields.into_iter().filter(|(Str(name), _)| !known.contains(&&**name)) {
        note(extra, path(&name), Some(value));
    }
}

#[derive(serde::Deserialize)]
struct Lists<'a> {
    #[serde(borrow, default)]
    messages: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tools: Option<&'a RawValue>,
}

/// The one pass that reads a good request does not know where a bad one is wrong: so it is read again, level
/// by level.
fn locate(text: &str, error: &serde_json::Error) -> Invalid {
    if !error.is_data() {
        return peek::syntax(error);
    }
    let Ok(Object(lists)) = serde_json::from_str::<Object<Lists<'_>>>(text) else {
        return peek::syntax(error);
    };
    let read = || -> Result<(), Invalid> {
        if let Some(messages) = lists.messages {
            let messages: Vec<&RawValue> = wire::read("messages", messages)?;
            for (index, message) in messages.into_iter().enumerate() {
                let Object(message): Object<Loose<'_>> = wire::read(&format!("messages.{index}"), message)?;
                let _: Str<'_> = wire::read(&format!("messages.{index}.role"), message.role)?;
            }
        }
        if let Some(tools) = lists.tools {
            let _: Vec<&RawValue> = wire::read("tools", tools)?;
        }
        Ok(())
    };
    read().err().unwrap_or_else(|| peek::syntax(error))
}

#[derive(serde::Deserialize)]
struct Loose<'a> {
    #[serde(borrow)]
    role: &'a RawValue,
    #[serde(borrow, rename = "content")]
    _content: &'a RawValue,
}
