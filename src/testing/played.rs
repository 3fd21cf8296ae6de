//! The body of an answer, played piece by piece.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::state::Ticket;

/// One write to the socket, after a pause.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: Bytes,
    pub(super) wait: Duration,
}

/// What comes after the last piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Clean,
    Reset,
    Silent,
}

/// What a socket does beside what HTTP asks of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Arc<Tricks>);

#[derive(Debug, Default)]
struct Tricks {
    is_reset: AtomicBool,
    words: Mutex<Bytes>,
}

impl Line {
    /// The connection is to be reset instead of closed.
    pub(super) fn reset(&self) {
        self.0.is_reset.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_reset(&self) -> bool {
        self.0.is_reset.load(Ordering::SeqCst)
    }

    /// This is to be sent before all else; and if nothing else is, before the connection is closed.
    pub(super) fn say(&self, words: Bytes) {
        *self.words_mut() = words;
    }

    pub(super) fn words(&self) -> Bytes {
        self.words_mut().clone()
    }

    /// So many bytes of the words are sent.
    pub(super) fn said(&self, bytes: usize) {
        self.words_mut().advance(bytes);
    }

    fn words_mut(&self) -> MutexGuard<'_, Bytes> {
        // A change is whole when the lock is released.
        self.0.words.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection was broken off on purpose.
#[derive(Debug)]
pub(super) struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken off on purpose")
    }
}

impl std::error::Error for BrokenOff {}

pub(super) struct Played {
    pieces: VecDeque<Piece>,
    end: End,
    /// The bytes that the head promises, where it does.
    promised: Option<u64>,
    timer: Option<Pin<Box<Sleep>>>,
    has_yielded: bool,
    ticket: Option<Ticket>,
    line: Line,
}

impl Played {
    /// How long a reset waits, so that what was sent before it has been read: a reset may discard it.
    const BEFORE_RESET: Duration = Duration::from_millis(10);

    pub(super) fn new(pieces: Vec<Piece>, end: End, promised: Option<u64>) -> Self {
        Self {
            pieces: pieces.into(),
            end,
            promised,
            timer: None,
            has_yielded: false,
            ticket: None,
            line: Line::default(),
        }
    }

    pub(super) fn whole(bytes: Bytes) -> Self {
        let promised = Some(bytes.len() as u64);
        let pieces = if bytes.is_empty() { vec![] } else { vec![Piece { bytes, wait: Duration::ZERO }] };
        Self::new(pieces, End::Clean, promised)
    }

    pub(super) fn watched(mut self, ticket: Ticket, line: Line) -> Self {
        self.ticket = Some(ticket);
        self.line = line;
        if self.end == End::Clean && self.pieces.is_empty() {
            self.finish();
        }
        self
    }

    /// All that would be sent.
    pub(super) fn into_bytes(self) -> Bytes {
        self.pieces.into_iter().flat_map(|piece| piece.bytes).collect()
    }

    fn finish(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            ticket.finish();
        }
    }

    /// Waits, at least until hyper has written what it has: each piece is a write of its own.
    fn poll_wait(&mut self, wait: Duration, cx: &mut Context<'_>) -> Poll<()> {
        if wait.is_zero() {
            self.has_yielded = !self.has_yielded;
            if self.has_yielded {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return Poll::Ready(());
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(wait)));
        std::task::ready!(timer.as_mut().poll(cx));
        self.timer = None;
        Poll::Ready(())
    }
}

impl Body for Played {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = self.get_mut();
        let wait = match (this.pieces.front(), this.end) {
            (Some(piece), _) => piece.wait,
            (None, End::Clean) => {
                this.finish();
                return Poll::Ready(None);
            }
            (None, End::Reset) => Self::BEFORE_RESET,
            (None, End::Silent) => return Poll::Pending,
        };
        std::task::ready!(this.poll_wait(wait, cx));
        let Some(piece) = this.pieces.pop_front() else {
            this.line.reset();
            this.finish();
            return Poll::Ready(Some(Err(BrokenOff)));
        };
        this.promised = this.promised.map(|left| left.saturating_sub(piece.bytes.len() as u64));
        if this.pieces.is_empty() && this.end == End::Clean {
            this.finish();
        }
        Poll::Ready(Some(Ok(Frame::data(piece.bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && self.end == End::Clean
    }

    fn size_hint(&self) -> SizeHint {
        self.promised.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
