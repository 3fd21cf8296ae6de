//! `--check`: who would serve each class, and what each translation would lose.

use std::fmt::Write as _;

use tower_failover::stack::Stack;

/// The plan, one class after the other.
pub(crate) fn describe(stack: &Stack) -> String {
    let mut text = String::from("The configuration is valid.\n");
    for class in stack.classes() {
        let _ = writeln!(text, "\nclass {} (deadline {:?})", class.name(), class.deadline());
        for (index, member) in class.members().enumerate() {
            let turn = if index == 0 { "serves first" } else { "then" };
            let degraded = if member.is_degraded() { ", marked degraded" } else { "" };
            let _ = writeln!(text, "  {}. {turn:<12} {member}{degraded}", index + 1);
        }
        for loss in class.losses() {
            let _ = writeln!(text, "  {loss}");
        }
    }
    text
}
