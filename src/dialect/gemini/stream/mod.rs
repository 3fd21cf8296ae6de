//! Streams, read and written.

use crate::dialect::canonical::Event;
use crate::dialect::sse::Frame;
use crate::dialect::{Decode, Encode, Invalid, Reply, Signal};

/// Reads a member's stream.
#[derive(Debug, Default)]
pub struct Decoder {}

impl Decode for Decoder {
    fn decode(&mut self, _frame: &Frame<'_>, _emit: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid> {
        Err(Invalid::new("not part of this build"))
    }
}

/// Writes a caller's stream.
#[derive(Debug)]
pub struct Encoder {}

impl Encoder {
    pub(super) fn new(_reply: Reply) -> Self {
        Self {}
    }
}

impl Encode for Encoder {
    fn encode(&mut self, _event: &Event<'_>, _out: &mut Vec<u8>) {}

    fn finish(&mut self, _out: &mut Vec<u8>) -> bool {
        false
    }
}

/// What a frame means.
pub(super) fn signal(_frame: &Frame<'_>) -> Signal {
    Signal::Malformed
}
