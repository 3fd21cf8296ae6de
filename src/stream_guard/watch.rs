use bytes::{BufMut, Bytes, BytesMut};
use serde::de::IgnoredAny;

use super::{Cause, Guard};
use crate::dialect::sse::{RawFrame, Splitter, Tail};
use crate::dialect::{Choices, Signal, Untold};
use crate::facts::{Checked, Secret};
use crate::failure::Failure;

/// What is known of a stream by its frames so far. Pure: no clock, no I/O.
#[derive(Debug)]
pub(super) struct Watch {
    splitter: Splitter,
    /// What arrived last, and how much of it was taken out in whole frames.
    chunk: Bytes,
    taken: usize,
    /// How much of the next frame arrived before `chunk`.
    carried: usize,
    /// How much came before the first content.
    lead: usize,
    hold_back: usize,
    checked: Checked,
    /// What an error may not tell.
    secret: Option<Secret>,
    has_content: bool,
    untold: Untold,
    choices: Choices,
    has_ended: bool,
    /// Found behind frames that have to go out first.
    pending: Option<Step>,
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Step {
    /// Send this: one or more whole frames, as they arrived.
    Forward(Bytes),
    /// More has to arrive.
    Starve,
    /// The terminal frame has passed. Nothing that follows counts.
    End,
    /// All is there but the terminal frame, which will not come.
    Over,
    /// The provider gave up.
    Fail(Box<Failure>),
    /// The stream cannot be read on.
    Break(Cause),
}

enum Verdict {
    Pass,
    Drop,
    Stop(Step),
}

impl Watch {
    pub(super) fn new(hold_back: usize, checked: Checked) -> Self {
        Self {
            splitter: Splitter::new(Splitter::MAX_FRAME_BYTES),
            chunk: Bytes::new(),
            taken: 0,
            carried: 0,
            lead: 0,
            hold_back,
            checked,
            secret: None,
            has_content: false,
            untold: Untold::default(),
            choices: Choices::default(),
            has_ended: false,
            pending: None,
        }
    }

    /// Masks this key in the error that the stream may end with.
    pub(super) fn keeping(mut self, secret: Option<Secret>) -> Self {
        self.secret = secret;
        self
    }

    /// Something of the answer has come.
    pub(super) const fn has_content(&self) -> bool {
        self.has_content
    }

    /// The model said why it stopped, of every answer that has begun: whatever happens now, all is there.
    pub(super) fn has_finished(&self) -> bool {
        self.choices.are_finished()
    }

    /// The terminal frame has passed.
    pub(super) const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Takes in what arrived, after the last chunk is used up ([`Step::Starve`]).
    pub(super) fn push(&mut self, chunk: Bytes) {
        self.chunk = chunk.clone();
        self.splitter.push(chunk);
    }

    /// The next thing to do. Whole frames that follow each other in one chunk go out as one slice of it.
    pub(super) fn next<G: Guard>(&mut self, guard: &G) -> Step {
        if let Some(step) = self.pending.take() {
            return step;
        }
        let (mut start, mut end) = (self.taken, self.taken);
        let step = loop {
            if self.has_ended {
                break Step::End;
            }
            let frame = match self.splitter.next_frame() {
                None => break Step::Starve,
                Some(Err(_)) => break Step::Break(Cause::TooLarge),
                Some(Ok(frame)) => frame,
            };
            let carried = std::mem::take(&mut self.carried);
            self.taken += frame.arrived() - carried;
            match self.read(&frame, guard) {
                // A frame that was cut in two is a copy and stands alone. It is the first of its chunk.
                Verdict::Pass if carried > 0 => return Step::Forward(frame.into_bytes()),
                Verdict::Pass if start == end => {
                    (start, end) = (self.taken - frame.bytes().len(), self.taken);
                }
                Verdict::Pass => end = self.taken,
                Verdict::Stop(step) => break step,
                Verdict::Drop if start == end => {}
                Verdict::Drop => return Step::Forward(self.chunk.slice(start..end)),
            }
        };
        let frames = (start < end).then(|| self.chunk.slice(start..end));
        if matches!(step, Step::Starve) {
            self.let_go();
        }
        match frames {
            Some(frames) => {
                self.pending = Some(step);
                Step::Forward(frames)
            }
            None => step,
        }
    }

    /// The chunk is used up. Kept on, it would keep the connection from reading the next one into the same buffer.
    fn let_go(&mut self) {
        self.carried += self.chunk.len() - self.taken;
        self.taken = 0;
        self.chunk = Bytes::new();
    }

    /// The stream ended. Some servers leave out the blank line after their very last frame: one that says why
    /// the model stopped, or that ends the stream, counts all the same.
    pub(super) fn finish<G: Guard>(&mut self, guard: &G) -> Step {
        let splitter = std::mem::replace(&mut self.splitter, Splitter::new(0));
        let Tail::Truncated(tail) = splitter.finish() else { return Step::Starve };
        let frame = tail.parse();
        let Some(data) = frame.data.as_deref() else { return Step::Starve };
        // What counts of a frame is all of it: half of one may look like an end.
        let mut choices = self.choices.clone();
        match guard.signal_among(&frame, &mut choices) {
            Signal::Error(failure) => return self.given_up(*failure, self.has_finished()),
            Signal::End if self.may_end() => self.has_ended = true,
            Signal::Finish if serde_json::from_slice::<IgnoredAny>(data).is_ok() => {
                guard.follow_finish(&frame, &mut self.untold);
                if self.untold.is_garbled() {
                    return Step::Break(Cause::Garbled);
                }
                self.has_content |= self.checked.has_passed() || guard.is_answer(&frame);
                self.choices = choices;
            }
            // Not passed on, and so what it is of has lost something.
            Signal::Content | Signal::Lifecycle => {
                self.choices = choices;
                return Step::Starve;
            }
            _ => return Step::Starve,
        }
        let mut whole = BytesMut::from(&tail.bytes()[..]);
        whole.put_slice(b"\n\n");
        Step::Forward(whole.freeze())
    }

    fn fail(&self, failure: Failure) -> Step {
        Step::Fail(Box::new(Secret::mask_by(self.secret.as_ref(), failure)))
    }

    /// Is the terminal frame one? The model said why it stopped, or what it said is whole by itself. Of several answers the
    /// latter would have to be known of each; but there are gateways that give one reason for all of them, and then the
    /// terminal frame.
    fn may_end(&self) -> bool {
        self.choices.is_one_finished() || (self.choices.are_one() && self.untold.is_whole())
    }

    /// The provider gave up. That takes nothing back of an answer that was whole before.
    fn given_up(&self, failure: Failure, had_finished: bool) -> Step {
        if !(had_finished && self.has_content) {
            return self.fail(failure);
        }
        tracing::debug!(class = %failure.class(), "left out an error after the end of the answer");
        Step::Over
    }

    fn read<G: Guard>(&mut self, raw: &RawFrame, guard: &G) -> Verdict {
        let frame = raw.parse();
        let had_finished = self.has_finished();
        let signal =
            if frame.data.is_none() { Signal::Alive } else { guard.signal_among(&frame, &mut self.choices) };
        match signal {
            Signal::Alive | Signal::Lifecycle => {}
            Signal::Content => {
                self.has_content = true;
                guard.follow(&frame, &mut self.untold);
            }
            Signal::Finish => {
                guard.follow_finish(&frame, &mut self.untold);
                if self.untold.is_garbled() {
                    return Verdict::Stop(Step::Break(Cause::Garbled));
                }
                self.has_content = self.has_content || self.checked.has_passed() || guard.is_answer(&frame);
            }
            Signal::End => {
                self.has_ended = true;
                // Whoever reads as far as this and no further must not take half an answer for a whole one.
                if self.has_content && !self.may_end() {
                    return Verdict::Stop(Step::Break(Cause::NoFinish));
                }
            }
            Signal::Error(failure) => return Verdict::Stop(self.given_up(*failure, had_finished)),
            Signal::Malformed => {
                tracing::debug!(bytes = raw.bytes().len(), "skipped a malformed frame");
                return Verdict::Drop;
            }
        }
        if !self.has_content {
            self.lead += raw.bytes().len();
            if self.lead > self.hold_back {
                return Verdict::Stop(Step::Break(Cause::TooMuchHeld));
            }
        }
        Verdict::Pass
    }
}
