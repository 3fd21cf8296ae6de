use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use memchr::memmem;
use pin_project_lite::pin_project;

use crate::facts::{MASK, Secret};

pin_project! {
    /// Response body of [`Client`](super::Client): the provider's bytes, and in those of an error response the key
    /// that was sent is masked.
    #[derive(Debug)]
    pub struct ResponseBody<B = hyper::body::Incoming> {
        #[pin]
        inner: B,
        mask: Option<Mask>,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(inner: B, secret: Option<Secret>) -> Self {
        let mask = secret.map(|secret| Mask { secret, held: BytesMut::new(), next: None });
        Self { inner, mask }
    }
}

#[derive(Debug)]
struct Mask {
    secret: Secret,
    /// What arrived last, and may be the beginning of the key.
    held: BytesMut,
    /// What comes after that: trailers.
    next: Option<Frame<Bytes>>,
}

impl Mask {
    /// What may be passed on now that this arrived.
    fn push(&mut self, chunk: Bytes) -> Bytes {
        let key = self.secret.as_bytes();
        if self.held.is_empty() && memmem::find(&chunk, key).is_none() && begun(&chunk, key) == 0 {
            return chunk;
        }
        self.held.extend_from_slice(&chunk);
        let mut from = 0;
        while let Some(at) = memmem::find(&self.held[from..], key) {
            self.held[from + at..from + at + key.len()].fill(MASK);
            from += at + key.len();
        }
        let end = self.held.len() - begun(&self.held, key);
        self.held.split_to(end).freeze()
    }
}

/// How many bytes at the end may be the beginning of the key.
fn begun(bytes: &[u8], key: &[u8]) -> usize {
    let longest = bytes.len().min(key.len() - 1);
    (1..=longest).rev().find(|length| bytes.ends_with(&key[..*length])).unwrap_or(0)
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes>,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        let Some(mask) = this.mask else { return this.inner.poll_frame(cx) };
        loop {
            if let Some(next) = mask.next.take() {
                return Poll::Ready(Some(Ok(next)));
            }
            let frame = match ready!(this.inner.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                // The beginning of the key is no more than that, now that nothing follows.
                None if !mask.held.is_empty() => {
                    return Poll::Ready(Some(Ok(Frame::data(mask.held.split().freeze()))));
                }
                end => return Poll::Ready(end),
            };
            match frame.into_data() {
                Ok(chunk) => {
                    let passed = mask.push(chunk);
                    if !passed.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(passed))));
                    }
                }
                Err(trailers) if mask.held.is_empty() => return Poll::Ready(Some(Ok(trailers))),
                Err(trailers) => {
                    mask.next = Some(trailers);
                    return Poll::Ready(Some(Ok(Frame::data(mask.held.split().freeze()))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let is_held = self.mask.as_ref().is_some_and(|mask| !mask.held.is_empty() || mask.next.is_some());
        !is_held && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.mask.as_ref().map_or(0, |mask| mask.held.len() as u64);
        let inner = self.inner.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + held);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + held);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-sk-secret";

    fn masked(chunks: &[&str]) -> String {
        let mut mask = Mask { secret: Secret::of(KEY).unwrap(), held: BytesMut::new(), next: None };
        let mut out = Vec::new();
        for chunk in chunks {
            out.extend_from_slice(&mask.push(Bytes::copy_from_slice(chunk.as_bytes())));
        }
        out.extend_from_slice(&mask.held);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_key_is_masked_however_the_bytes_are_split() {
        let text = format!("no {KEY}{KEY}, sk-sk-sk-secret, sk-sk-secre.");
        let stars = "*".repeat(KEY.len());
        let expected = format!("no {stars}{stars}, sk-{stars}, sk-sk-secre.");
        for first in 0..text.len() {
            for second in first..text.len() {
                let chunks = [&text[..first], &text[first..second], &text[second..]];
                assert_eq!(masked(&chunks), expected, "{first} {second}");
            }
        }
    }

    #[test]
    fn what_holds_no_key_is_not_even_copied() {
        let mut mask = Mask { secret: Secret::of(KEY).unwrap(), held: BytesMut::new(), next: None };
        let chunk = Bytes::from_static(b"{\"error\":{}}");
        assert_eq!(mask.push(chunk.clone()).as_ptr(), chunk.as_ptr());
    }
}
