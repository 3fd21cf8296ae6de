use super::plain::Plain;
use crate::dialect::canonical::{Event, Text};
use crate::dialect::gemini::error;
use crate::dialect::gemini::response::call::{self, Origin};
use crate::dialect::gemini::response::pieces::{Assembled, Pieces, Taken};
use crate::dialect::gemini::response::place::Texts;
use crate::dialect::gemini::response::wire::{self, count};
use crate::dialect::gemini::response::{Kept, Metadata, finish, logprobs, read_sources, tokens, usage};
use crate::dialect::sse::Frame;
use crate::dialect::surrogates::mended;
use crate::dialect::{Decode, Invalid};

/// The most answers that are read side by side. The API gives eight.
const MAX_CHOICES: usize = 128;
/// The most of a text that is kept to count characters in, in bytes.
const MOST_TEXT: usize = 1024 * 1024;
/// The most chunks whose sources are kept. Each is no larger than a frame may be.
const MOST_SOURCES: usize = 16;

/// Who gets the events.
type Emit<'e> = &'e mut dyn FnMut(Event<'_>);

/// Reads one stream of chunks. Each has the shape of a whole answer, and holds what is new.
#[derive(Debug, Default)]
pub struct Decoder {
    is_started: bool,
    /// The id of the answer, to make up ids of calls from.
    answer: String,
    choices: Vec<Choice>,
}

#[derive(Debug, Default)]
struct Choice {
    index: u32,
    calls: u32,
    pieces: Pieces,
    open: Open,
    /// All texts so far: sources name bytes of them.
    texts: Vec<String>,
    text_bytes: usize,
    sources: Vec<Kept>,
    /// The reason that was told, and whether there were calls by then.
    told: Option<(String, bool)>,
}

/// The part that the next increment may belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    Text,
    Thought,
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &Frame<'_>, emit: Emit<'_>) -> Result<(), Invalid> {
        let Some(data) = frame.data.as_deref().map(<[u8]>::trim_ascii) else {
            if frame.has_comment {
                emit(Event::Ping);
            }
            return Ok(());
        };
        if data.is_empty() {
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
    /// Reads any frame.
    pub(super) fn parse(&mut self, data: &[u8], emit: Emit<'_>) -> Result<(), Invalid> {
        let chunks = match wire::chunks(data) {
            Ok(chunks) => chunks,
            Err(invalid) => match mended(data) {
                Some(mended) => return self.parse(&mended, emit),
                None => return Err(invalid),
            },
        };
        for chunk in chunks {
            if chunk.error.is_some() {
                emit(Event::Error(Box::new(error::decode(None, data))));
                return Ok(());
            }
            self.chunk(chunk, emit);
        }
        Ok(())
    }

    fn plain(&mut self, plain: Plain<'_>, emit: Emit<'_>) {
        if let Some(choice) = choice(&mut self.choices, 0) {
            match plain.is_thought {
                true => choice.thought(Some(plain.text), None, emit),
                false => choice.text(plain.text, None, emit),
            }
        }
        if let Some(usage) = plain.usage {
            emit(Event::Usage(usage));
        }
    }

    fn chunk(&mut self, mut chunk: wire::Response<'_>, emit: Emit<'_>) {
        if !std::mem::replace(&mut self.is_started, true) {
            let id = std::mem::take(&mut chunk.response_id).text();
            self.answer = id.as_deref().unwrap_or_default().to_owned();
            emit(Event::Start { id, model: std::mem::take(&mut chunk.model_version).text() });
        }
        let is_blocked = chunk.is_blocked();
        let candidates = chunk.candidates.unwrap_or_default();
        if is_blocked && candidates.is_empty() {
            if let Some(choice) = choice(&mut self.choices, 0) {
                choice.finish("SAFETY".into(), emit);
            }
        }
        for (at, candidate) in (0..).zip(candidates) {
            let index = count(candidate.index).and_then(|index| u32::try_from(index).ok()).unwrap_or(at);
            if let Some(choice) = choice(&mut self.choices, index) {
                choice.candidate(&self.answer, candidate, emit);
            }
        }
        // Cumulative, in every chunk.
        if let Some(usage) = usage::read(chunk.usage_metadata) {
            emit(Event::Usage(usage));
        }
    }
}

fn choice(choices: &mut Vec<Choice>, index: u32) -> Option<&mut Choice> {
    let known = choices.iter().position(|choice| choice.index == index);
    if known.is_none() {
        if choices.len() >= MAX_CHOICES {
            return None;
        }
        choices.push(Choice { index, ..Choice::default() });
    }
    let slot = known.unwrap_or(choices.len() - 1);
    choices.get_mut(slot)
}

impl Choice {
    fn candidate(&mut self, answer: &str, candidate: wire::Candidate<'_>, emit: Emit<'_>) {
        let metadata = Metadata::of(&candidate);
        if !metadata.is_empty() && self.sources.len() < MOST_SOURCES {
            self.sources.push(metadata.keep());
        }
        let mut items = Vec::new();
        logprobs::read(candidate.logprobs_result, &mut items);
        let parts = candidate.content.and_then(|content| content.parts).unwrap_or_default();
        // Code that the provider will run, or a tool of its own: the answer goes on with what comes of it.
        let goes_on = parts.last().is_some_and(wire::Part::is_hosted_call);
        for part in parts {
            self.part(answer, part, emit);
        }
        if let Some(value) = tokens(items) {
            emit(Event::Logprobs { choice: self.index, value });
        }
        match finish::word(candidate.finish_reason) {
            Some(word) if goes_on && word == "STOP" => {}
            Some(word) => {
                if let Some(call) = self.pieces.rest() {
                    self.assembled(call, answer, emit);
                }
                self.finish(word, emit);
            }
            // The reason came first: nothing else will call for them.
            None if self.told.is_some() => self.cite(emit),
            None => {}
        }
    }

    fn part(&mut self, answer: &str, mut part: wire::Part<'_>, emit: Emit<'_>) {
        let seal = std::mem::take(&mut part.thought_signature).text();
        if let Some(called) = part.function_call.take() {
            let origin = Origin { answer, choice: self.index, index: self.calls };
            match self.pieces.take(called, seal) {
                Taken::Held => {}
                Taken::Done(call) => self.assembled(call, answer, emit),
                Taken::Whole(called, seal) => {
                    if let Some(call) = call::read(called, origin) {
                        self.call(call.id, call.name, (call.arguments, seal), emit);
                    }
                }
            }
        } else if part.thought.is_true() {
            self.thought(part.text.text(), seal, emit);
        } else if let Some(text) = part.text.string() {
            self.text(text, seal, emit);
        } else {
            // What the provider's own tools did: no stream of another dialect has a place for it.
            self.close(emit);
        }
    }

    fn assembled(&mut self, mut call: Assembled, answer: &str, emit: Emit<'_>) {
        let origin = Origin { answer, choice: self.index, index: self.calls };
        let seal = call.seal.take().map(Text::from);
        let call = call::assembled(&mut call, origin);
        self.call(call.id, call.name, (call.arguments, seal), emit);
    }

    fn call(
        &mut self,
        id: Text<'_>,
        name: Text<'_>,
        (json, seal): (Text<'_>, Option<Text<'_>>),
        emit: Emit<'_>,
    ) {
        self.close(emit);
        let (choice, index) = (self.index, self.calls);
        self.calls += 1;
        if let Some(signature) = seal {
            emit(Event::Signature { choice, signature });
        }
        emit(Event::ToolCall { choice, index, id, name });
        emit(Event::Arguments { choice, index, json });
        emit(Event::PartEnd { choice });
    }

    fn thought(&mut self, text: Option<Text<'_>>, seal: Option<Text<'_>>, emit: Emit<'_>) {
        let choice = self.index;
        if text.is_some() || seal.is_some() {
            self.open(Open::Thought, emit);
        }
        if let Some(text) = text {
            emit(Event::Reasoning { choice, text });
        }
        if let Some(signature) = seal {
            emit(Event::Signature { choice, signature });
            self.close(emit);
        }
    }

    /// The seal of a text stands behind it, as a thought that is not shown.
    fn text(&mut self, text: Text<'_>, seal: Option<Text<'_>>, emit: Emit<'_>) {
        let choice = self.index;
        if !text.is_empty() {
            self.open(Open::Text, emit);
            self.keep(&text);
            emit(Event::Text { choice, text });
        }
        if let Some(signature) = seal {
            self.close(emit);
            emit(Event::Signature { choice, signature });
            emit(Event::PartEnd { choice });
        }
    }

    fn keep(&mut self, text: &str) {
        self.text_bytes += text.len();
        if let Some(last) = self.texts.last_mut().filter(|_| self.text_bytes <= MOST_TEXT) {
            last.push_str(text);
        }
    }

    fn open(&mut self, part: Open, emit: Emit<'_>) {
        if self.open == part {
            return;
        }
        self.close(emit);
        self.open = part;
        if part == Open::Text {
            self.texts.push(String::new());
        }
    }

    fn close(&mut self, emit: Emit<'_>) {
        if std::mem::take(&mut self.open) != Open::Nothing {
            emit(Event::PartEnd { choice: self.index });
        }
    }

    /// Some servers repeat the reason in every chunk.
    fn finish(&mut self, word: Text<'_>, emit: Emit<'_>) {
        self.cite(emit);
        let has_calls = self.calls > 0;
        if self.told.as_ref().is_some_and(|(told, had_calls)| *told == *word && *had_calls == has_calls) {
            return;
        }
        self.close(emit);
        self.told = Some((word.to_string(), has_calls));
        emit(Event::Finish { choice: self.index, reason: finish::read(word, has_calls) });
    }

    /// Only at the end is it known which text a source is about. An event can only name a place in the last.
    fn cite(&mut self, emit: Emit<'_>) {
        let kept = std::mem::take(&mut self.sources);
        if kept.is_empty() {
            return;
        }
        let metadata: Vec<Metadata<'_>> = kept.iter().map(Kept::metadata).collect();
        let texts = Texts::new(self.texts.iter().map(String::as_str));
        for cited in read_sources(&metadata, &texts) {
            let mut citation = cited.citation;
            if cited.text + 1 < texts.len() {
                (citation.start, citation.end) = (None, None);
            }
            emit(Event::Citation { choice: self.index, citation });
        }
    }
}
