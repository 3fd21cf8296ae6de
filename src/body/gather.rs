use bytes::{Buf, BufMut, Bytes, BytesMut};

/// A body on its way into memory, bounded. One chunk alone is kept as it arrived; only a second makes a copy.
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

    pub(crate) fn push(&mut self, chunk: impl Buf) -> Result<(), TooLarge> {
        if chunk.remaining() > self.room() {
            return Err(TooLarge);
        }
        self.keep(chunk);
        Ok(())
    }

    /// Takes what fits and says whether all of it did.
    #[cfg(feature = "schema-normalizer")]
    pub(crate) fn push_cut(&mut self, chunk: impl Buf) -> Result<(), TooLarge> {
        let room = self.room();
        let is_cut = chunk.remaining() > room;
        self.keep(chunk.take(room));
        if is_cut { Err(TooLarge) } else { Ok(()) }
    }

    /// Without the room that was made for more: a request is kept as long as its answer may have to be asked for
    /// again.
    pub(crate) fn into_bytes(mut self) -> Bytes {
        if self.rest.is_empty() {
            return std::mem::take(&mut self.first);
        }
        let mut bytes = Vec::from(self.rest);
        bytes.shrink_to_fit();
        bytes.into()
    }

    fn len(&self) -> usize {
        if self.rest.is_empty() { self.first.len() } else { self.rest.len() }
    }

    fn room(&self) -> usize {
        self.limit.saturating_sub(self.len())
    }

    /// Memory grows with what has come and not with what was announced: who announces much and sends little
    /// takes none.
    fn keep(&mut self, mut chunk: impl Buf) {
        let size = chunk.remaining();
        if size == 0 {
            return;
        }
        if self.len() == 0 {
            // Of `Bytes` this is a reference and no copy.
            self.first = chunk.copy_to_bytes(size);
            return;
        }
        if self.rest.is_empty() {
            let first = std::mem::take(&mut self.first);
            self.rest.reserve((2 * (first.len() + size)).min(self.limit));
            self.rest.extend_from_slice(&first);
        }
        self.rest.put(chunk);
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
        gather.push(Bytes::new()).unwrap();
        assert_eq!(gather.into_bytes().as_ptr(), chunk.as_ptr());
    }

    #[test]
    fn chunks_are_joined_up_to_the_limit_and_no_further() {
        let mut gather = Gather::new(4);
        gather.push(Bytes::from_static(b"ab")).unwrap();
        gather.push(Bytes::from_static(b"c").chain(&b"d"[..])).unwrap();
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
