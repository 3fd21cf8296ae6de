use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::limits;
use super::retry_after::{LIMITS, latest};

/// For how long the provider says that nothing is left of a rate limit: a `remaining` of zero, and its `reset`
/// still ahead. The longest, where several limits are used up; `None` as a rule.
///
/// Reads the headers of [`limit_reset`](super::limit_reset), of any answer, also of a good one. Not capped; each
/// reader caps for itself.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use http::HeaderMap;
/// use tower_failover::failure::no_headroom;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("x-ratelimit-remaining-requests", "0".parse().unwrap());
/// headers.insert("x-ratelimit-reset-requests", "1m30s".parse().unwrap());
/// assert_eq!(no_headroom(&headers, SystemTime::now()), Some(Duration::from_secs(90)));
/// ```
///
/// Source: the vendors' references on rate limits in headers.
#[must_use]
pub fn no_headroom(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    // Most answers have a dozen headers and no zero among them, so the value is looked at first.
    let until = |(name, value): (&HeaderName, &HeaderValue)| match value.as_bytes() {
        b"0" => until_reset(headers, name, now),
        _ if name == limits::NAME => until_spent(value),
        _ => None,
    };
    headers.iter().filter_map(until).filter(|rest| !rest.is_zero()).max()
}

fn until_spent(limits: &HeaderValue) -> Option<Duration> {
    let limits = limits::read(limits.to_str().ok()?);
    limits.filter(|limit| limit.left == Some(0.0)).filter_map(|limit| limit.reset).max()
}

fn until_reset(headers: &HeaderMap, remaining: &HeaderName, now: SystemTime) -> Option<Duration> {
    let [reset, _] = LIMITS.iter().find(|[_, name]| *name == remaining.as_str())?;
    latest(headers, reset, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &str)]) -> Option<Duration> {
        let headers =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        // 2026-01-27T12:00:00Z.
        no_headroom(&headers.collect(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_515_200))
    }

    #[test]
    fn a_limit_that_is_used_up_holds_until_its_reset() {
        let requests = ("x-ratelimit-remaining-requests", "0");
        for (reset, seconds) in [("6m0s", 360.0), ("12ms", 0.012), ("1h0m30.5s", 3630.5), ("7", 7.0)] {
            let found = read(&[requests, ("x-ratelimit-reset-requests", reset)]);
            assert_eq!(found, Some(Duration::from_secs_f64(seconds)), "{reset}");
        }
        let tokens = ("anthropic-ratelimit-input-tokens-remaining", "0");
        for reset in ["2026-01-27T12:00:30Z", "2026-01-27T12:00:30.0Z", "2026-01-27T14:00:30+02:00"] {
            let found = read(&[tokens, ("anthropic-ratelimit-input-tokens-reset", reset)]);
            assert_eq!(found, Some(Duration::from_secs(30)), "{reset}");
        }
    }

    #[test]
    fn a_limit_of_which_something_is_left_says_nothing() {
        assert_eq!(read(&[("x-ratelimit-remaining-tokens", "1"), ("x-ratelimit-reset-tokens", "6m")]), None);
        assert_eq!(read(&[("x-ratelimit-remaining-tokens", "0")]), None);
        assert_eq!(read(&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "0s")]), None);
        assert_eq!(read(&[("age", "0"), ("x-ratelimit-reset-requests", "6m")]), None);
        let past = ("anthropic-ratelimit-requests-reset", "2026-01-27T11:59:59Z");
        assert_eq!(read(&[("anthropic-ratelimit-requests-remaining", "0"), past]), None);
    }

    #[test]
    fn the_ietfs_limits_are_read_in_either_form() {
        let rows = [
            (r#""burst";r=0;t=2, "day";r=7;t=3600"#, Some(2)),
            (r#""default";r=1;t=2"#, None),
            (r#""default";t=2"#, None),
            ("limit=10, remaining=0, reset=4", Some(4)),
        ];
        for (value, seconds) in rows {
            assert_eq!(read(&[("ratelimit", value)]), seconds.map(Duration::from_secs), "{value}");
        }
        assert_eq!(
            read(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "2")]),
            Some(Duration::from_secs(2))
        );
    }

    #[test]
    fn of_several_limits_the_longest_counts() {
        let found = read(&[
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "2s"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "9s"),
        ]);
        assert_eq!(found, Some(Duration::from_secs(9)));
    }

    #[test]
    fn nonsense_is_no_limit() {
        for reset in ["", "soon", "6x", "-3s", "2026-13-27T12:00:00Z"] {
            let headers = [("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", reset)];
            assert_eq!(read(&headers), None, "{reset:?}");
        }
    }
}
