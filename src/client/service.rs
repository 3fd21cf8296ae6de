use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response, Version};
use tower_service::Service;

use super::endpoint::Target;
use super::pool::Http;
use super::{ClientPool, ResponseBody, ResponseFuture};
use crate::body::Buffered;
use crate::failure::{BoxError, Class, Failure};

/// Sends each request once to one provider's endpoint. See the [module](super).
///
/// Always ready: connections are opened as needed.
#[derive(Clone)]
pub struct Client {
    /// Large, and cloned with every layer around it at every attempt.
    http: Arc<Http>,
    target: Arc<Target>,
}

impl Client {
    pub(super) fn new(pool: ClientPool, target: Arc<Target>) -> Self {
        Self { http: pool.into_http(), target }
    }
}

impl Service<Request<Buffered>> for Client {
    type Response = Response<ResponseBody>;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Buffered>) -> ResponseFuture {
        match self.target.join(request.uri()) {
            Ok(uri) => *request.uri_mut() = uri,
            Err(error) => {
                return ResponseFuture::refused(Failure::new(Class::InvalidRequest).with_source(error));
            }
        }
        self.target.dress(request.headers_mut());
        // The version of the caller's connection says nothing about this one.
        *request.version_mut() = Version::HTTP_11;
        ResponseFuture::sent(self.http.request(request), self.target.secret())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("target", &self.target).finish_non_exhaustive()
    }
}
