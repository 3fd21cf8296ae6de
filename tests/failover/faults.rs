//! What a provider can do wrong before its first content, and who answers then.

use std::time::Duration;

use serde_json::Value;
use tower_failover::testing::{FakeProvider, Fault};

use crate::reading::data_lines;
use crate::support::{APIS, Answer, Api, Gateway, IMPATIENT, join};

const PRIMARY: &str = "the primary's answer";
const FALLBACK: &str = "the fallback's answer";

/// Calls `check` for each front, each dialect of the primary (the fallback speaks another), buffered and
/// streaming: 32 cells, of which those of one front run at the same time.
async fn in_every_cell(fault: impl Fn(&FakeProvider), check: impl AsyncFn(&Cell, Answer)) {
    in_every_cell_with(IMPATIENT, fault, check).await;
}

async fn in_every_cell_with(
    settings: &str,
    fault: impl Fn(&FakeProvider),
    check: impl AsyncFn(&Cell, Answer),
) {
    let ask = async |front: Api, api: Api, is_stream: bool| {
        let primary = api.provider(PRIMARY).await;
        let fallback = api.other().provider(FALLBACK).await;
        fault(&primary);
        let members = [(api, primary.base_url()), (api.other(), fallback.base_url())];
        let gateway = Gateway::with_settings(&members, settings).await;
        let cell = Cell { front, api, is_stream, primary, fallback };
        let answer = gateway.ask(front, is_stream).await;
        check(&cell, answer).await;
    };
    for front in APIS {
        join(APIS.into_iter().flat_map(|api| [ask(front, api, false), ask(front, api, true)])).await;
    }
}

#[derive(Debug)]
struct Cell {
    front: Api,
    api: Api,
    is_stream: bool,
    primary: FakeProvider,
    fallback: FakeProvider,
}

impl Cell {
    /// The fallback answered, wholly and honestly marked, and the primary was asked so often.
    fn served_by_fallback(&self, answer: &Answer, primary_attempts: u64) {
        self.served(answer, "fallback", FALLBACK);
        assert_eq!(self.primary.count(), primary_attempts, "{self:?}");
        assert_eq!(self.fallback.count(), 1, "{self:?}");
        assert_eq!(answer.header("x-failover-attempts"), (primary_attempts + 1).to_string(), "{self:?}");
    }

    fn served(&self, answer: &Answer, by: &str, text: &str) {
        assert_eq!(answer.status, 200, "{self:?} {answer:?}");
        let reading = answer.read(self.front, self.is_stream);
        assert_eq!(reading.text, text, "{self:?}");
        assert_eq!(reading.finish, "stop", "{self:?}");
        assert!(reading.input > 0 && reading.output > 0, "usage is told: {self:?} {reading:?}");
        assert_eq!(answer.header("x-failover-class"), "workhorse", "{self:?}");
        assert_eq!(answer.header("x-failover-provider"), by, "{self:?}");
        assert_eq!(answer.header("x-failover-model"), format!("{by}-model"), "{self:?}");
        assert!(!answer.headers.contains_key("x-failover-degraded"), "an equal member is no drop: {self:?}");
    }
}

/// How often a fault that lasts is met before the fallback is asked: with or without the one retry.
async fn fails_over(fault: Fault, primary_attempts: u64) {
    in_every_cell(
        |primary| primary.always(fault.clone()),
        async |cell, answer| cell.served_by_fallback(&answer, primary_attempts),
    )
    .await;
}

#[tokio::test]
async fn a_healthy_primary_answers() {
    in_every_cell(
        |_| {},
        async |cell, answer| {
            cell.served(&answer, "primary", PRIMARY);
            assert_eq!(answer.header("x-failover-attempts"), "1");
            assert_eq!(cell.fallback.count(), 0);
        },
    )
    .await;
}

#[tokio::test]
async fn one_500_is_retried_on_the_same_member() {
    in_every_cell(
        |primary| primary.script([Fault::server_error()]),
        async |cell, answer| {
            cell.served(&answer, "primary", PRIMARY);
            assert_eq!(answer.header("x-failover-attempts"), "2", "{cell:?}");
            assert_eq!((cell.primary.count(), cell.fallback.count()), (2, 0), "{cell:?}");
        },
    )
    .await;
}

#[tokio::test]
async fn a_503_for_ever_is_served_by_the_fallback() {
    fails_over(Fault::unavailable(), 2).await;
}

#[tokio::test]
async fn a_529_is_served_by_the_fallback() {
    fails_over(Fault::overloaded(), 2).await;
}

#[tokio::test]
async fn a_429_that_names_a_far_moment_is_shed_at_once() {
    fails_over(Fault::rate_limited(Duration::from_secs(30)), 1).await;
}

#[tokio::test]
async fn a_429_that_names_no_moment_is_shed_at_once() {
    fails_over(Fault::rate_limited(None), 1).await;
}

#[tokio::test]
async fn an_empty_balance_is_shed_at_once() {
    fails_over(Fault::insufficient_quota(), 1).await;
}

#[tokio::test]
async fn a_refused_key_of_ours_is_not_the_callers_trouble() {
    fails_over(Fault::unauthorized(), 1).await;
}

#[tokio::test]
async fn a_model_that_is_gone_is_served_by_the_fallback() {
    fails_over(Fault::model_not_found(), 1).await;
}

#[tokio::test]
async fn a_connection_reset_before_the_head_is_served_by_the_fallback() {
    // Accepted connections are closed before a request is read, so the provider counts none.
    in_every_cell(
        |primary| primary.always(Fault::Refuse),
        async |cell, answer| {
            cell.served(&answer, "fallback", FALLBACK);
            assert_eq!(answer.header("x-failover-attempts"), "3", "{cell:?}");
        },
    )
    .await;
}

#[tokio::test]
async fn a_refused_connection_is_served_by_the_fallback() {
    for front in APIS {
        // A port that was free a moment ago.
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let fallback = front.other().provider(FALLBACK).await;
        let members = [(Api::OpenAi, format!("http://{closed}/v1")), (front.other(), fallback.base_url())];
        let gateway = Gateway::start(&members).await;
        let answer = gateway.ask(front, false).await;
        assert_eq!(answer.read(front, false).text, FALLBACK);
        assert_eq!(answer.header("x-failover-attempts"), "3");
    }
}

#[tokio::test]
async fn a_silent_provider_is_asked_once_and_then_left() {
    fails_over(Fault::Hang, 1).await;
}

#[tokio::test]
async fn a_slow_first_token_fails_over() {
    let ask = async |front: Api, api: Api| {
        let primary = api.provider(PRIMARY).await;
        let fallback = api.other().provider(FALLBACK).await;
        primary.always(Fault::DelayFirstToken(Duration::from_secs(5)));
        let gateway = Gateway::between(api, &primary, &fallback).await;
        let answer = gateway.ask(front, true).await;
        assert_eq!(answer.read(front, true).text, FALLBACK);
        assert_eq!((primary.count(), fallback.count()), (1, 1));
    };
    join(APIS.into_iter().flat_map(|front| APIS.map(|api| ask(front, api)))).await;
}

#[tokio::test]
async fn a_page_of_html_with_status_200_is_no_answer() {
    fails_over(Fault::Garbage, 2).await;
}

#[tokio::test]
async fn an_empty_200_is_no_answer() {
    fails_over(Fault::Empty, 2).await;
}

#[tokio::test]
async fn an_error_event_before_any_content_fails_over() {
    fails_over(Fault::ErrorEvent { after: 0 }, 2).await;
}

#[tokio::test]
async fn a_cut_before_any_content_fails_over() {
    fails_over(Fault::CutBeforeContent, 2).await;
}

#[tokio::test]
async fn a_stream_without_its_terminal_frame_is_completed() {
    in_every_cell(
        |primary| primary.always(Fault::NoTerminal),
        async |cell, answer| cell.served(&answer, "primary", PRIMARY),
    )
    .await;
}

#[tokio::test]
async fn bytes_that_drip_make_the_same_answer() {
    // Two thousand of them take their time, most of all before the first content of a response.
    in_every_cell_with(
        "",
        |primary| primary.always(Fault::Drip),
        async |cell, answer| cell.served(&answer, "primary", PRIMARY),
    )
    .await;
}

/// Nobody completes what has broken off.
fn unrescued() -> String {
    IMPATIENT.replace("[stream]", "[stream]\nrescue = \"error\"")
}

/// Cut, stalled or given up in the middle: the caller's SDK must raise, and never see a whole answer.
#[tokio::test]
async fn a_stream_that_breaks_after_its_first_content_ends_with_a_typed_error() {
    let faults = [
        Fault::CutAfter(2),
        Fault::StallAfter(2),
        Fault::ErrorEvent { after: 2 },
        Fault::EndWithoutFinish { after: 2 },
    ];
    for fault in faults {
        let ask = async |front: Api, api: Api| {
            let primary = api.provider(PRIMARY).await;
            let fallback = api.other().provider(FALLBACK).await;
            primary.always(fault.clone());
            let members = [(api, primary.base_url()), (api.other(), fallback.base_url())];
            let gateway = Gateway::with_settings(&members, &unrescued()).await;
            let answer = gateway.ask(front, true).await;
            assert_eq!(answer.status, 200);
            let body = answer.raw();
            let cell = format!("{fault:?} {front:?} {api:?}: {body}");
            assert!(body.contains("the"), "what was said before stands: {cell}");
            assert_torn(front, body, &cell);
            assert_eq!(fallback.count(), 0, "no second answer is appended to the first");
        };
        join(APIS.into_iter().flat_map(|front| APIS.map(|api| ask(front, api)))).await;
    }
}

/// The stream ends with one error, in the shape that this dialect's SDK raises, and with no end beside it.
pub(crate) fn assert_torn(front: Api, body: &str, cell: &str) {
    let frames = data_lines(body);
    let events: Vec<Value> = frames.iter().map(|frame| serde_json::from_str(frame).expect("JSON")).collect();
    let is_error =
        |event: &Value| event.get("error").is_some_and(Value::is_object) || event["type"] == "error";
    let (last, before) = events.split_last().expect("events");
    assert!(is_error(last) || last["type"] == "response.failed", "{cell}");
    assert!(!before.iter().any(|event| is_error(event) && last["type"] != "response.failed"), "{cell}");
    let message = match front {
        // Flat in the SDK's types, nested on the wire.
        Api::Responses => last["message"]
            .as_str()
            .or(last["error"]["message"].as_str())
            .or(last["response"]["error"]["message"].as_str()),
        _ => last["error"]["message"].as_str(),
    };
    assert!(message.is_some_and(|message| !message.is_empty()), "{cell}");
    let ends =
        ["[DONE]", "message_stop", "response.completed", "response.incomplete", "\"finishReason\":\"STOP\""];
    assert!(!ends.iter().any(|end| body.contains(end)), "{cell}");
}

/// The other form of Gemini's streams, for callers who do not ask for events.
#[tokio::test]
async fn an_array_is_whole_or_ends_with_an_error() {
    let ask = async |api: Api, fault: Fault| {
        let primary = api.provider(PRIMARY).await;
        primary.always(fault);
        let gateway = Gateway::with_settings(&[(api, primary.base_url())], &unrescued()).await;
        let question = Api::Gemini.question(true).to_string();
        let answer = gateway.post("/v1beta/models/workhorse:streamGenerateContent", question).await;
        assert_eq!(answer.status, 200, "{api:?} {answer:?}");
        assert!(answer.header("content-type").starts_with("application/json"), "{api:?} {answer:?}");
        answer
    };
    let all = async |api: Api| {
        let whole = ask(api, Fault::None).await;
        let reading = whole.read(Api::Gemini, true);
        assert_eq!((&*reading.text, &*reading.finish), (PRIMARY, "stop"), "{api:?} {whole:?}");
        for fault in [Fault::CutAfter(2), Fault::StallAfter(2), Fault::ErrorEvent { after: 2 }] {
            let torn = ask(api, fault).await.json();
            let (last, before) = torn.as_array().expect("an array").split_last().expect("elements");
            assert!(last["error"]["message"].is_string(), "{api:?} {torn}");
            assert!(!before.is_empty() && before.iter().all(|one| one["error"].is_null()), "{api:?} {torn}");
        }
    };
    join(APIS.map(all)).await;
}

#[tokio::test]
async fn a_refused_request_goes_back_at_once_in_the_callers_dialect() {
    for (fault, status) in
        [(Fault::status(400), 400), (Fault::content_policy(), 400), (Fault::status(422), 422)]
    {
        in_every_cell(
            |primary| primary.always(fault.clone()),
            async |cell, answer| {
                assert_eq!((cell.primary.count(), cell.fallback.count()), (1, 0), "{fault:?} {cell:?}");
                if cell.api == Api::Gemini && fault == Fault::content_policy() {
                    return assert_blocked(cell, &answer);
                }
                assert_eq!(answer.status.as_u16(), status, "{fault:?} {cell:?} {answer:?}");
                assert_eq!(answer.header("x-should-retry"), "false", "{fault:?} {cell:?}");
                cell.front.error_message(&answer.json());
            },
        )
        .await;
    }
}

/// Gemini refuses a question with a 200 that says why there is no answer; that is one.
fn assert_blocked(cell: &Cell, answer: &Answer) {
    assert_eq!(answer.status, 200, "{cell:?} {answer:?}");
    let reading = answer.read(cell.front, cell.is_stream);
    assert_eq!((&*reading.text, &*reading.finish), ("", "content_filter"), "{cell:?} {answer:?}");
}

#[tokio::test]
async fn when_all_are_down_the_caller_gets_a_503_with_the_attempts() {
    for (front, api) in APIS.into_iter().flat_map(|front| APIS.map(|api| (front, api))) {
        for is_stream in [false, true] {
            let primary = api.provider(PRIMARY).await;
            let fallback = api.other().provider(FALLBACK).await;
            primary.always(Fault::rate_limited(Duration::from_secs(90)));
            fallback.always(Fault::rate_limited(Duration::from_secs(40)));
            let gateway = Gateway::between(api, &primary, &fallback).await;
            // Once by asking, once from memory: the second call asks nobody.
            for attempts in ["2", "0"] {
                let answer = gateway.ask(front, is_stream).await;
                assert_eq!(answer.status, 503, "{answer:?}");
                let hint: u64 = answer.header("retry-after").parse().expect("Retry-After");
                assert!((35..=40).contains(&hint), "the earliest hope: {hint}");
                assert_eq!(
                    answer.header("x-should-retry"),
                    "false",
                    "the caller must not multiply our attempts"
                );
                assert_eq!(answer.header("x-failover-attempts"), attempts);
                assert!(answer.header("content-type").starts_with("application/json"), "{answer:?}");
                front.error_message(&answer.json());
                let raw = answer.raw();
                assert!(
                    raw.contains("primary/primary-model") && raw.contains("fallback/fallback-model"),
                    "{raw}"
                );
                assert!(!raw.contains("secret") && !raw.contains("127.0.0.1"), "{raw}");
            }
            assert_eq!((primary.count(), fallback.count()), (1, 1));
        }
    }
}

#[tokio::test]
async fn an_open_circuit_spares_the_primary() {
    let primary = Api::OpenAi.provider(PRIMARY).await;
    let fallback = Api::Anthropic.provider(FALLBACK).await;
    primary.always(Fault::server_error());
    let gateway = Gateway::between(Api::OpenAi, &primary, &fallback).await;
    for _ in 0..50 {
        assert_eq!(gateway.ask(Api::OpenAi, false).await.read(Api::OpenAi, false).text, FALLBACK);
    }
    assert!(primary.count() <= 6, "asked {} times", primary.count());
    assert_eq!(fallback.count(), 50);
}

#[tokio::test]
async fn all_fronts_share_the_state_of_a_member() {
    let primary = Api::OpenAi.provider(PRIMARY).await;
    let fallback = Api::Anthropic.provider(FALLBACK).await;
    primary.always(Fault::rate_limited(Duration::from_secs(60)));
    let gateway = Gateway::between(Api::OpenAi, &primary, &fallback).await;
    for front in APIS {
        gateway.ask(front, front != Api::OpenAi).await;
    }
    assert_eq!(primary.count(), 1, "the other fronts know what the first has learnt");
}

#[tokio::test]
async fn no_credential_crosses_the_gateway() {
    in_every_cell(
        |_| {},
        async |cell, answer| {
            for seen in cell.primary.requests() {
                let head = format!("{:?}", seen.headers);
                assert!(!head.contains("caller-secret"), "{head}");
            }
            assert!(!format!("{:?}", answer.headers).contains("secret"));
        },
    )
    .await;
}
