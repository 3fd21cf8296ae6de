use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::{Losses, Member};

/// The longest name shown, in bytes. The class comes from the caller's body, and so may be of any length.
const LONGEST: usize = 256;

/// Who served a call in the end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Served {
    /// The class the caller asked for.
    pub class: Option<Arc<str>>,
    /// Who answered.
    pub member: Member,
    /// All attempts made, the last included; local refusals are not attempts.
    pub attempts: u32,
    /// Why the answer is second best; `None` when it is not.
    pub degradation: Option<Degradation>,
}

impl Served {
    /// Served by `member`, in so many attempts; degraded if the member was declared so.
    #[must_use]
    pub fn by(member: &Member, attempts: u32) -> Self {
        let degradation = member.is_degraded().then_some(Degradation::Fallback);
        Self { class: None, member: member.clone(), attempts, degradation }
    }

    /// The class the caller asked for.
    #[must_use]
    pub fn of_class(mut self, class: impl Into<Arc<str>>) -> Self {
        self.class = Some(class.into());
        self
    }

    /// What the headers of the response would say, had they not been sent before it was known: one frame of an event
    /// stream, in which each is a comment.
    #[must_use]
    pub fn comments(&self, losses: Option<&Losses>) -> String {
        let mut comments = String::new();
        let mut say = |name: &str, value: &str| {
            comments.extend([": x-failover-", name, ": ", value, "\n"]);
        };
        if let Some(class) = &self.class {
            say("class", &shown(class));
        }
        say("provider", &shown(self.member.provider()));
        if let Some(model) = self.member.model() {
            say("model", &shown(model));
        }
        say("attempts", &self.attempts.to_string());
        if let Some(degradation) = self.degradation {
            say("degraded", degradation.as_str());
        }
        if let Some(losses) = losses.filter(|losses| !losses.is_empty()) {
            say("loss", &losses.to_string());
        }
        comments.push('\n');
        comments
    }
}

/// A name as headers and comments show it. It may hold what these cannot, and must neither break them nor the call.
pub(crate) fn shown(name: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_graphic() || c == ' ';
    if name.len() <= LONGEST && name.chars().all(is_plain) {
        return Cow::Borrowed(name);
    }
    name.chars().take(LONGEST).map(|c| if is_plain(c) { c } else { '?' }).collect()
}

/// Why an answer is second best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Degradation {
    /// A member declared `degraded` answered.
    Fallback,
    /// Translation lost more than the policy allows.
    Lossy,
    /// The answer was cut short.
    Truncated,
    /// Another member finished what the first had begun.
    Continued,
}

impl Degradation {
    /// The value of the header `x-failover-degraded`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::Lossy => "lossy",
            Self::Truncated => "truncated",
            Self::Continued => "continued",
        }
    }
}

impl fmt::Display for Degradation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_one_frame_whatever_the_names_are() {
        let mut served = Served::by(&Member::new("up\nstream").with_model("evil\r\n\ndata: x"), 2);
        assert_eq!(
            served.comments(None),
            ": x-failover-provider: up?stream\n: x-failover-model: evil???data: x\n: x-failover-attempts: 2\n\n"
        );
        served =
            Served { degradation: Some(Degradation::Fallback), ..served }.of_class("w\u{e4}".repeat(200));
        let mut losses = Losses::default();
        losses.dropped("a\nb");
        let comments = served.comments(Some(&losses));
        let lines: Vec<_> = comments.lines().collect();
        assert_eq!(lines[0], format!(": x-failover-class: {}", "w?".repeat(128)));
        assert_eq!(lines[4..], [": x-failover-degraded: fallback", ": x-failover-loss: dropped=a?b", ""]);
    }
}
