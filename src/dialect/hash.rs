/// FNV-1a, 128 bits: the same in every build, which the standard library's hasher does not promise. Nothing
/// hashed with it is secret.
pub(super) fn hash(word: &str) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    word.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}
