//! The honest label: who served, and whether that was second best.
//!
//! A switch of models that nobody notices costs trust, caches and money for as long as it lasts. This layer
//! writes on each response what the layers below have left as facts. Being served by an equal member of the
//! class is *not* degraded; a label on every answer would soon be read by nobody.
//!
//! | header | when | value |
//! |---|---|---|
//! | `x-failover-class` | a class was asked for | its name |
//! | `x-failover-provider` | always | the provider that answered |
//! | `x-failover-model` | the member names one | the model that answered |
//! | `x-failover-attempts` | always | all attempts made, the last included |
//! | `x-failover-degraded` | only if it was | the reason: `fallback`, `lossy`, `truncated`, `continued` |
//! | `x-failover-loss` | only if something was | what translation lost: `dropped=stop` |
//!
//! A response without a [`Served`](crate::facts::Served) fact is left as it is. One that has it loses whatever
//! `x-failover-*` headers it came with: those of a gateway further up tell of *its* members and attempts.
//!
//! A stream whose head was sent before all this was known says it later: the same names and values as
//! [comments](crate::facts::Served::comments) in the stream, written by `keepalive` and `resume`.
//!
//! Over services that are not HTTP, a [`Mark`] policy says how to mark; a closure will do.
//!
//! # Example
//!
//! ```
//! use http::{Request, Response};
//! use tower::{BoxError, Layer, ServiceExt, service_fn};
//! use tower_failover::degraded_marker::DegradedMarkerLayer;
//! use tower_failover::facts::{Member, Served};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! // As `health_routing` leaves it.
//! let routed = service_fn(|_: Request<()>| async {
//!     let member = Member::new("openai").with_model("gpt-5-mini").with_degraded(true);
//!     let mut response = Response::new("hello");
//!     response.extensions_mut().insert(Served::by(&member, 2));
//!     Ok::<_, BoxError>(response)
//! });
//!
//! let response = DegradedMarkerLayer::new().layer(routed).oneshot(Request::new(())).await?;
//! assert_eq!(response.headers()["x-failover-provider"], "openai");
//! assert_eq!(response.headers()["x-failover-attempts"], "2");
//! assert_eq!(response.headers()["x-failover-degraded"], "fallback");
//! # Ok(()) }
//! ```

mod future;
mod headers;
mod layer;
mod mark;
mod service;

pub use self::future::ResponseFuture;
pub use self::headers::Headers;
pub use self::layer::DegradedMarkerLayer;
pub use self::mark::Mark;
pub use self::service::DegradedMarker;
