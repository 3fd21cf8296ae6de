//! What layers tell each other: typed values in the extensions of requests and responses.
//!
//! No layer knows another. A layer that learns something leaves a fact; a layer that can use it looks. A
//! missing fact is neutral: it means "nothing known", never an error, so every layer works alone.
//!
//! | fact | on | left by | read by |
//! |---|---|---|---|
//! | [`Call`] | request | `buffer` | `health_routing`, `schema_normalizer`, `stream_guard` |
//! | [`Deadline`] | request | `deadline` | `retry_budget`, `stream_guard` |
//! | [`Exclusions`] | request | you, `resume` | `health_routing` |
//! | [`LastChance`] | request | `health_routing` | `stream_guard` |
//! | [`OtherWays`] | request | `resume` | `health_routing` |
//! | [`Usual`] | request | `retry_budget` | `stream_guard` |
//! | [`Prefill`] | request | `resume` | `schema_normalizer` |
//! | [`Conversation`] | request | you | `health_routing` |
//! | [`Attempts`] | request | `rescue` or `degraded_marker` | written by `health_routing`, `retry_budget` and `resume` |
//! | [`Served`] | response | `health_routing` | `degraded_marker`, `keepalive`, `resume` |
//! | [`Checked`] | response | `schema_normalizer` | `stream_guard` |
//! | [`Secret`] | response | `client` | `schema_normalizer`, `stream_guard` |
//! | [`Spent`] | response | `schema_normalizer` | `resume` |
//! | [`NoHeadroom`] | response | `schema_normalizer` | `vitals` |
//! | [`GoesOnAs`] | response | `stream_guard` | `health_routing` |
//! | [`Losses`] | response | `schema_normalizer` | `degraded_marker`, `keepalive`, `resume` |

mod attempts;
mod availability;
mod call;
mod checked;
mod conversation;
mod deadline;
mod exclusions;
mod headroom;
mod last_chance;
mod losses;
mod member;
mod prefill;
mod secret;
mod served;
mod usage;
mod usual;
mod vitals;

pub use self::attempts::{Attempt, Attempts};
pub use self::availability::Availability;
pub use self::call::{Call, Operation};
pub use self::checked::Checked;
pub use self::conversation::{Conversation, GoesOnAs};
pub use self::deadline::Deadline;
pub use self::exclusions::Exclusions;
pub use self::headroom::NoHeadroom;
pub use self::last_chance::{LastChance, OtherWays};
pub use self::losses::{Loss, LossKind, Losses};
pub use self::member::Member;
pub use self::prefill::Prefill;
#[cfg(feature = "client")]
pub(crate) use self::secret::MASK;
pub use self::secret::Secret;
#[cfg(feature = "degraded-marker")]
pub(crate) use self::served::shown;
pub use self::served::{Degradation, Served};
pub use self::usage::{Spent, Usage};
pub use self::usual::Usual;
pub use self::vitals::Vitals;
