use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

use super::moment::until;
use super::{Class, Failure, Scope, hint, limits};

/// When the provider says to come back, counted from `now`.
///
/// Reads `retry-after-ms` and `x-ms-retry-after-ms` (milliseconds; OpenAI and Azure) and `retry-after` (seconds,
/// also fractional, or an HTTP date). Where several are present the latest one holds: a hint is a floor, and Azure
/// has been seen to send `retry-after-ms: 0` beside `retry-after: 1`. So it is where one header is present twice, as
/// behind a proxy that adds its own. What is absurd is bounded to 30 days; each reader caps for itself.
///
/// Only meaningful beside a failure: Anthropic sends `retry-after` with a 200, too.
///
/// Source: RFC 9110 section 10.2.3.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let in_millis = |value: &str| hint::seconds(value.parse::<f64>().ok()? / 1000.0);
    let millis = |name| texts(headers, name).filter_map(in_millis).max();
    let plain = latest(headers, RETRY_AFTER.as_str(), now);
    // `None` sorts below every `Some`.
    millis("retry-after-ms").max(millis("x-ms-retry-after-ms")).max(plain)
}

/// When the limit that was hit is lifted, as far as the headers about limits tell, counted from `now`.
///
/// For a 429 that names no moment of its own. Of the limits that are told, those count of which nothing
/// remains; where a limit does not tell what remains, it counts as well. The latest holds. Reads
///
/// | headers | value |
/// |---|---|
/// | `x-ratelimit-reset-requests`, `-tokens` (OpenAI, Groq, Azure) | `6m0s`, `12ms`, a number of seconds |
/// | `x-ratelimit-reset` (OpenRouter, Together and many proxies) | seconds, or seconds or milliseconds since 1970 |
/// | `ratelimit-reset` (the IETF's draft up to 6) | seconds |
/// | `ratelimit` (the draft since) | `"default";r=0;t=2`, `limit=9, remaining=0, reset=2` |
/// | `anthropic-ratelimit-requests-reset`, `-tokens-`, `-input-tokens-`, `-output-tokens-` | RFC 3339 |
///
/// Source: the vendors' pages on rate limits; draft-ietf-httpapi-ratelimit-headers.
#[must_use]
pub fn limit_reset(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let of_their_own = LIMITS.iter().filter_map(|[reset, remaining]| {
        let left = texts(headers, remaining).filter_map(|left| left.parse().ok()).reduce(f64::min);
        let is_spent = left.is_none_or(|left| left <= 0.0);
        is_spent.then(|| latest(headers, reset, now)).flatten()
    });
    let in_one = texts(headers, limits::NAME).flat_map(limits::read);
    let spent = in_one.filter(|limit| limit.left.is_none_or(|left| left <= 0.0));
    of_their_own.chain(spent.filter_map(|limit| limit.reset)).max()
}

/// When it is reset, and what remains until then.
pub(super) const LIMITS: [[&str; 2]; 8] = [
    ["x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"],
    ["x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"],
    ["x-ratelimit-reset", "x-ratelimit-remaining"],
    ["ratelimit-reset", "ratelimit-remaining"],
    ["anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"],
    ["anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"],
    ["anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-input-tokens-remaining"],
    ["anthropic-ratelimit-output-tokens-reset", "anthropic-ratelimit-output-tokens-remaining"],
];

/// What the provider says about repeating the call (`x-should-retry: true` or `false`).
///
/// Sent by Anthropic, and obeyed by the official SDKs of Anthropic and OpenAI.
#[must_use]
pub fn should_retry(headers: &HeaderMap) -> Option<bool> {
    match headers.get("x-should-retry")?.as_bytes() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

impl Failure {
    /// With what the headers of the response say of another attempt: when, and whether at all.
    pub(crate) fn with_hints(self, headers: &HeaderMap, now: SystemTime) -> Self {
        let is_final = should_retry(headers) == Some(false);
        let this = if is_final { self.not_to_be_repeated() } else { self };
        // What is too large for the limit of a minute is so in the next one.
        if this.class() == Class::RateLimited && this.scope() == Scope::Request {
            return this;
        }
        let said = retry_after(headers, now).max(this.retry_after());
        // What remains of a limit is of interest only to whoever has hit it and was told no more than that.
        let reset = || limit_reset(headers, now).filter(|_| this.class() == Class::RateLimited);
        let hint = said.or_else(reset);
        this.with_retry_after(hint)
    }
}

/// The latest of the moments that the header names: proxies add theirs to the provider's.
pub(super) fn latest(headers: &HeaderMap, name: &str, now: SystemTime) -> Option<Duration> {
    texts(headers, name).filter_map(|value| until(value, now)).max()
}

fn texts<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT, as in the RFC.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<HeaderMap>()
    }

    fn read(pairs: &[(&'static str, &'static str)]) -> Option<Duration> {
        retry_after(&headers(pairs), now())
    }

    fn reset(pairs: &[(&'static str, &'static str)]) -> Option<u128> {
        limit_reset(&headers(pairs), now()).map(|reset| reset.as_millis())
    }

    #[test]
    fn every_form_of_the_hint_is_read() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(read(&[("retry-after", " 1.5 ")]), Some(Duration::from_millis(1500)));
        assert_eq!(read(&[("retry-after-ms", "250")]), Some(Duration::from_millis(250)));
        assert_eq!(read(&[("retry-after-ms", "250.5")]), Some(Duration::from_micros(250_500)));
        assert_eq!(read(&[("x-ms-retry-after-ms", "250")]), Some(Duration::from_millis(250)));
    }

    #[test]
    fn all_three_forms_of_an_http_date_are_read() {
        for date in
            ["Sun, 06 Nov 1994 08:49:47 GMT", "Sunday, 06-Nov-94 08:49:47 GMT", "Sun Nov  6 08:49:47 1994"]
        {
            assert_eq!(read(&[("retry-after", date)]), Some(Duration::from_secs(10)), "{date}");
        }
    }

    #[test]
    fn a_date_in_the_past_means_now() {
        assert_eq!(read(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(Duration::ZERO));
        assert_eq!(read(&[("retry-after", "Sunday, 06-Nov-94 08:00:00 GMT")]), Some(Duration::ZERO));
    }

    #[test]
    fn the_later_of_two_hints_holds() {
        assert_eq!(read(&[("retry-after-ms", "0"), ("retry-after", "1")]), Some(Duration::from_secs(1)));
        assert_eq!(read(&[("retry-after-ms", "soon"), ("retry-after", "1")]), Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_later_of_two_headers_of_one_name_holds_in_either_order() {
        for name in ["retry-after", "retry-after-ms", "x-ms-retry-after-ms"] {
            let one = |value| read(&[(name, value)]).unwrap();
            for values in [["2000", "7000"], ["7000", "2000"]] {
                assert_eq!(read(&values.map(|value| (name, value))), Some(one("7000")), "{name} {values:?}");
            }
            assert_eq!(read(&[(name, "soon"), (name, "7000")]), Some(one("7000")), "{name}");
        }
        let date = ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT");
        let rows: [(&[_], _); 3] = [
            (&[("retry-after", "3"), date], 10),
            (&[date, ("retry-after", "30")], 30),
            (&[("retry-after-ms", "20000"), ("retry-after", "3"), date], 20),
        ];
        for (pairs, seconds) in rows {
            assert_eq!(read(pairs), Some(Duration::from_secs(seconds)), "{pairs:?}");
        }
    }

    #[test]
    fn of_two_limits_of_one_name_the_one_that_is_spent_and_the_later_reset_hold() {
        let [reset_at, left] = LIMITS[0];
        assert_eq!(reset(&[(reset_at, "2s"), (reset_at, "9s")]), Some(9000));
        assert_eq!(reset(&[(left, "5"), (left, "0"), (reset_at, "9s")]), Some(9000));
        assert_eq!(reset(&[(left, "5"), (left, "6"), (reset_at, "9s")]), None);
    }

    #[test]
    fn nonsense_is_no_hint() {
        for value in ["", "soon", "-3", "NaN", "inf", "1e400", "Sun, 99 Nov 1994 08:49:47 GMT", "٣"] {
            let read = |name| retry_after(&headers(&[(name, value)]), now());
            assert_eq!((read("retry-after"), read("retry-after-ms")), (None, None), "{value:?}");
        }
        let mut binary = HeaderMap::new();
        binary.insert(RETRY_AFTER, http::HeaderValue::from_bytes(b"\xff7").unwrap());
        assert_eq!(retry_after(&binary, now()), None);
    }

    #[test]
    fn what_is_absurd_is_bounded() {
        let month = Some(Duration::from_secs(30 * 24 * 3600));
        assert_eq!(read(&[("retry-after-ms", "99999999999999999999999999")]), month);
        assert_eq!(read(&[("retry-after", "999999999")]), month);
        assert_eq!(read(&[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")]), month);
    }

    #[test]
    fn limits_are_reset_in_every_form() {
        assert_eq!(reset(&[("x-ratelimit-reset-requests", "6m0s")]), Some(360_000));
        assert_eq!(reset(&[("x-ratelimit-reset-tokens", "12ms")]), Some(12));
        assert_eq!(reset(&[("x-ratelimit-reset-tokens", "59")]), Some(59_000));
        assert_eq!(reset(&[("x-ratelimit-reset", "2")]), Some(2000));
        assert_eq!(reset(&[("ratelimit-reset", "2")]), Some(2000));
        assert_eq!(reset(&[("ratelimit-remaining", "3"), ("ratelimit-reset", "2")]), None);
        assert_eq!(reset(&[("ratelimit", r#""default";r=0;t=2"#)]), Some(2000));
        assert_eq!(
            reset(&[("ratelimit", r#""a";r=0;t=2, "b";r=9;t=60"#), ("ratelimit", r#""c";r=0;t=7"#)]),
            Some(7000)
        );
        assert_eq!(reset(&[("ratelimit", "limit=100, remaining=0, reset=5")]), Some(5000));
        assert_eq!(reset(&[("ratelimit", "limit=100, remaining=1, reset=5")]), None);
        assert_eq!(reset(&[("anthropic-ratelimit-tokens-reset", "1994-11-06T08:49:47Z")]), Some(10_000));
        assert_eq!(
            reset(&[("anthropic-ratelimit-tokens-reset", "1994-11-06T09:49:47.5+01:00")]),
            Some(10_500)
        );
        assert_eq!(reset(&[("anthropic-ratelimit-tokens-reset", "1994-11-06T08:49:00Z")]), Some(0));
        for value in ["", "soon", "-1", "1994-13-06T08:49:47Z", "1994-11-06", "1994-11-06T08:49:47", "6m0"] {
            let headers = headers(&[("x-ratelimit-reset-requests", value)]);
            assert_eq!(limit_reset(&headers, now()), None, "{value:?}");
        }
    }

    #[test]
    fn seconds_and_milliseconds_since_1970_are_told_by_their_size() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        for value in ["1795000060", "1795000060000"] {
            let reset = limit_reset(&headers(&[("x-ratelimit-reset", value)]), now);
            assert_eq!(reset, Some(Duration::from_secs(60)), "{value}");
        }
    }

    #[test]
    fn only_a_limit_that_is_spent_is_waited_for() {
        let pairs = [
            ("x-ratelimit-remaining-requests", "499"),
            ("x-ratelimit-reset-requests", "6m0s"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "1.5s"),
        ];
        assert_eq!(reset(&pairs), Some(1500));
        assert_eq!(reset(&pairs[..2]), None);
    }
}
