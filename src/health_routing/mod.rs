//! Which member: ordered failover, from memory.
//!
//! Models are not interchangeable, so members are not balanced: they are *ordered*. The primary serves as long
//! as it can; the next one is asked when it cannot, at once and without a pause, since any time spent on a
//! member that has failed is the caller's.
//!
//! What is known before a call is used before the call: a member whose [`Health`] says it is down goes last,
//! so no caller pays for finding that out again. It is never left out, since what is known may be old. If
//! *all* are down the call is refused with the earliest moment of hope ([`WhenAllDown`]).
//!
//! A failure is read by the [`RoutingPolicy`]. Where the caller's own request is wrong, no other member is
//! asked and the result goes back as it came: failing over would only repeat the mistake elsewhere and hide
//! the message that explains it.
//!
//! # Readiness
//!
//! The router is always ready. Were it as ready as its primary, a primary with a full queue would hold up
//! calls that a fallback could serve; were it as ready as all of them, one fallback that is broken would make
//! a healthy primary unreachable. So each member is asked for readiness when its turn comes, through a clone
//! made for the call; the readiness of one member at a time is held. A member that is not ready within the
//! *patience* (500 ms) is passed over, unless it is the last. The timer needs tokio's, and is started only
//! when a member is not ready at once.
//!
//! # Errors
//!
//! [`AllFailed`] when nobody could answer. Where the last member failed with a *response*, as over raw HTTP,
//! the response is returned: its words are the provider's own. (Not so a 401 or 403 on a key of ours.)
//!
//! # Example
//!
//! ```
//! use http::{Request, Response, StatusCode};
//! use tower::{BoxError, Layer, ServiceExt, service_fn};
//! use tower_failover::facts::Served;
//! use tower_failover::health_routing::HealthRoutingLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let openai = service_fn(|_: Request<String>| async {
//!     let mut overloaded = Response::new("no capacity");
//!     *overloaded.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
//!     Ok::<_, BoxError>(overloaded)
//! });
//! let anthropic = service_fn(|_: Request<String>| async { Ok::<_, BoxError>(Response::new("hello")) });
//!
//! let service = HealthRoutingLayer::primary("openai").fallback("anthropic", anthropic).layer(openai);
//!
//! let response = service.oneshot(Request::new("hi".to_owned())).await?;
//! assert_eq!(*response.body(), "hello");
//! assert_eq!(response.extensions().get::<Served>().unwrap().member.provider(), "anthropic");
//! # Ok(()) }
//! ```

mod candidate;
mod either;
mod error;
mod future;
mod health;
mod in_flight;
mod last_resort;
mod layer;
mod order;
mod policy;
mod service;
mod set;
mod walk;

pub use self::candidate::Candidate;
pub use self::error::AllFailed;
pub use self::future::ResponseFuture;
pub use self::health::Health;
pub use self::last_resort::WhenAllDown;
pub use self::layer::{Fallback, HealthRoutingLayer};
pub use self::policy::{HttpRouting, RoutingPolicy};
pub use self::service::HealthRouting;
