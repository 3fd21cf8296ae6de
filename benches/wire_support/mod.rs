//! What is measured, in all four dialects.

pub(crate) mod samples;
pub(crate) mod yardstick;
