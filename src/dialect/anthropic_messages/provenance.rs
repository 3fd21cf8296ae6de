//! Whose thoughts are whose: Anthropic's are known by their own seal, those of others by a mark on it.
//!
//! Anthropic refuses a thought that it did not seal, and its SDKs refuse one without a seal.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::wire::{self, Kind, Object, Str};
use super::{NAME, NAMES, citation, peek};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Position, Text};
use crate::dialect::seal::{self, MARK};
use crate::facts::Losses;

/// The seal under which a thought goes to a caller.
pub(super) fn seal<'a>(issuer: Option<&str>, signature: Option<&'a str>) -> Cow<'a, str> {
    seal::seal(NAME, issuer, signature)
}

/// The issuer of a seal, and what he wrote in it.
pub(super) fn unseal(seal: Text<'_>) -> (Text<'_>, Option<Text<'_>>) {
    seal::unseal(NAME, seal)
}

/// Does the body hold a marked seal? Prose that quotes one is a false alarm, and harmless.
pub(super) fn holds_foreign(body: &[u8]) -> bool {
    seal::is_in(body)
}

/// Is this seal another issuer's?
pub(super) fn is_marked(seal: &str) -> bool {
    seal.starts_with(MARK)
}

#[derive(serde::Deserialize)]
struct Spanned<'a> {
    #[serde(borrow)]
    messages: &'a RawValue,
}

#[derive(serde::Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(serde::Deserialize)]
struct Sealed<'a> {
    #[serde(borrow, default)]
    signature: Option<Str<'a>>,
    #[serde(borrow, default)]
    data: Option<Str<'a>>,
}

/// Takes the thoughts of others out of a body, with the contents and turns that become empty. All else is
/// copied byte for byte.
pub(super) fn scrub(body: &[u8], losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
    let text = peek::text(body)?;
    let Object(Spanned { messages: raw }) =
        serde_json::from_str(text).map_err(|error| peek::syntax(&error))?;
    let messages: Vec<&RawValue> = wire::read("messages", raw)?;
    let mut kept: Vec<Cow<'_, str>> = Vec::with_capacity(messages.len());
    for (turn, message) in messages.into_iter().enumerate() {
        kept.extend(scrub_message(message, turn, losses)?);
    }
    let span = peek::span(body, raw);
    let list = format!("[{}]", kept.join(","));
    Ok([&body[..span.start], list.as_bytes(), &body[span.end..]].concat())
}

fn scrub_message<'a>(
    message: &'a RawValue,
    turn: usize,
    losses: &mut Losses,
) -> Result<Option<Cow<'a, str>>, Invalid> {
    let text = message.get();
    let Object(Message { content }) = wire::read(&format!("messages.{turn}"), message)?;
    let Ok(blocks) = serde_json::from_str::<Vec<&RawValue>>(content.get()) else {
        return Ok(Some(Cow::Borrowed(text)));
    };
    let mut is_whole = true;
    let mut kept: Vec<Cow<'_, str>> = Vec::with_capacity(blocks.len());
    for (index, block) in blocks.into_iter().enumerate() {
        let index = u32::try_from(index).ok();
        let position = Position { turn: u32::try_from(turn).ok(), field: "content", index };
        if is_foreign(block) {
            is_whole = false;
            losses.dropped(NAMES.part(position, ""));
        } else if let Some(uncited) = without_foreign_citations(block) {
            is_whole = false;
            losses.dropped(NAMES.part(position, "citations"));
            kept.push(Cow::Owned(uncited));
        } else {
            kept.push(Cow::Borrowed(block.get()));
        }
    }
    if is_whole {
        return Ok(Some(Cow::Borrowed(text)));
    }
    let span = peek::span(text.as_bytes(), content);
    let rewritten = || format!("{}[{}]{}", &text[..span.start], kept.join(","), &text[span.end..]);
    Ok((!kept.is_empty()).then(|| Cow::Owned(rewritten())))
}

/// The block without the citations that others made; `None` where it has none of those.
fn without_foreign_citations(block: &RawValue) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Cited<'a> {
        #[serde(borrow)]
        citations: &'a RawValue,
    }
    let Object(Cited { citations }) = serde_json::from_str::<Object<Cited<'_>>>(block.get()).ok()?;
    let list: Vec<&RawValue> = serde_json::from_str(citations.get()).ok()?;
    let own: Vec<&str> = list.iter().filter(|raw| !citation::is_foreign(raw)).map(|raw| raw.get()).collect();
    if own.len() == list.len() {
        return None;
    }
    let (text, span) = (block.get(), peek::span(block.get().as_bytes(), citations));
    // An empty list is taken where there may be none.
    Some(format!("{}[{}]{}", &text[..span.start], own.join(","), &text[span.end..]))
}

fn is_foreign(block: &RawValue) -> bool {
    let kind = serde_json::from_str::<Object<Kind<'_>>>(block.get());
    if !kind.is_ok_and(|kind| matches!(&*kind.0.kind, "thinking" | "redacted_thinking")) {
        return false;
    }
    let marked = |seal: Option<Str<'_>>| seal.is_some_and(|Str(seal)| is_marked(&seal));
    serde_json::from_str::<Object<Sealed<'_>>>(block.get())
        .is_ok_and(|Object(sealed)| marked(sealed.signature) || marked(sealed.data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrubbing_takes_out_the_thoughts_of_others_and_nothing_else() {
        let body = br#"{"n":1.50e3, "messages":[ {"role":"user","content":"\"failover: x"},
            {"role":"assistant", "content":[{"type":"thinking","thinking":"t","signature":"failover:o:"}]},
            {"x":[1],"role":"assistant","content": [{"type":"thinking","thinking":"own","signature":"Eq"} ,
             {"type":"redacted_thinking","data":"failover:o:z"},{"type":"text","text":"signature: \"failover:o:\""}] } ], "model":"m"}"#;
        assert!(holds_foreign(body));
        let mut losses = Losses::new();
        let scrubbed = String::from_utf8(scrub(body, &mut losses).unwrap()).unwrap();
        assert_eq!(
            scrubbed,
            concat!(
                r#"{"n":1.50e3, "messages":[{"role":"user","content":"\"failover: x"},"#,
                r#"{"x":[1],"role":"assistant","content": [{"type":"thinking","thinking":"own","signature":"Eq"},"#,
                r#"{"type":"text","text":"signature: \"failover:o:\""}] }], "model":"m"}"#,
            )
        );
        assert_eq!(losses.to_string(), "dropped=messages[1].content[0], dropped=messages[2].content[1]");
        assert!(!holds_foreign(br#"{"messages":[]}"#));
    }
}
