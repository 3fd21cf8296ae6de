//! Moments, in the forms in which headers name them.

use std::time::{Duration, SystemTime};

use super::hint;

/// A number as large as this is no length of time, but a date in seconds: from 2001 on.
const SINCE_1970: f64 = 1e9;
/// And one as large as this is a date in milliseconds.
const MILLIS_SINCE_1970: f64 = 1e12;

/// How long it is until then: seconds, `6m0s`, an HTTP date, a date of RFC 3339, or one counted from 1970.
///
/// What has passed is now.
pub(super) fn until(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(number) = value.parse::<f64>() {
        return match number {
            _ if number >= MILLIS_SINCE_1970 => since_1970(number / 1000.0, now),
            _ if number >= SINCE_1970 => since_1970(number, now),
            _ => hint::seconds(number),
        };
    }
    let from =
        |date: SystemTime| hint::seconds(date.duration_since(now).unwrap_or(Duration::ZERO).as_secs_f64());
    hint::duration(value)
        .or_else(|| httpdate::parse_http_date(value).ok().and_then(from))
        .or_else(|| since_1970(rfc_3339(value)?, now))
}

fn since_1970(seconds: f64, now: SystemTime) -> Option<Duration> {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    hint::seconds((seconds - now.as_secs_f64()).max(0.0)).filter(|_| seconds.is_finite())
}

/// `2026-11-21T18:30:00Z`, `2026-11-21T18:30:00.5+01:00`, in seconds since 1970.
fn rfc_3339(value: &str) -> Option<f64> {
    let (date, time) = value.split_at_checked(10)?;
    let (clock, zone) = time.strip_prefix(['T', 't', ' '])?.split_at_checked(8)?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let is_real =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    let (fraction, zone) = fraction(zone)?;
    let whole = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    is_real.then_some((whole - offset(zone)?) as f64 + fraction)
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator).map(|part| {
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i64>().ok()).flatten()
    });
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// `.5Z` as 0.5 and `Z`.
fn fraction(text: &str) -> Option<(f64, &str)> {
    let Some(rest) = text.strip_prefix('.') else { return Some((0.0, text)) };
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    Some((format!("0.{}", &rest[..end]).parse().ok()?, &rest[end..]))
}

/// East of Greenwich, in seconds.
fn offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let [hour, minute, _] = numbers(&format!("{}:0", &zone[1..]), ':')?;
    Some(sign * (hour * 3600 + minute * 60))
}

/// Howard Hinnant's `days_from_civil`: years begin in March, so that the leap day is the last.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_leap_years() {
        assert_eq!(days_since_1970(1970, 1, 1), 0);
        assert_eq!(days_since_1970(2000, 2, 29), 11_016);
        assert_eq!(days_since_1970(2000, 3, 1), 11_017);
        assert_eq!(days_since_1970(2026, 11, 21), 20_778);
        assert_eq!(days_since_1970(2100, 3, 1), 47_541);
    }
}
