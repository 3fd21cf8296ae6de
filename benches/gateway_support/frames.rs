//! What goes over an upstream's socket.

/// Whether a request was read to its end.
pub(crate) fn is_whole(request: &[u8]) -> bool {
    let Some(head) = memchr::memmem::find(request, b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    if let Some((_, rest)) = text.split_once("content-length: ") {
        let length: usize = rest.lines().next().and_then(|line| line.trim().parse().ok()).unwrap_or(0);
        return request.len() >= head + 4 + length;
    }
    request.ends_with(b"\r\n0\r\n\r\n")
}

/// The head, the frames, the end: one write each.
pub(crate) fn streamed(frames: Vec<String>) -> Vec<Vec<u8>> {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let chunks = frames.into_iter().map(|frame| format!("{:x}\r\n{frame}\r\n", frame.len()));
    std::iter::once(head).chain(chunks).chain(["0\r\n\r\n".to_owned()]).map(String::into_bytes).collect()
}

/// A stream of OpenAI's of so many words.
pub(crate) fn openai(words: usize) -> Vec<String> {
    let chunk = |delta: &str, finish: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1741569952,\"model\":\"gpt-5-mini\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_06737a9306\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let mut frames = vec![chunk(r#"{"role":"assistant","content":"","refusal":null}"#, "null")];
    frames.extend((0..words).map(|_| chunk(r#"{"content":" forwards"}"#, "null")));
    frames.extend([chunk("{}", "\"stop\""), "data: [DONE]\n\n".to_owned()]);
    frames
}

/// The same in Anthropic's dialect.
pub(crate) fn anthropic(words: usize) -> Vec<String> {
    let event = |name: &str, rest: &str| format!("event: {name}\ndata: {{\"type\":\"{name}\"{rest}}}\n\n");
    let mut frames = vec![
        event(
            "message_start",
            r#","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-6","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":19,"output_tokens":1}}"#,
        ),
        event("content_block_start", r#","index":0,"content_block":{"type":"text","text":""}"#),
    ];
    let delta =
        event("content_block_delta", r#","index":0,"delta":{"type":"text_delta","text":" forwards"}"#);
    frames.extend(std::iter::repeat_n(delta, words));
    frames.extend([
        event("content_block_stop", r#","index":0"#),
        event(
            "message_delta",
            r#","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":100}"#,
        ),
        event("message_stop", ""),
    ]);
    frames
}
