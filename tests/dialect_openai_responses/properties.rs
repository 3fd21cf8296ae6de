//! What holds for any bytes.

use http::Uri;
use proptest::prelude::*;
use serde_json::{Value, json};
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{Dialect, Target};
use tower_failover::facts::Losses;

use super::{again, difference};

const REQUEST: &str = include_str!("../data/openai_responses/request.json");

/// The paths of all values in a request.
fn paths(value: &Value, path: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}/{name}");
                paths(value, &path, out);
                out.push(path);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let path = format!("{path}/{index}");
                paths(value, &path, out);
                out.push(path);
            }
        }
        _ => {}
    }
}

fn odd_value() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        Value::Null,
        json!(true),
        json!(false),
        json!(0),
        json!(-1.5e9),
        json!(""),
        json!("text"),
        json!("äöü \" \\ \n"),
        json!([]),
        json!({}),
        json!(["a"]),
        json!([{"type": "input_text", "text": "t"}]),
        json!([{"type": "output_text", "text": "t", "annotations": []}]),
        json!([{"type": "novel", "x": [1]}]),
        json!({"type": "function", "name": "f"}),
        json!({"type": "item_reference", "id": "msg_1"}),
        json!({"id": "msg_1"}),
        json!({"a.b": 1, "content[0].x": 2, "type": "text"}),
        json!("failover:gemini:x"),
        json!("function_call"),
        json!("data:image/png;charset=x;base64,AA"),
        json!("data:,plain"),
    ])
}

/// The golden request with some of its values made into others, or left out.
fn mutated() -> impl Strategy<Value = Value> {
    let request: Value = serde_json::from_str(REQUEST).unwrap();
    let mut all = Vec::new();
    paths(&request, "", &mut all);
    let change = (prop::sample::select(all), prop::option::weighted(0.8, odd_value()));
    prop::collection::vec(change, 1..4).prop_map(move |changes| {
        let mut request = request.clone();
        for (path, value) in changes {
            match value {
                Some(value) => {
                    if let Some(place) = request.pointer_mut(&path) {
                        *place = value;
                    }
                }
                None => remove(&mut request, &path),
            }
        }
        request
    })
}

fn remove(request: &mut Value, path: &str) {
    let Some((parent, last)) = path.rsplit_once('/') else { return };
    match request.pointer_mut(parent) {
        Some(Value::Object(fields)) => drop(fields.remove(last)),
        Some(Value::Array(items)) => {
            if let Some(index) = last.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "7",
        "\"\"",
        "\"type\"",
        "\"input\"",
        "\"model\"",
        "\"reasoning\"",
        "\"encrypted_content\"",
        "\"failover:x:\"",
        "\"summary\"",
        "\"role\"",
        "\"error\"",
        "\\",
        "\u{fffd}",
    ]);
    prop_oneof![
        prop::collection::vec(words, 0..40).prop_map(|words| words.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
        (0..REQUEST.len(), any::<u8>()).prop_map(|(at, byte)| {
            let mut bytes = REQUEST.as_bytes().to_vec();
            bytes[at] = byte;
            bytes
        }),
    ]
}

fn try_all(bytes: &[u8]) {
    let dialect = OpenAiResponses;
    let target = Target::new("gpt-5-mini");
    let _ = dialect.peek(&Uri::from_static("/v1/responses"), bytes);
    let _ = dialect.scrub(bytes, &target, &mut Losses::new());
    let _ = dialect.decode_error(None, bytes);
    let echo = dialect.echo(bytes);
    assert!(serde_json::from_str::<Value>(&format!("{{{echo}}}")).is_ok(), "{echo}");
    let Ok(request) = dialect.decode_request(bytes) else { return };
    let written = [
        dialect.encode_request(&request, &target, &mut Losses::new()),
        OpenAiChat.encode_request(&request, &target, &mut Losses::new()),
        AnthropicMessages.encode_request(&request, &target, &mut Losses::new()),
    ];
    for encoded in written.into_iter().flatten() {
        assert!(serde_json::from_slice::<Value>(&encoded.body).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in nearly_json()) {
        try_all(&bytes);
    }

    #[test]
    fn no_odd_request_makes_a_reader_panic(request in mutated()) {
        try_all(request.to_string().as_bytes());
    }

    #[test]
    fn what_is_read_is_written_as_it_was(request in mutated()) {
        let text = request.to_string();
        if OpenAiResponses.decode_request(text.as_bytes()).is_ok() && !text.contains("failover:") {
            let again = again(&request).map_err(TestCaseError::fail)?;
            prop_assert_eq!(difference(&request, &again, ""), None);
        }
    }
}
