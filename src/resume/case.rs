use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{Request, Response};

use super::layer::Limits;
use crate::body::Buffered;
use crate::dialect::sse::is_event_stream;
use crate::facts::Served;

/// All that is kept of a call whose answer may have to be completed.
#[derive(Debug)]
pub(super) struct Case<S, P> {
    pub(super) service: S,
    pub(super) policy: P,
    pub(super) request: Request<Buffered>,
    pub(super) limits: Limits,
}

impl<S, P> Case<S, P> {
    /// Can this answer be completed, should it break off? One of a length already told cannot.
    pub(super) fn is_about<B>(&self, response: &Response<B>) -> bool {
        let served = response.extensions().get::<Served>();
        let is_spared = served.is_some_and(|served| self.limits.except.contains(&served.member));
        !is_spared && !response.headers().contains_key(CONTENT_LENGTH) && is_stream(response)
    }
}

/// Is it a stream that can be read?
pub(super) fn is_stream<B>(response: &Response<B>) -> bool {
    let headers = response.headers();
    response.status().is_success() && is_event_stream(headers) && !headers.contains_key(CONTENT_ENCODING)
}
