//! Translation between all dialects, and SSE throughput, beside serde_json's own speed on the same bytes.
//!
//! `cargo bench --bench wire`; `BENCH_QUICK=1` for a short run.
#![allow(missing_docs)]

mod support;
mod wire_support;

use std::hint::black_box;

use http::Uri;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::sse::{Frame, Splitter};
use tower_failover::dialect::{AnyDialect, Decode, Dialect, Encode, Reply, Target};

use crate::support::{Cost, cost};
use crate::wire_support::samples::{self, prose};
use crate::wire_support::yardstick;

/// How many pieces of text a measured stream has.
const CHUNKS: u32 = 100;

fn main() {
    println!("Of 8 KB answers; speed beside serde_json's typed parse and write of the member's answer.\n");
    println!("| answer of, for | ns best | serde_json | speed | allocations |\n|---|---:|---:|---:|---:|");
    for member in AnyDialect::ALL {
        answers(*member, 8192);
    }
    println!("\nA stream of {CHUNKS} chunks, per chunk.\n");
    println!("| stream of, for | ns best | ns median | allocations |\n|---|---:|---:|---:|");
    for member in AnyDialect::ALL {
        streams(*member);
    }
    println!("\n| the rest | ns best | ns median | allocations |\n|---|---:|---:|---:|");
    requests(8192);
    frames();
}

fn reply(member: AnyDialect) -> Reply {
    Reply::new("a-model", 1_741_569_952).issued_by(member.name())
}

fn answers(member: AnyDialect, bytes: usize) {
    let body = samples::answer(member, bytes);
    let mut out = Vec::new();
    let plain = cost(|| {
        yardstick::parse_and_write(member, &body, &mut out);
        black_box(&out);
    });
    let line = |front: &str, cost: Cost| {
        let speed = plain.best_ns / cost.best_ns * 100.0;
        println!(
            "| {}, {front} | {:.0} | {:.0} | {speed:.0} % | {:.1} |",
            member.name(),
            cost.best_ns,
            plain.best_ns,
            cost.allocations
        );
    };
    for front in AnyDialect::ALL.iter().filter(|front| **front != member) {
        let reply = reply(member);
        let cost = cost(|| {
            let answer = member.decode_answer(&body).expect("an answer");
            black_box(front.encode_answer(&answer, &reply));
        });
        line(front.name(), cost);
    }
    line("itself: checked only", cost(|| member.check_answer(&body).expect("an answer")));
}

fn streams(member: AnyDialect) {
    let stream = samples::stream(member);
    for front in AnyDialect::ALL.iter().filter(|front| **front != member) {
        let mut out = Vec::with_capacity(64 * 1024);
        let cost = cost(|| {
            out.clear();
            let (mut decoder, mut encoder) = (member.decoder(), front.encoder(reply(member)));
            let deltas = std::iter::repeat_n(&stream.delta, CHUNKS as usize);
            for data in stream.head.iter().chain(deltas).chain(&stream.tail) {
                let frame = Frame::of(data);
                decoder.decode(&frame, &mut |event| encoder.encode(&event, &mut out)).expect("a frame");
            }
            assert!(encoder.finish(&mut out), "{} for {}", member.name(), front.name());
            black_box(&out);
        });
        print(&format!("{}, {}", member.name(), front.name()), cost.per(CHUNKS));
    }
    let read = cost(|| {
        black_box(member.signal(&Frame::of(&stream.delta)));
    });
    print(&format!("{}, itself: read for the guard", member.name()), read);
}

fn requests(bytes: usize) {
    let body = serde_json::json!({
        "model": "gpt-5-mini", "temperature": 0.2, "max_tokens": 1024,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": prose(bytes)}]
    });
    let (body, uri) = (body.to_string().into_bytes(), Uri::from_static("/"));
    let peek = cost(|| {
        black_box(OpenAiChat.peek(&uri, &body).expect("a request"));
    });
    print("request of 8 KB: what routing needs", peek);
    let target = Target::new("claude-sonnet-4-6");
    let translated = cost(|| {
        let mut losses = tower_failover::facts::Losses::new();
        let request = OpenAiChat.decode_request(&body).expect("a request");
        black_box(AnthropicMessages.encode_request(&request, &target, &mut losses).expect("carried"));
    });
    print("request of 8 KB: openai-chat to anthropic-messages", translated);
}

fn frames() {
    let framed = samples::stream(OpenAiChat.into()).framed();
    let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
    let found = cost(|| {
        splitter.push(framed.clone());
        let frame = splitter.next_frame().expect("a frame").expect("in bounds");
        black_box(frame.parse().data.is_some());
    });
    print("stream chunk: find its frame and its data", found);
}

fn print(name: &str, cost: Cost) {
    println!("| {name} | {:.0} | {:.0} | {:.1} |", cost.best_ns, cost.median_ns, cost.allocations);
}
