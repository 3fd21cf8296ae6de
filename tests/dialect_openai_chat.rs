//! The dialect `openai-chat`, as its callers and members see it.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::canonical::{
    Content, Event, Finish, Reasoning, Role, Source, Tool, ToolChoice, Usage,
};
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::sse::{Frame, Splitter, Tail};
use tower_failover::dialect::{Decode, Dialect, Encode, Encoded, Reply, Signal, Target};
use tower_failover::facts::Losses;
use tower_failover::failure::{Class, Failure, Report};

const REQUEST: &[u8] = include_bytes!("data/openai_chat/request.json");
const ANSWER: &[u8] = include_bytes!("data/openai_chat/answer.json");
const TOOLS: &[u8] = include_bytes!("data/openai_chat/tools.sse");
const ODD: &[u8] = include_bytes!("data/openai_chat/odd.sse");

/// All events of a stream that arrives in these pieces, spelled out; malformed frames as `!`.
fn events(stream: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut decoder = OpenAiChat.decoder();
    let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
    let mut events = Vec::new();
    let mut read = |frame: &Frame<'_>| {
        let result = decoder.decode(frame, &mut |event| events.push(format!("{event:?}")));
        if result.is_err() {
            events.push("!".to_owned());
        }
    };
    let mut from = 0;
    for to in cuts.iter().copied().chain([stream.len()]) {
        splitter.push(Bytes::copy_from_slice(&stream[from..to]));
        from = to;
        while let Some(frame) = splitter.next_frame() {
            read(&frame.unwrap().parse());
        }
    }
    if let Tail::Truncated(frame) = splitter.finish() {
        read(&frame.parse());
    }
    events
}

/// Writes what is read, as a normalizer would, for a caller who wants usage.
fn rewritten(stream: &[u8], reply: Reply) -> (Vec<u8>, bool) {
    rewritten_by(&OpenAiChat, stream, reply)
}

/// The same, for a caller of this dialect.
fn rewritten_by(front: &impl Dialect, stream: &[u8], reply: Reply) -> (Vec<u8>, bool) {
    let mut encoder = front.encoder(reply);
    let mut out = Vec::new();
    let mut decoder = OpenAiChat.decoder();
    let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
    splitter.push(Bytes::copy_from_slice(stream));
    while let Some(frame) = splitter.next_frame() {
        let frame = frame.unwrap();
        let _ = decoder.decode(&frame.parse(), &mut |event| encoder.encode(&event, &mut out));
    }
    let is_whole = encoder.finish(&mut out);
    (out, is_whole)
}

fn chunks(stream: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(stream).unwrap();
    let data = text.split("\n\n").filter_map(|frame| frame.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap_or(Value::from(data))).collect()
}

fn encode(body: &[u8], model: &str) -> (Value, String, Encoded) {
    let request = OpenAiChat.decode_request(body).unwrap();
    let mut losses = Losses::new();
    let encoded = OpenAiChat.encode_request(&request, &Target::new(model), &mut losses).unwrap();
    (serde_json::from_slice(&encoded.body).unwrap(), losses.to_string(), encoded)
}

fn request(fields: &Value) -> Vec<u8> {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::to_vec(&body).unwrap()
}

#[test]
fn a_request_is_read_whole() {
    let request = OpenAiChat.decode_request(REQUEST).unwrap();
    assert_eq!((&*request.model, request.stream, request.wants_usage), ("workhorse", true, true));
    assert_eq!((request.max_tokens, request.names.max_tokens), (Some(900), "max_completion_tokens"));
    assert_eq!((request.user.as_deref(), request.names.user), (Some("user-7"), "safety_identifier"));
    assert_eq!(request.sampling.temperature.as_ref().unwrap().get(), "0.70");
    assert_eq!(request.stop, ["END", "STOP"]);
    assert_eq!(request.tool_choice, Some(ToolChoice::Tool("look_up".into())));
    assert!(matches!(&request.tools[..], [Tool::Function { strict: Some(true), .. }]));
    let extra: Vec<_> = request.extra.iter().map(|extra| &*extra.path).collect();
    assert_eq!(extra, ["logit_bias"], "what says nothing is no loss");
    let roles: Vec<_> = request.turns.iter().map(|turn| turn.role).collect();
    assert_eq!(roles, [Role::Developer, Role::User, Role::Assistant, Role::User, Role::User]);
    let Content::Image { source, .. } = &request.turns[1].parts[1].content else { panic!() };
    assert_eq!(*source, Source::Base64 { media_type: "image/png".into(), data: "iVBORw0K".into() });
    let results = &request.turns[3].parts;
    assert_eq!((results.len(), results[1].position.turn), (2, Some(4)), "one turn, and each keeps its place");
    assert_eq!(request.names.part(request.turns[1].parts[4].position, "file"), "messages[1].content[4].file");
}

#[test]
fn the_beginning_of_an_answer_is_not_continued_and_that_is_said() {
    let prefill = json!([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "{"}]);
    let (body, losses, _) = encode(&request(&json!({"messages": prefill})), "gpt-4o");
    assert_eq!((&body["messages"], &*losses), (&prefill, "approximated=messages[1].content"));
}

#[test]
fn a_loss_is_named_by_the_field_that_the_caller_sent() {
    let losses = |field: &str, value: Value| {
        let mut body =
            json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]});
        body[field] = value;
        let body = body.to_string();
        let mut losses = Losses::new();
        let request = AnthropicMessages.decode_request(body.as_bytes()).unwrap();
        OpenAiChat.encode_request(&request, &Target::new("gpt-4o"), &mut losses).unwrap();
        losses.to_string()
    };
    assert_eq!(losses("output_config", json!({"effort": "low"})), "dropped=output_config.effort");
    assert_eq!(losses("thinking", json!({"type": "enabled", "budget_tokens": 2000})), "dropped=thinking");
}

/// The names of what nobody has a place for, in order.
fn extra(body: &Value) -> Vec<String> {
    let body = body.to_string();
    let request = OpenAiChat.decode_request(body.as_bytes()).unwrap();
    let mut names: Vec<_> = request.extra.iter().map(|extra| extra.path.to_string()).collect();
    names.sort_unstable();
    names
}

#[test]
fn no_field_vanishes_unnamed_however_deep_it_stands() {
    let call = json!({"id": "c", "type": "function", "index": 0, "function": {"name": "f", "arguments": "{}", "x": 1}, "x": 1});
    let custom = json!({"id": "d", "type": "custom", "custom": {"name": "f", "input": "", "x": 1}, "x": 1});
    let body = json!({
        "model": "m",
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "Hi", "x": 1, "cache_control": {}, "prompt_cache_breakpoint": {}},
                {"type": "image_url", "image_url": {"url": "https://a/b.png", "x": 1}},
                {"type": "file", "file": {"file_id": "f", "x": 1}},
                {"type": "input_audio", "input_audio": {"data": "", "format": "mp3", "x": 1}},
            ], "x": 1},
            {"role": "assistant", "content": null, "refusal": null, "annotations": [], "tool_calls": [call, custom], "x": 1},
            {"role": "tool", "tool_call_id": "c", "name": "f", "content": "", "x": 1},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "x": 1}, "x": 1}],
        "tool_choice": {"type": "function", "function": {"name": "f", "x": 1}, "x": 1},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "x": 1}, "x": 1},
    });
    let expected = [
        "messages[0].content[0].x",
        "messages[0].content[1].image_url.x",
        "messages[0].content[2].file.x",
        "messages[0].content[3].input_audio.x",
        "messages[0].x",
        "messages[1].tool_calls[0].function.x",
        "messages[1].tool_calls[0].x",
        "messages[1].tool_calls[1].custom.x",
        "messages[1].tool_calls[1].x",
        "messages[1].x",
        "messages[2].x",
        "response_format.json_schema.x",
        "response_format.x",
        "tool_choice.function.x",
        "tool_choice.x",
        "tools[0].function.x",
        "tools[0].x",
    ];
    assert_eq!(extra(&body), expected);
}

#[test]
fn no_field_of_a_choice_among_tools_vanishes_unnamed() {
    let tool = json!({"type": "function", "function": {"name": "f", "x": 1}, "x": 1});
    let body = json!({
        "model": "m", "messages": [{"role": "user", "content": "Hi"}],
        "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [tool], "x": 1}, "x": 1},
    });
    let expected = [
        "tool_choice.allowed_tools.tools[0].function.x",
        "tool_choice.allowed_tools.tools[0].x",
        "tool_choice.allowed_tools.x",
        "tool_choice.x",
    ];
    assert_eq!(extra(&body), expected);
}

#[test]
fn a_conversation_in_which_nothing_is_said_is_for_another_member() {
    for contents in [json!([]), json!([{"role": "user"}])] {
        let body = json!({"contents": contents}).to_string();
        let request = Gemini.decode_request(body.as_bytes()).unwrap();
        let failure =
            OpenAiChat.encode_request(&request, &Target::new("gpt-4o"), &mut Losses::new()).unwrap_err();
        assert_eq!(failure.class(), Class::Unsupported);
        assert_eq!(failure.report().unwrap().param.as_deref(), Some("contents"));
    }
}

#[test]
fn legacy_functions_are_carried_as_tools_and_that_is_said() {
    let legacy = json!({"functions": [{"name": "f", "x": 1}], "function_call": {"name": "f", "x": 1}});
    let (body, losses, _) = encode(&request(&legacy), "gpt-4o");
    assert_eq!(body["tools"][0]["function"]["name"], "f");
    assert_eq!(body["tool_choice"]["function"]["name"], "f");
    assert_eq!(losses, "dropped=functions[0].x, approximated=functions, dropped=function_call.x");
}

#[test]
fn a_request_written_again_says_the_same() {
    let (body, losses, _) = encode(REQUEST, "workhorse");
    assert_eq!(losses, "dropped=logit_bias");
    let original: Value = serde_json::from_slice(REQUEST).unwrap();
    assert_eq!(body["messages"][1], original["messages"][1]);
    assert_eq!(body["messages"][2], original["messages"][2]);
    assert_eq!(body["messages"][4], json!({"role": "tool", "tool_call_id": "call_2", "content": "two"}));
    for field in
        ["tools", "tool_choice", "parallel_tool_calls", "response_format", "stop", "temperature", "stream"]
    {
        assert_eq!(body[field], original[field], "{field}");
    }
    assert_eq!(body["messages"][0]["role"], "system", "what a server of an unknown make knows");
    assert_eq!((&body["max_tokens"], &body["user"]), (&json!(900), &json!("user-7")));
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
}

#[test]
fn a_schema_of_another_vendor_is_made_one_that_is_enforced() {
    let strict = |schema: &str| {
        format!(
            r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"Hi"}}],"tools":[{{"name":"f","strict":true,"input_schema":{schema}}}]}}"#
        )
    };
    let encoded = |body: &str| {
        let request = AnthropicMessages.decode_request(body.as_bytes()).unwrap();
        let mut losses = Losses::new();
        let encoded = OpenAiChat.encode_request(&request, &Target::new("gpt-5"), &mut losses).unwrap();
        let body: Value = serde_json::from_slice(&encoded.body).unwrap();
        (body["tools"][0]["function"].clone(), losses.to_string())
    };
    let schema =
        r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a"]}"#;
    let (function, losses) = encoded(&strict(schema));
    assert_eq!(function["strict"], true);
    assert_eq!(function["parameters"]["required"], json!(["a", "b"]));
    assert_eq!(function["parameters"]["properties"]["b"]["type"], json!(["integer", "null"]));
    assert_eq!(losses, "approximated=tools[0].input_schema");
    // What cannot be enforced is not pretended to be.
    let schema = r#"{"anyOf":[{"type":"object"}]}"#;
    let (function, losses) = encoded(&strict(schema));
    assert_eq!(function["parameters"], serde_json::from_str::<Value>(schema).unwrap());
    assert!(function.get("strict").is_none());
    assert_eq!(losses, "dropped=tools[0].strict");
}

#[test]
fn a_callers_own_strict_schema_is_passed_as_it_is() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let body = request(
        &json!({"tools": [{"type": "function", "function": {"name": "f", "strict": true, "parameters": schema}}]}),
    );
    let (written, losses, _) = encode(&body, "gpt-5");
    assert_eq!((&written["tools"][0]["function"]["parameters"], &*losses), (&schema, ""));
}

#[test]
fn a_reasoning_model_gets_only_what_it_takes() {
    let mut silent: Value = serde_json::from_slice(REQUEST).unwrap();
    silent["messages"][1]["content"].as_array_mut().unwrap().retain(|part| part["type"] != "input_audio");
    let (body, losses, _) = encode(silent.to_string().as_bytes(), "gpt-5-mini");
    assert_eq!(losses, "dropped=temperature, dropped=stop, dropped=logit_bias");
    assert_eq!(body["messages"][0]["role"], "developer");
    assert_eq!((&body["max_completion_tokens"], &body["max_tokens"]), (&json!(900), &Value::Null));
    assert_eq!((&body["reasoning_effort"], &body["safety_identifier"]), (&json!("low"), &json!("user-7")));
    let (body, losses, _) = encode(&request(&json!({"reasoning_effort": "xhigh", "stop": "x"})), "gpt-4o");
    assert_eq!((body.get("reasoning_effort"), &body["stop"]), (None, &json!(["x"])));
    assert_eq!(losses, "dropped=reasoning_effort");
    let (body, losses, _) = encode(&request(&json!({"reasoning_effort": "max"})), "o3");
    assert_eq!((&body["reasoning_effort"], &*losses), (&json!("high"), "approximated=reasoning_effort"));
}

#[test]
fn numbers_keep_their_digits() {
    let body = br#"{"model":"m","seed":12345678901234567890,"top_p":1.0e-1,"messages":[{"role":"user","content":""}]}"#;
    let request = OpenAiChat.decode_request(body).unwrap();
    let encoded = OpenAiChat.encode_request(&request, &Target::new("m"), &mut Losses::new()).unwrap();
    let text = String::from_utf8(encoded.body).unwrap();
    assert!(text.contains(r#""seed":12345678901234567890"#) && text.contains(r#""top_p":1.0e-1"#), "{text}");
}

#[test]
fn ids_and_names_that_are_refused_are_mapped_alike_in_call_and_result() {
    let long = "x".repeat(900);
    let body = json!({"model": "m", "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [{"id": long, "type": "function", "function": {"name": "fs/read", "arguments": ""}}]},
        {"role": "tool", "tool_call_id": long, "content": "ok"}],
        "tools": [{"type": "function", "function": {"name": "fs/read"}}],
        "tool_choice": {"type": "function", "function": {"name": "fs/read"}}});
    let (body, losses, encoded) = encode(&serde_json::to_vec(&body).unwrap(), "gpt-4o");
    let call = &body["messages"][1]["tool_calls"][0];
    assert_eq!(call["id"], body["messages"][2]["tool_call_id"]);
    assert!(call["id"].as_str().unwrap().len() <= 40);
    let name = call["function"]["name"].as_str().unwrap();
    assert_eq!(
        (&body["tools"][0]["function"]["name"], &body["tool_choice"]["function"]["name"]),
        (&json!(name), &json!(name))
    );
    let renamed = [
        "renamed=messages[1].tool_calls[0].function.name",
        "renamed=messages[1].tool_calls[0].id",
        "renamed=messages[2].tool_call_id",
        "renamed=tools[0].function.name",
        "renamed=tool_choice",
    ];
    assert_eq!((encoded.tool_names.restore(name), losses), ("fs/read", renamed.join(", ")));
    assert_eq!(call["function"]["arguments"], "{}");
}

#[test]
fn results_follow_their_call_directly_and_what_they_cannot_hold_comes_after_all_of_them() {
    let body = json!({"model": "m", "messages": [
        {"role": "assistant", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            {"id": "b", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "image_url", "image_url": {"url": "https://e.com/a"}}]},
        {"role": "tool", "tool_call_id": "b", "content": "two"},
        {"role": "user", "content": "So?"}]});
    let (body, losses, _) = encode(&serde_json::to_vec(&body).unwrap(), "gpt-4o");
    let roles: Vec<_> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["assistant", "tool", "tool", "user", "user"]);
    assert_eq!(body["messages"][3]["content"][0]["type"], "image_url");
    assert_eq!(losses, "approximated=messages[1].content[0]");
}

#[test]
fn what_would_falsify_the_question_is_refused() {
    for part in [
        json!({"type": "file", "file": {"file_id": "file-1"}}),
        json!({"type": "video_url", "video_url": {}}),
        json!({"type": "input_audio", "input_audio": {"data": "", "format": "flac"}}),
    ] {
        let body = request(&json!({"messages": [{"role": "user", "content": [part]}]}));
        let request = OpenAiChat.decode_request(&body).unwrap();
        let failure =
            OpenAiChat.encode_request(&request, &Target::new("gpt-4o"), &mut Losses::new()).unwrap_err();
        assert_eq!(failure.class(), Class::Unsupported);
        assert!(failure.report().unwrap().param.as_deref().unwrap().starts_with("messages[0].content[0]"));
    }
}

#[test]
fn a_wrong_type_is_named_by_its_path() {
    let rows = [
        (json!({"model": ""}), "model"),
        (json!({"model": 7}), "model"),
        (json!({"messages": []}), "messages"),
        (json!({"messages": null}), "messages"),
        (json!({"messages": [{"content": "x"}]}), "messages[0].role"),
        (json!({"messages": [{"role": "robot", "content": "x"}]}), "messages[0].role"),
        (json!({"messages": [{"role": "user", "content": 7}]}), "messages[0].content"),
        (json!({"messages": [{"role": "user"}]}), "messages[0].content"),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "text"}]}]}),
            "messages[0].content[0].text",
        ),
        (json!({"messages": [{"role": "tool", "content": "x"}]}), "messages[0].tool_call_id"),
        (json!({"temperature": "hot"}), "temperature"),
        (json!({"max_tokens": 1.5}), "max_tokens"),
        (json!({"max_tokens": -1}), "max_tokens"),
        (json!({"stop": ["a", 1]}), "stop[1]"),
        (json!({"metadata": "team-a"}), "metadata"),
        (json!({"stream": 1}), "stream"),
        (json!({"tools": [{"type": "function", "function": {}}]}), "tools[0].function.name"),
        (json!({"tool_choice": "perhaps"}), "tool_choice"),
        (json!({"response_format": {"type": "yaml"}}), "response_format.type"),
    ];
    for (fields, param) in rows {
        let invalid = OpenAiChat.decode_request(&request(&fields)).unwrap_err();
        assert_eq!(invalid.param(), Some(param), "{fields}: {invalid}");
    }
    let twice = br#"{"model":"m","messages":[{"role":"user","content":"a","content":"b"}]}"#;
    assert_eq!(OpenAiChat.decode_request(twice).unwrap_err().param(), Some("messages[0].content"));
}

#[test]
fn a_sealed_thought_comes_back_to_its_issuer() {
    let thought =
        Reasoning { text: "Hm".into(), signature: Some("c2ln".into()), redacted: None, issuer: None };
    let mut answer = OpenAiChat.decode_answer(ANSWER).unwrap();
    answer.choices[0].parts[0] = Content::Reasoning(thought);
    let reply = Reply::new("m", 7).issued_by("anthropic-messages");
    let written: Value = serde_json::from_slice(&OpenAiChat.encode_answer(&answer, &reply)).unwrap();
    let body = request(&json!({"messages": [written["choices"][0]["message"]]}));
    let request = OpenAiChat.decode_request(&body).unwrap();
    let Content::Reasoning(back) = &request.turns[0].parts[0].content else { panic!() };
    assert_eq!(
        (&*back.text, back.signature.as_deref(), back.issuer.as_deref()),
        ("Hm", Some("c2ln"), Some("anthropic-messages"))
    );
    assert!(OpenAiChat.holds_foreign(&body, &Target::new("gpt-4o")));
    let mut losses = Losses::new();
    OpenAiChat.encode_request(&request, &Target::new("gpt-4o"), &mut losses).unwrap();
    assert_eq!(losses.to_string(), "dropped=messages[0].reasoning_details[0]");
}

#[test]
fn an_answer_written_again_is_the_same_json() {
    let answer = OpenAiChat.decode_answer(ANSWER).unwrap();
    assert_eq!(
        answer.usage.unwrap(),
        Usage {
            input: Some(12),
            cache_read: Some(8),
            cache_write: Some(0),
            output: Some(30),
            reasoning: Some(5)
        }
    );
    let written = OpenAiChat.encode_answer(&answer, &Reply::new("other", 1));
    assert_eq!(
        serde_json::from_slice::<Value>(&written).unwrap(),
        serde_json::from_slice::<Value>(ANSWER).unwrap()
    );
}

#[test]
fn why_the_model_stopped_is_read_from_what_it_said() {
    let finish = |message: Value, reason: Value| {
        let body =
            json!({"choices": [{"index": 0, "message": message, "finish_reason": reason}]}).to_string();
        OpenAiChat.decode_answer(body.as_bytes()).unwrap().choices[0]
            .finish
            .as_ref()
            .map(|finish| format!("{finish:?}"))
    };
    let call = json!({"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": ""}}]});
    assert_eq!(finish(call, json!("stop")).unwrap(), "ToolCalls");
    assert_eq!(
        finish(json!({"function_call": {"name": "f", "arguments": "{}"}}), json!("function_call")).unwrap(),
        "ToolCalls"
    );
    assert_eq!(finish(json!({"refusal": "No."}), json!("stop")).unwrap(), "Stop", "its part says it refused");
    assert_eq!(finish(Value::Null, json!("content_filter")).unwrap(), "ContentFilter");
    assert_eq!(finish(json!({"content": "x"}), json!("novelty")).unwrap(), r#"Other("novelty")"#);
    assert_eq!(finish(json!({"content": "x"}), Value::Null), None);
    let call = json!({"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": ""}}]});
    assert_eq!(finish(call, json!("")).unwrap(), "ToolCalls");
}

#[test]
fn reasoning_that_a_vendor_leaves_out_of_the_output_is_added_to_it() {
    let body = br#"{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"completion_tokens_details":{"reasoning_tokens":20}}}"#;
    assert_eq!(OpenAiChat.decode_answer(body).unwrap().usage.unwrap().output, Some(25));
}

#[test]
fn more_thoughts_than_output_are_counted_apart_unless_it_is_but_a_few() {
    let read = |said: u64, thought: u64| {
        let total = 10 + said;
        let body = format!(
            r#"{{"choices":[],"usage":{{"prompt_tokens":10,"completion_tokens":{said},"total_tokens":{total},"completion_tokens_details":{{"reasoning_tokens":{thought}}}}}}}"#
        );
        let usage = OpenAiChat.decode_answer(body.as_bytes()).unwrap().usage.unwrap();
        (usage.output.unwrap(), usage.reasoning.unwrap())
    };
    assert_eq!(read(20, 12), (20, 12));
    assert_eq!(read(5, 40), (45, 40));
    assert_eq!(read(64, 66), (64, 64));
}

#[test]
fn null_for_the_arguments_of_a_call_is_a_call_without_any() {
    let body = br#"{"choices":[{"message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"null"}}]},"finish_reason":"tool_calls"}]}"#;
    let answer = OpenAiChat.decode_answer(body).unwrap();
    assert!(matches!(&answer.choices[0].parts[0], Content::ToolCall(call) if call.arguments.is_empty()));

    let call = |arguments: &str| {
        format!(
            r#"{{"choices":[{{"delta":{{"tool_calls":[{{"index":0,"id":"a","function":{{"name":"f","arguments":{arguments}}}}}]}}}}]}}"#
        )
    };
    let told = |fragments: &[&str]| {
        let frames: String = fragments.iter().map(|json| format!("data: {}\n\n", call(json))).collect();
        let events = events(frames.as_bytes(), &[]);
        events.into_iter().filter(|event| event.starts_with("Arguments")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(told(&[r#""null""#]), "");
    let within = told(&[r#""{\"a\":""#, r#""null""#, r#""}""#]);
    assert!(within.contains(r#"json: "null""#), "{within}");
}

#[test]
fn what_is_spoken_is_text_for_callers_who_cannot_hear() {
    let body = br#"{"choices":[{"message":{"content":null,"audio":{"id":"a","data":"AAAA","transcript":"Hello"}},"finish_reason":"stop"}]}"#;
    let answer = OpenAiChat.decode_answer(body).unwrap();
    assert!(matches!(&answer.choices[0].parts[0], Content::Text(text) if text == "Hello"));

    let chunk =
        |audio: &str| format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"audio\":{audio}}}}}]}}\n\n");
    let stream = [
        chunk(r#"{"id":"a","transcript":"Hel"}"#),
        chunk(r#"{"data":"AAAA"}"#),
        chunk(r#"{"transcript":"lo"}"#),
        chunk(r#"{"expires_at":7}"#),
        "data: [DONE]\n\n".to_owned(),
    ];
    let events = events(stream.concat().as_bytes(), &[]);
    let said = ["Hel", "lo"].map(|text| format!("Text {{ choice: 0, text: {text:?} }}"));
    assert_eq!(events[1..], [&said[0], &said[1], "Finish { choice: 0, reason: Stop }", "End"]);
}

#[test]
fn a_stream_written_again_is_the_same_json() {
    let (out, is_whole) = rewritten(TOOLS, Reply::new("other", 7).with_usage(true));
    assert!(is_whole);
    assert_eq!(chunks(&out), chunks(TOOLS));
}

#[test]
fn only_who_asked_for_usage_gets_it() {
    let (out, _) = rewritten(TOOLS, Reply::new("other", 7));
    assert!(chunks(&out).iter().all(|chunk| chunk.get("usage").is_none()));
}

#[test]
fn every_odd_shape_of_a_stream_is_understood() {
    let events = events(ODD, &[]);
    let expected = [
        "Ping",
        r#"Start { id: Some("odd-1"), model: Some("m") }"#,
        r#"Reasoning { choice: 0, text: "Hm" }"#,
        "!",
        r#"Text { choice: 0, text: "Hi" }"#,
        "Usage(Usage { input: Some(3), cache_read: None, cache_write: None, output: Some(1), reasoning: None })",
    ];
    assert_eq!(events[..6], expected);
    assert!(events[6].starts_with(r#"ToolCall { choice: 0, index: 0, id: "call_"#), "{}", events[6]);
    let rest = [
        r#"Arguments { choice: 0, index: 0, json: "{}" }"#,
        r#"ToolCall { choice: 0, index: 1, id: "y", name: "b" }"#,
        r#"Arguments { choice: 0, index: 1, json: "{\"k\":1}" }"#,
        r#"ToolCall { choice: 0, index: 2, id: "z", name: "c" }"#,
        "Finish { choice: 0, reason: ToolCalls }",
        "Usage(Usage { input: Some(3), cache_read: None, cache_write: None, output: Some(4), reasoning: None })",
    ];
    assert_eq!(events[7..], rest);
}

#[test]
fn a_call_that_is_named_late_does_not_take_the_number_of_one_that_was_told() {
    let fragments = [
        r#"{"index":0,"function":{"arguments":"{\"a\":1}"}}"#,
        r#"{"index":1,"id":"y","function":{"name":"second","arguments":"{}"}}"#,
        r#"{"index":0,"id":"x","function":{"name":"first"}}"#,
    ];
    let chunk =
        |call| format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{call}]}}}}]}}\n\n");
    let told = events(fragments.map(chunk).concat().as_bytes(), &[]);
    let told: Vec<_> = told.iter().filter(|event| !event.starts_with("Start")).map(String::as_str).collect();
    assert_eq!(
        told,
        [
            r#"ToolCall { choice: 0, index: 0, id: "y", name: "second" }"#,
            r#"Arguments { choice: 0, index: 0, json: "{}" }"#,
            r#"ToolCall { choice: 0, index: 1, id: "x", name: "first" }"#,
            r#"Arguments { choice: 0, index: 1, json: "{\"a\":1}" }"#,
        ]
    );
}

#[test]
fn what_is_copied_to_callers_is_of_the_kind_they_expect() {
    for odd in ["\"\\ud800\"", "7", "[]", "true"] {
        let answer = format!(
            r#"{{"choices":[{{"message":{{"content":"x"}},"logprobs":{odd},"finish_reason":"stop"}}]}}"#
        );
        assert!(OpenAiChat.decode_answer(answer.as_bytes()).unwrap().choices[0].logprobs.is_none(), "{odd}");
        let chunk =
            format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"x\"}},\"logprobs\":{odd}}}]}}\n\n");
        assert!(!events(chunk.as_bytes(), &[]).iter().any(|event| event.starts_with("Logprobs")), "{odd}");
    }
    let empty = b"data: {\"choices\":[{\"delta\":{\"content\":{}}}]}\n\n";
    assert!(!events(empty, &[]).iter().any(|event| event.starts_with("Text")));
}

#[test]
fn a_stream_cannot_make_its_reader_remember_without_end() {
    let stream: String = (0..1000)
        .map(|index| {
            format!("data: {{\"choices\":[{{\"index\":{index},\"delta\":{{\"content\":\"a\"}}}}]}}\n\n")
        })
        .collect();
    let texts = events(stream.as_bytes(), &[]).into_iter().filter(|event| event.starts_with("Text")).count();
    assert_eq!(texts, 128);
}

#[test]
fn what_is_too_much_to_remember_is_an_error_and_not_left_out() {
    let calls: Vec<_> = (0..5000).map(|n| format!(r#"{{"index":{n},"function":{{"name":"f"}}}}"#)).collect();
    let chunk = format!("data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{}]}}}}]}}\n\n", calls.join(","));
    let told = events(chunk.as_bytes(), &[]);
    assert!(told.last().unwrap().starts_with("Error"), "{:?}", told.last());
}

#[test]
fn a_finish_that_comes_before_the_last_call_ends_nothing_yet() {
    let stream = br#"data: {"id":"x","choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}

data: {"id":"x","choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}

"#;
    let (out, is_whole) = rewritten(stream, Reply::new("m", 7));
    let written = chunks(&out);
    let reasons: Vec<_> = written.iter().map(|chunk| &chunk["choices"][0]["finish_reason"]).collect();
    assert!(is_whole);
    assert_eq!(reasons[reasons.len() - 2], "tool_calls");
    assert_eq!(reasons.iter().filter(|reason| reason.is_string()).count(), 1);
}

#[test]
fn a_call_without_arguments_gets_an_empty_object_and_one_cut_off_does_not() {
    for (reason, expected) in [(Finish::ToolCalls, Some("{}")), (Finish::Length, None)] {
        let mut encoder = OpenAiChat.encoder(Reply::new("m", 7));
        let mut out = Vec::new();
        encoder.encode(&Event::ToolCall { choice: 0, index: 0, id: "a".into(), name: "f".into() }, &mut out);
        encoder.encode(&Event::Finish { choice: 0, reason }, &mut out);
        assert!(encoder.finish(&mut out));
        let arguments = chunks(&out)
            .iter()
            .filter_map(|chunk| {
                chunk["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
                    .as_str()
                    .map(str::to_owned)
            })
            .rfind(|arguments| !arguments.is_empty());
        assert_eq!(arguments.as_deref(), expected);
    }
}

#[test]
fn an_answer_that_was_cut_off_is_never_ended() {
    let end = TOOLS.windows(17).position(|window| window == b"\"finish_reason\":\"").unwrap();
    let start = TOOLS[..end].windows(2).rposition(|window| window == b"\n\n").unwrap() + 2;
    let (out, is_whole) = rewritten(&TOOLS[..start], Reply::new("m", 7).with_usage(true));
    assert!(!is_whole && !out.windows(6).any(|window| window == b"[DONE]"));
    let mut encoder = OpenAiChat.encoder(Reply::new("m", 7));
    let mut out = Vec::new();
    encoder.encode(&Event::Text { choice: 0, text: "a".into() }, &mut out);
    let length = out.len();
    encoder.encode(&Event::End, &mut out);
    assert!(!encoder.finish(&mut out));
    assert_eq!(out.len(), length);
}

/// It stands in every chunk: a provider could make much of a little otherwise.
#[test]
fn what_a_provider_calls_itself_is_not_repeated_at_any_length() {
    let name = "n".repeat(100_000);
    let start = format!("data: {{\"id\":\"{name}\",\"model\":\"{name}\",\"choices\":[]}}\n\n");
    let text = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    let stream = start + &text.repeat(100);
    let reply = || Reply::new("m", 7);
    let to_chat = rewritten(stream.as_bytes(), reply()).0;
    let to_gemini = rewritten_by(&Gemini, stream.as_bytes(), reply()).0;
    for out in [to_chat, to_gemini] {
        assert!(out.len() < 2 * name.len(), "{} bytes", out.len());
    }
}

#[test]
fn the_end_is_written_once() {
    let mut encoder = OpenAiChat.encoder(Reply::new("m", 7));
    let mut out = Vec::new();
    encoder.encode(&Event::Finish { choice: 0, reason: Finish::Stop }, &mut out);
    encoder.encode(&Event::End, &mut out);
    assert!(encoder.finish(&mut out) && encoder.finish(&mut out));
    encoder.encode(&Event::Text { choice: 0, text: "late".into() }, &mut out);
    assert_eq!(out.windows(6).filter(|window| window == b"[DONE]").count(), 1);
    assert!(out.ends_with(OpenAiChat.terminal_frame()));
}

fn signal(data: &str) -> String {
    match OpenAiChat.signal(&Frame::of(data.as_bytes())) {
        Signal::Error(failure) => format!("Error {}", failure.class()),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_frame_is_what_it_says() {
    let rows = [
        (
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}]}"#,
            "Lifecycle",
        ),
        (r#"{"choices":[],"prompt_filter_results":[]}"#, "Lifecycle"),
        (r#"{"choices":[],"usage":{"prompt_tokens":1}}"#, "Lifecycle"),
        (r#"{"choices":[{"delta":{"content":" "}}]}"#, "Content"),
        (r#"{"choices":[{"delta":{"content":"","reasoning":"a"}}]}"#, "Content"),
        (r#"{"choices":[{"delta":{"refusal":"No"}}]}"#, "Content"),
        (r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a"}]}}]}"#, "Content"),
        (r#"{"choices":[{"delta":{"tool_calls":[]}}]}"#, "Lifecycle"),
        (r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#, "Finish"),
        (r#"{"choices":[{"delta":{},"finish_reason":""}]}"#, "Lifecycle"),
        ("[DONE]", "End"),
        (r#"{"error":{"message":"x","type":"server_error"}}"#, "Error server_error"),
        (r#"{"error":"overloaded"}"#, "Error server_error"),
        (
            r#"{"error":{"message":"x","code":503},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}"#,
            "Error overloaded",
        ),
        (r#"{"error":{"message":"x","status_code":429}}"#, "Error rate_limited"),
        ("{", "Malformed"),
        ("[1]", "Malformed"),
        ("", "Alive"),
    ];
    for (data, expected) in rows {
        assert_eq!(signal(data), expected, "{data}");
    }
    assert!(matches!(OpenAiChat.signal(&Frame::parse(b": hi\n\n")), Signal::Alive));
    assert!(matches!(
        OpenAiChat.signal(&Frame::parse(b"event: error\ndata: {\"message\":\"x\"}\n\n")),
        Signal::Error(_)
    ));
}

#[test]
fn an_answer_is_told_from_what_only_looks_like_one() {
    let check = |body: &str| OpenAiChat.check_answer(body.as_bytes()).map_err(|failure| failure.class());
    let choice = |message: &str, finish: &str| {
        check(&format!(r#"{{"choices":[{{"message":{message},"finish_reason":{finish}}}]}}"#))
    };
    for message in [
        r#"{"content":"a"}"#,
        r#"{"content":null,"refusal":"No"}"#,
        r#"{"tool_calls":[{"id":"a"}]}"#,
        r#"{"function_call":{"name":"f"}}"#,
        r#"{"audio":{"id":"a"}}"#,
    ] {
        assert_eq!(choice(message, "null"), Ok(()), "{message}");
    }
    let thought = r#"{"content":null,"reasoning_content":"hm","reasoning_details":[{"text":"hm"}]}"#;
    assert_eq!(choice(thought, "\"stop\""), Err(Class::InvalidOutput), "a thought is nothing said");
    assert_eq!(choice(thought, "\"length\""), Ok(()));
    assert_eq!(choice(r#"{"content":""}"#, "\"length\""), Ok(()));
    assert_eq!(choice("null", "\"content_filter\""), Ok(()));
    let silence = r#"{"content":"","audio":{"id":"","data":"","transcript":""}}"#;
    assert_eq!(choice(silence, "\"stop\""), Err(Class::InvalidOutput));
    assert_eq!(choice(r#"{"content":"","tool_calls":[]}"#, "\"stop\""), Err(Class::InvalidOutput));
    for body in ["", "<html>", "{}", "[]", "null", r#"{"choices":[]}"#, r#"{"choices":"#] {
        assert_eq!(check(body), Err(Class::InvalidOutput), "{body}");
    }
    assert_eq!(check(r#"{"error":{"message":"x","code":"insufficient_quota"}}"#), Err(Class::QuotaExhausted));
    assert_eq!(check(r#"{"error":{"message":"x","code":502}}"#), Err(Class::ServerError));
}

#[test]
fn errors_are_understood_in_all_their_shapes() {
    let read = |status: u16, body: &str| {
        let failure = OpenAiChat.decode_error(StatusCode::from_u16(status).ok(), body.as_bytes());
        let report = failure.report().unwrap();
        (failure.class(), report.message.clone(), report.code.clone())
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        read(429, r#"{"error":{"message":"m","code":"insufficient_quota"}}"#),
        (Class::QuotaExhausted, "m".into(), some("insufficient_quota"))
    );
    assert_eq!(
        read(400, r#"{"error":"bad","code":"invalid-argument"}"#),
        (Class::InvalidRequest, "bad".into(), some("invalid-argument"))
    );
    assert_eq!(
        read(400, r#"{"error":{"message":"m","code":400}}"#),
        (Class::InvalidRequest, "m".into(), some("400"))
    );
    assert_eq!(
        read(422, r#"{"detail":[{"loc":["body"]}]}"#),
        (Class::InvalidRequest, r#"[{"loc":["body"]}]"#.into(), None)
    );
    assert_eq!(read(503, r#"[{"error":{"message":"m"}}]"#).0, Class::Overloaded);
    assert_eq!(read(502, "<html>secret").1, "The provider sent a page of HTML instead of JSON.");
    assert_eq!(read(403, "").1, "The provider sent an empty body.");
    assert_eq!(read(500, &format!(r#"{{"message":"{}"}}"#, "é".repeat(9000))).1.len(), 4096);
    let hinted = OpenAiChat.decode_error(
        Some(StatusCode::TOO_MANY_REQUESTS),
        br#"{"error":{"message":"Please try again in 1m2.5s. Bye"}}"#,
    );
    assert_eq!(hinted.retry_after().unwrap().as_millis(), 62_500);
}

#[test]
fn an_error_is_not_looked_for_in_list_upon_list() {
    let within = |depth: usize| {
        let body = format!(r#"{}{{"error":{{"message":"m"}}}}{}"#, "[".repeat(depth), "]".repeat(depth));
        OpenAiChat.decode_error(None, body.as_bytes()).report().unwrap().message.len()
    };
    assert_eq!(within(2), "m".len());
    // More than the stack of a thread would hold; what is not understood is kept as it came, up to a bound.
    assert_eq!(within(200_000), 4096);
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    assert!(OpenAiChat.check_answer(deep.as_bytes()).is_err());
}

#[test]
fn an_error_has_the_shape_the_sdk_expects() {
    let failure = Failure::new(Class::Overloaded).with_report(Report::new("secret of one member"));
    let body = OpenAiChat.encode_error(
        &failure,
        StatusCode::SERVICE_UNAVAILABLE,
        "all \"busy\"",
        Some(r#"{"attempts":[]}"#),
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&body).unwrap(),
        json!({"error": {"message": "all \"busy\"", "type": "server_error", "param": null, "code": "overloaded", "failover": {"attempts": []}}})
    );
    let original = br#"{"error":{"message":"m","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#;
    let failure = OpenAiChat.decode_error(Some(StatusCode::BAD_REQUEST), original);
    let body = OpenAiChat.encode_error(&failure, StatusCode::BAD_REQUEST, "m", None);
    assert_eq!(body, original);
    let event = OpenAiChat.encode_error_event(&failure, "m");
    assert!(matches!(OpenAiChat.signal(&Frame::parse(&event)), Signal::Error(_)));
    assert!(event.ends_with(b"}\n\n"));
}

#[test]
fn credentials_and_what_belongs_to_them_stay_behind() {
    let mut caller = HeaderMap::new();
    for name in [
        "authorization",
        "api-key",
        "cookie",
        "openai-organization",
        "openai-project",
        "openai-beta",
        "user-agent",
        "accept-encoding",
    ] {
        caller.insert(name, "x".parse().unwrap());
    }
    let names = |same| {
        let headers = OpenAiChat.request_headers(&caller, &Target::new("gpt-4o"), same);
        let mut names: Vec<_> = headers.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(true), ["accept", "content-type", "openai-beta", "user-agent"]);
    assert_eq!(names(false), ["accept", "content-type", "user-agent"]);
}

/// JSON of any shape, built from the words of the dialect.
fn soup() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "model",
        "messages",
        "role",
        "user",
        "assistant",
        "tool",
        "content",
        "text",
        "type",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "id",
        "index",
        "choices",
        "delta",
        "message",
        "finish_reason",
        "stop",
        "usage",
        "error",
        "code",
        "image_url",
        "url",
        "data:image/png;base64,AA",
        "reasoning_details",
        "signature",
        "anthropic-messages",
        "tool_call_id",
        "tools",
        "stream",
        "response_format",
        "prompt_tokens",
        "function_call",
        "file",
        "file_data",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

/// Everything that reads bytes, on these.
fn read_all(bytes: &[u8]) {
    let _ = OpenAiChat.peek(&Uri::from_static("/"), bytes);
    let _ = OpenAiChat.scrub(bytes, &Target::new("m"), &mut Losses::new());
    if let Ok(request) = OpenAiChat.decode_request(bytes) {
        if let Ok(encoded) = OpenAiChat.encode_request(&request, &Target::new("gpt-5"), &mut Losses::new()) {
            serde_json::from_slice::<Value>(&encoded.body).unwrap();
        }
    }
    if let Ok(answer) = OpenAiChat.decode_answer(bytes) {
        let written = OpenAiChat.encode_answer(&answer, &Reply::new("m", 0));
        serde_json::from_slice::<Value>(&written).unwrap();
    }
    let _ = OpenAiChat.check_answer(bytes);
    let failure = OpenAiChat.decode_error(None, bytes);
    serde_json::from_slice::<Value>(&OpenAiChat.encode_error(&failure, StatusCode::BAD_REQUEST, "m", None))
        .unwrap();
    let frame = Frame::of(bytes);
    let signal = OpenAiChat.signal(&frame);
    let result = OpenAiChat.decoder().decode(&frame, &mut |_| {});
    // Who guards a stream may know less of a frame than who reads it, but nothing else.
    assert!(!matches!(signal, Signal::Malformed) || result.is_err());
}

proptest! {
    #[test]
    fn any_split_of_the_bytes_gives_the_same_events(seed in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        for stream in [TOOLS, ODD] {
            let mut cuts: Vec<usize> = seed.iter().map(|index| index.index(stream.len() + 1)).collect();
            cuts.sort_unstable();
            prop_assert_eq!(events(stream, &cuts), events(stream, &[]));
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        read_all(&bytes);
    }

    #[test]
    fn no_json_makes_a_reader_panic(mut value in soup(), choices in soup(), messages in soup()) {
        read_all(value.to_string().as_bytes());
        if let Some(object) = value.as_object_mut() {
            object.insert("model".into(), "m".into());
            object.insert("choices".into(), json!([{"index": 0, "message": choices, "delta": choices}]));
            object.insert("messages".into(), json!([messages]));
        }
        read_all(value.to_string().as_bytes());
    }

    #[test]
    fn a_damaged_request_or_answer_makes_no_reader_panic(at: prop::sample::Index, byte: u8, cut: bool) {
        for source in [REQUEST, ANSWER] {
            let mut bytes = source.to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            read_all(&bytes);
        }
    }
}
