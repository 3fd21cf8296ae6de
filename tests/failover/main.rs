//! The whole stack over real sockets: fake providers that speak the real wire formats and break on request, and
//! what the caller got, beside what the providers saw.
#![allow(missing_docs, clippy::unwrap_used)]

mod bad_input;
mod blame;
mod broken_off;
mod conversations;
mod corpora;
mod count_tokens;
mod credentials;
mod deadlines;
mod disconnect;
mod faults;
mod halves;
mod keepalive;
mod large;
mod reading;
mod resume;
mod routing;
mod silence;
mod support;
mod table;
mod threads;
