//! Parts of a message's content, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::read::{self, Object, Path};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Cache, Content, Extra, Part, Position, Reasoning, Source, Text};
use crate::dialect::openai::media::base64;
use crate::dialect::openai_chat::{NAME, wire};

/// Reads content: a string, or a list of parts.
pub(super) fn decode<'a>(
    path: &Path<'_>,
    turn: u32,
    value: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Vec<Part<'a>>, Invalid> {
    let position = |index| Position { turn: Some(turn), field: "content", index };
    if value.get().starts_with('"') {
        return Ok(vec![Part::new(Content::Text(read::text(path, value)?), position(None))]);
    }
    if !value.get().starts_with('[') {
        return Err(path.wrong("one of a string or array of objects", value));
    }
    let mut parts = Vec::new();
    for (index, item) in read::list(path, value)?.into_iter().enumerate() {
        let path = &path.index(index);
        let position = position(Some(index as u32));
        if item.get().starts_with('"') {
            // Not in the reference, but several servers and SDKs take it.
            parts.push(Part::new(Content::Text(read::text(path, item)?), position));
            continue;
        }
        let mut fields = Object::read(path, item)?;
        let content = content(path, item, &mut fields, extra)?;
        // Two words for one wish; the second of both is a loss, as is any other field that nobody knows.
        let cache = ["cache_control", "prompt_cache_breakpoint"]
            .into_iter()
            .find_map(|field| Some(Cache::new(field, Cow::Borrowed(fields.take(field)?))));
        // A part that nobody knows is kept whole.
        if !matches!(content, Content::Unknown { .. }) {
            fields.note_rest(path, extra);
        }
        parts.push(Part { content, position, cache });
    }
    Ok(parts)
}

fn content<'a>(
    path: &Path<'_>,
    item: &'a RawValue,
    fields: &mut Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Content<'a>, Invalid> {
    let kind = fields.required_text(path, "type")?;
    Ok(match &*kind {
        "text" => Content::Text(fields.required_text(path, "text")?),
        "refusal" => Content::Refusal(fields.required_text(path, "refusal")?),
        "image_url" => image(path, fields, extra)?,
        "input_audio" => audio(path, fields, extra)?,
        "file" => file(path, fields, extra)?,
        "thinking" => thought(path, fields)?,
        _ => Content::Unknown { kind, value: Cow::Borrowed(item) },
    })
}

fn image<'a>(
    path: &Path<'_>,
    fields: &mut Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Content<'a>, Invalid> {
    let path = &path.field("image_url");
    let value = fields.take("image_url").ok_or_else(|| path.missing())?;
    // A plain string is Mistral's form.
    let (url, detail) = if value.get().starts_with('"') {
        (read::text(path, value)?, None)
    } else {
        let mut inner = Object::read(path, value)?;
        let read = (inner.required_text(path, "url")?, inner.text(path, "detail")?);
        inner.note_rest(path, extra);
        read
    };
    let detail = detail.filter(|detail| detail != "auto");
    Ok(Content::Image { source: base64(&url).unwrap_or(Source::Url(url)), detail })
}

fn audio<'a>(
    path: &Path<'_>,
    fields: &mut Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Content<'a>, Invalid> {
    let path = &path.field("input_audio");
    let value = fields.take("input_audio").ok_or_else(|| path.missing())?;
    // A plain string is Mistral's form.
    if value.get().starts_with('"') {
        return Ok(Content::Audio { source: sound(read::text(path, value)?) });
    }
    let mut inner = Object::read(path, value)?;
    let data = inner.required_text(path, "data")?;
    let format = inner.required_text(path, "format")?;
    inner.note_rest(path, extra);
    let media_type = match &*format {
        "mp3" => Cow::Borrowed("audio/mpeg"),
        "wav" => Cow::Borrowed("audio/wav"),
        other => Cow::Owned(format!("audio/{other}")),
    };
    Ok(Content::Audio { source: Source::Base64 { media_type, data } })
}

/// Sound whose kind nobody has said: at a URL, or in base64, whose first letters tell.
fn sound(data: Text<'_>) -> Source<'_> {
    if data.starts_with("http://") || data.starts_with("https://") {
        return Source::Url(data);
    }
    if let Some(source) = base64(&data) {
        return source;
    }
    // The letters for `RIFF`.
    let media_type = if data.starts_with("UklGR") { "audio/wav" } else { "audio/mpeg" };
    Source::Base64 { media_type: Cow::Borrowed(media_type), data }
}

/// A thought among the assistant's words: Mistral's form.
fn thought<'a>(path: &Path<'_>, fields: &mut Object<'a>) -> Result<Content<'a>, Invalid> {
    let signature = fields.text(path, "signature")?;
    let path = &path.field("thinking");
    let value = fields.take("thinking").ok_or_else(|| path.missing())?;
    // That the thought is at its end says nothing that goes elsewhere.
    fields.take("closed");
    let text = wire::thought(value).unwrap_or_default();
    Ok(Content::Reasoning(Reasoning {
        text,
        signature,
        issuer: Some(Cow::Borrowed(NAME)),
        ..Reasoning::default()
    }))
}

fn file<'a>(
    path: &Path<'_>,
    fields: &mut Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Content<'a>, Invalid> {
    let mut inner = fields.required_object(path, "file")?;
    let path = &path.field("file");
    let name = inner.text(path, "filename")?;
    let source = match (inner.text(path, "file_data")?, inner.text(path, "file_id")?) {
        (Some(data), _) if data.starts_with("http://") || data.starts_with("https://") => Source::Url(data),
        (Some(data), _) => match base64(&data) {
            Some(source) => source,
            // Some callers leave the prefix out; of what the API takes this way only PDFs need no name.
            None => Source::Base64 { media_type: Cow::Borrowed("application/pdf"), data },
        },
        (None, Some(id)) => Source::File(id),
        (None, None) => return Err(path.field("file_data").missing()),
    };
    inner.note_rest(path, extra);
    Ok(Content::Document { source, name })
}
