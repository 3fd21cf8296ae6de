//! Thoughts that go back to whoever had them, each in the place that the provider reads them from.

use serde_json::value::RawValue;

use super::body::{Message, Part, Thought};
use super::encode::Writer;
use crate::dialect::canonical::{Content, Position, Reasoning, Request, Role};
use crate::dialect::openai_chat::habits::{self, is_openai};
use crate::dialect::openai_chat::{NAME, reasoning};

/// The other dialects: what they sealed is never this one's.
const OTHERS: [&str; 3] = ["anthropic-messages", "openai-responses", "gemini"];

/// The thoughts of one turn.
#[derive(Default)]
pub(super) struct Thoughts<'a> {
    content: String,
    plain: String,
    details: Vec<Box<RawValue>>,
    parts: Vec<Part<'a>>,
}

/// Where the calls begin that are still being answered: behind the last words of the user.
pub(super) fn loop_start(request: &Request<'_>) -> usize {
    let is_words = |content: &Content<'_>| !matches!(content, Content::ToolResult(_));
    let asks = |turn: &crate::dialect::canonical::Turn<'_>| {
        turn.role == Role::User && turn.parts.iter().any(|part| is_words(&part.content))
    };
    request.turns.iter().rposition(asks).map_or(0, |last| last + 1)
}

impl<'a> Thoughts<'a> {
    /// Takes a thought, if the provider wants it back. What it does not take of it is a loss.
    pub(super) fn add(&mut self, writer: &mut Writer<'a, '_>, thought: &'a Reasoning<'a>, at: Position) {
        if !self.take(writer, thought) {
            writer.losses.dropped(writer.request.names.thought(at, thought));
        }
    }

    fn take(&mut self, writer: &Writer<'a, '_>, thought: &'a Reasoning<'a>) -> bool {
        let issuer = thought.issuer.as_deref().unwrap_or_default();
        let is_sealed = thought.signature.is_some() || thought.redacted.is_some();
        match writer.habits.thoughts {
            // Whoever a router asked put his own name to the seal.
            habits::Thoughts::Details if issuer.is_empty() || OTHERS.contains(&issuer) => return false,
            habits::Thoughts::Details if is_sealed => return self.detail(thought),
            _ if issuer != NAME => return false,
            habits::Thoughts::Content if is_openai(writer.habits, writer.known) => return false,
            habits::Thoughts::InLoop if !writer.is_in_loop => return false,
            habits::Thoughts::Content | habits::Thoughts::InLoop => self.content.push_str(&thought.text),
            habits::Thoughts::Plain | habits::Thoughts::Details => self.plain.push_str(&thought.text),
            habits::Thoughts::Parts => {
                let signature = thought.signature.as_deref();
                let thinking = [Thought { kind: "text", text: &thought.text }];
                self.parts.push(Part::Thinking { thinking, signature, closed: true });
                return thought.redacted.is_none();
            }
        }
        !is_sealed
    }

    fn detail(&mut self, thought: &Reasoning<'_>) -> bool {
        let mut out = Vec::new();
        // Its own name stands for no vendor's: who serves it finds out by himself.
        let issuer = thought.issuer.clone().filter(|issuer| issuer != NAME);
        reasoning::write(&mut out, &Reasoning { issuer, ..thought.clone() }, None);
        let json = String::from_utf8(out).ok().and_then(|json| RawValue::from_string(json).ok());
        let is_taken = json.is_some();
        self.details.extend(json);
        is_taken
    }

    /// The message with its thoughts.
    pub(super) fn written(self, mut message: Message<'a>) -> Message<'a> {
        message.reasoning_content = self.content;
        message.reasoning = self.plain;
        message.reasoning_details = self.details;
        if !self.parts.is_empty() {
            let said = std::mem::replace(&mut message.content.0, self.parts);
            message.content.0.extend(said);
        }
        message
    }
}
