use bytes::{Bytes, BytesMut};

use super::error::Unreadable;
use crate::dialect::canonical::{Event, Finish};
use crate::dialect::sse::{Frame, Splitter, Tail};
use crate::dialect::{Decode, Encode, ToolNames, Untold};
use crate::facts::{Checked, Secret, Spent};
use crate::failure::{BoxError, Class, Failure};

/// A chunk for the caller that is larger is not copied into the pool.
const LARGE: usize = 64 * 1024;

/// One stream of the member, rewritten for the caller as it comes. Pure: no clock, no I/O.
#[derive(Debug)]
pub(super) struct Transcoder<D, E> {
    splitter: Splitter,
    writer: Writer<E>,
    decoder: D,
    /// Chunks for the caller are cut from this, so that not each is an allocation.
    pool: BytesMut,
}

#[derive(Debug)]
struct Writer<E> {
    encoder: E,
    tool_names: ToolNames,
    checked: Checked,
    spent: Spent,
    /// What an error may not tell.
    secret: Option<Secret>,
    out: Vec<u8>,
    /// The arguments of calls, of which nothing is kept.
    calls: Untold,
    has_finished: bool,
    end: Option<Result<(), BoxError>>,
}

impl<D: Decode, E: Encode> Transcoder<D, E> {
    pub(super) fn new(decoder: D, encoder: E, tool_names: ToolNames, checked: Checked) -> Self {
        let (spent, out) = (Spent::default(), Vec::new());
        Self {
            splitter: Splitter::new(Splitter::MAX_FRAME_BYTES),
            writer: Writer {
                encoder,
                tool_names,
                checked,
                spent,
                secret: None,
                out,
                calls: Untold::default(),
                has_finished: false,
                end: None,
            },
            decoder,
            pool: BytesMut::new(),
        }
    }

    /// Masks this key in the error that the stream may end with.
    pub(super) fn keeping(mut self, secret: Option<Secret>) -> Self {
        self.writer.secret = secret;
        self
    }

    /// What the answer has cost so far, also while the caller is told nothing of it.
    pub(super) fn spent(&self) -> Spent {
        self.writer.spent.clone()
    }

    /// Reads all whole frames of what arrived.
    pub(super) fn push(&mut self, chunk: Bytes) {
        self.splitter.push(chunk);
        while self.writer.end.is_none() {
            match self.splitter.next_frame() {
                None => return,
                Some(Ok(raw)) => self.read(&raw.parse()),
                Some(Err(_)) => self.writer.fail(Unreadable::TooLarge.failure().into()),
            }
        }
    }

    /// The member's stream is over: completes the answer if the model said why it stopped. If it did not, the
    /// answer was cut off, by `error` if there was one.
    pub(super) fn finish(&mut self, error: Option<BoxError>) {
        if self.writer.end.is_none() {
            let splitter = std::mem::replace(&mut self.splitter, Splitter::new(0));
            if let Tail::Truncated(raw) = splitter.finish() {
                self.read(&raw.parse());
            }
        }
        if self.writer.end.is_none() {
            self.writer.finish(error);
        }
    }

    /// Has the model said why it stops, and only the end of the stream is awaited?
    pub(super) const fn has_finished(&self) -> bool {
        self.writer.has_finished && self.writer.end.is_none()
    }

    /// The member has finished, and is silent since: what is there is the answer, if it is whole.
    pub(super) fn settle(&mut self) {
        self.writer.has_finished = false;
        if self.writer.encoder.finish(&mut self.writer.out) {
            self.writer.end = Some(Ok(()));
        }
    }

    /// What there is for the caller.
    pub(super) fn take(&mut self) -> Option<Bytes> {
        if self.writer.out.is_empty() {
            return None;
        }
        // No more room is kept than most chunks need.
        if self.writer.out.len() > LARGE {
            return Some(std::mem::take(&mut self.writer.out).into());
        }
        self.pool.extend_from_slice(&self.writer.out);
        self.writer.out.clear();
        Some(self.pool.split().freeze())
    }

    /// How the stream ended, once it has.
    pub(super) const fn end(&mut self) -> Option<&mut Result<(), BoxError>> {
        self.writer.end.as_mut()
    }

    fn read(&mut self, frame: &Frame<'_>) {
        if frame.data.is_none() {
            return;
        }
        let writer = &mut self.writer;
        if let Err(invalid) = self.decoder.decode(frame, &mut |event| writer.write(event)) {
            tracing::debug!(%invalid, "skipped a malformed frame");
        }
    }
}

impl<E: Encode> Writer<E> {
    fn write(&mut self, event: Event<'_>) {
        if self.end.is_some() {
            return;
        }
        match &event {
            Event::Finish { choice, reason } => {
                self.has_finished = true;
                if reason.explains_nothing_said() {
                    self.checked.pass();
                } else if !self.calls.calls_take_objects(*choice) {
                    // Instead of the reason: whoever got it would make the call.
                    return self.end = Some(Err(Unreadable::Arguments.failure().into()));
                }
            }
            Event::ToolCall { choice, index, .. } => self.calls.begins(*choice, Some(u64::from(*index))),
            Event::Arguments { choice, index, json } => {
                self.calls.adds(*choice, Some(u64::from(*index)), json);
            }
            Event::Usage(usage) => self.spent.update(*usage),
            _ => {}
        }
        match event {
            Event::End => self.finish(None),
            Event::Error(failure) => {
                self.fail(Secret::mask_by(self.secret.as_ref(), *failure).into());
            }
            Event::Finish { reason: Finish::Error, .. } => {
                self.end = Some(Err(Unreadable::Failed.failure().into()));
            }
            Event::ToolCall { choice, index, id, name } if !self.tool_names.is_empty() => {
                let name = self.tool_names.restore(&name).into();
                self.encoder.encode(&Event::ToolCall { choice, index, id, name }, &mut self.out);
            }
            event => self.encoder.encode(&event, &mut self.out),
        }
    }

    /// The member gave up. That takes nothing back of an answer that is whole.
    fn fail(&mut self, error: BoxError) {
        if !self.has_finished {
            self.end = Some(Err(error));
            return;
        }
        tracing::debug!(%error, "an error after the model said why it stops");
        self.finish(Some(error));
    }

    fn finish(&mut self, error: Option<BoxError>) {
        let is_whole = self.encoder.finish(&mut self.out);
        let cut_off = || Failure::new(Class::Interrupted).with_source(Unreadable::Unfinished).into();
        self.end = Some(if is_whole { Ok(()) } else { Err(error.unwrap_or_else(cut_off)) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Invalid;
    use crate::facts::Usage;

    /// Emits, for each letter of a frame, the event of that name; stops at anything else as malformed.
    #[derive(Debug)]
    struct Letters;

    impl Decode for Letters {
        fn decode(&mut self, frame: &Frame<'_>, emit: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid> {
            for letter in frame.data.as_deref().unwrap_or_default() {
                match letter {
                    b't' => emit(Event::Text { choice: 0, text: "t".into() }),
                    b'e' => emit(Event::End),
                    b'f' => emit(Event::Finish { choice: 0, reason: Finish::Stop }),
                    b'u' => emit(Event::Usage(Usage { input: Some(9), ..Usage::default() })),
                    b'x' => emit(Event::Error(Box::new(Failure::new(Class::Overloaded)))),
                    _ => return Err(Invalid::new("no such letter")),
                }
            }
            Ok(())
        }
    }

    #[derive(Debug, Default)]
    struct Count;

    impl Encode for Count {
        fn encode(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
            let is_known = matches!(event, Event::Text { .. } | Event::Usage(_) | Event::Finish { .. });
            assert!(is_known, "{event:?}");
            out.extend(matches!(event, Event::Text { .. }).then_some(b't'));
        }

        fn finish(&mut self, out: &mut Vec<u8>) -> bool {
            out.push(b'.');
            true
        }
    }

    fn transcode(chunks: &[&'static str]) -> (String, Option<Class>) {
        let mut transcoder = Transcoder::new(Letters, Count, ToolNames::default(), Checked::default());
        for chunk in chunks {
            transcoder.push(Bytes::from_static(chunk.as_bytes()));
        }
        let told = transcoder.take().unwrap_or_default();
        let error = transcoder.end().and_then(|end| end.as_ref().err());
        (String::from_utf8(told.to_vec()).unwrap(), error.map(|error| Failure::of(error).class()))
    }

    #[test]
    fn the_first_end_or_error_is_the_last_word_even_within_a_frame() {
        assert_eq!(transcode(&["data: tetx\n\n", "data: t\n\n"]), ("t.".to_owned(), None));
        let failed = ("t".to_owned(), Some(Class::Overloaded));
        assert_eq!(transcode(&["data: txte\n\ndata: te\n\n"]), failed);
    }

    #[test]
    fn an_error_after_the_reason_takes_nothing_back() {
        assert_eq!(transcode(&["data: tf\n\n", "data: x\n\n", "data: t\n\n"]), ("t.".to_owned(), None));
        assert_eq!(transcode(&["data: tfxt\n\n"]), ("t.".to_owned(), None));
        let mut transcoder = Transcoder::new(Letters, Count, ToolNames::default(), Checked::default());
        transcoder.push(Bytes::from_static(b"data: tf\n\n"));
        transcoder.push(vec![b't'; Splitter::MAX_FRAME_BYTES + 1].into());
        assert!(matches!(transcoder.end(), Some(Ok(()))));
    }

    #[test]
    fn the_cost_is_known_before_the_caller_is_told() {
        let mut transcoder = Transcoder::new(Letters, Count, ToolNames::default(), Checked::default());
        let spent = transcoder.spent();
        transcoder.push(Bytes::from_static(b"data: tu\n\n"));
        assert_eq!((transcoder.take().as_deref(), spent.usage().input), (Some(&b"t"[..]), Some(9)));
    }

    #[test]
    fn a_frame_that_breaks_off_keeps_what_came_before() {
        assert_eq!(transcode(&["data: t?t\n\n: ping\n\ndata: t\n\n"]), ("tt".to_owned(), None));
    }
}
