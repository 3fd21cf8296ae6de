/// Does the name fit the pattern? `*` stands for any text, also for none; all else for itself, in either case.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut read) = (0, 0);
    // The last star, and where the text that it stands for ends so far.
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, read));
                at += 1;
            }
            Some(byte) if byte.eq_ignore_ascii_case(&name[read]) => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((after, end)) = star else { return false };
                star = Some((after, end + 1));
                (at, read) = (after, end + 1);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_text_and_the_rest_for_itself() {
        for (pattern, name) in [
            ("gpt-4o", "gpt-4o"),
            ("gpt-4o*", "gpt-4o"),
            ("gpt-4o*", "GPT-4o-mini"),
            ("*claude*opus-5*", "us.anthropic.claude-opus-5-v1"),
            ("*-chat*", "a-b-chat-chat"),
            ("*b*b", "abab"),
            ("*", ""),
            ("**", "é"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("gpt-4o", "gpt-4o-mini"), ("gpt-4o*", "my-gpt-4o"), ("*a", "ab"), ("", "a"), ("a*a", "a")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_is_not_slow() {
        assert!(!fits(&format!("{}b", "*a".repeat(200)), &"a".repeat(2000)));
    }
}
