use proptest::prelude::*;

use super::*;
use crate::dialect::openai_chat::stream::Decoder;
use crate::dialect::sse::Frame;
use crate::dialect::wordings::{any_of, list, object};
use crate::dialect::{Decode, Invalid};

/// What a stream of these chunks tells, read as it always is, and by the parser alone.
fn told(chunks: &[String], is_parsed: bool) -> Vec<String> {
    let mut decoder = Decoder::default();
    let mut told = Vec::new();
    for chunk in chunks {
        let data = chunk.as_bytes();
        let mut emit = |event: crate::dialect::canonical::Event<'_>| told.push(format!("{event:?}"));
        let read: Result<(), Invalid> = match is_parsed {
            true => decoder.parse(data, &mut emit),
            false => decoder.decode(&Frame::of(data), &mut emit),
        };
        told.push(format!("{read:?}"));
    }
    decoder.done(&mut |event| told.push(format!("{event:?}")));
    told
}

const TEXTS: &[&str] = &[r#""a""#, r#"" b""#, r#""""#, "null", r#""\"\u00e4\\ü\"""#, r#""\ud83e\udd80""#];
const NOTHING: &[&str] = &["null", "null", "[]"];

fn rarely(value: &'static str) -> BoxedStrategy<String> {
    prop_oneof![12 => Just("null".to_owned()), 1 => Just(value.to_owned())].boxed()
}

fn chunk() -> BoxedStrategy<String> {
    let text = any_of(TEXTS);
    let function = object(&[("name", any_of(&[r#""f""#, "null", r#""""#])), ("arguments", text.clone())]);
    let call = object(&[
        ("index", any_of(&["0", "1"])),
        ("id", any_of(&[r#""call_1""#, r#""call_2""#, r#""""#, "null"])),
        ("type", any_of(&[r#""function""#])),
        ("function", function),
        ("custom", rarely(r#"{"name":"c","input":"x"}"#)),
    ]);
    let calls = prop_oneof![3 => any_of(NOTHING), 2 => list(call)].boxed();
    let said = [("role", any_of(&[r#""assistant""#])), ("content", text.clone()), ("tool_calls", calls)];
    let thought =
        [("reasoning_content", text.clone()), ("reasoning", text), ("reasoning_details", any_of(NOTHING))];
    let others = [
        ("refusal", rarely(r#""no""#)),
        ("function_call", rarely(r#"{"name":"f","arguments":"{"}"#)),
        ("audio", any_of(&["null"])),
        ("annotations", any_of(NOTHING)),
    ];
    let delta = prop_oneof![
        object(&said),
        object(&thought),
        object(&others),
        object(&[&said[..], &thought, &others].concat())
    ];
    let choice = object(&[
        ("index", any_of(&["0", "0", "1"])),
        ("delta", delta.boxed()),
        ("message", rarely(r#"{"content":"a"}"#)),
        ("logprobs", any_of(&["null"])),
        ("finish_reason", prop_oneof![4 => rarely(r#""stop""#), 1 => rarely(r#""""#)].boxed()),
        ("content_filter_results", any_of(&[r#"{"hate":{"filtered":false}}"#])),
    ]);
    object(&[
        ("id", any_of(&[r#""chatcmpl-1""#])),
        ("created", any_of(&["1741569952"])),
        ("model", any_of(&[r#""m""#])),
        ("choices", list(choice)),
        ("usage", rarely(r#"{"prompt_tokens":1}"#)),
        ("x_groq", rarely(r#"{"usage":{"prompt_tokens":1}}"#)),
        ("error", rarely(r#"{"message":"no"}"#)),
        ("obfuscation", any_of(&[r#""aBc""#])),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn what_is_read_by_hand_tells_what_the_parser_would(mut chunks in prop::collection::vec(chunk(), 1..6)) {
        chunks.insert(0, r#"{"id":"chatcmpl-1","model":"m","choices":[]}"#.to_owned());
        prop_assert_eq!(told(&chunks, false), told(&chunks, true));
    }
}

/// The choice, the thought, the text, and number, id, name and arguments of a call.
fn read(data: &str) -> Option<String> {
    let Plain { choice, thought, text, call } = Plain::read(data.as_bytes())?;
    let call = call.map(|call| format!("{:?} {:?} {:?} {}", call.number, call.id, call.name, call.arguments));
    Some([format!("{choice}"), thought.into(), text.into(), call.unwrap_or_default()].join("|"))
}

#[test]
fn ordinary_pieces_are_read_by_hand_whoever_words_them() {
    let rows = [
        (
            r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-5-mini","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"content":" forwards"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"aB"}"#,
            "0|| forwards|",
        ),
        (
            r#"{"choices":[{"delta":{"role":"assistant","content":null,"reasoning_content":"Hm\n"},"index":1}]}"#,
            "1|Hm\n||",
        ),
        (
            r#"{"choices": [{"index": 0, "delta": {"content": "", "reasoning": "Hm", "reasoning_details": []}, "native_finish_reason": null}], "provider": {"name": "x"}}"#,
            "0|Hm||",
        ),
        (
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]}"#,
            "0|||Some(0) None None {\"a\"",
        ),
        (
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]}}]}"#,
            "0|||None Some(\"call_1\") Some(\"f\") ",
        ),
    ];
    for (data, wanted) in rows {
        assert_eq!(read(data).as_deref(), Some(wanted), "{data}");
    }
}

#[test]
fn what_is_unusual_is_left_to_the_parser() {
    for data in [
        r#"{"choices":[]}"#,
        r#"{"choices":[{},{}]}"#,
        r#"{"choices":[{"delta":{}}],"usage":{}}"#,
        r#"{"choices":[{"delta":{}}],"error":"x"}"#,
        r#"{"choices":[{"delta":{}}]"#,
        r#"{"choices":[{"delta":{}}]}x"#,
        r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
        r#"{"choices":[{"delta":{},"logprobs":{}}]}"#,
        r#"{"choices":[{"delta":{"content":["a"]}}]}"#,
        r#"{"choices":[{"delta":{"content":"a","content":"b"}}]}"#,
        r#"{"choices":[{"delta":{"content":"\ud800"}}]}"#,
        r#"{"choices":[{"delta":{"refusal":"no"}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{},{}]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":{}}}]}}]}"#,
        r#"{"choices":[{"index":"0","delta":{}}]}"#,
    ] {
        assert_eq!(read(data), None, "{data}");
    }
}
