//! Rescue in mid-stream: somebody else goes on with an answer that was cut.
//!
//! # Why
//! Once a caller has seen the first word no other provider can take over unseen, and so a connection that breaks
//! at the two-hundredth word costs him the answer: an error at best, and with most proxies half an answer that
//! looks whole. His own retry starts from nothing, and pays for all of it again.
//!
//! # How
//! The bytes of a stream are remembered as they pass, and nothing is read. Frames are so alike that this takes a
//! fraction of their size; what they have in common is kept once. [The limit](ResumeLayer::remember) is on what is kept.
//! When the body ends with an error in which [`Failure::find`](crate::failure::Failure::find) finds an
//! [interruption](crate::failure::Class::Interrupted), a [`Mend`] policy reads what the caller has, and the answer
//! is completed in one of two ways, in this order:
//!
//! * **Continue**, where the service below knows [who can](DialectMend::with_prefill). The caller's own request,
//!   with what has been said put into the assistant's mouth, is sent through it again. The fact
//!   [`Prefill`](crate::facts::Prefill) keeps it from members that would refuse it, or answer afresh, and from those
//!   that [are not known](crate::dialect::Capabilities::continues) to do neither;
//!   [`Exclusions`](crate::facts::Exclusions) keep it from the one that broke off. Its first words are held back as long
//!   as they are those of the answer: models now and then begin anew all the same. If they have repeated all that was
//!   said, only what follows is passed on.
//! * **Repeat.** The caller's own request is sent to another member, and its answer is held back until it has
//!   said exactly what the caller already has. Then only what is missing is passed on. At the first difference
//!   the call is dropped.
//!
//! In either way others come first. Whoever broke off is asked again in it only where nobody else can be, and once for
//! one answer, whatever comes of it: he has just failed. But he goes on with his answer before others are asked to
//! repeat it: that another model says the same word for word is rare. Where there is no other try after this one, or
//! [it was silence](ResumeLayer::stalls) that his answer broke off by, others come before him by whatever way. While his
//! circuit is open, or he cools down, the layers below refuse it for him.
//!
//! Only plain text can be completed: not thoughts, calls of tools, refusals, JSON that was asked for, or several
//! answers side by side (see [`Dialect::resume`](crate::dialect::Dialect::resume)). If neither way leads
//! anywhere, or it was the provider's filter that broke off, the error goes on up as it came, and `rescue` ends the
//! stream with it in the caller's dialect. **An answer never ends cleanly without having said why it stops, and
//! never is a second answer appended to the first.**
//!
//! So two kinds of streams of OpenAI's Responses API are not completed, though all that the caller reads is text:
//!
//! * One that began with thoughts. The text follows from thoughts that nobody else has had, and they are bound to
//!   their issuer: whoever goes on with it, or repeats it, has thought something else.
//! * One whose text was told to be done. The event that ends the text says all of it, and nothing can be added. Why
//!   the model stopped is told by the very last event alone, not by the text, its item or `[DONE]`: a call may have
//!   been to follow, and a clean end would say that there was none.
//!
//! The stream stays one: the same ids, the same open block, numbers without gaps; and its usage is the sum of
//! what the attempts told, also of what a member told before the caller could be told. Each attempt's own is noted
//! in the log of [`Attempts`](crate::facts::Attempts). As the head has long been sent, comments in the stream say who went on: what the headers
//! would have said, with `: x-failover-degraded: continued`. Where the dialect's clients stumble over comments,
//! nothing does.
//!
//! All happens within the call's [`Deadline`](crate::facts::Deadline), if it has one, and at most
//! [twice](ResumeLayer::resumptions) for one answer. The layer belongs around whatever fails over, so that an
//! attempt to complete an answer can itself be retried and fail over.
//!
//! # Cancel safety
//! Dropping the body drops the attempt that is under way, whichever it is.
//!
//! # Example
//! ```
//! use std::future::ready;
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicBool, Ordering};
//!
//! use bytes::Bytes;
//! use http::{Request, Response, header::CONTENT_TYPE};
//! use http_body_util::{BodyExt, Full};
//! use tower::{Layer, ServiceExt, service_fn};
//! use tower_failover::body::Buffered;
//! use tower_failover::dialect::openai_chat::OpenAiChat;
//! use tower_failover::failure::{BoxError, Class, Failure};
//! use tower_failover::resume::ResumeLayer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! const ANSWER: &str = r#"data: {"id":"a","model":"m","choices":[{"index":0,"delta":{"content":"Hello "}}]}
//!
//! data: {"id":"a","model":"m","choices":[{"index":0,"delta":{"content":"there"},"finish_reason":"stop"}]}
//!
//! data: [DONE]
//!
//! "#;
//! // Breaks off after its first word, the first time.
//! let was_cut = Arc::new(AtomicBool::new(false));
//! let provider = service_fn(move |_: Request<Buffered>| {
//!     let (said, end) = if was_cut.swap(true, Ordering::Relaxed) {
//!         (ANSWER, None)
//!     } else {
//!         let first = ANSWER.find("\n\n").map_or(0, |end| end + 2);
//!         (&ANSWER[..first], Some(Err(BoxError::from(Failure::new(Class::Interrupted)))))
//!     };
//!     let body = Full::new(Bytes::from(said)).map_err(BoxError::from).with_trailers(ready(end));
//!     ready(Response::builder().header(CONTENT_TYPE, "text/event-stream").body(body))
//! });
//!
//! let request = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Greet me"}]}"#;
//! let service = ResumeLayer::for_dialect(OpenAiChat).layer(provider);
//! let response = service.oneshot(Request::new(request.into())).await?;
//! let text = String::from_utf8(response.into_body().collect().await?.to_bytes().into())?;
//! assert_eq!(text.matches("Hello").count(), 1);
//! assert!(text.contains(": x-failover-degraded: continued") && text.contains("there"));
//! assert!(text.ends_with("data: [DONE]\n\n"));
//! # Ok(()) }
//! ```

mod body;
mod case;
mod future;
mod joint;
mod layer;
mod mending;
mod policy;
mod record;
mod seam;
mod service;
mod step;
mod stream;
mod voice;

pub use self::body::ResponseBody;
pub use self::future::ResponseFuture;
pub use self::layer::ResumeLayer;
pub use self::policy::{DialectMend, Mend};
pub use self::seam::Seam;
pub use self::service::Resume;
