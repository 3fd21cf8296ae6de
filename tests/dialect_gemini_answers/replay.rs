//! What a caller was told comes back to whom it came from.

use serde_json::{Value, json};
use tower_failover::dialect::Dialect;
use tower_failover::dialect::canonical::{Answer, Choice, Content, Event, Finish, Reasoning, Role, ToolCall};
use tower_failover::dialect::gemini::Gemini;

use super::{chunks, foreign, json, own, written};

/// A turn of the model: a sealed thought, an encrypted one, words and a call.
fn answer(issuer: &str) -> Answer<'_> {
    let sealed = |text: &'static str, signature: &'static str| {
        Content::Reasoning(Reasoning {
            text: text.into(),
            signature: Some(signature.into()),
            issuer: Some(issuer.into()),
            ..Reasoning::default()
        })
    };
    let redacted =
        Reasoning { redacted: Some("c2VhbGVk".into()), issuer: Some(issuer.into()), ..Reasoning::default() };
    let call = ToolCall { id: "toolu_1".into(), name: "f".into(), arguments: r#"{"b":1.50,"a":2}"#.into() };
    let mut parts = vec![sealed("Let me see.", "Eq=="), Content::Text("Schön.".into())];
    if issuer != "gemini" {
        parts.insert(1, Content::Reasoning(redacted));
    }
    parts.push(Content::ToolCall(call));
    let choice = Choice { parts, finish: Some(Finish::ToolCalls), logprobs: None };
    Answer { choices: vec![choice], ..Answer::default() }
}

/// The model's turn, as it is read from the request that a caller sends next.
fn replayed(contents: &[Value]) -> Vec<String> {
    let mut all = vec![json!({"role": "user", "parts": [{"text": "Hi"}]})];
    all.extend(contents.iter().cloned());
    all.push(
        json!({"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": 1}}}]}),
    );
    let body = json!({"contents": all}).to_string();
    let request = Gemini.decode_request(body.as_bytes()).unwrap();
    let turns = request.turns.iter().filter(|turn| turn.role == Role::Assistant);
    turns
        .flat_map(|turn| &turn.parts)
        .map(|part| told(&part.content))
        .filter(|part| part != "text ")
        .collect()
}

fn told(part: &Content<'_>) -> String {
    match part {
        Content::Text(text) => format!("text {text}"),
        Content::Reasoning(thought) => format!(
            "{} {} [{}] [{}]",
            thought.issuer.as_deref().unwrap_or("-"),
            thought.text,
            thought.signature.as_deref().unwrap_or("-"),
            thought.redacted.as_deref().unwrap_or("-")
        ),
        Content::ToolCall(call) => format!("call {} {}", call.name, json(call.arguments.as_bytes())),
        other => format!("{other:?}"),
    }
}

fn streamed(answer: &Answer<'_>, reply: tower_failover::dialect::Reply) -> Vec<Value> {
    let mut events = Vec::new();
    // Events borrow from the answer, which a stream would not let them.
    answer.events(&mut |event| {
        if !matches!(event, Event::End) {
            events.push(owned(&event));
        }
    });
    let (stream, is_complete) = written(&events, reply);
    assert!(is_complete);
    chunks(&stream).iter().map(|chunk| chunk["candidates"][0]["content"].clone()).collect()
}

fn owned(event: &Event<'_>) -> Event<'static> {
    let text = |text: &str| text.to_owned().into();
    match event {
        Event::Text { choice, text: t } => Event::Text { choice: *choice, text: text(t) },
        Event::Reasoning { choice, text: t } => Event::Reasoning { choice: *choice, text: text(t) },
        Event::Signature { choice, signature } => {
            Event::Signature { choice: *choice, signature: text(signature) }
        }
        Event::Redacted { choice, data } => Event::Redacted { choice: *choice, data: text(data) },
        Event::ToolCall { choice, index, id, name } => {
            Event::ToolCall { choice: *choice, index: *index, id: text(id), name: text(name) }
        }
        Event::Arguments { choice, index, json } => {
            Event::Arguments { choice: *choice, index: *index, json: text(json) }
        }
        Event::PartEnd { choice } => Event::PartEnd { choice: *choice },
        Event::Finish { choice, .. } => Event::Finish { choice: *choice, reason: Finish::ToolCalls },
        _ => Event::Start { id: None, model: None },
    }
}

#[test]
fn another_vendors_thoughts_come_back_as_they_were() {
    const ISSUER: &str = "anthropic-messages";
    let wanted = [
        "anthropic-messages Let me see. [Eq==] [-]",
        "anthropic-messages  [-] [c2VhbGVk]",
        "text Schön.",
        r#"call f {"a":2,"b":1.5}"#,
    ];
    let answer = answer(ISSUER);
    let whole = json(&Gemini.encode_answer(&answer, &foreign()))["candidates"][0]["content"].clone();
    assert_eq!(replayed(&[whole]), wanted);
    assert_eq!(replayed(&streamed(&answer, foreign())), wanted, "a chat keeps each chunk as a turn");
}

#[test]
fn its_own_thoughts_come_back_as_they_were() {
    let wanted = ["gemini Let me see. [Eq==] [-]", "text Schön.", r#"call f {"a":2,"b":1.5}"#];
    let answer = answer("gemini");
    let whole = json(&Gemini.encode_answer(&answer, &own()))["candidates"][0]["content"].clone();
    assert_eq!(replayed(&[whole]), wanted);
    let pieces = replayed(&streamed(&answer, own()));
    assert_eq!(pieces, ["gemini Let me see. [-] [-]", "gemini  [Eq==] [-]", wanted[1], wanted[2]]);
}
