//! A kit for tests: ours, the gateway's embedded providers, and yours. Not for production.
//!
//! Failover is code for the day on which a provider is down, slow, or half alive, and such days cannot be
//! ordered from a real one. The kit has four tools:
//!
//! * [`FakeProvider`]: a server on a loopback port that speaks the wire format of OpenAI (both APIs), Anthropic
//!   or Gemini, breaks in the ways of [`Fault`], and counts what it saw, callers that went away included;
//! * [`RecordedReply`]: an answer played word for word, for the body you found in your logs;
//! * [`controlled`]: a service without a socket whose every step a test decides;
//! * [`ReadinessProbe`]: holds a layer to tower's contract of `poll_ready` before `call`.
//!
//! ```
//! use bytes::Bytes;
//! use http::Request;
//! use http_body_util::BodyExt;
//! use tower::ServiceExt;
//! # #[cfg(feature = "client")]
//! use tower_failover::client::Endpoint;
//! use tower_failover::body::Buffered;
//! use tower_failover::testing::{FakeProvider, Fault};
//!
//! # #[cfg(not(feature = "client"))] fn main() {}
//! # #[cfg(feature = "client")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tower_failover::failure::BoxError> {
//! let provider = FakeProvider::openai().answer("Four.").start().await?;
//! provider.script([Fault::unavailable()]); // once, then healthy
//!
//! let client = Endpoint::new(&provider.base_url(), "any-key")?.into_service();
//! let ask = || {
//!     let body = r#"{"model":"m","messages":[{"role":"user","content":"2 + 2?"}]}"#;
//!     let request = Request::post("/chat/completions").body(Buffered::new(Bytes::from(body)));
//!     client.clone().oneshot(request.expect("a request"))
//! };
//! assert_eq!(ask().await?.status(), 503);
//! let answer = ask().await?.into_body().collect().await?.to_bytes();
//! assert!(String::from_utf8_lossy(&answer).contains("Four."));
//! assert_eq!(provider.count(), 2);
//! # Ok(()) }
//! ```

mod builder;
mod control;
mod controlled;
mod fault;
mod played;
mod probe;
mod provider;
mod raw;
mod render;
mod reply;
mod seen;
mod server;
mod state;
mod strict;
mod vendor;
mod wire;

pub use self::builder::FakeProviderBuilder;
pub use self::controlled::{Call, ControlledFuture, ControlledMember, Controller, Counts, controlled};
pub use self::fault::{Fault, Refusal};
pub use self::probe::ReadinessProbe;
pub use self::provider::FakeProvider;
pub use self::reply::{Chunking, RecordedReply};
pub use self::seen::{SeenRequest, Stats};
pub use self::vendor::Vendor;
