use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::time::Instant;

/// A request as a fake provider saw it. `Debug` shows neither headers nor body.
#[derive(Clone)]
#[non_exhaustive]
pub struct SeenRequest {
    /// The method.
    pub method: Method,
    /// The path, with its query.
    pub path: String,
    /// The headers, credentials included.
    pub headers: HeaderMap,
    /// The body, the first [`SeenRequest::BODY_BYTES`] of it.
    pub body: Bytes,
    /// How long the body was, in bytes.
    pub body_len: usize,
    /// When it had been read.
    pub at: Instant,
}

impl SeenRequest {
    /// How much of a body is kept.
    pub const BODY_BYTES: usize = 1024 * 1024;

    /// The body as JSON; `null` where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's text; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl fmt::Debug for SeenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_len", &self.body_len)
            .finish_non_exhaustive()
    }
}

/// What a fake provider has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Requests read.
    pub requests: u64,
    /// Of these, those whose answer was sent to its end, or broken off by the provider on purpose.
    pub finished: u64,
    /// Of these, those whose caller went away before.
    pub cancelled: u64,
    /// Of these, those that met a fault.
    pub faults: u64,
    /// Of these, those refused as malformed or for their key.
    pub malformed: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Connections open now.
    pub open: u64,
}
