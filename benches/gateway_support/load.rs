//! Load: a few connections that ask again as soon as they were answered.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const CONNECTIONS: usize = 32;

/// A request as bytes.
pub(crate) fn request(path: &str, model: &str, is_stream: bool) -> Vec<u8> {
    let body = serde_json::json!({
        "model": model, "stream": is_stream, "temperature": 0.2, "max_tokens": 1024,
        "messages": [
            {"role": "system", "content": "You are a careful assistant. Answer in plain prose, keep to the question."},
            {"role": "user", "content": "Explain how a gateway keeps a stream going when the first provider fails."},
        ],
    })
    .to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

/// Asks for so long, and says how many answers came.
pub(crate) fn run(port: u16, request: &[u8], seconds: f64) -> u64 {
    let (is_over, done) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| client(port, request, &is_over, &done));
        }
        std::thread::sleep(Duration::from_secs_f64(seconds));
        is_over.store(true, Ordering::Relaxed);
    });
    done.into_inner()
}

fn client(port: u16, request: &[u8], is_over: &AtomicBool, done: &AtomicU64) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    socket.set_nodelay(true).expect("nodelay");
    let mut buffer = vec![0; 64 * 1024];
    let mut answer = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        socket.write_all(request).expect("a server that listens");
        answer.clear();
        while !is_complete(&answer) {
            let read = socket.read(&mut buffer).expect("a server that answers");
            assert_ne!(read, 0, "the server hung up: {}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&buffer[..read]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        done.fetch_add(1, Ordering::Relaxed);
    }
}

fn is_complete(answer: &[u8]) -> bool {
    let Some(head) = memchr::memmem::find(answer, b"\r\n\r\n") else { return false };
    let length = content_length(&answer[..head]);
    length.map_or_else(|| answer.ends_with(b"\r\n0\r\n\r\n"), |length| answer.len() >= head + 4 + length)
}

fn content_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    let value = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    })?;
    value.trim().parse().ok()
}
