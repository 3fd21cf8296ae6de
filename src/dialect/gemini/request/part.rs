//! Parts of a content, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::ids::{self, Calls};
use super::read::{self, Object, Path};
use super::seal;
use crate::dialect::Invalid;
use crate::dialect::canonical::{
    Content, Extra, Part, Position, Reasoning, Source, Text, ToolCall, ToolResult,
};
use crate::dialect::gemini::NAME;

/// Where a part stands.
pub(super) struct Place<'p> {
    pub(super) path: &'p Path<'p>,
    pub(super) turn: usize,
    pub(super) part: usize,
}

impl Place<'_> {
    fn position(&self) -> Position {
        Position { turn: u32::try_from(self.turn).ok(), field: "parts", index: u32::try_from(self.part).ok() }
    }
}

/// What a part may hold beside text, as far as other dialects know it.
const KINDS: [&str; 4] = ["functionCall", "functionResponse", "inlineData", "fileData"];
/// Fields of a part that say something about what it holds.
const FLAGS: [&str; 4] = ["videoMetadata", "mediaResolution", "mediaProcessing", "partMetadata"];

/// Reads a part, with the seal on it, into `parts`.
pub(super) fn read<'a>(
    place: &Place<'_>,
    item: &'a RawValue,
    calls: &mut Calls<'a>,
    parts: &mut Vec<Part<'a>>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<(), Invalid> {
    let path = place.path;
    let mut fields = Object::read(path, item)?;
    let seal = seal_of(path, &mut fields, extra)?;
    let thought = fields.take("thought");
    let is_thought = thought.is_some_and(|value| value.get() == "true");
    let content = match fields.take("text") {
        Some(value) if is_thought => {
            let text = read::text(&path.field("text"), value)?;
            fields.note_rest(path, extra);
            if let Some(thought) = thought.filter(|_| text.is_empty() && seal.is_some()) {
                // A seal alone says nothing of whether it is a thought's.
                extra.push(Extra::moot(path.field("thought").to_string(), Cow::Borrowed(thought)));
            }
            add_thought(place, text, seal, parts);
            return Ok(());
        }
        Some(value) => Some(Content::Text(read::text(&path.field("text"), value)?)),
        None => other(place, item, &mut fields, (calls, extra))?,
    };
    // A part that nobody knows is kept whole.
    if let Some(content @ Content::Unknown { .. }) = content {
        parts.push(Part::new(content, place.position()));
        return Ok(());
    }
    if let Some(value) = thought {
        // Of what is no text: that it was called or made while thinking. Other dialects do not tell.
        extra.push(Extra::moot(path.field("thought").to_string(), Cow::Borrowed(value)));
    }
    fields.note_rest(path, extra);
    match content {
        Some(content) => add(place, content, seal, parts),
        None if seal.is_some() => add_seal(place, seal, parts),
        None => {
            let message = "required oneof field 'data' must have one initialized field";
            return Err(Invalid::new(format!("'{path}': {message}.")).at(path.to_string()));
        }
    }
    Ok(())
}

/// The seal on a part, unless it is the one that stands for none.
fn seal_of<'a>(
    path: &Path<'_>,
    fields: &mut Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Option<Reasoning<'a>>, Invalid> {
    let path = &path.field("thoughtSignature");
    let Some(value) = fields.take("thoughtSignature") else { return Ok(None) };
    let text = read::text(path, value)?;
    if text.is_empty() || text == seal::NONE {
        extra.push(Extra::moot(path.to_string(), Cow::Borrowed(value)));
        return Ok(None);
    }
    Ok(Some(seal::unseal(text)))
}

fn is_own(seal: &Reasoning<'_>) -> bool {
    seal.issuer.as_deref() == Some(NAME)
}

/// Adds a part. The seal of a call stands before it, that of anything else after it: it comes last in a stream.
fn add<'a>(place: &Place<'_>, content: Content<'a>, seal: Option<Reasoning<'a>>, parts: &mut Vec<Part<'a>>) {
    let is_of_thoughts = |seal: &Reasoning<'_>| !is_own(seal) && seal.redacted.is_none();
    let seals_earlier = seal.as_ref().is_some_and(is_of_thoughts) && ends_with_open_thought(parts);
    let says_nothing = matches!(&content, Content::Text(text) if text.is_empty()) && seal.is_some();
    let is_before = seals_earlier || says_nothing || matches!(content, Content::ToolCall(_));
    let (before, after) = if is_before { (seal, None) } else { (None, seal) };
    add_seal(place, before, parts);
    if !says_nothing {
        parts.push(Part::new(content, place.position()));
    }
    add_seal(place, after, parts);
}

fn add_seal<'a>(place: &Place<'_>, seal: Option<Reasoning<'a>>, parts: &mut Vec<Part<'a>>) {
    if let Some(seal) = seal {
        add_reasoning(place, seal, parts);
    }
}

fn add_thought<'a>(
    place: &Place<'_>,
    text: Text<'a>,
    seal: Option<Reasoning<'a>>,
    parts: &mut Vec<Part<'a>>,
) {
    let seal =
        seal.unwrap_or_else(|| Reasoning { issuer: Some(Cow::Borrowed(NAME)), ..Reasoning::default() });
    add_reasoning(place, Reasoning { text, ..seal }, parts);
}

/// Adds a thought, or a seal alone. A foreign seal is that of all the thoughts directly before it, which a
/// stream told piece by piece: its issuer takes them back only as the one that they were.
fn add_reasoning<'a>(place: &Place<'_>, mut thought: Reasoning<'a>, parts: &mut Vec<Part<'a>>) {
    if !is_own(&thought) && thought.redacted.is_none() && ends_with_open_thought(parts) {
        let open = parts.iter().rev().take_while(|part| is_open_thought(part)).count();
        let mut whole = String::new();
        for part in parts.drain(parts.len() - open..) {
            if let Content::Reasoning(piece) = part.content {
                whole.push_str(&piece.text);
            }
        }
        whole.push_str(&thought.text);
        thought.text = Cow::Owned(whole);
    }
    parts.push(Part::new(Content::Reasoning(thought), place.position()));
}

fn ends_with_open_thought(parts: &[Part<'_>]) -> bool {
    parts.last().is_some_and(is_open_thought)
}

/// A thought without a seal.
fn is_open_thought(part: &Part<'_>) -> bool {
    matches!(&part.content, Content::Reasoning(thought) if thought.signature.is_none() && is_own(thought))
}

/// What a part holds that is no text; `None` where it holds nothing.
fn other<'a>(
    place: &Place<'_>,
    item: &'a RawValue,
    fields: &mut Object<'a>,
    (calls, extra): (&mut Calls<'a>, &mut Vec<Extra<'a>>),
) -> Result<Option<Content<'a>>, Invalid> {
    let Some((kind, value)) = fields.first(&KINDS).or_else(|| fields.other(&FLAGS)) else { return Ok(None) };
    let path = &place.path.field(&kind);
    let content = match &*kind {
        "inlineData" => inline(path, value, extra)?,
        "fileData" => file(path, value, extra)?,
        "functionCall" => Some(call(place, path, value, (calls, extra))?),
        "functionResponse" => Some(result(place, path, value, (calls, extra))?),
        _ => None,
    };
    Ok(Some(content.unwrap_or(Content::Unknown { kind, value: Cow::Borrowed(item) })))
}

fn inline<'a>(
    path: &Path<'_>,
    value: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Option<Content<'a>>, Invalid> {
    let mut fields = Object::read(path, value)?;
    let media_type = fields.required_text(path, "mimeType")?;
    let data = fields.text(path, "data")?.ok_or_else(|| path.field("data").missing())?;
    let source = Source::Base64 { media_type: media_type.clone(), data };
    media(path, &media_type, source, (fields, extra))
}

/// A file by its address. Those of the vendor's own store are nobody else's.
fn file<'a>(
    path: &Path<'_>,
    value: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Option<Content<'a>>, Invalid> {
    let mut fields = Object::read(path, value)?;
    let uri = fields.required_text(path, "fileUri")?;
    let Some(raw) = fields.take("mimeType") else {
        return Ok(None);
    };
    let media_type = read::text(&path.field("mimeType"), raw)?;
    let is_public = uri.starts_with("http") && !is_stored(&uri);
    let source = if is_public { Source::Url(uri) } else { Source::File(uri) };
    let content = media(path, &media_type, source, (fields, extra))?;
    if content.is_some() {
        extra.push(Extra::moot(path.field("mimeType").to_string(), Cow::Borrowed(raw)));
    }
    Ok(content)
}

/// Is it an address in the vendor's own store of files?
pub(super) fn is_stored(uri: &str) -> bool {
    uri.starts_with("gs://")
        || uri
            .strip_prefix("https://generativelanguage.googleapis.com/")
            .is_some_and(|rest| rest.contains("files/"))
}

/// Media by its type. Of video, and of what has no type, no other dialect knows.
fn media<'a>(
    path: &Path<'_>,
    media_type: &str,
    source: Source<'a>,
    (mut fields, extra): (Object<'a>, &mut Vec<Extra<'a>>),
) -> Result<Option<Content<'a>>, Invalid> {
    let content = match media_type.split_once('/').map_or("", |(kind, _)| kind) {
        "image" => Content::Image { source, detail: None },
        "audio" => Content::Audio { source },
        "application" | "text" => Content::Document { source, name: fields.text(path, "displayName")? },
        _ => return Ok(None),
    };
    fields.note_rest(path, extra);
    Ok(Some(content))
}

fn call<'a>(
    place: &Place<'_>,
    path: &Path<'_>,
    value: &'a RawValue,
    (calls, extra): (&mut Calls<'a>, &mut Vec<Extra<'a>>),
) -> Result<Content<'a>, Invalid> {
    let mut fields = Object::read(path, value)?;
    let name = fields.required_text(path, "name")?;
    let given = fields.text(path, "id")?.filter(|id| !id.is_empty());
    let arguments = match fields.take("args") {
        None => {
            extra.push(Extra::moot(path.field("args").to_string(), Cow::Borrowed(RawValue::NULL)));
            "{}"
        }
        Some(args) if args.get().starts_with('{') => args.get(),
        Some(_) => return Err(path.field("args").wrong("an object")),
    };
    fields.note_rest(path, extra);
    let has_own_id = given.is_some();
    if !has_own_id {
        extra.push(Extra::moot(path.field("id").to_string(), Cow::Borrowed(RawValue::NULL)));
    }
    let id = given.unwrap_or_else(|| Cow::Owned(ids::invented(place.turn, place.part, &name)));
    calls.add(id.clone(), name.clone(), has_own_id);
    Ok(Content::ToolCall(ToolCall { id, name, arguments: Cow::Borrowed(arguments) }))
}

fn result<'a>(
    place: &Place<'_>,
    path: &Path<'_>,
    value: &'a RawValue,
    (calls, extra): (&mut Calls<'a>, &mut Vec<Extra<'a>>),
) -> Result<Content<'a>, Invalid> {
    let mut fields = Object::read(path, value)?;
    let name = fields.required_text(path, "name")?;
    let given = fields.text(path, "id")?.filter(|id| !id.is_empty());
    let (mut parts, mut is_error) = (Vec::new(), false);
    if let Some(raw) = fields.take("response") {
        let path = &path.field("response");
        let said = unwrap(path, raw)?;
        is_error = said.is_error;
        if said.is_unwrapped {
            extra.push(Extra::moot(path.to_string(), Cow::Borrowed(raw)));
        }
        parts.push(Part::new(Content::Text(said.text), place.position()));
    }
    if let Some(raw) = fields.take("parts") {
        let path = &path.field("parts");
        for (index, item) in read::list(path, raw)?.into_iter().enumerate() {
            let content = attached(&path.index(index), item, extra)?;
            parts.push(Part::new(content, place.position()));
        }
    }
    fields.note_rest(path, extra);
    // A result that nobody asked for keeps its own id, or gets one.
    if given.is_none() {
        // Paired by its name with a call that may have an id.
        extra.push(Extra::moot(path.field("id").to_string(), Cow::Borrowed(RawValue::NULL)));
    }
    let id = calls.answer(given.as_deref(), &name).or(given);
    let id = id.unwrap_or_else(|| Cow::Owned(ids::invented(place.turn, place.part, &name)));
    Ok(Content::ToolResult(ToolResult { id, name: Some(name), parts, is_error }))
}

/// Media that a tool answered with.
fn attached<'a>(
    path: &Path<'_>,
    item: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Content<'a>, Invalid> {
    let unknown = |kind| Content::Unknown { kind, value: Cow::Borrowed(item) };
    let mut fields = Object::read(path, item)?;
    let found = fields.first(&KINDS).or_else(|| fields.other(&FLAGS));
    let Some((kind, value)) = found else { return Ok(unknown(Cow::Borrowed("part"))) };
    let content = match &*kind {
        "inlineData" => inline(&path.field(&kind), value, extra)?,
        "fileData" => file(&path.field(&kind), value, extra)?,
        _ => None,
    };
    if content.is_some() {
        fields.note_rest(path, extra);
    }
    Ok(content.unwrap_or_else(|| unknown(kind)))
}

struct Said<'a> {
    text: Text<'a>,
    is_error: bool,
    /// The object around it says nothing but which of the two it is.
    is_unwrapped: bool,
}

/// What a tool said. An object is demanded, so that a text comes as `{"output": …}` or `{"error": …}`, or, by
/// the Python SDK, as `{"result": …}`.
fn unwrap<'a>(path: &Path<'_>, raw: &'a RawValue) -> Result<Said<'a>, Invalid> {
    if !raw.get().starts_with('{') {
        return Err(path.wrong("an object"));
    }
    let entries = read::entries(raw.get())?;
    let (value, is_error) = match &entries[..] {
        [(name, value)] if matches!(&**name, "output" | "result") => (*value, false),
        [(name, value)] if name == "error" => (*value, true),
        _ => return Ok(Said { text: Cow::Borrowed(raw.get()), is_error: false, is_unwrapped: false }),
    };
    let text = read::string(value).unwrap_or(Cow::Borrowed(value.get()));
    Ok(Said { text, is_error, is_unwrapped: true })
}
