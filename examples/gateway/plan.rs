//! `--check`: what is doubtful in the file, who would serve each class, and what each translation would lose.

use std::fmt::Write as _;

use tokio::time::Instant;
use tower_failover::config::Config;
use tower_failover::facts::{Loss, LossKind};
use tower_failover::health_routing::WhenAllDown;
use tower_failover::schema_normalizer::Verdict;
use tower_failover::stack::{ClassStack, Preview, Stack};

/// The plan, one class after the other.
pub(crate) fn describe(config: &Config, stack: &Stack) -> String {
    let mut text = String::from("The configuration is valid.\n");
    for warning in config.warnings() {
        let _ = writeln!(text, "  warning: {}", warning.message());
    }
    for class in stack.classes() {
        let _ = writeln!(text, "\nclass {} (deadline {:?})", class.name(), class.deadline());
        members(&mut text, class);
        let _ = writeln!(text, "  if all are down: {}", when_all_down(class.when_all_down()));
        class.losses().iter().for_each(|preview| losses(&mut text, preview));
    }
    text
}

fn members(text: &mut String, class: &ClassStack) {
    let explanation = class.explain(Instant::now());
    for (index, member) in explanation.members.iter().enumerate() {
        let turn = match index {
            0 => "serves first",
            _ if member.interchangeable && explanation.members[index - 1].interchangeable => "or, by score",
            _ => "then",
        };
        let degraded = if member.degraded { ", marked degraded" } else { "" };
        let _ = writeln!(text, "  {}. {turn:<12} {}{degraded}", index + 1, member.member);
    }
}

const fn when_all_down(what: WhenAllDown) -> &'static str {
    match what {
        WhenAllDown::LastResort => "one call at a time asks who may be back first",
        _ => "calls are refused at once, with the earliest hope",
    }
}

fn losses(text: &mut String, preview: &Preview) {
    let _ = writeln!(text, "  what callers of {} may lose at {}:", preview.front, preview.member);
    match &preview.losses {
        Ok(losses) if losses.is_empty() => text.push_str("     nothing\n"),
        Ok(losses) => {
            for kind in [LossKind::Dropped, LossKind::Approximated, LossKind::Renamed] {
                fields(text, kind.as_str(), "", losses.iter().filter(|loss| loss.kind == kind));
            }
            fields(text, "skipped for", "the next member is asked", preview.judged(Verdict::SkipMember));
            fields(text, "rejected for", "the caller gets a 400", preview.judged(Verdict::Reject));
        }
        Err(failure) => {
            let _ = writeln!(text, "     refused ({failure}): the next member is asked");
        }
    }
}

/// Names fields, four on a line, and after the last what follows from it.
fn fields<'l>(text: &mut String, label: &str, so: &str, losses: impl Iterator<Item = &'l Loss>) {
    let names: Vec<&str> = losses.map(|loss| &*loss.field).collect();
    let lines = names.chunks(4);
    let last = lines.len().saturating_sub(1);
    for (index, line) in lines.enumerate() {
        let label = if index == 0 { label } else { "" };
        let so = if index == last && !so.is_empty() { format!(": {so}") } else { String::new() };
        let _ = writeln!(text, "     {label:<13} {}{so}", line.join(", "));
    }
}
