//! "Did you mean": the known word that a mistyped one was probably meant to be.

/// The candidate closest to `word`, if one is close enough to be worth naming.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = fold(word);
    candidates
        .into_iter()
        .filter_map(|candidate| Some((closeness(&word, &fold(candidate))?, candidate)))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Case, and `-` for `_`, are no difference to a reader.
fn fold(word: &str) -> Vec<char> {
    word.chars().take(64).map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

fn closeness(word: &[char], candidate: &[char]) -> Option<usize> {
    let distance = distance(word, candidate);
    // In a short word two changes make another word.
    let tolerated = if word.len().min(candidate.len()) < 5 { 1 } else { 2 };
    let starts_alike = word.len() >= 4 && candidate.starts_with(word);
    (distance <= tolerated || starts_alike).then_some(distance)
}

/// Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let substitute = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = substitute.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const KEYS: [&str; 4] = ["provider", "model", "degraded", "cap"];

    #[test]
    fn a_slip_of_the_hand_is_recognised() {
        for (typed, meant) in
            [("provder", "provider"), ("Provider", "provider"), ("mdoel", "model"), ("degrade", "degraded")]
        {
            assert_eq!(nearest(typed, KEYS), Some(meant), "{typed}");
        }
    }

    #[test]
    fn another_word_is_not_taken_for_a_slip() {
        for word in ["temperature", "map_to", "c", ""] {
            assert_eq!(nearest(word, KEYS), None, "{word}");
        }
    }

    #[test]
    fn the_beginning_of_a_longer_name_is_enough() {
        assert_eq!(nearest("anthropic", ["openai-chat", "anthropic-messages"]), Some("anthropic-messages"));
    }
}
