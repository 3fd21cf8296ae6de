use serde_json::{Value, json};
use tower_failover::dialect::canonical::{
    Answer, Choice, Content, Event, Finish, Reasoning, ToolCall, Usage,
};
use tower_failover::dialect::{Decode, Dialect, Reply, anthropic_messages::AnthropicMessages};
use tower_failover::failure::Class;

fn encode(parts: Vec<Content<'_>>, finish: Option<Finish<'_>>) -> Value {
    let choice = Choice { parts, finish, logprobs: None };
    let other = Choice { parts: vec![Content::Text("other".into())], finish: None, logprobs: None };
    let answer = Answer { id: Some("chatcmpl-7".into()), choices: vec![choice, other], ..Answer::default() };
    super::json(
        &AnthropicMessages.encode_answer(&answer, &Reply::new("gpt-5-mini", 0).issued_by("openai-chat")),
    )
}

fn call(arguments: &str) -> Content<'_> {
    Content::ToolCall(ToolCall { id: "c".into(), name: "n".into(), arguments: arguments.into() })
}

#[test]
fn an_answer_of_another_dialect_is_one_message() {
    let thought = Reasoning { text: "Hm".into(), ..Reasoning::default() };
    let written = encode(
        vec![
            Content::Reasoning(thought),
            Content::Text("".into()),
            Content::Text("Hi".into()),
            call("{\"n\":1.0}"),
            call(""),
        ],
        Some(Finish::Stop),
    );
    assert_eq!(
        written,
        json!({
            "id": "msg_chatcmpl-7", "type": "message", "role": "assistant", "model": "gpt-5-mini",
            "content": [
                {"type": "thinking", "thinking": "Hm", "signature": "failover:openai-chat:"},
                {"type": "text", "text": "Hi"},
                {"type": "tool_use", "id": "c", "name": "n", "input": {"n": 1.0}},
                {"type": "tool_use", "id": "c", "name": "n", "input": {}},
            ],
            "stop_reason": "tool_use", "stop_sequence": null,
            "usage": {"input_tokens": 0, "cache_creation_input_tokens": null, "cache_read_input_tokens": null, "output_tokens": 0},
        })
    );
}

#[test]
fn every_end_has_the_word_that_this_dialect_has_for_it() {
    let said = || vec![Content::Text("x".into())];
    let rows = [
        (Finish::Stop, json!("end_turn")),
        (Finish::StopSequence(Some("END".into())), json!("stop_sequence")),
        (Finish::Length, json!("max_tokens")),
        (Finish::ContextWindow, json!("model_context_window_exceeded")),
        (Finish::ToolCalls, json!("end_turn")),
        (Finish::ContentFilter, json!("refusal")),
        (Finish::Pause, json!("pause_turn")),
        (Finish::Error, Value::Null),
        (Finish::Other("novel".into()), json!("end_turn")),
    ];
    for (finish, reason) in rows {
        assert_eq!(encode(said(), Some(finish.clone()))["stop_reason"], reason, "{finish:?}");
    }
    assert_eq!(encode(said(), Some(Finish::StopSequence(Some("END".into()))))["stop_sequence"], "END");
    assert_eq!(encode(vec![Content::Refusal("no".into())], Some(Finish::Stop))["stop_reason"], "refusal");
    assert_eq!(
        encode(vec![call("{\"cut")], Some(Finish::Length))["content"][0]["input"],
        json!({"_raw": "{\"cut"})
    );
}

#[test]
fn usage_is_converted_both_ways() {
    let body = json!({"type": "message", "content": [{"type": "text", "text": "x"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 5, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 20, "output_tokens": 9,
                  "output_tokens_details": {"thinking_tokens": 4}, "server_tool_use": null}});
    let bytes = body.to_string();
    let answer = AnthropicMessages.decode_answer(bytes.as_bytes()).unwrap();
    let usage = Usage {
        input: Some(28),
        cache_read: Some(20),
        cache_write: Some(3),
        output: Some(9),
        reasoning: Some(4),
    };
    assert_eq!(answer.usage, Some(usage));
    let written = super::json(&AnthropicMessages.encode_answer(&answer, &Reply::new("m", 0)));
    for field in [
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "output_tokens",
        "output_tokens_details",
    ] {
        assert_eq!(written["usage"][field], body["usage"][field], "{field}");
    }
}

#[test]
fn a_200_that_is_no_answer_is_known() {
    let message = |content: Value, reason: Value| {
        json!({"type": "message", "content": content, "stop_reason": reason}).to_string()
    };
    let text = json!([{"type": "text", "text": "x"}]);
    let good = [
        message(text, json!("end_turn")),
        message(json!([]), json!("refusal")),
        message(json!([]), json!("max_tokens")),
        message(json!([]), json!("stop_sequence")),
        message(json!([{"type": "tool_use", "id": "a", "name": "b", "input": {}}]), json!("tool_use")),
        message(json!([{"type": "server_tool_use"}]), json!("pause_turn")),
    ];
    for body in good {
        assert!(AnthropicMessages.check_answer(body.as_bytes()).is_ok(), "{body}");
    }
    let bad = [
        (String::new(), Class::InvalidOutput),
        ("<html>".to_owned(), Class::InvalidOutput),
        ("[]".to_owned(), Class::InvalidOutput),
        ("{}".to_owned(), Class::InvalidOutput),
        (message(json!([]), json!("end_turn")), Class::InvalidOutput),
        (message(json!([{"type": "text", "text": ""}]), json!("end_turn")), Class::InvalidOutput),
        (
            message(json!([{"type": "thinking", "thinking": "Hm", "signature": "s"}]), json!("end_turn")),
            Class::InvalidOutput,
        ),
        (message(json!([]), Value::Null), Class::InvalidOutput),
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#.to_owned(),
            Class::Overloaded,
        ),
        (r#"{"error":{"type":"rate_limit_error","message":"x"}}"#.to_owned(), Class::RateLimited),
    ];
    for (body, class) in bad {
        assert_eq!(AnthropicMessages.check_answer(body.as_bytes()).unwrap_err().class(), class, "{body}");
    }
}

/// Servers that call themselves compatible leave out what their own clients do not read.
#[test]
fn a_call_without_an_id_gets_one_and_a_call_without_a_name_is_none() {
    let [bare, nameless] =
        [r#"{"type":"tool_use","name":"f","input":{}}"#, r#"{"type":"tool_use","id":"t","input":{}}"#];
    let body = format!(r#"{{"id":"msg_1","content":[{nameless},{bare},{bare}],"stop_reason":"tool_use"}}"#);
    let answer = AnthropicMessages.decode_answer(body.as_bytes()).unwrap();
    let id = |part: &Content<'_>| match part {
        Content::ToolCall(call) => call.id.to_string(),
        other => panic!("{other:?}"),
    };
    let whole: Vec<_> = answer.choices[0].parts.iter().map(id).collect();
    let start = |index: usize, block: &str| {
        format!("data: {{\"type\":\"content_block_start\",\"index\":{index},\"content_block\":{block}}}\n\n")
    };
    let begin = "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\"}}\n\n".to_owned();
    let stream = [begin, start(0, nameless), start(1, bare), start(2, bare)].concat();
    let (mut decoder, mut told) = (AnthropicMessages.decoder(), Vec::new());
    for frame in super::frames([stream.into()]).0 {
        let mut tell = |event: Event<'_>| {
            if let Event::ToolCall { id, .. } = event {
                told.push(id.into_owned());
            }
        };
        decoder.decode(&frame.parse(), &mut tell).unwrap();
    }
    assert_eq!(whole, told);
    assert!(
        whole.len() == 2 && whole[0] != whole[1] && whole.iter().all(|id| id.starts_with("toolu_")),
        "{whole:?}"
    );
}
