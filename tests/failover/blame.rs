//! One caller's request may be refused for what is in it. The next caller is served as before.

use bytes::Bytes;
use serde_json::json;
use tower_failover::circuit_breaker::CircuitState;
use tower_failover::testing::{FakeProvider, Fault};

use crate::support::{APIS, Api, Gateway, IMPATIENT, join};

const PRIMARY: &str = "the primary's answer";
const FALLBACK: &str = "the fallback's answer";

fn says(code: u16, body: impl Into<Bytes>) -> Fault {
    Fault::Status { code, body: Some(body.into()), retry_after: None }
}

/// What is beyond one account, one proxy or one API, and no model.
fn others_may_serve_it() -> [Fault; 5] {
    let large = "Request too large for gpt-4.1 in organization org-x on tokens per min (TPM): Limit 30000, Requested \
                 45000.";
    let error =
        json!({"error": {"message": large, "type": "tokens", "param": null, "code": "rate_limit_exceeded"}});
    [
        says(403, "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>"),
        says(400, ""),
        says(413, "<html><center>413 Request Entity Too Large</center></html>"),
        says(429, error.to_string()),
        says(413, error.to_string()),
    ]
}

/// The primary is the larger model, so that whoever took it for an overflow would ask nobody else.
async fn gateway(primary: &FakeProvider, fallback: &FakeProvider) -> Gateway {
    let members =
        [(Api::OpenAi, primary.base_url(), "gpt-4.1"), (Api::OpenAi, fallback.base_url(), "gpt-4o")];
    Gateway::with_models(&members, IMPATIENT).await
}

#[tokio::test]
async fn what_one_member_refuses_for_this_request_the_next_one_serves_and_nobody_rests() {
    let check = async |front: Api| {
        for fault in others_may_serve_it() {
            let primary = Api::OpenAi.provider(PRIMARY).await;
            let fallback = Api::OpenAi.provider(FALLBACK).await;
            let gateway = gateway(&primary, &fallback).await;
            primary.always(fault.clone());
            for calls in 1..=3 {
                let answer = gateway.ask(front, false).await;
                assert_eq!(answer.read(front, false).text, FALLBACK, "{front:?} {fault:?}");
                assert_eq!(primary.count(), calls, "asked once, and again by the next call: {fault:?}");
            }
            let circuit = gateway.stack.classes().next().unwrap().circuits().next().unwrap();
            assert_eq!(circuit.state(), CircuitState::Closed, "{fault:?}");
            primary.healthy();
            assert_eq!(gateway.ask(front, false).await.read(front, false).text, PRIMARY, "{fault:?}");
        }
    };
    join(APIS.map(check)).await;
}

#[tokio::test]
async fn where_nobody_serves_it_no_caller_is_told_of_a_context_that_nobody_spoke_of() {
    let check = async |front: Api| {
        for fault in others_may_serve_it() {
            let (primary, fallback) = (Api::OpenAi.provider("").await, Api::OpenAi.provider("").await);
            let gateway = gateway(&primary, &fallback).await;
            primary.always(fault.clone());
            fallback.always(fault.clone());
            let answer = gateway.ask(front, false).await;
            assert!(answer.status.is_client_error() || answer.status == 503, "{answer:?}");
            front.error_message(&answer.json());
            let raw = answer.raw().to_lowercase();
            for word in ["context", "overflow", "tpm", "org-x"] {
                assert!(!raw.contains(word), "{front:?} {fault:?} {raw}");
            }
            assert_eq!((primary.count(), fallback.count()), (1, 1), "{fault:?}");
        }
    };
    join(APIS.map(check)).await;
}

#[tokio::test]
async fn words_that_a_caller_made_the_provider_repeat_end_with_him() {
    let value = |words: &str| {
        let message =
            format!("Invalid value: '{words}'. Supported values are: 'none', 'auto', and 'required'.");
        json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": null}})
    };
    let check = async |front: Api| {
        for words in ["invalid api key", "model not found", "insufficient balance", "model is not ready"] {
            let primary = Api::OpenAi.provider(PRIMARY).await;
            let fallback = Api::OpenAi.provider(FALLBACK).await;
            let gateway = gateway(&primary, &fallback).await;
            primary.always(says(400, value(words).to_string()));
            let answer = gateway.ask(front, false).await;
            assert_eq!(answer.status, 400, "{answer:?}");
            assert!(front.error_message(&answer.json()).contains(words), "{answer:?}");
            primary.healthy();
            assert_eq!(gateway.ask(front, false).await.read(front, false).text, PRIMARY, "{words}");
            assert_eq!(fallback.count(), 0, "{words}");
        }
    };
    join(APIS.map(check)).await;
}

#[tokio::test]
async fn a_caller_of_gemini_reads_the_same_moment_in_the_body_as_in_the_header() {
    let only = Api::OpenAi.provider(PRIMARY).await;
    let gateway = Gateway::start(&[(Api::OpenAi, only.base_url())]).await;
    only.always(Fault::status(503));
    let answer = gateway.ask(Api::Gemini, false).await;
    let delay = &answer.json()["error"]["details"][0]["retryDelay"];
    assert_eq!((answer.header("retry-after"), delay.as_str()), ("5", Some("5s")), "{answer:?}");
}
