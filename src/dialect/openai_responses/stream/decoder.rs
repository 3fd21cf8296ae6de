use serde_json::value::RawValue;

use super::super::response::wire::{self, Response};
use super::super::response::{self, finish, usage};
use super::fields::{Fields, fields};
use super::items::{Items, Voice};
use crate::dialect::canonical::{Answer, Event};
use crate::dialect::openai::{error, leaf};
use crate::dialect::sse::Frame;
use crate::dialect::surrogates::mended;
use crate::dialect::{Decode, Invalid};
use crate::failure::{Class, Failure, Report};

/// Who gets the events.
pub(super) type Emit<'e> = &'e mut dyn FnMut(Event<'_>);

/// Reads a stream of this dialect.
#[derive(Debug, Default)]
pub struct Decoder {
    has_started: bool,
    is_over: bool,
    /// The id of the answer, to make up ids of calls from.
    pub(super) answer: String,
    pub(super) items: Items,
    /// The item that speaks: its part has not been ended.
    pub(super) speaking: Option<usize>,
    pub(super) calls: u32,
    pub(super) has_refused: bool,
    /// An item has come that only callers of this dialect can answer.
    pub(super) waits: bool,
    /// Something of the answer has been told.
    pub(super) has_said: bool,
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &Frame<'_>, emit: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid> {
        let Some(data) = frame.data.as_deref().map(<[u8]>::trim_ascii) else {
            if frame.has_comment {
                emit(Event::Ping);
            }
            return Ok(());
        };
        if data.is_empty() || self.is_over {
            return Ok(());
        }
        if data == super::DONE {
            self.is_over = true;
            emit(Event::End);
            return Ok(());
        }
        self.read(frame, data, emit)
    }
}

impl Decoder {
    fn read(&mut self, frame: &Frame<'_>, data: &[u8], emit: Emit<'_>) -> Result<(), Invalid> {
        let Some(fields) = fields(data) else {
            if frame.event == Some(b"error") {
                // Whatever stands in it: some servers put plain text there.
                self.fail(error::decode(None, data), emit);
                return Ok(());
            }
            return Err(Invalid::new("The event is not a JSON object."));
        };
        let kind = super::kind(frame, &fields);
        // Increments are texts by themselves. Whatever tells of items is read as a whole, and must be readable as one.
        if !kind.is_some_and(|kind| kind.ends_with(".delta")) {
            if let Some(mended) = mended(data) {
                return self.read(frame, &mended, emit);
            }
        }
        match kind {
            Some("error") => self.fail(error::decode(None, data), emit),
            None if fields.error.is_some() => self.fail(error::decode(None, data), emit),
            None => return Err(Invalid::new("The event lacks its type.").at("type")),
            Some(kind) => match self.event(kind, &fields, emit) {
                // What is not told any more must not be missing from an answer that ends well.
                Err(invalid) if self.items.is_full() => self.fail(too_many(&invalid), emit),
                read => return read,
            },
        }
        Ok(())
    }

    fn event(&mut self, kind: &str, fields: &Fields<'_>, emit: Emit<'_>) -> Result<(), Invalid> {
        match kind {
            "response.output_text.delta" => self.text(fields, emit)?,
            "response.refusal.delta" => self.refusal(fields, fields.delta, emit)?,
            "response.reasoning_summary_text.delta" => {
                self.thought(fields, Voice::Summary, fields.delta, emit)?;
            }
            "response.reasoning_text.delta" => self.thought(fields, Voice::Content, fields.delta, emit)?,
            "response.function_call_arguments.delta" => self.arguments(fields, emit)?,
            "response.output_text.done" => self.text_done(fields, emit)?,
            "response.refusal.done" if !self.has_told(fields) => self.refusal(fields, fields.whole, emit)?,
            "response.reasoning_summary_text.done" if !self.has_told(fields) => {
                self.thought(fields, Voice::Summary, fields.whole, emit)?;
            }
            "response.reasoning_text.done" if !self.has_told(fields) => {
                self.thought(fields, Voice::Content, fields.whole, emit)?;
            }
            "response.function_call_arguments.done" => self.arguments_done(fields, emit)?,
            "response.output_text.annotation.added" => self.citation(fields, emit)?,
            "response.content_part.done" => self.part_done(fields, emit)?,
            "response.output_item.added" => self.item_added(fields, emit)?,
            "response.output_item.done" => self.item_done(fields, emit)?,
            "response.created" | "response.in_progress" | "response.queued" => {
                self.start(fields.response, emit);
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                self.end(kind, fields.response, emit);
            }
            "keepalive" | "ping" => emit(Event::Ping),
            // Of the provider's own tools, and what nobody knows yet.
            _ => {}
        }
        Ok(())
    }

    /// What says once more what a part has come to matters only where nothing was told of the part before.
    fn has_told(&self, fields: &Fields<'_>) -> bool {
        self.items.has_told(fields.output_index, fields.part_index.unwrap_or(0))
    }

    fn fail(&mut self, failure: Failure, emit: Emit<'_>) {
        self.is_over = true;
        emit(Event::Error(Box::new(failure)));
    }

    fn start(&mut self, response: Option<&str>, emit: Emit<'_>) {
        let Some(response) = read_response(response).filter(|_| !self.has_started) else { return };
        self.begin(&response, emit);
    }

    fn begin(&mut self, response: &Response<'_, &RawValue>, emit: Emit<'_>) {
        self.has_started = true;
        let id = leaf::text(response.id);
        self.answer = id.as_deref().unwrap_or_default().to_owned();
        emit(Event::Start { id, model: leaf::text(response.model) });
    }

    /// Lets the item speak. What another has said, or this one in an earlier part, is over.
    pub(super) fn turn(&mut self, slot: usize, is_new_part: bool, emit: Emit<'_>) {
        if self.speaking.is_some_and(|speaking| speaking != slot || is_new_part) {
            emit(Event::PartEnd { choice: 0 });
        }
        self.speaking = Some(slot);
        self.has_said = true;
    }

    pub(super) fn hush(&mut self, emit: Emit<'_>) {
        if self.speaking.take().is_some() {
            emit(Event::PartEnd { choice: 0 });
        }
    }

    fn end(&mut self, kind: &str, response: Option<&str>, emit: Emit<'_>) {
        let parsed = read_response(response);
        let error = parsed.as_ref().and_then(|response| response.error);
        if error.is_some() || kind == "response.failed" {
            return self.fail(wire::failure(error), emit);
        }
        self.end_calls(emit);
        self.hush(emit);
        let mut held = finish::Held { calls: self.calls > 0, refusal: self.has_refused, waits: self.waits };
        let (mut status, mut details) = (None, None);
        if let Some(response) = parsed {
            if !self.has_started {
                self.begin(&response, emit);
            }
            if !self.has_said {
                held = tell(&response, emit);
            }
            if let Some(usage) = usage::read(response.usage) {
                emit(Event::Usage(usage));
            }
            (status, details) = (leaf::text(response.status), response.incomplete_details);
        }
        // The event says by its name that the model has stopped, whatever is in it.
        let named = if kind == "response.incomplete" { "incomplete" } else { "completed" };
        let status = status.filter(|word| !matches!(&**word, "queued" | "in_progress"));
        let status = status.unwrap_or(named.into());
        if let Some(reason) = finish::read(Some(status), details, held) {
            emit(Event::Finish { choice: 0, reason });
        }
        self.is_over = true;
        emit(Event::End);
    }
}

fn too_many(invalid: &Invalid) -> Failure {
    Failure::new(Class::InvalidOutput).with_report(Report::new(invalid.message()))
}

/// Tells an answer that stands nowhere but in its last event.
fn tell(response: &Response<'_, &RawValue>, emit: Emit<'_>) -> finish::Held {
    let id = leaf::text(response.id).unwrap_or_default();
    let choice = response::output(wire::list(response.output), &id);
    let held = finish::Held::of(&choice.parts);
    Answer { choices: vec![choice], ..Answer::default() }.events(&mut |event| match event {
        Event::Start { .. } | Event::End => {}
        event => emit(event),
    });
    held
}

pub(super) fn read_response(json: Option<&str>) -> Option<Response<'_, &RawValue>> {
    let json = json.filter(|json| json.starts_with('{'))?;
    serde_json::from_str(json).ok()
}
