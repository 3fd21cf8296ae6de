use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connector::Connector;
use crate::body::Buffered;

pub(super) type Http = legacy::Client<Connector, Buffered>;

/// Connections to any number of hosts, kept open between calls. A clone shares them.
#[derive(Clone)]
pub struct ClientPool(Arc<Http>);

impl ClientPool {
    /// A pool with the defaults of [`ClientPoolBuilder`].
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A pool made to measure.
    pub const fn builder() -> ClientPoolBuilder {
        ClientPoolBuilder {
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
            max_idle_per_host: 64,
            keep_alive: Duration::from_secs(20),
        }
    }

    pub(super) fn into_http(self) -> Arc<Http> {
        self.0
    }
}

impl Default for ClientPool {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ClientPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientPool").finish_non_exhaustive()
    }
}

/// The measures of a [`ClientPool`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct ClientPoolBuilder {
    connect_timeout: Duration,
    idle_timeout: Duration,
    max_idle_per_host: usize,
    keep_alive: Duration,
}

impl ClientPoolBuilder {
    /// How long DNS, TCP and TLS may take together. Default 5 s.
    pub const fn connect_timeout(mut self, within: Duration) -> Self {
        self.connect_timeout = within;
        self
    }

    /// How long an unused connection is kept. Default 60 s, which is less than most providers keep it: a request
    /// sent on a connection that the other side is just closing fails.
    pub const fn idle_timeout(mut self, after: Duration) -> Self {
        self.idle_timeout = after;
        self
    }

    /// How many unused connections are kept per host. Default 64.
    pub const fn max_idle_per_host(mut self, connections: usize) -> Self {
        self.max_idle_per_host = connections;
        self
    }

    /// How often a silent connection is asked whether it is still there: by TCP keepalive, and by HTTP/2 pings
    /// while a call is in flight. Default 20 s. A ping not answered within 10 s ends the connection.
    pub const fn keep_alive(mut self, every: Duration) -> Self {
        self.keep_alive = every;
        self
    }

    /// The pool.
    #[must_use]
    pub fn build(self) -> ClientPool {
        let connector = Connector::new(self.connect_timeout, self.keep_alive);
        let http = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.idle_timeout)
            .pool_max_idle_per_host(self.max_idle_per_host)
            .http2_adaptive_window(true)
            .http2_keep_alive_interval(self.keep_alive)
            .http2_keep_alive_timeout(Duration::from_secs(10))
            // Only of a connection found closed before a byte of the request was sent on it. What was sent is never
            // sent again here: that is an attempt, and attempts are counted by the layers above.
            .retry_canceled_requests(true)
            .build(connector);
        ClientPool(Arc::new(http))
    }
}
