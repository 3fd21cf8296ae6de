use std::cell::OnceCell;

use super::envelope::{Envelope, Status};
use super::item::{self, Callee, Words};
use super::seal::seal;
use super::{annotation, finish, ids, logprobs};
use crate::dialect::Reply;
use crate::dialect::canonical::{Answer, Content, Finish, Reasoning, Text, ToolCall};
use crate::dialect::openai_responses::NAME;

/// Writes a whole answer.
pub(crate) fn encode(answer: &Answer<'_>, reply: &Reply) -> Vec<u8> {
    let created = answer.created.unwrap_or(reply.created);
    let id = ids::response(answer.id.as_deref(), reply.created);
    let envelope = Envelope::new(id, created, answer.model.as_deref().unwrap_or(&reply.model), reply);
    let choice = answer.choices.first();
    let parts = choice.map_or(&[][..], |choice| &choice.parts);
    let held = finish::Held::of(parts);
    let end = match choice.and_then(|choice| choice.finish.as_ref()) {
        // What no other dialect can tell its callers is told here.
        Some(Finish::Error) if held.waits => Some(&Finish::Stop),
        end => end,
    };
    let status = finish::status(end, held.refusal);
    let logprobs = choice.and_then(|choice| choice.logprobs.as_deref()).and_then(logprobs::inner);
    let mut out = Vec::with_capacity(1024);
    envelope.write(&mut out, status, answer.usage, |out| {
        let mut items =
            Items { out, response: &envelope.id, reply, status, count: 0, in_message: false, logprobs };
        for (index, part) in parts.iter().enumerate() {
            items.part(part, &parts[index + 1..]);
        }
        items.end_message();
    });
    out
}

/// Writes parts as items: texts and refusals that follow each other are parts of one message.
struct Items<'o> {
    out: &'o mut Vec<u8>,
    response: &'o str,
    reply: &'o Reply,
    status: Status,
    count: usize,
    in_message: bool,
    /// Of the whole answer, until they have been told with its first text.
    logprobs: Option<&'o str>,
}

impl Items<'_> {
    fn part(&mut self, part: &Content<'_>, rest: &[Content<'_>]) {
        match part {
            Content::Text(text) => self.text(text, rest),
            Content::Refusal(text) => {
                self.begin_part(rest);
                item::refusal(self.out, Words::Plain(text));
            }
            Content::Reasoning(thought) => self.reasoning(thought),
            Content::ToolCall(call) => self.call(call),
            // Items of this dialect's own kinds; those of others have no place here.
            Content::Unknown { value, .. } if self.reply.issuer.as_deref() == Some(NAME) => {
                self.begin();
                self.out.extend_from_slice(value.get().as_bytes());
            }
            _ => {}
        }
    }

    /// Begins an item that is no message, and says which it is.
    fn begin(&mut self) -> usize {
        self.end_message();
        if self.count > 0 {
            self.out.push(b',');
        }
        self.count += 1;
        self.count - 1
    }

    /// Begins a part of a message.
    fn begin_part(&mut self, rest: &[Content<'_>]) {
        if self.in_message {
            return self.out.push(b',');
        }
        let id = ids::item("msg", self.response, self.begin());
        let is_last = rest
            .iter()
            .all(|part| matches!(part, Content::Text(_) | Content::Refusal(_) | Content::Citation(_)));
        item::message(self.out, &id, if is_last { self.status.of_last_item() } else { "completed" });
        self.in_message = true;
    }

    fn end_message(&mut self) {
        if std::mem::take(&mut self.in_message) {
            self.out.extend_from_slice(b"]}");
        }
    }

    fn text(&mut self, text: &Text<'_>, rest: &[Content<'_>]) {
        let citations = rest.iter().map_while(|part| match part {
            Content::Citation(citation) => Some(citation),
            _ => None,
        });
        let length = OnceCell::new();
        let mut annotations = Vec::new();
        for citation in citations {
            let end = annotations.len();
            if end > 0 {
                annotations.push(b',');
            }
            if !annotation::write(&mut annotations, citation, || *length.get_or_init(|| text.chars().count()))
            {
                annotations.truncate(end);
            }
        }
        if text.is_empty() && annotations.is_empty() {
            return;
        }
        self.begin_part(rest);
        let logprobs = self.logprobs.take().unwrap_or_default();
        item::text(self.out, Words::Plain(text), &annotations, logprobs.as_bytes());
    }

    fn reasoning(&mut self, thought: &Reasoning<'_>) {
        let issuer = thought.issuer.as_deref().or(self.reply.issuer.as_deref());
        let (id, encrypted) = seal(issuer, thought.signature.as_deref(), thought.redacted.as_deref());
        let index = self.begin();
        let made_up = || ids::item("rs", self.response, index);
        let id = id.map_or_else(made_up, str::to_owned);
        item::reasoning(self.out, &id, Words::Plain(&thought.text), encrypted.as_deref());
    }

    fn call(&mut self, call: &ToolCall<'_>) {
        let id = ids::item("fc", self.response, self.begin());
        let callee = Callee { id: &id, call_id: &call.id, name: &call.name };
        let is_cut = self.status != Status::Completed
            && serde_json::from_str::<serde::de::IgnoredAny>(&call.arguments).is_err();
        // Callers parse what they are given; but what the limit cut off is not made up.
        let arguments = if call.arguments.is_empty() && !is_cut { "{}" } else { &call.arguments };
        let status = if is_cut { "incomplete" } else { "completed" };
        item::call(self.out, callee, status, Words::Plain(arguments));
    }
}
