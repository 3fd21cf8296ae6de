//! What generations of the vendor's models differ in, beside what is in the table of all models.

use crate::dialect::{Target, Thinking};

/// What is known of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) thinking: Thinking,
    /// 3 and later: calls must carry the seal under which they were made, tools and a form of the answer go
    /// together, and results of tools may hold media.
    pub(super) is_recent: bool,
}

impl Family {
    pub(super) fn of(target: &Target<'_>) -> Self {
        let model = target.model;
        // Names without a number are those of the newest.
        let is_recent = major(model).map_or_else(|| model.contains("gemini"), |major| major >= 3);
        let thinking = target.capabilities.thinking;
        // The open models that the API serves, too, are not told how to think.
        let is_open = !target.capabilities.is_known && model.contains("gemma");
        Self { thinking: if is_open { Thinking::Never } else { thinking }, is_recent }
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
        let is_recent = |model| Family::of(&Target::new(model)).is_recent;
        assert!(!is_recent("gemini-2.5-flash"));
        assert!(!is_recent("publishers/google/models/gemini-2.0-flash-001"));
        assert!(is_recent("gemini-3-pro-preview"));
        assert!(is_recent("gemini-10.1-flash"));
        assert!(is_recent("gemini-flash-latest"));
        assert!(!is_recent("gemma-3-27b-it"));
        assert_eq!(Family::of(&Target::new("gemma-3-27b-it")).thinking, Thinking::Never);
    }
}
