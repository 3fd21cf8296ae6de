use super::Text;

/// Why the model stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finish<'a> {
    /// It had said all.
    Stop,
    /// It came upon a stop sequence; which one, where the dialect says.
    StopSequence(Option<Text<'a>>),
    /// The limit of tokens.
    Length,
    /// The end of the model's context.
    ContextWindow,
    /// It calls tools.
    ToolCalls,
    /// It refused, or a filter cut it off.
    ContentFilter,
    /// A long turn is paused: resend as it is to go on.
    Pause,
    /// It produced something that is not an answer, as a malformed tool call, or the provider broke it off: there is
    /// a reason, but what came before it is no whole answer.
    Error,
    /// A reason that only its dialect knows, or nobody. Callers of that dialect are told it as it is; to others the
    /// model has stopped. It excuses nothing: an answer with nothing in it is empty, whatever the word means.
    Other(Text<'a>),
}

impl Finish<'_> {
    /// Does it explain an answer with nothing in it? A model that stopped because it had said all, or called
    /// tools, must have said or called something; and a word that nobody knows explains nothing.
    #[must_use]
    pub const fn explains_nothing_said(&self) -> bool {
        !matches!(self, Self::Stop | Self::ToolCalls | Self::Error | Self::Other(_))
    }
}
