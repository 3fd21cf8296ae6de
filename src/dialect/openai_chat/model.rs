//! What families of models accept: data, not code, so that a new family is a new row.

use crate::dialect::canonical::Effort::{self, High, Low, Max, Medium, Minimal, None, XHigh};

/// One family, known by how its models' names begin.
#[derive(Debug)]
pub(super) struct Family {
    prefix: &'static str,
    /// OpenAI's own, and not just a server that speaks its dialect.
    pub(super) is_openai: bool,
    /// Takes temperature, `top_p` and penalties.
    pub(super) sampling: Sampling,
    /// Takes stop sequences.
    pub(super) stop: bool,
    /// Wants `max_completion_tokens`, and calls the system `developer`.
    pub(super) reasons: bool,
    /// The efforts it takes; none where it does not think.
    pub(super) efforts: &'static [Effort],
    /// Takes an effort beside tools.
    pub(super) effort_with_tools: bool,
}

/// When sampling may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sampling {
    Always,
    /// Only where thinking is switched off.
    WithoutThought,
    Never,
}

const fn reasoning(prefix: &'static str, sampling: Sampling, efforts: &'static [Effort]) -> Family {
    Family { prefix, is_openai: true, sampling, stop: false, reasons: true, efforts, effort_with_tools: true }
}

const fn plain(prefix: &'static str, is_openai: bool, efforts: &'static [Effort]) -> Family {
    Family {
        prefix,
        is_openai,
        sampling: Sampling::Always,
        stop: true,
        reasons: false,
        efforts,
        effort_with_tools: true,
    }
}

/// The first row that fits decides: longer prefixes come first.
///
/// Source: the vendor's API reference and its answers to parameters it refuses.
static FAMILIES: &[Family] = &[
    reasoning("o1", Sampling::Never, &[Low, Medium, High]),
    reasoning("o3", Sampling::Never, &[Low, Medium, High]),
    reasoning("o4", Sampling::Never, &[Low, Medium, High]),
    plain("gpt-5-chat", true, &[]),
    Family {
        effort_with_tools: false,
        ..reasoning("gpt-5.4-mini", Sampling::WithoutThought, &[None, Low, Medium, High, XHigh])
    },
    reasoning("gpt-5.1", Sampling::WithoutThought, &[None, Low, Medium, High]),
    reasoning("gpt-5.", Sampling::WithoutThought, &[None, Low, Medium, High, XHigh]),
    reasoning("gpt-5", Sampling::Never, &[Minimal, Low, Medium, High]),
    reasoning("gpt-6", Sampling::Never, &[Low, Medium, High, XHigh, Max]),
    plain("gpt-4", true, &[]),
    plain("gpt-3.5", true, &[]),
    plain("chatgpt", true, &[]),
];

/// A server that speaks the dialect, about whose model nothing is known.
static UNKNOWN: Family = plain("", false, &[None, Minimal, Low, Medium, High]);

/// The family of a model. A path before the name (`openai/gpt-5`) is no part of it.
pub(super) fn family(model: &str) -> &'static Family {
    let name = model.rsplit('/').next().unwrap_or(model);
    FAMILIES.iter().find(|family| family.fits(name)).unwrap_or(&UNKNOWN)
}

impl Family {
    fn fits(&self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix(self.prefix) else { return false };
        // `o1-mini` is of the family `o1`, `o10` is not; `gpt-4o` is of `gpt-4`.
        !rest.starts_with(|c: char| c.is_ascii_digit()) || self.prefix.ends_with('.')
    }

    /// The nearest effort the family takes, the lower one where two are as near.
    pub(super) fn nearest(&self, wanted: Effort) -> Option<Effort> {
        self.efforts.iter().copied().min_by_key(|effort| (*effort as i8 - wanted as i8).abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_family_is_known_by_the_name_alone() {
        for name in ["o3", "o3-mini", "o1-2024-12-17", "openai/o4-mini", "gpt-5-mini", "gpt-5.1", "gpt-6"] {
            assert!(family(name).reasons, "{name}");
        }
        for name in ["gpt-4o", "gpt-4.1-nano", "gpt-5-chat-latest", "chatgpt-4o-latest"] {
            assert!(family(name).is_openai && !family(name).reasons, "{name}");
        }
        for name in ["o10", "deepseek-reasoner", "olmo", "llama-3", "", "gpt-oss-120b"] {
            assert!(!family(name).is_openai, "{name}");
        }
    }

    #[test]
    fn an_effort_a_family_lacks_becomes_its_nearest() {
        assert_eq!(family("o3").nearest(Max), Some(High));
        assert_eq!(family("o3").nearest(None), Some(Low));
        assert_eq!(family("gpt-5.1").nearest(Minimal), Some(None));
        assert_eq!(family("gpt-4o").nearest(High), Option::None);
    }
}
