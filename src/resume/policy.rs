use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Extensions, Request};

use super::Seam;
use crate::body::Buffered;
use crate::dialect::Dialect;
use crate::facts::{Call, Degradation, Losses, Operation, Served};

/// How an answer that was cut can be completed.
///
/// Closures implement it; [`DialectMend`] reads the streams of a [`Dialect`]. Only [`seam`](Self::seam) is
/// required: with it alone an answer is completed by one that repeats it.
pub trait Mend {
    /// Reads what the caller has of the answer to `request`. `None` where it cannot honestly be gone on with.
    fn seam(&self, request: &Request<Buffered>, sent: &[u8]) -> Option<Seam>;

    /// Is the answer one that may have to be completed? If not, nothing is kept for that. By default this is a
    /// matter of the fact [`Call`]: whether a stream is wanted, of an answer; without it, all streams are.
    fn may_mend(&self, request: &Request<Buffered>) -> bool {
        let call = request.extensions().get::<Call>();
        call.is_none_or(|call| call.stream && call.operation == Operation::Generate)
    }

    /// The request with `text` as the beginning of its answer, to be continued and not to be answered. White space
    /// at the end of what was said is not part of `text`: some providers refuse it. `None` where there is no way
    /// to say so.
    fn continue_request(&self, request: &Request<Buffered>, text: &str) -> Option<Request<Buffered>> {
        let _ = (request, text);
        None
    }

    /// What is written into the stream where another member goes on, framed. `response` is the head of its answer.
    /// By default comments that say what the headers would have said, as far as it is known.
    fn mark(&self, response: &Extensions) -> Option<Bytes> {
        Some(comments(response))
    }
}

impl<F> Mend for F
where
    F: Fn(&Request<Buffered>, &[u8]) -> Option<Seam>,
{
    fn seam(&self, request: &Request<Buffered>, sent: &[u8]) -> Option<Seam> {
        self(request, sent)
    }
}

/// Completes answers in the caller's dialect, into which all members translate.
#[derive(Clone, Copy, Debug, Default)]
pub struct DialectMend<D> {
    dialect: D,
    heeds_prefill: bool,
}

impl<D> DialectMend<D> {
    /// For callers who speak `dialect`, by answers that repeat what was said.
    #[must_use]
    pub const fn new(dialect: D) -> Self {
        Self { dialect, heeds_prefill: false }
    }

    /// Says that the service below heeds the fact [`Prefill`](crate::facts::Prefill), as one with a
    /// `schema_normalizer` in it does, or that all it asks go on with what was begun. Then answers are first tried
    /// to be continued. Over any other service that must not be: a model that answers afresh what it was to
    /// continue would be heard after the first.
    #[must_use]
    pub const fn with_prefill(mut self, is_heeded: bool) -> Self {
        self.heeds_prefill = is_heeded;
        self
    }
}

impl<D: Dialect> Mend for DialectMend<D> {
    fn seam(&self, request: &Request<Buffered>, sent: &[u8]) -> Option<Seam> {
        let resumed = self.dialect.resume(request.body().bytes(), sent)?;
        let dialect = self.dialect.clone();
        let seam = Seam::new(resumed.text, resumed.encoder, move || dialect.decoder());
        Some(seam.with_usage(resumed.usage))
    }

    fn continue_request(&self, request: &Request<Buffered>, text: &str) -> Option<Request<Buffered>> {
        if !self.heeds_prefill {
            return None;
        }
        let body = self.dialect.continue_request(request.body().bytes(), text)?;
        let mut derived = request.clone();
        derived.headers_mut().remove(CONTENT_LENGTH);
        // The name of the model may stand elsewhere now.
        if let Some(call) = request.extensions().get::<Call>() {
            let model_span = self.dialect.peek(request.uri(), &body).ok()?.model_span;
            derived.extensions_mut().insert(Call { model_span, ..call.clone() });
        }
        *derived.body_mut() = body.into();
        Some(derived)
    }

    fn mark(&self, response: &Extensions) -> Option<Bytes> {
        self.dialect.takes_comments().then(|| comments(response))
    }
}

/// Whoever it was, he goes on with what another has begun.
fn comments(response: &Extensions) -> Bytes {
    let degradation = Degradation::Continued;
    match response.get::<Served>() {
        None => format!(": x-failover-degraded: {degradation}\n\n").into(),
        Some(served) => {
            let served = Served { degradation: Some(degradation), ..served.clone() };
            served.comments(response.get::<Losses>()).into()
        }
    }
}
