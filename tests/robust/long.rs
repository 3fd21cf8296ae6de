//! Long inputs of very many small things: what is done for them grows as they do, and not with the square.
//!
//! What is counted is what is allocated in all, freed or not: the same in every run, whatever else the machine does. It
//! tells whether something is read, copied or put together anew for each thing that comes. It does not tell whether
//! something is looked for among all that came before: for that there are inputs in `many` that are so long that
//! nobody would wait for the test.

use std::fmt::Write;

use bytes::Bytes;
use tower_failover::dialect::sse::{Splitter, Tail};
use tower_failover::dialect::{AnyDialect, Dialect};

use crate::input::Input;
use crate::transcode::Transcoder;
use crate::{BASE_BYTES, BYTES_PER_BYTE, answers, errors, requests};

/// The longest input, in bytes, and how much shorter the one is that it is compared with.
fn longest() -> usize {
    std::env::var("ROBUST_BYTES").map_or(24 * 1024, |bytes| bytes.parse().expect("ROBUST_BYTES is a number"))
}
const SHORTER: usize = 8;

/// How much more may be allocated for each byte of the long one: a list that grows doubles its room.
const TOLERANCE: u64 = 2;
/// What is allocated whatever the length, in bytes.
const ONCE: u64 = 32 * 1024;

/// Fails if more is allocated for an input eight times as long than in proportion. `make` makes one of about so
/// many bytes.
fn linear(what: &str, make: impl Fn(usize) -> Input, work: impl Fn(&Input)) {
    let [short, long] = [longest() / SHORTER, longest()].map(make);
    let allocated = [&short, &long].map(|input| allocation_counter::measure(|| work(input)).bytes_total);
    let allowed = (allocated[0] + ONCE) * SHORTER as u64 * TOLERANCE;
    assert!(
        allocated[1] <= allowed,
        "{what}: {allocated:?} for {} and {}",
        short.bytes.len(),
        long.bytes.len()
    );
}

/// `head`, then pieces with a comma between them up to the size, then `tail`.
fn list(dialect: &str, size: usize, (head, tail): (&str, &str), piece: impl Fn(usize) -> String) -> Input {
    let mut text = head.to_owned();
    for index in 0.. {
        if text.len() >= size {
            break;
        }
        let comma = if index == 0 { "" } else { "," };
        write!(text, "{comma}{}", piece(index)).unwrap();
    }
    Input { dialect: dialect.parse().unwrap(), bytes: (text + tail).into_bytes() }
}

/// Frames up to the size, between the first ones and the last.
fn frames(
    dialect: &str,
    size: usize,
    (head, tail): (&[&str], &[&str]),
    frame: impl Fn(usize) -> String,
) -> Input {
    let framed = |data: &str| format!("data: {data}\n\n");
    let mut text: String = head.iter().map(|data| framed(data)).collect();
    for index in 0.. {
        if text.len() >= size {
            break;
        }
        text += &framed(&frame(index));
    }
    text.extend(tail.iter().map(|data| framed(data)));
    Input { dialect: dialect.parse().unwrap(), bytes: text.into_bytes() }
}

/// A stream to callers of all dialects, in pieces as they come from a socket; and as others look at it.
fn stream(input: &Input) {
    let size = input.bytes.len();
    for to in AnyDialect::ALL {
        let mut written = 0;
        let held = allocation_counter::measure(|| {
            let (mut transcoder, mut out) = (Transcoder::new(input.dialect, *to), Vec::new());
            for piece in input.bytes.chunks(1400) {
                transcoder.push(Bytes::copy_from_slice(piece), &mut out);
                written += std::mem::take(&mut out).len();
            }
            transcoder.finish(&mut out);
            written += out.len();
        });
        let limit = BASE_BYTES + BYTES_PER_BYTE * size;
        assert!(held.bytes_max <= limit as u64, "{} bytes held to {to} for {size}", held.bytes_max);
        assert!(written <= limit, "{written} bytes written to {to} for {size}");
    }
    for frame in crate::frames([Bytes::from(input.bytes.clone())]).0 {
        let _ = input.dialect.signal(&frame.parse());
    }
}

mod many;
#[path = "long/answers.rs"]
mod of_answers;
#[path = "long/requests.rs"]
mod of_requests;
#[path = "long/schemas.rs"]
mod of_schemas;
#[path = "long/streams.rs"]
mod of_streams;

#[test]
fn errors_of_any_length() {
    let pieces: [(&str, &str, &str); 5] = [
        (r#"{"error":{"message":""#, "\\u00e4\\n", "\"}}"),
        (
            r#"{"error":{"code":"c","message":"m","details":["#,
            r#"{"@type":"x","reason":"r","violations":[{}]},"#,
            "{}]}}",
        ),
        (r#"{"detail":["#, r#"{"loc":["body","a"],"msg":"m"},"#, "{}]}"),
        ("[", r#"{"error":{"message":"m"}},"#, "{}]"),
        ("<html>", "<p>", ""),
    ];
    for dialect in AnyDialect::ALL {
        for (head, piece, tail) in pieces {
            let make = |size: usize| Input {
                dialect: *dialect,
                bytes: format!("{head}{}{tail}", piece.repeat(size / piece.len())).into_bytes(),
            };
            linear(&format!("an error of {dialect}, {piece}"), make, |input| errors::check(input, None));
        }
    }
}

#[test]
fn events_of_any_number_and_length() {
    for piece in [
        "\n",
        "\r",
        "\r\n\r\n",
        ": x\n\n",
        "data:\n",
        "data: x\n\n",
        "data: x\ndata: y\n\n",
        "event: x\n",
        "x",
        "\u{feff}",
    ] {
        let make = |size: usize| Input {
            dialect: AnyDialect::ALL[0],
            bytes: piece.repeat(size / piece.len()).into_bytes(),
        };
        linear(&format!("events, {piece:?}"), make, |input| {
            for pieces in [1, 1400, input.bytes.len()] {
                let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
                let mut read = 0;
                for piece in input.bytes.chunks(pieces) {
                    splitter.push(Bytes::copy_from_slice(piece));
                    while let Some(frame) = splitter.next_frame() {
                        read += frame.unwrap().parse().data.map_or(0, |data| data.len());
                    }
                }
                if let Tail::Truncated(frame) = splitter.finish() {
                    read += frame.parse().data.map_or(0, |data| data.len());
                }
                assert!(read <= input.bytes.len());
            }
        });
    }
}
