//! One instant for the whole call.
//!
//! A call that may be repeated and moved from member to member must not grow with every attempt: three
//! attempts of a minute each are three minutes to the one who waits. So the time is told once, as an absolute
//! [`Instant`](tokio::time::Instant), and everything below spends from it. [`DeadlineLayer`] decides the
//! instant, leaves it on the request as the fact [`Deadline`](crate::facts::Deadline), and ends the call when
//! it comes. A timeout per attempt (such as tower's) has its place below: it frees a slow attempt, and says
//! nothing about the call.
//!
//! ```
//! use std::time::Duration;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//! use tower_failover::deadline::DeadlineLayer;
//! use tower_failover::failure::{BoxError, Class, Failure};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let never = service_fn(|_: http::Request<()>| std::future::pending::<Result<(), BoxError>>());
//! let mut service = ServiceBuilder::new().layer(DeadlineLayer::new(Duration::from_secs(300))).service(never);
//!
//! // The caller is in a hurry, and says so.
//! let request = http::Request::builder().header("x-failover-deadline-ms", "1500").body(()).unwrap();
//! let error = service.ready().await.unwrap().call(request).await.unwrap_err();
//! assert_eq!(Failure::of(&error).class(), Class::DeadlineExceeded);
//! # }
//! ```
//!
//! Any other service takes [`DeadlineLayer::any`], or a closure through [`DeadlineLayer::with_policy`].
//!
//! # What it covers
//!
//! The time until the response is there. A body that streams after that is outside of this layer's reach,
//! since it works over any service; `stream_guard` reads the same fact and ends the stream.
//!
//! # Errors
//!
//! [`DeadlineExceeded`] when the time is up, at the call or during it; the [`Failure`](crate::failure::Failure)
//! of the policy when the request asks for a deadline that makes no sense.
//!
//! # Cancel safety
//!
//! When the deadline comes the inner future is dropped at once, before the error is returned, so that whatever
//! the call had in flight is cancelled upstream. The same happens when the caller drops the future.

mod error;
mod future;
mod layer;
mod policy;
mod service;

pub use self::error::DeadlineExceeded;
pub use self::future::ResponseFuture;
pub use self::layer::DeadlineLayer;
pub use self::policy::{DEADLINE_MS, DEFAULT_TOTAL, DeadlinePolicy, HttpDeadline, Total};
pub use self::service::Deadline;
