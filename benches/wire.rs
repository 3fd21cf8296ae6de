//! Translation and SSE throughput, beside serde_json's own speed on the same bytes.
//!
//! `cargo bench --bench wire`; `BENCH_QUICK=1` for a short run.
#![allow(missing_docs)]

mod support;

use std::hint::black_box;

use bytes::Bytes;
use http::Uri;
use serde::{Deserialize, Serialize};
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::sse::{Frame, Splitter};
use tower_failover::dialect::{Decode, Dialect, Encode, Reply, Target};

use crate::support::cost;

const PROSE: &str = "The gateway forwards each token as it arrives, and the reader sees \"text\" without delay.\nA second \
                     line holds a café, a naïve résumé and some code: `let x = a[0] + b;`. ";

fn prose(bytes: usize) -> String {
    PROSE.chars().cycle().take(bytes).collect()
}

fn anthropic_answer(bytes: usize) -> Vec<u8> {
    serde_json::json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6",
        "content": [{"type": "text", "text": prose(bytes)}], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 19, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 9}
    })
    .to_string()
    .into_bytes()
}

fn openai_request(bytes: usize) -> Vec<u8> {
    serde_json::json!({
        "model": "gpt-5-mini", "temperature": 0.2, "max_tokens": 1024,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": prose(bytes)}]
    })
    .to_string()
    .into_bytes()
}

/// The least a typed reader of the same answer can do: the yardstick.
#[derive(Deserialize, Serialize)]
struct Plain<'a> {
    id: &'a str,
    model: &'a str,
    #[serde(borrow)]
    content: Vec<PlainBlock<'a>>,
    stop_reason: &'a str,
}

#[derive(Deserialize, Serialize)]
struct PlainBlock<'a> {
    #[serde(borrow)]
    text: std::borrow::Cow<'a, str>,
}

fn main() {
    println!("| work | ns best | ns median | MB/s | allocations |\n|---|---:|---:|---:|---:|");
    for bytes in [800, 8192] {
        answers(bytes);
        requests(bytes);
    }
    streams();
}

fn report(name: &str, bytes: usize, work: impl FnMut()) {
    let cost = cost(work);
    let speed = bytes as f64 / cost.best_ns * 1e3;
    println!(
        "| {name} | {:.0} | {:.0} | {speed:.0} | {:.1} |",
        cost.best_ns, cost.median_ns, cost.allocations
    );
}

fn answers(bytes: usize) {
    let body = anthropic_answer(bytes);
    let mut out = Vec::new();
    report(&format!("answer of {bytes} B: serde_json typed parse + write"), body.len(), || {
        let plain: Plain<'_> = serde_json::from_slice(&body).expect("JSON");
        out.clear();
        serde_json::to_writer(&mut out, &plain).expect("JSON");
        black_box(&out);
    });
    let reply = Reply::new("claude-sonnet-4-6", 1_700_000_000);
    report(&format!("answer of {bytes} B: Anthropic to OpenAI"), body.len(), || {
        let answer = AnthropicMessages.decode_answer(&body).expect("an answer");
        black_box(OpenAiChat.encode_answer(&answer, &reply));
    });
    report(&format!("answer of {bytes} B: same dialect, checked only"), body.len(), || {
        AnthropicMessages.check_answer(&body).expect("an answer");
    });
}

fn requests(bytes: usize) {
    let body = openai_request(bytes);
    report(&format!("request of {bytes} B: what routing needs"), body.len(), || {
        black_box(OpenAiChat.peek(&Uri::from_static("/"), &body).expect("a request"));
    });
    report(&format!("request of {bytes} B: OpenAI to Anthropic"), body.len(), || {
        let mut losses = tower_failover::facts::Losses::new();
        let request = OpenAiChat.decode_request(&body).expect("a request");
        black_box(
            AnthropicMessages
                .encode_request(&request, &Target::new("claude-sonnet-4-6"), &mut losses)
                .expect("carried"),
        );
    });
}

fn streams() {
    let delta =
        br#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" forwards"}}"#;
    let chunk = br#"{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,"model":"gpt-5-mini","service_tier":"default","system_fingerprint":"fp_06737a9306","choices":[{"index":0,"delta":{"content":" forwards"},"logprobs":null,"finish_reason":null}]}"#;
    let framed = Bytes::from([b"data: ", &chunk[..], b"\n\n"].concat());
    let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
    report("stream chunk: find its frame and its data", framed.len(), || {
        splitter.push(framed.clone());
        let frame = splitter.next_frame().expect("a frame").expect("in bounds");
        black_box(frame.parse().data.is_some());
    });
    report("stream chunk: same dialect, read for the guard", chunk.len(), || {
        black_box(OpenAiChat.signal(&Frame::of(chunk)));
    });
    translate("stream chunk: Anthropic to OpenAI", &AnthropicMessages, &OpenAiChat, delta);
    translate("stream chunk: OpenAI to Anthropic", &OpenAiChat, &AnthropicMessages, chunk);
}

fn translate<M: Dialect, F: Dialect>(name: &str, member: &M, front: &F, data: &[u8]) {
    let mut decoder = member.decoder();
    let mut encoder = front.encoder(Reply::new("a-model", 1_700_000_000));
    let mut out = Vec::with_capacity(1024);
    report(name, data.len(), || {
        out.clear();
        let frame = Frame::of(data);
        decoder.decode(&frame, &mut |event| encoder.encode(&event, &mut out)).expect("a frame");
        black_box(&out);
    });
}
