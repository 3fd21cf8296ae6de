use http::Extensions;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::dialect::canonical::Event;
use crate::dialect::sse::Frame;
use crate::dialect::{Choices, Decode, Dialect, Signal, Untold};
use crate::facts::{Call, Conversation, Operation};
use crate::failure::{Class, Failure};

/// What the frames of a stream mean.
///
/// Closures implement it; [`DialectGuard`] reads the streams of a [`Dialect`].
///
/// ```
/// use tower_failover::dialect::{Signal, sse::Frame};
/// use tower_failover::stream_guard::Guard;
///
/// let guard = |frame: &Frame<'_>| match frame.data.as_deref() {
///     Some(b"[DONE]") => Signal::End,
///     Some(_) => Signal::Content,
///     None => Signal::Alive,
/// };
/// assert!(matches!(guard.signal(&Frame::of(b"[DONE]")), Signal::End));
/// ```
pub trait Guard {
    /// Reads one frame. Frames without data (comments, blank lines) are signs of life and not asked about.
    fn signal(&self, frame: &Frame<'_>) -> Signal;

    /// The same in a stream that may have several answers: tells `choices` which of them the frame is of. The stream is
    /// finished when all that have begun are. Unless this is overridden, there is one.
    fn signal_among(&self, frame: &Frame<'_>, choices: &mut Choices) -> Signal {
        self.signal(frame).of_the_only_one(choices)
    }

    /// Is a frame that was read as [`Signal::Finish`], and came before any content, an answer all the same:
    /// because it carries content itself, or because it says why there is none? If not, the stream is empty,
    /// and an empty stream is a fault.
    fn is_answer(&self, finish: &Frame<'_>) -> bool {
        let _ = finish;
        false
    }

    /// Follows a frame that was read as [`Signal::Content`]: is the answer whole if the stream ends after it with its
    /// terminal frame, and never says why the model stopped? Some servers end calls of tools so, and the vendor's own
    /// streams of sound do. Of text nobody knows. Unless this is overridden, no answer is.
    fn follow(&self, content: &Frame<'_>, untold: &mut Untold) {
        let _ = (content, untold);
    }

    /// Follows a frame that was read as [`Signal::Finish`]: does the answer end well that calls a tool with arguments that
    /// are not JSON? If it was not cut off, it is [garbled](Untold::is_garbled), and does not.
    fn follow_finish(&self, finish: &Frame<'_>, untold: &mut Untold) {
        let _ = (finish, untold);
    }

    /// Reads a whole answer.
    ///
    /// # Errors
    /// The failure that the body turns out to be.
    fn check_answer(&self, body: &[u8]) -> Result<(), Failure> {
        let _ = body;
        Ok(())
    }

    /// Reads what came whole for a call of this operation: an answer, or what was asked for instead of one. Of
    /// the latter nothing is known here unless this is overridden.
    ///
    /// # Errors
    /// The failure that the body turns out to be.
    fn check_reply(&self, operation: Operation, body: &[u8]) -> Result<(), Failure> {
        match operation {
            Operation::Generate => self.check_answer(body),
            Operation::CountTokens => Ok(()),
        }
    }

    /// The frame that ends a stream, added where a provider finished and left it out.
    fn terminal_frame(&self) -> &'static [u8] {
        b""
    }

    /// The conversation of a later request that goes on from this answer, given its beginning. Left as the fact
    /// [`GoesOnAs`](crate::facts::GoesOnAs).
    fn goes_on_as(&self, start: &[u8]) -> Option<Conversation> {
        let _ = start;
        None
    }

    /// Does this call want a stream? It decides which limit holds until the head; `None` where nothing is known.
    fn wants_stream(&self, request: &Extensions) -> Option<bool> {
        request.get::<Call>().map(|call| call.stream)
    }
}

impl<F> Guard for F
where
    F: Fn(&Frame<'_>) -> Signal,
{
    fn signal(&self, frame: &Frame<'_>) -> Signal {
        self(frame)
    }
}

/// Reads the streams and answers of a dialect.
#[derive(Clone, Copy, Debug, Default)]
pub struct DialectGuard<D>(D);

impl<D> DialectGuard<D> {
    /// Reads those of `dialect`: the caller's own, where translation happens below.
    #[must_use]
    pub const fn new(dialect: D) -> Self {
        Self(dialect)
    }
}

impl<D: Dialect> Guard for DialectGuard<D> {
    fn signal(&self, frame: &Frame<'_>) -> Signal {
        self.0.signal(frame)
    }

    fn signal_among(&self, frame: &Frame<'_>, choices: &mut Choices) -> Signal {
        self.0.signal_among(frame, choices)
    }

    /// Content, or a reason that explains why there is none: a filter, a limit, a stop sequence.
    fn is_answer(&self, finish: &Frame<'_>) -> bool {
        let mut is_answer = false;
        let decoded = self.0.decoder().decode(finish, &mut |event| is_answer |= says_something(&event));
        // Where a frame looks like a whole answer, it may hold what no event tells of: a picture, or sound.
        let is_whole = || finish.data.as_deref().is_some_and(|data| self.0.check_answer(data).is_ok());
        decoded.is_ok() && (is_answer || is_whole())
    }

    fn follow(&self, content: &Frame<'_>, untold: &mut Untold) {
        self.0.follow(content, untold);
    }

    fn follow_finish(&self, finish: &Frame<'_>, untold: &mut Untold) {
        self.0.follow_finish(finish, untold);
    }

    fn check_answer(&self, body: &[u8]) -> Result<(), Failure> {
        self.0.check_answer(body)
    }

    /// A count is a JSON object, too, and one that is no error.
    fn check_reply(&self, operation: Operation, body: &[u8]) -> Result<(), Failure> {
        if operation == Operation::Generate {
            return self.0.check_answer(body);
        }
        let reply: Reply = serde_json::from_slice(body)
            .map_err(|error| Failure::new(Class::InvalidOutput).with_source(error))?;
        reply.error.map_or(Ok(()), |_| Err(self.0.decode_error(None, body)))
    }

    fn terminal_frame(&self) -> &'static [u8] {
        self.0.terminal_frame()
    }

    fn goes_on_as(&self, start: &[u8]) -> Option<Conversation> {
        self.0.goes_on_as(start)
    }
}

/// What came instead of an answer, as far as every dialect has it.
#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    error: Option<IgnoredAny>,
}

fn says_something(event: &Event<'_>) -> bool {
    match event {
        Event::Finish { reason, .. } => reason.explains_nothing_said(),
        event => event.is_content(),
    }
}
