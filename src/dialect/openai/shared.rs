//! Settings that both dialects have in the same words.

use serde_json::value::RawValue;

/// Is it of the type that the vendor takes? A caller's own words are passed on unread, and for one of another type he
/// refuses the whole request, in which nothing else may be wrong.
pub(in crate::dialect) fn fits(setting: &str, value: &RawValue) -> bool {
    let first = value.get().as_bytes().first();
    match setting {
        "store" => matches!(first, Some(b't' | b'f')),
        "prompt_cache_options" => first == Some(&b'{'),
        "prompt_cache_key" | "prompt_cache_retention" | "text.verbosity" | "user" | "verbosity" => {
            first == Some(&b'"')
        }
        _ => true,
    }
}
