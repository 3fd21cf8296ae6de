//! A caller who goes away: the provider is not left talking to nobody.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower_failover::circuit_breaker::CircuitState;
use tower_failover::testing::{FakeProvider, Fault};

use crate::support::{APIS, Api, Gateway, join};

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

#[tokio::test]
async fn leaving_before_the_head_cancels_the_upstream() {
    let leave = async |front: Api, is_stream: bool| {
        let primary = front.other().provider("late").await;
        primary.always(Fault::Hang);
        let gateway = slow_gateway(front.other(), &primary).await;
        let call = call(&gateway, front, is_stream);
        let left = tokio::time::timeout(Duration::from_millis(300), call).await;
        assert!(left.is_err(), "the call was still waiting when the caller left");
        eventually("the cancellation", || primary.cancelled() == 1).await;
        assert_unmarked(&gateway);
    };
    join(APIS.into_iter().flat_map(|front| [leave(front, false), leave(front, true)])).await;
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
        eventually("the cancellation", || primary.cancelled() == 1).await;
        assert_unmarked(&gateway);
    };
    join(APIS.into_iter().flat_map(|front| APIS.map(|api| leave(front, api)))).await;
}

/// A caller who left is neither a success nor a failure of the member.
fn assert_unmarked(gateway: &Gateway) {
    let class = gateway.stack.classes().next().unwrap();
    for circuit in class.circuits() {
        assert_eq!(circuit.state(), CircuitState::Closed);
    }
}
