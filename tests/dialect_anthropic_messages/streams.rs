use bytes::Bytes;
use serde_json::{Value, json};
use tower_failover::dialect::canonical::{Event, Finish, Usage};
use tower_failover::dialect::{Dialect, Encode, Reply, anthropic_messages::AnthropicMessages};

use super::grammar::{self, Message};
use super::{events, recode, signal, written};

const CALLS: &str = include_str!("../data/anthropic_messages/calls.sse");

fn own() -> Reply {
    Reply::new("model", 0).issued_by("anthropic-messages")
}

fn foreign() -> Reply {
    Reply::new("gpt-5-mini", 0x10).issued_by("openai-chat")
}

fn message(events: &[Event<'_>], reply: Reply) -> Message {
    let (out, is_complete) = written(events, reply);
    let message =
        grammar::check(&out).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)));
    assert_eq!(message.is_complete, is_complete);
    message
}

fn start() -> Event<'static> {
    Event::Start { id: Some("chatcmpl-1".into()), model: None }
}

fn text(text: &str) -> Event<'_> {
    Event::Text { choice: 0, text: text.into() }
}

fn call(index: u32) -> Event<'static> {
    Event::ToolCall { choice: 0, index, id: format!("call_{index}").into(), name: format!("f{index}").into() }
}

fn arguments(index: u32, json: &str) -> Event<'_> {
    Event::Arguments { choice: 0, index, json: json.into() }
}

fn finish(reason: Finish<'_>) -> Event<'_> {
    Event::Finish { choice: 0, reason }
}

#[test]
fn every_block_comes_through_reading_and_writing() {
    let (out, is_complete) = recode(CALLS, own());
    assert!(is_complete);
    let message = grammar::check(&out).unwrap();
    assert_eq!(
        Value::Array(message.blocks),
        json!([
            {"type": "thinking", "thinking": "Two towns, two calls.", "signature": "c2VhbA=="},
            {"type": "text", "text": "Ich schaue nach – einen \"Moment\" 🌦",
                "citations": [{"type": "char_location", "cited_text": "x"}]},
            {"type": "tool_use", "id": "toolu_01a", "name": "weather", "input": {"town": "Bremen"}},
            {"type": "tool_use", "id": "toolu_01b", "name": "now", "input": ""},
            {"type": "redacted_thinking", "data": "ZGF0YQ=="},
        ])
    );
    assert_eq!(message.stop_reason, "tool_use");
    assert_eq!(message.usage["input_tokens"], 12);
    assert_eq!(message.usage["cache_read_input_tokens"], 30);
    assert_eq!(message.usage["output_tokens"], 57);
}

#[test]
fn usage_counts_what_went_through_the_cache_and_is_set_not_added() {
    let events = events([Bytes::from_static(CALLS.as_bytes())]);
    let usage: Vec<_> = events.iter().filter(|event| event.starts_with("Usage")).collect();
    assert_eq!(usage.len(), 2);
    // The output of the start is a placeholder.
    assert!(usage[0].contains("input: Some(42)") && usage[0].contains("output: None"), "{}", usage[0]);
    assert!(usage[1].contains("output: Some(57), reasoning: Some(9)"), "{}", usage[1]);
}

#[test]
fn the_type_in_the_data_is_enough_and_a_second_start_is_not_a_second_answer() {
    let stream =
        CALLS.lines().filter(|line| !line.starts_with("event:")).collect::<Vec<_>>().join("\n") + "\n\n";
    assert_eq!(events([Bytes::from(stream)]), events([Bytes::from_static(CALLS.as_bytes())]));
    let first = CALLS.split_inclusive("\n\n").next().unwrap();
    assert_eq!(
        events([Bytes::from(format!("{first}{CALLS}"))]),
        events([Bytes::from_static(CALLS.as_bytes())])
    );
}

#[test]
fn an_error_is_an_error_even_as_the_very_first_event() {
    let stream = "event: error\ndata: {\"type\":\"error\",\"error\":{\"details\":null,\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let events = events([Bytes::from_static(stream.as_bytes())]);
    assert_eq!(events.len(), 1);
    assert!(events[0].starts_with("Error(Failure { class: Overloaded"), "{events:?}");
}

#[test]
fn a_malformed_frame_is_skipped_and_the_rest_is_read() {
    let stream = CALLS.replacen("\"text\":\"Ich", "\"text\":Ich", 1);
    let events = events([Bytes::from(stream)]);
    assert_eq!(events.iter().filter(|event| event.starts_with("malformed")).count(), 1);
    assert_eq!(events.last().map(String::as_str), Some("End"));
}

#[test]
fn what_is_too_much_to_remember_is_an_error_and_not_left_out() {
    let block = |index: usize| {
        format!(
            "data: {{\"type\":\"content_block_start\",\"index\":{index},\"content_block\":{{\"type\":\"text\"}}}}\n\n"
        )
    };
    let told = events([(0..100).map(block).collect::<String>().into()]);
    assert!(told.last().unwrap().starts_with("Error"), "{:?}", told.last());
}

#[test]
fn a_stream_without_a_reason_for_its_end_is_not_completed() {
    let mut encoder = AnthropicMessages.encoder(foreign());
    let mut out = Vec::new();
    for event in [start(), text("half an ans")] {
        encoder.encode(&event, &mut out);
    }
    let told = out.clone();
    // Neither the end of the member's stream nor his terminal frame makes an answer of it.
    encoder.encode(&Event::End, &mut out);
    assert!(!encoder.finish(&mut out));
    assert_eq!(out, told);
}

#[test]
fn a_reason_without_the_terminal_frame_is_completed_with_late_usage() {
    let usage = Usage { input: Some(9), output: Some(3), cache_read: Some(4), ..Usage::default() };
    let message = message(&[start(), text("Hi"), finish(Finish::Length), Event::Usage(usage)], foreign());
    assert_eq!(message.stop_reason, "max_tokens");
    assert_eq!((message.usage["input_tokens"], message.usage["output_tokens"]), (5, 3));
    assert_eq!(message.blocks, [json!({"type": "text", "text": "Hi"})]);
}

#[test]
fn an_answer_of_nothing_has_no_empty_block() {
    let message = message(&[start(), text(""), finish(Finish::Stop), Event::End], foreign());
    assert!(message.blocks.is_empty());
    assert_eq!(message.stop_reason, "end_turn");
}

#[test]
fn the_thought_of_another_model_is_sealed_as_such() {
    let thought = Event::Reasoning { choice: 0, text: "Hm.".into() };
    let message = message(&[start(), thought, text("Yes."), finish(Finish::Stop), Event::End], foreign());
    assert_eq!(
        message.blocks[0],
        json!({"type": "thinking", "thinking": "Hm.", "signature": "failover:openai-chat:"})
    );
}

#[test]
fn calls_that_are_mixed_are_told_one_after_another() {
    let message = message(
        &[
            start(),
            text("Both:"),
            call(0),
            call(1),
            call(2),
            arguments(0, "{\"a\":"),
            arguments(1, "{\"b\":[1,"),
            arguments(0, "\"}{\"}"),
            arguments(1, "2]}"),
            arguments(2, "{}"),
            finish(Finish::Stop),
            Event::End,
        ],
        foreign(),
    );
    assert_eq!(
        Value::Array(message.blocks),
        json!([
            {"type": "text", "text": "Both:"},
            {"type": "tool_use", "id": "call_0", "name": "f0", "input": {"a": "}{"}},
            {"type": "tool_use", "id": "call_1", "name": "f1", "input": {"b": [1, 2]}},
            {"type": "tool_use", "id": "call_2", "name": "f2", "input": {}},
        ])
    );
    // A forced call ends with `stop` at some providers.
    assert_eq!(message.stop_reason, "tool_use");
}

#[test]
fn calls_one_after_another_are_not_held_back() {
    let events = [start(), call(0), arguments(0, "{\"a\":1}"), call(1), arguments(1, "{\"b\"")];
    let (out, _) = written(&events, foreign());
    assert!(String::from_utf8(out).unwrap().contains("{\\\"b\\\""));
}

#[test]
fn arguments_that_cannot_be_told_any_more_are_not_passed_over() {
    let events = [
        start(),
        call(0),
        arguments(0, "{}"),
        call(1),
        arguments(0, "more"),
        finish(Finish::ToolCalls),
        Event::End,
    ];
    assert!(!written(&events, foreign()).1);
}

#[test]
fn a_refusal_is_text_and_ends_as_a_refusal() {
    let refusal = Event::Refusal { choice: 0, text: "I won't.".into() };
    let message = message(&[start(), refusal, finish(Finish::Stop), Event::End], foreign());
    assert_eq!(message.blocks, [json!({"type": "text", "text": "I won't."})]);
    assert_eq!(message.stop_reason, "refusal");
}

#[test]
fn frames_are_read_for_what_they_mean_to_the_guard() {
    let rows = [
        (": keep-alive\n\n", "Alive"),
        ("event: ping\ndata: {\"type\":\"ping\"}\n\n", "Alive"),
        ("event: ping\ndata: {\"type\":\n\n", "Malformed"),
        ("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n", "Lifecycle"),
        (
            "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
            "Lifecycle",
        ),
        (
            "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n",
            "Lifecycle",
        ),
        (
            "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}}\n\n",
            "Content",
        ),
        (
            "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"redacted_thinking\",\"data\":\"x\"}}\n\n",
            "Content",
        ),
        (
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"\"}}\n\n",
            "Lifecycle",
        ),
        (
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n",
            "Content",
        ),
        (
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"\"}}\n\n",
            "Lifecycle",
        ),
        (
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_del\n\n",
            "Malformed",
        ),
        ("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n", "Lifecycle"),
        (
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{}}\n\n",
            "Finish",
        ),
        (
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":null},\"usage\":{}}\n\n",
            "Lifecycle",
        ),
        ("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", "End"),
        (
            "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n",
            "Error(overloaded)",
        ),
        ("data: {\"error\":{\"message\":\"x\"}}\n\n", "Error(server_error)"),
        ("event: novelty\ndata: {\"type\":\"novelty\",\"delta\":7}\n\n", "Lifecycle"),
        ("event: error\ndata: upstream went away\n\n", "Error(server_error)"),
        ("data: {}\n\n", "Malformed"),
        ("data: [DONE]\n\n", "Malformed"),
        ("data: <html>\n\n", "Malformed"),
    ];
    for (frame, expected) in rows {
        assert_eq!(signal(frame), expected, "{frame}");
    }
}

#[test]
fn a_seal_that_stands_alone_is_a_thought_that_is_not_shown() {
    let seal = || Event::Signature { choice: 0, signature: "c2VhbA".into() };
    let events = [
        text("Let me see."),
        seal(),
        call(0),
        arguments(0, "{}"),
        seal(),
        call(1),
        arguments(1, "{\"a\":1}"),
        finish(Finish::ToolCalls),
    ];
    let (out, is_complete) = written(&events, Reply::new("gemini-3-pro", 0).issued_by("gemini"));
    assert!(is_complete);
    let sealed = json!({"type": "thinking", "thinking": "", "signature": "failover:gemini:c2VhbA"});
    let blocks = grammar::check(&out).unwrap().blocks;
    let kinds: Vec<_> = blocks.iter().map(|block| block["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text", "thinking", "tool_use", "thinking", "tool_use"]);
    assert_eq!((&blocks[1], &blocks[3]), (&sealed, &sealed));
}
