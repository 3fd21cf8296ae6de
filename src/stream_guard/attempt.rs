use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Response};
use http_body::Body;
use tokio::time::Instant;

use super::alarm::{Alarm, Pace, Timer};
use super::error::headed;
use super::held::Held;
use super::limits::Limits;
use super::watch::{Step, Watch};
use super::{BrokenAnswer, Cause, Guard, ResponseBody};
use crate::body::Gather;
use crate::facts::{Checked, GoesOnAs, Operation, Secret};
use crate::failure::BoxError;

/// An answer whose head has come, and of which the caller has seen nothing.
#[derive(Debug)]
pub(super) struct Attempt<B> {
    parts: Parts,
    /// `None` when it was read to its end.
    body: Option<B>,
    so_far: SoFar,
    pace: Pace,
}

#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one per call, and a box would be an allocation for each"
)]
enum SoFar {
    Stream { watch: Watch, held: Held },
    Whole { gather: Gather, operation: Operation, has_begun: bool },
}

impl<B> Attempt<B> {
    pub(super) fn stream(response: Response<B>, limits: &Limits) -> Self {
        let checked = response.extensions().get::<Checked>().cloned().unwrap_or_default();
        let secret = response.extensions().get::<Secret>().cloned();
        let watch = Watch::new(limits.hold_back, checked).keeping(secret);
        Self::new(response, SoFar::Stream { watch, held: Held::default() })
    }

    pub(super) fn whole(response: Response<B>, limits: &Limits, operation: Operation) -> Self {
        Self::new(
            response,
            SoFar::Whole { gather: Gather::new(limits.answer), operation, has_begun: limits.is_last },
        )
    }

    fn new(response: Response<B>, so_far: SoFar) -> Self {
        let (parts, body) = response.into_parts();
        Self { parts, body: Some(body), so_far, pace: Pace::default() }
    }

    /// The response, committed.
    pub(super) fn commit<G: Guard + Clone>(
        self,
        guard: &G,
        limits: &Limits,
        last: Alarm,
    ) -> Response<ResponseBody<B, G>> {
        let mut parts = self.parts;
        let goes_on_as;
        let body = match self.so_far {
            SoFar::Stream { watch, held } => {
                let held = held.into_pieces();
                goes_on_as = held.front().and_then(|start| guard.goes_on_as(start));
                // Frames may be left out, and an end added: by us, and by whoever completes the answer.
                parts.headers.remove(CONTENT_LENGTH);
                let timer = Timer::new(last, last);
                ResponseBody::stream(self.body, watch, held, guard.clone(), (timer, limits.idle))
            }
            SoFar::Whole { gather, .. } => {
                let bytes = gather.into_bytes();
                goes_on_as = guard.goes_on_as(&bytes);
                parts.headers.remove(TRANSFER_ENCODING);
                set_length(&mut parts.headers, bytes.len());
                ResponseBody::whole(bytes)
            }
        };
        if let Some(conversation) = goes_on_as {
            parts.extensions.insert(GoesOnAs(conversation));
        }
        Response::from_parts(parts, body)
    }
}

/// As a rule the member has said it already, and then there is nothing to write.
fn set_length(headers: &mut HeaderMap, length: usize) {
    let said = headers.get(CONTENT_LENGTH).and_then(|said| said.to_str().ok()?.parse().ok());
    if said != Some(length) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
}

impl<B> Attempt<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    /// Ready when there is something to commit to, or when it turned out that there is nothing.
    pub(super) fn poll<G: Guard>(
        &mut self,
        cx: &mut Context<'_>,
        timer: Pin<&mut Timer>,
        guard: &G,
        limits: &Limits,
    ) -> Poll<Result<(), BoxError>> {
        loop {
            if self.has_answer(guard)? {
                return Poll::Ready(Ok(()));
            }
            let Some(body) = &mut self.body else { return Poll::Ready(self.finish(guard)) };
            let frame = match Pin::new(body).poll_frame(cx) {
                Poll::Pending => {
                    // A provider that is busy may send blank lines for minutes (DeepSeek does). That is no answer
                    // yet, and if others can be asked no reason to wait for it any longer.
                    if self.pace.wait() && matches!(self.so_far, SoFar::Whole { has_begun: true, .. }) {
                        timer.set(Alarm::after(Instant::now(), limits.idle, Cause::Stalled));
                    }
                    return Poll::Pending;
                }
                Poll::Ready(None) => {
                    self.body = None;
                    continue;
                }
                Poll::Ready(Some(frame)) => frame.map_err(|error| headed(error.into()))?,
            };
            // A provider that is never silent and never says anything must not keep us from looking.
            if self.pace.go_on() {
                let now = Instant::now();
                let is_stream = matches!(self.so_far, SoFar::Stream { .. });
                if let Some(cause) = if is_stream { timer.rang(now) } else { timer.is_over(now) } {
                    return Poll::Ready(Err(BrokenAnswer::before_commit(cause).into()));
                }
            }
            // Trailers say nothing that a caller reads.
            let Ok(chunk) = frame.into_data() else { continue };
            match &mut self.so_far {
                SoFar::Stream { watch, .. } => watch.push(chunk),
                SoFar::Whole { gather, has_begun, .. } => {
                    *has_begun = *has_begun || !chunk.trim_ascii().is_empty();
                    gather.push(chunk).map_err(|_| BrokenAnswer::before_commit(Cause::TooLarge))?;
                }
            }
        }
    }

    /// Reads what is there of a stream, as far as its first content.
    fn has_answer<G: Guard>(&mut self, guard: &G) -> Result<bool, BoxError> {
        let SoFar::Stream { watch, held } = &mut self.so_far else { return Ok(false) };
        while !watch.has_content() {
            match watch.next(guard) {
                Step::Forward(frames) if watch.has_content() => held.end_with(frames),
                Step::Forward(frames) => held.push(frames),
                Step::Starve => return Ok(false),
                Step::End | Step::Over => return Err(BrokenAnswer::before_commit(Cause::Empty).into()),
                Step::Fail(failure) => return Err(failure),
                Step::Break(cause) => return Err(BrokenAnswer::before_commit(cause).into()),
            }
        }
        Ok(true)
    }

    fn finish<G: Guard>(&mut self, guard: &G) -> Result<(), BoxError> {
        match &mut self.so_far {
            SoFar::Stream { watch, held } => match watch.finish(guard) {
                Step::Forward(frame) if watch.has_content() => {
                    held.end_with(frame);
                    Ok(())
                }
                Step::Fail(failure) => Err(failure),
                Step::Break(cause) => Err(BrokenAnswer::before_commit(cause).into()),
                _ => Err(BrokenAnswer::before_commit(Cause::Empty).into()),
            },
            SoFar::Whole { gather, operation, .. } => {
                let bytes = std::mem::replace(gather, Gather::new(0)).into_bytes();
                let is_checked = self.parts.extensions.get().is_some_and(Checked::has_passed);
                if !is_checked {
                    let checked = guard.check_reply(*operation, &bytes);
                    checked.map_err(|failure| Secret::mask(&self.parts.extensions, failure))?;
                }
                *gather = Gather::of(bytes);
                Ok(())
            }
        }
    }
}
