use super::TERMINAL;
use crate::dialect::canonical::{Citation, Event, Finish, Reasoning, Text, Usage};
use crate::dialect::openai_chat::{citation, json, reasoning, response};
use crate::dialect::{Encode, Reply, cut};

/// Writes one stream of chunks.
#[derive(Debug)]
pub struct Encoder {
    reply: Reply,
    /// Every chunk up to the number of its choice; empty until the stream has started.
    head: Vec<u8>,
    choices: Vec<Choice>,
    usage: Option<Usage>,
    is_done: bool,
}

#[derive(Debug)]
struct Choice {
    index: u32,
    /// The thought that no seal has come for yet.
    thought: String,
    /// How long the text is, and where its last part begins: what citations are about.
    length: u64,
    part: u64,
    /// The last call, as long as it has no arguments.
    bare_call: Option<u32>,
    /// Why it stopped, once known. Told at the very end: some servers go on after they have said it.
    finish: Option<&'static str>,
}

impl Encode for Encoder {
    fn encode(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        if self.is_done {
            return;
        }
        match event {
            Event::Start { id, model } => {
                self.start(id.as_deref(), model.as_deref());
                self.begin(0, out);
            }
            Event::Usage(usage) => self.usage = Some(self.usage.unwrap_or_default().updated(*usage)),
            Event::End => {
                self.finish(out);
            }
            Event::Text { choice, text } => {
                self.text(*choice, br#"{"content":"#, text, out);
                if let Some(choice) = self.choice(*choice) {
                    choice.length += citation::length(text);
                }
            }
            Event::Citation { choice, citation } => self.cite(*choice, citation, out),
            Event::Refusal { choice, text } => {
                self.text(*choice, br#"{"refusal":"#, text, out);
            }
            Event::Reasoning { choice, text } => {
                self.text(*choice, br#"{"reasoning_content":"#, text, out);
                if let Some(choice) = self.choice(*choice) {
                    choice.thought.push_str(text);
                }
            }
            Event::Signature { choice, signature } => self.signature(*choice, signature, out),
            Event::Redacted { choice, data } => {
                let thought = Reasoning { redacted: Some(data.clone()), ..Reasoning::default() };
                self.detail(*choice, &thought, out);
            }
            Event::ToolCall { choice, index, id, name } => self.call(*choice, *index, [id, name], out),
            Event::Arguments { choice, index, json } => self.arguments(*choice, *index, json, out),
            Event::Logprobs { choice, value } => self.logprobs(*choice, value.get(), out),
            Event::PartEnd { choice } => {
                if let Some(choice) = self.choice(*choice) {
                    choice.thought.clear();
                    choice.part = choice.length;
                }
            }
            Event::Finish { choice, reason } => self.stop(*choice, reason, out),
            Event::Error(_) | Event::Ping => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> bool {
        let is_whole = !self.choices.is_empty() && self.choices.iter().all(|choice| choice.finish.is_some());
        if is_whole && !std::mem::replace(&mut self.is_done, true) {
            self.end_choices(out);
            self.usage(out);
            out.extend_from_slice(TERMINAL);
        }
        is_whole
    }
}

impl Encoder {
    pub(crate) const fn new(reply: Reply) -> Self {
        Self { reply, head: Vec::new(), choices: Vec::new(), usage: None, is_done: false }
    }

    /// Goes on with a stream whose chunks had this id, and which has said this.
    pub(crate) fn resumed(reply: Reply, id: &str, text: &str) -> Self {
        let mut this = Self::new(reply);
        this.head = head(id, this.reply.created, &this.reply.model);
        this.choices.push(Choice { length: citation::length(text), ..Choice::new(0) });
        this
    }

    /// Writes down once what all chunks begin with.
    fn start(&mut self, id: Option<&str>, model: Option<&str>) {
        if self.head.is_empty() {
            let id = response::answer_id(id, &self.reply);
            self.head = head(&id, self.reply.created, model.map_or(&*self.reply.model, cut::name));
        }
    }

    fn choice(&mut self, index: u32) -> Option<&mut Choice> {
        self.choices.iter_mut().find(|choice| choice.index == index)
    }

    /// Begins the choice with its role, unless that is done.
    fn begin(&mut self, index: u32, out: &mut Vec<u8>) {
        if self.choices.iter().any(|choice| choice.index == index) {
            return;
        }
        self.start(None, None);
        self.choices.push(Choice::new(index));
        self.write(index, br#"{"role":"assistant","content":"","refusal":null}"#, out);
        self.end("null", "null", out);
    }

    /// Writes a chunk up to the end of its delta.
    fn write(&self, index: u32, delta: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        if index == 0 {
            out.extend_from_slice(br#"{"index":0,"delta":"#);
        } else {
            out.extend_from_slice(br#"{"index":"#);
            json::value(out, &index);
            out.extend_from_slice(br#","delta":"#);
        }
        out.extend_from_slice(delta);
    }

    /// Writes a chunk from the end of its delta on.
    fn end(&self, logprobs: &str, finish: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(br#","logprobs":"#);
        out.extend_from_slice(logprobs.as_bytes());
        out.extend_from_slice(br#","finish_reason":"#);
        out.extend_from_slice(finish.as_bytes());
        // Who asked for usage gets the field in every chunk, and its value in the last.
        let tail: &[u8] = if self.reply.wants_usage { b"}],\"usage\":null}\n\n" } else { b"}]}\n\n" };
        out.extend_from_slice(tail);
    }

    fn logprobs(&mut self, index: u32, value: &str, out: &mut Vec<u8>) {
        self.begin(index, out);
        self.write(index, b"{}", out);
        self.end(value, "null", out);
    }

    fn text(&mut self, index: u32, field: &[u8], text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        self.begin(index, out);
        self.write(index, field, out);
        json::string(out, text);
        out.push(b'}');
        self.end("null", "null", out);
    }

    fn cite(&mut self, index: u32, cited: &Citation<'_>, out: &mut Vec<u8>) {
        let Some((from, to)) = self.choice(index).map(|choice| (choice.part, choice.length)) else { return };
        let mut annotation = br#"{"annotations":["#.to_vec();
        if citation::write(&mut annotation, cited, from, to) {
            annotation.extend_from_slice(b"]}");
            self.write(index, &annotation, out);
            self.end("null", "null", out);
        }
    }

    /// A seal is told with the text it seals: only together do they get back to their issuer.
    fn signature(&mut self, index: u32, signature: &Text<'_>, out: &mut Vec<u8>) {
        let thought = self.choice(index).map(|choice| std::mem::take(&mut choice.thought));
        let thought = Reasoning {
            text: thought.unwrap_or_default().into(),
            signature: Some(signature.clone()),
            ..Reasoning::default()
        };
        self.detail(index, &thought, out);
    }

    fn detail(&mut self, index: u32, thought: &Reasoning<'_>, out: &mut Vec<u8>) {
        self.begin(index, out);
        self.write(index, br#"{"reasoning_details":["#, out);
        reasoning::write(out, thought, self.reply.issuer.as_deref());
        out.extend_from_slice(b"]}");
        self.end("null", "null", out);
    }

    fn call(&mut self, index: u32, call: u32, [id, name]: [&Text<'_>; 2], out: &mut Vec<u8>) {
        self.bare(index, out);
        self.begin(index, out);
        self.write(index, br#"{"tool_calls":[{"index":"#, out);
        json::value(out, &call);
        out.extend_from_slice(br#","id":"#);
        json::string(out, id);
        out.extend_from_slice(br#","type":"function","function":{"name":"#);
        json::string(out, name);
        out.extend_from_slice(br#","arguments":""}}]}"#);
        self.end("null", "null", out);
        if let Some(choice) = self.choice(index) {
            choice.bare_call = Some(call);
        }
    }

    fn arguments(&mut self, index: u32, call: u32, fragment: &str, out: &mut Vec<u8>) {
        if fragment.is_empty() {
            return;
        }
        self.begin(index, out);
        if let Some(choice) = self.choice(index).filter(|choice| choice.bare_call == Some(call)) {
            choice.bare_call = None;
        }
        self.write(index, br#"{"tool_calls":[{"index":"#, out);
        json::value(out, &call);
        out.extend_from_slice(br#","function":{"arguments":"#);
        json::string(out, fragment);
        out.extend_from_slice(b"}}]}");
        self.end("null", "null", out);
    }

    /// A call without arguments gets an empty object: callers parse what they are given.
    fn bare(&mut self, index: u32, out: &mut Vec<u8>) {
        if let Some(call) = self.choice(index).and_then(|choice| choice.bare_call.take()) {
            self.arguments(index, call, "{}", out);
        }
    }

    fn stop(&mut self, index: u32, reason: &Finish<'_>, out: &mut Vec<u8>) {
        self.begin(index, out);
        let Some(choice) = self.choice(index) else { return };
        choice.finish = Some(response::finish_word(reason));
        // Arguments that the limit cut off are not made up.
        if matches!(reason, Finish::Length | Finish::ContextWindow) {
            choice.bare_call = None;
        }
    }

    fn end_choices(&mut self, out: &mut Vec<u8>) {
        for slot in 0..self.choices.len() {
            let index = self.choices[slot].index;
            self.bare(index, out);
            let Some(word) = self.choices[slot].finish else { continue };
            self.write(index, b"{}", out);
            self.end("null", &format!("\"{word}\""), out);
        }
    }

    fn usage(&self, out: &mut Vec<u8>) {
        let Some(usage) = response::known_usage(self.usage).filter(|_| self.reply.wants_usage) else {
            return;
        };
        out.extend_from_slice(&self.head);
        out.extend_from_slice(br#"],"usage":"#);
        response::write_usage(out, usage);
        out.extend_from_slice(b"}\n\n");
    }
}

fn head(id: &str, created: u64, model: &str) -> Vec<u8> {
    let mut head = br#"data: {"id":"#.to_vec();
    json::string(&mut head, id);
    head.extend_from_slice(br#","object":"chat.completion.chunk","created":"#);
    json::value(&mut head, &created);
    head.extend_from_slice(br#","model":"#);
    json::string(&mut head, model);
    head.extend_from_slice(br#","choices":["#);
    head
}

impl Choice {
    const fn new(index: u32) -> Self {
        Self { index, thought: String::new(), length: 0, part: 0, bare_call: None, finish: None }
    }
}
