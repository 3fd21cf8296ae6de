use bytes::Bytes;
use proptest::prelude::*;
use tower_failover::dialect::canonical::{Event, Finish, Usage};
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::sse::Frame;
use tower_failover::dialect::{Decode, Dialect};

use super::{chunks, events, foreign, own, told, written};

const STREAM: &str = concat!(
    "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"Hmü\",\"thought\": true}],\"role\": \"model\"},\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 3,\"totalTokenCount\": 3},\"modelVersion\": \"g\",\"responseId\": \"r\"}\r\n\r\n",
    ": ping\n\n",
    "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"Hi \\\"ä\\\"\"},{\"functionCall\": {\"name\": \"f\",\"args\": {\"x\": [1, {}]}},\"thoughtSignature\": \"Eq==\"}],\"role\": \"model\"}}]}\r\n\r\n",
    "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"\"}]},\"finishReason\": \"STOP\",\"groundingMetadata\": {\"groundingChunks\": [{\"web\": {\"uri\": \"u\"}}]}}],\"usageMetadata\": {\"candidatesTokenCount\": 4}}\r\n\r\n",
);

/// A part of an answer, and the events it is told with.
fn any_part() -> impl Strategy<Value = Vec<Event<'static>>> {
    let word = || prop::sample::select(vec!["a", "\"ä\n", "\\", "{}", " \u{2028}x"]);
    let words = move || prop::collection::vec(word(), 1..4);
    prop_oneof![
        words().prop_map(|words| {
            words.into_iter().map(|text| Event::Text { choice: 0, text: text.into() }).collect()
        }),
        (words(), any::<bool>()).prop_map(|(words, is_sealed)| {
            let mut part: Vec<Event<'static>> =
                words.into_iter().map(|text| Event::Reasoning { choice: 0, text: text.into() }).collect();
            if is_sealed {
                part.push(Event::Signature { choice: 0, signature: "Eq==".into() });
            }
            part
        }),
        (prop::sample::select(vec!["{}", "{\"a\":1.50}", "{\"ä\":[{}]}"]), any::<bool>()).prop_map(
            |(json, is_sealed)| {
                let mut part = Vec::new();
                if is_sealed {
                    part.push(Event::Signature { choice: 0, signature: "Fq==".into() });
                }
                part.push(Event::ToolCall { choice: 0, index: 0, id: "c".into(), name: "f".into() });
                part.push(Event::Arguments { choice: 0, index: 0, json: json.into() });
                part
            }
        ),
    ]
}

/// Parts as a whole stream: calls numbered, parts ended.
fn stream(parts: Vec<Vec<Event<'static>>>) -> Vec<Event<'static>> {
    let mut all = vec![Event::Start { id: Some("r".into()), model: Some("m".into()) }];
    let (mut calls, mut is_called) = (0, false);
    for part in parts {
        for mut event in part {
            match &mut event {
                Event::ToolCall { index, id, .. } => {
                    *index = calls;
                    *id = format!("c{calls}").into();
                    is_called = true;
                }
                Event::Arguments { index, .. } => {
                    *index = calls;
                    calls += 1;
                }
                _ => {}
            }
            all.push(event);
        }
        all.push(Event::PartEnd { choice: 0 });
    }
    let reason = if is_called { Finish::ToolCalls } else { Finish::Stop };
    all.push(Event::Finish { choice: 0, reason });
    all.push(Event::Usage(Usage { input: Some(3), output: Some(4), ..Usage::default() }));
    all
}

/// What was told, with increments of one part joined and parts without content left out.
fn joined(told: &[String]) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    let mut is_open = false;
    for event in told {
        match (event.split_once(' '), joined.last_mut()) {
            (Some((kind @ ("text" | "thought"), more)), Some(last)) if is_open && last.starts_with(kind) => {
                last.push_str(more);
            }
            _ if event == "." => is_open = false,
            _ => {
                is_open = true;
                joined.push(event.clone());
            }
        }
    }
    // Two texts, or two thoughts without a seal, cannot be told from one.
    let mut merged: Vec<String> = Vec::new();
    for event in joined {
        match (event.split_once(' '), merged.last_mut()) {
            (Some((kind @ ("text" | "thought"), more)), Some(last)) if last.starts_with(kind) => {
                last.push_str(more);
            }
            _ => merged.push(event),
        }
    }
    merged
}

fn any_event() -> impl Strategy<Value = Event<'static>> {
    let words = || prop::sample::select(vec!["", "a", "\"ä\n", "{", "{}", "\"}", "}"]);
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
        "\"candidates\"",
        "\"content\"",
        "\"parts\"",
        "\"text\"",
        "\"thought\"",
        "true",
        "\"thoughtSignature\"",
        "\"functionCall\"",
        "\"args\"",
        "\"response\"",
        "\"finishReason\"",
        "\"STOP\"",
        "\"error\"",
        "\"usageMetadata\"",
        "\\",
        "\u{fffd}",
    ]);
    prop_oneof![
        prop::collection::vec(words, 0..40).prop_map(|words| words.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
        (0..STREAM.len(), any::<u8>()).prop_map(|(at, byte)| {
            let mut bytes = STREAM.as_bytes().to_vec();
            bytes[at] = byte;
            bytes
        }),
    ]
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same_events(cuts in prop::collection::vec(0..STREAM.len(), 0..20)) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let (mut pieces, mut from) = (Vec::new(), 0);
        for cut in cuts {
            pieces.push(Bytes::from_static(&STREAM.as_bytes()[from..cut]));
            from = cut;
        }
        pieces.push(Bytes::from_static(&STREAM.as_bytes()[from..]));
        prop_assert_eq!(events(pieces), events([Bytes::from_static(STREAM.as_bytes())]));
    }

    #[test]
    fn what_is_written_reads_the_same_again(parts in prop::collection::vec(any_part(), 0..8)) {
        let told_first: Vec<_> = stream(parts);
        let (out, is_complete) = written(&told_first, own());
        prop_assert!(is_complete);
        let first: Vec<String> = told_first.iter().map(told).collect();
        prop_assert_eq!(joined(&events([Bytes::from(out)])), joined(&first));
    }

    #[test]
    fn whatever_is_told_every_frame_is_a_chunk(
        told in prop::collection::vec(any_event(), 0..40),
        is_own: bool,
    ) {
        let (out, is_complete) = written(&told, if is_own { own() } else { foreign() });
        let chunks = chunks(&out);
        let reasons = chunks.iter().filter(|chunk| chunk["candidates"][0]["finishReason"].is_string()).count();
        prop_assert_eq!(reasons, usize::from(is_complete));
        for chunk in &chunks {
            for candidate in chunk["candidates"].as_array().unwrap() {
                prop_assert!(candidate["index"].is_u64());
                for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
                    prop_assert!(part["text"].is_string() ^ part["functionCall"]["args"].is_object());
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in nearly_json()) {
        if let Ok(answer) = Gemini.decode_answer(&bytes) {
            super::json(&Gemini.encode_answer(&answer, &own()));
        }
        let _ = Gemini.check_answer(&bytes);
        let _ = Gemini.signal(&Frame::of(&bytes));
        let _ = Gemini.decoder().decode(&Frame::of(&bytes), &mut |_| {});
        let _ = events([Bytes::from(bytes)]);
    }

    #[test]
    fn a_piece_reads_the_same_however_it_is_worded(
        text in ".{0,20}",
        is_thought: bool,
        counts in any::<[Option<u32>; 6]>(),
    ) {
        let names = ["promptTokenCount", "toolUsePromptTokenCount", "cachedContentTokenCount", "candidatesTokenCount",
            "thoughtsTokenCount", "totalTokenCount"];
        let known = names.into_iter().zip(counts).filter_map(|(name, count)| Some((name.to_owned(), count?.into())));
        let usage: serde_json::Map<String, serde_json::Value> = known.collect();
        let part = serde_json::json!({"text": text, "thought": is_thought});
        let chunk = serde_json::json!({
            "candidates": [{"content": {"parts": [part], "role": "model"}, "index": 0}], "usageMetadata": usage,
        });
        let mut odd = chunk.clone();
        odd["new"] = serde_json::json!({});
        let start = r#"{"candidates":[]}"#;
        let read = |chunk: &serde_json::Value| super::of_chunks([start, &chunk.to_string()]);
        prop_assert_eq!(read(&chunk), read(&odd));
    }

    #[test]
    fn a_chunk_that_is_read_is_not_malformed_to_the_guard(bytes in nearly_json()) {
        let is_read = Gemini.decoder().decode(&Frame::of(&bytes), &mut |_| {}).is_ok();
        let is_json = std::str::from_utf8(&bytes).is_ok() && !bytes.trim_ascii().is_empty();
        if is_read && is_json {
            prop_assert_ne!(super::signal(std::str::from_utf8(&bytes).unwrap()), "Malformed");
        }
    }
}
