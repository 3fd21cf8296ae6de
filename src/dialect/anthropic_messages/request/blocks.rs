use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::provenance;
use super::super::wire::{self, Block, Kind, MediaSource, Object, Str};
use super::{NAMES, Place, note};
use crate::dialect::Invalid;
use crate::dialect::canonical::{
    Cache, Content, Extra, Part, Position, Reasoning, Source, Text, ToolCall, ToolResult,
};

/// The blocks of a content: those that are understood, and those that are only known to be there.
pub(in super::super) enum Blocks<'a> {
    /// The short form: a string.
    Text(Text<'a>),
    /// All are of known kinds.
    Known(Vec<Object<Block<'a>>>),
    /// Some are not.
    Mixed(Vec<&'a RawValue>),
}

const KINDS: &[&str] =
    &["text", "image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking"];

fn is_known(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// Of a known kind, and no document made of blocks: that is one that only this dialect has.
pub(in super::super) fn is_plain(block: &Block<'_>) -> bool {
    let of_blocks = |source: &RawValue| {
        serde_json::from_str::<Object<Kind<'_>>>(source.get()).is_ok_and(|source| source.0.kind == "content")
    };
    is_known(&block.kind) && !(block.kind == "document" && block.source.is_some_and(of_blocks))
}

/// Reads a content in one pass, or sees that it takes two.
pub(in super::super) fn read_blocks<'a, P>(path: &P, raw: &'a RawValue) -> Result<Blocks<'a>, Invalid>
where
    P: Place + ?Sized,
{
    match raw.get().as_bytes().first() {
        Some(b'"') => {
            let Str(text) = wire::read(&path.spell(), raw)?;
            Ok(Blocks::Text(text))
        }
        Some(b'[') => match serde_json::from_str::<Vec<Object<Block<'a>>>>(raw.get()) {
            Ok(blocks) if blocks.iter().all(|block| is_plain(&block.0)) => Ok(Blocks::Known(blocks)),
            _ => wire::read(&path.spell(), raw).map(Blocks::Mixed),
        },
        _ => Err(wire::wrong(&path.spell(), "Input should be a valid string or a valid list")),
    }
}

/// Reads one block that a single pass could not; `None` for one of an unknown kind.
pub(in super::super) fn read_block<'a>(
    path: &str,
    raw: &'a RawValue,
) -> Result<(Text<'a>, Option<Block<'a>>), Invalid> {
    let Object(Kind { kind }) = wire::read(path, raw)?;
    if !is_known(&kind) {
        return Ok((kind, None));
    }
    let Object(block): Object<Block<'a>> = wire::read(path, raw)?;
    let block = is_plain(&block).then_some(block);
    Ok((kind, block))
}

/// Reads a content into parts. `at` is where it stands.
pub(super) fn parts<'a, P>(
    path: &P,
    raw: &'a RawValue,
    at: Position,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Vec<Part<'a>>, Invalid>
where
    P: Place + ?Sized,
{
    let is_nested = at.index.is_some();
    match read_blocks(path, raw)? {
        Blocks::Text(text) => Ok(vec![Part::new(Content::Text(text), at)]),
        Blocks::Known(blocks) => {
            let mut parts = Vec::with_capacity(blocks.len());
            for (index, Object(block)) in blocks.into_iter().enumerate() {
                let spell = || format!("{}.{index}", path.spell());
                shallow(is_nested, &block, &spell)?;
                parts.push(part(&spell, block, indexed(at, index), extra)?);
            }
            Ok(parts)
        }
        Blocks::Mixed(blocks) => {
            let mut parts = Vec::with_capacity(blocks.len());
            for (index, raw) in blocks.into_iter().enumerate() {
                let at = indexed(at, index);
                let spell = || format!("{}.{index}", path.spell());
                parts.push(match read_block(&spell(), raw)? {
                    (_, Some(block)) => {
                        shallow(is_nested, &block, &spell)?;
                        part(&spell, block, at, extra)?
                    }
                    (kind, None) => Part::new(Content::Unknown { kind, value: Cow::Borrowed(raw) }, at),
                });
            }
            Ok(parts)
        }
    }
}

/// A result holds text and media, and no further result: bodies cannot be nested without end.
fn shallow(is_nested: bool, block: &Block<'_>, spell: &dyn Fn() -> String) -> Result<(), Invalid> {
    if !is_nested || matches!(&*block.kind, "text" | "image" | "document") {
        return Ok(());
    }
    Err(wire::wrong(&spell(), &format!("Input tag '{}' is not allowed in a tool_result", block.kind)))
}

/// Parts inside a tool's result are reported at the result's own place, where the caller can find them.
fn indexed(at: Position, index: usize) -> Position {
    if at.index.is_some() { at } else { Position { index: u32::try_from(index).ok(), ..at } }
}

fn part<'a>(
    spell: &dyn Fn() -> String,
    mut block: Block<'a>,
    at: Position,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Part<'a>, Invalid> {
    let cache = block.cache_control.take().map(|wish| Cache::new("cache_control", Cow::Borrowed(wish)));
    for (field, value) in [("citations", block.citations.take()), ("context", block.context.take())] {
        if let Some(value) = value.filter(|value| !says_no(value)) {
            note(extra, NAMES.part(at, field), Some(value));
        }
    }
    for (name, value) in std::mem::take(&mut block.rest) {
        if !is_default(&name, value) {
            note(extra, NAMES.part(at, &name), Some(value));
        }
    }
    let content = content(spell, block, at, extra)?;
    Ok(Part { content, position: at, cache })
}

/// Answers say by whom a tool is called, and callers send it back: only code that calls is worth a word.
fn is_default(name: &str, value: &RawValue) -> bool {
    name == "caller"
        && serde_json::from_str::<Object<Kind<'_>>>(value.get()).is_ok_and(|caller| caller.0.kind == "direct")
}

/// `citations: {"enabled": false}` asks for nothing.
fn says_no(value: &RawValue) -> bool {
    #[derive(serde::Deserialize)]
    struct Switch {
        enabled: bool,
    }
    serde_json::from_str::<Object<Switch>>(value.get()).is_ok_and(|switch| !switch.0.enabled)
}

fn content<'a>(
    spell: &dyn Fn() -> String,
    block: Block<'a>,
    at: Position,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Content<'a>, Invalid> {
    let need = |field: Option<Str<'a>>, name: &str| {
        field.map(|Str(text)| text).ok_or_else(|| wire::wrong(&wire::join(&spell(), name), "Field required"))
    };
    Ok(match &*block.kind {
        "text" => Content::Text(need(block.text, "text")?),
        "image" => Content::Image { source: source(spell, block.source, at, extra)?, detail: None },
        "document" => {
            let name = block.title.map(|Str(title)| title);
            Content::Document { source: source(spell, block.source, at, extra)?, name }
        }
        "tool_use" => Content::ToolCall(ToolCall {
            id: need(block.id, "id")?,
            name: need(block.name, "name")?,
            arguments: Cow::Borrowed(arguments(spell, block.input)?),
        }),
        "tool_result" => Content::ToolResult(ToolResult {
            id: need(block.tool_use_id, "tool_use_id")?,
            name: None,
            parts: said(spell, block.content, at, extra)?,
            is_error: block.is_error.unwrap_or(false),
        }),
        "thinking" => {
            let text = need(block.thinking, "thinking")?;
            let (issuer, signature) = provenance::unseal(need(block.signature, "signature")?);
            Content::Reasoning(Reasoning { text, signature, redacted: None, issuer: Some(issuer) })
        }
        _ => {
            let (issuer, redacted) = provenance::unseal(need(block.data, "data")?);
            let redacted = Some(redacted.unwrap_or_default());
            Content::Reasoning(Reasoning { issuer: Some(issuer), redacted, ..Reasoning::default() })
        }
    })
}

/// What a tool answered.
fn said<'a>(
    spell: &dyn Fn() -> String,
    raw: Option<&'a RawValue>,
    at: Position,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Vec<Part<'a>>, Invalid> {
    let path = || wire::join(&spell(), "content");
    raw.map_or_else(|| Ok(Vec::new()), |raw| parts(&Lazy(&path), raw, at, extra))
}

struct Lazy<'a>(&'a dyn Fn() -> String);

impl Place for Lazy<'_> {
    fn spell(&self) -> Cow<'_, str> {
        Cow::Owned((self.0)())
    }
}

fn arguments<'a>(spell: &dyn Fn() -> String, input: Option<&'a RawValue>) -> Result<&'a str, Invalid> {
    let path = || wire::join(&spell(), "input");
    let input = input.ok_or_else(|| wire::wrong(&path(), "Field required"))?.get();
    if input.starts_with('{') {
        Ok(input)
    } else {
        Err(wire::wrong(&path(), "Input should be a valid dictionary"))
    }
}

fn source<'a>(
    spell: &dyn Fn() -> String,
    raw: Option<&'a RawValue>,
    at: Position,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Source<'a>, Invalid> {
    let path = || wire::join(&spell(), "source");
    let raw = raw.ok_or_else(|| wire::wrong(&path(), "Field required"))?;
    let Object(media): Object<MediaSource<'a>> = wire::read(&path(), raw)?;
    for (name, value) in media.rest {
        note(extra, NAMES.part(at, &wire::join("source", &name)), Some(value));
    }
    let need = |field: Option<Str<'a>>, name: &str| {
        field.map(|Str(text)| text).ok_or_else(|| wire::wrong(&wire::join(&path(), name), "Field required"))
    };
    Ok(match &*media.kind {
        "base64" => Source::Base64 {
            media_type: need(media.media_type, "media_type")?,
            data: need(media.data, "data")?,
        },
        "url" => Source::Url(need(media.url, "url")?),
        "file" => Source::File(need(media.file_id, "file_id")?),
        "text" => Source::Text(need(media.data, "data")?),
        other => {
            let what =
                format!("Input tag '{other}' found using 'type' does not match any of the expected tags");
            return Err(wire::wrong(&path(), &what));
        }
    })
}
