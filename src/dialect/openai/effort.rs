//! How much to think, as an effort in words: all that members of this vendor's dialects can be told.

use crate::dialect::canonical::{Effort, ReasoningRequest, Request};
use crate::dialect::{Capabilities, Thinking};
use crate::facts::Losses;

/// The effort to ask for, of those that the model takes; what it does not say of the wish is a loss.
///
/// `is_silent`: to a model like this nobody says that it should not think.
pub(in crate::dialect) fn asked(
    request: &Request<'_>,
    known: &Capabilities,
    is_silent: bool,
    nearest: impl FnOnce(Effort) -> Option<Effort>,
    losses: &mut Losses,
) -> Option<Effort> {
    let (wanted, names) = (request.reasoning.as_ref()?, request.names);
    let is_off = wanted.disabled && wanted.effort != Some(Effort::None);
    if is_off && wanted.effort.is_some() {
        // Here it measures nothing but thoughts.
        losses.dropped(names.effort);
    }
    let field = if is_off || wanted.effort.is_none() { names.reasoning } else { names.effort };
    let (effort, is_exact) = match (is_off, wanted.effort, wanted.budget_tokens) {
        (true, ..) if !is_silent => (Effort::None, true),
        (false, Some(effort), tokens) => {
            // Of two measures the one in words holds.
            if tokens.is_some() {
                losses.approximated(names.reasoning);
            }
            (effort, true)
        }
        (false, None, Some(tokens)) => (of(tokens), false),
        _ => {
            if !holds_untold(wanted, known) {
                losses.dropped(names.reasoning);
            }
            return None;
        }
    };
    let Some(nearest) = nearest(effort) else {
        // A model that does not think does as it is told where it is told not to.
        if effort != Effort::None {
            request.note_thinking(losses);
        }
        return None;
    };
    if !is_exact || nearest != effort {
        losses.approximated(field);
    }
    Some(nearest)
}

/// As much as it likes is what a model that thinks does untold. Not at all is what one does that thinks when asked, or
/// never; of a model that nobody knows it is not known.
fn holds_untold(wanted: &ReasoningRequest<'_>, known: &Capabilities) -> bool {
    let thinks = known.thinking != Thinking::Never;
    if wanted.disabled {
        return !thinks || (known.vendor.is_some() && known.disables_thinking);
    }
    wanted.adaptive && thinks
}

/// The effort that the vendors' own levels of thinking stand for, roughly.
const fn of(tokens: u64) -> Effort {
    match tokens {
        0..4096 => Effort::Low,
        4096..16384 => Effort::Medium,
        _ => Effort::High,
    }
}
