//! Google's models.
//!
//! Source: the vendor's model pages and its guide to thinking. The 2.5 family thinks by a budget of tokens, which
//! Pro cannot have as zero; from 3 on it thinks by a level and cannot be told not to.

use super::table::{Row, unknown};
use super::{Capabilities, Thinking, Vendor};
use crate::dialect::canonical::Effort::{High, Low, Medium, Minimal};

pub(super) static ROWS: &[Row] = &[
    Row {
        names: &["*gemini-1*"],
        capabilities: google().with_thinking(Thinking::Never).sized(2_097_152, 8192),
    },
    Row {
        names: &["*gemini-2.0*"],
        capabilities: google().with_thinking(Thinking::Never).sized(1_048_576, 8192),
    },
    Row {
        names: &["*gemini-2.5-flash-lite*"],
        capabilities: google()
            .with_thinking(Thinking::Budget)
            .with_budget(512, Some(24_576))
            .sized(1_048_576, 65_536),
    },
    Row {
        names: &["*gemini-2.5-flash*"],
        capabilities: google()
            .with_thinking(Thinking::Budget)
            .with_budget(1, Some(24_576))
            .sized(1_048_576, 65_536),
    },
    Row {
        names: &["*gemini-2.5*"],
        capabilities: google()
            .with_thinking(Thinking::Budget)
            .with_budget(128, Some(32_768))
            .always_thinks()
            .sized(1_048_576, 65_536),
    },
    Row {
        names: &["*gemini-3-pro*"],
        capabilities: levels().with_efforts(&[Low, High]).sized(1_048_576, 65_536),
    },
    Row { names: &["*gemini-*-pro*"], capabilities: levels().with_efforts(&[Low, Medium, High]) },
    // Also what is newer than this table.
    Row { names: &["*"], capabilities: levels().with_efforts(&[Minimal, Low, Medium, High]) },
];

const fn google() -> Capabilities {
    Capabilities { is_known: true, vendor: Some(Vendor::Google), efforts: &[], continues: true, ..unknown() }
}

const fn levels() -> Capabilities {
    google().with_thinking(Thinking::Effort).always_thinks()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_2_5_family_thinks_by_a_budget_and_its_pro_cannot_be_told_not_to() {
        for name in ["gemini-2.5-flash", "models/gemini-2.5-flash-lite", "gemini-2.5-pro-preview-05-06"] {
            assert_eq!(Capabilities::of(name).thinking, Thinking::Budget, "{name}");
        }
        assert!(Capabilities::of("gemini-2.5-flash").disables_thinking);
        assert!(!Capabilities::of("gemini-2.5-pro").disables_thinking);
        assert_eq!(Capabilities::of("gemini-2.5-pro").least_budget, 128);
    }

    #[test]
    fn from_3_on_thinking_goes_by_level_and_cannot_be_switched_off() {
        for name in ["gemini-3-pro-preview", "gemini-3-flash", "gemini-3.5-pro", "gemini-4-flash"] {
            let known = Capabilities::of(name);
            assert!(known.thinking == Thinking::Effort && !known.disables_thinking, "{name}");
            assert!(known.efforts.contains(&Low) && known.efforts.contains(&High), "{name}");
        }
        assert_eq!(Capabilities::of("gemini-2.0-flash").thinking, Thinking::Never);
    }
}
