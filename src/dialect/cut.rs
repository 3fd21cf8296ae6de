/// The beginning of a text, of at most so many bytes and never with half a character.
pub(super) fn cut(text: &str, longest: usize) -> &str {
    let mut end = text.len().min(longest);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
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
