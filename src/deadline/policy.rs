use std::time::Duration;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use crate::facts;
use crate::failure::{Class, Failure, Report};

/// The request header by which a caller says how long it will wait, in milliseconds from now.
pub const DEADLINE_MS: HeaderName = HeaderName::from_static("x-failover-deadline-ms");

/// The longest a call may take where nobody said otherwise: 300 s.
pub const DEFAULT_TOTAL: Duration = Duration::from_secs(300);

/// Decides when a call is over.
///
/// Closures implement it:
///
/// ```
/// use std::time::Duration;
/// use tokio::time::Instant;
/// use tower_failover::deadline::DeadlineLayer;
/// use tower_failover::failure::{Class, Failure};
///
/// struct Query { patience: Duration }
///
/// let layer = DeadlineLayer::with_policy(|query: &mut Query, now: Instant| {
///     if query.patience.is_zero() {
///         return Err(Failure::new(Class::InvalidRequest));
///     }
///     Ok(now.checked_add(query.patience))
/// });
/// # let _ = layer;
/// ```
pub trait DeadlinePolicy<Req> {
    /// The instant at which the call is over; `None` for never.
    ///
    /// The request is there to be read and to be marked, so that those below know the instant as well.
    ///
    /// # Errors
    ///
    /// A request that asks for a deadline which makes no sense is refused with the failure returned here.
    fn deadline(&self, request: &mut Req, now: Instant) -> Result<Option<Instant>, Failure>;
}

impl<F, Req> DeadlinePolicy<Req> for F
where
    F: Fn(&mut Req, Instant) -> Result<Option<Instant>, Failure>,
{
    fn deadline(&self, request: &mut Req, now: Instant) -> Result<Option<Instant>, Failure> {
        self(request, now)
    }
}

/// The same time for every call of any service. A sum too large for the clock means never.
#[derive(Clone, Copy, Debug)]
pub struct Total(pub Duration);

impl<Req> DeadlinePolicy<Req> for Total {
    fn deadline(&self, _: &mut Req, now: Instant) -> Result<Option<Instant>, Failure> {
        Ok(now.checked_add(self.0))
    }
}

/// For HTTP: the header [`DEADLINE_MS`], within a total.
///
/// - The caller can shorten its call, and never lengthen it past the total.
/// - A [`facts::Deadline`] that is already on the request and is earlier stays.
/// - The result is left on the request as that fact; the header is taken off, since it is no provider's business.
/// - A header that is no positive whole number is the caller's mistake ([`Class::InvalidRequest`]) and is not
///   guessed at. Of several, the shortest holds. A number too large to count is a wish for the total.
#[derive(Clone, Copy, Debug)]
pub struct HttpDeadline {
    total: Duration,
}

impl HttpDeadline {
    /// At most `total`.
    #[must_use]
    pub const fn new(total: Duration) -> Self {
        Self { total }
    }
}

/// At most [`DEFAULT_TOTAL`].
impl Default for HttpDeadline {
    fn default() -> Self {
        Self::new(DEFAULT_TOTAL)
    }
}

impl<B> DeadlinePolicy<http::Request<B>> for HttpDeadline {
    fn deadline(&self, request: &mut http::Request<B>, now: Instant) -> Result<Option<Instant>, Failure> {
        let wish = wish(request.headers())?;
        if wish.is_some() {
            request.headers_mut().remove(&DEADLINE_MS);
        }
        let total = wish.map_or(self.total, |wish| wish.min(self.total));
        let stamped = facts::Deadline::find(request.extensions()).map(|stamped| stamped.0);
        let deadline = [now.checked_add(total), stamped].into_iter().flatten().min();
        if let Some(deadline) = deadline.filter(|deadline| stamped != Some(*deadline)) {
            request.extensions_mut().insert(facts::Deadline(deadline));
        }
        Ok(deadline)
    }
}

/// How long the caller will wait, if it said so.
fn wish(headers: &HeaderMap) -> Result<Option<Duration>, Failure> {
    let mut shortest = None;
    for value in headers.get_all(&DEADLINE_MS) {
        let wish = millis(value).ok_or_else(refusal)?;
        shortest = Some(shortest.map_or(wish, |shortest: Duration| shortest.min(wish)));
    }
    Ok(shortest)
}

fn millis(value: &HeaderValue) -> Option<Duration> {
    let digits = value.as_bytes().trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits
        .iter()
        .fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    (number > 0).then(|| Duration::from_millis(number))
}

fn refusal() -> Failure {
    let message = format!("{DEADLINE_MS} must be a positive whole number of milliseconds");
    let mut report = Report::new(message);
    report.param = Some(DEADLINE_MS.as_str().to_owned());
    Failure::new(Class::InvalidRequest).with_report(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(values: &[&'static [u8]]) -> http::Request<()> {
        let mut request = http::Request::new(());
        for value in values {
            request.headers_mut().append(DEADLINE_MS, HeaderValue::from_bytes(value).unwrap());
        }
        request
    }

    /// The time the policy grants, with a total of 10 s.
    fn granted(request: &mut http::Request<()>) -> Result<Duration, Failure> {
        let now = Instant::now();
        let deadline = HttpDeadline::new(Duration::from_secs(10)).deadline(request, now)?;
        assert_eq!(facts::Deadline::find(request.extensions()).map(|d| d.0), deadline);
        Ok(deadline.unwrap() - now)
    }

    #[test]
    fn the_caller_can_shorten_and_never_lengthen() {
        let rows: &[(&[&'static [u8]], u64)] = &[
            (&[], 10_000),
            (&[b"1"], 1),
            (&[b" 250 "], 250),
            (&[b"007"], 7),
            (&[b"10001"], 10_000),
            (&[b"18446744073709551615"], 10_000),
            (&[b"99999999999999999999999999999999"], 10_000),
            (&[b"300", b"200", b"400"], 200),
        ];
        for (values, millis) in rows {
            assert_eq!(granted(&mut request(values)).unwrap(), Duration::from_millis(*millis), "{values:?}");
        }
    }

    #[test]
    fn a_header_that_is_no_positive_integer_is_refused_by_name() {
        let rows: &[&[&'static [u8]]] = &[
            &[b""],
            &[b"0"],
            &[b"000"],
            &[b"-1"],
            &[b"+5"],
            &[b"1.5"],
            &[b"1e3"],
            &[b"5s"],
            &[b"soon"],
            &[b"1 2"],
            &[b"1,2"],
            &[b"\xff"],
            &[b"100", b"never"],
        ];
        for values in rows {
            let failure = granted(&mut request(values)).expect_err(&format!("{values:?}"));
            assert_eq!(failure.class(), Class::InvalidRequest);
            let report = failure.report().unwrap();
            assert_eq!(report.param.as_deref(), Some("x-failover-deadline-ms"));
            assert!(report.message.contains("x-failover-deadline-ms"));
        }
    }

    #[test]
    fn the_header_does_not_travel_on() {
        let mut request = request(&[b"300", b"200"]);
        granted(&mut request).unwrap();
        assert!(!request.headers().contains_key(DEADLINE_MS));
    }

    #[test]
    fn an_earlier_deadline_already_stamped_stays_and_a_later_one_does_not() {
        for (stamped, millis) in [(1, 1_000), (60, 10_000)] {
            let mut request = request(&[]);
            let stamp = facts::Deadline(Instant::now() + Duration::from_secs(stamped));
            request.extensions_mut().insert(stamp);
            let granted = granted(&mut request).unwrap();
            assert!(granted <= Duration::from_millis(millis));
            assert!(granted > Duration::from_millis(millis - 500));
        }
    }

    #[test]
    fn a_total_the_clock_cannot_hold_means_never() {
        let now = Instant::now();
        for total in [Duration::MAX, Duration::from_secs(u64::MAX)] {
            let mut request = http::Request::new(());
            assert_eq!(HttpDeadline::new(total).deadline(&mut request, now).unwrap(), None);
            assert!(facts::Deadline::find(request.extensions()).is_none());
            assert_eq!(Total(total).deadline(&mut 1, now).unwrap(), None);
        }
    }
}
