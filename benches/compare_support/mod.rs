//! The parts of the comparison: what each crate's breaker looks like to a caller, the faults, and the speed.

pub(crate) mod circuits;
pub(crate) mod retries;
pub(crate) mod speed;
pub(crate) mod subject;
pub(crate) mod table;
