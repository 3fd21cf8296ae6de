use bytes::Bytes;
use http::Extensions;

use crate::dialect::Dialect;
use crate::facts::{Call, Losses, Operation, Served};

/// Which calls are kept alive, and with what.
///
/// Closures implement it.
pub trait Vigil {
    /// The bytes that mean nothing in the stream that this request wants. `None` where it wants no stream, or one
    /// in which everything has a meaning.
    fn sign(&self, request: &Extensions) -> Option<Bytes>;

    /// What the head of a response would have said, had it not been sent already: bytes for before its first
    /// event. Nothing unless overridden.
    fn late_head(&self, response: &Extensions) -> Option<Bytes> {
        let _ = response;
        None
    }
}

impl<F> Vigil for F
where
    F: Fn(&Extensions) -> Option<Bytes>,
{
    fn sign(&self, request: &Extensions) -> Option<Bytes> {
        self(request)
    }
}

/// Keeps streams of `D` alive, if the request has a [`Call`] that wants one.
#[derive(Clone, Copy, Debug)]
pub struct DialectKeepalive<D> {
    dialect: D,
}

impl<D> DialectKeepalive<D> {
    /// In this dialect.
    pub const fn new(dialect: D) -> Self {
        Self { dialect }
    }
}

impl<D> Vigil for DialectKeepalive<D>
where
    D: Dialect,
{
    fn sign(&self, request: &Extensions) -> Option<Bytes> {
        let call: &Call = request.get()?;
        let wants_stream = call.stream && call.operation == Operation::Generate;
        wants_stream.then(|| Bytes::from_static(self.dialect.keepalive()))
    }

    fn late_head(&self, response: &Extensions) -> Option<Bytes> {
        let served: &Served = response.get().filter(|_| self.dialect.takes_comments())?;
        Some(served.comments(response.get::<Losses>()).into())
    }
}
