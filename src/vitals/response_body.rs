use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::MapErr;
use pin_project_lite::pin_project;

use super::Sample;
use crate::body::{End, Observed, Witness};
use crate::failure::{BoxError, Failure};

type Boxing<B> = MapErr<B, fn(<B as Body>::Error) -> BoxError>;

pin_project! {
    /// A response body that holds the sample of its call until it is over. Frames pass untouched.
    ///
    /// Dropping it before its end cancels the call.
    pub struct ResponseBody<B>
    where
        B: Body,
    {
        #[pin]
        inner: Observed<Boxing<B>, Settler>,
    }
}

impl<B> ResponseBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    pub(super) fn new(inner: B, sample: Option<Sample>) -> Self {
        Self { inner: Observed::new(inner.map_err(Into::into), Settler(sample)) }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> fmt::Debug for ResponseBody<B>
where
    B: Body,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

/// Settles a sample when the body is over; without one the call has been observed by its head.
struct Settler(Option<Sample>);

impl Witness<BoxError> for Settler {
    fn end(self, end: End<'_, BoxError>) {
        let Some(sample) = self.0 else { return };
        match end {
            End::Complete => sample.settle(None),
            End::Dropped => drop(sample),
            End::Failed(error) => sample.settle(Some(&Failure::of(error))),
        }
    }
}
