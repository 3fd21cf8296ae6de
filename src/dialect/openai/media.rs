//! Media: `data:` URLs, and documents of plain text.

use std::borrow::Cow;

use crate::dialect::canonical::{Source, Text};

/// The parts of a `data:` URL in base64.
pub(in crate::dialect) fn base64<'a>(url: &Text<'a>) -> Option<Source<'a>> {
    const SCHEME: &str = "data:";
    if !url.get(..SCHEME.len())?.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    let comma = url.find(',')?;
    let head = &url[SCHEME.len()..comma];
    let (parameters, encoding) = head.rsplit_once(';')?;
    if !encoding.eq_ignore_ascii_case("base64") {
        return None;
    }
    let media_type = SCHEME.len()..SCHEME.len() + parameters.find(';').unwrap_or(parameters.len());
    Some(Source::Base64 { media_type: slice(url, media_type), data: slice(url, comma + 1..url.len()) })
}

/// That URL again.
pub(in crate::dialect) fn data_url(media_type: &str, data: &str) -> String {
    format!("data:{media_type};base64,{data}")
}

/// The text with its title above it.
pub(in crate::dialect) fn titled<'a>(text: &'a str, name: Option<&'a Text<'a>>) -> Cow<'a, str> {
    name.map_or(Cow::Borrowed(text), |name| Cow::Owned(format!("{name}\n\n{text}")))
}

/// A copy of `text[range]` that borrows where `text` does.
fn slice<'a>(text: &Text<'a>, range: std::ops::Range<usize>) -> Text<'a> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
        Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
    }
}
