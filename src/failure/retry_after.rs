use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// When the provider says to come back, counted from `now`.
///
/// Reads `retry-after-ms` (milliseconds; OpenAI and Azure) and `retry-after` (seconds, also fractional, or an
/// HTTP date). Where both are present the later one holds: a hint is a floor, and Azure has been seen to send
/// `retry-after-ms: 0` beside `retry-after: 1`. Not capped; each reader caps for itself.
///
/// Only meaningful beside a failure: Anthropic sends `retry-after` with a 200, too.
///
/// Source: RFC 9110 section 10.2.3.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let millis = text("retry-after-ms").and_then(|value| seconds(value, 1e-3));
    let plain =
        text(RETRY_AFTER.as_str()).and_then(|value| seconds(value, 1.0).or_else(|| until(value, now)));
    // `None` sorts below every `Some`.
    millis.max(plain)
}

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

fn seconds(value: &str, unit: f64) -> Option<Duration> {
    let number: f64 = value.parse().ok()?;
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    Duration::try_from_secs_f64(number * unit).ok()
}

fn until(value: &str, now: SystemTime) -> Option<Duration> {
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &'static str)]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        retry_after(&headers, SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777))
    }

    #[test]
    fn every_form_of_the_hint_is_read() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(read(&[("retry-after", " 1.5 ")]), Some(Duration::from_millis(1500)));
        assert_eq!(read(&[("retry-after-ms", "250")]), Some(Duration::from_millis(250)));
        assert_eq!(read(&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")]), Some(Duration::from_secs(10)));
    }

    #[test]
    fn a_date_in_the_past_means_now() {
        assert_eq!(read(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(Duration::ZERO));
    }

    #[test]
    fn the_later_of_two_hints_holds() {
        assert_eq!(read(&[("retry-after-ms", "0"), ("retry-after", "1")]), Some(Duration::from_secs(1)));
    }

    #[test]
    fn nonsense_is_no_hint() {
        for value in ["", "soon", "-3", "NaN", "inf", "1e400", "99999999999999999999999999"] {
            assert_eq!(read(&[("retry-after", value)]), None, "{value:?}");
        }
    }
}
