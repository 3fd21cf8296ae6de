//! A configuration from a TOML file: providers, classes, and how patient to be.
//!
//! Whoever operates a gateway changes providers and models far more often than code, and at the worst of times.
//! So the file is checked as a whole before anything starts: every problem is reported at once, with its line and
//! with what to do, and no key is ever ignored. What comes out is typed, complete and resolved: there is no value
//! left to default, no name left to look up.
//!
//! ```
//! use tower_failover::config::Config;
//!
//! let config: Config = r#"
//!     [providers.local]
//!     dialect  = "openai-chat"
//!     base_url = "http://127.0.0.1:8000/v1"
//!
//!     [[classes.workhorse.members]]
//!     provider = "local"
//!     model    = "qwen3"
//!
//!     [classes.workhorse.retry]
//!     attempts = 2
//! "#
//! .parse()?;
//!
//! let member = &config.classes[0].members[0];
//! assert_eq!(member.settings.retry.attempts, 2);
//! assert_eq!(member.settings.retry.window.as_secs(), 8); // the default
//! # Ok::<(), tower_failover::config::ConfigError>(())
//! ```
//!
//! A mistake is met with its remedy:
//!
//! ```
//! # use tower_failover::config::Config;
//! let error = "[providers]\n[[classes.workhorse.members]]\nprovder = 'openai'\nmodel = 'gpt-5-mini'"
//!     .parse::<Config>()
//!     .unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "line 3: unknown key `provder` in [[classes.workhorse.members]]; did you mean `provider`?\n\
//!      \x20    3 | provder = 'openai'",
//! );
//! ```
//!
//! # Overrides
//!
//! The tables `[retry]`, `[circuit_breaker]`, `[stream]`, `[timeouts]`, `[limits]` and `[losses]` can stand at the top level,
//! under a provider (`[providers.openai.timeouts]`) and under a class (`[classes.workhorse.retry]`). They override
//! one another key by key: the class wins over the provider, the provider over the top level, the top level over
//! the defaults. [`Settings`] are the result.
//!
//! # Values
//!
//! Durations are strings of a number and a unit (`ms`, `s`, `m`, `h`); they are longer than zero and at most
//! `720h`. Sizes are strings (`B`, `KB`, `MB`, `GB` by the thousand, `KiB`, `MiB`, `GiB` by 1024) or plain numbers
//! of bytes. A wait whose cap is set alone to less, or the other way round (`open` and `cap`, `base` and `cap`),
//! follows it.
//!
//! # Routing
//!
//! `interchangeable = true` on members in a row makes them one tier, in which a score decides and not the order.
//! `when_all_down` of a class is `"fail_fast"` (the default) or `"last_resort"`. `routes = true` in `[debug]` has the
//! gateway explain its choices. See [`health_routing`](crate::health_routing).
//!
//! # Losses
//!
//! `[losses]` says what a translation may lose: `default` and `essential`, and any field of a request by its path
//! without indices, or the beginning of one with `*` at its end, as [`LossRules`](crate::schema_normalizer::LossRules)
//! tell. Each is `"allow"`, `"warn"`, `"skip_member"` or `"reject"`.
//!
//! # Models
//!
//! `[models."our-claude-*"]` says what is known of models beyond what is [built in](crate::dialect::Capabilities),
//! by the name that members have for them. `*` stands for any text; of several tables that fit, the first in the file
//! holds, and it alone.
//!
//! # Credentials
//!
//! Keys are [`Secret`]: no `Debug` output and no error shows them, not even as the text of a wrong line.

mod build;
mod class;
mod duration;
mod error;
mod lasting;
mod model;
mod models;
mod near;
mod number;
mod parse;
mod problems;
mod provider;
mod secret;
mod section;
mod settings;
mod size;
mod value;
mod warnings;

pub use self::error::{ConfigError, Problem};
pub use self::lasting::Lasting;
pub use self::model::{Class, Config, DebugSettings, Member, Provider};
pub use self::secret::Secret;
pub use self::settings::{
    CircuitBreakerSettings, LimitSettings, RetrySettings, Settings, StreamRescue, StreamSettings,
    TimeoutSettings,
};
