use std::time::Duration;

use super::number::split;

/// Far below where adding to an instant could overflow, far above any sensible limit.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Reads `250ms`, `8s`, `1.5m`, `1h`.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let unknown = || {
        format!(
            "is no duration: `{text}`; write a number and a unit (ms, s, m, h), as in \"250ms\" or \"8s\""
        )
    };
    let (number, unit) = split(text).ok_or_else(unknown)?;
    let seconds = match unit {
        // A division, because a thousandth has no exact binary form and this rounds once only.
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(unknown()),
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(Duration::ZERO) => Err("must be longer than zero".to_owned()),
        Ok(duration) if duration <= LONGEST => Ok(duration),
        _ => Err(format!("is too long: `{text}`; the longest is \"720h\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read_exactly() {
        for (text, milliseconds) in [
            ("250ms", 250),
            ("7ms", 7),
            ("8s", 8_000),
            ("0.1s", 100),
            ("2m", 120_000),
            ("1.5m", 90_000),
            ("1h", 3_600_000),
            ("720h", 2_592_000_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_an_example() {
        for text in ["", "8", "s", "8 s", "8sec", "-1s", "1e3s", "1.2.3s", ".s", "NaNs", "infs"] {
            let error = parse(text).expect_err(text);
            assert!(error.contains("\"250ms\""), "{text}: {error}");
        }
    }

    #[test]
    fn zero_and_the_absurd_are_refused() {
        assert_eq!(parse("0s"), Err("must be longer than zero".to_owned()));
        for text in ["721h", "99999999999999999999999999h"] {
            assert!(parse(text).is_err_and(|error| error.contains("too long")), "{text}");
        }
    }
}
