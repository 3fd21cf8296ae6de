use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::policy::{LossPolicy, Verdict, without_indices};
use crate::facts::{Loss, Losses};
use crate::failure::{Class, Failure, Report};

/// The most losses that are remembered as told.
const TOLD: usize = 256;
/// The most fields that a message names.
const NAMED: usize = 8;

/// What a policy makes of a ledger: nothing, or the failure that ends the call at this member.
pub(super) fn judge<P>(policy: &P, losses: &Losses) -> Result<Verdict, Failure>
where
    P: LossPolicy,
{
    let verdicts: Vec<(&Loss, Verdict)> = losses.iter().map(|loss| (loss, policy.verdict(loss))).collect();
    let worst = verdicts.iter().map(|(_, verdict)| *verdict).max().unwrap_or(Verdict::Allow);
    if worst < Verdict::SkipMember {
        return Ok(worst);
    }
    let decisive = || verdicts.iter().filter(|(_, verdict)| *verdict == worst).map(|(loss, _)| *loss);
    let fields = named(decisive());
    let failure = if worst == Verdict::Reject {
        let report =
            Report::new(format!("The model that would serve this request cannot carry all of it: {fields}."));
        (Failure::new(Class::InvalidRequest).with_status(http::StatusCode::BAD_REQUEST), report)
    } else {
        let report =
            Report::new(format!("No model that could serve this request can carry all of it: {fields}."));
        (Failure::new(Class::Unsupported), report)
    };
    let (failure, mut report) = failure;
    report.param = decisive().next().map(|loss| loss.field.to_string());
    Err(failure.with_report(report))
}

/// ``"`stop` would be dropped, `tools[0].strict` approximated"``.
fn named<'l>(losses: impl Iterator<Item = &'l Loss>) -> String {
    let mut words = String::new();
    let mut more = 0;
    for (index, loss) in losses.enumerate() {
        if index >= NAMED {
            more += 1;
            continue;
        }
        let link = if index == 0 { " would be" } else { "" };
        words.push_str(if index == 0 { "" } else { ", " });
        words.push_str(&format!("`{}`{link} {}", loss.field, loss.kind.as_str()));
    }
    if more > 0 {
        words.push_str(&format!(", and {more} more"));
    }
    words
}

/// Which losses the log was warned of. A pair of APIs loses the same with every call, and a warning each time
/// would be a flood: the first of each field is one, further ones are for debugging.
#[derive(Clone, Debug, Default)]
pub(super) struct Told(Arc<Mutex<HashSet<String>>>);

impl Told {
    /// Is one of these new?
    pub(super) fn is_news(&self, losses: &Losses) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_news = false;
        for loss in losses {
            let entry = format!("{}={}", loss.kind.as_str(), without_indices(&loss.field));
            if told.len() < TOLD {
                is_news |= told.insert(entry);
            }
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_decides_and_its_fields_are_named() {
        let mut losses = Losses::new();
        losses.dropped("seed");
        losses.approximated("tools[0].parameters");
        losses.dropped("stop");
        let policy = |loss: &Loss| if loss.field == "seed" { Verdict::Allow } else { Verdict::SkipMember };
        let failure = judge(&policy, &losses).unwrap_err();
        assert_eq!(failure.class(), Class::Unsupported);
        let report = failure.report().unwrap();
        assert_eq!(report.param.as_deref(), Some("tools[0].parameters"));
        assert!(report.message.ends_with("`tools[0].parameters` would be approximated, `stop` dropped."));
        assert_eq!(judge(&|_: &Loss| Verdict::Allow, &losses).unwrap(), Verdict::Allow);
        let failure = judge(&|_: &Loss| Verdict::Reject, &losses).unwrap_err();
        assert_eq!(failure.class(), Class::InvalidRequest);
    }

    #[test]
    fn each_field_is_news_once_wherever_it_stands() {
        let told = Told::default();
        let mut losses = Losses::new();
        losses.dropped("messages[0].name");
        assert!(told.is_news(&losses));
        let mut losses = Losses::new();
        losses.dropped("messages[7].name");
        assert!(!told.is_news(&losses));
        losses.approximated("messages[7].name");
        assert!(told.is_news(&losses));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let told = Told::default();
        for n in 0..2 * TOLD {
            let mut losses = Losses::new();
            losses.dropped(format!("field_{n}"));
            told.is_news(&losses);
        }
        assert_eq!(told.0.lock().unwrap().len(), TOLD);
    }
}
