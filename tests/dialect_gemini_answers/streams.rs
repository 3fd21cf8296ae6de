use bytes::Bytes;
use serde_json::{Value, json};
use tower_failover::dialect::Reply;
use tower_failover::dialect::canonical::{Citation, Event, Finish, Usage};

use super::{chunks, events, foreign, of_chunks, own, signal, written};

fn text(text: &'static str) -> Event<'static> {
    Event::Text { choice: 0, text: text.into() }
}

fn thought(text: &'static str) -> Event<'static> {
    Event::Reasoning { choice: 0, text: text.into() }
}

fn seal(signature: &'static str) -> Event<'static> {
    Event::Signature { choice: 0, signature: signature.into() }
}

fn call(index: u32, id: &'static str) -> Event<'static> {
    Event::ToolCall { choice: 0, index, id: id.into(), name: "f".into() }
}

fn arguments(index: u32, json: &'static str) -> Event<'static> {
    Event::Arguments { choice: 0, index, json: json.into() }
}

fn finish(reason: Finish<'static>) -> Event<'static> {
    Event::Finish { choice: 0, reason }
}

const START: Event<'static> = Event::Start { id: None, model: None };
const END: Event<'static> = Event::PartEnd { choice: 0 };

/// The parts of all chunks of choice 0, and the last chunk.
fn parts(events: &[Event<'static>], reply: Reply) -> (Vec<Value>, Value) {
    let (stream, is_complete) = written(events, reply);
    assert!(is_complete, "{stream}");
    let chunks = chunks(&stream);
    let parts =
        chunks.iter().flat_map(|chunk| chunk["candidates"][0]["content"]["parts"].as_array().cloned());
    (parts.flatten().collect(), chunks.last().unwrap().clone())
}

#[test]
fn increments_are_told_part_by_part() {
    let told = of_chunks([
        r#"{"candidates":[{"content":{"parts":[{"text":"Hm","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":3,"totalTokenCount":3},"modelVersion":"g","responseId":"r"}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":".","thought":true,"thoughtSignature":"S0"}]}}],"responseId":"r"}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"!"},{"functionCall":{"id":"a","name":"f","args":{"x":1}},"thoughtSignature":"S1"},{"functionCall":{"id":"b","name":"f","args":{}}}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"id":"c","name":"g"}}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"S2"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7}}"#,
    ]);
    let wanted = [
        "start r g",
        "thought Hm",
        "usage Some(3) Some(0)",
        "thought .",
        "seal S0",
        ".",
        "text Hi",
        "text !",
        ".",
        "seal S1",
        "call 0 a f",
        "arguments 0 {\"x\":1}",
        ".",
        "call 1 b f",
        "arguments 1 {}",
        ".",
        "call 2 c g",
        "arguments 2 {}",
        ".",
        "seal S2",
        ".",
        "finish ToolCalls",
        "usage Some(3) Some(7)",
    ];
    let wanted: Vec<_> = wanted.iter().map(|event| event.replace("Some(7)", "Some(4)")).collect();
    assert_eq!(told, wanted);
}

#[test]
fn calls_without_ids_get_the_same_ones_again() {
    let chunk = r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}},{"functionCall":{"name":"f"}}]},"finishReason":"STOP"}],"responseId":"r"}"#;
    let told = of_chunks([chunk]);
    assert_eq!(told, of_chunks([chunk]));
    let ids: Vec<_> = told.iter().filter(|event| event.starts_with("call")).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
    let whole = tower_failover::dialect::Dialect::decode_answer(
        &tower_failover::dialect::gemini::Gemini,
        chunk.as_bytes(),
    );
    let whole = format!("{:?}", whole.unwrap().choices[0].parts);
    let id = ids[1].split(' ').nth(2).unwrap();
    assert!(whole.contains(id), "a whole answer has the same: {whole}");
}

#[test]
fn a_blocked_prompt_and_an_error_are_told() {
    let blocked = r#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":2}}"#;
    assert_eq!(of_chunks([blocked]), ["start - -", "finish ContentFilter", "usage Some(2) None"]);
    assert_eq!(of_chunks([r#"{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}"#]), ["error"]);
    assert_eq!(of_chunks([r#"[{"error":{"code":503}}]"#]), ["error"]);
    assert_eq!(events([Bytes::from_static(b": ping\n\ndata:\n\ndata: {\n\n")]), ["Ping", "!"]);
}

#[test]
fn code_that_has_still_to_be_run_is_no_end() {
    let code =
        r#"{"candidates":[{"content":{"parts":[{"executableCode":{"code":"1"}}]},"finishReason":"STOP"}]}"#;
    let result = r#"{"candidates":[{"content":{"parts":[{"codeExecutionResult":{"output":"1"}}]}}]}"#;
    let text = r#"{"candidates":[{"content":{"parts":[{"text":"1"}]},"finishReason":"STOP"}]}"#;
    assert_eq!(of_chunks([code, result, text]), ["start - -", "text 1", ".", "finish Stop"]);
    assert_eq!([code, result, text].map(signal), ["Content", "Content", "Finish"]);
    let limit = code.replace("STOP", "MAX_TOKENS");
    assert_eq!(signal(&limit), "Finish");
}

#[test]
fn the_reason_is_told_again_only_where_it_is_another() {
    let told = of_chunks([
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"id":"1","name":"f"}}]},"finishReason":"STOP"}]}"#,
    ]);
    let wanted = [
        "start - -",
        "text a",
        ".",
        "finish Stop",
        "text b",
        ".",
        "call 0 1 f",
        "arguments 0 {}",
        ".",
        "finish ToolCalls",
    ];
    assert_eq!(told, wanted);
}

#[test]
fn the_reason_is_told_once_even_where_it_comes_first() {
    let told = of_chunks([
        r#"{"candidates":[{"finishReason":"STOP"}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"late"}]},"finishReason":"STOP"}]}"#,
    ]);
    assert_eq!(told, ["start - -", "finish Stop", "text late"]);
}

#[test]
fn sources_of_a_stream_count_through_all_of_its_text() {
    let told = of_chunks([
        r#"{"candidates":[{"content":{"parts":[{"text":"Zür"}]},"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a"}}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"ich ist schön."}]},"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://b"}}],"groundingSupports":[{"segment":{"startIndex":8,"endIndex":19,"text":"ist schön."},"groundingChunkIndices":[1,0]}]}}]}"#,
    ]);
    let wanted = [
        "start - -",
        "text Zür",
        "text ich ist schön.",
        r#"cited Some("https://b") Some(7)..Some(17)"#,
        r#"cited Some("https://a") Some(7)..Some(17)"#,
        ".",
        "finish Stop",
    ];
    assert_eq!(told, wanted);
}

#[test]
fn candidates_are_kept_apart_by_their_index() {
    let mut seen = Vec::new();
    let mut decoder = tower_failover::dialect::Dialect::decoder(&tower_failover::dialect::gemini::Gemini);
    let chunk = br#"{"candidates":[{"index":1,"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"},{"content":{"parts":[{"text":"a"}]},"index":0}]}"#;
    let frame = tower_failover::dialect::sse::Frame::of(chunk);
    tower_failover::dialect::Decode::decode(&mut decoder, &frame, &mut |event| match event {
        Event::Text { choice, text } => seen.push(format!("{choice} {text}")),
        Event::Finish { choice, .. } => seen.push(format!("{choice} finish")),
        _ => {}
    })
    .unwrap();
    assert_eq!(seen, ["1 b", "1 finish", "0 a"]);
}

#[test]
fn the_first_answer_is_the_first_in_the_last_chunk_whoever_spoke_first() {
    let events = [
        START,
        Event::Text { choice: 1, text: "b".into() },
        text("a"),
        finish(Finish::Stop),
        Event::Finish { choice: 1, reason: Finish::Length },
    ];
    let (stream, is_complete) = written(&events, own());
    assert!(is_complete);
    let last = chunks(&stream).pop().unwrap();
    let ends: Vec<_> = last["candidates"].as_array().unwrap().iter().collect();
    assert_eq!([&ends[0]["index"], &ends[1]["index"]], [0, 1]);
    assert_eq!([&ends[0]["finishReason"], &ends[1]["finishReason"]], ["STOP", "MAX_TOKENS"]);
}

/// One call in pieces: a name, parts of a text, a number in a list, and the end.
const PIECES: [&str; 5] = [
    r#"{"candidates":[{"content":{"parts":[{"functionCall":{"id":"c","name":"f","willContinue":true},"thoughtSignature":"S"}]}}],"responseId":"r"}"#,
    r#"{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.to","stringValue":"Os","willContinue":true}],"willContinue":true}}]}}]}"#,
    r#"{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.to","stringValue":"lo"},{"jsonPath":"$.days[0].n","numberValue":1.50}],"willContinue":true}}]}}]}"#,
    r#"{"candidates":[{"content":{"parts":[{"functionCall":{}},{"functionCall":{"name":"g","args":{}}}]}}]}"#,
    r#"{"candidates":[{"content":{"parts":[]},"finishReason":"STOP"}]}"#,
];

#[test]
fn a_call_that_comes_in_pieces_is_told_with_all_of_them() {
    let told = of_chunks(PIECES);
    let call = ["seal S", "call 0 c f", r#"arguments 0 {"to":"Oslo","days":[{"n":1.50}]}"#, "."];
    assert_eq!(told[1..5], call);
    assert!(told[5].starts_with("call 1 ") && told[5].ends_with(" g"), "{told:?}");
    let list = format!("[{}]", PIECES.join(","));
    let whole = tower_failover::dialect::Dialect::decode_answer(
        &tower_failover::dialect::gemini::Gemini,
        list.as_bytes(),
    );
    let whole = format!("{:?}", whole.unwrap().choices[0].parts);
    assert!(whole.contains(r#"{\"to\":\"Oslo\",\"days\":[{\"n\":1.50}]}"#), "{whole}");
}

#[test]
fn a_call_of_which_a_piece_is_missing_has_no_arguments_to_be_run_with() {
    let cut = of_chunks([PIECES[0], PIECES[1], PIECES[4]]);
    assert_eq!(cut[3], r#"arguments 0 {"to":"Os""#);
    let odd = PIECES[1].replace("$.to", "$.to[x]");
    let told = of_chunks([PIECES[0], &odd, PIECES[3], PIECES[4]]);
    assert_eq!(told[3], "arguments 0 $.to[x]");
}

#[test]
fn frames_are_signed_for_the_guard_of_the_stream() {
    let of = |candidate: &str| signal(&format!("{{\"candidates\":[{{{candidate}}}]}}"));
    assert_eq!(of(r#""content":{"parts":[{"text":"a"}]}"#), "Content");
    assert_eq!(of(r#""content":{"parts":[{"text":"a","thought":true}]}"#), "Content");
    assert_eq!(of(r#""content":{"parts":[{"functionCall":{"name":"f"}}]},"finishReason":"STOP""#), "Finish");
    assert_eq!(of(r#""content":{"parts":[{"text":""}],"role":"model"}"#), "Lifecycle");
    assert_eq!(signal(r#"{"usageMetadata":{"promptTokenCount":1}}"#), "Lifecycle");
    assert_eq!(signal(r#"{"promptFeedback":{"blockReason":"OTHER"}}"#), "Finish");
    assert_eq!(signal(r#"{"response":{"candidates":[{"finishReason":"STOP"}]}}"#), "Finish");
    assert_eq!(signal(r#"{"error":{"code":500}}"#), "Error");
    assert_eq!(signal(r#"[{"error":{"code":500}}]"#), "Error");
    assert_eq!(signal("x"), "Malformed");
    assert_eq!(signal(""), "Alive");
}

#[test]
fn text_goes_out_as_it_comes_and_the_end_says_why_and_what_it_cost() {
    let start = Event::Start { id: Some("msg_1".into()), model: Some("claude-x".into()) };
    let (input, output) = (Usage { input: Some(9), ..Usage::default() }, Some(4));
    let told = [
        start,
        Event::Usage(input),
        text("Hi \"you\"\n"),
        text("!"),
        END,
        Event::Ping,
        finish(Finish::StopSequence(None)),
        Event::Usage(Usage { output, ..Usage::default() }),
        Event::End,
    ];
    let (stream, is_complete) = written(&told, foreign());
    assert!(is_complete);
    let wanted = concat!(
        r#"data: {"candidates":[{"content":{"parts":[{"text":"Hi \"you\"\n"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9},"modelVersion":"claude-x","responseId":"msg_1"}"#,
        "\r\n\r\n",
        r#"data: {"candidates":[{"content":{"parts":[{"text":"!"}],"role":"model"},"index":0}],"modelVersion":"claude-x","responseId":"msg_1"}"#,
        "\r\n\r\n",
        r#"data: {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4,"totalTokenCount":13},"modelVersion":"claude-x","responseId":"msg_1"}"#,
        "\r\n\r\n",
    );
    assert_eq!(stream, wanted);
}

#[test]
fn an_answer_that_was_cut_off_gets_no_end() {
    let (stream, is_complete) = written(&[START, text("half"), Event::End], foreign());
    assert!(!is_complete && !stream.contains("finishReason"));
    assert!(!written(&[], foreign()).1);
    let (_, is_complete) = written(
        &[START, text("a"), Event::Text { choice: 1, text: "b".into() }, finish(Finish::Stop)],
        foreign(),
    );
    assert!(!is_complete, "one of two answers was cut off");
}

#[test]
fn a_call_is_told_whole_however_it_came() {
    let wanted = [
        json!({"functionCall": {"id": "a", "name": "f", "args": {"x": 1}}}),
        json!({"functionCall": {"id": "b", "name": "f", "args": {}}}),
        json!({"text": ""}),
    ];
    // In parts that end, as Anthropic's.
    let told = [
        START,
        call(0, "a"),
        arguments(0, "{\"x\""),
        arguments(0, ":1}"),
        END,
        call(1, "b"),
        END,
        finish(Finish::ToolCalls),
    ];
    assert_eq!(parts(&told, foreign()).0, wanted);
    // Mixed, and without ends, as some speak Chat.
    let told = [
        START,
        call(0, "a"),
        call(1, "b"),
        arguments(0, "{\"x\""),
        arguments(1, "{}"),
        arguments(0, ":1}"),
        finish(Finish::ToolCalls),
    ];
    assert_eq!(parts(&told, foreign()).0, wanted);
    // Cut off by the limit.
    let told = [START, call(0, "a"), arguments(0, "{\"x\""), finish(Finish::Length)];
    let (said, last) = parts(&told, foreign());
    assert_eq!(said, [json!({"text": ""})], "half a call is none");
    assert_eq!(last["candidates"][0]["finishReason"], "MAX_TOKENS");
    // And by nothing.
    let told = [START, call(0, "a"), arguments(0, "{\"x\""), finish(Finish::ToolCalls)];
    let (stream, is_complete) = written(&told, foreign());
    assert!(!is_complete && !stream.contains("functionCall"), "{stream}");
}

#[test]
fn text_behind_a_call_keeps_its_place() {
    let told = [START, call(0, "a"), END, text("then"), finish(Finish::Stop)];
    let said = parts(&told, foreign()).0;
    assert!(said[0]["functionCall"].is_object() && said[1]["text"] == "then", "{said:?}");
}

#[test]
fn arguments_that_come_after_their_call_was_told_break_the_stream() {
    let told = [START, call(0, "a"), arguments(0, "{}"), END, arguments(0, "{}"), finish(Finish::ToolCalls)];
    assert!(!written(&told, foreign()).1);
}

#[test]
fn thoughts_carry_the_seal_of_their_issuer() {
    // "failover:anthropic-messages:" and with "Eq==" behind it.
    const MARK: &str = "ZmFpbG92ZXI6YW50aHJvcGljLW1lc3NhZ2VzOg==";
    const SEALED: &str = "ZmFpbG92ZXI6YW50aHJvcGljLW1lc3NhZ2VzOkVxPT0=";
    let told = [START, thought("H"), thought("m"), seal("Eq=="), END, text("a"), finish(Finish::Stop)];
    let sealed = |text: &str, seal: &str| json!({"text": text, "thought": true, "thoughtSignature": seal});
    let bare = |text: &str| json!({"text": text, "thought": true});
    assert_eq!(
        parts(&told, foreign()).0,
        [bare("H"), sealed("m", SEALED), json!({"text": "a"}), json!({"text": ""})],
        "on a part with text: the AI SDK's reader of streams passes over an empty one's"
    );
    let told = [START, thought("Hm"), text("a"), thought("So"), finish(Finish::Stop)];
    assert_eq!(
        parts(&told, foreign()).0,
        [sealed("Hm", MARK), json!({"text": "a"}), sealed("So", MARK), json!({"text": ""})]
    );
    assert_eq!(parts(&told, own()).0, [bare("Hm"), json!({"text": "a"}), bare("So"), json!({"text": ""})]);
}

#[test]
fn its_own_seals_go_back_to_where_they_were() {
    let told = [
        START,
        thought("Hm"),
        END,
        seal("S1"),
        call(0, "a"),
        END,
        call(1, "b"),
        END,
        text("t"),
        END,
        seal("S2"),
        END,
        finish(Finish::ToolCalls),
    ];
    let args = json!({});
    assert_eq!(
        parts(&told, own()).0,
        [
            json!({"text": "Hm", "thought": true}),
            json!({"functionCall": {"id": "a", "name": "f", "args": args}, "thoughtSignature": "S1"}),
            json!({"functionCall": {"id": "b", "name": "f", "args": args}}),
            json!({"text": "t"}),
            json!({"text": "", "thoughtSignature": "S2"}),
            json!({"text": ""}),
        ]
    );
}

#[test]
fn a_refusal_is_said_and_named() {
    let refusal = Event::Refusal { choice: 0, text: "No.".into() };
    let (said, last) = parts(&[START, refusal, finish(Finish::Stop)], foreign());
    assert_eq!(said[0], json!({"text": "No."}));
    assert_eq!(last["candidates"][0]["finishReason"], "SAFETY");
    let (said, last) = parts(&[START, finish(Finish::ContentFilter)], foreign());
    assert!(said.is_empty() && last["candidates"][0]["finishReason"] == "SAFETY");
    let (_, last) = parts(&[START, finish(Finish::Error)], foreign());
    assert_eq!(last["candidates"][0]["finishReason"], "MALFORMED_RESPONSE");
}

#[test]
fn sources_are_told_at_the_end_in_bytes_of_all_text() {
    let cited =
        Citation { url: Some("https://a".into()), start: Some(0), end: Some(5), ..Citation::default() };
    let told = [
        START,
        text("Zürich. "),
        thought("hm"),
        text("Schön."),
        END,
        Event::Citation { choice: 0, citation: cited },
        finish(Finish::Stop),
    ];
    let grounding = parts(&told, foreign()).1["candidates"][0]["groundingMetadata"].clone();
    assert_eq!(
        grounding["groundingSupports"][0],
        json!({"segment": {"startIndex": 9, "endIndex": 15, "text": "Schön"}, "groundingChunkIndices": [0]})
    );
}
