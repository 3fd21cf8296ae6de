//! Thoughts: `reasoning_content` (or `reasoning`) for what can be read, `reasoning_details` for seals.
//!
//! The dialect has no field of its own for them. The first is the form of DeepSeek, xAI and most servers,
//! the second OpenRouter's. Seals that another dialect issued are written with its name as `format`, so that
//! they find back to it.

use std::borrow::Cow;

use super::wire::{self, Raw};
use crate::dialect::canonical::{Reasoning, Text};

/// Reads thoughts from the readable text and the list of details, one of which may repeat the other.
pub(super) fn read<'a>(text: Option<Text<'a>>, details: Raw<'a>) -> Vec<Reasoning<'a>> {
    placed(text, details).into_iter().map(|(_, thought)| thought).collect()
}

/// The same, each with the index of the detail that it is; `None` for one that is the text alone.
pub(super) fn placed<'a>(text: Option<Text<'a>>, details: Raw<'a>) -> Vec<(Option<u32>, Reasoning<'a>)> {
    let details: Vec<wire::Detail<'a>> = wire::read(details).unwrap_or_default();
    let thoughts = (0..).zip(&details).filter_map(|(index, detail)| Some((Some(index), thought(detail)?)));
    let mut thoughts: Vec<(Option<u32>, Reasoning<'a>)> = thoughts.collect();
    if thoughts.iter().any(|(_, thought)| !thought.text.is_empty()) {
        return thoughts;
    }
    let Some(text) = text else { return thoughts };
    // A seal without its text seals the text beside it, as long as it is the only one.
    let mut seals = thoughts.iter_mut().filter(|(_, thought)| thought.signature.is_some());
    match (seals.next(), seals.next()) {
        (Some((_, only)), None) => only.text = text,
        _ => thoughts.insert(0, (None, Reasoning { text, ..Reasoning::default() })),
    }
    thoughts
}

/// One block of details, if it says something.
pub(super) fn thought<'a>(detail: &wire::Detail<'a>) -> Option<Reasoning<'a>> {
    let thought = Reasoning {
        text: wire::text(detail.text).or_else(|| wire::text(detail.summary)).unwrap_or(Cow::Borrowed("")),
        signature: wire::text(detail.signature),
        redacted: wire::text(detail.data),
        issuer: wire::text(detail.format),
    };
    let says = !thought.text.is_empty() || thought.signature.is_some() || thought.redacted.is_some();
    says.then_some(thought)
}

/// Writes one block of details.
pub(super) fn write(out: &mut Vec<u8>, thought: &Reasoning<'_>, issuer: Option<&str>) {
    match &thought.redacted {
        Some(data) => {
            out.extend_from_slice(br#"{"type":"reasoning.encrypted","data":"#);
            super::json::string(out, data);
        }
        None => {
            out.extend_from_slice(br#"{"type":"reasoning.text","text":"#);
            super::json::string(out, &thought.text);
        }
    }
    if let Some(signature) = &thought.signature {
        out.extend_from_slice(br#","signature":"#);
        super::json::string(out, signature);
    }
    if let Some(issuer) = thought.issuer.as_deref().or(issuer) {
        out.extend_from_slice(br#","format":"#);
        super::json::string(out, issuer);
    }
    out.push(b'}');
}
