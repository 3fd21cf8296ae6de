//! The only place where errors become responses.
//!
//! Below, a failed call is an error with a [`Failure`](crate::failure::Failure) in it, so that every layer can
//! decide from the same facts. Here, at the very top, it becomes one response in the caller's own dialect, as
//! his official SDK expects it. [`Rescue`] itself never fails: its error is `Infallible`, also when the inner
//! service is not ready for good.
//!
//! | what happened | status | body |
//! |---|---|---|
//! | the caller's request was wrong, too long, or refused for its content | the member's own 4xx, else 400 | the provider's own words |
//! | no member can carry what the request needs | 400 | the field that cannot be carried |
//! | the caller's time is up | 504 | the list of attempts |
//! | anything else | 503 | the list of attempts |
//!
//! A refused key is *our* key: it is a 503, since a 401 would make the caller look for a fault in his own.
//! What a provider says about our account is not repeated: only classes, statuses, names of members and times
//! are, never a message, a URL or a key.
//!
//! # When to come back
//!
//! 503 and 504 carry `Retry-After`: the earliest hope of any member in whole seconds, at least 1 and at most
//! a day; 5 where nobody said. Official SDKs repeat a 503 by themselves, two times as a rule, so that in an
//! outage their retries multiply ours. They obey `x-should-retry: false`, which is therefore always sent: what
//! could be repeated has been repeated, and when to come back is the caller's decision.
//!
//! # Streams
//!
//! An event stream that fails after its head has gone out ends with one error event in the caller's dialect,
//! on which SDKs raise their typed error. Any other body that fails breaks off, as it must: a clean end would
//! make half an answer look whole.
//!
//! # Example
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{BoxError, Layer, ServiceExt, service_fn};
//! use tower_failover::facts::Attempts;
//! use tower_failover::failure::{Class, Failure};
//! use tower_failover::rescue::RescueLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let broken = service_fn(|_: Request<()>| async {
//!     Err::<Response<Full<Bytes>>, BoxError>(Failure::new(Class::Overloaded).into())
//! });
//! // For a dialect: `RescueLayer::new(OpenAiChat)`. A closure words errors in its own way.
//! let layer = RescueLayer::with(|error: &BoxError, _: Option<&Attempts>| {
//!     let mut response = Response::new(Bytes::from(Failure::of(error).to_string()));
//!     *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
//!     response
//! });
//! let response = layer.layer(broken).oneshot(Request::new(())).await.unwrap();
//! assert_eq!(response.status(), 503);
//! # }
//! ```

mod body;
mod detail;
mod dialect;
mod future;
mod layer;
mod respond;
mod retry;
mod service;
mod stream;

pub use self::body::ResponseBody;
pub use self::dialect::DialectRescue;
pub use self::future::ResponseFuture;
pub use self::layer::RescueLayer;
pub use self::respond::Respond;
pub use self::service::Rescue;
