//! Token probabilities, in the words of OpenAI Chat and back.

use super::wire::{self, Leaf, Raw};
use crate::dialect::quoted::quoted;

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Result<'a> {
    #[serde(borrow, alias = "chosen_candidates")]
    chosen_candidates: Option<Vec<Token<'a>>>,
    #[serde(borrow, alias = "top_candidates")]
    top_candidates: Option<Vec<Top<'a>>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Top<'a> {
    #[serde(borrow)]
    candidates: Option<Vec<Token<'a>>>,
}

/// A token of either API.
#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Token<'a> {
    #[serde(borrow)]
    token: Leaf<'a>,
    #[serde(borrow, alias = "log_probability", alias = "logprob")]
    log_probability: Raw<'a>,
    #[serde(borrow, rename = "top_logprobs")]
    top: Option<Vec<Token<'a>>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Chat<'a> {
    #[serde(borrow)]
    content: Option<Vec<Token<'a>>>,
}

/// Appends the items of Chat's list `content`. Ids of tokens have no place there, and no caller the table.
pub(crate) fn read(raw: Raw<'_>, out: &mut Vec<u8>) {
    let Some(result) = wire::read::<Result<'_>>(raw) else { return };
    let mut top = result.top_candidates.unwrap_or_default().into_iter();
    for chosen in result.chosen_candidates.unwrap_or_default() {
        if !out.is_empty() {
            out.push(b',');
        }
        token(out, &chosen);
        out.extend_from_slice(b",\"top_logprobs\":[");
        let top = top.next().and_then(|top| top.candidates).unwrap_or_default();
        for (at, other) in top.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            token(out, other);
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
    }
}

/// All of a token but its closing brace.
fn token(out: &mut Vec<u8>, token: &Token<'_>) {
    let text = token.token.as_text().map_or("", |text| &**text);
    out.extend_from_slice(b"{\"token\":");
    quoted(out, text);
    out.extend_from_slice(b",\"logprob\":");
    out.extend_from_slice(token.probability().as_bytes());
    out.extend_from_slice(b",\"bytes\":[");
    for (at, byte) in text.bytes().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(byte.to_string().as_bytes());
    }
    out.push(b']');
}

/// Appends the API's own form of Chat's `{"content":[…]}`; nothing for what is not that.
pub(crate) fn write(out: &mut Vec<u8>, key: &[u8], chat: &str) {
    let Ok(Chat { content: Some(tokens) }) = serde_json::from_str::<Chat<'_>>(chat) else { return };
    out.extend_from_slice(key);
    out.extend_from_slice(b"{\"chosenCandidates\":[");
    candidates(out, &tokens);
    out.push(b']');
    if tokens.iter().any(|token| token.top.is_some()) {
        out.extend_from_slice(b",\"topCandidates\":[");
        for (at, token) in tokens.iter().enumerate() {
            out.extend_from_slice(if at > 0 { b",{\"candidates\":[" } else { b"{\"candidates\":[" });
            candidates(out, token.top.as_deref().unwrap_or_default());
            out.extend_from_slice(b"]}");
        }
        out.push(b']');
    }
    out.push(b'}');
}

fn candidates(out: &mut Vec<u8>, tokens: &[Token<'_>]) {
    for (at, token) in tokens.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",{\"token\":" } else { b"{\"token\":" });
        quoted(out, token.token.as_text().map_or("", |text| &**text));
        out.extend_from_slice(b",\"logProbability\":");
        out.extend_from_slice(token.probability().as_bytes());
        out.push(b'}');
    }
}

impl Token<'_> {
    /// Its digits as they came. Zero is left out.
    fn probability(&self) -> &str {
        let number = self.log_probability.map_or("0", |raw| raw.get());
        if number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) { number } else { "0" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_keep_their_digits_there_and_back() {
        let own = concat!(
            r#"{"chosenCandidates":[{"token":"ä","logProbability":-0.019725550},{"token":"\n","logProbability":0}],"#,
            r#""topCandidates":[{"candidates":[{"token":"ä","logProbability":-0.019725550},"#,
            r#"{"token":"b","logProbability":-1e-7}]},{"candidates":[]}]}"#
        );
        let mut items = Vec::new();
        read(serde_json::from_str(own).ok(), &mut items);
        let chat = format!("{{\"content\":[{}]}}", String::from_utf8(items).unwrap());
        assert!(chat.starts_with(r#"{"content":[{"token":"ä","logprob":-0.019725550,"bytes":[195,164],"#));
        let mut out = Vec::new();
        write(&mut out, b"", &chat);
        assert_eq!(String::from_utf8(out).unwrap(), own);
    }

    #[test]
    fn what_is_no_list_of_tokens_is_nothing() {
        let mut out = Vec::new();
        read(serde_json::from_str(r#"{"chosenCandidates":7}"#).ok(), &mut out);
        write(&mut out, b"", "{\"content\":null}");
        assert!(out.is_empty());
    }
}
