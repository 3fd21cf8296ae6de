//! The published faults of retry layers and their budgets, each a small program on a clock that stands still.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::{Instant, advance};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::{Layer, Service, ServiceExt};
use tower_failover::failure::{BoxError, OnError};
use tower_failover::retry_budget::{Budget, RetryBudgetLayer};
use tower_resilience_retry::RetryLayer as Resilience;

use super::table::{Cell, Cells, Table};
use crate::support::subjects::TowerPolicy;

fn resilience() -> Resilience<Bytes, Bytes, BoxError> {
    Resilience::builder().max_attempts(3).build()
}

pub(crate) async fn run(table: &mut Table) {
    table.row("a budget (ttl 1 s) is used after an idle week: time of that call", &idle_week().await);
    table.row("retries granted for 1,000 calls at a ratio of 0.6", &ratio());
    table.row("1,000 calls at once into an outage, 10 services of one layer (defaults)", &outage().await);
    table.row("the service becomes unusable between two attempts", &unready().await);
}

const WEEK: Duration = Duration::from_secs(7 * 86_400);

#[allow(clippy::disallowed_methods, reason = "what is measured is real time")]
async fn idle_week() -> Cells {
    let theirs = TpsBudget::new(Duration::from_secs(1), 1, 0.2);
    let ours = Budget::builder().reserve(1).build();
    theirs.deposit();
    drop(ours.enter(Instant::now()));
    advance(WEEK).await;
    let time = |call: &dyn Fn()| {
        let start = std::time::Instant::now();
        call();
        let took = start.elapsed();
        // Of a call that waits for nothing.
        let is_long = took > Duration::from_millis(5);
        let ms = took.as_secs_f64() * 1e3;
        Cell::new(is_long, if is_long { format!("{ms:.0} ms") } else { format!("{:.1} µs", ms * 1e3) })
    };
    let ours = time(&|| drop(ours.enter(Instant::now())));
    let theirs = time(&|| theirs.deposit());
    [ours, Cell::new(false, "its clock cannot be moved"), Cell::none(), Cell::none(), theirs]
}

fn ratio() -> Cells {
    let now = Instant::now();
    let ours = Budget::builder().ratio(0.6).reserve(0).in_flight(usize::MAX, 0.0).build();
    let theirs = TpsBudget::new(Duration::from_secs(60), 0, 0.6);
    for _ in 0..1000 {
        drop(ours.enter(now));
        theirs.deposit();
    }
    let spend = |mut withdrawal: tower_failover::retry_budget::Withdrawal| withdrawal.begin();
    let ours = std::iter::from_fn(|| ours.try_withdraw(now).map(spend)).count();
    let theirs = std::iter::from_fn(|| theirs.withdraw().then_some(())).count();
    let cell = |granted: usize| Cell::new(granted != 600, granted.to_string());
    [
        cell(ours),
        Cell::new(false, "no ratio: a retry for each success"),
        Cell::none(),
        Cell::none(),
        cell(theirs),
    ]
}

/// Always down, and counts who asked.
#[derive(Clone, Debug, Default)]
struct Down(Arc<AtomicUsize>);

impl Service<Bytes> for Down {
    type Response = Bytes;
    type Error = BoxError;
    type Future = Ready<Result<Bytes, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Bytes) -> Self::Future {
        self.0.fetch_add(1, Ordering::Relaxed);
        ready(Err("down".into()))
    }
}

async fn outage() -> Cells {
    async fn storm<L>(layer: L) -> Cell
    where
        L: Layer<Down>,
        L::Service: Service<Bytes> + Clone + Send + 'static,
        <L::Service as Service<Bytes>>::Future: Send,
        <L::Service as Service<Bytes>>::Error: Send,
        <L::Service as Service<Bytes>>::Response: Send,
    {
        let down = Down::default();
        let services: Vec<_> = (0..10).map(|_| layer.layer(down.clone())).collect();
        let mut calls = JoinSet::new();
        for service in services.iter().cycle().take(1000) {
            let call = service.clone().oneshot(Bytes::from_static(b"a prompt"));
            calls.spawn(async move { call.await.is_ok() });
        }
        while calls.join_next().await.is_some() {}
        let asked = down.0.load(Ordering::Relaxed);
        Cell::new(asked >= 2000, format!("{asked} attempts"))
    }
    [
        storm(RetryBudgetLayer::new(OnError).seed(1)).await,
        storm(resilience()).await,
        Cell::none(),
        Cell::none(),
        storm(tower::retry::RetryLayer::new(TowerPolicy::default())).await,
    ]
}

/// Fails once, and is then no longer usable.
#[derive(Clone, Debug, Default)]
struct Broken(Arc<AtomicUsize>);

impl Service<Bytes> for Broken {
    type Response = Bytes;
    type Error = BoxError;
    type Future = Ready<Result<Bytes, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self.0.load(Ordering::Relaxed) {
            0 => Poll::Ready(Ok(())),
            _ => Poll::Ready(Err("closed".into())),
        }
    }

    fn call(&mut self, _: Bytes) -> Self::Future {
        self.0.fetch_add(1, Ordering::Relaxed);
        ready(Err("the model is overloaded".into()))
    }
}

async fn unready() -> Cells {
    async fn told<L>(layer: L) -> Cell
    where
        L: Layer<Broken>,
        L::Service: Service<Bytes, Response = Bytes, Error = BoxError>,
    {
        let answer = layer.layer(Broken::default()).oneshot(Bytes::from_static(b"a prompt")).await;
        let told = answer.expect_err("it is broken").to_string();
        let is_lost = !told.contains("overloaded");
        Cell::new(
            is_lost,
            if is_lost { "the caller is told of that only" } else { "the caller gets the answer there was" },
        )
    }
    [
        told(RetryBudgetLayer::new(OnError)).await,
        told(resilience()).await,
        Cell::none(),
        Cell::none(),
        told(tower::retry::RetryLayer::new(TowerPolicy::default())).await,
    ]
}
