//! Just enough of two dialects: what is asked, and an answer that is counted out, so that anything lost, repeated
//! or put together wrongly shows.

use serde_json::{Value, json};

/// Whose words are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Chat,
    Anthropic,
}

/// The answer to a question for `words` words: `0 1 2 …`.
pub(crate) fn words(words: u64) -> Vec<String> {
    (0..words).map(|word| if word == 0 { "0".to_owned() } else { format!(" {word}") }).collect()
}

impl Api {
    /// A question, which is worded alike in both.
    pub(crate) fn question(self, words: u64, is_stream: bool) -> Value {
        let content = format!("count to {words}");
        json!({
            "model": "workhorse", "max_tokens": 1000, "stream": is_stream,
            "messages": [{"role": "user", "content": content}],
        })
    }

    /// What a provider is asked for: how many words, and which are already there.
    pub(crate) fn asked(body: &Value) -> (u64, String, bool) {
        let messages = body["messages"].as_array().unwrap();
        let text = |message: &Value| match &message["content"] {
            Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
            content => content.as_str().unwrap_or_default().to_owned(),
        };
        let question = messages.iter().find(|message| message["role"] == "user").map(text).unwrap();
        let count = question.rsplit(' ').next().unwrap().parse().unwrap();
        let last = messages.last().unwrap();
        let begun = if last["role"] == "assistant" { text(last) } else { String::new() };
        (count, begun, body["stream"] == true)
    }

    /// An answer in one piece.
    pub(crate) fn whole(self, words: &[String]) -> String {
        let (text, count) = (words.concat(), words.len());
        let body = match self {
            Self::Chat => json!({
                "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 5, "completion_tokens": count, "total_tokens": count + 5},
            }),
            Self::Anthropic => json!({
                "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
                "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": null,
                "usage": {"input_tokens": 5, "output_tokens": count},
            }),
        };
        body.to_string()
    }

    /// What comes before the first word.
    pub(crate) fn opening(self) -> String {
        match self {
            Self::Chat => frame(None, &chunk(&json!({"role": "assistant", "content": ""}), None)),
            Self::Anthropic => {
                let message = json!({
                    "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
                    "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 5, "output_tokens": 1},
                });
                let start = json!({"type": "message_start", "message": message});
                let block = json!({
                    "type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""},
                });
                frame(Some("message_start"), &start) + &frame(Some("content_block_start"), &block)
            }
        }
    }

    pub(crate) fn word(self, word: &str) -> String {
        match self {
            Self::Chat => frame(None, &chunk(&json!({"content": word}), None)),
            Self::Anthropic => {
                let delta = json!({"type": "text_delta", "text": word});
                let delta = json!({"type": "content_block_delta", "index": 0, "delta": delta});
                frame(Some("content_block_delta"), &delta)
            }
        }
    }

    /// What comes after the last word.
    pub(crate) fn closing(self, words: usize) -> String {
        match self {
            Self::Chat => frame(None, &chunk(&json!({}), Some("stop"))) + "data: [DONE]\n\n",
            Self::Anthropic => {
                let stop = json!({"type": "content_block_stop", "index": 0});
                let delta = json!({
                    "type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null},
                    "usage": {"output_tokens": words},
                });
                frame(Some("content_block_stop"), &stop)
                    + &frame(Some("message_delta"), &delta)
                    + &frame(Some("message_stop"), &json!({"type": "message_stop"}))
            }
        }
    }

    /// An error event in a stream that began well.
    pub(crate) fn error_event(self) -> String {
        let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "too much"}});
        match self {
            Self::Chat => frame(None, &json!({"error": {"type": "server_error", "message": "too much"}})),
            Self::Anthropic => frame(Some("error"), &error),
        }
    }

    /// The words of an answer in one piece.
    pub(crate) fn text_of(self, body: &Value) -> String {
        let text = match self {
            Self::Chat => &body["choices"][0]["message"]["content"],
            Self::Anthropic => &body["content"][0]["text"],
        };
        text.as_str().unwrap().to_owned()
    }
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    })
}

fn frame(event: Option<&str>, data: &Value) -> String {
    let event = event.map_or_else(String::new, |event| format!("event: {event}\n"));
    format!("{event}data: {data}\n\n")
}

/// How a stream looks to a caller.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) text: String,
    pub(crate) is_finished: bool,
    pub(crate) is_error: bool,
}

/// Reads a whole stream, and insists on its order: no content after an end, one end.
pub(crate) fn heard(api: Api, stream: &str) -> Heard {
    let mut heard = Heard::default();
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    for data in data {
        assert!(!heard.is_error, "something follows an error: {stream}");
        if data == "[DONE]" {
            assert!(heard.is_finished, "an end without a reason: {stream}");
            continue;
        }
        let event: Value = serde_json::from_str(data).unwrap();
        if event["error"].is_object() {
            heard.is_error = true;
            continue;
        }
        let (word, finish) = match api {
            Api::Chat => {
                let choice = &event["choices"][0];
                (choice["delta"]["content"].as_str(), choice["finish_reason"].is_string())
            }
            Api::Anthropic => (event["delta"]["text"].as_str(), event["delta"]["stop_reason"].is_string()),
        };
        let word = word.unwrap_or_default();
        assert!(word.is_empty() || !heard.is_finished, "content after the end: {stream}");
        heard.text.push_str(word);
        heard.is_finished |= finish;
    }
    heard
}
