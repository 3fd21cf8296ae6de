use std::fmt;

/// What went wrong, as far as the decision "and now?" is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Refused, DNS, TLS, or reset before the head of the response.
    Connect,
    /// A silent route: no head, or no first token, in time.
    Timeout,
    /// 500, 502, 504, 520–524: the provider failed.
    ServerError,
    /// 503, 529, `overloaded_error`: the provider has no capacity, also when it says so inside a 200 stream.
    Overloaded,
    /// 429: too fast, with or without a hint when to come back.
    RateLimited,
    /// 402, 429 `insufficient_quota`: the money or the day's allowance is gone.
    QuotaExhausted,
    /// 401, 403 on *our* key. Never told to the caller as *his* wrong key.
    Auth,
    /// 404, 410: this provider no longer has the model. The 404 of a wrong path is a [`ServerError`](Self::ServerError).
    ModelGone,
    /// The conversation does not fit the model's context.
    ContextOverflow,
    /// The provider refused the content. Not routed around.
    ContentPolicy,
    /// The member cannot carry what the request needs: our own refusal, or it, or a proxy before it, says so. Another
    /// one may.
    Unsupported,
    /// The caller's request is wrong; no provider could serve it.
    InvalidRequest,
    /// A 200 that is no answer: empty, HTML, a malformed tool call, a breach of the schema.
    InvalidOutput,
    /// Cut or stalled after the first content had gone to the caller.
    Interrupted,
    /// Our own refusal: the circuit is open.
    CircuitOpen,
    /// Our own refusal: the credential or the provider cools down.
    CoolingDown,
    /// Our own refusal: budget spent, not ready, or over a limit.
    Shed,
    /// The caller's time is up.
    DeadlineExceeded,
    /// The caller went away.
    Cancelled,
}

/// May the same member be asked again?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SameMember {
    /// Yes, within budget and window.
    Retry,
    /// Only if the provider said when, and that moment fits the window.
    RetryIfHinted,
    /// Once at most: the same question may get a better answer, but hardly the third time.
    RetryOnce,
    /// No.
    No,
}

/// What a failure concerns, and so what has to cool down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// This request only.
    Request,
    /// This (provider, model, credential).
    Member,
    /// Every member that uses the credential.
    Credential,
    /// The provider as a whole.
    Provider,
}

impl Class {
    /// The name used in headers, error bodies, spans and metrics: `"rate_limited"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::ServerError => "server_error",
            Self::Overloaded => "overloaded",
            Self::RateLimited => "rate_limited",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Auth => "auth",
            Self::ModelGone => "model_gone",
            Self::ContextOverflow => "context_overflow",
            Self::ContentPolicy => "content_policy",
            Self::Unsupported => "unsupported",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidOutput => "invalid_output",
            Self::Interrupted => "interrupted",
            Self::CircuitOpen => "circuit_open",
            Self::CoolingDown => "cooling_down",
            Self::Shed => "shed",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Cancelled => "cancelled",
        }
    }

    /// May the same member be asked again?
    #[must_use]
    pub const fn same_member(self) -> SameMember {
        match self {
            Self::Connect | Self::ServerError | Self::Overloaded => SameMember::Retry,
            Self::RateLimited => SameMember::RetryIfHinted,
            Self::InvalidOutput => SameMember::RetryOnce,
            _ => SameMember::No,
        }
    }

    /// May the next member be asked?
    ///
    /// `ContextOverflow` says yes: whether the next member has a larger context is for the router to know.
    #[must_use]
    pub const fn fails_over(self) -> bool {
        !matches!(
            self,
            Self::ContentPolicy
                | Self::InvalidRequest
                | Self::Interrupted
                | Self::DeadlineExceeded
                | Self::Cancelled
        )
    }

    /// Was this refused here, before anything left for the provider?
    ///
    /// Local refusals cost no budget and are not counted as attempts.
    #[must_use]
    pub const fn is_local(self) -> bool {
        matches!(self, Self::CircuitOpen | Self::CoolingDown | Self::Shed | Self::Unsupported)
    }

    /// Is it the request that would have to change? Then the caller is told in the words of whoever decided so,
    /// and not to come back later.
    #[must_use]
    pub const fn is_callers(self) -> bool {
        matches!(self, Self::InvalidRequest | Self::ContentPolicy | Self::ContextOverflow | Self::Unsupported)
    }

    /// What a failure of this class concerns.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::QuotaExhausted | Self::Auth => Scope::Credential,
            Self::ContextOverflow
            | Self::ContentPolicy
            | Self::Unsupported
            | Self::InvalidRequest
            | Self::InvalidOutput
            | Self::DeadlineExceeded
            | Self::Cancelled => Scope::Request,
            _ => Scope::Member,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
