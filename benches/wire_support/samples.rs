//! Answers and streams, worded as the vendors word them.

use bytes::Bytes;
use serde_json::{Value, json};
use tower_failover::dialect::AnyDialect;

const PROSE: &str = "The gateway forwards each token as it arrives, and the reader sees \"text\" without delay.\nA second \
                     line holds a café, a naïve résumé and some code: `let x = a[0] + b;`. ";

pub(crate) fn prose(bytes: usize) -> String {
    PROSE.chars().cycle().take(bytes).collect()
}

/// A whole answer with a text of about so many bytes.
pub(crate) fn answer(dialect: AnyDialect, bytes: usize) -> Vec<u8> {
    let text = prose(bytes);
    let answer = match dialect {
        AnyDialect::OpenAiChat(_) => json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1_741_569_952, "model": "gpt-5-mini",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": null},
                "logprobs": null, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 19, "completion_tokens": 9, "total_tokens": 28}
        }),
        AnyDialect::OpenAiResponses(_) => json!({
            "id": "resp_1", "object": "response", "created_at": 1_741_569_952, "model": "gpt-5-mini",
            "status": "completed", "error": null, "incomplete_details": null,
            "output": [{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "annotations": [], "text": text}]}],
            "usage": {"input_tokens": 19, "output_tokens": 9, "total_tokens": 28}
        }),
        AnyDialect::AnthropicMessages(_) => json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6",
            "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 19, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                "output_tokens": 9}
        }),
        _ => json!({
            "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP",
                "index": 0}],
            "usageMetadata": {"promptTokenCount": 19, "candidatesTokenCount": 9, "totalTokenCount": 28},
            "modelVersion": "gemini-2.5-flash", "responseId": "r1"
        }),
    };
    answer.to_string().into_bytes()
}

/// The data of a stream's frames: what begins it, one piece of text (byte for byte as the vendor words it), what
/// ends it.
pub(crate) struct Stream {
    pub(crate) head: Vec<Vec<u8>>,
    pub(crate) delta: Vec<u8>,
    pub(crate) tail: Vec<Vec<u8>>,
}

impl Stream {
    fn new(head: &[Value], delta: &[u8], tail: &[Value]) -> Self {
        let frame = |value: &Value| value.to_string().into_bytes();
        Self {
            head: head.iter().map(frame).collect(),
            delta: delta.to_vec(),
            tail: tail.iter().map(frame).collect(),
        }
    }

    /// One piece of text as it arrives.
    pub(crate) fn framed(&self) -> Bytes {
        Bytes::from([b"data: ", &self.delta[..], b"\n\n"].concat())
    }
}

/// A stream of this dialect.
pub(crate) fn stream(dialect: AnyDialect) -> Stream {
    match dialect {
        AnyDialect::OpenAiChat(_) => chat(),
        AnyDialect::OpenAiResponses(_) => responses(),
        AnyDialect::AnthropicMessages(_) => Stream::new(
            &[
                json!({"type": "message_start", "message": {"id": "msg_1", "model": "claude-sonnet-4-6",
                    "usage": {"input_tokens": 19, "output_tokens": 1}}}),
                json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            ],
            br#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" forwards"}}"#,
            &[
                json!({"type": "content_block_stop", "index": 0}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"},
                    "usage": {"output_tokens": 9}}),
                json!({"type": "message_stop"}),
            ],
        ),
        _ => gemini(),
    }
}

fn chat() -> Stream {
    let chunk = |choices: Value| json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_741_569_952, "model": "gpt-5-mini", "choices": choices});
    Stream::new(
        &[chunk(json!([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]))],
        br#"{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,"model":"gpt-5-mini","service_tier":"default","system_fingerprint":"fp_06737a9306","choices":[{"index":0,"delta":{"content":" forwards"},"logprobs":null,"finish_reason":null}]}"#,
        &[chunk(json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]))],
    )
}

fn responses() -> Stream {
    let response = |status: &str, output: Value| json!({"id": "resp_1", "object": "response", "model": "gpt-5-mini", "status": status, "output": output, "usage": {"input_tokens": 19, "output_tokens": 9}});
    let item = |status: &str| json!({"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": []});
    Stream::new(
        &[
            json!({"type": "response.created", "sequence_number": 0, "response": response("in_progress", json!([]))}),
            json!({"type": "response.output_item.added", "sequence_number": 1, "output_index": 0,
                "item": item("in_progress")}),
            json!({"type": "response.content_part.added", "sequence_number": 2, "output_index": 0,
                "content_index": 0, "item_id": "msg_1",
                "part": {"type": "output_text", "text": "", "annotations": []}}),
        ],
        br#"{"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_67ccd2bf17f0819081ff3bb2cf6508e60bb6a6b452d3795b","output_index":0,"content_index":0,"delta":" forwards","logprobs":[],"obfuscation":"aBcDeFg"}"#,
        &[
            json!({"type": "response.output_item.done", "sequence_number": 4, "output_index": 0,
                "item": item("completed")}),
            json!({"type": "response.completed", "sequence_number": 5,
                "response": response("completed", json!([item("completed")]))}),
        ],
    )
}

fn gemini() -> Stream {
    let chunk = |candidate: Value| json!({"candidates": [candidate], "usageMetadata": {"promptTokenCount": 19, "candidatesTokenCount": 9, "totalTokenCount": 28}, "modelVersion": "gemini-2.5-flash", "responseId": "r1"});
    Stream::new(
        &[],
        br#"{"candidates": [{"content": {"parts": [{"text": " forwards"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 19,"candidatesTokenCount": 9,"totalTokenCount": 28,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 19}]},"modelVersion": "gemini-2.5-flash","responseId": "ABcdEFghIjKl"}"#,
        &[chunk(json!({"content": {"role": "model", "parts": [{"text": "."}]}, "finishReason": "STOP"}))],
    )
}
