//! The commit point: nothing is answered before there is an answer.
//!
//! # Why
//! A provider's `200 OK` promises nothing. Its stream may open with the role of the speaker and then say
//! `overloaded_error`, or nothing at all, for minutes; it may break in the middle, and a proxy that passes the
//! bytes on ends the caller's stream as if the answer were whole. Once a caller has seen the head and the first
//! word, no other provider can take over unseen. Until then any can.
//!
//! # How
//! Streams are read frame by frame by a [`Guard`]. What comes before the first *content* (the start of a
//! message, an empty delta, a ping) is held back, and the response future stays pending. Then:
//!
//! * **Before the first content** everything that goes wrong is an `Err`, of a class that lets the next member
//!   try: silence is a [`Timeout`](crate::failure::Class::Timeout), a reset is
//!   [`Connect`](crate::failure::Class::Connect), an error frame is what it says it is, and a stream that ends
//!   with nothing said is [`InvalidOutput`](crate::failure::Class::InvalidOutput). As much is held back as of a
//!   buffered answer, 32 MiB.
//! * **After it** frames pass as the slices that arrived. A cut, a stall, an error frame or an end without a
//!   finish reason ends the body with an error: [`Interrupted`](crate::failure::Class::Interrupted). A stream
//!   that finished and only lacks its terminal frame is given one, 5 s later at most, whatever comes instead: a
//!   reset or an error takes nothing back of an answer that is whole. One that has its terminal
//!   frame and lacks the reason passes where what it said last is whole by itself, as a call of a tool is.
//!   Of several answers each that has begun needs its reason ([`Choices`](crate::dialect::Choices)); where the terminal
//!   frame has come, one reason will do for all of them. Malformed frames are left out, and a byte-order mark at
//!   the very start. A frame may have 32 MiB. An answer that calls a tool with what is not JSON, and was not cut off, is
//!   [`InvalidOutput`](crate::failure::Class::InvalidOutput) here, too: its reason does not go out, and the body ends with
//!   an error.
//! * **A buffered answer** is collected, checked by [`Guard::check_answer`], and passed on whole. What comes for a
//!   call that asks for no answer, but for the number of its tokens, is checked by [`Guard::check_reply`].
//!
//! A response whose status is 400 or more becomes an `Err` by [`Standard`](crate::failure::Standard)
//! classification. An error of the inner service that carries no [`Failure`](crate::failure::Failure) is a
//! broken connection.
//!
//! Time is limited to the first content ([`first_token`](StreamGuardLayer::first_token)), between any two
//! chunks ([`idle`](StreamGuardLayer::idle)), to the head of a buffered answer
//! ([`attempt`](StreamGuardLayer::attempt)) and in all ([`total`](StreamGuardLayer::total)); a
//! [`Deadline`](crate::facts::Deadline) on the request bounds them all, and may be
//! [shared](StreamGuardLayer::leave_time) with those who are asked next. Dropping the future or the body drops
//! the call, and with it the connection to the provider.
//!
//! The inner body must be `Unpin`, as hyper's is: it moves from the future to the response at the commit point.
//! The body it answers with is not, since it holds a timer.
//!
//! # Example
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response, header::CONTENT_TYPE};
//! use http_body_util::{BodyExt, Full};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//! use tower_failover::dialect::{Signal, sse::Frame};
//! use tower_failover::failure::{BoxError, Class, Failure};
//! use tower_failover::stream_guard::StreamGuardLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! // A provider that stops in the middle of a sentence.
//! let provider = service_fn(|_: Request<()>| async {
//!     let body = Full::new(Bytes::from_static(b"data: half a\n\n"));
//!     Response::builder().header(CONTENT_TYPE, "text/event-stream").body(body)
//! });
//! let guard = |frame: &Frame<'_>| match frame.data.as_deref() {
//!     Some(b"[STOP]") => Signal::Finish,
//!     _ => Signal::Content,
//! };
//! let mut service = ServiceBuilder::new().layer(StreamGuardLayer::new(guard)).service(provider);
//!
//! let response = service.ready().await?.call(Request::new(())).await?;
//! let mut body = std::pin::pin!(response.into_body());
//! assert_eq!(body.frame().await.unwrap()?.into_data().unwrap(), "data: half a\n\n");
//! let error = body.frame().await.unwrap().unwrap_err();
//! assert_eq!(Failure::of(&error).class(), Class::Interrupted);
//! # Ok(())
//! # }
//! ```

mod alarm;
mod attempt;
mod body;
mod error;
mod future;
mod guard;
mod held;
mod layer;
mod limits;
mod service;
mod watch;

pub use self::body::ResponseBody;
pub use self::error::{BrokenAnswer, Cause};
pub use self::future::ResponseFuture;
pub use self::guard::{DialectGuard, Guard};
pub use self::layer::StreamGuardLayer;
pub use self::service::StreamGuard;
