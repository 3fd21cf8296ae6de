//! A pooled HTTPS client for a provider's endpoint: the innermost service of a member.
//!
//! A layer for failover needs a client that keeps its hands off. One that repeats a request on its own spends
//! attempts that no budget counts; one that follows redirects takes a key to a host nobody named; one without a
//! limit on connecting hangs for minutes where the next member would answer at once. [`Client`] sends each
//! request once, to one place, and says in the shared [taxonomy](crate::failure) why it could not.
//!
//! ```no_run
//! use bytes::Bytes;
//! use http::Request;
//! use tower::ServiceExt;
//! use tower_failover::body::Buffered;
//! use tower_failover::client::{Credential, Endpoint};
//!
//! # async fn example() -> Result<(), tower_failover::failure::BoxError> {
//! let openai = Endpoint::new("https://api.openai.com/v1", Credential::bearer("sk-..."))?.into_service();
//! let anthropic =
//!     Endpoint::new("https://api.anthropic.com", Credential::header("x-api-key", "sk-ant-..."))?.into_service();
//!
//! let request = Request::post("/v1/messages")
//!     .header("content-type", "application/json")
//!     .header("anthropic-version", "2023-06-01")
//!     .body(Buffered::new(Bytes::from_static(b"{}")))?;
//! let response = anthropic.oneshot(request).await?;
//! # let _ = (openai, response); Ok(())
//! # }
//! ```
//!
//! # What it does to a request
//!
//! * The URI's path and query are appended to the base URL, whose own path is kept; an authority is ignored.
//! * The credential is set, marked as sensitive. Headers in which a caller may have brought his own
//!   (`authorization`, `x-api-key`, `api-key`, `x-goog-api-key`, `cookie`, `proxy-authorization`) are removed,
//!   unless [`Credential::passthrough`] says that they are meant for the provider.
//! * Headers that concern one connection are removed, and so is `accept-encoding`: the layers above read the
//!   answer, and do not decompress.
//!
//! # Connections
//!
//! HTTP/1.1 and HTTP/2 by ALPN, `TCP_NODELAY`, Mozilla's roots, `http://` allowed for servers near by. Each
//! endpoint has its own [`ClientPool`], shared by its clones; give several endpoints one pool with
//! [`Endpoint::with_pool`].
//!
//! # The key
//!
//! Providers quote keys that they refuse. In the body of a response that is no success, each occurrence of the key
//! that was sent is masked with as many `*`, so that the message can go to a caller, and into a log. Keys of fewer
//! than eight characters are placeholders and no secrets; what the provider has masked itself stays. All responses
//! carry the key as the fact [`Secret`](crate::facts::Secret), by which the layers above mask it in errors that they
//! read: in those that come with a 200, and in what was escaped.
//!
//! # Errors
//!
//! A [`Failure`](crate::failure::Failure) of [`Class::Connect`](crate::failure::Class::Connect) for everything
//! that goes wrong before the head of a response: DNS, TCP, TLS, time, a reset. A connection that a provider had
//! closed while it lay idle is replaced before the request goes out on it; where the two cross, the failure is
//! [blameless](crate::failure::Failure::blameless). No error shows a header or a URL. Dropping the future cancels the request.

mod connector;
mod credential;
mod endpoint;
mod error;
mod future;
mod pool;
mod redact;
mod reuse;
mod service;
#[cfg(test)]
mod tests;

pub use self::credential::Credential;
pub use self::endpoint::{Endpoint, InvalidEndpoint};
pub use self::future::ResponseFuture;
pub use self::pool::{ClientPool, ClientPoolBuilder};
pub use self::redact::ResponseBody;
pub use self::service::Client;
