//! One stream read and written anew, as the normalizer does it.

use bytes::Bytes;
use tower_failover::dialect::canonical::Event;
use tower_failover::dialect::sse::{RawFrame, Splitter, Tail};
use tower_failover::dialect::{AnyDecoder, AnyDialect, AnyEncoder, Decode, Dialect, Encode, Reply};
use tower_failover::failure::Failure;

/// How a stream ended.
#[derive(Debug)]
pub(crate) enum End {
    Whole,
    Cut,
    Failed(Box<Failure>),
}

impl End {
    pub(crate) const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }
}

pub(crate) struct Transcoder {
    decoder: AnyDecoder,
    encoder: AnyEncoder,
    splitter: Splitter,
    end: Option<End>,
}

impl Transcoder {
    pub(crate) fn new(from: AnyDialect, to: AnyDialect) -> Self {
        let reply = Reply::new("m", 7).issued_by(from.name()).with_usage(true);
        Self {
            decoder: from.decoder(),
            encoder: to.encoder(reply),
            splitter: Splitter::new(Splitter::MAX_FRAME_BYTES),
            end: None,
        }
    }

    pub(crate) fn push(&mut self, chunk: Bytes, out: &mut Vec<u8>) {
        self.splitter.push(chunk);
        while self.end.is_none() {
            match self.splitter.next_frame() {
                None => return,
                Some(Ok(frame)) => self.read(&frame, out),
                Some(Err(_)) => self.end = Some(End::Cut),
            }
        }
    }

    fn read(&mut self, frame: &RawFrame, out: &mut Vec<u8>) {
        let frame = frame.parse();
        if frame.data.is_none() {
            return;
        }
        let Self { decoder, encoder, end, .. } = self;
        let _ = decoder.decode(&frame, &mut |event| match event {
            _ if end.is_some() => {}
            Event::End => *end = Some(ended(encoder, out)),
            Event::Error(failure) => *end = Some(End::Failed(failure)),
            event => encoder.encode(&event, out),
        });
    }

    pub(crate) fn finish(mut self, out: &mut Vec<u8>) -> End {
        let splitter = std::mem::replace(&mut self.splitter, Splitter::new(0));
        match splitter.finish() {
            Tail::Truncated(frame) if self.end.is_none() => self.read(&frame, out),
            _ => {}
        }
        self.end.take().unwrap_or_else(|| ended(&mut self.encoder, out))
    }
}

fn ended(encoder: &mut AnyEncoder, out: &mut Vec<u8>) -> End {
    if encoder.finish(out) { End::Whole } else { End::Cut }
}

/// A whole stream, in these pieces.
pub(crate) fn transcode(
    from: AnyDialect,
    to: AnyDialect,
    pieces: impl IntoIterator<Item = Bytes>,
) -> (Vec<u8>, End) {
    let (mut transcoder, mut out) = (Transcoder::new(from, to), Vec::new());
    for piece in pieces {
        transcoder.push(piece, &mut out);
    }
    let end = transcoder.finish(&mut out);
    (out, end)
}
