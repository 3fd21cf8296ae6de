//! The content of an item, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::dialect::Invalid;
use crate::dialect::canonical::{Cache, Citation, Content, Extra, Part, Position, Role, Source, Text};
use crate::dialect::openai::fields::{self, Object, Path};
use crate::dialect::openai::leaf;
use crate::dialect::openai::media::base64;
use crate::dialect::openai_responses::NAME;

/// Which field of which item is read, and what text in it is called.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) turn: u32,
    pub(super) kind: &'static str,
}

impl Field {
    const fn position(self, index: Option<u32>) -> Position {
        Position { turn: Some(self.turn), field: self.name, index }
    }
}

/// What text of this speaker is called.
pub(super) const fn text_kind(role: Role) -> &'static str {
    match role {
        Role::Assistant => "output_text",
        _ => "input_text",
    }
}

/// Reads content: a string, or a list of parts.
pub(super) fn decode<'a>(
    path: &Path<'_>,
    field: Field,
    value: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Vec<Part<'a>>, Invalid> {
    if value.get().starts_with('"') {
        return Ok(vec![Part::new(Content::Text(fields::text(path, value)?), field.position(None))]);
    }
    if !value.get().starts_with('[') {
        return Err(path.wrong("one of a string or array of objects", value));
    }
    let mut parts = Vec::new();
    for (index, item) in fields::list(path, value)?.into_iter().enumerate() {
        let mut reader = Reader { path: &path.index(index), item, extra };
        let position = field.position(Some(index as u32));
        reader.part(field.kind, position, &mut parts)?;
    }
    Ok(parts)
}

struct Reader<'a, 'p, 'e> {
    path: &'p Path<'p>,
    item: &'a RawValue,
    extra: &'e mut Vec<Extra<'a>>,
}

impl<'a> Reader<'a, '_, '_> {
    /// Reads one part, with the citations that belong to it.
    fn part(&mut self, text: &str, position: Position, parts: &mut Vec<Part<'a>>) -> Result<(), Invalid> {
        let path = self.path;
        let mut fields = Object::read(path, self.item)?;
        let raw = fields.take("type").ok_or_else(|| path.field("type").missing())?;
        let kind = fields::text(&path.field("type"), raw)?;
        let mut citations = Vec::new();
        let content = match &*kind {
            "input_text" | "output_text" => {
                if kind != text {
                    self.keep("type", raw);
                }
                citations = self.citations(&mut fields)?;
                // What the model was sure of when it said so changes nothing any more.
                fields.moot(path, "logprobs", &[], self.extra);
                Content::Text(fields.required_text(path, "text")?)
            }
            "refusal" => Content::Refusal(fields.required_text(path, "refusal")?),
            "input_image" => self.image(&mut fields)?,
            "input_file" => self.file(&mut fields)?,
            "input_audio" => self.audio(&mut fields)?,
            // A part that nobody knows is kept whole.
            _ => {
                let content = Content::Unknown { kind, value: Cow::Borrowed(self.item) };
                parts.push(Part::new(content, position));
                return Ok(());
            }
        };
        const CACHE: &str = "prompt_cache_breakpoint";
        let cache = fields.take(CACHE).map(|wish| Cache::new(CACHE, Cow::Borrowed(wish)));
        fields.keep_rest(path, self.extra);
        parts.push(Part { content, position, cache });
        parts.extend(citations.into_iter().map(|citation| Part::new(citation, position)));
        Ok(())
    }

    fn citations(&mut self, fields: &mut Object<'a>) -> Result<Vec<Content<'a>>, Invalid> {
        let path = &self.path.field("annotations");
        fields.moot(self.path, "annotations", &["[]"], self.extra);
        let Some(value) = fields.take("annotations") else { return Ok(Vec::new()) };
        let items = fields::list(path, value)?;
        let read = |(index, item)| citation(&path.index(index), item).map(Content::Citation);
        items.into_iter().enumerate().map(read).collect()
    }

    fn image(&mut self, fields: &mut Object<'a>) -> Result<Content<'a>, Invalid> {
        let path = self.path;
        fields.moot(path, "detail", &[r#""auto""#], self.extra);
        let detail = fields.text(path, "detail")?;
        let source = match self.data(fields, "image_url")? {
            Some((url, None)) => Source::Url(url),
            Some((_, Some(source))) => source,
            None => {
                Source::File(fields.text(path, "file_id")?.ok_or_else(|| path.field("image_url").missing())?)
            }
        };
        Ok(Content::Image { source, detail })
    }

    fn file(&mut self, fields: &mut Object<'a>) -> Result<Content<'a>, Invalid> {
        let path = self.path;
        fields.moot(path, "detail", &[r#""auto""#], self.extra);
        let name = fields.text(path, "filename")?;
        let raw = fields.peek("file_data");
        let source = match self.data(fields, "file_data")? {
            Some((_, Some(source))) => source,
            Some((data, None)) => {
                // Some callers leave the prefix out.
                self.extra.extend(raw.map(|raw| kept(path, "file_data", raw)));
                Source::Base64 { media_type: Cow::Borrowed("application/pdf"), data }
            }
            None => match fields.text(path, "file_url")? {
                Some(url) => Source::Url(url),
                None => {
                    let id = fields.text(path, "file_id")?;
                    Source::File(id.ok_or_else(|| path.field("file_data").missing())?)
                }
            },
        };
        Ok(Content::Document { source, name })
    }

    /// A URL, and what is in it. One that cannot be put together again as it was is kept.
    #[allow(clippy::type_complexity, reason = "a pair, read once")]
    fn data(
        &mut self,
        fields: &mut Object<'a>,
        name: &str,
    ) -> Result<Option<(Text<'a>, Option<Source<'a>>)>, Invalid> {
        let Some(value) = fields.take(name) else { return Ok(None) };
        let url = fields::text(&self.path.field(name), value)?;
        let source = base64(&url);
        if let Some(Source::Base64 { media_type, data }) = &source {
            let is_plain = url.strip_prefix("data:").and_then(|rest| rest.strip_prefix(&**media_type));
            if is_plain.and_then(|rest| rest.strip_prefix(";base64,")) != Some(data) {
                self.keep(name, value);
            }
        }
        Ok(Some((url, source)))
    }

    fn audio(&mut self, fields: &mut Object<'a>) -> Result<Content<'a>, Invalid> {
        let mut inner = fields.required_object(self.path, "input_audio")?;
        let path = &self.path.field("input_audio");
        let data = inner.required_text(path, "data")?;
        let format = inner.required_text(path, "format")?;
        inner.keep_rest(path, self.extra);
        let media_type = match &*format {
            "mp3" => Cow::Borrowed("audio/mpeg"),
            other => Cow::Owned(format!("audio/{other}")),
        };
        Ok(Content::Audio { source: Source::Base64 { media_type, data } })
    }

    fn keep(&mut self, name: &str, value: &'a RawValue) {
        self.extra.push(kept(self.path, name, value));
    }
}

fn kept<'a>(path: &Path<'_>, name: &str, value: &'a RawValue) -> Extra<'a> {
    Extra::moot(path.field(name).to_string(), Cow::Borrowed(value))
}

fn citation<'a>(path: &Path<'_>, item: &'a RawValue) -> Result<Citation<'a>, Invalid> {
    let mut fields = Object::read(path, item)?;
    let mut text = |name: &str| leaf::text(fields.take(name));
    let (url, title) = (text("url"), text("title"));
    let title = title.or_else(|| text("filename"));
    let (start, end) = (leaf::count(fields.take("start_index")), leaf::count(fields.take("end_index")));
    let raw = Some((Cow::Borrowed(NAME), Cow::Borrowed(item)));
    Ok(Citation { url, title, quote: None, start, end, raw })
}
