use std::borrow::Cow;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;
use serde_json::value::RawValue;
use tower_failover::dialect::canonical::{Citation, Event, Finish, Usage};
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::sse::Frame;
use tower_failover::dialect::{Decode, Dialect, Reply};

use super::said::of_response;
use super::{events, grammar, recode, stream, written};

/// A stream with something of everything in it.
fn sample() -> String {
    let item = |index: u64, kind: &str, item: serde_json::Value| json!({"type": format!("response.output_item.{kind}"), "output_index": index, "item": item});
    let call = |arguments: &str| json!({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": arguments});
    stream(&[
        json!({"type": "response.created", "response": {"id": "resp_1", "model": "m"}}),
        item(0, "added", json!({"type": "reasoning", "id": "rs_1", "summary": []})),
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "hm…"}),
        item(0, "done", json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gA"})),
        json!({"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "Ich \"schaue\"\n🌦", "logprobs": [{"token": "a"}]}),
        json!({"type": "response.output_text.annotation.added", "output_index": 1, "content_index": 0, "annotation": {"type": "url_citation", "url": "https://x"}}),
        json!({"type": "response.refusal.delta", "output_index": 1, "content_index": 1, "delta": "no"}),
        item(2, "added", call("")),
        json!({"type": "response.function_call_arguments.delta", "output_index": 2, "delta": "{\"a\":1}"}),
        item(2, "done", call("{\"a\":1}")),
        json!({"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": [], "usage": {"input_tokens": 1, "output_tokens": 2}}}),
    ])
}

fn any_event() -> impl Strategy<Value = Event<'static>> {
    let words = || {
        prop_oneof![Just(""), Just("a"), Just("\"ä\n\u{1}"), Just("{"), Just("{}"), Just("\"}"), Just("}")]
    };
    let choice = || prop_oneof![9 => Just(0_u32), 1 => Just(1)];
    let text = move || (choice(), words());
    let indexed = move || (choice(), 0..4_u32, words());
    prop_oneof![
        Just(Event::Start { id: None, model: None }),
        text().prop_map(|(choice, text)| Event::Text { choice, text: text.into() }),
        text().prop_map(|(choice, text)| Event::Reasoning { choice, text: text.into() }),
        text().prop_map(|(choice, text)| Event::Signature { choice, signature: text.into() }),
        text().prop_map(|(choice, text)| Event::Redacted { choice, data: text.into() }),
        text().prop_map(|(choice, text)| Event::Refusal { choice, text: text.into() }),
        indexed().prop_map(|(choice, index, name)| Event::ToolCall {
            choice,
            index,
            id: format!("call_{index}").into(),
            name: format!("f{name}").into()
        }),
        indexed().prop_map(|(choice, index, json)| Event::Arguments { choice, index, json: json.into() }),
        (choice(), prop::option::of(words())).prop_map(|(choice, url)| Event::Citation {
            choice,
            citation: Citation { url: url.map(Into::into), ..Citation::default() }
        }),
        choice().prop_map(|choice| Event::Logprobs {
            choice,
            value: Cow::Owned(RawValue::from_string(r#"{"content":[{"token":"t"}]}"#.to_owned()).unwrap())
        }),
        choice().prop_map(|choice| Event::PartEnd { choice }),
        any::<[Option<u64>; 2]>().prop_map(|[input, output]| Event::Usage(Usage {
            input,
            output,
            ..Usage::default()
        })),
        Just(Event::Ping),
        (choice(), prop_oneof![Just(Finish::Stop), Just(Finish::Error), Just(Finish::Length)])
            .prop_map(|(choice, reason)| Event::Finish { choice, reason }),
        Just(Event::End),
    ]
}

/// Wire text out of pieces that decoders know, so that more than the first byte is tried.
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
        "-1e9",
        "\"\"",
        "\"type\"",
        "\"output\"",
        "\"item\"",
        "\"response.output_item.done\"",
        "\"response.output_text.delta\"",
        "\"response.completed\"",
        "\"message\"",
        "\"function_call\"",
        "\"delta\"",
        "\"output_index\"",
        "\"error\"",
        "\"response\"",
        "\"content\"",
        "\\",
        "\u{fffd}",
    ]);
    let sample = sample();
    prop_oneof![
        prop::collection::vec(words, 0..40).prop_map(|words| words.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
        (0..sample.len(), any::<u8>()).prop_map(move |(at, byte)| {
            let mut bytes = sample.clone().into_bytes();
            bytes[at] = byte;
            bytes
        }),
    ]
}

/// Text, refusal and thoughts in these events.
fn said(events: &[Event<'_>]) -> (String, String, String) {
    let mut said = (String::new(), String::new(), String::new());
    for event in events {
        match event {
            Event::Text { choice: 0, text } => said.0 += text,
            Event::Refusal { choice: 0, text } => said.1 += text,
            Event::Reasoning { choice: 0, text } => said.2 += text,
            _ => {}
        }
    }
    said
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same_events(cuts in prop::collection::vec(0..2000_usize, 0..20)) {
        let sample = Bytes::from(sample());
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % sample.len()).collect();
        cuts.sort_unstable();
        let (mut pieces, mut from) = (Vec::new(), 0);
        for cut in cuts {
            pieces.push(sample.slice(from..cut));
            from = cut;
        }
        pieces.push(sample.slice(from..));
        prop_assert_eq!(events(pieces), events([sample]));
    }

    #[test]
    fn whatever_is_told_is_written_in_the_order_the_sdks_insist_on(
        told in prop::collection::vec(any_event(), 0..40),
        issuer in prop::option::of(prop_oneof![Just("openai-chat"), Just("openai-responses")]),
    ) {
        let mut reply = Reply::new("m", 0);
        if let Some(issuer) = issuer {
            reply = reply.issued_by(issuer);
        }
        let (out, is_complete) = written(&told, reply);
        let added_up = grammar::check(&out).map_err(TestCaseError::fail)?;
        prop_assert_eq!(!added_up.response.is_null(), is_complete);
        let ends_early = told.iter().any(|event| matches!(event, Event::End));
        if is_complete && !ends_early {
            let got = of_response(&added_up.response);
            let wanted = said(&told);
            prop_assert_eq!((got.text, got.refusal, got.thoughts.concat()), wanted);
        }
    }

    #[test]
    fn what_is_written_reads_as_what_was_told(told in prop::collection::vec(any_event(), 0..40)) {
        let own = || Reply::new("m", 0).issued_by("openai-responses");
        let (out, is_complete) = written(&told, own());
        let text = String::from_utf8(out.clone()).unwrap();
        let (again, is_complete_again) = recode(&OpenAiResponses, &text, own());
        prop_assert_eq!(is_complete, is_complete_again);
        if is_complete {
            let [one, other] = [&out, &again].map(|out| of_response(&grammar::check(out).unwrap().response));
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in nearly_json()) {
        let dialect = OpenAiResponses;
        let _ = dialect.decode_answer(&bytes);
        let _ = dialect.check_answer(&bytes);
        let _ = dialect.signal(&Frame::of(&bytes));
        let _ = dialect.decoder().decode(&Frame::of(&bytes), &mut |_| {});
        let _ = events([Bytes::from(bytes)]);
    }

    #[test]
    fn a_frame_is_malformed_for_one_exactly_if_it_is_for_the_other(bytes in nearly_json()) {
        let frame = Frame::of(&bytes);
        let is_malformed = matches!(OpenAiResponses.signal(&frame), tower_failover::dialect::Signal::Malformed);
        let is_read = OpenAiResponses.decoder().decode(&frame, &mut |_| {}).is_ok();
        prop_assert_eq!(is_malformed, !is_read);
    }
}
