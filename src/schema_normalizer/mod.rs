//! The wire: any caller's dialect served by any member's.
//!
//! # Why
//! Failing over to another vendor is of no use to a caller whose SDK cannot read its answers. So each member's
//! service is made to speak the caller's dialect: requests are translated on the way down, answers, streams and
//! errors on the way up, and nothing above has to know who served.
//!
//! # How
//! * **Same dialect**: bytes pass. Only the name of the model is replaced, at the place where it stands
//!   ([`Call::model_span`](crate::facts::Call::model_span)), and what is bound to another issuer is removed.
//! * **Another dialect**: the request goes through the [canonical](crate::dialect::canonical) model. What the
//!   member cannot carry is written into the ledger of [`Losses`](crate::facts::Losses), which is left on the
//!   response. What may be lost is for a [`LossPolicy`] to say: by default all but what
//!   [changes the question](crate::facts::Loss::is_essential), for which the next member is asked. Streams are rewritten frame by frame, one chunk for one chunk, at the pace of the caller.
//! * **Errors**: any status but 2xx becomes an `Err` with a [`Failure`](crate::failure::Failure), read by the
//!   member's own table of errors; its hint when to come back, the provider's id of the request and, for a
//!   caller of the same dialect, the original body are in it. A request that is no request of the caller's
//!   dialect fails here, and the member is not called.
//! * **A whole answer where a stream was asked for** is told as a stream. A stream where a whole answer was
//!   asked for, and an answer that is compressed, are
//!   [`InvalidOutput`](crate::failure::Class::InvalidOutput).
//!
//! Headers pass by allow-lists, in both directions: the caller's credentials never reach a member, a member's
//! cookies never reach the caller. The request that leaves here is a `POST` to a path only; the client below
//! adds the provider's base URL and the key.
//!
//! Error bodies are read up to 64 KiB, answers up to [`answer_limit`](SchemaNormalizerLayer::answer_limit),
//! a frame of a stream up to [32 MiB](crate::dialect::sse::Splitter::MAX_FRAME_BYTES). What is left of an error body
//! when its head has come is waited for no longer than two seconds: the head has said what matters. How long an
//! answer may take is for [`stream_guard`](crate::stream_guard) above.
//!
//! # Example
//! See [`Dialect`](crate::dialect::Dialect) for what can stand at either side.
//! ```
//! use http::{Request, Response};
//! use tower::ServiceBuilder;
//! use tower_failover::body::Buffered;
//! use tower_failover::dialect::Dialect;
//! use tower_failover::failure::BoxError;
//! use tower_failover::schema_normalizer::SchemaNormalizerLayer;
//!
//! /// A member that answers callers of `front`, whatever it speaks itself.
//! fn member<F: Dialect, M: Dialect>(
//!     front: F,
//!     dialect: M,
//! ) -> impl tower::Service<Request<Buffered>, Error = BoxError> {
//!     let client = tower::service_fn(|request: Request<Buffered>| async move {
//!         assert!(request.headers().get("authorization").is_none());
//!         Ok::<_, BoxError>(Response::new(request.into_body()))
//!     });
//!     ServiceBuilder::new()
//!         .layer(SchemaNormalizerLayer::new(front, dialect).model("claude-sonnet-4-6"))
//!         .service(client)
//! }
//! ```

mod answer;
mod body;
mod error;
mod exchange;
mod future;
mod headers;
mod judge;
mod layer;
mod policy;
mod request;
mod service;
mod splice;
mod transcode;

pub use self::body::ResponseBody;
pub use self::error::Unreadable;
pub use self::future::ResponseFuture;
pub use self::layer::SchemaNormalizerLayer;
pub use self::policy::{LossPolicy, LossRules, Verdict};
pub use self::service::SchemaNormalizer;
