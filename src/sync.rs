//! What threads meet at. Under `--cfg failover_loom` a model checker stands in its place, which tries every order in
//! which they may do so: `.ci/run models`.

#[cfg(not(failover_loom))]
#[allow(unused_imports, reason = "which of these are needed depends on which layers there are")]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

#[cfg(failover_loom)]
#[allow(unused_imports, reason = "which of these are needed depends on which layers there are")]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};
