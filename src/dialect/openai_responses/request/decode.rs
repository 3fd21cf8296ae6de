use std::borrow::Cow;

use super::{NAMES, items, settings, tools};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Content, Extra, Part, Position, Request, Role, Text, Turn};
use crate::dialect::openai::fields::{self, Object, Path};
use crate::dialect::openai::peek;

/// What a request may continue that the provider has stored.
const STATE: [&str; 4] = ["previous_response_id", "conversation", "prompt", "background"];

/// Reads a caller's request.
pub(crate) fn decode(body: &[u8]) -> Result<Request<'_>, Invalid> {
    let root = &Path::Root;
    let mut fields = Object::whole(body)?;
    let mut request = Request::new(&NAMES[0][0], peek::model(&mut fields)?);
    // There is always usage at the end of a stream.
    request.wants_usage = true;
    fields.moot(root, "stream", &["false"], &mut request.extra);
    request.stream = fields.boolean(root, "stream")?.unwrap_or(false);
    state(&mut fields, &mut request)?;
    instructions(&mut fields, &mut request)?;
    input(&mut fields, &mut request)?;
    tools::decode(&mut fields, &mut request)?;
    settings::decode(&mut fields, &mut request)?;
    fields.keep_rest(root, &mut request.extra);
    Ok(request)
}

/// What the provider has stored. It is one thing as a rule; of several, members of this dialect get all.
fn state<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let root = &Path::Root;
    fields.moot(root, "background", &["false"], &mut request.extra);
    for name in STATE {
        let Some(value) = fields.take(name) else { continue };
        match name {
            "previous_response_id" => drop(fields::text(&root.field(name), value)?),
            "background" => drop(fields::boolean(&root.field(name), value)?),
            _ => {}
        }
        keep_state(request, Extra::new(name, Cow::Borrowed(value)));
    }
    Ok(())
}

/// Keeps what binds the request to a provider: the first of it, which is enough to refuse it elsewhere.
pub(super) fn keep_state<'a>(request: &mut Request<'a>, state: Extra<'a>) {
    match &request.state {
        None => request.state = Some(state),
        Some(_) => request.extra.push(state),
    }
}

fn instructions<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    if let Some(text) = fields.text(&Path::Root, "instructions")? {
        request.turns.push(plain(Role::System, "instructions", text));
    }
    Ok(())
}

fn input<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let path = &Path::Root.field("input");
    let Some(value) = fields.take("input") else {
        // With something stored there may be nothing to add to it.
        return if request.state.is_some() { Ok(()) } else { Err(path.missing()) };
    };
    if value.get().starts_with('"') {
        request.turns.push(plain(Role::User, "input", fields::text(path, value)?));
        return Ok(());
    }
    if !value.get().starts_with('[') {
        return Err(path.wrong("one of a string or array of items", value));
    }
    items::decode(path, value, request)
}

/// A turn that is one string, in a field of its own.
fn plain<'a>(role: Role, field: &'static str, text: Text<'a>) -> Turn<'a> {
    let position = Position { turn: None, field, index: None };
    Turn { role, name: None, parts: vec![Part::new(Content::Text(text), position)] }
}
