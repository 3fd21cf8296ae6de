//! Where something that was said comes from: `annotations`, in the form of the vendor's own web search.

use std::borrow::Cow;

use super::wire::{self, Raw};
use super::{NAME, json};
use crate::dialect::canonical::Citation;

#[derive(serde::Deserialize)]
struct Annotation<'a> {
    #[serde(borrow)]
    url_citation: Raw<'a>,
}

#[derive(serde::Deserialize)]
struct UrlCitation<'a> {
    #[serde(borrow)]
    start_index: Raw<'a>,
    #[serde(borrow)]
    end_index: Raw<'a>,
    #[serde(borrow)]
    title: Raw<'a>,
    #[serde(borrow)]
    url: Raw<'a>,
    /// OpenRouter adds the words of the source.
    #[serde(borrow)]
    content: Raw<'a>,
}

/// Reads a list of them.
pub(super) fn read<'a>(annotations: Raw<'a>) -> Vec<Citation<'a>> {
    let list: Vec<&'a serde_json::value::RawValue> = wire::read(annotations).unwrap_or_default();
    let read = |raw: &'a serde_json::value::RawValue| {
        let annotation: Annotation<'a> = wire::read(Some(raw))?;
        let cited: UrlCitation<'a> = wire::read(annotation.url_citation)?;
        Some(Citation {
            url: wire::text(cited.url),
            title: wire::text(cited.title),
            quote: wire::text(cited.content),
            start: wire::count(cited.start_index),
            end: wire::count(cited.end_index),
            raw: Some((Cow::Borrowed(NAME), Cow::Borrowed(raw))),
        })
    };
    list.into_iter().filter_map(read).collect()
}

/// Writes one about a part of the text, which reaches from `from` to `to`. A source without an address has no
/// place here.
pub(super) fn write(out: &mut Vec<u8>, citation: &Citation<'_>, from: u64, to: u64) -> bool {
    let Some(url) = &citation.url else { return false };
    out.extend_from_slice(br#"{"type":"url_citation","url_citation":{"end_index":"#);
    json::value(out, &citation.end.map_or(to, |end| from.saturating_add(end)));
    out.extend_from_slice(br#","start_index":"#);
    json::value(out, &citation.start.map_or(from, |start| from.saturating_add(start)));
    out.extend_from_slice(br#","title":"#);
    json::string(out, citation.title.as_deref().unwrap_or_default());
    out.extend_from_slice(br#","url":"#);
    json::string(out, url);
    out.extend_from_slice(b"}}");
    true
}

/// How long a text is, as indexes count it.
pub(super) fn length(text: &str) -> u64 {
    text.chars().count() as u64
}
