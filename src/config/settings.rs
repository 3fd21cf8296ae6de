use std::time::Duration;

use super::near::nearest;
use super::section::Section;
use super::value::{self, Value};
use crate::client::Client;
use crate::schema_normalizer::{LossRules, Verdict};
use crate::stack::ClassStack;

/// The tables that can stand at the top level, under a class and under a provider; resolved, so that each value
/// is the one of the class, or else of the provider, or else of the top level, or else the default.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// `[retry]`: the same member again.
    pub retry: RetrySettings,
    /// `[circuit_breaker]`: when to stop asking a member.
    pub circuit_breaker: CircuitBreakerSettings,
    /// `[stream]`: what is tolerated of a streamed answer.
    pub stream: StreamSettings,
    /// `[timeouts]`: how long is waited.
    pub timeouts: TimeoutSettings,
    /// `[limits]`: how much is taken.
    pub limits: LimitSettings,
    /// `[losses]`: what a translation may lose.
    pub losses: LossRules,
}

/// `[retry]`: the same member again, briefly.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RetrySettings {
    /// Attempts on one member, the first included. At least one. 3 by default.
    pub attempts: u32,
    /// Counted from the member's first attempt, the time in which a further one may begin. 8 s by default.
    pub window: Duration,
    /// The longest wait before the first retry; doubled for each further one. 250 ms by default.
    pub base: Duration,
    /// The longest wait before any retry. Never below `base`. 4 s by default.
    pub cap: Duration,
    /// How many retries are earned by each first attempt, from 0 to 1. 0.2 by default.
    pub ratio: f64,
}

/// `[circuit_breaker]`: when to stop asking a member, and for how long.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CircuitBreakerSettings {
    /// Failures in a row that open the circuit. At least one. 5 by default.
    pub failures: u32,
    /// The share of failed calls that opens it, above 0 and up to 1. 0.5 by default.
    pub rate: f64,
    /// The calls below which `rate` says nothing. At least one. 10 by default.
    pub min_calls: u32,
    /// The time over which `rate` is taken. 30 s by default.
    pub window: Duration,
    /// How long it stays open the first time; doubled for each further one. 5 s by default.
    pub open: Duration,
    /// The longest it stays open by itself. Never below `open`. 30 s by default.
    pub cap: Duration,
}

/// `[stream]`: what is tolerated of a streamed answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StreamSettings {
    /// The longest wait for the first content. 10 s by default.
    pub first_token: Duration,
    /// The longest silence after that. 20 s by default.
    pub idle: Duration,
    /// How long a caller waits for a sign that his call is alive, while nobody has answered yet. 15 s by default.
    pub keepalive: Duration,
    /// What becomes of an answer that is cut after its first content. [`StreamRescue::Continue`] by default.
    pub rescue: StreamRescue,
}

/// What becomes of an answer that is cut after its first content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamRescue {
    /// `"continue"`: another member completes it, where that is honest.
    #[default]
    Continue,
    /// `"error"`: it ends with an error event in the caller's dialect. Said of a provider, this is about the answers
    /// that it begins.
    Error,
}

/// `[timeouts]`: how long is waited.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TimeoutSettings {
    /// For a connection. 5 s by default.
    pub connect: Duration,
    /// For the head of a buffered answer, in each attempt. 60 s by default.
    pub attempt: Duration,
    /// For the whole call, where neither the class nor the caller names a deadline. 300 s by default.
    pub total: Duration,
}

/// `[limits]`: how much is taken.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LimitSettings {
    /// The longest request body, in bytes. 20 MiB by default.
    pub request_body: usize,
}

impl Settings {
    /// Overwrites what the tables within `parent` set.
    pub(super) fn read(&mut self, parent: &mut Section<'_>) {
        within(parent, "retry", |section| self.retry.read(section));
        within(parent, "circuit_breaker", |section| self.circuit_breaker.read(section));
        within(parent, "stream", |section| self.stream.read(section));
        within(parent, "timeouts", |section| self.timeouts.read(section));
        within(parent, "limits", |section| self.limits.read(section));
        losses(parent, &mut self.losses);
    }
}

impl RetrySettings {
    fn read(&mut self, section: &mut Section<'_>) {
        section.set("attempts", &mut self.attempts, value::count);
        section.set("window", &mut self.window, value::duration);
        pair(section, ("base", &mut self.base), ("cap", &mut self.cap));
        section.set("ratio", &mut self.ratio, value::ratio);
    }
}

impl CircuitBreakerSettings {
    fn read(&mut self, section: &mut Section<'_>) {
        section.set("failures", &mut self.failures, value::count);
        section.set("rate", &mut self.rate, value::rate);
        section.set("min_calls", &mut self.min_calls, value::count);
        section.set("window", &mut self.window, value::duration);
        pair(section, ("open", &mut self.open), ("cap", &mut self.cap));
    }
}

impl StreamSettings {
    fn read(&mut self, section: &mut Section<'_>) {
        section.set("first_token", &mut self.first_token, value::duration);
        section.set("idle", &mut self.idle, value::duration);
        section.set("keepalive", &mut self.keepalive, value::duration);
        section.set("rescue", &mut self.rescue, StreamRescue::from_value);
    }
}

impl StreamRescue {
    fn from_value(value: &Value<'_>) -> Result<Self, String> {
        value::choice(value, &[("continue", Self::Continue), ("error", Self::Error)])
    }
}

impl TimeoutSettings {
    fn read(&mut self, section: &mut Section<'_>) {
        section.set("connect", &mut self.connect, value::duration);
        section.set("attempt", &mut self.attempt, value::duration);
        section.set("total", &mut self.total, value::duration);
    }
}

impl LimitSettings {
    fn read(&mut self, section: &mut Section<'_>) {
        section.set("request_body", &mut self.request_body, value::size);
    }
}

fn within(parent: &mut Section<'_>, key: &'static str, read: impl FnOnce(&mut Section<'_>)) {
    if let Some(mut section) = parent.table(key) {
        read(&mut section);
        section.close();
    }
}

/// `[losses]` has two keys of its own; all others are fields, or the beginnings of fields.
fn losses(parent: &mut Section<'_>, rules: &mut LossRules) {
    let Some(section) = parent.table("losses") else { return };
    for (field, at, value) in section.leaves() {
        let verdict = match verdict(value).and_then(|verdict| field_of_losses(&field).map(|()| verdict)) {
            Ok(verdict) => verdict,
            Err(why) => {
                section.complain(at, format!("`{field}` in {} {why}", section.label()));
                continue;
            }
        };
        *rules = match &*field {
            "default" => rules.clone().with_default(verdict),
            "essential" => rules.clone().with_essential(verdict),
            field => rules.clone().with_field(field, verdict),
        };
    }
}

fn verdict(value: &Value<'_>) -> Result<Verdict, String> {
    let verdicts = [
        ("allow", Verdict::Allow),
        ("warn", Verdict::Warn),
        ("skip_member", Verdict::SkipMember),
        ("reject", Verdict::Reject),
    ];
    value::choice(value, &verdicts)
}

/// Fields are the callers' dialects' own, and so free; but a slip in a key of the table would be one, too.
fn field_of_losses(field: &str) -> Result<(), String> {
    const KEYS: [&str; 2] = ["default", "essential"];
    let pattern = field.replace("[*]", "");
    if pattern.find('*').is_some_and(|at| at + 1 < pattern.len()) {
        return Err("has a `*` before its end; write the beginning of a field, as \"tools.*\"".to_owned());
    }
    match nearest(field, KEYS) {
        Some(meant) if !KEYS.contains(&field) => {
            Err(format!("is no field of a request; did you mean `{meant}`?"))
        }
        _ => Ok(()),
    }
}

/// Reads a wait and its cap. One that is set alone takes the other along, where that would contradict it: who
/// writes `open = "60s"` need not know that the default cap is lower.
fn pair(
    section: &mut Section<'_>,
    (first_key, first): (&'static str, &mut Duration),
    (cap_key, cap): (&'static str, &mut Duration),
) {
    let has_first = section.set(first_key, first, value::duration);
    let has_cap = section.set(cap_key, cap, value::duration);
    if *first <= *cap {
        return;
    }
    match (has_first, has_cap) {
        (true, true) => section.complain(
            section.place(cap_key),
            format!(
                "`{cap_key}` in {} is shorter than `{first_key}`; raise it to {first:?} or more",
                section.label()
            ),
        ),
        (_, true) => *first = *cap,
        (_, false) => *cap = *first,
    }
}

// The defaults are a contract: they stand in the documentation of the file, too.

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            attempts: 3,
            window: Duration::from_secs(8),
            base: Duration::from_millis(250),
            cap: Duration::from_secs(4),
            ratio: 0.2,
        }
    }
}

impl Default for CircuitBreakerSettings {
    fn default() -> Self {
        Self {
            failures: 5,
            rate: 0.5,
            min_calls: 10,
            window: Duration::from_secs(30),
            open: Duration::from_secs(5),
            cap: Duration::from_secs(30),
        }
    }
}

impl Default for StreamSettings {
    fn default() -> Self {
        Self {
            first_token: Duration::from_secs(10),
            idle: Duration::from_secs(20),
            keepalive: ClassStack::<Client>::DEFAULT_KEEPALIVE,
            rescue: StreamRescue::default(),
        }
    }
}

impl Default for TimeoutSettings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(60),
            total: Duration::from_secs(300),
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { request_body: 20 * 1024 * 1024 }
    }
}
