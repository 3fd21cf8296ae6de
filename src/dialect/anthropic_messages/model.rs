//! What Claude models take and refuse: data, so that a new family is a new row.

/// What one family of models takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    /// A part of the model's name.
    name: &'static str,
    /// The most tokens an answer may have; also the default, as the API has none.
    pub(super) max_output: u64,
    /// Whether `max_output` is known to be the model's limit.
    pub(super) is_known: bool,
    /// `temperature`, `top_p` and `top_k`.
    pub(super) sampling: Sampling,
    /// How it thinks.
    pub(super) thinking: Thinking,
    /// `thinking: disabled` is taken.
    pub(super) disables: bool,
    /// A tool may be forced.
    pub(super) forced_tool: bool,
    /// The conversation may end with a turn of the assistant.
    pub(super) prefill: bool,
    /// `output_config.format` and strict tools.
    pub(super) structured: bool,
}

/// What becomes of sampling parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sampling {
    /// All are taken.
    Taken,
    /// All but temperature and `top_p` in one request.
    OneOf,
    /// None is taken.
    Refused,
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    /// It does not.
    Never,
    /// By a budget of tokens.
    Budget,
    /// By an effort in words; a budget is still taken.
    Both,
    /// By an effort in words only.
    Effort,
}

/// Families by a part of their name; the first that fits holds.
///
/// Source: the vendor's model pages and migration guides, and the tables of clients that follow them.
const FAMILIES: &[Family] = &[
    recent("sonnet-5-5").always_thinks().not_forced(),
    recent("opus-5-5").always_thinks().not_forced(),
    recent("haiku-5-5"),
    recent("opus-5").budget_too(),
    recent("fable-5-1").always_thinks().not_forced(),
    recent("fable-5").always_thinks(),
    recent("opus-4-8"),
    recent("opus-4-7"),
    recent("sonnet-5"),
    recent("sonnet-4-6").budget_too().sampled(),
    recent("opus-4-6").budget_too().sampled(),
    older("sonnet-4-5", 64_000, true),
    older("opus-4-5", 64_000, true),
    older("haiku-4-5", 64_000, true),
    older("opus-4-1", 32_000, true),
    older("opus-4", 32_000, false),
    older("sonnet-4", 64_000, false),
    older("3-7-sonnet", 64_000, false),
    older("3-5-", 8192, false).thoughtless(),
    older("claude-3-", 4096, false).thoughtless(),
    // A Claude nobody has heard of is newer than this table.
    recent("claude").unknown(),
];

/// A server that speaks the dialect for a model of its own.
const FOREIGN: Family = older("", 8192, false).thoughtless().unknown();

/// What `model` takes. Names of clouds have prefixes and suffixes, so parts are compared.
pub(super) fn family(model: &str) -> &'static Family {
    FAMILIES.iter().find(|family| model.contains(family.name)).unwrap_or(&FOREIGN)
}

const fn recent(name: &'static str) -> Family {
    Family {
        name,
        max_output: 128_000,
        is_known: true,
        sampling: Sampling::Refused,
        thinking: Thinking::Effort,
        disables: true,
        forced_tool: true,
        prefill: false,
        structured: true,
    }
}

const fn older(name: &'static str, max_output: u64, structured: bool) -> Family {
    // Temperature beside top_p is refused since the models that have structured output.
    let sampling = if structured { Sampling::OneOf } else { Sampling::Taken };
    Family { max_output, sampling, thinking: Thinking::Budget, prefill: true, structured, ..recent(name) }
}

impl Family {
    const fn always_thinks(mut self) -> Self {
        self.disables = false;
        self
    }

    const fn not_forced(mut self) -> Self {
        self.forced_tool = false;
        self
    }

    const fn budget_too(mut self) -> Self {
        self.thinking = Thinking::Both;
        self
    }

    const fn sampled(mut self) -> Self {
        self.sampling = Sampling::OneOf;
        self
    }

    const fn thoughtless(mut self) -> Self {
        self.thinking = Thinking::Never;
        self
    }

    const fn unknown(mut self) -> Self {
        self.max_output = 8192;
        self.is_known = false;
        self
    }

    /// Efforts above `high` have their own words since 4.7.
    pub(super) fn has_xhigh(&self) -> bool {
        self.thinking == Thinking::Effort || self.name == "opus-5"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_a_part_of_its_name() {
        assert_eq!(family("us.anthropic.claude-opus-4-5-20251101-v1:0").name, "opus-4-5");
        assert_eq!(family("claude-opus-4-20250514").name, "opus-4");
        assert_eq!(family("claude-sonnet-5-5").name, "sonnet-5-5");
        assert_eq!(family("claude-3-5-haiku-latest").name, "3-5-");
        assert_eq!(family("claude-3-haiku-20240307").max_output, 4096);
        assert_eq!(family("claude-mythos-9").max_output, 8192);
        assert!(!family("glm-4.6").is_known);
    }

    #[test]
    fn what_the_newest_models_refuse_is_in_the_table() {
        let family = family("claude-opus-5-5");
        assert!(!family.forced_tool && !family.disables && !family.prefill);
        assert_eq!(family.sampling, Sampling::Refused);
        assert_eq!(family.thinking, Thinking::Effort);
    }
}
