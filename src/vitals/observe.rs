use std::time::SystemTime;

use http::{Request, Response};
use http_body::Body;

use super::{ResponseBody, Sample};
use crate::facts::{Call, NoHeadroom};
use crate::failure::{BoxError, Classify, Failure, Standard, no_headroom};

/// Says what a call tells about whom it was sent to, and when.
///
/// A closure to `Option<Failure>` observes; it does so as soon as there is a result:
///
/// ```
/// use tower_failover::failure::{BoxError, Class, Failure};
/// use tower_failover::vitals::VitalsLayer;
///
/// // Rows of a database: none is no answer.
/// let layer = VitalsLayer::new(|result: Result<&Vec<u8>, &BoxError>| match result {
///     Ok(rows) if rows.is_empty() => Some(Failure::new(Class::InvalidOutput)),
///     Ok(_) => None,
///     Err(error) => Some(Failure::of(error)),
/// });
/// # fn is_observer<O: tower_failover::vitals::Observe<(), Vec<u8>>>(_: VitalsLayer<O>) {}
/// # is_observer(layer);
/// ```
pub trait Observe<Req, Res> {
    /// What the response becomes: the same, or one whose body settles the sample.
    type Response;

    /// Settles `sample`, or lets the response do it.
    ///
    /// # Errors
    /// The error of `result`.
    fn observe(&self, result: Result<Res, BoxError>, sample: Sample) -> Result<Self::Response, BoxError>;

    /// Is the first of the answer to this call to come as soon as to others of which this is said? If so, it tells of a
    /// silence; a call that takes as long as it takes does not. Unless said otherwise, all calls are alike.
    fn is_awaited(&self, request: &Req) -> bool {
        let _ = request;
        true
    }
}

impl<F, Req, Res> Observe<Req, Res> for F
where
    F: Fn(Result<&Res, &BoxError>) -> Option<Failure>,
{
    type Response = Res;

    fn observe(&self, result: Result<Res, BoxError>, sample: Sample) -> Result<Res, BoxError> {
        sample.settle(self(result.as_ref()).as_ref());
        result
    }
}

/// Observes as soon as there is a result, and classifies it with `C`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtReturn<C> {
    classify: C,
}

impl<C> AtReturn<C> {
    /// Reads results with `classify`.
    pub const fn new(classify: C) -> Self {
        Self { classify }
    }
}

impl<C, Req, Res> Observe<Req, Res> for AtReturn<C>
where
    C: Classify<Res>,
{
    type Response = Res;

    fn observe(&self, result: Result<Res, BoxError>, sample: Sample) -> Result<Res, BoxError> {
        sample.settle(self.classify.classify(result.as_ref()).as_ref());
        result
    }
}

/// Observes an HTTP response: its head is the first token, and how it went is known at the end of its body. A head
/// that says failure is observed at once.
///
/// What is left of rate limits is read from the head (see [`no_headroom`]), or from the fact [`NoHeadroom`] where
/// a layer below has left it.
///
/// Awaited are calls that want a stream, by the fact [`Call`]: the head of another answer comes when all of it is
/// there, and that may take a while.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtEndOfBody<C = Standard> {
    classify: C,
}

impl<C> AtEndOfBody<C> {
    /// Reads heads with `classify`.
    pub const fn new(classify: C) -> Self {
        Self { classify }
    }
}

impl<C, A, B> Observe<Request<A>, Response<B>> for AtEndOfBody<C>
where
    C: Classify<Response<B>>,
    B: Body,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<B>>;

    fn observe(
        &self,
        result: Result<Response<B>, BoxError>,
        mut sample: Sample,
    ) -> Result<Self::Response, BoxError> {
        if let Ok(response) = &result {
            let told = response.extensions().get::<NoHeadroom>().map(|NoHeadroom(rest)| *rest);
            if let Some(rest) = told.or_else(|| no_headroom(response.headers(), SystemTime::now())) {
                sample.exhausted(rest);
            }
        }
        let sample = match self.classify.classify(result.as_ref()) {
            Some(failure) => {
                sample.settle(Some(&failure));
                None
            }
            None => {
                sample.answered();
                Some(sample)
            }
        };
        Ok(result?.map(|body| ResponseBody::new(body, sample)))
    }

    fn is_awaited(&self, request: &Request<A>) -> bool {
        request.extensions().get::<Call>().is_some_and(|call| call.stream)
    }
}
