//! A changed configuration, taken over while calls are under way.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::future::RouteFuture;
use tower::Service;
use tower_failover::config::{Config, Lasting};

use crate::Result;
use crate::say::{complain, say};

/// How often the file is looked at. Somebody who has just saved it looks at the log about as soon.
const LOOK: Duration = Duration::from_secs(1);

/// The routes as they are now. A call keeps those that it began with.
#[derive(Clone, Debug)]
pub(crate) struct Live(Arc<RwLock<Router>>);

impl Live {
    pub(crate) fn new(router: Router) -> Self {
        Self(Arc::new(RwLock::new(router)))
    }

    fn now(&self) -> Router {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, router: Router) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = router;
    }
}

impl<B> Service<http::Request<B>> for Live
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = RouteFuture<std::convert::Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Self::Error>> {
        // A router always is.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let request: Request = request.map(Body::new);
        self.now().call(request)
    }
}

/// A file, and what is kept from one state of it to the next.
pub(crate) struct Reload<M> {
    path: PathBuf,
    seen: Option<Version>,
    lasting: Lasting,
    live: Live,
    /// A socket that is open is not opened elsewhere.
    listen: String,
    /// The routes that a configuration describes.
    make: M,
}

/// What tells one state of a file from the next: what it says, as a hash, since there may be keys in it. Its time and
/// its size may be those of another: in a store all files have one time, `cp -p` keeps it, and inodes are used again.
/// It is small, and to be read once a second costs less than one call.
type Version = u64;

fn version(path: &Path) -> Option<Version> {
    // What is no file, as a pipe, can be read but once.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    std::fs::read(path).ok()?.hash(&mut hasher);
    Some(hasher.finish())
}

impl<M> Reload<M>
where
    M: Fn(&Config, &mut Lasting) -> Result<Router>,
{
    /// `lasting` and `live` are of the state that the file has now.
    pub(crate) fn new(path: &Path, (lasting, live): (Lasting, Live), listen: &str, make: M) -> Self {
        Self { path: path.to_owned(), seen: version(path), lasting, live, listen: listen.to_owned(), make }
    }

    /// Watches the file, and heeds each hangup. Never ends.
    pub(crate) async fn run(mut self, mut hangups: Hangups) {
        loop {
            tokio::select! {
                () = hangups.next() => self.take_over(),
                () = tokio::time::sleep(LOOK) => {
                    let version = version(&self.path);
                    // A file that is gone is perhaps about to be replaced.
                    if version.is_some() && version != self.seen {
                        self.take_over();
                    }
                }
            }
        }
    }

    fn read(&mut self) -> Result<(Router, String)> {
        let config = Config::load(&self.path)?;
        let router = (self.make)(&config, &mut self.lasting)?;
        Ok((router, config.listen))
    }

    /// A file with a mistake in it changes nothing.
    fn take_over(&mut self) {
        self.seen = version(&self.path);
        match self.read() {
            Ok((router, listen)) => {
                self.live.set(router);
                say(format_args!("took over {}; calls under way finish as they began", self.path.display()));
                if listen != self.listen {
                    say("`listen` was changed, too: that takes a new start");
                    self.listen = listen;
                }
            }
            Err(error) => {
                complain(format_args!("{} is left aside, nothing is changed:\n{error}", self.path.display()));
            }
        }
    }
}

/// SIGHUP; on systems without, nothing.
#[derive(Debug)]
pub(crate) struct Hangups {
    #[cfg(unix)]
    signals: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    /// From now on a hangup no longer ends the process.
    pub(crate) fn listen() -> Self {
        Self {
            #[cfg(unix)]
            signals: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signals) = &mut self.signals {
            signals.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    }
}
