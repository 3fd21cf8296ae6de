use bytes::Bytes;
use http::Uri;
use proptest::prelude::*;
use tower_failover::dialect::canonical::{Event, Finish, Usage};
use tower_failover::dialect::sse::Frame;
use tower_failover::dialect::{Decode, Dialect, Reply, Target, anthropic_messages::AnthropicMessages};
use tower_failover::facts::Losses;

use super::{events, grammar, written};

const CALLS: &str = include_str!("../data/anthropic_messages/calls.sse");

fn any_event() -> impl Strategy<Value = Event<'static>> {
    let words =
        || prop_oneof![Just(""), Just("a"), Just("\"ä\n"), Just("{"), Just("{}"), Just("\"}"), Just("}")];
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
            id: "c".into(),
            name: name.into()
        }),
        indexed().prop_map(|(choice, index, json)| Event::Arguments { choice, index, json: json.into() }),
        choice().prop_map(|choice| Event::PartEnd { choice }),
        any::<[Option<u64>; 2]>().prop_map(|[input, output]| Event::Usage(Usage {
            input,
            output,
            ..Usage::default()
        })),
        Just(Event::Ping),
        (choice(), prop_oneof![Just(Finish::Stop), Just(Finish::Error), Just(Finish::ToolCalls)])
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
        "\"content\"",
        "\"text\"",
        "\"messages\"",
        "\"role\"",
        "\"user\"",
        "\"thinking\"",
        "\"signature\"",
        "\"failover:x:\"",
        "\"message_start\"",
        "\"message\"",
        "\"content_block_delta\"",
        "\"delta\"",
        "\"index\"",
        "\"error\"",
        "\"usage\"",
        "\"model\"",
        "\"max_tokens\"",
        "\\",
        "\u{fffd}",
    ]);
    prop_oneof![
        prop::collection::vec(words, 0..40).prop_map(|words| words.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
        (0..CALLS.len(), any::<u8>()).prop_map(|(at, byte)| {
            let mut bytes = CALLS.as_bytes().to_vec();
            bytes[at] = byte;
            bytes
        }),
    ]
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same_events(cuts in prop::collection::vec(0..CALLS.len(), 0..20)) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let (mut pieces, mut from) = (Vec::new(), 0);
        for cut in cuts {
            pieces.push(Bytes::from_static(&CALLS.as_bytes()[from..cut]));
            from = cut;
        }
        pieces.push(Bytes::from_static(&CALLS.as_bytes()[from..]));
        prop_assert_eq!(events(pieces), events([Bytes::from_static(CALLS.as_bytes())]));
    }

    #[test]
    fn whatever_is_told_is_written_in_the_order_the_sdks_insist_on(
        told in prop::collection::vec(any_event(), 0..40),
        issuer in prop::option::of(Just("openai-chat")),
    ) {
        let mut reply = Reply::new("m", 0);
        if let Some(issuer) = issuer {
            reply = reply.issued_by(issuer);
        }
        let (out, is_complete) = written(&told, reply);
        let message = grammar::check(&out).map_err(TestCaseError::fail)?;
        prop_assert_eq!(message.is_complete, is_complete);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in nearly_json()) {
        let dialect = AnthropicMessages;
        let _ = dialect.peek(&Uri::from_static("/"), &bytes);
        let _ = dialect.decode_answer(&bytes);
        let _ = dialect.check_answer(&bytes);
        let _ = dialect.decode_error(None, &bytes);
        let _ = dialect.scrub(&bytes, &Target::new("m"), &mut Losses::new());
        if let Ok(request) = dialect.decode_request(&bytes) {
            let _ = dialect.encode_request(&request, &Target::new("claude-opus-5"), &mut Losses::new());
        }
        let _ = dialect.signal(&Frame::of(&bytes));
        let _ = dialect.decoder().decode(&Frame::of(&bytes), &mut |_| {});
        let _ = events([Bytes::from(bytes)]);
    }

    #[test]
    fn what_peek_reads_is_where_it_says(model in ".{0,20}", stream in any::<Option<bool>>(), before in ".{0,20}") {
        let body = serde_json::json!({"a": before, "model": model, "stream": stream}).to_string();
        let uri = Uri::from_static("/");
        let peek = AnthropicMessages.peek(&uri, body.as_bytes()).unwrap();
        prop_assert_eq!(&*peek.model, &*model);
        prop_assert_eq!(peek.stream, stream == Some(true));
        let span: String = serde_json::from_str(&body[peek.model_span.unwrap()]).unwrap();
        prop_assert_eq!(span, model);
    }

    #[test]
    fn a_piece_reads_the_same_however_the_provider_spaces_it(text in ".{0,20}", thought in any::<bool>()) {
        let (kind, field) = if thought { ("thinking_delta", "thinking") } else { ("text_delta", "text") };
        let text = serde_json::Value::from(text).to_string();
        let tight = format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"{kind}","{field}":{text}}}}}"#);
        let wide = tight.replacen(r#""index":0"#, r#""index": 0"#, 1);
        let block = format!(r#"{{"type":"content_block_start","index":0,"content_block":{{"type":"{}","{field}":""}}}}"#,
            if thought { "thinking" } else { "text" });
        let read = |delta: &str| events([Bytes::from(format!("data: {block}\n\ndata: {delta}\n\n"))]);
        prop_assert_eq!(read(&tight).len(), 1);
        prop_assert_eq!(read(&tight), read(&wide));
        let [tight, wide] = [tight, wide].map(|data| super::signal(&format!("data: {data}\n\n")));
        prop_assert_eq!(tight, wide);
    }
}
