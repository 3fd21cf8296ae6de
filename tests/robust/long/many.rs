//! Inputs so long that nobody would wait for what looks through all of them for each of their things.

use bytes::Bytes;
use tower_failover::dialect::{AnyDialect, Dialect, Flavour, Target};
use tower_failover::facts::Losses;

use super::{Input, frames, list};
use crate::transcode::{End, transcode};

/// How many things there are.
const MANY: usize = 20_000;

fn member(dialect: &str, body: &[u8], (to, target): (&str, &Target<'_>)) -> String {
    let [from, to] = [dialect, to].map(|name| name.parse::<AnyDialect>().unwrap());
    let request = from.decode_request(body).unwrap();
    let encoded = to.encode_request(&request, target, &mut Losses::new()).unwrap();
    String::from_utf8(encoded.body).unwrap()
}

fn items(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

#[test]
fn results_find_their_calls_in_any_order() {
    let calls = items(MANY, |index| format!(r#"{{"functionCall":{{"name":"f","id":"{index}"}}}}"#));
    let results = items(MANY, |index| {
        format!(r#"{{"functionResponse":{{"name":"f","id":"{}","response":{{}}}}}}"#, MANY - 1 - index)
    });
    let body = format!(
        r#"{{"contents":[{{"role":"model","parts":[{calls}]}},{{"role":"user","parts":[{results}]}}]}}"#
    );
    let gemini: AnyDialect = "gemini".parse().unwrap();
    let request = gemini.decode_request(body.as_bytes()).unwrap();
    assert_eq!(request.turns[1].parts.len(), MANY);
}

#[test]
fn ids_that_are_made_up_and_renamed() {
    let parts = items(MANY, |_| r#"{"functionCall":{"name":"f"}}"#.to_owned());
    let body = format!(r#"{{"contents":[{{"role":"model","parts":[{parts}]}}]}}"#);
    let mistral = Target::new("m").with_flavour(Flavour::Mistral);
    let body = member("gemini", body.as_bytes(), ("openai-chat", &mistral));
    assert_eq!(body.matches(r#""type":"function""#).count(), MANY);
}

#[test]
fn fields_that_only_one_dialect_knows() {
    let parts = items(MANY, |index| format!(r#"{{"text":"a","x{index}":1}}"#));
    let body = format!(r#"{{"contents":[{{"role":"user","parts":[{parts}]}}]}}"#);
    let body = member("gemini", body.as_bytes(), ("gemini", &Target::new("gemini-3-pro")));
    assert_eq!(body.matches(r#""x"#).count(), MANY);
}

#[test]
fn a_choice_among_tools() {
    let tools = items(MANY, |index| format!(r#"{{"type":"function","name":"f{index}","parameters":{{}}}}"#));
    let names = items(MANY, |index| format!(r#"{{"type":"function","name":"f{index}"}}"#));
    let body = format!(
        r#"{{"model":"m","input":"a","tools":[{tools}],"tool_choice":{{"type":"allowed_tools","mode":"auto","tools":[{names}]}}}}"#
    );
    let older = Target::new("m").with_flavour(Flavour::DeepSeek);
    for target in [Target::new("gpt-5-mini"), older] {
        let body = member("openai-responses", body.as_bytes(), ("openai-chat", &target));
        assert!(body.matches(r#""function":{"name":"f"#).count() >= MANY);
    }
}

#[test]
fn calls_that_hope_for_arguments() {
    let frame = |index: usize| {
        format!(
            r#"{{"type":"content_block_start","index":0,"content_block":{{"type":"tool_use","id":"c{index}","name":"f","input":{{}}}}}}"#
        )
    };
    let ends = (
        &[r#"{"type":"message_start","message":{"id":"i","model":"m"}}"#][..],
        &[r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#, r#"{"type":"message_stop"}"#][..],
    );
    let Input { dialect, bytes } = frames("anthropic-messages", MANY * 128, ends, frame);
    let (out, end) = transcode(dialect, "openai-responses".parse().unwrap(), [Bytes::from(bytes)]);
    assert!(matches!(end, End::Whole) && out.ends_with(b"}\n\n"));
}

#[test]
fn citations_of_a_long_text() {
    let text = "a".repeat(1 << 20);
    let head = format!(
        r#"{{"id":"i","model":"m","stop_reason":"end_turn","content":[{{"type":"text","text":"{text}","citations":["#
    );
    let input = list("anthropic-messages", (1 << 20) + MANY * 100, (&head, "]}]}"), |index| {
        format!(
            r#"{{"type":"web_search_result_location","url":"https://a/{index}","title":"t","cited_text":"a"}}"#
        )
    });
    crate::answers::read_and_write(&input, |_, _, _| {});
}

#[test]
fn properties_of_schemas_that_hold_together() {
    let members = items(MANY, |index| format!(r#"{{"x-{index}":1}}"#));
    let body = format!(
        r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"a"}}],"tools":[{{"name":"f","strict":true,"input_schema":{{"type":"object","allOf":[{members}]}}}}]}}"#
    );
    let body = member("anthropic-messages", body.as_bytes(), ("gemini", &Target::new("gemini-3-pro")));
    assert!(body.contains("functionDeclarations"));
}
