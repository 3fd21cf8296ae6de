//! What happens with the published faults of circuit breakers, retries and their budgets: here, and in other crates.
//!
//! `cargo bench --bench compare`; `BENCH_QUICK=1` for a short run. Each fault is a small program that sees of a crate
//! what a caller sees. A ✗ marks the fault; the run fails if ours ever has it. Settings are alike where both
//! have the setting (`compare_support/subject.rs`), and those a crate comes with where the row says so.
#![allow(missing_docs)]

mod compare_support;
mod support;

use compare_support::{circuits, retries, speed, table};

fn main() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time();
        builder
    };
    let mut table = table::Table::begin();
    // The others read the system's clock, so these programs wait for it.
    runtime().build().expect("a runtime").block_on(circuits::run(&mut table));
    let paused = runtime().start_paused(true).build().expect("a runtime");
    paused.block_on(retries::run(&mut table));
    let speed = runtime().build().expect("a runtime");
    let _context = speed.enter();
    speed::run(&mut table);
    assert!(!table.is_ours_at_fault, "a fault that this crate says it has not");
}
