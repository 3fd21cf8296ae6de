//! A caller who goes away: the provider is not left talking to nobody, whatever the call was waiting for, and nobody
//! is the worse for it.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::time::Instant;
use tower_failover::circuit_breaker::{CircuitHandle, CircuitState};
use tower_failover::testing::{FakeProvider, Fault};

use crate::support::{APIS, Api, Gateway, IMPATIENT, join};

/// Real sockets have no paused clock: waits for what must come, and not longer.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..200 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not happen within two seconds");
}

/// Within 100 ms, less what the machine itself was late by: each pause of one millisecond that took longer says so.
pub(crate) async fn within_100_ms(what: &str, condition: impl Fn() -> bool) {
    const PAUSE: Duration = Duration::from_millis(1);
    let (begin, mut late) = (Instant::now(), Duration::ZERO);
    while !condition() {
        let pause = Instant::now();
        tokio::time::sleep(PAUSE).await;
        // A timer of tokio's is up to a millisecond late by itself.
        late += pause.elapsed().saturating_sub(2 * PAUSE);
        let took = begin.elapsed().saturating_sub(late);
        assert!(took < Duration::from_millis(100), "not within 100 ms: {what}");
    }
}

async fn call(gateway: &Gateway, front: Api, is_stream: bool) -> http::Response<hyper::body::Incoming> {
    let client: Client<_, Full<bytes::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let request = http::Request::post(format!("{}{}", gateway.url, front.path("workhorse", is_stream)))
        .header("content-type", "application/json")
        .body(Full::from(front.question(is_stream).to_string()))
        .unwrap();
    client.request(request).await.unwrap()
}

async fn slow_gateway(api: Api, primary: &FakeProvider) -> Gateway {
    Gateway::with_settings(&[(api, primary.base_url())], "").await
}

fn circuit(gateway: &Gateway) -> CircuitHandle {
    gateway.stack.classes().next().unwrap().circuits().next().unwrap()
}

/// The call is over at both ends, and was neither a success nor a failure of the member.
async fn assert_left(what: &str, gateway: &Gateway, primary: &FakeProvider) {
    within_100_ms(what, || primary.cancelled() == 1).await;
    let circuit = circuit(gateway);
    within_100_ms(what, || circuit.snapshot().totals.cancelled == 1).await;
    let totals = circuit.snapshot().totals;
    assert_eq!((totals.successes, totals.failures, totals.throttled), (0, 0, 0), "{what}");
    assert_eq!(circuit.state(), CircuitState::Closed, "{what}");
    assert_eq!(primary.count(), 1, "nobody asks again for a caller who has left: {what}");
}

/// Gives up as soon as the provider has the request.
async fn leave_when_asked(gateway: &Gateway, place: (Api, bool), primary: &FakeProvider, asked: u64) {
    tokio::select! {
        _ = call(gateway, place.0, place.1) => panic!("it was answered"),
        () = eventually("the attempt", || primary.count() == asked) => {}
    }
}

#[tokio::test]
async fn leaving_before_the_head_cancels_the_upstream() {
    let leave = async |front: Api, api: Api, is_stream: bool| {
        let primary = api.provider("late").await;
        primary.always(Fault::Hang);
        let gateway = slow_gateway(api, &primary).await;
        leave_when_asked(&gateway, (front, is_stream), &primary, 1).await;
        assert_left(&format!("{front:?} {api:?}"), &gateway, &primary).await;
    };
    for front in APIS {
        join(APIS.into_iter().flat_map(|api| [leave(front, api, false), leave(front, api, true)])).await;
    }
}

/// The head has come, and frames, and none of them says anything yet.
#[tokio::test]
async fn leaving_in_hold_back_cancels_the_upstream() {
    let leave = async |front: Api, api: Api, is_stream: bool| {
        let primary = api.provider("late").await;
        primary.always(Fault::DelayFirstToken(Duration::from_secs(60)));
        let gateway = slow_gateway(api, &primary).await;
        let call = call(&gateway, front, is_stream);
        let left = tokio::time::timeout(Duration::from_millis(200), call).await;
        assert!(left.is_err(), "nothing is told of an answer that has not begun");
        assert_left(&format!("{front:?} {api:?} {is_stream}"), &gateway, &primary).await;
    };
    for front in APIS {
        join(APIS.into_iter().flat_map(|api| [leave(front, api, false), leave(front, api, true)])).await;
    }
}

#[tokio::test]
async fn leaving_in_mid_stream_cancels_the_upstream() {
    let leave = async |front: Api, api: Api| {
        let primary = api.provider("a long answer of many words that goes on").await;
        primary.always(Fault::StallAfter(2));
        let gateway = slow_gateway(api, &primary).await;
        let mut response = call(&gateway, front, true).await;
        assert!(response.body_mut().frame().await.is_some_and(|frame| frame.is_ok()), "it has begun");
        drop(response);
        assert_left(&format!("{front:?} {api:?}"), &gateway, &primary).await;
    };
    join(APIS.into_iter().flat_map(|front| APIS.map(|api| leave(front, api)))).await;
}

/// Between two attempts there is nothing to cancel, and nothing begins.
#[tokio::test]
async fn leaving_in_backoff_is_the_end_of_it() {
    const WAIT: Duration = Duration::from_secs(1);
    let leave = async |front: Api, is_stream: bool| {
        let api = front.other();
        let primary = api.provider("late").await;
        let busy = Fault::Status { code: 503, body: Some("{}".into()), retry_after: Some(WAIT) };
        primary.script([busy]);
        let gateway = slow_gateway(api, &primary).await;
        let left = tokio::time::timeout(WAIT / 2, call(&gateway, front, is_stream)).await;
        assert!(left.is_err(), "the second attempt is not due yet");
        tokio::time::sleep(WAIT).await;
        assert_eq!(primary.count(), 1, "{front:?}");
        let totals = circuit(&gateway).snapshot().totals;
        assert_eq!((totals.failures, totals.successes, totals.cancelled), (1, 0, 0), "{front:?} {totals:?}");
        // Nothing is held: the next caller is served.
        assert_eq!(call(&gateway, front, is_stream).await.status(), 200, "{front:?}");
    };
    join(APIS.into_iter().flat_map(|front| [leave(front, false), leave(front, true)])).await;
}

/// A probe whose caller leaves gives its permit back; the next caller is the next probe.
#[tokio::test]
async fn leaving_in_a_probe_leaves_the_circuit_half_open() {
    let leave = async |front: Api, api: Api, is_stream: bool| {
        let what = format!("{front:?} {api:?} {is_stream}");
        let primary = api.provider("late").await;
        primary.script([Fault::Hang]);
        let gateway = slow_gateway(api, &primary).await;
        let circuit = circuit(&gateway);
        circuit.force_open(Duration::from_secs(60));
        circuit.probe_now();
        leave_when_asked(&gateway, (front, is_stream), &primary, 1).await;
        within_100_ms(&what, || primary.cancelled() == 1).await;
        within_100_ms(&what, || circuit.snapshot().totals.cancelled == 1).await;
        assert_ne!(circuit.state(), CircuitState::Closed, "nothing was learnt: {what}");
        assert_eq!(circuit.snapshot().totals.failures, 0, "{what}");
        // Two good probes close it.
        for probes in 1..=2 {
            let response = call(&gateway, front, is_stream).await;
            assert_eq!(response.status(), 200, "{what}");
            response.into_body().collect().await.unwrap();
            within_100_ms(&what, || circuit.snapshot().totals.successes == probes).await;
        }
        assert_eq!(circuit.state(), CircuitState::Closed, "{what}");
        assert_eq!(circuit.snapshot().totals.refused, 0, "{what}");
    };
    for front in APIS {
        join(APIS.into_iter().flat_map(|api| [leave(front, api, false), leave(front, api, true)])).await;
    }
}

/// The answer broke off, and somebody else is asked to go on with it.
#[tokio::test]
async fn leaving_while_an_answer_is_gone_on_with_cancels_whoever_goes_on() {
    let leave = async |front: Api, api: Api| {
        let what = format!("{front:?} {api:?}");
        let primary = Api::OpenAi.provider("a long answer of many words").await;
        let fallback = api.provider("a long answer of many words").await;
        primary.script([Fault::CutAfter(2)]);
        fallback.always(Fault::Hang);
        let members = [(Api::OpenAi, primary.base_url()), (api, fallback.base_url())];
        let gateway = Gateway::with_settings(&members, "").await;
        let mut response = call(&gateway, front, true).await;
        tokio::select! {
            () = async { while response.body_mut().frame().await.is_some() {} } => panic!("it is over: {what}"),
            () = eventually("the continuation", || fallback.count() == 1) => {}
        }
        drop(response);
        within_100_ms(&what, || fallback.cancelled() == 1).await;
        let class = gateway.stack.classes().next().unwrap();
        let other = class.circuits().nth(1).unwrap();
        within_100_ms(&what, || other.snapshot().totals.cancelled == 1).await;
        let (broke_off, left) = (circuit(&gateway).snapshot().totals, other.snapshot().totals);
        assert_eq!(broke_off.failures, 1, "{what}: whoever broke off did: {broke_off:?}");
        assert_eq!((left.successes, left.failures, left.throttled), (0, 0, 0), "{what}");
        assert_eq!((primary.count(), fallback.count()), (1, 1), "{what}");
    };
    for front in APIS {
        join(APIS.map(|api| leave(front, api))).await;
    }
}

/// A provider, or whatever stands before it, that drops each connection at its second request.
#[tokio::test]
async fn connections_that_end_between_two_requests_do_not_open_the_circuit() {
    let primary = Api::OpenAi.provider("here").await;
    let gateway = Gateway::with_settings(&[(Api::OpenAi, primary.base_url())], IMPATIENT).await;
    gateway.ask(Api::OpenAi, false).await;
    for _ in 0..20 {
        primary.script([Fault::Refuse]);
        let answer = gateway.ask(Api::OpenAi, false).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let totals = circuit(&gateway).snapshot().totals;
    assert_eq!((totals.successes, totals.failures, totals.cancelled), (21, 0, 20));
}
