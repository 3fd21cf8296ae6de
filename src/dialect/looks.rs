//! When to look whether what grows is whole by now.

/// What may be read in vain whatever the length, in bytes.
const SPARE: usize = 64 * 1024;
/// And how often, on an average, what there is.
const TIMES: usize = 8;

/// Looks at a text that grows: each reads all of it. One that grows by a few bytes and is looked at again would be
/// read in the square of its length; so there are so many looks and no more.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::dialect) struct Looks {
    /// How long it was the last time.
    last: usize,
    /// How much has been read in all.
    read: usize,
}

impl Looks {
    /// Is it worth a look, now that it is so long? Not if nothing has come since the last.
    pub(in crate::dialect) const fn may_look(&mut self, length: usize) -> bool {
        if length == self.last || self.read > SPARE.saturating_add(length.saturating_mul(TIMES)) {
            return false;
        }
        self.last = length;
        self.read = self.read.saturating_add(length);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_grown_is_not_looked_at_again() {
        let mut looks = Looks::default();
        assert!(!looks.may_look(0) && looks.may_look(2) && !looks.may_look(2) && looks.may_look(3));
    }

    #[test]
    fn all_looks_read_no_more_than_in_proportion() {
        let mut looks = Looks::default();
        let read: usize = (1..1_000_000).filter(|length| looks.may_look(*length)).sum();
        assert!((1_000_000..SPARE + (TIMES + 1) * 1_000_000).contains(&read), "{read}");
    }
}
