#![allow(clippy::unwrap_used)]

use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::time::{Instant, sleep, timeout};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::facts::{Call, Degradation, Losses, Member, Operation, Served};
use tower_failover::failure::{Class, Failure};
use tower_failover::keepalive::KeepaliveLayer;
use tower_failover::testing::{ReadinessProbe, controlled};

type Answer = Response<Full<Bytes>>;

const SECOND: Duration = Duration::from_secs(1);

fn stream(text: &'static str) -> Answer {
    let body = Full::new(Bytes::from_static(text.as_bytes()));
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}

/// What a caller asks for who wants a stream.
fn wanted() -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(Call::new("m").with_stream(true));
    request
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_passes_as_it_is() {
    let service = service_fn(|_: Request<()>| async {
        sleep(14 * SECOND).await;
        Ok::<_, BoxError>(stream("data: 1\n\n"))
    });
    let response = KeepaliveLayer::for_dialect(OpenAiChat).layer(service).oneshot(wanted()).await.unwrap();
    assert!(!response.headers().contains_key("cache-control"), "the head is the member's own");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "data: 1\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_head_and_signs_go_out_while_nobody_has_answered_and_the_answer_follows() {
    let service = service_fn(|_: Request<()>| async {
        sleep(50 * SECOND).await;
        let mut response = stream("data: 1\n\n");
        let mut served = Served::by(&Member::new("second").with_model("m2"), 3);
        served.degradation = Some(Degradation::Fallback);
        response.extensions_mut().insert(served.of_class("workhorse"));
        let mut losses = Losses::default();
        losses.dropped("seed");
        response.extensions_mut().insert(losses);
        Ok::<_, BoxError>(response)
    });
    let begin = Instant::now();
    let response = KeepaliveLayer::for_dialect(OpenAiChat).layer(service).oneshot(wanted()).await.unwrap();
    assert_eq!((begin.elapsed().as_secs(), response.status().as_u16()), (15, 200));
    assert_eq!(response.headers()["content-type"], "text/event-stream");

    let mut body = pin!(response.into_body());
    for second in [15, 30, 45] {
        let sign = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!((begin.elapsed().as_secs(), sign), (second, ": keepalive\n\n".into()));
    }
    let rest = body.collect().await.unwrap().to_bytes();
    assert_eq!(
        rest,
        ": x-failover-class: workhorse\n: x-failover-provider: second\n: x-failover-model: m2\n\
         : x-failover-attempts: 3\n: x-failover-degraded: fallback\n: x-failover-loss: dropped=seed\n\ndata: 1\n\n"
    );
}

#[tokio::test(start_paused = true)]
async fn where_the_sdk_stumbles_over_comments_there_are_none() {
    let service = service_fn(|_: Request<()>| async {
        sleep(20 * SECOND).await;
        let mut response = stream("data: {}\r\n\r\n");
        response.extensions_mut().insert(Served::by(&Member::new("second"), 1));
        Ok::<_, BoxError>(response)
    });
    let response = KeepaliveLayer::for_dialect(Gemini).layer(service).oneshot(wanted()).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "\r\ndata: {}\r\n\r\n");
}

#[tokio::test(start_paused = true)]
async fn if_nobody_answers_after_all_the_body_ends_with_the_failure() {
    let service = service_fn(|_: Request<()>| async {
        sleep(20 * SECOND).await;
        Err::<Answer, BoxError>(Failure::new(Class::Overloaded).into())
    });
    let response = KeepaliveLayer::for_dialect(OpenAiChat).layer(service).oneshot(wanted()).await.unwrap();
    let mut body = pin!(response.into_body());
    assert!(body.frame().await.unwrap().is_ok());
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!(Failure::of(&error).class(), Class::Overloaded);
    assert!(body.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_stream_cannot_go_on_in_one() {
    let service = service_fn(|_: Request<()>| async {
        sleep(20 * SECOND).await;
        Ok::<_, BoxError>(Response::new(Full::new(Bytes::from_static(b"{}"))))
    });
    let response = KeepaliveLayer::for_dialect(OpenAiChat).layer(service).oneshot(wanted()).await.unwrap();
    let error = response.into_body().collect().await.unwrap_err();
    assert_eq!(Failure::of(&error).class(), Class::InvalidOutput);
}

#[tokio::test(start_paused = true)]
async fn who_wants_no_stream_is_left_waiting() {
    let whole = Request::new(());
    let mut count = wanted();
    let call = Call::new("m").with_stream(true).with_operation(Operation::CountTokens);
    count.extensions_mut().insert(call);
    for request in [whole, count] {
        let service = service_fn(|_: Request<()>| pending::<Result<Answer, BoxError>>());
        let call = KeepaliveLayer::for_dialect(OpenAiChat).layer(service).oneshot(request);
        assert!(timeout(100 * SECOND, call).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_or_the_body_drops_the_call() {
    for waits in [SECOND, 20 * SECOND] {
        let (member, mut controller) = controlled::<Request<()>, Answer>();
        let service = KeepaliveLayer::for_dialect(OpenAiChat).layer(member);
        let mut answer = Box::pin(service.oneshot(wanted()));
        let response = timeout(waits, &mut answer).await;
        let call = controller.try_next().unwrap();
        assert!(!call.is_dropped());
        assert_eq!(response.is_ok(), waits > 15 * SECOND);
        drop((response, answer));
        assert!(call.is_dropped());
    }
}

#[tokio::test(start_paused = true)]
async fn it_calls_the_service_that_was_ready() {
    let inner = ReadinessProbe::new(service_fn(|_: Request<()>| async { Ok::<_, BoxError>(stream("")) }));
    let mut service = KeepaliveLayer::for_dialect(OpenAiChat).layer(inner);
    for _ in 0..2 {
        let mut clone = service.clone();
        clone.ready().await.unwrap().call(wanted()).await.unwrap();
        service.ready().await.unwrap().call(wanted()).await.unwrap();
    }
}
