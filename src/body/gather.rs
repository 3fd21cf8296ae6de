use bytes::{Bytes, BytesMut};

/// A body on its way into memory, bounded. One chunk alone is kept as it arrived, without a copy.
#[derive(Debug)]
pub(crate) struct Gather {
    first: Bytes,
    rest: BytesMut,
    limit: usize,
}

/// The body is larger than its limit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Gather {
    pub(crate) fn new(limit: usize) -> Self {
        Self { first: Bytes::new(), rest: BytesMut::new(), limit }
    }

    /// All that was read.
    #[cfg(feature = "stream-guard")]
    pub(crate) fn of(bytes: Bytes) -> Self {
        Self { limit: bytes.len(), first: bytes, rest: BytesMut::new() }
    }

    pub(crate) fn push(&mut self, chunk: Bytes) -> Result<(), TooLarge> {
        if chunk.len() > self.room() {
            return Err(TooLarge);
        }
        self.keep(chunk);
        Ok(())
    }

    /// Takes what fits and says whether all of it did.
    #[cfg(feature = "schema-normalizer")]
    pub(crate) fn push_cut(&mut self, mut chunk: Bytes) -> Result<(), TooLarge> {
        let room = self.room();
        let is_cut = chunk.len() > room;
        chunk.truncate(room);
        self.keep(chunk);
        if is_cut { Err(TooLarge) } else { Ok(()) }
    }

    pub(crate) fn into_bytes(mut self) -> Bytes {
        if self.rest.is_empty() { std::mem::take(&mut self.first) } else { self.rest.freeze() }
    }

    fn len(&self) -> usize {
        if self.rest.is_empty() { self.first.len() } else { self.rest.len() }
    }

    fn room(&self) -> usize {
        self.limit.saturating_sub(self.len())
    }

    fn keep(&mut self, chunk: Bytes) {
        if self.len() == 0 {
            self.first = chunk;
            return;
        }
        if self.rest.is_empty() {
            self.rest.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.rest.extend_from_slice(&chunk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_chunk_alone_is_not_copied() {
        let chunk = Bytes::from(vec![1; 100]);
        let mut gather = Gather::new(100);
        gather.push(Bytes::new()).unwrap();
        gather.push(chunk.clone()).unwrap();
        assert_eq!(gather.into_bytes().as_ptr(), chunk.as_ptr());
    }

    #[test]
    fn chunks_are_joined_up_to_the_limit_and_no_further() {
        let mut gather = Gather::new(4);
        gather.push(Bytes::from_static(b"ab")).unwrap();
        gather.push(Bytes::from_static(b"cd")).unwrap();
        assert_eq!(gather.push(Bytes::from_static(b"e")), Err(TooLarge));
        assert_eq!(gather.into_bytes(), "abcd");
    }

    #[cfg(feature = "schema-normalizer")]
    #[test]
    fn a_cut_body_keeps_what_fits() {
        let mut gather = Gather::new(3);
        assert_eq!(gather.push_cut(Bytes::from_static(b"abcd")), Err(TooLarge));
        assert_eq!(gather.into_bytes(), "abc");
    }
}
