//! The same member, briefly.
//!
//! Most failures of a provider are gone a moment later, and asking again is cheaper than moving a conversation
//! to another model. But a retry has two ways to do harm. It can eat the time that a better member would have
//! needed; and when a provider is in trouble, everybody's retries are what keeps it there. So a retry here is
//! *brief*: two at most, within 8 s of the first attempt, and none at all when the provider has named a moment
//! that lies beyond. And it is *paid for* from a [`Budget`] that all calls share.
//!
//! ```
//! use std::sync::atomic::{AtomicU32, Ordering};
//! use tower::{Layer, ServiceExt, service_fn};
//! use tower_failover::failure::OnError;
//! use tower_failover::retry_budget::RetryBudgetLayer;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! // Any service will do; this one recovers with its third answer.
//! let asked = AtomicU32::new(0);
//! let moody = service_fn(|word: &'static str| {
//!     let answer = if asked.fetch_add(1, Ordering::Relaxed) < 2 { Err("not now") } else { Ok(word.len()) };
//!     async move { answer }
//! });
//! let service = RetryBudgetLayer::new(OnError).layer(moody);
//! assert_eq!(service.oneshot("four").await.unwrap(), 4);
//! # }
//! ```
//!
//! For HTTP it is [`RetryBudgetLayer::default()`]. Requests have to be `Clone`: put `buffer` above, or another
//! layer that makes bodies repeatable.
//!
//! # Rules
//!
//! - [`Class::same_member`](crate::failure::Class::same_member) says what is repeated at all: refused
//!   connections, server errors and overload; rate limits only with a hint; unusable answers once; a timeout
//!   never, since a silent route stays silent.
//! - The wait is random between zero and a ceiling (full jitter): 250 ms, then 500 ms, up to 4 s; after a
//!   refused connection 50 ms, then 100 ms. A hint (`Retry-After` and the like) is a floor, and the jitter
//!   comes on top of it.
//! - A hint that does not fit the window, or a deadline that does not leave the time an answer usually takes,
//!   means *now*: the failure goes back at once, so that routing goes on.
//! - A first attempt is refused ([`TooLate`]) when the time left is less than an answer of this member takes:
//!   the mean less the mean deviation of past answers, once five are known. Such refusals make the estimate
//!   less sure, so that some calls pass and correct it.
//! - Refusals of our own ([`Class::is_local`](crate::failure::Class::is_local)) are free and are not repeated.
//! - An attempt that is repeated is recorded in the fact [`Attempts`](crate::facts::Attempts); the last one is
//!   left to whoever sees the end.
//!
//! Sources: RFC 9110 section 10.2.3 for the hint; Finagle's retry budget and Envoy's `retry_budget` for the two
//! limits.
//!
//! # Errors
//!
//! The result of the last attempt passes as it is: a response with a bad status stays `Ok`, an error stays the
//! error it was. [`TooLate`] is the only error of this layer's own.
//!
//! While a retry waits its failed predecessor is kept, an unread body included, and is returned if the retry does
//! not reach the member after all: when the service fails to become ready, is not ready before the window or the
//! deadline ends, or refuses the retry itself, as a breaker does that has just opened. A response is kept no
//! longer than until the retry has to wait for its answer, since it may keep a connection busy; an error is kept
//! to the end.
//!
//! # Cancel safety
//!
//! Dropping the future cancels the attempt or the wait, and ends the call's part in the budget. A retry that was
//! granted and had not started is given back. A call counts as active until its response is there; a body that
//! streams after that loads the member no more than a call that was never repeated.

mod budget;
mod call;
#[cfg(feature = "tower-retry")]
mod compat;
mod error;
mod future;
mod jitter;
mod layer;
mod policy;
mod ring;
mod service;
mod turn;
mod usual;

pub use self::budget::{ActiveCall, Budget, BudgetBuilder, Withdrawal};
pub use self::error::TooLate;
pub use self::future::ResponseFuture;
pub use self::layer::RetryBudgetLayer;
pub use self::policy::{HttpRetry, RetryPolicy};
pub use self::service::RetryBudget;
