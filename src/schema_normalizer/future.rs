use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Response;
use http::response::Parts;
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use super::ResponseBody;
use super::error::{Unreadable, broken};
use super::exchange::Exchange;
use super::headers::{Content, for_caller, is_compressed};
use super::transcode::Transcoder;
use crate::body::Gather;
use crate::dialect::Dialect;
use crate::dialect::sse::is_event_stream;
use crate::facts::{NoHeadroom, Secret};
use crate::failure::{BoxError, Failure, no_headroom};

/// How much of an error response is read. More than any provider says, and enough to know what went wrong.
const ERROR_BYTES: usize = 64 * 1024;

/// How long the rest of an error response is waited for. Its head has said what went wrong and when to come back, and a
/// provider writes the few words behind it in the same breath: what is not there by now is worth less than the time in
/// which another member could be asked.
const ERROR_PATIENCE: Duration = Duration::from_secs(2);

/// A response in the caller's dialect.
type Answered<B, F, M> = Response<ResponseBody<B, <M as Dialect>::Decoder, <F as Dialect>::Encoder>>;

pin_project! {
    /// Response future of [`SchemaNormalizer`](super::SchemaNormalizer).
    ///
    /// Dropping it drops the call.
    #[derive(Debug)]
    pub struct ResponseFuture<Fut, B, F, M> {
        #[pin]
        state: State<Fut, B>,
        // Taken when the answer is there.
        exchange: Option<Exchange<F, M>>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<Fut, B> {
        Refused { failure: Option<Failure> },
        Calling { #[pin] inner: Fut },
        Gathering { #[pin] body: B, gathering: Option<Gathering> },
    }
}

/// A body that has to be read whole, and what for.
#[derive(Debug)]
struct Gathering {
    parts: Parts,
    gather: Gather,
    purpose: Purpose,
    /// Set only while an error response is silent.
    patience: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Error,
    Translate,
    Present,
}

/// What a response turned out to be, by its head.
enum Plan {
    Pass,
    Transcode,
    Gather(Purpose),
}

impl<Fut, B, F, M> ResponseFuture<Fut, B, F, M> {
    pub(super) const fn calling(inner: Fut, exchange: Exchange<F, M>) -> Self {
        Self { state: State::Calling { inner }, exchange: Some(exchange) }
    }

    pub(super) const fn refused(failure: Failure) -> Self {
        Self { state: State::Refused { failure: Some(failure) }, exchange: None }
    }
}

impl<Fut, B, E, F, M> Future for ResponseFuture<Fut, B, F, M>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    F: Dialect,
    M: Dialect,
{
    type Output = Result<Answered<B, F, M>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                StateProj::Refused { failure } => {
                    let failure = failure.take().expect("polled after it was ready");
                    return Poll::Ready(Err(failure.into()));
                }
                StateProj::Calling { inner } => {
                    let (parts, body) = ready!(inner.poll(cx)).map_err(Into::into)?.into_parts();
                    let exchange = this.exchange.as_ref().expect("polled after it was ready");
                    let purpose = match exchange.plan(&parts)? {
                        Plan::Gather(purpose) => purpose,
                        plan => {
                            let is_same = matches!(plan, Plan::Pass);
                            let exchange = this.exchange.take().expect("polled after it was ready");
                            return Poll::Ready(Ok(exchange.forward(parts, body, is_same)));
                        }
                    };
                    let limit = if purpose == Purpose::Error { ERROR_BYTES } else { exchange.answer_limit };
                    let gather = Gather::new(limit);
                    let gathering = Some(Gathering { parts, gather, purpose, patience: None });
                    this.state.set(State::Gathering { body, gathering });
                }
                StateProj::Gathering { body, gathering } => {
                    let is_cut = ready!(poll_gather(body, gathering, cx))?;
                    let exchange = this.exchange.take().expect("polled after it was ready");
                    let gathering = gathering.take().expect("polled after it was ready");
                    return Poll::Ready(exchange.answer(gathering, is_cut));
                }
            }
        }
    }
}

/// Reads the body. Says whether an error response was cut; an answer that would have to be cut is an error.
fn poll_gather<B>(
    mut body: Pin<&mut B>,
    gathering: &mut Option<Gathering>,
    cx: &mut Context<'_>,
) -> Poll<Result<bool, BoxError>>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let Gathering { gather, purpose, patience, .. } = gathering.as_mut().expect("polled after it was ready");
    loop {
        let is_error = *purpose == Purpose::Error;
        let Poll::Ready(next) = body.as_mut().poll_frame(cx) else {
            if !is_error {
                return Poll::Pending;
            }
            let patience = patience.get_or_insert_with(|| Box::pin(sleep(ERROR_PATIENCE)));
            ready!(patience.as_mut().poll(cx));
            return Poll::Ready(Ok(true));
        };
        let frame = match next {
            None => return Poll::Ready(Ok(false)),
            Some(Ok(frame)) => frame,
            // The status has said enough.
            Some(Err(_)) if is_error => return Poll::Ready(Ok(true)),
            Some(Err(error)) => return Poll::Ready(Err(broken(error.into()))),
        };
        let Ok(chunk) = frame.into_data() else { continue };
        if is_error {
            if gather.push_cut(chunk).is_err() {
                return Poll::Ready(Ok(true));
            }
        } else if gather.push(chunk).is_err() {
            return Poll::Ready(Err(Unreadable::TooLarge.failure().into()));
        }
    }
}

impl<F: Dialect, M: Dialect> Exchange<F, M> {
    fn plan(&self, head: &Parts) -> Result<Plan, Failure> {
        if !head.status.is_success() {
            return Ok(Plan::Gather(Purpose::Error));
        }
        if is_compressed(&head.headers) {
            return Err(Unreadable::Compressed.failure());
        }
        match (self.stream, is_event_stream(&head.headers)) {
            (true, true) if self.is_same() => Ok(Plan::Pass),
            (true, true) => Ok(Plan::Transcode),
            (true, false) => Ok(Plan::Gather(Purpose::Present)),
            (false, true) => Err(Unreadable::Stream.failure()),
            (false, false) if self.is_same() => Ok(Plan::Pass),
            (false, false) => Ok(Plan::Gather(Purpose::Translate)),
        }
    }

    fn forward<B>(self, parts: Parts, body: B, is_untouched: bool) -> Answered<B, F, M> {
        if is_untouched {
            let content = if self.stream { Content::Untouched } else { Content::Whole };
            return self.respond(parts, content, ResponseBody::pass(body));
        }
        let encoder = self.front.encoder(self.reply());
        let names = self.tool_names.clone();
        let transcoder = Transcoder::new(self.member.decoder(), encoder, names, self.checked.clone())
            .keeping(parts.extensions.get().cloned());
        let spent = transcoder.spent();
        let mut response =
            self.respond(parts, Content::EventStream, ResponseBody::transcode(body, transcoder));
        response.extensions_mut().insert(spent);
        response
    }

    fn answer<B>(self, gathering: Gathering, is_cut: bool) -> Result<Answered<B, F, M>, BoxError> {
        let Gathering { parts, gather, purpose, .. } = gathering;
        let body = gather.into_bytes();
        let mask = |failure| Secret::mask(&parts.extensions, failure);
        let (content, body) = match purpose {
            Purpose::Error => {
                let body = if is_compressed(&parts.headers) { Bytes::new() } else { body };
                return Err(self.failure(&parts, body, is_cut).into());
            }
            Purpose::Translate => (Content::Json, self.translate(&body).map_err(mask)?),
            Purpose::Present => (Content::EventStream, self.present(&body).map_err(mask)?),
        };
        Ok(self.respond(parts, content, ResponseBody::whole(body.into())))
    }

    fn respond<B>(self, parts: Parts, content: Content, body: B) -> Response<B> {
        let mut response = Response::new(body);
        *response.headers_mut() = for_caller(&parts.headers, self.is_same(), content);
        *response.status_mut() = parts.status;
        *response.extensions_mut() = parts.extensions;
        if !self.is_same() {
            response.extensions_mut().insert(self.checked);
            // The headers that say so are not for a caller who speaks another dialect.
            if let Some(rest) = no_headroom(&parts.headers, SystemTime::now()) {
                response.extensions_mut().insert(NoHeadroom(rest));
            }
        }
        if !self.losses.is_empty() {
            response.extensions_mut().insert(self.losses);
        }
        response
    }
}
