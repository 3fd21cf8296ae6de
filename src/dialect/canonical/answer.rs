use super::{Content, Event, Finish, Json, Text, Usage};

/// A whole answer.
#[derive(Clone, Debug, Default)]
pub struct Answer<'a> {
    /// The provider's id of it.
    pub id: Option<Text<'a>>,
    /// The model that answered.
    pub model: Option<Text<'a>>,
    /// When, in seconds since 1970, where the dialect says.
    pub created: Option<u64>,
    /// The answer; more than one only where the caller asked for more.
    pub choices: Vec<Choice<'a>>,
    /// What it cost.
    pub usage: Option<Usage>,
}

/// One answer of possibly several.
#[derive(Clone, Debug, Default)]
pub struct Choice<'a> {
    /// What the model said, in order.
    pub parts: Vec<Content<'a>>,
    /// Why it stopped; `None` means that the provider did not say.
    pub finish: Option<Finish<'a>>,
    /// Token probabilities, in the words of OpenAI Chat: `{"content":[…]}`.
    pub logprobs: Option<Json<'a>>,
}

impl Answer<'_> {
    /// Tells the answer as the stream it might have been: for a provider that answers a wish for a stream with
    /// a whole answer. Parts that no stream can carry (images, kinds of one dialect only) are left out.
    pub fn events(&self, emit: &mut dyn FnMut(Event<'_>)) {
        emit(Event::Start { id: self.id.clone(), model: self.model.clone() });
        for (index, choice) in (0..).zip(&self.choices) {
            choice.events(index, emit);
        }
        if let Some(usage) = self.usage {
            emit(Event::Usage(usage));
        }
        emit(Event::End);
    }
}

impl Choice<'_> {
    fn events(&self, choice: u32, emit: &mut dyn FnMut(Event<'_>)) {
        let mut calls = 0..;
        for part in &self.parts {
            part_events(part, choice, &mut calls, emit);
        }
        if let Some(value) = self.logprobs.clone() {
            emit(Event::Logprobs { choice, value });
        }
        if let Some(reason) = self.finish.clone() {
            emit(Event::Finish { choice, reason });
        }
    }
}

fn part_events(
    part: &Content<'_>,
    choice: u32,
    calls: &mut dyn Iterator<Item = u32>,
    emit: &mut dyn FnMut(Event<'_>),
) {
    match part {
        Content::Text(text) => emit(Event::Text { choice, text: text.clone() }),
        Content::Refusal(text) => emit(Event::Refusal { choice, text: text.clone() }),
        Content::Reasoning(thought) => {
            if !thought.text.is_empty() {
                emit(Event::Reasoning { choice, text: thought.text.clone() });
            }
            if let Some(signature) = thought.signature.clone() {
                emit(Event::Signature { choice, signature });
            }
            if let Some(data) = thought.redacted.clone() {
                emit(Event::Redacted { choice, data });
            }
        }
        Content::Citation(citation) => {
            return emit(Event::Citation { choice, citation: citation.clone() });
        }
        Content::ToolCall(call) => {
            let Some(index) = calls.next() else { return };
            emit(Event::ToolCall { choice, index, id: call.id.clone(), name: call.name.clone() });
            emit(Event::Arguments { choice, index, json: call.arguments.clone() });
        }
        _ => return,
    }
    emit(Event::PartEnd { choice });
}

#[cfg(test)]
mod tests {
    use super::super::ToolCall;
    use super::*;

    #[test]
    fn a_whole_answer_is_told_in_the_order_of_its_parts_and_ends() {
        let call = |id| ToolCall { id, name: "f".into(), arguments: "{}".into() };
        let choice = Choice {
            parts: vec![
                Content::Text("hi".into()),
                Content::ToolCall(call("a".into())),
                Content::ToolCall(call("b".into())),
            ],
            finish: Some(Finish::ToolCalls),
            logprobs: None,
        };
        let answer = Answer { choices: vec![choice], usage: Some(Usage::default()), ..Answer::default() };
        let mut told = Vec::new();
        answer.events(&mut |event| {
            told.push(match event {
                Event::Start { .. } => "start".to_owned(),
                Event::Text { text, .. } => format!("text {text}"),
                Event::ToolCall { index, id, .. } => format!("call {index} {id}"),
                Event::Arguments { index, json, .. } => format!("arguments {index} {json}"),
                Event::PartEnd { .. } => "part end".to_owned(),
                Event::Finish { .. } => "finish".to_owned(),
                Event::Usage(_) => "usage".to_owned(),
                Event::End => "end".to_owned(),
                other => format!("{other:?}"),
            });
        });
        let wanted = "start|text hi|part end|call 0 a|arguments 0 {}|part end|call 1 b|arguments 1 {}|part end|\
                      finish|usage|end";
        assert_eq!(told.join("|"), wanted);
    }
}
