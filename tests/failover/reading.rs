//! What a caller makes of an answer: readers of the four dialects, written from the vendors' references and
//! sharing nothing with the crate. They insist on proper answers and panic on others.

use serde_json::{Value, json};

/// What a caller makes of an answer, whatever its dialect.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    pub(crate) text: String,
    /// Names and arguments of the tools called; arguments as JSON where they are.
    pub(crate) tools: Vec<(String, Value)>,
    /// `stop`, `length`, `tool_calls`, `content_filter`, or the dialect's own word.
    pub(crate) finish: String,
    /// All that was read, the cached part included.
    pub(crate) input: u64,
    /// All that was written, reasoning included.
    pub(crate) output: u64,
    /// The part of `input` that was read from a cache.
    pub(crate) cached: u64,
    /// The part of `output` that was reasoning.
    pub(crate) reasoning_tokens: u64,
    /// The reasoning that can be read, or its summary; parts follow each other without a break.
    pub(crate) reasoning: String,
    /// A refusal in words, where the dialect keeps that apart from text.
    pub(crate) refusal: String,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn arguments(text: &str) -> Value {
    let text = if text.is_empty() { "{}" } else { text };
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// OpenAI Chat Completions.
impl Reading {
    pub(crate) fn of_chat(body: &Value) -> Self {
        let choice = &body["choices"][0];
        let message = &choice["message"];
        let tools = list(&message["tool_calls"]).iter().map(|call| {
            let function = &call["function"];
            (text(&function["name"]).to_owned(), arguments(text(&function["arguments"])))
        });
        let mut this = Self {
            text: text(&message["content"]).to_owned(),
            tools: tools.collect(),
            finish: text(&choice["finish_reason"]).to_owned(),
            reasoning: chat_reasoning(message).to_owned(),
            refusal: text(&message["refusal"]).to_owned(),
            ..Self::default()
        };
        this.count_chat(&body["usage"]);
        this
    }

    pub(crate) fn of_chat_stream(stream: &str) -> Self {
        let mut this = Self::default();
        let mut calls: Vec<(String, String)> = Vec::new();
        let frames = data_lines(stream);
        assert_eq!(frames.last().map(String::as_str), Some("[DONE]"), "a stream ends with [DONE]: {stream}");
        for frame in &frames[..frames.len() - 1] {
            let chunk: Value = serde_json::from_str(frame).expect("JSON");
            assert!(chunk.get("error").is_none(), "an error in the stream: {frame}");
            if let Some(usage) = chunk.get("usage").filter(|usage| usage.is_object()) {
                this.count_chat(usage);
            }
            let Some(choice) = chunk["choices"].get(0).filter(|choice| choice["index"] == 0) else {
                continue;
            };
            let delta = &choice["delta"];
            this.text.push_str(text(&delta["content"]));
            this.reasoning.push_str(chat_reasoning(delta));
            this.refusal.push_str(text(&delta["refusal"]));
            for call in list(&delta["tool_calls"]) {
                let index = number(&call["index"]) as usize;
                calls.resize(calls.len().max(index + 1), Default::default());
                if calls[index].0.is_empty() {
                    calls[index].0.push_str(text(&call["function"]["name"]));
                }
                calls[index].1.push_str(text(&call["function"]["arguments"]));
            }
            if let Some(finish) = choice["finish_reason"].as_str() {
                finish.clone_into(&mut this.finish);
            }
        }
        this.tools = calls.into_iter().map(|(name, text)| (name, arguments(&text))).collect();
        this
    }

    fn count_chat(&mut self, usage: &Value) {
        self.input = number(&usage["prompt_tokens"]);
        self.output = number(&usage["completion_tokens"]);
        self.cached = number(&usage["prompt_tokens_details"]["cached_tokens"]);
        self.reasoning_tokens = number(&usage["completion_tokens_details"]["reasoning_tokens"]);
    }
}

/// The vendor's own API has no place for it; these two are what others write.
fn chat_reasoning(message: &Value) -> &str {
    message["reasoning_content"].as_str().unwrap_or_else(|| text(&message["reasoning"]))
}

/// Anthropic Messages.
impl Reading {
    pub(crate) fn of_message(body: &Value) -> Self {
        let mut this = Self { finish: finish_of_message(&body["stop_reason"]), ..Self::default() };
        for block in body["content"].as_array().expect("content") {
            match text(&block["type"]) {
                "text" => this.text.push_str(text(&block["text"])),
                "thinking" => this.reasoning.push_str(text(&block["thinking"])),
                "tool_use" => this.tools.push((text(&block["name"]).to_owned(), block["input"].clone())),
                _ => {}
            }
        }
        this.count_message(&body["usage"]);
        this
    }

    pub(crate) fn of_message_stream(stream: &str) -> Self {
        let mut this = Self::default();
        let mut usage = json!({});
        let mut input: Option<(String, String)> = None;
        let mut is_over = false;
        for frame in data_lines(stream) {
            assert!(!is_over, "nothing follows message_stop: {stream}");
            let event: Value = serde_json::from_str(&frame).expect("JSON");
            match text(&event["type"]) {
                "message_start" => usage = event["message"]["usage"].clone(),
                "content_block_start" if event["content_block"]["type"] == "tool_use" => {
                    input = Some((text(&event["content_block"]["name"]).to_owned(), String::new()));
                }
                "content_block_delta" => {
                    let delta = &event["delta"];
                    this.text.push_str(text(&delta["text"]));
                    this.reasoning.push_str(text(&delta["thinking"]));
                    if let Some((_, input)) = &mut input {
                        input.push_str(text(&delta["partial_json"]));
                    }
                }
                "content_block_stop" => {
                    this.tools.extend(input.take().map(|(name, text)| (name, arguments(&text))));
                }
                "message_delta" => {
                    this.finish = finish_of_message(&event["delta"]["stop_reason"]);
                    for (name, value) in event["usage"].as_object().into_iter().flatten() {
                        usage[name] = value.clone();
                    }
                }
                "message_stop" => is_over = true,
                "error" => panic!("an error in the stream: {frame}"),
                _ => {}
            }
        }
        assert!(is_over, "a stream ends with message_stop: {stream}");
        this.count_message(&usage);
        this
    }

    /// Anthropic counts what was read from and written to the cache apart.
    fn count_message(&mut self, usage: &Value) {
        let field = |name: &str| number(&usage[name]);
        self.cached = field("cache_read_input_tokens");
        self.input = field("input_tokens") + self.cached + field("cache_creation_input_tokens");
        self.output = field("output_tokens");
        self.reasoning_tokens = number(&usage["output_tokens_details"]["thinking_tokens"]);
    }
}

fn finish_of_message(reason: &Value) -> String {
    match text(reason) {
        "end_turn" | "stop_sequence" => "stop",
        "max_tokens" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        other => other,
    }
    .to_owned()
}

/// OpenAI Responses.
impl Reading {
    pub(crate) fn of_response(body: &Value) -> Self {
        let mut this = Self::default();
        for item in body["output"].as_array().expect("output") {
            this.add_item(item);
        }
        let reason = text(&body["incomplete_details"]["reason"]);
        this.finish = match (text(&body["status"]), reason) {
            ("completed", _) if !this.tools.is_empty() => "tool_calls",
            ("completed", _) => "stop",
            ("incomplete", "max_output_tokens") => "length",
            ("incomplete", other) => other,
            (other, _) => other,
        }
        .to_owned();
        let usage = &body["usage"];
        this.input = number(&usage["input_tokens"]);
        this.output = number(&usage["output_tokens"]);
        this.cached = number(&usage["input_tokens_details"]["cached_tokens"]);
        this.reasoning_tokens = number(&usage["output_tokens_details"]["reasoning_tokens"]);
        this
    }

    fn add_item(&mut self, item: &Value) {
        match text(&item["type"]) {
            "message" => {
                for part in list(&item["content"]) {
                    self.text.push_str(text(&part["text"]));
                    self.refusal.push_str(text(&part["refusal"]));
                }
            }
            "reasoning" => {
                let parts = list(&item["summary"]).iter().chain(list(&item["content"]));
                parts.for_each(|part| self.reasoning.push_str(text(&part["text"])));
            }
            "function_call" => {
                self.tools.push((text(&item["name"]).to_owned(), arguments(text(&item["arguments"]))));
            }
            "custom_tool_call" => self.tools.push((text(&item["name"]).to_owned(), item["input"].clone())),
            _ => {}
        }
    }

    /// Insists that the deltas add up to what the last event says.
    pub(crate) fn of_response_stream(stream: &str) -> Self {
        let (mut said, mut called) = (Self::default(), String::new());
        let mut last: Option<Self> = None;
        let mut next = 0;
        for frame in data_lines(stream) {
            if frame == "[DONE]" {
                continue;
            }
            assert!(last.is_none(), "nothing follows the end: {stream}");
            let event: Value = serde_json::from_str(&frame).expect("JSON");
            let is_error = matches!(text(&event["type"]), "response.failed" | "error");
            assert!(!is_error, "an error in the stream: {stream}");
            if let Some(number) = event["sequence_number"].as_u64() {
                assert_eq!(number, next, "sequence numbers have no gaps: {stream}");
                next += 1;
            }
            let delta = text(&event["delta"]);
            match text(&event["type"]) {
                "response.output_text.delta" => said.text.push_str(delta),
                "response.refusal.delta" => said.refusal.push_str(delta),
                "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                    said.reasoning.push_str(delta);
                }
                "response.function_call_arguments.delta" => called.push_str(delta),
                "response.completed" | "response.incomplete" => {
                    last = Some(Self::of_response(&event["response"]));
                }
                _ => {}
            }
        }
        let last = last.unwrap_or_else(|| panic!("a stream ends with the whole response: {stream}"));
        assert_eq!(said.text, last.text, "the deltas are the text: {stream}");
        assert_eq!(said.refusal, last.refusal, "the deltas are the refusal: {stream}");
        assert_eq!(said.reasoning, last.reasoning, "the deltas are the reasoning: {stream}");
        let is_called =
            last.tools.iter().any(|(_, arguments)| arguments.as_object().is_some_and(|a| !a.is_empty()));
        assert!(!is_called || !called.is_empty(), "arguments come in deltas: {stream}");
        last
    }
}

/// Gemini.
impl Reading {
    pub(crate) fn of_gemini(body: &Value) -> Self {
        let mut this = Self::default();
        this.add_gemini(body);
        this.end_gemini();
        this
    }

    /// A stream of events, or the array that comes without `alt=sse`.
    pub(crate) fn of_gemini_stream(stream: &str) -> Self {
        let chunks: Vec<Value> = if stream.trim_start().starts_with('[') {
            serde_json::from_str(stream).expect("an array")
        } else {
            data_lines(stream).iter().map(|data| serde_json::from_str(data).expect("JSON")).collect()
        };
        let mut this = Self::default();
        for chunk in &chunks {
            assert!(chunk.get("error").is_none(), "an error in the stream: {chunk}");
            this.add_gemini(chunk);
        }
        assert!(!this.finish.is_empty(), "a stream says why it ends: {stream}");
        this.end_gemini();
        this
    }

    fn add_gemini(&mut self, body: &Value) {
        if let Some(usage) = body.get("usageMetadata") {
            self.input = number(&usage["promptTokenCount"]) + number(&usage["toolUsePromptTokenCount"]);
            self.cached = number(&usage["cachedContentTokenCount"]);
            self.reasoning_tokens = number(&usage["thoughtsTokenCount"]);
            self.output = number(&usage["candidatesTokenCount"]) + self.reasoning_tokens;
        }
        if body["promptFeedback"]["blockReason"].is_string() {
            "content_filter".clone_into(&mut self.finish);
        }
        let candidate = &body["candidates"][0];
        if number(&candidate["index"]) != 0 {
            return;
        }
        for part in list(&candidate["content"]["parts"]) {
            let into = if part["thought"] == true { &mut self.reasoning } else { &mut self.text };
            into.push_str(text(&part["text"]));
            if let Some(call) = part.get("functionCall") {
                let arguments = if call["args"].is_null() { json!({}) } else { call["args"].clone() };
                self.tools.push((text(&call["name"]).to_owned(), arguments));
            }
        }
        if let Some(reason) = candidate["finishReason"].as_str() {
            self.finish = finish_of_gemini(reason);
        }
    }

    /// A turn that calls tools stops like any other.
    fn end_gemini(&mut self) {
        if self.finish == "stop" && !self.tools.is_empty() {
            "tool_calls".clone_into(&mut self.finish);
        }
    }
}

fn finish_of_gemini(reason: &str) -> String {
    match reason {
        "STOP" => "stop",
        "MAX_TOKENS" | "CONTINUATION" => "length",
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII"
        | "MODEL_ARMOR" | "ESCALATION" => "content_filter",
        image if image.starts_with("IMAGE_") => "content_filter",
        other => other,
    }
    .to_owned()
}

/// The data of each frame, by the letter of the specification: an independent reader.
pub(crate) fn data_lines(stream: &str) -> Vec<String> {
    let stream = stream.replace("\r\n", "\n").replace('\r', "\n");
    let frames = stream.split("\n\n").map(|frame| {
        let lines = frame.lines().filter_map(|line| line.strip_prefix("data:"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    });
    frames.filter(|data| !data.is_empty()).collect()
}
