//! Text and media, written as parts of content.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::object::Object;
use super::{CHAT, Writer};
use crate::dialect::canonical::{Content, Part, Position, Source, Text};
use crate::dialect::openai::media::{data_url, titled};
use crate::failure::Failure;

/// A part of content.
pub(super) enum Piece<'a> {
    /// Text, which may stand alone as a string.
    Text { text: Cow<'a, str>, position: Position, cache: Option<&'a RawValue>, citations: Vec<u8> },
    /// Any other, as JSON.
    Json(Vec<u8>),
}

impl<'a> Writer<'a, '_, '_> {
    /// A part that the caller or a tool may say.
    pub(super) fn media(&mut self, part: &'a Part<'a>) -> Result<Piece<'a>, Failure> {
        let cache = self.cache(part);
        let position = part.position;
        let text = |text| Ok(Piece::Text { text, position, cache, citations: Vec::new() });
        match &part.content {
            Content::Text(said) => text(Cow::Borrowed(said)),
            Content::Document { source: Source::Text(said), name } => text(titled(said, name.as_ref())),
            Content::Refusal(refusal) => self.piece(part, ("refusal", ""), cache, |object| {
                object.text("refusal", refusal);
                true
            }),
            Content::Image { source, detail } => {
                self.piece(part, ("input_image", "image"), cache, |object| {
                    self.image(object, source, detail.as_deref())
                })
            }
            Content::Document { source, name } => {
                if name.is_some() && !self.is_own && matches!(source, Source::Url(_) | Source::File(_)) {
                    self.losses.dropped(self.request.names.file_name(position, source));
                }
                self.piece(part, ("input_file", "file"), cache, |object| {
                    self.document(object, source, name.as_ref())
                })
            }
            Content::Audio { source } => self.piece(part, ("input_audio", "input_audio"), cache, |object| {
                self.audio(object, source, position)
            }),
            Content::Unknown { value, .. } if self.is_own => Ok(Piece::Json(value.get().into())),
            Content::Unknown { kind, .. } => Err(self.unsupported(position, kind)),
            _ => Err(self.unsupported(position, "")),
        }
    }

    /// A part of this kind, and by what name it is refused, whose members `write` writes; it says `false` where
    /// the API has no place for them.
    fn piece(
        &self,
        part: &Part<'_>,
        (kind, field): (&str, &str),
        cache: Option<&RawValue>,
        write: impl FnOnce(&mut Object<'_>) -> bool,
    ) -> Result<Piece<'a>, Failure> {
        let mut json = Vec::new();
        let mut object = Object::new(&mut json, self.kept.part(part.position));
        object.text("type", kind);
        if !write(&mut object) {
            return Err(self.unsupported(part.position, field));
        }
        finish(object, cache);
        Ok(Piece::Json(json))
    }

    fn image(&self, object: &mut Object<'_>, source: &Source<'_>, detail: Option<&str>) -> bool {
        match source {
            Source::Url(url) => object.text("image_url", url),
            Source::Base64 { media_type, data } => object.text("image_url", &data_url(media_type, data)),
            Source::File(id) if self.is_vendors() => object.text("file_id", id),
            _ => return false,
        }
        // The vendor's types want it said.
        if let Some(detail) = detail.or((!self.is_own).then_some("auto")) {
            object.text("detail", detail);
        }
        true
    }

    /// The content of this API's messages has no sound; a caller of this dialect knows what he does.
    fn audio(&self, object: &mut Object<'_>, source: &Source<'_>, position: Position) -> bool {
        let Source::Base64 { media_type, data } = source else { return false };
        let format = match &**media_type {
            "audio/mpeg" => "mp3",
            other => other.strip_prefix("audio/").unwrap_or(other),
        };
        object.field("input_audio", |out| {
            let path = self.request.names.part(position, "input_audio");
            let mut inner = Object::new(out, self.kept.at(&path, &[]));
            inner.text("data", data);
            inner.text("format", format);
            inner.end();
        });
        self.is_own
    }

    /// Writes where a document is; `false` where the API has no such place.
    fn document(&self, object: &mut Object<'_>, source: &Source<'_>, name: Option<&Text<'_>>) -> bool {
        let name = name.map(|name| &**name);
        match source {
            Source::Url(url) => object.text("file_url", url),
            Source::File(id) if self.is_vendors() => object.text("file_id", id),
            Source::Base64 { media_type, data } if self.is_own || is_readable(media_type) => {
                object.text("file_data", &data_url(media_type, data));
                let invented = if media_type == "application/pdf" { "document.pdf" } else { "document" };
                if let Some(name) = name.or((!self.is_own).then_some(invented)) {
                    object.text("filename", name);
                }
                return true;
            }
            _ => return false,
        }
        // Beside a URL or an id a name is not taken from others.
        if let Some(name) = name.filter(|_| self.is_own) {
            object.text("filename", name);
        }
        true
    }

    /// Are ids of files those of this API's vendor?
    fn is_vendors(&self) -> bool {
        self.is_own || self.request.names.dialect == CHAT
    }

    /// The wish to cache, where it is in this vendor's words.
    pub(super) fn cache(&mut self, part: &'a Part<'a>) -> Option<&'a RawValue> {
        let cache = part.cache.as_ref()?;
        if self.is_own || (self.request.names.dialect == CHAT && cache.wish.get().contains("\"mode\"")) {
            return Some(&cache.wish);
        }
        self.drop_cache(part);
        None
    }

    /// The wish to cache up to what has no place for it.
    pub(super) fn drop_cache(&mut self, part: &Part<'_>) {
        if let Some(cache) = &part.cache {
            self.losses.dropped(self.request.names.cache(part.position, cache));
        }
    }
}

/// Sound and film are no documents to this API.
fn is_readable(media_type: &str) -> bool {
    !media_type.starts_with("audio/") && !media_type.starts_with("video/")
}

fn finish(mut object: Object<'_>, cache: Option<&RawValue>) {
    if let Some(cache) = cache {
        object.json("prompt_cache_breakpoint", cache.get().as_bytes());
    }
    object.end();
}

impl Piece<'_> {
    /// The text, if it is one that can stand as a string.
    pub(super) fn plain(&self) -> Option<&str> {
        match self {
            Self::Text { text, cache: None, citations, .. } if citations.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Appends the part.
    pub(super) fn write(&self, out: &mut Vec<u8>, kind: &str, writer: &Writer<'_, '_, '_>) {
        match self {
            Self::Json(json) => out.extend_from_slice(json),
            Self::Text { text, position, cache, citations } => {
                let mut object = Object::new(out, writer.kept.part(*position));
                object.text("type", kind);
                object.text("text", text);
                // The vendor's reference wants both lists in what the model has said.
                let is_models = kind == "output_text" && !writer.is_own;
                if is_models {
                    object.json("logprobs", b"[]");
                }
                if !citations.is_empty() || is_models {
                    object.field("annotations", |out| {
                        out.push(b'[');
                        out.extend_from_slice(citations);
                        out.push(b']');
                    });
                }
                finish(object, *cache);
            }
        }
    }
}
