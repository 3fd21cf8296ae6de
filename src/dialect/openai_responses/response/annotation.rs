//! Annotations of a text: where something it says comes from.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::item;
use crate::dialect::canonical::Citation;
use crate::dialect::openai::leaf::{self, Raw, count, text};
use crate::dialect::openai_responses::NAME;
use crate::dialect::quoted::quoted;

#[derive(Default, serde::Deserialize)]
struct Annotation<'a> {
    #[serde(borrow)]
    url: Raw<'a>,
    #[serde(borrow)]
    title: Raw<'a>,
    #[serde(borrow)]
    filename: Raw<'a>,
    #[serde(borrow)]
    start_index: Raw<'a>,
    #[serde(borrow)]
    end_index: Raw<'a>,
}

/// Reads an annotation of any kind.
pub(crate) fn read(raw: &RawValue) -> Citation<'_> {
    let annotation: Annotation<'_> = leaf::read(Some(raw)).unwrap_or_default();
    Citation {
        url: text(annotation.url),
        title: text(annotation.title).or_else(|| text(annotation.filename)),
        quote: None,
        start: count(annotation.start_index),
        end: count(annotation.end_index),
        raw: Some((Cow::Borrowed(NAME), Cow::Borrowed(raw))),
    }
}

/// Writes a citation, if the dialect can say it: its own as it was, of others those with an address. `length`
/// is that of the text it is about, in characters: what it is about where it does not say.
pub(crate) fn write(out: &mut Vec<u8>, citation: &Citation<'_>, length: impl FnOnce() -> usize) -> bool {
    if let Some((dialect, raw)) = &citation.raw {
        if dialect == NAME {
            out.extend_from_slice(raw.get().as_bytes());
            return true;
        }
    }
    let Some(url) = citation.url.as_deref() else { return false };
    out.extend_from_slice(br#"{"type":"url_citation","start_index":"#);
    item::number(out, citation.start.unwrap_or(0));
    out.extend_from_slice(br#","end_index":"#);
    item::number(out, citation.end.unwrap_or_else(|| length() as u64));
    out.extend_from_slice(br#","title":"#);
    quoted(out, citation.title.as_deref().unwrap_or(url));
    out.extend_from_slice(br#","url":"#);
    quoted(out, url);
    out.push(b'}');
    true
}
