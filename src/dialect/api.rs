use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::Range;

use http::{HeaderMap, StatusCode, Uri};

use super::canonical::{Answer, Event, Request};
use super::sse::Frame;
use super::{Choices, Invalid, Reply, Resumed, Target, ToolNames, Untold};
use crate::facts::{Call, Conversation, Losses, Operation};
use crate::failure::Failure;

/// One provider API: its requests, answers, stream framing and errors, to and from the canonical model.
///
/// A value and not a type: dialects are chosen by configuration. All methods are pure.
pub trait Dialect: Clone + Debug + Send + Sync + 'static {
    /// Reads a provider's stream.
    type Decoder: Decode + Debug + Send + 'static;
    /// Writes a caller's stream.
    type Encoder: Encode + Debug + Send + 'static;

    /// The name used in configuration: `openai-chat`.
    fn name(&self) -> &'static str;

    /// The path (and query) below a provider's base URL, as its official SDK appends it: `/chat/completions`.
    /// `None` where this API cannot do what `call` asks for.
    fn path(&self, target: &Target<'_>, call: &Call) -> Option<Cow<'static, str>>;

    /// The headers of a request to a member: those of the caller's that belong to this dialect, and those the
    /// API demands. `same_dialect` says whether the caller speaks this dialect too. Credentials are not among
    /// them: the caller's are dropped here, the member's are added by its client.
    fn request_headers(&self, caller: &HeaderMap, target: &Target<'_>, same_dialect: bool) -> HeaderMap;

    /// Reads what routing needs, and no more. Some APIs say it in the body, some in the path of the request.
    ///
    /// # Errors
    /// If the body is no JSON object, or one of the fields read has the wrong type.
    fn peek<'a>(&self, uri: &Uri, body: &'a [u8]) -> Result<Peek<'a>, Invalid>;

    /// What is the same in all requests of one conversation, and hardly ever in two: what a request says it goes on
    /// from, or else a hash of how it began. `None` where that cannot be told.
    fn conversation(&self, body: &[u8]) -> Option<Conversation> {
        let _ = body;
        None
    }

    /// The [`conversation`](Self::conversation) of a request that goes on from this answer by its id, given the
    /// beginning of the answer or of its stream. `None` in dialects whose requests repeat all that was said.
    fn goes_on_as(&self, answer: &[u8]) -> Option<Conversation> {
        let _ = answer;
        None
    }

    /// Does the body hold something that even a member of the same dialect must not be sent as it is: what is
    /// bound to another issuer, or what this target's [`Flavour`](super::Flavour) of the dialect refuses? May
    /// err on the side of `true`; then the body is scrubbed.
    fn holds_foreign(&self, body: &[u8], target: &Target<'_>) -> bool;

    /// Takes out of a body of this dialect, or rewrites, what [`holds_foreign`](Self::holds_foreign) finds.
    ///
    /// # Errors
    /// If the body is not a request of this dialect.
    fn scrub(&self, body: &[u8], target: &Target<'_>, losses: &mut Losses) -> Result<Vec<u8>, Invalid>;

    /// Reads a caller's request.
    ///
    /// # Errors
    /// If it is not a request of this dialect, with a message for the caller.
    fn decode_request<'a>(&self, body: &'a [u8]) -> Result<Request<'a>, Invalid>;

    /// Writes a member's request for `target`; what the member cannot carry goes into `losses`.
    ///
    /// # Errors
    /// [`Class::Unsupported`](crate::failure::Class::Unsupported) where sending less would falsify the question.
    fn encode_request(
        &self,
        request: &Request<'_>,
        target: &Target<'_>,
        losses: &mut Losses,
    ) -> Result<Encoded, Failure>;

    /// What of a caller's request its answer repeats, as the members of a JSON object without its braces:
    /// `"tools":[],"temperature":1`. Empty in most dialects.
    fn echo(&self, request: &[u8]) -> String {
        let _ = request;
        String::new()
    }

    /// Reads a member's whole answer.
    ///
    /// # Errors
    /// If it is not an answer of this dialect.
    fn decode_answer<'a>(&self, body: &'a [u8]) -> Result<Answer<'a>, Invalid>;

    /// Writes a whole answer for the caller.
    fn encode_answer(&self, answer: &Answer<'_>, reply: &Reply) -> Vec<u8>;

    /// A reader for one stream of a member.
    fn decoder(&self) -> Self::Decoder;

    /// A writer for one stream to the caller.
    fn encoder(&self, reply: Reply) -> Self::Encoder;

    /// Reads a member's error: an HTTP error response, or (without a status) an error found inside a 200.
    fn decode_error(&self, status: Option<StatusCode>, body: &[u8]) -> Failure;

    /// The body of an error response, in the shape this dialect's official SDK expects. `message` is what the
    /// caller reads; `detail` is a JSON object to put beside it (the list of attempts), if there is one.
    fn encode_error(
        &self,
        failure: &Failure,
        status: StatusCode,
        message: &str,
        detail: Option<&str>,
    ) -> Vec<u8>;

    /// The error as the last event of a stream that cannot be completed, framed.
    fn encode_error_event(&self, failure: &Failure, message: &str) -> Vec<u8>;

    /// Do the events of a stream have running numbers? Then [`encode_error_event_after`](Self::encode_error_event_after)
    /// has to see what was sent.
    fn numbers_events(&self) -> bool {
        false
    }

    /// The same event, numbered as the next. `sent` is what the caller got last: the last event, or more.
    fn encode_error_event_after(&self, sent: &[u8], failure: &Failure, message: &str) -> Vec<u8> {
        let _ = sent;
        self.encode_error_event(failure, message)
    }

    /// What a frame of a stream in this dialect is, for deciding when to commit and whether the end was one.
    fn signal(&self, frame: &Frame<'_>) -> Signal;

    /// The same in a stream that may have several answers: [`Signal::Finish`] says that one of them ends, and `choices`
    /// learns which have begun and which end. A dialect that knows but one answer has nothing to override.
    fn signal_among(&self, frame: &Frame<'_>, choices: &mut Choices) -> Signal {
        self.signal(frame).of_the_only_one(choices)
    }

    /// Follows a frame that was read as [`Signal::Content`]: the arguments of calls, and in a dialect whose servers may
    /// end an answer without a reason also what else is in it. In others nothing is whole that ends so.
    fn follow(&self, content: &Frame<'_>, untold: &mut Untold) {
        let _ = (content, untold);
    }

    /// Follows a frame that was read as [`Signal::Finish`], which may hold calls, too: does the reason explain why the
    /// arguments of a call are cut off?
    fn follow_finish(&self, finish: &Frame<'_>, untold: &mut Untold) {
        let _ = (finish, untold);
    }

    /// The frame that ends a stream, to be added where a member finished and left it out. Empty where the API
    /// has none: there the frame that says why the model stopped is the last.
    fn terminal_frame(&self) -> &'static [u8];

    /// Bytes between the frames of a stream that say nothing: to be sent while there is nothing to say.
    ///
    /// A comment, as the specification of server-sent events wants it, unless the official SDK stumbles over one.
    fn keepalive(&self) -> &'static [u8] {
        b": keepalive\n\n"
    }

    /// May there be comments in a stream? Where a sign of life is none, clients stumble over them.
    fn takes_comments(&self) -> bool {
        self.keepalive().starts_with(b":")
    }

    /// Is the model behind this API known to go on with a turn of the assistant at the end of a conversation? If it
    /// does not, it refuses it, or, worse, answers it afresh.
    fn continues(&self, target: &Target<'_>) -> bool {
        let _ = target;
        false
    }

    /// Reads what the caller has of a stream that was cut, the answer to `request`, so that it can be completed.
    ///
    /// `None` where that would not be honest, or where nobody knows: only plain text can be gone on with. Not
    /// thoughts, calls, refusals, sources, probabilities or several answers, nor where a form was asked for that
    /// two halves might not have together; and not what breaks off inside a frame.
    fn resume(&self, request: &[u8], sent: &[u8]) -> Option<Resumed<Self::Encoder>> {
        let _ = (request, sent);
        None
    }

    /// The caller's request with the beginning of its answer put into the assistant's mouth, and with so much
    /// less to say. `None` where the request leaves no place for it.
    fn continue_request(&self, request: &[u8], text: &str) -> Option<Vec<u8>> {
        let _ = (request, text);
        None
    }

    /// Is a 200 with this body an answer at all? Not empty, JSON, with something said or called in it.
    ///
    /// # Errors
    /// The failure that the body turns out to be: an error in disguise, or
    /// [`Class::InvalidOutput`](crate::failure::Class::InvalidOutput).
    fn check_answer(&self, body: &[u8]) -> Result<(), Failure>;
}

/// What routing needs to know of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peek<'a> {
    /// The model, or class, asked for.
    pub model: Cow<'a, str>,
    /// Where its JSON value stands in the body, quotes included; `None` where the body does not name it.
    pub model_span: Option<Range<usize>>,
    /// The answer is wanted as a stream.
    pub stream: bool,
    /// What is asked of the model.
    pub operation: Operation,
}

impl<'a> Peek<'a> {
    /// A call of `model`.
    #[must_use]
    pub fn new(model: impl Into<Cow<'a, str>>) -> Self {
        Self { model: model.into(), model_span: None, stream: false, operation: Operation::Generate }
    }

    /// Where `model` stands in the body.
    #[must_use]
    pub fn with_model_span(mut self, span: Range<usize>) -> Self {
        self.model_span = Some(span);
        self
    }

    /// Whether a stream is wanted.
    #[must_use]
    pub fn with_stream(mut self, stream: bool) -> Self {
        self.stream = stream;
        self
    }

    /// What is asked of the model.
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.operation = operation;
        self
    }

    /// The fact that layers pass on.
    #[must_use]
    pub fn into_call(self) -> Call {
        let call = Call::new(&*self.model).with_stream(self.stream).with_operation(self.operation);
        match self.model_span {
            Some(span) => call.with_model_span(span),
            None => call,
        }
    }
}

/// A request as a member will get it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Encoded {
    /// The body.
    pub body: Vec<u8>,
    /// Names of tools that had to be changed.
    pub tool_names: ToolNames,
}

/// Reads a member's stream, frame by frame.
pub trait Decode {
    /// Hands the events in `frame` to `emit`, in order.
    ///
    /// # Errors
    /// If the frame is malformed. The decoder stays usable: a malformed frame is skipped, not fatal.
    fn decode(&mut self, frame: &Frame<'_>, emit: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid>;
}

/// Writes a caller's stream, event by event.
pub trait Encode {
    /// Appends the frames for `event` to `out`. Events the dialect has no place for append nothing.
    ///
    /// [`Event::Error`] is not for here: whether an error ends the stream or is failed over is not the
    /// encoder's to decide.
    fn encode(&mut self, event: &Event<'_>, out: &mut Vec<u8>);

    /// The member's stream has ended: completes what is open, if it was told why the model stopped.
    /// Returns `false` for an answer that was cut off, and then appends nothing.
    fn finish(&mut self, out: &mut Vec<u8>) -> bool;
}

/// What a frame means for whoever guards the stream.
#[derive(Debug)]
#[non_exhaustive]
pub enum Signal {
    /// A comment or ping: a sign of life.
    Alive,
    /// A frame without content, as the role of the answer or the start of a message.
    Lifecycle,
    /// Something of the answer itself.
    Content,
    /// The model has stopped, and said why. May carry content, too. Where there are several answers, it is true of one
    /// or more of them.
    Finish,
    /// The terminal frame.
    End,
    /// The provider gave up.
    Error(Box<Failure>),
    /// Not a frame of this dialect.
    Malformed,
}

impl Signal {
    /// Where a stream has but one answer: tells `choices` when it ends.
    pub(crate) fn of_the_only_one(self, choices: &mut Choices) -> Self {
        if matches!(self, Self::Finish) {
            choices.finish(0);
        }
        self
    }
}
