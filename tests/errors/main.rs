//! What providers say when they fail, and what is read out of it: class, scope and when to come back.
//!
//! Bodies and headers have the form that each vendor documents; the words between are made up where the form does
//! not depend on them. Every case goes through the whole of a member, once for callers of each dialect: whoever
//! asks, the failure is the same.
#![allow(missing_docs, clippy::unwrap_used)]

mod anthropic;
mod azure;
mod blame;
mod case;
mod clouds;
mod compatible;
mod gemini;
mod headers;
mod inference;
mod openai;
mod overflow;
