/// FNV-1a, 128 bits: the same in every build, which the standard library's hasher does not promise. Nothing
/// hashed with it is secret.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fnv(u128);

impl Fnv {
    pub(super) const fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        self.0 = bytes.iter().fold(self.0, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME));
    }

    pub(super) const fn finish(self) -> u128 {
        self.0
    }
}

/// The hash of a word.
pub(super) fn hash(word: &str) -> u128 {
    let mut hash = Fnv::new();
    hash.write(word.as_bytes());
    hash.finish()
}
