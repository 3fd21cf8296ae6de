//! What an answer cost, there and back.

use super::wire::{self, Raw, count};
use crate::dialect::canonical::Usage;
use crate::dialect::scan::Scan;

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(borrow, alias = "prompt_token_count")]
    prompt_token_count: Raw<'a>,
    #[serde(borrow, alias = "tool_use_prompt_token_count")]
    tool_use_prompt_token_count: Raw<'a>,
    #[serde(borrow, alias = "cached_content_token_count")]
    cached_content_token_count: Raw<'a>,
    #[serde(borrow, alias = "candidates_token_count")]
    candidates_token_count: Raw<'a>,
    #[serde(borrow, alias = "thoughts_token_count")]
    thoughts_token_count: Raw<'a>,
    #[serde(borrow, alias = "total_token_count")]
    total_token_count: Raw<'a>,
}

/// The counts of the API, as it tells them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    prompt: Option<u64>,
    tool_use_prompt: Option<u64>,
    cached: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
    total: Option<u64>,
}

/// Reads what an answer cost.
pub(crate) fn read(raw: Raw<'_>) -> Option<Usage> {
    let metadata: Metadata<'_> = wire::read(raw)?;
    let counts = Counts {
        prompt: count(metadata.prompt_token_count),
        tool_use_prompt: count(metadata.tool_use_prompt_token_count),
        cached: count(metadata.cached_content_token_count),
        candidates: count(metadata.candidates_token_count),
        thoughts: count(metadata.thoughts_token_count),
        total: count(metadata.total_token_count),
    };
    counts.usage()
}

impl Counts {
    /// Reads them by hand; `None` where they are worded in another way than the vendor's, or twice.
    pub(crate) fn scan(scan: &mut Scan<'_>) -> Option<Self> {
        let mut counts = Self::default();
        scan.object(|scan, key| {
            let field = match key {
                "promptTokenCount" => &mut counts.prompt,
                "toolUsePromptTokenCount" => &mut counts.tool_use_prompt,
                "cachedContentTokenCount" => &mut counts.cached,
                "candidatesTokenCount" => &mut counts.candidates,
                "thoughtsTokenCount" => &mut counts.thoughts,
                "totalTokenCount" => &mut counts.total,
                _ if key.contains('_') => return None,
                _ => return scan.skip(),
            };
            let is_first = field.replace(scan.number()?.parse().ok()?).is_none();
            is_first.then_some(())
        })?;
        Some(counts)
    }

    /// The API counts thoughts and what its own tools read apart; the total has all.
    pub(crate) fn usage(self) -> Option<Usage> {
        let input = sum(self.prompt, self.tool_use_prompt);
        let output = sum(self.candidates, self.thoughts);
        // What is zero is left out; only the total tells it from what is not known.
        let rest = |other: Option<u64>| self.total?.checked_sub(other?);
        let usage = Usage {
            input: input.or_else(|| rest(output)),
            cache_read: self.cached,
            cache_write: None,
            output: output.or_else(|| rest(input)),
            reasoning: self.thoughts,
        };
        (usage != Usage::default()).then_some(usage)
    }
}

fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.saturating_add(other)),
        (one, other) => one.or(other),
    }
}

/// Writes `,"usageMetadata":{…}`; nothing where nothing is known. What is not known is left out.
pub(crate) fn write(out: &mut Vec<u8>, usage: Usage) {
    let said = usage.output.map(|output| output.saturating_sub(usage.reasoning.unwrap_or(0)));
    let fields = [
        ("promptTokenCount", usage.input),
        ("cachedContentTokenCount", usage.cache_read),
        ("candidatesTokenCount", said),
        ("thoughtsTokenCount", usage.reasoning),
        ("totalTokenCount", usage.total()),
    ];
    let known = fields.into_iter().filter_map(|(name, count)| Some((name, count?)));
    let mut start: &[u8] = b",\"usageMetadata\":{\"";
    for (name, count) in known {
        out.extend_from_slice(start);
        start = b",\"";
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        out.extend_from_slice(count.to_string().as_bytes());
    }
    if start == b",\"" {
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Option<Usage> {
        read(serde_json::from_str(json).ok())
    }

    #[test]
    fn thoughts_are_output_and_what_tools_read_is_input() {
        let usage = of(r#"{"promptTokenCount":100,"cachedContentTokenCount":"60","candidatesTokenCount":7.0,
            "thoughtsTokenCount":30,"toolUsePromptTokenCount":11,"totalTokenCount":148}"#);
        let wanted = Usage {
            input: Some(111),
            cache_read: Some(60),
            cache_write: None,
            output: Some(37),
            reasoning: Some(30),
        };
        assert_eq!(usage, Some(wanted));
        let mut out = Vec::new();
        write(&mut out, wanted);
        let written = String::from_utf8(out).unwrap();
        assert_eq!(
            written,
            concat!(
                r#","usageMetadata":{"promptTokenCount":111,"cachedContentTokenCount":60,"#,
                r#""candidatesTokenCount":7,"thoughtsTokenCount":30,"totalTokenCount":148}"#
            )
        );
    }

    #[test]
    fn what_is_left_out_is_zero_only_where_the_total_says_so() {
        let output = |json| of(json).and_then(|usage| usage.output);
        assert_eq!(output(r#"{"prompt_token_count":5,"total_token_count":5}"#), Some(0));
        assert_eq!(output(r#"{"promptTokenCount":5}"#), None);
        assert_eq!(output(r#"{"promptTokenCount":5,"thoughtsTokenCount":3,"totalTokenCount":8}"#), Some(3));
        assert_eq!(of(r#"{"trafficType":"ON_DEMAND"}"#), None);
        let mut out = Vec::new();
        write(&mut out, Usage::default());
        assert!(out.is_empty());
    }
}
