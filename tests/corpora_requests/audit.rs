//! What becomes of every field of a caller's request.
//!
//! A field is *carried* if its value stands in the member's request, in a field about the same thing, and for
//! each time that it stands in the caller's; *named* if the ledger of losses names it, or what it is in;
//! *neutral* if it says what holds without it, too. Anything else got lost in silence. And what the ledger names
//! must stand in the caller's request: no caller finds `tools[0].strict` who wrote `tools[0].function.strict`.
//! Written from the vendors' references; shares nothing with the crate.

use serde_json::Value;
use tower_failover::facts::Losses;

use crate::choice::{is_met, is_of_choice};
use crate::leaves::{Leaf, leaves};
use crate::ledger::Ledger;
use crate::meaning;
use crate::member::Member;
use crate::neutral;
use crate::senses::{Said, said};

/// What became of one field.
#[derive(Debug)]
pub(crate) enum Verdict {
    Carried,
    Named,
    Neutral,
    /// The ledger is full: it keeps so many losses by name, and counts the rest.
    Beyond,
    Silent(String),
    /// The ledger names what the caller never wrote.
    Misnamed(String),
    /// The member's request holds what nobody asked for, and no list tells of.
    Invented(String),
}

impl Verdict {
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Carried => "carried",
            Self::Named => "named",
            Self::Neutral => "neutral",
            Self::Beyond => "beyond",
            Self::Silent(_) => "silent",
            Self::Misnamed(_) => "misnamed",
            Self::Invented(_) => "invented",
        }
    }

    /// The value or name, where something is wrong.
    pub(crate) fn fault(&self) -> Option<&str> {
        match self {
            Self::Silent(value) | Self::Misnamed(value) | Self::Invented(value) => Some(value),
            _ => None,
        }
    }
}

/// A caller's request and what a member gets.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'a> {
    /// The dialect of the caller.
    pub(crate) front: &'a str,
    /// The dialect of the member.
    pub(crate) member: &'a str,
    /// The member's model.
    pub(crate) model: &'a str,
    pub(crate) asked: &'a Value,
    pub(crate) sent: &'a Value,
}

pub(crate) struct Audit {
    /// By path, in the caller's request, or in the member's for what is invented.
    pub(crate) verdicts: Vec<(String, Verdict)>,
}

impl Audit {
    pub(crate) fn of(pair: Pair<'_>, losses: &Losses) -> Self {
        let ledger = Ledger::of(losses, pair.asked);
        let mut member = Member::of(pair.member, pair.sent);
        let mut verdicts: Vec<(String, Verdict)> =
            ledger.misnamed(pair.asked).map(|(field, entry)| (field, Verdict::Misnamed(entry))).collect();
        let chosen = is_met(pair);
        let mut waiting: Vec<(Leaf<'_>, Said)> = Vec::new();
        let (mut asked, mut named): (Vec<Said>, Vec<Said>) = Default::default();
        for leaf in leaves(pair.asked) {
            let said = said(pair.front, pair.asked, &leaf);
            let verdict = if ledger.names(&leaf.path) {
                named.push(said);
                Verdict::Named
            } else if is_of_choice(&leaf.path) {
                if chosen { Verdict::Carried } else { silent(&leaf, &ledger) }
            } else if member.takes(&said) {
                asked.push(said);
                Verdict::Carried
            } else if neutral::is_neutral(pair, &leaf) {
                Verdict::Neutral
            } else {
                waiting.push((leaf, said));
                continue;
            };
            verdicts.push((leaf.path, verdict));
        }
        // One text may hold several that were apart: what stands alone has been taken before.
        for (leaf, said) in waiting {
            let is_carried = member.holds(&said) || meaning::is_said(pair, &leaf);
            let verdict = if is_carried { Verdict::Carried } else { silent(&leaf, &ledger) };
            asked.push(said);
            verdicts.push((leaf.path, verdict));
        }
        // What is lost in part has a part that is not.
        for said in &named {
            let _ = member.takes(said) || member.holds(said);
        }
        let left = member.left(pair, &asked, &named);
        verdicts.extend(left.map(|(path, value)| (path, Verdict::Invented(value))));
        Self { verdicts }
    }
}

fn silent(leaf: &Leaf<'_>, ledger: &Ledger) -> Verdict {
    if ledger.is_full { Verdict::Beyond } else { Verdict::Silent(short(&leaf.value.to_string())) }
}

pub(crate) fn short(text: &str) -> String {
    let mut end = text.len().min(80);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
