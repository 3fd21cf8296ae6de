//! When to come back, as people write it: `6m0s`, `try again in 1.2s`, `1 minute and 30 seconds`.

use std::time::Duration;

/// The longest hint that is believed: what is longer is a mistake, and says no more than "not soon".
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// What stands before the moment.
const BEFORE: [&str; 6] =
    ["try again in ", "try again after ", "retry in ", "retry after ", "reset in ", "resets in "];

/// So many seconds. Nonsense is none, and what is absurd is bounded.
pub(crate) fn seconds(seconds: f64) -> Option<Duration> {
    // An infinity is no hint, but a number too large is one.
    if !seconds.is_finite() || seconds < 0.0 {
        return None;
    }
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST))
}

/// `6m0s`, `12ms`, `1h2m3.4s`, `26 seconds`, `1 minute and 30 seconds`: all of `text`, and with a unit.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (found, rest) = leading(text.trim())?;
    rest.is_empty().then_some(found)
}

/// What a message says of the moment; the last of several, as messages end with what to do.
pub(crate) fn in_words(message: &str) -> Option<Duration> {
    let words = message.to_ascii_lowercase();
    let after = BEFORE.iter().flat_map(|before| words.match_indices(before).map(|(at, _)| at + before.len()));
    let at = after.max()?;
    leading(&words[at..]).map(|(found, _)| found)
}

/// The duration at the beginning, and what comes after it.
fn leading(mut rest: &str) -> Option<(Duration, &str)> {
    let mut total = None;
    loop {
        let part = if total.is_some() { after_separator(rest) } else { rest };
        let digits = part.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(part.len());
        let Ok(number) = part[..digits].parse::<f64>() else { break };
        let unit = part[digits..].trim_start_matches(' ');
        let length = unit.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(unit.len());
        let Some(factor) = factor(&unit[..length]) else { break };
        total = Some(total.unwrap_or(0.0) + number * factor);
        rest = &unit[length..];
    }
    Some((seconds(total?)?, rest))
}

/// What comes after the `, and ` between two parts of one duration.
fn after_separator(rest: &str) -> &str {
    let rest = rest.trim_start_matches([',', ' ']);
    rest.strip_prefix("and ").map_or(rest, str::trim_start)
}

fn factor(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" | "millisecond" | "milliseconds" => 1e-3,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<u128> {
        duration(text).map(|duration| duration.as_millis())
    }

    #[test]
    fn durations_are_read_as_written_with_units() {
        assert_eq!(millis("6m0s"), Some(360_000));
        assert_eq!(millis("12ms"), Some(12));
        assert_eq!(millis("1h2m3.4s"), Some(3_723_400));
        assert_eq!(millis("48.939935699s"), Some(48_939));
        assert_eq!(millis("1d"), Some(86_400_000));
        assert_eq!(millis("26 seconds"), Some(26_000));
        for text in ["1 minute and 30 seconds", "1 minute, 30 seconds", "1 minute 30 seconds", "1m 30s"] {
            assert_eq!(millis(text), Some(90_000), "{text}");
        }
        assert_eq!(millis("1 hour, 1 minute, and 1 second"), Some(3_661_000));
    }

    #[test]
    fn what_is_not_a_duration_from_end_to_end_is_none() {
        for text in
            ["", "s", "12", "12 parsecs", "6m0", "-3s", "1..2s", "soon", "3s or so", "3s and", "3s, ", "١s"]
        {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn absurd_durations_are_bounded() {
        assert_eq!(duration("99999999999999999999d"), Some(LONGEST));
        assert_eq!(seconds(f64::MAX), Some(LONGEST));
        assert_eq!(seconds(f64::INFINITY), None);
        assert_eq!(seconds(f64::NAN), None);
    }

    #[test]
    fn a_moment_is_found_in_the_words_around_it() {
        let rows = [
            ("Rate limit reached. Please try again in 1.2s. Visit the console.", Some(1200)),
            ("Limit 6000, Used 5990. Please try again in 7m12.5s.", Some(432_500)),
            ("Please retry in 48.5s.", Some(48_500)),
            ("have exceeded the limit. Please retry after 26 seconds. Please go here", Some(26_000)),
            ("Please try again in 174ms", Some(174)),
            ("Try again in 3 hours", Some(10_800_000)),
            ("Please try again in 1 minute and 30 seconds.", Some(90_000)),
            ("Try again in 20s, and 3 requests will be let through.", Some(20_000)),
            ("Try again in 20s and be patient", Some(20_000)),
            ("Please try again in a moment", None),
            ("Please try again later", None),
            ("You used 12s of audio", None),
        ];
        for (message, expected) in rows {
            assert_eq!(in_words(message).map(|hint| hint.as_millis()), expected, "{message}");
        }
    }
}
