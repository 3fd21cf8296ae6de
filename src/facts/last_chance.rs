use http::Extensions;

/// Nobody else can be asked: this attempt may use the time that is left.
///
/// Patience is short where somebody better may be asked instead. Where nobody can, a slow answer is better than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct LastChance;

impl LastChance {
    /// Was it left here?
    #[must_use]
    pub fn is_left(extensions: &Extensions) -> bool {
        extensions.get::<Self>().is_some()
    }
}
