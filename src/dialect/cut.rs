/// The beginning of a text, of at most so many bytes and never with half a character.
pub(super) fn cut(text: &str, longest: usize) -> &str {
    let mut end = text.len().min(longest);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What a provider calls an answer, or itself. It stands in every piece of a stream, so that a very long one would
/// make a stream of small pieces a very large one.
#[cfg(any(feature = "openai-chat", feature = "gemini"))]
pub(super) fn name(text: &str) -> &str {
    cut(text, 256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_is_cut_in_two() {
        let texts =
            [("", 0), ("ab", 2), ("ab", 9), ("äb", 1), ("äb", 2)].map(|(text, longest)| cut(text, longest));
        assert_eq!(texts, ["", "ab", "ab", "", "ä"]);
    }
}
