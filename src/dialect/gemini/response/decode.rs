use std::borrow::Cow;

use serde_json::value::RawValue;

use super::call::{self, Origin};
use super::pieces::{Assembled, Pieces, Taken};
use super::place::Texts;
use super::sources::{self, Metadata};
use super::wire::{self, count};
use super::{finish, logprobs, part, time, usage};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Answer, Choice, Content, Finish, Json, Reasoning, Text, ToolCall};
use crate::dialect::gemini::NAME;
use crate::dialect::slots::Slots;

/// Reads a whole answer, or a stream that came as one JSON array of its chunks.
pub(crate) fn decode(body: &[u8]) -> Result<Answer<'_>, Invalid> {
    let chunks = wire::chunks(body)?;
    let mut whole = Whole { is_merged: chunks.len() > 1, ..Whole::default() };
    for chunk in chunks {
        whole.chunk(chunk)?;
    }
    whole.finish()
}

/// An answer, chunk by chunk.
#[derive(Default)]
struct Whole<'a> {
    answer: Answer<'a>,
    candidates: Vec<Building<'a>>,
    slots: Slots<u32>,
    /// There are several chunks: texts that follow each other are one.
    is_merged: bool,
    has_candidates: bool,
    is_blocked: bool,
}

#[derive(Default)]
struct Building<'a> {
    index: u32,
    parts: Vec<Content<'a>>,
    calls: u32,
    pieces: Pieces,
    word: Option<Text<'a>>,
    sources: Vec<Metadata<'a>>,
    logprobs: Vec<u8>,
}

impl<'a> Whole<'a> {
    fn chunk(&mut self, chunk: wire::Response<'a>) -> Result<(), Invalid> {
        if chunk.error.is_some() {
            return Err(Invalid::new("The answer is an error.").at("error"));
        }
        self.is_blocked |= chunk.is_blocked();
        self.has_candidates |= chunk.candidates.is_some();
        let answer = &mut self.answer;
        answer.id = chunk.response_id.text().or(answer.id.take());
        answer.model = chunk.model_version.text().or(answer.model.take());
        answer.created = chunk.create_time.text().and_then(|time| time::seconds(&time)).or(answer.created);
        if let Some(later) = usage::read(chunk.usage_metadata) {
            answer.usage = Some(answer.usage.unwrap_or_default().updated(later));
        }
        for (at, candidate) in (0..).zip(chunk.candidates.unwrap_or_default()) {
            self.candidate(candidate, at);
        }
        Ok(())
    }

    /// `at` is its place in the list: the index may be missing.
    fn candidate(&mut self, candidate: wire::Candidate<'a>, at: u32) {
        let index = count(candidate.index).and_then(|index| u32::try_from(index).ok()).unwrap_or(at);
        let known = self.slots.get(&index);
        let slot = known.unwrap_or(self.candidates.len());
        if known.is_none() {
            self.slots.insert(index, slot);
            self.candidates.push(Building { index, ..Building::default() });
        }
        let id = self.answer.id.as_deref().unwrap_or_default();
        self.candidates[slot].add(candidate, id, self.is_merged);
    }

    fn finish(mut self) -> Result<Answer<'a>, Invalid> {
        if !self.has_candidates && !self.is_blocked {
            return Err(Invalid::new("The answer has no candidates.").at("candidates"));
        }
        self.candidates.sort_by_key(|candidate| candidate.index);
        let id = self.answer.id.as_deref().unwrap_or_default();
        self.answer.choices = self.candidates.into_iter().map(|candidate| candidate.choice(id)).collect();
        if self.answer.choices.is_empty() && self.is_blocked {
            let blocked = Choice { finish: Some(Finish::ContentFilter), ..Choice::default() };
            self.answer.choices.push(blocked);
        }
        Ok(self.answer)
    }
}

impl<'a> Building<'a> {
    fn add(&mut self, candidate: wire::Candidate<'a>, answer: &str, is_merged: bool) {
        self.word = finish::word(candidate.finish_reason).or(self.word.take());
        let metadata = Metadata::of(&candidate);
        if !metadata.is_empty() {
            self.sources.push(metadata);
        }
        logprobs::read(candidate.logprobs_result, &mut self.logprobs);
        for part in candidate.content.and_then(|content| content.parts).unwrap_or_default() {
            self.part(part, answer, is_merged);
        }
    }

    fn part(&mut self, mut part: wire::Part<'a>, answer: &str, is_merged: bool) {
        let seal = std::mem::take(&mut part.thought_signature).text();
        if let Some(call) = part.function_call.take() {
            return self.call(call, seal, answer);
        }
        if let Some(other) = part::other(&part, seal.as_deref()) {
            return self.parts.push(other);
        }
        let is_thought = part.thought.is_true();
        let text = part.text.text();
        match self.parts.last_mut().filter(|_| is_merged) {
            Some(Content::Text(before)) if !is_thought => before.to_mut().push_str(&text.unwrap_or_default()),
            Some(Content::Reasoning(before)) if is_thought && before.signature.is_none() => {
                before.text.to_mut().push_str(&text.unwrap_or_default());
                before.signature = seal;
                return;
            }
            _ if is_thought => {
                if text.is_some() || seal.is_some() {
                    self.thought(text.unwrap_or_default(), seal);
                }
                return;
            }
            _ => self.parts.extend(text.map(Content::Text)),
        }
        self.seal(seal);
    }

    fn call(&mut self, call: wire::FunctionCall<'a>, seal: Option<Text<'a>>, answer: &str) {
        let origin = Origin { answer, choice: self.index, index: self.calls };
        match self.pieces.take(call, seal) {
            Taken::Held => {}
            Taken::Done(call) => self.assembled(call, answer),
            Taken::Whole(call, seal) => {
                if let Some(call) = call::read(call, origin) {
                    self.called(call, seal);
                }
            }
        }
    }

    fn assembled(&mut self, mut call: Assembled, answer: &str) {
        let origin = Origin { answer, choice: self.index, index: self.calls };
        let seal = call.seal.take().map(Cow::Owned);
        self.called(call::assembled(&mut call, origin), seal);
    }

    fn called(&mut self, call: ToolCall<'a>, seal: Option<Text<'a>>) {
        self.calls += 1;
        self.seal(seal);
        self.parts.push(Content::ToolCall(call));
    }

    fn thought(&mut self, text: Text<'a>, signature: Option<Text<'a>>) {
        let issuer = Some(Cow::Borrowed(NAME));
        self.parts.push(Content::Reasoning(Reasoning { text, signature, redacted: None, issuer }));
    }

    /// The seal of a call stands before it, that of a text behind: each is a thought that is not shown.
    fn seal(&mut self, seal: Option<Text<'a>>) {
        if seal.is_some() {
            self.thought(Cow::Borrowed(""), seal);
        }
    }

    fn choice(mut self, answer: &str) -> Choice<'a> {
        if let Some(call) = self.pieces.rest() {
            self.assembled(call, answer);
        }
        let Self { parts, calls, word, sources, logprobs, .. } = self;
        Choice {
            finish: word.map(|word| finish::read(word, calls > 0)),
            parts: if sources.is_empty() { parts } else { cited(parts, &sources) },
            logprobs: tokens(logprobs),
        }
    }
}

/// Puts sources behind the texts they are about.
fn cited<'a>(parts: Vec<Content<'a>>, metadata: &[Metadata<'a>]) -> Vec<Content<'a>> {
    let text = |part: &Content<'a>| match part {
        Content::Text(text) => Some(text.clone()),
        _ => None,
    };
    let texts: Vec<Text<'a>> = parts.iter().filter_map(text).collect();
    let mut cited =
        sources::read(metadata, &Texts::new(texts.iter().map(|text| &**text))).into_iter().peekable();
    let (mut all, mut at) = (Vec::with_capacity(parts.len() + cited.len()), 0);
    for part in parts {
        let is_text = matches!(part, Content::Text(_));
        all.push(part);
        if is_text {
            while let Some(source) = cited.next_if(|source| source.text == at) {
                all.push(Content::Citation(source.citation));
            }
            at += 1;
        }
    }
    all.extend(cited.map(|source| Content::Citation(source.citation)));
    all
}

/// Chat's form of these tokens.
pub(crate) fn tokens(items: Vec<u8>) -> Option<Json<'static>> {
    if items.is_empty() {
        return None;
    }
    let json = format!("{{\"content\":[{}]}}", String::from_utf8(items).ok()?);
    RawValue::from_string(json).ok().map(Cow::Owned)
}
