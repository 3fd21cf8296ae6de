use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// A recorded answer, to be played word for word.
///
/// ```
/// use tower_failover::testing::{Chunking, RecordedReply};
///
/// let stream = RecordedReply::sse("data: {\"choices\":[]}\n\ndata: [DONE]\n\n").chunking(Chunking::Bytes(7));
/// let error = RecordedReply::json(529, r#"{"type":"error"}"#).header("retry-after", "3");
/// # let _ = (stream, error);
/// ```
#[derive(Clone)]
#[must_use = "a reply is played by a provider"]
pub struct RecordedReply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) chunking: Chunking,
}

/// How the body of a [`RecordedReply`] is cut for sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chunking {
    /// All at once, with a `content-length`.
    Whole,
    /// After each blank line: as a provider sends its events.
    Events,
    /// Into pieces of so many bytes, wherever that cuts.
    Bytes(usize),
}

impl RecordedReply {
    /// An answer of this status and body.
    ///
    /// # Panics
    /// If the status is not between 100 and 999.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        let status = StatusCode::from_u16(status).expect("a status between 100 and 999");
        Self { status, headers: HeaderMap::new(), body: body.into(), chunking: Chunking::Whole }
    }

    /// A JSON answer.
    ///
    /// # Panics
    /// If the status is not between 100 and 999.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, body).header(header::CONTENT_TYPE.as_str(), "application/json")
    }

    /// A stream of events, sent one by one, with status 200.
    pub fn sse(body: impl Into<Bytes>) -> Self {
        Self::new(200, body)
            .header(header::CONTENT_TYPE.as_str(), "text/event-stream; charset=utf-8")
            .chunking(Chunking::Events)
    }

    /// Adds a header. `content-length`, `transfer-encoding` and `connection` are left out: they belong to the
    /// connection on which the answer was recorded.
    ///
    /// # Panics
    /// If the name or the value is not one.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).expect("a header name");
        let of_connection = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION];
        if !of_connection.contains(&name) {
            self.headers.append(name, HeaderValue::try_from(value).expect("a header value"));
        }
        self
    }

    /// How the body is cut.
    pub const fn chunking(mut self, chunking: Chunking) -> Self {
        self.chunking = chunking;
        self
    }

    pub(super) fn pieces(&self) -> Vec<Bytes> {
        match self.chunking {
            Chunking::Whole => vec![self.body.clone()],
            Chunking::Bytes(size) => cut(&self.body, |rest| size.clamp(1, rest.len())),
            Chunking::Events => cut(&self.body, |rest| {
                let end = |blank: &[u8]| memchr::memmem::find(rest, blank).map(|at| at + blank.len());
                end(b"\n\n").into_iter().chain(end(b"\r\n\r\n")).min().unwrap_or(rest.len())
            }),
        }
    }
}

fn cut(body: &Bytes, mut next: impl FnMut(&[u8]) -> usize) -> Vec<Bytes> {
    let mut rest = body.clone();
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let length = next(&rest);
        pieces.push(rest.split_to(length));
    }
    pieces
}

impl fmt::Debug for RecordedReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedReply")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .field("chunking", &self.chunking)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_cut_and_loses_nothing() {
        let reply = RecordedReply::sse("data: 1\n\ndata: 2\r\n\r\ndata: 3");
        assert_eq!(reply.pieces(), ["data: 1\n\n", "data: 2\r\n\r\n", "data: 3"]);
        let bytes = reply.chunking(Chunking::Bytes(4)).pieces();
        assert!(bytes.iter().all(|piece| piece.len() <= 4));
        assert_eq!(bytes.concat(), b"data: 1\n\ndata: 2\r\n\r\ndata: 3");
    }
}
