//! Signs of life while an answer is awaited, without promising one.
//!
//! # Why
//! A model may think for a minute before its first word, and a failover adds the patience that the first member
//! was given. Meanwhile nothing is sent, since nothing is [committed](crate::stream_guard), and proxies on the
//! way take silence for death: many cut a connection on which nothing has come for 30 or 60 s.
//!
//! # How
//! A call that wants a stream, and has no answer after 15 s, is sent the head of one, and from then on a comment
//! every 15 s. A comment is no event: parsers skip it, and it says nothing that could not be taken back. Below,
//! members may still fail and others be asked; whoever answers in the end goes on in this stream. If nobody does,
//! the body ends with the error, from which [`rescue`](crate::rescue), further up, makes an error event.
//!
//! What a head could have said comes too late for it. [`DialectKeepalive`] says it in one more comment, before the
//! first event: who served, after how many attempts, and whether that was second best.
//!
//! Calls that want no stream, and answers that come in time, pass untouched. A stream costs one allocation: the
//! call has to be able to move from the response future into the body.
//!
//! Dropping the future or the body drops the call.
//!
//! # Example
//! ```
//! use bytes::Bytes;
//! use http::{Extensions, Request, Response};
//! use http_body_util::{BodyExt, Full};
//! use std::time::Duration;
//! use tower::{BoxError, Layer, ServiceExt, service_fn};
//! use tower_failover::keepalive::KeepaliveLayer;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let thoughtful = service_fn(|_: Request<()>| async {
//!     tokio::time::sleep(Duration::from_secs(40)).await;
//!     let body = Full::new(Bytes::from_static(b"data: 42\n\n"));
//!     Response::builder().header("content-type", "text/event-stream").body(body)
//! });
//! // For a dialect: `KeepaliveLayer::for_dialect(OpenAiChat)`. Here every call wants a stream.
//! let layer = KeepaliveLayer::new(|_: &Extensions| Some(Bytes::from_static(b": thinking\n\n")));
//!
//! let response = layer.layer(thoughtful).oneshot(Request::new(())).await?;
//! assert_eq!(response.headers()["content-type"], "text/event-stream");
//! let body = response.into_body().collect().await?.to_bytes();
//! assert_eq!(body, ": thinking\n\n: thinking\n\ndata: 42\n\n");
//! # Ok(())
//! # }
//! ```

mod body;
mod future;
mod layer;
mod policy;
mod service;

pub use self::body::ResponseBody;
pub use self::future::ResponseFuture;
pub use self::layer::KeepaliveLayer;
pub use self::policy::{DialectKeepalive, Vigil};
pub use self::service::Keepalive;
