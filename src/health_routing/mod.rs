//! Which member: ordered failover, from memory.
//!
//! Models are not interchangeable, so members are not balanced: they are *ordered*. The primary serves as long
//! as it can; the next one is asked when it cannot, at once and without a pause, since any time spent on a
//! member that has failed is the caller's.
//!
//! What is known before a call is used before the call, so that no caller pays for finding it out again. A member
//! whose [`Health`] says that it is down is asked last; before it one whose rate limit is used up, and before that
//! one most of whose last answers were none, or which is [silent](crate::facts::Availability::Silent): it lets several
//! calls wait for longer than it ever does. Nobody is left out, since what is known may be old. If *all* are down
//! the call is refused with the earliest moment of hope ([`WhenAllDown`]). A small share of errors moves nobody:
//! retries are for those, and the circuit for more.
//!
//! # Tiers
//!
//! Members that you declare [interchangeable](Candidate::interchangeable), in a row, are one *tier*. In it a score
//! decides: the time to the first token × (calls under way + 1) ÷ success², from the members' [`Health::vitals`].
//! The one chosen last stays until another is 20 % better. One of whom nothing was heard for a minute is tried.
//! Between tiers the declared order holds.
//!
//! # Coming back
//!
//! A member that comes back from [`Probation`](crate::facts::Availability::Probation) gets a tenth of the calls,
//! and all of them ten seconds later ([`Ramp`]): whoever waited for it must not bring it down again.
//!
//! # Conversations
//!
//! A conversation that a fallback has served stays with it for an hour, and so does one that a tier has served: its
//! prompt is in that member's cache, and a model's signed thoughts are worth nothing to another. It leaves a member
//! that has trouble, and stays where it went. New conversations go to the primary. Which conversation a call
//! belongs to is said by [`RoutingPolicy::conversation`], and asked only where something hangs on it: as long as
//! the primary serves everybody, a call pays one atomic load. At most 10,000 are kept in [`Memory`], as hashes.
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
mod dialect_routing;
mod either;
mod error;
mod few;
mod future;
mod health;
mod in_flight;
mod last_resort;
mod layer;
mod memory;
mod order;
mod pins;
mod policy;
mod ramp;
mod service;
mod set;
mod standing;
mod tier;
mod walk;

pub use self::candidate::Candidate;
pub use self::dialect_routing::DialectRouting;
pub use self::error::AllFailed;
pub use self::future::ResponseFuture;
pub use self::health::Health;
pub use self::last_resort::WhenAllDown;
pub use self::layer::{Fallback, HealthRoutingLayer};
pub use self::memory::Memory;
pub use self::policy::{HttpRouting, RoutingPolicy};
pub use self::ramp::Ramp;
pub use self::service::HealthRouting;
pub use self::standing::Standing;
