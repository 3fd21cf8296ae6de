//! A caller's request, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::content;
use super::read::{Object, Path};
use super::{NAMES, route, settings, text, tools, unreadable};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Extra, Request};

/// Reads a caller's request. Its model and its wish for a stream stand in the path: of the model the body may
/// say the name, too, of the stream it says nothing.
pub(crate) fn decode(body: &[u8]) -> Result<Request<'_>, Invalid> {
    let value: &RawValue =
        serde_json::from_str(text(body)?).map_err(|error| unreadable(&error.to_string()))?;
    let root = &Path::Root;
    let mut fields = Object::read(root, value)?;
    let mut request = Request::new(&NAMES[0], route::model(&mut fields)?);
    request.wants_usage = true;
    if let Some(value) = fields.take("systemInstruction") {
        request.turns.extend(content::system(value, &mut request.extra)?);
    }
    let contents = fields.take("contents").ok_or_else(|| root.field("contents").missing())?;
    content::read(contents, &mut request)?;
    tools::read(&mut fields, &mut request)?;
    let output = settings::read(&mut fields, &mut request)?;
    request.names = &NAMES[output];
    for name in ["cachedContent", "continuationToken"] {
        if let Some(value) = fields.take(name) {
            let state = Extra::new(name, Cow::Borrowed(value));
            match request.state {
                None => request.state = Some(state),
                Some(_) => request.extra.push(state),
            }
        }
    }
    fields.note_rest(root, &mut request.extra);
    Ok(request)
}
