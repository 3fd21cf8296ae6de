use crate::dialect::canonical::Usage;
use crate::dialect::openai::leaf::{self, Raw, count};

#[derive(serde::Deserialize)]
struct Tokens<'a> {
    #[serde(borrow)]
    input_tokens: Raw<'a>,
    #[serde(borrow)]
    input_tokens_details: Raw<'a>,
    #[serde(borrow)]
    output_tokens: Raw<'a>,
    #[serde(borrow)]
    output_tokens_details: Raw<'a>,
}

#[derive(serde::Deserialize)]
struct Details<'a> {
    #[serde(borrow)]
    cached_tokens: Raw<'a>,
    #[serde(borrow)]
    cache_write_tokens: Raw<'a>,
    #[serde(borrow)]
    reasoning_tokens: Raw<'a>,
}

/// Reads what an answer cost. Input includes what was cached, output includes reasoning, as in the hub.
pub(crate) fn read(usage: Raw<'_>) -> Option<Usage> {
    let tokens: Tokens<'_> = leaf::read(usage)?;
    let input: Option<Details<'_>> = leaf::read(tokens.input_tokens_details);
    let output: Option<Details<'_>> = leaf::read(tokens.output_tokens_details);
    Some(Usage {
        input: count(tokens.input_tokens),
        cache_read: input.as_ref().and_then(|details| count(details.cached_tokens)),
        cache_write: input.as_ref().and_then(|details| count(details.cache_write_tokens)),
        output: count(tokens.output_tokens),
        reasoning: output.and_then(|details| count(details.reasoning_tokens)),
    })
}

/// Writes what an answer cost: `null` where nothing is known of it. Where something is, the API has no way to
/// leave the rest open: the SDKs take every count for present, and a zero for what nobody counted.
pub(super) fn write(out: &mut Vec<u8>, usage: Option<Usage>) {
    let Some(usage) = usage.filter(|usage| usage.input.is_some() || usage.output.is_some()) else {
        return out.extend_from_slice(b"null");
    };
    let (input, output) = (usage.input.unwrap_or(0), usage.output.unwrap_or(0));
    let counts: [(&str, u64); 6] = [
        (r#"{"input_tokens":"#, input),
        (r#","input_tokens_details":{"cache_write_tokens":"#, usage.cache_write.unwrap_or(0)),
        (r#","cached_tokens":"#, usage.cache_read.unwrap_or(0)),
        (r#"},"output_tokens":"#, output),
        (r#","output_tokens_details":{"reasoning_tokens":"#, usage.reasoning.unwrap_or(0)),
        (r#"},"total_tokens":"#, input.saturating_add(output)),
    ];
    for (key, count) in counts {
        out.extend_from_slice(key.as_bytes());
        super::item::number(out, count);
    }
    out.push(b'}');
}
