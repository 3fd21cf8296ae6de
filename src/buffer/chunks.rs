use bytes::{Buf, Bytes, BytesMut};

/// What has come of a body so far. One frame is kept as it is; only a second one makes a copy.
#[derive(Debug, Default)]
pub(super) enum Chunks {
    #[default]
    None,
    One(Bytes),
    Many(BytesMut),
}

impl Chunks {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(bytes) => bytes.len(),
            Self::Many(bytes) => bytes.len(),
        }
    }

    pub(super) fn push(&mut self, mut data: impl Buf) {
        *self = match std::mem::take(self) {
            // Of `Bytes` this is a reference and no copy.
            Self::None => Self::One(data.copy_to_bytes(data.remaining())),
            Self::One(first) => Self::Many(joined(&first, data)),
            Self::Many(mut bytes) => {
                extend(&mut bytes, data);
                Self::Many(bytes)
            }
        };
    }

    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Self::None => Bytes::new(),
            Self::One(bytes) => bytes,
            Self::Many(bytes) => bytes.freeze(),
        }
    }
}

/// Grows with what has come and not with what was announced: a caller who announces much and sends little
/// takes no memory.
fn joined(first: &Bytes, data: impl Buf) -> BytesMut {
    let mut bytes = BytesMut::with_capacity(2 * (first.len() + data.remaining()));
    bytes.extend_from_slice(first);
    extend(&mut bytes, data);
    bytes
}

fn extend(bytes: &mut BytesMut, mut data: impl Buf) {
    while data.has_remaining() {
        let chunk = data.chunk();
        bytes.extend_from_slice(chunk);
        let read = chunk.len();
        data.advance(read);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_one_frame_is_not_copied() {
        let frame = Bytes::from_static(b"hello");
        let mut chunks = Chunks::default();
        chunks.push(frame.clone());
        assert_eq!(chunks.into_bytes().as_ptr(), frame.as_ptr());
    }

    #[test]
    fn frames_are_joined_in_order() {
        let mut chunks = Chunks::default();
        for part in ["a", "", "bc", "d"] {
            chunks.push(Bytes::from_static(part.as_bytes()));
        }
        assert_eq!(chunks.len(), 4);
        assert_eq!(chunks.into_bytes(), "abcd");
    }
}
