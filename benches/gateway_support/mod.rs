//! The parts of the comparison: processes, load, and the servers that are compared.

pub(crate) mod load;
pub(crate) mod process;
pub(crate) mod roles;
