use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// So many pieces are kept as they arrived: as many as most streams have before their first content.
const FEW: usize = 4;

/// What came of a stream up to its first content.
///
/// A piece is a slice of the buffer that a connection reads into, and keeps all of it: a thousand signs of life would
/// keep a thousand buffers. So all but the first few are copied together.
#[derive(Debug, Default)]
pub(super) struct Held {
    first: VecDeque<Bytes>,
    rest: BytesMut,
}

impl Held {
    /// Holds what says nothing yet.
    pub(super) fn push(&mut self, frames: Bytes) {
        if self.first.len() < FEW {
            self.first.push_back(frames);
        } else {
            self.rest.extend_from_slice(&frames);
        }
    }

    /// Adds the first content, which need not wait and is not copied.
    pub(super) fn end_with(&mut self, content: Bytes) {
        if !self.rest.is_empty() {
            self.first.push_back(self.rest.split().freeze());
        }
        self.first.push_back(content);
    }

    /// All of it, in order.
    pub(super) fn into_pieces(self) -> VecDeque<Bytes> {
        self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_out_in_order_and_only_many_are_copied() {
        let pieces: Vec<Bytes> = (0..9).map(|number| Bytes::from(vec![number; 3])).collect();
        let held = |many: usize| {
            let mut held = Held::default();
            pieces[..many].iter().for_each(|piece| held.push(piece.clone()));
            held.end_with(pieces[many].clone());
            held.into_pieces()
        };
        for many in 0..pieces.len() {
            let held = held(many);
            assert_eq!(Vec::from(held.clone()).concat(), pieces[..=many].concat());
            assert_eq!(held.back().unwrap().as_ptr(), pieces[many].as_ptr());
            assert!(held.len() <= FEW + 2);
        }
        let few = held(FEW);
        assert!(few.iter().zip(&pieces).all(|(held, piece)| held.as_ptr() == piece.as_ptr()));
    }
}
