//! Streams in frames.

use bytes::Bytes;
use tower_failover::dialect::sse::{RawFrame, Splitter, Tail};

/// The frames of a stream, and whether it ended between two of them.
pub(crate) fn frames(pieces: impl IntoIterator<Item = Bytes>) -> (Vec<RawFrame>, bool) {
    let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
    let mut frames = Vec::new();
    for piece in pieces {
        splitter.push(piece);
        frames.extend(std::iter::from_fn(|| splitter.next_frame().map(Result::unwrap)));
    }
    (frames, splitter.finish() == Tail::Clean)
}
