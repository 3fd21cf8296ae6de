//! Where something that was said comes from has to reach callers of every dialect that can say it.

#![allow(clippy::unwrap_used, reason = "tests")]

use bytes::Bytes;
use serde_json::{Value, json};
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::sse::Splitter;
use tower_failover::dialect::{Decode, Dialect, Encode, Reply, Target};
use tower_failover::facts::Losses;

const MESSAGE: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[
    {"type":"text","text":"Größe: "},
    {"type":"text","text":"4 m","citations":[{"type":"web_search_result_location","url":"https://a.example",
        "title":"A","cited_text":"four","encrypted_index":"Eq=="}]}],
    "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":2}}"#;

const COMPLETION: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt","choices":[{"index":0,
    "message":{"role":"assistant","content":"Hi there","annotations":[{"type":"url_citation","url_citation":
        {"start_index":3,"end_index":8,"title":"A","url":"https://a.example"}}]},"finish_reason":"stop"}]}"#;

fn answer<F: Dialect, M: Dialect>(member: &M, front: &F, body: &str) -> Value {
    let reply = Reply::new("m", 0).issued_by(member.name());
    let answer = member.decode_answer(body.as_bytes()).unwrap();
    serde_json::from_slice(&front.encode_answer(&answer, &reply)).unwrap()
}

/// The data of the frames that a stream becomes.
fn stream<F: Dialect, M: Dialect>(member: &M, front: &F, stream: &str) -> Vec<Value> {
    let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
    splitter.push(Bytes::copy_from_slice(stream.as_bytes()));
    let (mut decoder, mut out) = (member.decoder(), Vec::new());
    let mut encoder = front.encoder(Reply::new("m", 0).issued_by(member.name()));
    while let Some(frame) = splitter.next_frame() {
        decoder.decode(&frame.unwrap().parse(), &mut |event| encoder.encode(&event, &mut out)).unwrap();
    }
    let text = String::from_utf8(out).unwrap();
    text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect()
}

#[test]
fn a_chat_caller_is_told_which_characters_a_source_is_for() {
    let cited = json!([{"type": "url_citation", "url_citation":
        {"start_index": 7, "end_index": 10, "title": "A", "url": "https://a.example"}}]);
    let message = &answer(&AnthropicMessages, &OpenAiChat, MESSAGE)["choices"][0]["message"];
    assert_eq!((&message["content"], &message["annotations"]), (&json!("Größe: 4 m"), &cited));
}

#[test]
fn a_messages_caller_gets_a_source_under_a_seal_that_says_who_made_it() {
    let message = answer(&OpenAiChat, &AnthropicMessages, COMPLETION);
    assert_eq!(
        message["content"],
        json!([{"type": "text", "text": "Hi there", "citations": [{"type": "web_search_result_location",
            "url": "https://a.example", "title": "A", "cited_text": "",
            "encrypted_index": "failover:openai-chat:"}]}])
    );
}

#[test]
fn a_source_that_another_made_goes_no_further_than_to_the_caller() {
    let body = r#"{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[
        {"type":"text","text":"a","citations":[{"encrypted_index":"failover:openai-chat:"},{"encrypted_index":"Eq"}]}]}]}"#;
    let target = Target::new("claude-opus-5");
    assert!(AnthropicMessages.holds_foreign(body.as_bytes(), &target));
    let mut losses = Losses::new();
    let scrubbed = AnthropicMessages.scrub(body.as_bytes(), &target, &mut losses).unwrap();
    let scrubbed: Value = serde_json::from_slice(&scrubbed).unwrap();
    assert_eq!(scrubbed["messages"][0]["content"][0]["citations"], json!([{"encrypted_index": "Eq"}]));
    assert_eq!(losses.to_string(), "dropped=messages[0].content[0].citations");
}

#[test]
fn in_a_stream_a_source_follows_the_text_it_is_for() {
    let told = [
        r#"{"type":"message_start","message":{"id":"msg_1","model":"claude"}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Größe: "}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"","citations":[]}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":
            {"type":"web_search_result_location","url":"https://a.example","title":"A","encrypted_index":"Eq"}}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"4 m"}}"#,
        r#"{"type":"content_block_stop","index":1}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#,
        r#"{"type":"message_stop"}"#,
    ];
    let told: String = told.iter().map(|data| format!("data: {}\n\n", data.replace('\n', " "))).collect();
    let chunks = stream(&AnthropicMessages, &OpenAiChat, &told);
    let deltas: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    assert_eq!(deltas[2]["content"], "4 m");
    assert_eq!(
        deltas[3]["annotations"][0]["url_citation"],
        json!({"start_index": 7, "end_index": 10, "title": "A", "url": "https://a.example"})
    );
    let own = stream(&AnthropicMessages, &AnthropicMessages, &told);
    let cited: Vec<&Value> = own.iter().filter(|event| event["delta"]["type"] == "citations_delta").collect();
    assert_eq!(cited.len(), 1);
    assert_eq!(
        (&cited[0]["index"], &cited[0]["delta"]["citation"]["encrypted_index"]),
        (&json!(1), &json!("Eq"))
    );
}
