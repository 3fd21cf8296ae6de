//! `--check`: who would serve each class, and what each translation would lose.

use std::fmt::Write as _;

use tower_failover::facts::{LossKind, Losses};
use tower_failover::stack::{ClassStack, Preview, Stack};

/// The plan, one class after the other.
pub(crate) fn describe(stack: &Stack) -> String {
    let mut text = String::from("The configuration is valid.\n");
    for class in stack.classes() {
        let _ = writeln!(text, "\nclass {} (deadline {:?})", class.name(), class.deadline());
        members(&mut text, class);
        class.losses().iter().for_each(|preview| losses(&mut text, preview));
    }
    text
}

fn members(text: &mut String, class: &ClassStack) {
    for (index, member) in class.members().enumerate() {
        let turn = if index == 0 { "serves first" } else { "then" };
        let degraded = if member.is_degraded() { ", marked degraded" } else { "" };
        let _ = writeln!(text, "  {}. {turn:<12} {member}{degraded}", index + 1);
    }
}

fn losses(text: &mut String, Preview { front, member, losses, .. }: &Preview) {
    let _ = writeln!(text, "  what callers of {front} may lose at {member}:");
    match losses {
        Ok(losses) if losses.is_empty() => text.push_str("     nothing\n"),
        Ok(losses) => {
            for kind in [LossKind::Dropped, LossKind::Approximated, LossKind::Renamed] {
                fields(text, losses, kind);
            }
        }
        Err(failure) => {
            let _ = writeln!(text, "     refused ({failure}): the next member is asked");
        }
    }
}

fn fields(text: &mut String, losses: &Losses, kind: LossKind) {
    let names: Vec<&str> = losses.iter().filter(|loss| loss.kind == kind).map(|loss| &*loss.field).collect();
    for (index, line) in names.chunks(4).enumerate() {
        let label = if index == 0 { kind.as_str() } else { "" };
        let _ = writeln!(text, "     {label:<13} {}", line.join(", "));
    }
}
