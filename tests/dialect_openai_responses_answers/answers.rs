use serde_json::{Value, json};
use tower_failover::dialect::canonical::{Answer, Citation, Content, Finish, Reasoning, ToolCall, Usage};
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{Dialect, Reply};

use super::{answer, foreign, grammar, own};

fn message(text: &str) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]})
}

fn response(output: Value) -> Value {
    json!({"id": "resp_1", "object": "response", "created_at": 17, "status": "completed", "error": null,
        "incomplete_details": null, "model": "gpt-5-mini", "output": output, "usage": null})
}

/// What an answer of this dialect is to the hub, as text.
fn read(body: &Value) -> String {
    let bytes = body.to_string().into_bytes();
    let read = OpenAiResponses.decode_answer(&bytes);
    read.map_or_else(|error| format!("Err({error})"), |answer| format!("{answer:?}"))
}

/// What becomes of an answer of this dialect that is read and written again.
fn rewritten(body: &Value, reply: &Reply) -> Value {
    let bytes = body.to_string().into_bytes();
    let answer = OpenAiResponses.decode_answer(&bytes).unwrap();
    let written = super::json(&OpenAiResponses.encode_answer(&answer, reply));
    grammar::required(&written).unwrap();
    written
}

fn written(answer: &Answer<'_>, reply: &Reply) -> Value {
    let written = super::json(&OpenAiResponses.encode_answer(answer, reply));
    grammar::required(&written).unwrap();
    written
}

fn finish(body: &Value) -> Option<Finish<'static>> {
    let bytes = body.to_string().into_bytes();
    let finish = OpenAiResponses.decode_answer(&bytes).unwrap().choices.remove(0).finish;
    finish.map(|finish| match finish {
        Finish::Other(word) => Finish::Other(word.into_owned().into()),
        Finish::Stop => Finish::Stop,
        Finish::Length => Finish::Length,
        Finish::ToolCalls => Finish::ToolCalls,
        Finish::ContentFilter => Finish::ContentFilter,
        Finish::Error => Finish::Error,
        other => panic!("{other:?}"),
    })
}

fn call(id: &'static str, arguments: &'static str) -> Content<'static> {
    Content::ToolCall(ToolCall { id: id.into(), name: "f".into(), arguments: arguments.into() })
}

#[test]
fn everything_that_is_read_is_written_again() {
    let body = response(json!([
        {"id": "rs_7", "type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}],
         "encrypted_content": "gAAA=="},
        {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"query": "q", "n": 1.50}},
        {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [
            {"type": "output_text", "text": "a \"quote\" \u{1f600}", "logprobs": [{"token": "a", "logprob": -0.10}],
             "annotations": [{"type": "file_citation", "file_id": "f", "filename": "x", "index": 3}]},
            {"type": "refusal", "refusal": "no"}]},
        {"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "f",
         "arguments": "{\"a\": 1}"},
        {"id": "ct_1", "type": "custom_tool_call", "call_id": "call_2", "name": "g", "input": "x"},
    ]));
    let mut written = rewritten(&body, &own());
    // Ids of messages and calls are nobody's to come back to.
    let output = written["output"].as_array_mut().unwrap();
    for (at, id) in [(2, "msg_1"), (3, "fc_1")] {
        assert!(output[at]["id"].as_str().unwrap().starts_with(&id[..2]));
        output[at]["id"] = id.into();
    }
    output[2]["content"][1].as_object_mut().unwrap().remove("annotations");
    assert_eq!(written["output"], body["output"]);
    assert_eq!((&written["id"], &written["created_at"]), (&json!("resp_1"), &json!(17)));
    assert_eq!(written["status"], "completed");
}

#[test]
fn hosted_and_custom_calls_are_never_the_callers_functions() {
    let hosted = ["web_search_call", "code_interpreter_call", "mcp_call"].map(|kind| (kind, Finish::Stop));
    // The model waits for an answer to these, which callers of another dialect cannot give: no end for them.
    let own = ["computer_call", "custom_tool_call", "mcp_approval_request"].map(|kind| (kind, Finish::Error));
    for (kind, end) in hosted.into_iter().chain(own) {
        let hosted = json!({"id": "x", "type": kind, "call_id": "c", "name": "f", "arguments": "{}"});
        let body = response(json!([hosted, message("done")]));
        let text = read(&body);
        assert!(text.contains("Unknown") && !text.contains("ToolCall"), "{text}");
        assert_eq!(finish(&body), Some(end), "{kind}");
        // What another front cannot name stays out of its answer, and the text stays in.
        let bytes = body.to_string().into_bytes();
        let answer = OpenAiResponses.decode_answer(&bytes).unwrap();
        assert_eq!(written(&answer, &foreign())["output"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn the_end_is_told_by_the_status_and_by_what_is_said() {
    let call = json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a"});
    let refusal = json!({"type": "message", "content": [{"type": "refusal", "refusal": "no"}]});
    let cut = |reason: Value| {
        let mut body = response(json!([call]));
        body["status"] = "incomplete".into();
        body["incomplete_details"] = json!({"reason": reason});
        body
    };
    let with = |status: Value| {
        let mut body = response(json!([message("a")]));
        body["status"] = status;
        body
    };
    assert_eq!(finish(&response(json!([message("a")]))), Some(Finish::Stop));
    assert_eq!(finish(&response(json!([message("a"), call]))), Some(Finish::ToolCalls));
    assert_eq!(finish(&response(json!([refusal]))), Some(Finish::ContentFilter));
    // A call that was cut off is not one to be run.
    assert_eq!(finish(&cut("max_output_tokens".into())), Some(Finish::Length));
    assert_eq!(finish(&cut("content_filter".into())), Some(Finish::ContentFilter));
    assert_eq!(finish(&cut("steered".into())), Some(Finish::Other("steered".into())));
    assert_eq!(finish(&cut(Value::Null)), Some(Finish::Other("incomplete".into())));
    assert_eq!(finish(&with("cancelled".into())), Some(Finish::Other("cancelled".into())));
    assert_eq!(finish(&with(Value::Null)), Some(Finish::Stop));
    assert_eq!(finish(&with("queued".into())), None);
}

#[test]
fn an_answer_that_failed_is_none() {
    let mut failed = response(json!([]));
    failed["status"] = "failed".into();
    assert!(read(&failed).starts_with("Err"));
    failed["error"] = json!({"code": "rate_limit_exceeded", "message": "m"});
    failed["status"] = "completed".into();
    assert!(read(&failed).starts_with("Err"));
    for other in [json!({"object": "response"}), json!([]), json!({"choices": []}), json!("x")] {
        assert!(read(&other).starts_with("Err"), "{other}");
    }
}

#[test]
fn usage_is_told_as_the_vendor_counts_it() {
    let mut body = response(json!([message("a")]));
    body["usage"] = json!({"input_tokens": 34, "input_tokens_details": {"cache_write_tokens": 3, "cached_tokens": 20},
        "output_tokens": 10.0, "output_tokens_details": {"reasoning_tokens": 7}, "total_tokens": 44});
    let bytes = body.to_string().into_bytes();
    let usage = OpenAiResponses.decode_answer(&bytes).unwrap().usage.unwrap();
    let wanted = Usage {
        input: Some(34),
        cache_read: Some(20),
        cache_write: Some(3),
        output: Some(10),
        reasoning: Some(7),
    };
    assert_eq!(usage, wanted);
    body["usage"]["output_tokens"] = 10.into();
    assert_eq!(rewritten(&body, &own())["usage"], body["usage"]);
    // Of what nobody counted there is no usage, rather than one of zeros.
    let unknown = Answer { usage: Some(Usage::default()), ..answer(vec![], Finish::Stop) };
    assert_eq!(written(&unknown, &foreign())["usage"], Value::Null);
}

#[test]
fn thoughts_are_paragraphs_and_their_seal_is_id_and_content_together() {
    let summary = |texts: &[&str]| -> Value {
        texts.iter().map(|text| json!({"type": "summary_text", "text": text})).collect()
    };
    let text = read(&response(json!([
        {"id": "rs_1", "type": "reasoning", "summary": summary(&["one", "two"]), "encrypted_content": "gA"},
        {"id": "rs_2", "type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "open"}]},
        {"id": "rs_3", "type": "reasoning", "summary": []},
        {"id": "rs_4", "type": "reasoning", "summary": [], "encrypted_content": "gB"},
    ])));
    assert_eq!(text.matches("Reasoning(").count(), 3, "{text}");
    for wanted in [
        r#"text: "one\n\ntwo", signature: Some("rs_1 gA")"#,
        r#"text: "open", signature: None"#,
        r#"text: "", signature: Some("rs_4 gB")"#,
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
}

#[test]
fn thoughts_of_another_issuer_go_under_its_name() {
    let thought = |text: &'static str, signature: Option<&'static str>, redacted: Option<&'static str>| {
        Content::Reasoning(Reasoning {
            text: text.into(),
            signature: signature.map(Into::into),
            redacted: redacted.map(Into::into),
            issuer: None,
        })
    };
    let parts =
        vec![thought("t", Some("EqQB"), None), thought("", None, Some("Rd")), thought("u", None, None)];
    let output = written(&answer(parts, Finish::Stop), &foreign())["output"].clone();
    let seals: Vec<&str> =
        output.as_array().unwrap().iter().map(|item| item["encrypted_content"].as_str().unwrap()).collect();
    let marked = "failover:anthropic-messages:";
    assert_eq!(seals, [format!("{marked}EqQB"), format!("{marked}redacted Rd"), marked.to_owned()]);
    assert_eq!(output[0]["summary"], json!([{"type": "summary_text", "text": "t"}]));
    assert_eq!(output[1]["summary"], json!([]));
}

#[test]
fn texts_and_refusals_that_follow_each_other_are_one_message() {
    let parts = vec![
        Content::Text("a".into()),
        Content::Citation(Citation {
            url: Some("https://x".into()),
            start: Some(0),
            end: Some(1),
            ..Citation::default()
        }),
        Content::Citation(Citation { quote: Some("no address".into()), ..Citation::default() }),
        Content::Text("äb".into()),
        Content::Citation(Citation {
            url: Some("https://y".into()),
            title: Some("Y".into()),
            ..Citation::default()
        }),
        call("c1", ""),
        call("c2", "{}"),
        Content::Refusal("no".into()),
    ];
    let told = written(&answer(parts, Finish::ToolCalls), &foreign());
    let output = told["output"].as_array().unwrap();
    let kinds: Vec<&str> = output.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message", "function_call", "function_call", "message"]);
    assert_eq!(
        output[0]["content"],
        json!([
            {"type": "output_text", "text": "a", "logprobs": [], "annotations": [
                {"type": "url_citation", "start_index": 0, "end_index": 1, "url": "https://x", "title": "https://x"}]},
            {"type": "output_text", "text": "äb", "logprobs": [], "annotations": [
                {"type": "url_citation", "start_index": 0, "end_index": 2, "url": "https://y", "title": "Y"}]},
        ])
    );
    // Callers parse what they are given.
    assert_eq!((&output[1]["arguments"], &output[1]["call_id"]), (&json!("{}"), &json!("c1")));
    assert_eq!(output[3]["content"], json!([{"type": "refusal", "refusal": "no"}]));
    let ids: std::collections::BTreeSet<_> = output.iter().map(|item| item["id"].to_string()).collect();
    assert_eq!(ids.len(), 4);
}

#[test]
fn an_end_before_the_end_is_no_completed_response() {
    let ended = |finish: Finish<'static>, refusal: bool| {
        let said = if refusal { Content::Refusal("a".into()) } else { Content::Text("a".into()) };
        let told = written(&answer(vec![said, call("c", "{\"a")], finish), &foreign());
        (
            told["status"].clone(),
            told["incomplete_details"]["reason"].clone(),
            told["output"][1]["status"].clone(),
        )
    };
    let incomplete = |reason: Value| (json!("incomplete"), reason, json!("incomplete"));
    let completed = (json!("completed"), Value::Null, json!("completed"));
    assert_eq!(ended(Finish::Length, false), incomplete("max_output_tokens".into()));
    assert_eq!(ended(Finish::ContextWindow, false), incomplete("max_output_tokens".into()));
    assert_eq!(ended(Finish::ContentFilter, false), incomplete("content_filter".into()));
    assert_eq!(ended(Finish::Other("steered".into()), false), incomplete("steered".into()));
    assert_eq!(ended(Finish::ContentFilter, true), completed);
    for whole in [Finish::Stop, Finish::StopSequence(None), Finish::ToolCalls, Finish::Pause] {
        assert_eq!(ended(whole, false), completed);
    }
    assert_eq!(ended(Finish::Error, false).0, "failed");
    let mut unsaid = answer(vec![Content::Text("a".into())], Finish::Stop);
    unsaid.choices[0].finish = None;
    let told = written(&unsaid, &foreign());
    assert_eq!((&told["status"], &told["output"][0]["status"]), (&json!("incomplete"), &json!("incomplete")));
}

#[test]
fn an_answer_repeats_its_request_once_and_has_what_sdks_take_for_present() {
    let reply = foreign().with_echo(r#""tools":[{"type":"function","name":"f"}],"instructions":"be terse","metadata":{"a":"b"},"temperature":0.70,"model":"class","output":1"#);
    let bytes = OpenAiResponses.encode_answer(&answer(vec![Content::Text("a".into())], Finish::Stop), &reply);
    let told = super::json(&bytes);
    grammar::required(&told).unwrap();
    assert_eq!(told["instructions"], "be terse");
    assert_eq!((&told["model"], &told["metadata"]["a"]), (&json!("claude"), &json!("b")));
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains(r#""temperature":0.70"#));
    for name in ["instructions", "metadata", "tools", "model", "output", "tool_choice"] {
        assert_eq!(text.matches(&format!("\"{name}\":")).count(), 1, "{name}");
    }
}

#[test]
fn an_id_of_another_dialect_becomes_one_of_this_and_the_same_again() {
    let told = |id: Option<&'static str>| {
        let parts = vec![Content::Text("a".into())];
        written(&Answer { id: id.map(Into::into), ..answer(parts, Finish::Stop) }, &foreign())
    };
    assert_eq!(told(Some("resp_x"))["id"], "resp_x");
    assert_eq!(told(Some("chatcmpl-9"))["id"], "resp_chatcmpl-9");
    assert_eq!(told(Some("msg_1")), told(Some("msg_1")));
    assert_ne!(told(Some("a b"))["output"][0]["id"], told(Some("a c"))["output"][0]["id"]);
    assert_eq!(told(None)["id"], "resp_0000000000000010");
}

#[test]
fn probabilities_are_told_with_the_text() {
    let mut body = response(json!([message("ab")]));
    let tokens = json!([{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []},
        {"token": "b", "logprob": -1.5, "bytes": [98], "top_logprobs": []}]);
    body["output"][0]["content"][0]["logprobs"] = tokens.clone();
    let bytes = body.to_string().into_bytes();
    let answer = OpenAiResponses.decode_answer(&bytes).unwrap();
    let logprobs: Value = serde_json::from_str(answer.choices[0].logprobs.as_ref().unwrap().get()).unwrap();
    assert_eq!(logprobs, json!({"content": tokens}));
    assert_eq!(written(&answer, &own())["output"][0]["content"][0]["logprobs"], tokens);
    assert_eq!(read(&response(json!([message("a")]))).matches("logprobs: None").count(), 1);
}

#[test]
fn servers_that_take_liberties_are_read_all_the_same() {
    let text = read(&json!({"id": 7, "status": null, "created_at": 17.25, "output": [
        {"type": "message", "content": "plain"},
        {"type": "message", "content": null},
        {"type": "function_call", "id": "fc_9", "name": "f", "arguments": {"a": 1}},
        {"type": "function_call", "name": "g", "call_id": ""},
        {"type": "novelty", "content": {"a": 1}, "summary": 5},
        {"no": "type"},
    ], "usage": "none"}));
    for wanted in [
        r#"Text("plain")"#,
        r#"id: "fc_9", name: "f", arguments: "{\"a\":1}""#,
        r#"name: "g", arguments: """#,
        r#"kind: "novelty""#,
        "created: Some(17)",
        "usage: None",
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
}
