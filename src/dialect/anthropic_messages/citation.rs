//! Where something that was said comes from.
//!
//! A citation of the web has a seal on it, by which the provider knows it when it comes back. One that another
//! provider made goes to the caller under a seal that says so, and goes no further.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::wire::{Object, Str};
use super::{NAME, json, provenance};
use crate::dialect::canonical::Citation;

#[derive(serde::Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    url: Option<Str<'a>>,
    #[serde(borrow, default)]
    source: Option<Str<'a>>,
    #[serde(borrow, default)]
    title: Option<Str<'a>>,
    #[serde(borrow, default)]
    document_title: Option<Str<'a>>,
    #[serde(borrow, default)]
    cited_text: Option<Str<'a>>,
}

/// Reads one. It is about all of the text it stands at.
pub(super) fn read(raw: &RawValue) -> Option<Citation<'_>> {
    let Object(wire): Object<Wire<'_>> = serde_json::from_str(raw.get()).ok()?;
    let text = |field: Option<Str<'_>>| field.map(|Str(text)| text.into_owned().into());
    let is_address = |source: &Cow<'_, str>| source.starts_with("http");
    Some(Citation {
        url: text(wire.url).or_else(|| text(wire.source).filter(is_address)),
        title: text(wire.title).or_else(|| text(wire.document_title)),
        quote: text(wire.cited_text),
        start: None,
        end: None,
        raw: Some((Cow::Borrowed(NAME), Cow::Borrowed(raw))),
    })
}

/// Reads a list of them.
pub(super) fn read_all(raw: Option<&RawValue>) -> Vec<Citation<'_>> {
    let list: Vec<&RawValue> = raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    list.into_iter().filter_map(read).collect()
}

/// Writes one, if this dialect can say it: a source without an address only its own dialect can name.
pub(super) fn write(out: &mut Vec<u8>, citation: &Citation<'_>) -> bool {
    if let Some((_, raw)) = citation.raw.as_ref().filter(|(dialect, _)| dialect == NAME) {
        out.extend_from_slice(raw.get().as_bytes());
        return true;
    }
    let Some(url) = &citation.url else { return false };
    out.extend_from_slice(b"{\"type\":\"web_search_result_location\"");
    json::string_field(out, "url", url);
    json::key(out, "title");
    json::string_or_null(out, citation.title.as_deref());
    json::string_field(out, "cited_text", citation.quote.as_deref().unwrap_or_default());
    let issuer = citation.raw.as_ref().map(|(dialect, _)| &**dialect);
    json::string_field(out, "encrypted_index", &provenance::seal(issuer, None));
    out.push(b'}');
    true
}

/// Was it made by another provider, and marked so?
pub(super) fn is_foreign(raw: &RawValue) -> bool {
    #[derive(serde::Deserialize)]
    struct Sealed<'a> {
        #[serde(borrow, default)]
        encrypted_index: Option<Str<'a>>,
    }
    serde_json::from_str::<Object<Sealed<'_>>>(raw.get()).is_ok_and(|Object(sealed)| {
        sealed.encrypted_index.is_some_and(|Str(seal)| provenance::is_marked(&seal))
    })
}
