use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::StatusCode;
use pin_project_lite::pin_project;
use tower::util::Oneshot;
use tower_service::Service;

use crate::body::Buffered;
use crate::facts::Call;
use crate::failure::{BoxError, Class, Failure, Report};

type Request = http::Request<Buffered>;

/// Sends a call to the class it names.
///
/// Always ready: which class has to be ready is not known before the call.
#[derive(Clone, Debug)]
pub struct Classes<S> {
    by_name: Arc<HashMap<Arc<str>, S>>,
}

impl<S> Classes<S> {
    pub(super) fn new(classes: impl Iterator<Item = (Arc<str>, S)>) -> Self {
        Self { by_name: Arc::new(classes.collect()) }
    }

    fn find(&self, request: &Request) -> Result<&S, Failure> {
        let model = request.extensions().get::<Call>().map_or("", |call| &*call.model);
        self.by_name.get(model).ok_or_else(|| self.unknown(model))
    }

    fn unknown(&self, model: &str) -> Failure {
        let mut served: Vec<&str> = self.by_name.keys().map(|name| &**name).collect();
        served.sort_unstable();
        let shown: String = model.chars().take(64).collect();
        let message = format!("The model `{shown}` does not exist. Served here: {}.", served.join(", "));
        let mut report = Report::new(message);
        report.kind = Some("invalid_request_error".to_owned());
        report.code = Some("model_not_found".to_owned());
        report.param = Some("model".to_owned());
        Failure::new(Class::InvalidRequest).with_status(StatusCode::NOT_FOUND).with_report(report)
    }
}

impl<S> Service<Request> for Classes<S>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let state = match self.find(&request) {
            Ok(class) => State::Called { future: Oneshot::new(class.clone(), request) },
            Err(failure) => State::Refused { failure: Some(failure) },
        };
        ResponseFuture { state }
    }
}

pin_project! {
    /// The answer of a class, or the refusal of one that nobody serves.
    #[derive(Debug)]
    pub struct ResponseFuture<S>
    where
        S: Service<Request>,
    {
        #[pin]
        state: State<S>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum State<S>
    where
        S: Service<Request>,
    {
        // Waiting for the class, its readiness included.
        Called { #[pin] future: Oneshot<S, Request> },
        // No such class.
        Refused { failure: Option<Failure> },
    }
}

impl<S> Future for ResponseFuture<S>
where
    S: Service<Request>,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Called { future } => future.poll(cx).map_err(Into::into),
            StateProj::Refused { failure } => {
                let failure = failure.take().unwrap_or_else(|| Failure::new(Class::InvalidRequest));
                Poll::Ready(Err(failure.into()))
            }
        }
    }
}
