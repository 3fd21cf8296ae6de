//! A kit for tests: ours, the gateway's embedded providers, and yours. Not for production.

mod probe;

pub use self::probe::ReadinessProbe;
