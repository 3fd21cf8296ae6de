use http::{Extensions, HeaderMap};

/// Which conversation a call belongs to, as far as that is known: what routing keeps with one member.
///
/// A hash, so that nothing of the caller's stays in memory. Leave it on a request if you know better than the
/// request says, as from the session of your own user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conversation(u64);

impl Conversation {
    /// The header by which callers name theirs: `x-conversation-id`.
    pub const HEADER: &'static str = "x-conversation-id";

    /// The conversation with this key.
    #[must_use]
    pub const fn new(key: u64) -> Self {
        Self(key)
    }

    /// The conversation of this name: the same in every process.
    #[must_use]
    pub fn named(name: &str) -> Self {
        // FNV-1a.
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Self(name.bytes().fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// Its key.
    #[must_use]
    pub const fn key(self) -> u64 {
        self.0
    }

    /// The fact left on a request, or else what its header names.
    #[must_use]
    pub fn find(extensions: &Extensions, headers: &HeaderMap) -> Option<Self> {
        let named = || headers.get(Self::HEADER)?.to_str().ok().filter(|name| !name.is_empty());
        extensions.get().copied().or_else(|| named().map(Self::named))
    }
}
