//! Whether a connection has answered before.
//!
//! A provider closes connections that lie idle, and does not wait for the request that is on its way. What breaks
//! then is a connection that had answered, and says nothing of the provider; one that never answered is another matter.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http::Extensions;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{Connected, Connection};

/// Goes with a connection, and with all that comes of it.
#[derive(Clone, Default)]
struct Used(Arc<AtomicBool>);

/// The head of an answer has come.
pub(super) fn answered(extensions: &mut Extensions) {
    if let Some(Used(used)) = extensions.remove() {
        used.store(true, Ordering::Relaxed);
    }
}

/// Was this a connection that had answered before, and was closed?
pub(super) fn was_stale(error: &legacy::Error) -> bool {
    let Some(connection) = error.connect_info().filter(|_| is_closed(error)) else { return false };
    let mut extensions = Extensions::new();
    connection.get_extras(&mut extensions);
    extensions.get().is_some_and(|Used(used)| used.load(Ordering::Relaxed))
}

/// Of HTTP/1: a stream of HTTP/2 can fail on a connection that lives.
fn is_closed(error: &legacy::Error) -> bool {
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.any(|cause| {
        let kind = cause.downcast_ref().map(io::Error::kind);
        cause.downcast_ref().is_some_and(hyper::Error::is_incomplete_message)
            || matches!(kind, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe))
    })
}

/// A connection of which it is known whether it has answered.
pub(super) struct Noted<T> {
    inner: T,
    used: Used,
}

impl<T> Noted<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, used: Used::default() }
    }
}

impl<T: Connection> Connection for Noted<T> {
    fn connected(&self) -> Connected {
        self.inner.connected().extra(self.used.clone())
    }
}

impl<T: Read + Unpin> Read for Noted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: Write + Unpin> Write for Noted<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }
}
