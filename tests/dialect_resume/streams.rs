//! Streams as the vendors write them.

use tower_failover::dialect::{AnyDialect, Dialect};

const CHAT: &str = concat!(
    r#"data: {"id":"chatcmpl-A1","object":"chat.completion.chunk","created":1700000001,"model":"gpt-x","service_tier":"default","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x"}"#,
    "\n\n: keepalive\n\n",
    r#"data: {"id":"chatcmpl-A1","object":"chat.completion.chunk","created":1700000001,"model":"gpt-x","choices":[{"index":0,"delta":{"content":"Grü"},"logprobs":null,"finish_reason":null}],"usage":null}"#,
    "\n\n",
    r#"data: {"id":"chatcmpl-A1","object":"chat.completion.chunk","created":1700000001,"model":"gpt-x","choices":[{"index":0,"delta":{"content":"ße \n"},"logprobs":null,"finish_reason":null}],"usage":null}"#,
    "\n\n",
    r#"data: {"id":"chatcmpl-A1","object":"chat.completion.chunk","created":1700000001,"model":"gpt-x","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}"#,
    "\n\n",
    r#"data: {"id":"chatcmpl-A1","object":"chat.completion.chunk","created":1700000001,"model":"gpt-x","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}"#,
    "\n\ndata: [DONE]\n\n",
);

const RESPONSES: &str = concat!(
    "event: response.created\n",
    r#"data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_A1","object":"response","created_at":1700000001,"status":"in_progress","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"gpt-x","output":[],"parallel_tool_calls":true,"temperature":0.70,"tool_choice":"auto","tools":[],"top_p":1.0,"usage":null,"metadata":{}}}"#,
    "\n\nevent: response.in_progress\n",
    r#"data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_A1","object":"response","created_at":1700000001,"status":"in_progress","error":null,"incomplete_details":null,"instructions":null,"model":"gpt-x","output":[],"parallel_tool_calls":true,"temperature":0.70,"tool_choice":"auto","tools":[],"top_p":1.0,"usage":null,"metadata":{}}}"#,
    "\n\nevent: response.output_item.added\n",
    r#"data: {"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"msg_B2","type":"message","status":"in_progress","content":[],"role":"assistant"}}"#,
    "\n\nevent: response.content_part.added\n",
    r#"data: {"type":"response.content_part.added","sequence_number":3,"item_id":"msg_B2","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}}"#,
    "\n\nevent: response.output_text.delta\n",
    r#"data: {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_B2","output_index":0,"content_index":0,"delta":"Grü","logprobs":[],"obfuscation":"ab"}"#,
    "\n\nevent: response.output_text.delta\n",
    r#"data: {"type":"response.output_text.delta","sequence_number":5,"item_id":"msg_B2","output_index":0,"content_index":0,"delta":"ße \n","logprobs":[]}"#,
    "\n\nevent: response.output_text.done\n",
    r#"data: {"type":"response.output_text.done","sequence_number":6,"item_id":"msg_B2","output_index":0,"content_index":0,"text":"Grüße \n","logprobs":[]}"#,
    "\n\nevent: response.content_part.done\n",
    r#"data: {"type":"response.content_part.done","sequence_number":7,"item_id":"msg_B2","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":"Grüße \n"}}"#,
    "\n\nevent: response.output_item.done\n",
    r#"data: {"type":"response.output_item.done","sequence_number":8,"output_index":0,"item":{"id":"msg_B2","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Grüße \n"}],"role":"assistant"}}"#,
    "\n\nevent: response.completed\n",
    r#"data: {"type":"response.completed","sequence_number":9,"response":{"id":"resp_A1","object":"response","created_at":1700000001,"status":"completed","error":null,"incomplete_details":null,"instructions":null,"model":"gpt-x","output":[{"id":"msg_B2","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Grüße \n"}],"role":"assistant"}],"parallel_tool_calls":true,"temperature":0.70,"tool_choice":"auto","tools":[],"top_p":1.0,"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":3,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":8},"metadata":{}}}"#,
    "\n\n",
);

const MESSAGES: &str = concat!(
    "event: message_start\n",
    r#"data: {"type":"message_start","message":{"id":"msg_A1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":1}}}"#,
    "\n\nevent: content_block_start\n",
    r#"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
    "\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\nevent: content_block_delta\n",
    r#"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grü"}}"#,
    "\n\nevent: content_block_stop\n",
    r#"data: {"type":"content_block_stop","index":0}"#,
    "\n\nevent: content_block_start\n",
    r#"data: {"type":"content_block_start","index":1,"content_block":{"citations":null,"type":"text","text":""}}"#,
    "\n\nevent: content_block_delta\n",
    r#"data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"ße \n"}}"#,
    "\n\nevent: content_block_stop\n",
    r#"data: {"type":"content_block_stop","index":1}"#,
    "\n\nevent: message_delta\n",
    r#"data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":3}}"#,
    "\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);

const GEMINI: &str = concat!(
    r#"data: {"candidates": [{"content": {"parts": [{"text": "Grü"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 5,"totalTokenCount": 5,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 5}]},"modelVersion": "gemini-x","responseId": "A1"}"#,
    "\r\n\r\n",
    r#"data: {"candidates": [{"content": {"parts": [{"text": "ß"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 5,"candidatesTokenCount": 2,"totalTokenCount": 7},"modelVersion": "gemini-x","responseId": "A1"}"#,
    "\r\n\r\n",
    r#"data: {"candidates": [{"content": {"parts": [{"text": "e \n"}],"role": "model"},"finishReason": "STOP","index": 0}],"usageMetadata": {"promptTokenCount": 5,"candidatesTokenCount": 3,"totalTokenCount": 8},"modelVersion": "gemini-x","responseId": "A1"}"#,
    "\r\n\r\n",
);

/// A whole stream.
pub(crate) fn of_vendor(dialect: AnyDialect) -> &'static str {
    match dialect.name() {
        "openai-chat" => CHAT,
        "openai-responses" => RESPONSES,
        "anthropic-messages" => MESSAGES,
        _ => GEMINI,
    }
}

/// What has to stand in whatever is added to it after its first words.
pub(crate) fn marks(dialect: AnyDialect) -> &'static [&'static str] {
    match dialect.name() {
        "openai-chat" => &[r#""id":"chatcmpl-A1""#, r#""created":1700000001"#, r#""model":"gpt-x""#],
        "openai-responses" => &[
            r#""id":"resp_A1""#,
            r#""created_at":1700000001"#,
            r#""item_id":"msg_B2""#,
            r#""sequence_number":5"#,
            r#""temperature":0.70"#,
        ],
        "anthropic-messages" => {
            &[r#""index":0,"delta":{"type":"text_delta""#, r#""content_block_stop","index":0"#]
        }
        _ => &[r#""responseId":"A1""#, r#""modelVersion":"gemini-x""#],
    }
}

/// Streams with more in them than plain text, from the word DELICATE on.
pub(crate) fn delicate(dialect: AnyDialect) -> Vec<(&'static str, String)> {
    let after =
        |stream: &'static str, first: &str, frames: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
            let begin = &stream[..stream.find(first).unwrap() + first.len()];
            frames.iter().map(|(what, frame)| (*what, format!("{begin}{frame}\n\n"))).collect()
        };
    match dialect.name() {
        "openai-chat" => after(
            CHAT,
            "\"Grü\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
            &[
                (
                    "a call",
                    r#"data: {"id":"DELICATE","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}}]}"#,
                ),
                (
                    "a thought",
                    r#"data: {"id":"DELICATE","choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}"#,
                ),
                ("a refusal", r#"data: {"id":"DELICATE","choices":[{"index":0,"delta":{"refusal":"no"}}]}"#),
                (
                    "sound",
                    r#"data: {"id":"DELICATE","choices":[{"index":0,"delta":{"audio":{"data":"AA"}}}]}"#,
                ),
                (
                    "an unknown thing",
                    r#"data: {"id":"DELICATE","choices":[{"index":0,"delta":{"images":[{"url":"u"}]}}]}"#,
                ),
                (
                    "a source",
                    r#"data: {"id":"DELICATE","choices":[{"index":0,"delta":{"annotations":[{"type":"url_citation","url_citation":{"url":"u"}}]}}]}"#,
                ),
                (
                    "a second answer",
                    r#"data: {"id":"DELICATE","choices":[{"index":1,"delta":{"content":"x"}}]}"#,
                ),
                (
                    "probabilities",
                    r#"data: {"id":"DELICATE","choices":[{"index":0,"delta":{"content":"x"},"logprobs":{"content":[]}}]}"#,
                ),
                (
                    "an end",
                    r#"data: {"id":"DELICATE","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
                ),
                ("an error", r#"data: {"error":{"message":"DELICATE"}}"#),
                ("no JSON", r#"data: DELICATE"#),
            ],
        ),
        "openai-responses" => after(
            RESPONSES,
            "\"obfuscation\":\"ab\"}\n\n",
            &[
                (
                    "a call",
                    r#"data: {"type":"response.output_item.added","DELICATE":1,"sequence_number":5,"output_index":1,"item":{"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":""}}"#,
                ),
                (
                    "a search",
                    r#"data: {"type":"response.web_search_call.searching","DELICATE":1,"sequence_number":5,"output_index":1,"item_id":"ws"}"#,
                ),
                (
                    "a source",
                    r#"data: {"type":"response.output_text.annotation.added","DELICATE":1,"sequence_number":5,"output_index":0,"content_index":0,"annotation":{"type":"url_citation"}}"#,
                ),
                (
                    "a second part",
                    r#"data: {"type":"response.content_part.added","DELICATE":1,"sequence_number":5,"output_index":0,"content_index":1,"part":{"type":"refusal","refusal":""}}"#,
                ),
                (
                    "probabilities",
                    r#"data: {"type":"response.output_text.delta","DELICATE":1,"sequence_number":5,"output_index":0,"content_index":0,"delta":"x","logprobs":[{"token":"x","logprob":0}]}"#,
                ),
                (
                    "no number",
                    r#"data: {"type":"response.output_text.delta","DELICATE":1,"output_index":0,"content_index":0,"delta":"x"}"#,
                ),
                ("an error", r#"data: {"type":"error","message":"DELICATE","sequence_number":5}"#),
            ],
        ),
        "anthropic-messages" => after(
            MESSAGES,
            "\"content_block_stop\",\"index\":0}\n\n",
            &[
                (
                    "a call",
                    r#"data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"DELICATE","name":"f","input":{}}}"#,
                ),
                (
                    "a thought",
                    r#"data: {"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":"","signature":"","DELICATE":1}}"#,
                ),
                (
                    "a search",
                    r#"data: {"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use","id":"DELICATE","name":"web_search","input":{}}}"#,
                ),
                (
                    "cited text",
                    r#"data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":"","citations":[{"DELICATE":1}]}}"#,
                ),
                (
                    "a gap",
                    r#"data: {"type":"content_block_start","index":2,"content_block":{"type":"text","text":"DELICATE"}}"#,
                ),
                ("an unknown event", r#"data: {"type":"content_block_spin","DELICATE":1}"#),
                (
                    "an end",
                    r#"data: {"type":"message_delta","delta":{"stop_reason":"end_turn","DELICATE":1},"usage":{"output_tokens":1}}"#,
                ),
                ("an error", r#"data: {"type":"error","error":{"type":"api_error","message":"DELICATE"}}"#),
            ],
        ),
        _ => after(
            GEMINI,
            "\"totalTokenCount\": 7},\"modelVersion\": \"gemini-x\",\"responseId\": \"A1\"}\r\n\r\n",
            &[
                (
                    "a call",
                    r#"data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"DELICATE","args":{}}}]}}]}"#,
                ),
                (
                    "a thought",
                    r#"data: {"candidates":[{"content":{"parts":[{"text":"DELICATE","thought":true}]}}]}"#,
                ),
                (
                    "a seal",
                    r#"data: {"candidates":[{"content":{"parts":[{"text":"DELICATE","thoughtSignature":"AA"}]}}]}"#,
                ),
                (
                    "a picture",
                    r#"data: {"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"DELICATE"}}]}}]}"#,
                ),
                (
                    "code",
                    r#"data: {"candidates":[{"content":{"parts":[{"executableCode":{"code":"DELICATE"}}]}}]}"#,
                ),
                (
                    "sources",
                    r#"data: {"candidates":[{"content":{"parts":[{"text":"x"}]},"groundingMetadata":{"webSearchQueries":["DELICATE"]}}]}"#,
                ),
                (
                    "probabilities",
                    r#"data: {"candidates":[{"content":{"parts":[{"text":"DELICATE"}]},"logprobsResult":{"topCandidates":[]}}]}"#,
                ),
                (
                    "a second answer",
                    r#"data: {"candidates":[{"content":{"parts":[{"text":"DELICATE"}]},"index":1}]}"#,
                ),
                ("a block", r#"data: {"promptFeedback":{"blockReason":"DELICATE"}}"#),
                (
                    "an end",
                    r#"data: {"candidates":[{"content":{"parts":[{"text":"DELICATE"}]},"finishReason":"STOP"}]}"#,
                ),
                ("an error", r#"data: {"error":{"code":500,"message":"DELICATE"}}"#),
            ],
        ),
    }
}
