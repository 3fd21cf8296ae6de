//! What holds for any bytes that come from outside: no panic, no overflow of the stack, no memory or output out of
//! proportion, output that is JSON and in the grammar of whom it is for, and no clean end of what was cut.
//!
//! In `cargo test` each property is tried a few hundred times, with new seeds every time. For longer:
//!
//! ```text
//! ROBUST_CASES=1000000 cargo test --test robust -- --nocapture
//! ```
//!
//! Inputs are random bytes, JSON out of the words of the dialect with the wrong types everywhere, and mutations of
//! the valid requests, answers and streams in `tests/golden`. What was found is kept as a test of its own beside
//! the code that was mended.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answers;
#[path = "../dialect_anthropic_messages/grammar.rs"]
mod anthropic_grammar;
mod chat_grammar;
mod config;
mod deep;
mod errors;
#[path = "../dialect_anthropic_messages/frames.rs"]
mod frames;
mod gemini_grammar;
mod headers;
mod input;
mod json;
mod long;
mod mutate;
mod requests;
#[path = "../dialect_openai_responses_answers/grammar.rs"]
mod responses_grammar;
mod seeds;
mod streams;
mod transcode;

use proptest::prelude::*;
use tower_failover::dialect::AnyDialect;

use self::frames::frames;

/// What is allocated at any time, and what is written, at most: so much, and so much for each byte of input. The
/// smallest parts of the longest lists come near it, when a list that grows is moved and is there twice.
const BASE_BYTES: usize = 64 * 1024;
const BYTES_PER_BYTE: usize = 64;

/// How often a property is tried. `usual` is for `cargo test`.
fn tries(usual: u32) -> ProptestConfig {
    let asked = std::env::var("ROBUST_CASES").ok();
    let cases = asked.map_or(usual, |cases| cases.parse().expect("ROBUST_CASES is a number"));
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() }
}

fn any_dialect() -> impl Strategy<Value = AnyDialect> {
    prop::sample::select(AnyDialect::ALL)
}

/// Runs `read` on an input of this size, and fails if it ever holds more than in proportion to that.
fn bounded<T>(what: &str, input: usize, read: impl FnOnce() -> T) -> T {
    let mut result = None;
    let held = allocation_counter::measure(|| result = Some(read())).bytes_max;
    let limit = (BASE_BYTES + BYTES_PER_BYTE * input) as u64;
    assert!(held <= limit, "{what} holds {held} bytes for {input}");
    result.unwrap()
}

/// Is it JSON? Followed to any depth.
#[track_caller]
fn assert_json(what: &str, json: &[u8]) {
    let read = serde_json::from_slice::<&serde_json::value::RawValue>(json);
    assert!(read.is_ok(), "{what}: {read:?}: {}", String::from_utf8_lossy(json));
}
