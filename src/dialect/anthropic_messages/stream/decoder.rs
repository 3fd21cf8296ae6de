use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::wire::{Object, Str, Tokens};
use super::super::{answer, citation, error, finish, wire};
use super::plain::PlainDelta;
use crate::dialect::canonical::{Event, Text};
use crate::dialect::sse::Frame;
use crate::dialect::surrogates::{leniently, mended};
use crate::dialect::{Decode, Invalid};
use crate::failure::{Class, Failure, Report};

/// Reads a stream of this dialect.
#[derive(Debug, Default)]
pub struct Decoder {
    has_started: bool,
    /// The id of the answer, to make up ids of calls from.
    answer: String,
    /// The blocks that are open. There is one at a time, unless a proxy mixed two streams.
    open: Vec<Open>,
    calls: u32,
    tokens: Tokens,
    /// Those of the open text, which come before or amid it and are told after it.
    citations: Vec<Box<RawValue>>,
}

/// More citations of one text than this are not told.
const MOST_CITATIONS: usize = 256;

/// More open blocks than this are no stream of this dialect.
const MOST_OPEN: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Open {
    index: u64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Thinking,
    Call {
        index: u32,
        /// The start had the whole input: what follows repeats it.
        is_whole: bool,
    },
    /// Of the provider's own tools: nothing the caller has to act on.
    Other,
}

#[derive(serde::Deserialize)]
struct Payload<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<Str<'a>>,
    #[serde(default)]
    index: u64,
    #[serde(borrow, default)]
    delta: Option<Object<Delta<'a>>>,
    #[serde(borrow, default)]
    content_block: Option<Object<Start<'a>>>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Delta<'a> {
    #[serde(borrow)]
    text: Option<Str<'a>>,
    #[serde(borrow)]
    thinking: Option<Str<'a>>,
    #[serde(borrow)]
    signature: Option<Str<'a>>,
    #[serde(borrow)]
    citation: Option<&'a RawValue>,
    #[serde(borrow)]
    partial_json: Option<Str<'a>>,
    #[serde(borrow)]
    stop_reason: Option<Str<'a>>,
    #[serde(borrow)]
    stop_sequence: Option<Str<'a>>,
    #[serde(borrow)]
    stop_details: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Start<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
    #[serde(borrow, default)]
    thinking: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Option<Str<'a>>,
    #[serde(borrow, default)]
    model: Option<Str<'a>>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
}

impl Decoder {
    /// At the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn start(&mut self, message: &RawValue, emit: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid> {
        let Object(message): Object<Message<'_>> = wire::read("message", message)?;
        // Proxies repeat the start; the first holds.
        if std::mem::replace(&mut self.has_started, true) {
            return Ok(());
        }
        let id = message.id.map(|Str(id)| id);
        self.answer = id.as_deref().unwrap_or_default().to_owned();
        emit(Event::Start { id, model: message.model.map(|Str(model)| model) });
        if let Some(tokens) = Tokens::of(message.usage) {
            // What it says of the output is a placeholder.
            self.count(tokens.without_output(), emit);
        }
        Ok(())
    }

    fn count(&mut self, tokens: Tokens, emit: &mut dyn FnMut(Event<'_>)) {
        self.tokens = self.tokens.updated(tokens);
        emit(Event::Usage(self.tokens.usage()));
    }

    fn open(&mut self, index: u64, start: &Start<'_>, emit: &mut dyn FnMut(Event<'_>)) {
        self.open.retain(|open| open.index != index);
        if self.open.len() >= MOST_OPEN {
            // What is not told any more must not be missing from an answer that ends well.
            let report = Report::new("The stream has too many open content blocks.");
            return emit(Event::Error(Box::new(Failure::new(Class::InvalidOutput).with_report(report))));
        }
        let kind = match &*start.kind {
            "text" => Kind::Text,
            "thinking" => Kind::Thinking,
            "tool_use" => self.call(start, emit),
            "redacted_thinking" => {
                emit(Event::Redacted { choice: 0, data: text(start.data) });
                Kind::Other
            }
            _ => Kind::Other,
        };
        self.open.push(Open { index, kind });
        match (kind, text(start.text), text(start.thinking)) {
            (Kind::Text, text, _) if !text.is_empty() => emit(Event::Text { choice: 0, text }),
            (Kind::Thinking, _, text) if !text.is_empty() => emit(Event::Reasoning { choice: 0, text }),
            _ => {}
        }
    }

    /// A call without a name is none, and one without an id gets one that its result can name.
    fn call(&mut self, start: &Start<'_>, emit: &mut dyn FnMut(Event<'_>)) -> Kind {
        let (mut id, name) = (text(start.id), text(start.name));
        if name.is_empty() {
            return Kind::Other;
        }
        let index = self.calls;
        self.calls += 1;
        if id.is_empty() {
            id = answer::invented_id(&self.answer, index).into();
        }
        emit(Event::ToolCall { choice: 0, index, id, name });
        let whole = start.input.map(RawValue::get).filter(|input| is_whole(input));
        if let Some(json) = whole {
            emit(Event::Arguments { choice: 0, index, json: json.into() });
        }
        Kind::Call { index, is_whole: whole.is_some() }
    }

    fn plain(&self, delta: PlainDelta<'_>, emit: &mut dyn FnMut(Event<'_>)) {
        let open = self.open.iter().find(|open| open.index == delta.index);
        let text = Cow::Borrowed(delta.text);
        match (open.map(|open| open.kind), delta.is_thought) {
            (Some(Kind::Text), false) => emit(Event::Text { choice: 0, text }),
            (Some(Kind::Thinking), true) => emit(Event::Reasoning { choice: 0, text }),
            _ => {}
        }
    }

    fn cite(&mut self, citation: &RawValue) {
        if self.citations.len() < MOST_CITATIONS {
            self.citations.push(citation.to_owned());
        }
    }

    fn delta(&mut self, index: u64, delta: Delta<'_>, emit: &mut dyn FnMut(Event<'_>)) {
        let Some(open) = self.open.iter().find(|open| open.index == index) else { return };
        match open.kind {
            Kind::Text => {
                if let Some(Str(text)) = delta.text {
                    emit(Event::Text { choice: 0, text });
                }
                if let Some(citation) = delta.citation {
                    self.cite(citation);
                }
            }
            Kind::Thinking => {
                if let Some(Str(text)) = delta.thinking {
                    emit(Event::Reasoning { choice: 0, text });
                }
                if let Some(Str(signature)) = delta.signature.filter(|seal| !seal.0.is_empty()) {
                    emit(Event::Signature { choice: 0, signature });
                }
            }
            Kind::Call { index, is_whole: false } => {
                if let Some(Str(json)) = delta.partial_json {
                    emit(Event::Arguments { choice: 0, index, json });
                }
            }
            Kind::Call { .. } | Kind::Other => {}
        }
    }

    fn close(&mut self, index: u64, emit: &mut dyn FnMut(Event<'_>)) {
        let Some(at) = self.open.iter().position(|open| open.index == index) else { return };
        let kind = self.open.remove(at).kind;
        if matches!(kind, Kind::Text) {
            for raw in std::mem::take(&mut self.citations) {
                citation::read(&raw)
                    .into_iter()
                    .for_each(|citation| emit(Event::Citation { choice: 0, citation }));
            }
        }
        if !matches!(kind, Kind::Other) {
            emit(Event::PartEnd { choice: 0 });
        }
    }

    fn finish(&mut self, delta: Delta<'_>, tokens: Option<Tokens>, emit: &mut dyn FnMut(Event<'_>)) {
        if let Some(Str(reason)) = delta.stop_reason {
            if let Some(text) = answer::explanation(delta.stop_details).filter(|_| reason == "refusal") {
                emit(Event::Refusal { choice: 0, text });
            }
            let sequence = delta.stop_sequence.map(|Str(sequence)| sequence);
            emit(Event::Finish { choice: 0, reason: finish::decode(reason, sequence) });
        }
        if let Some(tokens) = tokens {
            self.count(tokens, emit);
        }
    }

    fn read(&mut self, data: &[u8], emit: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid> {
        let Object(payload) = match serde_json::from_slice::<Object<Payload<'_>>>(data) {
            Ok(payload) => payload,
            // Events that nobody knows yet may look as they like.
            Err(_) if is_unknown(data) => return Ok(()),
            Err(error) => return Err(wire::invalid("", &error)),
        };
        self.event(payload, data, emit)
    }

    fn event(
        &mut self,
        payload: Payload<'_>,
        data: &[u8],
        emit: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Invalid> {
        let lacking = || Invalid::new("an event of the stream lacks what its type says it has");
        let kind = payload.kind.as_ref().map(|Str(kind)| &**kind);
        match (kind, payload.delta, payload.content_block) {
            (Some("content_block_delta"), Some(Object(delta)), _) => self.delta(payload.index, delta, emit),
            (Some("content_block_start"), _, Some(Object(start))) => {
                self.open(payload.index, &start, emit);
            }
            (Some("content_block_stop"), ..) => self.close(payload.index, emit),
            (Some("message_delta"), Some(Object(delta)), _) => {
                self.finish(delta, Tokens::of(payload.usage), emit);
            }
            (Some("message_start"), ..) => self.start(payload.message.ok_or_else(lacking)?, emit)?,
            (Some("message_stop"), ..) => emit(Event::End),
            (Some("ping"), ..) => emit(Event::Ping),
            (Some("error"), ..) => emit(Event::Error(Box::new(error::decode(None, data)))),
            (None, ..) if payload.error.is_some() => {
                emit(Event::Error(Box::new(error::decode(None, data))));
            }
            (Some("content_block_delta" | "content_block_start" | "message_delta") | None, ..) => {
                return Err(lacking());
            }
            (Some(_), ..) => {}
        }
        Ok(())
    }
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &Frame<'_>, emit: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid> {
        let Some(data) = frame.data.as_deref() else {
            if frame.has_comment {
                emit(Event::Ping);
            }
            return Ok(());
        };
        if let Some(plain) = PlainDelta::read(data) {
            self.plain(plain, emit);
            return Ok(());
        }
        if frame.event == Some(b"error") {
            // Whatever stands in it: some servers put plain text there.
            emit(Event::Error(Box::new(error::decode(None, data))));
            return Ok(());
        }
        leniently(data, |data| self.read(data, emit))
    }
}

fn is_unknown(data: &[u8]) -> bool {
    const KNOWN: &[&str] = &[
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error",
    ];
    serde_json::from_slice::<Object<wire::Kind<'_>>>(data).is_ok_and(|kind| !KNOWN.contains(&&*kind.0.kind))
}

/// Blocks of kinds that are not read may use the names of these fields for anything.
fn text(raw: Option<&RawValue>) -> Text<'_> {
    let Some(json) = raw.map(RawValue::get) else { return Text::default() };
    match serde_json::from_str::<Str<'_>>(json) {
        Ok(Str(text)) => text,
        Err(_) => mended(json.as_bytes())
            .and_then(|mended| serde_json::from_slice(&mended).ok())
            .map(Cow::Owned)
            .unwrap_or_default(),
    }
}

/// An object with a member.
pub(super) fn is_whole(input: &str) -> bool {
    input.starts_with('{') && input.contains('"')
}
