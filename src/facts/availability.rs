use std::time::Duration;

/// Whether a member is worth asking now, as its own circuit sees it.
///
/// A hint for ordering, decided from memory: the circuit itself refuses in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Availability {
    /// Calls pass.
    Up,
    /// Recovering: single probes pass.
    Probation,
    /// Calls are refused; perhaps until then.
    Down(Option<Duration>),
}
