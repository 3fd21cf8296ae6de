use http::StatusCode;

use super::said::Said;
use crate::failure::{Class, Failure, Outcome, Report, Scope};

/// One row of a [`Table`](super::Table): all that is set must hold.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The status is one of these; empty for any 4xx, and for errors that come without a status (inside a
    /// stream).
    pub statuses: &'static [u16],
    /// The provider's error type or code equals one of these.
    pub code: &'static [&'static str],
    /// The message contains one of these, which are in lower case, whatever the case it is in.
    ///
    /// Errors quote the request they complain of. So where the class would keep others from the member as well, only
    /// what stands outside of quotation marks counts, and nothing if the error names a field of the request.
    pub wording: &'static [&'static str],
    /// And it contains nothing else.
    pub is_whole: bool,
    /// There is neither a type nor a code nor a field: a proxy's words, and not those of an API.
    pub is_bare: bool,
    /// Then it is this.
    pub class: Class,
    /// And concerns this, where that is not what the class usually does.
    pub scope: Option<Scope>,
}

impl Rule {
    /// Under one of these statuses.
    #[must_use]
    pub const fn on(statuses: &'static [u16], class: Class) -> Self {
        Self { statuses, code: &[], wording: &[], is_whole: false, is_bare: false, class, scope: None }
    }

    /// Under any 4xx, or without a status.
    #[must_use]
    pub const fn any(class: Class) -> Self {
        Self::on(&[], class)
    }

    /// If the type or the code is one of these.
    #[must_use]
    pub const fn code(mut self, code: &'static [&'static str]) -> Self {
        self.code = code;
        self
    }

    /// If the message contains one of these, written in lower case.
    #[must_use]
    pub const fn wording(mut self, wording: &'static [&'static str]) -> Self {
        self.wording = wording;
        self
    }

    /// If the message is one of these, written in lower case, and no more than that.
    #[must_use]
    pub const fn only(mut self, wording: &'static [&'static str]) -> Self {
        self.is_whole = true;
        self.wording(wording)
    }

    /// If there is neither a type nor a code nor a field.
    #[must_use]
    pub const fn bare(mut self) -> Self {
        self.is_bare = true;
        self
    }

    /// Then this is what it concerns.
    #[must_use]
    pub const fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    pub(super) fn holds(&self, said: &Said<'_>) -> bool {
        self.status_fits(said.status)
            && self.code_fits(said.report)
            && (!self.is_bare || said.is_bare())
            && self.wording_fits(said)
    }

    /// What it leads to.
    pub(super) fn failure(&self) -> Failure {
        let failure = Failure::new(self.class);
        match self.scope {
            Some(scope) => failure.with_scope(scope),
            None => failure,
        }
    }

    fn status_fits(&self, status: Option<StatusCode>) -> bool {
        match status {
            _ if self.statuses.is_empty() => {
                let is_outage = status.is_some_and(|status| status.is_server_error());
                !is_outage || (self.wording.is_empty() && self.class == Class::Overloaded)
            }
            Some(status) => self.statuses.contains(&status.as_u16()),
            None => false,
        }
    }

    fn code_fits(&self, report: &Report) -> bool {
        let is = |field: &Option<String>| field.as_deref().is_some_and(|field| self.code.contains(&field));
        self.code.is_empty() || is(&report.kind) || is(&report.code)
    }

    fn wording_fits(&self, said: &Said<'_>) -> bool {
        if self.wording.is_empty() {
            return true;
        }
        let is_felt_by_others = self.failure().outcome() != Outcome::Neutral;
        if is_felt_by_others && said.is_of_a_field() {
            return false;
        }
        let words = if is_felt_by_others { &said.own_words } else { &said.words };
        let fits =
            |wording: &&str| if self.is_whole { words.trim() == *wording } else { words.contains(wording) };
        self.wording.iter().any(fits)
    }
}
