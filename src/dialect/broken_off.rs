use crate::failure::{Class, Failure, Report};

/// The failure of an answer whose reason to stop is the word for one: the model garbled it, or who runs the model had to
/// let it go. What was said before is no whole answer.
pub(in crate::dialect) fn broken_off() -> Failure {
    Failure::new(Class::InvalidOutput)
        .with_report(Report::new("The provider broke the answer off, and says so."))
}
