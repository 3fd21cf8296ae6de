mod anthropic;
mod common;
mod gemini;
mod openai;
mod rule;
mod said;

use http::StatusCode;

pub use self::anthropic::ANTHROPIC;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
pub(crate) use self::anthropic::THREAD_NOT_FOUND;
pub use self::gemini::GEMINI;
pub use self::openai::OPENAI;
pub use self::rule::Rule;
use self::said::Said;
use super::{Class, Failure, Report, Scope, hint};

/// How one provider words its errors: data, not code, so that a new wording is a new row.
///
/// Rows are read in order and the first that holds decides; where none does, the status does. A status of
/// 500 and above is never overruled by text, except to tell overload from other failures by *code*.
///
/// What a message quotes, or says of a field of the request, is the caller's: it decides about his request, and
/// never about who else may ask this member.
///
/// ```
/// use http::StatusCode;
/// use tower_failover::failure::{Class, Report, Rule, Table};
///
/// // A server of one's own that words its errors as OpenAI does, except for one.
/// const OURS: Table = Table::new(&[Rule::on(&[409], Class::Overloaded).wording(&["no free slot"])]);
///
/// let conflict = StatusCode::CONFLICT;
/// assert_eq!(OURS.class(Some(conflict), &Report::new("No free slot on gpu-3.")), Class::Overloaded);
/// assert_eq!(OURS.class(Some(conflict), &Report::new("Try once more.")), Class::ServerError);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Table {
    rules: &'static [Rule],
    /// Wordings that are the same with many.
    common: &'static [Rule],
    /// Codes that say no more than a status does: for where there is none.
    general: &'static [Rule],
}

impl Table {
    /// A table of these rows.
    #[must_use]
    pub const fn new(rules: &'static [Rule]) -> Self {
        Self { rules, common: &[], general: &[] }
    }

    const fn and(mut self, common: &'static [Rule], general: &'static [Rule]) -> Self {
        self.common = common;
        self.general = general;
        self
    }

    /// What this error is. `status` is `None` for an error event inside a 200 stream.
    #[must_use]
    pub fn class(&self, status: Option<StatusCode>, report: &Report) -> Class {
        self.decide(status, report).class()
    }

    /// The same as a failure, with the scope it has and the hint that stands in its words, and with the report.
    #[must_use]
    pub fn failure(&self, status: Option<StatusCode>, report: Report) -> Failure {
        let mut failure = self.decide(status, &report);
        let has_an_end =
            matches!(failure.class(), Class::RateLimited | Class::Overloaded | Class::QuotaExhausted);
        if has_an_end && failure.scope() != Scope::Request {
            failure = failure.with_retry_after(hint::in_words(&report.message));
        }
        failure.with_report(report)
    }

    fn decide(&self, status: Option<StatusCode>, report: &Report) -> Failure {
        let said = Said::new(status, report);
        let general = if status.is_none() { self.general } else { &[] };
        let rules = [self.rules, self.common, general];
        let rule = rules.into_iter().flatten().find(|rule| rule.holds(&said));
        rule.map_or_else(|| Failure::new(said.class_by_status()), Rule::failure)
    }
}

#[cfg(test)]
mod tests;
