//! What generations of the vendor's models differ in.

use crate::dialect::{Target, Thinking};

/// What is known of a model by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    /// How it is told to think.
    pub(super) thinking: Thought,
    /// 3 and later: calls must carry the seal under which they were made, tools and a form of the answer go
    /// together, and results of tools may hold media.
    pub(super) is_recent: bool,
    /// Of 2.5 the large model cannot be kept from thinking, of 3 it knows no least level.
    pub(super) is_pro: bool,
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thought {
    Never,
    Budget,
    Level,
}

impl Family {
    pub(super) fn of(target: &Target<'_>) -> Self {
        let model = target.model;
        let major = major(model);
        let is_recent = match major {
            Some(major) => major >= 3,
            // Names without a number are those of the newest.
            None => model.contains("gemini"),
        };
        let by_name = match major {
            Some(3..) => Thought::Level,
            Some(2) if model.contains("2.5") || model.contains("thinking") => Thought::Budget,
            Some(_) => Thought::Never,
            None if model.contains("gemma") => Thought::Never,
            None => Thought::Level,
        };
        let thinking = match target.capabilities.thinking {
            _ if !target.capabilities.is_known => by_name,
            Thinking::Never => Thought::Never,
            Thinking::Budget => Thought::Budget,
            Thinking::Both | Thinking::Effort => Thought::Level,
        };
        Self { thinking, is_recent, is_pro: model.contains("-pro") }
    }
}

/// The number of the generation: `gemini-2.5-flash` is of the second.
fn major(model: &str) -> Option<u32> {
    let (_, rest) = model.split_once("gemini-")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_is_known_by_its_number() {
        let of = |model| {
            let family = Family::of(&Target::new(model).with_capabilities(&UNKNOWN));
            (family.thinking, family.is_recent)
        };
        static UNKNOWN: std::sync::LazyLock<crate::dialect::Capabilities> =
            std::sync::LazyLock::new(Default::default);
        assert_eq!(of("gemini-2.5-flash"), (Thought::Budget, false));
        assert_eq!(of("publishers/google/models/gemini-2.0-flash-001"), (Thought::Never, false));
        assert_eq!(of("gemini-3-pro-preview"), (Thought::Level, true));
        assert_eq!(of("gemini-10.1-flash"), (Thought::Level, true));
        assert_eq!(of("gemini-flash-latest"), (Thought::Level, true));
        assert_eq!(of("gemma-3-27b-it"), (Thought::Never, false));
    }
}
