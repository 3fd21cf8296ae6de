//! What tests may rely on in the kit they are written with: healthy answers, every fault, the counts.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::{Service, ServiceExt};
use tower_failover::body::Buffered;
use tower_failover::client::ResponseBody;
use tower_failover::client::{Client, Credential, Endpoint};
use tower_failover::failure::{BoxError, Class, Failure};
use tower_failover::testing::{
    Chunking, FakeProvider, FakeProviderBuilder, Fault, RecordedReply, Vendor, controlled,
};

const TEXT: &str = "one two three four five six";

async fn openai() -> FakeProvider {
    FakeProvider::openai().answer(TEXT).start().await.unwrap()
}

async fn anthropic() -> FakeProvider {
    FakeProvider::anthropic().answer(TEXT).start().await.unwrap()
}

async fn responses() -> FakeProvider {
    FakeProvider::responses().answer(TEXT).start().await.unwrap()
}

async fn gemini() -> FakeProvider {
    FakeProvider::gemini().answer(TEXT).start().await.unwrap()
}

/// One of each.
async fn all() -> [FakeProvider; 4] {
    [openai().await, anthropic().await, responses().await, gemini().await]
}

fn client(provider: &FakeProvider) -> Client {
    Endpoint::new(&provider.base_url(), "key").unwrap().into_service()
}

fn request(provider: &FakeProvider, stream: bool) -> Request<Buffered> {
    let messages = json!([{"role": "user", "content": "hi"}]);
    let body = json!({"model": "m", "messages": messages, "stream": stream});
    match provider.vendor() {
        Vendor::OpenAi => post("/chat/completions", &body),
        Vendor::OpenAiResponses => {
            post("/responses", &json!({"model": "m", "input": "hi", "stream": stream}))
        }
        Vendor::Gemini => {
            let method = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            post(&format!("/v1beta/models/m:{method}"), &json!({"contents": [said("user", "hi")]}))
        }
        _ => post("/v1/messages", &with(body, "max_tokens", &json!(100))),
    }
}

fn said(role: &str, text: &str) -> Value {
    json!({"role": role, "parts": [{"text": text}]})
}

fn with(mut body: Value, name: &str, value: &Value) -> Value {
    body[name] = value.clone();
    body
}

fn post(path: &str, body: &Value) -> Request<Buffered> {
    Request::post(path)
        .header("anthropic-version", "2023-06-01")
        .body(Buffered::new(Bytes::from(body.to_string())))
        .unwrap()
}

async fn send(provider: &FakeProvider, stream: bool) -> Result<Response<ResponseBody>, BoxError> {
    client(provider).oneshot(request(provider, stream)).await
}

/// What arrived of a body, and whether it came to its end.
async fn read(response: Response<ResponseBody>) -> (String, bool) {
    let mut body = response.into_body();
    let mut text = Vec::new();
    let is_whole = loop {
        match body.frame().await {
            None => break true,
            Some(Err(_)) => break false,
            Some(Ok(frame)) => text.extend_from_slice(frame.data_ref().unwrap()),
        }
    };
    (String::from_utf8(text).unwrap(), is_whole)
}

async fn streamed(provider: &FakeProvider) -> (String, bool) {
    let response = send(provider, true).await.unwrap();
    assert_eq!(response.status(), 200);
    tokio::time::timeout(Duration::from_secs(5), read(response)).await.unwrap()
}

/// The text that the frames of a stream add up to.
fn text_of(vendor: Vendor, stream: &str) -> String {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    let values = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let text = |value: Value| match vendor {
        Vendor::OpenAi => value["choices"][0]["delta"]["content"].as_str().map(str::to_owned),
        Vendor::OpenAiResponses => value["delta"].as_str().map(str::to_owned),
        Vendor::Gemini => value["candidates"][0]["content"]["parts"][0]["text"].as_str().map(str::to_owned),
        _ => value["delta"]["text"].as_str().map(str::to_owned),
    };
    values.filter_map(text).collect()
}

#[tokio::test]
async fn an_answer_is_the_same_text_in_one_body_and_in_a_stream() {
    let provider = openai().await;
    let body: Value = serde_json::from_str(&read(send(&provider, false).await.unwrap()).await.0).unwrap();
    assert_eq!(body["choices"][0]["message"]["content"], TEXT);
    assert_eq!(body["usage"]["completion_tokens"], 6);
    let (stream, is_whole) = streamed(&provider).await;
    assert!(is_whole && stream.ends_with("data: [DONE]\n\n"), "{stream}");
    assert_eq!(text_of(Vendor::OpenAi, &stream), TEXT);

    let provider = anthropic().await;
    let body: Value = serde_json::from_str(&read(send(&provider, false).await.unwrap()).await.0).unwrap();
    assert_eq!(body["content"][0]["text"], TEXT);
    assert_eq!(body["stop_reason"], "end_turn");
    let (stream, is_whole) = streamed(&provider).await;
    assert!(is_whole && stream.ends_with("data: {\"type\":\"message_stop\"}\n\n"), "{stream}");
    assert_eq!(text_of(Vendor::Anthropic, &stream), TEXT);

    let provider = responses().await;
    let body: Value = serde_json::from_str(&read(send(&provider, false).await.unwrap()).await.0).unwrap();
    assert_eq!(body["output"][0]["content"][0]["text"], TEXT);
    assert_eq!((&body["status"], &body["usage"]["output_tokens"]), (&json!("completed"), &json!(6)));
    let (stream, is_whole) = streamed(&provider).await;
    assert!(is_whole && stream.contains("event: response.completed\ndata: "), "{stream}");
    assert_eq!(text_of(Vendor::OpenAiResponses, &stream), TEXT);
    let numbers = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    let numbers = numbers.map(|data| serde_json::from_str::<Value>(data).unwrap()["sequence_number"].clone());
    assert!(numbers.enumerate().all(|(index, number)| number == index), "{stream}");

    let provider = gemini().await;
    let body: Value = serde_json::from_str(&read(send(&provider, false).await.unwrap()).await.0).unwrap();
    assert_eq!(body["candidates"][0]["content"]["parts"][0]["text"], TEXT);
    assert_eq!(body["candidates"][0]["finishReason"], "STOP");
    let (stream, is_whole) = streamed(&provider).await;
    assert!(is_whole && stream.ends_with("}\r\n\r\n") && !stream.contains("\n\n"), "{stream}");
    assert_eq!(text_of(Vendor::Gemini, &stream), TEXT);
}

#[tokio::test]
async fn gemini_streams_an_array_where_no_events_are_asked_for() {
    let provider = gemini().await;
    let ask = || post("/v1/models/m:streamGenerateContent", &json!({"contents": [said("user", "hi")]}));
    let response = client(&provider).oneshot(ask()).await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("application/json"));
    let pieces: Vec<Value> = serde_json::from_str(&read(response).await.0).unwrap();
    let text =
        pieces.iter().filter_map(|piece| piece["candidates"][0]["content"]["parts"][0]["text"].as_str());
    assert_eq!(text.collect::<String>(), TEXT);
    assert_eq!(pieces.last().unwrap()["candidates"][0]["finishReason"], "STOP");
    provider.script([Fault::CutAfter(2), Fault::ErrorEvent { after: 2 }]);
    let (torn, is_whole) = read(client(&provider).oneshot(ask()).await.unwrap()).await;
    assert!(!is_whole && torn.starts_with('[') && !torn.ends_with(']'), "{torn}");
    let (failed, _) = read(client(&provider).oneshot(ask()).await.unwrap()).await;
    let failed: Vec<Value> = serde_json::from_str(&failed).unwrap();
    assert_eq!(failed[2]["error"]["status"], "UNAVAILABLE");
}

#[tokio::test]
async fn thoughts_are_shown_where_they_are_asked_for_and_sealed_as_the_vendor_seals_them() {
    let thinking = |builder: FakeProviderBuilder| builder.answer(TEXT).reasoning("let me think").start();
    let ask = async |provider: &FakeProvider, path: &str, body: Value| {
        let response = client(provider).oneshot(post(path, &body)).await.unwrap();
        serde_json::from_str::<Value>(&read(response).await.0).unwrap()
    };
    let provider = thinking(FakeProvider::responses()).await.unwrap();
    let question = json!({"model": "m", "input": "hi"});
    let hidden = ask(&provider, "/responses", question.clone()).await;
    assert_eq!(hidden["output"][0]["summary"], json!([]));
    assert_eq!(hidden["usage"]["output_tokens_details"]["reasoning_tokens"], 3);
    let shown = ask(&provider, "/responses", with(question, "reasoning", &json!({"summary": "auto"}))).await;
    assert_eq!(shown["output"][0]["summary"][0]["text"], "let me think");
    assert_eq!(shown["output"][1]["content"][0]["text"], TEXT);

    let provider = thinking(FakeProvider::gemini()).await.unwrap();
    let config = json!({"thinkingConfig": {"includeThoughts": true}});
    let question = json!({"contents": [said("user", "hi")], "generationConfig": config});
    let shown = ask(&provider, "/v1beta/models/m:generateContent", question).await;
    let parts = &shown["candidates"][0]["content"]["parts"];
    assert_eq!((&parts[0]["text"], &parts[0]["thought"]), (&json!("let me think"), &json!(true)));
    assert!(parts[1]["thoughtSignature"].is_string());
    assert_eq!(shown["usageMetadata"]["thoughtsTokenCount"], 3);

    let provider = thinking(FakeProvider::anthropic()).await.unwrap();
    let question = json!({"model": "m", "max_tokens": 2000, "messages": [{"role": "user", "content": "hi"}],
        "thinking": {"type": "enabled", "budget_tokens": 1024}});
    let shown = ask(&provider, "/v1/messages", question).await;
    assert_eq!(shown["content"][0]["thinking"], "let me think");
    assert!(shown["content"][0]["signature"].is_string());
}

#[tokio::test]
async fn tokens_are_counted_where_the_api_can() {
    let asked = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    let contents = json!([said("user", "hi")]);
    let whole = json!({"generateContentRequest": {"model": "models/m", "contents": contents}});
    let (answered, input) = (json!({"contents": contents}), json!({"model": "m", "input": "hi"}));
    let cases = [
        (FakeProvider::anthropic(), "/v1/messages/count_tokens", &asked, "input_tokens"),
        (FakeProvider::responses(), "/responses/input_tokens", &input, "input_tokens"),
        (FakeProvider::gemini(), "/v1beta/models/m:countTokens", &answered, "totalTokens"),
        (FakeProvider::gemini(), "/v1beta/models/m:countTokens", &whole, "totalTokens"),
    ];
    for (builder, path, body, field) in cases {
        let provider = builder.input_tokens(17).start().await.unwrap();
        let response = client(&provider).oneshot(post(path, body)).await.unwrap();
        let answer: Value = serde_json::from_str(&read(response).await.0).unwrap();
        assert_eq!(answer[field], 17, "{path} {answer}");
    }
    let provider = anthropic().await;
    let answering = with(asked, "max_tokens", &json!(5));
    let response = client(&provider).oneshot(post("/v1/messages/count_tokens", &answering)).await.unwrap();
    assert_eq!(response.status(), 400, "a count needs no limit");
}

#[tokio::test]
async fn usage_comes_in_a_chunk_of_its_own_and_only_where_it_was_asked_for() {
    let provider = openai().await;
    assert!(!streamed(&provider).await.0.contains("usage"));
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": true,
        "stream_options": {"include_usage": true}});
    let response = client(&provider).oneshot(post("/chat/completions", &body)).await.unwrap();
    let stream = read(response).await.0;
    let frames: Vec<&str> = stream.split_terminator("\n\n").collect();
    assert!(frames[frames.len() - 2].contains("\"choices\":[]"), "{stream}");
    assert!(frames[..frames.len() - 2].iter().all(|frame| frame.contains("\"usage\":null")), "{stream}");
}

#[tokio::test]
async fn tools_are_called_once_and_their_results_are_answered_with_text() {
    let builder = FakeProvider::openai().answer(TEXT).tool_call("weather", json!({"city": "Oslo"}));
    let provider = builder.tool_call("clock", json!({})).start().await.unwrap();
    let tools =
        json!([{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]);
    let mut messages = vec![json!({"role": "user", "content": "hi"})];
    let ask = |messages: &[Value]| json!({"model": "m", "messages": messages, "tools": tools});
    let response = client(&provider).oneshot(post("/chat/completions", &ask(&messages))).await.unwrap();
    let body: Value = serde_json::from_str(&read(response).await.0).unwrap();
    let message = &body["choices"][0]["message"];
    assert_eq!(body["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(message["tool_calls"].as_array().unwrap().len(), 2);
    messages.push(message.clone());
    for call in message["tool_calls"].as_array().unwrap() {
        messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "ok"}));
    }
    let response = client(&provider).oneshot(post("/chat/completions", &ask(&messages))).await.unwrap();
    let body: Value = serde_json::from_str(&read(response).await.0).unwrap();
    assert_eq!(body["choices"][0]["message"]["content"], TEXT);
}

#[tokio::test]
async fn a_prefilled_answer_is_continued_where_it_was_left() {
    let provider = anthropic().await;
    let messages = json!([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "one two"}]);
    let body = json!({"model": "m", "max_tokens": 9, "messages": messages});
    let response = client(&provider).oneshot(post("/v1/messages", &body)).await.unwrap();
    let body: Value = serde_json::from_str(&read(response).await.0).unwrap();
    assert_eq!(body["content"][0]["text"], " three four five six");
}

#[tokio::test]
async fn what_the_vendor_would_refuse_is_refused() {
    let user = json!({"role": "user", "content": "hi"});
    let call = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
    let tool = json!({"role": "tool", "tool_call_id": "b", "content": "ok"});
    let bad = [
        json!({"messages": [user]}),
        json!({"model": "m", "messages": []}),
        json!({"model": "m", "messages": [user], "max_output_tokens": 5}),
        json!({"model": "m", "messages": [user], "stream_options": {"include_usage": true}}),
        json!({"model": "m", "messages": [user, call]}),
        json!({"model": "m", "messages": [user, call, tool]}),
    ];
    refuses(&openai().await, "/chat/completions", &bad).await;

    let used =
        json!({"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {}}]});
    let result =
        json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "b", "content": "ok"}]});
    let empty = json!({"role": "user", "content": [{"type": "text", "text": ""}]});
    let bad = [
        json!({"model": "m", "messages": [user]}),
        json!({"model": "m", "max_tokens": 5, "messages": [{"role": "system", "content": "x"}, user]}),
        json!({"model": "m", "max_tokens": 5, "messages": [user], "stop": ["x"]}),
        json!({"model": "m", "max_tokens": 5, "messages": [user], "temperature": 1.5}),
        json!({"model": "m", "max_tokens": 5, "messages": [empty]}),
        json!({"model": "m", "max_tokens": 5, "messages": [user, used, result]}),
        json!({"model": "m", "max_tokens": 5, "messages": [user], "tools": [{"name": "f", "input_schema": {}}]}),
    ];
    refuses(&anthropic().await, "/v1/messages", &bad).await;
}

#[tokio::test]
async fn what_responses_would_refuse_is_refused() {
    let user = json!({"role": "user", "content": "hi"});
    let item = |kind: &str, fields: Value| with(fields, "type", &json!(kind));
    let call = item("function_call", json!({"call_id": "a", "name": "f", "arguments": "{}"}));
    let output = item("function_call_output", json!({"call_id": "b", "output": "ok"}));
    let thought = item("reasoning", json!({"id": "rs_1", "summary": []}));
    let sealed = |seal: &str| with(thought.clone(), "encrypted_content", &json!(seal));
    let said = json!({"role": "assistant", "content": [{"type": "output_text", "text": "x"}]});
    let asks = |input: Value| json!({"model": "m", "input": input});
    let bad = [
        json!({"input": "hi"}),
        json!({"model": "m"}),
        json!({"model": "m", "input": []}),
        json!({"model": "m", "input": "hi", "max_output_tokens": 15}),
        json!({"model": "m", "input": "hi", "stop": ["x"]}),
        json!({"model": "m", "input": "hi", "n": 2}),
        json!({"model": "m", "input": "hi", "seed": 2}),
        json!({"model": "m", "input": "hi", "stream": true, "stream_options": {"include_usage": true}}),
        json!({"model": "m", "input": "hi", "tools": [{"type": "function", "function": {"name": "f"}}]}),
        json!({"model": "m", "input": "hi", "tool_choice": "required"}),
        json!({"model": "m", "input": "hi", "text": {"format": {"type": "json_schema", "name": "x"}}}),
        asks(json!([{"role": "user", "content": [{"type": "output_text", "text": "x"}]}])),
        asks(json!([{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}])),
        asks(json!([{"role": "user", "content": [{"type": "text", "text": "x"}]}])),
        asks(json!([{"role": "user", "content": [{"type": "input_image", "image_url": {"url": "data:"}}]}])),
        asks(json!([{"role": "tool", "content": "x"}])),
        asks(json!([user, call])),
        asks(json!([user, output])),
        asks(json!([user, call, output])),
        asks(json!([user, with(call, "id", &json!("call_1"))])),
        asks(json!([user, thought, user])),
        asks(json!([user, sealed("failover:gemini:abc"), said, user])),
        asks(json!([user, sealed("EqQB"), said, user])),
    ];
    refuses(&responses().await, "/responses", &bad).await;
}

#[tokio::test]
async fn what_gemini_would_refuse_is_refused() {
    let user = said("user", "hi");
    let call = json!({"functionCall": {"name": "f", "args": {}}});
    let result = json!({"functionResponse": {"name": "f", "response": {"output": "ok"}}});
    let turn = |role: &str, parts: Value| json!({"role": role, "parts": parts});
    let contents = |contents: Value| json!({"contents": contents});
    let sealed = |seal: &str| with(json!({"text": "x"}), "thoughtSignature", &json!(seal));
    let declared =
        |parameters: Value| json!([{"functionDeclarations": [{"name": "f", "parameters": parameters}]}]);
    let asks = |name: &str, value: Value| with(contents(json!([user])), name, &value);
    let bad = [
        contents(json!([])),
        contents(json!([said("assistant", "hi")])),
        contents(json!([turn("user", json!([]))])),
        contents(json!([turn(
            "user",
            json!([{"text": "x", "inlineData": {"mimeType": "a/b", "data": ""}}])
        )])),
        asks("messages", json!([])),
        asks("generationConfig", json!({"maxTokens": 5})),
        asks("generationConfig", json!({"responseSchema": {"type": "OBJECT"}})),
        asks("generationConfig", json!({"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}})),
        contents(json!([user, turn("model", json!([call]))])),
        contents(json!([user, turn("user", json!([result]))])),
        contents(json!([user, turn("model", json!([call, call])), turn("user", json!([result]))])),
        contents(json!([
            user,
            turn("model", json!([call])),
            turn("user", json!([{"functionResponse": {"name": "", "response": {}}}]))
        ])),
        contents(json!([user, turn("model", json!([{"functionCall": {"name": "f", "args": "{}"}}]))])),
        contents(json!([user, turn("model", json!([sealed("not base64!")])), user])),
        // `failover:` in base64.
        contents(json!([user, turn("model", json!([sealed("ZmFpbG92ZXI6eDp5")])), user])),
        contents(json!([user, turn("model", json!([sealed("gAAAAABh")])), user])),
        asks("tools", json!([declared(json!({}))[0], {"functionDeclarations": [{"name": "g"}]}])),
        asks("tools", declared(json!({"type": "OBJECT", "additionalProperties": false}))),
        asks("tools", declared(json!({"type": ["string", "null"]}))),
        asks("toolConfig", json!({"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["f"]}})),
    ];
    let provider = gemini().await;
    refuses(&provider, "/v1beta/models/m:generateContent", &bad).await;
    // A newer model wants to see that its call is its own.
    let unsigned = contents(json!([user, turn("model", json!([call])), turn("user", json!([result]))]));
    let ask = async |model: &str| {
        let path = format!("/v1beta/models/{model}:generateContent");
        client(&provider).oneshot(post(&path, &unsigned)).await.unwrap().status().as_u16()
    };
    assert_eq!((ask("gemini-2.5-pro").await, ask("gemini-3-pro").await), (200, 400));
}

async fn refuses(provider: &FakeProvider, path: &str, bad: &[Value]) {
    for body in bad {
        let response = client(provider).oneshot(post(path, body)).await.unwrap();
        let status = response.status();
        let answer = read(response).await.0;
        assert_eq!(status, 400, "{body} {answer}");
        let is_worded =
            ["invalid_request_error", "INVALID_ARGUMENT"].iter().any(|word| answer.contains(word));
        assert!(is_worded, "{answer}");
    }
    assert_eq!(provider.stats().malformed, bad.len() as u64);
}

#[tokio::test]
async fn a_required_key_is_taken_where_the_vendors_sdk_puts_it() {
    let provider = FakeProvider::openai().require_key("right").start().await.unwrap();
    assert_eq!(send(&provider, false).await.unwrap().status(), 401);
    let right = Endpoint::new(&provider.base_url(), "right").unwrap().into_service();
    assert_eq!(right.oneshot(request(&provider, false)).await.unwrap().status(), 200);

    let provider = FakeProvider::gemini().require_key("right").start().await.unwrap();
    let ask = async |query: &str, credential: Credential| {
        let path = format!("/v1beta/models/m:generateContent{query}");
        let client = Endpoint::new(&provider.base_url(), credential).unwrap().into_service();
        client.oneshot(post(&path, &json!({"contents": [said("user", "hi")]}))).await.unwrap()
    };
    let header = |key| Credential::header("x-goog-api-key", key);
    assert_eq!(ask("", header("right")).await.status(), 200);
    assert_eq!(ask("?key=right", Credential::none()).await.status(), 200);
    let refused = ask("", header("wrong")).await;
    assert_eq!(refused.status(), 400, "where others say 401");
    assert!(read(refused).await.0.contains("API_KEY_INVALID"));
}

#[tokio::test]
async fn gemini_says_in_the_body_when_to_come_back_and_in_a_200_what_it_blocks() {
    let provider = gemini().await;
    provider.script([Fault::rate_limited(Duration::from_millis(1500)), Fault::content_policy()]);
    let limited = send(&provider, false).await.unwrap();
    assert!(limited.status() == 429 && !limited.headers().contains_key("retry-after"));
    assert!(read(limited).await.0.contains("\"retryDelay\":\"1.5s\""));
    let (blocked, _) = streamed(&provider).await;
    assert!(blocked.contains("blockReason") && !blocked.contains("candidates"), "{blocked}");
}

#[tokio::test]
async fn a_script_is_played_in_order_and_then_all_is_well() {
    let provider = openai().await;
    let hint = Duration::from_millis(1500);
    provider.script([
        Fault::rate_limited(hint),
        Fault::None,
        Fault::overloaded(),
        Fault::insufficient_quota(),
    ]);
    let mut seen = Vec::new();
    for _ in 0..5 {
        let response = send(&provider, false).await.unwrap();
        let after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        seen.push((response.status().as_u16(), after));
    }
    let expected = [(429, Some("2".to_owned())), (200, None), (529, None), (429, None), (200, None)];
    assert_eq!(seen, expected);
    assert_eq!((provider.stats().requests, provider.stats().faults), (5, 3));
}

#[tokio::test]
async fn errors_come_in_the_vendors_own_words() {
    for (provider, expected) in [
        (openai().await, "context_length_exceeded"),
        (anthropic().await, "prompt is too long"),
        (responses().await, "exceeds the context window"),
        (gemini().await, "exceeds the maximum number of tokens"),
    ] {
        provider.always(Fault::context_overflow());
        let response = send(&provider, true).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert!(read(response).await.0.contains(expected));
    }
}

/// The model said why it stopped.
const REASONS: [&str; 4] = [
    "\"finish_reason\":\"stop\"",
    "\"stop_reason\":\"end_turn\"",
    "response.completed",
    "\"finishReason\":\"STOP\"",
];

fn has(stream: &str, any: &[&str]) -> bool {
    any.iter().any(|part| stream.contains(part))
}

#[tokio::test]
async fn a_cut_stream_has_exactly_the_pieces_that_were_asked_for_and_then_a_reset() {
    for provider in all().await {
        for (pieces, text) in [(0, ""), (2, "one two"), (6, TEXT), (99, TEXT)] {
            provider.script([Fault::CutAfter(pieces)]);
            let (stream, is_whole) = streamed(&provider).await;
            assert!(!is_whole, "{stream}");
            assert_eq!(text_of(provider.vendor(), &stream), text);
            assert!(!has(&stream, &REASONS), "{stream}");
        }
        provider.script([Fault::CutBeforeContent]);
        let (stream, is_whole) = streamed(&provider).await;
        // Gemini has no frame but those with content.
        let has_begun = has(&stream, &["assistant", "response.created"]);
        assert!(!is_whole && has_begun != (provider.vendor() == Vendor::Gemini), "{stream}");
    }
}

#[tokio::test]
async fn a_stream_can_end_in_each_of_the_wrong_ways() {
    for provider in all().await {
        let ends = ["[DONE]", "message_stop"];
        provider.script([Fault::EndWithoutFinish { after: 2 }]);
        let (stream, is_whole) = streamed(&provider).await;
        assert!(is_whole && !has(&stream, &ends) && !has(&stream, &REASONS), "{stream}");

        provider.script([Fault::NoTerminal]);
        let (stream, is_whole) = streamed(&provider).await;
        assert!(is_whole && !has(&stream, &ends) && has(&stream, &REASONS), "{stream}");

        provider.script([Fault::ErrorEvent { after: 2 }]);
        let (stream, is_whole) = streamed(&provider).await;
        assert!(is_whole && !has(&stream, &ends) && stream.contains("\"error\""), "{stream}");
        assert_eq!(text_of(provider.vendor(), &stream), "one two");
    }
}

#[tokio::test]
async fn a_response_that_fails_says_so_twice() {
    let provider = responses().await;
    provider.script([Fault::ErrorEvent { after: 0 }, Fault::ErrorEvent { after: 0 }]);
    let (stream, _) = streamed(&provider).await;
    let kinds: Vec<&str> = stream.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(kinds[kinds.len() - 2..], ["error", "response.failed"]);
    let body: Value = serde_json::from_str(&read(send(&provider, false).await.unwrap()).await.0).unwrap();
    assert_eq!((&body["status"], &body["error"]["code"]), (&json!("failed"), &json!("server_error")));
}

#[tokio::test]
async fn a_malformed_frame_is_one_too_many_and_loses_no_text() {
    for provider in all().await {
        provider.script([Fault::MalformedFrame { at: 2 }]);
        let (stream, _) = streamed(&provider).await;
        let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
        let broken = data.filter(|data| *data != "[DONE]" && serde_json::from_str::<Value>(data).is_err());
        assert_eq!(broken.count(), 1, "{stream}");
        assert_eq!(text_of(provider.vendor(), &stream), TEXT);
    }
}

#[tokio::test]
async fn a_dripping_stream_says_the_same_as_a_steady_one() {
    for provider in all().await {
        provider.always(Fault::Drip);
        let (stream, is_whole) = streamed(&provider).await;
        assert!(is_whole);
        assert_eq!(text_of(provider.vendor(), &stream), TEXT);
    }
}

#[tokio::test]
async fn a_late_first_token_leaves_the_head_and_the_lifecycle_in_time() {
    let provider = anthropic().await;
    provider.always(Fault::DelayFirstToken(Duration::from_secs(3600)));
    let mut body = send(&provider, true).await.unwrap().into_body();
    let mut seen = String::new();
    while !seen.contains("ping") {
        let frame = body.frame().await.unwrap().unwrap();
        seen.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    assert!(!seen.contains("content_block_delta"));
}

#[tokio::test]
async fn a_200_can_be_no_answer() {
    let provider = openai().await;
    provider.script([
        Fault::Garbage,
        Fault::Empty,
        Fault::ErrorEvent { after: 0 },
        Fault::MalformedFrame { at: 0 },
    ]);
    let mut bodies = Vec::new();
    for _ in 0..4 {
        let response = send(&provider, false).await.unwrap();
        assert_eq!(response.status(), 200);
        let (body, is_whole) = read(response).await;
        assert!(is_whole);
        bodies.push(body);
    }
    assert!(bodies[0].starts_with("<!DOCTYPE html>") && bodies[1].is_empty());
    assert!(bodies[2].starts_with("{\"error\""), "{}", bodies[2]);
    assert!(bodies[3].starts_with('{') && serde_json::from_str::<Value>(&bodies[3]).is_err());
}

#[tokio::test]
async fn what_is_no_http_and_half_a_head_are_two_failures() {
    for provider in all().await {
        let class = |error: BoxError| Failure::of(&error).class();
        provider.script([Fault::NotHttp, Fault::CutHead]);
        assert_eq!(class(send(&provider, false).await.unwrap_err()), Class::ServerError);
        assert_eq!(class(send(&provider, true).await.unwrap_err()), Class::Connect);
        assert_eq!(provider.stats().finished, 2, "broken off on purpose, and not by the caller");
        assert_eq!(send(&provider, false).await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn informational_heads_come_before_an_answer_or_instead_of_it() {
    for provider in all().await {
        provider.script([Fault::EarlyHints, Fault::SwitchingProtocols]);
        let (stream, is_whole) = streamed(&provider).await;
        assert!(is_whole);
        assert_eq!(text_of(provider.vendor(), &stream), TEXT);
        assert_eq!(send(&provider, false).await.unwrap().status(), StatusCode::SWITCHING_PROTOCOLS);
    }
}

#[tokio::test]
async fn a_redirect_names_another_place() {
    let provider = openai().await;
    provider
        .script([Fault::redirect("/x"), Fault::Redirect { code: 301, to: "https://example.com/".into() }]);
    for (code, to) in [(307, "/x"), (301, "https://example.com/")] {
        let response = send(&provider, false).await.unwrap();
        assert_eq!(response.status(), code);
        assert_eq!(response.headers()["location"], to);
    }
}

#[tokio::test]
async fn an_answer_can_have_the_wrong_type_or_the_wrong_form() {
    for provider in all().await {
        let kind = |response: &Response<ResponseBody>| response.headers()["content-type"].clone();
        provider.script([Fault::WrongType, Fault::WrongType, Fault::OtherForm, Fault::OtherForm]);
        assert_eq!(kind(&send(&provider, false).await.unwrap()), "text/plain");
        let stream = send(&provider, true).await.unwrap();
        assert_eq!(kind(&stream), "application/json");
        assert_eq!(text_of(provider.vendor(), &read(stream).await.0), TEXT);
        let stream = send(&provider, false).await.unwrap();
        assert!(kind(&stream).to_str().unwrap().starts_with("text/event-stream"));
        assert_eq!(text_of(provider.vendor(), &read(stream).await.0), TEXT);
        let whole = send(&provider, true).await.unwrap();
        assert_eq!(kind(&whole), "application/json");
        assert!(serde_json::from_str::<Value>(&read(whole).await.0).unwrap().to_string().contains(TEXT));
    }
}

#[tokio::test]
async fn an_answer_can_be_compressed_though_nobody_asked() {
    for provider in all().await {
        for stream in [false, true] {
            provider.script([Fault::Compressed]);
            let response = send(&provider, stream).await.unwrap();
            assert_eq!(response.headers()["content-encoding"], "gzip");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert!(body.starts_with(b"\x1f\x8b"));
        }
    }
}

#[tokio::test]
async fn a_huge_body_has_as_many_bytes_as_were_asked_for() {
    for provider in all().await {
        for stream in [false, true] {
            provider.script([Fault::Huge { bytes: 1024 * 1024 }]);
            let (body, is_whole) = read(send(&provider, stream).await.unwrap()).await;
            let padding = body.bytes().filter(|byte| *byte == b'a').count();
            assert!(is_whole && padding >= 1024 * 1024 && body.len() < padding + 64, "{}", body.len());
            assert_eq!((body.lines().count(), body.starts_with("data: ")), (1, stream));
        }
    }
}

#[tokio::test]
async fn a_length_can_be_too_long_and_too_short() {
    for provider in all().await {
        for stream in [false, true] {
            provider.script([Fault::None, Fault::WrongLength { by: 7 }, Fault::WrongLength { by: -7 }]);
            // Ids and times differ from answer to answer, their lengths do not.
            let length = read(send(&provider, stream).await.unwrap()).await.0.len();
            let (body, is_whole) = read(send(&provider, stream).await.unwrap()).await;
            assert!(!is_whole && body.len() == length, "{} {length}", body.len());
            let (body, is_whole) = read(send(&provider, stream).await.unwrap()).await;
            assert!(is_whole && body.len() == length - 7, "{} {length}", body.len());
        }
    }
}

#[tokio::test]
async fn an_answer_can_end_well_and_say_nothing() {
    for provider in all().await {
        provider.script([Fault::SaysNothing, Fault::SaysNothing]);
        let (stream, is_whole) = streamed(&provider).await;
        assert!(is_whole && has(&stream, &REASONS), "{stream}");
        assert_eq!(text_of(provider.vendor(), &stream), "");
        let (body, _) = read(send(&provider, false).await.unwrap()).await;
        assert!(!body.contains("two") && body.contains("sage"), "{body}");
    }
}

#[tokio::test]
async fn a_reset_after_the_end_loses_nothing() {
    for provider in all().await {
        provider.script([Fault::ResetAfterEnd, Fault::ResetAfterEnd]);
        let (stream, is_whole) = streamed(&provider).await;
        assert!(!is_whole && has(&stream, &REASONS), "{stream}");
        assert_eq!(text_of(provider.vendor(), &stream), TEXT);
        assert!(read(send(&provider, false).await.unwrap()).await.1);
    }
}

#[tokio::test]
async fn a_buffered_answer_can_be_cut_in_the_middle() {
    let provider = openai().await;
    provider.script([Fault::CutAfter(1), Fault::CutBeforeContent]);
    let (half, is_whole) = read(send(&provider, false).await.unwrap()).await;
    assert!(!is_whole && !half.is_empty());
    let (nothing, is_whole) = read(send(&provider, false).await.unwrap()).await;
    assert!(!is_whole && nothing.is_empty());
}

#[tokio::test]
async fn a_refused_connection_is_a_connect_failure_in_each_of_its_forms() {
    let provider = openai().await;
    let class = |error: BoxError| Failure::of(&error).class();
    provider.script([Fault::Refuse]);
    assert_eq!(class(send(&provider, false).await.unwrap_err()), Class::Connect);
    assert_eq!(provider.count(), 1);
    provider.always(Fault::Refuse);
    assert_eq!(class(send(&provider, false).await.unwrap_err()), Class::Connect);
    assert_eq!(provider.count(), 1, "refused before it was read");
    provider.healthy();
    assert_eq!(send(&provider, false).await.unwrap().status(), 200);
    provider.stop().await;
    assert_eq!(class(send(&provider, false).await.unwrap_err()), Class::Connect);
}

#[tokio::test]
async fn a_caller_that_goes_away_is_seen_before_the_head_and_in_mid_stream() {
    let provider = openai().await;
    provider.script([Fault::Hang, Fault::StallAfter(2)]);
    let waiting = tokio::spawn(client(&provider).oneshot(request(&provider, true)));
    provider.wait_until(|stats| stats.requests == 1).await;
    waiting.abort();
    let seen =
        tokio::time::timeout(Duration::from_secs(5), provider.wait_until(|stats| stats.cancelled == 1));
    assert_eq!(seen.await.unwrap().finished, 0);

    let mut body = send(&provider, true).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    let seen =
        tokio::time::timeout(Duration::from_secs(5), provider.wait_until(|stats| stats.cancelled == 2));
    assert_eq!(seen.await.unwrap().finished, 0);
}

#[tokio::test]
async fn a_complete_answer_is_no_cancellation() {
    let provider = openai().await;
    streamed(&provider).await;
    let _ = read(send(&provider, false).await.unwrap()).await;
    let stats = provider.wait_until(|stats| stats.open == 0).await;
    assert_eq!((stats.finished, stats.cancelled), (2, 0));
}

#[tokio::test]
async fn a_share_of_the_requests_fails_and_the_seed_says_which() {
    async fn draw(provider: &FakeProvider, client: &Client, seed: u64) -> Vec<bool> {
        provider.fail_share(Fault::server_error(), 0.3, seed);
        let mut drawn = Vec::new();
        for _ in 0..100 {
            let response = client.clone().oneshot(request(provider, false)).await.unwrap();
            drawn.push(response.status() == 500);
            let _ = read(response).await;
        }
        drawn
    }
    let provider = openai().await;
    let client = client(&provider);
    let first = draw(&provider, &client, 7).await;
    let share = first.iter().filter(|failed| **failed).count();
    assert!((20..=40).contains(&share), "{share}");
    assert_eq!(draw(&provider, &client, 7).await, first);
    assert_ne!(draw(&provider, &client, 8).await, first);
}

#[tokio::test]
async fn a_recording_is_played_word_for_word_however_it_is_cut() {
    let provider = anthropic().await;
    let recorded = "event: ping\ndata: {\"type\": \"ping\" }\n\n: comment\n\nevent: odd\ndata: {}\n\n";
    for chunking in [Chunking::Whole, Chunking::Events, Chunking::Bytes(3)] {
        provider.reply(RecordedReply::sse(recorded).header("x-odd", "yes").chunking(chunking));
        let response = send(&provider, true).await.unwrap();
        assert_eq!(response.headers()["x-odd"], "yes");
        assert_eq!(read(response).await, (recorded.to_owned(), true));
    }
}

#[tokio::test]
async fn requests_are_kept_as_they_came() {
    let provider = anthropic().await;
    let _ = send(&provider, true).await.unwrap();
    let seen = &provider.requests()[0];
    assert_eq!((seen.path.as_str(), seen.header("authorization")), ("/v1/messages", "Bearer key"));
    assert_eq!(seen.json()["messages"][0]["content"], "hi");
    assert!(!format!("{seen:?}").contains("Bearer"));
}

#[tokio::test]
async fn faults_are_set_over_http_only_where_the_control_port_is_open() {
    let closed = openai().await;
    let control = |provider: &FakeProvider, path: &str| {
        let endpoint = Endpoint::new(&format!("http://{}", provider.addr()), "key").unwrap();
        let method = if path.starts_with("/__stats") { "GET" } else { "POST" };
        let request = Request::builder().method(method).uri(path).body(Buffered::default()).unwrap();
        endpoint.into_service().oneshot(request)
    };
    assert_eq!(control(&closed, "/__fault?mode=503").await.unwrap().status(), 404);
    assert_eq!(send(&closed, false).await.unwrap().status(), 200);

    let open = FakeProvider::openai().with_control().start().await.unwrap();
    assert_eq!(control(&open, "/__fault?mode=429&retry_after=7").await.unwrap().status(), 200);
    let limited = send(&open, false).await.unwrap();
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    for mode in ["mode=not-http", "mode=wrong-length&by=-3", "mode=redirect&to=/x", "mode=huge&bytes=9"] {
        assert_eq!(
            control(&open, &format!("/__fault?{mode}&times=0")).await.unwrap().status(),
            200,
            "{mode}"
        );
    }
    for mode in ["mode=nonsense", "mode=999", "", "mode=cut&after=x"] {
        assert_eq!(control(&open, &format!("/__fault?{mode}")).await.unwrap().status(), 400, "{mode}");
    }
    control(&open, "/__fault?mode=ok").await.unwrap();
    control(&open, "/__fault?mode=500&times=1").await.unwrap();
    assert_eq!(send(&open, false).await.unwrap().status(), 500);
    assert_eq!(send(&open, false).await.unwrap().status(), 200);
    let stats = read(control(&open, "/__stats").await.unwrap()).await.0;
    assert_eq!(serde_json::from_str::<Value>(&stats).unwrap()["requests"], 3);
}

#[tokio::test]
async fn dropping_the_provider_closes_its_port_and_its_connections() {
    let provider = openai().await;
    provider.always(Fault::StallAfter(1));
    let mut body = send(&provider, true).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    let addr = provider.addr();
    drop(provider);
    let rest = async { while body.frame().await.is_some_and(|frame| frame.is_ok()) {} };
    tokio::time::timeout(Duration::from_secs(5), rest).await.unwrap();
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_controlled_member_is_ready_when_the_test_says_so() {
    let (mut member, controller) = controlled::<u8, u8>();
    let mut clone = member.clone();
    controller.set_ready(false);
    let mut ready = tokio_test::task::spawn(member.ready());
    let mut clone_ready = tokio_test::task::spawn(clone.ready());
    assert!(ready.poll().is_pending() && clone_ready.poll().is_pending());
    controller.set_ready(true);
    assert!(ready.is_woken() && clone_ready.is_woken());
    assert!(ready.poll().is_ready() && clone_ready.poll().is_ready());
    drop((ready, clone_ready));
    controller.fail_ready(Class::Shed);
    let Err(error) = member.ready().await else { panic!("ready") };
    assert_eq!(Failure::of(&error).class(), Class::Shed);
}

#[tokio::test]
async fn each_call_of_a_controlled_member_is_answered_failed_or_given_up_by_itself() {
    let (mut member, mut controller) = controlled::<u8, u8>();
    let (first, second, third) = (member.call(1), member.clone().call(2), member.call(3));
    let (one, two, mut three) = (controller.next().await, controller.next().await, controller.next().await);
    assert!(controller.try_next().is_none());
    two.fail_with(Class::Overloaded);
    one.answer(10);
    assert_eq!(first.await.unwrap(), 10);
    assert_eq!(Failure::of(&second.await.unwrap_err()).class(), Class::Overloaded);
    assert!(!three.is_dropped());
    drop(third);
    three.dropped().await;
    let counts = controller.counts();
    assert_eq!((counts.calls, counts.dropped), (3, 1));
}

#[tokio::test]
async fn a_call_that_the_test_forgets_fails_instead_of_hanging() {
    let (mut member, mut controller) = controlled::<u8, u8>();
    let answer = member.call(1);
    drop(controller.next().await);
    assert_eq!(Failure::of(&answer.await.unwrap_err()).class(), Class::Connect);
}
