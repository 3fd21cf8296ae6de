//! The items of an output, written.

use crate::dialect::quoted::quoted;

/// A text to be written as JSON, or one that has been already: streams keep what they have written.
#[derive(Clone, Copy)]
pub(crate) enum Words<'a> {
    Plain(&'a str),
    /// Without the quotes around it.
    Escaped(&'a [u8]),
}

impl Words<'_> {
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Plain(text) => quoted(out, text),
            Self::Escaped(json) => {
                out.push(b'"');
                out.extend_from_slice(json);
                out.push(b'"');
            }
        }
    }

    pub(crate) const fn is_empty(self) -> bool {
        match self {
            Self::Plain(text) => text.is_empty(),
            Self::Escaped(json) => json.is_empty(),
        }
    }
}

/// Appends a number.
pub(crate) fn number(out: &mut Vec<u8>, number: u64) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(out, &number);
}

/// A message up to its first part; `]}` ends it.
pub(crate) fn message(out: &mut Vec<u8>, id: &str, status: &str) {
    out.extend_from_slice(br#"{"id":"#);
    quoted(out, id);
    out.extend_from_slice(br#","type":"message","status":""#);
    out.extend_from_slice(status.as_bytes());
    out.extend_from_slice(br#"","role":"assistant","content":["#);
}

/// A text. Annotations and probabilities are the elements of their lists.
pub(crate) fn text(out: &mut Vec<u8>, text: Words<'_>, annotations: &[u8], logprobs: &[u8]) {
    out.extend_from_slice(br#"{"type":"output_text","annotations":["#);
    out.extend_from_slice(annotations);
    out.extend_from_slice(br#"],"logprobs":["#);
    out.extend_from_slice(logprobs);
    out.extend_from_slice(br#"],"text":"#);
    text.write(out);
    out.push(b'}');
}

/// A refusal.
pub(crate) fn refusal(out: &mut Vec<u8>, text: Words<'_>) {
    out.extend_from_slice(br#"{"type":"refusal","refusal":"#);
    text.write(out);
    out.push(b'}');
}

/// Who is called.
#[derive(Clone, Copy)]
pub(crate) struct Callee<'a> {
    pub(crate) id: &'a str,
    pub(crate) call_id: &'a str,
    pub(crate) name: &'a str,
}

/// A call of a function.
pub(crate) fn call(out: &mut Vec<u8>, callee: Callee<'_>, status: &str, arguments: Words<'_>) {
    out.extend_from_slice(br#"{"id":"#);
    quoted(out, callee.id);
    out.extend_from_slice(br#","type":"function_call","status":""#);
    out.extend_from_slice(status.as_bytes());
    out.extend_from_slice(br#"","arguments":"#);
    arguments.write(out);
    out.extend_from_slice(br#","call_id":"#);
    quoted(out, callee.call_id);
    out.extend_from_slice(br#","name":"#);
    quoted(out, callee.name);
    out.push(b'}');
}

/// A thought.
pub(crate) fn reasoning(out: &mut Vec<u8>, id: &str, summary: Words<'_>, encrypted: Option<&str>) {
    out.extend_from_slice(br#"{"id":"#);
    quoted(out, id);
    out.extend_from_slice(br#","type":"reasoning","summary":["#);
    if !summary.is_empty() {
        self::summary(out, summary);
    }
    out.push(b']');
    if let Some(encrypted) = encrypted {
        out.extend_from_slice(br#","encrypted_content":"#);
        quoted(out, encrypted);
    }
    out.push(b'}');
}

/// What of a thought is shown.
pub(crate) fn summary(out: &mut Vec<u8>, text: Words<'_>) {
    out.extend_from_slice(br#"{"type":"summary_text","text":"#);
    text.write(out);
    out.push(b'}');
}
