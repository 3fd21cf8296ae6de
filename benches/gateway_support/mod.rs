//! The parts of the comparison: processes, load, and the servers that are compared.
#![allow(dead_code, reason = "each bench uses its part")]

pub(crate) mod frames;
pub(crate) mod load;
pub(crate) mod process;
pub(crate) mod roles;
