//! Four circuit breakers, alike to their caller: five failures open them for a moment, one good probe closes them.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use failsafe::futures::CircuitBreaker as _;
use recloser::{AsyncRecloser, Recloser};
use tower::{Layer, Service, ServiceExt};
use tower_failover::circuit_breaker::{AtReturn, CircuitBreakerLayer, CircuitConfig, CircuitOpen};
use tower_failover::failure::{BoxError, OnError};
use tower_resilience_circuitbreaker as resilience;

/// How long a circuit stays open.
pub(crate) const OPEN: Duration = Duration::from_millis(100);
/// How long a probe may take, where that can be said at all.
pub(crate) const LEASE: Duration = Duration::from_millis(200);
/// From when on a call is slow, where that can be said.
pub(crate) const SLOW: Duration = Duration::from_millis(5);

/// A call is what it is going to do.
pub(crate) type Work = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;
pub(crate) type Call = Pin<Box<dyn Future<Output = Answer>>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Good,
    Failed,
    Refused,
}

/// Two services that one layer made, or two clones where there are no layers.
pub(crate) struct Subject {
    services: [Box<dyn Fn(Work) -> Call>; 2],
}

impl Subject {
    fn new<F>(service: impl Fn() -> F) -> Self
    where
        F: Fn(Work) -> Call + 'static,
    {
        Self { services: [Box::new(service()), Box::new(service())] }
    }

    pub(crate) fn call(&self, work: Work) -> Call {
        self.services[0](work)
    }

    pub(crate) fn call_other(&self, work: Work) -> Call {
        self.services[1](work)
    }

    pub(crate) async fn good(&self) -> Answer {
        self.call(good()).await
    }

    pub(crate) async fn bad(&self) -> Answer {
        self.call(bad()).await
    }

    /// Fails until the circuit is open, and says how often.
    pub(crate) async fn trip(&self) -> usize {
        let mut failures = 0;
        while self.bad().await == Answer::Failed {
            failures += 1;
            assert!(failures < 100_000, "it never opens");
        }
        failures
    }
}

pub(crate) fn good() -> Work {
    Box::pin(std::future::ready(Ok(())))
}

pub(crate) fn bad() -> Work {
    Box::pin(std::future::ready(Err("the provider is down".into())))
}

pub(crate) fn hung() -> Work {
    Box::pin(std::future::pending())
}

/// Runs what it is asked to.
pub(crate) fn worker() -> impl Service<Work, Response = (), Error = BoxError, Future = Work> + Clone + Send {
    tower::service_fn(|work: Work| work)
}

pub(crate) const MAKERS: [fn() -> Subject; 4] = [ours, resilience_shared, failsafe, recloser];

pub(crate) fn our_layer() -> CircuitBreakerLayer<AtReturn<OnError>> {
    let config = CircuitConfig::default()
        .open(OPEN)
        .cap(OPEN)
        .jitter(0.0)
        .slow_after(SLOW)
        .probes_to_close(1)
        .probe_lease(LEASE);
    CircuitBreakerLayer::new(AtReturn::new(OnError)).with_config(config)
}

fn ours() -> Subject {
    let layer = our_layer();
    Subject::new(|| over(layer.layer(worker()), |error: &BoxError| error.is::<CircuitOpen>()))
}

pub(crate) fn resilience_builder() -> resilience::CircuitBreakerConfigBuilder<resilience::DefaultClassifier> {
    resilience::CircuitBreakerLayer::builder()
        .consecutive_failures(5)
        .wait_duration_in_open(OPEN)
        .minimum_number_of_calls(10)
        .sliding_window_size(10)
        .slow_call_duration_threshold(SLOW)
        .slow_call_rate_threshold(0.8)
}

fn is_open(error: &resilience::CircuitBreakerError<BoxError>) -> bool {
    matches!(error, resilience::CircuitBreakerError::OpenCircuit)
}

fn resilience_shared() -> Subject {
    let (layer, _) = resilience_builder().build_with_handle().expect("a right configuration");
    Subject::new(|| over(layer.layer(worker()), is_open))
}

/// As `build()` has it.
pub(crate) fn resilience_built() -> Subject {
    let layer = resilience_builder().build().expect("a right configuration");
    Subject::new(|| over(layer.layer(worker()), is_open))
}

fn failsafe() -> Subject {
    let policy = failsafe::failure_policy::consecutive_failures(5, failsafe::backoff::constant(OPEN));
    let breaker = failsafe::Config::new().failure_policy(policy).build();
    Subject::new(|| {
        let breaker = breaker.clone();
        move |work| {
            let call = breaker.call(work);
            Box::pin(async move { answer(&call.await, |error| matches!(error, failsafe::Error::Rejected)) })
        }
    })
}

/// Its rings decide once they are full, which takes a call more than they are long.
fn recloser() -> Subject {
    let breaker = Recloser::custom().error_rate(0.5).closed_len(4).half_open_len(1).open_wait(OPEN).build();
    over_recloser(&AsyncRecloser::from(breaker))
}

fn over_recloser(breaker: &AsyncRecloser) -> Subject {
    Subject::new(|| {
        let breaker = breaker.clone();
        move |work| {
            let call = breaker.call(work);
            Box::pin(async move { answer(&call.await, |error| matches!(error, recloser::Error::Rejected)) })
        }
    })
}

/// Each with the settings it comes with.
pub(crate) fn defaults() -> [Subject; 4] {
    let layer = CircuitBreakerLayer::new(AtReturn::new(OnError));
    let theirs = resilience::CircuitBreakerLayer::builder().build().expect("its defaults");
    let breaker = failsafe::Config::new().build();
    let failsafe = Subject::new(|| {
        let breaker = breaker.clone();
        move |work| {
            let call = breaker.call(work);
            Box::pin(async move { answer(&call.await, |error| matches!(error, failsafe::Error::Rejected)) })
        }
    });
    [
        Subject::new(|| over(layer.layer(worker()), |error: &BoxError| error.is::<CircuitOpen>())),
        Subject::new(|| over(theirs.layer(worker()), is_open)),
        failsafe,
        over_recloser(&AsyncRecloser::from(Recloser::custom().build())),
    ]
}

fn over<S>(service: S, is_refusal: fn(&S::Error) -> bool) -> impl Fn(Work) -> Call
where
    S: Service<Work, Response = ()> + Clone + 'static,
{
    move |work| {
        let call = service.clone().oneshot(work);
        Box::pin(async move { answer(&call.await, is_refusal) })
    }
}

fn answer<E>(result: &Result<(), E>, is_refusal: impl Fn(&E) -> bool) -> Answer {
    match result {
        Ok(()) => Answer::Good,
        Err(error) if is_refusal(error) => Answer::Refused,
        Err(_) => Answer::Failed,
    }
}
