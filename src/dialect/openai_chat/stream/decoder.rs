use std::borrow::Cow;

use super::DONE;
use super::calls::{Calls, Emit, Fragment, Origin};
use super::follow;
use super::plain::Plain;
use crate::dialect::canonical::{Event, Text};
use crate::dialect::openai_chat::wire::{self, Raw, count, text};
use crate::dialect::openai_chat::{citation, error, reasoning, response};
use crate::dialect::sse::Frame;
use crate::dialect::{Decode, Invalid, Untold};

/// The most answers the API gives to one request.
const MAX_CHOICES: usize = 128;

/// Reads one stream of chunks.
#[derive(Debug, Default)]
pub struct Decoder {
    is_started: bool,
    /// The id of the answer, to make up ids of calls from.
    answer: String,
    choices: Vec<Choice>,
}

#[derive(Debug)]
struct Choice {
    index: u32,
    calls: Calls,
    /// Readable thoughts have come in a field of their own; details only repeat them.
    has_thought: bool,
    /// Would it be whole without a reason?
    untold: Untold,
    is_finished: bool,
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &Frame<'_>, emit: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid> {
        let Some(data) = frame.data.as_deref().map(<[u8]>::trim_ascii) else {
            if frame.has_comment {
                emit(Event::Ping);
            }
            return Ok(());
        };
        if data.is_empty() {
            return Ok(());
        }
        if data == DONE {
            self.done(emit);
            return Ok(());
        }
        if frame.event == Some(b"error") {
            emit(Event::Error(Box::new(error::decode(None, data))));
            return Ok(());
        }
        match self.is_started.then(|| Plain::read(data)).flatten() {
            Some(plain) => self.plain(plain, emit),
            None => self.parse(data, emit)?,
        }
        Ok(())
    }
}

impl Decoder {
    fn plain(&mut self, plain: Plain<'_>, emit: Emit<'_>) {
        let Some(state) = slot(&mut self.choices, plain.choice) else { return };
        follow::of_plain(&plain, &mut state.untold);
        let Plain { choice, thought, text, call } = plain;
        state.think(Some(thought).filter(|thought| !thought.is_empty()), emit);
        if !text.is_empty() {
            emit(Event::Text { choice, text });
        }
        if let Some(fragment) = call {
            state.calls.fragment(Origin { choice, answer: &self.answer }, fragment, emit);
        }
    }

    /// Reads any frame.
    pub(super) fn parse(&mut self, data: &[u8], emit: Emit<'_>) -> Result<(), Invalid> {
        let chunk: wire::Chunk<'_> = wire::object(data)?;
        if chunk.error.is_some() || (chunk.choices.is_none() && error::is_error(data)) {
            emit(Event::Error(Box::new(error::decode(None, data))));
            return Ok(());
        }
        self.chunk(chunk, emit);
        Ok(())
    }

    fn chunk(&mut self, chunk: wire::Chunk<'_>, emit: Emit<'_>) {
        let choices = chunk.choices.unwrap_or_default();
        self.start(chunk.id, chunk.model, !choices.is_empty(), emit);
        // Cumulative, and so the order among them does not matter: they never disagree.
        let aside = || wire::read::<wire::Aside<'_>>(chunk.x_groq).and_then(|aside| aside.usage);
        let mut usage = chunk.usage.or_else(aside);
        for choice in choices {
            usage = usage.or(choice.usage);
            self.choice(choice, emit);
        }
        if let Some(usage) = response::read_usage(usage) {
            emit(Event::Usage(usage));
        }
    }

    /// Azure's first chunk names neither id nor model: then the second one is the start.
    fn start(&mut self, id: Raw<'_>, model: Raw<'_>, has_choices: bool, emit: Emit<'_>) {
        if self.is_started {
            return;
        }
        let (id, model) = (text(id), text(model));
        if id.is_some() || has_choices {
            self.is_started = true;
            self.answer = id.as_deref().unwrap_or_default().to_owned();
            emit(Event::Start { id, model });
        }
    }

    /// Some servers end a tool call without having said why: then the call itself is the reason, if it is all there. So
    /// is the end of sound. Of text nobody knows whether it is whole, and no reason is made up.
    pub(super) fn done(&mut self, emit: Emit<'_>) {
        let is_open = |choice: &&mut Choice| !choice.is_finished && choice.untold.is_whole();
        for choice in self.choices.iter_mut().filter(is_open) {
            choice.finish(Cow::Borrowed("stop"), emit);
        }
        emit(Event::End);
    }

    fn choice(&mut self, choice: wire::Choice<'_>, emit: Emit<'_>) {
        let index = count(choice.index).and_then(|index| u32::try_from(index).ok()).unwrap_or(0);
        let Some(state) = slot(&mut self.choices, index) else { return };
        if let Some(delta) = choice.delta.or(choice.message) {
            state.delta(&self.answer, &delta, emit);
        }
        if let Some(value) = wire::of_object(choice.logprobs) {
            emit(Event::Logprobs { choice: index, value });
        }
        if let Some(word) = text(choice.finish_reason) {
            state.finish(word, emit);
        }
    }
}

/// The choice of this index; a new one, unless there are too many.
fn slot(choices: &mut Vec<Choice>, index: u32) -> Option<&mut Choice> {
    let known = choices.iter().position(|choice| choice.index == index);
    let slot = known.unwrap_or(choices.len());
    if known.is_none() && slot < MAX_CHOICES {
        choices.push(Choice::new(index));
    }
    choices.get_mut(slot)
}

impl Choice {
    fn new(index: u32) -> Self {
        let (calls, untold) = (Calls::default(), Untold::default());
        Self { index, calls, has_thought: false, untold, is_finished: false }
    }

    fn delta(&mut self, answer: &str, delta: &wire::Message<'_>, emit: Emit<'_>) {
        let choice = self.index;
        follow::of_message(choice, delta, &mut self.untold);
        self.thought(delta, emit);
        content(choice, delta.content, emit);
        if let Some(audio) = wire::Audio::read(delta.audio) {
            if let Some(text) = audio.transcript() {
                emit(Event::Text { choice, text });
            }
        }
        for citation in citation::read(delta.annotations) {
            emit(Event::Citation { choice, citation });
        }
        if let Some(text) = text(delta.refusal) {
            emit(Event::Refusal { choice, text });
        }
        let origin = Origin { choice, answer };
        for call in delta.tool_calls.iter().flatten() {
            self.calls.fragment(origin, Fragment::of(call), emit);
        }
        if let Some(call) = &delta.function_call {
            self.calls.legacy(origin, call, emit);
        }
    }

    /// Readable text comes in one of three fields, or twice; seals come in the details only.
    fn thought(&mut self, delta: &wire::Message<'_>, emit: Emit<'_>) {
        let choice = self.index;
        self.think(text(delta.reasoning_content).or_else(|| text(delta.reasoning)), emit);
        let details: Vec<wire::Detail<'_>> = wire::read(delta.reasoning_details).unwrap_or_default();
        for thought in details.iter().filter_map(reasoning::thought) {
            if !self.has_thought && !thought.text.is_empty() {
                emit(Event::Reasoning { choice, text: thought.text });
            }
            if let Some(signature) = thought.signature {
                emit(Event::Signature { choice, signature });
            }
            if let Some(data) = thought.redacted {
                emit(Event::Redacted { choice, data });
            }
        }
    }

    fn think(&mut self, text: Option<Text<'_>>, emit: Emit<'_>) {
        if let Some(text) = text {
            self.has_thought = true;
            emit(Event::Reasoning { choice: self.index, text });
        }
    }

    fn finish(&mut self, word: Text<'_>, emit: Emit<'_>) {
        if !std::mem::replace(&mut self.is_finished, true) {
            let reason = response::read_finish(word, !self.calls.is_empty());
            emit(Event::Finish { choice: self.index, reason });
        }
    }
}

/// Content is a string, or a list of pieces at Mistral.
fn content(choice: u32, content: Raw<'_>, emit: Emit<'_>) {
    let Some(value) = content.filter(|value| !wire::is_empty(value)) else { return };
    if value.get().starts_with('[') {
        let pieces: Vec<wire::Piece<'_>> = wire::read(content).unwrap_or_default();
        for piece in pieces {
            if let Some(text) = response::thinking(&piece) {
                emit(Event::Reasoning { choice, text });
                if let Some(signature) = wire::text(piece.signature) {
                    emit(Event::Signature { choice, signature });
                }
            } else if let Some(text) = text(piece.text) {
                emit(Event::Text { choice, text });
            }
        }
        return;
    }
    emit(Event::Text { choice, text: wire::json_text(value) });
}
