//! What concerns a whole credential, or a whole provider, rests all who share it.
//!
//! # Why
//!
//! A key that was revoked is refused for every model it opens. A balance that is empty is empty for all of them. A
//! circuit per member finds that out once per member, and every caller in between pays for it: with ten models
//! behind one key that is ten refusals, each of which counts against an account that is in trouble already. And when
//! the pause is over, all of them ask again at once.
//!
//! So this is kept once for all: the first refusal *cools* everybody who uses the credential, until the moment the
//! provider named, or for five minutes. When the time is over **one** call passes, as a probe, whoever sends it; the
//! others are refused until it is known how it went. A host that cannot be reached, as three of its members in a
//! row found out, is rested for ten seconds in the same way.
//!
//! # How
//!
//! A [`Cooldown`] is the state: give a clone of it to the layer of each member that shares the thing. What a result
//! means is said by a [`CooldownPolicy`], which closures implement; [`ByFailure`] reads the
//! [`Scope`](crate::failure::Scope) of a [`Failure`](crate::failure::Failure).
//!
//! | a result | the credential | the provider |
//! |---|---|---|
//! | an answer | is well: its cooldown is over | is well |
//! | `Auth`, `QuotaExhausted` (scope `Credential`) | cools: the hint, or 5 min; at most 24 h | answers |
//! | scope `Provider` | – | cools in the same way |
//! | `Connect` | – | cools for 10 s, if it is the third member in a row |
//! | `Connect` of scope `Request`: a connection that was made, and did not last | – | – |
//! | any other failure of the provider | – | answers |
//! | a refusal of our own, a timeout, a call that was dropped | – | – |
//!
//! A cooldown is extended, never shortened, and only by calls that had left before it began or by its own probe: a
//! straggler of an older time neither begins one nor ends one. Each begins with one event: an *error* where a key
//! was refused, since somebody has to act, else a warning. It names the provider, and nothing of the key.
//!
//! ```
//! use tower::{Service, ServiceExt, Layer, service_fn};
//! use tower_failover::cooldown::{ByFailure, Cooldown, CooldownLayer, CoolingDown};
//! use tower_failover::failure::{Class, Failure, OnError};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! // Two models behind one key.
//! let key = Cooldown::new("openai");
//! let member = || CooldownLayer::new(ByFailure::new(OnError)).credential(key.clone());
//! let mut large = member().layer(service_fn(|_: &str| async { Err::<&str, _>(Failure::new(Class::Auth)) }));
//! let mut small = member().layer(service_fn(|_: &str| async { Ok::<_, Failure>("an answer") }));
//!
//! large.ready().await.unwrap().call("hello").await.unwrap_err();
//! let refused = small.ready().await.unwrap().call("hello").await.unwrap_err();
//! assert_eq!(refused.downcast_ref::<CoolingDown>().unwrap().retry_after().unwrap().as_secs(), 300);
//!
//! key.clear(); // somebody has put a new key in
//! assert_eq!(small.ready().await.unwrap().call("hello").await.unwrap(), "an answer");
//! # }
//! ```
//!
//! # Readiness
//!
//! While it cools the service is *ready*: `poll_ready` does not touch the inner service, and `call` returns
//! [`CoolingDown`]. It never returns `Err` for a reason of its own.
//!
//! # Cancel safety
//!
//! Dropping a response future cancels the call and says nothing; the place of a probe is free again. A probe that
//! says nothing for a minute loses its place.
//!
//! A call is judged when its response is there. Put the layer outside of one that holds a stream back until it has
//! begun (`stream_guard`), or an error inside a 200 counts as an answer.

#[expect(clippy::module_inception, reason = "the state is what the folder is about")]
mod cooldown;
mod error;
mod future;
mod layer;
mod permit;
mod policy;
mod service;
mod state;

pub use self::cooldown::Cooldown;
pub use self::error::CoolingDown;
pub use self::future::ResponseFuture;
pub use self::layer::CooldownLayer;
pub use self::policy::{ByFailure, CooldownPolicy, Reading};
pub use self::service::CooldownService;
