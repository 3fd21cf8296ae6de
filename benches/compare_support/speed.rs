//! Nanoseconds of a call when nothing fails, less those of the bare service.

use std::future::{Future, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Waker};

use bytes::Bytes;
use failsafe::futures::CircuitBreaker as _;
use recloser::{AsyncRecloser, Recloser};
use tower::{Layer, Service};
use tower_failover::circuit_breaker::{AtReturn, CircuitBreakerLayer};
use tower_failover::failure::{BoxError, OnError};
use tower_failover::retry_budget::RetryBudgetLayer;

use super::table::{Cell, Table};
use crate::support::subjects::{Echo, TowerPolicy};
use crate::support::{Cost, cost, once};

const PROMPT: Bytes = Bytes::from_static(b"a prompt");

fn of_service<S>(mut service: S) -> Cost
where
    S: Service<Bytes>,
    S::Error: std::fmt::Debug,
{
    cost(|| once(&mut service, PROMPT))
}

fn of_future<F: Future>(call: impl Fn() -> F) -> Cost {
    cost(|| {
        let polled = pin!(call()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(black_box(polled).is_ready());
    })
}

pub(crate) fn run(table: &mut Table) {
    let bare = of_service(Echo);
    let row = |ours: Cost, others: [Option<Cost>; 4]| {
        let ns = |cost: Cost| (cost.best_ns - bare.best_ns).max(0.1);
        let text = |cost: Cost| format!("{:.0} ns, {:.0} allocations", ns(cost), cost.allocations);
        let other = |cost: Option<Cost>| {
            cost.map_or_else(Cell::none, |cost| {
                Cell::new(false, format!("{} (× {:.1})", text(cost), ns(cost) / ns(ours)))
            })
        };
        let [resilience, failsafe, recloser, tower] = others.map(other);
        [Cell::new(false, text(ours)), resilience, failsafe, recloser, tower]
    };
    table.row("a call through a closed circuit", &{
        let theirs = tower_resilience_circuitbreaker::CircuitBreakerLayer::builder();
        let failsafe = failsafe::Config::new().build();
        let recloser = AsyncRecloser::from(Recloser::custom().build());
        let call = || ready(Ok::<_, BoxError>(PROMPT));
        row(
            of_service(CircuitBreakerLayer::new(AtReturn::new(OnError)).layer(Echo)),
            [
                Some(of_service(theirs.build().expect("its defaults").layer(Echo))),
                Some(of_future(|| failsafe.call(call()))),
                Some(of_future(|| recloser.call(call()))),
                None,
            ],
        )
    });
    table.row("a call that needs no retry", &{
        let theirs = tower_resilience_retry::RetryLayer::<Bytes, Bytes, BoxError>::builder().max_attempts(3);
        row(
            of_service(RetryBudgetLayer::new(OnError).layer(Echo)),
            [
                Some(of_service(theirs.build().layer(Echo))),
                None,
                None,
                Some(of_service(tower::retry::RetryLayer::new(TowerPolicy::default()).layer(Echo))),
            ],
        )
    });
}
