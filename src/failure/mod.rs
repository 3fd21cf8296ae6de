//! One taxonomy of failure, shared by every layer.
//!
//! Retrying, moving to another member, opening a circuit and answering the caller are four decisions, and
//! systems that take each from its own reading of a status code end up contradicting themselves: a 429
//! that says "your balance is empty" is retried for minutes, a caller's own malformed request benches a
//! healthy provider. Here an outcome is read **once**, into a [`Failure`], and every layer decides from that:
//!
//! | class | retry the same member | next member | circuit |
//! |---|---|---|---|
//! | [`Connect`](Class::Connect) | yes | yes | failure |
//! | [`Timeout`](Class::Timeout) | no: a silent route stays silent | yes | failure |
//! | [`ServerError`](Class::ServerError), [`Overloaded`](Class::Overloaded) | yes | yes | failure |
//! | [`RateLimited`](Class::RateLimited) | if the hint fits the window | yes | cooldown until the hint |
//! | [`QuotaExhausted`](Class::QuotaExhausted), [`Auth`](Class::Auth), [`ModelGone`](Class::ModelGone) | no | yes | cooldown |
//! | [`ContextOverflow`](Class::ContextOverflow) | no | to a larger context only | none |
//! | [`ContentPolicy`](Class::ContentPolicy), [`InvalidRequest`](Class::InvalidRequest) | no | no | none |
//! | [`Unsupported`](Class::Unsupported) | no | yes | none |
//! | [`InvalidOutput`](Class::InvalidOutput) | once | yes | none |
//! | [`Interrupted`](Class::Interrupted) | – | – | failure |
//! | [`CircuitOpen`](Class::CircuitOpen), [`CoolingDown`](Class::CoolingDown), [`Shed`](Class::Shed) | no | yes | none |
//! | [`DeadlineExceeded`](Class::DeadlineExceeded), [`Cancelled`](Class::Cancelled) | no | no | none |
//!
//! The [`Scope`] says whom it concerns beside the member: a key that was refused, or an empty balance, concerns all who
//! use the credential, a rate limit the member alone. A request that is beyond the limit of a whole minute concerns
//! nobody else, and no circuit counts it.
//!
//! # Where it is read
//!
//! The status first: a 500 whose body says "policy" is an outage. Then a [`Table`] per vendor, of codes and wordings,
//! under a 4xx or inside a stream; what an error quotes, or says of a field of the request, is the caller's, and
//! shuts nothing for others. Then [`retry_after`], the moment named in headers or in words, and for a rate limit
//! that names none [`limit_reset`]. What you know better goes first, and may have no opinion: [`Consider`].
//!
//! The same table as methods: [`Class::same_member`], [`Class::fails_over`], [`Failure::outcome`].
//!
//! Layers return `BoxError`, as tower's own do; the `Failure` travels inside and is found again anywhere in
//! the chain of sources by [`Failure::find`]. A layer's own error (`CircuitOpen`, `DeadlineExceeded`, …)
//! names itself and carries a `Failure` as its source.
//!

mod class;
mod classify;
mod first;
mod headroom;
pub(crate) mod hint;
mod kind;
mod limits;
mod moment;
mod outcome;
mod report;
mod retry_after;
mod status;
pub(crate) mod table;

pub use self::class::{Class, SameMember, Scope};
pub use self::classify::{Classify, OnError, Standard};
pub use self::first::{Consider, OrElse};
pub use self::headroom::no_headroom;
pub use self::kind::Failure;
pub use self::outcome::Outcome;
pub use self::report::Report;
pub use self::retry_after::{limit_reset, retry_after, should_retry};
pub use self::status::class_of_status;
pub use self::table::{ANTHROPIC, GEMINI, OPENAI, Rule, Table};

/// The error type of every layer that can fail by itself, as in tower.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
