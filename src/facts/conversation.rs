use http::{Extensions, HeaderMap};

/// Which conversation a call belongs to, as far as that is known: what routing keeps with one member.
///
/// A hash, so that nothing of the caller's stays in memory. Leave it on a request if you know better than the
/// request says, as from the session of your own user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conversation {
    key: u64,
    begins: bool,
}

impl Conversation {
    /// The header by which callers name theirs: `x-conversation-id`.
    pub const HEADER: &'static str = "x-conversation-id";

    /// The conversation with this key.
    #[must_use]
    pub const fn new(key: u64) -> Self {
        Self { key, begins: false }
    }

    /// It begins with this call, as far as can be told: where it is known by how it began, this may be another one
    /// that began in the same way, and it need not go where that went.
    #[must_use]
    pub const fn with_beginning(mut self, begins: bool) -> Self {
        self.begins = begins;
        self
    }

    /// The conversation of this name: the same in every process.
    #[must_use]
    pub fn named(name: &str) -> Self {
        // FNV-1a.
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Self::new(name.bytes().fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// Its key.
    #[must_use]
    pub const fn key(self) -> u64 {
        self.key
    }

    /// Does it begin with this call?
    #[must_use]
    pub const fn begins(self) -> bool {
        self.begins
    }

    /// The fact left on a request, or else what its header names.
    #[must_use]
    pub fn find(extensions: &Extensions, headers: &HeaderMap) -> Option<Self> {
        let named = || headers.get(Self::HEADER)?.to_str().ok().filter(|name| !name.is_empty());
        extensions.get().copied().or_else(|| named().map(Self::named))
    }
}

/// The conversation of a later request that goes on from this answer by its id: where the provider keeps the state,
/// only who gave the answer can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoesOnAs(pub Conversation);
