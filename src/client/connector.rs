use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::Timeout;
use tower_service::Service;

use super::reuse::Noted;
use crate::failure::BoxError;

type Https = HttpsConnector<HttpConnector>;

/// Connects within a time that covers DNS, TCP and TLS together.
///
/// `HttpConnector` has a limit of its own, for TCP alone: a host that accepts and then says nothing would hold a
/// call in its TLS handshake for ever.
#[derive(Clone)]
pub(super) struct Connector {
    inner: Https,
    within: Duration,
}

impl Connector {
    pub(super) fn new(within: Duration, keep_alive: Duration) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_keepalive(Some(keep_alive));
        http.set_connect_timeout(Some(within));
        let inner = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .expect("ring knows the ciphers of TLS 1.2 and 1.3")
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(http);
        Self { inner, within }
    }
}

impl Service<Uri> for Connector {
    type Response = Noted<<Https as Service<Uri>>::Response>;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Connecting {
        let connecting = self.inner.call(uri);
        Connecting { inner: Box::pin(tokio::time::timeout(self.within, connecting)), within: self.within }
    }
}

pub(super) struct Connecting {
    /// In a box, since hyper-util wants it `Unpin`: one allocation per connection, not per call.
    inner: Pin<Box<Timeout<<Https as Service<Uri>>::Future>>>,
    within: Duration,
}

impl Future for Connecting {
    type Output = Result<Noted<<Https as Service<Uri>>::Response>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let in_time = ready!(self.inner.as_mut().poll(cx));
        let connected = in_time.unwrap_or_else(|_| Err(Box::new(ConnectTimedOut(self.within))));
        Poll::Ready(connected.map(Noted::new))
    }
}

#[derive(Debug)]
struct ConnectTimedOut(Duration);

impl fmt::Display for ConnectTimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection within {:?}", self.0)
    }
}

impl std::error::Error for ConnectTimedOut {}
