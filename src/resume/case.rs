use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderValue, Request, Response, Uri};

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

/// A body that is longer is not one piece of a connection's buffer, or is most of it.
const SHORT: usize = 16 * 1024;

impl<S, P> Case<S, P> {
    /// Lets go of the buffer that the request was read into. Its address, its headers and a short body are slices of
    /// it, as a rule, so that any of them keeps all of it: for as long as the answer takes, beside the one that the
    /// connection had to take instead.
    pub(super) fn detach(&mut self) {
        let body = self.request.body().bytes();
        if body.len() <= SHORT {
            *self.request.body_mut() = Bytes::copy_from_slice(body).into();
        }
        if let Ok(uri) = Uri::try_from(self.request.uri().to_string()) {
            *self.request.uri_mut() = uri;
        }
        for value in self.request.headers_mut().values_mut() {
            let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes()) else { continue };
            copy.set_sensitive(value.is_sensitive());
            *value = copy;
        }
    }

    /// The request will not be sent again: it may be long, and the answer, too.
    pub(super) fn release(&mut self) {
        *self.request.body_mut() = Buffered::default();
    }

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
