//! OpenAI's models, and those of others that are known by their first letters.
//!
//! Source: the vendor's API reference, its model pages, and its answers to parameters it refuses: reasoning
//! models refuse `max_tokens`, stop sequences and, unless told not to think, sampling; audio is for the models
//! named after it.

use super::table::{Row, unknown};
use super::{Capabilities, Sampling, Thinking, Vendor};
use crate::dialect::canonical::Effort::{self, High, Low, Max, Medium, Minimal, None as Off, XHigh};

pub(super) static ROWS: &[Row] = &[
    // Without pictures and tools; the first of their kind.
    Row {
        names: &["o1-mini*", "o1-preview*"],
        capabilities: Capabilities {
            tools: false,
            ..reasoning(Sampling::Refused, &[]).blind().unstructured().sized(128_000, 65_536)
        },
    },
    Row { names: &["o3-mini*"], capabilities: Capabilities { stop: true, ..series_o() }.blind() },
    Row { names: &["o1", "o1-*", "o3", "o3-*", "o4", "o4-*"], capabilities: series_o() },
    Row { names: &["gpt-5-chat*", "gpt-5.*-chat*"], capabilities: plain().deaf().sized(128_000, 16_384) },
    // Effort beside functions is for the other API only.
    Row {
        names: &["gpt-5.4-mini*"],
        capabilities: Capabilities {
            effort_with_tools: false,
            ..reasoning(Sampling::WithoutThought, &[Off, Low, Medium, High, XHigh]).deaf()
        },
    },
    Row {
        names: &["gpt-5.1*"],
        capabilities: reasoning(Sampling::WithoutThought, &[Off, Low, Medium, High])
            .deaf()
            .sized(400_000, 128_000),
    },
    Row {
        names: &["gpt-5.*"],
        capabilities: reasoning(Sampling::WithoutThought, &[Off, Low, Medium, High, XHigh]).deaf(),
    },
    Row {
        names: &["gpt-5", "gpt-5-*"],
        capabilities: reasoning(Sampling::Refused, &[Minimal, Low, Medium, High])
            .always_thinks()
            .deaf()
            .sized(400_000, 128_000),
    },
    Row {
        names: &["gpt-6", "gpt-6-*", "gpt-6.*"],
        capabilities: reasoning(Sampling::Refused, &[Low, Medium, High, XHigh, Max]),
    },
    Row {
        names: &["gpt-audio*", "gpt-4o-audio*", "gpt-4o-mini-audio*"],
        capabilities: Capabilities { images: false, documents: false, ..plain() }
            .unstructured()
            .sized(128_000, 16_384),
    },
    // The first one of the family, before schemas.
    Row { names: &["gpt-4o-2024-05-13"], capabilities: plain().deaf().unstructured().sized(128_000, 4096) },
    Row { names: &["gpt-4o*", "chatgpt-4o*"], capabilities: plain().deaf().sized(128_000, 16_384) },
    Row { names: &["gpt-4.1*"], capabilities: plain().deaf().sized(1_047_576, 32_768) },
    Row { names: &["gpt-4.5*"], capabilities: plain().deaf().sized(128_000, 16_384) },
    Row { names: &["gpt-4-turbo*"], capabilities: plain().deaf().unstructured().sized(128_000, 4096) },
    Row {
        names: &["gpt-4-1106*", "gpt-4-0125*"],
        capabilities: plain().blind().unstructured().sized(128_000, 4096),
    },
    Row { names: &["gpt-4-32k*"], capabilities: plain().blind().unstructured().sized(32_768, 32_768) },
    Row {
        names: &["gpt-4", "gpt-4-0613", "gpt-4-0314"],
        capabilities: plain().blind().unstructured().sized(8192, 8192),
    },
    Row { names: &["gpt-4-*", "chatgpt*"], capabilities: plain() },
    Row { names: &["gpt-3.5*", "gpt-35*"], capabilities: plain().blind().unstructured().sized(16_385, 4096) },
    // Text only, any JSON but no schema, and a tool cannot be forced while it thinks.
    Row { names: &["deepseek-reasoner*"], capabilities: deepseek().always_thinks().not_forced() },
    Row { names: &["deepseek-chat*", "deepseek-v4*"], capabilities: deepseek() },
];

const fn reasoning(sampling: Sampling, efforts: &'static [Effort]) -> Capabilities {
    Capabilities { stop: false, developer: true, thinking: Thinking::Effort, ..plain() }
        .sampled(sampling)
        .with_efforts(efforts)
}

const fn series_o() -> Capabilities {
    reasoning(Sampling::Refused, &[Low, Medium, High]).always_thinks().deaf().sized(200_000, 100_000)
}

const fn deepseek() -> Capabilities {
    Capabilities { vendor: Some(Vendor::DeepSeek), is_known: true, ..unknown() }.blind().unstructured()
}

const fn plain() -> Capabilities {
    Capabilities { is_known: true, vendor: Some(Vendor::OpenAi), efforts: &[], ..unknown() }
        .with_thinking(Thinking::Never)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_models_are_told_from_plain_ones_by_their_names_alone() {
        for name in ["o3", "o1-2024-12-17", "openai/o4-mini", "gpt-5-mini", "gpt-5.1", "gpt-6"] {
            let known = Capabilities::of(name);
            assert!(known.developer && !known.stop && known.sampling != Sampling::Taken, "{name}");
        }
        for name in ["gpt-4o", "gpt-4.1-nano", "gpt-5-chat-latest", "chatgpt-4o-latest", "gpt-4-turbo"] {
            let known = Capabilities::of(name);
            assert!(known.vendor == Some(Vendor::OpenAi) && !known.developer && known.stop, "{name}");
        }
    }

    #[test]
    fn sampling_is_taken_where_thinking_can_be_switched_off() {
        assert_eq!(Capabilities::of("gpt-5.2").sampling, Sampling::WithoutThought);
        assert_eq!(Capabilities::of("gpt-5-nano").sampling, Sampling::Refused);
        assert!(Capabilities::of("gpt-5.1").efforts.contains(&Off));
    }

    #[test]
    fn a_model_takes_only_the_media_that_it_was_made_for() {
        assert!(!Capabilities::of("gpt-3.5-turbo").images && !Capabilities::of("o3-mini").images);
        assert!(Capabilities::of("gpt-4o").images && !Capabilities::of("gpt-4o").audio);
        assert!(Capabilities::of("gpt-4o-audio-preview").audio);
        assert!(!Capabilities::of("deepseek-chat").images);
    }
}
