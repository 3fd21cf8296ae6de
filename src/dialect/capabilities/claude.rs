//! Anthropic's models.
//!
//! Source: the vendor's model pages and migration guides, and the tables of clients that follow them. Newer
//! families refuse sampling parameters, prefill, and some of them forced tools and `thinking: disabled`.

use super::table::{Row, unknown};
use super::{Capabilities, Sampling, Thinking, Vendor};
use crate::dialect::canonical::Effort::{self, High, Low, Max, Medium, XHigh};

/// Efforts since 4.7.
const ALL: &[Effort] = &[Low, Medium, High, XHigh, Max];
/// Efforts before.
const FEWER: &[Effort] = &[Low, Medium, High, Max];
/// The least budget to think with.
const LEAST: u64 = 1024;

pub(super) static ROWS: &[Row] = &[
    Row {
        names: &["*sonnet-5-5*", "*sonnet-5.5*", "*opus-5-5*", "*opus-5.5*"],
        capabilities: recent().always_thinks().not_forced(),
    },
    Row { names: &["*haiku-5-5*", "*haiku-5.5*"], capabilities: recent() },
    Row { names: &["*opus-5*"], capabilities: recent().with_thinking(Thinking::Both) },
    Row { names: &["*fable-5-1*", "*fable-5.1*"], capabilities: recent().always_thinks().not_forced() },
    Row { names: &["*fable-5*"], capabilities: recent().always_thinks() },
    Row {
        names: &["*opus-4-8*", "*opus-4.8*", "*opus-4-7*", "*opus-4.7*", "*sonnet-5*"],
        capabilities: recent(),
    },
    Row {
        names: &["*sonnet-4-6*", "*sonnet-4.6*", "*opus-4-6*", "*opus-4.6*"],
        capabilities: recent()
            .with_thinking(Thinking::Both)
            .with_efforts(FEWER)
            .sampled(Sampling::OneOf)
            .sized(1_000_000, 128_000),
    },
    // A long context by a beta of the API.
    Row { names: &["*sonnet-4-5*", "*sonnet-4.5*"], capabilities: older().sized(1_000_000, 64_000) },
    Row {
        names: &["*opus-4-5*", "*opus-4.5*", "*haiku-4-5*", "*haiku-4.5*"],
        capabilities: older().sized(200_000, 64_000),
    },
    Row { names: &["*opus-4-1*", "*opus-4.1*"], capabilities: older().sized(200_000, 32_000) },
    Row { names: &["*opus-4*"], capabilities: oldest().sized(200_000, 32_000) },
    Row { names: &["*sonnet-4*"], capabilities: oldest().sized(1_000_000, 64_000) },
    Row { names: &["*3-7-sonnet*", "*3.7-sonnet*"], capabilities: oldest().sized(200_000, 64_000) },
    Row {
        names: &["*claude-3-5-*", "*claude-3.5-*"],
        capabilities: oldest().with_thinking(Thinking::Never).sized(200_000, 8192),
    },
    Row {
        names: &["*claude-3-*"],
        capabilities: oldest().with_thinking(Thinking::Never).sized(200_000, 4096),
    },
    // A Claude nobody has heard of is newer than this table.
    Row { names: &["*"], capabilities: Capabilities { is_known: false, max_output: None, ..recent() } },
];

/// A model of somebody else's behind the dialect: it takes what the dialect had at first.
pub(super) static IMITATION: Capabilities = Capabilities {
    thinking: Thinking::Never,
    structured: false,
    efforts: &[],
    least_budget: LEAST,
    ..unknown()
};

const fn recent() -> Capabilities {
    Capabilities {
        is_known: true,
        vendor: Some(Vendor::Anthropic),
        max_output: Some(128_000),
        sampling: Sampling::Refused,
        prefill: false,
        ..unknown()
    }
    .with_efforts(ALL)
    .with_budget(LEAST, None)
    .deaf()
}

const fn older() -> Capabilities {
    // Temperature beside top_p is refused since the models that have structured output.
    Capabilities { prefill: true, continues: true, efforts: &[], ..recent() }
        .with_thinking(Thinking::Budget)
        .sampled(Sampling::OneOf)
}

const fn oldest() -> Capabilities {
    older().sampled(Sampling::Taken).unstructured()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_newest_models_refuse_is_in_the_table() {
        let newest = Capabilities::of("claude-opus-5-5");
        assert!(!newest.forced_tool && !newest.disables_thinking && !newest.prefill);
        assert_eq!((newest.sampling, newest.thinking), (Sampling::Refused, Thinking::Effort));
        assert!(Capabilities::of("claude-haiku-5-5").forced_tool);
        assert_eq!(Capabilities::of("claude-opus-5").thinking, Thinking::Both);
    }

    #[test]
    fn a_claude_nobody_knows_is_taken_for_the_newest_and_no_limit_is_made_up() {
        let unheard = Capabilities::of("claude-mythos-9");
        assert!(!unheard.is_known && !unheard.prefill && unheard.max_output.is_none());
        assert_eq!((unheard.sampling, unheard.vendor), (Sampling::Refused, Some(Vendor::Anthropic)));
    }

    #[test]
    fn a_stranger_behind_the_dialect_is_taken_for_an_older_one() {
        let stranger = Capabilities::of("glm-4.6").behind("anthropic-messages");
        assert!(stranger.prefill && !stranger.structured);
        assert!(!stranger.continues, "what it does with words of the assistant nobody knows");
        assert_eq!((stranger.thinking, stranger.sampling), (Thinking::Never, Sampling::Taken));
        assert!(Capabilities::of("glm-4.6").behind("openai-chat").structured);
        assert_eq!(
            Capabilities::of("claude-mythos-9").behind("anthropic-messages").thinking,
            Thinking::Effort
        );
    }
}
