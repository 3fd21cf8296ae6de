//! The table: families by the names of their models, and what is known of each.

use super::pattern::fits;
use super::{Capabilities, Sampling, Thinking, claude, gemini, open};
use crate::dialect::canonical::Effort;

/// One family.
#[derive(Debug)]
pub(super) struct Row {
    /// Names that belong to it.
    pub(super) names: &'static [&'static str],
    pub(super) capabilities: Capabilities,
}

/// Of a model nobody has heard of, all is taken: what it refuses it will say itself.
pub(super) static UNKNOWN: Capabilities = unknown();

pub(super) const fn unknown() -> Capabilities {
    Capabilities {
        is_known: false,
        vendor: None,
        context: None,
        max_output: None,
        sampling: Sampling::Taken,
        stop: true,
        thinking: Thinking::Effort,
        disables_thinking: true,
        efforts: &[Effort::None, Effort::Minimal, Effort::Low, Effort::Medium, Effort::High],
        effort_with_tools: true,
        least_budget: 0,
        most_budget: None,
        tools: true,
        forced_tool: true,
        prefill: true,
        continues: false,
        structured: true,
        developer: false,
        images: true,
        documents: true,
        audio: true,
        version: None,
    }
}

/// What is known of the model; the first row that fits holds.
pub(super) fn find(model: &str) -> &'static Capabilities {
    let name = plain(model);
    // Most names are decided by one look at a vendor's rows.
    let rows = if name.contains("claude") {
        claude::ROWS
    } else if name.contains("gemini") {
        gemini::ROWS
    } else {
        open::ROWS
    };
    let is_one = |row: &&Row| row.names.iter().any(|pattern| fits(pattern, name));
    rows.iter().find(is_one).map_or(&UNKNOWN, |row| &row.capabilities)
}

/// The name without what hosts put around it: a path before (`openai/gpt-5`), the mark of a fine-tuned model
/// (`ft:gpt-4o:org::id`), a version or variant after a colon (`…-v1:0`, `gpt-5:free`).
fn plain(model: &str) -> &str {
    let name = model.rsplit('/').next().unwrap_or(model);
    let name = name.strip_prefix("ft:").unwrap_or(name);
    name.split(':').next().unwrap_or(name)
}

impl Capabilities {
    /// With a context of so many tokens, of which an answer may have so many.
    pub(super) const fn sized(mut self, context: u64, max_output: u64) -> Self {
        self.context = Some(context);
        self.max_output = Some(max_output);
        self
    }

    pub(super) const fn sampled(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    pub(super) const fn with_efforts(mut self, efforts: &'static [Effort]) -> Self {
        self.efforts = efforts;
        self
    }

    pub(super) const fn with_thinking(mut self, thinking: Thinking) -> Self {
        self.thinking = thinking;
        self
    }

    pub(super) const fn with_budget(mut self, least: u64, most: Option<u64>) -> Self {
        self.least_budget = least;
        self.most_budget = most;
        self
    }

    pub(super) const fn always_thinks(mut self) -> Self {
        self.disables_thinking = false;
        self
    }

    pub(super) const fn not_forced(mut self) -> Self {
        self.forced_tool = false;
        self
    }

    /// Takes text only.
    pub(super) const fn blind(mut self) -> Self {
        self.images = false;
        self.documents = false;
        self.audio = false;
        self
    }

    pub(super) const fn deaf(mut self) -> Self {
        self.audio = false;
        self
    }

    pub(super) const fn unstructured(mut self) -> Self {
        self.structured = false;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::capabilities::Vendor;

    #[test]
    fn a_model_is_known_under_the_names_that_clouds_give_it() {
        for (name, vendor, max_output) in [
            ("us.anthropic.claude-opus-4-5-20251101-v1:0", Vendor::Anthropic, 64_000),
            (
                "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-1-v1:0",
                Vendor::Anthropic,
                32_000,
            ),
            ("anthropic/claude-sonnet-4.5", Vendor::Anthropic, 64_000),
            ("claude-opus-4-20250514", Vendor::Anthropic, 32_000),
            ("claude-opus-4@20250514", Vendor::Anthropic, 32_000),
            ("claude-3-haiku-20240307", Vendor::Anthropic, 4096),
            ("claude-3-5-haiku-latest", Vendor::Anthropic, 8192),
            ("openai/gpt-5", Vendor::OpenAi, 128_000),
            ("gpt-5:free", Vendor::OpenAi, 128_000),
            ("ft:gpt-4o-mini-2024-07-18:org::id", Vendor::OpenAi, 16_384),
            ("models/gemini-2.5-pro", Vendor::Google, 65_536),
            ("publishers/google/models/gemini-2.0-flash-001", Vendor::Google, 8192),
        ] {
            let known = find(name);
            assert_eq!((known.vendor, known.max_output), (Some(vendor), Some(max_output)), "{name}");
            assert!(known.is_known, "{name}");
        }
    }

    #[test]
    fn a_name_that_only_begins_like_a_known_one_is_not_known() {
        for name in ["o10", "olmo", "llama-3", "", "gpt-oss-120b", "gpt-50", "glm-4.6", "o3000", "my-gpt-5"] {
            assert_eq!(find(name), &UNKNOWN, "{name}");
        }
    }

    #[test]
    fn of_an_unknown_model_nothing_is_refused() {
        let unknown = find("llama-3");
        assert!(!unknown.is_known && unknown.context.is_none() && unknown.max_output.is_none());
        assert!(unknown.images && unknown.documents && unknown.audio && unknown.tools && unknown.forced_tool);
        assert_eq!(unknown.sampling, Sampling::Taken);
    }

    #[test]
    fn efforts_are_listed_from_the_least() {
        let all = [claude::ROWS, gemini::ROWS, open::ROWS].into_iter().flatten();
        for row in all {
            assert!(row.capabilities.efforts.is_sorted(), "{:?}", row.names);
        }
    }

    #[test]
    fn an_effort_a_family_lacks_becomes_its_nearest() {
        assert_eq!(find("o3").nearest_effort(Effort::Max), Some(Effort::High));
        assert_eq!(find("o3").nearest_effort(Effort::None), Some(Effort::Low));
        assert_eq!(find("gpt-5.1").nearest_effort(Effort::Minimal), Some(Effort::None));
        assert_eq!(find("gpt-4o").nearest_effort(Effort::High), None);
        assert_eq!(find("claude-opus-4-6").nearest_effort(Effort::XHigh), Some(Effort::High));
    }
}
