#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::future::{pending, ready};

use http::{HeaderMap, Request, Response};
use tower::limit::ConcurrencyLimit;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_failover::degraded_marker::{DegradedMarkerLayer, Mark};
use tower_failover::facts::{Attempts, Degradation, Losses, Member, Served};
use tower_failover::testing::ReadinessProbe;

/// The headers of a response that came with these facts and headers.
async fn marked(prepare: impl Fn(&mut Response<()>) + Clone) -> HeaderMap {
    let inner = service_fn(move |_: Request<()>| {
        let mut response = Response::new(());
        prepare(&mut response);
        ready(Ok::<_, Infallible>(response))
    });
    let response = DegradedMarkerLayer::new().layer(inner).oneshot(Request::new(())).await.unwrap();
    response.headers().clone()
}

fn shown(headers: &HeaderMap) -> Vec<String> {
    let show = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        format!("{name}: {}", value.to_str().unwrap())
    };
    let mut shown: Vec<_> = headers.iter().map(show).collect();
    shown.sort();
    shown
}

#[tokio::test]
async fn a_response_says_who_served_and_an_equal_member_is_not_second_best() {
    let headers = marked(|response| {
        let member = Member::new("anthropic").with_model("claude-sonnet-4-6");
        let served = Served::by(&member, 3).of_class("workhorse");
        response.extensions_mut().insert(served);
        response.extensions_mut().insert(Losses::new());
    })
    .await;
    let expected = [
        "x-failover-attempts: 3",
        "x-failover-class: workhorse",
        "x-failover-model: claude-sonnet-4-6",
        "x-failover-provider: anthropic",
    ];
    assert_eq!(shown(&headers), expected);
}

/// Of a stream whose head was sent before it was known who would answer.
#[tokio::test]
async fn what_is_said_late_is_what_the_headers_would_have_said() {
    let served = || {
        let member = Member::new("open\nai").with_model("gpt-5-\u{e4}").with_degraded(true);
        Served::by(&member, 2).of_class("work".repeat(100))
    };
    let losses = || {
        let mut losses = Losses::new();
        losses.dropped("stop");
        losses
    };
    let headers = marked(move |response| {
        response.extensions_mut().insert(served());
        response.extensions_mut().insert(losses());
    })
    .await;
    let comments = served().comments(Some(&losses()));
    let mut late: Vec<_> = comments.lines().filter_map(|line| line.strip_prefix(": ")).collect();
    late.sort_unstable();
    assert_eq!(late, shown(&headers));
    assert_eq!(late.len(), 6);
}

#[tokio::test]
async fn second_best_is_said_with_its_reason_and_losses_by_name() {
    let headers = marked(|response| {
        let mut served = Served::by(&Member::new("openai"), 1);
        served.degradation = Some(Degradation::Continued);
        let mut losses = Losses::new();
        losses.dropped("stop");
        losses.renamed("tools[0].name");
        response.extensions_mut().insert(served);
        response.extensions_mut().insert(losses);
    })
    .await;
    assert_eq!(headers["x-failover-degraded"], "continued");
    assert_eq!(headers["x-failover-loss"], "dropped=stop, renamed=tools[0].name");
}

#[tokio::test]
async fn marks_of_a_gateway_further_up_are_replaced_and_other_headers_stay() {
    let headers = marked(|response| {
        let headers = response.headers_mut();
        headers.append("x-failover-provider", "theirs".parse().unwrap());
        headers.append("x-failover-provider", "theirs too".parse().unwrap());
        headers.insert("x-failover-degraded", "fallback".parse().unwrap());
        headers.insert("x-failover-novelty", "1".parse().unwrap());
        headers.insert("x-request-id", "7".parse().unwrap());
        response.extensions_mut().insert(Served::by(&Member::new("ours"), 1));
    })
    .await;
    let expected = ["x-failover-attempts: 1", "x-failover-provider: ours", "x-request-id: 7"];
    assert_eq!(shown(&headers), expected);
}

#[tokio::test]
async fn a_response_of_which_nobody_says_who_served_is_left_as_it_is() {
    let headers = marked(|response| {
        response.headers_mut().insert("x-failover-provider", "theirs".parse().unwrap());
        let mut losses = Losses::new();
        losses.dropped("stop");
        response.extensions_mut().insert(losses);
    })
    .await;
    assert_eq!(shown(&headers), ["x-failover-provider: theirs"]);
}

#[tokio::test]
async fn no_name_can_break_a_header_or_fill_the_head() {
    let headers = marked(|response| {
        let member = Member::new("é\r\nx-evil: 1").with_model("\u{0}");
        response.extensions_mut().insert(Served::by(&member, 1).of_class("x".repeat(1 << 20)));
    })
    .await;
    assert_eq!(headers["x-failover-provider"], "???x-evil: 1");
    assert_eq!(headers["x-failover-model"], "?");
    assert_eq!(headers["x-failover-class"].len(), 256);
}

#[tokio::test]
async fn the_log_of_attempts_is_begun_here_unless_it_was_begun_above() {
    let inner = service_fn(|request: Request<()>| {
        let log = Attempts::find(request.extensions()).unwrap();
        log.record(tower_failover::facts::Attempt::answered(std::time::Duration::ZERO));
        ready(Ok::<_, Infallible>(Response::new(log.count())))
    });
    let service = DegradedMarkerLayer::new().layer(inner);
    assert_eq!(*service.clone().oneshot(Request::new(())).await.unwrap().body(), 1);

    let mut request = Request::new(());
    let above = Attempts::find_or_insert(request.extensions_mut());
    service.oneshot(request).await.unwrap();
    assert_eq!(above.count(), 1);
}

#[tokio::test]
async fn services_that_are_not_http_are_marked_by_a_closure_and_their_errors_pass() {
    let layer = DegradedMarkerLayer::with(|text: &mut String| text.push('*'));
    let inner = service_fn(|n: u32| ready(if n == 0 { Err("zero") } else { Ok(n.to_string()) }));
    let service = layer.layer(inner);
    assert_eq!(service.clone().oneshot(7).await.unwrap(), "7*");
    assert_eq!(service.oneshot(0).await.unwrap_err(), "zero");
}

#[tokio::test]
async fn a_policy_of_ones_own_can_prepare_the_request() {
    #[derive(Clone)]
    struct Numbered;
    impl Mark<u32, String> for Numbered {
        fn mark(&self, response: &mut String) {
            response.push('!');
        }
        fn prepare(&self, request: &mut u32) {
            *request += 1;
        }
    }
    let inner = service_fn(|n: u32| ready(Ok::<_, Infallible>(n.to_string())));
    let service = DegradedMarkerLayer::with(Numbered).layer(inner);
    assert_eq!(service.oneshot(1).await.unwrap(), "2!");
}

#[tokio::test]
async fn it_calls_the_instance_that_was_ready_and_gives_its_place_back_when_dropped() {
    let layer = DegradedMarkerLayer::with(|_: &mut ()| {});
    let probe = ReadinessProbe::new(service_fn(|_: u32| ready(Ok::<_, Infallible>(()))));
    let mut service = layer.layer(probe.clone());
    service.ready().await.unwrap().call(1).await.unwrap();
    service.clone().oneshot(1).await.unwrap();
    assert_eq!(probe.calls(), 2);

    let limited = ConcurrencyLimit::new(service_fn(|_: u32| pending::<Result<(), BoxError>>()), 1);
    let service = layer.layer(limited.clone());
    let mut call = tokio_test::task::spawn(service.oneshot(1));
    assert!(call.poll().is_pending());
    drop(call);
    let mut limited = limited;
    assert!(tokio_test::task::spawn(limited.ready()).poll().is_ready());
}
