//! Counting tokens: by members of the caller's own dialect, and by nobody else.

use std::time::Duration;

use serde_json::{Value, json};
use tower_failover::testing::{FakeProvider, Fault};

use crate::support::{APIS, Answer, Api, Gateway};

/// Those who can count; OpenAI Chat Completions cannot.
fn counting() -> impl Iterator<Item = Api> {
    APIS.into_iter().filter(|api| *api != Api::OpenAi)
}

fn path(front: Api) -> &'static str {
    match front {
        Api::Anthropic => "/v1/messages/count_tokens",
        Api::Responses => "/v1/responses/input_tokens",
        Api::Gemini => "/v1beta/models/workhorse:countTokens",
        Api::OpenAi => unreachable!("cannot count"),
    }
}

async fn ask(gateway: &Gateway, front: Api) -> Answer {
    let body = match front {
        Api::Anthropic => json!({"model": "workhorse", "messages": [{"role": "user", "content": "hello"}]}),
        Api::Responses => json!({"model": "workhorse", "input": "hello"}),
        _ => json!({"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}),
    };
    gateway.post(path(front), body.to_string()).await
}

fn tokens(front: Api, body: &Value) -> u64 {
    let field = if front == Api::Gemini { "totalTokens" } else { "input_tokens" };
    body[field].as_u64().unwrap_or_else(|| panic!("no count: {body}"))
}

async fn counter(api: Api) -> FakeProvider {
    api.provider("unused").await
}

#[tokio::test]
async fn a_member_of_another_dialect_is_passed_over() {
    for front in counting() {
        let (foreign, own) = (counter(Api::OpenAi).await, counter(front).await);
        let members = [(Api::OpenAi, foreign.base_url()), (front, own.base_url())];
        let gateway = Gateway::start(&members).await;
        let answer = ask(&gateway, front).await;
        assert_eq!(answer.status, 200, "{front:?} {answer:?}");
        assert!(tokens(front, &answer.json()) > 0);
        assert_eq!(answer.header("x-failover-provider"), "fallback", "{front:?}");
        assert_eq!(answer.header("x-failover-class"), "workhorse", "{front:?}");
        assert_eq!((foreign.count(), own.count()), (0, 1), "{front:?}");
    }
}

#[tokio::test]
async fn a_member_that_fails_to_count_is_followed_by_the_next() {
    for front in counting() {
        for fault in [Fault::unavailable(), Fault::Garbage, Fault::Empty, Fault::CutBeforeContent] {
            let (primary, fallback) = (counter(front).await, counter(front).await);
            primary.always(fault.clone());
            let members = [(front, primary.base_url()), (front, fallback.base_url())];
            let gateway = Gateway::start(&members).await;
            let answer = ask(&gateway, front).await;
            assert_eq!(answer.status, 200, "{fault:?} {front:?} {answer:?}");
            assert!(tokens(front, &answer.json()) > 0);
            assert_eq!(answer.header("x-failover-provider"), "fallback", "{fault:?} {front:?}");
        }
    }
}

/// Many servers that speak a vendor's API answer, and do not count.
#[tokio::test]
async fn a_provider_without_the_route_is_passed_over_for_counting_and_for_nothing_else() {
    for front in counting() {
        for (code, body) in [(404, ""), (404, "404 page not found"), (405, "{}"), (501, "")] {
            let (primary, fallback) = (counter(front).await, counter(front).await);
            let missing = Fault::Status { code, body: Some(body.into()), retry_after: None };
            primary.script([missing.clone()]);
            let members = [(front, primary.base_url()), (front, fallback.base_url())];
            let gateway = Gateway::start(&members).await;
            let cell = format!("{code} {body:?} {front:?}");
            let answer = ask(&gateway, front).await;
            assert_eq!(answer.status, 200, "{cell} {answer:?}");
            assert_eq!(answer.header("x-failover-provider"), "fallback", "{cell}");
            assert_eq!(answer.header("x-failover-attempts"), "2", "the primary was asked, too: {cell}");
            assert_eq!(primary.count(), 1, "{cell}");
            // It rests for nothing, and goes on answering.
            let answer = gateway.ask(front, false).await;
            assert_eq!(answer.header("x-failover-provider"), "primary", "{cell} {answer:?}");

            // Where nobody counts, the caller is told so, and not to try again.
            primary.script([missing.clone()]);
            fallback.script([missing]);
            let answer = ask(&gateway, front).await;
            assert!(answer.status.is_client_error(), "{cell} {answer:?}");
            let message = front.error_message(&answer.json());
            assert!(message.contains("count tokens"), "{cell} {message}");
            assert_eq!(gateway.ask(front, true).await.header("x-failover-provider"), "primary", "{cell}");
        }
    }
}

#[tokio::test]
async fn a_class_that_cannot_count_says_so() {
    for front in counting() {
        let foreign = counter(Api::OpenAi).await;
        let gateway = Gateway::start(&[(Api::OpenAi, foreign.base_url())]).await;
        let answer = ask(&gateway, front).await;
        assert_eq!(answer.status, 400, "{front:?} {answer:?}");
        let message = front.error_message(&answer.json());
        assert!(message.contains("count tokens"), "{front:?} {message}");
        assert_eq!(answer.header("x-should-retry"), "false");
        assert_eq!(foreign.count(), 0, "{front:?}");
        // Nobody's fault, and nobody's health suffers.
        assert_eq!(gateway.ask(front, false).await.status, 200, "{front:?}");
    }
}

/// There is no use in coming back.
#[tokio::test]
async fn a_class_that_cannot_count_says_so_while_it_is_down_as_well() {
    for front in counting() {
        let foreign = counter(Api::OpenAi).await;
        let gateway = Gateway::start(&[(Api::OpenAi, foreign.base_url())]).await;
        let circuit = gateway.stack.classes().next().unwrap().circuits().next().unwrap();
        circuit.force_open(Duration::from_secs(60));
        let answer = ask(&gateway, front).await;
        assert_eq!(answer.status, 400, "{front:?} {answer:?}");
        let message = front.error_message(&answer.json());
        assert!(message.contains("count tokens"), "{front:?} {message}");
        assert_eq!(gateway.ask(front, false).await.status, 503, "{front:?}");
    }
}
