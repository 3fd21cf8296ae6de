use bytes::Bytes;
use serde_json::{Value, json};
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::canonical::{Citation, Event, Finish, Usage};
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{Dialect, Encode, Reply};

use super::said::{anthropic_stream, of_anthropic, of_response};
use super::{events, foreign, frame, grammar, own, recode, signal, stream, written};

fn created() -> Value {
    json!({"type": "response.created", "response": {"id": "resp_1", "model": "gpt-5-mini", "output": []}})
}

fn completed(output: Value) -> Value {
    json!({"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": output,
        "usage": {"input_tokens": 3, "output_tokens": 5}}})
}

fn added(index: u64, item: Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

fn done(index: u64, item: Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

fn delta(kind: &str, index: u64, part: u64, text: &str) -> Value {
    json!({"type": format!("response.{kind}.delta"), "output_index": index, "content_index": part, "delta": text})
}

fn function(name: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "id": "fc", "call_id": format!("call_{name}"), "name": name,
        "arguments": arguments})
}

/// What a stream says, each event in a word or two; without its start and end.
fn told(data: &[Value]) -> Vec<String> {
    let all = stream(&[&[created()], data, &[completed(json!([]))]].concat());
    let told = events([Bytes::from(all)]);
    assert!(told[0].starts_with("Start"), "{told:?}");
    assert_eq!(told.last().map(String::as_str), Some("End"), "{told:?}");
    told[1..told.len() - 1]
        .iter()
        .filter(|event| !event.starts_with("Usage"))
        .map(|event| short(event))
        .collect()
}

fn short(event: &str) -> String {
    event.replace(" { choice: 0 }", "").replace(" { choice: 0, ", "(").replace(" }", ")")
}

#[test]
fn a_text_is_told_as_it_comes_and_not_once_more_at_its_end() {
    let item =
        json!({"type": "message", "content": [{"type": "output_text", "text": "Hi you", "annotations": []}]});
    let whole = [
        added(0, json!({"type": "message", "content": []})),
        delta("output_text", 0, 0, "Hi"),
        delta("output_text", 0, 0, " you"),
        json!({"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "Hi you"}),
        json!({"type": "response.content_part.done", "output_index": 0, "content_index": 0,
            "part": {"type": "output_text", "text": "Hi you"}}),
        done(0, item),
    ];
    let wanted = [r#"Text(text: "Hi")"#, r#"Text(text: " you")"#, "PartEnd", "Finish(reason: Stop)"];
    assert_eq!(told(&whole), wanted);
    // Servers leave out what they like: the beginning of an item, its end, all but its increments.
    assert_eq!(told(&whole[1..]), wanted);
    assert_eq!(told(&whole[1..3]), wanted);
    assert_eq!(told(&whole[..3]), wanted);
    let once = [r#"Text(text: "Hi you")"#, "PartEnd", "Finish(reason: Stop)"];
    for from in 3..6 {
        assert_eq!(told(&whole[from..]), once, "{from}");
    }
}

#[test]
fn an_answer_that_only_the_last_event_holds_is_told_from_it() {
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gA"},
        {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]},
        function("f", "{}"),
    ]);
    let all = stream(&[completed(output)]);
    let told: Vec<String> = events([Bytes::from(all)]).iter().map(|event| short(event)).collect();
    assert_eq!(
        told[1..],
        [
            r#"Reasoning(text: "hm")"#,
            r#"Signature(signature: "rs_1 gA")"#,
            "PartEnd",
            r#"Text(text: "Hi")"#,
            "PartEnd",
            r#"ToolCall(index: 0, id: "call_f", name: "f")"#,
            r#"Arguments(index: 0, json: "{}")"#,
            "PartEnd",
            "Usage(Usage { input: Some(3), cache_read: None, cache_write: None, output: Some(5), reasoning: None))",
            "Finish(reason: ToolCalls)",
            "End",
        ]
    );
}

#[test]
fn items_are_known_by_their_place_and_not_by_their_ids() {
    let mut events = vec![added(0, json!({"type": "message", "id": "msg_0"}))];
    for (number, text) in ["a", "b", "c"].into_iter().enumerate() {
        let mut delta = delta("output_text", 0, 0, text);
        delta["item_id"] = format!("msg_rotated_{number}").into();
        events.push(delta);
    }
    assert_eq!(
        told(&events).concat(),
        r#"Text(text: "a")Text(text: "b")Text(text: "c")PartEndFinish(reason: Stop)"#
    );
}

#[test]
fn arguments_come_once_in_whichever_events_they_come() {
    let begin = added(0, function("f", ""));
    let more = |text: &str| delta("function_call_arguments", 0, 0, text);
    let all =
        json!({"type": "response.function_call_arguments.done", "output_index": 0, "arguments": "{\"a\":1}"});
    let end = done(0, function("f", "{\"a\":1}"));
    let full = added(0, function("f", "{\"a\":1}"));
    let streams: [&[Value]; 7] = [
        &[begin.clone(), more("{\"a\""), more(":1}"), all.clone(), end.clone()],
        &[begin.clone(), all.clone(), end.clone()],
        &[begin, end.clone()],
        std::slice::from_ref(&end),
        std::slice::from_ref(&full),
        &[full.clone(), more("{\"a\":1}"), end.clone()],
        &[full.clone(), all, end.clone()],
    ];
    for events in streams {
        let told = told(events);
        assert_eq!(told[0], r#"ToolCall(index: 0, id: "call_f", name: "f")"#);
        let told = told.concat();
        let json: String = told
            .split("json: ")
            .skip(1)
            .map(|rest| {
                let literal = rest.split(')').next().unwrap();
                serde_json::from_str::<String>(literal).unwrap()
            })
            .collect();
        assert_eq!(json, "{\"a\":1}", "{told}");
        assert!(told.ends_with("Finish(reason: ToolCalls)"), "{told}");
    }
}

#[test]
fn parts_of_a_thought_are_paragraphs_and_its_seal_comes_last() {
    let summary = |index: u64, text: &str| json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": index, "delta": text});
    let item = json!({"type": "reasoning", "id": "rs_9", "encrypted_content": "gA",
        "summary": [{"type": "summary_text", "text": "one"}, {"type": "summary_text", "text": "two"}]});
    let wanted = [
        r#"Reasoning(text: "one")"#,
        r#"Reasoning(text: "\n\n")"#,
        r#"Reasoning(text: "two")"#,
        r#"Signature(signature: "rs_9 gA")"#,
        "PartEnd",
        "Finish(reason: Stop)",
    ];
    let begin = added(0, json!({"type": "reasoning", "id": "rs_1", "summary": []}));
    assert_eq!(told(&[begin.clone(), summary(0, "one"), summary(1, "two"), done(0, item.clone())]), wanted);
    assert_eq!(told(&[begin, done(0, item)]), wanted);
    // Thoughts that are shown as they are, and not in summary.
    let open = delta("reasoning_text", 0, 0, "hm");
    assert_eq!(told(&[open])[..2], [r#"Reasoning(text: "hm")"#, "PartEnd"]);
}

#[test]
fn citations_and_probabilities_are_told_wherever_they_stand() {
    let source = json!({"type": "url_citation", "url": "https://x", "start_index": 0, "end_index": 1});
    let tokens = json!([{"token": "a", "logprob": -1, "top_logprobs": []}]);
    let citation = json!({"type": "response.output_text.annotation.added", "output_index": 0, "content_index": 0,
        "annotation_index": 0, "annotation": source});
    let mut text = delta("output_text", 0, 0, "a");
    let item = json!({"type": "message", "content": [
        {"type": "output_text", "text": "a", "annotations": [source], "logprobs": tokens}]});
    let late = told(&[text.clone(), done(0, item.clone())]);
    text["logprobs"] = tokens;
    let early = told(&[text, citation, done(0, item)]);
    for mut told in [early, late] {
        told.sort();
        let kinds: Vec<&str> = told.iter().map(|event| event.split('(').next().unwrap()).collect();
        assert_eq!(kinds, ["Citation", "Finish", "Logprobs", "PartEnd", "Text"], "{told:?}");
    }
}

#[test]
fn hosted_tools_are_not_told_as_calls() {
    let told = told(&[
        added(0, json!({"type": "web_search_call", "id": "ws_1", "status": "in_progress"})),
        json!({"type": "response.web_search_call.searching", "output_index": 0}),
        json!({"type": "response.mcp_call_arguments.delta", "output_index": 0, "delta": "{}"}),
        done(0, json!({"type": "web_search_call", "id": "ws_1", "name": "f", "arguments": "{}"})),
        json!({"type": "response.novelty", "a": 1}),
        delta("output_text", 1, 0, "done"),
    ]);
    assert_eq!(told, [r#"Text(text: "done")"#, "PartEnd", "Finish(reason: Stop)"]);
}

#[test]
fn a_call_that_only_callers_of_this_dialect_can_answer_is_no_clean_end_for_others() {
    let item = json!({"type": "custom_tool_call", "id": "ct_1", "call_id": "c", "name": "f", "input": "x"});
    let told = told(&[
        delta("output_text", 0, 0, "I'll ask."),
        added(1, item.clone()),
        json!({"type": "response.custom_tool_call_input.delta", "output_index": 1, "delta": "x"}),
        done(1, item),
    ]);
    assert_eq!(told, [r#"Text(text: "I'll ask.")"#, "PartEnd", "Finish(reason: Error)"]);
}

#[test]
fn errors_are_told_in_both_shapes_and_end_the_stream() {
    let nested = json!({"type": "error", "sequence_number": 2,
        "error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "m"}});
    let flat = json!({"type": "error", "code": "server_is_overloaded", "message": "m", "param": null});
    let failed = json!({"type": "response.failed", "response": {"id": "resp_1", "status": "failed", "output": [],
        "error": {"code": "rate_limit_exceeded", "message": "m"}}});
    for (event, class) in [(&nested, "QuotaExhausted"), (&flat, "Overloaded"), (&failed, "RateLimited")] {
        let all = stream(&[created(), event.clone(), failed.clone(), completed(json!([]))]);
        let told = events([Bytes::from(all)]);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[1].starts_with(&format!("Error(Failure {{ class: {class}")), "{told:?}");
    }
    let plain = events([Bytes::from_static(b"event: error\ndata: upstream died\n\n")]);
    assert!(plain[0].starts_with("Error("), "{plain:?}");
}

#[test]
fn frames_need_no_names_and_events_no_numbers() {
    let events_of = |text: String| events([Bytes::from(text)]);
    let data = [created(), delta("output_text", 0, 0, "a"), completed(json!([]))];
    let bare: String = data.iter().map(|event| format!("data: {event}\n\n")).collect();
    let typeless: String = data
        .iter()
        .map(|event| {
            let mut event = event.clone();
            let kind = event.as_object_mut().unwrap().remove("type").unwrap();
            format!("event: {}\r\ndata: {event}\r\n\r\n", kind.as_str().unwrap())
        })
        .collect();
    let wanted = events_of(stream(&data));
    assert_eq!(wanted.len(), 6, "{wanted:?}");
    assert_eq!(events_of(bare + "data: [DONE]\n\n"), wanted);
    assert_eq!(events_of(typeless), wanted);
}

#[test]
fn signals_tell_content_from_what_only_surrounds_it() {
    let text = |text: &str| delta("output_text", 0, 0, text);
    let message = |text: &str| json!({"type": "message", "content": [{"type": "output_text", "text": text}]});
    for (event, wanted) in [
        (created(), "Lifecycle"),
        (json!({"type": "response.in_progress", "response": {}}), "Lifecycle"),
        (added(0, json!({"type": "message"})), "Lifecycle"),
        (added(0, json!({"type": "reasoning"})), "Lifecycle"),
        (added(0, function("f", "")), "Content"),
        (added(0, json!({"type": "web_search_call"})), "Content"),
        (
            json!({"type": "response.content_part.added", "part": {"type": "output_text", "text": ""}}),
            "Lifecycle",
        ),
        (text(""), "Lifecycle"),
        (text("a"), "Content"),
        (delta("refusal", 0, 0, "a"), "Content"),
        (delta("reasoning_summary_text", 0, 0, "a"), "Content"),
        (delta("code_interpreter_call_code", 0, 0, "a"), "Content"),
        (json!({"type": "response.output_text.done", "text": "a"}), "Content"),
        (json!({"type": "response.output_text.done", "text": ""}), "Lifecycle"),
        (done(0, message("a")), "Content"),
        (done(0, message("")), "Lifecycle"),
        (done(0, json!({"type": "reasoning", "summary": []})), "Lifecycle"),
        (done(0, json!({"type": "reasoning", "summary": [], "encrypted_content": "g"})), "Content"),
        (completed(json!([])), "Finish"),
        (json!({"type": "response.incomplete", "response": {}}), "Finish"),
        // An answer that holds an error is none, whatever its event is called.
        (
            json!({"type": "response.completed", "response": {"error": {"code": "server_error"}}}),
            "Error(server_error)",
        ),
        (
            json!({"type": "response.failed", "response": {"error": {"code": "server_error"}}}),
            "Error(server_error)",
        ),
        (json!({"type": "error", "code": "rate_limit_exceeded", "message": "m"}), "Error(rate_limited)"),
        (json!({"type": "error", "error": {"code": "server_is_overloaded"}}), "Error(overloaded)"),
        (json!({"type": "keepalive"}), "Alive"),
        (json!({"type": "response.novelty"}), "Lifecycle"),
    ] {
        assert_eq!(signal(&frame(&event)), wanted, "{event}");
        assert_eq!(signal(&format!("data: {event}\n\n")), wanted, "{event}");
    }
    for (frame, wanted) in [
        (": ping\n\n", "Alive"),
        ("data: [DONE]\n\n", "End"),
        ("data: {\"error\":{\"message\":\"m\"}}\n\n", "Error(server_error)"),
        ("event: error\ndata: died\n\n", "Error(server_error)"),
        ("event: response.output_text.delta\ndata: {\"delta\":\"a\"\n\n", "Malformed"),
        ("data: {}\n\n", "Malformed"),
    ] {
        assert_eq!(signal(frame), wanted, "{frame}");
    }
}

#[test]
fn what_is_too_much_to_remember_is_an_error_and_not_left_out() {
    let delta = |index: usize| {
        frame(
            &json!({"type": "response.output_text.delta", "output_index": index, "content_index": 0, "delta": "a"}),
        )
    };
    let told = events([(0..5000).map(delta).collect::<String>().into()]);
    assert!(told.last().unwrap().starts_with("Error"), "{:?}", told.last());
}

fn text(text: &str) -> Event<'_> {
    Event::Text { choice: 0, text: text.into() }
}

fn thought(text: &str) -> Event<'_> {
    Event::Reasoning { choice: 0, text: text.into() }
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

const PART_END: Event<'static> = Event::PartEnd { choice: 0 };

/// A stream that came to an end, added up.
fn whole(events: &[Event<'_>], reply: Reply) -> grammar::Told {
    let (out, is_complete) = written(events, reply);
    assert!(is_complete);
    grammar::check(&out).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)))
}

#[test]
fn a_stream_is_told_in_the_vendors_order() {
    let start = Event::Start { id: Some("chatcmpl-1".into()), model: Some("m".into()) };
    let usage = Event::Usage(Usage { input: Some(3), output: Some(9), ..Usage::default() });
    let signature = Event::Signature { choice: 0, signature: "EqQB".into() };
    let told = whole(
        &[
            start,
            thought("hm"),
            signature,
            PART_END,
            text("Hi"),
            text(" \"you\""),
            PART_END,
            call(0),
            arguments(0, "{}"),
            PART_END,
            finish(Finish::ToolCalls),
            usage,
        ],
        foreign(),
    );
    let kinds: Vec<&str> = told.kinds.iter().map(|kind| kind.strip_prefix("response.").unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "created",
            "in_progress",
            "output_item.added",
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "completed",
        ]
    );
    let said = of_response(&told.response);
    assert_eq!((&*said.text, &*said.thoughts[0], &*said.finish), ("Hi \"you\"", "hm", "calls"));
    assert_eq!(said.usage, Some([3, 0, 9, 0]));
    assert_eq!(told.response["output"][0]["encrypted_content"], "failover:anthropic-messages:EqQB");
    assert_eq!(told.response["id"], "resp_chatcmpl-1");
}

#[test]
fn calls_whose_fragments_are_mixed_are_told_side_by_side() {
    let told = whole(
        &[
            call(0),
            arguments(0, "{\"a\""),
            call(1),
            arguments(1, "{}"),
            arguments(0, ":1}"),
            call(2),
            finish(Finish::ToolCalls),
        ],
        foreign(),
    );
    let calls = of_response(&told.response).calls;
    let arguments: Vec<&str> = calls.iter().map(|[_, _, arguments]| &**arguments).collect();
    assert_eq!(arguments, ["{\"a\":1}", "{}", "{}"]);
}

#[test]
fn calls_one_after_the_other_end_before_the_next_begins() {
    let told = whole(
        &[call(0), arguments(0, "{}"), call(1), arguments(1, "{}"), finish(Finish::ToolCalls)],
        foreign(),
    );
    let items: Vec<&str> =
        told.kinds.iter().filter_map(|kind| kind.strip_prefix("response.output_item.")).collect();
    assert_eq!(items, ["added", "done", "added", "done"]);
}

#[test]
fn arguments_that_the_limit_cut_off_are_not_made_up() {
    let cut = |json: &str| {
        let told = whole(&[call(0), arguments(0, json), PART_END, finish(Finish::Length)], foreign());
        let call = &told.response["output"][0];
        (call["arguments"].as_str().unwrap().to_owned(), call["status"].as_str().unwrap().to_owned())
    };
    assert_eq!(cut("{\"a"), ("{\"a".to_owned(), "incomplete".to_owned()));
    assert_eq!(cut(""), (String::new(), "incomplete".to_owned()));
    assert_eq!(cut("{}"), ("{}".to_owned(), "completed".to_owned()));
}

#[test]
fn arguments_of_a_call_that_never_began_make_no_clean_end() {
    let (out, is_complete) = written(&[text("a"), arguments(3, "{}"), finish(Finish::Stop)], foreign());
    assert!(!is_complete && grammar::check(&out).unwrap().response.is_null());
}

#[test]
fn a_refusal_is_a_part_of_its_own_and_a_whole_answer() {
    let refusal = |text: &'static str| Event::Refusal { choice: 0, text: text.into() };
    let told = whole(&[text("a"), refusal("I"), refusal(" can't"), finish(Finish::ContentFilter)], foreign());
    assert_eq!(
        told.response["output"][0]["content"],
        json!([{"type": "output_text", "text": "a", "annotations": [], "logprobs": []},
            {"type": "refusal", "refusal": "I can't"}])
    );
    assert_eq!(told.response["status"], "completed");
    let filtered = whole(&[text("a"), finish(Finish::ContentFilter)], foreign()).response;
    assert_eq!(filtered["incomplete_details"]["reason"], "content_filter");
}

#[test]
fn citations_and_probabilities_find_the_text_they_are_about() {
    let citation = |url: &'static str| Event::Citation {
        choice: 0,
        citation: Citation { url: Some(url.into()), ..Citation::default() },
    };
    let value =
        serde_json::value::RawValue::from_string(r#"{"content":[{"token":"a"}]}"#.to_owned()).unwrap();
    let logprobs = Event::Logprobs { choice: 0, value: std::borrow::Cow::Owned(value) };
    let part_end = || Event::PartEnd { choice: 0 };
    let told = whole(
        &[
            text("äb"),
            logprobs,
            part_end(),
            citation("https://x"),
            text("c"),
            citation("https://y"),
            citation("https://z"),
            finish(Finish::Stop),
        ],
        foreign(),
    );
    let content = &told.response["output"][0]["content"];
    assert_eq!(content[0]["annotations"][0]["end_index"], 2);
    assert_eq!(content[0]["logprobs"], json!([{"token": "a"}]));
    assert_eq!(content[1]["annotations"].as_array().unwrap().len(), 2);
}

#[test]
fn a_seal_alone_is_a_thought_that_is_not_shown() {
    let signature = |text: &'static str| Event::Signature { choice: 0, signature: text.into() };
    let redacted = Event::Redacted { choice: 0, data: "Rd".into() };
    let told = whole(
        &[signature("s1"), call(0), signature("s2"), signature("s3"), redacted, finish(Finish::Stop)],
        foreign(),
    );
    let seals: Vec<&str> = told.response["output"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["encrypted_content"].as_str())
        .map(|seal| seal.strip_prefix("failover:anthropic-messages:").unwrap())
        .collect();
    assert_eq!(seals, ["s1", "s2", "s3", "redacted Rd"]);
    let own = whole(&[signature("rs_7 gA"), text("a"), finish(Finish::Stop)], own()).response;
    assert_eq!(
        (&own["output"][0]["id"], &own["output"][0]["encrypted_content"]),
        (&json!("rs_7"), &json!("gA"))
    );
}

#[test]
fn a_stream_without_a_reason_for_its_end_is_not_completed() {
    let mut encoder = OpenAiResponses.encoder(foreign());
    let mut out = Vec::new();
    encoder.encode(&text("half an ans"), &mut out);
    let told = out.clone();
    encoder.encode(&Event::End, &mut out);
    assert!(!encoder.finish(&mut out));
    assert_eq!(out, told);
    assert!(!written(&[text("a"), finish(Finish::Error)], foreign()).1);
}

#[test]
fn what_is_kept_is_bounded() {
    let megabyte = "x".repeat(1 << 20);
    let mut encoder = OpenAiResponses.encoder(foreign());
    let mut out = Vec::new();
    for _ in 0..33 {
        out.clear();
        encoder.encode(&text(&megabyte), &mut out);
    }
    encoder.encode(&finish(Finish::Stop), &mut out);
    out.clear();
    assert!(!encoder.finish(&mut out) && out.is_empty());
}

#[test]
fn every_snapshot_repeats_the_request() {
    let reply = foreign().with_echo(r#""tools":[{"type":"function","name":"f"}],"instructions":"x""#);
    let (out, _) = written(&[text("a"), finish(Finish::Stop)], reply);
    let out = String::from_utf8(out).unwrap();
    assert_eq!(out.matches(r#""tools":[{"type":"function","name":"f"}],"instructions":"x""#).count(), 3);
}

#[test]
fn the_whole_answer_and_the_stream_it_might_have_been_call_everything_the_same() {
    let body = json!({"id": "resp_1", "model": "m", "status": "completed", "created_at": 0, "output": [
        {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gA"},
        {"id": "msg_1", "type": "message", "content": [{"type": "output_text", "text": "a"}]},
        function("f", "{}"),
    ], "usage": {"input_tokens": 1, "output_tokens": 2}});
    let bytes = body.to_string().into_bytes();
    let answer = OpenAiResponses.decode_answer(&bytes).unwrap();
    let whole = super::json(&OpenAiResponses.encode_answer(&answer, &own()));
    let mut encoder = OpenAiResponses.encoder(own());
    let mut out = Vec::new();
    answer.events(&mut |event| encoder.encode(&event, &mut out));
    assert_eq!(grammar::check(&out).unwrap().response, whole);
}

#[test]
fn mixed_calls_come_whole_to_a_front_that_knows_only_one_at_a_time() {
    let more = |index: u64, text: &str| delta("function_call_arguments", index, 0, text);
    let all = stream(&[
        created(),
        added(0, function("f", "")),
        added(1, function("g", "")),
        more(0, "{\"a\""),
        more(1, "{}"),
        done(1, function("g", "{}")),
        more(0, ":1}"),
        done(0, function("f", "{\"a\":1}")),
        completed(json!([])),
    ]);
    let (out, is_complete) = recode(&AnthropicMessages, &all, own());
    assert!(is_complete);
    let calls = of_anthropic(&anthropic_stream(&out)).calls;
    let told: Vec<&str> = calls.iter().map(|[_, _, arguments]| &**arguments).collect();
    assert_eq!(told, ["{\"a\":1}", "{}"]);
}
