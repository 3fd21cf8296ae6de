//! What a service's last calls were like, for those who choose among services.
//!
//! # Why
//!
//! A circuit knows one thing of a provider: whether to ask it at all. Between "down" and "well" lies most of what
//! goes wrong with one: it is slow today, it has a dozen calls to finish, every second of its answers is empty, its
//! rate limit is used up for another twelve seconds. Whoever routes has to know that *before* the call and from
//! memory, since a probe would be on the caller's time.
//!
//! Nothing is refused here. The layer only watches, and its [`VitalsHandle`] tells.
//!
//! # How
//!
//! Kept are the last 50 calls, of the last minute:
//!
//! - the share of errors, and of *quality failures*: answers that were none
//!   ([`InvalidOutput`](crate::failure::Class::InvalidOutput)). Below 10 calls a share says nothing.
//! - the time to the first token, as a moving average. A failure counts as twice the average, so that a service
//!   that fails fast never looks fast.
//! - the calls under way, those whose body is still streaming included.
//! - that nothing is left of a rate limit, and until when (60 s at most; one that is known is never shortened).
//!
//! Beside them, the calls that *wait*: begun, and not yet answered, failed or dropped. Over HTTP those are calls that want
//! a stream: others take as long as they take ([`Observe::is_awaited`]). A service that takes calls and says
//! nothing fails the first of them only when somebody's patience is over, ten seconds and 160 calls later; until then no
//! share and no circuit knows. So it counts as *silent* ([`Availability::Silent`](crate::facts::Availability::Silent))
//!
//! - when at least five calls wait: one or two that are slow have reasons of their own;
//! - and for longer than 3 s, and than four times the usual time to the first token of those that were answered, nobody
//!   has got one. This time begins with the first that waits: what was before is idleness;
//! - and only if a usual time is known: somebody was answered in the minute before.
//!
//! The first answer ends it, and so do calls that fail or are dropped, when fewer than five are left. Streams that have
//! begun do not wait, however long they are.
//!
//! Whole answers have no such measure. What tells on a service that hangs there is that its callers *leave with nothing*,
//! long before anybody's limit here is over: five of them in a row, without an answer between them and within a minute of one
//! another, each after a wait of more than four times what is usual for the kind of call (and than 1 s; than 3 s where
//! nothing is known). Then, too, it counts as silent. Otherwise a call that is dropped counts in nothing, and neither does one
//! that says nothing about the service (the request was wrong).
//!
//! After a minute without a call shares and averages are forgotten. But a service that was unsteady, or left with nothing, is
//! *doubted* until it has proven itself: it is on [`Probation`](crate::facts::Availability::Probation) for one call in a
//! while (after 5 s, then ever more seldom, every 30 s at last) until one that was left has answered anybody, and
//! one that was unsteady three in a row.
//!
//! [`Vitals`] wraps any service. What a result means is said by [`Observe`]:
//!
//! | observer | for | observed |
//! |---|---|---|
//! | [`AtEndOfBody`] (default) | `http::Response<B>` | first token at the head, the rest when the body ends |
//! | [`AtReturn`] | any service | when the future is done |
//! | a closure to `Option<Failure>` | any service | when the future is done |
//!
//! Use it outside `stream_guard`, whose head is the first content and not the first byte, and inside
//! `circuit_breaker`, whose refusals are no calls.
//!
//! ```
//! use tokio::time::Instant;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//! use tower_failover::failure::OnError;
//! use tower_failover::vitals::{AtReturn, VitalsLayer};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let layer = VitalsLayer::new(AtReturn::new(OnError));
//! let handle = layer.handle();
//! let mut service = ServiceBuilder::new()
//!     .layer(layer)
//!     .service(service_fn(|n: u32| async move { if n % 4 == 0 { Err("odd") } else { Ok(n) } }));
//!
//! for n in 0..20 {
//!     let _ = service.ready().await.unwrap().call(n).await;
//! }
//! let vitals = handle.read(Instant::now());
//! assert_eq!((vitals.calls, vitals.error_share()), (20, Some(0.25)));
//! # }
//! ```
//!
//! # Readiness and errors
//!
//! Both are the inner service's.
//!
//! # Cancel safety
//!
//! Dropping a response future or a response body cancels the call below; it is then no longer under way.

mod doubt;
mod future;
mod handle;
mod layer;
mod observe;
mod record;
mod response_body;
mod sample;
mod service;
mod shared;
mod silence;
mod vain;

pub use self::future::ResponseFuture;
pub use self::handle::VitalsHandle;
pub use self::layer::VitalsLayer;
pub use self::observe::{AtEndOfBody, AtReturn, Observe};
pub use self::response_body::ResponseBody;
pub use self::sample::Sample;
pub use self::service::Vitals;
