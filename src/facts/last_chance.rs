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

    /// Leaves it on a request that nobody else can be sent, unless there are [other ways](OtherWays).
    pub fn leave(extensions: &mut Extensions) {
        if extensions.get::<OtherWays>().is_none() {
            extensions.insert(Self);
        }
    }
}

/// Whoever sent this call has other ways to go should it fail: who gets it last is not the [`LastChance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct OtherWays;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_are_other_ways_nobody_is_the_last_chance() {
        let mut extensions = Extensions::new();
        LastChance::leave(&mut extensions);
        assert!(LastChance::is_left(&extensions));
        let mut extensions = Extensions::new();
        extensions.insert(OtherWays);
        LastChance::leave(&mut extensions);
        assert!(!LastChance::is_left(&extensions));
    }
}
