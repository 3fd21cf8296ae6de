use super::grounding::{About, Grounding};
use super::json::{self, line};
use super::{part, seal};
use crate::dialect::canonical::{Content, Reasoning, Source};
use crate::dialect::gemini::NAME;
use crate::dialect::quoted::quoted;

/// The parts of one answer, as they are written.
#[derive(Debug, Default)]
pub(crate) struct Parts<'a> {
    parts: &'a [Content<'a>],
    issuer: Option<&'a str>,
    /// A seal of this API's own that waits for the next call.
    seal: Option<&'a str>,
    /// The seal that comes next has been told with the text before it.
    is_seal_told: bool,
    pub(crate) has_refusal: bool,
    /// A call was left out, of whose arguments there is no more than a part.
    pub(crate) has_half_a_call: bool,
    written: usize,
    /// The last text, and which part it is.
    text: (&'a str, usize),
    has_several_texts: bool,
    pub(crate) grounding: Grounding,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(parts: &'a [Content<'a>], issuer: Option<&'a str>) -> Self {
        let texts = parts.iter().filter(|part| matches!(part, Content::Text(_) | Content::Refusal(_)));
        Self { parts, issuer, has_several_texts: texts.count() > 1, ..Self::default() }
    }

    /// Appends all parts, separated by commas.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) {
        for at in 0..self.parts.len() {
            self.part(at, out);
        }
        self.rest(out);
    }

    fn part(&mut self, at: usize, out: &mut Vec<u8>) {
        let parts = self.parts;
        match &parts[at] {
            Content::Text(text) => self.text(at, text, out),
            Content::Refusal(text) => {
                self.has_refusal = true;
                self.text(at, text, out);
            }
            Content::Reasoning(thought) => self.thought(thought, out),
            Content::ToolCall(called) => {
                let Some(arguments) = json::object(&called.arguments) else {
                    self.has_half_a_call = true;
                    return;
                };
                self.start(out);
                json::call(out, [&called.id, &called.name, arguments]);
                if let Some(signature) = self.seal.take() {
                    seal::write(out, Some(NAME), Some(signature));
                }
                out.push(b'}');
            }
            Content::Citation(citation) => {
                let (text, part) = self.text;
                let part = self.has_several_texts.then_some(part);
                self.grounding.add(citation, About { text, before: 0, part });
            }
            Content::Image { source, .. } | Content::Audio { source } => self.media(source, out),
            Content::Unknown { kind, value } if self.issuer == Some(NAME) && part::is_own(kind) => {
                self.start(out);
                // The braces are written here, and stand there, too.
                line(out, value.get().trim_start_matches('{'));
            }
            // Of other dialects' own parts nothing can be told.
            _ => {}
        }
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(if out.is_empty() { b"{" } else { b",{" });
        self.written += 1;
    }

    fn text(&mut self, at: usize, text: &'a str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        self.start(out);
        self.text = (text, self.written - 1);
        out.extend_from_slice(b"\"text\":");
        quoted(out, text);
        if let Some(signature) = self.seal_behind(at) {
            seal::write(out, Some(NAME), Some(signature));
            self.is_seal_told = true;
        }
        out.push(b'}');
    }

    /// The seal that follows a text is the text's own, unless a call follows.
    fn seal_behind(&self, at: usize) -> Option<&'a str> {
        let Some(Content::Reasoning(thought)) = self.parts.get(at + 1) else { return None };
        let is_calls = matches!(self.parts.get(at + 2), Some(Content::ToolCall(_)));
        self.own_seal(thought).filter(|_| !is_calls)
    }

    /// The seal of this API on something else than a thought.
    fn own_seal(&self, thought: &'a Reasoning<'a>) -> Option<&'a str> {
        let is_own = thought.issuer.as_deref().or(self.issuer) == Some(NAME);
        let is_bare = thought.text.is_empty() && thought.redacted.is_none();
        thought.signature.as_deref().filter(|_| is_own && is_bare)
    }

    fn thought(&mut self, thought: &'a Reasoning<'a>, out: &mut Vec<u8>) {
        if let Some(signature) = self.own_seal(thought) {
            if !std::mem::take(&mut self.is_seal_told) {
                self.rest(out);
                self.seal = Some(signature);
            }
            return;
        }
        let issuer = thought.issuer.as_deref().or(self.issuer);
        if thought.text.is_empty() && thought.redacted.is_none() && thought.signature.is_none() {
            return;
        }
        self.start(out);
        out.extend_from_slice(b"\"text\":");
        quoted(out, &thought.text);
        out.extend_from_slice(b",\"thought\":true");
        match &thought.redacted {
            Some(data) => seal::write_redacted(out, issuer, data),
            None => seal::write(out, issuer, thought.signature.as_deref()),
        }
        out.push(b'}');
    }

    fn media(&mut self, source: &Source<'_>, out: &mut Vec<u8>) {
        match source {
            Source::Base64 { media_type, data } => {
                self.start(out);
                out.extend_from_slice(b"\"inlineData\":{\"mimeType\":");
                quoted(out, media_type);
                out.extend_from_slice(b",\"data\":");
                quoted(out, data);
            }
            Source::Url(url) => {
                self.start(out);
                out.extend_from_slice(b"\"fileData\":{\"fileUri\":");
                quoted(out, url);
            }
            // What is stored elsewhere has no address.
            _ => return,
        }
        out.extend_from_slice(b"}}");
    }

    /// A seal that no call came for.
    fn rest(&mut self, out: &mut Vec<u8>) {
        if let Some(signature) = self.seal.take() {
            self.start(out);
            out.extend_from_slice(b"\"text\":\"\"");
            seal::write(out, Some(NAME), Some(signature));
            out.push(b'}');
        }
    }
}
