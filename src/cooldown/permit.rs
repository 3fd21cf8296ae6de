use std::sync::Arc;

use super::layer::Shared;
use super::state::{Ticket, Verdict};
use super::{CooldownPolicy, CoolingDown, Reading};
use crate::failure::{BoxError, Scope};

/// One call that may pass, until it is known how it went. Dropped, it says nothing.
pub(super) struct Permit<P> {
    shared: Arc<Shared<P>>,
    /// Of the provider and of the credential; `None` once settled.
    tickets: Option<(Ticket, Ticket)>,
}

impl<P> Shared<P> {
    pub(super) fn is_shut(&self) -> bool {
        self.provider.is_shut() || self.credential.is_shut()
    }

    pub(super) fn admit(self: &Arc<Self>) -> Result<Permit<P>, CoolingDown> {
        let refusal = |cooldown: &super::Cooldown, left| CoolingDown::new(cooldown.shared_name(), left);
        let provider = self.provider.admit().map_err(|left| refusal(&self.provider, left))?;
        match self.credential.admit() {
            Ok(credential) => Ok(Permit { shared: Arc::clone(self), tickets: Some((provider, credential)) }),
            Err(left) => {
                self.provider.settle(provider, Verdict::Nothing);
                Err(refusal(&self.credential, left))
            }
        }
    }

    /// Refuses a call whose inner service was never made ready.
    pub(super) fn turn_away(&self) -> CoolingDown {
        let (provider, credential) = (self.provider.remaining(), self.credential.remaining());
        let cooldown = if credential > provider { &self.credential } else { &self.provider };
        // Both have to end before a call passes.
        CoolingDown::new(cooldown.shared_name(), provider.max(credential))
    }

    fn settle(&self, (provider, credential): (Ticket, Ticket), reading: Reading) {
        let (of_provider, of_credential) = match reading {
            Reading::Answered => (Verdict::Well, Verdict::Well),
            Reading::Reached => (Verdict::Well, Verdict::Nothing),
            Reading::Unreachable => (Verdict::Unreachable { member: &self.member }, Verdict::Nothing),
            Reading::Cool { scope: Scope::Credential, time, class } => {
                (Verdict::Well, Verdict::Cool { time, class })
            }
            Reading::Cool { scope: Scope::Provider, time, class } => {
                (Verdict::Cool { time, class }, Verdict::Nothing)
            }
            Reading::Cool { .. } | Reading::Unknown => (Verdict::Nothing, Verdict::Nothing),
        };
        self.provider.settle(provider, of_provider);
        self.credential.settle(credential, of_credential);
    }
}

impl<P> Permit<P> {
    pub(super) fn judge<Res>(mut self, result: Result<&Res, &BoxError>)
    where
        P: CooldownPolicy<Res>,
    {
        if let Some(tickets) = self.tickets.take() {
            self.shared.settle(tickets, self.shared.policy.read(result));
        }
    }
}

impl<P> Drop for Permit<P> {
    fn drop(&mut self) {
        if let Some(tickets) = self.tickets.take() {
            self.shared.settle(tickets, Reading::Unknown);
        }
    }
}
