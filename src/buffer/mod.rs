//! The body once: bounded, cheap to clone, and read for what the call asks.
//!
//! A call can be repeated only if its body can. This layer collects it, hands the inner service a
//! [`Buffered`](crate::body::Buffered) body whose clone is a reference count, and lets a [`ReadCall`] policy
//! leave the [`Call`](crate::facts::Call) fact on the request, so that no layer below has to parse the body
//! to know the model that was asked for.
//!
//! A body that came in one frame is passed on as it is, uncopied. Trailers of requests are dropped: no API of
//! a language model has any.
//!
//! # Limits
//!
//! | what | by default | refused with |
//! |---|---|---|
//! | size | 20 MiB; a `Content-Length` above it is refused unread | 413 |
//! | silence between two frames | 30 s | 408 |
//! | `Content-Encoding` | `identity` only: what cannot be read cannot be translated | 415 |
//! | a body that breaks off | | 400 |
//!
//! All are [`Class::InvalidRequest`](crate::failure::Class::InvalidRequest): no member is asked, and nothing
//! counts against one. The time for the whole body is for the `deadline` layer to limit.
//!
//! # Readiness
//!
//! Always ready; the inner service is asked once the body is there. A caller who sends slowly holds no place
//! of a limited service meanwhile. The timer needs tokio's.
//!
//! # Example
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response, request::Parts};
//! use http_body_util::Full;
//! use tower::{BoxError, Layer, ServiceExt, service_fn};
//! use tower_failover::body::Buffered;
//! use tower_failover::buffer::BufferLayer;
//! use tower_failover::facts::Call;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let inner = service_fn(|request: Request<Buffered>| async move {
//!     let model = request.extensions().get::<Call>().map(|call| call.model.clone());
//!     Ok::<_, BoxError>(Response::new((model, request.into_body().into_bytes())))
//! });
//!
//! // An API whose body is the name of a model and nothing else.
//! let layer = BufferLayer::new().limit(64).read_call(|_: &Parts, body: &Bytes| {
//!     Ok(std::str::from_utf8(body).ok().map(Call::new))
//! });
//! let response = layer.layer(inner).oneshot(Request::new(Full::<Bytes>::from("workhorse"))).await?;
//! assert_eq!(response.body().0.as_deref(), Some("workhorse"));
//! # Ok(()) }
//! ```

mod error;
mod future;
mod layer;
mod read_call;
mod reading;
mod service;

pub use self::error::BodyRefused;
pub use self::future::ResponseFuture;
pub use self::layer::BufferLayer;
pub use self::read_call::{Peeking, ReadCall};
pub use self::service::Buffer;
