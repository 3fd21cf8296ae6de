//! Streams of few frames that are large: of those that repeat the question, and those that hold a picture.

use serde_json::json;
use tower_failover::testing::RecordedReply;

use crate::support::{APIS, Api, Gateway};

const PRIMARY: &str = "the primary's answer";

/// A response begins with all that was asked of it, and tells it twice.
#[tokio::test]
async fn long_instructions_and_tools_are_no_reason_to_be_refused() {
    let words = "words ".repeat(20_000);
    let mut question = Api::Responses.question(true);
    question["instructions"] = json!(words);
    question["tools"] = json!([
        {"type": "function", "name": "f", "description": words, "parameters": {"type": "object", "properties": {}}}
    ]);
    for api in APIS {
        let primary = api.provider(PRIMARY).await;
        let gateway = Gateway::start(&[(api, primary.base_url())]).await;
        let answer = gateway.send(Api::Responses, question.to_string()).await;
        assert_eq!(answer.status, 200, "{api:?}");
        assert_eq!(answer.read(Api::Responses, true).text, PRIMARY, "{api:?}");
        assert_eq!(primary.count(), 1, "{api:?}");
    }
}

/// It is paid for, and asked for once.
#[tokio::test]
async fn a_picture_in_a_frame_is_passed_on_as_it_is() {
    let picture = "A".repeat(5 * 1024 * 1024);
    let part = json!({"inlineData": {"mimeType": "image/png", "data": picture}});
    let frame =
        json!({"candidates": [{"content": {"parts": [part], "role": "model"}, "finishReason": "STOP"}]});
    let stream = format!("data: {frame}\r\n\r\n");
    let (primary, fallback) = (Api::Gemini.provider("").await, Api::Gemini.provider("").await);
    primary.reply(RecordedReply::sse(stream.clone()));
    let members = [(Api::Gemini, primary.base_url()), (Api::Gemini, fallback.base_url())];
    let gateway = Gateway::start(&members).await;
    let answer = gateway.ask(Api::Gemini, true).await;
    assert!(answer.status == 200 && answer.raw() == stream, "{}", answer.status);
    assert_eq!((primary.count(), fallback.count()), (1, 0));
}
