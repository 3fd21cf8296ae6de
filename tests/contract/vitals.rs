//! Tower's contract, and what this layer adds to it: what the last calls were like, and how many are under way.
#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::future::{pending, ready};
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::time::{Instant, advance, sleep};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_failover::facts::{self, Availability, NoHeadroom, Vitals};
use tower_failover::failure::{Class, Failure, OnError};
use tower_failover::testing::ReadinessProbe;
use tower_failover::vitals::{AtReturn, VitalsHandle, VitalsLayer};

use self::drip::Drip;

const SECOND: Duration = Duration::from_secs(1);

/// Bodies of which a test decides how they go on.
mod drip {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use bytes::Bytes;
    use http_body::{Body, Frame};
    use tokio::sync::mpsc;
    use tower::BoxError;

    pub(super) struct Drip(mpsc::UnboundedReceiver<Result<&'static str, BoxError>>);
    pub(super) type Tap = mpsc::UnboundedSender<Result<&'static str, BoxError>>;

    impl Drip {
        pub(super) fn new() -> (Tap, Self) {
            let (tap, drops) = mpsc::unbounded_channel();
            (tap, Self(drops))
        }
    }

    impl Body for Drip {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            let to_frame = |text: &'static str| Frame::data(Bytes::from_static(text.as_bytes()));
            self.0.poll_recv(cx).map(|next| next.map(|result| result.map(to_frame)))
        }
    }
}

fn read(handle: &VitalsHandle) -> Vitals {
    handle.read(Instant::now())
}

/// A service that fails with the class it is asked to.
fn failing() -> impl Service<Option<Class>, Response = (), Error = Failure, Future: Send> + Clone {
    service_fn(|class: Option<Class>| ready(class.map_or(Ok(()), |class| Err(Failure::new(class)))))
}

#[tokio::test(start_paused = true)]
async fn it_calls_the_very_instance_that_was_ready() {
    let inner = ReadinessProbe::new(failing());
    let mut service = VitalsLayer::new(AtReturn::new(OnError)).layer(inner);
    for _ in 0..3 {
        service.ready().await.unwrap().call(None).await.unwrap();
        let mut clone = service.clone();
        clone.ready().await.unwrap().call(None).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn all_services_of_a_layer_are_one() {
    let layer = VitalsLayer::new(AtReturn::new(OnError));
    let (first, second) = (layer.layer(failing()), layer.clone().layer(failing()));
    first.oneshot(None).await.unwrap();
    second.oneshot(Some(Class::ServerError)).await.unwrap_err();
    let vitals = read(&layer.handle());
    assert_eq!((vitals.calls, vitals.errors), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn an_error_passes_as_it_is_and_what_says_nothing_counts_in_nothing() {
    let layer = VitalsLayer::new(AtReturn::new(OnError));
    let service = layer.layer(failing());
    for class in [Class::InvalidRequest, Class::ContextOverflow, Class::Unsupported] {
        let error = service.clone().oneshot(Some(class)).await.unwrap_err();
        assert_eq!(error.downcast_ref::<Failure>().unwrap().class(), class);
    }
    assert_eq!(read(&layer.handle()), Vitals::default());
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_answers_are_mostly_none_is_unsteady_until_three_in_a_row_are_good() {
    let layer = VitalsLayer::new(AtReturn::new(OnError));
    let (service, handle) = (layer.layer(failing()), layer.handle());
    for n in 0..10 {
        assert_eq!(handle.availability(Instant::now()), Availability::Up, "after {n} calls");
        let class = (n % 2 == 0).then_some(Class::InvalidOutput);
        let _ = service.clone().oneshot(class).await;
    }
    assert_eq!(handle.availability(Instant::now()), Availability::Unsteady);
    // A minute later nothing is left of what it did, and yet not all go back to it at once.
    advance(60 * SECOND).await;
    let _ = service.clone().oneshot(Some(Class::InvalidOutput)).await;
    assert_eq!(handle.availability(Instant::now()), Availability::Unsteady);
    advance(5 * SECOND).await;
    for _ in 0..3 {
        assert_eq!(handle.availability(Instant::now()), Availability::Probation);
        let probe = service.clone().oneshot(None);
        probe.await.unwrap();
    }
    assert_eq!(handle.availability(Instant::now()), Availability::Up);
    let _ = service.clone().oneshot(Some(Class::InvalidOutput)).await;
    assert_eq!(handle.availability(Instant::now()), Availability::Up, "what was before is forgiven");
}

#[tokio::test(start_paused = true)]
async fn one_probe_at_a_time_goes_to_a_service_that_is_doubted() {
    let layer = VitalsLayer::new(AtReturn::new(OnError));
    let (service, handle) = (layer.layer(failing()), layer.handle());
    for _ in 0..10 {
        let _ = service.clone().oneshot(Some(Class::InvalidOutput)).await;
    }
    advance(5 * SECOND).await;
    assert_eq!(handle.availability(Instant::now()), Availability::Probation);
    let mut service = service;
    let probe = service.ready().await.unwrap().call(None);
    assert_eq!(handle.availability(Instant::now()), Availability::Unsteady);
    drop(probe);
    assert_eq!(handle.availability(Instant::now()), Availability::Unsteady, "dropped, it has proven nothing");
}

#[tokio::test(start_paused = true)]
async fn callers_who_leave_with_nothing_say_something_from_the_fifth_in_a_row() {
    let layer = VitalsLayer::default();
    let handle = layer.handle();
    let mut service =
        layer.layer(service_fn(|_: Request<()>| pending::<Result<Response<String>, BoxError>>()));
    for left in 0..5 {
        assert_eq!((read(&handle).in_vain, handle.availability(Instant::now())), (left, Availability::Up));
        let call = service.ready().await.unwrap().call(request(false));
        advance(4 * SECOND).await;
        drop(call);
    }
    assert_eq!(handle.availability(Instant::now()), Availability::Silent(Duration::ZERO));
    advance(5 * SECOND).await;
    assert_eq!(handle.availability(Instant::now()), Availability::Probation);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_under_way_until_its_future_is_dropped() {
    let layer = VitalsLayer::new(AtReturn::new(OnError));
    let handle = layer.handle();
    let mut service = layer.layer(service_fn(|()| pending::<Result<(), BoxError>>()));
    assert_eq!(read(&handle).in_flight, 0);
    let unpolled = service.ready().await.unwrap().call(());
    let mut polled = Box::pin(service.ready().await.unwrap().call(()));
    assert!(poll_once(&mut polled).await.is_none());
    assert_eq!(read(&handle).in_flight, 2);
    drop(unpolled);
    assert_eq!(read(&handle).in_flight, 1);
    drop(polled);
    assert_eq!(read(&handle), Vitals::default(), "and said nothing");
}

/// One poll.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(cx) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

/// An HTTP service that answers after a second, with this body.
async fn answer(layer: &VitalsLayer, body: Drip) -> Response<tower_failover::vitals::ResponseBody<Drip>> {
    let mut body = Some(body);
    let mut service = layer.layer(service_fn(move |_: Request<()>| {
        let body = body.take().unwrap();
        async move {
            sleep(SECOND).await;
            Ok::<_, Infallible>(Response::new(body))
        }
    }));
    service.ready().await.unwrap().call(request(true)).await.unwrap()
}

fn request(stream: bool) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(facts::Call::new("m").with_stream(stream));
    request
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_timed_at_its_head_counted_at_its_end_and_under_way_between() {
    let (layer, (tap, body)) = (VitalsLayer::default(), Drip::new());
    let response = answer(&layer, body).await;
    let vitals = read(&layer.handle());
    assert_eq!((vitals.first_token, vitals.in_flight, vitals.calls), (Some(SECOND), 1, 0));

    tap.send(Ok("hello")).unwrap();
    drop(tap);
    advance(9 * SECOND).await;
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), Bytes::from_static(b"hello"));
    let vitals = read(&layer.handle());
    assert_eq!((vitals.calls, vitals.errors, vitals.in_flight), (1, 0, 0));
    assert_eq!(vitals.first_token, Some(SECOND), "the length of an answer is no matter of speed");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_is_an_error() {
    let (layer, (tap, body)) = (VitalsLayer::default(), Drip::new());
    let response = answer(&layer, body).await;
    tap.send(Ok("hel")).unwrap();
    tap.send(Err(Failure::new(Class::Interrupted).into())).unwrap();
    response.into_body().collect().await.unwrap_err();
    let vitals = read(&layer.handle());
    assert_eq!((vitals.calls, vitals.errors, vitals.in_flight), (1, 1, 0));
    assert!(vitals.first_token > Some(SECOND), "{:?}", vitals.first_token);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_dropped_says_nothing() {
    let (layer, (_tap, body)) = (VitalsLayer::default(), Drip::new());
    drop(answer(&layer, body).await);
    let vitals = read(&layer.handle());
    assert_eq!((vitals.calls, vitals.in_flight), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_bad_status_is_observed_at_once() {
    let layer = VitalsLayer::default();
    let service = layer.layer(service_fn(|_: Request<()>| {
        ready(Ok::<_, Infallible>(Response::builder().status(503).body(String::new()).unwrap()))
    }));
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!(read(&layer.handle()).errors, 1);
    drop(response);
    assert_eq!(read(&layer.handle()).calls, 1);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_that_is_used_up_is_known_from_an_answer_until_its_reset() {
    let from_headers = |_: Request<()>| {
        let response = Response::builder()
            .header("x-ratelimit-remaining-requests", "0")
            .header("x-ratelimit-reset-requests", "20s");
        ready(Ok::<_, Infallible>(response.body(String::new()).unwrap()))
    };
    let from_fact = |_: Request<()>| {
        let mut response = Response::new(String::new());
        response.extensions_mut().insert(NoHeadroom(20 * SECOND));
        ready(Ok::<_, Infallible>(response))
    };
    let headers = VitalsLayer::default();
    headers.layer(service_fn(from_headers)).oneshot(Request::new(())).await.unwrap();
    let fact = VitalsLayer::default();
    fact.layer(service_fn(from_fact)).oneshot(Request::new(())).await.unwrap();
    for handle in [headers.handle(), fact.handle()] {
        assert_eq!(handle.availability(Instant::now()), Availability::Exhausted(20 * SECOND));
        assert_eq!(handle.availability(Instant::now() + 20 * SECOND), Availability::Up);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_until_it_has_answered_or_failed_or_was_dropped() {
    let layer = VitalsLayer::new(AtReturn::new(OnError));
    let handle = layer.handle();
    let service = layer.layer(service_fn(|class: Option<Option<Class>>| async move {
        match class {
            None => pending().await,
            Some(None) => Ok(()),
            Some(Some(class)) => Err(Failure::new(class)),
        }
    }));
    let unpolled = service.clone().ready().await.unwrap().call(None);
    let mut polled = Box::pin(service.clone().ready().await.unwrap().call(None));
    assert!(poll_once(&mut polled).await.is_none());
    for ended in [None, Some(Class::ServerError), Some(Class::InvalidRequest)] {
        let _ = service.clone().oneshot(Some(ended)).await;
        assert_eq!(read(&handle).waiting, 2);
    }
    drop(unpolled);
    assert_eq!(read(&handle).waiting, 1);
    drop(polled);
    assert_eq!(read(&handle).waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_answered_waits_no_longer() {
    let (layer, (_tap, body)) = (VitalsLayer::default(), Drip::new());
    let response = answer(&layer, body).await;
    assert_eq!((read(&layer.handle()).in_flight, read(&layer.handle()).waiting), (1, 0));
    drop(response);
    assert_eq!(
        (read(&layer.handle()).in_flight, read(&layer.handle()).waiting),
        (0, 0),
        "and is counted once"
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_wants_no_stream_waits_for_all_of_the_answer_and_not_for_its_beginning() {
    let (layer, (_tap, body)) = (VitalsLayer::default(), Drip::new());
    let handle = layer.handle();
    drop(answer(&layer, body).await);
    let mut service =
        layer.layer(service_fn(|_: Request<()>| pending::<Result<Response<String>, Infallible>>()));
    let _whole: Vec<_> = (0..20).map(|_| service.call(request(false))).collect();
    advance(30 * SECOND).await;
    assert_eq!((read(&handle).waiting, handle.availability(Instant::now())), (0, Availability::Up));
    let _streams: Vec<_> = (0..5).map(|_| service.call(request(true))).collect();
    advance(5 * SECOND).await;
    assert_eq!(handle.availability(Instant::now()), Availability::Silent(5 * SECOND));
    let mut other =
        layer.layer(service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(String::new())))));
    other.call(request(false)).await.unwrap();
    assert_eq!(
        handle.availability(Instant::now()),
        Availability::Up,
        "whoever answers somebody is not silent"
    );
}

type Call = Pin<Box<dyn Future<Output = Result<(), BoxError>>>>;

/// A service with a usual time to the first token, and what a test makes of its calls.
struct Bench {
    layer: VitalsLayer<AtReturn<OnError>>,
    calls: Vec<Call>,
}

impl Bench {
    async fn with_usual(usual: Duration) -> Self {
        let bench = Self { layer: VitalsLayer::new(AtReturn::new(OnError)), calls: Vec::new() };
        bench.call_of(sleep(usual)).await.unwrap();
        bench
    }

    fn call_of(&self, answer: impl Future<Output = ()> + 'static) -> Call {
        let mut service =
            self.layer.layer(service_fn(|answer: Pin<Box<dyn Future<Output = ()>>>| async move {
                answer.await;
                Ok::<_, BoxError>(())
            }));
        // Called now, whenever it is polled.
        Box::pin(service.call(Box::pin(answer)))
    }

    fn begin(&mut self, calls: usize) {
        for _ in 0..calls {
            self.calls.push(self.call_of(pending()));
        }
    }

    fn availability(&self) -> Availability {
        self.layer.handle().availability(Instant::now())
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_answers_nobody_for_four_times_its_usual_time_is_silent() {
    for (usual, silent) in [(SECOND / 10, 3 * SECOND), (2 * SECOND, 8 * SECOND)] {
        let mut bench = Bench::with_usual(usual).await;
        bench.begin(5);
        advance(silent).await;
        assert_eq!(bench.availability(), Availability::Up, "{usual:?}");
        advance(SECOND).await;
        assert_eq!(bench.availability(), Availability::Silent(silent + SECOND), "{usual:?}");
        let vitals = read(&bench.layer.handle());
        assert_eq!((vitals.waiting, vitals.silent), (5, Some(silent + SECOND)));

        bench.call_of(ready(())).await.unwrap();
        assert_eq!(bench.availability(), Availability::Up, "any answer ends it");
        assert_eq!(read(&bench.layer.handle()).silent, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silence_is_over_when_too_few_are_left_that_wait() {
    let mut bench = Bench::with_usual(SECOND).await;
    bench.begin(5);
    advance(5 * SECOND).await;
    assert_eq!(bench.availability(), Availability::Silent(5 * SECOND));
    bench.calls.pop();
    assert_eq!(bench.availability(), Availability::Up);
}

#[tokio::test(start_paused = true)]
async fn of_a_service_whose_usual_time_is_not_known_nobody_says_that_it_is_silent() {
    let mut bench = Bench::with_usual(SECOND).await;
    advance(60 * SECOND).await;
    bench.begin(50);
    advance(30 * SECOND).await;
    assert_eq!(bench.availability(), Availability::Up);
}

#[tokio::test(start_paused = true)]
async fn a_long_silence_goes_on_when_the_last_answer_is_long_ago() {
    let mut bench = Bench::with_usual(SECOND).await;
    bench.begin(5);
    advance(120 * SECOND).await;
    assert_eq!(bench.availability(), Availability::Silent(120 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn idle_time_is_no_silence() {
    let mut bench = Bench::with_usual(SECOND).await;
    advance(50 * SECOND).await;
    bench.begin(50);
    assert_eq!(bench.availability(), Availability::Up);
    advance(4 * SECOND).await;
    assert_eq!(bench.availability(), Availability::Up);
}

#[tokio::test(start_paused = true)]
async fn a_closure_observes() {
    let layer = VitalsLayer::new(|result: Result<&u32, &BoxError>| {
        result.is_ok_and(|n| *n == 0).then(|| Failure::new(Class::InvalidOutput))
    });
    let service = layer.layer(service_fn(|n: u32| ready(Ok::<_, Infallible>(n))));
    for n in 0..4 {
        service.clone().oneshot(n).await.unwrap();
    }
    assert_eq!(read(&layer.handle()).quality_failures, 1);
}
