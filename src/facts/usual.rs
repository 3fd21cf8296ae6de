use std::time::Duration;

use http::Extensions;

/// How long the member that is asked usually takes to answer, at the least.
///
/// Left where the time of the call is not much longer than that. Patience that is cut short for the sake of others must
/// not end just before an answer that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct Usual(pub Duration);

impl Usual {
    /// The time left on a request, if one was.
    #[must_use]
    pub fn find(extensions: &Extensions) -> Option<Self> {
        extensions.get().copied()
    }
}
