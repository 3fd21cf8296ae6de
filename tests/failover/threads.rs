//! Conversations that Anthropic keeps, which its SDKs' tool runners begin by themselves: whoever is asked to go on
//! with one that he does not have says so in Anthropic's own words, on which the SDK sends all of it again.

use http::StatusCode;
use serde_json::{Value, json};
use tower_failover::testing::{Fault, RecordedReply};

use crate::support::{Answer, Api, Gateway};

async fn ask(gateway: &Gateway, thread: Value) -> Answer {
    let messages = json!([{"role": "user", "content": "hello"}]);
    let body = json!({"model": "workhorse", "max_tokens": 64, "messages": messages, "thread": thread});
    gateway.post("/v1/messages", body.to_string()).await
}

fn goes_on() -> Value {
    json!({"type": "continue", "previous_message_id": "msg_1"})
}

fn is_to_begin_anew(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
    let error = &answer.json()["error"];
    assert_eq!(error["details"]["error_code"], "thread_not_found", "{error}");
    assert_eq!(error["type"], "not_found_error");
}

#[tokio::test]
async fn a_thread_begins_at_a_member_of_another_api_and_goes_on_from_the_whole_conversation() {
    let (primary, fallback) =
        (Api::Anthropic.provider("unused").await, Api::OpenAi.provider("from the other").await);
    primary.always(Fault::unavailable());
    let members = [(Api::Anthropic, primary.base_url()), (Api::OpenAi, fallback.base_url())];
    let gateway = Gateway::start(&members).await;
    let answer = ask(&gateway, json!({"type": "create"})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("x-failover-provider"), "fallback");
    assert_eq!(answer.header("x-failover-loss"), "dropped=thread");
    is_to_begin_anew(&ask(&gateway, goes_on()).await);
    assert_eq!(fallback.count(), 1, "the rest of a conversation is no question");
}

#[tokio::test]
async fn a_member_that_has_lost_a_thread_is_heard_and_stays_in_service() {
    let (primary, fallback) = (Api::Anthropic.provider("here").await, Api::OpenAi.provider("unused").await);
    let lost = json!({
        "type": "error",
        "error": {
            "type": "not_found_error", "message": "No such thread.", "details": {"error_code": "thread_not_found"},
        },
    });
    primary.reply(RecordedReply::json(404, lost.to_string()));
    let members = [(Api::Anthropic, primary.base_url()), (Api::OpenAi, fallback.base_url())];
    let gateway = Gateway::start(&members).await;
    let answer = ask(&gateway, goes_on()).await;
    is_to_begin_anew(&answer);
    assert_eq!(answer.json()["error"]["message"], "No such thread.");
    let answer = gateway.post("/v1/messages", Api::Anthropic.question(false).to_string()).await;
    assert_eq!(answer.header("x-failover-provider"), "primary", "{answer:?}");
    assert_eq!(fallback.count(), 0);
}
