//! The parts of the soak: the servers, and the clients.

pub(crate) mod clients;
pub(crate) mod roles;
