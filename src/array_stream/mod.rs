//! A stream as one JSON array, for callers who did not ask for server-sent events.
//!
//! # Why
//! Gemini's `streamGenerateContent` streams in two forms: server-sent events where the caller adds `alt=sse`, as
//! the official SDKs do, and one JSON array that grows where he does not, as most who write their own HTTP do.
//! Everything below speaks events: guards, normalizers and the rescue of a broken stream. This layer, outermost,
//! makes the one form of the other, so that nothing else has to know that there are two.
//!
//! # How
//! * **A stream** becomes an array with one element per event, each passed on as soon as it is whole. Comments
//!   are left out, and so is what is not JSON: an array with one bad element is read by nobody. An event that
//!   tells of an error is an element like any other, as it is at Google.
//! * **A JSON body**, be it an answer or an error of any status, becomes an array of one. A body that is a list
//!   already passes, as does everything that is neither, or is compressed.
//! * **The end**: `]` is written where the stream ended between two events, and never behind one that broke: then
//!   the body fails, too, and nobody takes half an answer for a whole one.
//!
//! Which requests are meant is said by a [`WantsArray`] policy; closures implement it. All others pass untouched.
//!
//! Of an unfinished event at most [32 MiB](crate::dialect::sse::Splitter::MAX_FRAME_BYTES) are held. Dropping the
//! future or the body drops the inner one.
//!
//! Source: Google's API description (`alt`, `$alt`) and recorded streams.
//!
//! # Example
//! ```
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, Full};
//! use tower::{BoxError, Layer, ServiceExt, service_fn};
//! use tower_failover::array_stream::ArrayStreamLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let gateway = service_fn(|_: Request<()>| async {
//!     let events = "data: {\"candidates\":[1]}\r\n\r\ndata: {\"candidates\":[2]}\r\n\r\n";
//!     let response = Response::builder().header("content-type", "text/event-stream");
//!     Ok::<_, BoxError>(response.body(Full::<bytes::Bytes>::from(events))?)
//! });
//! let gateway = ArrayStreamLayer::for_gemini().layer(gateway);
//!
//! let request = Request::post("/v1beta/models/workhorse:streamGenerateContent").body(())?;
//! let response = gateway.clone().oneshot(request).await?;
//! assert_eq!(response.headers()["content-type"], "application/json; charset=UTF-8");
//! let array = response.into_body().collect().await?.to_bytes();
//! assert_eq!(array, "[{\"candidates\":[1]}\n,\n{\"candidates\":[2]}]");
//!
//! let request = Request::post("/v1beta/models/workhorse:streamGenerateContent?alt=sse").body(())?;
//! let response = gateway.oneshot(request).await?;
//! assert_eq!(response.headers()["content-type"], "text/event-stream");
//! # Ok(()) }
//! ```

mod array;
mod body;
mod error;
mod future;
mod layer;
mod policy;
mod service;

pub use self::body::ResponseBody;
pub use self::error::BrokenStream;
pub use self::future::ResponseFuture;
pub use self::layer::ArrayStreamLayer;
pub use self::policy::{GeminiArray, WantsArray};
pub use self::service::ArrayStream;
