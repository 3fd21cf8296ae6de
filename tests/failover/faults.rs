//! Faults that have no row in the [table](crate::table): of more than one call, or with more than one end to it.

use std::time::Duration;

use serde_json::Value;
use tower_failover::testing::{Fault, RecordedReply};

use crate::disconnect::within_100_ms;
use crate::reading::data_lines;
use crate::support::{APIS, Answer, Api, Gateway, IMPATIENT, join};

const PRIMARY: &str = "the primary's answer";
const FALLBACK: &str = "the fallback's answer";

/// Calls `check` for each front, each dialect of the primary (the fallback speaks another), buffered and
/// streaming: 32 cells, of which those of one front run at the same time.
async fn in_every_cell(settings: &str, fault: Fault, check: impl Fn(&Cell, Answer)) {
    let ask = async |front: Api, api: Api, is_stream: bool| {
        let primary = api.provider(PRIMARY).await;
        let fallback = api.other().provider(FALLBACK).await;
        primary.always(fault.clone());
        let members = [(api, primary.base_url()), (api.other(), fallback.base_url())];
        let gateway = Gateway::with_settings(&members, settings).await;
        check(&Cell { front, api, is_stream }, gateway.ask(front, is_stream).await);
    };
    for front in APIS {
        join(APIS.into_iter().flat_map(|api| [ask(front, api, false), ask(front, api, true)])).await;
    }
}

#[derive(Debug)]
struct Cell {
    front: Api,
    #[allow(dead_code, reason = "told of a cell that is not as it should be")]
    api: Api,
    is_stream: bool,
}

impl Cell {
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

#[tokio::test]
async fn a_connection_reset_before_the_head_is_served_by_the_fallback() {
    // Accepted connections are closed before a request is read, so the provider counts none.
    in_every_cell(IMPATIENT, Fault::Refuse, |cell, answer| {
        cell.served(&answer, "fallback", FALLBACK);
        assert_eq!(answer.header("x-failover-attempts"), "3", "{cell:?}");
    })
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
async fn bytes_that_drip_make_the_same_answer() {
    // Two thousand of them take their time, most of all before the first content of a response.
    in_every_cell("", Fault::Drip, |cell, answer| cell.served(&answer, "primary", PRIMARY)).await;
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
    if front == Api::Responses {
        let numbers: Vec<_> = events.iter().map(|event| event["sequence_number"].as_u64()).collect();
        let expected: Vec<_> = (0..).map(Some).take(numbers.len()).collect();
        assert_eq!(numbers, expected, "numbers have no gaps: {cell}");
    }
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

/// A gateway that stands before a provider has tried already, and says so.
#[tokio::test]
async fn who_says_that_it_would_fail_again_is_not_asked_again() {
    let ask = async |front: Api, api: Api, is_stream: bool| {
        let (primary, fallback) = (api.provider(PRIMARY).await, api.other().provider(FALLBACK).await);
        primary.reply(RecordedReply::json(500, "{}").header("x-should-retry", "false"));
        let gateway = Gateway::between(api, &primary, &fallback).await;
        let answer = gateway.ask(front, is_stream).await;
        assert_eq!(answer.read(front, is_stream).text, FALLBACK, "{front:?} {api:?} {is_stream}");
        assert_eq!((primary.count(), fallback.count()), (1, 1), "{front:?} {api:?} {is_stream}");
    };
    for front in APIS {
        join(APIS.into_iter().flat_map(|api| [ask(front, api, false), ask(front, api, true)])).await;
    }
}

/// Our key goes where it was meant to go, whoever says that the answer is elsewhere.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    for code in [301, 302, 303, 307, 308] {
        let trap = Api::OpenAi.provider("a trap").await;
        let primary = Api::OpenAi.provider(PRIMARY).await;
        let to = format!("{}/chat/completions", trap.base_url());
        primary.always(Fault::Redirect { code, to: to.clone() });
        let gateway = Gateway::start(&[(Api::OpenAi, primary.base_url())]).await;
        for is_stream in [false, true] {
            let answer = gateway.ask(Api::OpenAi, is_stream).await;
            assert_eq!(answer.status, 503, "{code} {answer:?}");
            assert!(
                !answer.headers.contains_key("location") && !answer.raw().contains(&to),
                "{code} {answer:?}"
            );
        }
        assert_eq!((trap.stats().connections, primary.count()), (0, 4), "{code}");
    }
}

/// A base URL that says `https` where there is no TLS: the port answers, and not in TLS.
#[tokio::test]
async fn a_port_that_speaks_no_tls_is_left_for_the_fallback() {
    for front in APIS {
        let primary = Api::OpenAi.provider(PRIMARY).await;
        let fallback = front.other().provider(FALLBACK).await;
        let url = primary.base_url().replace("http://", "https://");
        let gateway = Gateway::start(&[(Api::OpenAi, url), (front.other(), fallback.base_url())]).await;
        let answer = gateway.ask(front, false).await;
        assert_eq!(answer.read(front, false).text, FALLBACK);
        assert_eq!(answer.header("x-failover-attempts"), "3");
        assert_eq!(primary.count(), 0, "no key and no question went over that wire");
    }
}

/// The limit of an answer is 32 MiB, and so is that of a frame: a gateway that read on would end with its memory.
#[tokio::test]
async fn an_answer_without_end_is_left_at_the_limit() {
    const BYTES: usize = 1024 * 1024 * 1024;
    let settings = "[retry]\nattempts = 1";
    for (front, is_stream) in APIS.into_iter().flat_map(|front| [(front, false), (front, true)]) {
        for api in [front, front.other()] {
            let (primary, fallback) = (api.provider(PRIMARY).await, front.other().provider(FALLBACK).await);
            primary.always(Fault::Huge { bytes: BYTES });
            let members = [(api, primary.base_url()), (front.other(), fallback.base_url())];
            let gateway = Gateway::with_settings(&members, settings).await;
            let answer = gateway.ask(front, is_stream).await;
            let what = format!("{front:?} {api:?} {is_stream}");
            assert_eq!(answer.read(front, is_stream).text, FALLBACK, "{what}");
            assert_eq!((primary.count(), fallback.count()), (1, 1), "{what}");
            within_100_ms(&what, || primary.cancelled() == 1).await;
        }
    }
}

/// What was promised has come, and is not all. Only an answer that had said why it stops is whole without the rest.
#[tokio::test]
async fn a_length_that_is_too_short_is_half_an_answer() {
    let ask = async |front: Api, api: Api, is_stream: bool| {
        let (primary, fallback) = (api.provider(PRIMARY).await, api.other().provider(FALLBACK).await);
        primary.always(Fault::WrongLength { by: -12 });
        let members = [(api, primary.base_url()), (api.other(), fallback.base_url())];
        let gateway = Gateway::with_settings(&members, &unrescued()).await;
        let answer = gateway.ask(front, is_stream).await;
        let what = format!("{front:?} {api:?} {is_stream} {answer:?}");
        match (is_stream, api) {
            (false, _) => assert_eq!(answer.read(front, is_stream).text, FALLBACK, "{what}"),
            // Less than the terminal frame is missing.
            (true, Api::OpenAi | Api::Anthropic) => {
                assert_eq!(answer.read(front, is_stream).text, PRIMARY, "{what}");
            }
            (true, Api::Responses | Api::Gemini) => assert_torn(front, answer.raw(), &what),
        }
    };
    for front in APIS {
        join(APIS.into_iter().flat_map(|api| [ask(front, api, false), ask(front, api, true)])).await;
    }
}
