use super::json;
use super::parts::Parts;
use super::{finish, logprobs, usage};
use crate::dialect::canonical::{Answer, Choice, Finish};
use crate::dialect::quoted::quoted;
use crate::dialect::{Reply, cut};

/// Writes a whole answer.
pub(crate) fn encode(answer: &Answer<'_>, reply: &Reply) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(b"{\"candidates\":[");
    for (index, each) in (0..).zip(&answer.choices) {
        if index > 0 {
            out.push(b',');
        }
        choice(&mut out, index, each, reply);
    }
    out.push(b']');
    usage::write(&mut out, answer.usage.unwrap_or_default());
    origin(&mut out, answer.id.as_deref(), answer.model.as_deref().unwrap_or(&reply.model));
    out.push(b'}');
    out
}

/// Appends who answered.
pub(crate) fn origin(out: &mut Vec<u8>, id: Option<&str>, model: &str) {
    if !model.is_empty() {
        out.extend_from_slice(b",\"modelVersion\":");
        quoted(out, cut::name(model));
    }
    if let Some(id) = id {
        out.extend_from_slice(b",\"responseId\":");
        quoted(out, cut::name(id));
    }
}

fn choice(out: &mut Vec<u8>, index: u64, choice: &Choice<'_>, reply: &Reply) {
    let mut parts = Parts::new(&choice.parts, reply.issuer.as_deref());
    let mut said = Vec::new();
    parts.write(&mut said);
    out.push(b'{');
    let is_blocked = choice.finish == Some(Finish::ContentFilter);
    if !said.is_empty() || !is_blocked {
        out.extend_from_slice(b"\"content\":{\"parts\":[");
        // The SDKs' chats take an answer without a part for none at all.
        out.extend_from_slice(if said.is_empty() { b"{\"text\":\"\"}" } else { &said });
        out.extend_from_slice(b"],\"role\":\"model\"},");
    }
    if let Some(reason) = &choice.finish {
        out.extend_from_slice(b"\"finishReason\":");
        // A call that the limit cut off is explained by it, and one that the model garbled by this alone.
        let is_garbled = parts.has_half_a_call && !reason.explains_nothing_said();
        let reason = if is_garbled { &Finish::Error } else { reason };
        quoted(out, finish::write(reason, parts.has_refusal));
        out.push(b',');
    }
    out.extend_from_slice(b"\"index\":");
    json::number(out, index);
    parts.grounding.write(out);
    if let Some(value) = &choice.logprobs {
        logprobs::write(out, b",\"logprobsResult\":", value.get());
    }
    out.push(b'}');
}
