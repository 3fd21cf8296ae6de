//! Measuring by hand: a call polled to its end on this thread, the best and the middle of many samples.
#![allow(dead_code, reason = "each bench uses its part")]

pub(crate) mod subjects;

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tower::Service;

/// A short run: enough to see that the benches work, not to quote.
pub(crate) fn is_quick() -> bool {
    std::env::var_os("BENCH_QUICK").is_some()
}

/// What one call costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) best_ns: f64,
    pub(crate) median_ns: f64,
    pub(crate) allocations: f64,
}

impl Cost {
    /// Of one of `parts` equal parts.
    pub(crate) fn per(self, parts: u32) -> Self {
        let parts = f64::from(parts);
        Self {
            best_ns: self.best_ns / parts,
            median_ns: self.median_ns / parts,
            allocations: self.allocations / parts,
        }
    }
}

/// Measures `call`, which is repeated in batches that take about a millisecond.
pub(crate) fn cost(mut call: impl FnMut()) -> Cost {
    let samples = if is_quick() { 15 } else { 151 };
    let mut batch = 16;
    while time(batch, &mut call) < Duration::from_micros(500) {
        batch *= 2;
    }
    let mut ns: Vec<f64> =
        (0..samples).map(|_| time(batch, &mut call).as_secs_f64() * 1e9 / f64::from(batch)).collect();
    ns.sort_by(f64::total_cmp);
    let counted = 256;
    let allocated = allocation_counter::measure(|| (0..counted).for_each(|_| call()));
    Cost {
        best_ns: ns[0],
        median_ns: ns[ns.len() / 2],
        allocations: allocated.count_total as f64 / f64::from(counted),
    }
}

#[allow(clippy::disallowed_methods, reason = "what is measured is real time")]
fn time(batch: u32, call: &mut impl FnMut()) -> Duration {
    let start = std::time::Instant::now();
    (0..batch).for_each(|_| call());
    start.elapsed()
}

/// One call of a service that never waits.
pub(crate) fn once<S, Req>(service: &mut S, request: Req)
where
    S: Service<Req>,
    S::Error: std::fmt::Debug,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(service.poll_ready(&mut cx), Poll::Ready(Ok(()))), "ready");
    let future = pin!(service.call(request));
    match future.poll(&mut cx) {
        Poll::Ready(answer) => {
            black_box(answer.is_ok());
        }
        Poll::Pending => panic!("a service that waits cannot be measured so"),
    }
}

/// A row of a Markdown table.
pub(crate) fn row(name: &str, cost: Cost, bare: Cost) {
    println!(
        "| {name} | {:.0} | {:.0} | {:.0} | {:.2} |",
        cost.best_ns,
        cost.median_ns,
        (cost.best_ns - bare.best_ns).max(0.0),
        cost.allocations,
    );
}
