//! Parts that are neither text nor call.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::wire::{self, Blob, Part};
use crate::dialect::canonical::{Content, Source};
use crate::dialect::quoted::quoted;

/// The kinds that only this API has, or that no answer of another has a place for.
const KINDS: [&str; 6] =
    ["executableCode", "codeExecutionResult", "toolCall", "toolResponse", "fileData", "inlineData"];

/// Is it a part of this API?
pub(crate) fn is_own(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// Reads media, and what the provider's own tools did.
pub(crate) fn other<'a>(part: &Part<'a>, seal: Option<&str>) -> Option<Content<'a>> {
    // Pictures drawn while thinking are no answer.
    if !part.thought.is_true() {
        if let Some(media) = wire::read::<Blob<'a>>(part.inline_data).and_then(media) {
            return Some(media);
        }
    }
    let values = [
        part.executable_code,
        part.code_execution_result,
        part.tool_call,
        part.tool_response,
        part.file_data,
        part.inline_data,
    ];
    let (kind, value) = KINDS.iter().zip(values).find_map(|(kind, value)| Some((*kind, value?)))?;
    let mut json = format!("{{\"{kind}\":{}", value.get()).into_bytes();
    if part.thought.is_true() {
        json.extend_from_slice(b",\"thought\":true");
    }
    if let Some(seal) = seal {
        json.extend_from_slice(b",\"thoughtSignature\":");
        quoted(&mut json, seal);
    }
    json.push(b'}');
    let value = RawValue::from_string(String::from_utf8(json).ok()?).ok()?;
    Some(Content::Unknown { kind: Cow::Borrowed(kind), value: Cow::Owned(value) })
}

fn media(blob: Blob<'_>) -> Option<Content<'_>> {
    let (media_type, data) = (blob.mime_type.text()?, blob.data.text()?);
    let is_image = media_type.starts_with("image/");
    let is_audio = media_type.starts_with("audio/");
    let source = Source::Base64 { media_type, data };
    match (is_image, is_audio) {
        (true, _) => Some(Content::Image { source, detail: None }),
        (_, true) => Some(Content::Audio { source }),
        _ => None,
    }
}
