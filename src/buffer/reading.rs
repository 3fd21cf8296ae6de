use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};

use super::layer::Settings;
use super::{BodyRefused, ReadCall};
use crate::body::{Buffered, Gather};
use crate::failure::BoxError;

pin_project! {
    /// Reads one request to its end.
    pub(super) struct Reading<R, B> {
        #[pin]
        body: B,
        // Made when the body is first waited for, which a small one never is.
        #[pin]
        timer: Option<Sleep>,
        // The timer runs for the silence now lasting.
        is_waiting: bool,
        parts: Option<Parts>,
        // What the head told before anything was read.
        refusal: Option<BodyRefused>,
        gather: Gather,
        settings: Settings<R>,
    }
}

impl<R, B> Reading<R, B>
where
    R: ReadCall,
    B: Body,
    B::Error: Into<BoxError>,
{
    pub(super) fn new(request: Request<B>, settings: Settings<R>) -> Self {
        let (parts, body) = request.into_parts();
        let refusal = refusal(&parts, body.size_hint().lower(), settings.limit);
        let (parts, gather) = (Some(parts), Gather::new(settings.limit));
        Self { body, timer: None, is_waiting: false, parts, refusal, gather, settings }
    }

    /// The whole request, with what was read of it.
    pub(super) fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Request<Buffered>, BodyRefused>> {
        if let Some(refusal) = self.as_mut().project().refusal.take() {
            return Poll::Ready(Err(refusal));
        }
        while let Some(data) = ready!(self.as_mut().poll_data(cx)?) {
            let this = self.as_mut().project();
            if this.gather.push(data).is_err() {
                return Poll::Ready(Err(BodyRefused::too_large(this.settings.limit)));
            }
        }
        Poll::Ready(self.finish())
    }

    /// The next data of the body; `None` at its end.
    fn poll_data(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<B::Data>, BodyRefused>> {
        loop {
            let this = self.as_mut().project();
            let Poll::Ready(frame) = this.body.poll_frame(cx) else {
                return self.poll_silence(cx).map(Err);
            };
            *this.is_waiting = false;
            match frame {
                None => return Poll::Ready(Ok(None)),
                Some(Err(error)) => return Poll::Ready(Err(BodyRefused::broken(error.into()))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Ok(Some(data)));
                    }
                }
            }
        }
    }

    /// Nothing comes: ready once that has lasted too long.
    fn poll_silence(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<BodyRefused> {
        let mut this = self.project();
        let idle = this.settings.read_timeout;
        if !std::mem::replace(this.is_waiting, true) {
            match this.timer.as_mut().as_pin_mut() {
                Some(timer) => timer.reset(Instant::now() + idle),
                None => this.timer.set(Some(sleep(idle))),
            }
        }
        if let Some(timer) = this.timer.as_pin_mut() {
            ready!(timer.poll(cx));
        }
        Poll::Ready(BodyRefused::too_slow(idle))
    }

    fn finish(self: Pin<&mut Self>) -> Result<Request<Buffered>, BodyRefused> {
        let this = self.project();
        let body: Bytes = std::mem::replace(this.gather, Gather::new(0)).into_bytes();
        let mut parts = this.parts.take().expect("not polled after completion");
        // It told how the caller's body was framed, which is no longer how it is.
        parts.headers.remove(TRANSFER_ENCODING);
        if let Some(call) = this.settings.read_call.read(&parts, &body).map_err(BodyRefused::because)? {
            parts.extensions.insert(call);
        }
        Ok(Request::from_parts(parts, Buffered::new(body)))
    }
}

/// Why a request is refused for its head alone.
fn refusal(parts: &Parts, least: u64, limit: usize) -> Option<BodyRefused> {
    if is_encoded(&parts.headers) {
        return Some(BodyRefused::encoded());
    }
    let size = announced(&parts.headers).max(least);
    let fits = usize::try_from(size).is_ok_and(|size| size <= limit);
    (!fits).then(|| BodyRefused::too_large(limit))
}

fn is_encoded(headers: &HeaderMap) -> bool {
    let is_plain = |value: &[u8]| value.is_empty() || value.eq_ignore_ascii_case(b"identity");
    headers.get_all(CONTENT_ENCODING).iter().any(|value| !is_plain(value.as_bytes().trim_ascii()))
}

/// What the caller says the size is. A header that is no number says nothing; the server has dealt with it.
fn announced(headers: &HeaderMap) -> u64 {
    let value = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}
