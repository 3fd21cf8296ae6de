//! Callers who wait long are told that they are not forgotten, and nothing is promised to them.

use http::{Request, StatusCode};
use http_body_util::Full;
use tower_failover::testing::{FakeProvider, Fault};

use crate::reading::data_lines;
use crate::support::{APIS, Api, Gateway, IMPATIENT, join};

const ANSWER: &str = "worth the wait";

/// Signs after 100 ms; nobody waits longer than 300 ms for a first token.
fn settings() -> String {
    IMPATIENT.replace("[stream]", "[stream]\n    keepalive = \"100ms\"")
}

/// The providers live as long as they are held.
async fn between(
    api: Api,
    fault: impl Fn(&FakeProvider),
    fallback: Option<Fault>,
) -> (Gateway, [FakeProvider; 2]) {
    let primary = api.provider("never said").await;
    let second = api.other().provider(ANSWER).await;
    fault(&primary);
    if let Some(fault) = fallback {
        second.always(fault);
    }
    let members = [(api, primary.base_url()), (api.other(), second.base_url())];
    (Gateway::with_settings(&members, &settings()).await, [primary, second])
}

#[tokio::test]
async fn a_stream_that_began_with_signs_of_life_is_one_answer_in_every_dialect() {
    join(APIS.into_iter().map(async |front| {
        let (gateway, _providers) = between(front, |primary| primary.always(Fault::Hang), None).await;
        let answer = gateway.ask(front, true).await;
        assert_eq!(answer.status, StatusCode::OK, "{front:?}");
        assert_eq!(answer.header("content-type"), "text/event-stream", "{front:?}");
        assert_eq!(answer.header("x-failover-provider"), "", "nobody had answered yet: {front:?}");
        let reading = answer.read(front, true);
        assert_eq!((&*reading.text, &*reading.finish), (ANSWER, "stop"), "{front:?}");
        let sign = if front == Api::Gemini { "\r\n" } else { ": keepalive\n\n" };
        assert!(answer.raw().starts_with(sign), "{front:?}: {}", answer.raw());
        let says_who =
            answer.raw().contains(": x-failover-class: workhorse\n: x-failover-provider: fallback\n");
        assert_eq!(says_who, front != Api::Gemini, "{front:?}: {}", answer.raw());
    }))
    .await;
}

#[tokio::test]
async fn if_nobody_answers_the_stream_ends_with_an_error_of_the_callers_dialect() {
    join(APIS.into_iter().map(async |front| {
        let hang = |primary: &FakeProvider| primary.always(Fault::Hang);
        let (gateway, _providers) = between(front, hang, Some(Fault::unavailable())).await;
        let answer = gateway.ask(front, true).await;
        assert_eq!(answer.status, StatusCode::OK, "{front:?}");
        let last = data_lines(answer.raw()).pop().expect("an event");
        assert!(last.contains("error") && last.contains("No model could answer"), "{front:?}: {last}");
    }))
    .await;
}

#[tokio::test]
async fn who_waits_for_a_whole_answer_gets_its_status() {
    join(APIS.into_iter().map(async |front| {
        let hang = |primary: &FakeProvider| primary.always(Fault::Hang);
        let (gateway, _providers) = between(front, hang, Some(Fault::unavailable())).await;
        assert_eq!(gateway.ask(front, false).await.status, StatusCode::SERVICE_UNAVAILABLE, "{front:?}");
    }))
    .await;
}

#[tokio::test]
async fn an_array_in_which_nothing_stands_yet_is_kept_alive_by_white_space() {
    let (gateway, _providers) = between(Api::Gemini, |primary| primary.always(Fault::Hang), None).await;
    let request = Request::post(format!("{}/v1beta/models/workhorse:streamGenerateContent", gateway.url))
        .header("content-type", "application/json")
        .body(Full::new(Api::Gemini.question(true).to_string().into()))
        .expect("a request");
    let answer = gateway.send_request(request).await;
    assert!(answer.raw().starts_with("\n"), "{}", answer.raw());
    assert!(answer.json().is_array());
    assert_eq!(answer.read(Api::Gemini, true).text, ANSWER);
}
