//! The caller's time, and who gets how much of it.

use std::time::Duration;

use http::Request;
use http_body_util::Full;
use tokio::time::Instant;
use tower_failover::testing::{FakeProvider, Fault};

use crate::support::{APIS, Answer, Api, Gateway, join};

const FALLBACK: &str = "the fallback's answer";

async fn ask_within(gateway: &Gateway, millis: u64, front: Api, is_stream: bool) -> Answer {
    let request = Request::post(format!("{}{}", gateway.url, front.path("workhorse", is_stream)))
        .header("content-type", "application/json")
        .header("x-failover-deadline-ms", millis)
        .body(Full::new(front.question(is_stream).to_string().into()))
        .unwrap();
    gateway.send_request(request).await
}

async fn silent_before(fallback: Fault, front: Api, settings: &str) -> (Gateway, [FakeProvider; 2]) {
    let providers = [front.provider("never said").await, front.other().provider(FALLBACK).await];
    providers[0].always(Fault::Hang);
    providers[1].always(fallback);
    let members = [(front, providers[0].base_url()), (front.other(), providers[1].base_url())];
    (Gateway::with_settings(&members, settings).await, providers)
}

/// The defaults are more patient than this caller: 10 s to a first token, 60 s to a head.
#[tokio::test]
async fn a_silent_primary_does_not_use_up_the_callers_time() {
    let cell = async |front: Api, is_stream: bool| {
        let (gateway, _providers) = silent_before(Fault::None, front, "").await;
        let answer = ask_within(&gateway, 4000, front, is_stream).await;
        assert_eq!(answer.read(front, is_stream).text, FALLBACK, "{front:?} {is_stream}");
        assert_eq!(answer.header("x-failover-attempts"), "2", "{front:?} {is_stream}");
        let primary = gateway.stack.classes().next().unwrap().circuits().next().unwrap().snapshot().totals;
        assert_eq!(
            (primary.failures, primary.cancelled),
            (0, 1),
            "who was in a hurry is no proof against it"
        );
    };
    join(APIS.into_iter().flat_map(|front| [cell(front, false), cell(front, true)])).await;
}

#[tokio::test]
async fn a_silent_primary_does_not_use_up_the_time_of_the_class_either_and_is_known_for_it() {
    let cell = async |front: Api, is_stream: bool| {
        let limits = "[timeouts]\ntotal = \"2s\"\nattempt = \"2s\"\n[stream]\nfirst_token = \"2s\"";
        let (gateway, _providers) = silent_before(Fault::None, front, limits).await;
        let answer = gateway.ask(front, is_stream).await;
        assert_eq!(answer.read(front, is_stream).text, FALLBACK, "{front:?} {is_stream}");
        let primary = gateway.stack.classes().next().unwrap().circuits().next().unwrap().snapshot().totals;
        assert_eq!((primary.failures, primary.cancelled), (1, 0), "it was silent for most of its time");
    };
    join(APIS.into_iter().flat_map(|front| [cell(front, false), cell(front, true)])).await;
}

#[tokio::test]
async fn where_all_are_silent_the_call_ends_at_its_deadline() {
    let cell = async |front: Api, is_stream: bool| {
        let (gateway, providers) = silent_before(Fault::Hang, front, "").await;
        let begun = Instant::now();
        let answer = ask_within(&gateway, 1000, front, is_stream).await;
        let took = begun.elapsed();
        assert!((Duration::from_secs(1)..Duration::from_millis(1900)).contains(&took), "{took:?}");
        assert_eq!(answer.status, 504, "{answer:?}");
        front.error_message(&answer.json());
        assert_eq!((providers[0].count(), providers[1].count()), (1, 1));
    };
    join(APIS.into_iter().flat_map(|front| [cell(front, false), cell(front, true)])).await;
}
