use std::time::Duration;

use bytes::Bytes;

/// One way in which a provider misbehaves.
///
/// *n* counts pieces of content (words of text, parts of a tool call), not lifecycle frames such as the role or
/// `message_start`. Where the caller did not ask for a stream, "after *n*" means "in the middle of the body".
///
/// ```
/// use std::time::Duration;
/// use tower_failover::testing::Fault;
///
/// let busy = Fault::rate_limited(Duration::from_secs(7));
/// assert!(matches!(busy, Fault::Status { code: 429, .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// None: a healthy answer, between others in a script.
    None,
    /// An error status.
    Status {
        /// The status.
        code: u16,
        /// The body; the vendor's own for this status where there is none.
        body: Option<Bytes>,
        /// When to come back: the header `retry-after`, in whole seconds, rounded up. Gemini has no such header
        /// and says it in the body.
        retry_after: Option<Duration>,
    },
    /// A request the vendor refuses, in its own words and with its own status.
    Refusal(Refusal),
    /// The request is read and never answered.
    Hang,
    /// The whole answer comes late.
    DelayHead(Duration),
    /// The head and the lifecycle frames come at once, the first content comes late.
    DelayFirstToken(Duration),
    /// The connection is reset after the lifecycle frames.
    CutBeforeContent,
    /// The connection is reset after *n* pieces.
    CutAfter(usize),
    /// Nothing more comes after *n* pieces, and the connection stays open.
    StallAfter(usize),
    /// A stream with status 200 turns into the vendor's error event. Buffered: a 200 with the vendor's error body,
    /// or with a response that has failed.
    ErrorEvent {
        /// After so many pieces.
        after: usize,
    },
    /// The stream ends cleanly, without a finish reason. Buffered: the finish reason is `null`.
    EndWithoutFinish {
        /// After so many pieces.
        after: usize,
    },
    /// The stream ends with its finish reason, without `[DONE]` or `message_stop`. Buffered, and in the APIs
    /// whose last frame is the one with the reason: no fault.
    NoTerminal,
    /// One frame too many, whose JSON is broken off. Buffered: the body's JSON is broken off.
    MalformedFrame {
        /// Before this piece.
        at: usize,
    },
    /// A 200 with a page of HTML.
    Garbage,
    /// A 200 with no body.
    Empty,
    /// The connection is reset before the head. With [`FakeProvider::always`](super::FakeProvider::always) also
    /// when it is accepted. A port that refuses for good is had with [`FakeProvider::stop`](super::FakeProvider::stop).
    Refuse,
    /// A healthy answer, sent byte by byte.
    Drip,
    /// Bytes that are no HTTP: the alert of a TLS server. Then the connection is closed.
    NotHttp,
    /// The connection is closed in the middle of the head.
    CutHead,
    /// A 101 that nobody asked for. Then the connection is closed.
    SwitchingProtocols,
    /// A 103 before a healthy answer (RFC 8297).
    EarlyHints,
    /// Another place to ask. Who follows there takes the key along.
    Redirect {
        /// The status: 301, 302, 303, 307 or 308.
        code: u16,
        /// The header `location`.
        to: String,
    },
    /// A healthy answer under a wrong content type: a stream as `application/json`, a whole answer as
    /// `text/plain`.
    WrongType,
    /// A healthy answer in the form that was not asked for: whole instead of a stream, a stream instead of whole.
    OtherForm,
    /// A healthy answer, compressed with gzip, whether that was asked for or not.
    Compressed,
    /// A stream of one frame, or a JSON body of one string, that goes on and on and is sent as fast as it is read.
    Huge {
        /// So many bytes, rounded up to 64 KiB.
        bytes: usize,
    },
    /// A healthy answer with a `content-length` that is wrong by so many bytes: above zero more are promised than
    /// come before the connection is closed, below zero more come than were promised.
    WrongLength {
        /// What is promised less what comes.
        by: isize,
    },
    /// A finish reason and the usage, and not a word before them.
    SaysNothing,
    /// The connection is reset after the last frame, before the stream itself has ended. Nothing is missing.
    /// Buffered: no fault.
    ResetAfterEnd,
}

/// What a vendor refuses a request for, each in its own words and with its own status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The conversation is longer than the model's context.
    ContextOverflow,
    /// The content breaks the vendor's policy. Gemini says so with a 200 that has no candidate.
    ContentPolicy,
    /// The balance is empty: 429 `insufficient_quota` at OpenAI, a 400 with a wording at Anthropic, a 429 with the
    /// name of a daily quota at Gemini.
    InsufficientQuota,
    /// There is no such model.
    ModelNotFound,
    /// The answer may not be begun for the model.
    Prefill,
}

impl Fault {
    /// An error status with the vendor's own body.
    #[must_use]
    pub const fn status(code: u16) -> Self {
        Self::Status { code, body: None, retry_after: None }
    }

    /// 500.
    #[must_use]
    pub const fn server_error() -> Self {
        Self::status(500)
    }

    /// 503.
    #[must_use]
    pub const fn unavailable() -> Self {
        Self::status(503)
    }

    /// 529, as Anthropic says it.
    #[must_use]
    pub const fn overloaded() -> Self {
        Self::status(529)
    }

    /// 401: the key is refused.
    #[must_use]
    pub const fn unauthorized() -> Self {
        Self::status(401)
    }

    /// 402.
    #[must_use]
    pub const fn payment_required() -> Self {
        Self::status(402)
    }

    /// 429, with or without a hint when to come back.
    #[must_use]
    pub fn rate_limited(retry_after: impl Into<Option<Duration>>) -> Self {
        Self::Status { code: 429, body: None, retry_after: retry_after.into() }
    }

    /// 307: the same request is to be sent there.
    #[must_use]
    pub fn redirect(to: impl Into<String>) -> Self {
        Self::Redirect { code: 307, to: to.into() }
    }

    /// The conversation is too long.
    #[must_use]
    pub const fn context_overflow() -> Self {
        Self::Refusal(Refusal::ContextOverflow)
    }

    /// The content is refused.
    #[must_use]
    pub const fn content_policy() -> Self {
        Self::Refusal(Refusal::ContentPolicy)
    }

    /// The balance is empty.
    #[must_use]
    pub const fn insufficient_quota() -> Self {
        Self::Refusal(Refusal::InsufficientQuota)
    }

    /// There is no such model.
    #[must_use]
    pub const fn model_not_found() -> Self {
        Self::Refusal(Refusal::ModelNotFound)
    }
}
