//! What models take decides what they are sent, and whether they are asked at all.
#![cfg(feature = "stack")]
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};
use tower_failover::body::Buffered;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::{AnyDialect, Capabilities, Dialect, Target};
use tower_failover::facts::{Losses, Member};
use tower_failover::failure::{BoxError, Class, Failure};
use tower_failover::stack::{ClassStack, MemberStack, Stack};

const CLAUDE: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"c","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2}}"#;

type Client = BoxCloneSyncService<Request<Buffered>, Response<Full<Bytes>>, BoxError>;

/// A provider that answers, and keeps what it was asked.
#[derive(Clone, Default)]
struct Provider(Arc<Mutex<Vec<(http::HeaderMap, Value)>>>);

impl Provider {
    fn client(&self) -> Client {
        let asked = Arc::clone(&self.0);
        BoxCloneSyncService::new(service_fn(move |request: Request<Buffered>| {
            let asked = Arc::clone(&asked);
            async move {
                let (parts, body) = request.into_parts();
                let body = serde_json::from_slice(&body.into_bytes()).unwrap();
                asked.lock().unwrap().push((parts.headers, body));
                let answer = Response::builder().header("content-type", "application/json");
                Ok(answer.body(Full::from(CLAUDE)).unwrap())
            }
        }))
    }

    fn calls(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

fn with(change: impl FnOnce(&mut Capabilities)) -> Capabilities {
    let mut capabilities = Capabilities::of("claude-haiku-4-5").clone();
    change(&mut capabilities);
    capabilities
}

fn member(name: &'static str, provider: &Provider, capabilities: Capabilities) -> MemberStack<Client> {
    let member = Member::new(name).with_model(format!("{name}-model"));
    MemberStack::new(member, AnthropicMessages, provider.client()).with_capabilities(capabilities)
}

async fn ask(stack: &Stack<Client>, body: Value) -> (StatusCode, http::HeaderMap, Value) {
    let request = Request::post("/v1/chat/completions").body(Full::<Bytes>::from(body.to_string())).unwrap();
    let response = stack.front(AnyDialect::from(OpenAiChat)).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, serde_json::from_slice(&body).unwrap())
}

fn long(words: usize) -> Value {
    let text: String = (0..words).map(|word| format!("word{word} ")).collect();
    json!({"model": "c", "messages": [{"role": "user", "content": text}]})
}

fn picture() -> Value {
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0K"}});
    json!({"model": "c", "messages": [{"role": "user", "content": [image]}]})
}

#[tokio::test(start_paused = true)]
async fn a_request_too_long_for_one_member_goes_to_the_next_and_is_no_attempt() {
    let (small, large) = (Provider::default(), Provider::default());
    let class = ClassStack::new("c", member("small", &small, with(|known| known.context = Some(1000))))
        .with_fallback(member("large", &large, with(|known| known.context = Some(1_000_000))));
    let stack = Stack::new([class]);
    let (status, headers, _) = ask(&stack, long(2000)).await;
    assert_eq!((status, &headers["x-failover-provider"]), (StatusCode::OK, &"large".parse().unwrap()));
    assert_eq!(headers["x-failover-attempts"], "1");
    assert_eq!((small.calls(), large.calls()), (0, 1));
    let (_, headers, _) = ask(&stack, long(500)).await;
    assert_eq!(headers["x-failover-provider"], "small", "what fits is not sent on");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_fits_nobody_is_answered_in_the_callers_words_for_it() {
    let provider = Provider::default();
    let small = || with(|known| known.context = Some(1000));
    let class =
        ClassStack::new("c", member("a", &provider, small())).with_fallback(member("b", &provider, small()));
    let (status, _, body) = ask(&Stack::new([class]), long(2000)).await;
    assert_eq!((status, provider.calls()), (StatusCode::BAD_REQUEST, 0));
    assert_eq!(body["error"]["code"], "context_length_exceeded");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("context holds 1000"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_member_that_cannot_see_is_not_shown_a_picture() {
    let (blind, seeing) = (Provider::default(), Provider::default());
    let class = ClassStack::new("c", member("blind", &blind, with(|known| known.images = false)))
        .with_fallback(member("seeing", &seeing, with(|_| ())));
    let (_, headers, _) = ask(&Stack::new([class]), picture()).await;
    assert_eq!((blind.calls(), seeing.calls()), (0, 1));
    assert_eq!(headers["x-failover-attempts"], "1");
}

#[tokio::test(start_paused = true)]
async fn the_version_of_the_api_is_what_is_known_of_the_model() {
    let provider = Provider::default();
    let newer = with(|known| known.version = Some("2026-10-21"));
    let stack = Stack::new([ClassStack::new("c", member("m", &provider, newer))]);
    let body = json!({"model": "c", "temperature": 0.5, "messages": [{"role": "user", "content": "Hi"}]});
    let (_, headers, _) = ask(&stack, body).await;
    let asked = provider.0.lock().unwrap();
    assert_eq!(asked[0].0["anthropic-version"], "2026-10-21");
    assert_eq!(asked[0].1.get("temperature"), None, "it has no such parameter any more");
    assert_eq!(headers["x-failover-loss"], "dropped=temperature");
}

/// What the encoder of a dialect makes of a caller's request, for a model of which this is known.
fn refusal<M: Dialect>(member: &M, body: &Value, capabilities: &Capabilities) -> Option<Failure> {
    let body = body.to_string();
    let request = OpenAiChat.decode_request(body.as_bytes()).unwrap();
    member.encode_request(&request, &Target::known("m", capabilities), &mut Losses::new()).err()
}

#[test]
fn every_encoder_refuses_what_the_model_is_known_not_to_take_and_names_it() {
    let image = json!({"type": "image_url", "image_url": {"url": "https://h/a.png"}});
    let pdf = json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0="}});
    let sound = json!({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}});
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let said = |part: &Value| json!({"model": "c", "messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, part]}]});
    let mut called = said(&json!({"type": "text", "text": "x"}));
    called["tools"] = tools;
    let nothing = {
        let mut none = Capabilities::default();
        (none.images, none.documents, none.audio, none.tools) = (false, false, false, false);
        none
    };
    for (body, param) in [
        (said(&image), "messages[0].content[1]"),
        (said(&pdf), "messages[0].content[1]"),
        (said(&sound), "messages[0].content[1]"),
        (called, "tools"),
    ] {
        for failure in [refusal(&OpenAiChat, &body, &nothing), refusal(&AnthropicMessages, &body, &nothing)] {
            let failure = failure.unwrap();
            assert_eq!((failure.class(), failure.is_local()), (Class::Unsupported, true));
            assert_eq!(failure.report().unwrap().param.as_deref(), Some(param));
        }
        assert!(
            refusal(&OpenAiChat, &body, &Capabilities::default()).is_none(),
            "{param}: unknown is not unable"
        );
    }
}

#[test]
fn length_is_only_refused_where_it_is_certain() {
    let body = |text: String| json!({"model": "c", "messages": [{"role": "user", "content": text}]});
    let mut small = Capabilities::default();
    small.context = Some(1000);
    let is_refused = |text: String| refusal(&OpenAiChat, &body(text), &small).is_some();
    assert!(is_refused("abcdefgh ".repeat(2000)));
    assert!(!is_refused("abcdefgh ".repeat(800)), "usual words are half as long");
    assert!(!is_refused(" ".repeat(100_000)), "a run of one character may be one token");
    assert!(
        !is_refused("\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}".repeat(1200)),
        "bytes are not characters"
    );
    let media = "A".repeat(100_000);
    let image = json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{media}")}});
    let picture = json!({"model": "c", "messages": [{"role": "user", "content": [image]}]});
    assert!(refusal(&OpenAiChat, &picture, &small).is_none(), "the bytes of media are not its tokens");
}

#[test]
fn what_one_provider_has_stored_is_refused_by_the_others() {
    let body = br#"{"model":"c","messages":[{"role":"user","content":"x"}]}"#;
    let mut request = OpenAiChat.decode_request(body).unwrap();
    let id = serde_json::value::RawValue::from_string("\"resp_1\"".to_owned()).unwrap();
    let state = std::borrow::Cow::Owned(id);
    request.state = Some(tower_failover::dialect::canonical::Extra::new("previous_response_id", state));
    let target = Target::new("m");
    let failure = AnthropicMessages.encode_request(&request, &target, &mut Losses::new()).unwrap_err();
    assert_eq!(failure.class(), Class::Unsupported);
    assert_eq!(failure.report().unwrap().param.as_deref(), Some("previous_response_id"));
    assert!(
        OpenAiChat.encode_request(&request, &target, &mut Losses::new()).is_ok(),
        "its own dialect's business"
    );
}

/// What the encoder writes for a known model, and what is lost.
fn written<M: Dialect>(member: &M, model: &str, fields: &Value) -> (Value, Losses) {
    let mut body = json!({"model": "c", "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let body = body.to_string();
    let request = OpenAiChat.decode_request(body.as_bytes()).unwrap();
    let mut losses = Losses::new();
    let encoded = member.encode_request(&request, &Target::new(model), &mut losses).unwrap();
    (serde_json::from_slice(&encoded.body).unwrap(), losses)
}

#[test]
fn choices_probabilities_and_tiers_go_to_members_that_have_them() {
    let fields = json!({"n": 2, "logprobs": true, "top_logprobs": 3, "service_tier": "flex"});
    let (body, losses) = written(&OpenAiChat, "gpt-4o", &fields);
    assert_eq!((&body["n"], &body["logprobs"], &body["top_logprobs"]), (&json!(2), &json!(true), &json!(3)));
    assert_eq!((&body["service_tier"], losses.is_empty()), (&json!("flex"), true));
    let (body, losses) = written(&AnthropicMessages, "claude-haiku-4-5", &fields);
    assert_eq!((body.get("n"), body.get("service_tier")), (None, None));
    assert_eq!(losses.to_string(), "dropped=service_tier, dropped=n, dropped=logprobs");
    let (body, losses) = written(&OpenAiChat, "gpt-5-mini", &fields);
    assert_eq!((body.get("logprobs"), losses.to_string()), (None, "dropped=logprobs".to_owned()));
    let defaults = json!({"n": 1, "logprobs": false, "service_tier": "auto", "metadata": {}});
    assert!(written(&AnthropicMessages, "claude-haiku-4-5", &defaults).1.is_empty());
}

#[test]
fn labels_are_left_out_and_named_since_openai_takes_them_only_of_calls_it_stores() {
    for (body, losses) in [
        written(&OpenAiChat, "gpt-4o", &json!({"metadata": {"a": "b"}})),
        written(&AnthropicMessages, "claude-haiku-4-5", &json!({"metadata": {"a": "b"}})),
    ] {
        assert_eq!((body.get("metadata"), losses.to_string()), (None, "dropped=metadata".to_owned()));
    }
}

#[test]
fn a_tier_of_anthropics_goes_to_anthropic_only() {
    let body = br#"{"model":"c","max_tokens":9,"service_tier":"standard_only","messages":[{"role":"user","content":"x"}]}"#;
    let request = AnthropicMessages.decode_request(body).unwrap();
    assert_eq!(request.service_tier.as_deref(), Some("standard_only"));
    let mut losses = Losses::new();
    let encoded = OpenAiChat.encode_request(&request, &Target::new("gpt-4o"), &mut losses).unwrap();
    assert!(!String::from_utf8(encoded.body).unwrap().contains("service_tier"));
    assert_eq!(losses.to_string(), "dropped=service_tier");
    let auto = String::from_utf8(body.to_vec()).unwrap().replace("standard_only", "auto");
    assert_eq!(AnthropicMessages.decode_request(auto.as_bytes()).unwrap().service_tier, None);
}

#[test]
fn a_tool_that_the_provider_would_run_itself_is_an_essential_loss() {
    let fields = json!({"tools": [{"type": "web_search"}, {"type": "function", "function": {"name": "f"}}]});
    for (_, losses) in
        [written(&OpenAiChat, "gpt-4o", &fields), written(&AnthropicMessages, "claude-haiku-4-5", &fields)]
    {
        let loss = losses.iter().find(|loss| loss.field == "tools[0].web_search").unwrap();
        assert!(loss.is_essential);
    }
}

#[test]
fn another_vendors_model_behind_a_dialect_gets_what_that_model_takes() {
    let fields = json!({"temperature": 0.5, "top_p": 0.5, "reasoning_effort": "high", "max_tokens": 100_000});
    let (body, losses) = written(&OpenAiChat, "anthropic/claude-sonnet-4.5", &fields);
    assert_eq!((&body["temperature"], body.get("top_p")), (&json!(0.5), None));
    assert_eq!((&body["reasoning_effort"], &body["max_tokens"]), (&json!("high"), &json!(64_000)));
    assert_eq!(losses.to_string(), "dropped=top_p, approximated=max_tokens");
    let schema =
        json!({"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {}}}});
    let (body, losses) = written(&OpenAiChat, "anthropic/claude-3.7-sonnet", &schema);
    assert_eq!((&body["response_format"]["type"], losses.is_empty()), (&json!("json_schema"), true));
}

#[test]
fn a_model_without_schemas_is_told_the_schema_in_words() {
    let schema = json!({"response_format": {"type": "json_schema",
        "json_schema": {"name": "s", "schema": {"type": "object"}}}});
    let (body, losses) = written(&OpenAiChat, "gpt-4-turbo", &schema);
    assert_eq!(body["response_format"], json!({"type": "json_object"}));
    let said = body["messages"][0]["content"].as_str().unwrap();
    assert!(said.contains(r#"{"type":"object"}"#) && said.contains("JSON"), "{said}");
    assert_eq!(losses.to_string(), "approximated=response_format");
}

#[test]
fn a_tool_is_not_forced_on_a_model_that_refuses_it() {
    let fields =
        json!({"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "required"});
    let (body, losses) = written(&OpenAiChat, "anthropic/claude-opus-5.5", &fields);
    assert_eq!(
        (&body["tool_choice"], losses.to_string()),
        (&json!("auto"), "approximated=tool_choice".to_owned())
    );
    let (body, _) = written(&AnthropicMessages, "claude-opus-5-5", &fields);
    assert_eq!(body["tool_choice"], json!({"type": "auto"}));
}
