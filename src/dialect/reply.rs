use std::borrow::Cow;
use std::collections::HashMap;

/// What an encoder has to know of the call it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// Seconds since 1970, for dialects that stamp their answers. `dialect` reads no clock.
    pub created: u64,
    /// The model to name where the provider does not.
    pub model: String,
    /// The caller wants usage at the end of a stream, where his dialect lets him choose.
    pub wants_usage: bool,
    /// The dialect of the member, by which its thoughts are known when they come back.
    pub issuer: Option<Cow<'static, str>>,
    /// What of the request the answer repeats (see [`Dialect::echo`](super::Dialect::echo)).
    pub echo: String,
}

impl Reply {
    /// A reply by `model`, at this moment.
    #[must_use]
    pub fn new(model: impl Into<String>, created: u64) -> Self {
        Self { created, model: model.into(), wants_usage: false, issuer: None, echo: String::new() }
    }

    /// With usage at the end of a stream.
    #[must_use]
    pub fn with_usage(mut self, wants_usage: bool) -> Self {
        self.wants_usage = wants_usage;
        self
    }

    /// Repeating this of the request.
    #[must_use]
    pub fn with_echo(mut self, echo: impl Into<String>) -> Self {
        self.echo = echo.into();
        self
    }

    /// Of a member that speaks this dialect: signatures and encrypted thoughts in the answer are its own.
    #[must_use]
    pub fn issued_by(mut self, dialect: impl Into<Cow<'static, str>>) -> Self {
        self.issuer = Some(dialect.into());
        self
    }
}

/// Names of tools that the member could not take as they were, and what the caller called them.
///
/// Empty in nearly every call. Made anew from the caller's request for every attempt, so nothing is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolNames(HashMap<String, String>);

impl ToolNames {
    /// Notes that the member knows `caller` as `member`.
    pub fn insert(&mut self, member: impl Into<String>, caller: impl Into<String>) {
        self.0.insert(member.into(), caller.into());
    }

    /// Were all names taken as they were?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the caller calls the tool that the member calls `name`.
    #[must_use]
    pub fn restore<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.get(name).map_or(name, String::as_str)
    }
}
