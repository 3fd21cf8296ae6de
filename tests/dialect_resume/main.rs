//! Answers that were cut anywhere, and completed: one stream, as strict readers of each dialect want it.
#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../dialect_anthropic_messages/frames.rs"]
mod frames;
#[path = "../dialect_anthropic_messages/grammar.rs"]
#[allow(dead_code)]
mod message_grammar;
#[path = "../failover/reading.rs"]
#[allow(dead_code)]
mod reading;
mod requests;
#[path = "../dialect_openai_responses_answers/grammar.rs"]
#[allow(dead_code)]
mod response_grammar;
mod streams;

use bytes::Bytes;
use proptest::prelude::*;
use tower_failover::dialect::canonical::{Event, Finish, Usage};
use tower_failover::dialect::{AnyDialect, Dialect, Encode, Reply, Resumed, Signal};

use crate::frames::frames;
use crate::reading::Reading;

/// A plain question in this dialect.
fn question(dialect: AnyDialect) -> &'static str {
    match dialect.name() {
        "openai-chat" => {
            r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]}"#
        }
        "openai-responses" => r#"{"model":"m","stream":true,"input":"Hi"}"#,
        "anthropic-messages" => {
            r#"{"model":"m","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#
        }
        _ => r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}"#,
    }
}

/// A whole stream, as a strict reader of the dialect takes it.
fn read(dialect: AnyDialect, stream: &str) -> Reading {
    match dialect.name() {
        "openai-chat" => Reading::of_chat_stream(stream),
        "openai-responses" => {
            response_grammar::check(stream.as_bytes()).unwrap_or_else(|error| panic!("{error}: {stream}"));
            Reading::of_response_stream(stream)
        }
        "anthropic-messages" => {
            let message = message_grammar::check(stream.as_bytes());
            assert!(message.unwrap_or_else(|error| panic!("{error}: {stream}")).is_complete, "{stream}");
            Reading::of_message_stream(stream)
        }
        _ => Reading::of_gemini_stream(stream),
    }
}

/// The stream, gone on with.
fn completed<E: Encode>(sent: &str, mut resumed: Resumed<E>, events: &[Event<'_>]) -> String {
    let mut out = sent.as_bytes().to_vec();
    for event in events {
        resumed.encoder.encode(event, &mut out);
    }
    assert!(resumed.encoder.finish(&mut out), "it is told why it ends");
    String::from_utf8(out).unwrap()
}

fn usage(input: u64, output: u64) -> Event<'static> {
    Event::Usage(Usage { input: Some(input), output: Some(output), ..Usage::default() })
}

fn text(text: &str) -> Event<'_> {
    Event::Text { choice: 0, text: text.into() }
}

const STOP: Event<'static> = Event::Finish { choice: 0, reason: Finish::Stop };

/// The ends of all frames before the one that says why the model stopped.
fn seams(dialect: AnyDialect, stream: &str) -> Vec<usize> {
    let mut at = 0;
    let mut seams = Vec::new();
    for frame in frames([Bytes::copy_from_slice(stream.as_bytes())]).0 {
        if matches!(dialect.signal(&frame.parse()), Signal::Finish) {
            break;
        }
        at += frame.bytes().len();
        seams.push(at);
    }
    seams
}

/// Cuts the stream there, and completes what can be. Returns how often that was possible.
fn cut_at(dialect: AnyDialect, stream: &str, cuts: impl Iterator<Item = usize>) -> usize {
    let whole = read(dialect, stream);
    let seams = seams(dialect, stream);
    let mut resumable = 0;
    for cut in cuts.filter(|cut| stream.is_char_boundary(*cut)) {
        let sent = &stream[..cut];
        let Some(resumed) = dialect.resume(question(dialect).as_bytes(), sent.as_bytes()) else { continue };
        // White space between frames belongs to either.
        let is_seam = seams.iter().any(|seam| stream[*seam.min(&cut)..cut.max(*seam)].trim().is_empty());
        assert!(is_seam, "inside a frame, or after the end: {sent:?}");
        resumable += 1;
        assert!(whole.text.starts_with(&resumed.text) && !resumed.text.is_empty(), "{sent:?}");
        let missing = whole.text[resumed.text.len()..].to_owned();
        let rest = [text(&missing), text("!"), STOP, usage(1000, 500)];
        let reading = read(dialect, &completed(sent, resumed, &rest));
        assert_eq!(reading.text, format!("{}!", whole.text), "{sent:?}");
        assert_eq!((&*reading.finish, reading.input, reading.output), ("stop", 1000, 500), "{sent:?}");
    }
    resumable
}

#[test]
fn a_stream_of_the_vendor_is_completed_wherever_it_was_cut_between_words() {
    for dialect in AnyDialect::ALL {
        let stream = streams::of_vendor(*dialect);
        let resumable = cut_at(*dialect, stream, 0..=stream.len());
        let words = seams(*dialect, stream).len();
        assert!(resumable >= 2 && resumable <= 2 * words, "{dialect}: {resumable} of {words}");
    }
}

#[test]
fn a_call_may_follow_where_the_dialect_has_a_place_for_it() {
    for dialect in AnyDialect::ALL {
        let stream = streams::of_vendor(*dialect);
        let cut = seams(*dialect, stream).pop().unwrap();
        let sent = &stream[..cut];
        let Some(resumed) = dialect.resume(question(*dialect).as_bytes(), sent.as_bytes()) else {
            // Its text has been told to its end.
            assert_eq!(dialect.name(), "openai-responses");
            continue;
        };
        let said = resumed.text.clone();
        let call = [
            Event::PartEnd { choice: 0 },
            Event::ToolCall { choice: 0, index: 0, id: "call_1".into(), name: "f".into() },
            Event::Arguments { choice: 0, index: 0, json: r#"{"a":1}"#.into() },
            Event::PartEnd { choice: 0 },
            Event::Finish { choice: 0, reason: Finish::ToolCalls },
            usage(2, 2),
        ];
        let reading = read(*dialect, &completed(sent, resumed, &call));
        assert_eq!((reading.text, &*reading.finish), (said, "tool_calls"), "{dialect}");
        assert_eq!(reading.tools, [("f".to_owned(), serde_json::json!({"a": 1}))], "{dialect}");
    }
}

#[test]
fn what_is_more_than_plain_text_is_not_gone_on_with() {
    for dialect in AnyDialect::ALL {
        for (what, stream) in streams::delicate(*dialect) {
            for cut in 0..=stream.len() {
                let resumed = dialect.resume(question(*dialect).as_bytes(), &stream.as_bytes()[..cut]);
                let is_before = stream.find("DELICATE").is_some_and(|at| cut <= at);
                assert!(resumed.is_none() || is_before, "{dialect} {what}: {}", &stream[..cut]);
            }
        }
    }
}

#[test]
fn ids_and_numbers_stay_those_of_the_stream() {
    for dialect in AnyDialect::ALL {
        let stream = streams::of_vendor(*dialect);
        let resume = |cut: usize| dialect.resume(question(*dialect).as_bytes(), &stream.as_bytes()[..cut]);
        let first = seams(*dialect, stream).into_iter().find_map(|cut| Some((cut, resume(cut)?)));
        let (cut, resumed) = first.unwrap();
        let whole = completed(&stream[..cut], resumed, &[text("!"), STOP, usage(1, 1)]);
        let added = &whole[cut..];
        for expected in streams::marks(*dialect) {
            assert!(added.contains(expected), "{dialect}: {expected} in {added}");
        }
    }
}

fn words() -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![Just(" ".to_owned()), Just("\n".to_owned()), "\\PC{1,6}", Just("\"\\".to_owned())];
    proptest::collection::vec(word, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_stream_that_was_translated_is_completed_wherever_it_was_cut(words in words()) {
        for dialect in AnyDialect::ALL {
            let mut encoder = dialect.encoder(Reply::new("m", 7).with_usage(true).issued_by("x"));
            let mut out = Vec::new();
            encoder.encode(&Event::Start { id: Some("id-1".into()), model: Some("m-1".into()) }, &mut out);
            for word in &words {
                encoder.encode(&text(word), &mut out);
            }
            encoder.encode(&STOP, &mut out);
            prop_assert!(encoder.finish(&mut out));
            let stream = std::str::from_utf8(&out).unwrap();
            let around = |seam| seam - 1..=seam + 1;
            let resumable = cut_at(*dialect, stream, seams(*dialect, stream).into_iter().flat_map(around));
            prop_assert!(resumable >= words.len(), "{} {}", dialect, resumable);
        }
    }
}
