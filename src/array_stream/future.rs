use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response};
use pin_project_lite::pin_project;

use super::ResponseBody;
use crate::dialect::sse::is_event_stream;

/// As Google writes it.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

pin_project! {
    /// The future of [`ArrayStream`](super::ArrayStream). Dropping it drops the inner one.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        wants_array: bool,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn new(inner: F, wants_array: bool) -> Self {
        Self { inner, wants_array }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        Poll::Ready(Ok(if *this.wants_array { array(response) } else { response.map(ResponseBody::pass) }))
    }
}

fn array<B>(response: Response<B>) -> Response<ResponseBody<B>> {
    let (mut parts, body) = response.into_parts();
    let headers = &mut parts.headers;
    let body = if headers.contains_key(CONTENT_ENCODING) {
        ResponseBody::pass(body)
    } else if is_event_stream(headers) {
        headers.insert(CONTENT_TYPE, JSON);
        headers.remove(CONTENT_LENGTH);
        ResponseBody::events(body)
    } else if is_json(headers) {
        // With the brackets it is longer, and whether there will be any is not known yet.
        headers.remove(CONTENT_LENGTH);
        ResponseBody::one(body)
    } else {
        ResponseBody::pass(body)
    };
    Response::from_parts(parts, body)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes) else { return false };
    let essence = value.split(|&byte| byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}
